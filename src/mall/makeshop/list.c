// SPDX-License-Identifier: Apache-2.0
//
// Listing by order date (makeshop.md §2.2, §3.3). The old API answers at most 100 orders and has no
// paging; GraphQL pages shift while provisional orders are deleted. So neither is paged: the period
// is cut until its answer stays below the most that one answer holds, and only such a period counts
// as complete. GraphQL may leave cancelled orders out of a search without filter: they are searched
// for by themselves in the same period. With a status filter nothing is claimed to be complete.
// Threads: the operation's. Ownership: `seen` in an arena freed with the operation.
#include "mall/makeshop/internal.h"
#include "mall/number_set.h"

#define FIRST_SPAN_MS (7 * MAKESHOP_DAY_MS)
#define SPAN_MAX_MS (62 * MAKESHOP_DAY_MS)
#define SEEN_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct list_op {
    struct makeshop_op m; // first
    struct mall_list_request request;
    time_ms from, to, end; // period at hand; end of all
    int64_t span_ms;
    bool clipped;
    bool cancelled_phase;
    struct number_set seen; // cancelled orders that the search without filter showed
};

static bool plan(struct makeshop_op *m, time_ms now)
{
    struct list_op *l = (struct list_op *)m;
    // The second that is still running stays outside: orders of it may come yet.
    if (!l->clipped && l->end > now / MAKESHOP_SECOND_MS * MAKESHOP_SECOND_MS)
        l->end = now / MAKESHOP_SECOND_MS * MAKESHOP_SECOND_MS;
    l->clipped = true;
    if (l->from >= l->end) {
        m->base.done = true;
        return true;
    }
    l->to = l->end - l->from > l->span_ms ? l->from + l->span_ms : l->end;
    struct makeshop_period period = {l->from, l->to, l->cancelled_phase};
    return m->door->search(m, &period, false);
}

static int64_t rows_max(const struct list_op *l)
{
    bool legacy = l->m.door == &makeshop_legacy_door;
    return account_integer(&l->m.base.account, legacy ? "legacy_rows" : "page_rows",
                           legacy ? MAKESHOP_LEGACY_ROWS : MAKESHOP_PAGE_ROWS);
}

// Exactly as many rows as fit means that there may be more (D-128).
static bool is_truncated(const struct list_op *l, const struct makeshop_page *page)
{
    int64_t rows = (int64_t)(page->count + page->bad_count);
    return page->total >= 0 ? page->total > rows : rows >= rows_max(l);
}

static void cut(struct list_op *l)
{
    // On whole seconds, so that the halves meet.
    int64_t half = (l->to - l->from) / 2 / MAKESHOP_SECOND_MS * MAKESHOP_SECOND_MS;
    l->span_ms = half < MAKESHOP_SECOND_MS ? MAKESHOP_SECOND_MS : half;
    l->cancelled_phase = false;
    number_set_clear(&l->seen);
}

static void warn_crowded(struct list_op *l)
{
    struct error warning;
    char text[32];
    error_set(&warning, ERROR_REJECTED, "makeshop.too_many_in_a_second",
              "同じ1秒(%.*s)に上限以上の注文があり、すべてを一覧できません。",
              "More orders in one second (%.*s) than one answer holds.",
              STR_ARG(time_format_rakuten(l->from, text)));
    error_hint(&warning, "MakeShopの注文CSVで、この時刻の注文を取り込んでください。",
               "Import the orders of that moment from MakeShop's order CSV.");
    makeshop_warn(&l->m, STR(""), &warning);
}

static bool takes(const struct list_op *l, const struct makeshop_row *row)
{
    return str_is_empty(l->request.only_status) ||
           str_eq(l->request.only_status, makeshop_row_choice(row));
}

// 1 = to be listed, 0 = known already, -1 = lack of memory.
static int is_news(struct list_op *l, struct makeshop_row *row)
{
    if (l->cancelled_phase)
        row->status = MAKESHOP_CANCELLED; // the filter says so, whatever the words are
    if (!l->m.door->cancelled_apart || row->status != MAKESHOP_CANCELLED)
        return 1;
    return number_set_add(&l->seen, row->order_no);
}

static bool add_rows(struct list_op *l, struct mall_batch *batch, struct makeshop_page *page)
{
    batch->listings = ARENA_ARRAY(batch->arena, struct mall_listing, page->count);
    for (size_t i = 0; batch->listings && i < page->count; i++) {
        struct makeshop_row *row = &page->rows[i];
        int news = is_news(l, row);
        if (news < 0)
            return false;
        if (news == 0 || !takes(l, row))
            continue;
        batch->listings[batch->listing_count++] = (struct mall_listing){
            .order_no = row->order_no,
            .mall_status = makeshop_row_status(batch->arena, row),
            .status_choice = makeshop_row_choice(row),
            .update_mark = makeshop_row_mark(batch->arena, row),
            .ordered_at = row->ordered_at,
            .hidden_reason = STR(""),
        };
    }
    return batch->listings && !arena_failed(batch->arena);
}

// An order that can't be read is listed all the same, so that reading it says what is wrong.
static bool add_bad(struct mall_batch *batch, const struct makeshop_page *page)
{
    struct mall_listing *all =
        ARENA_ARRAY(batch->arena, struct mall_listing, batch->listing_count + page->bad_count);
    if (!all)
        return false;
    memcpy(all, batch->listings, batch->listing_count * sizeof *all);
    batch->listings = all;
    for (size_t i = 0; i < page->bad_count; i++)
        all[batch->listing_count++] = (struct mall_listing){.order_no = page->bad[i].order_no,
                                                            .mall_status = STR(""),
                                                            .status_choice = STR(""),
                                                            .update_mark = STR(""),
                                                            .ordered_at = TIME_NONE,
                                                            .hidden_reason = STR("")};
    return true;
}

static bool has_nameless(const struct makeshop_page *page)
{
    for (size_t i = 0; i < page->bad_count; i++)
        if (str_is_empty(page->bad[i].order_no))
            return true;
    return false;
}

static bool add_window(struct list_op *l, struct mall_batch *batch)
{
    if (l->request.only_status.n > 0)
        return true;
    batch->windows = ARENA_NEW(batch->arena, struct mall_window);
    if (!batch->windows)
        return false;
    batch->windows[batch->window_count++] = (struct mall_window){DATE_ORDERED, l->from, l->to};
    return true;
}

static void next_period(struct list_op *l, int64_t rows)
{
    l->from = l->to;
    l->cancelled_phase = false;
    number_set_clear(&l->seen);
    if (rows * 3 < rows_max(l) && l->span_ms < SPAN_MAX_MS)
        l->span_ms *= 2;
}

static void take(struct makeshop_op *m, time_ms now, const struct makeshop_answer *answer)
{
    struct list_op *l = (struct list_op *)m;
    struct makeshop_page page;
    struct error error = {0};
    struct mall_batch *batch = mall_batch_new(MAKESHOP_BATCH_BYTES_MAX);
    (void)now;
    if (!batch || !m->door->rows(m, batch->arena, answer, &page, &error)) {
        mall_batch_free(batch);
        if (!batch)
            makeshop_fail_no_memory(m);
        else
            makeshop_fail(m, &error);
        return;
    }
    bool truncated = is_truncated(l, &page);
    if (truncated && l->to - l->from > MAKESHOP_SECOND_MS) {
        mall_batch_free(batch);
        cut(l);
        return;
    }
    if (has_nameless(&page)) {
        mall_batch_free(batch);
        makeshop_fail_with(m, ERROR_MALFORMED, "makeshop.listing_incomplete",
                           "注文一覧に注文番号のない行があります。",
                           "The listing has a row without an order number.");
        return;
    }
    bool last = !m->door->cancelled_apart || l->cancelled_phase;
    if (!add_rows(l, batch, &page) || !add_bad(batch, &page) ||
        (last && !truncated && !add_window(l, batch))) {
        mall_batch_free(batch);
        makeshop_fail_no_memory(m);
        return;
    }
    if (truncated)
        warn_crowded(l);
    if (last)
        next_period(l, (int64_t)page.count);
    else
        l->cancelled_phase = true;
    mall_op_emit(&m->base, batch);
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

static bool request_is_sound(const struct mall_list_request *request, struct error *error)
{
    bool known = str_is_empty(request->only_status);
    if (request->basis != DATE_ORDERED)
        return error_set(error, ERROR_BAD_INPUT, "makeshop.basis",
                         "MakeShopは注文日時でのみ一覧を取得できます。",
                         "MakeShop lists by order date only.");
    if (request->from == TIME_NONE || request->to == TIME_NONE || request->from > request->to ||
        request->from < 0)
        return error_set(error, ERROR_BAD_INPUT, "makeshop.range", "期間の指定が正しくありません。",
                         "The range of time is not valid.");
    for (size_t i = 0; i < MAKESHOP_STATUS_COUNT; i++)
        known = known || str_eq(request->only_status, str_from(makeshop_statuses[i].value));
    return known || error_set(error, ERROR_BAD_INPUT, "makeshop.status",
                              "ステータスの指定が正しくありません。",
                              "The status is not one of MakeShop's.");
}

struct mall_op *makeshop_list(const struct mall_account *account,
                              const struct mall_list_request *request, const struct mall_sink *sink,
                              struct error *error)
{
    static const struct makeshop_steps steps = {.plan = plan, .take = take};
    if (!request_is_sound(request, error))
        return NULL;
    struct list_op *l = makeshop_op_new(sizeof *l, &steps, account, sink, error);
    if (!l)
        return NULL;
    l->seen.arena = arena_new(SEEN_BYTES_MAX);
    if (!l->seen.arena || !arena_defer(l->m.base.arena, free_arena, l->seen.arena)) {
        mall_op_free(&l->m.base);
        error_no_memory(error);
        return NULL;
    }
    l->request = *request;
    l->request.only_status = str_dup(l->m.base.arena, request->only_status);
    l->from = request->from;
    l->end = request->to;
    l->span_ms = FIRST_SPAN_MS;
    return &l->m.base;
}
