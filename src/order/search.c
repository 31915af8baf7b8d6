// SPDX-License-Identifier: Apache-2.0
//
// Makes the searchable text of an order. No state; any thread.
#include "order/search.h"

#include "text/fold.h"

static bool is_word_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

// Whether the hyphen at p[i] of p[from … to) falls away.
static bool is_dropped(const char *p, size_t from, size_t to, size_t i, bool ends)
{
    bool left = i > from && is_word_character(p[i - 1]);
    bool right = i + 1 < to && is_word_character(p[i + 1]);
    bool left_open = ends && i == from, right_open = ends && i + 1 == to;
    return (left || left_open) && (right || right_open) && (left || right);
}

// Drops blanks and inner hyphens of out->p[from …]. With `ends`, hyphens at the ends as well.
static void squeeze(struct buf *out, size_t from, bool ends)
{
    if (out->failed)
        return;
    // What is behind `to` is still as it was, and p[i - 1] too when nothing was dropped before it.
    char *p = out->p;
    size_t to = from, end = out->n;
    for (size_t i = from; i < end; i++) {
        char c = p[i];
        if (c == ' ' || (c == '-' && is_dropped(p, from, end, i, ends)))
            continue;
        p[to++] = c;
    }
    out->n = to;
}

static void add(struct buf *out, struct str text, bool ends)
{
    if (text.n == 0 || out->n >= SEARCH_TEXT_BYTES_MAX)
        return;
    size_t separator = out->n > 0;
    if (separator)
        buf_add_char(out, ' ');
    size_t from = out->n;
    fold_search(text, out);
    squeeze(out, from, ends);
    if (!out->failed && out->n == from)
        out->n -= separator;
}

void search_add_field(struct buf *out, struct str text)
{
    add(out, text, false);
}
void search_add_query_word(struct buf *out, struct str word)
{
    add(out, word, true);
}

// Prefecture to building as one word: people search across the borders of the fields.
static void add_address(struct buf *out, const struct person *p)
{
    const struct str parts[] = {p->prefecture, p->city, p->address1, p->address2};
    size_t before = out->n;
    for (size_t i = 0; i < 4; i++) {
        size_t n = out->n;
        search_add_field(out, parts[i]);
        // Take the separator out again between parts.
        if (i > 0 && n > before && out->n > n && !out->failed) {
            memmove(out->p + n, out->p + n + 1, out->n - n - 1);
            out->n--;
        }
    }
}

static void add_person(struct buf *out, const struct person *p)
{
    search_add_field(out, p->name);
    search_add_field(out, p->name_kana);
    search_add_field(out, p->company);
    search_add_field(out, p->phone);
    search_add_field(out, p->email);
    search_add_field(out, p->postal_code);
    add_address(out, p);
}

static bool same_person(const struct person *a, const struct person *b)
{
    return str_eq(a->name, b->name) && str_eq(a->phone, b->phone) &&
           str_eq(a->name_kana, b->name_kana) && str_eq(a->company, b->company) &&
           str_eq(a->postal_code, b->postal_code) && str_eq(a->prefecture, b->prefecture) &&
           str_eq(a->city, b->city) && str_eq(a->address1, b->address1) &&
           str_eq(a->address2, b->address2) && (b->email.n == 0 || str_eq(a->email, b->email));
}

static void add_line(struct buf *out, const struct order_line *line,
                     const struct order_line *before)
{
    if (!before || !str_eq(line->title, before->title))
        search_add_field(out, line->title);
    if (!before || !str_eq(line->item_code, before->item_code))
        search_add_field(out, line->item_code);
    if (!str_eq(line->item_id, line->item_code))
        search_add_field(out, line->item_id);
    if (!str_eq(line->sku, line->item_code))
        search_add_field(out, line->sku);
    search_add_field(out, line->system_sku);
    search_add_field(out, line->jan);
}

void search_text(const struct order *o, struct buf *out)
{
    buf_reset(out);
    search_add_field(out, o->order_no);
    add_person(out, &o->orderer);
    for (size_t i = 0; i < o->package_count; i++) {
        const struct order_package *p = &o->packages[i];
        if (!same_person(&o->orderer, &p->recipient))
            add_person(out, &p->recipient);
        for (size_t k = 0; k < p->line_count; k++)
            add_line(out, &p->lines[k], k ? &p->lines[k - 1] : NULL);
        for (size_t k = 0; k < p->shipment_count; k++)
            search_add_field(out, p->shipments[k].tracking_number);
    }
    search_add_field(out, o->memo);
    if (!out->failed && out->n > SEARCH_TEXT_BYTES_MAX)
        out->n = str_utf8_cut(buf_str(out), SEARCH_TEXT_BYTES_MAX).n;
}
