// SPDX-License-Identifier: Apache-2.0
//
// Filling gaps field by field. What may be filled is a list, so that a new field of the order stays
// the API's until somebody thinks about it.
#include "order/complete.h"

#include "order/fields.h"

#include <stdio.h>

#define NAME_BYTES_MAX 300

static const char *const order_names[] = {"orderer",      "payment_method_code", "payment_method",
                                          "payment_note", "payment_due",         "buyer_note",
                                          "mall_memo"};
static const char *const package_names[] = {
    "recipient", "delivery_method", "temperature",  "carrier",  "requested_date", "requested_slot",
    "noshi",     "wrapping",        "gift_message", "drop_off", "delivery_note",  "pickup_store"};
static const char *const line_names[] = {"item_code", "item_id", "sku",     "system_sku",
                                         "jan",       "title",   "options", "lead_time"};
static const char *const person_names[] = {"name",       "name_kana", "company",  "postal_code",
                                           "prefecture", "city",      "address1", "address2",
                                           "phone",      "email"};
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

struct filling {
    struct str only; // absent: everything
    struct buf *filled;
    char path[64];
};

static bool is_named(struct str list, struct str name)
{
    struct str one;
    while (str_split(&list, '\n', &one))
        if (str_eq(one, name))
            return true;
    return false;
}

static bool may_fill(const struct filling *f, struct str name)
{
    return !f->only.p || str_eq(f->only, STR(FROM_FILE_ALONE)) || is_named(f->only, name);
}

static void note(struct filling *f, struct str name)
{
    if (f->filled->n > 0)
        buf_add_char(f->filled, '\n');
    buf_add(f->filled, name);
}

static const struct field *field_named(const struct record *r, const char *name)
{
    for (size_t i = 0; i < r->field_count; i++)
        if (strcmp(r->fields[i].name, name) == 0)
            return &r->fields[i];
    return NULL;
}

static bool is_empty(const void *record, const struct field *field)
{
    if (field->kind == FIELD_TEXT)
        return str_is_empty(*(const struct str *)field_at(record, field));
    return field_number(record, field) == field_default(field);
}

static void fill_field(struct filling *f, const struct record *r, const char *field_name, void *to,
                       const void *from)
{
    char text[NAME_BYTES_MAX];
    const struct field *field = field_named(r, field_name);
    int n = snprintf(text, sizeof text, "%s%s", f->path, field_name);
    struct str name = str_make(text, n > 0 && (size_t)n < sizeof text ? (size_t)n : 0);
    if (!field || name.n == 0 || !is_empty(to, field) || is_empty(from, field) ||
        !may_fill(f, name))
        return;
    if (field->kind == FIELD_TEXT)
        memcpy((char *)to + field->offset, field_at(from, field), sizeof(struct str));
    else
        field_set_number(to, field, field_number(from, field));
    note(f, name);
}

static void fill_person(struct filling *f, const char *who, struct person *to,
                        const struct person *from)
{
    char before[sizeof f->path];
    size_t length = strlen(f->path);
    memcpy(before, f->path, sizeof before);
    snprintf(f->path + length, sizeof f->path - length, "%s.", who);
    for (size_t i = 0; i < COUNT(person_names); i++)
        fill_field(f, &person_record, person_names[i], to, from);
    memcpy(f->path, before, sizeof before);
}

static const struct order_line *line_like(const struct order_package *p, size_t at,
                                          const struct order_package *other)
{
    struct str id = p->lines[at].mall_line_id;
    for (size_t i = 0; id.n > 0 && i < other->line_count; i++)
        if (str_eq(other->lines[i].mall_line_id, id))
            return &other->lines[i];
    bool named = id.n > 0 && at < other->line_count && other->lines[at].mall_line_id.n > 0;
    return !named && p->line_count == other->line_count ? &other->lines[at] : NULL;
}

static void fill_package(struct filling *f, struct order_package *p,
                         const struct order_package *other)
{
    snprintf(f->path, sizeof f->path, "package%d.", p->number);
    fill_person(f, "recipient", &p->recipient, &other->recipient);
    for (size_t i = 1; i < COUNT(package_names); i++)
        fill_field(f, &package_record, package_names[i], p, other);
    for (size_t k = 0; k < p->line_count; k++) {
        const struct order_line *line = line_like(p, k, other);
        snprintf(f->path, sizeof f->path, "line%d.", p->lines[k].number);
        for (size_t i = 0; line && i < COUNT(line_names); i++)
            fill_field(f, &line_record, line_names[i], &p->lines[k], line);
    }
    f->path[0] = '\0';
}

static const struct order_package *package_like(const struct order_package *p,
                                                const struct order *other)
{
    for (size_t i = 0; i < other->package_count; i++)
        if (p->mall_ref.n > 0 && str_eq(other->packages[i].mall_ref, p->mall_ref))
            return &other->packages[i];
    for (size_t i = 0; i < other->package_count; i++) {
        bool both = p->mall_ref.n > 0 && other->packages[i].mall_ref.n > 0;
        if (!both && other->packages[i].number == p->number)
            return &other->packages[i];
    }
    return NULL;
}

static bool own_packages(struct arena *arena, struct order *o)
{
    struct order_package *packages = ARENA_ARRAY(arena, struct order_package, o->package_count);
    if (!packages)
        return false;
    for (size_t i = 0; i < o->package_count; i++) {
        packages[i] = o->packages[i];
        packages[i].lines = ARENA_ARRAY(arena, struct order_line, packages[i].line_count);
        if (!packages[i].lines)
            return false;
        if (packages[i].line_count > 0)
            memcpy(packages[i].lines, o->packages[i].lines,
                   packages[i].line_count * sizeof *packages[i].lines);
    }
    o->packages = packages;
    return true;
}

static bool has_extra(const struct order *o, struct str key)
{
    for (size_t i = 0; i < o->extra_count; i++)
        if (str_eq(o->extras[i].key, key))
            return true;
    return false;
}

static bool fill_extras(struct arena *arena, struct filling *f, struct order *o,
                        const struct order *other)
{
    struct order_extra *extras =
        ARENA_ARRAY(arena, struct order_extra, o->extra_count + other->extra_count);
    if (!extras)
        return false;
    if (o->extra_count > 0)
        memcpy(extras, o->extras, o->extra_count * sizeof *extras);
    o->extras = extras;
    for (size_t i = 0; i < other->extra_count; i++) {
        struct str name = arena_printf(arena, "extra.%.*s", STR_ARG(other->extras[i].key));
        if (has_extra(o, other->extras[i].key) || str_find_char(name, '\n') >= 0 ||
            !may_fill(f, name))
            continue;
        extras[o->extra_count++] = other->extras[i];
        note(f, name);
    }
    return true;
}

// A gift whose recipient has become known may be shipped.
static void settle_address(struct order *o)
{
    bool known = o->package_count > 0;
    for (size_t i = 0; i < o->package_count; i++) {
        const struct person *p = &o->packages[i].recipient;
        known =
            known && p->name.n > 0 && p->prefecture.n > 0 && (p->city.n > 0 || p->address1.n > 0);
    }
    if (known)
        o->marks &= ~(int64_t)ORDER_MARK_ADDRESS_UNKNOWN;
}

bool order_fill(struct arena *arena, struct order *o, const struct order *other, struct str only,
                struct buf *filled)
{
    struct filling f = {.only = only, .filled = filled};
    if (!own_packages(arena, o))
        return false;
    fill_person(&f, order_names[0], &o->orderer, &other->orderer);
    for (size_t i = 1; i < COUNT(order_names); i++)
        fill_field(&f, &order_record, order_names[i], o, other);
    for (size_t i = 0; i < o->package_count; i++) {
        const struct order_package *p = package_like(&o->packages[i], other);
        if (p)
            fill_package(&f, &o->packages[i], p);
    }
    if (!fill_extras(arena, &f, o, other))
        return false;
    if (filled->n > 0)
        settle_address(o);
    return !filled->failed && !arena_failed(arena);
}
