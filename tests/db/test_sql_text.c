// SPDX-License-Identifier: Apache-2.0
//
// Reading of SQL text: parameters, statement ends, the lines of one engine.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "db/migrate.h"
#include "db/sql_text.h"

static int parameters(const char *sql)
{
    return sql_text_parameters(str_from(sql), 99);
}

static void test_parameters(void **state)
{
    assert_int_equal(parameters(""), 0);
    assert_int_equal(parameters("SELECT $1, $12, $2"), 12);
    assert_int_equal(parameters("$99"), 99);
    assert_int_equal(parameters("$100"), -1);
    assert_int_equal(parameters("$99999999999999999999"), -1);
    assert_int_equal(parameters("'$1' \"$2\" /* $3 */ -- $4"), 0);
    assert_int_equal(parameters("'it''s $5' $1"), 1);
    assert_int_equal(parameters("$$ $7 $$ $a$ $8 $b$ $a$ $2"), 2);
    assert_int_equal(parameters("$1::bigint+$2"), 2);
    assert_int_equal(parameters("-- x\n$3"), 3);
    assert_int_equal(parameters("$ $x 'open $9"), 0);
    assert_int_equal(parameters("/* open $9"), 0);
    assert_int_equal(parameters("$"), 0);
}

static void check_statements(struct str sql, const char *const *expected, size_t count, bool marked)
{
    struct str statement;
    size_t n = 0;
    while (marked ? migrate_next_statement(&sql, &statement)
                  : sql_text_next_statement(&sql, &statement)) {
        assert_true(n < count);
        if (!str_eq(statement, str_from(expected[n])))
            fail_msg("'%.*s' is not '%s'", STR_ARG(statement), expected[n]);
        n++;
    }
    assert_int_equal(n, count);
}

#define CHECK(sql, ...)                                            \
    check_statements(STR(sql), (const char *const[]){__VA_ARGS__}, \
                     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), false)
#define CHECK_MARKED(sql, ...)                                     \
    check_statements(STR(sql), (const char *const[]){__VA_ARGS__}, \
                     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), true)

static void test_statements(void **state)
{
    check_statements(STR(""), NULL, 0, false);
    check_statements(STR(" \n-- only a comment;\n/* ; */ ;\n;"), NULL, 0, false);
    CHECK("A;\nB ; -- why\n C", "A", "B", "-- why\n C");
    CHECK("A; B;\r\nC;", "A; B", "C");
    CHECK("INSERT ';\n' \";\n\" -- ;\n/* ;\n */ x;\nB", "INSERT ';\n' \";\n\" -- ;\n/* ;\n */ x",
          "B");
    CHECK("CREATE FUNCTION f() AS $body$ a;\n b;\n $body$;\nB;",
          "CREATE FUNCTION f() AS $body$ a;\n b;\n $body$", "B");
    CHECK("-- first\nA\n(\n b\n)\n;\n", "-- first\nA\n(\n b\n)");
    CHECK("A ';", "A ';");
}

static void test_marked_statements(void **state)
{
    CHECK_MARKED("A;\n-- trigger\n--statement-begin\nCREATE TRIGGER BEGIN\n x;\n "
                 "y;\nEND;\n--statement-end\nB;\n",
                 "A", "CREATE TRIGGER BEGIN\n x;\n y;\nEND;", "B");
    CHECK_MARKED("--statement-begin\nx;\ny;", "x;\ny;");
    CHECK_MARKED("--statement-begin\nx;\n--statement-end\n--statement-begin\ny;\n--statement-end",
                 "x;", "y;");
}

static void test_engine_lines(void **state)
{
    struct str sql = STR("A\n--sqlite: S1;\n--postgres: P1;\n--postgres: P2\n-- --sqlite: no\nB");
    AUTO_ARENA arena = arena_new(1 << 16);
    assert_true(str_eq(migrate_text_for(arena, DB_SQLITE, sql), STR("A\nS1;\n-- --sqlite: no\nB")));
    assert_true(
        str_eq(migrate_text_for(arena, DB_POSTGRES, sql), STR("A\nP1;\nP2\n-- --sqlite: no\nB")));
    assert_true(str_eq(migrate_text_for(arena, DB_SQLITE, STR("")), STR("")));
    assert_true(str_eq(migrate_text_for(arena, DB_SQLITE, STR("A;\n")), STR("A;")));
    memory_fail_at(1, 1);
    AUTO_ARENA small = arena_new(8);
    memory_fail_at(0, 0);
    assert_null(small);
    small = arena_new(8);
    assert_non_null(small);
    assert_null(migrate_text_for(small, DB_SQLITE, sql).p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_marked_statements),
        cmocka_unit_test(test_engine_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
