// SPDX-License-Identifier: Apache-2.0
//
// What the files of the engine share. Everything here lives on the loop's thread; a database
// function (db_write_fn) runs on a database thread and touches only the structure it was given,
// which the loop leaves alone until the write's `after` has been called.
#ifndef JUCHU_SYNC_INTERNAL_H
#define JUCHU_SYNC_INTERNAL_H

#include "sync/pace.h"
#include "sync/sync.h"

#define LEASE_MS 120000
#define SETTLE_MS \
    60000 // default wait after a lost answer: longer than any request of ours can still be under
          // way
#define LEASE_RENEW_MS 80000 // renewed by the next write once less than this is left

struct worker;
struct job;

static inline int64_t settle_ms(const struct sync_options *o)
{
    return o->settle_ms > 0 ? o->settle_ms : SETTLE_MS;
}

enum job_kind { JOB_FETCH, JOB_REREAD, JOB_PUSH, JOB_REFRESH, JOB_TEST };

// One piece of a shop's work. `arena` lives as long as the job.
struct job {
    enum job_kind kind;
    struct worker *worker;
    struct arena *arena;
    struct job *next;
    struct shop shop;
    struct mall_account account;
    struct order_context context; // actor on whose behalf
    // Ends what runs (the loop's half of a cancellation); called when the engine stops.
    void (*start)(struct job *job);
    // Frees what the arena doesn't hold.
    void (*dispose)(struct job *job);
    int writes_pending;
    bool ending;
    bool asked;    // a person waits for it: it goes on though the shop is blocked
    bool detached; // runs beside the queue: a connection test doesn't wait for a long fetch
};

// A shop that this node has work for; kept as long as the engine lives (its pace must survive).
struct worker {
    struct sync *sync;
    row_id org_id, shop_id;
    struct worker *next_in_bucket;
    struct job *first, *last; // queue; `first` is running when `busy`
    bool busy;
    bool pace_ready;
    struct pace pace;
    int64_t fence;
    time_ms lease_until;
};

#define WORKER_BUCKETS 4096

struct sync {
    struct sync_options o;
    struct run *runs;
    struct worker *workers[WORKER_BUCKETS];
    int jobs; // queued or running
    bool stopping;
    bool looking; // a look for due work is under way
    bool look_again;
    struct loop_timer *tick;
    int writes_pending;
};

// The worker of a shop, made when there is none. NULL on lack of memory.
struct worker *worker_get(struct sync *sync, row_id org_id, row_id shop_id);
bool worker_has(const struct worker *worker, enum job_kind kind);
// A job of `size` bytes (struct job first) in an arena of its own. NULL on lack of memory.
void *job_new(struct worker *worker, enum job_kind kind, size_t size, size_t arena_bytes_max);
void job_queue(struct job *job);
// Ends the running job, frees it and starts the shop's next one.
void job_end(struct job *job);

// Runs fn(context) as a database write on behalf of the job's shop; with `fenced` it fails with
// ERROR_FENCED unless this node still holds the lease with the worker's fencing number (and renews
// it when it is about to end). `after` runs on the loop's thread, error NULL on success.
void job_write(struct job *job, bool fenced, db_write_fn fn, void *context,
               void (*after)(void *context, const struct error *error));
// The same without a job.
void sync_write(struct sync *sync, db_write_fn fn, void *context,
                void (*after)(void *context, const struct error *error));

// Takes the shop's lease inside a write: false with ERROR_FENCED when another node has it (unless
// that is a process of this machine that died). Requeues runs that were interrupted and turns
// "sending" obligations into "unknown".
bool lease_take(struct db_conn *conn, struct worker *worker, time_ms now, int64_t *fence,
                struct error *error);
// Fails with ERROR_FENCED unless the lease is still this worker's; renews it when it is about to
// end.
bool lease_check(struct db_conn *conn, const struct worker *worker, time_ms now, time_ms *until,
                 struct error *error);
bool lease_release(struct db_conn *conn, const struct worker *worker, struct error *error);
// Reads shop and account into the job's arena. ERROR_FENCED "shop.blocked" when an earlier job has
// blocked the shop and nobody asked for this one: four jobs that were due at once must not knock
// four times.
bool job_load(struct db_conn *conn, struct job *job, struct error *error);

// Drives one operation of the job over the loop: pacing, retries of reads, waits.
struct run;
struct run_hooks {
    void *context;
    // Before each request, once the mall's pace allows it. True: send it now. False: the hook calls
    // run_go() when it may be sent, or run_abort().
    bool (*before_send)(void *context, struct run *run, const struct mall_action *action);
    // The mall works on what was sent until about then (MALL_ACCEPTED); `done` follows. May be
    // NULL.
    void (*accepted)(void *context, time_ms ask_at);
    // The operation has ended (error NULL: done). The run is freed after this returns.
    void (*done)(void *context, const struct error *error);
};
// Takes ownership of op. NULL on lack of memory (op freed, done not called).
struct run *run_start(struct job *job, struct mall_op *op, const struct run_hooks *hooks);
void run_go(struct run *run);
void run_abort(struct run *run, const struct error *error);
// Holds the run back before its next step (back-pressure) and lets it go on.
void run_pause(struct run *run);
void run_resume(struct run *run);
// True when no run is on the wire or waits for a write: only time brings the next step of each.
bool runs_wait(const struct sync *sync);
// Ends what waits, and what is on the wire without changing anything, as cancelled
// ("sync.stopping"); with `writes_too` everything. Only once the engine stops.
void runs_cut(struct sync *sync, bool writes_too);

void sync_event(struct sync *sync, row_id org_id, const char *type, struct str json);
// shop.changed: {"ids":["…"]}.
void sync_event_shop(const struct worker *w);
// {"class":…,"code":…,"what_ja":…} as stored in error_json columns, and back.
struct str error_to_json(struct arena *arena, const struct error *e);
void error_from_json(struct arena *arena, struct str json, struct error *e);

// Keeps the outcome of a job at the shop: success clears the block, an authentication error blocks
// it until a credential changes, anything else counts and backs off.
bool shop_state_after(struct db_conn *conn, const struct worker *worker, time_ms now,
                      const struct error *failure, struct error *error);

// Fills the sink's functions that are the same for every job: learned credentials are stored and
// used by the job's next operation, warnings are logged. `sink->context` must begin with a struct
// job.
void job_sink_common(struct mall_sink *sink, struct job *job);

// The shop can't be worked on at all (credentials that don't open, an unknown mall): keeps the
// reason and leaves it alone for a quarter of an hour.
bool shop_state_unusable(struct db_conn *conn, const struct worker *worker, time_ms now,
                         const struct error *failure, struct error *error);
// Ends a job that could not begin. A failure that isn't a matter of the moment becomes the end of
// the run (0 = none) and is kept at the shop as above; otherwise the next look tries again.
void job_begin_failed(struct job *job, row_id run_id, const struct error *failure);

// When the shop is fetched next: its interval, spread by ±10 % so that shops don't come in step.
bool fetch_schedule_next(struct db_conn *conn, const struct job *job, time_ms now,
                         const struct rng *rng, struct error *error);
// The next open orders of the shop to read again, round robin by id; the cursor says where to go
// on. At the end of a round also what is quarantined: it may have been mended at the mall, or be
// readable by a newer program.
bool reread_numbers(struct db_conn *conn, const struct worker *worker, int limit,
                    struct arena *arena, struct str **order_nos, size_t *count, row_id *cursor,
                    struct error *error);
bool reread_cursor_store(struct db_conn *conn, const struct worker *worker, row_id cursor,
                         time_ms now, struct error *error);

// Jobs, each in its own file.
struct job *fetch_job_new(struct worker *worker, row_id run_id); // 0 = an automatic run of now
struct job *reread_job_new(struct worker *worker);
struct job *push_job_new(struct worker *worker);
struct job *refresh_job_new(struct worker *worker);

#endif
