// SPDX-License-Identifier: Apache-2.0
// Dictionaries for stored answers and details: learned once, used from then on, always readable.
#include "world.h"

#include "base/memory.h"
#include "order/pack.h"

#define ORDERS 260

static struct str raw_of(struct world *w, int n)
{
    return arena_printf(w->arena,
                        "{\"orderNumber\":\"P-%d\",\"orderProgress\":300,\"goodsPrice\":%d,"
                        "\"OrdererModel\":{\"prefecture\":\"東京都\",\"familyName\":\"佐藤\"}}",
                        n, 1000 + n * 7 % 900);
}

static void bring(struct world *w, int from, int count)
{
    struct order_import imports[ORDERS];
    struct error e;
    memset(imports, 0, sizeof imports);
    for (int i = 0; i < count; i++) {
        char no[32];
        snprintf(no, sizeof no, "P-%d", from + i);
        imports[i] = (struct order_import){.order = world_order(w, no, from + i),
                                           .raw = raw_of(w, from + i),
                                           .raw_type = STR("application/json"),
                                           .door = "range"};
    }
    assert_true(world_try_import(w, imports, (size_t)count, &e));
}

static int64_t ask(struct world *w, const char *sql)
{
    struct error e;
    struct db_conn *conn = db_acquire(w->db, &e);
    struct db_stmt *s = db_prepare(conn, sql, &e);
    assert_non_null(s);
    assert_int_equal(db_step(s, &e), DB_STEP_ROW);
    int64_t value = db_int(s, 0);
    db_reset(s);
    db_release(w->db, conn);
    return value;
}

// All of the first `count` orders read back as they were given.
static void assert_readable(struct world *w, int count)
{
    for (int i = 0; i < count; i += 13) {
        char no[32];
        struct str raw, type;
        struct error e;
        time_ms at;
        unsigned char given[16], stored[16];
        snprintf(no, sizeof no, "P-%d", i);
        order_content_hash(world_order(w, no, i), given);
        order_content_hash(world_read(w, no), stored);
        assert_memory_equal(given, stored, 16);
        struct db_conn *conn = db_acquire(w->db, &e);
        assert_true(order_raw(conn, w->org, world_id(w, no), w->arena, &raw, &type, &at, &e));
        assert_true(str_eq(raw, raw_of(w, i)));
        db_release(w->db, conn);
    }
    assert_string_equal(world_verify(w), "");
}

static void at_once(struct world *w)
{
    bring(w, 0, 40);
    assert_int_equal(ask(w, "SELECT COUNT(*) FROM raw_dictionary"), 0);
    bring(w, 40, 200);
    assert_int_equal(ask(w, "SELECT COUNT(*) FROM raw_dictionary"), 1);
    bring(w, 240, 20);
    assert_int_equal(ask(w, "SELECT COUNT(*) FROM raw_dictionary"), 1);
    assert_int_equal(ask(w, "SELECT COUNT(*) FROM raw_document WHERE dictionary = 0"), 40);
    int64_t plain = ask(w, "SELECT CAST(AVG(LENGTH(packed)) AS BIGINT) FROM raw_document "
                           "WHERE dictionary = 0");
    int64_t packed = ask(w, "SELECT CAST(AVG(LENGTH(packed)) AS BIGINT) FROM raw_document "
                            "WHERE dictionary <> 0");
    assert_true(packed < plain / 2);
    assert_readable(w, 260);
}

static void a_large_import_teaches(void **state)
{
    on_each_engine(at_once);
}

static void one_by_one(struct world *w)
{
    for (int i = 0; i < 102; i++)
        bring(w, i, 1);
    assert_int_equal(ask(w, "SELECT COUNT(*) FROM raw_dictionary"), 1);
    assert_int_equal(ask(w, "SELECT COUNT(*) FROM raw_document WHERE dictionary = 0"), 100);
    assert_readable(w, 102);
}

static void stored_orders_teach(void **state)
{
    on_each_engine(one_by_one);
}

static void lost(struct world *w)
{
    struct error e;
    struct order o;
    bring(w, 0, 200);
    test_database_exec(w->database, "DELETE FROM raw_dictionary");
    row_id id = world_id(w, "P-5");
    struct db_conn *conn = db_acquire(w->db, &e);
    assert_false(order_read(conn, w->org, id, w->arena, &o, &e));
    assert_string_equal(e.code, "order.dictionary_missing");
    db_release(w->db, conn);
}

static void a_lost_dictionary_is_said(void **state)
{
    on_each_engine(lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_import_teaches),
        cmocka_unit_test(stored_orders_teach),
        cmocka_unit_test(a_lost_dictionary_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
