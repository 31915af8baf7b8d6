// SPDX-License-Identifier: Apache-2.0
//
// An order as <orderInfo> (aupay.md §3). "sender" is the recipient; dates have no seconds; elements
// without a value come empty or not at all, differently from order to order, and the amounts keep
// the three identities. Called with the sim's mutex held.
#include "sim/aupay.h"

#include <stdio.h>

struct view {
    struct sim *sim;
    struct buf *out;
    const struct sim_order *order;
    const struct aupay_order *o;
};

static void put(const struct view *v, const char *name, struct str text)
{
    if (text.n > 0) {
        xml_add_element(v->out, name, text);
        return;
    }
    char purpose[64];
    snprintf(purpose, sizeof purpose, "absent/%.40s", name);
    bool mixed = sim_switch_is(v->sim, SIM_AUPAY, "empty_elements", "mixed");
    bool empty = mixed ? sim_dice(v->order, purpose, 2) == 0
                       : sim_switch_is(v->sim, SIM_AUPAY, "empty_elements", "empty");
    if (empty)
        xml_add_element(v->out, name, STR_ABSENT);
}

static void put_int(const struct view *v, const char *name, int64_t number)
{
    buf_addf(v->out, "<%s>%lld</%s>", name, (long long)number, name);
}

static void put_flag(const struct view *v, const char *name, bool yes)
{
    put(v, name, yes ? STR("Y") : STR("N"));
}

static void put_time(const struct view *v, const char *name, time_ms t)
{
    char text[32] = "";
    if (t != TIME_NONE) {
        struct civil_time c = civil_from_time(t, JST_OFFSET_MS);
        snprintf(text, sizeof text, "%04d/%02d/%02d %02d:%02d", c.year, c.month, c.day, c.hour,
                 c.minute);
    }
    put(v, name, str_from(text));
}

static void put_day(const struct view *v, const char *name, day d)
{
    char text[32] = "";
    if (d)
        snprintf(text, sizeof text, "%04d/%02d/%02d", d / 10000, d / 100 % 100, d % 100);
    put(v, name, str_from(text));
}

static void put_person(const struct view *v, const struct sim_person *p, bool sender)
{
    struct buf text = buf_make(4096);
    const char *blank = sim_dice(v->order, "wide-blank", 2) ? "　" : " ";
    buf_addf(&text, "%.*s%s%.*s", STR_ARG(p->family), blank, STR_ARG(p->given));
    put(v, sender ? "senderName" : "ordererName", buf_str(&text));
    buf_reset(&text);
    buf_addf(&text, "%.*s%s%.*s", STR_ARG(p->family_kana), p->family_kana.n ? blank : "",
             STR_ARG(p->given_kana));
    put(v, sender ? "senderKana" : "ordererKana", buf_str(&text));
    buf_reset(&text);
    buf_addf(&text, "%.*s-%.*s", STR_ARG(str_slice(p->postal_code, 0, 3)),
             STR_ARG(str_slice(p->postal_code, 3, 7)));
    put(v, sender ? "senderZipCode" : "ordererZipCode", buf_str(&text));
    buf_reset(&text);
    buf_addf(&text, "%.*s%.*s%.*s%s%.*s", STR_ARG(p->prefecture), STR_ARG(p->city),
             STR_ARG(p->town), p->building.n ? " " : "", STR_ARG(p->building));
    put(v, sender ? "senderAddress" : "ordererAddress", buf_str(&text));
    put(v, sender ? "senderPhoneNumber1" : "ordererPhoneNumber1", p->phone);
    put(v, sender ? "senderPhoneNumber2" : "ordererPhoneNumber2", STR(""));
    buf_free(&text);
}

static const char *settlement(const struct sim_order *order)
{
    static const char *const names[SIM_PAY_COUNT] = {
        [SIM_PAY_CARD] = "クレジットカード決済",
        [SIM_PAY_WALLET] = "au PAY",
        [SIM_PAY_CARRIER] = "auかんたん決済",
        [SIM_PAY_BANK] = "銀行振込",
        [SIM_PAY_CONVENIENCE] = "au Wowma!コンビニ決済",
        [SIM_PAY_COD] = "代金引換",
        [SIM_PAY_DEFERRED] = "後払い決済",
        [SIM_PAY_POINTS] = "ポイント・クーポン全額払い",
    };
    return names[order->payment];
}

static void put_head(const struct view *v)
{
    static const char *const devices[] = {"au PAY マーケット(PC)", "au PAY マーケット(SP(アプリ))",
                                          "au PAY マーケット(SP)"};
    const struct sim_order *order = v->order;
    bool preorder = order->features & SIM_FEATURE_PREORDER;
    put(v, "orderId", order->order_no);
    put_time(v, "orderDate", order->ordered_at);
    put(v, "sellMethodSegment", preorder ? STR("2") : STR("1"));
    put_day(v, "releaseDate", order->destinations[0].lines[0].release_day);
    put(v, "siteAndDevice", str_from(devices[order->device]));
    put(v, "crossBorderEcTradeKbn", STR(""));
    put(v, "mailAddress", order->buyer.email);
    put(v, "rawMailAddress", STR(""));
    put_person(v, &order->buyer, false);
    put(v, "nickname", STR(""));
    put_person(v, &order->destinations[0].recipient, true);
    put(v, "senderShopCd", order->destinations[0].pickup_store_name.n ? STR("0123") : STR(""));
    put(v, "settlementName", str_from(settlement(order)));
    put(v, "userComment", order->note);
    put(v, "tradeRemarks", STR(""));
    put(v, "memo", STR(""));
}

static void put_state(const struct view *v)
{
    const struct aupay_order *o = v->o;
    put(v, "orderStatus", o->status);
    put(v, "contactStatus", STR("N"));
    put_flag(v, "authorizationStatus", o->authorized);
    put_time(v, "authorizationDate", o->authorized_at);
    put_flag(v, "paymentStatus", o->paid);
    put_time(v, "paymentDate", o->paid ? o->paid_at : TIME_NONE);
    put_flag(v, "shipStatus", o->shipped);
    put_time(v, "shipDate", o->shipped ? o->shipped_at : TIME_NONE);
    put(v, "printStatus", STR("N"));
    put(v, "cancelStatus",
        o->cancelled ? str_from(sim_switch_value(v->sim, SIM_AUPAY, "cancel_flag")) : STR("N"));
    put(v, "cancelReason", o->cancel_reason);
    put(v, "cancelComment", o->cancel_comment);
    put_time(v, "cancelDate", o->cancelled_at);
}

static void put_money(const struct view *v)
{
    const struct sim_order *order = v->order;
    bool wrong = sim_switch_is(v->sim, SIM_AUPAY, "amounts", "wrong");
    yen coupon = order->coupon_shop + order->coupon_mall;
    yen ponta = sim_dice(v->order, "ponta", 2) ? order->points : 0;
    int64_t units = 0;
    for (size_t i = 0; i < order->destinations[0].line_count; i++)
        units += order->destinations[0].lines[i].quantity;
    put_int(v, "totalSalePrice", order->goods);
    put_int(v, "totalSaleUnit", units);
    put_int(v, "postagePrice", order->postage);
    put(v, "postagePriceTaxRate", STR("0.1"));
    put_int(v, "chargePrice", order->cod_fee + order->payment_fee);
    put_int(v, "totalItemOptionPrice", 0);
    put_int(v, "totalGiftWrappingPrice", order->wrapping);
    put_int(v, "totalPrice", order->total + (wrong ? 1 : 0));
    put_int(v, "premiumIssuePrice", 0);
    put_int(v, "couponTotalPrice", coupon);
    put_int(v, "usePoint", order->points - ponta);
    put_int(v, "useAuPointPrice", ponta);
    put_int(v, "useAuPoint", ponta);
    put_int(v, "requestPrice", order->billed);
    for (int i = 0; i < order->tax_count; i++) {
        bool normal = order->taxes[i].rate_basis_points == 1000;
        // Points come off the bill, so the splits of the bill are less than the taxable amounts.
        yen part = order->total - coupon
                       ? order->taxes[i].taxable * order->billed / (order->total - coupon)
                       : 0;
        put_int(v, normal ? "requestPriceNormalTax" : "requestPriceReducedTax", part);
    }
    put(v, "couponType", coupon == 0 ? STR("") : order->coupon_mall ? STR("M") : STR("U"));
    put(v, "couponKey", STR(""));
}

static void put_delivery(const struct view *v)
{
    static const char *const slots[SIM_SLOT_COUNT] = {
        [SIM_SLOT_MORNING] = "午前中",   [SIM_SLOT_14_16] = "14時～16時",
        [SIM_SLOT_16_18] = "16時～18時", [SIM_SLOT_18_20] = "18時～20時",
        [SIM_SLOT_19_21] = "19時～21時",
    };
    static const char *const methods[SIM_CARRIER_COUNT] = {"宅急便", "飛脚宅配便", "ゆうパック",
                                                           "カンガルー便"};
    const struct sim_destination *d = &v->order->destinations[0];
    put(v, "deliveryName", str_from(methods[d->carrier]));
    put_int(v, "deliveryMethodId", 101 + (int64_t)d->carrier);
    put_day(v, "deliveryRequestDay", d->requested_day);
    put(v, "deliveryRequestTime", str_from(slots[d->slot] ? slots[d->slot] : ""));
    put_day(v, "shippingDate", v->o->shipping_date);
    put(v, "shippingCarrier", v->o->shipping_carrier);
    put(v, "shippingNumber", v->o->shipping_number);
}

static void put_options(const struct view *v, const struct sim_line *line)
{
    struct buf text = buf_make(8192);
    for (int i = 0; i < line->axis_count; i++)
        buf_addf(&text, "%s%.*s=%.*s", text.n ? "&" : "", STR_ARG(line->axes[i].name),
                 STR_ARG(line->axes[i].value));
    for (int i = 0; i < line->option_count; i++)
        buf_addf(&text, "%s%.*s=%.*s", text.n ? "&" : "", STR_ARG(line->options[i].name),
                 STR_ARG(line->options[i].value));
    put(v, "itemOption", buf_str(&text));
    buf_free(&text);
}

static void put_line(const struct view *v, const struct sim_line *line, size_t index)
{
    const struct sim_destination *d = &v->order->destinations[0];
    bool gone = v->o->line_cancelled && index == 0;
    buf_add(v->out, STR("<detail>"));
    put_int(v, "orderDetailId", 800000000LL + v->order->serial * 100 + (int64_t)index);
    put(v, "itemManagementId", line->axis_count ? line->variant_id : STR(""));
    put(v, "itemCode", line->item->manage_number);
    put_int(v, "lotnumber", 500000000LL + line->item->item_id);
    put(v, "itemName", line->title);
    put_options(v, line);
    put_int(v, "itemOptionPrice", 0);
    put(v, "giftWrappingType", index == 0 ? d->wrapping_paper : STR(""));
    put_int(v, "giftWrappingPrice", index == 0 ? d->wrapping : 0);
    put(v, "giftMessage", index == 0 ? d->gift_message : STR(""));
    put(v, "noshiType", index == 0 ? d->noshi : STR(""));
    put(v, "noshiPresenterName1", STR(""));
    put(v, "itemCancelStatus", gone ? STR("Y") : STR("N"));
    put_int(v, "beforeDiscount", line->unit_price);
    put_int(v, "discount", 0);
    put_int(v, "itemPrice", line->unit_price);
    put_int(v, "unit", line->quantity);
    put_int(v, "totalItemPrice", line->unit_price * line->quantity);
    put(v, "taxType", STR("1"));
    put(v, "reducedTax", line->tax_rate_basis_points == 800 ? STR("1") : STR("0"));
    put(v, "taxRate", line->tax_rate_basis_points == 800 ? STR("0.08") : STR("0.1"));
    put_int(v, "giftPoint", line->unit_price / 100);
    put(v, "shippingDayDispText", line->item->lead_time);
    buf_add(v->out, STR("</detail>"));
}

void aupay_write_order(struct sim *sim, struct buf *out, const struct sim_order *order)
{
    struct view v = {sim, out, order, order->face};
    const struct sim_destination *d = &order->destinations[0];
    buf_add(out, STR("<orderInfo>"));
    put_head(&v);
    put_state(&v);
    put_money(&v);
    put_delivery(&v);
    for (size_t i = 0; i < d->line_count; i++)
        put_line(&v, &d->lines[i], i);
    buf_add(out, STR("</orderInfo>\n"));
}
