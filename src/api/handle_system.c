// SPDX-License-Identifier: Apache-2.0
//
// Audit, version, health and metrics of the process.
#include "api/handlers.h"
#include "api/sql_build.h"

#include <stdio.h>

#ifndef JUCHU_VERSION
#define JUCHU_VERSION "0.1.0"
#endif

struct audit_filter {
    row_id user, order, before;
    struct str action;
    time_ms from, to;
    int64_t limit;
};

static void audit_conditions(struct request *r, struct sql_build *b, const struct audit_filter *f)
{
    buf_addf(&b->sql, " FROM audit a WHERE a.org_id = $%d", sql_int(b, r->org_id));
    if (f->user)
        buf_addf(&b->sql, " AND a.actor_kind = 1 AND a.actor_id = $%d", sql_int(b, f->user));
    if (f->action.p)
        buf_addf(&b->sql, " AND a.action = $%d", sql_text(b, f->action));
    if (f->order)
        buf_addf(&b->sql, " AND a.object = $%d",
                 sql_text(b, arena_printf(r->arena, "order:%lld", (long long)f->order)));
    if (f->from != TIME_NONE)
        buf_addf(&b->sql, " AND a.at >= $%d", sql_int(b, f->from));
    if (f->to != TIME_NONE)
        buf_addf(&b->sql, " AND a.at < $%d", sql_int(b, f->to));
}

static struct db_stmt *audit_page(struct request *r, struct db_conn *conn,
                                  const struct audit_filter *f, struct error *error)
{
    struct sql_build b = sql_build_make();
    buf_add(&b.sql, STR("SELECT a.id, a.at, a.actor_kind, a.actor_name, a.action, a.object, "
                        "a.before_json, a.after_json, a.address"));
    audit_conditions(r, &b, f);
    if (f->before)
        buf_addf(&b.sql, " AND a.id < $%d", sql_int(&b, f->before));
    buf_addf(&b.sql, " ORDER BY a.id DESC LIMIT $%d", sql_int(&b, f->limit + 1));
    return sql_prepare(&b, conn, r->arena, error);
}

static struct str action_text(struct request *r, struct str action)
{
    static const struct {
        const char *action, *ja, *en;
    } list[] = {
        {"login", "ログインしました", "Signed in"},
        {"logout", "ログアウトしました", "Signed out"},
        {"orders.move", "注文を移動しました", "Moved orders"},
        {"undo", "操作を元に戻しました", "Undid an action"},
        {"order.accept", "注文確認を登録しました", "Accepted an order"},
        {"order.cancel", "注文をキャンセルしました", "Cancelled an order"},
        {"writebacks.run", "書出しを実行しました", "Sent write-backs"},
        {"writeback.waive", "書出しを不要にしました", "Waived a write-back"},
        {"writeback.retry", "書出しをやり直しました", "Retried a write-back"},
        {"shop.create", "ショップを追加しました", "Added a shop"},
        {"shop.change", "ショップの設定を変更しました", "Changed a shop"},
        {"credential.change", "資格情報を登録しました", "Entered a credential"},
        {"work_statuses.change", "ステータスを変更しました", "Changed the work statuses"},
        {"status_links.change", "紐付け設定を変更しました", "Changed the status links"},
        {"mapping.change", "変換設定を変更しました", "Changed a mapping"},
        {"outgoing_addresses.change", "接続元アドレスを変更しました",
         "Changed the outgoing addresses"},
        {"user.create", "ユーザーを追加しました", "Added a user"},
        {"user.change", "ユーザーを変更しました", "Changed a user"},
        {"password.change", "パスワードを変更しました", "Changed a password"},
        {"token.create", "トークンを作成しました", "Made a token"},
        {"token.revoke", "トークンを無効にしました", "Revoked a token"},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (str_eq(action, str_from(list[i].action)))
            return str_from(r->english ? list[i].en : list[i].ja);
    }
    return action;
}

static void audit_json(struct request *r, struct db_stmt *s)
{
    struct json_writer *w = &r->w;
    struct json after;
    struct error ignored;
    int64_t kind = db_int(s, 2), count;
    struct str object = db_text(s, 5), after_text = db_text(s, 7);
    ptrdiff_t colon = str_find_char(object, ':');
    json_begin_object(w);
    json_put_id(w, "id", db_int(s, 0));
    json_put_time(w, "at", db_time(s, 1));
    json_put_str(w, "actor_kind",
                 kind == ACTOR_USER    ? STR("user")
                 : kind == ACTOR_TOKEN ? STR("token")
                                       : STR("system"));
    put_optional(w, "actor", db_text(s, 3));
    json_put_str(w, "action", db_text(s, 4));
    json_put_str(w, "summary", action_text(r, db_text(s, 4)));
    put_optional(w, "object_kind", colon < 0 ? object : str_slice(object, 0, (size_t)colon));
    put_optional(w, "object_id",
                 colon < 0 ? STR_ABSENT : str_slice(object, (size_t)colon + 1, object.n));
    json_key(w, "count");
    if (after_text.n > 0 && json_parse(r->arena, after_text, true, &after, &ignored) &&
        json_int(json_get(after, "count"), &count))
        json_write_int(w, count);
    else
        json_write_null(w);
    put_optional(w, "before", db_text(s, 6));
    put_optional(w, "after", after_text);
    put_optional(w, "address", db_text(s, 8));
    json_end_object(w);
}

static bool count_audit(struct request *r, struct db_conn *conn, const struct audit_filter *f,
                        int64_t *hidden, struct error *error)
{
    struct audit_filter none = {.from = TIME_NONE, .to = TIME_NONE};
    int64_t counts[2] = {0, 0};
    bool filtered =
        f->user || f->action.p || f->order || f->from != TIME_NONE || f->to != TIME_NONE;
    *hidden = 0;
    if (!filtered || f->before)
        return true;
    const struct audit_filter *both[] = {&none, f};
    for (int i = 0; i < 2; i++) {
        struct sql_build b = sql_build_make();
        buf_add(&b.sql, STR("SELECT COUNT(*) FROM (SELECT 1"));
        audit_conditions(r, &b, both[i]);
        buf_add(&b.sql, STR(" LIMIT 10000) AS counted"));
        if (!sql_number(&b, conn, r->arena, &counts[i], error))
            return false;
    }
    *hidden = counts[0] > counts[1] ? counts[0] - counts[1] : 0;
    return true;
}

static bool parse_audit(struct request *r, struct audit_filter *f)
{
    struct error error;
    *f = (struct audit_filter){.from = TIME_NONE, .to = TIME_NONE, .limit = 200};
    f->action = query_text(r, "action");
    if (!query_id(r, "user", &f->user) || !query_id(r, "cursor", &f->before) ||
        !query_day(r, "from", false, &f->from) || !query_day(r, "to", true, &f->to) ||
        !query_int(r, "limit", 1, 500, &f->limit))
        return false;
    struct str number = query_text(r, "order_no");
    if (!number.p)
        return true;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return false;
    if (order_find(conn, r->org_id, 0, number, &f->order, &error))
        return true;
    if (error.class == ERROR_NOT_FOUND) {
        f->order = -1; // matches nothing
        return true;
    }
    reply_error(r, &error);
    return false;
}

void handle_audit(struct request *r)
{
    struct audit_filter f;
    struct error error;
    int64_t shown = 0, hidden;
    row_id last = 0;
    struct db_conn *conn = parse_audit(r, &f) ? request_read(r) : NULL;
    if (!conn)
        return;
    struct db_stmt *s =
        count_audit(r, conn, &f, &hidden, &error) ? audit_page(r, conn, &f, &error) : NULL;
    if (!s) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    enum db_step step;
    json_begin_object(w);
    json_key(w, "entries");
    json_begin_array(w);
    while ((step = db_step(s, &error)) == DB_STEP_ROW) {
        if (shown++ == f.limit)
            continue;
        last = db_int(s, 0);
        audit_json(r, s);
    }
    json_end_array(w);
    json_put_id(w, "next_cursor", shown > f.limit ? last : 0);
    json_put_int(w, "hidden_by_filter", hidden);
    json_end_object(w);
    if (step == DB_STEP_ERROR)
        reply_error(r, &error);
}

void handle_version(struct request *r)
{
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_put_str(w, "version", STR(JUCHU_VERSION));
    json_put_str(w, "build", str_from(r->api->o.build));
    json_end_object(w);
}

static void begin_text(struct request *r, int status)
{
    r->x->status = status;
    server_add_header(r->x, STR("Content-Type"), STR("text/plain; charset=utf-8"));
    server_add_header(r->x, STR("Cache-Control"), STR("no-store"));
}

// Able to serve means: the database answers.
void handle_healthz(struct request *r)
{
    struct error error;
    struct db_conn *conn = db_acquire(r->api->o.db, &error);
    struct db_stmt *s = conn ? db_prepare(conn, "SELECT 1", &error) : NULL;
    bool well = s && db_step(s, &error) == DB_STEP_ROW;
    if (well)
        db_reset(s);
    if (conn)
        db_release(r->api->o.db, conn);
    begin_text(r, well ? 200 : 503);
    buf_add(r->out, well ? STR("ok\n") : STR("database unavailable\n"));
}

struct gauge {
    const char *name, *help, *label, *sql;
};

// Sums over all companies; the label's value comes in the first column.
static const struct gauge gauges[] = {
    {"juchu_orders", "Orders kept", "role",
     "SELECT s.role, CAST(COALESCE(SUM(c.count), 0) AS BIGINT) FROM order_count c JOIN work_status "
     "s "
     "ON s.org_id = c.org_id AND s.id = c.work_status_id GROUP BY s.role LIMIT 20"},
    {"juchu_writebacks_open", "Obligations to the malls that are not settled, by state", "state",
     "SELECT CAST(state AS TEXT), COUNT(*) FROM writeback WHERE owed = 1 OR state = 8 GROUP BY "
     "state "
     "LIMIT 20"},
    {"juchu_fetch_runs_live", "Fetch runs queued or running", "state",
     "SELECT state, COUNT(*) FROM fetch_run WHERE ended_at IS NULL GROUP BY state LIMIT 20"},
    {"juchu_shops", "Shops, by whether they are enabled", "enabled",
     "SELECT CASE WHEN enabled = 1 THEN 'true' ELSE 'false' END, COUNT(*) FROM shop GROUP BY "
     "enabled "
     "LIMIT 2"},
    {"juchu_shops_blocked", "Shops whose work is stopped by an error", "reason",
     "SELECT blocked_reason, COUNT(*) FROM shop_state WHERE blocked_until IS NOT NULL GROUP BY "
     "blocked_reason LIMIT 50"},
};

static void label_value(struct buf *out, const struct gauge *g, struct str value)
{
    int64_t state;
    if (strcmp(g->label, "state") == 0 && str_to_int64(value, &state))
        value = str_from(writeback_state_name((enum writeback_state)state));
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\' || (unsigned char)value.p[i] < ' ')
            buf_add_char(out, '_');
        else
            buf_add_char(out, value.p[i]);
    }
}

static bool put_gauge(struct buf *out, struct db_conn *conn, const struct gauge *g,
                      struct error *error)
{
    struct db_stmt *s = db_prepare(conn, g->sql, error);
    if (!s)
        return false;
    buf_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", g->name, g->help, g->name);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        buf_addf(out, "%s{%s=\"", g->name, g->label);
        label_value(out, g, db_text(s, 0));
        buf_addf(out, "\"} %lld\n", (long long)db_int(s, 1));
    }
    return step == DB_STEP_DONE;
}

static bool is_loopback(struct str peer)
{
    return str_starts(peer, STR("127.")) || str_eq(peer, STR("::1")) ||
           str_starts(peer, STR("::ffff:127."));
}

void handle_metrics(struct request *r)
{
    struct error error;
    if (!is_loopback(r->x->peer)) {
        reply_problem(r, 403, "forbidden", "この接続元からは参照できません。", "not from here");
        return;
    }
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    buf_add(r->out, STR("# HELP juchu_requests_total Answers given, by status\n# TYPE "
                        "juchu_requests_total counter\n"));
    for (int status = 0; status < 600; status++) {
        uint64_t n = atomic_load_explicit(&r->api->answered[status], memory_order_relaxed);
        if (n > 0)
            buf_addf(r->out, "juchu_requests_total{status=\"%d\"} %llu\n", status,
                     (unsigned long long)n);
    }
    for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++) {
        if (!put_gauge(r->out, conn, &gauges[i], &error)) {
            reply_error(r, &error);
            return;
        }
    }
    begin_text(r, 200);
}
