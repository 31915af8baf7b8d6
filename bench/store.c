// SPDX-License-Identifier: Apache-2.0
//
// Flows of the store: import, the raw limit, unchanged, single orders, search, number, bulk move.
#include "bench/flows.h"
#include "mall/op.h"
#include "sync/fetch_store.h"
#include <stdio.h>
#include <stdlib.h>

struct store {
    struct bench *b;
    struct mall_batch **batches;
    size_t count;
    int64_t created, unchanged;
};

static bool store_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct store *s = context;
    struct bench *b = s->b;
    const struct mall *mall = mall_by_id(STR("rakuten"));
    struct order_context by = bench_context(b);
    struct mall_account account = {.mall = mall};
    struct listing_rule rule = {
        .mall = mall, .account = &account, .every_status = true, .now = by.now};
    s->created = s->unchanged = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct mall_batch *batch = s->batches[i];
        AUTO_ARENA arena = arena_new(64u << 20);
        struct mall_listing *listings = ARENA_ARRAY(arena, struct mall_listing, batch->order_count);
        struct order_import *imports = ARENA_ARRAY(arena, struct order_import, batch->order_count);
        enum listing_verdict *verdicts =
            ARENA_ARRAY(arena, enum listing_verdict, batch->order_count);
        if (!listings || !imports || !verdicts)
            return error_no_memory(error);
        for (size_t k = 0; k < batch->order_count; k++) {
            struct order *o = &batch->orders[k].order;
            o->shop_id = b->shop_id;
            o->org_id = b->org_id;
            listings[k] = (struct mall_listing){.order_no = o->order_no,
                                                .mall_status = o->mall_status,
                                                .status_choice = o->mall_status,
                                                .update_mark = STR(""),
                                                .ordered_at = o->ordered_at,
                                                .hidden_reason = STR("")};
            imports[k] = (struct order_import){.order = o,
                                               .raw = batch->orders[k].raw,
                                               .raw_type = batch->orders[k].raw_type,
                                               .door = "automatic"};
        }
        if (!listings_apply(conn, b->org_id, b->shop_id, &rule, listings, batch->order_count,
                            verdicts, error) ||
            !orders_import(conn, &by, imports, batch->order_count, error) ||
            !db_batch_begin(conn, error))
            return false;
        for (size_t k = 0; k < batch->order_count; k++) {
            s->created += imports[k].outcome == IMPORT_CREATED;
            s->unchanged += imports[k].outcome == IMPORT_UNCHANGED;
            if (!listing_decide(conn, b->org_id, b->shop_id, listings[k].order_no, imports[k].order,
                                listings[k].status_choice, "imported", "", imports[k].order_id,
                                by.now, error))
                return false;
        }
        if (!db_batch_end(conn, error))
            return false;
    }
    return true;
}

void store_batches(struct bench *b, struct mall_batch **batches, size_t count)
{
    struct error error;
    struct store s = {.b = b, .batches = batches, .count = count};
    if (!db_write(b->db, store_fn, &s, &error))
        bench_fail("store", &error);
    b->orders += s.created;
}

// Parses and stores `orders` orders in transactions of `per_commit`; orders per second.
static double import_rate(struct bench *b, struct corpus *corpus, int64_t orders, size_t per_commit)
{
    struct mall_batch *batches[100];
    size_t per = per_commit / 100;
    int64_t from = bench_now_us(), done = 0;
    while (done < orders) {
        for (size_t i = 0; i < per; i++) {
            batches[i] = corpus_parse(b, corpus_next(corpus));
            done += (int64_t)batches[i]->order_count;
        }
        store_batches(b, batches, per);
        for (size_t i = 0; i < per; i++)
            mall_batch_free(batches[i]);
    }
    return (double)done * 1e6 / (double)(bench_now_us() - from);
}

static double unchanged_rate(struct bench *b, struct corpus *corpus)
{
    struct mall_batch *batches[10];
    struct error error;
    for (size_t i = 0; i < 10; i++)
        batches[i] = corpus_parse(b, corpus_next(corpus));
    store_batches(b, batches, 10);
    struct store s = {.b = b, .batches = batches, .count = 10};
    int64_t from = bench_now_us(), rounds = 0, same = 0;
    while (bench_now_us() - from < 2000000) {
        if (!db_write(b->db, store_fn, &s, &error))
            bench_fail("unchanged", &error);
        same += s.unchanged;
        rounds++;
    }
    double rate = (double)same * 1e6 / (double)(bench_now_us() - from);
    for (size_t i = 0; i < 10; i++)
        mall_batch_free(batches[i]);
    return rate;
}

struct raw {
    struct bench *b;
    row_id low, high, shift;
};

static bool columns_of(struct db_conn *conn, const char *table, struct arena *arena,
                       struct str *names, size_t *count, struct error *error)
{
    *count = 0;
    const char *sql =
        db_conn_engine(conn) == DB_SQLITE
            ? "SELECT name FROM pragma_table_info($1) ORDER BY cid"
            : "SELECT column_name::text FROM information_schema.columns WHERE table_name = $1 AND "
              "table_schema = current_schema() ORDER BY ordinal_position";
    struct db_stmt *s = db_prepare(conn, sql, error);
    if (!s)
        return false;
    db_bind_text(s, 1, str_from(table));
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        names[(*count)++] = str_dup(arena, db_text(s, 0));
    return step == DB_STEP_DONE;
}

static bool copy_table(struct db_conn *conn, const struct raw *raw, const char *table,
                       const char *key, struct arena *arena, struct error *error)
{
    struct str names[80];
    size_t count;
    AUTO_BUF sql = buf_make(65536);
    if (!columns_of(conn, table, arena, names, &count, error))
        return false;
    buf_addf(&sql, "INSERT INTO \"%s\" (", table);
    for (size_t i = 0; i < count; i++)
        buf_addf(&sql, "%s\"%.*s\"", i ? ", " : "", STR_ARG(names[i]));
    buf_addf(&sql, ") SELECT ");
    for (size_t i = 0; i < count; i++) {
        const char *format = "%s\"%.*s\"";
        if (str_eq(names[i], str_from(key)) ||
            (str_eq(names[i], STR("id")) && strcmp(key, "id") == 0))
            format = "%s\"%.*s\" + $4::bigint";
        else if (str_eq(names[i], STR("order_no")))
            format = "%s\"%.*s\" || 'r' || $4::bigint";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        buf_addf(&sql, format, i ? ", " : "", STR_ARG(names[i]));
#pragma GCC diagnostic pop
    }
    buf_addf(&sql, " FROM \"%s\" WHERE org_id = $1 AND %s >= $2 AND %s <= $3 ORDER BY %s", table,
             key, key, key);
    const char *text = str_cstr(arena, buf_str(&sql));
    struct db_stmt *s = db_prepare(conn, text, error);
    if (!s)
        return false;
    db_bind_int(s, 1, raw->b->org_id);
    db_bind_int(s, 2, raw->low);
    db_bind_int(s, 3, raw->high);
    db_bind_int(s, 4, raw->shift);
    return db_run(s, error);
}

static bool raw_fn(void *context, struct db_conn *conn, struct error *error)
{
    static const char *const children[] = {"order_package", "order_line",  "shipment",
                                           "payment_event", "order_link",  "order_event",
                                           "raw_document",  "order_search"};
    struct raw *raw = context;
    AUTO_ARENA arena = arena_new(1u << 20);
    if (!copy_table(conn, raw, "order", "id", arena, error))
        return false;
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        if (!copy_table(conn, raw, children[i], "order_id", arena, error))
            return false;
    }
    if (!copy_table(conn, raw, "listing", "order_id", arena, error))
        return false;
    if (db_conn_engine(conn) != DB_SQLITE)
        return true;
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO order_terms (rowid, folded) SELECT order_id + $3, folded FROM "
                   "order_search WHERE order_id >= $1 AND order_id <= $2",
                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, raw->low);
    db_bind_int(s, 2, raw->high);
    db_bind_int(s, 3, raw->shift);
    return db_run(s, error);
}

static row_id id_at(struct bench *b, int64_t back)
{
    struct error error;
    struct db_conn *conn = db_acquire(b->db, &error);
    struct db_stmt *s =
        conn ? db_prepare(
                   conn,
                   "SELECT id FROM \"order\" WHERE org_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2",
                   &error)
             : NULL;
    if (!s)
        bench_fail("id", &error);
    db_bind_int(s, 1, b->org_id);
    db_bind_int(s, 2, back);
    if (db_step(s, &error) != DB_STEP_ROW)
        bench_fail("id", &error);
    row_id id = db_int(s, 0);
    db_reset(s);
    db_release(b->db, conn);
    return id;
}

double raw_insert_rate(struct bench *b, int64_t orders)
{
    struct error error;
    // Boundaries before anything is added, newest rows last so that keys still rise.
    int64_t steps = orders / 1000;
    row_id bounds[101];
    for (int64_t i = 0; i < steps; i++)
        bounds[i] = id_at(b, orders - i * 1000 - 1);
    row_id top = id_at(b, 0);
    int64_t from = bench_now_us();
    for (int64_t i = 0; i < steps; i++) {
        struct raw raw = {.b = b,
                          .low = bounds[i],
                          .high = i + 1 < steps ? bounds[i + 1] - 1 : top,
                          .shift = top - bounds[0] + 1000};
        if (!db_write(b->db, raw_fn, &raw, &error))
            bench_fail("raw", &error);
    }
    return (double)orders * 1e6 / (double)(bench_now_us() - from);
}

static void single_orders(struct bench *b, struct corpus *corpus)
{
    struct samples samples = {0};
    struct error error;
    for (int i = 0; i < 300; i++) {
        struct mall_batch *batch = corpus_parse(b, corpus_next(corpus));
        size_t all = batch->order_count;
        batch->order_count = 1;
        struct str number = batch->orders[0].order.order_no;
        int64_t from = bench_now_us();
        store_batches(b, &batch, 1);
        struct db_conn *conn = db_acquire(b->db, &error);
        row_id id;
        if (!conn || !order_find(conn, b->org_id, b->shop_id, number, &id, &error))
            bench_fail("visible", &error);
        db_release(b->db, conn);
        samples_add(&samples, (double)(bench_now_us() - from));
        batch->order_count = all;
        mall_batch_free(batch);
    }
    bench_report(b, "one order, stored durably and visible: p99",
                 samples_percentile(&samples, 99) / 1000, "ms", 3, false, 0, NULL);
    free(samples.us);
}

static void reads(struct bench *b)
{
    static const char *const names[] = {"佐藤", "鈴木", "高橋", "田中",
                                        "渡辺", "伊藤", "健太", "美咲"};
    struct samples search = {0}, number = {0};
    struct error error;
    struct db_conn *conn = db_acquire(b->db, &error);
    AUTO_ARENA arena = arena_new(256u << 20);
    struct str *numbers = ARENA_ARRAY(b->arena, struct str, 500);
    struct order_filter all = {.from = TIME_NONE, .to = TIME_NONE, .limit = 500};
    struct order_page page;
    if (!conn || !order_list(conn, b->org_id, &all, b->arena, &page, &error))
        bench_fail("list", &error);
    for (size_t i = 0; i < page.count; i++)
        numbers[i] = page.rows[i].order_no;
    size_t count = page.count;
    for (int i = 0; i < 400; i++) {
        struct order_filter f = {
            .from = TIME_NONE, .to = TIME_NONE, .limit = 100, .q = str_from(names[i % 8])};
        arena_reset(arena);
        int64_t from = bench_now_us();
        if (!order_list(conn, b->org_id, &f, arena, &page, &error))
            bench_fail("search", &error);
        samples_add(&search, (double)(bench_now_us() - from));
    }
    for (int i = 0; i < 2000; i++) {
        row_id id;
        int64_t from = bench_now_us();
        if (!order_find(conn, b->org_id, b->shop_id, numbers[(size_t)i % count], &id, &error))
            bench_fail("number", &error);
        samples_add(&number, (double)(bench_now_us() - from));
    }
    db_release(b->db, conn);
    bench_report(b, "search by two characters, newest 100: p50",
                 samples_percentile(&search, 50) / 1000, "ms", 0, false, 0, NULL);
    bench_report(b, "search by two characters, newest 100: p99",
                 samples_percentile(&search, 99) / 1000, "ms", 3, false, 0, NULL);
    bench_report(b, "order by number: p99", samples_percentile(&number, 99) / 1000, "ms", 1, false,
                 0, NULL);
    free(search.us);
    free(number.us);
}

struct move {
    struct bench *b;
    row_id ids[1000], to, undo;
    struct error *refused;
};

static bool move_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct move *m = context;
    struct order_context by = bench_context(m->b);
    return orders_move(conn, &by, m->ids, 1000, NULL, m->to, m->refused, &m->undo, error);
}

static void moves(struct bench *b)
{
    struct error error;
    struct move *m = calloc(1, sizeof *m);
    m->b = b;
    m->refused = calloc(1000, sizeof *m->refused);
    struct samples samples = {0};
    struct db_conn *conn = db_acquire(b->db, &error);
    AUTO_ARENA arena = arena_new(64u << 20);
    struct order_page page;
    struct order_filter f = {.from = TIME_NONE, .to = TIME_NONE, .limit = 500};
    size_t count = 0;
    while (conn && count < 1000 && order_list(conn, b->org_id, &f, arena, &page, &error)) {
        for (size_t i = 0; i < page.count && count < 1000; i++)
            m->ids[count++] = page.rows[i].id;
        f.cursor = page.next_cursor;
    }
    db_release(b->db, conn);
    for (int i = 0; i < 20; i++) {
        m->to = i % 2 ? b->entry_status : b->done_status;
        int64_t from = bench_now_us();
        if (!db_write(b->db, move_fn, m, &error))
            bench_fail("move", &error);
        samples_add(&samples, (double)(bench_now_us() - from));
    }
    bench_report(b, "bulk move of 1,000 orders with history: p50",
                 samples_percentile(&samples, 50) / 1000, "ms", 50, false, 0, NULL);
    free(samples.us);
    free(m->refused);
    free(m);
}

void bench_store(struct bench *b, struct corpus *corpus, int64_t orders, bool fill_only)
{
    bool sqlite = strcmp(b->engine, "sqlite") == 0;
    int64_t measured = orders >= 200000 ? 50000 : orders / 4 / 1000 * 1000;
    measured = measured < 2000 ? 2000 : measured;
    double filling = import_rate(b, corpus, orders, 1000);
    bench_report(b, "filling the database", filling, "orders/s", 0, true, 0, NULL);
    if (fill_only)
        return;
    double small = import_rate(b, corpus, measured, 100);
    double large = import_rate(b, corpus, measured, 1000);
    double raw = raw_insert_rate(b, measured);
    bench_report(b, "raw insert of the same rows and indexes", raw, "orders/s", 0, true, 0, NULL);
    bench_report(b, "mall bytes to committed orders, 100 per commit", small, "orders/s", 0, true,
                 raw, "raw insert");
    bench_report(b, "mall bytes to committed orders, 1,000 per commit", large, "orders/s",
                 sqlite ? 15000 : 8000, true, raw, "raw insert");
    bench_report(b, "unchanged orders seen again", unchanged_rate(b, corpus), "orders/s", 200000,
                 true, 0, NULL);
    single_orders(b, corpus);
    reads(b);
    moves(b);
}
