// SPDX-License-Identifier: Apache-2.0
//
// juchu link …, mapping …, address …: settings of the company. Every change can be tried first with
// --dry-run, which tells what of the last thirty days it would touch.
#include "main/app.h"
#include "base/json.h"
#include "main/order_json.h"
#include "sync/settings.h"
#include <stdio.h>

#define LINE(app, ja, en) ((app)->english ? (en) : (ja))

void what_if_show(struct app *app, const struct what_if *w)
{
    if (!app->json) {
        printf(LINE(app, "直近%d日の対象: %lld%s件\n", "Of the last %d days: %lld%s\n"),
               WHAT_IF_DAYS, (long long)w->count, w->capped ? "+" : "");
        for (size_t i = 0; i < w->item_count; i++)
            printf("  %-28.*s %.*s → %.*s\n", STR_ARG(w->items[i].order_no),
                   STR_ARG(w->items[i].before), STR_ARG(w->items[i].after));
        return;
    }
    AUTO_BUF buf = buf_make(1u << 20);
    struct json_writer out = json_writer_make(&buf);
    json_begin_object(&out);
    json_put_bool(&out, "dry_run", true);
    json_put_int(&out, "days", WHAT_IF_DAYS);
    json_put_int(&out, "count", w->count);
    json_put_bool(&out, "capped", w->capped);
    json_key(&out, "orders");
    json_begin_array(&out);
    for (size_t i = 0; i < w->item_count; i++) {
        json_begin_object(&out);
        json_put_str(&out, "order_no", w->items[i].order_no);
        json_put_str(&out, "before", w->items[i].before);
        json_put_str(&out, "after", w->items[i].after);
        json_end_object(&out);
    }
    json_end_array(&out);
    json_end_object(&out);
    app_print(buf_str(&buf));
}

static bool mall_wanted(struct app *app, const struct mall **mall, struct error *error)
{
    const char *name = args_value(&app->args, "mall");
    *mall = name ? known_mall(name, error) : NULL;
    return !name || *mall;
}

// --- link ---

int command_link_list(struct app *app)
{
    struct error error;
    struct status_link *list = NULL;
    const struct mall *mall;
    size_t count = 0;
    if (!mall_wanted(app, &mall, &error) || !app_open(app, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && status_link_list(conn, app->org_id, mall, app->arena, &list, &count, &error);
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(4u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_key(&w, "links");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        const struct status_link *l = &list[i];
        if (!app->json)
            printf("%-10s %-20.*s %s %-10.*s%s\n", l->mall->id, STR_ARG(l->name),
                   l->enabled ? "on " : "off", STR_ARG(l->target),
                   l->own ? "" : LINE(app, "(既定)", "(default)"));
        json_begin_object(&w);
        json_put_str(&w, "mall", str_from(l->mall->id));
        json_put_str(&w, "status", l->name);
        json_put_str(&w, "role", l->role);
        json_put_bool(&w, "enabled", l->enabled);
        json_put_bool(&w, "enabled_by_default", l->enabled_by_default);
        json_put_str(&w, "target", l->target);
        json_put_bool(&w, "own", l->own);
        json_put_int(&w, "waiting", l->waiting);
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    return EXIT_DONE;
}

struct link_ask {
    struct app *app;
    const char *status;
    struct link_change change;
    int64_t released;
};

static bool link_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct link_ask *ask = context;
    struct order_context by = app_context(ask->app);
    struct work_status status;
    if (!find_work_status(ask->app, conn, ask->status, &status, error))
        return false;
    ask->change.work_status = status.id;
    return status_link_set(conn, &by, &ask->change, 1, &ask->released, error);
}

static int link_try(struct link_ask *ask)
{
    struct app *app = ask->app;
    struct error error;
    struct work_status status;
    struct what_if result;
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && find_work_status(app, conn, ask->status, &status, &error);
    if (ok) {
        ask->change.work_status = status.id;
        ok = status_link_what_if(conn, app->org_id, &ask->change, 1, clock_now(&app->clock),
                                 app->arena, &result, &error);
    }
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    what_if_show(app, &result);
    return EXIT_DONE;
}

static int link_change(struct link_ask *ask)
{
    struct app *app = ask->app;
    struct error error;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    if (args_flag(&app->args, "dry-run"))
        return link_try(ask);
    if (!app_write(app, link_fn, ask, &error))
        return app_fail(app, &error);
    if (app->json)
        printf("{\"state\":\"changed\",\"released\":%lld}\n", (long long)ask->released);
    else
        printf(LINE(app, "紐付け設定を変更しました。送信を再開する反映: %lld件\n",
                    "Status link changed; %lld notice(s) go on.\n"),
               (long long)ask->released);
    return EXIT_DONE;
}

int command_link_set(struct app *app)
{
    struct error error;
    const char *mall = args_value(&app->args, "mall"), *status = args_value(&app->args, "status");
    const char *enabled = args_value(&app->args, "enabled");
    const char *target = args_value(&app->args, "target");
    if (!mall || !status || !enabled ||
        (strcmp(enabled, "true") != 0 && strcmp(enabled, "false") != 0))
        return app_usage(app, "--mall、--status、--enabled true|false を指定してください。",
                         "give --mall, --status and --enabled true|false");
    struct link_ask ask = {.app = app,
                           .status = status,
                           .change = {.mall = known_mall(mall, &error),
                                      .enabled = strcmp(enabled, "true") == 0,
                                      .target = str_from(target ? target : "")}};
    return ask.change.mall ? link_change(&ask) : app_fail(app, &error);
}

int command_link_reset(struct app *app)
{
    struct error error;
    const char *mall = args_value(&app->args, "mall"), *status = args_value(&app->args, "status");
    if (!mall || !status)
        return app_usage(app, "--mall と --status を指定してください。",
                         "give --mall and --status");
    struct link_ask ask = {
        .app = app, .status = status, .change = {.mall = known_mall(mall, &error), .reset = true}};
    return ask.change.mall ? link_change(&ask) : app_fail(app, &error);
}

// --- mapping ---

static bool kind_wanted(struct app *app, int *kind, struct error *error)
{
    const char *name = args_value(&app->args, "kind");
    *kind = name ? mapping_kind_from_name(str_from(name)) : -1;
    if (!name || *kind >= 0)
        return true;
    error_set(error, ERROR_BAD_INPUT, "usage.kind", "--kind「%s」はありません。",
              "there is no kind \"%s\"", name);
    return error_hint(error, "payment、delivery、slot、carrier のいずれかです。",
                      "One of payment, delivery, slot, carrier.");
}

static void show_rows(struct app *app, struct json_writer *w, const struct mapping_row *list,
                      size_t count)
{
    json_key(w, "mappings");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        const struct mapping_row *m = &list[i];
        const char *label = LINE(app, m->mall_label.ja, m->mall_label.en);
        if (!app->json)
            printf("%-9s %-9s %-5s %-16.*s %-28s %.*s%s\n", m->mall->id, mapping_kind_name(m->kind),
                   mapping_direction_name(m->direction), STR_ARG(m->mall_value), label ? label : "",
                   STR_ARG(m->own_value.p ? m->own_value : m->default_value),
                   m->own_value.p ? LINE(app, " (変更済み)", " (own)") : "");
        json_begin_object(w);
        json_put_str(w, "mall", str_from(m->mall->id));
        json_put_str(w, "kind", str_from(mapping_kind_name(m->kind)));
        json_put_str(w, "direction", str_from(mapping_direction_name(m->direction)));
        json_put_str(w, "mall_value", m->mall_value);
        json_put_str(w, "label_ja", str_from(m->mall_label.ja));
        json_put_str(w, "label_en", str_from(m->mall_label.en));
        json_put_str(w, "default", m->default_value);
        json_put_str(w, "own", m->own_value);
        json_end_object(w);
    }
    json_end_array(w);
}

static void show_unmapped(struct app *app, struct json_writer *w, const struct unmapped_value *list,
                          size_t count, int kind)
{
    json_key(w, "unmapped");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        const struct unmapped_value *u = &list[i];
        if (kind >= 0 && kind != (int)u->kind)
            continue;
        if (!app->json)
            printf(LINE(app, "未変換: %s %s「%.*s」 %lld件\n",
                        "Not converted: %s %s \"%.*s\", %lld order(s)\n"),
                   u->mall->id, mapping_kind_name(u->kind), STR_ARG(u->mall_value),
                   (long long)u->orders);
        json_begin_object(w);
        json_put_str(w, "mall", str_from(u->mall->id));
        json_put_str(w, "kind", str_from(mapping_kind_name(u->kind)));
        json_put_str(w, "mall_value", u->mall_value);
        json_put_int(w, "orders", u->orders);
        json_put_int(w, "open", u->open);
        json_put_str(w, "proposal", u->proposal);
        json_end_object(w);
    }
    json_end_array(w);
}

int command_mapping_list(struct app *app)
{
    struct error error;
    struct mapping_row *rows = NULL;
    struct unmapped_value *unmapped = NULL;
    const struct mall *mall;
    size_t count = 0, unmapped_count = 0;
    int kind;
    if (!mall_wanted(app, &mall, &error) || !kind_wanted(app, &kind, &error) ||
        !app_open(app, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn &&
              mapping_list(conn, app->org_id, mall, kind, app->arena, &rows, &count, &error) &&
              mapping_unmapped(conn, app->org_id, mall, clock_now(&app->clock), app->arena,
                               &unmapped, &unmapped_count, &error);
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(16u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    show_rows(app, &w, rows, count);
    show_unmapped(app, &w, unmapped, unmapped_count, kind);
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    return EXIT_DONE;
}

struct mapping_ask {
    struct app *app;
    struct mapping_change change;
    int64_t rereading;
};

static bool mapping_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct mapping_ask *ask = context;
    struct order_context by = app_context(ask->app);
    return mapping_set(conn, &by, &ask->change, &ask->rereading, error);
}

static int mapping_try(struct mapping_ask *ask)
{
    struct app *app = ask->app;
    struct error error;
    struct what_if result;
    if (!mapping_check(&ask->change, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && mapping_what_if(conn, app->org_id, &ask->change, clock_now(&app->clock),
                                      app->arena, &result, &error);
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    what_if_show(app, &result);
    return EXIT_DONE;
}

// The value to map, or NULL mall with the error set.
static bool mapping_asked(struct app *app, struct mapping_ask *ask, struct error *error)
{
    const char *mall = args_value(&app->args, "mall"), *from = args_value(&app->args, "from");
    const char *direction = args_value(&app->args, "direction");
    int kind, towards = direction ? mapping_direction_from_name(str_from(direction)) : MAPPING_BOTH;
    *ask = (struct mapping_ask){.app = app};
    if (!kind_wanted(app, &kind, error))
        return false;
    if (towards < 0) {
        error_set(error, ERROR_BAD_INPUT, "usage.direction",
                  "--direction は both、in、out のいずれかです。",
                  "--direction is both, in or out");
        return app_usage_hint(app->command, error);
    }
    ask->change = (struct mapping_change){.mall = known_mall(mall, error),
                                          .kind = (enum mapping_kind)kind,
                                          .direction = (enum mapping_direction)towards,
                                          .mall_value = str_from(from),
                                          .our_value = STR_ABSENT,
                                          .version = -1};
    return ask->change.mall != NULL;
}

static int mapping_change(struct app *app, const char *to)
{
    struct error error;
    struct mapping_ask ask;
    if (!args_value(&app->args, "mall") || !args_value(&app->args, "kind") ||
        !args_value(&app->args, "from"))
        return app_usage(app, "--mall、--kind、--from を指定してください。",
                         "give --mall, --kind and --from");
    if (!mapping_asked(app, &ask, &error) || !app_open(app, &error))
        return app_fail(app, &error);
    if (to)
        ask.change.our_value = str_from(to);
    if (args_flag(&app->args, "dry-run"))
        return mapping_try(&ask);
    if (!app_write(app, mapping_fn, &ask, &error))
        return app_fail(app, &error);
    if (app->json)
        printf("{\"state\":\"changed\",\"rereading\":%lld}\n", (long long)ask.rereading);
    else
        printf(LINE(app, "変換設定を変更しました。読み直す注文: %lld件\n",
                    "Mapping changed; %lld order(s) are read again.\n"),
               (long long)ask.rereading);
    return EXIT_DONE;
}

int command_mapping_set(struct app *app)
{
    const char *to = args_value(&app->args, "to");
    if (!to)
        return app_usage(app, "--to を指定してください。", "give --to");
    return mapping_change(app, to);
}

int command_mapping_reset(struct app *app)
{
    return mapping_change(app, NULL);
}

// --- address ---

static int show_addresses(struct app *app)
{
    struct error error;
    struct outgoing_address *list = NULL;
    size_t count = 0;
    int64_t version;
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok =
        conn && outgoing_addresses(conn, app->org_id, app->arena, &list, &count, &version, &error);
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(65536);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_key(&w, "outgoing_addresses");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        if (!app->json)
            printf("%-40.*s %s\n", STR_ARG(list[i].address), list[i].known_by);
        json_begin_object(&w);
        json_put_str(&w, "address", list[i].address);
        json_put_str(&w, "known_by", str_from(list[i].known_by));
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    else if (count == 0)
        printf("%s\n",
               LINE(app, "接続元アドレスは分かっていません。juchu address set で登録してください。",
                    "The outgoing address isn't known. Enter it with: juchu address set"));
    return EXIT_DONE;
}

int command_address_list(struct app *app)
{
    struct error error;
    return app_open(app, &error) ? show_addresses(app) : app_fail(app, &error);
}

static bool address_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct app *app = context;
    struct order_context by = app_context(app);
    struct str addresses[OUTGOING_ADDRESSES_MAX + 1];
    size_t count = 0;
    for (; count < app->args.word_count && count <= OUTGOING_ADDRESSES_MAX; count++)
        addresses[count] = str_from(app->args.words[count]);
    return outgoing_addresses_set(conn, &by, addresses, count, -1, error);
}

int command_address_set(struct app *app)
{
    struct error error;
    if (!app_open(app, &error) || !app_write(app, address_fn, app, &error))
        return app_fail(app, &error);
    return show_addresses(app);
}
