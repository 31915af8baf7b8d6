// SPDX-License-Identifier: Apache-2.0
//
// Two nodes on one database: one stands still beyond its lease, in every phase of its work; what it
// does when it comes back must not reach the mall a second time nor the database.
#include "world.h"

#include "sync/internal.h"
#include <unistd.h>

static const enum sim_mall both[] = {SIM_RAKUTEN, SIM_YAHOO};

// Turns one node alone for so much time.
static void run_node(struct node *node, int64_t ms)
{
    struct world *w = node->world;
    for (time_ms until = w->now + ms; w->now < until;)
        node_turn(node);
}

// What is on the wire arrives and what is being written is written, whatever the clock says: only
// the test's time flies, not the machine's.
static void let_arrive(void)
{
    usleep(30000);
}

// The first node works until the mall has got `requests` of its requests, then stands still.
static bool work_until(struct world *w, enum sim_mall mall, size_t requests)
{
    size_t before = mall_server_requests(w->malls, mall, NULL);
    const struct sync *sync = w->node.sync;
    bool worked = false;
    for (int i = 0; i < 800; i++) {
        bool on_the_way = !sync_is_idle(sync) && !(sync->writes_pending == 0 && runs_wait(sync));
        loop_turn(w->node.loop, on_the_way ? 2 : 0);
        world_advance(w, 50);
        worked = worked || sync->jobs > 0;
        if (mall_server_requests(w->malls, mall, NULL) - before >= requests)
            return true;
        if (worked && sync->jobs == 0)
            break;
    }
    return false;
}

static void succeeded_while_pushing(void **state)
{
    enum db_engine engine = world_engine(state);
    int rounds = 0;
    for (size_t m = 0; m < 2; m++) {
        for (size_t requests = 0; requests < 9; requests++) {
            struct world *w = world_open(engine, &(struct world_options){.settle_ms = 30000});
            struct node other;
            struct str numbers[3];
            for (int i = 0; i < 3; i++)
                numbers[i] = world_place_ready(w, both[m]);
            world_fetch(w, both[m]);
            if (both[m] == SIM_YAHOO)
                world_set(w, SIM_YAHOO, "close_after_ship", "true", NULL);
            assert_int_equal(world_ship_ready(w, both[m], 3), 3);
            sync_wake(w->node.sync);
            work_until(w, both[m], requests);
            let_arrive();
            // Stopped. Its answers lie in the sockets. The lease runs out, another takes over.
            world_advance(w, LEASE_MS + 5000);
            world_node_start(w, &other, "there:2");
            run_node(&other, 50000);
            // The first one wakes up in the middle of it.
            run_node(&w->node, 20000);
            let_arrive();
            run_node(&other, 300000);
            run_node(&w->node, 300000);
            node_settle(&other, 4000000);
            node_settle(&w->node, 4000000);
            for (int i = 0; i < 3; i++) {
                struct writeback b = world_writeback(w, world_order_id(w, both[m], numbers[i]));
                if (b.state != WRITEBACK_VERIFIED)
                    fail_msg("%s, stopped at request %zu: %s %.*s", sim_mall_id(both[m]), requests,
                             writeback_state_name(b.state), STR_ARG(b.reason));
                size_t effects = world_effects(w, both[m], numbers[i], "ship");
                if (effects != 1)
                    fail_msg("%s, stopped at request %zu: %zu notices", sim_mall_id(both[m]),
                             requests, effects);
            }
            world_check_effects(w);
            world_verify(w);
            world_node_stop(&other);
            world_close(w);
            rounds++;
        }
    }
    print_message("%d take-overs while pushing\n", rounds);
}

static void succeeded_while_fetching(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++) {
        for (size_t requests = 0; requests < 40; requests += 4) {
            struct world *w =
                world_open(engine, &(struct world_options){.orders = 80, .fetch_days = 55});
            struct node other;
            struct fetch_request range = {.door = DOOR_RANGE,
                                          .shop_id = world_shop(w, both[m]),
                                          .from = w->now - INT64_C(55) * 86400000,
                                          .to = w->now};
            row_id run_id = world_queue(w, &range);
            sync_wake(w->node.sync);
            work_until(w, both[m], requests);
            let_arrive();
            bool ended = !str_eq(world_run(w, run_id).state, STR("running"));
            world_advance(w, LEASE_MS + 5000);
            world_node_start(w, &other, "there:2");
            // A write that was queued before the stop may have renewed the lease once more.
            node_settle(&other, LEASE_MS + 10000);
            struct fetch_run run = world_run(w, run_id);
            if (!str_eq(run.state, STR("done")))
                fail_msg("stopped at request %zu (ended %d): %.*s %s", requests, ended,
                         STR_ARG(run.state), run.error.code);
            uint64_t digest = world_orders_digest(w);
            // What the first node still has in its hands may not be written any more.
            node_settle(&w->node, 5000);
            assert_true(world_orders_digest(w) == digest);
            assert_true(str_eq(world_run(w, run_id).state, STR("done")));
            world_check_complete(w, both[m]);
            world_verify(w);
            world_node_stop(&other);
            world_close(w);
        }
    }
}

// Both awake at once: each shop's work is done once.
static void side_by_side(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 120});
    struct node other;
    world_node_start(w, &other, "there:2");
    world_fetch(w, SIM_RAKUTEN);
    world_fetch(w, SIM_YAHOO);
    for (int i = 0; i < 8; i++) {
        world_place_ready(w, SIM_RAKUTEN);
        world_place_ready(w, SIM_YAHOO);
    }
    world_fetch(w, SIM_RAKUTEN);
    world_fetch(w, SIM_YAHOO);
    assert_true(world_ship_ready(w, SIM_RAKUTEN, 8) == 8 && world_ship_ready(w, SIM_YAHOO, 8) == 8);
    sync_wake(w->node.sync);
    sync_wake(other.sync);
    for (int quiet = 0; quiet < 200;) {
        loop_turn(w->node.loop, 1);
        loop_turn(other.loop, 1);
        world_advance(w, 20);
        quiet = w->node.sync->jobs + other.sync->jobs == 0 ? quiet + 1 : 0;
    }
    node_settle(&w->node, 4000000);
    node_settle(&other, 4000000);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM writeback WHERE owed = 1"), 0);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM writeback WHERE state = 7"), 16);
    world_check_effects(w);
    world_verify(w);
    world_node_stop(&other);
    world_close(w);
}

struct taking {
    struct worker worker;
    struct sync sync;
    time_ms now;
    int64_t fence;
    time_ms until;
};

static bool take_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct taking *t = context;
    return lease_take(conn, &t->worker, t->now, &t->fence, error);
}
static bool check_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct taking *t = context;
    t->worker.fence = t->fence;
    return lease_check(conn, &t->worker, t->now, &t->until, error);
}
static bool release_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct taking *t = context;
    t->worker.fence = t->fence;
    return lease_release(conn, &t->worker, error);
}

static struct taking taking(struct world *w, const char *node)
{
    struct taking t = {.now = w->now};
    t.sync.o.node = node;
    t.worker = (struct worker){.org_id = w->org_id, .shop_id = w->rakuten};
    return t;
}

static bool fenced(struct world *w, db_write_fn fn, struct taking *t)
{
    struct error error;
    t->worker.sync = &t->sync;
    bool ok = db_write(w->database->db, fn, t, &error);
    if (!ok)
        assert_int_equal(error.class, ERROR_FENCED);
    return !ok;
}

static void rules(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct taking a = taking(w, "a.11112222:1"), b = taking(w, "b.33334444:1");
    assert_false(fenced(w, take_fn, &a));
    assert_true(fenced(w, take_fn, &b));
    assert_false(fenced(w, check_fn, &a));
    assert_int_equal(a.until, a.now + LEASE_MS);
    // Renewed by the next write once less than LEASE_RENEW_MS is left.
    a.now += LEASE_MS - LEASE_RENEW_MS + 1;
    assert_false(fenced(w, check_fn, &a));
    assert_int_equal(a.until, a.now + LEASE_MS);
    b.now = a.until - 1;
    assert_true(fenced(w, take_fn, &b));
    b.now = a.until;
    assert_false(fenced(w, take_fn, &b));
    assert_true(b.fence > a.fence);
    assert_true(fenced(w, check_fn, &a));
    // A release of what isn't held any more changes nothing.
    assert_false(fenced(w, release_fn, &a));
    assert_false(fenced(w, check_fn, &b));
    assert_false(fenced(w, release_fn, &b));
    assert_false(fenced(w, take_fn, &a));
    // A process of this machine that is gone may be robbed; one that lives, or of elsewhere, not.
    struct taking dead = taking(w, "m.55556666:2147480000"), alive = taking(w, "m.55556666:1"),
                  heir = taking(w, "m.55556666:77"), foreign = taking(w, "n.55556666:77");
    assert_false(fenced(w, release_fn, &a));
    assert_false(fenced(w, take_fn, &dead));
    assert_true(fenced(w, take_fn, &foreign));
    assert_false(fenced(w, take_fn, &heir));
    assert_true(fenced(w, check_fn, &dead));
    assert_false(fenced(w, release_fn, &heir));
    assert_false(fenced(w, take_fn, &alive));
    assert_true(fenced(w, take_fn, &heir));
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(rules), ON_BOTH(succeeded_while_pushing),
                                       ON_BOTH(succeeded_while_fetching), ON_BOTH(side_by_side)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
