// SPDX-License-Identifier: Apache-2.0
//
// What every connection has whatever its engine: the cache of prepared statements and the state of
// the running transaction.
//
// Invariants: a statement that is giving rows is on the connection's active list and is never
// handed out a second time; statements are freed only between uses of the connection, so a pointer
// from db_prepare() stays good until then. Threads: as the connection, one at a time.
#include "db/driver.h"

#include "base/memory.h"

#include <assert.h>

// FNV-like over eight bytes at a time: the text of a statement is some hundred bytes long and is
// hashed once per db_prepare().
static uint64_t hash_sql(const char *sql, size_t n)
{
    uint64_t hash = 0x9e3779b97f4a7c15u ^ n;
    while (n >= 8) {
        uint64_t word;
        memcpy(&word, sql, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
        sql += 8;
        n -= 8;
    }
    uint64_t word = 0;
    memcpy(&word, sql, n);
    hash = (hash ^ word) * 0xff51afd7ed558ccdu;
    return hash ^ (hash >> 29);
}

static struct db_stmt *find(struct db_conn *conn, const char *sql, size_t n, uint64_t hash)
{
    struct db_stmt *s = conn->buckets[hash % DB_BUCKETS];
    while (s && (s->hash != hash || s->active || s->sql_length != n || memcmp(s->sql, sql, n) != 0))
        s = s->next;
    return s;
}

static struct db_stmt *make(struct db_conn *conn, const char *sql, size_t n, uint64_t hash,
                            struct error *error)
{
    int parameters = db_count_parameters(sql);
    if (parameters < 0) {
        error_set(error, ERROR_INTERNAL, "db.parameter", "SQL 文のパラメーターが %d を超えています",
                  "The statement has more than %d parameters", DB_PARAMETERS_MAX);
        return NULL;
    }
    struct db_stmt *s = conn->driver->compile(conn, sql, error);
    if (!s)
        return NULL;
    s->sql = memory_strdup(sql);
    if (!s->sql) {
        conn->driver->destroy(s);
        error_no_memory(error);
        return NULL;
    }
    s->driver = conn->driver;
    s->conn = conn;
    s->sql_length = n;
    s->hash = hash;
    s->next = conn->buckets[hash % DB_BUCKETS];
    conn->buckets[hash % DB_BUCKETS] = s;
    conn->statement_count++;
    return s;
}

struct db_stmt *db_prepare(struct db_conn *conn, const char *sql, struct error *error)
{
    if (!db_conn_usable(conn, error))
        return NULL;
    size_t n = strlen(sql);
    uint64_t hash = hash_sql(sql, n);
    struct db_stmt *s = find(conn, sql, n, hash);
    if (s) {
        db_reset(s);
    } else {
        s = make(conn, sql, n, hash, error);
        if (!s) {
            db_conn_fail(conn, error);
            return NULL;
        }
    }
    s->used = conn->use;
    return s;
}

void db_stmt_set_active(struct db_stmt *s, bool active)
{
    if (s->active == active)
        return;
    s->active = active;
    if (active) {
        s->active_before = NULL;
        s->active_after = s->conn->active;
        if (s->active_after)
            s->active_after->active_before = s;
        s->conn->active = s;
        return;
    }
    if (s->active_before)
        s->active_before->active_after = s->active_after;
    else
        s->conn->active = s->active_after;
    if (s->active_after)
        s->active_after->active_before = s->active_before;
}

void db_conn_settle(struct db_conn *conn)
{
    while (conn->active) {
        struct db_stmt *s = conn->active;
        db_reset(s);
        assert(conn->active != s);
    }
}

bool db_conn_fail(struct db_conn *conn, const struct error *error)
{
    if (conn->in_transaction && !conn->failed) {
        conn->failed = true;
        conn->failed_with = *error;
    }
    return false;
}

bool db_conn_usable(const struct db_conn *conn, struct error *error)
{
    if (!conn->failed)
        return true;
    *error = conn->failed_with;
    return false;
}

void db_conn_begin(struct db_conn *conn)
{
    assert(!conn->in_transaction && !conn->active);
    conn->in_transaction = true;
    conn->batch = false;
    conn->failed = false;
}

void db_conn_end(struct db_conn *conn)
{
    conn->in_transaction = false;
    conn->batch = false;
    conn->failed = false;
}

bool db_conn_call(struct db_conn *conn, db_write_fn fn, void *context, struct error *error)
{
    struct error said = {0};
    bool ok = fn(context, conn, &said);
    db_conn_settle(conn);
    if (ok && conn->batch)
        ok = db_batch_end(conn, &said);
    conn->batch = false;
    if (ok && conn->failed) {
        said = conn->failed_with;
        ok = false;
    }
    if (ok)
        return true;
    if (!error_is_set(&said) && !conn->failed)
        error_set(&said, ERROR_INTERNAL, "db.no_reason", "理由のない失敗です",
                  "A write failed without giving a reason");
    *error = error_is_set(&said) ? said : conn->failed_with;
    return false;
}

static void unlink_statement(struct db_conn *conn, struct db_stmt *s)
{
    struct db_stmt **link = &conn->buckets[s->hash % DB_BUCKETS];
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    conn->statement_count--;
}

static void drop(struct db_conn *conn, struct db_stmt *s)
{
    char *sql = s->sql;
    db_stmt_set_active(s, false);
    unlink_statement(conn, s);
    conn->driver->destroy(s);
    memory_free(sql);
}

static struct db_stmt *oldest(const struct db_conn *conn)
{
    struct db_stmt *found = NULL;
    for (int i = 0; i < DB_BUCKETS; i++)
        for (struct db_stmt *s = conn->buckets[i]; s; s = s->next)
            if (!found || s->used < found->used)
                found = s;
    return found;
}

void db_conn_trim(struct db_conn *conn)
{
    conn->use++;
    while (conn->statement_count > DB_STATEMENTS_MAX)
        drop(conn, oldest(conn));
}

void db_conn_drop_statements(struct db_conn *conn)
{
    for (int i = 0; i < DB_BUCKETS; i++)
        while (conn->buckets[i])
            drop(conn, conn->buckets[i]);
}
