// SPDX-License-Identifier: Apache-2.0
//
// Raw documents are kept for proof and for diagnosis, but card data has no business there: number,
// owner and month become null at whatever depth they appear. Every order passes through here, so
// what the JSON reader has checked is copied without a second look.
#include "mall/rakuten/parse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_card_data(struct str key)
{
    return (key.n == sizeof "cardNumber" - 1 && str_eq_nocase(key, STR("cardNumber"))) ||
           (key.n == sizeof "cardOwner" - 1 && str_eq_nocase(key, STR("cardOwner"))) ||
           (key.n == sizeof "cardYm" - 1 && str_eq_nocase(key, STR("cardYm")));
}

// Rates such as 0.1 and 0.08: at most four decimal places. False for all others.
static bool write_short_decimal(struct buf *out, double value)
{
    double scaled = value * 10000;
    if (!(scaled > 0 && scaled < 1e9) || scaled != trunc(scaled) || trunc(scaled) / 10000 != value)
        return false;
    int64_t n = (int64_t)scaled, fraction = n % 10000;
    char digits[5] = {'.'};
    size_t count = 0;
    for (size_t i = 4; i > 0; i--, fraction /= 10) {
        digits[i] = (char)('0' + fraction % 10);
        if (count == 0 && digits[i] != '0')
            count = i + 1;
    }
    buf_add_int(out, n / 10000);
    buf_add(out, str_make(digits, count));
    return true;
}

// The shortest text that reads back as the same number: 0.1 stays 0.1.
static void write_double(struct buf *out, double value)
{
    char text[40];
    if (write_short_decimal(out, value))
        return;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add(out, str_from(text));
}

static void write_scalar(struct buf *out, struct json v)
{
    enum json_type type = json_type(v);
    int64_t integer;
    double number;
    if (type == JSON_STRING)
        json_add_utf8(out, json_str(v));
    else if (type == JSON_BOOL)
        buf_add(out, json_true(v) ? STR("true") : STR("false"));
    else if (type == JSON_INT && json_int(v, &integer))
        buf_add_int(out, integer);
    else if ((type == JSON_UINT || type == JSON_DOUBLE) && json_double(v, &number) &&
             isfinite(number))
        write_double(out, number);
    else
        buf_add(out, STR("null"));
}

// NOLINTNEXTLINE(misc-no-recursion): depth is bounded by the JSON reader (64).
static void write_value(struct buf *out, struct json v)
{
    struct json child;
    enum json_type type = json_type(v);
    if (type != JSON_OBJECT && type != JSON_ARRAY) {
        write_scalar(out, v);
        return;
    }
    char before = type == JSON_OBJECT ? '{' : '[';
    struct json_iter i = json_iterate(v);
    for (; json_next(&i, &child); before = ',') {
        buf_add_char(out, before);
        if (type == JSON_OBJECT) {
            json_add_utf8(out, i.key);
            buf_add_char(out, ':');
        }
        if (type == JSON_OBJECT && is_card_data(i.key))
            buf_add(out, STR("null"));
        else
            write_value(out, child);
    }
    if (before != ',')
        buf_add_char(out, before);
    buf_add_char(out, type == JSON_OBJECT ? '}' : ']');
}

bool rakuten_redact(struct json value, struct buf *out)
{
    write_value(out, value);
    return !out->failed;
}
