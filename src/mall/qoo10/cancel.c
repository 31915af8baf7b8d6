// SPDX-License-Identifier: Apache-2.0
//
// The seller's cancellation (qoo10.md §5.5), one call per order number. An empty reason would be
// recorded as 在庫なし and count against the seller, so a reason is required. What a buyer has
// asked for can't be processed here. Lines are looked at first and progress is stored before each
// write; a lost answer ends the operation as ambiguous. Progress: "cancelling <OrderNo>".
#include "mall/qoo10/internal.h"

#define LINES_MAX 1000
#define MEMO_BYTES_MAX 1000

struct cancel_op {
    struct qoo10_op q; // first
    struct str order_no, reason, detail;
    int64_t *lines;
    size_t count, at;
    bool looked;
};

static void fail(struct cancel_op *c, const char *code, const char *ja, const char *en,
                 const char *hint_ja, const char *hint_en)
{
    struct error error;
    error_set(&error, ERROR_REJECTED, code, "%s%.0s", "%.0s%s", ja, en);
    error_hint(&error, hint_ja, hint_en);
    error_subject(&error, "%.*s", STR_ARG(c->order_no));
    qoo10_fail(&c->q, &error);
}

static void plan(struct qoo10_op *op, time_ms now)
{
    struct cancel_op *c = (struct cancel_op *)op;
    (void)now;
    if (c->at >= c->count) {
        op->base.done = true;
        return;
    }
    if (!c->looked) {
        arena_reset(op->kept);
        qoo10_call_by_order_no(op, c->lines[c->at]);
        return;
    }
    if (!qoo10_progress(
            op, arena_printf(op->base.arena, "cancelling %lld", (long long)c->lines[c->at])))
        return;
    qoo10_call(op, "Claim", "SetCancelProcess", true);
    buf_addf(&op->call.form, "&ContrNo=%lld", (long long)c->lines[c->at]);
    qoo10_put(op, "CancelReason", str_eq(c->reason, STR("stock")) ? STR("") : c->reason);
    qoo10_put(op, "SellerMemo", c->detail);
    qoo10_put(op, "returnFeeStat", STR(""));
}

static void look(struct cancel_op *c, struct json object)
{
    struct qoo10_collection found = {.arena = c->q.kept};
    struct error error;
    size_t rows;
    if (!qoo10_collect(&found, object, &rows, &error)) {
        qoo10_fail(&c->q, &error);
    } else if (found.count != 1 || found.lines[0].order_no != c->lines[c->at]) {
        fail(c, "qoo10.other_order", "要求した注文とは別の注文が返されました。",
             "Another order came than the one asked for.", "", "");
    } else if (found.lines[0].claim == 1) {
        fail(c, "qoo10.buyer_cancel_pending",
             "購入者からのキャンセル要請があるため、APIではキャンセルできません。",
             "The buyer has asked for cancellation; the API can't process that.",
             "QSMのキャンセル管理で要請を承認してください。", "Accept the request in QSM.");
    } else if (found.lines[0].status >= 4) {
        fail(c, "qoo10.shipped_already", "発送済みの注文のため、キャンセルできません。",
             "The order is shipped and can't be cancelled.", "返品としてQSMで処理してください。",
             "Deal with it as a return in QSM.");
    } else if (found.lines[0].claim == 2 || qoo10_line_gone(&found.lines[0])) {
        c->at++; // done already
    } else {
        c->looked = true;
    }
}

static void take(struct qoo10_op *op, time_ms now, struct json object)
{
    struct cancel_op *c = (struct cancel_op *)op;
    (void)now;
    if (!c->looked) {
        look(c, object);
        return;
    }
    c->looked = false;
    c->at++;
}

static bool reason_is_known(struct str reason)
{
    for (size_t i = 0; i < QOO10_CANCEL_REASON_COUNT; i++)
        if (str_eq(reason, str_from(qoo10_cancel_reasons[i].value)))
            return true;
    return false;
}

static bool take_lines(struct cancel_op *c, const struct order *order)
{
    c->lines = ARENA_ARRAY(c->q.base.arena, int64_t, LINES_MAX);
    for (size_t i = 0; c->lines && i < order->package_count; i++)
        for (size_t k = 0; k < order->packages[i].line_count && c->count < LINES_MAX; k++) {
            int64_t n;
            if (str_to_int64(order->packages[i].lines[k].mall_line_id, &n) && n > 0)
                c->lines[c->count++] = n;
        }
    return c->lines != NULL;
}

struct mall_op *qoo10_cancel(const struct mall_account *account,
                             const struct mall_cancel_request *request,
                             const struct mall_sink *sink, struct error *error)
{
    static const struct qoo10_steps steps = {.plan = plan, .take = take};
    if (!reason_is_known(request->reason)) {
        error_set(error, ERROR_BAD_INPUT, "qoo10.cancel_reason_missing",
                  "キャンセル理由を選んでください。", "Choose a reason for the cancellation.");
        error_hint(error, "理由なしで送ると、Qoo10では「在庫なし(販売者事由)」として記録されます。",
                   "Without one, Qoo10 records “out of stock”, which counts against the seller.");
        return NULL;
    }
    struct cancel_op *c = qoo10_op_new(sizeof *c, &steps, account, sink, error);
    if (!c)
        return NULL;
    struct arena *arena = c->q.base.arena;
    c->order_no = str_dup(arena, request->order->order_no);
    c->reason = str_dup(arena, request->reason);
    c->detail =
        str_dup(arena, str_utf8_cut(request->detail.p ? request->detail : STR(""), MEMO_BYTES_MAX));
    if (!take_lines(c, request->order) || arena_failed(arena)) {
        mall_op_free(&c->q.base);
        error_no_memory(error);
        return NULL;
    }
    if (c->count > 0)
        return &c->q.base;
    error_set(error, ERROR_BAD_INPUT, "qoo10.line_unknown",
              "明細のQoo10注文番号が分からないため、キャンセルできません。",
              "The order's lines have no order numbers of Qoo10.");
    mall_op_free(&c->q.base);
    return NULL;
}
