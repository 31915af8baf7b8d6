// SPDX-License-Identifier: Apache-2.0
//
// The N-th operation on a connection to a mall fails, N = 1 …, while the engine fetches and while
// it writes back: refused, reset before anything was carried out, reset after it was. Nothing is
// lost, nothing is told twice, and the run ends with a reason or gets over it by itself.
//
// PostgreSQL tries a sample: what differs between the engines isn't the network.
#include "world.h"

#include "support/socket_faults.h"
#include "sync/internal.h"

static const enum sim_mall both[] = {SIM_RAKUTEN, SIM_YAHOO};

static uint64_t after(uint64_t n, enum db_engine engine)
{
    return engine == DB_SQLITE ? n + 1 : n + 9;
}

// Until nothing is under way any more; the fault strikes on its way.
static void work(struct world *w)
{
    sync_wake(w->node.sync);
    for (int i = 0, idle = 0; i < 20000 && idle < 3; i++) {
        node_turn(&w->node);
        idle = w->node.sync->jobs > 0 ? 0 : idle + (i > 2 && !w->node.sync->looking);
    }
}

static void ended_and_healed(struct world *w, enum sim_mall mall, row_id run_id, uint64_t n)
{
    struct fetch_run run = world_run(w, run_id);
    bool done = str_eq(run.state, STR("done"));
    if (!done && !(str_eq(run.state, STR("failed")) && run.error.class == ERROR_NETWORK &&
                   run.error.what_ja[0] && run.error.what_en[0]))
        fail_msg("%s, operation %llu: run is %.*s, %s", sim_mall_id(mall), (unsigned long long)n,
                 STR_ARG(run.state), run.error.code);
    // One lost answer never costs a run: reads are repeated.
    assert_true(done);
    world_check_complete(w, mall);
    world_verify(w);
    world_advance(w, 60000);
    run = world_fetch(w, mall);
    assert_true(str_eq(run.state, STR("done")) && run.created == 0);
    assert_int_equal(world_gaps(w, mall), 0);
}

static void fetching(enum db_engine engine, enum sim_mall mall, bool acts)
{
    uint64_t total = 1, tried = 0;
    for (uint64_t n = 1; n <= total; n = after(n, engine), tried++) {
        struct world *w =
            world_open(engine, &(struct world_options){.orders = 12, .fetch_days = 55});
        struct fetch_request range = {.door = DOOR_AUTOMATIC,
                                      .shop_id = world_shop(w, mall),
                                      .from = w->now - 1000,
                                      .to = w->now};
        row_id run_id = world_queue(w, &range);
        socket_faults_at(n, acts);
        work(w);
        uint64_t made = socket_faults_at(0, false);
        total = n == 1 || made > total ? made : total;
        ended_and_healed(w, mall, run_id, n);
        world_close(w);
    }
    print_message("%s: %llu of %llu operations failed while fetching\n", sim_mall_id(mall),
                  (unsigned long long)tried, (unsigned long long)total);
}

static void while_fetching(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++)
        for (int acts = 0; acts < 2; acts++)
            fetching(engine, both[m], acts);
}

static void told_once(struct world *w, enum sim_mall mall, const struct str *numbers, uint64_t n)
{
    world_settle(w, 300000);
    for (int i = 0; i < 2; i++) {
        struct writeback b = world_writeback(w, world_order_id(w, mall, numbers[i]));
        size_t told = world_effects(w, mall, numbers[i], "ship");
        if (b.state != WRITEBACK_VERIFIED || told != 1)
            fail_msg("%s, operation %llu: %s %.*s, told %zu times", sim_mall_id(mall),
                     (unsigned long long)n, writeback_state_name(b.state), STR_ARG(b.reason), told);
    }
    world_check_effects(w);
    world_verify(w);
}

static void pushing(enum db_engine engine, enum sim_mall mall, bool acts)
{
    uint64_t total = 1, tried = 0;
    for (uint64_t n = 1; n <= total; n = after(n, engine), tried++) {
        struct world *w = world_open(engine, &(struct world_options){0});
        struct str numbers[2];
        if (mall == SIM_YAHOO)
            world_set(w, SIM_YAHOO, "close_after_ship", "true", NULL);
        for (int i = 0; i < 2; i++)
            numbers[i] = world_place_ready(w, mall);
        world_fetch(w, mall);
        assert_int_equal(world_ship_ready(w, mall, 2), 2);
        socket_faults_at(n, acts);
        work(w);
        uint64_t made = socket_faults_at(0, false);
        total = n == 1 || made > total ? made : total;
        told_once(w, mall, numbers, n);
        world_close(w);
    }
    print_message("%s: %llu of %llu operations failed while pushing\n", sim_mall_id(mall),
                  (unsigned long long)tried, (unsigned long long)total);
}

static void while_pushing(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++)
        for (int acts = 0; acts < 2; acts++)
            pushing(engine, both[m], acts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(while_fetching), ON_BOTH(while_pushing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
