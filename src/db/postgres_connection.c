// SPDX-License-Identifier: Apache-2.0
//
// A connection to PostgreSQL, always in libpq's pipeline mode: everything is sent without waiting,
// and postgres_wait() receives it all. BEGIN, a batch of a thousand rows and a query cost one round
// trip together.
//
// Invariants: `pending` lists what was sent and not yet answered, in order; it is empty outside of
// an operation. The first error of an operation is kept, the rest follow from it (the server skips
// up to the next sync). A connection on which sending or receiving failed is `broken`: nothing is
// sent on it any more, and it is closed when given back. Sockets are non-blocking; while sending,
// answers are read as they come, so neither side can wait for the other for ever.
// Threads: one at a time.
#include "db/postgres_engine.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define UNREAD_MAX 64

static void ignore_notice(void *context, const char *message) {}

static bool configure(struct postgres_conn *c, struct error *error)
{
    const char *encoding = PQparameterStatus(c->pg, "server_encoding");
    PQsetNoticeProcessor(c->pg, ignore_notice, NULL);
    if (!encoding || strcmp(encoding, "UTF8") != 0) {
        error_set(error, ERROR_BAD_INPUT, "db.server_encoding",
                  "データベースの文字コードが UTF8 ではありません",
                  "The database's encoding is not UTF8");
        return error_hint(error, "createdb -E UTF8 で作り直してください",
                          "Create it anew with createdb -E UTF8");
    }
    // Writing transactions say READ WRITE themselves.
    PGresult *result = PQexec(c->pg, "SET default_transaction_read_only = on;"
                                     "SET statement_timeout = '60s';"
                                     "SET lock_timeout = '10s';"
                                     "SET idle_in_transaction_session_timeout = '60s'");
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok)
        postgres_error(c->pg, result, error);
    PQclear(result);
    if (!ok)
        return false;
    if (PQsetnonblocking(c->pg, 1) != 0 || !PQenterPipelineMode(c->pg))
        return postgres_connection_lost(error);
    return true;
}

struct postgres_conn *postgres_connect(struct postgres_db *db, struct error *error)
{
    // Later ones win: what the URL says overrides the first, client_encoding overrides the URL.
    const char *const names[] = {"connect_timeout",
                                 "tcp_user_timeout",
                                 "keepalives_idle",
                                 "fallback_application_name",
                                 "dbname",
                                 "client_encoding",
                                 NULL};
    const char *const values[] = {"10", "30000", "30", "juchu", db->url, "UTF8", NULL};
    struct postgres_conn *c = memory_zalloc(1, sizeof *c);
    if (!c) {
        error_no_memory(error);
        return NULL;
    }
    c->base.driver = db->base.driver;
    c->base.db = &db->base;
    c->patience_ms = POSTGRES_PATIENCE_MS;
    c->pg = PQconnectdbParams(names, values, 1);
    bool ok = c->pg && PQstatus(c->pg) == CONNECTION_OK;
    if (!c->pg)
        error_no_memory(error);
    else if (!ok)
        postgres_error(c->pg, NULL, error);
    if (!ok || !configure(c, error)) {
        postgres_disconnect(c);
        return NULL;
    }
    return c;
}

void postgres_disconnect(struct postgres_conn *c)
{
    // Its statements end with the connection; they must not be taken back one by one.
    c->broken = true;
    db_conn_drop_statements(&c->base);
    PQclear(c->result);
    PQfinish(c->pg);
    memory_free(c->pending);
    memory_free(c);
}

void postgres_operation(struct postgres_conn *c)
{
    c->has_error = false;
    c->may_retry = false;
    c->tag[0] = '\0';
    PQclear(c->result);
    c->result = NULL;
}

static bool lost(struct postgres_conn *c)
{
    c->broken = true;
    c->pending_count = 0;
    if (!c->has_error) {
        c->has_error = true;
        postgres_connection_lost(&c->error);
    }
    return false;
}

static bool note_no_memory(struct postgres_conn *c)
{
    if (!c->has_error) {
        c->has_error = true;
        error_no_memory(&c->error);
    }
    return false;
}

static void note_result_error(struct postgres_conn *c, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    // After these the server closes the connection, whether libpq has noticed it yet or not.
    if (severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
        c->broken = true;
    if (c->has_error)
        return;
    c->has_error = true;
    c->may_retry = state && (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0);
    postgres_error(c->pg, result, &c->error);
}

static void note_row(struct postgres_conn *c)
{
    if (c->has_error)
        return;
    c->has_error = true;
    error_set(&c->error, ERROR_INTERNAL, "db.unexpected_row",
              "結果を返さないはずの SQL 文が行を返しました",
              "A statement that must not return rows returned one");
}

static struct postgres_pending *front(struct postgres_conn *c)
{
    assert(c->pending_count > 0);
    return &c->pending[c->pending_first];
}

static void pop(struct postgres_conn *c)
{
    assert(c->pending_count > 0);
    c->pending_first = (c->pending_first + 1) % c->pending_room;
    c->pending_count--;
}

static bool make_room(struct postgres_conn *c)
{
    assert(c->pending_count <= c->pending_room);
    if (c->pending_count < c->pending_room)
        return true;
    size_t room = c->pending_room ? c->pending_room * 2 : 64;
    struct postgres_pending *ring = memory_zalloc(room, sizeof *ring);
    if (!ring)
        return note_no_memory(c);
    for (size_t i = 0; i < c->pending_count; i++)
        ring[i] = c->pending[(c->pending_first + i) % c->pending_room];
    memory_free(c->pending);
    c->pending = ring;
    c->pending_first = 0;
    c->pending_room = room;
    return true;
}

static void push(struct postgres_conn *c, enum pending_kind kind, struct postgres_stmt *stmt)
{
    size_t at = (c->pending_first + c->pending_count) % c->pending_room;
    c->pending[at] = (struct postgres_pending){kind, stmt};
    c->pending_count++;
}

static void keep_rows(struct postgres_conn *c, struct postgres_pending *item, PGresult *result)
{
    PGresult **place = item->kind == PENDING_RUN ? &item->stmt->result : &c->result;
    if (item->kind == PENDING_RUN_IN_BATCH) {
        note_row(c);
        PQclear(result);
        return;
    }
    PQclear(*place);
    *place = result;
}

static void note_done(struct postgres_conn *c, const struct postgres_pending *item,
                      PGresult *result)
{
    const char *tag = PQcmdStatus(result);
    if (item->kind == PENDING_COMMAND)
        snprintf(c->tag, sizeof c->tag, "%s", tag);
    // "SELECT 5" counts rows that were read, not changed.
    if (item->kind == PENDING_RUN)
        item->stmt->base.changes = tag[0] == 'S' ? 0 : strtoll(PQcmdTuples(result), NULL, 10);
}

static void take_result(struct postgres_conn *c, PGresult *result)
{
    struct postgres_pending *item = front(c);
    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        assert(item->kind == PENDING_SYNC);
        pop(c);
        break;
    case PGRES_COMMAND_OK:
        note_done(c, item, result);
        break;
    case PGRES_TUPLES_OK:
        note_done(c, item, result);
        keep_rows(c, item, result);
        return;
    case PGRES_PIPELINE_ABORTED:
        if (item->kind == PENDING_PREPARE)
            item->stmt->prepared = false;
        break;
    default:
        if (item->kind == PENDING_PREPARE)
            item->stmt->prepared = false;
        note_result_error(c, result);
        break;
    }
    PQclear(result);
}

// Takes all results that are there, without waiting.
static bool take_results(struct postgres_conn *c)
{
    while (c->pending_count > 0 && !PQisBusy(c->pg)) {
        PGresult *result = PQgetResult(c->pg);
        if (result)
            take_result(c, result);
        else if (PQstatus(c->pg) == CONNECTION_BAD || front(c)->kind == PENDING_SYNC)
            return lost(c);
        else
            pop(c);
    }
    if (PQstatus(c->pg) == CONNECTION_BAD)
        return lost(c);
    return true;
}

// Sends what is left and waits until something can be read (or sent further).
static bool wait_for_server(struct postgres_conn *c)
{
    int left = PQflush(c->pg);
    struct pollfd fd = {.fd = PQsocket(c->pg), .events = POLLIN};
    if (left == 1)
        fd.events |= POLLOUT;
    int ready;
    do
        ready = poll(&fd, 1, c->patience_ms);
    while (ready < 0 && errno == EINTR);
    // On failure what the server said last (why it closed the connection) is still taken.
    if (left < 0 || ready <= 0 || !PQconsumeInput(c->pg)) {
        (void)take_results(c);
        return lost(c);
    }
    return true;
}

static bool receive_all(struct postgres_conn *c)
{
    while (take_results(c)) {
        if (c->pending_count == 0)
            return true;
        if (!wait_for_server(c))
            return false;
    }
    return false;
}

// Every now and then while much is being sent: sends it on and reads what has come back.
static bool keep_flowing(struct postgres_conn *c)
{
    if (++c->unread < UNREAD_MAX)
        return true;
    c->unread = 0;
    for (;;) {
        int left = PQflush(c->pg);
        if (left < 0 || !PQconsumeInput(c->pg)) {
            (void)take_results(c);
            return lost(c);
        }
        if (!take_results(c))
            return false;
        if (left == 0)
            return true;
        if (!wait_for_server(c))
            return false;
    }
}

static bool may_send(struct postgres_conn *c)
{
    if (c->broken)
        return lost(c);
    return make_room(c);
}

static bool sent(struct postgres_conn *c, int result, enum pending_kind kind,
                 struct postgres_stmt *s)
{
    if (!result)
        return lost(c);
    push(c, kind, s);
    return keep_flowing(c);
}

bool postgres_send_prepare(struct postgres_conn *c, struct postgres_stmt *s, const Oid *types)
{
    if (!may_send(c))
        return false;
    s->prepared = true; // taken back when the server says no
    return sent(c, PQsendPrepare(c->pg, s->name, s->base.sql, s->base.parameter_count, types),
                PENDING_PREPARE, s);
}

bool postgres_send_run(struct postgres_conn *c, struct postgres_stmt *s, bool in_batch)
{
    if (!may_send(c))
        return false;
    return sent(c,
                PQsendQueryPrepared(c->pg, s->name, s->base.parameter_count, s->pointers,
                                    s->lengths, s->formats, 0),
                in_batch ? PENDING_RUN_IN_BATCH : PENDING_RUN, s);
}

bool postgres_send_command(struct postgres_conn *c, const char *sql)
{
    if (!may_send(c))
        return false;
    return sent(c, PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 0), PENDING_COMMAND,
                NULL);
}

bool postgres_wait(struct postgres_conn *c, struct error *error)
{
    bool ok = may_send(c);
    if (ok) {
        ok = PQpipelineSync(c->pg) || lost(c);
        if (ok) {
            push(c, PENDING_SYNC, NULL);
            ok = receive_all(c);
        }
    } else if (!c->broken) {
        // What was sent can't be waited for, so the connection is of no further use.
        c->broken = true;
        c->pending_count = 0;
    }
    c->unread = 0;
    if (ok && !c->has_error)
        return true;
    *error = c->error;
    return false;
}

bool postgres_command(struct postgres_conn *c, const char *sql, struct error *error)
{
    postgres_operation(c);
    // A failed sending is told by the wait.
    (void)postgres_send_command(c, sql);
    return postgres_wait(c, error);
}
