// SPDX-License-Identifier: Apache-2.0
//
// A fetch as a job: begin (lease, plan) → for each slice of time: list, whatever the status →
// read what is new or changed → store orders and coverage → next slice → end. Everything is
// resumable: listings remember what is still to be read, coverage grows only with the orders it
// covers, and an order stored twice changes nothing. Also the re-reading of open orders, which is a
// read without a listing. Loop thread; *_fn run on a database thread and touch only what the loop
// has left to them.
#include "sync/fetch_store.h"
#include "base/json.h"
#include "order/obligation.h"
#include "base/memory.h"
#include "mall/op.h"

#define SLICE_DAYS 60 // where the mall has no longest window
#define BATCHES_PENDING_MAX 4
#define WINDOWS_MAX 64
#define REREAD_MAX 200
#define NUMBERS_ARENA_MAX (512u << 20)

struct window {
    enum date_basis basis;
    time_ms from, to;
};

struct fetch_job {
    struct job job;
    row_id run_id; // job.asked: of a queued run; else the job makes its own
    bool reread;
    bool taken;
    struct fetch_plan plan;
    struct window windows[WINDOWS_MAX];
    size_t window_count, window_at;
    time_ms slice_from, slice_to;
    time_ms now;
    struct run_counts counts;
    struct arena *numbers_arena;
    struct str *numbers;   // to read in this slice
    time_ms *number_times; // when they were ordered, TIME_NONE unknown
    size_t number_count, number_capacity;
    uint64_t *seen; // hashes of the numbers listed so far, 0 = free
    size_t seen_count, seen_capacity;
    struct mall_window *covered;
    size_t covered_count, covered_capacity;
    struct str *wanted;
    time_ms *wanted_times; // NULL: the mall doesn't ask
    size_t wanted_count;
    row_id reread_cursor;
    struct mall_sink sink;
    struct run *run;
    const char *phase;
    int64_t done, total; // progress of the phase
    int pending;
    bool op_ended, failed;
    struct error failure;
    time_ms last_event;
};

struct batch_write {
    struct fetch_job *fetch;
    struct mall_batch *batch;
    enum listing_verdict *verdicts;
    row_id *changed; // orders that were created or updated
    size_t changed_count;
    struct run_counts counts;
};

static struct sync *sync_of(const struct fetch_job *f)
{
    return f->job.worker->sync;
}

static void fail(struct fetch_job *f, const struct error *error)
{
    if (!f->failed) {
        f->failed = true;
        f->failure = *error;
    }
}

static void fail_memory(struct fetch_job *f)
{
    struct error error;
    error_no_memory(&error);
    fail(f, &error);
}

static void announce(struct fetch_job *f, bool always)
{
    time_ms now = clock_now(&sync_of(f)->o.clock);
    if (!f->run_id || (!always && now - f->last_event < 250))
        return;
    f->last_event = now;
    AUTO_BUF buf = buf_make(4096);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_put_id(&w, "id", f->run_id);
    json_put_id(&w, "shop_id", f->job.worker->shop_id);
    json_put_str(&w, "phase", str_from(f->phase));
    json_put_int(&w, "done", f->done);
    json_put_int(&w, "total", f->total);
    json_put_int(&w, "listed", f->counts.listed);
    json_put_int(&w, "created", f->counts.created);
    json_put_int(&w, "updated", f->counts.updated);
    json_put_int(&w, "unchanged", f->counts.unchanged);
    json_put_int(&w, "failed", f->counts.failed);
    json_end_object(&w);
    if (!buf.failed)
        sync_event(sync_of(f), f->job.worker->org_id, "fetch_run.progress", buf_str(&buf));
}

static void next_slice(struct fetch_job *f);
static void read_slice(struct fetch_job *f);
static void close_slice(struct fetch_job *f);
static void end(struct fetch_job *f);

static bool add_number(struct fetch_job *f, struct str order_no, time_ms ordered_at)
{
    if (f->number_count == f->number_capacity) {
        size_t capacity = f->number_capacity ? f->number_capacity * 2 : 256;
        struct str *grown = memory_resize(f->numbers, capacity * sizeof *grown);
        if (!grown)
            return false;
        f->numbers = grown;
        time_ms *times = memory_resize(f->number_times, capacity * sizeof *times);
        if (!times)
            return false;
        f->number_times = times;
        f->number_capacity = capacity;
    }
    if (!f->numbers_arena && !(f->numbers_arena = arena_new(NUMBERS_ARENA_MAX)))
        return false;
    struct str copy = str_dup(f->numbers_arena, order_no);
    if (arena_failed(f->numbers_arena))
        return false;
    f->number_times[f->number_count] = ordered_at;
    f->numbers[f->number_count++] = copy;
    return true;
}

// Windows overlap, and some malls list by two dates: an order counts once. Only counts hang on
// this, so the hash may stand for the number.
static bool note_seen(struct fetch_job *f, struct str order_no, bool *first)
{
    *first = true;
    if (f->seen_count * 2 >= f->seen_capacity) {
        size_t capacity = f->seen_capacity ? f->seen_capacity * 2 : 1024;
        uint64_t *grown = memory_zalloc(capacity, sizeof *grown);
        if (!grown)
            return false;
        for (size_t i = 0; i < f->seen_capacity; i++) {
            size_t at = (size_t)f->seen[i] & (capacity - 1);
            while (f->seen[i] && grown[at])
                at = (at + 1) & (capacity - 1);
            if (f->seen[i])
                grown[at] = f->seen[i];
        }
        memory_free(f->seen);
        f->seen = grown;
        f->seen_capacity = capacity;
    }
    uint64_t hash = str_hash(order_no);
    hash += hash == 0;
    size_t at = (size_t)hash & (f->seen_capacity - 1);
    for (; f->seen[at]; at = (at + 1) & (f->seen_capacity - 1)) {
        if (f->seen[at] == hash) {
            *first = false;
            return true;
        }
    }
    f->seen[at] = hash;
    f->seen_count++;
    return true;
}

static bool add_covered(struct fetch_job *f, const struct mall_window *window)
{
    if (f->covered_count == f->covered_capacity) {
        size_t capacity = f->covered_capacity ? f->covered_capacity * 2 : 16;
        struct mall_window *grown = memory_resize(f->covered, capacity * sizeof *grown);
        if (!grown)
            return false;
        f->covered = grown;
        f->covered_capacity = capacity;
    }
    f->covered[f->covered_count++] = *window;
    return true;
}

// The operation's half of a phase is over when it ended and its writes came back.
static void phase_may_end(struct fetch_job *f)
{
    if (f->pending < BATCHES_PENDING_MAX && f->run)
        run_resume(f->run);
    if (!f->op_ended || f->pending > 0)
        return;
    f->op_ended = false;
    if (f->failed)
        end(f);
    else if (strcmp(f->phase, "listing") == 0)
        read_slice(f);
    else
        close_slice(f);
}

static void batch_free(struct batch_write *b)
{
    mall_batch_free(b->batch);
    memory_free(b->verdicts);
    memory_free(b->changed);
    memory_free(b);
}

// So that lists show what arrived without being asked.
static void announce_orders(struct fetch_job *f, const struct batch_write *b)
{
    AUTO_BUF buf = buf_make(65536);
    struct json_writer w = json_writer_make(&buf);
    char text[24];
    json_begin_object(&w);
    json_key(&w, "ids");
    json_begin_array(&w);
    for (size_t i = 0; i < b->changed_count; i++)
        json_write_str(&w, id_format(b->changed[i], text));
    json_end_array(&w);
    json_put_int(&w, "created", b->counts.created);
    json_put_str(&w, "actor", STR_ABSENT);
    json_end_object(&w);
    if (!buf.failed)
        sync_event(sync_of(f), f->job.worker->org_id, "order.changed", buf_str(&buf));
    sync_event(sync_of(f), f->job.worker->org_id, "counts.changed", STR("{}"));
}

// Where the shop asked for it, a new order is accepted at the mall as soon as it is safely stored.
static bool accept_stored(struct fetch_job *f, struct db_conn *conn, const struct batch_write *b,
                          const struct order_import *imports, struct arena *arena,
                          struct error *error)
{
    const struct mall *mall = f->job.shop.mall;
    if (!mall->accept_when_stored || !account_flag(&f->job.account, mall->accept_when_stored))
        return true;
    for (size_t i = 0; i < b->batch->order_count; i++) {
        struct order stored;
        row_id id;
        if (imports[i].outcome != IMPORT_CREATED || imports[i].order->state != ORDER_NEW)
            continue;
        if (!order_read(conn, f->job.worker->org_id, imports[i].order_id, arena, &stored, error) ||
            !obligation_create(conn, &f->job.context, &stored, ASPECT_ACCEPT, STR("{}"), &id,
                               error))
            return false;
    }
    return true;
}

// A run that a person has cancelled stops with the next batch.
static bool run_is_wanted(struct fetch_job *f, struct db_conn *conn, struct error *error)
{
    return !f->run_id || fetch_run_check(conn, f->job.worker->org_id, f->run_id, error);
}

static bool list_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct batch_write *b = context;
    struct fetch_job *f = b->fetch;
    struct listing_rule rule = {
        .mall = f->job.shop.mall,
        .account = &f->job.account,
        .every_status = f->plan.door == DOOR_STATUS,
        .run_id = f->run_id,
        .now = f->job.context.now,
    };
    return run_is_wanted(f, conn, error) &&
           listings_apply(conn, f->job.worker->org_id, f->job.worker->shop_id, &rule,
                          b->batch->listings, b->batch->listing_count, b->verdicts, error);
}

static void list_after(void *context, const struct error *failure)
{
    struct batch_write *b = context;
    struct fetch_job *f = b->fetch;
    f->pending--;
    if (failure)
        fail(f, failure);
    for (size_t i = 0; !failure && i < b->batch->listing_count; i++) {
        bool first;
        if (!note_seen(f, b->batch->listings[i].order_no, &first))
            fail_memory(f);
        f->counts.listed += first;
        if (b->verdicts[i] == LISTING_UNCHANGED)
            f->counts.unchanged += first;
        else if (b->verdicts[i] == LISTING_SKIPPED)
            f->counts.skipped += first;
        else if (!add_number(f, b->batch->listings[i].order_no, b->batch->listings[i].ordered_at))
            fail_memory(f);
    }
    // A listing of one status says nothing about the others.
    bool covers = !failure && f->plan.door != DOOR_STATUS;
    for (size_t i = 0; covers && i < b->batch->window_count; i++) {
        if (!add_covered(f, &b->batch->windows[i]))
            fail_memory(f);
    }
    f->done += (int64_t)b->batch->listing_count;
    if (b->batch->expected_total > f->total)
        f->total = b->batch->expected_total;
    batch_free(b);
    announce(f, false);
    phase_may_end(f);
}

static const char *outcome_word(enum import_outcome outcome)
{
    switch (outcome) {
    case IMPORT_CREATED:
        return "created";
    case IMPORT_UPDATED:
        return "updated";
    case IMPORT_UNCHANGED:
        return "unchanged";
    default:
        return "failed";
    }
}

static bool note_import(struct fetch_job *f, struct db_conn *conn, struct order_import *import,
                        struct run_counts *counts, struct arena *arena, struct error *error)
{
    row_id org = f->job.worker->org_id, shop = f->job.worker->shop_id;
    const struct order *order = import->order;
    struct str choice = f->job.shop.mall->status_choice(order);
    bool bad = import->outcome == IMPORT_QUARANTINED;
    switch (import->outcome) {
    case IMPORT_CREATED:
        counts->created++;
        break;
    case IMPORT_UPDATED:
        counts->updated++;
        break;
    case IMPORT_UNCHANGED:
        counts->unchanged++;
        break;
    default:
        counts->failed++;
    }
    if (!listing_decide(conn, org, shop, order->order_no, order, choice,
                        bad ? "quarantined" : "imported", bad ? import->error.code : "",
                        import->order_id, f->job.context.now, error))
        return false;
    if (!f->run_id || (import->outcome == IMPORT_UNCHANGED && f->plan.door == DOOR_AUTOMATIC))
        return true;
    return fetch_item_store(conn, org, f->run_id, order->order_no, outcome_word(import->outcome),
                            bad ? str_from(import->error.code) : STR(""), import->order_id,
                            bad ? &import->error : NULL, arena, error);
}

static bool note_bad(struct fetch_job *f, struct db_conn *conn, struct mall_bad_order *bad,
                     struct run_counts *counts, struct arena *arena, struct error *error)
{
    row_id org = f->job.worker->org_id, shop = f->job.worker->shop_id;
    counts->failed++;
    if (!order_quarantine(conn, &f->job.context, shop, bad->order_no, bad->raw, bad->raw_type,
                          f->run_id, &bad->error, error))
        return false;
    if (bad->order_no.n == 0)
        return true;
    return listing_decide(conn, org, shop, bad->order_no, NULL, STR(""), "quarantined",
                          bad->error.code, 0, f->job.context.now, error) &&
           (!f->run_id ||
            fetch_item_store(conn, org, f->run_id, bad->order_no, "failed",
                             str_from(bad->error.code), 0, &bad->error, arena, error));
}

static bool note_missing(struct fetch_job *f, struct db_conn *conn, struct str order_no,
                         struct run_counts *counts, struct arena *arena, struct error *error)
{
    row_id org = f->job.worker->org_id, shop = f->job.worker->shop_id;
    struct error missing;
    row_id vanished;
    if (!order_vanished(conn, &f->job.context, shop, order_no, f->run_id, arena, &vanished, error))
        return false;
    if (vanished) {
        counts->updated++;
        return listing_decide(conn, org, shop, order_no, NULL, STR(""), "imported",
                              "mall.order_vanished", vanished, f->job.context.now, error) &&
               (!f->run_id ||
                fetch_item_store(conn, org, f->run_id, order_no, "updated",
                                 STR("mall.order_vanished"), vanished, NULL, arena, error));
    }
    error_set(&missing, ERROR_NOT_FOUND, "mall.order_not_found",
              "モールにこの注文番号の注文がありません。", "the mall has no order of this number");
    error_hint(&missing, "注文番号と、どのショップの注文かを確認してください。",
               "Check the order number and which shop it belongs to.");
    error_subject(&missing, "%.*s", STR_ARG(order_no));
    counts->failed++;
    return listing_decide(conn, org, shop, order_no, NULL, STR(""), "missing", missing.code, 0,
                          f->job.context.now, error) &&
           (!f->run_id || fetch_item_store(conn, org, f->run_id, order_no, "failed",
                                           str_from(missing.code), 0, &missing, arena, error));
}

static bool read_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct batch_write *b = context;
    struct fetch_job *f = b->fetch;
    struct mall_batch *batch = b->batch;
    b->counts = (struct run_counts){0};
    AUTO_ARENA arena = arena_new(64u << 20);
    if (!arena)
        return error_no_memory(error);
    if (!run_is_wanted(f, conn, error))
        return false;
    struct order_import *imports = ARENA_ARRAY(arena, struct order_import, batch->order_count);
    if (!imports)
        return error_no_memory(error);
    for (size_t i = 0; i < batch->order_count; i++) {
        struct mall_order *read = &batch->orders[i];
        read->order.shop_id = f->job.worker->shop_id;
        read->order.org_id = f->job.worker->org_id;
        imports[i] = (struct order_import){
            .order = &read->order,
            .raw = read->raw,
            .raw_type = read->raw_type,
            .door = fetch_door_name(f->plan.door),
            .fetch_run = f->run_id,
        };
    }
    if (batch->order_count > 0 &&
        !orders_import(conn, &f->job.context, imports, batch->order_count, error))
        return false;
    if (batch->order_count > 0) {
        if (!db_batch_begin(conn, error))
            return false;
        for (size_t i = 0; i < batch->order_count; i++) {
            if (!note_import(f, conn, &imports[i], &b->counts, arena, error))
                return false;
        }
        if (!db_batch_end(conn, error))
            return false;
    }
    b->changed_count = 0;
    for (size_t i = 0; i < batch->order_count; i++) {
        if (imports[i].outcome == IMPORT_CREATED || imports[i].outcome == IMPORT_UPDATED)
            b->changed[b->changed_count++] = imports[i].order_id;
    }
    if (!accept_stored(f, conn, b, imports, arena, error))
        return false;
    for (size_t i = 0; i < batch->bad_order_count; i++) {
        if (!note_bad(f, conn, &batch->bad_orders[i], &b->counts, arena, error))
            return false;
    }
    for (size_t i = 0; i < batch->missing_count; i++) {
        if (!note_missing(f, conn, batch->missing[i], &b->counts, arena, error))
            return false;
    }
    return true;
}

static void read_after(void *context, const struct error *failure)
{
    struct batch_write *b = context;
    struct fetch_job *f = b->fetch;
    f->pending--;
    if (failure) {
        fail(f, failure);
    } else {
        f->counts.created += b->counts.created;
        f->counts.updated += b->counts.updated;
        f->counts.unchanged += b->counts.unchanged;
        f->counts.failed += b->counts.failed;
        f->done +=
            (int64_t)(b->batch->order_count + b->batch->bad_order_count + b->batch->missing_count);
        if (b->changed_count > 0)
            announce_orders(f, b);
    }
    batch_free(b);
    announce(f, false);
    phase_may_end(f);
}

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct fetch_job *f = context;
    if (f->failed) {
        // What was cancelled, fenced or can't be stored needn't be asked for any further.
        mall_batch_free(batch);
        *error = f->failure;
        return false;
    }
    bool mapped = true;
    for (size_t i = 0; i < batch->order_count; i++)
        mapped = mapped && mall_order_map(&f->job.account, batch->arena, &batch->orders[i].order);
    struct batch_write *b = mapped ? memory_zalloc(1, sizeof *b) : NULL;
    if (b && batch->listing_count > 0)
        b->verdicts = memory_zalloc(batch->listing_count, sizeof *b->verdicts);
    if (b && batch->order_count > 0)
        b->changed = memory_zalloc(batch->order_count, sizeof *b->changed);
    if (!b || (batch->listing_count > 0 && !b->verdicts) ||
        (batch->order_count > 0 && !b->changed)) {
        if (b) {
            memory_free(b->verdicts);
            memory_free(b->changed);
        }
        memory_free(b);
        mall_batch_free(batch);
        return error_no_memory(error);
    }
    b->fetch = f;
    b->batch = batch;
    f->pending++;
    if (f->pending >= BATCHES_PENDING_MAX && f->run)
        run_pause(f->run);
    if (strcmp(f->phase, "listing") == 0)
        job_write(&f->job, true, list_fn, b, list_after);
    else
        job_write(&f->job, true, read_fn, b, read_after);
    return true;
}

static void op_done(void *context, const struct error *error)
{
    struct fetch_job *f = context;
    f->run = NULL;
    f->op_ended = true;
    if (error)
        fail(f, error);
    phase_may_end(f);
}

static void start_op(struct fetch_job *f, struct mall_op *op, const struct error *error)
{
    struct run_hooks hooks = {.context = f, .done = op_done};
    if (!op)
        fail(f, error);
    else if (!(f->run = run_start(&f->job, op, &hooks)))
        fail_memory(f);
    if (f->failed)
        end(f);
}

static void list_slice(struct fetch_job *f)
{
    struct window *window = &f->windows[f->window_at];
    int days = f->job.shop.mall->limits.window_days_max;
    time_ms slice_end = f->slice_from + (days > 0 ? days : SLICE_DAYS) * 86400000LL;
    f->slice_to = slice_end < window->to ? slice_end : window->to;
    f->phase = "listing";
    f->done = 0;
    f->total = 0;
    f->covered_count = 0;
    struct mall_list_request request = {
        .basis = window->basis,
        .from = f->slice_from,
        .to = f->slice_to,
        .only_status = f->plan.door == DOOR_STATUS ? f->plan.status : STR(""),
    };
    struct error error;
    start_op(f, f->job.shop.mall->list(&f->job.account, &request, &f->sink, &error), &error);
}

static void read_slice(struct fetch_job *f)
{
    // What an earlier run left to be read goes with the first slice.
    for (size_t i = 0; i < f->wanted_count; i++) {
        if (!add_number(f, f->wanted[i], f->wanted_times ? f->wanted_times[i] : TIME_NONE)) {
            fail_memory(f);
            end(f);
            return;
        }
    }
    f->wanted_count = 0;
    if (f->number_count == 0) {
        close_slice(f);
        return;
    }
    f->phase = "reading";
    f->done = 0;
    f->total = (int64_t)f->number_count;
    announce(f, true);
    struct mall_read_request request = {
        .order_nos = f->numbers, .count = f->number_count, .ordered_at = f->number_times};
    struct error error;
    start_op(f, f->job.shop.mall->read(&f->job.account, &request, &f->sink, &error), &error);
}

static struct str progress_json(struct fetch_job *f, struct buf *buf)
{
    struct json_writer w = json_writer_make(buf);
    json_begin_object(&w);
    json_put_str(&w, "phase", str_from(f->phase));
    json_put_int(&w, "done", f->done);
    json_put_int(&w, "total", f->total);
    json_put_int(&w, "window", (int64_t)f->window_at);
    json_put_int(&w, "windows", (int64_t)f->window_count);
    json_end_object(&w);
    return buf_str(buf);
}

static bool close_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct fetch_job *f = context;
    for (size_t i = 0; i < f->covered_count; i++) {
        if (!coverage_add(conn, f->job.worker->org_id, f->job.worker->shop_id, f->covered[i].basis,
                          f->covered[i].from, f->covered[i].to, error))
            return false;
    }
    AUTO_BUF buf = buf_make(4096);
    return !f->run_id ||
           fetch_run_store(conn, f->job.worker->org_id, f->run_id, "running", TIME_NONE, &f->counts,
                           progress_json(f, &buf), NULL, error);
}

static void closed(void *context, const struct error *failure)
{
    struct fetch_job *f = context;
    if (failure)
        fail(f, failure);
    f->number_count = 0;
    f->covered_count = 0;
    if (f->numbers_arena)
        arena_reset(f->numbers_arena);
    if (f->failed) {
        end(f);
        return;
    }
    f->slice_from = f->slice_to;
    if (f->window_at < f->window_count && f->slice_from >= f->windows[f->window_at].to) {
        f->window_at++;
        if (f->window_at < f->window_count)
            f->slice_from = f->windows[f->window_at].from;
    }
    next_slice(f);
}

static void close_slice(struct fetch_job *f)
{
    bool last = f->window_at + 1 >= f->window_count &&
                (f->window_count == 0 || f->slice_to >= f->windows[f->window_at].to);
    // The last slice is closed together with the run: one commit less per poll.
    if (last)
        end(f);
    else
        job_write(&f->job, true, close_fn, f, closed);
}

static void next_slice(struct fetch_job *f)
{
    if (f->window_at >= f->window_count)
        end(f);
    else
        list_slice(f);
}

static bool end_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct fetch_job *f = context;
    struct sync *sync = sync_of(f);
    row_id org = f->job.worker->org_id;
    time_ms now = clock_now(&sync->o.clock);
    for (size_t i = 0; !f->failed && i < f->covered_count; i++) {
        if (!coverage_add(conn, org, f->job.worker->shop_id, f->covered[i].basis,
                          f->covered[i].from, f->covered[i].to, error))
            return false;
    }
    const char *state = f->failed ? "failed" : f->counts.failed > 0 ? "partly" : "done";
    // A run that was cut by our own stop goes on after the next start.
    if (f->failed && f->failure.class == ERROR_CANCELLED &&
        strcmp(f->failure.code, "sync.stopping") == 0)
        state = "queued";
    struct error why;
    if (f->run_id && !fetch_run_check(conn, org, f->run_id, &why)) {
        if (why.class != ERROR_CANCELLED) {
            *error = why;
            return false;
        }
        state = "cancelled";
    }
    bool ended = strcmp(state, "queued") != 0;
    AUTO_BUF buf = buf_make(4096);
    if (f->run_id &&
        !fetch_run_store(conn, org, f->run_id, state, ended ? now : TIME_NONE, &f->counts,
                         progress_json(f, &buf), f->failed ? &f->failure : NULL, error))
        return false;
    if (f->reread && !reread_cursor_store(conn, f->job.worker, f->reread_cursor, now, error))
        return false;
    if (f->plan.door == DOOR_AUTOMATIC && !f->reread &&
        !fetch_schedule_next(conn, &f->job, now, &sync->o.rng, error))
        return false;
    return shop_state_after(conn, f->job.worker, now, f->failed ? &f->failure : NULL, error) &&
           lease_release(conn, f->job.worker, error);
}

static void ended(void *context, const struct error *failure)
{
    struct fetch_job *f = context;
    struct sync *sync = sync_of(f);
    if (failure)
        fail(f, failure);
    f->phase = f->failed ? "failed" : "done";
    announce(f, true);
    struct log_field fields[] = {log_int("shop", f->job.worker->shop_id),
                                 log_int("run", f->run_id),
                                 log_str("door", str_from(fetch_door_name(f->plan.door))),
                                 log_int("listed", f->counts.listed),
                                 log_int("created", f->counts.created),
                                 log_int("updated", f->counts.updated),
                                 log_int("unchanged", f->counts.unchanged),
                                 log_int("skipped", f->counts.skipped),
                                 log_int("failed", f->counts.failed),
                                 {0}};
    if (f->failed)
        log_error(sync->o.log, "fetch", &f->failure, fields);
    else
        log_fields(sync->o.log, LOG_INFO, "fetch", fields);
    sync_event_shop(f->job.worker);
    job_end(&f->job);
}

static void end(struct fetch_job *f)
{
    // Without the lease nothing may be written; whoever has it goes on with the run.
    if (f->failed && f->failure.class == ERROR_FENCED) {
        ended(f, NULL);
        return;
    }
    job_write(&f->job, true, end_fn, f, ended);
}

static bool plan_windows(struct fetch_job *f, struct db_conn *conn, struct error *error)
{
    const struct mall *mall = f->job.shop.mall;
    if (f->plan.door == DOOR_RANGE || f->plan.door == DOOR_STATUS) {
        f->windows[f->window_count++] =
            (struct window){mall->range_basis, f->plan.from, f->plan.to};
        return true;
    }
    if (f->plan.door != DOOR_AUTOMATIC)
        return true;
    struct gap *gaps;
    size_t count;
    if (!coverage_gaps(conn, f->job.worker->org_id, &f->job.shop, f->now, f->job.arena, &gaps,
                       &count, error))
        return false;
    int64_t overlap = (int64_t)mall->limits.overlap_minutes * 60000;
    // Newest gaps first: today's orders matter more than an old hole, which the next runs refill.
    for (size_t i = count; i > 0 && f->window_count < WINDOWS_MAX; i--)
        f->windows[f->window_count++] =
            (struct window){gaps[i - 1].basis, gaps[i - 1].from - overlap, gaps[i - 1].to};
    return true;
}

// What the mall wants to know of the numbers that no listing of this run brings.
static bool know_times(struct fetch_job *f, struct db_conn *conn, struct error *error)
{
    const struct worker *w = f->job.worker;
    return !f->job.shop.mall->reads_by_time || f->wanted_count == 0 ||
           listings_times(conn, w->org_id, w->shop_id, f->wanted, f->wanted_count, f->job.arena,
                          &f->wanted_times, error);
}

static bool begin_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct fetch_job *f = context;
    struct worker *w = f->job.worker;
    f->taken = false;
    f->wanted_times = NULL;
    f->window_count = 0;
    f->now = clock_now(&sync_of(f)->o.clock);
    if (!lease_take(conn, w, f->now, &w->fence, error) || !job_load(conn, &f->job, error))
        return false;
    if (f->reread) {
        f->plan.door = DOOR_REREAD;
        f->taken = true;
        return reread_numbers(conn, w, REREAD_MAX, f->job.arena, &f->wanted, &f->wanted_count,
                              &f->reread_cursor, error) &&
               know_times(f, conn, error);
    }
    if (f->job.asked) {
        if (!fetch_run_take(conn, w->org_id, f->run_id, f->job.arena, &f->plan,
                            &f->job.context.actor, &f->counts, &f->taken, error))
            return false;
        if (!f->taken)
            return lease_release(conn, w, error);
    } else {
        f->plan = (struct fetch_plan){.door = DOOR_AUTOMATIC, .from = TIME_NONE, .to = f->now};
        f->run_id = id_next(sync_of(f)->o.ids, f->now);
        f->taken = true;
        if (!fetch_run_insert(conn, &f->job.context, f->run_id, w->shop_id, DOOR_AUTOMATIC,
                              STR("{}"), "running", error))
            return false;
    }
    if (f->plan.door == DOOR_NUMBER) {
        f->wanted = f->plan.order_nos;
        f->wanted_count = f->plan.order_no_count;
        return know_times(f, conn, error);
    }
    return plan_windows(f, conn, error) &&
           listings_wanted(conn, w->org_id, w->shop_id, 10000, f->job.arena, &f->wanted,
                           &f->wanted_count, error) &&
           know_times(f, conn, error);
}

static void begun(void *context, const struct error *failure)
{
    struct fetch_job *f = context;
    if (failure) {
        job_begin_failed(&f->job, f->job.asked ? f->run_id : 0, failure);
        return;
    }
    if (!f->taken) {
        job_end(&f->job);
        return;
    }
    if (f->window_count > 0) {
        f->slice_from = f->windows[0].from;
        list_slice(f);
    } else {
        f->phase = "reading";
        read_slice(f);
    }
}

static void start(struct job *job)
{
    struct fetch_job *f = (struct fetch_job *)job;
    job_write(job, false, begin_fn, f, begun);
}

static void dispose(struct job *job)
{
    struct fetch_job *f = (struct fetch_job *)job;
    memory_free(f->numbers);
    memory_free(f->number_times);
    memory_free(f->covered);
    memory_free(f->seen);
    arena_free(f->numbers_arena);
}

static struct fetch_job *new_job(struct worker *worker, enum job_kind kind)
{
    struct fetch_job *f = job_new(worker, kind, sizeof *f, 64u << 20);
    if (!f)
        return NULL;
    f->job.start = start;
    f->job.dispose = dispose;
    f->phase = "listing";
    f->sink = (struct mall_sink){.context = f, .batch = take_batch};
    job_sink_common(&f->sink, &f->job);
    return f;
}

struct job *fetch_job_new(struct worker *worker, row_id run_id)
{
    struct fetch_job *f = new_job(worker, JOB_FETCH);
    if (!f)
        return NULL;
    f->run_id = run_id;
    f->job.asked = run_id != 0;
    return &f->job;
}

struct job *reread_job_new(struct worker *worker)
{
    struct fetch_job *f = new_job(worker, JOB_REREAD);
    if (!f)
        return NULL;
    f->reread = true;
    return &f->job;
}
