// SPDX-License-Identifier: Apache-2.0
//
// Users and bearer tokens in the database; used by handlers and the command line.
#include "api/internal.h"

static const char *const common_passwords[] = {
    "password1234",  "123456789012",    "qwertyuiop12", "passwordpassword",
    "administrator", "juchujuchujuchu", "111111111111", "aaaaaaaaaaaa"};

bool password_check(struct str password, struct str login, struct error *error)
{
    bool weak = str_utf8_length(password) < 12 || password.n > 200 ||
                (login.n >= 4 && str_find(password, login) >= 0);
    for (size_t i = 0; i < sizeof common_passwords / sizeof common_passwords[0]; i++)
        weak = weak || str_eq_nocase(password, str_from(common_passwords[i]));
    if (!weak)
        return true;
    error_set(error, ERROR_BAD_INPUT, "password_weak",
              "このパスワードは推測されやすいため使えません。",
              "this password is too easy to guess");
    return error_hint(error, "12文字以上で、ログインIDを含まないものにしてください。",
                      "Use at least 12 characters, without the login.");
}

bool user_create(struct db_conn *conn, const struct order_context *context, struct str login,
                 struct str name, struct str role, const char *password_hash, struct str language,
                 row_id *id, struct error *error)
{
    login = str_trim(login);
    if (login.n == 0 || login.n > 200 || !str_is_utf8(login))
        return error_set(error, ERROR_BAD_INPUT, "user.login", "ログインIDを入力してください。",
                         "give a login");
    if (role_from_name(role) < 0)
        return error_set(error, ERROR_BAD_INPUT, "user.role",
                         "権限は owner、manager、staff、viewer から選んでください。",
                         "the role is one of owner, manager, staff, viewer");
    struct db_stmt *s = db_prepare(conn,
                                   "INSERT INTO \"user\" (org_id, id, login, name, role, "
                                   "password_hash, language, preferences, disabled, "
                                   "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '{}', 0, $8)",
                                   error);
    if (!s)
        return false;
    *id = id_next(context->ids, context->now);
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, *id);
    db_bind_text(s, 3, login);
    db_bind_text(s, 4, name.n > 0 ? name : login);
    db_bind_text(s, 5, role);
    db_bind_text(s, 6, str_from(password_hash));
    db_bind_text(s, 7, str_eq(language, STR("en")) ? STR("en") : STR("ja"));
    db_bind_int(s, 8, context->now);
    if (db_run(s, error))
        return true;
    if (db_is_unique_violation(error))
        error_set(error, ERROR_BAD_INPUT, "user.login_taken",
                  "ログインID「%.*s」はすでに使われています。", "the login \"%.*s\" is taken",
                  STR_ARG(login));
    return false;
}

bool user_set_password(struct db_conn *conn, const struct order_context *context, struct str login,
                       const char *password_hash, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn, "UPDATE \"user\" SET password_hash = $3 WHERE org_id = $1 AND login = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_text(s, 2, login);
    db_bind_text(s, 3, str_from(password_hash));
    if (!db_run(s, error))
        return false;
    if (db_changes(s) == 0) {
        error_set(error, ERROR_NOT_FOUND, "user.not_found", "ログインID「%.*s」がありません。",
                  "no user \"%.*s\"", STR_ARG(login));
        return error_hint(error, "juchu user list で確認してください。", "See: juchu user list");
    }
    s = db_prepare(conn,
                   "DELETE FROM session WHERE org_id = $1 AND user_id IN (SELECT id FROM \"user\" "
                   "WHERE org_id = $1 AND login = $2)",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_text(s, 2, login);
    return db_run(s, error);
}

static bool scopes_fit(struct str scopes, struct str role, struct error *error)
{
    struct str one, all = scopes;
    AUTO_BUF known = buf_make(300);
    while (str_split(&scopes, ',', &one)) {
        int least = token_scope_role(str_trim(one));
        if (least >= 0 && role_from_name(role) >= least)
            continue;
        if (least >= 0) {
            error_set(error, ERROR_BAD_INPUT, "token.role", "「%.*s」には権限 %s が必要です。",
                      "the scope \"%.*s\" needs the role %s", STR_ARG(str_trim(one)),
                      role_name((enum role)least));
            return error_hint(error, "--role で指定してください。", "Give it with --role.");
        }
        error_set(error, ERROR_BAD_INPUT, "token.scope", "スコープ「%.*s」はありません。",
                  "there is no scope \"%.*s\"", STR_ARG(str_trim(one)));
        for (size_t i = 0; token_scope_name(i); i++)
            buf_addf(&known, "%s%s", i ? ", " : "", token_scope_name(i));
        buf_add_char(&known, '\0');
        return known.failed ? false : error_hint(error, known.p, known.p);
    }
    return all.n > 0 || error_set(error, ERROR_BAD_INPUT, "token.scope",
                                  "スコープを選んでください。", "choose scopes");
}

bool token_create(struct db_conn *conn, const struct order_context *context, struct arena *arena,
                  struct str name, struct str scopes, struct str role, time_ms expires_at,
                  row_id *id, struct str *secret, struct error *error)
{
    unsigned char hash[32];
    if (name.n == 0 || str_utf8_length(name) > 100 || role_from_name(role) < 0)
        return error_set(error, ERROR_BAD_INPUT, "token.name",
                         "トークンの名前と権限を確認してください。",
                         "check the token's name and role");
    if (!scopes_fit(scopes, role, error))
        return false;
    *secret = arena_printf(arena, "juchu_%.*s", STR_ARG(crypto_token(arena, 256)));
    if (arena_failed(arena))
        return error_no_memory(error);
    crypto_sha256(*secret, hash);
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO api_token (org_id, id, name, token_hash, scopes, role, created_by, "
                   "created_at, expires_at, "
                   "used_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL)",
                   error);
    if (!s)
        return false;
    *id = id_next(context->ids, context->now);
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, *id);
    db_bind_text(s, 3, name);
    db_bind_blob(s, 4, str_make((const char *)hash, 32));
    db_bind_text(s, 5, scopes);
    db_bind_text(s, 6, role);
    db_bind_int(s, 7, context->actor.id);
    db_bind_int(s, 8, context->now);
    db_bind_int(s, 9, expires_at);
    if (expires_at == TIME_NONE)
        db_bind_null(s, 9);
    return db_run(s, error);
}
