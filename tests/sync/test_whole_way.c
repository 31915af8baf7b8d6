// SPDX-License-Identifier: Apache-2.0
//
// The whole way in and out at both malls: everything is fetched, a second fetch writes nothing,
// what is shipped is told once and seen at the mall.
#include "world.h"

static void fetch_all(struct world *w, enum sim_mall mall)
{
    struct fetch_run run = world_fetch(w, mall);
    if (!str_eq(run.state, STR("done")))
        fail_msg("%.*s: %s %s %s %s", STR_ARG(run.state), run.error.code, run.error.what_en,
                 run.error.peer_code, run.error.peer_text);
    world_check_complete(w, mall);
    assert_int_equal(world_int(w,
                               "SELECT COUNT(*) FROM listing WHERE shop_id = %lld AND decision "
                               "NOT IN ('imported', 'skipped')",
                               (long long)world_shop(w, mall)),
                     0);
    assert_int_equal(run.created,
                     world_int(w, "SELECT COUNT(*) FROM \"order\" WHERE shop_id = %lld",
                               (long long)world_shop(w, mall)));
    assert_true(run.created > 0);
    assert_int_equal(world_gaps(w, mall), 0);
    uint64_t before = world_orders_digest(w);
    world_advance(w, 60000);
    run = world_fetch(w, mall);
    assert_true(str_eq(run.state, STR("done")));
    assert_int_equal(run.created + run.updated + run.failed, 0);
    assert_true(world_orders_digest(w) == before);
    // And a range over everything: nothing is new either.
    struct fetch_request range = {.door = DOOR_RANGE,
                                  .shop_id = world_shop(w, mall),
                                  .from = w->now - INT64_C(59) * 86400000,
                                  .to = w->now};
    run = world_fetch_with(w, &range);
    assert_true(str_eq(run.state, STR("done")));
    assert_int_equal(run.created + run.updated + run.failed, 0);
    assert_true(run.listed > 0);
}

static void ship_all(struct world *w, enum sim_mall mall, size_t expected)
{
    size_t shipped = world_ship_ready(w, mall, 1000);
    assert_true(shipped >= expected);
    world_settle(w, 30000);
    int64_t verified = world_int(
        w, "SELECT COUNT(*) FROM writeback WHERE shop_id = %lld AND aspect = 1 AND state = 7",
        (long long)world_shop(w, mall));
    if (verified != (int64_t)shipped)
        fail_msg(
            "%lld of %zu verified; another is in state %lld: %.*s", (long long)verified, shipped,
            (long long)world_int(w, "SELECT state FROM writeback WHERE state <> 7 ORDER BY id"),
            STR_ARG(world_text(w, "SELECT reason || ' ' || COALESCE(error_json, '') FROM "
                                  "writeback WHERE state <> 7 ORDER BY id")));
    world_check_effects(w);
    // Asked again, with nothing owed any more: nothing leaves.
    size_t requests = mall_server_requests(w->malls, mall, NULL);
    world_push(w);
    assert_int_equal(mall_server_requests(w->malls, mall, NULL), requests);
    world_fetch(w, mall);
    world_check_effects(w);
    assert_int_equal(world_int(w,
                               "SELECT COUNT(*) FROM writeback WHERE aspect = 1 AND shop_id = "
                               "%lld",
                               (long long)world_shop(w, mall)),
                     shipped);
}

static void whole_way(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 300});
    fetch_all(w, SIM_RAKUTEN);
    fetch_all(w, SIM_YAHOO);
    world_verify(w);
    for (int i = 0; i < 5; i++) {
        world_place_ready(w, SIM_RAKUTEN);
        world_place_ready(w, SIM_YAHOO);
    }
    world_fetch(w, SIM_RAKUTEN);
    world_fetch(w, SIM_YAHOO);
    ship_all(w, SIM_RAKUTEN, 5);
    ship_all(w, SIM_YAHOO, 5);
    world_verify(w);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(whole_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
