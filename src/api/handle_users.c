// SPDX-License-Identifier: Apache-2.0
//
// People, their preferences and passwords, and bearer tokens.
#include "api/handlers.h"
#include "api/input.h"
#include "base/crypto.h"

#define PREFERENCES_BYTES_MAX 65536
#define SCOPES_MAX 10

void handle_preferences_get(struct request *r)
{
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    struct db_stmt *s =
        db_prepare(conn, "SELECT preferences FROM \"user\" WHERE org_id = $1 AND id = $2", &error);
    if (s) {
        db_bind_id(s, 1, r->org_id);
        db_bind_id(s, 2, r->user_id);
    }
    enum db_step step = s ? db_step(s, &error) : DB_STEP_ERROR;
    if (step == DB_STEP_ERROR) {
        reply_error(r, &error);
        return;
    }
    struct str kept = step == DB_STEP_ROW ? str_dup(r->arena, db_text(s, 0)) : STR("{}");
    if (step == DB_STEP_ROW)
        db_reset(s);
    json_write_raw(reply_json(r, 200), kept.n > 0 ? kept : STR("{}"));
}

struct preferences {
    struct request *r;
    struct str language;
};

static bool preferences_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct preferences *p = context;
    struct db_stmt *s = db_prepare(conn,
                                   "UPDATE \"user\" SET preferences = $3, language = COALESCE($4, "
                                   "language) WHERE org_id = $1 AND id = $2",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, p->r->org_id);
    db_bind_id(s, 2, p->r->user_id);
    db_bind_text(s, 3, p->r->x->body);
    db_bind_text(s, 4, p->language);
    return db_run(s, error);
}

void handle_preferences_put(struct request *r)
{
    struct input in;
    struct preferences p = {.r = r};
    if (!input_begin(r, &in))
        return;
    p.language = json_str(json_get(in.body, "language"));
    if (r->x->body.n > PREFERENCES_BYTES_MAX) {
        reply_problem(r, 413, "too_large", "設定が大きすぎます(64KBまで)。",
                      "preferences may have 64 KB");
        return;
    }
    if (p.language.p && !str_eq(p.language, STR("ja")) && !str_eq(p.language, STR("en")))
        input_bad(&in, STR("language"), "unknown", "言語は ja か en です。", "ja or en");
    if (str_find_char(r->x->body, '\0') >= 0)
        input_bad(&in, STR(""), "invalid", "値が正しくありません。", "this value is invalid");
    if (input_done(&in) && request_write(r, preferences_fn, &p))
        json_write_raw(reply_json(r, 200), r->x->body);
}

struct password {
    struct request *r;
    row_id user_id;
    bool keep_this_session;
    char hash[CRYPTO_PASSWORD_HASH_BYTES];
};

static bool store_password(struct db_conn *conn, const struct password *p, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn, "UPDATE \"user\" SET password_hash = $3 WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, p->r->org_id);
    db_bind_id(s, 2, p->user_id);
    db_bind_text(s, 3, str_from(p->hash));
    if (!db_run(s, error))
        return false;
    s = db_prepare(
        conn, "DELETE FROM session WHERE org_id = $1 AND user_id = $2 AND token_hash <> $3", error);
    if (!s)
        return false;
    unsigned char none[32] = {0};
    db_bind_id(s, 1, p->r->org_id);
    db_bind_id(s, 2, p->user_id);
    db_bind_blob(s, 3,
                 str_make((const char *)(p->keep_this_session ? p->r->session_hash : none), 32));
    return db_run(s, error) &&
           audit_add(conn, p->r, "password.change",
                     arena_printf(p->r->arena, "user:%lld", (long long)p->user_id), STR_ABSENT,
                     STR_ABSENT, error);
}

static bool password_fn(void *context, struct db_conn *conn, struct error *error)
{
    return store_password(conn, context, error);
}

static bool read_account(struct request *r, struct str *login, const char **hash)
{
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return false;
    struct db_stmt *s = db_prepare(
        conn, "SELECT login, password_hash FROM \"user\" WHERE org_id = $1 AND id = $2", &error);
    if (s) {
        db_bind_id(s, 1, r->org_id);
        db_bind_id(s, 2, r->user_id);
    }
    enum db_step step = s ? db_step(s, &error) : DB_STEP_ERROR;
    if (step == DB_STEP_ROW) {
        *login = str_dup(r->arena, db_text(s, 0));
        *hash = str_cstr(r->arena, db_text(s, 1));
        db_reset(s);
        return true;
    }
    if (step == DB_STEP_DONE)
        error_set(&error, ERROR_NOT_FOUND, "not_found", "見つかりません。", "not found");
    reply_error(r, &error);
    return false;
}

static void field_problem(struct request *r, const char *code, const char *field, const char *ja,
                          const char *en)
{
    reply_problem_begin(r, 422, code, ja, en);
    json_key(&r->w, "errors");
    json_begin_array(&r->w);
    json_begin_object(&r->w);
    json_put_str(&r->w, "field", str_from(field));
    json_put_str(&r->w, "code", str_from(code));
    json_put_str(&r->w, "detail", str_from(r->english ? en : ja));
    json_end_object(&r->w);
    json_end_array(&r->w);
    reply_problem_end(r);
}

// Checks and hashes; false after having answered.
static bool hash_new(struct request *r, struct str password, struct str login, const char *field,
                     char hash[CRYPTO_PASSWORD_HASH_BYTES])
{
    struct error error;
    if (!password_check(password, login, &error)) {
        field_problem(r, "password_weak", field, error.what_ja, error.what_en);
        return false;
    }
    if (crypto_password_hash(password, hash, &error))
        return true;
    reply_error(r, &error);
    return false;
}

// Passwords are taken exactly as typed.
static struct str raw_text(struct input *in, const char *name)
{
    struct str text = json_str(json_get(in->body, name));
    if (text.n == 0)
        input_bad(in, str_from(name), "required", "入力してください。", "this is required");
    else if (text.n > 200)
        input_bad(in, str_from(name), "too_long", "長すぎます。", "this is too long");
    return text;
}

void handle_password(struct request *r)
{
    struct input in;
    struct password p = {.r = r, .user_id = r->user_id, .keep_this_session = true};
    struct str login;
    const char *hash;
    struct error error;
    if (!input_begin(r, &in))
        return;
    struct str current = raw_text(&in, "current_password"), wanted = raw_text(&in, "new_password");
    if (!input_done(&in) || !read_account(r, &login, &hash))
        return;
    error_clear(&error);
    if (!crypto_password_verify(hash, current, &error)) {
        if (error_is_set(&error))
            reply_error(r, &error);
        else
            field_problem(r, "password_wrong", "current_password", "現在のパスワードが違います。",
                          "the current password is wrong");
        return;
    }
    if (hash_new(r, wanted, login, "new_password", p.hash) && request_write(r, password_fn, &p))
        reply_nothing(r);
}

#define USER_SQL                                                                                  \
    "SELECT u.id, u.login, u.name, u.role, u.language, u.disabled, (SELECT MAX(s.created_at) "    \
    "FROM "                                                                                       \
    "session s WHERE s.org_id = u.org_id AND s.user_id = u.id) FROM \"user\" u WHERE u.org_id = " \
    "$1 "

static void user_json(struct json_writer *w, struct db_stmt *s)
{
    json_begin_object(w);
    json_put_id(w, "id", db_int(s, 0));
    json_put_str(w, "login", db_text(s, 1));
    json_put_str(w, "name", db_text(s, 2));
    json_put_str(w, "role", db_text(s, 3));
    json_put_str(w, "language", db_text(s, 4));
    json_put_bool(w, "enabled", db_int(s, 5) == 0);
    json_put_time(w, "last_login_at", db_time(s, 6));
    json_end_object(w);
}

void handle_users(struct request *r)
{
    struct error error;
    struct db_conn *conn = request_read(r);
    struct db_stmt *s = conn ? db_prepare(conn, USER_SQL "ORDER BY u.id LIMIT 1000", &error) : NULL;
    if (!s) {
        if (conn)
            reply_error(r, &error);
        return;
    }
    db_bind_id(s, 1, r->org_id);
    struct json_writer *w = reply_json(r, 200);
    enum db_step step;
    json_begin_object(w);
    json_key(w, "users");
    json_begin_array(w);
    while ((step = db_step(s, &error)) == DB_STEP_ROW)
        user_json(w, s);
    json_end_array(w);
    json_end_object(w);
    if (step == DB_STEP_ERROR)
        reply_error(r, &error);
}

static void reply_user(struct request *r, int status, row_id id)
{
    struct error error;
    struct db_conn *conn = request_read(r);
    struct db_stmt *s = conn ? db_prepare(conn, USER_SQL "AND u.id = $2", &error) : NULL;
    if (s) {
        db_bind_id(s, 1, r->org_id);
        db_bind_id(s, 2, id);
    }
    enum db_step step = s ? db_step(s, &error) : DB_STEP_ERROR;
    if (step == DB_STEP_ROW) {
        user_json(reply_json(r, status), s);
        db_reset(s);
    } else if (step == DB_STEP_DONE) {
        reply_problem(r, 404, "not_found", "このユーザーはありません。", "no such user");
    } else if (conn) {
        reply_error(r, &error);
    }
}

struct user {
    struct request *r;
    row_id id;
    struct str login, name, role, language;
    bool enabled, has_enabled;
    struct password password;
    bool has_password;
};

static void read_role(struct input *in, struct user *u, bool required)
{
    u->role = input_text(in, "role", 1, 20, required);
    if (u->role.p && role_from_name(u->role) < ROLE_VIEWER)
        input_bad(in, STR("role"), "unknown", "権限を一覧から選んでください。",
                  "viewer, staff, manager or owner");
    u->language = input_text(in, "language", 0, 5, false);
    if (u->language.n > 0 && !str_eq(u->language, STR("ja")) && !str_eq(u->language, STR("en")))
        input_bad(in, STR("language"), "unknown", "言語は ja か en です。", "ja or en");
}

static bool user_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct user *u = context;
    struct request *r = u->r;
    return user_create(conn, &r->by, u->login, u->name, u->role, u->password.hash, u->language,
                       &u->id, error) &&
           audit_add(conn, r, "user.create", arena_printf(r->arena, "user:%lld", (long long)u->id),
                     STR_ABSENT, STR_ABSENT, error);
}

void handle_user_create(struct request *r)
{
    struct input in;
    struct user u = {.r = r};
    struct error error;
    if (!input_begin(r, &in))
        return;
    u.login = input_text(&in, "login", 1, 200, true);
    u.name = input_text(&in, "name", 1, 100, true);
    read_role(&in, &u, true);
    struct str password = raw_text(&in, "password");
    if (!input_done(&in) || !hash_new(r, password, u.login, "password", u.password.hash))
        return;
    if (db_write(r->api->o.db, user_fn, &u, &error)) {
        reply_user(r, 201, u.id);
        return;
    }
    if (strcmp(error.code, "user.login_taken") == 0)
        field_problem(r, "login_taken", "login", error.what_ja, error.what_en);
    else
        reply_error(r, &error);
}

static bool other_owner(struct user *u, struct db_conn *conn, struct error *error)
{
    // Two owners who demote each other at the same time must not both succeed.
    struct db_stmt *s = db_prepare(
        conn,
        db_conn_engine(conn) == DB_POSTGRES
            ? "SELECT id FROM \"user\" WHERE org_id = $1 AND role = 'owner' AND disabled = "
              "0 ORDER BY id LIMIT 1000 FOR UPDATE"
            : "SELECT id FROM \"user\" WHERE org_id = $1 AND role = 'owner' AND disabled = "
              "0 ORDER BY id LIMIT 1000",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, u->r->org_id);
    bool is_owner = false, other = false;
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        is_owner = is_owner || db_int(s, 0) == u->id;
        other = other || db_int(s, 0) != u->id;
    }
    if (step == DB_STEP_ERROR)
        return false;
    if (!is_owner || other)
        return true;
    error_set(error, ERROR_CONFLICT, "last_owner", "最後の所有者は停止や権限の変更ができません。",
              "the last owner can't be disabled or demoted");
    return error_hint(error, "先に別のユーザーを所有者にしてください。",
                      "Make somebody else an owner first.");
}

static bool end_sessions(struct user *u, struct db_conn *conn, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn, "DELETE FROM session WHERE org_id = $1 AND user_id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, u->r->org_id);
    db_bind_id(s, 2, u->id);
    return db_run(s, error);
}

static bool user_patch_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct user *u = context;
    bool demoted = (u->role.p && !str_eq(u->role, STR("owner"))) || (u->has_enabled && !u->enabled);
    if (demoted && !other_owner(u, conn, error))
        return false;
    struct db_stmt *s =
        db_prepare(conn,
                   "UPDATE \"user\" SET name = COALESCE($3, name), role = "
                   "COALESCE($4, role), language = COALESCE($5, language), disabled "
                   "= COALESCE($6, disabled) WHERE org_id = $1 AND id = $2",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, u->r->org_id);
    db_bind_id(s, 2, u->id);
    db_bind_text(s, 3, u->name);
    db_bind_text(s, 4, u->role);
    db_bind_text(s, 5, u->language.n > 0 ? u->language : STR_ABSENT);
    if (u->has_enabled)
        db_bind_int(s, 6, !u->enabled);
    if (!db_run(s, error))
        return false;
    if (db_changes(s) == 0)
        return error_set(error, ERROR_NOT_FOUND, "not_found", "このユーザーはありません。",
                         "no such user");
    if (u->has_password && !store_password(conn, &u->password, error))
        return false;
    if (u->has_enabled && !u->enabled && !end_sessions(u, conn, error))
        return false;
    return audit_add(conn, u->r, "user.change",
                     arena_printf(u->r->arena, "user:%lld", (long long)u->id), STR_ABSENT,
                     STR_ABSENT, error);
}

void handle_user_patch(struct request *r)
{
    struct input in;
    struct user u = {.r = r};
    if (!path_id(r, 0, &u.id) || !input_begin(r, &in))
        return;
    if (json_exists(json_get(in.body, "name")))
        u.name = input_text(&in, "name", 1, 100, true);
    read_role(&in, &u, false);
    u.has_enabled = input_flag(&in, "enabled", &u.enabled);
    struct str password = STR_ABSENT;
    if (!json_is_null(json_get(in.body, "password")))
        password = raw_text(&in, "password");
    if (!input_done(&in))
        return;
    if (password.p) {
        u.has_password = true;
        u.password.r = r;
        u.password.user_id = u.id;
        u.password.keep_this_session = u.id == r->user_id && !r->token_id;
        if (!hash_new(r, password, STR(""), "password", u.password.hash))
            return;
    }
    if (request_write(r, user_patch_fn, &u))
        reply_user(r, 200, u.id);
}

static const struct {
    const char *name;
    enum role role; // least role of its operations
} scopes[] = {
    {"orders:read", ROLE_VIEWER},
    {"orders:write", ROLE_STAFF},
    {"shops:read", ROLE_VIEWER},
    {"shops:write", ROLE_MANAGER},
    {"fetch", ROLE_STAFF},
    {"writebacks:read", ROLE_VIEWER},
    {"writebacks:write", ROLE_STAFF},
    {"settings:write", ROLE_MANAGER},
    {"users:write", ROLE_OWNER},
    {"audit:read", ROLE_MANAGER},
    {"diagnosis", ROLE_STAFF},
};

int token_scope_role(struct str scope)
{
    for (size_t k = 0; k < sizeof scopes / sizeof scopes[0]; k++) {
        if (str_eq(scope, str_from(scopes[k].name)))
            return (int)scopes[k].role;
    }
    return -1;
}

const char *token_scope_name(size_t i)
{
    return i < sizeof scopes / sizeof scopes[0] ? scopes[i].name : NULL;
}

static void token_members(struct json_writer *w, struct db_stmt *s)
{
    struct str rest = db_text(s, 2), one;
    json_put_id(w, "id", db_int(s, 0));
    json_put_str(w, "name", db_text(s, 1));
    json_key(w, "scopes");
    json_begin_array(w);
    while (str_split(&rest, ',', &one))
        json_write_str(w, str_trim(one));
    json_end_array(w);
    json_put_str(w, "role", db_text(s, 3));
    json_put_time(w, "created_at", db_time(s, 4));
    json_put_str(w, "created_by", db_text(s, 7).p ? db_text(s, 7) : STR(""));
    json_put_time(w, "expires_at", db_time(s, 5));
    json_put_time(w, "last_used_at", db_time(s, 6));
}

#define TOKEN_SQL                                                                                \
    "SELECT t.id, t.name, t.scopes, t.role, t.created_at, t.expires_at, t.used_at, u.name FROM " \
    "api_token t LEFT JOIN \"user\" u ON u.org_id = t.org_id AND u.id = t.created_by WHERE "     \
    "t.org_id = $1 AND t.revoked_at IS NULL "

void handle_tokens(struct request *r)
{
    struct error error;
    struct db_conn *conn = request_read(r);
    struct db_stmt *s =
        conn ? db_prepare(conn, TOKEN_SQL "ORDER BY t.id LIMIT 1000", &error) : NULL;
    if (!s) {
        if (conn)
            reply_error(r, &error);
        return;
    }
    db_bind_id(s, 1, r->org_id);
    struct json_writer *w = reply_json(r, 200);
    enum db_step step;
    json_begin_object(w);
    json_key(w, "tokens");
    json_begin_array(w);
    while ((step = db_step(s, &error)) == DB_STEP_ROW) {
        json_begin_object(w);
        token_members(w, s);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
    if (step == DB_STEP_ERROR)
        reply_error(r, &error);
}

struct token {
    struct request *r;
    struct str name, scopes, role, secret;
    time_ms expires_at;
    row_id id;
};

static bool token_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct token *t = context;
    struct order_context by = t->r->by;
    return token_create(conn, &by, t->r->arena, t->name, t->scopes, t->role, t->expires_at, &t->id,
                        &t->secret, error) &&
           audit_add(conn, t->r, "token.create",
                     arena_printf(t->r->arena, "token:%lld", (long long)t->id), STR_ABSENT,
                     STR_ABSENT, error);
}

// The least role that may call what the scopes name.
static void read_scopes(struct input *in, struct token *t)
{
    struct json list = json_get(in->body, "scopes"), v;
    enum role least = ROLE_VIEWER;
    if (json_type(list) != JSON_ARRAY || json_count(list) == 0 || json_count(list) > SCOPES_MAX) {
        input_bad(in, STR("scopes"), "required", "スコープを選んでください。", "choose scopes");
        return;
    }
    t->scopes = STR("");
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);) {
        int role = token_scope_role(json_str(v));
        least = role > (int)least ? (enum role)role : least;
        if (role < 0)
            input_bad(in, STR("scopes"), "unknown", "このスコープはありません。",
                      "there is no such scope");
        t->scopes = arena_printf(in->r->arena, "%.*s%s%.*s", STR_ARG(t->scopes),
                                 t->scopes.n ? "," : "", STR_ARG(json_str(v)));
    }
    int role = t->role.p ? role_from_name(t->role) : (int)least;
    if (role < (int)least || role > (int)in->r->role)
        input_bad(in, STR("role"), "invalid", "このスコープにはより強い権限が必要です。",
                  "these scopes need a stronger role");
    else
        t->role = str_from(role_name((enum role)role));
}

void handle_token_create(struct request *r)
{
    struct input in;
    struct token t = {.r = r, .expires_at = TIME_NONE};
    struct error error;
    if (!input_begin(r, &in))
        return;
    t.name = input_text(&in, "name", 1, 100, true);
    t.role = input_text(&in, "role", 1, 20, false);
    read_scopes(&in, &t);
    if (input_time(&in, "expires_at", &t.expires_at) && t.expires_at <= r->by.now)
        input_bad(&in, STR("expires_at"), "past", "未来の日時を指定してください。",
                  "give a time to come");
    if (!input_done(&in) || !request_write(r, token_fn, &t))
        return;
    struct db_conn *conn = request_read(r);
    struct db_stmt *s = conn ? db_prepare(conn, TOKEN_SQL "AND t.id = $2", &error) : NULL;
    if (s) {
        db_bind_id(s, 1, r->org_id);
        db_bind_id(s, 2, t.id);
    }
    if (!s || db_step(s, &error) != DB_STEP_ROW) {
        if (conn)
            reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 201);
    json_begin_object(w);
    token_members(w, s);
    json_put_str(w, "token", t.secret);
    json_end_object(w);
    db_reset(s);
}

static bool revoke_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct token *t = context;
    struct db_stmt *s =
        db_prepare(conn,
                   "UPDATE api_token SET revoked_at = $3 WHERE org_id = $1 AND id = "
                   "$2 AND revoked_at IS NULL",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, t->r->org_id);
    db_bind_id(s, 2, t->id);
    db_bind_int(s, 3, t->r->by.now);
    if (!db_run(s, error))
        return false;
    if (db_changes(s) == 0)
        return error_set(error, ERROR_NOT_FOUND, "not_found", "このトークンはありません。",
                         "no such token");
    return audit_add(conn, t->r, "token.revoke",
                     arena_printf(t->r->arena, "token:%lld", (long long)t->id), STR_ABSENT,
                     STR_ABSENT, error);
}

void handle_token_delete(struct request *r)
{
    struct token t = {.r = r};
    if (path_id(r, 0, &t.id) && request_write(r, revoke_fn, &t))
        reply_nothing(r);
}
