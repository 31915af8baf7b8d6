// SPDX-License-Identifier: Apache-2.0
//
// The company's folders and 紐付け設定: which folder of which mall is written back, and as what.
#include "api/handlers.h"
#include "api/input.h"
#include "api/views.h"

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
    if (!work_statuses(conn, f->r->org_id, f->r->arena, &f->kept, &f->kept_count, error))
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
    if (!input_done(&in) || !request_write(r, folders_fn, f))
        return;
    struct db_conn *conn = request_read(r);
    if (conn)
        status_list(r, conn);
    notify_counts(r);
}

struct link {
    bool known, enabled;
    struct str target;
};

static bool read_link(struct request *r, struct db_conn *conn, const char *mall, row_id status,
                      struct link *link, struct error *error)
{
    *link = (struct link){0};
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT enabled, target FROM status_link WHERE org_id = $1 AND "
                                   "mall = $2 AND work_status_id = $3",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_text(s, 2, str_from(mall));
    db_bind_id(s, 3, status);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        *link = (struct link){true, db_int(s, 0) != 0, str_dup(r->arena, db_text(s, 1))};
        db_reset(s);
    }
    return step != DB_STEP_ERROR;
}

static void link_json(struct request *r, const struct mall *mall, const struct work_status *status,
                      const struct link *link)
{
    struct json_writer *w = &r->w;
    struct str label = STR_ABSENT;
    // Without a link of its own a folder is written back unless it is entry or cancelled, as the
    // engine does (push_store.c).
    bool enabled =
        link->known ? link->enabled : status->role != ROLE_ENTRY && status->role != ROLE_CANCELLED;
    for (size_t i = 0; i < mall->ship_target_count; i++) {
        if (str_eq(link->target, str_from(mall->ship_targets[i].value)))
            label = str_from(r->english ? mall->ship_targets[i].label.en
                                        : mall->ship_targets[i].label.ja);
    }
    json_begin_object(w);
    json_put_str(w, "mall", str_from(mall->id));
    json_put_id(w, "work_status", status->id);
    json_put_bool(w, "enabled", enabled);
    put_optional(w, "target", link->target);
    put_optional(w, "target_label", label);
    json_end_object(w);
}

void handle_status_links(struct request *r)
{
    struct work_status *list;
    size_t count, mall_count;
    const struct mall *const *all = malls(&mall_count);
    struct link link;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    bool ok = work_statuses(conn, r->org_id, r->arena, &list, &count, &error);
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "status_links");
    json_begin_array(w);
    for (size_t m = 0; ok && m < mall_count; m++) {
        for (size_t i = 0; ok && i < count; i++) {
            if (list[i].archived)
                continue;
            ok = read_link(r, conn, all[m]->id, list[i].id, &link, &error);
            if (ok)
                link_json(r, all[m], &list[i], &link);
        }
    }
    json_end_array(w);
    json_end_object(w);
    if (!ok)
        reply_error(r, &error);
}

struct link_change {
    const struct mall *mall;
    row_id status;
    bool enabled;
    struct str target;
};

struct link_changes {
    struct request *r;
    struct link_change *list;
    size_t count;
};

static bool store_link(struct request *r, struct db_conn *conn, const struct link_change *c,
                       struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "INSERT INTO status_link (org_id, mall, work_status_id, enabled, target, updated_at) "
        "SELECT "
        "$1::bigint, $2::text, id, $4::bigint, $5::text, $6::bigint FROM work_status WHERE org_id "
        "= $1 AND id = $3 ON CONFLICT (org_id, "
        "mall, work_status_id) DO UPDATE SET enabled = excluded.enabled, target = excluded.target, "
        "updated_at = excluded.updated_at",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_text(s, 2, str_from(c->mall->id));
    db_bind_id(s, 3, c->status);
    db_bind_int(s, 4, c->enabled);
    db_bind_text(s, 5, c->target.p ? c->target : STR(""));
    db_bind_int(s, 6, r->by.now);
    if (!db_run(s, error))
        return false;
    if (db_changes(s) > 0)
        return true;
    return error_set(error, ERROR_BAD_INPUT, "invalid", "存在しないステータスがあります。",
                     "one of the work statuses doesn't exist");
}

// What was held back by a link is looked at again at once.
static bool wake_suppressed(struct request *r, struct db_conn *conn, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "UPDATE writeback SET next_at = $2 WHERE org_id = $1 AND (owed = "
                   "1 OR state = 8) AND state = 2",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_int(s, 2, r->by.now);
    return db_run(s, error);
}

static bool links_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct link_changes *c = context;
    for (size_t i = 0; i < c->count; i++) {
        if (!store_link(c->r, conn, &c->list[i], error))
            return false;
    }
    return wake_suppressed(c->r, conn, error) &&
           audit_add(conn, c->r, "status_links.change", STR("status_links"), STR_ABSENT,
                     arena_printf(c->r->arena, "{\"count\":%zu}", c->count), error);
}

static bool target_known(const struct mall *mall, struct str target)
{
    for (size_t i = 0; i < mall->ship_target_count; i++) {
        if (str_eq(target, str_from(mall->ship_targets[i].value)))
            return true;
    }
    return target.n == 0;
}

void handle_status_links_put(struct request *r)
{
    struct input in;
    struct link_changes c = {.r = r};
    struct error error;
    struct json v;
    if (!input_begin(r, &in))
        return;
    struct json list = json_get(in.body, "status_links");
    size_t n = json_count(list);
    if (json_type(list) != JSON_ARRAY || n > 2000)
        input_bad(&in, STR("status_links"), "invalid", "値が正しくありません。",
                  "this value is invalid");
    c.list = ARENA_ARRAY(r->arena, struct link_change, n);
    if (!c.list) {
        error_no_memory(&error);
        reply_error(r, &error);
        return;
    }
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);) {
        struct link_change *one = &c.list[c.count];
        struct str at = arena_printf(r->arena, "status_links.%zu", c.count++);
        one->mall = mall_by_id(json_str(json_get(v, "mall")));
        one->enabled = json_true(json_get(v, "enabled"));
        one->target = json_str(json_get(v, "target"));
        if (!one->mall || !id_parse(json_str(json_get(v, "work_status")), &one->status))
            input_bad(&in, at, "invalid", "モールかステータスが正しくありません。",
                      "mall or work status is wrong");
        else if (!target_known(one->mall, one->target))
            input_bad(&in, arena_printf(r->arena, "%.*s.target", STR_ARG(at)), "unknown",
                      "反映先を一覧から選んでください。", "choose a target of the list");
    }
    if (!input_done(&in) || !request_write(r, links_fn, &c))
        return;
    notify_engine(r);
    handle_status_links(r);
}
