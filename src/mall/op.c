// SPDX-License-Identifier: Apache-2.0
//
// What every connector's operation is made of: an arena that holds the operation and its copy of
// the account, the guard that keeps DONE and FAILED, and the reading of answers that no mall wrote
// itself (no answer, overload, an HTML page in front of the mall).
// Invariants: a failed operation keeps its first error; a finished one ignores further answers.
// Threads: one operation belongs to one thread at a time. Ownership: the arena owns everything.
#include "mall/op.h"

#include <string.h>

#define OP_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define HTML_LOOK_BYTES 1024

void mall_op_next(struct mall_op *op, time_ms now, struct mall_action *action)
{
    *action = (struct mall_action){.kind = MALL_DONE, .wait_until = TIME_NONE};
    if (!op->failed && !op->done && !op->accepted)
        op->next(op, now, action);
    if (op->failed) {
        *action = (struct mall_action){.kind = MALL_FAILED, .wait_until = TIME_NONE};
        action->error = op->error;
    } else if (op->done) {
        *action = (struct mall_action){.kind = MALL_DONE, .wait_until = TIME_NONE};
    } else if (op->accepted) {
        *action = (struct mall_action){.kind = MALL_ACCEPTED, .wait_until = op->ask_at};
    }
}

void mall_op_feed(struct mall_op *op, time_ms now, const struct http_response *response)
{
    if (!op->failed && !op->done && !op->accepted)
        op->feed(op, now, response);
}

struct mall_op *mall_op_free(struct mall_op *op)
{
    if (op)
        arena_free(op->arena);
    return NULL;
}

static struct str without_slashes_at_end(struct str url)
{
    while (url.n > 0 && url.p[url.n - 1] == '/')
        url.n--;
    return url;
}

static bool copy_account(struct arena *arena, const struct mall *mall,
                         const struct mall_account *from, struct mall_account *to)
{
    struct setting_value *values = ARENA_ARRAY(arena, struct setting_value, from->value_count);
    if (!values)
        return false;
    for (size_t i = 0; i < from->value_count; i++) {
        values[i].key = str_dup(arena, from->values[i].key);
        values[i].value = str_dup(arena, from->values[i].value);
    }
    struct str base = str_trim(from->base_url);
    if (str_is_empty(base))
        base = str_from(mall->default_base_url);
    *to = (struct mall_account){
        .shop_id = from->shop_id,
        .base_url = str_dup(arena, without_slashes_at_end(base)),
        .values = values,
        .value_count = from->value_count,
        .mall = mall,
        // Not copied: the orders that the operation hands out point to these texts and outlive it.
        .mappings = from->mappings,
        .mapping_count = from->mapping_count,
    };
    return !arena_failed(arena);
}

void *mall_op_new(size_t size, const struct mall *mall, const struct mall_account *account,
                  const struct mall_sink *sink, struct error *error)
{
    struct arena *arena = arena_new(OP_BYTES_MAX);
    struct mall_op *op = arena ? arena_alloc(arena, size) : NULL;
    if (!op || !copy_account(arena, mall, account, &op->account)) {
        arena_free(arena);
        error_no_memory(error);
        return NULL;
    }
    op->mall = mall;
    op->sink = sink;
    op->arena = arena;
    return op;
}

void mall_op_fail(struct mall_op *op, const struct error *error)
{
    if (op->failed)
        return;
    op->failed = true;
    op->error = *error;
}

struct mall_batch *mall_batch_new(size_t bytes_max)
{
    struct arena *arena = arena_new(bytes_max);
    struct mall_batch *batch = arena ? ARENA_NEW(arena, struct mall_batch) : NULL;
    if (!batch) {
        arena_free(arena);
        return NULL;
    }
    batch->arena = arena;
    batch->expected_total = -1;
    return batch;
}

struct mall_batch *mall_batch_free(struct mall_batch *batch)
{
    if (batch)
        arena_free(batch->arena);
    return NULL;
}

bool mall_op_emit(struct mall_op *op, struct mall_batch *batch)
{
    struct error error = {0};
    if (!op->sink || !op->sink->batch) {
        mall_batch_free(batch);
        return true;
    }
    if (op->sink->batch(op->sink->context, batch, &error))
        return true;
    mall_op_fail(op, &error);
    return false;
}

// The page in front of the mall: a notice of maintenance, a proxy, a captive portal.
static bool is_html(struct str body)
{
    struct str text = str_trim(body);
    if (str_starts(text, STR("\xEF\xBB\xBF")))
        text = str_slice(text, 3, text.n);
    struct str head = str_slice(text, 0, HTML_LOOK_BYTES);
    if (head.n == 0 || head.p[0] != '<')
        return false;
    for (size_t i = 0; i < head.n; i++) {
        struct str at = str_slice(head, i, head.n);
        if (str_eq_nocase(str_slice(at, 0, 5), STR("<html")) ||
            str_eq_nocase(str_slice(at, 0, 14), STR("<!doctype html")))
            return true;
    }
    return false;
}

static bool speaks_of_maintenance(struct str body)
{
    return str_find(body, STR("メンテナンス")) >= 0 || str_find(body, STR("aintenance")) >= 0;
}

static void no_answer(const struct http_response *response, struct error *error)
{
    if (error_is_set(&response->failure)) {
        *error = response->failure;
        return;
    }
    error_set(error, ERROR_NETWORK, "network.no_answer", "モールから応答がありませんでした。",
              "The mall gave no answer.");
}

static void overloaded(const struct http_response *response, struct error *error)
{
    if (response->status == 503 ||
        (is_html(response->body) && speaks_of_maintenance(response->body)))
        error_set(error, ERROR_MAINTENANCE, "mall.maintenance",
                  "モールがメンテナンス中、または混み合っています(HTTP %d)。",
                  "The mall is under maintenance or overloaded (HTTP %d).", response->status);
    else
        error_set(error, ERROR_NETWORK, "mall.server_error",
                  "モール側で障害が起きています(HTTP %d)。", "The mall has a fault (HTTP %d).",
                  response->status);
    error_hint(error, "自動で再試行します。長く続くときはモールの障害情報を確認してください。",
               "It is tried again automatically. If it lasts, see the mall's status page.");
}

bool mall_response_failed(const struct http_response *response, time_ms now, struct error *error)
{
    bool failed = true;
    if (response->status == 0) {
        no_answer(response, error);
    } else if (response->status == 429) {
        error_set(error, ERROR_RATE_LIMITED, "mall.rate_limited",
                  "モールのアクセス回数制限に達しました。",
                  "The mall's request limit was reached.");
        error_hint(error, "間隔をあけて自動で再開します。",
                   "It goes on automatically after a pause.");
    } else if (response->status >= 500) {
        overloaded(response, error);
    } else if (is_html(response->body)) {
        bool maintenance = speaks_of_maintenance(response->body);
        error_set(error, maintenance ? ERROR_MAINTENANCE : ERROR_MALFORMED,
                  maintenance ? "mall.maintenance" : "mall.html_answer",
                  "モールの代わりにWebページが返りました(HTTP %d)。",
                  "A web page came instead of the mall's answer (HTTP %d).", response->status);
        error_hint(
            error,
            "メンテナンス中か、途中のプロキシが応答しています。時間をおいて確認してください。",
            "Maintenance, or a proxy on the way answers. Look again later.");
    } else {
        failed = false;
    }
    if (failed) {
        error->http_status = response->status;
        if (error->retry_after_ms == 0)
            error->retry_after_ms = http_retry_after_ms(response, now);
    }
    return failed;
}
