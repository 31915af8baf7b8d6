// SPDX-License-Identifier: Apache-2.0
//
// What Yahoo's values mean here as long as the company hasn't said otherwise (yahoo.md §10), and
// the few readings that a table can't give. Unlike Rakuten's from carrier 1028 on. Invariant: of
// several codes for one of our values the first is the one that is sent.
#include "mall/yahoo/codes.h"

#define PAYMENT(code, ja, en, class)                         \
    {                                                        \
        MAPPING_PAYMENT, MAPPING_BOTH, code, {ja, en}, class \
    }
#define CARRIER(direction, code, ja, en, ours)           \
    {                                                    \
        MAPPING_CARRIER, direction, code, {ja, en}, ours \
    }
#define SLOT(code, ja, en, ours)                         \
    {                                                    \
        MAPPING_SLOT, MAPPING_BOTH, code, {ja, en}, ours \
    }
#define DELIVERY(name, ours)                                     \
    {                                                            \
        MAPPING_DELIVERY, MAPPING_BOTH, name, {name, name}, ours \
    }

const struct mall_mapping yahoo_mappings[YAHOO_MAPPING_COUNT] = {
    PAYMENT("payment_a1", "クレジットカード決済", "Credit card", "authorization"),
    PAYMENT("payment_a6", "コンビニ決済（セブンイレブン）", "Convenience store (Seven-Eleven)",
            "before"),
    PAYMENT("payment_a7", "コンビニ決済", "Convenience store", "before"),
    PAYMENT("payment_a8", "モバイルSuica", "Mobile Suica", "before"),
    PAYMENT("payment_a9", "d払い", "d Barai", "authorization"),
    PAYMENT("payment_a10", "au PAY（auかんたん決済）", "au PAY", "authorization"),
    PAYMENT("payment_a11", "ソフトバンクまとめて支払い", "SoftBank billing", "authorization"),
    PAYMENT("payment_a15", "ペイジー決済", "Pay-easy", "before"),
    PAYMENT("payment_a16", "Yahoo!マネー/預金払い", "Yahoo! Money", "authorization"),
    PAYMENT("payment_a17", "PayPay残高等", "PayPay balance", "authorization"),
    PAYMENT("payment_a18", "ゆっくり払い", "Yukkuri Barai", "authorization"),
    PAYMENT("payment_a19", "PayPayクレジット", "PayPay Credit", "authorization"),
    // The shop's own bank accounts: before or after shipping, as the order's PayType says.
    PAYMENT("payment_b1", "銀行振込1", "Bank transfer 1", ""),
    PAYMENT("payment_b2", "銀行振込2", "Bank transfer 2", ""),
    PAYMENT("payment_b3", "銀行振込3", "Bank transfer 3", ""),
    PAYMENT("payment_b4", "銀行振込4", "Bank transfer 4", ""),
    PAYMENT("payment_b5", "銀行振込5", "Bank transfer 5", ""),
    PAYMENT("payment_b6", "銀行振込6", "Bank transfer 6", ""),
    PAYMENT("payment_b7", "銀行振込7", "Bank transfer 7", ""),
    PAYMENT("payment_b8", "銀行振込8", "Bank transfer 8", ""),
    PAYMENT("payment_b9", "銀行振込9", "Bank transfer 9", ""),
    PAYMENT("payment_b10", "銀行振込10", "Bank transfer 10", ""),
    PAYMENT("payment_c1", "ゆうちょ振替（前払い）", "Postal transfer (prepaid)", "before"),
    PAYMENT("payment_c2", "ゆうちょ振替（後払い）", "Postal transfer (later)", "after"),
    PAYMENT("payment_c3", "現金書留", "Registered cash mail", "before"),
    PAYMENT("payment_d1", "商品代引", "Cash on delivery", "after"),
    PAYMENT("payment_h1", "無料商品提供", "Given for free", "none"),
    PAYMENT("payment_z1", "ポイント全額払い", "Points", "none"),
    PAYMENT("payment_z3", "LINE外部決済", "LINE payment", "authorization"),
    PAYMENT("payment_z4", "商品券", "Gift certificate", "none"),
    CARRIER(MAPPING_BOTH, "1001", "ヤマト運輸", "Yamato Transport", "yamato"),
    CARRIER(MAPPING_BOTH, "1002", "佐川急便", "Sagawa Express", "sagawa"),
    CARRIER(MAPPING_BOTH, "1003", "日本郵便", "Japan Post", "japan_post"),
    CARRIER(MAPPING_BOTH, "1000", "その他", "Other", "other"),
    CARRIER(MAPPING_BOTH, "1004", "西濃運輸", "Seino Transportation", "seino"),
    CARRIER(MAPPING_BOTH, "1005", "セイノースーパーエクスプレス", "Seino Super Express",
            "seino_super"),
    CARRIER(MAPPING_BOTH, "1006", "福山通運", "Fukuyama Transporting", "fukuyama"),
    CARRIER(MAPPING_BOTH, "1007", "名鉄運輸", "Meitetsu Transport", "meitetsu"),
    CARRIER(MAPPING_BOTH, "1008", "トナミ運輸", "Tonami Transportation", "tonami"),
    CARRIER(MAPPING_BOTH, "1009", "第一貨物", "Daiichi Kamotsu", "daiichi"),
    CARRIER(MAPPING_BOTH, "1010", "新潟運輸", "Niigata Unyu", "niigata"),
    CARRIER(MAPPING_BOTH, "1011", "中越運送", "Chuetsu Transport", "chuetsu"),
    CARRIER(MAPPING_BOTH, "1012", "岡山県貨物運送", "Okayamaken Freight", "okayama"),
    CARRIER(MAPPING_BOTH, "1013", "久留米運送", "Kurume Transport", "kurume"),
    CARRIER(MAPPING_BOTH, "1014", "山陽自動車運送", "Sanyo Jidosha Unso", "sanyo"),
    CARRIER(MAPPING_BOTH, "1015", "NXトランスポート", "NX Transport", "nx_transport"),
    CARRIER(MAPPING_BOTH, "1016", "エコ配", "Ecohai", "ecohai"),
    CARRIER(MAPPING_BOTH, "1017", "EMS", "EMS", "ems"),
    CARRIER(MAPPING_BOTH, "1018", "DHL", "DHL", "dhl"),
    CARRIER(MAPPING_BOTH, "1019", "FedEx", "FedEx", "fedex"),
    CARRIER(MAPPING_BOTH, "1020", "UPS", "UPS", "ups"),
    CARRIER(MAPPING_BOTH, "1021", "日本通運", "Nippon Express", "nittsu"),
    CARRIER(MAPPING_BOTH, "1022", "TNT", "TNT", "tnt"),
    CARRIER(MAPPING_BOTH, "1023", "OCS", "OCS", "ocs"),
    CARRIER(MAPPING_BOTH, "1024", "USPS", "USPS", "usps"),
    CARRIER(MAPPING_BOTH, "1025", "SFエクスプレス", "SF Express", "sf_express"),
    CARRIER(MAPPING_BOTH, "1026", "Aramex", "Aramex", "aramex"),
    CARRIER(MAPPING_BOTH, "1027", "SGHグローバル・ジャパン", "SGH Global Japan", "sgh_global"),
    CARRIER(MAPPING_BOTH, "1028", "JPロジスティクス", "JP Logistics", "jp_logistics"),
    CARRIER(MAPPING_BOTH, "1029", "MagicalMove", "MagicalMove", "magical_move"),
    CARRIER(MAPPING_BOTH, "5000", "ASKUL LOGIST", "ASKUL LOGIST", "askul"),
    CARRIER(MAPPING_BOTH, "5001", "受取店舗", "Pickup in the store", "store_pickup"),
    // Codes of before 2018-10, still on old orders.
    CARRIER(MAPPING_IN, "103", "ヤマト運輸", "Yamato Transport", "yamato"),
    CARRIER(MAPPING_IN, "104", "佐川急便", "Sagawa Express", "sagawa"),
    CARRIER(MAPPING_IN, "100", "日本郵便", "Japan Post", "japan_post"),
    CARRIER(MAPPING_IN, "999", "その他", "Other", "other"),
    // A Yamato service without a code of its own (carriers.md §8).
    CARRIER(MAPPING_OUT, "1001", "ヤマト運輸", "Yamato Transport", "kuroneko_yupacket"),
    SLOT("101", "午前中", "Morning", "午前中"),
    SLOT("102", "14時〜16時", "14:00-16:00", "14:00-16:00"),
    SLOT("103", "16時〜18時", "16:00-18:00", "16:00-18:00"),
    SLOT("104", "18時〜20時", "18:00-20:00", "18:00-20:00"),
    SLOT("105", "19時〜21時", "19:00-21:00", "19:00-21:00"),
    // The store names its methods itself; these names leave no doubt.
    DELIVERY("宅急便", "yamato"),
    DELIVERY("ネコポス", "yamato"),
    DELIVERY("クロネコヤマト", "yamato"),
    DELIVERY("佐川急便", "sagawa"),
    DELIVERY("飛脚宅配便", "sagawa"),
    DELIVERY("ゆうパック", "japan_post"),
    DELIVERY("ゆうパケット", "japan_post"),
    DELIVERY("クリックポスト", "japan_post"),
    DELIVERY("レターパックプラス", "japan_post"),
    DELIVERY("レターパックライト", "japan_post"),
    DELIVERY("定形外郵便", "japan_post"),
    DELIVERY("定形外", "japan_post"),
    DELIVERY("ゆうメール", "japan_post"),
    DELIVERY("西濃運輸", "seino"),
    DELIVERY("福山通運", "fukuyama"),
    DELIVERY("エコ配", "ecohai"),
};

struct str yahoo_carrier_in(const struct mall_account *account, struct str code)
{
    struct str ours = account_map_in(account, MAPPING_CARRIER, code);
    return ours.p ? ours : STR("");
}

struct str yahoo_slot_in(const struct mall_account *account, struct str code)
{
    struct str ours = account_map_in(account, MAPPING_SLOT, code);
    return ours.p ? ours : STR("");
}

static bool is_bank_transfer(struct str code)
{
    struct str prefix = STR("payment_b");
    return str_starts(code, prefix) && code.n > prefix.n && code.p[prefix.n] >= '1' &&
           code.p[prefix.n] <= '9';
}

struct str yahoo_pay_method_label(struct str pay_method)
{
    if (is_bank_transfer(pay_method))
        return STR("銀行振込");
    for (size_t i = 0; i < YAHOO_MAPPING_COUNT; i++)
        if (yahoo_mappings[i].kind == MAPPING_PAYMENT &&
            str_eq(pay_method, str_from(yahoo_mappings[i].mall_value)))
            return str_from(yahoo_mappings[i].mall_label.ja);
    return STR("");
}

enum payment_class yahoo_payment_class(const struct mall_account *account, struct str pay_method,
                                       struct str name, int pay_kind, int pay_type)
{
    enum payment_class by_order = PAYMENT_CLASS_BEFORE, class;
    if (pay_kind == 4 || pay_type == 0)
        by_order = PAYMENT_CLASS_AFTER;
    else if (pay_kind == 0 || pay_kind == 2)
        by_order = PAYMENT_CLASS_AUTHORIZATION;
    account_payment_class(account, pay_method, name, by_order, &class);
    return class;
}
