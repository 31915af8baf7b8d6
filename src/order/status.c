// SPDX-License-Identifier: Apache-2.0
//
// The company's folders (work statuses). Names and colours are theirs; only the role has a meaning.
#include "order/store.h"

static const char *const roles[ROLE_COUNT] = {
    "entry", "hold", "wait_payment", "wait_stock", "ready", "work", "shipped", "done", "cancelled"};

const char *status_role_name(enum status_role r)
{
    return (unsigned)r < ROLE_COUNT ? roles[r] : "unknown";
}

int status_role_from_name(struct str name)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (str_eq(str_from(roles[i]), name))
            return i;
    return -1;
}

static bool take_status(struct arena *arena, struct db_stmt *s, struct work_status *w,
                        struct error *error)
{
    int role = status_role_from_name(db_text(s, 5));
    w->id = db_int(s, 0);
    w->name = str_dup(arena, db_text(s, 1));
    w->name_en = str_dup(arena, db_text(s, 2));
    w->color = str_dup(arena, db_text(s, 3));
    w->position = (int)db_int(s, 4);
    w->role = (enum status_role)role;
    w->archived = db_int(s, 6) != 0;
    if (role >= 0)
        return true;
    error_set(error, ERROR_STORAGE, "status.role_unknown", "ステータスの役割が読み取れません。",
              "A work status has an unknown role.");
    return error_subject(error, "work_status %lld", (long long)w->id);
}

bool work_statuses(struct db_conn *conn, row_id org_id, struct arena *arena,
                   struct work_status **list, size_t *count, struct error *error)
{
    size_t n = 0, capacity = 0;
    *list = NULL;
    *count = 0;
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT id, name, name_en, color, position, role, archived FROM "
                                   "work_status WHERE org_id = $1 ORDER BY position, id LIMIT 1000",
                                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        if (n == capacity) {
            struct work_status *grown = ARENA_ARRAY(arena, struct work_status, capacity + 32);
            if (!grown) {
                db_reset(s);
                return error_no_memory(error);
            }
            if (n)
                memcpy(grown, *list, n * sizeof *grown);
            *list = grown;
            capacity += 32;
        }
        if (!take_status(arena, s, &(*list)[n++], error)) {
            db_reset(s);
            return false;
        }
    }
    *count = n;
    return step == DB_STEP_DONE && (!arena_failed(arena) || error_no_memory(error));
}

static bool add_status(struct db_conn *conn, const struct order_context *context, int position,
                       const char *name, const char *name_en, const char *color,
                       enum status_role role, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO work_status (org_id, id, name, name_en, color, "
                   "position, role, archived) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, context->org_id);
    db_bind_int(s, 2, id_next(context->ids, context->now));
    db_bind_text(s, 3, str_from(name));
    db_bind_text(s, 4, str_from(name_en));
    db_bind_text(s, 5, str_from(color));
    db_bind_int(s, 6, position);
    db_bind_text(s, 7, str_from(status_role_name(role)));
    return db_run(s, error);
}

bool work_statuses_create_default(struct db_conn *conn, const struct order_context *context,
                                  struct error *error)
{
    static const struct {
        const char *name, *name_en, *color;
        enum status_role role;
    } defaults[] = {
        {"新規受付", "New orders", "blue", ROLE_ENTRY},
        {"確認待ち", "To be checked", "yellow", ROLE_HOLD},
        {"発送前入金待ち", "Waiting for payment", "orange", ROLE_WAIT_PAYMENT},
        {"発送待ち", "Ready to ship", "teal", ROLE_READY},
        {"出荷作業中", "Packing", "cyan", ROLE_WORK},
        {"発送後入金待ち", "Shipped, payment due", "grape", ROLE_SHIPPED},
        {"処理済", "Done", "gray", ROLE_DONE},
        {"保留", "On hold", "pink", ROLE_HOLD},
        {"キャンセル", "Cancelled", "gray", ROLE_CANCELLED},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (!add_status(conn, context, (int)i + 1, defaults[i].name, defaults[i].name_en,
                        defaults[i].color, defaults[i].role, error))
            return false;
    return true;
}
