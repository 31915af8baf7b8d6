// SPDX-License-Identifier: Apache-2.0
//
// EUC-JP at a mall's border (MakeShop's old order API, formats.md §1); inside Juchu everything is
// UTF-8. The character set is CP932's, as Japanese systems mean it: NEC row 13 and the IBM
// characters (①, ㈱, 髙) included.
#ifndef JUCHU_TEXT_EUCJP_H
#define JUCHU_TEXT_EUCJP_H

#include "base/arena.h"
#include "base/error.h"

// UTF-8 to EUC-JP. A character without a code is replaced as cp932_from_utf8() does (look-alike or
// 〓). ERROR_BAD_INPUT ("text.not_utf8"), ERROR_NO_MEMORY.
bool eucjp_from_utf8(struct arena *arena, struct str utf8, struct str *eucjp, struct error *error);
// EUC-JP to UTF-8. With `repair` a byte that fits nowhere becomes 〓 (a mall that cuts text inside
// a character); else ERROR_MALFORMED ("text.not_eucjp") with its offset. Characters of the third
// set (three bytes) that CP932 hasn't become 〓.
bool eucjp_to_utf8(struct arena *arena, struct str eucjp, bool repair, struct str *utf8,
                   struct error *error);

#endif
