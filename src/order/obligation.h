// SPDX-License-Identifier: Apache-2.0
//
// Obligations to tell a mall something (write-back, design §6): created in the transaction that
// changes the order, never expiring, each ending verified, rejected, superseded or waived. This
// module owns table `writeback`; sync/writeback works them off.
#ifndef JUCHU_ORDER_OBLIGATION_H
#define JUCHU_ORDER_OBLIGATION_H

#include "db/db.h"
#include "order/context.h"
#include "order/order.h"

enum writeback_aspect {
    ASPECT_ACCEPT,
    ASPECT_SHIPMENT,
    ASPECT_STATUS,
    ASPECT_CANCEL,
    ASPECT_PAYMENT,
    ASPECT_COUNT
};
enum writeback_state {
    WRITEBACK_PENDING,
    WRITEBACK_BLOCKED,    // reason says what is missing
    WRITEBACK_SUPPRESSED, // reason names the rule
    WRITEBACK_SENDING,    // stored before the request leaves
    WRITEBACK_UNKNOWN,    // answer lost: read back first
    WRITEBACK_ACCEPTED,   // the mall gave an asynchronous id
    WRITEBACK_SENT,       // the mall said OK; not read back yet
    WRITEBACK_VERIFIED,
    WRITEBACK_REJECTED,
    WRITEBACK_DRIFT,
    WRITEBACK_SUPERSEDED,
    WRITEBACK_WAIVED,
    WRITEBACK_STATE_COUNT
};
const char *writeback_aspect_name(enum writeback_aspect a);
const char *writeback_state_name(enum writeback_state s);
int writeback_aspect_from_name(struct str name);
int writeback_state_from_name(struct str name);
// True for verified, rejected, superseded, waived: nothing is owed any more.
bool writeback_is_final(enum writeback_state s);

struct writeback {
    row_id id, shop_id, order_id;
    struct str order_no;
    enum writeback_aspect aspect;
    int revision; // 1, 2 … per order and aspect
    enum writeback_state state;
    struct str reason;  // code: "shipment.tracking_number_missing", "setting.status_not_linked" …
    struct str payload; // JSON, canonical; what is to be told
    unsigned char payload_hash[16];
    struct str progress;   // the connector's own resumable state
    struct str request_id; // the mall's, for asynchronous calls
    int attempts;
    time_ms next_at, created_at, updated_at, sent_at, verified_at;
    struct error last_error; // class NONE if none
};

// Creates the obligation for this aspect, or updates the one that hasn't left the house. A payload
// equal to what is already owed, sent or verified changes nothing (*id gets that row). An older one
// that was not sent yet becomes superseded; when the mall was last told just this payload before
// it, nothing new is owed either (*id gets that older row).
bool obligation_create(struct db_conn *conn, const struct order_context *context,
                       const struct order *order, enum writeback_aspect aspect, struct str payload,
                       row_id *id, struct error *error);
// There is nothing to tell any more: an obligation that hasn't left the house becomes superseded.
bool obligation_withdraw(struct db_conn *conn, const struct order_context *context, row_id order_id,
                         enum writeback_aspect aspect, struct error *error);
// Sets state, reason, progress …; the row must still be in `expected` (else ERROR_FENCED).
// ERROR_INTERNAL for a transition that design §6 doesn't know (sent never becomes pending again).
// Keeps order.writeback_state and, on sending, order.written_at.
bool obligation_update(struct db_conn *conn, const struct order_context *context,
                       const struct writeback *w, enum writeback_state expected,
                       struct error *error);
bool obligation_read(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
                     struct writeback *w, struct error *error);
struct writeback_filter {
    row_id shop_id, order_id;         // 0 = all
    int state;                        // -1 = all, -2 = all that are owed (not final)
    time_ms changed_from, changed_to; // 作成期間: order.changed_at
    time_ms due_by;                   // only next_at ≤ this; TIME_NONE = all
    int limit;
    struct str cursor;
};
bool obligation_list(struct db_conn *conn, row_id org_id, const struct writeback_filter *filter,
                     struct arena *arena, struct writeback **list, size_t *count,
                     struct str *next_cursor, struct error *error);

// The shipment payload: {"packages":[{"package":1,"mall_ref":"…","shipments":[{"shipment":"id",
// "carrier":"yamato","tracking_number":"…","ship_date":"2026-11-23","mall_ref":""}]}]}.
struct str shipment_payload(struct arena *arena, const struct order *order);
bool shipment_payload_parse(struct arena *arena, struct str payload,
                            struct order_package **packages, size_t *count, struct error *error);

#endif
