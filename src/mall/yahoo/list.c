// SPDX-License-Identifier: Apache-2.0
//
// orderList (yahoo.md §7, §11.4): every order of a time range, whatever its status, and also those
// that Yahoo hides by default, each with the reason why it is hidden.
// Invariants: a range counts as listed only when as many different numbers were seen as the mall
// announced; pages overlap, because positions shift while orders are published; a set that shrinks
// under the paging is listed anew. With a status filter nothing is claimed to be complete.
// Threads: the operation's. Ownership: `seen` is the set of numbers of the range at hand and lives
// in an arena of its own, freed with the operation.
#include "mall/number_set.h"
#include "mall/yahoo/fields.h"
#include "mall/yahoo/internal.h"

#define PAGE_ROWS 2000
#define PAGE_OVERLAP 20
#define PIECE_DAYS 31
#define RESTARTS_MAX 3
#define BATCH_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define SEEN_BYTES_MAX ((size_t)128 * 1024 * 1024)

struct list_op {
    struct yahoo_op y; // first
    struct mall_list_request request;
    time_ms from, to, end; // piece at hand; end of all
    bool clipped;          // `end` has been cut at the present
    int64_t start;         // 1-based row of the page at hand
    int64_t total;         // last announced, -1 none yet
    int restarts;
    struct number_set seen;
};

// ---- the request ----

struct status_condition {
    const char *choice, *order_status, *is_seen;
};
// The rows of §7.1; "open" is 新規注文 and 処理中 together.
static const struct status_condition conditions[] = {
    {"new_reserve", "1", "false"}, {"reserve", "1", "true"}, {"new_order", "2", "false"},
    {"processing", "2", "true"},   {"open", "2", NULL},      {"hold", "3", NULL},
    {"cancel", "4", NULL},         {"done", "5", NULL},
};

static void add_status(struct buf *body, struct str choice)
{
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        if (!str_eq(choice, str_from(conditions[i].choice)))
            continue;
        xml_add_element(body, "OrderStatus", str_from(conditions[i].order_status));
        if (conditions[i].is_seen)
            xml_add_element(body, "IsSeen", str_from(conditions[i].is_seen));
    }
}

static bool matches_status(const struct list_op *op, const struct yahoo_state *state)
{
    struct str wanted = op->request.only_status;
    if (str_is_empty(wanted))
        return true;
    if (str_eq(wanted, STR("open")))
        return state->order == 2;
    return str_eq(yahoo_status_choice(state), wanted);
}

static void add_range(struct buf *body, const struct list_op *op)
{
    char from[16], to[16];
    bool published = op->request.basis == DATE_PUBLISHED;
    // Seconds on the wire, both ends included: outward, never inward.
    time_ms last = (op->to + YAHOO_SECOND_MS - 1) / YAHOO_SECOND_MS * YAHOO_SECOND_MS;
    xml_add_element(body, published ? "PublicationTimeFrom" : "OrderTimeFrom",
                    time_format_yahoo(op->from, from));
    xml_add_element(body, published ? "PublicationTimeTo" : "OrderTimeTo",
                    time_format_yahoo(last, to));
}

static bool plan(struct yahoo_op *y, time_ms now)
{
    struct list_op *op = (struct list_op *)y;
    // A range that hasn't happened yet can't be complete.
    if (!op->clipped && op->end > now)
        op->end = now;
    op->clipped = true;
    if (op->from >= op->end) {
        y->base.done = true;
        return true;
    }
    time_ms piece_end = op->from + PIECE_DAYS * YAHOO_DAY_MS;
    op->to = op->end < piece_end ? op->end : piece_end;
    AUTO_BUF body = buf_make(YAHOO_REQUEST_BYTES_MAX);
    buf_add(&body, STR("<Req><Search>"));
    buf_addf(&body, "<Result>%d</Result><Start>%lld</Start>", PAGE_ROWS, (long long)op->start);
    buf_add(&body, STR("<Sort>+order_time</Sort><Condition>"));
    add_range(&body, op);
    buf_add(&body,
            STR("<ReadOnlyMode>2</ReadOnlyMode><FraudHoldDisplayType>1</FraudHoldDisplayType>"));
    add_status(&body, op->request.only_status);
    buf_add(&body, STR("</Condition>"));
    xml_add_element(&body, "Field", str_from(yahoo_list_fields));
    buf_add(&body, STR("</Search>"));
    xml_add_element(&body, "SellerId", yahoo_setting(y, "seller_id"));
    buf_add(&body, STR("</Req>"));
    y->call.operation = "orderList";
    y->call.response_bytes_max = YAHOO_LIST_BYTES_MAX;
    return yahoo_set_body(y, &body);
}

// ---- the answer ----

static bool incomplete(struct list_op *op, const char *ja, const char *en)
{
    struct error error;
    error_set(&error, ERROR_MALFORMED, "yahoo.listing_incomplete", "%s%.0s", "%.0s%s", ja, en);
    error_hint(&error, "この期間は取得済みにせず、次回もう一度一覧を取得します。",
               "The range is not counted as listed; it is listed again next time.");
    yahoo_fail(&op->y, &error);
    return false;
}

static bool row_read(struct list_op *op, struct mall_batch *batch, const struct xml_node *row)
{
    struct str order_no = xml_child_text(row, "OrderId");
    struct yahoo_state state;
    if (str_is_empty(order_no))
        return incomplete(op, "注文一覧に注文番号のない行があります。",
                          "The listing has a row without an order number.");
    yahoo_state_read(row, &state);
    if (state.order < 0)
        return incomplete(op, "注文一覧に注文ステータスのない行があります。",
                          "The listing has a row without an order status.");
    int added = number_set_add(&op->seen, order_no);
    if (added < 0) {
        yahoo_fail_no_memory(&op->y);
        return false;
    }
    if (added == 0 || !matches_status(op, &state))
        return true;
    batch->listings[batch->listing_count++] = (struct mall_listing){
        .order_no = str_dup(batch->arena, order_no),
        .mall_status = yahoo_compact_status(batch->arena, &state),
        .status_choice = yahoo_status_choice(&state),
        .update_mark = yahoo_update_mark(batch->arena, xml_child_text(row, "Version"),
                                         xml_child_text(row, "LastUpdateTime"), &state),
        .ordered_at = yahoo_time(row, "OrderTime"),
        .hidden_reason = yahoo_hidden_reason(&state),
    };
    return true;
}

// An <OrderInfo/> without anything is how "no row here" looks when the paging is off (§7.2).
static bool is_hollow(const struct xml_node *row)
{
    return !row->first_child;
}

static bool rows_read(struct list_op *op, struct mall_batch *batch, const struct xml_node *search,
                      int64_t *rows)
{
    size_t count = 0;
    *rows = 0;
    for (const struct xml_node *row = xml_child(search, "OrderInfo"); row; row = xml_next(row))
        count++;
    batch->listings = ARENA_ARRAY(batch->arena, struct mall_listing, count);
    if (!batch->listings) {
        yahoo_fail_no_memory(&op->y);
        return false;
    }
    for (const struct xml_node *row = xml_child(search, "OrderInfo"); row; row = xml_next(row)) {
        if (is_hollow(row))
            continue;
        ++*rows;
        if (!row_read(op, batch, row))
            return false;
    }
    return true;
}

static void restart_piece(struct list_op *op)
{
    op->start = 1;
    op->total = -1;
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

// What follows the page: the next one, the next piece, the piece anew, or failure.
static void go_on(struct list_op *op, struct mall_batch *batch, int64_t total, int64_t rows)
{
    bool last = op->start + PAGE_ROWS > total;
    bool shrank = op->total >= 0 && total < op->total;
    bool short_page = last ? (int64_t)op->seen.count < total : rows < PAGE_ROWS;
    op->total = total;
    if (shrank || short_page) {
        bool again = op->restarts++ < RESTARTS_MAX;
        if (mall_op_emit(&op->y.base, batch) && !again)
            incomplete(op, "注文一覧の件数が一致しません。",
                       "The listing's rows and its total disagree.");
        restart_piece(op);
        return;
    }
    if (!last) {
        op->start += PAGE_ROWS - PAGE_OVERLAP;
        mall_op_emit(&op->y.base, batch);
        return;
    }
    if (!add_window(op, batch)) {
        mall_batch_free(batch);
        yahoo_fail_no_memory(&op->y);
        return;
    }
    op->restarts = 0;
    op->from = op->to;
    restart_piece(op);
    mall_op_emit(&op->y.base, batch);
}

static void take(struct yahoo_op *y, time_ms now, const struct yahoo_answer *answer)
{
    struct list_op *op = (struct list_op *)y;
    const struct xml_node *search = xml_child(answer->result, "Search");
    int64_t total, rows;
    if (!str_to_int64(xml_child_text(search, "TotalCount"), &total) || total < 0) {
        incomplete(op, "注文一覧に件数がありません。", "The listing has no total.");
        return;
    }
    struct mall_batch *batch = mall_batch_new(BATCH_BYTES_MAX);
    if (!batch) {
        yahoo_fail_no_memory(y);
        return;
    }
    batch->expected_total = total;
    if (!rows_read(op, batch, search, &rows) || arena_failed(batch->arena)) {
        mall_batch_free(batch);
        if (!y->base.failed)
            yahoo_fail_no_memory(y);
        return;
    }
    go_on(op, batch, total, rows);
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

static bool known_status(struct str status)
{
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        if (str_eq(status, str_from(conditions[i].choice)))
            return true;
    return str_is_empty(status) || str_eq(status, STR("agreement"));
}

static bool request_is_sound(const struct mall_list_request *request, struct error *error)
{
    if (request->basis != DATE_ORDERED && request->basis != DATE_PUBLISHED)
        return error_set(error, ERROR_BAD_INPUT, "yahoo.basis",
                         "Yahoo!は注文日時か公開日時でのみ検索できます。",
                         "Yahoo lists by order time or publication time only.");
    if (request->from == TIME_NONE || request->to == TIME_NONE || request->from > request->to ||
        request->from < 0)
        return error_set(error, ERROR_BAD_INPUT, "yahoo.range", "期間の指定が正しくありません。",
                         "The range of time is not valid.");
    if (!known_status(request->only_status))
        return error_set(error, ERROR_BAD_INPUT, "yahoo.status",
                         "ステータスの指定が正しくありません。",
                         "The status is not one of Yahoo's.");
    return true;
}

struct mall_op *yahoo_list(const struct mall_account *account,
                           const struct mall_list_request *request, const struct mall_sink *sink,
                           struct error *error)
{
    static const struct yahoo_steps steps = {.plan = plan, .take = take};
    if (!request_is_sound(request, error))
        return NULL;
    struct list_op *op = yahoo_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->seen.arena = arena_new(SEEN_BYTES_MAX);
    if (!op->seen.arena || !arena_defer(op->y.base.arena, free_arena, op->seen.arena)) {
        mall_op_free(&op->y.base);
        error_no_memory(error);
        return NULL;
    }
    op->request = *request;
    op->request.only_status = str_dup(op->y.base.arena, request->only_status);
    op->from = request->from;
    op->end = request->to;
    op->start = 1;
    op->total = -1;
    return &op->y.base;
}
