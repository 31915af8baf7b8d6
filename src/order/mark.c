// SPDX-License-Identifier: Apache-2.0
//
// One bit of an order, changed in place. Database threads; keeps nothing.
#include "order/mark.h"

#include "base/json.h"
#include "order/store.h"

static bool add_event(struct db_conn *conn, const struct order_context *context, row_id order_id,
                      int64_t before, int64_t after, struct str cause, struct error *error)
{
    AUTO_BUF old = buf_make(256);
    AUTO_BUF new = buf_make(256);
    buf_addf(&old, "{\"marks\":%lld}", (long long)before);
    buf_addf(&new, "{\"marks\":%lld}", (long long)after);
    if (old.failed || new.failed)
        return error_no_memory(error);
    return order_event_add(conn, context, order_id, "marked", buf_str(&old), buf_str(&new), cause,
                           error);
}

bool order_mark_set(struct db_conn *conn, const struct order_context *context, row_id order_id,
                    int64_t mark, bool on, struct str cause, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn, "SELECT marks FROM \"order\" WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_int(s, 1, context->org_id);
    db_bind_int(s, 2, order_id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    int64_t before = step == DB_STEP_ROW ? db_int(s, 0) : 0;
    db_reset(s);
    int64_t after = on ? before | mark : before & ~mark;
    if (step == DB_STEP_DONE || after == before)
        return true;
    s = db_prepare(conn, "UPDATE \"order\" SET marks = $3 WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_int(s, 1, context->org_id);
    db_bind_int(s, 2, order_id);
    db_bind_int(s, 3, after);
    return db_run(s, error) && add_event(conn, context, order_id, before, after, cause, error);
}
