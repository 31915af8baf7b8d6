// SPDX-License-Identifier: Apache-2.0
//
// Which node works on which shop. The lease carries a fencing number that every write of the work
// repeats, so a node that slept through its lease can't write any more. Runs on database threads.
#include "sync/internal.h"

static bool requeue_interrupted(struct db_conn *conn, const struct worker *w, time_ms now,
                                struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "UPDATE fetch_run SET state = 'queued' WHERE org_id = $1 AND "
                                   "shop_id = $2 AND state = 'running'",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    if (!db_run(s, error))
        return false;
    // What was on the wire when the node died has an unknown outcome. A late effect of the old
    // request must have settled before it is read back.
    s = db_prepare(conn,
                   "UPDATE writeback SET state = $3, reason = 'sync.interrupted', next_at = $4, "
                   "updated_at = $5 WHERE org_id = $1 AND shop_id = $2 AND owed = 1 AND state = $6",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_int(s, 3, WRITEBACK_UNKNOWN);
    db_bind_int(s, 4, now + settle_ms(&w->sync->o));
    db_bind_int(s, 5, now);
    db_bind_int(s, 6, WRITEBACK_SENDING);
    return db_run(s, error);
}

bool lease_take(struct db_conn *conn, struct worker *w, time_ms now, int64_t *fence,
                struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT node, fence, until FROM lease WHERE org_id = $1 AND "
                                   "shop_id = $2",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    bool held = false, died = false;
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        bool ours = str_eq(db_text(s, 0), str_from(w->sync->o.node));
        time_ms until = db_time(s, 2);
        held = !ours && until > now;
        died = until != 0; // a clean release leaves 0
        db_reset(s);
    } else if (step == DB_STEP_ERROR) {
        return false;
    }
    if (held)
        return error_set(error, ERROR_FENCED, "lease.held",
                         "別のノードがこのショップを処理中です。",
                         "another node works on this shop");
    s = db_prepare(
        conn,
        "INSERT INTO lease (org_id, shop_id, node, fence, until) VALUES ($1, $2, $3, 1, $4) "
        "ON CONFLICT (org_id, shop_id) DO UPDATE SET node = excluded.node, "
        "fence = lease.fence + 1, until = excluded.until "
        "WHERE lease.until <= $5 OR lease.node = excluded.node RETURNING fence",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_text(s, 3, str_from(w->sync->o.node));
    db_bind_int(s, 4, now + LEASE_MS);
    db_bind_int(s, 5, now);
    step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_FENCED, "lease.held",
                         "別のノードがこのショップを処理中です。",
                         "another node works on this shop");
    *fence = db_int(s, 0);
    db_reset(s);
    return died ? requeue_interrupted(conn, w, now, error) : true;
}

bool lease_check(struct db_conn *conn, const struct worker *w, time_ms now, time_ms *until,
                 struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT until FROM lease WHERE org_id = $1 AND shop_id = $2 AND "
                                   "node = $3 AND fence = $4",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_text(s, 3, str_from(w->sync->o.node));
    db_bind_int(s, 4, w->fence);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_FENCED, "lease.lost", "別のノードに処理が引き継がれました。",
                         "another node has taken this shop over");
    *until = db_time(s, 0);
    db_reset(s);
    if (*until - now >= LEASE_RENEW_MS)
        return true;
    s = db_prepare(
        conn,
        "UPDATE lease SET until = $5 WHERE org_id = $1 AND shop_id = $2 AND node = $3 AND "
        "fence = $4",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_text(s, 3, str_from(w->sync->o.node));
    db_bind_int(s, 4, w->fence);
    *until = now + LEASE_MS;
    db_bind_int(s, 5, *until);
    return db_run(s, error);
}

bool lease_release(struct db_conn *conn, const struct worker *w, struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "UPDATE lease SET until = 0 WHERE org_id = $1 AND shop_id = $2 "
                                   "AND node = $3 AND fence = $4",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_text(s, 3, str_from(w->sync->o.node));
    db_bind_int(s, 4, w->fence);
    return db_run(s, error);
}
