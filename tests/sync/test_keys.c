// SPDX-License-Identifier: Apache-2.0
//
// Keys that end, are mistyped, withdrawn or renewed: the right class and code, the shop left alone
// after at most three tries, and with the new key everything that waited goes on.
#include "world.h"

#include "base/json.h"
#include "sim/demo_keys.h"

// A value of the mall's demo keys as they are now.
static const char *demo_key(struct world *w, enum sim_mall mall, const char *name)
{
    struct sim_request request = {.method = HTTP_GET,
                                  .path =
                                      arena_printf(w->arena, "/demo-keys/%s", sim_mall_id(mall)),
                                  .query = STR(""),
                                  .body = STR(""),
                                  .peer = STR("127.0.0.1")};
    struct sim_response response;
    struct json root;
    struct error error;
    sim_response_init(&response, w->arena);
    sim_control(w->sim, w->now, &request, &response);
    assert_true(json_parse(w->arena, buf_str(&response.body), false, &root, &error));
    struct str value = json_str(json_get(root, name));
    if (!value.p)
        fail_msg("no %s in %.*s", name, STR_ARG(buf_str(&response.body)));
    char *text = arena_alloc(w->arena, value.n + 1);
    memcpy(text, value.p, value.n);
    text[value.n] = 0;
    sim_response_free(&response);
    return text;
}

// A person consents in a browser; the code comes back to us.
static void consent(struct world *w)
{
    const struct mall *yahoo = mall_by_id(STR("yahoo"));
    struct str form = STR("client_id=" SIM_YAHOO_CLIENT_ID
                          "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Foauth%2Fyahoo&state=s");
    struct sim_request request = {.method = HTTP_POST,
                                  .path = STR("/yconnect/v2/authorization"),
                                  .query = STR(""),
                                  .body = form,
                                  .peer = STR("127.0.0.1")};
    struct sim_response response;
    assert_non_null(yahoo->consent_url);
    sim_response_init(&response, w->arena);
    sim_handle(w->sim, SIM_YAHOO, w->now, &request, &response);
    assert_int_equal(response.status, 302);
    struct str location = STR("");
    for (size_t i = 0; i < response.header_count; i++)
        if (str_eq(response.headers[i].name, STR("Location")))
            location = response.headers[i].value;
    ptrdiff_t at = str_find(location, STR("code="));
    assert_true(at >= 0);
    struct str rest = str_slice(location, (size_t)at + 5, location.n), code;
    assert_true(str_split(&rest, '&', &code));
    char text[64];
    snprintf(text, sizeof text, "%.*s", STR_ARG(code));
    sim_response_free(&response);
    world_set(w, SIM_YAHOO, "redirect_uri", SIM_YAHOO_REDIRECT_URI, NULL);
    world_set(w, SIM_YAHOO, "authorization_code", text, NULL);
}

static void pass(struct world *w, int64_t ms)
{
    time_ms until = w->now + ms;
    while (w->now < until)
        node_turn(&w->node);
}

struct key_case {
    enum sim_mall mall;
    const char *action;      // at the mall; NULL = a setting is mistyped
    const char *key, *value; // mistyped
    enum error_class class;
    const char *code; // part of it
    size_t tries_max;
    const char *cure_action; // the way out: this at the mall …
    const char *cure_key;    // … and this setting with the mall's present value; NULL = a consent
};

// With work owed and orders coming in meanwhile.
static void broken_key(enum db_engine engine, const struct key_case *k)
{
    struct world *w = world_open(engine, &(struct world_options){.orders = 10, .automatic = true});
    pass(w, 600000);
    world_check_complete(w, k->mall);
    for (int i = 0; i < 6; i++)
        world_place_ready(w, k->mall);
    pass(w, 1200000);
    world_settle(w, 1);
    size_t before = mall_server_requests(w->malls, k->mall, NULL);
    if (k->key)
        world_set(w, k->mall, k->key, k->value, NULL);
    if (k->action)
        world_act(w, k->mall, STR(""), k->action, "{\"function\":\"getOrder\"}");
    size_t shipped = world_ship_ready(w, k->mall, 6);
    assert_true(shipped >= 6);
    // Two hours: eight fetches, re-readings and six notices would be due.
    pass(w, 7200000);
    size_t tries = mall_server_requests(w->malls, k->mall, NULL) - before;
    if (tries < 1 || tries > k->tries_max)
        fail_msg("%s %s: %zu requests with a dead key", sim_mall_id(k->mall),
                 k->action ? k->action : k->key, tries);
    row_id shop = world_shop(w, k->mall);
    struct str reason = world_text(w, "SELECT blocked_reason FROM shop_state WHERE shop_id = %lld",
                                   (long long)shop);
    if (str_find(reason, str_from(k->code)) < 0)
        fail_msg("%s: blocked by %.*s instead of %s", k->action ? k->action : k->key,
                 STR_ARG(reason), k->code);
    struct shop_health *health;
    struct error error;
    size_t count;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(shops_health(conn, w->org_id, w->now, w->arena, &health, &count, &error));
    db_release(w->database->db, conn);
    for (size_t i = 0; i < count; i++) {
        if (health[i].shop_id != shop)
            continue;
        assert_int_equal(health[i].last_error.class, k->class);
        assert_true(health[i].last_error.hint_ja[0] && health[i].last_error.hint_en[0]);
        assert_true(health[i].blocked_until > w->now);
        assert_int_equal(health[i].owed, shipped);
    }
    assert_int_equal(world_int(w,
                               "SELECT COUNT(*) FROM writeback WHERE shop_id = %lld AND aspect "
                               "= 1 AND owed = 1",
                               (long long)shop),
                     shipped);
    world_place_ready(w, k->mall);
    world_verify(w);
    if (k->cure_action)
        world_act(w, k->mall, STR(""), k->cure_action, "{\"function\":\"getOrder\"}");
    if (k->cure_key)
        world_set(w, k->mall, k->cure_key, demo_key(w, k->mall, k->cure_key), NULL);
    else
        consent(w);
    pass(w, 3600000 + 600000);
    assert_int_equal(world_int(w,
                               "SELECT COUNT(*) FROM writeback WHERE shop_id = %lld AND aspect "
                               "= 1 AND state = 7",
                               (long long)shop),
                     shipped);
    world_settle(w, 1);
    world_check_complete(w, k->mall);
    world_check_effects(w);
    assert_int_equal(world_gaps(w, k->mall), 0);
    world_verify(w);
    world_close(w);
}

static void rakuten_keys(void **state)
{
    static const struct key_case cases[] = {
        {SIM_RAKUTEN, "expire", NULL, NULL, ERROR_AUTH_EXPIRED, "rakuten.", 3, "renew",
         "license_key"},
        {SIM_RAKUTEN, "revoke", NULL, NULL, ERROR_AUTH_EXPIRED, "rakuten.", 3, "renew",
         "license_key"},
        // Renewed in RMS, and nobody told Juchu.
        {SIM_RAKUTEN, "renew", NULL, NULL, ERROR_AUTH_EXPIRED, "rakuten.", 3, NULL, "license_key"},
        {SIM_RAKUTEN, NULL, "license_key", "SL999999_0123456789abcdef", ERROR_AUTH_EXPIRED,
         "rakuten.", 3, NULL, "license_key"},
        {SIM_RAKUTEN, NULL, "service_secret", "SP999999_0123456789abcdef", ERROR_AUTH_EXPIRED,
         "rakuten.", 3, NULL, "service_secret"},
    };
    enum db_engine engine = world_engine(state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        broken_key(engine, &cases[i]);
}

static void yahoo_keys(void **state)
{
    static const struct key_case cases[] = {
        {SIM_YAHOO, "expire-access", "client_secret", "mistyped-secret", ERROR_AUTH_INVALID,
         "yahoo.client_refused", 3, NULL, "client_secret"},
        // A refresh token that nobody gave.
        {SIM_YAHOO, "expire-access", "refresh_token", "0123456789abcdef", ERROR_AUTH_EXPIRED,
         "yahoo.consent", 3, NULL, NULL},
        // The consent is withdrawn: first the call isn't permitted, then the token isn't renewed.
        {SIM_YAHOO, "withdraw", NULL, NULL, ERROR_AUTH_EXPIRED, "yahoo.consent", 8, NULL, NULL},
        // The ID lost its permission: only the mall knows when it is back, so it is asked, ever
        // more slowly.
        {SIM_YAHOO, "forbid", NULL, NULL, ERROR_NOT_PERMITTED, "yahoo.not_permitted", 12, "permit",
         "client_secret"},
    };
    enum db_engine engine = world_engine(state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        broken_key(engine, &cases[i]);
}

// Access tokens end every hour: nobody notices.
static void access_token(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 10});
    assert_true(str_eq(world_fetch(w, SIM_YAHOO).state, STR("done")));
    for (int i = 0; i < 3; i++) {
        world_place_ready(w, SIM_YAHOO);
        if (i == 0)
            world_act(w, SIM_YAHOO, STR(""), "expire-access", ""); // without our knowing
        else
            world_advance(w, 2 * 3600000);
        size_t tokens = mall_server_requests(w->malls, SIM_YAHOO, "/token");
        assert_true(str_eq(world_fetch(w, SIM_YAHOO).state, STR("done")));
        assert_int_equal(mall_server_requests(w->malls, SIM_YAHOO, "/token"), tokens + 1);
        // In the middle of a write-back too.
        world_act(w, SIM_YAHOO, STR(""), "expire-access", "");
        assert_int_equal(world_ship_ready(w, SIM_YAHOO, 1), 1);
        world_settle(w, 5000);
        assert_int_equal(world_int(w, "SELECT COUNT(*) FROM writeback WHERE owed = 1"), 0);
    }
    world_check_effects(w);
    world_check_complete(w, SIM_YAHOO);
    // The token is kept: a new node doesn't ask for another.
    world_node_stop(&w->node);
    world_node_start(w, &w->node, "here:2");
    size_t tokens = mall_server_requests(w->malls, SIM_YAHOO, "/token");
    assert_true(str_eq(world_fetch(w, SIM_YAHOO).state, STR("done")));
    assert_in_range(mall_server_requests(w->malls, SIM_YAHOO, "/token"), tokens, tokens + 1);
    world_close(w);
}

// Without a valid public key everything works, until the session's twelve hours are over.
static void public_key(void **state)
{
    struct world *w =
        world_open(world_engine(state), &(struct world_options){.orders = 10, .automatic = true});
    row_id shop = w->yahoo;
    pass(w, 600000);
    world_set(w, SIM_YAHOO, "public_key_version", "9", NULL);
    pass(w, 3600000);
    assert_int_equal(
        world_int(w, "SELECT failures FROM shop_state WHERE shop_id = %lld", (long long)shop), 0);
    world_set(w, SIM_YAHOO, "public_key_version", "1", NULL);
    world_act(w, SIM_YAHOO, STR(""), "key-disable", "");
    pass(w, 3600000);
    assert_int_equal(
        world_int(w, "SELECT failures FROM shop_state WHERE shop_id = %lld", (long long)shop), 0);
    pass(w, 13 * 3600000);
    assert_true(str_eq(world_text(w, "SELECT blocked_reason FROM shop_state WHERE shop_id = %lld",
                                  (long long)shop),
                       STR("yahoo.session_ended")));
    size_t before = mall_server_requests(w->malls, SIM_YAHOO, NULL);
    world_place_ready(w, SIM_YAHOO);
    pass(w, 6 * 3600000);
    assert_in_range(mall_server_requests(w->malls, SIM_YAHOO, NULL) - before, 0, 3);
    world_act(w, SIM_YAHOO, STR(""), "key-enable", "");
    consent(w);
    pass(w, 3600000);
    world_settle(w, 1);
    world_check_complete(w, SIM_YAHOO);
    assert_int_equal(world_gaps(w, SIM_YAHOO), 0);
    world_verify(w);
    world_close(w);
}

// A switched-off function stops reading but not listing; it is named.
static void function_unticked(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 20});
    world_act(w, SIM_RAKUTEN, STR(""), "untick", "{\"function\":\"getOrder\"}");
    struct fetch_run run = world_fetch(w, SIM_RAKUTEN);
    assert_true(str_eq(run.state, STR("failed")));
    assert_int_equal(run.error.class, ERROR_NOT_PERMITTED);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM coverage"), 0);
    world_act(w, SIM_RAKUTEN, STR(""), "tick", "{\"function\":\"getOrder\"}");
    world_advance(w, 3600000);
    assert_true(str_eq(world_fetch(w, SIM_RAKUTEN).state, STR("done")));
    world_check_complete(w, SIM_RAKUTEN);
    world_verify(w);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(rakuten_keys), ON_BOTH(yahoo_keys),
                                       ON_BOTH(access_token), ON_BOTH(public_key),
                                       ON_BOTH(function_unticked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
