// SPDX-License-Identifier: Apache-2.0
//
// Fresh databases for tests, on both engines. PostgreSQL is used when JUCHU_TEST_POSTGRES holds the
// URL of a server on which schemas may be created (tools/test-postgres starts one).
// These functions never fail: they print why and abort.
#ifndef JUCHU_TESTS_SUPPORT_DATABASE_H
#define JUCHU_TESTS_SUPPORT_DATABASE_H

#include "db/db.h"

struct test_database {
    enum db_engine engine;
    struct db *db;
    const char *url;       // of this database alone; can be opened by other processes too
    const char *directory; // SQLite: where its files are; NULL on PostgreSQL
};

struct test_database_options {
    bool empty;   // without the migrations of sql/
    bool durable; // SQLite with synchronous=FULL
    int connections_max;
    bool (*sqlite_on_open)(void *context, void *sqlite3_handle, struct error *error);
    void *sqlite_on_open_context;
    const struct clock *clock; // NULL: the system's
    bool reuse; // PostgreSQL: may be one that an earlier test has left, emptied; for tests that
                // open hundreds and leave the tables as the migrations made them
};

// The engines that can be tested here; prints once which one is skipped and why.
size_t test_database_engines(enum db_engine engines[2]);
const char *test_database_engine_name(enum db_engine engine);
// A new database: a SQLite file in a directory of its own, or a PostgreSQL schema of its own.
// `options` NULL: migrated, nothing special.
struct test_database *test_database_open_with(enum db_engine engine,
                                              const struct test_database_options *options);
struct test_database *test_database_open(enum db_engine engine);
// Closes and opens again.
void test_database_reopen(struct test_database *t);
// Closes only; ->db is NULL until test_database_reopen().
void test_database_shut(struct test_database *t);
// Closes and removes. NULL is allowed. Returns NULL.
struct test_database *test_database_close(struct test_database *t);
// One statement without parameters within a write; aborts when it fails.
void test_database_exec(struct test_database *t, const char *sql);
// First column of the first row of a query without parameters, 0 without row.
int64_t test_database_int(struct test_database *t, const char *sql);

#endif
