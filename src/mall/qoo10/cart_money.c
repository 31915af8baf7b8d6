// SPDX-License-Identifier: Apache-2.0
//
// What a cart costs and whether it is paid (qoo10.md §4.3, §8). There is no order header, so the
// amounts are sums over its lines: Total = OrderPrice × OrderQty + option − Discount. ShippingRate
// and the cart discounts belong to the cart and are repeated on each line, so they count once. Who
// bears Discount is not said for each yen: what SellerDiscount names is the shop's, the rest the
// mall's (メガ割 leaves SettlePrice as it is). There is no total of the mall to compare with.
#include "mall/qoo10/internal.h"

static bool read_amount(const struct qoo10_line *l, enum qoo10_field field, const char *name,
                        int64_t *value, struct error *error)
{
    if (qoo10_number(l->row, field, value))
        return true;
    return error_set(error, ERROR_MALFORMED, "qoo10.field_unreadable",
                     "注文番号 %lld の項目 %s を読み取れません。",
                     "Field %2$s of order number %1$lld can't be read.", (long long)l->order_no,
                     name);
}

struct sums {
    int64_t total, discount, seller_discount;
    int64_t postage, cart_seller, cart_mall; // of the cart: the largest that a line says
};

static bool add_line(struct sums *s, const struct qoo10_line *l, struct error *error)
{
    int64_t total, discount, seller, postage, cart_seller, cart_mall;
    if (!read_amount(l, Q_TOTAL, "Total", &total, error) ||
        !read_amount(l, Q_DISCOUNT, "Discount", &discount, error) ||
        !read_amount(l, Q_SELLER_DISCOUNT, "SellerDiscount", &seller, error) ||
        !read_amount(l, Q_POSTAGE, "ShippingRate", &postage, error) ||
        !read_amount(l, Q_CART_DISCOUNT_SELLER, "CartDiscountSeller", &cart_seller, error) ||
        !read_amount(l, Q_CART_DISCOUNT_MALL, "CartDiscountQoo10", &cart_mall, error))
        return false;
    s->total += total;
    s->discount += discount;
    s->seller_discount += seller < 0 ? -seller : seller;
    s->postage = postage > s->postage ? postage : s->postage;
    s->cart_seller = cart_seller > s->cart_seller ? cart_seller : s->cart_seller;
    s->cart_mall = cart_mall > s->cart_mall ? cart_mall : s->cart_mall;
    return true;
}

bool qoo10_cart_money(const struct qoo10_line *lines, size_t count, struct order *o,
                      struct error *error)
{
    struct sums s = {0};
    bool all_gone = true;
    for (size_t i = 0; i < count; i++)
        all_gone = all_gone && qoo10_line_gone(&lines[i]);
    for (size_t i = 0; i < count; i++)
        if (lines[i].has_row && (all_gone || !qoo10_line_gone(&lines[i])) &&
            !add_line(&s, &lines[i], error))
            return false;
    yen of_shop = s.seller_discount < s.discount ? s.seller_discount : s.discount;
    o->goods = s.total + s.discount;
    o->postage = s.postage;
    o->coupon_shop = of_shop + s.cart_seller;
    o->coupon_mall = s.discount - of_shop + s.cart_mall;
    o->total = o->goods + o->postage;
    o->billed = o->total - o->coupon_shop - o->coupon_mall;
    if (o->billed < 0)
        o->billed = 0;
    return true;
}

static enum payment_state state_of(const struct qoo10_line *lines, size_t count, time_ms paid_at)
{
    bool all_gone = true, unpaid = false, refunded = false, never_paid = false;
    for (size_t i = 0; i < count; i++) {
        all_gone = all_gone && qoo10_line_gone(&lines[i]);
        unpaid = unpaid || (!qoo10_line_gone(&lines[i]) && lines[i].status == 1);
        refunded = refunded || lines[i].claim == 14 || lines[i].claim == 6;
        never_paid = never_paid || lines[i].claim == 16;
    }
    if (all_gone)
        return never_paid ? PAYMENT_FAILED : paid_at == TIME_NONE ? PAYMENT_NONE : PAYMENT_REFUNDED;
    if (unpaid)
        return PAYMENT_UNPAID_BEFORE_SHIP;
    return refunded ? PAYMENT_REFUNDED : PAYMENT_PAID;
}

bool qoo10_cart_payment(struct arena *arena, const struct mall_account *account,
                        const struct qoo10_line *lines, size_t count, struct order *o)
{
    const struct qoo10_line *first = &lines[0];
    for (size_t i = 0; i < count && !first->has_row; i++)
        first = &lines[i];
    o->payment_method = first->has_row ? qoo10_text(arena, first->row, Q_PAYMENT) : STR("");
    o->payment_method_code = STR("");
    // Qoo10 collects every method itself, so an unknown one is as good as authorised.
    account_payment_class(account, o->payment_method_code, o->payment_method,
                          PAYMENT_CLASS_AUTHORIZATION, &o->payment_class);
    // Some shops get an empty PaymentDate in every row (§4.3): then the status alone tells.
    o->paid_at = qoo10_time(first->has_row ? first->row : first->claim_row, Q_PAID_AT);
    o->payment_state = state_of(lines, count, o->paid_at);
    return !arena_failed(arena);
}
