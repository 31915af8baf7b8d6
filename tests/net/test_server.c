// SPDX-License-Identifier: Apache-2.0
//
// The server against raw sockets: keep-alive, framing, limits, faults, slow clients.
#include "net_test.h"

static char answer[1 << 20];

static int setup(void **state)
{
    struct site *site = calloc(1, sizeof *site);
    site_start(site, 2, 10);
    *state = site;
    return 0;
}

static int teardown(void **state)
{
    struct site *site = *state;
    stream_close(atomic_load(&site->stream));
    server_stop(site->server);
    free(site);
    return 0;
}

static const char *ask(struct site *site, const char *text)
{
    return converse(site_port(site), text, answer, sizeof answer);
}

static void one_connection_serves_many_requests(void **state)
{
    struct site *site = *state;
    int fd = connect_raw(site_port(site));
    for (int i = 0; i < 100; i++) {
        char request[128];
        snprintf(request, sizeof request,
                 i % 2 ? "POST /hello?i=%d HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                       : "GET /hello?i=%d HTTP/1.1\r\nHost: a\r\n\r\n",
                 i);
        assert_true(send_text(fd, request));
        assert_true(receive_until(fd, "hello", answer, sizeof answer));
        assert_int_equal(status_of(answer), 200);
        assert_null(strstr(answer, "Connection: close"));
    }
    close(fd);
    assert_int_equal(atomic_load(&site->calls), 100);
}

static void pipelined_requests(void **state)
{
    ask(*state, "GET /echo?1 HTTP/1.1\r\nHost: a\r\n\r\n"
                "POST /echo?2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy"
                "GET /echo?3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const char *first = strstr(answer, "GET /echo?1"), *second = strstr(answer, "POST /echo?2");
    const char *third = strstr(answer, "GET /echo?3");
    assert_true(first && second && third && first < second && second < third);
}

static void doubtful_framing_is_refused(void **state)
{
    struct site *site = *state;
    static const char *const headers[] = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: \r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Bad Name: x\r\n",
        "X-Control: a\001b\r\n",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        char request[512];
        snprintf(request, sizeof request,
                 "POST /echo HTTP/1.1\r\nHost: a\r\n%s\r\n"
                 "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
                 headers[i]);
        ask(site, request); // returns: the connection was closed
        if (status_of(answer) != 400 || strstr(answer, "smuggled") || strstr(answer, "200 OK"))
            fail_msg("%s answered: %.300s", headers[i], answer);
    }
    ask(site,
        "GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_int_equal(status_of(answer), 400);
    assert_contains(answer, "application/problem+json");
    assert_contains(answer, "\"status\":400");
    ask(site, "POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n"); // no Host
    assert_int_equal(status_of(answer), 400);
    assert_int_equal(atomic_load(&site->calls), 0);
}

static char *repeat(char c, size_t n)
{
    char *text = malloc(n + 1);
    memset(text, c, n);
    text[n] = '\0';
    return text;
}

static int status_for_sizes(struct site *site, size_t line, size_t header, int headers)
{
    static char request[300000];
    char *a = repeat('a', line), *b = repeat('b', header);
    int n =
        snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: a\r\nX-Long: %s\r\n", a, b);
    for (int i = 0; i < headers; i++)
        n += snprintf(request + n, sizeof request - (size_t)n, "X-%d: v\r\n", i);
    snprintf(request + n, sizeof request - (size_t)n, "Connection: close\r\n\r\n");
    free(a);
    free(b);
    return status_of(ask(site, request));
}

static void sizes_of_line_and_headers(void **state)
{
    struct site *site = *state;
    assert_int_equal(status_for_sizes(site, 8000, 100, 0), 200);
    assert_int_equal(status_for_sizes(site, 100, 16000, 0), 200);
    assert_int_equal(status_for_sizes(site, 100, 100, HTTP_HEADERS_MAX - 3), 200);
    assert_int_equal(atomic_load(&site->calls), 3);
    assert_int_equal(status_for_sizes(site, 8200, 100, 0), 414);
    assert_contains(answer, "\"code\":\"too_large\"");
    assert_int_equal(status_for_sizes(site, 100000, 0, 0), 414);
    assert_int_equal(status_for_sizes(site, 100, 16500, 0), 431);
    assert_contains(answer, "\"code\":\"too_large\"");
    assert_int_equal(status_for_sizes(site, 100, 100000, 0), 431);
    assert_int_equal(status_for_sizes(site, 100, 100, HTTP_HEADERS_MAX), 431);
    assert_int_equal(status_for_sizes(site, 100, 0, 5000), 431);
    assert_int_equal(atomic_load(&site->calls), 3);
}

static void bad_targets(void **state)
{
    struct site *site = *state;
    static const char *const targets[] = {"/%", "/%zz",   "/a%00b",  "/%ff%fe",  "echo",
                                          "*",  "/a?b=%", "/a?b=%0", "/a?%00=1", "ftp://a/b"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        char request[256];
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                 targets[i]);
        if (status_of(ask(site, request)) != 400)
            fail_msg("%s answered: %.300s", targets[i], answer);
    }
    assert_int_equal(atomic_load(&site->calls), 0);
    ask(site, "GET /%65cho?a=%20+b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_contains(answer, "GET /echo?a=%20+b\n");
    ask(site, "GET http://host:80/echo?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_contains(answer, "GET /echo?x\n");
    ask(site, "GET http://host HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_contains(answer, "hello");
}

static void methods(void **state)
{
    struct site *site = *state;
    static const char *const unknown[] = {"OPTIONS", "TRACE", "PROPFIND", "get", "G3T"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        char request[256];
        snprintf(
            request, sizeof request,
            "%s /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
            unknown[i]);
        assert_int_equal(status_of(ask(site, request)), 405);
        assert_contains(answer, "Allow: GET, HEAD, POST, PUT, PATCH, DELETE");
    }
    assert_int_equal(atomic_load(&site->calls), 0);
    ask(site, "HEAD /static HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_int_equal(status_of(answer), 200);
    assert_contains(answer, "Content-Length: 40");
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    ask(site, "GET /static HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_contains(answer, static_page);
    ask(site, "DELETE /x?status=204 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_int_equal(status_of(answer), 204);
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}

static void chunked_body(void **state)
{
    ask(*state, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                "Connection: close\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
    assert_int_equal(status_of(answer), 200);
    assert_contains(answer, "\n\nabcde");
    ask(*state,
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n");
    assert_int_equal(status_of(answer), 400);
}

// Sends without end; the server must answer and then stop taking bytes.
static void upload_without_end(struct site *site, const char *head, const char *piece)
{
    int fd = connect_raw(site_port(site));
    assert_true(send_text(fd, head));
    size_t sent = 0;
    while (send_text(fd, piece) && sent < (1u << 30))
        sent += strlen(piece);
    assert_true(sent < (1u << 30));
    receive_all(fd, answer, sizeof answer);
    close(fd);
    assert_int_equal(status_of(answer), 413);
    assert_contains(answer, "application/problem+json");
    assert_contains(answer, "\"code\":\"too_large\"");
}

static void body_over_its_limit(void **state)
{
    struct site *site = *state;
    char *zeros = repeat('0', 50000);
    upload_without_end(site, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000000\r\n\r\n",
                       zeros);
    char *chunk = malloc(60000);
    snprintf(chunk, 60000, "C350\r\n%s\r\n", zeros);
    upload_without_end(site, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
                       chunk);
    // A refused method with an endless body, too.
    int fd = connect_raw(site_port(site));
    send_text(fd, "LOCK /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000000\r\n\r\n");
    while (send_text(fd, zeros))
        continue;
    receive_all(fd, answer, sizeof answer);
    assert_int_equal(status_of(answer), 405);
    close(fd);
    free(chunk);
    free(zeros);
    assert_int_equal(atomic_load(&site->calls), 0);
}

static void expect_continue(void **state)
{
    struct site *site = *state;
    ask(site, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n"
              "Expect: 100-continue\r\n\r\n");
    assert_int_equal(status_of(answer), 413); // without 100 Continue before it
    assert_int_equal(atomic_load(&site->calls), 0);
    int fd = connect_raw(site_port(site));
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                  "Expect: 100-continue\r\nConnection: close\r\n\r\n");
    assert_true(receive_until(fd, "100 Continue\r\n\r\n", answer, sizeof answer));
    send_text(fd, "body");
    receive_all(fd, answer, sizeof answer);
    assert_int_equal(status_of(answer), 200);
    assert_contains(answer, "\n\nbody");
    close(fd);
}

static void problems_speak_two_languages(void **state)
{
    ask(*state,
        "GET /% HTTP/1.1\r\nHost: a\r\nAccept-Language: en-GB,ja\r\nConnection: close\r\n\r\n");
    assert_contains(answer, "not well-formed");
    ask(*state,
        "GET /% HTTP/1.1\r\nHost: a\r\nAccept-Language: ja,en\r\nConnection: close\r\n\r\n");
    assert_contains(answer, "\xe6\xad\xa3\xe3\x81\x97\xe3\x81\x8f"); // 正しく
}

static void faults(void **state)
{
    struct site *site = *state;
    ask(site, "GET /hello?drop=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_string_equal(answer, "");
    ask(site, "GET /hello?drop=1&delay=30 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_string_equal(answer, "");
    assert_int_equal(atomic_load(&site->calls), 2);
    ask(site, "GET /hello?truncate=2 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_contains(answer, "Content-Length: 5");
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\nhe");
    ask(site, "GET /static?truncate=6&delay=30 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\na page");
    ask(site, "GET /hello?truncate=9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_contains(answer, "hello");
    ask(site, "GET /bad-header HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_int_equal(status_of(answer), 500);
    assert_null(strstr(answer, "Injected"));
    ask(site, "GET /x?status=99 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_int_equal(status_of(answer), 500);
}

// Drips pieces until the server cuts the connection; each 50 ms one byte, which never is silence.
static void drip(struct site *site, const char *head, const char *drops)
{
    int fd = connect_raw(site_port(site));
    assert_true(send_text(fd, head));
    bool cut = false;
    for (int i = 0; i < 400 && !cut; i++) {
        char drop[2] = {drops[i % (int)strlen(drops)], '\0'};
        struct pollfd p = {.fd = fd, .events = POLLIN};
        cut = !send_text(fd, drop) || poll(&p, 1, 50) > 0;
    }
    assert_true(cut);
    assert_true(recv(fd, answer, sizeof answer, 0) <= 0);
    close(fd);
}

static void slow_clients_are_cut(void **state)
{
    struct site site;
    site_start(&site, 2, 1);
    drip(&site, "GET / HTTP/1.1\r\nHost: a\r\n", "X-A: b\r\n");
    drip(&site, "G", "E");
    drip(&site, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n", "x");
    int idle = connect_raw(site_port(&site)), used = connect_raw(site_port(&site));
    send_text(used, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(receive_until(used, "hello", answer, sizeof answer));
    assert_int_equal(receive_some(idle, answer, sizeof answer), 0);
    assert_int_equal(receive_some(used, answer, sizeof answer), 0);
    close(idle);
    close(used);
    assert_int_equal(atomic_load(&site.calls), 1);
    server_stop(site.server);
}

// A client that asks for much and reads nothing.
static void client_that_does_not_read_is_cut(void **state)
{
    struct site site;
    site_start(&site, 2, 1);
    int fd = connect_raw(site_port(&site));
    send_text(fd, "GET /big?n=4000 HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 8000; i++) {
        if (!send_text(fd, "GET /big?n=4000 HTTP/1.1\r\nHost: a\r\n\r\n"))
            break;
    }
    // More than the socket buffers hold is waiting; reading it all now would succeed only if the
    // server had kept on sending.
    int error = 0;
    for (int i = 0; i < 300; i++) {
        struct pollfd p = {.fd = fd, .events = 0};
        if (poll(&p, 1, 50) > 0 && (p.revents & (POLLHUP | POLLERR))) {
            error = 1;
            break;
        }
    }
    assert_int_equal(error, 1);
    close(fd);
    server_stop(site.server);
}

// One worker, busy in a handler for longer than the limit: waiting clients aren't to blame.
static void busy_worker_cuts_nobody(void **state)
{
    struct site site;
    site_start(&site, 1, 1);
    int busy = connect_raw(site_port(&site)), waiting = connect_raw(site_port(&site));
    send_text(waiting, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(receive_until(waiting, "hello", answer, sizeof answer));
    send_text(busy, "GET /b?block=2500 HTTP/1.1\r\nHost: a\r\n\r\n");
    while (atomic_load(&site.calls) < 2)
        poll(NULL, 0, 5);
    send_text(waiting, "GET /c HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(receive_until(busy, "hello", answer, sizeof answer));
    assert_true(receive_until(waiting, "hello", answer, sizeof answer));
    close(busy);
    close(waiting);
    server_stop(site.server);
}

static void stop_with_everything_open(void **state)
{
    struct site site;
    site_start(&site, 2, 10);
    int idle = connect_raw(site_port(&site)), half = connect_raw(site_port(&site));
    int delayed = connect_raw(site_port(&site)), body = connect_raw(site_port(&site));
    send_text(half, "GET / HT");
    send_text(body, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    send_text(delayed, "GET /hello?delay=600000 HTTP/1.1\r\nHost: a\r\n\r\n");
    while (atomic_load(&site.calls) < 1)
        poll(NULL, 0, 5);
    server_stop(site.server);
    receive_all(delayed, answer, sizeof answer);
    assert_contains(answer, "hello"); // the delay ends, the answer doesn't get lost
    assert_int_equal(receive_all(idle, answer, sizeof answer), 0);
    close(idle);
    close(half);
    close(delayed);
    close(body);
    assert_null(server_stop(NULL));
}

static void addresses(void **state)
{
    struct site *site = *state;
    struct error error;
    struct server_options options = {.address = "localhost", .clock = clock_system()};
    assert_null(server_start(&options, site_handler, NULL, site, &error));
    assert_int_equal(error.class, ERROR_BAD_INPUT);
    assert_string_equal(error.code, "server.bad_address");
    options.address = NULL;
    options.port = site_port(site);
    assert_null(server_start(&options, site_handler, NULL, site, &error));
    assert_int_equal(error.class, ERROR_STORAGE);
    assert_string_equal(error.code, "server.listen_failed");
    assert_string_equal(error.peer_code, "EADDRINUSE");
    options = (struct server_options){.threads = 1, .clock = clock_system()};
    struct server *single = server_start(&options, site_handler, NULL, site, &error);
    assert_non_null(single);
    converse(server_port(single), "GET / HTTP/1.0\r\n\r\n", answer, sizeof answer);
    assert_contains(answer, "hello");
    server_stop(single);
}

static void start_without_memory(void **state)
{
    struct error error;
    struct server_options options = {.clock = clock_system()};
    struct server *server = NULL;
    for (uint64_t n = 1; !server; n++) {
        memory_fail_at(n, 0);
        server = server_start(&options, site_handler, NULL, *state, &error);
        memory_fail_at(0, 0);
        if (!server)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        assert_true(n < 10);
    }
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_connection_serves_many_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(pipelined_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(doubtful_framing_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(sizes_of_line_and_headers, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_targets, setup, teardown),
        cmocka_unit_test_setup_teardown(methods, setup, teardown),
        cmocka_unit_test_setup_teardown(chunked_body, setup, teardown),
        cmocka_unit_test_setup_teardown(body_over_its_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(expect_continue, setup, teardown),
        cmocka_unit_test_setup_teardown(problems_speak_two_languages, setup, teardown),
        cmocka_unit_test_setup_teardown(faults, setup, teardown),
        cmocka_unit_test(slow_clients_are_cut),
        cmocka_unit_test(client_that_does_not_read_is_cut),
        cmocka_unit_test(busy_worker_cuts_nobody),
        cmocka_unit_test(stop_with_everything_open),
        cmocka_unit_test_setup_teardown(addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(start_without_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
