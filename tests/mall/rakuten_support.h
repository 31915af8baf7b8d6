// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the Rakuten connector share: the recorded answer of rakuten.md §5.11 (invented
// data), variations of it, and an account.
#ifndef JUCHU_TESTS_RAKUTEN_SUPPORT_H
#define JUCHU_TESTS_RAKUTEN_SUPPORT_H

#include "support/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define RAKUTEN_SAMPLE_NO "999001-20260113-0000000702"
#define RAKUTEN_TEST_NOW 1768489200000 // 2026-01-16T00:00:00+0900

// clang-format off
static const char rakuten_sample[] =
    "{\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":\"ORDER_EXT_API_GET_ORDER_INFO_101\",\"message\":\"受注情報取得に成功しました。(取得件数1件)\"}],\n"
    " \"OrderModelList\":[{\n"
    "  \"orderNumber\":\"999001-20260113-0000000702\",\"orderProgress\":300,\"subStatusId\":null,\"subStatusName\":null,\n"
    "  \"orderDatetime\":\"2026-01-13T09:12:45+0900\",\"shopOrderCfmDatetime\":\"2026-01-13T10:00:02+0900\",\n"
    "  \"orderFixDatetime\":\"2026-01-13T10:31:19+0900\",\"shippingInstDatetime\":\"2026-01-13T10:31:19+0900\",\n"
    "  \"shippingCmplRptDatetime\":null,\"cancelDueDate\":null,\"deliveryDate\":\"2026-01-17\",\"shippingTerm\":1416,\n"
    "  \"remarks\":\"[配送日時指定:]\\n2026-01-17(土)\\n14:00-16:00\\n\\n[備考:]\\n\",\"giftCheckFlag\":0,\"socialGiftFlag\":0,\n"
    "  \"severalSenderFlag\":0,\"equalSenderFlag\":0,\"isolatedIslandFlag\":0,\"rakutenMemberFlag\":1,\"carrierCode\":11,\n"
    "  \"emailCarrierCode\":0,\"orderType\":1,\"reserveNumber\":null,\"reserveDeliveryCount\":null,\"cautionDisplayType\":0,\n"
    "  \"cautionDisplayDetailType\":null,\"rakutenConfirmFlag\":0,\"goodsPrice\":3000,\"postagePrice\":500,\"deliveryPrice\":0,\n"
    "  \"paymentCharge\":0,\"paymentChargeTaxRate\":0.1,\"totalPrice\":3500,\"requestPrice\":3400,\"couponAllTotalPrice\":0,\n"
    "  \"couponShopPrice\":0,\"couponOtherPrice\":0,\"additionalFeeOccurAmountToUser\":0,\"additionalFeeOccurAmountToShop\":0,\n"
    "  \"asurakuFlag\":0,\"drugFlag\":0,\"dealFlag\":0,\"membershipType\":0,\"memo\":null,\"operator\":null,\"mailPlugSentence\":null,\n"
    "  \"modifyFlag\":0,\"receiptIssueCount\":0,\"receiptIssueHistoryList\":[],\n"
    "  \"OrdererModel\":{\"zipCode1\":\"100\",\"zipCode2\":\"0000\",\"prefecture\":\"東京都\",\"city\":\"見本区\",\"subAddress\":\"見本町0-0-0\",\n"
    "    \"familyName\":\"見本\",\"firstName\":\"花子\",\"familyNameKana\":\"ミホン\",\"firstNameKana\":\"ハナコ\",\"phoneNumber1\":\"000\",\n"
    "    \"phoneNumber2\":\"0000\",\"phoneNumber3\":\"0000\",\"emailAddress\":\"00000000000000000000000000000000s1@pc.fw.rakuten.ne.jp\",\n"
    "    \"sex\":\"女\",\"birthYear\":null,\"birthMonth\":null,\"birthDay\":null},\n"
    "  \"SettlementModel\":{\"settlementMethodCode\":1,\"settlementMethod\":\"クレジットカード\",\"rpaySettlementFlag\":1,\"cardName\":\"VISA\",\n"
    "    \"cardNumber\":\"XXXX-XXXX-XXXX-0000\",\"cardOwner\":\"HANAKO MIHON\",\"cardYm\":\"2030-01\",\"cardPayType\":0,\"cardInstallmentDesc\":null},\n"
    "  \"DeliveryModel\":{\"deliveryName\":\"宅配便\",\"deliveryClass\":null},\"PointModel\":{\"usedPoint\":100},\n"
    "  \"WrappingModel1\":null,\"WrappingModel2\":null,\n"
    "  \"PackageModelList\":[{\"basketId\":20000001,\"postagePrice\":500,\"postageTaxRate\":0.1,\"deliveryPrice\":0,\"deliveryTaxRate\":0.1,\n"
    "    \"goodsPrice\":3000,\"totalPrice\":3500,\"noshi\":null,\"packageDeleteFlag\":0,\n"
    "    \"SenderModel\":{\"zipCode1\":\"060\",\"zipCode2\":\"0000\",\"prefecture\":\"北海道\",\"city\":\"見本市\",\"subAddress\":\"見本1-2\",\n"
    "      \"familyName\":\"見本\",\"firstName\":\"太郎\",\"familyNameKana\":null,\"firstNameKana\":null,\"phoneNumber1\":\"000\",\n"
    "      \"phoneNumber2\":\"0000\",\"phoneNumber3\":\"0001\",\"isolatedIslandFlag\":0},\n"
    "    \"ItemModelList\":[{\"itemDetailId\":20000001,\"itemName\":\"見本Tシャツ\",\"itemId\":10000001,\"itemNumber\":\"tee-01\",\n"
    "      \"manageNumber\":\"tee-01\",\"price\":3000,\"units\":1,\"includePostageFlag\":0,\"includeTaxFlag\":1,\n"
    "      \"includeCashOnDeliveryPostageFlag\":0,\"selectedChoice\":\"名入れ:しない\",\"pointRate\":1,\"pointType\":0,\"inventoryType\":2,\n"
    "      \"delvdateInfo\":\"1～2日以内に発送\",\"restoreInventoryFlag\":0,\"dealFlag\":0,\"drugFlag\":0,\"deleteItemFlag\":0,\"taxRate\":0.1,\n"
    "      \"priceTaxIncl\":3000,\"isSingleItemShipping\":0,\n"
    "      \"SkuModelList\":[{\"variantId\":\"m-wht\",\"merchantDefinedSkuId\":\"TEE01-M-WHT\",\"skuInfo\":\"サイズ:M\\nカラー:白\"}]}],\n"
    "    \"ShippingModelList\":[],\"DeliveryCvsModel\":null,\"defaultDeliveryCompanyCode\":\"1001\",\"dropOffFlag\":1,\n"
    "    \"dropOffLocation\":\"宅配ボックス\",\"SocialGiftModel\":null}],\n"
    "  \"CouponModelList\":null,\n"
    "  \"ChangeReasonModelList\":[{\"changeId\":300000001,\"changeType\":8,\"changeTypeDetail\":null,\"changeReason\":null,\n"
    "    \"changeReasonDetail\":null,\"changeApplyDatetime\":\"2026-01-13T10:00:02+0900\",\"changeFixDatetime\":\"2026-01-13T10:00:02+0900\",\n"
    "    \"changeCmplDatetime\":\"2026-01-13T10:00:02+0900\"}],\n"
    "  \"TaxSummaryModelList\":[{\"taxRate\":0.1,\"reqPrice\":3500,\"reqPriceTax\":318,\"totalPrice\":3500,\"paymentCharge\":0,\"couponPrice\":0,\"point\":0}],\n"
    "  \"DueDateModelList\":[],\"deliveryCertPrgFlag\":0,\"oneDayOperationFlag\":1}],\n"
    " \"version\":10}";
// clang-format on

static inline struct mall_account rakuten_test_account_with(const struct setting_value *values,
                                                            size_t count)
{
    return (struct mall_account){
        .shop_id = 7, .base_url = STR(""), .values = values, .value_count = count};
}

static inline struct mall_account rakuten_test_account(void)
{
    static const struct setting_value values[] = {
        {{"service_secret", 14}, {"SP999001_example", 16}},
        {{"license_key", 11}, {"SL999001_example", 16}},
    };
    return rakuten_test_account_with(values, 2);
}

static inline time_ms rakuten_test_time(const char *text)
{
    time_ms t = TIME_NONE;
    assert_true(time_parse_iso(str_from(text), JST_OFFSET_MS, &t));
    return t;
}

// `text` with the first `from` replaced by `to`; valid until the call after next.
static inline const char *rakuten_replace(const char *text, const char *from, const char *to)
{
    static char buffers[2][32768];
    static int turn;
    char *buffer = buffers[turn++ % 2];
    ptrdiff_t at = str_find(str_from(text), str_from(from));
    if (at < 0)
        fail_msg("the text has no %s", from);
    int n = snprintf(buffer, sizeof buffers[0], "%.*s%s%s", (int)at, text, to,
                     text + at + strlen(from));
    assert_true(n > 0 && (size_t)n < sizeof buffers[0]);
    return buffer;
}

static inline const char *rakuten_vary(const char *from, const char *to)
{
    return rakuten_replace(rakuten_sample, from, to);
}

#endif
