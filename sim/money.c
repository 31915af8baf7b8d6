// SPDX-License-Identifier: Apache-2.0
//
// Amounts of a neutral order, consistent by construction (held by tests/sim/test_world.c):
//   goods   = Σ unit price × quantity
//   total   = goods + wrapping + postage + cash-on-delivery fee + payment fee
//   billed  = total − coupons − points, never negative; 0 exactly when points cover everything
//   Σ taxes[].taxable = total − coupons (points are a means of payment, not a discount)
// With undetermined postage total, billed and taxes are undetermined too.
#include "sim/internal.h"

#define FREE_POSTAGE_FROM 3980
#define POSTAGE 660
#define POSTAGE_COOL 330
#define POSTAGE_ISLAND 1100
#define COD_FEE 330
#define DEFERRED_FEE 250
#define PAPER_FEE 110
#define RIBBON_FEE 220

static yen postage_of(const struct sim_destination *d, bool island)
{
    bool all_free = true;
    for (size_t i = 0; i < d->line_count; i++)
        all_free = all_free && d->lines[i].item->postage_free;
    yen cool = d->temperature == SIM_NORMAL ? 0 : POSTAGE_COOL;
    if (island)
        return POSTAGE + POSTAGE_ISLAND + cool;
    return all_free || d->goods >= FREE_POSTAGE_FROM ? cool : POSTAGE + cool;
}

static void add_up_destination(struct sim_order *order, struct sim_destination *d)
{
    d->goods = 0;
    for (size_t i = 0; i < d->line_count; i++)
        d->goods += d->lines[i].unit_price * d->lines[i].quantity;
    d->wrapping = (str_is_empty(d->wrapping_paper) ? 0 : PAPER_FEE) +
                  (str_is_empty(d->wrapping_ribbon) ? 0 : RIBBON_FEE);
    d->cod_fee = order->payment == SIM_PAY_COD ? COD_FEE : 0;
    d->postage = order->features & SIM_FEATURE_UNDETERMINED_POSTAGE
                     ? YEN_UNDETERMINED
                     : postage_of(d, d->recipient.remote_island);
    order->goods += d->goods;
    order->wrapping += d->wrapping;
    order->cod_fee += d->cod_fee;
    if (d->postage != YEN_UNDETERMINED)
        order->postage += d->postage;
}

static yen goods_at_rate(const struct sim_order *order, int rate)
{
    yen sum = 0;
    for (size_t i = 0; i < order->destination_count; i++) {
        const struct sim_destination *d = &order->destinations[i];
        for (size_t k = 0; k < d->line_count; k++)
            if (d->lines[k].tax_rate_basis_points == rate)
                sum += d->lines[k].unit_price * d->lines[k].quantity;
    }
    return sum;
}

static void deduct(struct sim_order *order, const struct rng *rng)
{
    yen goods = order->goods;
    if (order->features & SIM_FEATURE_SHOP_COUPON) {
        order->coupon_shop = goods / 100 * 10 < 1000 ? goods / 100 * 10 : 1000;
        order->coupon_name = STR("店内全品10%OFFクーポン");
    }
    if (order->features & SIM_FEATURE_MALL_COUPON) {
        yen wanted = rng_below(rng, 2) ? 500 : 200;
        order->coupon_mall = goods - order->coupon_shop > 2 * wanted ? wanted : 100;
        if (str_is_empty(order->coupon_name))
            order->coupon_name = STR("モール会員限定クーポン");
    }
    if (order->postage == YEN_UNDETERMINED) {
        order->points = 0;
        return;
    }
    yen rest = order->total - order->coupon_shop - order->coupon_mall;
    if (order->payment == SIM_PAY_POINTS)
        order->points = rest;
    else if (order->features & SIM_FEATURE_USED_POINTS)
        order->points = 1 + (yen)rng_below(rng, (uint64_t)(rest / 2 + 1));
}

// Fees carry 10 %; coupons come off the rates in proportion to the goods.
static void split_taxes(struct sim_order *order)
{
    static const int rates[] = {1000, 800};
    yen fees = order->total == YEN_UNDETERMINED ? 0 : order->total - order->goods;
    yen coupons = order->coupon_shop + order->coupon_mall;
    yen reduced = goods_at_rate(order, 800);
    yen reduced_coupons = order->goods ? coupons * reduced / order->goods : 0;
    for (int i = 0; i < 2; i++) {
        yen goods = i ? reduced : order->goods - reduced;
        yen taxable = i ? goods - reduced_coupons : goods + fees - (coupons - reduced_coupons);
        if (!goods && (i || !taxable))
            continue;
        struct sim_tax *tax = &order->taxes[order->tax_count++];
        tax->rate_basis_points = rates[i];
        tax->taxable = order->total == YEN_UNDETERMINED ? YEN_UNDETERMINED : taxable;
        tax->tax = order->total == YEN_UNDETERMINED ? YEN_UNDETERMINED
                                                    : taxable * rates[i] / (10000 + rates[i]);
    }
}

void sim_order_add_up(struct sim_order *order, const struct rng *rng)
{
    order->goods = order->wrapping = order->postage = order->cod_fee = 0;
    for (size_t i = 0; i < order->destination_count; i++)
        add_up_destination(order, &order->destinations[i]);
    order->payment_fee = order->payment == SIM_PAY_DEFERRED ? DEFERRED_FEE : 0;
    order->total =
        order->goods + order->wrapping + order->postage + order->cod_fee + order->payment_fee;
    bool undetermined = (order->features & SIM_FEATURE_UNDETERMINED_POSTAGE) != 0;
    if (undetermined)
        order->postage = order->total = YEN_UNDETERMINED;
    order->coupon_name = STR("");
    deduct(order, rng);
    order->billed = undetermined
                        ? YEN_UNDETERMINED
                        : order->total - order->coupon_shop - order->coupon_mall - order->points;
    order->tax_count = 0;
    split_taxes(order);
}
