// SPDX-License-Identifier: Apache-2.0
//
// What the handlers share. A handler runs on one of the server's threads, reads through
// request_read(), changes through request_write(), and answers with one of the reply functions.
#ifndef JUCHU_API_INTERNAL_H
#define JUCHU_API_INTERNAL_H

#include "api/api.h"
#include "api/order_json.h"
#include "base/json.h"
#include "net/router.h"
#include <stdatomic.h>

enum role { ROLE_PUBLIC, ROLE_VIEWER, ROLE_STAFF, ROLE_MANAGER, ROLE_OWNER };
// "viewer" … "owner"; from_name gives -1 for anything else.
const char *role_name(enum role role);
int role_from_name(struct str name);

struct request {
    struct api *api;
    struct server_exchange *x;
    struct arena *arena;
    const struct api_route *route;
    bool english;
    // Who asks; all 0 on public routes.
    row_id org_id, user_id, token_id;
    enum role role;
    struct str user_name, scopes;
    unsigned char session_hash[32];
    struct str csrf;
    struct order_context by;
    struct connection *connection; // of request_read(), NULL before
    struct json body;              // parsed JSON body, JSON_MISSING without one
    struct buf *out;               // the answer's body (x->answer)
    struct json_writer w;
};

struct api_route {
    struct route route;
    enum role role;
    const char *scope; // "session": no token may call it
    void (*handle)(struct request *r);
    bool keeps_answer; // a POST that takes an Idempotency-Key
};
extern const struct api_route api_routes[];
extern const size_t api_route_count;

struct streams; // event streams, api/events.c

struct api {
    struct api_options o;
    struct throttle *throttle;
    struct streams *streams;
    struct assets *assets;
    _Atomic uint64_t answered[600]; // by status, for /metrics
    _Atomic int64_t swept_at;       // when old idempotency keys were last deleted
};

// The request's read connection, given back when the request ends (the same one each time); NULL
// after having answered with the problem.
struct db_conn *request_read(struct request *r);
// Gives it back at once, before something that takes long.
void request_release(struct request *r);
// Runs a write; false after having answered with the problem.
bool request_write(struct request *r, db_write_fn fn, void *context);

// Answers. `code` of a problem is the last part of the error's own code unless the API names
// another.
void reply_error(struct request *r, const struct error *error);
void reply_problem(struct request *r, int status, const char *code, const char *ja, const char *en);
// A problem with further members: write them to r->w, then reply_problem_end().
void reply_problem_begin(struct request *r, int status, const char *code, const char *ja,
                         const char *en);
void reply_problem_end(struct request *r);
// Begins a JSON answer: r->w is ready for one value.
struct json_writer *reply_json(struct request *r, int status);
void reply_nothing(struct request *r); // 204

// Parameters. An unreadable one answers 422 and returns false.
struct str query_text(struct request *r, const char *name); // absent if missing
bool query_int(struct request *r, const char *name, int64_t least, int64_t most, int64_t *value);
bool query_id(struct request *r, const char *name, row_id *id);
// Day in the company's zone; `end` gives the end of that day.
bool query_day(struct request *r, const char *name, bool end, time_ms *t);
bool path_id(struct request *r, int index, row_id *id);
// Version from If-Match: false after 428 or 422.
bool if_match(struct request *r, int64_t *version);
// Text in the caller's language out of an error.
const char *error_what(const struct request *r, const struct error *e);
const char *error_hint_text(const struct request *r, const struct error *e);
void put_optional(struct json_writer *w, const char *key, struct str v); // "" and absent write null

// idempotency.c: runs the handler, or repeats the answer that an earlier request with the same
// Idempotency-Key got.
void handle_once(struct request *r);

// notify.c: tells the company's screens. Lack of memory loses a hint, never data.
void notify_orders(struct request *r, const row_id *ids, size_t count);
void notify_counts(struct request *r);
void notify_writeback(struct request *r, row_id id, row_id order_id);
void notify_shop(struct request *r, row_id shop_id);
// Wakes the engine, if this process has one.
void notify_engine(struct request *r);

// sessions.c: fills who asks; false after having answered 401 or 403.
bool request_authenticate(struct request *r);
struct throttle *throttle_new(void);
struct throttle *throttle_free(struct throttle *t);

// assets.c: the browser app. True when the path was one of its files (answered).
bool assets_serve(struct request *r);
struct assets *assets_new(const char *directory, struct error *error);
struct assets *assets_free(struct assets *a);

// events.c
struct streams *streams_new(struct api *api);
struct streams *streams_free(struct streams *s);

bool audit_add(struct db_conn *conn, const struct request *r, const char *action, struct str object,
               struct str before, struct str after, struct error *error);

// The least role that a token's scope needs, -1 for an unknown one; the name of the i-th scope,
// NULL behind the last.
int token_scope_role(struct str scope);
const char *token_scope_name(size_t i);

#endif
