// SPDX-License-Identifier: Apache-2.0
//
// What Rakuten's values mean here as long as the company hasn't said otherwise (rakuten.md §11.4,
// §11.6, §11.8). Rakuten and Yahoo share the carrier codes 1000–1027 and then diverge, so each
// keeps its own table (carriers.md §8). Invariant: of several codes for one of our values the
// first is the one that is sent.
#include "mall/rakuten/codes.h"

#define SETTLEMENT(code, ja, en, class)                      \
    {                                                        \
        MAPPING_PAYMENT, MAPPING_BOTH, code, {ja, en}, class \
    }
#define CARRIER(code, ja, en, ours)                         \
    {                                                       \
        MAPPING_CARRIER, MAPPING_BOTH, code, {ja, en}, ours \
    }
#define SLOT(code, ja, en, ours)                         \
    {                                                    \
        MAPPING_SLOT, MAPPING_BOTH, code, {ja, en}, ours \
    }
#define DELIVERY(name, ours)                                     \
    {                                                            \
        MAPPING_DELIVERY, MAPPING_BOTH, name, {name, name}, ours \
    }

const struct mall_mapping rakuten_mappings[] = {
    SETTLEMENT("1", "クレジットカード", "Credit card", "authorization"),
    SETTLEMENT("2", "代金引換", "Cash on delivery", "after"),
    SETTLEMENT("3", "後払い", "Pay later", "after"),
    SETTLEMENT("4", "ショッピングクレジット／ローン", "Shopping credit or loan", "authorization"),
    SETTLEMENT("5", "オートローン", "Auto loan", "authorization"),
    SETTLEMENT("6", "リース", "Lease", "authorization"),
    SETTLEMENT("7", "請求書払い", "Invoice", "after"),
    SETTLEMENT("8", "ポイント", "Points", "none"),
    SETTLEMENT("9", "銀行振込", "Bank transfer", "before"),
    SETTLEMENT("12", "Apple Pay", "Apple Pay", "authorization"),
    SETTLEMENT("13", "セブンイレブン（前払）", "Seven-Eleven (prepaid)", "before"),
    SETTLEMENT("14", "ファミリーマート、ローソン等（前払）", "FamilyMart, Lawson etc. (prepaid)",
               "before"),
    SETTLEMENT("16", "Alipay", "Alipay", "authorization"),
    SETTLEMENT("17", "PayPal", "PayPal", "authorization"),
    SETTLEMENT("21", "後払い決済", "Deferred payment", "after"),
    SETTLEMENT("27", "Alipay（支付宝）", "Alipay (Zhifubao)", "authorization"),
    CARRIER("1000", "その他", "Other", "other"),
    CARRIER("1001", "ヤマト運輸", "Yamato Transport", "yamato"),
    CARRIER("1002", "佐川急便", "Sagawa Express", "sagawa"),
    CARRIER("1003", "日本郵便", "Japan Post", "japan_post"),
    CARRIER("1004", "西濃運輸", "Seino Transportation", "seino"),
    CARRIER("1005", "セイノースーパーエクスプレス", "Seino Super Express", "seino_super"),
    CARRIER("1006", "福山通運", "Fukuyama Transporting", "fukuyama"),
    CARRIER("1007", "名鉄運輸", "Meitetsu Transport", "meitetsu"),
    CARRIER("1008", "トナミ運輸", "Tonami Transportation", "tonami"),
    CARRIER("1009", "第一貨物", "Daiichi Kamotsu", "daiichi"),
    CARRIER("1010", "新潟運輸", "Niigata Unyu", "niigata"),
    CARRIER("1011", "中越運送", "Chuetsu Transport", "chuetsu"),
    CARRIER("1012", "岡山県貨物運送", "Okayamaken Freight", "okayama"),
    CARRIER("1013", "久留米運送", "Kurume Transport", "kurume"),
    CARRIER("1014", "山陽自動車運送", "Sanyo Jidosha Unso", "sanyo"),
    CARRIER("1015", "NXトランスポート", "NX Transport", "nx_transport"),
    CARRIER("1016", "エコ配", "Ecohai", "ecohai"),
    CARRIER("1017", "EMS", "EMS", "ems"),
    CARRIER("1018", "DHL", "DHL", "dhl"),
    CARRIER("1019", "FedEx", "FedEx", "fedex"),
    CARRIER("1020", "UPS", "UPS", "ups"),
    CARRIER("1021", "日本通運", "Nippon Express", "nittsu"),
    CARRIER("1022", "TNT", "TNT", "tnt"),
    CARRIER("1023", "OCS", "OCS", "ocs"),
    CARRIER("1024", "USPS", "USPS", "usps"),
    CARRIER("1025", "SFエクスプレス", "SF Express", "sf_express"),
    CARRIER("1026", "Aramex", "Aramex", "aramex"),
    CARRIER("1027", "SGHグローバル・ジャパン", "SGH Global Japan", "sgh_global"),
    CARRIER("1028", "Rakuten EXPRESS", "Rakuten EXPRESS", "rakuten_express"),
    CARRIER("1029", "日本郵便 楽天倉庫出荷", "Japan Post from Rakuten's warehouse", "japan_post"),
    CARRIER("1030", "ヤマト運輸 クロネコゆうパケット", "Yamato Kuroneko Yu-Packet",
            "kuroneko_yupacket"),
    CARRIER("1031", "名鉄NX運輸", "Meitetsu NX Transport", "meitetsu_nx"),
    // Any other term of two hours is read by its digits.
    SLOT("1", "午前中", "Morning", "午前中"),
    SLOT("2", "午後", "Afternoon", "午後"),
    SLOT("9", "その他", "Other", "その他"),
    SLOT("1214", "12時〜14時", "12:00-14:00", "12:00-14:00"),
    SLOT("1416", "14時〜16時", "14:00-16:00", "14:00-16:00"),
    SLOT("1618", "16時〜18時", "16:00-18:00", "16:00-18:00"),
    SLOT("1820", "18時〜20時", "18:00-20:00", "18:00-20:00"),
    SLOT("1821", "18時〜21時", "18:00-21:00", "18:00-21:00"),
    SLOT("1921", "19時〜21時", "19:00-21:00", "19:00-21:00"),
    SLOT("2021", "20時〜21時", "20:00-21:00", "20:00-21:00"),
    // The shop names its methods itself; these names leave no doubt.
    DELIVERY("宅急便", "yamato"),
    DELIVERY("ネコポス", "yamato"),
    DELIVERY("佐川急便", "sagawa"),
    DELIVERY("飛脚宅配便", "sagawa"),
    DELIVERY("ゆうパック", "japan_post"),
    DELIVERY("ゆうパケット", "japan_post"),
    DELIVERY("クリックポスト", "japan_post"),
    DELIVERY("レターパック", "japan_post"),
    DELIVERY("定形外郵便", "japan_post"),
};

const char *rakuten_settlement_name(struct str code)
{
    for (size_t i = 0; i < RAKUTEN_MAPPING_COUNT; i++)
        if (rakuten_mappings[i].kind == MAPPING_PAYMENT &&
            str_eq(code, str_from(rakuten_mappings[i].mall_value)))
            return rakuten_mappings[i].mall_label.ja;
    return NULL;
}

struct str rakuten_settlement_code(struct str name)
{
    for (size_t i = 0; i < RAKUTEN_MAPPING_COUNT; i++)
        if (rakuten_mappings[i].kind == MAPPING_PAYMENT &&
            str_eq(name, str_from(rakuten_mappings[i].mall_label.ja)))
            return str_from(rakuten_mappings[i].mall_value);
    // The name of 14 changed in 2026 (§11.4).
    return str_starts(name, STR("ローソン")) ? STR("14") : STR_ABSENT;
}

struct str rakuten_carrier_in(const struct mall_account *account, struct str code)
{
    struct str ours = account_map_in(account, MAPPING_CARRIER, code);
    return ours.p ? ours : STR("");
}

struct str rakuten_carrier_to_send(const struct mall_account *account,
                                   const struct shipment *wanted, const struct shipment *row)
{
    struct str own = account_map_in(account, MAPPING_CARRIER, wanted->carrier_mall_code);
    if (own.p && (str_is_empty(wanted->carrier) || str_eq(own, wanted->carrier)))
        return wanted->carrier_mall_code;
    // A variant of the same carrier that the mall's row has already (1030 for 1001) is kept.
    struct str there =
        row ? account_map_in(account, MAPPING_CARRIER, row->carrier_mall_code) : STR_ABSENT;
    if (there.p && str_eq(there, wanted->carrier))
        return row->carrier_mall_code;
    return account_map_out(account, MAPPING_CARRIER, wanted->carrier);
}

struct str rakuten_slot(const struct mall_account *account, struct arena *arena, int64_t term)
{
    struct str mapped =
        account_map_in(account, MAPPING_SLOT, arena_printf(arena, "%lld", (long long)term));
    if (mapped.p)
        return mapped;
    int64_t from = term / 100, to = term % 100;
    if (from < 7 || from > 24 || to < 7 || to > 24 || from >= to)
        return STR("");
    return arena_printf(arena, "%02lld:00-%02lld:00", (long long)from, (long long)to);
}
