// SPDX-License-Identifier: Apache-2.0
//
// Growable bytes.
//
// Invariants: n <= capacity <= max; once `failed` is set the content stays as it was and every
// addition is ignored, so half a text is never mistaken for a whole one as long as the writer looks
// at `failed` at its end. Ownership: the buffer owns p. One thread at a time.
#include "base/buf.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define FIRST_BYTES 256

void buf_free(struct buf *b)
{
    memory_free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

static bool grow(struct buf *b, size_t more)
{
    if (b->failed)
        return false;
    if (more <= b->capacity - b->n)
        return true;
    if (more > b->max - b->n) {
        b->failed = true;
        return false;
    }
    size_t capacity = b->capacity ? b->capacity : FIRST_BYTES;
    while (capacity < b->n + more && capacity < b->max / 2)
        capacity *= 2;
    if (capacity < b->n + more || capacity > b->max)
        capacity = b->max;
    char *p = memory_resize(b->p, capacity);
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->capacity = capacity;
    return true;
}

void buf_add(struct buf *b, struct str s)
{
    if (s.n == 0 || !grow(b, s.n))
        return;
    memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
}

void buf_add_char_slowly(struct buf *b, char c)
{
    if (grow(b, 1))
        b->p[b->n++] = c;
}

void buf_add_int(struct buf *b, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    buf_add(b, str_make(digits + at, sizeof digits - at));
}

void buf_addf(struct buf *b, const char *format, ...)
{
    if (b->failed)
        return;
    char small[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    if (length < 0) {
        b->failed = true;
        return;
    }
    if ((size_t)length < sizeof small) {
        buf_add(b, str_make(small, (size_t)length));
        return;
    }
    // vsnprintf wants room for its NUL, which a buffer at its maximum need not have.
    char *text = memory_alloc((size_t)length + 1);
    if (!text) {
        b->failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buf_add(b, str_make(text, (size_t)length));
    memory_free(text);
}

char *buf_reserve(struct buf *b, size_t n)
{
    return grow(b, n ? n : 1) ? b->p + b->n : NULL;
}

void buf_commit(struct buf *b, size_t n)
{
    if (!b->failed && n <= b->capacity - b->n)
        b->n += n;
}
