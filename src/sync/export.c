// SPDX-License-Identifier: Apache-2.0
//
// Choosing, judging and writing out. Invariants: a notice stands in at most one file that was not
// withdrawn, because the state that lets it in (not yet sent) ends in the transaction that makes
// the file; every notice that was looked at is in `rows` with an outcome, and with a reason unless
// it goes. Database threads; memory grows with what the preview shows, not with whole orders.
#include "sync/export.h"
#include "base/compress.h"
#include "base/json.h"
#include "sync/export_store.h"
#include "sync/push_store.h"

#include <stdio.h>

#define FILE_BYTES_MAX (64u << 20)
#define ORDER_ROWS_BYTES_MAX (4u << 20)
#define READ_BACK_AFTER_MS (15 * 60000LL) // time to upload it
#define PAGE 500

struct writing {
    struct db_conn *conn;
    const struct order_context *context;
    const struct export_request *request;
    struct arena *arena;   // rows of the preview
    struct arena *scratch; // the order at hand
    struct shop shop;
    struct mall_account account;
    struct export_preview *preview;
    struct buf *file; // NULL: only a preview
    size_t file_rows;
    row_id file_id;
    const char *file_name; // set once the file has one
    struct str hash;
};

const char *export_outcome_name(enum export_outcome o)
{
    static const char *const names[] = {"will_send", "blocked", "suppressed", "in_flight"};
    return (unsigned)o < EXPORT_OUTCOME_COUNT ? names[o] : "unknown";
}

static const struct ship_file_format *choose_format(const struct export_request *request,
                                                    const struct mall *mall, struct error *error)
{
    const struct ship_file_format *format = str_is_empty(request->format)
                                                ? ship_file_of_mall(str_from(mall->id))
                                                : ship_file_by_id(request->format);
    if (format && strcmp(format->mall, mall->id) == 0)
        return format;
    error_set(error, ERROR_BAD_INPUT, "export.no_format",
              "%sに出荷をファイルで伝える形式がありません。%.0s",
              "%.0s%s has no such file for telling shipments.", mall->name.ja, mall->name.en);
    error_hint(error, "APIで書き出してください。", "Use the API instead.");
    return NULL;
}

// ---- choosing ----

static bool add_id(struct writing *w, row_id **ids, size_t *count, size_t *capacity, row_id id,
                   struct error *error)
{
    if (*count == EXPORT_ORDERS_MAX) {
        error_set(error, ERROR_BAD_INPUT, "export.too_many", "対象が%d件を超えています。",
                  "More than %d notices are chosen.", EXPORT_ORDERS_MAX);
        return error_hint(error, "作成期間を短くするか、ステータスで絞り込んでください。",
                          "Choose a shorter period or a status.");
    }
    if (*count == *capacity) {
        size_t grown = *capacity ? 2 * *capacity : 256;
        row_id *more = ARENA_ARRAY(w->arena, row_id, grown);
        if (!more)
            return error_no_memory(error);
        if (*count)
            memcpy(more, *ids, *count * sizeof *more);
        *ids = more;
        *capacity = grown;
    }
    (*ids)[(*count)++] = id;
    return true;
}

// Everything of the shop that is owed about shipments, newest first.
static bool choose_all(struct writing *w, row_id **ids, size_t *count, struct error *error)
{
    const struct export_request *r = w->request;
    struct writeback_filter filter = {.shop_id = r->shop_id,
                                      .state = -2,
                                      .changed_from = r->from,
                                      .changed_to = r->to,
                                      .due_by = TIME_NONE,
                                      .limit = PAGE};
    size_t capacity = 0, n;
    AUTO_ARENA pages = arena_new(256u << 20);
    *count = 0;
    if (!pages)
        return error_no_memory(error);
    do {
        struct writeback *list;
        struct str next;
        if (!obligation_list(w->conn, w->context->org_id, &filter, pages, &list, &n, &next, error))
            return false;
        for (size_t i = 0; i < n; i++)
            if (list[i].aspect == ASPECT_SHIPMENT &&
                !add_id(w, ids, count, &capacity, list[i].id, error))
                return false;
        filter.cursor = next;
    } while (filter.cursor.p && n > 0);
    // Oldest first, as they came to be owed.
    for (size_t i = 0; i < *count / 2; i++) {
        row_id other = (*ids)[i];
        (*ids)[i] = (*ids)[*count - 1 - i];
        (*ids)[*count - 1 - i] = other;
    }
    return true;
}

static bool takes_status(const struct export_request *r, row_id status)
{
    for (size_t i = 0; i < r->status_count; i++)
        if (r->statuses[i] == status)
            return true;
    return r->status_count == 0;
}

// ---- judging ----

// In the file's own encoding. A character that it doesn't have is a refusal, never a substitute.
static bool encode(struct writing *w, struct str utf8, struct str *bytes, struct error *why,
                   struct error *error)
{
    struct cp932_loss *losses = NULL;
    *bytes = utf8;
    error_clear(why);
    if (w->preview->format->encoding != TEXT_CP932)
        return true;
    if (!cp932_from_utf8(w->scratch, utf8, bytes, &losses, error))
        return false;
    if (!losses)
        return true;
    char shown[5] = "";
    if (losses->character < 0x110000 && (losses->character & 0xfffff800u) != 0xd800)
        shown[str_utf8_encode(losses->character, shown)] = '\0';
    error_set(why, ERROR_REJECTED, "export.character",
              "「%s」(U+%04X)はこのファイルの文字コード(Shift_JIS)にありません。",
              "\"%s\" (U+%04X) doesn't exist in the file's encoding (Shift_JIS).", shown,
              (unsigned)losses->character);
    error_hint(why, "その文字を別の文字に直してください。", "Replace that character.");
    return true;
}

static size_t rows_of(struct str text)
{
    size_t rows = 0;
    for (size_t i = 0; i < text.n; i++)
        rows += text.p[i] == '\n';
    return rows;
}

static bool out_of_memory(const struct error *e)
{
    return e->class == ERROR_NO_MEMORY || e->class == ERROR_STORAGE || e->class == ERROR_INTERNAL;
}

// The rows of one order, behind the file when there is one.
static bool write_rows(struct writing *w, const struct push_item *item, struct export_row *row,
                       struct error *error)
{
    const struct ship_file_format *format = w->preview->format;
    AUTO_BUF rows = buf_make(ORDER_ROWS_BYTES_MAX);
    struct str bytes;
    row->outcome = EXPORT_BLOCKED;
    if (!format->add(&w->account, &item->ship, day_in_jst(w->context->now), &rows, &row->why)) {
        if (!out_of_memory(&row->why))
            return true;
        *error = row->why;
        return false;
    }
    if (!encode(w, buf_str(&rows), &bytes, &row->why, error))
        return false;
    if (error_is_set(&row->why))
        return true;
    size_t count = rows_of(buf_str(&rows));
    if (format->rows_max > 0 && w->file_rows + count > format->rows_max) {
        error_set(&row->why, ERROR_REJECTED, "export.file_full",
                  "1つのファイルに入る%zu行を超えます。", "The mall takes %zu rows in one file.",
                  format->rows_max);
        error_hint(&row->why, "このファイルを作成したあと、もう一度書き出してください。",
                   "Write out again after this file.");
        return true;
    }
    w->file_rows += count;
    row->outcome = EXPORT_GOES;
    if (w->file)
        buf_add(w->file, bytes);
    return !w->file || !w->file->failed || error_no_memory(error);
}

static bool judge(struct writing *w, struct push_item *item, struct export_row *row,
                  struct error *error)
{
    enum writeback_state state;
    time_ms earlier;
    if (item->w.state != WRITEBACK_PENDING && item->w.state != WRITEBACK_BLOCKED &&
        item->w.state != WRITEBACK_SUPPRESSED) {
        row->outcome = EXPORT_UNDER_WAY;
        return true;
    }
    // What the API was told before may still take effect, after the file.
    if (!push_earlier_in_flight(w->conn, w->context->org_id, &item->w, &earlier, error))
        return false;
    if (earlier != TIME_NONE) {
        row->outcome = EXPORT_UNDER_WAY;
        return true;
    }
    if (!push_judge_for_file(w->conn, w->context, &w->shop, &w->account, item, &state, &row->why,
                             error))
        return false;
    if (state != WRITEBACK_PENDING) {
        row->outcome = state == WRITEBACK_SUPPRESSED ? EXPORT_SUPPRESSED : EXPORT_BLOCKED;
        return true;
    }
    mall_leaves_out_numbers(w->shop.mall, item->packages, item->package_count, &row->note);
    return write_rows(w, item, row, error);
}

static bool keep_row(struct writing *w, const struct push_item *item, struct export_row *row,
                     struct error *error)
{
    struct order_package *packages;
    row->writeback_id = item->w.id;
    row->order_id = item->w.order_id;
    row->order_no = str_dup(w->arena, item->w.order_no);
    if (!shipment_payload_parse(w->arena, str_dup(w->arena, item->w.payload), &packages,
                                &row->package_count, error))
        return false;
    row->packages = packages;
    w->preview->outcomes[row->outcome]++;
    w->preview->count++;
    return !arena_failed(w->arena) || error_no_memory(error);
}

static bool is_shipment_of_shop(const struct writing *w, const struct push_item *item)
{
    return item->w.aspect == ASPECT_SHIPMENT && item->w.shop_id == w->request->shop_id;
}

static bool look_at(struct writing *w, row_id id, struct error *error)
{
    struct push_item item;
    struct export_row *row = &w->preview->rows[w->preview->count];
    arena_reset(w->scratch);
    *row = (struct export_row){0};
    if (!push_load(w->conn, w->context->org_id, id, w->scratch, &item, error))
        return error->class == ERROR_NOT_FOUND && w->request->id_count > 0;
    if (!is_shipment_of_shop(w, &item) || writeback_is_final(item.w.state) ||
        !takes_status(w->request, item.order.work_status))
        return true;
    if (!judge(w, &item, row, error) || !keep_row(w, &item, row, error))
        return false;
    return !w->file || row->outcome != EXPORT_GOES ||
           push_mark_numbers(w->conn, w->context, &w->shop, &item, error);
}

static bool count_hidden(struct writing *w, struct error *error)
{
    struct db_stmt *s = db_prepare(w->conn,
                                   "SELECT COUNT(*) FROM writeback WHERE org_id = $1 AND shop_id = "
                                   "$2 AND owed = 1 AND aspect = $3",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->context->org_id);
    db_bind_id(s, 2, w->request->shop_id);
    db_bind_int(s, 3, ASPECT_SHIPMENT);
    enum db_step step = db_step(s, error);
    int64_t all = step == DB_STEP_ROW ? db_int(s, 0) : 0;
    db_reset(s);
    w->preview->hidden = all > (int64_t)w->preview->count ? all - (int64_t)w->preview->count : 0;
    return step != DB_STEP_ERROR;
}

static bool begin_file(struct writing *w, struct error *error)
{
    AUTO_BUF head = buf_make(1u << 20);
    struct error why;
    struct str bytes;
    if (!w->preview->format->begin(&w->account, &head, error) ||
        !encode(w, buf_str(&head), &bytes, &why, error))
        return false;
    if (error_is_set(&why)) {
        *error = why;
        return false;
    }
    if (!w->file)
        return true;
    buf_reset(w->file);
    if (w->preview->format->encoding == TEXT_UTF8_BOM)
        buf_add(w->file, STR("\xef\xbb\xbf"));
    buf_add(w->file, bytes);
    return !w->file->failed || error_no_memory(error);
}

static bool write_out(struct writing *w, struct error *error)
{
    row_id *ids = NULL;
    size_t count = 0;
    row_id org_id = w->context->org_id;
    const struct export_request *r = w->request;
    if (!shop_read(w->conn, org_id, r->shop_id, w->arena, &w->shop, error) ||
        !shop_account(w->conn, org_id, &w->shop, NULL, w->arena, &w->account, error) ||
        !(w->preview->format = choose_format(r, w->shop.mall, error)) || !begin_file(w, error))
        return false;
    w->account.mall = w->shop.mall;
    for (size_t i = 0, capacity = 0; i < r->id_count; i++)
        if (!add_id(w, &ids, &count, &capacity, r->ids[i], error))
            return false;
    if (r->id_count == 0 && !choose_all(w, &ids, &count, error))
        return false;
    if (!(w->preview->rows = ARENA_ARRAY(w->arena, struct export_row, count + 1)))
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        if (!look_at(w, ids[i], error))
            return false;
    return count_hidden(w, error);
}

bool export_preview(struct db_conn *conn, const struct order_context *context,
                    const struct export_request *request, struct arena *arena,
                    struct export_preview *preview, struct error *error)
{
    AUTO_ARENA scratch = arena_new(64u << 20);
    struct writing w = {.conn = conn,
                        .context = context,
                        .request = request,
                        .arena = arena,
                        .scratch = scratch,
                        .preview = preview};
    *preview = (struct export_preview){0};
    return scratch ? write_out(&w, error) : error_no_memory(error);
}

// ---- making the file ----

// rakuten_shipping.csv of 24 November 9:30:05 is rakuten_shipping_20261124_093005.csv.
static struct str dated_name(struct arena *arena, const char *name, time_ms now)
{
    const char *dot = strrchr(name, '.');
    int stem = dot ? (int)(dot - name) : (int)strlen(name);
    day d = day_in_jst(now);
    int64_t seconds = (now - day_start_jst(d)) / 1000;
    return arena_printf(arena, "%.*s_%08d_%02d%02d%02d%s", stem, name, (int)d,
                        (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60),
                        dot ? dot : "");
}

static bool tell_history(struct writing *w, const struct export_row *row,
                         const struct ship_file *file, struct error *error)
{
    AUTO_BUF after = buf_make(4096);
    struct json_writer j = json_writer_make(&after);
    json_begin_object(&j);
    json_put_str(&j, "file", file->file_name);
    json_put_str(&j, "hash", file->hash);
    json_end_object(&j);
    if (after.failed)
        return error_no_memory(error);
    return order_event_add(w->conn, w->context, row->order_id, "exported", STR_ABSENT,
                           buf_str(&after),
                           arena_printf(w->scratch, "ship_file %lld", (long long)file->id), error);
}

// Through "sending", as every notice goes; nobody sees it in between.
static bool count_as_sent(struct writing *w, const struct export_row *row,
                          const struct ship_file *file, struct error *error)
{
    struct writeback b;
    time_ms now = w->context->now;
    arena_reset(w->scratch);
    if (!obligation_read(w->conn, w->context->org_id, row->writeback_id, w->scratch, &b, error))
        return false;
    enum writeback_state seen = b.state;
    b.state = WRITEBACK_SENDING;
    b.reason = STR("");
    error_clear(&b.last_error);
    b.request_id = arena_printf(w->scratch, PUSH_BY_FILE "%lld", (long long)file->id);
    b.updated_at = now;
    if (!obligation_update(w->conn, w->context, &b, seen, error))
        return false;
    b.state = WRITEBACK_SENT;
    b.sent_at = now;
    b.next_at = now + READ_BACK_AFTER_MS;
    struct str evidence = arena_printf(w->scratch, "file %.*s blake2b %.*s",
                                       STR_ARG(file->file_name), STR_ARG(file->hash));
    return obligation_update(w->conn, w->context, &b, WRITEBACK_SENDING, error) &&
           attempt_store(w->conn, w->context, b.id, "send", "file", "sent", 0, NULL, evidence,
                         error) &&
           ship_file_add_item(w->conn, w->context->org_id, file->id, b.id, error) &&
           tell_history(w, row, file, error);
}

static bool describe(struct writing *w, struct ship_file *file, struct error *error)
{
    unsigned char digest[32];
    const struct ship_file_format *format = w->preview->format;
    crypto_digest(NULL, buf_str(w->file), digest);
    *file = (struct ship_file){
        .id = id_next(w->context->ids, w->context->now),
        .shop_id = w->request->shop_id,
        .format = str_from(format->id),
        .file_name = dated_name(w->arena, format->file_name, w->context->now),
        .content_type = str_from(format->content_type),
        .hash = crypto_hex(w->arena, str_make((const char *)digest, sizeof digest)),
        .created_at = w->context->now,
        .withdrawn_at = TIME_NONE,
        .actor = w->context->actor,
        .withdrawn_by = STR(""),
        .orders = w->preview->outcomes[EXPORT_GOES],
        .size = (int64_t)w->file->n,
        .waiting = w->preview->outcomes[EXPORT_GOES]};
    return !arena_failed(w->arena) || error_no_memory(error);
}

static bool finish_file(struct writing *w, struct ship_file *file, struct error *error)
{
    if (w->preview->outcomes[EXPORT_GOES] == 0) {
        error_set(error, ERROR_BAD_INPUT, "export.nothing", "書き出せる出荷がありません。",
                  "There is no shipment that can be written out.");
        return error_hint(error, "送信前チェックで不足している項目を確認してください。",
                          "The preview says what is missing.");
    }
    if (!describe(w, file, error) ||
        !ship_file_insert(w->conn, w->context, file, buf_str(w->file), error))
        return false;
    for (size_t i = 0; i < w->preview->count; i++)
        if (w->preview->rows[i].outcome == EXPORT_GOES &&
            !count_as_sent(w, &w->preview->rows[i], file, error))
            return false;
    return true;
}

bool export_create(struct db_conn *conn, const struct order_context *context,
                   const struct export_request *request, struct arena *arena,
                   bool (*keep)(void *context, const struct ship_file *file, struct str bytes,
                                struct error *error),
                   void *keep_context, struct ship_file *file, struct export_preview *preview,
                   struct error *error)
{
    AUTO_ARENA scratch = arena_new(64u << 20);
    AUTO_BUF bytes = buf_make(FILE_BYTES_MAX);
    struct writing w = {.conn = conn,
                        .context = context,
                        .request = request,
                        .arena = arena,
                        .scratch = scratch,
                        .preview = preview,
                        .file = &bytes};
    *preview = (struct export_preview){0};
    if (!scratch)
        return error_no_memory(error);
    return write_out(&w, error) && finish_file(&w, file, error) &&
           (!keep || keep(keep_context, file, buf_str(&bytes), error));
}

// ---- taking a file back ----

static bool take_back(struct db_conn *conn, const struct order_context *context, bool read_first,
                      row_id id, size_t *count, struct error *error)
{
    AUTO_ARENA arena = arena_new(8u << 20);
    struct writeback b;
    if (!arena)
        return error_no_memory(error);
    if (!obligation_read(conn, context->org_id, id, arena, &b, error))
        return false;
    // Verified, or replaced by something newer, or sent again since: nothing is owed for this file.
    if (!push_was_by_file(&b) || (b.state != WRITEBACK_SENT && b.state != WRITEBACK_DRIFT))
        return true;
    enum writeback_state seen = b.state;
    b.state = WRITEBACK_UNKNOWN;
    b.reason = STR("file.withdrawn");
    b.updated_at = b.next_at = context->now;
    if (!obligation_update(conn, context, &b, seen, error))
        return false;
    if (!read_first) {
        b.state = WRITEBACK_PENDING;
        b.request_id = STR("");
        if (!obligation_update(conn, context, &b, WRITEBACK_UNKNOWN, error))
            return false;
    }
    ++*count;
    return order_event_add(conn, context, b.order_id, "export_withdrawn", STR_ABSENT, STR_ABSENT,
                           STR("ship_file"), error);
}

bool ship_file_withdraw(struct db_conn *conn, const struct order_context *context, row_id id,
                        size_t *count, struct error *error)
{
    AUTO_ARENA arena = arena_new(64u << 20);
    struct ship_file file;
    struct shop shop;
    row_id *items;
    size_t n;
    *count = 0;
    if (!arena)
        return error_no_memory(error);
    if (!ship_file_read(conn, context->org_id, id, arena, &file, error) ||
        !shop_read(conn, context->org_id, file.shop_id, arena, &shop, error) ||
        !ship_file_items(conn, context->org_id, id, arena, &items, &n, error))
        return false;
    if (file.withdrawn_at != TIME_NONE)
        return error_set(error, ERROR_CONFLICT, "ship_file.withdrawn",
                         "このファイルはすでに取り消されています。",
                         "This file has been taken back already.");
    for (size_t i = 0; i < n; i++)
        if (!take_back(conn, context, shop.enabled, items[i], count, error))
            return false;
    return ship_file_mark_withdrawn(conn, context, id, error);
}
