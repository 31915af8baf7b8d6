// SPDX-License-Identifier: Apache-2.0
//
// MakeShop's GraphQL API (makeshop.md §3): token, key and timestamp at the gate, the operations
// that the shop has agreed to, searchOrder with paging, and the two mutations that make a
// write-back: carrier and number first, the delivery state second. What the reference was not seen
// to say is a switch.
#include "sim/makeshop.h"

#include <stdio.h>

#define HOUR_S 3600
#define ROWS_PER_CALL_MAX 1000

const char *const ms_operations[MS_GRAPHQL_COUNT] = {
    [MS_GET_SHOP] = "getShop",
    [MS_SEARCH] = "searchOrder",
    [MS_ATTRIBUTE] = "updateOrderAttribute",
    [MS_DELIVERY_STATUS] = "updateOrderDeliveryStatus",
};

struct call {
    struct sim *sim;
    struct arena *arena;
    struct str query;
    struct json input;
    struct sim_response *response;
};

static bool is(const struct call *c, const char *name, const char *setting)
{
    return sim_switch_is(c->sim, SIM_MAKESHOP, name, setting);
}

// --- refusals ---

void ms_graphql_refuse(struct sim_response *response, int status, const char *code,
                       const char *message)
{
    buf_reset(&response->body);
    response->status = status;
    response->header_count = 0;
    sim_response_header(response, "Content-Type", STR("application/json"));
    buf_addf(&response->body,
             "{\"errors\":[{\"message\":\"%s\",\"extensions\":{\"code\":\"%s\"}}],\"data\":null}",
             message, code);
}

static void unauthenticated(struct call *c, const char *message)
{
    // The body of a failed authentication was not seen (§3.6): HTTP 401, or errors[] in a 200.
    ms_graphql_refuse(c->response, is(c, "graphql_auth_error", "200") ? 200 : 401,
                      "UNAUTHENTICATED", message);
}

static void no_such_field(struct call *c, struct str field, const char *type)
{
    struct str words = arena_printf(c->arena, "Cannot query field \\\"%.*s\\\" on type \\\"%s\\\".",
                                    STR_ARG(field), type);
    ms_graphql_refuse(c->response, 422, "GRAPHQL_VALIDATION_FAILED", str_cstr(c->arena, words));
}

static void no_such_variable(struct call *c, const char *name)
{
    buf_reset(&c->response->body);
    c->response->status = 422;
    buf_addf(&c->response->body,
             "{\"errors\":[{\"message\":\"unknown field\",\"path\":[\"variable\",\"input\","
             "\"%s\"],\"extensions\":{\"code\":\"GRAPHQL_VALIDATION_FAILED\"}}],\"data\":null}",
             name);
}

// --- searchOrder ---

static bool input_is_known(struct call *c)
{
    static const char *const known[] = {
        "page",           "limit",          "startOrderDate", "endOrderDate", "startPaymentDate",
        "endPaymentDate", "deliveryStatus", "sortOrder"};
    struct json v;
    for (struct json_iter i = json_iterate(c->input); json_next(&i, &v);) {
        bool found =
            str_eq(i.key, STR("displayOrderNumber")) && is(c, "graphql_number_filter", "yes");
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            found = found || str_eq(i.key, str_from(known[k]));
        if (!found) {
            no_such_variable(c, str_cstr(c->arena, i.key));
            return false;
        }
    }
    return true;
}

struct filter {
    struct str number;
    char state; // N Y C R, 0 none
    time_ms from, to, paid_from, paid_to;
};

static time_ms bound(struct call *c, const char *name)
{
    time_ms t;
    struct str text = json_str(json_get(c->input, name));
    return text.n == 14 && time_parse_yahoo(text, &t) ? t : TIME_NONE;
}

static char state_of(const struct sim_order *order)
{
    if (ms_order(order)->status == MS_CANCELLED)
        return 'C';
    int state = ms_delivery_of(order);
    return state == MS_DONE ? 'Y' : state == MS_BACK ? 'R' : 'N';
}

static bool within(time_ms t, time_ms from, time_ms to, bool open_end)
{
    if (t == TIME_NONE)
        return from == TIME_NONE && to == TIME_NONE;
    t = t / 1000 * 1000;
    return (from == TIME_NONE || t >= from) && (to == TIME_NONE || (open_end ? t < to : t <= to));
}

static bool matches(const struct call *c, const struct filter *f, const struct sim_order *order)
{
    const struct ms_order *o = ms_order(order);
    bool open_end = is(c, "boundaries", "half_open");
    bool by_number = f->number.n > 0;
    if (o->gone || (!by_number && !ms_is_visible(c->sim, order)))
        return false;
    if (o->status == MS_PROVISIONAL && is(c, "graphql_provisional", "hidden"))
        return false;
    if (f->state ? state_of(order) != f->state
                 : o->status == MS_CANCELLED && is(c, "graphql_cancelled", "filter"))
        return false;
    if (by_number)
        return str_eq(order->order_no, f->number);
    return within(order->ordered_at, f->from, f->to, open_end) &&
           within(f->paid_from == TIME_NONE && f->paid_to == TIME_NONE ? TIME_NONE : o->paid_at,
                  f->paid_from, f->paid_to, open_end);
}

static void write_page(struct call *c, const struct filter *f, const struct ms_selection *set,
                       int64_t page, int64_t limit)
{
    size_t count;
    struct sim_order *const *orders = sim_orders(c->sim, SIM_MAKESHOP, &count);
    bool down = str_eq(json_str(json_get(c->input, "sortOrder")), STR("DESC"));
    struct json_writer w = json_writer_make(&c->response->body);
    const struct ms_selection *rows = NULL;
    int64_t found = 0;
    for (const struct ms_selection *s = set; s; s = s->next)
        if (str_eq(s->name, STR("orders")))
            rows = s->first;
    json_begin_object(&w);
    json_key(&w, "data");
    json_begin_object(&w);
    json_key(&w, "searchOrder");
    json_begin_object(&w);
    json_put_int(&w, "page", page);
    json_key(&w, "orders");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        const struct sim_order *order = orders[down ? count - 1 - i : i];
        if (!matches(c, f, order))
            continue;
        if (found >= (page - 1) * limit && found < page * limit && rows)
            ms_write_order(c->sim, &w, c->arena, order, rows);
        found++;
    }
    json_end_array(&w);
    json_put_int(&w, "searchedCount", found);
    json_end_object(&w);
    json_end_object(&w);
    json_end_object(&w);
}

static void search(struct call *c)
{
    struct ms_selection *set = ms_selection_read(c->arena, c->query, STR("searchOrder"));
    struct str field;
    const char *type;
    int64_t page = 1, limit = 20;
    int64_t most = sim_switch_number(c->sim, SIM_MAKESHOP, "graphql_page_max");
    struct str state = json_str(json_get(c->input, "deliveryStatus"));
    if (!set) {
        ms_graphql_refuse(c->response, 422, "GRAPHQL_PARSE_FAILED", "Expected Name");
        return;
    }
    if (!ms_selection_check(set, &field, &type)) {
        no_such_field(c, field, type);
        return;
    }
    if (!input_is_known(c))
        return;
    json_int(json_get(c->input, "page"), &page);
    json_int(json_get(c->input, "limit"), &limit);
    if (page < 1 || limit < 1 || limit > MS_PAGE_ROWS) {
        ms_graphql_refuse(c->response, 200, "BAD_USER_INPUT",
                          "limitは1000以下で指定してください。");
        return;
    }
    struct filter f = {
        .number = json_str(json_get(c->input, "displayOrderNumber")),
        .state = state.n == 1 ? state.p[0] : 0,
        .from = bound(c, "startOrderDate"),
        .to = bound(c, "endOrderDate"),
        .paid_from = bound(c, "startPaymentDate"),
        .paid_to = bound(c, "endPaymentDate"),
    };
    write_page(c, &f, set, page, limit < most ? limit : most);
}

// --- mutations ---

static bool number_of(struct json v, int64_t *number)
{
    return json_type(v) == JSON_STRING ? str_to_int64(json_str(v), number) : json_int(v, number);
}

// The order and destination that a row means; a message when it means none.
static const char *find_row(struct call *c, struct str order_no, struct json delivery,
                            struct sim_order **order, size_t *index)
{
    int64_t id = 0;
    *order = sim_order_find(c->sim, SIM_MAKESHOP, order_no);
    *index = 0;
    if (!*order || ms_order(*order)->gone)
        return "該当する注文が存在しません。";
    if (ms_order(*order)->status == MS_CANCELLED)
        return "キャンセルされた注文は更新できません。";
    if (ms_order(*order)->status == MS_PROVISIONAL)
        return "仮注文は更新できません。";
    bool given = number_of(json_get(delivery, "deliveryId"), &id);
    if (!given && (*order)->destination_count == 1)
        return NULL;
    if (!given || id < 1 || (size_t)id > (*order)->destination_count)
        return "配送先IDが正しくありません。";
    *index = (size_t)id - 1;
    return NULL;
}

static const char *set_attribute(struct call *c, struct json row)
{
    struct str order_no = json_str(json_get(row, "displayOrderNumber"));
    struct json infos = json_get(row, "deliveryRequestInfos"), v;
    struct sim_order *order;
    size_t index;
    for (int pass = 0; pass < 2; pass++) {
        for (struct json_iter i = json_iterate(infos); json_next(&i, &v);) {
            const char *wrong = find_row(c, order_no, v, &order, &index);
            struct str code = json_str(json_get(v, "deliveryCompanyCode"));
            struct str number = json_str(json_get(v, "slipNumber"));
            if (wrong)
                return wrong;
            if (code.p && !ms_carrier_is_known(code))
                return "配送業者コードが不正です。";
            // A row is taken as a whole or not at all.
            if (pass == 1)
                ms_set_parcel(c->sim, order, &order->destinations[index], index, code, number);
        }
    }
    return NULL;
}

static const char *set_delivery_status(struct call *c, struct json row)
{
    struct str order_no = json_str(json_get(row, "displayOrderNumber"));
    struct str state = json_str(json_get(row, "deliveryStatus"));
    struct sim_order *order;
    size_t index;
    const char *wrong = find_row(c, order_no, row, &order, &index);
    bool done = str_eq(state, STR("COMPLETED"));
    if (wrong)
        return wrong;
    if (!done && !str_eq(state, STR("NOT_YET")))
        return "配送状態が正しくありません。";
    ms_tell_delivery(c->sim, order, &order->destinations[index], index,
                     done ? MS_DONE : MS_NOT_YET);
    return NULL;
}

static void mutate(struct call *c, const char *name, const char *list_name, const char *results,
                   const char *(*apply)(struct call *c, struct json row))
{
    struct json list = json_get(c->input, list_name), row;
    struct json_writer w = json_writer_make(&c->response->body);
    if (json_type(list) != JSON_ARRAY || json_count(list) == 0 ||
        json_count(list) > ROWS_PER_CALL_MAX) {
        ms_graphql_refuse(c->response, 422, "GRAPHQL_VALIDATION_FAILED", "must be defined");
        return;
    }
    json_begin_object(&w);
    json_key(&w, "data");
    json_begin_object(&w);
    json_key(&w, name);
    json_begin_object(&w);
    json_key(&w, results);
    json_begin_array(&w);
    for (struct json_iter i = json_iterate(list); json_next(&i, &row);) {
        const char *wrong = apply(c, row);
        int64_t id;
        json_begin_object(&w);
        json_put_str(&w, "displayOrderNumber", json_str(json_get(row, "displayOrderNumber")));
        if (number_of(json_get(row, "deliveryId"), &id))
            json_put_int(&w, "deliveryId", id);
        json_put_str(&w, "message", str_from(wrong));
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
    json_end_object(&w);
    json_end_object(&w);
}

// --- the gate ---

static bool timestamp_fits(struct call *c, struct str text)
{
    int64_t seconds, now = sim_now(c->sim) / 1000;
    return str_to_int64(text, &seconds) && seconds >= now - HOUR_S && seconds <= now + HOUR_S;
}

static bool pass_gate(struct call *c, const char *operation, const struct sim_request *request)
{
    struct ms_state *s = ms_state(c->sim);
    struct str bearer = arena_printf(c->arena, "Bearer %s", s->token);
    if (!sim_pace_take(c->sim, &s->pace, 1.0,
                       (double)sim_switch_number(c->sim, SIM_MAKESHOP, "burst"))) {
        sim_count_rate_refusal(c->sim, SIM_MAKESHOP);
        ms_graphql_refuse(c->response, 429, "RATE_LIMITED", "too many requests");
        return false;
    }
    if (!str_eq(sim_request_header(request, "x-api-key"), str_from(s->api_key))) {
        ms_graphql_refuse(c->response, 403, "FORBIDDEN", "invalid x-api-key");
        return false;
    }
    if (!timestamp_fits(c, sim_request_header(request, "x-timestamp"))) {
        unauthenticated(c, "x-timestamp is out of range");
        return false;
    }
    if (s->uninstalled || !str_eq(sim_request_header(request, "authorization"), bearer)) {
        unauthenticated(c, "invalid token");
        return false;
    }
    for (int i = 0; i < MS_GRAPHQL_COUNT; i++) {
        if (strcmp(operation, ms_operations[i]) == 0 && s->forbidden[i]) {
            ms_graphql_refuse(c->response, 200, "FORBIDDEN", "permission denied");
            return false;
        }
    }
    return true;
}

static const char *operation_of(struct str query)
{
    for (int i = MS_GRAPHQL_COUNT - 1; i >= 0; i--) {
        ptrdiff_t body = str_find_char(query, '{');
        if (body >= 0 &&
            str_find(str_slice(query, (size_t)body, query.n), str_from(ms_operations[i])) >= 0)
            return ms_operations[i];
    }
    return "unknown";
}

static void dispatch(struct call *c, const char *operation)
{
    if (strcmp(operation, ms_operations[MS_GET_SHOP]) == 0)
        buf_add(&c->response->body,
                STR("{\"data\":{\"getShop\":{\"shop\":{\"shopName\":\"見本ショップ\"}}}}"));
    else if (strcmp(operation, ms_operations[MS_SEARCH]) == 0)
        search(c);
    else if (strcmp(operation, ms_operations[MS_ATTRIBUTE]) == 0)
        mutate(c, operation, "updateOrderAttributes", "updateOrderAttributeResults", set_attribute);
    else if (strcmp(operation, ms_operations[MS_DELIVERY_STATUS]) == 0)
        mutate(c, operation, "updateOrderDeliveryStatusRequests",
               "updateOrderDeliveryStatusResults", set_delivery_status);
    else
        ms_graphql_refuse(c->response, 422, "GRAPHQL_VALIDATION_FAILED", "Cannot query field");
}

void ms_graphql(struct sim *sim, const char *path_operation, const struct sim_request *request,
                struct sim_response *response)
{
    struct call c = {.sim = sim, .arena = response->arena, .response = response};
    struct json root;
    struct error error;
    (void)path_operation;
    sim_response_header(response, "Content-Type", STR("application/json"));
    if (request->method != HTTP_POST ||
        !json_parse(response->arena, request->body, false, &root, &error)) {
        ms_graphql_refuse(response, 400, "BAD_REQUEST", "json body could not be decoded");
        return;
    }
    c.query = json_str(json_get(root, "query"));
    c.input = json_get(json_get(root, "variables"), "input");
    const char *operation = operation_of(c.query.p ? c.query : STR(""));
    if (pass_gate(&c, operation, request))
        dispatch(&c, operation);
}
