// SPDX-License-Identifier: Apache-2.0
//
// Write-back as a job: takes the shop's due obligations one after the other. For each: judge →
// "sending" is stored → the connector's calls → "sent" → read the order back → "verified".
// The rules that keep a notice from being sent twice:
//   - nothing that changes the mall leaves before "sending" is durable;
//   - an answer that was lost makes "unknown", and an unknown one is read back first, after the old
//     request can no longer be under way (SETTLE_MS);
//   - only a comparison that shows nothing of ours at the mall leads back to "pending".
// Loop thread; *_fn run on a database thread.
#include "sync/push_store.h"
#include "base/json.h"
#include "base/memory.h"
#include "mall/op.h"

#define PUSH_BATCH_MAX 200
// How long "sent" may wait for the mall to show it before it becomes a case for a person.
#define SHOW_WITHIN_MS (24 * 3600 * 1000LL)

struct push_job {
    struct job job;
    row_id *ids;
    size_t count, at;
    struct arena *item_arena;
    struct push_item item;
    struct writeback
        kept; // item.w and item.seen before the write under way, which may be run again
    enum writeback_state kept_seen;
    enum push_next next;
    struct mall_sink sink, read_sink;
    struct run *run;
    bool sending_stored;
    bool wrote;     // a request that changes the mall has left in this try
    time_ms ask_at; // the mall works on it until about then; TIME_NONE: it doesn't
    struct buf progress;
    bool progress_dirty;
    const char *operation;
    struct mall_batch *read; // the order as the mall shows it
    bool failed;             // of the operation
    struct error failure;
    bool stop; // nothing more of this shop now
    struct error stop_error;
    struct buf warnings;
    int verified, sent, other;
};

static void next_item(struct push_job *p);
static void start_read_back(struct push_job *p);

static struct sync *sync_of(const struct push_job *p)
{
    return p->job.worker->sync;
}

static void touch_now(struct push_job *p)
{
    p->job.context.now = clock_now(&sync_of(p)->o.clock);
}

// A database function may be run again after a rollback and must begin from the same values.
static void keep_item(struct push_job *p)
{
    touch_now(p);
    p->kept = p->item.w;
    p->kept_seen = p->item.seen;
}

static void restore_item(struct push_job *p)
{
    p->item.w = p->kept;
    p->item.seen = p->kept_seen;
}

static void announce(struct push_job *p)
{
    AUTO_BUF buf = buf_make(1024);
    buf_addf(&buf, "{\"ids\":[\"%lld\"],\"order_ids\":[\"%lld\"]}", (long long)p->item.w.id,
             (long long)p->item.w.order_id);
    if (!buf.failed)
        sync_event(sync_of(p), p->job.worker->org_id, "writeback.changed", buf_str(&buf));
}

static bool ends_shop(enum error_class class)
{
    switch (class) {
    case ERROR_AUTH_EXPIRED:
    case ERROR_AUTH_INVALID:
    case ERROR_NOT_PERMITTED:
    case ERROR_IP_DENIED:
    case ERROR_QUOTA_USED_UP:
    case ERROR_MAINTENANCE:
    case ERROR_RATE_LIMITED:
    case ERROR_CANCELLED:
    case ERROR_FENCED:
        return true;
    default:
        return false;
    }
}

static bool end_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct push_job *p = context;
    if (p->stop &&
        !shop_state_after(conn, p->job.worker, p->job.context.now, &p->stop_error, error))
        return false;
    return lease_release(conn, p->job.worker, error);
}

static void ended(void *context, const struct error *failure)
{
    struct push_job *p = context;
    if (failure && failure->class != ERROR_FENCED)
        log_error(sync_of(p)->o.log, "push.end", failure, NULL);
    if (p->count > 0)
        LOG(sync_of(p)->o.log, LOG_INFO, "push", log_int("shop", p->job.worker->shop_id),
            log_int("due", (int64_t)p->count), log_int("verified", p->verified),
            log_int("sent", p->sent), log_int("other", p->other));
    sync_event_shop(p->job.worker);
    job_end(&p->job);
}

static void end(struct push_job *p)
{
    touch_now(p);
    if (p->stop && p->stop_error.class == ERROR_FENCED)
        ended(p, NULL);
    else
        job_write(&p->job, true, end_fn, p, ended);
}

static void stop(struct push_job *p, const struct error *error)
{
    p->stop = true;
    p->stop_error = *error;
    end(p);
}

static struct str evidence(struct push_job *p)
{
    return p->warnings.n > 0 ? buf_str(&p->warnings) : STR("");
}

// What was sent is still with the mall: neither an ended credential nor a stop of the engine may
// make the notice look unsent. Only the mall's own word about it ends the waiting.
static bool only_asking_failed(const struct push_job *p)
{
    return p->failed && !p->wrote && p->failure.class != ERROR_AMBIGUOUS &&
           p->failure.class != ERROR_REJECTED && p->failure.class != ERROR_NOT_FOUND;
}

// The outcome of a sending, as state of the obligation.
static void settle_send(struct push_job *p)
{
    struct writeback *w = &p->item.w;
    time_ms now = p->job.context.now;
    bool was_accepted = w->state == WRITEBACK_ACCEPTED;
    w->last_error = p->failure;
    w->attempts++;
    if (!p->failed && p->ask_at != TIME_NONE) {
        w->state = WRITEBACK_ACCEPTED;
        w->reason = STR("mall.working");
        w->next_at = p->ask_at;
        if (w->sent_at == TIME_NONE)
            w->sent_at = now;
        return;
    }
    if (was_accepted && only_asking_failed(p)) {
        bool passes = error_is_transient(p->failure.class);
        w->next_at =
            now + (p->failure.retry_after_ms > 0 ? p->failure.retry_after_ms
                                                 : push_backoff_ms(passes ? 0 : w->attempts - 1));
        return;
    }
    if (!p->failed && !p->wrote && !was_accepted) {
        // The connector found it there already; only reading can prove that.
        w->state = WRITEBACK_UNKNOWN;
        w->reason = STR("mall.already_there");
        w->next_at = now;
        return;
    }
    if (!p->failed) {
        w->state = WRITEBACK_SENT;
        w->reason = STR("");
        w->sent_at = now;
        w->next_at = now;
        return;
    }
    w->reason = str_dup(p->item_arena, str_from(p->failure.code));
    // Anything that may have acted at the mall is unknown, whatever class the failure has.
    if (p->failure.class == ERROR_AMBIGUOUS ||
        (p->wrote &&
         (p->failure.class == ERROR_NETWORK || p->failure.class == ERROR_MALFORMED ||
          p->failure.class == ERROR_NO_MEMORY || p->failure.class == ERROR_CANCELLED))) {
        w->state = WRITEBACK_UNKNOWN;
        w->next_at = now + settle_ms(&sync_of(p)->o);
    } else if (p->failure.class == ERROR_REJECTED || p->failure.class == ERROR_NOT_FOUND) {
        w->state = WRITEBACK_REJECTED;
    } else if (p->failure.class == ERROR_AUTH_EXPIRED || p->failure.class == ERROR_AUTH_INVALID ||
               p->failure.class == ERROR_IP_DENIED || p->failure.class == ERROR_NOT_PERMITTED ||
               p->failure.class == ERROR_BAD_INPUT) {
        // Ours to mend: a key, a permission, a setting. Nothing has been refused for good.
        w->state = WRITEBACK_BLOCKED;
        w->next_at = now + 3600000;
    } else {
        w->state = WRITEBACK_PENDING;
        w->next_at = now + (p->failure.retry_after_ms > 0 ? p->failure.retry_after_ms
                                                          : push_backoff_ms(w->attempts - 1));
    }
}

static bool sent_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct push_job *p = context;
    restore_item(p);
    if (p->progress_dirty)
        p->item.w.progress = str_dup(p->item_arena, buf_str(&p->progress));
    settle_send(p);
    return push_store(conn, &p->job.context, &p->item, error) &&
           attempt_store(conn, &p->job.context, p->item.w.id, "send",
                         p->operation ? p->operation : "", writeback_state_name(p->item.w.state),
                         p->failed ? p->failure.http_status : 200, p->failed ? &p->failure : NULL,
                         evidence(p), error);
}

static void sent_stored(void *context, const struct error *failure)
{
    struct push_job *p = context;
    if (failure) {
        // The row stays "sending": the next owner of the lease reads back before anything else.
        stop(p, failure);
        return;
    }
    announce(p);
    if (p->failed && ends_shop(p->failure.class)) {
        stop(p, &p->failure);
        return;
    }
    if (!p->failed && p->ask_at != TIME_NONE) {
        p->other++;
        next_item(p);
    } else if (!p->failed) {
        p->sent++;
        start_read_back(p);
    } else {
        p->other++;
        next_item(p);
    }
}

static void send_accepted(void *context, time_ms ask_at)
{
    struct push_job *p = context;
    p->ask_at = ask_at;
}

static void send_done(void *context, const struct error *error)
{
    struct push_job *p = context;
    p->run = NULL;
    p->failed = error != NULL;
    if (error)
        p->failure = *error;
    else
        error_clear(&p->failure);
    keep_item(p);
    job_write(&p->job, true, sent_fn, p, sent_stored);
}

static bool sending_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct push_job *p = context;
    restore_item(p);
    p->item.w.state = WRITEBACK_SENDING;
    p->item.w.reason = STR("");
    if (p->progress_dirty)
        p->item.w.progress = str_dup(p->item_arena, buf_str(&p->progress));
    return push_store(conn, &p->job.context, &p->item, error);
}

static void sending_stored(void *context, const struct error *failure)
{
    struct push_job *p = context;
    if (failure) {
        restore_item(p);
        run_abort(p->run, failure);
        return;
    }
    p->sending_stored = true;
    p->progress_dirty = false;
    p->wrote = true;
    run_go(p->run);
}

static bool before_send(void *context, struct run *run, const struct mall_action *action)
{
    struct push_job *p = context;
    p->operation = action->operation;
    if (!action->writes && !p->progress_dirty)
        return true;
    if (!action->writes && !p->sending_stored)
        return true; // progress of a reading step goes with "sending"
    keep_item(p);
    job_write(&p->job, true, sending_fn, p, sending_stored);
    return false;
}

static bool take_progress(void *context, struct str state, struct error *error)
{
    struct push_job *p = context;
    buf_reset(&p->progress);
    buf_add(&p->progress, state);
    p->progress_dirty = true;
    return p->progress.failed ? error_no_memory(error) : true;
}

static void take_warning(void *context, struct str order_no, const struct error *w)
{
    struct push_job *p = context;
    buf_addf(&p->warnings, "%s%s: %s", p->warnings.n ? "; " : "",
             w->peer_code[0] ? w->peer_code : w->code, w->what_ja);
    LOG(sync_of(p)->o.log, LOG_WARNING, "mall.warning", log_int("shop", p->job.worker->shop_id),
        log_str("order_no", order_no), log_str("code", str_from(w->code)));
}

static bool take_read(void *context, struct mall_batch *batch, struct error *error)
{
    struct push_job *p = context;
    // An accept or ship operation may read on its way; only the last order counts.
    if (batch->order_count + batch->missing_count + batch->bad_order_count == 0) {
        mall_batch_free(batch);
        return true;
    }
    for (size_t i = 0; i < batch->order_count; i++) {
        if (!mall_order_map(&p->job.account, batch->arena, &batch->orders[i].order)) {
            mall_batch_free(batch);
            return error_no_memory(error);
        }
    }
    mall_batch_free(p->read);
    p->read = batch;
    return true;
}

// What the mall shows, as state of the obligation.
static void settle_read(struct push_job *p, enum mall_comparison comparison,
                        const struct error *difference)
{
    struct writeback *w = &p->item.w;
    time_ms now = p->job.context.now;
    bool was_sent = w->state == WRITEBACK_SENT || w->state == WRITEBACK_ACCEPTED;
    switch (comparison) {
    case MALL_SAME:
        w->state = WRITEBACK_VERIFIED;
        w->reason = STR("");
        error_clear(&w->last_error);
        w->verified_at = now;
        if (w->sent_at == TIME_NONE)
            w->sent_at = now;
        return;
    case MALL_DIFFERENT:
        w->state = WRITEBACK_DRIFT;
        w->reason = STR("mall.differs");
        w->last_error = *difference;
        w->next_at = now + SHOW_WITHIN_MS;
        return;
    case MALL_NOT_YET:
        break;
    }
    bool asked = str_eq(w->reason, STR("requested")) || str_eq(w->reason, STR("file.withdrawn"));
    if (!was_sent && push_was_by_file(w) && !asked) {
        // It may lie in a file that is uploaded tomorrow: only a person can say that it won't be.
        w->state = WRITEBACK_DRIFT;
        w->reason = STR("mall.never_shown");
        w->next_at = now + SHOW_WITHIN_MS;
    } else if (!was_sent) {
        w->state = WRITEBACK_PENDING;
        w->request_id = STR("");
        w->reason = asked ? w->reason : STR("sync.not_arrived");
        w->next_at = w->attempts > 3 ? now + push_backoff_ms(w->attempts - 4) : now;
    } else if (w->sent_at != TIME_NONE && now - w->sent_at > SHOW_WITHIN_MS) {
        w->state = WRITEBACK_DRIFT;
        w->reason = STR("mall.never_shown");
        w->next_at = now + SHOW_WITHIN_MS;
    } else {
        w->next_at =
            now +
            push_backoff_ms((int)((now - w->sent_at) / 60000 > 6 ? 6 : (now - w->sent_at) / 60000));
    }
}

// Staff have entered something newer meanwhile; that is what the mall shall show.
static void superseded(struct writeback *w)
{
    w->state = WRITEBACK_SUPERSEDED;
    w->reason = STR("");
    error_clear(&w->last_error);
}

static enum mall_comparison compare(struct push_job *p, struct error *difference)
{
    const struct mall *mall = p->job.shop.mall;
    const struct order *order = &p->read->orders[0].order;
    error_clear(difference);
    switch (p->item.w.aspect) {
    case ASPECT_SHIPMENT:
        return mall->ship_compare(&p->job.account, order, &p->item.ship, difference);
    case ASPECT_ACCEPT:
        return mall->is_accepted && mall->is_accepted(order) ? MALL_SAME : MALL_NOT_YET;
    case ASPECT_CANCEL:
        return mall->is_cancelled && mall->is_cancelled(order) ? MALL_SAME : MALL_NOT_YET;
    default:
        return MALL_NOT_YET;
    }
}

static bool read_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct push_job *p = context;
    struct error difference;
    restore_item(p);
    error_clear(&difference);
    const char *outcome = "unreadable";
    if (!p->failed && p->read && p->read->order_count > 0) {
        struct mall_order *read = &p->read->orders[0];
        read->order.shop_id = p->job.worker->shop_id;
        read->order.org_id = p->job.worker->org_id;
        enum mall_comparison comparison = compare(p, &difference);
        outcome = comparison == MALL_SAME        ? "same"
                  : comparison == MALL_DIFFERENT ? "different"
                                                 : "not_yet";
        struct order_import import = {
            .order = &read->order, .raw = read->raw, .raw_type = read->raw_type, .door = "reread"};
        if (!orders_import(conn, &p->job.context, &import, 1, error))
            return false;
        bool newest;
        if (!push_is_newest(conn, p->job.worker->org_id, &p->item.w, &newest, error))
            return false;
        if (newest || comparison == MALL_SAME)
            settle_read(p, comparison, &difference);
        else
            superseded(&p->item.w);
    } else {
        // Not readable now: the state stays, and it is read again later.
        p->item.w.next_at = p->job.context.now + push_backoff_ms(p->item.w.attempts);
        if (p->failed)
            difference = p->failure;
        else
            error_set(&difference, ERROR_NOT_FOUND, "mall.order_not_found",
                      "モールにこの注文番号の注文がありません。",
                      "the mall has no order of this number");
        p->item.w.last_error = difference;
    }
    return push_store(conn, &p->job.context, &p->item, error) &&
           attempt_store(conn, &p->job.context, p->item.w.id, "read_back", "read", outcome, 0,
                         &difference, evidence(p), error);
}

static void read_stored(void *context, const struct error *failure)
{
    struct push_job *p = context;
    mall_batch_free(p->read);
    p->read = NULL;
    if (failure) {
        stop(p, failure);
        return;
    }
    announce(p);
    if (p->item.w.state == WRITEBACK_VERIFIED)
        p->verified++;
    if (p->failed && ends_shop(p->failure.class)) {
        stop(p, &p->failure);
        return;
    }
    // Nothing of ours at the mall: now it may be sent (again).
    if (p->item.w.state == WRITEBACK_PENDING && p->item.w.next_at <= p->job.context.now)
        p->at--;
    next_item(p);
}

static void read_done(void *context, const struct error *error)
{
    struct push_job *p = context;
    p->run = NULL;
    p->failed = error != NULL;
    if (error)
        p->failure = *error;
    keep_item(p);
    job_write(&p->job, true, read_fn, p, read_stored);
}

static void start_read_back(struct push_job *p)
{
    mall_batch_free(p->read);
    p->read = NULL;
    buf_reset(&p->warnings);
    struct mall_read_request request = {
        .order_nos = &p->item.w.order_no, .count = 1, .ordered_at = &p->item.order.ordered_at};
    struct run_hooks hooks = {.context = p, .done = read_done};
    struct error error;
    struct mall_op *op = p->job.shop.mall->read(&p->job.account, &request, &p->read_sink, &error);
    if (op && (p->run = run_start(&p->job, op, &hooks)))
        return;
    if (op)
        error_no_memory(&error);
    read_done(p, &error);
}

static void start_send(struct push_job *p)
{
    const struct mall *mall = p->job.shop.mall;
    struct mall_read_request numbers = {
        .order_nos = &p->item.w.order_no, .count = 1, .ordered_at = &p->item.order.ordered_at};
    struct run_hooks hooks = {
        .context = p, .before_send = before_send, .accepted = send_accepted, .done = send_done};
    struct error error;
    struct mall_op *op = NULL;
    p->sending_stored = p->wrote = p->progress_dirty = false;
    p->ask_at = TIME_NONE;
    p->operation = NULL;
    buf_reset(&p->warnings);
    if (p->item.w.aspect == ASPECT_SHIPMENT)
        op = mall->ship(&p->job.account, &p->item.ship, &p->sink, &error);
    else if (p->item.w.aspect == ASPECT_ACCEPT)
        op = mall->accept(&p->job.account, &numbers, &p->sink, &error);
    else
        op = mall->cancel(&p->job.account, &p->item.cancel, &p->sink, &error);
    if (op && (p->run = run_start(&p->job, op, &hooks)))
        return;
    if (op)
        error_no_memory(&error);
    send_done(p, &error);
}

static bool prepare_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct push_job *p = context;
    arena_reset(p->item_arena);
    return push_prepare(conn, &p->job.context, &p->job.shop, &p->job.account, p->ids[p->at],
                        p->item_arena, &p->item, &p->next, error);
}

// One that can't even be looked at must not be tried again every second.
static bool set_aside_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct push_job *p = context;
    return push_set_aside(conn, &p->job.context, p->ids[p->at - 1], &p->failure, error);
}

static void set_aside(void *context, const struct error *failure)
{
    struct push_job *p = context;
    if (failure)
        stop(p, failure);
    else
        next_item(p);
}

static void prepared(void *context, const struct error *failure)
{
    struct push_job *p = context;
    if (failure && (failure->class == ERROR_FENCED || failure->class == ERROR_STORAGE)) {
        stop(p, failure);
        return;
    }
    p->at++;
    if (failure) {
        log_error(sync_of(p)->o.log, "push.prepare", failure, NULL);
        p->other++;
        p->failure = *failure;
        touch_now(p);
        job_write(&p->job, true, set_aside_fn, p, set_aside);
    } else if (p->next == PUSH_NOTHING) {
        announce(p);
        p->other++;
        next_item(p);
    } else if (p->next == PUSH_SEND) {
        start_send(p);
    } else {
        start_read_back(p);
    }
}

static void next_item(struct push_job *p)
{
    if (p->at >= p->count || sync_of(p)->stopping) {
        end(p);
        return;
    }
    touch_now(p);
    job_write(&p->job, true, prepare_fn, p, prepared);
}

static bool begin_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct push_job *p = context;
    struct worker *w = p->job.worker;
    return lease_take(conn, w, p->job.context.now, &w->fence, error) &&
           job_load(conn, &p->job, error) &&
           push_due(conn, w->org_id, w->shop_id, p->job.context.now, PUSH_BATCH_MAX, p->job.arena,
                    &p->ids, &p->count, error);
}

static void begun(void *context, const struct error *failure)
{
    struct push_job *p = context;
    if (failure) {
        job_begin_failed(&p->job, 0, failure);
        return;
    }
    next_item(p);
}

static void start(struct job *job)
{
    job_write(job, false, begin_fn, job, begun);
}

static void dispose(struct job *job)
{
    struct push_job *p = (struct push_job *)job;
    mall_batch_free(p->read);
    buf_free(&p->progress);
    buf_free(&p->warnings);
    arena_free(p->item_arena);
}

struct job *push_job_new(struct worker *worker)
{
    struct push_job *p = job_new(worker, JOB_PUSH, sizeof *p, 16u << 20);
    if (!p)
        return NULL;
    p->item_arena = arena_new(64u << 20);
    if (!p->item_arena) {
        arena_free(p->job.arena);
        return NULL;
    }
    p->job.start = start;
    p->job.dispose = dispose;
    p->progress = buf_make(65536);
    p->warnings = buf_make(8192);
    p->sink = (struct mall_sink){
        .context = p, .batch = take_read, .progress = take_progress, .warning = take_warning};
    p->read_sink = (struct mall_sink){.context = p, .batch = take_read, .warning = take_warning};
    job_sink_common(&p->sink, &p->job);
    job_sink_common(&p->read_sink, &p->job);
    return &p->job;
}
