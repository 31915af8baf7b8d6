// SPDX-License-Identifier: Apache-2.0
//
// Idempotency-Key: a POST that is sent again (lost answer, impatient click) does its work once.
// The key is reserved before the handler runs, so that two at the same time can't both run; the
// answer is kept for 24 hours. Keys are stored as hashes and answers sealed under a key made from
// the client's own, so that the table gives away neither personal data nor a new token's secret.
// Only answers of success are kept: after a refusal nothing was changed and it may be tried again.
#include "api/internal.h"
#include "base/crypto.h"

#define KEEP_MS (24 * 3600 * 1000LL)
#define SWEEP_MS (10 * 60000LL)
// A reservation whose process died; the work itself was either done or not, both whole.
#define ABANDONED_MS (5 * 60000LL)
#define BODY_BYTES_MAX (4u << 20)

struct once {
    struct request *r;
    struct str key; // hash, hex
    unsigned char hash[32];
    struct crypto_key seal;
    bool taken; // by this request
    int status; // of the kept answer; 0: still running
    bool same;
    struct str kept;
    struct str answer; // to be kept, base64
    time_ms sweep_before;
};

static struct str hash_text(const unsigned char hash[32])
{
    return str_make((const char *)hash, 32);
}

static bool make_keys(struct once *o, struct str given)
{
    struct request *r = o->r;
    unsigned char digest[32], body[32];
    struct str actor =
        arena_printf(r->arena, "%d %lld ", (int)r->by.actor.kind, (long long)r->by.actor.id);
    struct str text = arena_printf(r->arena, "key %.*s%.*s", STR_ARG(actor), STR_ARG(given));
    crypto_sha256(text, digest);
    o->key = crypto_hex(r->arena, hash_text(digest));
    text = arena_printf(r->arena, "seal %.*s%.*s", STR_ARG(actor), STR_ARG(given));
    crypto_sha256(text, o->seal.bytes);
    crypto_sha256(r->x->body, body);
    text = arena_printf(r->arena, "%s %.*s?%.*s %.*s", http_method_name(r->x->method),
                        STR_ARG(r->x->path), STR_ARG(r->x->query),
                        STR_ARG(crypto_hex(r->arena, hash_text(body))));
    crypto_sha256(text, o->hash);
    return !arena_failed(r->arena);
}

static bool sweep(const struct once *o, struct db_conn *conn, struct error *error)
{
    if (o->sweep_before == TIME_NONE)
        return true;
    struct db_stmt *s =
        db_prepare(conn, "DELETE FROM idempotency WHERE org_id = $1 AND at < $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, o->r->org_id);
    db_bind_int(s, 2, o->sweep_before);
    return db_run(s, error);
}

static bool take_over(struct once *o, struct db_conn *conn, struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "UPDATE idempotency SET request_hash = $3, status = 0, body = "
                                   "'', at = $4 WHERE org_id = $1 AND key = $2",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, o->r->org_id);
    db_bind_text(s, 2, o->key);
    db_bind_blob(s, 3, hash_text(o->hash));
    db_bind_int(s, 4, o->r->by.now);
    o->taken = true;
    return db_run(s, error);
}

static bool look(struct once *o, struct db_conn *conn, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT request_hash, status, body, at FROM idempotency WHERE org_id = $1 AND key = $2",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, o->r->org_id);
    db_bind_text(s, 2, o->key);
    if (db_step(s, error) != DB_STEP_ROW)
        return false;
    o->same = str_eq(db_blob(s, 0), hash_text(o->hash));
    o->status = (int)db_int(s, 1);
    o->kept = str_dup(o->r->arena, db_text(s, 2));
    int64_t age = o->r->by.now - db_time(s, 3);
    db_reset(s);
    if (arena_failed(o->r->arena))
        return error_no_memory(error);
    bool free = age > KEEP_MS || (o->status == 0 && age > ABANDONED_MS);
    return !free || take_over(o, conn, error);
}

static bool reserve_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct once *o = context;
    o->taken = false;
    if (!sweep(o, conn, error))
        return false;
    struct db_stmt *s = db_prepare(conn,
                                   "INSERT INTO idempotency (org_id, key, actor_id, request_hash, "
                                   "status, body, at) VALUES ($1, $2, $3, $4, 0, '', $5) ON "
                                   "CONFLICT (org_id, key) DO NOTHING",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, o->r->org_id);
    db_bind_text(s, 2, o->key);
    db_bind_int(s, 3, o->r->by.actor.id);
    db_bind_blob(s, 4, hash_text(o->hash));
    db_bind_int(s, 5, o->r->by.now);
    if (!db_run(s, error))
        return false;
    if (db_changes(s) > 0) {
        o->taken = true;
        return true;
    }
    return look(o, conn, error);
}

static bool settle_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct once *o = context;
    bool good = o->status >= 200 && o->status < 300;
    struct db_stmt *s = db_prepare(conn,
                                   good ? "UPDATE idempotency SET status = $3, body = $4 WHERE "
                                          "org_id = $1 AND key = $2"
                                        : "DELETE FROM idempotency WHERE org_id = $1 AND key = $2",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, o->r->org_id);
    db_bind_text(s, 2, o->key);
    if (good) {
        db_bind_int(s, 3, o->status);
        db_bind_text(s, 4, o->answer);
    }
    return db_run(s, error);
}

static void settle(struct once *o)
{
    struct request *r = o->r;
    struct error error;
    o->status = r->x->status;
    o->answer = STR("");
    if (r->x->answer.failed)
        o->status = 500;
    if (r->out->n > 0 && o->status < 300) {
        AUTO_BUF sealed = buf_make(BODY_BYTES_MAX);
        bool done = crypto_seal(&o->seal, o->key, buf_str(r->out), &sealed, &error);
        o->answer = done ? crypto_base64(r->arena, buf_str(&sealed)) : STR_ABSENT;
        // What was done is done: the key must not run it again, whatever becomes of the answer.
        if (!done || arena_failed(r->arena))
            o->answer = STR("-");
    }
    if (!db_write(r->api->o.db, settle_fn, o, &error))
        log_error(r->api->o.log, "idempotency.settle", &error, NULL);
}

static void repeat(struct once *o)
{
    struct request *r = o->r;
    struct error error;
    if (!o->same) {
        reply_problem(r, 409, "idempotency_key_reused",
                      "この Idempotency-Key は別の内容の要求に使われています。",
                      "this Idempotency-Key was used for another request");
        return;
    }
    if (o->status == 0) {
        server_add_header(r->x, STR("Retry-After"), STR("2"));
        reply_problem(r, 409, "in_progress", "同じ要求を処理しています。",
                      "the same request is being worked on");
        return;
    }
    if (o->kept.n == 0) {
        r->x->status = o->status;
        server_add_header(r->x, STR("Cache-Control"), STR("no-store"));
        return;
    }
    AUTO_BUF plain = buf_make(BODY_BYTES_MAX);
    struct str sealed;
    if (!crypto_base64_decode(r->arena, o->kept, &sealed) ||
        !crypto_open(&o->seal, o->key, sealed, &plain, &error)) {
        reply_problem(r, 409, "already_done", "この要求はすでに処理されています。",
                      "this request has been done already");
        return;
    }
    server_add_header(r->x, STR("Idempotency-Replayed"), STR("true"));
    struct json_writer *w = reply_json(r, o->status);
    json_write_raw(w, buf_str(&plain));
}

void handle_once(struct request *r)
{
    struct str given = server_request_header(r->x, "Idempotency-Key");
    if (!given.p) {
        r->route->handle(r);
        return;
    }
    if (given.n < 8 || given.n > 100 || !str_is_utf8(given)) {
        reply_problem(r, 422, "invalid", "Idempotency-Key は8〜100文字にしてください。",
                      "an Idempotency-Key has 8 to 100 characters");
        return;
    }
    struct once o = {.r = r, .sweep_before = TIME_NONE};
    int64_t swept = atomic_load(&r->api->swept_at);
    if (r->by.now - swept > SWEEP_MS &&
        atomic_compare_exchange_strong(&r->api->swept_at, &swept, r->by.now))
        o.sweep_before = r->by.now - KEEP_MS;
    struct error error;
    if (!make_keys(&o, given)) {
        error_no_memory(&error);
        reply_error(r, &error);
        return;
    }
    if (!request_write(r, reserve_fn, &o))
        return;
    if (!o.taken) {
        repeat(&o);
        return;
    }
    r->route->handle(r);
    settle(&o);
}
