// SPDX-License-Identifier: Apache-2.0
//
// juchu-bench --db URL [--orders N] [--shops N] [--seconds N] [--json FILE]: all flows on one
// engine, each beside its target and, where there is one, a limit measured in the same run.
#include "bench/flows.h"
#include "sim/demo_keys.h"
#include <getopt.h>
#include <signal.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
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
        snprintf(limit_text, sizeof limit_text, "%.2f of %s", value / limit, limit_name);
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
    size_t count;
    if (!db_run(s, error) || !work_statuses_create_default(conn, &by, error) ||
        !shop_create(conn, &by, &b->key, mall_by_id(STR("rakuten")), STR("bench"), STR(""), values,
                     4, &b->shop_id, error) ||
        !work_statuses(conn, b->org_id, b->arena, &list, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (list[i].role == ROLE_ENTRY)
            b->entry_status = list[i].id;
        if (list[i].role == ROLE_READY)
            b->done_status = list[i].id;
    }
    return true;
}

// From the start of the program to the first answered page, as a person who starts it sees it.
static void start_up(struct bench *b, const char *program, const char *directory)
{
    int64_t from = bench_now_us();
    int pipes[2];
    char out[512];
    if (pipe(pipes) != 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipes[1], 1);
        execl(program, program, "serve", "--data", directory, "--port", "0", (char *)NULL);
        _exit(127);
    }
    close(pipes[1]);
    size_t n = 0;
    ssize_t got;
    while (n < sizeof out - 1 && (got = read(pipes[0], out + n, sizeof out - 1 - n)) > 0) {
        n += (size_t)got;
        out[n] = 0;
        if (strstr(out, "ready"))
            break;
    }
    double took = (double)(bench_now_us() - from) / 1000;
    if (n > 0)
        bench_report(b, "start to listening, with these orders", took, "ms", 200, false, 0, NULL);
    sleep(1);
    char path[64];
    long pages = 0, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%ld %ld", &pages, &resident) == 2)
        bench_report(b, "resident memory of an idle server",
                     (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576, "MB", 82, false, 0,
                     NULL);
    if (f)
        fclose(f);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"db", 1, 0, 'd'},        {"orders", 1, 0, 'n'},    {"shops", 1, 0, 's'},
        {"seconds", 1, 0, 't'},   {"json", 1, 0, 'j'},      {"program", 1, 0, 'p'},
        {"directory", 1, 0, 'D'}, {"fill-only", 0, 0, 'f'}, {0}};
    struct bench b = {.clock = clock_system(), .rng = rng_system(), .first = true};
    const char *json = NULL, *program = NULL, *directory = NULL;
    int64_t orders = 1000000;
    bool fill_only = false; // for profilers
    int shops = 2000, seconds = 60, option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            b.url = optarg;
            break;
        case 'n':
            orders = strtoll(optarg, NULL, 10);
            break;
        case 's':
            shops = (int)strtol(optarg, NULL, 10);
            break;
        case 't':
            seconds = (int)strtol(optarg, NULL, 10);
            break;
        case 'j':
            json = optarg;
            break;
        case 'p':
            program = optarg;
            break;
        case 'D':
            directory = optarg;
            break;
        case 'f':
            fill_only = true;
            break;
        default:
            return 2;
        }
    }
    struct error error;
    if (!b.url || !crypto_init(&error))
        return 2;
    b.engine = strncmp(b.url, "sqlite", 6) == 0 ? "sqlite" : "postgres";
    b.arena = arena_new(2u << 30);
    id_source_init(&b.ids, 1);
    rng_fill(&b.rng, &b.key, sizeof b.key);
    struct db_options db_options = {.url = b.url,
                                    .clock = b.clock,
                                    .sqlite_on_open = order_sqlite_on_open,
                                    .cache_bytes = 128 << 20};
    b.db = db_open(&db_options, &error);
    if (!b.db || !db_migrate(b.db, &error) || !db_write(b.db, set_up, &b, &error))
        bench_fail("set up", &error);
    if (json && (b.json = fopen(json, "w")))
        fprintf(b.json, "[");
    struct corpus *corpus = corpus_new(&b, 6000);
    bench_store(&b, corpus, orders, fill_only);
    if (!fill_only)
        bench_http(&b, corpus);
    if (shops > 0 && !fill_only)
        bench_shops(&b, shops, seconds);
    corpus_free(corpus);
    db_close(b.db);
    if (program && directory)
        start_up(&b, program, directory);
    if (b.json) {
        fprintf(b.json, "\n]\n");
        fclose(b.json);
    }
    arena_free(b.arena);
    return 0;
}
