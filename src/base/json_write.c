// SPDX-License-Identifier: Apache-2.0
//
// Streaming JSON writer into a buffer.
//
// Invariants: `first` has one bit per open level, so nesting ends at 64; what goes wrong (too deep,
// an end without a begin) marks the buffer failed, and a failed buffer is never sent. Whatever text
// is given, the output is UTF-8: bytes that are not become U+FFFD. Allocates only through the
// buffer. One thread at a time.
#include "base/json.h"

#include "base/clock.h"

struct json_writer json_writer_make(struct buf *out)
{
    return (struct json_writer){.out = out, .first = 1, .depth = 0};
}

static void before_value(struct json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->depth == 0)
        return;
    uint64_t bit = UINT64_C(1) << (w->depth - 1);
    if (w->first & bit)
        w->first &= ~bit;
    else
        buf_add_char(w->out, ',');
}

static void begin(struct json_writer *w, char bracket)
{
    before_value(w);
    if (w->depth == 64) {
        w->out->failed = true;
        return;
    }
    w->first |= UINT64_C(1) << w->depth++;
    buf_add_char(w->out, bracket);
}

static void end(struct json_writer *w, char bracket)
{
    if (w->depth == 0 || w->after_key) {
        w->out->failed = true;
        return;
    }
    w->depth--;
    buf_add_char(w->out, bracket);
}

void json_begin_object(struct json_writer *w)
{
    begin(w, '{');
}
void json_end_object(struct json_writer *w)
{
    end(w, '}');
}
void json_begin_array(struct json_writer *w)
{
    begin(w, '[');
}
void json_end_array(struct json_writer *w)
{
    end(w, ']');
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static void add_escape(struct buf *out, unsigned char c)
{
    static const char short_forms[] = "b\bf\fn\nr\rt\t\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof short_forms; i += 2)
        if ((unsigned char)short_forms[i + 1] == c) {
            buf_add_char(out, '\\');
            buf_add_char(out, short_forms[i]);
            return;
        }
    buf_addf(out, "\\u%04x", c);
}

// High bits where one of the eight bytes is zero (exact up to the lowest such byte).
static uint64_t zero_bytes(uint64_t eight)
{
    return (eight - 0x0101010101010101u) & ~eight & 0x8080808080808080u;
}

// Position of the first byte at or behind `i` that needs an escape, v.n if none. Eight bytes a
// step: nearly all of what we write is plain.
static size_t next_special(struct str v, size_t i)
{
    for (; i + 8 <= v.n; i += 8) {
        uint64_t eight;
        memcpy(&eight, v.p + i, 8);
        uint64_t control = (eight - 0x2020202020202020u) & ~eight & 0x8080808080808080u;
        if (control | zero_bytes(eight ^ 0x2222222222222222u) |
            zero_bytes(eight ^ 0x5c5c5c5c5c5c5c5cu))
            break;
    }
    while (i < v.n && is_plain((unsigned char)v.p[i]))
        i++;
    return i;
}

void json_add_utf8(struct buf *out, struct str v)
{
    size_t plain = next_special(v, 0);
    if (plain == v.n) {
        char *room = buf_reserve(out, v.n + 2);
        if (!room)
            return;
        room[0] = '"';
        if (v.n)
            memcpy(room + 1, v.p, v.n);
        room[v.n + 1] = '"';
        buf_commit(out, v.n + 2);
        return;
    }
    buf_add_char(out, '"');
    size_t from = 0;
    for (size_t i = plain; i < v.n; i = next_special(v, i + 1)) {
        buf_add(out, str_slice(v, from, i));
        add_escape(out, (unsigned char)v.p[i]);
        from = i + 1;
    }
    buf_add(out, str_slice(v, from, v.n));
    buf_add_char(out, '"');
}

static void add_repaired(struct buf *out, struct str v)
{
    buf_add_char(out, '"');
    while (v.n) {
        uint32_t c;
        size_t n = str_utf8_decode(v, &c);
        if (n == 1 && c == 0xfffd)
            buf_add(out, STR("\xef\xbf\xbd"));
        else if (n == 1 && !is_plain((unsigned char)c))
            add_escape(out, (unsigned char)c);
        else
            buf_add(out, str_slice(v, 0, n));
        v = str_slice(v, n, v.n);
    }
    buf_add_char(out, '"');
}

static void add_string(struct buf *out, struct str v)
{
    if (str_is_utf8(v))
        json_add_utf8(out, v);
    else
        add_repaired(out, v);
}

void json_key(struct json_writer *w, const char *key)
{
    if (w->depth == 0 || w->after_key) {
        w->out->failed = true;
        return;
    }
    before_value(w);
    add_string(w->out, str_from(key));
    buf_add_char(w->out, ':');
    w->after_key = true;
}

void json_write_str(struct json_writer *w, struct str v)
{
    before_value(w);
    if (v.p)
        add_string(w->out, v);
    else
        buf_add(w->out, STR("null"));
}

void json_write_int(struct json_writer *w, int64_t v)
{
    before_value(w);
    buf_add_int(w->out, v);
}

void json_write_bool(struct json_writer *w, bool v)
{
    before_value(w);
    buf_add(w->out, v ? STR("true") : STR("false"));
}

void json_write_null(struct json_writer *w)
{
    before_value(w);
    buf_add(w->out, STR("null"));
}

void json_write_raw(struct json_writer *w, struct str json)
{
    before_value(w);
    buf_add(w->out, json);
}

void json_put_id(struct json_writer *w, const char *key, int64_t id)
{
    json_key(w, key);
    before_value(w);
    if (id == 0) {
        buf_add(w->out, STR("null"));
        return;
    }
    buf_add_char(w->out, '"');
    buf_add_int(w->out, id);
    buf_add_char(w->out, '"');
}

void json_put_time(struct json_writer *w, const char *key, int64_t time_ms_utc)
{
    char text[32];
    json_key(w, key);
    json_write_str(w, time_ms_utc == TIME_NONE ? STR_ABSENT : clock_format_utc(time_ms_utc, text));
}
