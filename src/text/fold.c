// SPDX-License-Identifier: Apache-2.0
//
// Folding for search, and bigrams.
//
// How: nearly every character of an order folds to exactly one character whatever its neighbours
// are, so a table over the BMP, made once from utf8proc and our own rules, does them. A text with
// anything else (voice marks that compose, ㈱ that expands, emoji) goes through utf8proc whole.
// Invariants: both ways give the same result (a test compares them for every character); folding a
// folded text changes nothing. The table is filled under pthread_once and constant after: any
// thread.
#include "text/fold.h"

#include "base/memory.h"
#include "text/kanji.h"

#include <pthread.h>
#include <stdlib.h>
#include <utf8proc.h>

#define SLOW 0xffff // not one character, or depends on its neighbours

static struct {
    pthread_once_t once;
    uint16_t to[65536];
} single = {.once = PTHREAD_ONCE_INIT};

static bool is_hyphen(uint32_t c)
{
    switch (c) {
    case 0x02d7:
    case 0x058a:
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x2043:
    case 0x207b:
    case 0x208b:
    case 0x2212:
    case 0x2500:
    case 0x2501:
    case 0x2796:
    case 0x2e3a:
    case 0x2e3b:
    case 0x30a0:
    case 0x30fc:
    case 0xfe58:
        return true;
    default:
        return false;
    }
}

static bool is_blank(uint32_t c)
{
    return c <= ' ' || c == 0x7f || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

// Our own rules, for a character that NFKC and case folding are done with.
static uint32_t fold_character(uint32_t c)
{
    if (is_blank(c))
        return ' ';
    if (is_hyphen(c))
        return '-';
    if ((c >= 0x30a1 && c <= 0x30f6) || c == 0x30fd || c == 0x30fe)
        return c - 0x60;
    return c >= 0x3400 ? kanji_search_form(c) : c;
}

#define NFKC_FOLD \
    (UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE)

// True when the character, alone or between others, always becomes exactly one character.
static bool is_single(uint32_t c, uint32_t *to)
{
    utf8proc_int32_t parts[32];
    int boundary = 0;
    if (utf8proc_get_property((utf8proc_int32_t)c)->combining_class != 0)
        return false;
    // Hangul jamo compose with each other without being combining marks.
    if ((c >= 0x1100 && c <= 0x11ff) || (c >= 0xac00 && c <= 0xd7ff))
        return false;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        (utf8proc_int32_t)c, parts, 32,
        (NFKC_FOLD & ~(unsigned)UTF8PROC_COMPOSE) | UTF8PROC_DECOMPOSE, &boundary);
    if (n < 1 || n > 32)
        return false;
    n = utf8proc_normalize_utf32(parts, n, NFKC_FOLD);
    if (n != 1 || parts[0] >= SLOW || utf8proc_get_property(parts[0])->combining_class != 0)
        return false;
    *to = (uint32_t)parts[0];
    return true;
}

static void make_single(void)
{
    for (uint32_t c = 0; c < 65536; c++) {
        uint32_t to = c;
        // utf8proc's IGNORE drops nothing that we must keep; control characters become blanks.
        if (is_blank(c))
            single.to[c] = ' ';
        else if (c >= 0xd800 && c < 0xe000)
            single.to[c] = SLOW;
        else
            single.to[c] = is_single(c, &to) ? (uint16_t)fold_character(to) : SLOW;
    }
}

// Writes folded characters; runs of blanks become one, none at the ends.
struct writer {
    struct buf *out;
    size_t start;
    bool blank;
};

static void put(struct writer *w, uint32_t c)
{
    if (c == ' ') {
        w->blank = true;
        return;
    }
    if (w->blank && w->out->n > w->start)
        buf_add_char(w->out, ' ');
    w->blank = false;
    char *room = buf_reserve(w->out, 4);
    if (room)
        buf_commit(w->out, str_utf8_encode(c, room));
}

// The usual case without a look at the buffer for each character: there is room for four bytes
// each, a character of the BMP and a blank. Returns what it wrote; *n is how much it read: less
// than all where a character needs more than the table.
static size_t fold_table(struct str text, char *to, size_t *n)
{
    const unsigned char *p = (const unsigned char *)text.p, *end = p + text.n;
    char *q = to;
    bool blank = false;
    while (p < end) {
        uint32_t c = *p;
        size_t bytes = 1;
        if (c >= 0x80)
            bytes = str_utf8_decode(str_make((const char *)p, (size_t)(end - p)), &c);
        if (c > 0xffff || single.to[c] == SLOW)
            break;
        p += bytes;
        c = single.to[c];
        if (c == ' ') {
            blank = true;
            continue;
        }
        if (blank && q > to)
            *q++ = ' ';
        blank = false;
        if (c < 0x80)
            *q++ = (char)c;
        else
            q += str_utf8_encode(c, q);
    }
    *n = (size_t)(p - (const unsigned char *)text.p);
    return (size_t)(q - to);
}

static bool fold_fast(struct str text, struct writer *w)
{
    pthread_once(&single.once, make_single);
    if (text.n < (w->out->max - w->out->n) / 4) {
        size_t read;
        char *room = buf_reserve(w->out, 4 * text.n + 4);
        if (!room)
            return true;
        size_t written = fold_table(text, room, &read);
        if (read < text.n)
            return false;
        buf_commit(w->out, written);
        return true;
    }
    while (text.n) {
        uint32_t c;
        size_t n = str_utf8_decode(text, &c);
        if (c > 0xffff || single.to[c] == SLOW)
            return false;
        put(w, single.to[c]);
        text = str_slice(text, n, text.n);
    }
    return true;
}

// Well-formed copy: broken bytes become U+FFFD.
static void add_repaired(struct buf *out, struct str text)
{
    while (text.n) {
        uint32_t c;
        size_t n = str_utf8_decode(text, &c);
        buf_add(out, n == 1 && c == 0xfffd ? STR("\xef\xbf\xbd") : str_slice(text, 0, n));
        text = str_slice(text, n, text.n);
    }
}

// utf8proc over the whole text. NULL (out marked failed) on lack of memory; free() it.
static char *normalise(struct str text, unsigned options, struct buf *out, size_t *n)
{
    struct buf clean = buf_make(3 * text.n + 1);
    utf8proc_uint8_t *result = NULL;
    add_repaired(&clean, text);
    utf8proc_ssize_t length = -1;
    if (!clean.failed)
        length = utf8proc_map((const utf8proc_uint8_t *)buf_str(&clean).p,
                              (utf8proc_ssize_t)clean.n, &result, options);
    buf_free(&clean);
    if (length < 0) {
        out->failed = true;
        return NULL;
    }
    *n = (size_t)length;
    return (char *)result;
}

static void fold_slowly(struct str text, struct writer *w)
{
    size_t n;
    char *normal = normalise(text, NFKC_FOLD, w->out, &n);
    if (!normal)
        return;
    for (struct str rest = str_make(normal, n); rest.n;) {
        uint32_t c;
        size_t bytes = str_utf8_decode(rest, &c);
        put(w, fold_character(c));
        rest = str_slice(rest, bytes, rest.n);
    }
    free(normal); // utf8proc's own malloc
}

void fold_search(struct str text, struct buf *out)
{
    struct writer w = {.out = out, .start = out->n};
    if (out->failed || fold_fast(text, &w) || out->failed)
        return;
    out->n = w.start;
    w.blank = false;
    fold_slowly(text, &w);
}

// Copies what was built, or marks the arena failed when that was cut short.
static struct str finish(struct arena *arena, struct buf *out)
{
    struct str copy = out->failed ? STR("") : str_dup(arena, buf_str(out));
    if (out->failed)
        arena_array(arena, SIZE_MAX, 2);
    buf_free(out);
    return copy;
}

struct str fold_search_dup(struct arena *arena, struct str text)
{
    if (!text.p)
        return STR_ABSENT;
    struct buf out = buf_make(32 * text.n + 64);
    fold_search(text, &out);
    return finish(arena, &out);
}

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] >= 0x80)
            return false;
    return true;
}

struct str fold_width(struct arena *arena, struct str text)
{
    if (!text.p || is_ascii(text))
        return str_dup(arena, text);
    struct buf out = buf_make(32 * text.n + 64);
    size_t n;
    char *normal = normalise(text, UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE, &out, &n);
    if (normal)
        buf_add(&out, str_make(normal, n));
    free(normal);
    return finish(arena, &out);
}

void fold_bigrams(struct str folded,
                  void (*emit)(void *context, struct str token, size_t start, size_t end),
                  void *context)
{
    size_t previous = 0, at = 0;
    bool inside = false, paired = false; // a run has begun; its first pair was emitted
    while (at < folded.n) {
        uint32_t c;
        size_t n = str_utf8_decode(str_slice(folded, at, folded.n), &c);
        if (c == ' ') {
            if (inside && !paired)
                emit(context, str_slice(folded, previous, at), previous, at);
            inside = paired = false;
        } else {
            if (inside) {
                emit(context, str_slice(folded, previous, at + n), previous, at + n);
                paired = true;
            }
            inside = true;
            previous = at;
        }
        at += n;
    }
    if (inside && !paired)
        emit(context, str_slice(folded, previous, at), previous, at);
}
