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

// statuses.md §3.1. `common`: Rakuten collects (楽天市場の共通決済).
static enum payment_state payment_state_of(const struct order_reader *r, bool common)
{
    enum payment_class class = r->order->payment_class;
    bool fixed = r->order->fixed_at != TIME_NONE;
    if (class == PAYMENT_CLASS_NONE || r->order->billed == 0)
        return PAYMENT_NONE;
    switch (r->progress) {
    case RAKUTEN_TO_SHIP:
    case RAKUTEN_SHIPPED:
        if (class == PAYMENT_CLASS_BEFORE)
            return common ? PAYMENT_PAID : PAYMENT_UNPAID_BEFORE_SHIP;
        return common ? PAYMENT_AUTHORIZED : PAYMENT_DUE_AFTER_SHIP;
    case RAKUTEN_PAYOUT:
    case RAKUTEN_PAID_OUT:
        return common ? PAYMENT_PAID : PAYMENT_DUE_AFTER_SHIP;
    case RAKUTEN_CANCEL_REQUESTED:
        return class == PAYMENT_CLASS_BEFORE && fixed ? PAYMENT_REFUND_DUE : PAYMENT_AUTH_PENDING;
    case RAKUTEN_CANCELLED:
        return class == PAYMENT_CLASS_BEFORE && fixed ? PAYMENT_REFUNDED : PAYMENT_NONE;
    default:
        if (class == PAYMENT_CLASS_BEFORE)
            return PAYMENT_UNPAID_BEFORE_SHIP;
        return PAYMENT_AUTH_PENDING;
    }
}

static void parse_payment_events(struct order_reader *r, bool common)
{
    struct order *o = r->order;
    bool paid = o->payment_state == PAYMENT_PAID;
    bool authorised = o->payment_state == PAYMENT_AUTHORIZED;
    if (!common || o->fixed_at == TIME_NONE || (!paid && !authorised))
        return;
    o->payment_events = ARENA_NEW(r->arena, struct payment_event);
    if (!o->payment_events)
        return;
    o->payment_event_count = 1;
    o->payment_events[0] = (struct payment_event){
        .at = o->fixed_at,
        .kind = paid ? STR("paid") : STR("authorized"),
        .amount = o->billed == YEN_UNDETERMINED ? 0 : o->billed,
        .text = STR("楽天の注文確定日時による"),
    };
    // Only the date of the status is known, not that of the money (D-228).
    if (o->payment_class == PAYMENT_CLASS_BEFORE)
        o->paid_at = o->fixed_at;
}

static void parse_settlement(struct order_reader *r)
{
    struct order *o = r->order;
    struct json settlement = json_get(r->model, "SettlementModel");
    int64_t code = read_int(r, settlement, "settlementMethodCode", 0);
    const struct rakuten_settlement *known = rakuten_settlement(code);
    o->payment_method_code = read_text(r, settlement, "settlementMethodCode");
    o->payment_method = read_text(r, settlement, "settlementMethod");
    if (str_is_empty(o->payment_method) && known)
        o->payment_method = str_from(known->name);
    o->payment_class = known ? known->class : PAYMENT_CLASS_AUTHORIZATION;
    o->payment_note = card_note(r, settlement);
    // An unknown method must not look as if it were paid on delivery.
    bool common = !known || read_flag(settlement, "rpaySettlementFlag");
    o->payment_state = payment_state_of(r, common);
    parse_payment_events(r, common);
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

// Σ lines as the mall prices them; `stated` takes the price as printed, else tax included.
static bool lines_add_up(const struct order *o, bool stated, yen wanted)
{
    yen sum = 0;
    for (size_t i = 0; i < o->package_count; i++) {
        for (size_t k = 0; k < o->packages[i].line_count; k++) {
            const struct order_line *l = &o->packages[i].lines[k];
            yen price = stated ? l->unit_price : l->unit_price_tax_included, part;
            if (price == YEN_UNDETERMINED || __builtin_mul_overflow(price, l->quantity, &part) ||
                __builtin_add_overflow(sum, part, &sum))
                return false;
        }
    }
    return sum == wanted;
}

// The official recipe of the screen's totals (§5.3). COD orders exist with and without the fee in
// requestPrice, so both are taken as right.
static void check_totals(struct order_reader *r)
{
    struct order *o = r->order;
    if (o->marks & ORDER_MARK_AMOUNT_UNDETERMINED || r->failed)
        return;
    yen total = read_money(r, r->model, "totalPrice", true), postage = 0;
    yen due = total + o->payment_fee + o->other_fee - o->coupon_shop - o->coupon_mall - o->points;
    bool right = total == o->goods + o->wrapping_fee + o->postage;
    right = right && (o->billed == due || o->billed == due + o->cod_fee);
    right = right && (lines_add_up(o, false, o->goods) || lines_add_up(o, true, o->goods));
    for (size_t i = 0; i < o->package_count; i++)
        postage += o->packages[i].postage == YEN_UNDETERMINED ? 0 : o->packages[i].postage;
    right = right && postage == o->postage;
    if (!right)
        o->marks |= ORDER_MARK_TOTAL_MISMATCH;
}

void parse_payment(struct order_reader *r)
{
    parse_wrappings(r);
    parse_amounts(r);
    parse_coupons(r);
    parse_taxes(r);
    parse_settlement(r);
    parse_due_dates(r);
    check_totals(r);
}
