// SPDX-License-Identifier: Apache-2.0
//
// Telling Yahoo a shipment (yahoo.md §9.3, §11.5): look, set 出荷済み with number, carrier and
// date, and, where the shop wants it and the money is there, close the order after a pause.
// Invariants: nothing is written before the order was read, and a step that the mall already shows
// is not repeated, because 出荷済み captures cards and 完了 fixes points; so a stored progress only
// tells how long to wait, the mall tells what is left. A parcel that the mall shows as shipped with
// another number is corrected without touching the status (no second capture), and only when the
// mall has not changed since the order was last read. Warnings are told, never retried. A lost
// answer ends the operation as ambiguous.
// Progress: "shipping" (the first write may be out), "shipped <ms>" (it is done since then),
// "closing <ms>". Threads: the operation's. Ownership: the wish lives in the operation's arena.
#include "mall/yahoo/fields.h"
#include "mall/yahoo/internal.h"

#define READ_ONLY_WINDOW_MS (10 * 60 * 1000LL + 30 * 1000LL)
#define FRAUD_PAUSE_MS (60 * 60 * 1000LL)

enum ship_step { SHIP_LOOK, SHIP_TELL, SHIP_CORRECT, SHIP_CLOSE };

struct ship_op {
    struct yahoo_op y; // first
    struct mall_ship_request request;
    struct str order_no;
    struct yahoo_shipment wanted;
    bool made; // `wanted` is filled
    enum ship_step step;
    time_ms shipped_at; // by our write, as far as known
    struct yahoo_state seen;
};

// ---- requests ----

static void begin(struct yahoo_op *y, struct buf *body, struct str order_no)
{
    buf_add(body, STR("<Req><Target>"));
    xml_add_element(body, "OrderId", order_no);
    buf_add(body, STR("<IsPointFix>true</IsPointFix>"));
    if (yahoo_setting(y, "operation_user").n > 0)
        xml_add_element(body, "OperationUser", yahoo_setting(y, "operation_user"));
    buf_add(body, STR("</Target>"));
}

static void end(struct yahoo_op *y, struct buf *body)
{
    xml_add_element(body, "SellerId", yahoo_setting(y, "seller_id"));
    buf_add(body, STR("</Req>"));
}

// No ShipMethod: the carrier bound to it in the store's settings would win over ours.
static void add_parcel(struct buf *body, const struct yahoo_shipment *s)
{
    char date[16];
    xml_add_element(body, "ShipCompanyCode", s->company_code);
    if (s->numbers[0].n > 0)
        xml_add_element(body, "ShipInvoiceNumber1", s->numbers[0]);
    if (s->numbers[1].n > 0)
        xml_add_element(body, "ShipInvoiceNumber2", s->numbers[1]);
    if (s->empty_reason.n > 0)
        xml_add_element(body, "ShipInvoiceNumberEmptyReason", s->empty_reason);
    struct str digits = time_format_yahoo(day_start_jst(s->ship_date), date);
    xml_add_element(body, "ShipDate", str_slice(digits, 0, 8));
}

static bool plan_look(struct ship_op *op)
{
    AUTO_BUF body = buf_make(YAHOO_REQUEST_BYTES_MAX);
    op->y.call.operation = "orderInfo";
    buf_add(&body, STR("<Req><Target>"));
    xml_add_element(&body, "OrderId", op->order_no);
    xml_add_element(&body, "Field", str_from(yahoo_state_fields));
    buf_add(&body, STR("</Target>"));
    end(&op->y, &body);
    return yahoo_set_body(&op->y, &body);
}

static bool plan_tell(struct ship_op *op)
{
    AUTO_BUF body = buf_make(YAHOO_REQUEST_BYTES_MAX);
    if (!yahoo_progress(&op->y, STR("shipping")))
        return false;
    op->y.call.operation = "orderShipStatusChange";
    op->y.call.writes = true;
    begin(&op->y, &body, op->order_no);
    buf_addf(&body, "<Order><Ship><ShipStatus>%d</ShipStatus>", op->wanted.ship_status);
    add_parcel(&body, &op->wanted);
    buf_add(&body, STR("</Ship></Order>"));
    end(&op->y, &body);
    return yahoo_set_body(&op->y, &body);
}

static bool plan_correct(struct ship_op *op)
{
    AUTO_BUF body = buf_make(YAHOO_REQUEST_BYTES_MAX);
    if (!yahoo_progress(&op->y, STR("shipping")))
        return false;
    op->y.call.operation = "orderChange";
    op->y.call.writes = true;
    buf_add(&body, STR("<Req><Target>"));
    xml_add_element(&body, "OrderId", op->order_no);
    if (yahoo_setting(&op->y, "operation_user").n > 0)
        xml_add_element(&body, "OperationUser", yahoo_setting(&op->y, "operation_user"));
    buf_add(&body, STR("</Target><Order><Ship>"));
    add_parcel(&body, &op->wanted);
    buf_add(&body, STR("</Ship></Order>"));
    end(&op->y, &body);
    return yahoo_set_body(&op->y, &body);
}

static bool plan_close(struct ship_op *op)
{
    AUTO_BUF body = buf_make(YAHOO_REQUEST_BYTES_MAX);
    struct str progress = arena_printf(op->y.scratch, "closing %lld", (long long)op->shipped_at);
    if (!yahoo_progress(&op->y, progress))
        return false;
    op->y.call.operation = "orderStatusChange";
    op->y.call.writes = true;
    begin(&op->y, &body, op->order_no);
    buf_add(&body, STR("<Order><OrderStatus>5</OrderStatus></Order>"));
    end(&op->y, &body);
    return yahoo_set_body(&op->y, &body);
}

static bool make_wish(struct ship_op *op, time_ms now)
{
    struct error error = {0};
    if (op->made)
        return true;
    if (!yahoo_shipment_make(op->y.base.arena, &op->y.base.account, &op->request, day_in_jst(now),
                             &op->wanted, &error)) {
        yahoo_fail(&op->y, &error);
        return false;
    }
    op->made = true;
    return true;
}

static bool plan(struct yahoo_op *y, time_ms now)
{
    struct ship_op *op = (struct ship_op *)y;
    if (!make_wish(op, now))
        return false;
    bool planned = false;
    switch (op->step) {
    case SHIP_LOOK:
        planned = plan_look(op);
        break;
    case SHIP_TELL:
        planned = plan_tell(op);
        break;
    case SHIP_CORRECT:
        planned = plan_correct(op);
        break;
    case SHIP_CLOSE:
        planned = plan_close(op);
        break;
    }
    y->call.order_no = op->order_no;
    return planned;
}

// ---- answers ----

static void fail(struct ship_op *op, const char *code, const char *ja, const char *en,
                 const char *hint_ja, const char *hint_en, int64_t retry_after_ms)
{
    struct error error;
    // What passes by itself is asked again; the rest waits for a person.
    error_set(&error, retry_after_ms > 0 ? ERROR_CONFLICT : ERROR_REJECTED, code, "%s%.0s",
              "%.0s%s", ja, en);
    error_hint(&error, hint_ja, hint_en);
    error_subject(&error, "%.*s", STR_ARG(op->order_no));
    error.retry_after_ms = retry_after_ms;
    yahoo_fail(&op->y, &error);
}

// States in which Yahoo takes no change at all.
static bool is_operable(struct ship_op *op, const struct xml_node *info, time_ms now)
{
    const struct yahoo_state *s = &op->seen;
    if (s->order == 4) {
        fail(op, "yahoo.order_cancelled", "モール側でキャンセルされた注文です。",
             "The mall has cancelled the order.", "出荷を止めてください。", "Stop the shipment.",
             0);
        return false;
    }
    if (s->read_only) {
        time_ms ordered = yahoo_time(info, "OrderTime");
        int64_t left = ordered == TIME_NONE ? 60000 : ordered + READ_ONLY_WINDOW_MS - now;
        fail(op, "yahoo.read_only_window",
             "購入者が取り消せる時間内（注文から10分）のため、まだ反映できません。",
             "Within the buyer's ten minutes; it can't be told yet.",
             "時間が過ぎると自動的に反映します。", "It is told by itself after that.",
             left > 60000 ? left : 60000);
        return false;
    }
    if (s->fraud == 1 || s->fraud == 3) {
        fail(op, "yahoo.fraud_hold", "不正注文の審査中のため、Yahoo!は変更を受け付けません。",
             "Yahoo takes no change while it checks the order for fraud.",
             "審査が終わると自動的に反映します。出荷はお控えください。",
             "It is told once the check is over. Do not ship before.", FRAUD_PAUSE_MS);
        return false;
    }
    return true;
}

// A number and the reason for having none exclude each other, stored ones included (§9.3).
static bool is_exclusive(struct ship_op *op, struct str reason, const struct str numbers[2])
{
    bool number_there = numbers[0].n > 0 || numbers[1].n > 0;
    if (op->wanted.numbers[0].n > 0 && !str_is_empty(reason) && !str_eq(reason, STR("0"))) {
        fail(op, "yahoo.empty_reason_stored",
             "Yahoo!側に「伝票番号なしの理由」が登録されているため、伝票番号を登録できません。",
             "Yahoo has a reason for having no number, so it takes no number.",
             "ストアクリエイターProで理由を消してから、もう一度反映してください。",
             "Remove the reason in Store Creator Pro, then send again.", 0);
        return false;
    }
    if (op->wanted.empty_reason.n > 0 && number_there) {
        fail(op, "yahoo.number_stored",
             "Yahoo!側に伝票番号が登録されているため、「伝票番号なし」では登録できません。",
             "Yahoo has a tracking number, so it takes no reason for having none.",
             "伝票番号を入力するか、ストアクリエイターProの番号を確認してください。",
             "Enter the number, or look at the one in Store Creator Pro.", 0);
        return false;
    }
    return true;
}

static int64_t close_pause_ms(const struct ship_op *op)
{
    int64_t seconds = account_integer(&op->y.base.account, "close_wait_seconds", 10);
    return (seconds < 10 ? 10 : seconds) * YAHOO_SECOND_MS;
}

// After the shipment is at the mall: close, wait for closing, or be done.
static void after_shipping(struct ship_op *op, time_ms now)
{
    if (!op->wanted.close || op->seen.order == 5) {
        op->y.base.done = true;
        return;
    }
    if (op->seen.pay != 1) {
        struct error warning;
        error_set(&warning, ERROR_REJECTED, "yahoo.not_closed_unpaid",
                  "未入金のため、出荷のみ反映し、完了にはしていません。",
                  "Shipping was told; the order is not closed because it is not paid.");
        error_subject(&warning, "%.*s", STR_ARG(op->order_no));
        yahoo_warn(&op->y, op->order_no, &warning);
        op->y.base.done = true;
        return;
    }
    op->step = SHIP_CLOSE;
    time_ms at = op->shipped_at + close_pause_ms(op);
    op->y.wait_until = at > now ? at : TIME_NONE;
}

static void decide(struct ship_op *op, const struct xml_node *info, time_ms now)
{
    struct str numbers[2] = {yahoo_order_text(info, "Ship", "ShipInvoiceNumber1"),
                             yahoo_order_text(info, "Ship", "ShipInvoiceNumber2")};
    struct str company = yahoo_order_text(info, "Ship", "ShipCompanyCode");
    struct str reason = yahoo_order_text(info, "Ship", "ShipInvoiceNumberEmptyReason");
    day date = yahoo_day(xml_child(info, "Ship"), "ShipDate");
    struct error difference = {0};
    enum mall_comparison c = yahoo_compare(&op->y.base.account, &op->seen, company, numbers, reason,
                                           date, &op->wanted, &difference);
    bool shipped = op->seen.ship >= op->wanted.ship_status;
    if (c == MALL_SAME || (c == MALL_NOT_YET && shipped)) {
        time_ms changed = yahoo_time(info, "LastUpdateTime");
        if (op->shipped_at == TIME_NONE)
            op->shipped_at = changed == TIME_NONE ? now : changed;
        after_shipping(op, now);
        return;
    }
    if (!is_exclusive(op, reason, numbers))
        return;
    if (!shipped) {
        op->step = SHIP_TELL;
        return;
    }
    struct str mark = yahoo_update_mark(op->y.scratch, xml_child_text(info, "Version"),
                                        xml_child_text(info, "LastUpdateTime"), &op->seen);
    bool as_known = op->request.order && str_eq(mark, op->request.order->mall_update_mark);
    if (as_known) {
        op->step = SHIP_CORRECT;
        return;
    }
    error_hint(&difference,
               "ストアクリエイターProで先に変更されています。どちらが正しいか確認してください。",
               "It was changed in Store Creator Pro. See which of the two is right.");
    error_subject(&difference, "%.*s", STR_ARG(op->order_no));
    difference.class = ERROR_REJECTED;
    yahoo_fail(&op->y, &difference);
}

static void looked(struct ship_op *op, time_ms now, const struct yahoo_answer *answer)
{
    const struct xml_node *info = xml_child(answer->result, "OrderInfo");
    struct error error;
    if (!info || !str_eq(xml_child_text(info, "OrderId"), op->order_no)) {
        error_set(&error, ERROR_MALFORMED, "yahoo.other_order",
                  "要求した注文とは別の注文が返されました。",
                  "Another order came than the one asked for.");
        error_subject(&error, "%.*s", STR_ARG(op->order_no));
        yahoo_fail(&op->y, &error);
        return;
    }
    yahoo_state_read(info, &op->seen);
    if (op->seen.order < 0 || op->seen.ship < 0) {
        error_set(&error, ERROR_MALFORMED, "yahoo.field_missing",
                  "注文データに項目 %s がありません。", "The order's field %s is missing.",
                  op->seen.order < 0 ? "OrderStatus" : "ShipStatus");
        yahoo_fail(&op->y, &error);
        return;
    }
    if (is_operable(op, info, now))
        decide(op, info, now);
}

static void take(struct yahoo_op *y, time_ms now, const struct yahoo_answer *answer)
{
    struct ship_op *op = (struct ship_op *)y;
    if (op->step == SHIP_LOOK) {
        looked(op, now, answer);
        return;
    }
    yahoo_tell_warnings(y, op->order_no, answer->result);
    if (op->step == SHIP_CLOSE) {
        y->base.done = true;
        return;
    }
    op->shipped_at = now;
    struct str progress = arena_printf(y->scratch, "shipped %lld", (long long)now);
    if (arena_failed(y->scratch)) {
        yahoo_fail_no_memory(y);
        return;
    }
    if (yahoo_progress(y, progress))
        after_shipping(op, now);
}

// Only the time is taken from an earlier try; what is left to do the mall says.
static time_ms shipped_at_of(struct str progress)
{
    int64_t ms;
    bool dated = str_starts(progress, STR("shipped ")) || str_starts(progress, STR("closing "));
    return dated && str_to_int64(str_slice(progress, 8, progress.n), &ms) ? ms : TIME_NONE;
}

struct mall_op *yahoo_ship(const struct mall_account *account,
                           const struct mall_ship_request *request, const struct mall_sink *sink,
                           struct error *error)
{
    static const struct yahoo_steps steps = {.plan = plan, .take = take};
    if (!request->order || str_is_empty(request->order->order_no)) {
        error_set(error, ERROR_BAD_INPUT, "yahoo.order_number", "注文番号がありません。",
                  "The order number is missing.");
        return NULL;
    }
    struct ship_op *op = yahoo_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->request = *request;
    op->order_no = request->order->order_no;
    op->shipped_at = shipped_at_of(request->progress);
    return &op->y.base;
}
