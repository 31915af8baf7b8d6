// SPDX-License-Identifier: Apache-2.0
//
// What a person saw of some settings, as one number, so that two people who change them at the same
// time don't undo each other's work unseen. It is a digest of the content: nothing to keep, and it
// can't be forgotten anywhere where settings are written. Database threads.
#include "sync/settings.h"

static const char *const queries[] = {
    [SETTINGS_LINKS] = "SELECT mall, CAST(work_status_id AS TEXT), CAST(enabled AS TEXT), target "
                       "FROM status_link WHERE org_id = $1 AND $2::bigint IS NULL ORDER BY mall, "
                       "work_status_id LIMIT 100000",
    [SETTINGS_STATUSES] = "SELECT CAST(id AS TEXT), name || '/' || name_en || '/' || color, "
                          "CAST(position AS TEXT) || '/' || CAST(archived AS TEXT), role FROM "
                          "work_status WHERE org_id = $1 AND $2::bigint IS NULL ORDER BY id LIMIT "
                          "100000",
    [SETTINGS_SHOP] =
        "SELECT name, CAST(enabled AS TEXT), base_url, '' FROM shop WHERE org_id = $1 "
        "AND id = $2 UNION ALL SELECT v.key, v.value, '', s.mall FROM shop_setting v "
        "JOIN shop s ON s.org_id = v.org_id AND s.id = v.shop_id WHERE v.org_id = $1 "
        "AND v.shop_id = $2 ORDER BY 1, 2 LIMIT 1000",
};

// What a connector learns by itself (the end of a token) is no change of a person.
static bool is_learned(struct db_stmt *s)
{
    const struct mall *mall = db_text(s, 3).n > 0 ? mall_by_id(db_text(s, 3)) : NULL;
    const struct mall_setting *setting = mall ? shop_setting_declared(mall, db_text(s, 0)) : NULL;
    return setting && setting->written_by_connector;
}

bool settings_revision(struct db_conn *conn, row_id org_id, enum settings_part part, row_id id,
                       int64_t *revision, struct error *error)
{
    AUTO_BUF text = buf_make(8u << 20);
    unsigned char digest[32];
    struct db_stmt *s = db_prepare(conn, queries[part], error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, id);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        for (int i = 0; i < 4 && !(part == SETTINGS_SHOP && is_learned(s)); i++) {
            struct str cell = db_text(s, i);
            buf_addf(&text, "%zu:%.*s", cell.n, STR_ARG(cell));
        }
    }
    if (step == DB_STEP_ERROR)
        return false;
    if (text.failed)
        return error_no_memory(error);
    crypto_digest(NULL, buf_str(&text), digest);
    uint64_t number = 0;
    for (size_t i = 0; i < 8; i++)
        number = number << 8 | digest[i];
    // Positive, and exact in a JSON number.
    *revision = (int64_t)(number >> 11) + 1;
    return true;
}

bool settings_unchanged(struct db_conn *conn, row_id org_id, enum settings_part part, row_id id,
                        int64_t seen, struct error *error)
{
    int64_t now;
    if (seen == 0)
        return true;
    if (!settings_revision(conn, org_id, part, id, &now, error))
        return false;
    if (now == seen)
        return true;
    error_set(error, ERROR_CONFLICT, "setting.changed", "ほかの人がこの設定を変更しています。",
              "somebody has changed these settings meanwhile");
    return error_hint(error, "最新の内容を読み込んでから、もう一度変更してください。",
                      "Load them again, then make your change.");
}
