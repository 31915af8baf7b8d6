// SPDX-License-Identifier: Apache-2.0
//
// The database half of fetching: runs, listings and what is decided about them. Functions run
// inside a write transaction on a database thread.
#ifndef JUCHU_SYNC_FETCH_STORE_H
#define JUCHU_SYNC_FETCH_STORE_H

#include "sync/internal.h"

struct run_counts {
    int64_t listed, created, updated, unchanged, skipped, failed, expected;
};

// A run's plan as stored in fetch_run.request_json.
struct fetch_plan {
    enum fetch_door door;
    time_ms from, to;
    struct str status;
    struct str *order_nos;
    size_t order_no_count;
};
struct str fetch_plan_to_json(struct arena *arena, const struct fetch_plan *plan);
bool fetch_plan_from_json(struct arena *arena, struct str json, struct fetch_plan *plan,
                          struct error *error);

bool fetch_run_insert(struct db_conn *conn, const struct order_context *context, row_id run_id,
                      row_id shop_id, enum fetch_door door, struct str request_json,
                      const char *state, struct error *error);
// From "queued" to "running". *taken false: somebody else has it.
bool fetch_run_take(struct db_conn *conn, row_id org_id, row_id run_id, struct arena *arena,
                    struct fetch_plan *plan, struct actor *actor, struct run_counts *counts,
                    bool *taken, struct error *error);
bool fetch_run_store(struct db_conn *conn, row_id org_id, row_id run_id, const char *state,
                     time_ms ended_at, const struct run_counts *counts, struct str progress_json,
                     const struct error *failure, struct error *error);
// ERROR_CANCELLED "fetch.cancelled" when a person has ended the run meanwhile.
bool fetch_run_check(struct db_conn *conn, row_id org_id, row_id run_id, struct error *error);
// `arena` keeps the failure's text until the end of a batch; unused without a failure.
bool fetch_item_store(struct db_conn *conn, row_id org_id, row_id run_id, struct str order_no,
                      const char *outcome, struct str reason, row_id order_id,
                      const struct error *failure, struct arena *arena, struct error *error);

enum listing_verdict {
    LISTING_UNCHANGED, // known and as it was
    LISTING_READ,      // new or changed: read it
    LISTING_SKIPPED    // the filter leaves it out; the reason is recorded
};
struct listing_rule {
    const struct mall *mall;
    const struct mall_account *account; // 取得ステータス
    bool every_status;                  // ステータス指定取込: the filter doesn't count
    row_id run_id;
    time_ms now;
};
// Records a batch of listings and decides about each.
bool listings_apply(struct db_conn *conn, row_id org_id, row_id shop_id,
                    const struct listing_rule *rule, const struct mall_listing *listings,
                    size_t count, enum listing_verdict *verdicts, struct error *error);
// "imported", "quarantined", "missing", … after reading.
bool listing_decide(struct db_conn *conn, row_id org_id, row_id shop_id, struct str order_no,
                    const struct order *order, struct str status_choice, const char *decision,
                    const char *reason, row_id order_id, time_ms now, struct error *error);
// A number that the mall said it hasn't got: an order of ours that was provisional becomes
// cancelled, with the reason, and *order_id names it; 0 for any other (vanish.c).
bool order_vanished(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                    struct str order_no, row_id run_id, struct arena *arena, row_id *order_id,
                    struct error *error);
// Numbers that are still to be read (left over from a run that was cut, or a widened filter).
bool listings_wanted(struct db_conn *conn, row_id org_id, row_id shop_id, int limit,
                     struct arena *arena, struct str **order_nos, size_t *count,
                     struct error *error);
// When each of the numbers was ordered, as far as a listing or an order says; TIME_NONE otherwise.
bool listings_times(struct db_conn *conn, row_id org_id, row_id shop_id,
                    const struct str *order_nos, size_t count, struct arena *arena,
                    time_ms **ordered_at, struct error *error);
// True when the shop's 取得ステータス takes an order of this status choice.
bool filter_takes(const struct mall *mall, const struct mall_account *account, struct str choice);

#endif
