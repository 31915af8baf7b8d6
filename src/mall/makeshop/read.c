// SPDX-License-Identifier: Apache-2.0
//
// Whole orders by number. Both APIs give one order per call at one call a second, so many numbers
// are first looked for in periods, newest first, where one answer holds up to 100 or 1000 orders;
// what is left is asked for by number. Where GraphQL refuses the filter by number, the periods
// reach back as far as READ_REACH_DAYS, and only then a number counts as missing. A cancelled order
// may show under the filter for cancelled ones only, so both are asked before that. Invariant:
// every number asked for ends as an order, as a bad order, or as missing.
#include "mall/makeshop/internal.h"

#include <stdlib.h>

#define SCAN_FROM 20 // so many numbers are worth a look at periods
#define SCAN_IDLE_MAX 3
#define READ_REACH_DAYS 400
#define FIRST_SPAN_MS MAKESHOP_DAY_MS
#define SPAN_MAX_MS (31 * MAKESHOP_DAY_MS)
#define UNREADABLE_MAX 3

struct wanted {
    struct str number;
    bool settled;
};

struct read_op {
    struct makeshop_op m; // first
    struct wanted *list;  // sorted by number
    size_t count, open, at;
    bool scanning, cancelled_phase;
    time_ms from, to, oldest; // period of the scan; it goes back from `to`
    time_ms first, last;      // when the orders were made; TIME_NONE: not known of all
    int64_t span_ms;
    size_t hits;
    int idle; // periods in a row that held nothing asked for
    int unreadable;
};

static int compare(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;
    return str_cmp(x->number, y->number);
}

static struct wanted *find(struct read_op *r, struct str number)
{
    struct wanted key = {.number = number};
    return r->count ? bsearch(&key, r->list, r->count, sizeof key, compare) : NULL;
}

static bool settle(struct read_op *r, struct wanted *w)
{
    if (!w || w->settled)
        return false;
    w->settled = true;
    r->open--;
    return true;
}

static bool may_ask_by_number(const struct read_op *r)
{
    return !r->m.no_number_filter;
}

static void start_scan(struct read_op *r, time_ms now)
{
    r->scanning = true;
    r->cancelled_phase = false;
    bool known = r->first != TIME_NONE;
    r->to = known ? r->last + MAKESHOP_SECOND_MS
                  : now + MAKESHOP_DAY_MS; // the mall's clock may be ahead
    r->oldest = known ? r->first - MAKESHOP_SECOND_MS : now - READ_REACH_DAYS * MAKESHOP_DAY_MS;
    r->span_ms = 2 * FIRST_SPAN_MS;
    r->idle = 0;
}

static bool emit_missing(struct read_op *r, bool all)
{
    struct mall_batch *batch = mall_batch_new(MAKESHOP_BATCH_BYTES_MAX);
    if (batch)
        batch->missing = ARENA_ARRAY(batch->arena, struct str, r->open);
    if (!batch || !batch->missing) {
        mall_batch_free(batch);
        return makeshop_fail_no_memory(&r->m);
    }
    for (size_t i = 0; i < r->count; i++) {
        if (!all && i != r->at)
            continue;
        if (settle(r, &r->list[i]))
            batch->missing[batch->missing_count++] = str_dup(batch->arena, r->list[i].number);
    }
    if (arena_failed(batch->arena)) {
        mall_batch_free(batch);
        return makeshop_fail_no_memory(&r->m);
    }
    return mall_op_emit(&r->m.base, batch);
}

static bool plan(struct makeshop_op *m, time_ms now)
{
    struct read_op *r = (struct read_op *)m;
    if (!r->scanning && r->open > 0 && !may_ask_by_number(r))
        start_scan(r, now);
    else if (r->scanning && r->to == TIME_NONE)
        start_scan(r, now);
    if (r->scanning && r->open > 0) {
        r->from = r->to - r->span_ms;
        struct makeshop_period period = {r->from, r->to, r->cancelled_phase};
        return m->door->search(m, &period, true);
    }
    while (r->at < r->count && r->list[r->at].settled)
        r->at++;
    if (r->at >= r->count) {
        m->base.done = true;
        return true;
    }
    return m->door->find(m, r->list[r->at].number, r->cancelled_phase);
}

static void add_order(struct read_op *r, struct mall_batch *batch, struct makeshop_row *row)
{
    struct mall_order *slot = &batch->orders[batch->order_count];
    struct mall_bad_order *bad = &batch->bad_orders[batch->bad_order_count];
    struct error error = {0};
    bool legacy = r->m.door == &makeshop_legacy_door;
    if (r->cancelled_phase)
        row->status = MAKESHOP_CANCELLED;
    struct str type = legacy ? STR("application/xml") : STR("application/json");
    if (makeshop_order_make(batch->arena, &r->m.base.account, row, &slot->order, &error)) {
        slot->raw = row->raw;
        slot->raw_type = type;
        batch->order_count++;
    } else {
        *bad = (struct mall_bad_order){row->order_no, row->raw, type, error};
        batch->bad_order_count++;
    }
}

// Hands on what was asked for of a page; how many.
static bool hand_on(struct read_op *r, struct mall_batch *batch, struct makeshop_page *page,
                    size_t *hits)
{
    size_t room = page->count + page->bad_count;
    *hits = 0;
    batch->orders = ARENA_ARRAY(batch->arena, struct mall_order, room);
    batch->bad_orders = ARENA_ARRAY(batch->arena, struct mall_bad_order, room);
    batch->expected_total = (int64_t)r->count;
    if (!batch->orders || !batch->bad_orders)
        return false;
    for (size_t i = 0; i < page->count; i++) {
        if (!settle(r, find(r, page->rows[i].order_no)))
            continue;
        ++*hits;
        add_order(r, batch, &page->rows[i]);
    }
    for (size_t i = 0; i < page->bad_count; i++) {
        if (!settle(r, find(r, page->bad[i].order_no)))
            continue;
        ++*hits;
        batch->bad_orders[batch->bad_order_count++] = page->bad[i];
    }
    return !arena_failed(batch->arena);
}

static bool is_truncated(const struct read_op *r, const struct makeshop_page *page)
{
    bool legacy = r->m.door == &makeshop_legacy_door;
    int64_t most = account_integer(&r->m.base.account, legacy ? "legacy_rows" : "page_rows",
                                   legacy ? MAKESHOP_LEGACY_ROWS : MAKESHOP_PAGE_ROWS);
    int64_t rows = (int64_t)(page->count + page->bad_count);
    return page->total >= 0 ? page->total > rows : rows >= most;
}

static void end_scan(struct read_op *r)
{
    r->scanning = false;
    r->cancelled_phase = false;
    r->at = 0;
    if (r->open > 0 && !may_ask_by_number(r))
        emit_missing(r, true);
}

static void after_period(struct read_op *r, const struct makeshop_page *page, size_t hits)
{
    r->hits += hits;
    if (is_truncated(r, page) && r->span_ms > MAKESHOP_SECOND_MS) {
        r->span_ms = r->span_ms / 2 < MAKESHOP_SECOND_MS ? MAKESHOP_SECOND_MS : r->span_ms / 2;
        return;
    }
    if (r->m.door->cancelled_apart && !r->cancelled_phase) {
        r->cancelled_phase = true;
        return;
    }
    r->cancelled_phase = false;
    r->idle = r->hits > 0 ? 0 : r->idle + 1;
    r->hits = 0;
    r->to = r->from;
    if (page->count * 4 < MAKESHOP_LEGACY_ROWS && r->span_ms < SPAN_MAX_MS)
        r->span_ms *= 2;
    bool useless = may_ask_by_number(r) && r->idle >= SCAN_IDLE_MAX;
    if (useless || r->to < r->oldest || r->open == 0)
        end_scan(r);
}

static void after_number(struct read_op *r, const struct makeshop_page *page, size_t hits)
{
    r->unreadable = 0;
    if (r->at < r->count && r->list[r->at].settled) {
        r->cancelled_phase = false;
        return;
    }
    // Others came instead: the filter was ignored.
    if (page->count > 0 && hits == 0) {
        r->m.no_number_filter = true;
        r->cancelled_phase = false;
        makeshop_learn(&r->m, "number_filter", STR("no"));
        return;
    }
    if (r->m.door->cancelled_apart && !r->cancelled_phase) {
        r->cancelled_phase = true;
        return;
    }
    r->cancelled_phase = false;
    emit_missing(r, false);
}

static void take(struct makeshop_op *m, time_ms now, const struct makeshop_answer *answer)
{
    struct read_op *r = (struct read_op *)m;
    struct makeshop_page page;
    struct error error = {0};
    size_t hits = 0;
    (void)now;
    struct mall_batch *batch = mall_batch_new(MAKESHOP_BATCH_BYTES_MAX);
    if (!batch) {
        makeshop_fail_no_memory(m);
        return;
    }
    if (!m->door->rows(m, batch->arena, answer, &page, &error)) {
        mall_batch_free(batch);
        makeshop_fail(m, &error);
        return;
    }
    if (!hand_on(r, batch, &page, &hits)) {
        mall_batch_free(batch);
        makeshop_fail_no_memory(m);
        return;
    }
    // The page's rows live in the batch, so what they say is taken before it goes.
    struct makeshop_page kept = page;
    bool handed = true;
    if (hits > 0)
        handed = mall_op_emit(&m->base, batch);
    else
        mall_batch_free(batch);
    if (!handed)
        return;
    if (r->scanning)
        after_period(r, &kept, hits);
    else
        after_number(r, &kept, hits);
}

static bool emit_bad(struct read_op *r, const struct error *error)
{
    struct mall_batch *batch = mall_batch_new((size_t)1 << 20);
    struct mall_bad_order *bad = batch ? ARENA_NEW(batch->arena, struct mall_bad_order) : NULL;
    if (!bad) {
        mall_batch_free(batch);
        return makeshop_fail_no_memory(&r->m);
    }
    *bad = (struct mall_bad_order){str_dup(batch->arena, r->list[r->at].number), STR(""),
                                   STR("text/plain"), *error};
    batch->bad_orders = bad;
    batch->bad_order_count = 1;
    settle(r, &r->list[r->at]);
    return mall_op_emit(&r->m.base, batch);
}

static bool refused(struct makeshop_op *m, time_ms now, const struct error *error)
{
    struct read_op *r = (struct read_op *)m;
    (void)now;
    if (r->scanning || r->at >= r->count)
        return false;
    if (error->class == ERROR_NOT_FOUND) {
        r->cancelled_phase = false;
        return emit_missing(r, false);
    }
    // One answer that can't be read is that order's; several in a row are not.
    bool page = strcmp(error->code, "mall.html_answer") == 0;
    if (error->class != ERROR_MALFORMED || page || ++r->unreadable >= UNREADABLE_MAX ||
        r->count == 1)
        return false;
    return emit_bad(r, error);
}

static void take_times(struct read_op *r, const struct mall_read_request *request)
{
    r->first = r->last = TIME_NONE;
    for (size_t i = 0; request->ordered_at && i < request->count; i++) {
        time_ms at = request->ordered_at[i];
        if (at == TIME_NONE) {
            r->first = TIME_NONE;
            return;
        }
        r->first = i == 0 || at < r->first ? at : r->first;
        r->last = i == 0 || at > r->last ? at : r->last;
    }
}

struct mall_op *makeshop_read(const struct mall_account *account,
                              const struct mall_read_request *request, const struct mall_sink *sink,
                              struct error *error)
{
    static const struct makeshop_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct read_op *r = makeshop_op_new(sizeof *r, &steps, account, sink, error);
    if (!r)
        return NULL;
    r->list = ARENA_ARRAY(r->m.base.arena, struct wanted, request->count);
    for (size_t i = 0; r->list && i < request->count; i++)
        r->list[r->count++].number = str_dup(r->m.base.arena, str_trim(request->order_nos[i]));
    if (arena_failed(r->m.base.arena)) {
        mall_op_free(&r->m.base);
        error_no_memory(error);
        return NULL;
    }
    if (r->count > 1)
        qsort(r->list, r->count, sizeof *r->list, compare);
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++)
        if (r->list[i].number.n > 0 && (kept == 0 || compare(&r->list[kept - 1], &r->list[i]) != 0))
            r->list[kept++] = r->list[i];
    r->count = r->open = kept;
    r->scanning = kept >= SCAN_FROM;
    r->to = TIME_NONE;
    take_times(r, request);
    return &r->m.base;
}
