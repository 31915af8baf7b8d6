// SPDX-License-Identifier: Apache-2.0
//
// What is owed to the mall for the order and for the shop, what was tried, and what the check
// before sending says now.
#include "diagnosis/gather.h"

static bool put_preflight(struct gather *g, struct error *error)
{
    struct order_context context = {.org_id = g->org_id, .now = g->now};
    struct writeback_filter filter = {.order_id = g->order_id,
                                      .state = -2,
                                      .changed_from = TIME_NONE,
                                      .changed_to = TIME_NONE,
                                      .due_by = TIME_NONE,
                                      .limit = 10};
    struct push_preview *list;
    size_t count;
    if (!g->key)
        return true; // a node without the master key can't make the account
    if (!writeback_preview(g->conn, &context, g->key, &filter, g->arena, &list, &count, error))
        return false;
    if (count == 0)
        return true;
    json_key(&g->w, "preflight");
    json_begin_object(&g->w);
    json_put_bool(&g->w, "ok", list[0].state == WRITEBACK_PENDING);
    json_put_str(&g->w, "state", str_from(writeback_state_name(list[0].state)));
    json_put_str(&g->w, "code", list[0].reason);
    json_put_str(&g->w, "what_ja", str_from(list[0].error.what_ja));
    json_put_str(&g->w, "what_en", str_from(list[0].error.what_en));
    json_put_str(&g->w, "hint_ja", str_from(list[0].error.hint_ja));
    json_put_str(&g->w, "hint_en", str_from(list[0].error.hint_en));
    json_end_object(&g->w);
    return true;
}

static bool put_order_notice(struct gather *g, struct error *error)
{
    static const struct column writeback[] = {
        {COLUMN_ID, "id"},           {COLUMN_INT, "state"},
        {COLUMN_TEXT, "reason"},     {COLUMN_INT, "revision"},
        {COLUMN_INT, "attempts"},    {COLUMN_BOOL, "owed"},
        {COLUMN_TIME, "created_at"}, {COLUMN_TIME, "next_at"},
        {COLUMN_TIME, "sent_at"},    {COLUMN_TIME, "verified_at"},
        {COLUMN_JSON, "payload"},    {COLUMN_JSON, "error"},
        {COLUMN_END, NULL}};
    static const struct column attempts[] = {{COLUMN_TIME, "at"},         {COLUMN_TEXT, "kind"},
                                             {COLUMN_TEXT, "operation"},  {COLUMN_TEXT, "outcome"},
                                             {COLUMN_INT, "http_status"}, {COLUMN_JSON, "error"},
                                             {COLUMN_END, NULL}};
    return gather_rows(g, "writeback", true,
                       "SELECT id, state, reason, revision, attempts, owed, created_at, next_at, "
                       "sent_at, verified_at, payload, error_json FROM writeback WHERE org_id = $1 "
                       "AND $2::bigint = $2 AND $3::text = $3 AND order_id = $4 AND aspect = 1 "
                       "ORDER BY revision "
                       "DESC LIMIT 1",
                       4, writeback, error) &&
           gather_rows(g, "attempts", false,
                       "SELECT a.at, a.kind, a.operation, a.outcome, a.http_status, a.error_json "
                       "FROM writeback w JOIN writeback_attempt a ON a.org_id = w.org_id AND "
                       "a.writeback_id = w.id WHERE w.org_id = $1 AND $2::bigint = $2 AND $3::text "
                       "= $3 AND "
                       "w.order_id = $4 AND w.aspect = 1 ORDER BY a.id DESC LIMIT 20",
                       4, attempts, error) &&
           put_preflight(g, error);
}

bool gather_writeback(struct gather *g, struct error *error)
{
    static const struct column owed[] = {{COLUMN_TEXT, "reason"},
                                         {COLUMN_INT, "state"},
                                         {COLUMN_INT, "count"},
                                         {COLUMN_TIME, "oldest_at"},
                                         {COLUMN_END, NULL}};
    static const struct column links[] = {{COLUMN_ID, "status"},
                                          {COLUMN_BOOL, "enabled"},
                                          {COLUMN_TEXT, "target"},
                                          {COLUMN_END, NULL}};
    if (g->order_id && !put_order_notice(g, error))
        return false;
    return gather_rows(g, "owed", false,
                       "SELECT reason, state, COUNT(*), MIN(created_at) FROM writeback WHERE "
                       "org_id = $1 AND shop_id = $2 AND owed = 1 GROUP BY reason, state ORDER BY "
                       "3 DESC LIMIT 50",
                       2, owed, error) &&
           gather_rows(
               g, "status_links", false,
               "SELECT l.work_status_id, l.enabled, l.target FROM status_link l JOIN shop s "
               "ON s.org_id = l.org_id AND s.mall = l.mall WHERE l.org_id = $1 AND s.id = $2",
               2, links, error);
}
