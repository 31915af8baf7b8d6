// SPDX-License-Identifier: Apache-2.0
//
// au PAY マーケット by recorded answers (invented data after aupay.md §9): what is read from an
// order, every refusal that the reference knows, exact requests of a shipment, its two steps one by
// one, lost answers, lack of memory, truncation at every byte.
#include "base/memory.h"
#include "mall/aupay/aupay.h"
#include "support/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 1795392000000 // 2026-11-23T09:00:00+09:00
#define TODAY 20261123
#define NO "900000001"
#define OK_ "<response><result><status>0</status></result></response>"
#define NG(code, message)                                                               \
    "<response><result><status>1</status><error><code>" code "</code><message>" message \
    "</message></error></result></response>"
#define ORDER(status, more, total)                                                                      \
    "<orderInfo><orderId>" NO "</orderId><orderDate>2026/11/20 21:07</orderDate>"                       \
    "<sellMethodSegment>1</sellMethodSegment><siteAndDevice>au PAY マーケット(PC)</siteAndDevice>" \
    "<ordererName>見本　花子</ordererName><ordererZipCode>100-0000</ordererZipCode>"               \
    "<ordererAddress>東京都千代田区架空町1-2-3</ordererAddress>"                              \
    "<senderName>贈先 太郎</senderName><senderKana/><senderZipCode>060-0000</senderZipCode>"        \
    "<senderAddress>北海道札幌市架空1</senderAddress>"                                          \
    "<senderPhoneNumber1>011-000-0000</senderPhoneNumber1>"                                             \
    "<settlementName>クレジットカード決済</settlementName><orderStatus>" status "</orderStatus>"        \
    "<authorizationStatus>Y</authorizationStatus><paymentStatus>N</paymentStatus>"                      \
    "<totalSalePrice>3300</totalSalePrice><postagePrice>550</postagePrice>"                             \
    "<chargePrice>0</chargePrice><totalPrice>" total "</totalPrice>"                                    \
    "<couponTotalPrice>300</couponTotalPrice><couponType>M</couponType><usePoint>0</usePoint>"          \
    "<useAuPointPrice>50</useAuPointPrice><requestPrice>3500</requestPrice>"                            \
    "<newElement>なにか</newElement><deliveryName>宅急便</deliveryName>"                          \
    "<deliveryRequestTime>１４時～１６時</deliveryRequestTime>" more                                    \
    "<detail><orderDetailId>8</orderDetailId><itemManagementId>-wt</itemManagementId>"                  \
    "<itemCode> mug-01 </itemCode><lotnumber>5</lotnumber><itemName>見本マグ</itemName>"            \
    "<itemOption>カラー=白&amp;黒&amp;size=M</itemOption><itemPrice>1650</itemPrice>"              \
    "<unit>2</unit><totalItemPrice>3300</totalItemPrice><taxRate>0.08</taxRate></detail>"               \
    "</orderInfo>"
#define ONE(status, more) \
    "<response><result><status>0</status></result>" ORDER(status, more, "3850") "</response>"
#define PARCEL                                                                    \
    "<shippingDate>2026/11/23</shippingDate><shippingCarrier>1</shippingCarrier>" \
    "<shippingNumber>123456789012</shippingNumber>"

struct shop {
    struct setting_value values[16];
    struct mall_account account;
};

static void put(struct shop *s, const char *key, const char *value)
{
    s->values[s->account.value_count++] = (struct setting_value){str_from(key), str_from(value)};
}

static void make(struct shop *s)
{
    *s = (struct shop){0};
    s->account = (struct mall_account){.shop_id = 7, .values = s->values};
    put(s, "shop_id", "12345678");
    put(s, "api_key", "abc");
}

static bool read_one(struct shop *s, struct conversation *c, const struct exchange *script,
                     size_t count, struct error *error)
{
    static const struct str no = {NO, sizeof NO - 1};
    static const struct mall_read_request request = {&no, 1};
    conversation_init(c, script, count, NOW);
    struct mall_op *op = aupay_mall.read(&s->account, &request, &c->sink, error);
    return op && conversation_run(c, op, error);
}

static struct str extra(const struct order *o, const char *key)
{
    for (size_t i = 0; i < o->extra_count; i++)
        if (str_eq(o->extras[i].key, str_from(key)))
            return o->extras[i].value;
    return STR("");
}

#define assert_text(actual, expected)                                             \
    do {                                                                          \
        struct str actual_text = (actual);                                        \
        if (!str_eq(actual_text, str_from(expected)))                             \
            fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(actual_text), (expected)); \
    } while (0)

static void an_order_is_read_whole(void **state)
{
    static const struct exchange script[] = {
        {.operation = "searchTradeInfoProc",
         .url = "/wmshopapi/searchTradeInfoProc?shopId=12345678&orderId=" NO,
         .status = 200,
         .answer = ONE("発送待ち", "")}};
    struct shop s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make(&s);
    assert_true(read_one(&s, &c, script, 1, &error));
    const struct order *o = &conversation_order(&c, 0)->order;
    const struct order_package *p = &o->packages[0];
    // "sender" is who gets the goods.
    assert_text(p->recipient.name, "贈先 太郎");
    assert_text(p->recipient.prefecture, "北海道");
    assert_text(p->recipient.address1, "札幌市架空1");
    assert_text(o->orderer.name, "見本 花子");
    assert_false(p->recipient_is_orderer);
    assert_text(o->mall_status, "発送待ち");
    assert_int_equal(o->state, ORDER_ACCEPTED);
    assert_int_equal(o->payment_state, PAYMENT_AUTHORIZED);
    assert_int_equal(p->state, SHIPMENT_READY);
    assert_int_equal(o->billed, 3500);
    assert_int_equal(o->coupon_mall, 300);
    assert_int_equal(o->points, 50);
    assert_false(o->marks & ORDER_MARK_TOTAL_MISMATCH);
    assert_text(p->requested_slot, "14:00-16:00");
    assert_text(p->carrier, "yamato");
    assert_text(p->lines[0].options, "カラー:白&黒\nsize:M");
    assert_text(p->lines[0].item_code, "mug-01");
    assert_text(p->lines[0].sku, "mug-01-wt");
    assert_int_equal(p->lines[0].tax_rate_basis_points, 800);
    assert_text(extra(o, "newElement"), "なにか");
    conversation_free(&c);
}

static void amounts_that_disagree_go_in_with_the_numbers(void **state)
{
    static const struct exchange script[] = {
        {.status = 200,
         .answer = "<response><result><status>0</status></result>" ORDER("完了", "",
                                                                         "3851") "</response>"}};
    struct shop s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make(&s);
    assert_true(read_one(&s, &c, script, 1, &error));
    const struct order *o = &conversation_order(&c, 0)->order;
    assert_true(o->marks & ORDER_MARK_TOTAL_MISMATCH);
    assert_true(str_find(extra(o, "amountMismatch"), STR("3850 ≠ 3851")) >= 0);
    assert_int_equal(c.warning_count, 1);
    assert_string_equal(c.warnings[0].error.code, "aupay.amounts_disagree");
    assert_non_null(strstr(c.warnings[0].error.what_ja, "3851"));
    conversation_free(&c);
}

struct status_case {
    const char *name;
    enum order_state order;
    enum payment_state payment;
    enum shipment_state shipment;
};

static void every_status_has_its_meaning(void **state)
{
    static const struct status_case cases[] = {
        {"新規受付", ORDER_NEW, PAYMENT_AUTHORIZED, SHIPMENT_WAITING},
        {"新規予約", ORDER_NEW, PAYMENT_AUTHORIZED, SHIPMENT_WAITING},
        {"予約中", ORDER_ACCEPTED, PAYMENT_AUTHORIZED, SHIPMENT_WAITING},
        {"発送前入金待ち", ORDER_ACCEPTED, PAYMENT_UNPAID_BEFORE_SHIP, SHIPMENT_WAITING},
        {"与信待ち", ORDER_MALL_PROCESSING, PAYMENT_AUTH_PENDING, SHIPMENT_WAITING},
        {"発送待ち", ORDER_ACCEPTED, PAYMENT_AUTHORIZED, SHIPMENT_READY},
        {"発送後入金待ち", ORDER_ACCEPTED, PAYMENT_DUE_AFTER_SHIP, SHIPMENT_SHIPPED},
        {"完了", ORDER_DONE, PAYMENT_PAID, SHIPMENT_SHIPPED},
        {"保留", ORDER_ACCEPTED, PAYMENT_AUTHORIZED, SHIPMENT_WAITING},
        {"キャンセル", ORDER_CANCELLED, PAYMENT_NONE, SHIPMENT_VOID},
        {"キャンセル受付中", ORDER_CANCEL_REQUESTED, PAYMENT_AUTHORIZED, SHIPMENT_WAITING},
        {"不正取引審査中", ORDER_MALL_PROCESSING, PAYMENT_AUTH_PENDING, SHIPMENT_WAITING},
        {"審査保留", ORDER_MALL_PROCESSING, PAYMENT_AUTHORIZED, SHIPMENT_WAITING},
        {"審査NG", ORDER_CANCEL_REQUESTED, PAYMENT_FAILED, SHIPMENT_WAITING},
        {"出荷準備中", ORDER_ACCEPTED, PAYMENT_AUTHORIZED, SHIPMENT_READY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[8192];
        struct shop s;
        struct conversation c;
        struct error error = {0};
        struct exchange script = {.status = 200, .answer = text};
        const char *whole = ONE("@", "");
        const char *at = strchr(whole, '@');
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, cases[i].name, at + 1);
        make(&s);
        assert_true(read_one(&s, &c, &script, 1, &error));
        const struct order *o = &conversation_order(&c, 0)->order;
        assert_text(o->mall_status, cases[i].name);
        if (o->state != cases[i].order || o->payment_state != cases[i].payment ||
            o->packages[0].state != cases[i].shipment)
            fail_msg("%s: %s %s %s", cases[i].name, order_state_name(o->state),
                     payment_state_name(o->payment_state),
                     shipment_state_name(o->packages[0].state));
        conversation_free(&c);
    }
}

static void the_filter_knows_names_of_the_shop(void **state)
{
    struct shop s;
    (void)state;
    make(&s);
    assert_true(aupay_mall.takes_status(&s.account, STR("発送待ち")));
    assert_false(aupay_mall.takes_status(&s.account, STR("完了")));
    assert_true(aupay_mall.takes_status(&s.account, STR("出荷準備中")));
    put(&s, "fetch_custom_statuses", "入荷待ち, 出荷準備中");
    assert_true(aupay_mall.takes_status(&s.account, STR("出荷準備中")));
    assert_false(aupay_mall.takes_status(&s.account, STR("別の名前")));
    put(&s, "fetch_statuses", "発送待ち");
    assert_true(aupay_mall.takes_status(&s.account, STR("入荷待ち")));
    assert_false(aupay_mall.takes_status(&s.account, STR("新規受付")));
}

// ---- refusals ----

struct refusal_case {
    int status;
    const char *answer, *expires; // key's day, NULL none
    enum error_class class;       // ERROR_NONE: not the end of the operation
    const char *code;
};

static const struct refusal_case refusals[] = {
    {401, NG("0002", "認証に失敗しました"), NULL, ERROR_AUTH_INVALID, "aupay.key_or_ip"},
    {401, NG("0002", "認証に失敗しました"), "2027-01-31", ERROR_AUTH_INVALID, "aupay.key_or_ip"},
    {401, NG("0002", "認証に失敗しました"), "2026-11-22", ERROR_AUTH_EXPIRED, "aupay.key_expired"},
    {401, "<html>401</html>", NULL, ERROR_AUTH_INVALID, "aupay.key_or_ip"},
    {403, "<html>403</html>", NULL, ERROR_IP_DENIED, "aupay.ip_denied"},
    {200, NG("CME0022", "ショップIDが不正です"), NULL, ERROR_AUTH_INVALID, "aupay.shop_id"},
    {200, NG("CME0099", "アクセス回数の上限を超えました"), NULL, ERROR_QUOTA_USED_UP,
     "aupay.quota"},
    {200, NG("CME0098", "メンテナンス中です"), NULL, ERROR_MAINTENANCE, "aupay.maintenance"},
    {200, NG("CME0097", "システムエラーが発生しました"), NULL, ERROR_NETWORK, "aupay.server_error"},
    {502, "<html>502 Bad Gateway</html>", NULL, ERROR_NETWORK, "mall.server_error"},
    {503, "<html>メンテナンス</html>", NULL, ERROR_MAINTENANCE, "mall.maintenance"},
    {404, "<html>404</html>", NULL, ERROR_BAD_INPUT, "aupay.url_unknown"},
    {200, NG("", "[orderId]必須入力項目です"), NULL, ERROR_NONE, "aupay.field_missing"},
    {200, NG("PME0106", "登録済み"), NULL, ERROR_NONE, "aupay.item_code_taken"},
    {200, NG("XYZ", "変更できません ステータス"), NULL, ERROR_NONE, "aupay.status_not_allowed"},
    {200, NG("XYZ", "なにか"), NULL, ERROR_NONE, "aupay.refused"},
};

static void every_refusal_has_a_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal_case *x = &refusals[i];
        struct exchange script = {.status = x->status, .answer = x->answer};
        struct shop s;
        struct conversation c;
        struct error error = {0};
        make(&s);
        if (x->expires)
            put(&s, "api_key_expires_on", x->expires);
        bool done = read_one(&s, &c, &script, 1, &error);
        const struct error *e = &error;
        if (x->class == ERROR_NONE) {
            assert_true(done);
            assert_int_equal(conversation_bad(&c), 1);
            e = &c.batches[0]->bad_orders[0].error;
        } else if (done || e->class != x->class) {
            fail_msg("%zu: %d %s", i, done, error.code);
        }
        if (strcmp(e->code, x->code) != 0)
            fail_msg("%zu: %s instead of %s", i, e->code, x->code);
        assert_true(e->what_ja[0] && e->what_en[0] && e->hint_ja[0] && e->hint_en[0]);
        assert_true(strstr(e->what_ja, "abc") == NULL); // never the key
        conversation_free(&c);
    }
}

// The person must learn that it is one of two, and how to tell which.
static void key_and_address_are_told_apart_by_the_hint(void **state)
{
    struct exchange script = {.status = 401, .answer = NG("0002", "認証に失敗しました")};
    struct shop s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make(&s);
    assert_false(read_one(&s, &c, &script, 1, &error));
    assert_non_null(strstr(error.what_ja, "APIキー"));
    assert_non_null(strstr(error.what_ja, "接続元IPアドレス"));
    assert_non_null(strstr(error.hint_ja, "①"));
    assert_non_null(strstr(error.hint_ja, "原因は②"));
    assert_non_null(strstr(error.hint_en, "it is (2)"));
    conversation_free(&c);
}

static void what_is_not_there_is_missing(void **state)
{
    static const char *const answers[] = {
        OK_, "<response><result><status>0</status></result><orderInfo/></response>",
        NG("OME0002", "該当する注文が存在しません")};
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct exchange script = {.status = 200, .answer = answers[i]};
        struct shop s;
        struct conversation c;
        struct error error = {0};
        make(&s);
        assert_true(read_one(&s, &c, &script, 1, &error));
        assert_int_equal(conversation_missing(&c), 1);
        conversation_free(&c);
    }
}

// ---- shipping ----

struct ship {
    struct shop shop;
    struct order order;
    struct shipment shipments[3];
    struct order_package package;
    struct mall_ship_request request;
};

static void make_ship(struct ship *s)
{
    *s = (struct ship){0};
    make(&s->shop);
    order_init(&s->order);
    s->order.order_no = STR(NO);
    s->order.state = ORDER_ACCEPTED;
    s->shipments[0] = (struct shipment){.carrier = STR("yamato"),
                                        .carrier_mall_code = STR(""),
                                        .tracking_number = STR("1234-5678-9012"),
                                        .ship_date = TODAY};
    s->package =
        (struct order_package){.number = 1, .shipments = s->shipments, .shipment_count = 1};
    s->request = (struct mall_ship_request){.order = &s->order,
                                            .packages = &s->package,
                                            .package_count = 1,
                                            .target_status = STR(""),
                                            .progress = STR("")};
}

static bool ship(struct ship *s, struct conversation *c, const struct exchange *script,
                 size_t count, struct error *error)
{
    conversation_init(c, script, count, NOW);
    struct mall_op *op = aupay_mall.ship(&s->shop.account, &s->request, &c->sink, error);
    return op && conversation_run(c, op, error);
}

static void two_exact_steps(void **state)
{
    static const struct exchange script[] = {
        {.operation = "searchTradeInfoProc", .status = 200, .answer = ONE("発送待ち", "")},
        {.operation = "updateTradeInfoProc",
         .writes = true,
         .body_is =
             "<request><shopId>12345678</shopId><orderId>" NO "</orderId>" PARCEL "</request>",
         .status = 200,
         .answer = OK_},
        {.operation = "updateTradeStsProc",
         .writes = true,
         .body_is = "<request><shopId>12345678</shopId><orderId>" NO
                    "</orderId><orderStatus>完了</orderStatus></request>",
         .status = 200,
         .answer = OK_}};
    struct ship s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make_ship(&s);
    assert_true(ship(&s, &c, script, 3, &error));
    assert_int_equal(c.progress_count, 2);
    assert_string_equal(c.progress[0], "info");
    assert_string_equal(c.progress[1], "status");
    conversation_free(&c);
}

static void what_the_mall_shows_is_not_sent_again(void **state)
{
    static const struct exchange rest[] = {
        {.status = 200, .answer = ONE("発送待ち", PARCEL)},
        {.operation = "updateTradeStsProc", .writes = true, .status = 200, .answer = OK_}};
    static const struct exchange all[] = {{.status = 200, .answer = ONE("完了", PARCEL)}};
    static const struct exchange number[] = {
        {.status = 200, .answer = ONE("完了", "")},
        {.operation = "updateTradeInfoProc", .writes = true, .status = 200, .answer = OK_}};
    struct ship s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make_ship(&s);
    s.request.progress = STR("status");
    assert_true(ship(&s, &c, rest, 2, &error));
    conversation_free(&c);
    assert_true(ship(&s, &c, all, 1, &error));
    conversation_free(&c);
    assert_true(ship(&s, &c, number, 2, &error)); // completed by hand, without a number
    conversation_free(&c);
    s.request.target_status = STR("data_only");
    assert_true(ship(&s, &c, rest, 1, &error));
    conversation_free(&c);
}

static void half_done_is_said(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = ONE("発送待ち", "")},
        {.writes = true, .status = 200, .answer = OK_},
        {.writes = true, .status = 200, .answer = NG("OME0009", "ステータスは変更できません")}};
    struct ship s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make_ship(&s);
    assert_false(ship(&s, &c, script, 3, &error));
    assert_string_equal(error.code, "aupay.status_refused");
    assert_int_equal(error.class, ERROR_REJECTED);
    assert_non_null(strstr(error.what_ja, "発送情報は反映済み"));
    assert_non_null(strstr(error.peer_text, "OME0009"));
    conversation_free(&c);
}

static void lost_answers_are_ambiguous(void **state)
{
    static const struct exchange losses[] = {
        {.writes = true, .status = 0, .maybe_sent = true},
        {.writes = true, .status = 502, .answer = "<html>502</html>"},
        {.writes = true, .status = 200, .answer = "<html>ok?</html>"},
        {.writes = true, .status = 200, .answer = "<response><result>"},
        {.writes = true, .status = 200, .answer = NG("CME1", "システムエラー")}};
    (void)state;
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        struct exchange script[2] = {{.status = 200, .answer = ONE("発送待ち", "")}, losses[i]};
        struct ship s;
        struct conversation c;
        struct error error = {0};
        make_ship(&s);
        assert_false(ship(&s, &c, script, 2, &error));
        if (error.class != ERROR_AMBIGUOUS)
            fail_msg("%zu: %s", i, error.code);
        conversation_free(&c);
    }
}

struct state_case {
    const char *answer, *code;
    enum error_class class;
};

// A cancellation, or somebody else's number, between fetching and telling.
static void states_that_take_no_shipment(void **state)
{
    static const struct state_case cases[] = {
        {ONE("キャンセル", ""), "aupay.order_cancelled", ERROR_REJECTED},
        {ONE("発送待ち", "<cancelStatus>C</cancelStatus>"), "aupay.order_cancelled",
         ERROR_REJECTED},
        {ONE("キャンセル受付中", ""), "aupay.order_cancelling", ERROR_CONFLICT},
        {ONE("不正取引審査中", ""), "aupay.fraud_review", ERROR_CONFLICT},
        {ONE("審査保留", ""), "aupay.fraud_review", ERROR_CONFLICT},
        {ONE("審査NG", ""), "aupay.fraud_refused", ERROR_REJECTED},
        {ONE("発送待ち", "<shippingNumber>999</shippingNumber>"), "aupay.number_differs",
         ERROR_REJECTED},
        {OK_, "aupay.order_not_found", ERROR_NOT_FOUND},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exchange script = {.status = 200, .answer = cases[i].answer};
        struct ship s;
        struct conversation c;
        struct error error = {0};
        make_ship(&s);
        assert_false(ship(&s, &c, &script, 1, &error));
        if (strcmp(error.code, cases[i].code) != 0 || error.class != cases[i].class)
            fail_msg("%zu: %s", i, error.code);
        conversation_free(&c);
    }
}

struct rule_case {
    const char *carrier, *number;
    day date;
    const char *target, *code; // NULL: it may go
};

static void rules_before_sending(void **state)
{
    static const struct rule_case cases[] = {
        {"yamato", "1234-5678-9012", TODAY, "", NULL},
        {"ecohai", "123456789012", TODAY, "発送後入金待ち", NULL},
        {"yamato", "1234567890123456", TODAY, "", "aupay.tracking_number_form"},
        {"yamato", "", TODAY, "", "shipment.tracking_number_missing"},
        {"", "123456789012", TODAY, "", "shipment.carrier_missing"},
        {"nobody", "123456789012", TODAY, "", "shipment.carrier_not_mapped"},
        {"yamato", "123456789012", 0, "", "shipment.ship_date_missing"},
        {"yamato", "123456789012", TODAY + 1, "", "shipment.ship_date_future"},
        {"yamato", "123456789012", TODAY, "custom", "aupay.custom_status_missing"},
        {"yamato", "123456789012", TODAY, "キャンセル", "aupay.target_unknown"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ship s;
        struct error error = {0};
        make_ship(&s);
        s.shipments[0].carrier = str_from(cases[i].carrier);
        s.shipments[0].tracking_number = str_from(cases[i].number);
        s.shipments[0].ship_date = cases[i].date;
        s.request.target_status = str_from(cases[i].target);
        bool fits = aupay_mall.ship_preflight(&s.shop.account, &s.request, TODAY, &error);
        if (fits != !cases[i].code || (!fits && strcmp(error.code, cases[i].code) != 0))
            fail_msg("%zu: %d %s", i, fits, error.code);
    }
}

static void the_first_of_several_numbers_is_sent(void **state)
{
    static const struct exchange script[] = {{.status = 200, .answer = ONE("発送待ち", "")},
                                             {.writes = true,
                                              .body_has = {"<shippingNumber>123456789012<"},
                                              .body_lacks = {"777"},
                                              .status = 200,
                                              .answer = OK_},
                                             {.writes = true, .status = 200, .answer = OK_}};
    struct ship s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make_ship(&s);
    s.shipments[1] = s.shipments[0];
    s.shipments[1].tracking_number = STR("777777777777");
    s.package.shipment_count = 2;
    assert_true(ship(&s, &c, script, 3, &error));
    assert_int_equal(c.warning_count, 1);
    assert_string_equal(c.warnings[0].error.code, "shipment.numbers_left_out");
    conversation_free(&c);
}

static void a_companys_own_carrier_code_counts(void **state)
{
    static const struct mapping_value own = {
        MAPPING_CARRIER, MAPPING_BOTH, {"8", 1}, {"yamato", 6}};
    static const struct exchange script[] = {
        {.status = 200, .answer = ONE("発送待ち", "")},
        {.writes = true, .body_has = {"<shippingCarrier>8<"}, .status = 200, .answer = OK_},
        {.writes = true, .status = 200, .answer = OK_}};
    struct ship s;
    struct conversation c;
    struct error error = {0};
    (void)state;
    make_ship(&s);
    s.shop.account.mappings = &own;
    s.shop.account.mapping_count = 1;
    assert_true(ship(&s, &c, script, 3, &error));
    conversation_free(&c);
}

// ---- robustness ----

static void out_of_memory_ends_cleanly(void **state)
{
    static const struct exchange script[] = {{.status = 200, .answer = ONE("発送待ち", "")},
                                             {.writes = true, .status = 200, .answer = OK_},
                                             {.writes = true, .status = 200, .answer = OK_}};
    bool done = false;
    (void)state;
    for (long at = 1; !done && at < 2000; at++) {
        struct ship s;
        struct conversation c;
        struct error error = {0};
        make_ship(&s);
        memory_fail_at((uint64_t)at, 0);
        done = ship(&s, &c, script, 3, &error);
        memory_fail_at(0, 0);
        if (!done)
            assert_true(error.class == ERROR_NO_MEMORY || error.class == ERROR_AMBIGUOUS);
        conversation_free(&c);
    }
    assert_true(done);
}

static void any_truncation_is_no_order(void **state)
{
    static const char whole[] = ONE("発送待ち", PARCEL);
    (void)state;
    for (size_t n = 0; n + 1 < sizeof whole; n += 7) {
        struct exchange script[2] = {{.status = 200, .bytes = str_make(whole, n)},
                                     {.status = 200, .bytes = str_make(whole, n)}};
        struct shop s;
        struct conversation c;
        struct error error = {0};
        make(&s);
        read_one(&s, &c, script, 2, &error);
        assert_int_equal(conversation_orders(&c), 0);
        conversation_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_read_whole),
        cmocka_unit_test(amounts_that_disagree_go_in_with_the_numbers),
        cmocka_unit_test(every_status_has_its_meaning),
        cmocka_unit_test(the_filter_knows_names_of_the_shop),
        cmocka_unit_test(every_refusal_has_a_class),
        cmocka_unit_test(key_and_address_are_told_apart_by_the_hint),
        cmocka_unit_test(what_is_not_there_is_missing),
        cmocka_unit_test(two_exact_steps),
        cmocka_unit_test(what_the_mall_shows_is_not_sent_again),
        cmocka_unit_test(half_done_is_said),
        cmocka_unit_test(lost_answers_are_ambiguous),
        cmocka_unit_test(states_that_take_no_shipment),
        cmocka_unit_test(rules_before_sending),
        cmocka_unit_test(the_first_of_several_numbers_is_sent),
        cmocka_unit_test(a_companys_own_carrier_code_counts),
        cmocka_unit_test(out_of_memory_ends_cleanly),
        cmocka_unit_test(any_truncation_is_no_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
