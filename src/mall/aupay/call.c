// SPDX-License-Identifier: Apache-2.0
//
// The common course of every operation: plan a call, send it with the key, read the answer, go on.
// The steps of an operation (list.c, read.c, ship.c …) see accepted answers only.
// Invariants: the key stands in a header that is never logged; a call that writes is never repeated
// here; every call names the shop.
// Threads: one operation belongs to one thread at a time. Ownership: everything lives in the
// operation's arena or in `scratch`, which is freed with it.
#include "mall/aupay/internal.h"

#define THROTTLE_WAIT_MS 60000
#define THROTTLES_MAX 3

static void free_arena(void *arena)
{
    arena_free(arena);
}

static void next(struct mall_op *base, time_ms now, struct mall_action *action);
static void feed(struct mall_op *base, time_ms now, const struct http_response *response);

void *aupay_op_new(size_t size, const struct aupay_steps *steps, const struct mall_account *account,
                   const struct mall_sink *sink, struct error *error)
{
    struct aupay_op *op = mall_op_new(size, &aupay_mall, account, sink, error);
    if (!op)
        return NULL;
    op->scratch = arena_new(AUPAY_SCRATCH_BYTES_MAX);
    if (!op->scratch || !arena_defer(op->base.arena, free_arena, op->scratch)) {
        mall_op_free(&op->base);
        error_no_memory(error);
        return NULL;
    }
    op->base.next = next;
    op->base.feed = feed;
    op->steps = steps;
    op->wait_until = TIME_NONE;
    return op;
}

void aupay_fail(struct aupay_op *op, const struct error *error)
{
    mall_op_fail(&op->base, error);
}

void aupay_fail_no_memory(struct aupay_op *op)
{
    struct error error;
    error_no_memory(&error);
    aupay_fail(op, &error);
}

struct str aupay_setting(const struct aupay_op *op, const char *key)
{
    return account_setting(&op->base.account, key);
}

void aupay_warn(struct aupay_op *op, struct str order_no, const struct error *warning)
{
    const struct mall_sink *sink = op->base.sink;
    if (sink && sink->warning)
        sink->warning(sink->context, order_no, warning);
}

bool aupay_progress(struct aupay_op *op, const char *state)
{
    const struct mall_sink *sink = op->base.sink;
    struct error error = {0};
    if (!sink || !sink->progress || sink->progress(sink->context, str_from(state), &error))
        return true;
    aupay_fail(op, &error);
    return false;
}

bool aupay_plan_read(struct aupay_op *op, struct str order_no)
{
    AUTO_BUF query = buf_make(AUPAY_REQUEST_BYTES_MAX);
    op->call.operation = "searchTradeInfoProc";
    op->call.order_no = order_no;
    buf_add(&query, STR("&orderId="));
    http_url_encode(&query, order_no);
    op->call.query = str_dup(op->scratch, buf_str(&query));
    if (!query.failed && !arena_failed(op->scratch))
        return true;
    aupay_fail_no_memory(op);
    return false;
}

void aupay_begin_update(struct aupay_op *op, struct buf *body, struct str order_no)
{
    op->call.writes = true;
    op->call.order_no = order_no;
    buf_add(body, STR("<request>"));
    xml_add_element(body, "shopId", aupay_setting(op, "shop_id"));
    xml_add_element(body, "orderId", order_no);
}

bool aupay_end_update(struct aupay_op *op, struct buf *body)
{
    buf_add(body, STR("</request>"));
    if (!body->failed)
        op->call.body = str_dup(op->scratch, buf_str(body));
    if (!body->failed && !arena_failed(op->scratch))
        return true;
    aupay_fail_no_memory(op);
    return false;
}

// People copy the address with or without its last part.
static struct str host_of(const struct aupay_op *op)
{
    struct str url = op->base.account.base_url;
    if (str_ends(url, STR("/wmshopapi")))
        url.n -= strlen("/wmshopapi");
    return url;
}

static bool make_request(struct aupay_op *op, struct http_request *request)
{
    const struct aupay_call *call = &op->call;
    bool get = call->body.p == NULL;
    AUTO_BUF url = buf_make(AUPAY_REQUEST_BYTES_MAX);
    buf_addf(&url, "%.*s/wmshopapi/%s", STR_ARG(host_of(op)), call->operation);
    if (get) {
        buf_add(&url, STR("?shopId="));
        http_url_encode(&url, aupay_setting(op, "shop_id"));
        buf_add(&url, call->query);
    }
    request->method = get ? HTTP_GET : HTTP_POST;
    request->url = str_dup(op->scratch, buf_str(&url));
    request->body = get ? STR("") : call->body;
    request->timeout_ms = AUPAY_TIMEOUT_MS;
    request->response_bytes_max =
        call->response_bytes_max ? call->response_bytes_max : AUPAY_ORDER_BYTES_MAX;
    struct str bearer =
        arena_printf(op->scratch, "Bearer %.*s", STR_ARG(aupay_setting(op, "api_key")));
    return http_add_header(request, STR("Authorization"), bearer, true) &&
           http_add_header(request, STR("Content-Type"),
                           get ? STR("application/x-www-form-urlencoded")
                               : STR("application/xml; charset=utf-8"),
                           false) &&
           !url.failed && !arena_failed(op->scratch);
}

static void next(struct mall_op *base, time_ms now, struct mall_action *action)
{
    struct aupay_op *op = (struct aupay_op *)base;
    if (op->wait_until != TIME_NONE && now < op->wait_until) {
        action->kind = MALL_WAIT;
        action->wait_until = op->wait_until;
        return;
    }
    op->wait_until = TIME_NONE;
    arena_reset(op->scratch);
    op->call = (struct aupay_call){0};
    if (!op->steps->plan(op, now) || base->done || base->failed)
        return;
    if (!make_request(op, &action->request)) {
        aupay_fail_no_memory(op);
        return;
    }
    action->kind = MALL_SEND;
    action->operation = op->call.operation;
    action->rate_family = "order";
    action->writes = op->call.writes;
}

static void refused(struct aupay_op *op, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    if (error->class == ERROR_RATE_LIMITED && !op->call.writes && op->throttled < THROTTLES_MAX) {
        int64_t wait = (int64_t)THROTTLE_WAIT_MS << op->throttled++;
        if (error->retry_after_ms > wait)
            wait = error->retry_after_ms;
        op->wait_until = now + wait;
        return;
    }
    bool taken = op->steps->refused && op->steps->refused(op, now, response, error);
    if (!taken)
        aupay_fail(op, error);
}

static void feed(struct mall_op *base, time_ms now, const struct http_response *response)
{
    struct aupay_op *op = (struct aupay_op *)base;
    if (!op->call.operation)
        return;
    struct aupay_answer answer = {0};
    struct error error = {0};
    if (aupay_answer_read(op, now, response, &answer, &error)) {
        op->throttled = 0;
        op->steps->take(op, now, &answer);
    } else {
        refused(op, now, response, &error);
    }
    op->call.operation = NULL;
}
