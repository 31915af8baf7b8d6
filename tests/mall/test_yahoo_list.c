// SPDX-License-Identifier: Apache-2.0
//
// orderList by recorded answers: the exact request, paging over a moving set, agreement with the
// announced total, hidden orders, and everything that must not look like "no orders".
#include "yahoo_support.h"

#define FROM (YAHOO_NOW - 48 * YAHOO_HOUR_MS)
#define ROW_BYTES 512

static bool list(struct conversation *c, const struct exchange *script, size_t count,
                 enum date_basis basis, time_ms from, time_ms to, const char *status,
                 struct error *error)
{
    struct yahoo_account a;
    struct mall_list_request request = {basis, from, to, str_from(status)};
    yahoo_account_make(&a);
    conversation_init(c, script, count, YAHOO_NOW);
    struct mall_op *op = yahoo_mall.list(&a.account, &request, &c->sink, error);
    return op && conversation_run(c, op, error);
}

#define LIST(total, rows)                                                       \
    "<?xml version=\"1.0\" "                                                    \
    "encoding=\"UTF-8\"?><Result><Status>OK</Status><Search><TotalCount>" total \
    "</TotalCount>" rows "</Search></Result>"
#define ROW(no, status, seen, more)                                                               \
    "<OrderInfo><Index>1</Index><OrderId>" no "</OrderId><Version>3</Version><IsSeen>" seen       \
    "</IsSeen><OrderTime>2026-11-22T10:00:00+09:00</OrderTime><LastUpdateTime>"                   \
    "2026-11-22T11:00:00+09:00</LastUpdateTime><OrderStatus>" status "</OrderStatus><PayStatus>1" \
    "</PayStatus><ShipStatus>1</ShipStatus>" more "</OrderInfo>"

static void test_request_is_exact(void **state)
{
    static const struct exchange script[] = {
        {.operation = "orderList",
         .url = "/ShoppingWebService/V1/orderList",
         .body_is =
             "<Req><Search><Result>2000</Result><Start>1</Start><Sort>+order_time</Sort><Condition>"
             "<OrderTimeFrom>20261121090000</OrderTimeFrom><OrderTimeTo>20261123090000</"
             "OrderTimeTo>"
             "<ReadOnlyMode>2</ReadOnlyMode><FraudHoldDisplayType>1</FraudHoldDisplayType></"
             "Condition>"
             "<Field>OrderId,Version,IsSeen,OrderTime,LastUpdateTime,OrderStatus,StoreStatus,"
             "IsReadOnly,"
             "FraudHoldStatus,PublicationTime,PayStatus,SettleStatus,PayType,ShipStatus</Field></"
             "Search>"
             "<SellerId>examplestore</SellerId></Req>",
         .status = 200,
         .answer = LIST(
             "3", ROW("e-1", "2", "false", "") ROW("e-2", "2", "true", "<IsReadOnly>1</IsReadOnly>")
                      ROW("e-3", "4", "true", "<FraudHoldStatus>3</FraudHoldStatus>"))},
    };
    struct conversation c;
    struct error error = {0};
    (void)state;
    assert_true(list(&c, script, 1, DATE_ORDERED, FROM, YAHOO_NOW + YAHOO_HOUR_MS, "", &error));
    assert_int_equal(conversation_listings(&c), 3);
    assert_int_equal(c.batches[0]->expected_total, 3);
    const struct mall_listing *l = conversation_listing(&c, "e-1");
    assert_text(l->mall_status, "2/1/1");
    assert_text(l->status_choice, "new_order");
    assert_text(l->update_mark, "3/20261122110000/2n11o0");
    assert_text(l->hidden_reason, "");
    assert_int_equal(l->ordered_at, 1795309200000);
    assert_text(conversation_listing(&c, "e-2")->hidden_reason, "buyer_cancel_window");
    assert_text(conversation_listing(&c, "e-3")->hidden_reason, "fraud_hold");
    // Complete up to now, not into the future.
    assert_int_equal(conversation_windows(&c), 1);
    assert_int_equal(c.batches[0]->windows[0].from, FROM);
    assert_int_equal(c.batches[0]->windows[0].to, YAHOO_NOW);
    conversation_free(&c);
}

static void test_publication_and_status(void **state)
{
    static const struct exchange published[] = {
        {.body_has = {"<PublicationTimeFrom>20261121090000</PublicationTimeFrom><PublicationTimeTo>"
                      "20261123090000</PublicationTimeTo>"},
         .body_lacks = {"OrderTimeFrom"},
         .status = 200,
         .answer = LIST("0", "")}};
    static const struct exchange filtered[] = {
        {.body_has = {"<OrderStatus>2</OrderStatus><IsSeen>false</IsSeen>"},
         .status = 200,
         .answer = LIST("1", ROW("e-1", "2", "false", ""))}};
    struct conversation c;
    struct error error = {0};
    (void)state;
    assert_true(list(&c, published, 1, DATE_PUBLISHED, FROM, YAHOO_NOW, "", &error));
    assert_int_equal(conversation_windows(&c), 1);
    assert_int_equal(c.batches[0]->windows[0].basis, DATE_PUBLISHED);
    conversation_free(&c);
    assert_true(list(&c, filtered, 1, DATE_ORDERED, FROM, YAHOO_NOW, "new_order", &error));
    assert_int_equal(conversation_listings(&c), 1);
    assert_int_equal(conversation_windows(&c), 0); // a filtered listing covers nothing
    conversation_free(&c);
}

static void test_long_ranges_are_cut(void **state)
{
    static const struct exchange script[] = {
        {.body_has = {"<OrderTimeFrom>20260901090000</OrderTimeFrom><OrderTimeTo>20261002090000<"},
         .status = 200,
         .answer = LIST("0", "")},
        {.body_has = {"<OrderTimeFrom>20261002090000</OrderTimeFrom><OrderTimeTo>20261102090000<"},
         .status = 200,
         .answer = LIST("0", "")},
        {.body_has = {"<OrderTimeFrom>20261102090000</OrderTimeFrom><OrderTimeTo>20261123090000<"},
         .status = 200,
         .answer = LIST("0", "")},
    };
    struct conversation c;
    struct error error = {0};
    (void)state;
    assert_true(list(&c, script, 3, DATE_ORDERED, YAHOO_NOW - 83 * 24 * YAHOO_HOUR_MS, YAHOO_NOW,
                     "", &error));
    assert_int_equal(conversation_windows(&c), 3);
    conversation_free(&c);
}

static void add_rows(struct buf *out, int first, int last, int total)
{
    buf_addf(out, "<Result><Status>OK</Status><Search><TotalCount>%d</TotalCount>", total);
    for (int i = first; i <= last; i++)
        buf_addf(out,
                 "<OrderInfo><Index>%d</Index><OrderId>e-%d</OrderId><Version>1</Version>"
                 "<OrderStatus>2</OrderStatus><IsSeen>true</IsSeen></OrderInfo>",
                 i, i);
    buf_add(out, STR("</Search></Result>"));
}

static void test_pages_overlap(void **state)
{
    AUTO_BUF one = buf_make(4 << 20), two = buf_make(4 << 20);
    add_rows(&one, 1, 2000, 2500);
    add_rows(&two, 1981, 2500, 2500);
    struct exchange script[] = {
        {.body_has = {"<Start>1</Start>"}, .status = 200, .bytes = buf_str(&one)},
        {.body_has = {"<Start>1981</Start>"}, .status = 200, .bytes = buf_str(&two)},
    };
    struct conversation c;
    struct error error = {0};
    (void)state;
    assert_true(list(&c, script, 2, DATE_ORDERED, FROM, YAHOO_NOW, "", &error));
    assert_int_equal(conversation_listings(&c), 2500); // the overlap counts once
    assert_int_equal(c.batches[0]->window_count, 0);
    assert_int_equal(c.batches[1]->window_count, 1);
    conversation_free(&c);
}

// Rows went away while paging: listed anew, so that nothing slips through the shift.
static void test_shrinking_set_is_listed_anew(void **state)
{
    AUTO_BUF one = buf_make(4 << 20), two = buf_make(4 << 20), three = buf_make(4 << 20);
    add_rows(&one, 1, 2000, 2500);
    add_rows(&two, 1981, 2499, 2499);
    add_rows(&three, 1981, 2499, 2499);
    AUTO_BUF again = buf_make(4 << 20);
    add_rows(&again, 1, 2000, 2499);
    struct exchange script[] = {
        {.body_has = {"<Start>1</Start>"}, .status = 200, .bytes = buf_str(&one)},
        {.body_has = {"<Start>1981</Start>"}, .status = 200, .bytes = buf_str(&two)},
        {.body_has = {"<Start>1</Start>"}, .status = 200, .bytes = buf_str(&again)},
        {.body_has = {"<Start>1981</Start>"}, .status = 200, .bytes = buf_str(&three)},
    };
    struct conversation c;
    struct error error = {0};
    (void)state;
    assert_true(list(&c, script, 4, DATE_ORDERED, FROM, YAHOO_NOW, "", &error));
    assert_int_equal(conversation_windows(&c), 1);
    conversation_free(&c);
}

static void test_disagreeing_total_fails(void **state)
{
    static const char answer[] = LIST("5", "<OrderInfo/>");
    static const struct exchange script[] = {{.status = 200, .answer = answer},
                                             {.status = 200, .answer = answer},
                                             {.status = 200, .answer = answer},
                                             {.status = 200, .answer = answer}};
    struct conversation c;
    struct error error = {0};
    (void)state;
    assert_false(list(&c, script, 4, DATE_ORDERED, FROM, YAHOO_NOW, "", &error));
    assert_string_equal(error.code, "yahoo.listing_incomplete");
    assert_int_equal(error.class, ERROR_MALFORMED);
    assert_int_equal(conversation_windows(&c), 0);
    conversation_free(&c);
}

struct refusal_case {
    int status;
    const char *header, *header_value, *answer;
    enum error_class class;
    const char *code;
};
static const struct refusal_case refusals[] = {
    // An <Error> root is never "no orders", whatever its status, namespace or order of children.
    {200, NULL, NULL, YAHOO_ERROR("od90101", "Request Parameter Error : IsGift"), ERROR_REJECTED,
     "yahoo.request_parameter"},
    {400, NULL, NULL,
     "<Error xmlns=\"urn:yahoo:api\"><Code>od90101</Code><Detail>d</Detail><Message>Request "
     "Parameter Error : Field</Message></Error>",
     ERROR_REJECTED, "yahoo.request_parameter"},
    {200, NULL, NULL,
     "<Result><Status>NG</Status><Error><Code>od91001</Code><Message>x</Message></Error></Result>",
     ERROR_NETWORK, "yahoo.server_error"},
    {200, NULL, NULL, "<Result><Status>NG</Status></Result>", ERROR_MALFORMED,
     "yahoo.unexpected_answer"},
    {200, NULL, NULL, "<Result><Search><TotalCount>0</TotalCount></Search></Resul>",
     ERROR_MALFORMED, "xml.malformed"},
    {200, NULL, NULL, "<ResultSet><Result><Status>OK</Status></Result></ResultSet>",
     ERROR_MALFORMED, "yahoo.unexpected_answer"},
    {200, NULL, NULL, "<Result><Status>OK</Status></Result>", ERROR_MALFORMED,
     "yahoo.listing_incomplete"},
    {200, NULL, NULL, LIST("x", ""), ERROR_MALFORMED, "yahoo.listing_incomplete"},
    {200, NULL, NULL, LIST("1", "<OrderInfo><OrderStatus>2</OrderStatus></OrderInfo>"),
     ERROR_MALFORMED, "yahoo.listing_incomplete"},
    {200, NULL, NULL, LIST("1", "<OrderInfo><OrderId>e-1</OrderId></OrderInfo>"), ERROR_MALFORMED,
     "yahoo.listing_incomplete"},
    {200, NULL, NULL, "<html><body>maintenance</body></html>", ERROR_MAINTENANCE,
     "mall.maintenance"},
    {200, NULL, NULL, "<!DOCTYPE html><html><p>hello</html>", ERROR_MALFORMED, "mall.html_answer"},
    {200, NULL, NULL, "", ERROR_MALFORMED, "xml.malformed"},
    {500, NULL, NULL, YAHOO_ERROR("od91001", "Server"), ERROR_NETWORK, "yahoo.server_error"},
    {502, NULL, NULL, "bad gateway", ERROR_NETWORK, "mall.server_error"},
    {503, NULL, NULL, YAHOO_ERROR("", "maintenance"), ERROR_MAINTENANCE, "mall.maintenance"},
    {0, NULL, NULL, NULL, ERROR_NETWORK, "network.test"},
    {401, NULL, NULL, YAHOO_ERROR("px-04102", "AccessToken has been expired."), ERROR_AUTH_EXPIRED,
     "yahoo.session_ended"},
    {401, "WWW-Authenticate",
     "Bearer realm=\"yahooapis.jp\", error=\"insufficient_scope\", error_description=\"x\"",
     "<Error><Message>x</Message></Error>", ERROR_NOT_PERMITTED, "yahoo.insufficient_scope"},
    {401, NULL, NULL, YAHOO_ERROR("px-99999", "?"), ERROR_AUTH_INVALID, "yahoo.token_not_accepted"},
    {403, NULL, NULL, YAHOO_ERROR("px-04307", "Use of API is not permitted."), ERROR_NOT_PERMITTED,
     "yahoo.not_permitted"},
    {403, NULL, NULL, YAHOO_ERROR("px-14303", "Use of API is not permitted."), ERROR_NOT_PERMITTED,
     "yahoo.not_permitted_key"},
    {400, NULL, NULL, YAHOO_ERROR("px-04303", "x"), ERROR_NOT_PERMITTED,
     "yahoo.application_not_registered"},
    {403, NULL, NULL, "<Error><Message>Your Request was Forbidden</Message></Error>",
     ERROR_QUOTA_USED_UP, "yahoo.forbidden"},
    {403, NULL, NULL, "Forbidden", ERROR_QUOTA_USED_UP, "yahoo.forbidden"},
    {400, NULL, NULL, YAHOO_ERROR("px-04001", "\"seller_id\" is not specified"), ERROR_BAD_INPUT,
     "yahoo.seller_missing"},
    {400, NULL, NULL, YAHOO_ERROR("od99999", "unknown"), ERROR_REJECTED, "yahoo.refused"},
    {404, NULL, NULL, YAHOO_ERROR("px-04400", "x"), ERROR_INTERNAL, "yahoo.url_unknown"},
};

static void test_refusals_are_never_no_orders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal_case *x = &refusals[i];
        struct exchange script[] = {{.status = x->status,
                                     .header = x->header,
                                     .header_value = x->header_value,
                                     .answer = x->answer}};
        struct conversation c;
        struct error error = {0};
        assert_false(list(&c, script, 1, DATE_ORDERED, FROM, YAHOO_NOW, "", &error));
        if (error.class != x->class || strcmp(error.code, x->code) != 0)
            fail_msg("case %zu: %s %s", i, error_class_name(error.class), error.code);
        assert_true(error.what_ja[0] && error.what_en[0]);
        assert_int_equal(conversation_windows(&c) + conversation_listings(&c), 0);
        conversation_free(&c);
    }
}

static void test_throttling_is_waited_out(void **state)
{
    static const char forbidden[] = "<Error><Message>Your Request was Forbidden</Message></Error>";
    AUTO_BUF one = buf_make(4 << 20), two = buf_make(4 << 20);
    add_rows(&one, 1, 2000, 2001);
    add_rows(&two, 1981, 2001, 2001);
    struct exchange script[] = {
        {.status = 200, .bytes = buf_str(&one)},
        {.body_has = {"<Start>1981</Start>"}, .status = 403, .answer = forbidden},
        {.body_has = {"<Start>1981</Start>"}, .status = 200, .bytes = buf_str(&two)},
    };
    struct conversation c;
    struct error error = {0};
    (void)state;
    assert_true(list(&c, script, 3, DATE_ORDERED, FROM, YAHOO_NOW, "", &error));
    assert_true(c.waited_ms >= 60000);
    assert_int_equal(conversation_listings(&c), 2001);
    conversation_free(&c);
}

static void test_bad_requests(void **state)
{
    struct yahoo_account a;
    struct error error = {0};
    static const struct mall_list_request bad[] = {
        {DATE_UPDATED, FROM, YAHOO_NOW, {"", 0}},
        {DATE_ORDERED, YAHOO_NOW, FROM, {"", 0}},
        {DATE_ORDERED, TIME_NONE, YAHOO_NOW, {"", 0}},
        {DATE_ORDERED, FROM, YAHOO_NOW, {"nonsense", 8}},
    };
    struct mall_sink sink = {0};
    (void)state;
    yahoo_account_make(&a);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_null(yahoo_mall.list(&a.account, &bad[i], &sink, &error));
        assert_int_equal(error.class, ERROR_BAD_INPUT);
    }
}

static void test_truncation_at_every_byte(void **state)
{
    static const char answer[] = LIST("1", ROW("e-1", "2", "false", ""));
    (void)state;
    for (size_t n = 0; n < sizeof answer - 1; n++) {
        struct exchange script[] = {{.status = 200, .bytes = {answer, n}}};
        struct conversation c;
        struct error error = {0};
        assert_false(list(&c, script, 1, DATE_ORDERED, FROM, YAHOO_NOW, "", &error));
        assert_int_equal(error.class, ERROR_MALFORMED);
        assert_int_equal(conversation_windows(&c), 0);
        conversation_free(&c);
    }
}

static void test_memory_failures(void **state)
{
    static const struct exchange script[] = {
        {.status = 200,
         .answer = LIST("2", ROW("e-1", "2", "false", "") ROW("e-2", "3", "true", ""))}};
    bool succeeded = false;
    (void)state;
    for (uint64_t n = 1; !succeeded; n++) {
        struct conversation c;
        struct error error = {0};
        memory_fail_at(n, 0);
        succeeded = list(&c, script, 1, DATE_ORDERED, FROM, YAHOO_NOW, "", &error);
        memory_fail_at(0, 0);
        if (!succeeded) {
            assert_int_equal(error.class, ERROR_NO_MEMORY);
            assert_int_equal(conversation_windows(&c), 0);
        }
        conversation_free(&c);
        assert_true(n < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_is_exact),
        cmocka_unit_test(test_publication_and_status),
        cmocka_unit_test(test_long_ranges_are_cut),
        cmocka_unit_test(test_pages_overlap),
        cmocka_unit_test(test_shrinking_set_is_listed_anew),
        cmocka_unit_test(test_disagreeing_total_fails),
        cmocka_unit_test(test_refusals_are_never_no_orders),
        cmocka_unit_test(test_throttling_is_waited_out),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_truncation_at_every_byte),
        cmocka_unit_test(test_memory_failures),
    };
    return cmocka_run_group_tests_name("yahoo-list", tests, NULL, NULL);
}
