// SPDX-License-Identifier: Apache-2.0
//
// Order files with one row per order line: rows with the same order number become one order,
// wherever they stand in the file. For the formats in this folder only.
//
// The file is read twice: once to learn which row of each number is its last, once to gather rows
// and hand an order on as soon as it is whole. So only orders whose rows are interleaved wait in
// memory (JOIN_WAITING_BYTES_MAX); a file that scatters more than that is refused with the advice
// to sort it. An order is never handed on in part: when one of its rows can't be read, or a row
// next to one of its rows is so broken that it may have belonged to it, the whole order is refused
// with line and reason.
#ifndef JUCHU_MALL_FILE_JOIN_H
#define JUCHU_MALL_FILE_JOIN_H

#include "mall/file/order_file.h"

#define JOIN_WAITING_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define JOIN_ROWS_PER_ORDER_MAX 5000

// A row-joined order. Cells are trimmed; columns by the index in `names` of the format.
struct joined_order {
    struct arena *arena;                // the batch's: what the order keeps lives here
    const struct mall_account *account; // the shop's, for its mappings; NULL from join_read()
    struct str order_no;
    const struct str *const *rows; // rows[i][column of the file]
    const size_t *lines;           // line of each row in the file
    size_t row_count;
    const struct str *header; // names of the file's columns
    size_t column_count;
    const int *columns; // per name of the format: column of the file, -1 = not there
    struct str raw;     // header and rows as CSV
};
// Cell of a row by the format's column; "" when the file has no such column.
struct str joined_cell(const struct joined_order *j, size_t row, int name);

struct join_format {
    const char *const *names; // the columns that the format knows
    size_t name_count;
    int key; // index of the order number's column; must be in the file
    // Fills the order (shop_id 0). False: refusal->line, column and error say why (order_no is
    // set).
    bool (*build)(const struct joined_order *j, struct order *order,
                  struct order_file_refusal *refusal);
};

// True when the header holds all these names (compared without width, blanks and punctuation).
bool join_header_has(const struct str *header, size_t count, const char *const *names,
                     size_t name_count);
bool join_read(const struct join_format *format, struct str utf8,
               const struct order_file_sink *sink, struct error *error);
// The same for a format whose orders depend on the shop's mappings.
bool join_read_for(const struct mall_account *account, const struct join_format *format,
                   struct str utf8, const struct order_file_sink *sink, struct error *error);

#endif
