// SPDX-License-Identifier: Apache-2.0
//
// Tables ship_file and ship_file_item: upload files as they were made.
#ifndef JUCHU_SYNC_EXPORT_STORE_H
#define JUCHU_SYNC_EXPORT_STORE_H

#include "sync/export.h"

bool ship_file_insert(struct db_conn *conn, const struct order_context *context,
                      const struct ship_file *file, struct str bytes, struct error *error);
bool ship_file_add_item(struct db_conn *conn, row_id org_id, row_id file_id, row_id writeback_id,
                        struct error *error);
bool ship_file_mark_withdrawn(struct db_conn *conn, const struct order_context *context, row_id id,
                              struct error *error);

// Small files inside the database, packed.
bool bytes_pack(struct str bytes, struct buf *packed, struct error *error);
bool bytes_unpack(struct arena *arena, struct str packed, struct str *bytes, struct error *error);

#endif
