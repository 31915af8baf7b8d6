// SPDX-License-Identifier: Apache-2.0
//
// Requests to RMS and the frame of an operation (rakuten.md §1). One request is under way at a
// time; its texts live in request_arena, the parsed answer in answer_arena, both reset by the next
// request. Invariant: a write is handed out once; after it, whatever isn't a clear answer is
// ERROR_AMBIGUOUS.
#include "mall/rakuten/wire.h"
#include "base/crypto.h"
#include "mall/rakuten/rakuten.h"

#define REQUEST_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define RESPONSE_BYTES_MAX ((size_t)48 * 1024 * 1024)
#define ANSWER_ARENA_BYTES_MAX ((size_t)320 * 1024 * 1024)
#define READ_TIMEOUT_MS 60000
#define WRITE_TIMEOUT_MS 90000
#define UNREADABLE_TRIES 2

static void wire_next(struct mall_op *base, time_ms now, struct mall_action *action)
{
    struct rakuten_op *op = (struct rakuten_op *)base;
    bool waits = op->action.kind == MALL_WAIT && now < op->action.wait_until;
    if (!op->asked && !waits) {
        op->action = (struct mall_action){.kind = MALL_DONE, .wait_until = TIME_NONE};
        op->build(op, now);
    }
    *action = op->action;
}

static void take_answer(struct rakuten_op *op, time_ms now, const struct http_response *response)
{
    struct json root;
    struct error error = {0};
    arena_reset(op->answer_arena);
    if (rakuten_judge(op->answer_arena, response, op->action.writes, now, &root, &error)) {
        op->unreadable = 0;
        op->answer(op, now, root);
        return;
    }
    // A body that a proxy cut may be whole the next time; writes never come here twice.
    if (error.class == ERROR_MALFORMED && ++op->unreadable < UNREADABLE_TRIES) {
        op->asked = true;
        return;
    }
    op->unreadable = 0;
    if (!op->refused || !op->refused(op, now, &error))
        mall_op_fail(&op->base, &error);
}

static void wire_feed(struct mall_op *base, time_ms now, const struct http_response *response)
{
    struct rakuten_op *op = (struct rakuten_op *)base;
    if (!op->asked)
        return;
    op->asked = false;
    take_answer(op, now, response);
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

static bool make_authorization(struct rakuten_op *op, struct error *error)
{
    struct str secret = str_trim(account_setting(&op->base.account, "service_secret"));
    struct str key = str_trim(account_setting(&op->base.account, "license_key"));
    if (str_is_empty(secret) || str_is_empty(key)) {
        error_set(error, ERROR_BAD_INPUT, "rakuten.keys_missing",
                  "serviceSecret と licenseKey が登録されていません。",
                  "serviceSecret and licenseKey are not entered.");
        return error_hint(error, "店舗設定でRMSのキーを登録してください。",
                          "Enter the keys of RMS in the shop's settings.");
    }
    struct arena *arena = op->base.arena;
    struct str pair = arena_printf(arena, "%.*s:%.*s", STR_ARG(secret), STR_ARG(key));
    struct str code = crypto_base64(arena, pair);
    op->authorization = arena_printf(arena, "ESA %.*s", STR_ARG(code));
    return arena_failed(arena) ? error_no_memory(error) : true;
}

void *rakuten_op_new(size_t size, const struct mall_account *account, const struct mall_sink *sink,
                     struct error *error)
{
    struct rakuten_op *op = mall_op_new(size, &rakuten_mall, account, sink, error);
    if (!op)
        return NULL;
    op->base.next = wire_next;
    op->base.feed = wire_feed;
    op->action.kind = MALL_DONE;
    op->action.wait_until = TIME_NONE;
    op->request_arena = arena_new(REQUEST_BYTES_MAX * 2);
    op->answer_arena = arena_new(ANSWER_ARENA_BYTES_MAX);
    // A deferral that fails runs at once, so each arena is freed exactly once either way.
    bool kept = arena_defer(op->base.arena, free_arena, op->request_arena);
    kept = arena_defer(op->base.arena, free_arena, op->answer_arena) && kept;
    if (!kept || !op->request_arena || !op->answer_arena) {
        mall_op_free(&op->base);
        error_no_memory(error);
        return NULL;
    }
    if (!make_authorization(op, error)) {
        mall_op_free(&op->base);
        return NULL;
    }
    return op;
}

struct buf rakuten_body(void)
{
    return buf_make(REQUEST_BYTES_MAX);
}

void rakuten_no_memory(struct rakuten_op *op)
{
    struct error error;
    error_no_memory(&error);
    mall_op_fail(&op->base, &error);
}

static void start_request(struct rakuten_op *op, const char *operation, bool writes)
{
    op->action = (struct mall_action){
        .kind = MALL_SEND,
        .operation = operation,
        .rate_family = "order",
        .writes = writes,
        .wait_until = TIME_NONE,
    };
    op->action.request.timeout_ms = writes ? WRITE_TIMEOUT_MS : READ_TIMEOUT_MS;
    op->action.request.response_bytes_max = RESPONSE_BYTES_MAX;
    http_add_header(&op->action.request, STR("Authorization"), op->authorization, true);
    op->asked = true;
}

void rakuten_request(struct rakuten_op *op, const char *operation, bool writes, struct buf *body)
{
    arena_reset(op->request_arena);
    start_request(op, operation, writes);
    struct http_request *r = &op->action.request;
    r->method = HTTP_POST;
    r->url = arena_printf(op->request_arena, "%.*s/es/2.0/order/%s/",
                          STR_ARG(op->base.account.base_url), operation);
    // Without the charset the gateway answers 415 (§1.1).
    http_add_header(r, STR("Content-Type"), STR("application/json; charset=utf-8"), false);
    r->body = str_dup(op->request_arena, buf_str(body));
    bool failed = body->failed || arena_failed(op->request_arena);
    buf_free(body);
    if (failed) {
        op->asked = false;
        rakuten_no_memory(op);
    }
}

void rakuten_get(struct rakuten_op *op, const char *operation, struct str path_and_query)
{
    arena_reset(op->request_arena);
    start_request(op, operation, false);
    struct http_request *r = &op->action.request;
    r->method = HTTP_GET;
    r->url = arena_printf(op->request_arena, "%.*s%.*s", STR_ARG(op->base.account.base_url),
                          STR_ARG(path_and_query));
    r->url_secret = true;
    if (arena_failed(op->request_arena)) {
        op->asked = false;
        rakuten_no_memory(op);
    }
}

void rakuten_wait(struct rakuten_op *op, time_ms until)
{
    op->action = (struct mall_action){.kind = MALL_WAIT, .wait_until = until};
}

void rakuten_unreadable(struct rakuten_op *op, const char *what)
{
    struct error error;
    if (op->action.writes)
        error_set(&error, ERROR_AMBIGUOUS, "rakuten.outcome_unknown",
                  "楽天の応答を読み取れず、反映されたか不明です(%s)。",
                  "Rakuten's answer can't be read; the outcome is unknown (%s).", what);
    else
        error_set(&error, ERROR_MALFORMED, "rakuten.answer_unreadable",
                  "楽天の応答を読み取れません(%s)。", "Rakuten's answer can't be read (%s).", what);
    mall_op_fail(&op->base, &error);
}

void rakuten_warn(struct rakuten_op *op, struct str order_no, const struct error *warning)
{
    const struct mall_sink *sink = op->base.sink;
    if (sink && sink->warning)
        sink->warning(sink->context, order_no, warning);
}

struct str rakuten_time(struct arena *arena, time_ms t)
{
    char text[32];
    return str_dup(arena, time_format_rakuten(t, text));
}

bool rakuten_int(struct json v, int64_t *value)
{
    if (json_type(v) == JSON_STRING)
        return str_to_int64(str_trim(json_str(v)), value);
    return json_int(v, value);
}
