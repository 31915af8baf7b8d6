// SPDX-License-Identifier: Apache-2.0
//
// getOrder of Rakuten's face (rakuten.md §5): an OrderModel in the versions 3 to 10.
#include "sim/rakuten.h"

#define ORDERS_MAX 100
#define VERSION_LEAST 3
#define VERSION_NEWEST 10

struct model {
    struct json_writer *w;
    struct arena *arena;
    const struct sim_order *order;
    const struct rk_order *o;
    int version;
};

static yen unset(yen amount)
{
    return amount == YEN_UNDETERMINED ? -9999 : amount;
}

static void put_flag(struct model *m, const char *key, bool on)
{
    json_put_int(m->w, key, on ? 1 : 0);
}

static void put_null(struct model *m, const char *key)
{
    json_key(m->w, key);
    json_write_null(m->w);
}

static void put_time(struct model *m, const char *key, time_ms t)
{
    json_put_str(m->w, key, rk_datetime(m->arena, t));
}

static void put_day(struct model *m, const char *key, day d)
{
    char text[12];
    json_put_str(m->w, key, d ? str_dup(m->arena, day_format(d, text)) : STR_ABSENT);
}

static void put_rate(struct model *m, const char *key, int basis_points)
{
    json_key(m->w, key);
    json_write_raw(m->w, basis_points == 1000  ? STR("0.1")
                         : basis_points == 800 ? STR("0.08")
                                               : STR("0.0"));
}

static bool has(const struct model *m, enum sim_feature feature)
{
    return (m->order->features & feature) != 0;
}

static struct str present(struct str s)
{
    return str_is_empty(s) ? STR_ABSENT : s;
}

static struct str remarks_of(struct model *m)
{
    static const char *const weekdays[] = {"日", "月", "火", "水", "木", "金", "土"};
    char text[12];
    if (m->o->remarks.p)
        return m->o->remarks;
    struct str wish = STR("");
    if (m->o->delivery_date) {
        struct civil_time c = civil_from_time(day_start_jst(m->o->delivery_date), JST_OFFSET_MS);
        wish =
            arena_printf(m->arena, "%.*s(%s)\n%s\n", STR_ARG(day_format(m->o->delivery_date, text)),
                         weekdays[c.weekday % 7], sim_slot_name_ja(m->order->destinations[0].slot));
    }
    return arena_printf(m->arena, "[配送日時指定:]\n%.*s\n[備考:]\n%.*s", STR_ARG(wish),
                        STR_ARG(m->order->note));
}

// "090-0123-4567" in three fields.
static void put_phone(struct model *m, struct str phone)
{
    static const char *const keys[] = {"phoneNumber1", "phoneNumber2", "phoneNumber3"};
    for (int i = 0; i < 3; i++) {
        struct str part;
        if (!str_split(&phone, '-', &part))
            part = STR_ABSENT;
        json_put_str(m->w, keys[i], part);
    }
}

static void put_person(struct model *m, const struct sim_person *p)
{
    json_put_str(m->w, "zipCode1", str_slice(p->postal_code, 0, 3));
    json_put_str(m->w, "zipCode2", str_slice(p->postal_code, 3, 7));
    json_put_str(m->w, "prefecture", p->prefecture);
    json_put_str(m->w, "city", p->city);
    struct str sub =
        str_is_empty(p->building)
            ? p->town
            : arena_printf(m->arena, "%.*s %.*s", STR_ARG(p->town), STR_ARG(p->building));
    if (!str_is_empty(p->company))
        sub = arena_printf(m->arena, "%.*s %.*s", STR_ARG(sub), STR_ARG(p->company));
    json_put_str(m->w, "subAddress", sub);
    json_put_str(m->w, "familyName", p->family);
    json_put_str(m->w, "firstName", p->given);
    json_put_str(m->w, "familyNameKana", present(p->family_kana));
    json_put_str(m->w, "firstNameKana", present(p->given_kana));
    put_phone(m, p->phone);
}

// §5.8: until the recipient has entered the address.
static void put_dummy(struct model *m)
{
    static const char *const names[] = {"prefecture", "city", "subAddress", "familyName",
                                        "firstName"};
    json_put_str(m->w, "zipCode1", STR("999"));
    json_put_str(m->w, "zipCode2", STR("9999"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        json_put_str(m->w, names[i], STR("入力待ち"));
    json_put_str(m->w, "familyNameKana", STR("ニュウリョクマチ"));
    json_put_str(m->w, "firstNameKana", STR("ニュウリョクマチ"));
    put_phone(m, STR("999-9999-9999"));
}

static void put_orderer(struct model *m)
{
    const struct sim_person *p = &m->order->buyer;
    json_key(m->w, "OrdererModel");
    json_begin_object(m->w);
    put_person(m, p);
    json_put_str(m->w, "emailAddress",
                 arena_printf(m->arena, "%016llx%016llxs1@pc.fw.rakuten.ne.jp",
                              (unsigned long long)sim_dice(m->order, "mail1", 0),
                              (unsigned long long)sim_dice(m->order, "mail2", 0)));
    json_put_str(m->w, "sex", p->female ? STR("女") : STR("男"));
    json_put_int(m->w, "birthYear", p->birth_year);
    json_put_int(m->w, "birthMonth", p->birth_month);
    json_put_int(m->w, "birthDay", p->birth_day);
    json_end_object(m->w);
}

static const char *settlement_name(int code)
{
    switch (code) {
    case 2:
        return "代金引換";
    case 8:
        return "ポイント";
    case 9:
        return "銀行振込";
    case 12:
        return "Apple Pay";
    case 13:
        return "セブンイレブン（前払）";
    case 14:
        return "ファミリーマート、ローソン等（前払）";
    case 21:
        return "後払い決済";
    default:
        return "クレジットカード";
    }
}

static void put_settlement(struct model *m)
{
    int code = rk_settlement(m->order);
    bool card = code == 1;
    json_key(m->w, "SettlementModel");
    json_begin_object(m->w);
    json_put_int(m->w, "settlementMethodCode", code);
    json_put_str(m->w, "settlementMethod", str_from(settlement_name(code)));
    put_flag(m, "rpaySettlementFlag", code != 2);
    json_put_str(m->w, "cardName", card ? STR("VISA") : STR_ABSENT);
    json_put_str(
        m->w, "cardNumber",
        card ? arena_printf(m->arena, "XXXX-XXXX-XXXX-%04d", (int)sim_dice(m->order, "card", 10000))
             : STR_ABSENT);
    json_put_str(m->w, "cardOwner", card ? STR("TEST OWNER") : STR_ABSENT);
    json_put_str(m->w, "cardYm", card ? STR("2030-01") : STR_ABSENT);
    if (card)
        json_put_int(m->w, "cardPayType", m->order->instalments > 1 ? 2 : 0);
    else
        put_null(m, "cardPayType");
    json_put_str(m->w, "cardInstallmentDesc",
                 card && m->order->instalments > 1
                     ? arena_printf(m->arena, "1%02d", m->order->instalments)
                     : STR_ABSENT);
    json_end_object(m->w);
}

static void put_wrapping(struct model *m, const char *key, int title, yen price)
{
    struct str name = STR("");
    for (size_t i = 0; i < m->order->destination_count && str_is_empty(name); i++)
        name = title == 1 ? m->order->destinations[i].wrapping_paper
                          : m->order->destinations[i].wrapping_ribbon;
    if (str_is_empty(name)) {
        put_null(m, key);
        return;
    }
    json_key(m->w, key);
    json_begin_object(m->w);
    json_put_int(m->w, "title", title);
    json_put_str(m->w, "name", name);
    json_put_int(m->w, "price", price);
    json_put_int(m->w, "includeTaxFlag", 1);
    json_put_int(m->w, "deleteWrappingFlag", 0);
    put_rate(m, "taxRate", 1000);
    json_put_int(m->w, "taxPrice", price * 10 / 110);
    json_end_object(m->w);
}

// Two fees of which the world knows the sum: 110 of paper, the rest of ribbon, per destination.
static void put_wrappings(struct model *m)
{
    yen paper = 0;
    for (size_t i = 0; i < m->order->destination_count; i++) {
        const struct sim_destination *d = &m->order->destinations[i];
        bool both = !str_is_empty(d->wrapping_paper) && !str_is_empty(d->wrapping_ribbon);
        if (!str_is_empty(d->wrapping_paper))
            paper += both ? d->wrapping / 3 : d->wrapping;
    }
    put_wrapping(m, "WrappingModel1", 1, paper);
    put_wrapping(m, "WrappingModel2", 2, m->order->wrapping - paper);
}

static struct str joined(struct model *m, const struct sim_option *options, int count)
{
    struct str text = STR("");
    for (int i = 0; i < count; i++)
        text = arena_printf(m->arena, "%.*s%s%.*s:%.*s", STR_ARG(text), i ? "\n" : "",
                            STR_ARG(options[i].name), STR_ARG(options[i].value));
    return present(text);
}

static void put_item_flags(struct model *m, const struct sim_line *l)
{
    json_put_int(m->w, "pointRate", 1);
    json_put_int(m->w, "pointType", 0);
    json_put_int(m->w, "inventoryType", l->axis_count > 0 ? 2 : 1);
    json_put_str(m->w, "delvdateInfo", present(l->item->lead_time));
    json_put_int(m->w, "restoreInventoryFlag", 0);
    json_put_int(m->w, "dealFlag", 0);
    put_flag(m, "drugFlag", l->item->drug);
    json_put_int(m->w, "deleteItemFlag", 0);
    put_rate(m, "taxRate", l->tax_rate_basis_points);
    json_put_int(m->w, "priceTaxIncl", l->unit_price);
    if (m->version >= 4)
        json_put_int(m->w, "isSingleItemShipping", 0);
}

static void put_item(struct model *m, const struct sim_line *l, int64_t id)
{
    bool excluded = has(m, SIM_FEATURE_TAX_EXCLUDED);
    yen net = l->unit_price * 10000 / (10000 + l->tax_rate_basis_points);
    json_begin_object(m->w);
    json_put_int(m->w, "itemDetailId", id);
    json_put_str(m->w, "itemName", l->title);
    json_put_int(m->w, "itemId", l->item->item_id);
    json_put_str(m->w, "itemNumber", present(l->item->item_number));
    json_put_str(m->w, "manageNumber", l->item->manage_number);
    json_put_int(m->w, "price", excluded ? net : l->unit_price);
    json_put_int(m->w, "units", l->quantity);
    put_flag(m, "includePostageFlag", l->item->postage_free);
    put_flag(m, "includeTaxFlag", !excluded);
    json_put_int(m->w, "includeCashOnDeliveryPostageFlag", 0);
    json_put_str(m->w, "selectedChoice", joined(m, l->options, l->option_count));
    put_item_flags(m, l);
    if (m->version >= 7) {
        json_key(m->w, "SkuModelList");
        json_begin_array(m->w);
        json_begin_object(m->w);
        json_put_str(m->w, "variantId", l->variant_id);
        json_put_str(m->w, "merchantDefinedSkuId", present(l->system_sku));
        json_put_str(m->w, "skuInfo", joined(m, l->axes, l->axis_count));
        json_end_object(m->w);
        json_end_array(m->w);
    }
    json_end_object(m->w);
}

static void put_rows(struct model *m, const struct rk_basket *b)
{
    json_key(m->w, "ShippingModelList");
    json_begin_array(m->w);
    for (size_t i = 0; i < b->row_count; i++) {
        const struct rk_row *row = &b->rows[i];
        const char *name = rk_carrier_name(row->company);
        json_begin_object(m->w);
        json_put_int(m->w, "shippingDetailId", row->id);
        json_put_str(m->w, "shippingNumber", present(row->number));
        json_put_str(m->w, "deliveryCompany", present(row->company));
        json_put_str(m->w, "deliveryCompanyName", str_from(name));
        put_day(m, "shippingDate", row->date);
        json_end_object(m->w);
    }
    json_end_array(m->w);
}

static void put_store(struct model *m, const struct sim_destination *d)
{
    if (str_is_empty(d->pickup_store_name)) {
        put_null(m, "DeliveryCvsModel");
        return;
    }
    json_key(m->w, "DeliveryCvsModel");
    json_begin_object(m->w);
    json_put_int(m->w, "cvsCode", 50);
    json_put_str(m->w, "storeGenreCode", STR("01"));
    json_put_str(m->w, "storeCode", STR("012345"));
    json_put_str(m->w, "storeName", d->pickup_store_name);
    json_put_str(m->w, "storeZip",
                 arena_printf(m->arena, "%.*s-%.*s",
                              STR_ARG(str_slice(d->recipient.postal_code, 0, 3)),
                              STR_ARG(str_slice(d->recipient.postal_code, 3, 7))));
    json_put_str(m->w, "storePrefecture", d->recipient.prefecture);
    json_put_str(m->w, "storeAddress", d->recipient.city);
    json_put_str(m->w, "areaCode", STR_ABSENT);
    json_put_str(m->w, "depo", STR_ABSENT);
    json_put_str(m->w, "openTime", STR("00:00"));
    json_put_str(m->w, "closeTime", STR("24:00"));
    json_put_str(m->w, "cvsRemarks", STR_ABSENT);
    json_end_object(m->w);
}

static bool waits_for_address(const struct model *m)
{
    return has(m, SIM_FEATURE_SOCIAL_GIFT) && !m->o->address_entered && m->o->progress < 300;
}

static void put_social_gift(struct model *m)
{
    if (!has(m, SIM_FEATURE_SOCIAL_GIFT)) {
        put_null(m, "SocialGiftModel");
        return;
    }
    json_key(m->w, "SocialGiftModel");
    json_begin_object(m->w);
    json_put_str(m->w, "sgMngNumber",
                 arena_printf(m->arena, "%.*s-sg", STR_ARG(m->order->order_no)));
    put_day(m, "inputDueDate", day_add(day_in_jst(m->order->ordered_at), 10));
    put_flag(m, "inputFlag", !waits_for_address(m));
    put_time(m, "inputCompDatetime", m->o->address_entered_at);
    json_put_str(m->w, "receiverEmailAddress", STR_ABSENT);
    json_end_object(m->w);
}

static void put_sender(struct model *m, const struct sim_destination *d)
{
    json_key(m->w, "SenderModel");
    json_begin_object(m->w);
    if (waits_for_address(m))
        put_dummy(m);
    else
        put_person(m, &d->recipient);
    put_flag(m, "isolatedIslandFlag", d->recipient.remote_island);
    json_end_object(m->w);
}

static void put_package_money(struct model *m, const struct sim_destination *d)
{
    json_put_int(m->w, "postagePrice", unset(d->postage));
    put_rate(m, "postageTaxRate", 1000);
    json_put_int(m->w, "deliveryPrice", unset(d->cod_fee));
    put_rate(m, "deliveryTaxRate", 1000);
    if (m->version <= 7)
        json_put_int(m->w, "goodsTax", 0);
    json_put_int(m->w, "goodsPrice", d->goods + d->wrapping);
    json_put_int(m->w, "totalPrice",
                 d->goods + d->wrapping + (d->postage == YEN_UNDETERMINED ? 0 : d->postage));
}

static void put_package(struct model *m, const struct sim_destination *d)
{
    const struct rk_basket *b = rk_basket(d);
    json_begin_object(m->w);
    json_put_int(m->w, "basketId", b->id);
    put_package_money(m, d);
    json_put_str(m->w, "noshi", present(d->noshi));
    json_put_int(m->w, "packageDeleteFlag", 0);
    put_sender(m, d);
    json_key(m->w, "ItemModelList");
    json_begin_array(m->w);
    for (size_t i = 0; i < d->line_count; i++)
        put_item(m, &d->lines[i], b->first_line_id + (int64_t)i);
    json_end_array(m->w);
    put_rows(m, b);
    put_store(m, d);
    if (m->version >= 4)
        json_put_str(m->w, "defaultDeliveryCompanyCode", str_from(rk_carrier_code(d->carrier)));
    if (m->version >= 9) {
        bool drop = !str_is_empty(d->drop_off);
        put_flag(m, "dropOffFlag", drop);
        json_put_str(m->w, "dropOffLocation", drop ? d->drop_off : STR_ABSENT);
    }
    if (m->version >= 10)
        put_social_gift(m);
    json_end_object(m->w);
}

static void put_coupon(struct model *m, yen amount, int capital)
{
    char end[12];
    if (amount <= 0)
        return;
    json_begin_object(m->w);
    json_put_str(m->w, "couponCode",
                 capital == 1 ? STR("SHOP-COUPON-0001") : STR("MALL-COUPON-0001"));
    json_put_int(m->w, "itemId", 0);
    json_put_str(m->w, "couponName", present(m->order->coupon_name));
    json_put_str(m->w, "couponSummary", STR("クーポン"));
    json_put_str(m->w, "couponCapital", capital == 1 ? STR("ショップ") : STR("サービス"));
    json_put_int(m->w, "couponCapitalCode", capital);
    json_put_str(m->w, "expiryDate",
                 str_dup(m->arena, day_format(day_add(day_in_jst(m->order->ordered_at), 30), end)));
    json_put_int(m->w, "couponPrice", amount);
    json_put_int(m->w, "couponUnit", 1);
    json_put_int(m->w, "couponTotalPrice", amount);
    json_put_int(m->w, "itemDetailId", 0);
    json_end_object(m->w);
}

static void put_coupons(struct model *m)
{
    if (m->order->coupon_shop + m->order->coupon_mall == 0) {
        put_null(m, "CouponModelList");
        return;
    }
    json_key(m->w, "CouponModelList");
    json_begin_array(m->w);
    put_coupon(m, m->order->coupon_shop, 1);
    put_coupon(m, m->order->coupon_mall, 3);
    json_end_array(m->w);
}

static void put_code(struct model *m, const char *key, int code)
{
    json_key(m->w, key);
    if (code < 0)
        json_write_null(m->w);
    else
        json_write_int(m->w, code);
}

static void put_changes(struct model *m)
{
    json_key(m->w, "ChangeReasonModelList");
    json_begin_array(m->w);
    for (const struct rk_change *c = m->o->first_change; c; c = c->next) {
        json_begin_object(m->w);
        json_put_int(m->w, "changeId", c->id);
        put_code(m, "changeType", c->type);
        put_code(m, "changeTypeDetail", -1);
        put_code(m, "changeReason", c->side);
        put_code(m, "changeReasonDetail", c->reason);
        put_time(m, "changeApplyDatetime", c->at);
        put_time(m, "changeFixDatetime", c->at);
        put_time(m, "changeCmplDatetime", c->at);
        json_end_object(m->w);
    }
    json_end_array(m->w);
}

static void put_taxes(struct model *m)
{
    json_key(m->w, "TaxSummaryModelList");
    json_begin_array(m->w);
    for (int i = 0; i < m->order->tax_count; i++) {
        const struct sim_tax *t = &m->order->taxes[i];
        json_begin_object(m->w);
        put_rate(m, "taxRate", t->rate_basis_points);
        json_put_int(m->w, "reqPrice", unset(t->taxable));
        json_put_int(m->w, "reqPriceTax", unset(t->tax));
        json_put_int(m->w, "totalPrice", unset(t->taxable));
        json_put_int(m->w, "paymentCharge", 0);
        json_put_int(m->w, "couponPrice", 0);
        json_put_int(m->w, "point", 0);
        json_end_object(m->w);
    }
    json_end_array(m->w);
}

static void put_due_dates(struct model *m)
{
    json_key(m->w, "DueDateModelList");
    json_begin_array(m->w);
    if (m->order->payment == SIM_PAY_BANK || m->order->payment == SIM_PAY_CONVENIENCE) {
        json_begin_object(m->w);
        json_put_int(m->w, "dueDateType", 0);
        put_day(m, "dueDate", day_add(day_in_jst(m->order->ordered_at), 7));
        json_end_object(m->w);
    }
    json_end_array(m->w);
}

static void put_head(struct model *m)
{
    const struct rk_sub_status *sub = rk_sub_status(m->o->sub_status);
    json_put_str(m->w, "orderNumber", m->order->order_no);
    json_put_int(m->w, "orderProgress", m->o->progress);
    if (sub)
        json_put_int(m->w, "subStatusId", sub->id);
    else
        put_null(m, "subStatusId");
    json_put_str(m->w, "subStatusName", sub ? str_from(sub->name) : STR_ABSENT);
    put_time(m, "orderDatetime", m->order->ordered_at);
    put_time(m, "shopOrderCfmDatetime", m->o->confirmed_at);
    put_time(m, "orderFixDatetime", m->o->fixed_at);
    put_time(m, "shippingInstDatetime", m->o->fixed_at);
    put_time(m, "shippingCmplRptDatetime", m->o->shipped_at);
    put_null(m, "cancelDueDate");
    put_day(m, "deliveryDate", m->o->delivery_date);
    json_put_int(m->w, "shippingTerm", m->o->shipping_term);
    json_put_str(m->w, "remarks", remarks_of(m));
}

static void put_flags(struct model *m)
{
    static const int devices[] = {0, 11, 21};
    bool one = m->order->destination_count == 1;
    bool island = false;
    for (size_t i = 0; i < m->order->destination_count; i++)
        island = island || m->order->destinations[i].recipient.remote_island;
    put_flag(m, "giftCheckFlag", m->o->gift);
    if (m->version >= 10)
        put_flag(m, "socialGiftFlag", has(m, SIM_FEATURE_SOCIAL_GIFT));
    put_flag(m, "severalSenderFlag", !one);
    put_flag(m, "equalSenderFlag", one && m->order->destinations[0].is_buyer);
    put_flag(m, "isolatedIslandFlag", island);
    json_put_int(m->w, "rakutenMemberFlag", 1);
    json_put_int(m->w, "carrierCode", devices[m->order->device]);
    json_put_int(m->w, "emailCarrierCode", 0);
    bool preorder = has(m, SIM_FEATURE_PREORDER), subscription = has(m, SIM_FEATURE_SUBSCRIPTION);
    json_put_int(m->w, "orderType", preorder ? 6 : subscription ? 4 : 1);
    json_put_str(m->w, "reserveNumber",
                 preorder || subscription
                     ? arena_printf(m->arena, "%.*s-r", STR_ARG(m->order->order_no))
                     : STR_ABSENT);
    put_code(m, "reserveDeliveryCount", preorder || subscription ? 1 : -1);
    put_flag(m, "cautionDisplayType", has(m, SIM_FEATURE_SUSPECT));
    if (m->version >= 6)
        put_code(m, "cautionDisplayDetailType", has(m, SIM_FEATURE_SUSPECT) ? 102 : -1);
    put_flag(m, "rakutenConfirmFlag",
             has(m, SIM_FEATURE_FRAUD_REVIEW) && !m->o->fraud_cleared && m->o->progress <= 200);
}

static void put_money(struct model *m)
{
    const struct sim_order *o = m->order;
    yen total =
        o->postage == YEN_UNDETERMINED ? YEN_UNDETERMINED : o->goods + o->wrapping + o->postage;
    json_put_int(m->w, "goodsPrice", o->goods + o->wrapping);
    if (m->version <= 7)
        json_put_int(m->w, "goodsTax", 0);
    json_put_int(m->w, "postagePrice", unset(o->postage));
    json_put_int(m->w, "deliveryPrice", unset(o->cod_fee));
    json_put_int(m->w, "paymentCharge", 0);
    put_rate(m, "paymentChargeTaxRate", 1000);
    json_put_int(m->w, "totalPrice", unset(total));
    json_put_int(m->w, "requestPrice", unset(o->billed));
    json_put_int(m->w, "couponAllTotalPrice", o->coupon_shop + o->coupon_mall);
    json_put_int(m->w, "couponShopPrice", o->coupon_shop);
    json_put_int(m->w, "couponOtherPrice", o->coupon_mall);
    json_put_int(m->w, "additionalFeeOccurAmountToUser", o->payment_fee);
    json_put_int(m->w, "additionalFeeOccurAmountToShop", 0);
}

static void put_texts(struct model *m)
{
    put_flag(m, "asurakuFlag", false);
    put_flag(m, "drugFlag", has(m, SIM_FEATURE_DRUG));
    put_flag(m, "dealFlag", false);
    json_put_int(m->w, "membershipType", 0);
    json_put_str(m->w, "memo", present(m->o->memo));
    json_put_str(m->w, "operator", present(m->o->operator));
    json_put_str(m->w, "mailPlugSentence", present(m->o->mail_text));
    put_flag(m, "modifyFlag", m->o->modified);
    if (m->version <= 7)
        json_put_int(m->w, "isTaxRecalc", 0);
    if (m->version < 5)
        return;
    bool issued = has(m, SIM_FEATURE_RECEIPT) && m->o->progress >= 500;
    put_flag(m, "receiptIssueCount", issued);
    json_key(m->w, "receiptIssueHistoryList");
    json_begin_array(m->w);
    if (issued && m->o->shipped_at != TIME_NONE)
        json_write_str(m->w, rk_datetime(m->arena, m->o->shipped_at));
    json_end_array(m->w);
}

static struct str delivery_name(const struct model *m)
{
    if (has(m, SIM_FEATURE_STORE_PICKUP))
        return STR("コンビニ受取");
    return has(m, SIM_FEATURE_COOL) ? STR("クール便") : STR("宅配便");
}

static void put_delivery(struct model *m)
{
    json_key(m->w, "DeliveryModel");
    json_begin_object(m->w);
    json_put_str(m->w, "deliveryName", delivery_name(m));
    put_code(m, "deliveryClass", m->o->delivery_class ? m->o->delivery_class : -1);
    json_end_object(m->w);
    json_key(m->w, "PointModel");
    json_begin_object(m->w);
    json_put_int(m->w, "usedPoint", m->order->points);
    json_end_object(m->w);
}

static void put_order(struct model *m)
{
    json_begin_object(m->w);
    put_head(m);
    put_flags(m);
    put_money(m);
    put_texts(m);
    put_orderer(m);
    put_settlement(m);
    put_delivery(m);
    put_wrappings(m);
    json_key(m->w, "PackageModelList");
    json_begin_array(m->w);
    for (size_t i = 0; i < m->order->destination_count; i++)
        put_package(m, &m->order->destinations[i]);
    json_end_array(m->w);
    put_coupons(m);
    put_changes(m);
    put_taxes(m);
    if (m->version >= 5)
        put_due_dates(m);
    if (m->version >= 8) {
        put_flag(m, "deliveryCertPrgFlag", has(m, SIM_FEATURE_EXPRESS));
        put_flag(m, "oneDayOperationFlag", has(m, SIM_FEATURE_EXPRESS));
    }
    json_end_object(m->w);
}

// --- the operation ---

static bool read_version(struct json body, struct sim_response *response, int64_t *version)
{
    const char *rest = ",\"OrderModelList\":[]";
    struct json v = json_get(body, "version");
    const char *number = json_is_null(v)             ? "009"
                         : !rk_int(v, version)       ? "011"
                         : *version < VERSION_LEAST  ? "011"
                         : *version > VERSION_NEWEST ? "011"
                                                     : NULL;
    if (!number)
        return true;
    rk_fail(response, 400, "GET_ORDER", number, rk_field_text(response->arena, "version", number),
            rest);
    return false;
}

static bool within_reach(const struct sim *sim, const struct sim_order *order)
{
    return order && order->ordered_at >= sim_now(sim) - 730 * 24 * 3600 * 1000LL;
}

static size_t write_messages(struct sim *sim, struct json list, struct json_writer *w,
                             struct arena *arena)
{
    struct json v;
    size_t found = 0;
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);)
        found += within_reach(sim, sim_order_find(sim, SIM_RAKUTEN, json_str(v))) ? 1 : 0;
    json_key(w, "MessageModelList");
    json_begin_array(w);
    if (found > 0)
        rk_message(w, "INFO", "GET_ORDER", "101",
                   arena_printf(arena, "受注情報取得に成功しました。(取得件数%zu件)", found),
                   STR_ABSENT);
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);)
        if (!within_reach(sim, sim_order_find(sim, SIM_RAKUTEN, json_str(v))))
            rk_message(w, "INFO", "GET_ORDER", "102", STR("受注情報が取得できませんでした。"),
                       json_str(v).p ? json_str(v) : STR(""));
    json_end_array(w);
    return found;
}

void rk_get_order(struct sim *sim, struct json body, struct sim_response *response)
{
    struct json list = json_get(body, "orderNumberList"), v;
    int64_t version = 0;
    const char *number = json_is_null(list)              ? "009"
                         : json_type(list) != JSON_ARRAY ? "011"
                         : json_count(list) == 0         ? "010"
                         : json_count(list) > ORDERS_MAX ? "011"
                                                         : NULL;
    if (number) {
        rk_fail(response, 400, "GET_ORDER", number,
                rk_field_text(response->arena, "orderNumberList", number),
                ",\"OrderModelList\":[]");
        return;
    }
    if (!read_version(body, response, &version))
        return;
    struct json_writer w = json_writer_make(&response->body);
    json_begin_object(&w);
    size_t found = write_messages(sim, list, &w, response->arena);
    if (found == 0)
        response->status = (int)sim_switch_number(sim, SIM_RAKUTEN, "get_unknown_status");
    json_key(&w, "OrderModelList");
    json_begin_array(&w);
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);) {
        const struct sim_order *order = sim_order_find(sim, SIM_RAKUTEN, json_str(v));
        struct model m = {&w, response->arena, order, order ? rk_order(order) : NULL, (int)version};
        if (within_reach(sim, order))
            put_order(&m);
    }
    json_end_array(&w);
    if (version >= 6)
        json_put_int(&w, "version", version);
    json_end_object(&w);
}
