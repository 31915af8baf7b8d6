// SPDX-License-Identifier: Apache-2.0
//
// The common course of every operation: plan a call, get a token first when it is due, send, read
// the answer, go on. The steps of an operation (list.c, read.c, ship.c …) see accepted answers
// only.
// Invariants: an access token is renewed at most once per call; a call that writes is repeated only
// after the gate said "expired", which is before anything is done. Storage addresses get none of
// the API's headers and no token, and only https or the API's own host is asked.
// Threads: one operation belongs to one thread at a time. Ownership: everything lives in the
// operation's arena or in `scratch`, which is freed with it.
#include "mall/amazon/internal.h"

#define THROTTLE_WAIT_MS (3 * AMAZON_MINUTE_MS)
#define THROTTLES_MAX 4
#define USER_AGENT "Juchu/1.0 (Language=C)"

static void free_arena(void *arena)
{
    arena_free(arena);
}

static void next(struct mall_op *base, time_ms now, struct mall_action *action);
static void feed(struct mall_op *base, time_ms now, const struct http_response *response);

void *amazon_op_new(size_t size, const struct amazon_steps *steps,
                    const struct mall_account *account, const struct mall_sink *sink,
                    struct error *error)
{
    struct amazon_op *op = mall_op_new(size, &amazon_mall, account, sink, error);
    if (!op)
        return NULL;
    op->scratch = arena_new(AMAZON_SCRATCH_BYTES_MAX);
    if (!op->scratch || !arena_defer(op->base.arena, free_arena, op->scratch)) {
        mall_op_free(&op->base);
        error_no_memory(error);
        return NULL;
    }
    time_ms ends;
    op->base.next = next;
    op->base.feed = feed;
    op->steps = steps;
    op->wait_until = TIME_NONE;
    op->access_token = account_setting(&op->base.account, "access_token");
    struct str expiry = account_setting(&op->base.account, "access_token_expires_at");
    op->token_ends = time_parse_iso(expiry, 0, &ends) ? ends : TIME_NONE;
    op->without_people = account_flag(&op->base.account, "without_personal_data");
    return op;
}

void amazon_fail(struct amazon_op *op, const struct error *error)
{
    mall_op_fail(&op->base, error);
}

void amazon_fail_no_memory(struct amazon_op *op)
{
    struct error error;
    error_no_memory(&error);
    amazon_fail(op, &error);
}

struct str amazon_setting(const struct amazon_op *op, const char *key)
{
    return account_setting(&op->base.account, key);
}

bool amazon_learn(struct amazon_op *op, const char *key, struct str value, const char *credential,
                  time_ms expires_at, const char *known_by)
{
    const struct mall_sink *sink = op->base.sink;
    struct error error = {0};
    if (!sink || !sink->learned ||
        sink->learned(sink->context, key, value, credential, expires_at, known_by, &error))
        return true;
    amazon_fail(op, &error);
    return false;
}

void amazon_warn(struct amazon_op *op, struct str order_no, const struct error *warning)
{
    const struct mall_sink *sink = op->base.sink;
    if (sink && sink->warning)
        sink->warning(sink->context, order_no, warning);
}

bool amazon_progress(struct amazon_op *op, struct str state)
{
    const struct mall_sink *sink = op->base.sink;
    struct error error = {0};
    if (arena_failed(op->scratch)) {
        amazon_fail_no_memory(op);
        return false;
    }
    if (!sink || !sink->progress || sink->progress(sink->context, state, &error))
        return true;
    amazon_fail(op, &error);
    return false;
}

bool amazon_set_body(struct amazon_op *op, struct buf *body)
{
    op->call.content_type = "application/json";
    if (!body->failed)
        op->call.body = str_dup(op->scratch, buf_str(body));
    if (!body->failed && !arena_failed(op->scratch))
        return true;
    amazon_fail_no_memory(op);
    return false;
}

const char *amazon_included(const struct amazon_op *op)
{
    return op->without_people
               ? "includedData=PROCEEDS%2CEXPENSE%2CPROMOTION%2CCANCELLATION%2CFULFILLMENT"
                 "%2CPACKAGES%2CPAYMENT"
               : "includedData=BUYER%2CRECIPIENT%2CPROCEEDS%2CEXPENSE%2CPROMOTION"
                 "%2CCANCELLATION%2CFULFILLMENT%2CPACKAGES%2CPAYMENT";
}

bool amazon_leave_people_out(struct amazon_op *op, const struct error *error)
{
    struct error warning;
    if (op->without_people || strcmp(error->code, "amazon.role_missing") != 0)
        return false;
    op->without_people = true;
    error_set(
        &warning, ERROR_NOT_PERMITTED, "amazon.people_left_out",
        "アプリに「消費者への直接配送（制限付き）」のロールがないため、購入者と配送先を除いて取"
        "得しました。",
        "The app lacks the role Direct-to-Consumer Shipping: buyers and addresses are left "
        "out.");
    error_hint(&warning,
               "ロールを追加して再認証するか、セラーセントラルの注文レポートを取り込んでください。",
               "Add the role and authorise again, or import the order report of Seller Central.");
    amazon_warn(op, STR(""), &warning);
    return true;
}

static struct str origin_of(struct str url)
{
    ptrdiff_t scheme = str_find(url, STR("://"));
    if (scheme < 0)
        return STR("");
    ptrdiff_t slash = str_find_char(str_slice(url, (size_t)scheme + 3, url.n), '/');
    return slash < 0 ? url : str_slice(url, 0, (size_t)scheme + 3 + (size_t)slash);
}

bool amazon_storage_address(const struct amazon_op *op, struct str url, struct error *error)
{
    struct str origin = origin_of(url);
    bool own = str_eq(origin, origin_of(op->base.account.base_url));
    if (origin.n > 0 && (own || str_starts(url, STR("https://"))))
        return true;
    return error_set(error, ERROR_MALFORMED, "amazon.storage_address",
                     "Amazonの応答にあるファイルの場所が正しくありません。",
                     "The address of a file in Amazon's answer is not valid.");
}

// YYYYMMDDTHHMMSSZ
static struct str compact_time(struct arena *arena, time_ms now)
{
    struct civil_time c = civil_from_time(now, 0);
    return arena_printf(arena, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day, c.hour,
                        c.minute, c.second);
}

static bool api_request(struct amazon_op *op, time_ms now, struct http_request *request)
{
    const struct amazon_call *call = &op->call;
    bool storage = call->url.n > 0, fits = true;
    request->method = call->method;
    request->timeout_ms = AMAZON_TIMEOUT_MS;
    request->response_bytes_max =
        call->response_bytes_max ? call->response_bytes_max : AMAZON_ANSWER_BYTES_MAX;
    request->body = call->body.p ? call->body : STR("");
    request->url_secret = storage;
    request->url = storage ? call->url
                           : arena_printf(op->scratch, "%.*s%.*s",
                                          STR_ARG(op->base.account.base_url), STR_ARG(call->path));
    if (!storage)
        fits = http_add_header(request, STR("x-amz-access-token"), op->access_token, true) &&
               http_add_header(request, STR("x-amz-date"), compact_time(op->scratch, now), false) &&
               http_add_header(request, STR("User-Agent"), STR(USER_AGENT), false);
    else
        request->public_addresses_only =
            !str_eq(origin_of(call->url), origin_of(op->base.account.base_url));
    if (call->body.p)
        fits = fits &&
               http_add_header(request, STR("Content-Type"), str_from(call->content_type), false);
    return fits && !arena_failed(op->scratch);
}

static void wait_action(const struct amazon_op *op, struct mall_action *action)
{
    action->kind = MALL_WAIT;
    action->wait_until = op->wait_until;
}

static void no_token(struct amazon_op *op, time_ms now, const struct error *error,
                     struct mall_action *action)
{
    op->token_asked = false;
    if (op->steps->refused && op->steps->refused(op, now, NULL, error))
        next(&op->base, now, action);
    else
        amazon_fail(op, error);
}

static void next(struct mall_op *base, time_ms now, struct mall_action *action)
{
    struct amazon_op *op = (struct amazon_op *)base;
    struct error error = {0};
    if (op->wait_until != TIME_NONE && now < op->wait_until) {
        wait_action(op, action);
        return;
    }
    op->wait_until = TIME_NONE;
    arena_reset(op->scratch);
    op->call = (struct amazon_call){.order_no = STR("")};
    if (!op->steps->plan(op, now) || base->done || base->failed || base->accepted)
        return;
    if (op->wait_until != TIME_NONE) {
        wait_action(op, action);
        return;
    }
    op->token_asked = op->call.url.n == 0 && amazon_token_due(op, now);
    if (op->token_asked) {
        op->call = (struct amazon_call){.operation = "token", .family = "token"};
        if (!amazon_token_request(op, &action->request, &error)) {
            no_token(op, now, &error, action);
            return;
        }
    } else if (!api_request(op, now, &action->request)) {
        amazon_fail_no_memory(op);
        return;
    }
    action->kind = MALL_SEND;
    action->operation = op->call.operation;
    action->rate_family = op->call.family;
    action->writes = op->call.writes;
}

static void refused(struct amazon_op *op, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    bool again = error->class == ERROR_RATE_LIMITED && !op->call.writes;
    bool taken = op->steps->refused && op->steps->refused(op, now, response, error);
    if (taken || op->base.failed)
        return;
    if (again && op->throttled < THROTTLES_MAX) {
        int64_t wait = THROTTLE_WAIT_MS << op->throttled++;
        op->wait_until = now + (error->retry_after_ms > wait ? error->retry_after_ms : wait);
        return;
    }
    amazon_fail(op, error);
}

static void token_answered(struct amazon_op *op, time_ms now, const struct http_response *response)
{
    struct error error = {0};
    op->token_asked = false;
    if (amazon_token_answer(op, now, response, &error))
        op->token_wanted = false;
    else if (!op->base.failed)
        refused(op, now, response, &error);
}

static void feed(struct mall_op *base, time_ms now, const struct http_response *response)
{
    struct amazon_op *op = (struct amazon_op *)base;
    struct error error = {0};
    struct json body = {0};
    if (op->token_asked) {
        token_answered(op, now, response);
        return;
    }
    if (!op->call.operation)
        return;
    switch (amazon_answer_read(op->scratch, &op->call, now, response, &body, &error)) {
    case AMAZON_ACCEPTED:
        op->token_renewed = false;
        op->throttled = 0;
        op->steps->take(op, now, response, body);
        break;
    case AMAZON_TOKEN_ENDED:
        if (op->token_renewed) {
            refused(op, now, response, &error);
            break;
        }
        op->token_renewed = true;
        op->token_wanted = true;
        break;
    case AMAZON_REFUSED:
        refused(op, now, response, &error);
        break;
    }
    op->call.operation = NULL;
}
