// SPDX-License-Identifier: Apache-2.0
//
// The shop asked about: settings (never secrets), schedule, runs, coverage, credentials.
#include "diagnosis/gather.h"

#define DAY_MS (86400000 * INT64_C(1))

static bool put_settings(struct gather *g, struct error *error)
{
    struct setting_value *values;
    size_t count;
    if (!shop_settings(g->conn, g->org_id, &g->shop, g->arena, &values, &count, error))
        return false;
    json_key(&g->w, "settings");
    json_begin_object(&g->w);
    for (size_t i = 0; i < count; i++) {
        const struct mall_setting *s = shop_setting_declared(g->shop.mall, values[i].key);
        if (!s || s->kind == SETTING_SECRET || s->kind == SETTING_PEM)
            continue;
        json_put_str(&g->w, s->key, values[i].value.p ? values[i].value : STR(""));
    }
    json_end_object(&g->w);
    return true;
}

static bool put_shop(struct gather *g, struct error *error)
{
    json_key(&g->w, "shop");
    json_begin_object(&g->w);
    json_put_id(&g->w, "id", g->shop.id);
    json_put_str(&g->w, "name", g->shop.name);
    json_put_str(&g->w, "mall", str_from(g->shop.mall->id));
    json_put_bool(&g->w, "enabled", g->shop.enabled);
    json_put_int(&g->w, "connected_at", g->shop.connected_at);
    json_put_bool(&g->w, "base_url_changed",
                  !str_eq(g->shop.base_url, str_from(g->shop.mall->default_base_url)));
    bool put = put_settings(g, error);
    json_end_object(&g->w);
    if (!put)
        return false;
    json_key(&g->w, "mall");
    json_begin_object(&g->w);
    json_put_str(&g->w, "id", str_from(g->shop.mall->id));
    json_put_int(&g->w, "reach_days", g->shop.mall->limits.reach_days);
    json_put_int(&g->w, "window_days", g->shop.mall->limits.window_days_max);
    json_put_int(&g->w, "overlap_minutes", g->shop.mall->limits.overlap_minutes);
    json_end_object(&g->w);
    return true;
}

static bool put_coverage(struct gather *g, struct error *error)
{
    struct gap *gaps;
    size_t count;
    if (!coverage_gaps(g->conn, g->org_id, &g->shop, g->now, g->arena, &gaps, &count, error))
        return false;
    json_key(&g->w, "coverage");
    json_begin_object(&g->w);
    json_put_str(&g->w, "main_basis",
                 g->shop.mall->list_basis_count
                     ? str_from(date_basis_name(g->shop.mall->list_bases[0]))
                     : STR(""));
    json_key(&g->w, "gaps");
    json_begin_array(&g->w);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&g->w);
        json_put_str(&g->w, "basis", str_from(date_basis_name(gaps[i].basis)));
        json_put_int(&g->w, "from", gaps[i].from);
        json_put_int(&g->w, "to", gaps[i].to);
        json_key(&g->w, "lost_after");
        if (gaps[i].lost_after == TIME_NONE)
            json_write_null(&g->w);
        else
            json_write_int(&g->w, gaps[i].lost_after);
        json_end_object(&g->w);
    }
    json_end_array(&g->w);
    json_end_object(&g->w);
    return true;
}

static const struct mall_credential_kind *kind_of(const struct mall *mall, struct str kind)
{
    for (size_t i = 0; i < mall->credential_count; i++)
        if (str_eq(str_from(mall->credentials[i].kind), kind))
            return &mall->credentials[i];
    return NULL;
}

static void put_moment(struct json_writer *w, const char *name, time_ms at)
{
    json_key(w, name);
    if (at == TIME_NONE)
        json_write_null(w);
    else
        json_write_int(w, at);
}

static bool put_credentials(struct gather *g, struct error *error)
{
    struct credential_state *list;
    size_t count;
    if (!credentials_list(g->conn, g->org_id, g->shop.id, g->arena, &list, &count, error))
        return false;
    json_key(&g->w, "credentials");
    json_begin_array(&g->w);
    for (size_t i = 0; i < count; i++) {
        const struct mall_credential_kind *kind = kind_of(g->shop.mall, list[i].kind);
        json_begin_object(&g->w);
        json_put_str(&g->w, "kind", list[i].kind);
        json_put_str(&g->w, "label_ja", kind ? str_from(kind->label.ja) : list[i].kind);
        json_put_str(&g->w, "label_en", kind ? str_from(kind->label.en) : list[i].kind);
        json_put_int(&g->w, "lifetime_days", kind ? kind->lifetime_days : 0);
        put_moment(&g->w, "granted_at", list[i].granted_at);
        put_moment(&g->w, "expires_at", list[i].expires_at);
        json_put_str(&g->w, "known_by", list[i].known_by);
        put_moment(&g->w, "last_ok_at", list[i].last_ok_at);
        put_moment(&g->w, "last_error_at", list[i].last_error_at);
        json_put_str(&g->w, "last_error_code", list[i].last_error_code);
        json_end_object(&g->w);
    }
    json_end_array(&g->w);
    return true;
}

#define RUN_SQL                                                                                  \
    "SELECT id, door, state, started_at, ended_at, request_json, listed, expected, created, "    \
    "skipped, failed, error_json FROM fetch_run WHERE org_id = $1 AND shop_id = $2 ORDER BY id " \
    "DESC LIMIT 30"

static bool put_schedule(struct gather *g, struct error *error)
{
    static const struct column schedule[] = {
        {COLUMN_TIME, "next_fetch_at"}, {COLUMN_TIME, "last_success_at"},
        {COLUMN_TIME, "last_run_at"},   {COLUMN_INT, "failures"},
        {COLUMN_TIME, "blocked_until"}, {COLUMN_TEXT, "blocked_reason"},
        {COLUMN_JSON, "last_error"},    {COLUMN_TEXT, "lease_node"},
        {COLUMN_TIME, "lease_until"},   {COLUMN_TIME, "serving_at"},
        {COLUMN_TIME, "last_order_at"}, {COLUMN_END, NULL}};
    return gather_rows(g, "schedule", true,
                       "SELECT t.next_fetch_at, t.last_success_at, t.last_run_at, t.failures, "
                       "t.blocked_until, t.blocked_reason, t.last_error_json, l.node, l.until, "
                       "(SELECT MAX(last_run_at) FROM shop_state WHERE org_id = $1), "
                       "(SELECT MAX(ordered_at) FROM \"order\" WHERE org_id = $1 AND shop_id = $2) "
                       "FROM shop_state t LEFT JOIN lease l ON l.org_id = t.org_id AND l.shop_id = "
                       "t.shop_id WHERE t.org_id = $1 AND t.shop_id = $2",
                       2, schedule, error);
}

bool gather_shop(struct gather *g, struct error *error)
{
    static const struct column changes[] = {{COLUMN_TEXT, "key"},   {COLUMN_TIME, "at"},
                                            {COLUMN_TEXT, "actor"}, {COLUMN_TEXT, "before"},
                                            {COLUMN_TEXT, "after"}, {COLUMN_END, NULL}};
    static const struct column runs[] = {
        {COLUMN_ID, "id"},           {COLUMN_TEXT, "door"},     {COLUMN_TEXT, "state"},
        {COLUMN_TIME, "started_at"}, {COLUMN_TIME, "ended_at"}, {COLUMN_JSON, "request"},
        {COLUMN_INT, "listed"},      {COLUMN_INT, "expected"},  {COLUMN_INT, "created"},
        {COLUMN_INT, "skipped"},     {COLUMN_INT, "failed"},    {COLUMN_JSON, "error"},
        {COLUMN_END, NULL}};
    static const struct column choices[] = {{COLUMN_TEXT, "choice"},
                                            {COLUMN_INT, "listed"},
                                            {COLUMN_INT, "imported"},
                                            {COLUMN_END, NULL}};
    return put_shop(g, error) &&
           gather_rows(g, "setting_changes", false,
                       "SELECT key, at, actor_name, before_value, after_value FROM setting_history "
                       "WHERE org_id = $1 AND shop_id = $2 ORDER BY id DESC LIMIT 100",
                       2, changes, error) &&
           put_schedule(g, error) && gather_rows(g, "runs", false, RUN_SQL, 2, runs, error) &&
           put_coverage(g, error) && put_credentials(g, error) &&
           gather_rows(
               g, "listings", false,
               "SELECT status_choice, COUNT(*), SUM(CASE WHEN decision = 'imported' THEN 1 "
               "ELSE 0 END) FROM listing WHERE org_id = $1 AND shop_id = $2 AND $3::text = $3 "
               "AND $4::bigint = $4 AND changed_at >= $5 - 2592000000 GROUP BY status_choice ORDER "
               "BY status_choice",
               5, choices, error);
}
