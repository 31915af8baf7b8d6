// SPDX-License-Identifier: Apache-2.0
//
// From a request to a handler: headers that every answer carries, route, who asks and whether they
// may, CSRF, body, answer. One request runs on one server thread from begin to end.
#include "api/internal.h"
#include "base/memory.h"
#include <stdio.h>

#define BODY_MAX (1u << 20)
#define UPLOAD_MAX (64u << 20) // held in memory; the command line takes larger files
#define POLICY                                                                              \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " \
    "font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action " \
    "'self'; "                                                                              \
    "frame-ancestors 'none'"

struct connection {
    struct db *db;
    struct db_conn *conn;
};

static void give_back(void *argument)
{
    struct connection *c = argument;
    if (c->conn)
        db_release(c->db, c->conn);
    c->conn = NULL;
}

void request_release(struct request *r)
{
    if (r->connection)
        give_back(r->connection);
    r->connection = NULL;
}

struct db_conn *request_read(struct request *r)
{
    struct error error;
    if (r->connection)
        return r->connection->conn;
    struct connection *c = ARENA_NEW(r->arena, struct connection);
    struct db_conn *conn = c ? db_acquire(r->api->o.db, &error) : NULL;
    if (!c)
        error_no_memory(&error);
    if (!conn) {
        reply_error(r, &error);
        return NULL;
    }
    *c = (struct connection){r->api->o.db, conn};
    if (arena_defer(r->arena, give_back, c)) {
        r->connection = c;
        return conn;
    }
    error_no_memory(&error); // arena_defer has given it back already
    reply_error(r, &error);
    return NULL;
}

bool request_write(struct request *r, db_write_fn fn, void *context)
{
    struct error error;
    if (db_write(r->api->o.db, fn, context, &error))
        return true;
    reply_error(r, &error);
    return false;
}

static void common_headers(struct request *r)
{
    struct server_exchange *x = r->x;
    server_add_header(x, STR("X-Juchu-Build"), str_from(r->api->o.build));
    server_add_header(x, STR("Content-Security-Policy"), STR(POLICY));
    server_add_header(x, STR("X-Content-Type-Options"), STR("nosniff"));
    server_add_header(x, STR("Referrer-Policy"), STR("no-referrer"));
    server_add_header(x, STR("Cross-Origin-Opener-Policy"), STR("same-origin"));
    server_add_header(x, STR("Permissions-Policy"),
                      STR("camera=(), microphone=(), geolocation=()"));
    if (r->api->o.secure_cookies)
        server_add_header(x, STR("Strict-Transport-Security"), STR("max-age=31536000"));
}

static void choose_language(struct request *r)
{
    struct str accepted = server_request_header(r->x, "Accept-Language");
    ptrdiff_t en = str_find(accepted, STR("en")), ja = str_find(accepted, STR("ja"));
    r->english = en >= 0 && (ja < 0 || en < ja);
}

// A write from a browser needs the session's token, and must not come from another site.
static bool check_csrf(struct request *r)
{
    if (r->x->method == HTTP_GET || r->x->method == HTTP_HEAD || r->token_id ||
        r->route->role == ROLE_PUBLIC) {
        struct str site = server_request_header(r->x, "Sec-Fetch-Site");
        bool foreign = str_eq(site, STR("cross-site"));
        if (!foreign || r->x->method == HTTP_GET || r->x->method == HTTP_HEAD || r->token_id)
            return true;
    } else {
        struct str given = server_request_header(r->x, "X-CSRF-Token");
        if (given.n == r->csrf.n && given.n > 0 && crypto_equal(given.p, r->csrf.p, given.n))
            return true;
    }
    reply_problem(r, 403, "csrf", "画面の有効期限が切れました。再読み込みしてください。",
                  "the page is out of date; reload it");
    return false;
}

static bool parse_body(struct request *r)
{
    if (r->x->body.n == 0)
        return true;
    struct str type = server_request_header(r->x, "Content-Type");
    struct str main_type = type;
    ptrdiff_t semicolon = str_find_char(type, ';');
    if (semicolon >= 0)
        main_type = str_trim(str_slice(type, 0, (size_t)semicolon));
    if (!str_eq_nocase(main_type, STR("application/json")))
        return true; // uploads; a handler that wants JSON finds none
    struct error error;
    if (json_parse(r->arena, r->x->body, false, &r->body, &error))
        return true;
    error.class = ERROR_BAD_INPUT;
    reply_error(r, &error);
    return false;
}

static void method_not_allowed(struct request *r)
{
    reply_problem(r, 405, "method_not_allowed", "このURLではその操作はできません。",
                  "this path has no such method");
}

static void route_api(struct request *r)
{
    int index = router_match(api_routes, api_route_count, sizeof api_routes[0], r->x->method,
                             r->x->path, r->x->parameters);
    if (index == -2) {
        method_not_allowed(r);
        return;
    }
    if (index < 0) {
        reply_problem(r, 404, "not_found", "このURLはありません。", "no such path");
        return;
    }
    r->route = &api_routes[index];
    if (r->route->role != ROLE_PUBLIC && !request_authenticate(r))
        return;
    if (!check_csrf(r) || !parse_body(r))
        return;
    r->by = (struct order_context){
        .org_id = r->org_id,
        .actor = {.kind = r->token_id ? ACTOR_TOKEN : ACTOR_USER,
                  .id = r->token_id ? r->token_id : r->user_id,
                  .name = r->user_name},
        .now = clock_now(&r->api->o.clock),
        .ids = r->api->o.ids,
    };
    if (r->route->keeps_answer)
        handle_once(r);
    else
        r->route->handle(r);
}

void api_handle(void *context, struct server_exchange *x)
{
    struct api *api = context;
    struct request r = {.api = api, .x = x, .arena = x->arena, .out = &x->answer};
    r.x->answer.max = 64u << 20;
    choose_language(&r);
    common_headers(&r);
    bool is_api = str_starts(x->path, STR("/api/")) || str_starts(x->path, STR("/oauth/")) ||
                  str_eq(x->path, STR("/healthz")) || str_eq(x->path, STR("/metrics"));
    if (is_api)
        route_api(&r);
    else if (x->method != HTTP_GET && x->method != HTTP_HEAD)
        method_not_allowed(&r);
    else if (!assets_serve(&r))
        reply_problem(&r, 404, "not_found", "ページがありません。", "no such page");
    if (x->answer.failed) {
        buf_reset(&x->answer);
        reply_problem(&r, 500, "internal", "応答が大きすぎるか、メモリが不足しています。",
                      "the answer is too large, or memory ran out");
    }
    request_release(&r);
    if (x->status >= 0 && x->status < 600)
        atomic_fetch_add_explicit(&api->answered[x->status], 1, memory_order_relaxed);
    if (is_api && !x->stream) {
        time_ms now = clock_now(&api->o.clock);
        LOG(api->o.log, x->status >= 500 ? LOG_ERROR : LOG_DEBUG, "request",
            log_str("method", str_from(http_method_name(x->method))), log_str("path", x->path),
            log_int("status", x->status), log_int("ms", now - x->received_at),
            log_int("user", r.user_id));
    }
}

size_t api_body_limit(void *context, enum http_method method, struct str path)
{
    return method == HTTP_POST && str_eq(path, STR("/api/v1/imports")) ? UPLOAD_MAX : BODY_MAX;
}

struct api *api_new(const struct api_options *options, struct error *error)
{
    struct api *api = memory_zalloc(1, sizeof *api);
    if (!api) {
        error_no_memory(error);
        return NULL;
    }
    api->o = *options;
    api->throttle = throttle_new();
    api->streams = streams_new(api);
    api->assets = assets_new(options->ui_directory, error);
    if (api->throttle && api->streams && api->assets)
        return api;
    if (!api->throttle || !api->streams)
        error_no_memory(error);
    return api_free(api);
}

struct api *api_free(struct api *api)
{
    if (!api)
        return NULL;
    streams_free(api->streams);
    throttle_free(api->throttle);
    assets_free(api->assets);
    memory_free(api);
    return NULL;
}
