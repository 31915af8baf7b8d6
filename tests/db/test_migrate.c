// SPDX-License-Identifier: Apache-2.0
//
// Migrations on both engines: order, checksums, newer databases, several nodes at once,
// interruption at every statement.
#include "both.h"

#include "base/memory.h"
#include "db/migrate.h"

#include <pthread.h>
#include <stdio.h>

#define MIGRATION(version, name, sql) \
    {                                 \
        version, name,                \
        {                             \
            sql, sizeof(sql) - 1      \
        }                             \
    }

static const struct migration list[] = {
    MIGRATION(1, "first",
              "-- Two tables; a comment.\n"
              "CREATE TABLE a (\n id BIGINT PRIMARY KEY,\n t TEXT -- text; of it\n);\n"
              "CREATE TABLE b (\n id BIGINT PRIMARY KEY,\n"
              "--sqlite: engine TEXT DEFAULT 'sqlite'\n"
              "--postgres: engine TEXT DEFAULT 'postgres'\n"
              ")\n--sqlite: WITHOUT ROWID\n;\n"),
    MIGRATION(3, "trigger",
              "INSERT INTO a (id, t) VALUES (1, 'one;\ntwo');\n"
              "--postgres: CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$\n"
              "--postgres: BEGIN\n"
              "--postgres:   INSERT INTO b (id) VALUES (new.id);\n"
              "--postgres:   RETURN NULL;\n"
              "--postgres: END;\n"
              "--postgres: $$;\n"
              "--postgres: CREATE TRIGGER note_a AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION "
              "note();\n"
              "--sqlite: --statement-begin\n"
              "--sqlite: CREATE TRIGGER note_a AFTER INSERT ON a BEGIN\n"
              "--sqlite:   INSERT INTO b (id) VALUES (new.id);\n"
              "--sqlite: END;\n"
              "--sqlite: --statement-end\n"),
    MIGRATION(4, "more",
              "ALTER TABLE a ADD COLUMN more BIGINT NOT NULL DEFAULT 7;\n"
              "CREATE INDEX a_more ON a (more);\n"),
};

static int64_t applied(struct test_database *t)
{
    return test_database_int(t, "SELECT COUNT(*) FROM schema_migration");
}

static void test_apply(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    assert_ok(migrate_apply(t->db, list, 3, &error), &error);
    test_database_exec(t, "INSERT INTO a (id, t) VALUES (2, 'x')");
    assert_int_equal(test_database_int(t, "SELECT id FROM b"), 2);
    assert_int_equal(test_database_int(t, "SELECT SUM(more) FROM a"), 14);
    assert_int_equal(test_database_int(t, "SELECT LENGTH(t) FROM a WHERE id = 1"), 8);
    assert_int_equal(test_database_int(t, t->engine == DB_SQLITE
                                              ? "SELECT COUNT(*) FROM b WHERE engine = 'sqlite'"
                                              : "SELECT COUNT(*) FROM b WHERE engine = 'postgres'"),
                     1);
    assert_int_equal(applied(t), 3);
    assert_int_equal(test_database_int(t, "SELECT COUNT(*) FROM schema_migration WHERE "
                                          "LENGTH(checksum) = 64 AND applied_at > 1700000000000"),
                     3);
    // Again: nothing to do.
    assert_ok(migrate_apply(t->db, list, 3, &error), &error);
    test_database_reopen(t);
    assert_ok(migrate_apply(t->db, list, 3, &error), &error);
    assert_int_equal(applied(t), 3);
}

static void test_step_by_step(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    for (size_t count = 0; count <= 3; count++) {
        assert_ok(migrate_apply(t->db, list, count, &error), &error);
        assert_int_equal(applied(t), count);
    }
}

static void test_newer_database(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    assert_ok(migrate_apply(t->db, list, 3, &error), &error);
    assert_false(migrate_apply(t->db, list, 2, &error));
    assert_code(&error, ERROR_BAD_INPUT, "db.newer_schema");
    assert_true(error.hint_ja[0] && error.hint_en[0]);
    assert_false(migrate_apply(t->db, list, 0, &error));
    assert_code(&error, ERROR_BAD_INPUT, "db.newer_schema");
}

static void test_changed_migration(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct migration changed[3];
    assert_ok(migrate_apply(t->db, list, 2, &error), &error);
    memcpy(changed, list, sizeof changed);
    changed[1].sql.n--;
    assert_false(migrate_apply(t->db, changed, 3, &error));
    assert_code(&error, ERROR_BAD_INPUT, "db.migration_changed");
    assert_string_equal(error.subject, "migration 0003_trigger");
    assert_int_equal(applied(t), 2);
}

static void test_order(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct migration between[4];
    assert_ok(migrate_apply(t->db, list, 3, &error), &error);
    memcpy(between, list, sizeof list);
    memmove(between + 2, between + 1, 2 * sizeof between[0]);
    between[1] = (struct migration)MIGRATION(2, "late", "CREATE TABLE late (id BIGINT);\n");
    assert_false(migrate_apply(t->db, between, 4, &error));
    assert_code(&error, ERROR_BAD_INPUT, "db.migration_order");
    between[2].version = 2;
    assert_false(migrate_apply(t->db, between, 4, &error));
    assert_code(&error, ERROR_INTERNAL, "db.migration_numbers");
}

static void test_wrong_migration(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct migration wrong[2];
    memcpy(wrong, list, sizeof wrong);
    wrong[1] =
        (struct migration)MIGRATION(2, "wrong", "CREATE TABLE c (id BIGINT);\nCREATE TABEL d;\n");
    assert_false(migrate_apply(t->db, wrong, 2, &error));
    assert_code(&error, ERROR_INTERNAL, "db.statement");
    assert_string_equal(error.subject, "migration 0002_wrong");
    assert_int_equal(applied(t), 1);
    // Nothing of it is left.
    test_database_exec(t, "CREATE TABLE c (id BIGINT)");
}

static void test_each_statement_failing(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    uint64_t n = 0;
    bool ok;
    do {
        // Begins anew where the last attempt left off, as a restarted program does.
        (void)db_fail_at(t->db, ++n, false);
        ok = migrate_apply(t->db, list, 3, &error);
        (void)db_fail_at(t->db, 0, false);
        if (!ok)
            assert_code(&error, ERROR_STORAGE, "db.fault_injected");
    } while (!ok);
    assert_true(n > 10);
    assert_int_equal(applied(t), 3);
    assert_int_equal(test_database_int(t, "SELECT COUNT(*) FROM a"), 1);
}

static void test_without_memory(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    uint64_t n = 0;
    bool ok;
    do {
        memory_fail_at(++n, 0);
        ok = migrate_apply(t->db, list, 3, &error);
        memory_fail_at(0, 0);
        if (!ok)
            assert_code(&error, ERROR_NO_MEMORY, "memory.exhausted");
    } while (!ok);
    assert_int_equal(applied(t), 3);
}

static void *migrate_own(void *argument)
{
    struct error error;
    struct db_options options = {.url = argument, .clock = clock_system()};
    struct db *db = db_open(&options, &error);
    bool ok = db && migrate_apply(db, list, 3, &error);
    db_close(db);
    static const char fine[] = "ok";
    return ok ? memory_strdup(fine) : memory_strdup(error.code);
}

static void test_several_nodes(void **state)
{
    struct test_database *t = database_of(state);
    pthread_t threads[4];
    char url[1024];
    snprintf(url, sizeof url, "%s", t->url);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, migrate_own, url);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_string_equal(result, "ok");
        memory_free(result);
    }
    assert_int_equal(applied(t), 3);
}

static void test_embedded_list(void **state)
{
    for (size_t i = 0; i < migrate_embedded_count; i++) {
        assert_true(migrate_embedded[i].version > (i ? migrate_embedded[i - 1].version : 0));
        assert_true(migrate_embedded[i].sql.n > 0 && migrate_embedded[i].name[0]);
        assert_int_equal(migrate_embedded[i].sql.p[migrate_embedded[i].sql.n - 1], '\n');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_apply),
        ON_BOTH(test_step_by_step),
        ON_BOTH(test_newer_database),
        ON_BOTH(test_changed_migration),
        ON_BOTH(test_order),
        ON_BOTH(test_wrong_migration),
        ON_BOTH(test_each_statement_failing),
        ON_BOTH(test_without_memory),
        ON_BOTH(test_several_nodes),
        cmocka_unit_test(test_embedded_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
