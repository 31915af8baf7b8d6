// SPDX-License-Identifier: Apache-2.0
//
// Reading runs and their items for screens, the API and the command line.
#include "sync/fetch_store.h"

#define RUN_COLUMNS                                                                              \
    "id, shop_id, door, state, started_at, ended_at, actor_kind, actor_id, actor_name, listed, " \
    "created, updated, unchanged, skipped, failed, expected, request_json, progress_json, "      \
    "error_json"

static void run_of_row(struct db_stmt *s, struct arena *arena, struct fetch_run *run)
{
    *run = (struct fetch_run){
        .id = db_int(s, 0),
        .shop_id = db_int(s, 1),
        .door = str_dup(arena, db_text(s, 2)),
        .state = str_dup(arena, db_text(s, 3)),
        .started_at = db_time(s, 4),
        .ended_at = db_time(s, 5),
        .actor = {.kind = (enum actor_kind)db_int(s, 6),
                  .id = db_int(s, 7),
                  .name = str_dup(arena, db_text(s, 8))},
        .listed = db_int(s, 9),
        .created = db_int(s, 10),
        .updated = db_int(s, 11),
        .unchanged = db_int(s, 12),
        .skipped = db_int(s, 13),
        .failed = db_int(s, 14),
        .expected = db_int(s, 15),
        .request_json = str_dup(arena, db_text(s, 16)),
        .progress_json = str_dup(arena, db_text(s, 17)),
    };
    error_from_json(arena, db_text(s, 18), &run->error);
}

static bool read_skips(struct db_conn *conn, row_id org_id, struct arena *arena,
                       struct fetch_run *run, struct error *error)
{
    enum { REASONS_MAX = 64 };
    if (!(run->skips = ARENA_ARRAY(arena, struct skip_count, REASONS_MAX)))
        return error_no_memory(error);
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT reason, COUNT(*) FROM fetch_item WHERE org_id = $1 AND "
                   "fetch_run_id = $2 AND outcome = 'skipped' GROUP BY reason ORDER BY "
                   "reason LIMIT 64",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, run->id);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error))
        run->skips[run->skip_count++] =
            (struct skip_count){str_dup(arena, db_text(s, 0)), db_int(s, 1)};
    return step != DB_STEP_ERROR;
}

bool fetch_run_read(struct db_conn *conn, row_id org_id, row_id run_id, struct arena *arena,
                    struct fetch_run *run, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn, "SELECT " RUN_COLUMNS " FROM fetch_run WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, run_id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_NOT_FOUND, "fetch.run_not_found",
                         "この取込の記録がありません。", "no such fetch run");
    if (step == DB_STEP_ERROR)
        return false;
    run_of_row(s, arena, run);
    db_reset(s);
    if (!read_skips(conn, org_id, arena, run, error))
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

bool fetch_run_list(struct db_conn *conn, row_id org_id, row_id shop_id, row_id before, int limit,
                    struct arena *arena, struct fetch_run **list, size_t *count,
                    struct error *error)
{
    *count = 0;
    limit = limit < 1 ? 1 : limit > 500 ? 500 : limit;
    if (!(*list = ARENA_ARRAY(arena, struct fetch_run, (size_t)limit)))
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(
        conn,
        shop_id ? "SELECT " RUN_COLUMNS
                  " FROM fetch_run WHERE org_id = $1 AND shop_id = $4 AND id < $2 "
                  "ORDER BY id DESC LIMIT $3"
                : "SELECT " RUN_COLUMNS
                  " FROM fetch_run WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_int(s, 2, before ? before : INT64_MAX);
    db_bind_int(s, 3, limit);
    if (shop_id)
        db_bind_id(s, 4, shop_id);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error))
        run_of_row(s, arena, &(*list)[(*count)++]);
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

bool fetch_items(struct db_conn *conn, row_id org_id, row_id run_id, struct str after, int limit,
                 struct arena *arena, struct fetch_item **list, size_t *count, struct error *error)
{
    *count = 0;
    limit = limit < 1 ? 1 : limit > 1000 ? 1000 : limit;
    if (!(*list = ARENA_ARRAY(arena, struct fetch_item, (size_t)limit)))
        return error_no_memory(error);
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT order_no, outcome, reason, order_id, error_json FROM fetch_item "
                   "WHERE org_id = $1 AND fetch_run_id = $2 AND order_no > $3 ORDER BY "
                   "order_no LIMIT $4",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, run_id);
    db_bind_text(s, 3, after.p ? after : STR(""));
    db_bind_int(s, 4, limit);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        struct fetch_item *item = &(*list)[(*count)++];
        item->order_no = str_dup(arena, db_text(s, 0));
        item->outcome = str_dup(arena, db_text(s, 1));
        item->reason = str_dup(arena, db_text(s, 2));
        item->order_id = db_int(s, 3);
        error_from_json(arena, db_text(s, 4), &item->error);
    }
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}
