// SPDX-License-Identifier: Apache-2.0
//
// searchTradeInfoProc (aupay.md §2.2): one order per call, each handed on as soon as it is read.
// Invariants: an order that can't be read is reported with its raw text and the reason, and the
// others go on; only trouble that isn't the order's (key, address, maintenance, a web page in front
// of the mall) ends the operation. Amounts that don't add up are told and the order goes in.
// Threads: the operation's. Ownership: each batch owns its arena.
#include "mall/aupay/internal.h"

#define BATCH_BYTES_MAX ((size_t)24 * 1024 * 1024)

struct read_op {
    struct aupay_op a; // first
    struct str *asked;
    size_t count, at;
    bool repeated; // an unreadable answer is asked for once more
};

static struct mall_batch *new_batch(struct read_op *op)
{
    struct mall_batch *batch = mall_batch_new(BATCH_BYTES_MAX);
    if (!batch)
        aupay_fail_no_memory(&op->a);
    else
        batch->expected_total = (int64_t)op->count;
    return batch;
}

static void hand_on(struct read_op *op, struct mall_batch *batch)
{
    op->at++;
    op->repeated = false;
    if (arena_failed(batch->arena)) {
        mall_batch_free(batch);
        aupay_fail_no_memory(&op->a);
        return;
    }
    mall_op_emit(&op->a.base, batch);
}

static void bad_order(struct read_op *op, struct mall_batch *batch, struct str raw,
                      const struct error *error)
{
    struct mall_bad_order *bad = ARENA_NEW(batch->arena, struct mall_bad_order);
    batch->bad_orders = bad;
    if (bad) {
        bad->order_no = str_dup(batch->arena, op->asked[op->at]);
        bad->raw = str_dup(batch->arena, raw);
        bad->raw_type = STR("application/xml");
        bad->error = *error;
        batch->bad_order_count = 1;
    }
    hand_on(op, batch);
}

static void bad_number(struct read_op *op)
{
    struct error error;
    struct mall_batch *batch = new_batch(op);
    if (!batch)
        return;
    error_set(&error, ERROR_BAD_INPUT, "aupay.order_number",
              "au PAY マーケットの注文番号の形ではありません（数字）。",
              "Not an order number of this mall (digits).");
    error_subject(&error, "%.*s", STR_ARG(str_utf8_cut(op->asked[op->at], 60)));
    bad_order(op, batch, STR(""), &error);
}

static bool plan(struct aupay_op *a, time_ms now)
{
    struct read_op *op = (struct read_op *)a;
    while (op->at < op->count && !aupay_number_is_sound(op->asked[op->at]) && !a->base.failed)
        bad_number(op);
    if (a->base.failed)
        return false;
    if (op->at >= op->count) {
        a->base.done = true;
        return true;
    }
    return aupay_plan_read(a, op->asked[op->at]);
}

static void missing(struct read_op *op)
{
    struct mall_batch *batch = new_batch(op);
    if (!batch)
        return;
    batch->missing = ARENA_NEW(batch->arena, struct str);
    if (batch->missing) {
        batch->missing[0] = str_dup(batch->arena, op->asked[op->at]);
        batch->missing_count = 1;
    }
    hand_on(op, batch);
}

static bool right_order(const struct read_op *op, const struct order *order, struct error *error)
{
    if (str_eq(order->order_no, op->asked[op->at]))
        return true;
    error_set(error, ERROR_MALFORMED, "aupay.other_order",
              "要求した注文とは別の注文が返されました。",
              "Another order came than the one asked for.");
    return error_subject(error, "%.*s", STR_ARG(op->asked[op->at]));
}

static void take(struct aupay_op *a, time_ms now, const struct aupay_answer *answer)
{
    struct read_op *op = (struct read_op *)a;
    const struct xml_node *info = xml_child(answer->root, "orderInfo");
    struct error error = {0}, warning;
    // "status 0" doesn't say that anything was found (§5).
    if (!info || !info->first_child) {
        missing(op);
        return;
    }
    struct mall_batch *batch = new_batch(op);
    if (!batch)
        return;
    struct mall_order *m = ARENA_NEW(batch->arena, struct mall_order);
    bool readable = m &&
                    aupay_order_read(batch->arena, &a->base.account, info, &m->order, &error) &&
                    right_order(op, &m->order, &error) && order_validate(&m->order, &error);
    if (!m || arena_failed(batch->arena)) {
        mall_batch_free(batch);
        aupay_fail_no_memory(a);
        return;
    }
    if (!readable) {
        bad_order(op, batch, answer->response->body, &error);
        return;
    }
    if (aupay_mismatch_warning(&m->order, &warning))
        aupay_warn(a, m->order.order_no, &warning);
    m->raw = str_dup(batch->arena, answer->response->body);
    m->raw_type = STR("application/xml");
    batch->orders = m;
    batch->order_count = 1;
    hand_on(op, batch);
}

// True when the trouble is this one order's.
static bool concerns_order(const struct error *error)
{
    if (error->class == ERROR_MALFORMED)
        return strcmp(error->code, "mall.html_answer") != 0;
    return error->class == ERROR_REJECTED || error->class == ERROR_BAD_INPUT;
}

static bool refused(struct aupay_op *a, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    struct read_op *op = (struct read_op *)a;
    if (error->class == ERROR_NOT_FOUND) {
        missing(op);
        return true;
    }
    if (!concerns_order(error) || response->status == 404)
        return false;
    if (error->class == ERROR_MALFORMED && !op->repeated) {
        op->repeated = true;
        return true;
    }
    struct mall_batch *batch = new_batch(op);
    if (batch)
        bad_order(op, batch, response->body, error);
    return true;
}

struct mall_op *aupay_read(const struct mall_account *account,
                           const struct mall_read_request *request, const struct mall_sink *sink,
                           struct error *error)
{
    static const struct aupay_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct read_op *op = aupay_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->count = request->count;
    op->asked = ARENA_ARRAY(op->a.base.arena, struct str, request->count);
    for (size_t i = 0; op->asked && i < request->count; i++)
        op->asked[i] = str_dup(op->a.base.arena, str_trim(request->order_nos[i]));
    if (!arena_failed(op->a.base.arena))
        return &op->a.base;
    mall_op_free(&op->a.base);
    error_no_memory(error);
    return NULL;
}
