// SPDX-License-Identifier: Apache-2.0
//
// getOrder (rakuten.md §5): whole orders by number, 100 per request. An order that can't be read
// doesn't stop the others: it is handed on as a bad order with its raw part. When a whole answer
// can't be read, or is refused for its form, the request is halved until the number that causes it
// stands alone.
// Invariant: every number asked for ends as an order, as missing, or as a bad order.
#include "mall/rakuten/read.h"
#include "mall/rakuten/parse.h"

#include <stdlib.h>

#define BATCH_BYTES_MAX ((size_t)320 * 1024 * 1024)
#define RAW_BYTES_USUAL (16 * 1024) // room that makes growing rare
#define ORDER_NO_BYTES_MAX 100
#define RANGES_MAX 16
#define BAD_SINGLES_MAX 3 // so many without one order read: it isn't the numbers

struct range {
    size_t from, count;
};

struct read_op {
    struct rakuten_op op;
    struct str *numbers;
    size_t count, next;
    struct range ranges[RANGES_MAX]; // a stack of what is to be asked again in halves
    size_t range_count;
    struct range asked;
    int bad_singles;
    bool read_any;
    bool looked_at; // numbers that can't be any are sorted out
};

bool rakuten_is_order_number(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= 0x20 || text.p[i] >= 0x7f)
            return false;
    return text.n > 0 && text.n <= ORDER_NO_BYTES_MAX;
}

int64_t rakuten_progress(const struct order *order)
{
    int64_t progress;
    return str_to_int64(order->mall_status, &progress) ? progress : 0;
}

struct numbered {
    struct str text;
    size_t at;
};

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    int order = str_cmp(x->text, y->text);
    return order != 0 ? order : x->at < y->at ? -1 : x->at > y->at;
}

bool rakuten_copy_numbers(struct rakuten_op *op, const struct mall_read_request *request,
                          struct str **numbers, size_t *count)
{
    struct arena *arena = op->base.arena;
    struct numbered *sorted = ARENA_ARRAY(arena, struct numbered, request->count);
    struct str *copies = ARENA_ARRAY(arena, struct str, request->count);
    *numbers = copies;
    *count = 0;
    if (!sorted || !copies)
        return false;
    for (size_t i = 0; i < request->count; i++)
        sorted[i] = (struct numbered){str_dup(arena, str_trim(request->order_nos[i])), i};
    if (arena_failed(arena))
        return false;
    if (request->count > 1)
        qsort(sorted, request->count, sizeof *sorted, compare_numbered);
    // The first of equal numbers keeps its place; the others leave a hole that is closed below.
    for (size_t i = 0; i < request->count; i++)
        if (i == 0 || !str_eq(sorted[i - 1].text, sorted[i].text))
            copies[sorted[i].at] = sorted[i].text;
    for (size_t i = 0; i < request->count; i++)
        if (copies[i].n > 0)
            copies[(*count)++] = copies[i];
    return true;
}

void rakuten_request_orders(struct rakuten_op *op, const struct str *numbers, size_t count)
{
    struct buf body = rakuten_body();
    struct json_writer w = json_writer_make(&body);
    json_begin_object(&w);
    json_key(&w, "orderNumberList");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++)
        json_write_str(&w, numbers[i]);
    json_end_array(&w);
    json_put_int(&w, "version", account_integer(&op->base.account, "get_order_version", 10));
    json_end_object(&w);
    rakuten_request(op, "getOrder", false, &body);
}

// The batch being filled from one answer.
struct filling {
    struct rakuten_op *op;
    struct mall_batch *batch;
    const struct str *numbers;
    bool *settled; // per number
    size_t count;
};

static void settle(struct filling *f, struct str number)
{
    for (size_t i = 0; i < f->count; i++)
        if (str_eq(f->numbers[i], number))
            f->settled[i] = true;
}

static bool is_open(const struct filling *f, struct str number)
{
    for (size_t i = 0; i < f->count; i++)
        if (str_eq(f->numbers[i], number))
            return !f->settled[i];
    return false;
}

static void add_bad(struct filling *f, struct str number, struct str raw, const struct error *error)
{
    if (!f->batch->bad_orders)
        return;
    f->batch->bad_orders[f->batch->bad_order_count++] = (struct mall_bad_order){
        .order_no = str_dup(f->batch->arena, number),
        .raw = raw,
        .raw_type = STR("application/json"),
        .error = *error,
    };
    settle(f, number);
}

static bool make_room(struct filling *f, size_t models)
{
    struct arena *arena = f->batch->arena;
    f->batch->orders = ARENA_ARRAY(arena, struct mall_order, models);
    f->batch->bad_orders = ARENA_ARRAY(arena, struct mall_bad_order, models + 2 * f->count);
    f->batch->missing = ARENA_ARRAY(arena, struct str, f->count);
    f->settled = ARENA_ARRAY(arena, bool, f->count);
    return !arena_failed(arena);
}

static void warn_about(struct filling *f, struct str number, const char *code, const char *ja,
                       const char *en)
{
    struct error warning;
    error_set(&warning, ERROR_MALFORMED, code, "%s%.0s", "%.0s%s", ja, en);
    error_subject(&warning, "%.*s", STR_ARG(number));
    rakuten_warn(f->op, number, &warning);
}

static struct str raw_of(struct filling *f, struct json model)
{
    struct buf raw = buf_make(BATCH_BYTES_MAX);
    struct str text = STR_ABSENT;
    buf_reserve(&raw, RAW_BYTES_USUAL);
    if (rakuten_redact(model, &raw))
        text = str_dup(f->batch->arena, buf_str(&raw));
    buf_free(&raw);
    return text;
}

static bool take_model(struct filling *f, struct json model, time_ms now)
{
    struct error error;
    struct str number = json_str(json_get(model, "orderNumber"));
    struct str raw = raw_of(f, model);
    if (!raw.p)
        return false;
    if (number.p && !is_open(f, number)) {
        warn_about(f, number, "rakuten.order_not_asked_for",
                   "要求していない注文、または同じ注文が重ねて返されたため無視しました。",
                   "An order came that wasn't asked for, or came twice; it was ignored.");
        return true;
    }
    struct mall_order *slot = &f->batch->orders[f->batch->order_count];
    if (rakuten_order_parse(f->batch->arena, &f->op->base.account, model, now, &slot->order,
                            &error)) {
        slot->raw = raw;
        slot->raw_type = STR("application/json");
        f->batch->order_count++;
        settle(f, number);
        return true;
    }
    if (error.class == ERROR_NO_MEMORY)
        return false;
    add_bad(f, number.p ? number : STR(""), raw, &error);
    return true;
}

static void take_message(struct filling *f, const struct rakuten_message *m)
{
    struct error error;
    if (rakuten_message_is(m, "WARNING")) {
        rakuten_refusal(&error, 200, m->code, m->text);
        rakuten_warn(f->op, m->order_no.p ? m->order_no : STR(""), &error);
        return;
    }
    if (!m->order_no.p || !is_open(f, m->order_no))
        return;
    if (rakuten_code_is(m->code, "GET_ORDER_INFO_102")) {
        f->batch->missing[f->batch->missing_count++] = str_dup(f->batch->arena, m->order_no);
        settle(f, m->order_no);
    } else if (rakuten_message_is(m, "ERROR")) {
        rakuten_refusal(&error, 200, m->code, m->text);
        error_subject(&error, "%.*s", STR_ARG(m->order_no));
        add_bad(f, m->order_no, STR(""), &error);
    }
}

// Numbers of which the answer says nothing at all: not missing, and not forgotten.
static void take_silent(struct filling *f, struct json root)
{
    struct json entry, messages = json_get(root, "MessageModelList");
    bool says_none = false;
    for (struct json_iter i = json_iterate(messages); json_next(&i, &entry);) {
        struct rakuten_message m = rakuten_message_read(entry);
        says_none = says_none || (!m.order_no.p && rakuten_code_is(m.code, "GET_ORDER_INFO_102"));
    }
    for (size_t i = 0; i < f->count; i++) {
        struct error error;
        if (f->settled[i])
            continue;
        if (says_none && f->batch->order_count == 0) {
            f->batch->missing[f->batch->missing_count++] = str_dup(f->batch->arena, f->numbers[i]);
            continue;
        }
        error_set(&error, ERROR_MALFORMED, "rakuten.order_absent",
                  "楽天の応答にこの注文が含まれていません。",
                  "Rakuten's answer says nothing about this order.");
        error_subject(&error, "%.*s", STR_ARG(f->numbers[i]));
        add_bad(f, f->numbers[i], STR(""), &error);
    }
}

static bool fill(struct filling *f, struct json root, time_ms now)
{
    struct json models = json_get(root, "OrderModelList"), v;
    if (!make_room(f, json_count(models)))
        return false;
    for (struct json_iter i = json_iterate(models); json_next(&i, &v);)
        if (!take_model(f, v, now))
            return false;
    for (struct json_iter i = json_iterate(json_get(root, "MessageModelList"));
         json_next(&i, &v);) {
        struct rakuten_message m = rakuten_message_read(v);
        take_message(f, &m);
    }
    take_silent(f, root);
    return !arena_failed(f->batch->arena);
}

bool rakuten_emit_orders(struct rakuten_op *op, time_ms now, struct json root,
                         const struct str *numbers, size_t count)
{
    struct json models = json_get(root, "OrderModelList");
    if (!json_is_null(models) && json_type(models) != JSON_ARRAY) {
        rakuten_unreadable(op, "OrderModelList");
        return false;
    }
    struct filling f = {
        .op = op, .batch = mall_batch_new(BATCH_BYTES_MAX), .numbers = numbers, .count = count};
    if (!f.batch || !fill(&f, root, now)) {
        mall_batch_free(f.batch);
        rakuten_no_memory(op);
        return false;
    }
    return mall_op_emit(&op->base, f.batch);
}

bool rakuten_find_order(struct rakuten_op *op, struct arena *arena, time_ms now, struct json root,
                        struct str number, struct order *order, struct error *error)
{
    struct json model;
    if (rakuten_call_error(root, error))
        return false;
    for (struct json_iter i = json_iterate(json_get(root, "OrderModelList"));
         json_next(&i, &model);)
        if (str_eq(json_str(json_get(model, "orderNumber")), number))
            return rakuten_order_parse(arena, &op->base.account, model, now, order, error);
    error_set(error, ERROR_NOT_FOUND, "rakuten.order_not_found", "楽天にこの注文がありません。",
              "Rakuten has no such order.");
    error_hint(error, "注文番号と店舗を確認してください。", "Check the order number and the shop.");
    return error_subject(error, "%.*s", STR_ARG(number));
}

// Texts that can't be order numbers would make RMS refuse the whole request.
static bool sort_out_impossible(struct read_op *r)
{
    struct mall_batch *batch = NULL;
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++) {
        struct str number = r->numbers[i];
        if (rakuten_is_order_number(number)) {
            r->numbers[kept++] = number;
            continue;
        }
        if (!batch && (batch = mall_batch_new((size_t)64 << 20)))
            batch->missing = ARENA_ARRAY(batch->arena, struct str, r->count);
        if (!batch || !batch->missing) {
            mall_batch_free(batch);
            return false;
        }
        batch->missing[batch->missing_count++] = str_dup(batch->arena, number);
    }
    r->count = kept;
    return !batch || mall_op_emit(&r->op.base, batch);
}

static void read_build(struct rakuten_op *op, time_ms now)
{
    struct read_op *r = (struct read_op *)op;
    (void)now;
    if (!r->looked_at && !sort_out_impossible(r)) {
        rakuten_no_memory(op); // kept only if the sink gave no reason of its own
        return;
    }
    r->looked_at = true;
    if (r->range_count > 0) {
        r->asked = r->ranges[--r->range_count];
    } else if (r->next < r->count) {
        size_t left = r->count - r->next;
        r->asked = (struct range){r->next, left < RAKUTEN_READ_BATCH ? left : RAKUTEN_READ_BATCH};
        r->next += r->asked.count;
    } else {
        op->base.done = true;
        return;
    }
    rakuten_request_orders(op, r->numbers + r->asked.from, r->asked.count);
}

static bool emit_bad_single(struct read_op *r, const struct error *error)
{
    struct mall_batch *batch = mall_batch_new(1 << 20);
    struct mall_bad_order *bad = batch ? ARENA_NEW(batch->arena, struct mall_bad_order) : NULL;
    if (!bad) {
        mall_batch_free(batch);
        return false;
    }
    *bad = (struct mall_bad_order){
        .order_no = str_dup(batch->arena, r->numbers[r->asked.from]),
        .raw = STR(""),
        .raw_type = STR("application/json"),
        .error = *error,
    };
    error_subject(&bad->error, "%.*s", STR_ARG(r->numbers[r->asked.from]));
    batch->bad_orders = bad;
    batch->bad_order_count = 1;
    mall_op_emit(&r->op.base, batch);
    return true;
}

// Refusals that one of the numbers may have caused.
static bool may_be_one_of_them(const struct error *error)
{
    bool unreadable =
        error->class == ERROR_MALFORMED && strcmp(error->code, "mall.html_answer") != 0;
    return unreadable || strcmp(error->code, "rakuten.request_form") == 0 ||
           strcmp(error->code, "rakuten.not_this_shop") == 0;
}

static bool read_refused(struct rakuten_op *op, time_ms now, const struct error *error)
{
    struct read_op *r = (struct read_op *)op;
    (void)now;
    if (!may_be_one_of_them(error))
        return false;
    if (r->asked.count > 1 && r->range_count + 2 <= RANGES_MAX) {
        size_t half = r->asked.count / 2;
        r->ranges[r->range_count++] = (struct range){r->asked.from + half, r->asked.count - half};
        r->ranges[r->range_count++] = (struct range){r->asked.from, half};
        return true;
    }
    if (++r->bad_singles >= BAD_SINGLES_MAX && !r->read_any)
        return false;
    if (r->count == 1)
        return false;
    return emit_bad_single(r, error);
}

static void read_answer(struct rakuten_op *op, time_ms now, struct json root)
{
    struct read_op *r = (struct read_op *)op;
    struct error error;
    if (rakuten_call_error(root, &error)) {
        if (!read_refused(op, now, &error))
            mall_op_fail(&op->base, &error);
        return;
    }
    r->read_any = true;
    rakuten_emit_orders(op, now, root, r->numbers + r->asked.from, r->asked.count);
}

struct mall_op *rakuten_read(const struct mall_account *account,
                             const struct mall_read_request *request, const struct mall_sink *sink,
                             struct error *error)
{
    struct read_op *r = rakuten_op_new(sizeof *r, account, sink, error);
    if (!r)
        return NULL;
    r->op.build = read_build;
    r->op.answer = read_answer;
    r->op.refused = read_refused;
    if (!rakuten_copy_numbers(&r->op, request, &r->numbers, &r->count)) {
        error_no_memory(error);
        return mall_op_free(&r->op.base);
    }
    return &r->op.base;
}
