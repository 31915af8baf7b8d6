// SPDX-License-Identifier: Apache-2.0
//
// Order lists and claim lists tell different halves of a line, one list tells one status, and a
// line that moves on while it is asked for shows up twice. Here the rows of several answers become
// one record per line. Lists are asked for in the order of an order's life, so the later row of a
// line is the newer one. Ownership: everything lives in the collection's arena.
#include "mall/qoo10/internal.h"

#include <stdlib.h>

static bool grow(struct qoo10_collection *c)
{
    size_t capacity = c->capacity ? c->capacity * 2 : 256;
    struct qoo10_line *grown = ARENA_ARRAY(c->arena, struct qoo10_line, capacity);
    if (!grown)
        return false;
    if (c->count > 0)
        memcpy(grown, c->lines, c->count * sizeof *grown);
    c->lines = grown;
    c->capacity = capacity;
    return true;
}

static bool add_row(struct qoo10_collection *c, struct json row, struct error *error)
{
    struct qoo10_line line = {0};
    int claim = qoo10_claim_code(qoo10_value(row, Q_CLAIM));
    int status = qoo10_digit(qoo10_value(row, Q_STATUS));
    if (!qoo10_number(row, Q_PACK, &line.pack) || !qoo10_number(row, Q_ORDER, &line.order_no) ||
        line.pack <= 0 || line.order_no <= 0 || claim < 0) {
        c->unreadable++;
        return true;
    }
    line.claim = claim;
    line.status = status >= 1 && status <= 5 ? status : 0;
    // The claim list has no status; the answer about one number has both.
    line.has_row = json_exists(qoo10_value(row, Q_STATUS));
    line.has_claim = !line.has_row || claim > 0;
    line.looked = line.has_row && json_exists(qoo10_value(row, Q_CLAIM));
    if (line.has_row)
        line.row = row;
    if (line.has_claim)
        line.claim_row = row;
    if (c->count == c->capacity && !grow(c))
        return error_no_memory(error);
    c->lines[c->count++] = line;
    return true;
}

bool qoo10_collect(struct qoo10_collection *c, struct json object, size_t *rows,
                   struct error *error)
{
    struct json row;
    *rows = 0;
    if (!json_exists(object) || json_is_null(object))
        return true;
    if (json_type(object) == JSON_OBJECT) {
        *rows = 1;
        return add_row(c, object, error);
    }
    if (json_type(object) != JSON_ARRAY)
        return error_set(error, ERROR_MALFORMED, "qoo10.answer_unreadable",
                         "Qoo10の応答を読み取れません(%s)。", "Qoo10's answer can't be read (%s).",
                         "ResultObject");
    for (struct json_iter i = json_iterate(object); json_next(&i, &row); ++*rows)
        if (!add_row(c, row, error))
            return false;
    return true;
}

struct placed {
    const struct qoo10_line *line;
    size_t at;
};

static int compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->line->pack != y->line->pack)
        return x->line->pack < y->line->pack ? -1 : 1;
    if (x->line->order_no != y->line->order_no)
        return x->line->order_no < y->line->order_no ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

// A list's row has more fields than the answer about one number, which only stands in for it.
static void merge_line(struct qoo10_line *into, const struct qoo10_line *from)
{
    if (from->has_row && (!into->has_row || !from->looked || into->looked)) {
        into->row = from->row;
        into->status = from->status;
        into->looked = from->looked;
    }
    into->has_row |= from->has_row;
    if (from->has_claim) {
        into->claim_row = from->claim_row;
        into->claim = from->claim;
        into->has_claim = true;
    }
}

void qoo10_collect_sort(struct qoo10_collection *c)
{
    struct placed *placed = ARENA_ARRAY(c->arena, struct placed, c->count);
    struct qoo10_line *merged = ARENA_ARRAY(c->arena, struct qoo10_line, c->count);
    size_t kept = 0;
    if (!placed || !merged || c->count == 0)
        return; // the arena has failed; whoever uses the collection looks at it
    for (size_t i = 0; i < c->count; i++)
        placed[i] = (struct placed){&c->lines[i], i};
    qsort(placed, c->count, sizeof *placed, compare);
    for (size_t i = 0; i < c->count; i++) {
        const struct qoo10_line *line = placed[i].line;
        if (kept > 0 && merged[kept - 1].pack == line->pack &&
            merged[kept - 1].order_no == line->order_no)
            merge_line(&merged[kept - 1], line);
        else
            merged[kept++] = *line;
    }
    c->lines = merged;
    c->capacity = c->count;
    c->count = kept;
}

void qoo10_collect_find(const struct qoo10_collection *c, int64_t pack, size_t *begin, size_t *end)
{
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->lines[middle].pack < pack)
            low = middle + 1;
        else
            high = middle;
    }
    *begin = *end = low;
    while (*end < c->count && c->lines[*end].pack == pack)
        ++*end;
}

// --- what lines have in common ---

bool qoo10_line_gone(const struct qoo10_line *line)
{
    return qoo10_claim_is_cancelled(line->claim);
}

static int token_order(const struct qoo10_line *line)
{
    return qoo10_line_gone(line) || line->status == 0 ? 1000 + line->claim
                                                      : line->status * 100 + line->claim;
}

struct str qoo10_compact_status(struct arena *arena, const struct qoo10_line *lines, size_t count)
{
    AUTO_BUF out = buf_make(4096);
    int last = -1;
    for (;;) {
        int least = INT32_MAX;
        for (size_t i = 0; i < count; i++)
            if (token_order(&lines[i]) > last && token_order(&lines[i]) < least)
                least = token_order(&lines[i]);
        if (least == INT32_MAX)
            break;
        last = least;
        if (out.n > 0)
            buf_add_char(&out, ',');
        if (least < 1000)
            buf_addf(&out, "%d", least / 100);
        if (least == 1000)
            buf_add_char(&out, '?'); // a status that can't be read
        else if (least >= 1000 || least % 100 > 0)
            buf_addf(&out, "c%d", least >= 1000 ? least - 1000 : least % 100);
    }
    return str_dup(arena, buf_str(&out));
}

struct str qoo10_choice_of(const struct qoo10_line *lines, size_t count)
{
    int least = 0;
    for (size_t i = 0; i < count; i++) {
        if (lines[i].has_row && lines[i].status == 0 && lines[i].claim == 0)
            return STR("");
        if (!qoo10_line_gone(&lines[i]) && lines[i].status > 0 &&
            (least == 0 || lines[i].status < least))
            least = lines[i].status;
    }
    return least ? str_from(qoo10_statuses[least - 1].value) : STR("claim");
}

static uint32_t fold32(uint64_t hash)
{
    return (uint32_t)(hash ^ hash >> 32);
}

uint32_t qoo10_number_mark(struct str number)
{
    char plain[64];
    size_t n = 0;
    for (size_t i = 0; i < number.n && n < sizeof plain; i++)
        if (number.p[i] != '-' && number.p[i] != ' ')
            plain[n++] = number.p[i];
    return n == 0 ? 0 : fold32(str_hash(str_make(plain, n)));
}

// What may change while the status stays.
static uint32_t rest_mark(const struct qoo10_line *line)
{
    static const enum qoo10_field watched[] = {Q_PLANNED, Q_CARRIER, Q_RECEIVER, Q_ADDRESS, Q_ZIP,
                                               Q_DESIRED, Q_MESSAGE, Q_QUANTITY, Q_TOTAL};
    uint64_t hash = 0;
    for (size_t i = 0; line->has_row && i < sizeof watched / sizeof watched[0]; i++) {
        int64_t number = 0;
        struct json v = qoo10_value(line->row, watched[i]);
        if (json_type(v) == JSON_STRING)
            hash = hash * 31 + str_hash(str_trim(json_str(v)));
        else if (qoo10_number(line->row, watched[i], &number))
            hash = hash * 31 + (uint64_t)number;
    }
    return fold32(hash);
}

struct str qoo10_update_mark(struct arena *arena, const struct qoo10_line *lines, size_t count)
{
    AUTO_BUF out = buf_make((size_t)1024 * 1024);
    for (size_t i = 0; i < count; i++) {
        const struct qoo10_line *l = &lines[i];
        struct str number =
            l->has_row ? str_trim(json_str(qoo10_value(l->row, Q_TRACKING))) : STR("");
        bool gone = qoo10_line_gone(l);
        buf_addf(&out, "%s%lld:%dc%d:%x:%x", i ? "," : "", (long long)l->order_no,
                 gone ? 0 : l->status, l->claim, gone ? 0 : qoo10_number_mark(number),
                 gone ? 0 : rest_mark(l));
    }
    return out.failed ? STR("") : str_dup(arena, buf_str(&out));
}

bool qoo10_mark_has_number(struct str mark, int64_t order_no, struct str tracking_number)
{
    struct str entry, part, number;
    int64_t n;
    char wanted[16];
    AUTO_BUF text = buf_make(64);
    buf_addf(&text, "%x", qoo10_number_mark(tracking_number));
    if (text.failed || text.n >= sizeof wanted)
        return false;
    while (str_split(&mark, ',', &entry)) {
        if (!str_split(&entry, ':', &part) || !str_to_int64(part, &n) || n != order_no)
            continue;
        return str_split(&entry, ':', &part) && str_split(&entry, ':', &number) &&
               str_eq(number, buf_str(&text));
    }
    return false;
}

time_ms qoo10_ordered_at(const struct qoo10_line *lines, size_t count)
{
    time_ms first = TIME_NONE;
    for (size_t i = 0; i < count; i++) {
        time_ms t = qoo10_time(lines[i].has_row ? lines[i].row : lines[i].claim_row, Q_ORDERED_AT);
        if (t != TIME_NONE && (first == TIME_NONE || t < first))
            first = t;
    }
    return first;
}
