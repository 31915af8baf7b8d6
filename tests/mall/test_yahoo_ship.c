// SPDX-License-Identifier: Apache-2.0
//
// Telling shipments, accepting and cancelling by recorded answers: exact requests, rules checked
// before anything is sent, resuming, warnings, lost answers.
#include "yahoo_support.h"

struct parcel {
    const char *carrier, *number;
    day ship_date;
    const char *mall_code;
};

struct ship {
    struct yahoo_account a;
    struct order order;
    struct shipment shipments[6];
    struct order_package package;
    struct mall_ship_request request;
};

static void make(struct ship *s, const struct parcel *parcels, size_t count)
{
    *s = (struct ship){0};
    yahoo_account_make(&s->a);
    order_init(&s->order);
    s->order.order_no = STR(YAHOO_NO);
    s->order.state = ORDER_ACCEPTED;
    s->order.mall_update_mark = STR("3/20261120093000/2s13o0");
    for (size_t i = 0; i < count; i++)
        s->shipments[i] = (struct shipment){.carrier = str_from(parcels[i].carrier),
                                            .carrier_mall_code = str_from(parcels[i].mall_code),
                                            .tracking_number = str_from(parcels[i].number),
                                            .ship_date = parcels[i].ship_date};
    s->package =
        (struct order_package){.number = 1, .shipments = s->shipments, .shipment_count = count};
    s->request = (struct mall_ship_request){.order = &s->order,
                                            .packages = &s->package,
                                            .package_count = 1,
                                            .work_status_role = STR("shipped"),
                                            .target_status = STR(""),
                                            .progress = STR("")};
}

static bool run(struct ship *s, struct conversation *c, const struct exchange *script, size_t count,
                struct error *error)
{
    conversation_init(c, script, count, YAHOO_NOW);
    struct mall_op *op = yahoo_mall.ship(&s->a.account, &s->request, &c->sink, error);
    assert_non_null(op);
    return conversation_run(c, op, error);
}

static const struct parcel usual = {"yamato", "1234-5678-9012", YAHOO_DAY, ""};
#define LOOK(order, pay, ship) YAHOO_LOOK_PARCEL(order, pay, ship, "")
#define SAME_PARCEL                                                                                \
    "<ShipCompanyCode>1001</ShipCompanyCode><ShipInvoiceNumber1>123456789012</ShipInvoiceNumber1>" \
    "<ShipDate>2026-11-23</ShipDate>"

static void test_requests_are_exact(void **state)
{
    static const struct exchange script[] = {
        {.operation = "orderInfo",
         .body_is =
             "<Req><Target><OrderId>" YAHOO_NO "</OrderId><Field>OrderId,Version,IsSeen,IsReadOnly,"
             "OrderTime,LastUpdateTime,OrderStatus,FraudHoldStatus,CancelReason,PayStatus,"
             "SettleStatus,PayType,ShipStatus,ShipCompanyCode,ShipInvoiceNumber1,"
             "ShipInvoiceNumber2,ShipInvoiceNumberEmptyReason,ShipDate</Field></Target><SellerId>"
             "examplestore</SellerId></Req>",
         .status = 200,
         .answer = LOOK("2", "1", "1")},
        {.operation = "orderShipStatusChange",
         .writes = true,
         .body_is =
             "<Req><Target><OrderId>" YAHOO_NO
             "</OrderId><IsPointFix>true</IsPointFix><OperationUser>oms"
             "</OperationUser></Target><Order><Ship><ShipStatus>3</ShipStatus><ShipCompanyCode>1001"
             "</ShipCompanyCode><ShipInvoiceNumber1>123456789012</"
             "ShipInvoiceNumber1><ShipDate>20261123"
             "</ShipDate></Ship></Order><SellerId>examplestore</SellerId></Req>",
         .body_lacks = {"ShipMethod"},
         .status = 200,
         .answer = YAHOO_WRITE_OK,
         .takes_ms = 500},
        {.operation = "orderStatusChange",
         .writes = true,
         .body_is = "<Req><Target><OrderId>" YAHOO_NO
                    "</OrderId><IsPointFix>true</IsPointFix><OperationUser>oms"
                    "</OperationUser></Target><Order><OrderStatus>5</OrderStatus></"
                    "Order><SellerId>examplestore"
                    "</SellerId></Req>",
         .status = 200,
         .answer = YAHOO_WARNING("od91113")},
    };
    struct ship s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make(&s, &usual, 1);
    s.request.target_status = STR("done");
    assert_true(run(&s, &c, script, 3, &error));
    assert_true(c.waited_ms >= 10000);
    assert_int_equal(c.progress_count, 3);
    assert_string_equal(c.progress[0], "shipping");
    assert_true(strncmp(c.progress[1], "shipped ", 8) == 0);
    assert_true(strncmp(c.progress[2], "closing ", 8) == 0);
    assert_int_equal(c.warning_count, 2); // no key; the sale was captured
    assert_string_equal(c.warnings[1].error.code, "yahoo.warning.od91113");
    assert_text(c.warnings[1].order_no, YAHOO_NO);
    conversation_free(&c);
}

static void test_two_numbers_and_settings(void **state)
{
    static const struct parcel parcels[] = {
        {"sagawa", "355500000015", YAHOO_DAY, ""},
        {"sagawa", "355500000015", YAHOO_DAY, ""}, // the same again
        {"sagawa", "355500000026", YAHOO_DAY, ""},
        {"sagawa", "355500000037", YAHOO_DAY, ""}};
    static const struct exchange script[] = {
        {.status = 200, .answer = LOOK("2", "1", "1")},
        {.writes = true,
         .body_has = {"<ShipCompanyCode>1002<", "<ShipInvoiceNumber1>355500000015<",
                      "<ShipInvoiceNumber2>355500000026<"},
         .body_lacks = {"355500000037"},
         .status = 200,
         .answer = YAHOO_WRITE_OK},
    };
    struct ship s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make(&s, parcels, 4);
    assert_true(run(&s, &c, script, 2, &error));
    conversation_free(&c);
    yahoo_put(&s.a, "extra_numbers", "refuse");
    assert_false(run(&s, &c, NULL, 0, &error));
    assert_string_equal(error.code, "yahoo.too_many_numbers");
    conversation_free(&c);
}

struct rule_case {
    struct parcel parcel;
    const char *setting, *value, *target, *code; // code NULL: it may go
};
static const struct rule_case rules[] = {
    {{"yamato", "1234-5678-9012", YAHOO_DAY, ""}, NULL, NULL, "", NULL},
    {{"yamato", "１２３４５６７８９０１２", YAHOO_DAY, ""}, NULL, NULL, "", NULL},
    {{"yamato", "123456789012345", YAHOO_DAY, ""}, NULL, NULL, "", "yahoo.tracking_number_yamato"},
    {{"yamato", "A23456789012", YAHOO_DAY, ""}, NULL, NULL, "", "yahoo.tracking_number_yamato"},
    {{"japan_post", "1234-5678-9012", YAHOO_DAY, ""}, NULL, NULL, "", NULL},
    {{"japan_post", "EN123456785JP", YAHOO_DAY, ""}, NULL, NULL, "", NULL},
    {{"japan_post", "1234567890", YAHOO_DAY, ""},
     NULL,
     NULL,
     "",
     "yahoo.tracking_number_japan_post"},
    {{"japan_post", "12345678901234", YAHOO_DAY, ""},
     NULL,
     NULL,
     "",
     "yahoo.tracking_number_japan_post"},
    {{"fedex", "1234567890123456789012345678901", YAHOO_DAY, ""},
     NULL,
     NULL,
     "",
     "yahoo.tracking_number_form"},
    {{"sagawa", "伝票なし", YAHOO_DAY, ""}, NULL, NULL, "", "yahoo.tracking_number_form"},
    {{"", "123456789012", YAHOO_DAY, ""}, NULL, NULL, "", "shipment.carrier_missing"},
    {{"rakuten_express", "123456789012", YAHOO_DAY, ""},
     NULL,
     NULL,
     "",
     "shipment.carrier_not_mapped"},
    {{"", "123456789012", YAHOO_DAY, "1016"}, NULL, NULL, "", NULL},
    {{"yamato", "", YAHOO_DAY, ""}, NULL, NULL, "", "shipment.tracking_number_missing"},
    {{"yamato", "", YAHOO_DAY, ""}, "untracked_reason", "105", "", NULL},
    {{"yamato", "123456789012", 0, ""}, NULL, NULL, "", "shipment.ship_date_missing"},
    {{"yamato", "123456789012", YAHOO_DAY + 1, ""}, NULL, NULL, "", "shipment.ship_date_future"},
    {{"yamato", "123456789012", YAHOO_DAY + 1, ""}, NULL, NULL, "shipping", NULL},
    {{"yamato", "123456789012", YAHOO_DAY, ""}, NULL, NULL, "nonsense", "yahoo.target_unknown"},
    {{"yamato", "123456789012", YAHOO_DAY, ""}, "point_fix", "false", "", "yahoo.point_fix_off"},
};

static void test_rules_are_checked_before_sending(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule_case *x = &rules[i];
        struct ship s;
        struct conversation c;
        struct error error = {0};
        make(&s, &x->parcel, 1);
        if (x->setting)
            yahoo_put(&s.a, x->setting, x->value);
        s.request.target_status = str_from(x->target);
        bool fits = yahoo_mall.ship_preflight(&s.a.account, &s.request, YAHOO_DAY, &error);
        if (fits != (x->code == NULL) || (x->code && strcmp(error.code, x->code) != 0))
            fail_msg("rule %zu: %d %s", i, fits, error.code);
        if (fits)
            continue;
        assert_int_equal(error.class, ERROR_BAD_INPUT);
        assert_true(error.what_ja[0] && error.what_en[0]);
        // The operation itself holds to the same rules and sends nothing.
        assert_false(run(&s, &c, NULL, 0, &error));
        assert_string_equal(error.code, x->code);
        conversation_free(&c);
    }
}

static void test_known_states_of_the_order_are_refused(void **state)
{
    struct ship s;
    struct error error = {0};
    (void)state;
    make(&s, &usual, 1);
    s.order.state = ORDER_CANCELLED;
    assert_false(yahoo_mall.ship_preflight(&s.a.account, &s.request, YAHOO_DAY, &error));
    assert_string_equal(error.code, "yahoo.order_cancelled");
    s.order.state = ORDER_ACCEPTED;
    s.order.marks = ORDER_MARK_FRAUD_REVIEW;
    assert_false(yahoo_mall.ship_preflight(&s.a.account, &s.request, YAHOO_DAY, &error));
    assert_string_equal(error.code, "yahoo.fraud_hold");
    s.order.marks = ORDER_MARK_READ_ONLY;
    assert_false(yahoo_mall.ship_preflight(&s.a.account, &s.request, YAHOO_DAY, &error));
    assert_string_equal(error.code, "yahoo.read_only_window");
    s.package.shipment_count = 0;
    s.order.marks = 0;
    assert_false(yahoo_mall.ship_preflight(&s.a.account, &s.request, YAHOO_DAY, &error));
    assert_string_equal(error.code, "shipment.none");
}

struct look_case {
    const char *answer, *target;
    const char *code; // of the failure; NULL: done without a write
};
static const struct look_case looks[] = {
    {YAHOO_LOOK_PARCEL("2", "1", "3", SAME_PARCEL), "", NULL},
    {YAHOO_LOOK_PARCEL("2", "1", "4", SAME_PARCEL), "", NULL},
    {YAHOO_LOOK_PARCEL("5", "1", "3", SAME_PARCEL), "done", NULL},
    {YAHOO_LOOK_PARCEL("2", "0", "3", SAME_PARCEL), "done", NULL}, // unpaid: left open
    {YAHOO_LOOK_PARCEL("2", "1", "2", SAME_PARCEL), "shipping", NULL},
    {LOOK("4", "1", "1"), "", "yahoo.order_cancelled"},
    {YAHOO_LOOK("2", "1", "1", "<IsReadOnly>1</IsReadOnly>"), "", "yahoo.read_only_window"},
    {YAHOO_LOOK("2", "1", "1", "<FraudHoldStatus>1</FraudHoldStatus>"), "", "yahoo.fraud_hold"},
    {YAHOO_LOOK_PARCEL("2", "1", "1",
                       "<ShipInvoiceNumberEmptyReason>102</ShipInvoiceNumberEmptyReason>"),
     "", "yahoo.empty_reason_stored"},
    {YAHOO_HEAD "<OrderId>examplestore-9</OrderId><OrderStatus>2</OrderStatus>" YAHOO_TAIL, "",
     "yahoo.other_order"},
    {YAHOO_HEAD "<OrderId>" YAHOO_NO "</OrderId><OrderStatus>2</OrderStatus>" YAHOO_TAIL, "",
     "yahoo.field_missing"},
};

static void test_what_the_mall_shows_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        struct exchange script[] = {
            {.operation = "orderInfo", .status = 200, .answer = looks[i].answer}};
        struct ship s;
        struct conversation c;
        struct error error = {0};
        make(&s, &usual, 1);
        s.request.target_status = str_from(looks[i].target);
        s.request.progress = STR("shipping");
        bool done = run(&s, &c, script, 1, &error);
        if (done != (looks[i].code == NULL) || (!done && strcmp(error.code, looks[i].code) != 0))
            fail_msg("look %zu: %d %s", i, done, error.code);
        conversation_free(&c);
    }
}

static void test_correction_goes_without_a_second_notice(void **state)
{
    static const struct exchange script[] = {
        {.status = 200,
         .answer = YAHOO_LOOK_PARCEL(
             "2", "1", "3",
             "<ShipCompanyCode>1001</ShipCompanyCode><ShipInvoiceNumber1>999999999999</"
             "ShipInvoiceNumber1>")},
        {.operation = "orderChange",
         .writes = true,
         .body_is = "<Req><Target><OrderId>" YAHOO_NO
                    "</OrderId><OperationUser>oms</OperationUser></Target><Order>"
                    "<Ship><ShipCompanyCode>1001</ShipCompanyCode><ShipInvoiceNumber1>123456789012"
                    "</ShipInvoiceNumber1><ShipDate>20261123</ShipDate></Ship></"
                    "Order><SellerId>examplestore"
                    "</SellerId></Req>",
         .status = 200,
         .answer = YAHOO_WRITE_OK},
    };
    struct ship s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make(&s, &usual, 1);
    assert_true(run(&s, &c, script, 2, &error));
    conversation_free(&c);
    // Not as we knew it: somebody else changed it.
    s.order.mall_update_mark = STR("2/20261120093000/2s13o0");
    assert_false(run(&s, &c, script, 1, &error));
    assert_string_equal(error.code, "yahoo.number_differs");
    assert_int_equal(error.class, ERROR_REJECTED);
    conversation_free(&c);
}

static void test_resuming_waits_only_the_rest(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = YAHOO_LOOK_PARCEL("2", "1", "3", SAME_PARCEL)},
        {.operation = "orderStatusChange",
         .writes = true,
         .status = 200,
         .answer = YAHOO_WARNING("od91705")},
    };
    struct ship s;
    struct conversation c;
    struct error error = {0};
    char progress[64];
    (void)state;
    make(&s, &usual, 1);
    yahoo_put(&s.a, "close_after_ship", "true");
    snprintf(progress, sizeof progress, "shipped %lld", (long long)(YAHOO_NOW - 4000));
    s.request.progress = str_from(progress);
    assert_true(run(&s, &c, script, 2, &error));
    assert_int_equal(c.waited_ms, 6000);
    assert_int_equal(c.warning_count, 1); // "already so" is no warning
    conversation_free(&c);
}

struct write_case {
    int status;
    bool maybe_sent;
    const char *answer;
    enum error_class class;
};
static const struct write_case writes[] = {
    {0, true, NULL, ERROR_AMBIGUOUS},
    {0, false, NULL, ERROR_NETWORK}, // surely never left
    {500, false, YAHOO_ERROR("od91001", "Server"), ERROR_AMBIGUOUS},
    {502, false, "bad gateway", ERROR_AMBIGUOUS},
    {503, false, YAHOO_ERROR("", "x"), ERROR_AMBIGUOUS},
    {200, false, "", ERROR_AMBIGUOUS},
    {200, false, "<html>x</html>", ERROR_AMBIGUOUS},
    {200, false, "<ResultSet ok=\"1\" ng=\"0\"><Result></Result></ResultSet>", ERROR_AMBIGUOUS},
    {200, false, "<ResultSet ok=\"0\" ng=\"1\"><Result><Status>NG</Status></Result></ResultSet>",
     ERROR_AMBIGUOUS},
    {200, false, YAHOO_ERROR("od90149", "Cannot Be Operated : OrderStatus"), ERROR_REJECTED},
    {400, false, YAHOO_ERROR("od90101", "Request Parameter Error : ShipInvoiceNumber1"),
     ERROR_REJECTED},
    {403, false, "<Error><Message>Your Request was Forbidden</Message></Error>",
     ERROR_RATE_LIMITED},
    {401, false, YAHOO_ERROR("px-04102", "x"), ERROR_AUTH_EXPIRED},
    {404, false, YAHOO_ERROR("od91801", "Not Exists"), ERROR_NOT_FOUND},
};

static void test_outcome_of_a_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        struct exchange script[] = {{.status = 200, .answer = LOOK("2", "1", "1")},
                                    {.writes = true,
                                     .status = writes[i].status,
                                     .maybe_sent = writes[i].maybe_sent,
                                     .answer = writes[i].answer}};
        struct ship s;
        struct conversation c;
        struct error error = {0};
        make(&s, &usual, 1);
        assert_false(run(&s, &c, script, 2, &error));
        if (error.class != writes[i].class)
            fail_msg("write %zu: %s %s", i, error_class_name(error.class), error.code);
        assert_string_equal(error.subject[0] ? error.subject : YAHOO_NO, YAHOO_NO);
        assert_string_equal(c.progress[0], "shipping");
        conversation_free(&c);
    }
}

// The answer of a write cut at every byte: done only when it is whole, otherwise unknown.
static void test_truncated_answer_of_a_write(void **state)
{
    static const char answer[] = YAHOO_WRITE_OK;
    (void)state;
    for (size_t n = 0; n < sizeof answer - 1; n++) {
        struct exchange script[] = {{.status = 200, .answer = LOOK("2", "1", "1")},
                                    {.writes = true, .status = 200, .bytes = {answer, n}}};
        struct ship s;
        struct conversation c;
        struct error error = {0};
        make(&s, &usual, 1);
        assert_false(run(&s, &c, script, 2, &error));
        assert_int_equal(error.class, ERROR_AMBIGUOUS);
        conversation_free(&c);
    }
}

static void test_token_ends_between_look_and_write(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = LOOK("2", "1", "1")},
        {.operation = "orderShipStatusChange",
         .writes = true,
         .status = 401,
         .header = "WWW-Authenticate",
         .header_value = "Bearer error=\"invalid_token\"",
         .answer = "<Error><Message>x</Message></Error>"},
        {.operation = "token",
         .status = 200,
         .answer = "{\"access_token\":\"AT-3\",\"expires_in\":3600}"},
        {.operation = "orderShipStatusChange",
         .writes = true,
         .status = 200,
         .answer = YAHOO_WRITE_OK},
    };
    struct ship s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make(&s, &usual, 1);
    assert_true(run(&s, &c, script, 4, &error));
    conversation_free(&c);
}

// "Already so" comes as a warning; should it come as a refusal, it is as good.
static void test_already_in_that_status_is_done(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = LOOK("2", "1", "1")},
        {.writes = true, .status = 400, .answer = YAHOO_ERROR("od91705", "Already")},
    };
    struct ship s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make(&s, &usual, 1);
    assert_true(run(&s, &c, script, 2, &error));
    conversation_free(&c);
}

static void test_comparing(void **state)
{
    struct ship s;
    struct order at_mall;
    struct shipment parcel = {.carrier_mall_code = STR("1001"),
                              .tracking_number = STR("123456789012"),
                              .ship_date = YAHOO_DAY};
    struct order_package package = {.number = 1, .shipments = &parcel, .shipment_count = 1};
    struct error d = {0};
    (void)state;
    make(&s, &usual, 1);
    order_init(&at_mall);
    at_mall.packages = &package;
    at_mall.package_count = 1;
    at_mall.mall_status = STR("2/1/1");
    assert_int_equal(yahoo_mall.ship_compare(&s.a.account, &at_mall, &s.request, &d), MALL_NOT_YET);
    at_mall.mall_status = STR("2/1/3");
    assert_int_equal(yahoo_mall.ship_compare(&s.a.account, &at_mall, &s.request, &d), MALL_SAME);
    s.request.target_status = STR("done");
    assert_int_equal(yahoo_mall.ship_compare(&s.a.account, &at_mall, &s.request, &d), MALL_NOT_YET);
    at_mall.mall_status = STR("2/0/3"); // unpaid: closing isn't owed yet
    assert_int_equal(yahoo_mall.ship_compare(&s.a.account, &at_mall, &s.request, &d), MALL_SAME);
    at_mall.mall_status = STR("5/1/3");
    assert_int_equal(yahoo_mall.ship_compare(&s.a.account, &at_mall, &s.request, &d), MALL_SAME);
    parcel.carrier_mall_code = STR("103"); // the older code of the same carrier
    assert_int_equal(yahoo_mall.ship_compare(&s.a.account, &at_mall, &s.request, &d), MALL_SAME);
    parcel.carrier_mall_code = STR("1002");
    assert_int_equal(yahoo_mall.ship_compare(&s.a.account, &at_mall, &s.request, &d),
                     MALL_DIFFERENT);
    assert_string_equal(d.code, "yahoo.carrier_differs");
    parcel.carrier_mall_code = STR("1001");
    parcel.tracking_number = STR("999");
    assert_int_equal(yahoo_mall.ship_compare(&s.a.account, &at_mall, &s.request, &d),
                     MALL_DIFFERENT);
    assert_string_equal(d.code, "yahoo.number_differs");
    parcel.tracking_number = STR("1234-5678-9012");
    parcel.ship_date = YAHOO_DAY - 1;
    assert_int_equal(yahoo_mall.ship_compare(&s.a.account, &at_mall, &s.request, &d),
                     MALL_DIFFERENT);
    assert_string_equal(d.code, "yahoo.ship_date_differs");
    at_mall.mall_status = STR("4/1/1");
    assert_int_equal(yahoo_mall.ship_compare(&s.a.account, &at_mall, &s.request, &d),
                     MALL_DIFFERENT);
    assert_string_equal(d.code, "yahoo.order_cancelled");
}

static void test_accepting(void **state)
{
    static const struct exchange script[] = {
        {.operation = "orderChange",
         .writes = true,
         .body_is = "<Req><Target><OrderId>e-1</OrderId><OperationUser>oms</OperationUser></"
                    "Target><Order><IsSeen>true"
                    "</IsSeen></Order><SellerId>examplestore</SellerId></Req>",
         .status = 400,
         .answer = YAHOO_ERROR("od90149", "Cannot Be Operated : ReadOnly")},
        {.body_has = {"<OrderId>e-2</OrderId>"},
         .writes = true,
         .status = 200,
         .answer = YAHOO_WRITE_OK},
    };
    struct str numbers[] = {STR("e-1"), STR("e-2")};
    struct mall_read_request request = {numbers, 2};
    struct yahoo_account a;
    struct conversation c;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    CONVERSATION(&c, script, YAHOO_NOW);
    // The second is accepted although the first isn't; the refusal is told at the end.
    assert_false(
        conversation_run(&c, yahoo_mall.accept(&a.account, &request, &c.sink, &error), &error));
    assert_int_equal(c.at, 2);
    assert_string_equal(error.code, "yahoo.cannot_be_operated");
    assert_string_equal(error.subject, "e-1");
    conversation_free(&c);
}

static void test_cancelling(void **state)
{
    static const struct exchange script[] = {
        {.operation = "orderInfo", .status = 200, .answer = LOOK("2", "1", "1")},
        {.operation = "orderStatusChange",
         .writes = true,
         .body_is = "<Req><Target><OrderId>" YAHOO_NO
                    "</OrderId><IsPointFix>false</IsPointFix><OperationUser>oms"
                    "</OperationUser></Target><Order><OrderStatus>4</"
                    "OrderStatus><CancelReason>230</CancelReason>"
                    "<CancelReasonDetail>在庫の数え間違いのため</CancelReasonDetail></"
                    "Order><SellerId>examplestore</SellerId></Req>",
         .status = 200,
         .answer = YAHOO_WARNING("od91704")},
    };
    static const struct exchange already[] = {
        {.operation = "orderInfo", .status = 200, .answer = LOOK("4", "1", "1")}};
    static const struct exchange window[] = {
        {.operation = "orderInfo",
         .status = 200,
         .answer = YAHOO_LOOK("2", "1", "1", "<IsReadOnly>1</IsReadOnly>")}};
    struct ship s;
    struct conversation c;
    struct error error = {0};
    struct mall_cancel_request request = {&s.order, STR("230"), STR("在庫の数え間違いのため")};
    (void)state;
    make(&s, &usual, 1);
    CONVERSATION(&c, script, YAHOO_NOW);
    assert_true(
        conversation_run(&c, yahoo_mall.cancel(&s.a.account, &request, &c.sink, &error), &error));
    assert_string_equal(c.warnings[1].error.peer_code, "od91704");
    conversation_free(&c);
    CONVERSATION(&c, already, YAHOO_NOW);
    assert_true(
        conversation_run(&c, yahoo_mall.cancel(&s.a.account, &request, &c.sink, &error), &error));
    conversation_free(&c);
    CONVERSATION(&c, window, YAHOO_NOW);
    assert_false(
        conversation_run(&c, yahoo_mall.cancel(&s.a.account, &request, &c.sink, &error), &error));
    assert_string_equal(error.code, "yahoo.read_only_window");
    assert_true(error.retry_after_ms > 0);
    conversation_free(&c);
    request.detail = STR("短い");
    assert_null(yahoo_mall.cancel(&s.a.account, &request, &c.sink, &error));
    assert_string_equal(error.code, "yahoo.cancel_detail");
    request.reason = STR("300"); // the buyer's own; not for stores
    assert_null(yahoo_mall.cancel(&s.a.account, &request, &c.sink, &error));
    assert_string_equal(error.code, "yahoo.cancel_reason");
}

static void test_memory_failures(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = LOOK("2", "1", "1")},
        {.writes = true, .status = 200, .answer = YAHOO_WARNING("od91115")},
        {.writes = true, .status = 200, .answer = YAHOO_WRITE_OK},
    };
    bool succeeded = false;
    (void)state;
    for (uint64_t n = 1; !succeeded; n++) {
        struct ship s;
        struct conversation c;
        struct error error = {0};
        make(&s, &usual, 1);
        s.request.target_status = STR("done");
        conversation_init(&c, script, 3, YAHOO_NOW);
        memory_fail_at(n, 0);
        struct mall_op *op = yahoo_mall.ship(&s.a.account, &s.request, &c.sink, &error);
        succeeded = op && conversation_run(&c, op, &error);
        memory_fail_at(0, 0);
        // Once the write is out, lack of memory leaves its outcome unknown.
        if (!succeeded)
            assert_true(error.class == ERROR_NO_MEMORY || error.class == ERROR_AMBIGUOUS);
        if (!succeeded && c.at < 2)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        conversation_free(&c);
        assert_true(n < 3000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_exact),
        cmocka_unit_test(test_two_numbers_and_settings),
        cmocka_unit_test(test_rules_are_checked_before_sending),
        cmocka_unit_test(test_known_states_of_the_order_are_refused),
        cmocka_unit_test(test_what_the_mall_shows_decides),
        cmocka_unit_test(test_correction_goes_without_a_second_notice),
        cmocka_unit_test(test_resuming_waits_only_the_rest),
        cmocka_unit_test(test_outcome_of_a_write),
        cmocka_unit_test(test_truncated_answer_of_a_write),
        cmocka_unit_test(test_token_ends_between_look_and_write),
        cmocka_unit_test(test_already_in_that_status_is_done),
        cmocka_unit_test(test_comparing),
        cmocka_unit_test(test_accepting),
        cmocka_unit_test(test_cancelling),
        cmocka_unit_test(test_memory_failures),
    };
    return cmocka_run_group_tests_name("yahoo-ship", tests, NULL, NULL);
}
