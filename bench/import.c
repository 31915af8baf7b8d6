// SPDX-License-Identifier: Apache-2.0
//
// Importing as sync/fetch.c does it: the same functions of the store in the same portions, with as
// many transactions under way. One thread parses; portions that a database thread has written wait
// in a list until that thread frees them.
#include "bench/flows.h"

#include "mall/op.h"
#include "sync/fetch_store.h"

#include <pthread.h>
#include <stdlib.h>

#define PENDING_MAX 4 // as in sync/fetch.c

struct portion {
    struct bench *b;
    struct portion *next;
    struct mall_batch **batches;
    size_t count;
    int64_t outcomes[IMPORT_OUTCOME_COUNT];
};

struct pending {
    pthread_mutex_t mutex;
    pthread_cond_t written;
    int count;
    struct portion *done;
};

static size_t orders_in(const struct portion *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++)
        n += t->batches[i]->order_count;
    return n;
}

static bool write_listings(struct portion *t, struct db_conn *conn, struct arena *arena,
                           struct error *error)
{
    struct bench *b = t->b;
    size_t count = orders_in(t), at = 0;
    struct listing_rule rule = {
        .mall = b->account.mall, .account = &b->account, .now = clock_now(&b->clock)};
    struct mall_listing *listings = ARENA_ARRAY(arena, struct mall_listing, count);
    enum listing_verdict *verdicts = ARENA_ARRAY(arena, enum listing_verdict, count);
    if (!listings || !verdicts)
        return error_no_memory(error);
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->batches[i]->order_count; k++) {
            const struct order *o = &t->batches[i]->orders[k].order;
            listings[at++] =
                (struct mall_listing){.order_no = o->order_no,
                                      .mall_status = o->mall_status,
                                      .status_choice = b->account.mall->status_choice(o),
                                      .update_mark = STR(""),
                                      .ordered_at = o->ordered_at,
                                      .hidden_reason = STR("")};
        }
    return listings_apply(conn, b->org_id, b->shop_id, &rule, listings, count, verdicts, error);
}

static bool decide(struct portion *t, struct db_conn *conn, const struct order_import *imports,
                   size_t count, struct error *error)
{
    struct bench *b = t->b;
    time_ms now = clock_now(&b->clock);
    if (!db_batch_begin(conn, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct order *o = imports[i].order;
        t->outcomes[imports[i].outcome]++;
        if (!listing_decide(conn, b->org_id, b->shop_id, o->order_no, o,
                            b->account.mall->status_choice(o), "imported", "", imports[i].order_id,
                            now, error))
            return false;
    }
    return db_batch_end(conn, error);
}

static bool write_portion(void *context, struct db_conn *conn, struct error *error)
{
    struct portion *t = context;
    struct order_context by = bench_context(t->b);
    size_t count = orders_in(t), at = 0;
    memset(t->outcomes, 0, sizeof t->outcomes);
    AUTO_ARENA arena = arena_new(64u << 20);
    struct order_import *imports = arena ? ARENA_ARRAY(arena, struct order_import, count) : NULL;
    if (!imports)
        return error_no_memory(error);
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->batches[i]->order_count; k++) {
            const struct mall_order *read = &t->batches[i]->orders[k];
            imports[at++] = (struct order_import){.order = &read->order,
                                                  .raw = read->raw,
                                                  .raw_type = read->raw_type,
                                                  .door = "automatic"};
        }
    return write_listings(t, conn, arena, error) &&
           orders_import(conn, &by, imports, count, error) &&
           decide(t, conn, imports, count, error);
}

static void note_outcomes(struct portion *t)
{
    for (int i = 0; i < IMPORT_OUTCOME_COUNT; i++)
        t->b->outcomes[i] += t->outcomes[i];
    t->b->orders += t->outcomes[IMPORT_CREATED];
}

void store_batches(struct bench *b, struct mall_batch **batches, size_t count)
{
    struct error error;
    struct portion t = {.b = b, .batches = batches, .count = count};
    bench_must(db_write(b->db, write_portion, &t, &error), "store", &error);
    note_outcomes(&t);
}

static void written(void *context, const struct error *error)
{
    struct portion *t = context;
    struct pending *pending = t->b->pending;
    bench_must(error == NULL, "store", error);
    pthread_mutex_lock(&pending->mutex);
    pending->count--;
    t->next = pending->done;
    pending->done = t;
    pthread_cond_signal(&pending->written);
    pthread_mutex_unlock(&pending->mutex);
}

// Waits until fewer than `most` portions are under way and frees those that are through.
static void wait_for_room(struct bench *b, int most)
{
    struct pending *pending = b->pending;
    pthread_mutex_lock(&pending->mutex);
    while (pending->count >= most)
        pthread_cond_wait(&pending->written, &pending->mutex);
    struct portion *done = pending->done;
    pending->done = NULL;
    pthread_mutex_unlock(&pending->mutex);
    while (done) {
        struct portion *t = done;
        done = t->next;
        note_outcomes(t);
        for (size_t i = 0; i < t->count; i++)
            mall_batch_free(t->batches[i]);
        free(t->batches);
        free(t);
    }
}

static void submit(struct portion *t)
{
    struct error error;
    wait_for_room(t->b, PENDING_MAX);
    pthread_mutex_lock(&t->b->pending->mutex);
    t->b->pending->count++;
    pthread_mutex_unlock(&t->b->pending->mutex);
    bench_must(db_write_async(t->b->db, write_portion, t, written, &error), "store", &error);
}

double import_rate(struct bench *b, struct corpus *corpus, size_t answers_each)
{
    struct pending pending = {.count = 0};
    const struct answer *a = corpus_next(corpus);
    int64_t from = bench_now_us(), orders = 0;
    pthread_mutex_init(&pending.mutex, NULL);
    pthread_cond_init(&pending.written, NULL);
    b->pending = &pending;
    while (a) {
        struct error error;
        struct portion *t = calloc(1, sizeof *t);
        if (t)
            *t = (struct portion){.b = b,
                                  .batches = calloc(answers_each, sizeof(struct mall_batch *))};
        bench_must((t && t->batches) || error_no_memory(&error), "import", &error);
        for (; a && t->count < answers_each; a = corpus_next(corpus)) {
            t->batches[t->count++] = corpus_parse(b, a);
            orders += (int64_t)a->count;
        }
        submit(t);
    }
    wait_for_room(b, 1);
    b->pending = NULL;
    pthread_mutex_destroy(&pending.mutex);
    pthread_cond_destroy(&pending.written);
    return (double)orders * 1e6 / (double)(bench_now_us() - from);
}

int64_t import_outcome(struct bench *b, enum import_outcome outcome)
{
    int64_t n = b->outcomes[outcome];
    b->outcomes[outcome] = 0;
    return n;
}
