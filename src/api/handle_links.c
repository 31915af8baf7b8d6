// SPDX-License-Identifier: Apache-2.0
//
// 紐付け設定: which folder of which mall is written back, and as what.
#include "api/handlers.h"
#include "api/settings.h"

#define CHANGES_MAX 2000

static void link_json(struct request *r, const struct status_link *link)
{
    struct json_writer *w = &r->w;
    const struct mall *mall = link->mall;
    struct str label = STR_ABSENT;
    for (size_t i = 0; i < mall->ship_target_count; i++) {
        if (str_eq(link->target, str_from(mall->ship_targets[i].value)))
            label = str_from(r->english ? mall->ship_targets[i].label.en
                                        : mall->ship_targets[i].label.ja);
    }
    json_begin_object(w);
    json_put_str(w, "mall", str_from(mall->id));
    json_put_id(w, "work_status", link->work_status);
    json_put_bool(w, "enabled", link->enabled);
    put_optional(w, "target", link->target);
    put_optional(w, "target_label", label);
    json_put_bool(w, "enabled_by_default", link->enabled_by_default);
    json_put_bool(w, "own", link->own);
    json_put_int(w, "waiting", link->waiting);
    json_end_object(w);
}

void handle_status_links(struct request *r)
{
    struct status_link *list = NULL;
    size_t count = 0;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    bool ok = status_link_list(conn, r->org_id, NULL, r->arena, &list, &count, &error);
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "status_links");
    json_begin_array(w);
    for (size_t i = 0; ok && i < count; i++)
        link_json(r, &list[i]);
    json_end_array(w);
    json_end_object(w);
    if (!ok || !settings_etag(r, conn, SETTINGS_LINKS, 0, &error))
        reply_error(r, &error);
}

struct link_changes {
    struct request *r;
    struct link_change *list;
    size_t count;
    int64_t seen, released;
};

static bool links_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct link_changes *c = context;
    struct request *r = c->r;
    return settings_unchanged(conn, r->org_id, SETTINGS_LINKS, 0, c->seen, error) &&
           status_link_set(conn, &r->by, c->list, c->count, &c->released, error) &&
           audit_add(conn, r, "status_links.change", STR("status_links"), STR_ABSENT,
                     arena_printf(r->arena, "{\"count\":%zu}", c->count), error);
}

static bool target_known(const struct mall *mall, struct str target)
{
    for (size_t i = 0; i < mall->ship_target_count; i++) {
        if (str_eq(target, str_from(mall->ship_targets[i].value)))
            return true;
    }
    return target.n == 0;
}

static void read_change(struct input *in, struct json v, struct link_change *one, size_t index)
{
    struct request *r = in->r;
    struct str at = arena_printf(r->arena, "status_links.%zu", index);
    *one = (struct link_change){.mall = mall_by_id(json_str(json_get(v, "mall"))),
                                .enabled = json_true(json_get(v, "enabled")),
                                .target = json_str(json_get(v, "target")),
                                .reset = json_true(json_get(v, "reset"))};
    if (!one->mall || !id_parse(json_str(json_get(v, "work_status")), &one->work_status))
        input_bad(in, at, "invalid", "モールかステータスが正しくありません。",
                  "mall or work status is wrong");
    else if (!target_known(one->mall, one->target))
        input_bad(in, arena_printf(r->arena, "%.*s.target", STR_ARG(at)), "unknown",
                  "反映先を一覧から選んでください。", "choose a target of the list");
}

// False after having answered.
static bool read_changes(struct request *r, struct link_changes *c)
{
    struct input in;
    struct error error;
    struct json v;
    *c = (struct link_changes){.r = r};
    if (!input_begin(r, &in))
        return false;
    struct json list = json_get(in.body, "status_links");
    bool sound = json_type(list) == JSON_ARRAY && json_count(list) <= CHANGES_MAX;
    if (!sound)
        input_bad(&in, STR("status_links"), "invalid", "値が正しくありません。",
                  "this value is invalid");
    c->list = ARENA_ARRAY(r->arena, struct link_change, sound ? json_count(list) : 0);
    if (!c->list) {
        error_no_memory(&error);
        reply_error(r, &error);
        return false;
    }
    for (struct json_iter i = json_iterate(list); sound && json_next(&i, &v); c->count++)
        read_change(&in, v, &c->list[c->count], c->count);
    return input_done(&in);
}

void handle_status_links_put(struct request *r)
{
    struct link_changes c;
    if (!read_changes(r, &c) || !seen_revision(r, &c.seen) || !settings_write(r, links_fn, &c))
        return;
    notify_engine(r);
    handle_status_links(r);
}

void handle_status_links_what_if(struct request *r)
{
    struct link_changes c;
    struct what_if result;
    struct error error;
    struct db_conn *conn = read_changes(r, &c) ? request_read(r) : NULL;
    if (!conn)
        return;
    if (!status_link_what_if(conn, r->org_id, c.list, c.count, r->by.now, r->arena, &result,
                             &error)) {
        reply_error(r, &error);
        return;
    }
    reply_json(r, 200);
    what_if_json(r, &result);
}
