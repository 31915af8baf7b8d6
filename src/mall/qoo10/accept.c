// SPDX-License-Identifier: Apache-2.0
//
// 発注確認 (qoo10.md §5.1): enters a planned ship date for each line that is still 新規受付. That
// moves the order from 新規受付 to 配送準備, out of the sight of every tool that fetches 新規受付
// only, and can't be taken back; so it is said aloud each time, and happens only when a person or
// the shop's setting asks for it. Invariants: the cart is listed first, and only lines shown as
// 新規受付 are written, each once; progress is stored before each write; a lost answer ends the
// operation as ambiguous, and reading back tells which lines are left. Progress: "confirming
// <OrderNo>".
#include "mall/qoo10/internal.h"

#define AROUND_MS (60 * 1000LL)
#define PLANNED_DAYS 3

struct accept_op {
    struct qoo10_op q; // first
    int64_t *packs;
    time_ms *times;
    struct str *asked;
    size_t count, at; // carts
    bool listed;      // the cart at hand
    struct qoo10_collection found;
    size_t line, end; // of the cart at hand
    bool warned;
};

static void fail_unknown(struct accept_op *a)
{
    struct error error;
    error_set(&error, ERROR_NOT_FOUND, "qoo10.order_time_unknown",
              "注文日時が分からないため、Qoo10でこのカートを探せません。",
              "It isn't known when the cart was ordered, so Qoo10 can't be asked for it.");
    error_hint(&error, "先にこの注文を取り込んでから、もう一度実行してください。",
               "Fetch the order first, then try again.");
    error_subject(&error, "%.*s", STR_ARG(a->asked[a->at]));
    qoo10_fail(&a->q, &error);
}

// So many days after payment, and never before today.
static day planned_day(struct accept_op *a, const struct qoo10_line *l, time_ms now)
{
    int days = (int)account_integer(&a->q.base.account, "planned_ship_days", PLANNED_DAYS);
    time_ms paid = qoo10_time(l->row, Q_PAID_AT);
    day today = day_in_jst(now);
    day planned = day_add(paid == TIME_NONE ? today : day_in_jst(paid), days);
    return planned < today ? today : planned;
}

static void warn_moved(struct accept_op *a, day planned)
{
    struct error warning;
    char text[12];
    struct str date = day_format(planned, text);
    if (a->warned)
        return;
    a->warned = true;
    error_set(&warning, ERROR_REJECTED, "qoo10.moved_out_of_new",
              "発送予定日(%.*s)を登録し、Qoo10の注文を「新規受付」から「配送準備」に移します。",
              "A planned ship date (%.*s) moves the order from “new” to “in preparation” at Qoo10.",
              STR_ARG(date));
    error_hint(&warning,
               "「新規受付」だけを取得する他のツールからは見えなくなります。元には戻せません。",
               "Tools that fetch “new” only don't see it any more. It can't be undone.");
    qoo10_warn(&a->q, a->asked[a->at], &warning);
}

static void confirm(struct accept_op *a, const struct qoo10_line *l, time_ms now)
{
    char digits[16];
    day planned = planned_day(a, l, now);
    struct str reason = qoo10_setting(&a->q, "planned_ship_reason");
    warn_moved(a, planned);
    if (!qoo10_progress(&a->q,
                        arena_printf(a->q.base.arena, "confirming %lld", (long long)l->order_no)))
        return;
    qoo10_call(&a->q, "ShippingBasic", "SetSellerCheckYN_V2", true);
    buf_addf(&a->q.call.form, "&OrderNo=%lld", (long long)l->order_no);
    qoo10_put(&a->q, "EstShipDt",
              str_slice(time_format_yahoo(day_start_jst(planned), digits), 0, 8));
    qoo10_put(&a->q, "DelayType", str_eq(reason, STR("none")) ? STR("") : reason);
    qoo10_put(&a->q, "DelayMemo", STR(""));
}

static void plan(struct qoo10_op *op, time_ms now)
{
    struct accept_op *a = (struct accept_op *)op;
    for (; a->at < a->count; a->at++, a->listed = false) {
        if (a->times[a->at] == TIME_NONE || a->packs[a->at] <= 0) {
            fail_unknown(a);
            return;
        }
        if (!a->listed) {
            arena_reset(op->kept);
            a->found = (struct qoo10_collection){.arena = op->kept};
            qoo10_call_shipping(op, 2, 1, a->times[a->at] - AROUND_MS, a->times[a->at] + AROUND_MS);
            return;
        }
        for (; a->line < a->end; a->line++)
            if (a->found.lines[a->line].status == 2 &&
                !qoo10_claim_is_asked(a->found.lines[a->line].claim)) {
                confirm(a, &a->found.lines[a->line], now);
                return;
            }
    }
    op->base.done = true;
}

static void take(struct qoo10_op *op, time_ms now, struct json object)
{
    struct accept_op *a = (struct accept_op *)op;
    struct error error;
    size_t rows;
    (void)now;
    if (a->listed) {
        a->line++;
        return;
    }
    if (!qoo10_collect(&a->found, object, &rows, &error)) {
        qoo10_fail(op, &error);
        return;
    }
    qoo10_collect_sort(&a->found);
    if (arena_failed(op->kept)) {
        qoo10_no_memory(op);
        return;
    }
    qoo10_collect_find(&a->found, a->packs[a->at], &a->line, &a->end);
    a->listed = true;
}

// Somebody was quicker: that is what was wanted.
static bool refused(struct qoo10_op *op, time_ms now, const struct error *error)
{
    struct accept_op *a = (struct accept_op *)op;
    (void)now;
    if (!a->listed || strcmp(error->code, "qoo10.already_confirmed") != 0)
        return false;
    a->line++;
    return true;
}

struct mall_op *qoo10_accept(const struct mall_account *account,
                             const struct mall_read_request *request, const struct mall_sink *sink,
                             struct error *error)
{
    static const struct qoo10_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct accept_op *a = qoo10_op_new(sizeof *a, &steps, account, sink, error);
    if (!a)
        return NULL;
    struct arena *arena = a->q.base.arena;
    a->count = request->count;
    a->packs = ARENA_ARRAY(arena, int64_t, request->count);
    a->times = ARENA_ARRAY(arena, time_ms, request->count);
    a->asked = ARENA_ARRAY(arena, struct str, request->count);
    for (size_t i = 0; a->packs && a->times && a->asked && i < request->count; i++) {
        a->asked[i] = str_dup(arena, str_trim(request->order_nos[i]));
        a->times[i] = request->ordered_at ? request->ordered_at[i] : TIME_NONE;
        if (!str_to_int64(a->asked[i], &a->packs[i]))
            a->packs[i] = 0;
    }
    if (arena_failed(arena)) {
        mall_op_free(&a->q.base);
        error_no_memory(error);
        return NULL;
    }
    return &a->q.base;
}
