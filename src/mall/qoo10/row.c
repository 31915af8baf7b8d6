// SPDX-License-Identifier: Apache-2.0
//
// Values of a row (qoo10.md §4.3): three vocabularies for the same facts, numbers that may be text,
// statuses as text with their digit. Unknown shapes give "no value", never a guess. Any thread.
#include "mall/qoo10/internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NAMES_MAX 3
#define NUMBER_MAX 1000000000000LL

// v3, v2 and by-order names; the first that the row has counts.
static const char *const names[Q_FIELD_COUNT][NAMES_MAX] = {
    [Q_STATUS] = {"ShippingStatus", "shippingStatus"},
    [Q_PACK] = {"PackNo", "packNo"},
    [Q_ORDER] = {"OrderNo", "orderNo"},
    [Q_ORDERED_AT] = {"OrderDate", "orderDate"},
    [Q_PAID_AT] = {"PaymentDate", "paymentDate"},
    [Q_PLANNED] = {"EstimatedShippingDate", "EstShippingDate"},
    [Q_SHIPPED_AT] = {"ShippingDate", "shippingDate"},
    [Q_DELIVERED_AT] = {"DeliveredDate", "deliveredDate"},
    [Q_BUYER] = {"Buyer", "buyer"},
    [Q_BUYER_KANA] = {"BuyerKana", "buyer_gata"},
    [Q_BUYER_TEL] = {"BuyerTel", "buyerTel"},
    [Q_BUYER_MOBILE] = {"BuyerMobile", "buyerMobile"},
    [Q_BUYER_EMAIL] = {"BuyerEmail", "buyerEmail"},
    [Q_ITEM] = {"ItemNo", "itemCode"},
    [Q_SELLER_CODE] = {"SellerItemCode", "sellerItemCode"},
    [Q_TITLE] = {"ItemTitle", "itemTitle"},
    [Q_OPTION] = {"Option", "option"},
    [Q_OPTION_CODE] = {"OptionCode", "optionCode"},
    [Q_PRICE] = {"OrderPrice", "orderPrice"},
    [Q_QUANTITY] = {"OrderQty", "orderQty"},
    [Q_DISCOUNT] = {"Discount", "discount"},
    [Q_TOTAL] = {"Total", "total", "paymentAmount"},
    [Q_RECEIVER] = {"Receiver", "receiver"},
    [Q_RECEIVER_KANA] = {"ReceiverKana", "receiver_gata"},
    [Q_ZIP] = {"ZipCode", "zipCode"},
    [Q_ADDRESS] = {"ShippingAddress", "shippingAddr"},
    [Q_ADDRESS1] = {"Address1", "Addr1"},
    [Q_ADDRESS2] = {"Address2", "Addr2"},
    [Q_RECEIVER_TEL] = {"ReceiverTel", "receiverTel"},
    [Q_RECEIVER_MOBILE] = {"ReceiverMobile", "receiverMobile"},
    [Q_DESIRED] = {"DesiredDeliveryDate", "hopeDate"},
    [Q_SENDER] = {"SenderName", "senderName"},
    [Q_MESSAGE] = {"ShippingMessage", "ShippingMsg"},
    [Q_PAYMENT] = {"PaymentMethod", "paymentMethod"},
    [Q_SELLER_DISCOUNT] = {"SellerDiscount", "sellerDiscount"},
    [Q_POSTAGE] = {"ShippingRate", "shippingRate"},
    [Q_RELATED] = {"RelatedOrder", "relatedOrder"},
    [Q_CARRIER] = {"DeliveryCompany", "deliveryCompany"},
    [Q_TRACKING] = {"TrackingNo", "trackingNo"},
    [Q_CART_DISCOUNT_SELLER] = {"CartDiscountSeller", "Cart_Discount_Seller"},
    [Q_CART_DISCOUNT_MALL] = {"CartDiscountQoo10", "Cart_Discount_Qoo10"},
    [Q_SEND_TYPE] = {"AvailableSendType", NULL},
    [Q_AVAILABLE] = {"AvailableShippingDate", NULL},
    [Q_CLAIM] = {"claimStatus", "ClaimStatus"},
    [Q_CLAIM_REASON] = {"reason", "Reason"},
    [Q_CLAIM_DONE] = {"cancelRefundDate", "CancelRefundDate"},
};

struct json qoo10_value(struct json row, enum qoo10_field field)
{
    struct json v = {0};
    for (size_t i = 0; i < NAMES_MAX && names[field][i]; i++) {
        v = json_get(row, names[field][i]);
        if (json_exists(v))
            return v;
    }
    return v;
}

struct str qoo10_text(struct arena *arena, struct json row, enum qoo10_field field)
{
    struct json v = qoo10_value(row, field);
    int64_t number;
    if (json_type(v) == JSON_STRING)
        return str_dup(arena, str_trim(json_str(v)));
    if (json_type(v) == JSON_INT && json_int(v, &number))
        return arena_printf(arena, "%lld", (long long)number);
    return STR("");
}

// "1650.0", "1,650": Qoo10 counts in whole yen.
static bool number_of_text(struct str text, int64_t *value)
{
    ptrdiff_t point = str_find_char(text, '.');
    for (size_t i = point < 0 ? text.n : (size_t)point + 1; i < text.n; i++)
        if (text.p[i] != '0')
            return false;
    if (point >= 0)
        text = str_slice(text, 0, (size_t)point);
    return yen_parse(text, value);
}

bool qoo10_number(struct json row, enum qoo10_field field, int64_t *value)
{
    struct json v = qoo10_value(row, field);
    double number;
    *value = 0;
    switch (json_type(v)) {
    case JSON_MISSING:
    case JSON_NULL:
        return true;
    case JSON_INT:
        return json_int(v, value) && *value <= NUMBER_MAX && *value >= -NUMBER_MAX;
    case JSON_DOUBLE:
        if (!json_double(v, &number) || !isfinite(number) || fabs(number) > NUMBER_MAX ||
            number != floor(number))
            return false;
        *value = (int64_t)number;
        return true;
    case JSON_STRING:
        return str_is_empty(str_trim(json_str(v))) ||
               (number_of_text(str_trim(json_str(v)), value) && *value <= NUMBER_MAX &&
                *value >= -NUMBER_MAX);
    default:
        return false;
    }
}

time_ms qoo10_time(struct json row, enum qoo10_field field)
{
    time_ms t;
    struct str text = str_trim(json_str(qoo10_value(row, field)));
    if (!time_parse_iso(text, JST_OFFSET_MS, &t) || str_starts(text, STR("0000")) ||
        str_starts(text, STR("1900")))
        return TIME_NONE;
    return t;
}

int qoo10_digit(struct json value)
{
    int64_t number;
    if (json_type(value) == JSON_INT)
        return json_int(value, &number) && number >= 0 && number <= 99 ? (int)number : -1;
    struct str text = str_trim(json_str(value));
    if (str_is_empty(text))
        return 0;
    ptrdiff_t open = -1;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '(')
            open = (ptrdiff_t)i;
    if (open >= 0 && str_ends(text, STR(")")))
        text = str_slice(text, (size_t)open + 1, text.n - 1);
    return str_to_int64(str_trim(text), &number) && number >= 0 && number <= 99 ? (int)number : -1;
}

int qoo10_claim_code(struct json value)
{
    int code = qoo10_digit(value);
    struct str text = str_trim(json_str(value));
    for (int known = 1; code < 0 && known <= 16; known++)
        if (str_eq(text, qoo10_claim_label(known)))
            code = known;
    return code;
}

// --- the raw part ---

static void write_scalar(struct json_writer *w, struct json v)
{
    char text[40];
    int64_t integer;
    double number;
    if (json_type(v) == JSON_STRING) {
        json_write_str(w, json_str(v));
    } else if (json_type(v) == JSON_BOOL) {
        json_write_bool(w, json_true(v));
    } else if (json_type(v) == JSON_INT && json_int(v, &integer)) {
        json_write_int(w, integer);
    } else if (json_double(v, &number) && isfinite(number)) {
        snprintf(text, sizeof text, "%.15g", number);
        json_write_raw(w, str_from(text));
    } else {
        json_write_null(w);
    }
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by the JSON reader (64).
static void write_value(struct json_writer *w, struct arena *arena, struct json v)
{
    struct json child;
    enum json_type type = json_type(v);
    if (type != JSON_OBJECT && type != JSON_ARRAY) {
        write_scalar(w, v);
        return;
    }
    if (type == JSON_OBJECT)
        json_begin_object(w);
    else
        json_begin_array(w);
    for (struct json_iter i = json_iterate(v); json_next(&i, &child);) {
        if (type == JSON_OBJECT)
            json_key(w, str_cstr(arena, i.key));
        write_value(w, arena, child);
    }
    if (type == JSON_OBJECT)
        json_end_object(w);
    else
        json_end_array(w);
}

bool qoo10_write_json(struct json value, struct buf *out)
{
    AUTO_ARENA keys = arena_new((size_t)16 * 1024 * 1024);
    if (!keys)
        return false;
    struct json_writer w = json_writer_make(out);
    write_value(&w, keys, value);
    return !out->failed && !arena_failed(keys);
}
