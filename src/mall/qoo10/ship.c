// SPDX-License-Identifier: Apache-2.0
//
// Telling Qoo10 a shipment (qoo10.md §5.3): one SetSendingInfo per order number, so a cart of n
// lines takes n notices. Each line is looked at first (§4.4), confirmed when it is still 新規受付
// (2 → 4 without confirmation is not documented), and then told. Invariants: nothing is written
// before the line was read; a line that shows the number already is not told again, so an
// interrupted try goes on where it stopped; progress is stored before each write; a lost answer
// ends the operation as ambiguous. A shipped line with another number is corrected only when it
// still has the number that was seen when the order was last read; whether Qoo10 takes the
// correction is not documented, reading back tells. No ship date can be sent: Qoo10 stamps its own,
// and a warning says so when ours is another day. Progress: "confirming <OrderNo>", "telling
// <OrderNo>": for people; what is left, the mall tells.
#include "mall/qoo10/internal.h"

#define UNPAID_WAIT_MS (60 * 60 * 1000LL)

enum ship_step { SHIP_LOOK, SHIP_CONFIRM, SHIP_TELL };

struct ship_op {
    struct qoo10_op q; // first
    struct mall_ship_request request;
    struct str order_no;
    struct qoo10_notice *notices;
    size_t count, at;
    bool made;
    enum ship_step step;
    size_t told, gone; // lines that show the number now; lines that were cancelled
    bool date_warned;
};

static void fail(struct ship_op *s, enum error_class class, const char *code, const char *ja,
                 const char *en, const char *hint_ja, const char *hint_en)
{
    struct error error;
    error_set(&error, class, code, "%s%.0s", "%.0s%s", ja, en);
    error_hint(&error, hint_ja, hint_en);
    error_subject(&error, "%.*s (%lld)", STR_ARG(s->order_no),
                  (long long)s->notices[s->at].order_no);
    if (class == ERROR_CONFLICT)
        error.retry_after_ms = UNPAID_WAIT_MS;
    qoo10_fail(&s->q, &error);
}

// --- requests ---

static bool keep_progress(struct ship_op *s, const char *what)
{
    return qoo10_progress(&s->q, arena_printf(s->q.base.arena, "%s %lld", what,
                                              (long long)s->notices[s->at].order_no));
}

static void plan_confirm(struct ship_op *s, time_ms now)
{
    char digits[16];
    const struct qoo10_notice *n = &s->notices[s->at];
    day today = day_in_jst(now), planned = n->ship_date > today ? n->ship_date : today;
    if (!keep_progress(s, "confirming"))
        return;
    qoo10_call(&s->q, "ShippingBasic", "SetSellerCheckYN_V2", true);
    buf_addf(&s->q.call.form, "&OrderNo=%lld", (long long)n->order_no);
    qoo10_put(&s->q, "EstShipDt",
              str_slice(time_format_yahoo(day_start_jst(planned), digits), 0, 8));
    qoo10_put(&s->q, "DelayType", STR(""));
    qoo10_put(&s->q, "DelayMemo", STR(""));
}

static void plan_tell(struct ship_op *s)
{
    const struct qoo10_notice *n = &s->notices[s->at];
    if (!keep_progress(s, "telling"))
        return;
    qoo10_call(&s->q, "ShippingBasic", "SetSendingInfo", true);
    buf_addf(&s->q.call.form, "&OrderNo=%lld", (long long)n->order_no);
    qoo10_put(&s->q, "ShippingCorp", n->carrier_name);
    qoo10_put(&s->q, "TrackingNo", n->number);
}

static bool make_notices(struct ship_op *s, time_ms now)
{
    struct error error = {0};
    if (s->made)
        return true;
    if (!qoo10_notices_make(s->q.base.arena, &s->q.base.account, &s->request, day_in_jst(now),
                            &s->notices, &s->count, &error)) {
        qoo10_fail(&s->q, &error);
        return false;
    }
    s->made = true;
    return true;
}

static void finish(struct ship_op *s)
{
    if (s->told > 0 || s->gone < s->count) {
        s->q.base.done = true;
        return;
    }
    s->at = 0;
    fail(s, ERROR_REJECTED, "order.cancelled_at_mall",
         "Qoo10でキャンセルされた注文のため、発送を反映できません。荷物を止めてください。",
         "The order is cancelled at Qoo10; stop the parcel.",
         "QSMのキャンセル管理を確認してください。", "See the cancellations in QSM.");
}

static void plan(struct qoo10_op *op, time_ms now)
{
    struct ship_op *s = (struct ship_op *)op;
    if (!make_notices(s, now))
        return;
    if (s->at >= s->count) {
        finish(s);
        return;
    }
    switch (s->step) {
    case SHIP_LOOK:
        arena_reset(op->kept);
        qoo10_call_by_order_no(op, s->notices[s->at].order_no);
        break;
    case SHIP_CONFIRM:
        plan_confirm(s, now);
        break;
    case SHIP_TELL:
        plan_tell(s);
        break;
    }
}

// --- answers ---

static void next_line(struct ship_op *s)
{
    s->at++;
    s->step = SHIP_LOOK;
}

static void warn_date(struct ship_op *s, time_ms now)
{
    struct error warning;
    day ours = s->notices[s->at].ship_date;
    if (s->date_warned || ours == 0 || ours == day_in_jst(now))
        return;
    s->date_warned = true;
    error_set(&warning, ERROR_REJECTED, "qoo10.ship_date_not_sent",
              "出荷日はQoo10に送れません。Qoo10の発送日は反映した日になります。",
              "The ship date can't be sent; Qoo10 shows the day of the notice.");
    qoo10_warn(&s->q, s->order_no, &warning);
}

static void warn_gone(struct ship_op *s, int claim)
{
    struct error warning;
    s->gone++;
    error_set(
        &warning, ERROR_REJECTED, "qoo10.line_cancelled",
        "注文番号 %lld はQoo10でキャンセルされています(%.*s)。この商品は発送しないでください。",
        "Order number %lld is cancelled at Qoo10 (%.*s); don't ship its goods.",
        (long long)s->notices[s->at].order_no, STR_ARG(qoo10_claim_label(claim)));
    qoo10_warn(&s->q, s->order_no, &warning);
    next_line(s);
}

// Shipped at Qoo10 already: with our number, with the one we know of, or with somebody else's.
static void decide_shipped(struct ship_op *s, struct str number, time_ms now)
{
    const struct qoo10_notice *n = &s->notices[s->at];
    if (qoo10_same_number(number, n->number)) {
        s->told++;
        next_line(s);
        return;
    }
    if (qoo10_mark_has_number(s->request.order->mall_update_mark, n->order_no, number)) {
        warn_date(s, now);
        s->step = SHIP_TELL;
        return;
    }
    fail(s, ERROR_REJECTED, "qoo10.other_tracking_number",
         "Qoo10側で先に別の送り状番号が登録されています。",
         "Somebody has registered another tracking number at Qoo10.",
         "QSMの配送管理で、どちらが正しいか確認してください。",
         "See in QSM which of the two is right.");
}

static void decide(struct ship_op *s, const struct qoo10_line *l, time_ms now)
{
    struct str number = qoo10_text(s->q.kept, l->row, Q_TRACKING);
    if (qoo10_claim_is_cancelled(l->claim)) {
        warn_gone(s, l->claim);
    } else if (l->status >= 4) {
        decide_shipped(s, number, now);
    } else if (qoo10_claim_is_asked(l->claim)) {
        fail(s, ERROR_REJECTED, "qoo10.cancel_requested",
             "購入者がキャンセルを要請しています。発送を止めて確認してください。",
             "The buyer asks for cancellation. Stop the parcel and look.",
             "QSMのキャンセル管理で承認するか、要請が取り下げられてから再送してください。",
             "Accept it in QSM, or send again once the request is withdrawn.");
    } else if (l->status == 1) {
        fail(s, ERROR_CONFLICT, "qoo10.unpaid", "Qoo10で入金待ちの注文です。",
             "The order awaits payment at Qoo10.", "入金されると自動的に反映します。",
             "It is told by itself once it is paid.");
    } else if (l->status == 0) {
        fail(s, ERROR_MALFORMED, "qoo10.status_unreadable", "注文のステータスを読み取れません。",
             "The order's status can't be read.", "", "");
    } else {
        bool confirm = l->status == 2 && account_flag(&s->q.base.account, "confirm_before_ship");
        warn_date(s, now);
        s->step = confirm ? SHIP_CONFIRM : SHIP_TELL;
    }
}

static void looked(struct ship_op *s, time_ms now, struct json object)
{
    struct qoo10_collection c = {.arena = s->q.kept};
    struct error error;
    size_t rows;
    if (!qoo10_collect(&c, object, &rows, &error)) {
        qoo10_fail(&s->q, &error);
        return;
    }
    if (c.count == 1 && c.lines[0].order_no == s->notices[s->at].order_no) {
        decide(s, &c.lines[0], now);
        return;
    }
    fail(s, ERROR_MALFORMED, "qoo10.other_order", "要求した注文とは別の注文が返されました。",
         "Another order came than the one asked for.", "", "");
}

static void take(struct qoo10_op *op, time_ms now, struct json object)
{
    struct ship_op *s = (struct ship_op *)op;
    switch (s->step) {
    case SHIP_LOOK:
        looked(s, now, object);
        break;
    case SHIP_CONFIRM:
        s->step = SHIP_TELL;
        break;
    case SHIP_TELL:
        s->told++;
        next_line(s);
        break;
    }
}

// Confirmed meanwhile by somebody else: then it can be told.
static bool refused(struct qoo10_op *op, time_ms now, const struct error *error)
{
    struct ship_op *s = (struct ship_op *)op;
    (void)now;
    if (!s->made || s->step != SHIP_CONFIRM || strcmp(error->code, "qoo10.already_confirmed") != 0)
        return false;
    s->step = SHIP_TELL;
    return true;
}

struct mall_op *qoo10_ship(const struct mall_account *account,
                           const struct mall_ship_request *request, const struct mall_sink *sink,
                           struct error *error)
{
    static const struct qoo10_steps steps = {.plan = plan, .take = take, .refused = refused};
    if (!request->order || str_is_empty(request->order->order_no)) {
        error_set(error, ERROR_BAD_INPUT, "qoo10.order_number", "注文番号がありません。",
                  "The order number is missing.");
        return NULL;
    }
    struct ship_op *s = qoo10_op_new(sizeof *s, &steps, account, sink, error);
    if (!s)
        return NULL;
    s->request = *request;
    s->order_no = request->order->order_no;
    return &s->q.base;
}
