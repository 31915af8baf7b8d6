// SPDX-License-Identifier: Apache-2.0
//
// 紐付け設定: table status_link over the malls' defaults. A notice of an order whose status isn't
// linked waits as "suppressed" with the status named (push_store.c) and goes on when the link is
// switched on. Database threads.
#include "sync/settings.h"
#include "order/obligation.h"
#include <stdio.h>

#define STATUSES_MAX 400
#define DAY_MS INT64_C(86400000)

#define LINK_COLUMNS "s.id, s.name, s.role, l.enabled, l.target, l.updated_at"
#define LINK_FROM                                                                              \
    " FROM work_status s LEFT JOIN status_link l ON l.org_id = s.org_id AND l.work_status_id " \
    "= s.id AND l.mall = $2 WHERE s.org_id = $1"

static void link_of_row(struct db_stmt *s, const struct mall *mall, struct arena *arena,
                        struct status_link *link)
{
    struct str role = str_dup(arena, db_text(s, 2));
    struct mall_link usual = mall_link_for(mall, role);
    bool own = !db_is_null(s, 3);
    *link = (struct status_link){
        .mall = mall,
        .work_status = db_int(s, 0),
        .name = str_dup(arena, db_text(s, 1)),
        .role = role,
        .enabled = own ? db_int(s, 3) != 0 : usual.enabled,
        .enabled_by_default = usual.enabled,
        .target = own ? str_dup(arena, db_text(s, 4)) : str_from(usual.target),
        .own = own,
        .updated_at = db_time(s, 5),
    };
}

bool status_link_read(struct db_conn *conn, row_id org_id, const struct mall *mall,
                      row_id work_status, struct arena *arena, struct status_link *link,
                      struct error *error)
{
    *link = (struct status_link){.mall = mall,
                                 .work_status = work_status,
                                 .name = STR(""),
                                 .role = STR(""),
                                 .target = STR(""),
                                 .updated_at = TIME_NONE};
    struct db_stmt *s = db_prepare(conn, "SELECT " LINK_COLUMNS LINK_FROM " AND s.id = $3", error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_text(s, 2, str_from(mall->id));
    db_bind_id(s, 3, work_status);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        link_of_row(s, mall, arena, link);
        db_reset(s);
    }
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

static bool list_mall(struct db_conn *conn, row_id org_id, const struct mall *mall,
                      struct arena *arena, struct status_link *list, size_t *count,
                      struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT " LINK_COLUMNS LINK_FROM
                                   " AND s.archived = 0 ORDER BY s.position, s.id LIMIT 400",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_text(s, 2, str_from(mall->id));
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error))
        link_of_row(s, mall, arena, &list[(*count)++]);
    return step != DB_STEP_ERROR;
}

static bool count_waiting(struct db_conn *conn, row_id org_id, struct status_link *list,
                          size_t count, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT o.mall, o.work_status_id, COUNT(*) FROM writeback w JOIN \"order\" o ON o.org_id = "
        "w.org_id AND o.id = w.order_id WHERE w.org_id = $1 AND w.owed = 1 AND w.state = $2 GROUP "
        "BY o.mall, o.work_status_id LIMIT 10000",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_int(s, 2, WRITEBACK_SUPPRESSED);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        for (size_t i = 0; i < count; i++) {
            if (list[i].work_status == db_int(s, 1) &&
                str_eq(str_from(list[i].mall->id), db_text(s, 0)))
                list[i].waiting = db_int(s, 2);
        }
    }
    return step != DB_STEP_ERROR;
}

bool status_link_list(struct db_conn *conn, row_id org_id, const struct mall *mall,
                      struct arena *arena, struct status_link **list, size_t *count,
                      struct error *error)
{
    size_t mall_count;
    const struct mall *const *all = malls(&mall_count);
    *count = 0;
    if (!(*list = ARENA_ARRAY(arena, struct status_link, mall_count * STATUSES_MAX)))
        return error_no_memory(error);
    for (size_t i = 0; i < mall_count; i++) {
        if ((!mall || mall == all[i]) &&
            !list_mall(conn, org_id, all[i], arena, *list, count, error))
            return false;
    }
    if (!count_waiting(conn, org_id, *list, *count, error))
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

// --- what it would change ---

static struct str words(bool enabled, struct str target)
{
    return !enabled ? STR("off") : target.n > 0 ? target : STR("on");
}

static void as_changed(const struct link_change *change, const struct status_link *now,
                       bool *enabled, struct str *target)
{
    struct mall_link usual = mall_link_for(change->mall, now->role);
    *enabled = change->reset ? usual.enabled : change->enabled;
    *target = change->reset ? str_from(usual.target) : change->target.p ? change->target : STR("");
}

// What has gone out already stays told, whatever the link becomes.
static bool what_if_one(struct db_conn *conn, row_id org_id, const struct link_change *change,
                        time_ms now, struct arena *arena, struct what_if *result,
                        struct error *error)
{
    struct status_link link;
    bool enabled;
    struct str target;
    if (!status_link_read(conn, org_id, change->mall, change->work_status, arena, &link, error))
        return false;
    as_changed(change, &link, &enabled, &target);
    if (enabled == link.enabled && (!enabled || str_eq(target, link.target)))
        return true;
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT w.order_id, w.shop_id, w.order_no, o.ordered_at FROM writeback w JOIN \"order\" o "
        "ON o.org_id = w.org_id AND o.id = w.order_id WHERE w.org_id = $1 AND w.owed = 1 AND "
        "w.aspect = $2 AND w.state IN (0, 1, 2) AND w.created_at >= $3 AND o.mall = $4 AND "
        "o.work_status_id = $5 ORDER BY w.id DESC LIMIT 50001",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_int(s, 2, ASPECT_SHIPMENT);
    db_bind_int(s, 3, now - WHAT_IF_DAYS * DAY_MS);
    db_bind_text(s, 4, str_from(change->mall->id));
    db_bind_id(s, 5, change->work_status);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        result->capped = ++result->count > WHAT_IF_ORDERS_MAX;
        if (result->item_count == WHAT_IF_ITEMS)
            continue;
        result->items[result->item_count++] =
            (struct what_if_item){.order_id = db_int(s, 0),
                                  .shop_id = db_int(s, 1),
                                  .order_no = str_dup(arena, db_text(s, 2)),
                                  .ordered_at = db_time(s, 3),
                                  .before = words(link.enabled, link.target),
                                  .after = words(enabled, target)};
    }
    return step != DB_STEP_ERROR;
}

bool status_link_what_if(struct db_conn *conn, row_id org_id, const struct link_change *changes,
                         size_t count, time_ms now, struct arena *arena, struct what_if *result,
                         struct error *error)
{
    *result = (struct what_if){0};
    for (size_t i = 0; i < count; i++) {
        if (!what_if_one(conn, org_id, &changes[i], now, arena, result, error))
            return false;
    }
    return arena_failed(arena) ? error_no_memory(error) : true;
}

// --- changing ---

static bool check(const struct link_change *change, const struct status_link *now,
                  struct error *error)
{
    if (now->role.n == 0)
        return error_set(error, ERROR_BAD_INPUT, "link.status_unknown",
                         "存在しないステータスがあります。",
                         "one of the work statuses doesn't exist");
    if (change->reset || str_is_empty(change->target))
        return true;
    AUTO_BUF known = buf_make(256);
    for (size_t i = 0; i < change->mall->ship_target_count; i++) {
        if (str_eq(change->target, str_from(change->mall->ship_targets[i].value)))
            return true;
        buf_addf(&known, "%s%s", i ? ", " : "", change->mall->ship_targets[i].value);
    }
    error_set(error, ERROR_BAD_INPUT, "link.target_unknown",
              "このモールに「%.*s」という反映先はありません。", "this mall has no target \"%.*s\"",
              STR_ARG(str_utf8_cut(change->target, 60)));
    if (known.failed || known.n == 0)
        return error_hint(error, "反映先を指定しないでください。", "Leave the target out.");
    char ja[300], en[300];
    snprintf(ja, sizeof ja, "指定できるもの: %.*s", STR_ARG(buf_str(&known)));
    snprintf(en, sizeof en, "There are: %.*s", STR_ARG(buf_str(&known)));
    return error_hint(error, ja, en);
}

static bool store(struct db_conn *conn, const struct order_context *context,
                  const struct link_change *change, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        change->reset
            ? "DELETE FROM status_link WHERE org_id = $1 AND mall = $2 AND work_status_id = $3"
            : "INSERT INTO status_link (org_id, mall, work_status_id, enabled, target, updated_at) "
              "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (org_id, mall, work_status_id) DO "
              "UPDATE SET enabled = excluded.enabled, target = excluded.target, updated_at = "
              "excluded.updated_at",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_text(s, 2, str_from(change->mall->id));
    db_bind_id(s, 3, change->work_status);
    if (!change->reset) {
        db_bind_int(s, 4, change->enabled);
        db_bind_text(s, 5, change->target.p ? change->target : STR(""));
        db_bind_int(s, 6, context->now);
    }
    return db_run(s, error);
}

// Whatever a link holds back is looked at again at once; push_judge decides anew.
static bool wake(struct db_conn *conn, const struct order_context *context,
                 const struct link_change *change, int64_t *released, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "UPDATE writeback SET next_at = $2 WHERE org_id = $1 AND owed = 1 AND state = $3 AND "
        "EXISTS (SELECT 1 FROM \"order\" o WHERE o.org_id = writeback.org_id AND o.id = "
        "writeback.order_id AND o.mall = $4 AND o.work_status_id = $5)",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_int(s, 2, context->now);
    db_bind_int(s, 3, WRITEBACK_SUPPRESSED);
    db_bind_text(s, 4, str_from(change->mall->id));
    db_bind_id(s, 5, change->work_status);
    if (!db_run(s, error))
        return false;
    *released += db_changes(s);
    return true;
}

static bool set_one(struct db_conn *conn, const struct order_context *context,
                    const struct link_change *change, int64_t *released, struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 18);
    struct status_link now;
    bool enabled;
    struct str target;
    if (!arena)
        return error_no_memory(error);
    if (!status_link_read(conn, context->org_id, change->mall, change->work_status, arena, &now,
                          error) ||
        !check(change, &now, error))
        return false;
    as_changed(change, &now, &enabled, &target);
    struct str key =
        arena_printf(arena, "link.%s.%lld", change->mall->id, (long long)change->work_status);
    bool same = now.own != change->reset && enabled == now.enabled && str_eq(target, now.target);
    if (same)
        return true;
    if (!store(conn, context, change, error) ||
        !setting_history_add(conn, context, 0, key, words(now.enabled, now.target),
                             words(enabled, target), error))
        return false;
    return !enabled || wake(conn, context, change, released, error);
}

bool status_link_set(struct db_conn *conn, const struct order_context *context,
                     const struct link_change *changes, size_t count, int64_t *released,
                     struct error *error)
{
    *released = 0;
    for (size_t i = 0; i < count; i++) {
        if (!set_one(conn, context, &changes[i], released, error))
            return false;
    }
    return true;
}
