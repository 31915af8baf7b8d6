// SPDX-License-Identifier: Apache-2.0
//
// The event loop of a node: outward HTTP (libcurl multi), timers, and work posted from other
// threads, all run on one thread. Thousands of shops live on it, so nothing here may block.
#ifndef JUCHU_NET_LOOP_H
#define JUCHU_NET_LOOP_H

#include "net/http.h"

struct loop;
struct loop_timer;
struct http_exchange;

struct loop_options {
    struct clock clock;
    const char *ca_file;      // NULL = the system's
    int connections_max;      // in all; 0 = 512
    int connections_per_host; // 0 = 6
};

struct loop *loop_new(const struct loop_options *options, struct error *error);
struct loop *loop_free(struct loop *loop);
// Runs until loop_stop(). Call from the loop's thread.
void loop_run(struct loop *loop);
// One round: waits at most `wait_ms` and handles what is there. For tests and command-line use.
void loop_turn(struct loop *loop, int wait_ms);
// Thread-safe.
void loop_stop(struct loop *loop);
// Runs fn(argument) on the loop's thread soon. Thread-safe; false on lack of memory.
bool loop_post(struct loop *loop, void (*fn)(void *argument), void *argument);

// Calls fn(argument) once `at` (wall time by the loop's clock) has come. NULL on lack of memory.
struct loop_timer *loop_timer_start(struct loop *loop, time_ms at, void (*fn)(void *), void *argument);
// Cancels a timer that hasn't fired. After firing the pointer is dead.
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);

// Sends the request (copied) and calls done(argument, response) on the loop's thread exactly once;
// the response lives until done returns. TLS is always verified; redirects are not followed.
// NULL on lack of memory (done isn't called).
struct http_exchange *loop_http(struct loop *loop, const struct http_request *request,
                                void (*done)(void *argument, const struct http_response *response),
                                void *argument);
// Gives up: done is called at once with ERROR_CANCELLED.
void loop_http_cancel(struct loop *loop, struct http_exchange *exchange);

struct clock loop_clock(const struct loop *loop);

#endif
