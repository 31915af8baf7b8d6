// SPDX-License-Identifier: Apache-2.0
#include "world.h"

struct call {
    struct world *w;
    const row_id *ids;
    size_t count;
    const int64_t *expected;
    row_id status, undo;
    struct error *refused;
};

static bool call_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct call *c = context;
    return orders_move(conn, &c->w->context, c->ids, c->count, c->expected, c->status, c->refused,
                       &c->undo, error);
}

static void one_by_one(struct world *w)
{
    struct error refused[6], e;
    world_import(w, world_order(w, "M-1", 1));
    world_import(w, world_order(w, "M-2", 2));
    struct order *o = world_order(w, "M-3", 3);
    o->state = ORDER_CANCELLED;
    world_import(w, o);
    row_id ids[] = {world_id(w, "M-1"), world_id(w, "M-2"), 4711,
                    world_id(w, "M-3"), world_id(w, "M-1"), world_id(w, "M-2")};
    int64_t expected[] = {1, 7, -1, -1, -1, -1};
    struct call c = {w, ids, 5, expected, world_status(w, ROLE_WORK), 0, refused};
    w->context.now += 1000;
    assert_true(db_write(w->db, call_fn, &c, &e));
    assert_int_equal(refused[0].class, ERROR_NONE);
    assert_string_equal(refused[1].code, "order.version_conflict");
    assert_string_equal(refused[2].code, "order.not_found");
    assert_string_equal(refused[3].code, "order.cancelled");
    assert_string_equal(refused[4].code, "order.already_there"); // the same once more
    struct order *back = world_read(w, "M-1");
    assert_int_equal(back->work_status, c.status);
    assert_int_equal(back->version, 2);
    assert_int_equal(back->changed_at, w->context.now);
    assert_int_equal(world_count(w, c.status), 1);
    assert_int_equal(world_count(w, world_status(w, ROLE_ENTRY)), 1);
    struct order_event event = world_last_event(w, "M-1");
    assert_str(event.kind, "moved");
    assert_str(event.cause, "bulk");
    assert_int_equal(event.actor.kind, ACTOR_USER);
    assert_true(c.undo != 0);
    c.status = 999;
    assert_false(db_write(w->db, call_fn, &c, &e));
    assert_string_equal(e.code, "status.not_found");
    assert_string_equal(world_verify(w), "");
}

static void each_order_is_moved_or_refused_with_a_reason(void **state)
{
    on_each_engine(one_by_one);
}

static void undoing(struct world *w)
{
    struct error refused, e;
    row_id undo, later;
    size_t restored, skipped;
    row_id entry = world_status(w, ROLE_ENTRY), work = world_status(w, ROLE_WORK),
           done = world_status(w, ROLE_DONE);
    world_import(w, world_order(w, "U-1", 1));
    assert_true(world_move(w, "U-1", done, &undo, &refused));
    assert_int_equal(test_database_int(w->database, "SELECT open FROM \"order\""), 0);
    assert_true(world_undo(w, undo, &restored, &skipped, &e));
    assert_int_equal(restored, 1);
    assert_int_equal(skipped, 0);
    assert_int_equal(world_read(w, "U-1")->work_status, entry);
    assert_int_equal(test_database_int(w->database, "SELECT open FROM \"order\""), 1);
    assert_str(world_last_event(w, "U-1").kind, "undone");
    assert_false(world_undo(w, undo, &restored, &skipped, &e));
    assert_string_equal(e.code, "undo.done");
    // Changed since: left alone.
    assert_true(world_move(w, "U-1", work, &undo, &refused));
    assert_true(world_move(w, "U-1", done, &later, &refused));
    assert_true(world_undo(w, undo, &restored, &skipped, &e));
    assert_int_equal(restored, 0);
    assert_int_equal(skipped, 1);
    assert_int_equal(world_read(w, "U-1")->work_status, done);
    w->context.now += 10 * 60000 + 1;
    assert_false(world_undo(w, later, &restored, &skipped, &e));
    assert_string_equal(e.code, "undo.too_late");
    assert_false(world_undo(w, 5, &restored, &skipped, &e));
    assert_int_equal(e.class, ERROR_NOT_FOUND);
    assert_int_equal(world_count(w, done), 1);
    assert_int_equal(world_count(w, work), 0);
    assert_string_equal(world_verify(w), "");
}

static void moves_can_be_taken_back(void **state)
{
    on_each_engine(undoing);
}

static void bulk(struct world *w)
{
    static struct order_import imports[1000];
    static row_id ids[1000];
    static struct error refused[1000];
    struct error e;
    size_t restored, skipped;
    char no[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(no, sizeof no, "B-%d", i);
        imports[i] = (struct order_import){.order = world_order(w, no, i), .door = "range"};
    }
    assert_true(world_try_import(w, imports, 1000, &e));
    for (int i = 0; i < 1000; i++)
        ids[i] = imports[(i * 7) % 1000].order_id; // in no order
    struct call c = {w, ids, 1000, NULL, world_status(w, ROLE_READY), 0, refused};
    world_statements(w);
    assert_true(db_write(w->db, call_fn, &c, &e));
    uint64_t statements = world_statements(w);
    assert_true(statements <= (w->engine == DB_POSTGRES ? 15u : 3100u));
    for (int i = 0; i < 1000; i++)
        assert_int_equal(refused[i].class, ERROR_NONE);
    assert_int_equal(world_count(w, c.status), 1000);
    assert_true(world_undo(w, c.undo, &restored, &skipped, &e));
    assert_int_equal(restored, 1000);
    assert_int_equal(world_count(w, c.status), 0);
    assert_string_equal(world_verify(w), "");
}

static void a_thousand_at_once(void **state)
{
    on_each_engine(bulk);
}

static void memo(struct world *w)
{
    struct error e;
    world_import(w, world_order(w, "N-1", 1));
    assert_false(world_memo(w, "N-1", 9, "x", &e));
    assert_int_equal(e.class, ERROR_CONFLICT);
    assert_true(e.hint_ja[0] != 0);
    assert_true(world_memo(w, "N-1", 1, "一", &e));
    assert_str(world_last_event(w, "N-1").kind, "memo");
    assert_true(world_memo(w, "N-1", 2, "一", &e)); // the same: nothing happens
    assert_int_equal(world_read(w, "N-1")->version, 2);
    assert_false(world_memo(w, "N-1", -1, "\xff", &e));
    assert_int_equal(e.class, ERROR_BAD_INPUT);
    assert_string_equal(world_verify(w), "");
}

static void memos_are_locked_by_version(void **state)
{
    on_each_engine(memo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_order_is_moved_or_refused_with_a_reason),
        cmocka_unit_test(moves_can_be_taken_back),
        cmocka_unit_test(a_thousand_at_once),
        cmocka_unit_test(memos_are_locked_by_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
