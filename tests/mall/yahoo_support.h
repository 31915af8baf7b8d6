// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the Yahoo connector share: recorded answers after yahoo.md (invented data),
// variations of them, and an account with a living token and without a key (so that requests are
// the same every time; signatures are decrypted in tests/sim).
#ifndef JUCHU_TESTS_YAHOO_SUPPORT_H
#define JUCHU_TESTS_YAHOO_SUPPORT_H

#include "base/memory.h"
#include "mall/yahoo/yahoo.h"
#include "support/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define YAHOO_NO "examplestore-10000123"
#define YAHOO_NOW 1795392000000 // 2026-11-23T09:00:00+09:00
#define YAHOO_DAY 20261123
#define YAHOO_HOUR_MS (3600 * 1000LL)

// clang-format off
#define YAHOO_HEAD \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
    "<ResultSet totalResultsAvailable=\"1\" totalResultsReturned=\"1\" firstResultPosition=\"1\">\n" \
    " <Result><Status>OK</Status>\n  <OrderInfo>\n"
#define YAHOO_TAIL "  </OrderInfo>\n </Result>\n</ResultSet>\n"
#define YAHOO_ORDER \
    "<OrderId>" YAHOO_NO "</OrderId><Version>3</Version><OrderStatus>2</OrderStatus><IsSeen>false</IsSeen>" \
    "<IsReadOnly>0</IsReadOnly><OrderTime>2026-11-20T09:15:02+09:00</OrderTime>" \
    "<LastUpdateTime>2026-11-20T09:30:00+09:00</LastUpdateTime>"
#define YAHOO_PAY \
    "<Pay><PayStatus>1</PayStatus><SettleStatus>3</SettleStatus><PayType>1</PayType><PayKind>0</PayKind>" \
    "<PayMethod>payment_a1</PayMethod><PayMethodName><![CDATA[クレジットカード決済]]></PayMethodName>" \
    "<PayDate>2026-11-20</PayDate><CardBrand>VISA</CardBrand><CardPayType>4</CardPayType><CardPayCount>3</CardPayCount>" \
    "<BillLastName><![CDATA[見本]]></BillLastName><BillFirstName>花子</BillFirstName>" \
    "<BillLastNameKana>ミホン</BillLastNameKana><BillFirstNameKana>ハナコ</BillFirstNameKana>" \
    "<BillZipCode>100-0001</BillZipCode><BillPrefecture>東京都</BillPrefecture><BillCity>見本区</BillCity>" \
    "<BillAddress1>見本町0-0-0</BillAddress1><BillAddress2/><BillPhoneNumber>03-0000-0000</BillPhoneNumber>" \
    "<BillMailAddress>buyer@example.jp</BillMailAddress></Pay>"
#define YAHOO_SHIP \
    "<Ship><ShipStatus>1</ShipStatus><ShipMethod>postage1</ShipMethod><ShipMethodName>宅急便</ShipMethodName>" \
    "<ShipCompanyCode>1001</ShipCompanyCode><ShipRequestDate>2026-11-27</ShipRequestDate>" \
    "<ShipRequestTime>14:00～16:00</ShipRequestTime><ShipLastName>見本</ShipLastName><ShipFirstName>太郎</ShipFirstName>" \
    "<ShipZipCode>0600000</ShipZipCode><ShipPrefecture>北海道</ShipPrefecture><ShipCity>見本市</ShipCity>" \
    "<ShipAddress1>見本1-2</ShipAddress1><ShipPhoneNumber>011-000-0000</ShipPhoneNumber><ShipInvoiceNumber1/></Ship>"
#define YAHOO_ITEMS \
    "<Item><LineId>1</LineId><ItemId>item-a</ItemId><SubCode>item-a-red</SubCode><Title><![CDATA[見本シャツ & 帽子]]></Title>" \
    "<ItemOption><Index>1</Index><Name><![CDATA[色]]></Name><Value><![CDATA[赤]]></Value><Price>0</Price></ItemOption>" \
    "<Inscription><Index>2</Index><Name>名入れ</Name><Value>HANA</Value></Inscription>" \
    "<UnitPrice>1200</UnitPrice><Quantity>2</Quantity><ItemTaxRatio>10</ItemTaxRatio><Jan>4900000000000</Jan></Item>" \
    "<Item><LineId>2</LineId><ItemId>item-b</ItemId><Title>茶</Title><UnitPrice>300</UnitPrice><Quantity>1</Quantity>" \
    "<ItemTaxRatio>8</ItemTaxRatio></Item>"
#define YAHOO_DETAIL \
    "<Detail><ShipCharge>500</ShipCharge><PayCharge>0</PayCharge><UsePoint>100</UsePoint><TotalPrice>3100</TotalPrice></Detail>"
#define YAHOO_SAMPLE YAHOO_HEAD YAHOO_ORDER YAHOO_PAY YAHOO_SHIP YAHOO_ITEMS YAHOO_DETAIL YAHOO_TAIL

#define YAHOO_WRITE_OK \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ResultSet totalResultsAvailable=\"1\" totalResultsReturned=\"1\" ok=\"1\" ng=\"0\">" \
    "<Result><Status>OK</Status></Result></ResultSet>"
#define YAHOO_WARNING(code) \
    "<ResultSet ok=\"1\" ng=\"0\"><Result><Status>OK</Status><Warning><Code>" code "</Code><Message>m</Message>" \
    "<Detail>1</Detail></Warning></Result></ResultSet>"
#define YAHOO_ERROR(code, message) \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Message>" message "</Message><Code>" code "</Code></Error>"
// What the orderInfo before a write shows: OrderStatus, PayStatus, ShipStatus and more elements.
#define YAHOO_LOOK(order, pay, ship, more) \
    YAHOO_HEAD "<OrderId>" YAHOO_NO "</OrderId><Version>3</Version><IsSeen>true</IsSeen>" \
    "<OrderTime>2026-11-20T09:15:02+09:00</OrderTime><LastUpdateTime>2026-11-20T09:30:00+09:00</LastUpdateTime>" \
    "<OrderStatus>" order "</OrderStatus><Pay><PayStatus>" pay "</PayStatus></Pay>" more \
    "<Ship><ShipStatus>" ship "</ShipStatus>" YAHOO_TAIL_OF_SHIP
#define YAHOO_TAIL_OF_SHIP "</Ship>" YAHOO_TAIL
#define YAHOO_LOOK_PARCEL(order, pay, ship, parcel) \
    YAHOO_HEAD "<OrderId>" YAHOO_NO "</OrderId><Version>3</Version><IsSeen>true</IsSeen>" \
    "<OrderTime>2026-11-20T09:15:02+09:00</OrderTime><LastUpdateTime>2026-11-20T09:30:00+09:00</LastUpdateTime>" \
    "<OrderStatus>" order "</OrderStatus><Pay><PayStatus>" pay "</PayStatus></Pay><Ship><ShipStatus>" ship "</ShipStatus>" parcel \
    YAHOO_TAIL_OF_SHIP
// clang-format on

#define YAHOO_VALUES_MAX 24
struct yahoo_account {
    struct setting_value values[YAHOO_VALUES_MAX];
    struct mall_account account;
};

static inline void yahoo_put(struct yahoo_account *a, const char *key, const char *value)
{
    for (size_t i = 0; i < a->account.value_count; i++) {
        if (str_eq(a->values[i].key, str_from(key))) {
            a->values[i].value = str_from(value);
            return;
        }
    }
    assert_true(a->account.value_count < YAHOO_VALUES_MAX);
    a->values[a->account.value_count++] = (struct setting_value){str_from(key), str_from(value)};
}

static inline void yahoo_account_make(struct yahoo_account *a)
{
    *a = (struct yahoo_account){0};
    a->account = (struct mall_account){.shop_id = 7, .values = a->values};
    yahoo_put(a, "seller_id", "examplestore");
    yahoo_put(a, "client_id", "client-1");
    yahoo_put(a, "client_secret", "secret-1");
    yahoo_put(a, "refresh_token", "RT-0001");
    yahoo_put(a, "access_token", "AT-0001");
    yahoo_put(a, "access_token_expires_at", "2026-11-23T01:00:00Z");
    yahoo_put(a, "consented_at", "2026-11-10");
    yahoo_put(a, "operation_user", "oms");
}

// Reads one order whose answer is `answer`; the conversation must be freed by the caller.
static inline bool yahoo_read_one(struct conversation *c, const struct exchange *script,
                                  size_t count, struct error *error)
{
    struct yahoo_account a;
    struct str no = STR(YAHOO_NO);
    struct mall_read_request request = {&no, 1};
    yahoo_account_make(&a);
    conversation_init(c, script, count, YAHOO_NOW);
    struct mall_op *op = yahoo_mall.read(&a.account, &request, &c->sink, error);
    assert_non_null(op);
    return conversation_run(c, op, error);
}

static inline struct str yahoo_extra(const struct order *o, const char *key)
{
    for (size_t i = 0; i < o->extra_count; i++)
        if (str_eq(o->extras[i].key, str_from(key)))
            return o->extras[i].value;
    return STR_ABSENT;
}

#define assert_text(actual, expected)                                             \
    do {                                                                          \
        struct str actual_text = (actual);                                        \
        if (!str_eq(actual_text, str_from(expected)))                             \
            fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(actual_text), (expected)); \
    } while (0)

#endif
