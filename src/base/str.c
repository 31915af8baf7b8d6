// SPDX-License-Identifier: Apache-2.0
//
// Borrowed text: comparison, search, splitting, numbers, UTF-8. Nothing here allocates or keeps
// state, so every function may run in any thread. (Copies into arenas are in arena.c.)
#include "base/str.h"

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order)
        return order < 0 ? -1 : 1;
    return a.n < b.n ? -1 : a.n > b.n;
}

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower((unsigned char)a.p[i]) != lower((unsigned char)b.p[i]))
            return false;
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_make(s.p, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_slice(s, s.n - suffix.n, s.n), suffix);
}

ptrdiff_t str_find(struct str s, struct str needle)
{
    if (needle.n == 0)
        return 0;
    if (s.n < needle.n)
        return -1;
    const char *at = memmem(s.p, s.n, needle.p, needle.n);
    return at ? at - s.p : -1;
}

ptrdiff_t str_find_char(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, (unsigned char)c, s.n) : NULL;
    return at ? at - s.p : -1;
}

struct str str_slice(struct str s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return s.p ? str_make(s.p + from, to - from) : s;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    const struct str wide = STR("\xe3\x80\x80");
    for (;;) {
        if (s.n && is_blank(s.p[0]))
            s = str_slice(s, 1, s.n);
        else if (str_starts(s, wide))
            s = str_slice(s, wide.n, s.n);
        else
            break;
    }
    for (;;) {
        if (s.n && is_blank(s.p[s.n - 1]))
            s.n--;
        else if (str_ends(s, wide))
            s.n -= wide.n;
        else
            return s;
    }
}

bool str_split(struct str *rest, char separator, struct str *part)
{
    if (rest->n == 0)
        return false;
    ptrdiff_t at = str_find_char(*rest, separator);
    if (at < 0) {
        *part = *rest;
        *rest = STR_ABSENT;
    } else {
        *part = str_slice(*rest, 0, (size_t)at);
        *rest = str_slice(*rest, (size_t)at + 1, rest->n);
    }
    return true;
}

bool str_to_int64(struct str s, int64_t *value)
{
    size_t i = 0;
    bool negative = false;
    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) {
        negative = s.p[0] == '-';
        i = 1;
    }
    if (i == s.n)
        return false;
    int64_t result = 0;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        int digit = s.p[i] - '0';
        // Counting downwards reaches INT64_MIN too.
        if (__builtin_mul_overflow(result, 10, &result) ||
            __builtin_sub_overflow(result, digit, &result))
            return false;
    }
    if (!negative && __builtin_sub_overflow(0, result, &result))
        return false;
    *value = result;
    return true;
}

static bool is_tail(const unsigned char *p)
{
    return (*p & 0xc0) == 0x80;
}

// Bytes of the well-formed sequence at p (of at most `left` bytes), 0 if there is none.
static size_t sequence(const unsigned char *p, size_t left)
{
    unsigned char c = p[0];
    if (c < 0x80)
        return 1;
    if (c < 0xc2)
        return 0;
    if (c < 0xe0)
        return left >= 2 && is_tail(p + 1) ? 2 : 0;
    if (c < 0xf0) {
        if (left < 3 || !is_tail(p + 1) || !is_tail(p + 2))
            return 0;
        if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] >= 0xa0))
            return 0;
        return 3;
    }
    if (c > 0xf4 || left < 4 || !is_tail(p + 1) || !is_tail(p + 2) || !is_tail(p + 3))
        return 0;
    if ((c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] >= 0x90))
        return 0;
    return 4;
}

bool str_is_utf8(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t left = s.n;
    while (left) {
        uint64_t eight;
        if (left >= 8) {
            memcpy(&eight, p, 8);
            if (!(eight & 0x8080808080808080ull)) {
                p += 8;
                left -= 8;
                continue;
            }
        }
        // Kana and kanji: three bytes, no forbidden second byte behind E1 … EC.
        while (left >= 3 && p[0] >= 0xe1 && p[0] <= 0xec && is_tail(p + 1) && is_tail(p + 2)) {
            p += 3;
            left -= 3;
        }
        if (!left)
            break;
        size_t n = sequence(p, left);
        if (n == 0)
            return false;
        p += n;
        left -= n;
    }
    return true;
}

size_t str_utf8_length(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++)
        count += (s.p[i] & 0xc0) != 0x80;
    return count;
}

struct str str_utf8_cut(struct str s, size_t bytes_max)
{
    if (s.n <= bytes_max)
        return s;
    size_t n = bytes_max;
    while (n && (s.p[n] & 0xc0) == 0x80)
        n--;
    return str_make(s.p, n);
}

size_t str_utf8_decode(struct str s, uint32_t *code_point)
{
    const unsigned char *p = (const unsigned char *)s.p;
    switch (sequence(p, s.n)) {
    case 1:
        *code_point = p[0];
        return 1;
    case 2:
        *code_point = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
        return 2;
    case 3:
        *code_point = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        return 3;
    case 4:
        *code_point =
            (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
        return 4;
    default:
        *code_point = 0xfffd;
        return 1;
    }
}

size_t str_utf8_encode(uint32_t c, char bytes[4])
{
    if (c < 0x80) {
        bytes[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        bytes[0] = (char)(0xc0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        bytes[0] = (char)(0xe0 | c >> 12);
        bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    bytes[0] = (char)(0xf0 | c >> 18);
    bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
    bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
    bytes[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

uint64_t str_hash(struct str s)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    for (size_t i = 0; i < s.n; i++)
        hash = (hash ^ (unsigned char)s.p[i]) * 0x100000001b3ull;
    return hash;
}
