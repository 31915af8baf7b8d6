// SPDX-License-Identifier: Apache-2.0
//
// For higher layers that add functions or FTS5 tokenizers to SQLite: the type of
// db_options.sqlite_on_open, and the way from a connection to SQLite's FTS5 interface. Kept apart
// from db.h so that only those files see sqlite3.h.
#ifndef JUCHU_DB_SQLITE_EXTENSION_H
#define JUCHU_DB_SQLITE_EXTENSION_H

#include "base/error.h"

#include <sqlite3.h>

// To be given as db_options.sqlite_on_open. Called once for each new connection (writer, readers,
// checkpointer), before its first statement, on the thread that opens it; `sqlite3_handle` is a
// sqlite3 *. Functions used in indexes, triggers or generated columns must be deterministic.
// False with error set: the connection is not used, and the operation that needed it fails.
typedef bool (*sqlite_extension_fn)(void *context, void *sqlite3_handle, struct error *error);

// FTS5's interface of a connection, to register tokenizers. NULL with error set where this SQLite
// has no FTS5.
fts5_api *sqlite_extension_fts5(sqlite3 *handle, struct error *error);

#endif
