// SPDX-License-Identifier: Apache-2.0
//
// The company's folders (work statuses).
#include "api/handlers.h"
#include "api/settings.h"

#define STATUSES_MAX 100

static void status_list(struct request *r, struct db_conn *conn)
{
    struct work_status *list;
    size_t count;
    int64_t position = 0;
    struct error error;
    if (!work_statuses(conn, r->org_id, r->arena, &list, &count, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "work_statuses");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        bool english = r->english && list[i].name_en.n > 0;
        if (list[i].archived)
            continue;
        json_begin_object(w);
        json_put_id(w, "id", list[i].id);
        json_put_str(w, "name", english ? list[i].name_en : list[i].name);
        json_put_str(w, "colour", list[i].color);
        json_put_int(w, "position", position++);
        json_put_str(w, "role", str_from(status_role_name(list[i].role)));
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
    if (!settings_etag(r, conn, SETTINGS_STATUSES, 0, &error))
        reply_error(r, &error);
}

void handle_work_statuses(struct request *r)
{
    struct db_conn *conn = request_read(r);
    if (conn)
        status_list(r, conn);
}

struct folder {
    row_id id; // 0 new
    struct str name, colour;
    enum status_role role;
};

struct folders {
    struct request *r;
    struct folder wanted[STATUSES_MAX];
    size_t count;
    struct work_status *kept;
    size_t kept_count;
    int64_t seen; // revision of If-Match, 0 none
};

static bool colour_known(struct str colour)
{
    static const char *const colours[] = {"gray",  "blue",   "cyan",   "teal", "green",
                                          "lime",  "yellow", "orange", "red",  "pink",
                                          "grape", "violet", "indigo"};
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++) {
        if (str_eq(colour, str_from(colours[i])))
            return true;
    }
    return false;
}

static void read_folder(struct input *in, struct json v, struct folders *f)
{
    struct arena *arena = in->r->arena;
    struct folder *folder = &f->wanted[f->count];
    struct str at = arena_printf(arena, "work_statuses.%zu", f->count);
    struct json id = json_get(v, "id");
    *folder = (struct folder){.name = str_trim(json_str(json_get(v, "name"))),
                              .colour = json_str(json_get(v, "colour"))};
    int role = status_role_from_name(json_str(json_get(v, "role")));
    if (!json_is_null(id) && !id_parse(json_str(id), &folder->id))
        input_bad(in, arena_printf(arena, "%.*s.id", STR_ARG(at)), "invalid",
                  "このステータスはありません。", "no such work status");
    if (folder->name.n == 0 || str_utf8_length(folder->name) > 40)
        input_bad(in, arena_printf(arena, "%.*s.name", STR_ARG(at)), "invalid",
                  "名前を40文字以内で入力してください。", "give a name of at most 40 characters");
    if (!colour_known(folder->colour))
        input_bad(in, arena_printf(arena, "%.*s.colour", STR_ARG(at)), "unknown",
                  "色を一覧から選んでください。", "choose a colour of the list");
    if (role < 0)
        input_bad(in, arena_printf(arena, "%.*s.role", STR_ARG(at)), "unknown",
                  "役割を一覧から選んでください。", "choose a role of the list");
    folder->role = (enum status_role)(role < 0 ? 0 : role);
    f->count++;
}

static const struct work_status *kept_of(const struct folders *f, row_id id)
{
    for (size_t i = 0; i < f->kept_count; i++) {
        if (f->kept[i].id == id)
            return &f->kept[i];
    }
    return NULL;
}

static bool orders_in(struct db_conn *conn, row_id org_id, row_id status, int64_t *count,
                      struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM order_count "
                   "WHERE org_id = $1 AND work_status_id = $2",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, status);
    enum db_step step = db_step(s, error);
    *count = step == DB_STEP_ROW ? db_int(s, 0) : 0;
    if (step == DB_STEP_ROW)
        db_reset(s);
    return step != DB_STEP_ERROR;
}

static bool role_is_open(enum status_role role)
{
    return role != ROLE_DONE && role != ROLE_CANCELLED;
}

// A folder that holds orders keeps its kind of role: their row says whether they are open.
static bool check_kept(const struct folders *f, struct db_conn *conn, const struct work_status *old,
                       struct error *error)
{
    const struct folder *now = NULL;
    int64_t count;
    for (size_t i = 0; i < f->count; i++) {
        if (f->wanted[i].id == old->id)
            now = &f->wanted[i];
    }
    if (old->archived || (now && role_is_open(now->role) == role_is_open(old->role)))
        return true;
    if (!orders_in(conn, f->r->org_id, old->id, &count, error))
        return false;
    if (count == 0)
        return true;
    error_set(error, ERROR_CONFLICT, "not_empty",
              "「%.*s」には注文が%lld件あるため、削除や役割の変更はできません。",
              "\"%.*s\" holds %lld orders; it can't be removed or change its role",
              STR_ARG(old->name), (long long)count);
    return error_hint(error, "先に注文を別のステータスへ移動してください。",
                      "Move the orders elsewhere first.");
}

static bool has_role(const struct folders *f, enum status_role role)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->wanted[i].role == role)
            return true;
    }
    return false;
}

static bool store_folder(const struct folders *f, struct db_conn *conn, const struct folder *folder,
                         int position, struct error *error)
{
    struct request *r = f->r;
    const struct work_status *old = folder->id ? kept_of(f, folder->id) : NULL;
    // The shipped names have an English half; what the company writes stands for both.
    bool same_ja = old && str_eq(old->name, folder->name);
    bool same_en = old && str_eq(old->name_en, folder->name);
    struct db_stmt *s = db_prepare(
        conn,
        old ? "UPDATE work_status SET name = $3, name_en = $4, color = $5, position = $6, role = "
              "$7, archived = 0 WHERE org_id = $1 AND id = $2"
            : "INSERT INTO work_status (org_id, id, name, name_en, color, position, role, "
              "archived) "
              "VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, old ? folder->id : id_next(r->by.ids, r->by.now));
    db_bind_text(s, 3, same_en ? old->name : folder->name);
    db_bind_text(s, 4, same_ja || same_en ? old->name_en : folder->name);
    db_bind_text(s, 5, folder->colour);
    db_bind_int(s, 6, position);
    db_bind_text(s, 7, str_from(status_role_name(folder->role)));
    return db_run(s, error);
}

static bool archive_left_out(const struct folders *f, struct db_conn *conn, struct error *error)
{
    for (size_t i = 0; i < f->kept_count; i++) {
        bool wanted = false;
        for (size_t k = 0; k < f->count; k++)
            wanted = wanted || f->wanted[k].id == f->kept[i].id;
        if (wanted || f->kept[i].archived)
            continue;
        struct db_stmt *s = db_prepare(
            conn, "UPDATE work_status SET archived = 1 WHERE org_id = $1 AND id = $2", error);
        if (!s)
            return false;
        db_bind_id(s, 1, f->r->org_id);
        db_bind_id(s, 2, f->kept[i].id);
        if (!db_run(s, error))
            return false;
    }
    return true;
}

static bool folders_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct folders *f = context;
    if (!settings_unchanged(conn, f->r->org_id, SETTINGS_STATUSES, 0, f->seen, error) ||
        !work_statuses(conn, f->r->org_id, f->r->arena, &f->kept, &f->kept_count, error))
        return false;
    if (!has_role(f, ROLE_ENTRY) || !has_role(f, ROLE_CANCELLED))
        return error_set(error, ERROR_CONFLICT, "not_empty",
                         "新規受付用とキャンセル用のステータスは1つ以上必要です。",
                         "a folder of role entry and one of role cancelled are needed");
    for (size_t i = 0; i < f->count; i++) {
        if (f->wanted[i].id && !kept_of(f, f->wanted[i].id))
            return error_set(error, ERROR_BAD_INPUT, "invalid", "存在しないステータスがあります。",
                             "one of the work statuses doesn't exist");
    }
    for (size_t i = 0; i < f->kept_count; i++) {
        if (!check_kept(f, conn, &f->kept[i], error))
            return false;
    }
    for (size_t i = 0; i < f->count; i++) {
        if (!store_folder(f, conn, &f->wanted[i], (int)i + 1, error))
            return false;
    }
    return archive_left_out(f, conn, error) &&
           audit_add(conn, f->r, "work_statuses.change", STR("work_statuses"), STR_ABSENT,
                     STR_ABSENT, error);
}

void handle_work_statuses_put(struct request *r)
{
    struct input in;
    struct error error;
    struct json v;
    struct folders *f = ARENA_NEW(r->arena, struct folders);
    if (!input_begin(r, &in))
        return;
    if (!f) {
        error_no_memory(&error);
        reply_error(r, &error);
        return;
    }
    f->r = r;
    struct json list = json_get(in.body, "work_statuses");
    if (json_type(list) != JSON_ARRAY || json_count(list) == 0 || json_count(list) > STATUSES_MAX)
        input_bad(&in, STR("work_statuses"), "invalid", "1〜100件で指定してください。",
                  "give 1 to 100 entries");
    else
        for (struct json_iter i = json_iterate(list); json_next(&i, &v);)
            read_folder(&in, v, f);
    if (!input_done(&in) || !seen_revision(r, &f->seen) || !settings_write(r, folders_fn, f))
        return;
    struct db_conn *conn = request_read(r);
    if (conn)
        status_list(r, conn);
    notify_counts(r);
}
