// SPDX-License-Identifier: Apache-2.0
//
// Tables fetch_run, fetch_item and listing. Every listed number gets a row with what was decided
// about it and why, so that "why is this order not here" has an answer without asking the mall.
// Database threads; nothing is kept between calls.
#include "sync/fetch_store.h"
#include "base/json.h"

#define ORDER_NUMBERS_MAX 10000
#define RANGE_DAYS_MAX 731

static const char *const door_names[DOOR_COUNT] = {"automatic", "range",  "status",
                                                   "number",    "reread", "file"};

const char *fetch_door_name(enum fetch_door d)
{
    return d >= 0 && d < DOOR_COUNT ? door_names[d] : "automatic";
}

static int door_from_name(struct str name)
{
    for (int i = 0; i < DOOR_COUNT; i++) {
        if (str_eq(name, str_from(door_names[i])))
            return i;
    }
    return -1;
}

struct str fetch_plan_to_json(struct arena *arena, const struct fetch_plan *plan)
{
    AUTO_BUF buf = buf_make(4u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_put_time(&w, "from", plan->from);
    json_put_time(&w, "to", plan->to);
    if (plan->status.n > 0)
        json_put_str(&w, "status", plan->status);
    if (plan->order_no_count > 0) {
        json_key(&w, "order_numbers");
        json_begin_array(&w);
        for (size_t i = 0; i < plan->order_no_count; i++)
            json_write_str(&w, plan->order_nos[i]);
        json_end_array(&w);
    }
    json_end_object(&w);
    return buf.failed ? STR_ABSENT : str_dup(arena, buf_str(&buf));
}

static time_ms time_of(struct json v)
{
    time_ms t;
    struct str text = json_str(v);
    return text.p && time_parse_iso(text, 0, &t) ? t : TIME_NONE;
}

bool fetch_plan_from_json(struct arena *arena, struct str json, struct fetch_plan *plan,
                          struct error *error)
{
    struct json root;
    if (!json_parse(arena, json, false, &root, error))
        return false;
    plan->from = time_of(json_get(root, "from"));
    plan->to = time_of(json_get(root, "to"));
    plan->status = str_dup(arena, json_str(json_get(root, "status")));
    struct json numbers = json_get(root, "order_numbers"), v;
    plan->order_nos = ARENA_ARRAY(arena, struct str, json_count(numbers));
    if (!plan->order_nos)
        return error_no_memory(error);
    for (struct json_iter i = json_iterate(numbers); json_next(&i, &v);)
        plan->order_nos[plan->order_no_count++] = str_dup(arena, json_str(v));
    return arena_failed(arena) ? error_no_memory(error) : true;
}

bool fetch_run_insert(struct db_conn *conn, const struct order_context *context, row_id run_id,
                      row_id shop_id, enum fetch_door door, struct str request_json,
                      const char *state, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "INSERT INTO fetch_run (org_id, id, shop_id, door, request_json, state, started_at, "
        "ended_at, "
        "actor_kind, actor_id, actor_name, listed, created, updated, unchanged, skipped, failed, "
        "expected, progress_json, error_json) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, $9, "
        "$10, "
        "0, 0, 0, 0, 0, 0, 0, '{}', NULL)",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, run_id);
    db_bind_id(s, 3, shop_id);
    db_bind_text(s, 4, str_from(fetch_door_name(door)));
    db_bind_text(s, 5, request_json);
    db_bind_text(s, 6, str_from(state));
    db_bind_int(s, 7, context->now);
    db_bind_int(s, 8, context->actor.kind);
    db_bind_id(s, 9, context->actor.id);
    db_bind_text(s, 10, context->actor.name.p ? context->actor.name : STR(""));
    return db_run(s, error);
}

static bool check_request(const struct fetch_request *r, const struct shop *shop,
                          struct error *error)
{
    if (r->door == DOOR_NUMBER) {
        if (r->order_no_count == 0 || r->order_no_count > ORDER_NUMBERS_MAX) {
            error_set(error, ERROR_BAD_INPUT, "fetch.order_numbers",
                      "注文番号を1件以上%d件以下で指定してください。", "give 1 to %d order numbers",
                      ORDER_NUMBERS_MAX);
            return error_hint(error, "それより多いときは期間を指定して取り込んでください。",
                              "For more, fetch by date range.");
        }
        return true;
    }
    if (r->from == TIME_NONE || r->to == TIME_NONE || r->from >= r->to) {
        error_set(error, ERROR_BAD_INPUT, "fetch.range_reversed",
                  "取込期間の開始は終了より前の日時にしてください。",
                  "the range must begin before it ends");
        return error_hint(error, "開始日と終了日を確認してください。", "Check both dates.");
    }
    int reach = shop->mall->limits.reach_days > 0 ? shop->mall->limits.reach_days : RANGE_DAYS_MAX;
    if (r->to - r->from > (int64_t)(reach + 1) * 86400000) {
        error_set(error, ERROR_BAD_INPUT, "fetch.range_too_wide",
                  "取込期間は%d日以内にしてください。", "the range may not exceed %d days", reach);
        return error_hint(error, "モールから取得できる過去の期間を超えています。",
                          "The mall doesn't hand out older orders.");
    }
    for (size_t i = 0; r->door == DOOR_STATUS && i < shop->mall->status_count; i++) {
        if (str_eq(r->status, str_from(shop->mall->statuses[i].value)))
            return true;
    }
    if (r->door != DOOR_STATUS)
        return true;
    error_set(error, ERROR_BAD_INPUT, "fetch.status_unknown",
              "ステータス「%.*s」はこのモールにありません。", "this mall has no status \"%.*s\"",
              STR_ARG(r->status));
    return error_hint(error, "設定画面の取得ステータスの一覧から選んでください。",
                      "Choose one of the statuses that the shop's settings list.");
}

bool fetch_request_queue(struct db_conn *conn, const struct order_context *context,
                         const struct fetch_request *request, row_id *run_id, struct error *error)
{
    AUTO_ARENA arena = arena_new(16u << 20);
    if (!arena)
        return error_no_memory(error);
    struct shop shop;
    if (!shop_read(conn, context->org_id, request->shop_id, arena, &shop, error) ||
        !check_request(request, &shop, error))
        return false;
    struct fetch_plan plan = {
        .door = request->door,
        .from = request->from,
        .to = request->to,
        .status = request->status,
        .order_no_count = request->order_no_count,
    };
    plan.order_nos = ARENA_ARRAY(arena, struct str, request->order_no_count);
    for (size_t i = 0; plan.order_nos && i < request->order_no_count; i++)
        plan.order_nos[i] = request->order_nos[i];
    struct str json = plan.order_nos ? fetch_plan_to_json(arena, &plan) : STR_ABSENT;
    if (!json.p)
        return error_no_memory(error);
    *run_id = id_next(context->ids, context->now);
    return fetch_run_insert(conn, context, *run_id, request->shop_id, request->door, json, "queued",
                            error);
}

bool fetch_run_cancel(struct db_conn *conn, const struct order_context *context, row_id run_id,
                      struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "UPDATE fetch_run SET state = 'cancelled', ended_at = $3 WHERE "
                                   "org_id = $1 AND id = $2 AND ended_at IS NULL",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, run_id);
    db_bind_int(s, 3, context->now);
    if (!db_run(s, error))
        return false;
    if (db_changes(s) > 0)
        return true;
    return error_set(error, ERROR_CONFLICT, "fetch.already_ended",
                     "この取込はすでに終わっています。", "this run has already ended");
}

bool fetch_run_take(struct db_conn *conn, row_id org_id, row_id run_id, struct arena *arena,
                    struct fetch_plan *plan, struct actor *actor, struct run_counts *counts,
                    bool *taken, struct error *error)
{
    *taken = false;
    *counts = (struct run_counts){0};
    struct db_stmt *s =
        db_prepare(conn,
                   "UPDATE fetch_run SET state = 'running' WHERE org_id = $1 AND id = "
                   "$2 AND state = 'queued' RETURNING door, request_json, actor_kind, "
                   "actor_id, actor_name",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, run_id);
    enum db_step step = db_step(s, error);
    if (step != DB_STEP_ROW)
        return step == DB_STEP_DONE;
    int door = door_from_name(db_text(s, 0));
    struct str json = str_dup(arena, db_text(s, 1));
    actor->kind = (enum actor_kind)db_int(s, 2);
    actor->id = db_int(s, 3);
    actor->name = str_dup(arena, db_text(s, 4));
    db_reset(s);
    if (door < 0)
        return error_set(error, ERROR_INTERNAL, "fetch.door_unknown", "取込の種類が不正です。",
                         "unknown door");
    *plan = (struct fetch_plan){.door = (enum fetch_door)door};
    if (!fetch_plan_from_json(arena, json, plan, error))
        return false;
    // What an interrupted try of this run has already noted doesn't count twice.
    s = db_prepare(conn, "DELETE FROM fetch_item WHERE org_id = $1 AND fetch_run_id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, run_id);
    *taken = true;
    return db_run(s, error);
}

static bool was_cancelled(struct error *error)
{
    return error_set(error, ERROR_CANCELLED, "fetch.cancelled", "取込は中止されました。",
                     "the run was cancelled");
}

bool fetch_run_store(struct db_conn *conn, row_id org_id, row_id run_id, const char *state,
                     time_ms ended_at, const struct run_counts *c, struct str progress_json,
                     const struct error *failure, struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 20);
    if (!arena)
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(
        conn,
        "UPDATE fetch_run SET state = $3, ended_at = $4, listed = $5, created = $6, updated = $7, "
        "unchanged = $8, skipped = $9, failed = $10, expected = $11, progress_json = $12, "
        "error_json = $13 WHERE org_id = $1 AND id = $2 AND (state <> 'cancelled' OR $3 = "
        "'cancelled')",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, run_id);
    db_bind_text(s, 3, str_from(state));
    db_bind_int(s, 4, ended_at);
    if (ended_at == TIME_NONE)
        db_bind_null(s, 4);
    db_bind_int(s, 5, c->listed);
    db_bind_int(s, 6, c->created);
    db_bind_int(s, 7, c->updated);
    db_bind_int(s, 8, c->unchanged);
    db_bind_int(s, 9, c->skipped);
    db_bind_int(s, 10, c->failed);
    db_bind_int(s, 11, c->expected);
    db_bind_text(s, 12, progress_json);
    db_bind_text(s, 13, failure ? error_to_json(arena, failure) : STR_ABSENT);
    if (!db_run(s, error))
        return false;
    return db_changes(s) > 0 || was_cancelled(error);
}

bool fetch_run_check(struct db_conn *conn, row_id org_id, row_id run_id, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn, "SELECT state FROM fetch_run WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, run_id);
    enum db_step step = db_step(s, error);
    if (step != DB_STEP_ROW)
        return step == DB_STEP_DONE;
    bool cancelled = str_eq(db_text(s, 0), STR("cancelled"));
    db_reset(s);
    return !cancelled || was_cancelled(error);
}

bool fetch_item_store(struct db_conn *conn, row_id org_id, row_id run_id, struct str order_no,
                      const char *outcome, struct str reason, row_id order_id,
                      const struct error *failure, struct arena *arena, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO fetch_item (org_id, fetch_run_id, order_no, outcome, "
                   "reason, order_id, error_json) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                   "ON CONFLICT (org_id, fetch_run_id, order_no) DO UPDATE SET outcome = "
                   "excluded.outcome, reason = excluded.reason, order_id = "
                   "excluded.order_id, error_json = excluded.error_json",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, run_id);
    db_bind_text(s, 3, order_no);
    db_bind_text(s, 4, str_from(outcome));
    db_bind_text(s, 5, reason);
    db_bind_id(s, 6, order_id);
    db_bind_text(s, 7, failure ? error_to_json(arena, failure) : STR_ABSENT);
    return db_run(s, error);
}

bool filter_takes(const struct mall *mall, const struct mall_account *account, struct str choice)
{
    // What the listing doesn't tell is read: a filter may only leave out what it knows.
    if (choice.n > 0 && mall->takes_status)
        return mall->takes_status(account, choice);
    return choice.n == 0 || account_has_choice(account, "fetch_statuses", choice);
}

struct known {
    bool exists;
    struct str mall_status, status_choice, update_mark, decision, reason;
    row_id order_id;
    time_ms changed_at;
};

#define CHUNK 50

// What is known of up to CHUNK numbers, in one query; the rest of the places repeat the last
// number.
static bool listings_known(struct db_conn *conn, row_id org_id, row_id shop_id,
                           const struct mall_listing *listings, size_t count, struct arena *arena,
                           struct known *known, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT order_no, mall_status, status_choice, update_mark, decision, reason, order_id, "
        "changed_at FROM listing WHERE org_id = $1 AND shop_id = $2 AND order_no IN ($3, $4, $5, "
        "$6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, "
        "$24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, "
        "$41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52)",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    for (size_t i = 0; i < CHUNK; i++)
        db_bind_text(s, 3 + (int)i, listings[i < count ? i : count - 1].order_no);
    memset(known, 0, count * sizeof *known);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        struct str order_no = db_text(s, 0);
        for (size_t i = 0; i < count; i++) {
            if (!str_eq(order_no, listings[i].order_no))
                continue;
            known[i] = (struct known){
                .exists = true,
                .mall_status = str_dup(arena, db_text(s, 1)),
                .status_choice = str_dup(arena, db_text(s, 2)),
                .update_mark = str_dup(arena, db_text(s, 3)),
                .decision = str_dup(arena, db_text(s, 4)),
                .reason = str_dup(arena, db_text(s, 5)),
                .order_id = db_int(s, 6),
                .changed_at = db_time(s, 7),
            };
        }
    }
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

static bool listing_store(struct db_conn *conn, row_id org_id, row_id shop_id,
                          const struct mall_listing *l, const char *decision, const char *reason,
                          row_id order_id, time_ms now, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "INSERT INTO listing (org_id, shop_id, order_no, mall_status, status_choice, update_mark, "
        "ordered_at, first_seen_at, changed_at, decision, reason, order_id) VALUES ($1, $2, $3, "
        "$4, "
        "$5, $6, $7, $8, $8, $9, $10, $11) ON CONFLICT (org_id, shop_id, order_no) DO UPDATE SET "
        "mall_status = excluded.mall_status, status_choice = excluded.status_choice, update_mark = "
        "excluded.update_mark, ordered_at = COALESCE(excluded.ordered_at, listing.ordered_at), "
        "changed_at = excluded.changed_at, decision = excluded.decision, reason = excluded.reason, "
        "order_id = COALESCE(excluded.order_id, listing.order_id)",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_text(s, 3, l->order_no);
    db_bind_text(s, 4, l->mall_status.p ? l->mall_status : STR(""));
    db_bind_text(s, 5, l->status_choice.p ? l->status_choice : STR(""));
    db_bind_text(s, 6, l->update_mark.p ? l->update_mark : STR(""));
    if (l->ordered_at == TIME_NONE)
        db_bind_null(s, 7);
    else
        db_bind_int(s, 7, l->ordered_at);
    db_bind_int(s, 8, now);
    db_bind_text(s, 9, str_from(decision));
    db_bind_text(s, 10, str_from(reason));
    db_bind_id(s, 11, order_id);
    return db_run(s, error);
}

static bool same_listing(const struct known *known, const struct mall_listing *l)
{
    return str_eq(known->mall_status, l->mall_status) && str_eq(known->update_mark, l->update_mark);
}

static bool apply_one(struct db_conn *conn, row_id org_id, row_id shop_id,
                      const struct listing_rule *rule, const struct mall_listing *l,
                      const struct known *before, enum listing_verdict *verdict,
                      struct error *error)
{
    const struct known known = *before;
    bool imported = known.exists && known.order_id != 0;
    if (imported && str_eq(known.decision, STR("imported")) && same_listing(&known, l)) {
        *verdict = LISTING_UNCHANGED;
        return true;
    }
    // What this very job couldn't read isn't tried again when another window lists it too.
    if (known.exists && known.changed_at == rule->now && same_listing(&known, l) &&
        (str_eq(known.decision, STR("quarantined")) || str_eq(known.decision, STR("missing")))) {
        *verdict = LISTING_UNCHANGED;
        return true;
    }
    const char *reason = NULL;
    if (str_eq(l->hidden_reason, STR("fraud_hold")))
        reason = "mall.fraud_hold";
    else if (str_eq(l->hidden_reason, STR("buyer_cancel_window")))
        reason = "mall.buyer_cancel_window";
    else if (!imported && !rule->every_status &&
             !filter_takes(rule->mall, rule->account, l->status_choice))
        reason = "filter.status";
    *verdict = reason ? LISTING_SKIPPED : LISTING_READ;
    if (reason && rule->run_id &&
        !fetch_item_store(conn, org_id, rule->run_id, l->order_no, "skipped", str_from(reason),
                          known.order_id, NULL, NULL, error))
        return false;
    if (reason && known.exists && str_eq(known.reason, str_from(reason)) && same_listing(&known, l))
        return true;
    return listing_store(conn, org_id, shop_id, l, reason ? "skipped" : "wanted",
                         reason ? reason : "", known.order_id, rule->now, error);
}

bool listings_apply(struct db_conn *conn, row_id org_id, row_id shop_id,
                    const struct listing_rule *rule, const struct mall_listing *listings,
                    size_t count, enum listing_verdict *verdicts, struct error *error)
{
    AUTO_ARENA arena = arena_new(4u << 20);
    struct known known[CHUNK];
    if (!arena)
        return error_no_memory(error);
    for (size_t from = 0; from < count; from += CHUNK) {
        size_t n = count - from < CHUNK ? count - from : CHUNK;
        const struct mall_listing *chunk = listings + from;
        arena_reset(arena);
        if (!listings_known(conn, org_id, shop_id, chunk, n, arena, known, error) ||
            !db_batch_begin(conn, error))
            return false;
        for (size_t i = 0; i < n; i++) {
            if (!apply_one(conn, org_id, shop_id, rule, &chunk[i], &known[i], &verdicts[from + i],
                           error))
                return false;
        }
        if (!db_batch_end(conn, error))
            return false;
    }
    return true;
}

bool listing_decide(struct db_conn *conn, row_id org_id, row_id shop_id, struct str order_no,
                    const struct order *order, struct str status_choice, const char *decision,
                    const char *reason, row_id order_id, time_ms now, struct error *error)
{
    // What the listing itself said (status, update mark) stays: the next listing is compared with
    // it. One statement without a look-up, so that a whole batch goes to PostgreSQL in one trip.
    struct db_stmt *s = db_prepare(
        conn,
        "INSERT INTO listing (org_id, shop_id, order_no, mall_status, status_choice, update_mark, "
        "ordered_at, first_seen_at, changed_at, decision, reason, order_id) VALUES ($1, $2, $3, "
        "$4, $5, $6, $7, $8, $8, $9, $10, $11) ON CONFLICT (org_id, shop_id, order_no) DO UPDATE "
        "SET status_choice = CASE WHEN $12::bigint = 1 THEN excluded.status_choice ELSE "
        "listing.status_choice END, ordered_at = COALESCE(excluded.ordered_at, "
        "listing.ordered_at), changed_at = excluded.changed_at, decision = excluded.decision, "
        "reason = excluded.reason, order_id = COALESCE(excluded.order_id, listing.order_id) "
        "WHERE listing.decision <> excluded.decision OR listing.reason <> excluded.reason OR "
        "listing.order_id IS DISTINCT FROM excluded.order_id OR ($12::bigint = 1 AND "
        "listing.status_choice <> excluded.status_choice)",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_text(s, 3, order_no);
    db_bind_text(s, 4, order && order->mall_status.p ? order->mall_status : STR(""));
    db_bind_text(s, 5, status_choice.p ? status_choice : STR(""));
    db_bind_text(s, 6, order && order->mall_update_mark.p ? order->mall_update_mark : STR(""));
    if (order && order->ordered_at != TIME_NONE)
        db_bind_int(s, 7, order->ordered_at);
    else
        db_bind_null(s, 7);
    db_bind_int(s, 8, now);
    db_bind_text(s, 9, str_from(decision));
    db_bind_text(s, 10, str_from(reason));
    db_bind_id(s, 11, order_id);
    db_bind_int(s, 12, order != NULL);
    return db_run(s, error);
}

bool listings_wanted(struct db_conn *conn, row_id org_id, row_id shop_id, int limit,
                     struct arena *arena, struct str **order_nos, size_t *count,
                     struct error *error)
{
    *count = 0;
    *order_nos = ARENA_ARRAY(arena, struct str, (size_t)limit);
    if (!*order_nos)
        return error_no_memory(error);
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT order_no FROM listing WHERE org_id = $1 AND shop_id = $2 AND "
                   "decision = 'wanted' AND decision <> 'imported' ORDER BY changed_at "
                   "LIMIT $3",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_int(s, 3, limit);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error))
        (*order_nos)[(*count)++] = str_dup(arena, db_text(s, 0));
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

// The times of up to CHUNK numbers from one table; the rest of the places repeat the last number.
static bool chunk_times(struct db_conn *conn, const char *sql, row_id org_id, row_id shop_id,
                        const struct str *order_nos, size_t count, time_ms *ordered_at,
                        struct error *error)
{
    struct db_stmt *s = db_prepare(conn, sql, error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    for (size_t i = 0; i < CHUNK; i++)
        db_bind_text(s, 3 + (int)i, order_nos[i < count ? i : count - 1]);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        struct str order_no = db_text(s, 0);
        for (size_t i = 0; i < count; i++)
            if (ordered_at[i] == TIME_NONE && str_eq(order_no, order_nos[i]))
                ordered_at[i] = db_time(s, 1);
    }
    return step != DB_STEP_ERROR;
}

#define NUMBERS                                                                                  \
    "($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, "  \
    "$22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, " \
    "$40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52)"

bool listings_times(struct db_conn *conn, row_id org_id, row_id shop_id,
                    const struct str *order_nos, size_t count, struct arena *arena,
                    time_ms **ordered_at, struct error *error)
{
    static const char *const sources[] = {
        "SELECT order_no, ordered_at FROM listing WHERE org_id = $1 AND shop_id = $2 AND "
        "ordered_at IS NOT NULL AND order_no IN " NUMBERS,
        "SELECT order_no, ordered_at FROM \"order\" WHERE org_id = $1 AND shop_id = $2 AND "
        "ordered_at IS NOT NULL AND order_no IN " NUMBERS,
    };
    time_ms *times = *ordered_at = ARENA_ARRAY(arena, time_ms, count);
    if (!times)
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        times[i] = TIME_NONE;
    for (size_t from = 0; from < count; from += CHUNK) {
        size_t n = count - from < CHUNK ? count - from : CHUNK;
        for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
            if (!chunk_times(conn, sources[i], org_id, shop_id, order_nos + from, n, times + from,
                             error))
                return false;
    }
    return true;
}
