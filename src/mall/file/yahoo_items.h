// SPDX-License-Identifier: Apache-2.0
//
// The item file (商品データ) of ストアクリエイターPro as something to look up in: one row per line
// of an order, joined with the order file on the full order number (yahoo.md §13.1). Only positions
// are kept, so memory grows with the number of rows, not with their text.
#ifndef JUCHU_MALL_FILE_YAHOO_ITEMS_H
#define JUCHU_MALL_FILE_YAHOO_ITEMS_H

#include "mall/file/order_file.h"

struct yahoo_items;

// Reads the header and the positions of all rows. `seller` completes bare numbers. NULL: error set.
struct yahoo_items *yahoo_items_open(struct str utf8, struct str seller, struct error *error);
struct yahoo_items *yahoo_items_close(struct yahoo_items *items);

// Calls `row` for each row of the order, in the order of the file; cells live during the call.
// *found = how many there were. False: a row of this order, or one that may belong to it, can't be
// read (error set, *line = where), or `row` returned false.
bool yahoo_items_find(struct yahoo_items *items, struct str order_no, size_t *found, size_t *line,
                      bool (*row)(void *context, const struct str *header, const struct str *cells,
                                  size_t count),
                      void *context, struct error *error);
// Rows whose order was never asked for, once per order number.
void yahoo_items_unused(struct yahoo_items *items,
                        void (*tell)(void *context, struct str order_no, size_t line),
                        void *context);

// "<seller>-<number>" from whatever a row says: the full form wins. "" when it says nothing.
struct str yahoo_full_number(struct arena *arena, struct str id, struct str order_id,
                             struct str seller);
// Index of the column, -1 if there is none.
int yahoo_column(const struct str *header, size_t count, const char *name);

#endif
