// SPDX-License-Identifier: Apache-2.0
//
// Requests to MakeShop byte for byte, every refusal that is known with its class and words, answers
// cut at every byte, and lack of memory anywhere.
#include "base/memory.h"
#include "mall/makeshop/makeshop.h"
#include "support/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NO "P100000000000000001"
#define NOW 1740794400000 // 2025-03-01 11:00:00 JST

// clang-format off
#define LEGACY_ORDER \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><orders><order><ordernum>" NO "</ordernum><status>1</status>" \
    "<date>2025-03-01 10:15:30</date><payment_status>0</payment_status><paymethod type=\"B\">銀行振込</paymethod>" \
    "<buyer><name>見本 花子</name><kana>ミホン ハナコ</kana><zip>100-0001</zip><area>東京(23区内)</area>" \
    "<city>千代田区千代田</city><street>0-0-0</street><tel>000-0000-0000</tel><email>sample@example.com</email></buyer>" \
    "<orderdetail><sumprice>3850</sumprice><carriage>550</carriage><bulk>0</bulk><coupon>0</coupon>" \
    "<usepoint type=\"shop\">0</usepoint><usepoint type=\"gmo\">0</usepoint><commodities><commodity>" \
    "<brandcode>000000000001</brandcode><orgcode>ITEM-1</orgcode><orgoptioncode>ITEM-1-R</orgoptioncode>" \
    "<jancode>4900000000000</jancode><name>見本品</name><price>1500</price><amount>2</amount>" \
    "<consumption_tax_rate>10</consumption_tax_rate><option>色：赤</option></commodity></commodities></orderdetail>" \
    "<deliveries><delivery><delivery_id>0</delivery_id><name>見本 花子</name><kana>ミホン ハナコ</kana>" \
    "<zip>100-0001</zip><area>東京(23区内)</area><city>千代田区千代田</city><street>0-0-0</street>" \
    "<tel>000-0000-0000</tel><carriage name=\"宅急便\">550</carriage><deliverydate>2025/03/05</deliverydate>" \
    "<deliverytime>午前中</deliverytime><scheduled_shipping_date>0000-00-00</scheduled_shipping_date>" \
    "<shipping_date>0000-00-00</shipping_date><delivery_order>0</delivery_order></delivery></deliveries>" \
    "<notes><note title=\"備考\">置き配希望</note></notes></order></orders>"
#define GRAPHQL_ORDER(state, number) \
    "{\"data\":{\"searchOrder\":{\"searchedCount\":1,\"page\":1,\"orders\":[{\"displayOrderNumber\":\"" NO "\"," \
    "\"orderDate\":\"2025-03-01 10:15:30\",\"sumPrice\":3850,\"payMethod\":\"B\",\"paymentStatusCode\":\"N\"," \
    "\"message\":\"置き配希望||包装：なし\",\"deliveryInfos\":[{\"deliveryId\":1,\"deliveryStatus\":\"" state "\"," \
    "\"slipNumber\":\"" number "\",\"desiredDeliveryDate\":\"--\",\"shippingCharge\":550,\"deliverySumPrice\":3300," \
    "\"basketInfos\":[{\"productCode\":\"000000000001\",\"variationCustomCode\":\"ITEM-1-R\",\"amount\":2," \
    "\"price\":1500}]}]}]}}}"
// clang-format on

struct account {
    struct setting_value values[6];
    struct mall_account account;
};

static void make(struct account *a, const char *api)
{
    *a = (struct account){.values = {{STR("api"), str_from(api)},
                                     {STR("shop_id"), STR("demoshop")},
                                     {STR("order_auth_code"), STR("c0de")},
                                     {STR("app_token"), STR("Bearer PAT.1")},
                                     {STR("app_api_key"), STR("key")},
                                     {STR("service_name"), STR("examplesys")}}};
    a->account = (struct mall_account){.shop_id = 7, .values = a->values, .value_count = 6};
}

static bool read_one(struct conversation *c, const char *api, const struct exchange *script,
                     size_t count, struct error *error)
{
    struct account a;
    struct str no = STR(NO);
    struct mall_read_request request = {.order_nos = &no, .count = 1};
    make(&a, api);
    conversation_init(c, script, count, NOW);
    struct mall_op *op = makeshop_mall.read(&a.account, &request, &c->sink, error);
    return op ? conversation_run(c, op, error) : false;
}

static bool ship_one(struct conversation *c, const char *api, const struct exchange *script,
                     size_t count, struct error *error)
{
    struct account a;
    struct order order;
    struct shipment parcel = {.carrier = STR("yamato"),
                              .carrier_mall_code = STR(""),
                              .tracking_number = STR("1234-5678-9012"),
                              .ship_date = 20250301};
    bool legacy = strcmp(api, "legacy") == 0;
    struct order_package package = {.number = 1,
                                    .mall_ref = legacy ? STR("0") : STR("1"),
                                    .shipments = &parcel,
                                    .shipment_count = 1};
    make(&a, api);
    order_init(&order);
    order.order_no = STR(NO);
    order.state = ORDER_ACCEPTED;
    struct mall_ship_request request = {.order = &order,
                                        .packages = &package,
                                        .package_count = 1,
                                        .target_status = STR(""),
                                        .progress = STR("")};
    conversation_init(c, script, count, NOW);
    struct mall_op *op = makeshop_mall.ship(&a.account, &request, &c->sink, error);
    return op ? conversation_run(c, op, error) : false;
}

static void test_the_samples_are_read(void **state)
{
    static const struct exchange legacy[] = {
        {.operation = "get",
         .url = "https://www.makeshop.jp/api/orderinfo/index.html?cmd=get&ordernum=" NO
                "&canceled=1&shopid=demoshop&token=c0de&service=examplesys",
         .status = 200,
         .answer = LEGACY_ORDER}};
    static const struct exchange graphql[] = {
        {.operation = "searchOrder",
         .url = "https://app-api.makeshop.jp/v1/graphql",
         .body_has = {"query searchOrder($input: SearchOrderRequest!)",
                      "\"displayOrderNumber\":\"" NO "\"", "\"operationName\":null"},
         .status = 200,
         .answer = GRAPHQL_ORDER("N", "")}};
    struct conversation c;
    struct error error = {0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_true(read_one(&c, i ? "graphql" : "legacy", i ? graphql : legacy, 1, &error));
        assert_int_equal(conversation_orders(&c), 1);
        const struct order *o = &conversation_order(&c, 0)->order;
        assert_int_equal(o->billed, 3850);
        assert_int_equal(o->goods, 3300);
        assert_int_equal(o->postage, 550);
        assert_int_equal(o->ordered_at, 1740791730000);
        assert_int_equal(o->payment_state, PAYMENT_UNPAID_BEFORE_SHIP);
        assert_true(str_eq(o->mall_status, STR("1/0/0")));
        assert_true(str_eq(o->buyer_note, STR("置き配希望")));
        assert_true(str_eq(o->packages[0].lines[0].sku, STR("ITEM-1-R")));
        assert_int_equal(o->packages[0].requested_date, i ? 0 : 20250305);
        assert_true(conversation_order(&c, 0)->raw.n > 100);
        conversation_free(&c);
    }
}

static void test_writes_are_exact(void **state)
{
    static const struct exchange legacy[] = {
        {.operation = "get", .status = 200, .answer = LEGACY_ORDER},
        {.operation = "deliver",
         .writes = true,
         .url = "cmd=deliver&ordernum=" NO
                "&deliveryid=0&status=3&carrier=002&deliverynum=123456789012&send_mail=1&shopid=",
         .status = 200,
         .answer = "<response><ordernum>" NO "</ordernum><code>100</code><message>OK</message>"
                   "</response>"}};
    static const struct exchange graphql[] = {
        {.operation = "searchOrder", .status = 200, .answer = GRAPHQL_ORDER("N", "")},
        {.operation = "updateOrderAttribute",
         .writes = true,
         .body_has =
             {"\"variables\":{\"input\":{\"updateOrderAttributes\":[{\"displayOrderNumber\":"
              "\"" NO "\",\"deliveryRequestInfos\":[{\"deliveryId\":1,\"slipNumber\":"
              "\"123456789012\",\"deliveryCompanyCode\":\"002\"}]}]}}"},
         .status = 200,
         .answer = "{\"data\":{\"updateOrderAttribute\":{\"updateOrderAttributeResults\":[{"
                   "\"displayOrderNumber\":\"" NO "\",\"message\":null}]}}}"},
        {.operation = "updateOrderDeliveryStatus",
         .writes = true,
         .body_has = {"\"updateOrderDeliveryStatusRequests\":[{\"displayOrderNumber\":\"" NO
                      "\",\"deliveryId\":1,\"deliveryStatus\":\"COMPLETED\"}]"},
         .status = 200,
         .answer = "{\"data\":{\"updateOrderDeliveryStatus\":{"
                   "\"updateOrderDeliveryStatusResults\":[{\"displayOrderNumber\":\"" NO
                   "\",\"deliveryId\":1,\"message\":null}]}}}"}};
    struct conversation c;
    struct error error = {0};
    (void)state;
    assert_true(ship_one(&c, "legacy", legacy, 2, &error));
    assert_int_equal(c.progress_count, 2);
    assert_string_equal(c.progress[0], "deliver 0");
    conversation_free(&c);
    assert_true(ship_one(&c, "graphql", graphql, 3, &error));
    assert_int_equal(c.progress_count, 4);
    assert_string_equal(c.progress[0], "parcel");
    assert_string_equal(c.progress[1], "parcel_done");
    assert_string_equal(c.progress[2], "deliver 1");
    conversation_free(&c);
}

struct refusal {
    const char *words;
    enum error_class class;
    const char *code;
};
static const struct refusal legacy_refusals[] = {
    {"認証に失敗しました。", ERROR_AUTH_INVALID, "makeshop.code_refused"},
    {"注文情報参照が許可されていません。", ERROR_NOT_PERMITTED, "makeshop.read_not_allowed"},
    {"注文情報変更が許可されていません。", ERROR_NOT_PERMITTED, "makeshop.change_not_allowed"},
    {"注文データ連携APIのご利用は終了しました。", ERROR_NOT_PERMITTED, "makeshop.legacy_closed"},
    {"アクセス制限中です。", ERROR_RATE_LIMITED, "makeshop.blocked"},
    {"1日の接続回数を超えました。", ERROR_QUOTA_USED_UP, "makeshop.quota"},
    {"メンテナンス中です。", ERROR_MAINTENANCE, "makeshop.maintenance"},
    {"日付の形式が正しくありません。", ERROR_REJECTED, "makeshop.request_form"},
    {"システムエラーが発生しました。", ERROR_NETWORK, "makeshop.server_error"},
    {"何かが違います。", ERROR_REJECTED, "makeshop.refused"},
};

static void has_both_languages(const struct error *e, const char *words)
{
    if (!e->what_ja[0] || !e->what_en[0] || !e->hint_ja[0] || !e->hint_en[0])
        fail_msg("%s: texts are missing", words);
    if (str_find(str_from(e->peer_text), str_from(words)) < 0)
        fail_msg("%s: the mall's own words are lost", words);
}

static void test_refusals_of_the_old_api(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof legacy_refusals / sizeof legacy_refusals[0]; i++) {
        char answer[512];
        struct conversation c;
        struct error error = {0};
        snprintf(answer, sizeof answer,
                 "<response><ordernum></ordernum><code>999</code><message>%s</message></response>",
                 legacy_refusals[i].words);
        struct exchange script[] = {{.status = 200, .answer = answer}};
        assert_false(read_one(&c, "legacy", script, 1, &error));
        if (error.class != legacy_refusals[i].class ||
            strcmp(error.code, legacy_refusals[i].code) != 0)
            fail_msg("%s: %s", legacy_refusals[i].words, error.code);
        assert_string_equal(error.peer_code, "999");
        has_both_languages(&error, legacy_refusals[i].words);
        conversation_free(&c);
    }
}

static const struct {
    int status;
    const char *code;
    struct refusal is;
} graphql_refusals[] = {
    {401, "UNAUTHENTICATED", {"invalid token", ERROR_AUTH_INVALID, "makeshop.token_refused"}},
    {200, "UNAUTHENTICATED", {"invalid token", ERROR_AUTH_INVALID, "makeshop.token_refused"}},
    {401, "", {"x-timestamp is out of range", ERROR_AUTH_INVALID, "makeshop.clock_skew"}},
    {403, "FORBIDDEN", {"invalid x-api-key", ERROR_AUTH_INVALID, "makeshop.api_key"}},
    {200,
     "FORBIDDEN",
     {"permission denied", ERROR_NOT_PERMITTED, "makeshop.operation_not_allowed"}},
    {413, "", {"entity", ERROR_REJECTED, "makeshop.body_too_large"}},
    {200, "", {"quota exceeded", ERROR_QUOTA_USED_UP, "makeshop.quota"}},
    {200, "", {"too many requests", ERROR_RATE_LIMITED, "makeshop.blocked"}},
    {200, "", {"under maintenance", ERROR_MAINTENANCE, "makeshop.maintenance"}},
    {200, "", {"internal system error", ERROR_NETWORK, "makeshop.server_error"}},
    {200, "BAD_USER_INPUT", {"limit is wrong", ERROR_REJECTED, "makeshop.page_limit"}},
    {422, "", {"Cannot query field 'slipNumber'", ERROR_REJECTED, "makeshop.schema_changed"}},
    {200, "", {"something else", ERROR_REJECTED, "makeshop.refused"}},
};

static void test_refusals_of_graphql(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof graphql_refusals / sizeof graphql_refusals[0]; i++) {
        char answer[512];
        struct conversation c;
        struct error error = {0};
        const struct refusal *is = &graphql_refusals[i].is;
        snprintf(answer, sizeof answer,
                 "{\"errors\":[{\"message\":\"%s\",\"extensions\":{\"code\":\"%s\"}}],"
                 "\"data\":null}",
                 is->words, graphql_refusals[i].code);
        struct exchange script[] = {{.status = graphql_refusals[i].status, .answer = answer}};
        assert_false(read_one(&c, "graphql", script, 1, &error));
        if (error.class != is->class || strcmp(error.code, is->code) != 0)
            fail_msg("%s: %s", is->words, error.code);
        assert_int_equal(error.http_status, graphql_refusals[i].status);
        has_both_languages(&error, is->words);
        conversation_free(&c);
    }
}

static const struct refusal row_refusals[] = {
    {"キャンセルされた注文は更新できません。", ERROR_REJECTED, "makeshop.order_cancelled"},
    {"仮注文は更新できません。", ERROR_CONFLICT, "makeshop.provisional"},
    {"該当する注文が存在しません。", ERROR_NOT_FOUND, "makeshop.order_not_found"},
    {"配送先IDが正しくありません。", ERROR_REJECTED, "makeshop.destination"},
    {"配送業者コードが不正です。", ERROR_REJECTED, "makeshop.carrier"},
    {"配送状態が正しくありません。", ERROR_REJECTED, "makeshop.delivery_state"},
};

static void test_rows_of_a_mutation_are_refused_by_themselves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof row_refusals / sizeof row_refusals[0]; i++) {
        char answer[512];
        struct conversation c;
        struct error error = {0};
        snprintf(answer, sizeof answer,
                 "{\"data\":{\"updateOrderAttribute\":{\"updateOrderAttributeResults\":[{"
                 "\"displayOrderNumber\":\"" NO "\",\"message\":\"%s\"}]}}}",
                 row_refusals[i].words);
        struct exchange script[] = {{.status = 200, .answer = GRAPHQL_ORDER("N", "")},
                                    {.writes = true, .status = 200, .answer = answer}};
        assert_false(ship_one(&c, "graphql", script, 2, &error));
        if (error.class != row_refusals[i].class || strcmp(error.code, row_refusals[i].code) != 0)
            fail_msg("%s: %s", row_refusals[i].words, error.code);
        has_both_languages(&error, row_refusals[i].words);
        conversation_free(&c);
    }
}

// What a write answers and doesn't say clearly is ambiguous.
static void test_unclear_answers_to_writes(void **state)
{
    static const struct {
        const char *api;
        int status;
        const char *answer;
    } cases[] = {
        {"graphql", 0, ""},
        {"graphql", 500, "{}"},
        {"graphql", 200, "<html>x</html>"},
        {"graphql", 200, "{\"data\":{\"updateOrderAttribute\":{}}}"},
        {"graphql", 200, "{\"data\":null}"},
        {"graphql", 200,
         "{\"data\":{\"updateOrderAttribute\":{\"updateOrderAttributeResults\":[{"
         "\"displayOrderNumber\":\"P9\",\"message\":null}]}}}"},
        {"legacy", 0, ""},
        {"legacy", 503, "x"},
        {"legacy", 200, "<orders/>"},
        {"legacy", 200, "<response><message>OK"},
        {"legacy", 200, "<response><ordernum>P9</ordernum><message>OK</message></response>"},
        {"legacy", 200, "<response><message>システムエラー</message></response>"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conversation c;
        struct error error = {0};
        bool legacy = strcmp(cases[i].api, "legacy") == 0;
        struct exchange script[] = {
            {.status = 200, .answer = legacy ? LEGACY_ORDER : GRAPHQL_ORDER("N", "")},
            {.writes = true,
             .status = cases[i].status,
             .maybe_sent = true,
             .answer = cases[i].answer}};
        assert_false(ship_one(&c, cases[i].api, script, 2, &error));
        if (error.class != ERROR_AMBIGUOUS)
            fail_msg("%zu: %s is no ambiguous outcome", i, error.code);
        conversation_free(&c);
    }
}

static void test_unknown_fields_are_left_out(void **state)
{
    static const struct exchange script[] = {
        {.body_has = {" memberId ", " wmsStatus "},
         .status = 422,
         .answer = "{\"errors\":[{\"message\":\"Cannot query field \\\"memberId\\\" on type "
                   "\\\"Order\\\".\"},{\"message\":\"Cannot query field \\\"wmsStatus\\\" on type "
                   "\\\"DeliveryInfo\\\".\"}],\"data\":null}"},
        {.body_lacks = {"memberId", "wmsStatus"}, .status = 200, .answer = GRAPHQL_ORDER("N", "")},
    };
    struct conversation c;
    struct error error = {0};
    (void)state;
    assert_true(read_one(&c, "graphql", script, 2, &error));
    assert_int_equal(conversation_orders(&c), 1);
    assert_string_equal(c.learned_setting, "fields_left_out");
    conversation_free(&c);
}

static void test_answers_cut_anywhere(void **state)
{
    static const char *const answers[] = {LEGACY_ORDER, GRAPHQL_ORDER("Y", "1")};
    (void)state;
    for (int i = 0; i < 2; i++) {
        size_t length = strlen(answers[i]);
        for (size_t n = 0; n < length; n++) {
            struct exchange script[] = {{.status = 200, .bytes = str_make(answers[i], n)},
                                        {.status = 200, .bytes = str_make(answers[i], n)}};
            struct conversation c;
            struct error error = {0};
            script[0].bytes.p = script[1].bytes.p = answers[i];
            assert_false(read_one(&c, i ? "graphql" : "legacy", script, 2, &error));
            assert_int_equal(error.class, ERROR_MALFORMED);
            conversation_free(&c);
        }
    }
}

static void test_without_memory(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = GRAPHQL_ORDER("N", "")},
        {.writes = true,
         .status = 200,
         .answer = "{\"data\":{\"updateOrderAttribute\":{\"updateOrderAttributeResults\":[{"
                   "\"displayOrderNumber\":\"" NO "\",\"message\":null}]}}}"},
        {.writes = true,
         .status = 200,
         .answer = "{\"data\":{\"updateOrderDeliveryStatus\":{"
                   "\"updateOrderDeliveryStatusResults\":[{\"displayOrderNumber\":\"" NO
                   "\",\"message\":null}]}}}"}};
    static const struct exchange legacy[] = {{.status = 200, .answer = LEGACY_ORDER}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        uint64_t n = 1;
        for (;; n++) {
            struct conversation c;
            struct error error = {0};
            memory_fail_at(n, 0);
            bool done = i ? ship_one(&c, "graphql", script, 3, &error)
                          : read_one(&c, "legacy", legacy, 1, &error);
            uint64_t made = memory_fail_at(0, 0);
            if (!done && error.class != ERROR_NO_MEMORY && error.class != ERROR_AMBIGUOUS)
                fail_msg("allocation %llu: %s", (unsigned long long)n, error.code);
            conversation_free(&c);
            assert_true(n < 3000);
            if (done && made < n)
                break;
        }
        assert_true(n > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_samples_are_read),
        cmocka_unit_test(test_writes_are_exact),
        cmocka_unit_test(test_refusals_of_the_old_api),
        cmocka_unit_test(test_refusals_of_graphql),
        cmocka_unit_test(test_rows_of_a_mutation_are_refused_by_themselves),
        cmocka_unit_test(test_unclear_answers_to_writes),
        cmocka_unit_test(test_unknown_fields_are_left_out),
        cmocka_unit_test(test_answers_cut_anywhere),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
