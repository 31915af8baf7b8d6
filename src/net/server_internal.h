// SPDX-License-Identifier: Apache-2.0
//
// What the rooms of the server share: server.c (start, stop, connections, the warden),
// server_request.c (from bytes to a handler), server_answer.c (from a handler to bytes),
// server_stream.c (events). Not for anybody else.
#ifndef JUCHU_NET_SERVER_INTERNAL_H
#define JUCHU_NET_SERVER_INTERNAL_H

#include "net/server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define SERVER_NEVER INT64_MAX
#define SERVER_BYTES_PER_SECOND_MIN 4096
#define SERVER_LINGER_MS 1000

// Reasons for refusing a request before a handler sees it.
enum server_problem {
    PROBLEM_NONE,
    PROBLEM_REQUEST,
    PROBLEM_FRAMING,
    PROBLEM_METHOD,
    PROBLEM_BODY,
    PROBLEM_LINE,
    PROBLEM_HEADERS,
    PROBLEM_MEMORY,
    PROBLEM_STOPPING,
    PROBLEM_INTERNAL,
};

struct server_connection {
    struct MHD_Connection *mhd;
    int fd;
    _Atomic int64_t deadline; // monotonic ms at which the warden cuts it
    atomic_bool receiving;    // the client's turn to send
    // Under server->lock:
    struct server_connection *previous, *next;
    struct server_stream *stream; // of the answer on its way; borrowed from the request
};

// One request; lives in its own arena.
struct server_request {
    struct server *server;
    struct server_connection *connection;
    struct arena *arena;
    struct server_exchange x;
    struct http_header headers[HTTP_HEADERS_MAX];
    struct str target; // raw request target
    enum server_problem refused;
    bool begun;   // the first call of the handler is over
    bool cut;     // refused on the socket already; to be closed after r->due
    bool handled; // the handler has run, the answer waits for its time
    bool active;  // counted in server->active
    bool bad_header;
    bool saw_length, saw_encoding;
    struct buf body;
    size_t body_limit;
    uint64_t body_seen, body_declared;
    int64_t body_started;
    int64_t due; // end of the delay
    struct server_request *next_delayed;
};

struct server {
    struct MHD_Daemon *daemon;
    server_handler handler;
    size_t (*body_limit)(void *context, enum http_method, struct str path);
    void *context;
    struct clock clock;
    size_t body_bytes_max;
    int64_t idle_ms;

    pthread_t warden;
    bool warden_started;
    pthread_mutex_t lock; // guards the rest
    pthread_cond_t changed, quiet;
    struct server_connection *connections;
    struct server_request *delayed;
    int active; // requests between their handler's start and the end of their answer
    bool stopping, warden_stop;
};

// Real time in ms: the pace of foreign clients has nothing to do with a simulated clock.
int64_t server_monotonic(void);

// libmicrohttpd's callbacks for requests.
void *server_on_target(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result server_on_request(void *server, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **request);
void server_on_completed(void *server, struct MHD_Connection *mhd, void **request,
                         enum MHD_RequestTerminationCode code);

// Suspends the request until r->due; false when the server is being stopped (then go on now).
bool server_delay(struct server_request *r);

// Hands the exchange's answer to libmicrohttpd. MHD_NO closes the connection.
enum MHD_Result server_send_answer(struct server_request *r);
enum MHD_Result server_send_problem(struct server_request *r, enum server_problem problem,
                                    bool close_after);
// Writes the problem straight to the socket while the request is still coming in (libmicrohttpd
// can't). The caller delays the request until r->due, so that the client has a moment to read it,
// and closes the connection then.
void server_cut_with_problem(struct server_request *r, enum server_problem problem);

// The server's half of a stream.
struct MHD_Response *stream_response(struct server_stream *stream, struct MHD_Connection *mhd);
void stream_end(struct server_stream *stream);   // no more text; what is queued still goes out
void stream_abort(struct server_stream *stream); // the client is gone
bool stream_is_broken(struct server_stream *stream);
void stream_release(struct server_stream *stream); // the request lets go of it

#endif
