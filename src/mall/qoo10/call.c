// SPDX-License-Identifier: Apache-2.0
//
// The common course of every operation: plan a call, make a certification key first when there is
// none or it has ended, send in style A (qoo10.md §1), read the answer, go on.
// Invariants: a key is made at most once per operation (issuing one may end the one before, §2),
// and only from the API key, ID and password that the shop gave; a call is repeated only after the
// mall's gate refused its key, which happens before anything is done.
// Threads: one operation belongs to one thread at a time. Ownership: everything lives in the
// operation's arena, in `kept` or in `request`, which are freed with it.
#include "mall/qoo10/internal.h"

#define READ_TIMEOUT_MS 60000
#define WRITE_TIMEOUT_MS 30000

static void free_arena(void *arena)
{
    arena_free(arena);
}

static void free_form(void *form)
{
    buf_free(form);
}

static void next(struct mall_op *base, time_ms now, struct mall_action *action);
static void feed(struct mall_op *base, time_ms now, const struct http_response *response);

void *qoo10_op_new(size_t size, const struct qoo10_steps *steps, const struct mall_account *account,
                   const struct mall_sink *sink, struct error *error)
{
    struct qoo10_op *op = mall_op_new(size, &qoo10_mall, account, sink, error);
    if (!op)
        return NULL;
    struct arena *arena = op->base.arena;
    op->call.form = buf_make(QOO10_REQUEST_BYTES_MAX);
    op->kept = arena_new(QOO10_KEPT_BYTES_MAX);
    bool kept = arena_defer(arena, free_arena, op->kept);
    op->request = arena_new(QOO10_REQUEST_BYTES_MAX * 4);
    kept = arena_defer(arena, free_arena, op->request) && kept;
    kept = arena_defer(arena, free_form, &op->call.form) && kept;
    if (!kept || !op->kept || !op->request) {
        mall_op_free(&op->base);
        error_no_memory(error);
        return NULL;
    }
    op->base.next = next;
    op->base.feed = feed;
    op->steps = steps;
    op->key = str_trim(account_setting(&op->base.account, "certification_key"));
    return op;
}

void qoo10_fail(struct qoo10_op *op, const struct error *error)
{
    mall_op_fail(&op->base, error);
}

void qoo10_no_memory(struct qoo10_op *op)
{
    struct error error;
    error_no_memory(&error);
    qoo10_fail(op, &error);
}

struct str qoo10_setting(const struct qoo10_op *op, const char *key)
{
    return account_setting(&op->base.account, key);
}

void qoo10_warn(struct qoo10_op *op, struct str order_no, const struct error *warning)
{
    const struct mall_sink *sink = op->base.sink;
    if (sink && sink->warning)
        sink->warning(sink->context, order_no, warning);
}

bool qoo10_progress(struct qoo10_op *op, struct str state)
{
    const struct mall_sink *sink = op->base.sink;
    struct error error = {0};
    if (!state.p) {
        qoo10_no_memory(op);
        return false;
    }
    if (!sink || !sink->progress || sink->progress(sink->context, state, &error))
        return true;
    qoo10_fail(op, &error);
    return false;
}

bool qoo10_learn(struct qoo10_op *op, const char *key, struct str value, const char *credential,
                 time_ms expires_at, const char *known_by)
{
    const struct mall_sink *sink = op->base.sink;
    struct error error = {0};
    if (!sink || !sink->learned ||
        sink->learned(sink->context, key, value, credential, expires_at, known_by, &error))
        return true;
    qoo10_fail(op, &error);
    return false;
}

bool qoo10_can_make_key(const struct mall_account *account)
{
    return account_setting(account, "qapi_key").n > 0 &&
           account_setting(account, "qsm_user_id").n > 0 &&
           account_setting(account, "qsm_password").n > 0;
}

void qoo10_call(struct qoo10_op *op, const char *service, const char *method, bool writes)
{
    buf_reset(&op->call.form);
    op->call.service = service;
    op->call.method = method;
    op->call.writes = writes;
    buf_add(&op->call.form, STR("returnType=application%2Fjson"));
}

void qoo10_put(struct qoo10_op *op, const char *name, struct str value)
{
    buf_addf(&op->call.form, "&%s=", name);
    http_url_encode(&op->call.form, value);
}

void qoo10_put_time(struct qoo10_op *op, const char *name, time_ms t)
{
    char text[16];
    qoo10_put(op, name, time_format_yahoo(t, text)); // the same fourteen digits
}

void qoo10_call_shipping(struct qoo10_op *op, int status, int condition, time_ms from, time_ms to)
{
    qoo10_call(op, "ShippingBasic", "GetShippingInfo_v3", false);
    buf_addf(&op->call.form, "&ShippingStatus=%d", status);
    qoo10_put_time(op, "SearchStartDate", from);
    qoo10_put_time(op, "SearchEndDate", to);
    buf_addf(&op->call.form, "&SearchCondition=%d", condition);
}

void qoo10_call_by_order_no(struct qoo10_op *op, int64_t order_no)
{
    qoo10_call(op, "ShippingBasic", "GetShippingAndClaimInfoByOrderNo_V2", false);
    buf_addf(&op->call.form, "&OrderNo=%lld", (long long)order_no);
}

// --- the key ---

static bool key_due(const struct qoo10_op *op)
{
    bool missing = str_is_empty(op->key) || op->key_wanted || op->key_forced;
    return missing && !op->key_renewed;
}

static void no_key(struct qoo10_op *op)
{
    struct error error;
    error_set(&error, ERROR_AUTH_INVALID, "qoo10.key_missing",
              "Qoo10の販売者認証キーが登録されていません。",
              "There is no certification key of Qoo10.");
    error_hint(&error,
               "販売者認証キーを登録するか、APIキー・QSMのID・パスワードを登録してください。",
               "Enter the certification key, or API key, QSM ID and password to make one.");
    qoo10_fail(op, &error);
}

static void plan_key(struct qoo10_op *op)
{
    qoo10_call(op, "CertificationAPI", "CreateCertificationKey", false);
    qoo10_put(op, "user_id", str_trim(qoo10_setting(op, "qsm_user_id")));
    qoo10_put(op, "pwd", qoo10_setting(op, "qsm_password"));
    op->key_asked = true;
}

static void take_key(struct qoo10_op *op, time_ms now, struct json object)
{
    char today[12];
    struct str key = str_trim(json_str(object));
    struct error error;
    op->key_renewed = true;
    op->key_wanted = op->key_forced = false;
    if (str_is_empty(key) || key.n > 4096) {
        error_set(&error, ERROR_MALFORMED, "qoo10.key_unreadable",
                  "Qoo10が発行した販売者認証キーを読み取れません。",
                  "The certification key that Qoo10 made can't be read.");
        qoo10_fail(op, &error);
        return;
    }
    op->key = str_dup(op->base.arena, key);
    if (arena_failed(op->base.arena)) {
        qoo10_no_memory(op);
        return;
    }
    if (qoo10_learn(op, "certification_key", op->key, "certification_key",
                    now + QOO10_KEY_DAYS * QOO10_DAY_MS, "estimated"))
        qoo10_learn(op, "certification_key_issued_on", day_format(day_in_jst(now), today), NULL,
                    TIME_NONE, "");
}

// --- one round ---

static void make_request(struct qoo10_op *op, struct mall_action *action)
{
    struct http_request *r = &action->request;
    struct str key = op->key_asked ? str_trim(qoo10_setting(op, "qapi_key")) : op->key;
    arena_reset(op->request);
    r->method = HTTP_POST;
    r->url = arena_printf(op->request, "%.*s/GMKT.INC.Front.QAPIService/ebayjapan.qapi/%s.%s",
                          STR_ARG(op->base.account.base_url), op->call.service, op->call.method);
    r->body = str_dup(op->request, buf_str(&op->call.form));
    r->timeout_ms = op->call.writes ? WRITE_TIMEOUT_MS : READ_TIMEOUT_MS;
    r->response_bytes_max = QOO10_RESPONSE_BYTES_MAX;
    http_add_header(r, STR("GiosisCertificationKey"), key, true);
    http_add_header(r, STR("QAPIVersion"), STR("1.0"), false);
    http_add_header(r, STR("Content-Type"), STR("application/x-www-form-urlencoded; charset=UTF-8"),
                    false);
    action->kind = MALL_SEND;
    action->operation = op->call.method;
    action->rate_family = QOO10_RATE_FAMILY;
    action->writes = op->call.writes;
    if (op->call.form.failed || arena_failed(op->request))
        qoo10_no_memory(op);
}

static void next(struct mall_op *base, time_ms now, struct mall_action *action)
{
    struct qoo10_op *op = (struct qoo10_op *)base;
    op->call.method = NULL;
    op->key_asked = false;
    if (key_due(op)) {
        if (!qoo10_can_make_key(&base->account)) {
            no_key(op);
            return;
        }
        plan_key(op);
    } else {
        op->steps->plan(op, now);
    }
    if (!base->done && !base->failed)
        make_request(op, action);
}

// A key that has ended can be replaced when the shop gave what one is made from.
static bool can_renew(const struct qoo10_op *op, const struct error *error)
{
    return error->class == ERROR_AUTH_EXPIRED && !op->key_renewed && !op->key_asked &&
           qoo10_can_make_key(&op->base.account);
}

static void feed(struct mall_op *base, time_ms now, const struct http_response *response)
{
    struct qoo10_op *op = (struct qoo10_op *)base;
    struct json object;
    struct error error = {0};
    if (!op->call.method)
        return;
    if (qoo10_judge(op->kept, response, op->call.method, op->call.writes, op->proven, now, &object,
                    &error)) {
        if (op->key_asked) {
            take_key(op, now, object);
            return;
        }
        op->proven = true;
        op->steps->take(op, now, object);
        return;
    }
    if (can_renew(op, &error)) {
        op->key_wanted = true;
        return;
    }
    if (!op->steps->refused || !op->steps->refused(op, now, &error))
        qoo10_fail(op, &error);
}
