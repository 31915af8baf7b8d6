// SPDX-License-Identifier: Apache-2.0
//
// The engine-independent half of the database door: opening by URL, checks of bindings, counting of
// statements for fault injection, and the way into the engine (driver.h).
//
// Invariants: every statement is counted exactly once, before the engine sees it; a binding that is
// wrong never reaches the engine; after a failed statement no other one of the same transaction
// reaches the engine.
// Threads: struct db is shared, its counters are atomic; a connection and its statements belong to
// one thread at a time.
#include "db/driver.h"
#include "db/sql_text.h"

#include <assert.h>

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

struct db *db_open(const struct db_options *options, struct error *error)
{
    const char *url = options->url ? options->url : "";
    assert(options->clock.now && options->clock.monotonic);
    if (starts_with(url, "sqlite:") && url[strlen("sqlite:")])
        return sqlite_db_open(options, url + strlen("sqlite:"), error);
    if (starts_with(url, "postgresql://") || starts_with(url, "postgres://"))
        return postgres_db_open(options, error);
    error_set(error, ERROR_BAD_INPUT, "db.url", "データベースの指定を読み取れません",
              "The database URL can't be read");
    error_hint(error, "sqlite:ファイル名 または postgresql://… の形で指定してください",
               "Give it as sqlite:FILE or postgresql://…");
    return NULL;
}

struct db *db_close(struct db *db)
{
    if (db)
        db->driver->close(db);
    return NULL;
}

enum db_engine db_engine_of(const struct db *db)
{
    return db->driver->engine;
}
enum db_engine db_conn_engine(const struct db_conn *conn)
{
    return conn->driver->engine;
}

struct db_conn *db_acquire(struct db *db, struct error *error)
{
    return db->driver->acquire(db, error);
}

void db_release(struct db *db, struct db_conn *conn)
{
    if (conn) {
        assert(conn->db == db);
        db->driver->release(db, conn);
    }
}

bool db_write(struct db *db, db_write_fn fn, void *context, struct error *error)
{
    return db->driver->write(db, fn, context, error);
}

bool db_write_async(struct db *db, db_write_fn fn, void *context,
                    void (*done)(void *context, const struct error *error), struct error *error)
{
    return db->driver->write_async(db, fn, context, done, error);
}

bool db_count_statement(struct db *db, struct error *error)
{
    uint64_t n = atomic_fetch_add_explicit(&db->statements, 1, memory_order_relaxed) + 1;
    uint64_t at = atomic_load_explicit(&db->fail_at, memory_order_relaxed);
    if (at == 0 || n < at)
        return true;
    if (n > at && !atomic_load_explicit(&db->fail_persistent, memory_order_relaxed))
        return true;
    return error_set(error, ERROR_STORAGE, "db.fault_injected", "試験用の障害です（%llu 番目の文）",
                     "A fault injected by a test (statement %llu)", (unsigned long long)n);
}

uint64_t db_fail_at(struct db *db, uint64_t n, bool persistent)
{
    atomic_store(&db->fail_at, 0);
    uint64_t run = atomic_exchange(&db->statements, 0);
    atomic_store(&db->fail_persistent, persistent);
    atomic_store(&db->fail_at, n);
    return run;
}

// The text is checked here so that both engines refuse the same: PostgreSQL takes neither broken
// UTF-8 nor NUL, SQLite takes both.
void db_bind_text(struct db_stmt *s, int parameter, struct str v)
{
    if (!v.p) {
        s->driver->bind_null(s, parameter);
    } else if (memchr(v.p, '\0', v.n) || !str_is_utf8(v)) {
        s->fault = BIND_BAD_TEXT;
        s->bad_parameter = parameter;
    } else {
        s->driver->bind_bytes(s, parameter, v, true);
    }
}

void db_bind_blob(struct db_stmt *s, int parameter, struct str v)
{
    if (v.p)
        s->driver->bind_bytes(s, parameter, v, false);
    else
        s->driver->bind_null(s, parameter);
}

void db_bind_int(struct db_stmt *s, int parameter, int64_t v)
{
    // TIME_NONE is the one integer that means "none" everywhere.
    if (v == TIME_NONE)
        s->driver->bind_null(s, parameter);
    else
        s->driver->bind_int(s, parameter, v);
}

void db_bind_id(struct db_stmt *s, int parameter, int64_t id)
{
    if (id == 0)
        s->driver->bind_null(s, parameter);
    else
        s->driver->bind_int(s, parameter, id);
}

void db_bind_double(struct db_stmt *s, int parameter, double v)
{
    // Not a number: SQLite would store NULL, PostgreSQL 'NaN'.
    if (v != v)
        s->driver->bind_null(s, parameter);
    else
        s->driver->bind_double(s, parameter, v);
}

void db_bind_null(struct db_stmt *s, int parameter)
{
    s->driver->bind_null(s, parameter);
}

static bool binding_error(const struct db_stmt *s, struct error *error)
{
    switch (s->fault) {
    case BIND_OK:
        return true;
    case BIND_NO_PARAMETER:
        return error_set(error, ERROR_INTERNAL, "db.parameter",
                         "SQL 文に %d 番目のパラメーターがありません",
                         "The statement has no parameter %d", s->bad_parameter);
    case BIND_BAD_TEXT:
        error_set(
            error, ERROR_BAD_INPUT, "db.text",
            "保存できない文字が含まれています（UTF-8 でないか NUL を含みます。パラメーター %d）",
            "A text holds what can't be stored (not UTF-8, or NUL; parameter %d)",
            s->bad_parameter);
        return error_hint(error, "文字コードを確かめてください", "Check the character encoding");
    case BIND_NO_MEMORY:
        break;
    }
    return error_no_memory(error);
}

// Everything that must hold before a statement starts; a refusal counts as its failure.
static bool may_start(struct db_stmt *s, struct error *error)
{
    if (!db_conn_usable(s->conn, error))
        return false;
    s->changes = 0;
    return binding_error(s, error) && db_count_statement(s->conn->db, error);
}

static enum db_step refuse(struct db_stmt *s, const struct error *error)
{
    s->driver->reset(s);
    s->fault = BIND_OK;
    db_conn_fail(s->conn, error);
    return DB_STEP_ERROR;
}

enum db_step db_step(struct db_stmt *s, struct error *error)
{
    if (!s->active) {
        if (s->conn->batch) {
            error_set(error, ERROR_INTERNAL, "db.query_in_batch",
                      "一括実行の中では結果を返す文を実行できません",
                      "A query with rows can't run inside a batch");
            return refuse(s, error);
        }
        if (!may_start(s, error))
            return refuse(s, error);
    }
    enum db_step step = s->driver->step(s, error);
    if (step == DB_STEP_ERROR)
        db_conn_fail(s->conn, error);
    return step;
}

static bool refuse_rows(struct db_stmt *s, struct error *error)
{
    error_set(error, ERROR_INTERNAL, "db.unexpected_row",
              "結果を返さないはずの SQL 文が行を返しました",
              "A statement that must not return rows returned one");
    refuse(s, error);
    return false;
}

bool db_run(struct db_stmt *s, struct error *error)
{
    if (s->active)
        db_reset(s);
    if (!may_start(s, error)) {
        refuse(s, error);
        return false;
    }
    if (s->conn->batch && s->driver->run_in_batch)
        return s->driver->run_in_batch(s, error) || db_conn_fail(s->conn, error);
    enum db_step step = s->driver->step(s, error);
    if (step == DB_STEP_ROW)
        return refuse_rows(s, error);
    if (s->conn->batch)
        s->changes = 0;
    return step == DB_STEP_DONE || db_conn_fail(s->conn, error);
}

void db_reset(struct db_stmt *s)
{
    s->driver->reset(s);
    s->fault = BIND_OK;
}

bool db_is_null(struct db_stmt *s, int column)
{
    return s->driver->is_null(s, column);
}
int64_t db_int(struct db_stmt *s, int column)
{
    return s->driver->column_int(s, column);
}

time_ms db_time(struct db_stmt *s, int column)
{
    return s->driver->is_null(s, column) ? TIME_NONE : s->driver->column_int(s, column);
}

double db_double(struct db_stmt *s, int column)
{
    return s->driver->column_double(s, column);
}
struct str db_text(struct db_stmt *s, int column)
{
    return s->driver->column_bytes(s, column);
}
struct str db_blob(struct db_stmt *s, int column)
{
    return s->driver->column_bytes(s, column);
}
int64_t db_changes(struct db_stmt *s)
{
    return s->changes;
}

bool db_exec(struct db_conn *conn, const char *sql, struct error *error)
{
    if (!db_conn_usable(conn, error))
        return false;
    if (!db_count_statement(conn->db, error))
        return db_conn_fail(conn, error);
    return conn->driver->exec(conn, sql, error) || db_conn_fail(conn, error);
}

bool db_batch_begin(struct db_conn *conn, struct error *error)
{
    if (!db_conn_usable(conn, error))
        return false;
    if (!conn->in_transaction || conn->batch) {
        error_set(error, ERROR_INTERNAL, "db.batch", "一括実行をここで始めることはできません",
                  "A batch can't begin here");
        return db_conn_fail(conn, error);
    }
    conn->batch = true;
    return true;
}

bool db_batch_end(struct db_conn *conn, struct error *error)
{
    if (!conn->batch)
        return error_set(error, ERROR_INTERNAL, "db.batch", "一括実行は始まっていません",
                         "No batch has begun");
    conn->batch = false;
    if (conn->driver->batch_end && !conn->driver->batch_end(conn, error))
        return db_conn_fail(conn, error);
    return db_conn_usable(conn, error);
}

bool db_is_unique_violation(const struct error *error)
{
    return strcmp(error->code, "db.unique") == 0;
}

struct str db_explain(struct db_conn *conn, struct arena *arena, const char *sql,
                      struct error *error)
{
    struct str plan = STR_ABSENT;
    if (!db_conn_usable(conn, error))
        return STR_ABSENT;
    if (!conn->driver->explain(conn, arena, sql, &plan, error)) {
        db_conn_fail(conn, error);
        return STR_ABSENT;
    }
    if (arena_failed(arena)) {
        error_no_memory(error);
        return STR_ABSENT;
    }
    return plan;
}

bool db_backup_sqlite(struct db *db, const char *path, struct error *error)
{
    if (db->driver->engine != DB_SQLITE) {
        error_set(error, ERROR_BAD_INPUT, "db.backup_engine",
                  "この方法で控えを取れるのは SQLite だけです",
                  "Only SQLite can be copied this way");
        return error_hint(error, "PostgreSQL では pg_dump や pg_basebackup を使ってください",
                          "Use pg_dump or pg_basebackup for PostgreSQL");
    }
    return sqlite_db_backup(db, path, error);
}

int db_count_parameters(const char *sql)
{
    return sql_text_parameters(str_from(sql), DB_PARAMETERS_MAX);
}
