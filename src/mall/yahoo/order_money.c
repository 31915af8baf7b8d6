// SPDX-License-Identifier: Apache-2.0
//
// Amounts and payment of an order (yahoo.md §8.4, §8.6, §10).
// Invariants: the bill is never recomputed, TotalPrice is taken; amounts that don't add up are
// marked. UsePoint is documented both as containing the immediate bonus and gift card and beside
// them, so every reading of the relation that fits counts as "adds up". Any thread.
#include "mall/yahoo/internal.h"

#define COUPONS_MAX 32

struct amounts {
    yen pay_charge, ship_charge, wrap, discount, adjustments, points;
    yen gift_card, mall_coupon, bonus, line_gift;
};

static void read_amounts(struct yahoo_reader *r, const struct xml_node *detail, struct amounts *a)
{
    *a = (struct amounts){
        .pay_charge = yahoo_integer(r, detail, "PayCharge", 0),
        .ship_charge = yahoo_integer(r, detail, "ShipCharge", 0),
        .wrap = yahoo_integer(r, detail, "GiftWrapCharge", 0),
        .discount = yahoo_integer(r, detail, "Discount", 0),
        .adjustments = yahoo_integer(r, detail, "Adjustments", 0),
        .points = yahoo_integer(r, detail, "UsePoint", 0),
        .gift_card = yahoo_integer(r, detail, "GiftCardDiscount", 0),
        .mall_coupon = yahoo_integer(r, detail, "TotalMallCouponDiscount", 0),
        .bonus = yahoo_integer(r, detail, "TotalImmediateBonusAmount", 0),
        .line_gift = yahoo_integer(r, detail, "LineGiftCharge", 0),
    };
}

// Foreign numbers: a sum that leaves the range can't be a bill.
static bool add_to(yen *sum, yen amount)
{
    return !__builtin_add_overflow(*sum, amount, sum);
}

static bool take_from(yen *sum, yen amount)
{
    return !__builtin_sub_overflow(*sum, amount, sum);
}

// Which of the readings of §8.6 gives the bill: bit 0 the bonus is subtracted beside UsePoint,
// bit 1 the gift card, bit 2 the LINE gift charge is added. -1: none.
static int reading_that_fits(yen goods_paid, const struct amounts *a, yen billed)
{
    for (int reading = 0; reading < 8; reading++) {
        yen sum = goods_paid;
        bool sound = add_to(&sum, a->wrap) && add_to(&sum, a->ship_charge) &&
                     add_to(&sum, a->pay_charge) && take_from(&sum, a->discount) &&
                     take_from(&sum, a->points) && take_from(&sum, a->mall_coupon) &&
                     add_to(&sum, a->adjustments);
        if (reading & 1)
            sound = sound && take_from(&sum, a->bonus);
        if (reading & 2)
            sound = sound && take_from(&sum, a->gift_card);
        if (reading & 4)
            sound = sound && add_to(&sum, a->line_gift);
        if (sound && sum == billed)
            return reading;
    }
    return -1;
}

static void add_coupon(struct yahoo_reader *r, struct order *order, struct str code,
                       struct str name, bool paid_by_mall, yen amount)
{
    if (order->coupon_count >= COUPONS_MAX || !order->coupons)
        return;
    order->coupons[order->coupon_count++] = (struct order_coupon){
        .code = str_dup(r->arena, code),
        .name = str_dup(r->arena, name),
        .paid_by_mall = paid_by_mall,
        .amount = amount,
    };
}

// Takes the part before a literal two-character separator ("\A", "\B") off *rest.
static bool take_part(struct str *rest, struct str separator, struct str *part)
{
    if (!rest->p || rest->n == 0)
        return false;
    ptrdiff_t at = str_find(*rest, separator);
    *part = at < 0 ? *rest : str_slice(*rest, 0, (size_t)at);
    *rest = at < 0 ? STR_ABSENT : str_slice(*rest, (size_t)at + separator.n, rest->n);
    return true;
}

static bool is_shipping_coupon(struct str type)
{
    return str_eq(str_trim(type), STR("3"));
}

// id\Aname\Atype\Acategory\Acount, coupons joined with \B. The text tells no amounts: with one
// coupon it is the total, with several only the total is known (coupon_shop).
static void read_store_coupons(struct yahoo_reader *r, const struct xml_node *info,
                               struct order *order, yen total)
{
    struct str rest = xml_child_text(info, "UseCouponData"), coupon;
    yen shipping = yahoo_integer(r, info, "ShippingCouponDiscount", 0);
    size_t first = order->coupon_count, priced = 0;
    while (take_part(&rest, STR("\\B"), &coupon)) {
        struct str part[5] = {{0}};
        for (size_t i = 0; i < 5 && take_part(&coupon, STR("\\A"), &part[i]); i++)
            ;
        bool for_shipping = is_shipping_coupon(part[2]);
        add_coupon(r, order, str_trim(part[0]), str_trim(part[1]), false,
                   for_shipping ? shipping : 0);
        priced += for_shipping ? 0 : 1;
        if (!for_shipping && order->coupon_count > first)
            order->coupons[order->coupon_count - 1].amount = total;
    }
    for (size_t i = first; priced > 1 && i < order->coupon_count; i++)
        if (order->coupons[i].amount == total)
            order->coupons[i].amount = 0;
}

static void read_coupons(struct yahoo_reader *r, const struct xml_node *info, struct order *order,
                         const struct amounts *a, yen store_coupon)
{
    order->coupons = ARENA_ARRAY(r->arena, struct order_coupon, COUPONS_MAX);
    read_store_coupons(r, info, order, store_coupon);
    if (a->mall_coupon != 0)
        add_coupon(r, order, STR(""), STR("モールクーポン"), true, a->mall_coupon);
}

static bool goods_of(const struct order *order, yen *before, yen *paid)
{
    *before = *paid = 0;
    const struct order_package *p = &order->packages[0];
    for (size_t i = 0; i < p->line_count; i++)
        if (!add_to(paid, p->lines[i].subtotal) || !add_to(before, p->lines[i].subtotal) ||
            !add_to(before, p->lines[i].discount))
            return false;
    return true;
}

static void put_totals(struct order *order, const struct amounts *a, int reading, bool cod)
{
    struct order_package *p = &order->packages[0];
    order->postage = a->ship_charge;
    order->cod_fee = cod ? a->pay_charge : 0;
    order->payment_fee = cod ? 0 : a->pay_charge;
    order->wrapping_fee = a->wrap;
    order->other_fee = reading >= 0 && (reading & 4) ? a->line_gift : 0;
    order->discount = a->discount;
    order->adjustment = a->adjustments;
    order->coupon_mall = a->mall_coupon;
    order->points = a->points;
    order->total = order->goods;
    bool sound = true;
    // Points in all but name; only when they aren't inside UsePoint already.
    if (reading >= 0 && (reading & 1))
        sound = add_to(&order->points, a->bonus);
    if (reading >= 0 && (reading & 2))
        sound = add_to(&order->points, a->gift_card) && sound;
    sound = sound && add_to(&order->total, order->postage) &&
            add_to(&order->total, order->cod_fee) && add_to(&order->total, order->payment_fee) &&
            add_to(&order->total, order->wrapping_fee) && add_to(&order->total, order->other_fee);
    if (!sound)
        order->total = YEN_UNDETERMINED;
    p->goods = order->goods;
    p->postage = order->postage;
    p->cod_fee = order->cod_fee;
    p->total = order->total;
}

void yahoo_money_read(struct yahoo_reader *r, const struct xml_node *info,
                      const struct yahoo_state *state, struct order *order)
{
    const struct xml_node *detail = xml_child(info, "Detail");
    struct amounts a;
    yen paid;
    if (!order->packages || r->failed)
        return;
    read_amounts(r, detail, &a);
    order->billed = yahoo_integer(r, detail, "TotalPrice", YEN_UNDETERMINED);
    bool sound = goods_of(order, &order->goods, &paid);
    yen store_coupon = order->goods - paid;
    yen declared = yahoo_integer(r, info, "TotalCouponDiscount", 0);
    // Lines without their own discount: the order's figure is all there is, and it is already
    // inside the unit prices.
    order->coupon_shop = store_coupon;
    int reading = sound && order->billed != YEN_UNDETERMINED
                      ? reading_that_fits(paid, &a, order->billed)
                      : -1;
    put_totals(order, &a, reading,
               yahoo_is_cod(order->payment_method_code,
                            (int)yahoo_integer(r, xml_child(info, "Pay"), "PayKind", -1)));
    read_coupons(r, info, order, &a, store_coupon ? store_coupon : declared);
    if (order->billed == YEN_UNDETERMINED)
        order->marks |= ORDER_MARK_AMOUNT_UNDETERMINED;
    else if (reading < 0)
        order->marks |= ORDER_MARK_TOTAL_MISMATCH;
}

// ---- payment ----

static enum payment_state cancelled_payment(const struct yahoo_state *s, struct str refund)
{
    bool given_back = s->settle == 6 || s->settle == 7 || s->settle == 11;
    if (str_eq(refund, STR("2")))
        return PAYMENT_REFUNDED;
    if (str_eq(refund, STR("1")))
        return PAYMENT_REFUND_DUE;
    if (s->pay != 1)
        return PAYMENT_NONE;
    return given_back ? PAYMENT_REFUNDED : PAYMENT_REFUND_DUE;
}

static enum payment_state unpaid(const struct yahoo_state *s, enum payment_class class)
{
    if (s->ship >= 3)
        return PAYMENT_DUE_AFTER_SHIP;
    switch (class) {
    case PAYMENT_CLASS_NONE:
        return PAYMENT_NONE;
    case PAYMENT_CLASS_AFTER:
        return PAYMENT_DUE_AFTER_SHIP;
    case PAYMENT_CLASS_AUTHORIZATION:
        return s->ship == 0 || s->ship == -1 ? PAYMENT_AUTH_PENDING : PAYMENT_AUTHORIZED;
    case PAYMENT_CLASS_BEFORE:
        break;
    }
    return PAYMENT_UNPAID_BEFORE_SHIP;
}

static enum payment_state payment_state_of(const struct xml_node *info, const struct yahoo_state *s,
                                           const struct order *order, yen billed)
{
    if (s->order == 4)
        return cancelled_payment(s, yahoo_order_text(info, "Pay", "RefundStatus"));
    if (billed == 0 || (order->payment_class == PAYMENT_CLASS_NONE && s->pay != 0))
        return PAYMENT_NONE;
    if (s->order == 5)
        return PAYMENT_PAID;
    if (s->settle == 8 || s->settle == 10)
        return PAYMENT_FAILED;
    if (s->pay != 1)
        return unpaid(s, order->payment_class);
    bool captured_later = order->payment_class == PAYMENT_CLASS_AUTHORIZATION && s->ship < 3;
    return captured_later ? PAYMENT_AUTHORIZED : PAYMENT_PAID;
}

static struct str payment_note(struct yahoo_reader *r, const struct xml_node *pay)
{
    struct str brand = xml_child_text(pay, "CardBrand");
    struct str type = yahoo_value_label(STR("CardPayType"), xml_child_text(pay, "CardPayType"));
    struct str count = xml_child_text(pay, "CardPayCount");
    struct str combined = xml_child_text(pay, "CombinedPayMethodName");
    bool times = count.n > 0 && !str_eq(count, STR("0")) && !str_eq(count, STR("1"));
    struct str note = arena_printf(r->arena, "%.*s%s%.*s%s%.*s%s%s%.*s", STR_ARG(brand),
                                   brand.n && type.n ? " " : "", STR_ARG(type), times ? " " : "",
                                   STR_ARG(times ? count : STR("")), times ? "回" : "",
                                   combined.n ? " 併用：" : "", STR_ARG(combined));
    return str_trim(note);
}

static void add_paid_event(struct yahoo_reader *r, const struct xml_node *info, struct order *order,
                           yen billed)
{
    yen amount = yahoo_integer(r, xml_child(info, "Detail"), "SettlePayAmount", billed);
    order->payment_events = ARENA_ARRAY(r->arena, struct payment_event, 1);
    if (!order->payment_events)
        return;
    order->payment_events[order->payment_event_count++] = (struct payment_event){
        .at = order->paid_at, .kind = STR("paid"), .amount = amount, .text = STR("")};
}

void yahoo_payment_read(struct yahoo_reader *r, const struct xml_node *info,
                        const struct yahoo_state *state, struct order *order)
{
    const struct xml_node *pay = xml_child(info, "Pay");
    yen billed = yahoo_integer(r, xml_child(info, "Detail"), "TotalPrice", YEN_UNDETERMINED);
    int kind = (int)yahoo_integer(r, pay, "PayKind", -1);
    day paid_on = yahoo_day(pay, "PayDate");
    order->payment_method_code = yahoo_text(r, pay, "PayMethod");
    order->payment_method = yahoo_text(r, pay, "PayMethodName");
    if (str_is_empty(order->payment_method))
        order->payment_method = yahoo_pay_method_label(order->payment_method_code);
    order->payment_class = yahoo_payment_class(r->account, order->payment_method_code,
                                               order->payment_method, kind, state->pay_type);
    order->payment_note = payment_note(r, pay);
    order->payment_due = yahoo_day(pay, "PaymentTerm");
    order->payment_state = payment_state_of(info, state, order, billed);
    if (paid_on != 0)
        order->paid_at = day_start_jst(paid_on);
    if (state->pay == 1 && paid_on != 0)
        add_paid_event(r, info, order, billed);
}
