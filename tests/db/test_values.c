// SPDX-License-Identifier: Apache-2.0
//
// Values in and out, parameters, statements and their errors: the same on both engines.
#include "both.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void make_table(struct test_database *t)
{
    test_database_exec(
        t, "CREATE TABLE \"order\" (id BIGINT PRIMARY KEY, n BIGINT, d DOUBLE PRECISION, "
           "t TEXT, b BYTEA, must BIGINT NOT NULL DEFAULT 0 CHECK (must < 5))");
}

struct row {
    int64_t id, n;
    double d;
    struct str t, b;
};

static bool insert_row(void *context, struct db_conn *conn, struct error *error)
{
    const struct row *row = context;
    struct db_stmt *s = db_prepare(
        conn, "INSERT INTO \"order\" (id, n, d, t, b) VALUES ($1, $2, $3, $4, $5)", error);
    if (!s)
        return false;
    db_bind_id(s, 1, row->id);
    db_bind_int(s, 2, row->n);
    db_bind_double(s, 3, row->d);
    db_bind_text(s, 4, row->t);
    db_bind_blob(s, 5, row->b);
    return db_run(s, error) && db_changes(s) == 1;
}

static void insert(struct test_database *t, struct row row)
{
    struct error error;
    assert_ok(db_write(t->db, insert_row, &row, &error), &error);
}

static void check_row(struct test_database *t, struct row row)
{
    struct error error;
    struct db_conn *conn = db_acquire(t->db, &error);
    assert_non_null(conn);
    struct db_stmt *s = db_prepare(conn, "SELECT n, d, t, b FROM \"order\" WHERE id = $1", &error);
    assert_non_null(s);
    db_bind_int(s, 1, row.id);
    assert_int_equal(db_step(s, &error), DB_STEP_ROW);
    assert_int_equal(db_time(s, 0), row.n);
    assert_int_equal(db_is_null(s, 0), row.n == TIME_NONE);
    assert_int_equal(db_int(s, 0), row.n == TIME_NONE ? 0 : row.n);
    assert_int_equal(db_is_null(s, 1), isnan(row.d));
    if (!isnan(row.d))
        assert_true(db_double(s, 1) == row.d);
    struct str text = db_text(s, 2), blob = db_blob(s, 3), again = db_blob(s, 3);
    assert_int_equal(text.p == NULL, row.t.p == NULL);
    assert_true(str_eq(text, row.t));
    assert_int_equal(blob.p == NULL, row.b.p == NULL);
    assert_true(str_eq(blob, row.b) && str_eq(again, row.b));
    assert_int_equal(db_step(s, &error), DB_STEP_DONE);
    db_release(t->db, conn);
}

static void round_trip(struct test_database *t, struct row row)
{
    insert(t, row);
    check_row(t, row);
}

static void test_round_trips(void **state)
{
    struct test_database *t = database_of(state);
    static const char all_bytes[] = "\0\1\2\\x'\"\xff\xfe\n";
    make_table(t);
    round_trip(t, (struct row){1, 0, 0.0, STR(""), STR("")});
    round_trip(t,
               (struct row){2, INT64_MAX, 0.1, STR("髙橋 﨑 𠮷野家 Ünïcode\n\t'\"\\"), STR("x")});
    round_trip(t, (struct row){3, INT64_MIN + 1, -1e300, STR("$1 ?1 :a"),
                               str_make(all_bytes, sizeof all_bytes - 1)});
    round_trip(t, (struct row){4, TIME_NONE, NAN, STR_ABSENT, STR_ABSENT});
    round_trip(t, (struct row){5, -1, 5e-324, STR("12345"), STR("67890")});
    round_trip(t, (struct row){6, 1, 1.7976931348623157e308, STR("t"), STR("\\x00")});
}

static void test_big_values(void **state)
{
    struct test_database *t = database_of(state);
    size_t n = 3 << 20;
    AUTO_FREE char *bytes = memory_alloc(n), *text = memory_alloc(n);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (char)(i * 7 + (i >> 8));
        text[i] = (char)('a' + i % 26);
    }
    make_table(t);
    round_trip(t, (struct row){1, 1, 1, str_make(text, n), str_make(bytes, n)});
    assert_int_equal(test_database_int(t, "SELECT LENGTH(t) FROM \"order\""), n);
}

// An id of 0 is "none".
static void test_bind_id_zero_is_null(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct row row = {0, 1, 1, STR_ABSENT, STR_ABSENT};
    test_database_exec(t,
                       "CREATE TABLE \"order\" (id BIGINT, n BIGINT, d DOUBLE PRECISION, t TEXT, "
                       "b BYTEA)");
    assert_ok(db_write(t->db, insert_row, &row, &error), &error);
    assert_int_equal(test_database_int(t, "SELECT COUNT(*) FROM \"order\" WHERE id IS NULL"), 1);
}

static int64_t one_int(struct db_stmt *s)
{
    struct error error;
    enum db_step step = db_step(s, &error);
    assert_ok(step == DB_STEP_ROW, &error);
    int64_t value = db_int(s, 0);
    assert_int_equal(db_step(s, &error), DB_STEP_DONE);
    return value;
}

static void test_parameters_twice_and_out_of_order(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    make_table(t);
    struct db_conn *conn = db_acquire(t->db, &error);
    // Sums beyond 32 bits: an integer parameter is a bigint wherever it stands.
    struct db_stmt *s = db_prepare(conn, "SELECT $3 * 100 + $1 * 10 + $2 + $3 * 1000", &error);
    db_bind_int(s, 1, 1);
    db_bind_int(s, 2, 2);
    db_bind_int(s, 3, 3000000000);
    assert_int_equal(one_int(s), 3000000000 * 1100 + 12);
    s = db_prepare(conn,
                   "SELECT 1 WHERE $1::bigint = 7 AND ($1 > 6 OR $2::text IS NULL) -- $9\n"
                   " AND '$8' <> \"$7\".x /* $6 */ AND $2 = 'a'",
                   &error);
    // "$7" is an identifier, not a parameter: the statement is wrong, not its parameters.
    if (s)
        assert_int_equal(db_step(s, &error), DB_STEP_ERROR);
    assert_code(&error, ERROR_INTERNAL, "db.statement");
    s = db_prepare(conn,
                   "SELECT 1 WHERE $1::bigint = 7 AND ($1 > 6 OR $2::text IS NULL) "
                   "AND $2 = 'a' AND '$8' <> '$7'",
                   &error);
    assert_non_null(s);
    db_bind_int(s, 1, 7);
    db_bind_text(s, 2, STR("a"));
    assert_int_equal(one_int(s), 1);
    db_release(t->db, conn);
}

// A statement used first with NULL, then with numbers, fractions and texts.
static void test_kinds_of_values_may_change(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    make_table(t);
    insert(t, (struct row){1, 5000000000, 2.5, STR("x"), STR("y")});
    struct db_conn *conn = db_acquire(t->db, &error);
    const char *sql = "SELECT COUNT(*) FROM \"order\" WHERE n > $1 - 1 AND d > $2 AND t <> $3";
    for (int round = 0; round < 3; round++) {
        struct db_stmt *s = db_prepare(conn, sql, &error);
        assert_int_equal(one_int(s), 0); // everything NULL
        s = db_prepare(conn, sql, &error);
        db_bind_int(s, 1, 5000000000);
        db_bind_int(s, 2, 2);
        db_bind_text(s, 3, STR("z"));
        assert_int_equal(one_int(s), 1);
        s = db_prepare(conn, sql, &error);
        db_bind_int(s, 1, 5000000001);
        db_bind_double(s, 2, 2.25);
        db_bind_text(s, 3, STR("z"));
        assert_int_equal(one_int(s), 0);
        s = db_prepare(conn, sql, &error);
        db_bind_int(s, 1, -5000000000);
        db_bind_double(s, 2, 2.5);
        db_bind_text(s, 3, STR("z"));
        assert_int_equal(one_int(s), 0);
    }
    db_release(t->db, conn);
}

static void test_wrong_bindings(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct db_conn *conn = db_acquire(t->db, &error);
    const char *sql = "SELECT CAST($1 AS TEXT)";
    static const struct {
        struct str text;
    } bad[] = {{{"a\0b", 3}}, {{"\xff", 1}}, {{"\xe3\x81", 2}}, {{"\xed\xa0\x80", 3}}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct db_stmt *s = db_prepare(conn, sql, &error);
        db_bind_text(s, 1, bad[i].text);
        assert_int_equal(db_step(s, &error), DB_STEP_ERROR);
        assert_code(&error, ERROR_BAD_INPUT, "db.text");
    }
    static const int numbers[] = {0, 2, -1, 1000};
    for (size_t i = 0; i < 4; i++) {
        struct db_stmt *s = db_prepare(conn, sql, &error);
        db_bind_int(s, numbers[i], 1);
        assert_int_equal(db_step(s, &error), DB_STEP_ERROR);
        assert_code(&error, ERROR_INTERNAL, "db.parameter");
    }
    struct db_stmt *s = db_prepare(conn, sql, &error);
    db_bind_text(s, 1, STR("ok"));
    assert_int_equal(db_step(s, &error), DB_STEP_ROW);
    assert_true(str_eq(db_text(s, 0), STR("ok")));
    db_release(t->db, conn);
}

static void expect_failure(struct test_database *t, const char *sql, enum error_class class,
                           const char *code)
{
    struct error error;
    struct db_conn *conn = db_acquire(t->db, &error);
    struct db_stmt *s = db_prepare(conn, sql, &error);
    if (s)
        assert_int_equal(db_step(s, &error), DB_STEP_ERROR);
    assert_code(&error, class, code);
    // The connection goes on.
    s = db_prepare(conn, "SELECT 1", &error);
    assert_int_equal(one_int(s), 1);
    db_release(t->db, conn);
}

static void test_wrong_sql(void **state)
{
    struct test_database *t = database_of(state);
    make_table(t);
    expect_failure(t, "SELEC 1", ERROR_INTERNAL, "db.statement");
    expect_failure(t, "SELECT * FROM nowhere", ERROR_INTERNAL, "db.statement");
    expect_failure(t, "SELECT id FROM \"order\" WHERE t = \"text\"", ERROR_INTERNAL,
                   "db.statement");
    expect_failure(t, "DELETE FROM \"order\"", ERROR_STORAGE, "db.read_only");
    expect_failure(t, "SELECT $1000", ERROR_INTERNAL, "db.parameter");
}

static void test_unique_violation(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct row row = {1, 1, 1, STR("佐藤"), STR_ABSENT};
    make_table(t);
    insert(t, row);
    assert_false(db_write(t->db, insert_row, &row, &error));
    assert_true(db_is_unique_violation(&error));
    assert_code(&error, ERROR_CONFLICT, "db.unique");
    assert_null(strstr(error.peer_text, "佐藤"));
    test_database_exec(t, "CREATE UNIQUE INDEX order_n ON \"order\" (n, t)");
    row.id = 2;
    assert_false(db_write(t->db, insert_row, &row, &error));
    assert_true(db_is_unique_violation(&error));
    row.n = 2;
    insert(t, row);
}

static bool exec_text(void *context, struct db_conn *conn, struct error *error)
{
    const char *const *sql = context;
    return db_exec(conn, *sql, error);
}

static void test_other_constraints(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    const char *null = "INSERT INTO \"order\" (id, must) VALUES (1, NULL)";
    const char *check = "INSERT INTO \"order\" (id, must) VALUES (1, 7)";
    make_table(t);
    assert_false(db_write(t->db, exec_text, &null, &error));
    assert_code(&error, ERROR_INTERNAL, "db.constraint");
    assert_false(db_is_unique_violation(&error));
    assert_false(db_write(t->db, exec_text, &check, &error));
    assert_code(&error, ERROR_INTERNAL, "db.constraint");
    assert_int_equal(test_database_int(t, "SELECT COUNT(*) FROM \"order\""), 0);
}

static void test_dialect(void **state)
{
    struct test_database *t = database_of(state);
    test_database_exec(t, "CREATE TABLE \"user\" (id BIGINT PRIMARY KEY, t TEXT)");
    test_database_exec(t, "INSERT INTO \"user\" (id, t) VALUES (1, 'abc'), (2, 'ABC')");
    test_database_exec(t, "INSERT INTO \"user\" (id, t) VALUES (1, 'xyz') "
                          "ON CONFLICT (id) DO UPDATE SET t = excluded.t");
    test_database_exec(t, "INSERT INTO \"user\" (id, t) VALUES (1, 'no') ON CONFLICT DO NOTHING");
    assert_int_equal(test_database_int(t, "SELECT COUNT(*) FROM \"user\" WHERE t = 'xyz'"), 1);
    assert_int_equal(test_database_int(t, "SELECT COUNT(*) FROM \"user\" WHERE t LIKE 'abc'"), 0);
    assert_int_equal(test_database_int(t, "SELECT SUM(id) FROM \"user\""), 3);
    assert_int_equal(test_database_int(t, "SELECT COUNT(*) FROM \"user\" WHERE t IS DISTINCT FROM "
                                          "'xyz'"),
                     1);
}

struct returning {
    int64_t ids[3];
    int64_t updated, missed;
};

static bool use_returning(void *context, struct db_conn *conn, struct error *error)
{
    struct returning *r = context;
    struct db_stmt *s = db_prepare(
        conn, "INSERT INTO \"order\" (id, n) VALUES (1, 10), (2, 20), (3, 30) RETURNING id + n",
        error);
    for (int i = 0; i < 3; i++) {
        if (!s || db_step(s, error) != DB_STEP_ROW)
            return false;
        r->ids[i] = db_int(s, 0);
    }
    if (db_step(s, error) != DB_STEP_DONE || db_changes(s) != 3)
        return false;
    s = db_prepare(conn, "UPDATE \"order\" SET n = n + $2 WHERE id >= $1", error);
    if (!s)
        return false;
    db_bind_int(s, 1, 2);
    db_bind_int(s, 2, 1);
    if (!db_run(s, error))
        return false;
    r->updated = db_changes(s);
    db_bind_int(s, 1, 99);
    db_bind_int(s, 2, 1);
    if (!db_run(s, error))
        return false;
    r->missed = db_changes(s);
    return true;
}

static void test_returning_and_changes(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct returning r = {0};
    make_table(t);
    assert_ok(db_write(t->db, use_returning, &r, &error), &error);
    assert_int_equal(r.ids[0] + r.ids[1] + r.ids[2], 11 + 22 + 33);
    assert_int_equal(r.updated, 2);
    assert_int_equal(r.missed, 0);
}

static void test_statement_cache(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    char first[] = "SELECT 41 + $1", second[] = "SELECT 41 + $1";
    struct db_conn *conn = db_acquire(t->db, &error);
    struct db_stmt *a = db_prepare(conn, first, &error);
    assert_ptr_equal(a, db_prepare(conn, second, &error));
    // The text decides, not the address.
    first[7] = '5';
    struct db_stmt *b = db_prepare(conn, first, &error);
    assert_ptr_not_equal(a, b);
    db_bind_int(a, 1, 1);
    db_bind_int(b, 1, 1);
    assert_int_equal(one_int(a), 42);
    assert_int_equal(one_int(b), 52);
    // Bindings don't outlive a use.
    b = db_prepare(conn, first, &error);
    assert_int_equal(db_step(b, &error), DB_STEP_ROW);
    assert_true(db_is_null(b, 0));
    db_reset(b);
    db_release(t->db, conn);
}

// More statements than the cache keeps; pointers stay good within the use.
static void test_statement_cache_is_bounded(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    char sql[64];
    for (int round = 0; round < 3; round++) {
        struct db_conn *conn = db_acquire(t->db, &error);
        struct db_stmt *first = db_prepare(conn, "SELECT -1", &error);
        for (int i = 0; i < 600; i++) {
            snprintf(sql, sizeof sql, "SELECT %d", i + round * 300);
            struct db_stmt *s = db_prepare(conn, sql, &error);
            assert_int_equal(one_int(s), i + round * 300);
        }
        assert_int_equal(one_int(first), -1);
        db_release(t->db, conn);
    }
}

static void fill_numbers(struct test_database *t, int count)
{
    make_table(t);
    for (int i = 1; i <= count; i++)
        insert(t, (struct row){i, i, 0, STR_ABSENT, STR_ABSENT});
}

// The same statement within itself, and a reset in the middle.
static void test_nested_use(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    const char *sql = "SELECT id FROM \"order\" WHERE id > $1 ORDER BY id";
    int64_t sum = 0;
    fill_numbers(t, 4);
    struct db_conn *conn = db_acquire(t->db, &error);
    struct db_stmt *outer = db_prepare(conn, sql, &error);
    db_bind_int(outer, 1, 0);
    while (db_step(outer, &error) == DB_STEP_ROW) {
        struct db_stmt *inner = db_prepare(conn, sql, &error);
        assert_ptr_not_equal(outer, inner);
        db_bind_int(inner, 1, db_int(outer, 0));
        assert_int_equal(db_step(inner, &error), db_int(outer, 0) < 4 ? DB_STEP_ROW : DB_STEP_DONE);
        if (db_int(outer, 0) < 4) {
            sum += db_int(inner, 0);
            db_reset(inner);
        }
    }
    assert_int_equal(sum, 2 + 3 + 4);
    // Left open: the release closes it.
    outer = db_prepare(conn, sql, &error);
    db_bind_int(outer, 1, 0);
    assert_int_equal(db_step(outer, &error), DB_STEP_ROW);
    db_release(t->db, conn);
    test_database_exec(t, "DROP TABLE \"order\"");
}

static void test_plan(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    AUTO_ARENA arena = arena_new(1 << 20);
    make_table(t);
    test_database_exec(t, "CREATE INDEX order_open ON \"order\" (n, id) WHERE must = 1");
    struct db_conn *conn = db_acquire(t->db, &error);
    struct str plan = db_explain(
        conn, arena, "SELECT id FROM \"order\" WHERE n = $1 AND must = 1 ORDER BY id LIMIT $2",
        &error);
    assert_true(str_find(plan, STR("order_open")) >= 0);
    plan = db_explain(conn, arena, "SELECT id FROM \"order\" WHERE d = $1", &error);
    assert_true(plan.p && str_find(plan, STR("order_open")) < 0);
    assert_null(db_explain(conn, arena, "SELECT nothing FROM \"order\"", &error).p);
    assert_code(&error, ERROR_INTERNAL, "db.statement");
    // Settings made for the plan are gone, and it can be asked again.
    plan = db_explain(conn, arena, "SELECT COUNT(*) FROM \"order\"", &error);
    assert_non_null(plan.p);
    db_release(t->db, conn);
}

static void test_engine(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    assert_int_equal(db_engine_of(t->db), t->engine);
    struct db_conn *conn = db_acquire(t->db, &error);
    assert_int_equal(db_conn_engine(conn), t->engine);
    db_release(t->db, conn);
    db_release(t->db, NULL);
    assert_null(db_close(NULL));
}

// Reading with the N-th allocation failing: a clean error, then it works.
static bool read_with_little_memory(struct test_database *t, struct error *error)
{
    bool ok = false;
    struct db_conn *conn = db_acquire(t->db, error);
    if (!conn)
        return false;
    struct db_stmt *s =
        db_prepare(conn, "SELECT $1::bigint + 1 AS a, $2::text AS b, id FROM \"order\"", error);
    if (s) {
        db_bind_int(s, 1, 6);
        db_bind_text(s, 2, STR("text"));
        ok = db_step(s, error) == DB_STEP_ROW && db_int(s, 0) == 7 &&
             str_eq(db_text(s, 1), STR("text")) && db_step(s, error) == DB_STEP_DONE;
    }
    db_release(t->db, conn);
    return ok;
}

static void test_reading_without_memory(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    fill_numbers(t, 1);
    for (int persistent = 0; persistent < 2; persistent++) {
        test_database_reopen(t);
        uint64_t n = 0;
        bool ok;
        do {
            memory_fail_at(++n, persistent);
            ok = read_with_little_memory(t, &error);
            memory_fail_at(0, 0);
            if (!ok)
                assert_code(&error, ERROR_NO_MEMORY, "memory.exhausted");
        } while (!ok);
        assert_true(n > 3);
    }
}

static void test_opening_without_memory(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct db_options options = {.url = t->url, .clock = clock_system()};
    struct db *db = NULL;
    uint64_t n = 0;
    while (!db) {
        memory_fail_at(++n, 0);
        db = db_open(&options, &error);
        memory_fail_at(0, 0);
        if (!db)
            assert_code(&error, ERROR_NO_MEMORY, "memory.exhausted");
    }
    assert_true(n > 2);
    db_close(db);
}

static void test_bad_urls(void **state)
{
    static const char *const urls[] = {
        "", "sqlite:", "mysql://x", "juchu.db", "postgres", "SQLITE:x", "postgresql://h:bad port/"};
    struct error error;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct db_options options = {.url = urls[i], .clock = clock_system()};
        assert_null(db_open(&options, &error));
        assert_code(&error, ERROR_BAD_INPUT, "db.url");
        assert_true(error.hint_ja[0] && error.hint_en[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_round_trips),
        ON_BOTH(test_big_values),
        ON_BOTH(test_bind_id_zero_is_null),
        ON_BOTH(test_parameters_twice_and_out_of_order),
        ON_BOTH(test_kinds_of_values_may_change),
        ON_BOTH(test_wrong_bindings),
        ON_BOTH(test_wrong_sql),
        ON_BOTH(test_unique_violation),
        ON_BOTH(test_other_constraints),
        ON_BOTH(test_dialect),
        ON_BOTH(test_returning_and_changes),
        ON_BOTH(test_statement_cache),
        ON_BOTH(test_statement_cache_is_bounded),
        ON_BOTH(test_nested_use),
        ON_BOTH(test_plan),
        ON_BOTH(test_engine),
        ON_BOTH(test_reading_without_memory),
        ON_BOTH(test_opening_without_memory),
        cmocka_unit_test(test_bad_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
