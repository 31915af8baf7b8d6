// SPDX-License-Identifier: Apache-2.0
//
// juchu serve: one process with an event-loop thread for the malls, server threads for people, and
// a main thread that waits for the signal to stop.
#include "main/serve.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void serve_block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void serve_wait(void)
{
    sigset_t set;
    int got;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigwait(&set, &got);
}

static void *run_loop(void *argument)
{
    loop_run(argument);
    return NULL;
}

// The engine exists before the API that its events go to.
static void relay_event(void *context, row_id org_id, const char *type, struct str json)
{
    struct serving *s = context;
    if (s->api)
        api_event(s->api, org_id, type, json);
}

bool serve_start(struct serving *s, struct app *app, const char *address, uint16_t port,
                 struct error *error)
{
    const char *role = args_value(&app->args, "role"), *threads = args_value(&app->args, "threads");
    bool web_only = role && strcmp(role, "web") == 0,
         worker_only = role && strcmp(role, "worker") == 0;
    *s = (struct serving){.app = app};
    // A web process has no use for the key, so a fault in it can't give the credentials away.
    if (web_only)
        crypto_wipe(&app->key, sizeof app->key);
    if (!worker_only) {
        struct api_options options = {
            .db = app->db,
            .key = web_only ? NULL : &app->key,
            .clock = app->clock,
            .ids = &app->ids,
            .log = app->log,
            .build = "0.1.0",
            .ui_directory = args_value(&app->args, "ui-dir"),
            .secure_cookies = getenv("JUCHU_HTTPS") != NULL,
        };
        if (!web_only && !app_open_sync(app, true, relay_event, s, error))
            return false;
        options.sync = app->sync;
        s->api = api_new(&options, error);
        if (!s->api)
            return false;
        struct server_options listening = {.address = address,
                                           .port = port,
                                           .threads = threads ? (int)strtol(threads, NULL, 10) : 8,
                                           .body_bytes_max = 1u << 20,
                                           .clock = app->clock};
        s->server = server_start(&listening, api_handle, api_body_limit, s->api, error);
        if (!s->server)
            return false;
    } else if (!app_open_sync(app, true, NULL, NULL, error)) {
        return false;
    }
    if (app->loop) {
        if (pthread_create(&s->loop_thread, NULL, run_loop, app->loop) != 0)
            return error_no_memory(error);
        s->loop_running = true;
    }
    return true;
}

void serve_stop(struct serving *s)
{
    s->server = server_stop(s->server);
    if (s->loop_running) {
        loop_stop(s->app->loop);
        pthread_join(s->loop_thread, NULL);
        s->loop_running = false;
    }
    s->app->sync = sync_free(s->app->sync);
    s->api = api_free(s->api);
}

int command_serve(struct app *app)
{
    struct error error;
    struct serving serving;
    const char *address = args_value(&app->args, "listen"), *port = args_value(&app->args, "port");
    int64_t number = 8080;
    if (port && (!str_to_int64(str_from(port), &number) || number < 0 || number > 65535)) {
        error_set(&error, ERROR_BAD_INPUT, "usage.port", "--port は0〜65535で指定してください。",
                  "--port takes 0 to 65535");
        return app_fail(app, &error);
    }
    serve_block_signals();
    if (!app_open(app, &error) ||
        !serve_start(&serving, app, address ? address : "127.0.0.1", (uint16_t)number, &error))
        return app_fail(app, &error);
    if (serving.server)
        printf("url http://%s:%u\n", address ? address : "127.0.0.1", server_port(serving.server));
    printf("ready\n");
    fflush(stdout);
    serve_wait();
    serve_stop(&serving);
    return EXIT_DONE;
}
