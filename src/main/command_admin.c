// SPDX-License-Identifier: Apache-2.0
//
// juchu verify, migrate, backup, user, token.
#include "api/api.h"
#include "base/json.h"
#include "main/app.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct findings {
    struct app *app;
    int64_t count;
    struct json_writer *w;
};

static void report(void *context, const struct error *finding)
{
    struct findings *f = context;
    f->count++;
    if (f->app->json) {
        json_begin_object(f->w);
        json_put_str(f->w, "code", str_from(finding->code));
        json_put_str(f->w, "subject", str_from(finding->subject));
        json_put_str(f->w, "what_ja", str_from(finding->what_ja));
        json_put_str(f->w, "what_en", str_from(finding->what_en));
        json_end_object(f->w);
    } else {
        printf("%s  %s [%s]\n", finding->subject,
               f->app->english ? finding->what_en : finding->what_ja, finding->code);
    }
}

int command_verify(struct app *app)
{
    struct error error;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(64u << 20);
    struct json_writer w = json_writer_make(&buf);
    struct findings findings = {.app = app, .w = &w};
    json_begin_object(&w);
    json_key(&w, "findings");
    json_begin_array(&w);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && orders_verify(conn, app->org_id, report, &findings, &error) &&
              sync_verify(conn, app->org_id, report, &findings, &error);
    db_release(app->db, conn);
    json_end_array(&w);
    json_put_bool(&w, "clean", ok && findings.count == 0);
    json_end_object(&w);
    if (!ok)
        return app_fail(app, &error);
    if (app->json)
        app_print(buf_str(&buf));
    else if (findings.count == 0)
        printf("%s\n", app->english ? "All invariants hold." : "すべての整合性が保たれています。");
    return findings.count == 0 ? EXIT_DONE : EXIT_REFUSED;
}

int command_migrate(struct app *app)
{
    struct error error;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    if (app->json)
        app_print_object("state", STR("up_to_date"));
    else
        printf("%s\n", app->english ? "The database is up to date." : "データベースは最新です。");
    return EXIT_DONE;
}

int command_backup(struct app *app)
{
    struct error error;
    if (!app_open(app, &error) || !db_backup_sqlite(app->db, app->args.words[0], &error))
        return app_fail(app, &error);
    if (app->json)
        app_print_object("file", str_from(app->args.words[0]));
    else
        printf("%s\n", app->args.words[0]);
    return EXIT_DONE;
}

struct user_ask {
    struct app *app;
    struct str login, name, role;
    char hash[CRYPTO_PASSWORD_HASH_BYTES];
    row_id id;
};

static bool user_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct user_ask *ask = context;
    struct order_context by = app_context(ask->app);
    return user_create(conn, &by, ask->login, ask->name, ask->role, ask->hash,
                       ask->app->english ? STR("en") : STR("ja"), &ask->id, error);
}

static bool password_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct user_ask *ask = context;
    struct order_context by = app_context(ask->app);
    return user_set_password(conn, &by, ask->login, ask->hash, error);
}

// From --password, else from the environment, else a fresh random one that is printed once.
static bool choose_password(struct app *app, struct str login, struct str *password, bool *made,
                            struct error *error)
{
    const char *given = args_value(&app->args, "password");
    if (!given)
        given = getenv("JUCHU_PASSWORD");
    *made = given == NULL;
    *password = given ? str_from(given) : crypto_token(app->arena, 96);
    return *made || password_check(*password, login, error);
}

static int user_command(struct app *app, db_write_fn fn)
{
    struct error error;
    struct str password;
    bool made;
    const char *name = args_value(&app->args, "name"), *role = args_value(&app->args, "role");
    struct user_ask ask = {.app = app,
                           .login = str_from(app->args.words[0]),
                           .name = str_from(name ? name : ""),
                           .role = str_from(role ? role : "owner")};
    if (!app_open(app, &error) || !choose_password(app, ask.login, &password, &made, &error) ||
        !crypto_password_hash(password, ask.hash, &error) || !app_write(app, fn, &ask, &error))
        return app_fail(app, &error);
    if (app->json) {
        AUTO_BUF buf = buf_make(4096);
        struct json_writer w = json_writer_make(&buf);
        json_begin_object(&w);
        json_put_str(&w, "login", ask.login);
        json_put_str(&w, "password", made ? password : STR_ABSENT);
        json_end_object(&w);
        app_print(buf_str(&buf));
    } else if (made)
        printf(app->english ? "Login %s, password %.*s\n" : "ログインID %s、パスワード %.*s\n",
               app->args.words[0], STR_ARG(password));
    return EXIT_DONE;
}

int command_user_add(struct app *app)
{
    return user_command(app, user_fn);
}

int command_user_password(struct app *app)
{
    return user_command(app, password_fn);
}

int command_user_list(struct app *app)
{
    struct error error;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    struct db_stmt *s = conn ? db_prepare(conn,
                                          "SELECT login, role, name, disabled FROM \"user\" WHERE "
                                          "org_id = $1 ORDER BY login LIMIT 10000",
                                          &error)
                             : NULL;
    if (s)
        db_bind_id(s, 1, app->org_id);
    AUTO_BUF buf = buf_make(16u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_key(&w, "users");
    json_begin_array(&w);
    enum db_step step = s ? db_step(s, &error) : DB_STEP_ERROR;
    for (; step == DB_STEP_ROW; step = db_step(s, &error)) {
        if (!app->json)
            printf("%-20.*s %-8.*s %s %.*s\n", STR_ARG(db_text(s, 0)), STR_ARG(db_text(s, 1)),
                   db_int(s, 3) ? "off" : "on ", STR_ARG(db_text(s, 2)));
        json_begin_object(&w);
        json_put_str(&w, "login", db_text(s, 0));
        json_put_str(&w, "role", db_text(s, 1));
        json_put_str(&w, "name", db_text(s, 2));
        json_put_bool(&w, "disabled", db_int(s, 3) != 0);
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
    db_release(app->db, conn);
    if (step != DB_STEP_DONE)
        return app_fail(app, &error);
    if (app->json)
        app_print(buf_str(&buf));
    return EXIT_DONE;
}

struct token_ask {
    struct app *app;
    struct str name, scopes, role, secret;
    time_ms expires_at;
    row_id id;
};

static bool token_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct token_ask *ask = context;
    struct order_context by = app_context(ask->app);
    return token_create(conn, &by, ask->app->arena, ask->name, ask->scopes, ask->role,
                        ask->expires_at, &ask->id, &ask->secret, error);
}

int command_token_add(struct app *app)
{
    struct error error;
    const char *name = args_value(&app->args, "name"), *scopes = args_value(&app->args, "scopes"),
               *role = args_value(&app->args, "role");
    const char *days = args_value(&app->args, "days");
    int64_t n = 0;
    if (!name)
        return app_usage(app, "--name を指定してください。", "give --name");
    if (days && (!str_to_int64(str_from(days), &n) || n < 1 || n > 3650))
        return app_usage(app, "--days は1〜3650で指定してください。", "--days takes 1 to 3650");
    struct token_ask ask = {.app = app,
                            .name = str_from(name),
                            .scopes = str_from(scopes ? scopes : "orders:read"),
                            .role = str_from(role ? role : "staff"),
                            .expires_at = days ? clock_now(&app->clock) + n * 86400000 : TIME_NONE};
    if (!app_open(app, &error) || !app_write(app, token_fn, &ask, &error))
        return app_fail(app, &error);
    if (app->json)
        app_print_object("token", ask.secret);
    else
        app_print(ask.secret);
    return EXIT_DONE;
}
