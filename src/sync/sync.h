// SPDX-License-Identifier: Apache-2.0
//
// The engine that talks to the malls: schedule, leases, pacing, fetching, re-reading, write-back.
// It lives on one event-loop thread; the database is reached through db_write_async, so nothing on
// the loop blocks. Other threads only post work and read the database.
//
// A shop's work is a queue: one job at a time, each under the shop's lease with a fencing number
// that every write of the job checks.
#ifndef JUCHU_SYNC_SYNC_H
#define JUCHU_SYNC_SYNC_H

#include "base/log.h"
#include "base/rng.h"
#include "net/loop.h"
#include "order/store.h"
#include "sync/shop.h"

struct sync;

struct sync_options {
    struct db *db;
    struct loop *loop;
    const struct crypto_key *key; // master key; borrowed
    struct clock clock;
    struct rng rng;
    struct id_source *ids;
    struct log *log;
    const char *node;  // name of this node in leases; "MACHINE:PID" lets another process of the
                       // machine take over at once when this one has died
    bool automatic;    // run the schedule; false: only what is asked for (command line)
    int64_t settle_ms; // how long after a lost answer to wait before reading back; 0 = 60 s
    bool pacing_off;   // benchmarks and tests against mallsim --no-rate-limit
    // Tells screens that something changed; may be NULL. Called on the loop's or a database thread.
    void (*event)(void *context, row_id org_id, const char *type, struct str json);
    void *event_context;
};

struct sync *sync_new(const struct sync_options *options, struct error *error);
// Lets running exchanges end (their jobs are cut at the next step; everything is resumable).
struct sync *sync_free(struct sync *sync);
// Looks for due and queued work now. Thread-safe.
void sync_wake(struct sync *sync);
// True when no job is queued or running. Loop thread only (command line, tests).
bool sync_is_idle(const struct sync *sync);

enum fetch_door {
    DOOR_AUTOMATIC,
    DOOR_RANGE,
    DOOR_STATUS,
    DOOR_NUMBER,
    DOOR_REREAD,
    DOOR_FILE,
    DOOR_COUNT
};
const char *fetch_door_name(enum fetch_door d);

struct fetch_request {
    enum fetch_door door;
    row_id shop_id;
    time_ms from, to;            // RANGE, STATUS
    struct str status;           // STATUS: a choice value of the mall
    const struct str *order_nos; // NUMBER
    size_t order_no_count;
};
// Queues a run (table fetch_run, state "queued"); any node's engine takes it. Thread-safe (it only
// writes). Call sync_wake() afterwards. ERROR_BAD_INPUT for a reversed or too wide range, too many
// numbers, an unknown status.
bool fetch_request_queue(struct db_conn *conn, const struct order_context *context,
                         const struct fetch_request *request, row_id *run_id, struct error *error);
bool fetch_run_cancel(struct db_conn *conn, const struct order_context *context, row_id run_id,
                      struct error *error);

struct skip_count {
    struct str reason;
    int64_t count;
};
struct fetch_run {
    row_id id, shop_id;
    struct str door, state; // "queued", "running", "done", "partly", "failed", "cancelled"
    time_ms started_at, ended_at;
    struct actor actor;
    int64_t listed, created, updated, unchanged, skipped, failed, expected;
    struct str request_json,
        progress_json; // progress: {"phase":"listing|reading","done":n,"total":n}
    struct skip_count *skips;
    size_t skip_count;
    struct error error; // class NONE if none
};
bool fetch_run_read(struct db_conn *conn, row_id org_id, row_id run_id, struct arena *arena,
                    struct fetch_run *run, struct error *error);
// Newest first; shop 0 = all; `before` 0 = from the newest.
bool fetch_run_list(struct db_conn *conn, row_id org_id, row_id shop_id, row_id before, int limit,
                    struct arena *arena, struct fetch_run **list, size_t *count,
                    struct error *error);
struct fetch_item {
    struct str order_no, outcome, reason;
    row_id order_id;
    struct error error;
};
bool fetch_items(struct db_conn *conn, row_id org_id, row_id run_id, struct str after, int limit,
                 struct arena *arena, struct fetch_item **list, size_t *count, struct error *error);

struct gap {
    enum date_basis basis;
    time_ms from, to;
    time_ms lost_after; // when the mall's reach ends for it; TIME_NONE unknown
};
// Time since connection (or the mall's reach) that no listing covers, up to `now`.
bool coverage_gaps(struct db_conn *conn, row_id org_id, const struct shop *shop, time_ms now,
                   struct arena *arena, struct gap **gaps, size_t *count, struct error *error);
// Adds a window, merging neighbours. Call in the transaction of the orders it covers.
bool coverage_add(struct db_conn *conn, row_id org_id, row_id shop_id, enum date_basis basis,
                  time_ms from, time_ms to, struct error *error);

// Why an obligation can't or needn't be sent now: runs link rules and the connector's preflight and
// stores the state (pending, blocked, suppressed). Used by previews and before every sending.
struct push_preview {
    row_id writeback_id;
    enum writeback_state state;
    struct str reason;
    struct error error; // texts for the reason
};
bool writeback_preview(struct db_conn *conn, const struct order_context *context,
                       const struct crypto_key *key, const struct writeback_filter *filter,
                       struct arena *arena, struct push_preview **list, size_t *count,
                       struct error *error);
// Makes the chosen obligations (ids, or all that the filter takes) due now. Nothing that is unknown
// is sent before it was read back. Call sync_wake() afterwards. *count = how many are due.
bool writeback_run(struct db_conn *conn, const struct order_context *context, const row_id *ids,
                   size_t id_count, const struct writeback_filter *filter, size_t *count,
                   struct error *error);
// A person decides that this needn't be told (with a reason), or that a rejected one is tried
// again.
bool writeback_waive(struct db_conn *conn, const struct order_context *context, row_id id,
                     struct str why, struct error *error);
bool writeback_retry(struct db_conn *conn, const struct order_context *context, row_id id,
                     struct error *error);
struct writeback_attempt {
    row_id id;
    time_ms at;
    struct str kind, operation, outcome, evidence; // kind: "send", "read_back"
    int http_status;
    struct error error;
};
bool writeback_attempts(struct db_conn *conn, row_id org_id, row_id writeback_id,
                        struct arena *arena, struct writeback_attempt **list, size_t *count,
                        struct error *error);

// Connection test: calls done on the loop's thread with the matrix (valid during the call).
bool sync_test_shop(struct sync *sync, row_id org_id, row_id shop_id,
                    void (*done)(void *context, const struct check_result *results, size_t count,
                                 const struct error *error),
                    void *context, struct error *error);

// What a mall says about one order.
enum probe_state { PROBE_FOUND, PROBE_MISSING, PROBE_UNREADABLE, PROBE_FAILED };
struct probe_result {
    enum probe_state state;
    const struct order *order; // FOUND; shop_id set, ids unset
    const struct error *error; // UNREADABLE, FAILED; NULL or the mall's words with MISSING
};
// Reads one order from the mall and stores nothing. done() runs on the loop's thread; what it gets
// lives during the call.
bool sync_probe_order(struct sync *sync, row_id org_id, row_id shop_id, struct str order_no,
                      void (*done)(void *context, const struct probe_result *result), void *context,
                      struct error *error);

// Imports one of the mall's own files (header recognised; where the mall has two, in any order).
// Rows that fail are given to report() and kept as items of the run; with `dry_run` everything is
// done and rolled back. Runs on the caller's thread, in batches; the run is a fetch_run with door
// "file".
struct file_row_report {
    size_t line;
    struct str column, order_no;
    const struct error *error;
};
struct file_import {
    row_id run_id;     // 0 with dry_run
    const char *label; // which kind of file, in the language of `english`
    const char *encoding;
    int64_t listed, created, updated, unchanged, failed;
    bool has_failed_rows, has_failed_second; // kept with the run: failed_rows_read()
    struct error failure; // why it stopped before the file's end, if it did; also kept in the run
};
bool import_file(struct sync *sync, const struct order_context *context, row_id shop_id,
                 struct str bytes, struct str second_file, bool dry_run, bool english,
                 void (*report)(void *context, const struct file_row_report *row),
                 void *report_context, struct file_import *result, struct error *error);

struct shop_health {
    row_id shop_id;
    time_ms last_success_at, last_run_at, next_run_at, blocked_until;
    struct str blocked_reason;
    struct error last_error;
    int64_t owed, blocked, rejected, quarantined, skipped_listings;
    time_ms oldest_owed_at;
    size_t gap_count;
    struct credential_state next_credential; // the one that ends first; kind "" none
};
bool shops_health(struct db_conn *conn, row_id org_id, time_ms now, struct arena *arena,
                  struct shop_health **list, size_t *count, struct error *error);

// Design §13 across fetching and write-back: coverage, listings without order, obligations.
bool sync_verify(struct db_conn *conn, row_id org_id,
                 void (*report)(void *context, const struct error *finding), void *context,
                 struct error *error);

#endif
