// SPDX-License-Identifier: Apache-2.0
//
// HTTP server (libmicrohttpd behind this one file): limits, routing, answers, server-sent events.
// Used by the API and by mallsim. The answer is queued in the second handler call, because
// libmicrohttpd closes the connection after each answer otherwise; a test counts connections.
#ifndef JUCHU_NET_SERVER_H
#define JUCHU_NET_SERVER_H

#include "net/http.h"

struct server;
struct server_request;

struct server_options {
    const char *address; // numeric; NULL = 127.0.0.1
    uint16_t port;       // 0 = any free one, see server_port()
    int threads;         // worker threads of the daemon, 0 = 2
    size_t body_bytes_max;    // default limit of a request body; a route may raise it
    size_t connections_max;   // 0 = 1024
    int idle_seconds;         // slow or silent clients are cut after this; 0 = 10
    struct clock clock;
};

// What a handler sees and fills in. Everything borrowed lives until the handler returns.
struct server_exchange {
    enum http_method method;
    struct str path;  // decoded, without query
    struct str query; // raw, without '?'
    const struct http_header *headers;
    size_t header_count;
    struct str body;
    struct str peer; // numeric address of the client
    struct arena *arena; // dies with the request
    time_ms received_at;
    struct str parameters[8]; // {name} parts of the matched route, in order

    int status; // answer: preset to 200
    struct http_header answer_headers[HTTP_HEADERS_MAX];
    size_t answer_header_count;
    struct buf answer; // body
    struct str static_answer; // used instead of `answer` when set; must outlive the server
    struct server_stream *stream; // set by server_start_stream()
    // mallsim's faults: close the connection without (or in the middle of) the answer.
    bool drop_connection;
    size_t truncate_answer_to; // 0 = whole
    int64_t delay_ms;          // before the answer is sent, without blocking other requests
    void *internal;
};

typedef void (*server_handler)(void *context, struct server_exchange *x);

// Starts listening; `handler` is called on one of the daemon's threads for every complete request.
// Request line ≤ 8 KiB, header block ≤ 16 KiB; Content-Length with Transfer-Encoding is refused.
// `body_limit` (may be NULL) says per path how large a body may become.
struct server *server_start(const struct server_options *options, server_handler handler,
                            size_t (*body_limit)(void *context, enum http_method, struct str path),
                            void *context, struct error *error);
// Stops taking requests, waits for running ones, closes streams. NULL allowed.
struct server *server_stop(struct server *server);
uint16_t server_port(const struct server *server);

void server_add_header(struct server_exchange *x, struct str name, struct str value);
struct str server_request_header(const struct server_exchange *x, const char *name);
// Value of a cookie, STR_ABSENT if none.
struct str server_cookie(const struct server_exchange *x, const char *name);

// Server-sent events: the answer stays open; text given to stream_send (any thread) goes out as is.
// A stream whose client is too slow (1 MiB behind) is closed.
struct server_stream;
struct server_stream *server_start_stream(struct server_exchange *x);
// False once the client is gone or too slow; the caller then closes it.
bool stream_send(struct server_stream *stream, struct str text);
void stream_close(struct server_stream *stream);

#endif
