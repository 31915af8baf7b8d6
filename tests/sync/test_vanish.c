// SPDX-License-Identifier: Apache-2.0
//
// Provisional orders through the engine: imported as such, left out with a reason where the shop
// says so, settled, or gone with the mall.
#include "world.h"

static struct str place_provisional(struct world *w)
{
    struct error error;
    assert_true(sim_switch_set(w->sim, STR("makeshop.provisional_percent"), STR("100"), &error) &&
                sim_switch_set(w->sim, STR("makeshop.provisional_minutes"), STR("10000"), &error));
    return world_place(w, SIM_MAKESHOP, SIM_STAGE_NEW);
}

static struct world *open_shop(void **state, const char *api)
{
    struct world *w = world_open(world_engine(state),
                                 &(struct world_options){.one_mall = true, .mall = SIM_MAKESHOP});
    world_set(w, SIM_MAKESHOP, "api", api, NULL);
    return w;
}

static void read_again(struct world *w, struct str order_no)
{
    struct fetch_request request = {.door = DOOR_NUMBER,
                                    .shop_id = world_shop(w, SIM_MAKESHOP),
                                    .order_nos = &order_no,
                                    .order_no_count = 1};
    world_fetch_with(w, &request);
}

static void state_is(struct world *w, row_id id, enum order_state state)
{
    assert_int_equal(world_int(w, "SELECT state FROM \"order\" WHERE id = %lld", (long long)id),
                     state);
}

static void one_settles_and_one_vanishes(void **state)
{
    static const char *const apis[] = {"graphql", "legacy"};
    for (int i = 0; i < 2; i++) {
        struct world *w = open_shop(state, apis[i]);
        struct str stays = place_provisional(w), goes = place_provisional(w);
        world_fetch(w, SIM_MAKESHOP);
        row_id kept = world_order_id(w, SIM_MAKESHOP, stays);
        row_id gone = world_order_id(w, SIM_MAKESHOP, goes);
        state_is(w, kept, ORDER_PROVISIONAL);
        state_is(w, gone, ORDER_PROVISIONAL);
        world_act(w, SIM_MAKESHOP, stays, "settle", "");
        world_act(w, SIM_MAKESHOP, goes, "fail-payment", "");
        world_advance(w, 60000);
        read_again(w, stays);
        read_again(w, goes);
        state_is(w, kept, ORDER_ACCEPTED);
        state_is(w, gone, ORDER_CANCELLED);
        assert_true(
            world_text(w, "SELECT reason FROM listing WHERE order_id = %lld", (long long)gone).n >
            0);
        assert_true(world_int(w, "SELECT COUNT(*) FROM order_event WHERE order_id = %lld",
                              (long long)gone) > 1);
        world_fetch(w, SIM_MAKESHOP); // lists what has settled
        // Asked once more: nothing is written any more.
        uint64_t before = world_orders_digest(w);
        world_fetch(w, SIM_MAKESHOP);
        assert_true(world_orders_digest(w) == before);
        state_is(w, gone, ORDER_CANCELLED);
        world_verify(w);
        world_close(w);
    }
}

static void left_out_until_it_settles(void **state)
{
    struct world *w = open_shop(state, "graphql");
    world_set(w, SIM_MAKESHOP, "fetch_statuses", "unprocessed", NULL);
    struct str order_no = place_provisional(w);
    world_fetch(w, SIM_MAKESHOP);
    assert_int_equal(world_order_id(w, SIM_MAKESHOP, order_no), 0);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM listing WHERE decision = 'skipped' AND "
                                  "reason = 'filter.status' AND status_choice = 'provisional'"),
                     1);
    world_act(w, SIM_MAKESHOP, order_no, "settle", "");
    world_advance(w, 60000);
    world_fetch(w, SIM_MAKESHOP);
    assert_true(world_order_id(w, SIM_MAKESHOP, order_no) != 0);
    world_check_complete(w, SIM_MAKESHOP);
    world_verify(w);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(one_settles_and_one_vanishes),
        ON_BOTH(left_out_until_it_settles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
