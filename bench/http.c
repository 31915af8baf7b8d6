// SPDX-License-Identifier: Apache-2.0
//
// The list over HTTP: the real API and server on loopback, a signed-in session, keep-alive.
#include "bench/flows.h"
#include "api/api.h"
#include "mall/op.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static bool user_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct bench *b = context;
    struct order_context by = bench_context(b);
    char hash[CRYPTO_PASSWORD_HASH_BYTES];
    row_id id;
    return crypto_password_hash(STR("bench password 1"), hash, error) &&
           user_create(conn, &by, STR("bench"), STR("Bench"), STR("owner"), hash, STR("ja"), &id,
                       error);
}

struct importing {
    struct bench *b;
    struct corpus *corpus;
    atomic_bool stop;
    int64_t orders;
};

static void *import_on(void *argument)
{
    struct importing *im = argument;
    const struct answer *a;
    while (!atomic_load(&im->stop) && (a = corpus_next(im->corpus))) {
        struct mall_batch *batch = corpus_parse(im->b, a);
        store_batches(im->b, &batch, 1);
        im->orders += (int64_t)a->count;
        mall_batch_free(batch);
    }
    if (!atomic_load(&im->stop))
        fprintf(stderr, "bench: the import ended before the pages\n");
    return NULL;
}

static void pages(struct client *c, struct samples *s, int count)
{
    for (int i = 0; i < count; i++) {
        int64_t from = bench_now_us();
        client_page(c);
        samples_add(s, (double)(bench_now_us() - from));
    }
}

// --- the limit: answers of the same size with nothing behind them ---

static char filling[1 << 20];
static size_t list_bytes, counts_bytes;

static void answer_constant(void *context, struct server_exchange *x)
{
    bool list = str_eq(x->path, STR("/api/v1/orders"));
    server_add_header(x, STR("Content-Type"), STR("application/json"));
    x->static_answer = str_make(filling, list ? list_bytes : counts_bytes);
}

static double constant_ms(struct bench *b, struct client *signed_in)
{
    struct error error;
    struct client c;
    struct samples s = {0};
    client_page(signed_in);
    counts_bytes = signed_in->in.n;
    client_ask(signed_in, "GET", "/api/v1/orders?status=all&limit=100", "");
    list_bytes = signed_in->in.n < sizeof filling ? signed_in->in.n : sizeof filling;
    memset(filling, ' ', sizeof filling);
    struct server_options options = {.threads = 8, .clock = b->clock};
    struct server *server = server_start(&options, answer_constant, NULL, NULL, &error);
    bench_must(server != NULL, "server", &error);
    client_open(&c, server_port(server));
    pages(&c, &s, 1500);
    client_close(&c);
    server_stop(server);
    double p50 = samples_percentile(&s, 50) / 1000;
    free(s.us);
    return p50;
}

static void idle_pages(struct bench *b, struct client *c)
{
    struct samples s = {0};
    double limit = constant_ms(b, c), others = process_cpu() - thread_cpu();
    pages(c, &s, 1500);
    others = process_cpu() - thread_cpu() - others;
    const char *limit_name = "constant answers of the same size";
    bench_report(b, "list of 100 and tab counts over HTTP (two requests): p50",
                 samples_percentile(&s, 50) / 1000, "ms", 1.5, false, limit, limit_name);
    bench_report(b, "list of 100 and tab counts over HTTP (two requests): p99",
                 samples_percentile(&s, 99) / 1000, "ms", 5, false, limit, limit_name);
    bench_report(b, "pages per second of a core of the server", 1500 / others, "pages/s", 1000,
                 true, 0, NULL);
    free(s.us);
}

static void busy_pages(struct bench *b, struct client *c, struct corpus *corpus)
{
    struct importing im = {.b = b, .corpus = corpus};
    struct corpus_plan plan = {.orders = HTTP_ORDERS};
    struct samples s = {0};
    pthread_t thread;
    corpus_prepare(corpus, &plan);
    int64_t from = bench_now_us();
    pthread_create(&thread, NULL, import_on, &im);
    pages(c, &s, 1000);
    double seconds = (double)(bench_now_us() - from) / 1e6;
    atomic_store(&im.stop, true);
    pthread_join(thread, NULL);
    bench_report(b, "the same while importing: p99", samples_percentile(&s, 99) / 1000, "ms", 8,
                 false, 0, NULL);
    bench_report(b, "orders imported meanwhile", (double)im.orders / seconds, "orders/s", 0, true,
                 0, NULL);
    free(s.us);
}

void bench_http(struct bench *b, struct corpus *corpus)
{
    struct error error;
    struct client c;
    if (!db_write(b->db, user_fn, b, &error))
        bench_fail("user", &error);
    struct api_options options = {
        .db = b->db, .key = &b->key, .clock = b->clock, .ids = &b->ids, .build = "bench"};
    struct api *api = api_new(&options, &error);
    struct server_options listening = {.threads = 8, .body_bytes_max = 1u << 20, .clock = b->clock};
    struct server *server =
        api ? server_start(&listening, api_handle, api_body_limit, api, &error) : NULL;
    if (!server)
        bench_fail("server", &error);
    client_open(&c, server_port(server));
    client_sign_in(&c);
    memcpy(b->cookie, c.cookie, sizeof b->cookie);
    for (int i = 0; i < 50; i++)
        client_page(&c);
    idle_pages(b, &c);
    busy_pages(b, &c, corpus);
    client_close(&c);
    server_stop(server);
    api_free(api);
}
