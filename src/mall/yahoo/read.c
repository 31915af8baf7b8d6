// SPDX-License-Identifier: Apache-2.0
//
// orderInfo (yahoo.md §8): one order per call, each handed on as soon as it is read.
// Invariants: an order that can't be read is reported with its raw text and the reason, and the
// others go on; only trouble that isn't the order's (token, permission, maintenance, a web page in
// front of the mall) ends the operation. Reading doesn't mark an order as seen.
// Threads: the operation's. Ownership: each batch owns its arena.
#include "mall/yahoo/fields.h"
#include "mall/yahoo/internal.h"

#define BATCH_BYTES_MAX ((size_t)24 * 1024 * 1024)
#define ORDER_NO_BYTES_MAX 50

struct read_op {
    struct yahoo_op y; // first
    struct str *asked; // as the caller wrote them
    size_t count, at;
    bool repeated; // an unreadable answer is asked for once more
};

// People type the bare number; the API wants the full form.
static struct str full_number(struct yahoo_op *y, struct str asked)
{
    struct str seller = yahoo_setting(y, "seller_id");
    for (size_t i = 0; i < asked.n; i++)
        if (asked.p[i] < '0' || asked.p[i] > '9')
            return asked;
    return arena_printf(y->scratch, "%.*s-%.*s", STR_ARG(seller), STR_ARG(asked));
}

static bool number_is_sound(struct str no)
{
    for (size_t i = 0; i < no.n; i++) {
        char c = no.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return no.n > 0 && no.n <= ORDER_NO_BYTES_MAX;
}

static struct mall_batch *new_batch(struct read_op *op)
{
    struct mall_batch *batch = mall_batch_new(BATCH_BYTES_MAX);
    if (!batch)
        yahoo_fail_no_memory(&op->y);
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
        yahoo_fail_no_memory(&op->y);
        return;
    }
    mall_op_emit(&op->y.base, batch);
}

static void bad_order(struct read_op *op, struct mall_batch *batch, struct str raw,
                      const struct xml_node *root, const struct error *error)
{
    struct mall_bad_order *bad = ARENA_NEW(batch->arena, struct mall_bad_order);
    batch->bad_orders = bad;
    if (bad) {
        bad->order_no = str_dup(batch->arena, op->asked[op->at]);
        bad->raw = yahoo_order_raw(batch->arena, raw, root);
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
    error_set(&error, ERROR_BAD_INPUT, "yahoo.order_number",
              "Yahoo!の注文番号の形ではありません（英数字とハイフン、50文字まで）。",
              "Not a Yahoo order number (letters, digits and hyphens, at most 50).");
    error_subject(&error, "%.*s", STR_ARG(str_utf8_cut(op->asked[op->at], 60)));
    bad_order(op, batch, STR(""), NULL, &error);
}

static bool plan(struct yahoo_op *y, time_ms now)
{
    struct read_op *op = (struct read_op *)y;
    while (op->at < op->count && !number_is_sound(op->asked[op->at]) && !y->base.failed)
        bad_number(op);
    if (y->base.failed)
        return false;
    if (op->at >= op->count) {
        y->base.done = true;
        return true;
    }
    AUTO_BUF fields = buf_make(YAHOO_REQUEST_BYTES_MAX);
    AUTO_BUF body = buf_make(YAHOO_REQUEST_BYTES_MAX);
    y->call.operation = "orderInfo";
    y->call.order_no = full_number(y, op->asked[op->at]);
    y->call.response_bytes_max = YAHOO_INFO_BYTES_MAX;
    yahoo_add_info_fields(&fields);
    buf_add(&body, STR("<Req><Target>"));
    xml_add_element(&body, "OrderId", y->call.order_no);
    xml_add_element(&body, "Field", buf_str(&fields));
    buf_add(&body, STR("</Target>"));
    xml_add_element(&body, "SellerId", yahoo_setting(y, "seller_id"));
    buf_add(&body, STR("</Req>"));
    body.failed = body.failed || fields.failed;
    return yahoo_set_body(y, &body);
}

static bool right_order(struct read_op *op, const struct order *order, struct error *error)
{
    if (str_eq(order->order_no, op->y.call.order_no))
        return true;
    error_set(error, ERROR_MALFORMED, "yahoo.other_order",
              "要求した注文とは別の注文が返されました。",
              "Another order came than the one asked for.");
    return error_subject(error, "%.*s", STR_ARG(op->y.call.order_no));
}

static void take(struct yahoo_op *y, time_ms now, const struct yahoo_answer *answer)
{
    struct read_op *op = (struct read_op *)y;
    const struct xml_node *info = xml_child(answer->result, "OrderInfo");
    struct mall_batch *batch = new_batch(op);
    struct error error = {0};
    if (!batch)
        return;
    struct mall_order *m = ARENA_NEW(batch->arena, struct mall_order);
    bool readable = false;
    if (!info)
        error_set(&error, ERROR_MALFORMED, "yahoo.order_missing_in_answer",
                  "応答に注文の内容がありません。", "The answer holds no order.");
    else
        readable = m && yahoo_order_read(batch->arena, &y->base.account, info, &m->order, &error) &&
                   right_order(op, &m->order, &error) && order_validate(&m->order, &error);
    if (!m || arena_failed(batch->arena)) {
        mall_batch_free(batch);
        yahoo_fail_no_memory(y);
        return;
    }
    if (!readable) {
        bad_order(op, batch, answer->response->body, answer->root, &error);
        return;
    }
    yahoo_tell_warnings(y, m->order.order_no, info);
    m->raw = yahoo_order_raw(batch->arena, answer->response->body, answer->root);
    m->raw_type = STR("application/xml");
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

// True when the trouble is this one order's.
static bool concerns_order(const struct error *error)
{
    if (error->class == ERROR_MALFORMED)
        return strcmp(error->code, "mall.html_answer") != 0;
    if (error->class != ERROR_REJECTED)
        return false;
    // A refused Field would be refused with every order.
    bool parameter = strcmp(error->code, "yahoo.request_parameter") == 0;
    return !parameter || strstr(error->peer_text, "OrderId") != NULL;
}

static bool refused(struct yahoo_op *y, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    struct read_op *op = (struct read_op *)y;
    if (!response || op->at >= op->count || strcmp(y->call.operation, "orderInfo") != 0)
        return false;
    if (error->class == ERROR_NOT_FOUND) {
        missing(op);
        return true;
    }
    if (!concerns_order(error))
        return false;
    if (error->class == ERROR_MALFORMED && !op->repeated) {
        op->repeated = true;
        return true;
    }
    struct mall_batch *batch = new_batch(op);
    if (batch)
        bad_order(op, batch, response->body, NULL, error);
    return true;
}

struct mall_op *yahoo_read(const struct mall_account *account,
                           const struct mall_read_request *request, const struct mall_sink *sink,
                           struct error *error)
{
    static const struct yahoo_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct read_op *op = yahoo_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->count = request->count;
    op->asked = ARENA_ARRAY(op->y.base.arena, struct str, request->count);
    for (size_t i = 0; op->asked && i < request->count; i++)
        op->asked[i] = str_dup(op->y.base.arena, str_trim(request->order_nos[i]));
    if (arena_failed(op->y.base.arena)) {
        mall_op_free(&op->y.base);
        error_no_memory(error);
        return NULL;
    }
    return &op->y.base;
}
