// SPDX-License-Identifier: Apache-2.0
//
// Searching: candidates come from the term index in order of id, newest first; each is checked
// against its folded text, because terms say that the pieces of a word occur, not that the word
// does. Words too short to have terms (one character, three digits) are common, so their first page
// is found by reading the newest texts; a single character other than a digit or a Latin letter is
// looked up as the beginning of terms (SQLite).
#include "order/list.h"

#include "order/search.h"
#include "order/terms.h"
#include "text/fold.h"

#define TERMS_MAX 24 // more would only be slower: the text is checked anyway
#define SPAN_MAX 64  // buckets of one PostgreSQL query

bool list_take_words(struct listing *l, struct error *error)
{
    AUTO_BUF folded = buf_make(16 * 1024);
    AUTO_BUF word = buf_make(16 * 1024);
    struct str rest, part;
    if (l->filter->q.n == 0)
        return true;
    fold_search(l->filter->q, &folded);
    rest = buf_str(&folded);
    while (str_split(&rest, ' ', &part)) {
        buf_reset(&word);
        search_add_query_word(&word, part);
        if (word.n == 0)
            continue;
        if (l->word_count == QUERY_WORDS_MAX)
            return error_set(error, ERROR_BAD_INPUT, "order.query_words",
                             "検索の単語は %d 個までです。", "At most %d words can be searched.",
                             QUERY_WORDS_MAX);
        l->words[l->word_count++] = str_dup(l->arena, buf_str(&word));
    }
    return !folded.failed && !word.failed && !arena_failed(l->arena) ? true
                                                                     : error_no_memory(error);
}

struct terms {
    struct str list[TERMS_MAX];
    size_t count;
};

static void add_term(void *context, struct str term, size_t start, size_t end)
{
    struct terms *t = context;
    for (size_t i = 0; i < t->count; i++)
        if (str_eq(t->list[i], term))
            return;
    if (t->count < TERMS_MAX)
        t->list[t->count++] = term;
}

// A single character that begins terms: not a digit (they have none), and no Latin letter (begins a
// good part of all terms).
static bool is_single(struct str word)
{
    return str_utf8_length(word) == 1 && (unsigned char)word.p[0] >= 0x80;
}

static bool has_words(const struct listing *l, struct str folded)
{
    for (size_t i = 0; i < l->word_count; i++)
        if (str_find(folded, l->words[i]) < 0)
            return false;
    return true;
}

#define FILTERS                                                                                  \
    " AND o.org_id = $1 AND ($5 = 0 OR o.shop_id = $5) AND (o.marks & $6) >= $6 AND ($7 = 0 OR " \
    "o.work_status_id = $7) AND ($8 = 0 OR o.open = 1) AND o.ordered_at >= $3 AND "              \
    "o.ordered_at < $4"

static void bind_filters(struct listing *l, struct db_stmt *s)
{
    const struct order_filter *f = l->filter;
    db_bind_int(s, 1, l->org_id);
    db_bind_int(s, 2, l->below.id);
    db_bind_int(s, 3, f->from == TIME_NONE ? INT64_MIN + 1 : f->from);
    db_bind_int(s, 4, f->to == TIME_NONE ? INT64_MAX : f->to);
    db_bind_int(s, 5, f->shop_id);
    db_bind_int(s, 6, f->marks);
    db_bind_int(s, 7, f->work_status);
    db_bind_int(s, 8, f->open_only);
}

static void add_quoted(struct buf *out, struct str term)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < term.n; i++) {
        if (term.p[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, term.p[i]);
    }
    buf_add_char(out, '"');
}

// "佐藤" "藤花": all of them; "藤" *: what begins so.
static void match_text(const struct listing *l, const struct terms *t, struct buf *out)
{
    for (size_t i = 0; i < t->count; i++) {
        if (i)
            buf_add_char(out, ' ');
        add_quoted(out, t->list[i]);
    }
    for (size_t i = 0; t->count == 0 && i < l->word_count; i++) {
        if (!is_single(l->words[i]))
            continue;
        if (out->n)
            buf_add_char(out, ' ');
        add_quoted(out, l->words[i]);
        buf_add(out, STR(" *"));
    }
}

static bool take_checked(struct listing *l, struct db_stmt *s, struct error *error)
{
    struct order_page *page = l->page;
    enum db_step step = DB_STEP_DONE;
    while (page->count < l->capacity && (step = db_step(s, error)) == DB_STEP_ROW)
        if (has_words(l, db_text(s, LIST_COLUMN_COUNT)))
            list_take_row(l->arena, s, &page->rows[page->count++]);
    if (step == DB_STEP_ROW)
        db_reset(s);
    return step != DB_STEP_ERROR;
}

// The order of the joins is fixed: index, text, order. The index gives rowids in falling order.
static const char search_indexed[] =
    "SELECT " LIST_COLUMNS ", s.folded FROM order_terms t CROSS JOIN order_search s ON "
    "s.order_id = t.rowid CROSS JOIN \"order\" o ON o.id = t.rowid WHERE t.order_terms MATCH $9 "
    "AND "
    "t.rowid < $2" FILTERS " ORDER BY t.rowid DESC";
static const char search_scan[] =
    "SELECT " LIST_COLUMNS
    ", s.folded FROM order_search s CROSS JOIN \"order\" o ON o.id = s.order_id "
    "WHERE s.order_id < $2 AND instr(s.folded, $9) > 0" FILTERS " ORDER BY s.order_id DESC";

static bool search_sqlite(struct listing *l, const struct terms *t, struct error *error)
{
    AUTO_BUF match = buf_make(64 * 1024);
    match_text(l, t, &match);
    if (match.failed)
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(l->conn, match.n ? search_indexed : search_scan, error);
    if (!s)
        return false;
    bind_filters(l, s);
    db_bind_text(s, 9, match.n ? buf_str(&match) : l->words[0]);
    return take_checked(l, s, error);
}

// {"%佐藤%","%…%"} with LIKE's own characters escaped.
static void like_patterns(const struct listing *l, struct buf *out)
{
    AUTO_BUF pattern = buf_make(16 * 1024);
    array_begin(out);
    for (size_t i = 0; i < l->word_count; i++) {
        buf_reset(&pattern);
        buf_add_char(&pattern, '%');
        for (size_t k = 0; k < l->words[i].n; k++) {
            char c = l->words[i].p[k];
            if (c == '%' || c == '_' || c == '\\')
                buf_add_char(&pattern, '\\');
            buf_add_char(&pattern, c);
        }
        buf_add_char(&pattern, '%');
        array_text(out, buf_str(&pattern));
        out->failed |= pattern.failed;
    }
    array_end(out);
}

static bool take_all(struct listing *l, struct db_stmt *s, struct error *error)
{
    struct order_page *page = l->page;
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        if (page->count < l->capacity)
            list_take_row(l->arena, s, &page->rows[page->count++]);
    return step == DB_STEP_DONE;
}

// The hashes hold company and time, so the inner query needs no other condition, and none that
// could lead the planner to another index.
#define CANDIDATES(terms)                                                                     \
    "WITH c AS MATERIALIZED (SELECT s.order_id FROM order_search s WHERE " terms              \
    " AND s.folded LIKE ALL($10::text[])) SELECT " LIST_COLUMNS "FROM c JOIN \"order\" o ON " \
    "o.org_id = $1 AND o.id = c.order_id WHERE o.id < $2" FILTERS " ORDER BY o.id DESC LIMIT $9"
static const char search_one_term[] = CANDIDATES("s.terms && $11::int[]");
static const char search_three_terms[] =
    CANDIDATES("s.terms && $11::int[] AND s.terms && $12::int[] AND s.terms && $13::int[]");
static const char search_newest[] =
    "SELECT " LIST_COLUMNS "FROM order_search s JOIN \"order\" o ON o.org_id = s.org_id AND "
    "o.id = s.order_id WHERE s.org_id = $1 AND s.order_id < $2 AND "
    "s.folded LIKE ALL($10::text[])" FILTERS " ORDER BY s.order_id DESC LIMIT $9";

bool search_query(enum db_engine engine, size_t i, struct list_query *query)
{
    static const struct list_query sqlite[] = {{search_indexed, "VIRTUAL TABLE INDEX"},
                                               {search_scan, "USING INTEGER PRIMARY KEY"}};
    static const struct list_query postgres[] = {{search_one_term, "order_search_terms"},
                                                 {search_three_terms, "order_search_terms"},
                                                 {search_newest, "order_search_pkey"}};
    if (i >= (engine == DB_SQLITE ? 2 : 3))
        return false;
    *query = engine == DB_SQLITE ? sqlite[i] : postgres[i];
    return true;
}

struct span {
    int64_t from, to; // buckets, both included
};

static bool add_hashes(struct listing *l, struct str term, struct span span, struct buf *out)
{
    array_begin(out);
    for (int64_t bucket = span.from; bucket <= span.to; bucket++)
        array_int(out, term_hash(l->org_id, bucket, term));
    array_end(out);
    return !out->failed;
}

// Reads one span of buckets. With many terms the first, middle and last choose; LIKE does the rest.
static bool search_span(struct listing *l, const struct terms *t, struct span span,
                        struct str patterns, struct error *error)
{
    AUTO_BUF first = buf_make(4096);
    AUTO_BUF middle = buf_make(4096);
    AUTO_BUF last = buf_make(4096);
    bool several = t->count > 1;
    if (!add_hashes(l, t->list[0], span, &first) ||
        !add_hashes(l, t->list[t->count / 2], span, &middle) ||
        !add_hashes(l, t->list[t->count - 1], span, &last))
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(l->conn, several ? search_three_terms : search_one_term, error);
    if (!s)
        return false;
    bind_filters(l, s);
    db_bind_int(s, 9, (int64_t)(l->capacity - l->page->count));
    db_bind_text(s, 10, patterns);
    db_bind_text(s, 11, buf_str(&first));
    if (several) {
        db_bind_text(s, 12, buf_str(&middle));
        db_bind_text(s, 13, buf_str(&last));
    }
    return take_all(l, s, error);
}

static bool read_span(struct listing *l, struct span *whole, struct error *error)
{
    struct db_stmt *s = db_prepare(
        l->conn,
        "SELECT (SELECT order_id FROM order_search WHERE org_id = $1 ORDER BY order_id LIMIT 1), "
        "(SELECT order_id FROM order_search WHERE org_id = $1 ORDER BY order_id DESC LIMIT 1)",
        error);
    if (!s)
        return false;
    *whole = (struct span){0, -1};
    db_bind_int(s, 1, l->org_id);
    enum db_step step = db_step(s, error);
    if (step != DB_STEP_ROW)
        return step == DB_STEP_DONE;
    row_id newest = db_int(s, 1);
    if (!db_is_null(s, 0))
        *whole = (struct span){term_bucket(db_int(s, 0)), term_bucket(newest)};
    if (l->below.id <= newest)
        whole->to = term_bucket(l->below.id);
    db_reset(s);
    return true;
}

// Newest bucket first, then ever wider: a common name fills its page from the newest few weeks, a
// rare one costs a handful of queries over all years.
static bool search_buckets(struct listing *l, const struct terms *t, struct str patterns,
                           struct error *error)
{
    struct span whole;
    if (!read_span(l, &whole, error))
        return false;
    int64_t width = 1;
    for (int64_t to = whole.to; to >= whole.from && l->page->count < l->capacity;) {
        struct span span = {to - width + 1 > whole.from ? to - width + 1 : whole.from, to};
        if (!search_span(l, t, span, patterns, error))
            return false;
        to = span.from - 1;
        width = 2 * width > SPAN_MAX ? SPAN_MAX : 2 * width;
    }
    return true;
}

static bool search_postgres(struct listing *l, const struct terms *t, struct error *error)
{
    AUTO_BUF patterns = buf_make(64 * 1024);
    like_patterns(l, &patterns);
    if (patterns.failed)
        return error_no_memory(error);
    if (t->count)
        return search_buckets(l, t, buf_str(&patterns), error);
    struct db_stmt *s = db_prepare(l->conn, search_newest, error);
    if (!s)
        return false;
    bind_filters(l, s);
    db_bind_int(s, 9, (int64_t)l->capacity);
    db_bind_text(s, 10, buf_str(&patterns));
    return take_all(l, s, error);
}

bool list_search(struct listing *l, struct error *error)
{
    struct terms t = {.count = 0};
    for (size_t i = 0; i < l->word_count; i++)
        terms_each(l->words[i], add_term, &t);
    return db_conn_engine(l->conn) == DB_SQLITE ? search_sqlite(l, &t, error)
                                                : search_postgres(l, &t, error);
}
