// SPDX-License-Identifier: Apache-2.0
//
// Accepting and cancelling. There is no 注文確認 call: what stands for it is that the order leaves
// 新規受付 by updateTradeStsProc, to 発送待ち, or 発送前入金待ち when the buyer pays first
// (aupay.md §6). Cancelling is cancelTradeProc (§2.5) and can't be undone. Invariants: the order is
// read first, and one that is where it shall be is left alone; a lost answer ends the operation as
// ambiguous. Threads: the operation's. Ownership: texts are copied into the operation's arena.
#include "mall/aupay/internal.h"

#define COMMENT_MAX 100

struct change_op {
    struct aupay_op a; // first
    struct str *order_nos;
    size_t count, at;
    bool looked;
    bool cancels;
    const char *target; // accept: status to be set
    struct str reason, comment;
};

static void next_order(struct change_op *op)
{
    op->at++;
    op->looked = false;
}

static bool plan(struct aupay_op *a, time_ms now)
{
    struct change_op *op = (struct change_op *)a;
    AUTO_BUF body = buf_make(AUPAY_REQUEST_BYTES_MAX);
    if (op->at >= op->count) {
        a->base.done = true;
        return true;
    }
    struct str order_no = op->order_nos[op->at];
    if (!op->looked)
        return aupay_plan_read(a, order_no);
    a->call.operation = op->cancels ? "cancelTradeProc" : "updateTradeStsProc";
    aupay_begin_update(a, &body, order_no);
    if (op->cancels) {
        xml_add_element(&body, "cancelReason", op->reason);
        if (op->comment.n > 0)
            xml_add_element(&body, "cancelComment", op->comment);
    } else {
        xml_add_element(&body, "orderStatus", str_from(op->target));
    }
    return aupay_end_update(a, &body);
}

static const char *accepted_status(const struct change_op *op, const struct xml_node *info,
                                   const struct aupay_state *s)
{
    struct str settlement = xml_child_text(info, "settlementName");
    enum payment_class class = aupay_payment_class(&op->a.base.account, settlement, s->status);
    if (s->status == AUPAY_NEW_PREORDER)
        return aupay_status_name(AUPAY_PREORDER);
    return aupay_status_name(class == PAYMENT_CLASS_BEFORE && !s->paid ? AUPAY_WAIT_PAYMENT
                                                                       : AUPAY_READY);
}

static void looked(struct change_op *op, const struct xml_node *info)
{
    struct aupay_state state;
    struct error error;
    if (!info || !str_eq(xml_child_text(info, "orderId"), op->order_nos[op->at])) {
        error_set(&error, ERROR_NOT_FOUND, "aupay.order_not_found",
                  "au PAY マーケットに該当する注文がありません。", "The mall has no such order.");
        error_subject(&error, "%.*s", STR_ARG(op->order_nos[op->at]));
        aupay_fail(&op->a, &error);
        return;
    }
    aupay_state_read(info, &state);
    bool fresh = state.status == AUPAY_NEW || state.status == AUPAY_NEW_PREORDER;
    bool nothing_to_do = op->cancels ? state.cancelled : !fresh || state.cancelled;
    if (nothing_to_do) {
        next_order(op);
        return;
    }
    op->target = op->cancels ? NULL : accepted_status(op, info, &state);
    op->looked = true;
}

static void take(struct aupay_op *a, time_ms now, const struct aupay_answer *answer)
{
    struct change_op *op = (struct change_op *)a;
    if (op->looked)
        next_order(op);
    else
        looked(op, xml_child(answer->root, "orderInfo"));
}

static struct change_op *new_op(const struct mall_account *account, const struct str *order_nos,
                                size_t count, const struct mall_sink *sink, struct error *error)
{
    static const struct aupay_steps steps = {.plan = plan, .take = take};
    struct change_op *op = aupay_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->count = count;
    op->order_nos = ARENA_ARRAY(op->a.base.arena, struct str, count);
    for (size_t i = 0; op->order_nos && i < count; i++)
        op->order_nos[i] = str_dup(op->a.base.arena, str_trim(order_nos[i]));
    return op;
}

static struct mall_op *checked(struct change_op *op, struct error *error)
{
    if (!op || !arena_failed(op->a.base.arena))
        return op ? &op->a.base : NULL;
    mall_op_free(&op->a.base);
    error_no_memory(error);
    return NULL;
}

struct mall_op *aupay_accept(const struct mall_account *account,
                             const struct mall_read_request *request, const struct mall_sink *sink,
                             struct error *error)
{
    return checked(new_op(account, request->order_nos, request->count, sink, error), error);
}

// The list of codes isn't known but for 9, which needs a comment (§2.5); codes have two characters.
static bool cancel_is_sound(const struct mall_cancel_request *request, struct error *error)
{
    if (request->reason.n > 2)
        return error_set(error, ERROR_BAD_INPUT, "aupay.cancel_reason",
                         "キャンセル理由のコードは2文字以内です。",
                         "The code of a cancel reason has at most two characters.");
    if (str_utf8_length(request->detail) > COMMENT_MAX)
        return error_set(error, ERROR_BAD_INPUT, "aupay.cancel_comment",
                         "キャンセルのコメントは100文字以内です。",
                         "The comment of a cancellation has at most 100 characters.");
    return true;
}

struct mall_op *aupay_cancel(const struct mall_account *account,
                             const struct mall_cancel_request *request,
                             const struct mall_sink *sink, struct error *error)
{
    if (!cancel_is_sound(request, error))
        return NULL;
    struct change_op *op = new_op(account, &request->order->order_no, 1, sink, error);
    if (!op)
        return NULL;
    op->cancels = true;
    op->reason = request->reason.n > 0 ? str_dup(op->a.base.arena, request->reason) : STR("9");
    op->comment =
        request->detail.n > 0 ? str_dup(op->a.base.arena, request->detail) : STR("在庫切れのため");
    return checked(op, error);
}

// ---- what the mall's order shows ----

bool aupay_is_accepted(const struct order *order)
{
    enum aupay_status s = aupay_status_of(order->mall_status);
    return s != AUPAY_NEW && s != AUPAY_NEW_PREORDER && s != AUPAY_UNKNOWN;
}

bool aupay_is_cancelled(const struct order *order)
{
    return order->state == ORDER_CANCELLED;
}
