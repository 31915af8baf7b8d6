// SPDX-License-Identifier: Apache-2.0
//
// What the parts of juchu-bench share. Every figure is printed with a limit measured in the same
// run on the same machine, because absolute numbers say little about a rented core.
#ifndef JUCHU_BENCH_FLOWS_H
#define JUCHU_BENCH_FLOWS_H

#include "base/buf.h"
#include "base/log.h"
#include "base/rng.h"
#include "db/db.h"
#include "order/store.h"
#include "sync/sync.h"

#include <sys/types.h>

struct pending; // writes under way (import.c)

struct bench {
    const char *engine; // "sqlite", "postgres"
    const char *url;
    struct db *db;
    struct arena *arena;
    struct clock clock;
    struct rng rng;
    struct id_source ids;
    struct crypto_key key;
    struct mall_account account;
    row_id org_id, shop_id, ready_status, entry_status;
    int64_t orders;   // present
    char cookie[256]; // of a session (bench_http)
    struct pending *pending;
    int64_t outcomes[IMPORT_OUTCOME_COUNT];
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
void bench_fail(const char *what, const struct error *error) __attribute__((noreturn));

// Says what is wrong and ends the program unless `ok`.
static inline void bench_must(bool ok, const char *what, const struct error *error)
{
    if (!ok)
        bench_fail(what, error);
}

// Orders as the mall sends them: mallsim's buyers and items, read through its getOrder. Every order
// is another one; their times rise over a year, as a shop's orders come; of a hundred about 90 are
// done, 3 cancelled and 7 open.
struct answer {
    struct str *numbers; // of its orders
    size_t count;
    struct str body;
};
struct corpus;
// `in_all`: how many orders come within the year that ends an hour ago.
struct corpus *corpus_new(struct bench *b, int64_t in_all);
struct corpus *corpus_free(struct corpus *c);
struct corpus_plan {
    int64_t orders;
    int per_answer; // 0 = 100
    bool only_new;  // as a poll finds them first
    bool ahead;     // made by a thread of its own while the earlier ones are used
};
// From here on corpus_next() gives these orders; without `ahead` all are made before it returns.
void corpus_prepare(struct corpus *c, const struct corpus_plan *plan);
// The next answer; valid until the next call. NULL at the end of the plan.
const struct answer *corpus_next(struct corpus *c);
// From the first answer of the plan again (not with `ahead`).
void corpus_again(struct corpus *c);
// Gives an answer to the connector and returns its batch with shop and company set; the caller
// frees it.
struct mall_batch *corpus_parse(struct bench *b, const struct answer *a);

// Stores listings and orders as fetching does, in one transaction.
void store_batches(struct bench *b, struct mall_batch **batches, size_t count);
// The same with the batches of the corpus' plan, `answers_each` per transaction, parsing on this
// thread while up to four transactions are under way, as in sync/fetch.c. Orders per second until
// the last is durable.
double import_rate(struct bench *b, struct corpus *corpus, size_t answers_each);
// Orders that were created, unchanged … since the last call.
int64_t import_outcome(struct bench *b, enum import_outcome outcome);

// The limit of an import: the very same rows once more into the same tables under the same indexes
// by INSERT … SELECT, without parsing, comparing, numbering or encoding anything; the copies belong
// to a company of their own, so that nothing sees them. `numbers`: of imported orders.
void raw_prepare(struct bench *b, const struct str *numbers, size_t count);
double raw_insert_rate(struct bench *b, size_t per_transaction);
// Milliseconds for moving as many copies to another work status by plain UPDATEs.
double raw_move_ms(struct bench *b, size_t count, row_id to);

#define HTTP_ORDERS 20000 // imported beside HTTP
// How many orders come within the year when `orders` are there before anything is measured.
int64_t bench_year(int64_t orders);
int64_t bench_measured(int64_t orders);
void bench_store(struct bench *b, struct corpus *corpus, int64_t orders, bool fill_only);
// Reads of the store; `numbers` and `names` are looked for.
void bench_reads(struct bench *b, const struct str *numbers, size_t number_count,
                 const struct str *names, size_t name_count);
void bench_http(struct bench *b, struct corpus *corpus);
// Polls so many shops for so long; `mallsim` is the program they talk to.
void bench_shops(struct bench *b, const char *mallsim, int shops, int seconds);
// Starts the program on the data directory: time to the first page, memory before and after use.
void bench_server(struct bench *b, const char *program, const char *directory);

// A client on loopback for bench_http() and bench_server().
struct client {
    int fd;
    char cookie[256];
    struct buf in;
};
void client_open(struct client *c, uint16_t port);
void client_close(struct client *c);
// Sends one request and reads the whole answer into c->in. Returns the status, 0 without answer.
int client_ask(struct client *c, const char *method, const char *path, const char *body);
void client_sign_in(struct client *c);
// A list of 100 and the tab counts: two requests.
void client_page(struct client *c);

// Starts a program (arguments end in NULL) and waits until it has written "ready"; `out` takes what
// it wrote.
pid_t program_start(const char *const arguments[], char *out, size_t size);
void program_stop(pid_t pid);

// CPU seconds of this process and of this thread.
double process_cpu(void);
double thread_cpu(void);
// Resident memory of a process in MB (0: this one), now or at most.
double resident_mb(int pid, bool at_most);

#endif
