// SPDX-License-Identifier: Apache-2.0
//
// See the header. Results lie in the caller's arena or are borrowed from the argument.
#include "mall/wire_text.h"

#include "text/fold.h"

static bool is_forbidden(unsigned char c)
{
    return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

static bool is_clean(struct str body)
{
    for (size_t i = 0; i < body.n; i++)
        if (is_forbidden((unsigned char)body.p[i]))
            return false;
    return str_is_utf8(body);
}

struct str mall_clean_xml(struct arena *arena, struct str body)
{
    if (is_clean(body))
        return body;
    char *out = arena_array(arena, body.n, 3);
    size_t n = 0;
    if (!out)
        return body;
    while (body.n > 0) {
        uint32_t c;
        size_t used = str_utf8_decode(body, &c);
        if (c >= 0x20 || !is_forbidden((unsigned char)c))
            n += str_utf8_encode(c, out + n);
        body = str_slice(body, used, body.n);
    }
    return str_make(out, n);
}

static bool take_hour(struct str *text, int *hour)
{
    size_t n = 0;
    int value = 0;
    while (n < text->n && n < 2 && text->p[n] >= '0' && text->p[n] <= '9')
        value = value * 10 + (text->p[n++] - '0');
    *text = str_slice(*text, n, text->n);
    if (str_starts(*text, STR(":00")))
        *text = str_slice(*text, 3, text->n);
    else if (str_starts(*text, STR("時")))
        *text = str_slice(*text, strlen("時"), text->n);
    *hour = value;
    return n > 0 && value <= 24;
}

struct str mall_slot_from_text(struct arena *arena, struct str text)
{
    static const char *const marks[] = {"~", "〜", "-", "–", "‐", "−"};
    struct str folded = str_trim(fold_width(arena, text)), rest = folded;
    int from, to;
    if (str_starts(folded, STR("午前中")))
        return STR("午前中");
    if (!take_hour(&rest, &from))
        return str_dup(arena, text);
    rest = str_trim(rest);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (!str_starts(rest, str_from(marks[i])))
            continue;
        rest = str_trim(str_slice(rest, strlen(marks[i]), rest.n));
        if (take_hour(&rest, &to) && str_is_empty(str_trim(rest)))
            return arena_printf(arena, "%02d:00-%02d:00", from, to);
        break;
    }
    return str_dup(arena, text);
}
