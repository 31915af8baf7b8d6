// SPDX-License-Identifier: Apache-2.0
//
// Texts of HTTP: names, escapes, query strings, cookies. Pure functions over foreign bytes; nothing
// here allocates but into the caller's arena or buffer. Fuzzed by fuzz/fuzz_http_text.c.
#include "net/http.h"

#include "text/japan.h"

#define RETRY_AFTER_MS_MAX (7LL * 24 * 3600 * 1000)

static const struct str method_names[] = {
    [HTTP_GET] = STR("GET"),     [HTTP_POST] = STR("POST"),     [HTTP_PUT] = STR("PUT"),
    [HTTP_PATCH] = STR("PATCH"), [HTTP_DELETE] = STR("DELETE"), [HTTP_HEAD] = STR("HEAD"),
};
#define METHOD_COUNT (sizeof method_names / sizeof *method_names)

const char *http_method_name(enum http_method m)
{
    return (size_t)m < METHOD_COUNT ? method_names[m].p : "";
}

bool http_method_from_name(struct str name, enum http_method *m)
{
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (str_eq(name, method_names[i])) {
            *m = (enum http_method)i;
            return true;
        }
    }
    return false;
}

bool http_add_header(struct http_request *r, struct str name, struct str value, bool secret)
{
    if (r->header_count >= HTTP_HEADERS_MAX)
        return false;
    r->headers[r->header_count++] = (struct http_header){name, value, secret};
    return true;
}

struct str http_header(const struct http_header *headers, size_t count, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(headers[i].name, wanted))
            return headers[i].value;
    }
    return STR_ABSENT;
}

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool http_header_is_valid(struct str name, struct str value)
{
    if (name.n == 0)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!is_letter_or_digit(c) && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

int64_t http_retry_after_ms(const struct http_response *r, time_ms now)
{
    struct str text = http_header(r->headers, r->header_count, "Retry-After");
    text = str_trim(text);
    if (text.n == 0)
        return 0;
    bool digits = true;
    for (size_t i = 0; i < text.n; i++)
        digits = digits && text.p[i] >= '0' && text.p[i] <= '9';
    int64_t wait = 0;
    if (digits) {
        int64_t seconds = 0;
        // Digits that don't fit an int64 are a very long wait, not an unreadable one.
        if (!str_to_int64(text, &seconds) || seconds > RETRY_AFTER_MS_MAX / 1000)
            return RETRY_AFTER_MS_MAX;
        wait = seconds * 1000;
    } else {
        time_ms date = 0;
        if (!time_parse_http(text, &date) || date <= now)
            return 0;
        // `now` may be far below zero in a test; the difference must not overflow.
        if (__builtin_sub_overflow(date, now, &wait))
            return RETRY_AFTER_MS_MAX;
    }
    return wait > RETRY_AFTER_MS_MAX ? RETRY_AFTER_MS_MAX : wait;
}

void http_url_encode(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (is_letter_or_digit((char)c) || c == '-' || c == '.' || c == '_' || c == '~') {
            buf_add_char(out, (char)c);
        } else {
            const char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
            buf_add(out, str_make(escape, sizeof escape));
        }
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

// The character at *at, which moves behind it; -1 for a broken escape or NUL.
static int next_decoded(struct str text, size_t *at, bool plus_is_space)
{
    char c = text.p[(*at)++];
    if (c == '+' && plus_is_space)
        return ' ';
    if (c != '%')
        return c == '\0' ? -1 : (unsigned char)c;
    if (text.n - *at < 2)
        return -1;
    int high = hex_digit(text.p[*at]), low = hex_digit(text.p[*at + 1]);
    *at += 2;
    if (high < 0 || low < 0 || (high == 0 && low == 0))
        return -1;
    return high << 4 | low;
}

bool http_url_is_decodable(struct str text)
{
    for (size_t at = 0; at < text.n;) {
        if (next_decoded(text, &at, false) < 0)
            return false;
    }
    return true;
}

bool http_url_decode(struct arena *arena, struct str text, bool plus_is_space, struct str *out)
{
    *out = STR_ABSENT;
    if (!http_url_is_decodable(text))
        return false;
    char *decoded = arena_alloc(arena, text.n + 1);
    if (!decoded)
        return false;
    size_t n = 0;
    for (size_t at = 0; at < text.n;)
        decoded[n++] = (char)next_decoded(text, &at, plus_is_space);
    *out = str_make(decoded, n);
    return true;
}

bool http_query_next(struct arena *arena, struct str *query, struct str *key, struct str *value)
{
    struct str pair;
    do {
        if (!str_split(query, '&', &pair))
            return false;
    } while (pair.n == 0);
    ptrdiff_t equals = str_find_char(pair, '=');
    size_t key_length = equals < 0 ? pair.n : (size_t)equals;
    if (!http_url_decode(arena, str_slice(pair, 0, key_length), true, key))
        *key = STR_ABSENT;
    struct str raw = equals < 0 ? STR("") : str_slice(pair, key_length + 1, pair.n);
    if (!http_url_decode(arena, raw, true, value))
        *value = STR_ABSENT;
    return true;
}

struct str http_query_value(struct arena *arena, struct str query, const char *key)
{
    struct str wanted = str_from(key), found, value;
    while (http_query_next(arena, &query, &found, &value)) {
        if (found.p && str_eq(found, wanted))
            return value;
    }
    return STR_ABSENT;
}

struct str http_cookie_value(struct str header, const char *name)
{
    struct str wanted = str_from(name), part;
    while (str_split(&header, ';', &part)) {
        part = str_trim(part);
        ptrdiff_t equals = str_find_char(part, '=');
        if (equals < 0 || !str_eq(str_slice(part, 0, (size_t)equals), wanted))
            continue;
        struct str value = str_slice(part, (size_t)equals + 1, part.n);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = str_slice(value, 1, value.n - 1);
        return value;
    }
    return STR_ABSENT;
}
