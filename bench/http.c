// SPDX-License-Identifier: Apache-2.0
//
// The list over HTTP: the real API and server on loopback, a signed-in session, keep-alive.
#include "bench/flows.h"
#include "api/api.h"
#include "mall/op.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct client {
    int fd;
    char cookie[256];
    struct buf in;
};

static int connect_to(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("connect");
        exit(1);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

// Sends one request and reads the whole answer; the body stays in c->in behind the head.
static int ask(struct client *c, const char *method, const char *path, const char *body)
{
    char head[1024];
    int n = snprintf(head, sizeof head,
                     "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept-Language: ja\r\nCookie: "
                     "%s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     method, path, c->cookie, strlen(body), body);
    if (send(c->fd, head, (size_t)n, 0) != n)
        return 0;
    buf_reset(&c->in);
    size_t total = 0;
    for (;;) {
        char *room = buf_reserve(&c->in, 65536);
        ssize_t got = room ? recv(c->fd, room, 65536, 0) : 0;
        if (got <= 0)
            return 0;
        buf_commit(&c->in, (size_t)got);
        if (!total) {
            const char *end = memmem(c->in.p, c->in.n, "\r\n\r\n", 4);
            const char *length = end ? memmem(c->in.p, c->in.n, "Content-Length: ", 16) : NULL;
            if (length)
                total = (size_t)(end - c->in.p) + 4 + strtoul(length + 16, NULL, 10);
        }
        if (total && c->in.n >= total)
            return (int)strtol(c->in.p + 9, NULL, 10);
    }
}

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

static void sign_in(struct client *c)
{
    if (ask(c, "POST", "/api/v1/session",
            "{\"login\":\"bench\",\"password\":\"bench password 1\"}") != 200) {
        fprintf(stderr, "sign in: %.*s\n", (int)(c->in.n > 600 ? 600 : c->in.n), c->in.p);
        exit(1);
    }
    const char *cookie = memmem(c->in.p, c->in.n, "Set-Cookie: ", 12);
    size_t n = cookie ? strcspn(cookie + 12, ";") : 0;
    snprintf(c->cookie, sizeof c->cookie, "%.*s", (int)n, cookie ? cookie + 12 : "");
}

struct importing {
    struct bench *b;
    struct corpus *corpus;
    atomic_bool stop;
};

static void *import_on(void *argument)
{
    struct importing *im = argument;
    while (!atomic_load(&im->stop)) {
        struct mall_batch *batch = corpus_parse(im->b, corpus_next(im->corpus));
        store_batches(im->b, &batch, 1);
        mall_batch_free(batch);
    }
    return NULL;
}

static void pages(struct client *c, struct samples *s, int count)
{
    for (int i = 0; i < count; i++) {
        int64_t from = bench_now_us();
        if (ask(c, "GET", "/api/v1/orders?status=all&limit=100", "") != 200 ||
            ask(c, "GET", "/api/v1/orders/counts", "") != 200) {
            fprintf(stderr, "list: %.*s\n", (int)(c->in.n > 600 ? 600 : c->in.n), c->in.p);
            exit(1);
        }
        samples_add(s, (double)(bench_now_us() - from));
    }
}

static double process_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double resident_mb(void)
{
    long pages_total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &pages_total, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

void bench_http(struct bench *b, struct corpus *corpus)
{
    struct error error;
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
    struct client c = {.fd = connect_to(server_port(server)), .in = buf_make(64u << 20)};
    sign_in(&c);
    struct samples idle = {0}, busy = {0}, hello = {0};
    for (int i = 0; i < 3000; i++) {
        int64_t from = bench_now_us();
        ask(&c, "GET", "/healthz", "");
        samples_add(&hello, (double)(bench_now_us() - from));
    }
    double floor_us = samples_percentile(&hello, 50);
    pages(&c, &idle, 50);
    idle.count = 0;
    double cpu = process_cpu();
    pages(&c, &idle, 1500);
    cpu = process_cpu() - cpu;
    bench_report(b, "list of 100 and tab counts over HTTP (two requests): p50",
                 samples_percentile(&idle, 50) / 1000, "ms", 1.5, false, 2 * floor_us / 1000,
                 "two empty requests");
    bench_report(b, "list of 100 and tab counts over HTTP (two requests): p99",
                 samples_percentile(&idle, 99) / 1000, "ms", 5, false, 0, NULL);
    bench_report(b, "pages per second of one core (server and client)", 1500 / cpu, "pages/s", 1000,
                 true, 0, NULL);
    struct importing im = {.b = b, .corpus = corpus};
    pthread_t thread;
    pthread_create(&thread, NULL, import_on, &im);
    pages(&c, &busy, 1000);
    atomic_store(&im.stop, true);
    pthread_join(thread, NULL);
    bench_report(b, "the same while importing: p99", samples_percentile(&busy, 99) / 1000, "ms", 8,
                 false, 0, NULL);
    struct client many[32];
    for (int i = 0; i < 32; i++) {
        many[i] = (struct client){.fd = connect_to(server_port(server)), .in = buf_make(64u << 20)};
        memcpy(many[i].cookie, c.cookie, sizeof c.cookie);
        ask(&many[i], "GET", "/api/v1/orders?status=all&limit=100", "");
    }
    bench_report(b, "resident memory with 32 connections", resident_mb(), "MB", 400, false, 0,
                 NULL);
    for (int i = 0; i < 32; i++) {
        close(many[i].fd);
        buf_free(&many[i].in);
    }
    close(c.fd);
    buf_free(&c.in);
    server_stop(server);
    api_free(api);
    free(idle.us);
    free(busy.us);
    free(hello.us);
}
