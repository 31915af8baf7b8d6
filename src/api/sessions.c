// SPDX-License-Identifier: Apache-2.0
//
// Who asks: cookie sessions for browsers (256 random bits, stored hashed, idle 30 minutes renewed
// to at most 12 hours), bearer tokens for programs, and a throttle against guessing. A wrong login
// costs the same time whether the account exists or not.
#include "api/handlers.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdio.h>

#define SESSION_IDLE_MS (12 * 3600 * 1000LL)
#define SESSION_MAX_MS (24 * 3600 * 1000LL)
#define SESSION_TOUCH_MS 60000
#define THROTTLE_SLOTS 4096
#define FAILURES_FREE 5

// A verification that always fails and takes as long as a real one.
static const char decoy_hash[] = "$argon2id$v=19$m=65536,t=2,p=1$c2l4dGVlbmJ5dGVzc2FsdA$"
                                 "0123456789012345678901234567890123456789012";

struct throttle_slot {
    uint64_t key;
    int failures;
    time_ms until, last;
};

struct throttle {
    pthread_mutex_t mutex;
    struct throttle_slot slots[THROTTLE_SLOTS];
};

struct throttle *throttle_new(void)
{
    struct throttle *t = memory_zalloc(1, sizeof *t);
    if (t)
        pthread_mutex_init(&t->mutex, NULL);
    return t;
}

struct throttle *throttle_free(struct throttle *t)
{
    if (t)
        pthread_mutex_destroy(&t->mutex);
    memory_free(t);
    return NULL;
}

static struct throttle_slot *slot_of(struct throttle *t, struct str kind, struct str text)
{
    uint64_t key = str_hash(text) * 31 + str_hash(kind);
    struct throttle_slot *slot = &t->slots[key % THROTTLE_SLOTS];
    if (slot->key != key)
        *slot = (struct throttle_slot){.key = key};
    return slot;
}

// Milliseconds to wait before another try of this login or from this address; 0 = may try.
static int64_t throttled(struct api *api, struct str login, struct str peer, time_ms now)
{
    pthread_mutex_lock(&api->throttle->mutex);
    int64_t a = slot_of(api->throttle, STR("login"), login)->until - now;
    int64_t b = slot_of(api->throttle, STR("peer"), peer)->until - now;
    pthread_mutex_unlock(&api->throttle->mutex);
    int64_t wait = a > b ? a : b;
    return wait > 0 ? wait : 0;
}

static void count_failure(struct throttle_slot *slot, time_ms now, int free)
{
    if (now - slot->last > 15 * 60000)
        slot->failures = 0;
    slot->last = now;
    slot->failures++;
    if (slot->failures > free) {
        int doublings = slot->failures - free > 9 ? 9 : slot->failures - free;
        slot->until = now + (1000LL << doublings);
    }
}

static void note_login(struct api *api, struct str login, struct str peer, time_ms now, bool ok)
{
    pthread_mutex_lock(&api->throttle->mutex);
    struct throttle_slot *of_login = slot_of(api->throttle, STR("login"), login);
    if (ok)
        *of_login = (struct throttle_slot){.key = of_login->key};
    else {
        count_failure(of_login, now, FAILURES_FREE);
        count_failure(slot_of(api->throttle, STR("peer"), peer), now, FAILURES_FREE * 4);
    }
    pthread_mutex_unlock(&api->throttle->mutex);
}

static const char *cookie_name(const struct api *api)
{
    return api->o.secure_cookies ? "__Host-juchu_session" : "juchu_session";
}

static void set_cookie(struct request *r, struct str token, bool end)
{
    server_add_header(r->x, STR("Set-Cookie"),
                      arena_printf(r->arena, "%s=%.*s; Path=/; HttpOnly; SameSite=Lax%s%s",
                                   cookie_name(r->api), STR_ARG(token),
                                   r->api->o.secure_cookies ? "; Secure" : "",
                                   end ? "; Max-Age=0" : ""));
}

struct touch {
    struct request *r;
    time_ms expires_at;
};

static bool touch_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct touch *t = context;
    struct db_stmt *s = db_prepare(
        conn,
        "UPDATE session SET used_at = $3, expires_at = $4 WHERE org_id = $1 AND token_hash = $2",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, t->r->org_id);
    db_bind_blob(s, 2, str_make((const char *)t->r->session_hash, 32));
    db_bind_int(s, 3, clock_now(&t->r->api->o.clock));
    db_bind_int(s, 4, t->expires_at);
    return db_run(s, error);
}

static bool unauthenticated(struct request *r)
{
    reply_problem(r, 401, "unauthenticated", "ログインしてください。", "sign in");
    return false;
}

static bool by_session(struct request *r, struct db_conn *conn, struct str token)
{
    struct error error;
    time_ms now = clock_now(&r->api->o.clock);
    crypto_sha256(token, r->session_hash);
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT s.org_id, s.user_id, s.csrf, s.created_at, s.used_at, "
                                   "s.expires_at, u.name, u.role, u.language, "
                                   "u.disabled FROM session s JOIN \"user\" u ON u.org_id = "
                                   "s.org_id AND u.id = s.user_id WHERE "
                                   "s.token_hash = $1",
                                   &error);
    if (!s) {
        reply_error(r, &error);
        return false;
    }
    db_bind_blob(s, 1, str_make((const char *)r->session_hash, 32));
    enum db_step step = db_step(s, &error);
    if (step == DB_STEP_ERROR) {
        reply_error(r, &error);
        return false;
    }
    if (step == DB_STEP_DONE)
        return unauthenticated(r);
    r->org_id = db_int(s, 0);
    r->user_id = db_int(s, 1);
    r->csrf = str_dup(r->arena, db_text(s, 2));
    time_ms created = db_time(s, 3), used = db_time(s, 4), expires = db_time(s, 5);
    r->user_name = str_dup(r->arena, db_text(s, 6));
    int role = role_from_name(db_text(s, 7));
    if (!server_request_header(r->x, "Accept-Language").p)
        r->english = str_eq(db_text(s, 8), STR("en"));
    bool disabled = db_int(s, 9) != 0;
    db_reset(s);
    if (disabled || role < 0 || expires <= now)
        return unauthenticated(r);
    r->role = (enum role)role;
    if (now - used > SESSION_TOUCH_MS) {
        struct touch touch = {r, now + SESSION_IDLE_MS < created + SESSION_MAX_MS
                                     ? now + SESSION_IDLE_MS
                                     : created + SESSION_MAX_MS};
        // A session that can't be prolonged now still serves this request.
        if (!db_write(r->api->o.db, touch_fn, &touch, &error))
            log_error(r->api->o.log, "session.touch", &error, NULL);
    }
    return true;
}

static bool touch_token_fn(void *context, struct db_conn *conn, struct error *error)
{
    const struct request *r = context;
    struct db_stmt *s =
        db_prepare(conn, "UPDATE api_token SET used_at = $3 WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, r->token_id);
    db_bind_int(s, 3, clock_now(&r->api->o.clock));
    return db_run(s, error);
}

static bool by_token(struct request *r, struct db_conn *conn, struct str token)
{
    struct error error;
    unsigned char hash[32];
    crypto_sha256(token, hash);
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT org_id, id, name, scopes, role, expires_at, created_by, "
                                   "used_at FROM api_token WHERE token_hash = $1 AND "
                                   "revoked_at IS NULL",
                                   &error);
    if (!s) {
        reply_error(r, &error);
        return false;
    }
    db_bind_blob(s, 1, str_make((const char *)hash, 32));
    enum db_step step = db_step(s, &error);
    if (step == DB_STEP_ERROR) {
        reply_error(r, &error);
        return false;
    }
    if (step == DB_STEP_DONE)
        return unauthenticated(r);
    r->org_id = db_int(s, 0);
    r->token_id = db_int(s, 1);
    r->user_name = str_dup(r->arena, db_text(s, 2));
    r->scopes = str_dup(r->arena, db_text(s, 3));
    int role = role_from_name(db_text(s, 4));
    time_ms expires = db_time(s, 5);
    r->user_id = db_int(s, 6);
    time_ms used = db_time(s, 7), now = clock_now(&r->api->o.clock);
    db_reset(s);
    if (role < 0 || (expires != TIME_NONE && expires <= now))
        return unauthenticated(r);
    r->role = (enum role)role;
    // That it can't be noted when it was used doesn't keep it from being used.
    if ((used == TIME_NONE || now - used > SESSION_TOUCH_MS) &&
        !db_write(r->api->o.db, touch_token_fn, r, &error))
        log_error(r->api->o.log, "token.touch", &error, NULL);
    return true;
}

static bool has_scope(struct str scopes, struct str wanted)
{
    struct str one;
    while (str_split(&scopes, ',', &one)) {
        if (str_eq(str_trim(one), wanted))
            return true;
    }
    return false;
}

bool request_authenticate(struct request *r)
{
    struct str bearer = server_request_header(r->x, "Authorization");
    struct str cookie = server_cookie(r->x, cookie_name(r->api));
    bool is_bearer = str_starts(bearer, STR("Bearer "));
    if (!is_bearer && cookie.n == 0)
        return unauthenticated(r);
    struct db_conn *conn = request_read(r);
    if (!conn || !(is_bearer ? by_token(r, conn, str_slice(bearer, 7, bearer.n))
                             : by_session(r, conn, cookie)))
        return false;
    bool scoped = !r->token_id || (strcmp(r->route->scope, "session") != 0 &&
                                   has_scope(r->scopes, str_from(r->route->scope)));
    if (r->role >= r->route->role && scoped)
        return true;
    struct error error;
    error_set(&error, ERROR_FORBIDDEN, "forbidden", "この操作の権限がありません(必要: %s)。",
              "you may not do this (needs: %s)",
              r->token_id && !scoped ? r->route->scope : role_name(r->route->role));
    error_hint(&error, "管理者に権限の変更を依頼してください。",
               "Ask an owner to change your role.");
    reply_error(r, &error);
    return false;
}

static void session_json(struct request *r, struct db_conn *conn, struct str csrf,
                         time_ms expires_at)
{
    struct error error;
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT u.id, u.login, u.name, u.role, u.language, o.name FROM "
                                   "\"user\" u JOIN org o ON o.id = u.org_id "
                                   "WHERE u.org_id = $1 AND u.id = $2",
                                   &error);
    if (s) {
        db_bind_id(s, 1, r->org_id);
        db_bind_id(s, 2, r->user_id);
    }
    if (!s || db_step(s, &error) != DB_STEP_ROW) {
        if (s)
            error_set(&error, ERROR_UNAUTHENTICATED, "unauthenticated", "ログインしてください。",
                      "sign in");
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "user");
    json_begin_object(w);
    json_put_id(w, "id", db_int(s, 0));
    json_put_str(w, "login", db_text(s, 1));
    json_put_str(w, "name", db_text(s, 2));
    json_put_str(w, "role", db_text(s, 3));
    json_put_str(w, "language", db_text(s, 4));
    json_put_bool(w, "enabled", true);
    json_end_object(w);
    json_key(w, "org");
    json_begin_object(w);
    json_put_id(w, "id", r->org_id);
    json_put_str(w, "name", db_text(s, 5));
    json_put_str(w, "time_zone", STR("Asia/Tokyo"));
    json_end_object(w);
    json_put_str(w, "csrf_token", csrf);
    json_put_time(w, "expires_at", expires_at);
    json_put_str(w, "build", str_from(r->api->o.build));
    json_end_object(w);
    db_reset(s);
}

struct login {
    struct request *r;
    struct str csrf, token;
    unsigned char hash[32];
    time_ms now, expires_at;
};

static bool login_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct login *l = context;
    struct db_stmt *s =
        db_prepare(conn, "DELETE FROM session WHERE org_id = $1 AND expires_at <= $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, l->r->org_id);
    db_bind_int(s, 2, l->now);
    if (!db_run(s, error))
        return false;
    s = db_prepare(conn,
                   "INSERT INTO session (org_id, token_hash, user_id, csrf, created_at, used_at, "
                   "expires_at, address, agent) VALUES ($1, $2, "
                   "$3, $4, $5, $5, $6, $7, $8)",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, l->r->org_id);
    db_bind_blob(s, 2, str_make((const char *)l->hash, 32));
    db_bind_id(s, 3, l->r->user_id);
    db_bind_text(s, 4, l->csrf);
    db_bind_int(s, 5, l->now);
    db_bind_int(s, 6, l->expires_at);
    db_bind_text(s, 7, l->r->x->peer);
    struct str agent = server_request_header(l->r->x, "User-Agent");
    agent = str_utf8_cut(agent, 200);
    db_bind_text(s, 8, agent.p && str_is_utf8(agent) ? agent : STR(""));
    return db_run(s, error) &&
           audit_add(conn, l->r, "login", STR("session"), STR_ABSENT, STR_ABSENT, error);
}

struct account {
    bool found;
    row_id org_id, user_id;
    struct str hash, name;
};

static bool find_account(struct request *r, struct str login, struct account *a)
{
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return false;
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT org_id, id, password_hash, name FROM \"user\" WHERE login = $1 AND disabled = 0",
        &error);
    if (s)
        db_bind_text(s, 1, login);
    enum db_step step = s ? db_step(s, &error) : DB_STEP_ERROR;
    if (step == DB_STEP_ERROR) {
        reply_error(r, &error);
        return false;
    }
    *a = (struct account){.found = step == DB_STEP_ROW};
    if (a->found) {
        a->org_id = db_int(s, 0);
        a->user_id = db_int(s, 1);
        a->hash = str_dup(r->arena, db_text(s, 2));
        a->name = str_dup(r->arena, db_text(s, 3));
        db_reset(s);
    }
    return true;
}

static void start_session(struct request *r, const struct account *a, time_ms now)
{
    struct login l = {.r = r, .now = now, .expires_at = now + SESSION_IDLE_MS};
    r->org_id = a->org_id;
    r->user_id = a->user_id;
    r->user_name = a->name;
    r->by = (struct order_context){
        .org_id = r->org_id,
        .actor = {.kind = ACTOR_USER, .id = r->user_id, .name = r->user_name},
        .now = now,
        .ids = r->api->o.ids};
    l.token = crypto_token(r->arena, 256);
    l.csrf = crypto_token(r->arena, 256);
    crypto_sha256(l.token, l.hash);
    struct db_conn *conn;
    if (!request_write(r, login_fn, &l) || !(conn = request_read(r)))
        return;
    set_cookie(r, l.token, false);
    session_json(r, conn, l.csrf, l.expires_at);
}

void handle_login(struct request *r)
{
    struct str login = json_str(json_get(r->body, "login")),
               password = json_str(json_get(r->body, "password"));
    time_ms now = clock_now(&r->api->o.clock);
    if (!login.p || !password.p || login.n > 200 || password.n > 200) {
        reply_problem(r, 422, "invalid", "ログインIDとパスワードを入力してください。",
                      "give login and password");
        return;
    }
    int64_t wait = throttled(r->api, login, r->x->peer, now);
    struct account a;
    struct error error;
    if (wait > 0) {
        error_set(&error, ERROR_RATE_LIMITED, "login_slowed",
                  "失敗が続いたため、%lld秒後にもう一度お試しください。",
                  "too many failures; try again in %lld seconds", (long long)(wait + 999) / 1000);
        reply_problem(r, 429, error.code, error.what_ja, error.what_en);
        server_add_header(r->x, STR("Retry-After"),
                          arena_printf(r->arena, "%lld", (long long)(wait + 999) / 1000));
        return;
    }
    if (!find_account(r, login, &a))
        return;
    error_clear(&error);
    bool right =
        crypto_password_verify(a.found ? str_cstr(r->arena, a.hash) : decoy_hash, password, &error);
    if (error_is_set(&error) && a.found) {
        reply_error(r, &error);
        return;
    }
    right = right && a.found;
    note_login(r->api, login, r->x->peer, now, right);
    if (right)
        start_session(r, &a, now);
    else
        reply_problem(r, 401, "login_failed", "ログインIDまたはパスワードが違います。",
                      "login or password is wrong");
}

void handle_session(struct request *r)
{
    struct db_conn *conn = request_read(r);
    if (conn)
        session_json(r, conn, r->csrf, clock_now(&r->api->o.clock) + SESSION_IDLE_MS);
}

static bool logout_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct request *r = context;
    struct db_stmt *s =
        db_prepare(conn, "DELETE FROM session WHERE org_id = $1 AND token_hash = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_blob(s, 2, str_make((const char *)r->session_hash, 32));
    return db_run(s, error) &&
           audit_add(conn, r, "logout", STR("session"), STR_ABSENT, STR_ABSENT, error);
}

void handle_logout(struct request *r)
{
    if (!request_write(r, logout_fn, r))
        return;
    set_cookie(r, STR(""), true);
    reply_nothing(r);
}
