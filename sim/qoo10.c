// SPDX-License-Identifier: Apache-2.0
//
// The simulated Qoo10.jp: the life of its carts and of their lines (payment, 発注確認, 発送,
// delivery, claims), its switches and actions. The calls are in the other qoo10*.c files.
// Invariants: a line leaves the order lists the moment its cancellation is complete, and from its
// claim on it is in the claim list; whatever takes effect is in the ledger under the cart's number.
// Called with the sim's mutex held.
#include "sim/qoo10.h"

#define HOUR_MS (3600 * 1000LL)
#define DAY_MS (24 * HOUR_MS)

enum { EVENT_PAID = 1, EVENT_UNPAID, EVENT_CANCEL_DONE };

// --- finding ---

struct q10_line *q10_find_line(struct sim *sim, int64_t order_no, struct sim_order **order)
{
    int64_t offset = order_no - QOO10_FIRST_ORDER;
    char text[24];
    if (offset < 0)
        return NULL;
    struct str pack = id_format(QOO10_FIRST_PACK + offset / 100, text);
    *order = sim_order_find(sim, SIM_QOO10, pack);
    struct q10_order *cart = *order ? (*order)->face : NULL;
    size_t at = (size_t)(offset % 100);
    return cart && at < cart->line_count ? &cart->lines[at] : NULL;
}

bool q10_line_listed(const struct sim *sim, const struct q10_line *line)
{
    bool asked = line->claim == QOO10_CANCEL_REQUESTED || line->claim == QOO10_CANCEL_RUNNING;
    if (asked)
        return sim_switch_is(sim, SIM_QOO10, "claim_listed", "on");
    return line->claim != QOO10_CANCELLED && line->claim != QOO10_UNPAID_CANCELLED;
}

struct str q10_carrier_name(enum sim_carrier carrier)
{
    switch (carrier) {
    case SIM_CARRIER_SAGAWA:
        return STR("佐川急便");
    case SIM_CARRIER_JAPAN_POST:
        return STR("ゆうパック");
    case SIM_CARRIER_SEINO:
        return STR("西濃運輸");
    default:
        return STR("ヤマト宅急便");
    }
}

bool q10_carrier_known(struct str name)
{
    static const char *const known[] = {
        "ヤマト宅急便", "ネコポス",       "クロネコDM便",   "佐川急便", "ゆうパック",
        "ゆうパケット", "クリックポスト", "コンビニ等受取", "福山通運", "西濃運輸",
        "ゆうメール",   "定形外郵便",     "クロネコ便",     "Qxpress",  "その他"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_eq(name, str_from(known[i])))
            return true;
    return false;
}

// --- changes ---

void q10_pay(struct sim *sim, struct sim_order *order)
{
    struct q10_order *cart = order->face;
    if (cart->paid_at != TIME_NONE)
        return;
    cart->paid_at = sim_now(sim);
    for (size_t i = 0; i < cart->line_count; i++)
        if (cart->lines[i].status == 1 && cart->lines[i].claim == QOO10_CLAIM_NONE)
            cart->lines[i].status = 2;
    (void)sim_effect_add(sim, order, "pay", order->order_no);
}

static struct str number_of(struct sim_order *order, const struct q10_line *line)
{
    return arena_printf(order->arena, "%lld", (long long)line->order_no);
}

void q10_confirm(struct sim *sim, struct sim_order *order, struct q10_line *line, day planned)
{
    line->planned = planned;
    if (line->status != 2)
        return;
    line->status = 3;
    (void)sim_effect_add(sim, order, "accept", number_of(order, line));
}

void q10_ship(struct sim *sim, struct sim_order *order, struct q10_line *line, struct str carrier,
              struct str number, const char *kind)
{
    line->carrier = str_dup(order->arena, carrier);
    line->number = str_dup(order->arena, number);
    line->status = 4;
    line->shipped_at = sim_now(sim);
    (void)sim_effect_add(sim, order, kind,
                         arena_printf(order->arena, "%lld %.*s %.*s", (long long)line->order_no,
                                      STR_ARG(carrier), STR_ARG(number)));
}

void q10_claim(struct sim *sim, struct sim_order *order, struct q10_line *line, int claim,
               struct str reason)
{
    line->claim = claim;
    if (line->claim_at == TIME_NONE)
        line->claim_at = sim_now(sim);
    if (str_is_empty(line->claim_reason))
        line->claim_reason = str_dup(order->arena, reason);
    bool over =
        claim == QOO10_CANCELLED || claim == QOO10_UNPAID_CANCELLED || claim == QOO10_RETURNED;
    line->claim_done_at = over ? sim_now(sim) : TIME_NONE;
    if (claim == QOO10_CANCEL_RUNNING)
        (void)sim_schedule(sim, SIM_QOO10, order, sim_now(sim) + HOUR_MS, EVENT_CANCEL_DONE);
}

static void claim_all(struct sim *sim, struct sim_order *order, int claim, const char *reason)
{
    struct q10_order *cart = order->face;
    for (size_t i = 0; i < cart->line_count; i++)
        q10_claim(sim, order, &cart->lines[i], claim, str_from(reason));
}

// --- new orders ---

static int first_status(const struct sim_order *order, bool paid)
{
    switch (order->stage) {
    case SIM_STAGE_READY:
    case SIM_STAGE_PICKING:
    case SIM_STAGE_HOLD:
        return 3;
    case SIM_STAGE_SHIPPED:
        return 4;
    case SIM_STAGE_DONE:
    case SIM_STAGE_PAYOUT:
        return 5;
    default:
        return paid ? 2 : 1;
    }
}

static bool pays_later(const struct sim_order *order)
{
    return order->payment == SIM_PAY_CONVENIENCE || order->payment == SIM_PAY_BANK;
}

static time_ms paid_at(const struct sim_order *order)
{
    if (order->paid_at != TIME_NONE)
        return order->paid_at;
    bool early = order->stage == SIM_STAGE_NEW || order->stage == SIM_STAGE_PROCESSING ||
                 order->stage == SIM_STAGE_CANCELLED;
    if (pays_later(order) && early)
        return TIME_NONE;
    return order->ordered_at + 17 * 1000;
}

static void start_line(struct sim_order *order, const struct q10_order *cart, struct q10_line *l)
{
    l->status = first_status(order, cart->paid_at != TIME_NONE);
    l->claim_at = l->claim_done_at = l->shipped_at = l->delivered_at = TIME_NONE;
    l->claim_reason = l->carrier = l->number = STR("");
    if (l->status >= 3)
        l->planned = day_add(day_in_jst(cart->paid_at), 3);
    if (l->status >= 4) {
        l->shipped_at = order->shipped_at != TIME_NONE ? order->shipped_at : cart->paid_at;
        l->carrier = q10_carrier_name(order->shipped_with);
        l->number = order->tracking_number.n ? order->tracking_number : STR("400000000000");
    }
    if (l->status == 5)
        l->delivered_at = order->done_at != TIME_NONE ? order->done_at : l->shipped_at + 2 * DAY_MS;
    if (order->stage == SIM_STAGE_CANCEL_REQUESTED) {
        l->claim = QOO10_CANCEL_REQUESTED;
        l->claim_at = order->ordered_at + HOUR_MS;
        l->claim_reason = STR("購入者の都合");
    }
    if (order->stage == SIM_STAGE_CANCELLED) {
        l->claim = cart->paid_at == TIME_NONE ? QOO10_UNPAID_CANCELLED : QOO10_CANCELLED;
        l->claim_at = l->claim_done_at =
            order->cancelled_at != TIME_NONE ? order->cancelled_at : order->ordered_at + HOUR_MS;
        l->claim_reason = STR("購入者の都合");
    }
}

static bool place(struct sim *sim, struct sim_order *order)
{
    struct q10_order *cart = ARENA_NEW(order->arena, struct q10_order);
    char text[24];
    if (!cart)
        return false;
    order->face = cart;
    cart->pack_no = QOO10_FIRST_PACK + order->serial;
    order->order_no = str_dup(order->arena, id_format(cart->pack_no, text));
    cart->paid_at = paid_at(order);
    cart->lines = ARENA_ARRAY(order->arena, struct q10_line, QOO10_LINES_MAX);
    for (size_t d = 0; cart->lines && d < order->destination_count; d++)
        for (size_t i = 0; i < order->destinations[d].line_count; i++) {
            if (cart->line_count == QOO10_LINES_MAX)
                return false;
            struct q10_line *l = &cart->lines[cart->line_count];
            l->order_no = QOO10_FIRST_ORDER + order->serial * 100 + (int64_t)cart->line_count++;
            l->line = &order->destinations[d].lines[i];
            start_line(order, cart, l);
        }
    if (arena_failed(order->arena))
        return false;
    bool waits = cart->paid_at == TIME_NONE && order->stage != SIM_STAGE_CANCELLED;
    if (!waits)
        return true;
    bool pays = sim_dice(order, "never-pays", 8) > 0;
    time_ms at = order->ordered_at +
                 (pays ? (1 + (time_ms)sim_dice(order, "pays", 60)) * HOUR_MS : 7 * DAY_MS);
    return sim_schedule(sim, SIM_QOO10, order, at, pays ? EVENT_PAID : EVENT_UNPAID);
}

static void event(struct sim *sim, struct sim_order *order, int code)
{
    struct q10_order *cart = order ? order->face : NULL;
    if (!cart)
        return;
    if (code == EVENT_PAID && cart->lines[0].claim == QOO10_CLAIM_NONE)
        q10_pay(sim, order);
    if (code == EVENT_UNPAID && cart->paid_at == TIME_NONE)
        claim_all(sim, order, QOO10_UNPAID_CANCELLED, "未入金");
    for (size_t i = 0; code == EVENT_CANCEL_DONE && i < cart->line_count; i++)
        if (cart->lines[i].claim == QOO10_CANCEL_RUNNING)
            q10_claim(sim, order, &cart->lines[i], QOO10_CANCELLED, STR(""));
}

// --- what people do in QSM, and what happens to keys ---

static bool refuse_action(struct error *error)
{
    return error_set(error, ERROR_REJECTED, "sim.state", "注文の状態のためできません。",
                     "The order's state doesn't allow it.");
}

// "line": 1 … of the cart; all without it.
static bool act_on_line(struct sim *sim, const char *name, struct sim_order *order,
                        struct q10_line *l, struct json parameters)
{
    struct str number = json_str(json_get(parameters, "number"));
    struct str carrier = json_str(json_get(parameters, "carrier"));
    bool open = l->claim == QOO10_CLAIM_NONE || l->claim == QOO10_CANCEL_REQUESTED;
    if (strcmp(name, "confirm") == 0 && open && l->status == 2)
        q10_confirm(sim, order, l, day_add(day_in_jst(sim_now(sim)), 3));
    else if (strcmp(name, "ship") == 0 && open && (l->status == 2 || l->status == 3))
        q10_ship(sim, order, l, carrier.n ? carrier : STR("佐川急便"),
                 number.n ? number : STR("300000000000"), "store-ship");
    else if (strcmp(name, "deliver") == 0 && l->status == 4) {
        l->status = 5;
        l->delivered_at = sim_now(sim);
    } else if (strcmp(name, "request-cancel") == 0 && open && l->status <= 3)
        q10_claim(sim, order, l, QOO10_CANCEL_REQUESTED, STR("購入者の都合"));
    else if (strcmp(name, "cancel") == 0 && open && l->status <= 3)
        q10_claim(sim, order, l, QOO10_CANCELLED, STR("購入者の都合"));
    else if (strcmp(name, "withdraw-cancel") == 0 && l->claim == QOO10_CANCEL_REQUESTED)
        l->claim = QOO10_CLAIM_NONE;
    else if (strcmp(name, "request-return") == 0 && l->status >= 4)
        q10_claim(sim, order, l, QOO10_RETURN_REQUESTED, STR("不良品"));
    else if (strcmp(name, "return") == 0 && l->status >= 4)
        q10_claim(sim, order, l, QOO10_RETURNED, STR("不良品"));
    else
        return false;
    return true;
}

static bool act_on_order(struct sim *sim, const char *name, struct sim_order *order,
                         struct json parameters, struct error *error)
{
    struct q10_order *cart = order->face;
    int64_t only = 0;
    bool any = false;
    if (strcmp(name, "pay") == 0) {
        q10_pay(sim, order);
        return true;
    }
    if (strcmp(name, "expire") == 0) {
        if (cart->paid_at != TIME_NONE)
            return refuse_action(error);
        claim_all(sim, order, QOO10_UNPAID_CANCELLED, "未入金");
        return true;
    }
    json_int(json_get(parameters, "line"), &only);
    for (size_t i = 0; i < cart->line_count; i++)
        if (only == 0 || only == (int64_t)i + 1)
            any |= act_on_line(sim, name, order, &cart->lines[i], parameters);
    return any || refuse_action(error);
}

static void act_on_keys(struct sim *sim, const char *name, struct q10_state *state)
{
    if (strcmp(name, "expire") == 0)
        state->key_ends = sim_now(sim);
    else if (strcmp(name, "revoke") == 0)
        state->revoked = true;
    else if (strcmp(name, "forbid") == 0)
        state->forbidden = true;
    else if (strcmp(name, "other-seller") == 0)
        state->wrong_seller = true;
    else if (strcmp(name, "permit") == 0) {
        state->revoked = state->forbidden = state->wrong_seller = false;
        state->key_ends = sim_now(sim) + 365 * DAY_MS;
    }
}

static bool act(struct sim *sim, const struct sim_action *action, struct sim_order *order,
                struct json parameters, struct error *error)
{
    if (order)
        return act_on_order(sim, action->name, order, parameters, error);
    act_on_keys(sim, action->name, sim_face_state(sim, SIM_QOO10));
    return true;
}

// --- the face ---

static void *create(struct sim *sim, struct arena *arena, struct error *error)
{
    struct q10_state *state = ARENA_NEW(arena, struct q10_state);
    if (!state) {
        error_no_memory(error);
        return NULL;
    }
    q10_keys_init(sim, state);
    return state;
}

// What the lines' states have in common, lowest first: "2"; "3,4"; "3,c3".
static void status(const struct sim_order *order, struct buf *out)
{
    const struct q10_order *cart = order->face;
    size_t begin = out->n;
    for (int s = 1; s <= 5; s++)
        for (int claim = 0; claim <= 16; claim++)
            for (size_t i = 0; i < cart->line_count; i++) {
                const struct q10_line *l = &cart->lines[i];
                bool gone = l->claim == QOO10_CANCELLED || l->claim == QOO10_UNPAID_CANCELLED;
                if (gone || l->status != s || l->claim != claim)
                    continue;
                buf_addf(out, out->n > begin ? ",%d" : "%d", s);
                if (claim)
                    buf_addf(out, "c%d", claim);
                break;
            }
    for (int claim = 3; claim <= 16; claim += 13)
        for (size_t i = 0; i < cart->line_count; i++)
            if (cart->lines[i].claim == claim) {
                buf_addf(out, out->n > begin ? ",c%d" : "c%d", claim);
                break;
            }
}

static void describe(struct sim *sim, const struct sim_order *order, struct json_writer *w)
{
    const struct q10_order *cart = order->face;
    (void)sim;
    json_put_int(w, "pack_no", cart->pack_no);
    json_key(w, "lines");
    json_begin_array(w);
    for (size_t i = 0; i < cart->line_count; i++) {
        const struct q10_line *l = &cart->lines[i];
        json_begin_object(w);
        json_put_int(w, "order_no", l->order_no);
        json_put_int(w, "status", l->status);
        json_put_int(w, "claim", l->claim);
        json_put_str(w, "carrier", l->carrier);
        json_put_str(w, "tracking_number", l->number);
        json_put_int(w, "planned", l->planned);
        json_end_object(w);
    }
    json_end_array(w);
}

static void demo_keys(struct sim *sim, struct json_writer *w)
{
    const struct q10_state *state = sim_face_state(sim, SIM_QOO10);
    json_put_str(w, "certification_key", str_from(state->key));
    json_put_str(w, "qapi_key", STR(SIM_QOO10_API_KEY));
    json_put_str(w, "qsm_user_id", STR(SIM_QOO10_USER_ID));
    json_put_str(w, "qsm_password", STR(SIM_QOO10_PASSWORD));
}

static const char *const statuses[] = {"1", "2", "2c1", "3", "3c1", "4", "5", "c3", "c16", NULL};

static const struct sim_switch switches[] = {
    {"key_envelope", "error_code|result_code", "error_code",
     "Envelope of key failures (open: one client sees ErrorCode, the guide lists ResultCode)."},
    {"key_status", "200|401", "200", "HTTP status of key failures (open)."},
    {"expired_code", "-90004|-90005", "-90004", "Which of the two codes an expired key gets."},
    {"new_key_ends_old", "on|off", "off", "Issuing a certification key ends the old one (open)."},
    {"status_form", "text|digit|on_waiting", "text",
     "ShippingStatus as text with digit, bare digit, or with the Singapore word for 1."},
    {"claim_form", "digit|text", "digit", "claimStatus on the wire (open)."},
    {"claims_without_state", "all|none", "all", "What an empty ClaimStat finds (open)."},
    {"claim_listed", "on|off", "on",
     "Orders whose cancellation is only asked for stay in the order lists (open)."},
    {"no_rows", "null|array", "null", "ResultObject of an empty list."},
    {"single_object", "on|off", "off", "A list of one row comes as a bare object."},
    {"success_text", "en|ja", "en", "ResultMsg of a success."},
    {"payment_date", "filled|empty", "filled", "PaymentDate is empty in all rows (one shop)."},
    {"related_order", "with_self|without_self|empty", "with_self",
     "Whether RelatedOrder names the order itself (one client says so)."},
    {"condition_check", "none|shipped|strict", "shipped",
     "Which pairs of status and date kind are refused with -10004 (open)."},
    {"ship_unconfirmed", "accepted|refused", "refused",
     "SetSendingInfo on an order that was not confirmed, 2 to 4 (open)."},
    {"ship_again", "overwrites|ignored|refused", "overwrites",
     "A second SetSendingInfo for the same order (open)."},
    {"unknown_carrier", "accepted|normalised|refused", "accepted",
     "ShippingCorp that isn't in the list (open)."},
    {"confirm_again", "accepted|refused", "accepted",
     "SetSellerCheckYN_V2 on a confirmed order: changes the date, or -10012 (open)."},
    {"planned_required", "on|off", "off", "SetSellerCheckYN_V2 without EstShipDt is refused."},
    {"planned_days_max", "0..365", "90", "Latest EstShipDt after today (open); 0 = none."},
    {"cancel_steps", "at_once|running", "at_once",
     "Whether SetCancelProcess passes through キャンセル中 for an hour (open)."},
    {"rate_per_second", "1..100", "10", "Requests per second before 429 (open; 5 to 10 are safe)."},
    {"quota_per_day", "0..1000000", "0",
     "Calls of a day before 429 until midnight (open); 0 none."},
};

static const struct sim_action actions[] = {
    {"pay", SIM_ACTION_ORDER, "the buyer pays at the convenience store"},
    {"expire", SIM_ACTION_ORDER, "never paid: cancelled by the mall (claim 16)"},
    {"confirm", SIM_ACTION_ORDER, "発送予定日 entered in QSM: 新規受付 to 配送準備; {\"line\":1}"},
    {"ship", SIM_ACTION_ORDER,
     "shipped by hand; {\"number\":\"…\",\"carrier\":\"佐川急便\",\"line\":1}"},
    {"deliver", SIM_ACTION_ORDER, "delivered; {\"line\":1}"},
    {"request-cancel", SIM_ACTION_ORDER, "the buyer asks for cancellation; {\"line\":1}"},
    {"withdraw-cancel", SIM_ACTION_ORDER, "and takes it back; {\"line\":1}"},
    {"cancel", SIM_ACTION_ORDER, "cancelled: vanishes from the lists; {\"line\":1}"},
    {"request-return", SIM_ACTION_ORDER, "the buyer asks for a return; {\"line\":1}"},
    {"return", SIM_ACTION_ORDER, "returned; {\"line\":1}"},
    {"expire", SIM_ACTION_KEY, "the certification key's year is over"},
    {"revoke", SIM_ACTION_KEY, "the key isn't known any more (-10000)"},
    {"forbid", SIM_ACTION_KEY, "the method isn't granted to the key (-90002)"},
    {"other-seller", SIM_ACTION_KEY, "the key belongs to another seller (-90003)"},
    {"permit", SIM_ACTION_KEY, "everything is given back, for a year"},
};

const struct sim_face sim_face_qoo10 = {
    .mall = SIM_QOO10,
    .name = "Qoo10",
    .port_offset = 5,
    .features = SIM_FEATURE_GIFT | SIM_FEATURE_DATE_REQUESTED | SIM_FEATURE_NOTE |
                SIM_FEATURE_SHOP_COUPON | SIM_FEATURE_MALL_COUPON | SIM_FEATURE_OTHER_RECIPIENT |
                SIM_FEATURE_REMOTE_ISLAND | SIM_FEATURE_PREORDER | SIM_FEATURE_RARE_KANJI,
    .payments = 1u << SIM_PAY_CARD | 1u << SIM_PAY_WALLET | 1u << SIM_PAY_CARRIER |
                1u << SIM_PAY_CONVENIENCE,
    .stages = 1u << SIM_STAGE_NEW | 1u << SIM_STAGE_PROCESSING | 1u << SIM_STAGE_READY |
              1u << SIM_STAGE_SHIPPED | 1u << SIM_STAGE_DONE | 1u << SIM_STAGE_CANCEL_REQUESTED |
              1u << SIM_STAGE_CANCELLED,
    .statuses = statuses,
    .switches = switches,
    .switch_count = sizeof switches / sizeof switches[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
    .create = create,
    .place = place,
    .event = event,
    .operation = q10_operation,
    .handle = q10_handle,
    .refuse = q10_refuse,
    .status = status,
    .act = act,
    .describe = describe,
    .demo_keys = demo_keys,
};
