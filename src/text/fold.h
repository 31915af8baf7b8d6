// SPDX-License-Identifier: Apache-2.0
//
// Folding for search: what a person would call "the same". NFKC, case, katakana to hiragana,
// hyphens and long-vowel marks, blanks; and the bigrams that the search index is made of.
#ifndef JUCHU_TEXT_FOLD_H
#define JUCHU_TEXT_FOLD_H

#include "base/arena.h"
#include "base/buf.h"

// Appends the folded form of `text` to `out`: NFKC, lower case, half/full width alike, hiragana for
// katakana, every hyphen/dash/minus/long mark as '-', runs of blanks as one ' ' (none at the ends),
// variation selectors dropped, kanji variants alike (髙 and 高, 邊 and 辺: text/kanji.h). Broken
// UTF-8 bytes fold to U+FFFD. Folding twice changes nothing.
void fold_search(struct str text, struct buf *out);
// The same as a copy; absent stays absent. On lack of memory: empty, arena marked failed.
struct str fold_search_dup(struct arena *arena, struct str text);
// NFKC only, for values typed in full width (order numbers, dates, tracking numbers).
struct str fold_width(struct arena *arena, struct str text);

// Calls `emit` for each token of already folded text: every pair of neighbouring characters inside
// a run without blanks, and every single-character run as itself. The same function serves the
// index and the query. [start, end) are the token's bytes in `folded`.
void fold_bigrams(struct str folded,
                  void (*emit)(void *context, struct str token, size_t start, size_t end),
                  void *context);

#endif
