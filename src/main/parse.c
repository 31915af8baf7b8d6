// SPDX-License-Identifier: Apache-2.0
//
// Words of the command line that name a time or a work status.
#include "main/order_json.h"
#include "text/fold.h"

bool parse_day(const struct app *app, const char *text, day *d, struct error *error)
{
    struct str s = str_trim(str_from(text));
    if (str_starts(s, STR("today"))) {
        int64_t days = 0;
        struct str rest = str_slice(s, 5, s.n);
        if (rest.n == 0 || (str_to_int64(rest, &days) && days > -4000 && days < 4000)) {
            *d = day_add(day_in_jst(clock_now(&app->clock)), (int)days);
            return true;
        }
    }
    if (day_parse(s, d))
        return true;
    error_set(error, ERROR_BAD_INPUT, "usage.date", "日付「%s」を読み取れません。",
              "can't read the date \"%s\"", text);
    return error_hint(error, "2026-11-23、20261123、today、today+1 の形で指定してください。",
                      "Write it as 2026-11-23, 20261123, today or today+1.");
}

bool parse_time(const struct app *app, const char *text, bool end, time_ms *t, struct error *error)
{
    if (strchr(text, 'T') && time_parse_iso(str_from(text), JST_OFFSET_MS, t))
        return true;
    day d;
    if (!parse_day(app, text, &d, error))
        return false;
    *t = day_start_jst(end ? day_add(d, 1) : d);
    return true;
}

bool find_work_status(struct app *app, struct db_conn *conn, const char *name,
                      struct work_status *status, struct error *error)
{
    struct work_status *list;
    size_t count;
    row_id id = 0;
    if (!work_statuses(conn, app->org_id, app->arena, &list, &count, error))
        return false;
    (void)id_parse(str_from(name), &id);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].name, str_from(name)) ||
            str_eq_nocase(list[i].name_en, str_from(name)) || (id && list[i].id == id) ||
            strcmp(status_role_name(list[i].role), name) == 0) {
            *status = list[i];
            return true;
        }
    }
    AUTO_BUF ja = buf_make(300);
    AUTO_BUF en = buf_make(300);
    for (size_t i = 0; i < count; i++) {
        buf_addf(&ja, "%s%.*s", i ? "、" : "", STR_ARG(list[i].name));
        buf_addf(&en, "%s%.*s", i ? ", " : "",
                 STR_ARG(list[i].name_en.n ? list[i].name_en : list[i].name));
    }
    error_set(error, ERROR_NOT_FOUND, "status.not_found", "ステータス「%s」がありません。",
              "no status \"%s\"", name);
    const char *hint_ja = str_cstr(app->arena, buf_str(&ja));
    const char *hint_en = str_cstr(app->arena, buf_str(&en));
    if (ja.failed || en.failed || !hint_ja || !hint_en)
        return error_hint(error, "juchu status list で確認してください。",
                          "See: juchu status list");
    return error_hint(error, hint_ja, hint_en);
}
