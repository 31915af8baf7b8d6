// SPDX-License-Identifier: Apache-2.0
//
// The rows of an imported file that did not go in, as a file of the same format: its header and
// those rows, byte for byte, so that they can be mended and imported again. An order whose one row
// is broken is there with all its rows.
#ifndef JUCHU_SYNC_FAILED_ROWS_H
#define JUCHU_SYNC_FAILED_ROWS_H

#include "db/db.h"
#include "mall/file/order_file.h"

// What failed: order numbers, and lines whose order is unknown.
struct failed_rows {
    uint64_t *numbers; // hashes
    size_t number_count, number_capacity;
    size_t *lines;
    size_t line_count, line_capacity;
    bool lost; // no memory for one of them: rows_make() says so
};
// `order_no` "" or absent: the line counts. Lack of memory is told by failed_rows_make().
void failed_rows_add(struct failed_rows *f, size_t line, struct str order_no);
void failed_rows_free(struct failed_rows *f);
static inline bool failed_rows_any(const struct failed_rows *f)
{
    return f->number_count + f->line_count > 0 || f->lost;
}
// Appends the file to `out`, in the encoding of `bytes`. `second`: this is the file that completes
// the other, so lines don't count. *rows = how many went in, without the header.
bool failed_rows_make(struct failed_rows *f, const struct order_file_format *format,
                      const struct mall_account *account, struct str bytes, bool second,
                      struct buf *out, size_t *rows, struct error *error);

// Kept with the run (part 1: orders, 2: the second file) for 30 days.
bool failed_rows_store(struct db_conn *conn, row_id org_id, row_id run_id, int part,
                       const char *content_type, struct str bytes, struct error *error);
bool failed_rows_sweep(struct db_conn *conn, row_id org_id, time_ms now, struct error *error);
// ERROR_NOT_FOUND "import.no_failed_rows".
bool failed_rows_read(struct db_conn *conn, row_id org_id, row_id run_id, int part,
                      struct arena *arena, struct str *bytes, struct str *content_type,
                      struct error *error);

#endif
