// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: writing orders with everything that hangs on them (children, search index,
// history, raw documents, tab counts) in one transaction. Everything that changes a whole order
// goes through here; only orders_move() writes a few columns of many orders by itself.
#ifndef JUCHU_ORDER_ROWS_H
#define JUCHU_ORDER_ROWS_H

#include "order/bulk.h"
#include "order/index.h"
#include "order/pack.h"
#include "order/store.h"

// An order as it stands in the database.
struct stored_order {
    bool found;
    struct order order;
    unsigned char hash[16];
    int64_t open;
    int writeback_state; // of the newest obligation about its shipment, -1 none
};

struct count_delta {
    row_id shop_id, work_status;
    int64_t count;
};

struct order_rows {
    struct db_conn *conn;
    const struct order_context *context;
    enum db_engine engine;
    struct work_status *statuses; // in the caller's arena
    size_t status_count;
    struct bulk orders, updates, packages, lines, shipments, payment_events, links, events, raws,
        searches;
    struct buf detail, folded, packed;
    // PostgreSQL: ids whose rows of a kind are replaced, as array literals.
    struct buf drop_children, drop_search, drop_raw;
    struct packer packer;
    struct index_writer index;
    struct count_delta *deltas;
    size_t delta_count, delta_capacity;
};

// Allocates; the work statuses are read into `arena`. NULL with error set.
struct order_rows *order_rows_open(struct db_conn *conn, const struct order_context *context,
                                   struct arena *arena, struct error *error);
struct order_rows *order_rows_close(struct order_rows *rows);

// A new order; o->id, work_status and version are set.
bool order_rows_insert(struct order_rows *rows, const struct order *o, const unsigned char hash[16],
                       struct error *error);
// Replaces an order by its new state (same id); children and search text only where they differ.
bool order_rows_update(struct order_rows *rows, const struct order *before,
                       const struct order *after, const unsigned char hash[16],
                       struct error *error);
// One line of history.
bool order_rows_event(struct order_rows *rows, row_id order_id, const char *kind, struct str before,
                      struct str after, struct str cause, struct error *error);
// The mall's answer for an order; `replace` when the order was there before.
bool order_rows_raw(struct order_rows *rows, const struct order *o, bool replace, struct str raw,
                    struct str type, struct error *error);
// Notes `count` orders more in a tab.
bool order_rows_count(struct order_rows *rows, row_id shop_id, row_id work_status, int64_t count,
                      struct error *error);
// Sends what has gathered and the counts. Must be called last.
bool order_rows_finish(struct order_rows *rows, struct error *error);

// The id of an order: time of ordering (41 bits of ms since 2010) and 22 bits of its number, so
// that ids rise with the time of ordering. `attempt` 0, 1 … where an id is taken.
row_id order_id_for(time_ms ordered_at, row_id shop_id, struct str order_no, unsigned attempt);

// First status of that role in the company's order that isn't archived, 0 if there is none.
row_id status_with_role(const struct work_status *list, size_t count, enum status_role role);
// -1 for an unknown status.
int status_role_of(const struct work_status *list, size_t count, row_id id);
static inline bool role_is_open(int role)
{
    return role != ROLE_DONE && role != ROLE_CANCELLED;
}

// Reads whole orders; out[i].found tells whether ids[i] exists. With `lock` their rows are locked
// until the end of the transaction. At most some thousands.
bool orders_load(struct db_conn *conn, row_id org_id, const row_id *ids, size_t count, bool lock,
                 struct arena *arena, struct stored_order *out, struct error *error);

// {"work_status":"…"} as history says it.
struct str status_json(struct arena *arena, row_id work_status);

#endif
