// SPDX-License-Identifier: Apache-2.0
//
// The content hash of an order: BLAKE2b over a compact canonical form. Only set fields are written,
// each as its index in its table and its value, so absent and empty texts are alike. The form is
// made in a buffer on the stack, without heap; when the buffer is full it is hashed and the hash
// begins the next one. Changing this form makes every order "changed" once at its next reading.
#include "base/crypto.h"
#include "order/fields.h"

#define FORM_BYTES 4096
#define SORTED_MAX 256 // more unordered children than this count in the order given

struct form {
    size_t n;
    unsigned char bytes[FORM_BYTES];
};

static void form_fold(struct form *form)
{
    unsigned char digest[32];
    crypto_digest(NULL, str_make((const char *)form->bytes, form->n), digest);
    memcpy(form->bytes, digest, sizeof digest);
    form->n = sizeof digest;
}

static void form_bytes(struct form *form, const char *p, size_t n)
{
    while (n > FORM_BYTES - form->n) {
        size_t part = FORM_BYTES - form->n;
        memcpy(form->bytes + form->n, p, part);
        form->n = FORM_BYTES;
        form_fold(form);
        p += part;
        n -= part;
    }
    if (n)
        memcpy(form->bytes + form->n, p, n);
    form->n += n;
}

static void form_number(struct form *form, int64_t value)
{
    // Zigzag, then seven bits a byte.
    uint64_t v = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    if (form->n + 10 > FORM_BYTES)
        form_fold(form);
    if (v < 0x80) {
        form->bytes[form->n++] = (unsigned char)v;
        return;
    }
    while (v >= 0x80) {
        form->bytes[form->n++] = (unsigned char)(v | 0x80);
        v >>= 7;
    }
    form->bytes[form->n++] = (unsigned char)v;
}

static void form_text(struct form *form, size_t index, struct str text)
{
    form_number(form, (int64_t)index + 1);
    form_number(form, (int64_t)text.n);
    form_bytes(form, text.p, text.n);
}

static void form_record(struct form *form, const struct record *r, const void *record);

static void form_field(struct form *form, size_t index, const struct field *f, const void *record)
{
    if (f->kind == FIELD_TEXT) {
        const struct str *text = field_at(record, f);
        if (text->n)
            form_text(form, index, *text);
        return;
    }
    if (f->kind == FIELD_PERSON) {
        form_number(form, (int64_t)index + 1);
        form_record(form, &person_record, field_at(record, f));
        return;
    }
    int64_t value = field_number(record, f);
    if (f->kind == FIELD_MARKS)
        value &= ~ORDER_MARKS_LOCAL;
    if (value == field_default(f))
        return;
    form_number(form, (int64_t)index + 1);
    form_number(form, value);
}

// Byte order of the text fields; enough to bring unordered children into one order.
static int compare_texts(const struct record *r, const void *a, const void *b)
{
    for (size_t i = 0; i < r->field_count; i++) {
        if (r->fields[i].kind != FIELD_TEXT)
            continue;
        int order = str_cmp(*(const struct str *)field_at(a, &r->fields[i]),
                            *(const struct str *)field_at(b, &r->fields[i]));
        if (order)
            return order;
    }
    return 0;
}

static void form_sorted(struct form *form, const struct record *r, const char *array, size_t count)
{
    uint16_t order[SORTED_MAX];
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && compare_texts(r, array + order[at - 1] * r->size, array + i * r->size) > 0;
             at--)
            order[at] = order[at - 1];
        order[at] = (uint16_t)i;
    }
    for (size_t i = 0; i < count; i++)
        form_record(form, r, array + order[i] * r->size);
}

static void form_record(struct form *form, const struct record *r, const void *record)
{
    for (size_t i = 0; i < r->field_count; i++)
        if (r->fields[i].flags & FIELD_HASHED)
            form_field(form, i, &r->fields[i], record);
    for (size_t i = 0; i < r->children_count; i++) {
        const struct children *c = &r->children[i];
        size_t count = children_count(record, c);
        const char *array = children_array(record, c);
        if (!(c->flags & CHILDREN_HASHED) || count == 0)
            continue;
        form_number(form, (int64_t)(r->field_count + i) + 1);
        form_number(form, (int64_t)count);
        if ((c->flags & CHILDREN_UNORDERED) && count > 1 && count <= SORTED_MAX) {
            form_sorted(form, c->record, array, count);
            continue;
        }
        for (size_t k = 0; k < count; k++)
            form_record(form, c->record, array + k * c->record->size);
    }
    form_number(form, 0);
}

void order_content_hash(const struct order *o, unsigned char hash[16])
{
    struct form form;
    form.n = 0;
    form_record(&form, &order_record, o);
    unsigned char digest[32];
    crypto_digest(NULL, str_make((const char *)form.bytes, form.n), digest);
    memcpy(hash, digest, 16);
}
