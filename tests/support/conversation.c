// SPDX-License-Identifier: Apache-2.0
#include "support/conversation.h"
#include "mall/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define STEPS_MAX 100000

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct conversation *c = context;
    (void)error;
    if (c->batch_count == CONVERSATION_BATCHES_MAX)
        fail_msg("more than %d batches", CONVERSATION_BATCHES_MAX);
    c->batches[c->batch_count++] = batch;
    return true;
}

static bool take_progress(void *context, struct str state, struct error *error)
{
    struct conversation *c = context;
    (void)error;
    assert_true(c->progress_count < CONVERSATION_NOTES_MAX);
    snprintf(c->progress[c->progress_count++], sizeof c->progress[0], "%.*s", STR_ARG(state));
    return true;
}

static void take_check(void *context, const struct check_result *result)
{
    struct conversation *c = context;
    assert_true(c->check_count < CONVERSATION_NOTES_MAX);
    struct conversation_check *check = &c->checks[c->check_count++];
    check->item = result->item;
    check->state = result->state;
    snprintf(check->code, sizeof check->code, "%s", result->error.code);
    snprintf(check->note, sizeof check->note, "%.*s", STR_ARG(result->note_en));
}

static bool take_learned(void *context, const char *setting_key, struct str value,
                         const char *credential_kind, time_ms expires_at, const char *known_by,
                         struct error *error)
{
    struct conversation *c = context;
    (void)error;
    c->learned_count++;
    snprintf(c->learned_setting, sizeof c->learned_setting, "%s", setting_key ? setting_key : "");
    snprintf(c->learned_value, sizeof c->learned_value, "%.*s", STR_ARG(value));
    snprintf(c->learned_kind, sizeof c->learned_kind, "%s", credential_kind ? credential_kind : "");
    snprintf(c->learned_by, sizeof c->learned_by, "%s", known_by ? known_by : "");
    c->learned_expires = expires_at;
    return true;
}

static void take_warning(void *context, struct str order_no, const struct error *warning)
{
    struct conversation *c = context;
    if (c->warning_count == CONVERSATION_NOTES_MAX)
        return;
    struct conversation_note *note = &c->warnings[c->warning_count++];
    snprintf(note->order_text, sizeof note->order_text, "%.*s", STR_ARG(order_no));
    note->order_no = str_from(note->order_text);
    note->error = *warning;
}

void conversation_init(struct conversation *c, const struct exchange *exchanges, size_t count,
                       time_ms now)
{
    memset(c, 0, sizeof *c);
    c->exchanges = exchanges;
    c->count = count;
    c->now = now;
    c->learned_expires = TIME_NONE;
    c->sink = (struct mall_sink){
        .context = c,
        .batch = take_batch,
        .progress = take_progress,
        .check = take_check,
        .learned = take_learned,
        .warning = take_warning,
    };
}

static void expect(const struct conversation *c, const struct mall_action *action,
                   const struct exchange *x)
{
    struct str body = action->request.body;
    int at = (int)c->at;
    if (x->operation && strcmp(x->operation, action->operation) != 0)
        fail_msg("request %d is %s, not %s", at, action->operation, x->operation);
    if (x->url && str_find(action->request.url, str_from(x->url)) < 0)
        fail_msg("request %d: URL %.*s lacks %s", at, STR_ARG(action->request.url), x->url);
    if (x->body_is && !str_eq(body, str_from(x->body_is)))
        fail_msg("request %d: body is\n%.*s\nnot\n%s", at, STR_ARG(body), x->body_is);
    for (size_t i = 0; i < CONVERSATION_NEEDLES_MAX && x->body_has[i]; i++)
        if (str_find(body, str_from(x->body_has[i])) < 0)
            fail_msg("request %d: body\n%.*s\nlacks %s", at, STR_ARG(body), x->body_has[i]);
    for (size_t i = 0; i < CONVERSATION_NEEDLES_MAX && x->body_lacks[i]; i++)
        if (str_find(body, str_from(x->body_lacks[i])) >= 0)
            fail_msg("request %d: body\n%.*s\nholds %s", at, STR_ARG(body), x->body_lacks[i]);
    if (x->writes != action->writes)
        fail_msg("request %d (%s) is%s marked as a write", at, action->operation,
                 action->writes ? "" : " not");
}

static void answer(struct conversation *c, struct mall_op *op, const struct exchange *x)
{
    struct http_response response = {.status = x->status};
    c->now += x->takes_ms;
    response.received_at = c->now;
    response.body = x->bytes.p ? x->bytes : x->answer ? str_from(x->answer) : STR("");
    if (x->header) {
        response.headers[0].name = str_from(x->header);
        response.headers[0].value = str_from(x->header_value);
        response.header_count = 1;
    }
    if (x->status == 0) {
        response.sent = x->maybe_sent ? HTTP_SENT_MAYBE : HTTP_SENT_NO;
        error_set(&response.failure, ERROR_NETWORK, "network.test", "応答なし", "no answer");
    }
    mall_op_feed(op, c->now, &response);
}

bool conversation_run(struct conversation *c, struct mall_op *op, struct error *error)
{
    for (int step = 0; step < STEPS_MAX; step++) {
        struct mall_action action;
        mall_op_next(op, c->now, &action);
        if (action.kind == MALL_DONE || action.kind == MALL_FAILED) {
            bool done = action.kind == MALL_DONE;
            if (!done)
                *error = action.error;
            mall_op_free(op);
            if (done && c->at < c->count && !c->lenient)
                fail_msg("done after %d of %d exchanges", (int)c->at, (int)c->count);
            return done;
        }
        if (action.kind == MALL_WAIT) {
            assert_true(action.wait_until > c->now);
            c->waited_ms += action.wait_until - c->now;
            c->now = action.wait_until;
            continue;
        }
        c->requests++;
        if (c->at == c->count) {
            mall_op_free(op);
            if (!c->lenient)
                fail_msg("unexpected request %d: %s %.*s", (int)c->at, action.operation,
                         STR_ARG(action.request.body));
            error_set(error, ERROR_CANCELLED, "conversation.over", "終わり", "over");
            return false;
        }
        const struct exchange *x = &c->exchanges[c->at];
        if (!c->lenient)
            expect(c, &action, x);
        c->at++;
        answer(c, op, x);
    }
    mall_op_free(op);
    fail_msg("the operation never ends");
    return false;
}

void conversation_free(struct conversation *c)
{
    for (size_t i = 0; i < c->batch_count; i++)
        mall_batch_free(c->batches[i]);
    c->batch_count = 0;
}

#define SUM_OF(field)                           \
    size_t sum = 0;                             \
    for (size_t i = 0; i < c->batch_count; i++) \
        sum += c->batches[i]->field;            \
    return sum

size_t conversation_orders(const struct conversation *c)
{
    SUM_OF(order_count);
}
size_t conversation_listings(const struct conversation *c)
{
    SUM_OF(listing_count);
}
size_t conversation_windows(const struct conversation *c)
{
    SUM_OF(window_count);
}
size_t conversation_missing(const struct conversation *c)
{
    SUM_OF(missing_count);
}
size_t conversation_bad(const struct conversation *c)
{
    SUM_OF(bad_order_count);
}

const struct mall_order *conversation_order(const struct conversation *c, size_t index)
{
    for (size_t i = 0; i < c->batch_count; i++) {
        if (index < c->batches[i]->order_count)
            return &c->batches[i]->orders[index];
        index -= c->batches[i]->order_count;
    }
    fail_msg("no such order");
    return NULL;
}

const struct mall_order *conversation_order_no(const struct conversation *c, const char *order_no)
{
    for (size_t i = 0; i < c->batch_count; i++)
        for (size_t k = 0; k < c->batches[i]->order_count; k++)
            if (str_eq(c->batches[i]->orders[k].order.order_no, str_from(order_no)))
                return &c->batches[i]->orders[k];
    return NULL;
}

const struct mall_listing *conversation_listing(const struct conversation *c, const char *order_no)
{
    for (size_t i = 0; i < c->batch_count; i++)
        for (size_t k = 0; k < c->batches[i]->listing_count; k++)
            if (str_eq(c->batches[i]->listings[k].order_no, str_from(order_no)))
                return &c->batches[i]->listings[k];
    return NULL;
}

const struct conversation_check *conversation_check(const struct conversation *c, const char *item)
{
    for (size_t i = 0; i < c->check_count; i++)
        if (strcmp(c->checks[i].item, item) == 0)
            return &c->checks[i];
    return NULL;
}
