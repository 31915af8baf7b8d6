// SPDX-License-Identifier: Apache-2.0
//
// The simulated Yahoo!ショッピング: its orders' own life (payment, fraud check, the buyer's ten
// minutes, release of preorders, completion), its switches and actions. The calls are in the other
// yahoo*.c files. Invariants: every change goes through yahoo_touch() and the ledger, so that tests
// can count what took effect. Called with the sim's mutex held.
#include "sim/yahoo.h"

#include <stdio.h>

#define MINUTE_MS (60 * 1000LL)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define WINDOW_MS (10 * MINUTE_MS)

enum {
    EVENT_PAID = 1,
    EVENT_FRAUD_DONE,
    EVENT_RELEASE,
    EVENT_ADDRESS,
    EVENT_AUTO_DONE,
    EVENT_DELIVERED
};

// --- changes ---

void yahoo_touch(struct sim *sim, struct yahoo_order *o, struct str person)
{
    o->version++;
    o->history_id++;
    o->updated_at = sim_now(sim);
    snprintf(o->operator_name, sizeof o->operator_name, "%.*s", STR_ARG(str_utf8_cut(person, 120)));
}

void yahoo_record(struct sim *sim, struct sim_order *order, const char *field, struct str before,
                  struct str after, struct str person)
{
    struct yahoo_order *o = order->face;
    if (o->history_count == o->history_capacity && o->history_capacity < YAHOO_HISTORY_MAX) {
        size_t capacity = o->history_capacity ? 2 * o->history_capacity : 8;
        struct yahoo_change *grown = ARENA_ARRAY(order->arena, struct yahoo_change, capacity);
        if (!grown)
            return;
        for (size_t i = 0; i < o->history_count; i++)
            grown[i] = o->history[i];
        o->history = grown;
        o->history_capacity = capacity;
    }
    if (o->history_count == o->history_capacity)
        return;
    o->history[o->history_count++] = (struct yahoo_change){
        .at = sim_now(sim),
        .person = str_dup(order->arena, person),
        .field = str_from(field),
        .before = str_dup(order->arena, before),
        .after = str_dup(order->arena, after),
        .history_id = o->history_id,
    };
}

void yahoo_record_int(struct sim *sim, struct sim_order *order, const char *field, int before,
                      int after, struct str person)
{
    struct str a = arena_printf(order->arena, "%d", before);
    struct str b = arena_printf(order->arena, "%d", after);
    yahoo_record(sim, order, field, a, b, person);
}

yen yahoo_items_total(const struct yahoo_order *o)
{
    yen sum = 0;
    for (size_t i = 0; i < o->line_count; i++)
        sum += o->lines[i].unit_price * o->lines[i].quantity;
    return sum;
}

yen yahoo_total_price(const struct yahoo_order *o)
{
    return yahoo_items_total(o) + o->wrap_charge + o->ship_charge + o->pay_charge - o->discount -
           o->points - o->mall_coupon + o->adjustments;
}

bool yahoo_is_read_only(const struct sim *sim, const struct yahoo_order *o)
{
    return o->order_status != 4 && sim_now(sim) < o->read_only_until;
}

bool yahoo_is_suspect(const struct sim_order *order)
{
    const struct yahoo_order *o = order->face;
    return (order->features & SIM_FEATURE_SUSPECT) && !o->suspect_cleared;
}

bool yahoo_is_card(const struct yahoo_order *o)
{
    return str_eq(o->pay_method, STR("payment_a1"));
}

bool yahoo_capture(struct sim *sim, struct sim_order *order)
{
    struct yahoo_order *o = order->face;
    if (!yahoo_is_card(o))
        return false;
    if (o->captured)
        return true;
    o->captured = true;
    o->settle_status = 5;
    (void)sim_effect_add(sim, order, "capture", order->order_no);
    return false;
}

static void set_paid(struct sim *sim, struct sim_order *order, struct str person)
{
    struct yahoo_order *o = order->face;
    if (o->pay_status == 1 || o->order_status == 4)
        return;
    yahoo_touch(sim, o, person);
    yahoo_record_int(sim, order, "PayStatus", 0, 1, person);
    o->pay_status = 1;
    o->settle_status = 3;
    o->pay_date = day_in_jst(sim_now(sim));
    if (o->ship_status == 0)
        o->ship_status = 1;
    (void)sim_effect_add(sim, order, "pay", order->order_no);
}

void yahoo_move(struct sim *sim, struct sim_order *order, int to, struct str person)
{
    struct yahoo_order *o = order->face;
    yahoo_touch(sim, o, person);
    yahoo_record_int(sim, order, "OrderStatus", o->order_status, to, person);
    o->order_status = to;
    if (to == 4) {
        (void)sim_effect_add(sim, order, "cancel", order->order_no);
        (void)sim_effect_add(sim, order, "mail", STR("cancel"));
        if (o->pay_status == 1)
            o->refund_status = 1;
        o->settle_status = 6;
    } else if (to == 5) {
        (void)sim_effect_add(sim, order, "close", order->order_no);
        o->points_fixed = true;
        if (o->first_done == 0)
            o->first_done = day_in_jst(sim_now(sim));
        (void)yahoo_capture(sim, order);
    } else {
        (void)sim_effect_add(sim, order, "status", order->order_no);
    }
}

// --- new orders ---

struct payment {
    const char *method, *name;
    int kind, type;
    bool at_once; // counts as paid when ordered
};
static const struct payment payments[SIM_PAY_COUNT] = {
    [SIM_PAY_CARD] = {"payment_a1", "クレジットカード決済", 0, 1, true},
    [SIM_PAY_WALLET] = {"payment_a17", "PayPay残高", 6, 1, true},
    [SIM_PAY_CARRIER] = {"payment_a9", "ドコモ払い", 2, 1, true},
    [SIM_PAY_BANK] = {"payment_b1", "銀行振込", 3, 1, false},
    [SIM_PAY_CONVENIENCE] = {"payment_a7", "コンビニ決済", 5, 1, false},
    [SIM_PAY_COD] = {"payment_d1", "商品代引", 4, 0, false},
    [SIM_PAY_DEFERRED] = {"payment_a18", "ゆっくり払い", 7, 1, true},
    [SIM_PAY_POINTS] = {"payment_z1", "ポイント全額払い", 7, 1, true},
};

static bool add_line(struct yahoo_order *o, const struct sim_line *line, int64_t quantity,
                     yen coupon)
{
    if (quantity <= 0)
        return true;
    if (o->line_count == YAHOO_LINES_MAX)
        return false;
    o->lines[o->line_count] = (struct yahoo_line){.id = (int)o->line_count + 1,
                                                  .line = line,
                                                  .quantity = quantity,
                                                  .unit_price = line->unit_price - coupon,
                                                  .coupon = coupon};
    o->line_count++;
    return true;
}

bool yahoo_make_lines(struct sim_order *order, struct yahoo_order *o)
{
    yen left = order->coupon_shop;
    o->lines = ARENA_ARRAY(order->arena, struct yahoo_line, YAHOO_LINES_MAX);
    if (!o->lines)
        return false;
    for (size_t d = 0; d < order->destination_count; d++) {
        const struct sim_destination *destination = &order->destinations[d];
        for (size_t i = 0; i < destination->line_count; i++) {
            const struct sim_line *line = &destination->lines[i];
            yen most = line->unit_price * line->quantity;
            yen share = left < most ? left : most;
            yen each = line->quantity > 0 ? share / line->quantity : 0;
            int64_t more = share - each * line->quantity; // units that get one yen more
            left -= share;
            if (!add_line(o, line, line->quantity - more, each) ||
                !add_line(o, line, more, each + 1))
                return false;
        }
    }
    return true;
}

static void start_state(struct sim *sim, struct sim_order *order, struct yahoo_order *o)
{
    const struct payment *p = &payments[order->payment];
    enum sim_stage stage = order->stage;
    bool shipped = stage == SIM_STAGE_SHIPPED || stage == SIM_STAGE_DONE;
    bool paid = p->at_once || order->paid_at != TIME_NONE;
    o->pay_method = str_from(p->method);
    o->pay_method_name = str_from(p->name);
    o->pay_kind = p->kind;
    o->pay_type = p->type;
    o->pay_status = paid ? 1 : 0;
    o->settle_status = paid ? 3 : 2;
    o->order_status = order->features & SIM_FEATURE_PREORDER && stage == SIM_STAGE_NEW ? 1 : 2;
    o->seen = stage != SIM_STAGE_NEW;
    o->ship_status = paid || p->type == 0 ? 1 : 0;
    if (stage == SIM_STAGE_HOLD)
        o->order_status = 3;
    if (stage == SIM_STAGE_PICKING)
        o->ship_status = 2;
    if (shipped)
        o->ship_status = 3;
    if (stage == SIM_STAGE_DONE)
        o->order_status = 5;
    if (stage == SIM_STAGE_CANCELLED) {
        o->order_status = 4;
        o->cancel_reason = sim_dice(order, "cancel", 2) ? 100 : 210;
        o->settle_status = 6;
    }
    if (paid)
        o->pay_date = day_in_jst(order->paid_at != TIME_NONE ? order->paid_at : order->ordered_at);
    o->captured = shipped && order->payment == SIM_PAY_CARD;
    (void)sim;
}

static struct str company_code(enum sim_carrier carrier)
{
    switch (carrier) {
    case SIM_CARRIER_YAMATO:
        return STR("1001");
    case SIM_CARRIER_SAGAWA:
        return STR("1002");
    case SIM_CARRIER_JAPAN_POST:
        return STR("1003");
    case SIM_CARRIER_SEINO:
        return STR("1004");
    case SIM_CARRIER_COUNT:
        break;
    }
    return STR("1000");
}

static void start_shipping(struct sim_order *order, struct yahoo_order *o)
{
    bool expected = order->destination_count > 0;
    o->company = company_code(o->ship_status >= 3 ? order->shipped_with
                              : expected          ? order->destinations[0].carrier
                                                  : SIM_CARRIER_YAMATO);
    o->ship_method = arena_printf(order->arena, "postage%d", 1 + (int)sim_dice(order, "method", 3));
    if (o->ship_status < 3)
        return;
    o->number1 = order->tracking_number;
    o->ship_date =
        day_in_jst(order->shipped_at != TIME_NONE ? order->shipped_at : order->ordered_at);
    o->shipped_at = order->shipped_at;
}

static void start_times(struct sim *sim, struct sim_order *order, struct yahoo_order *o)
{
    bool fresh = order->stage == SIM_STAGE_NEW;
    bool window = fresh && sim_switch_is(sim, SIM_YAHOO, "cancel_window", "on");
    o->read_only_until = window ? order->ordered_at + WINDOW_MS : TIME_NONE;
    o->updated_at = order->ordered_at;
    const time_ms steps[] = {order->accepted_at, order->paid_at, order->shipped_at, order->done_at,
                             order->cancelled_at};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i] != TIME_NONE && steps[i] > o->updated_at)
            o->updated_at = steps[i];
    o->version = 1 + (int)sim_dice(order, "version", 3) * (fresh ? 0 : 1);
    o->confirm_sent = order->accepted_at;
    o->slip_printed = o->delivery_printed = o->bill_printed = o->pay_sent = TIME_NONE;
    o->published_at = order->ordered_at;
    if (!(order->features & SIM_FEATURE_FRAUD_REVIEW))
        return;
    o->fraud = fresh ? 1 : 2;
    o->published_at =
        fresh ? TIME_NONE
              : order->ordered_at + (2 + (time_ms)sim_dice(order, "fraud", 20)) * HOUR_MS;
}

static bool plan_life(struct sim *sim, struct sim_order *order, struct yahoo_order *o)
{
    bool done = o->order_status == 4 || o->order_status == 5;
    time_ms t = order->ordered_at;
    bool planned = true;
    if (o->pay_kind == 5 && o->pay_status == 0 && !done && sim_dice(order, "never-pays", 12) > 0)
        planned =
            sim_schedule(sim, SIM_YAHOO, order,
                         t + (1 + (time_ms)sim_dice(order, "pays", 60)) * HOUR_MS, EVENT_PAID);
    if (o->fraud == 1)
        planned = planned && sim_schedule(sim, SIM_YAHOO, order,
                                          t + (2 + (time_ms)sim_dice(order, "fraud", 28)) * HOUR_MS,
                                          EVENT_FRAUD_DONE);
    if (o->order_status == 1) {
        time_ms release = t + 7 * DAY_MS;
        if (o->line_count > 0 && o->lines[0].line->release_day)
            release = day_start_jst(o->lines[0].line->release_day);
        planned = planned && sim_schedule(sim, SIM_YAHOO, order, release, EVENT_RELEASE);
    }
    if (!o->address_known)
        planned =
            planned && sim_schedule(sim, SIM_YAHOO, order,
                                    t + (1 + (time_ms)sim_dice(order, "address", 48)) * HOUR_MS,
                                    EVENT_ADDRESS);
    return planned;
}

static bool place(struct sim *sim, struct sim_order *order)
{
    struct yahoo_order *o = ARENA_NEW(order->arena, struct yahoo_order);
    if (!o)
        return false;
    *o = (struct yahoo_order){.cancel_reason = -1, .shipped_at = TIME_NONE};
    order->face = o;
    order->order_no = arena_printf(order->arena, SIM_YAHOO_SELLER_ID "-%lld",
                                   10000000LL + (long long)order->serial);
    o->original = order->order_no;
    o->address_known =
        !(order->features & SIM_FEATURE_SOCIAL_GIFT) || order->stage != SIM_STAGE_NEW;
    o->wrap_charge = order->wrapping;
    o->ship_charge = order->postage == YEN_UNDETERMINED ? 0 : order->postage;
    o->pay_charge = order->cod_fee + order->payment_fee;
    o->points = order->points;
    o->mall_coupon = order->coupon_mall;
    if (!yahoo_make_lines(order, o))
        return false;
    start_state(sim, order, o);
    start_shipping(order, o);
    start_times(sim, order, o);
    return !arena_failed(order->arena) && plan_life(sim, order, o);
}

// --- what happens by itself ---

static void fraud_done(struct sim *sim, struct sim_order *order, bool confirmed)
{
    struct yahoo_order *o = order->face;
    if (o->fraud != 1)
        return;
    yahoo_touch(sim, o, STR("system"));
    yahoo_record_int(sim, order, "FraudHoldStatus", 1, confirmed ? 3 : 2, STR("system"));
    o->fraud = confirmed ? 3 : 2;
    o->published_at = confirmed ? TIME_NONE : sim_now(sim);
    if (confirmed && o->order_status != 4) {
        o->cancel_reason = 0;
        yahoo_move(sim, order, 4, STR("system"));
    }
}

static void event(struct sim *sim, struct sim_order *order, int code)
{
    struct yahoo_order *o = order ? order->face : NULL;
    if (!o)
        return;
    switch (code) {
    case EVENT_PAID:
        set_paid(sim, order, STR("system"));
        break;
    case EVENT_FRAUD_DONE:
        fraud_done(sim, order, sim_dice(order, "confirmed", 10) == 0);
        break;
    case EVENT_RELEASE:
        if (o->order_status == 1)
            yahoo_move(sim, order, 2, STR("system"));
        break;
    case EVENT_ADDRESS:
        if (!o->address_known && o->order_status != 4) {
            yahoo_touch(sim, o, STR("line_system"));
            o->address_known = true;
        }
        break;
    case EVENT_AUTO_DONE:
        if (o->order_status == 2 && o->ship_status >= 3)
            yahoo_move(sim, order, 5, STR("system"));
        break;
    case EVENT_DELIVERED:
        if (o->ship_status == 3 && o->order_status != 4) {
            yahoo_touch(sim, o, STR("system"));
            o->ship_status = 4;
            o->arrival_date = day_in_jst(sim_now(sim));
        }
        break;
    default:
        break;
    }
}

void yahoo_after_shipping(struct sim *sim, struct sim_order *order)
{
    int64_t days = sim_switch_number(sim, SIM_YAHOO, "auto_done_days");
    if (days > 0)
        (void)sim_schedule(sim, SIM_YAHOO, order, sim_now(sim) + days * DAY_MS, EVENT_AUTO_DONE);
    if (sim_switch_is(sim, SIM_YAHOO, "carrier_link", "on"))
        (void)sim_schedule(sim, SIM_YAHOO, order, sim_now(sim) + 2 * DAY_MS, EVENT_DELIVERED);
}

// --- what people do at the store's screen, and what happens to keys ---

static bool refuse_action(struct error *error)
{
    return error_set(error, ERROR_REJECTED, "sim.state", "注文の状態のためできません。",
                     "The order's state doesn't allow it.");
}

static void see(struct sim *sim, struct sim_order *order)
{
    struct yahoo_order *o = order->face;
    if (o->seen)
        return;
    yahoo_touch(sim, o, STR("store"));
    yahoo_record(sim, order, "IsSeen", STR("false"), STR("true"), STR("store"));
    o->seen = true;
    (void)sim_effect_add(sim, order, "accept", order->order_no);
}

static bool ship_by_hand(struct sim *sim, struct sim_order *order, struct json parameters,
                         struct error *error)
{
    struct yahoo_order *o = order->face;
    struct str number = json_str(json_get(parameters, "number"));
    struct str company = json_str(json_get(parameters, "company"));
    if (o->order_status == 4 || o->ship_status >= 3)
        return refuse_action(error);
    see(sim, order);
    yahoo_touch(sim, o, STR("store"));
    yahoo_record_int(sim, order, "ShipStatus", o->ship_status, 3, STR("store"));
    o->ship_status = 3;
    o->ship_date = day_in_jst(sim_now(sim));
    o->shipped_at = sim_now(sim);
    o->number1 = number.n ? str_dup(order->arena, number) : STR("400000000000");
    if (company.n)
        o->company = str_dup(order->arena, company);
    (void)sim_effect_add(sim, order, "store-ship", o->number1);
    (void)yahoo_capture(sim, order);
    yahoo_after_shipping(sim, order);
    return true;
}

static bool move_by_hand(struct sim *sim, struct sim_order *order, int from, int to,
                         struct error *error)
{
    struct yahoo_order *o = order->face;
    if (o->order_status != from)
        return refuse_action(error);
    see(sim, order);
    yahoo_move(sim, order, to, STR("store"));
    return true;
}

static bool cancel_by(struct sim *sim, struct sim_order *order, int reason, struct str person,
                      struct error *error)
{
    struct yahoo_order *o = order->face;
    if (o->order_status == 4 || o->order_status == 5)
        return refuse_action(error);
    o->cancel_reason = reason;
    yahoo_move(sim, order, 4, person);
    return true;
}

static bool act_on_order(struct sim *sim, const char *name, struct sim_order *order,
                         struct json parameters, struct error *error)
{
    struct yahoo_order *o = order->face;
    if (strcmp(name, "pay") == 0)
        set_paid(sim, order, STR("system"));
    else if (strcmp(name, "see") == 0)
        see(sim, order);
    else if (strcmp(name, "end-window") == 0)
        o->read_only_until = TIME_NONE;
    else if (strcmp(name, "clear-fraud") == 0)
        fraud_done(sim, order, false);
    else if (strcmp(name, "confirm-fraud") == 0)
        fraud_done(sim, order, true);
    else if (strcmp(name, "enter-address") == 0)
        event(sim, order, EVENT_ADDRESS);
    else if (strcmp(name, "deliver") == 0)
        event(sim, order, EVENT_DELIVERED);
    else if (strcmp(name, "release") == 0)
        return move_by_hand(sim, order, o->order_status == 1 ? 1 : 3, 2, error);
    else if (strcmp(name, "hold") == 0)
        return move_by_hand(sim, order, 2, 3, error);
    else if (strcmp(name, "close") == 0)
        return move_by_hand(sim, order, 2, 5, error);
    else if (strcmp(name, "ship") == 0)
        return ship_by_hand(sim, order, parameters, error);
    else if (strcmp(name, "cancel") == 0)
        return cancel_by(sim, order, 210, STR("store"), error);
    else if (strcmp(name, "buyer-cancel") == 0)
        return cancel_by(sim, order, 300, STR("system"), error);
    else if (strcmp(name, "payment-error") == 0) {
        yahoo_touch(sim, o, STR("system"));
        o->settle_status = 10;
        o->pay_status = 0;
    }
    return true;
}

static void act_on_keys(struct sim *sim, const char *name, struct yahoo_state *state)
{
    time_ms now = sim_now(sim);
    char code[48];
    if (strcmp(name, "consent") == 0)
        yahoo_consent(sim, state, code);
    else if (strcmp(name, "withdraw") == 0)
        state->consent_withdrawn = true;
    else if (strcmp(name, "expire-access") == 0)
        for (size_t i = 0; i < YAHOO_TOKENS_KEPT; i++)
            state->tokens[i].ends = now;
    else if (strcmp(name, "expire-refresh") == 0)
        state->consented_at = now - 29 * DAY_MS;
    else if (strcmp(name, "key-expire") == 0)
        state->keys[0].expires = now;
    else if (strcmp(name, "key-disable") == 0)
        state->keys[0].enabled = false;
    else if (strcmp(name, "key-enable") == 0)
        state->keys[0].enabled = true;
    else if (strcmp(name, "key-issue") == 0) {
        state->keys[1] = state->keys[0];
        state->keys[0] = (struct yahoo_key){state->keys[1].version + 1, now + 365 * DAY_MS, true};
    } else if (strcmp(name, "forbid") == 0)
        state->application_forbidden = true;
    else if (strcmp(name, "permit") == 0)
        state->application_forbidden = state->scope_missing = false;
    else if (strcmp(name, "take-scope") == 0)
        state->scope_missing = true;
}

static bool act(struct sim *sim, const struct sim_action *action, struct sim_order *order,
                struct json parameters, struct error *error)
{
    if (order)
        return act_on_order(sim, action->name, order, parameters, error);
    act_on_keys(sim, action->name, sim_face_state(sim, SIM_YAHOO));
    return true;
}

// --- the face ---

static void *create(struct sim *sim, struct arena *arena, struct error *error)
{
    struct yahoo_state *state = ARENA_NEW(arena, struct yahoo_state);
    if (!state) {
        error_no_memory(error);
        return NULL;
    }
    yahoo_auth_init(sim, state);
    return state;
}

static void status(const struct sim_order *order, struct buf *out)
{
    const struct yahoo_order *o = order->face;
    buf_addf(out, "%d/%d/%d", o->order_status, o->pay_status, o->ship_status);
}

static void describe(struct sim *sim, const struct sim_order *order, struct json_writer *w)
{
    const struct yahoo_order *o = order->face;
    json_put_int(w, "order_status", o->order_status);
    json_put_int(w, "pay_status", o->pay_status);
    json_put_int(w, "ship_status", o->ship_status);
    json_put_bool(w, "is_seen", o->seen);
    json_put_int(w, "version", o->version);
    json_put_int(w, "fraud_hold_status", o->fraud);
    json_put_bool(w, "is_read_only", yahoo_is_read_only(sim, o));
    json_put_str(w, "invoice_number", o->number1.p ? o->number1 : STR(""));
    json_put_int(w, "total_price", yahoo_total_price(o));
}

static void demo_keys(struct sim *sim, struct json_writer *w)
{
    const struct yahoo_state *state = sim_face_state(sim, SIM_YAHOO);
    char day_text[12];
    json_put_str(w, "seller_id", STR(SIM_YAHOO_SELLER_ID));
    json_put_str(w, "client_id", STR(SIM_YAHOO_CLIENT_ID));
    json_put_str(w, "client_secret", STR(SIM_YAHOO_CLIENT_SECRET));
    json_put_str(w, "redirect_uri", STR(SIM_YAHOO_REDIRECT_URI));
    json_put_str(w, "refresh_token", str_from(state->refresh_token));
    json_put_str(w, "consented_at", day_format(day_in_jst(state->consented_at), day_text));
    json_put_str(w, "public_key", STR(SIM_YAHOO_PUBLIC_KEY));
    json_put_int(w, "public_key_version", state->keys[0].version);
    json_put_str(w, "public_key_expires_on",
                 day_format(day_in_jst(state->keys[0].expires), day_text));
}

#define SHIPPING_STATES(prefix) prefix "0", prefix "1", prefix "2", prefix "3", prefix "4"
static const char *const statuses[] = {SHIPPING_STATES("1/0/"),
                                       SHIPPING_STATES("1/1/"),
                                       SHIPPING_STATES("2/0/"),
                                       SHIPPING_STATES("2/1/"),
                                       SHIPPING_STATES("3/0/"),
                                       SHIPPING_STATES("3/1/"),
                                       SHIPPING_STATES("4/0/"),
                                       SHIPPING_STATES("4/1/"),
                                       SHIPPING_STATES("5/0/"),
                                       SHIPPING_STATES("5/1/"),
                                       NULL};

static const struct sim_switch switches[] = {
    {"cancel_window", "on|off", "on", "New orders are read-only for the buyer's ten minutes."},
    {"signature_tolerance_seconds", "1..86400", "600",
     "How old a signature's time may be (open: tolerance unknown)."},
    {"unsigned_call_downgrades", "on|off", "off",
     "One unsigned order call after the consent shortens the session to 12 hours (one observer)."},
    {"refresh_token_kept", "on|off", "off",
     "A new consent gives the same refresh token (seen in 2019; open today)."},
    {"refresh_returns_token", "on|off", "off", "Refreshing answers with a refresh token as well."},
    {"code_seconds", "10..3600", "600", "Life of an authorization code (open)."},
    {"token_error_status", "400|401", "400", "HTTP status of invalid_grant (open)."},
    {"throttle", "forbidden|429", "forbidden",
     "What a burst is answered with (open; 403 documented)."},
    {"throttle_seconds", "1..3600", "20", "How long a URL stays closed after a burst (open)."},
    {"throttle_burst", "1..50", "3", "Calls to one URL that may come at once (open)."},
    {"auto_done_days", "0..365", "20",
     "Shipped orders complete themselves after this (open); 0 never."},
    {"carrier_link", "on|off", "off",
     "The carrier reports delivery two days after shipping (4 着荷済み)."},
    {"close_pause_seconds", "0..600", "10",
     "orderStatusChange 5 is refused this long after shipping (one client waits 10 s)."},
    {"close_needs_payment", "on|off", "on", "完了 is refused while unpaid (open: note e)."},
    {"same_status", "warning|refused", "warning",
     "od91705 also for 4 to 4 and 5 to 5 (unverified)."},
    {"bound_carrier", NULL, "",
     "Carrier code bound to every ShipMethod; it wins over ShipCompanyCode."},
    {"point_double_count", "on|off", "off",
     "UsePoint is shown with the gift card inside (open: double counting)."},
    {"namespace", "on|off", "off", "Errors carry xmlns=\"urn:yahoo:api\"."},
    {"in_band_error", "on|off", "off", "orderList refuses inside <Result><Status>NG."},
    {"list_window_days", "0..3650", "0", "Orders older than this are not listed (open); 0 all."},
    {"quota_per_day", "0..1000000", "50000", "Calls of a day before 403."},
};

static const struct sim_action actions[] = {
    {"pay", SIM_ACTION_ORDER, "the buyer's money arrives"},
    {"see", SIM_ACTION_ORDER, "opened in Store Creator Pro: no longer 新規"},
    {"end-window", SIM_ACTION_ORDER, "the buyer's ten minutes are over"},
    {"clear-fraud", SIM_ACTION_ORDER, "fraud check passed: published now"},
    {"confirm-fraud", SIM_ACTION_ORDER, "fraud confirmed: cancelled"},
    {"enter-address", SIM_ACTION_ORDER, "the receiver of a gift enters the address"},
    {"deliver", SIM_ACTION_ORDER, "the carrier reports delivery"},
    {"release", SIM_ACTION_ORDER, "予約 or 保留 to 処理中"},
    {"hold", SIM_ACTION_ORDER, "処理中 to 保留 on the store's screen"},
    {"ship", SIM_ACTION_ORDER, "shipped by hand; {\"number\":\"…\",\"company\":\"1001\"}"},
    {"close", SIM_ACTION_ORDER, "completed by hand"},
    {"cancel", SIM_ACTION_ORDER, "cancelled on the store's screen"},
    {"buyer-cancel", SIM_ACTION_ORDER, "the buyer cancels"},
    {"payment-error", SIM_ACTION_ORDER, "the card's authorization fails afterwards"},
    {"consent", SIM_ACTION_KEY, "a person consents: 28 days anew"},
    {"withdraw", SIM_ACTION_KEY, "the consent is withdrawn"},
    {"expire-access", SIM_ACTION_KEY, "all access tokens end now"},
    {"expire-refresh", SIM_ACTION_KEY, "the 28 days are over"},
    {"key-expire", SIM_ACTION_KEY, "the public key's year is over"},
    {"key-disable", SIM_ACTION_KEY, "the public key is set to 無効"},
    {"key-enable", SIM_ACTION_KEY, "and back to 有効"},
    {"key-issue", SIM_ACTION_KEY, "the next version is issued (same key text); the old one stays"},
    {"forbid", SIM_ACTION_KEY, "the ID may not use the API any more (px-04307)"},
    {"take-scope", SIM_ACTION_KEY, "the store scope is switched off (insufficient_scope)"},
    {"permit", SIM_ACTION_KEY, "permissions are given back"},
};

const struct sim_face sim_face_yahoo = {
    .mall = SIM_YAHOO,
    .name = "Yahoo!ショッピング",
    .port_offset = 2,
    .features = ((1 << SIM_FEATURE_COUNT) - 1) &
                ~(SIM_FEATURE_SEVERAL_DESTINATIONS | SIM_FEATURE_UNDETERMINED_POSTAGE |
                  SIM_FEATURE_COOL | SIM_FEATURE_TAX_EXCLUDED),
    .payments = (1u << SIM_PAY_COUNT) - 1,
    .stages = 1u << SIM_STAGE_NEW | 1u << SIM_STAGE_PROCESSING | 1u << SIM_STAGE_HOLD |
              1u << SIM_STAGE_READY | 1u << SIM_STAGE_PICKING | 1u << SIM_STAGE_SHIPPED |
              1u << SIM_STAGE_DONE | 1u << SIM_STAGE_CANCELLED,
    .statuses = statuses,
    .switches = switches,
    .switch_count = sizeof switches / sizeof switches[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
    .create = create,
    .place = place,
    .event = event,
    .operation = yahoo_operation,
    .handle = yahoo_handle,
    .refuse = yahoo_refuse,
    .status = status,
    .act = act,
    .describe = describe,
    .demo_keys = demo_keys,
};
