// SPDX-License-Identifier: Apache-2.0
//
// CSV files that people upload. The first byte chooses the dialect. Beyond memory faults: reading
// ends, cells lie in the text or in the reader, lines rise, every row written and read again is the
// same row.
#include "fuzz.h"

#include "text/csv.h"

static void check_row(const struct csv_reader *r, struct buf *out)
{
    struct csv_reader again;
    struct error error = {0};
    buf_reset(out);
    for (size_t i = 0; i < r->count; i++) {
        if (i)
            buf_add_char(out, r->separator);
        csv_write_cell(out, r->cells[i], r->separator, true);
    }
    buf_add(out, STR("\r\n"));
    require(!out->failed);
    if (out->n > CSV_ROW_BYTES_MAX)
        return;
    csv_open(&again, buf_str(out), r->separator);
    again.quotes = true;
    require(csv_read(&again, &error) == 1 && again.count == r->count);
    for (size_t i = 0; i < r->count; i++)
        require(str_eq(again.cells[i], r->cells[i]));
    require(csv_read(&again, &error) == 0);
    csv_close(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct csv_reader r;
    struct error error = {0};
    AUTO_BUF out = buf_make(8 << 20);
    csv_open(&r, str_make((const char *)data + 1, size - 1), data[0] & 1 ? '\t' : ',');
    if (data[0] & 2)
        r.quotes = true;
    size_t line = 0, left = r.rest.n + 1;
    for (int got; (got = csv_read(&r, &error)) != 0;) {
        require(r.rest.n < left && r.line > line);
        left = r.rest.n;
        line = r.line;
        if (got < 0) {
            require(error.class == ERROR_MALFORMED && error.subject[0]);
            continue;
        }
        require(r.count > 0 && r.count <= CSV_COLUMNS_MAX);
        check_row(&r, &out);
    }
    csv_close(&r);
    return 0;
}
