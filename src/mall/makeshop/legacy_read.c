// SPDX-License-Identifier: Apache-2.0
//
// Orders of the old API's cmd=get as rows (makeshop.md §2.3). Where two clients differ on whether a
// value is an attribute or a child, both are read; unset dates are zeros in some form; absent
// amounts are 0. Order lines aren't told apart by destination: they stand with the first one.
#include "mall/makeshop/internal.h"

#define ROWS_MAX 100000
#define MONEY_MAX INT64_C(1000000000000)
#define QUANTITY_MAX INT64_C(999999999)

struct reader {
    struct arena *arena;
    struct error *error;
    bool failed;
};

static struct str text_of(const struct xml_node *node, const char *name)
{
    struct str text = xml_child_text(node, name);
    return text.p ? text : STR("");
}

// The attribute, or the child of that name.
static struct str mark_of(const struct xml_node *node, const char *name)
{
    struct str text = node ? xml_attribute_value(node, name) : STR_ABSENT;
    return text.p ? str_trim(text) : text_of(node, name);
}

// The node's own text, or that of the child that a converter made of it.
static struct str content_of(const struct xml_node *node)
{
    static const char *const names[] = {"content", "name", "point", "price", "value"};
    struct str text = node ? str_trim(node->text) : STR("");
    for (size_t i = 0; node && text.n == 0 && i < sizeof names / sizeof names[0]; i++)
        text = text_of(node, names[i]);
    return text;
}

static void fail(struct reader *r, const char *field)
{
    if (r->failed)
        return;
    r->failed = true;
    error_set(r->error, ERROR_MALFORMED, "makeshop.field_unreadable",
              "注文データの項目 %s を読み取れません。", "The order's field %s can't be read.",
              field);
}

static int64_t number(struct reader *r, struct str text, const char *field, int64_t otherwise)
{
    yen value = otherwise;
    if (text.n > 0 && (!yen_parse(text, &value) || value > MONEY_MAX || value < -MONEY_MAX))
        fail(r, field);
    return value;
}

static int64_t number_of(struct reader *r, const struct xml_node *node, const char *name,
                         int64_t otherwise)
{
    return number(r, text_of(node, name), name, otherwise);
}

// A date that isn't all zeros (§2.3).
static day day_of(const struct xml_node *node, const char *name)
{
    day d;
    return day_parse(str_slice(text_of(node, name), 0, 10), &d) && day_is_valid(d) ? d : 0;
}

static void read_person(struct reader *r, const struct xml_node *node, struct person *p)
{
    struct arena *arena = r->arena;
    *p = (struct person){
        .name = str_dup(arena, text_of(node, "name")),
        .name_kana = str_dup(arena, text_of(node, "kana")),
        .company = STR(""),
        .postal_code = postal_code_normalise(arena, text_of(node, "zip")),
        .prefecture = str_dup(arena, makeshop_prefecture(text_of(node, "area"))),
        .city = str_dup(arena, text_of(node, "city")),
        .address1 = str_dup(arena, text_of(node, "street")),
        .address2 = STR(""),
        .phone = phone_normalise(arena, text_of(node, "tel")),
        .email = str_dup(arena, text_of(node, "email")),
    };
}

static void read_line(struct reader *r, const struct xml_node *node, struct makeshop_line *l)
{
    struct arena *arena = r->arena;
    *l = (struct makeshop_line){
        .product_code = str_dup(arena, text_of(node, "brandcode")),
        .custom_code = str_dup(arena, text_of(node, "orgcode")),
        .option_code = str_dup(arena, text_of(node, "orgoptioncode")),
        .jan = str_dup(arena, text_of(node, "jancode")),
        .title = str_dup(arena, text_of(node, "name")),
        .options = str_dup(arena, text_of(node, "option")),
        .price = number_of(r, node, "price", YEN_UNDETERMINED),
        .amount = number_of(r, node, "amount", -1),
        .rate_basis_points = -1,
    };
    int64_t rate = number_of(r, node, "consumption_tax_rate", -1);
    if (rate >= 0 && rate <= 100)
        l->rate_basis_points = (int)rate * 100;
    if (l->price == YEN_UNDETERMINED)
        fail(r, "price");
    if (l->amount < 0 || l->amount > QUANTITY_MAX)
        fail(r, "amount");
}

static size_t count_of(const struct xml_node *first)
{
    size_t count = 0;
    for (const struct xml_node *n = first; n; n = xml_next(n))
        count++;
    return count;
}

static void read_detail(struct reader *r, const struct xml_node *detail, struct makeshop_row *row)
{
    const struct xml_node *first = xml_child(xml_child(detail, "commodities"), "commodity");
    struct makeshop_destination *d = &row->destinations[0];
    row->sum = number_of(r, detail, "sumprice", YEN_UNDETERMINED);
    row->postage = number_of(r, detail, "carriage", 0);
    row->fee = number(r, content_of(xml_child(detail, "commission")), "commission", 0);
    row->bulk = number_of(r, detail, "bulk", 0);
    row->coupon = number_of(r, detail, "coupon", 0);
    row->points_told = true;
    for (const struct xml_node *n = xml_child(detail, "usepoint"); n; n = xml_next(n))
        row->points += number(r, content_of(n), "usepoint", 0);
    d->lines = ARENA_ARRAY(r->arena, struct makeshop_line, count_of(first));
    for (const struct xml_node *n = first; n && d->lines; n = xml_next(n))
        read_line(r, n, &d->lines[d->line_count++]);
    if (!detail)
        fail(r, "orderdetail");
}

// What says "shipped" was not seen; each of the candidates counts (§2.3).
static int state_of(struct reader *r, const struct xml_node *node, day shipped)
{
    int64_t told = number_of(r, node, "delivery_status", 0);
    int64_t order = number_of(r, node, "delivery_order", 0);
    if (told == MAKESHOP_BACK || order == MAKESHOP_BACK)
        return MAKESHOP_BACK;
    if (shipped != 0 || told == MAKESHOP_DONE || order == MAKESHOP_DONE)
        return MAKESHOP_DONE;
    return order == MAKESHOP_INSTRUCTED || order == MAKESHOP_PREPARING ? (int)order
                                                                       : MAKESHOP_NOT_YET;
}

static void read_destination(struct reader *r, const struct xml_node *node,
                             struct makeshop_destination *d)
{
    const struct xml_node *carriage = xml_child(node, "carriage");
    struct str number_text = xml_child_text(node, "deliverynum");
    bool shows_number = xml_child(node, "deliverynum") != NULL;
    *d = (struct makeshop_destination){
        .id = str_dup(r->arena, text_of(node, "delivery_id")),
        .method = str_dup(r->arena, mark_of(carriage, "name")),
        .desired_day = day_of(node, "deliverydate"),
        .planned_day = day_of(node, "scheduled_shipping_date"),
        .shipped_day = day_of(node, "shipping_date"),
        .slot = str_dup(r->arena, text_of(node, "deliverytime")),
        .note = STR(""),
        .number =
            shows_number ? str_dup(r->arena, number_text.p ? number_text : STR("")) : STR_ABSENT,
        .carrier = shows_number ? str_dup(r->arena, text_of(node, "carrier")) : STR_ABSENT,
        .subtotal = YEN_UNDETERMINED,
    };
    struct str price = carriage ? str_trim(carriage->text) : STR("");
    if (price.n == 0)
        price = text_of(carriage, "price");
    d->postage = number(r, price, "carriage", YEN_UNDETERMINED);
    d->state = state_of(r, node, d->shipped_day);
    read_person(r, node, &d->recipient);
}

static struct str note_of(struct arena *arena, const struct xml_node *notes)
{
    AUTO_BUF out = buf_make((size_t)1 << 20);
    for (const struct xml_node *n = xml_child(notes, "note"); n; n = xml_next(n)) {
        struct str title = mark_of(n, "title");
        struct str content = text_of(n, "content");
        if (content.n == 0)
            content = str_trim(n->text);
        if (content.n == 0)
            continue;
        bool plain = str_is_empty(title) || str_eq(title, STR("備考"));
        buf_addf(&out, "%s%.*s%s%.*s", out.n ? "\n" : "", STR_ARG(plain ? STR("") : title),
                 plain ? "" : "：", STR_ARG(content));
    }
    return str_dup(arena, buf_str(&out));
}

static void read_head(struct reader *r, const struct xml_node *node, struct makeshop_row *row)
{
    const struct xml_node *method = xml_child(node, "paymethod");
    int64_t status = number_of(r, node, "status", -1);
    struct str paid = text_of(node, "payment_status");
    if (status != MAKESHOP_CANCELLED && status != MAKESHOP_NORMAL && status != MAKESHOP_PROVISIONAL)
        fail(r, "status");
    row->status = (int)status;
    row->payment = makeshop_payment_from_text(paid, STR(""));
    row->payment_words = str_dup(r->arena, paid);
    row->pay_code = str_dup(r->arena, mark_of(method, "type"));
    row->pay_name = str_dup(r->arena, content_of(method));
    row->note = note_of(r->arena, xml_child(node, "notes"));
    struct str date = text_of(node, "date");
    if (!time_parse_iso(date, JST_OFFSET_MS, &row->ordered_at) &&
        !time_parse_yahoo(date, &row->ordered_at))
        fail(r, "date");
    read_person(r, xml_child(node, "buyer"), &row->buyer);
}

static bool read_row(struct arena *arena, const struct xml_node *node, struct makeshop_row *row,
                     struct error *error)
{
    struct reader r = {.arena = arena, .error = error};
    const struct xml_node *first = xml_child(xml_child(node, "deliveries"), "delivery");
    size_t count = count_of(first);
    *row = (struct makeshop_row){.order_no = str_dup(arena, text_of(node, "ordernum")),
                                 .system_no = STR(""),
                                 .member = STR("")};
    row->destinations = ARENA_ARRAY(arena, struct makeshop_destination, count ? count : 1);
    if (row->order_no.n == 0)
        fail(&r, "ordernum");
    if (count == 0)
        fail(&r, "deliveries");
    if (r.failed || !row->destinations)
        return false;
    read_head(&r, node, row);
    for (const struct xml_node *n = first; n; n = xml_next(n))
        read_destination(&r, n, &row->destinations[row->destination_count++]);
    read_detail(&r, xml_child(node, "orderdetail"), row);
    return !r.failed;
}

// The order's own part of the text; *at moves behind it.
static struct str raw_part(struct str text, size_t *at)
{
    struct str rest = str_slice(text, *at, text.n);
    ptrdiff_t from = str_find(rest, STR("<order>"));
    ptrdiff_t end = from < 0 ? -1 : str_find(rest, STR("</order>"));
    if (from < 0 || end < from)
        return STR("");
    size_t stop = (size_t)end + strlen("</order>");
    *at += stop;
    return str_slice(rest, (size_t)from, stop);
}

bool makeshop_legacy_rows(struct makeshop_op *op, struct arena *arena,
                          const struct makeshop_answer *answer, struct makeshop_page *page,
                          struct error *error)
{
    const struct xml_node *first = xml_child(answer->xml, "order");
    size_t count = count_of(first), at = 0;
    *page = (struct makeshop_page){.total = -1};
    if (count > ROWS_MAX) {
        makeshop_unreadable(op, "orders", error);
        return false;
    }
    page->rows = ARENA_ARRAY(arena, struct makeshop_row, count);
    page->bad = ARENA_ARRAY(arena, struct mall_bad_order, count);
    if (!page->rows || !page->bad)
        return error_no_memory(error);
    for (const struct xml_node *n = first; n; n = xml_next(n)) {
        struct makeshop_row *row = &page->rows[page->count];
        struct mall_bad_order *bad = &page->bad[page->bad_count];
        struct str raw = str_dup(arena, raw_part(answer->text, &at));
        if (read_row(arena, n, row, &bad->error)) {
            row->raw = raw;
            page->count++;
        } else {
            bad->order_no = str_dup(arena, text_of(n, "ordernum"));
            bad->raw = raw;
            bad->raw_type = STR("application/xml");
            page->bad_count++;
        }
    }
    return arena_failed(arena) ? error_no_memory(error) : true;
}
