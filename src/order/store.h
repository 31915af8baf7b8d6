// SPDX-License-Identifier: Apache-2.0
//
// Orders in the database. Every function that changes something runs inside db_write() on the
// caller's connection, writes the history (order_event) and keeps the tab counts in the same
// transaction. Reading functions take a read connection.
#ifndef JUCHU_ORDER_STORE_H
#define JUCHU_ORDER_STORE_H

#include "db/db.h"
#include "order/context.h"
#include "order/order.h"

enum import_outcome {
    IMPORT_CREATED,
    IMPORT_UPDATED,
    IMPORT_UNCHANGED,
    IMPORT_QUARANTINED,
    IMPORT_OUTCOME_COUNT
};

struct order_import {
    const struct order *order; // ids unset; shop_id, mall, order_no set
    struct str
        raw; // the mall's answer for this order, redacted where the mall asks for it; may be absent
    struct str raw_type; // "application/json", "application/xml", "text/csv"
    const char *door;    // "automatic", "range", "status", "number", "file", "reread"
    row_id fetch_run;    // 0 if none
    // Filled in:
    enum import_outcome outcome;
    row_id order_id;
    bool completed;     // door "file": the API had brought the order, only its gaps were filled
    struct error error; // of a quarantined order
};

// Stores a batch of read orders (any number; rounds of 2000 are held in memory at a time): created,
// updated or unchanged by content hash. What equals the stored content writes nothing at all, not
// even fetched_at. A bad order is quarantined (outcome, error) and doesn't stop the others; false
// only when the whole transaction must fail. Company-owned fields are kept; shipments are merged (a
// row that the mall shows and staff entered gets the mall's reference; a row entered at the mall by
// hand is adopted with source "mall"); cancellations follow statuses.md §8; a first import chooses
// the entry work status by the rule of statuses.md §4.1. With door "file" an order that an API has
// brought keeps everything it has: only what is empty is filled (order/complete.h).
bool orders_import(struct db_conn *conn, const struct order_context *context,
                   struct order_import *imports, size_t count, struct error *error);

// Keeps what could not be read as an order, with the reason, until it goes in (resolved by the next
// good import of that number). `order_no` may be empty.
bool order_quarantine(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                      struct str order_no, struct str raw, struct str raw_type, row_id fetch_run,
                      const struct error *why, struct error *error);

// Keeps an answer that could not be read or broke a rule, whole, until the order goes in (then it
// is marked resolved by orders_import). One open row per shop and number ("" = unknown number: one
// row each); `why` as for order_import.error.
bool order_quarantine(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                      struct str order_no, struct str raw, struct str raw_type, row_id fetch_run,
                      const struct error *why, struct error *error);

// Known hash of an order and of its last seen update mark: lets a fetch skip orders without reading
// them again. False also when absent (then *order_id is 0 and error is not set).
bool order_peek(struct db_conn *conn, row_id org_id, row_id shop_id, struct str order_no,
                row_id *order_id, struct arena *arena, struct str *mall_status,
                struct str *mall_update_mark, struct error *error);

// The whole order. ERROR_NOT_FOUND.
bool order_read(struct db_conn *conn, row_id org_id, row_id order_id, struct arena *arena,
                struct order *order, struct error *error);
// By number; shop_id 0 = any shop (ERROR_BAD_INPUT "order.number_ambiguous" when several).
bool order_find(struct db_conn *conn, row_id org_id, row_id shop_id, struct str order_no,
                row_id *order_id, struct error *error);

struct order_filter {
    row_id work_status; // 0 = all
    bool open_only;     // only statuses whose role isn't done or cancelled
    row_id shop_id;     // 0 = all
    struct str q; // folded substring search over number, names, phone, mail, address, items, memo,
                  // tracking
    time_ms from, to;   // ordered_at; TIME_NONE = open
    int64_t marks;      // all of these
    struct str channel; // "" all; ERROR_BAD_INPUT "order.channel" for one that there isn't
    int limit;          // ≤ 500
    struct str cursor;  // from the previous page; absent = newest
};

// What the list shows; one row of the order table, no further look-ups.
struct order_row {
    row_id id, shop_id, work_status;
    struct str order_no, mall, mall_status, mall_status_label, channel;
    enum order_state state;
    enum payment_state payment_state;
    enum shipment_state shipment_state;
    int64_t marks, version;
    time_ms ordered_at, changed_at;
    struct str orderer_name, recipient_name, recipient_prefecture, payment_method, delivery_method;
    yen billed;
    int line_count, package_count;
    int64_t quantity;
    struct str first_title, carrier, memo;
    struct str tracking_number; // several joined by ','; at most 20
    day ship_date, requested_date;
    struct str requested_slot;
    struct str writeback_state; // of the shipment aspect, "" none
    time_ms fetched_at, mall_updated_at;
};

struct order_page {
    struct order_row *rows;
    size_t count;
    struct str next_cursor; // absent at the end
    // Rows of the tab (work_status, open_only) that the other conditions hide: on the first page,
    // at most 1000 are counted; on later pages (with cursor) -1.
    int64_t hidden_by_filter;
};

// Newest first, by (ordered_at, id); with q by id, which is made from ordered_at. Every word of q
// (separated by blanks) must occur somewhere. ERROR_BAD_INPUT for a foreign cursor, a limit outside
// 1 … 500, more than 8 words or more than 200 bytes in q.
bool order_list(struct db_conn *conn, row_id org_id, const struct order_filter *filter,
                struct arena *arena, struct order_page *page, struct error *error);

struct status_count {
    row_id work_status, shop_id;
    int64_t count;
};
// Kept counters per work status (and shop, when `by_shop`).
bool order_counts(struct db_conn *conn, row_id org_id, bool by_shop, struct arena *arena,
                  struct status_count **counts, size_t *count, struct error *error);

struct order_event {
    row_id id;
    time_ms at;
    struct actor actor;
    struct str
        kind; // "created", "updated", "moved", "shipped", "memo", "mall_status", "written", …
    struct str before, after; // JSON
    struct str cause;         // "fetch_run 123", "bulk", rule …
};
bool order_events(struct db_conn *conn, row_id org_id, row_id order_id, struct arena *arena,
                  struct order_event **events, size_t *count, struct error *error);
bool order_event_add(struct db_conn *conn, const struct order_context *context, row_id order_id,
                     const char *kind, struct str before, struct str after, struct str cause,
                     struct error *error);
// The mall's last answer, decompressed. ERROR_NOT_FOUND when none is kept.
bool order_raw(struct db_conn *conn, row_id org_id, row_id order_id, struct arena *arena,
               struct str *raw, struct str *type, time_ms *at, struct error *error);

// Moves orders to a work status. Orders that are there already, missing or cancelled (unless the
// role allows it) are refused one by one: refused[i] says why (class NONE = moved).
// `expected_version` may be NULL. *undo receives a token (id) with which orders_undo() takes it
// back for 10 minutes.
bool orders_move(struct db_conn *conn, const struct order_context *context, const row_id *ids,
                 size_t count, const int64_t *expected_version, row_id work_status,
                 struct error *refused, row_id *undo, struct error *error);
bool orders_undo(struct db_conn *conn, const struct order_context *context, row_id undo,
                 size_t *restored, size_t *skipped, struct error *error);

struct ship_package {
    row_id package_id;
    struct shipment *shipments; // id 0 = new; an existing one that is missing here is removed
    size_t count;
};
// Enters carrier, tracking number and ship date; with `move` the order goes to the company's status
// with role "shipped"/"done" (or `work_status` if not 0), while a destination has no parcel yet to
// the one with role "work". In the same transaction the obligation to
// tell the mall is created or superseded (order/obligation.h). ERROR_CONFLICT when
// `expected_version` (≥ 0) isn't current; ERROR_REJECTED when statuses.md §2.6 forbids it (hold,
// cancelled, payment).
bool order_ship(struct db_conn *conn, const struct order_context *context, row_id order_id,
                int64_t expected_version, const struct ship_package *packages, size_t count,
                bool move, row_id work_status, int64_t *new_version, struct error *error);
bool order_set_memo(struct db_conn *conn, const struct order_context *context, row_id order_id,
                    int64_t expected_version, struct str memo, int64_t *new_version,
                    struct error *error);

enum status_role {
    ROLE_ENTRY,
    ROLE_HOLD,
    ROLE_WAIT_PAYMENT,
    ROLE_WAIT_STOCK,
    ROLE_READY,
    ROLE_WORK,
    ROLE_SHIPPED,
    ROLE_DONE,
    ROLE_CANCELLED,
    ROLE_COUNT
};
const char *status_role_name(enum status_role r);
int status_role_from_name(struct str name);
struct work_status {
    row_id id;
    struct str name, name_en, color;
    int position;
    enum status_role role;
    bool archived;
};
bool work_statuses(struct db_conn *conn, row_id org_id, struct arena *arena,
                   struct work_status **list, size_t *count, struct error *error);
// The nine statuses of design §4 for a new company.
bool work_statuses_create_default(struct db_conn *conn, const struct order_context *context,
                                  struct error *error);

// Recounts everything and compares: counters, roll-ups, events, search index, obligations
// (design §13). Each finding is given to report(); false only on a storage error.
bool orders_verify(struct db_conn *conn, row_id org_id,
                   void (*report)(void *context, const struct error *finding), void *context,
                   struct error *error);

#endif
