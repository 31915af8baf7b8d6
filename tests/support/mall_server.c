// SPDX-License-Identifier: Apache-2.0
//
// mallsim inside the test's process. Threads: the servers' own, calling into the sim, which has its
// mutex; the list of requests has one here.
#include "support/mall_server.h"

#include "net/server.h"
#include "sim/face.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUESTS_MAX 200000
#define PATH_MAX_BYTES 96

struct door {
    struct mall_server *all;
    enum sim_mall mall;
    struct server *server;
    char url[64];
};

struct seen_request {
    enum sim_mall mall;
    char path[PATH_MAX_BYTES];
};

struct mall_server {
    struct sim *sim;
    struct clock clock;
    struct door doors[SIM_MALL_COUNT];
    pthread_mutex_t mutex;
    struct seen_request *requests;
    size_t request_count;
    void (*watch)(void *context, enum sim_mall mall, struct str path);
    void *watch_context;
};

static void __attribute__((noreturn)) give_up(const struct error *e)
{
    fprintf(stderr, "mall server: %s: %s\n", e->code, e->what_en);
    abort();
}

static void note(struct mall_server *all, enum sim_mall mall, struct str path)
{
    pthread_mutex_lock(&all->mutex);
    if (all->request_count < REQUESTS_MAX) {
        struct seen_request *r = &all->requests[all->request_count++];
        r->mall = mall;
        snprintf(r->path, sizeof r->path, "%.*s", STR_ARG(path));
    }
    void (*watch)(void *, enum sim_mall, struct str) = all->watch;
    void *context = all->watch_context;
    pthread_mutex_unlock(&all->mutex);
    if (watch)
        watch(context, mall, path);
}

static void handle(void *context, struct server_exchange *x)
{
    const struct door *door = context;
    struct sim_request request = {
        .method = x->method,
        .path = x->path,
        .query = x->query,
        .headers = x->headers,
        .header_count = x->header_count,
        .body = x->body,
        .peer = x->peer,
    };
    struct sim_response response;
    sim_response_init(&response, x->arena);
    note(door->all, door->mall, x->path);
    sim_handle(door->all->sim, door->mall, clock_now(&door->all->clock), &request, &response);
    x->status = response.status;
    for (size_t i = 0; i < response.header_count; i++)
        server_add_header(x, response.headers[i].name, response.headers[i].value);
    buf_free(&x->answer);
    x->answer = response.body; // the server frees it
    x->drop_connection = response.drop;
    x->truncate_answer_to = response.truncate_to;
    x->delay_ms = response.delay_ms;
}

struct mall_server *mall_server_start(const struct sim_options *options, struct clock clock)
{
    struct error error;
    struct mall_server *all = calloc(1, sizeof *all);
    if (!all || !(all->requests = calloc(REQUESTS_MAX, sizeof *all->requests)))
        abort();
    pthread_mutex_init(&all->mutex, NULL);
    all->clock = clock;
    all->sim = sim_new(options, &error);
    if (!all->sim)
        give_up(&error);
    const struct sim_face *const *faces = options->faces ? options->faces : sim_faces_all();
    for (; *faces; faces++) {
        struct door *door = &all->doors[(*faces)->mall];
        struct server_options o = {.threads = 2, .body_bytes_max = 32 << 20, .clock = clock};
        *door = (struct door){.all = all, .mall = (*faces)->mall};
        door->server = server_start(&o, handle, NULL, door, &error);
        if (!door->server)
            give_up(&error);
        snprintf(door->url, sizeof door->url, "http://127.0.0.1:%u",
                 (unsigned)server_port(door->server));
    }
    return all;
}

struct mall_server *mall_server_stop(struct mall_server *server)
{
    if (!server)
        return NULL;
    for (size_t i = 0; i < SIM_MALL_COUNT; i++)
        server_stop(server->doors[i].server);
    sim_free(server->sim);
    pthread_mutex_destroy(&server->mutex);
    free(server->requests);
    free(server);
    return NULL;
}

struct sim *mall_server_sim(struct mall_server *server)
{
    return server->sim;
}

const char *mall_server_url(const struct mall_server *server, enum sim_mall mall)
{
    return server->doors[mall].url;
}

size_t mall_server_requests(const struct mall_server *server, enum sim_mall mall, const char *path)
{
    // The mutex is the only thing that changes.
    pthread_mutex_t *mutex = (pthread_mutex_t *)(uintptr_t)&server->mutex;
    size_t count = 0;
    pthread_mutex_lock(mutex);
    for (size_t i = 0; i < server->request_count; i++) {
        const struct seen_request *r = &server->requests[i];
        count += (mall == SIM_MALL_COUNT || r->mall == mall) && (!path || strstr(r->path, path));
    }
    pthread_mutex_unlock(mutex);
    return count;
}

void mall_server_watch(struct mall_server *server,
                       void (*watch)(void *context, enum sim_mall mall, struct str path),
                       void *context)
{
    pthread_mutex_lock(&server->mutex);
    server->watch = watch;
    server->watch_context = context;
    pthread_mutex_unlock(&server->mutex);
}
