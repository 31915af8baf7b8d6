// SPDX-License-Identifier: Apache-2.0
//
// Terms of folded texts, and the FTS5 tokenizer "juchu_bigram" that gives them to SQLite.
// Stateless; any thread.
#include "order/terms.h"

#include "db/sqlite_extension.h"
#include "order/store.h"

#define DIGITS 4

static bool is_digit(struct str text, size_t at)
{
    return text.p[at] >= '0' && text.p[at] <= '9';
}

static size_t step(struct str text, size_t at)
{
    unsigned char c = (unsigned char)text.p[at];
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return at + n > text.n ? text.n - at : n;
}

void terms_each(struct str folded, term_fn emit, void *context)
{
    size_t digits = 0; // directly before `at`
    for (size_t at = 0; at < folded.n;) {
        size_t next = at + step(folded, at);
        bool digit = is_digit(folded, at);
        digits = digit ? digits + 1 : 0;
        if (digits >= DIGITS)
            emit(context, str_slice(folded, next - DIGITS, next), next - DIGITS, next);
        if (next < folded.n && folded.p[at] != ' ' && folded.p[next] != ' ' &&
            !(digit && is_digit(folded, next))) {
            size_t end = next + step(folded, next);
            emit(context, str_slice(folded, at, end), at, end);
        }
        at = next;
    }
}

void terms_each_last(struct str folded, term_fn emit, void *context)
{
    for (size_t at = 0; at < folded.n;) {
        size_t next = at + step(folded, at);
        bool last = next == folded.n || folded.p[next] == ' ';
        if (last && folded.p[at] != ' ' && !is_digit(folded, at))
            emit(context, str_slice(folded, at, next), at, next);
        at = next;
    }
}

int32_t term_hash(row_id org_id, int64_t bucket, struct str term)
{
    uint64_t h = str_hash(term);
    h ^= (uint64_t)org_id * 0x9e3779b97f4a7c15u + (uint64_t)bucket * 0xc2b2ae3d27d4eb4fu;
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
    return (int32_t)(uint32_t)(h >> 32);
}

struct tokenizing {
    void *context;
    int (*token)(void *, int, const char *, int, int, int);
    int result;
};

static void give_token(void *context, struct str term, size_t start, size_t end)
{
    struct tokenizing *t = context;
    if (t->result == SQLITE_OK)
        t->result = t->token(t->context, 0, term.p, (int)term.n, (int)start, (int)end);
}

static int create(void *context, const char **arguments, int count, Fts5Tokenizer **tokenizer)
{
    static char nothing;
    *tokenizer = (Fts5Tokenizer *)(void *)&nothing;
    return SQLITE_OK;
}

static void delete (Fts5Tokenizer *tokenizer) {}

// A query's words are terms already (search_query.c).
static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text,
                    int length, int (*token)(void *, int, const char *, int, int, int))
{
    if (flags & FTS5_TOKENIZE_QUERY)
        return token(context, 0, text, length, 0, length);
    struct tokenizing t = {context, token, SQLITE_OK};
    struct str folded = str_make(text, length > 0 ? (size_t)length : 0);
    terms_each(folded, give_token, &t);
    terms_each_last(folded, give_token, &t);
    return t.result;
}

bool order_sqlite_on_open(void *context, void *sqlite3_handle, struct error *error)
{
    fts5_api *api = sqlite_extension_fts5(sqlite3_handle, error);
    fts5_tokenizer tokenizer = {create, delete, tokenize};
    if (!api)
        return false;
    if (api->xCreateTokenizer(api, "juchu_bigram", NULL, &tokenizer, NULL) != SQLITE_OK)
        return error_no_memory(error);
    return true;
}
