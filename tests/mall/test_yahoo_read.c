// SPDX-License-Identifier: Apache-2.0
//
// orderInfo by recorded answers: every group of fields, the quirks of §5 and §8, and what happens
// to answers that can't be read.
#include "yahoo_support.h"

static const struct order *read_sample(struct conversation *c, const char *answer)
{
    static struct exchange script[1];
    struct error error = {0};
    script[0] = (struct exchange){.operation = "orderInfo", .status = 200, .answer = answer};
    if (!yahoo_read_one(c, script, 1, &error))
        fail_msg("%s: %s %s", error.code, error.what_en, error.peer_text);
    if (conversation_bad(c) > 0)
        fail_msg("%s: %s", c->batches[0]->bad_orders[0].error.code,
                 c->batches[0]->bad_orders[0].error.what_en);
    assert_int_equal(conversation_orders(c), 1);
    return &conversation_order(c, 0)->order;
}

static void test_request_is_exact(void **state)
{
    static const struct exchange script[] = {
        {.operation = "orderInfo",
         .url = "https://circus.shopping.yahooapis.jp/ShoppingWebService/V1/orderInfo",
         .body_has = {"<Req><Target><OrderId>" YAHOO_NO "</OrderId><Field>OrderId,Version,",
                      "</Field></Target><SellerId>examplestore</SellerId></Req>", ",PayStatus,",
                      ",ItemOption,Inscription,"},
         .body_lacks = {"CardNumber", "CardHolderName", "CardBirthDay", "OriginalOrderId", "Item.",
                        "IsActive"},
         .status = 200,
         .answer = YAHOO_SAMPLE},
    };
    struct conversation c;
    struct error error = {0};
    (void)state;
    assert_true(yahoo_read_one(&c, script, 1, &error));
    assert_text(conversation_order(&c, 0)->raw_type, "application/xml");
    assert_text(conversation_order(&c, 0)->raw, YAHOO_SAMPLE);
    // No key is entered: told, once.
    assert_int_equal(c.warning_count, 1);
    assert_string_equal(c.warnings[0].error.code, "yahoo.public_key_missing");
    conversation_free(&c);
}

static void check_people(const struct order *o)
{
    const struct person *r = &o->packages[0].recipient;
    assert_text(o->orderer.name, "見本 花子");
    assert_text(o->orderer.name_kana, "ミホン ハナコ");
    assert_text(o->orderer.postal_code, "1000001");
    assert_text(o->orderer.phone, "0300000000");
    assert_text(o->orderer.email, "buyer@example.jp");
    assert_text(r->name, "見本 太郎");
    assert_text(r->postal_code, "0600000");
    assert_text(r->prefecture, "北海道");
    assert_text(r->email, "");
    assert_false(o->packages[0].recipient_is_orderer);
}

static void check_lines(const struct order_package *p)
{
    assert_int_equal(p->line_count, 2);
    assert_text(p->lines[0].title, "見本シャツ & 帽子");
    assert_text(p->lines[0].options, "色:赤\n名入れ:HANA");
    assert_text(p->lines[0].item_code, "item-a");
    assert_text(p->lines[0].sku, "item-a-red");
    assert_text(p->lines[0].jan, "4900000000000");
    assert_int_equal(p->lines[0].quantity, 2);
    assert_int_equal(p->lines[0].unit_price, 1200);
    assert_int_equal(p->lines[0].subtotal, 2400);
    assert_int_equal(p->lines[0].tax_rate_basis_points, 1000);
    assert_int_equal(p->lines[1].tax_rate_basis_points, 800);
}

static void test_order_is_mapped(void **state)
{
    struct conversation c;
    struct error error;
    const struct order *o = read_sample(&c, YAHOO_SAMPLE);
    const struct order_package *p = &o->packages[0];
    (void)state;
    assert_true(order_validate(o, &error));
    assert_text(o->mall, "yahoo");
    assert_text(o->order_no, YAHOO_NO);
    assert_text(o->mall_status, "2/1/1");
    assert_text(o->mall_status_label, "新規注文");
    assert_text(o->mall_update_mark, "3/20261120093000/2n11o0");
    assert_text(yahoo_mall.status_choice(o), "new_order");
    assert_int_equal(o->state, ORDER_NEW);
    assert_int_equal(o->payment_state, PAYMENT_AUTHORIZED);
    assert_int_equal(o->shipment_state, SHIPMENT_WAITING);
    assert_int_equal(o->payment_class, PAYMENT_CLASS_AUTHORIZATION);
    assert_text(o->payment_method, "クレジットカード決済");
    assert_text(o->payment_note, "VISA 分割 3回");
    assert_int_equal(o->payment_event_count, 1);
    assert_int_equal(o->goods, 2700);
    assert_int_equal(o->postage, 500);
    assert_int_equal(o->points, 100);
    assert_int_equal(o->total, 3200);
    assert_int_equal(o->billed, 3100);
    assert_int_equal(o->marks, ORDER_MARK_DATE_REQUESTED);
    check_people(o);
    check_lines(p);
    assert_text(p->delivery_method, "宅急便");
    assert_text(p->carrier, "yamato");
    assert_text(p->requested_slot, "14:00-16:00");
    assert_int_equal(p->requested_date, 20261127);
    assert_int_equal(p->shipment_count, 0);
    conversation_free(&c);
}

// The same order in another order of groups, with a namespace, without CDATA, with blanks.
static void test_form_does_not_matter(void **state)
{
    struct conversation a, b;
    unsigned char first[16], second[16];
    (void)state;
    order_content_hash(read_sample(&a, YAHOO_SAMPLE), first);
    order_content_hash(
        read_sample(
            &b, "<y:ResultSet xmlns:y=\"urn:yahoo:jp\"><y:Result><y:Status> OK\n"
                "</y:Status><y:OrderInfo>" YAHOO_DETAIL YAHOO_ITEMS YAHOO_SHIP YAHOO_PAY YAHOO_ORDER
                "</y:OrderInfo></y:Result></y:ResultSet>"),
        second);
    assert_memory_equal(first, second, 16);
    conversation_free(&a);
    conversation_free(&b);
}

struct axis_case {
    const char *order, *seen, *pay, *ship, *more;
    enum order_state state;
    enum payment_state payment;
    enum shipment_state shipment;
    const char *label, *choice;
    int64_t marks;
};

#define CARD "<PayKind>0</PayKind><PayType>1</PayType><PayMethod>payment_a1</PayMethod>"
#define BANK "<PayKind>3</PayKind><PayType>1</PayType><PayMethod>payment_b1</PayMethod>"
#define COD "<PayKind>4</PayKind><PayType>0</PayType><PayMethod>payment_d1</PayMethod>"
#define STORE "<PayKind>7</PayKind><PayType>0</PayType><PayMethod>payment_e3</PayMethod>"

// statuses.md §3.2.
static const struct axis_case axes[] = {
    {"2", "false", "0", "0", BANK, ORDER_NEW, PAYMENT_UNPAID_BEFORE_SHIP, SHIPMENT_WAITING,
     "新規注文", "new_order", 0},
    {"2", "true", "0", "0", BANK, ORDER_ACCEPTED, PAYMENT_UNPAID_BEFORE_SHIP, SHIPMENT_WAITING,
     "入金待ち", "processing", 0},
    {"2", "true", "0", "0", CARD, ORDER_ACCEPTED, PAYMENT_AUTH_PENDING, SHIPMENT_WAITING,
     "入金待ち", "processing", 0},
    {"2", "true", "1", "1", CARD, ORDER_ACCEPTED, PAYMENT_AUTHORIZED, SHIPMENT_READY, "出荷待ち",
     "processing", 0},
    {"2", "true", "1", "1", BANK, ORDER_ACCEPTED, PAYMENT_PAID, SHIPMENT_READY, "出荷待ち",
     "processing", 0},
    {"2", "true", "0", "1", COD, ORDER_ACCEPTED, PAYMENT_DUE_AFTER_SHIP, SHIPMENT_READY, "出荷待ち",
     "processing", 0},
    {"2", "true", "0", "1", STORE, ORDER_ACCEPTED, PAYMENT_DUE_AFTER_SHIP, SHIPMENT_READY,
     "出荷待ち", "processing", 0},
    {"2", "true", "1", "2", CARD, ORDER_ACCEPTED, PAYMENT_AUTHORIZED, SHIPMENT_INSTRUCTED,
     "出荷処理中", "processing", 0},
    {"2", "true", "0", "3", COD, ORDER_ACCEPTED, PAYMENT_DUE_AFTER_SHIP, SHIPMENT_SHIPPED,
     "完了待ち", "processing", 0},
    {"2", "true", "1", "3", CARD, ORDER_ACCEPTED, PAYMENT_PAID, SHIPMENT_SHIPPED, "完了待ち",
     "processing", 0},
    {"2", "true", "1", "4", CARD, ORDER_ACCEPTED, PAYMENT_PAID, SHIPMENT_DELIVERED, "完了待ち",
     "processing", 0},
    {"1", "false", "1", "1", CARD, ORDER_ACCEPTED, PAYMENT_AUTHORIZED, SHIPMENT_WAITING, "新規予約",
     "new_reserve", ORDER_MARK_PREORDER},
    {"1", "true", "0", "0", BANK, ORDER_ACCEPTED, PAYMENT_UNPAID_BEFORE_SHIP, SHIPMENT_WAITING,
     "予約中", "reserve", ORDER_MARK_PREORDER},
    {"3", "true", "1", "1", CARD, ORDER_ACCEPTED, PAYMENT_AUTHORIZED, SHIPMENT_WAITING, "保留",
     "hold", ORDER_MARK_HOLD},
    {"4", "true", "0", "0", BANK, ORDER_CANCELLED, PAYMENT_NONE, SHIPMENT_VOID, "キャンセル",
     "cancel", 0},
    {"4", "true", "1", "1", BANK "<SettleStatus>3</SettleStatus>", ORDER_CANCELLED,
     PAYMENT_REFUND_DUE, SHIPMENT_VOID, "キャンセル", "cancel", 0},
    {"4", "true", "1", "1", CARD "<SettleStatus>7</SettleStatus>", ORDER_CANCELLED,
     PAYMENT_REFUNDED, SHIPMENT_VOID, "キャンセル", "cancel", 0},
    {"5", "true", "1", "3", CARD, ORDER_DONE, PAYMENT_PAID, SHIPMENT_SHIPPED, "完了", "done", 0},
    {"8", "true", "1", "0", CARD, ORDER_MALL_PROCESSING, PAYMENT_AUTHORIZED, SHIPMENT_WAITING,
     "繰上げ同意待ち", "agreement", 0},
    {"0", "false", "0", "0", CARD, ORDER_PROVISIONAL, PAYMENT_AUTH_PENDING, SHIPMENT_WAITING,
     "未入力", "", 0},
    {"2", "true", "0", "0", CARD "<SettleStatus>10</SettleStatus>", ORDER_ACCEPTED, PAYMENT_FAILED,
     SHIPMENT_WAITING, "入金待ち", "processing", 0},
    {"2", "true", "0", "0", BANK "<SettleStatus>8</SettleStatus>", ORDER_ACCEPTED, PAYMENT_FAILED,
     SHIPMENT_WAITING, "入金待ち", "processing", 0},
    {"7", "true", "1", "1", CARD, ORDER_ACCEPTED, PAYMENT_AUTHORIZED, SHIPMENT_WAITING, "不明", "",
     0},
};

static void test_axes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
        const struct axis_case *x = &axes[i];
        struct conversation c;
        char answer[4096];
        snprintf(answer, sizeof answer,
                 YAHOO_HEAD
                 "<OrderId>" YAHOO_NO "</OrderId><Version>1</Version><OrderStatus>%s"
                 "</OrderStatus><IsSeen>%s</IsSeen><OrderTime>2026-11-20T09:15:02+09:00"
                 "</OrderTime><Pay><PayStatus>%s</PayStatus>%s</Pay><Ship><ShipStatus>%s"
                 "</ShipStatus><ShipCity>x</ShipCity></Ship>" YAHOO_ITEMS YAHOO_DETAIL YAHOO_TAIL,
                 x->order, x->seen, x->pay, x->more, x->ship);
        const struct order *o = read_sample(&c, answer);
        if (o->state != x->state || o->payment_state != x->payment ||
            o->packages[0].state != x->shipment || o->shipment_state != x->shipment)
            fail_msg("case %zu: %s %s %s", i, order_state_name(o->state),
                     payment_state_name(o->payment_state), shipment_state_name(o->shipment_state));
        assert_text(o->mall_status_label, x->label);
        assert_text(yahoo_mall.status_choice(o), x->choice);
        assert_int_equal(o->marks, x->marks);
        assert_int_equal(yahoo_mall.is_accepted(o), strcmp(x->seen, "true") == 0);
        assert_int_equal(yahoo_mall.is_cancelled(o), x->order[0] == '4');
        conversation_free(&c);
    }
}

struct mark_case {
    const char *order_fields, *pay_fields, *ship_fields;
    int64_t marks;
};
static const struct mark_case mark_cases[] = {
    {"<IsReadOnly>1</IsReadOnly>", "", "", ORDER_MARK_READ_ONLY},
    {"<FraudHoldStatus>1</FraudHoldStatus>", "", "", ORDER_MARK_FRAUD_REVIEW | ORDER_MARK_HOLD},
    {"<FraudHoldStatus>2</FraudHoldStatus>", "", "", 0},
    {"<Suspect>1</Suspect><SuspectMessage>x</SuspectMessage>", "", "",
     ORDER_MARK_SUSPECT | ORDER_MARK_CAUTION},
    {"<Suspect>2</Suspect>", "", "", 0},
    {"<IsMultiShip>true</IsMultiShip><MultiShipId>m-1</MultiShipId>", "", "",
     ORDER_MARK_SEVERAL_DESTINATIONS},
    {"<IsYahooAuctionOrder>true</IsYahooAuctionOrder>", "", "", ORDER_MARK_AUCTION},
    {"<IsFirstClassDrugIncludes>true</IsFirstClassDrugIncludes>", "", "", ORDER_MARK_DRUG},
    {"<BuyerComments>よろしく</BuyerComments>", "", "", ORDER_MARK_COMMENT},
    {"", "<NeedReceipt>true</NeedReceipt>", "", ORDER_MARK_RECEIPT},
    {"", "", "<ArriveType>2</ArriveType>", ORDER_MARK_EXPRESS},
    {"", "", "<ExcellentDelivery>1</ExcellentDelivery>", ORDER_MARK_EXPRESS},
    {"", "", "<IsSubscription>true</IsSubscription>", ORDER_MARK_SUBSCRIPTION},
    {"", "", "<RemoteAreaShippingType>1</RemoteAreaShippingType>", ORDER_MARK_REMOTE_ISLAND},
    {"", "", "<NeedGiftWrap>true</NeedGiftWrap><GiftWrapType>赤</GiftWrapType>",
     ORDER_MARK_GIFT | ORDER_MARK_WRAPPING},
    {"", "",
     "<NeedGiftWrapPaper>true</NeedGiftWrapPaper><GiftWrapPaperType>御祝</GiftWrapPaperType>",
     ORDER_MARK_GIFT | ORDER_MARK_NOSHI},
    {"<IsSplit>true</IsSplit><ChildOrderId>e-2,e-3</ChildOrderId>", "", "", ORDER_MARK_SPLIT},
    {"<ParentOrderId>e-1</ParentOrderId>", "", "", ORDER_MARK_SPLIT},
    {"<SocialGiftType>2</SocialGiftType>", "", "", ORDER_MARK_GIFT},
};

static void test_marks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mark_cases / sizeof mark_cases[0]; i++) {
        const struct mark_case *x = &mark_cases[i];
        struct conversation c;
        char answer[4096];
        snprintf(answer, sizeof answer,
                 YAHOO_HEAD
                 "<OrderId>" YAHOO_NO "</OrderId><OrderStatus>2</OrderStatus><IsSeen>true"
                 "</IsSeen><OrderTime>2026-11-20T09:15:02+09:00</OrderTime>%s<Pay>%s</Pay><Ship>"
                 "<ShipCity>x</ShipCity>%s</Ship>" YAHOO_ITEMS YAHOO_DETAIL YAHOO_TAIL,
                 x->order_fields, x->pay_fields, x->ship_fields);
        const struct order *o = read_sample(&c, answer);
        if (o->marks != x->marks)
            fail_msg("case %zu: %llx", i, (long long)o->marks);
        conversation_free(&c);
    }
}

static void test_gifts(void **state)
{
    struct conversation c;
    (void)state;
    // The buyer is masked, the recipient known: a label may be made, nobody may be mailed.
    const struct order *o = read_sample(
        &c, YAHOO_HEAD YAHOO_ORDER
        "<SocialGiftType>1</SocialGiftType><Pay><BillLastName>見本店</BillLastName>"
        "<BillFirstName>ソーシャルギフト利用者</BillFirstName><BillMailAddress>no-reply@example.jp"
        "</BillMailAddress><BillAddress1>店(発送元)</BillAddress1></Pay>" YAHOO_SHIP YAHOO_ITEMS
            YAHOO_DETAIL YAHOO_TAIL);
    assert_true(o->marks & ORDER_MARK_GIFT);
    assert_false(o->marks & ORDER_MARK_ADDRESS_UNKNOWN);
    assert_text(o->orderer.name, "見本店 ソーシャルギフト利用者");
    assert_int_equal(o->orderer.email.n + o->orderer.address1.n, 0);
    assert_true(yahoo_extra(o, "BillMasked").n > 0);
    conversation_free(&c);
    // Nobody knows yet where it goes.
    o = read_sample(
        &c, YAHOO_HEAD YAHOO_ORDER
        "<SocialGiftType>1</SocialGiftType><Ship><ShipStatus>0"
        "</ShipStatus><ShipCity/></Ship>" YAHOO_PAY YAHOO_ITEMS YAHOO_DETAIL YAHOO_TAIL);
    assert_true(o->marks & ORDER_MARK_ADDRESS_UNKNOWN);
    conversation_free(&c);
    o = read_sample(&c, YAHOO_HEAD YAHOO_ORDER
                    "<IsLineGiftOrder>true</IsLineGiftOrder><Ship><IsLineGiftShippable>false"
                    "</IsLineGiftShippable></Ship>" YAHOO_PAY YAHOO_ITEMS YAHOO_DETAIL YAHOO_TAIL);
    assert_true((o->marks & (ORDER_MARK_HOLD | ORDER_MARK_ADDRESS_UNKNOWN | ORDER_MARK_GIFT)) ==
                (ORDER_MARK_HOLD | ORDER_MARK_ADDRESS_UNKNOWN | ORDER_MARK_GIFT));
    assert_true(yahoo_extra(o, "IsLineGiftShippable").n > 0);
    conversation_free(&c);
    // Picked up at a store: no address is needed.
    o = read_sample(
        &c, YAHOO_HEAD YAHOO_ORDER
        "<Ship><ReceiveSatelliteCompanyName>見本マート"
        "</ReceiveSatelliteCompanyName><ReceiveSatelliteShopName>駅前"
        "</ReceiveSatelliteShopName><ReceiveSatelliteShopCode>12"
        "</ReceiveSatelliteShopCode></Ship>" YAHOO_PAY YAHOO_ITEMS YAHOO_DETAIL YAHOO_TAIL);
    assert_false(o->marks & ORDER_MARK_ADDRESS_UNKNOWN);
    assert_text(o->packages[0].pickup_store, "見本マート 駅前 (12)");
    conversation_free(&c);
}

static void test_links_and_cancel(void **state)
{
    struct conversation c;
    const struct order *o = read_sample(
        &c, YAHOO_HEAD
        "<OrderId>" YAHOO_NO "</OrderId><OrderStatus>4</OrderStatus><IsSeen>true</IsSeen>"
        "<OrderTime>2026-11-20T09:15:02+09:00</OrderTime><IsSplit>true</IsSplit><ChildOrderId>"
        "examplestore-2, examplestore-3</ChildOrderId><ParentOrderId>examplestore-1</ParentOrderId>"
        "<IsMultiShip>true</IsMultiShip><MultiShipId>multi-9</MultiShipId><CancelReason>230"
        "</CancelReason><CancelReasonDetail>長い理由の説明です</CancelReasonDetail>" YAHOO_SHIP
            YAHOO_ITEMS YAHOO_DETAIL YAHOO_TAIL);
    (void)state;
    assert_int_equal(o->link_count, 4);
    assert_text(o->links[0].kind, "split_from");
    assert_text(o->links[1].order_no, "examplestore-2");
    assert_text(o->links[2].order_no, "examplestore-3");
    assert_text(o->links[3].kind, "same_purchase");
    assert_text(o->links[3].order_no, "multi-9");
    assert_text(o->cancel_reason, "230 その他（ストア都合・詳細必須）：長い理由の説明です");
    conversation_free(&c);
}

struct money_case {
    const char *order_fields, *items, *detail;
    yen goods, coupon_shop, points, total, billed;
    int64_t marks;
};
#define LINE(price, quantity, more)                               \
    "<Item><LineId>1</LineId><ItemId>a</ItemId><UnitPrice>" price \
    "</UnitPrice><Quantity>" quantity "</Quantity>" more "</Item>"

static const struct money_case money_cases[] = {
    {"", LINE("1000", "2", ""), "<TotalPrice>2000</TotalPrice>", 2000, 0, 0, 2000, 2000, 0},
    // The unit price is after the store's coupon.
    {"<TotalCouponDiscount>400</TotalCouponDiscount>",
     LINE("800", "2", "<CouponDiscount>200</CouponDiscount><OriginalPrice>1000</OriginalPrice>"),
     "<TotalPrice>1600</TotalPrice>", 2000, 400, 0, 2000, 1600, 0},
    // Bonus and gift card beside the points …
    {"", LINE("1000", "1", ""),
     "<UsePoint>100</UsePoint><TotalImmediateBonusAmount>50</TotalImmediateBonusAmount>"
     "<GiftCardDiscount>30</GiftCardDiscount><TotalPrice>820</TotalPrice>",
     1000, 0, 180, 1000, 820, 0},
    // … and inside them.
    {"", LINE("1000", "1", ""),
     "<UsePoint>180</UsePoint><TotalImmediateBonusAmount>50</TotalImmediateBonusAmount>"
     "<GiftCardDiscount>30</GiftCardDiscount><TotalPrice>820</TotalPrice>",
     1000, 0, 180, 1000, 820, 0},
    {"", LINE("1000", "1", ""),
     "<ShipCharge>500</ShipCharge><PayCharge>300</PayCharge><GiftWrapCharge>100</GiftWrapCharge>"
     "<Discount>50</Discount><Adjustments>-20</Adjustments><TotalMallCouponDiscount>30"
     "</TotalMallCouponDiscount><TotalPrice>1800</TotalPrice>",
     1000, 0, 0, 1900, 1800, 0},
    // The bill is taken as it is, and the difference shown.
    {"", LINE("1000", "1", ""), "<TotalPrice>999</TotalPrice>", 1000, 0, 0, 1000, 999,
     ORDER_MARK_TOTAL_MISMATCH},
    {"", LINE("1000", "1", ""), "<TotalPrice/>", 1000, 0, 0, 1000, YEN_UNDETERMINED,
     ORDER_MARK_AMOUNT_UNDETERMINED},
};

static void test_money(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof money_cases / sizeof money_cases[0]; i++) {
        const struct money_case *x = &money_cases[i];
        struct conversation c;
        char answer[4096];
        snprintf(answer, sizeof answer,
                 YAHOO_HEAD YAHOO_ORDER
                 "%s" YAHOO_PAY
                 "<Ship><ShipCity>x</ShipCity></Ship>%s<Detail>%s</Detail>" YAHOO_TAIL,
                 x->order_fields, x->items, x->detail);
        const struct order *o = read_sample(&c, answer);
        if (o->goods != x->goods || o->coupon_shop != x->coupon_shop || o->points != x->points ||
            o->total != x->total || o->billed != x->billed || o->marks != x->marks)
            fail_msg("case %zu: %lld %lld %lld %lld %lld %llx", i, (long long)o->goods,
                     (long long)o->coupon_shop, (long long)o->points, (long long)o->total,
                     (long long)o->billed, (long long)o->marks);
        conversation_free(&c);
    }
}

static void test_coupons(void **state)
{
    struct conversation c;
    const struct order *o = read_sample(
        &c, YAHOO_HEAD YAHOO_ORDER
        "<UseCouponData>cp1\\A春の割引\\A1\\A2\\A1\\Bcp2\\A送料無料\\A3\\A2\\A1</UseCouponData>"
        "<ShippingCouponDiscount>500</ShippingCouponDiscount>"
        "<TotalCouponDiscount>200</TotalCouponDiscount>" YAHOO_PAY YAHOO_SHIP LINE(
            "800", "1",
            "<CouponDiscount>200</CouponDiscount>") "<Detail><TotalMallCouponDiscount>50</"
                                                    "TotalMallCouponDiscount><TotalPrice>750"
                                                    "</TotalPrice></Detail>" YAHOO_TAIL);
    (void)state;
    assert_int_equal(o->coupon_count, 3);
    assert_text(o->coupons[0].code, "cp1");
    assert_text(o->coupons[0].name, "春の割引");
    assert_int_equal(o->coupons[0].amount, 200);
    assert_text(o->coupons[1].name, "送料無料");
    assert_int_equal(o->coupons[1].amount, 500);
    assert_true(o->coupons[2].paid_by_mall);
    assert_int_equal(o->coupons[2].amount, 50);
    assert_int_equal(o->packages[0].lines[0].unit_price, 1000);
    assert_int_equal(o->packages[0].lines[0].discount, 200);
    assert_int_equal(o->marks & ORDER_MARK_TOTAL_MISMATCH, 0);
    conversation_free(&c);
}

static void test_shipments_are_read_back(void **state)
{
    struct conversation c;
    const struct order *o =
        read_sample(&c, YAHOO_HEAD YAHOO_ORDER
                    "<Ship><ShipStatus>3</ShipStatus><ShipCity>x</ShipCity>"
                    "<ShipCompanyCode>103</ShipCompanyCode><ShipInvoiceNumber1>1111-2222-3333</"
                    "ShipInvoiceNumber1>"
                    "<ShipInvoiceNumber2>4444</ShipInvoiceNumber2><ShipDate>2026-11-22</ShipDate></"
                    "Ship>" YAHOO_PAY YAHOO_ITEMS YAHOO_DETAIL YAHOO_TAIL);
    const struct order_package *p = &o->packages[0];
    (void)state;
    assert_int_equal(p->shipment_count, 2);
    assert_text(p->shipments[0].carrier, "yamato"); // the three-digit code of old orders
    assert_text(p->shipments[0].carrier_mall_code, "103");
    assert_text(p->shipments[0].tracking_number, "1111-2222-3333");
    assert_int_equal(p->shipments[0].ship_date, 20261122);
    assert_int_equal(p->shipments[1].source, SHIPMENT_FROM_MALL);
    assert_true(o->shipped_at != TIME_NONE);
    conversation_free(&c);
}

static void test_card_data_is_never_kept(void **state)
{
    struct conversation c;
    const struct order *o = read_sample(
        &c, YAHOO_HEAD YAHOO_ORDER
        "<Pay><PayStatus>1</PayStatus><CardNumber>4111111111111111</CardNumber><CardHolderName>"
        "H MIHON</CardHolderName><CardBirthDay>19700101</CardBirthDay></Pay>" YAHOO_SHIP YAHOO_ITEMS
            YAHOO_DETAIL YAHOO_TAIL);
    (void)state;
    struct str raw = conversation_order(&c, 0)->raw;
    assert_true(str_find(raw, STR("4111")) < 0 && str_find(raw, STR("MIHON")) < 0);
    assert_true(str_find(raw, STR("<PayStatus>1</PayStatus>")) >= 0);
    assert_true(str_find(raw, STR("item-a-red")) >= 0);
    for (size_t i = 0; i < o->extra_count; i++)
        assert_true(str_find(o->extras[i].value, STR("4111")) < 0);
    conversation_free(&c);
}

// Bytes that XML forbids, and text cut inside a character, must not hide an order.
static void test_odd_bytes_are_repaired(void **state)
{
    struct conversation c;
    const struct order *o = read_sample(
        &c, YAHOO_HEAD YAHOO_ORDER
        "<BuyerComments>a\x0b"
        "b\xe3\x81</BuyerComments>" YAHOO_PAY YAHOO_SHIP YAHOO_ITEMS YAHOO_DETAIL YAHOO_TAIL);
    (void)state;
    assert_true(str_starts(o->buyer_note, STR("ab\xef\xbf\xbd")));
    conversation_free(&c);
}

static void test_missing_and_bad_orders_let_the_others_go_on(void **state)
{
    static const struct exchange script[] = {
        {.operation = "orderInfo", .status = 404, .answer = YAHOO_ERROR("od91801", "Not Exists")},
        {.operation = "orderInfo",
         .status = 200,
         .answer = YAHOO_HEAD "<OrderId>e-2</OrderId>" YAHOO_TAIL},
        {.operation = "orderInfo", .status = 200, .answer = YAHOO_HEAD "<Order"},
        {.operation = "orderInfo", .status = 200, .answer = YAHOO_HEAD "<Order"}, // once more
        {.operation = "orderInfo", .status = 200, .answer = YAHOO_SAMPLE},        // not e-4
        {.operation = "orderInfo",
         .body_has = {"<OrderId>" YAHOO_NO "</OrderId>"},
         .status = 200,
         .answer = YAHOO_SAMPLE},
    };
    struct str numbers[] = {STR("e-1"), STR("bad number!"), STR("e-2"),
                            STR("e-3"), STR("e-4"),         STR("10000123")};
    struct mall_read_request request = {numbers, 6};
    struct yahoo_account a;
    struct conversation c;
    struct error error = {0};
    (void)state;
    yahoo_account_make(&a);
    CONVERSATION(&c, script, YAHOO_NOW);
    assert_true(
        conversation_run(&c, yahoo_mall.read(&a.account, &request, &c.sink, &error), &error));
    assert_int_equal(conversation_missing(&c), 1);
    assert_int_equal(conversation_bad(&c), 4);
    assert_int_equal(conversation_orders(&c), 1);
    static const char *const codes[] = {"yahoo.order_number", "yahoo.field_missing",
                                        "xml.malformed", "yahoo.other_order"};
    size_t at = 0;
    for (size_t i = 0; i < c.batch_count; i++)
        if (c.batches[i]->bad_order_count) {
            assert_string_equal(c.batches[i]->bad_orders[0].error.code, codes[at]);
            assert_true(at == 0 || c.batches[i]->bad_orders[0].raw.n > 0);
            at++;
        }
    conversation_free(&c);
}

struct bad_case {
    const char *answer, *code;
};
static void test_bad_fields_name_themselves(void **state)
{
    static const struct bad_case cases[] = {
        {YAHOO_HEAD YAHOO_ORDER YAHOO_PAY YAHOO_SHIP YAHOO_DETAIL YAHOO_TAIL,
         "yahoo.field_missing"},
        {YAHOO_HEAD "<OrderStatus>2</OrderStatus>" YAHOO_ITEMS YAHOO_TAIL, "yahoo.field_missing"},
        {YAHOO_HEAD YAHOO_ORDER LINE("x", "1", "") YAHOO_DETAIL YAHOO_TAIL,
         "yahoo.field_not_integer"},
        {YAHOO_HEAD YAHOO_ORDER LINE("", "1", "") YAHOO_DETAIL YAHOO_TAIL, "yahoo.field_missing"},
        {YAHOO_HEAD YAHOO_ORDER LINE("9223372036854775807", "2", "") YAHOO_DETAIL YAHOO_TAIL,
         "yahoo.amount_impossible"},
        {YAHOO_HEAD YAHOO_ORDER LINE("1", "-1", "") YAHOO_DETAIL YAHOO_TAIL, "order.quantity"},
        {"<ResultSet><Result><Status>OK</Status></Result></ResultSet>",
         "yahoo.order_missing_in_answer"},
        {YAHOO_HEAD YAHOO_ORDER YAHOO_ITEMS
         "<Detail><TotalPrice>1.5</TotalPrice></Detail>" YAHOO_TAIL,
         "yahoo.field_not_integer"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exchange script[] = {{.status = 200, .answer = cases[i].answer}};
        struct conversation c;
        struct error error = {0};
        assert_true(yahoo_read_one(&c, script, 1, &error));
        assert_int_equal(conversation_bad(&c), 1);
        const struct error *e = &c.batches[0]->bad_orders[0].error;
        if (strcmp(e->code, cases[i].code) != 0)
            fail_msg("case %zu: %s (%s)", i, e->code, e->what_en);
        assert_true(e->what_ja[0] && e->what_en[0]);
        conversation_free(&c);
    }
}

// Cut at every byte: never an order, never a crash, always a reason.
static void test_truncation_at_every_byte(void **state)
{
    static const char answer[] = YAHOO_SAMPLE;
    (void)state;
    for (size_t n = 0; n < sizeof answer - 2; n++) {
        struct exchange script[] = {{.status = 200, .bytes = {answer, n}},
                                    {.status = 200, .bytes = {answer, n}}};
        struct conversation c;
        struct error error = {0};
        bool done = yahoo_read_one(&c, script, 2, &error);
        assert_int_equal(conversation_orders(&c), 0);
        if (done)
            assert_int_equal(conversation_bad(&c), 1);
        else
            assert_true(error.code[0] && error.what_ja[0]);
        conversation_free(&c);
    }
}

static void test_memory_failures(void **state)
{
    static const struct exchange script[] = {{.status = 200, .answer = YAHOO_SAMPLE}};
    struct str no = STR(YAHOO_NO);
    struct mall_read_request request = {&no, 1};
    bool succeeded = false;
    (void)state;
    for (uint64_t n = 1; !succeeded; n++) {
        struct yahoo_account a;
        struct conversation c;
        struct error error = {0};
        yahoo_account_make(&a);
        CONVERSATION(&c, script, YAHOO_NOW);
        c.lenient = true;
        memory_fail_at(n, 0);
        struct mall_op *op = yahoo_mall.read(&a.account, &request, &c.sink, &error);
        bool done = op && conversation_run(&c, op, &error);
        memory_fail_at(0, 0);
        succeeded = done && conversation_orders(&c) == 1 && n > 20;
        if (!done)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        else
            assert_int_equal(conversation_orders(&c) + conversation_bad(&c), 1);
        conversation_free(&c);
        assert_true(n < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_is_exact),
        cmocka_unit_test(test_order_is_mapped),
        cmocka_unit_test(test_form_does_not_matter),
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_gifts),
        cmocka_unit_test(test_links_and_cancel),
        cmocka_unit_test(test_money),
        cmocka_unit_test(test_coupons),
        cmocka_unit_test(test_shipments_are_read_back),
        cmocka_unit_test(test_card_data_is_never_kept),
        cmocka_unit_test(test_odd_bytes_are_repaired),
        cmocka_unit_test(test_missing_and_bad_orders_let_the_others_go_on),
        cmocka_unit_test(test_bad_fields_name_themselves),
        cmocka_unit_test(test_truncation_at_every_byte),
        cmocka_unit_test(test_memory_failures),
    };
    return cmocka_run_group_tests_name("yahoo-read", tests, NULL, NULL);
}
