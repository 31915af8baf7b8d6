// SPDX-License-Identifier: Apache-2.0
//
// Marks that the engine sets by itself on a stored order.
#ifndef JUCHU_ORDER_MARK_H
#define JUCHU_ORDER_MARK_H

#include "db/db.h"
#include "order/context.h"
#include "order/order.h"

// Sets or clears one of ORDER_MARKS_LOCAL with a line of history "marked"; nothing at all when it
// stands so already. Neither version nor 最終更新日 change: nobody who has the order open is in the
// way. Inside a write transaction.
bool order_mark_set(struct db_conn *conn, const struct order_context *context, row_id order_id,
                    int64_t mark, bool on, struct str cause, struct error *error);

#endif
