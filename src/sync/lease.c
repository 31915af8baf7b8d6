// SPDX-License-Identifier: Apache-2.0
//
// Which node works on which shop. The lease carries a fencing number that every write of the work
// repeats, so a node that slept through its lease can't write any more. Runs on database threads.
//
// Invariant: whoever takes a lease is alone with the shop, so whatever is "running" or "sending"
// then was interrupted: by a crash, a fence, or a failed write at the end of a job.
#include "sync/internal.h"
#include <errno.h>
#include <signal.h>

static bool requeue_interrupted(struct db_conn *conn, const struct worker *w, time_ms now,
                                struct error *error)
{
    // Files are read on the thread of whoever brought them; that run isn't ours to repeat.
    struct db_stmt *s = db_prepare(conn,
                                   "UPDATE fetch_run SET state = 'queued' WHERE org_id = $1 AND "
                                   "shop_id = $2 AND state = 'running' AND ended_at IS NULL AND "
                                   "door <> 'file'",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    if (!db_run(s, error))
        return false;
    // What was on the wire has an unknown outcome. A late effect of the old request must have
    // settled before it is read back.
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

// "MACHINE:PID" of a process of this machine that is gone: nobody else can answer for its lease,
// and a restarted node needn't wait for its end.
static bool is_dead_neighbour(struct str node, const char *own)
{
    const char *colon = strrchr(own, ':');
    if (!colon)
        return false;
    size_t machine = (size_t)(colon - own) + 1;
    int64_t pid;
    if (node.n <= machine || memcmp(node.p, own, machine) != 0 ||
        !str_to_int64(str_slice(node, machine, node.n), &pid) || pid <= 0 || pid > INT32_MAX)
        return false;
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static bool held_elsewhere(struct error *error)
{
    return error_set(error, ERROR_FENCED, "lease.held", "別のノードがこのショップを処理中です。",
                     "another node works on this shop");
}

// The holder, when it may be robbed: its lease is over, it is us, or it is dead. STR_ABSENT when
// nobody holds it.
static bool read_holder(struct db_conn *conn, const struct worker *w, time_ms now,
                        struct arena *arena, struct str *holder, struct error *error)
{
    *holder = STR_ABSENT;
    struct db_stmt *s =
        db_prepare(conn, "SELECT node, until FROM lease WHERE org_id = $1 AND shop_id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    enum db_step step = db_step(s, error);
    if (step != DB_STEP_ROW)
        return step == DB_STEP_DONE;
    *holder = str_dup(arena, db_text(s, 0));
    bool free = db_time(s, 1) <= now || str_eq(*holder, str_from(w->sync->o.node));
    db_reset(s);
    if (arena_failed(arena))
        return error_no_memory(error);
    return free || is_dead_neighbour(*holder, w->sync->o.node) || held_elsewhere(error);
}

bool lease_take(struct db_conn *conn, struct worker *w, time_ms now, int64_t *fence,
                struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 16);
    struct str holder;
    if (!arena)
        return error_no_memory(error);
    if (!read_holder(conn, w, now, arena, &holder, error))
        return false;
    struct db_stmt *s = db_prepare(
        conn,
        "INSERT INTO lease (org_id, shop_id, node, fence, until) VALUES ($1, $2, $3, 1, $4) "
        "ON CONFLICT (org_id, shop_id) DO UPDATE SET node = excluded.node, "
        "fence = lease.fence + 1, until = excluded.until "
        "WHERE lease.until <= $5 OR lease.node = $6 RETURNING fence",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_text(s, 3, str_from(w->sync->o.node));
    db_bind_int(s, 4, now + LEASE_MS);
    db_bind_int(s, 5, now);
    // Whoever took it since it was read isn't the one that may be robbed.
    db_bind_text(s, 6, holder.p ? holder : STR(""));
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_DONE)
        return held_elsewhere(error);
    *fence = db_int(s, 0);
    db_reset(s);
    return requeue_interrupted(conn, w, now, error);
}

bool lease_check(struct db_conn *conn, const struct worker *w, time_ms now, time_ms *until,
                 struct error *error)
{
    // The row stays locked until COMMIT: otherwise another node could take the lease between this
    // look and the commit of what it allows. SQLite has one writer anyway.
    struct db_stmt *s =
        db_prepare(conn,
                   db_conn_engine(conn) == DB_POSTGRES
                       ? "SELECT until FROM lease WHERE org_id = $1 AND shop_id = $2 AND node = $3 "
                         "AND fence = $4 FOR UPDATE"
                       : "SELECT until FROM lease WHERE org_id = $1 AND shop_id = $2 AND node = $3 "
                         "AND fence = $4",
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
