// SPDX-License-Identifier: Apache-2.0
//
// A row of either API as canonical order (statuses.md §3.6). Prices are stated without tax while
// totals hold it (makeshop.md §2.3), so goods are what the total leaves once everything else that
// was told is taken off; only a difference that rounding can't explain is marked. Whether the total
// is before or after deductions wasn't seen: whichever adds up is taken. Pure; any thread.
#include "mall/makeshop/internal.h"
#include "mall/wire_text.h"

int makeshop_row_delivery(const struct makeshop_row *row)
{
    int least = MAKESHOP_BACK;
    for (size_t i = 0; i < row->destination_count; i++)
        if (row->destinations[i].state < least)
            least = row->destinations[i].state;
    return row->destination_count > 0 ? least : MAKESHOP_NOT_YET;
}

static bool is_paid(const struct makeshop_row *row)
{
    return row->payment == MAKESHOP_PAID || row->payment == MAKESHOP_AUTHORIZED;
}

struct str makeshop_row_status(struct arena *arena, const struct makeshop_row *row)
{
    return makeshop_compact(arena, row->status, is_paid(row), makeshop_row_delivery(row));
}

struct str makeshop_row_choice(const struct makeshop_row *row)
{
    return makeshop_choice(row->status, makeshop_row_delivery(row));
}

struct str makeshop_row_mark(struct arena *arena, const struct makeshop_row *row)
{
    AUTO_BUF text = buf_make((size_t)1 << 20);
    buf_addf(&text, "%d/%.*s/%lld", row->status, STR_ARG(row->payment_words), (long long)row->sum);
    for (size_t i = 0; i < row->destination_count; i++) {
        const struct makeshop_destination *d = &row->destinations[i];
        buf_addf(&text, "|%.*s:%d:%.*s", STR_ARG(d->id), d->state, STR_ARG(d->number));
    }
    return arena_printf(arena, "%016llx", (unsigned long long)str_hash(buf_str(&text)));
}

// --- money ---

static bool is_near(yen a, yen b, int64_t tolerance)
{
    yen difference = a - b;
    return difference <= tolerance && difference >= -tolerance;
}

static yen with_rate(const struct makeshop_line *l, int64_t rate)
{
    return l->price + (l->price * rate + 5000) / 10000;
}

// GraphQL tells no rates: the reduced one where the destination's sum fits it and not the other.
static int rate_of(const struct makeshop_destination *d, const struct makeshop_line *l)
{
    yen sum[2] = {0, 0};
    int64_t pieces = 1;
    if (l->rate_basis_points >= 0 || d->subtotal == YEN_UNDETERMINED)
        return l->rate_basis_points >= 0 ? l->rate_basis_points : 1000;
    for (size_t i = 0; i < d->line_count; i++) {
        yen full, reduced;
        if (__builtin_mul_overflow(with_rate(&d->lines[i], 1000), d->lines[i].amount, &full) ||
            __builtin_mul_overflow(with_rate(&d->lines[i], 800), d->lines[i].amount, &reduced) ||
            __builtin_add_overflow(sum[0], full, &sum[0]) ||
            __builtin_add_overflow(sum[1], reduced, &sum[1]) ||
            __builtin_add_overflow(pieces, d->lines[i].amount, &pieces))
            return 1000;
    }
    bool fits = is_near(sum[1], d->subtotal, pieces) && !is_near(sum[0], d->subtotal, pieces);
    return fits ? 800 : 1000;
}

static yen with_tax(const struct makeshop_destination *d, const struct makeshop_line *l)
{
    return with_rate(l, rate_of(d, l));
}

static yen sum_of_lines(const struct makeshop_row *row, int64_t *pieces)
{
    yen sum = 0;
    *pieces = 1;
    for (size_t i = 0; i < row->destination_count; i++) {
        const struct makeshop_destination *d = &row->destinations[i];
        for (size_t k = 0; k < d->line_count; k++) {
            yen subtotal;
            if (__builtin_mul_overflow(with_tax(d, &d->lines[k]), d->lines[k].amount, &subtotal) ||
                __builtin_add_overflow(sum, subtotal, &sum))
                return YEN_UNDETERMINED;
            // Half a yen of rounding per piece, and reduced rates that the API doesn't tell.
            *pieces += d->lines[k].amount;
        }
    }
    return sum;
}

static yen told_goods(const struct makeshop_row *row)
{
    yen sum = 0;
    for (size_t i = 0; i < row->destination_count; i++) {
        if (row->destinations[i].subtotal == YEN_UNDETERMINED)
            return YEN_UNDETERMINED;
        sum += row->destinations[i].subtotal;
    }
    return sum;
}

static yen postage_of(const struct makeshop_row *row)
{
    yen sum = 0;
    if (row->postage != YEN_UNDETERMINED)
        return row->postage;
    for (size_t i = 0; i < row->destination_count; i++)
        if (row->destinations[i].postage != YEN_UNDETERMINED)
            sum += row->destinations[i].postage;
    return sum;
}

static void read_money(const struct makeshop_row *row, struct order *o)
{
    int64_t pieces;
    yen lines = sum_of_lines(row, &pieces), told = told_goods(row);
    yen goods = told != YEN_UNDETERMINED ? told : lines;
    yen off = row->bulk + row->coupon + row->points + row->discount;
    o->postage = postage_of(row);
    o->coupon_shop = row->coupon;
    o->points = row->points;
    o->discount = row->bulk + row->discount;
    bool cod = str_eq(row->pay_code, STR("R")) || str_eq(row->pay_name, STR("代金引換"));
    o->cod_fee = cod ? row->fee : 0;
    o->payment_fee = cod ? 0 : row->fee;
    if (row->sum == YEN_UNDETERMINED || goods == YEN_UNDETERMINED) {
        o->goods = o->total = o->billed = YEN_UNDETERMINED;
        o->marks |= ORDER_MARK_AMOUNT_UNDETERMINED;
        return;
    }
    yen whole = goods + o->postage + row->fee;
    bool before =
        off > 0 && is_near(row->sum, whole, pieces) && !is_near(row->sum, whole - off, pieces);
    o->billed = before ? row->sum - off : row->sum;
    o->total = o->billed + off;
    o->goods = goods;
    yen rest = o->total - whole;
    if (told == YEN_UNDETERMINED && is_near(rest, 0, pieces))
        o->goods += rest; // rounding of the tax
    else
        o->adjustment = rest; // GraphQL tells neither fees nor used points
    if (row->points_told && !is_near(rest, 0, pieces))
        o->marks |= ORDER_MARK_TOTAL_MISMATCH;
}

// --- payment and states ---

static void read_payment(const struct mall_account *account, const struct makeshop_row *row,
                         struct order *o)
{
    enum payment_class class;
    o->payment_method_code = row->pay_code;
    o->payment_method = row->pay_name.n > 0 ? row->pay_name : row->pay_code;
    // Card codes were not seen; who pays by an unknown method is not trusted before it is paid.
    account_payment_class(account, row->pay_code, o->payment_method, PAYMENT_CLASS_AUTHORIZATION,
                          &class);
    o->payment_class = class;
    switch (row->payment) {
    case MAKESHOP_PAID:
        o->payment_state = PAYMENT_PAID;
        break;
    case MAKESHOP_AUTHORIZED:
        o->payment_state = PAYMENT_AUTHORIZED;
        break;
    case MAKESHOP_PAYMENT_FAILED:
        o->payment_state = PAYMENT_FAILED;
        break;
    case MAKESHOP_REFUNDED:
        o->payment_state = PAYMENT_REFUNDED;
        break;
    case MAKESHOP_UNPAID:
    case MAKESHOP_PAYMENT_UNKNOWN:
    case MAKESHOP_PAYMENT_PROVISIONAL:
        o->payment_state = class == PAYMENT_CLASS_BEFORE  ? PAYMENT_UNPAID_BEFORE_SHIP
                           : class == PAYMENT_CLASS_AFTER ? PAYMENT_DUE_AFTER_SHIP
                           : class == PAYMENT_CLASS_NONE  ? PAYMENT_NONE
                                                          : PAYMENT_AUTH_PENDING;
        break;
    }
    if (o->billed == 0 && o->payment_state == PAYMENT_AUTH_PENDING)
        o->payment_state = PAYMENT_NONE;
    if (row->status == MAKESHOP_PROVISIONAL)
        o->payment_state = PAYMENT_AUTH_PENDING;
}

static void read_state(const struct makeshop_row *row, struct order *o)
{
    int delivery = makeshop_row_delivery(row);
    bool settled = o->payment_state == PAYMENT_PAID || o->payment_state == PAYMENT_AUTHORIZED ||
                   o->payment_state == PAYMENT_NONE;
    if (row->status == MAKESHOP_PROVISIONAL)
        o->state = ORDER_PROVISIONAL;
    else if (row->status == MAKESHOP_CANCELLED)
        o->state = ORDER_CANCELLED;
    else
        o->state = delivery == MAKESHOP_DONE && settled ? ORDER_DONE : ORDER_ACCEPTED;
    o->mall_status_label = str_from(makeshop_status_label(row->status, delivery));
}

static enum shipment_state package_state(const struct makeshop_row *row,
                                         const struct makeshop_destination *d,
                                         const struct order *o)
{
    if (row->status == MAKESHOP_CANCELLED)
        return SHIPMENT_VOID;
    switch (d->state) {
    case MAKESHOP_DONE:
        return SHIPMENT_SHIPPED;
    case MAKESHOP_BACK:
        return SHIPMENT_RETURNED;
    case MAKESHOP_INSTRUCTED:
    case MAKESHOP_PREPARING:
        return SHIPMENT_INSTRUCTED;
    default:
        return payment_allows_shipping(o->payment_state) && row->status == MAKESHOP_NORMAL
                   ? SHIPMENT_READY
                   : SHIPMENT_WAITING;
    }
}

// --- packages ---

static struct str first_of(struct str a, struct str b, struct str c)
{
    return a.n > 0 ? a : b.n > 0 ? b : c;
}

// "色：赤,サイズ：M" as one line each (§2.3).
static struct str options_of(struct arena *arena, struct str text)
{
    AUTO_BUF out = buf_make((size_t)1 << 18);
    struct str part;
    while (str_split(&text, ',', &part)) {
        ptrdiff_t colon = str_find(part, STR("："));
        buf_addf(&out, "%s", out.n ? "\n" : "");
        if (colon < 0)
            buf_add(&out, str_trim(part));
        else
            buf_addf(&out, "%.*s:%.*s", STR_ARG(str_trim(str_slice(part, 0, (size_t)colon))),
                     STR_ARG(str_trim(str_slice(part, (size_t)colon + 3, part.n))));
    }
    return str_dup(arena, buf_str(&out));
}

static bool make_lines(struct arena *arena, const struct makeshop_destination *d,
                       struct order_package *p, int *number)
{
    p->lines = ARENA_ARRAY(arena, struct order_line, d->line_count);
    for (size_t i = 0; p->lines && i < d->line_count; i++) {
        const struct makeshop_line *l = &d->lines[i];
        struct order_line *line = &p->lines[p->line_count++];
        int at = ++*number;
        *line = (struct order_line){
            .number = at,
            .mall_line_id = arena_printf(arena, "%d", at),
            .item_code = first_of(l->custom_code, l->product_code, STR("")),
            .item_id = l->product_code,
            .sku = first_of(l->option_code, l->custom_code, l->product_code),
            .system_sku = l->option_code,
            .jan = l->jan,
            .title = l->title,
            .options = options_of(arena, l->options),
            .unit_price = l->price,
            .unit_price_tax_included = with_tax(d, l),
            .quantity = l->amount,
            .tax_rate_basis_points = l->rate_basis_points,
            .lead_time = STR(""),
            .auction_id = STR(""),
            .auction_merchant_id = STR(""),
            .release_at = TIME_NONE,
        };
        if (__builtin_mul_overflow(line->unit_price_tax_included, l->amount, &line->subtotal))
            line->subtotal = YEN_UNDETERMINED;
        p->goods += line->subtotal == YEN_UNDETERMINED ? 0 : line->subtotal;
    }
    return p->lines != NULL;
}

static bool make_shipment(struct arena *arena, const struct mall_account *account,
                          const struct makeshop_destination *d, struct order_package *p)
{
    bool told = d->number.n > 0 || d->state == MAKESHOP_DONE;
    if (!told)
        return true;
    p->shipments = ARENA_NEW(arena, struct shipment);
    if (!p->shipments)
        return false;
    struct str carrier =
        d->carrier.n > 0 ? account_map_in(account, MAPPING_CARRIER, d->carrier) : STR_ABSENT;
    p->shipments[p->shipment_count++] = (struct shipment){
        .carrier = carrier.p ? carrier : STR(""),
        .carrier_mall_code = d->carrier.p ? d->carrier : STR(""),
        .tracking_number = d->number.p ? d->number : STR(""),
        .ship_date = d->shipped_day,
        .mall_ref = d->id,
        .source = SHIPMENT_FROM_MALL,
    };
    return true;
}

static bool same_person(const struct person *a, const struct person *b)
{
    return str_eq(a->name, b->name) && str_eq(a->prefecture, b->prefecture) &&
           (b->postal_code.n == 0 || str_eq(a->postal_code, b->postal_code));
}

static bool make_packages(struct arena *arena, const struct mall_account *account,
                          const struct makeshop_row *row, struct order *o)
{
    int lines = 0;
    o->packages = ARENA_ARRAY(arena, struct order_package, row->destination_count);
    for (size_t i = 0; o->packages && i < row->destination_count; i++) {
        const struct makeshop_destination *d = &row->destinations[i];
        struct order_package *p = &o->packages[o->package_count++];
        const struct carrier *expected = carrier_from_text(d->method);
        *p = (struct order_package){
            .number = (int)i + 1,
            .mall_ref = d->id,
            .recipient = d->recipient,
            .recipient_is_orderer = same_person(&d->recipient, &row->buyer),
            .state = package_state(row, d, o),
            .delivery_method = d->method,
            .temperature = STR(""),
            .carrier = expected ? str_from(expected->code) : STR(""),
            .requested_date = d->desired_day,
            .requested_slot = mall_slot_from_text(arena, d->slot),
            .noshi = STR(""),
            .wrapping = STR(""),
            .gift_message = STR(""),
            .drop_off = STR(""),
            .delivery_note = d->note,
            .pickup_store = STR(""),
            .postage = d->postage == YEN_UNDETERMINED ? 0 : d->postage,
        };
        if (d->desired_day != 0 || p->requested_slot.n > 0)
            o->marks |= ORDER_MARK_DATE_REQUESTED;
        if (!make_lines(arena, d, p, &lines) || !make_shipment(arena, account, d, p))
            return false;
        p->total = p->goods + p->postage;
    }
    if (o->package_count > 1)
        o->marks |= ORDER_MARK_SEVERAL_DESTINATIONS;
    return o->packages != NULL;
}

static bool make_extras(struct arena *arena, const struct makeshop_row *row, struct order *o)
{
    const struct order_extra all[] = {
        {STR("systemOrderNumber"), STR("システム注文番号"), row->system_no},
        {STR("memberId"), STR("会員ID"), row->member},
        {STR("paymentStatus"), STR("決済状態"), row->payment_words},
    };
    o->extras = ARENA_ARRAY(arena, struct order_extra, sizeof all / sizeof all[0]);
    for (size_t i = 0; o->extras && i < sizeof all / sizeof all[0]; i++)
        if (all[i].value.n > 0)
            o->extras[o->extra_count++] = all[i];
    return o->extras != NULL;
}

bool makeshop_order_make(struct arena *arena, const struct mall_account *account,
                         const struct makeshop_row *row, struct order *o, struct error *error)
{
    order_init(o);
    o->shop_id = account->shop_id;
    o->mall = STR("makeshop");
    o->order_no = row->order_no;
    o->channel = o->mall_sub_status = o->cancel_reason = o->payment_note = STR("");
    o->mall_status = makeshop_row_status(arena, row);
    o->mall_update_mark = makeshop_row_mark(arena, row);
    o->ordered_at = row->ordered_at;
    o->orderer = row->buyer;
    o->buyer_note = row->note;
    o->marks |= row->note.n > 0 ? ORDER_MARK_COMMENT : 0;
    o->mall_memo = row->status == MAKESHOP_PROVISIONAL ? STR("[仮注文]") : STR("");
    read_money(row, o);
    read_payment(account, row, o);
    read_state(row, o);
    bool made = make_packages(arena, account, row, o) && make_extras(arena, row, o);
    if (!made || arena_failed(arena))
        return error_no_memory(error);
    o->shipment_state = order_roll_up_shipment(o);
    for (size_t i = 0; i < o->package_count; i++)
        if (o->packages[i].state == SHIPMENT_SHIPPED && o->packages[i].shipments[0].ship_date)
            o->shipped_at = day_start_jst(o->packages[i].shipments[0].ship_date);
    return order_validate(o, error);
}
