// SPDX-License-Identifier: Apache-2.0
//
// Accepting and cancelling. Yahoo has no 注文確認 call: what stands for it is that the order leaves
// 新規, which orderChange with IsSeen=true does (yahoo.md §9.4, one way). Cancelling is
// orderStatusChange 4 (§9.1): it mails the buyer and can't be undone, so the order is read first
// and one that is cancelled already is left alone.
// Invariants: a lost answer ends the operation as ambiguous; warnings are told, never retried.
// Threads: the operation's. Ownership: texts are copied into the operation's arena.
#include "mall/yahoo/fields.h"
#include "mall/yahoo/internal.h"

#define DETAIL_MIN 10
#define DETAIL_MAX 200

static void add_target(struct yahoo_op *y, struct buf *body, struct str order_no,
                       const char *point_fix)
{
    buf_add(body, STR("<Req><Target>"));
    xml_add_element(body, "OrderId", order_no);
    if (point_fix)
        xml_add_element(body, "IsPointFix", str_from(point_fix));
    if (yahoo_setting(y, "operation_user").n > 0)
        xml_add_element(body, "OperationUser", yahoo_setting(y, "operation_user"));
    buf_add(body, STR("</Target>"));
}

static bool finish_body(struct yahoo_op *y, struct buf *body)
{
    xml_add_element(body, "SellerId", yahoo_setting(y, "seller_id"));
    buf_add(body, STR("</Req>"));
    return yahoo_set_body(y, body);
}

// ---- accept ----

struct accept_op {
    struct yahoo_op y; // first
    struct str *order_nos;
    size_t count, at;
    struct error first_refusal; // told at the end, after the others were accepted
    bool refused;
};

static bool accept_plan(struct yahoo_op *y, time_ms now)
{
    struct accept_op *op = (struct accept_op *)y;
    if (op->at >= op->count) {
        if (op->refused)
            yahoo_fail(y, &op->first_refusal);
        else
            y->base.done = true;
        return !op->refused;
    }
    AUTO_BUF body = buf_make(YAHOO_REQUEST_BYTES_MAX);
    y->call.operation = "orderChange";
    y->call.writes = true;
    y->call.order_no = op->order_nos[op->at];
    add_target(y, &body, y->call.order_no, NULL);
    buf_add(&body, STR("<Order><IsSeen>true</IsSeen></Order>"));
    return finish_body(y, &body);
}

static void accept_take(struct yahoo_op *y, time_ms now, const struct yahoo_answer *answer)
{
    struct accept_op *op = (struct accept_op *)y;
    yahoo_tell_warnings(y, y->call.order_no, answer->result);
    op->at++;
}

// One order that can't be accepted doesn't keep the others.
static bool accept_refused(struct yahoo_op *y, time_ms now, const struct http_response *response,
                           const struct error *error)
{
    struct accept_op *op = (struct accept_op *)y;
    if (error->class != ERROR_REJECTED && error->class != ERROR_NOT_FOUND)
        return false;
    if (!op->refused)
        op->first_refusal = *error;
    op->refused = true;
    op->at++;
    return true;
}

struct mall_op *yahoo_accept(const struct mall_account *account,
                             const struct mall_read_request *request, const struct mall_sink *sink,
                             struct error *error)
{
    static const struct yahoo_steps steps = {
        .plan = accept_plan, .take = accept_take, .refused = accept_refused};
    struct accept_op *op = yahoo_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->count = request->count;
    op->order_nos = ARENA_ARRAY(op->y.base.arena, struct str, request->count);
    for (size_t i = 0; op->order_nos && i < request->count; i++)
        op->order_nos[i] = str_dup(op->y.base.arena, request->order_nos[i]);
    if (arena_failed(op->y.base.arena)) {
        mall_op_free(&op->y.base);
        error_no_memory(error);
        return NULL;
    }
    return &op->y.base;
}

// ---- cancel ----

struct cancel_op {
    struct yahoo_op y; // first
    struct str order_no, reason, detail;
    bool looked;
};

static bool cancel_plan(struct yahoo_op *y, time_ms now)
{
    struct cancel_op *op = (struct cancel_op *)y;
    AUTO_BUF body = buf_make(YAHOO_REQUEST_BYTES_MAX);
    y->call.order_no = op->order_no;
    if (!op->looked) {
        y->call.operation = "orderInfo";
        buf_add(&body, STR("<Req><Target>"));
        xml_add_element(&body, "OrderId", op->order_no);
        xml_add_element(&body, "Field", str_from(yahoo_state_fields));
        buf_add(&body, STR("</Target>"));
        return finish_body(y, &body);
    }
    y->call.operation = "orderStatusChange";
    y->call.writes = true;
    add_target(y, &body, op->order_no, "false");
    buf_add(&body, STR("<Order><OrderStatus>4</OrderStatus>"));
    xml_add_element(&body, "CancelReason", op->reason);
    if (op->detail.n > 0)
        xml_add_element(&body, "CancelReasonDetail", op->detail);
    buf_add(&body, STR("</Order>"));
    return finish_body(y, &body);
}

static void cancel_refuse(struct cancel_op *op, const char *code, const char *ja, const char *en,
                          int64_t retry_after_ms)
{
    struct error error;
    error_set(&error, ERROR_CONFLICT, code, "%s%.0s", "%.0s%s", ja, en);
    error_subject(&error, "%.*s", STR_ARG(op->order_no));
    error.retry_after_ms = retry_after_ms;
    yahoo_fail(&op->y, &error);
}

static void cancel_looked(struct cancel_op *op, const struct xml_node *info)
{
    struct yahoo_state state;
    if (info)
        yahoo_state_read(info, &state);
    if (!info || !str_eq(xml_child_text(info, "OrderId"), op->order_no) || state.order < 0)
        cancel_refuse(op, "yahoo.other_order", "要求した注文の状態を確認できませんでした。",
                      "The order's state could not be read.", 60000);
    else if (state.order == 4)
        op->y.base.done = true;
    else if (state.read_only)
        cancel_refuse(op, "yahoo.read_only_window",
                      "購入者が取り消せる時間内（注文から10分）のため、まだ変更できません。",
                      "Within the buyer's ten minutes; no change is taken yet.", 60000);
    else if (state.fraud == 1 || state.fraud == 3)
        cancel_refuse(op, "yahoo.fraud_hold",
                      "不正注文の審査中のため、Yahoo!は変更を受け付けません。",
                      "Yahoo takes no change while it checks the order for fraud.", 3600000);
    else
        op->looked = true;
}

static void cancel_take(struct yahoo_op *y, time_ms now, const struct yahoo_answer *answer)
{
    struct cancel_op *op = (struct cancel_op *)y;
    if (!op->looked) {
        cancel_looked(op, xml_child(answer->result, "OrderInfo"));
        return;
    }
    yahoo_tell_warnings(y, op->order_no, answer->result);
    y->base.done = true;
}

static bool reason_is_known(struct str reason)
{
    for (size_t i = 0; i < YAHOO_CANCEL_REASON_COUNT; i++)
        if (str_eq(reason, str_from(yahoo_cancel_reasons[i].value)))
            return true;
    return false;
}

static bool cancel_is_sound(const struct mall_cancel_request *request, struct error *error)
{
    size_t length = str_utf8_length(request->detail);
    if (request->reason.n > 0 && !reason_is_known(request->reason))
        return error_set(error, ERROR_BAD_INPUT, "yahoo.cancel_reason",
                         "キャンセル理由がYahoo!の選択肢にありません。",
                         "The cancel reason is not one of Yahoo's.");
    bool other = str_eq(request->reason, STR("230"));
    if (other && (length < DETAIL_MIN || length > DETAIL_MAX))
        return error_set(error, ERROR_BAD_INPUT, "yahoo.cancel_detail",
                         "キャンセル理由「その他」には10〜200文字の詳細が必要です。",
                         "The reason “other” needs details of 10 to 200 characters.");
    return true;
}

struct mall_op *yahoo_cancel(const struct mall_account *account,
                             const struct mall_cancel_request *request,
                             const struct mall_sink *sink, struct error *error)
{
    static const struct yahoo_steps steps = {.plan = cancel_plan, .take = cancel_take};
    if (!cancel_is_sound(request, error))
        return NULL;
    struct cancel_op *op = yahoo_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    bool other = str_eq(request->reason, STR("230"));
    op->order_no = str_dup(op->y.base.arena, request->order->order_no);
    op->reason = request->reason.n > 0 ? str_dup(op->y.base.arena, request->reason) : STR("210");
    op->detail = other ? str_dup(op->y.base.arena, request->detail) : STR("");
    if (arena_failed(op->y.base.arena)) {
        mall_op_free(&op->y.base);
        error_no_memory(error);
        return NULL;
    }
    return &op->y.base;
}

// ---- what the mall's order shows ----

static struct str extra_of(const struct order *order, const char *key)
{
    for (size_t i = 0; i < order->extra_count; i++)
        if (str_eq(order->extras[i].key, str_from(key)))
            return order->extras[i].value;
    return STR_ABSENT;
}

static bool state_of(const struct order *order, struct yahoo_state *state)
{
    if (!yahoo_compact_parse(order->mall_status, state))
        return false;
    state->seen = order->state != ORDER_NEW;
    struct str seen = extra_of(order, "IsSeen");
    if (seen.p)
        state->seen = str_eq(seen, STR("true"));
    return true;
}

bool yahoo_is_accepted(const struct order *order)
{
    struct yahoo_state state;
    return state_of(order, &state) && state.seen;
}

bool yahoo_is_cancelled(const struct order *order)
{
    struct yahoo_state state;
    return state_of(order, &state) && state.order == 4;
}

struct str yahoo_order_choice(const struct order *order)
{
    struct yahoo_state state;
    return state_of(order, &state) ? yahoo_status_choice(&state) : STR("");
}
