// SPDX-License-Identifier: Apache-2.0
//
// Who gets in: roles and scopes over every route, sessions and their ends, forged requests, guessed
// passwords, and the headers that every answer carries.
#include "fixture.h"

static const char *filled(struct fixture *f, const char *pattern)
{
    AUTO_BUF path = buf_make(512);
    for (const char *p = pattern; *p; p++) {
        if (*p != '{') {
            buf_add_char(&path, *p);
            continue;
        }
        buf_add(&path, strncmp(p, "{mall}", 6) == 0 ? STR("rakuten") : STR("1"));
        p = strchr(p, '}');
    }
    return str_cstr(f->arena, buf_str(&path));
}

static bool is_stream(const struct api_route *r)
{
    return strcmp(r->route.pattern, "/api/v1/events") == 0;
}

static void role_matrix(struct fixture *f)
{
    for (size_t i = 0; i < api_route_count; i++) {
        const struct api_route *route = &api_routes[i];
        if (is_stream(route) || (route->role != ROLE_PUBLIC && route->route.method == HTTP_DELETE &&
                                 strstr(route->route.pattern, "/session")))
            continue; // a stream needs a socket; signing out ends the session of the next round
        for (int role = ROLE_PUBLIC; role <= ROLE_OWNER; role++) {
            struct ask ask = {.method = route->route.method,
                              .path = filled(f, route->route.pattern),
                              .role = (enum role)role,
                              .body = route->route.method == HTTP_GET ? NULL : "{}"};
            struct answer a = fixture_ask(f, &ask);
            bool may = role >= (int)route->role;
            bool refused = a.status == 401 || a.status == 403;
            int wanted = role == ROLE_PUBLIC ? 401 : 403;
            if (may ? refused || a.status >= 500 : a.status != wanted)
                if (!(may && a.status == 503)) // what only a worker can do
                    fail_msg("%s %s as %s: %d %.*s", http_method_name(ask.method), ask.path,
                             role_name((enum role)role), a.status, STR_ARG(a.body));
        }
    }
}

static void token_scopes(struct fixture *f)
{
    struct answer made =
        fixture_send(f, ROLE_OWNER, HTTP_POST, "/api/v1/tokens",
                     "{\"name\":\"倉庫\",\"scopes\":[\"orders:read\"],\"role\":\"staff\"}");
    assert_status(made, 201);
    const char *bearer = text(f, "Authorization: Bearer %s", at_text(f, made.json, "token"));
    struct ask ask = {.method = HTTP_GET, .path = "/api/v1/orders", .header = {bearer}};
    assert_status(fixture_ask(f, &ask), 200);
    struct answer used = fixture_get(f, ROLE_OWNER, "/api/v1/tokens");
    assert_true(at_text(f, used.json, "tokens.0.last_used_at")[0] != 0);
    ask.path = "/api/v1/shops";
    assert_code(fixture_ask(f, &ask), 403, "forbidden");
    ask.path = "/api/v1/session";
    assert_code(fixture_ask(f, &ask), 403, "forbidden");
    ask = (struct ask){
        .method = HTTP_POST, .path = "/api/v1/orders/bulk", .body = "{}", .header = {bearer}};
    assert_code(fixture_ask(f, &ask), 403, "forbidden");
    struct answer list = fixture_get(f, ROLE_OWNER, "/api/v1/tokens");
    assert_status(list, 200);
    assert_string_equal(at_text(f, list.json, "tokens.0.name"), "倉庫");
    assert_true(str_find(list.body, str_from(at_text(f, made.json, "token"))) < 0);
    const char *path = text(f, "/api/v1/tokens/%s", at_text(f, made.json, "id"));
    assert_status(fixture_send(f, ROLE_OWNER, HTTP_DELETE, path, NULL), 204);
    ask = (struct ask){.method = HTTP_GET, .path = "/api/v1/orders", .header = {bearer}};
    assert_code(fixture_ask(f, &ask), 401, "unauthenticated");
    assert_status(fixture_send(f, ROLE_OWNER, HTTP_DELETE, path, NULL), 404);
    // A token may not be stronger than its scopes ask for without saying so, nor weaker.
    assert_status(fixture_send(f, ROLE_OWNER, HTTP_POST, "/api/v1/tokens",
                               "{\"name\":\"x\",\"scopes\":[\"shops:write\"],\"role\":\"viewer\"}"),
                  422);
}

static void token_ends(struct fixture *f)
{
    struct answer made = fixture_send(f, ROLE_OWNER, HTTP_POST, "/api/v1/tokens",
                                      "{\"name\":\"短い\",\"scopes\":[\"orders:read\"],"
                                      "\"expires_at\":\"2026-11-23T00:00:00Z\"}");
    assert_status(made, 201);
    struct ask ask = {
        .method = HTTP_GET,
        .path = "/api/v1/orders",
        .header = {text(f, "Authorization: Bearer %s", at_text(f, made.json, "token"))}};
    assert_status(fixture_ask(f, &ask), 200);
    clock_advance(&f->clock, 2 * 86400000LL);
    assert_status(fixture_ask(f, &ask), 401);
}

static void forged(struct fixture *f)
{
    const char *path = text(f, "/api/v1/orders/%lld", (long long)f->orders[0]);
    struct ask ask = {.method = HTTP_PATCH,
                      .path = path,
                      .body = "{\"memo\":\"x\"}",
                      .role = ROLE_STAFF,
                      .no_csrf = true,
                      .header = {"If-Match: \"1\""}};
    assert_code(fixture_ask(f, &ask), 403, "csrf");
    ask.header[1] = "X-CSRF-Token: csrf-tex!";
    assert_code(fixture_ask(f, &ask), 403, "csrf");
    ask.header[1] = "X-CSRF-Token: csrf";
    assert_code(fixture_ask(f, &ask), 403, "csrf");
    struct ask login = {.method = HTTP_POST,
                        .path = "/api/v1/session",
                        .body = "{\"login\":\"staff\",\"password\":\"" PASSWORD "\"}",
                        .header = {"Sec-Fetch-Site: cross-site"}};
    assert_code(fixture_ask(f, &login), 403, "csrf");
    assert_status(fixture_get(f, ROLE_STAFF, path), 200);
    assert_string_equal(at_text(f, fixture_get(f, ROLE_STAFF, path).json, "memo"), "");
}

static struct answer login(struct fixture *f, const char *name, const char *password)
{
    return fixture_send(f, ROLE_PUBLIC, HTTP_POST, "/api/v1/session",
                        text(f, "{\"login\":\"%s\",\"password\":\"%s\"}", name, password));
}

static void sign_in_and_out(struct fixture *f)
{
    struct answer a = login(f, "manager", PASSWORD);
    assert_status(a, 200);
    assert_string_equal(at_text(f, a.json, "user.role"), "manager");
    assert_true(str_find(a.cookie, STR("HttpOnly")) > 0);
    assert_true(str_find(a.cookie, STR("SameSite=Lax")) > 0);
    const char *cookie = text(f, "Cookie: %.*s", (int)str_find_char(a.cookie, ';'), a.cookie.p);
    const char *csrf = text(f, "X-CSRF-Token: %s", at_text(f, a.json, "csrf_token"));
    struct ask who = {.method = HTTP_GET, .path = "/api/v1/session", .header = {cookie}};
    assert_status(fixture_ask(f, &who), 200);
    struct ask out = {.method = HTTP_DELETE, .path = "/api/v1/session", .header = {cookie, csrf}};
    assert_status(fixture_ask(f, &out), 204);
    assert_code(fixture_ask(f, &who), 401, "unauthenticated");
}

static void session_ends(struct fixture *f)
{
    assert_status(fixture_get(f, ROLE_STAFF, "/api/v1/session"), 200);
    clock_advance(&f->clock, 3700000);
    assert_code(fixture_get(f, ROLE_STAFF, "/api/v1/session"), 401, "unauthenticated");
}

static void guessing_is_slowed(struct fixture *f)
{
    struct answer known = login(f, "owner", "wrong password 1");
    struct answer unknown = login(f, "nobody", "wrong password 1");
    assert_code(known, 401, "login_failed");
    assert_true(str_eq(known.body, unknown.body));
    int slowed = 0;
    for (int i = 0; i < 8 && !slowed; i++)
        slowed = login(f, "owner", "wrong password 1").status == 429;
    assert_true(slowed);
    assert_code(login(f, "owner", PASSWORD), 429, "login_slowed");
    assert_status(login(f, "viewer", PASSWORD), 200);
    clock_advance(&f->clock, 20 * 60000);
    assert_status(login(f, "owner", PASSWORD), 200);
}

static void headers_everywhere(struct fixture *f)
{
    const struct ask asks[] = {
        {.method = HTTP_GET, .path = "/api/v1/orders", .role = ROLE_VIEWER},
        {.method = HTTP_GET, .path = "/api/v1/orders"},
        {.method = HTTP_GET, .path = "/api/v1/none"},
        {.method = HTTP_DELETE, .path = "/api/v1/orders", .role = ROLE_OWNER},
        {.method = HTTP_POST, .path = "/api/v1/orders/bulk", .role = ROLE_OWNER, .body = "{"},
        {.method = HTTP_GET, .path = "/api/v1/version"},
        {.method = HTTP_GET, .path = "/healthz"},
        {.method = HTTP_GET, .path = "/metrics"},
        {.method = HTTP_HEAD, .path = "/api/v1/orders", .role = ROLE_VIEWER},
    };
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        struct answer a = fixture_ask(f, &asks[i]);
        assert_true(str_eq(answer_header(&a, "X-Juchu-Build"), STR("test-build")));
        assert_true(str_eq(answer_header(&a, "X-Content-Type-Options"), STR("nosniff")));
        assert_true(str_eq(answer_header(&a, "Referrer-Policy"), STR("no-referrer")));
        assert_true(str_eq(answer_header(&a, "Cache-Control"), STR("no-store")));
        assert_true(str_starts(answer_header(&a, "Content-Security-Policy"),
                               STR("default-src 'none'; script-src 'self'")));
        size_t types = 0;
        for (size_t k = 0; k < a.header_count; k++)
            types += str_eq_nocase(a.headers[k].name, STR("Content-Type"));
        assert_int_equal(types, 1);
    }
}

static void languages(struct fixture *f)
{
    struct ask ask = {.method = HTTP_GET,
                      .path = "/api/v1/orders/1",
                      .role = ROLE_VIEWER,
                      .header = {"Accept-Language: en"}};
    assert_true(str_find(fixture_ask(f, &ask).body, STR("no such order")) >= 0 ||
                str_find(fixture_ask(f, &ask).body, STR("There is no such order")) >= 0);
    ask.header[0] = "Accept-Language: ja,en;q=0.5";
    assert_true(str_find(fixture_ask(f, &ask).body, STR("注文")) >= 0);
    ask.header[0] = NULL; // the user's own
    assert_true(str_find(fixture_ask(f, &ask).body, STR("注文")) >= 0);
}

static void metrics_are_local(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_PUBLIC, "/metrics");
    assert_status(a, 200);
    assert_true(str_find(a.body, STR("juchu_orders{role=\"")) > 0);
    f->peer = "203.0.113.9";
    assert_status(fixture_get(f, ROLE_PUBLIC, "/metrics"), 403);
    assert_status(fixture_get(f, ROLE_PUBLIC, "/healthz"), 200);
}

#define BOTH(name)                        \
    static void test_##name(void **state) \
    {                                     \
        on_each_engine(name);             \
    }
BOTH(role_matrix)
BOTH(token_scopes)
BOTH(token_ends)
BOTH(forged)
BOTH(sign_in_and_out)
BOTH(session_ends)
BOTH(guessing_is_slowed)
BOTH(headers_everywhere)
BOTH(languages)
BOTH(metrics_are_local)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_role_matrix),        cmocka_unit_test(test_token_scopes),
        cmocka_unit_test(test_token_ends),         cmocka_unit_test(test_forged),
        cmocka_unit_test(test_sign_in_and_out),    cmocka_unit_test(test_session_ends),
        cmocka_unit_test(test_guessing_is_slowed), cmocka_unit_test(test_headers_everywhere),
        cmocka_unit_test(test_languages),          cmocka_unit_test(test_metrics_are_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
