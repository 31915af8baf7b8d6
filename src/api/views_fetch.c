// SPDX-License-Identifier: Apache-2.0
//
// Fetch runs, order counts and credentials as the document has them.
#include "api/views.h"

#define DAY_MS (24 * 3600 * 1000LL)

static const char *door_word(struct str door)
{
    if (str_eq(door, STR("automatic")))
        return "auto";
    if (str_eq(door, STR("number")))
        return "numbers";
    static const char *const same[] = {"range", "status", "reread", "file"};
    for (size_t i = 0; i < 4; i++) {
        if (str_eq(door, str_from(same[i])))
            return same[i];
    }
    return "auto";
}

static const char *state_word(struct str state)
{
    if (str_eq(state, STR("partly")))
        return "partial";
    static const char *const same[] = {"queued", "running", "done"};
    for (size_t i = 0; i < 3; i++) {
        if (str_eq(state, str_from(same[i])))
            return same[i];
    }
    return "failed";
}

static void request_members(struct json_writer *w, struct arena *arena, const struct fetch_run *run)
{
    struct json root = {0}, v;
    struct error ignored;
    bool read = json_parse(arena, run->request_json, false, &root, &ignored);
    json_put_str(w, "from", read ? json_str(json_get(root, "from")) : STR_ABSENT);
    json_put_str(w, "to", read ? json_str(json_get(root, "to")) : STR_ABSENT);
    json_put_str(w, "date_basis", STR_ABSENT);
    json_key(w, "statuses");
    json_begin_array(w);
    if (read && json_str(json_get(root, "status")).n > 0)
        json_write_str(w, json_str(json_get(root, "status")));
    json_end_array(w);
    json_key(w, "order_numbers");
    json_begin_array(w);
    if (read) {
        size_t shown = 0;
        for (struct json_iter i = json_iterate(json_get(root, "order_numbers"));
             json_next(&i, &v) && shown < 1000; shown++)
            json_write_str(w, json_str(v));
    }
    json_end_array(w);
}

static void progress_members(struct json_writer *w, struct arena *arena,
                             const struct fetch_run *run)
{
    struct json root = {0};
    struct error ignored;
    int64_t done = 0, total = 0;
    bool live = str_eq(run->state, STR("running"));
    bool read = json_parse(arena, run->progress_json, false, &root, &ignored);
    struct str phase = read && live ? json_str(json_get(root, "phase")) : STR_ABSENT;
    if (str_eq(run->state, STR("queued")))
        phase = STR("waiting");
    else if (!str_eq(phase, STR("listing")) && !str_eq(phase, STR("reading")))
        phase = STR_ABSENT;
    if (read) {
        json_int(json_get(root, "done"), &done);
        json_int(json_get(root, "total"), &total);
    }
    json_key(w, "progress");
    json_begin_object(w);
    json_put_str(w, "phase", phase);
    json_put_int(w, "done", done);
    json_key(w, "total");
    if (total > 0)
        json_write_int(w, total);
    else
        json_write_null(w);
    json_end_object(w);
}

static void counts_members(struct json_writer *w, const struct fetch_run *run)
{
    int64_t status = 0, kind = 0;
    for (size_t i = 0; i < run->skip_count; i++) {
        if (str_eq(run->skips[i].reason, STR("filter.status")))
            status += run->skips[i].count;
        else
            kind += run->skips[i].count;
    }
    if (run->skip_count == 0)
        status = run->skipped;
    json_key(w, "counts");
    json_begin_object(w);
    json_put_int(w, "listed", run->listed);
    json_put_int(w, "created", run->created);
    json_put_int(w, "updated", run->updated);
    json_put_int(w, "unchanged", run->unchanged);
    json_key(w, "skipped");
    json_begin_object(w);
    if (status > 0)
        json_put_int(w, "skipped_status", status);
    if (kind > 0)
        json_put_int(w, "skipped_kind", kind);
    json_end_object(w);
    json_put_int(w, "failed", run->failed);
    json_end_object(w);
}

void fetch_run_write(struct json_writer *w, struct arena *arena, bool english,
                     const struct fetch_run *run, const struct order_names *names)
{
    const struct shop *shop = NULL;
    for (size_t i = 0; i < names->shop_count; i++) {
        if (names->shops[i].id == run->shop_id)
            shop = &names->shops[i];
    }
    bool queued = str_eq(run->state, STR("queued"));
    bool person = run->actor.kind == ACTOR_USER || run->actor.kind == ACTOR_TOKEN;
    // The error in the caller's words; the events worker has no request.
    struct request r = {.arena = arena, .english = english, .w = *w};
    json_begin_object(w);
    json_put_id(w, "id", run->id);
    json_put_id(w, "shop_id", run->shop_id);
    json_put_str(w, "shop", shop ? shop->name : STR(""));
    json_put_str(w, "mall", shop ? str_from(shop->mall->id) : STR(""));
    json_put_str(w, "door", str_from(door_word(run->door)));
    json_put_str(w, "state", str_from(state_word(run->state)));
    request_members(w, arena, run);
    json_put_time(w, "created_at", id_time(run->id));
    json_put_time(w, "started_at", queued ? TIME_NONE : run->started_at);
    json_put_time(w, "finished_at", run->ended_at);
    json_put_str(w, "started_by", person ? run->actor.name : STR_ABSENT);
    progress_members(w, arena, run);
    counts_members(w, run);
    json_key(w, "error");
    r.w = *w;
    mall_error_json(&r, &run->error, run->ended_at);
    *w = r.w;
    json_end_object(w);
}

void fetch_run_json(struct request *r, const struct fetch_run *run, const struct order_names *names)
{
    fetch_run_write(&r->w, r->arena, r->english, run, names);
}

static bool in_shops(const row_id *shops, size_t count, row_id shop)
{
    for (size_t i = 0; i < count; i++) {
        if (shops[i] == shop)
            return true;
    }
    return count == 0;
}

static bool attention(struct json_writer *w, struct db_conn *conn, row_id org_id,
                      struct error *error)
{
    // Both halves stand on partial indexes of sql/0002; their conditions are written out.
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT work_status_id, COUNT(*) FROM (SELECT work_status_id, id FROM \"order\" WHERE "
        "org_id = $1 AND writeback_state IN (1, 8, 9) UNION SELECT work_status_id, id FROM "
        "\"order\" WHERE org_id = $1 AND state = 4) AS asking GROUP BY work_status_id LIMIT 1000",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    json_key(w, "attention");
    json_begin_object(w);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        char id[24];
        id_format(db_int(s, 0), id);
        json_put_int(w, id, db_int(s, 1));
    }
    json_end_object(w);
    return step != DB_STEP_ERROR;
}

static bool open_writebacks(struct json_writer *w, struct db_conn *conn, row_id org_id,
                            struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT CAST(COALESCE(SUM(CASE WHEN state <> 2 THEN 1 ELSE 0 END), 0) AS "
                   "BIGINT), CAST(COALESCE(SUM(CASE WHEN state IN (1, 8, 9) THEN 1 ELSE 0 END), 0) "
                   "AS BIGINT) FROM writeback WHERE org_id = $1 AND (owed = 1 OR state = 8)",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    enum db_step step = db_step(s, error);
    if (step != DB_STEP_ROW)
        return step == DB_STEP_DONE;
    json_put_int(w, "writebacks_open", db_int(s, 0));
    json_put_int(w, "writebacks_needs_person", db_int(s, 1));
    db_reset(s);
    return true;
}

bool order_counts_write(struct json_writer *w, struct db_conn *conn, row_id org_id,
                        const row_id *shops, size_t shop_count, struct arena *arena,
                        struct error *error)
{
    struct work_status *statuses;
    struct status_count *counts;
    size_t status_count, n;
    int64_t all = 0, open = 0;
    if (!work_statuses(conn, org_id, arena, &statuses, &status_count, error) ||
        !order_counts(conn, org_id, shop_count > 0, arena, &counts, &n, error))
        return false;
    json_begin_object(w);
    json_key(w, "counts");
    json_begin_object(w);
    for (size_t i = 0; i < status_count; i++) {
        int64_t here = 0;
        char id[24];
        for (size_t k = 0; k < n; k++) {
            if (counts[k].work_status == statuses[i].id &&
                in_shops(shops, shop_count, counts[k].shop_id))
                here += counts[k].count;
        }
        id_format(statuses[i].id, id);
        json_put_int(w, id, here);
        all += here;
        if (statuses[i].role != ROLE_DONE && statuses[i].role != ROLE_CANCELLED)
            open += here;
    }
    json_end_object(w);
    if (!attention(w, conn, org_id, error))
        return false;
    json_put_int(w, "all", all);
    json_put_int(w, "open", open);
    if (!open_writebacks(w, conn, org_id, error))
        return false;
    json_end_object(w);
    return !arena_failed(arena) || error_no_memory(error);
}

static const struct mall_credential_kind *kind_of(const struct mall *mall,
                                                  const struct mall_setting *setting)
{
    for (size_t i = 0; setting->credential && i < mall->credential_count; i++) {
        if (strcmp(mall->credentials[i].kind, setting->credential) == 0)
            return &mall->credentials[i];
    }
    return NULL;
}

static void credential_json(struct request *r, const struct shop *shop,
                            const struct mall_setting *setting, const struct credential_state *c)
{
    struct json_writer *w = &r->w;
    const struct mall_credential_kind *kind = kind_of(shop->mall, setting);
    time_ms ends = c ? c->expires_at : TIME_NONE;
    struct str known = c && ends != TIME_NONE ? c->known_by : STR_ABSENT;
    if (c && ends == TIME_NONE && kind && kind->lifetime_days > 0) {
        ends = c->granted_at + kind->lifetime_days * DAY_MS;
        known = STR("estimated");
    } else if (c && ends == TIME_NONE) {
        known = kind ? STR("unknown") : STR("none");
    }
    if (ends != TIME_NONE && !str_eq(known, STR("api")) && !str_eq(known, STR("typed")))
        known = STR("estimated");
    json_begin_object(w);
    json_put_id(w, "shop_id", shop->id);
    json_put_str(w, "shop", shop->name);
    json_put_str(w, "kind", str_from(setting->key));
    json_put_str(w, "label", str_from(r->english ? setting->label.en : setting->label.ja));
    json_put_bool(w, "present", c != NULL);
    json_put_time(w, "granted_at", c ? c->granted_at : TIME_NONE);
    json_put_time(w, "expires_at", ends);
    json_put_str(w, "expiry_known", known);
    json_key(w, "days_left");
    if (ends == TIME_NONE)
        json_write_null(w);
    else
        json_write_int(w, day_difference(day_in_jst(ends), day_in_jst(r->by.now)));
    json_put_time(w, "last_ok_at", c ? c->last_ok_at : TIME_NONE);
    json_key(w, "last_error");
    struct error e;
    error_clear(&e);
    if (c && c->last_error_code.n > 0)
        error_set(&e, ERROR_AUTH_INVALID, "credential.refused",
                  "この資格情報は拒否されました: %.*s", "this credential was refused: %.*s",
                  STR_ARG(c->last_error_code));
    mall_error_json(r, &e, c ? c->last_error_at : TIME_NONE);
    json_end_object(w);
}

bool credentials_write(struct request *r, struct db_conn *conn, const struct shop *shops,
                       size_t shop_count, const char *only, struct error *error)
{
    struct credential_state *kept;
    size_t count;
    if (!credentials_list(conn, r->org_id, shop_count == 1 ? shops[0].id : 0, r->arena, &kept,
                          &count, error))
        return false;
    // Kept ones first (they come by their ends), then what is missing.
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < shop_count; i++) {
            const struct mall_setting *setting =
                shops[i].id == kept[k].shop_id ? shop_setting_declared(shops[i].mall, kept[k].kind)
                                               : NULL;
            bool wanted = setting && (!only || strcmp(only, setting->key) == 0);
            if (wanted && !setting->written_by_connector)
                credential_json(r, &shops[i], setting, &kept[k]);
        }
    }
    for (size_t i = 0; i < shop_count; i++) {
        for (size_t n = 0; n < shops[i].mall->setting_count; n++) {
            const struct mall_setting *setting = &shops[i].mall->settings[n];
            bool secret = setting->kind == SETTING_SECRET || setting->kind == SETTING_PEM;
            bool present = !secret || setting->written_by_connector || !setting->required || only;
            for (size_t k = 0; k < count && !present; k++)
                present =
                    kept[k].shop_id == shops[i].id && str_eq(kept[k].kind, str_from(setting->key));
            if (!present)
                credential_json(r, &shops[i], setting, NULL);
        }
    }
    return true;
}
