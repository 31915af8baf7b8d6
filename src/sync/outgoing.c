// SPDX-License-Identifier: Apache-2.0
//
// The addresses that malls see when this installation calls them: au PAY and others let in only
// registered ones. What the owner entered counts; else this machine's own address, when it is one
// that the outside can see. Behind a router nothing is known, and nothing is guessed.
#include "net/address.h"
#include "sync/settings.h"

#define KEY "outgoing_addresses"

static bool stored(struct db_conn *conn, row_id org_id, struct arena *arena, struct str *value,
                   int64_t *version, struct error *error)
{
    *value = STR("");
    *version = 0;
    struct db_stmt *s = db_prepare(
        conn, "SELECT value, version FROM org_setting WHERE org_id = $1 AND key = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_text(s, 2, STR(KEY));
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        *value = str_dup(arena, db_text(s, 0));
        *version = db_int(s, 1);
        db_reset(s);
    }
    return step != DB_STEP_ERROR;
}

bool outgoing_addresses(struct db_conn *conn, row_id org_id, struct arena *arena,
                        struct outgoing_address **list, size_t *count, int64_t *version,
                        struct error *error)
{
    struct str value, one;
    *count = 0;
    if (!(*list = ARENA_ARRAY(arena, struct outgoing_address, OUTGOING_ADDRESSES_MAX)))
        return error_no_memory(error);
    if (!stored(conn, org_id, arena, &value, version, error))
        return false;
    while (*count < OUTGOING_ADDRESSES_MAX && str_split(&value, ',', &one))
        if (one.n > 0)
            (*list)[(*count)++] = (struct outgoing_address){one, "setting"};
    for (int v6 = 0; v6 < 2 && (*count == 0 || (*list)[0].known_by[0] == 'i'); v6++) {
        struct str own = address_of_route(arena, v6 == 1);
        if (own.p && address_is_public(own))
            (*list)[(*count)++] = (struct outgoing_address){own, "interface"};
    }
    return arena_failed(arena) ? error_no_memory(error) : true;
}

static bool join(struct arena *arena, const struct str *addresses, size_t count, struct str *value,
                 struct error *error)
{
    AUTO_BUF list = buf_make(2048);
    if (count > OUTGOING_ADDRESSES_MAX)
        return error_set(error, ERROR_BAD_INPUT, "setting.address",
                         "接続元アドレスは%d個までです。", "at most %d addresses",
                         OUTGOING_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct str one = address_normalise(arena, str_trim(addresses[i]));
        if (!one.p || !address_is_public(one)) {
            error_set(error, ERROR_BAD_INPUT, "setting.address",
                      "「%.*s」は外部から見えるIPアドレスではありません。",
                      "\"%.*s\" is no address that the outside sees",
                      STR_ARG(str_utf8_cut(addresses[i], 60)));
            return error_hint(
                error,
                "このサーバーがインターネットに出るときのIPアドレスを入力します(回線や"
                "クラウドの管理画面で確認できます)。",
                "Enter the address that this server has towards the internet.");
        }
        buf_addf(&list, "%s%.*s", i ? "," : "", STR_ARG(one));
    }
    *value = str_dup(arena, buf_str(&list));
    return list.failed ? error_no_memory(error) : true;
}

bool outgoing_addresses_set(struct db_conn *conn, const struct order_context *context,
                            const struct str *addresses, size_t count, int64_t version,
                            struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 16);
    struct str before, value;
    int64_t now;
    if (!arena)
        return error_no_memory(error);
    if (!join(arena, addresses, count, &value, error) ||
        !stored(conn, context->org_id, arena, &before, &now, error))
        return false;
    if (version >= 0 && version != now)
        return error_set(error, ERROR_CONFLICT, "setting.changed",
                         "ほかの人がこの設定を変更しています。",
                         "somebody has changed these settings meanwhile");
    if (str_eq(before, value))
        return true;
    struct db_stmt *s = db_prepare(
        conn,
        "INSERT INTO org_setting (org_id, key, value, version, updated_at) VALUES ($1, $2, $3, $4, "
        "$5) ON CONFLICT (org_id, key) DO UPDATE SET value = excluded.value, version = "
        "excluded.version, updated_at = excluded.updated_at",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_text(s, 2, STR(KEY));
    db_bind_text(s, 3, value.p ? value : STR(""));
    db_bind_int(s, 4, now + 1);
    db_bind_int(s, 5, context->now);
    return db_run(s, error) &&
           setting_history_add(conn, context, 0, STR(KEY), before, value, error);
}
