// SPDX-License-Identifier: Apache-2.0
//
// The common course of every operation: plan a call, get a token first when it is due, sign, send,
// look at what the mall says of our key, read the answer, go on. The steps of an operation
// (list.c, read.c, ship.c …) see accepted answers only.
// Invariants: an access token is renewed at most once per call (a mall that keeps refusing ends the
// operation, never a loop); a call that writes is repeated only after 401 invalid_token, which the
// mall's gate answers before anything is done.
// Threads: one operation belongs to one thread at a time. Ownership: everything lives in the
// operation's arena or in `scratch`, which is freed with it.
#include "mall/yahoo/internal.h"

#define THROTTLE_WAIT_MS 60000
#define THROTTLES_MAX 3

static const char default_host[] = "https://circus.shopping.yahooapis.jp";
static const char test_host[] = "https://test.circus.shopping.yahooapis.jp";

static void free_arena(void *arena)
{
    arena_free(arena);
}

static void next(struct mall_op *base, time_ms now, struct mall_action *action);
static void feed(struct mall_op *base, time_ms now, const struct http_response *response);

void *yahoo_op_new(size_t size, const struct yahoo_steps *steps, const struct mall_account *account,
                   const struct mall_sink *sink, struct error *error)
{
    struct yahoo_op *op = mall_op_new(size, &yahoo_mall, account, sink, error);
    if (!op)
        return NULL;
    op->scratch = arena_new(YAHOO_SCRATCH_BYTES_MAX);
    if (!op->scratch || !arena_defer(op->base.arena, free_arena, op->scratch)) {
        mall_op_free(&op->base);
        error_no_memory(error);
        return NULL;
    }
    op->base.next = next;
    op->base.feed = feed;
    op->steps = steps;
    op->wait_until = TIME_NONE;
    op->access_token = account_setting(&op->base.account, "access_token");
    op->refresh_token = account_setting(&op->base.account, "refresh_token");
    time_ms ends;
    struct str expiry = account_setting(&op->base.account, "access_token_expires_at");
    op->token_expires_at = time_parse_iso(expiry, 0, &ends) ? ends : TIME_NONE;
    return op;
}

void yahoo_fail(struct yahoo_op *op, const struct error *error)
{
    mall_op_fail(&op->base, error);
}

void yahoo_fail_no_memory(struct yahoo_op *op)
{
    struct error error;
    error_no_memory(&error);
    yahoo_fail(op, &error);
}

struct str yahoo_setting(const struct yahoo_op *op, const char *key)
{
    return account_setting(&op->base.account, key);
}

bool yahoo_learn(struct yahoo_op *op, const char *key, struct str value, const char *credential,
                 time_ms expires_at, const char *known_by)
{
    const struct mall_sink *sink = op->base.sink;
    struct error error = {0};
    if (!sink || !sink->learned ||
        sink->learned(sink->context, key, value, credential, expires_at, known_by, &error))
        return true;
    yahoo_fail(op, &error);
    return false;
}

void yahoo_warn(struct yahoo_op *op, struct str order_no, const struct error *warning)
{
    const struct mall_sink *sink = op->base.sink;
    if (sink && sink->warning)
        sink->warning(sink->context, order_no, warning);
}

bool yahoo_progress(struct yahoo_op *op, struct str state)
{
    const struct mall_sink *sink = op->base.sink;
    struct error error = {0};
    if (!sink || !sink->progress || sink->progress(sink->context, state, &error))
        return true;
    yahoo_fail(op, &error);
    return false;
}

bool yahoo_set_body(struct yahoo_op *op, struct buf *body)
{
    if (!body->failed)
        op->call.body = str_dup(op->scratch, buf_str(body));
    if (!body->failed && !arena_failed(op->scratch))
        return true;
    yahoo_fail_no_memory(op);
    return false;
}

void yahoo_tell_warnings(struct yahoo_op *op, struct str order_no, const struct xml_node *result)
{
    for (struct xml_node *w = xml_child(result, "Warning"); w; w = xml_next(w)) {
        struct str code = xml_child_text(w, "Code");
        struct error warning;
        if (str_eq(code, STR("od91705")))
            continue;
        yahoo_warning_error(code, xml_child_text(w, "Message"), xml_child_text(w, "Detail"),
                            &warning);
        error_subject(&warning, "%.*s", STR_ARG(order_no));
        yahoo_warn(op, order_no, &warning);
    }
}

// Test stores live on a host of their own and are known by their name (yahoo.md §2).
static struct str host_of(const struct yahoo_op *op)
{
    struct str host = op->base.account.base_url;
    bool usual = str_eq(host, str_from(default_host));
    if (usual && str_starts(yahoo_setting(op, "seller_id"), STR("snbx-")))
        return str_from(test_host);
    return host;
}

static bool api_request(struct yahoo_op *op, time_ms now, struct http_request *request)
{
    const struct yahoo_call *call = &op->call;
    struct str host = host_of(op);
    bool get = call->body.p == NULL;
    request->method = get ? HTTP_GET : HTTP_POST;
    request->url = arena_printf(op->scratch, "%.*s/ShoppingWebService/V1/%s%s%.*s", STR_ARG(host),
                                call->operation, get ? "?" : "", STR_ARG(call->query));
    request->body = get ? STR("") : call->body;
    request->timeout_ms = YAHOO_TIMEOUT_MS;
    request->response_bytes_max =
        call->response_bytes_max ? call->response_bytes_max : YAHOO_INFO_BYTES_MAX;
    struct str bearer = arena_printf(op->scratch, "Bearer %.*s", STR_ARG(op->access_token));
    bool fits = http_add_header(request, STR("Authorization"), bearer, true);
    if (!get)
        fits = http_add_header(request, STR("Content-Type"), STR("application/xml"), false) && fits;
    return yahoo_sign(op, now, request) && fits;
}

static void wait_action(const struct yahoo_op *op, struct mall_action *action)
{
    action->kind = MALL_WAIT;
    action->wait_until = op->wait_until;
}

// check() makes a row of it and is asked anew; every other operation fails with it.
static void no_token(struct yahoo_op *op, time_ms now, const struct error *error,
                     struct mall_action *action)
{
    op->token_asked = false;
    if (op->steps->refused && op->steps->refused(op, now, NULL, error))
        next(&op->base, now, action);
    else
        yahoo_fail(op, error);
}

static void next(struct mall_op *base, time_ms now, struct mall_action *action)
{
    struct yahoo_op *op = (struct yahoo_op *)base;
    if (op->wait_until != TIME_NONE && now < op->wait_until) {
        wait_action(op, action);
        return;
    }
    op->wait_until = TIME_NONE;
    arena_reset(op->scratch);
    op->call = (struct yahoo_call){0};
    if (!op->steps->plan(op, now) || base->done || base->failed)
        return;
    if (op->wait_until != TIME_NONE) {
        wait_action(op, action);
        return;
    }
    op->token_asked = yahoo_token_due(op, now);
    struct error error = {0};
    if (op->token_asked) {
        op->call = (struct yahoo_call){.operation = "token"};
        if (!yahoo_token_request(op, &action->request, &error)) {
            no_token(op, now, &error, action);
            return;
        }
    } else if (!api_request(op, now, &action->request)) {
        if (!base->failed)
            yahoo_fail_no_memory(op);
        return;
    }
    action->kind = MALL_SEND;
    action->operation = op->call.operation;
    action->rate_family = op->token_asked ? "orderCount" : op->call.operation;
    action->writes = op->call.writes;
    if (arena_failed(op->scratch))
        yahoo_fail_no_memory(op);
}

static void refused(struct yahoo_op *op, time_ms now, const struct http_response *response,
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
        yahoo_fail(op, error);
}

static void token_answered(struct yahoo_op *op, time_ms now, const struct http_response *response)
{
    struct error error = {0};
    op->token_asked = false;
    if (yahoo_token_answer(op, now, response, &error)) {
        op->token_wanted = false;
        op->token_forced = false;
        return;
    }
    if (!op->base.failed)
        refused(op, now, response, &error);
}

static void feed(struct mall_op *base, time_ms now, const struct http_response *response)
{
    struct yahoo_op *op = (struct yahoo_op *)base;
    if (op->token_asked) {
        token_answered(op, now, response);
        return;
    }
    if (!op->call.operation || !yahoo_examine_status(op, response))
        return;
    struct yahoo_answer answer = {0};
    struct error error = {0};
    switch (yahoo_answer_read(op->scratch, &op->call, op->proven, now, response, &answer, &error)) {
    case YAHOO_ACCEPTED:
        op->proven = true;
        op->token_renewed = false;
        op->throttled = 0;
        op->steps->take(op, now, &answer);
        break;
    case YAHOO_TOKEN_ENDED:
        if (op->token_renewed) {
            refused(op, now, response, &error);
            break;
        }
        op->token_renewed = true;
        op->token_wanted = true;
        break;
    case YAHOO_REFUSED:
        refused(op, now, response, &error);
        break;
    }
    op->call.operation = NULL;
}
