// SPDX-License-Identifier: Apache-2.0
//
// The order list with every condition of the API. Three ways: words go through the search index
// (order_list) and the other conditions are checked on the rows; pasted order numbers are looked up
// one by one; all else is one statement over the tab's index, oldest or newest first, by keyset.
#include "api/order_query.h"
#include "api/sql_build.h"
#include "order/list.h"

#define NUMBERS_MAX 500
#define PER_NUMBER_MAX 20
#define ROUNDS_MAX 60
#define WORD_COUNT_MAX 2000

static bool role_open(int role)
{
    return role != ROLE_DONE && role != ROLE_CANCELLED;
}

static void add_dates(struct sql_build *b, const struct order_query *q)
{
    static const char *const columns[] = {"ordered_at", "fetched_at", "changed_at", "ship_date"};
    bool days = q->basis == ORDER_DATE_SHIPPED;
    if (q->from != TIME_NONE)
        buf_addf(&b->sql, " AND o.%s >= $%d", columns[q->basis],
                 sql_int(b, days ? day_in_jst(q->from) : q->from));
    if (q->to != TIME_NONE)
        buf_addf(&b->sql, " AND o.%s < $%d", columns[q->basis],
                 sql_int(b, days ? day_in_jst(q->to) : q->to));
}

static void add_conditions(struct sql_build *b, row_id org_id, const struct order_query *q)
{
    buf_addf(&b->sql, " FROM \"order\" o WHERE o.org_id = $%d", sql_int(b, org_id));
    if (q->work_status)
        buf_addf(&b->sql, " AND o.work_status_id = $%d AND o.open = %d", sql_int(b, q->work_status),
                 role_open(q->role));
    else if (q->open_only)
        buf_add(&b->sql, STR(" AND o.open = 1"));
    sql_in(b, "o.shop_id", q->shops, q->shop_count);
    add_dates(b, q);
    if (q->marks) {
        int at = sql_int(b, q->marks);
        buf_addf(&b->sql, " AND (o.marks & $%d) = $%d", at, at);
    }
    if (q->any_mark)
        buf_add(&b->sql, STR(" AND o.marks <> 0"));
    if (q->channel.n) // the second half names the partial index
        buf_addf(&b->sql, " AND o.channel = $%d AND o.channel <> ''", sql_text(b, q->channel));
    if (q->writeback >= 0)
        buf_addf(&b->sql, " AND o.writeback_state = $%d", sql_int(b, q->writeback));
    else if (q->writeback == QUERY_WRITEBACK_OPEN)
        buf_add(&b->sql, STR(" AND o.writeback_state NOT IN (2, 7, 10, 11)"));
    else if (q->writeback == QUERY_WRITEBACK_NEEDS_PERSON)
        buf_add(&b->sql, STR(" AND o.writeback_state IN (1, 8, 9)"));
}

static bool read_cursor(struct str text, struct position *at, struct error *error)
{
    ptrdiff_t bar = str_find_char(text, '_');
    if (bar > 0 && str_to_int64(str_slice(text, 0, (size_t)bar), &at->ordered_at) &&
        str_to_int64(str_slice(text, (size_t)bar + 1, text.n), &at->id))
        return true;
    error_set(error, ERROR_BAD_INPUT, "order.cursor_foreign",
              "ページの続きを示す値がこの検索条件のものではありません。",
              "The cursor belongs to another list.");
    return error_hint(error, "一覧を最初から読み直してください。", "Read the list from its start.");
}

static bool plain_page(struct db_conn *conn, row_id org_id, const struct order_query *q,
                       struct arena *arena, struct order_answer *a, struct error *error)
{
    struct sql_build b = sql_build_make();
    struct position at;
    size_t capacity = (size_t)q->limit + 1;
    const char *way = q->oldest_first ? "ASC" : "DESC";
    if (q->cursor.p && !read_cursor(q->cursor, &at, error))
        return false;
    if (!(a->rows = ARENA_ARRAY(arena, struct order_row, capacity)))
        return error_no_memory(error);
    buf_add(&b.sql, STR("SELECT " LIST_COLUMNS));
    add_conditions(&b, org_id, q);
    if (q->cursor.p) {
        int first = sql_int(&b, at.ordered_at), second = sql_int(&b, at.id);
        buf_addf(&b.sql, " AND (o.ordered_at, o.id) %s ($%d, $%d)", q->oldest_first ? ">" : "<",
                 first, second);
    }
    buf_addf(&b.sql, " ORDER BY o.ordered_at %s, o.id %s LIMIT $%d", way, way,
             sql_int(&b, (int64_t)capacity));
    struct db_stmt *s = sql_prepare(&b, conn, arena, error);
    if (!s)
        return false;
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        if (a->count < capacity)
            list_take_row(arena, s, &a->rows[a->count++]);
    }
    if (step == DB_STEP_ERROR)
        return false;
    if (a->count == capacity) {
        const struct order_row *last = &a->rows[--a->count - 1];
        a->next_cursor =
            arena_printf(arena, "%lld_%lld", (long long)last->ordered_at, (long long)last->id);
    }
    return arena_failed(arena) ? error_no_memory(error) : true;
}

static bool plain_count(struct db_conn *conn, row_id org_id, const struct order_query *q,
                        struct arena *arena, int64_t *count, struct error *error)
{
    struct sql_build b = sql_build_make();
    buf_add(&b.sql, STR("SELECT COUNT(*) FROM (SELECT 1"));
    add_conditions(&b, org_id, q);
    buf_addf(&b.sql, " LIMIT $%d) AS counted", sql_int(&b, QUERY_COUNT_MAX + 1));
    if (!sql_number(&b, conn, arena, count, error))
        return false;
    if (*count > QUERY_COUNT_MAX)
        *count = -1;
    return true;
}

static bool writeback_fits(const struct order_query *q, struct str state)
{
    int s = writeback_state_from_name(state);
    switch (q->writeback) {
    case QUERY_WRITEBACK_ANY:
        return true;
    case QUERY_WRITEBACK_OPEN:
        return s >= 0 && s != WRITEBACK_SUPPRESSED && s != WRITEBACK_VERIFIED &&
               s != WRITEBACK_SUPERSEDED && s != WRITEBACK_WAIVED;
    case QUERY_WRITEBACK_NEEDS_PERSON:
        return s == WRITEBACK_BLOCKED || s == WRITEBACK_REJECTED || s == WRITEBACK_DRIFT;
    default:
        return s == q->writeback;
    }
}

static bool date_fits(const struct order_query *q, const struct order_row *row)
{
    time_ms t = q->basis == ORDER_DATE_FETCHED   ? row->fetched_at
                : q->basis == ORDER_DATE_CHANGED ? row->changed_at
                : q->basis == ORDER_DATE_SHIPPED
                    ? (row->ship_date ? day_start_jst(row->ship_date) : TIME_NONE)
                    : row->ordered_at;
    if (q->from == TIME_NONE && q->to == TIME_NONE)
        return true;
    return t != TIME_NONE && (q->from == TIME_NONE || t >= q->from) &&
           (q->to == TIME_NONE || t < q->to);
}

// Everything but the tab and the words.
static bool row_fits(const struct order_query *q, const struct order_row *row)
{
    bool shop = q->shop_count == 0;
    for (size_t i = 0; i < q->shop_count; i++)
        shop = shop || q->shops[i] == row->shop_id;
    return shop && (q->channel.n == 0 || str_eq(row->channel, q->channel)) &&
           (row->marks & q->marks) == q->marks && (!q->any_mark || row->marks != 0) &&
           writeback_fits(q, row->writeback_state) && date_fits(q, row);
}

// Pages of the search index until `limit` rows fit, the index is at its end, or it has taken long.
static bool word_page(struct db_conn *conn, row_id org_id, const struct order_query *q,
                      struct arena *arena, struct order_answer *a, struct error *error)
{
    struct order_filter filter = {.work_status = q->work_status,
                                  .open_only = q->open_only,
                                  .shop_id = q->shop_count == 1 ? q->shops[0] : 0,
                                  .q = q->q,
                                  .from = TIME_NONE,
                                  .to = TIME_NONE,
                                  .marks = q->marks,
                                  .channel = q->channel,
                                  .cursor = q->cursor};
    if (q->basis == ORDER_DATE_ORDERED) {
        filter.from = q->from;
        filter.to = q->to;
    }
    if (!(a->rows = ARENA_ARRAY(arena, struct order_row, (size_t)q->limit)))
        return error_no_memory(error);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct order_page page;
        filter.limit = q->limit - (int)a->count;
        if (!order_list(conn, org_id, &filter, arena, &page, error))
            return false;
        for (size_t i = 0; i < page.count; i++) {
            if (row_fits(q, &page.rows[i]))
                a->rows[a->count++] = page.rows[i];
        }
        a->next_cursor = filter.cursor = page.next_cursor;
        if (!page.next_cursor.p || a->count == (size_t)q->limit)
            break;
    }
    return true;
}

static bool find_number(struct db_conn *conn, row_id org_id, const struct order_query *q,
                        struct str number, struct arena *arena, struct order_answer *a, bool *found,
                        struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT " LIST_COLUMNS ", o.open FROM \"order\" o WHERE o.org_id "
                   "= $1 AND o.shop_id IN (SELECT id FROM shop WHERE org_id = $1) "
                   "AND o.order_no = $2 ORDER BY o.id LIMIT 20",
                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_text(s, 2, number);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        struct order_row *row = &a->rows[a->count];
        list_take_row(arena, s, row);
        bool tab = q->work_status ? row->work_status == q->work_status
                                  : !q->open_only || db_int(s, LIST_COLUMN_COUNT) == 1;
        *found = true;
        a->count += tab && row_fits(q, row);
    }
    return step == DB_STEP_DONE;
}

static bool number_page(struct db_conn *conn, row_id org_id, const struct order_query *q,
                        struct arena *arena, struct order_answer *a, struct error *error)
{
    a->rows = ARENA_ARRAY(arena, struct order_row, q->number_count * PER_NUMBER_MAX + 1);
    a->missing = ARENA_ARRAY(arena, struct str, q->number_count);
    if (!a->rows || !a->missing)
        return error_no_memory(error);
    for (size_t i = 0; i < q->number_count; i++) {
        bool found = false;
        if (!find_number(conn, org_id, q, q->numbers[i], arena, a, &found, error))
            return false;
        if (!found)
            a->missing[a->missing_count++] = q->numbers[i];
    }
    return arena_failed(arena) ? error_no_memory(error) : true;
}

static bool count_tab(struct db_conn *conn, row_id org_id, const struct order_query *q,
                      struct arena *arena, int64_t *count, struct error *error)
{
    struct status_count *counts;
    struct work_status *statuses;
    size_t n, status_count;
    *count = 0;
    if (!order_counts(conn, org_id, false, arena, &counts, &n, error) ||
        !work_statuses(conn, org_id, arena, &statuses, &status_count, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool in = q->work_status ? counts[i].work_status == q->work_status : true;
        for (size_t k = 0; q->open_only && !q->work_status && k < status_count; k++) {
            if (statuses[k].id == counts[i].work_status)
                in = role_open((int)statuses[k].role);
        }
        *count += in ? counts[i].count : 0;
    }
    return true;
}

static bool count_words(struct db_conn *conn, row_id org_id, const struct order_query *q,
                        struct order_answer *a, struct error *error)
{
    struct order_query all = *q;
    AUTO_ARENA arena = arena_new(64u << 20);
    a->total = (int64_t)a->count;
    all.cursor = a->next_cursor;
    all.limit = LIST_LIMIT_MAX;
    if (!arena)
        return error_no_memory(error);
    while (all.cursor.p) {
        struct order_answer more = {.total = -1};
        if (!word_page(conn, org_id, &all, arena, &more, error))
            return false;
        a->total += (int64_t)more.count;
        all.cursor = more.next_cursor;
        if (a->total > WORD_COUNT_MAX && all.cursor.p) {
            a->total = -1;
            return true;
        }
    }
    return true;
}

static bool is_filtered(const struct order_query *q)
{
    return q->shop_count || q->from != TIME_NONE || q->to != TIME_NONE || q->marks || q->any_mark ||
           q->channel.n || q->writeback != QUERY_WRITEBACK_ANY || q->q.n || q->number_count;
}

bool order_query_page(struct db_conn *conn, row_id org_id, const struct order_query *q,
                      struct arena *arena, struct order_answer *a, struct error *error)
{
    int64_t tab;
    *a = (struct order_answer){.total = -1};
    bool read = q->number_count ? number_page(conn, org_id, q, arena, a, error)
                : q->q.n        ? word_page(conn, org_id, q, arena, a, error)
                                : plain_page(conn, org_id, q, arena, a, error);
    if (!read || q->cursor.p)
        return read;
    if (!count_tab(conn, org_id, q, arena, &tab, error))
        return false;
    if (q->number_count || !a->next_cursor.p)
        a->total = (int64_t)a->count;
    else if (!is_filtered(q))
        a->total = tab;
    else if (q->q.n ? !count_words(conn, org_id, q, a, error)
                    : !plain_count(conn, org_id, q, arena, &a->total, error))
        return false;
    a->hidden = a->total >= 0 ? tab - a->total : tab - QUERY_COUNT_MAX;
    if (a->hidden < 0 || !is_filtered(q))
        a->hidden = 0;
    return true;
}

bool order_query_ids(struct db_conn *conn, row_id org_id, const struct order_query *query,
                     size_t most, struct arena *arena, row_id **ids, size_t *count,
                     struct error *error)
{
    struct order_query q = *query;
    q.limit = LIST_LIMIT_MAX;
    q.cursor = STR_ABSENT;
    *count = 0;
    if (!(*ids = ARENA_ARRAY(arena, row_id, most + 1)))
        return error_no_memory(error);
    AUTO_ARENA pages = arena_new(256u << 20);
    if (!pages)
        return error_no_memory(error);
    do {
        struct order_answer a = {.total = -1};
        bool read = q.number_count ? number_page(conn, org_id, &q, pages, &a, error)
                    : q.q.n        ? word_page(conn, org_id, &q, pages, &a, error)
                                   : plain_page(conn, org_id, &q, pages, &a, error);
        if (!read)
            return false;
        for (size_t i = 0; i < a.count && *count <= most; i++)
            (*ids)[(*count)++] = a.rows[i].id;
        q.cursor = a.next_cursor;
    } while (q.cursor.p && *count <= most);
    return true;
}

struct parser {
    struct request *r;
    struct str (*get)(void *context, const char *name);
    void *context;
    const char *wrong; // name of a parameter that can't be read
};

static bool parse_status(struct parser *p, struct order_query *q)
{
    struct request *r = p->r;
    struct error error;
    struct work_status *list;
    size_t count;
    struct str status = p->get(p->context, "status");
    if (str_is_empty(status) || str_eq(status, STR("all")))
        return true;
    if (str_eq(status, STR("open"))) {
        q->open_only = true;
        return true;
    }
    struct db_conn *conn = request_read(r);
    if (!conn)
        return false;
    if (!work_statuses(conn, r->org_id, r->arena, &list, &count, &error)) {
        reply_error(r, &error);
        return false;
    }
    row_id id;
    for (size_t i = 0; id_parse(status, &id) && i < count; i++) {
        if (list[i].id == id) {
            q->work_status = id;
            q->role = (int)list[i].role;
            return true;
        }
    }
    p->wrong = "status";
    return true;
}

static bool parse_shops(struct parser *p, struct order_query *q)
{
    struct str rest = p->get(p->context, "shop"), one;
    row_id *shops = ARENA_ARRAY(p->r->arena, row_id, 64);
    while (shops && str_split(&rest, ',', &one)) {
        if (q->shop_count == 64 || !id_parse(str_trim(one), &shops[q->shop_count++]))
            return false;
    }
    q->shops = shops;
    return shops != NULL;
}

// Several numbers as pasted from a sheet: parts of printable ASCII with a digit in each.
static bool parse_numbers(struct parser *p, struct str text, struct order_query *q)
{
    struct str *numbers = ARENA_ARRAY(p->r->arena, struct str, NUMBERS_MAX);
    size_t count = 0;
    for (size_t i = 0; numbers && i <= text.n;) {
        size_t from = i;
        bool digit = false, plain = true;
        while (i < text.n && !strchr(",\t\r\n", text.p[i])) {
            unsigned char c = (unsigned char)text.p[i++];
            digit = digit || (c >= '0' && c <= '9');
            plain = plain && c >= ' ' && c < 127;
        }
        struct str one = str_trim(str_slice(text, from, i));
        i++;
        if (one.n == 0)
            continue;
        if (!digit || !plain || count == NUMBERS_MAX)
            return false;
        numbers[count++] = one;
    }
    if (count < 2)
        return false;
    q->numbers = numbers;
    q->number_count = count;
    return true;
}

static bool parse_day(struct parser *p, const char *name, bool end, time_ms *t)
{
    struct str text = p->get(p->context, name);
    day d;
    if (str_is_empty(text))
        return true;
    if (!day_parse(text, &d))
        return false;
    *t = day_start_jst(end ? day_add(d, 1) : d);
    return true;
}

static bool parse_choices(struct parser *p, struct order_query *q)
{
    static const char *const bases[] = {"ordered_at", "fetched_at", "updated_at", "ship_date"};
    struct str basis = p->get(p->context, "date_basis"), mark = p->get(p->context, "mark"),
               writeback = p->get(p->context, "writeback");
    bool known = str_is_empty(basis);
    for (int i = 0; i < 4; i++) {
        if (str_eq(basis, str_from(bases[i]))) {
            q->basis = (enum order_date)i;
            known = true;
        }
    }
    if (!known)
        p->wrong = "date_basis";
    q->any_mark = str_eq(mark, STR("any"));
    if (!str_is_empty(mark) && !q->any_mark && !(q->marks = order_mark_from_name(mark)))
        p->wrong = "mark";
    q->channel = p->get(p->context, "channel");
    if (q->channel.n > 0 && !order_channel_mark(q->channel))
        p->wrong = "channel";
    q->writeback = QUERY_WRITEBACK_ANY;
    if (str_eq(writeback, STR("open")))
        q->writeback = QUERY_WRITEBACK_OPEN;
    else if (str_eq(writeback, STR("needs_person")))
        q->writeback = QUERY_WRITEBACK_NEEDS_PERSON;
    else if (!str_is_empty(writeback) && (q->writeback = writeback_state_from_name(writeback)) < 0)
        p->wrong = "writeback";
    struct str sort = p->get(p->context, "sort");
    q->oldest_first = q->work_status && q->role <= ROLE_WORK;
    if (str_eq(sort, STR("ordered_at")) || str_eq(sort, STR("-ordered_at")))
        q->oldest_first = sort.p[0] != '-';
    else if (!str_is_empty(sort))
        p->wrong = "sort";
    return !p->wrong;
}

bool order_query_parse(struct request *r, struct str (*get)(void *context, const char *name),
                       void *context, struct order_query *q)
{
    struct parser p = {r, get, context, NULL};
    struct error error;
    *q = (struct order_query){.from = TIME_NONE, .to = TIME_NONE, .limit = 200};
    struct str text = get(context, "q");
    if (!parse_status(&p, q))
        return false;
    if (!parse_shops(&p, q))
        p.wrong = "shop";
    else if (!parse_day(&p, "from", false, &q->from))
        p.wrong = "from";
    else if (!parse_day(&p, "to", true, &q->to))
        p.wrong = "to";
    else if (text.n > 20000)
        p.wrong = "q";
    if (!p.wrong && parse_choices(&p, q) && text.n > 0 && !parse_numbers(&p, text, q))
        q->q = text;
    if (!p.wrong)
        return true;
    error_set(&error, ERROR_BAD_INPUT, "invalid", "条件 %s の値が正しくありません。",
              "condition %s has an invalid value", p.wrong);
    reply_error(r, &error);
    return false;
}
