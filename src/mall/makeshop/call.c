// SPDX-License-Identifier: Apache-2.0
//
// The common course of every operation: plan a call through the chosen API's door, send, judge,
// hand the accepted answer on. Invariants: a write is handed out once and never repeated here; an
// answer to a read that can't be read is asked for once more; a GraphQL field or filter that the
// mall doesn't know is left out from then on, and learned, so that the next operation begins
// without it. One request is under way at a time. Threads: the operation's. Ownership: everything
// lives in the operation's arena or in `scratch`, which is freed with it.
#include "mall/makeshop/internal.h"

#define LEGACY_HOST "https://www.makeshop.jp"
#define LEGACY_PATH "/api/orderinfo/index.html"
#define GRAPHQL_PATH "/v1/graphql"
#define READ_TIMEOUT_MS 60000
#define WRITE_TIMEOUT_MS 60000
#define RESPONSE_BYTES_MAX ((size_t)48 * 1024 * 1024)
#define UNREADABLE_TRIES 2

static void free_arena(void *arena)
{
    arena_free(arena);
}

static void next(struct mall_op *base, time_ms now, struct mall_action *action);
static void feed(struct mall_op *base, time_ms now, const struct http_response *response);

bool makeshop_is_legacy(const struct mall_account *account)
{
    return str_eq(account_setting(account, "api"), STR("legacy"));
}

static bool keys_are_there(const struct makeshop_op *op, struct error *error)
{
    bool legacy = makeshop_is_legacy(&op->base.account);
    const char *const needed[2] = {legacy ? "shop_id" : "app_token",
                                   legacy ? "order_auth_code" : "app_api_key"};
    for (int i = 0; i < 2; i++) {
        if (!str_is_empty(makeshop_setting(op, needed[i])))
            continue;
        error_set(error, ERROR_BAD_INPUT, "makeshop.keys_missing",
                  legacy ? "ショップIDと注文データ連携認証コードが登録されていません。"
                         : "アクセストークンとAPIキーが登録されていません。",
                  legacy ? "Shop ID and order authentication code are not entered."
                         : "Access token and API key are not entered.");
        error_hint(error, "店舗設定でMakeShopのキーを登録してください。",
                   "Enter MakeShop's keys in the shop's settings.");
        return error_subject(error, "%s", needed[i]);
    }
    return true;
}

void *makeshop_op_new(size_t size, const struct makeshop_steps *steps,
                      const struct mall_account *account, const struct mall_sink *sink,
                      struct error *error)
{
    struct makeshop_op *op = mall_op_new(size, &makeshop_mall, account, sink, error);
    if (!op)
        return NULL;
    op->scratch = arena_new(MAKESHOP_SCRATCH_BYTES_MAX);
    if (!op->scratch || !arena_defer(op->base.arena, free_arena, op->scratch)) {
        mall_op_free(&op->base);
        error_no_memory(error);
        return NULL;
    }
    op->base.next = next;
    op->base.feed = feed;
    op->steps = steps;
    op->wait_until = TIME_NONE;
    op->door =
        makeshop_is_legacy(&op->base.account) ? &makeshop_legacy_door : &makeshop_graphql_door;
    op->no_number_filter = str_eq(makeshop_setting(op, "number_filter"), STR("no"));
    int64_t left_out;
    if (str_to_int64(makeshop_setting(op, "fields_left_out"), &left_out))
        op->left_out = (uint64_t)left_out;
    if (!keys_are_there(op, error)) {
        mall_op_free(&op->base);
        return NULL;
    }
    return op;
}

struct str makeshop_setting(const struct makeshop_op *op, const char *key)
{
    return account_setting(&op->base.account, key);
}

bool makeshop_fail(struct makeshop_op *op, const struct error *error)
{
    mall_op_fail(&op->base, error);
    return false;
}

bool makeshop_fail_no_memory(struct makeshop_op *op)
{
    struct error error;
    error_no_memory(&error);
    return makeshop_fail(op, &error);
}

bool makeshop_fail_with(struct makeshop_op *op, enum error_class class, const char *code,
                        const char *ja, const char *en)
{
    struct error error;
    error_set(&error, class, code, "%s%.0s", "%.0s%s", ja, en);
    if (op->call.order_no.n > 0)
        error_subject(&error, "%.*s", STR_ARG(op->call.order_no));
    return makeshop_fail(op, &error);
}

bool makeshop_progress(struct makeshop_op *op, struct str state)
{
    const struct mall_sink *sink = op->base.sink;
    struct error error = {0};
    if (!sink || !sink->progress || sink->progress(sink->context, state, &error))
        return true;
    return makeshop_fail(op, &error);
}

bool makeshop_learn(struct makeshop_op *op, const char *key, struct str value)
{
    const struct mall_sink *sink = op->base.sink;
    struct error error = {0};
    if (!sink || !sink->learned ||
        sink->learned(sink->context, key, value, NULL, TIME_NONE, "api", &error))
        return true;
    return makeshop_fail(op, &error);
}

void makeshop_warn(struct makeshop_op *op, struct str order_no, const struct error *warning)
{
    const struct mall_sink *sink = op->base.sink;
    if (sink && sink->warning)
        sink->warning(sink->context, order_no, warning);
}

// --- requests ---

// The old API lives on a host of its own; a base URL that was changed serves both.
static struct str host_of(const struct makeshop_op *op)
{
    struct str host = op->base.account.base_url;
    bool usual = str_eq(host, str_from(makeshop_mall.default_base_url));
    return usual && op->door == &makeshop_legacy_door ? STR(LEGACY_HOST) : host;
}

static bool legacy_request(struct makeshop_op *op, struct http_request *request)
{
    AUTO_BUF url = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    buf_add(&url, host_of(op));
    buf_add(&url, STR(LEGACY_PATH "?"));
    buf_add(&url, op->call.query);
    buf_add(&url, STR("&shopid="));
    http_url_encode(&url, makeshop_setting(op, "shop_id"));
    buf_add(&url, STR("&token="));
    http_url_encode(&url, makeshop_setting(op, "order_auth_code"));
    buf_add(&url, STR("&service="));
    http_url_encode(&url, makeshop_setting(op, "service_name"));
    request->method = HTTP_GET;
    request->url = str_dup(op->scratch, buf_str(&url));
    request->url_secret = true;
    return !url.failed;
}

// The key may have been pasted with its scheme.
static struct str bare_token(struct str token)
{
    return str_starts(token, STR("Bearer ")) ? str_trim(str_slice(token, 7, token.n)) : token;
}

static bool graphql_request(struct makeshop_op *op, time_ms now, struct http_request *request)
{
    struct str token = bare_token(makeshop_setting(op, "app_token"));
    struct str bearer = arena_printf(op->scratch, "Bearer %.*s", STR_ARG(token));
    struct str seconds = arena_printf(op->scratch, "%lld", (long long)(now / 1000));
    request->method = HTTP_POST;
    request->url = arena_printf(op->scratch, "%.*s%s", STR_ARG(host_of(op)), GRAPHQL_PATH);
    request->body = op->call.body;
    bool fits = http_add_header(request, STR("content-type"), STR("application/json"), false);
    fits = http_add_header(request, STR("authorization"), bearer, true) && fits;
    fits = http_add_header(request, STR("x-api-key"), makeshop_setting(op, "app_api_key"), true) &&
           fits;
    return http_add_header(request, STR("x-timestamp"), seconds, false) && fits;
}

static void next(struct mall_op *base, time_ms now, struct mall_action *action)
{
    struct makeshop_op *op = (struct makeshop_op *)base;
    if (op->wait_until != TIME_NONE && now < op->wait_until) {
        action->kind = MALL_WAIT;
        action->wait_until = op->wait_until;
        return;
    }
    op->wait_until = TIME_NONE;
    arena_reset(op->scratch);
    op->call = (struct makeshop_call){0};
    if (!op->steps->plan(op, now) || base->done || base->failed)
        return;
    if (op->wait_until != TIME_NONE) {
        action->kind = MALL_WAIT;
        action->wait_until = op->wait_until;
        return;
    }
    bool legacy = op->door == &makeshop_legacy_door;
    bool made =
        legacy ? legacy_request(op, &action->request) : graphql_request(op, now, &action->request);
    if (!made || arena_failed(op->scratch)) {
        makeshop_fail_no_memory(op);
        return;
    }
    action->request.timeout_ms = op->call.writes ? WRITE_TIMEOUT_MS : READ_TIMEOUT_MS;
    action->request.response_bytes_max = RESPONSE_BYTES_MAX;
    action->kind = MALL_SEND;
    action->operation = op->call.operation;
    action->rate_family = op->door->rate_family;
    action->writes = op->call.writes;
}

static bool asks_again(struct makeshop_op *op, const struct error *error)
{
    if (op->call.writes)
        return false;
    if (makeshop_graphql_adapt(op, error))
        return true;
    return error->class == ERROR_MALFORMED && ++op->unreadable < UNREADABLE_TRIES;
}

static void feed(struct mall_op *base, time_ms now, const struct http_response *response)
{
    struct makeshop_op *op = (struct makeshop_op *)base;
    struct makeshop_answer answer = {0};
    struct error error = {0};
    if (!op->call.operation)
        return;
    if (makeshop_judge(op, now, response, &answer, &error)) {
        op->unreadable = 0;
        op->steps->take(op, now, &answer);
    } else if (!asks_again(op, &error) && !base->failed) {
        op->unreadable = 0;
        bool taken = op->steps->refused && op->steps->refused(op, now, &error);
        if (!taken && !base->failed)
            makeshop_fail(op, &error);
    }
    op->call.operation = NULL;
}
