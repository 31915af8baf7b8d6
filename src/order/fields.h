// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: the fields of the canonical order as data, so that hashing, copying, storing,
// comparing and testing an order are one loop each and none can forget a field. A new field of
// order.h is added to its table in fields.c and nowhere else (but for one with a column of its
// own).
#ifndef JUCHU_ORDER_FIELDS_H
#define JUCHU_ORDER_FIELDS_H

#include "order/order.h"

enum field_kind {
    FIELD_TEXT,   // struct str
    FIELD_ID,     // int64, local: not copied from a mall
    FIELD_INT,    // int64
    FIELD_MARKS,  // int64, bits of enum order_mark
    FIELD_NUMBER, // int
    FIELD_BOOL,
    FIELD_YEN,  // YEN_UNDETERMINED is NULL
    FIELD_TIME, // 0 and TIME_NONE both mean "none"
    FIELD_DAY,
    FIELD_CHOICE, // an enum, by its number
    FIELD_PERSON  // struct person
};

enum field_flag {
    FIELD_HASHED = 1, // the mall's content: counts for order_content_hash()
    FIELD_COLUMN = 2, // has a column of its own: not in the JSON detail
    FIELD_QUIET = 4   // its change alone is nothing staff have to see
};

struct field {
    const char *name; // as in the JSON detail and in the history
    uint16_t offset;
    uint8_t kind, flags;
};

enum children_flag {
    CHILDREN_HASHED = 1,
    CHILDREN_TABLE = 2,    // rows of their own: not in the JSON detail
    CHILDREN_UNORDERED = 4 // the mall's order of them means nothing
};

// An array of records: a pointer and a count inside the parent.
struct children {
    const char *name;
    uint16_t pointer, count;
    uint8_t flags;
    const struct record *record;
};

struct record {
    size_t size;
    const struct field *fields;
    size_t field_count;
    const struct children *children;
    size_t children_count;
};

extern const struct record person_record, tax_record, coupon_record, line_record, shipment_record,
    package_record, payment_event_record, link_record, extra_record, order_record;

static inline const void *field_at(const void *record, const struct field *f)
{
    return (const char *)record + f->offset;
}
static inline const char *children_array(const void *record, const struct children *c)
{
    const char *p;
    memcpy(&p, (const char *)record + c->pointer, sizeof p);
    return p;
}
static inline size_t children_count(const void *record, const struct children *c)
{
    size_t n;
    memcpy(&n, (const char *)record + c->count, sizeof n);
    return n;
}
// The value of a field that is neither text nor person; unset times give TIME_NONE.
static inline int64_t field_number(const void *record, const struct field *f)
{
    const void *p = field_at(record, f);
    switch ((enum field_kind)f->kind) {
    case FIELD_NUMBER:
    case FIELD_DAY:
        return *(const int *)p;
    case FIELD_CHOICE:
        return (int64_t) * (const unsigned *)p;
    case FIELD_BOOL:
        return *(const bool *)p;
    case FIELD_TIME:
        return *(const int64_t *)p ? *(const int64_t *)p : TIME_NONE;
    default:
        return *(const int64_t *)p;
    }
}
void field_set_number(void *record, const struct field *f, int64_t value);
// What an unset field holds.
static inline int64_t field_default(const struct field *f)
{
    return f->kind == FIELD_TIME ? TIME_NONE : 0;
}
// All fields equal, ids and children left out.
bool record_fields_equal(const struct record *r, const void *a, const void *b);

// Marks that Juchu sets by itself; an import keeps them and the hash doesn't see them.
#define ORDER_MARKS_LOCAL \
    ((int64_t)(ORDER_MARK_DRIFT | ORDER_MARK_CANCEL_ARRIVED | ORDER_MARK_NUMBERS_LEFT_OUT))

#endif
