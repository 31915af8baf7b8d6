// SPDX-License-Identifier: Apache-2.0
//
// Tables of aupay.md §4 and the few functions that read them. Data only: nothing here keeps state.
// Any thread.
#include "mall/aupay/codes.h"

#include "mall/wire_text.h"
#include "order/carrier.h"
#include "text/fold.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

const struct mall_status_choice aupay_statuses[AUPAY_STATUS_COUNT] = {
    {"新規受付", {"新規受付", "New"}, true},
    {"新規予約", {"新規予約", "New preorders"}, true},
    {"予約中", {"予約中", "Preordered"}, true},
    {"発送前入金待ち", {"発送前入金待ち", "Waiting for payment"}, true},
    {"与信待ち", {"与信待ち", "Waiting for authorisation"}, true},
    {"発送待ち", {"発送待ち", "To be shipped"}, true},
    {"発送後入金待ち", {"発送後入金待ち", "Shipped, payment later"}, true},
    {"完了", {"完了", "Completed"}, false},
    {"保留", {"保留", "On hold"}, true},
    {"キャンセル", {"キャンセル", "Cancelled"}, false},
    {"キャンセル受付中", {"キャンセル受付中", "Cancellation being accepted"}, true},
    {"不正取引審査中", {"不正取引審査中", "Fraud review"}, true},
    {"審査保留", {"審査保留", "Review held"}, true},
    {"審査NG", {"審査NG", "Review refused"}, false},
    {AUPAY_ANY_CUSTOM, {"独自ステータス（店舗で登録した名前）", "The shop's own statuses"}, true},
};

enum aupay_status aupay_status_of(struct str name)
{
    name = str_trim(name);
    if (str_is_empty(name))
        return AUPAY_UNKNOWN;
    for (size_t i = 0; i < AUPAY_BUILT_IN_COUNT; i++)
        if (str_eq(name, str_from(aupay_statuses[i].value)))
            return (enum aupay_status)i;
    return AUPAY_CUSTOM;
}

const char *aupay_status_name(enum aupay_status s)
{
    return s < AUPAY_BUILT_IN_COUNT ? aupay_statuses[s].value : NULL;
}

// clang-format off
const struct mall_mapping aupay_mappings[AUPAY_MAPPING_COUNT] = {
    // §4.3. 3 is JPエクスプレス (日本通運) in the older workbook and gone from the newer one.
    {MAPPING_CARRIER, MAPPING_BOTH, "1", {"ヤマト運輸", "Yamato"}, "yamato"},
    {MAPPING_CARRIER, MAPPING_BOTH, "2", {"佐川急便", "Sagawa"}, "sagawa"},
    {MAPPING_CARRIER, MAPPING_IN, "3", {"JPエクスプレス（旧 日本通運）", "JP Express"}, "nittsu"},
    {MAPPING_CARRIER, MAPPING_BOTH, "4", {"福山通運", "Fukuyama"}, "fukuyama"},
    {MAPPING_CARRIER, MAPPING_BOTH, "5", {"西濃運輸", "Seino"}, "seino"},
    {MAPPING_CARRIER, MAPPING_BOTH, "6", {"日本郵便", "Japan Post"}, "japan_post"},
    {MAPPING_CARRIER, MAPPING_BOTH, "7", {"Rakuten EXPRESS", "Rakuten EXPRESS"}, "rakuten_express"},
    {MAPPING_CARRIER, MAPPING_BOTH, "9", {"その他配送会社", "Other carrier"}, "other"},
    // Services and carriers without a code of their own.
    {MAPPING_CARRIER, MAPPING_OUT, "1", {"ヤマト運輸", "Yamato"}, "kuroneko_yupacket"},
    {MAPPING_CARRIER, MAPPING_OUT, "6", {"日本郵便", "Japan Post"}, "ems"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "nittsu"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "seino_super"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "meitetsu"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "meitetsu_nx"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "tonami"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "daiichi"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "niigata"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "chuetsu"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "okayama"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "kurume"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "sanyo"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "nx_transport"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "ecohai"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "jp_logistics"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "magical_move"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "askul"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "sf_express"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "dhl"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "fedex"},
    {MAPPING_CARRIER, MAPPING_OUT, "9", {"その他配送会社", "Other carrier"}, "ups"},

    // §4.4: names, listed by no source; the prepaid ones are known, the others usual.
    {MAPPING_PAYMENT, MAPPING_IN, "銀行振込", {"銀行振込", "Bank transfer"}, "before"},
    {MAPPING_PAYMENT, MAPPING_IN, "郵便振替", {"郵便振替", "Postal transfer"}, "before"},
    {MAPPING_PAYMENT, MAPPING_IN, "ATM決済", {"ATM決済", "ATM"}, "before"},
    {MAPPING_PAYMENT, MAPPING_IN, "銀行ネット決済", {"銀行ネット決済", "Online banking"}, "before"},
    {MAPPING_PAYMENT, MAPPING_IN, "au Wowma!コンビニ決済", {"au Wowma!コンビニ決済", "Convenience store"}, "before"},
    {MAPPING_PAYMENT, MAPPING_IN, "コンビニ決済", {"コンビニ決済", "Convenience store"}, "before"},
    {MAPPING_PAYMENT, MAPPING_IN, "じぶん銀行決済", {"じぶん銀行決済", "Jibun Bank"}, "before"},
    {MAPPING_PAYMENT, MAPPING_IN, "クレジットカード決済", {"クレジットカード決済", "Credit card"}, "authorization"},
    {MAPPING_PAYMENT, MAPPING_IN, "auかんたん決済", {"auかんたん決済", "au easy payment"}, "authorization"},
    {MAPPING_PAYMENT, MAPPING_IN, "au PAY", {"au PAY", "au PAY"}, "authorization"},
    {MAPPING_PAYMENT, MAPPING_IN, "au PAY(auかんたん決済)", {"au PAY(auかんたん決済)", "au PAY"}, "authorization"},
    {MAPPING_PAYMENT, MAPPING_IN, "ドコモ払い", {"ドコモ払い", "docomo"}, "authorization"},
    {MAPPING_PAYMENT, MAPPING_IN, "d払い", {"d払い", "d payment"}, "authorization"},
    {MAPPING_PAYMENT, MAPPING_IN, "ソフトバンクまとめて支払い", {"ソフトバンクまとめて支払い", "SoftBank"}, "authorization"},
    {MAPPING_PAYMENT, MAPPING_IN, "代金引換", {"代金引換", "Cash on delivery"}, "after"},
    {MAPPING_PAYMENT, MAPPING_IN, "商品代引", {"商品代引", "Cash on delivery"}, "after"},
    {MAPPING_PAYMENT, MAPPING_IN, "後払い決済", {"後払い決済", "Pay later"}, "after"},
    {MAPPING_PAYMENT, MAPPING_IN, "後払い", {"後払い", "Pay later"}, "after"},
    {MAPPING_PAYMENT, MAPPING_IN, "ポイント・クーポン全額払い", {"ポイント・クーポン全額払い", "Points only"}, "none"},
    {MAPPING_PAYMENT, MAPPING_IN, "ポイント全額払い", {"ポイント全額払い", "Points only"}, "none"},

    // carriers.md §7: display texts; whatever isn't here is read as text.
    {MAPPING_SLOT, MAPPING_IN, "午前中", {"午前中", "Morning"}, "午前中"},
    {MAPPING_SLOT, MAPPING_IN, "8時～12時", {"8時～12時", "8-12"}, "午前中"},
    {MAPPING_SLOT, MAPPING_IN, "12時～14時", {"12時～14時", "12-14"}, "12:00-14:00"},
    {MAPPING_SLOT, MAPPING_IN, "14時～16時", {"14時～16時", "14-16"}, "14:00-16:00"},
    {MAPPING_SLOT, MAPPING_IN, "16時～18時", {"16時～18時", "16-18"}, "16:00-18:00"},
    {MAPPING_SLOT, MAPPING_IN, "18時～20時", {"18時～20時", "18-20"}, "18:00-20:00"},
    {MAPPING_SLOT, MAPPING_IN, "18時～21時", {"18時～21時", "18-21"}, "18:00-21:00"},
    {MAPPING_SLOT, MAPPING_IN, "19時～21時", {"19時～21時", "19-21"}, "19:00-21:00"},
    {MAPPING_SLOT, MAPPING_IN, "20時～21時", {"20時～21時", "20-21"}, "20:00-21:00"},
    {MAPPING_SLOT, MAPPING_IN, "午後", {"午後", "Afternoon"}, "午後"},
};
// clang-format on

static bool is_yes(const struct xml_node *info, const char *name)
{
    return str_eq_nocase(xml_child_text(info, name), STR("Y"));
}

void aupay_state_read(const struct xml_node *info, struct aupay_state *s)
{
    struct str name = xml_child_text(info, "orderStatus");
    struct str cancel = xml_child_text(info, "cancelStatus");
    struct str number = xml_child_text(info, "shippingNumber");
    struct str carrier = xml_child_text(info, "shippingCarrier");
    struct str date = xml_child_text(info, "shippingDate");
    *s = (struct aupay_state){
        .status = aupay_status_of(name),
        .name = name.p ? name : STR(""),
        .authorized = is_yes(info, "authorizationStatus"),
        .paid = is_yes(info, "paymentStatus"),
        .shipped = is_yes(info, "shipStatus"),
        .number = number.p ? number : STR(""),
        .carrier_code = carrier.p ? carrier : STR(""),
    };
    // "C" is what the CSV says (§4.2); the API's letter isn't known.
    s->cancelled = s->status == AUPAY_CANCELLED || str_eq_nocase(cancel, STR("C")) ||
                   str_eq_nocase(cancel, STR("Y"));
    if (!day_parse(str_slice(date, 0, 10), &s->ship_date) || !day_is_valid(s->ship_date))
        s->ship_date = 0;
}

static bool says(struct str text, struct str word)
{
    return str_find(text, word) >= 0;
}

bool aupay_is_cod(struct str settlement)
{
    return says(settlement, STR("代引")) || says(settlement, STR("代金引換"));
}

// Shops see more names than any list has; what they have in common is in the words.
static bool class_from_words(struct str settlement, enum payment_class *class)
{
    static const struct {
        const char *word;
        enum payment_class class;
    } words[] = {
        {"代引", PAYMENT_CLASS_AFTER},      {"代金引換", PAYMENT_CLASS_AFTER},
        {"後払", PAYMENT_CLASS_AFTER},      {"全額", PAYMENT_CLASS_NONE},
        {"振込", PAYMENT_CLASS_BEFORE},     {"振替", PAYMENT_CLASS_BEFORE},
        {"コンビニ", PAYMENT_CLASS_BEFORE}, {"前払", PAYMENT_CLASS_BEFORE},
        {"銀行", PAYMENT_CLASS_BEFORE},     {"ATM", PAYMENT_CLASS_BEFORE},
    };
    for (size_t i = 0; i < LENGTH(words); i++) {
        if (says(settlement, str_from(words[i].word))) {
            *class = words[i].class;
            return true;
        }
    }
    return false;
}

enum payment_class aupay_payment_class(const struct mall_account *account, struct str settlement,
                                       enum aupay_status status)
{
    struct str ours = account_map_in(account, MAPPING_PAYMENT, settlement);
    int mapped = ours.n > 0 ? payment_class_from_name(ours) : -1;
    enum payment_class class;
    if (mapped >= 0)
        return (enum payment_class)mapped;
    if (class_from_words(settlement, &class))
        return class;
    if (status == AUPAY_WAIT_PAYMENT)
        return PAYMENT_CLASS_BEFORE;
    return status == AUPAY_PAYMENT_AFTER ? PAYMENT_CLASS_AFTER : PAYMENT_CLASS_AUTHORIZATION;
}

struct str aupay_slot(struct arena *arena, const struct mall_account *account, struct str text)
{
    bool none = str_eq(text, STR("指定なし")) || str_eq(text, STR("希望しない"));
    if (str_is_empty(text) || none)
        return STR("");
    struct str mapped = account_map_in(account, MAPPING_SLOT, text);
    if (!mapped.p)
        mapped = account_map_in(account, MAPPING_SLOT, str_trim(fold_width(arena, text)));
    return mapped.p ? mapped : mall_slot_from_text(arena, text);
}

struct str aupay_delivery_carrier(const struct mall_account *account, struct str name,
                                  struct str id)
{
    struct str mapped = account_map_in(account, MAPPING_DELIVERY, name);
    if (!mapped.p && id.n > 0)
        mapped = account_map_in(account, MAPPING_DELIVERY, id);
    if (mapped.p)
        return mapped;
    const struct carrier *carrier = str_is_empty(name) ? NULL : carrier_from_text(name);
    return carrier ? str_from(carrier->code) : STR("");
}

struct str aupay_carrier(const struct mall_account *account, struct str code)
{
    struct str mapped = account_map_in(account, MAPPING_CARRIER, code);
    return mapped.p ? mapped : STR("");
}
