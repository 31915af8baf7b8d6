// SPDX-License-Identifier: Apache-2.0
//
// What the tests of net share: raw client sockets and a server that does as it is told.
#ifndef JUCHU_TESTS_NET_TEST_H
#define JUCHU_TESTS_NET_TEST_H

#include "net/loop.h"
#include "net/server.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

// A hung test fails instead of blocking: nothing below waits longer than this.
#define PATIENCE_MS 30000

static inline int connect_raw(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

// False when the other side has closed.
static inline bool send_raw(int fd, struct str text)
{
    while (text.n > 0) {
        ssize_t n = send(fd, text.p, text.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        text = str_slice(text, (size_t)n, text.n);
    }
    return true;
}

static inline bool send_text(int fd, const char *text)
{
    return send_raw(fd, str_from(text));
}

// Bytes read into `out` (NUL-terminated): -1 when the connection was reset, 0 at its end.
static inline ssize_t receive_some(int fd, char *out, size_t size)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    ssize_t n = recv(fd, out, size - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    return n;
}

// Reads until `text` was seen or the connection ends; what was read is left in `out`.
static inline bool receive_until(int fd, const char *text, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    while (!strstr(out, text)) {
        assert_true(used + 1 < size);
        ssize_t n = receive_some(fd, out + used, size - used);
        if (n <= 0)
            return false;
        used += (size_t)n;
    }
    return true;
}

// Reads to the end of the connection.
static inline size_t receive_all(int fd, char *out, size_t size)
{
    size_t used = 0;
    ssize_t n;
    while ((n = receive_some(fd, out + used, size - used)) > 0) {
        used += (size_t)n;
        assert_true(used + 1 < size);
    }
    return used;
}

// Sends one text on a new connection and reads what comes until the server closes.
static inline const char *converse(uint16_t port, const char *text, char *out, size_t size)
{
    int fd = connect_raw(port);
    send_text(fd, text);
    receive_all(fd, out, size);
    close(fd);
    return out;
}

static inline void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" not in: %.400s", part, text);
}

static inline int status_of(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (int)strtol(answer + 9, NULL, 10) : 0;
}

struct site {
    struct server *server;
    atomic_int calls;
    _Atomic(struct server_stream *) stream;
};

static const char static_page[] = "a page that lives as long as the program";

static inline int64_t query_number(struct server_exchange *x, const char *key)
{
    int64_t n = 0;
    str_to_int64(http_query_value(x->arena, x->query, key), &n);
    return n;
}

static inline void site_echo(struct server_exchange *x)
{
    buf_addf(&x->answer, "%s %.*s?%.*s\n", http_method_name(x->method), STR_ARG(x->path),
             STR_ARG(x->query));
    for (size_t i = 0; i < x->header_count; i++)
        buf_addf(&x->answer, "%.*s: %.*s\n", STR_ARG(x->headers[i].name),
                 STR_ARG(x->headers[i].value));
    buf_add_char(&x->answer, '\n');
    buf_add(&x->answer, x->body);
}

static inline void site_handler(void *context, struct server_exchange *x)
{
    struct site *site = context;
    atomic_fetch_add(&site->calls, 1);
    x->delay_ms = query_number(x, "delay");
    x->drop_connection = query_number(x, "drop") > 0;
    x->truncate_answer_to = (size_t)query_number(x, "truncate");
    if (query_number(x, "status") > 0)
        x->status = (int)query_number(x, "status");
    if (query_number(x, "block") > 0)
        poll(NULL, 0, (int)query_number(x, "block"));
    if (str_eq(x->path, STR("/echo"))) {
        site_echo(x);
    } else if (str_eq(x->path, STR("/big"))) {
        for (int64_t n = query_number(x, "n"); n > 0; n--)
            buf_add_char(&x->answer, (char)('a' + n % 26));
    } else if (str_eq(x->path, STR("/length"))) {
        buf_add_int(&x->answer, (int64_t)x->body.n);
    } else if (str_eq(x->path, STR("/static"))) {
        x->static_answer = str_from(static_page);
    } else if (str_eq(x->path, STR("/moved"))) {
        x->status = 302;
        server_add_header(x, STR("Location"), STR("/hello"));
    } else if (str_eq(x->path, STR("/bad-header"))) {
        server_add_header(x, STR("X-Bad"), STR("a\r\nX-Injected: b"));
    } else if (str_eq(x->path, STR("/stream"))) {
        atomic_store(&site->stream, server_start_stream(x));
    } else {
        server_add_header(x, STR("X-Site"), STR("test"));
        buf_add(&x->answer, STR("hello"));
    }
}

static inline size_t site_body_limit(void *context, enum http_method method, struct str path)
{
    return str_eq(path, STR("/length")) ? 64u << 20 : 0;
}

static inline void site_start(struct site *site, int threads, int idle_seconds)
{
    struct error error;
    struct server_options options = {.threads = threads,
                                     .idle_seconds = idle_seconds,
                                     .body_bytes_max = 100000,
                                     .clock = clock_system()};
    atomic_init(&site->calls, 0);
    atomic_init(&site->stream, NULL);
    site->server = server_start(&options, site_handler, site_body_limit, site, &error);
    if (!site->server)
        fail_msg("%s", error.what_en);
    assert_true(server_port(site->server) > 0);
}

static inline uint16_t site_port(const struct site *site)
{
    return server_port(site->server);
}

#endif
