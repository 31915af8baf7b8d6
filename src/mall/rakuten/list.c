// SPDX-License-Identifier: Apache-2.0
//
// searchOrder (rakuten.md §4): every order number of a span of time, with its status.
//
// The span is cut into pieces of at most 63 days; a piece with more than 15,000 orders is halved.
// Of each piece, first everything is listed without a filter; that is the truth. searchOrder
// doesn't tell the status, so one search per status follows, in the order of an order's life (an
// order that moves on meanwhile shows up in a later search), until every number has one. Numbers
// that none of them showed are listed with unknown status: never left out. A piece is reported as
// complete only when all its pages were read and agreed with the total.
#include "base/memory.h"
#include "mall/rakuten/codes.h"
#include "mall/rakuten/wire.h"

#include <stdlib.h>

#define DAY_MS (24 * 3600 * 1000LL)
#define REACH_MARGIN_MS (10 * 60 * 1000LL) // the operation may take a while
#define PIECES_MAX 64
#define RESTARTS_MAX 2
#define STRAYS_MAX 2000 // numbers that only a search per status showed
#define PIECE_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define BATCH_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define ORDER_NO_BYTES_MAX 382
#define STATUS_UNKNOWN (-1)

struct piece {
    time_ms from, to; // [from, to)
};

struct row {
    struct str order_no;
    int status; // index in rakuten_statuses
};

struct list_op {
    struct rakuten_op op;
    enum date_basis basis;
    int date_type;
    int only_status;    // index, or STATUS_UNKNOWN: all
    time_ms cursor, to; // what isn't cut into pieces yet
    bool reach_checked;
    struct piece pieces[PIECES_MAX]; // a stack: the last one is worked on
    size_t piece_count;
    bool whole_in_one; // one piece covers the whole span: its total is the operation's
    struct arena *piece_arena;
    struct row *rows;
    size_t row_count, row_capacity;
    size_t base_count;    // rows of the unfiltered listing, sorted; strays follow
    size_t unknown;       // of these, rows without status
    bool naming_statuses; // the searches per status
    int status;
    int64_t page, total, seen; // of the search under way
    bool disagrees;            // pages and totals of the unfiltered listing don't fit
    int restarts;
};

static int date_type_of(enum date_basis basis)
{
    switch (basis) {
    case DATE_ORDERED:
        return 1;
    case DATE_CONFIRMED:
        return 2;
    case DATE_FIXED:
        return 3;
    case DATE_SHIPPED:
        return 5; // 発送完了報告日: set once, unlike the ship date
    default:
        return 0;
    }
}

static void start_piece_over(struct list_op *l)
{
    arena_reset(l->piece_arena);
    l->rows = NULL;
    l->row_count = l->row_capacity = l->base_count = l->unknown = 0;
    l->naming_statuses = false;
    l->status = 0;
    l->page = 1;
    l->total = l->seen = 0;
    l->disagrees = false;
}

static time_ms floor_second(time_ms t)
{
    return t - ((t % 1000) + 1000) % 1000;
}

static void warn_reach(struct list_op *l, time_ms reach)
{
    struct error warning;
    char text[32];
    error_set(&warning, ERROR_BAD_INPUT, "rakuten.beyond_reach",
              "楽天のAPIで取得できるのは過去730日までです。%.*s以降だけを取得します。",
              "Rakuten's API reaches back 730 days; listing starts at %.*s.",
              STR_ARG(time_format_rakuten(reach, text)));
    error_hint(&warning, "それより前の注文はRMSの受注CSVで取り込んでください。",
               "Import older orders from the order CSV of RMS.");
    rakuten_warn(&l->op, STR(""), &warning);
}

// Orders of the second that is still running may come yet, so it stays outside; and nothing lies
// further back than Rakuten reaches.
static bool limit_span(struct list_op *l, time_ms now)
{
    time_ms reach = now - RAKUTEN_REACH_DAYS * DAY_MS + REACH_MARGIN_MS;
    struct error error;
    if (l->to > floor_second(now))
        l->to = floor_second(now);
    if (l->reach_checked)
        return true;
    l->reach_checked = true;
    if (l->cursor >= reach || l->cursor >= l->to)
        return true;
    if (l->to <= reach) {
        error_set(&error, ERROR_BAD_INPUT, "rakuten.beyond_reach",
                  "楽天のAPIで取得できるのは過去730日までです。",
                  "Rakuten's API reaches back 730 days only.");
        error_hint(&error, "それより前の注文はRMSの受注CSVで取り込んでください。",
                   "Import older orders from the order CSV of RMS.");
        mall_op_fail(&l->op.base, &error);
        return false;
    }
    warn_reach(l, reach);
    l->cursor = reach;
    return true;
}

// Long spans are cut at midnight in Japan, so that pieces are what people think in.
static bool take_piece(struct list_op *l, time_ms now)
{
    if (!limit_span(l, now) || l->cursor >= l->to)
        return false;
    struct piece piece = {l->cursor, l->to};
    if (piece.to - piece.from > RAKUTEN_WINDOW_DAYS * DAY_MS)
        piece.to = day_start_jst(day_add(day_in_jst(piece.from), RAKUTEN_WINDOW_DAYS));
    l->whole_in_one = piece.to == l->to && l->whole_in_one;
    l->cursor = piece.to;
    l->pieces[l->piece_count++] = piece;
    l->restarts = 0;
    start_piece_over(l);
    return true;
}

static void search(struct list_op *l)
{
    struct buf body = rakuten_body();
    struct json_writer w = json_writer_make(&body);
    const struct piece *piece = &l->pieces[l->piece_count - 1];
    int status = l->naming_statuses ? l->status : l->only_status;
    char from[32], to[32];
    // The end is inclusive and in whole seconds (§1.7, §4.1).
    time_ms last = floor_second(piece->to - 1);
    time_ms first = floor_second(piece->from);
    json_begin_object(&w);
    if (status != STATUS_UNKNOWN) {
        json_key(&w, "orderProgressList");
        json_begin_array(&w);
        json_write_int(&w, (status + 1) * 100);
        json_end_array(&w);
    }
    json_put_int(&w, "dateType", l->date_type);
    json_put_str(&w, "startDatetime", time_format_rakuten(first, from));
    json_put_str(&w, "endDatetime", time_format_rakuten(last < first ? first : last, to));
    json_key(&w, "PaginationRequestModel");
    json_begin_object(&w);
    json_put_int(&w, "requestRecordsAmount", RAKUTEN_PAGE);
    json_put_int(&w, "requestPage", l->page);
    json_key(&w, "SortModelList");
    json_begin_array(&w);
    json_begin_object(&w);
    json_put_int(&w, "sortColumn", 1);
    json_put_int(&w, "sortDirection", 1);
    json_end_object(&w);
    json_end_array(&w);
    json_end_object(&w);
    json_end_object(&w);
    rakuten_request(&l->op, "searchOrder", false, &body);
}

static void list_build(struct rakuten_op *op, time_ms now)
{
    struct list_op *l = (struct list_op *)op;
    if (l->piece_count > 0 || take_piece(l, now))
        search(l);
    else
        l->op.base.done = true;
}

static bool add_row(struct list_op *l, struct str order_no, int status)
{
    if (l->row_count == l->row_capacity) {
        size_t capacity = l->row_capacity ? l->row_capacity * 2 : 1024;
        struct row *grown = ARENA_ARRAY(l->piece_arena, struct row, capacity);
        if (!grown)
            return false;
        if (l->row_count > 0)
            memcpy(grown, l->rows, l->row_count * sizeof *grown);
        l->rows = grown;
        l->row_capacity = capacity;
    }
    l->rows[l->row_count++] = (struct row){str_dup(l->piece_arena, order_no), status};
    return !arena_failed(l->piece_arena);
}

static int compare_rows(const void *a, const void *b)
{
    return str_cmp(((const struct row *)a)->order_no, ((const struct row *)b)->order_no);
}

static void sort_rows(struct list_op *l)
{
    size_t kept = 0;
    if (l->row_count > 1)
        qsort(l->rows, l->row_count, sizeof *l->rows, compare_rows);
    for (size_t i = 0; i < l->row_count; i++)
        if (kept == 0 || !str_eq(l->rows[kept - 1].order_no, l->rows[i].order_no))
            l->rows[kept++] = l->rows[i];
    l->row_count = l->base_count = kept;
    l->unknown = l->only_status == STATUS_UNKNOWN ? kept : 0;
}

static struct row *find_row(struct list_op *l, struct str order_no)
{
    struct row key = {order_no, 0};
    struct row *row =
        l->base_count ? bsearch(&key, l->rows, l->base_count, sizeof key, compare_rows) : NULL;
    for (size_t i = l->base_count; !row && i < l->row_count; i++)
        if (str_eq(l->rows[i].order_no, order_no))
            row = &l->rows[i];
    return row;
}

// One number of a search per status. A later status wins: the order has moved on.
static bool name_status(struct list_op *l, struct str order_no)
{
    struct row *row = find_row(l, order_no);
    if (!row && l->row_count - l->base_count >= STRAYS_MAX) {
        l->disagrees = true;
        return true;
    }
    if (!row)
        return add_row(l, order_no, l->status);
    if (row->status == STATUS_UNKNOWN && l->unknown > 0)
        l->unknown--;
    row->status = l->status;
    return true;
}

static bool take_numbers(struct list_op *l, struct json list)
{
    struct json v;
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);) {
        struct str order_no = str_trim(json_str(v));
        if (str_is_empty(order_no) || order_no.n > ORDER_NO_BYTES_MAX) {
            rakuten_unreadable(&l->op, "orderNumberList");
            return false;
        }
        bool kept =
            l->naming_statuses ? name_status(l, order_no) : add_row(l, order_no, l->only_status);
        if (!kept) {
            rakuten_no_memory(&l->op);
            return false;
        }
        l->seen++;
    }
    return true;
}

static void too_dense(struct list_op *l)
{
    struct error error;
    error_set(&error, ERROR_REJECTED, "rakuten.window_too_dense",
              "1秒間に15,000件を超える注文があり、楽天のAPIでは取得しきれません。",
              "More than 15,000 orders within a second can't be listed through Rakuten's API.");
    mall_op_fail(&l->op.base, &error);
}

static void halve(struct list_op *l)
{
    struct piece *piece = &l->pieces[l->piece_count - 1];
    time_ms middle = floor_second(piece->from + (piece->to - piece->from) / 2);
    l->whole_in_one = false;
    if (middle <= piece->from || middle >= piece->to || l->piece_count == PIECES_MAX) {
        too_dense(l);
        return;
    }
    struct piece later = {middle, piece->to};
    struct piece earlier = {piece->from, middle};
    *piece = later;
    l->pieces[l->piece_count++] = earlier;
    l->restarts = 0;
    start_piece_over(l);
}

static void warn_unstable(struct list_op *l)
{
    struct error warning;
    error_set(
        &warning, ERROR_MALFORMED, "rakuten.listing_unstable",
        "楽天の検索結果の件数がページ間で一致しません。この期間は次回もう一度取得します。",
        "Rakuten's pages don't agree with their total; the period is listed again next time.");
    rakuten_warn(&l->op, STR(""), &warning);
}

static bool fill_batch(struct list_op *l, struct mall_batch *batch, bool complete)
{
    batch->listings = ARENA_ARRAY(batch->arena, struct mall_listing, l->row_count);
    for (size_t i = 0; batch->listings && i < l->row_count; i++) {
        const struct row *row = &l->rows[i];
        struct str status =
            row->status == STATUS_UNKNOWN ? STR("") : str_from(rakuten_statuses[row->status].value);
        batch->listings[batch->listing_count++] = (struct mall_listing){
            .order_no = str_dup(batch->arena, row->order_no),
            .mall_status = status,
            .status_choice = status,
            .update_mark = STR(""),
            .ordered_at = TIME_NONE,
            .hidden_reason = STR(""),
        };
    }
    if (complete) {
        const struct piece *piece = &l->pieces[l->piece_count - 1];
        batch->windows = ARENA_NEW(batch->arena, struct mall_window);
        batch->window_count = batch->windows ? 1 : 0;
        if (batch->windows)
            *batch->windows = (struct mall_window){l->basis, piece->from, piece->to};
    }
    batch->expected_total = l->whole_in_one ? (int64_t)l->row_count : -1;
    return !arena_failed(batch->arena);
}

static void finish_piece(struct list_op *l)
{
    struct mall_batch *batch = mall_batch_new(BATCH_BYTES_MAX);
    bool complete = !l->disagrees && l->only_status == STATUS_UNKNOWN;
    if (!batch || !fill_batch(l, batch, complete)) {
        mall_batch_free(batch);
        rakuten_no_memory(&l->op);
        return;
    }
    if (l->disagrees)
        warn_unstable(l);
    l->piece_count--;
    if (mall_op_emit(&l->op.base, batch))
        start_piece_over(l);
}

// The next search per status that is still of use, or the end of the piece.
static void next_status(struct list_op *l, int status)
{
    if (l->unknown == 0 || status >= RAKUTEN_STATUS_COUNT) {
        finish_piece(l);
        return;
    }
    l->naming_statuses = true;
    l->status = status;
    l->page = 1;
    l->total = l->seen = 0;
}

static void unfiltered_done(struct list_op *l)
{
    int64_t seen = l->seen;
    sort_rows(l);
    if (seen != l->total || (int64_t)l->base_count != l->total)
        l->disagrees = true;
    if (l->disagrees && l->restarts < RESTARTS_MAX) {
        l->restarts++;
        start_piece_over(l);
        return;
    }
    next_status(l, 0);
}

static bool read_total(struct list_op *l, struct json root, size_t rows, int64_t *total)
{
    struct json page = json_get(root, "PaginationResponseModel");
    if (rakuten_int(json_get(page, "totalRecordsAmount"), total) && *total >= 0 &&
        *total >= (int64_t)rows)
        return true;
    // Nothing found: the list is empty and the numbers are null (§4.2).
    *total = 0;
    if (rows == 0 && json_is_null(json_get(page, "totalRecordsAmount")))
        return true;
    rakuten_unreadable(&l->op, "PaginationResponseModel");
    return false;
}

static void list_answer(struct rakuten_op *op, time_ms now, struct json root)
{
    struct list_op *l = (struct list_op *)op;
    struct json list = json_get(root, "orderNumberList");
    struct error error;
    int64_t total;
    (void)now;
    if (rakuten_call_error(root, &error)) {
        mall_op_fail(&op->base, &error);
        return;
    }
    if (json_type(list) != JSON_ARRAY) {
        rakuten_unreadable(op, "orderNumberList");
        return;
    }
    if (!read_total(l, root, json_count(list), &total))
        return;
    if (l->page == 1)
        l->total = total;
    else if (total != l->total && !l->naming_statuses)
        l->disagrees = true;
    if (total > RAKUTEN_REACHABLE && !l->naming_statuses) {
        halve(l);
        return;
    }
    if (!take_numbers(l, list))
        return;
    bool more = l->page * RAKUTEN_PAGE < l->total && json_count(list) > 0 &&
                l->page * RAKUTEN_PAGE < RAKUTEN_REACHABLE;
    if (more)
        l->page++;
    else if (l->naming_statuses)
        next_status(l, l->status + 1);
    else
        unfiltered_done(l);
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

static bool read_request(struct list_op *l, const struct mall_list_request *request,
                         struct error *error)
{
    l->basis = request->basis;
    l->date_type = date_type_of(request->basis);
    l->cursor = request->from;
    l->to = request->to;
    l->only_status = STATUS_UNKNOWN;
    l->whole_in_one = true;
    if (l->date_type == 0)
        return error_set(error, ERROR_BAD_INPUT, "rakuten.date_basis",
                         "楽天ではこの日付の種類で検索できません(%s)。",
                         "Rakuten can't search by this date (%s).",
                         date_basis_name(request->basis));
    if (request->from == TIME_NONE || request->to == TIME_NONE || request->from > request->to)
        return error_set(error, ERROR_BAD_INPUT, "rakuten.date_range",
                         "期間の指定が正しくありません。", "The range of dates is wrong.");
    if (str_is_empty(request->only_status))
        return true;
    for (int i = 0; i < RAKUTEN_STATUS_COUNT; i++)
        if (str_eq(request->only_status, str_from(rakuten_statuses[i].value)))
            l->only_status = i;
    if (l->only_status == STATUS_UNKNOWN)
        return error_set(error, ERROR_BAD_INPUT, "rakuten.status_unknown",
                         "楽天にないステータスが指定されました。", "Rakuten has no such status.");
    return true;
}

struct mall_op *rakuten_list(const struct mall_account *account,
                             const struct mall_list_request *request, const struct mall_sink *sink,
                             struct error *error)
{
    struct list_op *l = rakuten_op_new(sizeof *l, account, sink, error);
    if (!l)
        return NULL;
    l->op.build = list_build;
    l->op.answer = list_answer;
    l->piece_arena = arena_new(PIECE_BYTES_MAX);
    bool kept = arena_defer(l->op.base.arena, free_arena, l->piece_arena);
    if (!kept || !l->piece_arena) {
        error_no_memory(error);
        return mall_op_free(&l->op.base);
    }
    if (!read_request(l, request, error))
        return mall_op_free(&l->op.base);
    return &l->op.base;
}
