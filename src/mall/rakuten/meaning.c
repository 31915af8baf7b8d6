// SPDX-License-Identifier: Apache-2.0
//
// What Rakuten's codes and amounts mean (statuses.md §3.1, rakuten.md §5.3, §11). Rakuten collects
// the money of its common settlement; how far that is, only the status tells (D-228).
#include "mall/rakuten/meaning.h"
#include "mall/rakuten/codes.h"

void rakuten_apply_status(struct arena *arena, struct order *order, int64_t progress)
{
    const char *name = rakuten_status_name(progress);
    order->mall_status = arena_printf(arena, "%lld", (long long)progress);
    order->mall_status_label = name ? str_from(name) : order->mall_status;
    switch (progress) {
    case RAKUTEN_WAITS_FOR_CONFIRMATION:
        order->state = ORDER_NEW;
        break;
    case RAKUTEN_TO_SHIP:
    case RAKUTEN_SHIPPED:
        order->state = ORDER_ACCEPTED;
        break;
    case RAKUTEN_PAYOUT:
    case RAKUTEN_PAID_OUT:
        order->state = ORDER_DONE;
        break;
    case RAKUTEN_CANCEL_REQUESTED:
        order->state = ORDER_CANCEL_REQUESTED;
        break;
    case RAKUTEN_CANCELLED:
        order->state = ORDER_CANCELLED;
        break;
    default:
        // 200 and 400 are Rakuten's turn; with a code we don't know nothing may be shipped either.
        order->state = ORDER_MALL_PROCESSING;
        break;
    }
}

static enum payment_state payment_state_of(const struct order *order, int64_t progress, bool common)
{
    enum payment_class class = order->payment_class;
    bool fixed = order->fixed_at != TIME_NONE;
    if (class == PAYMENT_CLASS_NONE || order->billed == 0)
        return PAYMENT_NONE;
    switch (progress) {
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
        return class == PAYMENT_CLASS_BEFORE ? PAYMENT_UNPAID_BEFORE_SHIP : PAYMENT_AUTH_PENDING;
    }
}

void rakuten_apply_payment(struct arena *arena, struct order *order, int64_t progress, bool common)
{
    order->payment_state = payment_state_of(order, progress, common);
    bool paid = order->payment_state == PAYMENT_PAID;
    bool authorised = order->payment_state == PAYMENT_AUTHORIZED;
    if (!common || order->fixed_at == TIME_NONE || (!paid && !authorised))
        return;
    order->payment_events = ARENA_NEW(arena, struct payment_event);
    if (!order->payment_events)
        return;
    order->payment_event_count = 1;
    order->payment_events[0] = (struct payment_event){
        .at = order->fixed_at,
        .kind = paid ? STR("paid") : STR("authorized"),
        .amount = order->billed == YEN_UNDETERMINED ? 0 : order->billed,
        .text = STR("楽天の注文確定日時による"),
    };
    // Only the date of the status is known, not that of the money.
    if (order->payment_class == PAYMENT_CLASS_BEFORE)
        order->paid_at = order->fixed_at;
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

// COD orders exist with and without the fee in requestPrice, so both are taken as right.
void rakuten_check_totals(struct order *o, yen total_price)
{
    yen postage = 0;
    if (o->marks & ORDER_MARK_AMOUNT_UNDETERMINED || total_price == YEN_UNDETERMINED)
        return;
    yen due =
        total_price + o->payment_fee + o->other_fee - o->coupon_shop - o->coupon_mall - o->points;
    bool right = total_price == o->goods + o->wrapping_fee + o->postage;
    right = right && (o->billed == due || o->billed == due + o->cod_fee);
    right = right && (lines_add_up(o, false, o->goods) || lines_add_up(o, true, o->goods));
    for (size_t i = 0; i < o->package_count; i++)
        postage += o->packages[i].postage == YEN_UNDETERMINED ? 0 : o->packages[i].postage;
    right = right && postage == o->postage;
    if (!right)
        o->marks |= ORDER_MARK_TOTAL_MISMATCH;
}

enum shipment_state rakuten_package_state(int64_t progress, const struct order_package *package,
                                          time_ms now)
{
    bool shipped = package->shipment_count > 0, labelled = false;
    for (size_t i = 0; i < package->shipment_count; i++) {
        const struct shipment *s = &package->shipments[i];
        labelled = labelled || s->tracking_number.n > 0;
        if (s->ship_date == 0 || s->ship_date > day_in_jst(now) ||
            str_is_empty(s->carrier_mall_code))
            shipped = false;
    }
    if (progress == RAKUTEN_CANCELLED)
        return SHIPMENT_VOID;
    if (progress >= RAKUTEN_SHIPPED && progress <= RAKUTEN_PAID_OUT)
        return SHIPMENT_SHIPPED;
    if (shipped)
        return SHIPMENT_SHIPPED;
    return labelled ? SHIPMENT_LABELLED : SHIPMENT_WAITING;
}

static bool is_heading(struct str line)
{
    return str_starts(line, STR("[")) && str_ends(line, STR(":]"));
}

bool rakuten_remarks_hold_comment(struct str remarks)
{
    struct str line;
    bool wish = false;
    while (str_split(&remarks, '\n', &line)) {
        line = str_trim(line);
        if (str_is_empty(line))
            continue;
        if (is_heading(line))
            wish = str_eq(line, STR("[配送日時指定:]"));
        else if (!wish)
            return true;
    }
    return false;
}

struct str rakuten_delivery_wish(struct arena *arena, struct str remarks)
{
    struct str line, wish = STR("");
    bool inside = false;
    while (str_split(&remarks, '\n', &line)) {
        line = str_trim(line);
        if (is_heading(line))
            inside = str_eq(line, STR("[配送日時指定:]"));
        else if (inside && line.n > 0)
            wish = str_is_empty(wish)
                       ? line
                       : arena_printf(arena, "%.*s %.*s", STR_ARG(wish), STR_ARG(line));
    }
    return wish;
}
