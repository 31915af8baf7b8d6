// SPDX-License-Identifier: Apache-2.0
//
// Compares two states of an order field by field. Packages and lines are matched by number; other
// children are written whole when they differ.
#include "order/diff.h"
#include "order/detail.h"

#include <stdio.h>

struct sides {
    struct buf *before, *after;
    struct difference found;
    char path[64];
};

static void add_name(struct buf *out, bool first, const char *path, const char *name)
{
    buf_add(out, first ? STR("\"") : STR(",\""));
    buf_add(out, str_from(path));
    buf_add(out, str_from(name));
    buf_add(out, STR("\":"));
}

static void add_names(struct sides *s, const char *name, bool loud)
{
    add_name(s->before, !s->found.any, s->path, name);
    add_name(s->after, !s->found.any, s->path, name);
    s->found.any = true;
    s->found.loud |= loud;
}

// Enumerations by their names, so that the history can be read without a table of numbers.
static const char *choice_name(const struct field *f, int64_t value)
{
    if (strcmp(f->name, "state") == 0)
        return order_state_name((enum order_state)value);
    if (strcmp(f->name, "payment_state") == 0)
        return payment_state_name((enum payment_state)value);
    if (strcmp(f->name, "shipment_state") == 0)
        return shipment_state_name((enum shipment_state)value);
    if (strcmp(f->name, "payment_class") == 0)
        return payment_class_name((enum payment_class)value);
    return NULL;
}

static void add_value(struct buf *out, const struct record *r, const struct field *f,
                      const void *record)
{
    const char *name = NULL;
    if (f->kind == FIELD_CHOICE && r == &package_record)
        name = shipment_state_name((enum shipment_state)field_number(record, f));
    else if (f->kind == FIELD_CHOICE)
        name = choice_name(f, field_number(record, f));
    if (name)
        buf_addf(out, "\"%s\"", name);
    else
        detail_write_value(out, f, record);
}

static void diff_fields(struct sides *s, const struct record *r, const void *a, const void *b)
{
    for (size_t i = 0; i < r->field_count; i++) {
        const struct field *f = &r->fields[i];
        const struct record one = {r->size, f, 1, NULL, 0};
        // Dates of fetching and writing and the version change with every write: no news.
        if (f->kind == FIELD_ID || ((f->flags & FIELD_QUIET) && !(f->flags & FIELD_HASHED)) ||
            record_fields_equal(&one, a, b))
            continue;
        add_names(s, f->name, !(f->flags & FIELD_QUIET));
        add_value(s->before, r, f, a);
        add_value(s->after, r, f, b);
    }
}

static bool arrays_equal(const struct children *c, const void *a, const void *b)
{
    size_t count = children_count(a, c), size = c->record->size;
    if (count != children_count(b, c))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!record_fields_equal(c->record, children_array(a, c) + i * size,
                                 children_array(b, c) + i * size))
            return false;
    return true;
}

static void add_array(struct buf *out, const struct children *c, const void *record)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < children_count(record, c); i++) {
        if (i)
            buf_add_char(out, ',');
        detail_write_whole(out, c->record, children_array(record, c) + i * c->record->size);
    }
    buf_add_char(out, ']');
}

static void diff_array(struct sides *s, const struct children *c, const void *a, const void *b)
{
    if (arrays_equal(c, a, b))
        return;
    add_names(s, c->name, true);
    add_array(s->before, c, a);
    add_array(s->after, c, b);
}

static const struct order_package *package_numbered(const struct order *o, int number)
{
    for (size_t i = 0; i < o->package_count; i++)
        if (o->packages[i].number == number)
            return &o->packages[i];
    return NULL;
}

static void diff_packages(struct sides *s, const struct order *a, const struct order *b)
{
    static const struct order_package nothing;
    for (size_t i = 0; i < a->package_count + b->package_count; i++) {
        bool from_a = i < a->package_count;
        const struct order_package *p =
            from_a ? &a->packages[i] : &b->packages[i - a->package_count];
        const struct order_package *other = package_numbered(from_a ? b : a, p->number);
        if (!from_a && other)
            continue;
        const struct order_package *old = from_a ? p : &nothing;
        const struct order_package *new = from_a ? (other ? other : &nothing) : p;
        snprintf(s->path, sizeof s->path, "packages.%d.", p->number);
        diff_fields(s, &package_record, old, new);
        for (size_t k = 0; k < package_record.children_count; k++)
            diff_array(s, &package_record.children[k], old, new);
    }
    s->path[0] = '\0';
}

struct difference order_diff(const struct order *before, const struct order *after,
                             struct buf *before_json, struct buf *after_json)
{
    struct sides s = {.before = before_json, .after = after_json};
    buf_add_char(before_json, '{');
    buf_add_char(after_json, '{');
    diff_fields(&s, &order_record, before, after);
    for (size_t i = 0; i < order_record.children_count; i++)
        if (order_record.children[i].record != &package_record)
            diff_array(&s, &order_record.children[i], before, after);
    diff_packages(&s, before, after);
    buf_add_char(before_json, '}');
    buf_add_char(after_json, '}');
    return s.found;
}
