// SPDX-License-Identifier: Apache-2.0
//
// searchTradeInfoListProc (aupay.md §2.1): every order of the days of a range, whatever its status.
// Invariants: a range counts as listed only when a page came that was not full, and no total that
// the mall announced says that rows are missing; a total is believed only when it asks for more,
// because resultCount means rows of the page for some and all hits for others. Pages overlap and
// different numbers count, because positions shift while orders come and go. A page whose length
// looks like a limit of the server's own is followed by another look. Whether the last day is
// included is not known, so the day after is asked for too, as long as the mall takes that. With a
// status filter nothing is claimed to be complete.
// Threads: the operation's. Ownership: `seen` is the set of numbers of the range at hand and lives
// in an arena of its own, freed with the operation.
#include "mall/aupay/internal.h"
#include "mall/number_set.h"

#define PAGE_ROWS 500 // below every limit that was seen (500, 1000)
#define PAGE_OVERLAP 20
#define PIECE_DAYS 31
#define RESTARTS_MAX 3
#define BATCH_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define SEEN_BYTES_MAX ((size_t)128 * 1024 * 1024)

struct list_op {
    struct aupay_op a; // first
    struct mall_list_request request;
    time_ms from, to, end; // piece at hand; end of all
    bool clipped;          // `end` has been cut at the present
    bool no_day_after;     // the mall refused a day that lies ahead
    bool probing;          // beyond a page that looked like a limit: nothing more is expected
    int64_t start;         // 1-based row of the page at hand
    int restarts;
    struct number_set seen;
};

static const char *date_type(enum date_basis basis)
{
    switch (basis) {
    case DATE_ORDERED:
        return "0";
    case DATE_SHIPPED:
        return "1";
    case DATE_PAID:
        return "2";
    default:
        return NULL;
    }
}

static void add_day(struct buf *query, const char *name, day d)
{
    char text[16];
    struct str digits = time_format_yahoo(day_start_jst(d), text);
    buf_addf(query, "&%s=%.*s", name, STR_ARG(str_slice(digits, 0, 8)));
}

static bool is_custom_filter(const struct list_op *op)
{
    return str_eq(op->request.only_status, STR(AUPAY_ANY_CUSTOM));
}

static bool plan(struct aupay_op *a, time_ms now)
{
    struct list_op *op = (struct list_op *)a;
    // A range that hasn't happened yet can't be complete.
    if (!op->clipped && op->end > now)
        op->end = now;
    op->clipped = true;
    if (op->from >= op->end) {
        a->base.done = true;
        return true;
    }
    time_ms piece_end = op->from + PIECE_DAYS * AUPAY_DAY_MS;
    op->to = op->end < piece_end ? op->end : piece_end;
    AUTO_BUF query = buf_make(AUPAY_REQUEST_BYTES_MAX);
    add_day(&query, "startDate", day_in_jst(op->from));
    add_day(&query, "endDate", day_add(day_in_jst(op->to), op->no_day_after ? 0 : 1));
    buf_addf(&query, "&dateType=%s", date_type(op->request.basis));
    if (op->request.only_status.n > 0 && !is_custom_filter(op)) {
        buf_add(&query, STR("&orderStatus="));
        http_url_encode(&query, op->request.only_status);
    }
    buf_addf(&query, "&totalCount=%d&startCount=%lld", PAGE_ROWS, (long long)op->start);
    a->call.operation = "searchTradeInfoListProc";
    a->call.response_bytes_max = AUPAY_LIST_BYTES_MAX;
    a->call.query = str_dup(a->scratch, buf_str(&query));
    if (!query.failed && !arena_failed(a->scratch))
        return true;
    aupay_fail_no_memory(a);
    return false;
}

// ---- rows ----

static bool incomplete(struct list_op *op, const char *ja, const char *en)
{
    struct error error;
    error_set(&error, ERROR_MALFORMED, "aupay.listing_incomplete", "%s%.0s", "%.0s%s", ja, en);
    error_hint(&error, "この期間は取得済みにしません。次の取得でもう一度確認します。",
               "The range is not counted as listed; it is listed again next time.");
    aupay_fail(&op->a, &error);
    return false;
}

static bool matches(const struct list_op *op, struct str status)
{
    if (str_is_empty(op->request.only_status))
        return true;
    if (is_custom_filter(op))
        return aupay_status_of(status) == AUPAY_CUSTOM;
    return str_eq(status, op->request.only_status);
}

static bool row_read(struct list_op *op, struct mall_batch *batch, const struct xml_node *row)
{
    struct str order_no = xml_child_text(row, "orderId");
    struct aupay_state state;
    if (str_is_empty(order_no))
        return incomplete(op, "注文一覧に注文番号のない行があります。",
                          "The listing has a row without an order number.");
    aupay_state_read(row, &state);
    int added = number_set_add(&op->seen, order_no);
    if (added < 0) {
        aupay_fail_no_memory(&op->a);
        return false;
    }
    if (added == 0 || !matches(op, state.name))
        return true;
    struct str name = str_dup(batch->arena, state.name);
    batch->listings[batch->listing_count++] = (struct mall_listing){
        .order_no = str_dup(batch->arena, order_no),
        .mall_status = name,
        .status_choice = name,
        .update_mark = aupay_update_mark(batch->arena, row),
        .ordered_at = aupay_time(row, "orderDate"),
        .hidden_reason = STR(""),
    };
    return true;
}

static bool rows_read(struct list_op *op, struct mall_batch *batch, const struct xml_node *root,
                      int64_t *rows)
{
    size_t count = 0;
    *rows = 0;
    for (const struct xml_node *row = xml_child(root, "orderInfo"); row; row = xml_next(row))
        count++;
    batch->listings = ARENA_ARRAY(batch->arena, struct mall_listing, count);
    if (!batch->listings) {
        aupay_fail_no_memory(&op->a);
        return false;
    }
    for (const struct xml_node *row = xml_child(root, "orderInfo"); row; row = xml_next(row)) {
        if (!row->first_child)
            continue; // how some servers write "no rows"
        ++*rows;
        if (!row_read(op, batch, row))
            return false;
    }
    return true;
}

// ---- paging ----

static void restart_piece(struct list_op *op)
{
    op->start = 1;
    op->probing = false;
    number_set_clear(&op->seen);
}

static bool add_window(struct list_op *op, struct mall_batch *batch)
{
    if (op->request.only_status.n > 0)
        return true;
    batch->windows = ARENA_NEW(batch->arena, struct mall_window);
    if (!batch->windows)
        return false;
    batch->windows[batch->window_count++] =
        (struct mall_window){op->request.basis, op->from, op->to};
    return true;
}

static void finish_piece(struct list_op *op, struct mall_batch *batch)
{
    if (!add_window(op, batch)) {
        mall_batch_free(batch);
        aupay_fail_no_memory(&op->a);
        return;
    }
    op->restarts = 0;
    op->from = op->to;
    restart_piece(op);
    mall_op_emit(&op->a.base, batch);
}

// What follows the page: the next one, the next piece, the piece anew, or failure.
static void go_on(struct list_op *op, struct mall_batch *batch, int64_t announced, int64_t rows,
                  bool fresh)
{
    bool full = rows >= PAGE_ROWS && fresh;
    bool more_announced = announced > rows && announced > (int64_t)op->seen.count;
    // 100, 250, 300 …: perhaps a limit of the server below what was asked for.
    bool like_a_limit = rows > 0 && rows % 50 == 0;
    if (full || (fresh && (more_announced || like_a_limit))) {
        op->probing = !full && !more_announced;
        op->start += rows > PAGE_OVERLAP ? rows - (op->probing ? 0 : PAGE_OVERLAP) : rows;
        mall_op_emit(&op->a.base, batch);
        return;
    }
    if (more_announced) {
        bool again = op->restarts++ < RESTARTS_MAX;
        if (mall_op_emit(&op->a.base, batch) && !again)
            incomplete(op, "注文一覧の件数が一致しません。",
                       "The listing's rows and its total disagree.");
        restart_piece(op);
        return;
    }
    finish_piece(op, batch);
}

static void take(struct aupay_op *a, time_ms now, const struct aupay_answer *answer)
{
    struct list_op *op = (struct list_op *)a;
    int64_t announced, rows;
    size_t known = op->seen.count;
    struct mall_batch *batch = mall_batch_new(BATCH_BYTES_MAX);
    if (!batch) {
        aupay_fail_no_memory(a);
        return;
    }
    if (!str_to_int64(xml_child_text(answer->root, "resultCount"), &announced))
        announced = -1;
    if (!rows_read(op, batch, answer->root, &rows) || arena_failed(batch->arena)) {
        mall_batch_free(batch);
        if (!a->base.failed)
            aupay_fail_no_memory(a);
        return;
    }
    batch->expected_total =
        announced > (int64_t)op->seen.count ? announced : (int64_t)op->seen.count;
    go_on(op, batch, announced, rows, op->seen.count > known);
}

// "Nothing found" as an error, and the day after as a day that the mall doesn't take.
static bool refused(struct aupay_op *a, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    struct list_op *op = (struct list_op *)a;
    if (error->class == ERROR_NOT_FOUND || (op->probing && error->class == ERROR_REJECTED)) {
        struct mall_batch *batch = mall_batch_new(BATCH_BYTES_MAX);
        if (!batch)
            return false;
        finish_piece(op, batch);
        return true;
    }
    bool business = error->class == ERROR_REJECTED || error->class == ERROR_BAD_INPUT;
    if (!business || op->no_day_after || response->status != 200)
        return false;
    op->no_day_after = true;
    return true;
}

// ---- the operation ----

static void free_arena(void *arena)
{
    arena_free(arena);
}

static bool request_is_sound(const struct mall_list_request *request, struct error *error)
{
    if (!date_type(request->basis))
        return error_set(error, ERROR_BAD_INPUT, "aupay.basis",
                         "au PAY マーケットは注文日・発送日・入金日でのみ検索できます。",
                         "The mall lists by day of order, shipment or payment only.");
    if (request->from == TIME_NONE || request->to == TIME_NONE || request->from > request->to ||
        request->from < 0)
        return error_set(error, ERROR_BAD_INPUT, "aupay.range", "期間の指定が正しくありません。",
                         "The range of time is not valid.");
    return true;
}

struct mall_op *aupay_list(const struct mall_account *account,
                           const struct mall_list_request *request, const struct mall_sink *sink,
                           struct error *error)
{
    static const struct aupay_steps steps = {.plan = plan, .take = take, .refused = refused};
    if (!request_is_sound(request, error))
        return NULL;
    struct list_op *op = aupay_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->seen.arena = arena_new(SEEN_BYTES_MAX);
    if (!op->seen.arena || !arena_defer(op->a.base.arena, free_arena, op->seen.arena)) {
        mall_op_free(&op->a.base);
        error_no_memory(error);
        return NULL;
    }
    op->request = *request;
    op->request.only_status = str_dup(op->a.base.arena, str_trim(request->only_status));
    op->from = request->from;
    op->end = request->to;
    op->start = 1;
    if (!arena_failed(op->a.base.arena))
        return &op->a.base;
    mall_op_free(&op->a.base);
    error_no_memory(error);
    return NULL;
}
