// SPDX-License-Identifier: Apache-2.0
//
// Connection test as a job of the shop: it keeps to the mall's pace like everything else and
// collects the connector's matrix. Loop thread.
#include "sync/internal.h"
#include "base/memory.h"
#include "mall/op.h"

#define RESULTS_MAX 32

struct test_job {
    struct job job;
    struct mall_sink sink;
    struct check_result results[RESULTS_MAX];
    size_t count;
    void (*done)(void *context, const struct check_result *, size_t, const struct error *);
    void *context;
};

static void take_check(void *context, const struct check_result *result)
{
    struct test_job *t = context;
    if (t->count == RESULTS_MAX)
        return;
    struct check_result *kept = &t->results[t->count++];
    *kept = *result;
    kept->note_ja = str_dup(t->job.arena, result->note_ja);
    kept->note_en = str_dup(t->job.arena, result->note_en);
}

static bool drop_batch(void *context, struct mall_batch *batch, struct error *error)
{
    mall_batch_free(batch);
    return true;
}

static void op_done(void *context, const struct error *error)
{
    struct test_job *t = context;
    t->done(t->context, t->results, t->count, error);
    job_end(&t->job);
}

static bool begin_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct test_job *t = context;
    return job_load(conn, &t->job, error);
}

static void begun(void *context, const struct error *failure)
{
    struct test_job *t = context;
    struct error error;
    if (failure) {
        op_done(t, failure);
        return;
    }
    struct run_hooks hooks = {.context = t, .done = op_done};
    struct mall_op *op = t->job.shop.mall->check(&t->job.account, &t->sink, &error);
    if (op && run_start(&t->job, op, &hooks))
        return;
    if (op)
        error_no_memory(&error);
    op_done(t, &error);
}

static void start(struct job *job)
{
    job_write(job, false, begin_fn, job, begun);
}

struct queued_test {
    struct sync *sync;
    row_id org_id, shop_id;
    void (*done)(void *context, const struct check_result *, size_t, const struct error *);
    void *context;
};

static void make(void *argument)
{
    struct queued_test *q = argument;
    struct error error;
    struct worker *worker = worker_get(q->sync, q->org_id, q->shop_id);
    struct test_job *t = worker ? job_new(worker, JOB_TEST, sizeof *t, 8u << 20) : NULL;
    if (!t) {
        error_no_memory(&error);
        q->done(q->context, NULL, 0, &error);
    } else {
        t->job.start = start;
        t->job.asked = true;
        t->done = q->done;
        t->context = q->context;
        t->sink = (struct mall_sink){.context = t, .batch = drop_batch, .check = take_check};
        job_sink_common(&t->sink, &t->job);
        t->job.detached = true;
        q->sync->jobs++;
        start(&t->job);
    }
    memory_free(q);
}

bool sync_test_shop(struct sync *sync, row_id org_id, row_id shop_id,
                    void (*done)(void *context, const struct check_result *results, size_t count,
                                 const struct error *error),
                    void *context, struct error *error)
{
    struct queued_test *q = memory_zalloc(1, sizeof *q);
    if (!q)
        return error_no_memory(error);
    *q = (struct queued_test){sync, org_id, shop_id, done, context};
    if (loop_post(sync->o.loop, make, q))
        return true;
    memory_free(q);
    return error_no_memory(error);
}
