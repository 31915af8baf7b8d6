// SPDX-License-Identifier: Apache-2.0
//
// The other changes of Rakuten's face: confirmation, sub-status, memo, remarks, cancellation, and
// the payment behind an order (rakuten.md §6, §8–10). Operations on several orders answer 200 with
// a message per order, refused ones included.
#include "sim/rakuten.h"

#define ORDERS_MAX 100
#define MEMO_CHARACTERS_MAX 1000
#define OPERATOR_CHARACTERS_MAX 6
#define MAIL_CHARACTERS_MAX 1024
#define REMARKS_CHARACTERS_MAX 4000

const struct rk_sub_status rk_sub_statuses[RK_SUB_STATUS_COUNT] = {
    {1001, 100, "要確認"},
    {3001, 300, "在庫確認中"},
    {3002, 300, "出荷指示済み"},
    {5001, 500, "フォローメール済み"},
};

const struct rk_sub_status *rk_sub_status(int64_t id)
{
    for (int i = 0; i < RK_SUB_STATUS_COUNT; i++)
        if (rk_sub_statuses[i].id == id)
            return &rk_sub_statuses[i];
    return NULL;
}

// Opens the list of messages; close_messages() ends the answer.
static void open_messages(struct json_writer *w)
{
    json_begin_object(w);
    json_key(w, "MessageModelList");
    json_begin_array(w);
}

static void close_messages(struct json_writer *w)
{
    json_end_array(w);
    json_end_object(w);
}

// The list of numbers; refuses it with 400 when it is missing or too long.
static bool read_numbers(struct json body, const char *operation, struct sim_response *response,
                         struct json *list)
{
    *list = json_get(body, "orderNumberList");
    const char *number = json_is_null(*list)              ? "009"
                         : json_type(*list) != JSON_ARRAY ? "011"
                         : json_count(*list) == 0         ? "010"
                         : json_count(*list) > ORDERS_MAX ? "011"
                                                          : NULL;
    if (!number)
        return true;
    rk_fail(response, 400, operation, number,
            rk_field_text(response->arena, "orderNumberList", number), "");
    return false;
}

static void confirm_one(struct sim *sim, struct json_writer *w, struct str number)
{
    struct sim_order *order = sim_order_find(sim, SIM_RAKUTEN, number);
    int progress = order ? rk_order(order)->progress : 0;
    if (!order) {
        rk_message(w, "ERROR", "CONFIRM_ORDER", "016", STR("対象の注文が存在しません。"), number);
    } else if (progress >= 800) {
        rk_message(w, "ERROR", "CONFIRM_ORDER", "102", STR("キャンセル済みの注文です。"), number);
    } else if (progress != 100) {
        rk_message(w, "ERROR", "CONFIRM_ORDER", "103", STR("注文確認待ちの注文ではありません。"),
                   number);
    } else if (rk_amount_is_open(order)) {
        rk_message(w, "ERROR", "CONFIRM_ORDER", "105", STR("送料が設定されていません。"), number);
    } else {
        rk_confirm(sim, order);
        (void)sim_effect_add(sim, order, "accept", STR("confirmOrder"));
        rk_message(w, "INFO", "CONFIRM_ORDER", "101", STR("注文確認に成功しました。"), number);
    }
}

void rk_confirm_order(struct sim *sim, struct json body, struct sim_response *response)
{
    struct json list, v;
    struct json_writer w = json_writer_make(&response->body);
    if (!read_numbers(body, "CONFIRM_ORDER", response, &list))
        return;
    open_messages(&w);
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);)
        confirm_one(sim, &w, json_str(v).p ? json_str(v) : STR(""));
    close_messages(&w);
}

void rk_get_sub_status_list(struct sim *sim, struct json body, struct sim_response *response)
{
    struct json_writer w = json_writer_make(&response->body);
    (void)sim;
    (void)body;
    json_begin_object(&w);
    json_key(&w, "MessageModelList");
    json_begin_array(&w);
    rk_message(&w, "INFO", "GET_SUBSTATUSLIST", "101", STR("取得に成功しました。"), STR_ABSENT);
    json_end_array(&w);
    json_key(&w, "StatusModelList");
    json_begin_array(&w);
    for (int progress = 100; progress <= 700; progress += 100) {
        json_begin_object(&w);
        json_put_int(&w, "orderProgress", progress);
        json_key(&w, "SubStatusModelList");
        json_begin_array(&w);
        int order = 1;
        for (int i = 0; i < RK_SUB_STATUS_COUNT; i++) {
            if (rk_sub_statuses[i].progress != progress)
                continue;
            json_begin_object(&w);
            json_put_int(&w, "subStatusId", rk_sub_statuses[i].id);
            json_put_str(&w, "subStatusName", str_from(rk_sub_statuses[i].name));
            json_put_int(&w, "orderby", order++);
            json_end_object(&w);
        }
        json_end_array(&w);
        json_end_object(&w);
    }
    close_messages(&w);
}

static void sub_status_one(struct sim *sim, struct json_writer *w, struct str number, int64_t id)
{
    struct sim_order *order = sim_order_find(sim, SIM_RAKUTEN, number);
    const struct rk_sub_status *sub = rk_sub_status(id);
    int progress = order ? rk_order(order)->progress : 0;
    if (!order)
        rk_message(w, "ERROR", "UPDATE_ORDERSUBSTATUS", "016", STR("対象の注文が存在しません。"),
                   number);
    else if (progress >= 800)
        rk_message(w, "ERROR", "UPDATE_ORDERSUBSTATUS", "101", STR("キャンセル済みの注文です。"),
                   number);
    else if (id != 0 && (!sub || sub->progress != progress))
        rk_message(w, "ERROR", "UPDATE_ORDERSUBSTATUS", "102",
                   STR("サブステータスが注文のステータスと一致しません。"), number);
    else {
        rk_order(order)->sub_status = id;
        rk_message(w, "INFO", "UPDATE_ORDERSUBSTATUS", "101", STR("更新に成功しました。"), number);
    }
}

void rk_update_sub_status(struct sim *sim, struct json body, struct sim_response *response)
{
    struct json list, v, id = json_get(body, "subStatusId");
    int64_t sub_status = 0;
    struct json_writer w = json_writer_make(&response->body);
    if (!json_exists(id)) {
        rk_fail(response, 400, "UPDATE_ORDERSUBSTATUS", "009",
                rk_field_text(response->arena, "subStatusId", "009"), "");
        return;
    }
    if (!read_numbers(body, "UPDATE_ORDERSUBSTATUS", response, &list))
        return;
    rk_int(id, &sub_status);
    open_messages(&w);
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);)
        sub_status_one(sim, &w, json_str(v).p ? json_str(v) : STR(""), sub_status);
    close_messages(&w);
}

// The order that a call is about, or NULL with the refusal written.
static struct sim_order *read_order(struct sim *sim, struct json body, const char *operation,
                                    struct sim_response *response)
{
    struct str number = json_str(json_get(body, "orderNumber"));
    if (!number.p) {
        rk_fail(response, 400, operation, "009",
                rk_field_text(response->arena, "orderNumber", "009"), "");
        return NULL;
    }
    struct sim_order *order = sim_order_find(sim, SIM_RAKUTEN, number);
    if (!order)
        rk_fail(response, 400, operation, "016", STR("対象の注文が存在しません。"), "");
    return order;
}

static void succeed(struct sim_response *response, const char *operation, const char *text,
                    const struct sim_order *order)
{
    struct json_writer w = json_writer_make(&response->body);
    open_messages(&w);
    rk_message(&w, "INFO", operation, "101", str_from(text), order->order_no);
    close_messages(&w);
}

static bool take(struct sim_order *order, struct json body, const char *key, size_t characters_max,
                 struct str *field)
{
    struct json v = json_get(body, key);
    if (!json_exists(v))
        return true;
    struct str text = json_str(v).p ? json_str(v) : STR("");
    if (str_utf8_length(text) > characters_max)
        return false;
    *field = str_dup(order->arena, text);
    return true;
}

void rk_update_memo(struct sim *sim, struct json body, struct sim_response *response)
{
    struct sim_order *order = read_order(sim, body, "UPDATE_ORDERMEMO", response);
    if (!order)
        return;
    struct rk_order *o = rk_order(order);
    int64_t number;
    if (!take(order, body, "memo", MEMO_CHARACTERS_MAX, &o->memo) ||
        !take(order, body, "operator", OPERATOR_CHARACTERS_MAX, &o->operator) ||
        !take(order, body, "mailPlugSentence", MAIL_CHARACTERS_MAX, &o->mail_text)) {
        rk_fail(response, 400, "UPDATE_ORDERMEMO", "011", STR("文字数が上限を超えています。"), "");
        return;
    }
    if (rk_int(json_get(body, "subStatusId"), &number))
        o->sub_status = number;
    if (rk_int(json_get(body, "deliveryClass"), &number))
        o->delivery_class = (int)number;
    if (rk_int(json_get(body, "shippingTerm"), &number))
        o->shipping_term = (int)number;
    struct json date = json_get(body, "deliveryDate");
    if (json_exists(date) && !day_parse(json_str(date), &o->delivery_date))
        o->delivery_date = 0;
    succeed(response, "UPDATE_ORDERMEMO", "ひとことメモの更新に成功しました。", order);
}

void rk_update_remarks(struct sim *sim, struct json body, struct sim_response *response)
{
    struct sim_order *order = read_order(sim, body, "UPDATE_ORDERREMARKS", response);
    int64_t gift;
    if (!order)
        return;
    struct rk_order *o = rk_order(order);
    if (!json_exists(json_get(body, "remarks")) && !json_exists(json_get(body, "giftCheck"))) {
        rk_fail(response, 400, "UPDATE_ORDERREMARKS", "009",
                rk_field_text(response->arena, "remarks", "009"), "");
        return;
    }
    if (!take(order, body, "remarks", REMARKS_CHARACTERS_MAX, &o->remarks)) {
        rk_fail(response, 400, "UPDATE_ORDERREMARKS", "011", STR("文字数が上限を超えています。"),
                "");
        return;
    }
    if (rk_int(json_get(body, "giftCheck"), &gift))
        o->gift = gift == 1;
    succeed(response, "UPDATE_ORDERREMARKS", "備考情報の更新に成功しました。", order);
}

// --- cancelling ---

static bool read_reason(struct json body, const char *operation, struct sim_response *response,
                        int64_t *reason)
{
    static const int known[] = {1, 2, 3, 4, 5, 6, 8, 10, 13, 14, 15};
    int64_t restore;
    const char *field = "changeReasonDetailApply";
    struct json v = json_get(body, field);
    const char *number = json_is_null(v) ? "009" : "011";
    bool right = false;
    for (size_t i = 0; rk_int(v, reason) && i < sizeof known / sizeof known[0]; i++)
        right = right || known[i] == *reason;
    if (right) {
        field = "inventoryRestoreType";
        v = json_get(body, field);
        number = json_is_null(v) ? "009" : "011";
        right = rk_int(v, &restore) && restore >= 0 && restore <= 2;
    }
    if (!right)
        rk_fail(response, 400, operation, number, rk_field_text(response->arena, field, number),
                "");
    return right;
}

static void refuse_cancel(struct sim_response *response, const char *operation, const char *number,
                          const char *text, const struct sim_order *order)
{
    struct json_writer w = json_writer_make(&response->body);
    open_messages(&w);
    rk_message(&w, "ERROR", operation, number, str_from(text), order->order_no);
    close_messages(&w);
}

void rk_cancel_order(struct sim *sim, struct json body, struct sim_response *response)
{
    const char *operation = "CANCEL_ORDER";
    int64_t reason = 0;
    struct sim_order *order = read_order(sim, body, operation, response);
    if (!order || !read_reason(body, operation, response, &reason))
        return;
    int progress = rk_order(order)->progress;
    if (progress != 100 && progress != 200 && progress != 300) {
        refuse_cancel(response, operation, "102", "現在のステータスではキャンセルできません。",
                      order);
    } else if (rk_has_ship_date(order)) {
        refuse_cancel(response, operation, "104",
                      "発送日が登録されているためキャンセルできません。", order);
    } else {
        rk_request_cancel(sim, order, reason >= 8 ? 0 : 1, (int)reason);
        (void)sim_effect_add(sim, order, "cancel", STR("cancelOrder"));
        succeed(response, operation, "キャンセル申請を受け付けました。", order);
    }
}

void rk_cancel_after_shipping(struct sim *sim, struct json body, struct sim_response *response)
{
    const char *operation = "CANCEL_ORDER_AFTER_SHIPPING";
    int64_t reason = 0;
    struct sim_order *order = read_order(sim, body, operation, response);
    if (!order || !read_reason(body, operation, response, &reason))
        return;
    int progress = rk_order(order)->progress;
    if (progress < 500 || progress > 800) {
        refuse_cancel(response, operation, "102", "現在のステータスではキャンセルできません。",
                      order);
        return;
    }
    rk_cancel(sim, order, reason >= 8 ? 0 : 1, (int)reason);
    (void)sim_effect_add(sim, order, "cancel", STR("cancelOrderAfterShipping"));
    succeed(response, operation, "キャンセルが完了しました。", order);
}

// --- getPayment ---

static int payment_status(const struct sim_order *order)
{
    const struct rk_order *o = rk_order(order);
    if (order->billed == 0)
        return 30000;
    switch (o->progress) {
    case 100:
        return 30100;
    case 200:
        return o->paid_at != TIME_NONE ? 30200 : 30110;
    case 300:
    case 400:
        return 30300;
    case 500:
        return 30500;
    case 600:
    case 700:
        return 30600;
    case 800:
        return 31410;
    default:
        return 31500;
    }
}

static void put_time(struct json_writer *w, struct arena *arena, const char *key, time_ms t)
{
    json_put_str(w, key, rk_datetime(arena, t));
}

void rk_get_payment(struct sim *sim, struct json body, struct sim_response *response)
{
    struct json_writer w = json_writer_make(&response->body);
    if (json_is_null(json_get(body, "version"))) {
        rk_fail(response, 400, "GET_PAYMENT", "009",
                rk_field_text(response->arena, "version", "009"), ",\"OrderModel\":null");
        return;
    }
    const struct sim_order *order = read_order(sim, body, "GET_PAYMENT", response);
    if (!order)
        return;
    const struct rk_order *o = rk_order(order);
    json_begin_object(&w);
    json_key(&w, "MessageModelList");
    json_begin_array(&w);
    rk_message(&w, "INFO", "GET_PAYMENT", "101", STR("決済情報取得に成功しました。"), STR_ABSENT);
    json_end_array(&w);
    json_key(&w, "OrderModel");
    json_begin_object(&w);
    json_put_str(&w, "orderNumber", order->order_no);
    json_key(&w, "PaymentModelList");
    json_begin_array(&w);
    json_begin_object(&w);
    json_put_str(&w, "orderPaymentNumber",
                 arena_printf(response->arena, "%.*s-1", STR_ARG(order->order_no)));
    json_put_int(&w, "paymentMethod", rk_settlement(order));
    json_put_int(&w, "paymentAmount", order->billed == YEN_UNDETERMINED ? -9999 : order->billed);
    json_put_int(&w, "paymentCharge", 0);
    json_put_int(&w, "paymentStatus", payment_status(order));
    put_time(&w, response->arena, "paymentProcReqDatetime", o->confirmed_at);
    put_time(&w, response->arena, "paymentProcCmplDatetime", o->fixed_at);
    put_time(&w, response->arena, "paymentFixDatetime", o->settled_at);
    json_key(&w, "PaymentBankModel");
    if (order->payment == SIM_PAY_BANK && o->paid_at != TIME_NONE) {
        char text[12];
        json_begin_object(&w);
        json_put_str(&w, "transferDate", day_format(day_in_jst(o->paid_at), text));
        json_put_str(&w, "transferNameKana", order->buyer.family_kana);
        json_end_object(&w);
    } else {
        json_write_null(&w);
    }
    json_end_object(&w);
    json_end_array(&w);
    json_end_object(&w);
    json_end_object(&w);
}
