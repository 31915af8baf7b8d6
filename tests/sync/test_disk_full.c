// SPDX-License-Identifier: Apache-2.0
//
// The disk is full while the engine fetches and while it writes back (SQLite; a server's disk is
// its own affair): what can't be stored isn't taken for stored, nothing is told to a mall that
// couldn't be noted before, and all goes on by itself once there is room.
#include "world.h"

#include "support/sqlite_faults.h"
#include "sync/internal.h"

#include <sqlite3.h>

static const enum sim_mall both[] = {SIM_RAKUTEN, SIM_YAHOO};

static void work(struct world *w, int turns)
{
    sync_wake(w->node.sync);
    for (int i = 0, idle = 0; i < turns && idle < 3; i++) {
        node_turn(&w->node);
        idle = w->node.sync->jobs > 0 ? 0 : idle + (i > 2 && !w->node.sync->looking);
    }
}

static row_id queue(struct world *w, enum sim_mall mall)
{
    struct fetch_request range = {.door = DOOR_RANGE,
                                  .shop_id = world_shop(w, mall),
                                  .from = w->now - INT64_C(55) * 86400000,
                                  .to = w->now};
    return world_queue(w, &range);
}

// The database may not grow any more: what is there can still be changed, so the run says why it
// ended.
static void no_room_for_orders(void **state)
{
    for (size_t m = 0; m < 2; m++) {
        struct world *w = world_open(world_engine(state),
                                     &(struct world_options){.orders = 60, .fetch_days = 55});
        row_id run_id = queue(w, both[m]);
        int64_t pages = world_int(w, "PRAGMA page_count");
        world_exec(w, "PRAGMA max_page_count = %lld", (long long)pages + 4);
        work(w, 2000);
        struct fetch_run run = world_run(w, run_id);
        if (!str_eq(run.state, STR("failed")))
            fail_msg("%s: %.*s", sim_mall_id(both[m]), STR_ARG(run.state));
        assert_int_equal(run.error.class, ERROR_STORAGE);
        assert_string_equal(run.error.code, "db.disk_full");
        assert_true(run.error.hint_ja[0] && run.error.hint_en[0]);
        assert_int_equal(world_int(w, "SELECT COUNT(*) FROM coverage"), 0);
        assert_int_equal(world_int(w, "SELECT COUNT(*) FROM lease WHERE until <> 0"), 0);
        world_verify(w);
        world_exec(w, "PRAGMA max_page_count = 1000000");
        world_advance(w, 3600000);
        run = world_fetch(w, both[m]);
        assert_true(str_eq(run.state, STR("done")));
        world_check_complete(w, both[m]);
        assert_int_equal(world_gaps(w, both[m]), 0);
        world_verify(w);
        world_close(w);
    }
}

// From the n-th write to the files on nothing can be written at all, not even why.
static void full_while_fetching(void **state)
{
    int tried = 0;
    for (size_t m = 0; m < 2; m++) {
        // Undisturbed at first, to know how many writes there are.
        uint64_t total = 0;
        for (uint64_t n = 0; n <= total; n = n < 6 ? n + 1 : n + total / 12 + 1, tried++) {
            struct world *w = world_open(world_engine(state),
                                         &(struct world_options){.orders = 12, .fetch_days = 55});
            row_id run_id = queue(w, both[m]);
            sqlite_faults_at(n, true, SQLITE_FULL);
            work(w, 200);
            uint64_t made = sqlite_faults_at(0, false, SQLITE_OK);
            total = n == 0 ? made : total;
            world_settle(w, 1000000);
            struct fetch_run run = world_run(w, run_id);
            bool failed = str_eq(run.state, STR("failed")) && run.error.class == ERROR_STORAGE;
            if (!failed && !str_eq(run.state, STR("done")))
                fail_msg("%s, write %llu: %.*s %s", sim_mall_id(both[m]), (unsigned long long)n,
                         STR_ARG(run.state), run.error.code);
            world_fetch(w, both[m]);
            world_check_complete(w, both[m]);
            world_verify(w);
            world_close(w);
        }
    }
    print_message("%d places to run full while fetching\n", tried);
}

static void full_while_pushing(void **state)
{
    int tried = 0;
    for (size_t m = 0; m < 2; m++) {
        // Undisturbed at first, to know how many writes there are.
        uint64_t total = 0;
        for (uint64_t n = 0; n <= total; n = n < 6 ? n + 1 : n + total / 12 + 1, tried++) {
            struct world *w = world_open(world_engine(state), &(struct world_options){0});
            struct str numbers[2];
            for (int i = 0; i < 2; i++)
                numbers[i] = world_place_ready(w, both[m]);
            world_fetch(w, both[m]);
            assert_int_equal(world_ship_ready(w, both[m], 2), 2);
            sqlite_faults_at(n, true, SQLITE_FULL);
            work(w, 200);
            uint64_t made = sqlite_faults_at(0, false, SQLITE_OK);
            total = n == 0 ? made : total;
            world_settle(w, 1000000);
            for (int i = 0; i < 2; i++) {
                struct writeback b = world_writeback(w, world_order_id(w, both[m], numbers[i]));
                size_t told = world_effects(w, both[m], numbers[i], "ship");
                if (b.state != WRITEBACK_VERIFIED || told != 1)
                    fail_msg("%s, write %llu: %s, told %zu times", sim_mall_id(both[m]),
                             (unsigned long long)n, writeback_state_name(b.state), told);
            }
            world_check_effects(w);
            world_verify(w);
            world_close(w);
        }
    }
    print_message("%d places to run full while pushing\n", tried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_ENGINE(sqlite, no_room_for_orders),
                                       ON_ENGINE(sqlite, full_while_fetching),
                                       ON_ENGINE(sqlite, full_while_pushing)};
    sqlite_faults_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
