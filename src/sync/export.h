// SPDX-License-Identifier: Apache-2.0
//
// データ書出 by file: shipment notices as the file that a mall's own screen takes. Making the file
// and counting its notices as sent is one transaction, and the file is kept: whatever becomes of a
// download, the same bytes can be had again. A notice that left in a file is read back like any
// other and never goes through the API unless a person says that the file wasn't uploaded.
#ifndef JUCHU_SYNC_EXPORT_H
#define JUCHU_SYNC_EXPORT_H

#include "mall/file/ship_file.h"
#include "sync/sync.h"

#define EXPORT_ORDERS_MAX 20000

struct export_request {
    row_id shop_id;
    struct str format;      // id of a ship_file_format; "" the mall's usual one
    time_ms from, to;       // 作成期間: order.changed_at in [from, to); TIME_NONE = open
    const row_id *statuses; // work statuses; none = all
    size_t status_count;
    const row_id *ids; // only these write-backs (those a person saw); none = all of the shop
    size_t id_count;
};

enum export_outcome {
    EXPORT_GOES,
    EXPORT_BLOCKED,    // something is missing
    EXPORT_SUPPRESSED, // the link rules leave it out
    EXPORT_UNDER_WAY,  // the API is at it, or its outcome isn't known yet
    EXPORT_OUTCOME_COUNT
};
const char *export_outcome_name(enum export_outcome o); // "will_send", "blocked", …

struct export_row {
    row_id writeback_id, order_id;
    struct str order_no;
    enum export_outcome outcome;
    struct error why;  // of BLOCKED and SUPPRESSED
    struct error note; // class NONE, or what a person should know though it goes
    const struct order_package *packages;
    size_t package_count;
};
struct export_preview {
    const struct ship_file_format *format;
    struct export_row *rows;
    size_t count;
    int64_t outcomes[EXPORT_OUTCOME_COUNT];
    int64_t hidden; // unsent notices of the shop that the request's conditions leave out
};
// What a file made now would hold, and what it wouldn't and why; changes nothing. ERROR_BAD_INPUT
// "export.no_format" for a mall without upload file, "export.too_many".
bool export_preview(struct db_conn *conn, const struct order_context *context,
                    const struct export_request *request, struct arena *arena,
                    struct export_preview *preview, struct error *error);

struct ship_file {
    row_id id, shop_id;
    struct str format, file_name, content_type;
    struct str hash; // BLAKE2b-256 of the bytes, hex
    time_ms created_at, withdrawn_at;
    struct actor actor;
    struct str withdrawn_by;
    int64_t orders, size;
    int64_t verified, waiting,
        attention; // of its notices: shown by the mall, not yet, for a person
};
// Makes and keeps the file and counts its notices as sent. Inside a write transaction; run again
// after a rollback it begins anew. `preview` gets what went in and what didn't. `keep` (may be
// NULL) sees the bytes before the transaction ends; false ends it, and nothing has happened.
// ERROR_BAD_INPUT "export.nothing" when no notice can go.
bool export_create(struct db_conn *conn, const struct order_context *context,
                   const struct export_request *request, struct arena *arena,
                   bool (*keep)(void *context, const struct ship_file *file, struct str bytes,
                                struct error *error),
                   void *keep_context, struct ship_file *file, struct export_preview *preview,
                   struct error *error);
// The file was not uploaded and won't be: what the mall doesn't show is owed again, after it has
// been read (at once when the shop is switched off). *count = notices that were taken back.
// ERROR_CONFLICT "ship_file.withdrawn" the second time.
bool ship_file_withdraw(struct db_conn *conn, const struct order_context *context, row_id id,
                        size_t *count, struct error *error);

// Newest first; shop 0 = all; `before` 0 = from the newest.
bool ship_file_list(struct db_conn *conn, row_id org_id, row_id shop_id, row_id before, int limit,
                    struct arena *arena, struct ship_file **list, size_t *count,
                    struct error *error);
bool ship_file_read(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
                    struct ship_file *file, struct error *error);
// The bytes as they were made.
bool ship_file_bytes(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
                     struct str *bytes, struct error *error);
// The write-backs that the file tells.
bool ship_file_items(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
                     row_id **writebacks, size_t *count, struct error *error);

#endif
