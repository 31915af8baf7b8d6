// SPDX-License-Identifier: Apache-2.0
//
// Events over a real server: who may listen, what arrives, what a listener who was away gets.
#include "fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 30000

static int connect_to(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static int ask_stream(struct fixture *f, uint16_t port, const char *more)
{
    const char *request = text(f,
                               "GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: "
                               "juchu_session=token-of-viewer-0\r\n%s\r\n",
                               more);
    int fd = connect_to(port);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    return fd;
}

// Reads until the text was seen; fails after a while.
static const char *read_until(struct fixture *f, int fd, const char *wanted)
{
    static const size_t most = 65536;
    char *got = arena_alloc(f->arena, most);
    size_t n = 0;
    struct clock clock = clock_system();
    int64_t until = clock_monotonic(&clock) + PATIENCE_MS; // pings keep the stream talking
    while (!strstr(got, wanted)) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        bool late = clock_monotonic(&clock) > until;
        if (late || poll(&p, 1, PATIENCE_MS) != 1 || n + 1 >= most)
            fail_msg("no %s in: %s", wanted, got);
        ssize_t some = recv(fd, got + n, most - n - 1, 0);
        if (some <= 0)
            fail_msg("ended without %s: %s", wanted, got);
        n += (size_t)some;
    }
    return got;
}

static struct server *serve(struct fixture *f)
{
    struct error error;
    struct server_options options = {.clock = clock_system()};
    struct server *server = server_start(&options, api_handle, api_body_limit, f->api, &error);
    assert_non_null(server);
    return server;
}

static void news_arrive(struct fixture *f)
{
    struct server *server = serve(f);
    int fd = ask_stream(f, server_port(server), "");
    const char *begin = read_until(f, fd, ": connected");
    assert_non_null(strstr(begin, "200 OK"));
    assert_non_null(strstr(begin, "text/event-stream"));
    // Another company's news don't come here.
    api_event(f->api, f->other_org, "shop.changed", STR("{\"ids\":[\"666\"]}"));
    struct answer a =
        fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/orders/bulk",
                     text(f, "{\"action\":\"move\",\"work_status\":\"%lld\",\"ids\":[\"%lld\"]}",
                          (long long)fixture_status(f, ROLE_WORK), (long long)f->orders[0]));
    assert_status(a, 200);
    const char *got = read_until(f, fd, "\"open\":4"); // the counts come whole
    assert_non_null(strstr(got, "event: counts.changed"));
    assert_non_null(strstr(got, text(f, "data: {\"ids\":[\"%lld\"]", (long long)f->orders[0])));
    assert_null(strstr(got, "666"));
    a = fixture_send(f, ROLE_STAFF, HTTP_POST,
                     text(f, "/api/v1/shops/%lld/fetch", (long long)f->shop), "{}");
    assert_status(a, 202);
    api_event(f->api, f->org, "fetch_run.progress",
              str_from(text(f, "{\"id\":\"%s\",\"phase\":\"listing\",\"done\":1,\"listed\":7}",
                            at_text(f, a.json, "fetch_run.id"))));
    got = read_until(f, fd, "\"listed\":7");
    assert_non_null(strstr(got, "\"state\":\"queued\""));
    close(fd);
    server_stop(server);
}

static void away_and_back(struct fixture *f)
{
    struct server *server = serve(f);
    int fd = ask_stream(f, server_port(server), "");
    read_until(f, fd, ": connected");
    api_event(f->api, f->org, "shop.changed", STR("{\"ids\":[\"1\"]}"));
    const char *got = read_until(f, fd, "\"1\"]}");
    char id[64];
    const char *line = strstr(got, "id: ");
    assert_non_null(line);
    snprintf(id, sizeof id, "%.*s", (int)strcspn(line + 4, "\n"), line + 4);
    api_event(f->api, f->org, "shop.changed", STR("{\"ids\":[\"2\"]}"));
    read_until(f, fd, "\"2\"]}");
    int back = ask_stream(f, server_port(server), text(f, "Last-Event-ID: %s\r\n", id));
    got = read_until(f, back, "\"2\"]}");
    assert_null(strstr(got, "\"1\"]}"));
    int lost = ask_stream(f, server_port(server), "Last-Event-ID: 5-17\r\n");
    read_until(f, lost, "event: reset");
    close(fd);
    close(back);
    close(lost);
    server_stop(server);
}

static void strangers_hear_nothing(struct fixture *f)
{
    struct server *server = serve(f);
    int fd = connect_to(server_port(server));
    const char *request = "GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n";
    send(fd, request, strlen(request), MSG_NOSIGNAL);
    read_until(f, fd, "401 Unauthorized");
    close(fd);
    server_stop(server);
}

#define BOTH(name)                        \
    static void test_##name(void **state) \
    {                                     \
        on_each_engine(name);             \
    }
BOTH(news_arrive)
BOTH(away_and_back)
BOTH(strangers_hear_nothing)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_news_arrive),
        cmocka_unit_test(test_away_and_back),
        cmocka_unit_test(test_strangers_hear_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
