// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: what the search index is made of. A folded text is words without blanks; its
// terms are every pair of neighbouring characters of a word of which at least one is no digit, and
// every four neighbouring digits (pairs of digits stand in nearly every order and select nothing).
// Whatever is a substring of a word has its terms among the word's terms, so an index of terms
// finds every substring; what it finds too much is checked against the text.
#ifndef JUCHU_ORDER_TERMS_H
#define JUCHU_ORDER_TERMS_H

#include "base/arena.h"
#include "base/id.h"

typedef void (*term_fn)(void *context, struct str term, size_t start, size_t end);

// Calls emit for each term of a folded text, in order; [start, end) are its bytes in the text.
void terms_each(struct str folded, term_fn emit, void *context);
// Calls emit with the last character of each word (no digit): with it a search for one character
// also finds words that end in it.
void terms_each_last(struct str folded, term_fn emit, void *context);

// PostgreSQL keeps terms as hashes that also hold the company and a bucket of time (2^31 ms ≈ 25
// days of order ids), so that a search can read the newest buckets first.
#define TERM_BUCKET_SHIFT 53
static inline int64_t term_bucket(row_id order_id)
{
    return order_id >> TERM_BUCKET_SHIFT;
}
int32_t term_hash(row_id org_id, int64_t bucket, struct str term);

#endif
