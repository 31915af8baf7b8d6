// SPDX-License-Identifier: Apache-2.0
//
// Drives one mall operation over the event loop: asks it what to do, paces and sends its requests,
// repeats reads that failed for a passing reason, feeds it the answers. A request that changes
// something at the mall is sent once and never repeated here, and only while the lease holds on for
// longer than the sending takes: pacing comes first, then the hook that stores "sending", then, at
// once, the request. Loop thread only; a run is freed after its `done` hook.
#include "sync/internal.h"
#include "base/memory.h"

#define READ_ATTEMPTS_MAX 4
#define BACKOFF_BASE_MS 2000
#define BACKOFF_CAP_MS 60000
#define BACKOFF_UNPACED_MS 100 // against a simulated mall
#define LEASE_LEFT_MS 30000    // what must be left of the lease when a write leaves

struct run {
    struct job *job;
    struct mall_op *op;
    struct run_hooks hooks;
    struct mall_action action;
    struct run *next, **link; // of the engine's runs
    struct loop_timer *timer;
    struct http_exchange *exchange; // on the wire
    int attempts;                   // of the request in `action`
    bool paused, step_wanted;
};

static void step(struct run *run);

static void finish(struct run *run, const struct error *error)
{
    struct run_hooks hooks = run->hooks;
    struct error copy;
    if (error)
        copy = *error;
    *run->link = run->next;
    if (run->next)
        run->next->link = run->link;
    mall_op_free(run->op);
    memory_free(run);
    hooks.done(hooks.context, error ? &copy : NULL);
}

static void fail_no_memory(struct run *run)
{
    struct error error;
    error_no_memory(&error);
    finish(run, &error);
}

static void timer_fired(void *argument)
{
    struct run *run = argument;
    run->timer = NULL;
    step(run);
}

static void start_timer(struct run *run, time_ms at, void (*fn)(void *))
{
    run->timer = loop_timer_start(run->job->worker->sync->o.loop, at, fn, run);
    if (!run->timer)
        fail_no_memory(run);
}

static bool is_passing(const struct http_response *response)
{
    switch (response->status) {
    case 0:
        // A certificate that doesn't verify or an answer over the limit stays so.
        return strcmp(response->failure.code, "http.response_too_large") != 0 &&
               strcmp(response->failure.code, "http.certificate") != 0 &&
               response->failure.class == ERROR_NETWORK;
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return true;
    default:
        return false;
    }
}

static int64_t backoff(struct run *run, const struct http_response *response, time_ms now)
{
    int64_t asked = http_retry_after_ms(response, now);
    if (asked > 0)
        return asked > 15 * 60000 ? 15 * 60000 : asked;
    bool hurried = run->job->worker->sync->o.pacing_off;
    int64_t base = hurried ? BACKOFF_UNPACED_MS : BACKOFF_BASE_MS;
    int64_t cap = base << (run->attempts - 1);
    if (cap > BACKOFF_CAP_MS)
        cap = BACKOFF_CAP_MS;
    return base / 20 + (int64_t)rng_below(&run->job->worker->sync->o.rng, (uint64_t)cap);
}

// The request may start by the mall's pace.
static void ready(void *argument)
{
    struct run *run = argument;
    run->timer = NULL;
    if (run->attempts > 0 || !run->hooks.before_send ||
        run->hooks.before_send(run->hooks.context, run, &run->action))
        run_go(run);
}

static void reserve(struct run *run)
{
    struct worker *worker = run->job->worker;
    struct sync *sync = worker->sync;
    time_ms now = clock_now(&sync->o.clock);
    struct error error;
    time_ms at = pace_reserve(&worker->pace, run->action.rate_family, now, &error);
    if (at == TIME_NONE)
        finish(run, &error);
    else if (at > now)
        start_timer(run, at, ready);
    else
        ready(run);
}

static void resend(void *argument)
{
    struct run *run = argument;
    run->timer = NULL;
    reserve(run);
}

static void answered(void *argument, const struct http_response *response)
{
    struct run *run = argument;
    struct worker *worker = run->job->worker;
    time_ms now = clock_now(&worker->sync->o.clock);
    run->exchange = NULL;
    if (response->status == 429)
        pace_limited(&worker->pace, run->action.rate_family, now,
                     http_retry_after_ms(response, now));
    bool again = !run->action.writes && is_passing(response) && run->attempts < READ_ATTEMPTS_MAX &&
                 !worker->sync->stopping;
    if (again) {
        start_timer(run, now + backoff(run, response, now), resend);
        return;
    }
    mall_op_feed(run->op, now, response);
    step(run);
}

static void send_now(struct run *run)
{
    run->attempts++;
    run->exchange = loop_http(run->job->worker->sync->o.loop, &run->action.request, answered, run);
    if (!run->exchange)
        fail_no_memory(run);
}

static void stopped(struct run *run)
{
    struct error error;
    error_set(&error, ERROR_CANCELLED, "sync.stopping", "システム停止のため中断しました。",
              "interrupted because the system stops");
    finish(run, &error);
}

// The next step; a loop instead of recursion when an operation needs no answer.
static void step(struct run *run)
{
    if (run->paused) {
        run->step_wanted = true;
        return;
    }
    struct sync *sync = run->job->worker->sync;
    time_ms now = clock_now(&sync->o.clock);
    mall_op_next(run->op, now, &run->action);
    if (sync->stopping && (run->action.kind == MALL_SEND || run->action.kind == MALL_WAIT)) {
        stopped(run);
        return;
    }
    switch (run->action.kind) {
    case MALL_SEND:
        run->attempts = 0;
        reserve(run);
        return;
    case MALL_WAIT:
        start_timer(run, run->action.wait_until, timer_fired);
        return;
    case MALL_DONE:
        finish(run, NULL);
        return;
    case MALL_ACCEPTED:
        if (run->hooks.accepted)
            run->hooks.accepted(run->hooks.context, run->action.wait_until);
        finish(run, NULL);
        return;
    case MALL_FAILED:
        finish(run, &run->action.error);
        return;
    }
}

struct run *run_start(struct job *job, struct mall_op *op, const struct run_hooks *hooks)
{
    struct run *run = memory_zalloc(1, sizeof *run);
    if (!run) {
        mall_op_free(op);
        return NULL;
    }
    struct worker *worker = job->worker;
    if (!worker->pace_ready) {
        pace_init(&worker->pace, &job->shop.mall->limits, worker->sync->o.pacing_off,
                  clock_now(&worker->sync->o.clock));
        worker->pace_ready = true;
    }
    run->job = job;
    run->op = op;
    run->hooks = *hooks;
    // From a timer, so that the caller has its pointer before the first hook is called.
    run->timer =
        loop_timer_start(worker->sync->o.loop, clock_now(&worker->sync->o.clock), timer_fired, run);
    if (!run->timer) {
        mall_op_free(op);
        memory_free(run);
        return NULL;
    }
    run->link = &worker->sync->runs;
    run->next = worker->sync->runs;
    if (run->next)
        run->next->link = &run->next;
    worker->sync->runs = run;
    return run;
}

void run_go(struct run *run)
{
    const struct worker *worker = run->job->worker;
    struct error error;
    if (worker->sync->stopping) {
        stopped(run);
        return;
    }
    // A process that stood still, or a request that waited for a connection, may have been
    // succeeded meanwhile; what then arrives could be the second notice.
    time_ms last = worker->lease_until - LEASE_LEFT_MS;
    if (run->action.writes && clock_now(&worker->sync->o.clock) > last) {
        error_set(&error, ERROR_FENCED, "lease.too_short",
                  "処理の担当期限が残り少ないため、モールへの送信を見送りました。",
                  "too little is left of the lease to send anything that changes the mall");
        finish(run, &error);
        return;
    }
    if (run->action.writes)
        run->action.request.start_before = last;
    send_now(run);
}

bool runs_wait(const struct sync *sync)
{
    for (const struct run *run = sync->runs; run; run = run->next)
        if (!run->timer)
            return false;
    return true;
}

// The first run that may be cut now, NULL if there is none.
static struct run *next_to_cut(const struct sync *sync, bool writes_too)
{
    struct run *run = sync->runs;
    while (run && !run->timer && !(run->exchange && (writes_too || !run->action.writes)))
        run = run->next;
    return run;
}

void runs_cut(struct sync *sync, bool writes_too)
{
    // A cut run is freed, and what its end starts or frees may change the list: begin anew.
    for (struct run *run; (run = next_to_cut(sync, writes_too));) {
        if (!run->timer) {
            loop_http_cancel(sync->o.loop, run->exchange);
            continue;
        }
        loop_timer_cancel(sync->o.loop, run->timer);
        run->timer = NULL;
        stopped(run);
    }
}

void run_abort(struct run *run, const struct error *error)
{
    finish(run, error);
}

void run_pause(struct run *run)
{
    run->paused = true;
}

void run_resume(struct run *run)
{
    if (!run->paused)
        return;
    run->paused = false;
    if (run->step_wanted) {
        run->step_wanted = false;
        step(run);
    }
}
