// SPDX-License-Identifier: Apache-2.0
//
// getOrder (amazon.md §6.1): one order per call, each handed on as soon as it is read. An order
// that can't be read is reported with its raw text and the reason, and the others go on. Without
// the role for personal data the same order is asked for once more without it.
// Threads: the operation's. Ownership: each batch owns its arena.
#include "mall/amazon/internal.h"

#define BATCH_BYTES_MAX ((size_t)24 << 20)

struct read_op {
    struct amazon_op a; // first
    struct str *asked;
    size_t count, at;
    bool repeated; // an unreadable answer is asked for once more
    bool told_missing;
};

static struct mall_batch *new_batch(struct read_op *op)
{
    struct mall_batch *batch = mall_batch_new(BATCH_BYTES_MAX);
    if (!batch)
        amazon_fail_no_memory(&op->a);
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
        amazon_fail_no_memory(&op->a);
        return;
    }
    mall_op_emit(&op->a.base, batch);
}

static void bad_order(struct read_op *op, struct str raw, const struct error *error)
{
    struct mall_batch *batch = new_batch(op);
    if (!batch)
        return;
    struct mall_bad_order *bad = ARENA_NEW(batch->arena, struct mall_bad_order);
    batch->bad_orders = bad;
    if (bad) {
        bad->order_no = str_dup(batch->arena, op->asked[op->at]);
        bad->raw = str_dup(batch->arena, raw);
        bad->raw_type = STR("application/json");
        bad->error = *error;
        batch->bad_order_count = 1;
    }
    hand_on(op, batch);
}

static bool plan(struct amazon_op *a, time_ms now)
{
    struct read_op *op = (struct read_op *)a;
    struct error error;
    (void)now;
    while (op->at < op->count && !a->base.failed && !amazon_is_order_number(op->asked[op->at])) {
        error_set(&error, ERROR_BAD_INPUT, "amazon.order_number",
                  "Amazonの注文番号の形ではありません（例: 250-0000000-0000000）。",
                  "Not an Amazon order number (250-0000000-0000000).");
        error_subject(&error, "%.*s", STR_ARG(str_utf8_cut(op->asked[op->at], 60)));
        bad_order(op, STR(""), &error);
    }
    if (a->base.failed)
        return false;
    if (op->at >= op->count) {
        a->base.done = true;
        return true;
    }
    a->call.operation = a->call.family = "getOrder";
    a->call.order_no = op->asked[op->at];
    a->call.path = arena_printf(a->scratch, "/orders/2026-01-01/orders/%.*s?%s",
                                STR_ARG(op->asked[op->at]), amazon_included(a));
    return true;
}

// A shop that may see nobody's address should know why (§5.2): once per operation.
static void watch_people(struct read_op *op, const struct order *o)
{
    struct error warning;
    bool hidden = o->state == ORDER_ACCEPTED && o->packages[0].recipient.name.n == 0;
    if (!hidden || op->told_missing || op->a.without_people)
        return;
    op->told_missing = true;
    error_set(&warning, ERROR_NOT_PERMITTED, "amazon.people_missing",
              "注文に購入者名・配送先がありません（ロール「消費者への直接配送」がない可能性）。",
              "Orders come without names and addresses (role Direct-to-Consumer Shipping?).");
    error_hint(&warning,
               "ロールを追加して再認証するか、セラーセントラルの注文レポートを取り込んでください。",
               "Add the role and authorise again, or import the order report of Seller Central.");
    amazon_warn(&op->a, o->order_no, &warning);
}

static void take(struct amazon_op *a, time_ms now, const struct http_response *response,
                 struct json body)
{
    struct read_op *op = (struct read_op *)a;
    struct json from = json_get(body, "order");
    struct error error = {0};
    struct mall_batch *batch = new_batch(op);
    (void)now;
    if (!batch)
        return;
    struct mall_order *m = ARENA_NEW(batch->arena, struct mall_order);
    bool readable = m && amazon_order_read(batch->arena, &a->base.account, from, &m->order, &error);
    if (readable && !str_eq(m->order.order_no, op->asked[op->at]))
        readable = error_set(&error, ERROR_MALFORMED, "amazon.other_order",
                             "要求した注文とは別の注文が返されました。",
                             "Another order came than the one asked for.");
    if (readable) {
        m->order.shop_id = a->base.account.shop_id;
        readable = order_validate(&m->order, &error);
    }
    if (!m || arena_failed(batch->arena)) {
        mall_batch_free(batch);
        amazon_fail_no_memory(a);
        return;
    }
    if (!readable) {
        mall_batch_free(batch);
        bad_order(op, response->body, &error);
        return;
    }
    watch_people(op, &m->order);
    m->raw = amazon_order_raw(batch->arena, from);
    m->raw_type = STR("application/json");
    batch->orders = m;
    batch->order_count = 1;
    hand_on(op, batch);
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

static bool refused(struct amazon_op *a, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    struct read_op *op = (struct read_op *)a;
    (void)now;
    if (!response || op->at >= op->count)
        return false;
    if (amazon_leave_people_out(a, error))
        return true;
    if (error->class == ERROR_NOT_FOUND) {
        missing(op);
        return true;
    }
    bool html = strcmp(error->code, "mall.html_answer") == 0;
    if (error->class == ERROR_MALFORMED && !html && !op->repeated) {
        op->repeated = true;
        return true;
    }
    if ((error->class != ERROR_MALFORMED || html) && error->class != ERROR_REJECTED)
        return false;
    bad_order(op, response->body, error);
    return true;
}

struct mall_op *amazon_read(const struct mall_account *account,
                            const struct mall_read_request *request, const struct mall_sink *sink,
                            struct error *error)
{
    static const struct amazon_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct read_op *op = amazon_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->count = request->count;
    op->asked = ARENA_ARRAY(op->a.base.arena, struct str, request->count);
    for (size_t i = 0; op->asked && i < request->count; i++)
        op->asked[i] = str_dup(op->a.base.arena, str_trim(request->order_nos[i]));
    if (arena_failed(op->a.base.arena)) {
        mall_op_free(&op->a.base);
        error_no_memory(error);
        return NULL;
    }
    return &op->a.base;
}
