// SPDX-License-Identifier: Apache-2.0
//
// Qoo10's wire: requests byte for byte, the sample of qoo10.md §11 field by field, every error code
// of the sheet with its class and words, lost and broken answers, memory that runs out anywhere.
#include "base/memory.h"
#include "mall/qoo10/internal.h"
#include "support/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 1788825600000LL // 2026-09-08T09:00:00+09:00
#define HEAD "returnType=application%2Fjson"
#define NONE "{\"ResultObject\":null,\"ResultCode\":0,\"ResultMsg\":\"SUCCESS\"}"
#define OK "{\"ResultCode\":0,\"ResultMsg\":\"SUCCESS\"}"
#define NOT_THERE \
    "{\"ResultObject\":null,\"ResultCode\":-10003,\"ResultMsg\":\"order number not found\"}"
#define LIST(rows) "{\"ResultObject\":[" rows "],\"ResultCode\":0,\"ResultMsg\":\"SUCCESS\"}"
// clang-format off
#define ROW(status, number) \
 "{\"ShippingStatus\":\"" status "\",\"SellerID\":\"sample-shop\",\"PackNo\":300000001,\"OrderNo\":1000000011," \
  "\"OrderDate\":\"2026-09-03 21:07:45\",\"PaymentDate\":\"2026-09-03 21:08:02\",\"EstimatedShippingDate\":\"\",\"ShippingDate\":\"\",\"DeliveredDate\":\"\"," \
  "\"Buyer\":\"見本花子\",\"BuyerKana\":\"ミホンハナコ\",\"BuyerTel\":\"+81--\",\"BuyerMobile\":\"+81-90-0000-0001\",\"BuyerEmail\":\"dummy@example.jp\"," \
  "\"ItemNo\":\"900000001\",\"SellerItemCode\":\"mug-01\",\"ItemTitle\":\"見本マグ\",\"Option\":\"カラー:白 / 名入れ:あり(+699円)\",\"OptionCode\":\"mug-01-wt\"," \
  "\"OrderPrice\":1650.0,\"OrderQty\":2,\"Discount\":300.0,\"Total\":3000.0," \
  "\"Receiver\":\"見本花子\",\"ReceiverKana\":\"ミホンハナコ\",\"ZipCode\":\"1000000\",\"ShippingAddress\":\"東京都千代田区架空町1-2-3\",\"Address1\":\"東京都千代田区\",\"Address2\":\"架空町1-2-3\"," \
  "\"ReceiverTel\":\"+81--\",\"ReceiverMobile\":\"+81-90-0000-0001\",\"DesiredDeliveryDate\":\"2026-09-08 14:00~16:00\"," \
  "\"SenderName\":\"\",\"ShippingWay\":\"\",\"ShippingMessage\":\"急ぎ\",\"PaymentMethod\":\"PayPay\",\"SellerDiscount\":0.0,\"Currency\":\"JPY\",\"ShippingRate\":550.0," \
  "\"RelatedOrder\":\"1000000011, 1000000012\",\"ShippingRateType\":\"Charge\",\"DeliveryCompany\":\"ヤマト宅急便\",\"PackingNo\":\"\"," \
  "\"Gift\":\"\",\"CartDiscountSeller\":100.0,\"CartDiscountQoo10\":50.0,\"SettlePrice\":2970.0,\"TrackingNo\":\"" number "\",\"AvailableSendType\":\"0\",\"AvailableShippingDate\":\"2026-09-07\"}"
// clang-format on
#define SAMPLE LIST(ROW("On request(2)", ""))

static const struct setting_value values[] = {
    {{"certification_key", 17}, {"S5dummy_g_1_key_x", 17}},
    {{"claim_search", 12}, {"all", 3}},
};
static const struct mall_account account = {
    .shop_id = 7, .base_url = {"", 0}, .values = values, .value_count = 2};

static time_ms at(const char *text)
{
    time_ms t = TIME_NONE;
    assert_true(time_parse_iso(str_from(text), JST_OFFSET_MS, &t));
    return t;
}

#define is_text(actual, expected)                                             \
    do {                                                                      \
        struct str text_seen = (actual);                                      \
        if (!str_eq(text_seen, str_from(expected)))                           \
            fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(text_seen), expected); \
    } while (0)

static struct mall_op *start_read(struct conversation *c, struct error *error)
{
    static const struct str no = {"300000001", 9};
    static time_ms when;
    when = at("2026-09-03 21:07:45");
    struct mall_read_request request = {&no, 1, &when};
    return qoo10_mall.read(&account, &request, &c->sink, error);
}

#define SPAN_V3 "&SearchStartDate=20260903210645&SearchEndDate=20260903210845&SearchCondition=1"
#define SPAN_CLAIMS "&search_Sdate=20260903210645&search_Edate=20260903210845&search_condition=1"

static const struct exchange whole_read[] = {
    {.operation = "GetShippingInfo_v3",
     .url = "https://api.qoo10.jp/GMKT.INC.Front.QAPIService/ebayjapan.qapi/"
            "ShippingBasic.GetShippingInfo_v3",
     .body_is = HEAD "&ShippingStatus=0" SPAN_V3,
     .status = 200,
     .answer = SAMPLE},
    {.operation = "GetShippingInfo_v3",
     .body_is = HEAD "&ShippingStatus=4" SPAN_V3,
     .status = 200,
     .answer = NONE},
    {.operation = "GetShippingInfo_v3",
     .body_is = HEAD "&ShippingStatus=5" SPAN_V3,
     .status = 200,
     .answer = NONE},
    {.operation = "GetClaimInfo_V3",
     .body_is = HEAD "&ClaimStat=" SPAN_CLAIMS,
     .status = 200,
     .answer = NONE},
    {.operation = "GetShippingAndClaimInfoByOrderNo_V2",
     .body_is = HEAD "&OrderNo=1000000012",
     .status = 200,
     .answer = NOT_THERE},
};

static void requests_are_exact(void **state)
{
    struct conversation c;
    struct error error = {0};
    (void)state;
    CONVERSATION(&c, whole_read, NOW);
    struct mall_op *op = start_read(&c, &error);
    assert_non_null(op);
    if (!conversation_run(&c, op, &error))
        fail_msg("%s %s", error.code, error.what_en);
    assert_int_equal(conversation_orders(&c), 1);
    conversation_free(&c);
}

static void the_sample_field_by_field(void **state)
{
    struct conversation c;
    struct error error = {0};
    (void)state;
    CONVERSATION(&c, whole_read, NOW);
    assert_true(conversation_run(&c, start_read(&c, &error), &error));
    const struct order *o = &conversation_order(&c, 0)->order;
    const struct order_package *p = &o->packages[0];
    const struct order_line *l = &p->lines[0];
    is_text(o->mall, "qoo10");
    is_text(o->order_no, "300000001");
    is_text(o->mall_status, "2");
    is_text(o->mall_status_label, "配送要請/新規受付");
    assert_int_equal(o->state, ORDER_NEW);
    assert_int_equal(o->payment_state, PAYMENT_PAID);
    assert_int_equal(o->shipment_state, SHIPMENT_WAITING);
    assert_true(o->ordered_at == at("2026-09-03 21:07:45"));
    assert_true(o->paid_at == at("2026-09-03 21:08:02"));
    is_text(o->orderer.name, "見本花子");
    is_text(o->orderer.name_kana, "ミホンハナコ");
    is_text(o->orderer.phone, "09000000001");
    is_text(o->orderer.email, "dummy@example.jp");
    is_text(o->payment_method, "PayPay");
    assert_int_equal(o->payment_class, PAYMENT_CLASS_AUTHORIZATION);
    assert_int_equal(o->goods, 3300);
    assert_int_equal(o->postage, 550);
    assert_int_equal(o->coupon_shop, 100);
    assert_int_equal(o->coupon_mall, 350);
    assert_int_equal(o->total, 3850);
    assert_int_equal(o->billed, 3400);
    is_text(o->buyer_note, "急ぎ");
    assert_int_equal(o->package_count, 1);
    is_text(p->mall_ref, "1000000011");
    assert_true(p->recipient_is_orderer);
    is_text(p->recipient.postal_code, "1000000");
    is_text(p->recipient.prefecture, "東京都");
    is_text(p->recipient.city, "千代田区");
    is_text(p->recipient.address1, "架空町1-2-3");
    assert_int_equal(p->requested_date, 20260908);
    is_text(p->requested_slot, "14:00-16:00");
    is_text(p->carrier, "yamato");
    assert_int_equal(p->shipment_count, 0);
    assert_int_equal(p->line_count, 1);
    is_text(l->mall_line_id, "1000000011");
    is_text(l->item_code, "900000001");
    is_text(l->item_id, "mug-01");
    is_text(l->sku, "mug-01-wt");
    is_text(l->system_sku, "mug-01-wt");
    is_text(l->title, "見本マグ");
    is_text(l->options, "カラー:白\n名入れ:あり(+699円)");
    assert_int_equal(l->unit_price, 1650);
    assert_int_equal(l->quantity, 2);
    assert_int_equal(l->discount, 300);
    assert_int_equal(l->subtotal, 3000);
    assert_int_equal(l->tax_rate_basis_points, -1);
    assert_true(o->marks & ORDER_MARK_COMMENT);
    assert_true(o->marks & ORDER_MARK_DATE_REQUESTED);
    conversation_free(&c);
}

// The three shapes of the wish, empty phones, whole addresses, amounts as text.
static void shapes_of_values(void **state)
{
    static const struct {
        const char *row;
        day date;
        const char *slot;
    } wishes[] = {
        {"2026-09-08 ", 20260908, ""},    {"14:00~16:00", 0, "14:00-16:00"},
        {"08:00~12:00", 0, "午前中"},     {"", 0, ""},
        {"2026-99-08 ", 0, "2026-99-08"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        char answer[2000];
        AUTO_ARENA arena = arena_new(1 << 20);
        struct json root;
        struct error error;
        struct order o;
        size_t rows;
        struct qoo10_collection c = {.arena = arena};
        struct mall_account a = account;
        a.mall = &qoo10_mall;
        snprintf(
            answer, sizeof answer,
            "{\"packNo\":\"7\",\"orderNo\":\"8\",\"shippingStatus\":\"3\",\"orderDate\":"
            "\"2026-09-03 21:07:45\",\"PaymentDate\":\"\",\"total\":\"1,650.0\","
            "\"orderPrice\":\"1650\",\"orderQty\":\"1\",\"discount\":\"\",\"receiver\":\"見本\","
            "\"shippingAddr\":\"架空町1-2\",\"receiverTel\":\"+81--\",\"receiverMobile\":"
            "\"+81--\",\"hopeDate\":\"%s\"}",
            wishes[i].row);
        assert_true(json_parse(arena, str_from(answer), false, &root, &error));
        assert_true(qoo10_collect(&c, root, &rows, &error)); // a bare object
        assert_int_equal(rows, 1);
        qoo10_collect_sort(&c);
        if (!qoo10_cart_read(arena, &a, c.lines, c.count, &o, &error))
            fail_msg("%s %s", error.code, error.what_en);
        assert_int_equal(o.packages[0].requested_date, wishes[i].date);
        is_text(o.packages[0].requested_slot, wishes[i].slot);
        is_text(o.packages[0].recipient.phone, "");
        is_text(o.packages[0].recipient.prefecture, "");
        is_text(o.packages[0].recipient.address1, "架空町1-2");
        assert_int_equal(o.goods, 1650);
        assert_int_equal(o.payment_state, PAYMENT_PAID); // an empty PaymentDate says nothing
        assert_true(o.paid_at == TIME_NONE);
    }
}

static void bad_rows_say_why(void **state)
{
    static const struct {
        const char *from, *to, *code;
    } cases[] = {
        {"\"OrderDate\":\"2026-09-03 21:07:45\"", "\"OrderDate\":\"\"", "qoo10.field_missing"},
        {"\"OrderQty\":2", "\"OrderQty\":\"two\"", "qoo10.field_unreadable"},
        {"\"Total\":3000.0", "\"Total\":3000.5", "qoo10.field_unreadable"},
        {"\"ShippingStatus\":\"On request(2)\"", "\"ShippingStatus\":\"new\"",
         "qoo10.field_missing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conversation c;
        struct error error = {0};
        AUTO_BUF answer = buf_make(1 << 16);
        struct exchange script[5];
        struct str sample = STR(SAMPLE);
        ptrdiff_t found = str_find(sample, str_from(cases[i].from));
        assert_true(found > 0);
        buf_add(&answer, str_slice(sample, 0, (size_t)found));
        buf_add(&answer, str_from(cases[i].to));
        buf_add(&answer, str_slice(sample, (size_t)found + strlen(cases[i].from), sample.n));
        memcpy(script, whole_read, sizeof script);
        script[0].answer = NULL;
        script[0].bytes = buf_str(&answer);
        CONVERSATION(&c, script, NOW);
        assert_true(conversation_run(&c, start_read(&c, &error), &error));
        assert_int_equal(conversation_bad(&c), 1);
        assert_string_equal(c.batches[0]->bad_orders[0].error.code, cases[i].code);
        is_text(c.batches[0]->bad_orders[0].order_no, "300000001");
        assert_true(c.batches[0]->bad_orders[0].raw.n > 100);
        conversation_free(&c);
    }
}

// A row without numbers hides no other, and the range isn't counted as listed.
static void bad_rows_hide_nothing(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = LIST("{\"PackNo\":\"x\"}," ROW("On request(2)", "") ",7")},
        {.status = 200, .answer = NONE},
        {.status = 200, .answer = NONE},
        {.status = 200, .answer = NONE},
    };
    struct mall_list_request request = {DATE_ORDERED, NOW - 86400000, NOW, STR("")};
    struct conversation c;
    struct error error = {0};
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_true(conversation_run(&c, qoo10_mall.list(&account, &request, &c.sink, &error), &error));
    assert_int_equal(conversation_listings(&c), 1);
    assert_int_equal(conversation_windows(&c), 0);
    assert_string_equal(c.warnings[0].error.code, "qoo10.row_unreadable");
    conversation_free(&c);
}

// A status that can't be read is looked at, not filtered away.
static void unknown_statuses_are_read(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = LIST(ROW("Something new", ""))},
        {.status = 200, .answer = NONE},
        {.status = 200, .answer = NONE},
        {.status = 200, .answer = NONE},
    };
    struct mall_list_request request = {DATE_ORDERED, NOW - 86400000, NOW, STR("")};
    struct conversation c;
    struct error error = {0};
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_true(conversation_run(&c, qoo10_mall.list(&account, &request, &c.sink, &error), &error));
    is_text(conversation_listing(&c, "300000001")->status_choice, "");
    is_text(conversation_listing(&c, "300000001")->mall_status, "?");
    conversation_free(&c);
}

static void claims_by_name(void **state)
{
    static const struct {
        const char *value;
        int code;
    } cases[] = {
        {"\"3\"", 3}, {"16", 16},  {"\"Cancel complete(3)\"", 3}, {"\"キャンセル完了\"", 3},
        {"\"\"", 0},  {"null", 0}, {"\"anything\"", -1},          {"\"返品中\"", 5}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AUTO_ARENA arena = arena_new(1 << 16);
        struct json root;
        struct error error;
        struct str text = arena_printf(arena, "{\"claimStatus\":%s}", cases[i].value);
        assert_true(json_parse(arena, text, false, &root, &error));
        assert_int_equal(qoo10_claim_code(qoo10_value(root, Q_CLAIM)), cases[i].code);
    }
}

// The method about single numbers isn't granted: what the claim says is enough for a cancellation.
static void claims_alone(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = NONE},
        {.status = 200, .answer = NONE},
        {.status = 200, .answer = NONE},
        {.status = 200,
         .answer = LIST("{\"claimStatus\":\"3\",\"cancelRefundDate\":\"2026-09-04 10:00:00\","
                        "\"reason\":\"都合\",\"orderDate\":\"2026-09-03 21:07:45\",\"orderNo\":"
                        "1000000011,\"packNo\":300000001,\"itemTitle\":\"見本マグ\",\"orderQty\":2,"
                        "\"paymentAmount\":3000,\"receiver\":\"見本花子\"}")},
        {.operation = "GetShippingAndClaimInfoByOrderNo_V2",
         .status = 200,
         .answer = "{\"ResultCode\":-90002,\"ResultMsg\":\"not authorised\"}"},
    };
    struct conversation c;
    struct error error = {0};
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_true(conversation_run(&c, start_read(&c, &error), &error));
    assert_int_equal(conversation_orders(&c), 1);
    assert_int_equal(conversation_order(&c, 0)->order.state, ORDER_CANCELLED);
    is_text(conversation_order(&c, 0)->order.cancel_reason, "都合");
    conversation_free(&c);
}

// --- codes ---

static void every_code_has_class_and_words(void **state)
{
    static const struct {
        const char *method;
        int code;
        bool proven;
        enum error_class class;
        const char *our_code;
    } cases[] = {
        {"GetShippingInfo_v3", -10000, false, ERROR_AUTH_INVALID, "qoo10.key_invalid"},
        {"SetSendingInfo", -10000, true, ERROR_AUTH_INVALID, "qoo10.key_invalid"},
        {"GetShippingInfo_v3", -90001, false, ERROR_AUTH_INVALID, "qoo10.key_malformed"},
        {"SetSendingInfo", -90001, true, ERROR_REJECTED, "qoo10.method_or_parameter"},
        {"GetClaimInfo_V3", -90002, false, ERROR_NOT_PERMITTED, "qoo10.not_authorised"},
        {"GetClaimInfo_V3", -90003, false, ERROR_NOT_PERMITTED, "qoo10.not_this_seller"},
        {"GetClaimInfo_V3", -90004, false, ERROR_AUTH_EXPIRED, "qoo10.key_expired"},
        {"SetSendingInfo", -90005, true, ERROR_AUTH_EXPIRED, "qoo10.key_expired"},
        {"CreateCertificationKey", -10001, false, ERROR_AUTH_INVALID, "qoo10.login_refused"},
        {"GetShippingInfo_v3", -10001, true, ERROR_REJECTED, "qoo10.date_invalid"},
        {"GetShippingInfo_v3", -10002, true, ERROR_REJECTED, "qoo10.range_too_wide"},
        {"GetShippingInfo_v3", -10003, true, ERROR_REJECTED, "qoo10.status_invalid"},
        {"GetShippingInfo_v3", -10004, true, ERROR_REJECTED, "qoo10.condition_mismatch"},
        {"GetShippingInfo_v2", -10002, true, ERROR_REJECTED, "qoo10.range_too_wide"},
        {"GetClaimInfo_V3", -10001, true, ERROR_AUTH_INVALID, "qoo10.seller_unknown"},
        {"GetClaimInfo_V3", -10002, true, ERROR_REJECTED, "qoo10.date_invalid"},
        {"GetClaimInfo_V3", -10003, true, ERROR_REJECTED, "qoo10.range_too_wide"},
        {"GetShippingAndClaimInfoByOrderNo_V2", -10001, true, ERROR_AUTH_INVALID,
         "qoo10.seller_unknown"},
        {"GetShippingAndClaimInfoByOrderNo_V2", -10002, true, ERROR_NOT_FOUND,
         "qoo10.order_no_form"},
        {"GetShippingAndClaimInfoByOrderNo_V2", -10003, true, ERROR_NOT_FOUND,
         "qoo10.order_not_found"},
        {"SetSellerCheckYN_V2", -10001, true, ERROR_REJECTED, "qoo10.not_your_order"},
        {"SetSellerCheckYNBulk", -10001, true, ERROR_REJECTED, "qoo10.not_your_order"},
        {"SetSellerCheckYNBulk", -10011, true, ERROR_REJECTED, "qoo10.too_many"},
        {"SetSellerCheckYN_V2", -10012, true, ERROR_REJECTED, "qoo10.already_confirmed"},
        {"SetSellerCheckYN_V2", -10013, true, ERROR_REJECTED, "qoo10.not_on_request"},
        {"SetSellerCheckYN_V2", -10016, true, ERROR_REJECTED, "qoo10.planned_date_missing"},
        {"SetSellerCheckYN_V2", -10017, true, ERROR_REJECTED, "qoo10.planned_date_too_late"},
        {"SetSellerCheckYN_V2", -10018, true, ERROR_REJECTED, "qoo10.planned_date_past"},
        {"SetSendingInfo", -10001, true, ERROR_REJECTED, "qoo10.not_your_order"},
        {"SetSendingInfoBulk", -10001, true, ERROR_REJECTED, "qoo10.not_your_order"},
        {"SetCancelProcess", -10001, true, ERROR_REJECTED, "qoo10.order_no_form"},
        {"SetCancelProcess", -10002, true, ERROR_NOT_FOUND, "qoo10.order_not_found"},
        {"SetCancelProcess", -10003, true, ERROR_REJECTED, "qoo10.not_this_seller"},
        {"SetCancelProcess", -10004, true, ERROR_REJECTED, "qoo10.state_forbids"},
        {"SetClaimAccept", -10001, true, ERROR_REJECTED, "qoo10.order_no_form"},
        {"SetClaimRedelivery", -10002, true, ERROR_NOT_FOUND, "qoo10.order_not_found"},
        {"SetClaimAccept", -10003, true, ERROR_REJECTED, "qoo10.not_this_seller"},
        {"SetGoodsPriceQty", -10009, true, ERROR_REJECTED, "qoo10.item_state"},
        {"SetSendingInfo", -31337, true, ERROR_REJECTED, "qoo10.refused"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error e;
        char digits[16];
        snprintf(digits, sizeof digits, "%d", cases[i].code);
        assert_false(qoo10_refusal(&e, cases[i].method, cases[i].code, STR("its words"),
                                   cases[i].proven, 200));
        if (e.class != cases[i].class || strcmp(e.code, cases[i].our_code) != 0)
            fail_msg("%s %d: %s %s", cases[i].method, cases[i].code, error_class_name(e.class),
                     e.code);
        assert_true(e.what_ja[0] && e.what_en[0] && e.hint_ja[0] && e.hint_en[0]);
        assert_string_equal(e.peer_code, digits);
        assert_string_equal(e.peer_text, "its words");
    }
}

static void both_envelopes(void **state)
{
    static const char *const answers[] = {
        "{\"ErrorCode\":-90004,\"ErrorMsg\":\"Seller authorization key is expired.\"}",
        "{\"ErrorCode\":\"-90004\",\"ErrorMsg\":\"Seller authorization key is expired.\"}",
        "{\"ResultObject\":null,\"ResultCode\":-90004,\"ResultMsg\":\"Seller authorization key is "
        "expired.\"}",
        "{\"ResultCode\":\"-90004\",\"ResultMsg\":\"Seller authorization key is expired.\"}",
    };
    static const int statuses[] = {200, 401, 400, 403};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++) {
            struct exchange script[] = {{.status = statuses[k], .answer = answers[i]}};
            struct conversation c;
            struct error error = {0};
            CONVERSATION(&c, script, NOW);
            assert_false(conversation_run(&c, start_read(&c, &error), &error));
            assert_string_equal(error.code, "qoo10.key_expired");
            conversation_free(&c);
        }
}

// --- shipping ---

static struct order order_of(struct order_package *package, struct order_line *line)
{
    struct order o;
    order_init(&o);
    *line = (struct order_line){.number = 1, .mall_line_id = STR("1000000011"), .quantity = 1};
    *package = (struct order_package){
        .number = 1, .mall_ref = STR("1000000011"), .lines = line, .line_count = 1};
    o.mall = STR("qoo10");
    o.order_no = STR("300000001");
    o.mall_status = STR("2");
    o.state = ORDER_NEW;
    o.mall_update_mark = STR("");
    o.packages = package;
    o.package_count = 1;
    return o;
}

static struct mall_op *start_ship(struct conversation *c, struct error *error)
{
    static struct order order;
    static struct order_package known, wanted;
    static struct order_line line;
    static struct shipment parcel;
    order = order_of(&known, &line);
    parcel = (struct shipment){.carrier = STR("yamato"),
                               .carrier_mall_code = STR(""),
                               .tracking_number = STR("0000-1111-2222"),
                               .ship_date = 20260908,
                               .mall_ref = STR("")};
    wanted = known;
    wanted.shipments = &parcel;
    wanted.shipment_count = 1;
    struct mall_ship_request request = {
        .order = &order, .packages = &wanted, .package_count = 1, .progress = STR("")};
    return qoo10_mall.ship(&account, &request, &c->sink, error);
}

#define LOOK                                                                                       \
    {                                                                                              \
        .operation = "GetShippingAndClaimInfoByOrderNo_V2", .body_is = HEAD "&OrderNo=1000000011", \
        .status = 200, .answer = SAMPLE                                                            \
    }
#define CONFIRM                                                                          \
    {                                                                                    \
        .operation = "SetSellerCheckYN_V2", .url = "/ShippingBasic.SetSellerCheckYN_V2", \
        .body_is = HEAD "&OrderNo=1000000011&EstShipDt=20260908&DelayType=&DelayMemo=",  \
        .writes = true, .status = 200, .answer = OK                                      \
    }
#define TELL_BODY                                                                                  \
    HEAD "&OrderNo=1000000011&ShippingCorp=%E3%83%A4%E3%83%9E%E3%83%88%E5%AE%85%E6%80%A5%E4%BE%BF" \
         "&TrackingNo=000011112222"

static void shipping_is_exact(void **state)
{
    static const struct exchange script[] = {
        LOOK,
        CONFIRM,
        {.operation = "SetSendingInfo",
         .body_is = TELL_BODY,
         .writes = true,
         .status = 200,
         .answer = OK},
    };
    struct conversation c;
    struct error error = {0};
    (void)state;
    CONVERSATION(&c, script, NOW);
    if (!conversation_run(&c, start_ship(&c, &error), &error))
        fail_msg("%s %s", error.code, error.what_en);
    assert_int_equal(c.progress_count, 2);
    assert_string_equal(c.progress[0], "confirming 1000000011");
    assert_string_equal(c.progress[1], "telling 1000000011");
    conversation_free(&c);
}

// After the request may have left, only the mall's clear word decides.
static void lost_words(void **state)
{
    static const struct {
        int status;
        bool maybe;
        const char *answer;
        enum error_class class;
    } cases[] = {
        {0, true, NULL, ERROR_AMBIGUOUS},
        {0, false, NULL, ERROR_NETWORK},
        {200, false, "", ERROR_AMBIGUOUS},
        {200, false, "{\"ResultCode\":", ERROR_AMBIGUOUS},
        {200, false, "{}", ERROR_AMBIGUOUS},
        {200, false, "<html>x</html>", ERROR_AMBIGUOUS},
        {502, false, "<html>x</html>", ERROR_AMBIGUOUS},
        {503, false, OK, ERROR_AMBIGUOUS},
        {429, false, "", ERROR_RATE_LIMITED},
        {404, false, "<x>", ERROR_REJECTED},
        {200, false, "{\"ResultCode\":-10001,\"ResultMsg\":\"x\"}", ERROR_REJECTED},
        {200, false, "{\"ErrorCode\":-90004,\"ErrorMsg\":\"x\"}", ERROR_AUTH_EXPIRED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exchange script[] = {
            LOOK,
            CONFIRM,
            {.operation = "SetSendingInfo",
             .writes = true,
             .status = cases[i].status,
             .maybe_sent = cases[i].maybe,
             .answer = cases[i].answer ? cases[i].answer : ""},
        };
        struct conversation c;
        struct error error = {0};
        CONVERSATION(&c, script, NOW);
        assert_false(conversation_run(&c, start_ship(&c, &error), &error));
        if (error.class != cases[i].class)
            fail_msg("%zu: %s %s", i, error_class_name(error.class), error.code);
        conversation_free(&c);
    }
}

static void preflight_names_what_is_missing(void **state)
{
    struct order_package known, wanted;
    struct order_line line;
    struct order order = order_of(&known, &line);
    struct shipment parcels[2] = {{.carrier = STR("yamato"),
                                   .carrier_mall_code = STR(""),
                                   .tracking_number = STR("400000000001"),
                                   .mall_ref = STR("")}};
    (void)state;
    wanted = known;
    wanted.shipments = parcels;
    wanted.shipment_count = 1;
    struct mall_ship_request request = {.order = &order, .packages = &wanted, .package_count = 1};
    struct error e;
    assert_true(qoo10_mall.ship_preflight(&account, &request, 20260908, &e)); // no date needed
    parcels[0].ship_date = 20260909;
    assert_false(qoo10_mall.ship_preflight(&account, &request, 20260908, &e));
    assert_string_equal(e.code, "shipment.ship_date_future");
    parcels[0].ship_date = 0;
    parcels[0].tracking_number = STR("");
    assert_false(qoo10_mall.ship_preflight(&account, &request, 20260908, &e));
    assert_string_equal(e.code, "shipment.tracking_number_missing");
    assert_true(e.hint_ja[0]);
    parcels[0].tracking_number = STR("あ1");
    assert_false(qoo10_mall.ship_preflight(&account, &request, 20260908, &e));
    assert_string_equal(e.code, "qoo10.tracking_number_form");
    parcels[0].tracking_number = STR("400000000001");
    parcels[0].carrier = STR("");
    assert_false(qoo10_mall.ship_preflight(&account, &request, 20260908, &e));
    assert_string_equal(e.code, "shipment.carrier_missing");
    parcels[0].carrier = STR("dhl");
    assert_false(qoo10_mall.ship_preflight(&account, &request, 20260908, &e));
    assert_string_equal(e.code, "shipment.carrier_not_mapped");
    parcels[0].carrier = STR("sagawa");
    parcels[1] = parcels[0];
    parcels[1].tracking_number = STR("400000000002");
    wanted.shipment_count = 2;
    assert_true(qoo10_mall.ship_preflight(&account, &request, 20260908, &e));
    struct setting_value strict = {STR("extra_numbers"), STR("refuse")};
    struct mall_account a = {.shop_id = 7, .values = &strict, .value_count = 1};
    assert_false(qoo10_mall.ship_preflight(&a, &request, 20260908, &e));
    assert_string_equal(e.code, "qoo10.too_many_numbers");
    wanted.shipment_count = 1;
    static const struct {
        enum order_state state;
        const char *code;
    } states[] = {{ORDER_CANCELLED, "order.cancelled_at_mall"},
                  {ORDER_CANCEL_REQUESTED, "qoo10.cancel_requested"},
                  {ORDER_PROVISIONAL, "qoo10.unpaid"}};
    for (size_t i = 0; i < 3; i++) {
        order.state = states[i].state;
        assert_false(qoo10_mall.ship_preflight(&account, &request, 20260908, &e));
        assert_string_equal(e.code, states[i].code);
    }
    order.state = ORDER_NEW;
    line.mall_line_id = STR("");
    assert_false(qoo10_mall.ship_preflight(&account, &request, 20260908, &e));
    assert_string_equal(e.code, "qoo10.line_unknown");
    wanted.shipment_count = 0;
    assert_false(qoo10_mall.ship_preflight(&account, &request, 20260908, &e));
    assert_string_equal(e.code, "shipment.none");
}

static void settings_fit_together(void **state)
{
    struct setting_value v[] = {{STR("qapi_key"), STR("key")},
                                {STR("qsm_user_id"), STR("id")},
                                {STR("qsm_password"), STR("pw")}};
    struct mall_account a = {.shop_id = 7, .values = v, .value_count = 0};
    struct error e;
    (void)state;
    assert_false(qoo10_mall.validate(&a, &e));
    assert_string_equal(e.subject, "certification_key");
    a.value_count = 1;
    assert_false(qoo10_mall.validate(&a, &e));
    assert_string_equal(e.subject, "qsm_user_id");
    a.value_count = 2;
    assert_false(qoo10_mall.validate(&a, &e));
    assert_string_equal(e.subject, "qsm_password");
    a.value_count = 3;
    assert_true(qoo10_mall.validate(&a, &e));
    assert_true(qoo10_mall.validate(&account, &e));
}

// --- broken answers and memory ---

static void truncation_at_every_byte(void **state)
{
    static const char answer[] = SAMPLE;
    (void)state;
    for (size_t n = 0; n < sizeof answer - 2; n++) {
        struct exchange script[5];
        struct conversation c;
        struct error error = {0};
        memcpy(script, whole_read, sizeof script);
        script[0].answer = NULL;
        script[0].bytes = str_make(answer, n);
        CONVERSATION(&c, script, NOW);
        assert_false(conversation_run(&c, start_read(&c, &error), &error));
        assert_int_equal(conversation_orders(&c), 0);
        assert_int_equal(error.class, ERROR_MALFORMED);
        assert_true(error.what_ja[0]);
        conversation_free(&c);
    }
}

static void memory_runs_out(void **state)
{
    static const struct exchange ship_script[] = {
        LOOK,
        CONFIRM,
        {.operation = "SetSendingInfo", .writes = true, .status = 200, .answer = OK},
    };
    (void)state;
    for (int ships = 0; ships < 2; ships++) {
        bool succeeded = false;
        for (uint64_t n = 1; !succeeded; n++) {
            struct conversation c;
            struct error error = {0};
            if (ships)
                CONVERSATION(&c, ship_script, NOW);
            else
                CONVERSATION(&c, whole_read, NOW);
            c.lenient = true;
            memory_fail_at(n, 0);
            struct mall_op *op = ships ? start_ship(&c, &error) : start_read(&c, &error);
            bool done = op && conversation_run(&c, op, &error);
            memory_fail_at(0, 0);
            succeeded = done && n > 20 && (ships || conversation_orders(&c) == 1);
            // After a write was answered nobody knows what it said.
            if (!done)
                assert_true(error.class == ERROR_NO_MEMORY || error.class == ERROR_AMBIGUOUS);
            if (!done && error.class == ERROR_AMBIGUOUS)
                assert_true(ships && c.at >= 2);
            conversation_free(&c);
            assert_true(n < 3000);
        }
    }
}

static void a_key_is_made_first(void **state)
{
    static const struct setting_value keys[] = {{{"qapi_key", 8}, {"A&B", 3}},
                                                {{"qsm_user_id", 11}, {"shop", 4}},
                                                {{"qsm_password", 12}, {"p=w", 3}}};
    static const struct mall_account a = {
        .shop_id = 7, .base_url = {"", 0}, .values = keys, .value_count = 3};
    static const struct exchange script[] = {
        {.operation = "CreateCertificationKey",
         .url = "/CertificationAPI.CreateCertificationKey",
         .body_is = HEAD "&user_id=shop&pwd=p%3Dw",
         .status = 200,
         .answer = "{\"ResultObject\":\"S5new_g_1_key\",\"ResultCode\":0,\"ResultMsg\":\"成功\"}"},
        {.operation = "GetShippingInfo_v3", .status = 200, .answer = NONE},
        {.operation = "GetShippingInfo_v3", .status = 200, .answer = NONE},
        {.operation = "GetShippingInfo_v3", .status = 200, .answer = NONE},
        {.operation = "GetShippingInfo_v3", .status = 200, .answer = NONE},
    };
    struct mall_list_request request = {DATE_PAID, NOW - 86400000, NOW, STR("")};
    struct conversation c;
    struct error error = {0};
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_true(conversation_run(&c, qoo10_mall.list(&a, &request, &c.sink, &error), &error));
    assert_int_equal(c.learned_count, 2);
    assert_int_equal(conversation_windows(&c), 1);
    conversation_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_exact),
        cmocka_unit_test(the_sample_field_by_field),
        cmocka_unit_test(shapes_of_values),
        cmocka_unit_test(bad_rows_say_why),
        cmocka_unit_test(bad_rows_hide_nothing),
        cmocka_unit_test(unknown_statuses_are_read),
        cmocka_unit_test(claims_by_name),
        cmocka_unit_test(claims_alone),
        cmocka_unit_test(every_code_has_class_and_words),
        cmocka_unit_test(both_envelopes),
        cmocka_unit_test(shipping_is_exact),
        cmocka_unit_test(lost_words),
        cmocka_unit_test(preflight_names_what_is_missing),
        cmocka_unit_test(settings_fit_together),
        cmocka_unit_test(truncation_at_every_byte),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(a_key_is_made_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
