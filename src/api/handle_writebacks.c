// SPDX-License-Identifier: Apache-2.0
//
// What the malls are owed: list, preview, send now, waive, retry. Nothing is sent from here; the
// engine sends, and reads back before it repeats anything.
#include "api/handlers.h"
#include "api/input.h"
#include "api/sql_build.h"
#include "api/views.h"
#include "order/error_text.h"

#define IDS_MAX 5000
#define PREVIEW_MAX 1000
#define FINAL_COUNT_MAX 10000

// Written out, so that the partial index of sql/0002 is used.
#define OPEN_SQL "(w.owed = 1 OR w.state = 8) AND w.state <> 2"
#define NEEDS_PERSON_SQL "(w.owed = 1 OR w.state = 8) AND w.state IN (1, 8, 9)"

struct selection {
    struct request *r;
    const char *tab; // condition of the state
    bool urgent_first;
    const row_id *shops; // none = all
    size_t shop_count;
    const row_id *statuses; // work statuses; none = all
    size_t status_count;
    int aspect; // -1 all
    time_ms from, to;
    row_id order_id;
    int64_t rank_after, id_after;
    bool paged;
    int64_t limit;
};

static void selection_init(struct selection *s, struct request *r)
{
    *s = (struct selection){.r = r,
                            .tab = OPEN_SQL,
                            .urgent_first = true,
                            .aspect = -1,
                            .from = TIME_NONE,
                            .to = TIME_NONE,
                            .limit = 200};
}

static void add_conditions(struct sql_build *b, const struct selection *s)
{
    buf_addf(&b->sql, " " WRITEBACK_FROM "WHERE w.org_id = $%d AND %s", sql_int(b, s->r->org_id),
             s->tab);
    sql_in(b, "w.shop_id", s->shops, s->shop_count);
    sql_in(b, "o.work_status_id", s->statuses, s->status_count);
    if (s->aspect >= 0)
        buf_addf(&b->sql, " AND w.aspect = $%d", sql_int(b, s->aspect));
    if (s->from != TIME_NONE)
        buf_addf(&b->sql, " AND o.changed_at >= $%d", sql_int(b, s->from));
    if (s->to != TIME_NONE)
        buf_addf(&b->sql, " AND o.changed_at < $%d", sql_int(b, s->to));
    if (s->order_id)
        buf_addf(&b->sql, " AND w.order_id = $%d", sql_int(b, s->order_id));
}

static struct db_stmt *page_of(const struct selection *s, struct db_conn *conn, struct error *error)
{
#define RANK "CASE WHEN w.state IN (1, 8, 9) THEN 0 ELSE 1 END"
    struct sql_build b = sql_build_make();
    buf_add(&b.sql, STR("SELECT " WRITEBACK_COLUMNS));
    add_conditions(&b, s);
    if (s->paged && s->urgent_first) {
        int rank = sql_int(&b, s->rank_after), id = sql_int(&b, s->id_after);
        buf_addf(&b.sql, " AND (" RANK ", w.id) > ($%d, $%d)", rank, id);
    } else if (s->paged) {
        buf_addf(&b.sql, " AND w.id < $%d", sql_int(&b, s->id_after));
    }
    buf_addf(&b.sql, " ORDER BY %s LIMIT $%d", s->urgent_first ? RANK ", w.id" : "w.id DESC",
             sql_int(&b, s->limit + 1));
    return sql_prepare(&b, conn, s->r->arena, error);
}

static bool count_selection(const struct selection *s, struct db_conn *conn, int64_t *count,
                            struct error *error)
{
    struct sql_build b = sql_build_make();
    buf_add(&b.sql, STR("SELECT COUNT(*) FROM (SELECT 1"));
    add_conditions(&b, s);
    buf_addf(&b.sql, " LIMIT $%d) AS counted", sql_int(&b, FINAL_COUNT_MAX));
    return sql_number(&b, conn, s->r->arena, count, error);
}

static bool count_hidden(const struct selection *s, struct db_conn *conn, int64_t *hidden,
                         struct error *error)
{
    struct selection tab;
    int64_t all, chosen;
    selection_init(&tab, s->r);
    tab.tab = s->tab;
    *hidden = 0;
    if (s->shop_count == 0 && s->status_count == 0 && s->aspect < 0 && s->from == TIME_NONE &&
        s->to == TIME_NONE && !s->order_id)
        return true;
    if (!count_selection(&tab, conn, &all, error) || !count_selection(s, conn, &chosen, error))
        return false;
    *hidden = all > chosen ? all - chosen : 0;
    return true;
}

static bool read_rows(const struct selection *s, struct db_conn *conn, struct writeback_row **rows,
                      size_t *count, bool *more, struct error *error)
{
    struct order_names names;
    struct request *r = s->r;
    *count = 0;
    *more = false;
    if (!(*rows = ARENA_ARRAY(r->arena, struct writeback_row, (size_t)s->limit)))
        return error_no_memory(error);
    if (!order_names_read(conn, r->org_id, r->arena, &names, error))
        return false;
    struct db_stmt *stmt = page_of(s, conn, error);
    if (!stmt)
        return false;
    enum db_step step;
    while ((step = db_step(stmt, error)) == DB_STEP_ROW) {
        *more = *count == (size_t)s->limit;
        if (!*more)
            writeback_row_take(r->arena, stmt, &names, &(*rows)[(*count)++]);
    }
    return step == DB_STEP_DONE && (!arena_failed(r->arena) || error_no_memory(error));
}

static bool parse_state(struct selection *s, struct str state)
{
    int one = writeback_state_from_name(state);
    if (!state.p || str_eq(state, STR("open")))
        return true;
    s->urgent_first = false;
    if (str_eq(state, STR("needs_person"))) {
        s->tab = NEEDS_PERSON_SQL;
        s->urgent_first = true;
    } else if (str_eq(state, STR("all"))) {
        s->tab = "1 = 1";
    } else if (one >= 0) {
        s->tab = str_cstr(s->r->arena, arena_printf(s->r->arena, "w.state = %d", one));
    } else {
        return false;
    }
    return true;
}

static bool parse_cursor(struct selection *s, struct str cursor)
{
    ptrdiff_t bar = str_find_char(cursor, '_');
    if (!cursor.p)
        return true;
    s->paged = true;
    return bar > 0 && str_to_int64(str_slice(cursor, 0, (size_t)bar), &s->rank_after) &&
           str_to_int64(str_slice(cursor, (size_t)bar + 1, cursor.n), &s->id_after);
}

static bool parse_query(struct request *r, struct selection *s)
{
    row_id *shops, *status = ARENA_NEW(r->arena, row_id);
    size_t count;
    selection_init(s, r);
    struct str aspect = query_text(r, "aspect");
    const char *wrong = NULL;
    if (!query_shops(r, &shops, &count) || !query_day(r, "from", false, &s->from) ||
        !query_day(r, "to", true, &s->to) || !query_id(r, "order_id", &s->order_id) ||
        !query_int(r, "limit", 1, 500, &s->limit) ||
        (status && !query_id(r, "work_status", status)))
        return false;
    s->shops = shops;
    s->shop_count = count;
    s->statuses = status;
    s->status_count = status && *status;
    if (!parse_state(s, query_text(r, "state")))
        wrong = "state";
    if (aspect.p && (s->aspect = writeback_aspect_from_name(aspect)) < 0)
        wrong = "aspect";
    if (!parse_cursor(s, query_text(r, "cursor")))
        wrong = "cursor";
    if (!wrong)
        return true;
    struct error error;
    error_set(&error, ERROR_BAD_INPUT, "invalid", "パラメーター %s の値が正しくありません。",
              "parameter %s has an invalid value", wrong);
    reply_error(r, &error);
    return false;
}

static bool counts_json(struct request *r, struct db_conn *conn, struct error *error)
{
    static const enum writeback_state finals[] = {WRITEBACK_VERIFIED, WRITEBACK_SUPERSEDED,
                                                  WRITEBACK_WAIVED};
    struct json_writer *w = &r->w;
    int64_t open = 0, person = 0;
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT w.state, COUNT(*) FROM writeback w WHERE w.org_id = $1 "
                                   "AND (w.owed = 1 OR w.state = 8) GROUP BY w.state LIMIT 20",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    json_key(w, "counts");
    json_begin_object(w);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        int64_t state = db_int(s, 0), count = db_int(s, 1);
        json_put_int(w, writeback_state_name((enum writeback_state)state), count);
        open += state != WRITEBACK_SUPPRESSED ? count : 0;
        person +=
            state == WRITEBACK_BLOCKED || state == WRITEBACK_REJECTED || state == WRITEBACK_DRIFT
                ? count
                : 0;
    }
    if (step == DB_STEP_ERROR)
        return false;
    for (size_t i = 0; i < sizeof finals / sizeof finals[0]; i++) {
        s = db_prepare(conn,
                       "SELECT COUNT(*) FROM (SELECT 1 FROM writeback w WHERE w.org_id = $1 AND "
                       "w.state = $2 LIMIT 10000) AS counted",
                       error);
        if (!s)
            return false;
        db_bind_id(s, 1, r->org_id);
        db_bind_int(s, 2, finals[i]);
        if ((step = db_step(s, error)) == DB_STEP_ERROR)
            return false;
        json_put_int(w, writeback_state_name(finals[i]), step == DB_STEP_ROW ? db_int(s, 0) : 0);
        db_reset(s);
    }
    json_put_int(w, "open", open);
    json_put_int(w, "needs_person", person);
    json_end_object(w);
    return true;
}

static bool urgent(enum writeback_state s)
{
    return s == WRITEBACK_BLOCKED || s == WRITEBACK_REJECTED || s == WRITEBACK_DRIFT;
}

void handle_writebacks(struct request *r)
{
    struct selection s;
    struct writeback_row *rows;
    size_t count;
    int64_t hidden = 0;
    bool more;
    struct error error;
    struct db_conn *conn = parse_query(r, &s) ? request_read(r) : NULL;
    if (!conn)
        return;
    if (!read_rows(&s, conn, &rows, &count, &more, &error) ||
        (!s.paged && !count_hidden(&s, conn, &hidden, &error))) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "writebacks");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(w);
        writeback_members(r, &rows[i]);
        json_end_object(w);
    }
    json_end_array(w);
    json_put_str(w, "next_cursor",
                 more ? arena_printf(r->arena, "%d_%lld", !urgent(rows[count - 1].w.state),
                                     (long long)rows[count - 1].w.id)
                      : STR_ABSENT);
    json_put_int(w, "hidden_by_filter", hidden);
    if (!counts_json(r, conn, &error)) {
        reply_error(r, &error);
        return;
    }
    json_end_object(w);
}

static void attempt_json(struct request *r, const struct writeback_attempt *a)
{
    static const char *const outcomes[] = {"ok",      "refused", "failed",
                                           "unknown", "same",    "different"};
    struct json_writer *w = &r->w;
    const char *outcome = error_is_set(&a->error) ? "failed" : "ok";
    for (size_t i = 0; i < 6; i++) {
        if (str_eq(a->outcome, str_from(outcomes[i])))
            outcome = outcomes[i];
    }
    json_begin_object(w);
    json_put_id(w, "id", a->id);
    json_put_time(w, "at", a->at);
    json_put_str(w, "kind", str_eq(a->kind, STR("send")) ? STR("send") : STR("read_back"));
    json_put_str(w, "outcome", str_from(outcome));
    put_optional(w, "call", a->operation);
    json_key(w, "http_status");
    if (a->http_status)
        json_write_int(w, a->http_status);
    else
        json_write_null(w);
    json_key(w, "error");
    mall_error_json(r, &a->error, a->at);
    json_end_object(w);
}

static void pair(struct json_writer *w, struct str label, struct str value)
{
    json_begin_object(w);
    json_put_str(w, "label", label);
    json_put_str(w, "value", value.n > 0 ? value : STR("—"));
    json_end_object(w);
}

static void payload_json(struct request *r, const struct writeback_row *row)
{
    struct json_writer *w = &r->w;
    struct order_package *packages;
    size_t count;
    struct error ignored;
    json_key(w, "payload");
    json_begin_array(w);
    bool shipment = row->w.aspect == ASPECT_SHIPMENT &&
                    shipment_payload_parse(r->arena, row->w.payload, &packages, &count, &ignored);
    for (size_t i = 0; shipment && i < count; i++) {
        for (size_t k = 0; k < packages[i].shipment_count; k++) {
            const struct shipment *s = &packages[i].shipments[k];
            const struct carrier *carrier = carrier_by_code(s->carrier);
            char date[12] = "";
            const char *name = !carrier ? "" : r->english ? carrier->name_en : carrier->name_ja;
            pair(w, r->english ? STR("Carrier") : STR("配送業者"), str_from(name));
            pair(w, r->english ? STR("Tracking number") : STR("お荷物伝票番号"),
                 s->tracking_number);
            pair(w, r->english ? STR("Ship date") : STR("出荷日"),
                 s->ship_date ? day_format(s->ship_date, date) : STR(""));
        }
    }
    if (!shipment)
        pair(w, r->english ? STR("What") : STR("内容"), writeback_summary(r, row));
    json_end_array(w);
}

void handle_writeback(struct request *r)
{
    row_id id;
    struct writeback_row row;
    struct writeback_attempt *attempts;
    size_t count;
    struct error error;
    struct db_conn *conn = path_id(r, 0, &id) ? request_read(r) : NULL;
    if (!conn)
        return;
    if (!writeback_row_read(r, conn, id, &row, &error) ||
        !writeback_attempts(conn, r->org_id, id, r->arena, &attempts, &count, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    writeback_members(r, &row);
    payload_json(r, &row);
    json_key(w, "attempt_list");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        attempt_json(r, &attempts[i]);
    json_end_array(w);
    json_end_object(w);
}

// Takes the judgement of the preview over into the rows that it looked at.
static bool judge_orders(struct request *r, struct db_conn *conn, struct writeback_row *rows,
                         size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct writeback_filter filter = {.order_id = rows[i].w.order_id,
                                          .state = -2,
                                          .changed_from = TIME_NONE,
                                          .changed_to = TIME_NONE,
                                          .due_by = TIME_NONE,
                                          .limit = 50};
        struct push_preview *list;
        size_t n;
        if (rows[i].w.state > WRITEBACK_SUPPRESSED)
            continue;
        if (!writeback_preview(conn, &r->by, r->api->o.key, &filter, r->arena, &list, &n, error))
            return false;
        for (size_t k = 0; k < n; k++) {
            if (list[k].writeback_id != rows[i].w.id)
                continue;
            rows[i].w.state = list[k].state;
            rows[i].w.reason = list[k].reason;
            rows[i].w.last_error = list[k].error;
        }
    }
    return true;
}

static bool irreversible(const struct writeback_row *row)
{
    return row->w.aspect == ASPECT_ACCEPT || row->w.aspect == ASPECT_CANCEL;
}

static void preview_json(struct request *r, const struct writeback_row *rows, size_t count,
                         int64_t hidden)
{
    static const char *const outcomes[] = {"will_send", "check_first", "blocked", "suppressed",
                                           "in_flight"};
    int64_t counts[5] = {0};
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "rows");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        const struct writeback_row *row = &rows[i];
        const char *outcome = writeback_outcome(row->w.state);
        if (!outcome)
            continue;
        for (size_t k = 0; k < 5; k++)
            counts[k] += strcmp(outcome, outcomes[k]) == 0;
        json_begin_object(w);
        json_put_id(w, "id", row->w.id);
        json_put_id(w, "order_id", row->w.order_id);
        json_put_str(w, "order_no", row->w.order_no);
        json_put_id(w, "shop_id", row->w.shop_id);
        json_put_str(w, "shop", row->shop);
        json_put_str(w, "mall", row->mall);
        json_put_str(w, "aspect", str_from(writeback_aspect_name(row->w.aspect)));
        json_put_str(w, "payload_summary", writeback_summary(r, row));
        json_put_str(w, "outcome", str_from(outcome));
        json_put_bool(w, "irreversible", irreversible(row));
        writeback_reasons(r, row);
        writeback_notes(r, row);
        json_end_object(w);
    }
    json_end_array(w);
    json_key(w, "counts");
    json_begin_object(w);
    for (size_t k = 0; k < 5; k++)
        json_put_int(w, outcomes[k], counts[k]);
    json_end_object(w);
    json_put_int(w, "hidden_by_filter", hidden);
    json_end_object(w);
}

static bool rows_of_ids(struct request *r, struct db_conn *conn, const row_id *ids, size_t count,
                        struct writeback_row **rows, size_t *found, struct error *error)
{
    *found = 0;
    if (!(*rows = ARENA_ARRAY(r->arena, struct writeback_row, count)))
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++) {
        if (writeback_row_read(r, conn, ids[i], &(*rows)[*found], error))
            ++*found;
        else if (error->class != ERROR_NOT_FOUND)
            return false;
    }
    return true;
}

static bool read_selection(struct input *in, struct selection *s, row_id **ids, size_t *count)
{
    struct request *r = in->r;
    row_id *shop = ARENA_NEW(r->arena, row_id), *statuses;
    selection_init(s, r);
    s->tab = "(w.owed = 1 OR w.state = 8)";
    s->limit = 500;
    input_ids(in, "ids", PREVIEW_MAX, ids, count);
    input_ids(in, "work_statuses", 100, &statuses, &s->status_count);
    s->statuses = statuses;
    if (shop && input_id(in, "shop", false, shop)) {
        s->shops = shop;
        s->shop_count = 1;
    }
    struct str aspect = input_text(in, "aspect", 0, 20, false);
    if (aspect.n > 0 && (s->aspect = writeback_aspect_from_name(aspect)) < 0)
        input_bad(in, STR("aspect"), "unknown", "値が正しくありません。", "this value is invalid");
    input_day(in, "from", false, &s->from);
    input_day(in, "to", true, &s->to);
    return input_done(in);
}

void handle_writeback_preview(struct request *r)
{
    struct input in;
    struct selection s;
    row_id *ids;
    size_t id_count, count;
    struct writeback_row *rows;
    int64_t hidden = 0;
    bool more = false;
    struct error error;
    if (!input_begin_optional(r, &in) || !read_selection(&in, &s, &ids, &id_count))
        return;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    bool ok = id_count > 0 ? rows_of_ids(r, conn, ids, id_count, &rows, &count, &error)
                           : read_rows(&s, conn, &rows, &count, &more, &error) &&
                                 count_hidden(&s, conn, &hidden, &error);
    if (ok && judge_orders(r, conn, rows, count, &error))
        preview_json(r, rows, count, hidden);
    else
        reply_error(r, &error);
}

struct run {
    struct request *r;
    const row_id *ids;
    size_t count;
    struct error *refused;
    size_t queued;
};

static bool run_one(struct request *r, struct db_conn *conn, row_id id, const char *code,
                    struct error *refused, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn, "SELECT state FROM writeback WHERE org_id = $1 AND id = $2", error);
    size_t due;
    if (!s)
        return false;
    error_clear(refused);
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_DONE) {
        error_set(refused, ERROR_NOT_FOUND, "not_found", "この書出しの記録はありません。",
                  "no such write-back");
        return true;
    }
    enum writeback_state state = (enum writeback_state)db_int(s, 0);
    db_reset(s);
    if (state == WRITEBACK_REJECTED || state == WRITEBACK_DRIFT)
        return writeback_retry(conn, &r->by, id, error);
    if (state == WRITEBACK_SENDING || writeback_is_final(state)) {
        error_set(refused, ERROR_CONFLICT, code, "いまは送信できない状態です(%s)。",
                  "it can't be sent in its state (%s)", writeback_state_name(state));
        return true;
    }
    return writeback_run(conn, &r->by, &id, 1, NULL, &due, error);
}

static bool run_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct run *run = context;
    run->queued = 0;
    for (size_t i = 0; i < run->count; i++) {
        if (!run_one(run->r, conn, run->ids[i], "not_sendable", &run->refused[i], error))
            return false;
        run->queued += !error_is_set(&run->refused[i]);
    }
    return audit_add(conn, run->r, "writebacks.run", STR("writebacks"), STR_ABSENT,
                     arena_printf(run->r->arena, "{\"count\":%zu}", run->queued), error);
}

void handle_writeback_run(struct request *r)
{
    struct input in;
    struct run run = {.r = r};
    row_id *ids;
    struct error error;
    if (!input_begin(r, &in))
        return;
    if (input_ids(&in, "ids", IDS_MAX, &ids, &run.count) && run.count == 0)
        input_bad(&in, STR("ids"), "required", "書き出す行を選んでください。",
                  "choose rows to send");
    if (!input_done(&in))
        return;
    run.ids = ids;
    run.refused = ARENA_ARRAY(r->arena, struct error, run.count);
    if (!run.refused) {
        error_no_memory(&error);
        reply_error(r, &error);
        return;
    }
    request_release(r);
    if (!request_write(r, run_fn, &run))
        return;
    notify_engine(r);
    struct json_writer *w = reply_json(r, 202);
    json_begin_object(w);
    json_put_int(w, "queued", (int64_t)run.queued);
    json_key(w, "refused");
    json_begin_array(w);
    for (size_t i = 0; i < run.count; i++) {
        if (error_is_set(&run.refused[i]))
            refusal_json(r, run.ids[i], STR_ABSENT, &run.refused[i]);
    }
    json_end_array(w);
    json_end_object(w);
}

static void reply_writeback(struct request *r, int status, row_id id)
{
    struct writeback_row row;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!writeback_row_read(r, conn, id, &row, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, status);
    json_begin_object(w);
    writeback_members(r, &row);
    json_end_object(w);
    notify_writeback(r, id, row.w.order_id);
}

struct decision {
    struct request *r;
    row_id id;
    struct str reason;
};

static bool waive_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct decision *d = context;
    struct request *r = d->r;
    AUTO_BUF after = buf_make(8192);
    struct json_writer w = json_writer_make(&after);
    json_begin_object(&w);
    json_put_str(&w, "reason", d->reason);
    json_end_object(&w);
    return writeback_waive(conn, &r->by, d->id, d->reason, error) &&
           audit_add(conn, r, "writeback.waive",
                     arena_printf(r->arena, "writeback:%lld", (long long)d->id), STR_ABSENT,
                     buf_str(&after), error);
}

static void reply_refused(struct request *r, const char *code, const struct error *error)
{
    if (error->class == ERROR_CONFLICT || error->class == ERROR_FENCED)
        reply_problem(r, 409, code, error->what_ja, error->what_en);
    else
        reply_error(r, error);
}

void handle_writeback_waive(struct request *r)
{
    struct input in;
    struct decision d = {.r = r};
    struct writeback_row row;
    struct error error;
    if (!path_id(r, 0, &d.id) || !input_begin(r, &in))
        return;
    d.reason = input_text(&in, "reason", 1, 500, true);
    if (!input_done(&in))
        return;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!writeback_row_read(r, conn, d.id, &row, &error)) {
        reply_error(r, &error);
        return;
    }
    if (row.w.state == WRITEBACK_UNKNOWN || row.w.state == WRITEBACK_SENDING) {
        reply_problem(r, 409, "not_waivable",
                      "モールへの送信結果を確認中のため、まだ不要にできません。",
                      "its outcome at the mall isn't known yet");
        return;
    }
    if (db_write(r->api->o.db, waive_fn, &d, &error))
        reply_writeback(r, 200, d.id);
    else
        reply_refused(r, "not_waivable", &error);
}

static bool retry_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct decision *d = context;
    struct error refused;
    if (!run_one(d->r, conn, d->id, "not_retryable", &refused, error))
        return false;
    if (error_is_set(&refused)) {
        *error = refused;
        return false;
    }
    return audit_add(conn, d->r, "writeback.retry",
                     arena_printf(d->r->arena, "writeback:%lld", (long long)d->id), STR_ABSENT,
                     STR_ABSENT, error);
}

void handle_writeback_retry(struct request *r)
{
    struct decision d = {.r = r};
    struct error error;
    if (!path_id(r, 0, &d.id))
        return;
    if (!db_write(r->api->o.db, retry_fn, &d, &error)) {
        reply_refused(r, "not_retryable", &error);
        return;
    }
    notify_engine(r);
    reply_writeback(r, 202, d.id);
}
