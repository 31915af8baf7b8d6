// SPDX-License-Identifier: Apache-2.0
//
// Runs each test of a program on both engines: ON_BOTH(test) in the list of tests; the test finds a
// fresh, empty database in *state. Without a PostgreSQL server its half is reported as skipped.
#ifndef JUCHU_TESTS_DB_BOTH_H
#define JUCHU_TESTS_DB_BOTH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/database.h"

#define ON_BOTH(test) ON(sqlite, test), ON(postgres, test)
#define ON(engine, test)                                                  \
    {                                                                     \
#test " (" #engine ")", test, open_##engine, close_database, NULL \
    }

static int open_engine(void **state, enum db_engine wanted)
{
    enum db_engine engines[2];
    struct test_database_options options = {.empty = true};
    size_t count = test_database_engines(engines);
    *state = NULL;
    for (size_t i = 0; i < count; i++)
        if (engines[i] == wanted)
            *state = test_database_open_with(wanted, &options);
    return 0;
}

static int __attribute__((unused)) open_sqlite(void **state)
{
    return open_engine(state, DB_SQLITE);
}
static int __attribute__((unused)) open_postgres(void **state)
{
    return open_engine(state, DB_POSTGRES);
}

static int close_database(void **state)
{
    test_database_close(*state);
    return 0;
}

// The test's database; skips the test when there is none.
static __attribute__((unused)) struct test_database *database_of(void **state)
{
    if (!*state)
        skip();
    return *state;
}

static void __attribute__((unused)) assert_ok(bool ok, const struct error *e)
{
    if (!ok)
        fail_msg("%s: %s (%s %s)", e->code, e->what_en, e->peer_code, e->peer_text);
}

static void __attribute__((unused))
assert_code(const struct error *e, enum error_class class, const char *code)
{
    assert_string_equal(e->code, code);
    assert_int_equal(e->class, class);
    assert_true(e->what_ja[0] && e->what_en[0]);
}

#endif
