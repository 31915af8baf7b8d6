// SPDX-License-Identifier: Apache-2.0
//
// The files that the malls' own screens take to learn of shipments (データ書出 without API): RMS
// 発送情報 CSV, Yahoo 出荷 CSV, Amazon 出荷通知 TSV … Pure: shipments in, bytes of a file out,
// exact to the mall's format.
#ifndef JUCHU_MALL_FILE_SHIP_FILE_H
#define JUCHU_MALL_FILE_SHIP_FILE_H

#include "base/buf.h"
#include "mall/mall.h"
#include "text/cp932.h"

struct ship_file_format {
    const char *id; // "rakuten.shipping"
    const char *mall;
    struct label label;
    const char *file_name;       // without date: "rakuten_shipping.csv"
    const char *content_type;    // "text/csv", "text/tab-separated-values"
    enum text_encoding encoding; // of the file; begin() and add() write UTF-8 all the same
    size_t rows_max;             // that the mall takes in one file, 0 = unknown
    // Appends the header row or rows. False only for lack of memory.
    bool (*begin)(const struct mall_account *account, struct buf *out, struct error *error);
    // Appends the rows of one order. ERROR_BAD_INPUT or ERROR_REJECTED with the same codes as
    // ship_preflight when this notice can't be told by this file (then `out` is as before).
    bool (*add)(const struct mall_account *account, const struct mall_ship_request *request,
                day today, struct buf *out, struct error *error);
};

// All formats; a mall may have none or several, its usual one first.
const struct ship_file_format *const *ship_file_formats(size_t *count);
// By id; NULL if unknown.
const struct ship_file_format *ship_file_by_id(struct str id);
// The mall's usual one; NULL if it has none.
const struct ship_file_format *ship_file_of_mall(struct str mall);

#endif
