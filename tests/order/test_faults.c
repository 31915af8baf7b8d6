// SPDX-License-Identifier: Apache-2.0
//
// Every statement and every allocation of every flow fails once: afterwards the database is as it
// was before or as it should be, never between, and the error is complete.
#include "world.h"

#include "base/memory.h"

struct flow {
    struct world *w;
    bool (*run)(struct flow *f, struct db_conn *conn, struct error *error);
    uint64_t fail_allocation; // 0 = none
    struct order_import imports[6];
    row_id ids[4], status, undo;
    struct ship_package package;
    struct shipment shipment;
};

static bool import_flow(struct flow *f, struct db_conn *conn, struct error *error)
{
    return orders_import(conn, &f->w->context, f->imports, 6, error);
}

static bool move_flow(struct flow *f, struct db_conn *conn, struct error *error)
{
    struct error refused[4];
    return orders_move(conn, &f->w->context, f->ids, 3, NULL, f->status, refused, &f->undo, error);
}

static bool undo_flow(struct flow *f, struct db_conn *conn, struct error *error)
{
    size_t restored, skipped;
    return orders_undo(conn, &f->w->context, f->undo, &restored, &skipped, error);
}

static bool ship_flow(struct flow *f, struct db_conn *conn, struct error *error)
{
    int64_t version;
    return order_ship(conn, &f->w->context, f->ids[0], -1, &f->package, 1, true, 0, &version,
                      error);
}

static bool memo_flow(struct flow *f, struct db_conn *conn, struct error *error)
{
    int64_t version;
    return order_set_memo(conn, &f->w->context, f->ids[1], -1, STR("メモ"), &version, error);
}

static bool run_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct flow *f = context;
    // On this thread: SQLite's writer has its own.
    memory_fail_at(f->fail_allocation, 0);
    bool done = f->run(f, conn, error);
    memory_fail_at(0, 0);
    return done;
}

// What must be either as before or as after: a sum over everything that matters.
static int64_t fingerprint(struct world *w)
{
    return test_database_int(
        w->database,
        "SELECT (SELECT COALESCE(SUM(version * 7 + work_status_id % 1009 + LENGTH(memo)), 0) FROM "
        "\"order\") + "
        "(SELECT COUNT(*) * 100003 FROM order_event) + (SELECT COUNT(*) * 1000003 FROM writeback) "
        "+ "
        "(SELECT COUNT(*) * 1009 FROM order_line) + (SELECT COUNT(*) * 13 FROM undo) + "
        "(SELECT COUNT(*) * 101 FROM quarantine) + (SELECT COUNT(*) * 100000007 FROM shipment)");
}

static void complete(const struct error *e)
{
    assert_true(error_is_set(e));
    assert_true(e->code[0] && e->what_ja[0] && e->what_en[0]);
}

static void old_or_new(struct flow *f)
{
    struct world *w = f->w;
    int64_t before = fingerprint(w);
    struct error e;
    int allocations = 0;
    for (f->fail_allocation = 1;; f->fail_allocation++) {
        memset(&e, 0, sizeof e);
        bool done = db_write(w->db, run_fn, f, &e);
        if (done)
            break;
        complete(&e);
        assert_int_equal(fingerprint(w), before);
        if (allocations++ % 16 == 0)
            assert_string_equal(world_verify(w), "");
        assert_true(allocations < 5000);
    }
    f->fail_allocation = 0;
    assert_string_equal(world_verify(w), "");
    assert_true(allocations > 0);
}

// The same with statements; the flow must not have been done yet.
static void statements_fail(struct flow *f)
{
    struct world *w = f->w;
    int64_t before = fingerprint(w);
    struct error e;
    for (uint64_t n = 1;; n++) {
        memset(&e, 0, sizeof e);
        db_fail_at(w->db, n, false);
        bool done = db_write(w->db, run_fn, f, &e);
        uint64_t used = db_fail_at(w->db, 0, false);
        assert_string_equal(world_verify(w), "");
        if (done && used < n) {
            assert_int_not_equal(fingerprint(w), before);
            return;
        }
        if (!done) {
            complete(&e);
            assert_int_equal(fingerprint(w), before);
        } else {
            return; // the engine tried again by itself
        }
        assert_true(n < 2000);
    }
}

static void prepare(struct flow *f, struct world *w)
{
    char no[32];
    struct error e;
    *f = (struct flow){.w = w};
    // Two known orders that change, one that doesn't, two new ones, a bad one.
    for (int i = 0; i < 6; i++) {
        snprintf(no, sizeof no, "F-%d", i);
        f->imports[i] = (struct order_import){.order = world_order(w, no, i),
                                              .raw = STR("{\"a\":1}"),
                                              .raw_type = STR("a/b"),
                                              .door = "range"};
    }
    struct order *bad = order_copy(w->arena, f->imports[5].order);
    bad->packages[0].lines[0].quantity = -1;
    assert_true(world_try_import(w, f->imports, 3, &e));
    for (int i = 0; i < 3; i++)
        f->ids[i] = f->imports[i].order_id;
    for (int i = 0; i < 2; i++) {
        struct order *o = order_copy(w->arena, f->imports[i].order);
        o->mall_status = STR("500");
        o->packages[0].lines[0].title = STR("梨");
        o->packages[0].line_count = 1;
        f->imports[i].order = o;
    }
    f->imports[5].order = bad;
    f->status = world_status(w, ROLE_WORK);
    struct order *o = world_read(w, "F-0");
    f->shipment = (struct shipment){
        .carrier = STR("yamato"), .tracking_number = STR("400123456784"), .ship_date = 20261122};
    f->package = (struct ship_package){o->packages[0].id, &f->shipment, 1};
}

static void allocations(struct world *w)
{
    struct flow f;
    prepare(&f, w);
    f.run = import_flow;
    old_or_new(&f);
    f.run = move_flow;
    old_or_new(&f);
    f.run = undo_flow;
    old_or_new(&f);
    f.run = ship_flow;
    old_or_new(&f);
    f.run = memo_flow;
    old_or_new(&f);
}

static void any_allocation_may_fail(void **state)
{
    on_each_engine(allocations);
}

static void statements(struct world *w)
{
    struct flow f;
    prepare(&f, w);
    f.run = import_flow;
    statements_fail(&f);
    f.run = move_flow;
    statements_fail(&f);
    f.run = undo_flow;
    statements_fail(&f);
    f.run = ship_flow;
    statements_fail(&f);
    f.run = memo_flow;
    statements_fail(&f);
}

static void any_statement_may_fail(void **state)
{
    on_each_engine(statements);
}

static bool read_all(struct world *w, struct db_conn *conn, struct arena *arena,
                     struct error *error)
{
    struct order o;
    struct order_filter f = world_filter();
    struct order_page page;
    struct order_event *events;
    struct status_count *counts;
    struct writeback *writebacks;
    struct writeback_filter wf = {.state = -1,
                                  .changed_from = TIME_NONE,
                                  .changed_to = TIME_NONE,
                                  .due_by = TIME_NONE,
                                  .limit = 10};
    struct str raw, type, next;
    size_t n;
    time_ms at;
    row_id id = order_id_for(world_ordered_at(1), w->shop, STR("F-1"), 0);
    f.q = STR("佐藤");
    return order_read(conn, w->org, id, arena, &o, error) &&
           order_list(conn, w->org, &f, arena, &page, error) &&
           order_events(conn, w->org, id, arena, &events, &n, error) &&
           order_counts(conn, w->org, true, arena, &counts, &n, error) &&
           order_raw(conn, w->org, id, arena, &raw, &type, &at, error) &&
           obligation_list(conn, w->org, &wf, arena, &writebacks, &n, &next, error);
}

static void reading(struct world *w)
{
    struct flow f;
    struct error e;
    prepare(&f, w);
    int failures = 0;
    for (uint64_t n = 1;; n++) {
        AUTO_ARENA arena = arena_new(64u << 20);
        struct db_conn *conn = db_acquire(w->db, &e);
        memset(&e, 0, sizeof e);
        memory_fail_at(n, 0);
        bool done = read_all(w, conn, arena, &e);
        memory_fail_at(0, 0);
        db_release(w->db, conn);
        if (done)
            break;
        complete(&e);
        failures++;
    }
    assert_true(failures > 5);
    for (uint64_t n = 1;; n++) {
        AUTO_ARENA arena = arena_new(64u << 20);
        struct db_conn *conn = db_acquire(w->db, &e);
        memset(&e, 0, sizeof e);
        db_fail_at(w->db, n, false);
        bool done = read_all(w, conn, arena, &e);
        uint64_t used = db_fail_at(w->db, 0, false);
        db_release(w->db, conn);
        if (done && used < n)
            break;
        assert_false(done);
        complete(&e);
    }
}

static void reading_fails_cleanly(void **state)
{
    on_each_engine(reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(any_statement_may_fail),
        cmocka_unit_test(reading_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
