// SPDX-License-Identifier: Apache-2.0
//
// From bytes to a handler: libmicrohttpd's calls for one request, in order
//   server_on_target()     the request line is there: the request and its arena are made
//   server_on_request()    first call: headers are there; framing, sizes and names are judged
//                          further calls: pieces of the body
//                          final call: the handler runs (again after a delay: the answer is sent)
//   server_on_completed()  the answer is out or the connection is lost
//
// Invariants: nothing but the request's own fields is touched before the final call, so a refused
// request leaves no trace; a body never holds more than its limit. A request whose framing is
// doubtful is answered in the first call, which closes the connection: what follows on it can't be
// trusted to be a request. Threads: all calls of one connection come from one worker.
#include "net/server_internal.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define ARENA_BYTES_MAX (64u << 20)
#define ANSWER_BYTES_MAX (64u << 20)
#define LINE_BYTES_MAX (8u << 10)
#define HEADER_BYTES_MAX (16u << 10)
#define REFUSED_BODY_BYTES_MAX (64u << 10) // of a refused request that is read to its end
#define BODY_RESERVE_MAX (1u << 20)

static struct server_connection *connection_of(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void *server_on_target(void *server, const char *target, struct MHD_Connection *mhd)
{
    struct server *s = server;
    struct server_connection *c = connection_of(mhd);
    struct arena *arena = c ? arena_new(ARENA_BYTES_MAX) : NULL;
    struct server_request *r = arena ? ARENA_NEW(arena, struct server_request) : NULL;
    if (!r) {
        arena_free(arena);
        return NULL; // server_on_request() closes the connection then
    }
    r->server = s;
    r->connection = c;
    r->arena = arena;
    r->target = str_dup(arena, target ? str_from(target) : STR(""));
    r->x = (struct server_exchange){
        .arena = arena,
        .status = 200,
        .received_at = clock_now(&s->clock),
        .answer = buf_make(ANSWER_BYTES_MAX),
        .headers = r->headers,
        .internal = r,
    };
    if (arena_failed(arena)) {
        arena_free(arena);
        return NULL;
    }
    return r;
}

void server_on_completed(void *server, struct MHD_Connection *mhd, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct server *s = server;
    struct server_request *r = *request;
    *request = NULL;
    if (!r)
        return;
    pthread_mutex_lock(&s->lock);
    r->connection->stream = NULL;
    if (r->active && --s->active == 0)
        pthread_cond_signal(&s->quiet);
    pthread_mutex_unlock(&s->lock);
    if (r->x.stream)
        stream_release(r->x.stream);
    atomic_store(&r->connection->receiving, true);
    atomic_store(&r->connection->deadline, server_monotonic() + s->idle_ms);
    buf_free(&r->body);
    buf_free(&r->x.answer);
    arena_free(r->arena);
}

static void refuse(struct server_request *r, enum server_problem problem)
{
    if (r->refused == PROBLEM_NONE)
        r->refused = problem;
}

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *key,
                                   size_t key_size, const char *value, size_t value_size)
{
    struct server_request *r = context;
    struct str name = str_make(key, key_size);
    struct str text = value ? str_make(value, value_size) : STR("");
    if (!http_header_is_valid(name, text)) {
        refuse(r, PROBLEM_FRAMING);
        return MHD_NO;
    }
    if (str_eq_nocase(name, STR("Content-Length"))) {
        int64_t length;
        // libmicrohttpd has checked the first one; a second one is a smuggler's.
        if (r->saw_length || !str_to_int64(text, &length) || length < 0)
            refuse(r, PROBLEM_FRAMING);
        else
            r->body_declared = (uint64_t)length;
        r->saw_length = true;
    } else if (str_eq_nocase(name, STR("Transfer-Encoding"))) {
        if (r->saw_encoding || !str_eq_nocase(text, STR("chunked")))
            refuse(r, PROBLEM_FRAMING);
        r->saw_encoding = true;
    }
    if (r->x.header_count == HTTP_HEADERS_MAX) {
        refuse(r, PROBLEM_HEADERS);
        return MHD_YES; // the rest may still hold a framing fault
    }
    r->headers[r->x.header_count++] = (struct http_header){.name = name, .value = text};
    return MHD_YES;
}

// "/path?query" or "http://host/path?query" into decoded path and raw query.
static bool split_target(struct server_request *r)
{
    struct str target = r->target;
    if (str_starts(target, STR("http://")) || str_starts(target, STR("https://"))) {
        ptrdiff_t host = str_find(target, STR("//"));
        target = str_slice(target, (size_t)host + 2, target.n);
        ptrdiff_t slash = str_find_char(target, '/');
        target = slash < 0 ? STR("/") : str_slice(target, (size_t)slash, target.n);
    }
    ptrdiff_t mark = str_find_char(target, '?');
    struct str path = mark < 0 ? target : str_slice(target, 0, (size_t)mark);
    r->x.query = mark < 0 ? STR("") : str_slice(target, (size_t)mark + 1, target.n);
    return str_starts(path, STR("/")) && http_url_is_decodable(r->x.query) &&
           http_url_decode(r->arena, path, false, &r->x.path) && str_is_utf8(r->x.path);
}

static struct str peer_text(struct arena *arena, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
    struct str peer = str_from(text);
    if (str_starts(peer, STR("::ffff:")))
        peer = str_slice(peer, 7, peer.n);
    return str_dup(arena, peer);
}

static void judge(struct server_request *r, const char *method, size_t header_size)
{
    if (r->target.n + strlen(method) + sizeof "  HTTP/1.1" > LINE_BYTES_MAX)
        refuse(r, PROBLEM_LINE);
    else if (header_size > HEADER_BYTES_MAX + r->target.n)
        refuse(r, PROBLEM_HEADERS);
    else if (!http_method_from_name(str_from(method), &r->x.method))
        refuse(r, PROBLEM_METHOD);
    else if (!split_target(r))
        refuse(r, arena_failed(r->arena) ? PROBLEM_MEMORY : PROBLEM_REQUEST);
}

static enum MHD_Result begin(struct server_request *r, struct MHD_Connection *mhd,
                             const char *method)
{
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, take_header, r);
    if (r->refused == PROBLEM_FRAMING || (r->saw_length && r->saw_encoding))
        return server_send_problem(r, PROBLEM_FRAMING, true);
    judge(r, method,
          MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size);
    r->x.peer = peer_text(
        r->arena, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    r->body_limit = r->server->body_bytes_max;
    if (r->refused == PROBLEM_NONE && r->server->body_limit) {
        size_t limit = r->server->body_limit(r->server->context, r->x.method, r->x.path);
        if (limit > 0)
            r->body_limit = limit;
    }
    r->body = buf_make(r->body_limit);
    struct str expect = http_header(r->headers, r->x.header_count, "Expect");
    if (r->body_declared > r->body_limit) {
        refuse(r, PROBLEM_BODY);
        if (str_eq_nocase(expect, STR("100-continue")))
            return server_send_problem(r, r->refused, true); // so that it isn't even sent
    }
    r->body_started = server_monotonic();
    atomic_store(&r->connection->deadline, r->body_started + r->server->idle_ms);
    return MHD_YES;
}

static void take_body(struct server_request *r, const char *data, size_t n)
{
    r->body_seen += n;
    atomic_store(&r->connection->deadline,
                 r->body_started + r->server->idle_ms +
                     (int64_t)(r->body_seen / SERVER_BYTES_PER_SECOND_MIN) * 1000);
    if (r->refused == PROBLEM_NONE) {
        if (r->body_seen > r->body_limit) {
            refuse(r, PROBLEM_BODY);
        } else {
            // One growth instead of many for a body of known, moderate size.
            if (r->body.n == 0 && r->body_declared > n)
                buf_reserve(&r->body, r->body_declared < BODY_RESERVE_MAX ? r->body_declared
                                                                          : BODY_RESERVE_MAX);
            buf_add(&r->body, str_make(data, n));
            if (r->body.failed)
                refuse(r, PROBLEM_MEMORY);
        }
    }
    if (r->refused == PROBLEM_NONE)
        return;
    buf_free(&r->body);
    if (r->refused == PROBLEM_BODY || r->body_seen > REFUSED_BODY_BYTES_MAX)
        server_cut_with_problem(r, r->refused);
}

static bool enter(struct server_request *r)
{
    pthread_mutex_lock(&r->server->lock);
    r->active = !r->server->stopping;
    r->server->active += r->active;
    pthread_mutex_unlock(&r->server->lock);
    return r->active;
}

static enum MHD_Result complete(struct server_request *r)
{
    if (r->handled)
        return server_send_answer(r);
    atomic_store(&r->connection->receiving, false);
    atomic_store(&r->connection->deadline, SERVER_NEVER);
    if (r->refused != PROBLEM_NONE)
        return server_send_problem(r, r->refused, false);
    if (!enter(r))
        return server_send_problem(r, PROBLEM_STOPPING, true);
    r->x.body = buf_str(&r->body);
    r->server->handler(r->server->context, &r->x);
    r->x.body = STR_ABSENT;
    buf_free(&r->body);
    r->handled = true;
    if (r->x.delay_ms > 0) {
        r->due = server_monotonic() + r->x.delay_ms;
        if (server_delay(r))
            return MHD_YES;
    }
    return server_send_answer(r);
}

enum MHD_Result server_on_request(void *server, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **request)
{
    struct server_request *r = *request;
    if (!r)
        return MHD_NO;
    if (!r->begun) {
        r->begun = true;
        return begin(r, mhd, method);
    }
    if (r->cut)
        return MHD_NO; // the client has had its time to read why
    if (*data_size > 0) {
        take_body(r, data, *data_size);
        // The piece isn't taken then, or libmicrohttpd would come with the next one at once.
        if (r->cut)
            return server_delay(r) ? MHD_YES : MHD_NO;
        *data_size = 0;
        return MHD_YES;
    }
    return complete(r);
}

struct str server_request_header(const struct server_exchange *x, const char *name)
{
    return http_header(x->headers, x->header_count, name);
}

struct str server_cookie(const struct server_exchange *x, const char *name)
{
    for (size_t i = 0; i < x->header_count; i++) {
        if (!str_eq_nocase(x->headers[i].name, STR("Cookie")))
            continue;
        struct str value = http_cookie_value(x->headers[i].value, name);
        if (value.p)
            return value;
    }
    return STR_ABSENT;
}
