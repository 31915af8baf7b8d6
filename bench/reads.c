// SPDX-License-Identifier: Apache-2.0
//
// What people read, at the store, on one connection as a server's thread has it: search, numbers,
// lists. Each flow stands beside the least that must be done for it: the bare statement, or a walk
// through memory.
#include "bench/flows.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define LISTS 400
#define LOOKUPS 2000
#define SEARCHES 400

struct reading {
    struct bench *b;
    struct db_conn *conn;
    struct arena *arena; // reset for each read
    struct rng_seeded random;
    struct rng rng;
    struct work_status *statuses;
    size_t status_count;
    const struct str *numbers, *names;
    size_t number_count, name_count;
};

static void report(struct bench *b, const char *flow, struct samples *s, double p99_target,
                   double limit_ms, const char *limit_name)
{
    char text[128];
    snprintf(text, sizeof text, "%s: p50", flow);
    bench_report(b, text, samples_percentile(s, 50) / 1000, "ms", 0, false, limit_ms, limit_name);
    snprintf(text, sizeof text, "%s: p99", flow);
    bench_report(b, text, samples_percentile(s, 99) / 1000, "ms", p99_target, false, limit_ms,
                 limit_name);
    free(s->us);
}

// Runs a statement with up to two parameters to its end; p50 in ms.
static double statement_ms(struct reading *r, const char *sql, int parameters, int times)
{
    struct samples s = {0};
    struct error error;
    for (int i = 0; i < times; i++) {
        int64_t from = bench_now_us();
        struct db_stmt *stmt = db_prepare(r->conn, sql, &error);
        bench_must(stmt != NULL, "limit", &error);
        if (parameters > 0)
            db_bind_int(stmt, 1, r->b->org_id);
        if (parameters > 1)
            db_bind_int(stmt, 2, r->b->entry_status);
        enum db_step step;
        while ((step = db_step(stmt, &error)) == DB_STEP_ROW)
            ;
        bench_must(step == DB_STEP_DONE, "limit", &error);
        samples_add(&s, (double)(bench_now_us() - from));
    }
    double p50 = samples_percentile(&s, 50) / 1000;
    free(s.us);
    return p50;
}

static void by_number(struct reading *r)
{
    struct samples find = {0}, read = {0};
    struct error error;
    double limit = statement_ms(r, "SELECT 1", 0, LOOKUPS);
    for (int i = 0; i < LOOKUPS; i++) {
        struct order order;
        row_id id;
        struct str number = r->numbers[rng_below(&r->rng, r->number_count)];
        arena_reset(r->arena);
        int64_t from = bench_now_us();
        bench_must(order_find(r->conn, r->b->org_id, 0, number, &id, &error), "number", &error);
        samples_add(&find, (double)(bench_now_us() - from));
        from = bench_now_us();
        bench_must(order_read(r->conn, r->b->org_id, id, r->arena, &order, &error), "read", &error);
        samples_add(&read, (double)(bench_now_us() - from));
    }
    report(r->b, "order by number", &find, 1, limit, "SELECT 1");
    report(r->b, "whole order by id", &read, 0, limit, "SELECT 1");
}

// A tab of its own twice, everything open, everything: in turn.
static void lists(struct reading *r)
{
    struct samples first = {0}, next = {0};
    struct error error;
    double limit =
        statement_ms(r,
                     "SELECT id FROM \"order\" WHERE org_id = $1 AND work_status_id = $2 "
                     "AND open = 1 ORDER BY ordered_at DESC, id DESC LIMIT 100",
                     2, LISTS);
    for (int i = 0; i < LISTS; i++) {
        struct order_page page;
        struct status_count *counts;
        size_t count;
        struct order_filter filter = {.from = TIME_NONE, .to = TIME_NONE, .limit = 100};
        if (i % 4 < 2)
            filter.work_status = r->statuses[rng_below(&r->rng, r->status_count)].id;
        filter.open_only = i % 4 == 2;
        arena_reset(r->arena);
        int64_t from = bench_now_us();
        bench_must(
            order_list(r->conn, r->b->org_id, &filter, r->arena, &page, &error) &&
                order_counts(r->conn, r->b->org_id, false, r->arena, &counts, &count, &error),
            "list", &error);
        samples_add(&first, (double)(bench_now_us() - from));
        if (!page.next_cursor.p)
            continue;
        filter.cursor = page.next_cursor;
        from = bench_now_us();
        bench_must(order_list(r->conn, r->b->org_id, &filter, r->arena, &page, &error), "list",
                   &error);
        samples_add(&next, (double)(bench_now_us() - from));
    }
    report(r->b, "list of 100 and tab counts, in the store", &first, 0, limit, "100 ids by index");
    report(r->b, "next page of 100, in the store", &next, 0, limit, "100 ids by index");
}

static struct buf all_names(struct reading *r)
{
    struct error error;
    struct buf names = buf_make(1u << 30);
    struct db_stmt *s = db_prepare(
        r->conn, "SELECT orderer_name FROM \"order\" WHERE org_id = $1 LIMIT 2000000", &error);
    bench_must(s != NULL, "names", &error);
    db_bind_int(s, 1, r->b->org_id);
    enum db_step step;
    while ((step = db_step(s, &error)) == DB_STEP_ROW) {
        buf_add(&names, db_text(s, 0));
        buf_add_char(&names, '\n');
    }
    bench_must(step == DB_STEP_DONE, "names", &error);
    return names;
}

static size_t scan(struct str text, struct str word)
{
    const char *at = text.p, *end = text.p + text.n;
    size_t hits = 0;
    while ((at = memmem(at, (size_t)(end - at), word.p, word.n))) {
        hits++;
        at += word.n;
    }
    return hits;
}

static void searches(struct reading *r)
{
    struct samples found = {0}, walked = {0};
    struct error error;
    struct buf names = all_names(r);
    for (int i = 0; i < SEARCHES; i++) {
        struct order_page page;
        struct order_filter filter = {.from = TIME_NONE,
                                      .to = TIME_NONE,
                                      .limit = 100,
                                      .q = r->names[rng_below(&r->rng, r->name_count)]};
        int64_t from = bench_now_us();
        size_t hits = i % 8 == 0 ? scan(buf_str(&names), filter.q) : 0;
        if (i % 8 == 0)
            samples_add(&walked, (double)(bench_now_us() - from));
        arena_reset(r->arena);
        from = bench_now_us();
        bench_must(order_list(r->conn, r->b->org_id, &filter, r->arena, &page, &error), "search",
                   &error);
        samples_add(&found, (double)(bench_now_us() - from));
        // Every name is a buyer's; as many rows as a walk finds, up to the page.
        if (page.count == 0 || (page.count < 100 && hits > page.count)) {
            error_set(&error, ERROR_INTERNAL, "bench.search", "%.*s: %zu, %zu",
                      "%.*s: %zu found, %zu there", STR_ARG(filter.q), page.count, hits);
            bench_must(false, "search", &error);
        }
    }
    double limit = samples_percentile(&walked, 50) / 1000;
    free(walked.us);
    buf_free(&names);
    report(r->b, "search by two characters of a name, newest 100", &found, 3, limit,
           "memmem over all names");
}

void bench_reads(struct bench *b, const struct str *numbers, size_t number_count,
                 const struct str *names, size_t name_count)
{
    struct error error;
    struct reading r = {.b = b,
                        .arena = arena_new(256 << 20),
                        .numbers = numbers,
                        .number_count = number_count,
                        .names = names,
                        .name_count = name_count};
    rng_seed(&r.random, 5);
    r.rng = rng_from_seeded(&r.random);
    bench_must(r.arena || error_no_memory(&error), "reads", &error);
    r.conn = db_acquire(b->db, &error);
    bench_must(r.conn &&
                   work_statuses(r.conn, b->org_id, b->arena, &r.statuses, &r.status_count, &error),
               "reads", &error);
    by_number(&r);
    lists(&r);
    searches(&r);
    db_release(b->db, r.conn);
    arena_free(r.arena);
}
