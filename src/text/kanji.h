// SPDX-License-Identifier: Apache-2.0
//
// Variants of kanji in names: 髙 and 高, 﨑 and 崎, 邊 and 辺. One table with two uses: printing
// where the variant has no code (formats.md §3.2), and finding people whatever form was typed.
#ifndef JUCHU_TEXT_KANJI_H
#define JUCHU_TEXT_KANJI_H

#include "base/str.h"

// The form that everybody can print and that a person would accept on a label; `c` itself if none
// is known. Never changes which word it is (𠮷→吉, 髙→高, 剝→剥), unlike kanji_search_form.
uint32_t kanji_print_form(uint32_t c);
// The form that stands for all variants in search (also 邊→辺, 齋→斉, 澤→沢); `c` itself if none.
uint32_t kanji_search_form(uint32_t c);

#endif
