// SPDX-License-Identifier: Apache-2.0
//
// JSON of the fields that no query selects by. Texts are escaped here rather than through the
// general writer: an import spends a good part of its time in this file.
#include "order/detail.h"

static void add_quoted(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789abcdef";
    char *p = buf_reserve(out, 6 * text.n + 2);
    if (!p)
        return;
    char *q = p;
    *q++ = '"';
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            *q++ = (char)c;
        } else if (c >= 0x20) {
            *q++ = '\\';
            *q++ = (char)c;
        } else if (c == '\n') {
            *q++ = '\\';
            *q++ = 'n';
        } else {
            memcpy(q, "\\u00", 4);
            q[4] = hex[c >> 4];
            q[5] = hex[c & 15];
            q += 6;
        }
    }
    *q++ = '"';
    buf_commit(out, (size_t)(q - p));
}

static void add_key(struct buf *out, bool *first, const char *name)
{
    size_t n = strlen(name);
    char *p = buf_reserve(out, n + 4);
    if (!p)
        return;
    char *q = p;
    if (!*first)
        *q++ = ',';
    *first = false;
    *q++ = '"';
    memcpy(q, name, n);
    q += n;
    *q++ = '"';
    *q++ = ':';
    buf_commit(out, (size_t)(q - p));
}

static void write_record(struct buf *out, const struct record *r, const void *record,
                         unsigned skip_fields, unsigned skip_children);

static void write_value(struct buf *out, const struct field *f, const void *record)
{
    int64_t v;
    switch ((enum field_kind)f->kind) {
    case FIELD_TEXT:
        add_quoted(out, *(const struct str *)field_at(record, f));
        return;
    case FIELD_PERSON:
        write_record(out, &person_record, field_at(record, f), 0, 0);
        return;
    case FIELD_BOOL:
        buf_add(out, field_number(record, f) ? STR("true") : STR("false"));
        return;
    default:
        v = field_number(record, f);
        if ((f->kind == FIELD_TIME && v == TIME_NONE) ||
            (f->kind == FIELD_YEN && v == YEN_UNDETERMINED))
            buf_add(out, STR("null"));
        else
            buf_add_int(out, v);
    }
}

static bool is_unset(const struct field *f, const void *record)
{
    if (f->kind == FIELD_TEXT)
        return ((const struct str *)field_at(record, f))->n == 0;
    if (f->kind == FIELD_PERSON)
        return false;
    return field_number(record, f) == field_default(f);
}

static void write_children(struct buf *out, const struct children *c, const void *record,
                           unsigned skip_fields, unsigned skip_children)
{
    buf_add_char(out, '[');
    for (size_t k = 0; k < children_count(record, c); k++) {
        if (k)
            buf_add_char(out, ',');
        write_record(out, c->record, children_array(record, c) + k * c->record->size, skip_fields,
                     skip_children);
    }
    buf_add_char(out, ']');
}

static void write_record(struct buf *out, const struct record *r, const void *record,
                         unsigned skip_fields, unsigned skip_children)
{
    bool first = true;
    buf_add_char(out, '{');
    for (size_t i = 0; i < r->field_count; i++) {
        const struct field *f = &r->fields[i];
        if ((f->flags & skip_fields) || f->kind == FIELD_ID || is_unset(f, record))
            continue;
        add_key(out, &first, f->name);
        write_value(out, f, record);
    }
    for (size_t i = 0; i < r->children_count; i++) {
        const struct children *c = &r->children[i];
        if ((c->flags & skip_children) || children_count(record, c) == 0)
            continue;
        add_key(out, &first, c->name);
        write_children(out, c, record, skip_fields, skip_children);
    }
    buf_add_char(out, '}');
}

void detail_write(struct buf *out, const struct record *r, const void *record)
{
    write_record(out, r, record, FIELD_COLUMN, CHILDREN_TABLE);
}

void detail_write_whole(struct buf *out, const struct record *r, const void *record)
{
    write_record(out, r, record, 0, 0);
}

void detail_write_value(struct buf *out, const struct field *f, const void *record)
{
    write_value(out, f, record);
}

static void read_record(struct arena *arena, struct json object, const struct record *r,
                        void *record);

static void read_field(struct arena *arena, struct json value, const struct field *f, void *record)
{
    int64_t number;
    if (f->kind == FIELD_TEXT)
        *(struct str *)((char *)record + f->offset) = str_dup(arena, json_str(value));
    else if (f->kind == FIELD_PERSON)
        read_record(arena, value, &person_record, (char *)record + f->offset);
    else if (f->kind == FIELD_BOOL)
        field_set_number(record, f, json_true(value));
    else if (f->kind == FIELD_YEN && json_is_null(value))
        field_set_number(record, f, YEN_UNDETERMINED);
    else if (json_int(value, &number))
        field_set_number(record, f, number);
}

static void read_children(struct arena *arena, struct json array, const struct children *c,
                          void *record)
{
    size_t count = json_count(array), k = 0;
    char *p = arena_array(arena, count, c->record->size);
    if (!p)
        return;
    struct json item;
    for (struct json_iter i = json_iterate(array); k < count && json_next(&i, &item); k++)
        read_record(arena, item, c->record, p + k * c->record->size);
    memcpy((char *)record + c->pointer, &p, sizeof p);
    memcpy((char *)record + c->count, &k, sizeof k);
}

static void set_times_none(const struct record *r, void *record)
{
    for (size_t i = 0; i < r->field_count; i++)
        if (r->fields[i].kind == FIELD_TIME && field_number(record, &r->fields[i]) == TIME_NONE)
            field_set_number(record, &r->fields[i], TIME_NONE);
}

// Members come in the order of the table, so the search for each begins behind the last one found.
static void read_record(struct arena *arena, struct json object, const struct record *r,
                        void *record)
{
    size_t at = 0;
    struct json value;
    set_times_none(r, record);
    for (struct json_iter i = json_iterate(object); json_next(&i, &value);) {
        size_t tried = 0;
        for (; tried < r->field_count; tried++, at = (at + 1) % r->field_count)
            if (str_eq(i.key, str_from(r->fields[at].name)))
                break;
        if (tried < r->field_count) {
            read_field(arena, value, &r->fields[at], record);
            at = (at + 1) % r->field_count;
            continue;
        }
        for (size_t k = 0; k < r->children_count; k++)
            if (str_eq(i.key, str_from(r->children[k].name)))
                read_children(arena, value, &r->children[k], record);
    }
}

bool detail_read(struct arena *arena, struct str text, const struct record *r, void *record,
                 struct error *error)
{
    set_times_none(r, record);
    if (text.n == 0)
        return true;
    struct json root;
    if (!json_parse(arena, text, false, &root, error)) {
        if (error->class == ERROR_NO_MEMORY)
            return false;
        return error_set(error, ERROR_STORAGE, "order.detail_unreadable",
                         "保存された注文の詳細が壊れています。",
                         "The stored detail of an order is damaged.");
    }
    read_record(arena, root, r, record);
    return !arena_failed(arena) || error_no_memory(error);
}
