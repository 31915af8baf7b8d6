// SPDX-License-Identifier: Apache-2.0
//
// MakeShop's codes as tables. Carriers: §5 of makeshop.md; several codes mean services of one
// carrier, the first of a carrier is what is sent. Payment: §2.4; "paid" is told per method.
#include "mall/makeshop/codes.h"

#include "text/fold.h"

const struct mall_status_choice makeshop_statuses[MAKESHOP_STATUS_COUNT] = {
    {"provisional", {"仮注文", "Provisional"}, true},
    {"unprocessed", {"未処理", "Unprocessed"}, true},
    {"shipped", {"配送", "Shipped"}, false},
    {"returned", {"返送", "Returned"}, false},
    {"cancelled", {"注文キャンセル", "Cancelled"}, false},
};
const struct setting_choice makeshop_status_settings[MAKESHOP_STATUS_COUNT] = {
    {"provisional", {"仮注文", "Provisional"}},
    {"unprocessed", {"未処理", "Unprocessed"}},
    {"shipped", {"配送", "Shipped"}},
    {"returned", {"返送", "Returned"}},
    {"cancelled", {"注文キャンセル", "Cancelled"}},
};

#define CARRIER(code, ja, en, ours)                         \
    {                                                       \
        MAPPING_CARRIER, MAPPING_BOTH, code, {ja, en}, ours \
    }
#define CARRIER_IN(code, ja, en, ours)                    \
    {                                                     \
        MAPPING_CARRIER, MAPPING_IN, code, {ja, en}, ours \
    }
#define PAYMENT(code, ja, en, ours)                       \
    {                                                     \
        MAPPING_PAYMENT, MAPPING_IN, code, {ja, en}, ours \
    }

const struct mall_mapping makeshop_mappings[MAKESHOP_MAPPING_COUNT] = {
    CARRIER("002", "クロネコヤマト (宅急便)", "Yamato", "yamato"),
    CARRIER("003", "佐川急便", "Sagawa", "sagawa"),
    CARRIER("001", "ゆうパック", "Yu-Pack", "japan_post"),
    CARRIER("006", "西濃運輸", "Seino", "seino"),
    CARRIER("007", "福山通運", "Fukuyama", "fukuyama"),
    CARRIER("008", "EMS 国際スピード郵便", "EMS", "ems"),
    CARRIER("013", "名鉄運輸", "Meitetsu", "meitetsu"),
    CARRIER("014", "OCS", "OCS", "ocs"),
    CARRIER("017", "トナミ運輸", "Tonami", "tonami"),
    CARRIER("018", "トールエクスプレスジャパン", "Toll Express Japan", "jp_logistics"),
    CARRIER("019", "エコ配", "Ecohai", "ecohai"),
    CARRIER("021", "セイノースーパーエクスプレス", "Seino Super Express", "seino_super"),
    CARRIER("022", "新潟運輸", "Niigata Unyu", "niigata"),
    CARRIER("023", "DHL", "DHL", "dhl"),
    CARRIER("024", "第一貨物", "Daiichi Kamotsu", "daiichi"),
    CARRIER("000", "指定なし", "None", "other"),
    CARRIER_IN("029", "宅急便コンパクト", "Takkyubin Compact", "yamato"),
    CARRIER_IN("030", "ネコポス", "Nekopos", "yamato"),
    CARRIER_IN("031", "クロネコDM便", "Kuroneko DM-bin", "yamato"),
    CARRIER_IN("009", "ゆうパック代金引換", "Yu-Pack, cash on delivery", "japan_post"),
    CARRIER_IN("010", "ゆうパック書留", "Yu-Pack, registered", "japan_post"),
    CARRIER_IN("011", "レターパック500 (プラス)", "Letter Pack Plus", "japan_post"),
    CARRIER_IN("012", "翌朝10時郵便", "Next-morning mail", "japan_post"),
    CARRIER_IN("015", "普通郵便", "Ordinary mail", "japan_post"),
    CARRIER_IN("016", "普通郵便代引き", "Ordinary mail, cash on delivery", "japan_post"),
    CARRIER_IN("020", "レターパック350 (ライト)", "Letter Pack Light", "japan_post"),
    CARRIER_IN("025", "ゆうパケット", "Yu-Packet", "japan_post"),
    CARRIER_IN("026", "ポスパケット", "Pos-Packet", "japan_post"),
    CARRIER_IN("027", "クリックポスト", "Click Post", "japan_post"),
    CARRIER_IN("028", "スマートレター", "Smart Letter", "japan_post"),
    CARRIER_IN("004", "国際スピード郵便 (USPS)", "USPS", "ems"),
    PAYMENT("B", "銀行振込", "Bank transfer", "before"),
    PAYMENT("M1", "銀行振込 (2)", "Bank transfer (2)", "before"),
    PAYMENT("P", "ゆうちょ銀行", "Japan Post Bank", "before"),
    PAYMENT("Z", "コンビニ決済", "Convenience store", "before"),
    PAYMENT("R", "代金引換", "Cash on delivery", "after"),
    PAYMENT("A", "後払い.COM", "Atobarai.COM", "after"),
    PAYMENT("M", "後払い決済 (Paid)", "Paid, deferred", "after"),
    PAYMENT("B1", "GMO後払い", "GMO deferred", "after"),
    PAYMENT("N", "NP後払い", "NP deferred", "after"),
    PAYMENT("D1", "Amazon Pay", "Amazon Pay", "authorization"),
    PAYMENT("クレジットカード決済", "クレジットカード決済", "Credit card", "authorization"),
    PAYMENT("銀行振込", "銀行振込", "Bank transfer", "before"),
    PAYMENT("ゆうちょ銀行", "ゆうちょ銀行", "Japan Post Bank", "before"),
    PAYMENT("コンビニ決済", "コンビニ決済", "Convenience store", "before"),
    PAYMENT("代金引換", "代金引換", "Cash on delivery", "after"),
    PAYMENT("後払い.COM", "後払い.COM", "Atobarai.COM", "after"),
    PAYMENT("GMO後払い", "GMO後払い", "GMO deferred", "after"),
    PAYMENT("NP後払い", "NP後払い", "NP deferred", "after"),
    PAYMENT("Amazon Pay", "Amazon Pay", "Amazon Pay", "authorization"),
};

bool makeshop_carrier_is_known(struct str code)
{
    for (size_t i = 0; i < MAKESHOP_MAPPING_COUNT; i++)
        if (makeshop_mappings[i].kind == MAPPING_CARRIER &&
            str_eq(code, str_from(makeshop_mappings[i].mall_value)))
            return true;
    return false;
}

struct str makeshop_compact(struct arena *arena, int status, bool paid, int delivery)
{
    return arena_printf(arena, "%d/%d/%d", status, paid, delivery);
}

bool makeshop_compact_parse(struct str text, int *status, bool *paid, int *delivery)
{
    struct str part;
    int64_t value[3];
    for (int i = 0; i < 3; i++)
        if (!str_split(&text, '/', &part) || !str_to_int64(part, &value[i]) || value[i] < 0 ||
            value[i] > 99)
            return false;
    *status = (int)value[0];
    *paid = value[1] == 1;
    *delivery = (int)value[2];
    return text.n == 0;
}

struct str makeshop_choice(int status, int delivery)
{
    if (status == MAKESHOP_PROVISIONAL)
        return STR("provisional");
    if (status == MAKESHOP_CANCELLED)
        return STR("cancelled");
    return delivery == MAKESHOP_DONE   ? STR("shipped")
           : delivery == MAKESHOP_BACK ? STR("returned")
                                       : STR("unprocessed");
}

const char *makeshop_status_label(int status, int delivery)
{
    if (status == MAKESHOP_PROVISIONAL)
        return "仮注文";
    if (status == MAKESHOP_CANCELLED)
        return "注文キャンセル";
    switch (delivery) {
    case MAKESHOP_INSTRUCTED:
        return "出荷指示済み";
    case MAKESHOP_PREPARING:
        return "配送準備中";
    case MAKESHOP_DONE:
        return "配送";
    case MAKESHOP_BACK:
        return "返送";
    default:
        return "未処理";
    }
}

static bool has(struct str text, const char *part)
{
    return str_find(text, str_from(part)) >= 0;
}

static bool is_one_of(struct str text, const char *const *words)
{
    for (; *words; words++)
        if (str_eq_nocase(text, str_from(*words)))
            return true;
    return false;
}

int makeshop_delivery_from_text(struct str text, bool *cancelled, bool *provisional)
{
    static const char *const cancels[] = {"C", "CANCEL", "CANCELED", "CANCELLED", NULL};
    static const char *const provisionals[] = {"99", "PROVISIONAL", "TEMPORARY", NULL};
    static const char *const done[] = {"Y", "3", "COMPLETED", "COMPLETE", NULL};
    static const char *const back[] = {"R", "9", "RETURNED", "RETURN", NULL};
    static const char *const instructed[] = {"1", "INSTRUCTED", "SHIPMENT_INSTRUCTED", NULL};
    static const char *const preparing[] = {"2", "PREPARING", "PREPARATION", NULL};
    text = str_trim(text);
    *cancelled = is_one_of(text, cancels) || has(text, "キャンセル");
    *provisional = is_one_of(text, provisionals) || has(text, "仮注文");
    if (*cancelled || *provisional)
        return MAKESHOP_NOT_YET;
    if (is_one_of(text, back) || has(text, "返送") || has(text, "返品"))
        return MAKESHOP_BACK;
    if (is_one_of(text, preparing) || has(text, "準備"))
        return MAKESHOP_PREPARING;
    if (is_one_of(text, instructed) || has(text, "指示済"))
        return MAKESHOP_INSTRUCTED;
    if (is_one_of(text, done) || has(text, "配送完了") || str_eq(text, STR("配送")))
        return MAKESHOP_DONE;
    return MAKESHOP_NOT_YET;
}

enum makeshop_payment makeshop_payment_from_text(struct str code, struct str words)
{
    static const char *const paid[] = {"Y", "1", "PAID", "COMPLETED", NULL};
    static const char *const unpaid[] = {"N", "0", "UNPAID", "NOT_YET", "WAITING", NULL};
    static const char *const provisional[] = {"99", "PROVISIONAL", "TEMPORARY", NULL};
    code = str_trim(code);
    words = str_trim(words);
    if (is_one_of(code, provisional) || has(words, "仮注文"))
        return MAKESHOP_PAYMENT_PROVISIONAL;
    if (has(words, "返金"))
        return MAKESHOP_REFUNDED;
    if (has(words, "失敗") || has(words, "エラー") || has(words, "NG"))
        return MAKESHOP_PAYMENT_FAILED;
    if (has(words, "仮売上"))
        return MAKESHOP_AUTHORIZED;
    if (is_one_of(code, unpaid) || has(words, "未入金") || has(words, "入金待ち"))
        return MAKESHOP_UNPAID;
    if (is_one_of(code, paid) || has(words, "入金") || has(words, "実売上"))
        return MAKESHOP_PAID;
    return MAKESHOP_PAYMENT_UNKNOWN;
}

struct str makeshop_prefecture(struct str area)
{
    int64_t code;
    area = str_trim(area);
    if (str_to_int64(area, &code)) {
        if (code == 13 || code == 14)
            return STR("東京都");
        if (code >= 1 && code <= 48)
            return prefecture_name((int)(code < 13 ? code : code - 1));
        return area;
    }
    if (str_starts(area, STR("東京")))
        return STR("東京都");
    int number = prefecture_number(area);
    return number > 0 && str_starts(prefecture_name(number), area) ? prefecture_name(number) : area;
}
