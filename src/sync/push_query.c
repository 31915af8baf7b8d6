// SPDX-License-Identifier: Apache-2.0
//
// What people do with write-backs: preview, run, waive, retry, look at the tries. Database threads
// or readers' connections.
#include "sync/push_store.h"

#define RUN_IDS_MAX 20000

struct account_of_shop {
    row_id shop_id;
    struct shop shop;
    struct mall_account account;
};

static bool account_for(struct db_conn *conn, row_id org_id, const struct crypto_key *key,
                        row_id shop_id, struct arena *arena, struct account_of_shop *cached,
                        struct error *error)
{
    if (cached->shop_id == shop_id)
        return true;
    cached->shop_id = 0;
    if (!shop_read(conn, org_id, shop_id, arena, &cached->shop, error) ||
        !shop_account(conn, org_id, &cached->shop, key, arena, &cached->account, error))
        return false;
    cached->shop_id = shop_id;
    return true;
}

static bool preview_one(struct db_conn *conn, const struct order_context *context,
                        const struct account_of_shop *of, const struct writeback *w,
                        struct arena *arena, struct push_preview *preview, struct error *error)
{
    AUTO_ARENA scratch = arena_new(16u << 20);
    struct push_item item;
    if (!scratch)
        return error_no_memory(error);
    *preview =
        (struct push_preview){.writeback_id = w->id, .state = w->state, .error = w->last_error};
    preview->reason = str_dup(arena, w->reason);
    if (w->state != WRITEBACK_PENDING && w->state != WRITEBACK_BLOCKED &&
        w->state != WRITEBACK_SUPPRESSED)
        return true;
    if (!push_load(conn, context->org_id, w->id, scratch, &item, error) ||
        !push_judge(conn, context, &of->shop, &of->account, &item, &preview->state, &preview->error,
                    error))
        return false;
    preview->reason = str_dup(arena, str_from(preview->error.code));
    return true;
}

bool writeback_preview(struct db_conn *conn, const struct order_context *context,
                       const struct crypto_key *key, const struct writeback_filter *filter,
                       struct arena *arena, struct push_preview **list, size_t *count,
                       struct error *error)
{
    struct writeback *owed;
    struct str cursor;
    *count = 0;
    if (!obligation_list(conn, context->org_id, filter, arena, &owed, count, &cursor, error))
        return false;
    if (!(*list = ARENA_ARRAY(arena, struct push_preview, *count)))
        return error_no_memory(error);
    struct account_of_shop of = {0};
    for (size_t i = 0; i < *count; i++) {
        if (!account_for(conn, context->org_id, key, owed[i].shop_id, arena, &of, error) ||
            !preview_one(conn, context, &of, &owed[i], arena, &(*list)[i], error))
            return false;
    }
    return arena_failed(arena) ? error_no_memory(error) : true;
}

// Only what hasn't left the house, or has said it may be read back, is brought forward. "unknown"
// keeps its time: a late effect of the lost request must have settled.
static bool request_one(struct db_conn *conn, const struct order_context *context, row_id id,
                        size_t *count, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "UPDATE writeback SET next_at = CASE WHEN state = $5 THEN next_at ELSE $3 END, reason = "
        "CASE WHEN "
        "state IN (0, 1, 2) THEN 'requested' ELSE reason END, state = CASE WHEN state IN (1, 2) "
        "THEN 0 ELSE "
        "state END, updated_at = $3 WHERE org_id = $1 AND id = $2 AND owed = 1 AND state <> $4",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, id);
    db_bind_int(s, 3, context->now);
    db_bind_int(s, 4, WRITEBACK_SENDING);
    db_bind_int(s, 5, WRITEBACK_UNKNOWN);
    if (!db_run(s, error))
        return false;
    *count += (size_t)db_changes(s);
    return true;
}

// A person who asks gets one try also of a shop that its mall has refused.
static bool try_blocked_shops(struct db_conn *conn, const struct order_context *context,
                              size_t requested, struct error *error)
{
    if (requested == 0)
        return true;
    struct db_stmt *s = db_prepare(
        conn,
        "UPDATE shop_state SET blocked_until = NULL WHERE org_id = $1 AND blocked_until > $2 AND "
        "shop_id IN (SELECT shop_id FROM writeback WHERE org_id = $1 AND owed = 1 AND next_at <= "
        "$2)",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_int(s, 2, context->now);
    return db_run(s, error);
}

bool writeback_run(struct db_conn *conn, const struct order_context *context, const row_id *ids,
                   size_t id_count, const struct writeback_filter *filter, size_t *count,
                   struct error *error)
{
    *count = 0;
    for (size_t i = 0; i < id_count; i++) {
        if (!request_one(conn, context, ids[i], count, error))
            return false;
    }
    if (id_count > 0 || !filter)
        return try_blocked_shops(conn, context, *count, error);
    AUTO_ARENA arena = arena_new(256u << 20);
    if (!arena)
        return error_no_memory(error);
    struct writeback_filter page = *filter;
    page.state = -2;
    page.limit = 500;
    for (size_t total = 0; total < RUN_IDS_MAX;) {
        struct writeback *owed;
        size_t n;
        struct str next = STR_ABSENT;
        if (!obligation_list(conn, context->org_id, &page, arena, &owed, &n, &next, error))
            return false;
        for (size_t i = 0; i < n; i++) {
            if (!request_one(conn, context, owed[i].id, count, error))
                return false;
        }
        total += n;
        if (!next.p || n == 0)
            break;
        page.cursor = next;
    }
    return try_blocked_shops(conn, context, *count, error);
}

static bool final_by_person(struct db_conn *conn, const struct order_context *context, row_id id,
                            enum writeback_state to, struct str reason, struct error *error)
{
    AUTO_ARENA arena = arena_new(16u << 20);
    struct writeback w;
    if (!arena)
        return error_no_memory(error);
    if (!obligation_read(conn, context->org_id, id, arena, &w, error))
        return false;
    bool may = to == WRITEBACK_WAIVED
                   ? !writeback_is_final(w.state) || w.state == WRITEBACK_REJECTED
                   : w.state == WRITEBACK_REJECTED || w.state == WRITEBACK_DRIFT;
    if (w.state == WRITEBACK_SENDING || !may) {
        error_set(
            error, ERROR_CONFLICT, "writeback.state", "この書出しは「%s」のため変更できません。",
            "a write-back in state \"%s\" can't be changed so", writeback_state_name(w.state));
        return error_hint(error, "画面を更新して現在の状態を確認してください。",
                          "Reload to see its current state.");
    }
    enum writeback_state from = w.state;
    w.state = to;
    w.reason = reason;
    w.updated_at = context->now;
    w.next_at = context->now;
    if (!obligation_update(conn, context, &w, from, error))
        return false;
    return order_event_add(conn, context, w.order_id,
                           to == WRITEBACK_WAIVED ? "writeback_waived" : "writeback_retried",
                           STR_ABSENT, STR_ABSENT, reason, error);
}

bool writeback_waive(struct db_conn *conn, const struct order_context *context, row_id id,
                     struct str why, struct error *error)
{
    why = str_trim(why);
    if (why.n == 0 || str_utf8_length(why) > 500)
        return error_set(error, ERROR_BAD_INPUT, "writeback.waive_reason",
                         "不要とする理由を500文字以内で入力してください。",
                         "say in at most 500 characters why it isn't needed");
    return final_by_person(conn, context, id, WRITEBACK_WAIVED, why, error);
}

bool writeback_retry(struct db_conn *conn, const struct order_context *context, row_id id,
                     struct error *error)
{
    // Through "unknown": whatever an earlier try did is read back before anything is sent.
    return final_by_person(conn, context, id, WRITEBACK_UNKNOWN, STR("requested"), error);
}

bool writeback_attempts(struct db_conn *conn, row_id org_id, row_id writeback_id,
                        struct arena *arena, struct writeback_attempt **list, size_t *count,
                        struct error *error)
{
    enum { LIMIT = 200 };
    *count = 0;
    if (!(*list = ARENA_ARRAY(arena, struct writeback_attempt, LIMIT)))
        return error_no_memory(error);
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT id, at, kind, operation, outcome, http_status, error_json, "
                   "evidence FROM writeback_attempt WHERE org_id = $1 AND writeback_id = "
                   "$2 ORDER BY id DESC LIMIT 200",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, writeback_id);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        struct writeback_attempt *a = &(*list)[(*count)++];
        a->id = db_int(s, 0);
        a->at = db_time(s, 1);
        a->kind = str_dup(arena, db_text(s, 2));
        a->operation = str_dup(arena, db_text(s, 3));
        a->outcome = str_dup(arena, db_text(s, 4));
        a->http_status = (int)db_int(s, 5);
        error_from_json(arena, db_text(s, 6), &a->error);
        a->evidence = str_dup(arena, db_text(s, 7));
    }
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}
