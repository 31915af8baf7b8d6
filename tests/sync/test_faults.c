// SPDX-License-Identifier: Apache-2.0
//
// Faults of the malls while reading. Whatever happens: a run ends done, or failed with a reason;
// coverage never claims what wasn't listed; the next run without faults heals; nothing is lost and
// nothing doubled.
#include "world.h"

static const enum sim_mall both[] = {SIM_RAKUTEN, SIM_YAHOO};

struct read_fault {
    const char *name;
    struct sim_fault fault;
    bool passes; // retries within the run get over it
};

static void check_covered_is_listed(struct world *w, enum sim_mall mall)
{
    struct sim_summary *list;
    struct error error;
    size_t count;
    assert_true(sim_summaries(w->sim, (int)mall, w->arena, &list, &count));
    struct db_conn *conn = db_acquire(w->database->db, &error);
    for (size_t i = 0; i < count; i++) {
        struct db_stmt *s = db_prepare(
            conn,
            "SELECT (SELECT COUNT(*) FROM coverage WHERE org_id = $1 AND shop_id = $2 AND basis = "
            "0 AND from_at <= $4 AND to_at > $4), (SELECT COUNT(*) FROM listing WHERE org_id = $1 "
            "AND shop_id = $2 AND order_no = $3)",
            &error);
        assert_non_null(s);
        db_bind_id(s, 1, w->org_id);
        db_bind_id(s, 2, world_shop(w, mall));
        db_bind_text(s, 3, list[i].order_no);
        db_bind_int(s, 4, list[i].ordered_at);
        assert_int_equal(db_step(s, &error), DB_STEP_ROW);
        if (db_int(s, 0) > 0 && db_int(s, 1) == 0)
            fail_msg("%.*s lies in a covered window but isn't listed", STR_ARG(list[i].order_no));
        db_reset(s);
    }
    db_release(w->database->db, conn);
}

static void heals(struct world *w, enum sim_mall mall, const char *name)
{
    sim_fault_remove(w->sim, 0);
    world_advance(w, 60000);
    struct fetch_run run = world_fetch(w, mall);
    if (!str_eq(run.state, STR("done")))
        fail_msg("after %s: %.*s %s", name, STR_ARG(run.state), run.error.code);
    world_check_complete(w, mall);
    world_verify(w);
    assert_int_equal(world_gaps(w, mall), 0);
    assert_int_equal(
        world_int(w, "SELECT COUNT(*) FROM listing WHERE decision NOT IN ('imported', 'skipped')"),
        0);
}

static void ends_with_reason(struct world *w, struct fetch_run run, const char *name)
{
    bool done = str_eq(run.state, STR("done"));
    bool partly = str_eq(run.state, STR("partly")) && run.failed > 0;
    bool failed =
        str_eq(run.state, STR("failed")) && run.error.class != ERROR_NONE && run.error.what_ja[0];
    if (!done && !partly && !failed)
        fail_msg("%s: run ended %.*s without a reason", name, STR_ARG(run.state));
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM lease WHERE until <> 0"), 0);
}

static void one_fault(enum db_engine engine, enum sim_mall mall, const struct read_fault *f)
{
    struct world *w = world_open(engine, &(struct world_options){.orders = 60, .fetch_days = 55});
    struct sim_fault fault = f->fault;
    fault.mall = (int)mall;
    assert_true(sim_fault_add(w->sim, &fault) > 0);
    struct fetch_run run = world_fetch(w, mall);
    ends_with_reason(w, run, f->name);
    if (f->passes && !str_eq(run.state, STR("done")))
        fail_msg("%s on %s: %.*s %s %s", f->name, sim_mall_id(mall), STR_ARG(run.state),
                 run.error.code, run.error.what_en);
    check_covered_is_listed(w, mall);
    heals(w, mall, f->name);
    world_close(w);
}

static void each_fault(enum db_engine engine, const struct read_fault *faults, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < 2; m++)
            one_fault(engine, both[m], &faults[i]);
}

// Each in the middle of a fetch, and for ever.
static void passing_faults(void **state)
{
    enum db_engine engine = world_engine(state);
    static const struct read_fault faults[] = {
        {"429", {.kind = SIM_FAULT_STATUS, .status = 429, .skip = 1, .count = 2}, true},
        {"429 with Retry-After",
         {.kind = SIM_FAULT_STATUS,
          .status = 429,
          .retry_after_seconds = 40,
          .skip = 1,
          .count = 2},
         true},
        {"503", {.kind = SIM_FAULT_STATUS, .status = 503, .count = 3}, true},
        {"500", {.kind = SIM_FAULT_STATUS, .status = 500, .skip = 1, .count = 1}, true},
        {"no answer", {.kind = SIM_FAULT_DROP_BEFORE, .skip = 1, .count = 2}, true},
        {"answer lost", {.kind = SIM_FAULT_DROP_AFTER, .skip = 1, .count = 2}, true},
        {"truncated", {.kind = SIM_FAULT_TRUNCATE, .skip = 1, .count = 2}, true},
        {"delay", {.kind = SIM_FAULT_DELAY, .delay_ms = 30, .count = 5}, true},
    };
    each_fault(engine, faults, sizeof faults / sizeof faults[0]);
}

static void broken_answers(void **state)
{
    enum db_engine engine = world_engine(state);
    static const struct read_fault faults[] = {
        {"HTML", {.kind = SIM_FAULT_HTML, .skip = 1, .count = 1}, false},
        {"HTML for ever", {.kind = SIM_FAULT_HTML}, false},
        {"malformed", {.kind = SIM_FAULT_MALFORMED, .skip = 1, .count = 1}, false},
        {"malformed for ever", {.kind = SIM_FAULT_MALFORMED, .skip = 1}, false},
        {"doubled", {.kind = SIM_FAULT_DOUBLE, .skip = 1, .count = 1}, false},
        {"doubled for ever", {.kind = SIM_FAULT_DOUBLE}, false},
        {"cut characters", {.kind = SIM_FAULT_CUT_CHARACTER, .skip = 1, .count = 2}, false},
        {"429 for ever", {.kind = SIM_FAULT_STATUS, .status = 429}, false},
        {"503 for ever", {.kind = SIM_FAULT_STATUS, .status = 503, .skip = 1}, false},
        {"truncated for ever", {.kind = SIM_FAULT_TRUNCATE, .skip = 2}, false},
        {"no answer for ever", {.kind = SIM_FAULT_DROP_BEFORE, .skip = 2}, false},
        {"maintenance", {.kind = SIM_FAULT_MAINTENANCE}, false},
    };
    each_fault(engine, faults, sizeof faults / sizeof faults[0]);
}

// Faults on a third of all requests, of every kind at once, run after run.
static void storm(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++) {
        struct world *w =
            world_open(engine, &(struct world_options){.orders = 80, .fetch_days = 55});
        static const enum sim_fault_kind kinds[] = {SIM_FAULT_DROP_BEFORE,  SIM_FAULT_DROP_AFTER,
                                                    SIM_FAULT_TRUNCATE,     SIM_FAULT_MALFORMED,
                                                    SIM_FAULT_HTML,         SIM_FAULT_DOUBLE,
                                                    SIM_FAULT_CUT_CHARACTER};
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            sim_fault_add(w->sim, &(struct sim_fault){
                                      .kind = kinds[i], .mall = (int)both[m], .probability = 0.05});
        sim_fault_add(w->sim, &(struct sim_fault){.kind = SIM_FAULT_STATUS,
                                                  .mall = (int)both[m],
                                                  .status = 503,
                                                  .probability = 0.1});
        for (int i = 0; i < 5; i++) {
            ends_with_reason(w, world_fetch(w, both[m]), "storm");
            check_covered_is_listed(w, both[m]);
            world_verify(w);
            world_advance(w, 600000);
        }
        heals(w, both[m], "storm");
        world_close(w);
    }
}

// Orders that enter the mall's lists late are brought by the overlap of the windows.
static void listing_lag(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++) {
        struct world *w =
            world_open(engine, &(struct world_options){.orders = 20, .fetch_days = 55});
        world_fetch(w, both[m]);
        struct shop shop = world_read_shop(w, both[m]);
        int64_t overlap = (int64_t)shop.mall->limits.overlap_minutes * 60000;
        assert_true(overlap >= 60000);
        sim_fault_add(w->sim, &(struct sim_fault){.kind = SIM_FAULT_LISTING_LAG,
                                                  .mall = (int)both[m],
                                                  .lag_ms = overlap - 30000});
        for (int i = 0; i < 10; i++) {
            struct sim_wish wish;
            struct str order_no;
            struct error error;
            sim_wish_init(&wish, both[m]);
            world_advance(w, 20000);
            assert_true(sim_place(w->sim, w->now, &wish, w->arena, &order_no, &error));
            world_fetch(w, both[m]);
        }
        // All of them have entered the lists by now.
        world_advance(w, overlap);
        struct fetch_run run = world_fetch(w, both[m]);
        assert_true(str_eq(run.state, STR("done")));
        world_check_complete(w, both[m]);
        world_close(w);
    }
}

// One order that can't be read among many.
static void one_unreadable(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++) {
        struct world *w =
            world_open(engine, &(struct world_options){.orders = 120, .fetch_days = 55});
        struct sim_summary *list;
        size_t count;
        assert_true(sim_summaries(w->sim, (int)both[m], w->arena, &list, &count));
        struct str bad = list[count / 2].order_no;
        struct sim_fault fault = {.kind = SIM_FAULT_MALFORMED, .mall = (int)both[m]};
        snprintf(fault.order_no, sizeof fault.order_no, "%.*s", STR_ARG(bad));
        sim_fault_add(w->sim, &fault);
        struct fetch_run run = world_fetch(w, both[m]);
        if (!str_eq(run.state, STR("partly")))
            fail_msg("%s: %.*s %s", sim_mall_id(both[m]), STR_ARG(run.state), run.error.code);
        assert_int_equal(run.failed, 1);
        int64_t hidden = world_int(w, "SELECT COUNT(*) FROM listing WHERE decision = 'skipped'");
        assert_int_equal(run.created + hidden, count - 1);
        assert_int_equal(world_int(w,
                                   "SELECT COUNT(*) FROM quarantine WHERE resolved_at IS NULL "
                                   "AND order_no = '%.*s'",
                                   STR_ARG(bad)),
                         1);
        assert_int_equal(world_int(w,
                                   "SELECT COUNT(*) FROM listing WHERE decision = "
                                   "'quarantined' AND order_no = '%.*s' AND reason <> ''",
                                   STR_ARG(bad)),
                         1);
        world_verify(w);
        // It stays one row, however often it is tried.
        world_advance(w, 60000);
        struct fetch_request again = {.door = DOOR_NUMBER,
                                      .shop_id = world_shop(w, both[m]),
                                      .order_nos = &bad,
                                      .order_no_count = 1};
        world_fetch_with(w, &again);
        assert_int_equal(world_int(w, "SELECT COUNT(*) FROM quarantine WHERE resolved_at IS NULL"),
                         1);
        // Mended at the mall, long after its time of ordering: reading again brings it.
        sim_fault_remove(w->sim, 0);
        world_node_stop(&w->node);
        w->options.automatic = true;
        world_advance(w, 3600000);
        world_node_start(w, &w->node, "here:1");
        for (int i = 0; i < 400 && !world_order_id(w, both[m], bad); i++)
            for (int k = 0; k < 5; k++)
                node_turn(&w->node);
        assert_true(world_order_id(w, both[m], bad) != 0);
        assert_int_equal(world_int(w, "SELECT COUNT(*) FROM quarantine WHERE resolved_at IS NULL"),
                         0);
        world_settle(w, 0);
        world_check_complete(w, both[m]);
        world_verify(w);
        world_close(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(passing_faults), ON_BOTH(broken_answers), ON_BOTH(storm),
        ON_BOTH(listing_lag),    ON_BOTH(one_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
