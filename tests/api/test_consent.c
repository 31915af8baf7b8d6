// SPDX-License-Identifier: Apache-2.0
//
// The consent at a mall: the state is the session's own, good once and for a while, and without it
// nothing that comes back is kept.
#include "fixture.h"

static const char *add_shop(struct fixture *f)
{
    struct answer made = fixture_send(f, ROLE_MANAGER, HTTP_POST, "/api/v1/shops",
                                      "{\"mall\":\"yahoo\",\"name\":\"ヤフー\"}");
    assert_status(made, 201);
    return at_text(f, made.json, "id");
}

static const char *begin(struct fixture *f, const char *shop)
{
    struct answer a =
        fixture_send(f, ROLE_MANAGER, HTTP_POST, text(f, "/api/v1/shops/%s/consent", shop), NULL);
    assert_status(a, 200);
    struct str url = str_from(at_text(f, a.json, "url"));
    assert_true(str_find(url, STR("/yconnect/v2/authorization?")) > 0);
    ptrdiff_t at = str_find(url, STR("&state="));
    assert_true(at > 0);
    struct str rest = str_slice(url, (size_t)at + 7, url.n), state;
    assert_true(str_split(&rest, '&', &state) && state.n >= 40);
    return str_cstr(f->arena, state);
}

static int64_t codes(struct fixture *f)
{
    return test_database_int(f->database,
                             "SELECT COUNT(*) FROM credential WHERE kind = 'authorization_code'");
}

static void comes_back(struct fixture *f, enum role role, const char *query, const char *where)
{
    struct answer a = fixture_get(f, role, text(f, "/oauth/%s", query));
    assert_status(a, 303);
    struct str location = answer_header(&a, "Location");
    if (!str_eq(location, str_from(where)))
        fail_msg("%s leads to %.*s instead of %s", query, STR_ARG(location), where);
}

static void rounds(struct fixture *f)
{
    const char *shop = add_shop(f), *path = text(f, "/api/v1/shops/%s", shop);
    // Not before the settings are there that the page needs.
    assert_status(fixture_send(f, ROLE_MANAGER, HTTP_POST, text(f, "%s/consent", path), NULL), 422);
    assert_status(fixture_send(f, ROLE_MANAGER, HTTP_PATCH, path,
                               "{\"settings\":{\"seller_id\":\"juchu-demo\",\"client_id\":\"id\","
                               "\"redirect_uri\":\"http://127.0.0.1:8080/oauth/yahoo\"}}"),
                  200);
    assert_status(fixture_send(f, ROLE_STAFF, HTTP_POST, text(f, "%s/consent", path), NULL), 403);
    assert_status(fixture_send(f, ROLE_MANAGER, HTTP_POST,
                               text(f, "/api/v1/shops/%lld/consent", (long long)f->shop), NULL),
                  404);
    const char *state = begin(f, shop);
    // Invented, absent, of somebody else's session, for another mall.
    comes_back(f, ROLE_MANAGER, "yahoo?code=evil&state=invented", "/shops?consent=unknown");
    comes_back(f, ROLE_MANAGER, "yahoo?code=evil", "/shops?consent=unknown");
    comes_back(f, ROLE_OWNER, text(f, "yahoo?code=evil&state=%s", state), "/shops?consent=unknown");
    assert_int_equal(codes(f), 0);
    comes_back(f, ROLE_MANAGER, text(f, "yahoo?code=good&state=%s", state),
               text(f, "/shops?shop=%s&consent=stored", shop));
    assert_int_equal(codes(f), 1);
    // Once.
    comes_back(f, ROLE_MANAGER, text(f, "yahoo?code=again&state=%s", state),
               "/shops?consent=unknown");
    state = begin(f, shop);
    comes_back(f, ROLE_MANAGER, text(f, "rakuten?code=x&state=%s", state),
               "/shops?consent=unknown");
    state = begin(f, shop);
    comes_back(f, ROLE_MANAGER, text(f, "yahoo?error=access_denied&state=%s", state),
               text(f, "/shops?shop=%s&consent=declined", shop));
    state = begin(f, shop);
    clock_advance(&f->clock, 16 * 60000);
    comes_back(f, ROLE_MANAGER, text(f, "yahoo?code=late&state=%s", state),
               "/shops?consent=unknown");
    // What was left behind is forgotten when the next one begins.
    begin(f, shop);
    assert_int_equal(test_database_int(f->database, "SELECT COUNT(*) FROM consent"), 1);
    assert_status(fixture_get(f, ROLE_PUBLIC, "/oauth/yahoo?code=x&state=y"), 401);
}

static void states(void **state)
{
    on_each_engine(rounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(states)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
