// SPDX-License-Identifier: Apache-2.0
//
// Telling the mall a shipment (aupay.md §2.3, §2.4, §6): look, write date, carrier and number, then
// set the status. Two calls, and the first never changes the status.
// Invariants: nothing is written before the order was read, and a step that the mall already shows
// is not repeated; so a stored progress only says how far it came, the mall says what is left. A
// number that stands there is corrected only when the mall has not changed since the order was last
// read. A lost answer ends the operation as ambiguous. When the second step is refused the error
// says that the first one is done.
// Progress: "info" (the shipping data may be out), "status" (they are there, the status may be
// out). Threads: the operation's. Ownership: the wish lives in the operation's arena.
#include "mall/aupay/internal.h"

#define REVIEW_PAUSE_MS (60 * 60 * 1000LL)

enum ship_step { SHIP_LOOK, SHIP_INFO, SHIP_STATUS };

struct ship_op {
    struct aupay_op a; // first
    struct mall_ship_request request;
    struct str order_no;
    struct aupay_shipment wanted;
    bool made; // `wanted` is filled
    enum ship_step step;
    struct str status; // as the look showed it
};

static bool plan_info(struct ship_op *op)
{
    const struct aupay_shipment *s = &op->wanted;
    char date[32];
    struct civil_time c = civil_from_time(day_start_jst(s->ship_date), JST_OFFSET_MS);
    struct buf text = buf_make(sizeof date);
    AUTO_BUF body = buf_make(AUPAY_REQUEST_BYTES_MAX);
    buf_addf(&text, "%04d/%02d/%02d", c.year, c.month, c.day);
    op->a.call.operation = "updateTradeInfoProc";
    aupay_begin_update(&op->a, &body, op->order_no);
    xml_add_element(&body, "shippingDate", buf_str(&text));
    xml_add_element(&body, "shippingCarrier", s->carrier_code);
    if (s->number.n > 0)
        xml_add_element(&body, "shippingNumber", s->number);
    body.failed = body.failed || text.failed;
    buf_free(&text);
    return aupay_progress(&op->a, "info") && aupay_end_update(&op->a, &body);
}

static bool plan_status(struct ship_op *op)
{
    AUTO_BUF body = buf_make(AUPAY_REQUEST_BYTES_MAX);
    op->a.call.operation = "updateTradeStsProc";
    aupay_begin_update(&op->a, &body, op->order_no);
    xml_add_element(&body, "orderStatus", op->wanted.target);
    return aupay_progress(&op->a, "status") && aupay_end_update(&op->a, &body);
}

static void warn_of_numbers(struct ship_op *op)
{
    struct error warning;
    if (!mall_leaves_out_numbers(&aupay_mall, op->request.packages, op->request.package_count,
                                 &warning))
        return;
    error_subject(&warning, "%.*s", STR_ARG(op->order_no));
    aupay_warn(&op->a, op->order_no, &warning);
}

static bool make_wish(struct ship_op *op, time_ms now)
{
    struct error error = {0};
    if (op->made)
        return true;
    if (!aupay_shipment_make(op->a.base.arena, &op->a.base.account, &op->request, day_in_jst(now),
                             &op->wanted, &error)) {
        aupay_fail(&op->a, &error);
        return false;
    }
    op->made = true;
    warn_of_numbers(op);
    return true;
}

static bool plan(struct aupay_op *a, time_ms now)
{
    struct ship_op *op = (struct ship_op *)a;
    if (!make_wish(op, now))
        return false;
    switch (op->step) {
    case SHIP_LOOK:
        return aupay_plan_read(a, op->order_no);
    case SHIP_INFO:
        return plan_info(op);
    case SHIP_STATUS:
        return plan_status(op);
    }
    return false;
}

// ---- answers ----

static void fail(struct ship_op *op, const char *code, const char *ja, const char *en,
                 int64_t retry_after_ms)
{
    struct error error;
    // What passes by itself is asked again; the rest waits for a person.
    error_set(&error, retry_after_ms > 0 ? ERROR_CONFLICT : ERROR_REJECTED, code, "%s%.0s",
              "%.0s%s", ja, en);
    error_hint(&error,
               retry_after_ms > 0 ? "出荷をお控えください。終わると自動的に確認します。"
                                  : "出荷を止め、Wow! managerで注文を確認してください。",
               retry_after_ms > 0 ? "Do not ship. It is looked at again by itself."
                                  : "Stop the shipment and look at the order in Wow! manager.");
    error_subject(&error, "%.*s", STR_ARG(op->order_no));
    error.retry_after_ms = retry_after_ms;
    aupay_fail(&op->a, &error);
}

static bool is_operable(struct ship_op *op, const struct aupay_state *s)
{
    if (s->cancelled)
        fail(op, "aupay.order_cancelled", "モール側でキャンセルされた注文です。",
             "The mall has cancelled the order.", 0);
    else if (s->status == AUPAY_REVIEW_REFUSED)
        fail(op, "aupay.fraud_refused", "モールの審査がNGになった注文です。",
             "The mall's review refused the order.", 0);
    else if (s->status == AUPAY_CANCELLING)
        fail(op, "aupay.order_cancelling", "キャンセル受付中の注文です。",
             "A cancellation of the order is being accepted.", REVIEW_PAUSE_MS);
    else if (s->status == AUPAY_FRAUD_REVIEW || s->status == AUPAY_REVIEW_HELD)
        fail(op, "aupay.fraud_review", "モールの審査中の注文です。",
             "The mall is reviewing the order.", REVIEW_PAUSE_MS);
    return !op->a.base.failed;
}

static void after_info(struct ship_op *op)
{
    if (aupay_status_reached(op->status, &op->wanted))
        op->a.base.done = true;
    else
        op->step = SHIP_STATUS;
}

static void decide(struct ship_op *op, const struct xml_node *info, const struct aupay_state *s)
{
    struct error difference = {0};
    enum mall_comparison c = aupay_compare_parcel(&op->a.base.account, s->number, s->carrier_code,
                                                  s->ship_date, &op->wanted, &difference);
    struct str mark = aupay_update_mark(op->a.scratch, info);
    bool as_known = op->request.order && str_eq(mark, op->request.order->mall_update_mark);
    if (c == MALL_SAME) {
        after_info(op);
    } else if (c == MALL_NOT_YET || as_known) {
        op->step = SHIP_INFO;
    } else {
        error_hint(&difference,
                   "Wow! managerで先に変更されています。どちらが正しいか確認してください。",
                   "It was changed in Wow! manager. See which of the two is right.");
        error_subject(&difference, "%.*s", STR_ARG(op->order_no));
        difference.class = ERROR_REJECTED;
        aupay_fail(&op->a, &difference);
    }
}

static void looked(struct ship_op *op, const struct aupay_answer *answer)
{
    const struct xml_node *info = xml_child(answer->root, "orderInfo");
    struct aupay_state state;
    struct error error;
    if (!info || !info->first_child) {
        error_set(&error, ERROR_NOT_FOUND, "aupay.order_not_found",
                  "au PAY マーケットに該当する注文がありません。", "The mall has no such order.");
        error_subject(&error, "%.*s", STR_ARG(op->order_no));
        aupay_fail(&op->a, &error);
        return;
    }
    if (!str_eq(xml_child_text(info, "orderId"), op->order_no)) {
        error_set(&error, ERROR_MALFORMED, "aupay.other_order",
                  "要求した注文とは別の注文が返されました。",
                  "Another order came than the one asked for.");
        error_subject(&error, "%.*s", STR_ARG(op->order_no));
        aupay_fail(&op->a, &error);
        return;
    }
    aupay_state_read(info, &state);
    op->status = str_dup(op->a.base.arena, state.name);
    if (arena_failed(op->a.base.arena))
        aupay_fail_no_memory(&op->a);
    else if (is_operable(op, &state))
        decide(op, info, &state);
}

static void take(struct aupay_op *a, time_ms now, const struct aupay_answer *answer)
{
    struct ship_op *op = (struct ship_op *)a;
    switch (op->step) {
    case SHIP_LOOK:
        looked(op, answer);
        break;
    case SHIP_INFO:

        after_info(op);
        break;
    case SHIP_STATUS:
        a->base.done = true;
        break;
    }
}

// The half that is done has to be said with the half that isn't.
static bool refused(struct aupay_op *a, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    struct ship_op *op = (struct ship_op *)a;
    struct error half;
    if (op->step != SHIP_STATUS || error->class != ERROR_REJECTED)
        return false;
    half = *error;
    error_set(&half, ERROR_REJECTED, "aupay.status_refused",
              "発送情報は反映済み、ステータス「%.*s」は未反映です（モールでは「%.*s」）。",
              "The shipment is told, the status “%.*s” is not (the mall has “%.*s”).",
              STR_ARG(op->wanted.target), STR_ARG(op->status));
    error_hint(&half, "Wow! managerで注文のステータスを確認し、もう一度書き出してください。",
               "Look at the order's status in Wow! manager and write it out again.");
    error_peer(&half, error->http_status, str_from(error->peer_code), str_from(error->peer_text));
    error_subject(&half, "%.*s", STR_ARG(op->order_no));
    aupay_fail(a, &half);
    return true;
}

struct mall_op *aupay_ship(const struct mall_account *account,
                           const struct mall_ship_request *request, const struct mall_sink *sink,
                           struct error *error)
{
    static const struct aupay_steps steps = {.plan = plan, .take = take, .refused = refused};
    if (!request->order || !aupay_number_is_sound(request->order->order_no)) {
        error_set(error, ERROR_BAD_INPUT, "aupay.order_number", "注文番号がありません。",
                  "The order number is missing.");
        return NULL;
    }
    struct ship_op *op = aupay_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->request = *request;
    op->order_no = request->order->order_no;
    op->status = STR("");
    return &op->a.base;
}
