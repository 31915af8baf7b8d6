// SPDX-License-Identifier: Apache-2.0
//
// Reading the kept tab counts. They are written by rows.c and move.c with what they count.
#include "order/store.h"

bool order_counts(struct db_conn *conn, row_id org_id, bool by_shop, struct arena *arena,
                  struct status_count **counts, size_t *count, struct error *error)
{
    size_t n = 0, capacity = 0;
    *counts = NULL;
    *count = 0;
    struct db_stmt *s = db_prepare(
        conn,
        by_shop ? "SELECT work_status_id, count, shop_id FROM order_count WHERE org_id = $1 AND "
                  "count <> 0 ORDER BY work_status_id, shop_id LIMIT 100000"
                : "SELECT work_status_id, CAST(SUM(count) AS BIGINT), 0 FROM order_count WHERE "
                  "org_id = $1 AND count <> 0 GROUP BY work_status_id ORDER BY work_status_id "
                  "LIMIT 100000",
        error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        if (n == capacity) {
            size_t grown = capacity ? 2 * capacity : 32;
            struct status_count *more = ARENA_ARRAY(arena, struct status_count, grown);
            if (!more) {
                db_reset(s);
                return error_no_memory(error);
            }
            if (n)
                memcpy(more, *counts, n * sizeof *more);
            *counts = more;
            capacity = grown;
        }
        (*counts)[n++] = (struct status_count){db_int(s, 0), db_int(s, 2), db_int(s, 1)};
    }
    *count = n;
    return step == DB_STEP_DONE;
}
