// SPDX-License-Identifier: Apache-2.0
//
// mallsim inside the test's process: one world, a server on a free port for each mall. Faults,
// actions and the ledger are reached through sim/sim.h; the requests come over real sockets.
// These functions never fail: they print why and abort.
#ifndef JUCHU_TESTS_SUPPORT_MALL_SERVER_H
#define JUCHU_TESTS_SUPPORT_MALL_SERVER_H

#include "sim/sim.h"

struct mall_server;

// The sim's time is `clock`, read for every request; it must outlive the server and be thread-safe.
// Servers are opened for the faces of `options` (NULL: all).
struct mall_server *mall_server_start(const struct sim_options *options, struct clock clock);
// NULL is allowed. Returns NULL.
struct mall_server *mall_server_stop(struct mall_server *server);
struct sim *mall_server_sim(struct mall_server *server);
// "http://127.0.0.1:PORT"; lives as long as the server.
const char *mall_server_url(const struct mall_server *server, enum sim_mall mall);
// Requests that have come to a mall (all malls: SIM_MALL_COUNT) for an operation whose path
// contains `path` (NULL: any) since the start.
size_t mall_server_requests(const struct mall_server *server, enum sim_mall mall, const char *path);
// Called before each request is handled, on a server's thread; NULL = none.
void mall_server_watch(struct mall_server *server,
                       void (*watch)(void *context, enum sim_mall mall, struct str path),
                       void *context);

#endif
