// SPDX-License-Identifier: Apache-2.0
//
// Pages of the order list. Every tab has an index that gives its rows in list order, so a page
// costs its own rows whatever the size of the table; the next page begins below the last row
// (keyset). A cursor says for which company and which filter it was made.
#include "order/list.h"

#include "base/crypto.h"
#include "order/obligation.h"

#define QUERY_BYTES_MAX 200
#define HIDDEN_LOOK_MAX 5000 // rows looked at to count what is hidden

void list_take_row(struct arena *arena, struct db_stmt *s, struct order_row *row)
{
    row->id = db_int(s, 0);
    row->shop_id = db_int(s, 1);
    row->work_status = db_int(s, 2);
    row->order_no = str_dup(arena, db_text(s, 3));
    row->mall = str_dup(arena, db_text(s, 4));
    row->mall_status = str_dup(arena, db_text(s, 5));
    row->mall_status_label = str_dup(arena, db_text(s, 6));
    row->channel = str_dup(arena, db_text(s, 7));
    row->state = (enum order_state)db_int(s, 8);
    row->payment_state = (enum payment_state)db_int(s, 9);
    row->shipment_state = (enum shipment_state)db_int(s, 10);
    row->marks = db_int(s, 11);
    row->version = db_int(s, 12);
    row->ordered_at = db_time(s, 13);
    row->changed_at = db_time(s, 14);
    row->orderer_name = str_dup(arena, db_text(s, 15));
    row->recipient_name = str_dup(arena, db_text(s, 16));
    row->recipient_prefecture = str_dup(arena, db_text(s, 17));
    row->payment_method = str_dup(arena, db_text(s, 18));
    row->delivery_method = str_dup(arena, db_text(s, 19));
    row->billed = db_time(s, 20);
    row->line_count = (int)db_int(s, 21);
    row->package_count = (int)db_int(s, 22);
    row->quantity = db_int(s, 23);
    row->first_title = str_dup(arena, db_text(s, 24));
    row->carrier = str_dup(arena, db_text(s, 25));
    row->tracking_number = str_dup(arena, db_text(s, 26));
    row->memo = str_dup(arena, db_text(s, 27));
    row->ship_date = (day)db_int(s, 28);
    row->requested_date = (day)db_int(s, 29);
    row->requested_slot = str_dup(arena, db_text(s, 30));
    row->writeback_state =
        db_is_null(s, 31) ? STR("")
                          : str_from(writeback_state_name((enum writeback_state)db_int(s, 31)));
    row->fetched_at = db_time(s, 32);
    row->mall_updated_at = db_time(s, 33);
}

struct cursor {
    unsigned char check[8];
    int64_t ordered_at, id;
};

static void cursor_check(const struct listing *l, unsigned char check[8])
{
    const struct order_filter *f = l->filter;
    unsigned char digest[32];
    AUTO_BUF text = buf_make(64 * 1024);
    buf_addf(&text, "%lld %lld %d %lld %lld %lld %lld ", (long long)l->org_id,
             (long long)f->work_status, f->open_only, (long long)f->shop_id, (long long)f->from,
             (long long)f->to, (long long)f->marks);
    buf_add(&text, f->channel.p ? f->channel : STR(""));
    buf_add_char(&text, ' ');
    for (size_t i = 0; i < l->word_count; i++) {
        buf_add(&text, l->words[i]);
        buf_add_char(&text, ' ');
    }
    crypto_digest(NULL, buf_str(&text), digest);
    memcpy(check, digest, 8);
}

static struct str cursor_write(const struct listing *l, const struct order_row *last)
{
    struct cursor c = {.ordered_at = last->ordered_at, .id = last->id};
    cursor_check(l, c.check);
    return crypto_hex(l->arena, str_make((const char *)&c, sizeof c));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool cursor_read(const struct listing *l, struct position *below, struct error *error)
{
    struct cursor c, own;
    unsigned char bytes[sizeof c];
    struct str text = l->filter->cursor;
    bool sound = text.n == 2 * sizeof c;
    for (size_t i = 0; sound && i < sizeof c; i++) {
        int high = hex_digit(text.p[2 * i]), low = hex_digit(text.p[2 * i + 1]);
        sound = high >= 0 && low >= 0;
        bytes[i] = (unsigned char)(high * 16 + low);
    }
    cursor_check(l, own.check);
    if (sound)
        memcpy(&c, bytes, sizeof c);
    if (!sound || memcmp(c.check, own.check, sizeof c.check) != 0) {
        error_set(error, ERROR_BAD_INPUT, "order.cursor_foreign",
                  "ページの続きを示す値がこの検索条件のものではありません。",
                  "The cursor belongs to another list.");
        return error_hint(error, "一覧を最初から読み直してください。",
                          "Read the list from its start.");
    }
    *below = (struct position){c.ordered_at, c.id};
    return true;
}

// `>=` says the same as `=` for marks (what is masked is never more than the mask), but the planner
// expects a third of the rows to pass instead of one in two hundred; expecting few, PostgreSQL
// would sort half the table rather than walk the index.
#define LIST(condition, filter)                                                                   \
    "SELECT " LIST_COLUMNS "FROM \"order\" o WHERE o.org_id = $1" condition                       \
    " AND (o.ordered_at, o.id) < ($2, $3) AND o.ordered_at >= $4 AND (o.marks & $6) >= $6" filter \
    " ORDER BY o.ordered_at DESC, o.id DESC LIMIT $7"
#define SHOP " AND ($5 = 0 OR o.shop_id = $5)"
#define STATUS " AND ($8 = 0 OR o.work_status_id = $8)"

enum list_way {
    LIST_OPEN_STATUS,
    LIST_CLOSED_STATUS,
    LIST_OPEN,
    LIST_ALL,
    LIST_SHOP,
    LIST_CHANNEL,
    LIST_WAY_COUNT
};

// One text per index; `open = 1` is written out because a bound value doesn't choose a partial
// index.
static const struct list_query list_ways[LIST_WAY_COUNT] = {
    [LIST_OPEN_STATUS] = {LIST(" AND o.work_status_id = $8 AND o.open = 1", SHOP), "order_status"},
    [LIST_CLOSED_STATUS] = {LIST(" AND o.work_status_id = $8 AND o.open = 0", SHOP),
                            "order_closed"},
    [LIST_OPEN] = {LIST(" AND o.open = 1", SHOP), "order_open_ordered"},
    [LIST_ALL] = {LIST("", SHOP), "order_ordered"},
    [LIST_SHOP] = {LIST(" AND o.shop_id = $5", STATUS), "order_shop"},
    [LIST_CHANNEL] = {LIST(" AND o.channel = $9 AND o.channel <> ''",
                           SHOP STATUS " AND ($10 = 0 OR o.open = 1)"),
                      "order_channel"},
};

bool list_query(size_t i, struct list_query *query)
{
    if (i >= LIST_WAY_COUNT)
        return false;
    *query = list_ways[i];
    return true;
}

struct totals {
    int64_t tab, shop, shop_in_tab;
};

// From the kept counters: rows in the tab, rows of the shop, both together.
static bool read_totals(struct listing *l, struct totals *t, struct error *error)
{
    const struct order_filter *f = l->filter;
    struct db_stmt *s = db_prepare(
        l->conn,
        "SELECT c.work_status_id, c.shop_id, c.count, w.role FROM order_count c LEFT JOIN "
        "work_status w "
        "ON w.org_id = c.org_id AND w.id = c.work_status_id WHERE c.org_id = $1 LIMIT 100000",
        error);
    *t = (struct totals){0};
    if (!s)
        return false;
    db_bind_int(s, 1, l->org_id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        int64_t count = db_int(s, 2);
        int role = status_role_from_name(db_text(s, 3));
        bool in_tab =
            f->work_status ? db_int(s, 0) == f->work_status : !f->open_only || role_is_open(role);
        bool in_shop = db_int(s, 1) == f->shop_id;
        if (f->work_status && db_int(s, 0) == f->work_status)
            l->role = role;
        t->tab += in_tab ? count : 0;
        t->shop += in_shop ? count : 0;
        t->shop_in_tab += in_tab && in_shop ? count : 0;
    }
    return step == DB_STEP_DONE;
}

static enum list_way choose_list(const struct listing *l, const struct totals *t)
{
    const struct order_filter *f = l->filter;
    if (f->channel.n)
        return LIST_CHANNEL;
    if (f->shop_id && !f->open_only && t->shop < t->tab)
        return LIST_SHOP;
    if (f->work_status)
        return l->role < 0 || role_is_open((int)l->role) ? LIST_OPEN_STATUS : LIST_CLOSED_STATUS;
    return f->open_only ? LIST_OPEN : LIST_ALL;
}

static struct position upper_end(const struct listing *l)
{
    struct position p = l->below;
    if (l->filter->to != TIME_NONE && l->filter->to <= p.ordered_at)
        p = (struct position){l->filter->to, 0};
    return p;
}

static bool list_rows(struct listing *l, enum list_way way, struct error *error)
{
    const struct order_filter *f = l->filter;
    struct position below = upper_end(l);
    struct db_stmt *s = db_prepare(l->conn, list_ways[way].sql, error);
    if (!s)
        return false;
    db_bind_int(s, 1, l->org_id);
    db_bind_int(s, 2, below.ordered_at);
    db_bind_int(s, 3, below.id);
    db_bind_int(s, 4, f->from == TIME_NONE ? INT64_MIN + 1 : f->from);
    db_bind_int(s, 5, f->shop_id);
    db_bind_int(s, 6, f->marks);
    db_bind_int(s, 7, (int64_t)l->capacity);
    if (way == LIST_OPEN_STATUS || way == LIST_CLOSED_STATUS || way == LIST_SHOP ||
        way == LIST_CHANNEL)
        db_bind_int(s, 8, f->work_status);
    if (way == LIST_CHANNEL) {
        db_bind_text(s, 9, f->channel);
        db_bind_int(s, 10, f->open_only);
    }
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        if (l->page->count < l->capacity)
            list_take_row(l->arena, s, &l->page->rows[l->page->count++]);
    return step == DB_STEP_DONE;
}

// Rows of the tab from its newest down to the page's last row, at most `most`.
static bool count_span(struct listing *l, int64_t *count, int64_t most, struct error *error)
{
#define SPAN(condition)                                                                         \
    "SELECT COUNT(*) FROM (SELECT 1 FROM \"order\" o WHERE o.org_id = $1" condition             \
    " AND (o.ordered_at, o.id) >= ($2, $3) ORDER BY o.ordered_at DESC, o.id DESC LIMIT $4) AS " \
    "span"
    const struct order_filter *f = l->filter;
    const struct order_row *last = &l->page->rows[l->page->count - 1];
    bool open = l->role < 0 || role_is_open((int)l->role);
    const char *sql = f->work_status && open ? SPAN(" AND o.work_status_id = $5 AND o.open = 1")
                      : f->work_status       ? SPAN(" AND o.work_status_id = $5 AND o.open = 0")
                      : f->open_only         ? SPAN(" AND o.open = 1")
                                             : SPAN("");
    struct db_stmt *s = db_prepare(l->conn, sql, error);
    if (!s)
        return false;
    db_bind_int(s, 1, l->org_id);
    db_bind_int(s, 2, last->ordered_at);
    db_bind_int(s, 3, last->id);
    db_bind_int(s, 4, most);
    if (f->work_status)
        db_bind_int(s, 5, f->work_status);
    enum db_step step = db_step(s, error);
    *count = step == DB_STEP_ROW ? db_int(s, 0) : 0;
    db_reset(s);
    return step == DB_STEP_ROW;
}

static bool is_filtered(const struct listing *l)
{
    const struct order_filter *f = l->filter;
    return f->shop_id || f->marks || f->channel.n || f->from != TIME_NONE || f->to != TIME_NONE ||
           l->word_count;
}

static bool only_by_shop(const struct listing *l)
{
    const struct order_filter *f = l->filter;
    return f->shop_id && !f->marks && !f->channel.n && f->from == TIME_NONE && f->to == TIME_NONE &&
           !l->word_count;
}

// Exact while all matches are on this page, or few rows lie among those of the page; otherwise what
// lies among the page's rows, which for any filter worth the name is more than the cap.
static bool count_hidden(struct listing *l, const struct totals *t, bool more, struct error *error)
{
    struct order_page *page = l->page;
    int64_t hidden = 0, span;
    page->hidden_by_filter = -1;
    if (l->filter->cursor.n)
        return true;
    if (only_by_shop(l)) {
        hidden = t->tab - t->shop_in_tab;
    } else if (is_filtered(l) && !more) {
        hidden = t->tab - (int64_t)page->count;
    } else if (is_filtered(l)) {
        if (!count_span(l, &span, HIDDEN_LOOK_MAX, error))
            return false;
        hidden = span - (int64_t)page->count;
    }
    page->hidden_by_filter = hidden < 0 ? 0 : hidden > LIST_HIDDEN_MAX ? LIST_HIDDEN_MAX : hidden;
    return true;
}

static bool check_filter(const struct order_filter *f, struct error *error)
{
    if (f->limit < 1 || f->limit > LIST_LIMIT_MAX)
        return error_set(error, ERROR_BAD_INPUT, "order.limit", "件数は 1 から %d までです。",
                         "The limit is 1 to %d.", LIST_LIMIT_MAX);
    if (f->q.n > QUERY_BYTES_MAX || !str_is_utf8(f->q))
        return error_set(error, ERROR_BAD_INPUT, "order.query",
                         "検索の文字が長すぎるか、読み取れません。",
                         "The search text is too long or no text.");
    if (f->channel.n && !order_channel_mark(f->channel))
        return error_set(error, ERROR_BAD_INPUT, "order.channel", "この注文経路はありません。",
                         "There is no such channel.");
    return true;
}

// Reads the page; one row more than asked for tells whether another page follows.
static bool fill_page(struct listing *l, const struct totals *t, bool *more, struct error *error)
{
    struct order_page *page = l->page;
    bool read = l->word_count ? list_search(l, error) : list_rows(l, choose_list(l, t), error);
    if (!read)
        return false;
    *more = page->count == l->capacity;
    if (*more) {
        page->count--;
        page->next_cursor = cursor_write(l, &page->rows[page->count - 1]);
    }
    return true;
}

bool order_list(struct db_conn *conn, row_id org_id, const struct order_filter *filter,
                struct arena *arena, struct order_page *page, struct error *error)
{
    // The search index knows marks, not channels.
    struct order_filter with_mark = *filter;
    if (filter->q.n)
        with_mark.marks |= order_channel_mark(filter->channel);
    filter = &with_mark;
    struct listing l = {conn, org_id, filter, arena, page, {INT64_MAX, INT64_MAX}, -1, 0, {{0}}, 0};
    struct totals totals;
    bool more;
    *page = (struct order_page){0};
    if (!check_filter(filter, error) || !list_take_words(&l, error))
        return false;
    if (filter->cursor.n && !cursor_read(&l, &l.below, error))
        return false;
    l.capacity = (size_t)filter->limit + 1;
    page->rows = ARENA_ARRAY(arena, struct order_row, l.capacity);
    if (!page->rows)
        return error_no_memory(error);
    // Counters are needed to choose the index and to count what is hidden.
    totals = (struct totals){0};
    if ((filter->work_status || is_filtered(&l)) && !read_totals(&l, &totals, error))
        return false;
    return fill_page(&l, &totals, &more, error) && count_hidden(&l, &totals, more, error) &&
           (!arena_failed(arena) || error_no_memory(error));
}
