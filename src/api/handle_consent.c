// SPDX-License-Identifier: Apache-2.0
//
// A person's consent at a mall (OAuth). The page's address carries a state: random, kept only as a
// hash, bound to shop and session, good once and for fifteen minutes. A code that comes without
// such a state (somebody else's consent slipped to a logged-in person) is not looked at.
#include "api/handlers.h"

#include <string.h>

#define CONSENT_MS (15 * 60000LL)

struct consent {
    struct request *r;
    row_id shop_id;
    unsigned char state_hash[32];
    struct str mall, code;
    bool known; // the state was one of ours
};

static bool begin_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct consent *c = context;
    struct request *r = c->r;
    struct db_stmt *s =
        db_prepare(conn, "DELETE FROM consent WHERE org_id = $1 AND expires_at <= $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_int(s, 2, r->by.now);
    if (!db_run(s, error))
        return false;
    s = db_prepare(conn,
                   "INSERT INTO consent (org_id, state_hash, shop_id, session_hash, expires_at) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_blob(s, 2, str_make((const char *)c->state_hash, sizeof c->state_hash));
    db_bind_id(s, 3, c->shop_id);
    db_bind_blob(s, 4, str_make((const char *)r->session_hash, sizeof r->session_hash));
    db_bind_int(s, 5, r->by.now + CONSENT_MS);
    return db_run(s, error);
}

static bool page_of(struct request *r, const struct shop *shop, struct str state, struct str *url,
                    struct error *error)
{
    struct mall_account account;
    struct db_conn *conn = db_acquire(r->api->o.db, error);
    if (!conn)
        return false;
    bool ok = shop_account(conn, r->org_id, shop, r->api->o.key, r->arena, &account, error) &&
              shop->mall->consent_url(&account, state, r->arena, url, error);
    db_release(r->api->o.db, conn);
    return ok;
}

void handle_consent_begin(struct request *r)
{
    struct shop shop;
    struct error error;
    struct str url;
    if (!path_shop(r, &shop))
        return;
    if (!shop.mall->consent_url) {
        reply_problem(r, 404, "not_found", "このモールでは認可は要りません。",
                      "this mall needs no consent");
        return;
    }
    if (!r->api->o.key) {
        reply_problem(r, 503, "unavailable", "このノードには資格情報を暗号化する鍵がありません。",
                      "this node has no key to seal credentials with");
        return;
    }
    struct consent c = {.r = r, .shop_id = shop.id};
    struct str state = crypto_token(r->arena, 256);
    request_release(r);
    crypto_sha256(state, c.state_hash);
    if (!state.p)
        error_no_memory(&error);
    if (!state.p || !page_of(r, &shop, state, &url, &error)) {
        reply_error(r, &error);
        return;
    }
    if (!request_write(r, begin_fn, &c))
        return;
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_put_str(w, "url", url);
    json_put_time(w, "expires_at", r->by.now + CONSENT_MS);
    json_end_object(w);
}

// Takes the state: it is gone whatever comes of it. The session must be the one that began.
static bool take_state(struct consent *c, struct db_conn *conn, struct error *error)
{
    struct request *r = c->r;
    struct str hash = str_make((const char *)c->state_hash, sizeof c->state_hash);
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT shop_id FROM consent WHERE org_id = $1 AND state_hash = "
                                   "$2 AND session_hash = $3 AND expires_at > $4",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_blob(s, 2, hash);
    db_bind_blob(s, 3, str_make((const char *)r->session_hash, sizeof r->session_hash));
    db_bind_int(s, 4, r->by.now);
    enum db_step step = db_step(s, error);
    if (step != DB_STEP_ROW)
        return step == DB_STEP_DONE;
    c->shop_id = db_int(s, 0);
    c->known = true;
    db_reset(s);
    s = db_prepare(conn, "DELETE FROM consent WHERE org_id = $1 AND state_hash = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_blob(s, 2, hash);
    return db_run(s, error);
}

static bool end_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct consent *c = context;
    struct request *r = c->r;
    struct shop shop;
    c->known = false;
    if (!take_state(c, conn, error))
        return false;
    if (!c->known || c->code.n == 0)
        return true;
    if (!shop_read(conn, r->org_id, c->shop_id, r->arena, &shop, error))
        return false;
    if (!str_eq(c->mall, str_from(shop.mall->id))) {
        c->known = false;
        return true;
    }
    struct setting_value value = {STR("authorization_code"), c->code};
    int64_t wanted;
    return shop_set(conn, &r->by, r->api->o.key, c->shop_id, &value, 1, &wanted, error) &&
           audit_add(conn, r, "shop.consent",
                     arena_printf(r->arena, "shop:%lld", (long long)c->shop_id), STR_ABSENT,
                     STR_ABSENT, error);
}

// Back to the screen, which says in words what became of it.
static void send_back(struct request *r, const struct consent *c, const char *outcome)
{
    struct str where = c->known ? arena_printf(r->arena, "/shops?shop=%lld&consent=%s",
                                               (long long)c->shop_id, outcome)
                                : arena_printf(r->arena, "/shops?consent=%s", outcome);
    r->x->status = 303;
    server_add_header(r->x, STR("Location"), where);
}

void handle_consent_end(struct request *r)
{
    struct error error;
    struct str state = query_text(r, "state"), code = query_text(r, "code");
    struct consent c = {.r = r, .mall = r->x->parameters[0], .code = code.p ? code : STR("")};
    if (!r->api->o.key) {
        reply_problem(r, 503, "unavailable", "このノードには資格情報を暗号化する鍵がありません。",
                      "this node has no key to seal credentials with");
        return;
    }
    crypto_sha256(state.p ? state : STR(""), c.state_hash);
    if (!request_write(r, end_fn, &c))
        return;
    if (!c.known || c.code.n == 0) {
        send_back(r, &c, c.known ? "declined" : "unknown");
        return;
    }
    notify_shop(r, c.shop_id);
    bool passed = false, tested = shop_test_passes(r, c.shop_id, &passed, &error);
    send_back(r, &c, !tested ? "stored" : passed ? "ok" : "refused");
    notify_shop(r, c.shop_id);
    notify_engine(r);
}
