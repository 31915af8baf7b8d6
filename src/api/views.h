// SPDX-License-Identifier: Apache-2.0
//
// Objects of the API that several operations answer with, written into r->w.
#ifndef JUCHU_API_VIEWS_H
#define JUCHU_API_VIEWS_H

#include "api/internal.h"
#include "db/db.h"

// MallError or null.
void mall_error_json(struct request *r, const struct error *e, time_ms at);
// The whole Order (masked for viewers), with write-backs. False with error set.
// `version` (may be NULL) gets the version that was written.
bool order_view(struct request *r, struct db_conn *conn, row_id order_id, int64_t *version,
                struct error *error);
void put_etag(struct request *r, int64_t version);
// Answers with an OrderChange: the order as it is now, and the undo token (0 none).
void reply_order_change(struct request *r, int status, row_id order_id, row_id undo);
// Answers 202 FetchStarted with the run.
void reply_fetch_started(struct request *r, row_id run_id);
// Answers a refused change; a version conflict as 412 `conflict` with the order in `current`.
void reply_order_error(struct request *r, row_id order_id, const struct error *error);
void undo_json(struct request *r, const row_id *undo, size_t count);
void refusal_json(struct request *r, row_id id, struct str order_no, const struct error *why);

// A write-back with what the API shows besides.
struct writeback_row {
    struct writeback w;
    row_id work_status;
    time_ms order_changed_at;
    struct str mall, shop;
    struct str waived_by; // name of the person
};
// Columns of writeback_row_take(), from `writeback w JOIN "order" o`.
#define WRITEBACK_COLUMNS                                                                      \
    "w.id, w.shop_id, w.order_id, w.order_no, w.aspect, w.revision, w.state, w.reason, "       \
    "w.payload, w.attempts, w.next_at, w.created_at, w.updated_at, w.sent_at, w.verified_at, " \
    "w.error_json, o.work_status_id, o.changed_at, o.mall "
#define WRITEBACK_FROM \
    "FROM writeback w JOIN \"order\" o ON o.org_id = w.org_id AND o.id = w.order_id "
#define WRITEBACK_COLUMN_COUNT 19
void writeback_row_take(struct arena *arena, struct db_stmt *s, const struct order_names *names,
                        struct writeback_row *row);
bool writeback_row_read(struct request *r, struct db_conn *conn, row_id id,
                        struct writeback_row *row, struct error *error);
// Members into an open object.
void writeback_members(struct request *r, const struct writeback_row *row);
struct str writeback_summary(struct request *r, const struct writeback_row *row);
void writeback_reasons(struct request *r, const struct writeback_row *row);
// What a person should know though it goes: `notes`.
void writeback_notes(struct request *r, const struct writeback_row *row);
// One Reason object.
void reason_json(struct request *r, const struct error *e);
// "ヤマト運輸 / 4001… / 2026-11-24 ほか1個".
struct str shipment_summary(struct request *r, const struct order_package *packages, size_t count);
// Null unless it may be sent now: "will_send", "check_first", "blocked", "suppressed", "in_flight".
const char *writeback_outcome(enum writeback_state state);

// The FetchRun object.
void fetch_run_json(struct request *r, const struct fetch_run *run,
                    const struct order_names *names);
void fetch_run_write(struct json_writer *w, struct arena *arena, bool english,
                     const struct fetch_run *run, const struct order_names *names);
// The OrderCounts object; shops none = all.
bool order_counts_write(struct json_writer *w, struct db_conn *conn, row_id org_id,
                        const row_id *shops, size_t shop_count, struct arena *arena,
                        struct error *error);
// Credentials of these shops, one object each: nearest end first, then what is missing. `only`: of
// this kind alone; NULL = all.
bool credentials_write(struct request *r, struct db_conn *conn, const struct shop *shops,
                       size_t shop_count, const char *only, struct error *error);

#endif
