// SPDX-License-Identifier: Apache-2.0
//
// cancelOrder and cancelOrderAfterShipping (rakuten.md §9). The order is read first: its status
// decides which call is right, a registered ship date forbids the first (D-281), and a cancellation
// that is there already needs no call. Nothing of this can be taken back.
#include "mall/rakuten/codes.h"
#include "mall/rakuten/read.h"

struct cancel_op {
    struct rakuten_op op;
    struct str number;
    int64_t reason, restore;
    bool decided;
    const char *call;
};

static void refuse(struct cancel_op *c, const char *code, const char *ja, const char *en,
                   const char *hint_ja, const char *hint_en)
{
    struct error error;
    error_set(&error, ERROR_REJECTED, code, "%s%.0s", "%.0s%s", ja, en);
    error_hint(&error, hint_ja, hint_en);
    error_subject(&error, "%.*s", STR_ARG(c->number));
    mall_op_fail(&c->op.base, &error);
}

static void cancel_build(struct rakuten_op *op, time_ms now)
{
    struct cancel_op *c = (struct cancel_op *)op;
    (void)now;
    if (!c->decided) {
        rakuten_request_orders(op, &c->number, 1);
        return;
    }
    struct buf body = rakuten_body();
    struct json_writer w = json_writer_make(&body);
    json_begin_object(&w);
    json_put_str(&w, "orderNumber", c->number);
    json_put_int(&w, "inventoryRestoreType", c->restore);
    json_put_int(&w, "changeReasonDetailApply", c->reason);
    json_end_object(&w);
    rakuten_request(op, c->call, true, &body);
}

static bool has_ship_date(const struct order *order)
{
    for (size_t i = 0; i < order->package_count; i++)
        for (size_t k = 0; k < order->packages[i].shipment_count; k++)
            if (order->packages[i].shipments[k].ship_date != 0)
                return true;
    return false;
}

static void decide(struct cancel_op *c, const struct order *order)
{
    int64_t progress = rakuten_progress(order);
    bool was_shipped = order->shipped_at != TIME_NONE;
    c->decided = true;
    if (progress == RAKUTEN_CANCELLED || (progress == RAKUTEN_CANCEL_REQUESTED && !was_shipped))
        c->op.base.done = true;
    else if (progress >= RAKUTEN_SHIPPED && progress <= RAKUTEN_CANCEL_REQUESTED)
        c->call = "cancelOrderAfterShipping";
    else if (progress != RAKUTEN_WAITS_FOR_CONFIRMATION && progress != RAKUTEN_PROCESSING &&
             progress != RAKUTEN_TO_SHIP)
        refuse(c, "rakuten.status_forbids_cancel",
               "楽天のステータスが変更確定待ちなどのため、キャンセルできません。",
               "The order's status at Rakuten doesn't allow cancelling.",
               "ステータスが変わるのを待つか、RMSで操作してください。",
               "Wait until the status changes, or cancel in RMS.");
    else if (has_ship_date(order))
        refuse(c, "rakuten.ship_date_registered",
               "楽天に発送日が登録されているため、キャンセルできません。",
               "It can't be cancelled while a ship date is registered at Rakuten.",
               "RMSの注文詳細で発送日を削除してから、もう一度キャンセルしてください。",
               "Remove the ship date on the order's page in RMS, then cancel again.");
    else
        c->call = "cancelOrder";
}

static bool says_done(struct json root)
{
    struct json entry;
    for (struct json_iter i = json_iterate(json_get(root, "MessageModelList"));
         json_next(&i, &entry);) {
        struct rakuten_message m = rakuten_message_read(entry);
        if (rakuten_message_is(&m, "INFO") || rakuten_message_is(&m, "WARNING"))
            return true;
    }
    return false;
}

static bool any_error(struct json root, struct error *error)
{
    struct json entry;
    for (struct json_iter i = json_iterate(json_get(root, "MessageModelList"));
         json_next(&i, &entry);) {
        struct rakuten_message m = rakuten_message_read(entry);
        if (rakuten_message_is(&m, "ERROR")) {
            rakuten_refusal(error, 200, m.code, m.text);
            return true;
        }
    }
    return false;
}

static void cancel_answer(struct rakuten_op *op, time_ms now, struct json root)
{
    struct cancel_op *c = (struct cancel_op *)op;
    struct order order;
    struct error error;
    if (!c->decided) {
        if (rakuten_find_order(op, op->answer_arena, now, root, c->number, &order, &error))
            decide(c, &order);
        else
            mall_op_fail(&op->base, &error);
    } else if (any_error(root, &error)) {
        error_subject(&error, "%.*s", STR_ARG(c->number));
        mall_op_fail(&op->base, &error);
    } else if (says_done(root)) {
        op->base.done = true;
    } else {
        rakuten_unreadable(op, "MessageModelList");
    }
}

static bool is_reason(int64_t code)
{
    for (size_t i = 0; i < RAKUTEN_REASON_COUNT; i++) {
        int64_t known;
        if (str_to_int64(str_from(rakuten_cancel_reasons[i].value), &known) && known == code)
            return true;
    }
    return false;
}

struct mall_op *rakuten_cancel(const struct mall_account *account,
                               const struct mall_cancel_request *request,
                               const struct mall_sink *sink, struct error *error)
{
    int64_t reason = 10; // 店舗様都合: その他
    if (!str_is_empty(request->reason) &&
        (!str_to_int64(str_trim(request->reason), &reason) || !is_reason(reason))) {
        error_set(error, ERROR_BAD_INPUT, "rakuten.cancel_reason",
                  "キャンセル理由は楽天の選択肢から選んでください。",
                  "The reason isn't one of Rakuten's.");
        return NULL;
    }
    struct cancel_op *c = rakuten_op_new(sizeof *c, account, sink, error);
    if (!c)
        return NULL;
    c->op.build = cancel_build;
    c->op.answer = cancel_answer;
    c->reason = reason;
    c->restore = account_integer(&c->op.base.account, "cancel_inventory_restore", 0);
    c->number = str_dup(c->op.base.arena, request->order->order_no);
    if (arena_failed(c->op.base.arena)) {
        error_no_memory(error);
        return mall_op_free(&c->op.base);
    }
    return &c->op.base;
}
