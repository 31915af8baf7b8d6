// SPDX-License-Identifier: Apache-2.0
//
// The database half of write-back: what is due, what may be sent, what is remembered of each try.
#ifndef JUCHU_SYNC_PUSH_STORE_H
#define JUCHU_SYNC_PUSH_STORE_H

#include "sync/internal.h"

// next_at of an obligation that waits for a person (自動書き出し off).
#define PUSH_WHEN_ASKED (INT64_C(9000000000000))

enum push_next { PUSH_NOTHING, PUSH_SEND, PUSH_READ_BACK };

// One obligation with everything needed to work on it; lives in `arena`.
struct push_item {
    struct arena *arena;
    struct writeback w;
    enum writeback_state seen; // state in the database, for obligation_update's `expected`
    struct order order;
    struct order_package *packages;
    size_t package_count;
    struct mall_ship_request ship;
    struct mall_cancel_request cancel;
};

// Loads an obligation with its order and its parsed payload.
bool push_load(struct db_conn *conn, row_id org_id, row_id writeback_id, struct arena *arena,
               struct push_item *item, struct error *error);
// Loads an obligation and decides: link rules and the connector's preflight first (stored as
// blocked or suppressed, PUSH_NOTHING), then whether to send or to read back.
bool push_prepare(struct db_conn *conn, const struct order_context *context,
                  const struct shop *shop, const struct mall_account *account, row_id writeback_id,
                  struct arena *arena, struct push_item *item, enum push_next *next,
                  struct error *error);
// Judges without storing: state and reason that the obligation would get now.
bool push_judge(struct db_conn *conn, const struct order_context *context, const struct shop *shop,
                const struct mall_account *account, struct push_item *item,
                enum writeback_state *state, struct error *why, struct error *error);
// The same for the mall's upload file: neither the API's calls nor a switched-off shop stand in the
// way, only link rules and the preflight. Shipments only.
bool push_judge_for_file(struct db_conn *conn, const struct order_context *context,
                         const struct shop *shop, const struct mall_account *account,
                         struct push_item *item, enum writeback_state *state, struct error *why,
                         struct error *error);
// Marks the order when the mall is told only some of its tracking numbers, and takes the mark off
// when that is no longer so.
bool push_mark_numbers(struct db_conn *conn, const struct order_context *context,
                       const struct shop *shop, const struct push_item *item, struct error *error);
// request_id of a notice that left the house in an upload file.
#define PUSH_BY_FILE "file "
static inline bool push_was_by_file(const struct writeback *w)
{
    return str_starts(w->request_id, STR(PUSH_BY_FILE));
}
// False when a newer obligation of the same order and aspect exists: then this one is only of
// interest as far as it may have arrived.
bool push_is_newest(struct db_conn *conn, row_id org_id, const struct writeback *w, bool *newest,
                    struct error *error);
// When an older obligation of the same order and aspect whose outcome is open is looked at next;
// TIME_NONE without one.
bool push_earlier_in_flight(struct db_conn *conn, row_id org_id, const struct writeback *w,
                            time_ms *next_at, struct error *error);
// Puts off one that couldn't be prepared by an hour, with the reason.
bool push_set_aside(struct db_conn *conn, const struct order_context *context, row_id writeback_id,
                    const struct error *why, struct error *error);
// Obligations of the shop that are due, oldest first.
bool push_due(struct db_conn *conn, row_id org_id, row_id shop_id, time_ms now, int limit,
              struct arena *arena, row_id **ids, size_t *count, struct error *error);
bool attempt_store(struct db_conn *conn, const struct order_context *context, row_id writeback_id,
                   const char *kind, const char *operation, const char *outcome, int http_status,
                   const struct error *failure, struct str evidence, struct error *error);
// Stores item->w (its state and the rest) against item->seen and remembers the new state.
bool push_store(struct db_conn *conn, const struct order_context *context, struct push_item *item,
                struct error *error);
// Wait before try number `attempts`+1: 1 min … 1 h.
int64_t push_backoff_ms(int attempts);

#endif
