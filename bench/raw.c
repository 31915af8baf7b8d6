// SPDX-License-Identifier: Apache-2.0
//
// Tables bench_raw_* hold the copies; they stay in the benchmark's database.
#include "bench/flows.h"
#include "order/postings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define RAW_ORG 7

static const struct {
    const char *table, *key; // key: the column that holds the order's id
} tables[] = {
    {"listing", "order_id"},      {"\"order\"", "id"},         {"order_package", "order_id"},
    {"order_line", "order_id"},   {"shipment", "order_id"},    {"payment_event", "order_id"},
    {"order_link", "order_id"},   {"order_event", "order_id"}, {"raw_document", "order_id"},
    {"order_search", "order_id"},
};
#define TABLES (sizeof tables / sizeof tables[0])

struct copying {
    struct bench *b;
    const struct str *numbers;
    int round; // copies of different rounds must differ
    row_id *ids;
    size_t count;
    row_id from, below; // of one insertion
    size_t each;        // orders
};

// The bare name, for bench_raw_NAME.
static const char *name_of(size_t i)
{
    return i == 1 ? "order" : tables[i].table;
}

static bool run(struct db_conn *conn, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool run(struct db_conn *conn, struct error *error, const char *format, ...)
{
    char sql[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    return db_exec(conn, sql, error);
}

static bool find_ids(struct copying *k, struct db_conn *conn, struct error *error)
{
    for (size_t i = 0; i < k->count; i++)
        if (!order_find(conn, k->b->org_id, k->b->shop_id, k->numbers[i], &k->ids[i], error))
            return false;
    return true;
}

static bool put_ids(struct copying *k, struct db_conn *conn, struct error *error)
{
    if (!run(conn, error, "DROP TABLE IF EXISTS bench_raw_id") ||
        !run(conn, error, "CREATE TABLE bench_raw_id (id BIGINT PRIMARY KEY)"))
        return false;
    for (size_t i = 0; i < k->count; i++) {
        struct db_stmt *s = db_prepare(conn, "INSERT INTO bench_raw_id VALUES ($1)", error);
        if (!s)
            return false;
        db_bind_int(s, 1, k->ids[i]);
        if (!db_run(s, error))
            return false;
    }
    return true;
}

// Ids of the copies lie behind all real ones and rise in the same order.
static bool copy_aside(void *context, struct db_conn *conn, struct error *error)
{
    struct copying *k = context;
    bool sqlite = db_conn_engine(conn) == DB_SQLITE;
    int64_t shift = INT64_C(1) << 59;
    shift += (INT64_C(1) << 56) * k->round;
    if (!find_ids(k, conn, error) || !put_ids(k, conn, error))
        return false;
    for (size_t i = 0; i < TABLES; i++) {
        const char *name = name_of(i), *key = tables[i].key;
        if (!run(conn, error, "DROP TABLE IF EXISTS bench_raw_%s", name) ||
            !run(conn, error,
                 "CREATE TABLE bench_raw_%s AS SELECT * FROM %s WHERE org_id = %lld AND %s IN "
                 "(SELECT id FROM bench_raw_id)",
                 name, tables[i].table, (long long)k->b->org_id, key) ||
            !run(conn, error, "UPDATE bench_raw_%s SET org_id = %d, %s = %s + %lld", name, RAW_ORG,
                 key, key, (long long)shift) ||
            !run(conn, error, "CREATE INDEX bench_raw_%s_key ON bench_raw_%s (%s)", name, name,
                 key))
            return false;
    }
    // Numbers are unique per shop.
    if (!run(conn, error, "UPDATE bench_raw_listing SET shop_id = %d", k->round) ||
        !run(conn, error, "UPDATE bench_raw_order SET shop_id = %d", k->round))
        return false;
    for (size_t i = 0; i < k->count; i++)
        k->ids[i] += shift;
    return sqlite || db_exec(conn, "ANALYZE", error);
}

static bool insert_copies(void *context, struct db_conn *conn, struct error *error)
{
    struct copying *k = context;
    long long from = k->from, below = k->below;
    for (size_t i = 0; i < TABLES; i++)
        if (!run(conn, error,
                 "INSERT INTO %s SELECT * FROM bench_raw_%s WHERE %s >= %lld AND %s < %lld",
                 tables[i].table, name_of(i), tables[i].key, from, tables[i].key, below))
            return false;
    // What the search index writes for them: parts of some thirty kilobytes.
    for (size_t part = 0; part * POSTINGS_ORDERS_PER_PART < k->each; part++)
        if (!run(conn, error,
                 db_conn_engine(conn) == DB_SQLITE
                     ? "INSERT INTO search_part VALUES (%d, %lld, %zu, zeroblob(30720))"
                     : "INSERT INTO search_part VALUES (%d, %lld, %zu, decode(repeat('00', 30720), "
                       "'hex'))",
                 RAW_ORG, from, part))
            return false;
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    row_id x = *(const row_id *)a, y = *(const row_id *)b;
    return x < y ? -1 : x > y;
}

static struct copying current;

void raw_prepare(struct bench *b, const struct str *numbers, size_t count)
{
    struct error error;
    free(current.ids);
    current =
        (struct copying){.b = b, .numbers = numbers, .count = count, .round = current.round + 1};
    current.ids = calloc(count, sizeof *current.ids);
    bench_must(current.ids || error_no_memory(&error), "raw", &error);
    bench_must(db_write(b->db, copy_aside, &current, &error), "raw", &error);
    qsort(current.ids, current.count, sizeof *current.ids, compare_ids);
}

double raw_insert_rate(struct bench *b, size_t per_transaction)
{
    struct error error;
    int64_t from = bench_now_us();
    for (size_t i = 0; i < current.count; i += per_transaction) {
        size_t end = i + per_transaction;
        current.each = per_transaction;
        current.from = current.ids[i];
        current.below = end < current.count ? current.ids[end] : INT64_MAX;
        bench_must(db_write(b->db, insert_copies, &current, &error), "raw", &error);
    }
    return (double)current.count * 1e6 / (double)(bench_now_us() - from);
}

struct moving {
    size_t count;
    row_id to;
};

static bool move_copies(void *context, struct db_conn *conn, struct error *error)
{
    const struct moving *m = context;
    for (size_t i = 0; i < m->count && i < current.count; i++) {
        struct db_stmt *s =
            db_prepare(conn,
                       "UPDATE \"order\" SET work_status_id = $1, open = 1, version "
                       "= version + 1 WHERE org_id = $2 AND id = $3",
                       error);
        if (!s)
            return false;
        db_bind_int(s, 1, m->to);
        db_bind_int(s, 2, RAW_ORG);
        db_bind_int(s, 3, current.ids[i]);
        if (!db_run(s, error))
            return false;
    }
    return true;
}

static bool move_in_batch(void *context, struct db_conn *conn, struct error *error)
{
    return db_batch_begin(conn, error) && move_copies(context, conn, error) &&
           db_batch_end(conn, error);
}

double raw_move_ms(struct bench *b, size_t count, row_id to)
{
    struct error error;
    struct moving m = {count, to};
    int64_t from = bench_now_us();
    bench_must(db_write(b->db, move_in_batch, &m, &error), "raw", &error);
    return (double)(bench_now_us() - from) / 1000;
}
