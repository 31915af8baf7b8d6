// SPDX-License-Identifier: Apache-2.0
//
// What a file's bytes are, and any of it to UTF-8.
//
// Invariants: UTF-8 is never taken for CP932 (strict UTF-8 is tried first: Japanese CP932 is hardly
// ever valid UTF-8, but Japanese UTF-8 is often valid CP932). Results live in the arena. No state.
#include "text/cp932.h"

#include "text/cp932_table.h"

static bool is_cp932(struct str bytes)
{
    const struct cp932_table *table = cp932_table();
    const unsigned char *p = (const unsigned char *)bytes.p;
    for (size_t i = 0; i < bytes.n && table; i++) {
        if (p[i] < 0x80 || (p[i] >= 0xa1 && p[i] <= 0xdf))
            continue;
        if (i + 1 >= bytes.n || table->character[p[i] << 8 | p[i + 1]] == 0)
            return false;
        i++;
    }
    return table != NULL;
}

enum text_encoding text_detect(struct str bytes)
{
    if (str_starts(bytes, STR("\xef\xbb\xbf")) && str_is_utf8(bytes))
        return TEXT_UTF8_BOM;
    if (str_starts(bytes, STR("\xff\xfe")))
        return bytes.n % 2 == 0 ? TEXT_UTF16LE : TEXT_UNKNOWN;
    if (str_is_utf8(bytes))
        return TEXT_UTF8;
    return is_cp932(bytes) ? TEXT_CP932 : TEXT_UNKNOWN;
}

static uint32_t unit(struct str bytes, size_t at)
{
    return (unsigned char)bytes.p[at] | (uint32_t)(unsigned char)bytes.p[at + 1] << 8;
}

// Behind the BOM. Half of a surrogate pair becomes U+FFFD.
static bool utf16_to_utf8(struct arena *arena, struct str bytes, struct str *utf8,
                          struct error *error)
{
    char *out = arena_array(arena, bytes.n / 2, 3);
    if (!out)
        return error_no_memory(error);
    size_t used = 0;
    for (size_t at = 2; at + 1 < bytes.n; at += 2) {
        uint32_t c = unit(bytes, at);
        if (c >= 0xd800 && c < 0xdc00 && at + 3 < bytes.n) {
            uint32_t low = unit(bytes, at + 2);
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                at += 2;
            }
        }
        if (c >= 0xd800 && c < 0xe000)
            c = 0xfffd;
        char encoded[4];
        size_t n = str_utf8_encode(c, encoded);
        memcpy(out + used, encoded, n);
        used += n;
    }
    *utf8 = str_make(out, used);
    return true;
}

bool text_to_utf8(struct arena *arena, struct str bytes, struct str *utf8,
                  enum text_encoding *encoding, struct error *error)
{
    *encoding = text_detect(bytes);
    switch (*encoding) {
    case TEXT_CP932:
        return cp932_to_utf8(arena, bytes, utf8, error);
    case TEXT_UTF16LE:
        return utf16_to_utf8(arena, bytes, utf8, error);
    case TEXT_UTF8_BOM:
        *utf8 = str_dup(arena, str_slice(bytes, 3, bytes.n));
        return !arena_failed(arena) || error_no_memory(error);
    case TEXT_UTF8:
        *utf8 = bytes.p ? str_dup(arena, bytes) : STR("");
        return !arena_failed(arena) || error_no_memory(error);
    case TEXT_UNKNOWN:
        break;
    }
    error_set(error, ERROR_MALFORMED, "text.unknown_encoding",
              "文字コードが分かりません（UTF-8でもShift_JISでもありません）",
              "The character encoding isn't known (neither UTF-8 nor Shift_JIS)");
    return error_hint(error, "ファイルをUTF-8かShift_JISのCSVとして保存し直してください",
                      "Save the file again as CSV in UTF-8 or Shift_JIS");
}
