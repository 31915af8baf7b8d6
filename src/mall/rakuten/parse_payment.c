// SPDX-License-Identifier: Apache-2.0
//
// Money of an order (rakuten.md §5.3, §5.5, §5.6, §5.10): payment state by statuses.md §3.1,
// amounts, coupons, taxes, and whether the mall's amounts add up by its own recipe. Rakuten
// collects the money of its common settlement; the status tells how far that is (D-228).
#include "mall/rakuten/parse_internal.h"

struct wrapping {
    yen price; // tax included
    struct str text;
};

static struct wrapping parse_wrapping(struct order_reader *r, const char *key)
{
    struct json model = json_get(r->model, key);
    struct wrapping w = {0, STR("")};
    if (json_type(model) != JSON_OBJECT || read_flag(model, "deleteWrappingFlag"))
        return w;
    int64_t title = read_int(r, model, "title", 0);
    w.text = join_texts(r,
                        title == 1   ? STR("包装紙")
                        : title == 2 ? STR("リボン")
                                     : STR("ラッピング"),
                        ": ", read_text(r, model, "name"));
    w.price = read_money(r, model, "price", false);
    if (w.price == YEN_UNDETERMINED)
        w.price = 0;
    yen tax = read_money(r, model, "taxPrice", false);
    if (!read_flag(model, "includeTaxFlag") && tax != YEN_UNDETERMINED)
        w.price += tax;
    return w;
}

static void parse_wrappings(struct order_reader *r)
{
    struct order *o = r->order;
    struct wrapping paper = parse_wrapping(r, "WrappingModel1");
    struct wrapping ribbon = parse_wrapping(r, "WrappingModel2");
    struct str text = join_texts(r, paper.text, "\n", ribbon.text);
    o->wrapping_fee = paper.price + ribbon.price;
    if (str_is_empty(text))
        return;
    o->marks |= ORDER_MARK_WRAPPING;
    for (size_t i = 0; i < o->package_count; i++)
        o->packages[i].wrapping = text;
}

static bool undetermined(const struct order_reader *r, const char *key)
{
    int64_t value;
    return json_int(json_get(r->model, key), &value) && value == RAKUTEN_UNSET_MONEY;
}

static void parse_amounts(struct order_reader *r)
{
    struct order *o = r->order;
    static const char *const amounts[] = {"goodsPrice",    "postagePrice", "deliveryPrice",
                                          "paymentCharge", "totalPrice",   "requestPrice"};
    o->goods = read_money(r, r->model, "goodsPrice", true);
    // goodsPrice holds the wrapping, which has a field of its own here.
    if (o->goods != YEN_UNDETERMINED)
        o->goods -= o->wrapping_fee;
    o->postage = read_money(r, r->model, "postagePrice", true);
    o->cod_fee = read_money(r, r->model, "deliveryPrice", false);
    o->payment_fee = read_money(r, r->model, "paymentCharge", false);
    o->other_fee = read_money(r, r->model, "additionalFeeOccurAmountToUser", false);
    o->coupon_shop = read_money(r, r->model, "couponShopPrice", false);
    o->coupon_mall = read_money(r, r->model, "couponOtherPrice", false);
    o->points = read_money(r, json_get(r->model, "PointModel"), "usedPoint", false);
    o->billed = read_money(r, r->model, "requestPrice", true);
    yen total = read_money(r, r->model, "totalPrice", true);
    bool known = total != YEN_UNDETERMINED && o->cod_fee != YEN_UNDETERMINED &&
                 o->payment_fee != YEN_UNDETERMINED && o->other_fee != YEN_UNDETERMINED;
    o->total = known ? total + o->cod_fee + o->payment_fee + o->other_fee : YEN_UNDETERMINED;
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++)
        if (undetermined(r, amounts[i]))
            o->marks |= ORDER_MARK_AMOUNT_UNDETERMINED;
    if (o->coupon_shop == YEN_UNDETERMINED || o->coupon_mall == YEN_UNDETERMINED)
        o->marks |= ORDER_MARK_AMOUNT_UNDETERMINED;
}

static void parse_coupons(struct order_reader *r)
{
    struct order *o = r->order;
    struct json list = json_get(r->model, "CouponModelList"), coupon;
    if (json_type(list) != JSON_ARRAY)
        return;
    o->coupons = ARENA_ARRAY(r->arena, struct order_coupon, json_count(list));
    for (struct json_iter i = json_iterate(list); o->coupons && json_next(&i, &coupon);) {
        yen amount = read_money(r, coupon, "couponTotalPrice", false);
        o->coupons[o->coupon_count++] = (struct order_coupon){
            .code = read_text(r, coupon, "couponCode"),
            .name = read_text(r, coupon, "couponName"),
            .paid_by_mall = read_int(r, coupon, "couponCapitalCode", 1) != 1,
            .amount = amount == YEN_UNDETERMINED ? 0 : amount,
            .line_mall_id = read_int(r, coupon, "itemDetailId", 0),
        };
    }
}

static void parse_taxes(struct order_reader *r)
{
    struct order *o = r->order;
    struct json list = json_get(r->model, "TaxSummaryModelList"), tax;
    if (json_type(list) != JSON_ARRAY)
        return;
    o->taxes = ARENA_ARRAY(r->arena, struct tax_summary, json_count(list));
    for (struct json_iter i = json_iterate(list); o->taxes && json_next(&i, &tax);) {
        int rate = read_rate(tax, "taxRate");
        if (rate >= 0)
            o->taxes[o->tax_count++] = (struct tax_summary){
                .rate_basis_points = rate,
                .taxable = read_money(r, tax, "reqPrice", false),
                .tax = read_money(r, tax, "reqPriceTax", false),
            };
    }
}

static struct str card_note(struct order_reader *r, struct json settlement)
{
    if (json_is_null(json_get(settlement, "cardPayType")))
        return read_text(r, settlement, "cardName");
    const char *way = rakuten_card_pay_name(read_int(r, settlement, "cardPayType", -1));
    int times = rakuten_instalments(read_text(r, settlement, "cardInstallmentDesc"));
    struct str note =
        join_texts(r, read_text(r, settlement, "cardName"), " ", way ? str_from(way) : STR(""));
    return times > 0 ? arena_printf(r->arena, "%.*s%d回", STR_ARG(note), times) : note;
}

static void parse_settlement(struct order_reader *r)
{
    struct order *o = r->order;
    struct json settlement = json_get(r->model, "SettlementModel");
    read_int(r, settlement, "settlementMethodCode", 0);
    o->payment_method_code = read_text(r, settlement, "settlementMethodCode");
    o->payment_method = read_text(r, settlement, "settlementMethod");
    const char *name = rakuten_settlement_name(o->payment_method_code);
    if (str_is_empty(o->payment_method) && name)
        o->payment_method = str_from(name);
    bool known = account_payment_class(r->account, o->payment_method_code, o->payment_method,
                                       PAYMENT_CLASS_AUTHORIZATION, &o->payment_class);
    o->payment_note = card_note(r, settlement);
    // An unknown method must not look as if it were paid on delivery.
    bool common = !known || read_flag(settlement, "rpaySettlementFlag");
    rakuten_apply_payment(r->arena, o, r->progress, common);
}

static void parse_due_dates(struct order_reader *r)
{
    struct json due;
    for (struct json_iter i = json_iterate(json_get(r->model, "DueDateModelList"));
         json_next(&i, &due);) {
        day d = read_day(due, "dueDate");
        // Entries accumulate (§5.10); the last one counts.
        if (read_int(r, due, "dueDateType", -1) == 0 && d != 0)
            r->order->payment_due = d;
    }
}

void parse_payment(struct order_reader *r)
{
    parse_wrappings(r);
    parse_amounts(r);
    parse_coupons(r);
    parse_taxes(r);
    parse_settlement(r);
    parse_due_dates(r);
    if (!r->failed)
        rakuten_check_totals(r->order, read_money(r, r->model, "totalPrice", true));
}
