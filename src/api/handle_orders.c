// SPDX-License-Identifier: Apache-2.0
//
// The order list, its counts, carriers, and one order as it stands: whole, history, raw answers.
#include "api/handlers.h"
#include "api/mask.h"
#include "api/order_query.h"
#include "api/views.h"

#define EVENTS_SHOWN_MAX 500

static struct str query_parameter(void *context, const char *name)
{
    return query_text(context, name);
}

static void orders_answer(struct request *r, struct db_conn *conn, const struct order_answer *a,
                          const struct order_query *q)
{
    struct order_names names;
    struct error error;
    if (!order_names_read(conn, r->org_id, r->arena, &names, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "orders");
    json_begin_array(w);
    for (size_t i = 0; i < a->count; i++) {
        if (r->role < ROLE_STAFF)
            mask_row(r->arena, &a->rows[i]);
        order_row_json(w, &a->rows[i], &names);
    }
    json_end_array(w);
    json_put_str(w, "next_cursor", a->next_cursor);
    json_put_int(w, "hidden_by_filter", a->hidden);
    json_key(w, "total");
    if (a->total >= 0)
        json_write_int(w, a->total);
    else
        json_write_null(w);
    if (q->number_count > 0) {
        json_key(w, "missing");
        json_begin_array(w);
        for (size_t i = 0; i < a->missing_count; i++)
            json_write_str(w, a->missing[i]);
        json_end_array(w);
    }
    json_end_object(w);
}

void handle_orders(struct request *r)
{
    struct order_query q;
    struct order_answer a;
    struct error error;
    int64_t limit = 200;
    if (!order_query_parse(r, query_parameter, r, &q) || !query_int(r, "limit", 1, 500, &limit))
        return;
    q.limit = (int)limit;
    q.cursor = query_text(r, "cursor");
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (order_query_page(conn, r->org_id, &q, r->arena, &a, &error))
        orders_answer(r, conn, &a, &q);
    else
        reply_error(r, &error);
}

bool query_shops(struct request *r, row_id **shops, size_t *count)
{
    enum { LIMIT = 64 };
    struct str rest = query_text(r, "shop"), one;
    struct error error;
    *count = 0;
    if (!(*shops = ARENA_ARRAY(r->arena, row_id, LIMIT))) {
        error_no_memory(&error);
        reply_error(r, &error);
        return false;
    }
    while (str_split(&rest, ',', &one)) {
        if (*count < LIMIT && id_parse(str_trim(one), &(*shops)[(*count)++]))
            continue;
        reply_problem(r, 422, "invalid", "パラメーター shop の値が正しくありません。",
                      "parameter shop has an invalid value");
        return false;
    }
    return true;
}

void handle_order_counts(struct request *r)
{
    row_id *shops;
    size_t count;
    struct error error;
    struct db_conn *conn = query_shops(r, &shops, &count) ? request_read(r) : NULL;
    if (!conn)
        return;
    if (!order_counts_write(reply_json(r, 200), conn, r->org_id, shops, count, r->arena, &error))
        reply_error(r, &error);
}

void handle_order_get(struct request *r)
{
    struct error error;
    row_id id;
    int64_t version;
    if (!path_id(r, 0, &id))
        return;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    reply_json(r, 200);
    if (order_view(r, conn, id, &version, &error))
        put_etag(r, version);
    else
        reply_error(r, &error);
}

struct words {
    const char *name, *ja, *en;
};

static const char *words_of(const struct request *r, const struct words *list, size_t count,
                            struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(name, str_from(list[i].name)))
            return r->english ? list[i].en : list[i].ja;
    }
    return NULL;
}

static struct str event_summary(struct request *r, struct str kind)
{
    static const struct words list[] = {
        {"created", "注文を取り込みました", "Imported"},
        {"updated", "モールでの変更を取り込みました", "Updated from the mall"},
        {"mall_status", "モールのステータスが変わりました", "The mall's status changed"},
        {"moved", "ステータスを移動しました", "Moved"},
        {"undone", "操作を元に戻しました", "Undone"},
        {"memo", "メモを変更しました", "Memo changed"},
        {"shipped", "出荷情報を入力しました", "Shipping entered"},
        {"mark_cleared", "マークを変更しました", "Marks changed"},
        {"accept_requested", "注文確認を送信待ちにしました", "Acceptance is owed to the mall"},
        {"cancel_requested", "モールへのキャンセルを送信待ちにしました",
         "Cancellation is owed to the mall"},
        {"cancelled", "キャンセルしました", "Cancelled"},
        {"written", "モールへ反映しました", "Written to the mall"},
        {"writeback_waived", "モールへの反映を不要にしました", "Write-back waived"},
        {"writeback_retried", "モールへの反映をやり直します", "Write-back retried"},
    };
    const char *text = words_of(r, list, sizeof list / sizeof list[0], kind);
    return text ? str_from(text) : kind;
}

static struct str field_label(struct request *r, struct str field)
{
    static const struct words list[] = {
        {"work_status", "ステータス", "Status"},
        {"memo", "ひとことメモ", "Memo"},
        {"tracking_number", "お荷物伝票番号", "Tracking number"},
        {"carrier", "配送業者", "Carrier"},
        {"ship_date", "出荷日", "Ship date"},
        {"state", "注文の状態", "Order state"},
        {"payment_state", "入金の状態", "Payment"},
        {"shipment_state", "配送の状態", "Shipment"},
        {"mall_status", "モールのステータス", "Mall status"},
        {"mall_status_label", "モールのステータス", "Mall status"},
        {"marks", "マーク", "Marks"},
        {"billed", "請求金額", "Amount due"},
        {"total", "合計", "Total"},
        {"reason", "理由", "Reason"},
        {"detail", "詳細", "Detail"},
    };
    const char *text = words_of(r, list, sizeof list / sizeof list[0], field);
    return text ? str_from(text) : STR_ABSENT;
}

static struct str value_text(struct request *r, struct json v, const struct order_names *names,
                             struct str field)
{
    int64_t number;
    row_id id;
    if (str_eq(field, STR("work_status")) && id_parse(json_str(v), &id))
        return order_names_status(names, id);
    if (json_str(v).p)
        return json_str(v);
    if (json_int(v, &number))
        return arena_printf(r->arena, "%lld", (long long)number);
    if (json_type(v) == JSON_BOOL)
        return json_true(v) ? STR("✓") : STR("—");
    if (json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT)
        return arena_printf(r->arena, r->english ? "%zu entries" : "%zu件", json_count(v));
    return STR_ABSENT;
}

static void change_json(struct request *r, struct str field, struct json before, struct json after,
                        const struct order_names *names)
{
    struct json_writer *w = &r->w;
    bool hide = r->role < ROLE_STAFF && !mask_field_is_public(field);
    struct str from = value_text(r, before, names, field), to = value_text(r, after, names, field);
    json_begin_object(w);
    json_put_str(w, "field", field);
    json_put_str(w, "label", field_label(r, field));
    json_put_str(w, "before", hide ? mask_text(r->arena, from) : from);
    json_put_str(w, "after", hide ? mask_text(r->arena, to) : to);
    json_end_object(w);
}

static void event_json(struct request *r, const struct order_event *e,
                       const struct order_names *names)
{
    static const char *const kinds[] = {"system", "user", "token", "mall", "user"};
    struct json_writer *w = &r->w;
    struct json before = {0}, after = {0}, v;
    struct error ignored;
    bool has_before = e->before.n > 0 && json_parse(r->arena, e->before, true, &before, &ignored);
    bool has_after = e->after.n > 0 && json_parse(r->arena, e->after, true, &after, &ignored);
    json_begin_object(w);
    json_put_id(w, "id", e->id);
    json_put_time(w, "at", e->at);
    json_put_str(w, "kind", e->kind);
    json_put_str(w, "actor_kind",
                 str_from((unsigned)e->actor.kind < 5 ? kinds[e->actor.kind] : "system"));
    put_optional(w, "actor", e->actor.name);
    json_put_str(w, "summary", event_summary(r, e->kind));
    put_optional(w, "cause", e->cause);
    json_key(w, "changes");
    json_begin_array(w);
    if (has_after) {
        for (struct json_iter i = json_iterate(after); json_next(&i, &v);) {
            const char *name = str_cstr(r->arena, i.key);
            struct json old = has_before ? json_get(before, name) : (struct json){0};
            change_json(r, i.key, old, v, names);
        }
    }
    if (has_before) {
        for (struct json_iter i = json_iterate(before); json_next(&i, &v);) {
            if (!has_after || !json_exists(json_get(after, str_cstr(r->arena, i.key))))
                change_json(r, i.key, v, (struct json){0}, names);
        }
    }
    json_end_array(w);
    json_end_object(w);
}

static bool order_exists(struct request *r, struct db_conn *conn, row_id id)
{
    struct error error;
    struct db_stmt *s =
        db_prepare(conn, "SELECT 1 FROM \"order\" WHERE org_id = $1 AND id = $2", &error);
    if (s) {
        db_bind_id(s, 1, r->org_id);
        db_bind_id(s, 2, id);
    }
    enum db_step step = s ? db_step(s, &error) : DB_STEP_ERROR;
    if (step == DB_STEP_ROW) {
        db_reset(s);
        return true;
    }
    if (step == DB_STEP_DONE)
        reply_problem(r, 404, "not_found", "この注文は見つかりません。", "no such order");
    else
        reply_error(r, &error);
    return false;
}

void handle_order_events(struct request *r)
{
    row_id id, before = 0;
    int64_t limit = 200;
    struct error error;
    struct order_event *events;
    struct order_names names;
    size_t count;
    if (!path_id(r, 0, &id) || !query_id(r, "cursor", &before) ||
        !query_int(r, "limit", 1, EVENTS_SHOWN_MAX, &limit))
        return;
    struct db_conn *conn = request_read(r);
    if (!conn || !order_exists(r, conn, id))
        return;
    if (!order_events(conn, r->org_id, id, r->arena, &events, &count, &error) ||
        !order_names_read(conn, r->org_id, r->arena, &names, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    int64_t shown = 0;
    row_id last = 0;
    bool more = false;
    json_begin_object(w);
    json_key(w, "events");
    json_begin_array(w);
    for (size_t i = count; i > 0 && !more; i--) {
        if (before && events[i - 1].id >= before)
            continue;
        more = shown == limit;
        if (more)
            break;
        shown++;
        last = events[i - 1].id;
        event_json(r, &events[i - 1], &names);
    }
    json_end_array(w);
    json_put_id(w, "next_cursor", more ? last : 0);
    json_end_object(w);
}

void handle_order_raw(struct request *r)
{
    row_id id;
    struct str raw, type;
    time_ms at;
    struct error error;
    if (!path_id(r, 0, &id))
        return;
    struct db_conn *conn = request_read(r);
    if (!conn || !order_exists(r, conn, id))
        return;
    bool kept = order_raw(conn, r->org_id, id, r->arena, &raw, &type, &at, &error);
    if (!kept && error.class != ERROR_NOT_FOUND) {
        reply_error(r, &error);
        return;
    }
    size_t size = kept ? raw.n : 0;
    if (kept && r->role < ROLE_STAFF)
        raw = mask_raw(r->arena, raw);
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "documents");
    json_begin_array(w);
    if (kept) {
        json_begin_object(w);
        json_put_id(w, "id", id);
        json_put_str(w, "kind", STR("order"));
        json_put_str(w, "content_type", type);
        json_put_time(w, "fetched_at", at);
        json_put_int(w, "size", (int64_t)size);
        json_put_str(w, "body", str_is_utf8(raw) && raw.p ? raw : STR(""));
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

void handle_carriers(struct request *r)
{
    size_t count;
    const struct carrier *list = carriers(&count);
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "carriers");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(w);
        json_put_str(w, "code", str_from(list[i].code));
        json_put_str(w, "name", str_from(r->english ? list[i].name_en : list[i].name_ja));
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}
