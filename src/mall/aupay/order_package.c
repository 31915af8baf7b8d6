// SPDX-License-Identifier: Apache-2.0
//
// Orderer, destination and lines (aupay.md §3). "sender…" is the recipient: the address that the
// goods are sent to. An order has one destination and one tracking number. Names and addresses are
// one text each; the prefecture is taken off, the rest stays as the buyer wrote it. Any thread.
#include "mall/aupay/internal.h"

#define TEXT_BYTES_MAX ((size_t)32 * 1024)

// "見本　花子" with the blank that shops' labels have.
static struct str person_name(struct aupay_reader *r, const struct xml_node *info, const char *name)
{
    struct str text = xml_child_text(info, name);
    AUTO_BUF out = buf_make(TEXT_BYTES_MAX);
    while (text.n > 0) {
        bool wide = str_starts(text, STR("　"));
        size_t n = wide ? strlen("　") : 1;
        bool blank = wide || text.p[0] == ' ';
        if (!blank)
            buf_add_char(&out, text.p[0]);
        else if (out.n > 0 && out.p[out.n - 1] != ' ')
            buf_add_char(&out, ' ');
        text = str_slice(text, n, text.n);
    }
    return out.failed ? aupay_text(r, info, name) : str_dup(r->arena, str_trim(buf_str(&out)));
}

static void read_person(struct aupay_reader *r, const struct xml_node *info, bool recipient,
                        struct person *p)
{
    struct str address = aupay_text(r, info, recipient ? "senderAddress" : "ordererAddress");
    int number = prefecture_number(address);
    struct str prefecture = number ? prefecture_name(number) : STR("");
    bool whole = number && str_starts(address, prefecture);
    *p = (struct person){
        .name = person_name(r, info, recipient ? "senderName" : "ordererName"),
        .name_kana = person_name(r, info, recipient ? "senderKana" : "ordererKana"),
        .company = STR(""),
        .postal_code = postal_code_normalise(
            r->arena, xml_child_text(info, recipient ? "senderZipCode" : "ordererZipCode")),
        .prefecture = whole ? prefecture : STR(""),
        .city = STR(""),
        .address1 = whole ? str_trim(str_slice(address, prefecture.n, address.n)) : address,
        .address2 = STR(""),
        .phone = phone_normalise(r->arena, xml_child_text(info, recipient ? "senderPhoneNumber1"
                                                                          : "ordererPhoneNumber1")),
        .email = recipient ? STR("") : aupay_text(r, info, "mailAddress"),
    };
}

static bool same_person(const struct person *a, const struct person *b)
{
    return str_eq(a->name, b->name) && str_eq(a->postal_code, b->postal_code) &&
           str_eq(a->prefecture, b->prefecture) && str_eq(a->address1, b->address1);
}

static void read_recipient(struct aupay_reader *r, const struct xml_node *info, struct order *order,
                           struct order_package *p)
{
    struct str store = xml_child_text(info, "senderShopCd");
    read_person(r, info, false, &order->orderer);
    read_person(r, info, true, &p->recipient);
    p->recipient_is_orderer = same_person(&order->orderer, &p->recipient);
    p->pickup_store =
        store.n > 0 ? arena_printf(r->arena, "コンビニ受取(%.*s)", STR_ARG(store)) : STR("");
    bool nowhere = str_is_empty(p->recipient.postal_code) && str_is_empty(p->recipient.address1) &&
                   str_is_empty(p->recipient.prefecture);
    if (nowhere && str_is_empty(store))
        order->marks |= ORDER_MARK_ADDRESS_UNKNOWN;
}

static void read_wishes(struct aupay_reader *r, const struct xml_node *info, struct order *order,
                        struct order_package *p)
{
    p->delivery_method = aupay_text(r, info, "deliveryName");
    p->carrier = aupay_delivery_carrier(r->account, p->delivery_method,
                                        xml_child_text(info, "deliveryMethodId"));
    p->temperature = STR("");
    p->drop_off = STR("");
    p->delivery_note = STR("");
    p->requested_date = aupay_day(info, "deliveryRequestDay");
    p->requested_slot =
        aupay_slot(r->arena, r->account, xml_child_text(info, "deliveryRequestTime"));
    if (p->requested_date != 0 || p->requested_slot.n > 0)
        order->marks |= ORDER_MARK_DATE_REQUESTED;
}

static void read_shipment(struct aupay_reader *r, const struct aupay_state *s,
                          struct order_package *p)
{
    if (str_is_empty(s->number) && s->ship_date == 0)
        return;
    p->shipments = ARENA_ARRAY(r->arena, struct shipment, 1);
    if (!p->shipments)
        return;
    p->shipments[p->shipment_count++] = (struct shipment){
        .carrier = aupay_carrier(r->account, s->carrier_code),
        .carrier_mall_code = str_dup(r->arena, s->carrier_code),
        .tracking_number = str_dup(r->arena, s->number),
        .ship_date = s->ship_date,
        .mall_ref = STR("1"),
        .source = SHIPMENT_FROM_MALL,
    };
}

static enum shipment_state shipment_state_of(const struct aupay_state *s)
{
    if (s->cancelled)
        return SHIPMENT_VOID;
    if (s->status == AUPAY_DONE || s->status == AUPAY_PAYMENT_AFTER || s->shipped ||
        s->number.n > 0)
        return SHIPMENT_SHIPPED;
    return s->status == AUPAY_READY || s->status == AUPAY_CUSTOM ? SHIPMENT_READY
                                                                 : SHIPMENT_WAITING;
}

// ---- lines ----

bool aupay_line_is_cancelled(const struct xml_node *detail)
{
    struct str state = xml_child_text(detail, "itemCancelStatus");
    return str_eq_nocase(state, STR("Y")) || str_eq_nocase(state, STR("C"));
}

static void add_line_end(struct buf *out)
{
    if (out->n > 0)
        buf_add_char(out, '\n');
}

// "カラー=C&size=M"; a part without '=' belongs to the value before it.
static void add_choices(struct buf *out, struct str text)
{
    struct str part;
    bool first = true;
    while (str_split(&text, '&', &part)) {
        ptrdiff_t equals = str_find_char(part, '=');
        if (equals < 0 && !first) {
            buf_add_char(out, '&');
            buf_add(out, part);
            continue;
        }
        add_line_end(out);
        if (equals >= 0) {
            buf_add(out, str_slice(part, 0, (size_t)equals));
            buf_add_char(out, ':');
            part = str_slice(part, (size_t)equals + 1, part.n);
        }
        buf_add(out, part);
        first = false;
    }
}

static void add_commissions(struct buf *out, const struct xml_node *detail)
{
    for (const struct xml_node *n = xml_child(detail, "itemOptionCommissions"); n;
         n = xml_next(n)) {
        struct str title = xml_child_text(n, "itemOptionCommissionTitle");
        for (const struct xml_node *v = xml_child(n, "itemOptionCommissionVal"); v;
             v = xml_next(v)) {
            struct str value =
                v->first_child ? xml_child_text(v, "itemOptionCommission") : str_trim(v->text);
            struct str price = xml_child_text(v, "itemOptionCommissionPrice");
            if (str_is_empty(title) && str_is_empty(value))
                continue;
            add_line_end(out);
            buf_addf(out, "%.*s:%.*s", STR_ARG(title), STR_ARG(value));
            if (price.n > 0)
                buf_addf(out, "(+%.*s円)", STR_ARG(price));
        }
    }
}

static struct str options_of(struct aupay_reader *r, const struct xml_node *detail, int64_t unit)
{
    AUTO_BUF out = buf_make(TEXT_BYTES_MAX);
    add_choices(&out, xml_child_text(detail, "itemOption"));
    add_commissions(&out, detail);
    if (aupay_line_is_cancelled(detail)) {
        add_line_end(&out);
        buf_addf(&out, "明細キャンセル:元の個数 %lld", (long long)unit);
    }
    if (!out.failed)
        return str_dup(r->arena, buf_str(&out));
    r->failed = true;
    error_no_memory(r->error);
    return STR("");
}

static int64_t required(struct aupay_reader *r, const struct xml_node *detail, const char *name)
{
    int64_t value = aupay_integer(r, detail, name, INT64_MIN);
    if (value != INT64_MIN)
        return value;
    if (!r->failed)
        error_set(r->error, ERROR_MALFORMED, "aupay.field_missing_in_order",
                  "注文データに項目 %s がありません。", "The order's field %s is missing.", name);
    r->failed = true;
    return 0;
}

static void read_line(struct aupay_reader *r, const struct xml_node *detail, int number,
                      struct order_line *line)
{
    struct str code = aupay_text(r, detail, "itemCode");
    struct str variant = xml_child_text(detail, "itemManagementId");
    day release =
        aupay_day(xml_child(detail, "releaseDate") ? detail : detail->parent, "releaseDate");
    int64_t unit = required(r, detail, "unit");
    bool cancelled = aupay_line_is_cancelled(detail);
    *line = (struct order_line){
        .number = number,
        .mall_line_id = aupay_text(r, detail, "orderDetailId"),
        .item_code = code,
        .item_id = aupay_text(r, detail, "lotnumber"),
        .sku = variant.n > 0 ? arena_printf(r->arena, "%.*s%.*s", STR_ARG(code), STR_ARG(variant))
                             : STR(""),
        .system_sku = STR(""),
        .jan = STR(""),
        .title = aupay_text(r, detail, "itemName"),
        .options = options_of(r, detail, unit),
        .unit_price = required(r, detail, "itemPrice"),
        .quantity = cancelled ? 0 : unit,
        .tax_rate_basis_points = aupay_rate(xml_child_text(detail, "taxRate")),
        .tax_included = true,
        .subtotal = cancelled ? 0 : aupay_integer(r, detail, "totalItemPrice", 0),
        .lead_time = aupay_text(r, detail, "shippingDayDispText"),
        .auction_id = STR(""),
        .auction_merchant_id = STR(""),
        .release_at = release != 0 ? day_start_jst(release) : TIME_NONE,
    };
    line->unit_price_tax_included = line->unit_price;
}

static void read_lines(struct aupay_reader *r, const struct xml_node *info, struct order *order,
                       struct order_package *p)
{
    size_t count = 0;
    for (const struct xml_node *n = xml_child(info, "detail"); n; n = xml_next(n))
        count++;
    p->lines = ARENA_ARRAY(r->arena, struct order_line, count);
    if (!p->lines)
        return;
    for (const struct xml_node *n = xml_child(info, "detail"); n; n = xml_next(n)) {
        size_t i = p->line_count++;
        read_line(r, n, (int)(i + 1), &p->lines[i]);
        if (aupay_line_is_cancelled(n))
            order->marks |= ORDER_MARK_MODIFIED;
    }
}

// Wishes of a gift stand in the lines; the first line that has one speaks for the parcel.
static struct str first_of(struct aupay_reader *r, const struct xml_node *info, const char *name)
{
    for (const struct xml_node *n = xml_child(info, "detail"); n; n = xml_next(n))
        if (xml_child_text(n, name).n > 0)
            return aupay_text(r, n, name);
    return STR("");
}

static void read_gift(struct aupay_reader *r, const struct xml_node *info, struct order *order,
                      struct order_package *p)
{
    struct str name = first_of(r, info, "noshiPresenterName1");
    p->wrapping = first_of(r, info, "giftWrappingType");
    p->gift_message = first_of(r, info, "giftMessage");
    p->noshi = first_of(r, info, "noshiType");
    if (p->noshi.n > 0 && name.n > 0)
        p->noshi = arena_printf(r->arena, "%.*s %.*s", STR_ARG(p->noshi), STR_ARG(name));
    if (p->wrapping.n > 0)
        order->marks |= ORDER_MARK_GIFT | ORDER_MARK_WRAPPING;
    if (p->noshi.n > 0)
        order->marks |= ORDER_MARK_GIFT | ORDER_MARK_NOSHI;
}

void aupay_package_read(struct aupay_reader *r, const struct xml_node *info,
                        const struct aupay_state *state, struct order *order)
{
    struct order_package *p = ARENA_NEW(r->arena, struct order_package);
    if (!p)
        return;
    order->packages = p;
    order->package_count = 1;
    p->number = 1;
    p->mall_ref = STR("");
    read_recipient(r, info, order, p);
    read_wishes(r, info, order, p);
    read_lines(r, info, order, p);
    read_gift(r, info, order, p);
    read_shipment(r, state, p);
    p->state = order->shipment_state = shipment_state_of(state);
    if (state->ship_date != 0)
        order->shipped_at = day_start_jst(state->ship_date);
    else if (state->shipped)
        order->shipped_at = aupay_time(info, "shipDate");
}
