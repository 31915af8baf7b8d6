// SPDX-License-Identifier: Apache-2.0
//
// The order list, its counts, carriers, and one order as it stands: whole, history, raw answers.
#include "api/handlers.h"
#include "api/history.h"
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

// Answers 404 when there is no such order. `several` (may be NULL): it goes to several
// destinations.
static bool order_exists(struct request *r, struct db_conn *conn, row_id id, bool *several)
{
    struct error error;
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT (SELECT COUNT(*) FROM order_package p WHERE p.org_id = o.org_id AND "
                   "p.order_id = o.id) FROM \"order\" o WHERE o.org_id = $1 AND o.id = $2",
                   &error);
    if (s) {
        db_bind_id(s, 1, r->org_id);
        db_bind_id(s, 2, id);
    }
    enum db_step step = s ? db_step(s, &error) : DB_STEP_ERROR;
    if (step == DB_STEP_ROW) {
        if (several)
            *several = db_int(s, 0) > 1;
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
    struct history history = {.names = &names};
    size_t count;
    if (!path_id(r, 0, &id) || !query_id(r, "cursor", &before) ||
        !query_int(r, "limit", 1, EVENTS_SHOWN_MAX, &limit))
        return;
    struct db_conn *conn = request_read(r);
    if (!conn || !order_exists(r, conn, id, &history.several_packages))
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
        history_event_json(r, &history, &events[i - 1]);
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
    if (!conn || !order_exists(r, conn, id, NULL))
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
