// SPDX-License-Identifier: Apache-2.0
//
// Each shop's health at a glance, and the invariants of fetching and write-back (design §13).
#include "sync/fetch_store.h"

struct tally {
    const char *sql;
    size_t offset;        // of an int64 in struct shop_health
    size_t oldest_offset; // of a time, 0 = none
};

static const struct tally tallies[] = {
    {"SELECT shop_id, COUNT(*), MIN(created_at) FROM writeback WHERE org_id = $1 AND owed = 1 "
     "GROUP BY shop_id",
     offsetof(struct shop_health, owed), offsetof(struct shop_health, oldest_owed_at)},
    {"SELECT shop_id, COUNT(*), 0 FROM writeback WHERE org_id = $1 AND owed = 1 AND state IN (1, "
     "9) GROUP BY shop_id",
     offsetof(struct shop_health, blocked), 0},
    {"SELECT shop_id, COUNT(*), 0 FROM quarantine WHERE org_id = $1 AND resolved_at IS NULL GROUP "
     "BY shop_id",
     offsetof(struct shop_health, quarantined), 0},
    {"SELECT shop_id, COUNT(*), 0 FROM listing WHERE org_id = $1 AND decision = 'skipped' AND "
     "decision <> "
     "'imported' GROUP BY shop_id",
     offsetof(struct shop_health, skipped_listings), 0},
};

static struct shop_health *of_shop(struct shop_health *list, size_t count, row_id shop_id)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].shop_id == shop_id)
            return &list[i];
    }
    return NULL;
}

static bool run_tally(struct db_conn *conn, row_id org_id, const struct tally *t,
                      struct shop_health *list, size_t count, struct error *error)
{
    struct db_stmt *s = db_prepare(conn, t->sql, error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        struct shop_health *h = of_shop(list, count, db_int(s, 0));
        if (!h)
            continue;
        *(int64_t *)(void *)((char *)h + t->offset) = db_int(s, 1);
        if (t->oldest_offset)
            *(time_ms *)(void *)((char *)h + t->oldest_offset) = db_time(s, 2);
    }
    return step != DB_STEP_ERROR;
}

static bool read_states(struct db_conn *conn, row_id org_id, struct arena *arena,
                        struct shop_health *list, size_t count, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT shop_id, last_success_at, last_run_at, next_fetch_at, "
                   "blocked_until, blocked_reason, last_error_json FROM shop_state WHERE "
                   "org_id = $1",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        struct shop_health *h = of_shop(list, count, db_int(s, 0));
        if (!h)
            continue;
        h->last_success_at = db_time(s, 1);
        h->last_run_at = db_time(s, 2);
        h->next_run_at = db_int(s, 3) == INT64_MAX ? TIME_NONE : db_time(s, 3);
        h->blocked_until = db_time(s, 4);
        h->blocked_reason = str_dup(arena, db_text(s, 5));
        error_from_json(arena, db_text(s, 6), &h->last_error);
    }
    return step != DB_STEP_ERROR;
}

bool shops_health(struct db_conn *conn, row_id org_id, time_ms now, struct arena *arena,
                  struct shop_health **list, size_t *count, struct error *error)
{
    struct shop *shops;
    if (!shop_list(conn, org_id, arena, &shops, count, error))
        return false;
    if (!(*list = ARENA_ARRAY(arena, struct shop_health, *count)))
        return error_no_memory(error);
    for (size_t i = 0; i < *count; i++) {
        struct shop_health *h = &(*list)[i];
        h->shop_id = shops[i].id;
        h->last_success_at = h->last_run_at = h->next_run_at = h->blocked_until = TIME_NONE;
        h->oldest_owed_at = TIME_NONE;
        struct gap *gaps;
        size_t gap_count;
        if (!coverage_gaps(conn, org_id, &shops[i], now, arena, &gaps, &gap_count, error))
            return false;
        // The stretch since the last poll is not a gap yet: two intervals may pass.
        for (size_t g = 0; g < gap_count; g++)
            h->gap_count += gaps[g].to < now || gaps[g].to - gaps[g].from > 3600000;
    }
    if (!read_states(conn, org_id, arena, *list, *count, error))
        return false;
    for (size_t i = 0; i < sizeof tallies / sizeof tallies[0]; i++) {
        if (!run_tally(conn, org_id, &tallies[i], *list, *count, error))
            return false;
    }
    struct credential_state *credentials;
    size_t credential_count;
    if (!credentials_list(conn, org_id, 0, arena, &credentials, &credential_count, error))
        return false;
    for (size_t i = credential_count; i > 0; i--) {
        struct shop_health *h = of_shop(*list, *count, credentials[i - 1].shop_id);
        if (h && credentials[i - 1].expires_at != TIME_NONE)
            h->next_credential = credentials[i - 1];
    }
    return arena_failed(arena) ? error_no_memory(error) : true;
}

struct rule {
    const char *code, *ja, *en, *sql;
};

// Each query yields one text per breach.
static const struct rule rules[] = {
    {"verify.listing_without_order", "取込済みの一覧記録に注文がありません: %.*s",
     "listing is marked imported but has no order: %.*s",
     "SELECT l.order_no FROM listing l LEFT JOIN \"order\" o ON o.org_id = l.org_id AND o.id = "
     "l.order_id "
     "WHERE l.org_id = $1 AND l.decision = 'imported' AND o.id IS NULL LIMIT 100"},
    {"verify.quarantine_missing", "隔離された注文の記録がありません: %.*s",
     "listing is marked quarantined but nothing is kept: %.*s",
     "SELECT l.order_no FROM listing l WHERE l.org_id = $1 AND l.decision = 'quarantined' AND NOT "
     "EXISTS (SELECT 1 "
     "FROM quarantine q WHERE q.org_id = l.org_id AND q.shop_id = l.shop_id AND q.order_no = "
     "l.order_no) LIMIT 100"},
    {"verify.skip_without_reason", "理由のない除外があります: %.*s",
     "listing was skipped without a reason: %.*s",
     "SELECT order_no FROM listing WHERE org_id = $1 AND decision = 'skipped' AND decision <> "
     "'imported' AND reason = '' LIMIT 100"},
    {"verify.owed_flag", "書出しの状態が食い違っています: %.*s",
     "write-back flag and state disagree: %.*s",
     "SELECT order_no FROM writeback WHERE org_id = $1 AND owed <> CASE WHEN state IN (7, 8, 10, "
     "11) THEN 0 ELSE 1 END LIMIT 100"},
    {"verify.waiting_without_reason", "理由なく止まっている書出しがあります: %.*s",
     "blocked write-back without a reason: %.*s",
     "SELECT order_no FROM writeback WHERE org_id = $1 AND state IN (1, 2, 9) AND reason = '' "
     "LIMIT 100"},
    {"verify.coverage_overlap", "取得済み期間の記録が重なっています: %.*s",
     "coverage windows overlap: %.*s",
     "SELECT CAST(a.from_at AS TEXT) FROM coverage a JOIN coverage b ON b.org_id = a.org_id AND "
     "b.shop_id = a.shop_id AND "
     "b.basis = a.basis AND b.from_at > a.from_at AND b.from_at <= a.to_at WHERE a.org_id = $1 "
     "LIMIT 100"},
    {"verify.shipped_without_obligation", "出荷済みなのに書出しの記録がありません: %.*s",
     "shipped here but nothing owed to the mall: %.*s",
     "SELECT o.order_no FROM \"order\" o WHERE o.org_id = $1 AND EXISTS (SELECT 1 FROM shipment s "
     "WHERE s.org_id = o.org_id AND "
     "s.order_id = o.id AND s.source = 0 AND s.ship_date IS NOT NULL) AND NOT EXISTS (SELECT 1 "
     "FROM writeback w WHERE "
     "w.org_id = o.org_id AND w.order_id = o.id AND w.aspect = 1) LIMIT 100"},
};

bool sync_verify(struct db_conn *conn, row_id org_id,
                 void (*report)(void *context, const struct error *finding), void *context,
                 struct error *error)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct db_stmt *s = db_prepare(conn, rules[i].sql, error);
        if (!s)
            return false;
        db_bind_id(s, 1, org_id);
        enum db_step step = db_step(s, error);
        for (; step == DB_STEP_ROW; step = db_step(s, error)) {
            struct error finding;
            struct str what = db_text(s, 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            error_set(&finding, ERROR_INTERNAL, rules[i].code, rules[i].ja, rules[i].en,
                      STR_ARG(what));
#pragma GCC diagnostic pop
            error_subject(&finding, "%.*s", STR_ARG(what));
            report(context, &finding);
        }
        if (step == DB_STEP_ERROR)
            return false;
    }
    return true;
}
