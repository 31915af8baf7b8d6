// SPDX-License-Identifier: Apache-2.0
//
// Shops: table shop with its plain settings, sealed credentials and their history. What a setting
// is, and whether it is secret, the connector declares; this file only keeps it. Database threads.
#include "sync/shop.h"
#include "sync/fetch_store.h"
#include "sync/settings.h"

#define SETTINGS_MAX 128
#define SHOPS_MAX 20000
#define SECRET_BYTES_MAX 65536

static const struct mall_setting common_settings[] = {
    {.key = "auto_fetch",
     .group = SETTING_GROUP_FETCH,
     .kind = SETTING_FLAG,
     .label = {"自動取得", "Automatic fetching"},
     .help = {"一定間隔で新しい注文を取り込みます。", "Fetches new orders at the interval below."},
     .default_value = "true"},
    {.key = "fetch_interval_minutes",
     .kind = SETTING_INTEGER,
     .label = {"取得間隔(分)", "Fetch interval (minutes)"},
     .help = {"5〜1440分。", "5 to 1440 minutes."},
     .default_value = "15",
     .minimum = 5,
     .maximum = 1440},
    {.key = "fetch_days",
     .kind = SETTING_INTEGER,
     .label = {"初回取得対象期間(日)", "First fetch reaches back (days)"},
     .help = {"接続した日から何日前までの注文を自動で取り込むか。",
              "How many days before the connection automatic fetching begins."},
     .default_value = "7",
     .minimum = 1,
     .maximum = 60},
    {.key = "auto_push",
     .group = SETTING_GROUP_WRITE,
     .kind = SETTING_FLAG,
     .label = {"自動書き出し", "Automatic write-back"},
     .help = {"出荷した注文を自動でモールへ反映します。オフのときは「データ書出」から実行します。",
              "Tells the mall of shipped orders by itself. When off, run it from the write-out "
              "screen."},
     .default_value = "true"},
};

const struct mall_setting *shop_common_settings(size_t *count)
{
    *count = sizeof common_settings / sizeof common_settings[0];
    return common_settings;
}

const struct mall_setting *shop_setting_declared(const struct mall *mall, struct str key)
{
    for (size_t i = 0; i < mall->setting_count; i++) {
        if (str_eq(key, str_from(mall->settings[i].key)))
            return &mall->settings[i];
    }
    for (size_t i = 0; i < sizeof common_settings / sizeof common_settings[0]; i++) {
        if (str_eq(key, str_from(common_settings[i].key)))
            return &common_settings[i];
    }
    return NULL;
}

static bool is_secret(const struct mall_setting *s)
{
    return s->kind == SETTING_SECRET || s->kind == SETTING_PEM;
}

static struct str seal_context(struct arena *arena, row_id org_id, row_id shop_id, struct str key)
{
    return arena_printf(arena, "credential:%lld:%lld:%.*s", (long long)org_id, (long long)shop_id,
                        STR_ARG(key));
}

static struct str last_four(struct arena *arena, const struct mall_setting *setting,
                            struct str value)
{
    // Four characters of a short secret would give too much of it away.
    if (setting->kind == SETTING_PEM || value.n < 12)
        return STR("");
    size_t from = value.n - 4;
    while (from > 0 && ((unsigned char)value.p[from] & 0xC0) == 0x80)
        from--;
    return str_dup(arena, str_slice(value, from, value.n));
}

bool setting_history_add(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                         struct str key, struct str before, struct str after, struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "INSERT INTO setting_history (org_id, id, shop_id, key, at, "
                                   "actor_kind, actor_id, actor_name, before_value, after_value) "
                                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, id_next(context->ids, context->now));
    db_bind_id(s, 3, shop_id);
    db_bind_text(s, 4, key);
    db_bind_int(s, 5, context->now);
    db_bind_int(s, 6, context->actor.kind);
    db_bind_id(s, 7, context->actor.id);
    db_bind_text(s, 8, context->actor.name.p ? context->actor.name : STR(""));
    db_bind_text(s, 9, before);
    db_bind_text(s, 10, after);
    return db_run(s, error);
}

static bool store_secret(struct db_conn *conn, const struct order_context *context,
                         const struct crypto_key *key, row_id shop_id,
                         const struct mall_setting *setting, struct str value, struct error *error)
{
    if (!key)
        return error_set(error, ERROR_FORBIDDEN, "credential.no_key",
                         "このノードには資格情報を暗号化する鍵がありません。",
                         "this node has no key to seal credentials with");
    AUTO_ARENA arena = arena_new(1u << 18);
    AUTO_BUF sealed = buf_make(SECRET_BYTES_MAX);
    if (!arena)
        return error_no_memory(error);
    struct str name = str_from(setting->key);
    if (!crypto_seal(key, seal_context(arena, context->org_id, shop_id, name), value, &sealed,
                     error))
        return false;
    struct db_stmt *s = db_prepare(
        conn,
        "INSERT INTO credential (org_id, shop_id, kind, sealed, last_four, version, granted_at, "
        "expires_at, expiry_known_by, last_ok_at, last_error_at, last_error) VALUES ($1, $2, $3, "
        "$4, "
        "$5, 1, $6, NULL, '', NULL, NULL, NULL) ON CONFLICT (org_id, shop_id, kind) DO UPDATE SET "
        "sealed = excluded.sealed, last_four = excluded.last_four, version = credential.version + "
        "1, "
        "granted_at = excluded.granted_at, expires_at = NULL, expiry_known_by = '', last_error_at "
        "= "
        "NULL, last_error = NULL",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_text(s, 3, name);
    db_bind_blob(s, 4, buf_str(&sealed));
    db_bind_text(s, 5, last_four(arena, setting, value));
    db_bind_int(s, 6, context->now);
    return db_run(s, error) &&
           setting_history_add(conn, context, shop_id, name, STR_ABSENT, STR("(changed)"), error);
}

static bool plain_value(struct db_conn *conn, row_id org_id, row_id shop_id, struct str key,
                        struct arena *arena, struct str *value, struct error *error)
{
    *value = STR_ABSENT;
    struct db_stmt *s = db_prepare(
        conn, "SELECT value FROM shop_setting WHERE org_id = $1 AND shop_id = $2 AND key = $3",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_text(s, 3, key);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        *value = str_dup(arena, db_text(s, 0));
        db_reset(s);
    }
    return step != DB_STEP_ERROR;
}

static bool store_plain(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                        struct str key, struct str value, struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 20);
    struct str before;
    if (!arena)
        return error_no_memory(error);
    if (!plain_value(conn, context->org_id, shop_id, key, arena, &before, error))
        return false;
    if (before.p && str_eq(before, value))
        return true;
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO shop_setting (org_id, shop_id, key, value, updated_at) "
                   "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (org_id, shop_id, key) DO "
                   "UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_text(s, 3, key);
    db_bind_text(s, 4, value);
    db_bind_int(s, 5, context->now);
    return db_run(s, error) &&
           setting_history_add(conn, context, shop_id, key, before, value, error);
}

static bool store_value(struct db_conn *conn, const struct order_context *context,
                        const struct crypto_key *key, row_id shop_id, const struct mall *mall,
                        const struct setting_value *value, struct error *error)
{
    const struct mall_setting *setting = shop_setting_declared(mall, value->key);
    if (!setting) {
        error_set(error, ERROR_BAD_INPUT, "setting.unknown", "設定項目「%.*s」はありません。",
                  "there is no setting \"%.*s\"", STR_ARG(value->key));
        return error_hint(error, "juchu shop settings <モール> で項目を確認してください。",
                          "List them with: juchu shop settings MALL");
    }
    AUTO_ARENA arena = arena_new(1u << 18);
    struct str normalised;
    if (!arena)
        return error_no_memory(error);
    if (!setting_check(arena, setting, value->value, &normalised, error))
        return false;
    if (is_secret(setting))
        return store_secret(conn, context, key, shop_id, setting, normalised, error);
    return store_plain(conn, context, shop_id, value->key, normalised, error);
}

static bool insert_shop(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                        const struct mall *mall, struct str name, struct str base_url,
                        struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "INSERT INTO shop (org_id, id, mall, name, base_url, enabled, connected_at, created_at, "
        "position) VALUES ($1, $2, $3, $4, $5, 1, $6, $6, (SELECT COUNT(*) FROM shop WHERE org_id "
        "= $1))",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_text(s, 3, str_from(mall->id));
    db_bind_text(s, 4, name);
    db_bind_text(s, 5, base_url);
    db_bind_int(s, 6, context->now);
    if (!db_run(s, error)) {
        if (!db_is_unique_violation(error))
            return false;
        error_set(error, ERROR_BAD_INPUT, "shop.name_taken",
                  "ショップ名「%.*s」はすでに使われています。",
                  "a shop named \"%.*s\" exists already", STR_ARG(name));
        return error_hint(error, "別の名前を付けてください。", "Choose another name.");
    }
    s = db_prepare(
        conn,
        "INSERT INTO shop_state (org_id, shop_id, next_fetch_at, next_reread_at, "
        "next_refresh_at, reread_cursor, last_success_at, last_run_at, last_error_json, "
        "failures, blocked_until, blocked_reason, pace_json) VALUES ($1, $2, $3, $4, $3, 0, "
        "NULL, NULL, NULL, 0, NULL, '', '{}')",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_int(s, 3, context->now);
    db_bind_int(s, 4, context->now + 15 * 60000);
    return db_run(s, error);
}

bool shop_complete(struct db_conn *conn, row_id org_id, row_id shop_id,
                   const struct crypto_key *key, struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 20);
    struct shop shop;
    struct mall_account account;
    if (!arena)
        return error_no_memory(error);
    if (!shop_read(conn, org_id, shop_id, arena, &shop, error) ||
        !shop_account(conn, org_id, &shop, key, arena, &account, error))
        return false;
    for (size_t i = 0; i < shop.mall->setting_count; i++) {
        const struct mall_setting *s = &shop.mall->settings[i];
        if (!s->required || (!key && is_secret(s)) ||
            !str_is_empty(account_setting(&account, s->key)))
            continue;
        error_set(error, ERROR_BAD_INPUT, "setting.required",
                  "「%1$s」(%2$s) を入力してください。%3$.0s", "%1$.0s\"%3$s\" (%2$s) is required",
                  s->label.ja, s->key, s->label.en);
        return error_hint(error, s->help.ja ? s->help.ja : "", s->help.en ? s->help.en : "");
    }
    return !key || !shop.mall->validate || shop.mall->validate(&account, error);
}

static bool run_at(struct db_conn *conn, const char *sql, const struct order_context *context,
                   row_id shop_id, struct error *error)
{
    struct db_stmt *s = db_prepare(conn, sql, error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_int(s, 3, context->now);
    return db_run(s, error);
}

#define SWITCHED_OFF(key)                                                                      \
    "EXISTS (SELECT 1 FROM shop_setting x WHERE x.org_id = $1 AND x.shop_id = $2 AND x.key = " \
    "'" key "' AND x.value = 'false')"

// The next automatic fetch is now, or never while the shop doesn't want any.
static bool schedule_fetch(struct db_conn *conn, const struct order_context *context,
                           row_id shop_id, struct error *error)
{
    return run_at(conn,
                  "UPDATE shop_state SET next_fetch_at = CASE WHEN " SWITCHED_OFF(
                      "auto_fetch") " THEN 9223372036854775807 ELSE $3::bigint END WHERE org_id = "
                                    "$1 AND shop_id = $2",
                  context, shop_id, error);
}

// What waited for a person only because the shop wrote nothing back by itself goes on.
static bool schedule_push(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                          struct error *error)
{
    return run_at(conn,
                  "UPDATE writeback SET next_at = $3 WHERE org_id = $1 AND shop_id = $2 AND owed = "
                  "1 AND state = 0 AND reason = 'setting.auto_push_off' AND "
                  "NOT " SWITCHED_OFF("auto_push"),
                  context, shop_id, error);
}

static bool create(struct db_conn *conn, const struct order_context *context,
                   const struct crypto_key *key, const struct mall *mall, struct str name,
                   struct str base_url, const struct setting_value *values, size_t count,
                   row_id *shop_id, struct error *error)
{
    name = str_trim(name);
    if (name.n == 0 || name.n > 200 || !str_is_utf8(name))
        return error_set(error, ERROR_BAD_INPUT, "shop.name",
                         "ショップ名を1〜200バイトで入力してください。",
                         "give the shop a name of 1 to 200 bytes");
    struct str url = base_url.n > 0 ? base_url : str_from(mall->default_base_url);
    while (str_ends(url, STR("/")))
        url.n--;
    if (!str_starts(url, STR("https://")) && !str_starts(url, STR("http://"))) {
        error_set(error, ERROR_BAD_INPUT, "shop.base_url",
                  "接続先URLは https:// で始めてください。",
                  "the base URL must begin with https://");
        return error_hint(error, "通常は指定しません(モールの本番環境につながります)。",
                          "Usually it is left out: the mall's own address is then used.");
    }
    *shop_id = id_next(context->ids, context->now);
    if (!insert_shop(conn, context, *shop_id, mall, name, url, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!store_value(conn, context, key, *shop_id, mall, &values[i], error))
            return false;
    }
    return schedule_fetch(conn, context, *shop_id, error);
}

bool shop_create(struct db_conn *conn, const struct order_context *context,
                 const struct crypto_key *key, const struct mall *mall, struct str name,
                 struct str base_url, const struct setting_value *values, size_t count,
                 row_id *shop_id, struct error *error)
{
    return create(conn, context, key, mall, name, base_url, values, count, shop_id, error) &&
           shop_complete(conn, context->org_id, *shop_id, key, error);
}

bool shop_create_disabled(struct db_conn *conn, const struct order_context *context,
                          const struct crypto_key *key, const struct mall *mall, struct str name,
                          const struct setting_value *values, size_t count, row_id *shop_id,
                          struct error *error)
{
    return create(conn, context, key, mall, name, STR(""), values, count, shop_id, error) &&
           shop_enable(conn, context, *shop_id, false, error);
}

// The shop has a new key, or is asked to try again: no block stands any more, and what waited for
// the key goes on.
static bool unblock(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                    struct error *error)
{
    return run_at(conn,
                  "UPDATE shop_state SET blocked_until = NULL, blocked_reason = '', failures = 0, "
                  "next_refresh_at = $3 WHERE org_id = $1 AND shop_id = $2",
                  context, shop_id, error) &&
           schedule_fetch(conn, context, shop_id, error) &&
           run_at(conn,
                  "UPDATE writeback SET next_at = $3 WHERE org_id = $1 AND shop_id = $2 AND owed = "
                  "1 AND state = 1 AND next_at > $3 AND next_at < 9000000000000",
                  context, shop_id, error);
}

// A wider filter brings what it left out so far: those listings are to be read with the next run.
static bool want_listings(struct db_conn *conn, const struct order_context *context,
                          const struct shop *shop, struct arena *arena, int64_t *wanted,
                          struct error *error)
{
    struct mall_account account;
    if (!shop_account(conn, context->org_id, shop, NULL, arena, &account, error))
        return false;
    for (size_t i = 0; i < shop->mall->status_count; i++) {
        struct str choice = str_from(shop->mall->statuses[i].value);
        if (!filter_takes(shop->mall, &account, choice))
            continue;
        struct db_stmt *s =
            db_prepare(conn,
                       "UPDATE listing SET decision = 'wanted', reason = '', changed_at = $4 "
                       "WHERE org_id = $1 AND shop_id = $2 AND status_choice = $3 AND "
                       "decision = 'skipped' AND decision <> 'imported' AND reason = "
                       "'filter.status'",
                       error);
        if (!s)
            return false;
        db_bind_id(s, 1, context->org_id);
        db_bind_id(s, 2, shop->id);
        db_bind_text(s, 3, choice);
        db_bind_int(s, 4, context->now);
        if (!db_run(s, error))
            return false;
        *wanted += db_changes(s);
    }
    return true;
}

bool shop_set(struct db_conn *conn, const struct order_context *context,
              const struct crypto_key *key, row_id shop_id, const struct setting_value *values,
              size_t count, int64_t *wanted, struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 20);
    struct shop shop;
    *wanted = 0;
    if (!arena)
        return error_no_memory(error);
    if (!shop_read(conn, context->org_id, shop_id, arena, &shop, error))
        return false;
    bool credential = false, fetching = false;
    for (size_t i = 0; i < count; i++) {
        if (!store_value(conn, context, key, shop_id, shop.mall, &values[i], error))
            return false;
        const struct mall_setting *setting = shop_setting_declared(shop.mall, values[i].key);
        credential = credential || is_secret(setting) || setting->credential;
        fetching = fetching || strcmp(setting->key, "auto_fetch") == 0 ||
                   strcmp(setting->key, "fetch_interval_minutes") == 0;
    }
    if (!want_listings(conn, context, &shop, arena, wanted, error))
        return false;
    // Without a key of its own (web role) the whole can't be judged; the worker does it at its next
    // use.
    if (key && shop.enabled && !shop_complete(conn, context->org_id, shop_id, key, error))
        return false;
    return (!fetching || schedule_fetch(conn, context, shop_id, error)) &&
           schedule_push(conn, context, shop_id, error) &&
           (!credential || unblock(conn, context, shop_id, error));
}

bool shop_enable(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                 bool enabled, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn, "UPDATE shop SET enabled = $3 WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_int(s, 3, enabled);
    if (!db_run(s, error))
        return false;
    if (db_changes(s) == 0)
        return error_set(error, ERROR_NOT_FOUND, "shop.not_found", "ショップがありません。",
                         "no such shop");
    return setting_history_add(conn, context, shop_id, STR("enabled"), STR_ABSENT,
                               enabled ? STR("true") : STR("false"), error) &&
           (!enabled || unblock(conn, context, shop_id, error));
}

bool shop_rename(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                 struct str name, struct error *error)
{
    name = str_trim(name);
    if (name.n == 0 || name.n > 200 || !str_is_utf8(name))
        return error_set(error, ERROR_BAD_INPUT, "shop.name",
                         "ショップ名を200バイト以内で入力してください。",
                         "give the shop a name of at most 200 bytes");
    struct db_stmt *s =
        db_prepare(conn, "UPDATE shop SET name = $3 WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_text(s, 3, name);
    if (!db_run(s, error)) {
        if (db_is_unique_violation(error))
            error_set(error, ERROR_BAD_INPUT, "shop.name_taken",
                      "ショップ名「%.*s」はすでに使われています。",
                      "a shop named \"%.*s\" exists already", STR_ARG(name));
        return false;
    }
    if (db_changes(s) == 0)
        return error_set(error, ERROR_NOT_FOUND, "shop.not_found", "ショップがありません。",
                         "no such shop");
    return setting_history_add(conn, context, shop_id, STR("name"), STR_ABSENT, name, error);
}

#define SHOP_COLUMNS "id, mall, name, base_url, enabled, connected_at, position"

static bool shop_of_row(struct db_stmt *s, struct arena *arena, struct shop *shop,
                        struct error *error)
{
    struct str mall = db_text(s, 1);
    *shop = (struct shop){
        .id = db_int(s, 0),
        .mall = mall_by_id(mall),
        .name = str_dup(arena, db_text(s, 2)),
        .base_url = str_dup(arena, db_text(s, 3)),
        .enabled = db_int(s, 4) != 0,
        .connected_at = db_time(s, 5),
        .position = (int)db_int(s, 6),
    };
    if (!shop->mall)
        return error_set(error, ERROR_INTERNAL, "shop.mall_unknown",
                         "モール「%.*s」に対応していません。",
                         "this version knows no mall \"%.*s\"", STR_ARG(mall));
    return arena_failed(arena) ? error_no_memory(error) : true;
}

bool shop_list(struct db_conn *conn, row_id org_id, struct arena *arena, struct shop **list,
               size_t *count, struct error *error)
{
    *count = 0;
    *list = NULL;
    struct db_stmt *s = db_prepare(conn, "SELECT COUNT(*) FROM shop WHERE org_id = $1", error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    if (db_step(s, error) != DB_STEP_ROW)
        return false;
    int64_t total = db_int(s, 0);
    db_reset(s);
    total = total > SHOPS_MAX ? SHOPS_MAX : total;
    if (!(*list = ARENA_ARRAY(arena, struct shop, (size_t)total)))
        return error_no_memory(error);
    s = db_prepare(
        conn, "SELECT " SHOP_COLUMNS " FROM shop WHERE org_id = $1 ORDER BY position, id LIMIT $2",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_int(s, 2, total);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        if (!shop_of_row(s, arena, &(*list)[*count], error)) {
            db_reset(s);
            return false;
        }
        (*count)++;
    }
    return step != DB_STEP_ERROR;
}

bool shop_read(struct db_conn *conn, row_id org_id, row_id shop_id, struct arena *arena,
               struct shop *shop, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn, "SELECT " SHOP_COLUMNS " FROM shop WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_NOT_FOUND, "shop.not_found", "ショップがありません。",
                         "no such shop");
    if (step == DB_STEP_ERROR)
        return false;
    bool ok = shop_of_row(s, arena, shop, error);
    db_reset(s);
    return ok;
}

bool shop_find(struct db_conn *conn, row_id org_id, struct str name_or_id, struct arena *arena,
               struct shop *shop, struct error *error)
{
    struct shop *list;
    size_t count;
    row_id id = 0;
    if (!shop_list(conn, org_id, arena, &list, &count, error))
        return false;
    bool is_id = id_parse(name_or_id, &id);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].name, name_or_id) || (is_id && list[i].id == id)) {
            *shop = list[i];
            return true;
        }
    }
    AUTO_BUF names = buf_make(240);
    for (size_t i = 0; i < count && !names.failed; i++)
        buf_addf(&names, "%s%.*s", i ? ", " : "", STR_ARG(list[i].name));
    struct str known = names.failed || count == 0 ? STR("-") : buf_str(&names);
    error_set(error, ERROR_NOT_FOUND, "shop.not_found",
              "ショップ「%.*s」がありません。登録済み: %.*s", "no shop \"%.*s\"; there are: %.*s",
              STR_ARG(name_or_id), STR_ARG(known));
    return error_hint(error, "juchu shop list で確認してください。", "See: juchu shop list");
}

static bool plain_values(struct db_conn *conn, row_id org_id, row_id shop_id, struct arena *arena,
                         struct setting_value *values, size_t *count, struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT key, value FROM shop_setting WHERE org_id = $1 AND "
                                   "shop_id = $2 ORDER BY key LIMIT 64",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW && *count < SETTINGS_MAX; step = db_step(s, error))
        values[(*count)++] =
            (struct setting_value){str_dup(arena, db_text(s, 0)), str_dup(arena, db_text(s, 1))};
    if (step == DB_STEP_ROW)
        db_reset(s);
    return step != DB_STEP_ERROR;
}

bool shop_settings(struct db_conn *conn, row_id org_id, const struct shop *shop,
                   struct arena *arena, struct setting_value **values, size_t *count,
                   struct error *error)
{
    *count = 0;
    if (!(*values = ARENA_ARRAY(arena, struct setting_value, SETTINGS_MAX)))
        return error_no_memory(error);
    if (!plain_values(conn, org_id, shop->id, arena, *values, count, error))
        return false;
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT kind, last_four FROM credential WHERE org_id = $1 AND "
                                   "shop_id = $2 ORDER BY kind LIMIT 64",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop->id);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW && *count < SETTINGS_MAX; step = db_step(s, error))
        (*values)[(*count)++] = (struct setting_value){
            str_dup(arena, db_text(s, 0)), arena_printf(arena, "••••%.*s", STR_ARG(db_text(s, 1)))};
    if (step == DB_STEP_ROW)
        db_reset(s);
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

static void wipe_value(void *argument)
{
    struct str *value = argument;
    // The arena's copy of a secret; str is const for readers, the bytes are the arena's own.
    crypto_wipe((void *)(uintptr_t)value->p, value->n);
}

static bool secret_values(struct db_conn *conn, row_id org_id, row_id shop_id,
                          const struct crypto_key *key, struct arena *arena,
                          struct setting_value *values, size_t *count, struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT kind, sealed FROM credential WHERE org_id = $1 AND "
                                   "shop_id = $2 ORDER BY kind LIMIT 64",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    AUTO_BUF plain = buf_make(SECRET_BYTES_MAX);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW && *count < SETTINGS_MAX; step = db_step(s, error)) {
        struct str name = str_dup(arena, db_text(s, 0));
        buf_reset(&plain);
        if (!crypto_open(key, seal_context(arena, org_id, shop_id, name), db_blob(s, 1), &plain,
                         error)) {
            db_reset(s);
            return false;
        }
        struct str *kept = ARENA_NEW(arena, struct str);
        if (!kept || !arena_defer(arena, wipe_value, kept)) {
            db_reset(s);
            return error_no_memory(error);
        }
        *kept = str_dup(arena, buf_str(&plain));
        values[(*count)++] = (struct setting_value){name, *kept};
        crypto_wipe(plain.p, plain.n);
    }
    if (step == DB_STEP_ROW)
        db_reset(s);
    return step != DB_STEP_ERROR;
}

bool shop_account(struct db_conn *conn, row_id org_id, const struct shop *shop,
                  const struct crypto_key *key, struct arena *arena, struct mall_account *account,
                  struct error *error)
{
    // Declared defaults of the common settings come last: the first of a key counts.
    struct setting_value *values = ARENA_ARRAY(arena, struct setting_value, SETTINGS_MAX + 8);
    size_t count = 0;
    if (!values)
        return error_no_memory(error);
    if (!plain_values(conn, org_id, shop->id, arena, values, &count, error))
        return false;
    if (key && !secret_values(conn, org_id, shop->id, key, arena, values, &count, error))
        return false;
    for (size_t i = 0; i < sizeof common_settings / sizeof common_settings[0]; i++)
        values[count++] = (struct setting_value){str_from(common_settings[i].key),
                                                 str_from(common_settings[i].default_value)};
    struct mapping_value *mappings;
    size_t mapping_count;
    if (!mappings_load(conn, org_id, shop->mall, arena, &mappings, &mapping_count, error))
        return false;
    *account = (struct mall_account){.mall = shop->mall,
                                     .shop_id = shop->id,
                                     .base_url = shop->base_url,
                                     .values = values,
                                     .value_count = count,
                                     .mappings = mappings,
                                     .mapping_count = mapping_count};
    return arena_failed(arena) ? error_no_memory(error) : true;
}

static bool store_expiry(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                         const struct mall *mall, const char *credential_kind, time_ms expires_at,
                         const char *known_by, struct error *error)
{
    for (size_t i = 0; i < mall->setting_count; i++) {
        const struct mall_setting *setting = &mall->settings[i];
        bool holds = setting->credential && strcmp(setting->credential, credential_kind) == 0 &&
                     is_secret(setting);
        if (!holds && strcmp(setting->key, credential_kind) != 0)
            continue;
        struct db_stmt *s =
            db_prepare(conn,
                       "UPDATE credential SET expires_at = $4, expiry_known_by = $5, "
                       "last_ok_at = $6 WHERE org_id = $1 AND shop_id = $2 AND kind = $3",
                       error);
        if (!s)
            return false;
        db_bind_id(s, 1, context->org_id);
        db_bind_id(s, 2, shop_id);
        db_bind_text(s, 3, str_from(setting->key));
        if (expires_at == TIME_NONE)
            db_bind_null(s, 4);
        else
            db_bind_int(s, 4, expires_at);
        db_bind_text(s, 5, str_from(known_by ? known_by : ""));
        db_bind_int(s, 6, context->now);
        if (!db_run(s, error))
            return false;
    }
    return true;
}

bool shop_learned(struct db_conn *conn, const struct order_context *context,
                  const struct crypto_key *key, const struct shop *shop, const char *setting_key,
                  struct str value, const char *credential_kind, time_ms expires_at,
                  const char *known_by, struct error *error)
{
    if (setting_key && value.p) {
        struct setting_value v = {str_from(setting_key), value};
        if (!store_value(conn, context, key, shop->id, shop->mall, &v, error))
            return false;
    }
    return !credential_kind || store_expiry(conn, context, shop->id, shop->mall, credential_kind,
                                            expires_at, known_by, error);
}

bool credentials_fit_key(struct db_conn *conn, const struct crypto_key *key, struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 18);
    AUTO_BUF plain = buf_make(SECRET_BYTES_MAX);
    if (!arena)
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT org_id, shop_id, kind, sealed FROM credential ORDER BY "
                                   "org_id, shop_id, kind LIMIT 1",
                                   error);
    if (!s)
        return false;
    enum db_step step = db_step(s, error);
    if (step != DB_STEP_ROW)
        return step == DB_STEP_DONE;
    struct str context = seal_context(arena, db_int(s, 0), db_int(s, 1), db_text(s, 2));
    bool fits = crypto_open(key, context, db_blob(s, 3), &plain, error);
    crypto_wipe(plain.p, plain.n);
    db_reset(s);
    if (fits || error->class == ERROR_NO_MEMORY)
        return fits;
    error_set(error, ERROR_AUTH_INVALID, "credential.wrong_key",
              "この鍵ファイルでは、保存されている認証情報を開けません。",
              "the stored credentials were sealed with another key file");
    return error_hint(
        error,
        "保存したときの鍵ファイル(master.key)の控えを戻すか、--key-file "
        "で指定してください。",
        "Put back the copy of the key file (master.key), or name it with --key-file.");
}

bool credentials_list(struct db_conn *conn, row_id org_id, row_id shop_id, struct arena *arena,
                      struct credential_state **list, size_t *count, struct error *error)
{
    enum { LIMIT = 4096 };
    *count = 0;
    if (!(*list = ARENA_ARRAY(arena, struct credential_state, LIMIT)))
        return error_no_memory(error);
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT shop_id, kind, last_four, expiry_known_by, last_error, granted_at, "
                   "expires_at, last_ok_at, last_error_at FROM credential WHERE org_id = $1 "
                   "AND ($2::bigint = 0 OR shop_id = $2) ORDER BY CASE WHEN expires_at IS NULL "
                   "THEN 1 ELSE 0 END, expires_at, shop_id, kind LIMIT 4096",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_int(s, 2, shop_id);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        (*list)[(*count)++] = (struct credential_state){
            .shop_id = db_int(s, 0),
            .kind = str_dup(arena, db_text(s, 1)),
            .last_four = str_dup(arena, db_text(s, 2)),
            .known_by = str_dup(arena, db_text(s, 3)),
            .last_error_code = str_dup(arena, db_text(s, 4)),
            .granted_at = db_time(s, 5),
            .expires_at = db_time(s, 6),
            .last_ok_at = db_time(s, 7),
            .last_error_at = db_time(s, 8),
        };
    }
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}
