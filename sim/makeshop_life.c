// SPDX-License-Identifier: Apache-2.0
//
// The life of an order at MakeShop (makeshop.md §4): a card order may begin as provisional while
// the buyer is on the payment page; it becomes normal, or MakeShop deletes it. Transfers and
// convenience store payments come days later. Shipping and cancelling are the shop's own doing.
#include "sim/makeshop.h"

#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

enum ms_event_code { MS_EVENT_SETTLED = 1, MS_EVENT_PAID };

static bool is_prepaid(const struct sim_order *order)
{
    return order->payment == SIM_PAY_BANK || order->payment == SIM_PAY_CONVENIENCE;
}

static bool pays_after(const struct sim_order *order)
{
    return order->payment == SIM_PAY_COD || order->payment == SIM_PAY_DEFERRED;
}

int ms_delivery_of(const struct sim_order *order)
{
    int least = MS_BACK;
    for (size_t i = 0; i < order->destination_count; i++) {
        int state = ms_parcel(&order->destinations[i])->state;
        least = state < least ? state : least;
    }
    return least;
}

void ms_set_parcel(struct sim *sim, struct sim_order *order, struct sim_destination *destination,
                   size_t index, struct str carrier, struct str number)
{
    struct ms_parcel *p = ms_parcel(destination);
    if (carrier.p)
        p->carrier = str_dup(order->arena, carrier);
    if (number.p)
        p->number = str_dup(order->arena, number);
    AUTO_BUF payload = buf_make(1024);
    buf_addf(&payload, "%zu/%.*s/%.*s", index, STR_ARG(p->carrier), STR_ARG(p->number));
    sim_effect_add(sim, order, "parcel", buf_str(&payload));
}

void ms_tell_delivery(struct sim *sim, struct sim_order *order, struct sim_destination *destination,
                      size_t index, int state)
{
    struct ms_parcel *p = ms_parcel(destination);
    AUTO_BUF payload = buf_make(1024);
    p->state = state;
    p->shipped_on = state == MS_DONE ? day_in_jst(sim_now(sim)) : 0;
    buf_addf(&payload, "%zu/%d/%.*s", index, state, STR_ARG(p->number));
    sim_effect_add(sim, order, state == MS_DONE ? "ship" : "delivery", buf_str(&payload));
}

void ms_cancel(struct sim *sim, struct sim_order *order)
{
    ms_order(order)->status = MS_CANCELLED;
    sim_effect_add(sim, order, "cancel", STR("0"));
}

static void settle(struct sim_order *order, time_ms now, bool success)
{
    struct ms_order *o = ms_order(order);
    if (o->status != MS_PROVISIONAL || o->gone)
        return;
    if (!success) {
        o->gone = true;
        return;
    }
    o->status = MS_NORMAL;
    o->paid = true;
    o->paid_at = now;
}

static bool will_succeed(struct sim *sim, const struct sim_order *order)
{
    int64_t fail = sim_switch_number(sim, SIM_MAKESHOP, "provisional_fail_percent");
    return (int64_t)sim_dice(order, "settles", 100) >= fail;
}

void ms_event(struct sim *sim, struct sim_order *order, int code)
{
    if (!order)
        return;
    struct ms_order *o = ms_order(order);
    if (code == MS_EVENT_SETTLED) {
        settle(order, sim_now(sim), will_succeed(sim, order));
    } else if (code == MS_EVENT_PAID && o->status == MS_NORMAL && !o->paid) {
        o->paid = true;
        o->paid_at = sim_now(sim);
    }
}

bool ms_act_on_order(struct sim *sim, const char *name, struct sim_order *order,
                     struct json parameters)
{
    struct ms_order *o = ms_order(order);
    (void)parameters;
    if (o->gone)
        return false;
    if (strcmp(name, "settle") == 0 || strcmp(name, "fail-payment") == 0) {
        bool provisional = o->status == MS_PROVISIONAL;
        settle(order, sim_now(sim), strcmp(name, "settle") == 0);
        return provisional;
    }
    if (strcmp(name, "pay") == 0) {
        bool unpaid = o->status == MS_NORMAL && !o->paid;
        o->paid = o->paid || unpaid;
        o->paid_at = unpaid ? sim_now(sim) : o->paid_at;
        return unpaid;
    }
    if (strcmp(name, "cancel") == 0) {
        bool open = o->status != MS_CANCELLED;
        o->status = MS_CANCELLED;
        return open;
    }
    if (strcmp(name, "ship-by-hand") == 0 || strcmp(name, "return") == 0) {
        bool back = strcmp(name, "return") == 0;
        struct str number = json_str(json_get(parameters, "number"));
        struct str carrier = json_str(json_get(parameters, "carrier"));
        for (size_t i = 0; i < order->destination_count; i++) {
            struct ms_parcel *p = ms_parcel(&order->destinations[i]);
            p->state = back ? MS_BACK : MS_DONE;
            p->shipped_on = back ? p->shipped_on : day_in_jst(sim_now(sim));
            if (number.p)
                p->number = str_dup(order->arena, number);
            if (carrier.p)
                p->carrier = str_dup(order->arena, carrier);
        }
        return o->status == MS_NORMAL;
    }
    return false;
}

// --- placing ---

static bool add_parcels(struct sim_order *order)
{
    for (size_t i = 0; i < order->destination_count; i++) {
        struct ms_parcel *p = ARENA_NEW(order->arena, struct ms_parcel);
        if (!p)
            return false;
        p->carrier = p->number = STR("");
        order->destinations[i].face = p;
    }
    return true;
}

// MakeShop knows neither accepting nor holding: those stages are orders still to be shipped.
static int delivery_of_stage(enum sim_stage stage)
{
    switch (stage) {
    case SIM_STAGE_PICKING:
        return MS_PREPARING;
    case SIM_STAGE_SHIPPED:
    case SIM_STAGE_DONE:
        return MS_DONE;
    default:
        return MS_NOT_YET;
    }
}

static void fill_past(struct sim_order *order)
{
    struct ms_order *o = ms_order(order);
    int state = delivery_of_stage(order->stage);
    bool waits = order->stage == SIM_STAGE_NEW || order->stage == SIM_STAGE_PROCESSING;
    o->status = order->stage == SIM_STAGE_CANCELLED ? MS_CANCELLED : MS_NORMAL;
    o->paid = is_prepaid(order)   ? !waits && o->status != MS_CANCELLED
              : pays_after(order) ? order->stage == SIM_STAGE_DONE
                                  : true;
    o->paid_at = TIME_NONE;
    if (o->paid)
        o->paid_at = order->paid_at != TIME_NONE ? order->paid_at : order->ordered_at + MINUTE_MS;
    for (size_t i = 0; i < order->destination_count; i++) {
        struct ms_parcel *p = ms_parcel(&order->destinations[i]);
        p->state = state;
        if (state != MS_DONE)
            continue;
        time_ms shipped =
            order->shipped_at != TIME_NONE ? order->shipped_at : order->ordered_at + DAY_MS;
        p->shipped_on = day_in_jst(shipped);
        p->number = order->tracking_number;
        p->carrier = str_from(ms_carrier_code(order->shipped_with));
    }
}

static void plan_future(struct sim *sim, struct sim_order *order)
{
    struct ms_order *o = ms_order(order);
    time_ms now = sim_now(sim);
    bool fresh = order->ordered_at > now - DAY_MS && order->stage == SIM_STAGE_NEW;
    bool card = order->payment == SIM_PAY_CARD || order->payment == SIM_PAY_WALLET ||
                order->payment == SIM_PAY_CARRIER;
    int64_t percent = sim_switch_number(sim, SIM_MAKESHOP, "provisional_percent");
    if (fresh && card && (int64_t)sim_dice(order, "provisional", 100) < percent) {
        o->status = MS_PROVISIONAL;
        o->paid = false;
        o->paid_at = TIME_NONE;
        int64_t minutes = sim_switch_number(sim, SIM_MAKESHOP, "provisional_minutes");
        (void)sim_schedule(sim, SIM_MAKESHOP, order, now + minutes * MINUTE_MS, MS_EVENT_SETTLED);
    } else if (o->status == MS_NORMAL && !o->paid && is_prepaid(order)) {
        int64_t wait = HOUR_MS + (int64_t)sim_dice(order, "transfer", (uint64_t)(4 * DAY_MS));
        (void)sim_schedule(sim, SIM_MAKESHOP, order, now + wait, MS_EVENT_PAID);
    }
}

bool ms_place(struct sim *sim, struct sim_order *order)
{
    struct ms_order *o = ARENA_NEW(order->arena, struct ms_order);
    if (!o || !add_parcels(order))
        return false;
    order->face = o;
    o->memo = STR("");
    order->order_no =
        arena_printf(order->arena, "P1000%014lld", (long long)order->serial * 7 + 1000000001);
    fill_past(order);
    plan_future(sim, order);
    return !arena_failed(order->arena);
}
