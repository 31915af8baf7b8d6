// SPDX-License-Identifier: Apache-2.0
//
// The program itself on the filled data directory: how long from its start to the first page, and
// how much memory it holds before, during and after work.
#include "bench/flows.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECTIONS 32
#define ROUNDS 40

static uint16_t start(const char *program, const char *directory, pid_t *pid)
{
    char out[512];
    const char *const arguments[] = {program, "serve", "--data", directory, "--port", "0", NULL};
    *pid = program_start(arguments, out, sizeof out);
    const char *port = strstr(out, "127.0.0.1:");
    return port ? (uint16_t)strtoul(port + sizeof "127.0.0.1:" - 1, NULL, 10) : 0;
}

// What 32 people do at once: lists, searches, single orders by search.
static void work(uint16_t port, const char *cookie)
{
    static const char *const paths[] = {"/api/v1/orders?status=all&limit=200",
                                        "/api/v1/orders/counts",
                                        "/api/v1/orders?status=all&limit=100&q=%E4%BD%90%E8%97%A4",
                                        "/api/v1/orders?status=all&limit=100&q=%E9%88%B4%E6%9C%A8"};
    struct client clients[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) {
        client_open(&clients[i], port);
        snprintf(clients[i].cookie, sizeof clients[i].cookie, "%s", cookie);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < CONNECTIONS; i++)
            if (client_ask(&clients[i], "GET", paths[(round + i) % 4], "") != 200) {
                fprintf(stderr, "bench: %.*s\n", (int)clients[i].in.n, clients[i].in.p);
                exit(1);
            }
    for (int i = 0; i < CONNECTIONS; i++)
        client_close(&clients[i]);
}

void bench_server(struct bench *b, const char *program, const char *directory)
{
    pid_t pid = 0;
    struct client c;
    struct samples s = {0};
    for (int i = 0; i < 5; i++) {
        int64_t from = bench_now_us();
        uint16_t port = start(program, directory, &pid);
        client_open(&c, port);
        snprintf(c.cookie, sizeof c.cookie, "%s", b->cookie);
        client_page(&c);
        samples_add(&s, (double)(bench_now_us() - from));
        client_close(&c);
        if (i == 4) {
            bench_report(b, "resident memory of a fresh server", resident_mb(pid, false), "MB", 0,
                         false, 0, NULL);
            work(port, b->cookie);
            bench_report(b, "resident memory at most, 32 connections at work",
                         resident_mb(pid, true), "MB", 400, false, 0, NULL);
            sleep(12); // longer than idle connections are kept
            bench_report(b, "resident memory, idle after that", resident_mb(pid, false), "MB", 82,
                         false, 0, NULL);
        }
        program_stop(pid);
    }
    bench_report(b, "start of the program to the first page: median of 5",
                 samples_percentile(&s, 50) / 1000, "ms", 200, false, 0, NULL);
    free(s.us);
}
