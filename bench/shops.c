// SPDX-License-Identifier: Apache-2.0
//
// Thousands of shops on one event-loop thread, as after some hours of running: the real engine with
// real pacing polls them every five minutes at mallsim, a process of its own. They all see the same
// orders there; each poll finds some that are new to its shop.
#include "bench/flows.h"
#include "mall/op.h"
#include "sim/demo_keys.h"
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct add {
    struct bench *b;
    int shops;
    const char *url;
};

static bool add_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct add *add = context;
    struct bench *b = add->b;
    struct order_context by = bench_context(b);
    const struct setting_value values[] = {{STR("service_secret"), STR(SIM_RAKUTEN_SERVICE_SECRET)},
                                           {STR("license_key"), STR(SIM_RAKUTEN_LICENSE_KEY)},
                                           {STR("fetch_interval_minutes"), STR("5")}};
    char name[64];
    for (int i = 0; i < add->shops; i++) {
        row_id id;
        snprintf(name, sizeof name, "shop %d", i);
        if (!shop_create(conn, &by, &b->key, mall_by_id(STR("rakuten")), str_from(name),
                         str_from(add->url), values, 3, &id, error))
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
                              by.now - 300000, error))
                return false;
        }
    }
    return true;
}

static bool switch_off(void *context, struct db_conn *conn, struct error *error)
{
    return db_exec(conn, "UPDATE shop SET enabled = 0", error);
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

// What a shop's engine has done, over all shops.
static int64_t one_number(struct bench *b, const char *sql, time_ms since)
{
    struct error error;
    struct db_conn *conn = db_acquire(b->db, &error);
    struct db_stmt *s = conn ? db_prepare(conn, sql, &error) : NULL;
    bench_must(s != NULL, "count", &error);
    db_bind_int(s, 1, b->org_id);
    db_bind_int(s, 2, since);
    bench_must(db_step(s, &error) == DB_STEP_ROW, "count", &error);
    int64_t n = db_int(s, 0);
    db_reset(s);
    db_release(b->db, conn);
    return n;
}

static void report(struct bench *b, int shops, double took, double loop_cpu, double cpu,
                   time_ms since)
{
    int64_t runs =
        one_number(b, "SELECT COUNT(*) FROM fetch_run WHERE org_id = $1 AND ended_at >= $2", since);
    int64_t failed = one_number(b,
                                "SELECT COUNT(*) FROM fetch_run WHERE org_id = $1 AND ended_at >= "
                                "$2 AND state <> 'done'",
                                since);
    int64_t orders = one_number(
        b, "SELECT COUNT(*) FROM listing WHERE org_id = $1 AND first_seen_at >= $2", since);
    char flow[96];
    snprintf(flow, sizeof flow, "%d shops polled every 5 minutes: loop thread busy", shops);
    bench_report(b, flow, 100 * loop_cpu / took, "% of a core", 30, false, 0, NULL);
    bench_report(b, "the whole process meanwhile", 100 * cpu / took, "% of a core", 0, false, 0,
                 NULL);
    bench_report(b, "fetches ended meanwhile", (double)runs / took, "/s", 0.9 * shops / 300, true,
                 (double)shops / 300, "the schedule");
    bench_report(b, "orders imported meanwhile", (double)orders / took, "orders/s", 0, true, 0,
                 NULL);
    if (failed > 0)
        fprintf(stderr, "bench: %lld fetches failed\n", (long long)failed);
}

static pid_t start_mall(const char *mallsim, char *url, size_t size)
{
    char out[512];
    // A day's history lies thickest just before now, so that every poll finds some orders, and
    // 0.4 a minute (of two malls) keep coming.
    const char *const arguments[] = {mallsim,  "--port-base", "0",        "--no-rate-limit",
                                     "--days", "1",           "--orders", "100",
                                     "--rate", "0.4",         NULL};
    pid_t pid = program_start(arguments, out, sizeof out);
    const char *door = strstr(out, "rakuten=");
    snprintf(url, size, "http://%.*s", door ? (int)strcspn(door + 8, " \n") : 0,
             door ? door + 8 : "");
    return pid;
}

void bench_shops(struct bench *b, const char *mallsim, int shops, int seconds)
{
    struct error error;
    char url[64];
    pid_t mall = start_mall(mallsim, url, sizeof url);
    struct add add = {.b = b, .shops = shops, .url = url};
    if (!db_write(b->db, add_fn, &add, &error))
        bench_fail("shops", &error);
    malloc_trim(0);
    double memory = resident_mb(0, false);
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
    sleep(10);
    time_ms since = clock_now(&b->clock);
    double loop_cpu = cpu_of(thread), cpu = process_cpu();
    int64_t from = bench_now_us();
    sleep((unsigned)seconds);
    double took = (double)(bench_now_us() - from) / 1e6;
    report(b, shops, took, cpu_of(thread) - loop_cpu, process_cpu() - cpu, since);
    bench_report(b, "memory that the polling took", resident_mb(0, false) - memory, "MB", 200,
                 false, 0, NULL);
    loop_stop(loop);
    pthread_join(thread, NULL);
    sync_free(sync);
    loop_free(loop);
    program_stop(mall);
    bench_must(db_write(b->db, switch_off, NULL, &error), "shops", &error);
}
