// SPDX-License-Identifier: Apache-2.0
//
// The loop's requests against our own server: what arrives, what is refused, what each kind of
// failure is called, and above all that a request never goes out twice.
#include "net_test.h"

static struct site site;
static struct loop *loop;

static int setup(void **state)
{
    struct error error;
    site_start(&site, 2, 10);
    loop = loop_new(&(struct loop_options){.clock = clock_system()}, &error);
    assert_non_null(loop);
    return 0;
}

static int teardown(void **state)
{
    loop = loop_free(loop);
    stream_close(atomic_load(&site.stream));
    site.server = server_stop(site.server);
    return 0;
}

static struct http_request request_for(struct arena *arena, enum http_method method,
                                       const char *target)
{
    return (struct http_request){
        .method = method,
        .url = arena_printf(arena, "http://127.0.0.1:%u%s", (unsigned)site_port(&site), target),
        .timeout_ms = PATIENCE_MS,
    };
}

static int get(struct arena *arena, const char *target, struct http_response *out,
               struct error *error)
{
    struct http_request request = request_for(arena, HTTP_GET, target);
    return loop_http_wait(loop, &request, arena, out, error) ? out->status : 0;
}

static void assert_failure(const struct http_response *out, const struct error *error,
                           enum error_class class, const char *code, int sent)
{
    assert_int_equal(out->status, 0);
    assert_int_equal(error->class, class);
    assert_string_equal(error->code, code);
    assert_int_equal(out->sent, sent);
    assert_true(error->what_ja[0] && error->what_en[0]);
}

static bool body_has(const struct http_response *out, const char *part)
{
    return str_find(out->body, str_from(part)) >= 0;
}

static void answers_arrive(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    assert_int_equal(get(arena, "/hello", &out, &error), 200);
    assert_true(str_eq(out.body, STR("hello")));
    assert_true(str_eq(http_header(out.headers, out.header_count, "x-site"), STR("test")));
    struct clock clock = loop_clock(loop);
    assert_true(out.received_at <= clock_now(&clock) && out.received_at > 0);
    assert_int_equal(get(arena, "/static", &out, &error), 200);
    assert_true(str_eq(out.body, str_from(static_page)));
    assert_int_equal(get(arena, "/x?status=503", &out, &error), 503);
    assert_int_equal(get(arena, "/moved", &out, &error), 302); // not followed
    assert_true(str_eq(http_header(out.headers, out.header_count, "Location"), STR("/hello")));
    assert_int_equal(atomic_load(&site.calls), 4);
}

static void nothing_leaves_after_its_time(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    struct clock clock = loop_clock(loop);
    // On a new connection and on one that is used again.
    for (int i = 0; i < 2; i++) {
        int calls = atomic_load(&site.calls);
        struct http_request request = request_for(arena, HTTP_POST, "/hello");
        request.start_before = clock_now(&clock) - 1;
        assert_false(loop_http_wait(loop, &request, arena, &out, &error));
        assert_failure(&out, &error, ERROR_NETWORK, "http.too_late", HTTP_SENT_NO);
        assert_int_equal(atomic_load(&site.calls), calls);
        request.start_before = clock_now(&clock) + PATIENCE_MS;
        assert_true(loop_http_wait(loop, &request, arena, &out, &error));
        assert_int_equal(atomic_load(&site.calls), calls + 1);
    }
}

static void methods_and_headers_go_out_as_given(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    for (int m = HTTP_GET; m <= HTTP_HEAD; m++) {
        struct http_request r = request_for(arena, (enum http_method)m, "/echo?a=%20b");
        assert_true(loop_http_wait(loop, &r, arena, &out, &error));
        assert_int_equal(out.status, 200);
        if (m == HTTP_HEAD) {
            assert_int_equal(out.body.n, 0);
            continue;
        }
        assert_true(str_starts(out.body, arena_printf(arena, "%s /echo?a=%%20b\n",
                                                      http_method_name((enum http_method)m))));
        assert_false(body_has(&out, "Expect"));
        assert_false(body_has(&out, "Accept-Encoding"));
        assert_false(body_has(&out, "Content-Type"));
        assert_true(body_has(&out, "User-Agent: Juchu\n"));
        assert_int_equal(body_has(&out, "Content-Length: 0"),
                         m == HTTP_POST || m == HTTP_PUT || m == HTTP_PATCH);
        r.body = STR("some\0body");
        http_add_header(&r, STR("content-type"), STR("application/xml"), false);
        http_add_header(&r, STR("X-Empty"), STR(""), false);
        http_add_header(&r, STR("user-agent"), STR("Other/1"), false);
        http_add_header(&r, STR("Authorization"), STR("ESA abc=="), true);
        assert_true(loop_http_wait(loop, &r, arena, &out, &error));
        assert_true(str_ends(out.body, STR("\n\nsome\0body")));
        assert_true(body_has(&out, "content-type: application/xml\n"));
        assert_true(body_has(&out, "X-Empty: \n"));
        assert_true(body_has(&out, "user-agent: Other/1\n") && !body_has(&out, "Juchu"));
        assert_true(body_has(&out, "Authorization: ESA abc==\n"));
        assert_true(body_has(&out, "Content-Length: 9\n"));
    }
}

static void big_bodies(void **state)
{
    AUTO_ARENA arena = arena_new(64 << 20);
    struct http_response out;
    struct error error;
    struct http_request r = request_for(arena, HTTP_POST, "/length");
    size_t n = 8 << 20;
    char *zeros = arena_alloc(arena, n);
    memset(zeros, 'z', n);
    r.body = str_make(zeros, n);
    assert_true(loop_http_wait(loop, &r, arena, &out, &error));
    assert_true(str_eq(out.body, STR("8388608")));
    assert_int_equal(get(arena, "/big?n=8388608", &out, &error), 200);
    assert_int_equal(out.body.n, n);

    r = request_for(arena, HTTP_POST, "/echo"); // its limit is 100 000
    r.body = str_make(zeros, n);
    assert_true(loop_http_wait(loop, &r, arena, &out, &error));
    assert_int_equal(out.status, 413);
    assert_true(str_eq(http_header(out.headers, out.header_count, "Content-Type"),
                       STR("application/problem+json")));
    assert_true(body_has(&out, "\"code\":\"too_large\""));
    r.body = str_make(zeros, 100000);
    assert_true(loop_http_wait(loop, &r, arena, &out, &error));
    assert_int_equal(out.status, 200);
    r.body = str_make(zeros, 100001);
    assert_true(loop_http_wait(loop, &r, arena, &out, &error));
    assert_int_equal(out.status, 413);
}

static void answer_over_its_limit(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    struct http_request r = request_for(arena, HTTP_GET, "/big?n=5000");
    r.response_bytes_max = 5000;
    assert_true(loop_http_wait(loop, &r, arena, &out, &error));
    r.response_bytes_max = 4999;
    assert_false(loop_http_wait(loop, &r, arena, &out, &error));
    assert_failure(&out, &error, ERROR_NETWORK, "http.response_too_large", HTTP_SENT_MAYBE);
    r.method = HTTP_HEAD;
    assert_true(loop_http_wait(loop, &r, arena, &out, &error));
}

static uint16_t unused_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    socklen_t n = sizeof a;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static void nothing_sent_is_known(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    struct http_request r = request_for(arena, HTTP_POST, "/");
    r.body = STR("order");
    r.url = arena_printf(arena, "http://127.0.0.1:%u/secret?key=hidden", (unsigned)unused_port());
    assert_false(loop_http_wait(loop, &r, arena, &out, &error));
    assert_failure(&out, &error, ERROR_NETWORK, "http.connect_failed", HTTP_SENT_NO);
    assert_contains(error.subject, "http://127.0.0.1:");
    assert_null(strstr(error.subject, "secret"));
    assert_null(strstr(error.peer_text, "hidden"));
    r.url = STR("http://no-such-host.invalid/");
    r.timeout_ms = 3000;
    assert_false(loop_http_wait(loop, &r, arena, &out, &error));
    assert_int_equal(error.class, ERROR_NETWORK);
    assert_int_equal(out.sent, HTTP_SENT_NO);
}

// libcurl repeats a request whose kept-alive connection dies before the answer. A mall that drops
// the connection after it has taken the shipment must not get it twice.
static void dropped_request_is_not_repeated(void **state)
{
    static const struct {
        enum http_method method;
        const char *body;
    } kinds[] = {{HTTP_POST, "shipment"}, {HTTP_POST, ""}, {HTTP_PUT, "x"}, {HTTP_PATCH, "x"},
                 {HTTP_DELETE, ""},       {HTTP_GET, ""},  {HTTP_HEAD, ""}, {HTTP_GET, "x"}};
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (int warm = 0; warm < 2; warm++) {
            if (warm) // leaves an idle connection behind
                assert_int_equal(get(arena, "/hello", &out, &error), 200);
            int before = atomic_load(&site.calls);
            struct http_request r = request_for(arena, kinds[i].method, "/hello?drop=1");
            r.body = str_from(kinds[i].body);
            assert_false(loop_http_wait(loop, &r, arena, &out, &error));
            assert_failure(&out, &error, ERROR_NETWORK, "http.connection_lost", HTTP_SENT_MAYBE);
            assert_int_equal(atomic_load(&site.calls), before + 1);
        }
    }
}

static void answer_that_breaks_off(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    assert_int_equal(get(arena, "/big?n=9000&truncate=4000", &out, &error), 0);
    assert_failure(&out, &error, ERROR_NETWORK, "http.truncated", HTTP_SENT_MAYBE);
    assert_int_equal(error.http_status, 200);
    assert_null(out.body.p);
    assert_int_equal(get(arena, "/static?truncate=3", &out, &error), 0);
    assert_failure(&out, &error, ERROR_NETWORK, "http.truncated", HTTP_SENT_MAYBE);
}

static void silence_ends_in_a_timeout(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    struct http_request r = request_for(arena, HTTP_POST, "/hello?delay=600000");
    r.timeout_ms = 1000;
    assert_false(loop_http_wait(loop, &r, arena, &out, &error));
    assert_failure(&out, &error, ERROR_NETWORK, "http.timeout", HTTP_SENT_MAYBE);
    assert_int_equal(atomic_load(&site.calls), 1);
}

static void unsendable_requests(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    static const struct http_header bad[] = {
        {STR("X-A"), STR("b\r\nX-Injected: c")},
        {STR("X-A"), STR("b\nc")},
        {STR("X-A\r\nX-B"), STR("b")},
        {STR("X-A:"), STR("b")},
        {STR(""), STR("b")},
        {STR("X-A"), STR("b\0c")},
        {STR("Content-Length"), STR("5")},
        {STR("transfer-encoding"), STR("chunked")},
        {STR("Connection"), STR("close")},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct http_request r = request_for(arena, HTTP_GET, "/echo");
        http_add_header(&r, bad[i].name, bad[i].value, false);
        assert_false(loop_http_wait(loop, &r, arena, &out, &error));
        assert_failure(&out, &error, ERROR_BAD_INPUT, "http.bad_header", HTTP_SENT_NO);
    }
    static const struct str urls[] = {
        STR(""),
        STR("http://"),
        STR("http:///path"),
        STR("ftp://127.0.0.1/"),
        STR("file:///etc/hosts"),
        STR("HTTP//x"),
        STR("127.0.0.1/"),
        STR("http://user:password@127.0.0.1/"),
        STR("http://127.0.0.1/a b"),
        STR("http://127.0.0.1/a\r\nX: y"),
        STR("http://127.0.0.1/\0"),
        STR("http://a\\b/"),
        STR("http://127.0.0.1:99999/"),
        STR("http://[::1/"),
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct http_request r = {.method = HTTP_GET, .url = urls[i]};
        assert_false(loop_http_wait(loop, &r, arena, &out, &error));
        assert_failure(&out, &error, ERROR_BAD_INPUT, "http.bad_url", HTTP_SENT_NO);
        assert_null(strstr(error.subject, "password"));
    }
    assert_int_equal(atomic_load(&site.calls), 0);
}

static void addresses_that_users_may_not_reach(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    static const char *const hosts[] = {
        "127.0.0.1",
        "localhost",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd12::1]",
        "[ff02::1]",
        "[2002:7f00:1::]",
        "[2001:db8::1]",
    };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct http_request r = {.method = HTTP_GET, .public_addresses_only = true};
        r.url = arena_printf(arena, "http://%s:%u/hello", hosts[i], (unsigned)site_port(&site));
        assert_false(loop_http_wait(loop, &r, arena, &out, &error));
        if (out.sent != HTTP_SENT_NO || strcmp(error.code, "http.address_refused") != 0)
            fail_msg("%s: %s", hosts[i], error.code);
    }
    assert_int_equal(atomic_load(&site.calls), 0);
}

struct many {
    int wanted, done, failed, most_calls_at_first_end;
    char order[64];
};

static void count_done(void *argument, const struct http_response *response)
{
    struct many *many = argument;
    if (many->done++ == 0)
        many->most_calls_at_first_end = atomic_load(&site.calls);
    if (response->status != 200 || !str_eq(response->body, STR("hello")))
        many->failed++;
}

static void start_many(struct many *many, struct arena *arena, int n, const char *target)
{
    struct http_request r = request_for(arena, HTTP_GET, target);
    for (int i = 0; i < n; i++)
        assert_non_null(loop_http(loop, &r, count_done, many));
    many->wanted += n;
}

static void finish_many(struct many *many)
{
    for (int i = 0; many->done < many->wanted && i < 100000; i++)
        loop_turn(loop, 100);
    assert_int_equal(many->done, many->wanted);
    assert_int_equal(many->failed, 0);
}

static void two_hundred_at_once(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    loop_free(loop);
    struct error error;
    struct loop_options options = {.clock = clock_system(), .connections_per_host = 200};
    loop = loop_new(&options, &error);
    struct many many = {0};
    start_many(&many, arena, 200, "/hello?delay=50");
    assert_int_equal(many.done, 0); // never from inside loop_http
    finish_many(&many);
    start_many(&many, arena, 1000, "/hello");
    finish_many(&many);
    assert_int_equal(atomic_load(&site.calls), 1200);
}

static void requests_wait_for_their_turn(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    loop_free(loop);
    struct error error;
    struct loop_options options = {.clock = clock_system(), .connections_per_host = 2};
    loop = loop_new(&options, &error);
    struct many many = {0};
    start_many(&many, arena, 12, "/hello?delay=60");
    finish_many(&many);
    assert_true(many.most_calls_at_first_end <= 3); // two at first, a third after the first end
    loop_free(loop);
    options = (struct loop_options){.clock = clock_system(), .connections_max = 1};
    loop = loop_new(&options, &error);
    many = (struct many){0};
    atomic_store(&site.calls, 0);
    start_many(&many, arena, 5, "/hello?delay=20");
    struct http_request other = request_for(arena, HTTP_GET, "/hello");
    other.url = arena_printf(arena, "http://localhost:%u/hello", (unsigned)site_port(&site));
    assert_non_null(loop_http(loop, &other, count_done, &many));
    many.wanted++;
    finish_many(&many);
    assert_true(many.most_calls_at_first_end <= 2);
}

struct named {
    struct many *many;
    char name;
};

static void note_order(void *argument, const struct http_response *response)
{
    struct named *named = argument;
    size_t n = strlen(named->many->order);
    named->many->order[n] = named->name;
    named->many->done++;
    assert_int_equal(response->status, 200);
}

// One worker thread: a delayed answer must not keep it.
static void delay_blocks_nobody(void **state)
{
    server_stop(site.server);
    site_start(&site, 1, 10);
    AUTO_ARENA arena = arena_new(1 << 20);
    struct many many = {0};
    struct named slow = {&many, 's'}, quick = {&many, 'q'};
    struct http_request r = request_for(arena, HTTP_GET, "/hello?delay=2000");
    assert_non_null(loop_http(loop, &r, note_order, &slow));
    while (atomic_load(&site.calls) < 1)
        loop_turn(loop, 10);
    r = request_for(arena, HTTP_GET, "/hello");
    for (int i = 0; i < 20; i++)
        assert_non_null(loop_http(loop, &r, note_order, &quick));
    while (many.done < 21)
        loop_turn(loop, 100);
    assert_string_equal(many.order, "qqqqqqqqqqqqqqqqqqqqs");
}

struct cancelled {
    int done;
    struct http_response last;
    struct http_exchange *other;
};

static void note_cancelled(void *argument, const struct http_response *response)
{
    struct cancelled *c = argument;
    c->done++;
    c->last = *response;
    if (c->other) {
        struct http_exchange *other = c->other;
        c->other = NULL;
        loop_http_cancel(loop, other);
    }
}

static void requests_can_be_cancelled(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    loop_free(loop);
    struct error error;
    struct loop_options options = {.clock = clock_system(), .connections_per_host = 1};
    loop = loop_new(&options, &error);
    struct http_request r = request_for(arena, HTTP_GET, "/hello?delay=600000");
    struct cancelled running = {0}, queued = {0};
    struct http_exchange *first = loop_http(loop, &r, note_cancelled, &running);
    struct http_exchange *second = loop_http(loop, &r, note_cancelled, &queued);
    while (atomic_load(&site.calls) < 1)
        loop_turn(loop, 10);
    loop_http_cancel(loop, second);
    assert_int_equal(queued.done, 1);
    assert_int_equal(queued.last.failure.class, ERROR_CANCELLED);
    assert_int_equal(queued.last.sent, HTTP_SENT_NO);
    loop_http_cancel(loop, first);
    assert_int_equal(running.done, 1);
    assert_int_equal(running.last.sent, HTTP_SENT_MAYBE);

    // From inside another's done; and an unsendable one before its end is announced.
    struct cancelled outer = {0}, inner = {0};
    outer.other = loop_http(loop, &r, note_cancelled, &inner);
    r.url = STR("nonsense");
    assert_non_null(loop_http(loop, &r, note_cancelled, &outer));
    struct cancelled failed = {0};
    loop_http_cancel(loop, loop_http(loop, &r, note_cancelled, &failed));
    assert_int_equal(failed.last.failure.class, ERROR_CANCELLED);
    while (inner.done < 1)
        loop_turn(loop, 10);
    assert_int_equal(outer.done, 1);
    assert_int_equal(inner.last.failure.class, ERROR_CANCELLED);
}

static void try_another(void *argument, const struct http_response *response)
{
    struct cancelled *c = argument;
    c->done++;
    c->last = *response;
    if (response->failure.class != ERROR_CANCELLED)
        return;
    struct http_request r = {.method = HTTP_GET, .url = STR("http://127.0.0.1:1/")};
    assert_null(loop_http(loop, &r, try_another, argument));
}

static void freeing_ends_everything(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct cancelled all = {0};
    struct http_request r = request_for(arena, HTTP_GET, "/hello?delay=600000");
    for (int i = 0; i < 20; i++)
        assert_non_null(loop_http(loop, &r, try_another, &all));
    r.url = STR("nonsense");
    assert_non_null(loop_http(loop, &r, try_another, &all));
    while (atomic_load(&site.calls) < 6)
        loop_turn(loop, 10);
    all.done = 0;
    loop = loop_free(loop);
    assert_true(all.done >= 20);
    assert_int_equal(all.last.failure.class, ERROR_CANCELLED);
}

// Each allocation of one exchange fails once: a clean error or none, and nothing lost.
static void lack_of_memory(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct http_response out;
    struct error error;
    struct http_request r = request_for(arena, HTTP_POST, "/echo");
    r.body = STR("body");
    http_add_header(&r, STR("X-A"), STR("b"), false);
    int failures = 0;
    bool ok = false;
    for (uint64_t n = 1; !ok; n++) {
        AUTO_ARENA copy = arena_new(1 << 20);
        error_clear(&error);
        memory_fail_at(n, 0);
        ok = loop_http_wait(loop, &r, copy, &out, &error);
        memory_fail_at(0, 0);
        if (!ok) {
            failures++;
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        } else {
            assert_true(str_ends(out.body, STR("\n\nbody")));
        }
        assert_true(n < 100);
    }
    assert_true(failures >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_arrive, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_leaves_after_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(methods_and_headers_go_out_as_given, setup, teardown),
        cmocka_unit_test_setup_teardown(big_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(answer_over_its_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_sent_is_known, setup, teardown),
        cmocka_unit_test_setup_teardown(dropped_request_is_not_repeated, setup, teardown),
        cmocka_unit_test_setup_teardown(answer_that_breaks_off, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_ends_in_a_timeout, setup, teardown),
        cmocka_unit_test_setup_teardown(unsendable_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(addresses_that_users_may_not_reach, setup, teardown),
        cmocka_unit_test_setup_teardown(two_hundred_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_wait_for_their_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(delay_blocks_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_can_be_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(freeing_ends_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(lack_of_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
