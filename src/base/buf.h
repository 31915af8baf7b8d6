// SPDX-License-Identifier: Apache-2.0
//
// Growable bytes with a required maximum. A failed growth (maximum or memory) marks the buffer
// failed and further additions do nothing, so a writer checks once at its end.
#ifndef JUCHU_BASE_BUF_H
#define JUCHU_BASE_BUF_H

#include "base/str.h"

struct buf {
    char *p;
    size_t n, capacity, max;
    bool failed;
};

// An empty buffer that may grow to `max` bytes; allocates nothing yet.
static inline struct buf buf_make(size_t max)
{
    return (struct buf){NULL, 0, 0, max, false};
}
void buf_free(struct buf *b);
// Forgets the content and the failed mark, keeps the memory.
void buf_reset(struct buf *b);
void buf_add(struct buf *b, struct str s);
void buf_add_char_slowly(struct buf *b, char c);
static inline void buf_add_char(struct buf *b, char c)
{
    if (b->n < b->capacity && !b->failed)
        b->p[b->n++] = c;
    else
        buf_add_char_slowly(b, c);
}
void buf_add_int(struct buf *b, int64_t value);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Room for `n` more bytes behind the content, or NULL; buf_commit() makes them content.
char *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);
// The content; valid until the next addition.
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->p ? b->p : "", b->n};
}

#define AUTO_BUF __attribute__((cleanup(buf_free))) struct buf

#endif
