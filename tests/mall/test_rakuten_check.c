// SPDX-License-Identifier: Apache-2.0
//
// The shapes in which RMS refuses (rakuten.md §1.5, §12), the connection test, the expiry of the
// key, and the declaration of the mall itself.
#include "base/memory.h"
#include "mall/rakuten/rakuten.h"
#include "mall/rakuten/wire.h"
#include "rakuten_support.h"

#define NOW RAKUTEN_TEST_NOW

static void refusals(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum error_class class;
        const char *code, *peer_code;
    } cases[] = {
        // A, B, B'
        {401, "{\"errors\":[{\"code\":\"GA0001\",\"message\":\"Un-Authorised\"}]}",
         ERROR_AUTH_EXPIRED, "rakuten.unauthorised", "GA0001"},
        {401, "{\"Results\":{\"errorCode\":\"ES01-01\",\"message\":\"Un-Authorised\"}}",
         ERROR_AUTH_EXPIRED, "rakuten.unauthorised", "ES01-01"},
        {200, "{\"Results\":{\"errorCode\":\"ES01-01\",\"errorMessage\":\"Un-Authorised\"}}",
         ERROR_AUTH_EXPIRED, "rakuten.unauthorised", "ES01-01"},
        {400, "{\"Results\":{\"errorCode\":\"ES04-01\",\"message\":\"Bad Request\"}}",
         ERROR_NOT_PERMITTED, "rakuten.function_not_enabled", "ES04-01"},
        {415, "{\"Results\":{\"errorCode\":\"ES04-03\",\"message\":\"x\"}}", ERROR_REJECTED,
         "rakuten.content_type", "ES04-03"},
        {415, "", ERROR_REJECTED, "rakuten.content_type", ""},
        {401, "", ERROR_AUTH_EXPIRED, "rakuten.unauthorised", ""},
        // C
        {400,
         "{\"orderNumberList\":null,\"MessageModelList\":[{\"messageType\":\"ERROR\","
         "\"messageCode\":"
         "\"ORDER_EXT_API_SEARCH_ORDER_ERROR_009\",\"message\":"
         "\"dateTypeの項目を指定して下さい。\"}],"
         "\"PaginationResponseModel\":null}",
         ERROR_REJECTED, "rakuten.request_form", "ORDER_EXT_API_SEARCH_ORDER_ERROR_009"},
        {400,
         "{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":\"x\"},{\"messageType\":"
         "\"ERROR\",\"messageCode\":\"ORDER_EXT_API_GET_ORDER_ERROR_999\",\"message\":\"unknown\"}]"
         "}",
         ERROR_REJECTED, "rakuten.refused", "ORDER_EXT_API_GET_ORDER_ERROR_999"},
        // D
        {400,
         "{\"errors\":[{\"code\":\"IE0002\",\"message\":\"invalid\",\"metadata\":{\"propertyPath\":"
         "\"quantity\"}}]}",
         ERROR_REJECTED, "rakuten.refused", "IE0002"},
        {404, "{\"errors\":[{\"code\":\"GE0014\",\"message\":\"not found\"}]}", ERROR_NOT_FOUND,
         "rakuten.not_found", "GE0014"},
        // E and the rest
        {200, "<!DOCTYPE html><html><body>メンテナンス中</body></html>", ERROR_MAINTENANCE,
         "mall.maintenance", ""},
        {200, "\n <HTML><body>login</body></HTML>", ERROR_MALFORMED, "mall.html_answer", ""},
        {503, "<html></html>", ERROR_MAINTENANCE, "mall.maintenance", ""},
        {503, "{}", ERROR_MAINTENANCE, "mall.maintenance", ""},
        {500,
         "{\"MessageModelList\":[{\"messageType\":\"ERROR\",\"messageCode\":\"Z\",\"message\":"
         "\"m\"}]}",
         ERROR_NETWORK, "mall.server_error", "Z"},
        {429, "", ERROR_RATE_LIMITED, "mall.rate_limited", ""},
        {429, "{\"errors\":[{\"code\":\"GA0001\",\"message\":\"x\"}]}", ERROR_RATE_LIMITED,
         "mall.rate_limited", ""},
        {404, "", ERROR_NOT_FOUND, "rakuten.not_found", ""},
        {403, "", ERROR_NOT_PERMITTED, "rakuten.function_not_enabled", ""},
        {302, "", ERROR_REJECTED, "rakuten.refused", ""},
        {200, "{", ERROR_MALFORMED, "json.malformed", ""},
        {200, "\"text\"", ERROR_MALFORMED, "rakuten.answer_unreadable", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AUTO_ARENA arena = arena_new(1 << 20);
        struct http_response response = {.status = cases[i].status,
                                         .body = str_from(cases[i].body)};
        struct json root;
        struct error error = {0};
        if (rakuten_judge(arena, &response, false, NOW, &root, &error) ||
            error.class != cases[i].class || strcmp(error.code, cases[i].code) != 0 ||
            strcmp(error.peer_code, cases[i].peer_code) != 0)
            fail_msg("case %zu: %s %s %s", i, error_class_name(error.class), error.code,
                     error.peer_code);
        assert_int_equal(error.http_status, cases[i].status);
        assert_true(error.what_ja[0] && error.what_en[0]);
        // Hints are whole sentences: nothing was cut at the field's end.
        if (error.hint_ja[0])
            assert_true(str_ends(str_from(error.hint_ja), STR("。")));
        if (error.hint_en[0])
            assert_true(str_ends(str_from(error.hint_en), STR(".")));
    }
}

static void retry_after_is_kept(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 16);
    struct http_response response = {.status = 429};
    struct json root;
    struct error error;
    (void)state;
    response.headers[0] = (struct http_header){STR("Retry-After"), STR("7"), false};
    response.header_count = 1;
    assert_false(rakuten_judge(arena, &response, true, NOW, &root, &error));
    assert_int_equal(error.class, ERROR_RATE_LIMITED);
    assert_int_equal(error.retry_after_ms, 7000);
}

#define MISSING(operation)                                                                         \
    {                                                                                              \
        .status = 400, .body_is = "{}",                                                            \
        .answer = "{\"MessageModelList\":[{\"messageType\":\"ERROR\",\"messageCode\":\"ORDER_EXT_" \
                  "API_" operation "_ERROR_009\",\"message\":\"x\"}]}"                             \
    }
#define EMPTY_SEARCH                                                                          \
    {                                                                                         \
        .operation = "searchOrder", .status = 200,                                            \
        .answer =                                                                             \
            "{\"orderNumberList\":[],\"MessageModelList\":[],\"PaginationResponseModel\":{}}" \
    }
#define UNKNOWN_ORDER                                                                           \
    {                                                                                           \
        .operation = "getOrder", .status = 200,                                                 \
        .answer =                                                                               \
            "{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":\"ORDER_EXT_API_" \
            "GET_ORDER_INFO_102\",\"orderNumber\":\"000000-20200101-0000000000\"}],"            \
            "\"OrderModelList\":[]}"                                                            \
    }
#define EXPIRY                                                                                   \
    {                                                                                            \
        .operation = "licenseExpiry",                                                            \
        .url = "/es/1.0/license-management/license-key/expiry-date?licenseKey=SL999001_example", \
        .status = 200, .answer = "{\"expiryDate\":\"2026-03-01T23:59:59\"}"                      \
    }

static bool check(struct conversation *c, struct error *error)
{
    struct mall_account account = rakuten_test_account();
    struct mall_op *op = rakuten_mall.check(&account, &c->sink, error);
    return op && conversation_run(c, op, error);
}

static void the_connection_matrix(void **state)
{
    static const struct exchange script[] = {EMPTY_SEARCH,
                                             UNKNOWN_ORDER,
                                             MISSING("CONFIRM_ORDER"),
                                             {.operation = "updateOrderShipping",
                                              .status = 400,
                                              .answer = "{\"Results\":{\"errorCode\":\"ES04-01\","
                                                        "\"message\":\"Bad Request\"}}"},
                                             MISSING("CANCEL_ORDER"),
                                             {.status = 503},
                                             EXPIRY};
    struct conversation c;
    struct error error;
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_true(check(&c, &error));
    assert_int_equal(c.check_count, 7);
    assert_int_equal(conversation_check(&c, "searchOrder")->state, CHECK_OK);
    assert_int_equal(conversation_check(&c, "getOrder")->state, CHECK_OK);
    assert_int_equal(conversation_check(&c, "confirmOrder")->state, CHECK_OK);
    assert_int_equal(conversation_check(&c, "updateOrderShipping")->state, CHECK_REFUSED);
    assert_string_equal(conversation_check(&c, "updateOrderShipping")->code,
                        "rakuten.function_not_enabled");
    assert_int_equal(conversation_check(&c, "cancelOrderAfterShipping")->state, CHECK_UNKNOWN);
    assert_string_equal(conversation_check(&c, "licenseExpiry")->note, "expires 2026-03-01");
    assert_int_equal(c.learned_expires, rakuten_test_time("2026-03-01T23:59:59+0900"));
    assert_string_equal(c.learned_kind, "license_key");
    assert_string_equal(c.learned_by, "api");
    assert_int_equal(c.warning_count, 0);
}

static void refused_keys_end_the_questions(void **state)
{
    static const struct exchange script[] = {
        {.operation = "searchOrder",
         .status = 401,
         .answer = "{\"errors\":[{\"code\":\"GA0001\",\"message\":\"Un-Authorised\"}]}"}};
    struct conversation c;
    struct error error;
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_true(check(&c, &error));
    assert_int_equal(c.checks[0].state, CHECK_REFUSED);
    for (size_t i = 1; i < c.check_count; i++)
        assert_int_equal(c.checks[i].state, CHECK_UNKNOWN);
    assert_int_equal(c.check_count, 7);
}

static void unusual_keys_are_warned_of_not_refused(void **state)
{
    static const struct setting_value values[] = {{STR("service_secret"), STR("XX")},
                                                  {STR("license_key"), STR(" YY ")}};
    struct conversation c;
    struct error error;
    struct mall_account account = rakuten_test_account_with(values, 2);
    (void)state;
    conversation_init(&c, NULL, 0, NOW);
    mall_op_free(rakuten_mall.check(&account, &c.sink, &error));
    assert_int_equal(c.warning_count, 2);
}

static bool refresh(struct conversation *c, struct error *error)
{
    struct mall_account account = rakuten_test_account();
    struct mall_op *op = rakuten_mall.refresh(&account, &c->sink, error);
    return op && conversation_run(c, op, error);
}

static void refresh_learns_the_expiry(void **state)
{
    static const char *const answers[] = {"{\"expiryDate\":\"2026-03-01T23:59:59\"}",
                                          "{\"expiryDate\":\"2026-03-01 23:59:59\"}",
                                          "{\"expiryDate\":\"2026-03-01T23:59:59+0900\"}"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct exchange script[] = {EXPIRY};
        struct conversation c;
        struct error error;
        script[0].answer = answers[i];
        CONVERSATION(&c, script, NOW);
        assert_true(refresh(&c, &error));
        assert_int_equal(c.learned_count, 1);
        assert_int_equal(c.learned_expires, rakuten_test_time("2026-03-01T23:59:59+0900"));
        assert_int_equal(c.check_count, 0);
    }
}

// That the licence function is off says nothing about the key.
static void an_unknown_expiry_is_not_an_expired_key(void **state)
{
    static const struct exchange off[] = {
        {.status = 400,
         .answer = "{\"Results\":{\"errorCode\":\"ES04-01\",\"message\":\"Bad Request\"}}"}};
    static const struct exchange gone[] = {
        {.status = 401, .answer = "{\"errors\":[{\"code\":\"GA0001\",\"message\":\"x\"}]}"}};
    struct conversation c;
    struct error error;
    (void)state;
    CONVERSATION(&c, off, NOW);
    assert_true(refresh(&c, &error));
    assert_int_equal(c.learned_count, 0);
    assert_string_equal(c.warnings[0].error.code, "rakuten.expiry_unknown");
    CONVERSATION(&c, gone, NOW);
    assert_false(refresh(&c, &error));
    assert_int_equal(error.class, ERROR_AUTH_EXPIRED);
}

static void the_key_in_the_url_is_marked(void **state)
{
    struct conversation c;
    struct error error;
    struct mall_action action;
    struct mall_account account = rakuten_test_account();
    (void)state;
    conversation_init(&c, NULL, 0, NOW);
    struct mall_op *op = rakuten_mall.refresh(&account, &c.sink, &error);
    mall_op_next(op, NOW, &action);
    assert_true(action.request.url_secret);
    assert_int_equal(action.request.method, HTTP_GET);
    assert_int_equal(action.request.body.n, 0);
    mall_op_free(op);
}

static void the_declaration_holds_together(void **state)
{
    size_t count;
    const struct mall *const *all = malls(&count);
    (void)state;
    assert_true(count >= 1 && all[0] == &rakuten_mall);
    assert_ptr_equal(mall_by_id(STR("rakuten")), &rakuten_mall);
    assert_null(mall_by_id(STR("nowhere")));
    for (size_t i = 0; i < rakuten_mall.setting_count; i++) {
        const struct mall_setting *s = &rakuten_mall.settings[i];
        AUTO_ARENA arena = arena_new(1 << 16);
        struct str value;
        struct error error = {0};
        assert_true(s->label.ja[0] && s->label.en[0] && s->help.ja[0] && s->help.en[0]);
        if (s->default_value)
            assert_true(setting_check(arena, s, str_from(s->default_value), &value, &error));
    }
}

static void validation_of_keys(void **state)
{
    static const struct setting_value swapped[] = {{STR("service_secret"), STR("SL1_x")},
                                                   {STR("license_key"), STR("SP1_x")}};
    static const struct setting_value same[] = {{STR("service_secret"), STR("SP1_x")},
                                                {STR("license_key"), STR("SP1_x")}};
    static const struct setting_value colon[] = {{STR("service_secret"), STR("SP1:SL2")},
                                                 {STR("license_key"), STR("SL2")}};
    struct mall_account fine = rakuten_test_account();
    struct mall_account a = rakuten_test_account_with(swapped, 2);
    struct mall_account b = rakuten_test_account_with(same, 2);
    struct mall_account c = rakuten_test_account_with(colon, 2);
    struct error error;
    (void)state;
    assert_true(rakuten_mall.validate(&fine, &error));
    assert_false(rakuten_mall.validate(&a, &error));
    assert_string_equal(error.code, "rakuten.keys_swapped");
    assert_false(rakuten_mall.validate(&b, &error));
    assert_false(rakuten_mall.validate(&c, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals),
        cmocka_unit_test(retry_after_is_kept),
        cmocka_unit_test(the_connection_matrix),
        cmocka_unit_test(refused_keys_end_the_questions),
        cmocka_unit_test(unusual_keys_are_warned_of_not_refused),
        cmocka_unit_test(refresh_learns_the_expiry),
        cmocka_unit_test(an_unknown_expiry_is_not_an_expired_key),
        cmocka_unit_test(the_key_in_the_url_is_marked),
        cmocka_unit_test(the_declaration_holds_together),
        cmocka_unit_test(validation_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
