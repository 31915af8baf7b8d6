// SPDX-License-Identifier: Apache-2.0
//
// The simulated au PAY マーケット: its orders' own life (payment, authorisation, reviews,
// cancellations), its switches and actions. The calls are in aupay_wire.c, what an order looks like
// in aupay_view.c. Invariants: every change of an order goes through the ledger, so that tests can
// count what took effect. Called with the sim's mutex held.
#include "sim/aupay.h"

#include <stdio.h>

#define HOUR_MS (3600 * 1000LL)

enum { EVENT_PAID = 1, EVENT_AUTHORIZED, EVENT_REVIEWED, EVENT_RELEASE };

static bool is(const struct aupay_order *o, const char *status)
{
    return str_eq(o->status, str_from(status));
}

bool aupay_is_custom(const struct sim *sim, struct str status)
{
    struct str names = str_from(sim_switch_value(sim, SIM_AUPAY, "custom_statuses")), name;
    while (str_split(&names, ',', &name))
        if (str_eq(str_trim(name), status))
            return true;
    return false;
}

static void touch(struct aupay_order *o)
{
    o->changes++;
}

void aupay_set_status(struct sim *sim, struct sim_order *order, struct str status, const char *kind)
{
    struct aupay_order *o = order->face;
    touch(o);
    o->status = str_dup(order->arena, status);
    (void)sim_effect_add(sim, order, kind, status);
    if (!is(o, "完了"))
        return;
    if (!o->shipped)
        o->shipped_at = sim_now(sim);
    o->shipped = true;
    if (order->payment == SIM_PAY_CARD && !o->captured)
        (void)sim_effect_add(sim, order, "capture", order->order_no);
    o->captured = true;
    o->paid = true;
    if (o->paid_at == TIME_NONE)
        o->paid_at = sim_now(sim);
}

void aupay_cancel_order(struct sim *sim, struct sim_order *order, struct str reason,
                        struct str comment)
{
    struct aupay_order *o = order->face;
    touch(o);
    o->status = STR("キャンセル");
    o->cancelled = true;
    o->cancelled_at = sim_now(sim);
    o->cancel_reason = str_dup(order->arena, reason);
    o->cancel_comment = str_dup(order->arena, comment);
    (void)sim_effect_add(sim, order, "cancel", order->order_no);
    (void)sim_effect_add(sim, order, "mail", STR("cancel"));
}

// --- new orders ---

static bool pays_first(const struct sim_order *order)
{
    return order->payment == SIM_PAY_BANK || order->payment == SIM_PAY_CONVENIENCE;
}

static bool pays_later(const struct sim_order *order)
{
    return order->payment == SIM_PAY_COD || order->payment == SIM_PAY_DEFERRED;
}

// PROCESSING is waiting for money or authorisation; PICKING is a status of the shop's own.
static const char *status_at(struct sim *sim, const struct sim_order *order)
{
    static const char picking[] = "出荷準備中";
    bool preorder = order->features & SIM_FEATURE_PREORDER;
    switch (order->stage) {
    case SIM_STAGE_NEW:
        if (order->features & SIM_FEATURE_FRAUD_REVIEW)
            return "不正取引審査中";
        return preorder ? "新規予約" : "新規受付";
    case SIM_STAGE_PROCESSING:
        return pays_first(order) ? "発送前入金待ち" : "与信待ち";
    case SIM_STAGE_HOLD:
        return "保留";
    case SIM_STAGE_PICKING:
        return aupay_is_custom(sim, STR("出荷準備中")) ? picking : "発送待ち";
    case SIM_STAGE_SHIPPED:
        return pays_later(order) ? "発送後入金待ち" : "完了";
    case SIM_STAGE_DONE:
        return "完了";
    case SIM_STAGE_CANCEL_REQUESTED:
        return "キャンセル受付中";
    case SIM_STAGE_CANCELLED:
        return "キャンセル";
    default:
        return preorder ? "予約中" : "発送待ち";
    }
}

static const char *carrier_code(enum sim_carrier carrier)
{
    static const char *const codes[SIM_CARRIER_COUNT] = {
        [SIM_CARRIER_YAMATO] = "1",
        [SIM_CARRIER_SAGAWA] = "2",
        [SIM_CARRIER_JAPAN_POST] = "6",
        [SIM_CARRIER_SEINO] = "5",
    };
    return carrier < SIM_CARRIER_COUNT ? codes[carrier] : "9";
}

static void start_past(struct sim_order *order, struct aupay_order *o)
{
    bool done = order->stage == SIM_STAGE_SHIPPED || order->stage == SIM_STAGE_DONE;
    bool fresh = order->stage == SIM_STAGE_NEW || order->stage == SIM_STAGE_PROCESSING;
    o->paid_at = order->paid_at;
    o->paid = order->paid_at != TIME_NONE;
    o->authorized = !fresh && !pays_first(order);
    o->authorized_at = o->authorized ? order->ordered_at + 60000 : TIME_NONE;
    o->shipped = done;
    o->captured = done;
    o->shipped_at = done ? order->shipped_at : TIME_NONE;
    o->cancelled = order->stage == SIM_STAGE_CANCELLED;
    o->cancelled_at = o->cancelled ? order->cancelled_at : TIME_NONE;
    o->cancel_reason = o->cancelled ? STR("9") : STR("");
    o->cancel_comment = o->cancelled ? STR("在庫切れ") : STR("");
    o->shipping_carrier = o->shipping_number = STR("");
    if (!done)
        return;
    o->shipping_number = order->tracking_number;
    o->shipping_carrier = str_from(carrier_code(order->shipped_with));
    o->shipping_date = day_in_jst(order->shipped_at);
}

static bool place(struct sim *sim, struct sim_order *order)
{
    struct aupay_order *o = ARENA_NEW(order->arena, struct aupay_order);
    if (!o)
        return false;
    order->face = o;
    order->order_no = arena_printf(order->arena, "%lld", 900000000LL + (long long)order->serial);
    o->status = str_from(status_at(sim, order));
    start_past(order, o);
    time_ms t = order->ordered_at;
    if (is(o, "発送前入金待ち") && sim_dice(order, "never-pays", 12) > 0)
        return sim_schedule(sim, SIM_AUPAY, order,
                            t + (1 + (time_ms)sim_dice(order, "pays", 60)) * HOUR_MS, EVENT_PAID);
    if (is(o, "与信待ち"))
        return sim_schedule(sim, SIM_AUPAY, order, t + 2 * HOUR_MS, EVENT_AUTHORIZED);
    if (is(o, "不正取引審査中"))
        return sim_schedule(sim, SIM_AUPAY, order,
                            t + (2 + (time_ms)sim_dice(order, "fraud", 28)) * HOUR_MS,
                            EVENT_REVIEWED);
    if (is(o, "予約中") || is(o, "新規予約"))
        return sim_schedule(sim, SIM_AUPAY, order, t + 7 * 24 * HOUR_MS, EVENT_RELEASE);
    return true;
}

// --- what happens by itself ---

static void mall_moves(struct sim *sim, struct sim_order *order, const char *to)
{
    struct aupay_order *o = order->face;
    touch(o);
    o->status = str_from(to);
    (void)sim;
}

static void paid(struct sim *sim, struct sim_order *order)
{
    struct aupay_order *o = order->face;
    if (o->paid || o->cancelled)
        return;
    touch(o);
    o->paid = true;
    o->paid_at = sim_now(sim);
    (void)sim_effect_add(sim, order, "pay", order->order_no);
    if (is(o, "発送前入金待ち"))
        mall_moves(sim, order, "発送待ち");
    else if (is(o, "発送後入金待ち"))
        mall_moves(sim, order, "完了");
}

static void authorized(struct sim *sim, struct sim_order *order)
{
    struct aupay_order *o = order->face;
    o->authorized = true;
    o->authorized_at = sim_now(sim);
    if (is(o, "与信待ち"))
        mall_moves(sim, order, "発送待ち");
}

static void event(struct sim *sim, struct sim_order *order, int code)
{
    struct aupay_order *o = order ? order->face : NULL;
    if (!o)
        return;
    if (code == EVENT_PAID)
        paid(sim, order);
    else if (code == EVENT_AUTHORIZED)
        authorized(sim, order);
    else if (code == EVENT_REVIEWED && is(o, "不正取引審査中"))
        mall_moves(sim, order, sim_dice(order, "refused", 10) ? "新規受付" : "審査NG");
    else if (code == EVENT_RELEASE && (is(o, "予約中") || is(o, "新規予約")))
        mall_moves(sim, order, "発送待ち");
}

// --- what people do in Wow! manager, and what happens to keys ---

static bool refuse_action(struct error *error)
{
    return error_set(error, ERROR_REJECTED, "sim.state", "注文の状態のためできません。",
                     "The order's state doesn't allow it.");
}

static bool ship_by_hand(struct sim *sim, struct sim_order *order, struct json parameters,
                         struct error *error)
{
    struct aupay_order *o = order->face;
    struct str number = json_str(json_get(parameters, "number"));
    struct str carrier = json_str(json_get(parameters, "carrier"));
    if (o->cancelled || o->shipping_number.n > 0)
        return refuse_action(error);
    touch(o);
    o->shipping_number = number.n ? str_dup(order->arena, number) : STR("400000000000");
    o->shipping_carrier = carrier.n ? str_dup(order->arena, carrier) : STR("1");
    o->shipping_date = day_in_jst(sim_now(sim));
    (void)sim_effect_add(sim, order, "store-ship", o->shipping_number);
    return true;
}

static bool act_on_order(struct sim *sim, const char *name, struct sim_order *order,
                         struct json parameters, struct error *error)
{
    struct aupay_order *o = order->face;
    struct str to = json_str(json_get(parameters, "status"));
    if (strcmp(name, "pay") == 0)
        paid(sim, order);
    else if (strcmp(name, "authorize") == 0)
        authorized(sim, order);
    else if (strcmp(name, "set-status") == 0) {
        if (o->cancelled || str_is_empty(to))
            return refuse_action(error);
        aupay_set_status(sim, order, to, "store-status");
    } else if (strcmp(name, "ship") == 0)
        return ship_by_hand(sim, order, parameters, error);
    else if (strcmp(name, "cancel") == 0 || strcmp(name, "buyer-cancel") == 0) {
        if (o->cancelled)
            return refuse_action(error);
        if (strcmp(name, "cancel") == 0)
            aupay_cancel_order(sim, order, STR("1"), STR(""));
        else
            mall_moves(sim, order, "キャンセル受付中");
    } else if (strcmp(name, "cancel-line") == 0) {
        touch(o);
        o->line_cancelled = true;
    } else if (strcmp(name, "vanish") == 0)
        o->vanished = true;
    return true;
}

static void issue_key(struct aupay_state *state, time_ms now)
{
    if (state->serial++ == 0)
        snprintf(state->key, sizeof state->key, "%s", SIM_AUPAY_API_KEY);
    else
        snprintf(state->key, sizeof state->key, "%.54s%010lld", SIM_AUPAY_API_KEY,
                 (long long)state->serial);
    state->issued_at = now;
    state->revoked = false;
}

static bool act(struct sim *sim, const struct sim_action *action, struct sim_order *order,
                struct json parameters, struct error *error)
{
    struct aupay_state *state = sim_face_state(sim, SIM_AUPAY);
    if (order)
        return act_on_order(sim, action->name, order, parameters, error);
    if (strcmp(action->name, "expire") == 0)
        state->issued_at = sim_now(sim) - 91 * 24 * HOUR_MS;
    else if (strcmp(action->name, "reissue") == 0)
        issue_key(state, sim_now(sim));
    else if (strcmp(action->name, "revoke") == 0)
        state->revoked = true;
    else
        state->orders_forbidden = strcmp(action->name, "forbid-orders") == 0;
    return true;
}

// --- the face ---

static void *create(struct sim *sim, struct arena *arena, struct error *error)
{
    struct aupay_state *state = ARENA_NEW(arena, struct aupay_state);
    if (!state) {
        error_no_memory(error);
        return NULL;
    }
    issue_key(state, sim_now(sim));
    return state;
}

static void status(const struct sim_order *order, struct buf *out)
{
    const struct aupay_order *o = order->face;
    buf_add(out, o->status);
}

static void describe(struct sim *sim, const struct sim_order *order, struct json_writer *w)
{
    const struct aupay_order *o = order->face;
    json_put_str(w, "order_status", o->status);
    json_put_bool(w, "paid", o->paid);
    json_put_bool(w, "shipped", o->shipped);
    json_put_str(w, "shipping_carrier", o->shipping_carrier);
    json_put_str(w, "shipping_number", o->shipping_number);
    (void)sim;
}

static void demo_keys(struct sim *sim, struct json_writer *w)
{
    const struct aupay_state *state = sim_face_state(sim, SIM_AUPAY);
    char text[12];
    json_put_str(w, "shop_id", STR(SIM_AUPAY_SHOP_ID));
    json_put_str(w, "api_key", str_from(state->key));
    json_put_str(w, "api_key_expires_on",
                 day_format(day_add(day_in_jst(state->issued_at), 90), text));
}

static const char *const statuses[] = {
    "新規受付", "新規予約",   "予約中",           "発送前入金待ち",
    "与信待ち", "発送待ち",   "発送後入金待ち",   "完了",
    "保留",     "キャンセル", "キャンセル受付中", "不正取引審査中",
    "審査保留", "審査NG",     "出荷準備中",       NULL};

static const struct sim_switch switches[] = {
    {"custom_statuses", NULL, "出荷準備中", "Names that the shop registered, with commas."},
    {"ip_denied", "0002|403|html", "0002",
     "What an unregistered address is answered (open: believed to be like a bad key)."},
    {"result_count", "page|total", "page", "What resultCount means (open: both are in use)."},
    {"zero_hits", "empty|error", "empty", "What a search without hits is answered (open)."},
    {"unknown_order", "error|empty", "error", "What a number that isn't there is answered (open)."},
    {"end_date", "inclusive|exclusive", "inclusive", "Whether endDate's day is listed (open)."},
    {"future_end_date", "accepted|refused", "accepted", "Whether endDate may lie ahead (open)."},
    {"page_cap", "1..1000", "1000", "Most rows of a page, whatever is asked for (open)."},
    {"row_order", "newest|oldest", "newest", "Order of rows (open)."},
    {"number_shape", "one|many", "one",
     "searchTradeNoListProc: one orderInfo each, or one for all."},
    {"empty_elements", "mixed|absent|empty", "mixed", "How elements without value come."},
    {"cancel_flag", "C|Y", "C", "cancelStatus of a cancelled order (open in the API)."},
    {"amounts", "right|wrong", "right", "wrong: totalPrice is one yen too high."},
    {"backward", "accepted|refused", "accepted", "Moving 完了 back (open)."},
    {"complete_needs_number", "on|off", "off", "完了 is refused without shipping data (open)."},
    {"future_ship_date", "accepted|refused", "accepted", "A shippingDate ahead (open)."},
    {"partial_shipping", "accepted|refused", "accepted",
     "Shipping data without a number (open: whether the three may come one by one)."},
    {"namespace", "on|off", "off", "Answers carry a namespace."},
    {"two_errors", "on|off", "off", "Refusals carry a second error."},
    {"quota_per_day", "0..1000000", "0", "Calls of a day before a refusal (none known); 0 none."},
};

static const struct sim_action actions[] = {
    {"pay", SIM_ACTION_ORDER, "the buyer's money arrives"},
    {"authorize", SIM_ACTION_ORDER, "the payment is authorised"},
    {"set-status", SIM_ACTION_ORDER, "by a person; {\"status\":\"保留\"}"},
    {"ship", SIM_ACTION_ORDER, "shipping data by hand; {\"number\":\"…\",\"carrier\":\"1\"}"},
    {"cancel", SIM_ACTION_ORDER, "cancelled in Wow! manager"},
    {"buyer-cancel", SIM_ACTION_ORDER, "the buyer asks: キャンセル受付中"},
    {"cancel-line", SIM_ACTION_ORDER, "the first line is cancelled"},
    {"vanish", SIM_ACTION_ORDER, "the order is no longer there"},
    {"expire", SIM_ACTION_KEY, "the key's 90 days are over"},
    {"reissue", SIM_ACTION_KEY, "a new key; the old one ends"},
    {"revoke", SIM_ACTION_KEY, "the key counts no more"},
    {"forbid-orders", SIM_ACTION_KEY, "the key lacks the order family"},
    {"permit", SIM_ACTION_KEY, "and has it again"},
};

const struct sim_face sim_face_aupay = {
    .mall = SIM_AUPAY,
    .name = "au PAY マーケット",
    .port_offset = 3,
    .features =
        ((1 << SIM_FEATURE_COUNT) - 1) &
        ~(SIM_FEATURE_SEVERAL_DESTINATIONS | SIM_FEATURE_UNDETERMINED_POSTAGE | SIM_FEATURE_COOL |
          SIM_FEATURE_TAX_EXCLUDED | SIM_FEATURE_AUCTION | SIM_FEATURE_SOCIAL_GIFT |
          SIM_FEATURE_SUSPECT | SIM_FEATURE_SUBSCRIPTION | SIM_FEATURE_DROP_OFF |
          SIM_FEATURE_RECEIPT | SIM_FEATURE_EXPRESS | SIM_FEATURE_DRUG),
    .payments = (1u << SIM_PAY_COUNT) - 1,
    .stages = 1u << SIM_STAGE_NEW | 1u << SIM_STAGE_PROCESSING | 1u << SIM_STAGE_HOLD |
              1u << SIM_STAGE_READY | 1u << SIM_STAGE_PICKING | 1u << SIM_STAGE_SHIPPED |
              1u << SIM_STAGE_DONE | 1u << SIM_STAGE_CANCEL_REQUESTED | 1u << SIM_STAGE_CANCELLED,
    .statuses = statuses,
    .switches = switches,
    .switch_count = sizeof switches / sizeof switches[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
    .create = create,
    .place = place,
    .event = event,
    .operation = aupay_operation,
    .handle = aupay_handle,
    .refuse = aupay_refuse,
    .status = status,
    .act = act,
    .describe = describe,
    .demo_keys = demo_keys,
};
