// SPDX-License-Identifier: Apache-2.0
//
// Inside of db/: what the two engines have in common. db.c checks and counts, then calls the
// engine through struct db_driver. Nothing outside src/db includes this file.
#ifndef JUCHU_DB_DRIVER_H
#define JUCHU_DB_DRIVER_H

#include "db/db.h"

#include <pthread.h>
#include <stdatomic.h>

#define DB_PARAMETERS_MAX 999
#define DB_STATEMENTS_MAX 256 // kept per connection between uses
#define DB_QUEUE_MAX 10000    // functions waiting for db_write_async
#define DB_ACQUIRE_WAIT_MS 10000
#define DB_BUCKETS 128

struct db_driver {
    enum db_engine engine;
    void (*close)(struct db *db);
    struct db_conn *(*acquire)(struct db *db, struct error *error);
    void (*release)(struct db *db, struct db_conn *conn);
    bool (*write)(struct db *db, db_write_fn fn, void *context, struct error *error);
    bool (*write_async)(struct db *db, db_write_fn fn, void *context,
                        void (*done)(void *context, const struct error *error),
                        struct error *error);
    // Makes / frees a statement; the cache and the shared fields are db.c's.
    struct db_stmt *(*compile)(struct db_conn *conn, const char *sql, struct error *error);
    void (*destroy)(struct db_stmt *s);
    void (*bind_int)(struct db_stmt *s, int parameter, int64_t v);
    void (*bind_double)(struct db_stmt *s, int parameter, double v);
    void (*bind_bytes)(struct db_stmt *s, int parameter, struct str v, bool is_text);
    void (*bind_null)(struct db_stmt *s, int parameter);
    enum db_step (*step)(struct db_stmt *s, struct error *error);
    bool (*run_in_batch)(struct db_stmt *s, struct error *error);
    void (*reset)(struct db_stmt *s); // also clears the bindings
    bool (*is_null)(struct db_stmt *s, int column);
    int64_t (*column_int)(struct db_stmt *s, int column);
    double (*column_double)(struct db_stmt *s, int column);
    struct str (*column_bytes)(struct db_stmt *s, int column);
    bool (*exec)(struct db_conn *conn, const char *sql, struct error *error);
    bool (*batch_end)(struct db_conn *conn, struct error *error);
    bool (*explain)(struct db_conn *conn, struct arena *arena, const char *sql, struct str *plan,
                    struct error *error);
};

struct db {
    const struct db_driver *driver;
    struct clock clock;
    _Atomic uint64_t statements; // since the last db_fail_at
    _Atomic uint64_t fail_at;    // 0 = never
    _Atomic bool fail_persistent;
};

// What is wrong with a binding; reported by the next step.
enum bind_fault { BIND_OK, BIND_NO_PARAMETER, BIND_BAD_TEXT, BIND_NO_MEMORY };

struct db_stmt {
    const struct db_driver *driver;
    struct db_conn *conn;
    char *sql; // owned
    size_t sql_length;
    uint64_t hash;
    struct db_stmt *next;                         // in its bucket
    struct db_stmt *active_before, *active_after; // statements that are giving rows
    uint64_t used;                                // age, for eviction
    int64_t changes;
    int parameter_count;
    int bad_parameter;
    enum bind_fault fault;
    bool active;
};

struct db_conn {
    const struct db_driver *driver;
    struct db *db;
    struct db_conn *next; // in the pool
    struct db_stmt *buckets[DB_BUCKETS];
    struct db_stmt *active;
    int statement_count;
    uint64_t use;
    bool in_transaction;
    bool batch;
    bool failed;              // a statement of the running transaction failed …
    struct error failed_with; // … with this
};

// Counts one statement; false when the test's fault falls on it.
bool db_count_statement(struct db *db, struct error *error);
// Notes the failure of a statement within a transaction. Returns false.
bool db_conn_fail(struct db_conn *conn, const struct error *error);
// False, with the noted error, once the running transaction is lost.
bool db_conn_usable(const struct db_conn *conn, struct error *error);
// Resets what is still giving rows.
void db_conn_settle(struct db_conn *conn);
void db_conn_begin(struct db_conn *conn); // marks the start of a transaction …
void db_conn_end(struct db_conn *conn);   // … and its end
// Drops the statements used longest ago beyond DB_STATEMENTS_MAX; only between uses.
void db_conn_trim(struct db_conn *conn);
void db_conn_drop_statements(struct db_conn *conn);
void db_stmt_set_active(struct db_stmt *s, bool active);
// Calls fn and applies the rules of db_write(): false with error set when it, or any statement,
// failed. The caller has begun the transaction and ends it.
bool db_conn_call(struct db_conn *conn, db_write_fn fn, void *context, struct error *error);

// Highest $n in a statement (quotes and comments skipped), or -1 beyond DB_PARAMETERS_MAX.
int db_count_parameters(const char *sql);

// Engines. `path` / `url` without and with scheme as each needs it.
struct db *sqlite_db_open(const struct db_options *options, const char *path, struct error *error);
bool sqlite_db_backup(struct db *db, const char *path, struct error *error);
struct db *postgres_db_open(const struct db_options *options, struct error *error);

#endif
