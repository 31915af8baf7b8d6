// SPDX-License-Identifier: Apache-2.0
//
// The way to SQLite's FTS5 interface, as its documentation describes it.
#include "db/sqlite_extension.h"

fts5_api *sqlite_extension_fts5(sqlite3 *handle, struct error *error)
{
    fts5_api *api = NULL;
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(handle, "SELECT fts5(?1)", -1, &s, NULL) == SQLITE_OK) {
        sqlite3_bind_pointer(s, 1, &api, "fts5_api_ptr", NULL);
        sqlite3_step(s);
    }
    sqlite3_finalize(s);
    if (!api)
        error_set(error, ERROR_INTERNAL, "db.no_fts5",
                  "この SQLite には全文検索（FTS5）がありません",
                  "This SQLite has no full-text search (FTS5)");
    return api;
}
