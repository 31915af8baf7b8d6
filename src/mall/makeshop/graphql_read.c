// SPDX-License-Identifier: Apache-2.0
//
// Orders of searchOrder as rows (makeshop.md §3.3). Types of ids and numbers were not seen: both
// numbers and texts are read. One row that can't be read doesn't stop the others.
#include "mall/makeshop/internal.h"

#define ROWS_MAX 100000
#define MONEY_MAX INT64_C(1000000000000)
#define QUANTITY_MAX INT64_C(999999999)

static struct str text_of(struct arena *arena, struct json object, const char *key)
{
    struct json v = json_get(object, key);
    int64_t number;
    if (json_type(v) == JSON_STRING)
        return str_dup(arena, str_trim(json_str(v)));
    return json_int(v, &number) ? arena_printf(arena, "%lld", (long long)number) : STR("");
}

static bool money_of(struct json object, const char *key, yen otherwise, yen *amount)
{
    struct json v = json_get(object, key);
    *amount = otherwise;
    if (json_is_null(v) || (json_type(v) == JSON_STRING && str_is_empty(json_str(v))))
        return true;
    bool read = json_type(v) == JSON_STRING ? yen_parse(json_str(v), amount) : json_int(v, amount);
    return read && *amount <= MONEY_MAX && *amount >= -MONEY_MAX;
}

static day day_of(struct json object, const char *key)
{
    day d;
    struct str text = str_slice(str_trim(json_str(json_get(object, key))), 0, 10);
    return text.p && day_parse(text, &d) && day_is_valid(d) ? d : 0;
}

static bool bad_field(struct error *error, const char *field)
{
    return error_set(error, ERROR_MALFORMED, "makeshop.field_unreadable",
                     "注文データの項目 %s を読み取れません。",
                     "The order's field %s can't be read.", field);
}

// "備考の文||項目：値": the buyer's words are the part before the first pair of bars (§3.3).
static struct str before_bars(struct str text)
{
    ptrdiff_t bars = str_find(text, STR("||"));
    return str_trim(bars < 0 ? text : str_slice(text, 0, (size_t)bars));
}

static bool read_line(struct arena *arena, struct json v, struct makeshop_line *l,
                      struct error *error)
{
    *l = (struct makeshop_line){
        .product_code = text_of(arena, v, "productCode"),
        .custom_code = text_of(arena, v, "productCustomCode"),
        .option_code = text_of(arena, v, "variationCustomCode"),
        .jan = text_of(arena, v, "janCode"),
        .title = text_of(arena, v, "productName"),
        .options = text_of(arena, v, "variationName"),
        .rate_basis_points = -1,
    };
    if (!money_of(v, "price", YEN_UNDETERMINED, &l->price) || l->price == YEN_UNDETERMINED)
        return bad_field(error, "price");
    if (!money_of(v, "amount", -1, &l->amount) || l->amount < 0 || l->amount > QUANTITY_MAX)
        return bad_field(error, "amount");
    return true;
}

static bool read_lines(struct arena *arena, struct json list, struct makeshop_destination *d,
                       struct error *error)
{
    struct json v;
    d->lines = ARENA_ARRAY(arena, struct makeshop_line, json_count(list));
    for (struct json_iter i = json_iterate(list); d->lines && json_next(&i, &v);)
        if (!read_line(arena, v, &d->lines[d->line_count++], error))
            return false;
    return true;
}

static void read_recipient(struct arena *arena, struct json v, struct person *p)
{
    *p = (struct person){
        .name = text_of(arena, v, "receiverName"),
        .name_kana = STR(""),
        .company = STR(""),
        .postal_code = postal_code_normalise(arena, text_of(arena, v, "receiverPost")),
        .prefecture = makeshop_prefecture(text_of(arena, v, "receiverPrefecture")),
        .city = STR(""),
        .address1 = text_of(arena, v, "receiverAddress"),
        .address2 = text_of(arena, v, "receiverAddress2"),
        .phone = phone_normalise(arena, text_of(arena, v, "receiverTel")),
        .email = STR(""),
    };
}

static bool read_destination(struct arena *arena, struct json v, struct makeshop_row *row,
                             struct makeshop_destination *d, struct error *error)
{
    bool cancelled, provisional, ignored;
    struct str word = text_of(arena, v, "deliveryStatus");
    *d = (struct makeshop_destination){
        .id = text_of(arena, v, "deliveryId"),
        .method = STR(""),
        .desired_day = day_of(v, "desiredDeliveryDate"),
        .planned_day = day_of(v, "estimatedShipmentDate"),
        .shipped_day = day_of(v, "deliveryDate"),
        .slot = text_of(arena, v, "desiredDeliveryTimezone"),
        .note = before_bars(text_of(arena, v, "deliveryMessage")),
        .number = text_of(arena, v, "slipNumber"),
        .carrier = STR_ABSENT,
    };
    if (str_eq(d->slot, STR("--")))
        d->slot = STR("");
    d->state = makeshop_delivery_from_text(word, &cancelled, &provisional);
    // 出荷指示 is told apart from the delivery state here (§10).
    if (d->state == MAKESHOP_NOT_YET)
        d->state = makeshop_delivery_from_text(text_of(arena, v, "wmsStatus"), &ignored, &ignored);
    if (d->state == MAKESHOP_DONE && !str_eq(word, STR("")) &&
        makeshop_delivery_from_text(word, &ignored, &ignored) == MAKESHOP_NOT_YET)
        d->state = MAKESHOP_PREPARING;
    row->status = provisional ? MAKESHOP_PROVISIONAL : cancelled ? MAKESHOP_CANCELLED : row->status;
    read_recipient(arena, v, &d->recipient);
    if (!money_of(v, "shippingCharge", YEN_UNDETERMINED, &d->postage))
        return bad_field(error, "shippingCharge");
    if (!money_of(v, "deliverySumPrice", YEN_UNDETERMINED, &d->subtotal))
        return bad_field(error, "deliverySumPrice");
    return read_lines(arena, json_get(v, "basketInfos"), d, error);
}

static bool read_destinations(struct arena *arena, struct json v, struct makeshop_row *row,
                              struct error *error)
{
    struct json list = json_get(v, "deliveryInfos"), one;
    row->destinations = ARENA_ARRAY(arena, struct makeshop_destination, json_count(list));
    for (struct json_iter i = json_iterate(list); row->destinations && json_next(&i, &one);)
        if (!read_destination(arena, one, row, &row->destinations[row->destination_count++], error))
            return false;
    return row->destination_count > 0 || bad_field(error, "deliveryInfos");
}

static bool read_row(struct arena *arena, struct json v, struct makeshop_row *row,
                     struct error *error)
{
    *row = (struct makeshop_row){
        .order_no = text_of(arena, v, "displayOrderNumber"),
        .system_no = text_of(arena, v, "systemOrderNumber"),
        .status = MAKESHOP_NORMAL,
        .payment_words = text_of(arena, v, "paymentStatus"),
        .pay_code = text_of(arena, v, "payMethod"),
        .pay_name = STR(""),
        .member = text_of(arena, v, "memberId"),
        .postage = YEN_UNDETERMINED,
        .note = before_bars(text_of(arena, v, "message")),
    };
    row->buyer =
        (struct person){.name = text_of(arena, v, "senderName"),
                        .name_kana = STR(""),
                        .company = STR(""),
                        .postal_code = STR(""),
                        .prefecture = makeshop_prefecture(text_of(arena, v, "senderPrefecture")),
                        .city = STR(""),
                        .address1 = STR(""),
                        .address2 = STR(""),
                        .phone = STR(""),
                        .email = STR("")};
    if (row->order_no.n == 0)
        return bad_field(error, "displayOrderNumber");
    if (!time_parse_iso(text_of(arena, v, "orderDate"), JST_OFFSET_MS, &row->ordered_at) &&
        !time_parse_yahoo(text_of(arena, v, "orderDate"), &row->ordered_at))
        return bad_field(error, "orderDate");
    if (!money_of(v, "sumPrice", YEN_UNDETERMINED, &row->sum))
        return bad_field(error, "sumPrice");
    if (!money_of(v, "couponDiscount", 0, &row->coupon))
        return bad_field(error, "couponDiscount");
    struct str code = text_of(arena, v, "paymentStatusCode");
    row->payment = makeshop_payment_from_text(code, row->payment_words);
    if (row->payment == MAKESHOP_PAYMENT_PROVISIONAL)
        row->status = MAKESHOP_PROVISIONAL;
    if (row->payment_words.n == 0)
        row->payment_words = code;
    return read_destinations(arena, v, row, error);
}

// --- the order's part of the answer, as it came ---

static void write_value(struct json_writer *w, struct arena *arena, struct json v)
{
    struct json one;
    int64_t number;
    double fraction;
    switch (json_type(v)) {
    case JSON_STRING:
        json_write_str(w, json_str(v));
        break;
    case JSON_BOOL:
        json_write_bool(w, json_true(v));
        break;
    case JSON_ARRAY:
        json_begin_array(w);
        for (struct json_iter i = json_iterate(v); json_next(&i, &one);)
            write_value(w, arena, one);
        json_end_array(w);
        break;
    case JSON_OBJECT:
        json_begin_object(w);
        for (struct json_iter i = json_iterate(v); json_next(&i, &one);) {
            json_key(w, str_cstr(arena, i.key));
            write_value(w, arena, one);
        }
        json_end_object(w);
        break;
    default:
        if (json_int(v, &number))
            json_write_int(w, number);
        else if (json_double(v, &fraction))
            json_write_raw(w, arena_printf(arena, "%.17g", fraction));
        else
            json_write_null(w);
    }
}

static struct str raw_of(struct arena *arena, struct json v)
{
    AUTO_BUF out = buf_make(MAKESHOP_BATCH_BYTES_MAX);
    struct json_writer w = json_writer_make(&out);
    write_value(&w, arena, v);
    return out.failed ? STR("") : str_dup(arena, buf_str(&out));
}

bool makeshop_graphql_rows(struct makeshop_op *op, struct arena *arena,
                           const struct makeshop_answer *answer, struct makeshop_page *page,
                           struct error *error)
{
    struct json orders = json_get(answer->data, "orders"), v;
    size_t count = json_count(orders);
    *page = (struct makeshop_page){.total = -1};
    if ((json_type(orders) != JSON_ARRAY && !json_is_null(orders)) || count > ROWS_MAX) {
        makeshop_unreadable(op, "orders", error);
        return false;
    }
    (void)money_of(answer->data, "searchedCount", -1, &page->total);
    page->rows = ARENA_ARRAY(arena, struct makeshop_row, count);
    page->bad = ARENA_ARRAY(arena, struct mall_bad_order, count);
    if (!page->rows || !page->bad)
        return error_no_memory(error);
    for (struct json_iter i = json_iterate(orders); json_next(&i, &v);) {
        struct makeshop_row *row = &page->rows[page->count];
        struct mall_bad_order *bad = &page->bad[page->bad_count];
        struct str raw = raw_of(arena, v);
        if (read_row(arena, v, row, &bad->error)) {
            row->raw = raw;
            page->count++;
        } else {
            bad->order_no = text_of(arena, v, "displayOrderNumber");
            bad->raw = raw;
            bad->raw_type = STR("application/json");
            page->bad_count++;
        }
    }
    return arena_failed(arena) ? error_no_memory(error) : true;
}
