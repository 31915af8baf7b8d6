// SPDX-License-Identifier: Apache-2.0
//
// Every cart of a span of time, whatever its status (qoo10.md §4.1, §4.5). One call gives one
// status (or 1–3) without paging, so a span is cut into pieces of at most 30 days, and a piece
// whose answer is too large is halved. Lists are asked for in the order of an order's life: what
// moves on meanwhile shows up in a later one, what is cancelled meanwhile among the claims. By
// order date a piece is 1–3, 4, 5 and the claims; by payment date 2–5 (what is unpaid has none); by
// ship date 4 and 5; by claim date the claims by request and by completion. Pairs of status and
// date kind that can't fit are never asked for (-10004).
// Invariant: a piece counts as listed only when all its calls were answered and all rows were read.
#include "mall/qoo10/internal.h"

#define PIECE_MS (30 * QOO10_DAY_MS)
#define PIECE_MIN_MS (60 * 60 * 1000LL)
#define REACH_MARGIN_MS (10 * 60 * 1000LL)
#define BATCH_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define CALLS_MAX 6

struct list_call {
    int status;    // of GetShippingInfo; -1: claims
    int condition; // kind of date
};
struct list_way {
    enum date_basis basis;
    struct list_call calls[CALLS_MAX];
    size_t count;
};
static const struct list_way ways[] = {
    {DATE_ORDERED, {{0, 1}, {4, 1}, {5, 1}, {-1, 1}}, 4},
    {DATE_PAID, {{2, 2}, {3, 2}, {4, 2}, {5, 2}}, 4},
    {DATE_SHIPPED, {{4, 3}, {5, 3}}, 2},
    {DATE_CLAIMED, {{-1, 2}, {-1, 3}}, 2},
};

struct list_op {
    struct qoo10_op q; // first
    const struct list_way *way;
    struct str only_status; // "" = all
    time_ms from, end;      // what isn't listed yet
    time_ms to;             // end of the piece at hand
    int64_t piece_ms;
    bool clipped;
    size_t at; // call of the piece
    struct qoo10_claims claims;
    struct qoo10_collection found;
};

static void start_piece(struct list_op *l)
{
    arena_reset(l->q.kept);
    l->found = (struct qoo10_collection){.arena = l->q.kept};
    l->at = 0;
    l->claims = (struct qoo10_claims){0};
    l->to = l->end - l->from < l->piece_ms ? l->end : l->from + l->piece_ms;
}

static void beyond_reach(struct error *error, bool all)
{
    error_set(error, ERROR_BAD_INPUT, "qoo10.beyond_reach",
              all ? "Qoo10のAPIで取得できるのは過去90日までです。"
                  : "Qoo10のAPIで取得できるのは過去90日までです。それ以降だけを取得します。",
              all ? "Qoo10's API reaches back 90 days only."
                  : "Qoo10's API reaches back 90 days; listing starts there.");
    error_hint(error, "それより前の注文はQSMの配送管理からダウンロードして取り込んでください。",
               "Import older orders from the download of QSM.");
}

// What hasn't happened yet can't be complete, and nothing lies further back than the mall reaches.
static bool clip(struct list_op *l, time_ms now)
{
    struct error error;
    time_ms reach = now - QOO10_REACH_DAYS * QOO10_DAY_MS + REACH_MARGIN_MS;
    if (l->clipped)
        return true;
    l->clipped = true;
    time_ms present = now - now % 1000;
    if (l->end > present)
        l->end = present;
    if (l->from < reach && l->from < l->end) {
        bool all = l->end <= reach;
        beyond_reach(&error, all);
        if (all) {
            qoo10_fail(&l->q, &error);
            return false;
        }
        qoo10_warn(&l->q, STR(""), &error);
        l->from = reach;
    }
    start_piece(l);
    return true;
}

static bool fill(struct list_op *l, struct mall_batch *batch)
{
    const struct qoo10_collection *c = &l->found;
    batch->listings = ARENA_ARRAY(batch->arena, struct mall_listing, c->count);
    for (size_t begin = 0, end; batch->listings && begin < c->count; begin = end) {
        for (end = begin; end < c->count && c->lines[end].pack == c->lines[begin].pack;)
            end++;
        const struct qoo10_line *lines = c->lines + begin;
        size_t count = end - begin;
        struct str choice = qoo10_choice_of(lines, count);
        if (l->only_status.n > 0 && choice.n > 0 && !str_eq(choice, l->only_status))
            continue;
        batch->listings[batch->listing_count++] = (struct mall_listing){
            .order_no = arena_printf(batch->arena, "%lld", (long long)lines[0].pack),
            .mall_status = qoo10_compact_status(batch->arena, lines, count),
            .status_choice = choice,
            .update_mark = qoo10_update_mark(batch->arena, lines, count),
            .ordered_at = qoo10_ordered_at(lines, count),
            .hidden_reason = STR(""),
        };
    }
    if (l->only_status.n > 0 || c->unreadable > 0)
        return !arena_failed(batch->arena);
    batch->windows = ARENA_NEW(batch->arena, struct mall_window);
    if (batch->windows)
        batch->windows[batch->window_count++] = (struct mall_window){l->way->basis, l->from, l->to};
    return !arena_failed(batch->arena);
}

// Whatever hides behind such a row is looked for again with every run.
static void warn_unreadable(struct list_op *l)
{
    struct error warning;
    error_set(&warning, ERROR_MALFORMED, "qoo10.row_unreadable",
              "Qoo10の一覧に、番号を読み取れない行が%zu件あります。",
              "Qoo10's list has %zu row(s) without readable numbers.", l->found.unreadable);
    error_hint(&warning, "この期間は取得済みにせず、次回もう一度一覧を取得します。",
               "The range is not counted as listed; it is listed again next time.");
    qoo10_warn(&l->q, STR(""), &warning);
}

static void finish_piece(struct list_op *l)
{
    struct mall_batch *batch = mall_batch_new(BATCH_BYTES_MAX);
    qoo10_collect_sort(&l->found);
    if (!batch || arena_failed(l->q.kept) || !fill(l, batch)) {
        mall_batch_free(batch);
        qoo10_no_memory(&l->q);
        return;
    }
    if (l->found.unreadable > 0)
        warn_unreadable(l);
    l->from = l->to;
    l->piece_ms = PIECE_MS;
    if (mall_op_emit(&l->q.base, batch))
        start_piece(l);
}

// True when the call's status can't show what is asked for.
static bool is_needless(const struct list_op *l, const struct list_call *call)
{
    int64_t wanted;
    if (l->only_status.n == 0 || call->status < 0)
        return false;
    if (!str_to_int64(l->only_status, &wanted))
        return true; // only claims
    return call->status == 0 ? wanted > 3 : wanted != call->status;
}

static void plan(struct qoo10_op *op, time_ms now)
{
    struct list_op *l = (struct list_op *)op;
    if (!clip(l, now))
        return;
    while (!op->base.failed && l->from < l->end) {
        if (l->at >= l->way->count) {
            finish_piece(l);
            continue;
        }
        const struct list_call *call = &l->way->calls[l->at];
        // Both ends count, in whole seconds.
        time_ms last = l->to - 1 < l->from ? l->from : l->to - 1;
        if (call->status >= 0 && !is_needless(l, call)) {
            qoo10_call_shipping(op, call->status, call->condition, l->from, last);
            return;
        }
        if (call->status < 0 && qoo10_claims_plan(op, &l->claims, call->condition, l->from, last))
            return;
        l->at++;
        l->claims = (struct qoo10_claims){0};
    }
    op->base.done = !op->base.failed;
}

static void take(struct qoo10_op *op, time_ms now, struct json object)
{
    struct list_op *l = (struct list_op *)op;
    struct error error;
    size_t rows;
    (void)now;
    if (!qoo10_collect(&l->found, object, &rows, &error)) {
        qoo10_fail(op, &error);
        return;
    }
    if (l->way->calls[l->at].status < 0)
        qoo10_claims_taken(op, &l->claims, rows);
    else
        l->at++;
}

static bool refused(struct qoo10_op *op, time_ms now, const struct error *error)
{
    struct list_op *l = (struct list_op *)op;
    (void)now;
    bool large = strcmp(error->code, "http.response_too_large") == 0;
    if (!large || l->to - l->from <= PIECE_MIN_MS)
        return false;
    l->piece_ms = (l->to - l->from) / 2;
    start_piece(l);
    return true;
}

static const struct list_way *way_of(enum date_basis basis)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (ways[i].basis == basis)
            return &ways[i];
    return NULL;
}

static bool known_status(struct str status)
{
    bool known = str_is_empty(status);
    for (size_t i = 0; i < QOO10_STATUS_COUNT; i++)
        known = known || str_eq(status, str_from(qoo10_statuses[i].value));
    return known;
}

static bool request_is_sound(const struct mall_list_request *request, struct error *error)
{
    if (!way_of(request->basis))
        return error_set(error, ERROR_BAD_INPUT, "qoo10.basis",
                         "Qoo10は注文日・決済日・発送日・クレーム日でのみ検索できます。",
                         "Qoo10 lists by order, payment, ship or claim date only.");
    if (request->from == TIME_NONE || request->to == TIME_NONE || request->from > request->to ||
        request->from < 0)
        return error_set(error, ERROR_BAD_INPUT, "qoo10.range", "期間の指定が正しくありません。",
                         "The range of time is not valid.");
    if (!known_status(request->only_status))
        return error_set(error, ERROR_BAD_INPUT, "qoo10.status",
                         "ステータスの指定が正しくありません。",
                         "The status is not one of Qoo10's.");
    return true;
}

struct mall_op *qoo10_list(const struct mall_account *account,
                           const struct mall_list_request *request, const struct mall_sink *sink,
                           struct error *error)
{
    static const struct qoo10_steps steps = {.plan = plan, .take = take, .refused = refused};
    if (!request_is_sound(request, error))
        return NULL;
    struct list_op *l = qoo10_op_new(sizeof *l, &steps, account, sink, error);
    if (!l)
        return NULL;
    l->way = way_of(request->basis);
    l->only_status = str_dup(l->q.base.arena, request->only_status);
    l->from = request->from - request->from % 1000;
    l->end = request->to;
    l->piece_ms = PIECE_MS;
    if (arena_failed(l->q.base.arena)) {
        mall_op_free(&l->q.base);
        error_no_memory(error);
        return NULL;
    }
    return &l->q.base;
}
