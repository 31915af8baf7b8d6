// SPDX-License-Identifier: Apache-2.0
//
// What the parts of juchu-bench share. Every figure is printed with a limit measured in the same
// run on the same machine, because absolute numbers say little about a rented core.
#ifndef JUCHU_BENCH_FLOWS_H
#define JUCHU_BENCH_FLOWS_H

#include "base/log.h"
#include "base/rng.h"
#include "db/db.h"
#include "order/store.h"
#include "sync/sync.h"

struct bench {
    const char *engine; // "sqlite", "postgres"
    const char *url;
    struct db *db;
    struct arena *arena;
    struct clock clock;
    struct rng rng;
    struct id_source ids;
    struct crypto_key key;
    row_id org_id, shop_id, done_status, entry_status;
    int64_t orders; // present
    FILE *json;
    bool first;
};

// One line of the table and of bench.json. `target` 0 = none; `limit` 0 = none.
// `more_is_better` tells how to compare with the target.
void bench_report(struct bench *b, const char *flow, double value, const char *unit, double target,
                  bool more_is_better, double limit, const char *limit_name);
int64_t bench_now_us(void);
struct samples {
    double *us;
    size_t count, capacity;
};
void samples_add(struct samples *s, double us);
double samples_percentile(struct samples *s, double percent); // sorts
struct order_context bench_context(struct bench *b);
void bench_fail(const char *what, const struct error *error);

// Bodies of RMS getOrder answers with 100 orders each, as mallsim gives them; numbers are replaced,
// so that any number of distinct orders can be fed.
struct corpus;
struct corpus *corpus_new(struct bench *b, int64_t distinct_orders);
struct corpus *corpus_free(struct corpus *c);
// The next answer (valid until the next call) with fresh order numbers.
struct str corpus_next(struct corpus *c);
// Gives an answer to the connector and returns its batch (the caller frees it), or NULL.
struct mall_batch *corpus_parse(struct bench *b, struct str body);

// Stores `batches` as fetching does: listings, orders, decisions, in one transaction.
void store_batches(struct bench *b, struct mall_batch **batches, size_t count);
// Copies rows of the newest `orders` orders with new ids, table by table, without any logic: the
// limit.
double raw_insert_rate(struct bench *b, int64_t orders);

void bench_store(struct bench *b, struct corpus *corpus, int64_t orders, bool fill_only);
void bench_http(struct bench *b, struct corpus *corpus);
void bench_shops(struct bench *b, int shops, int seconds);

#endif
