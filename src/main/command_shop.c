// SPDX-License-Identifier: Apache-2.0
//
// juchu shop …
#include "main/app.h"
#include "base/json.h"
#include "main/demo_settings.h"
#include "sync/settings.h"
#include <stdio.h>
#include <stdlib.h>

#define VALUES_MAX 128

static bool collect_values(struct app *app, struct setting_value *values, size_t *count,
                           struct error *error)
{
    const char *pair;
    for (size_t i = 0; (pair = args_nth(&app->args, "set", i)); i++) {
        struct str text = str_from(pair);
        ptrdiff_t equals = str_find_char(text, '=');
        if (equals <= 0 || *count == VALUES_MAX) {
            error_set(error, ERROR_BAD_INPUT, "usage.set",
                      "--set は キー=値 の形で指定してください。", "--set takes KEY=VALUE");
            return error_hint(error, "例: --set license_key=SL…",
                              "For example: --set license_key=SL…");
        }
        struct str value = str_slice(text, (size_t)equals + 1, text.n);
        // "@file" reads the value from a file, so that a key doesn't stand in the shell's history.
        if (str_starts(value, STR("@"))) {
            FILE *file = fopen(value.p + 1, "rb");
            char *content = arena_alloc(app->arena, 65536);
            if (!file || !content) {
                if (file)
                    fclose(file);
                error_set(error, ERROR_BAD_INPUT, "setting.file", "ファイル %s を開けません。",
                          "can't open the file %s", value.p + 1);
                return error_hint(
                    error,
                    "--set キー=@ファイル "
                    "は値をファイルから読みます。パスと権限を確認してください。",
                    "--set KEY=@FILE reads the value from a file; check its path and rights.");
            }
            value = str_make(content, fread(content, 1, 65536, file));
            fclose(file);
        }
        values[(*count)++] = (struct setting_value){str_slice(text, 0, (size_t)equals), value};
    }
    return true;
}

struct add {
    struct app *app;
    const struct mall *mall;
    struct str name, base_url;
    struct setting_value values[VALUES_MAX];
    size_t count;
    row_id id;
};

static bool add_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct add *add = context;
    struct order_context by = app_context(add->app);
    return shop_create(conn, &by, &add->app->key, add->mall, add->name, add->base_url, add->values,
                       add->count, &add->id, error);
}

const struct mall *known_mall(const char *name, struct error *error)
{
    const struct mall *mall = mall_by_id(str_from(name));
    if (mall)
        return mall;
    AUTO_BUF names = buf_make(200);
    size_t count;
    const struct mall *const *list = malls(&count);
    for (size_t i = 0; i < count; i++)
        buf_addf(&names, "%s%s", i ? ", " : "", list[i]->id);
    error_set(error, ERROR_BAD_INPUT, "mall.unknown", "モール「%s」には対応していません。",
              "unknown mall \"%s\"", name);
    char ja[256], en[256];
    snprintf(ja, sizeof ja, "対応しているモール: %.*s", STR_ARG(buf_str(&names)));
    snprintf(en, sizeof en, "Known malls: %.*s", STR_ARG(buf_str(&names)));
    error_hint(error, ja, en);
    return NULL;
}

int command_shop_add(struct app *app)
{
    const char *mall = args_value(&app->args, "mall"), *name = args_value(&app->args, "name");
    const char *url = args_value(&app->args, "base-url");
    struct error error;
    if (!mall || !name)
        return app_usage(app, "--mall と --name を指定してください。", "give --mall and --name");
    struct add *add = ARENA_NEW(app->arena, struct add);
    if (!add)
        return error_no_memory(&error), app_fail(app, &error);
    *add = (struct add){.app = app,
                        .mall = known_mall(mall, &error),
                        .name = str_from(name),
                        .base_url = url ? str_from(url) : STR("")};
    if (!add->mall)
        return app_fail(app, &error);
    if (args_flag(&app->args, "demo-keys"))
        demo_settings(app->arena, add->mall, url ? str_from(url) : STR(""), clock_now(&app->clock),
                      add->values, &add->count);
    if (!collect_values(app, add->values, &add->count, &error) || !app_open(app, &error) ||
        !app_write(app, add_fn, add, &error))
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(4096);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_put_id(&w, "id", add->id);
    json_put_str(&w, "name", add->name);
    json_put_str(&w, "mall", str_from(add->mall->id));
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    else
        printf(app->english ? "Shop \"%s\" is connected (%s).\n"
                            : "ショップ「%s」を登録しました(%s)。\n",
               name, app->english ? add->mall->name.en : add->mall->name.ja);
    return EXIT_DONE;
}

struct set {
    struct app *app;
    struct str shop;
    struct setting_value values[VALUES_MAX];
    size_t count;
    int64_t wanted;
};

static bool set_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct set *set = context;
    struct order_context by = app_context(set->app);
    struct shop shop;
    return shop_find(conn, by.org_id, set->shop, set->app->arena, &shop, error) &&
           shop_set(conn, &by, &set->app->key, shop.id, set->values, set->count, &set->wanted,
                    error);
}

// Which listed orders the new filter would take or leave out; nothing is stored.
static int set_try(struct set *set)
{
    struct app *app = set->app;
    struct error error;
    struct shop shop;
    struct what_if result;
    struct status_count_30 *counts;
    size_t count;
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok =
        conn && shop_find(conn, app->org_id, set->shop, app->arena, &shop, &error) &&
        shop_filter_what_if(conn, app->org_id, &shop, set->values, set->count,
                            clock_now(&app->clock), app->arena, &result, &counts, &count, &error);
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    what_if_show(app, &result);
    return EXIT_DONE;
}

int command_shop_set(struct app *app)
{
    struct error error;
    if (!args_value(&app->args, "set"))
        return app_usage(app, "--set キー=値 を指定してください。", "give --set KEY=VALUE");
    struct set *set = ARENA_NEW(app->arena, struct set);
    if (!set)
        return error_no_memory(&error), app_fail(app, &error);
    set->app = app;
    set->shop = str_from(app->args.words[0]);
    if (!collect_values(app, set->values, &set->count, &error) || !app_open(app, &error))
        return app_fail(app, &error);
    if (args_flag(&app->args, "dry-run"))
        return set_try(set);
    if (!app_write(app, set_fn, set, &error))
        return app_fail(app, &error);
    if (app->json)
        printf("{\"changed\":%zu,\"wanted\":%lld}\n", set->count, (long long)set->wanted);
    else
        printf(app->english ? "%zu setting(s) changed; %lld order(s) will now be fetched.\n"
                            : "%zu件の設定を変更しました。新たに取込対象になった注文: %lld件\n",
               set->count, (long long)set->wanted);
    return EXIT_DONE;
}

static void write_setting(struct json_writer *w, const struct mall_setting *s)
{
    static const char *const kinds[] = {"text", "secret", "pem",     "integer", "flag",
                                        "date", "choice", "choices", "url"};
    json_begin_object(w);
    json_put_str(w, "key", str_from(s->key));
    json_put_str(w, "kind", str_from(kinds[s->kind]));
    json_put_str(w, "label_ja", str_from(s->label.ja));
    json_put_str(w, "label_en", str_from(s->label.en));
    json_put_str(w, "help_ja", str_from(s->help.ja));
    json_put_str(w, "help_en", str_from(s->help.en));
    json_put_bool(w, "required", s->required);
    json_put_str(w, "default", str_from(s->default_value));
    json_key(w, "choices");
    json_begin_array(w);
    for (size_t i = 0; i < s->choice_count; i++)
        json_write_str(w, str_from(s->choices[i].value));
    json_end_array(w);
    json_end_object(w);
}

static void print_setting(const struct app *app, const struct mall_setting *s)
{
    printf("  %-26s %s%s%s%s%s\n", s->key, app->english ? s->label.en : s->label.ja,
           s->required ? " *" : "", s->default_value ? " [" : "",
           s->default_value ? s->default_value : "", s->default_value ? "]" : "");
    const char *help = app->english ? s->help.en : s->help.ja;
    if (help && *help)
        printf("  %-26s   %s\n", "", help);
    for (size_t i = 0; i < s->choice_count; i++)
        printf("  %-26s   %s = %s\n", "", s->choices[i].value,
               app->english ? s->choices[i].label.en : s->choices[i].label.ja);
}

static int show_declared(struct app *app, const struct mall *mall)
{
    size_t common_count;
    const struct mall_setting *common = shop_common_settings(&common_count);
    if (!app->json) {
        for (size_t i = 0; i < mall->setting_count; i++)
            print_setting(app, &mall->settings[i]);
        for (size_t i = 0; i < common_count; i++)
            print_setting(app, &common[i]);
        return EXIT_DONE;
    }
    AUTO_BUF buf = buf_make(1u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_key(&w, "settings");
    json_begin_array(&w);
    for (size_t i = 0; i < mall->setting_count; i++)
        write_setting(&w, &mall->settings[i]);
    for (size_t i = 0; i < common_count; i++)
        write_setting(&w, &common[i]);
    json_end_array(&w);
    json_end_object(&w);
    app_print(buf_str(&buf));
    return EXIT_DONE;
}

int command_shop_settings(struct app *app)
{
    struct error error;
    const struct mall *mall = mall_by_id(str_from(app->args.words[0]));
    if (mall)
        return show_declared(app, mall);
    struct shop shop;
    struct setting_value *values;
    size_t count;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok =
        conn &&
        shop_find(conn, app->org_id, str_from(app->args.words[0]), app->arena, &shop, &error) &&
        shop_settings(conn, app->org_id, &shop, app->arena, &values, &count, &error);
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(1u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    for (size_t i = 0; i < count; i++) {
        json_put_str(&w, str_cstr(app->arena, values[i].key), values[i].value);
        if (!app->json)
            printf("  %-26.*s %.*s\n", STR_ARG(values[i].key), STR_ARG(values[i].value));
    }
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    return EXIT_DONE;
}

int command_shop_list(struct app *app)
{
    struct error error;
    struct shop *shops;
    struct shop_health *health;
    size_t count, health_count;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && shop_list(conn, app->org_id, app->arena, &shops, &count, &error) &&
              shops_health(conn, app->org_id, clock_now(&app->clock), app->arena, &health,
                           &health_count, &error);
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(16u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_key(&w, "shops");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        struct shop_health *h = &health[i];
        json_begin_object(&w);
        json_put_id(&w, "id", shops[i].id);
        json_put_str(&w, "name", shops[i].name);
        json_put_str(&w, "mall", str_from(shops[i].mall->id));
        json_put_str(&w, "base_url", shops[i].base_url);
        json_put_bool(&w, "enabled", shops[i].enabled);
        json_put_time(&w, "last_success_at", h->last_success_at);
        json_put_time(&w, "next_run_at", h->next_run_at);
        json_put_str(&w, "last_error",
                     h->last_error.class ? str_from(h->last_error.code) : STR_ABSENT);
        json_put_int(&w, "owed", h->owed);
        json_put_int(&w, "gaps", (int64_t)h->gap_count);
        json_put_str(&w, "next_credential",
                     h->next_credential.kind.n ? h->next_credential.kind : STR_ABSENT);
        json_put_time(&w, "next_credential_ends_at",
                      h->next_credential.kind.n ? h->next_credential.expires_at : TIME_NONE);
        json_end_object(&w);
        if (!app->json)
            printf("%-20.*s %-10s %s  owed %lld  %s\n", STR_ARG(shops[i].name), shops[i].mall->id,
                   shops[i].enabled ? "on " : "off", (long long)h->owed,
                   h->last_error.class ? h->last_error.code : "ok");
    }
    json_end_array(&w);
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    return EXIT_DONE;
}

struct tested {
    struct app *app;
    bool done, refused;
    struct error error;
    struct buf out;
};

static void test_done(void *context, const struct check_result *results, size_t count,
                      const struct error *failure)
{
    static const char *const states[] = {"ok", "refused", "unknown"};
    struct tested *t = context;
    struct json_writer w = json_writer_make(&t->out);
    t->done = true;
    t->refused = failure != NULL;
    if (failure)
        t->error = *failure;
    json_begin_object(&w);
    json_key(&w, "checks");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        const struct check_result *r = &results[i];
        t->refused = t->refused || r->state == CHECK_REFUSED;
        json_begin_object(&w);
        json_put_str(&w, "item", str_from(r->item));
        json_put_str(&w, "label_ja", str_from(r->label.ja));
        json_put_str(&w, "label_en", str_from(r->label.en));
        json_put_str(&w, "state", str_from(states[r->state]));
        json_put_str(&w, "note_ja", r->note_ja);
        json_put_str(&w, "note_en", r->note_en);
        json_put_str(&w, "code", r->error.class ? str_from(r->error.code) : STR_ABSENT);
        json_put_str(&w, "what_ja", r->error.class ? str_from(r->error.what_ja) : STR_ABSENT);
        json_put_str(&w, "what_en", r->error.class ? str_from(r->error.what_en) : STR_ABSENT);
        json_put_str(&w, "hint_ja", r->error.class ? str_from(r->error.hint_ja) : STR_ABSENT);
        json_put_str(&w, "hint_en", r->error.class ? str_from(r->error.hint_en) : STR_ABSENT);
        json_end_object(&w);
        if (!t->app->json) {
            printf("  %-8s %s", states[r->state], t->app->english ? r->label.en : r->label.ja);
            if (r->error.class)
                printf(": %s → %s", t->app->english ? r->error.what_en : r->error.what_ja,
                       t->app->english ? r->error.hint_en : r->error.hint_ja);
            printf("\n");
        }
    }
    json_end_array(&w);
    json_put_bool(&w, "ok", !t->refused);
    json_end_object(&w);
}

int command_shop_test(struct app *app)
{
    struct error error;
    struct shop shop;
    if (!app_open(app, &error) || !app_open_sync(app, false, NULL, NULL, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn &&
              shop_find(conn, app->org_id, str_from(app->args.words[0]), app->arena, &shop, &error);
    db_release(app->db, conn);
    struct tested tested = {.app = app, .out = buf_make(1u << 20)};
    if (!ok || !sync_test_shop(app->sync, app->org_id, shop.id, test_done, &tested, &error))
        return app_fail(app, &error);
    while (!tested.done)
        loop_turn(app->loop, 100);
    if (app->json)
        app_print(buf_str(&tested.out));
    buf_free(&tested.out);
    if (tested.error.class && !app->json)
        return app_fail(app, &tested.error);
    return tested.refused ? EXIT_REFUSED : EXIT_DONE;
}
