// SPDX-License-Identifier: Apache-2.0
//
// Tokens, consent, public key and connection test by recorded answers; settings of a shop.
#include "yahoo_support.h"

#define TOKEN_OK "{\"access_token\":\"AT-0002\",\"token_type\":\"Bearer\",\"expires_in\":3600}"
#define COUNT_OK                                                                           \
    "<ResultSet "                                                                          \
    "totalResultsAvailable=\"1\"><Result><Status>OK</Status><Count><NewOrder>2</NewOrder>" \
    "<WaitShipping>5</WaitShipping></Count></Result></ResultSet>"
#define LIST_OK "<Result><Status>OK</Status><Search><TotalCount>0</TotalCount></Search></Result>"
#define ENDED                                                                              \
    "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n<Error><Message>\nPlease provide valid " \
    "credentials. "                                                                        \
    "Bearer realm=\"yahooapis.jp\", error=\"invalid_token\", error_description=\"expired " \
    "token\"\n"                                                                            \
    "</Message></Error>"

static bool run_list(struct conversation *c, struct yahoo_account *a, const struct exchange *script,
                     size_t count, struct error *error)
{
    struct mall_list_request request = {DATE_ORDERED, YAHOO_NOW - 1000, YAHOO_NOW, STR("")};
    conversation_init(c, script, count, YAHOO_NOW);
    struct mall_op *op = yahoo_mall.list(&a->account, &request, &c->sink, error);
    assert_non_null(op);
    return conversation_run(c, op, error);
}

static void test_token_is_renewed_before_it_ends(void **state)
{
    static const struct exchange script[] = {
        {.operation = "token",
         .url = "https://auth.login.yahoo.co.jp/yconnect/v2/token",
         .body_is = "grant_type=refresh_token&refresh_token=RT-0001",
         .status = 200,
         .answer = TOKEN_OK},
        {.operation = "orderList", .status = 200, .answer = LIST_OK},
    };
    struct yahoo_account a;
    struct conversation c;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    yahoo_put(&a, "access_token_expires_at", "2026-11-23T00:00:59Z"); // within a minute
    assert_true(run_list(&c, &a, script, 2, &error));
    assert_int_equal(c.learned_count, 2);
    assert_string_equal(c.learned_setting, "access_token_expires_at");
    assert_string_equal(c.learned_value, "2026-11-23T01:00:00Z");
    conversation_free(&c);
    yahoo_put(&a, "access_token", "");
    assert_true(run_list(&c, &a, script, 2, &error));
    conversation_free(&c);
}

static void test_ended_token_is_renewed_once(void **state)
{
    static const struct exchange good[] = {
        {.operation = "orderList",
         .status = 401,
         .header = "WWW-Authenticate",
         .header_value = "Bearer realm=\"yahooapis.jp\", error=\"invalid_token\", "
                         "error_description=\"expired token\"",
         .answer = ENDED},
        {.operation = "token", .status = 200, .answer = TOKEN_OK},
        {.operation = "orderList", .status = 200, .answer = LIST_OK},
    };
    static const struct exchange stubborn[] = {
        {.operation = "orderList", .status = 401, .answer = ENDED}, // the body alone tells
        {.operation = "token", .status = 200, .answer = TOKEN_OK},
        {.operation = "orderList", .status = 401, .answer = ENDED},
    };
    struct yahoo_account a;
    struct conversation c;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    assert_true(run_list(&c, &a, good, 3, &error));
    conversation_free(&c);
    assert_false(run_list(&c, &a, stubborn, 3, &error));
    assert_int_equal(error.class, ERROR_AUTH_INVALID);
    assert_string_equal(error.code, "yahoo.token_not_accepted");
    conversation_free(&c);
}

struct token_case {
    int status;
    const char *answer, *consented_at;
    enum error_class class;
    const char *code;
};
static const struct token_case token_cases[] = {
    {400, "{\"error\":\"invalid_grant\",\"error_description\":\"RT-0001\",\"error_code\":1}",
     "2026-11-10", ERROR_AUTH_EXPIRED, "yahoo.consent_revoked"},
    {401, "{\"error\":\"invalid_grant\"}", "2026-10-26", ERROR_AUTH_EXPIRED,
     "yahoo.consent_expired"},
    {400, "{\"error\":\"invalid_grant\"}", "", ERROR_AUTH_EXPIRED, "yahoo.consent_revoked"},
    {401, "{\"error\":\"invalid_client\"}", "2026-11-10", ERROR_AUTH_INVALID,
     "yahoo.client_refused"},
    {400, "{\"error\":\"invalid_scope\"}", "2026-11-10", ERROR_AUTH_INVALID, "yahoo.token_refused"},
    {500, "{\"error\":\"server_error\"}", "2026-11-10", ERROR_NETWORK, "yahoo.token_server_error"},
    {503, "<html>maintenance</html>", "2026-11-10", ERROR_MAINTENANCE, "mall.maintenance"},
    {200, "<html><p>hello</html>", "2026-11-10", ERROR_MALFORMED, "mall.html_answer"},
    {200, "{\"access_token\":", "2026-11-10", ERROR_MALFORMED, "json.malformed"},
    {200, "{\"token_type\":\"Bearer\"}", "2026-11-10", ERROR_MALFORMED, "yahoo.token_missing"},
    {418, "{}", "2026-11-10", ERROR_AUTH_INVALID, "yahoo.token_refused"},
    {0, NULL, "2026-11-10", ERROR_NETWORK, "network.test"},
};

static void test_token_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof token_cases / sizeof token_cases[0]; i++) {
        const struct token_case *x = &token_cases[i];
        struct exchange script[] = {
            {.operation = "token", .status = x->status, .answer = x->answer}};
        struct yahoo_account a;
        struct conversation c;
        struct error error = {0};
        yahoo_account_make(&a);
        yahoo_put(&a, "access_token", "");
        yahoo_put(&a, "consented_at", x->consented_at);
        assert_false(run_list(&c, &a, script, 1, &error));
        if (error.class != x->class || strcmp(error.code, x->code) != 0)
            fail_msg("case %zu: %s %s", i, error_class_name(error.class), error.code);
        assert_null(strstr(error.peer_text, "RT-0001"));
        conversation_free(&c);
    }
}

static void test_nobody_consented_yet(void **state)
{
    struct yahoo_account a;
    struct conversation c;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    yahoo_put(&a, "access_token", "");
    yahoo_put(&a, "refresh_token", "");
    assert_false(run_list(&c, &a, NULL, 0, &error));
    assert_string_equal(error.code, "yahoo.consent_missing");
    assert_int_equal(error.class, ERROR_AUTH_EXPIRED);
    conversation_free(&c);
}

static void test_code_is_exchanged_once(void **state)
{
    static const struct exchange script[] = {
        {.operation = "token",
         .body_is = "grant_type=authorization_code&code=c%2B1&redirect_uri=https%3A%2F%2Fshop."
                    "example%2Fcb",
         .status = 200,
         .answer =
             "{\"access_token\":\"AT-0009\",\"refresh_token\":\"RT-0009\",\"expires_in\":3600}"},
    };
    static const struct exchange refused[] = {
        {.operation = "token", .status = 400, .answer = "{\"error\":\"invalid_grant\"}"}};
    struct yahoo_account a;
    struct conversation c;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    yahoo_put(&a, "authorization_code", "c+1");
    yahoo_put(&a, "redirect_uri", "https://shop.example/cb");
    CONVERSATION(&c, script, YAHOO_NOW);
    assert_true(conversation_run(&c, yahoo_mall.refresh(&a.account, &c.sink, &error), &error));
    // access token, its end, refresh token, day of consent, code gone
    assert_int_equal(c.learned_count, 5);
    assert_string_equal(c.learned_setting, "authorization_code");
    assert_string_equal(c.learned_value, "");
    conversation_free(&c);
    CONVERSATION(&c, refused, YAHOO_NOW);
    assert_false(conversation_run(&c, yahoo_mall.refresh(&a.account, &c.sink, &error), &error));
    assert_string_equal(error.code, "yahoo.code_refused");
    conversation_free(&c);
}

static void test_refresh_tells_the_ends(void **state)
{
    static const struct exchange script[] = {
        {.operation = "token", .status = 200, .answer = TOKEN_OK}};
    struct yahoo_account a;
    struct conversation c;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    CONVERSATION(&c, script, YAHOO_NOW);
    assert_true(conversation_run(&c, yahoo_mall.refresh(&a.account, &c.sink, &error), &error));
    assert_string_equal(c.learned_kind, "refresh_token");
    assert_string_equal(c.learned_by, "estimated");
    assert_int_equal(c.learned_expires, day_start_jst(20261208)); // 28 days after 2026-11-10
    conversation_free(&c);
    yahoo_put(&a, "public_key_expires_on", "2027-03-31");
    CONVERSATION(&c, script, YAHOO_NOW);
    assert_true(conversation_run(&c, yahoo_mall.refresh(&a.account, &c.sink, &error), &error));
    assert_string_equal(c.learned_kind, "public_key");
    assert_string_equal(c.learned_by, "typed");
    assert_int_equal(c.learned_expires, day_start_jst(20270401)); // the whole last day counts
    conversation_free(&c);
}

struct status_case {
    const char *value, *code;
    enum error_class class;
};
static const struct status_case statuses[] = {
    {"none", "yahoo.public_key.none", ERROR_AUTH_INVALID},
    {"expired-key-version", "yahoo.public_key.expired-key-version", ERROR_AUTH_EXPIRED},
    {"invalid-key-version", "yahoo.public_key.invalid-key-version", ERROR_AUTH_INVALID},
    {"not-found-key-version", "yahoo.public_key.not-found-key-version", ERROR_AUTH_INVALID},
    {"invalid-key-status", "yahoo.public_key.invalid-key-status", ERROR_AUTH_INVALID},
    {"expired-timestamp", "yahoo.public_key.expired-timestamp", ERROR_AUTH_INVALID},
    {"invalid-timestamp", "yahoo.public_key.invalid-timestamp", ERROR_AUTH_INVALID},
    {"invalid-sellerid", "yahoo.public_key.invalid-sellerid", ERROR_AUTH_INVALID},
    {"invalid-authorize-value", "yahoo.public_key.invalid-authorize-value", ERROR_AUTH_INVALID},
    {"unauthorized", "yahoo.public_key.unauthorized", ERROR_AUTH_INVALID},
    {"something-new", "yahoo.public_key.unauthorized", ERROR_AUTH_INVALID},
};

static void test_every_authorize_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct exchange script[] = {{.status = 200,
                                     .header = "x-sws-authorize-status",
                                     .header_value = statuses[i].value,
                                     .answer = LIST_OK}};
        struct yahoo_account a;
        struct conversation c;
        struct error error = {0};
        yahoo_account_make(&a);
        assert_true(run_list(&c, &a, script, 1, &error)); // it never fails the call
        assert_int_equal(c.warning_count, 2);             // unsigned, and what the mall says
        assert_string_equal(c.warnings[1].error.code, statuses[i].code);
        assert_int_equal(c.warnings[1].error.class, statuses[i].class);
        assert_true(c.warnings[1].error.hint_ja[0] && c.warnings[1].error.hint_en[0]);
        assert_string_equal(c.learned_setting, "public_key_status");
        assert_string_equal(c.learned_value, statuses[i].value);
        conversation_free(&c);
        // Known already: told again, but not learned again.
        yahoo_put(&a, "public_key_status", statuses[i].value);
        assert_true(run_list(&c, &a, script, 1, &error));
        assert_int_equal(c.learned_count, 0);
        conversation_free(&c);
    }
}

static void test_test_stores_have_their_own_host(void **state)
{
    static const struct exchange script[] = {
        {.url = "https://test.circus.shopping.yahooapis.jp/ShoppingWebService/V1/orderList",
         .status = 200,
         .answer = LIST_OK}};
    struct yahoo_account a;
    struct conversation c;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    yahoo_put(&a, "seller_id", "snbx-examplestore");
    assert_true(run_list(&c, &a, script, 1, &error));
    conversation_free(&c);
}

static void test_connection_matrix(void **state)
{
    static const struct exchange script[] = {
        {.operation = "orderCount",
         .url = "/V1/orderCount?sellerId=examplestore",
         .status = 200,
         .header = "X-SWS-Authorize-Status",
         .header_value = "authorized",
         .answer = COUNT_OK},
        {.operation = "orderList",
         .body_has = {"<Result>1</Result>"},
         .status = 200,
         .answer = LIST_OK},
    };
    struct yahoo_account a;
    struct conversation c;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    CONVERSATION(&c, script, YAHOO_NOW);
    assert_true(conversation_run(&c, yahoo_mall.check(&a.account, &c.sink, &error), &error));
    assert_int_equal(c.check_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(c.checks[i].state, CHECK_OK);
    assert_string_equal(conversation_check(&c, "token")->note, "consent ends 2026-12-08");
    assert_string_equal(conversation_check(&c, "orderCount")->note, "2 new, 5 to ship");
    conversation_free(&c);
}

static void test_connection_matrix_names_the_refusals(void **state)
{
    static const struct exchange no_consent[] = {
        {.operation = "token", .status = 400, .answer = "{\"error\":\"invalid_grant\"}"}};
    static const struct exchange refused[] = {
        {.operation = "orderCount", .status = 403, .answer = YAHOO_ERROR("px-04307", "no")},
        {.operation = "orderList",
         .status = 400,
         .answer = YAHOO_ERROR("od90101", "Request Parameter Error : Version")},
    };
    struct yahoo_account a;
    struct conversation c;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    CONVERSATION(&c, refused, YAHOO_NOW);
    assert_true(conversation_run(&c, yahoo_mall.check(&a.account, &c.sink, &error), &error));
    assert_int_equal(conversation_check(&c, "token")->state, CHECK_OK);
    assert_string_equal(conversation_check(&c, "orderCount")->code, "yahoo.not_permitted");
    assert_int_equal(conversation_check(&c, "public_key")->state, CHECK_UNKNOWN);
    assert_string_equal(conversation_check(&c, "orderList")->code, "yahoo.request_parameter");
    conversation_free(&c);
    yahoo_put(&a, "access_token", "");
    CONVERSATION(&c, no_consent, YAHOO_NOW);
    assert_true(conversation_run(&c, yahoo_mall.check(&a.account, &c.sink, &error), &error));
    assert_int_equal(c.check_count, 4);
    assert_int_equal(conversation_check(&c, "token")->state, CHECK_REFUSED);
    assert_int_equal(conversation_check(&c, "orderList")->state, CHECK_UNKNOWN);
    conversation_free(&c);
    yahoo_put(&a, "refresh_token", "");
    conversation_init(&c, NULL, 0, YAHOO_NOW);
    assert_true(conversation_run(&c, yahoo_mall.check(&a.account, &c.sink, &error), &error));
    assert_string_equal(conversation_check(&c, "token")->code, "yahoo.consent_missing");
    conversation_free(&c);
}

static void test_settings(void **state)
{
    struct yahoo_account a;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    assert_true(yahoo_mall.validate(&a.account, &error));
    yahoo_put(&a, "public_key", "-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n");
    assert_false(yahoo_mall.validate(&a.account, &error));
    assert_string_equal(error.code, "crypto.public_key");
    yahoo_put(&a, "public_key", "");
    yahoo_put(&a, "authorization_code", "x");
    assert_false(yahoo_mall.validate(&a.account, &error));
    assert_string_equal(error.subject, "redirect_uri");
    // Every default fits its own declaration; every label is there in both languages.
    AUTO_ARENA arena = arena_new(1 << 20);
    for (size_t i = 0; i < yahoo_mall.setting_count; i++) {
        const struct mall_setting *s = &yahoo_mall.settings[i];
        struct str value;
        assert_true(s->label.ja[0] && s->label.en[0] && s->help.ja[0] && s->help.en[0]);
        if (s->default_value &&
            !setting_check(arena, s, str_from(s->default_value), &value, &error))
            fail_msg("%s: %s", s->key, error.what_en);
        if (s->default_value)
            assert_text(value, s->default_value);
    }
    assert_true(yahoo_mall.takes_status(&a.account, STR("processing")));
    assert_false(yahoo_mall.takes_status(&a.account, STR("done")));
    yahoo_put(&a, "fetch_mode", "basic");
    assert_false(yahoo_mall.takes_status(&a.account, STR("processing")));
    assert_true(yahoo_mall.takes_status(&a.account, STR("hold")));
}

static void test_memory_failures(void **state)
{
    static const struct exchange script[] = {
        {.operation = "token", .status = 200, .answer = TOKEN_OK},
        {.operation = "orderCount",
         .status = 200,
         .header = "X-SWS-Authorize-Status",
         .header_value = "none",
         .answer = COUNT_OK},
        {.operation = "orderList", .status = 200, .answer = LIST_OK},
    };
    bool succeeded = false;
    (void)state;
    for (uint64_t n = 1; !succeeded; n++) {
        struct yahoo_account a;
        struct conversation c;
        struct error error = {0};
        yahoo_account_make(&a);
        yahoo_put(&a, "access_token", "");
        CONVERSATION(&c, script, YAHOO_NOW);
        memory_fail_at(n, 0);
        struct mall_op *op = yahoo_mall.check(&a.account, &c.sink, &error);
        succeeded = op && conversation_run(&c, op, &error);
        memory_fail_at(0, 0);
        if (!succeeded)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        conversation_free(&c);
        assert_true(n < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_is_renewed_before_it_ends),
        cmocka_unit_test(test_ended_token_is_renewed_once),
        cmocka_unit_test(test_token_refusals),
        cmocka_unit_test(test_nobody_consented_yet),
        cmocka_unit_test(test_code_is_exchanged_once),
        cmocka_unit_test(test_refresh_tells_the_ends),
        cmocka_unit_test(test_every_authorize_status),
        cmocka_unit_test(test_test_stores_have_their_own_host),
        cmocka_unit_test(test_connection_matrix),
        cmocka_unit_test(test_connection_matrix_names_the_refusals),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_memory_failures),
    };
    return cmocka_run_group_tests_name("yahoo-keys", tests, NULL, NULL);
}
