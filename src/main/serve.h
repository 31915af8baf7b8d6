// SPDX-License-Identifier: Apache-2.0
//
// A running server: engine on its loop thread, API on the server's threads.
#ifndef JUCHU_MAIN_SERVE_H
#define JUCHU_MAIN_SERVE_H

#include "api/api.h"
#include "main/app.h"
#include <pthread.h>

struct serving {
    struct app *app;
    struct api *api;
    struct server *server;
    pthread_t loop_thread;
    bool loop_running;
};

// Blocks SIGINT and SIGTERM for this thread and those it starts; call before serve_start().
void serve_block_signals(void);
// Opens engine and API (the app must be open) and listens. ERROR_STORAGE when the port is taken.
bool serve_start(struct serving *s, struct app *app, const char *address, uint16_t port,
                 struct error *error);
// Waits for SIGINT or SIGTERM.
void serve_wait(void);
void serve_stop(struct serving *s);

#endif
