// SPDX-License-Identifier: Apache-2.0
//
// What changes something at Rakuten: shipping reports (rakuten.md §7), confirmation (§6) and
// cancellation (§9). Above all: rows are matched, never doubled, and nothing is sent twice.
#include "base/memory.h"
#include "mall/rakuten/codes.h"
#include "mall/rakuten/rakuten.h"
#include "mall/rakuten/ship_rules.h"
#include "rakuten_support.h"

#define NOW RAKUTEN_TEST_NOW
#define ROW(id, number, company, date)                                                        \
    "{\"shippingDetailId\":" id ",\"shippingNumber\":" number ",\"deliveryCompany\":" company \
    ",\"deliveryCompanyName\":\"x\",\"shippingDate\":" date "}"
#define DONE_ROW ROW("56000001", "\"1234\"", "\"1001\"", "\"2026-01-15\"")
#define SHIPPED                                                                                    \
    "{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":\"ORDER_EXT_API_UPDATE_"     \
    "ORDERSHIPPING_INFO_101\",\"message\":\"ok\",\"dataNumber\":1,\"shippingDetailId\":56000001}]" \
    "}"

// The sample with these rows in its basket.
static const char *sample_with(const char *rows)
{
    static char text[4096];
    snprintf(text, sizeof text, "\"ShippingModelList\":[%s]", rows);
    return rakuten_vary("\"ShippingModelList\":[]", text);
}

struct desire {
    struct order order;
    struct order_package known, wanted;
    struct shipment shipments[3];
    struct mall_ship_request request;
};

// One parcel for the sample's basket.
static void desire(struct desire *d, const char *number, const char *carrier, day date)
{
    memset(d, 0, sizeof *d);
    order_init(&d->order);
    d->order.order_no = STR(RAKUTEN_SAMPLE_NO);
    d->order.mall_status = STR("300");
    d->known = (struct order_package){.number = 1, .mall_ref = STR("20000001")};
    d->wanted = d->known;
    d->shipments[0] = (struct shipment){.carrier = str_from(carrier),
                                        .tracking_number = str_from(number),
                                        .ship_date = date,
                                        .carrier_mall_code = STR(""),
                                        .mall_ref = STR("")};
    d->wanted.shipments = d->shipments;
    d->wanted.shipment_count = 1;
    d->order.packages = &d->known;
    d->order.package_count = 1;
    d->request = (struct mall_ship_request){.order = &d->order,
                                            .packages = &d->wanted,
                                            .package_count = 1,
                                            .progress = STR(""),
                                            .target_status = STR(""),
                                            .work_status_role = STR("shipped")};
}

static const struct setting_value with_async[] = {
    {{"service_secret", 14}, {"SP999001_example", 16}},
    {{"license_key", 11}, {"SL999001_example", 16}},
    {{"shipping_async", 14}, {"true", 4}},
};
static const struct setting_value without_numbers[] = {
    {{"service_secret", 14}, {"SP999001_example", 16}},
    {{"license_key", 11}, {"SL999001_example", 16}},
    {{"allow_without_tracking", 22}, {"true", 4}},
};

static bool ship_as(struct conversation *c, const struct setting_value *values, size_t count,
                    const struct mall_ship_request *request, struct error *error)
{
    struct mall_account account = rakuten_test_account_with(values, count);
    struct mall_op *op = rakuten_mall.ship(&account, request, &c->sink, error);
    return op && conversation_run(c, op, error);
}
static bool ship(struct conversation *c, const struct mall_ship_request *request,
                 struct error *error)
{
    return ship_as(c, with_async, 2, request, error);
}

static void a_first_parcel_adds_a_row(void **state)
{
    static const struct exchange script[] = {
        {.operation = "getOrder", .status = 200, .answer = rakuten_sample},
        {.operation = "updateOrderShipping",
         .writes = true,
         .body_is =
             "{\"orderNumber\":\"" RAKUTEN_SAMPLE_NO "\",\"BasketidModelList\":[{\"basketId\":"
             "20000001,\"ShippingModelList\":[{\"deliveryCompany\":\"1001\",\"shippingNumber\":"
             "\"1234\",\"shippingDate\":\"2026-01-15\"}]}]}",
         .status = 200,
         .answer = SHIPPED},
    };
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "1234", "yamato", 20260115);
    CONVERSATION(&c, script, NOW);
    assert_true(ship(&c, &d.request, &error));
    assert_int_equal(c.progress_count, 1);
    assert_true(strstr(c.progress[0], "\"stage\":\"sending\"") != NULL);
    conversation_free(&c);
}

static void what_is_there_already_is_not_sent_again(void **state)
{
    struct exchange script[] = {{.operation = "getOrder", .status = 200}};
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "12-34", "yamato", 20260115);
    script[0].answer = sample_with(DONE_ROW);
    CONVERSATION(&c, script, NOW);
    assert_true(ship(&c, &d.request, &error));
    assert_int_equal(c.progress_count, 0);
    conversation_free(&c);
}

static void a_placeholder_is_filled_not_doubled(void **state)
{
    struct exchange script[] = {
        {.operation = "getOrder", .status = 200},
        {.operation = "updateOrderShipping",
         .writes = true,
         .body_has =
             {"[{\"shippingDetailId\":77,\"deliveryCompany\":\"1002\",\"shippingNumber\":\"9\"",
              "\"shippingDate\":\"2026-01-15\"}]"},
         .status = 200,
         .answer = SHIPPED},
    };
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "9", "sagawa", 20260115);
    script[0].answer = sample_with(ROW("77", "null", "\"1000\"", "null"));
    CONVERSATION(&c, script, NOW);
    assert_true(ship(&c, &d.request, &error));
    conversation_free(&c);
}

static void our_row_is_corrected_by_its_reference(void **state)
{
    struct exchange script[] = {
        {.operation = "getOrder", .status = 200},
        {.operation = "updateOrderShipping",
         .writes = true,
         .body_has = {"\"shippingDetailId\":56000001,", "\"shippingNumber\":\"5678\""},
         .status = 200,
         .answer = SHIPPED},
    };
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "5678", "yamato", 20260115);
    d.shipments[0].mall_ref = STR("56000001");
    script[0].answer = sample_with(DONE_ROW);
    CONVERSATION(&c, script, NOW);
    assert_true(ship(&c, &d.request, &error));
    conversation_free(&c);
}

static void blank_leftovers_are_removed_in_the_same_call(void **state)
{
    struct exchange script[] = {
        {.operation = "getOrder", .status = 200},
        {.operation = "updateOrderShipping",
         .writes = true,
         .body_has = {"{\"shippingDetailId\":78,\"shippingDeleteFlag\":1}"},
         .body_lacks = {"\"shippingDetailId\":56000001"},
         .status = 200,
         .answer = SHIPPED},
    };
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "1234", "yamato", 20260115);
    script[0].answer = sample_with(DONE_ROW "," ROW("78", "null", "\"1000\"", "null"));
    CONVERSATION(&c, script, NOW);
    assert_true(ship(&c, &d.request, &error));
    conversation_free(&c);
}

static void another_parcel_entered_at_rakuten_is_not_overwritten(void **state)
{
    struct exchange script[] = {{.operation = "getOrder", .status = 200}};
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "5678", "yamato", 20260115);
    script[0].answer = sample_with(DONE_ROW);
    CONVERSATION(&c, script, NOW);
    assert_false(ship(&c, &d.request, &error));
    assert_int_equal(error.class, ERROR_REJECTED);
    assert_string_equal(error.code, "rakuten.other_tracking_number");
    conversation_free(&c);
}

static void two_parcels_are_two_rows(void **state)
{
    static const struct exchange script[] = {
        {.operation = "getOrder", .status = 200, .answer = rakuten_sample},
        {.operation = "updateOrderShipping",
         .writes = true,
         .body_has = {"\"shippingNumber\":\"1\"", "\"shippingNumber\":\"2\""},
         .status = 200,
         .answer = SHIPPED},
    };
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "1", "yamato", 20260115);
    d.shipments[1] = d.shipments[0];
    d.shipments[1].tracking_number = STR("2");
    d.wanted.shipment_count = 2;
    CONVERSATION(&c, script, NOW);
    assert_true(ship(&c, &d.request, &error));
    conversation_free(&c);
}

static void a_cancelled_order_takes_no_report(void **state)
{
    struct exchange script[] = {{.operation = "getOrder", .status = 200}};
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "1", "yamato", 20260115);
    script[0].answer = rakuten_vary("\"orderProgress\":300", "\"orderProgress\":800");
    CONVERSATION(&c, script, NOW);
    assert_false(ship(&c, &d.request, &error));
    assert_string_equal(error.code, "order.cancelled_at_mall");
    d.order.mall_status = STR("900");
    conversation_init(&c, NULL, 0, NOW);
    assert_false(ship(&c, &d.request, &error));
    assert_string_equal(error.code, "order.cancelled_at_mall");
}

// Whatever isn't the mall's clear word after a write leaves the outcome open.
static void a_lost_answer_is_never_followed_by_another_write(void **state)
{
    static const struct exchange lost[] = {
        {.status = 0, .maybe_sent = true},
        {.status = 500, .answer = "{}"},
        {.status = 503, .answer = "<html>メンテナンス</html>"},
        {.status = 502},
        {.status = 200, .answer = "{\"MessageModelList\":[{\"messageTy"},
        {.status = 200, .answer = "<html><body>ok</body></html>"},
        {.status = 200, .answer = "{}"},
        {.status = 200, .answer = "{\"MessageModelList\":[]}"},
        {.status = 200, .answer = "[]"},
        {.status = 200, .answer = ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        struct exchange script[] = {
            {.operation = "getOrder", .status = 200, .answer = rakuten_sample}, lost[i]};
        struct conversation c;
        struct desire d;
        struct error error = {0};
        script[1].writes = true;
        desire(&d, "1", "yamato", 20260115);
        CONVERSATION(&c, script, NOW);
        bool done = ship(&c, &d.request, &error);
        if (done || error.class != ERROR_AMBIGUOUS)
            fail_msg("case %zu: %s", i, error.code);
        conversation_free(&c);
    }
}

static void a_refused_write_is_no_riddle(void **state)
{
    static const struct {
        int status;
        const char *answer;
        enum error_class class;
        const char *code;
    } cases[] = {
        {0, NULL, ERROR_NETWORK, "network.test"},
        {429, "", ERROR_RATE_LIMITED, "mall.rate_limited"},
        {401, "{\"errors\":[{\"code\":\"GA0001\",\"message\":\"Un-Authorised\"}]}",
         ERROR_AUTH_EXPIRED, "rakuten.unauthorised"},
        {400, "{\"Results\":{\"errorCode\":\"ES04-01\",\"message\":\"Bad Request\"}}",
         ERROR_NOT_PERMITTED, "rakuten.function_not_enabled"},
        {400,
         "{\"MessageModelList\":[{\"messageType\":\"ERROR\",\"messageCode\":\"ORDER_EXT_API_UPDATE_"
         "ORDERSHIPPING_ERROR_011\",\"message\":\"shippingDateの書式が不正です。\",\"dataNumber\":"
         "1}]}",
         ERROR_REJECTED, "rakuten.request_form"},
        {200,
         "{\"MessageModelList\":[{\"messageType\":\"ERROR\",\"messageCode\":\"ORDER_EXT_API_UPDATE_"
         "ORDERSHIPPING_ERROR_102\",\"message\":\"x\"}]}",
         ERROR_REJECTED, "rakuten.order_cancelled"},
        {200,
         "{\"MessageModelList\":[{\"messageType\":\"ERROR\",\"messageCode\":\"ORDER_EXT_API_UPDATE_"
         "ORDERSHIPPING_ERROR_777\",\"message\":\"謎のエラー\"}]}",
         ERROR_REJECTED, "rakuten.refused"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exchange script[] = {
            {.operation = "getOrder", .status = 200, .answer = rakuten_sample},
            {.writes = true,
             .status = cases[i].status,
             .answer = cases[i].answer,
             .maybe_sent = false}};
        struct conversation c;
        struct desire d;
        struct error error = {0};
        desire(&d, "1", "yamato", 20260115);
        CONVERSATION(&c, script, NOW);
        assert_false(ship(&c, &d.request, &error));
        assert_int_equal(error.class, cases[i].class);
        assert_string_equal(error.code, cases[i].code);
        if (i == 6)
            assert_string_equal(error.peer_text, "謎のエラー");
        conversation_free(&c);
    }
}

static void warnings_of_rows_are_told(void **state)
{
    static const struct exchange script[] = {
        {.operation = "getOrder", .status = 200, .answer = rakuten_sample},
        {.writes = true,
         .status = 200,
         .answer =
             "{\"MessageModelList\":[{\"messageType\":\"WARNING\",\"messageCode\":\"ORDER_EXT_API_"
             "UPDATE_ORDERSHIPPING_WARNING_101\",\"message\":\"x\",\"dataNumber\":1,"
             "\"shippingDetailId\":null}]}"}};
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "1", "yamato", 20260115);
    CONVERSATION(&c, script, NOW);
    assert_true(ship(&c, &d.request, &error));
    assert_int_equal(c.warning_count, 1);
    conversation_free(&c);
}

// --- asynchronously ---

#define ACCEPTED                                                                               \
    "{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":\"ORDER_EXT_API_UPDATE_" \
    "ORDERSHIPPING_ASYNC_INFO_101\",\"message\":\"x\",\"requestId\":\"abc_20260116000000\","   \
    "\"dataNumber\":null,\"shippingDetailId\":null}]}"
#define RUNNING                                                                        \
    "{\"ResultShippingModelList\":[{\"MessageModelList\":[{\"messageType\":\"INFO\","  \
    "\"messageCode\":\"ORDER_EXT_API_GET_RESULT_UPDATEORDERSHIPPING_ASYNC_INFO_101\"," \
    "\"message\":\"x\"}]}]}"
#define RESULT(type, code)                                                                    \
    "{\"ResultShippingModelList\":[{\"orderNumber\":\"" RAKUTEN_SAMPLE_NO                     \
    "\",\"MessageModelList\":[{\"messageType\":\"" type "\",\"messageCode\":\"ORDER_EXT_API_" \
    "UPDATE_ORDERSHIPPING_" type "_" code "\",\"message\":\"x\",\"dataNumber\":1}]}]}"
#define ASK "{\"requestId\":\"abc_20260116000000\"}"

static void an_asynchronous_report_waits_for_its_result(void **state)
{
    static const struct exchange script[] = {
        {.operation = "getOrder", .status = 200, .answer = rakuten_sample},
        {.operation = "updateOrderShippingAsync",
         .writes = true,
         .body_has = {"{\"OrderShippingModelList\":[{\"orderNumber\":"},
         .status = 200,
         .answer = ACCEPTED},
        {.operation = "getResultUpdateOrderShippingAsync",
         .body_is = ASK,
         .status = 200,
         .answer = RUNNING},
        {.operation = "getResultUpdateOrderShippingAsync",
         .body_is = ASK,
         .status = 200,
         .answer = RESULT("INFO", "101")},
    };
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "1", "yamato", 20260115);
    CONVERSATION(&c, script, NOW);
    assert_true(ship_as(&c, with_async, 3, &d.request, &error));
    assert_int_equal(c.waited_ms, 60000);
    assert_int_equal(c.progress_count, 2);
    assert_true(strstr(c.progress[1], "abc_20260116000000") != NULL);
    conversation_free(&c);
}

static void it_goes_on_asking_after_a_crash(void **state)
{
    static const struct exchange script[] = {
        {.operation = "getResultUpdateOrderShippingAsync",
         .body_is = ASK,
         .status = 200,
         .answer = RESULT("ERROR", "102")},
    };
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "1", "yamato", 20260115);
    d.request.progress = STR("{\"stage\":\"accepted\",\"async\":true,\"at\":1768489100000,"
                             "\"request_id\":\"abc_20260116000000\"}");
    CONVERSATION(&c, script, NOW);
    assert_false(ship_as(&c, with_async, 3, &d.request, &error));
    assert_string_equal(error.code, "rakuten.order_cancelled");
}

static void after_two_hours_the_outcome_is_unknown(void **state)
{
    static struct exchange script[300];
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    script[0] = (struct exchange){.status = 200, .answer = rakuten_sample};
    script[1] = (struct exchange){.writes = true, .status = 200, .answer = ACCEPTED};
    for (size_t i = 2; i < 300; i++)
        script[i] = (struct exchange){.status = 200, .answer = RUNNING};
    desire(&d, "1", "yamato", 20260115);
    CONVERSATION(&c, script, NOW);
    assert_false(ship_as(&c, with_async, 3, &d.request, &error));
    assert_int_equal(error.class, ERROR_AMBIGUOUS);
    assert_string_equal(error.code, "rakuten.async_no_result");
    assert_int_equal(c.waited_ms, 2 * 3600 * 1000);
}

static void a_crash_around_an_asynchronous_write_waits_before_writing_again(void **state)
{
    struct exchange script[] = {{.operation = "getOrder", .status = 200, .answer = rakuten_sample}};
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "1", "yamato", 20260115);
    d.request.progress = STR("{\"stage\":\"sending\",\"async\":true,\"at\":1768489100000}");
    CONVERSATION(&c, script, NOW);
    assert_false(ship_as(&c, with_async, 3, &d.request, &error));
    assert_int_equal(error.class, ERROR_AMBIGUOUS);
}

// The result never came; what the order shows decides, and a report may go out again.
static void an_old_result_gives_way_to_reading(void **state)
{
    static const struct exchange script[] = {
        {.operation = "getResultUpdateOrderShippingAsync", .status = 200, .answer = RUNNING},
        {.operation = "getOrder", .status = 200, .answer = rakuten_sample},
        {.operation = "updateOrderShipping", .writes = true, .status = 200, .answer = SHIPPED},
    };
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "1", "yamato", 20260115);
    d.request.progress = STR("{\"stage\":\"accepted\",\"async\":true,\"at\":1768400000000,"
                             "\"request_id\":\"abc_20260116000000\"}");
    CONVERSATION(&c, script, NOW);
    assert_true(ship(&c, &d.request, &error));
}

static void a_refused_question_for_the_result_says_nothing_about_the_report(void **state)
{
    static const struct exchange script[] = {
        {.operation = "getOrder", .status = 200, .answer = rakuten_sample},
        {.writes = true, .status = 200, .answer = ACCEPTED},
        {.status = 400,
         .answer = "{\"MessageModelList\":[{\"messageType\":\"ERROR\",\"messageCode\":\"ORDER_EXT_"
                   "API_GET_"
                   "RESULT_UPDATEORDERSHIPPING_ASYNC_ERROR_009\",\"message\":\"x\"}]}"}};
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "1", "yamato", 20260115);
    CONVERSATION(&c, script, NOW);
    assert_false(ship_as(&c, with_async, 3, &d.request, &error));
    assert_int_equal(error.class, ERROR_AMBIGUOUS);
}

// --- rules ---

static void preflight(void **state)
{
    static const struct {
        const char *number, *carrier;
        day date;
        const char *code; // NULL = may go
    } cases[] = {
        {"1", "yamato", 20260115, NULL},
        {"1", "yamato", 20270115, NULL}, // future dates are right at Rakuten
        {"1", "", 20260115, "shipment.carrier_missing"},
        {"1", "rocket", 20260115, "shipment.carrier_not_mapped"},
        {"1", "yamato", 0, "shipment.ship_date_missing"},
        {"1", "yamato", 20260230, "shipment.ship_date_invalid"},
        {"", "yamato", 20260115, "shipment.tracking_number_missing"},
        {"①②③", "yamato", 20260115, "shipment.tracking_number_characters"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
         "012"
         "34567890123456789012345678901",
         "yamato", 20260115, "shipment.tracking_number_too_long"},
    };
    struct mall_account account = rakuten_test_account();
    struct desire d;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = {0};
        desire(&d, cases[i].number, cases[i].carrier, cases[i].date);
        bool ok = rakuten_mall.ship_preflight(&account, &d.request, 20260116, &error);
        if (ok != (cases[i].code == NULL) || (!ok && strcmp(error.code, cases[i].code) != 0))
            fail_msg("case %zu: %s", i, error.code);
        if (!ok)
            assert_true(error.hint_ja[0] && error.hint_en[0]);
    }
    struct error error;
    desire(&d, "1", "yamato", 20260115);
    d.wanted.shipment_count = 0;
    assert_false(rakuten_mall.ship_preflight(&account, &d.request, 20260116, &error));
    assert_string_equal(error.code, "shipment.none");
    desire(&d, "1", "yamato", 20260115);
    d.wanted.mall_ref = STR("999");
    assert_false(rakuten_mall.ship_preflight(&account, &d.request, 20260116, &error));
    assert_string_equal(error.code, "shipment.package_unknown");
    desire(&d, "", "yamato", 20260115);
    account = rakuten_test_account_with(without_numbers, 3);
    assert_true(rakuten_mall.ship_preflight(&account, &d.request, 20260116, &error));
}

static void a_report_without_number_leaves_the_key_out(void **state)
{
    static const struct exchange script[] = {
        {.operation = "getOrder", .status = 200, .answer = rakuten_sample},
        {.writes = true,
         .body_has = {"\"deliveryCompany\":\"1003\",\"shippingDate\""},
         .body_lacks = {"shippingNumber"},
         .status = 200,
         .answer = SHIPPED}};
    struct conversation c;
    struct desire d;
    struct error error;
    (void)state;
    desire(&d, "", "japan_post", 20260115);
    CONVERSATION(&c, script, NOW);
    assert_true(ship_as(&c, without_numbers, 3, &d.request, &error));
}

// The order at the mall with these rows, for comparisons.
static void at_mall(struct order *order, struct order_package *package, struct shipment *rows,
                    size_t count)
{
    order_init(order);
    order->order_no = STR(RAKUTEN_SAMPLE_NO);
    order->mall_status = STR("300");
    *package = (struct order_package){
        .number = 1, .mall_ref = STR("20000001"), .shipments = rows, .shipment_count = count};
    order->packages = package;
    order->package_count = 1;
}

static void comparing(void **state)
{
    struct shipment same = {.carrier = STR("yamato"),
                            .carrier_mall_code = STR("1001"),
                            .tracking_number = STR("1234"),
                            .ship_date = 20260115,
                            .mall_ref = STR("1")};
    struct shipment undated = same, other = same, blank = same, later = same;
    struct mall_account account = rakuten_test_account();
    struct order order;
    struct order_package package;
    struct shipment rows[2];
    struct desire d;
    struct error difference;
    (void)state;
    undated.ship_date = 0;
    other.tracking_number = STR("9999");
    blank.tracking_number = STR("");
    blank.ship_date = 0;
    later.ship_date = 20260120;
    desire(&d, "1234", "yamato", 20260115);
    struct {
        struct shipment rows[2];
        size_t count;
        enum mall_comparison result;
        const char *code;
    } cases[] = {
        {{{0}}, 0, MALL_NOT_YET, NULL},
        {{same}, 1, MALL_SAME, NULL},
        {{undated}, 1, MALL_NOT_YET, NULL},
        {{later}, 1, MALL_NOT_YET, NULL},
        {{blank}, 1, MALL_NOT_YET, NULL},
        {{other}, 1, MALL_DIFFERENT, "rakuten.other_tracking_number"},
        {{same, blank}, 2, MALL_DIFFERENT, "rakuten.incomplete_row"},
        {{same, other}, 2, MALL_DIFFERENT, "rakuten.extra_row"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(rows, cases[i].rows, sizeof rows);
        at_mall(&order, &package, rows, cases[i].count);
        enum mall_comparison r =
            rakuten_mall.ship_compare(&account, &order, &d.request, &difference);
        if (r != cases[i].result || (cases[i].code && strcmp(difference.code, cases[i].code) != 0))
            fail_msg("case %zu: %d %s", i, r, difference.code);
    }
    at_mall(&order, &package, rows, 0);
    order.mall_status = STR("900");
    assert_int_equal(rakuten_mall.ship_compare(&account, &order, &d.request, &difference),
                     MALL_DIFFERENT);
    package.mall_ref = STR("other");
    assert_int_equal(rakuten_mall.ship_compare(&account, &order, &d.request, &difference),
                     MALL_DIFFERENT);
}

static void every_carrier_has_a_code_of_ours(void **state)
{
    size_t count = 0;
    (void)state;
    for (size_t i = 0; i < rakuten_mall.mapping_count; i++) {
        const struct mall_mapping *m = &rakuten_mall.mappings[i];
        if (m->kind != MAPPING_CARRIER)
            continue;
        count++;
        if (!carrier_by_code(str_from(m->our_value)))
            fail_msg("%s has no carrier %s", m->mall_label.ja, m->our_value);
    }
    assert_int_equal(count, 32);
}

// --- confirming and cancelling ---

static bool accept(struct conversation *c, struct str *numbers, size_t count, struct error *error)
{
    struct mall_account account = rakuten_test_account();
    struct mall_read_request request = {.order_nos = numbers, .count = count};
    struct mall_op *op = rakuten_mall.accept(&account, &request, &c->sink, error);
    return op && conversation_run(c, op, error);
}

#define CONFIRM(type, code, number)                                                              \
    "{\"messageType\":\"" type "\",\"messageCode\":\"ORDER_EXT_API_CONFIRM_ORDER_" type "_" code \
    "\",\"message\":\"x\",\"orderNumber\":\"" number "\"}"

static void confirming_reads_back(void **state)
{
    struct exchange script[] = {
        {.operation = "confirmOrder",
         .writes = true,
         .body_is = "{\"orderNumberList\":[\"" RAKUTEN_SAMPLE_NO "\",\"B\"]}",
         .status = 200,
         .answer = "{\"MessageModelList\":[" CONFIRM("INFO", "101", RAKUTEN_SAMPLE_NO) "," CONFIRM(
             "ERROR", "105", "B") "]}"},
        {.operation = "getOrder", .status = 200},
    };
    struct conversation c;
    struct str numbers[] = {STR(RAKUTEN_SAMPLE_NO), STR("B")};
    struct error error;
    (void)state;
    script[1].answer = rakuten_vary("\"orderProgress\":300", "\"orderProgress\":200");
    CONVERSATION(&c, script, NOW);
    assert_true(accept(&c, numbers, 2, &error));
    assert_int_equal(conversation_orders(&c), 1);
    assert_true(rakuten_mall.is_accepted(&conversation_order(&c, 0)->order));
    assert_int_equal(c.warning_count, 1);
    assert_true(str_eq(c.warnings[0].order_no, STR("B")));
    assert_string_equal(c.warnings[0].error.code, "rakuten.amount_undetermined");
    conversation_free(&c);
}

static void confirmed_already_is_no_failure(void **state)
{
    static const struct exchange script[] = {
        {.writes = true,
         .status = 200,
         .answer = "{\"MessageModelList\":[" CONFIRM("ERROR", "103", RAKUTEN_SAMPLE_NO) "]}"},
        {.operation = "getOrder", .status = 200, .answer = rakuten_sample}};
    struct conversation c;
    struct str number = STR(RAKUTEN_SAMPLE_NO);
    struct error error;
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_true(accept(&c, &number, 1, &error));
    conversation_free(&c);
}

static void the_only_order_refused_fails_the_operation(void **state)
{
    static const struct exchange script[] = {
        {.writes = true,
         .status = 200,
         .answer = "{\"MessageModelList\":[" CONFIRM("ERROR", "105", RAKUTEN_SAMPLE_NO) "]}"},
        {.operation = "getOrder", .status = 200, .answer = rakuten_sample}};
    struct conversation c;
    struct str number = STR(RAKUTEN_SAMPLE_NO);
    struct error error;
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_false(accept(&c, &number, 1, &error));
    assert_int_equal(error.class, ERROR_REJECTED);
    assert_string_equal(error.code, "rakuten.amount_undetermined");
    assert_int_equal(conversation_orders(&c), 1);
    conversation_free(&c);
}

static void a_lost_confirmation_is_not_repeated(void **state)
{
    static const struct exchange script[] = {{.writes = true, .status = 0, .maybe_sent = true}};
    struct conversation c;
    struct str number = STR(RAKUTEN_SAMPLE_NO);
    struct error error;
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_false(accept(&c, &number, 1, &error));
    assert_int_equal(error.class, ERROR_AMBIGUOUS);
}

static bool cancel(struct conversation *c, const char *reason, struct error *error)
{
    static struct order order;
    struct mall_account account = rakuten_test_account();
    order_init(&order);
    order.order_no = STR(RAKUTEN_SAMPLE_NO);
    struct mall_cancel_request request = {
        .order = &order, .reason = str_from(reason), .detail = STR("")};
    struct mall_op *op = rakuten_mall.cancel(&account, &request, &c->sink, error);
    return op && conversation_run(c, op, error);
}

#define CANCELLED                                                                              \
    "{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":\"ORDER_EXT_API_CANCEL_" \
    "ORDER_INFO_101\",\"message\":\"x\",\"orderNumber\":\"" RAKUTEN_SAMPLE_NO "\"}]}"

static void cancelling_chooses_the_call_by_status(void **state)
{
    static const struct {
        const char *progress, *call;
    } cases[] = {{"100", "cancelOrder"},
                 {"200", "cancelOrder"},
                 {"300", "cancelOrder"},
                 {"500", "cancelOrderAfterShipping"},
                 {"600", "cancelOrderAfterShipping"},
                 {"700", "cancelOrderAfterShipping"},
                 {"800", NULL},
                 {"900", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exchange script[] = {
            {.operation = "getOrder", .status = 200},
            {.operation = cases[i].call,
             .writes = true,
             .body_is = "{\"orderNumber\":\"" RAKUTEN_SAMPLE_NO
                        "\",\"inventoryRestoreType\":0,\"changeReasonDetailApply\":8}",
             .status = 200,
             .answer = CANCELLED}};
        struct conversation c;
        struct error error;
        char to[32];
        snprintf(to, sizeof to, "\"orderProgress\":%s", cases[i].progress);
        script[0].answer = rakuten_vary("\"orderProgress\":300", to);
        conversation_init(&c, script, cases[i].call ? 2 : 1, NOW);
        assert_true(cancel(&c, "8", &error));
    }
}

static void cancelling_is_refused_with_reason(void **state)
{
    struct exchange script[] = {{.operation = "getOrder", .status = 200}};
    struct conversation c;
    struct error error;
    (void)state;
    script[0].answer = sample_with(DONE_ROW);
    CONVERSATION(&c, script, NOW);
    assert_false(cancel(&c, "", &error));
    assert_string_equal(error.code, "rakuten.ship_date_registered");
    script[0].answer = rakuten_vary("\"orderProgress\":300", "\"orderProgress\":400");
    CONVERSATION(&c, script, NOW);
    assert_false(cancel(&c, "", &error));
    assert_string_equal(error.code, "rakuten.status_forbids_cancel");
    conversation_init(&c, NULL, 0, NOW);
    assert_false(cancel(&c, "7", &error));
    assert_string_equal(error.code, "rakuten.cancel_reason");
}

static void lack_of_memory_while_shipping_is_a_clean_error(void **state)
{
    static const struct exchange script[] = {{.status = 200, .answer = rakuten_sample},
                                             {.writes = true, .status = 200, .answer = SHIPPED}};
    (void)state;
    for (uint64_t n = 1;; n++) {
        struct conversation c;
        struct desire d;
        struct error error = {0};
        desire(&d, "1", "yamato", 20260115);
        CONVERSATION(&c, script, NOW);
        memory_fail_at(n, 0);
        bool done = ship(&c, &d.request, &error);
        uint64_t made = memory_fail_at(0, 0);
        // After the write even lack of memory leaves the outcome open.
        if (!done)
            assert_true(error.class == ERROR_NO_MEMORY ||
                        (error.class == ERROR_AMBIGUOUS && c.at == 2));
        conversation_free(&c);
        if (done && made < n)
            break;
        assert_true(n < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_parcel_adds_a_row),
        cmocka_unit_test(what_is_there_already_is_not_sent_again),
        cmocka_unit_test(a_placeholder_is_filled_not_doubled),
        cmocka_unit_test(our_row_is_corrected_by_its_reference),
        cmocka_unit_test(blank_leftovers_are_removed_in_the_same_call),
        cmocka_unit_test(another_parcel_entered_at_rakuten_is_not_overwritten),
        cmocka_unit_test(two_parcels_are_two_rows),
        cmocka_unit_test(a_cancelled_order_takes_no_report),
        cmocka_unit_test(a_lost_answer_is_never_followed_by_another_write),
        cmocka_unit_test(a_refused_write_is_no_riddle),
        cmocka_unit_test(warnings_of_rows_are_told),
        cmocka_unit_test(an_asynchronous_report_waits_for_its_result),
        cmocka_unit_test(it_goes_on_asking_after_a_crash),
        cmocka_unit_test(after_two_hours_the_outcome_is_unknown),
        cmocka_unit_test(a_crash_around_an_asynchronous_write_waits_before_writing_again),
        cmocka_unit_test(an_old_result_gives_way_to_reading),
        cmocka_unit_test(a_refused_question_for_the_result_says_nothing_about_the_report),
        cmocka_unit_test(preflight),
        cmocka_unit_test(a_report_without_number_leaves_the_key_out),
        cmocka_unit_test(comparing),
        cmocka_unit_test(every_carrier_has_a_code_of_ours),
        cmocka_unit_test(confirming_reads_back),
        cmocka_unit_test(confirmed_already_is_no_failure),
        cmocka_unit_test(the_only_order_refused_fails_the_operation),
        cmocka_unit_test(a_lost_confirmation_is_not_repeated),
        cmocka_unit_test(cancelling_chooses_the_call_by_status),
        cmocka_unit_test(cancelling_is_refused_with_reason),
        cmocka_unit_test(lack_of_memory_while_shipping_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
