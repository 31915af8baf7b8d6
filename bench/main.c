// SPDX-License-Identifier: Apache-2.0
//
// juchu-bench --db URL [--orders N] [--shops N] [--seconds N] [--json FILE] [--program JUCHU
// --directory DIR]: all flows on one engine, each beside its target and, where there is one, a
// limit measured in the same run.
#include "bench/flows.h"
#include "sim/demo_keys.h"
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int64_t bench_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

void bench_fail(const char *what, const struct error *error)
{
    fprintf(stderr, "bench: %s: %s %s %s\n", what, error->code, error->what_en, error->peer_text);
    exit(1);
}

void samples_add(struct samples *s, double us)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 1024;
        s->us = realloc(s->us, s->capacity * sizeof *s->us);
        if (!s->us)
            exit(1);
    }
    s->us[s->count++] = us;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double samples_percentile(struct samples *s, double percent)
{
    if (s->count == 0)
        return NAN;
    qsort(s->us, s->count, sizeof *s->us, ascending);
    size_t at = (size_t)(percent / 100 * (double)(s->count - 1) + 0.5);
    return s->us[at];
}

struct order_context bench_context(struct bench *b)
{
    return (struct order_context){.org_id = b->org_id,
                                  .actor = {.kind = ACTOR_SYSTEM, .name = STR("bench")},
                                  .now = clock_now(&b->clock),
                                  .ids = &b->ids};
}

void bench_report(struct bench *b, const char *flow, double value, const char *unit, double target,
                  bool more_is_better, double limit, const char *limit_name)
{
    const char *verdict = target == 0                                            ? ""
                          : (more_is_better ? value >= target : value <= target) ? "met"
                                                                                 : "MISSED";
    char target_text[48] = "", limit_text[96] = "";
    if (target != 0)
        snprintf(target_text, sizeof target_text, "%s %.6g", more_is_better ? ">=" : "<=", target);
    if (limit > 0)
        snprintf(limit_text, sizeof limit_text, more_is_better ? "%.2f of %s" : "%.1f times %s",
                 value / limit, limit_name);
    printf("%-9s %-60s %12.2f %-12s %-10s %-7s %s\n", b->engine, flow, value, unit, target_text,
           verdict, limit_text);
    fflush(stdout);
    if (!b->json)
        return;
    fprintf(
        b->json,
        "%s\n  {\"engine\":\"%s\",\"orders\":%lld,\"flow\":\"%s\",\"value\":%.4f,\"unit\":\"%s\"",
        b->first ? "" : ",", b->engine, (long long)b->orders, flow, value, unit);
    if (target != 0)
        fprintf(b->json, ",\"target\":%.6g,\"met\":%s", target,
                strcmp(verdict, "met") == 0 ? "true" : "false");
    if (limit > 0)
        fprintf(b->json, ",\"limit\":%.4f,\"limit_name\":\"%s\",\"ratio\":%.4f", limit, limit_name,
                value / limit);
    fprintf(b->json, "}");
    b->first = false;
}

static bool set_up(void *context, struct db_conn *conn, struct error *error)
{
    struct bench *b = context;
    struct order_context by;
    b->org_id = id_next(&b->ids, clock_now(&b->clock));
    by = bench_context(b);
    struct db_stmt *s =
        db_prepare(conn, "INSERT INTO org (id, name, created_at) VALUES ($1, 'bench', $2)", error);
    if (!s)
        return false;
    db_bind_id(s, 1, b->org_id);
    db_bind_int(s, 2, by.now);
    const struct setting_value values[] = {{STR("service_secret"), STR(SIM_RAKUTEN_SERVICE_SECRET)},
                                           {STR("license_key"), STR(SIM_RAKUTEN_LICENSE_KEY)},
                                           {STR("auto_fetch"), STR("false")},
                                           {STR("auto_push"), STR("false")}};
    struct work_status *list;
    struct shop shop;
    size_t count;
    if (!db_run(s, error) || !work_statuses_create_default(conn, &by, error) ||
        !shop_create(conn, &by, &b->key, mall_by_id(STR("rakuten")), STR("bench"),
                     STR("http://127.0.0.1:9"), values, 4, &b->shop_id, error) ||
        !shop_enable(conn, &by, b->shop_id, false, error) ||
        !shop_read(conn, b->org_id, b->shop_id, b->arena, &shop, error) ||
        !shop_account(conn, b->org_id, &shop, &b->key, b->arena, &b->account, error) ||
        !work_statuses(conn, b->org_id, b->arena, &list, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (list[i].role == ROLE_ENTRY)
            b->entry_status = list[i].id;
        if (list[i].role == ROLE_READY)
            b->ready_status = list[i].id;
    }
    return true;
}

struct wishes {
    const char *json, *program, *directory;
    int64_t orders;
    int shops, seconds;
    bool fill_only; // for profilers
};

static bool read_options(int argc, char **argv, struct bench *b, struct wishes *w)
{
    static const struct option options[] = {
        {"db", 1, 0, 'd'},        {"orders", 1, 0, 'n'},    {"shops", 1, 0, 's'},
        {"seconds", 1, 0, 't'},   {"json", 1, 0, 'j'},      {"program", 1, 0, 'p'},
        {"directory", 1, 0, 'D'}, {"fill-only", 0, 0, 'f'}, {0}};
    *w = (struct wishes){.orders = 1000000, .shops = 2000, .seconds = 60};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'd')
            b->url = optarg;
        else if (option == 'n')
            w->orders = strtoll(optarg, NULL, 10);
        else if (option == 's')
            w->shops = (int)strtol(optarg, NULL, 10);
        else if (option == 't')
            w->seconds = (int)strtol(optarg, NULL, 10);
        else if (option == 'j')
            w->json = optarg;
        else if (option == 'p')
            w->program = optarg;
        else if (option == 'D')
            w->directory = optarg;
        else if (option == 'f')
            w->fill_only = true;
        else
            return false;
    }
    return b->url && w->orders >= 1000;
}

static void open_database(struct bench *b, const struct wishes *w)
{
    struct error error;
    char key_path[1024];
    b->engine = strncmp(b->url, "sqlite", 6) == 0 ? "sqlite" : "postgres";
    b->arena = arena_new(2u << 30);
    bench_must(b->arena || error_no_memory(&error), "arena", &error);
    id_source_init(&b->ids, 1);
    // With a directory the program will be started on it, and needs the same key.
    snprintf(key_path, sizeof key_path, "%s/master.key", w->directory ? w->directory : "");
    if (!w->directory)
        rng_fill(&b->rng, &b->key, sizeof b->key);
    else
        bench_must(crypto_key_load(key_path, true, &b->key, &error), "key", &error);
    struct db_options options = {.url = b->url, .clock = b->clock};
    b->db = db_open(&options, &error);
    bench_must(b->db && db_migrate(b->db, &error) && db_write(b->db, set_up, b, &error), "set up",
               &error);
}

static void run_flows(struct bench *b, const struct wishes *w)
{
    struct corpus *corpus = corpus_new(b, bench_year(w->orders));
    bench_store(b, corpus, w->orders, w->fill_only);
    if (!w->fill_only)
        bench_http(b, corpus);
    corpus_free(corpus);
    if (w->shops > 0 && !w->fill_only && w->program) {
        char mallsim[1024];
        snprintf(mallsim, sizeof mallsim, "%.*smallsim",
                 (int)(strlen(w->program) - strlen("juchu")), w->program);
        bench_shops(b, mallsim, w->shops, w->seconds);
    }
    b->db = db_close(b->db);
    if (w->program && w->directory && !w->fill_only)
        bench_server(b, w->program, w->directory);
}

int main(int argc, char **argv)
{
    struct bench b = {.clock = clock_system(), .rng = rng_system(), .first = true};
    struct wishes wishes;
    struct error error;
    if (!read_options(argc, argv, &b, &wishes) || !crypto_init(&error)) {
        fputs("usage: juchu-bench --db URL [options]; see bench/main.c\n", stderr);
        return 2;
    }
    if (wishes.json && (b.json = fopen(wishes.json, "w")))
        fprintf(b.json, "[");
    open_database(&b, &wishes);
    run_flows(&b, &wishes);
    if (b.json) {
        fprintf(b.json, "\n]\n");
        fclose(b.json);
    }
    arena_free(b.arena);
    return 0;
}
