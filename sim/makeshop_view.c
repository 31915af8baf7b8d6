// SPDX-License-Identifier: Apache-2.0
//
// GraphQL as far as MakeShop's face needs it: which fields a query selects, whether the types have
// them (makeshop.md §3.3), and an order written with just these. The types' fields are those that
// clients were seen to ask for, and no others. Pure; called with the sim's mutex held.
#include "sim/makeshop.h"

#include <stdio.h>

#define SELECTION_DEPTH_MAX 8

// --- reading a selection ---

struct reader {
    struct arena *arena;
    struct str rest;
    bool failed;
};

static void skip_blanks(struct reader *r)
{
    while (r->rest.n > 0 && (r->rest.p[0] == ' ' || r->rest.p[0] == '\n' || r->rest.p[0] == '\r' ||
                             r->rest.p[0] == '\t' || r->rest.p[0] == ','))
        r->rest = str_slice(r->rest, 1, r->rest.n);
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static struct str read_name(struct reader *r)
{
    size_t n = 0;
    while (n < r->rest.n && is_name_character(r->rest.p[n]))
        n++;
    struct str name = str_slice(r->rest, 0, n);
    r->rest = str_slice(r->rest, n, r->rest.n);
    return name;
}

static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->rest.n == 0 || r->rest.p[0] != c)
        return false;
    r->rest = str_slice(r->rest, 1, r->rest.n);
    return true;
}

static struct ms_selection *read_set(struct reader *r, int depth)
{
    struct ms_selection *first = NULL, **last = &first;
    while (!r->failed && !take(r, '}')) {
        struct ms_selection *s = ARENA_NEW(r->arena, struct ms_selection);
        skip_blanks(r);
        if (!s || depth > SELECTION_DEPTH_MAX || (s->name = read_name(r)).n == 0) {
            r->failed = true;
            break;
        }
        if (take(r, '{'))
            s->first = read_set(r, depth + 1);
        *last = s;
        last = &s->next;
    }
    return first;
}

struct ms_selection *ms_selection_read(struct arena *arena, struct str query, struct str field)
{
    struct reader r = {.arena = arena};
    ptrdiff_t body = str_find_char(query, '{');
    if (body < 0)
        return NULL;
    r.rest = str_slice(query, (size_t)body + 1, query.n);
    skip_blanks(&r);
    if (!str_eq(read_name(&r), field))
        return NULL;
    if (take(&r, '(')) {
        ptrdiff_t end = str_find_char(r.rest, ')');
        if (end < 0)
            return NULL;
        r.rest = str_slice(r.rest, (size_t)end + 1, r.rest.n);
    }
    if (!take(&r, '{'))
        return NULL;
    struct ms_selection *set = read_set(&r, 0);
    return r.failed ? NULL : set;
}

// --- the types ---

struct type {
    const char *name;
    const char *const *fields;
    const char *const *objects; // pairs: field, its type; NULL at the end
};

static const char *const order_fields[] = {
    "systemOrderNumber", "displayOrderNumber", "orderDate",
    "memberId",          "senderName",         "senderPrefecture",
    "payMethod",         "paymentStatusCode",  "paymentStatus",
    "sumPrice",          "couponDiscount",     "message",
    "discountPerTax",    "deliveryInfos",      NULL};
static const char *const order_objects[] = {"discountPerTax", "DiscountPerTax", "deliveryInfos",
                                            "DeliveryInfo", NULL};
static const char *const discount_fields[] = {"taxRate", "discount", NULL};
static const char *const delivery_fields[] = {"deliveryId",
                                              "deliveryStatus",
                                              "wmsStatus",
                                              "receiverName",
                                              "receiverPost",
                                              "receiverPrefecture",
                                              "receiverAddress",
                                              "receiverAddress2",
                                              "receiverTel",
                                              "desiredDeliveryDate",
                                              "desiredDeliveryTimezone",
                                              "estimatedShipmentDate",
                                              "deliveryDate",
                                              "slipNumber",
                                              "shippingCharge",
                                              "deliverySumPrice",
                                              "deliveryMessage",
                                              "deliveryMethodIds",
                                              "basketInfos",
                                              NULL};
static const char *const delivery_objects[] = {"basketInfos", "BasketInfo", NULL};
static const char *const basket_fields[] = {"productCode",
                                            "productCustomCode",
                                            "variationCustomCode",
                                            "productName",
                                            "variationName",
                                            "janCode",
                                            "amount",
                                            "price",
                                            NULL};
static const char *const search_fields[] = {"searchedCount", "page", "orders", NULL};
static const char *const search_objects[] = {"orders", "Order", NULL};
static const char *const no_objects[] = {NULL};

static const struct type types[] = {
    {"SearchOrderResponse", search_fields, search_objects},
    {"Order", order_fields, order_objects},
    {"DiscountPerTax", discount_fields, no_objects},
    {"DeliveryInfo", delivery_fields, delivery_objects},
    {"BasketInfo", basket_fields, no_objects},
};

static const struct type *type_of(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

static bool has_field(const struct type *type, struct str field)
{
    for (const char *const *f = type->fields; *f; f++)
        if (str_eq(field, str_from(*f)))
            return true;
    return false;
}

static const struct type *object_of(const struct type *type, struct str field)
{
    for (const char *const *o = type->objects; *o; o += 2)
        if (str_eq(field, str_from(o[0])))
            return type_of(o[1]);
    return NULL;
}

static bool check(const struct type *type, const struct ms_selection *set, struct str *field,
                  const char **type_name)
{
    for (const struct ms_selection *s = set; s; s = s->next) {
        const struct type *object = object_of(type, s->name);
        if (!has_field(type, s->name) || (object != NULL) != (s->first != NULL)) {
            *field = s->name;
            *type_name = type->name;
            return false;
        }
        if (object && !check(object, s->first, field, type_name))
            return false;
    }
    return true;
}

bool ms_selection_check(const struct ms_selection *selection, struct str *field, const char **type)
{
    return check(&types[0], selection, field, type);
}

// --- values ---

struct view {
    struct sim *sim;
    struct json_writer *w;
    struct arena *arena;
    const struct sim_order *order;
};

static bool is(const struct view *v, const char *name, const char *setting)
{
    return sim_switch_is(v->sim, SIM_MAKESHOP, name, setting);
}

static bool named(struct str name, const char *field)
{
    return str_eq(name, str_from(field));
}

static struct str local_time(struct arena *arena, time_ms t)
{
    struct civil_time f = civil_from_time(t, JST_OFFSET_MS);
    return arena_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d", f.year, f.month, f.day, f.hour,
                        f.minute, f.second);
}

static struct str local_day(struct arena *arena, day d)
{
    char text[12];
    return d ? str_dup(arena, day_format(d, text)) : STR("");
}

// How a provisional order shows here was not seen (§10): in the payment, in the delivery state, or
// not at all.
static bool shows_provisional(const struct view *v, const char *where)
{
    return ms_order(v->order)->status == MS_PROVISIONAL && is(v, "graphql_provisional", where);
}

static struct str payment_code(const struct view *v)
{
    bool paid = ms_order(v->order)->paid;
    if (shows_provisional(v, "payment"))
        return STR("99");
    if (is(v, "graphql_payment", "digits"))
        return paid ? STR("1") : STR("0");
    if (is(v, "graphql_payment", "words"))
        return paid ? STR("PAID") : STR("UNPAID");
    return paid ? STR("Y") : STR("N");
}

static struct str payment_words(const struct view *v)
{
    if (shows_provisional(v, "payment"))
        return STR("仮注文");
    if (!ms_order(v->order)->paid)
        return STR("未入金");
    bool card = v->order->payment == SIM_PAY_CARD || v->order->payment == SIM_PAY_CARRIER;
    return card && ms_delivery_of(v->order) != MS_DONE ? STR("仮売上") : STR("入金済");
}

static struct str delivery_word(const struct view *v, const struct ms_parcel *p)
{
    bool words = is(v, "graphql_delivery", "names");
    if (shows_provisional(v, "delivery"))
        return words ? STR("PROVISIONAL") : STR("仮注文");
    if (ms_order(v->order)->status == MS_CANCELLED)
        return words ? STR("CANCELED") : STR("C");
    switch (p->state) {
    case MS_DONE:
        return words ? STR("COMPLETED") : STR("Y");
    case MS_BACK:
        return words ? STR("RETURNED") : STR("R");
    default:
        return words ? STR("NOT_YET") : STR("N");
    }
}

static void write_basket(const struct view *v, const struct sim_line *line,
                         const struct ms_selection *selection)
{
    struct json_writer *w = v->w;
    json_begin_object(w);
    for (const struct ms_selection *s = selection; s; s = s->next) {
        json_key(w, str_cstr(v->arena, s->name));
        if (named(s->name, "amount"))
            json_write_int(w, line->quantity);
        else if (named(s->name, "price"))
            json_write_int(w, ms_bare_price(line));
        else if (named(s->name, "productCode"))
            json_write_str(w, ms_brand_code(v->arena, line));
        else if (named(s->name, "productCustomCode"))
            json_write_str(w, line->item->manage_number);
        else if (named(s->name, "variationCustomCode"))
            json_write_str(w, line->system_sku);
        else if (named(s->name, "productName"))
            json_write_str(w, line->title);
        else if (named(s->name, "variationName"))
            json_write_str(w, ms_options(v->arena, line));
        else
            json_write_str(w, line->item->jan);
    }
    json_end_object(w);
}

static void write_address(const struct view *v, const struct sim_destination *d, struct str name)
{
    const struct sim_person *p = &d->recipient;
    if (named(name, "receiverName"))
        json_write_str(v->w, ms_full_name(v->arena, p, false));
    else if (named(name, "receiverPost"))
        json_write_str(v->w, postal_code_format(v->arena, p->postal_code));
    else if (named(name, "receiverPrefecture"))
        json_write_str(v->w, ms_area(p));
    else if (named(name, "receiverAddress"))
        json_write_str(v->w,
                       arena_printf(v->arena, "%.*s%.*s", STR_ARG(p->city), STR_ARG(p->town)));
    else if (named(name, "receiverAddress2"))
        json_write_str(v->w, p->building);
    else
        json_write_str(v->w, p->phone);
}

static void write_delivery_value(const struct view *v, size_t index, struct str name)
{
    const struct sim_destination *d = &v->order->destinations[index];
    const struct ms_parcel *p = ms_parcel(d);
    struct json_writer *w = v->w;
    if (str_starts(name, STR("receiver")))
        write_address(v, d, name);
    else if (named(name, "deliveryId") && is(v, "graphql_ids", "text"))
        json_write_str(w, arena_printf(v->arena, "%zu", index + 1));
    else if (named(name, "deliveryId"))
        json_write_int(w, (int64_t)index + 1);
    else if (named(name, "deliveryStatus"))
        json_write_str(w, delivery_word(v, p));
    else if (named(name, "wmsStatus"))
        json_write_str(w, arena_printf(v->arena, "%d", p->state <= MS_PREPARING ? p->state : 0));
    else if (named(name, "desiredDeliveryDate"))
        json_write_str(w, d->requested_day ? local_day(v->arena, d->requested_day) : STR("--"));
    else if (named(name, "desiredDeliveryTimezone"))
        json_write_str(w, ms_slot(d));
    else if (named(name, "deliveryDate"))
        json_write_str(w, local_day(v->arena, p->shipped_on));
    else if (named(name, "slipNumber"))
        json_write_str(w, p->number);
    else if (named(name, "shippingCharge"))
        json_write_int(w, d->postage);
    else if (named(name, "deliverySumPrice"))
        json_write_int(w, d->goods);
    else if (named(name, "deliveryMessage"))
        json_write_str(w, d->drop_off);
    else if (named(name, "deliveryMethodIds"))
        json_write_str(w, arena_printf(v->arena, "%d", (int)d->carrier + 1));
    else
        json_write_str(w, STR(""));
}

static void write_delivery(const struct view *v, size_t index, const struct ms_selection *selection)
{
    const struct sim_destination *d = &v->order->destinations[index];
    json_begin_object(v->w);
    for (const struct ms_selection *s = selection; s; s = s->next) {
        json_key(v->w, str_cstr(v->arena, s->name));
        if (!named(s->name, "basketInfos")) {
            write_delivery_value(v, index, s->name);
            continue;
        }
        json_begin_array(v->w);
        for (size_t k = 0; k < d->line_count; k++)
            write_basket(v, &d->lines[k], s->first);
        json_end_array(v->w);
    }
    json_end_object(v->w);
}

static void write_discounts(const struct view *v)
{
    json_begin_array(v->w);
    json_begin_object(v->w);
    json_put_int(v->w, "taxRate", 10);
    json_put_int(v->w, "discount", 0);
    json_end_object(v->w);
    json_end_array(v->w);
}

static void write_order_value(const struct view *v, struct str name)
{
    const struct sim_order *order = v->order;
    struct json_writer *w = v->w;
    struct arena *arena = v->arena;
    if (named(name, "systemOrderNumber"))
        json_write_str(w, arena_printf(arena, "%lld", (long long)order->serial + 5000000));
    else if (named(name, "displayOrderNumber"))
        json_write_str(w, order->order_no);
    else if (named(name, "orderDate"))
        json_write_str(w, local_time(arena, order->ordered_at));
    else if (named(name, "memberId"))
        json_write_str(w, arena_printf(arena, "X%06d%.*s", (int)sim_dice(order, "guest", 1000000),
                                       STR_ARG(ms_full_name(arena, &order->buyer, false))));
    else if (named(name, "senderName"))
        json_write_str(w, ms_full_name(arena, &order->buyer, false));
    else if (named(name, "senderPrefecture"))
        json_write_str(w, ms_area(&order->buyer));
    else if (named(name, "payMethod"))
        json_write_str(w, is(v, "graphql_pay_method", "name") ? str_from(ms_pay_name(order))
                                                              : str_from(ms_pay_code(order)));
    else if (named(name, "paymentStatusCode"))
        json_write_str(w, payment_code(v));
    else if (named(name, "paymentStatus"))
        json_write_str(w, payment_words(v));
    else if (named(name, "sumPrice"))
        json_write_int(w, ms_sum_price(v->sim, order));
    else if (named(name, "couponDiscount"))
        json_write_int(w, order->coupon_shop);
    else
        json_write_str(w, order->note.n
                              ? arena_printf(arena, "%.*s||ラッピング：なし", STR_ARG(order->note))
                              : STR(""));
}

void ms_write_order(struct sim *sim, struct json_writer *w, struct arena *arena,
                    const struct sim_order *order, const struct ms_selection *selection)
{
    struct view v = {sim, w, arena, order};
    json_begin_object(w);
    for (const struct ms_selection *s = selection; s; s = s->next) {
        json_key(w, str_cstr(arena, s->name));
        if (named(s->name, "discountPerTax")) {
            write_discounts(&v);
        } else if (named(s->name, "deliveryInfos")) {
            json_begin_array(w);
            for (size_t i = 0; i < order->destination_count; i++)
                write_delivery(&v, i, s->first);
            json_end_array(w);
        } else {
            write_order_value(&v, s->name);
        }
    }
    json_end_object(w);
}
