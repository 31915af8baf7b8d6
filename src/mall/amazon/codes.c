// SPDX-License-Identifier: Apache-2.0
//
// Tables of amazon.md §6.5, §8.4 and §18: statuses, carriers, payment methods. Data and pure
// functions; any thread.
#include "mall/amazon/internal.h"

// What 取得ステータス may contain. FBA orders count as one choice of their own: Amazon ships them,
// the shop doesn't.
const struct mall_status_choice amazon_statuses[AMAZON_STATUS_COUNT] = {
    {"UNSHIPPED", {"未出荷", "Unshipped"}, true},
    {"PARTIALLY_SHIPPED", {"一部出荷済み", "Partially shipped"}, true},
    {"PENDING", {"保留中", "Pending"}, false},
    {"PENDING_AVAILABILITY", {"予約注文", "Preordered"}, false},
    {"SHIPPED", {"出荷済み", "Shipped"}, false},
    {"CANCELLED", {"キャンセル済み", "Cancelled"}, false},
    {"UNFULFILLABLE", {"出荷不可", "Unfulfillable"}, false},
    {AMAZON_FBA, {"FBA（Amazonが出荷）", "FBA (shipped by Amazon)"}, false},
};

// Carrier codes come from two vocabularies (§8.4); what isn't listed goes out as Other with the
// carrier's name. Payment methods are free text (§18, 16): those that were seen.
const struct mall_mapping amazon_mappings[AMAZON_MAPPING_COUNT] = {
    {MAPPING_CARRIER, MAPPING_BOTH, "YAMATO", {"ヤマト運輸", "Yamato"}, "yamato"},
    {MAPPING_CARRIER, MAPPING_IN, "YamatoTransport", {"ヤマト運輸", "Yamato"}, "yamato"},
    {MAPPING_CARRIER, MAPPING_IN, "YAMATO TRANSPORT", {"ヤマト運輸", "Yamato"}, "yamato"},
    {MAPPING_CARRIER, MAPPING_BOTH, "SAGAWA", {"佐川急便", "Sagawa"}, "sagawa"},
    {MAPPING_CARRIER, MAPPING_IN, "SagawaExpress", {"佐川急便", "Sagawa"}, "sagawa"},
    {MAPPING_CARRIER, MAPPING_IN, "SAGAWA EXPRESS", {"佐川急便", "Sagawa"}, "sagawa"},
    {MAPPING_CARRIER, MAPPING_IN, "Japan Post", {"日本郵便", "Japan Post"}, "japan_post"},
    {MAPPING_CARRIER, MAPPING_IN, "JAPAN_POST", {"日本郵便", "Japan Post"}, "japan_post"},
    {MAPPING_CARRIER, MAPPING_BOTH, "NITTSU", {"日本通運", "Nippon Express"}, "nittsu"},
    {MAPPING_CARRIER, MAPPING_IN, "NipponExpress", {"日本通運", "Nippon Express"}, "nittsu"},
    {MAPPING_CARRIER, MAPPING_IN, "Nippon Express", {"日本通運", "Nippon Express"}, "nittsu"},
    {MAPPING_CARRIER, MAPPING_IN, "SEINO TRANSPORTATION", {"西濃運輸", "Seino"}, "seino"},
    {MAPPING_CARRIER, MAPPING_BOTH, "DHL", {"DHL", "DHL"}, "dhl"},
    {MAPPING_CARRIER, MAPPING_BOTH, "FEDEX_JP", {"FedEx", "FedEx"}, "fedex"},
    {MAPPING_CARRIER, MAPPING_IN, "FedEx", {"FedEx", "FedEx"}, "fedex"},
    {MAPPING_CARRIER, MAPPING_BOTH, "UPS", {"UPS", "UPS"}, "ups"},
    {MAPPING_CARRIER, MAPPING_BOTH, "TNT", {"TNT", "TNT"}, "tnt"},
    {MAPPING_CARRIER, MAPPING_BOTH, "USPS", {"USPS", "USPS"}, "usps"},
    {MAPPING_CARRIER, MAPPING_BOTH, "SF Express", {"SFエクスプレス", "SF Express"}, "sf_express"},
    {MAPPING_CARRIER, MAPPING_BOTH, "Aramex", {"Aramex", "Aramex"}, "aramex"},
    {MAPPING_CARRIER, MAPPING_BOTH, "Other", {"その他", "Other"}, "other"},
    {MAPPING_PAYMENT, MAPPING_IN, "CreditCard", {"クレジットカード", "Card"}, "authorization"},
    {MAPPING_PAYMENT,
     MAPPING_IN,
     "ConvenienceStore",
     {"コンビニ払い", "Convenience store"},
     "before"},
    {MAPPING_PAYMENT, MAPPING_IN, "NetBanking", {"ネットバンキング", "Net banking"}, "before"},
    {MAPPING_PAYMENT, MAPPING_IN, "CashOnDelivery", {"代金引換", "Cash on delivery"}, "after"},
    {MAPPING_PAYMENT, MAPPING_IN, "Invoice", {"請求書払い", "Invoice"}, "after"},
    {MAPPING_PAYMENT, MAPPING_IN, "PayPay", {"PayPay", "PayPay"}, "authorization"},
    {MAPPING_PAYMENT,
     MAPPING_IN,
     "CarrierBilling",
     {"携帯決済", "Carrier billing"},
     "authorization"},
    {MAPPING_PAYMENT, MAPPING_IN, "GiftCertificate", {"Amazonギフトカード", "Gift card"}, "none"},
    {MAPPING_PAYMENT, MAPPING_IN, "PointsAccount", {"Amazonポイント", "Amazon points"}, "none"},
};

struct str amazon_status_label(struct str status)
{
    for (size_t i = 0; i < AMAZON_STATUS_COUNT; i++)
        if (str_eq(status, str_from(amazon_statuses[i].value)))
            return str_from(amazon_statuses[i].label.ja);
    return status;
}

struct str amazon_status_choice(struct str status, bool by_amazon)
{
    if (by_amazon)
        return STR(AMAZON_FBA);
    for (size_t i = 0; i < AMAZON_STATUS_COUNT; i++)
        if (str_eq(status, str_from(amazon_statuses[i].value)))
            return str_from(amazon_statuses[i].value);
    return STR("");
}

struct str amazon_status_from_v0(struct str status)
{
    static const struct {
        const char *v0, *now;
    } names[] = {
        {"Pending", "PENDING"},
        {"PendingAvailability", "PENDING_AVAILABILITY"},
        {"Unshipped", "UNSHIPPED"},
        {"PartiallyShipped", "PARTIALLY_SHIPPED"},
        {"Shipping", "PARTIALLY_SHIPPED"}, // the word of the ALL_ORDERS reports
        {"Shipped", "SHIPPED"},
        {"InvoiceUnconfirmed", "INVOICE_UNCONFIRMED"},
        {"Canceled", "CANCELLED"},
        {"Cancelled", "CANCELLED"},
        {"Unfulfillable", "UNFULFILLABLE"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eq_nocase(status, str_from(names[i].v0)))
            return str_from(names[i].now);
    return status;
}

struct str amazon_update_mark(struct arena *arena, time_ms updated, struct str status)
{
    // To the second: reports have no milliseconds, and some answers have.
    return arena_printf(arena, "%lld/%.*s",
                        updated == TIME_NONE ? 0LL : (long long)(updated / AMAZON_SECOND_MS),
                        STR_ARG(status));
}

bool amazon_is_order_number(struct str t)
{
    if (t.n != 19 || t.p[3] != '-' || t.p[11] != '-')
        return false;
    for (size_t i = 0; i < t.n; i++)
        if (i != 3 && i != 11 && (t.p[i] < '0' || t.p[i] > '9'))
            return false;
    return true;
}
