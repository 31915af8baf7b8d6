// SPDX-License-Identifier: Apache-2.0
//
// Malls, shops with their typed settings, credentials. Settings travel as JSON
// of their kind (flag, number, list); inside they are texts that the connector's declaration
// checks.
#include "api/handlers.h"
#include "api/settings.h"
#include "mall/file/order_file.h"
#include "mall/file/ship_file.h"
#include <stdio.h>

#include "base/memory.h"

#define SETTINGS_MAX 64

static const char *word(const struct request *r, struct label label)
{
    return r->english ? label.en : label.ja;
}

static bool is_secret(const struct mall_setting *s)
{
    return s->kind == SETTING_SECRET || s->kind == SETTING_PEM;
}

static void choices_json(struct request *r, const char *key, const struct setting_choice *list,
                         size_t count)
{
    json_key(&r->w, key);
    json_begin_array(&r->w);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&r->w);
        json_put_str(&r->w, "code", str_from(list[i].value));
        json_put_str(&r->w, "label", str_from(word(r, list[i].label)));
        json_end_object(&r->w);
    }
    json_end_array(&r->w);
}

static void put_positive(struct json_writer *w, const char *key, int64_t v)
{
    json_key(w, key);
    if (v > 0)
        json_write_int(w, v);
    else
        json_write_null(w);
}

// The files of the mall's own screens: those that can be imported and those that tell shipments.
static void files_json(struct request *r, const struct mall *m)
{
    struct json_writer *w = &r->w;
    size_t count;
    const struct order_file_format *const *orders = order_file_formats(&count);
    json_key(w, "order_files");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(orders[i]->mall, m->id) != 0)
            continue;
        json_begin_object(w);
        json_put_str(w, "id", str_from(orders[i]->id));
        json_put_str(w, "label", str_from(word(r, orders[i]->label)));
        json_put_str(w, "second", str_from(word(r, orders[i]->second)));
        json_end_object(w);
    }
    json_end_array(w);
    const struct ship_file_format *const *shipments = ship_file_formats(&count);
    json_key(w, "ship_files");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(shipments[i]->mall, m->id) != 0)
            continue;
        json_begin_object(w);
        json_put_str(w, "id", str_from(shipments[i]->id));
        json_put_str(w, "label", str_from(word(r, shipments[i]->label)));
        json_end_object(w);
    }
    json_end_array(w);
}

static void mall_json(struct request *r, const struct mall *m)
{
    struct json_writer *w = &r->w;
    json_begin_object(w);
    json_put_str(w, "mall", str_from(m->id));
    json_put_str(w, "name", str_from(word(r, m->name)));
    json_key(w, "statuses");
    json_begin_array(w);
    for (size_t i = 0; i < m->status_count; i++) {
        json_begin_object(w);
        json_put_str(w, "code", str_from(m->statuses[i].value));
        json_put_str(w, "label", str_from(word(r, m->statuses[i].label)));
        json_end_object(w);
    }
    json_end_array(w);
    json_key(w, "doors");
    json_begin_array(w);
    static const char *const doors[] = {"auto", "range", "status"};
    for (size_t i = 0; m->list && i < 3; i++)
        json_write_str(w, str_from(doors[i]));
    if (m->read)
        json_write_str(w, STR("numbers"));
    json_write_str(w, STR("file"));
    json_end_array(w);
    put_positive(w, "reach_back_days", m->limits.reach_days);
    put_positive(w, "max_window_days", m->limits.window_days_max);
    choices_json(r, "cancel_reasons", m->cancel_reasons, m->cancel_reason_count);
    choices_json(r, "ship_targets", m->ship_targets, m->ship_target_count);
    json_put_bool(w, "can_accept", m->accept != NULL);
    json_put_bool(w, "can_cancel", m->cancel != NULL);
    put_positive(w, "tracking_numbers_max", m->tracking_numbers_max);
    files_json(r, m);
    json_end_object(w);
}

void handle_malls(struct request *r)
{
    size_t count;
    const struct mall *const *list = malls(&count);
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "malls");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        mall_json(r, list[i]);
    json_end_array(w);
    json_end_object(w);
}

// A stored text as JSON of the setting's kind.
static void put_value(struct json_writer *w, const struct mall_setting *s, struct str value)
{
    int64_t number;
    struct str rest = value, one;
    switch (s->kind) {
    case SETTING_FLAG:
        json_write_bool(w, str_eq(value, STR("true")));
        break;
    case SETTING_INTEGER:
        if (str_to_int64(value, &number))
            json_write_int(w, number);
        else
            json_write_null(w);
        break;
    case SETTING_CHOICES:
        json_begin_array(w);
        while (str_split(&rest, ',', &one))
            json_write_str(w, str_trim(one));
        json_end_array(w);
        break;
    default:
        json_write_str(w, value);
    }
}

static void setting_json(struct request *r, const struct mall_setting *s)
{
    static const char *const kinds[] = {
        [SETTING_TEXT] = "text",     [SETTING_SECRET] = "secret",
        [SETTING_PEM] = "key_file",  [SETTING_INTEGER] = "integer",
        [SETTING_FLAG] = "boolean",  [SETTING_DATE] = "date",
        [SETTING_CHOICE] = "choice", [SETTING_CHOICES] = "multi_choice",
        [SETTING_URL] = "text"};
    struct json_writer *w = &r->w;
    bool number = s->kind == SETTING_INTEGER;
    bool bounded = s->minimum != 0 || s->maximum != 0;
    json_begin_object(w);
    json_put_str(w, "name", str_from(s->key));
    json_put_str(w, "kind", str_from(kinds[s->kind]));
    json_put_str(w, "label", str_from(word(r, s->label)));
    json_put_str(w, "help", str_from(word(r, s->help)));
    json_put_bool(w, "required", s->required);
    json_put_str(w, "group", str_from(setting_group_name(s)));
    if (s->default_value) {
        json_key(w, "default");
        put_value(w, s, str_from(s->default_value));
    }
    if (number && bounded) {
        json_put_int(w, "minimum", s->minimum);
        json_put_int(w, "maximum", s->maximum);
    } else if (bounded && s->maximum > 0) {
        json_put_int(w, "max_length", s->maximum);
    }
    if (s->choice_count > 0)
        choices_json(r, "choices", s->choices, s->choice_count);
    json_end_object(w);
}

static void credential_kind_json(struct request *r, const struct mall *m,
                                 const struct mall_setting *s)
{
    struct json_writer *w = &r->w;
    int days = 0;
    for (size_t i = 0; s->credential && i < m->credential_count; i++) {
        if (strcmp(m->credentials[i].kind, s->credential) == 0)
            days = m->credentials[i].lifetime_days;
    }
    json_begin_object(w);
    json_put_str(w, "kind", str_from(s->key));
    json_put_str(w, "label", str_from(word(r, s->label)));
    json_put_str(w, "help", str_from(word(r, s->help)));
    json_put_bool(w, "required", s->required);
    json_put_bool(w, "multiline", s->kind == SETTING_PEM);
    put_positive(w, "lifetime_days", days);
    json_put_bool(w, "consent", m->consent_url && strcmp(s->key, "refresh_token") == 0);
    json_end_object(w);
}

void handle_settings_schema(struct request *r)
{
    const struct mall *m = mall_by_id(r->x->parameters[0]);
    size_t common_count;
    const struct mall_setting *common = shop_common_settings(&common_count);
    if (!m) {
        reply_problem(r, 404, "not_found", "このモールはありません。", "no such mall");
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_put_str(w, "mall", str_from(m->id));
    json_key(w, "settings");
    json_begin_array(w);
    for (size_t i = 0; i < m->setting_count; i++) {
        if (!is_secret(&m->settings[i]) && !m->settings[i].written_by_connector)
            setting_json(r, &m->settings[i]);
    }
    for (size_t i = 0; i < common_count; i++)
        setting_json(r, &common[i]);
    json_end_array(w);
    json_key(w, "credentials");
    json_begin_array(w);
    for (size_t i = 0; i < m->setting_count; i++) {
        if (is_secret(&m->settings[i]) && !m->settings[i].written_by_connector)
            credential_kind_json(r, m, &m->settings[i]);
    }
    json_end_array(w);
    json_end_object(w);
}

// Who switched it off, when and why; only asked for shops that are off.
static bool disabled_members(struct request *r, struct db_conn *conn, const struct shop *shop,
                             struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT key, at, actor_name, after_value FROM setting_history "
                                   "WHERE org_id = $1 AND shop_id = $2 AND key IN ('enabled', "
                                   "'disabled_reason') ORDER BY id DESC LIMIT 2",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, shop->id);
    struct str by = STR_ABSENT, reason = STR_ABSENT;
    time_ms at = TIME_NONE;
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        if (str_eq(db_text(s, 0), STR("enabled")) && at == TIME_NONE) {
            at = db_time(s, 1);
            by = str_dup(r->arena, db_text(s, 2));
        } else if (at == TIME_NONE) {
            reason = str_dup(r->arena, db_text(s, 3));
        }
    }
    put_optional(&r->w, "disabled_by", by);
    json_put_time(&r->w, "disabled_at", at);
    put_optional(&r->w, "disabled_reason", reason);
    return step != DB_STEP_ERROR;
}

static bool shop_json(struct request *r, struct db_conn *conn, const struct shop *shop,
                      struct error *error)
{
    struct setting_value *values;
    size_t count;
    struct json_writer *w = &r->w;
    if (!shop_settings(conn, r->org_id, shop, r->arena, &values, &count, error))
        return false;
    json_begin_object(w);
    json_put_id(w, "id", shop->id);
    json_put_str(w, "name", shop->name);
    json_put_str(w, "mall", str_from(shop->mall->id));
    json_put_bool(w, "enabled", shop->enabled);
    if (!shop->enabled && !disabled_members(r, conn, shop, error))
        return false;
    json_put_time(w, "connected_at", shop->connected_at);
    json_key(w, "settings");
    json_begin_object(w);
    for (size_t i = 0; i < count; i++) {
        const struct mall_setting *s = shop_setting_declared(shop->mall, values[i].key);
        if (!s || is_secret(s) || s->written_by_connector)
            continue;
        json_key(w, s->key);
        put_value(w, s, values[i].value);
    }
    json_end_object(w);
    json_end_object(w);
    return true;
}

void handle_shops(struct request *r)
{
    struct shop *list;
    size_t count;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    bool ok = shop_list(conn, r->org_id, r->arena, &list, &count, &error);
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "shops");
    json_begin_array(w);
    for (size_t i = 0; ok && i < count; i++)
        ok = shop_json(r, conn, &list[i], &error);
    json_end_array(w);
    json_end_object(w);
    if (!ok)
        reply_error(r, &error);
}

static void reply_shop(struct request *r, int status, row_id id)
{
    struct shop shop;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    reply_json(r, status);
    if (!shop_read(conn, r->org_id, id, r->arena, &shop, &error) ||
        !shop_json(r, conn, &shop, &error) || !settings_etag(r, conn, SETTINGS_SHOP, id, &error))
        reply_error(r, &error);
}

void handle_shop_get(struct request *r)
{
    row_id id;
    if (path_id(r, 0, &id))
        reply_shop(r, 200, id);
}

// One JSON value as the text that setting_check() takes.
static struct str setting_text(struct request *r, struct json v)
{
    int64_t number;
    struct json one;
    if (json_type(v) == JSON_BOOL)
        return json_true(v) ? STR("true") : STR("false");
    if (json_int(v, &number))
        return arena_printf(r->arena, "%lld", (long long)number);
    if (json_type(v) == JSON_ARRAY) {
        AUTO_BUF list = buf_make(8192);
        for (struct json_iter i = json_iterate(v); json_next(&i, &one);) {
            if (!json_str(one).p || str_find_char(json_str(one), ',') >= 0)
                return STR_ABSENT;
            buf_addf(&list, "%s%.*s", list.n ? "," : "", STR_ARG(json_str(one)));
        }
        return list.failed ? STR_ABSENT : str_dup(r->arena, buf_str(&list));
    }
    return json_is_null(v) ? STR("") : json_str(v);
}

// Settings of a body, each checked against its declaration so that every fault is named.
static size_t read_settings(struct input *in, const struct mall *mall, struct setting_value *values)
{
    struct request *r = in->r;
    struct json object = json_get(in->body, "settings"), v;
    size_t count = 0;
    if (!json_is_null(object) && json_type(object) != JSON_OBJECT)
        input_bad(in, STR("settings"), "invalid", "値が正しくありません。",
                  "this value is invalid");
    for (struct json_iter i = json_iterate(object); json_next(&i, &v);) {
        const struct mall_setting *s = shop_setting_declared(mall, i.key);
        struct str field =
            arena_printf(r->arena, "settings.%.*s", STR_ARG(str_utf8_cut(i.key, 60)));
        struct str text = setting_text(r, v), normalised;
        struct error *why = ARENA_NEW(r->arena, struct error);
        if (!s || is_secret(s) || s->written_by_connector || count == SETTINGS_MAX)
            input_bad(in, field, "unknown", "この設定項目はありません。",
                      "there is no such setting");
        else if (!text.p)
            input_bad(in, field, "invalid", "値が正しくありません。", "this value is invalid");
        else if (why && !setting_check(r->arena, s, text, &normalised, why))
            input_bad(in, field, why->code, why->what_ja, why->what_en);
        else
            values[count++] = (struct setting_value){str_from(s->key), text};
    }
    return count;
}

struct shop_change {
    struct request *r;
    row_id id;
    const struct mall *mall;
    struct str name, reason;
    int64_t seen; // revision of If-Match, 0 none
    bool enabled, has_enabled, enabled_now;
    struct setting_value values[SETTINGS_MAX];
    size_t count;
};

static bool create_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct shop_change *c = context;
    struct request *r = c->r;
    const struct crypto_key *key = r->api->o.key;
    bool made = c->enabled ? shop_create(conn, &r->by, key, c->mall, c->name, STR(""), c->values,
                                         c->count, &c->id, error)
                           : shop_create_disabled(conn, &r->by, key, c->mall, c->name, c->values,
                                                  c->count, &c->id, error);
    return made &&
           audit_add(conn, r, "shop.create", arena_printf(r->arena, "shop:%lld", (long long)c->id),
                     STR_ABSENT, STR_ABSENT, error);
}

// The lower layers name a taken name by code; a form wants it at its field.
static void reply_shop_error(struct request *r, const struct error *error)
{
    struct input in = {.r = r};
    if (strcmp(error->code, "setting.changed") == 0) {
        reply_problem(r, 412, "conflict", error->what_ja, error->what_en);
        return;
    }
    if (strcmp(error->code, "shop.name_taken") != 0) {
        reply_error(r, error);
        return;
    }
    input_bad(&in, STR("name"), "taken", error->what_ja, error->what_en);
    input_done(&in);
}

void handle_shop_create(struct request *r)
{
    struct input in;
    struct error error;
    struct shop_change *c = ARENA_NEW(r->arena, struct shop_change);
    if (!input_begin(r, &in))
        return;
    if (!c) {
        error_no_memory(&error);
        reply_error(r, &error);
        return;
    }
    c->r = r;
    struct str mall = input_text(&in, "mall", 1, 40, true);
    c->name = input_text(&in, "name", 1, 100, true);
    input_flag(&in, "enabled", &c->enabled);
    c->mall = mall.p ? mall_by_id(mall) : NULL;
    if (mall.p && !c->mall)
        input_bad(&in, STR("mall"), "unknown", "このモールはありません。", "no such mall");
    if (c->mall)
        c->count = read_settings(&in, c->mall, c->values);
    if (!input_done(&in))
        return;
    if (!db_write(r->api->o.db, create_fn, c, &error)) {
        reply_shop_error(r, &error);
        return;
    }
    reply_shop(r, 201, c->id);
    notify_shop(r, c->id);
    notify_engine(r);
}

static bool keep_reason(struct shop_change *c, struct db_conn *conn, struct error *error)
{
    struct request *r = c->r;
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO setting_history (org_id, id, shop_id, key, at, "
                   "actor_kind, actor_id, actor_name, before_value, after_value) "
                   "VALUES ($1, $2, $3, 'disabled_reason', $4, $5, $6, $7, NULL, $8)",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, id_next(r->by.ids, r->by.now));
    db_bind_id(s, 3, c->id);
    db_bind_int(s, 4, r->by.now);
    db_bind_int(s, 5, r->by.actor.kind);
    db_bind_id(s, 6, r->by.actor.id);
    db_bind_text(s, 7, r->by.actor.name.p ? r->by.actor.name : STR(""));
    db_bind_text(s, 8, c->reason.p ? c->reason : STR(""));
    return db_run(s, error);
}

static bool patch_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct shop_change *c = context;
    struct request *r = c->r;
    const struct crypto_key *key = r->api->o.key;
    int64_t wanted;
    if (!settings_unchanged(conn, r->org_id, SETTINGS_SHOP, c->id, c->seen, error))
        return false;
    if (c->name.p && !shop_rename(conn, &r->by, c->id, c->name, error))
        return false;
    if (c->count > 0 && !shop_set(conn, &r->by, key, c->id, c->values, c->count, &wanted, error))
        return false;
    if (c->has_enabled && c->enabled != c->enabled_now) {
        if (c->enabled && !shop_complete(conn, r->org_id, c->id, key, error))
            return false;
        if (!shop_enable(conn, &r->by, c->id, c->enabled, error) ||
            (!c->enabled && !keep_reason(c, conn, error)))
            return false;
    }
    return audit_add(conn, r, "shop.change", arena_printf(r->arena, "shop:%lld", (long long)c->id),
                     STR_ABSENT, STR_ABSENT, error);
}

bool path_shop(struct request *r, struct shop *shop)
{
    row_id id;
    struct error error;
    struct db_conn *conn = path_id(r, 0, &id) ? request_read(r) : NULL;
    if (!conn)
        return false;
    if (shop_read(conn, r->org_id, id, r->arena, shop, &error))
        return true;
    if (error.class == ERROR_NOT_FOUND)
        reply_problem(r, 404, "not_found", error.what_ja, error.what_en);
    else
        reply_error(r, &error);
    return false;
}

void handle_shop_patch(struct request *r)
{
    struct input in;
    struct shop shop;
    struct error error;
    struct shop_change *c = ARENA_NEW(r->arena, struct shop_change);
    if (!c) {
        error_no_memory(&error);
        reply_error(r, &error);
        return;
    }
    if (!path_shop(r, &shop) || !input_begin(r, &in))
        return;
    *c =
        (struct shop_change){.r = r, .id = shop.id, .mall = shop.mall, .enabled_now = shop.enabled};
    if (json_exists(json_get(in.body, "name")))
        c->name = input_text(&in, "name", 1, 100, true);
    c->reason = input_text(&in, "disabled_reason", 0, 200, false);
    c->has_enabled = input_flag(&in, "enabled", &c->enabled);
    c->count = read_settings(&in, shop.mall, c->values);
    if (!input_done(&in) || !seen_revision(r, &c->seen))
        return;
    if (!db_write(r->api->o.db, patch_fn, c, &error)) {
        reply_shop_error(r, &error);
        return;
    }
    reply_shop(r, 200, shop.id);
    notify_shop(r, shop.id);
    notify_engine(r);
}

static void counts_json(struct request *r, const struct shop *shop,
                        const struct status_count_30 *counts, size_t count)
{
    struct json_writer *w = &r->w;
    json_key(w, "status_counts");
    json_begin_array(w);
    for (size_t i = 0; i < shop->mall->status_count; i++) {
        int64_t listed = 0;
        for (size_t k = 0; k < count; k++)
            if (str_eq(counts[k].choice, str_from(shop->mall->statuses[i].value)))
                listed = counts[k].count;
        json_begin_object(w);
        json_put_str(w, "code", str_from(shop->mall->statuses[i].value));
        json_put_int(w, "count", listed);
        json_end_object(w);
    }
    json_end_array(w);
}

void handle_shop_what_if(struct request *r)
{
    struct input in;
    struct shop shop;
    struct error error;
    struct what_if result;
    struct status_count_30 *counts;
    size_t count;
    struct setting_value *values = ARENA_ARRAY(r->arena, struct setting_value, SETTINGS_MAX);
    if (!values) {
        error_no_memory(&error);
        reply_error(r, &error);
        return;
    }
    if (!path_shop(r, &shop) || !input_begin(r, &in))
        return;
    size_t n = read_settings(&in, shop.mall, values);
    struct db_conn *conn = input_done(&in) ? request_read(r) : NULL;
    if (!conn)
        return;
    if (!shop_filter_what_if(conn, r->org_id, &shop, values, n, r->by.now, r->arena, &result,
                             &counts, &count, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "what_if");
    what_if_json(r, &result);
    counts_json(r, &shop, counts, count);
    json_end_object(w);
}

struct secret {
    struct request *r;
    const struct shop *shop;
    const struct mall_setting *setting;
    struct str value;
    time_ms granted_at, expires_at;
};

static bool secret_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct secret *c = context;
    struct request *r = c->r;
    struct setting_value value = {str_from(c->setting->key), c->value};
    int64_t wanted;
    if (!shop_set(conn, &r->by, r->api->o.key, c->shop->id, &value, 1, &wanted, error))
        return false;
    struct db_stmt *s = db_prepare(
        conn,
        "UPDATE credential SET granted_at = COALESCE($4, granted_at), expires_at = COALESCE($5, "
        "expires_at), expiry_known_by = CASE WHEN $5::bigint IS NULL THEN expiry_known_by ELSE "
        "'typed' END WHERE org_id = $1 AND shop_id = $2 AND kind = $3",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, c->shop->id);
    db_bind_text(s, 3, str_from(c->setting->key));
    if (c->granted_at != TIME_NONE)
        db_bind_int(s, 4, c->granted_at);
    if (c->expires_at != TIME_NONE)
        db_bind_int(s, 5, c->expires_at);
    return db_run(s, error) &&
           audit_add(conn, r, "credential.change",
                     arena_printf(r->arena, "shop:%lld", (long long)c->shop->id), STR_ABSENT,
                     arena_printf(r->arena, "{\"kind\":\"%s\"}", c->setting->key), error);
}

static void reply_credential(struct request *r, const struct secret *c)
{
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    reply_json(r, 200);
    if (!credentials_write(r, conn, c->shop, 1, c->setting->key, &error))
        reply_error(r, &error);
}

void handle_credential_put(struct request *r)
{
    struct shop shop;
    struct input in;
    struct error error;
    struct secret c = {.r = r, .shop = &shop, .granted_at = TIME_NONE, .expires_at = TIME_NONE};
    struct str normalised;
    if (!path_shop(r, &shop) || !input_begin(r, &in))
        return;
    c.setting = shop_setting_declared(shop.mall, r->x->parameters[1]);
    if (!c.setting || !is_secret(c.setting) || c.setting->written_by_connector) {
        reply_problem(r, 404, "not_found", "この種類の資格情報はありません。",
                      "there is no such kind of credential");
        return;
    }
    c.value = input_text(&in, "secret", 1, 20000, true);
    input_time(&in, "granted_at", &c.granted_at);
    input_time(&in, "expires_at", &c.expires_at);
    if (c.value.p && !setting_check(r->arena, c.setting, c.value, &normalised, &error))
        input_bad(&in, STR("secret"), error.code, error.what_ja, error.what_en);
    if (!input_done(&in))
        return;
    if (!r->api->o.key) {
        reply_problem(r, 503, "unavailable", "このノードには資格情報を暗号化する鍵がありません。",
                      "this node has no key to seal credentials with");
        return;
    }
    if (!db_write(r->api->o.db, secret_fn, &c, &error)) {
        reply_error(r, &error);
        return;
    }
    reply_credential(r, &c);
    notify_shop(r, shop.id);
    notify_engine(r);
}

void handle_credentials(struct request *r)
{
    row_id *wanted;
    size_t wanted_count, count, kept = 0;
    struct shop *shops;
    struct error error;
    struct db_conn *conn = query_shops(r, &wanted, &wanted_count) ? request_read(r) : NULL;
    if (!conn)
        return;
    bool ok = shop_list(conn, r->org_id, r->arena, &shops, &count, &error);
    for (size_t i = 0; ok && i < count; i++) {
        bool in = wanted_count == 0;
        for (size_t k = 0; k < wanted_count; k++)
            in = in || wanted[k] == shops[i].id;
        if (in)
            shops[kept++] = shops[i];
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "credentials");
    json_begin_array(w);
    ok = ok && credentials_write(r, conn, shops, kept, NULL, &error);
    json_end_array(w);
    json_end_object(w);
    if (!ok)
        reply_error(r, &error);
}
