// SPDX-License-Identifier: Apache-2.0
//
// The embedded engine: one SQLite file in WAL mode, one writer thread with group commit, a pool of
// readers, a background checkpoint.
//
// Invariants: only the writer's connection can write (readers are query_only); synchronous=FULL, so
// what db_write() acknowledged is on the disk; the file is readable by its owner only (SQLite gives
// the log the same mode). The dialect is tightened to what PostgreSQL accepts too: LIKE tells case,
// "x" is never a text.
// Threads: any thread takes readers; the writer and the checkpointer have threads of their own.
#include "db/sqlite_engine.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static struct sqlite_db *of(struct db *db)
{
    return (struct sqlite_db *)db;
}

bool sqlite_exec_text(struct sqlite_conn *conn, const char *sql, struct error *error)
{
    int code = sqlite3_exec(conn->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || sqlite_fail(conn, code, false, error);
}

// Without O_EXCL, closing the file again would drop the locks of other connections of this process.
static bool make_private_file(const char *path, struct error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        return true;
    }
    if (errno == EEXIST)
        return true;
    return sqlite_error(errno == ENOSPC ? SQLITE_FULL : SQLITE_CANTOPEN, NULL, error);
}

static bool use_wal(struct sqlite_conn *conn, struct error *error)
{
    sqlite3_stmt *pragma = NULL;
    int code = sqlite3_prepare_v2(conn->handle, "PRAGMA journal_mode=WAL", -1, &pragma, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(pragma);
    const char *mode = code == SQLITE_ROW ? (const char *)sqlite3_column_text(pragma, 0) : NULL;
    bool ok = mode && strcmp(mode, "wal") == 0;
    if (code != SQLITE_ROW)
        sqlite_fail(conn, code, false, error);
    else if (!ok)
        error_set(error, ERROR_STORAGE, "db.no_wal",
                  "この場所では SQLite の WAL を使えません（ネットワークドライブなど）",
                  "SQLite's WAL can't be used in this place (a network drive?)");
    sqlite3_finalize(pragma);
    return ok;
}

static bool configure(struct sqlite_db *db, struct sqlite_conn *conn, bool writer,
                      struct error *error)
{
    char cache[64];
    int64_t kib = writer ? db->cache_bytes / 1024 : SQLITE_READER_CACHE_KIB;
    if (db->on_open && !db->on_open(db->on_open_context, conn->handle, error))
        return false;
    // secure_delete: what is deleted is overwritten where that costs no further page.
    if (!sqlite_exec_text(conn,
                          "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF;"
                          "PRAGMA secure_delete=FAST; PRAGMA case_sensitive_like=ON;",
                          error))
        return false;
    snprintf(cache, sizeof cache, "PRAGMA cache_size=-%lld", (long long)kib);
    if (!sqlite_exec_text(conn, cache, error) || !use_wal(conn, error))
        return false;
    sqlite3_wal_autocheckpoint(conn->handle, 0);
    if (!writer)
        return sqlite_exec_text(conn, "PRAGMA query_only=ON", error);
    if (!sqlite_exec_text(conn, "PRAGMA journal_size_limit=167772160", error))
        return false;
    return sqlite_exec_text(
        conn, db->no_sync ? "PRAGMA synchronous=OFF" : "PRAGMA synchronous=FULL", error);
}

static bool open_handle(struct sqlite_db *db, struct sqlite_conn *conn, struct error *error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(db->path, &conn->handle, flags, NULL);
    if (code != SQLITE_OK)
        return conn->handle
                   ? sqlite_fail(conn, sqlite3_extended_errcode(conn->handle), false, error)
                   : sqlite_error(code, NULL, error);
    sqlite3_extended_result_codes(conn->handle, 1);
    sqlite3_busy_timeout(conn->handle, SQLITE_BUSY_WAIT_MS);
    sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return true;
}

struct sqlite_conn *sqlite_connect(struct sqlite_db *db, bool writer, struct error *error)
{
    struct sqlite_conn *conn = memory_zalloc(1, sizeof *conn);
    if (!conn) {
        error_no_memory(error);
        return NULL;
    }
    conn->base.driver = db->base.driver;
    conn->base.db = &db->base;
    if (!open_handle(db, conn, error) || !configure(db, conn, writer, error)) {
        sqlite_disconnect(conn);
        return NULL;
    }
    return conn;
}

void sqlite_disconnect(struct sqlite_conn *conn)
{
    if (!conn)
        return;
    db_conn_drop_statements(&conn->base);
    sqlite3_close_v2(conn->handle);
    memory_free(conn);
}

static struct db_conn *connect_reader(void *owner, struct error *error)
{
    struct sqlite_conn *conn = sqlite_connect(owner, false, error);
    return conn ? &conn->base : NULL;
}

static void disconnect_reader(struct db_conn *conn)
{
    sqlite_disconnect((struct sqlite_conn *)conn);
}
static bool reader_alive(struct db_conn *conn)
{
    return true;
}

static struct db_conn *acquire(struct db *db, struct error *error)
{
    return pool_take(&of(db)->readers, error);
}

static void release(struct db *db, struct db_conn *conn)
{
    const struct sqlite_conn *c = (struct sqlite_conn *)conn;
    db_conn_settle(conn);
    db_conn_trim(conn);
    // A transaction left open would keep its snapshot, and the log with it, for ever.
    pool_give(&of(db)->readers, conn, !c->suspect && sqlite3_get_autocommit(c->handle));
}

static void free_database(struct sqlite_db *db)
{
    memory_free(db->path);
    memory_free(db);
}

static void close_database(struct db *base)
{
    struct sqlite_db *db = of(base);
    // First: what is queued may still read.
    sqlite_writer_stop(db);
    sqlite_checkpointer_stop(db);
    pool_destroy(&db->readers);
    // Last: closing the last connection moves the rest of the log into the database.
    sqlite_writer_disconnect(db);
    free_database(db);
}

static const struct db_driver driver = {
    .engine = DB_SQLITE,
    .close = close_database,
    .acquire = acquire,
    .release = release,
    .write = sqlite_write,
    .write_async = sqlite_write_async,
    .compile = sqlite_compile,
    .destroy = sqlite_destroy,
    .bind_int = sqlite_bind_int,
    .bind_double = sqlite_bind_double,
    .bind_bytes = sqlite_bind_bytes,
    .bind_null = sqlite_bind_null,
    .step = sqlite_step,
    .reset = sqlite_reset,
    .is_null = sqlite_is_null,
    .column_int = sqlite_column_int,
    .column_double = sqlite_column_double,
    .column_bytes = sqlite_column_bytes,
    .exec = sqlite_exec,
    .explain = sqlite_explain,
};

static struct sqlite_db *make_database(const struct db_options *options, const char *path,
                                       struct error *error)
{
    struct sqlite_db *db = memory_zalloc(1, sizeof *db);
    if (!db) {
        error_no_memory(error);
        return NULL;
    }
    db->base.driver = &driver;
    db->base.clock = options->clock;
    db->cache_bytes = options->cache_bytes > 0 ? options->cache_bytes : (int64_t)256 << 20;
    db->no_sync = options->in_memory_sync;
    db->on_open = options->sqlite_on_open;
    db->on_open_context = options->sqlite_on_open_context;
    db->readers.most = options->connections_max > 0 ? options->connections_max : 16;
    db->readers.owner = db;
    db->readers.connect = connect_reader;
    db->readers.alive = reader_alive;
    db->readers.disconnect = disconnect_reader;
    db->path = memory_strdup(path);
    if (!db->path)
        error_no_memory(error);
    if (!db->path || !pool_init(&db->readers, error)) {
        free_database(db);
        return NULL;
    }
    return db;
}

struct db *sqlite_db_open(const struct db_options *options, const char *path, struct error *error)
{
    assert(sqlite3_threadsafe());
    struct sqlite_db *db = make_database(options, path, error);
    if (!db)
        return NULL;
    if (!make_private_file(path, error) || !sqlite_writer_start(db, error) ||
        !sqlite_checkpointer_start(db, error)) {
        close_database(&db->base);
        return NULL;
    }
    return &db->base;
}
