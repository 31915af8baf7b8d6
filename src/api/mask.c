// SPDX-License-Identifier: Apache-2.0
//
// Masking of personal data. Raw answers are masked by a list of what may be shown, never by a list
// of what may not: a field that a mall adds tomorrow is hidden until someone lists it.
#include "api/mask.h"
#include "base/json.h"

#define STAR "＊"
#define RAW_BYTES_MAX (32u << 20)

struct str mask_text(struct arena *arena, struct str text)
{
    uint32_t first;
    if (text.n == 0)
        return text;
    size_t n = str_utf8_decode(text, &first);
    return arena_printf(arena, "%.*s" STAR STAR, (int)n, text.p);
}

static void mask_person(struct arena *arena, struct person *p)
{
    p->name = mask_text(arena, p->name);
    p->name_kana = mask_text(arena, p->name_kana);
    p->company = mask_text(arena, p->company);
    p->address1 = mask_text(arena, p->address1);
    p->address2 = mask_text(arena, p->address2);
    p->email = mask_text(arena, p->email);
    p->postal_code = p->postal_code.n > 3
                         ? arena_printf(arena, "%.3s****", str_cstr(arena, p->postal_code))
                         : STR("");
    p->phone =
        p->phone.n > 4 ? arena_printf(arena, "****%.*s", 4, p->phone.p + p->phone.n - 4) : STR("");
}

void mask_row(struct arena *arena, struct order_row *row)
{
    row->orderer_name = mask_text(arena, row->orderer_name);
    row->recipient_name = mask_text(arena, row->recipient_name);
}

void mask_order(struct arena *arena, struct order *o)
{
    mask_person(arena, &o->orderer);
    o->buyer_note = mask_text(arena, o->buyer_note);
    o->mall_memo = mask_text(arena, o->mall_memo);
    for (size_t i = 0; i < o->package_count; i++) {
        struct order_package *p = &o->packages[i];
        mask_person(arena, &p->recipient);
        p->noshi = mask_text(arena, p->noshi);
        p->gift_message = mask_text(arena, p->gift_message);
        p->delivery_note = mask_text(arena, p->delivery_note);
        p->pickup_store = mask_text(arena, p->pickup_store);
        for (size_t k = 0; k < p->line_count; k++)
            p->lines[k].options = mask_text(arena, p->lines[k].options);
    }
    for (size_t i = 0; i < o->extra_count; i++)
        o->extras[i].value = mask_text(arena, o->extras[i].value);
    for (size_t i = 0; i < o->payment_event_count; i++)
        o->payment_events[i].text = STR("");
}

static bool ends_with_any(struct str name, const char *const *words, size_t count)
{
    char lower[64];
    size_t n = name.n < sizeof lower ? name.n : sizeof lower - 1;
    for (size_t i = 0; i < n; i++)
        lower[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] + 32) : name.p[i];
    for (size_t i = 0; i < count; i++) {
        if (str_ends(str_make(lower, n), str_from(words[i])))
            return true;
    }
    return false;
}

static bool key_is_public(struct str key)
{
    static const char *const endings[] = {
        "status",   "progress",    "datetime",    "flag",           "price",      "amount",
        "charge",   "ordernumber", "orderid",     "itemname",       "itemnumber", "itemid",
        "quantity", "version",     "messagecode", "messagetype",    "orderdate",  "shipdate",
        "units",    "tax",         "taxrate",     "lastupdatetime", "ordertime",  "subcode"};
    return ends_with_any(key, endings, sizeof endings / sizeof endings[0]);
}

static void mask_json(struct json_writer *w, struct json v, struct str key)
{
    struct json child;
    int64_t number;
    double fraction;
    switch (json_type(v)) {
    case JSON_OBJECT:
        json_begin_object(w);
        for (struct json_iter i = json_iterate(v); json_next(&i, &child);) {
            char name[128];
            struct str cut = str_utf8_cut(i.key, sizeof name - 1);
            memcpy(name, cut.p, cut.n);
            name[cut.n] = 0;
            json_key(w, name);
            mask_json(w, child, cut);
        }
        json_end_object(w);
        break;
    case JSON_ARRAY:
        json_begin_array(w);
        for (struct json_iter i = json_iterate(v); json_next(&i, &child);)
            mask_json(w, child, key);
        json_end_array(w);
        break;
    case JSON_BOOL:
        json_write_bool(w, json_true(v));
        break;
    case JSON_NULL:
        json_write_null(w);
        break;
    default:
        // Phone numbers and postal codes may come as numbers.
        if (key_is_public(key) && json_int(v, &number))
            json_write_int(w, number);
        else if (key_is_public(key) && json_str(v).p)
            json_write_str(w, json_str(v));
        else if (json_str(v).p && json_str(v).n == 0)
            json_write_str(w, STR(""));
        else if (json_double(v, &fraction) || json_str(v).p)
            json_write_str(w, STR(STAR));
        else
            json_write_null(w);
    }
}

static void mask_xml(struct buf *out, struct str raw)
{
    struct str name = STR("");
    for (size_t i = 0; i < raw.n;) {
        size_t from = i;
        if (raw.p[i] == '<') {
            bool cdata = str_starts(str_slice(raw, i, raw.n), STR("<![CDATA["));
            if (cdata) {
                ptrdiff_t end = str_find(str_slice(raw, i, raw.n), STR("]]>"));
                i = end < 0 ? raw.n : i + (size_t)end + 3;
                buf_add(out, STR(STAR));
                continue;
            }
            while (i < raw.n && raw.p[i] != '>' && raw.p[i] != ' ')
                i++;
            name = str_slice(raw, from + 1, i);
            while (i < raw.n && raw.p[i] != '>')
                i++;
            // Attributes are left out: none of the malls puts anything but ids there.
            buf_addf(out, "<%.*s>", STR_ARG(name));
            i += i < raw.n;
            continue;
        }
        while (i < raw.n && raw.p[i] != '<')
            i++;
        struct str text = str_slice(raw, from, i);
        bool blank = str_trim(text).n == 0;
        buf_add(out, blank || key_is_public(name) ? text : STR(STAR));
    }
}

struct str mask_raw(struct arena *arena, struct str raw)
{
    struct json root;
    struct error ignored;
    AUTO_BUF out = buf_make(RAW_BYTES_MAX);
    if (str_trim(raw).n > 0 && str_trim(raw).p[0] == '<') {
        mask_xml(&out, raw);
    } else if (json_parse(arena, raw, true, &root, &ignored)) {
        struct json_writer w = json_writer_make(&out);
        mask_json(&w, root, STR(""));
    } else {
        return STR(STAR);
    }
    return out.failed ? STR_ABSENT : str_dup(arena, buf_str(&out));
}

bool mask_field_is_public(struct str field)
{
    static const char *const endings[] = {"state",    "status", "date",     "marks",
                                          "quantity", "total",  "billed",   "carrier",
                                          "_at",      "number", "subtotal", "status_label"};
    return ends_with_any(field, endings, sizeof endings / sizeof endings[0]);
}
