// SPDX-License-Identifier: Apache-2.0
#include "toy_face.h"

#include "sim/internal.h"

#define HOUR_MS 3600000LL
#define EVENT_READY 1
#define EVENT_NIGHT 2

struct toy {
    int64_t nights;
    bool key_expired;
};

struct toy_order {
    const char *status;
};

static void *create(struct sim *sim, struct arena *arena, struct error *error)
{
    struct toy *toy = ARENA_NEW(arena, struct toy);
    if (!toy ||
        !sim_schedule(sim, SIM_RAKUTEN, NULL, sim_next_jst(sim_now(sim), 0, 5), EVENT_NIGHT)) {
        error_no_memory(error);
        return NULL;
    }
    return toy;
}

static bool place(struct sim *sim, struct sim_order *order)
{
    struct toy_order *o = ARENA_NEW(order->arena, struct toy_order);
    if (!o)
        return false;
    o->status = order->stage == SIM_STAGE_NEW ? "new" : sim_stage_name(order->stage);
    order->face = o;
    order->order_no = arena_printf(order->arena, "T-%06lld", (long long)order->serial);
    return order->stage != SIM_STAGE_NEW ||
           sim_schedule(sim, SIM_RAKUTEN, order, order->ordered_at + HOUR_MS, EVENT_READY);
}

static void event(struct sim *sim, struct sim_order *order, int code)
{
    if (code == EVENT_NIGHT) {
        struct toy *toy = sim_face_state(sim, SIM_RAKUTEN);
        toy->nights++;
        (void)sim_schedule(sim, SIM_RAKUTEN, NULL, sim_next_jst(sim_now(sim), 0, 5), EVENT_NIGHT);
    } else {
        ((struct toy_order *)order->face)->status = "ready";
    }
}

static const char *operation(const struct sim_request *request)
{
    if (str_eq(request->path, STR("/list")))
        return "list";
    if (str_starts(request->path, STR("/read/")))
        return "read";
    return str_eq(request->path, STR("/ship")) ? "ship" : "unknown";
}

static void status(const struct sim_order *order, struct buf *out)
{
    buf_add(out, str_from(((const struct toy_order *)order->face)->status));
}

static void list(struct sim *sim, struct sim_response *response)
{
    size_t count;
    struct sim_order *const *orders = sim_orders(sim, SIM_RAKUTEN, &count);
    for (size_t i = 0; i < count; i++)
        if (sim_order_listed(sim, orders[i])) {
            buf_addf(&response->body, "%.*s ", STR_ARG(orders[i]->order_no));
            status(orders[i], &response->body);
            buf_add_char(&response->body, '\n');
        }
}

static void handle(struct sim *sim, const char *name, const struct sim_request *request,
                   struct sim_response *response)
{
    sim_response_header(response, "Content-Type", STR("application/json"));
    if (!sim_ip_allowed(sim, SIM_RAKUTEN, request->peer)) {
        response->status = 403;
    } else if (strcmp(name, "list") == 0) {
        list(sim, response);
    } else {
        struct str order_no = strcmp(name, "read") == 0
                                  ? str_slice(request->path, 6, request->path.n)
                                  : request->body;
        struct sim_order *order = sim_order_find(sim, SIM_RAKUTEN, order_no);
        if (!order) {
            response->status = 404;
            return;
        }
        if (strcmp(name, "ship") == 0)
            (void)sim_effect_add(sim, order, "ship", request->body);
        struct json_writer w = json_writer_make(&response->body);
        json_begin_object(&w);
        json_put_str(&w, "name", order->buyer.family);
        json_put_str(&w, "prefecture", order->buyer.prefecture);
        json_end_object(&w);
    }
}

static void refuse(struct sim *sim, const char *name, enum sim_refusal refusal, int status_wished,
                   struct sim_response *response)
{
    (void)sim;
    response->status = status_wished ? status_wished : 503;
    buf_addf(&response->body, "toy refuses %s: %d", name, (int)refusal);
}

static bool act(struct sim *sim, const struct sim_action *action, struct sim_order *order,
                struct json parameters, struct error *error)
{
    if (!order) {
        ((struct toy *)sim_face_state(sim, SIM_RAKUTEN))->key_expired = true;
        return true;
    }
    struct toy_order *o = order->face;
    if (json_true(json_get(parameters, "refuse")))
        return error_set(error, ERROR_REJECTED, "toy.refused", "だめ", "no");
    o->status = strcmp(action->name, "cancel") == 0 ? "cancelled" : o->status;
    return true;
}

static void demo_keys(struct sim *sim, struct json_writer *w)
{
    (void)sim;
    json_put_str(w, "key", STR("toy-key"));
}

int64_t toy_nights(struct sim *sim)
{
    return ((struct toy *)sim_face_state(sim, SIM_RAKUTEN))->nights;
}

static const char *const statuses[] = {"new", "ready", "shipped", "done", "cancelled", NULL};
static const struct sim_switch switches[] = {
    {"colour", "red|green", "red", "colour of the toy"},
    {"size", "1..9", "5", "size of the toy"},
    {"label", NULL, "", "any text"},
};
static const struct sim_action actions[] = {
    {"cancel", SIM_ACTION_ORDER, "the buyer cancels; {\"refuse\":true} is refused"},
    {"expire", SIM_ACTION_KEY, "the key expires"},
};

const struct sim_face toy_face = {
    .mall = SIM_RAKUTEN,
    .name = "おもちゃ",
    .port_offset = 1,
    .features = ((int64_t)1 << SIM_FEATURE_COUNT) - 1,
    .payments = (1u << SIM_PAY_COUNT) - 1,
    .stages = 1u << SIM_STAGE_NEW | 1u << SIM_STAGE_READY | 1u << SIM_STAGE_SHIPPED |
              1u << SIM_STAGE_DONE | 1u << SIM_STAGE_CANCELLED,
    .statuses = statuses,
    .switches = switches,
    .switch_count = 3,
    .actions = actions,
    .action_count = 2,
    .create = create,
    .place = place,
    .event = event,
    .operation = operation,
    .handle = handle,
    .refuse = refuse,
    .status = status,
    .act = act,
    .demo_keys = demo_keys,
};
const struct sim_face *const toy_faces[] = {&toy_face, NULL};
