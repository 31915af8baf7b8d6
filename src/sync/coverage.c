// SPDX-License-Identifier: Apache-2.0
//
// Which stretches of time have been listed without error, per shop and date basis, and what is
// left: the gaps. Windows are kept merged, so a healthy shop has one row per basis. Database
// threads.
#include "sync/internal.h"

#define GAPS_MAX 256
#define DAY_MS (24 * 3600 * 1000LL)

bool coverage_add(struct db_conn *conn, row_id org_id, row_id shop_id, enum date_basis basis,
                  time_ms from, time_ms to, struct error *error)
{
    if (from >= to)
        return true;
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT MIN(from_at), MAX(to_at) FROM coverage WHERE org_id = $1 AND "
                   "shop_id = $2 AND basis = $3 AND from_at <= $5 AND to_at >= $4",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_int(s, 3, basis);
    db_bind_int(s, 4, from);
    db_bind_int(s, 5, to);
    if (db_step(s, error) != DB_STEP_ROW)
        return false;
    time_ms low = db_time(s, 0), high = db_time(s, 1);
    db_reset(s);
    if (low != TIME_NONE && low <= from && high >= to)
        return true;
    if (low != TIME_NONE) {
        s = db_prepare(conn,
                       "DELETE FROM coverage WHERE org_id = $1 AND shop_id = $2 AND basis = $3 AND "
                       "from_at <= $5 AND to_at >= $4",
                       error);
        if (!s)
            return false;
        db_bind_id(s, 1, org_id);
        db_bind_id(s, 2, shop_id);
        db_bind_int(s, 3, basis);
        db_bind_int(s, 4, from);
        db_bind_int(s, 5, to);
        if (!db_run(s, error))
            return false;
        from = low < from ? low : from;
        to = high > to ? high : to;
    }
    s = db_prepare(
        conn,
        "INSERT INTO coverage (org_id, shop_id, basis, from_at, to_at) VALUES ($1, $2, $3, "
        "$4, $5)",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_int(s, 3, basis);
    db_bind_int(s, 4, from);
    db_bind_int(s, 5, to);
    return db_run(s, error);
}

static bool first_days(struct db_conn *conn, row_id org_id, row_id shop_id, int *days,
                       struct error *error)
{
    *days = 7;
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT value FROM shop_setting WHERE org_id = $1 AND shop_id = $2 "
                   "AND key = 'fetch_days'",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        int64_t value;
        if (str_to_int64(db_text(s, 0), &value) && value > 0 && value <= 730)
            *days = (int)value;
        db_reset(s);
    }
    return step != DB_STEP_ERROR;
}

static bool add_gap(struct gap *gaps, size_t *count, const struct shop *shop, enum date_basis basis,
                    time_ms from, time_ms to)
{
    if (from >= to || *count == GAPS_MAX)
        return true;
    int reach = shop->mall->limits.reach_days;
    gaps[(*count)++] = (struct gap){
        .basis = basis,
        .from = from,
        .to = to,
        .lost_after = reach > 0 ? from + reach * DAY_MS : TIME_NONE,
    };
    return true;
}

static bool gaps_of_basis(struct db_conn *conn, row_id org_id, const struct shop *shop,
                          enum date_basis basis, time_ms since, time_ms now, struct gap *gaps,
                          size_t *count, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT from_at, to_at FROM coverage WHERE org_id = $1 AND shop_id = "
                   "$2 AND basis = $3 AND to_at > $4 ORDER BY from_at",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop->id);
    db_bind_int(s, 3, basis);
    db_bind_int(s, 4, since);
    time_ms at = since;
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        time_ms from = db_time(s, 0), to = db_time(s, 1);
        add_gap(gaps, count, shop, basis, at, from < now ? from : now);
        if (to > at)
            at = to;
    }
    if (step == DB_STEP_ERROR)
        return false;
    add_gap(gaps, count, shop, basis, at, now);
    return true;
}

bool coverage_gaps(struct db_conn *conn, row_id org_id, const struct shop *shop, time_ms now,
                   struct arena *arena, struct gap **gaps, size_t *count, struct error *error)
{
    *count = 0;
    *gaps = ARENA_ARRAY(arena, struct gap, GAPS_MAX);
    if (!*gaps)
        return error_no_memory(error);
    int days;
    if (!first_days(conn, org_id, shop->id, &days, error))
        return false;
    time_ms since = shop->connected_at - days * DAY_MS;
    int reach = shop->mall->limits.reach_days;
    if (reach > 0 && since < now - reach * DAY_MS)
        since = now - reach * DAY_MS;
    for (size_t i = 0; i < shop->mall->list_basis_count; i++) {
        if (!gaps_of_basis(conn, org_id, shop, shop->mall->list_bases[i], since, now, *gaps, count,
                           error))
            return false;
    }
    return true;
}
