// SPDX-License-Identifier: Apache-2.0
//
// From a handler to bytes: the exchange's answer as a libmicrohttpd response, problems of the
// server itself, and mallsim's faults.
//
// Ownership: libmicrohttpd takes the answer's buffer and frees it with memory_free; static answers
// are never copied; header texts are copied by it. Threads: the worker of the connection.
#include "net/server_internal.h"

#include "base/memory.h"

#include <stdio.h>
#include <sys/socket.h>

#define PROBLEM_BYTES_MAX 640
#define PROBLEM_TYPE "application/problem+json"
#define METHODS_ALLOWED "GET, HEAD, POST, PUT, PATCH, DELETE"

static const struct {
    int status;
    const char *title, *code, *ja, *en;
} problems[] = {
    [PROBLEM_REQUEST] = {400, "Bad Request", "invalid", "リクエストのURLが正しくありません。",
                         "The request target is not well-formed."},
    [PROBLEM_FRAMING] = {400, "Bad Request", "invalid", "リクエストの形式が正しくありません。",
                         "The request's headers or framing are not acceptable."},
    [PROBLEM_METHOD] = {405, "Method Not Allowed", "invalid", "このメソッドは使えません。",
                        "This method is not supported."},
    [PROBLEM_BODY] = {413, "Content Too Large", "too_large",
                      "送られたデータが上限の大きさを超えています。",
                      "The request body exceeds the limit."},
    [PROBLEM_LINE] = {414, "URI Too Long", "too_large", "URLが長すぎます。",
                      "The request target is too long."},
    [PROBLEM_HEADERS] = {431, "Request Header Fields Too Large", "too_large",
                         "リクエストヘッダーが大きすぎます。",
                         "The request headers are too large."},
    [PROBLEM_MEMORY] = {503, "Service Unavailable", "unavailable",
                        "メモリーが足りません。しばらくしてからもう一度お試しください。",
                        "Out of memory; try again later."},
    [PROBLEM_STOPPING] = {503, "Service Unavailable", "unavailable",
                          "サーバーを停止しています。しばらくしてからもう一度お試しください。",
                          "The server is stopping; try again later."},
    [PROBLEM_INTERNAL] = {500, "Internal Server Error", "internal",
                          "内部エラーのため応答を作れませんでした。",
                          "The answer could not be made because of an internal fault."},
};

static struct str problem_text(const struct server_request *r, enum server_problem problem,
                               char text[PROBLEM_BYTES_MAX])
{
    struct str language = server_request_header(&r->x, "Accept-Language");
    bool english = str_eq_nocase(str_slice(language, 0, 2), STR("en"));
    int n = snprintf(text, PROBLEM_BYTES_MAX,
                     "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\","
                     "\"detail\":\"%s\"}",
                     problems[problem].title, problems[problem].status, problems[problem].code,
                     english ? problems[problem].en : problems[problem].ja);
    return str_make(text, (size_t)n);
}

static enum MHD_Result queue(struct server_request *r, int status, struct MHD_Response *response,
                             size_t size)
{
    int64_t patience = r->server->idle_ms + (int64_t)(size / SERVER_BYTES_PER_SECOND_MIN) * 1000;
    atomic_store(&r->connection->deadline, server_monotonic() + patience);
    enum MHD_Result result = MHD_queue_response(r->connection->mhd, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result server_send_problem(struct server_request *r, enum server_problem problem,
                                    bool close_after)
{
    char text[PROBLEM_BYTES_MAX];
    struct str body = problem_text(r, problem, text);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.n, text, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    bool fine = MHD_add_response_header(response, "Content-Type", PROBLEM_TYPE) == MHD_YES &&
                MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES;
    if (problem == PROBLEM_METHOD)
        fine = fine && MHD_add_response_header(response, "Allow", METHODS_ALLOWED) == MHD_YES;
    if (close_after)
        fine = fine && MHD_add_response_header(response, "Connection", "close") == MHD_YES;
    if (!fine) {
        MHD_destroy_response(response);
        return MHD_NO;
    }
    return queue(r, problems[problem].status, response, body.n);
}

void server_cut_with_problem(struct server_request *r, enum server_problem problem)
{
    char text[PROBLEM_BYTES_MAX], message[PROBLEM_BYTES_MAX + 256];
    struct str body = problem_text(r, problem, text);
    int n =
        snprintf(message, sizeof message,
                 "HTTP/1.1 %d %s\r\nContent-Type: " PROBLEM_TYPE "\r\n"
                 "Cache-Control: no-store\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                 problems[problem].status, problems[problem].title, body.n, text);
    // A client that doesn't take these few bytes at once doesn't get them.
    ssize_t sent = send(r->connection->fd, message, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)sent;
    // Closing now, with unread bytes in the socket, would take the answer from the client again.
    shutdown(r->connection->fd, SHUT_WR);
    r->cut = true;
    r->due = server_monotonic() + SERVER_LINGER_MS;
    atomic_store(&r->connection->deadline, SERVER_NEVER);
}

// An answer of which only a part is sent although Content-Length tells the whole.
struct truncated {
    const char *bytes;
    char *owned; // NULL for a static answer
    size_t n;
};

static ssize_t read_truncated(void *context, uint64_t position, char *out, size_t max)
{
    const struct truncated *t = context;
    if (position >= t->n)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = t->n - (size_t)position;
    if (n > max)
        n = max;
    memcpy(out, t->bytes + position, n);
    return (ssize_t)n;
}

static void free_truncated(void *context)
{
    struct truncated *t = context;
    memory_free(t->owned);
    memory_free(t);
}

static struct MHD_Response *truncated_response(struct server_exchange *x, struct str body)
{
    struct truncated *t = memory_alloc(sizeof *t);
    if (!t)
        return NULL;
    bool is_static = x->static_answer.p != NULL;
    *t = (struct truncated){body.p, is_static ? NULL : x->answer.p, x->truncate_answer_to};
    struct MHD_Response *response =
        MHD_create_response_from_callback(body.n, 4096, read_truncated, t, free_truncated);
    if (!response)
        memory_free(t);
    else if (!is_static)
        x->answer = buf_make(x->answer.max);
    return response;
}

static struct MHD_Response *make_response(struct server_request *r, struct str body)
{
    struct server_exchange *x = &r->x;
    if (x->stream)
        return stream_response(x->stream, r->connection->mhd);
    if (x->truncate_answer_to > 0 && x->truncate_answer_to < body.n && x->method != HTTP_HEAD)
        return truncated_response(x, body);
    if (x->static_answer.p || body.n == 0)
        return MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p,
                                               MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(body.n, x->answer.p, memory_free);
    if (response)
        x->answer = buf_make(x->answer.max);
    return response;
}

static bool add_headers(struct server_request *r, struct MHD_Response *response)
{
    const struct server_exchange *x = &r->x;
    for (size_t i = 0; i < x->answer_header_count; i++) {
        const char *name = str_cstr(r->arena, x->answer_headers[i].name);
        const char *value = str_cstr(r->arena, x->answer_headers[i].value);
        if (arena_failed(r->arena) || MHD_add_response_header(response, name, value) != MHD_YES)
            return false;
    }
    return true;
}

// True when the stream may go out; the warden watches it from then on.
static void attach_stream(struct server_request *r)
{
    pthread_mutex_lock(&r->server->lock);
    r->connection->stream = r->x.stream;
    if (r->server->stopping)
        stream_end(r->x.stream);
    pthread_mutex_unlock(&r->server->lock);
    atomic_store(&r->connection->deadline, SERVER_NEVER);
}

enum MHD_Result server_send_answer(struct server_request *r)
{
    struct server_exchange *x = &r->x;
    if (x->drop_connection)
        return MHD_NO;
    if (r->bad_header || x->answer.failed || x->status < 200 || x->status > 599)
        return server_send_problem(r, PROBLEM_INTERNAL, false);
    struct str body = x->static_answer.p ? x->static_answer : buf_str(&x->answer);
    if (x->status == 204 || x->status == 304)
        body = STR("");
    struct MHD_Response *response = make_response(r, body);
    if (!response)
        return server_send_problem(r, PROBLEM_MEMORY, false);
    if (!add_headers(r, response)) {
        MHD_destroy_response(response);
        return server_send_problem(r, PROBLEM_INTERNAL, false);
    }
    if (!x->stream)
        return queue(r, x->status, response, body.n);
    attach_stream(r);
    enum MHD_Result result = MHD_queue_response(r->connection->mhd, (unsigned)x->status, response);
    MHD_destroy_response(response);
    return result;
}

void server_add_header(struct server_exchange *x, struct str name, struct str value)
{
    struct server_request *r = x->internal;
    struct str own_name = str_dup(x->arena, name), own_value = str_dup(x->arena, value);
    if (!http_header_is_valid(name, value) || x->answer_header_count == HTTP_HEADERS_MAX ||
        own_name.n != name.n || own_value.n != value.n) {
        r->bad_header = true;
        return;
    }
    x->answer_headers[x->answer_header_count++] =
        (struct http_header){.name = own_name, .value = own_value};
}
