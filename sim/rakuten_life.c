// SPDX-License-Identifier: Apache-2.0
//
// The life of an order in RMS (rakuten.md §3): 100 → 200 → 300, in the night after the ship date
// 500, then 600 and 700; cancellations through 800 to 900; fourteen days without confirmation end
// it. Every step is an event of the world's schedule, so that a year can pass in a minute. An event
// looks at the order's present state first: what was planned may have been overtaken.
#include "sim/rakuten.h"

#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define UNCONFIRMED_DAYS 14

static void plan(struct sim *sim, struct sim_order *order, time_ms at, enum rk_event event)
{
    (void)sim_schedule(sim, SIM_RAKUTEN, order, at, event);
}

void rk_add_change(struct sim *sim, struct sim_order *order, int type, int side, int reason)
{
    struct rk_change *c = ARENA_NEW(order->arena, struct rk_change);
    struct rk_order *o = rk_order(order);
    if (!c)
        return;
    *c = (struct rk_change){
        300000001 + rk_state(sim)->next_change++, type, side, reason, sim_now(sim), NULL};
    if (o->last_change)
        o->last_change->next = c;
    else
        o->first_change = c;
    o->last_change = c;
}

int rk_settlement(const struct sim_order *order)
{
    switch (order->payment) {
    case SIM_PAY_WALLET:
        return 12;
    case SIM_PAY_BANK:
        return 9;
    case SIM_PAY_CONVENIENCE:
        return sim_dice(order, "convenience", 2) ? 13 : 14;
    case SIM_PAY_COD:
        return 2;
    case SIM_PAY_DEFERRED:
        return 21;
    case SIM_PAY_POINTS:
        return 8;
    default:
        return 1;
    }
}

bool rk_amount_is_open(const struct sim_order *order)
{
    return order->postage == YEN_UNDETERMINED || order->billed == YEN_UNDETERMINED;
}

static bool is_prepaid(const struct sim_order *order)
{
    return order->payment == SIM_PAY_BANK || order->payment == SIM_PAY_CONVENIENCE;
}

// How long Rakuten's processing takes: minutes for cards, days until a transfer has come.
static void plan_clearing(struct sim *sim, struct sim_order *order)
{
    time_ms now = sim_now(sim);
    int64_t minutes = sim_switch_number(sim, SIM_RAKUTEN, "processing_minutes");
    if (is_prepaid(order) && rk_order(order)->paid_at == TIME_NONE) {
        int64_t wait = HOUR_MS + (int64_t)sim_dice(order, "transfer", (uint64_t)(4 * DAY_MS));
        plan(sim, order, now + wait, RK_EVENT_PAID);
        return;
    }
    if (order->features & SIM_FEATURE_FRAUD_REVIEW && !rk_order(order)->fraud_cleared)
        minutes += 24 * 60;
    plan(sim, order, now + minutes * MINUTE_MS, RK_EVENT_CLEAR);
}

void rk_confirm(struct sim *sim, struct sim_order *order)
{
    struct rk_order *o = rk_order(order);
    o->progress = 200;
    o->confirmed_at = sim_now(sim);
    o->sub_status = 0;
    rk_add_change(sim, order, 8, -1, -1);
    plan_clearing(sim, order);
}

void rk_clear(struct sim *sim, struct sim_order *order)
{
    struct rk_order *o = rk_order(order);
    o->progress = 300;
    o->fraud_cleared = true;
    o->sub_status = 0;
    o->fixed_at = sim_now(sim);
    rk_shipping_changed(sim, order);
}

void rk_request_cancel(struct sim *sim, struct sim_order *order, int side, int reason)
{
    struct rk_order *o = rk_order(order);
    o->progress = 800;
    o->sub_status = 0;
    rk_add_change(sim, order, 0, side, reason);
    plan(sim, order,
         sim_now(sim) + sim_switch_number(sim, SIM_RAKUTEN, "cancel_minutes") * MINUTE_MS,
         RK_EVENT_CANCELLED);
}

void rk_cancel(struct sim *sim, struct sim_order *order, int side, int reason)
{
    struct rk_order *o = rk_order(order);
    o->progress = 900;
    o->sub_status = 0;
    o->cancelled_at = sim_now(sim);
    rk_add_change(sim, order, 2, side, reason);
}

struct rk_row *rk_add_row(struct sim *sim, struct sim_order *order, struct rk_basket *basket)
{
    if (!basket->rows)
        basket->rows = ARENA_ARRAY(order->arena, struct rk_row, RK_ROWS_MAX);
    if (!basket->rows || basket->row_count == RK_ROWS_MAX)
        return NULL;
    struct rk_row *row = &basket->rows[basket->row_count++];
    *row = (struct rk_row){
        .id = 56000001 + rk_state(sim)->next_row++, .number = STR(""), .company = STR("")};
    return row;
}

bool rk_has_ship_date(const struct sim_order *order)
{
    for (size_t i = 0; i < order->destination_count; i++) {
        const struct rk_basket *b = rk_basket(&order->destinations[i]);
        for (size_t k = 0; k < b->row_count; k++)
            if (b->rows[k].date != 0)
                return true;
    }
    return false;
}

// §3.2: every row of every destination must be complete. The latest ship date, or 0.
static day complete_until(struct sim *sim, const struct sim_order *order)
{
    bool number_needed = sim_switch_is(sim, SIM_RAKUTEN, "tracking_required", "yes");
    day last = 0;
    for (size_t i = 0; i < order->destination_count; i++) {
        const struct rk_basket *b = rk_basket(&order->destinations[i]);
        if (b->row_count == 0)
            return 0;
        for (size_t k = 0; k < b->row_count; k++) {
            const struct rk_row *row = &b->rows[k];
            if (row->date == 0 || str_is_empty(row->company) ||
                (number_needed && str_is_empty(row->number)))
                return 0;
            last = row->date > last ? row->date : last;
        }
    }
    return last;
}

void rk_shipping_changed(struct sim *sim, struct sim_order *order)
{
    day last = complete_until(sim, order);
    if (last == 0 || rk_order(order)->progress != 300)
        return;
    time_ms night = day_start_jst(day_add(last, 1)) + 5 * MINUTE_MS;
    if (night <= sim_now(sim))
        night = sim_next_jst(sim_now(sim), 0, 5);
    plan(sim, order, night + (time_ms)sim_dice(order, "night", 180) * 1000, RK_EVENT_NIGHT);
}

static void night(struct sim *sim, struct sim_order *order)
{
    struct rk_order *o = rk_order(order);
    day last = complete_until(sim, order);
    if (o->progress != 300 || last == 0 || last >= day_in_jst(sim_now(sim)))
        return;
    o->progress = 500;
    o->sub_status = 0;
    o->shipped_at = sim_now(sim);
    plan(sim, order, sim_now(sim) + 7 * DAY_MS, RK_EVENT_PAYOUT);
}

static void step(struct sim *sim, struct sim_order *order, int from, int to, int64_t days,
                 enum rk_event next)
{
    struct rk_order *o = rk_order(order);
    if (o->progress != from)
        return;
    o->progress = to;
    if (to == 700)
        o->settled_at = sim_now(sim);
    if (days > 0)
        plan(sim, order, sim_now(sim) + days * DAY_MS, next);
}

void rk_event(struct sim *sim, struct sim_order *order, int code)
{
    struct rk_order *o = order ? rk_order(order) : NULL;
    if (code == RK_EVENT_ASYNC)
        rk_run_async(sim);
    if (!o)
        return;
    switch (code) {
    case RK_EVENT_CLEAR:
        if (o->progress == 200 || o->progress == 400)
            rk_clear(sim, order);
        break;
    case RK_EVENT_UNCONFIRMED:
        if (o->progress == 100)
            rk_cancel(sim, order, 0, 10);
        break;
    case RK_EVENT_NIGHT:
        night(sim, order);
        break;
    case RK_EVENT_PAYOUT:
        step(sim, order, 500, 600, 14, RK_EVENT_PAID_OUT);
        break;
    case RK_EVENT_PAID_OUT:
        step(sim, order, 600, 700, 0, RK_EVENT_PAID_OUT);
        break;
    case RK_EVENT_CANCELLED:
        if (o->progress == 800)
            rk_cancel(sim, order, o->last_change ? o->last_change->side : 1,
                      o->last_change ? o->last_change->reason : 1);
        break;
    case RK_EVENT_PAID:
        if (o->progress == 200 && o->paid_at == TIME_NONE) {
            o->paid_at = sim_now(sim);
            plan_clearing(sim, order);
        }
        break;
    default:
        break;
    }
}

// --- placing ---

static bool add_baskets(struct sim *sim, struct sim_order *order)
{
    struct rk_state *state = rk_state(sim);
    for (size_t i = 0; i < order->destination_count; i++) {
        struct sim_destination *d = &order->destinations[i];
        struct rk_basket *b = ARENA_NEW(order->arena, struct rk_basket);
        if (!b)
            return false;
        b->id = 20000001 + state->next_basket++;
        b->first_line_id = 20000001 + state->next_line;
        state->next_line += (int64_t)d->line_count;
        d->face = b;
    }
    return true;
}

static void add_past_rows(struct sim *sim, struct sim_order *order, time_ms shipped)
{
    for (size_t i = 0; i < order->destination_count; i++) {
        struct rk_row *row = rk_add_row(sim, order, rk_basket(&order->destinations[i]));
        if (!row)
            return;
        row->number = order->tracking_number;
        row->company = str_from(rk_carrier_code(order->shipped_with));
        row->date = day_in_jst(shipped);
    }
}

static time_ms first_of(time_ms a, time_ms b)
{
    return a != TIME_NONE ? a : b;
}

static int progress_of(enum sim_stage stage)
{
    static const int progress[SIM_STAGE_COUNT] = {
        [SIM_STAGE_NEW] = 100,       [SIM_STAGE_PROCESSING] = 200,
        [SIM_STAGE_CHANGED] = 400,   [SIM_STAGE_HOLD] = 100,
        [SIM_STAGE_READY] = 300,     [SIM_STAGE_PICKING] = 300,
        [SIM_STAGE_SHIPPED] = 500,   [SIM_STAGE_PAYOUT] = 600,
        [SIM_STAGE_DONE] = 700,      [SIM_STAGE_CANCEL_REQUESTED] = 800,
        [SIM_STAGE_CANCELLED] = 900,
    };
    return progress[stage];
}

// What lay before the stage at which the order enters the world.
static void fill_past(struct sim *sim, struct sim_order *order)
{
    struct rk_order *o = rk_order(order);
    if (o->progress >= 200) {
        o->confirmed_at = first_of(order->accepted_at, order->ordered_at + HOUR_MS);
        rk_add_change(sim, order, 8, -1, -1);
        o->last_change->at = o->confirmed_at;
    }
    bool fixed = o->progress >= 300 && o->progress <= 700;
    if (fixed) {
        o->fixed_at = first_of(order->paid_at, o->confirmed_at + HOUR_MS / 2);
        if (o->fixed_at < o->confirmed_at)
            o->fixed_at = o->confirmed_at;
        o->paid_at = is_prepaid(order) ? o->fixed_at : TIME_NONE;
        o->fraud_cleared = true;
    }
    if (o->progress >= 500 && o->progress <= 700) {
        time_ms shipped = first_of(order->shipped_at, o->fixed_at + 6 * HOUR_MS);
        add_past_rows(sim, order, shipped);
        o->shipped_at = sim_next_jst(shipped, 0, 5) + (time_ms)sim_dice(order, "night", 180) * 1000;
    }
    if (o->progress == 700)
        o->settled_at = first_of(order->done_at, o->shipped_at + 14 * DAY_MS);
    if (o->progress >= 800) {
        rk_add_change(sim, order, 0, 1, 1);
        o->last_change->at = first_of(order->cancelled_at, o->confirmed_at);
    }
    if (o->progress == 900) {
        o->cancelled_at = first_of(order->cancelled_at, o->confirmed_at + HOUR_MS);
        rk_add_change(sim, order, 2, 1, 1);
        o->last_change->at = o->cancelled_at;
    }
}

static void plan_future(struct sim *sim, struct sim_order *order)
{
    struct rk_order *o = rk_order(order);
    switch (o->progress) {
    case 100:
        plan(sim, order, order->ordered_at + UNCONFIRMED_DAYS * DAY_MS, RK_EVENT_UNCONFIRMED);
        if (sim_switch_is(sim, SIM_RAKUTEN, "auto_confirm", "on") && !rk_amount_is_open(order))
            rk_confirm(sim, order);
        break;
    case 200:
    case 400:
        if (is_prepaid(order) && o->progress == 200)
            plan_clearing(sim, order);
        else
            plan(sim, order, sim_now(sim) + HOUR_MS, RK_EVENT_CLEAR);
        break;
    case 500:
        plan(sim, order, o->shipped_at + 7 * DAY_MS, RK_EVENT_PAYOUT);
        break;
    case 600:
        plan(sim, order, o->shipped_at + 21 * DAY_MS, RK_EVENT_PAID_OUT);
        break;
    case 800:
        plan(sim, order, sim_now(sim) + DAY_MS, RK_EVENT_CANCELLED);
        break;
    default:
        break;
    }
}

static int slot_term(enum sim_slot slot)
{
    static const int terms[SIM_SLOT_COUNT] = {
        [SIM_SLOT_NONE] = 0,     [SIM_SLOT_MORNING] = 1,  [SIM_SLOT_14_16] = 1416,
        [SIM_SLOT_16_18] = 1618, [SIM_SLOT_18_20] = 1820, [SIM_SLOT_19_21] = 1921,
    };
    return terms[slot];
}

bool rk_place(struct sim *sim, struct sim_order *order)
{
    struct rk_order *o = ARENA_NEW(order->arena, struct rk_order);
    if (!o)
        return false;
    order->face = o;
    o->confirmed_at = o->fixed_at = o->shipped_at = o->settled_at = o->cancelled_at = TIME_NONE;
    o->paid_at = o->address_entered_at = TIME_NONE;
    o->progress = progress_of(order->stage);
    o->memo = o->operator= o->mail_text = STR("");
    o->remarks = STR_ABSENT;
    o->delivery_date = order->destinations[0].requested_day;
    o->shipping_term = slot_term(order->destinations[0].slot);
    o->delivery_class = order->destinations[0].temperature == SIM_REFRIGERATED ? 2
                        : order->destinations[0].temperature == SIM_FROZEN     ? 3
                                                                               : 0;
    o->gift = (order->features & SIM_FEATURE_GIFT) != 0;
    char date[12];
    struct str day_text = day_format(day_in_jst(order->ordered_at), date);
    order->order_no =
        arena_printf(order->arena, "999001-%.*s%.*s%.*s-%010lld",
                     STR_ARG(str_slice(day_text, 0, 4)), STR_ARG(str_slice(day_text, 5, 7)),
                     STR_ARG(str_slice(day_text, 8, 10)), (long long)order->serial + 700);
    if (!add_baskets(sim, order))
        return false;
    fill_past(sim, order);
    plan_future(sim, order);
    return !arena_failed(order->arena);
}
