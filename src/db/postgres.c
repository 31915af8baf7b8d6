// SPDX-License-Identifier: Apache-2.0
//
// The server engine: opening, the two pools, the driver table.
//
// Invariants: readers and writers have pools of their own, so a thread that holds a reader can
// always write; readers' sessions are read-only. An idle connection on which something has arrived
// (the server's goodbye) is never handed out. Threads: any.
#include "db/postgres_engine.h"

#include "base/memory.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>

static struct postgres_db *of(struct db *db)
{
    return (struct postgres_db *)db;
}

static struct db_conn *connect(void *owner, struct error *error)
{
    struct postgres_conn *c = postgres_connect(owner, error);
    return c ? &c->base : NULL;
}

static void disconnect(struct db_conn *conn)
{
    postgres_disconnect((struct postgres_conn *)conn);
}

// A server that stops says goodbye on idle connections; nothing else arrives on them.
static bool alive(struct db_conn *conn)
{
    struct postgres_conn *c = (struct postgres_conn *)conn;
    struct pollfd fd = {.fd = PQsocket(c->pg), .events = POLLIN};
    return !c->broken && poll(&fd, 1, 0) == 0;
}

static struct db_conn *acquire(struct db *db, struct error *error)
{
    return pool_take(&of(db)->readers, error);
}

static void release(struct db *db, struct db_conn *conn)
{
    struct postgres_conn *c = (struct postgres_conn *)conn;
    db_conn_settle(conn);
    db_conn_trim(conn);
    bool idle = !c->broken && PQtransactionStatus(c->pg) == PQTRANS_IDLE;
    pool_give(&of(db)->readers, conn, idle);
}

static bool exec(struct db_conn *conn, const char *sql, struct error *error)
{
    struct postgres_conn *c = (struct postgres_conn *)conn;
    if (!conn->in_transaction)
        return postgres_command(c, sql, error);
    // Together with what is under way: BEGIN or a batch.
    return postgres_send_command(c, sql) ? postgres_wait(c, error) : (*error = c->error, false);
}

static bool collect_plan(const PGresult *result, struct arena *arena, struct str *plan)
{
    *plan = STR("");
    for (int row = 0; result && row < PQntuples(result); row++)
        *plan = arena_printf(arena, "%.*s%s%s", STR_ARG(*plan), row ? "\n" : "",
                             PQgetvalue(result, row, 0));
    return !arena_failed(arena);
}

static const char *explain_text(struct arena *arena, int parameters)
{
    struct str text = STR("EXPLAIN EXECUTE juchu_explain");
    for (int i = 0; i < parameters; i++)
        text = arena_printf(arena, "%.*s%sNULL", STR_ARG(text), i ? "," : "(");
    return str_cstr(arena, parameters ? arena_printf(arena, "%.*s)", STR_ARG(text)) : text);
}

static bool explain(struct db_conn *conn, struct arena *arena, const char *sql, struct str *plan,
                    struct error *error)
{
    struct postgres_conn *c = (struct postgres_conn *)conn;
    struct error ignored;
    struct str prepare = arena_printf(arena, "PREPARE juchu_explain AS %s", sql);
    const char *question = explain_text(arena, db_count_parameters(sql));
    if (arena_failed(arena))
        return error_no_memory(error);
    if (conn->in_transaction)
        return error_set(error, ERROR_INTERNAL, "db.explain",
                         "実行計画は書き込みの外で調べてください",
                         "Plans are explained outside of writes");
    bool prepared = postgres_command(c, prepare.p, error);
    bool ok = prepared && postgres_command(c, "SET plan_cache_mode = force_generic_plan", error) &&
              postgres_command(c, "SET enable_seqscan = off", error) &&
              postgres_command(c, question, error);
    if (ok && !collect_plan(c->result, arena, plan))
        ok = error_no_memory(error);
    // Failures here break the connection, which is then not used again.
    if (prepared && (!postgres_command(c, "DEALLOCATE juchu_explain", &ignored) ||
                     !postgres_command(c, "RESET plan_cache_mode", &ignored) ||
                     !postgres_command(c, "RESET enable_seqscan", &ignored)))
        c->broken = true;
    return ok;
}

static void free_database(struct postgres_db *db)
{
    memory_free(db->url);
    memory_free(db);
}

static void close_database(struct db *base)
{
    struct postgres_db *db = of(base);
    postgres_async_stop(db);
    pool_destroy(&db->readers);
    pool_destroy(&db->writers);
    free_database(db);
}

static const struct db_driver driver = {
    .engine = DB_POSTGRES,
    .close = close_database,
    .acquire = acquire,
    .release = release,
    .write = postgres_write,
    .write_async = postgres_write_async,
    .compile = postgres_compile,
    .destroy = postgres_destroy,
    .bind_int = postgres_bind_int,
    .bind_double = postgres_bind_double,
    .bind_bytes = postgres_bind_bytes,
    .bind_null = postgres_bind_null,
    .step = postgres_step,
    .run_in_batch = postgres_run_in_batch,
    .reset = postgres_reset,
    .is_null = postgres_is_null,
    .column_int = postgres_column_int,
    .column_double = postgres_column_double,
    .column_bytes = postgres_column_bytes,
    .exec = exec,
    .batch_end = postgres_batch_end,
    .explain = explain,
};

static bool make_pool(struct postgres_db *db, struct pool *pool, int most, struct error *error)
{
    *pool = (struct pool){
        .most = most, .owner = db, .connect = connect, .alive = alive, .disconnect = disconnect};
    return pool_init(pool, error);
}

static int writers_of(int connections)
{
    int writers = connections / 4;
    if (writers > POSTGRES_WRITERS_MAX)
        writers = POSTGRES_WRITERS_MAX;
    return writers > 1 ? writers : 1;
}

static struct postgres_db *make_database(const struct db_options *options, struct error *error)
{
    int most = options->connections_max > 0 ? options->connections_max : 16;
    int writers = writers_of(most);
    struct postgres_db *db = memory_zalloc(1, sizeof *db);
    if (!db) {
        error_no_memory(error);
        return NULL;
    }
    db->base.driver = &driver;
    db->base.clock = options->clock;
    db->url = memory_strdup(options->url);
    if (!db->url)
        error_no_memory(error);
    if (!db->url || !make_pool(db, &db->readers, most > writers ? most - writers : 1, error)) {
        free_database(db);
        return NULL;
    }
    if (!make_pool(db, &db->writers, writers, error)) {
        pool_destroy(&db->readers);
        free_database(db);
        return NULL;
    }
    return db;
}

// libpq's own message could repeat a piece of the password, so it isn't kept.
static bool check_url(const char *url, struct error *error)
{
    char *message = NULL;
    PQconninfoOption *parsed = PQconninfoParse(url, &message);
    PQfreemem(message);
    if (parsed) {
        PQconninfoFree(parsed);
        return true;
    }
    return postgres_url_error(error);
}

struct db *postgres_db_open(const struct db_options *options, struct error *error)
{
    assert(PQisthreadsafe());
    if (!check_url(options->url, error))
        return NULL;
    struct postgres_db *db = make_database(options, error);
    if (!db)
        return NULL;
    struct db_conn *conn = postgres_async_start(db, error) ? pool_take(&db->writers, error) : NULL;
    if (!conn) {
        close_database(&db->base);
        return NULL;
    }
    pool_give(&db->writers, conn, true);
    return &db->base;
}
