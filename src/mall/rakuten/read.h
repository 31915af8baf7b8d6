// SPDX-License-Identifier: Apache-2.0
//
// getOrder as a step of other operations. Inside the Rakuten connector only.
#ifndef JUCHU_MALL_RAKUTEN_READ_H
#define JUCHU_MALL_RAKUTEN_READ_H

#include "mall/rakuten/wire.h"

// Asks getOrder for at most RAKUTEN_READ_BATCH numbers.
void rakuten_request_orders(struct rakuten_op *op, const struct str *numbers, size_t count);
// Reads the answer to that into a batch and hands it to the sink: each number becomes an order, a
// missing or a bad one. False when the operation failed.
bool rakuten_emit_orders(struct rakuten_op *op, time_ms now, struct json root,
                         const struct str *numbers, size_t count);
// Reads one order out of the answer for the operation's own use (texts in `arena`). False when it
// isn't there (ERROR_NOT_FOUND) or can't be read.
bool rakuten_find_order(struct rakuten_op *op, struct arena *arena, time_ms now, struct json root,
                        struct str number, struct order *order, struct error *error);
// Trims, drops repetitions and copies into the operation's arena. False on lack of memory.
bool rakuten_copy_numbers(struct rakuten_op *op, const struct mall_read_request *request,
                          struct str **numbers, size_t *count);
// True for a text that may be sent as an order number: printable ASCII of at most 100 bytes.
bool rakuten_is_order_number(struct str text);
// "300" of the order as a number; 0 if it isn't one.
int64_t rakuten_progress(const struct order *order);

#endif
