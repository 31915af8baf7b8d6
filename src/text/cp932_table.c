// SPDX-License-Identifier: Apache-2.0
//
// CP932 from glibc's iconv with our corrections, as tables.
//
// Why tables: an iconv descriptor belongs to one thread and knows nothing of widths or of the
// characters that systems write differently; asking it once for every code makes the rest lookups.
// Invariants: what differs from glibc is in `overrides` below and nowhere else; where two codes
// mean the same character the one that Windows writes is used (IBM area for 髙, NEC row 13 for ①).
// The table is filled under pthread_once and never changes again: any thread.
#include "text/cp932_table.h"

#include <iconv.h>
#include <pthread.h>

// formats.md §1.2: other systems' twins of characters that CP932 has once.
static const struct {
    uint16_t from, to;
} overrides[] = {
    {0x301c, 0xff5e}, // 〜 ～
    {0x2212, 0xff0d}, // − －
    {0x2013, 0xff0d}, // – －
    {0x2012, 0xff0d}, //
    {0x2016, 0x2225}, // ‖ ∥
    {0x2014, 0x2015}, // — ―
    {0x2011, 0x2010}, // no-break hyphen
    {0x00a2, 0xffe0}, // ¢ ￠
    {0x00a3, 0xffe1}, // £ ￡
    {0x00ac, 0xffe2}, // ¬ ￢
    {0x00a6, 0xffe4}, // ¦ ￤
    {0x00af, 0xffe3}, // ¯ ￣
    {0x203e, 0xffe3}, // ‾ ￣ (glibc: a tilde)
    {0x00a5, 0xffe5}, // ¥ ￥ (glibc: a backslash)
    {0x00a0, 0x0020}, // no-break space
    {0x00b7, 0x30fb}, // · ・
    {0x2022, 0x30fb}, // • ・
    {0x00b5, 0x03bc}, // µ μ
};

static struct {
    pthread_once_t once;
    bool made;
    struct cp932_table table;
} shared = {.once = PTHREAD_ONCE_INIT};

static bool convert(iconv_t cd, char *in, size_t in_n, char *out, size_t *out_n)
{
    size_t room = *out_n;
    bool done = iconv(cd, &in, &in_n, &out, out_n) == 0 && in_n == 0;
    iconv(cd, NULL, NULL, NULL, NULL);
    *out_n = room - *out_n;
    return done;
}

static void fill_characters(iconv_t cd, struct cp932_table *table)
{
    for (unsigned code = 1; code < 65536; code++) {
        char in[2] = {(char)(code >> 8), (char)code}, out[4];
        size_t in_n = code < 0x100 ? 1 : 2, out_n = sizeof out;
        if (convert(cd, in + 2 - in_n, in_n, out, &out_n) && out_n == 2)
            table->character[code] = (uint16_t)((unsigned char)out[0] | (unsigned char)out[1] << 8);
    }
}

static void fill_codes(iconv_t cd, struct cp932_table *table)
{
    for (unsigned c = 1; c < 65536; c++) {
        char in[2] = {(char)c, (char)(c >> 8)}, out[4];
        size_t out_n = sizeof out;
        if ((c >= 0xd800 && c < 0xe000) || !convert(cd, in, sizeof in, out, &out_n))
            continue;
        if (out_n == 1)
            table->code[c] = (unsigned char)out[0];
        else if (out_n == 2)
            table->code[c] = (uint16_t)((unsigned char)out[0] << 8 | (unsigned char)out[1]);
    }
    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
        table->code[overrides[i].from] = table->code[overrides[i].to];
}

static void make(void)
{
    iconv_t decoder = iconv_open("UTF-16LE", "CP932");
    iconv_t encoder = iconv_open("CP932", "UTF-16LE");
    if (decoder != (iconv_t)-1 && encoder != (iconv_t)-1) {
        fill_characters(decoder, &shared.table);
        fill_codes(encoder, &shared.table);
        shared.made = true;
    }
    if (decoder != (iconv_t)-1)
        iconv_close(decoder);
    if (encoder != (iconv_t)-1)
        iconv_close(encoder);
}

const struct cp932_table *cp932_table(void)
{
    pthread_once(&shared.once, make);
    return shared.made ? &shared.table : NULL;
}
