// SPDX-License-Identifier: Apache-2.0
//
// Joining rows to orders in two passes (see join.h). Rows that wait are kept as CSV text: that is
// the most compact form, and it is the raw document anyway. Invariants: every row of the file ends
// in exactly one order that is handed on, or in a refusal. An order is handed on by the row after
// its last one, so that a broken row right behind it can still taint it. One thread; all memory is
// freed before join_read() returns.
#include "mall/file/join.h"
#include "base/memory.h"
#include "mall/op.h"
#include "text/csv.h"
#include "text/fold.h"

#include <stdlib.h>

#define BATCH_ORDERS_MAX 200
#define BATCH_RAW_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define BATCH_ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define ORDER_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define PROGRESS_ROWS 1000
#define FIRST_KEYS 1024
#define ORDER_NO_BYTES_MAX 100

// A number of the file: where its last row is, and what of it has been gathered.
struct waiting {
    struct buf text;  // rows as CSV
    struct buf lines; // size_t per row
    size_t row_count;
    char order_no[ORDER_NO_BYTES_MAX + 1];
    bool tainted; // a broken row next to one of its rows may have been its own
    size_t tainted_line;
};
struct key {
    uint64_t hash; // 0 = free
    size_t last_row;
    struct waiting *waiting;
};

struct join {
    const struct mall_account *account;
    const struct join_format *format;
    const struct order_file_sink *sink;
    struct str utf8;
    struct arena *arena; // header
    struct str *header;
    size_t column_count;
    int *columns;
    struct key *keys;
    size_t key_count, key_capacity; // capacity is a power of two
    size_t waiting_bytes;
    char separator;
    struct mall_batch *batch;
    size_t batch_raw;
    struct key *previous; // of the last sound row
    bool previous_whole;  // it was the last row of its order
    size_t broken_line;   // a broken row came after it; 0 = none
};

// --- header ---

// Width, case, blanks and punctuation of a header differ between exports.
static struct str plain_name(struct arena *arena, struct str name)
{
    struct str folded = fold_search_dup(arena, name);
    char *out = arena_alloc(arena, folded.n + 1);
    size_t used = 0;
    if (!out)
        return STR("");
    while (folded.n) {
        uint32_t c;
        size_t n = str_utf8_decode(folded, &c);
        bool dropped = c == ' ' || c == 0x30fb || c == '-' || c == '_' || c == '(' || c == ')' ||
                       c == ':' || c == '/' || c == 0x3000;
        if (!dropped) {
            memcpy(out + used, folded.p, n);
            used += n;
        }
        folded = str_slice(folded, n, folded.n);
    }
    return str_make(out, used);
}

static int find_column(struct arena *arena, const struct str *plain_header, size_t count,
                       const char *name)
{
    struct str wanted = plain_name(arena, str_from(name));
    for (size_t i = 0; i < count; i++)
        if (str_eq(plain_header[i], wanted))
            return (int)i;
    return -1;
}

bool join_header_has(const struct str *header, size_t count, const char *const *names,
                     size_t name_count)
{
    AUTO_ARENA arena = arena_new((size_t)8 * 1024 * 1024);
    struct str *plain = arena ? ARENA_ARRAY(arena, struct str, count) : NULL;
    for (size_t i = 0; plain && i < count; i++)
        plain[i] = plain_name(arena, header[i]);
    for (size_t i = 0; plain && i < name_count; i++)
        if (find_column(arena, plain, count, names[i]) < 0)
            return false;
    return plain && !arena_failed(arena);
}

static char separator_of(struct str utf8)
{
    ptrdiff_t end = str_find_char(utf8, '\n');
    struct str line = str_slice(utf8, 0, end < 0 ? utf8.n : (size_t)end);
    return str_find_char(line, '\t') >= 0 && str_find_char(line, ',') < 0 ? '\t' : ',';
}

static bool read_header(struct join *j, struct csv_reader *csv, struct error *error)
{
    if (csv_read(csv, error) != 1)
        return error_is_set(error)
                   ? false
                   : error_set(error, ERROR_BAD_INPUT, "file.empty", "ファイルに行がありません。",
                               "The file has no rows.");
    j->column_count = csv->count;
    j->header = ARENA_ARRAY(j->arena, struct str, csv->count);
    struct str *plain = ARENA_ARRAY(j->arena, struct str, csv->count);
    j->columns = ARENA_ARRAY(j->arena, int, j->format->name_count);
    if (!j->header || !plain || !j->columns)
        return error_no_memory(error);
    for (size_t i = 0; i < csv->count; i++) {
        j->header[i] = str_dup(j->arena, str_trim(csv->cells[i]));
        plain[i] = plain_name(j->arena, j->header[i]);
    }
    for (size_t i = 0; i < j->format->name_count; i++)
        j->columns[i] = find_column(j->arena, plain, csv->count, j->format->names[i]);
    if (arena_failed(j->arena))
        return error_no_memory(error);
    if (j->columns[j->format->key] < 0)
        return error_set(error, ERROR_BAD_INPUT, "file.key_column",
                         "見出し行に「%s」の列がありません。", "The header has no column %s.",
                         j->format->names[j->format->key]);
    return true;
}

// --- the numbers ---

static uint64_t hash_of(struct str order_no)
{
    uint64_t hash = str_hash(order_no);
    return hash ? hash : 1;
}

static struct key *slot_of(struct key *keys, size_t capacity, uint64_t hash)
{
    size_t at = (size_t)(hash ^ hash >> 32) & (capacity - 1);
    while (keys[at].hash != 0 && keys[at].hash != hash)
        at = (at + 1) & (capacity - 1);
    return &keys[at];
}

static bool grow_keys(struct join *j)
{
    size_t capacity = j->key_capacity ? j->key_capacity * 2 : FIRST_KEYS;
    struct key *keys = memory_zalloc(capacity, sizeof *keys);
    if (!keys)
        return false;
    for (size_t i = 0; i < j->key_capacity; i++)
        if (j->keys[i].hash)
            *slot_of(keys, capacity, j->keys[i].hash) = j->keys[i];
    memory_free(j->keys);
    j->keys = keys;
    j->key_capacity = capacity;
    return true;
}

static struct str key_cell(const struct join *j, const struct csv_reader *csv)
{
    size_t column = (size_t)j->columns[j->format->key];
    return column < csv->count ? str_trim(csv->cells[column]) : STR("");
}

static bool row_is_sound(const struct join *j, const struct csv_reader *csv)
{
    struct str order_no = key_cell(j, csv);
    return csv->count == j->column_count && order_no.n > 0 && order_no.n <= ORDER_NO_BYTES_MAX;
}

// First pass: the last row of each number.
static bool learn_last_rows(struct join *j, struct error *error)
{
    struct csv_reader csv;
    size_t row = 0;
    int got;
    bool ok = true;
    csv_open(&csv, j->utf8, j->separator);
    ok = read_header(j, &csv, error);
    while (ok && (got = csv_read(&csv, error)) != 0) {
        if (got < 0 && error->class == ERROR_NO_MEMORY)
            ok = false;
        row++;
        if (got < 0 || !row_is_sound(j, &csv))
            continue;
        if ((j->key_count + 1) * 2 > j->key_capacity && !grow_keys(j)) {
            ok = error_no_memory(error);
            break;
        }
        struct key *k = slot_of(j->keys, j->key_capacity, hash_of(key_cell(j, &csv)));
        j->key_count += k->hash == 0;
        k->hash = hash_of(key_cell(j, &csv));
        k->last_row = row;
    }
    csv_close(&csv);
    if (ok)
        error_clear(error);
    return ok;
}

// --- gathering ---

static void drop_waiting(struct join *j, struct key *k)
{
    struct waiting *w = k->waiting;
    if (!w)
        return;
    j->waiting_bytes -= w->text.n;
    buf_free(&w->text);
    buf_free(&w->lines);
    memory_free(w);
    k->waiting = NULL;
}

static bool start_waiting(struct key *k, struct str order_no)
{
    k->waiting = memory_zalloc(1, sizeof *k->waiting);
    if (!k->waiting)
        return false;
    memcpy(k->waiting->order_no, order_no.p, order_no.n);
    k->waiting->text = buf_make(ORDER_BYTES_MAX);
    k->waiting->lines = buf_make(JOIN_ROWS_PER_ORDER_MAX * sizeof(size_t));
    return true;
}

static bool gather_row(struct join *j, struct key *k, const struct csv_reader *csv)
{
    if (!k->waiting && !start_waiting(k, key_cell(j, csv)))
        return false;
    struct waiting *w = k->waiting;
    size_t before = w->text.n;
    for (size_t i = 0; i < csv->count; i++) {
        if (i > 0)
            buf_add_char(&w->text, ',');
        csv_write_cell(&w->text, csv->cells[i], ',', false);
    }
    buf_add(&w->text, STR("\r\n"));
    buf_add(&w->lines, str_make((const char *)&csv->line, sizeof csv->line));
    w->row_count++;
    j->waiting_bytes += w->text.n - before;
    return true;
}

static void refuse(struct join *j, size_t line, struct str column, struct str order_no,
                   const struct error *error)
{
    struct order_file_refusal refusal = {
        .line = line, .column = column, .order_no = order_no, .error = *error};
    if (j->sink->refused)
        j->sink->refused(j->sink->context, &refusal);
}

static void taint(struct key *k, size_t line)
{
    if (!k || !k->waiting || k->waiting->tainted)
        return;
    k->waiting->tainted = true;
    k->waiting->tainted_line = line;
}

// --- handing on ---

struct str joined_cell(const struct joined_order *j, size_t row, int name)
{
    return j->columns[name] < 0 ? STR("") : j->rows[row][j->columns[name]];
}

static bool flush_batch(struct join *j, struct error *error)
{
    struct mall_batch *batch = j->batch;
    j->batch = NULL;
    j->batch_raw = 0;
    return !batch || j->sink->batch(j->sink->context, batch, error);
}

static bool have_batch(struct join *j)
{
    if (j->batch)
        return true;
    j->batch = mall_batch_new(BATCH_ARENA_BYTES_MAX);
    if (j->batch)
        j->batch->orders = ARENA_ARRAY(j->batch->arena, struct mall_order, BATCH_ORDERS_MAX);
    return j->batch && j->batch->orders;
}

static struct str raw_text(struct join *j, const struct waiting *w)
{
    AUTO_BUF head = buf_make(CSV_ROW_BYTES_MAX);
    for (size_t i = 0; i < j->column_count; i++) {
        if (i > 0)
            buf_add_char(&head, ',');
        csv_write_cell(&head, j->header[i], ',', false);
    }
    return arena_printf(j->batch->arena, "%.*s\r\n%.*s", STR_ARG(buf_str(&head)),
                        STR_ARG(buf_str(&w->text)));
}

// Cells of the gathered rows, in the batch's arena.
static bool split_rows(struct join *j, const struct waiting *w, struct joined_order *out,
                       struct error *error)
{
    struct arena *arena = j->batch->arena;
    const struct str **rows = ARENA_ARRAY(arena, const struct str *, w->row_count);
    struct csv_reader csv;
    size_t at = 0;
    if (!rows)
        return error_no_memory(error);
    csv_open(&csv, buf_str(&w->text), ',');
    while (at < w->row_count && csv_read(&csv, error) == 1) {
        struct str *cells = ARENA_ARRAY(arena, struct str, j->column_count);
        for (size_t i = 0; cells && i < j->column_count && i < csv.count; i++)
            cells[i] = str_dup(arena, str_trim(csv.cells[i]));
        if (!cells)
            break;
        rows[at++] = cells;
    }
    csv_close(&csv);
    if (at != w->row_count || arena_failed(arena))
        return error_no_memory(error);
    out->rows = rows;
    return true;
}

static bool build_order(struct join *j, struct waiting *w, struct str order_no, struct error *error)
{
    size_t first_line;
    memcpy(&first_line, w->lines.p, sizeof first_line);
    struct order_file_refusal refusal = {
        .line = first_line, .order_no = order_no, .column = STR("")};
    struct joined_order joined = {.account = j->account,
                                  .order_no = order_no,
                                  .row_count = w->row_count,
                                  .header = j->header,
                                  .column_count = j->column_count,
                                  .columns = j->columns};
    if (!have_batch(j))
        return error_no_memory(error);
    joined.arena = j->batch->arena;
    joined.order_no = str_dup(joined.arena, order_no);
    joined.raw = raw_text(j, w);
    struct str lines = str_dup(joined.arena, buf_str(&w->lines));
    size_t *copies = ARENA_ARRAY(joined.arena, size_t, w->row_count);
    if (!copies || !split_rows(j, w, &joined, error))
        return error_no_memory(error);
    memcpy(copies, lines.p, w->row_count * sizeof *copies);
    joined.lines = copies;
    struct mall_order *slot = &j->batch->orders[j->batch->order_count];
    if (!j->format->build(&joined, &slot->order, &refusal)) {
        if (refusal.error.class == ERROR_NO_MEMORY) {
            *error = refusal.error;
            return false;
        }
        refuse(j, refusal.line, refusal.column, order_no, &refusal.error);
        return true;
    }
    slot->raw = joined.raw;
    slot->raw_type = STR("text/csv");
    j->batch->order_count++;
    j->batch_raw += joined.raw.n;
    return true;
}

static void refuse_tainted(struct join *j, const struct waiting *w, struct str order_no)
{
    struct error error;
    error_set(&error, ERROR_MALFORMED, "file.neighbour_broken",
              "隣の行(%zu行目)が読み取れず、この注文の明細が欠けている可能性があります。",
              "The row beside it (line %zu) can't be read; lines of this order may be missing.",
              w->tainted_line);
    error_hint(&error, "その行を直して、もう一度取り込んでください。",
               "Mend that row and import again.");
    refuse(j, w->tainted_line, STR(""), order_no, &error);
}

static bool finish_order(struct join *j, struct key *k, struct error *error)
{
    struct waiting *w = k->waiting;
    struct str order_no = str_from(w->order_no);
    bool ok = true;
    if (w->text.failed || w->lines.failed) {
        struct error big;
        error_set(&big, ERROR_BAD_INPUT, "file.order_too_large", "1つの注文の行が多すぎます。",
                  "An order has too many rows.");
        refuse(j, 0, STR(""), order_no, &big);
    } else if (w->tainted) {
        refuse_tainted(j, w, order_no);
    } else {
        ok = build_order(j, w, order_no, error);
    }
    drop_waiting(j, k);
    if (ok && j->batch &&
        (j->batch->order_count == BATCH_ORDERS_MAX || j->batch_raw > BATCH_RAW_BYTES_MAX))
        ok = flush_batch(j, error);
    return ok;
}

static bool scattered(struct error *error)
{
    error_set(error, ERROR_BAD_INPUT, "file.rows_scattered",
              "同じ注文の行が離れて並んでいるため、読み込めません。",
              "Rows of the same orders lie too far apart.");
    return error_hint(error, "ファイルを注文番号の順に並べ替えてから取り込んでください。",
                      "Sort the file by order number and import again.");
}

// What is to be done with the order of the last sound row, now that the row behind it is known.
static bool settle_previous(struct join *j, struct error *error)
{
    struct key *k = j->previous;
    bool whole = j->previous_whole;
    j->previous_whole = false;
    return !whole || finish_order(j, k, error);
}

static bool take_row(struct join *j, const struct csv_reader *csv, size_t row, struct error *error)
{
    struct str order_no = key_cell(j, csv);
    if (!settle_previous(j, error))
        return false;
    struct key *k = slot_of(j->keys, j->key_capacity, hash_of(order_no));
    // Two numbers with one hash would be mixed; they don't occur unless somebody makes them.
    if (k->waiting && !str_eq(str_from(k->waiting->order_no), order_no))
        return scattered(error);
    if (!gather_row(j, k, csv))
        return error_no_memory(error);
    if (j->broken_line)
        taint(k, j->broken_line);
    j->broken_line = 0;
    j->previous = k;
    j->previous_whole = k->last_row == row;
    return j->waiting_bytes <= JOIN_WAITING_BYTES_MAX || scattered(error);
}

static bool take_broken_row(struct join *j, const struct csv_reader *csv, const struct error *why,
                            struct error *error)
{
    struct error reason;
    if (why) {
        reason = *why;
    } else if (csv->count != j->column_count) {
        error_set(&reason, ERROR_MALFORMED, "file.column_count",
                  "列の数が見出し行と違います(%zu列、見出しは%zu列)。",
                  "The row has %zu columns, the header %zu.", csv->count, j->column_count);
    } else {
        error_set(&reason, ERROR_MALFORMED, "file.order_number", "注文番号がないか、長すぎます。",
                  "The order number is missing or too long.");
    }
    refuse(j, csv->line, STR(""), STR(""), &reason);
    taint(j->previous, csv->line);
    j->broken_line = csv->line;
    return settle_previous(j, error);
}

static void tell_progress(struct join *j, const struct csv_reader *csv)
{
    if (j->sink->progress)
        j->sink->progress(j->sink->context, j->utf8.n - csv->rest.n, j->utf8.n);
}

// Second pass.
static bool gather(struct join *j, struct error *error)
{
    struct csv_reader csv;
    struct error why = {0};
    size_t row = 0;
    int got;
    bool ok = true;
    csv_open(&csv, j->utf8, j->separator);
    csv_read(&csv, &why); // the header, read before
    while (ok && (got = csv_read(&csv, &why)) != 0) {
        row++;
        if (got < 0 && why.class == ERROR_NO_MEMORY)
            ok = error_no_memory(error);
        else if (got < 0 || !row_is_sound(j, &csv))
            ok = take_broken_row(j, &csv, got < 0 ? &why : NULL, error);
        else
            ok = take_row(j, &csv, row, error);
        if (row % PROGRESS_ROWS == 0)
            tell_progress(j, &csv);
    }
    ok = ok && settle_previous(j, error) && flush_batch(j, error);
    if (ok)
        tell_progress(j, &csv);
    csv_close(&csv);
    return ok;
}

bool join_read(const struct join_format *format, struct str utf8,
               const struct order_file_sink *sink, struct error *error)
{
    return join_read_for(NULL, format, utf8, sink, error);
}

bool join_read_for(const struct mall_account *account, const struct join_format *format,
                   struct str utf8, const struct order_file_sink *sink, struct error *error)
{
    struct join j = {.account = account,
                     .format = format,
                     .sink = sink,
                     .utf8 = utf8,
                     .arena = arena_new((size_t)32 * 1024 * 1024),
                     .separator = separator_of(utf8)};
    error_clear(error);
    bool ok = j.arena ? learn_last_rows(&j, error) && gather(&j, error) : error_no_memory(error);
    for (size_t i = 0; i < j.key_capacity; i++)
        drop_waiting(&j, &j.keys[i]);
    memory_free(j.keys);
    mall_batch_free(j.batch);
    arena_free(j.arena);
    return ok;
}
