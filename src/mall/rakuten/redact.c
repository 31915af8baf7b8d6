// SPDX-License-Identifier: Apache-2.0
//
// Raw documents are kept for proof and for diagnosis, but card data has no business there: number,
// owner and month become null at whatever depth they appear.
#include "mall/rakuten/parse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_card_data(struct str key)
{
    return str_eq_nocase(key, STR("cardNumber")) || str_eq_nocase(key, STR("cardOwner")) ||
           str_eq_nocase(key, STR("cardYm"));
}

// The shortest text that reads back as the same number: 0.1 stays 0.1.
static void write_double(struct json_writer *w, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    json_write_raw(w, str_from(text));
}

static void write_scalar(struct json_writer *w, struct json v)
{
    int64_t integer;
    double number;
    switch (json_type(v)) {
    case JSON_STRING:
        json_write_str(w, json_str(v));
        break;
    case JSON_BOOL:
        json_write_bool(w, json_true(v));
        break;
    case JSON_INT:
    case JSON_UINT:
    case JSON_DOUBLE:
        if (json_type(v) == JSON_INT && json_int(v, &integer))
            json_write_int(w, integer);
        else if (json_double(v, &number) && isfinite(number))
            write_double(w, number);
        else
            json_write_null(w);
        break;
    default:
        json_write_null(w);
        break;
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
        if (type == JSON_OBJECT && is_card_data(i.key))
            json_write_null(w);
        else
            write_value(w, arena, child);
    }
    if (type == JSON_OBJECT)
        json_end_object(w);
    else
        json_end_array(w);
}

bool rakuten_redact(struct json value, struct buf *out)
{
    AUTO_ARENA names = arena_new((size_t)16 * 1024 * 1024);
    if (!names)
        return false;
    struct json_writer w = json_writer_make(out);
    write_value(&w, names, value);
    return !out->failed && !arena_failed(names);
}
