// SPDX-License-Identifier: Apache-2.0
//
// Thousands of shops on one event-loop thread: the real engine with real pacing polls shops whose
// mall answers "no orders"; the load is what polling itself costs.
#include "bench/flows.h"
#include "mall/op.h"
#include "net/server.h"
#include "sim/demo_keys.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static atomic_long answered;

static void answer(void *context, struct server_exchange *x)
{
    static const char none[] = "{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":"
                               "\"ORDER_EXT_API_SEARCH_ORDER_INFO_102\","
                               "\"message\":\"検索結果が0件です。\"}],\"orderNumberList\":[],"
                               "\"PaginationResponseModel\":{\"totalRecordsAmount\":null,"
                               "\"totalPages\":null,\"requestPage\":null}}";
    atomic_fetch_add(&answered, 1);
    server_add_header(x, STR("Content-Type"), STR("application/json;charset=UTF-8"));
    x->static_answer = str_make(none, sizeof none - 1);
}

struct add {
    struct bench *b;
    int shops;
    uint16_t port;
};

static bool add_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct add *add = context;
    struct bench *b = add->b;
    struct order_context by = bench_context(b);
    const struct setting_value values[] = {{STR("service_secret"), STR(SIM_RAKUTEN_SERVICE_SECRET)},
                                           {STR("license_key"), STR(SIM_RAKUTEN_LICENSE_KEY)},
                                           {STR("fetch_interval_minutes"), STR("5")}};
    char url[64], name[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u", add->port);
    for (int i = 0; i < add->shops; i++) {
        row_id id;
        snprintf(name, sizeof name, "shop %d", i);
        if (!shop_create(conn, &by, &b->key, mall_by_id(STR("rakuten")), str_from(name),
                         str_from(url), values, 3, &id, error))
            return false;
        // As after some hours of running: polls spread over the interval, the past covered.
        struct db_stmt *s =
            db_prepare(conn,
                       "UPDATE shop_state SET next_fetch_at = $3, next_refresh_at = $4, "
                       "next_reread_at = $4 WHERE org_id = $1 AND shop_id = $2",
                       error);
        if (!s)
            return false;
        db_bind_id(s, 1, by.org_id);
        db_bind_id(s, 2, id);
        db_bind_int(s, 3, by.now + (int64_t)i * 300000 / add->shops);
        db_bind_int(s, 4, by.now + 86400000);
        if (!db_run(s, error))
            return false;
        for (int basis = 0; basis < DATE_BASIS_COUNT; basis++) {
            if (!coverage_add(conn, by.org_id, id, (enum date_basis)basis, by.now - 90LL * 86400000,
                              by.now - 60000, error))
                return false;
        }
    }
    return true;
}

static void *run(void *argument)
{
    loop_run(argument);
    return NULL;
}

static double cpu_of(pthread_t thread)
{
    clockid_t id;
    struct timespec t = {0};
    if (pthread_getcpuclockid(thread, &id) == 0)
        clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void bench_shops(struct bench *b, int shops, int seconds)
{
    struct error error;
    struct server_options listening = {.threads = 2, .clock = b->clock, .connections_max = 4096};
    struct server *server = server_start(&listening, answer, NULL, NULL, &error);
    if (!server)
        bench_fail("server", &error);
    struct add add = {.b = b, .shops = shops, .port = server_port(server)};
    if (!db_write(b->db, add_fn, &add, &error))
        bench_fail("shops", &error);
    struct loop_options loop_options = {.clock = b->clock};
    struct loop *loop = loop_new(&loop_options, &error);
    struct sync_options options = {.db = b->db,
                                   .loop = loop,
                                   .key = &b->key,
                                   .clock = b->clock,
                                   .rng = b->rng,
                                   .ids = &b->ids,
                                   .node = "bench",
                                   .automatic = true};
    struct sync *sync = loop ? sync_new(&options, &error) : NULL;
    if (!sync)
        bench_fail("sync", &error);
    pthread_t thread;
    pthread_create(&thread, NULL, run, loop);
    sleep(3);
    double cpu = cpu_of(thread);
    long before = atomic_load(&answered);
    int64_t from = bench_now_us();
    sleep((unsigned)seconds);
    double took = (double)(bench_now_us() - from) / 1e6;
    double busy = (cpu_of(thread) - cpu) / took * 100;
    double requests = (double)(atomic_load(&answered) - before) / took;
    bench_report(b, "2,000 shops polled every 5 minutes: loop thread busy", busy, "% of a core", 30,
                 false, 0, NULL);
    bench_report(b, "2,000 shops: requests to the mall", requests, "requests/s", 0, true, 0, NULL);
    loop_stop(loop);
    pthread_join(thread, NULL);
    sync_free(sync);
    loop_free(loop);
    server_stop(server);
}
