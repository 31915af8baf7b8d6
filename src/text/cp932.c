// SPDX-License-Identifier: Apache-2.0
//
// CP932 at the border.
//
// Invariants: encoding never fails for a character: it is written as it is, or as its composed
// form, or as a look-alike, or left out when it is invisible, or as 〓; everything but the first
// two is in the list of losses. Decoding is strict and byte-exact in what it reports. Ownership:
// results and losses live in the caller's arena. No state besides the constant table.
#include "text/cp932.h"

#include "base/buf.h"
#include "text/cp932_table.h"
#include "text/kanji.h"

#include <utf8proc.h>

#define GETA 0x81ac // 〓

static bool no_table(struct error *error)
{
    error_set(error, ERROR_INTERNAL, "text.no_cp932", "文字コードCP932の変換表を用意できません",
              "The conversion table of CP932 can't be made");
    return error_hint(error,
                      "glibcの文字コード変換モジュール（gconv）が入っているか確認してください",
                      "Check that glibc's character conversion modules (gconv) are installed");
}

static uint16_t code_of(const struct cp932_table *table, uint32_t c)
{
    return c < 0x10000 ? table->code[c] : 0;
}

// A letter and the marks behind it as one composed character where there is one: か + ゛ = が.
static size_t take_composed(struct str text, uint32_t *c)
{
    size_t n = str_utf8_decode(text, c);
    while (n < text.n && (unsigned char)text.p[n] >= 0xcc) { // no combining mark is below U+0300
        uint32_t mark;
        size_t more = str_utf8_decode(str_slice(text, n, text.n), &mark);
        if (utf8proc_get_property((utf8proc_int32_t)mark)->combining_class == 0)
            break;
        utf8proc_int32_t pair[3] = {(utf8proc_int32_t)*c, (utf8proc_int32_t)mark, 0};
        if (utf8proc_normalize_utf32(pair, 2, UTF8PROC_STABLE | UTF8PROC_COMPOSE) != 1)
            break;
        *c = (uint32_t)pair[0];
        n += more;
    }
    return n;
}

// Nothing is seen of these: variation selectors, joiners, marks of direction, byte order marks, and
// marks that compose with nothing.
static bool is_invisible(uint32_t c)
{
    if ((c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef) || c == 0xfeff ||
        (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
        (c >= 0x2060 && c <= 0x206f) || c == 0xad || (c >= 0x80 && c < 0xa0))
        return true;
    return utf8proc_get_property((utf8proc_int32_t)c)->combining_class != 0;
}

// The codes of a character without a code of its own; 0 when there is no look-alike.
static size_t look_alike(const struct cp932_table *table, uint32_t c, uint16_t codes[20])
{
    uint16_t code = code_of(table, kanji_print_form(c));
    if (code) {
        codes[0] = code;
        return 1;
    }
    utf8proc_int32_t parts[20];
    int boundary = 0;
    utf8proc_ssize_t count =
        utf8proc_decompose_char((utf8proc_int32_t)c, parts, 20,
                                UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STABLE, &boundary);
    size_t n = 0;
    for (utf8proc_ssize_t i = 0; i < count && count <= 20; i++) {
        uint32_t part = (uint32_t)parts[i];
        if (is_invisible(part))
            continue;
        code = code_of(table, part);
        if (code == 0 || part == c)
            return 0;
        codes[n++] = code;
    }
    return n;
}

enum outcome { KEPT, SUBSTITUTED, LOST };

// The CP932 codes for one character (at most 20; none for an invisible one).
static enum outcome encode(const struct cp932_table *table, uint32_t c, uint16_t codes[20],
                           size_t *count)
{
    codes[0] = code_of(table, c);
    *count = 1;
    if (codes[0] || c == 0)
        return KEPT;
    *count = 0;
    if (is_invisible(c))
        return SUBSTITUTED;
    *count = look_alike(table, c, codes);
    if (*count)
        return SUBSTITUTED;
    codes[0] = GETA;
    *count = 1;
    return LOST;
}

static bool not_utf8(size_t at, struct error *error)
{
    error_set(error, ERROR_BAD_INPUT, "text.not_utf8", "UTF-8ではない文字列です（%zuバイト目）",
              "The text isn't UTF-8 (byte %zu)", at);
    return error_subject(error, "byte %zu", at);
}

static bool add_loss(struct arena *arena, struct cp932_loss ***link, size_t at, uint32_t c,
                     bool substituted)
{
    struct cp932_loss *loss = ARENA_NEW(arena, struct cp932_loss);
    if (!loss)
        return false;
    *loss = (struct cp932_loss){.at = at, .character = c, .substituted = substituted};
    **link = loss;
    *link = &loss->next;
    return true;
}

static void add_code(struct buf *out, uint16_t code)
{
    if (code >= 0x100)
        buf_add_char(out, (char)(code >> 8));
    buf_add_char(out, (char)code);
}

static bool encode_all(struct arena *arena, const struct cp932_table *table, struct str utf8,
                       struct buf *out, struct cp932_loss **losses, struct error *error)
{
    struct cp932_loss **link = losses;
    for (size_t at = 0; at < utf8.n;) {
        if ((unsigned char)utf8.p[at] < 0x80) {
            buf_add_char(out, utf8.p[at++]);
            continue;
        }
        uint32_t c;
        uint16_t codes[20];
        size_t count;
        size_t n = take_composed(str_slice(utf8, at, utf8.n), &c);
        if (n == 1)
            return not_utf8(at, error);
        enum outcome outcome = encode(table, c, codes, &count);
        for (size_t i = 0; i < count; i++)
            add_code(out, codes[i]);
        if (outcome != KEPT && !add_loss(arena, &link, at, c, outcome == SUBSTITUTED))
            return error_no_memory(error);
        at += n;
    }
    return true;
}

bool cp932_from_utf8(struct arena *arena, struct str utf8, struct str *cp932,
                     struct cp932_loss **losses, struct error *error)
{
    const struct cp932_table *table = cp932_table();
    *losses = NULL;
    if (!table)
        return no_table(error);
    struct buf out = buf_make(utf8.n > SIZE_MAX / 64 ? SIZE_MAX / 2 : 40 * utf8.n + 64);
    bool done = encode_all(arena, table, utf8, &out, losses, error);
    if (done) {
        *cp932 = str_dup(arena, buf_str(&out));
        if (out.failed || arena_failed(arena))
            done = error_no_memory(error);
    }
    buf_free(&out);
    return done;
}

// Bytes of the character at p; 0 when no character starts there.
static size_t decode_one(const struct cp932_table *table, const unsigned char *p, size_t left,
                         uint32_t *c)
{
    if (p[0] < 0x80 || (p[0] >= 0xa1 && p[0] <= 0xdf)) {
        *c = p[0] < 0x80 ? p[0] : table->character[p[0]];
        return *c || p[0] == 0 ? 1 : 0;
    }
    if (left < 2)
        return 0;
    *c = table->character[p[0] << 8 | p[1]];
    return *c ? 2 : 0;
}

bool cp932_to_utf8(struct arena *arena, struct str cp932, struct str *utf8, struct error *error)
{
    const struct cp932_table *table = cp932_table();
    if (!table)
        return no_table(error);
    const unsigned char *p = (const unsigned char *)cp932.p;
    char bytes[4];
    uint32_t c;
    size_t length = 0;
    for (size_t at = 0, n; at < cp932.n; at += n) {
        n = decode_one(table, p + at, cp932.n - at, &c);
        if (n == 0) {
            error_set(error, ERROR_MALFORMED, "text.not_cp932",
                      "Shift_JIS（CP932）ではないバイトがあります（%zuバイト目）",
                      "A byte isn't CP932 (byte %zu)", at);
            return error_subject(error, "byte %zu", at);
        }
        length += str_utf8_encode(c, bytes);
    }
    char *out = arena_alloc(arena, length);
    if (!out)
        return error_no_memory(error);
    size_t used = 0;
    for (size_t at = 0; at < cp932.n;) {
        at += decode_one(table, p + at, cp932.n - at, &c);
        size_t n = str_utf8_encode(c, bytes);
        memcpy(out + used, bytes, n);
        used += n;
    }
    *utf8 = str_make(out, length);
    return true;
}

size_t cp932_width(struct str utf8)
{
    const struct cp932_table *table = cp932_table();
    size_t width = 0;
    while (utf8.n) {
        uint32_t c;
        uint16_t codes[20];
        size_t n = take_composed(utf8, &c), count = 1;
        if (!table || (n == 1 && c == 0xfffd))
            codes[0] = c < 0x80 ? 1 : GETA;
        else
            encode(table, c, codes, &count);
        for (size_t i = 0; i < count; i++)
            width += codes[i] < 0x100 ? 1 : 2;
        utf8 = str_slice(utf8, n, utf8.n);
    }
    return width;
}

struct str cp932_cut(struct str utf8, size_t width_max)
{
    size_t at = 0, width = 0;
    while (at < utf8.n) {
        uint32_t c;
        size_t n = take_composed(str_slice(utf8, at, utf8.n), &c);
        // A half-width kana and its voice mark are two characters that belong together.
        struct str rest = str_slice(utf8, at + n, utf8.n);
        if (c >= 0xff66 && c <= 0xff9d &&
            (str_starts(rest, STR("ﾞ")) || str_starts(rest, STR("ﾟ"))))
            n += 3;
        width += cp932_width(str_slice(utf8, at, at + n));
        if (width > width_max)
            break;
        at += n;
    }
    return str_slice(utf8, 0, at);
}
