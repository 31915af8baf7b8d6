// SPDX-License-Identifier: Apache-2.0
//
// The event loop of a node: outward HTTP (libcurl multi), timers, and work posted from other
// threads, all run on one thread. Thousands of shops live on it, so nothing here may block.
// Everything but loop_stop() and loop_post() is called from the loop's thread only.
//
// How a request is carried:
// - It goes onto the wire at most once. libcurl would repeat a request, POST too, when a kept-alive
//   connection dies before the answer; that is refused here, because the first copy may have taken
//   effect. Such a request ends with HTTP_SENT_MAYBE.
// - TLS ≥ 1.2 is always verified; redirects are answers like any other; only http and https; no
//   HTTP/2; no "Expect: 100-continue"; no Accept-Encoding unless the caller asks for one (and then
//   unpacks it).
// - A proxy from the environment (https_proxy, all_proxy, no_proxy) is used for https only.
// - Requests beyond the limits wait in a queue per host; hosts take turns.
// - Framing is ours: Content-Length, Transfer-Encoding and Connection among the headers are
// refused,
//   as are addresses with user:password@.
//
// Codes of http_response.failure. ERROR_NETWORK: http.resolve_failed, http.connect_failed,
// http.tls_failed, http.timeout, http.connection_lost, http.truncated (the answer broke off),
// http.malformed_answer, http.response_too_large, http.too_late,
// http.failed. ERROR_BAD_INPUT: http.bad_url,
// http.bad_header, http.address_refused. Its subject is scheme and host, never the path.
#ifndef JUCHU_NET_LOOP_H
#define JUCHU_NET_LOOP_H

#include "net/http.h"

struct loop;
struct loop_timer;
struct http_exchange;

struct loop_options {
    struct clock clock;
    const char *ca_file;      // NULL = the system's; copied
    int connections_max;      // in all; 0 = 512
    int connections_per_host; // 0 = 6
};

struct loop *loop_new(const struct loop_options *options, struct error *error);
// Runs work that is still posted, ends running requests as cancelled (done is called), drops
// timers. Nothing new is accepted meanwhile. NULL allowed.
struct loop *loop_free(struct loop *loop);
// Runs until loop_stop(); at once back if that was called before.
void loop_run(struct loop *loop);
// One round: waits at most `wait_ms` and handles what is there. For tests and command-line use.
// Not from inside a callback of the loop.
void loop_turn(struct loop *loop, int wait_ms);
// Thread-safe.
void loop_stop(struct loop *loop);
// Runs fn(argument) on the loop's thread soon, in the order of posting. Thread-safe; false on lack
// of memory and while the loop is being freed.
bool loop_post(struct loop *loop, void (*fn)(void *argument), void *argument);

// Calls fn(argument) once `at` (wall time by the loop's clock) has come; timers of the same time in
// the order of starting. NULL on lack of memory. A jump of the clock is noticed within a second.
struct loop_timer *loop_timer_start(struct loop *loop, time_ms at, void (*fn)(void *),
                                    void *argument);
// Cancels a timer that hasn't fired. After firing the pointer is dead. NULL allowed.
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);

// Sends the request (copied) and calls done(argument, response) on the loop's thread exactly once,
// never before this returns; the response lives until done returns. A request that can't be sent
// ends with HTTP_SENT_NO and its reason. NULL on lack of memory (done isn't called).
struct http_exchange *loop_http(struct loop *loop, const struct http_request *request,
                                void (*done)(void *argument, const struct http_response *response),
                                void *argument);
// Gives up: done is called at once with ERROR_CANCELLED. Not after done was called.
void loop_http_cancel(struct loop *loop, struct http_exchange *exchange);

// Sends the request, turns the loop until the answer is there and copies it into the arena. False
// when there is no usable answer: *error is its failure, and *out (without texts) says whether the
// request may have arrived. For the command line and tests; not from inside a callback of the loop.
bool loop_http_wait(struct loop *loop, const struct http_request *request, struct arena *arena,
                    struct http_response *out, struct error *error);

struct clock loop_clock(const struct loop *loop);

#endif
