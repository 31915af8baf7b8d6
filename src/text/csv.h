// SPDX-License-Identifier: Apache-2.0
//
// CSV and TSV as malls and carriers write them: quotes doubled, line breaks inside quotes, CRLF or
// LF, text already UTF-8. Streaming: one row at a time, no row is copied unless it had quotes.
#ifndef JUCHU_TEXT_CSV_H
#define JUCHU_TEXT_CSV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#define CSV_COLUMNS_MAX 1024
#define CSV_ROW_BYTES_MAX (1024 * 1024)

struct csv_reader {
    struct str rest;
    char separator;
    bool quotes; // a leading " quotes the cell; csv_open sets it for ',' and clears it for '\t'
    size_t line; // of the row last read, 1-based, counting physical lines
    size_t next_line;
    struct buf scratch;
    struct str *cells;
    size_t count, capacity;
};

// `separator` is ',' or '\t'. The text is borrowed and must be UTF-8; a BOM and a final 0x1A are
// skipped. In TSV a quote is data (Amazon's reports; formats.md §2.1): a caller that reads Excel's
// "Unicode text" sets r->quotes after opening.
void csv_open(struct csv_reader *r, struct str utf8, char separator);
void csv_close(struct csv_reader *r);
// The next row that isn't blank: 1 = row (r->cells, r->count, valid until the next call), 0 = end,
// -1 = error: ERROR_MALFORMED with line and column as subject ("csv.quote_not_closed",
// "csv.text_after_quote", "csv.too_many_columns", "csv.row_too_long"), or ERROR_NO_MEMORY. After an
// error the reader stands behind the physical line that the row began on, so that a stray quote
// doesn't swallow the rows below it; the caller reports the error and may go on.
// A quote inside a cell that doesn't start with one is data (5"4).
int csv_read(struct csv_reader *r, struct error *error);

// One cell, quoted when needed (separator, quote, line break, outer blanks) or always.
void csv_write_cell(struct buf *out, struct str cell, char separator, bool always_quote);

#endif
