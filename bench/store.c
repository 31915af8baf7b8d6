// SPDX-License-Identifier: Apache-2.0
//
// Flows of the store with a year of orders present: import beside its raw limit, unchanged orders,
// one order from answer to list, moving a thousand. Reads are in reads.c.
#include "bench/flows.h"
#include "mall/op.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SINGLES 300
#define MOVES 22
#define MOVED 1000

// Numbers of the orders of the last import that was measured, and names that occur in them.
struct known {
    struct str *numbers, *names;
    size_t number_count, name_count;
    struct mall_batch **batches;
    size_t batch_count;
};

static void refuse(const char *what)
{
    struct error error;
    error_set(&error, ERROR_INTERNAL, "bench.result", "%s", "%s", what);
    bench_must(false, "result", &error);
}

// Takes the whole plan of the corpus as parsed batches.
static void read_plan(struct bench *b, struct corpus *corpus, int64_t orders, struct known *k)
{
    struct error error;
    size_t room = (size_t)orders + 100;
    k->numbers = ARENA_ARRAY(b->arena, struct str, room);
    k->names = ARENA_ARRAY(b->arena, struct str, room);
    k->batches = ARENA_ARRAY(b->arena, struct mall_batch *, room);
    bench_must((k->numbers && k->names && k->batches) || error_no_memory(&error), "plan", &error);
    for (const struct answer *a; (a = corpus_next(corpus));) {
        struct mall_batch *batch = k->batches[k->batch_count++] = corpus_parse(b, a);
        for (size_t i = 0; i < batch->order_count; i++) {
            const struct order *o = &batch->orders[i].order;
            k->numbers[k->number_count++] = str_dup(b->arena, o->order_no);
            // The first two characters of the family name, as people type them.
            struct str name = o->orderer.name;
            struct str two = str_slice(name, 0, sizeof "佐藤" - 1);
            if (str_find_char(name, ' ') >= (ptrdiff_t)two.n && str_is_utf8(two))
                k->names[k->name_count++] = str_dup(b->arena, two);
        }
    }
}

static void forget(struct known *k)
{
    for (size_t i = 0; i < k->batch_count; i++)
        mall_batch_free(k->batches[i]);
    k->batch_count = 0;
}

static void import_measured(struct bench *b, struct corpus *corpus, int64_t measured,
                            size_t answers_each, struct known *k)
{
    bool sqlite = strcmp(b->engine, "sqlite") == 0, large = answers_each > 1;
    struct corpus_plan plan = {.orders = measured};
    corpus_prepare(corpus, &plan);
    import_outcome(b, IMPORT_CREATED);
    double rate = import_rate(b, corpus, answers_each);
    if (import_outcome(b, IMPORT_CREATED) != measured)
        refuse("not every order was created");
    corpus_again(corpus);
    *k = (struct known){0};
    read_plan(b, corpus, measured, k);
    raw_prepare(b, k->numbers, k->number_count);
    double raw = raw_insert_rate(b, 100 * answers_each);
    bench_report(b,
                 large ? "raw insert of the same rows, 1,000 per commit"
                       : "raw insert of the same rows, 100 per commit",
                 raw, "orders/s", 0, true, 0, NULL);
    bench_report(b,
                 large ? "mall bytes to searchable orders, 1,000 per commit"
                       : "mall bytes to searchable orders, 100 per commit",
                 rate, "orders/s",
                 !large   ? 0
                 : sqlite ? 15000
                          : 8000,
                 true, raw, "raw insert");
    bench_report(b,
                 large ? "share of the raw insert, 1,000 per commit"
                       : "share of the raw insert, 100 per commit",
                 100 * rate / raw, "%", 50, true, 0, NULL);
}

// --- unchanged orders ---

struct again {
    struct bench *b;
    const struct known *known;
    struct order_import *imports;
    size_t count;
};

static bool import_again(void *context, struct db_conn *conn, struct error *error)
{
    struct again *a = context;
    struct order_context by = bench_context(a->b);
    return orders_import(conn, &by, a->imports, a->count, error);
}

// Size and time of the write-ahead log; nothing on PostgreSQL.
static struct stat log_of(const struct bench *b)
{
    char path[1024];
    struct stat st = {0};
    snprintf(path, sizeof path, "%s-wal", b->url + strcspn(b->url, ":") + 1);
    if (stat(path, &st) != 0)
        st.st_size = 0;
    return st;
}

static void unchanged(struct bench *b, const struct known *k)
{
    struct error error;
    struct again a = {.b = b, .known = k};
    a.imports = calloc(k->number_count, sizeof *a.imports);
    bench_must(a.imports || error_no_memory(&error), "unchanged", &error);
    for (size_t i = 0; i < k->batch_count; i++)
        for (size_t n = 0; n < k->batches[i]->order_count; n++)
            a.imports[a.count++] =
                (struct order_import){.order = &k->batches[i]->orders[n].order,
                                      .raw = k->batches[i]->orders[n].raw,
                                      .raw_type = k->batches[i]->orders[n].raw_type,
                                      .door = "reread"};
    struct stat before = log_of(b);
    int64_t from = bench_now_us();
    bench_must(db_write(b->db, import_again, &a, &error), "unchanged", &error);
    double rate = (double)a.count * 1e6 / (double)(bench_now_us() - from);
    struct stat after = log_of(b);
    for (size_t i = 0; i < a.count; i++)
        if (a.imports[i].outcome != IMPORT_UNCHANGED)
            refuse("an unchanged order was taken as changed");
    if (before.st_size != after.st_size || before.st_mtim.tv_nsec != after.st_mtim.tv_nsec)
        refuse("unchanged orders were written");
    free(a.imports);
    bench_report(b, "unchanged orders seen again, nothing written", rate, "orders/s", 200000, true,
                 0, NULL);
}

static void parsing(struct bench *b, struct corpus *corpus)
{
    int64_t bytes = 0, orders = 0, from = bench_now_us();
    for (const struct answer *a; (a = corpus_next(corpus)); orders += (int64_t)a->count) {
        bytes += (int64_t)a->body.n;
        mall_batch_free(corpus_parse(b, a));
    }
    double took = (double)(bench_now_us() - from);
    bench_report(b, "reading answers into orders", (double)orders * 1e6 / took, "orders/s", 0, true,
                 0, NULL);
    bench_report(b, "bytes of an order in an answer", (double)bytes / (double)orders, "bytes", 0,
                 false, 0, NULL);
}

// --- one order ---

// A small durable write of the disk itself; p50 in ms.
static double flush_ms(const struct bench *b)
{
    char path[1024], block[4096] = {1};
    struct samples s = {0};
    snprintf(path, sizeof path, "%s.flush",
             strcmp(b->engine, "sqlite") == 0 ? b->url + sizeof "sqlite:" - 1 : "/tmp/juchu-bench");
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    for (int i = 0; fd >= 0 && i < 300; i++) {
        int64_t from = bench_now_us();
        if (write(fd, block, sizeof block) != sizeof block || fdatasync(fd) != 0)
            break;
        samples_add(&s, (double)(bench_now_us() - from));
    }
    if (fd >= 0)
        close(fd);
    unlink(path);
    double p50 = samples_percentile(&s, 50) / 1000;
    free(s.us);
    return p50;
}

static void see_in_list(struct bench *b, struct arena *arena, struct str number)
{
    struct error error;
    struct order_page page;
    struct order_filter filter = {.from = TIME_NONE, .to = TIME_NONE, .limit = 100};
    struct db_conn *conn = db_acquire(b->db, &error);
    bench_must(conn && order_list(conn, b->org_id, &filter, arena, &page, &error), "list", &error);
    db_release(b->db, conn);
    for (size_t i = 0; i < page.count; i++)
        if (str_eq(page.rows[i].order_no, number))
            return;
    refuse("a new order isn't in the list");
}

static void single_orders(struct bench *b, struct corpus *corpus)
{
    struct samples s = {0};
    struct error error;
    struct corpus_plan plan = {.orders = SINGLES, .per_answer = 1, .only_new = true};
    AUTO_ARENA arena = arena_new(64u << 20);
    bench_must(arena || error_no_memory(&error), "single", &error);
    corpus_prepare(corpus, &plan);
    double limit = flush_ms(b);
    for (const struct answer *a; (a = corpus_next(corpus));) {
        arena_reset(arena);
        int64_t from = bench_now_us();
        struct mall_batch *batch = corpus_parse(b, a);
        store_batches(b, &batch, 1);
        see_in_list(b, arena, a->numbers[0]);
        samples_add(&s, (double)(bench_now_us() - from));
        mall_batch_free(batch);
    }
    bench_report(b, "one order from answer to list, durable: p50",
                 samples_percentile(&s, 50) / 1000, "ms", 0, false, limit, "a flush of the disk");
    bench_report(b, "one order from answer to list, durable: p99",
                 samples_percentile(&s, 99) / 1000, "ms", 3, false, limit, "a flush of the disk");
    free(s.us);
}

// --- moving a thousand ---

struct move {
    struct bench *b;
    row_id ids[MOVED], to, undo;
    size_t count;
    struct error *refused;
};

static bool move_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct move *m = context;
    struct order_context by = bench_context(m->b);
    return orders_move(conn, &by, m->ids, m->count, NULL, m->to, m->refused, &m->undo, error);
}

static void take_open(struct bench *b, struct move *m)
{
    struct error error;
    struct order_page page;
    struct order_filter f = {.from = TIME_NONE, .to = TIME_NONE, .limit = 500, .open_only = true};
    struct db_conn *conn = db_acquire(b->db, &error);
    bench_must(conn != NULL, "move", &error);
    do {
        bench_must(order_list(conn, b->org_id, &f, b->arena, &page, &error), "move", &error);
        for (size_t i = 0; i < page.count && m->count < MOVED; i++)
            m->ids[m->count++] = page.rows[i].id;
        f.cursor = page.next_cursor;
    } while (m->count < MOVED && f.cursor.p);
    db_release(b->db, conn);
}

static void moves(struct bench *b)
{
    struct error error;
    struct samples s = {0}, raw = {0};
    struct move *m = calloc(1, sizeof *m);
    struct error *refused = calloc(MOVED, sizeof *refused);
    bench_must((m && refused) || error_no_memory(&error), "move", &error);
    m->b = b;
    m->refused = refused;
    take_open(b, m);
    for (int i = 0; i < MOVES; i++) {
        m->to = i % 2 ? b->entry_status : b->ready_status;
        int64_t from = bench_now_us();
        bench_must(db_write(b->db, move_fn, m, &error), "move", &error);
        // The first two bring all to one status.
        if (i > 1)
            samples_add(&s, (double)(bench_now_us() - from));
        samples_add(&raw, 1000 * raw_move_ms(b, m->count, m->to));
    }
    for (size_t i = 0; i < m->count; i++)
        if (refused[i].class != ERROR_NONE)
            refuse(refused[i].what_en);
    if (m->count < MOVED)
        fprintf(stderr, "bench: only %zu open orders to move\n", m->count);
    double limit = samples_percentile(&raw, 50) / 1000;
    bench_report(b, "bulk move of 1,000 orders with history: p50",
                 samples_percentile(&s, 50) / 1000, "ms", 0, false, limit, "plain UPDATEs");
    bench_report(b, "bulk move of 1,000 orders with history: p99",
                 samples_percentile(&s, 99) / 1000, "ms", 50, false, limit, "plain UPDATEs");
    free(s.us);
    free(raw.us);
    free(refused);
    free(m);
}

int64_t bench_measured(int64_t orders)
{
    int64_t measured = orders / 4 / 1000 * 1000;
    return measured > 20000 ? 20000 : measured;
}

int64_t bench_year(int64_t orders)
{
    return orders + 2 * bench_measured(orders) + SINGLES + HTTP_ORDERS;
}

void bench_store(struct bench *b, struct corpus *corpus, int64_t orders, bool fill_only)
{
    struct known known;
    int64_t measured = bench_measured(orders);
    struct corpus_plan plan = {.orders = orders, .ahead = true};
    corpus_prepare(corpus, &plan);
    bench_report(b, "filling the database, beside the making of orders", import_rate(b, corpus, 10),
                 "orders/s", 0, true, 0, NULL);
    if (fill_only)
        return;
    import_measured(b, corpus, measured, 1, &known);
    forget(&known);
    import_measured(b, corpus, measured, 10, &known);
    corpus_again(corpus);
    parsing(b, corpus);
    unchanged(b, &known);
    bench_reads(b, known.numbers, known.number_count, known.names, known.name_count);
    forget(&known);
    single_orders(b, corpus);
    moves(b);
}
