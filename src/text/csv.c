// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing CSV and TSV.
//
// Invariants: cells borrow from the text, or from `scratch` where a doubled quote had to be made
// one; scratch is given its whole room before the first such cell of a row, so it doesn't move
// under earlier cells. Every byte of the text belongs to a row that was returned, to a blank line,
// or to a line that an error was returned for: nothing is skipped silently. Ownership: the reader
// owns scratch and cells. One thread at a time.
#include "text/csv.h"

#include "base/memory.h"

void csv_open(struct csv_reader *r, struct str utf8, char separator)
{
    if (str_starts(utf8, STR("\xef\xbb\xbf")))
        utf8 = str_slice(utf8, 3, utf8.n);
    if (str_ends(utf8, STR("\x1a")))
        utf8.n--;
    *r = (struct csv_reader){
        .rest = utf8,
        .separator = separator,
        .quotes = separator != '\t',
        .next_line = 1,
        .scratch = buf_make(CSV_ROW_BYTES_MAX),
    };
}

void csv_close(struct csv_reader *r)
{
    buf_free(&r->scratch);
    memory_free(r->cells);
    *r = (struct csv_reader){0};
}

// Reading position inside one row.
struct row {
    struct csv_reader *reader;
    size_t at;      // offset in reader->rest
    size_t lines;   // line breaks passed inside quotes
    bool plain_row; // no cell was quoted
    struct error *error;
};

static bool refuse(struct row *row, const char *code, const char *ja, const char *en)
{
    struct csv_reader *r = row->reader;
    error_set(row->error, ERROR_MALFORMED, code, "%s（%zu行目、%zu列目）%.0s",
              "%4$s (line %2$zu, column %3$zu)%1$.0s", ja, r->line, r->count + 1, en);
    return error_subject(row->error, "line %zu, column %zu", r->line, r->count + 1);
}

static bool add_cell(struct row *row, struct str cell)
{
    struct csv_reader *r = row->reader;
    if (r->count == CSV_COLUMNS_MAX)
        return refuse(row, "csv.too_many_columns", "列が多すぎます", "Too many columns");
    if (r->count == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 64;
        struct str *cells = memory_resize(r->cells, capacity * sizeof *cells);
        if (!cells)
            return error_no_memory(row->error);
        r->cells = cells;
        r->capacity = capacity;
    }
    r->cells[r->count++] = cell;
    return true;
}

// Length of a line break at `at`: 0, 1 or 2 (CRLF).
static size_t line_break(struct str text, size_t at)
{
    if (at >= text.n)
        return 0;
    if (text.p[at] == '\n')
        return 1;
    if (text.p[at] != '\r')
        return 0;
    return at + 1 < text.n && text.p[at + 1] == '\n' ? 2 : 1;
}

static struct str take_plain_cell(struct row *row)
{
    struct str text = row->reader->rest;
    char separator = row->reader->separator;
    size_t from = row->at, at = from;
    while (at < text.n && text.p[at] != separator && text.p[at] != '\n' && text.p[at] != '\r')
        at++;
    row->at = at;
    return str_slice(text, from, at);
}

static size_t count_lines(struct str text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n' || (text.p[i] == '\r' && line_break(text, i) == 1);
    return lines;
}

// From behind the opening quote to behind the closing one. *doubled tells whether "" occurred.
static bool take_quoted(struct row *row, struct str *raw, bool *doubled)
{
    struct str text = row->reader->rest;
    size_t from = ++row->at;
    *doubled = false;
    for (;;) {
        ptrdiff_t quote = str_find_char(str_slice(text, row->at, text.n), '"');
        if (quote < 0)
            return refuse(row, "csv.quote_not_closed", "引用符（\"）が閉じていません",
                          "A quote is never closed");
        row->at += (size_t)quote + 1;
        if (row->at > CSV_ROW_BYTES_MAX)
            return refuse(row, "csv.row_too_long", "行が長すぎます", "The row is too long");
        if (row->at >= text.n || text.p[row->at] != '"')
            break;
        *doubled = true;
        row->at++;
    }
    *raw = str_slice(text, from, row->at - 1);
    row->lines += count_lines(*raw);
    return true;
}

static bool unescape(struct row *row, struct str raw, struct str *cell)
{
    struct buf *scratch = &row->reader->scratch;
    if (scratch->n == 0) {
        size_t room = row->reader->rest.n;
        if (!buf_reserve(scratch, room < CSV_ROW_BYTES_MAX ? room : CSV_ROW_BYTES_MAX))
            return error_no_memory(row->error);
    }
    size_t start = scratch->n;
    for (ptrdiff_t quote; (quote = str_find_char(raw, '"')) >= 0;) {
        buf_add(scratch, str_slice(raw, 0, (size_t)quote + 1));
        raw = str_slice(raw, (size_t)quote + 2, raw.n);
    }
    buf_add(scratch, raw);
    *cell = str_make(scratch->p + start, scratch->n - start);
    return true;
}

static bool take_cell(struct row *row)
{
    struct csv_reader *r = row->reader;
    struct str cell;
    if (!r->quotes || row->at >= r->rest.n || r->rest.p[row->at] != '"')
        return add_cell(row, take_plain_cell(row));
    struct str raw;
    bool doubled;
    row->plain_row = false;
    if (!take_quoted(row, &raw, &doubled))
        return false;
    cell = raw;
    if (doubled && !unescape(row, raw, &cell))
        return false;
    if (row->at < r->rest.n && r->rest.p[row->at] != r->separator && !line_break(r->rest, row->at))
        return refuse(row, "csv.text_after_quote", "閉じた引用符（\"）の後に文字があります",
                      "Text behind a closing quote");
    return add_cell(row, cell);
}

static bool take_row(struct row *row)
{
    struct csv_reader *r = row->reader;
    for (;;) {
        if (!take_cell(row))
            return false;
        if (row->at > CSV_ROW_BYTES_MAX)
            return refuse(row, "csv.row_too_long", "行が長すぎます", "The row is too long");
        if (row->at >= r->rest.n || r->rest.p[row->at] != r->separator)
            return true;
        row->at++;
    }
}

// Behind the physical line that the row began on.
static void skip_line(struct csv_reader *r)
{
    size_t at = 0;
    while (at < r->rest.n && !line_break(r->rest, at))
        at++;
    r->rest = str_slice(r->rest, at + line_break(r->rest, at), r->rest.n);
    r->next_line = r->line + 1;
}

int csv_read(struct csv_reader *r, struct error *error)
{
    while (r->rest.n) {
        struct row row = {.reader = r, .plain_row = true, .error = error};
        r->line = r->next_line;
        r->count = 0;
        buf_reset(&r->scratch);
        if (!take_row(&row)) {
            skip_line(r);
            return -1;
        }
        r->next_line = r->line + row.lines + 1;
        r->rest = str_slice(r->rest, row.at + line_break(r->rest, row.at), r->rest.n);
        if (row.plain_row && r->count == 1 && str_trim(r->cells[0]).n == 0)
            continue;
        return 1;
    }
    return 0;
}

static bool needs_quotes(struct str cell, char separator)
{
    if (cell.n == 0)
        return false;
    for (size_t i = 0; i < cell.n; i++)
        if (cell.p[i] == separator || cell.p[i] == '"' || cell.p[i] == '\n' || cell.p[i] == '\r')
            return true;
    return str_trim(cell).n != cell.n;
}

void csv_write_cell(struct buf *out, struct str cell, char separator, bool always_quote)
{
    if (!always_quote && !needs_quotes(cell, separator)) {
        buf_add(out, cell);
        return;
    }
    buf_add_char(out, '"');
    for (ptrdiff_t quote; (quote = str_find_char(cell, '"')) >= 0;) {
        buf_add(out, str_slice(cell, 0, (size_t)quote + 1));
        buf_add_char(out, '"');
        cell = str_slice(cell, (size_t)quote + 1, cell.n);
    }
    buf_add(out, cell);
    buf_add_char(out, '"');
}
