// SPDX-License-Identifier: Apache-2.0
//
// The head of an OrderModel: number, states, dates, marks, buyer, notes (rakuten.md §5.3; states by
// statuses.md §3.1), and the readers of single fields.
// Invariant: when rakuten_order_parse() returns true, number, status, date, destinations, lines and
// amounts were all readable; nothing was guessed for them.
#include "mall/rakuten/parse_internal.h"
#include "mall/rakuten/wire.h"

#include <math.h>

void reader_fail(struct order_reader *r, struct json object, const char *key)
{
    if (r->failed)
        return;
    r->failed = true;
    struct str path = json_path(r->arena, object);
    error_set(r->error, ERROR_MALFORMED, "rakuten.field_unreadable",
              "楽天の注文データの項目 %.*s%s%s を読み取れません。",
              "Field %.*s%s%s of Rakuten's order can't be read.", STR_ARG(path),
              path.n > 0 ? "." : "", key);
    error_subject(r->error, "%.*s", STR_ARG(r->order->order_no));
    error_hint(r->error, "他の注文は取り込まれます。応答の原文を添えてお知らせください。",
               "The other orders are taken in. Please report it with the raw answer.");
}

static struct str text_of(struct arena *arena, int64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        digits[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        digits[--at] = '-';
    return str_dup(arena, str_make(digits + at, sizeof digits - at));
}

struct str read_text(struct order_reader *r, struct json object, const char *key)
{
    struct json v = json_get(object, key);
    int64_t number;
    if (json_type(v) == JSON_STRING)
        return str_dup(r->arena, json_str(v));
    if (json_int(v, &number))
        return text_of(r->arena, number);
    return STR("");
}

int64_t read_int(struct order_reader *r, struct json object, const char *key, int64_t otherwise)
{
    struct json v = json_get(object, key);
    int64_t value;
    if (json_is_null(v))
        return otherwise;
    if (rakuten_int(v, &value))
        return value;
    reader_fail(r, object, key);
    return otherwise;
}

int64_t read_required_int(struct order_reader *r, struct json object, const char *key)
{
    if (json_is_null(json_get(object, key)))
        reader_fail(r, object, key);
    return read_int(r, object, key, 0);
}

bool read_flag(struct json object, const char *key)
{
    int64_t value;
    return rakuten_int(json_get(object, key), &value) && value == 1;
}

yen read_money(struct order_reader *r, struct json object, const char *key, bool required)
{
    int64_t value = required ? read_required_int(r, object, key) : read_int(r, object, key, 0);
    if (value > RAKUTEN_MONEY_MAX || value < -RAKUTEN_MONEY_MAX) {
        reader_fail(r, object, key);
        return 0;
    }
    return value == RAKUTEN_UNSET_MONEY ? YEN_UNDETERMINED : value;
}

time_ms read_time(struct json object, const char *key)
{
    time_ms t;
    struct str text = json_str(json_get(object, key));
    return text.p && time_parse_iso(text, JST_OFFSET_MS, &t) ? t : TIME_NONE;
}

day read_day(struct json object, const char *key)
{
    day d;
    struct str text = json_str(json_get(object, key));
    return text.p && day_parse(str_slice(text, 0, 10), &d) && day_is_valid(d) ? d : 0;
}

int read_rate(struct json object, const char *key)
{
    double rate;
    struct json v = json_get(object, key);
    if (!json_double(v, &rate) || !(rate >= 0 && rate <= 1))
        return -1;
    return (int)lround(rate * 10000);
}

struct str join_texts(struct order_reader *r, struct str a, const char *between, struct str b)
{
    if (str_is_empty(a))
        return b;
    if (str_is_empty(b))
        return a;
    return arena_printf(r->arena, "%.*s%s%.*s", STR_ARG(a), between, STR_ARG(b));
}

static void mark(struct order_reader *r, bool is, enum order_mark bit)
{
    if (is)
        r->order->marks |= bit;
}

static void parse_state(struct order_reader *r)
{
    rakuten_apply_status(r->arena, r->order, r->progress);
    r->order->mall_sub_status = read_text(r, r->model, "subStatusName");
}

static void later(time_ms *latest, time_ms t)
{
    if (t != TIME_NONE && (*latest == TIME_NONE || t > *latest))
        *latest = t;
}

static void parse_cancel_reason(struct order_reader *r, struct json change)
{
    int64_t reason = read_int(r, change, "changeReasonDetail", -1);
    int64_t side = read_int(r, change, "changeReason", -1);
    const char *name = rakuten_reason_name(reason);
    if (!name)
        return;
    r->order->cancel_reason = arena_printf(r->arena, "%s%s",
                                           side == 0   ? "店舗様都合: "
                                           : side == 1 ? "お客様都合: "
                                                       : "",
                                           name);
}

static void parse_dates(struct order_reader *r)
{
    struct order *o = r->order;
    struct json change;
    o->ordered_at = read_time(r->model, "orderDatetime");
    if (o->ordered_at == TIME_NONE)
        reader_fail(r, r->model, "orderDatetime");
    o->confirmed_at = read_time(r->model, "shopOrderCfmDatetime");
    o->fixed_at = read_time(r->model, "orderFixDatetime");
    o->shipped_at = read_time(r->model, "shippingCmplRptDatetime");
    later(&o->mall_updated_at, o->ordered_at);
    later(&o->mall_updated_at, o->confirmed_at);
    later(&o->mall_updated_at, o->fixed_at);
    later(&o->mall_updated_at, o->shipped_at);
    for (struct json_iter i = json_iterate(json_get(r->model, "ChangeReasonModelList"));
         json_next(&i, &change);) {
        int64_t type = read_int(r, change, "changeType", -1);
        time_ms applied = read_time(change, "changeApplyDatetime");
        time_ms fixed = read_time(change, "changeFixDatetime");
        time_ms completed = read_time(change, "changeCmplDatetime");
        later(&o->mall_updated_at, applied);
        later(&o->mall_updated_at, fixed);
        later(&o->mall_updated_at, completed);
        if (type >= 0 && type <= 2)
            parse_cancel_reason(r, change);
        if (r->progress == RAKUTEN_CANCELLED && (type == 1 || type == 2))
            o->cancelled_at = completed != TIME_NONE ? completed : fixed;
    }
}

static void parse_marks(struct order_reader *r)
{
    struct json m = r->model;
    int64_t type = read_int(r, m, "orderType", 1);
    mark(r, read_flag(m, "giftCheckFlag") || read_flag(m, "socialGiftFlag"), ORDER_MARK_GIFT);
    mark(r, read_flag(m, "severalSenderFlag"), ORDER_MARK_SEVERAL_DESTINATIONS);
    mark(r, read_flag(m, "isolatedIslandFlag"), ORDER_MARK_REMOTE_ISLAND);
    mark(r, read_int(r, m, "cautionDisplayType", 0) > 0, ORDER_MARK_CAUTION);
    mark(r, read_flag(m, "rakutenConfirmFlag"), ORDER_MARK_FRAUD_REVIEW);
    mark(r, read_flag(m, "modifyFlag"), ORDER_MARK_MODIFIED);
    mark(r, read_flag(m, "drugFlag"), ORDER_MARK_DRUG);
    mark(r,
         read_flag(m, "asurakuFlag") || read_flag(m, "deliveryCertPrgFlag") ||
             read_flag(m, "oneDayOperationFlag"),
         ORDER_MARK_EXPRESS);
    mark(r, type == 6, ORDER_MARK_PREORDER);
    mark(r, type == 4 || type == 5, ORDER_MARK_SUBSCRIPTION);
    mark(r, rakuten_remarks_hold_comment(r->order->buyer_note), ORDER_MARK_COMMENT);
}

bool rakuten_order_parse(struct arena *arena, const struct mall_account *account, struct json model,
                         time_ms now, struct order *order, struct error *error)
{
    struct order_reader r = {.arena = arena,
                             .account = account,
                             .error = error,
                             .order = order,
                             .model = model,
                             .now = now};
    order_init(order);
    order->shop_id = account->shop_id;
    order->mall = STR("rakuten");
    order->channel = STR("");
    order->mall_update_mark = STR("");
    order->cancel_reason = STR("");
    order->order_no = read_text(&r, model, "orderNumber");
    if (str_is_empty(order->order_no) || json_type(json_get(model, "orderNumber")) != JSON_STRING)
        reader_fail(&r, model, "orderNumber");
    r.progress = read_required_int(&r, model, "orderProgress");
    order->buyer_note = read_text(&r, model, "remarks");
    order->mall_memo = read_text(&r, model, "memo");
    parse_state(&r);
    parse_dates(&r);
    parse_marks(&r);
    struct json orderer = json_get(model, "OrdererModel");
    if (json_type(orderer) != JSON_OBJECT)
        reader_fail(&r, model, "OrdererModel");
    parse_person(&r, orderer, &order->orderer);
    parse_packages(&r);
    parse_payment(&r);
    parse_extras(&r);
    order->fetched_at = now;
    order->shipment_state = order_roll_up_shipment(order);
    if (arena_failed(arena))
        return error_no_memory(error);
    return !r.failed;
}
