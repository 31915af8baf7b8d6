// SPDX-License-Identifier: Apache-2.0
//
// The mall's own order files (CSV/TSV as downloaded): recognised by their header row, read in a
// stream, row by row. A file may create orders or complete those that the API brought. Pure: bytes
// in, batches of orders and refused rows out.
#ifndef JUCHU_MALL_FILE_ORDER_FILE_H
#define JUCHU_MALL_FILE_ORDER_FILE_H

#include "mall/mall.h"
#include "text/cp932.h"

// A row that can't go in. Line counts from 1 (the header), column is the header's name, "" if the
// whole row. Texts live during the call.
struct order_file_refusal {
    size_t line;
    struct str column, order_no;
    struct error error;
};

struct order_file_sink {
    void *context;
    // Some orders (batch->orders, raw = their rows as UTF-8 CSV with header); takes ownership of
    // the batch. False stops reading (error set).
    bool (*batch)(void *context, struct mall_batch *batch, struct error *error);
    void (*refused)(void *context, const struct order_file_refusal *refusal);
    // Bytes read so far, of all.
    void (*progress)(void *context, size_t done, size_t total);
};

struct order_file_format {
    const char *id; // "rakuten.orders"
    const char *mall;
    struct label label;
    struct label second; // label of the second file that completes it; NULL: there is none
    // True when these are the names of such a file's columns, in any order.
    bool (*recognise)(const struct str *header, size_t count);
    // The same for the second file; NULL: there is none.
    bool (*recognise_second)(const struct str *header, size_t count);
    // Reads the whole file (already UTF-8). `second` may be absent. Memory stays bounded whatever
    // the size. Orders have shop_id 0. False only when nothing more can be read (error set).
    bool (*read)(const struct mall_account *account, struct str utf8, struct str second,
                 const struct order_file_sink *sink, struct error *error);
    // The order number that refusals name for this row of either file, "" unknown. NULL: it is one
    // of the row's cells.
    struct str (*row_order_no)(const struct mall_account *account, const struct str *header,
                               const struct str *cells, size_t count, struct arena *arena);
};

const struct order_file_format *const *order_file_formats(size_t *count);
// The format whose header the file has (any encoding, comma or tab), among those of this mall; NULL
// with ERROR_BAD_INPUT: "file.empty", "file.other_mall", "file.second_alone" (it is only the file
// that completes another), or "file.unknown", which says what the file looks like.
const struct order_file_format *order_file_recognise(struct str mall, struct str bytes,
                                                     enum text_encoding *encoding,
                                                     struct error *error);

#endif
