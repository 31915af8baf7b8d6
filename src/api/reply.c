// SPDX-License-Identifier: Apache-2.0
//
// Answers and parameters: problems by RFC 9457 in the caller's language, JSON, what a query says.
#include "api/internal.h"
#include <stdio.h>

static const char *const role_names[] = {"public", "viewer", "staff", "manager", "owner"};

const char *role_name(enum role role)
{
    return role_names[role];
}

int role_from_name(struct str name)
{
    for (int i = ROLE_VIEWER; i <= ROLE_OWNER; i++) {
        if (str_eq(name, str_from(role_names[i])))
            return i;
    }
    return -1;
}

const char *error_what(const struct request *r, const struct error *e)
{
    return r->english ? e->what_en : e->what_ja;
}

const char *error_hint_text(const struct request *r, const struct error *e)
{
    return r->english ? e->hint_en : e->hint_ja;
}

static int status_of(const struct error *e)
{
    switch (e->class) {
    case ERROR_BAD_INPUT:
        return 422;
    case ERROR_NOT_FOUND:
        return 404;
    case ERROR_CONFLICT:
        return 409;
    case ERROR_FORBIDDEN:
        return 403;
    case ERROR_UNAUTHENTICATED:
        return 401;
    case ERROR_REJECTED:
        return 409;
    case ERROR_STORAGE:
    case ERROR_FENCED:
    case ERROR_CANCELLED:
        return 503;
    case ERROR_NO_MEMORY:
        return 503;
    default:
        return 500;
    }
}

static const char *title_of(int status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Content";
    case 428:
        return "Precondition Required";
    case 429:
        return "Too Many Requests";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

// A handler that fails after it began its answer answers with the problem alone.
static void begin_answer(struct request *r, int status, struct str type)
{
    struct server_exchange *x = r->x;
    size_t kept = 0;
    for (size_t i = 0; i < x->answer_header_count; i++) {
        struct str name = x->answer_headers[i].name;
        if (!str_eq_nocase(name, STR("Content-Type")) &&
            !str_eq_nocase(name, STR("Cache-Control")) && !str_eq_nocase(name, STR("ETag")))
            x->answer_headers[kept++] = x->answer_headers[i];
    }
    x->answer_header_count = kept;
    buf_reset(r->out);
    x->status = status;
    server_add_header(x, STR("Content-Type"), type);
    server_add_header(x, STR("Cache-Control"), STR("no-store"));
    r->w = json_writer_make(r->out);
}

static void begin_problem(struct request *r, int status, const char *code, const char *detail)
{
    begin_answer(r, status, STR("application/problem+json"));
    json_begin_object(&r->w);
    json_put_str(&r->w, "type", STR("about:blank"));
    json_put_str(&r->w, "title", str_from(title_of(status)));
    json_put_int(&r->w, "status", status);
    json_put_str(&r->w, "code", str_from(code));
    json_put_str(&r->w, "detail", str_from(detail));
}

void reply_error(struct request *r, const struct error *e)
{
    int status = status_of(e);
    if (status >= 500)
        log_error(r->api->o.log, "request.failed", e, NULL);
    begin_problem(r, status, e->code, error_what(r, e));
    put_optional(&r->w, "hint", str_from(error_hint_text(r, e)));
    if (e->subject[0])
        json_put_str(&r->w, "subject", str_from(e->subject));
    if (e->retry_after_ms > 0)
        json_put_int(&r->w, "retry_after", (e->retry_after_ms + 999) / 1000);
    json_end_object(&r->w);
}

void reply_problem(struct request *r, int status, const char *code, const char *ja, const char *en)
{
    begin_problem(r, status, code, r->english ? en : ja);
    json_end_object(&r->w);
}

void reply_problem_begin(struct request *r, int status, const char *code, const char *ja,
                         const char *en)
{
    begin_problem(r, status, code, r->english ? en : ja);
}

void reply_problem_end(struct request *r)
{
    json_end_object(&r->w);
}

struct json_writer *reply_json(struct request *r, int status)
{
    begin_answer(r, status, STR("application/json"));
    return &r->w;
}

void reply_nothing(struct request *r)
{
    buf_reset(r->out);
    r->x->status = 204;
    server_add_header(r->x, STR("Cache-Control"), STR("no-store"));
}

void put_optional(struct json_writer *w, const char *key, struct str v)
{
    json_put_str(w, key, v.n > 0 ? v : STR_ABSENT);
}

struct str query_text(struct request *r, const char *name)
{
    struct str v = http_query_value(r->arena, r->x->query, name);
    return v.n > 0 ? v : STR_ABSENT;
}

static bool bad_parameter(struct request *r, const char *name)
{
    struct error e;
    error_set(&e, ERROR_BAD_INPUT, "invalid", "パラメーター %s の値が正しくありません。",
              "parameter %s has an invalid value", name);
    reply_error(r, &e);
    return false;
}

bool query_int(struct request *r, const char *name, int64_t least, int64_t most, int64_t *value)
{
    struct str text = query_text(r, name);
    if (!text.p)
        return true;
    if (str_to_int64(text, value) && *value >= least && *value <= most)
        return true;
    return bad_parameter(r, name);
}

bool query_id(struct request *r, const char *name, row_id *id)
{
    struct str text = query_text(r, name);
    return !text.p || id_parse(text, id) || bad_parameter(r, name);
}

bool query_day(struct request *r, const char *name, bool end, time_ms *t)
{
    struct str text = query_text(r, name);
    day d;
    if (!text.p)
        return true;
    if (str_find_char(text, 'T') >= 0)
        return time_parse_iso(text, JST_OFFSET_MS, t) || bad_parameter(r, name);
    if (!day_parse(text, &d))
        return bad_parameter(r, name);
    *t = day_start_jst(end ? day_add(d, 1) : d);
    return true;
}

bool path_id(struct request *r, int index, row_id *id)
{
    if (id_parse(r->x->parameters[index], id))
        return true;
    reply_problem(r, 404, "not_found", "見つかりません。", "not found");
    return false;
}

bool if_match(struct request *r, int64_t *version)
{
    struct str given = str_trim(server_request_header(r->x, "If-Match"));
    if (given.n == 0) {
        reply_problem(r, 428, "precondition_required",
                      "If-Match に読み込んだ版を指定してください。",
                      "give the version that you read in If-Match");
        return false;
    }
    if (given.n > 2 && given.p[0] == '"' && given.p[given.n - 1] == '"')
        given = str_slice(given, 1, given.n - 1);
    return (str_to_int64(given, version) && *version >= 0) || bad_parameter(r, "If-Match");
}

bool audit_add(struct db_conn *conn, const struct request *r, const char *action, struct str object,
               struct str before, struct str after, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO audit (org_id, id, at, actor_kind, actor_id, actor_name, action, "
                   "object, before_json, "
                   "after_json, address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->by.org_id);
    db_bind_id(s, 2, id_next(r->by.ids, r->by.now));
    db_bind_int(s, 3, r->by.now);
    db_bind_int(s, 4, r->by.actor.kind);
    db_bind_id(s, 5, r->by.actor.id);
    db_bind_text(s, 6, r->by.actor.name.p ? r->by.actor.name : STR(""));
    db_bind_text(s, 7, str_from(action));
    db_bind_text(s, 8, object.p ? object : STR(""));
    db_bind_text(s, 9, before);
    db_bind_text(s, 10, after);
    db_bind_text(s, 11, r->x->peer);
    return db_run(s, error);
}
