// SPDX-License-Identifier: Apache-2.0
//
// getOrder as RMS answers it (rakuten.md §5): the recorded sample, every quirk, answers cut at
// every byte, and lack of memory at every allocation.
#include "base/memory.h"
#include "mall/rakuten/rakuten.h"
#include "rakuten_support.h"

static struct mall_op *read_op(struct conversation *c, struct str *numbers, size_t count)
{
    static struct error error;
    struct mall_account account = rakuten_test_account();
    struct mall_read_request request = {.order_nos = numbers, .count = count};
    struct mall_op *op = rakuten_mall.read(&account, &request, &c->sink, &error);
    assert_non_null(op);
    return op;
}

// Reads one order from an answer that holds it.
static const struct order *read_one(struct conversation *c, const char *answer)
{
    static struct exchange script[1];
    struct str number = STR(RAKUTEN_SAMPLE_NO);
    struct error error;
    script[0] = (struct exchange){.operation = "getOrder", .status = 200, .answer = answer};
    conversation_init(c, script, 1, RAKUTEN_TEST_NOW);
    assert_true(conversation_run(c, read_op(c, &number, 1), &error));
    assert_int_equal(conversation_orders(c), 1);
    return &conversation_order(c, 0)->order;
}

#define assert_text(s, text) assert_true(str_eq((s), str_from(text)))

static void sample_request_is_exact(void **state)
{
    static const struct exchange script[] = {{
        .operation = "getOrder",
        .url = "https://api.rms.rakuten.co.jp/es/2.0/order/getOrder/",
        .body_is = "{\"orderNumberList\":[\"" RAKUTEN_SAMPLE_NO "\"],\"version\":10}",
        .status = 200,
        .answer = rakuten_sample,
    }};
    struct conversation c;
    struct str number = STR(" " RAKUTEN_SAMPLE_NO " ");
    struct error error;
    struct mall_action action;
    (void)state;
    CONVERSATION(&c, script, RAKUTEN_TEST_NOW);
    struct mall_op *op = read_op(&c, &number, 1);
    mall_op_next(op, c.now, &action);
    assert_int_equal(action.kind, MALL_SEND);
    assert_int_equal(action.request.method, HTTP_POST);
    assert_text(http_header(action.request.headers, action.request.header_count, "Content-Type"),
                "application/json; charset=utf-8");
    assert_text(http_header(action.request.headers, action.request.header_count, "Authorization"),
                "ESA U1A5OTkwMDFfZXhhbXBsZTpTTDk5OTAwMV9leGFtcGxl");
    assert_true(action.request.headers[0].secret);
    assert_string_equal(action.rate_family, "order");
    assert_true(conversation_run(&c, op, &error));
    conversation_free(&c);
}

static void sample_head(void **state)
{
    struct conversation c;
    (void)state;
    const struct order *o = read_one(&c, rakuten_sample);
    assert_text(o->order_no, RAKUTEN_SAMPLE_NO);
    assert_text(o->mall_status, "300");
    assert_text(o->mall_status_label, "発送待ち");
    assert_int_equal(o->state, ORDER_ACCEPTED);
    assert_int_equal(o->payment_state, PAYMENT_AUTHORIZED);
    assert_int_equal(o->payment_class, PAYMENT_CLASS_AUTHORIZATION);
    assert_text(o->payment_note, "VISA 一括");
    assert_int_equal(o->ordered_at, rakuten_test_time("2026-01-13T09:12:45+0900"));
    assert_int_equal(o->confirmed_at, rakuten_test_time("2026-01-13T10:00:02+0900"));
    assert_int_equal(o->fixed_at, rakuten_test_time("2026-01-13T10:31:19+0900"));
    assert_true(o->shipped_at == TIME_NONE);
    assert_int_equal(o->marks, ORDER_MARK_DATE_REQUESTED | ORDER_MARK_EXPRESS);
    assert_text(o->orderer.name, "見本 花子");
    assert_text(o->orderer.name_kana, "ミホン ハナコ");
    assert_text(o->orderer.postal_code, "1000000");
    assert_text(o->orderer.prefecture, "東京都");
    assert_int_equal(o->shop_id, 7);
    conversation_free(&c);
}

static void sample_money(void **state)
{
    struct conversation c;
    (void)state;
    const struct order *o = read_one(&c, rakuten_sample);
    assert_int_equal(o->goods, 3000);
    assert_int_equal(o->postage, 500);
    assert_int_equal(o->total, 3500);
    assert_int_equal(o->points, 100);
    assert_int_equal(o->billed, 3400);
    assert_int_equal(o->tax_count, 1);
    assert_int_equal(o->taxes[0].rate_basis_points, 1000);
    assert_int_equal(o->taxes[0].taxable, 3500);
    assert_int_equal(o->taxes[0].tax, 318);
    assert_int_equal(o->payment_event_count, 1);
    assert_text(o->payment_events[0].kind, "authorized");
    conversation_free(&c);
}

static void sample_package(void **state)
{
    struct conversation c;
    (void)state;
    const struct order *o = read_one(&c, rakuten_sample);
    assert_int_equal(o->package_count, 1);
    const struct order_package *p = &o->packages[0];
    assert_text(p->mall_ref, "20000001");
    assert_text(p->recipient.name, "見本 太郎");
    assert_text(p->recipient.postal_code, "0600000");
    assert_text(p->carrier, "yamato");
    assert_text(p->delivery_method, "宅配便");
    assert_text(p->requested_slot, "14:00-16:00");
    assert_int_equal(p->requested_date, 20260117);
    assert_text(p->drop_off, "宅配ボックス");
    assert_int_equal(p->shipment_count, 0);
    assert_int_equal(p->line_count, 1);
    const struct order_line *l = &p->lines[0];
    assert_text(l->mall_line_id, "20000001");
    assert_text(l->item_id, "tee-01");
    assert_text(l->sku, "m-wht");
    assert_text(l->system_sku, "TEE01-M-WHT");
    assert_text(l->options, "サイズ:M\nカラー:白\n名入れ:しない");
    assert_int_equal(l->quantity, 1);
    assert_int_equal(l->unit_price, 3000);
    assert_int_equal(l->tax_rate_basis_points, 1000);
    assert_int_equal(l->subtotal, 3000);
    conversation_free(&c);
}

static void raw_holds_no_card(void **state)
{
    struct conversation c;
    (void)state;
    read_one(&c, rakuten_sample);
    struct str raw = conversation_order(&c, 0)->raw;
    assert_true(str_find(raw, STR("XXXX-XXXX")) < 0);
    assert_true(str_find(raw, STR("HANAKO MIHON")) < 0);
    assert_true(str_find(raw, STR("\"cardNumber\":null")) >= 0);
    assert_true(str_find(raw, STR("\"taxRate\":0.1,")) >= 0);
    assert_true(str_find(raw, STR("\"cardName\":\"VISA\"")) >= 0);
    conversation_free(&c);
}

// One change of the sample and what must come of it.
struct variation {
    const char *from, *to;
    int64_t marks;                  // must be among the order's
    int64_t not_marks;              // must not
    int order_state, payment_state; // -1 = as it comes
};

static const struct variation variations[] = {
    {"\"orderProgress\":300", "\"orderProgress\":100", 0, 0, ORDER_NEW, PAYMENT_AUTH_PENDING},
    {"\"orderProgress\":300", "\"orderProgress\":200", 0, 0, ORDER_MALL_PROCESSING,
     PAYMENT_AUTH_PENDING},
    {"\"orderProgress\":300", "\"orderProgress\":400", 0, 0, ORDER_MALL_PROCESSING,
     PAYMENT_AUTH_PENDING},
    {"\"orderProgress\":300", "\"orderProgress\":500", 0, 0, ORDER_ACCEPTED, PAYMENT_AUTHORIZED},
    {"\"orderProgress\":300", "\"orderProgress\":600", 0, 0, ORDER_DONE, PAYMENT_PAID},
    {"\"orderProgress\":300", "\"orderProgress\":700", 0, 0, ORDER_DONE, PAYMENT_PAID},
    {"\"orderProgress\":300", "\"orderProgress\":800", 0, 0, ORDER_CANCEL_REQUESTED, -1},
    {"\"orderProgress\":300", "\"orderProgress\":900", 0, 0, ORDER_CANCELLED, PAYMENT_NONE},
    {"\"orderProgress\":300", "\"orderProgress\":350", 0, 0, ORDER_MALL_PROCESSING, -1},
    {"\"orderProgress\":300", "\"orderProgress\":\"300\"", 0, 0, ORDER_ACCEPTED, -1},
    {"\"settlementMethodCode\":1,", "\"settlementMethodCode\":9,", 0, 0, -1, PAYMENT_PAID},
    {"\"settlementMethodCode\":1,", "\"settlementMethodCode\":8,", 0, 0, -1, PAYMENT_NONE},
    {"\"settlementMethodCode\":1,", "\"settlementMethodCode\":99,", 0, 0, -1, PAYMENT_AUTHORIZED},
    {"\"rpaySettlementFlag\":1", "\"rpaySettlementFlag\":0", 0, 0, -1, PAYMENT_DUE_AFTER_SHIP},
    {"\"giftCheckFlag\":0", "\"giftCheckFlag\":1", ORDER_MARK_GIFT, 0, -1, -1},
    {"\"severalSenderFlag\":0", "\"severalSenderFlag\":1", ORDER_MARK_SEVERAL_DESTINATIONS, 0, -1,
     -1},
    {"\"isolatedIslandFlag\":0,\"rakuten", "\"isolatedIslandFlag\":1,\"rakuten",
     ORDER_MARK_REMOTE_ISLAND, 0, -1, -1},
    {"\"cautionDisplayType\":0", "\"cautionDisplayType\":1", ORDER_MARK_CAUTION, 0, -1, -1},
    {"\"rakutenConfirmFlag\":0", "\"rakutenConfirmFlag\":1", ORDER_MARK_FRAUD_REVIEW, 0, -1, -1},
    {"\"modifyFlag\":0", "\"modifyFlag\":1", ORDER_MARK_MODIFIED, 0, -1, -1},
    {"\"asurakuFlag\":0,\"drugFlag\":0", "\"asurakuFlag\":0,\"drugFlag\":1", ORDER_MARK_DRUG, 0, -1,
     -1},
    {"\"oneDayOperationFlag\":1", "\"oneDayOperationFlag\":0", 0, ORDER_MARK_EXPRESS, -1, -1},
    {"\"orderType\":1", "\"orderType\":6", ORDER_MARK_PREORDER, 0, -1, -1},
    {"\"orderType\":1", "\"orderType\":5", ORDER_MARK_SUBSCRIPTION, 0, -1, -1},
    {"\"noshi\":null", "\"noshi\":\"御祝\"", ORDER_MARK_NOSHI, 0, -1, -1},
    {"[備考:]\\n", "[備考:]\\n急ぎません", ORDER_MARK_COMMENT, 0, -1, -1},
    {"\"postagePrice\":500,\"deliveryPrice\":0,\n", "\"postagePrice\":-9999,\"deliveryPrice\":0,\n",
     ORDER_MARK_AMOUNT_UNDETERMINED, ORDER_MARK_TOTAL_MISMATCH, -1, -1},
    {"\"requestPrice\":3400", "\"requestPrice\":3401", ORDER_MARK_TOTAL_MISMATCH, 0, -1, -1},
    {"\"priceTaxIncl\":3000", "\"priceTaxIncl\":3300", 0, ORDER_MARK_TOTAL_MISMATCH, -1, -1},
    {"\"units\":1", "\"units\":2", ORDER_MARK_TOTAL_MISMATCH, 0, -1, -1},
    {"\"WrappingModel1\":null",
     "\"WrappingModel1\":{\"title\":1,\"name\":\"赤\",\"price\":300,\"includeTaxFlag\":1,"
     "\"deleteWrappingFlag\":0,\"taxRate\":0.1,\"taxPrice\":27}",
     ORDER_MARK_WRAPPING | ORDER_MARK_TOTAL_MISMATCH, 0, -1, -1},
    {"\"SocialGiftModel\":null",
     "\"SocialGiftModel\":{\"sgMngNumber\":\"1-sg\",\"inputDueDate\":\"2026-02-01\","
     "\"inputFlag\":0,\"inputCompDatetime\":null,\"receiverEmailAddress\":null}",
     ORDER_MARK_ADDRESS_UNKNOWN, 0, -1, -1},
    {"\"familyName\":\"見本\",\"firstName\":\"太郎\"",
     "\"familyName\":\"入力待ち\",\"firstName\":\"入力待ち\"", ORDER_MARK_ADDRESS_UNKNOWN, 0, -1,
     -1},
};

static void every_variation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variations / sizeof variations[0]; i++) {
        const struct variation *v = &variations[i];
        struct conversation c;
        const struct order *o = read_one(&c, rakuten_vary(v->from, v->to));
        if ((o->marks & v->marks) != v->marks || (o->marks & v->not_marks) != 0)
            fail_msg("%s: marks %llx", v->to, (unsigned long long)o->marks);
        if (v->order_state >= 0)
            assert_int_equal(o->state, v->order_state);
        if (v->payment_state >= 0)
            assert_int_equal(o->payment_state, v->payment_state);
        conversation_free(&c);
    }
}

static void dummy_recipient_reaches_no_label(void **state)
{
    struct conversation c;
    (void)state;
    const struct order *o = read_one(
        &c, rakuten_vary("\"zipCode1\":\"060\",\"zipCode2\":\"0000\",\"prefecture\":\"北海道\"",
                         "\"zipCode1\":\"999\",\"zipCode2\":\"9999\",\"prefecture\":\"入力待ち\""));
    const struct person *r = &o->packages[0].recipient;
    assert_int_equal(r->name.n + r->postal_code.n + r->prefecture.n + r->phone.n + r->city.n, 0);
    assert_true(o->marks & ORDER_MARK_ADDRESS_UNKNOWN);
    conversation_free(&c);
}

static void shipping_rows(void **state)
{
    struct conversation c;
    (void)state;
    const struct order *o = read_one(
        &c,
        rakuten_vary("\"ShippingModelList\":[]",
                     "\"ShippingModelList\":[{\"shippingDetailId\":56000001,"
                     "\"shippingNumber\":\"000000000000\",\"deliveryCompany\":\"1001\","
                     "\"deliveryCompanyName\":\"ヤマト運輸\",\"shippingDate\":\"2026-01-14\"}]"));
    const struct shipment *s = &o->packages[0].shipments[0];
    assert_int_equal(o->packages[0].shipment_count, 1);
    assert_text(s->mall_ref, "56000001");
    assert_text(s->tracking_number, "000000000000");
    assert_text(s->carrier, "yamato");
    assert_int_equal(s->ship_date, 20260114);
    assert_int_equal(o->packages[0].state, SHIPMENT_SHIPPED);
    assert_int_equal(o->shipment_state, SHIPMENT_SHIPPED);
    conversation_free(&c);
}

static void future_ship_date_is_not_shipped(void **state)
{
    struct conversation c;
    (void)state;
    const struct order *o = read_one(
        &c, rakuten_vary("\"ShippingModelList\":[]",
                         "\"ShippingModelList\":[{\"shippingDetailId\":1,\"shippingNumber\":"
                         "\"1\",\"deliveryCompany\":\"1002\",\"deliveryCompanyName\":\"佐川\","
                         "\"shippingDate\":\"2026-03-01\"}]"));
    assert_int_equal(o->packages[0].state, SHIPMENT_LABELLED);
    conversation_free(&c);
}

static void slot_of_free_text_keeps_the_words(void **state)
{
    struct conversation c;
    (void)state;
    const struct order *o =
        read_one(&c, rakuten_vary("\"shippingTerm\":1416", "\"shippingTerm\":9"));
    assert_text(o->packages[0].requested_slot, "その他");
    assert_text(o->packages[0].delivery_note, "2026-01-17(土) 14:00-16:00");
    conversation_free(&c);
}

// Fields whose loss would send a parcel or money wrong: the order is bad, not guessed.
static const char *const essential[][2] = {
    {"\"orderProgress\":300,", ""},
    {"\"orderProgress\":300", "\"orderProgress\":\"発送待ち\""},
    {"\"orderDatetime\":\"2026-01-13T09:12:45+0900\"", "\"orderDatetime\":\"yesterday\""},
    {"\"basketId\":20000001", "\"basketId\":null"},
    {"\"units\":1", "\"units\":-1"},
    {"\"units\":1", "\"units\":1.5"},
    {"\"price\":3000", "\"price\":null"},
    {"\"totalPrice\":3500,\"requestPrice\"", "\"totalPrice\":{},\"requestPrice\""},
    {"\"requestPrice\":3400", "\"requestPrice\":99999999999999"},
    {"\"goodsPrice\":3000,\"postagePrice\":500,\"deliveryPrice\":0,\n", "\"deliveryPrice\":0,\n"},
    {"\"OrdererModel\":{", "\"OrdererModelX\":{"},
    {"\"PackageModelList\":[", "\"PackageModelListX\":["},
    {"\"ItemModelList\":[", "\"ItemModelListX\":["},
    {"\"SenderModel\":{", "\"SenderModelX\":{"},
};

static void an_unreadable_order_is_set_aside(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof essential / sizeof essential[0]; i++) {
        struct exchange script[] = {{.operation = "getOrder", .status = 200}};
        struct conversation c;
        struct str number = STR(RAKUTEN_SAMPLE_NO);
        struct error error;
        script[0].answer = rakuten_vary(essential[i][0], essential[i][1]);
        CONVERSATION(&c, script, RAKUTEN_TEST_NOW);
        assert_true(conversation_run(&c, read_op(&c, &number, 1), &error));
        if (conversation_orders(&c) != 0 || conversation_bad(&c) != 1)
            fail_msg("%s was read as an order", essential[i][1]);
        const struct mall_bad_order *bad = &c.batches[0]->bad_orders[0];
        assert_text(bad->order_no, RAKUTEN_SAMPLE_NO);
        assert_int_equal(bad->error.class, ERROR_MALFORMED);
        assert_true(bad->raw.n > 100);
        assert_true(str_find(bad->raw, STR("HANAKO")) < 0);
        conversation_free(&c);
    }
}

static void others_go_on_beside_a_bad_one(void **state)
{
    struct exchange script[] = {{.operation = "getOrder", .status = 200}};
    struct conversation c;
    struct str numbers[] = {STR("999001-20260113-0000000702"), STR("A"), STR("B"), STR("C")};
    struct error error;
    (void)state;
    // Order A has no date, B is fine, C is missing.
    AUTO_BUF text = buf_make(1 << 20);
    struct str sample = str_from(rakuten_sample);
    ptrdiff_t from = str_find(sample, STR("{\n  \"orderNumber\"")),
              to = str_find(sample, STR("}],\n \"version\""));
    assert_true(from > 0 && to > from);
    struct str model = str_slice(sample, (size_t)from, (size_t)to + 1);
    buf_add(&text,
            STR("{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":"
                "\"ORDER_EXT_API_GET_ORDER_INFO_102\",\"message\":\"x\",\"orderNumber\":\"C\"}],"
                "\"OrderModelList\":["));
    buf_add(&text, model);
    buf_add(&text, STR(",{\"orderNumber\":\"A\",\"orderProgress\":300},"));
    struct str b = str_from(
        rakuten_vary("999001-20260113-0000000702\",\"orderProgress", "B\",\"orderProgress"));
    from = str_find(b, STR("{\n  \"orderNumber\""));
    to = str_find(b, STR("}],\n \"version\""));
    buf_add(&text, str_slice(b, (size_t)from, (size_t)to + 1));
    buf_add(&text, STR("],\"version\":10}"));
    script[0].bytes = buf_str(&text);
    CONVERSATION(&c, script, RAKUTEN_TEST_NOW);
    assert_true(conversation_run(&c, read_op(&c, numbers, 4), &error));
    assert_int_equal(conversation_orders(&c), 2);
    assert_int_equal(conversation_bad(&c), 1);
    assert_int_equal(conversation_missing(&c), 1);
    assert_text(c.batches[0]->missing[0], "C");
    assert_text(c.batches[0]->bad_orders[0].order_no, "A");
    conversation_free(&c);
}

static void silence_about_an_order_is_not_taken_as_missing(void **state)
{
    static const struct exchange script[] = {{.operation = "getOrder",
                                              .status = 200,
                                              .answer = "{\"MessageModelList\":[],"
                                                        "\"OrderModelList\":[],\"version\":10}"}};
    struct conversation c;
    struct str number = STR("X");
    struct error error;
    (void)state;
    CONVERSATION(&c, script, RAKUTEN_TEST_NOW);
    assert_true(conversation_run(&c, read_op(&c, &number, 1), &error));
    assert_int_equal(conversation_missing(&c), 0);
    assert_int_equal(conversation_bad(&c), 1);
    assert_string_equal(c.batches[0]->bad_orders[0].error.code, "rakuten.order_absent");
    conversation_free(&c);
}

static void only_unknown_numbers_may_come_as_404(void **state)
{
    static const struct exchange script[] = {
        {.operation = "getOrder",
         .status = 404,
         .answer =
             "{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":\"ORDER_EXT_API_GET_"
             "ORDER_INFO_102\",\"message\":\"x\",\"orderNumber\":\"X\"}],\"OrderModelList\":[]}"}};
    struct conversation c;
    struct str number = STR("X");
    struct error error;
    (void)state;
    CONVERSATION(&c, script, RAKUTEN_TEST_NOW);
    assert_true(conversation_run(&c, read_op(&c, &number, 1), &error));
    assert_int_equal(conversation_missing(&c), 1);
    conversation_free(&c);
}

static void numbers_go_in_hundreds_without_repetition(void **state)
{
    struct exchange script[] = {
        {.operation = "getOrder",
         .body_has = {"\"n0\"", "\"n99\""},
         .body_lacks = {"\"n100\""},
         .status = 200},
        {.operation = "getOrder",
         .body_has = {"\"n100\"", "\"n149\""},
         .body_lacks = {"\"n7\""},
         .status = 200},
    };
    struct conversation c;
    static char names[151][8];
    static struct str numbers[152];
    struct error error;
    (void)state;
    for (int i = 0; i < 150; i++) {
        snprintf(names[i], sizeof names[i], "n%d", i);
        numbers[i] = str_from(names[i]);
    }
    numbers[150] = STR("n7");
    numbers[151] = STR("壊れた番号");
    script[0].answer = script[1].answer =
        "{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":\"ORDER_EXT_API_GET_"
        "ORDER_INFO_"
        "102\",\"message\":\"x\"}],\"OrderModelList\":[],\"version\":10}";
    CONVERSATION(&c, script, RAKUTEN_TEST_NOW);
    assert_true(conversation_run(&c, read_op(&c, numbers, 152), &error));
    assert_int_equal(conversation_missing(&c), 151);
    conversation_free(&c);
}

// An answer that can't be parsed is asked for again, then halved until the bad order stands alone.
static void an_unparsable_answer_is_halved(void **state)
{
    static const char none[] =
        "{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":\"ORDER_EXT_"
        "API_GET_ORDER_INFO_102\",\"message\":\"x\"}],\"OrderModelList\":[]}";
    static const struct exchange script[] = {
        {.operation = "getOrder", .body_has = {"A", "B", "C"}, .status = 200, .answer = "{\"Order"},
        {.operation = "getOrder", .body_has = {"A", "B", "C"}, .status = 200, .answer = "{\"Order"},
        {.operation = "getOrder",
         .body_has = {"A"},
         .body_lacks = {"B"},
         .status = 200,
         .answer = none},
        {.operation = "getOrder", .body_has = {"B", "C"}, .status = 200, .answer = "{\"Order"},
        {.operation = "getOrder", .body_has = {"B", "C"}, .status = 200, .answer = "{\"Order"},
        {.operation = "getOrder",
         .body_has = {"B"},
         .body_lacks = {"C"},
         .status = 200,
         .answer = "{"},
        {.operation = "getOrder",
         .body_has = {"B"},
         .body_lacks = {"C"},
         .status = 200,
         .answer = "{"},
        {.operation = "getOrder", .body_has = {"C"}, .status = 200, .answer = none},
    };
    struct conversation c;
    struct str numbers[] = {STR("A"), STR("B"), STR("C")};
    struct error error;
    (void)state;
    CONVERSATION(&c, script, RAKUTEN_TEST_NOW);
    assert_true(conversation_run(&c, read_op(&c, numbers, 3), &error));
    assert_int_equal(conversation_missing(&c), 2);
    assert_int_equal(conversation_bad(&c), 1);
    conversation_free(&c);
}

static void broken_characters_are_repaired(void **state)
{
    struct conversation c;
    (void)state;
    const struct order *o = read_one(&c, rakuten_vary("見本Tシャツ", "見本Tシャ\xE3\x83"));
    assert_true(str_find(o->packages[0].lines[0].title, STR("\xEF\xBF\xBD")) >= 0);
    conversation_free(&c);
}

static void cut_anywhere_it_yields_no_wrong_order(void **state)
{
    struct str sample = str_from(rakuten_sample), number = STR(RAKUTEN_SAMPLE_NO);
    (void)state;
    for (size_t n = 0; n < sample.n - 1; n++) {
        struct exchange script[] = {{.status = 200}, {.status = 200}};
        struct conversation c;
        struct error error;
        script[0].bytes = script[1].bytes = str_slice(sample, 0, n);
        if (n == 0)
            script[0].bytes = script[1].bytes = STR("");
        CONVERSATION(&c, script, RAKUTEN_TEST_NOW);
        c.lenient = true;
        bool done = conversation_run(&c, read_op(&c, &number, 1), &error);
        if (done || conversation_orders(&c) != 0)
            fail_msg("an answer cut at byte %zu was believed", n);
        assert_int_equal(error.class, ERROR_MALFORMED);
        conversation_free(&c);
    }
}

static void lack_of_memory_is_a_clean_error(void **state)
{
    static const struct exchange script[] = {
        {.operation = "getOrder", .status = 200, .answer = rakuten_sample}};
    struct str number = STR(RAKUTEN_SAMPLE_NO);
    (void)state;
    for (uint64_t n = 1;; n++) {
        struct conversation c;
        struct error error = {0};
        struct mall_account account = rakuten_test_account();
        struct mall_read_request request = {.order_nos = &number, .count = 1};
        CONVERSATION(&c, script, RAKUTEN_TEST_NOW);
        memory_fail_at(n, 0);
        struct mall_op *op = rakuten_mall.read(&account, &request, &c.sink, &error);
        bool done = op && conversation_run(&c, op, &error);
        uint64_t made = memory_fail_at(0, 0);
        if (!done)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        else
            assert_int_equal(conversation_orders(&c), 1);
        conversation_free(&c);
        if (done && made < n)
            break;
        assert_true(n < 1000);
    }
}

static void warnings_and_foreign_orders_are_told(void **state)
{
    struct exchange script[] = {{.operation = "getOrder", .status = 200}};
    struct conversation c;
    struct str number = STR("X");
    struct error error;
    (void)state;
    script[0].answer = rakuten_vary(
        "\"messageType\":\"INFO\",\"messageCode\":\"ORDER_EXT_API_GET_ORDER_INFO_101\"",
        "\"messageType\":\"WARNING\",\"messageCode\":\"ORDER_EXT_API_GET_ORDER_WARNING_101\"");
    CONVERSATION(&c, script, RAKUTEN_TEST_NOW);
    assert_true(conversation_run(&c, read_op(&c, &number, 1), &error));
    assert_int_equal(conversation_orders(&c), 0);
    assert_int_equal(conversation_bad(&c), 1);
    assert_int_equal(c.warning_count, 2);
    assert_string_equal(c.warnings[1].error.peer_code, "ORDER_EXT_API_GET_ORDER_WARNING_101");
    conversation_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_request_is_exact),
        cmocka_unit_test(sample_head),
        cmocka_unit_test(sample_money),
        cmocka_unit_test(sample_package),
        cmocka_unit_test(raw_holds_no_card),
        cmocka_unit_test(every_variation),
        cmocka_unit_test(dummy_recipient_reaches_no_label),
        cmocka_unit_test(shipping_rows),
        cmocka_unit_test(future_ship_date_is_not_shipped),
        cmocka_unit_test(slot_of_free_text_keeps_the_words),
        cmocka_unit_test(an_unreadable_order_is_set_aside),
        cmocka_unit_test(others_go_on_beside_a_bad_one),
        cmocka_unit_test(silence_about_an_order_is_not_taken_as_missing),
        cmocka_unit_test(only_unknown_numbers_may_come_as_404),
        cmocka_unit_test(numbers_go_in_hundreds_without_repetition),
        cmocka_unit_test(an_unparsable_answer_is_halved),
        cmocka_unit_test(broken_characters_are_repaired),
        cmocka_unit_test(cut_anywhere_it_yields_no_wrong_order),
        cmocka_unit_test(lack_of_memory_is_a_clean_error),
        cmocka_unit_test(warnings_and_foreign_orders_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
