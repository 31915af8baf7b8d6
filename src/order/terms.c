// SPDX-License-Identifier: Apache-2.0
//
// Terms of folded texts and their hashes. Stateless; any thread.
#include "order/terms.h"

#include "order/postings.h"

#define DIGITS 4

static bool is_digit(struct str text, size_t at)
{
    return text.p[at] >= '0' && text.p[at] <= '9';
}

static size_t step(struct str text, size_t at)
{
    unsigned char c = (unsigned char)text.p[at];
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return at + n > text.n ? text.n - at : n;
}

void terms_each(struct str folded, term_fn emit, void *context)
{
    size_t digits = 0; // directly before `at`
    for (size_t at = 0; at < folded.n;) {
        size_t next = at + step(folded, at);
        bool digit = is_digit(folded, at);
        digits = digit ? digits + 1 : 0;
        if (digits >= DIGITS)
            emit(context, str_slice(folded, next - DIGITS, next), next - DIGITS, next);
        if (next < folded.n && folded.p[at] != ' ' && folded.p[next] != ' ' &&
            !(digit && is_digit(folded, next))) {
            size_t end = next + step(folded, next);
            emit(context, str_slice(folded, at, end), at, end);
        }
        at = next;
    }
}

// U+3400 is the first ideograph; kana and what stands before them have smaller bytes in UTF-8.
static bool is_ideograph(struct str text, size_t at)
{
    unsigned char c = (unsigned char)text.p[at];
    return c >= 0xe4 || (c == 0xe3 && at + 1 < text.n && (unsigned char)text.p[at + 1] >= 0x90);
}

void terms_each_single(struct str folded, term_fn emit, void *context)
{
    for (size_t at = 0; at < folded.n;) {
        size_t next = at + step(folded, at);
        if (is_ideograph(folded, at))
            emit(context, str_slice(folded, at, next), at, next);
        at = next;
    }
}

uint32_t term_hash(struct str term)
{
    // A term has at most eight bytes: two characters.
    uint64_t h = 0;
    for (size_t i = 0; i < term.n; i++)
        h = h << 8 | (unsigned char)term.p[i];
    h = (h ^ (h >> 29)) * 0x9e3779b97f4a7c15u;
    h = (h ^ (h >> 32)) * 0xff51afd7ed558ccdu;
    return (uint32_t)(h >> (64 - POSTINGS_HASH_BITS));
}
