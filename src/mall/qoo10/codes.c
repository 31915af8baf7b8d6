// SPDX-License-Identifier: Apache-2.0
//
// Constant data (qoo10.md §3, §5.5, §6). The carrier names were seen in working clients and in the
// guide; the authoritative list is QSM's drop-down, so a company may map any other name.
#include "mall/qoo10/codes.h"

const struct mall_status_choice qoo10_statuses[QOO10_STATUS_COUNT] = {
    {"1", {"入金待ち", "Awaiting payment"}, false},
    {"2", {"配送要請/新規受付", "Shipping requested / new"}, true},
    {"3", {"配送要請/配送準備", "Shipping requested / in preparation"}, true},
    {"4", {"配送中", "On delivery"}, false},
    {"5", {"配送完了", "Delivered"}, false},
    {"claim", {"キャンセル・返金", "Cancelled or refunded"}, false},
};
const struct setting_choice qoo10_status_settings[QOO10_STATUS_COUNT] = {
    {"1", {"入金待ち", "Awaiting payment"}},
    {"2", {"配送要請/新規受付", "Shipping requested / new"}},
    {"3", {"配送要請/配送準備", "Shipping requested / in preparation"}},
    {"4", {"配送中", "On delivery"}},
    {"5", {"配送完了", "Delivered"}},
    {"claim", {"キャンセル・返金", "Cancelled or refunded"}},
};

// An empty reason means 在庫なし and counts against the seller (§5.5), so it has a name of its own
// here and is never a silent default.
const struct setting_choice qoo10_cancel_reasons[QOO10_CANCEL_REASON_COUNT] = {
    {"stock", {"在庫なし(販売者事由)", "Out of stock (the seller's doing)"}},
    {"1", {"注文変更", "Change of the order"}},
    {"2", {"配送不可地域(販売者事由)", "Area not served (the seller's doing)"}},
    {"3", {"配送遅延(販売者事由)", "Delay (the seller's doing)"}},
};

#define CARRIER(name, ours)                                     \
    {                                                           \
        MAPPING_CARRIER, MAPPING_BOTH, name, {name, name}, ours \
    }
#define PAYMENT(name, en, ours)                               \
    {                                                         \
        MAPPING_PAYMENT, MAPPING_BOTH, name, {name, en}, ours \
    }
#define SLOT(text, ours)                                     \
    {                                                        \
        MAPPING_SLOT, MAPPING_BOTH, text, {text, text}, ours \
    }

const struct mall_mapping qoo10_mappings[QOO10_MAPPING_COUNT] = {
    CARRIER("ヤマト宅急便", "yamato"),
    CARRIER("クロネコ便", "yamato"),
    CARRIER("ネコポス", "yamato"),
    CARRIER("クロネコDM便", "yamato"),
    CARRIER("佐川急便", "sagawa"),
    CARRIER("ゆうパック", "japan_post"),
    CARRIER("ゆうパケット", "japan_post"),
    CARRIER("クリックポスト", "japan_post"),
    CARRIER("ゆうメール", "japan_post"),
    CARRIER("定形外郵便", "japan_post"),
    CARRIER("西濃運輸", "seino"),
    CARRIER("福山通運", "fukuyama"),
    CARRIER("コンビニ等受取", "store_pickup"),
    CARRIER("その他", "other"),
    CARRIER("Qxpress", "other"),
    PAYMENT("コンビニ決済", "Convenience store", "before"),
    PAYMENT("銀行振込", "Bank transfer", "before"),
    PAYMENT("クレジットカード", "Credit card", "authorization"),
    PAYMENT("クレジットカード決済", "Credit card", "authorization"),
    PAYMENT("PayPay", "PayPay", "authorization"),
    PAYMENT("キャリア決済", "Carrier billing", "authorization"),
    PAYMENT("Qマネー", "Q money", "authorization"),
    SLOT("08:00~12:00", "午前中"),
    SLOT("午前中", "午前中"),
};

struct str qoo10_status_label(int status)
{
    return status >= 1 && status <= 5 ? str_from(qoo10_statuses[status - 1].label.ja) : STR("");
}

struct str qoo10_claim_label(int claim)
{
    static const struct {
        int code;
        const char *words;
    } known[] = {
        {1, "キャンセル要請"},
        {2, "キャンセル中"},
        {3, "キャンセル完了"},
        {4, "返品要請"},
        {5, "返品中"},
        {6, "返品完了"},
        {11, "交換申請"},
        {12, "交換承認"},
        {13, "再配送中"},
        {14, "未受取返金完了"},
        {15, "未受取部分返金完了"},
        {16, "未納(未入金)注文のキャンセル"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].code == claim)
            return str_from(known[i].words);
    return STR("");
}

bool qoo10_claim_is_cancelled(int claim)
{
    return claim == 3 || claim == 16;
}

bool qoo10_claim_is_asked(int claim)
{
    return claim == 1 || claim == 2;
}

struct str qoo10_carrier_in(const struct mall_account *account, struct str name)
{
    if (str_is_empty(name))
        return STR("");
    struct str ours = account_map_in(account, MAPPING_CARRIER, name);
    if (ours.p)
        return ours;
    const struct carrier *carrier = carrier_from_text(name);
    return carrier ? str_from(carrier->code) : STR("");
}
