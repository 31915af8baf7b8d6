// SPDX-License-Identifier: Apache-2.0
//
// Texts of HTTP: methods, headers, escapes, query strings, cookies, Retry-After.
#include "net/http.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void assert_str(struct str got, const char *want)
{
    if (!want) {
        assert_null(got.p);
        return;
    }
    assert_non_null(got.p);
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p, want, got.n);
}

static void methods(void **state)
{
    for (int i = HTTP_GET; i <= HTTP_HEAD; i++) {
        enum http_method m;
        assert_true(http_method_from_name(str_from(http_method_name((enum http_method)i)), &m));
        assert_int_equal(m, i);
    }
    enum http_method m = HTTP_PUT;
    const char *bad[] = {"get", "GETX", "GE", "", "OPTIONS", "TRACE", "GET "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(http_method_from_name(str_from(bad[i]), &m));
    assert_int_equal(m, HTTP_PUT);
    assert_string_equal(http_method_name((enum http_method)99), "");
}

static void headers(void **state)
{
    struct http_request r = {0};
    assert_true(http_add_header(&r, STR("Content-Type"), STR("text/plain"), false));
    assert_true(http_add_header(&r, STR("X-Empty"), STR(""), true));
    assert_true(http_add_header(&r, STR("content-type"), STR("second"), false));
    assert_str(http_header(r.headers, r.header_count, "CONTENT-TYPE"), "text/plain");
    assert_str(http_header(r.headers, r.header_count, "x-empty"), "");
    assert_str(http_header(r.headers, r.header_count, "content"), NULL);
    assert_true(r.headers[1].secret);
    while (r.header_count < HTTP_HEADERS_MAX)
        assert_true(http_add_header(&r, STR("A"), STR("b"), false));
    assert_false(http_add_header(&r, STR("One"), STR("too many"), false));
}

static void header_validity(void **state)
{
    assert_true(http_header_is_valid(STR("X-Yahoo-Store"), STR("a b\tc \xe3\x81\x82")));
    assert_true(http_header_is_valid(STR("!#$%&'*+-.^_`|~09azAZ"), STR("")));
    assert_false(http_header_is_valid(STR(""), STR("a")));
    assert_false(http_header_is_valid(STR("Name "), STR("a")));
    assert_false(http_header_is_valid(STR("Na:me"), STR("a")));
    assert_false(http_header_is_valid(STR("Na\0me"), STR("a")));
    assert_false(http_header_is_valid(STR("\xe3\x81\x82"), STR("a")));
    assert_false(http_header_is_valid(STR("Name"), STR("a\r\nX-Other: b")));
    assert_false(http_header_is_valid(STR("Name"), STR("a\nb")));
    assert_false(http_header_is_valid(STR("Name"), STR("a\rb")));
    assert_false(http_header_is_valid(STR("Name"), STR("a\0b")));
    assert_false(http_header_is_valid(STR("Name"), STR("a\x7f")));
}

static void url_encoding(void **state)
{
    AUTO_BUF out = buf_make(1024);
    http_url_encode(&out, STR("aZ09-._~ /?&=+%\xe3\x81\x82\"\n"));
    assert_str(buf_str(&out), "aZ09-._~%20%2F%3F%26%3D%2B%25%E3%81%82%22%0A");
    AUTO_ARENA arena = arena_new(4096);
    struct str back;
    assert_true(http_url_decode(arena, buf_str(&out), false, &back));
    assert_str(back, "aZ09-._~ /?&=+%\xe3\x81\x82\"\n");
    struct buf small = buf_make(4);
    http_url_encode(&small, STR("\xe3\x81\x82"));
    assert_true(small.failed);
    buf_free(&small);
}

static void url_decoding(void **state)
{
    AUTO_ARENA arena = arena_new(4096);
    struct str out;
    assert_true(http_url_decode(arena, STR("a+b%2bc%2B"), true, &out));
    assert_str(out, "a b+c+");
    assert_true(http_url_decode(arena, STR("a+b"), false, &out));
    assert_str(out, "a+b");
    assert_true(http_url_decode(arena, STR(""), false, &out));
    assert_str(out, "");
    assert_true(http_url_decode(arena, STR("%ff"), false, &out)); // UTF-8 is the caller's matter
    assert_str(out, "\xff");
    const char *bad[] = {"%",   "%1",   "a%",  "a%2",   "%zz", "%2g",
                         "%g2", "%%20", "%00", "a%00b", "%-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(http_url_is_decodable(str_from(bad[i])));
        assert_false(http_url_decode(arena, str_from(bad[i]), true, &out));
        assert_null(out.p);
    }
    assert_false(http_url_is_decodable(STR("a\0b")));
    assert_false(arena_failed(arena));
    AUTO_ARENA tiny = arena_new(8);
    assert_false(http_url_decode(tiny, STR("123456789012345678901234567890"), false, &out));
    assert_true(arena_failed(tiny));
}

static void query_values(void **state)
{
    AUTO_ARENA arena = arena_new(4096);
    struct str q = STR("a=1&b=x+y%26z&&c&=lost&d=%zz&e=&a=2&%66=six&g=1=2");
    assert_str(http_query_value(arena, q, "a"), "1");
    assert_str(http_query_value(arena, q, "b"), "x y&z");
    assert_str(http_query_value(arena, q, "c"), "");
    assert_str(http_query_value(arena, q, "d"), NULL); // broken
    assert_str(http_query_value(arena, q, "e"), "");
    assert_str(http_query_value(arena, q, "f"), "six");
    assert_str(http_query_value(arena, q, "g"), "1=2");
    assert_str(http_query_value(arena, q, "h"), NULL);
    assert_str(http_query_value(arena, q, ""), "lost");
    assert_str(http_query_value(arena, STR_ABSENT, "a"), NULL);
    assert_str(http_query_value(arena, STR("%zz=1&a=2"), "a"), "2");

    struct str key, value, rest = STR("s=1&s=2&%=3");
    assert_true(http_query_next(arena, &rest, &key, &value));
    assert_true(http_query_next(arena, &rest, &key, &value));
    assert_str(key, "s");
    assert_str(value, "2");
    assert_true(http_query_next(arena, &rest, &key, &value));
    assert_null(key.p);
    assert_str(value, "3");
    assert_false(http_query_next(arena, &rest, &key, &value));
}

static void cookies(void **state)
{
    struct str h =
        STR("a=1; __Host-session=abc.DEF-_; q=\"quoted\"; e=;  b = 2;broken; a=9; x=y=z");
    assert_str(http_cookie_value(h, "a"), "1");
    assert_str(http_cookie_value(h, "__Host-session"), "abc.DEF-_");
    assert_str(http_cookie_value(h, "q"), "quoted");
    assert_str(http_cookie_value(h, "e"), "");
    assert_str(http_cookie_value(h, "x"), "y=z");
    assert_str(http_cookie_value(h, "session"), NULL);
    assert_str(http_cookie_value(h, "A"), NULL);
    assert_str(http_cookie_value(h, "broken"), NULL);
    assert_str(http_cookie_value(STR("q=\""), "q"), "\"");
    assert_str(http_cookie_value(STR(""), "q"), NULL);
    assert_str(http_cookie_value(STR_ABSENT, "q"), NULL);
}

static int64_t retry_after(const char *text, time_ms now)
{
    struct http_response r = {.header_count = 1};
    r.headers[0] = (struct http_header){STR("retry-after"), str_from(text), false};
    return http_retry_after_ms(&r, now);
}

static void retry_after_values(void **state)
{
    const time_ms now = 1795395600000; // 2026-11-23T01:00:00Z
    const int64_t week = 7LL * 24 * 3600 * 1000;
    struct http_response none = {0};
    assert_int_equal(http_retry_after_ms(&none, now), 0);
    assert_int_equal(retry_after("0", now), 0);
    assert_int_equal(retry_after("120", now), 120000);
    assert_int_equal(retry_after(" 120 ", now), 120000);
    assert_int_equal(retry_after("604800", now), week);
    assert_int_equal(retry_after("604801", now), week);
    assert_int_equal(retry_after("99999999999999999999999", now), week);
    assert_int_equal(retry_after("Mon, 23 Nov 2026 01:00:30 GMT", now), 30000);
    assert_int_equal(retry_after("Mon, 23 Nov 2026 00:59:59 GMT", now), 0);
    assert_int_equal(retry_after("Mon, 23 Nov 2099 00:59:59 GMT", now), week);
    assert_int_equal(retry_after("Mon, 23 Nov 2026 01:00:30 GMT", INT64_MIN), week);
    const char *bad[] = {"", "-5", "1.5", "5s", "soon", "Mon, 99 Nov 2026 01:00:30 GMT", "0x10"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(retry_after(bad[i], now), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods),         cmocka_unit_test(headers),
        cmocka_unit_test(header_validity), cmocka_unit_test(url_encoding),
        cmocka_unit_test(url_decoding),    cmocka_unit_test(query_values),
        cmocka_unit_test(cookies),         cmocka_unit_test(retry_after_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
