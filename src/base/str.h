// SPDX-License-Identifier: Apache-2.0
//
// Counted, immutable, borrowed text. A `struct str` never owns its bytes; who does is said by
// the function that hands it out (an arena, a buffer, a literal). Bytes are UTF-8 inside Juchu
// and need not end in NUL; NUL-terminated text is made in one place, str_cstr().
#ifndef JUCHU_BASE_STR_H
#define JUCHU_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p; // NULL means "absent"; "" (p set, n 0) means "present and empty"
    size_t n;
};

#define STR(literal) ((struct str){("" literal), sizeof(literal) - 1})
#define STR_ABSENT ((struct str){NULL, 0})
// For printf's "%.*s".
#define STR_ARG(s) ((int)((s).n > 0x7fffffff ? 0x7fffffff : (s).n)), ((s).p ? (s).p : "")

struct arena;

static inline struct str str_make(const char *p, size_t n)
{
    return (struct str){p, n};
}
// The text of a NUL-terminated string; NULL gives STR_ABSENT.
static inline struct str str_from(const char *cstr)
{
    return cstr ? (struct str){cstr, strlen(cstr)} : STR_ABSENT;
}
static inline bool str_is_empty(struct str s)
{
    return s.n == 0;
}
static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
// Byte order; shorter first when one is the other's prefix.
int str_cmp(struct str a, struct str b);
// ASCII letters compared without case; other bytes exactly.
bool str_eq_nocase(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
// Byte offset of the first `needle` in `s`, or -1. An empty needle is found at 0.
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_find_char(struct str s, char c);
// s[from, to) with both ends clamped to the text.
struct str str_slice(struct str s, size_t from, size_t to);
// Without ASCII blanks (space, tab, CR, LF) and U+3000 at both ends.
struct str str_trim(struct str s);
// Takes the part before the next `separator` off *rest and returns it in *part; false once the
// text is used up. "a,,b" gives "a", "", "b"; an empty text gives nothing, and a separator at the
// very end adds no empty part ("a," gives "a").
bool str_split(struct str *rest, char separator, struct str *part);
// Whole text as a decimal integer with optional sign; false when empty, malformed or out of range.
bool str_to_int64(struct str s, int64_t *value);
// True for well-formed UTF-8 (no overlong forms, no surrogates).
bool str_is_utf8(struct str s);
// Number of code points of well-formed UTF-8.
size_t str_utf8_length(struct str s);
// Longest prefix of at most `bytes_max` bytes that ends on a code point border.
struct str str_utf8_cut(struct str s, size_t bytes_max);
// Takes the first code point of `s` (not empty): returns how many bytes it has. A byte that starts
// no well-formed sequence gives U+FFFD and 1 (a real U+FFFD has 3 bytes).
size_t str_utf8_decode(struct str s, uint32_t *code_point);
// Writes a code point (not a surrogate, at most 10FFFF) and returns its number of bytes.
size_t str_utf8_encode(uint32_t code_point, char bytes[4]);
// Copies into the arena; an absent text stays absent. On lack of memory: empty text, arena marked
// failed (arena_failed).
struct str str_dup(struct arena *arena, struct str s);
// NUL-terminated copy in the arena; never NULL ("" on lack of memory, arena marked failed).
const char *str_cstr(struct arena *arena, struct str s);
// 64-bit hash, stable across machines and versions (FNV-1a); not for untrusted hash tables.
uint64_t str_hash(struct str s);

#endif
