// SPDX-License-Identifier: Apache-2.0
//
// Searching: candidates come from the search index (order/index_read.h), newest first; each is
// checked against its folded text, because terms say that the pieces of a word occur, not that the
// word does. Words too short to have terms (one letter or kana, three digits) are common, so their
// first page is found by reading the newest texts.
#include "order/list.h"

#include "base/memory.h"
#include "order/index_read.h"
#include "order/search.h"
#include "order/terms.h"
#include "text/fold.h"

#define TERMS_MAX 24  // of all words
#define BATCH_MAX 256 // candidates read in one statement
#define ARENA_BYTES_MAX (256u << 20)

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

// The order of the joins is fixed: candidates as they are given, text, order.
static const char batch_sqlite[] =
    "SELECT " LIST_COLUMNS ", s.folded FROM json_each($2) c CROSS JOIN order_search s ON "
    "s.order_id = c.value CROSS JOIN \"order\" o ON o.id = c.value WHERE 1" FILTERS;
// LATERAL … LIMIT leaves the planner nothing but the primary keys.
static const char batch_postgres[] =
    "SELECT " LIST_COLUMNS
    ", s.folded FROM unnest($2::bigint[]) AS c (id) CROSS JOIN LATERAL (SELECT * FROM \"order\" "
    "WHERE org_id = $1 AND id = c.id LIMIT 1) AS o CROSS JOIN LATERAL (SELECT folded FROM "
    "order_search WHERE org_id = $1 AND order_id = c.id LIMIT 1) AS s WHERE true" FILTERS;
static const char scan_sqlite[] =
    "SELECT " LIST_COLUMNS
    ", s.folded FROM order_search s CROSS JOIN \"order\" o ON o.id = s.order_id "
    "WHERE s.order_id < $2 AND instr(s.folded, $9) > 0" FILTERS " ORDER BY s.order_id DESC";
static const char scan_postgres[] =
    "SELECT " LIST_COLUMNS ", s.folded FROM order_search s JOIN \"order\" o ON o.org_id = s.org_id "
    "AND o.id = s.order_id WHERE s.org_id = $1 AND s.order_id < $2 AND strpos(s.folded, $9) > "
    "0" FILTERS " ORDER BY s.order_id DESC LIMIT $10";
static const char fresh_sqlite[] =
    "SELECT f.order_id, s.folded FROM search_fresh f CROSS JOIN order_search s ON s.order_id = "
    "f.order_id WHERE f.org_id = $1 AND f.order_id < $2 ORDER BY f.order_id DESC";
static const char fresh_postgres[] =
    "SELECT f.order_id, s.folded FROM search_fresh f CROSS JOIN LATERAL (SELECT folded FROM "
    "order_search WHERE org_id = $1 AND order_id = f.order_id LIMIT 1) AS s WHERE f.org_id = $1 "
    "AND f.order_id < $2 ORDER BY f.order_id DESC LIMIT 100000";

bool search_query(enum db_engine engine, size_t i, struct list_query *query)
{
    static const struct list_query sqlite[] = {{batch_sqlite, "VIRTUAL TABLE INDEX"},
                                               {scan_sqlite, "USING INTEGER PRIMARY KEY"},
                                               {fresh_sqlite, "USING PRIMARY KEY"}};
    static const struct list_query postgres[] = {{batch_postgres, "order_pkey"},
                                                 {scan_postgres, "order_search_pkey"},
                                                 {fresh_postgres, "order_search_pkey"}};
    if (i >= 3)
        return false;
    *query = engine == DB_SQLITE ? sqlite[i] : postgres[i];
    return true;
}

// Rows that hold all words, each into its place by id.
static bool take_checked(struct listing *l, struct db_stmt *s, struct error *error)
{
    struct order_page *page = l->page;
    enum db_step step = DB_STEP_DONE;
    while (page->count < l->capacity && (step = db_step(s, error)) == DB_STEP_ROW) {
        struct order_row row;
        size_t at = page->count;
        if (!has_words(l, db_text(s, LIST_COLUMN_COUNT)))
            continue;
        list_take_row(l->arena, s, &row);
        for (; at > 0 && page->rows[at - 1].id < row.id; at--)
            page->rows[at] = page->rows[at - 1];
        page->rows[at] = row;
        page->count++;
    }
    if (step == DB_STEP_ROW)
        db_reset(s);
    return step != DB_STEP_ERROR;
}

static bool take_batch(struct listing *l, const row_id *ids, size_t count, struct error *error)
{
    bool postgres = db_conn_engine(l->conn) == DB_POSTGRES;
    AUTO_BUF list = buf_make(32 * (BATCH_MAX + 1));
    for (size_t i = 0; i < count; i++) {
        buf_add_char(&list, i ? ',' : postgres ? '{' : '[');
        buf_add_int(&list, ids[i]);
    }
    buf_add_char(&list, postgres ? '}' : ']');
    if (list.failed)
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(l->conn, postgres ? batch_postgres : batch_sqlite, error);
    if (!s)
        return false;
    bind_filters(l, s);
    db_bind_text(s, 2, buf_str(&list));
    return take_checked(l, s, error);
}

static bool read_fresh(struct listing *l, struct index_candidates *c, struct error *error)
{
    bool postgres = db_conn_engine(l->conn) == DB_POSTGRES;
    struct db_stmt *s = db_prepare(l->conn, postgres ? fresh_postgres : fresh_sqlite, error);
    size_t n = 0, capacity = 0;
    row_id *ids = NULL;
    if (!s)
        return false;
    db_bind_int(s, 1, l->org_id);
    db_bind_int(s, 2, l->below.id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        if (!has_words(l, db_text(s, 1)))
            continue;
        if (n == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            row_id *more = ARENA_ARRAY(c->arena, row_id, capacity);
            if (!more) {
                db_reset(s);
                return error_no_memory(error);
            }
            if (n)
                memcpy(more, ids, n * sizeof *more);
            ids = more;
        }
        ids[n++] = db_int(s, 0);
    }
    c->fresh = ids;
    c->fresh_count = n;
    return step == DB_STEP_DONE;
}

// A few more than the page needs, since some fail their check.
static size_t batch_size(const struct listing *l)
{
    size_t wanted = l->capacity - l->page->count;
    wanted += wanted / 8 + 4;
    return wanted < BATCH_MAX ? wanted : BATCH_MAX;
}

static bool take_candidates(struct listing *l, struct index_candidates *c, struct error *error)
{
    row_id ids[BATCH_MAX];
    for (size_t n = 1; n > 0 && !c->vanished && l->page->count < l->capacity;) {
        size_t most = batch_size(l);
        for (n = 0; n < most; n++) {
            if (!index_candidates_next(c, &ids[n], error))
                return false;
            if (ids[n] == 0)
                break;
        }
        if (n > 0 && !take_batch(l, ids, n, error))
            return false;
    }
    return true;
}

static void choose_hashes(const struct terms *t, struct index_candidates *c)
{
    c->hash_count = t->count < INDEX_HASHES_MAX ? t->count : INDEX_HASHES_MAX;
    for (size_t i = 0; i < c->hash_count; i++) {
        size_t at = c->hash_count > 1 ? i * (t->count - 1) / (c->hash_count - 1) : 0;
        c->hashes[i] = term_hash(t->list[at]);
    }
}

static bool search_indexed(struct listing *l, const struct terms *t, struct error *error)
{
    AUTO_ARENA arena = arena_new(ARENA_BYTES_MAX);
    if (!arena)
        return error_no_memory(error);
    for (int i = 0; i < INDEX_ATTEMPTS; i++) {
        struct index_candidates c = {
            .conn = l->conn, .org_id = l->org_id, .below = l->below.id, .arena = arena};
        arena_reset(arena);
        l->page->count = 0;
        choose_hashes(t, &c);
        // What is fresh first: it may become a segment in between, and is then found twice.
        if (!read_fresh(l, &c, error) || !index_candidates_open(&c, error) ||
            !take_candidates(l, &c, error))
            return false;
        if (!c.vanished)
            return true;
    }
    return index_damaged(error);
}

static bool search_scan(struct listing *l, struct error *error)
{
    bool postgres = db_conn_engine(l->conn) == DB_POSTGRES;
    struct db_stmt *s = db_prepare(l->conn, postgres ? scan_postgres : scan_sqlite, error);
    if (!s)
        return false;
    bind_filters(l, s);
    db_bind_text(s, 9, l->words[0]);
    if (postgres)
        db_bind_int(s, 10, (int64_t)l->capacity);
    return take_checked(l, s, error);
}

bool list_search(struct listing *l, struct error *error)
{
    struct terms t = {.count = 0};
    for (size_t i = 0; i < l->word_count; i++) {
        terms_each(l->words[i], add_term, &t);
        if (str_utf8_length(l->words[i]) == 1)
            terms_each_single(l->words[i], add_term, &t);
    }
    return t.count ? search_indexed(l, &t, error) : search_scan(l, error);
}
