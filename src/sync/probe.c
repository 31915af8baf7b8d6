// SPDX-License-Identifier: Apache-2.0
//
// Reads one order by its number and stores nothing: what a diagnosis asks the mall. A job beside
// the shop's queue that keeps to the mall's pace. Loop thread.
#include "sync/internal.h"
#include "base/memory.h"
#include "mall/op.h"

struct probe_job {
    struct job job;
    struct mall_sink sink;
    struct str order_no;
    struct mall_batch *batch; // the first that says anything about the number
    void (*done)(void *context, const struct probe_result *result);
    void *context;
};

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct probe_job *p = context;
    bool says = batch->order_count || batch->bad_order_count || batch->missing_count;
    if (p->batch || !says) {
        mall_batch_free(batch);
        return true;
    }
    p->batch = batch;
    return true;
}

static void tell(struct probe_job *p, const struct error *error)
{
    struct probe_result result = {.state = PROBE_MISSING};
    const struct mall_batch *b = p->batch;
    if (b && b->order_count > 0) {
        result.state = PROBE_FOUND;
        result.order = &b->orders[0].order;
    } else if (b && b->bad_order_count > 0) {
        result.state = PROBE_UNREADABLE;
        result.error = &b->bad_orders[0].error;
    } else if (error) {
        result.state = error->class == ERROR_NOT_FOUND ? PROBE_MISSING : PROBE_FAILED;
        result.error = error;
    }
    p->done(p->context, &result);
}

static void op_done(void *context, const struct error *error)
{
    struct probe_job *p = context;
    tell(p, error);
    job_end(&p->job);
}

static void dispose(struct job *job)
{
    struct probe_job *p = (struct probe_job *)job;
    p->batch = mall_batch_free(p->batch);
}

static bool begin_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct probe_job *p = context;
    return job_load(conn, &p->job, error);
}

static void begun(void *context, const struct error *failure)
{
    struct probe_job *p = context;
    struct error error;
    if (failure) {
        op_done(p, failure);
        return;
    }
    struct mall_read_request request = {&p->order_no, 1};
    struct run_hooks hooks = {.context = p, .done = op_done};
    struct mall_op *op = p->job.shop.mall->read(&p->job.account, &request, &p->sink, &error);
    if (op && run_start(&p->job, op, &hooks))
        return;
    if (op)
        error_no_memory(&error);
    op_done(p, &error);
}

static void start(struct job *job)
{
    job_write(job, false, begin_fn, job, begun);
}

struct queued_probe {
    struct sync *sync;
    row_id org_id, shop_id;
    char order_no[128];
    void (*done)(void *context, const struct probe_result *result);
    void *context;
};

static void make(void *argument)
{
    struct queued_probe *q = argument;
    struct worker *worker = worker_get(q->sync, q->org_id, q->shop_id);
    struct probe_job *p = worker ? job_new(worker, JOB_TEST, sizeof *p, 8u << 20) : NULL;
    struct str order_no = p ? str_dup(p->job.arena, str_from(q->order_no)) : STR_ABSENT;
    if (!order_no.p) {
        struct error error;
        struct probe_result result = {.state = PROBE_FAILED, .error = &error};
        error_no_memory(&error);
        q->done(q->context, &result);
        if (p)
            arena_free(p->job.arena);
        memory_free(q);
        return;
    }
    p->job.start = start;
    p->job.dispose = dispose;
    p->job.asked = true;
    p->job.detached = true;
    p->order_no = order_no;
    p->done = q->done;
    p->context = q->context;
    p->sink = (struct mall_sink){.context = p, .batch = take_batch};
    job_sink_common(&p->sink, &p->job);
    q->sync->jobs++;
    start(&p->job);
    memory_free(q);
}

bool sync_probe_order(struct sync *sync, row_id org_id, row_id shop_id, struct str order_no,
                      void (*done)(void *context, const struct probe_result *result), void *context,
                      struct error *error)
{
    struct queued_probe *q = memory_zalloc(1, sizeof *q);
    if (!q)
        return error_no_memory(error);
    if (order_no.n == 0 || order_no.n >= sizeof q->order_no ||
        memchr(order_no.p, '\0', order_no.n)) {
        memory_free(q);
        return error_set(error, ERROR_BAD_INPUT, "order.number", "注文番号を指定してください。",
                         "give an order number");
    }
    memcpy(q->order_no, order_no.p, order_no.n);
    q->sync = sync;
    q->org_id = org_id;
    q->shop_id = shop_id;
    q->done = done;
    q->context = context;
    if (loop_post(sync->o.loop, make, q))
        return true;
    memory_free(q);
    return error_no_memory(error);
}
