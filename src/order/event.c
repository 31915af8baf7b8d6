// SPDX-License-Identifier: Apache-2.0
//
// The history of an order: append-only rows.
#include "order/rows.h"

#include "order/tables.h"

bool order_event_add(struct db_conn *conn, const struct order_context *context, row_id order_id,
                     const char *kind, struct str before, struct str after, struct str cause,
                     struct error *error)
{
    struct db_stmt *s = db_prepare(conn, event_table.sqlite, error);
    if (!s)
        return false;
    db_bind_int(s, 1, context->org_id);
    db_bind_int(s, 2, order_id);
    db_bind_int(s, 3, id_next(context->ids, context->now));
    db_bind_int(s, 4, context->now);
    db_bind_int(s, 5, context->actor.kind);
    db_bind_id(s, 6, context->actor.id);
    db_bind_text(s, 7, context->actor.name.p ? context->actor.name : STR(""));
    db_bind_text(s, 8, str_from(kind));
    db_bind_text(s, 9, before);
    db_bind_text(s, 10, after);
    db_bind_text(s, 11, cause.p ? cause : STR(""));
    return db_run(s, error);
}

static void take_event(struct arena *arena, struct db_stmt *s, struct order_event *e)
{
    e->id = db_int(s, 0);
    e->at = db_time(s, 1);
    e->actor.kind = (enum actor_kind)db_int(s, 2);
    e->actor.id = db_int(s, 3);
    e->actor.name = str_dup(arena, db_text(s, 4));
    e->kind = str_dup(arena, db_text(s, 5));
    e->before = str_dup(arena, db_text(s, 6));
    e->after = str_dup(arena, db_text(s, 7));
    e->cause = str_dup(arena, db_text(s, 8));
}

bool order_events(struct db_conn *conn, row_id org_id, row_id order_id, struct arena *arena,
                  struct order_event **events, size_t *count, struct error *error)
{
    size_t n = 0, capacity = 0;
    *events = NULL;
    *count = 0;
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT id, at, actor_kind, actor_id, actor_name, kind, before_json, "
                   "after_json, cause FROM order_event WHERE org_id = $1 AND "
                   "order_id = $2 ORDER BY id DESC LIMIT 10000",
                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, order_id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        if (n == capacity) {
            size_t grown = capacity ? 2 * capacity : 16;
            struct order_event *more = ARENA_ARRAY(arena, struct order_event, grown);
            if (!more) {
                db_reset(s);
                return error_no_memory(error);
            }
            if (n)
                memcpy(more, *events, n * sizeof *more);
            *events = more;
            capacity = grown;
        }
        take_event(arena, s, &(*events)[n++]);
    }
    // Read newest first because of the limit, given oldest first.
    for (size_t i = 0; i < n / 2; i++) {
        struct order_event other = (*events)[i];
        (*events)[i] = (*events)[n - 1 - i];
        (*events)[n - 1 - i] = other;
    }
    *count = n;
    return step == DB_STEP_DONE && (!arena_failed(arena) || error_no_memory(error));
}
