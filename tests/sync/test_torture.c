// SPDX-License-Identifier: Apache-2.0
//
// The N-th SQL statement and the N-th allocation of the loop's thread fail, N = 1 …, while the
// engine fetches and while it writes back. Afterwards an undisturbed run reaches the clean state:
// everything here once, every notice told once.
//
// JUCHU_TORTURE=1 tries every N; else the first ones and then a sample.
#include "world.h"

#include "base/memory.h"
#include "sync/internal.h"

#include <stdlib.h>

static const enum sim_mall both[] = {SIM_RAKUTEN, SIM_YAHOO};

// The loop's allocations are the same on every engine, statements aren't.
static uint64_t after(uint64_t n, enum db_engine engine)
{
    return getenv("JUCHU_TORTURE") || n < 12 ? n + 1 : n + (engine == DB_SQLITE ? 13 : 37);
}

static row_id queue_range(struct world *w, enum sim_mall mall)
{
    struct fetch_request range = {.door = DOOR_RANGE,
                                  .shop_id = world_shop(w, mall),
                                  .from = w->now - INT64_C(55) * 86400000,
                                  .to = w->now};
    return world_queue(w, &range);
}

// Turns the loop while the fault may strike, without any database call of its own.
static void turns(struct world *w, int count)
{
    sync_wake(w->node.sync);
    for (int i = 0; i < count; i++)
        node_turn(&w->node);
}

static void reaches_clean_state(struct world *w, enum sim_mall mall, row_id run_id)
{
    world_settle(w, 1000000);
    struct fetch_run run = world_run(w, run_id);
    if (!str_eq(run.state, STR("done")) && !str_eq(run.state, STR("failed")) &&
        !str_eq(run.state, STR("partly")))
        fail_msg("the run stays %.*s", STR_ARG(run.state));
    if (str_eq(run.state, STR("failed")))
        assert_true(run.error.class != ERROR_NONE);
    world_advance(w, 60000);
    run = world_fetch(w, mall);
    if (!str_eq(run.state, STR("done")))
        fail_msg("%.*s %s", STR_ARG(run.state), run.error.code);
    world_check_complete(w, mall);
    world_verify(w);
}

static void statements_while_fetching(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++) {
        uint64_t total = 1, tried = 0;
        for (uint64_t n = 1; n <= total + 2; n = after(n, engine)) {
            struct world *w =
                world_open(engine, &(struct world_options){.orders = 12, .fetch_days = 55});
            row_id run_id = queue_range(w, both[m]);
            db_fail_at(w->database->db, n, false);
            turns(w, 60);
            uint64_t ran = db_fail_at(w->database->db, 0, false);
            total = ran > total && ran < 1000 ? ran : total;
            reaches_clean_state(w, both[m], run_id);
            world_close(w);
            tried++;
        }
        print_message("%s: %llu failing statements while fetching\n", sim_mall_id(both[m]),
                      (unsigned long long)tried);
    }
}

static void told_once(struct world *w, enum sim_mall mall, const struct str *numbers, size_t count,
                      uint64_t n)
{
    world_settle(w, 4000000);
    world_push(w);
    world_settle(w, 4000000);
    for (size_t i = 0; i < count; i++) {
        struct writeback b = world_writeback(w, world_order_id(w, mall, numbers[i]));
        if (b.state != WRITEBACK_VERIFIED)
            fail_msg("%s, failure %llu: %s %.*s", sim_mall_id(mall), (unsigned long long)n,
                     writeback_state_name(b.state), STR_ARG(b.reason));
        if (world_effects(w, mall, numbers[i], "ship") != 1)
            fail_msg("%s, failure %llu: told %zu times", sim_mall_id(mall), (unsigned long long)n,
                     world_effects(w, mall, numbers[i], "ship"));
    }
    world_check_effects(w);
    world_verify(w);
}

static struct world *ready_to_push(enum db_engine engine, enum sim_mall mall, struct str numbers[2])
{
    struct world *w = world_open(engine, &(struct world_options){0});
    if (mall == SIM_YAHOO)
        world_set(w, SIM_YAHOO, "close_after_ship", "true", NULL);
    for (int i = 0; i < 2; i++)
        numbers[i] = world_place_ready(w, mall);
    world_fetch(w, mall);
    world_settle(w, 1);
    assert_int_equal(world_ship_ready(w, mall, 2), 2);
    return w;
}

static void statements_while_pushing(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++) {
        uint64_t total = 1, tried = 0;
        for (uint64_t n = 1; n <= total + 2; n = after(n, engine)) {
            struct str numbers[2];
            struct world *w = ready_to_push(engine, both[m], numbers);
            db_fail_at(w->database->db, n, false);
            turns(w, 60);
            uint64_t ran = db_fail_at(w->database->db, 0, false);
            total = ran > total && ran < 1000 ? ran : total;
            told_once(w, both[m], numbers, 2, n);
            world_close(w);
            tried++;
        }
        print_message("%s: %llu failing statements while pushing\n", sim_mall_id(both[m]),
                      (unsigned long long)tried);
    }
}

// Allocations of the loop's thread: the connectors, the runs, the jobs.
static void memory_while_fetching(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++) {
        uint64_t tried = 0;
        for (uint64_t n = 1; n < 400; n = after(n, engine)) {
            struct world *w =
                world_open(engine, &(struct world_options){.orders = 12, .fetch_days = 55});
            row_id run_id = queue_range(w, both[m]);
            memory_fail_at(n, 0);
            turns(w, 60);
            memory_fail_at(0, 0);
            reaches_clean_state(w, both[m], run_id);
            world_close(w);
            tried++;
        }
        print_message("%s: %llu failing allocations while fetching\n", sim_mall_id(both[m]),
                      (unsigned long long)tried);
    }
}

static void memory_while_pushing(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++) {
        uint64_t tried = 0;
        for (uint64_t n = 1; n < 500; n = after(n, engine)) {
            struct str numbers[2];
            struct world *w = ready_to_push(engine, both[m], numbers);
            memory_fail_at(n, 0);
            turns(w, 60);
            memory_fail_at(0, 0);
            told_once(w, both[m], numbers, 2, n);
            world_close(w);
            tried++;
        }
        print_message("%s: %llu failing allocations while pushing\n", sim_mall_id(both[m]),
                      (unsigned long long)tried);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(statements_while_fetching), ON_BOTH(statements_while_pushing),
        ON_BOTH(memory_while_fetching), ON_BOTH(memory_while_pushing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
