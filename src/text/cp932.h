// SPDX-License-Identifier: Apache-2.0
//
// CP932 (Windows-31J) at file and mall borders; inside Juchu everything is UTF-8.
// glibc's "CP932" plus our own table for what systems write differently (formats.md §1.2).
#ifndef JUCHU_TEXT_CP932_H
#define JUCHU_TEXT_CP932_H

#include "base/arena.h"
#include "base/error.h"

// A character without a CP932 code: substituted (formats.md §1.4: 𠮷→吉 …) or 〓, and reported.
struct cp932_loss {
    size_t at;          // byte offset in the UTF-8 input
    uint32_t character; // code point
    bool substituted;   // a look-alike was found, or it is invisible and was left out (variation
                        // selectors, joiners); otherwise 〓 was written
    struct cp932_loss *next;
};

// UTF-8 to CP932. Never fails for a character without code: *losses lists what was replaced (in
// order). Twins that CP932 has once (〜 −, ¥ …) are no loss. ERROR_BAD_INPUT ("text.not_utf8") for
// input that isn't UTF-8, ERROR_NO_MEMORY.
bool cp932_from_utf8(struct arena *arena, struct str utf8, struct str *cp932,
                     struct cp932_loss **losses, struct error *error);
// CP932 to UTF-8 (Microsoft mapping: 8160 is U+FF5E). ERROR_MALFORMED ("text.not_cp932") with the
// byte offset of the first bad byte.
bool cp932_to_utf8(struct arena *arena, struct str cp932, struct str *utf8, struct error *error);
// Width in half-width columns = CP932 bytes, the unit of carriers' and malls' length limits.
size_t cp932_width(struct str utf8);
// Longest prefix of at most `width_max` columns; never parts a letter from its marks (ﾊﾞ).
struct str cp932_cut(struct str utf8, size_t width_max);

enum text_encoding { TEXT_UTF8, TEXT_UTF8_BOM, TEXT_CP932, TEXT_UTF16LE, TEXT_UNKNOWN };
// What a file's bytes are: BOM, else strict UTF-8 (pure ASCII counts as UTF-8), else valid CP932.
enum text_encoding text_detect(struct str bytes);
// Any of the above to UTF-8 without BOM. ERROR_MALFORMED ("text.unknown_encoding").
bool text_to_utf8(struct arena *arena, struct str bytes, struct str *utf8,
                  enum text_encoding *encoding, struct error *error);

#endif
