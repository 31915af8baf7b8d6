// SPDX-License-Identifier: Apache-2.0
//
// EUC-JP by way of CP932: the two write the same rows of JIS X 0208 in different bytes, so the
// conversion is arithmetic on top of text/cp932.h. What differs: CP932 has the IBM characters
// behind row 94, EUC-JP (as Windows writes it, CP51932) in the NEC rows 89 to 92, or, as Unix
// systems write it (eucJP-ms), in the third set. Both are read. Pure functions; any thread.
#include "text/eucjp.h"

#include "base/buf.h"
#include "text/cp932.h"

#include <iconv.h>

#define GETA_HIGH 0x81
#define GETA_LOW 0xac
#define SINGLE_SHIFT_KANA 0x8e
#define SINGLE_SHIFT_THIRD 0x8f
#define TRAILS 188 // trail bytes per lead byte of CP932

static int trail_index(unsigned low)
{
    return (int)low - 0x40 - (low > 0x7f);
}

static unsigned trail_byte(int index)
{
    return (unsigned)index + 0x40 + (index >= 0x3f);
}

// Linear position of a two-byte code of CP932, both blocks of lead bytes closed up.
static int position(unsigned high, unsigned low)
{
    int lead = high < 0xa0 ? (int)high - 0x81 : (int)high - 0xc1;
    return lead * TRAILS + trail_index(low);
}

static void unposition(int at, unsigned *high, unsigned *low)
{
    int lead = at / TRAILS;
    *high = (unsigned)(lead < 0x1f ? lead + 0x81 : lead + 0xc1);
    *low = trail_byte(at % TRAILS);
}

struct run {
    unsigned from, to, count; // CP932: IBM area, its twin below row 95
};
// IBM characters and where NEC's selection (or row 13, or row 2) has the same ones.
static const struct run twins[] = {
    {0xfa40, 0xeeef, 10}, {0xfa4a, 0x8754, 10}, {0xfa54, 0x81ca, 1},
    {0xfa55, 0xeefa, 3},  {0xfa58, 0x878a, 1},  {0xfa59, 0x8782, 1},
    {0xfa5a, 0x8784, 1},  {0xfa5b, 0x81e6, 1},  {0xfa5c, 0xed40, 360},
};

static int code_position(unsigned code)
{
    return position(code >> 8, code & 0xff);
}

// The position below row 95 of the same character; the position itself elsewhere.
static int below_row_95(int at)
{
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++) {
        int from = code_position(twins[i].from);
        if (at >= from && at < from + (int)twins[i].count)
            return code_position(twins[i].to) + at - from;
    }
    return at;
}

static void put_euc(struct buf *out, int at)
{
    if (at >= 94 * 94) // nothing of ours is there: the user's own characters
        at = position(GETA_HIGH, GETA_LOW);
    buf_add_char(out, (char)(0xa1 + at / 94));
    buf_add_char(out, (char)(0xa1 + at % 94));
}

bool eucjp_from_utf8(struct arena *arena, struct str utf8, struct str *eucjp, struct error *error)
{
    struct cp932_loss *losses;
    struct str sjis;
    if (!cp932_from_utf8(arena, utf8, &sjis, &losses, error))
        return false;
    AUTO_BUF out = buf_make(sjis.n * 2 + 1);
    for (size_t i = 0; i < sjis.n; i++) {
        unsigned c = (unsigned char)sjis.p[i];
        if (c < 0x80) {
            buf_add_char(&out, (char)c);
        } else if (c >= 0xa1 && c <= 0xdf) {
            buf_add_char(&out, (char)SINGLE_SHIFT_KANA);
            buf_add_char(&out, (char)c);
        } else if (i + 1 < sjis.n) {
            put_euc(&out, below_row_95(position(c, (unsigned char)sjis.p[++i])));
        }
    }
    *eucjp = str_dup(arena, buf_str(&out));
    return out.failed || arena_failed(arena) ? error_no_memory(error) : true;
}

// A character of the third set by way of the system's tables; 〓 when CP932 hasn't got it.
static void put_third(struct arena *arena, struct str three, struct buf *sjis)
{
    char in[3], out[8], *from = in, *to = out;
    size_t in_left = sizeof in, out_left = sizeof out;
    struct str code = STR("\x81\xac");
    struct cp932_loss *losses;
    struct error ignored;
    memcpy(in, three.p, sizeof in);
    iconv_t cd = iconv_open("UTF-8", "EUC-JP-MS");
    if (cd != (iconv_t)-1) {
        bool known = iconv(cd, &from, &in_left, &to, &out_left) == 0 && in_left == 0;
        iconv_close(cd);
        if (known)
            (void)cp932_from_utf8(arena, str_make(out, sizeof out - out_left), &code, &losses,
                                  &ignored);
    }
    buf_add(sjis, code);
}

static bool is_row_byte(struct str s, size_t i)
{
    return i < s.n && (unsigned char)s.p[i] >= 0xa1 && (unsigned char)s.p[i] <= 0xfe;
}

// Bytes taken, 0 when nothing fits here.
static size_t take(struct arena *arena, struct str s, size_t i, struct buf *sjis)
{
    unsigned c = (unsigned char)s.p[i], h, l;
    if (c < 0x80) {
        buf_add_char(sjis, (char)c);
        return 1;
    }
    if (c == SINGLE_SHIFT_KANA && is_row_byte(s, i + 1) && (unsigned char)s.p[i + 1] <= 0xdf) {
        buf_add_char(sjis, s.p[i + 1]);
        return 2;
    }
    if (c == SINGLE_SHIFT_THIRD && is_row_byte(s, i + 1) && is_row_byte(s, i + 2)) {
        put_third(arena, str_slice(s, i, i + 3), sjis);
        return 3;
    }
    if (!is_row_byte(s, i) || !is_row_byte(s, i + 1))
        return 0;
    unposition(((int)c - 0xa1) * 94 + (unsigned char)s.p[i + 1] - 0xa1, &h, &l);
    buf_add_char(sjis, (char)h);
    buf_add_char(sjis, (char)l);
    return 2;
}

// CP932 text whose unassigned codes have become 〓: rows of JIS have holes.
static bool to_utf8_with_holes(struct arena *arena, struct str sjis, struct str *utf8,
                               struct error *error)
{
    AUTO_BUF out = buf_make(sjis.n * 4 + 8);
    for (size_t i = 0; i < sjis.n;) {
        unsigned c = (unsigned char)sjis.p[i];
        size_t n = c >= 0x80 && !(c >= 0xa1 && c <= 0xdf) && i + 1 < sjis.n ? 2 : 1;
        struct str one;
        struct error hole;
        if (c < 0x80) {
            buf_add_char(&out, (char)c);
        } else if (cp932_to_utf8(arena, str_slice(sjis, i, i + n), &one, &hole)) {
            buf_add(&out, one);
        } else if (hole.class == ERROR_NO_MEMORY) {
            *error = hole;
            return false;
        } else {
            buf_add(&out, STR("〓"));
        }
        i += n;
    }
    *utf8 = str_dup(arena, buf_str(&out));
    return out.failed || arena_failed(arena) ? error_no_memory(error) : true;
}

bool eucjp_to_utf8(struct arena *arena, struct str eucjp, bool repair, struct str *utf8,
                   struct error *error)
{
    AUTO_BUF sjis = buf_make(eucjp.n * 2 + 2);
    for (size_t i = 0; i < eucjp.n;) {
        size_t n = take(arena, eucjp, i, &sjis);
        if (n == 0 && !repair)
            return error_set(error, ERROR_MALFORMED, "text.not_eucjp",
                             "EUC-JPとして読み取れないバイトがあります（%zuバイト目）。",
                             "Byte %zu is not EUC-JP.", i);
        if (n == 0) {
            buf_add_char(&sjis, (char)GETA_HIGH);
            buf_add_char(&sjis, (char)GETA_LOW);
        }
        i += n ? n : 1;
    }
    if (sjis.failed)
        return error_no_memory(error);
    struct error bad;
    if (cp932_to_utf8(arena, buf_str(&sjis), utf8, &bad))
        return true;
    if (bad.class == ERROR_NO_MEMORY) {
        *error = bad;
        return false;
    }
    return to_utf8_with_holes(arena, buf_str(&sjis), utf8, error);
}
