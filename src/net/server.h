// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 server (libmicrohttpd behind these files): limits, answers, server-sent events.
// Used by the API and by mallsim. The answer is queued in libmicrohttpd's final handler call,
// because it closes the connection after each answer otherwise; a test counts connections.
//
// Refused before any handler runs, as RFC 9457 problems (`title`, `status`, `code`, `detail`; in
// English when Accept-Language begins with "en", else in Japanese):
//   400 both Content-Length and Transfer-Encoding, or doubtful ones, broken escapes, NUL, bad names
//   405 other methods than those of enum http_method     413 body over its limit
//   414 request line over 8 KiB                          431 headers over 16 KiB or 48 lines
//   503 no memory, or the server is being stopped
// Very long request lines and header blocks (over some 24 KiB) get 414 and 431 from libmicrohttpd,
// with a text of its own.
//
// Slow clients: the header block must be there `idle_seconds` after the connection was made or the
// previous answer went out, a body must come and an answer must go at 4 KiB/s on average, with
// `idle_seconds` more. Then the connection is cut. A stream is cut when its client is gone.
#ifndef JUCHU_NET_SERVER_H
#define JUCHU_NET_SERVER_H

#include "net/http.h"

struct server;
struct server_stream;

struct server_options {
    const char *address;    // numeric, IPv4 or IPv6; NULL = 127.0.0.1
    uint16_t port;          // 0 = any free one, see server_port()
    int threads;            // worker threads of the daemon, 0 = 2
    size_t body_bytes_max;  // default limit of a request body, 0 = 1 MiB; a route may raise it
    size_t connections_max; // 0 = 1024
    int idle_seconds;       // slow or silent clients are cut after this; 0 = 10
    struct clock clock;     // for received_at only: slowness and delays are real time
};

// What a handler sees and fills in. Everything borrowed lives until the handler returns.
struct server_exchange {
    enum http_method method;
    struct str path;  // decoded, UTF-8, begins with '/', without query
    struct str query; // raw, without '?'; its escapes are well-formed
    const struct http_header *headers;
    size_t header_count;
    struct str body;
    struct str peer;     // numeric address of the client
    struct arena *arena; // dies with the request; at most 64 MiB
    time_ms received_at;
    struct str parameters[8]; // {name} parts of the matched route, in order

    int status; // answer: preset to 200
    struct http_header answer_headers[HTTP_HEADERS_MAX];
    size_t answer_header_count;
    struct buf answer;            // body; at most 64 MiB unless the handler raises answer.max
    struct str static_answer;     // used instead of `answer` when set; must outlive the server
    struct server_stream *stream; // set by server_start_stream()
    // mallsim's faults: close the connection without (or in the middle of) the answer.
    bool drop_connection;
    size_t truncate_answer_to; // 0 = whole; Content-Length still tells the whole
    int64_t delay_ms;          // before the answer is sent, without blocking other requests
    void *internal;
};

typedef void (*server_handler)(void *context, struct server_exchange *x);

// Starts listening; `handler` is called on one of the daemon's threads for every complete request,
// HEAD included (answer it as GET; the body isn't sent).
// `body_limit` (may be NULL) says per path how large a body may become; 0 = the default limit.
// NULL: ERROR_BAD_INPUT ("server.bad_address"), ERROR_STORAGE ("server.listen_failed").
struct server *server_start(const struct server_options *options, server_handler handler,
                            size_t (*body_limit)(void *context, enum http_method, struct str path),
                            void *context, struct error *error);
// Stops taking requests, waits for running handlers and up to 5 s for answers on their way, ends
// delays and streams. Streams stay valid until their stream_close(). NULL allowed.
struct server *server_stop(struct server *server);
uint16_t server_port(const struct server *server);

// Adds a header to the answer; texts are copied. A header that is not valid, one too many or
// Content-Length turns the whole answer into a 500, so that the fault is seen.
void server_add_header(struct server_exchange *x, struct str name, struct str value);
struct str server_request_header(const struct server_exchange *x, const char *name);
// Value of a cookie, STR_ABSENT if none.
struct str server_cookie(const struct server_exchange *x, const char *name);

// Server-sent events: the answer stays open; text given to stream_send (any thread) goes out as is.
// A stream whose client is too slow (1 MiB behind) is closed. Call it from the handler, at most
// once per request; the caller owns the stream until stream_close(). NULL on lack of memory. Sets
// Content-Type and Cache-Control.
struct server_stream *server_start_stream(struct server_exchange *x);
// False once the client is gone or too slow, or the server stops; the caller then closes it.
// A client that leaves is noticed within some seconds even when nothing is sent.
bool stream_send(struct server_stream *stream, struct str text);
// Ends the answer after what was sent. The pointer is dead afterwards. NULL allowed.
void stream_close(struct server_stream *stream);

#endif
