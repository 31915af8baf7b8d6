// SPDX-License-Identifier: Apache-2.0
//
// Amounts and payment of an order (aupay.md §3, §4.4).
// Invariants: the bill is never recomputed, requestPrice is taken. The three identities that held
// on every real order are checked; where one doesn't hold the order goes in with a mark and an
// extra that says the numbers. Any thread.
#include "mall/aupay/internal.h"

#define MISMATCH_KEY "amountMismatch"

int aupay_rate(struct str text)
{
    int64_t whole = 0, fraction = 0, unit = 10000;
    ptrdiff_t dot = str_find_char(text, '.');
    struct str before = dot < 0 ? text : str_slice(text, 0, (size_t)dot);
    if (str_is_empty(text) || (before.n > 0 && !str_to_int64(before, &whole)) || whole < 0 ||
        whole > 100)
        return -1;
    for (size_t i = dot < 0 ? text.n : (size_t)dot + 1; i < text.n && unit > 1; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return -1;
        unit /= 10;
        fraction += (text.p[i] - '0') * unit;
    }
    // "0.1" is a part, "10" a percentage.
    return whole == 0 ? (int)fraction : (int)(whole * 100);
}

static bool add_to(yen *sum, yen amount)
{
    return !__builtin_add_overflow(*sum, amount, sum);
}

static bool take_from(yen *sum, yen amount)
{
    return !__builtin_sub_overflow(*sum, amount, sum);
}

// Σ detail/totalItemPrice, with and without the lines that were cancelled: which of them the mall
// counts isn't known.
static bool lines_agree(struct aupay_reader *r, const struct xml_node *info, yen goods, yen *sum)
{
    yen all = 0, left = 0;
    bool sound = true;
    for (const struct xml_node *n = xml_child(info, "detail"); n; n = xml_next(n)) {
        yen price = aupay_integer(r, n, "totalItemPrice", 0);
        sound = sound && add_to(&all, price);
        if (!aupay_line_is_cancelled(n))
            sound = sound && add_to(&left, price);
    }
    *sum = all;
    return sound && (all == goods || left == goods);
}

static void note_mismatch(struct aupay_reader *r, struct order *order, const char *what, yen a,
                          yen b)
{
    order->marks |= ORDER_MARK_TOTAL_MISMATCH;
    aupay_extra_add(r, order, MISMATCH_KEY, "金額の不一致",
                    arena_printf(r->arena, "%s: %lld ≠ %lld", what, (long long)a, (long long)b));
}

static void check_identities(struct aupay_reader *r, const struct xml_node *info,
                             struct order *order)
{
    yen sum, total = order->goods, bill = order->total;
    if (!lines_agree(r, info, order->goods, &sum))
        note_mismatch(r, order, "明細の合計 / 商品金額合計", sum, order->goods);
    bool sound = add_to(&total, order->postage) && add_to(&total, order->cod_fee) &&
                 add_to(&total, order->payment_fee) && add_to(&total, order->other_fee) &&
                 add_to(&total, order->wrapping_fee);
    if (!sound || total != order->total)
        note_mismatch(r, order, "商品＋送料＋手数料 / 請求金額小計", total, order->total);
    sound = take_from(&bill, order->coupon_shop) && take_from(&bill, order->coupon_mall) &&
            take_from(&bill, order->points);
    if (order->billed != YEN_UNDETERMINED && (!sound || bill != order->billed))
        note_mismatch(r, order, "小計－クーポン－ポイント / 請求金額", bill, order->billed);
}

bool aupay_mismatch_warning(const struct order *order, struct error *warning)
{
    for (size_t i = 0; i < order->extra_count; i++) {
        if (!str_eq(order->extras[i].key, STR(MISMATCH_KEY)))
            continue;
        struct str numbers = str_utf8_cut(order->extras[i].value, 120);
        error_set(warning, ERROR_MALFORMED, "aupay.amounts_disagree",
                  "注文の金額が合いません（%.*s）。注文は取り込みました。",
                  "The order's amounts disagree (%.*s). The order was taken in.", STR_ARG(numbers));
        error_subject(warning, "%.*s", STR_ARG(order->order_no));
        return true;
    }
    return false;
}

static void read_taxes(struct aupay_reader *r, const struct xml_node *info, struct order *order)
{
    static const struct {
        int rate;
        const char *taxable, *tax;
    } parts[] = {
        {1000, "requestPriceNormalTax", "requestTaxPriceNormalTax"},
        {800, "requestPriceReducedTax", "requestTaxPriceReducedTax"},
        {0, "requestPriceNoTax", "requestTaxPriceNoTax"},
    };
    order->taxes = ARENA_ARRAY(r->arena, struct tax_summary, 3);
    for (size_t i = 0; order->taxes && i < 3; i++) {
        yen taxable = aupay_integer(r, info, parts[i].taxable, 0);
        if (taxable <= 0 || taxable > 1000000000000LL)
            continue;
        yen tax = aupay_integer(r, info, parts[i].tax, YEN_UNDETERMINED);
        if (tax == YEN_UNDETERMINED)
            tax = taxable * parts[i].rate / (10000 + parts[i].rate);
        order->taxes[order->tax_count++] = (struct tax_summary){
            .rate_basis_points = parts[i].rate, .taxable = taxable, .tax = tax};
    }
}

static void read_coupon(struct aupay_reader *r, const struct xml_node *info, struct order *order)
{
    yen amount = aupay_integer(r, info, "couponTotalPrice", 0);
    struct str type = xml_child_text(info, "couponType");
    // D and M are borne by the mall, U by the shop (§4.5); nothing said: the shop's.
    bool mall = str_eq(type, STR("D")) || str_eq(type, STR("M"));
    order->coupon_mall = mall ? amount : 0;
    order->coupon_shop = mall ? 0 : amount;
    if (amount == 0)
        return;
    order->coupons = ARENA_ARRAY(r->arena, struct order_coupon, 1);
    if (!order->coupons)
        return;
    order->coupons[order->coupon_count++] = (struct order_coupon){
        .code = aupay_text(r, info, "couponKey"),
        .name = mall ? STR("モールクーポン") : STR("ショップクーポン"),
        .paid_by_mall = mall,
        .amount = amount,
    };
}

// ---- payment ----

static enum payment_state unpaid(const struct aupay_state *s, enum payment_class class,
                                 struct str pg_result)
{
    bool gone = s->shipped || s->status == AUPAY_PAYMENT_AFTER;
    if (s->status == AUPAY_REVIEW_REFUSED)
        return PAYMENT_FAILED;
    if (s->status == AUPAY_WAIT_PAYMENT)
        return PAYMENT_UNPAID_BEFORE_SHIP;
    if (s->status == AUPAY_AUTHORIZATION || s->status == AUPAY_FRAUD_REVIEW)
        return PAYMENT_AUTH_PENDING;
    if (gone || class == PAYMENT_CLASS_AFTER)
        return PAYMENT_DUE_AFTER_SHIP;
    if (class == PAYMENT_CLASS_BEFORE)
        return PAYMENT_UNPAID_BEFORE_SHIP;
    if (s->authorized || s->status == AUPAY_READY)
        return PAYMENT_AUTHORIZED;
    if (pg_result.n > 0 && !str_eq(pg_result, STR("0")))
        return PAYMENT_FAILED;
    return PAYMENT_AUTH_PENDING;
}

static enum payment_state payment_state_of(const struct xml_node *info, const struct aupay_state *s,
                                           const struct order *order)
{
    if (s->cancelled)
        return s->paid && order->billed != 0 ? PAYMENT_REFUND_DUE : PAYMENT_NONE;
    if (order->billed == 0 || order->payment_class == PAYMENT_CLASS_NONE)
        return PAYMENT_NONE;
    if (s->paid || s->status == AUPAY_DONE)
        return PAYMENT_PAID;
    return unpaid(s, order->payment_class, xml_child_text(info, "pgResult"));
}

static void read_payment(struct aupay_reader *r, const struct xml_node *info,
                         const struct aupay_state *s, struct order *order)
{
    order->payment_method = aupay_text(r, info, "settlementName");
    order->payment_method_code = STR("");
    order->payment_note = STR("");
    order->payment_class = aupay_payment_class(r->account, order->payment_method, s->status);
    order->payment_state = payment_state_of(info, s, order);
    order->paid_at = s->paid ? aupay_time(info, "paymentDate") : TIME_NONE;
    if (order->paid_at == TIME_NONE)
        return;
    order->payment_events = ARENA_ARRAY(r->arena, struct payment_event, 1);
    if (order->payment_events)
        order->payment_events[order->payment_event_count++] = (struct payment_event){
            .at = order->paid_at, .kind = STR("paid"), .amount = order->billed, .text = STR("")};
}

void aupay_money_read(struct aupay_reader *r, const struct xml_node *info,
                      const struct aupay_state *state, struct order *order)
{
    struct str settlement = xml_child_text(info, "settlementName");
    yen charge = aupay_integer(r, info, "chargePrice", 0);
    yen points = aupay_integer(r, info, "usePoint", 0);
    order->goods = aupay_integer(r, info, "totalSalePrice", 0);
    order->postage = aupay_integer(r, info, "postagePrice", 0);
    order->cod_fee = aupay_is_cod(settlement) ? charge : 0;
    order->payment_fee = charge - order->cod_fee;
    order->other_fee = aupay_integer(r, info, "totalItemOptionPrice", 0);
    order->wrapping_fee = aupay_integer(r, info, "totalGiftWrappingPrice", 0);
    order->total = aupay_integer(r, info, "totalPrice", 0);
    order->billed = aupay_integer(r, info, "requestPrice", YEN_UNDETERMINED);
    if (!add_to(&points, aupay_integer(r, info, "useAuPointPrice", 0)))
        points = 0;
    order->points = points;
    read_coupon(r, info, order);
    read_taxes(r, info, order);
    if (r->failed || !order->packages)
        return;
    read_payment(r, info, state, order);
    check_identities(r, info, order);
    if (order->billed == YEN_UNDETERMINED)
        order->marks |= ORDER_MARK_AMOUNT_UNDETERMINED;
    struct order_package *p = &order->packages[0];
    p->goods = order->goods;
    p->postage = order->postage;
    p->cod_fee = order->cod_fee;
    p->total = order->total;
}
