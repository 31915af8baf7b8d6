// SPDX-License-Identifier: Apache-2.0
//
// The simulated Amazon.co.jp: its orders' own life (thirty minutes and payment before an order may
// be shipped, cancelling of what is never paid or never shipped, delivery), its switches and
// actions. The calls are in the other amazon*.c files. Invariants: every change goes through
// amazon_touch(), what took effect stands in the ledger. Called with the sim's mutex held.
#include "sim/amazon.h"

#include <stdio.h>

#define SETTLING_MS (30 * AMAZON_MINUTE_MS)
#define UNPAID_DAYS 6
#define UNSHIPPED_DAYS 30

enum {
    EVENT_READY = 1,
    EVENT_UNPAID,
    EVENT_NEVER_SHIPPED,
    EVENT_RELEASE,
    EVENT_FBA,
    EVENT_DELIVERED
};

const char *amazon_status_name(enum amazon_status status)
{
    static const char *const names[AMAZON_STATUS_COUNT] = {
        "PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED",
        "UNFULFILLABLE"};
    return names[status];
}

const char *amazon_status_v0_name(enum amazon_status status)
{
    static const char *const names[AMAZON_STATUS_COUNT] = {
        "PendingAvailability", "Pending", "Unshipped", "PartiallyShipped", "Shipped", "Canceled",
        "Unfulfillable"};
    return names[status];
}

void amazon_touch(struct sim *sim, struct amazon_order *o)
{
    o->updated_at = sim_now(sim);
}

yen amazon_grand_total(const struct sim *sim, const struct sim_order *order)
{
    yen total = order->total - order->coupon_shop - order->coupon_mall;
    return sim_switch_is(sim, SIM_AMAZON, "grand_total", "net_of_points") ? total - order->points
                                                                          : total;
}

void amazon_settle(struct sim *sim, struct sim_order *order)
{
    struct amazon_order *o = order->face;
    bool any = false, all = true;
    for (size_t i = 0; i < o->line_count; i++) {
        o->lines[i].shipped = 0;
        for (size_t k = 0; k < o->package_count; k++)
            o->lines[i].shipped += o->packages[k].quantity[i];
        any = any || o->lines[i].shipped > 0;
        all = all && o->lines[i].shipped >= o->lines[i].quantity;
    }
    bool was = o->status == AMAZON_SHIPPED;
    o->status = all ? AMAZON_SHIPPED : any ? AMAZON_PARTIALLY_SHIPPED : AMAZON_UNSHIPPED;
    amazon_touch(sim, o);
    if (!all || was)
        return;
    o->shipped_at = sim_now(sim);
    // The confirmation charges the buyer and mails (§9).
    (void)sim_effect_add(sim, order, "capture", order->order_no);
    (void)sim_effect_add(sim, order, "mail", STR("shipped"));
    (void)sim_schedule(sim, SIM_AMAZON, order, sim_now(sim) + 2 * AMAZON_DAY_MS, EVENT_DELIVERED);
}

// --- new orders ---

static bool waits_for_money(const struct sim_order *order)
{
    return order->payment == SIM_PAY_CONVENIENCE || order->payment == SIM_PAY_BANK;
}

static enum amazon_status first_status(const struct sim_order *order)
{
    switch (order->stage) {
    case SIM_STAGE_NEW:
        return order->features & SIM_FEATURE_PREORDER ? AMAZON_PENDING_AVAILABILITY
                                                      : AMAZON_PENDING;
    case SIM_STAGE_PROCESSING:
        return AMAZON_PENDING;
    case SIM_STAGE_SHIPPED:
    case SIM_STAGE_DONE:
        return AMAZON_SHIPPED;
    case SIM_STAGE_CANCELLED:
        return AMAZON_CANCELLED;
    default:
        return AMAZON_UNSHIPPED;
    }
}

static void add_lines(struct sim_order *order, struct amazon_order *o)
{
    for (size_t d = 0; d < order->destination_count; d++) {
        const struct sim_destination *destination = &order->destinations[d];
        for (size_t i = 0; i < destination->line_count && o->line_count < AMAZON_LINES_MAX; i++) {
            struct amazon_line *l = &o->lines[o->line_count++];
            l->line = &destination->lines[i];
            l->quantity = l->line->quantity;
            l->item_id = arena_printf(order->arena, "%08lld%06zu",
                                      10000000 + (long long)(order->serial % 80000000), i + 1);
        }
    }
}

static void add_past_package(struct sim_order *order, struct amazon_order *o)
{
    static const char *const codes[SIM_CARRIER_COUNT] = {[SIM_CARRIER_YAMATO] = "YAMATO",
                                                         [SIM_CARRIER_SAGAWA] = "SAGAWA",
                                                         [SIM_CARRIER_JAPAN_POST] = "Japan Post",
                                                         [SIM_CARRIER_SEINO] = "Other"};
    time_ms at = order->shipped_at != TIME_NONE ? order->shipped_at : order->ordered_at;
    o->shipped_at = at;
    for (size_t i = 0; i < o->line_count; i++)
        o->lines[i].shipped = o->lines[i].quantity;
    if (o->fba) // packages are shown for the seller's own parcels only (§6.4)
        return;
    struct amazon_package *p = &o->packages[o->package_count++];
    *p = (struct amazon_package){.reference = 1,
                                 .carrier = str_from(codes[order->shipped_with]),
                                 .carrier_name = STR(""),
                                 .method = STR(""),
                                 .number = order->tracking_number,
                                 .shipped_at = at,
                                 .created_at = at};
    for (size_t i = 0; i < o->line_count; i++)
        p->quantity[i] = o->lines[i].quantity;
}

static bool plan_life(struct sim *sim, struct sim_order *order, struct amazon_order *o)
{
    time_ms t = order->ordered_at;
    bool ok = true;
    if (o->status == AMAZON_PENDING_AVAILABILITY) {
        const struct sim_line *line = o->line_count ? o->lines[0].line : NULL;
        time_ms release =
            line && line->release_day ? day_start_jst(line->release_day) : t + 7 * AMAZON_DAY_MS;
        ok = sim_schedule(sim, SIM_AMAZON, order, release, EVENT_RELEASE);
    } else if (o->status == AMAZON_PENDING && waits_for_money(order)) {
        bool never = sim_dice(order, "never-pays", 10) == 0;
        time_ms pays = t + (1 + (time_ms)sim_dice(order, "pays", 100)) * AMAZON_HOUR_MS;
        ok = never ? sim_schedule(sim, SIM_AMAZON, order, t + UNPAID_DAYS * AMAZON_DAY_MS,
                                  EVENT_UNPAID)
                   : sim_schedule(sim, SIM_AMAZON, order, pays, EVENT_READY);
    } else if (o->status == AMAZON_PENDING) {
        ok = sim_schedule(sim, SIM_AMAZON, order, t + SETTLING_MS, EVENT_READY);
    }
    if (ok && !o->fba && o->status <= AMAZON_PARTIALLY_SHIPPED)
        ok = sim_schedule(sim, SIM_AMAZON, order, t + UNSHIPPED_DAYS * AMAZON_DAY_MS,
                          EVENT_NEVER_SHIPPED);
    return ok;
}

static bool place(struct sim *sim, struct sim_order *order)
{
    struct amazon_order *o = ARENA_NEW(order->arena, struct amazon_order);
    if (!o)
        return false;
    order->face = o;
    order->order_no =
        arena_printf(order->arena, "%s-%07d-%07lld", sim_dice(order, "prefix", 4) ? "250" : "503",
                     1000000 + (int)sim_dice(order, "number", 9000000), (long long)order->serial);
    o->status = first_status(order);
    o->ready_at = o->shipped_at = TIME_NONE;
    o->updated_at = order->ordered_at;
    bool past = o->status == AMAZON_SHIPPED || order->stage == SIM_STAGE_PROCESSING;
    o->fba = past && (int64_t)sim_dice(order, "fba", 100) <
                         sim_switch_number(sim, SIM_AMAZON, "fba_percent");
    o->cancel_requested = order->stage == SIM_STAGE_CANCEL_REQUESTED;
    add_lines(order, o);
    if (o->status >= AMAZON_UNSHIPPED) {
        o->ready_at =
            order->paid_at != TIME_NONE ? order->paid_at : order->ordered_at + SETTLING_MS;
        o->updated_at = o->ready_at < sim_now(sim) ? o->ready_at : sim_now(sim);
    }
    if (o->status == AMAZON_SHIPPED) {
        add_past_package(order, o);
        o->updated_at = o->shipped_at;
        o->delivered = order->stage == SIM_STAGE_DONE;
    }
    if (o->status == AMAZON_CANCELLED) {
        o->cancelled_by = sim_dice(order, "cancel", 2) ? "BUYER" : "MERCHANT";
        if (order->cancelled_at != TIME_NONE)
            o->updated_at = order->cancelled_at;
    }
    return !arena_failed(order->arena) && plan_life(sim, order, o);
}

// --- what happens by itself ---

static void cancel(struct sim *sim, struct sim_order *order, const char *by)
{
    struct amazon_order *o = order->face;
    if (o->status == AMAZON_CANCELLED || o->status == AMAZON_SHIPPED)
        return;
    o->status = AMAZON_CANCELLED;
    o->cancelled_by = by;
    amazon_touch(sim, o);
    (void)sim_effect_add(sim, order, "cancel", order->order_no);
}

static void become_ready(struct sim *sim, struct sim_order *order)
{
    struct amazon_order *o = order->face;
    if (o->status != AMAZON_PENDING)
        return;
    o->status = AMAZON_UNSHIPPED;
    o->ready_at = sim_now(sim);
    amazon_touch(sim, o);
    if (o->fba)
        (void)sim_schedule(sim, SIM_AMAZON, order, sim_now(sim) + AMAZON_DAY_MS, EVENT_FBA);
}

static void ship_by_amazon(struct sim *sim, struct sim_order *order)
{
    struct amazon_order *o = order->face;
    if (o->status != AMAZON_UNSHIPPED)
        return;
    for (size_t i = 0; i < o->line_count; i++)
        o->lines[i].shipped = o->lines[i].quantity;
    o->status = AMAZON_SHIPPED;
    o->shipped_at = sim_now(sim);
    amazon_touch(sim, o);
}

static void event(struct sim *sim, struct sim_order *order, int code)
{
    struct amazon_order *o = order ? order->face : NULL;
    if (!o)
        return;
    switch (code) {
    case EVENT_READY:
        become_ready(sim, order);
        break;
    case EVENT_UNPAID:
        if (o->status == AMAZON_PENDING)
            cancel(sim, order, "AMAZON");
        break;
    case EVENT_NEVER_SHIPPED:
        if (o->status <= AMAZON_UNSHIPPED)
            cancel(sim, order, "AMAZON");
        break;
    case EVENT_RELEASE:
        if (o->status == AMAZON_PENDING_AVAILABILITY) {
            o->status = AMAZON_PENDING;
            become_ready(sim, order);
        }
        break;
    case EVENT_FBA:
        ship_by_amazon(sim, order);
        break;
    case EVENT_DELIVERED:
        if (o->status == AMAZON_SHIPPED && !o->delivered) {
            o->delivered = true;
            amazon_touch(sim, o);
        }
        break;
    default:
        break;
    }
}

// --- what people do in Seller Central, and what happens to keys ---

static bool refuse_action(struct error *error)
{
    return error_set(error, ERROR_REJECTED, "sim.state", "注文の状態のためできません。",
                     "The order's state doesn't allow it.");
}

static bool ship_by_hand(struct sim *sim, struct sim_order *order, struct json parameters,
                         struct error *error)
{
    struct str number = json_str(json_get(parameters, "number"));
    struct str carrier = json_str(json_get(parameters, "carrier"));
    struct amazon_shipping s = {.carrier = carrier.n ? carrier : STR("YAMATO"),
                                .carrier_name = STR(""),
                                .method = STR(""),
                                .number = number.n ? number : STR("400000000000"),
                                .shipped_at = sim_now(sim),
                                .whole = true};
    int64_t units;
    if (json_int(json_get(parameters, "units"), &units)) {
        s.whole = false;
        s.quantity[0] = units;
    }
    return !amazon_take_parcel(sim, order, &s, true) || refuse_action(error);
}

static bool act_on_order(struct sim *sim, const char *name, struct sim_order *order,
                         struct json parameters, struct error *error)
{
    struct amazon_order *o = order->face;
    if (strcmp(name, "pay") == 0) {
        become_ready(sim, order);
    } else if (strcmp(name, "buyer-cancel-request") == 0) {
        o->cancel_requested = true;
        amazon_touch(sim, o);
    } else if (strcmp(name, "cancel") == 0) {
        if (o->status == AMAZON_SHIPPED)
            return refuse_action(error);
        cancel(sim, order, "MERCHANT");
    } else if (strcmp(name, "expire") == 0) {
        cancel(sim, order, "AMAZON");
    } else if (strcmp(name, "vanish") == 0) {
        o->vanished = true;
    } else if (strcmp(name, "ship") == 0) {
        return ship_by_hand(sim, order, parameters, error);
    } else if (strcmp(name, "deliver") == 0) {
        event(sim, order, EVENT_DELIVERED);
    } else if (strcmp(name, "make-fba") == 0) {
        o->fba = true;
        amazon_touch(sim, o);
    } else if (strcmp(name, "make-ship-plus") == 0) {
        o->ship_plus = true;
        amazon_touch(sim, o);
    } else if (strcmp(name, "touch") == 0) {
        amazon_touch(sim, o);
    }
    return true;
}

static void act_on_keys(struct sim *sim, const char *name, struct amazon_state *state)
{
    time_ms now = sim_now(sim);
    if (strcmp(name, "authorize") == 0) {
        state->authorized_at = now;
        state->revoked = state->token_foreign = false;
    } else if (strcmp(name, "revoke") == 0) {
        state->revoked = true;
    } else if (strcmp(name, "expire-access") == 0) {
        for (size_t i = 0; i < AMAZON_TOKENS_KEPT; i++)
            state->tokens[i].ends = now;
    } else if (strcmp(name, "expire-refresh") == 0) {
        state->authorized_at = now - 366 * AMAZON_DAY_MS;
    } else if (strcmp(name, "expire-secret") == 0) {
        state->secret_expired = true;
    } else if (strcmp(name, "renew-secret") == 0) {
        state->secret_expired = false;
    } else if (strcmp(name, "other-app") == 0) {
        state->token_foreign = true;
    } else if (strcmp(name, "take-role") == 0) {
        state->role_missing = true;
    } else if (strcmp(name, "give-role") == 0) {
        state->role_missing = false;
    } else if (strcmp(name, "forbid") == 0) {
        state->orders_forbidden = true;
    } else if (strcmp(name, "permit") == 0) {
        state->orders_forbidden = false;
    }
}

static bool act(struct sim *sim, const struct sim_action *action, struct sim_order *order,
                struct json parameters, struct error *error)
{
    if (order)
        return act_on_order(sim, action->name, order, parameters, error);
    act_on_keys(sim, action->name, sim_face_state(sim, SIM_AMAZON));
    return true;
}

// --- the face ---

static void *create(struct sim *sim, struct arena *arena, struct error *error)
{
    struct amazon_state *state = ARENA_NEW(arena, struct amazon_state);
    if (!state) {
        error_no_memory(error);
        return NULL;
    }
    state->arena = arena;
    amazon_auth_init(sim, state);
    return state;
}

static void status(const struct sim_order *order, struct buf *out)
{
    const struct amazon_order *o = order->face;
    buf_add(out, str_from(amazon_status_name(o->status)));
}

static void describe(struct sim *sim, const struct sim_order *order, struct json_writer *w)
{
    const struct amazon_order *o = order->face;
    (void)sim;
    json_put_str(w, "fulfillment_status", str_from(amazon_status_name(o->status)));
    json_put_str(w, "fulfilled_by", o->fba ? STR("AMAZON") : STR("MERCHANT"));
    json_put_bool(w, "cancel_requested", o->cancel_requested);
    json_put_time(w, "last_updated", o->updated_at);
    json_key(w, "packages");
    json_begin_array(w);
    for (size_t i = 0; i < o->package_count; i++) {
        json_begin_object(w);
        json_put_int(w, "reference", o->packages[i].reference);
        json_put_str(w, "carrier", o->packages[i].carrier);
        json_put_str(w, "tracking_number", o->packages[i].number);
        json_end_object(w);
    }
    json_end_array(w);
}

static void demo_keys(struct sim *sim, struct json_writer *w)
{
    const struct amazon_state *state = sim_face_state(sim, SIM_AMAZON);
    char day_text[12];
    json_put_str(w, "client_id", STR(SIM_AMAZON_CLIENT_ID));
    json_put_str(w, "client_secret", str_from(state->client_secret));
    json_put_str(w, "refresh_token", str_from(state->refresh_token));
    json_put_str(w, "marketplace_id", STR(SIM_AMAZON_MARKETPLACE));
    json_put_str(w, "authorized_on", day_format(day_in_jst(state->authorized_at), day_text));
}

static const char *const statuses[] = {"PENDING_AVAILABILITY", "PENDING", "UNSHIPPED",
                                       "PARTIALLY_SHIPPED",    "SHIPPED", "CANCELLED",
                                       "UNFULFILLABLE",        NULL};

static const struct sim_switch switches[] = {
    {"fba_percent", "0..100", "15", "Share of orders of the past that Amazon ships itself."},
    {"role_missing", "absent|refused", "absent",
     "Without the role fields are left out, or searchOrders is refused with 403 (both reported)."},
    {"milliseconds", "on|off", "off", "Times with milliseconds (announced, sandbox without)."},
    {"address", "state|city", "state",
     "Prefecture in stateOrRegion, or everything in city as in the sandbox's sample (open)."},
    {"discount_sign", "negative|positive", "negative", "Sign of DISCOUNT (open)."},
    {"grand_total", "gross|net_of_points", "gross", "Whether points come off grandTotal (open)."},
    {"reading_lag_seconds", "0..3600", "0", "Reads show a shipment so much later (guess)."},
    {"reference_required", "on|off", "on", "confirmShipment without packageReferenceId (open)."},
    {"package_updates_max", "1..100", "5", "Edits of a package that are taken (limit unknown)."},
    {"carriers", "any|known", "any", "Carrier codes outside the lists are refused (open)."},
    {"date_header", "optional|required", "optional", "x-amz-date (documented as required)."},
    {"token_any_shape", "on|off", "on", "LWA takes JSON and raw form bodies too."},
    {"report_seconds", "0..7200", "45", "Until a report is done."},
    {"report_encoding", "cp932|utf-8|utf-8-bom", "cp932", "Of reports and feed results."},
    {"report_charset_header", "on|off", "off", "The download names its charset."},
    {"report_gzip", "on|off", "on", "Reports and results come packed."},
    {"report_empty", "cancelled|done", "cancelled", "What a report without rows becomes."},
    {"report_fatal", "on|off", "off", "Reports end FATAL."},
    {"feed_seconds", "0..7200", "90", "Until a feed is done."},
    {"feed_outcome", "normal|fatal|fatal_after|cancelled|done_without_effect", "normal",
     "What becomes of feeds; fatal_after: applied, then FATAL."},
    {"feed_untracked", "taken|warning|refused", "warning",
     "A row without number is taken, taken with a warning, or refused (open)."},
    {"feed_quiet_refusal", "on|off", "off",
     "A refused row is only a warning (Order cannot be fulfilled …)."},
    {"url_seconds", "1..3600", "300", "Life of an address for upload or download."},
};

static const struct sim_action actions[] = {
    {"pay", SIM_ACTION_ORDER, "payment settled: PENDING becomes UNSHIPPED"},
    {"buyer-cancel-request", SIM_ACTION_ORDER, "the buyer asks to cancel (only a flag)"},
    {"cancel", SIM_ACTION_ORDER, "cancelled in Seller Central"},
    {"expire", SIM_ACTION_ORDER, "cancelled by Amazon (unpaid, or 30 days unshipped)"},
    {"vanish", SIM_ACTION_ORDER, "Amazon doesn't know the order any more"},
    {"ship", SIM_ACTION_ORDER,
     "shipped in Seller Central; {\"number\":\"…\",\"carrier\":\"YAMATO\",\"units\":1}"},
    {"deliver", SIM_ACTION_ORDER, "the carrier reports delivery"},
    {"make-fba", SIM_ACTION_ORDER, "fulfilled by Amazon from now on"},
    {"make-ship-plus", SIM_ACTION_ORDER, "FBM Ship+: Amazon confirms it"},
    {"touch", SIM_ACTION_ORDER, "lastUpdatedTime = now"},
    {"authorize", SIM_ACTION_KEY, "the seller authorises anew: 365 days"},
    {"revoke", SIM_ACTION_KEY, "the seller removes the app"},
    {"expire-access", SIM_ACTION_KEY, "all access tokens end now"},
    {"expire-refresh", SIM_ACTION_KEY, "the 365 days are over"},
    {"expire-secret", SIM_ACTION_KEY, "the client secret's 180 days are over"},
    {"renew-secret", SIM_ACTION_KEY, "and it is valid again"},
    {"other-app", SIM_ACTION_KEY, "the refresh token belongs to another app"},
    {"take-role", SIM_ACTION_KEY, "Direct-to-Consumer Shipping is taken away"},
    {"give-role", SIM_ACTION_KEY, "and given back"},
    {"forbid", SIM_ACTION_KEY, "not even orders may be read (403, empty details)"},
    {"permit", SIM_ACTION_KEY, "and they may again"},
};

const struct sim_face sim_face_amazon = {
    .mall = SIM_AMAZON,
    .name = "Amazon.co.jp",
    .port_offset = 4,
    .features = SIM_FEATURE_GIFT | SIM_FEATURE_WRAPPING | SIM_FEATURE_MALL_COUPON |
                SIM_FEATURE_SHOP_COUPON | SIM_FEATURE_OTHER_RECIPIENT | SIM_FEATURE_REMOTE_ISLAND |
                SIM_FEATURE_PREORDER | SIM_FEATURE_RARE_KANJI | SIM_FEATURE_EXPRESS |
                SIM_FEATURE_STORE_PICKUP | SIM_FEATURE_DROP_OFF | SIM_FEATURE_USED_POINTS,
    .payments = 1u << SIM_PAY_CARD | 1u << SIM_PAY_WALLET | 1u << SIM_PAY_CARRIER |
                1u << SIM_PAY_BANK | 1u << SIM_PAY_CONVENIENCE | 1u << SIM_PAY_POINTS,
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
    .operation = amazon_operation,
    .handle = amazon_handle,
    .refuse = amazon_refuse,
    .status = status,
    .act = act,
    .describe = describe,
    .demo_keys = demo_keys,
};
