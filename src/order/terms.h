// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: what the search index is made of. A folded text is words without blanks; its
// terms are every pair of neighbouring characters of a word of which at least one is no digit, and
// every four neighbouring digits (pairs of digits stand in nearly every order and select nothing);
// for searches for one character also each ideograph.
// Whatever is a substring of a word has its terms among the word's terms, so an index of terms
// finds every substring; what it finds too much is checked against the text.
#ifndef JUCHU_ORDER_TERMS_H
#define JUCHU_ORDER_TERMS_H

#include "base/arena.h"

typedef void (*term_fn)(void *context, struct str term, size_t start, size_t end);

// Calls emit for each term of a folded text, in order; [start, end) are its bytes in the text.
void terms_each(struct str folded, term_fn emit, void *context);
// Calls emit for each character that is a term by itself: ideographs, not kana, letters or digits,
// which stand in nearly every order.
void terms_each_single(struct str folded, term_fn emit, void *context);

// POSTINGS_HASH_BITS bits (order/postings.h). Stored: must never change.
uint32_t term_hash(struct str term);

#endif
