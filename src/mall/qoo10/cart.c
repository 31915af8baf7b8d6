// SPDX-License-Identifier: Apache-2.0
//
// Lines of a cart as one canonical order (qoo10.md §3, §4.3). The cart is the order; lines that
// were cancelled for good leave it while others go on, so that nobody packs them, and are named
// beside it; when all are gone the order is cancelled and keeps them. One package per recipient and
// address; a parcel carries the order numbers of its lines as its reference.
#include "mall/qoo10/internal.h"
#include "mall/wire_text.h"

#define EXTRAS_MAX 64
#define LINES_MAX 1000

struct reading {
    struct arena *arena;
    const struct mall_account *account;
    const struct qoo10_line *lines; // those that make the order
    size_t count;
    struct order *o;
    struct error *error;
};

static struct str text(const struct reading *r, const struct qoo10_line *l, enum qoo10_field field)
{
    return qoo10_text(r->arena, l->has_row ? l->row : l->claim_row, field);
}

// The first line that says something.
static struct str any_text(const struct reading *r, enum qoo10_field field)
{
    for (size_t i = 0; i < r->count; i++) {
        struct str value = text(r, &r->lines[i], field);
        if (value.n > 0)
            return value;
    }
    return STR("");
}

static void add_extra(struct reading *r, const char *key, const char *label, struct str value)
{
    if (str_is_empty(value) || str_eq(value, STR("0")) || r->o->extra_count >= EXTRAS_MAX)
        return;
    r->o->extras[r->o->extra_count++] =
        (struct order_extra){.key = str_from(key), .label = str_from(label), .value = value};
}

// --- people ---

// "+81--" is an empty phone (§4.3).
static struct str phone(const struct reading *r, const struct qoo10_line *l,
                        enum qoo10_field mobile, enum qoo10_field fixed)
{
    enum qoo10_field fields[] = {mobile, fixed};
    for (size_t i = 0; i < 2; i++) {
        struct str number = phone_normalise(r->arena, text(r, l, fields[i]));
        if (number.n > 4)
            return number;
    }
    return STR("");
}

static void read_orderer(struct reading *r)
{
    const struct qoo10_line *l = &r->lines[0];
    struct person *p = &r->o->orderer;
    p->name = text(r, l, Q_BUYER);
    p->name_kana = text(r, l, Q_BUYER_KANA);
    p->phone = phone(r, l, Q_BUYER_MOBILE, Q_BUYER_TEL);
    p->email = text(r, l, Q_BUYER_EMAIL);
}

// Address1 is prefecture and city, but may lack the prefecture; the answer about one number has the
// whole address only.
static void read_address(const struct reading *r, const struct qoo10_line *l, struct person *p)
{
    struct str front = text(r, l, Q_ADDRESS1), rest = text(r, l, Q_ADDRESS2);
    struct str whole = text(r, l, Q_ADDRESS);
    bool split = front.n > 0 || rest.n > 0;
    struct str from = split ? front : whole;
    int number = prefecture_number(from);
    p->prefecture = STR("");
    if (number > 0) {
        p->prefecture = prefecture_name(number);
        from = str_trim(str_slice(from, p->prefecture.n, from.n));
    }
    p->city = split ? from : STR("");
    p->address1 = split ? rest : from;
}

static void read_recipient(const struct reading *r, const struct qoo10_line *l, struct person *p)
{
    p->name = text(r, l, Q_RECEIVER);
    p->name_kana = text(r, l, Q_RECEIVER_KANA);
    p->postal_code = postal_code_normalise(r->arena, text(r, l, Q_ZIP));
    p->phone = phone(r, l, Q_RECEIVER_MOBILE, Q_RECEIVER_TEL);
    read_address(r, l, p);
}

// --- what was wished ---

// "2026-09-08 ", "14:00~16:00", "2026-09-08 14:00~16:00" (§4.3).
static void read_wish(struct reading *r, const struct qoo10_line *l, struct order_package *p)
{
    struct str wish = text(r, l, Q_DESIRED);
    day d;
    if (wish.n >= 10 && day_parse(str_slice(wish, 0, 10), &d) && day_is_valid(d)) {
        p->requested_date = d;
        wish = str_trim(str_slice(wish, 10, wish.n));
    }
    struct str mapped = account_map_in(r->account, MAPPING_SLOT, wish);
    p->requested_slot = mapped.p ? str_dup(r->arena, mapped) : mall_slot_from_text(r->arena, wish);
    if (!p->requested_slot.p)
        p->requested_slot = STR("");
    if (p->requested_date != 0 || p->requested_slot.n > 0)
        r->o->marks |= ORDER_MARK_DATE_REQUESTED;
}

// --- lines ---

// "名前:値 / 名前:値(+699円)" as lines.
static struct str options(const struct reading *r, struct str given)
{
    AUTO_BUF out = buf_make(64 * 1024);
    for (struct str rest = given; rest.n > 0;) {
        ptrdiff_t at = str_find(rest, STR(" / "));
        struct str part = at < 0 ? rest : str_slice(rest, 0, (size_t)at);
        if (out.n > 0)
            buf_add_char(&out, '\n');
        buf_add(&out, str_trim(part));
        rest = at < 0 ? STR("") : str_slice(rest, (size_t)at + 3, rest.n);
    }
    return str_dup(r->arena, buf_str(&out));
}

static bool read_line(struct reading *r, const struct qoo10_line *from, struct order_line *l)
{
    int64_t price, quantity, discount, total;
    if (!qoo10_number(from->has_row ? from->row : from->claim_row, Q_QUANTITY, &quantity) ||
        quantity < 0 || !qoo10_number(from->row, Q_PRICE, &price) ||
        !qoo10_number(from->row, Q_DISCOUNT, &discount) ||
        !qoo10_number(from->has_row ? from->row : from->claim_row, Q_TOTAL, &total))
        return error_set(r->error, ERROR_MALFORMED, "qoo10.field_unreadable",
                         "注文番号 %lld の項目 %s を読み取れません。",
                         "Field %2$s of order number %1$lld can't be read.",
                         (long long)from->order_no, "OrderPrice / OrderQty / Total");
    struct str code = text(r, from, Q_OPTION_CODE), seller = text(r, from, Q_SELLER_CODE);
    *l = (struct order_line){
        .mall_line_id = arena_printf(r->arena, "%lld", (long long)from->order_no),
        .item_code = text(r, from, Q_ITEM),
        .item_id = seller,
        .sku = code,
        .system_sku = code.n > 0 ? code : seller,
        .jan = STR(""),
        .title = text(r, from, Q_TITLE),
        .options = options(r, text(r, from, Q_OPTION)),
        .unit_price = price,
        .unit_price_tax_included = price,
        .quantity = quantity,
        .tax_rate_basis_points = -1, // Qoo10 doesn't tell (§4.3)
        .tax_included = true,
        .discount = discount,
        .subtotal = total,
        .lead_time = STR(""),
        .auction_id = STR(""),
        .auction_merchant_id = STR(""),
        .release_at = TIME_NONE,
    };
    day release;
    if (str_eq(text(r, from, Q_SEND_TYPE), STR("2"))) {
        r->o->marks |= ORDER_MARK_PREORDER;
        if (day_parse(text(r, from, Q_AVAILABLE), &release) && day_is_valid(release))
            l->release_at = day_start_jst(release);
    }
    return true;
}

// --- parcels ---

static bool is_shipped(const struct qoo10_line *l)
{
    return l->status >= 4;
}

static struct shipment *parcel_of(struct reading *r, struct order_package *p, struct str carrier,
                                  struct str number)
{
    for (size_t i = 0; i < p->shipment_count; i++)
        if (qoo10_same_number(p->shipments[i].tracking_number, number))
            return &p->shipments[i];
    struct shipment *s = &p->shipments[p->shipment_count++];
    *s = (struct shipment){.carrier = qoo10_carrier_in(r->account, carrier),
                           .carrier_mall_code = carrier,
                           .tracking_number = number,
                           .mall_ref = STR(""),
                           .source = SHIPMENT_FROM_MALL};
    return s;
}

static void read_parcel(struct reading *r, const struct qoo10_line *l, struct order_package *p)
{
    struct str carrier = text(r, l, Q_CARRIER), number = text(r, l, Q_TRACKING);
    if (p->carrier.n == 0)
        p->carrier = qoo10_carrier_in(r->account, carrier);
    if (!is_shipped(l) || number.n == 0)
        return;
    struct shipment *s = parcel_of(r, p, carrier, number);
    time_ms shipped = qoo10_time(l->has_row ? l->row : l->claim_row, Q_SHIPPED_AT);
    if (shipped != TIME_NONE)
        s->ship_date = day_in_jst(shipped);
    s->mall_ref = arena_printf(r->arena, "%.*s%s%lld", STR_ARG(s->mall_ref),
                               s->mall_ref.n ? "," : "", (long long)l->order_no);
}

static enum shipment_state package_state(const struct qoo10_line *const *lines, size_t count)
{
    int least = 6;
    bool gone = true, returned = true;
    for (size_t i = 0; i < count; i++) {
        gone = gone && qoo10_line_gone(lines[i]);
        returned = returned && lines[i]->claim == 6;
        if (lines[i]->status < least)
            least = lines[i]->status;
    }
    if (gone)
        return SHIPMENT_VOID;
    if (returned)
        return SHIPMENT_RETURNED;
    return least >= 5   ? SHIPMENT_DELIVERED
           : least == 4 ? SHIPMENT_SHIPPED
           : least == 3 ? SHIPMENT_READY
                        : SHIPMENT_WAITING;
}

// --- packages ---

// The whole address without blanks, however a vocabulary cuts it.
static struct str plain_address(const struct reading *r, const struct qoo10_line *l)
{
    struct str whole = text(r, l, Q_ADDRESS);
    AUTO_BUF out = buf_make(64 * 1024);
    for (size_t i = 0; i < whole.n; i++)
        if (whole.p[i] != ' ')
            buf_add_char(&out, whole.p[i]);
    return str_dup(r->arena, buf_str(&out));
}

struct group {
    struct order_package *package;
    struct str address;
    const struct qoo10_line **lines;
    size_t count;
};

static bool same_destination(const struct group *g, const struct person *to, struct str address)
{
    const struct person *p = &g->package->recipient;
    return str_eq(p->name, to->name) && str_eq(p->postal_code, to->postal_code) &&
           (p->phone.n == 0 || to->phone.n == 0 || str_eq(p->phone, to->phone)) &&
           (g->address.n == 0 || address.n == 0 || str_eq(g->address, address));
}

static struct group *group_of(struct reading *r, struct group *groups, const struct qoo10_line *l)
{
    struct person to = {0};
    struct order *o = r->o;
    struct str address = plain_address(r, l);
    read_recipient(r, l, &to);
    // A line of which only the claim is known says little of its address.
    for (size_t i = 0; i < o->package_count; i++)
        if (!l->has_row || same_destination(&groups[i], &to, address))
            return &groups[i];
    struct group *g = &groups[o->package_count];
    struct order_package *p = g->package = &o->packages[o->package_count++];
    g->address = address;
    g->lines = ARENA_ARRAY(r->arena, const struct qoo10_line *, r->count);
    p->number = (int)o->package_count;
    p->mall_ref = arena_printf(r->arena, "%lld", (long long)l->order_no);
    p->recipient = to;
    p->recipient_is_orderer =
        str_eq(to.name, o->orderer.name) && str_eq(to.phone, o->orderer.phone);
    p->carrier = p->temperature = p->delivery_method = STR("");
    p->noshi = p->wrapping = p->gift_message = p->drop_off = p->pickup_store = STR("");
    p->delivery_note = STR("");
    p->lines = ARENA_ARRAY(r->arena, struct order_line, r->count);
    p->shipments = ARENA_ARRAY(r->arena, struct shipment, r->count);
    read_wish(r, l, p);
    return g->lines && p->lines && p->shipments ? g : NULL;
}

static bool read_packages(struct reading *r)
{
    struct order *o = r->o;
    struct group *groups = ARENA_ARRAY(r->arena, struct group, r->count);
    o->packages = ARENA_ARRAY(r->arena, struct order_package, r->count);
    if (!groups || !o->packages)
        return error_no_memory(r->error);
    for (size_t i = 0; i < r->count; i++) {
        struct group *g = group_of(r, groups, &r->lines[i]);
        if (!g)
            return error_no_memory(r->error);
        struct order_line *line = &g->package->lines[g->package->line_count++];
        if (!read_line(r, &r->lines[i], line))
            return false;
        line->number = (int)i + 1;
        g->lines[g->count++] = &r->lines[i];
        g->package->goods += line->subtotal + line->discount;
        read_parcel(r, &r->lines[i], g->package);
    }
    for (size_t i = 0; i < o->package_count; i++) {
        o->packages[i].state = package_state(groups[i].lines, groups[i].count);
        o->packages[i].postage = i == 0 ? o->postage : 0;
        o->packages[i].total = o->packages[i].goods + o->packages[i].postage;
    }
    if (o->package_count > 1)
        o->marks |= ORDER_MARK_SEVERAL_DESTINATIONS;
    o->shipment_state = order_roll_up_shipment(o);
    return true;
}

// --- the order's own axis ---

static enum order_state state_of(const struct qoo10_line *lines, size_t count, bool *asked)
{
    int least = 6, last = 0;
    *asked = false;
    for (size_t i = 0; i < count; i++) {
        if (qoo10_line_gone(&lines[i]))
            continue;
        *asked = *asked || (qoo10_claim_is_asked(lines[i].claim) && lines[i].status <= 3);
        if (lines[i].status < least)
            least = lines[i].status;
        last = lines[i].status;
    }
    if (last == 0 && least == 6)
        return ORDER_CANCELLED;
    if (*asked)
        return ORDER_CANCEL_REQUESTED;
    return least <= 1   ? ORDER_PROVISIONAL
           : least == 2 ? ORDER_NEW
           : least >= 5 ? ORDER_DONE
                        : ORDER_ACCEPTED;
}

static struct str label_of(struct reading *r, const struct qoo10_line *all, size_t count)
{
    int claim = 0, choice = 0;
    for (size_t i = 0; i < count; i++)
        if (all[i].claim > 0 && (claim == 0 || qoo10_claim_is_asked(all[i].claim)))
            claim = all[i].claim;
    int64_t digit;
    if (str_to_int64(qoo10_choice_of(all, count), &digit))
        choice = (int)digit;
    struct str status = qoo10_status_label(choice), words = qoo10_claim_label(claim);
    if (status.n > 0 && words.n > 0)
        return arena_printf(r->arena, "%.*s(%.*s)", STR_ARG(status), STR_ARG(words));
    return status.n > 0 ? status : words.n > 0 ? words : STR("キャンセル");
}

static void read_cancellation(struct reading *r, const struct qoo10_line *all, size_t count)
{
    struct order *o = r->o;
    AUTO_BUF gone = buf_make(64 * 1024);
    for (size_t i = 0; i < count; i++) {
        const struct qoo10_line *l = &all[i];
        if (!l->has_claim)
            continue;
        struct str reason = qoo10_text(r->arena, l->claim_row, Q_CLAIM_REASON);
        if (str_is_empty(o->cancel_reason) && reason.n > 0)
            o->cancel_reason = reason;
        time_ms done = qoo10_time(l->claim_row, Q_CLAIM_DONE);
        if (o->state == ORDER_CANCELLED && done != TIME_NONE)
            o->cancelled_at = done;
        if (qoo10_line_gone(l) && o->state != ORDER_CANCELLED)
            buf_addf(&gone, "%s%lld %.*s", gone.n ? "\n" : "", (long long)l->order_no,
                     STR_ARG(qoo10_text(r->arena, l->claim_row, Q_TITLE)));
    }
    add_extra(r, "cancelled_lines", "キャンセルされた注文番号", str_dup(r->arena, buf_str(&gone)));
}

static void read_head(struct reading *r, const struct qoo10_line *all, size_t count)
{
    struct order *o = r->o;
    bool asked;
    o->mall = STR("qoo10");
    o->channel = o->cancel_reason = o->mall_memo = o->mall_sub_status = STR("");
    o->order_no = arena_printf(r->arena, "%lld", (long long)all[0].pack);
    o->mall_status = qoo10_compact_status(r->arena, all, count);
    o->mall_status_label = label_of(r, all, count);
    o->mall_update_mark = qoo10_update_mark(r->arena, all, count);
    o->state = state_of(all, count, &asked);
    o->ordered_at = qoo10_ordered_at(all, count);
    o->buyer_note = any_text(r, Q_MESSAGE);
    if (o->buyer_note.n > 0)
        o->marks |= ORDER_MARK_COMMENT;
    struct str sender = any_text(r, Q_SENDER);
    if (sender.n > 0 && !str_eq(sender, any_text(r, Q_RECEIVER)))
        o->marks |= ORDER_MARK_GIFT;
    add_extra(r, "SenderName", "贈り主", sender);
}

static void read_shipped_at(struct order *o, const struct reading *r)
{
    if (o->shipment_state != SHIPMENT_SHIPPED && o->shipment_state != SHIPMENT_DELIVERED)
        return;
    for (size_t i = 0; i < r->count; i++) {
        const struct qoo10_line *l = &r->lines[i];
        time_ms t = qoo10_time(l->has_row ? l->row : l->claim_row, Q_SHIPPED_AT);
        if (t != TIME_NONE && (o->shipped_at == TIME_NONE || t > o->shipped_at))
            o->shipped_at = t;
    }
}

static void read_extras(struct reading *r)
{
    static const struct {
        const char *key, *label;
    } kept[] = {
        {"EstimatedShippingDate", "発送予定日"},
        {"PackingNo", "PackingNo"},
        {"SellerDeliveryNo", "販売者配送番号"},
        {"VoucherCode", "訪問受領認証番号"},
        {"Gift", "おまけ"},
        {"ShippingRateType", "送料区分"},
        {"BranchName", "支店名"},
        {"Material", "素材"},
        {"SenderTel", "贈り主電話番号"},
        {"SenderAddress", "贈り主住所"},
        {"ShippingWay", "配送方法コード"},
        {"AvailableShippingDate", "発送可能日"},
    };
    for (size_t k = 0; k < sizeof kept / sizeof kept[0]; k++)
        for (size_t i = 0; i < r->count; i++) {
            if (!r->lines[i].has_row)
                continue;
            struct str value = str_trim(json_str(json_get(r->lines[i].row, kept[k].key)));
            if (value.n == 0)
                continue;
            add_extra(r, kept[k].key, kept[k].label, str_dup(r->arena, value));
            break;
        }
}

static bool head_is_whole(const struct reading *r, struct error *error)
{
    const char *missing = NULL;
    if (r->o->ordered_at == TIME_NONE)
        missing = "OrderDate";
    for (size_t i = 0; i < r->count; i++)
        if (r->lines[i].has_row && r->lines[i].status == 0 && r->lines[i].claim == 0)
            missing = "ShippingStatus";
    if (!missing)
        return true;
    return error_set(error, ERROR_MALFORMED, "qoo10.field_missing",
                     "注文データに項目 %s がありません。", "The order's field %s is missing.",
                     missing);
}

bool qoo10_cart_read(struct arena *arena, const struct mall_account *account,
                     const struct qoo10_line *lines, size_t count, struct order *order,
                     struct error *error)
{
    struct qoo10_line *active = ARENA_ARRAY(arena, struct qoo10_line, count);
    struct reading r = {.arena = arena, .account = account, .o = order, .error = error};
    order_init(order);
    order->shop_id = account->shop_id;
    order->extras = ARENA_ARRAY(arena, struct order_extra, EXTRAS_MAX);
    if (!active || !order->extras)
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        if (!qoo10_line_gone(&lines[i]))
            active[r.count++] = lines[i];
    if (r.count == 0) {
        memcpy(active, lines, count * sizeof *active);
        r.count = count;
    }
    r.lines = active;
    if (r.count > LINES_MAX)
        return error_set(error, ERROR_MALFORMED, "qoo10.too_many_lines",
                         "カートの注文番号が多すぎます(%zu件)。",
                         "The cart has too many lines (%zu).", r.count);
    read_head(&r, lines, count);
    read_cancellation(&r, lines, count);
    read_orderer(&r);
    bool whole = head_is_whole(&r, error) && qoo10_cart_money(lines, count, order, error) &&
                 read_packages(&r);
    if (whole)
        qoo10_cart_payment(arena, account, r.lines, r.count, order);
    read_shipped_at(order, &r);
    read_extras(&r);
    if (arena_failed(arena))
        return error_no_memory(error);
    if (!whole)
        return error_subject(error, "%.*s", STR_ARG(order->order_no));
    return true;
}
