// SPDX-License-Identifier: Apache-2.0
//
// The world: owns time, orders, schedule, faults and ledger, and passes requests on to the faces.
//
// Invariants: time never goes back once sim_new() has returned; everything that happens between two
// points in time happens in order of time, however the caller cuts it into steps, so results depend
// on seed and requests alone. Orders are never removed.
// Threads: every public function takes the one mutex; functions named …_locked and everything in
// face.h run inside it. Ownership: texts of orders and faces lie in sim->arena until sim_free().
#include "base/memory.h"
#include "sim/internal.h"

#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)8 << 30)
#define DAY_MS (24 * 3600 * 1000LL)
#define HISTORY_DAYS 60
// A clock that jumps with a high rate set must not stall the program.
#define LIVE_ORDERS_PER_ADVANCE 5000

// --- making and freeing ---

static bool check_options(const struct sim_options *o, time_ms start, struct error *error)
{
    if (o->orders < 0 || o->orders > 10000000 || o->rate < 0 || !(o->rate <= 60000))
        return error_set(error, ERROR_BAD_INPUT, "sim.options",
                         "注文数または毎分の件数が範囲外です。",
                         "The number of orders or the rate is out of range.");
    if (start >= o->now)
        return error_set(error, ERROR_BAD_INPUT, "sim.start_after_now",
                         "開始日は現在より前にしてください。", "The start lies after the present.");
    return true;
}

static bool open_faces(struct sim *sim, const struct sim_face *const *faces, struct error *error)
{
    for (; *faces; faces++) {
        const struct sim_face *face = *faces;
        struct sim_shelf *shelf = sim_shelf(sim, face->mall);
        shelf->face = face;
        sim_switches_reset(shelf);
        shelf->state = face->create(sim, sim->arena, error);
        if (!shelf->state)
            return error_is_set(error) ? false : error_no_memory(error);
    }
    return true;
}

static void run_due(struct sim *sim, time_ms until);

static bool fill(struct sim *sim, const struct sim_options *options, time_ms start,
                 struct error *error)
{
    sim->log = memory_zalloc(SIM_LOG_ENTRIES, sizeof *sim->log);
    sim->arena = arena_new(ARENA_BYTES_MAX);
    if (!sim->log || !sim->arena)
        return error_no_memory(error);
    if (!open_faces(sim, options->faces ? options->faces : sim_faces_all(), error))
        return false;
    sim->in_history = true;
    if (!sim_history(sim, options->orders, start))
        return error_no_memory(error);
    run_due(sim, options->now);
    sim->in_history = false;
    sim->now = options->now;
    sim_rate_set_locked(sim, options->rate);
    return !arena_failed(sim->arena) || error_no_memory(error);
}

struct sim *sim_new(const struct sim_options *options, struct error *error)
{
    error_clear(error);
    time_ms start =
        options->start == TIME_NONE ? options->now - HISTORY_DAYS * DAY_MS : options->start;
    if (!check_options(options, start, error))
        return NULL;
    struct sim *sim = memory_zalloc(1, sizeof *sim);
    if (!sim) {
        error_no_memory(error);
        return NULL;
    }
    pthread_mutex_init(&sim->lock, NULL);
    sim->seed = options->seed;
    rng_seed(&sim->random, sim_mix(options->seed, 1));
    rng_seed(&sim->world, sim_mix(options->seed, 2));
    rng_seed(&sim->dice, sim_mix(options->seed, 3));
    sim->now = options->now;
    sim->next_order_at = TIME_NONE;
    sim->no_rate_limit = options->no_rate_limit;
    return fill(sim, options, start, error) ? sim : sim_free(sim);
}

struct sim *sim_free(struct sim *sim)
{
    if (!sim)
        return NULL;
    for (int i = 0; i < SIM_MALL_COUNT; i++)
        sim_shelf_free(&sim->shelves[i]);
    memory_free(sim->schedule.heap);
    memory_free(sim->effects);
    memory_free(sim->faults);
    memory_free(sim->log);
    arena_free(sim->arena);
    pthread_mutex_destroy(&sim->lock);
    memory_free(sim);
    return NULL;
}

// --- what faces use ---

time_ms sim_now(const struct sim *sim)
{
    return sim->now;
}

void *sim_face_state(const struct sim *sim, enum sim_mall mall)
{
    return sim->shelves[mall].state;
}

uint64_t sim_random(struct sim *sim, uint64_t bound)
{
    struct rng rng = rng_from_seeded(&sim->random);
    return bound ? rng_below(&rng, bound) : rng_next(&rng);
}

uint64_t sim_seed(const struct sim *sim)
{
    return sim->seed;
}

struct sim_order *const *sim_orders(const struct sim *sim, enum sim_mall mall, size_t *count)
{
    *count = sim->shelves[mall].count;
    return sim->shelves[mall].orders;
}

size_t sim_orders_from(const struct sim *sim, enum sim_mall mall, time_ms t)
{
    const struct sim_shelf *shelf = &sim->shelves[mall];
    size_t low = 0, high = shelf->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (shelf->orders[middle]->ordered_at < t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct sim_order *sim_order_find(const struct sim *sim, enum sim_mall mall, struct str order_no)
{
    return sim_shelf_find(&sim->shelves[mall], order_no);
}

bool sim_order_listed(const struct sim *sim, const struct sim_order *order)
{
    int64_t lag = sim_listing_lag(sim, order->mall);
    return lag <= 0 || sim->now >= order->placed_at + lag;
}

bool sim_schedule(struct sim *sim, enum sim_mall mall, struct sim_order *order, time_ms at,
                  int code)
{
    struct sim_event event = {.at = at, .mall = mall, .order = order, .code = code};
    return sim_schedule_push(&sim->schedule, event);
}

time_ms sim_next_jst(time_ms t, int hour, int minute)
{
    time_ms at = day_start_jst(day_in_jst(t)) + (hour * 60 + minute) * 60000LL;
    return at > t ? at : at + DAY_MS;
}

bool sim_ip_allowed(const struct sim *sim, enum sim_mall mall, struct str peer)
{
    const struct sim_shelf *shelf = &sim->shelves[mall];
    for (size_t i = 0; i < shelf->ip_count; i++)
        if (str_eq(shelf->ips[i], peer))
            return true;
    return shelf->ip_count == 0;
}

bool sim_pace_take(struct sim *sim, struct sim_pace *pace, double per_second, double burst)
{
    if (sim->no_rate_limit)
        return true;
    if (pace->at == 0)
        pace->tokens = burst;
    else
        pace->tokens += (double)(sim->now - pace->at) / 1000.0 * per_second;
    if (pace->tokens > burst)
        pace->tokens = burst;
    pace->at = sim->now;
    if (pace->tokens < 1)
        return false;
    pace->tokens -= 1;
    return true;
}

bool sim_rate_limits(const struct sim *sim)
{
    return !sim->no_rate_limit;
}

void sim_count_rate_refusal(struct sim *sim, enum sim_mall mall)
{
    sim->shelves[mall].counts.rate_refusals++;
}

struct str sim_request_header(const struct sim_request *request, const char *name)
{
    return http_header(request->headers, request->header_count, name);
}

// --- time ---

int64_t sim_next_gap(struct sim *sim)
{
    // Between half and one and a half of the mean: whole numbers, the same on every machine.
    int64_t mean = (int64_t)(60000.0 / sim->rate);
    struct rng rng = rng_from_seeded(&sim->world);
    return 1 + mean / 2 + (int64_t)rng_below(&rng, (uint64_t)mean + 1);
}

void sim_rate_set_locked(struct sim *sim, double orders_per_minute)
{
    sim->rate = orders_per_minute > 0 ? orders_per_minute : 0;
    sim->next_order_at = sim->rate > 0 ? sim->now + sim_next_gap(sim) : TIME_NONE;
}

void sim_rate_set(struct sim *sim, double orders_per_minute)
{
    pthread_mutex_lock(&sim->lock);
    sim_rate_set_locked(sim, orders_per_minute);
    pthread_mutex_unlock(&sim->lock);
}

static void place_live(struct sim *sim)
{
    const struct sim_face *faces[SIM_MALL_COUNT];
    size_t count = 0;
    for (int i = 0; i < SIM_MALL_COUNT; i++)
        if (sim->shelves[i].face)
            faces[count++] = sim->shelves[i].face;
    if (count == 0)
        return;
    struct rng rng = rng_from_seeded(&sim->world);
    const struct sim_face *face = faces[rng_below(&rng, count)];
    struct sim_plan plan = {
        .mall = face->mall,
        .stage = sim_stage_nearest(face, SIM_STAGE_NEW),
        .payment = -1,
        .ordered_at = sim->now / 1000 * 1000,
    };
    struct sim_order *first;
    // Without memory the buyer's order never reached the mall: nothing to tell anybody.
    (void)sim_place_locked(sim, &plan, &first);
}

static void run_event(struct sim *sim, const struct sim_event *event)
{
    sim->now = sim->in_history || event->at > sim->now ? event->at : sim->now;
    sim->shelves[event->mall].face->event(sim, event->order, event->code);
}

static void run_due(struct sim *sim, time_ms until)
{
    for (int live = 0;;) {
        const struct sim_event *first = sim_schedule_first(&sim->schedule);
        bool event_due = first && first->at <= until;
        bool order_due = sim->next_order_at != TIME_NONE && sim->next_order_at <= until;
        if (order_due && (!event_due || sim->next_order_at < first->at)) {
            sim->now = sim->next_order_at > sim->now ? sim->next_order_at : sim->now;
            if (++live > LIVE_ORDERS_PER_ADVANCE)
                sim->next_order_at = until;
            else
                place_live(sim);
            sim->next_order_at += sim_next_gap(sim);
        } else if (event_due) {
            struct sim_event event = *first;
            sim_schedule_pop(&sim->schedule);
            run_event(sim, &event);
        } else {
            return;
        }
    }
}

void sim_advance_locked(struct sim *sim, time_ms now)
{
    time_ms until = now + sim->offset_ms;
    if (until < sim->now)
        return;
    run_due(sim, until);
    sim->now = until;
}

void sim_advance(struct sim *sim, time_ms now)
{
    pthread_mutex_lock(&sim->lock);
    sim_advance_locked(sim, now);
    pthread_mutex_unlock(&sim->lock);
}

// --- orders ---

bool sim_place_locked(struct sim *sim, const struct sim_plan *plan, struct sim_order **first)
{
    struct sim_shelf *shelf = sim_shelf(sim, plan->mall);
    struct sim_order *orders[SIM_DESTINATIONS_MAX];
    size_t count;
    uint64_t seed = sim_mix(sim_mix(sim->seed, (uint64_t)plan->mall), (uint64_t)shelf->serial + 1);
    *first = NULL;
    if (!sim_order_build(sim->arena, shelf->face, plan, seed, sim->now, orders, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        orders[i]->serial = ++shelf->serial;
        if (!shelf->face->place(sim, orders[i]) || !sim_shelf_add(shelf, orders[i]))
            return false;
    }
    *first = orders[0];
    return true;
}

void sim_wish_init(struct sim_wish *wish, enum sim_mall mall)
{
    *wish = (struct sim_wish){.mall = mall, .stage = -1, .payment = -1, .ordered_at = TIME_NONE};
}

static bool wish_is_possible(const struct sim *sim, const struct sim_wish *wish,
                             struct error *error)
{
    const struct sim_face *face =
        wish->mall < SIM_MALL_COUNT ? sim->shelves[wish->mall].face : NULL;
    if (!face)
        return error_set(error, ERROR_BAD_INPUT, "sim.mall_absent", "このモールは動いていません。",
                         "This mall doesn't take part.");
    if (wish->stage >= 0 && !(face->stages & 1u << wish->stage))
        return error_set(error, ERROR_BAD_INPUT, "sim.stage_absent", "%s に段階 %s はありません。",
                         "%s has no stage %s.", sim_mall_id(wish->mall),
                         sim_stage_name((enum sim_stage)wish->stage));
    if (wish->payment >= 0 && !(face->payments & 1u << wish->payment))
        return error_set(error, ERROR_BAD_INPUT, "sim.payment_absent",
                         "%s に支払方法 %s はありません。", "%s has no payment %s.",
                         sim_mall_id(wish->mall),
                         sim_payment_name((enum sim_payment)wish->payment));
    int64_t lacking =
        wish->features & ~(face->features | (int64_t)SIM_FEATURE_SEVERAL_DESTINATIONS);
    for (int bit = 0; bit < SIM_FEATURE_COUNT; bit++)
        if (lacking & (int64_t)1 << bit)
            return error_set(error, ERROR_BAD_INPUT, "sim.feature_absent",
                             "%s に %s はありません。", "%s has no %s.", sim_mall_id(wish->mall),
                             sim_feature_name(bit));
    if (wish->quantity < 0 || wish->quantity > 999)
        return error_set(error, ERROR_BAD_INPUT, "sim.quantity", "数量は1～999です。",
                         "The quantity lies between 1 and 999.");
    return true;
}

bool sim_wish_to_plan(struct sim *sim, const struct sim_wish *wish, struct sim_plan *plan,
                      struct error *error)
{
    if (!wish_is_possible(sim, wish, error))
        return false;
    const struct sim_face *face = sim->shelves[wish->mall].face;
    *plan = (struct sim_plan){
        .mall = wish->mall,
        .stage =
            wish->stage < 0 ? sim_stage_nearest(face, SIM_STAGE_NEW) : (enum sim_stage)wish->stage,
        .payment = wish->payment,
        .features = wish->features,
        .only_features = wish->only_features,
        .ordered_at = (wish->ordered_at == TIME_NONE ? sim->now : wish->ordered_at) / 1000 * 1000,
        .family = wish->family,
        .given = wish->given,
        .note = wish->note,
        .item = wish->item,
        .quantity = wish->quantity,
    };
    if (plan->ordered_at > sim->now)
        return error_set(error, ERROR_BAD_INPUT, "sim.ordered_in_future", "注文日時が未来です。",
                         "The order date lies in the future.");
    return true;
}

bool sim_place(struct sim *sim, time_ms now, const struct sim_wish *wish, struct arena *arena,
               struct str *order_no, struct error *error)
{
    error_clear(error);
    pthread_mutex_lock(&sim->lock);
    sim_advance_locked(sim, now);
    struct sim_plan plan;
    struct sim_order *first = NULL;
    bool ok = sim_wish_to_plan(sim, wish, &plan, error);
    if (ok && !sim_place_locked(sim, &plan, &first))
        ok = error_no_memory(error);
    if (ok && first)
        *order_no = str_dup(arena, first->order_no);
    pthread_mutex_unlock(&sim->lock);
    return ok && (!arena_failed(arena) || error_no_memory(error));
}

bool sim_summaries(struct sim *sim, int mall, struct arena *arena, struct sim_summary **list,
                   size_t *count)
{
    pthread_mutex_lock(&sim->lock);
    size_t total = 0, at = 0;
    for (int m = 0; m < SIM_MALL_COUNT; m++)
        total += mall < 0 || mall == m ? sim->shelves[m].count : 0;
    *list = ARENA_ARRAY(arena, struct sim_summary, total);
    for (int m = 0; *list && m < SIM_MALL_COUNT; m++) {
        const struct sim_shelf *shelf = &sim->shelves[m];
        for (size_t i = 0; (mall < 0 || mall == m) && i < shelf->count; i++) {
            const struct sim_order *o = shelf->orders[i];
            AUTO_BUF status = buf_make(256);
            shelf->face->status(o, &status);
            (*list)[at++] = (struct sim_summary){
                .mall = o->mall,
                .order_no = str_dup(arena, o->order_no),
                .status = str_dup(arena, buf_str(&status)),
                .ordered_at = o->ordered_at,
                .billed = o->billed,
            };
        }
    }
    *count = at;
    pthread_mutex_unlock(&sim->lock);
    return !arena_failed(arena);
}
