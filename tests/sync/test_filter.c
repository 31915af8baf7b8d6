// SPDX-License-Identifier: Apache-2.0
//
// 取得ステータス and the doors: what the filter leaves out is known with its reason, widening it
// brings exactly that; by status, by number, by range; what is asked wrongly is refused with words.
#include "world.h"

#include "sim/demo_keys.h"

static int64_t listings(struct world *w, enum sim_mall mall, const char *where)
{
    return world_int(w, "SELECT COUNT(*) FROM listing WHERE shop_id = %lld AND %s",
                     (long long)world_shop(w, mall), where);
}

static int64_t orders(struct world *w, enum sim_mall mall)
{
    return world_int(w, "SELECT COUNT(*) FROM \"order\" WHERE shop_id = %lld",
                     (long long)world_shop(w, mall));
}

struct filter_case {
    enum sim_mall mall;
    const char *narrow, *wide;
    const char *added; // as SQL list
};

static void filter_of(enum db_engine engine, const struct filter_case *c)
{
    struct world *w = world_open(engine, &(struct world_options){.orders = 150});
    world_set(w, c->mall, "fetch_statuses", c->narrow, NULL);
    struct fetch_run run = world_fetch(w, c->mall);
    assert_true(str_eq(run.state, STR("done")));
    world_check_complete(w, c->mall);
    int64_t skipped = listings(w, c->mall, "decision = 'skipped' AND reason = 'filter.status'");
    int64_t hidden = listings(w, c->mall, "decision = 'skipped' AND reason <> 'filter.status'");
    assert_true(skipped > 0);
    assert_int_equal(run.skipped, skipped + hidden);
    bool counted = false;
    for (size_t i = 0; i < run.skip_count; i++)
        counted = counted || (str_eq(run.skips[i].reason, STR("filter.status")) &&
                              run.skips[i].count == skipped);
    assert_true(counted);
    assert_int_equal(orders(w, c->mall) + skipped + hidden, listings(w, c->mall, "1 = 1"));
    char where[256];
    snprintf(where, sizeof where,
             "decision = 'skipped' AND reason = 'filter.status' AND status_choice IN (%s)",
             c->added);
    int64_t expected = listings(w, c->mall, where), wanted, before = orders(w, c->mall);
    assert_true(expected > 0);
    world_verify(w);
    world_set(w, c->mall, "fetch_statuses", c->wide, &wanted);
    assert_int_equal(wanted, expected);
    assert_int_equal(listings(w, c->mall, "decision = 'wanted'"), expected);
    world_advance(w, 60000);
    run = world_fetch(w, c->mall);
    assert_true(str_eq(run.state, STR("done")));
    assert_int_equal(run.created, expected);
    assert_int_equal(orders(w, c->mall), before + expected);
    assert_int_equal(listings(w, c->mall, "decision = 'wanted'"), 0);
    world_check_complete(w, c->mall);
    // Narrower again: what is here stays and goes on being read.
    world_set(w, c->mall, "fetch_statuses", c->narrow, &wanted);
    assert_int_equal(wanted, 0);
    world_advance(w, 60000);
    world_fetch(w, c->mall);
    assert_int_equal(orders(w, c->mall), before + expected);
    world_verify(w);
    world_close(w);
}

static void filters(void **state)
{
    static const struct filter_case cases[] = {
        {SIM_RAKUTEN, "300", "300,500,900", "'500', '900'"},
        {SIM_YAHOO, "new_order", "new_order,done,cancel", "'done', 'cancel'"},
    };
    enum db_engine engine = world_engine(state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        filter_of(engine, &cases[i]);
}

// An order that moves into the filter comes; one that moves out goes on being followed.
static void moving_orders(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    world_set(w, SIM_RAKUTEN, "fetch_statuses", "300,400", NULL);
    struct str number = world_place(w, SIM_RAKUTEN, SIM_STAGE_NEW);
    world_fetch(w, SIM_RAKUTEN);
    assert_int_equal(world_order_id(w, SIM_RAKUTEN, number), 0);
    world_act(w, SIM_RAKUTEN, number, "confirm", "");
    world_act(w, SIM_RAKUTEN, number, "clear", "");
    world_advance(w, 60000);
    struct fetch_request range = {
        .door = DOOR_RANGE, .shop_id = w->rakuten, .from = w->now - 86400000, .to = w->now};
    world_fetch_with(w, &range);
    row_id id = world_order_id(w, SIM_RAKUTEN, number);
    assert_true(id != 0);
    world_act(w, SIM_RAKUTEN, number, "cancel", "");
    world_advance(w, 60000);
    range.to = w->now;
    world_fetch_with(w, &range);
    assert_true(
        str_eq(world_text(w, "SELECT mall_status FROM \"order\" WHERE id = %lld", (long long)id),
               STR("900")));
    world_verify(w);
    world_close(w);
}

static bool queue_refused(struct world *w, const struct fetch_request *request, const char *code)
{
    struct error error;
    row_id id;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    struct order_context by = world_context(w);
    bool ok = fetch_request_queue(conn, &by, request, &id, &error);
    db_release(w->database->db, conn);
    if (!ok && strcmp(error.code, code) != 0)
        fail_msg("%s instead of %s", error.code, code);
    return !ok && error.class == ERROR_BAD_INPUT && error.what_ja[0] && error.hint_ja[0];
}

static void doors(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 80});
    static const enum sim_mall both[] = {SIM_RAKUTEN, SIM_YAHOO};
    static const char *const filters[] = {"300", "new_order"}, *const statuses[] = {"900",
                                                                                    "cancel"};
    for (size_t m = 0; m < 2; m++) {
        enum sim_mall mall = both[m];
        world_set(w, mall, "fetch_statuses", filters[m], NULL);
        // One status, whatever the filter says; nothing else, and no coverage.
        struct fetch_request by_status = {.door = DOOR_STATUS,
                                          .shop_id = world_shop(w, mall),
                                          .from = w->now - INT64_C(55) * 86400000,
                                          .to = w->now,
                                          .status = str_from(statuses[m])};
        struct fetch_run run = world_fetch_with(w, &by_status);
        if (!str_eq(run.state, STR("done")))
            fail_msg("%.*s %s", STR_ARG(run.state), run.error.code);
        char where[64];
        snprintf(where, sizeof where, "status_choice = '%s'", statuses[m]);
        assert_true(run.created > 0);
        assert_int_equal(run.created, orders(w, mall));
        assert_int_equal(listings(w, mall, where), listings(w, mall, "1 = 1"));
        assert_int_equal(world_int(w, "SELECT COUNT(*) FROM coverage WHERE shop_id = %lld",
                                   (long long)world_shop(w, mall)),
                         0);
        // By number: past the filter, with words for what the mall doesn't have.
        world_fetch(w, mall);
        struct str skipped =
            world_text(w,
                       "SELECT order_no FROM listing WHERE shop_id = %lld AND reason = "
                       "'filter.status' ORDER BY order_no",
                       (long long)world_shop(w, mall));
        assert_true(skipped.n > 0);
        struct str numbers[] = {skipped,
                                mall == SIM_RAKUTEN ? STR("999001-20200101-0000000001")
                                                    : STR("juchu-demo-99999999"),
                                STR("注文"), STR("  ")};
        struct fetch_request by_number = {.door = DOOR_NUMBER,
                                          .shop_id = world_shop(w, mall),
                                          .order_nos = numbers,
                                          .order_no_count = 3};
        int64_t before = orders(w, mall);
        run = world_fetch_with(w, &by_number);
        if (!str_eq(run.state, STR("partly")))
            fail_msg("%s: %.*s %s", sim_mall_id(mall), STR_ARG(run.state), run.error.code);
        assert_int_equal(run.created, 1);
        assert_int_equal(run.failed, 2);
        assert_int_equal(orders(w, mall), before + 1);
        assert_true(world_order_id(w, mall, skipped) != 0);
        struct fetch_item *items;
        struct error error;
        size_t count, said = 0;
        struct db_conn *conn = db_acquire(w->database->db, &error);
        assert_true(
            fetch_items(conn, w->org_id, run.id, STR(""), 100, w->arena, &items, &count, &error));
        db_release(w->database->db, conn);
        assert_int_equal(count, 3);
        for (size_t i = 0; i < count; i++)
            said += str_eq(items[i].outcome, STR("failed")) && items[i].reason.n > 0 &&
                    items[i].error.what_ja[0] != 0;
        assert_int_equal(said, 2);
    }
    world_verify(w);
    struct fetch_request r = {
        .door = DOOR_RANGE, .shop_id = w->rakuten, .from = w->now, .to = w->now - 1};
    assert_true(queue_refused(w, &r, "fetch.range_reversed"));
    r.to = TIME_NONE;
    assert_true(queue_refused(w, &r, "fetch.range_reversed"));
    r.from = w->now - INT64_C(3000) * 86400000;
    r.to = w->now;
    assert_true(queue_refused(w, &r, "fetch.range_too_wide"));
    r = (struct fetch_request){.door = DOOR_STATUS,
                               .shop_id = w->rakuten,
                               .from = w->now - 1000,
                               .to = w->now,
                               .status = STR("123")};
    assert_true(queue_refused(w, &r, "fetch.status_unknown"));
    r = (struct fetch_request){.door = DOOR_NUMBER, .shop_id = w->rakuten};
    assert_true(queue_refused(w, &r, "fetch.order_numbers"));
    world_close(w);
}

static bool cancel_fn(void *context, struct db_conn *conn, struct error *error)
{
    const row_id *run = ((void **)context)[0];
    struct order_context by = world_context(((void **)context)[1]);
    return fetch_run_cancel(conn, &by, *run, error);
}

// A run that a person stops: before it began, in the middle, after its end.
static void cancelled_runs(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 400});
    struct fetch_request range = {.door = DOOR_RANGE,
                                  .shop_id = w->yahoo,
                                  .from = w->now - INT64_C(55) * 86400000,
                                  .to = w->now};
    struct error error;
    for (int requests = 0; requests < 40; requests += 13) {
        row_id run_id = world_queue(w, &range);
        size_t before = mall_server_requests(w->malls, SIM_YAHOO, NULL);
        sync_wake(w->node.sync);
        for (int i = 0; i < 3000 && requests > 0 &&
                        mall_server_requests(w->malls, SIM_YAHOO, NULL) - before < (size_t)requests;
             i++)
            node_turn(&w->node);
        void *context[] = {&run_id, w};
        bool cancelled = db_write(w->database->db, cancel_fn, context, &error);
        world_settle(w, 2000);
        struct fetch_run run = world_run(w, run_id);
        assert_true(str_eq(run.state, cancelled ? STR("cancelled") : STR("done")));
        size_t after = mall_server_requests(w->malls, SIM_YAHOO, NULL) - before;
        assert_in_range(after, requests ? 1 : 0, (size_t)requests + 120);
        assert_int_equal(world_int(w, "SELECT COUNT(*) FROM lease WHERE until <> 0"), 0);
        world_verify(w);
        // And the next run takes up what this one left.
        world_advance(w, 60000);
    }
    world_fetch(w, SIM_YAHOO);
    world_check_complete(w, SIM_YAHOO);
    row_id last = world_int(w, "SELECT MAX(id) FROM fetch_run");
    void *context[] = {&last, w};
    assert_false(db_write(w->database->db, cancel_fn, context, &error));
    assert_int_equal(error.class, ERROR_CONFLICT);
    world_verify(w);
    world_close(w);
}

static void an_hour(struct world *w)
{
    // In steps, as the engine never rests for long while shops are due.
    for (int i = 0; i < 12; i++) {
        world_advance(w, 300000);
        world_settle(w, 1000);
    }
}

// 自動取得 off means off, also right after connecting and after a new key; on again means now.
static void automatic_fetching(void **state)
{
    struct world *w =
        world_open(world_engine(state), &(struct world_options){.orders = 10, .automatic = true});
    static const char counted[] =
        "SELECT COUNT(*) FROM fetch_run WHERE door = 'automatic' AND shop_id = "
        "%lld";
    long long shop = (long long)world_shop(w, SIM_RAKUTEN);
    world_set(w, SIM_RAKUTEN, "auto_fetch", "false", NULL);
    an_hour(w);
    assert_int_equal(world_int(w, counted, shop), 0);
    world_set(w, SIM_RAKUTEN, "license_key", SIM_RAKUTEN_LICENSE_KEY, NULL);
    an_hour(w);
    assert_int_equal(world_int(w, counted, shop), 0);
    world_set(w, SIM_RAKUTEN, "auto_fetch", "true", NULL);
    world_settle(w, 1000);
    assert_int_equal(world_int(w, counted, shop), 1);
    an_hour(w);
    assert_true(world_int(w, counted, shop) > 1);
    world_verify(w);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(filters), ON_BOTH(moving_orders), ON_BOTH(doors),
                                       ON_BOTH(cancelled_runs), ON_BOTH(automatic_fetching)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
