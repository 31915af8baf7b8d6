// SPDX-License-Identifier: Apache-2.0
//
// What outlives a job at its shop: schedule, block, last success and error (table shop_state), and
// the functions of the sink that every job shares.
#include "sync/fetch_store.h"
#include "base/json.h"
#include "base/memory.h"
#include "mall/op.h"

#define REREAD_MS (15 * 60000LL)
#define REREAD_QUARANTINED_MAX 50
#define UNUSABLE_MS (15 * 60000LL)
#define REFRESH_MS (6 * 3600 * 1000LL)

struct str error_to_json(struct arena *arena, const struct error *e)
{
    AUTO_BUF buf = buf_make(16384);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_put_str(&w, "class", str_from(error_class_name(e->class)));
    json_put_str(&w, "code", str_from(e->code));
    json_put_str(&w, "subject", str_from(e->subject));
    json_put_str(&w, "what_ja", str_from(e->what_ja));
    json_put_str(&w, "what_en", str_from(e->what_en));
    json_put_str(&w, "hint_ja", str_from(e->hint_ja));
    json_put_str(&w, "hint_en", str_from(e->hint_en));
    json_put_str(&w, "peer_code", str_from(e->peer_code));
    json_put_str(&w, "peer_text", str_from(e->peer_text));
    json_put_int(&w, "http_status", e->http_status);
    json_end_object(&w);
    return buf.failed ? STR("{}") : str_dup(arena, buf_str(&buf));
}

static void copy_text(char *to, size_t size, struct json v)
{
    struct str text = str_utf8_cut(json_str(v), size - 1);
    if (text.n > 0)
        memcpy(to, text.p, text.n);
    to[text.n] = 0;
}

void error_from_json(struct arena *arena, struct str json, struct error *e)
{
    struct json root;
    struct error ignored;
    error_clear(e);
    if (json.n == 0 || !json_parse(arena, json, true, &root, &ignored))
        return;
    e->class = error_class_from_name(json_str(json_get(root, "class")));
    copy_text(e->code, sizeof e->code, json_get(root, "code"));
    copy_text(e->subject, sizeof e->subject, json_get(root, "subject"));
    copy_text(e->what_ja, sizeof e->what_ja, json_get(root, "what_ja"));
    copy_text(e->what_en, sizeof e->what_en, json_get(root, "what_en"));
    copy_text(e->hint_ja, sizeof e->hint_ja, json_get(root, "hint_ja"));
    copy_text(e->hint_en, sizeof e->hint_en, json_get(root, "hint_en"));
    copy_text(e->peer_code, sizeof e->peer_code, json_get(root, "peer_code"));
    copy_text(e->peer_text, sizeof e->peer_text, json_get(root, "peer_text"));
    int64_t status = 0;
    json_int(json_get(root, "http_status"), &status);
    e->http_status = (int)status;
}

static bool blocks_shop(enum error_class class)
{
    return class == ERROR_AUTH_EXPIRED || class == ERROR_AUTH_INVALID || class == ERROR_IP_DENIED;
}

// What every call of this shop would meet again. An answer that can't be read, or a refusal,
// belongs to one kind of call: the schedule repeats that one, and what is owed to the mall goes on.
static bool holds_shop_back(enum error_class class)
{
    return blocks_shop(class) || class == ERROR_NOT_PERMITTED || error_is_transient(class);
}

// Doubling from one minute to half an hour; an authentication error waits for a person, and is
// tried once a day in case the key came back by itself (malls lock accounts that knock too often).
static time_ms blocked_until(const struct error *failure, int64_t failures, time_ms now)
{
    if (blocks_shop(failure->class))
        return now + 24 * 3600 * 1000LL;
    if (failure->retry_after_ms > 0)
        return now + failure->retry_after_ms;
    int64_t wait = 60000LL << (failures > 5 ? 5 : failures);
    return now + (wait > 1800000 ? 1800000 : wait);
}

static bool count_failures(struct db_conn *conn, const struct worker *w, int64_t *failures,
                           struct error *error)
{
    *failures = 0;
    struct db_stmt *s = db_prepare(
        conn, "SELECT failures FROM shop_state WHERE org_id = $1 AND shop_id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        *failures = db_int(s, 0);
        db_reset(s);
    }
    return step != DB_STEP_ERROR;
}

bool shop_state_after(struct db_conn *conn, const struct worker *w, time_ms now,
                      const struct error *failure, struct error *error)
{
    if (failure && failure->class == ERROR_CANCELLED)
        return true;
    AUTO_ARENA arena = arena_new(1u << 16);
    int64_t failures = 0;
    if (!arena)
        return error_no_memory(error);
    if (failure && !count_failures(conn, w, &failures, error))
        return false;
    struct db_stmt *s = db_prepare(
        conn,
        failure
            ? "UPDATE shop_state SET last_run_at = $3, last_error_json = $4, failures = failures + "
              "1, "
              "blocked_until = $5, blocked_reason = $6 WHERE org_id = $1 AND shop_id = $2"
            : "UPDATE shop_state SET last_run_at = $3, last_success_at = $3, failures = 0, "
              "last_error_json = NULL, blocked_until = NULL, blocked_reason = '' WHERE org_id = $1 "
              "AND shop_id = $2",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_int(s, 3, now);
    if (failure) {
        bool held = holds_shop_back(failure->class);
        db_bind_text(s, 4, error_to_json(arena, failure));
        if (held)
            db_bind_int(s, 5, blocked_until(failure, failures, now));
        else
            db_bind_null(s, 5);
        db_bind_text(s, 6, held ? str_from(failure->code) : STR(""));
    }
    return db_run(s, error);
}

bool shop_state_unusable(struct db_conn *conn, const struct worker *w, time_ms now,
                         const struct error *failure, struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 16);
    if (!arena)
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(
        conn,
        "UPDATE shop_state SET last_run_at = $3, last_error_json = $4, failures = failures + 1, "
        "blocked_until = $5, blocked_reason = $6 WHERE org_id = $1 AND shop_id = $2",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_int(s, 3, now);
    db_bind_text(s, 4, error_to_json(arena, failure));
    db_bind_int(s, 5, now + UNUSABLE_MS);
    db_bind_text(s, 6, str_from(failure->code));
    return db_run(s, error);
}

struct unusable_write {
    struct job *job;
    row_id run_id;
    time_ms now;
    struct error failure;
};

static bool unusable_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct unusable_write *u = context;
    const struct worker *w = u->job->worker;
    struct run_counts none = {0};
    if (u->run_id && !fetch_run_store(conn, w->org_id, u->run_id, "failed", u->now, &none,
                                      STR("{}"), &u->failure, error))
        return false;
    return shop_state_unusable(conn, w, u->now, &u->failure, error);
}

static void unusable_after(void *context, const struct error *failure)
{
    struct unusable_write *u = context;
    if (failure)
        log_error(u->job->worker->sync->o.log, "sync.begin", failure, NULL);
    job_end(u->job);
}

void job_begin_failed(struct job *job, row_id run_id, const struct error *failure)
{
    struct unusable_write *u = NULL;
    if (failure->class != ERROR_FENCED)
        log_error(job->worker->sync->o.log, "sync.begin", failure, NULL);
    // Another node's work, or something that the next look may find mended.
    if (failure->class != ERROR_FENCED && failure->class != ERROR_STORAGE &&
        failure->class != ERROR_NO_MEMORY)
        u = ARENA_NEW(job->arena, struct unusable_write);
    if (!u) {
        job_end(job);
        return;
    }
    *u = (struct unusable_write){job, run_id, clock_now(&job->worker->sync->o.clock), *failure};
    job_write(job, false, unusable_fn, u, unusable_after);
}

bool fetch_schedule_next(struct db_conn *conn, const struct job *job, time_ms now,
                         const struct rng *rng, struct error *error)
{
    bool automatic = account_flag(&job->account, "auto_fetch");
    int64_t minutes = account_integer(&job->account, "fetch_interval_minutes", 15);
    int64_t interval = (minutes < 1 ? 1 : minutes) * 60000;
    int64_t spread = interval / 10;
    time_ms next =
        automatic ? now + interval - spread + (int64_t)rng_below(rng, (uint64_t)(2 * spread) + 1)
                  : INT64_MAX;
    struct db_stmt *s = db_prepare(
        conn, "UPDATE shop_state SET next_fetch_at = $3 WHERE org_id = $1 AND shop_id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, job->worker->org_id);
    db_bind_id(s, 2, job->worker->shop_id);
    db_bind_int(s, 3, next);
    return db_run(s, error);
}

static bool quarantined_numbers(struct db_conn *conn, const struct worker *w, size_t limit,
                                struct arena *arena, struct str *order_nos, size_t *count,
                                struct error *error)
{
    size_t left = limit - *count;
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT order_no FROM listing WHERE org_id = $1 AND shop_id = $2 AND decision = "
                   "'quarantined' AND decision <> 'imported' ORDER BY changed_at DESC LIMIT $3",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_int(s, 3, (int64_t)(left < REREAD_QUARANTINED_MAX ? left : REREAD_QUARANTINED_MAX));
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error))
        order_nos[(*count)++] = str_dup(arena, db_text(s, 0));
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

bool reread_numbers(struct db_conn *conn, const struct worker *w, int limit, struct arena *arena,
                    struct str **order_nos, size_t *count, row_id *cursor, struct error *error)
{
    *count = 0;
    *order_nos = ARENA_ARRAY(arena, struct str, (size_t)limit);
    if (!*order_nos)
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(
        conn, "SELECT reread_cursor FROM shop_state WHERE org_id = $1 AND shop_id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    row_id from = step == DB_STEP_ROW ? db_int(s, 0) : 0;
    if (step == DB_STEP_ROW)
        db_reset(s);
    s = db_prepare(
        conn,
        "SELECT id, order_no FROM \"order\" WHERE org_id = $1 AND shop_id = $2 AND open = 1 "
        "AND id > $3 ORDER BY id LIMIT $4",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_int(s, 3, from);
    db_bind_int(s, 4, limit);
    *cursor = 0;
    for (step = db_step(s, error); step == DB_STEP_ROW; step = db_step(s, error)) {
        *cursor = db_int(s, 0);
        (*order_nos)[(*count)++] = str_dup(arena, db_text(s, 1));
    }
    if (step == DB_STEP_ERROR)
        return false;
    if (*count == (size_t)limit)
        return arena_failed(arena) ? error_no_memory(error) : true;
    // The round is over: the next one begins with the oldest open order again.
    *cursor = 0;
    return quarantined_numbers(conn, w, (size_t)limit, arena, *order_nos, count, error);
}

bool reread_cursor_store(struct db_conn *conn, const struct worker *w, row_id cursor, time_ms now,
                         struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "UPDATE shop_state SET reread_cursor = $3, next_reread_at = $4 WHERE "
                   "org_id = $1 AND shop_id = $2",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_int(s, 3, cursor);
    // In the middle of a round the next part follows soon; the mall's pace spreads the requests.
    db_bind_int(s, 4, now + (cursor ? 60000 : REREAD_MS));
    return db_run(s, error);
}

struct learned_write {
    struct job *job;
    struct order_context context; // the job's own is the loop's
    const char *known_by;         // literals of the connector
    const char *setting_key, *credential_kind;
    struct buf value;
    bool has_value;
    time_ms expires_at;
};

static bool learned_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct learned_write *l = context;
    struct sync *sync = l->job->worker->sync;
    return shop_learned(conn, &l->context, sync->o.key, &l->job->shop, l->setting_key,
                        l->has_value ? buf_str(&l->value) : STR_ABSENT, l->credential_kind,
                        l->expires_at, l->known_by, error);
}

static void learned_after(void *context, const struct error *failure)
{
    struct learned_write *l = context;
    if (failure)
        log_error(l->job->worker->sync->o.log, "credential.learned", failure, NULL);
    if (l->value.p)
        crypto_wipe(l->value.p, l->value.n);
    buf_free(&l->value);
    memory_free(l);
}

// The job's next operation must use the new value.
static void use_value(struct job *job, const char *key, struct str value)
{
    for (size_t i = 0; i < job->account.value_count; i++) {
        if (str_eq(job->account.values[i].key, str_from(key))) {
            struct setting_value *values =
                ARENA_ARRAY(job->arena, struct setting_value, job->account.value_count);
            if (!values)
                return;
            memcpy(values, job->account.values, job->account.value_count * sizeof *values);
            values[i].value = str_dup(job->arena, value);
            job->account.values = values;
            return;
        }
    }
    struct setting_value *values =
        ARENA_ARRAY(job->arena, struct setting_value, job->account.value_count + 1);
    if (!values)
        return;
    if (job->account.value_count > 0)
        memcpy(values, job->account.values, job->account.value_count * sizeof *values);
    values[job->account.value_count++] =
        (struct setting_value){str_dup(job->arena, str_from(key)), str_dup(job->arena, value)};
    job->account.values = values;
}

static bool learned(void *context, const char *setting_key, struct str value,
                    const char *credential_kind, time_ms expires_at, const char *known_by,
                    struct error *error)
{
    struct job *job = context;
    if (setting_key && value.p)
        use_value(job, setting_key, value);
    struct learned_write *l = memory_zalloc(1, sizeof *l);
    if (!l)
        return error_no_memory(error);
    *l = (struct learned_write){.job = job,
                                .context = job->context,
                                .known_by = known_by,
                                .setting_key = setting_key,
                                .credential_kind = credential_kind,
                                .value = buf_make(65536),
                                .has_value = value.p != NULL,
                                .expires_at = expires_at};
    buf_add(&l->value, value);
    if (l->value.failed) {
        buf_free(&l->value);
        memory_free(l);
        return error_no_memory(error);
    }
    job_write(job, false, learned_fn, l, learned_after);
    return true;
}

static bool progress_ignored(void *context, struct str state, struct error *error)
{
    return true;
}

static void check_ignored(void *context, const struct check_result *result) {}

static void warning(void *context, struct str order_no, const struct error *w)
{
    struct job *job = context;
    LOG(job->worker->sync->o.log, LOG_WARNING, "mall.warning",
        log_int("shop", job->worker->shop_id), log_str("order_no", order_no),
        log_str("code", str_from(w->code)), log_str("what", str_from(w->what_en)));
}

void job_sink_common(struct mall_sink *sink, struct job *job)
{
    (void)job;
    sink->learned = learned;
    if (!sink->progress)
        sink->progress = progress_ignored;
    if (!sink->check)
        sink->check = check_ignored;
    if (!sink->warning)
        sink->warning = warning;
}

struct refresh_job {
    struct job job;
    struct mall_sink sink;
    bool failed;
    struct error failure;
};

static bool refresh_begin_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct refresh_job *r = context;
    time_ms now = clock_now(&r->job.worker->sync->o.clock);
    return lease_take(conn, r->job.worker, now, &r->job.worker->fence, error) &&
           job_load(conn, &r->job, error);
}

static bool refresh_end_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct refresh_job *r = context;
    time_ms now = clock_now(&r->job.worker->sync->o.clock);
    struct db_stmt *s = db_prepare(
        conn, "UPDATE shop_state SET next_refresh_at = $3 WHERE org_id = $1 AND shop_id = $2",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->job.worker->org_id);
    db_bind_id(s, 2, r->job.worker->shop_id);
    db_bind_int(s, 3, now + REFRESH_MS);
    if (!db_run(s, error))
        return false;
    // "Expiry unknown" isn't a broken key: only an authentication failure may block the shop.
    if (r->failed && blocks_shop(r->failure.class) &&
        !shop_state_after(conn, r->job.worker, now, &r->failure, error))
        return false;
    return lease_release(conn, r->job.worker, error);
}

static void refresh_ended(void *context, const struct error *failure)
{
    struct refresh_job *r = context;
    if (failure)
        log_error(r->job.worker->sync->o.log, "refresh", failure, NULL);
    job_end(&r->job);
}

static void refresh_done(void *context, const struct error *error)
{
    struct refresh_job *r = context;
    if (error) {
        r->failed = true;
        r->failure = *error;
    }
    job_write(&r->job, true, refresh_end_fn, r, refresh_ended);
}

static void refresh_begun(void *context, const struct error *failure)
{
    struct refresh_job *r = context;
    struct error error;
    error_clear(&error);
    if (failure) {
        job_begin_failed(&r->job, 0, failure);
        return;
    }
    struct mall_op *op = NULL;
    if (r->job.shop.mall->refresh)
        op = r->job.shop.mall->refresh(&r->job.account, &r->sink, &error);
    struct run_hooks hooks = {.context = r, .done = refresh_done};
    if (!op || !run_start(&r->job, op, &hooks))
        refresh_done(r, error_is_set(&error) ? &error : NULL);
}

static void refresh_start(struct job *job)
{
    job_write(job, false, refresh_begin_fn, job, refresh_begun);
}

static bool drop_batch(void *context, struct mall_batch *batch, struct error *error)
{
    mall_batch_free(batch);
    return true;
}

struct job *refresh_job_new(struct worker *worker)
{
    struct refresh_job *r = job_new(worker, JOB_REFRESH, sizeof *r, 8u << 20);
    if (!r)
        return NULL;
    r->job.start = refresh_start;
    r->sink = (struct mall_sink){.context = r, .batch = drop_batch};
    job_sink_common(&r->sink, &r->job);
    return &r->job;
}
