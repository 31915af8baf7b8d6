// SPDX-License-Identifier: Apache-2.0
//
// confirmOrder (rakuten.md §6): 100 → 200, per chunk of 100 orders, each followed by getOrder,
// whose orders go to the sink: the state that counts is the one read back. HTTP 200 hides refusals
// of single orders; they become warnings with the order's number. When only one order was asked
// for, its refusal is the operation's own failure. "No longer waiting" (ERROR_103) is not a
// refusal: reading back tells.
#include "mall/rakuten/codes.h"
#include "mall/rakuten/read.h"

struct accept_op {
    struct rakuten_op op;
    struct str *numbers;
    size_t count, at;
    size_t chunk; // orders of the request under way
    bool reading; // back, after confirmOrder
    bool refused; // the only order
    struct error refusal;
};

static void accept_build(struct rakuten_op *op, time_ms now)
{
    struct accept_op *a = (struct accept_op *)op;
    (void)now;
    if (a->reading) {
        rakuten_request_orders(op, a->numbers + a->at, a->chunk);
        return;
    }
    if (a->at >= a->count) {
        if (a->refused)
            mall_op_fail(&op->base, &a->refusal);
        op->base.done = true;
        return;
    }
    size_t left = a->count - a->at;
    a->chunk = left < RAKUTEN_READ_BATCH ? left : RAKUTEN_READ_BATCH;
    struct buf body = rakuten_body();
    struct json_writer w = json_writer_make(&body);
    json_begin_object(&w);
    json_key(&w, "orderNumberList");
    json_begin_array(&w);
    for (size_t i = 0; i < a->chunk; i++)
        json_write_str(&w, a->numbers[a->at + i]);
    json_end_array(&w);
    json_end_object(&w);
    rakuten_request(op, "confirmOrder", true, &body);
}

static void refuse_one(struct accept_op *a, struct str number, struct error *error)
{
    error_subject(error, "%.*s", STR_ARG(number));
    rakuten_warn(&a->op, number, error);
    if (a->count == 1) {
        a->refused = true;
        a->refusal = *error;
    }
}

static bool answered(struct json root, struct str number)
{
    struct json entry;
    for (struct json_iter i = json_iterate(json_get(root, "MessageModelList"));
         json_next(&i, &entry);)
        if (str_eq(json_str(json_get(entry, "orderNumber")), number))
            return true;
    return false;
}

static void take_refusals(struct accept_op *a, struct json root)
{
    struct json entry;
    struct error error;
    for (struct json_iter i = json_iterate(json_get(root, "MessageModelList"));
         json_next(&i, &entry);) {
        struct rakuten_message m = rakuten_message_read(entry);
        bool moved_on = rakuten_code_is(m.code, "CONFIRM_ORDER_ERROR_103");
        if (!rakuten_message_is(&m, "ERROR") || !m.order_no.p || moved_on)
            continue;
        rakuten_refusal(&error, 200, m.code, m.text);
        refuse_one(a, m.order_no, &error);
    }
    for (size_t i = 0; i < a->chunk; i++) {
        if (answered(root, a->numbers[a->at + i]))
            continue;
        error_set(&error, ERROR_AMBIGUOUS, "rakuten.outcome_unknown",
                  "楽天の応答にこの注文の結果が含まれていません。",
                  "Rakuten's answer says nothing about this order.");
        refuse_one(a, a->numbers[a->at + i], &error);
    }
}

static void accept_answer(struct rakuten_op *op, time_ms now, struct json root)
{
    struct accept_op *a = (struct accept_op *)op;
    struct error error;
    if (rakuten_call_error(root, &error)) {
        mall_op_fail(&op->base, &error);
    } else if (!a->reading && json_count(json_get(root, "MessageModelList")) == 0) {
        rakuten_unreadable(op, "MessageModelList");
    } else if (!a->reading) {
        take_refusals(a, root);
        a->reading = true;
    } else if (rakuten_emit_orders(op, now, root, a->numbers + a->at, a->chunk)) {
        a->reading = false;
        a->at += a->chunk;
    }
}

struct mall_op *rakuten_accept(const struct mall_account *account,
                               const struct mall_read_request *request,
                               const struct mall_sink *sink, struct error *error)
{
    for (size_t i = 0; i < request->count; i++) {
        if (rakuten_is_order_number(str_trim(request->order_nos[i])))
            continue;
        error_set(error, ERROR_BAD_INPUT, "rakuten.order_number", "注文番号が正しくありません。",
                  "An order number is malformed.");
        return NULL;
    }
    struct accept_op *a = rakuten_op_new(sizeof *a, account, sink, error);
    if (!a)
        return NULL;
    a->op.build = accept_build;
    a->op.answer = accept_answer;
    if (!rakuten_copy_numbers(&a->op, request, &a->numbers, &a->count)) {
        error_no_memory(error);
        return mall_op_free(&a->op.base);
    }
    return &a->op.base;
}
