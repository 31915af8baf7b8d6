// SPDX-License-Identifier: Apache-2.0
//
// searchOrders (amazon.md §6.2, §6.3): every order of a time range, whatever its status and whoever
// ships it. A page costs three minutes of the mall's budget, so after some pages (setting
// report_after_pages), or with fetch_source "report", the range is listed from the ALL_ORDERS
// report instead (§10): one document, all statuses, all channels.
// Invariants: the end asked for lies two minutes back, and a range counts as listed only up to the
// end that the mall confirmed and after all its pages; with a status filter nothing is claimed.
// Threads: the operation's. Ownership: each batch owns its arena.
#include "base/gzip.h"
#include "mall/amazon/internal.h"
#include "text/cp932.h"
#include "text/csv.h"

#define NEWEST_MS (2 * AMAZON_MINUTE_MS + 15 * AMAZON_SECOND_MS)
#define BATCH_BYTES_MAX ((size_t)16 << 20)
#define REPORT_BATCH 500
#define REPORT_WAIT_MS (20 * AMAZON_SECOND_MS)
#define REPORT_PIECE_DAYS 30
#define PAGES_MAX 100000
#define EMPTY_TRIES 3 // CANCELLED may mean "no data" (§10.1)

enum list_step { LIST_SEARCH, LIST_CREATE, LIST_ASK, LIST_DOCUMENT, LIST_DOWNLOAD };

struct list_op {
    struct amazon_op a; // first
    struct mall_list_request request;
    time_ms from, end; // what is left of the range
    bool clipped;
    struct str token; // of the next page, "" first page
    int pages, pages_before_report;
    enum list_step step;
    time_ms piece_end; // of the report at hand
    struct str report_id, document_id, url;
    bool gzip;
    int empty_tries;
};

static bool by_update(const struct list_op *op)
{
    return op->request.basis == DATE_UPDATED;
}

static void add_time(struct buf *q, const char *name, time_ms t)
{
    char text[32];
    buf_addf(q, "%s=", name);
    http_url_encode(q, time_format_utc(t, text));
    buf_add_char(q, '&');
}

static void add_filter(struct buf *q, struct str status)
{
    if (str_is_empty(status))
        return;
    if (str_eq(status, STR(AMAZON_FBA)))
        buf_add(q, STR("fulfilledBy=AMAZON&"));
    else
        buf_addf(q, "fulfillmentStatuses=%.*s&fulfilledBy=MERCHANT&", STR_ARG(status));
}

static bool plan_search(struct list_op *op)
{
    AUTO_BUF q = buf_make(AMAZON_REQUEST_BYTES_MAX);
    buf_add(&q, STR("/orders/2026-01-01/orders?"));
    add_time(&q, by_update(op) ? "lastUpdatedAfter" : "createdAfter", op->from);
    add_time(&q, by_update(op) ? "lastUpdatedBefore" : "createdBefore", op->end);
    buf_add(&q, STR("marketplaceIds="));
    http_url_encode(&q, amazon_setting(&op->a, "marketplace_id"));
    buf_add_char(&q, '&');
    add_filter(&q, op->request.only_status);
    if (op->token.n > 0) {
        buf_add(&q, STR("paginationToken="));
        http_url_encode(&q, op->token);
        buf_add_char(&q, '&');
    }
    // Only what a listing needs: no personal data for orders that may never be imported.
    buf_add(&q, STR("maxResultsPerPage=100&includedData=FULFILLMENT"));
    op->a.call.operation = op->a.call.family = "searchOrders";
    op->a.call.path = str_dup(op->a.scratch, buf_str(&q));
    if (!q.failed && !arena_failed(op->a.scratch))
        return true;
    amazon_fail_no_memory(&op->a);
    return false;
}

static bool plan_create(struct list_op *op)
{
    char text[32];
    AUTO_BUF body = buf_make(AMAZON_REQUEST_BYTES_MAX);
    struct json_writer w = json_writer_make(&body);
    time_ms longest = op->from + REPORT_PIECE_DAYS * AMAZON_DAY_MS;
    op->piece_end = op->end < longest ? op->end : longest;
    json_begin_object(&w);
    json_put_str(&w, "reportType",
                 by_update(op) ? STR("GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL")
                               : STR("GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"));
    json_key(&w, "marketplaceIds");
    json_begin_array(&w);
    json_write_str(&w, amazon_setting(&op->a, "marketplace_id"));
    json_end_array(&w);
    json_put_str(&w, "dataStartTime", time_format_utc(op->from, text));
    json_put_str(&w, "dataEndTime", time_format_utc(op->piece_end, text));
    json_end_object(&w);
    op->a.call.operation = op->a.call.family = "createReport";
    op->a.call.method = HTTP_POST; // makes a file, changes no order: may be repeated
    op->a.call.path = STR("/reports/2021-06-30/reports");
    return amazon_set_body(&op->a, &body);
}

static bool plan(struct amazon_op *a, time_ms now)
{
    struct list_op *op = (struct list_op *)a;
    if (!op->clipped && op->end > now - NEWEST_MS)
        op->end = now - NEWEST_MS;
    op->clipped = true;
    if (op->from >= op->end) {
        a->base.done = true;
        return true;
    }
    switch (op->step) {
    case LIST_SEARCH:
        return plan_search(op);
    case LIST_CREATE:
        return plan_create(op);
    case LIST_ASK:
        a->call.operation = a->call.family = "getReport";
        a->call.path =
            arena_printf(a->scratch, "/reports/2021-06-30/reports/%.*s", STR_ARG(op->report_id));
        return true;
    case LIST_DOCUMENT:
        a->call.operation = a->call.family = "getReportDocument";
        a->call.path = arena_printf(a->scratch, "/reports/2021-06-30/documents/%.*s",
                                    STR_ARG(op->document_id));
        return true;
    case LIST_DOWNLOAD:
        a->call.operation = "downloadReport";
        a->call.family = "storage";
        a->call.url = op->url;
        a->call.response_bytes_max = AMAZON_DOCUMENT_BYTES_MAX;
        return true;
    }
    return false;
}

static void incomplete(struct list_op *op, const char *ja, const char *en)
{
    struct error error;
    error_set(&error, ERROR_MALFORMED, "amazon.list_incomplete", "%s%.0s", "%.0s%s", ja, en);
    error_hint(&error, "次回の取得で取り直します。", "It is listed anew the next time.");
    amazon_fail(&op->a, &error);
}

static struct mall_batch *new_batch(struct list_op *op, size_t listings)
{
    struct mall_batch *batch = mall_batch_new(BATCH_BYTES_MAX);
    if (batch) {
        batch->listings = ARENA_ARRAY(batch->arena, struct mall_listing, listings);
        batch->windows = ARENA_NEW(batch->arena, struct mall_window);
    }
    if (batch && batch->listings && batch->windows)
        return batch;
    mall_batch_free(batch);
    amazon_fail_no_memory(&op->a);
    return NULL;
}

static void emit(struct list_op *op, struct mall_batch *batch)
{
    if (arena_failed(batch->arena)) {
        mall_batch_free(batch);
        amazon_fail_no_memory(&op->a);
        return;
    }
    mall_op_emit(&op->a.base, batch);
}

static void claim(struct list_op *op, struct mall_batch *batch, time_ms to)
{
    if (op->request.only_status.n == 0)
        batch->windows[batch->window_count++] =
            (struct mall_window){op->request.basis, op->from, to};
}

// --- searchOrders ---

static bool row_read(struct list_op *op, struct mall_batch *batch, struct json row)
{
    time_ms created, updated;
    struct json f = json_get(row, "fulfillment");
    struct str order_no = json_str(json_get(row, "orderId"));
    struct str status = json_str(json_get(f, "fulfillmentStatus"));
    bool fba = str_eq(json_str(json_get(f, "fulfilledBy")), STR("AMAZON"));
    if (str_is_empty(order_no) || str_is_empty(status) ||
        !time_parse_iso(json_str(json_get(row, "lastUpdatedTime")), 0, &updated)) {
        incomplete(op, "注文一覧に注文番号・状態・更新日時のない行があります。",
                   "The listing has a row without number, status or time.");
        return false;
    }
    if (!time_parse_iso(json_str(json_get(row, "createdTime")), 0, &created))
        created = TIME_NONE;
    batch->listings[batch->listing_count++] = (struct mall_listing){
        .order_no = str_dup(batch->arena, order_no),
        .mall_status = str_dup(batch->arena, status),
        .status_choice = amazon_status_choice(status, fba),
        .update_mark = amazon_update_mark(batch->arena, updated, status),
        .ordered_at = created,
        .hidden_reason = STR(""),
    };
    return true;
}

static void searched(struct list_op *op, struct json body)
{
    struct json orders = json_get(body, "orders"), row;
    struct str token = json_str(json_get(json_get(body, "pagination"), "nextToken"));
    time_ms confirmed;
    if (json_type(orders) != JSON_ARRAY) {
        incomplete(op, "注文一覧の応答に注文がありません。", "The listing has no orders member.");
        return;
    }
    struct mall_batch *batch = new_batch(op, json_count(orders));
    if (!batch)
        return;
    for (struct json_iter i = json_iterate(orders); json_next(&i, &row);)
        if (!row_read(op, batch, row)) {
            mall_batch_free(batch);
            return;
        }
    struct str echo =
        json_str(json_get(body, by_update(op) ? "lastUpdatedBefore" : "createdBefore"));
    time_ms to = op->end;
    if (time_parse_iso(echo, 0, &confirmed) && confirmed < to)
        to = confirmed;
    op->pages++;
    bool last = str_is_empty(token);
    if (!last && (str_eq(token, op->token) || op->pages >= PAGES_MAX)) {
        mall_batch_free(batch);
        incomplete(op, "注文一覧のページが進みません。", "The listing's pages do not advance.");
        return;
    }
    op->token = last ? STR("") : str_dup(op->a.base.arena, token);
    if (last) {
        claim(op, batch, to);
        op->from = op->end; // what wasn't confirmed is a gap that the next run refills
    } else if (op->pages_before_report > 0 && op->pages >= op->pages_before_report &&
               op->request.only_status.n == 0) {
        op->step = LIST_CREATE;
    }
    emit(op, batch);
}

// --- the report ---

enum report_column { R_NUMBER, R_ORDERED, R_UPDATED, R_STATUS, R_CHANNEL, R_COUNT };

static bool find_columns(const struct csv_reader *csv, int columns[R_COUNT])
{
    static const char *const names[R_COUNT] = {"amazon-order-id", "purchase-date",
                                               "last-updated-date", "order-status",
                                               "fulfillment-channel"};
    for (int k = 0; k < R_COUNT; k++) {
        columns[k] = -1;
        for (size_t i = 0; i < csv->count; i++)
            if (str_eq_nocase(str_trim(csv->cells[i]), str_from(names[k])))
                columns[k] = (int)i;
        if (columns[k] < 0)
            return false;
    }
    return true;
}

static bool report_row(struct list_op *op, const struct csv_reader *csv, const int columns[R_COUNT],
                       struct mall_batch *batch)
{
    struct str cells[R_COUNT];
    time_ms ordered, updated;
    for (int k = 0; k < R_COUNT; k++)
        cells[k] = (size_t)columns[k] < csv->count ? str_trim(csv->cells[columns[k]]) : STR("");
    if (str_is_empty(cells[R_NUMBER]) || str_is_empty(cells[R_STATUS]) ||
        !time_parse_iso(cells[R_UPDATED], 0, &updated)) {
        incomplete(op, "注文レポートに読み取れない行があります。",
                   "The order report has an unreadable row.");
        return false;
    }
    // One row per item; the rows of an order stand together.
    struct mall_listing *last =
        batch->listing_count ? &batch->listings[batch->listing_count - 1] : NULL;
    if (last && str_eq(last->order_no, cells[R_NUMBER]))
        return true;
    struct str status = amazon_status_from_v0(cells[R_STATUS]);
    struct str choice =
        amazon_status_choice(status, str_eq_nocase(cells[R_CHANNEL], STR("Amazon")));
    struct str only = op->request.only_status;
    if (only.n > 0 && !str_eq(only, choice))
        return true;
    batch->listings[batch->listing_count++] = (struct mall_listing){
        .order_no = str_dup(batch->arena, cells[R_NUMBER]),
        .mall_status = str_dup(batch->arena, status),
        .status_choice = choice,
        .update_mark = amazon_update_mark(batch->arena, updated, status),
        .ordered_at = time_parse_iso(cells[R_ORDERED], 0, &ordered) ? ordered : TIME_NONE,
        .hidden_reason = STR(""),
    };
    return true;
}

static void piece_done(struct list_op *op, struct mall_batch *batch)
{
    claim(op, batch, op->piece_end);
    op->from = op->piece_end;
    op->step = LIST_CREATE;
    op->empty_tries = 0;
    emit(op, batch);
}

static void read_rows(struct list_op *op, struct csv_reader *csv)
{
    struct error error;
    int columns[R_COUNT], got = csv_read(csv, &error);
    if (got == 1 && !find_columns(csv, columns)) {
        incomplete(op, "注文レポートの見出しを読み取れません。",
                   "The order report's header is unknown.");
        return;
    }
    struct mall_batch *batch = new_batch(op, REPORT_BATCH + 1);
    while (batch && got == 1 && (got = csv_read(csv, &error)) == 1) {
        if (batch->listing_count == REPORT_BATCH) {
            emit(op, batch);
            batch = op->a.base.failed ? NULL : new_batch(op, REPORT_BATCH + 1);
        }
        if (batch && !report_row(op, csv, columns, batch)) {
            mall_batch_free(batch);
            return;
        }
    }
    if (!batch)
        return;
    if (got < 0) {
        mall_batch_free(batch);
        amazon_fail(&op->a, &error);
        return;
    }
    piece_done(op, batch);
}

static void downloaded(struct list_op *op, const struct http_response *response)
{
    struct error error = {0};
    struct str bytes = response->body, utf8;
    enum text_encoding encoding;
    AUTO_BUF plain = buf_make(AMAZON_DOCUMENT_BYTES_MAX + (1 << 20));
    if (op->gzip) {
        if (!gzip_unpack(bytes, AMAZON_DOCUMENT_BYTES_MAX, &plain, &error)) {
            amazon_fail(&op->a, &error);
            return;
        }
        bytes = buf_str(&plain);
    }
    if (!text_to_utf8(op->a.scratch, bytes, &utf8, &encoding, &error)) {
        amazon_fail(&op->a, &error);
        return;
    }
    struct csv_reader csv;
    csv_open(&csv, utf8, '\t');
    read_rows(op, &csv);
    csv_close(&csv);
}

static void report_failed(struct list_op *op, struct str state)
{
    struct error error;
    error_set(&error, ERROR_NETWORK, "amazon.report_failed",
              "Amazonの注文レポートを作成できませんでした（%.*s）。",
              "Amazon could not make the order report (%.*s).", STR_ARG(str_utf8_cut(state, 40)));
    error_hint(&error, "次回の取得でもう一度作成します。", "It is asked for again the next time.");
    amazon_fail(&op->a, &error);
}

static void asked(struct list_op *op, time_ms now, struct json body)
{
    struct str state = json_str(json_get(body, "processingStatus"));
    if (str_eq(state, STR("DONE"))) {
        op->document_id = str_dup(op->a.base.arena, json_str(json_get(body, "reportDocumentId")));
        op->step = LIST_DOCUMENT;
    } else if (str_eq(state, STR("CANCELLED"))) {
        if (++op->empty_tries < EMPTY_TRIES) {
            op->step = LIST_CREATE;
            return;
        }
        struct mall_batch *batch = new_batch(op, 1);
        if (batch)
            piece_done(op, batch);
    } else if (str_eq(state, STR("IN_QUEUE")) || str_eq(state, STR("IN_PROGRESS"))) {
        op->a.wait_until = now + REPORT_WAIT_MS;
    } else {
        report_failed(op, state);
    }
}

static void got_document(struct list_op *op, struct json body)
{
    struct error error = {0};
    struct str url = json_str(json_get(body, "url"));
    op->gzip = str_eq(json_str(json_get(body, "compressionAlgorithm")), STR("GZIP"));
    op->url = str_dup(op->a.base.arena, url);
    op->step = LIST_DOWNLOAD;
    if (!amazon_storage_address(&op->a, op->url, &error))
        amazon_fail(&op->a, &error);
}

static void take(struct amazon_op *a, time_ms now, const struct http_response *response,
                 struct json body)
{
    struct list_op *op = (struct list_op *)a;
    switch (op->step) {
    case LIST_SEARCH:
        searched(op, body);
        break;
    case LIST_CREATE:
        op->report_id = str_dup(a->base.arena, json_str(json_get(body, "reportId")));
        op->step = LIST_ASK;
        a->wait_until = now + REPORT_WAIT_MS;
        break;
    case LIST_ASK:
        asked(op, now, body);
        break;
    case LIST_DOCUMENT:
        got_document(op, body);
        break;
    case LIST_DOWNLOAD:
        downloaded(op, response);
        break;
    }
    bool nameless = (op->step == LIST_ASK && op->report_id.n == 0) ||
                    (op->step == LIST_DOCUMENT && op->document_id.n == 0);
    if (nameless && !a->base.failed)
        incomplete(op, "レポートの応答に番号がありません。", "The report's answer has no id.");
    if (arena_failed(a->base.arena))
        amazon_fail_no_memory(a);
}

// Used up by another tool of the same app: the report has a budget of its own. An address that has
// expired is asked for anew.
static bool refused(struct amazon_op *a, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    struct list_op *op = (struct list_op *)a;
    (void)now;
    (void)response;
    if (op->step == LIST_SEARCH && error->class == ERROR_RATE_LIMITED && a->throttled >= 1 &&
        op->pages_before_report > 0) {
        op->step = LIST_CREATE;
        return true;
    }
    if (op->step == LIST_DOWNLOAD && strncmp(error->code, "amazon.storage", 14) == 0 &&
        op->empty_tries++ < EMPTY_TRIES) {
        op->step = LIST_DOCUMENT;
        return true;
    }
    return false;
}

static bool request_is_sound(const struct mall_list_request *request, struct error *error)
{
    if (request->basis != DATE_ORDERED && request->basis != DATE_UPDATED)
        return error_set(error, ERROR_BAD_INPUT, "amazon.basis",
                         "Amazonは注文日時か更新日時でのみ検索できます。",
                         "Amazon lists by time of order or of update only.");
    if (request->from == TIME_NONE || request->to == TIME_NONE || request->from > request->to ||
        request->from < 0)
        return error_set(error, ERROR_BAD_INPUT, "amazon.range", "期間の指定が正しくありません。",
                         "The range of time is not valid.");
    if (request->only_status.n > 0 && amazon_status_choice(request->only_status, false).n == 0)
        return error_set(error, ERROR_BAD_INPUT, "amazon.status",
                         "ステータスの指定が正しくありません。",
                         "The status is not one of Amazon's.");
    return true;
}

struct mall_op *amazon_list(const struct mall_account *account,
                            const struct mall_list_request *request, const struct mall_sink *sink,
                            struct error *error)
{
    static const struct amazon_steps steps = {.plan = plan, .take = take, .refused = refused};
    if (!request_is_sound(request, error))
        return NULL;
    struct list_op *op = amazon_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->request = *request;
    op->request.only_status = str_dup(op->a.base.arena, request->only_status);
    op->token = op->report_id = op->document_id = op->url = STR("");
    // Whole seconds outward: reports and some answers know no more.
    op->from = request->from / AMAZON_SECOND_MS * AMAZON_SECOND_MS;
    op->end = request->to;
    op->pages_before_report = (int)account_integer(&op->a.base.account, "report_after_pages", 15);
    bool report = str_eq(amazon_setting(&op->a, "fetch_source"), STR("report"));
    op->step = report ? LIST_CREATE : LIST_SEARCH;
    return &op->a.base;
}
