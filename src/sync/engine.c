// SPDX-License-Identifier: Apache-2.0
//
// The engine's frame: one worker per shop with a queue of jobs, writes handed to the database and
// their ends brought back to the loop, and the look for work that is due. Loop thread only, but for
// sync_wake() and the parts of a write that are named below.
#include "sync/internal.h"
#include "base/memory.h"
#include <unistd.h>

#define TICK_MS 1000
#define STOP_MS 40000
#define DUE_MAX 1280 // the sum of the limits below

struct write {
    struct sync *sync;
    struct job *job;
    bool fenced;
    db_write_fn fn;
    void *context;
    void (*after)(void *context, const struct error *error);
    bool failed;
    struct error error;
    time_ms lease_until;
};

// Database thread.
static bool write_run(void *context, struct db_conn *conn, struct error *error)
{
    struct write *w = context;
    if (w->fenced &&
        !lease_check(conn, w->job->worker, clock_now(&w->sync->o.clock), &w->lease_until, error))
        return false;
    return w->fn(w->context, conn, error);
}

static void job_finish(struct job *job);

static void write_after(void *argument)
{
    struct write *w = argument;
    w->sync->writes_pending--;
    if (w->job) {
        w->job->writes_pending--;
        if (w->fenced && !w->failed)
            w->job->worker->lease_until = w->lease_until;
    }
    // A job that ended with writes under way (a learned token) is freed by the last of them.
    struct job *ending = w->job && w->job->ending && w->job->writes_pending == 0 ? w->job : NULL;
    w->after(w->context, w->failed ? &w->error : NULL);
    memory_free(w);
    if (ending)
        job_finish(ending);
}

// Database thread. The end of a write must reach the loop: there is nobody else to report it to.
static void write_done(void *context, const struct error *error)
{
    struct write *w = context;
    if (error) {
        w->failed = true;
        w->error = *error;
    }
    while (!loop_post(w->sync->o.loop, write_after, w))
        usleep(1000);
}

static void start_write(struct sync *sync, struct job *job, bool fenced, db_write_fn fn,
                        void *context, void (*after)(void *, const struct error *))
{
    struct error error;
    struct write *w = memory_zalloc(1, sizeof *w);
    if (!w) {
        error_no_memory(&error);
        after(context, &error);
        return;
    }
    *w = (struct write){
        .sync = sync, .job = job, .fenced = fenced, .fn = fn, .context = context, .after = after};
    sync->writes_pending++;
    if (job)
        job->writes_pending++;
    if (!db_write_async(sync->o.db, write_run, w, write_done, &error))
        write_done(w, &error);
}

void job_write(struct job *job, bool fenced, db_write_fn fn, void *context,
               void (*after)(void *context, const struct error *error))
{
    start_write(job->worker->sync, job, fenced, fn, context, after);
}

void sync_write(struct sync *sync, db_write_fn fn, void *context,
                void (*after)(void *context, const struct error *error))
{
    start_write(sync, NULL, false, fn, context, after);
}

struct worker *worker_get(struct sync *sync, row_id org_id, row_id shop_id)
{
    struct worker **bucket = &sync->workers[(uint64_t)shop_id * 0x9E3779B97F4A7C15u >> 52];
    for (struct worker *w = *bucket; w; w = w->next_in_bucket) {
        if (w->shop_id == shop_id && w->org_id == org_id)
            return w;
    }
    struct worker *w = memory_zalloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->sync = sync;
    w->org_id = org_id;
    w->shop_id = shop_id;
    w->next_in_bucket = *bucket;
    *bucket = w;
    return w;
}

bool worker_has(const struct worker *worker, enum job_kind kind)
{
    for (const struct job *job = worker->first; job; job = job->next) {
        if (job->kind == kind)
            return true;
    }
    return false;
}

void *job_new(struct worker *worker, enum job_kind kind, size_t size, size_t arena_bytes_max)
{
    struct arena *arena = arena_new(arena_bytes_max);
    if (!arena)
        return NULL;
    struct job *job = arena_alloc(arena, size);
    if (!job)
        return arena_free(arena);
    job->kind = kind;
    job->worker = worker;
    job->arena = arena;
    job->context = (struct order_context){
        .org_id = worker->org_id,
        .actor = {.kind = ACTOR_SYSTEM, .name = STR("Juchu")},
        .now = clock_now(&worker->sync->o.clock),
        .ids = worker->sync->o.ids,
    };
    return job;
}

static void start_next(void *argument)
{
    struct worker *worker = argument;
    if (worker->busy || !worker->first)
        return;
    worker->busy = true;
    worker->first->context.now = clock_now(&worker->sync->o.clock);
    worker->first->start(worker->first);
}

void job_queue(struct job *job)
{
    struct worker *worker = job->worker;
    if (worker->last)
        worker->last->next = job;
    else
        worker->first = job;
    worker->last = job;
    worker->sync->jobs++;
    start_next(worker);
}

void job_end(struct job *job)
{
    job->ending = true;
    if (job->writes_pending == 0)
        job_finish(job);
}

static void job_finish(struct job *job)
{
    struct worker *worker = job->worker;
    if (!job->detached) {
        worker->first = job->next;
        if (!worker->first)
            worker->last = NULL;
        worker->busy = false;
    }
    worker->sync->jobs--;
    if (job->dispose)
        job->dispose(job);
    arena_free(job->arena);
    // Through the loop, so that a long queue of failing jobs doesn't grow the stack.
    if (worker->first && !loop_post(worker->sync->o.loop, start_next, worker))
        start_next(worker);
}

static bool check_block(struct db_conn *conn, const struct worker *w, struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT blocked_reason FROM shop_state WHERE org_id = $1 AND "
                                   "shop_id = $2 AND blocked_until > $3",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, w->shop_id);
    db_bind_int(s, 3, clock_now(&w->sync->o.clock));
    enum db_step step = db_step(s, error);
    if (step != DB_STEP_ROW)
        return step == DB_STEP_DONE;
    error_set(error, ERROR_FENCED, "shop.blocked", "ショップは一時停止中です(%.*s)。",
              "the shop is blocked (%.*s)", STR_ARG(db_text(s, 0)));
    db_reset(s);
    return false;
}

bool job_load(struct db_conn *conn, struct job *job, struct error *error)
{
    const struct worker *w = job->worker;
    return (job->asked || check_block(conn, w, error)) &&
           shop_read(conn, w->org_id, w->shop_id, job->arena, &job->shop, error) &&
           shop_account(conn, w->org_id, &job->shop, w->sync->o.key, job->arena, &job->account,
                        error);
}

void sync_event(struct sync *sync, row_id org_id, const char *type, struct str json)
{
    if (sync->o.event)
        sync->o.event(sync->o.event_context, org_id, type, json);
}

void sync_event_shop(const struct worker *w)
{
    AUTO_BUF buf = buf_make(128);
    buf_addf(&buf, "{\"ids\":[\"%lld\"]}", (long long)w->shop_id);
    if (!buf.failed)
        sync_event(w->sync, w->org_id, "shop.changed", buf_str(&buf));
}

struct due {
    row_id org_id, shop_id, run_id;
    enum job_kind kind;
};

struct look {
    struct sync *sync;
    time_ms now;
    struct due due[DUE_MAX];
    size_t count;
};

static bool collect(struct look *look, struct db_conn *conn, const char *sql, const char *node,
                    enum job_kind kind, struct error *error)
{
    struct db_stmt *s = db_prepare(conn, sql, error);
    if (!s)
        return false;
    db_bind_int(s, 1, look->now);
    if (node)
        db_bind_text(s, 2, str_from(node));
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW && look->count < DUE_MAX; step = db_step(s, error)) {
        look->due[look->count++] = (struct due){
            .org_id = db_int(s, 0), .shop_id = db_int(s, 1), .run_id = db_int(s, 2), .kind = kind};
    }
    if (step == DB_STEP_ROW)
        db_reset(s);
    return step != DB_STEP_ERROR;
}

#define NOT_BLOCKED "(t.blocked_until IS NULL OR t.blocked_until <= $1)"
#define SHOPS_DUE(column, limit)                                                                \
    "SELECT t.org_id, t.shop_id, 0 FROM shop_state t JOIN shop s ON s.org_id = t.org_id AND "   \
    "s.id = t.shop_id WHERE t." column " <= $1 AND s.enabled = 1 AND " NOT_BLOCKED " ORDER BY " \
    "t." column " LIMIT " limit

// What people asked for goes on even when the shop is blocked: one try per question. So does a run
// that nobody works on any more: its node died, or its last write failed.
static bool look_for_runs(struct look *look, struct db_conn *conn, struct error *error)
{
    return collect(look, conn,
                   "SELECT org_id, shop_id, id FROM fetch_run WHERE state = 'queued' AND ended_at "
                   "IS NULL AND started_at <= $1 ORDER BY id LIMIT 256",
                   NULL, JOB_FETCH, error) &&
           collect(look, conn,
                   "SELECT r.org_id, r.shop_id, r.id FROM fetch_run r LEFT JOIN lease l ON "
                   "l.org_id = r.org_id AND l.shop_id = r.shop_id WHERE r.state = 'running' AND "
                   "r.ended_at IS NULL AND r.door <> 'file' AND (l.until IS NULL OR l.until <= $1 "
                   "OR l.node = $2) ORDER BY r.id LIMIT 256",
                   look->sync->o.node, JOB_FETCH, error);
}

// Database thread. Work that people asked for comes first, then what is owed to malls, then the
// schedule. A shop that its mall has refused is left alone until the block ends: each further try
// could lock the account.
static bool look_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct look *look = context;
    look->count = 0;
    if (!look_for_runs(look, conn, error) ||
        !collect(look, conn,
                 "SELECT w.org_id, w.shop_id, 0 FROM writeback w JOIN shop_state t ON t.org_id = "
                 "w.org_id AND t.shop_id = w.shop_id WHERE w.owed = 1 AND w.next_at <= $1 "
                 "AND " NOT_BLOCKED " GROUP BY w.org_id, w.shop_id LIMIT 256",
                 NULL, JOB_PUSH, error))
        return false;
    if (!look->sync->o.automatic)
        return true;
    return collect(look, conn, SHOPS_DUE("next_refresh_at", "128"), NULL, JOB_REFRESH, error) &&
           collect(look, conn, SHOPS_DUE("next_fetch_at", "256"), NULL, JOB_FETCH, error) &&
           collect(look, conn, SHOPS_DUE("next_reread_at", "128"), NULL, JOB_REREAD, error);
}

static struct job *job_for(struct worker *worker, const struct due *due)
{
    switch (due->kind) {
    case JOB_FETCH:
        return fetch_job_new(worker, due->run_id);
    case JOB_PUSH:
        return push_job_new(worker);
    case JOB_REREAD:
        return reread_job_new(worker);
    case JOB_REFRESH:
        return refresh_job_new(worker);
    case JOB_TEST:
        break;
    }
    return NULL;
}

static void look_for_work(struct sync *sync);

static void look_after(void *context, const struct error *failure)
{
    struct look *look = context;
    struct sync *sync = look->sync;
    sync->looking = false;
    if (failure)
        log_error(sync->o.log, "sync.look", failure, NULL);
    for (size_t i = 0; !failure && !sync->stopping && i < look->count; i++) {
        struct due *due = &look->due[i];
        struct worker *worker = worker_get(sync, due->org_id, due->shop_id);
        // A queued run is taken once: its job finds it no longer "queued" the second time.
        if (!worker || (due->run_id == 0 && worker_has(worker, due->kind)) ||
            (due->run_id != 0 && worker->busy))
            continue;
        struct job *job = job_for(worker, due);
        if (job)
            job_queue(job);
    }
    memory_free(look);
    if (sync->look_again) {
        sync->look_again = false;
        look_for_work(sync);
    }
}

static void look_for_work(struct sync *sync)
{
    if (sync->stopping)
        return;
    if (sync->looking) {
        sync->look_again = true;
        return;
    }
    struct look *look = memory_zalloc(1, sizeof *look);
    if (!look)
        return; // the next tick looks again
    look->sync = sync;
    look->now = clock_now(&sync->o.clock);
    sync->looking = true;
    sync_write(sync, look_fn, look, look_after);
}

static void tick(void *argument)
{
    struct sync *sync = argument;
    sync->tick = NULL;
    look_for_work(sync);
    // Without a next tick the schedule would stand still for ever: waiting for memory is better.
    while (!sync->stopping && !(sync->tick = loop_timer_start(
                                    sync->o.loop, clock_now(&sync->o.clock) + TICK_MS, tick, sync)))
        usleep(1000);
}

static void wake(void *argument)
{
    look_for_work(argument);
}

void sync_wake(struct sync *sync)
{
    // Losing a wake-up for lack of memory costs a second: the tick comes anyway.
    (void)loop_post(sync->o.loop, wake, sync);
}

bool sync_is_idle(const struct sync *sync)
{
    return sync->jobs == 0 && sync->writes_pending == 0 && !sync->looking;
}

struct sync *sync_new(const struct sync_options *options, struct error *error)
{
    struct sync *sync = memory_zalloc(1, sizeof *sync);
    if (!sync) {
        error_no_memory(error);
        return NULL;
    }
    sync->o = *options;
    sync->tick = loop_timer_start(sync->o.loop, clock_now(&sync->o.clock), tick, sync);
    if (!sync->tick) {
        memory_free(sync);
        error_no_memory(error);
        return NULL;
    }
    return sync;
}

struct sync *sync_free(struct sync *sync)
{
    if (!sync)
        return NULL;
    sync->stopping = true;
    if (sync->tick)
        loop_timer_cancel(sync->o.loop, sync->tick);
    // What only reads is cut at once. A request that changes something may end in its own time;
    // then it is given up and read back after the next start.
    runs_cut(sync, false);
    int64_t until = clock_monotonic(&sync->o.clock) + STOP_MS;
    while (!sync_is_idle(sync) && clock_monotonic(&sync->o.clock) < until)
        loop_turn(sync->o.loop, 50);
    runs_cut(sync, true);
    while (!sync_is_idle(sync))
        loop_turn(sync->o.loop, 50);
    for (size_t i = 0; i < WORKER_BUCKETS; i++) {
        for (struct worker *w = sync->workers[i], *next; w; w = next) {
            next = w->next_in_bucket;
            memory_free(w);
        }
    }
    memory_free(sync);
    return NULL;
}
