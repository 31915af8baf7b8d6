// SPDX-License-Identifier: Apache-2.0
//
// File door: a mall's own CSV goes the same way as its API's answers: canonical orders, one
// transaction per batch, a fetch run with an outcome per order. Runs on the caller's thread.
#include "mall/file/order_file.h"
#include "mall/op.h"
#include "sync/fetch_store.h"

struct import {
    struct sync *sync;
    const struct order_context *context;
    struct shop shop;
    row_id run_id;
    bool dry_run;
    struct run_counts counts;
    struct mall_batch *batch; // being stored
    struct run_counts stored;
    void (*report)(void *context, const struct file_row_report *row);
    void *report_context;
};

static void refused(void *context, const struct order_file_refusal *refusal)
{
    struct import *im = context;
    struct file_row_report row = {.line = refusal->line,
                                  .column = refusal->column,
                                  .order_no = refusal->order_no,
                                  .error = &refusal->error};
    im->counts.failed++;
    if (im->report)
        im->report(im->report_context, &row);
}

static bool note(struct import *im, struct db_conn *conn, const struct order_import *one,
                 struct arena *arena, struct error *error)
{
    static const char *const words[] = {"created", "updated", "unchanged", "failed"};
    bool bad = one->outcome == IMPORT_QUARANTINED;
    int64_t *tallies[] = {&im->stored.created, &im->stored.updated, &im->stored.unchanged,
                          &im->stored.failed};
    (*tallies[one->outcome])++;
    im->stored.listed++;
    return listing_decide(conn, im->context->org_id, im->shop.id, one->order->order_no, one->order,
                          im->shop.mall->status_choice(one->order),
                          bad ? "quarantined" : "imported", bad ? one->error.code : "",
                          one->order_id, im->context->now, error) &&
           fetch_item_store(conn, im->context->org_id, im->run_id, one->order->order_no,
                            words[one->outcome], bad ? str_from(one->error.code) : STR("file"),
                            one->order_id, bad ? &one->error : NULL, arena, error);
}

static bool store_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct import *im = context;
    struct mall_batch *batch = im->batch;
    im->stored = (struct run_counts){0};
    AUTO_ARENA arena = arena_new(64u << 20);
    struct order_import *imports =
        arena ? ARENA_ARRAY(arena, struct order_import, batch->order_count) : NULL;
    if (!imports)
        return error_no_memory(error);
    for (size_t i = 0; i < batch->order_count; i++) {
        batch->orders[i].order.shop_id = im->shop.id;
        batch->orders[i].order.org_id = im->context->org_id;
        imports[i] = (struct order_import){.order = &batch->orders[i].order,
                                           .raw = batch->orders[i].raw,
                                           .raw_type = batch->orders[i].raw_type,
                                           .door = "file",
                                           .fetch_run = im->run_id};
    }
    if (batch->order_count > 0 &&
        !orders_import(conn, im->context, imports, batch->order_count, error))
        return false;
    if (batch->order_count == 0)
        return true;
    if (!db_batch_begin(conn, error))
        return false;
    for (size_t i = 0; i < batch->order_count; i++) {
        if (!note(im, conn, &imports[i], arena, error))
            return false;
    }
    return db_batch_end(conn, error);
}

static void check_only(struct import *im, const struct mall_batch *batch)
{
    for (size_t i = 0; i < batch->order_count; i++) {
        struct error why;
        im->counts.listed++;
        if (order_validate(&batch->orders[i].order, &why))
            continue;
        struct file_row_report row = {
            .order_no = batch->orders[i].order.order_no, .column = STR(""), .error = &why};
        im->counts.failed++;
        if (im->report)
            im->report(im->report_context, &row);
    }
}

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct import *im = context;
    bool ok = true;
    if (im->dry_run) {
        check_only(im, batch);
    } else {
        im->batch = batch;
        ok = db_write(im->sync->o.db, store_fn, im, error);
        im->counts.listed += im->stored.listed;
        im->counts.created += im->stored.created;
        im->counts.updated += im->stored.updated;
        im->counts.unchanged += im->stored.unchanged;
        im->counts.failed += im->stored.failed;
    }
    mall_batch_free(batch);
    return ok;
}

static bool begin_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct import *im = context;
    return fetch_run_insert(conn, im->context, im->run_id, im->shop.id, DOOR_FILE, STR("{}"),
                            "running", error);
}

struct ending {
    struct import *im;
    const struct error *failure;
};

static bool end_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct ending *e = context;
    const char *state = e->failure ? "failed" : e->im->counts.failed > 0 ? "partly" : "done";
    return fetch_run_store(conn, e->im->context->org_id, e->im->run_id, state,
                           clock_now(&e->im->sync->o.clock), &e->im->counts, STR("{}"), e->failure,
                           error);
}

static bool read_shop(struct import *im, row_id shop_id, struct arena *arena,
                      struct mall_account *account, struct error *error)
{
    struct db_conn *conn = db_acquire(im->sync->o.db, error);
    bool ok = conn && shop_read(conn, im->context->org_id, shop_id, arena, &im->shop, error) &&
              shop_account(conn, im->context->org_id, &im->shop, NULL, arena, account, error);
    db_release(im->sync->o.db, conn);
    return ok;
}

static bool to_utf8(struct arena *arena, struct str bytes, struct str *utf8, struct error *error)
{
    enum text_encoding encoding;
    *utf8 = STR_ABSENT;
    return !bytes.p || text_to_utf8(arena, bytes, utf8, &encoding, error);
}

bool import_file(struct sync *sync, const struct order_context *context, row_id shop_id,
                 struct str bytes, struct str second_file, bool dry_run,
                 void (*report)(void *context, const struct file_row_report *row),
                 void *report_context, row_id *run_id, struct error *error)
{
    AUTO_ARENA arena = arena_new(2u << 30);
    struct mall_account account;
    enum text_encoding encoding;
    struct str utf8, second;
    struct import im = {.sync = sync,
                        .context = context,
                        .dry_run = dry_run,
                        .report = report,
                        .report_context = report_context};
    *run_id = 0;
    if (!arena)
        return error_no_memory(error);
    if (!read_shop(&im, shop_id, arena, &account, error))
        return false;
    const struct order_file_format *format =
        order_file_recognise(str_from(im.shop.mall->id), bytes, &encoding, error);
    if (!format || !to_utf8(arena, bytes, &utf8, error) ||
        !to_utf8(arena, second_file, &second, error))
        return false;
    im.run_id = id_next(sync->o.ids, clock_now(&sync->o.clock));
    if (!dry_run && !db_write(sync->o.db, begin_fn, &im, error))
        return false;
    struct order_file_sink sink = {.context = &im, .batch = take_batch, .refused = refused};
    struct error failure;
    bool ok = format->read(&account, utf8, second, &sink, &failure);
    if (dry_run) {
        if (!ok)
            *error = failure;
        return ok;
    }
    struct ending ending = {&im, ok ? NULL : &failure};
    if (!db_write(sync->o.db, end_fn, &ending, error))
        return false;
    *run_id = im.run_id;
    sync_event(sync, context->org_id, "counts.changed", STR("{}"));
    return true;
}
