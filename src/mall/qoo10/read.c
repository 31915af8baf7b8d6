// SPDX-License-Identifier: Apache-2.0
//
// Whole carts by number (qoo10.md §4). Qoo10 has no search by cart number, so a cart is read by
// listing the minute in which it was ordered. The engine tells that time when a listing or the
// stored order knows it; for any other number (typed by a person, cart number or order number
// alike) the whole reach is listed once, and what that doesn't show is asked for as an order
// number. Lines that left the order lists (cancelled, or named by RelatedOrder but nowhere to be
// seen) are asked for one by one, so that a cancelled order keeps its address and its goods.
// Invariant: every number asked for ends as an order, as missing, or as a bad order.
#include "mall/qoo10/internal.h"

#include <stdlib.h>

#define AROUND_MS (60 * 1000LL)         // about the moment of the order
#define SPAN_GAP_MS (6 * 3600 * 1000LL) // carts closer than this are listed together
#define SPAN_MAX_MS (7 * QOO10_DAY_MS)
#define SCAN_MS (30 * QOO10_DAY_MS)
#define REACH_MARGIN_MS (10 * 60 * 1000LL)
#define BATCH_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define RAW_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define MISSING_LINES_MAX 5000

struct wanted {
    struct str asked;
    int64_t number; // cart number; an order number until the cart is known
    time_ms at;     // TIME_NONE: not known
    bool settled;
    bool by_order_no; // what was typed is an order number; `number` is its cart
};

enum phase {
    PHASE_SPAN,    // lists around the moments of wanted carts
    PHASE_DETAILS, // one by one what the lists don't show
    PHASE_SCAN,    // the whole reach, to learn when numbers were ordered
    PHASE_NUMBER   // what remains, as order numbers
};

struct read_op {
    struct qoo10_op q; // first
    struct wanted *wanted;
    size_t count;
    enum phase phase;
    time_ms from, to; // of the lists under way
    size_t at;        // list of the span: 0 … 3
    struct qoo10_claims claims;
    struct qoo10_collection found;
    int64_t *details;
    size_t detail_count, detail_at;
    bool scanned;
    time_ms scan_from, scan_end;
    size_t number_at;
};

static const int statuses[] = {0, 4, 5};
#define LIST_COUNT 3

// --- which numbers ---

static int compare_wanted(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;
    if (x->settled != y->settled)
        return x->settled ? 1 : -1;
    bool known = x->at != TIME_NONE, other = y->at != TIME_NONE;
    if (known != other)
        return known ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static struct mall_batch *new_batch(struct read_op *r)
{
    struct mall_batch *batch = mall_batch_new(BATCH_BYTES_MAX);
    if (!batch)
        qoo10_no_memory(&r->q);
    return batch;
}

static void hand_on(struct read_op *r, struct mall_batch *batch)
{
    if (arena_failed(batch->arena)) {
        mall_batch_free(batch);
        qoo10_no_memory(&r->q);
        return;
    }
    mall_op_emit(&r->q.base, batch);
}

static void settle_missing(struct read_op *r,
                           bool (*is)(const struct read_op *, const struct wanted *))
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        count += !r->wanted[i].settled && is(r, &r->wanted[i]);
    struct mall_batch *batch = count > 0 ? new_batch(r) : NULL;
    if (!batch)
        return;
    batch->missing = ARENA_ARRAY(batch->arena, struct str, count);
    for (size_t i = 0; batch->missing && i < r->count; i++) {
        struct wanted *w = &r->wanted[i];
        if (w->settled || !is(r, w))
            continue;
        batch->missing[batch->missing_count++] = str_dup(batch->arena, w->asked);
        w->settled = true;
    }
    hand_on(r, batch);
}

static bool in_span(const struct read_op *r, const struct wanted *w)
{
    return !w->settled && w->at != TIME_NONE && w->at >= r->from && w->at <= r->to;
}

static bool any_number(const struct read_op *r, const struct wanted *w)
{
    (void)r;
    return !w->settled;
}

// --- the span under way ---

static void start_lists(struct read_op *r)
{
    arena_reset(r->q.kept);
    r->found = (struct qoo10_collection){.arena = r->q.kept};
    r->at = 0;
    r->claims = (struct qoo10_claims){0};
    r->details = NULL;
    r->detail_count = r->detail_at = 0;
}

// The next carts whose time is known, as far as they lie together.
static bool next_span(struct read_op *r)
{
    qsort(r->wanted, r->count, sizeof *r->wanted, compare_wanted);
    if (r->count == 0 || r->wanted[0].settled || r->wanted[0].at == TIME_NONE)
        return false;
    r->from = r->wanted[0].at - AROUND_MS;
    r->to = r->wanted[0].at + AROUND_MS;
    for (size_t i = 1; i < r->count && !r->wanted[i].settled && r->wanted[i].at != TIME_NONE; i++) {
        if (r->wanted[i].at - r->to > SPAN_GAP_MS || r->wanted[i].at - r->from > SPAN_MAX_MS)
            break;
        r->to = r->wanted[i].at + AROUND_MS;
    }
    r->phase = PHASE_SPAN;
    start_lists(r);
    return true;
}

static bool knows_line(const struct read_op *r, int64_t pack, int64_t order_no)
{
    size_t begin, end;
    qoo10_collect_find(&r->found, pack, &begin, &end);
    for (size_t i = begin; i < end; i++)
        if (r->found.lines[i].order_no == order_no)
            return r->found.lines[i].has_row;
    return false;
}

static void add_detail(struct read_op *r, int64_t order_no)
{
    for (size_t i = 0; i < r->detail_count; i++)
        if (r->details[i] == order_no)
            return;
    if (r->detail_count < MISSING_LINES_MAX)
        r->details[r->detail_count++] = order_no;
}

// Lines of a wanted cart that no order list shows.
static void add_details(struct read_op *r, int64_t pack)
{
    size_t begin, end;
    qoo10_collect_find(&r->found, pack, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        const struct qoo10_line *l = &r->found.lines[i];
        if (!l->has_row) {
            add_detail(r, l->order_no);
            continue;
        }
        struct str list = json_str(qoo10_value(l->row, Q_RELATED)), part;
        int64_t related;
        while (str_split(&list, ',', &part))
            if (str_to_int64(str_trim(part), &related) && related > 0 &&
                !knows_line(r, pack, related))
                add_detail(r, related);
    }
}

static void lists_done(struct read_op *r)
{
    qoo10_collect_sort(&r->found);
    r->details = ARENA_ARRAY(r->q.kept, int64_t, MISSING_LINES_MAX);
    if (!r->details || arena_failed(r->q.kept)) {
        qoo10_no_memory(&r->q);
        return;
    }
    for (size_t i = 0; i < r->count; i++)
        if (in_span(r, &r->wanted[i]))
            add_details(r, r->wanted[i].number);
    r->phase = PHASE_DETAILS;
}

// --- handing carts on ---

static struct str raw_of(struct mall_batch *batch, const struct qoo10_line *lines, size_t count)
{
    AUTO_BUF out = buf_make(RAW_BYTES_MAX);
    bool written = true;
    buf_add_char(&out, '[');
    for (size_t i = 0; i < count && written; i++) {
        if (i > 0)
            buf_add_char(&out, ',');
        written = qoo10_write_json(lines[i].has_row ? lines[i].row : lines[i].claim_row, &out);
    }
    buf_add_char(&out, ']');
    return written && !out.failed ? str_dup(batch->arena, buf_str(&out)) : STR("");
}

static void add_cart(struct read_op *r, struct mall_batch *batch, struct wanted *w)
{
    size_t begin, end;
    struct error error = {0};
    qoo10_collect_find(&r->found, w->number, &begin, &end);
    if (begin == end)
        return;
    const struct qoo10_line *lines = r->found.lines + begin;
    struct mall_order *m = &batch->orders[batch->order_count];
    w->settled = true;
    struct str raw = raw_of(batch, lines, end - begin);
    if (qoo10_cart_read(batch->arena, &r->q.base.account, lines, end - begin, &m->order, &error) &&
        order_validate(&m->order, &error)) {
        m->raw = raw;
        m->raw_type = STR("application/json");
        batch->order_count++;
        return;
    }
    batch->bad_orders[batch->bad_order_count++] = (struct mall_bad_order){
        .order_no = arena_printf(batch->arena, "%lld", (long long)w->number),
        .raw = raw,
        .raw_type = STR("application/json"),
        .error = error,
    };
}

static void finish_span(struct read_op *r)
{
    struct mall_batch *batch = new_batch(r);
    qoo10_collect_sort(&r->found);
    if (!batch)
        return;
    batch->expected_total = (int64_t)r->count;
    batch->orders = ARENA_ARRAY(batch->arena, struct mall_order, r->count);
    batch->bad_orders = ARENA_ARRAY(batch->arena, struct mall_bad_order, r->count);
    batch->missing = ARENA_ARRAY(batch->arena, struct str, r->count);
    if (arena_failed(batch->arena) || arena_failed(r->q.kept)) {
        mall_batch_free(batch);
        qoo10_no_memory(&r->q);
        return;
    }
    for (size_t i = 0; i < r->count; i++) {
        struct wanted *w = &r->wanted[i];
        if (!in_span(r, w))
            continue;
        add_cart(r, batch, w);
        if (w->settled)
            continue;
        batch->missing[batch->missing_count++] = str_dup(batch->arena, w->asked);
        w->settled = true;
    }
    hand_on(r, batch);
}

// --- numbers whose time nobody knows ---

// A cart number wins over an order number of the same digits.
static void learn_from(struct read_op *r, const struct qoo10_line *l)
{
    time_ms t = qoo10_time(l->has_row ? l->row : l->claim_row, Q_ORDERED_AT);
    for (size_t i = 0; t != TIME_NONE && i < r->count; i++) {
        struct wanted *w = &r->wanted[i];
        int64_t typed;
        if (w->settled || !str_to_int64(w->asked, &typed))
            continue;
        bool cart = typed == l->pack;
        if (!cart && (typed != l->order_no || (w->at != TIME_NONE && !w->by_order_no)))
            continue;
        if (cart && w->at != TIME_NONE && !w->by_order_no)
            continue;
        w->at = t;
        w->number = l->pack;
        w->by_order_no = !cart;
    }
}

static bool next_scan(struct read_op *r, time_ms now)
{
    if (r->scanned)
        return false;
    if (r->scan_end == 0) {
        r->scan_end = now;
        r->scan_from = now - QOO10_REACH_DAYS * QOO10_DAY_MS + REACH_MARGIN_MS;
    }
    if (r->scan_from >= r->scan_end) {
        r->scanned = true;
        return false;
    }
    r->from = r->scan_from;
    r->to = r->scan_end - r->from < SCAN_MS ? r->scan_end : r->from + SCAN_MS - 1000;
    r->scan_from = r->to + 1000;
    r->phase = PHASE_SCAN;
    start_lists(r);
    return true;
}

static void scan_done(struct read_op *r)
{
    qoo10_collect_sort(&r->found);
    if (arena_failed(r->q.kept)) {
        qoo10_no_memory(&r->q);
        return;
    }
    for (size_t i = 0; i < r->found.count; i++)
        learn_from(r, &r->found.lines[i]);
}

static void unify(struct read_op *r)
{
    // Order numbers may turn out to be one cart, which may be asked for as well: it is read once.
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->count && r->wanted[i].by_order_no && !r->wanted[i].settled; k++)
            if (k != i && !r->wanted[k].settled && r->wanted[k].number == r->wanted[i].number)
                r->wanted[i].settled = true;
}

// --- the course ---

enum way { WAY_CALL, WAY_AGAIN, WAY_END };

static enum way plan_lists(struct read_op *r)
{
    if (r->at < LIST_COUNT) {
        qoo10_call_shipping(&r->q, statuses[r->at], 1, r->from, r->to);
        return WAY_CALL;
    }
    if (qoo10_claims_plan(&r->q, &r->claims, 1, r->from, r->to))
        return WAY_CALL;
    if (r->phase == PHASE_SCAN) {
        scan_done(r);
        r->phase = PHASE_NUMBER; // the next scan, or what remains
        return WAY_AGAIN;
    }
    lists_done(r);
    return WAY_AGAIN;
}

static bool all_known(const struct read_op *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (!r->wanted[i].settled && (r->wanted[i].at == TIME_NONE || r->wanted[i].by_order_no))
            return false;
    return true;
}

static bool is_unknown(const struct read_op *r, const struct wanted *w)
{
    (void)r;
    return w->at == TIME_NONE;
}

static enum way plan_numbers(struct read_op *r, time_ms now)
{
    if (!all_known(r) && next_scan(r, now))
        return WAY_AGAIN;
    for (; r->number_at < r->count; r->number_at++) {
        const struct wanted *w = &r->wanted[r->number_at];
        if (w->settled || w->at != TIME_NONE || w->number <= 0)
            continue;
        r->phase = PHASE_NUMBER;
        qoo10_call_by_order_no(&r->q, w->number);
        return WAY_CALL;
    }
    settle_missing(r, is_unknown);
    unify(r);
    return !r->q.base.failed && next_span(r) ? WAY_AGAIN : WAY_END;
}

static enum way step(struct read_op *r, time_ms now)
{
    switch (r->phase) {
    case PHASE_SPAN:
    case PHASE_SCAN:
        return plan_lists(r);
    case PHASE_DETAILS:
        if (r->detail_at < r->detail_count) {
            qoo10_call_by_order_no(&r->q, r->details[r->detail_at]);
            return WAY_CALL;
        }
        finish_span(r);
        if (!r->q.base.failed && !next_span(r))
            r->phase = PHASE_NUMBER;
        return WAY_AGAIN;
    case PHASE_NUMBER:
        return plan_numbers(r, now);
    }
    return WAY_END;
}

static void plan(struct qoo10_op *op, time_ms now)
{
    struct read_op *r = (struct read_op *)op;
    enum way way = WAY_AGAIN;
    while (way == WAY_AGAIN && !op->base.failed)
        way = step(r, now);
    op->base.done = way == WAY_END && !op->base.failed;
    if (op->base.done)
        settle_missing(r, any_number);
}

static void take_number(struct read_op *r, const struct qoo10_collection *c)
{
    struct wanted *w = &r->wanted[r->number_at++];
    if (c->count == 0)
        return;
    time_ms t =
        qoo10_time(c->lines[0].has_row ? c->lines[0].row : c->lines[0].claim_row, Q_ORDERED_AT);
    w->at = t;
    w->by_order_no = t != TIME_NONE;
    if (t != TIME_NONE)
        w->number = c->lines[0].pack;
}

static void take(struct qoo10_op *op, time_ms now, struct json object)
{
    struct read_op *r = (struct read_op *)op;
    struct error error;
    size_t rows;
    (void)now;
    if (r->phase == PHASE_NUMBER)
        r->found = (struct qoo10_collection){.arena = op->kept};
    if (!qoo10_collect(&r->found, object, &rows, &error)) {
        qoo10_fail(op, &error);
        return;
    }
    if (r->phase == PHASE_NUMBER)
        take_number(r, &r->found);
    else if (r->phase == PHASE_DETAILS)
        r->detail_at++;
    else if (r->at < LIST_COUNT)
        r->at++;
    else
        qoo10_claims_taken(op, &r->claims, rows);
}

// A number that Qoo10 doesn't know ends nothing; nor does a line that can't be asked for by itself:
// then its claim is all that is known of it.
static bool refused(struct qoo10_op *op, time_ms now, const struct error *error)
{
    struct read_op *r = (struct read_op *)op;
    (void)now;
    bool of_line = r->phase == PHASE_DETAILS &&
                   (error->class == ERROR_NOT_PERMITTED || error->class == ERROR_REJECTED);
    if (error->class != ERROR_NOT_FOUND && !of_line)
        return false;
    if (r->phase == PHASE_NUMBER)
        r->number_at++;
    else if (r->phase == PHASE_DETAILS)
        r->detail_at++;
    else
        return false;
    return true;
}

struct mall_op *qoo10_read(const struct mall_account *account,
                           const struct mall_read_request *request, const struct mall_sink *sink,
                           struct error *error)
{
    static const struct qoo10_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct read_op *r = qoo10_op_new(sizeof *r, &steps, account, sink, error);
    if (!r)
        return NULL;
    r->wanted = ARENA_ARRAY(r->q.base.arena, struct wanted, request->count);
    r->count = request->count;
    r->phase = PHASE_NUMBER;
    for (size_t i = 0; r->wanted && i < request->count; i++) {
        struct wanted *w = &r->wanted[i];
        w->asked = str_dup(r->q.base.arena, str_trim(request->order_nos[i]));
        w->at = request->ordered_at ? request->ordered_at[i] : TIME_NONE;
        if (!str_to_int64(w->asked, &w->number) || w->number <= 0) {
            w->number = 0;
            w->at = TIME_NONE;
        }
    }
    if (arena_failed(r->q.base.arena)) {
        mall_op_free(&r->q.base);
        error_no_memory(error);
        return NULL;
    }
    return &r->q.base;
}
