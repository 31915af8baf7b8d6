// SPDX-License-Identifier: Apache-2.0
//
// One thin door to SQLite and PostgreSQL. SQL is one dialect with $1 … parameters; what an engine
// needs besides is said in the migrations. All values are int64, double, text, blob or NULL.
//
// Reading: take a connection (per thread), run statements, give it back.
// Writing: db_write() runs a function inside a transaction. On SQLite there is one writer thread
// that puts the functions of several callers into one commit, each in its own savepoint; a function
// that fails rolls back alone. On PostgreSQL each call takes a pooled connection.
// A lost connection is an error (ERROR_STORAGE) of the running call; the next call connects anew.
//
// Errors of all functions: ERROR_STORAGE (disk, server, connection; may be repeated),
// ERROR_CONFLICT with code "db.unique" (db_is_unique_violation), ERROR_NO_MEMORY, ERROR_BAD_INPUT
// (text that is not UTF-8 or holds NUL; wrong URL), ERROR_INTERNAL (wrong SQL, a broken NOT NULL or
// CHECK). Texts and peer texts never hold values.
#ifndef JUCHU_DB_DB_H
#define JUCHU_DB_DB_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"

struct db;      // a database; thread-safe
struct db_conn; // one connection; one thread at a time
struct db_stmt; // a prepared statement of a connection

enum db_engine { DB_SQLITE, DB_POSTGRES };

struct db_options {
    const char *url; // "sqlite:PATH" or "postgresql://…"
    // SQLite: readers. PostgreSQL: all connections; a quarter of them (1 … 8) is kept for writing.
    // 0 = 16.
    int connections_max;
    struct clock clock;
    int64_t cache_bytes; // SQLite page cache of the writer; 0 = 256 MiB at most
    bool in_memory_sync; // tests only: synchronous=OFF
    // Called with the sqlite3* of each new SQLite connection before its first statement, so that a
    // higher layer can register functions and tokenizers (see db/sqlite_extension.h). Any thread.
    bool (*sqlite_on_open)(void *context, void *sqlite3_handle, struct error *error);
    void *sqlite_on_open_context;
};

// Opens (SQLite: creates, mode 0600) the database and makes one connection to prove that it works.
// ERROR_BAD_INPUT for a URL that can't be read, a file that is no database, a server without UTF-8.
struct db *db_open(const struct db_options *options, struct error *error);
// Runs what is queued by db_write_async, then closes. All connections must have been released.
// NULL is allowed. Returns NULL.
struct db *db_close(struct db *db);
enum db_engine db_engine_of(const struct db *db);
enum db_engine db_conn_engine(const struct db_conn *conn);

// Applies the numbered migrations that are missing, each in a transaction of its own. ERROR_STORAGE
// with the number of the failed one; ERROR_BAD_INPUT when the database is newer than the program or
// an applied migration is not the one that this program knows. Several nodes may migrate at once.
// How the files in sql/ are written: db/migrate.h.
bool db_migrate(struct db *db, struct error *error);

// A read-only connection for this thread, from a pool; waits at most 10 s for a free one
// (then ERROR_STORAGE "db.pool_exhausted"). Each statement sees what was committed before it began.
struct db_conn *db_acquire(struct db *db, struct error *error);
void db_release(struct db *db, struct db_conn *conn);

// Runs fn inside a write transaction and returns once it is durable. fn returns false (error set)
// to roll back. It may be run again when the engine asks for it (serialisation, lost connection
// before COMMIT was sent, another function of the group hit a full disk), so it must not have
// effects outside the transaction, and starts from its context anew each time. Once a statement of
// fn has failed, the transaction is lost: further statements return the same error, and fn's result
// counts as false. Use ON CONFLICT for what may collide. Must not be called from inside fn or done.
// ERROR_STORAGE with code "db.commit_unknown": the connection was lost while committing; it may or
// may not have been done (PostgreSQL only).
typedef bool (*db_write_fn)(void *context, struct db_conn *conn, struct error *error);
bool db_write(struct db *db, db_write_fn fn, void *context, struct error *error);
// As db_write, without waiting: done(context, error) runs on a database thread, error NULL on
// success. Functions are run in the order of the calls on SQLite, in any order on PostgreSQL. False
// (then done is never called): lack of memory, or ERROR_STORAGE "db.queue_full" with 10 000
// functions waiting.
bool db_write_async(struct db *db, db_write_fn fn, void *context,
                    void (*done)(void *context, const struct error *error), struct error *error);

// A prepared statement from the connection's cache (key: the text). Valid until the connection is
// released or fn ends; never freed by the caller. NULL with error set when the SQL is wrong or the
// connection is gone (PostgreSQL: said by the first step). Asked for again while it is still giving
// rows, another statement of the same text is returned.
// A parameter may stand several times and as $1::bigint (a cast on PostgreSQL only). On PostgreSQL
// an int is sent as bigint, a double as double precision, a blob as bytea, a text as whatever the
// place asks for (text, text[] …).
struct db_stmt *db_prepare(struct db_conn *conn, const char *sql, struct error *error);
// Parameters are 1-based; unbound ones are NULL. Text and blobs are borrowed until the statement
// has been stepped (in a batch: until db_batch_end). An absent str and TIME_NONE bind NULL. What is
// wrong with a binding (no such parameter, text not UTF-8) is said by the next step.
void db_bind_int(struct db_stmt *s, int parameter, int64_t v);
void db_bind_id(struct db_stmt *s, int parameter, int64_t id); // 0 binds NULL
void db_bind_double(struct db_stmt *s, int parameter, double v);
void db_bind_text(struct db_stmt *s, int parameter, struct str v);
void db_bind_blob(struct db_stmt *s, int parameter, struct str v);
void db_bind_null(struct db_stmt *s, int parameter);

enum db_step { DB_STEP_ERROR = -1, DB_STEP_DONE = 0, DB_STEP_ROW = 1 };
// Runs the statement / moves to the next row. After DONE or ERROR the statement is reset.
enum db_step db_step(struct db_stmt *s, struct error *error);
// Ends a query before its last row. Bindings are cleared.
void db_reset(struct db_stmt *s);
// Columns of the current row, 0-based. Text and blobs live until the next step or reset.
bool db_is_null(struct db_stmt *s, int column);
int64_t db_int(struct db_stmt *s, int column);  // NULL reads 0
time_ms db_time(struct db_stmt *s, int column); // NULL reads TIME_NONE (also for undetermined yen)
double db_double(struct db_stmt *s, int column);
struct str db_text(struct db_stmt *s, int column); // NULL reads STR_ABSENT
struct str db_blob(struct db_stmt *s, int column);
// Rows changed by the INSERT, UPDATE or DELETE that just ended with DONE; 0 within a batch.
int64_t db_changes(struct db_stmt *s);

// Steps a statement that returns no rows (ERROR_INTERNAL if it does). False with error set.
bool db_run(struct db_stmt *s, struct error *error);
// One constant statement without parameters and rows.
bool db_exec(struct db_conn *conn, const char *sql, struct error *error);

// Inside a batch, db_run() may only queue its statement (PostgreSQL's pipeline); its error then
// comes from db_batch_end(). Bound texts must stay alive until then. Queries with rows can't run
// inside a batch. On SQLite statements run at once. Only within db_write(); a batch that fn leaves
// open is ended before COMMIT.
bool db_batch_begin(struct db_conn *conn, struct error *error);
bool db_batch_end(struct db_conn *conn, struct error *error);

// True when the error is a breach of a unique key.
bool db_is_unique_violation(const struct error *error);

// Tests only: the n-th statement from now on (any connection of this database; BEGIN, SAVEPOINT,
// RELEASE and COMMIT count) fails with ERROR_STORAGE "db.fault_injected", with `persistent` every
// later one too; 0 switches it off. Returns the number of statements run since the last call.
uint64_t db_fail_at(struct db *db, uint64_t n, bool persistent);
// Name of the plan of a query (EXPLAIN, one step per line), for plan assertions. On PostgreSQL the
// generic plan with sequential scans discouraged, so that small tables show the index that large
// ones would use. Absent with error set.
struct str db_explain(struct db_conn *conn, struct arena *arena, const char *sql,
                      struct error *error);

// Online copy of a SQLite database to a new file (mode 0600); writers and readers go on meanwhile.
// ERROR_BAD_INPUT on PostgreSQL, or when the file exists. A failed copy leaves no file.
bool db_backup_sqlite(struct db *db, const char *path, struct error *error);

#endif
