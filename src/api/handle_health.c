// SPDX-License-Identifier: Apache-2.0
//
// Health of every shop at a glance: when it last worked, what it owes, what it did not take, which
// key ends next, and in words what a person should do.
#include "api/gaps.h"
#include "api/handlers.h"
#include "api/views.h"

#define SOON_DAYS 14
#define REASONS_MAX 6
#define STALE_FACTOR 3

struct reason {
    const char *code;
    struct str detail;
};

struct view {
    const struct shop *shop;
    const struct shop_health *h;
    const char *health;
    struct reason reasons[REASONS_MAX];
    size_t reason_count;
    int64_t interval, gap_minutes, today;
    time_ms gap_deadline;
    int rank;
};

static void worsen(struct view *v, int rank, const char *health)
{
    if (rank < v->rank) {
        v->rank = rank;
        v->health = health;
    }
}

static void add_reason(struct view *v, const char *code, struct str detail)
{
    if (v->reason_count < REASONS_MAX)
        v->reasons[v->reason_count++] = (struct reason){code, detail};
}

static int64_t interval_of(struct request *r, struct db_conn *conn, const struct shop *shop,
                           bool *automatic, struct error *error)
{
    struct setting_value *values;
    size_t count;
    int64_t interval = 15;
    *automatic = true;
    if (!shop_settings(conn, r->org_id, shop, r->arena, &values, &count, error))
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(values[i].key, STR("fetch_interval_minutes")))
            str_to_int64(values[i].value, &interval);
        if (str_eq(values[i].key, STR("auto_fetch")))
            *automatic = str_eq(values[i].value, STR("true"));
    }
    return interval;
}

static bool measure(struct request *r, struct db_conn *conn, struct view *v, bool *automatic,
                    struct error *error)
{
    struct open_gap *gaps;
    size_t count;
    if ((v->interval = interval_of(r, conn, v->shop, automatic, error)) < 0 ||
        !gaps_read(conn, r->org_id, v->shop, r->by.now, r->arena, &gaps, &count, error))
        return false;
    v->gap_deadline = TIME_NONE;
    for (size_t i = 0; i < count; i++) {
        v->gap_minutes += gap_minutes(&gaps[i]);
        if (gaps[i].deadline != TIME_NONE &&
            (v->gap_deadline == TIME_NONE || gaps[i].deadline < v->gap_deadline))
            v->gap_deadline = gaps[i].deadline;
    }
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT COUNT(*) FROM \"order\" WHERE org_id = $1 AND shop_id = $2 AND ordered_at >= $3",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, v->shop->id);
    db_bind_int(s, 3, day_start_jst(day_in_jst(r->by.now)));
    enum db_step step = db_step(s, error);
    v->today = step == DB_STEP_ROW ? db_int(s, 0) : 0;
    if (step == DB_STEP_ROW)
        db_reset(s);
    return step != DB_STEP_ERROR;
}

static void judge_credential(struct request *r, struct view *v)
{
    const struct credential_state *c = &v->h->next_credential;
    if (c->kind.n == 0 || c->expires_at == TIME_NONE)
        return;
    const struct mall_setting *s = shop_setting_declared(v->shop->mall, c->kind);
    int64_t days = day_difference(day_in_jst(c->expires_at), day_in_jst(r->by.now));
    const char *label = !s ? "" : r->english ? s->label.en : s->label.ja;
    if (!s || s->written_by_connector || days > SOON_DAYS)
        return;
    if (c->expires_at <= r->by.now) {
        worsen(v, 0, "down");
        add_reason(v, "credential_ended",
                   r->english
                       ? arena_printf(r->arena, "%s has ended. Enter a new one.", label)
                       : arena_printf(r->arena,
                                      "%sの有効期限が切れています。新しいものを登録してください。",
                                      label));
        return;
    }
    worsen(v, 1, "warn");
    add_reason(v, "credential_ends",
               r->english
                   ? arena_printf(r->arena, "%s ends in %lld days.", label, (long long)days)
                   : arena_printf(r->arena, "%sはあと%lld日で切れます。", label, (long long)days));
}

static void judge(struct request *r, struct view *v, bool automatic)
{
    const struct shop_health *h = v->h;
    v->rank = 2;
    v->health = "ok";
    if (!v->shop->enabled) {
        v->rank = 4;
        v->health = "off";
        return;
    }
    if (h->last_run_at == TIME_NONE && h->last_success_at == TIME_NONE) {
        v->rank = 3;
        v->health = "unknown";
    }
    bool blocked = h->blocked_until != TIME_NONE && h->blocked_until > r->by.now;
    bool stale = automatic && h->last_success_at != TIME_NONE &&
                 r->by.now - h->last_success_at > STALE_FACTOR * v->interval * 60000 + 600000;
    if (error_is_set(&h->last_error)) {
        bool down = blocked || stale || !error_is_transient(h->last_error.class);
        worsen(v, down ? 0 : 1, down ? "down" : "warn");
        add_reason(v, error_class_name(h->last_error.class),
                   arena_printf(r->arena, "%s %s", error_what(r, &h->last_error),
                                error_hint_text(r, &h->last_error)));
    } else if (blocked || stale) {
        worsen(v, 0, "down");
        add_reason(v, "no_success",
                   r->english ? STR("Nothing could be fetched for a while.")
                              : STR("しばらく取込に成功していません。"));
    }
    judge_credential(r, v);
    if (v->gap_minutes > 0) {
        worsen(v, 1, "warn");
        struct str length = gap_length_text(r->arena, v->gap_minutes, r->english);
        add_reason(v, "gap",
                   r->english
                       ? arena_printf(r->arena, "%.*s not fetched yet.", STR_ARG(length))
                       : arena_printf(r->arena, "未取得の期間が%.*sあります。", STR_ARG(length)));
    }
    if (h->quarantined > 0) {
        worsen(v, 1, "warn");
        add_reason(v, "quarantined",
                   r->english ? arena_printf(r->arena, "%lld orders could not be read.",
                                             (long long)h->quarantined)
                              : arena_printf(r->arena, "読み取れなかった注文が%lld件あります。",
                                             (long long)h->quarantined));
    }
    if (h->blocked > 0)
        worsen(v, 1, "warn");
}

static bool view_json(struct request *r, struct db_conn *conn, const struct view *v,
                      const struct order_names *names, struct error *error)
{
    struct json_writer *w = &r->w;
    const struct shop_health *h = v->h;
    struct fetch_run *runs;
    size_t run_count;
    if (!fetch_run_list(conn, r->org_id, v->shop->id, 0, 1, r->arena, &runs, &run_count, error))
        return false;
    json_begin_object(w);
    json_put_id(w, "shop_id", v->shop->id);
    json_put_str(w, "shop", v->shop->name);
    json_put_str(w, "mall", str_from(v->shop->mall->id));
    json_put_bool(w, "enabled", v->shop->enabled);
    json_put_str(w, "health", str_from(v->health));
    json_key(w, "reasons");
    json_begin_array(w);
    for (size_t i = 0; i < v->reason_count; i++) {
        json_begin_object(w);
        json_put_str(w, "code", str_from(v->reasons[i].code));
        json_put_str(w, "detail", str_trim(v->reasons[i].detail));
        json_end_object(w);
    }
    json_end_array(w);
    json_put_time(w, "last_success_at", h->last_success_at);
    json_key(w, "last_run");
    if (run_count > 0)
        fetch_run_json(r, &runs[0], names);
    else
        json_write_null(w);
    json_put_time(w, "next_run_at", v->shop->enabled ? h->next_run_at : TIME_NONE);
    json_put_int(w, "interval_minutes", v->interval);
    json_put_int(w, "today", v->today);
    json_put_int(w, "not_taken", h->skipped_listings + h->quarantined);
    json_put_int(w, "gap_minutes", v->gap_minutes);
    json_put_time(w, "gap_deadline", v->gap_deadline);
    json_put_int(w, "owed", h->owed);
    json_put_int(w, "owed_needs_person", h->blocked + h->rejected);
    json_key(w, "last_error");
    mall_error_json(r, &h->last_error, h->last_run_at);
    json_key(w, "credentials");
    json_begin_array(w);
    if (!credentials_write(r, conn, v->shop, 1, NULL, error))
        return false;
    json_end_array(w);
    json_end_object(w);
    return true;
}

static bool make_views(struct request *r, struct db_conn *conn, const struct order_names *names,
                       struct view **views, size_t *count, struct error *error)
{
    struct shop_health *list;
    size_t n;
    *count = 0;
    if (!shops_health(conn, r->org_id, r->by.now, r->arena, &list, &n, error))
        return false;
    if (!(*views = ARENA_ARRAY(r->arena, struct view, n)))
        return error_no_memory(error);
    for (size_t i = 0; i < n; i++) {
        struct view *v = &(*views)[*count];
        bool automatic;
        v->h = &list[i];
        for (size_t k = 0; k < names->shop_count; k++) {
            if (names->shops[k].id == list[i].shop_id)
                v->shop = &names->shops[k];
        }
        if (!v->shop)
            continue;
        if (!measure(r, conn, v, &automatic, error))
            return false;
        judge(r, v, automatic);
        ++*count;
    }
    return true;
}

void handle_shop_health(struct request *r)
{
    struct order_names names;
    struct view *views;
    size_t count;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!order_names_read(conn, r->org_id, r->arena, &names, &error) ||
        !make_views(r, conn, &names, &views, &count, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    bool ok = true;
    json_begin_object(w);
    json_key(w, "shops");
    json_begin_array(w);
    for (int rank = 0; rank <= 4; rank++) {
        for (size_t i = 0; i < count && ok; i++) {
            if (views[i].rank == rank)
                ok = view_json(r, conn, &views[i], &names, &error);
        }
    }
    json_end_array(w);
    json_end_object(w);
    if (!ok)
        reply_error(r, &error);
}
