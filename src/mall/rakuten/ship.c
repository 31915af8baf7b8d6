// SPDX-License-Identifier: Apache-2.0
//
// Reporting a shipment (rakuten.md §7): read the order, match rows, write what is missing in one
// call, at once (updateOrderShipping) or asynchronously (with polling for the result).
//
// Progress, stored by the caller before the write and given back after a crash, as JSON:
//   {"stage":"sending","async":true,"at":1768…}                      a write may have left
//   {"stage":"accepted","at":1768…,"request_id":"<uuid>_<time>"}     Rakuten took it; result open
// Every try begins by reading unless a result is open, so that what has arrived is never written
// again. A result that isn't there, of an unknown and of an expired request all look alike (§7.3):
// after RESULT_WITHIN_MS the outcome counts as unknown, and reading back decides.
#include "mall/rakuten/codes.h"
#include "mall/rakuten/read.h"
#include "mall/rakuten/ship_rules.h"

#define POLL_MS 30000
#define RESULT_WITHIN_MS (2 * 3600 * 1000LL)

enum ship_step { SHIP_READ, SHIP_SEND, SHIP_WAIT, SHIP_POLL };

struct ship_op {
    struct rakuten_op op;
    struct mall_ship_request request;
    enum ship_step step;
    bool async;
    bool maybe_running; // an asynchronous write of unknown fate is on its way
    bool resumed;       // asks for the result of an earlier try
    time_ms sent_at;
    struct str request_id;
    struct arena *plan_arena;
    struct rakuten_plan plan;
};

static void write_row(struct json_writer *w, const struct rakuten_row *row)
{
    char text[12];
    int64_t id;
    json_begin_object(w);
    // Without it a row would be added (§7.4), so whatever the mall gave goes back.
    if (str_to_int64(row->detail_id, &id))
        json_put_int(w, "shippingDetailId", id);
    else if (row->detail_id.n > 0)
        json_put_str(w, "shippingDetailId", row->detail_id);
    if (row->remove) {
        json_put_int(w, "shippingDeleteFlag", 1);
    } else {
        json_put_str(w, "deliveryCompany", str_from(row->company));
        if (row->send_number)
            json_put_str(w, "shippingNumber", row->number);
        json_put_str(w, "shippingDate", day_format(row->date, text));
    }
    json_end_object(w);
}

static void write_report(struct ship_op *s, struct json_writer *w)
{
    json_begin_object(w);
    json_put_str(w, "orderNumber", s->request.order->order_no);
    json_key(w, "BasketidModelList");
    json_begin_array(w);
    for (size_t i = 0; i < s->plan.count; i++) {
        const struct rakuten_basket *basket = &s->plan.baskets[i];
        int64_t id = 0;
        str_to_int64(basket->basket_id, &id);
        json_begin_object(w);
        json_put_int(w, "basketId", id);
        json_key(w, "ShippingModelList");
        json_begin_array(w);
        for (size_t k = 0; k < basket->count; k++)
            write_row(w, &basket->rows[k]);
        json_end_array(w);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

static bool keep_progress(struct ship_op *s, const char *stage)
{
    const struct mall_sink *sink = s->op.base.sink;
    AUTO_BUF text = buf_make(1024);
    struct json_writer w = json_writer_make(&text);
    struct error error;
    json_begin_object(&w);
    json_put_str(&w, "stage", str_from(stage));
    json_put_bool(&w, "async", s->async);
    json_put_int(&w, "at", s->sent_at);
    if (s->request_id.n > 0)
        json_put_str(&w, "request_id", s->request_id);
    json_end_object(&w);
    if (text.failed) {
        rakuten_no_memory(&s->op);
        return false;
    }
    if (!sink || !sink->progress || sink->progress(sink->context, buf_str(&text), &error))
        return true;
    mall_op_fail(&s->op.base, &error);
    return false;
}

static void send(struct ship_op *s, time_ms now)
{
    s->sent_at = now;
    if (!keep_progress(s, "sending"))
        return;
    struct buf body = rakuten_body();
    struct json_writer w = json_writer_make(&body);
    if (s->async) {
        json_begin_object(&w);
        json_key(&w, "OrderShippingModelList");
        json_begin_array(&w);
        write_report(s, &w);
        json_end_array(&w);
        json_end_object(&w);
    } else {
        write_report(s, &w);
    }
    rakuten_request(&s->op, s->async ? "updateOrderShippingAsync" : "updateOrderShipping", true,
                    &body);
}

static void poll(struct ship_op *s)
{
    struct buf body = rakuten_body();
    struct json_writer w = json_writer_make(&body);
    json_begin_object(&w);
    json_put_str(&w, "requestId", s->request_id);
    json_end_object(&w);
    rakuten_request(&s->op, "getResultUpdateOrderShippingAsync", false, &body);
}

static void ship_build(struct rakuten_op *op, time_ms now)
{
    struct ship_op *s = (struct ship_op *)op;
    switch (s->step) {
    case SHIP_READ:
        rakuten_request_orders(op, &s->request.order->order_no, 1);
        break;
    case SHIP_SEND:
        send(s, now);
        break;
    case SHIP_WAIT:
        s->step = SHIP_POLL;
        rakuten_wait(op, now + POLL_MS);
        break;
    case SHIP_POLL:
        poll(s);
        break;
    }
}

static void fail(struct ship_op *s, enum error_class class, const char *code, const char *ja,
                 const char *en)
{
    struct error error;
    error_set(&error, class, code, "%s%.0s", "%.0s%s", ja, en);
    error_subject(&error, "%.*s", STR_ARG(s->request.order->order_no));
    mall_op_fail(&s->op.base, &error);
}

// Texts of the plan outlive the answer they come from.
static bool read_order(struct ship_op *s, time_ms now, struct json root, struct order *order)
{
    struct error error;
    arena_reset(s->plan_arena);
    if (rakuten_find_order(&s->op, s->plan_arena, now, root, s->request.order->order_no, order,
                           &error))
        return true;
    mall_op_fail(&s->op.base, &error);
    return false;
}

static void take_order(struct ship_op *s, time_ms now, struct json root)
{
    struct order order;
    struct error error;
    if (!read_order(s, now, root, &order))
        return;
    if (rakuten_ship_compare(&s->op.base.account, &order, &s->request, &error) == MALL_SAME) {
        s->op.base.done = true;
    } else if (rakuten_progress(&order) >= RAKUTEN_CANCEL_REQUESTED) {
        fail(s, ERROR_REJECTED, "order.cancelled_at_mall",
             "楽天でキャンセル(申請)"
             "された注文のため、発送情報を登録できません。荷物を止めてください。",
             "The order is cancelled at Rakuten; stop the parcel.");
    } else if (s->maybe_running && now - s->sent_at < RESULT_WITHIN_MS) {
        fail(s, ERROR_AMBIGUOUS, "rakuten.async_maybe_running",
             "前回送った発送完了報告がまだ処理中の可能性があります。",
             "The report sent before may still be under way at Rakuten.");
    } else if (!rakuten_ship_plan(s->plan_arena, &s->op.base.account, &s->request, &order, &s->plan,
                                  &error)) {
        mall_op_fail(&s->op.base, &error);
    } else if (s->plan.rows == 0) {
        // Nothing of ours to write, yet not the same: a row of somebody else is half-empty.
        s->op.base.done = true;
    } else {
        s->step = SHIP_SEND;
    }
}

// Messages of a report, also as part of an asynchronous result. True: no row was refused.
static bool take_messages(struct ship_op *s, struct json holder, size_t *accepted)
{
    struct json entry;
    struct error error, first = {0};
    *accepted = 0;
    for (struct json_iter i = json_iterate(json_get(holder, "MessageModelList"));
         json_next(&i, &entry);) {
        struct rakuten_message m = rakuten_message_read(entry);
        bool refused = rakuten_message_is(&m, "ERROR");
        if (!refused && !rakuten_message_is(&m, "WARNING")) {
            ++*accepted;
            continue;
        }
        rakuten_refusal(&error, 200, m.code, m.text);
        error_subject(&error, "%.*s", STR_ARG(s->request.order->order_no));
        if (refused && !error_is_set(&first))
            first = error;
        if (!refused) {
            ++*accepted;
            rakuten_warn(&s->op, s->request.order->order_no, &error);
        }
    }
    if (!error_is_set(&first))
        return true;
    mall_op_fail(&s->op.base, &first);
    return false;
}

static void take_sync_answer(struct ship_op *s, struct json root)
{
    size_t accepted;
    if (!take_messages(s, root, &accepted))
        return;
    if (accepted == 0)
        rakuten_unreadable(&s->op, "MessageModelList");
    else
        s->op.base.done = true;
}

static void take_async_answer(struct ship_op *s, struct json root)
{
    size_t accepted;
    struct json entry;
    if (!take_messages(s, root, &accepted))
        return;
    struct str id = json_str(json_get(root, "requestId"));
    for (struct json_iter i = json_iterate(json_get(root, "MessageModelList"));
         str_is_empty(id) && json_next(&i, &entry);)
        id = json_str(json_get(entry, "requestId"));
    s->request_id = str_dup(s->op.base.arena, id);
    if (arena_failed(s->op.base.arena) || str_is_empty(s->request_id)) {
        rakuten_unreadable(&s->op, "requestId");
        return;
    }
    if (keep_progress(s, "accepted"))
        s->step = SHIP_WAIT;
}

static void take_result(struct ship_op *s, time_ms now, struct json root)
{
    struct json result;
    size_t accepted;
    for (struct json_iter i = json_iterate(json_get(root, "ResultShippingModelList"));
         json_next(&i, &result);) {
        if (!str_eq(json_str(json_get(result, "orderNumber")), s->request.order->order_no))
            continue;
        if (take_messages(s, result, &accepted))
            s->op.base.done = true;
        return;
    }
    if (now - s->sent_at >= RESULT_WITHIN_MS && s->resumed)
        s->step = SHIP_READ; // nothing will come any more: what the order shows decides
    else if (now - s->sent_at >= RESULT_WITHIN_MS)
        fail(s, ERROR_AMBIGUOUS, "rakuten.async_no_result",
             "楽天から発送完了報告の結果が返りません。反映されたか不明です。",
             "Rakuten gives no result of the report; the outcome is unknown.");
    else
        s->step = SHIP_WAIT;
}

static void ship_answer(struct rakuten_op *op, time_ms now, struct json root)
{
    struct ship_op *s = (struct ship_op *)op;
    switch (s->step) {
    case SHIP_READ:
        take_order(s, now, root);
        break;
    case SHIP_SEND:
        if (s->async)
            take_async_answer(s, root);
        else
            take_sync_answer(s, root);
        break;
    case SHIP_WAIT:
    case SHIP_POLL:
        take_result(s, now, root);
        break;
    }
}

// Asking for the result can be refused for reasons that say nothing about the report itself.
static bool ship_refused(struct rakuten_op *op, time_ms now, const struct error *error)
{
    struct ship_op *s = (struct ship_op *)op;
    if (s->step != SHIP_POLL ||
        (error->class != ERROR_REJECTED && error->class != ERROR_NOT_FOUND &&
         error->class != ERROR_MALFORMED))
        return false;
    if (s->resumed && now - s->sent_at >= RESULT_WITHIN_MS) {
        s->step = SHIP_READ;
        return true;
    }
    struct error unknown = *error;
    unknown.class = ERROR_AMBIGUOUS;
    mall_op_fail(&op->base, &unknown);
    return true;
}

static void resume(struct ship_op *s)
{
    AUTO_ARENA arena = arena_new(64 * 1024);
    struct json root;
    struct error ignored;
    if (!arena || str_is_empty(s->request.progress) ||
        !json_parse(arena, s->request.progress, false, &root, &ignored))
        return;
    int64_t at = 0;
    json_int(json_get(root, "at"), &at);
    struct str stage = json_str(json_get(root, "stage"));
    struct str id = json_str(json_get(root, "request_id"));
    bool async = json_true(json_get(root, "async"));
    s->sent_at = at;
    if (str_eq(stage, STR("accepted")) && id.n > 0) {
        s->request_id = str_dup(s->op.base.arena, id);
        s->step = SHIP_POLL;
        s->resumed = true;
    } else if (async) {
        s->maybe_running = true;
    }
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

struct mall_op *rakuten_ship(const struct mall_account *account,
                             const struct mall_ship_request *request, const struct mall_sink *sink,
                             struct error *error)
{
    if (!rakuten_ship_preflight(account, request, 0, error))
        return NULL;
    struct ship_op *s = rakuten_op_new(sizeof *s, account, sink, error);
    if (!s)
        return NULL;
    s->op.build = ship_build;
    s->op.answer = ship_answer;
    s->op.refused = ship_refused;
    s->request = *request;
    s->async = account_flag(&s->op.base.account, "shipping_async");
    s->plan_arena = arena_new((size_t)64 * 1024 * 1024);
    bool kept = arena_defer(s->op.base.arena, free_arena, s->plan_arena);
    resume(s);
    if (!kept || !s->plan_arena || arena_failed(s->op.base.arena)) {
        error_no_memory(error);
        return mall_op_free(&s->op.base);
    }
    return &s->op.base;
}
