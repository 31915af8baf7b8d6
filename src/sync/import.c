// SPDX-License-Identifier: Apache-2.0
//
// File door: a mall's own CSV goes the same way as its API's answers: canonical orders, one
// transaction per batch, a fetch run with an outcome per order. Runs on the caller's thread.
#include "mall/file/order_file.h"
#include "mall/op.h"
#include "sync/failed_rows.h"
#include "sync/fetch_store.h"

#define KEPT_MAX 1000
#define FAILED_BYTES_MAX (64u << 20)

// A row that was refused, kept until the run's end.
struct kept {
    struct str order_no; // or "#LINE"
    struct error error;
};

struct import {
    struct sync *sync;
    const struct order_context *context;
    struct shop shop;
    row_id run_id;
    bool dry_run;
    struct run_counts counts;
    const struct mall_account *account;
    struct mall_batch *batch; // being stored
    struct run_counts stored;
    struct kept *kept;
    size_t kept_count;
    struct kept *quarantined; // of the batch
    size_t quarantined_count;
    struct failed_rows failed_rows;
    struct buf failed_files[2]; // of the orders, of the second file; empty = none
    struct arena *arena;
    void (*report)(void *context, const struct file_row_report *row);
    void *report_context;
};

static void keep(struct import *im, const struct order_file_refusal *refusal)
{
    if (im->kept_count == KEPT_MAX)
        return;
    im->kept[im->kept_count++] = (struct kept){
        .order_no = refusal->order_no.n > 0 ? str_dup(im->arena, refusal->order_no)
                                            : arena_printf(im->arena, "#%zu", refusal->line),
        .error = refusal->error};
}

static void refused(void *context, const struct order_file_refusal *refusal)
{
    struct import *im = context;
    struct file_row_report row = {.line = refusal->line,
                                  .column = refusal->column,
                                  .order_no = refusal->order_no,
                                  .error = &refusal->error};
    im->counts.failed++;
    keep(im, refusal);
    failed_rows_add(&im->failed_rows, refusal->line, refusal->order_no);
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
    // What the API said of an order's status is newer than any file.
    return listing_decide(conn, im->context->org_id, im->shop.id, one->order->order_no,
                          one->completed ? NULL : one->order,
                          im->shop.mall->status_choice(one->order),
                          bad ? "quarantined" : "imported", bad ? one->error.code : "",
                          one->order_id, im->context->now, error) &&
           fetch_item_store(conn, im->context->org_id, im->run_id, one->order->order_no,
                            words[one->outcome], bad ? str_from(one->error.code) : STR("file"),
                            one->order_id, bad ? &one->error : NULL, arena, error);
}

static void note_quarantined(struct import *im, const struct order_import *one)
{
    if (one->outcome == IMPORT_QUARANTINED && im->quarantined_count < KEPT_MAX)
        im->quarantined[im->quarantined_count++] =
            (struct kept){str_dup(im->arena, one->order->order_no), one->error};
}

static void tell_quarantined(struct import *im)
{
    for (size_t i = 0; i < im->quarantined_count; i++) {
        const struct kept *k = &im->quarantined[i];
        failed_rows_add(&im->failed_rows, 0, k->order_no);
        if (!im->report)
            continue;
        struct file_row_report row = {
            .column = STR(""), .order_no = k->order_no, .error = &k->error};
        im->report(im->report_context, &row);
    }
}

static bool store_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct import *im = context;
    struct mall_batch *batch = im->batch;
    im->stored = (struct run_counts){0};
    im->quarantined_count = 0;
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
    if (batch->order_count == 0)
        return true;
    if (!orders_import(conn, im->context, imports, batch->order_count, error) ||
        !db_batch_begin(conn, error))
        return false;
    for (size_t i = 0; i < batch->order_count; i++) {
        if (!note(im, conn, &imports[i], arena, error))
            return false;
        note_quarantined(im, &imports[i]);
    }
    if (!db_batch_end(conn, error))
        return false;
    return !im->dry_run ||
           error_set(error, ERROR_CANCELLED, "import.dry_run", "試しの取込です。", "a dry run");
}

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct import *im = context;
    for (size_t i = 0; i < batch->order_count; i++) {
        if (!mall_order_map(im->account, batch->arena, &batch->orders[i].order)) {
            mall_batch_free(batch);
            return error_no_memory(error);
        }
    }
    im->batch = batch;
    bool ok = db_write(im->sync->o.db, store_fn, im, error);
    if (!ok && im->dry_run && strcmp(error->code, "import.dry_run") == 0)
        ok = true;
    if (ok) {
        im->counts.listed += im->stored.listed;
        im->counts.created += im->stored.created;
        im->counts.updated += im->stored.updated;
        im->counts.unchanged += im->stored.unchanged;
        im->counts.failed += im->stored.failed;
        tell_quarantined(im);
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

static bool store_failed_rows(struct import *im, struct db_conn *conn, struct error *error)
{
    row_id org_id = im->context->org_id;
    if (im->failed_files[0].n + im->failed_files[1].n > 0 &&
        !failed_rows_sweep(conn, org_id, clock_now(&im->sync->o.clock), error))
        return false;
    for (int i = 0; i < 2; i++)
        if (im->failed_files[i].n > 0 &&
            !failed_rows_store(conn, org_id, im->run_id, i + 1, "text/csv",
                               buf_str(&im->failed_files[i]), error))
            return false;
    return true;
}

struct ending {
    struct import *im;
    const struct error *failure;
};

static bool end_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct ending *e = context;
    struct import *im = e->im;
    const char *state = e->failure ? "failed" : im->counts.failed > 0 ? "partly" : "done";
    AUTO_ARENA arena = arena_new(16u << 20);
    if (!arena)
        return error_no_memory(error);
    for (size_t i = 0; i < im->kept_count; i++) {
        const struct kept *k = &im->kept[i];
        if (!fetch_item_store(conn, im->context->org_id, im->run_id, k->order_no, "failed",
                              str_from(k->error.code), 0, &k->error, arena, error))
            return false;
    }
    return store_failed_rows(im, conn, error) &&
           fetch_run_store(conn, im->context->org_id, im->run_id, state,
                           clock_now(&im->sync->o.clock), &im->counts, STR("{}"), e->failure,
                           error);
}

static bool read_shop(struct import *im, row_id shop_id, struct mall_account *account,
                      struct error *error)
{
    struct db_conn *conn = db_acquire(im->sync->o.db, error);
    bool ok = conn && shop_read(conn, im->context->org_id, shop_id, im->arena, &im->shop, error) &&
              shop_account(conn, im->context->org_id, &im->shop, NULL, im->arena, account, error);
    db_release(im->sync->o.db, conn);
    return ok;
}

static bool to_utf8(struct arena *arena, struct str bytes, struct str *utf8, struct error *error)
{
    enum text_encoding encoding;
    *utf8 = STR_ABSENT;
    return !bytes.p || text_to_utf8(arena, bytes, utf8, &encoding, error);
}

// The format of the file with the orders, which may have been given second.
static const struct order_file_format *recognise(struct str mall, struct str *orders,
                                                 struct str *second, enum text_encoding *encoding,
                                                 struct error *error)
{
    const struct order_file_format *format = order_file_recognise(mall, *orders, encoding, error);
    if (format || !second->p || strcmp(error->code, "file.second_alone") != 0)
        return format;
    struct str items = *orders;
    *orders = *second;
    *second = items;
    return order_file_recognise(mall, *orders, encoding, error);
}

// A file as it came and as text.
struct given {
    struct str bytes, utf8;
};

static bool make_failed_file(struct import *im, const struct order_file_format *format,
                             const struct mall_account *account, const struct given *given,
                             bool second, struct error *error)
{
    struct buf *out = &im->failed_files[second];
    size_t rows = 0;
    if (!given->bytes.p || !failed_rows_any(&im->failed_rows))
        return true;
    if (!failed_rows_make(&im->failed_rows, format, account, given->bytes, second, out, &rows,
                          error))
        return false;
    if (rows == 0)
        buf_reset(out);
    return true;
}

static bool run_import(struct import *im, const struct order_file_format *format,
                       const struct mall_account *account, const struct given *orders,
                       const struct given *second, struct error *failure, struct error *error)
{
    struct db *db = im->sync->o.db;
    struct order_file_sink sink = {.context = im, .batch = take_batch, .refused = refused};
    if (im->dry_run)
        return format->read(account, orders->utf8, second->utf8, &sink, error);
    if (!db_write(db, begin_fn, im, error))
        return false;
    bool ok = format->read(account, orders->utf8, second->utf8, &sink, failure);
    ok = ok && make_failed_file(im, format, account, orders, false, failure) &&
         make_failed_file(im, format, account, second, true, failure);
    if (ok)
        error_clear(failure);
    struct ending ending = {im, ok ? NULL : failure};
    return db_write(db, end_fn, &ending, error);
}

static bool open_import(struct import *im, row_id shop_id, struct mall_account *account,
                        struct error *error)
{
    im->kept = ARENA_ARRAY(im->arena, struct kept, KEPT_MAX);
    im->quarantined = ARENA_ARRAY(im->arena, struct kept, KEPT_MAX);
    im->failed_files[0] = buf_make(FAILED_BYTES_MAX);
    im->failed_files[1] = buf_make(FAILED_BYTES_MAX);
    if (!im->kept || !im->quarantined)
        return error_no_memory(error);
    if (!read_shop(im, shop_id, account, error))
        return false;
    im->account = account;
    im->run_id = id_next(im->sync->o.ids, clock_now(&im->sync->o.clock));
    return true;
}

static void close_import(struct import *im)
{
    failed_rows_free(&im->failed_rows);
    buf_free(&im->failed_files[0]);
    buf_free(&im->failed_files[1]);
}

static bool import_opened(struct import *im, struct str bytes, struct str second_file, bool english,
                          struct file_import *result, struct error *error)
{
    static const char *const encodings[] = {"UTF-8", "UTF-8", "Shift_JIS", "UTF-16", ""};
    enum text_encoding encoding;
    struct given orders, second;
    struct error failure = {0};
    const struct order_file_format *format =
        recognise(str_from(im->shop.mall->id), &bytes, &second_file, &encoding, error);
    orders.bytes = bytes;
    second.bytes = second_file;
    if (!format || !to_utf8(im->arena, bytes, &orders.utf8, error) ||
        !to_utf8(im->arena, second_file, &second.utf8, error) ||
        !run_import(im, format, im->account, &orders, &second, &failure, error))
        return false;
    *result = (struct file_import){.run_id = im->dry_run ? 0 : im->run_id,
                                   .label = english ? format->label.en : format->label.ja,
                                   .encoding = encodings[encoding],
                                   .listed = im->counts.listed,
                                   .created = im->counts.created,
                                   .updated = im->counts.updated,
                                   .unchanged = im->counts.unchanged,
                                   .failed = im->counts.failed,
                                   .has_failed_rows = im->failed_files[0].n > 0,
                                   .has_failed_second = im->failed_files[1].n > 0,
                                   .failure = failure};
    return true;
}

bool import_file(struct sync *sync, const struct order_context *context, row_id shop_id,
                 struct str bytes, struct str second_file, bool dry_run, bool english,
                 void (*report)(void *context, const struct file_row_report *row),
                 void *report_context, struct file_import *result, struct error *error)
{
    AUTO_ARENA arena = arena_new(2u << 30);
    struct mall_account account;
    struct import im = {.sync = sync,
                        .context = context,
                        .dry_run = dry_run,
                        .arena = arena,
                        .report = report,
                        .report_context = report_context};
    *result = (struct file_import){0};
    if (!arena)
        return error_no_memory(error);
    bool done = open_import(&im, shop_id, &account, error) &&
                import_opened(&im, bytes, second_file, english, result, error);
    close_import(&im);
    if (done && !dry_run)
        sync_event(sync, context->org_id, "counts.changed", STR("{}"));
    return done;
}
