// SPDX-License-Identifier: Apache-2.0
//
// What another 取得ステータス or 取得方法 would take or leave out, told from the listings of the
// last days: every number that the mall showed is there, also those that were never imported. Reads
// only.
#include "sync/fetch_store.h"
#include "sync/settings.h"

#define DAY_MS INT64_C(86400000)

// The shop's account with the new values before the stored ones: the first of a key counts.
static bool account_then(const struct mall_account *now, const struct setting_value *values,
                         size_t count, struct arena *arena, struct mall_account *then,
                         struct error *error)
{
    struct setting_value *all = ARENA_ARRAY(arena, struct setting_value, count + now->value_count);
    if (!all)
        return error_no_memory(error);
    *then = *now;
    then->values = all;
    then->value_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mall_setting *setting = shop_setting_declared(now->mall, values[i].key);
        struct str normalised;
        if (!setting)
            return error_set(error, ERROR_BAD_INPUT, "setting.unknown",
                             "設定項目「%.*s」はありません。", "there is no setting \"%.*s\"",
                             STR_ARG(values[i].key));
        if (!setting_check(arena, setting, values[i].value, &normalised, error))
            return false;
        all[then->value_count++] = (struct setting_value){values[i].key, normalised};
    }
    for (size_t i = 0; i < now->value_count; i++)
        all[then->value_count++] = now->values[i];
    return true;
}

struct taking {
    struct str choice;
    bool before, after;
};

static bool look_at(struct db_stmt *s, const struct taking *takings, size_t count,
                    const struct shop *shop, struct arena *arena, struct what_if *result)
{
    const struct taking *t = NULL;
    for (size_t i = 0; i < count && !t; i++)
        if (str_eq(takings[i].choice, db_text(s, 2)))
            t = &takings[i];
    bool imported = !db_is_null(s, 3);
    // What is imported already stays, whatever the filter; what was skipped for another reason too.
    if (!t || t->before == t->after || (t->after && imported) ||
        (t->after && !str_eq(db_text(s, 4), STR("filter.status"))))
        return false;
    if (result->count++ < WHAT_IF_ITEMS)
        result->items[result->item_count++] =
            (struct what_if_item){.order_id = db_int(s, 3),
                                  .shop_id = shop->id,
                                  .order_no = str_dup(arena, db_text(s, 0)),
                                  .ordered_at = db_time(s, 1),
                                  .before = t->before ? STR("taken") : STR("skipped"),
                                  .after = t->after ? STR("taken") : STR("skipped")};
    return true;
}

static void count_choice(struct str choice, struct arena *arena, struct status_count_30 *counts,
                         size_t *count, size_t capacity)
{
    for (size_t i = 0; i < *count; i++) {
        if (str_eq(counts[i].choice, choice)) {
            counts[i].count++;
            return;
        }
    }
    if (*count < capacity)
        counts[(*count)++] = (struct status_count_30){str_dup(arena, choice), 1};
}

static bool read_listings(struct db_conn *conn, row_id org_id, const struct shop *shop,
                          const struct taking *takings, size_t taking_count, time_ms now,
                          struct arena *arena, struct what_if *result,
                          struct status_count_30 *counts, size_t *count_count, size_t capacity,
                          struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT order_no, ordered_at, status_choice, order_id, reason FROM listing WHERE org_id = "
        "$1 AND shop_id = $2 AND COALESCE(ordered_at, first_seen_at) >= $3 ORDER BY "
        "COALESCE(ordered_at, first_seen_at) DESC, order_no LIMIT 50001",
        error);
    int64_t rows = 0;
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop->id);
    db_bind_int(s, 3, now - WHAT_IF_DAYS * DAY_MS);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        result->capped = ++rows > WHAT_IF_ORDERS_MAX;
        count_choice(db_text(s, 2), arena, counts, count_count, capacity);
        look_at(s, takings, taking_count, shop, arena, result);
    }
    return step != DB_STEP_ERROR;
}

bool shop_filter_what_if(struct db_conn *conn, row_id org_id, const struct shop *shop,
                         const struct setting_value *values, size_t value_count, time_ms now,
                         struct arena *arena, struct what_if *result,
                         struct status_count_30 **counts, size_t *count_count, struct error *error)
{
    struct mall_account account, then;
    size_t n = shop->mall->status_count;
    *result = (struct what_if){0};
    *count_count = 0;
    struct taking *takings = ARENA_ARRAY(arena, struct taking, n);
    *counts = ARENA_ARRAY(arena, struct status_count_30, n + 8);
    if (!takings || !*counts)
        return error_no_memory(error);
    if (!shop_account(conn, org_id, shop, NULL, arena, &account, error) ||
        !account_then(&account, values, value_count, arena, &then, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct str choice = str_from(shop->mall->statuses[i].value);
        takings[i] = (struct taking){choice, filter_takes(shop->mall, &account, choice),
                                     filter_takes(shop->mall, &then, choice)};
    }
    if (!read_listings(conn, org_id, shop, takings, n, now, arena, result, *counts, count_count,
                       n + 8, error))
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}
