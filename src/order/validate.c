// SPDX-License-Identifier: Apache-2.0
//
// The rules an order keeps by itself, whatever mall it comes from. An order that breaks one is
// quarantined; so the rules are few, and each would otherwise break the storage or a label.
#include "order/fields.h"

#define ORDER_NO_BYTES_MAX 100
#define PACKAGES_MAX 1000
#define LINES_MAX 5000
#define CHILDREN_MAX 5000
#define TEXT_BYTES_MAX (64 * 1024)
#define ORDER_BYTES_MAX (1024 * 1024)

static bool refuse(struct error *error, const char *code, const char *ja, const char *en)
{
    return error_set(error, ERROR_BAD_INPUT, code, "%s%.0s", "%.0s%s", ja, en);
}

struct walk {
    size_t bytes;
    struct error *error;
};

static bool text_fits(struct walk *w, const struct field *f, struct str text)
{
    w->bytes += text.n;
    if (text.n > TEXT_BYTES_MAX || w->bytes > ORDER_BYTES_MAX)
        return error_set(w->error, ERROR_BAD_INPUT, "order.text_too_long",
                         "注文データの文字が長すぎます（項目 %s、%zu バイト）。",
                         "The order's text is too long (field %s, %zu bytes).", f->name, text.n);
    if (memchr(text.p ? text.p : "", '\0', text.n) || !str_is_utf8(text))
        return error_set(w->error, ERROR_BAD_INPUT, "order.text_not_utf8",
                         "注文データに文字として読めない部分があります（項目 %s）。",
                         "The order holds bytes that are no text (field %s).", f->name);
    return true;
}

static bool number_fits(struct walk *w, const struct field *f, const void *record)
{
    int64_t v = field_number(record, f);
    if (f->kind == FIELD_DAY && v != 0 && !day_is_valid((day)v))
        return error_set(w->error, ERROR_BAD_INPUT, "order.day_impossible",
                         "注文データに存在しない日付があります（項目 %s）。",
                         "The order holds an impossible day (field %s).", f->name);
    if (f->kind == FIELD_YEN && v != YEN_UNDETERMINED &&
        (v > 1000000000000LL || v < -1000000000000LL))
        return error_set(w->error, ERROR_BAD_INPUT, "order.amount_impossible",
                         "注文データの金額が大きすぎます（項目 %s）。",
                         "The order holds an impossible amount (field %s).", f->name);
    return true;
}

static bool record_fits(struct walk *w, const struct record *r, const void *record);

static bool field_fits(struct walk *w, const struct field *f, const void *record)
{
    if (f->kind == FIELD_TEXT)
        return text_fits(w, f, *(const struct str *)field_at(record, f));
    if (f->kind == FIELD_PERSON)
        return record_fits(w, &person_record, field_at(record, f));
    return number_fits(w, f, record);
}

static bool record_fits(struct walk *w, const struct record *r, const void *record)
{
    for (size_t i = 0; i < r->field_count; i++)
        if (!field_fits(w, &r->fields[i], record))
            return false;
    for (size_t i = 0; i < r->children_count; i++) {
        const struct children *c = &r->children[i];
        size_t count = children_count(record, c);
        if (count > CHILDREN_MAX)
            return error_set(w->error, ERROR_BAD_INPUT, "order.too_many_parts",
                             "注文の明細などの件数が多すぎます（%s、%zu 件）。",
                             "The order has too many parts (%s, %zu).", c->name, count);
        for (size_t k = 0; k < count; k++)
            if (!record_fits(w, c->record, children_array(record, c) + k * c->record->size))
                return false;
    }
    return true;
}

static bool line_is_sound(const struct order_line *line, struct error *error)
{
    if (line->number < 1)
        return refuse(error, "order.line_number", "明細の番号がありません。",
                      "A line has no number.");
    if (line->quantity < 0 || line->quantity > 1000000000)
        return error_set(
            error, ERROR_BAD_INPUT, "order.quantity", "明細 %d の数量が正しくありません（%lld）。",
            "Line %d has an impossible quantity (%lld).", line->number, (long long)line->quantity);
    return true;
}

// Numbers of packages and lines are keys: each once in the order.
static bool numbers_are_unique(const struct order *o, struct error *error)
{
    size_t lines = 0;
    for (size_t i = 0; i < o->package_count; i++) {
        const struct order_package *p = &o->packages[i];
        for (size_t k = 0; k < i; k++)
            if (o->packages[k].number == p->number)
                return refuse(error, "order.package_number", "送付先の番号が重複しています。",
                              "Two packages have the same number.");
        lines += p->line_count;
    }
    if (lines > LINES_MAX)
        return error_set(error, ERROR_BAD_INPUT, "order.too_many_parts",
                         "注文の明細の件数が多すぎます（%s、%zu 件）。",
                         "The order has too many parts (%s, %zu).", "lines", lines);
    unsigned char seen[LINES_MAX / 8 + 1] = {0};
    for (size_t i = 0; i < o->package_count; i++) {
        for (size_t k = 0; k < o->packages[i].line_count; k++) {
            const struct order_line *line = &o->packages[i].lines[k];
            if (!line_is_sound(line, error))
                return false;
            if (line->number > LINES_MAX || (seen[line->number / 8] & 1 << line->number % 8))
                return refuse(error, "order.line_number", "明細の番号が重複しています。",
                              "Two lines have the same number.");
            seen[line->number / 8] |= (unsigned char)(1 << line->number % 8);
        }
    }
    return true;
}

static bool axes_are_known(const struct order *o, struct error *error)
{
    bool known = (unsigned)o->state < ORDER_STATE_COUNT &&
                 (unsigned)o->payment_state < PAYMENT_STATE_COUNT &&
                 (unsigned)o->payment_class <= PAYMENT_CLASS_AFTER;
    for (size_t i = 0; i < o->package_count; i++)
        known = known && (unsigned)o->packages[i].state < SHIPMENT_STATE_COUNT;
    return known || refuse(error, "order.state_unknown", "注文の状態を読み取れません。",
                           "The order's state can't be read.");
}

bool order_validate(const struct order *o, struct error *error)
{
    struct walk w = {.error = error};
    if (o->order_no.n == 0)
        return refuse(error, "order.number_missing", "注文番号がありません。",
                      "The order has no number.");
    if (o->order_no.n > ORDER_NO_BYTES_MAX || !str_is_utf8(o->order_no))
        return refuse(error, "order.number_malformed", "注文番号が正しくありません。",
                      "The order's number is malformed.");
    if (o->mall.n == 0 || o->shop_id <= 0)
        return refuse(error, "order.shop_missing", "注文のショップが決まっていません。",
                      "The order's shop isn't set.");
    if (o->package_count == 0 || o->package_count > PACKAGES_MAX)
        return refuse(error, "order.package_count", "注文に送付先がないか、多すぎます。",
                      "The order has no package, or too many.");
    bool sound = axes_are_known(o, error) && numbers_are_unique(o, error) &&
                 record_fits(&w, &order_record, o);
    if (!sound)
        error_subject(error, "%.*s", STR_ARG(o->order_no));
    return sound;
}
