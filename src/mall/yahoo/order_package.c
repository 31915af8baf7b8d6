// SPDX-License-Identifier: Apache-2.0
//
// The one destination of a Yahoo order with its lines, wishes and parcels (yahoo.md §8.4–8.7).
// Invariants: the masked buyer of a social gift never becomes somebody to mail or to merge by; a
// recipient that isn't known is marked, so that no label is made. Several destinations are several
// orders at Yahoo, tied by MultiShipId. Any thread.
#include "mall/wire_text.h"
#include "mall/yahoo/internal.h"

#define LINE_TEXT_BYTES_MAX ((size_t)32 * 1024)

static struct str joined(struct yahoo_reader *r, struct str a, const char *between, struct str b)
{
    if (str_is_empty(a))
        return b.p ? b : STR("");
    if (str_is_empty(b))
        return a;
    return arena_printf(r->arena, "%.*s%s%.*s", STR_ARG(a), between, STR_ARG(b));
}

static struct str prefixed(struct yahoo_reader *r, const struct xml_node *group, const char *prefix,
                           const char *name)
{
    char element[48];
    size_t n = strlen(prefix), m = strlen(name);
    if (n + m >= sizeof element)
        return STR("");
    memcpy(element, prefix, n);
    memcpy(element + n, name, m + 1);
    return yahoo_text(r, group, element);
}

static void read_person(struct yahoo_reader *r, const struct xml_node *group, const char *prefix,
                        struct person *p)
{
    *p = (struct person){
        .name = joined(r, prefixed(r, group, prefix, "LastName"), " ",
                       prefixed(r, group, prefix, "FirstName")),
        .name_kana = joined(r, prefixed(r, group, prefix, "LastNameKana"), " ",
                            prefixed(r, group, prefix, "FirstNameKana")),
        .company = joined(r, prefixed(r, group, prefix, "Section1Value"), " ",
                          prefixed(r, group, prefix, "Section2Value")),
        .postal_code = postal_code_normalise(r->arena, prefixed(r, group, prefix, "ZipCode")),
        .prefecture = prefixed(r, group, prefix, "Prefecture"),
        .city = prefixed(r, group, prefix, "City"),
        .address1 = prefixed(r, group, prefix, "Address1"),
        .address2 = prefixed(r, group, prefix, "Address2"),
        .phone = phone_normalise(r->arena, prefixed(r, group, prefix, "PhoneNumber")),
        .email = prefixed(r, group, prefix, "MailAddress"),
    };
}

// SocialGiftType 1: name, address and mail of the buyer are the store's own (§8.4).
static bool buyer_is_masked(const struct xml_node *info)
{
    return str_eq(xml_child_text(info, "SocialGiftType"), STR("1"));
}

static void read_orderer(struct yahoo_reader *r, const struct xml_node *info, struct order *order)
{
    read_person(r, xml_child(info, "Pay"), "Bill", &order->orderer);
    if (!buyer_is_masked(info))
        return;
    struct str name = order->orderer.name;
    order->orderer = (struct person){name,    STR(""), STR(""), STR(""), STR(""),
                                     STR(""), STR(""), STR(""), STR(""), STR("")};
    yahoo_extra_add(r, order, "BillMasked", "注文者",
                    STR("ソーシャルギフトのため注文者の情報は伏せられています（連絡不可）"));
}

static bool same_person(const struct person *a, const struct person *b)
{
    return str_eq(a->name, b->name) && str_eq(a->postal_code, b->postal_code) &&
           str_eq(a->prefecture, b->prefecture) && str_eq(a->city, b->city) &&
           str_eq(a->address1, b->address1) && str_eq(a->address2, b->address2);
}

static void read_pickup(struct yahoo_reader *r, const struct xml_node *ship,
                        struct order_package *p)
{
    struct str name = yahoo_text(r, ship, "ReceiveShopName");
    struct str code = yahoo_text(r, ship, "ReceiveShopCode");
    if (str_is_empty(name) && str_is_empty(code)) {
        name = joined(r, yahoo_text(r, ship, "ReceiveSatelliteCompanyName"), " ",
                      yahoo_text(r, ship, "ReceiveSatelliteShopName"));
        code = yahoo_text(r, ship, "ReceiveSatelliteShopCode");
    }
    p->pickup_store = name;
    if (code.n > 0)
        p->pickup_store =
            arena_printf(r->arena, "%.*s%s(%.*s)", STR_ARG(name), name.n ? " " : "", STR_ARG(code));
}

static void read_recipient(struct yahoo_reader *r, const struct xml_node *info, struct order *order,
                           struct order_package *p)
{
    const struct xml_node *ship = xml_child(info, "Ship");
    read_person(r, ship, "Ship", &p->recipient);
    p->recipient.email = STR("");
    read_pickup(r, ship, p);
    bool nowhere = str_is_empty(p->recipient.postal_code) && str_is_empty(p->recipient.city) &&
                   str_is_empty(p->recipient.address1);
    if (nowhere && str_is_empty(p->pickup_store))
        order->marks |= ORDER_MARK_ADDRESS_UNKNOWN;
    p->recipient_is_orderer =
        !buyer_is_masked(info) && !nowhere && same_person(&p->recipient, &order->orderer);
    struct str remote = xml_child_text(ship, "RemoteAreaShippingType");
    p->remote_island = remote.n > 0 && !str_eq(remote, STR("0"));
    if (p->remote_island)
        order->marks |= ORDER_MARK_REMOTE_ISLAND;
}

static void read_wishes(struct yahoo_reader *r, const struct xml_node *ship, struct order *order,
                        struct order_package *p)
{
    struct str slot = yahoo_slot_in(r->account, xml_child_text(ship, "ShipRequestTimeZoneCode"));
    struct str text = xml_child_text(ship, "ShipRequestTime");
    p->delivery_method = yahoo_text(r, ship, "ShipMethodName");
    p->carrier = yahoo_carrier_in(r->account, xml_child_text(ship, "ShipCompanyCode"));
    p->temperature = STR("");
    p->requested_date = yahoo_day(ship, "ShipRequestDate");
    p->requested_slot = slot.n > 0   ? slot
                        : text.n > 0 ? mall_slot_from_text(r->arena, text)
                                     : STR("");
    p->delivery_note = yahoo_text(r, ship, "ShipNotes");
    p->drop_off = STR("");
    if (yahoo_true(ship, "IsEazy")) {
        struct str place = yahoo_drop_off_label(xml_child_text(ship, "EazyDeliveryCode"));
        p->drop_off = place.n > 0 ? place : yahoo_text(r, ship, "EazyDeliveryName");
    }
    if (p->requested_date != 0 || p->requested_slot.n > 0)
        order->marks |= ORDER_MARK_DATE_REQUESTED;
}

static void read_gift(struct yahoo_reader *r, const struct xml_node *ship, struct order *order,
                      struct order_package *p)
{
    struct str name = yahoo_text(r, ship, "GiftWrapName");
    p->wrapping = yahoo_text(r, ship, "GiftWrapType");
    p->noshi = joined(r, yahoo_text(r, ship, "GiftWrapPaperType"), " ", name);
    p->gift_message = yahoo_text(r, ship, "GiftWrapMessage");
    if (yahoo_true(ship, "NeedGiftWrap"))
        order->marks |= ORDER_MARK_GIFT | ORDER_MARK_WRAPPING;
    if (yahoo_true(ship, "NeedGiftWrapPaper"))
        order->marks |= ORDER_MARK_GIFT | ORDER_MARK_NOSHI;
}

static void add_shipment(struct yahoo_reader *r, const struct xml_node *ship, struct str number,
                         const char *ref, struct order_package *p)
{
    p->shipments[p->shipment_count++] = (struct shipment){
        .carrier = yahoo_carrier_in(r->account, xml_child_text(ship, "ShipCompanyCode")),
        .carrier_mall_code = yahoo_text(r, ship, "ShipCompanyCode"),
        .tracking_number = number,
        .ship_date = yahoo_day(ship, "ShipDate"),
        .mall_ref = str_from(ref),
        .source = SHIPMENT_FROM_MALL,
    };
}

static void read_shipments(struct yahoo_reader *r, const struct xml_node *ship,
                           const struct yahoo_state *state, struct order_package *p)
{
    struct str first = yahoo_text(r, ship, "ShipInvoiceNumber1");
    struct str second = yahoo_text(r, ship, "ShipInvoiceNumber2");
    p->shipments = ARENA_ARRAY(r->arena, struct shipment, 2);
    if (!p->shipments)
        return;
    // Shipped without a number (EmptyReason) is a parcel too.
    if (first.n > 0 || (state->ship >= 3 && second.n == 0))
        add_shipment(r, ship, first, "1", p);
    if (second.n > 0)
        add_shipment(r, ship, second, "2", p);
}

static enum shipment_state shipment_state_of(const struct yahoo_state *s)
{
    if (s->order == 4)
        return SHIPMENT_VOID;
    if (s->ship == 4)
        return SHIPMENT_DELIVERED;
    if (s->ship == 3 || s->order == 5)
        return SHIPMENT_SHIPPED;
    if (s->ship == 2)
        return SHIPMENT_INSTRUCTED;
    // What may not be worked on yet waits, even where Yahoo would allow shipping.
    bool open = s->order == 2 && s->seen;
    return open && s->ship == 1 ? SHIPMENT_READY : SHIPMENT_WAITING;
}

void yahoo_package_read(struct yahoo_reader *r, const struct xml_node *info,
                        const struct yahoo_state *state, struct order *order)
{
    const struct xml_node *ship = xml_child(info, "Ship");
    struct order_package *p = ARENA_NEW(r->arena, struct order_package);
    if (!p)
        return;
    order->packages = p;
    order->package_count = 1;
    p->number = 1;
    p->mall_ref = STR("");
    read_orderer(r, info, order);
    read_recipient(r, info, order, p);
    read_wishes(r, ship, order, p);
    read_gift(r, ship, order, p);
    read_shipments(r, ship, state, p);
    yahoo_lines_read(r, info, p);
    p->state = order->shipment_state = shipment_state_of(state);
    day shipped = yahoo_day(ship, "ShipDate");
    if (shipped != 0 && state->ship >= 3)
        order->shipped_at = day_start_jst(shipped);
}

// ---- lines ----

static void add_choices(struct buf *out, const struct xml_node *item, const char *element)
{
    for (const struct xml_node *n = xml_child(item, element); n; n = xml_next(n)) {
        struct str name = xml_child_text(n, "Name"), value = xml_child_text(n, "Value");
        if (str_is_empty(name) && str_is_empty(value))
            continue;
        if (out->n > 0)
            buf_add_char(out, '\n');
        buf_add(out, name);
        if (name.n > 0)
            buf_add_char(out, ':');
        buf_add(out, value);
    }
}

static struct str options_of(struct yahoo_reader *r, const struct xml_node *item)
{
    AUTO_BUF out = buf_make(LINE_TEXT_BYTES_MAX);
    add_choices(&out, item, "ItemOption");
    add_choices(&out, item, "Inscription");
    if (out.n == 0)
        buf_add(&out, xml_child_text(item, "SubCodeOption"));
    if (out.failed) {
        r->failed = true;
        error_no_memory(r->error);
        return STR("");
    }
    return str_dup(r->arena, buf_str(&out));
}

static struct str lead_time_of(struct yahoo_reader *r, const struct xml_node *item)
{
    struct str text = yahoo_text(r, item, "LeadTimeText");
    if (text.n > 0)
        return text;
    return joined(r, yahoo_text(r, item, "LeadTimeStart"), "～",
                  yahoo_text(r, item, "LeadTimeEnd"));
}

// Asked for with every order: without it the line can't be trusted.
static int64_t required(struct yahoo_reader *r, const struct xml_node *item, const char *name)
{
    int64_t value = yahoo_integer(r, item, name, INT64_MIN);
    if (value != INT64_MIN || r->failed)
        return value == INT64_MIN ? 0 : value;
    r->failed = true;
    error_set(r->error, ERROR_MALFORMED, "yahoo.field_missing",
              "注文データに項目 %s がありません。", "The order's field %s is missing.", name);
    return 0;
}

static void read_amounts(struct yahoo_reader *r, const struct xml_node *item,
                         struct order_line *line)
{
    int64_t price = required(r, item, "UnitPrice");
    int64_t coupon = yahoo_integer(r, item, "CouponDiscount", 0); // per unit
    int64_t ratio = yahoo_integer(r, item, "ItemTaxRatio", -1);
    line->quantity = required(r, item, "Quantity");
    // UnitPrice is after the store's coupon; price and discount are shown apart.
    bool sound = !__builtin_add_overflow(price, coupon, &line->unit_price) &&
                 !__builtin_mul_overflow(price, line->quantity, &line->subtotal) &&
                 !__builtin_mul_overflow(coupon, line->quantity, &line->discount);
    if (!sound && !r->failed) {
        r->failed = true;
        error_set(r->error, ERROR_MALFORMED, "yahoo.amount_impossible",
                  "明細の金額が大きすぎます（LineId %.*s）。",
                  "A line's amount is impossible (LineId %.*s).", STR_ARG(line->mall_line_id));
    }
    line->unit_price_tax_included = line->unit_price;
    line->tax_included = true;
    line->tax_rate_basis_points = ratio >= 0 && ratio <= 100 ? (int)ratio * 100 : -1;
    if (str_eq_nocase(xml_child_text(item, "IsTaxable"), STR("false")))
        line->tax_rate_basis_points = 0;
}

static void read_line(struct yahoo_reader *r, const struct xml_node *item, int number,
                      struct order_line *line)
{
    day release = yahoo_day(item, "ReleaseDate");
    *line = (struct order_line){
        .number = number,
        .mall_line_id = yahoo_text(r, item, "LineId"),
        .item_code = yahoo_text(r, item, "ItemId"),
        .item_id = yahoo_text(r, item, "ItemId"),
        .sku = yahoo_text(r, item, "SubCode"),
        .system_sku = STR(""),
        .jan = yahoo_text(r, item, "Jan"),
        .title = yahoo_text(r, item, "Title"),
        .options = options_of(r, item),
        .lead_time = lead_time_of(r, item),
        .auction_id = yahoo_text(r, item, "ItemYahooAucId"),
        .auction_merchant_id = yahoo_text(r, item, "ItemYahooAucMerchantId"),
        .release_at = release != 0 ? day_start_jst(release) : TIME_NONE,
    };
    read_amounts(r, item, line);
}

void yahoo_lines_read(struct yahoo_reader *r, const struct xml_node *info,
                      struct order_package *package)
{
    size_t count = 0;
    for (const struct xml_node *n = xml_child(info, "Item"); n; n = xml_next(n))
        count++;
    package->lines = ARENA_ARRAY(r->arena, struct order_line, count);
    if (!package->lines)
        return;
    for (const struct xml_node *n = xml_child(info, "Item"); n; n = xml_next(n)) {
        size_t i = package->line_count++;
        read_line(r, n, (int)(i + 1), &package->lines[i]);
    }
}
