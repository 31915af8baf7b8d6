// SPDX-License-Identifier: Apache-2.0
//
// juchu serve: one process with an event-loop thread for the malls, server threads for people, and
// a main thread that waits for the signal to stop.
#include "main/serve.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
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

static bool check_options(const struct app *app, struct error *error)
{
    const char *role = args_value(&app->args, "role"), *threads = args_value(&app->args, "threads");
    const char *ui = args_value(&app->args, "ui-dir");
    int64_t number;
    struct stat st;
    if (role && strcmp(role, "web") != 0 && strcmp(role, "worker") != 0)
        return error_set(error, ERROR_BAD_INPUT, "usage.role",
                         "--role には web か worker を指定してください(省くと両方)。",
                         "--role takes web or worker; without it the server is both");
    if (threads && (!str_to_int64(str_from(threads), &number) || number < 1 || number > 256))
        return error_set(error, ERROR_BAD_INPUT, "usage.threads",
                         "--threads は1〜256で指定してください。", "--threads takes 1 to 256");
    if (ui && (stat(ui, &st) != 0 || !S_ISDIR(st.st_mode)))
        return error_set(error, ERROR_BAD_INPUT, "usage.ui_dir",
                         "--ui-dir のフォルダー %s がありません。",
                         "there is no folder %s for --ui-dir", ui);
    return true;
}

// One server per SQLite folder: a second one would go unnoticed by the first one's browsers. The
// lock ends with the process, however it ends.
static bool lock_data(const struct app *app, struct error *error)
{
    char path[600];
    if (!app->data_directory[0] || strncmp(app->db_url, "sqlite:", 7) != 0)
        return true;
    snprintf(path, sizeof path, "%s/serve.lock", app->data_directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true; // kept open until the process ends
    bool taken = fd >= 0 && errno == EWOULDBLOCK;
    if (fd >= 0)
        close(fd);
    if (!taken) {
        error_set(error, ERROR_STORAGE, "data.lock", "%s を開けません。", "can't open %s", path);
        return error_hint(error, "フォルダーの権限を確認してください。",
                          "Check the folder's rights.");
    }
    error_set(error, ERROR_CONFLICT, "data.in_use",
              "このフォルダーでは別のサーバーが動いています: %s",
              "another server runs on this folder: %s", app->data_directory);
    return error_hint(error,
                      "動いているサーバーを使うか、止めてから起動してください。複数台には "
                      "--db postgresql://… を使います。",
                      "Use the running one, or stop it first. Several servers need --db "
                      "postgresql://….");
}

int command_serve(struct app *app)
{
    struct error error;
    struct serving serving;
    const char *address = args_value(&app->args, "listen"), *port = args_value(&app->args, "port");
    const char *role = args_value(&app->args, "role");
    int64_t number = 8080;
    if (port && (!str_to_int64(str_from(port), &number) || number < 0 || number > 65535)) {
        error_set(&error, ERROR_BAD_INPUT, "usage.port", "--port は0〜65535で指定してください。",
                  "--port takes 0 to 65535");
        return app_fail(app, &error);
    }
    if (!check_options(app, &error))
        return app_fail(app, &error);
    serve_block_signals();
    app->logs = true;
    app->no_key = role && strcmp(role, "web") == 0;
    if (!app_open(app, &error) || !lock_data(app, &error))
        return app_fail(app, &error);
    if (!serve_start(&serving, app, address ? address : "127.0.0.1", (uint16_t)number, &error)) {
        serve_stop(&serving);
        return app_fail(app, &error);
    }
    if (serving.server)
        printf("url http://%s:%u\n", address ? address : "127.0.0.1", server_port(serving.server));
    printf("ready\n");
    fflush(stdout);
    serve_wait();
    serve_stop(&serving);
    return EXIT_DONE;
}
