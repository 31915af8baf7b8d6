// SPDX-License-Identifier: Apache-2.0
//
// juchu shop consent: a person consents in a browser, and the code comes back by hand. The state in
// the address is checked when the whole address of the callback is pasted.
#include "main/app.h"
#include "base/json.h"
#include "net/http.h"

#include <stdio.h>
#include <unistd.h>

struct consent {
    struct app *app;
    struct shop shop;
    struct str code;
};

static bool store_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct consent *c = context;
    struct order_context by = app_context(c->app);
    struct setting_value value = {STR("authorization_code"), c->code};
    int64_t wanted;
    return shop_set(conn, &by, &c->app->key, c->shop.id, &value, 1, &wanted, error);
}

static bool page_of(struct consent *c, struct str state, struct str *url, struct error *error)
{
    struct app *app = c->app;
    struct mall_account account;
    struct db_conn *conn = db_acquire(app->db, error);
    bool ok = conn && shop_find(conn, app->org_id, str_from(app->args.words[0]), app->arena,
                                &c->shop, error);
    if (ok && !c->shop.mall->consent_url)
        ok = error_set(error, ERROR_BAD_INPUT, "shop.no_consent",
                       "このモールでは認可は要りません。", "this mall needs no consent");
    ok = ok && shop_account(conn, app->org_id, &c->shop, &app->key, app->arena, &account, error) &&
         c->shop.mall->consent_url(&account, state, app->arena, url, error);
    db_release(app->db, conn);
    return ok;
}

// The code alone, or the whole address to which the mall has sent the browser.
static bool take_code(struct app *app, struct str typed, struct str state, struct str *code,
                      struct error *error)
{
    *code = str_trim(typed);
    ptrdiff_t mark = str_find_char(*code, '?');
    if (mark >= 0) {
        struct str query = str_slice(*code, (size_t)mark + 1, code->n);
        struct str given = http_query_value(app->arena, query, "state");
        *code = http_query_value(app->arena, query, "code");
        if (state.p && !str_eq(given, state))
            return error_set(error, ERROR_BAD_INPUT, "consent.state",
                             "このアドレスは今回の認可のものではありません。",
                             "this address isn't of the consent that was begun here");
    }
    if (!str_is_empty(*code))
        return true;
    error_set(error, ERROR_BAD_INPUT, "consent.no_code", "認可コードがありません。",
              "there is no authorization code");
    return error_hint(error, "同意のあとに開いたページのアドレスを、そのまま貼り付けてください。",
                      "Paste the address of the page that opened after the consent.");
}

static bool ask(struct app *app, struct str *typed)
{
    size_t size = 8192;
    char *line = arena_alloc(app->arena, size);
    fprintf(stderr, "%s",
            app->english ? "Address of the page after the consent (or the code): "
                         : "同意後のページのアドレス（またはコード）: ");
    if (!line || !fgets(line, (int)size, stdin))
        return false;
    *typed = str_from(line);
    return true;
}

int command_shop_consent(struct app *app)
{
    struct error error;
    struct consent c = {.app = app};
    const char *given = args_value(&app->args, "code");
    struct str url, typed = given ? str_from(given) : STR_ABSENT, state;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    state = crypto_token(app->arena, 256);
    if (!state.p)
        return error_no_memory(&error), app_fail(app, &error);
    if (!page_of(&c, state, &url, &error))
        return app_fail(app, &error);
    if (!typed.p && app->json) {
        printf("{\"url\":\"%.*s\"}\n", STR_ARG(url)); // made of URL-encoded parts
        return EXIT_DONE;
    }
    if (!typed.p) {
        printf(app->english ? "Open this page, log in and consent:\n%.*s\n"
                            : "次のページを開き、ログインして同意してください。\n%.*s\n",
               STR_ARG(url));
        fflush(stdout);
        if (!ask(app, &typed))
            return EXIT_DONE;
    }
    if (!take_code(app, typed, given ? STR_ABSENT : state, &c.code, &error) ||
        !app_write(app, store_fn, &c, &error))
        return app_fail(app, &error);
    if (app->json)
        printf("{\"stored\":true}\n");
    else
        printf(app->english ? "The code is kept. Check the connection: juchu shop test %s\n"
                            : "認可コードを保存しました。接続の確認: juchu shop test %s\n",
               app->args.words[0]);
    return EXIT_DONE;
}
