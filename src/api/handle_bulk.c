// SPDX-License-Identifier: Apache-2.0
//
// Moving many orders at once, and taking it back. Rows are moved in transactions of 500; a row that
// is refused doesn't stop the others. The undo token names every transaction.
#include "api/handlers.h"
#include "api/input.h"
#include "api/order_query.h"
#include "api/views.h"

#define IDS_MAX 5000
#define MATCHES_MAX 10000
#define CHUNK 500
#define CHUNKS_MAX ((MATCHES_MAX + CHUNK - 1) / CHUNK)
#define REFUSALS_SHOWN_MAX 5000

struct bulk_move {
    struct request *r;
    const row_id *ids;
    size_t count;
    struct error *refused; // per id
    row_id work_status;
    row_id undo[CHUNKS_MAX];
    size_t chunk_at, chunk_count;
    struct work_status target;
    size_t done, unchanged;
};

static struct str body_parameter(void *context, const char *name)
{
    struct input *in = context;
    return json_str(json_get(json_get(in->body, "query"), name));
}

static void reply_count_changed(struct request *r, size_t count)
{
    reply_problem_begin(r, 409, "count_changed",
                        "対象の件数が変わりました。内容を確認してもう一度実行してください。",
                        "The number of matching orders has changed; look and try again.");
    json_put_int(&r->w, "current_count", (int64_t)count);
    reply_problem_end(r);
}

// The orders meant: `ids`, or what the query matches now if that is what the person saw.
static bool choose(struct request *r, struct input *in, struct bulk_move *m)
{
    row_id *ids;
    int64_t expected = -1;
    struct order_query q;
    struct error error;
    if (json_exists(json_get(in->body, "ids"))) {
        if (input_ids(in, "ids", IDS_MAX, &ids, &m->count))
            m->ids = ids;
        return input_done(in);
    }
    if (json_type(json_get(in->body, "query")) != JSON_OBJECT ||
        !input_int(in, "expected_count", 0, INT64_MAX, &expected))
        input_bad(in, STR("expected_count"), "required",
                  "ids か、query と expected_count が必要です。",
                  "give ids, or query with expected_count");
    if (!input_done(in) || !order_query_parse(r, body_parameter, in, &q))
        return false;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return false;
    if (!order_query_ids(conn, r->org_id, &q, MATCHES_MAX, r->arena, &ids, &m->count, &error)) {
        reply_error(r, &error);
        return false;
    }
    m->ids = ids;
    if ((int64_t)m->count != expected)
        reply_count_changed(r, m->count);
    else if (m->count > MATCHES_MAX)
        reply_problem(r, 422, "too_many",
                      "一度に移動できるのは10,000件までです。条件で絞ってください。",
                      "at most 10,000 orders at once; narrow the conditions");
    else
        return true;
    return false;
}

static bool find_target(struct bulk_move *m)
{
    struct request *r = m->r;
    struct work_status *list;
    size_t count;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return false;
    if (!work_statuses(conn, r->org_id, r->arena, &list, &count, &error)) {
        reply_error(r, &error);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].id == m->work_status && !list[i].archived) {
            m->target = list[i];
            return true;
        }
    }
    struct input in = {.r = r};
    input_bad(&in, STR("work_status"), "unknown", "移動先のステータスがありません。",
              "there is no such work status");
    return input_done(&in);
}

static bool move_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct bulk_move *m = context;
    size_t from = m->chunk_at * CHUNK;
    size_t n = m->count - from < CHUNK ? m->count - from : CHUNK;
    if (!orders_move(conn, &m->r->by, m->ids + from, n, NULL, m->work_status, m->refused + from,
                     &m->undo[m->chunk_at], error))
        return false;
    return m->chunk_at > 0 ||
           audit_add(conn, m->r, "orders.move",
                     arena_printf(m->r->arena, "work_status:%lld", (long long)m->work_status),
                     STR_ABSENT, arena_printf(m->r->arena, "{\"count\":%zu}", m->count), error);
}

// What orders_move() would say, without moving.
static bool rehearse(struct bulk_move *m, struct db_conn *conn, struct error *error)
{
    bool harmless = m->target.role == ROLE_CANCELLED || m->target.role == ROLE_HOLD;
    struct db_stmt *s = db_prepare(
        conn, "SELECT work_status_id, state FROM \"order\" WHERE org_id = $1 AND id = $2", error);
    for (size_t i = 0; s && i < m->count; i++) {
        struct error *why = &m->refused[i];
        db_bind_id(s, 1, m->r->org_id);
        db_bind_id(s, 2, m->ids[i]);
        enum db_step step = db_step(s, error);
        if (step == DB_STEP_ERROR)
            return false;
        error_clear(why);
        if (step == DB_STEP_DONE)
            error_set(why, ERROR_NOT_FOUND, "order.not_found", "注文が見つかりません。",
                      "There is no such order.");
        else if (db_int(s, 0) == m->work_status)
            error_set(why, ERROR_REJECTED, "order.already_there", "すでにそのステータスです。",
                      "It is in that status already.");
        else if (db_int(s, 1) == ORDER_CANCELLED && !harmless)
            error_set(why, ERROR_REJECTED, "order.cancelled",
                      "キャンセルされた注文は移動できません。",
                      "A cancelled order can't be moved there.");
        if (step == DB_STEP_ROW)
            db_reset(s);
    }
    return s != NULL;
}

static bool number_of(struct request *r, struct db_conn *conn, row_id id, struct str *order_no,
                      bool *has_tracking, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn, "SELECT order_no, tracking_number FROM \"order\" WHERE org_id = $1 AND id = $2",
        error);
    *order_no = STR_ABSENT;
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        *order_no = str_dup(r->arena, db_text(s, 0));
        *has_tracking = db_text(s, 1).n > 0;
        db_reset(s);
    }
    return step != DB_STEP_ERROR;
}

static bool is_there(const struct error *why)
{
    return strcmp(why->code, "order.already_there") == 0;
}

static bool consequences(struct bulk_move *m, struct db_conn *conn, struct error *error)
{
    struct request *r = m->r;
    bool ships = m->target.role == ROLE_SHIPPED || m->target.role == ROLE_DONE;
    int64_t missing = 0;
    for (size_t i = 0; ships && i < m->count; i++) {
        struct str order_no;
        bool has_tracking = true;
        if (error_is_set(&m->refused[i]))
            continue;
        if (!number_of(r, conn, m->ids[i], &order_no, &has_tracking, error))
            return false;
        missing += !has_tracking;
    }
    json_key(&r->w, "consequences");
    json_begin_array(&r->w);
    if (missing > 0) {
        json_begin_object(&r->w);
        json_put_str(&r->w, "code", STR("tracking_number_missing"));
        json_put_int(&r->w, "count", missing);
        json_put_str(&r->w, "detail",
                     r->english
                         ? arena_printf(r->arena,
                                        "%lld have no tracking number: the mall is not "
                                        "told of them.",
                                        (long long)missing)
                         : arena_printf(r->arena,
                                        "%lld件は伝票番号がないため、モールへ反映されません。",
                                        (long long)missing));
        json_end_object(&r->w);
    }
    json_end_array(&r->w);
    return true;
}

static bool refusals(struct bulk_move *m, struct db_conn *conn, struct error *error)
{
    struct request *r = m->r;
    size_t shown = 0;
    json_key(&r->w, "refused");
    json_begin_array(&r->w);
    for (size_t i = 0; i < m->count && shown < REFUSALS_SHOWN_MAX; i++) {
        struct str order_no;
        bool ignored;
        if (!error_is_set(&m->refused[i]) || is_there(&m->refused[i]))
            continue;
        if (!number_of(r, conn, m->ids[i], &order_no, &ignored, error))
            return false;
        refusal_json(r, m->ids[i], order_no, &m->refused[i]);
        shown++;
    }
    json_end_array(&r->w);
    return true;
}

static void reply_moved(struct bulk_move *m, bool dry_run)
{
    struct request *r = m->r;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    for (size_t i = 0; i < m->count; i++) {
        m->done += !error_is_set(&m->refused[i]);
        m->unchanged += is_there(&m->refused[i]);
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_put_str(w, "action", STR("move"));
    json_put_bool(w, "dry_run", dry_run);
    json_put_int(w, "matched", (int64_t)m->count);
    json_put_int(w, "done", (int64_t)m->done);
    json_put_int(w, "unchanged", (int64_t)m->unchanged);
    if (!refusals(m, conn, &error) || !consequences(m, conn, &error)) {
        reply_error(r, &error);
        return;
    }
    undo_json(r, m->undo, m->chunk_count);
    json_end_object(w);
}

static bool move_chunks(struct bulk_move *m)
{
    struct error error;
    request_release(m->r);
    for (size_t from = 0; from < m->count; from += CHUNK, m->chunk_at++) {
        m->chunk_count = m->chunk_at + 1;
        if (db_write(m->r->api->o.db, move_fn, m, &error))
            continue;
        m->undo[m->chunk_at] = 0;
        if (m->chunk_at == 0) {
            reply_error(m->r, &error);
            return false;
        }
        // Earlier chunks stand: the answer tells which rows moved and why the rest did not.
        for (size_t i = from; i < m->count; i++)
            m->refused[i] = error;
        break;
    }
    return true;
}

void handle_order_bulk(struct request *r)
{
    struct input in;
    struct error error;
    bool dry_run = false;
    struct bulk_move *m = ARENA_NEW(r->arena, struct bulk_move);
    if (!input_begin(r, &in))
        return;
    struct str action = input_text(&in, "action", 1, 20, true);
    if (action.p && !str_eq(action, STR("move")))
        input_bad(&in, STR("action"), "unknown", "この操作はありません。", "no such action");
    input_flag(&in, "dry_run", &dry_run);
    if (m) {
        m->r = r;
        input_id(&in, "work_status", true, &m->work_status);
        if (!choose(r, &in, m) || !find_target(m))
            return;
        m->refused = ARENA_ARRAY(r->arena, struct error, m->count);
    }
    if (!m || !m->refused) {
        error_no_memory(&error);
        reply_error(r, &error);
        return;
    }
    if (dry_run) {
        struct db_conn *conn = request_read(r);
        if (conn && rehearse(m, conn, &error))
            reply_moved(m, true);
        else if (conn)
            reply_error(r, &error);
        return;
    }
    if (!move_chunks(m))
        return;
    reply_moved(m, false);
    if (m->done > 0) {
        notify_orders(r, m->ids, m->count);
        notify_counts(r);
        notify_engine(r);
    }
}

struct undo {
    struct request *r;
    row_id token;
    size_t restored, skipped;
    row_id *refused;
    size_t refused_count, refused_capacity;
};

// Orders that others changed since: their version isn't the one that the move left.
static bool find_changed(struct undo *u, struct db_conn *conn, struct str rows, struct error *error)
{
    struct json root, item, cell;
    if (!json_parse(u->r->arena, rows, false, &root, error))
        return false;
    size_t n = json_count(root);
    u->refused_count = 0;
    if (!(u->refused = ARENA_ARRAY(u->r->arena, row_id, n)))
        return error_no_memory(error);
    struct db_stmt *s =
        db_prepare(conn, "SELECT version FROM \"order\" WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    for (struct json_iter i = json_iterate(root); json_next(&i, &item);) {
        row_id id = 0;
        int64_t version = 0;
        int column = 0;
        for (struct json_iter k = json_iterate(item); json_next(&k, &cell); column++) {
            if (column == 0)
                id_parse(json_str(cell), &id);
            else if (column == 2)
                json_int(cell, &version);
        }
        db_bind_id(s, 1, u->r->org_id);
        db_bind_id(s, 2, id);
        enum db_step step = db_step(s, error);
        if (step == DB_STEP_ERROR)
            return false;
        bool same = step == DB_STEP_ROW && db_int(s, 0) == version;
        if (step == DB_STEP_ROW)
            db_reset(s);
        if (!same)
            u->refused[u->refused_count++] = id;
    }
    return true;
}

static bool undo_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct undo *u = context;
    struct db_stmt *s =
        db_prepare(conn, "SELECT rows_json FROM undo WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, u->r->org_id);
    db_bind_id(s, 2, u->token);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_ROW) {
        struct str rows = str_dup(u->r->arena, db_text(s, 0));
        db_reset(s);
        if (!find_changed(u, conn, rows, error))
            return false;
    }
    return orders_undo(conn, &u->r->by, u->token, &u->restored, &u->skipped, error) &&
           audit_add(conn, u->r, "undo",
                     arena_printf(u->r->arena, "undo:%lld", (long long)u->token), STR_ABSENT,
                     arena_printf(u->r->arena, "{\"count\":%zu}", u->restored), error);
}

static void undo_error(struct request *r, const struct error *error)
{
    if (strncmp(error->code, "undo.", 5) == 0 && error->class != ERROR_STORAGE)
        reply_problem(r, 410, "undo_expired", error->what_ja, error->what_en);
    else
        reply_error(r, error);
}

void handle_undo(struct request *r)
{
    struct str rest = r->x->parameters[0], part;
    struct undo steps[CHUNKS_MAX];
    size_t count = 0, restored = 0;
    struct error error, changed;
    while (str_split(&rest, '.', &part)) {
        if (count < CHUNKS_MAX && id_parse(part, &steps[count].token)) {
            steps[count] = (struct undo){.r = r, .token = steps[count].token};
            count++;
            continue;
        }
        count = 0;
        break;
    }
    if (count == 0) {
        reply_problem(r, 410, "undo_expired", "取り消せる操作がありません。",
                      "There is nothing to undo.");
        return;
    }
    request_release(r);
    for (size_t i = 0; i < count; i++) {
        if (!db_write(r->api->o.db, undo_fn, &steps[i], &error)) {
            if (i == 0) {
                undo_error(r, &error);
                return;
            }
            steps[i] = (struct undo){0};
        }
        restored += steps[i].restored;
    }
    error_set(&changed, ERROR_CONFLICT, "changed_since",
              "この操作のあとに変更されたため、元に戻しませんでした。",
              "It was changed since and was left as it is.");
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_put_int(w, "restored", (int64_t)restored);
    json_key(w, "refused");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < steps[i].refused_count; k++) {
            struct str order_no;
            bool ignored;
            if (!number_of(r, conn, steps[i].refused[k], &order_no, &ignored, &error)) {
                reply_error(r, &error);
                return;
            }
            refusal_json(r, steps[i].refused[k], order_no, &changed);
        }
    }
    json_end_array(w);
    json_end_object(w);
    notify_counts(r);
    notify_orders(r, NULL, 0);
}
