// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: what becomes of a stored order when its mall shows a new state of it
// (statuses.md §8). Pure: no database.
#ifndef JUCHU_ORDER_MERGE_H
#define JUCHU_ORDER_MERGE_H

#include "order/rows.h"

struct merged {
    struct order order;      // the new state
    const char *kind;        // of the history line: "updated", "cancelled", "revived"
    const char *moved_cause; // rule that moved the work status, NULL if it stays
};

// Company-owned fields stay, mall-owned ones are replaced, shipments are brought together, and the
// few rules that move an order by themselves are applied. `owed`: an obligation about the shipment
// is still on its way, so a difference in tracking numbers is no drift. `by_file`: `mall` is a
// file's order, and only files have brought the stored one. False on lack of memory.
bool order_merge(const struct stored_order *stored, const struct order *mall, bool owed,
                 bool by_file, const struct order_rows *rows, struct arena *arena,
                 struct merged *merged, struct error *error);
// The folder of an order that comes in for the first time (statuses.md §4.1).
row_id order_entry_status(const struct order_rows *rows, const struct order *o);
// Highest state of its packages on the way from waiting to delivered.
enum shipment_state order_furthest(const struct order *o);

#endif
