// SPDX-License-Identifier: Apache-2.0
//
// Server-sent events: delivery, the end from either side, slow clients, many senders.
#include "net_test.h"

static char text[1 << 20];

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
    server_stop(site->server);
    free(site);
    return 0;
}

// A client whose answer has begun; *stream is the server's half.
static int open_stream(struct site *site, struct server_stream **stream)
{
    atomic_store(&site->stream, NULL);
    int fd = connect_raw(site_port(site));
    assert_true(send_text(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(receive_until(fd, "\r\n\r\n", text, sizeof text));
    assert_int_equal(status_of(text), 200);
    assert_contains(text, "Content-Type: text/event-stream");
    assert_contains(text, "Cache-Control: no-store");
    *stream = atomic_load(&site->stream);
    assert_non_null(*stream);
    return fd;
}

static void events_arrive_and_the_stream_ends(void **state)
{
    struct server_stream *stream;
    int fd = open_stream(*state, &stream); // headers come before the first event
    assert_true(stream_send(stream, STR("data: 1\n\n")));
    assert_true(receive_until(fd, "data: 1\n\n", text, sizeof text));
    assert_true(stream_send(stream, STR("data: 2\n\n")));
    assert_true(receive_until(fd, "data: 2\n\n", text, sizeof text));
    assert_true(stream_send(stream, STR("data: 3\n\n")));
    stream_close(stream);
    // What was sent before the end arrives, then the last chunk; the connection stays usable.
    assert_true(receive_until(fd, "\r\n0\r\n\r\n", text, sizeof text));
    assert_contains(text, "data: 3\n\n");
    assert_true(send_text(fd, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(receive_until(fd, "hello", text, sizeof text));
    close(fd);
}

static void client_that_leaves_is_noticed(void **state)
{
    struct server_stream *stream;
    close(open_stream(*state, &stream));
    bool open = true;
    for (int i = 0; i < 600 && open; i++) {
        poll(NULL, 0, 20);
        open = stream_send(stream, STR(""));
    }
    assert_false(open);
    assert_false(stream_send(stream, STR("more")));
    stream_close(stream);
}

static void client_that_is_too_slow_is_cut(void **state)
{
    struct server_stream *stream;
    int fd = open_stream(*state, &stream);
    static char event[10000];
    memset(event, 'e', sizeof event);
    size_t sent = 0;
    while (stream_send(stream, str_make(event, sizeof event))) {
        sent += sizeof event;
        assert_true(sent < (100u << 20)); // socket buffers and 1 MiB, not memory without end
    }
    assert_true(sent + sizeof event >= (1u << 20));
    stream_close(stream);
    static char rest[1 << 16];
    ssize_t n;
    while ((n = receive_some(fd, rest, sizeof rest)) > 0)
        continue; // ends: the connection was cut
    close(fd);
}

static void one_event_that_is_too_large(void **state)
{
    struct server_stream *stream;
    int fd = open_stream(*state, &stream);
    static char event[(1 << 20) + 1];
    assert_false(stream_send(stream, str_make(event, sizeof event)));
    stream_close(stream);
    close(fd);
}

static void stopping_ends_open_streams(void **state)
{
    struct site site;
    site_start(&site, 2, 10);
    struct server_stream *streams[5];
    int clients[5];
    for (int i = 0; i < 5; i++)
        clients[i] = open_stream(&site, &streams[i]);
    stream_send(streams[0], STR("data: last\n\n"));
    server_stop(site.server);
    assert_true(receive_until(clients[0], "data: last\n\n", text, sizeof text));
    for (int i = 0; i < 5; i++) {
        assert_false(stream_send(streams[i], STR("late")));
        stream_close(streams[i]);
        close(clients[i]);
    }
    stream_close(NULL);
}

#define SENDERS 4
#define EVENTS 300

static void *send_events(void *argument)
{
    for (int i = 0; i < EVENTS; i++) {
        if (!stream_send(argument, STR("data: x\n\n")))
            break;
        if (i % 50 == 0)
            poll(NULL, 0, 1);
    }
    return NULL;
}

static void many_threads_send(void **state)
{
    struct server_stream *stream;
    int fd = open_stream(*state, &stream);
    pthread_t threads[SENDERS];
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_events, stream), 0);
    for (int i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    stream_close(stream);
    assert_true(receive_until(fd, "\r\n0\r\n\r\n", text, sizeof text));
    close(fd);
    // Chunk borders may fall anywhere; the letters are enough to count.
    int events = 0;
    for (const char *p = text; (p = strchr(p, 'x')); p++)
        events++;
    assert_int_equal(events, SENDERS * EVENTS);
}

static void *send_until_closed(void *argument)
{
    while (stream_send(argument, STR(": tick\n\n")))
        poll(NULL, 0, 1);
    stream_close(argument);
    return NULL;
}

static void stop_while_others_send(void **state)
{
    struct site site;
    site_start(&site, 2, 10);
    struct server_stream *streams[SENDERS];
    pthread_t threads[SENDERS];
    int clients[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        clients[i] = open_stream(&site, &streams[i]);
        assert_int_equal(pthread_create(&threads[i], NULL, send_until_closed, streams[i]), 0);
    }
    poll(NULL, 0, 20);
    close(clients[0]);
    server_stop(site.server);
    for (int i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 1; i < SENDERS; i++)
        close(clients[i]);
}

static void stream_for_head_and_faults(void **state)
{
    struct site *site = *state;
    static const char *const requests[] = {
        "HEAD /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /stream?drop=1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /stream?status=99 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        atomic_store(&site->stream, NULL);
        converse(site_port(site), requests[i], text, sizeof text);
        struct server_stream *stream = atomic_load(&site->stream);
        assert_non_null(stream);
        bool open = true;
        for (int j = 0; j < 600 && open; j++) {
            open = stream_send(stream, STR("x"));
            poll(NULL, 0, open ? 20 : 0);
        }
        assert_false(open);
        stream_close(stream);
    }
    // HTTP/1.0 has no chunks: the text comes plain until the end.
    int fd = connect_raw(site_port(site));
    atomic_store(&site->stream, NULL);
    send_text(fd, "GET /stream HTTP/1.0\r\n\r\n");
    assert_true(receive_until(fd, "\r\n\r\n", text, sizeof text));
    struct server_stream *stream = atomic_load(&site->stream);
    assert_true(stream_send(stream, STR("plain")));
    stream_close(stream);
    receive_all(fd, text, sizeof text);
    assert_string_equal(text, "plain");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_arrive_and_the_stream_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(client_that_leaves_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(client_that_is_too_slow_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(one_event_that_is_too_large, setup, teardown),
        cmocka_unit_test(stopping_ends_open_streams),
        cmocka_unit_test_setup_teardown(many_threads_send, setup, teardown),
        cmocka_unit_test(stop_while_others_send),
        cmocka_unit_test_setup_teardown(stream_for_head_and_faults, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
