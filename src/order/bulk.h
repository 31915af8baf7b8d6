// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: writing many rows of one table. On SQLite each row runs a prepared INSERT at
// once; on PostgreSQL the values gather in arrays and one statement per table sends them all
// (unnest), inside a pipeline (design §14).
#ifndef JUCHU_ORDER_BULK_H
#define JUCHU_ORDER_BULK_H

#include "base/buf.h"
#include "db/db.h"

#define BULK_COLUMNS_MAX 48

struct bulk_table {
    const char *sqlite;   // INSERT … VALUES ($1, …)
    const char *postgres; // INSERT … SELECT … FROM unnest($1::bigint[], …)
    const char *types;    // one letter a column: i bigint, t text, b blob
};

struct bulk {
    struct db_conn *conn;
    const struct bulk_table *table;
    enum db_engine engine;
    struct db_stmt *stmt; // SQLite
    bool value_lost;      // given while the statement couldn't be prepared
    int column;
    size_t rows;
    struct buf arrays[BULK_COLUMNS_MAX]; // PostgreSQL: array literals, alive until bulk_free
};

// `b` may live on the heap or in an arena; nothing is allocated before the first row.
void bulk_init(struct bulk *b, struct db_conn *conn, const struct bulk_table *table);
void bulk_free(struct bulk *b);
// The values of a row, in the order of the columns.
void bulk_int(struct bulk *b, int64_t v);
void bulk_time(struct bulk *b, time_ms v);    // TIME_NONE (and undetermined yen) is NULL
void bulk_id(struct bulk *b, int64_t v);      // 0 is NULL
void bulk_text(struct bulk *b, struct str v); // absent is written as ""
void bulk_text_or_null(struct bulk *b, struct str v);
void bulk_blob(struct bulk *b, struct str v);
bool bulk_end_row(struct bulk *b, struct error *error);
// Queues what has gathered; the arrays must stay until the batch ends. Nothing to do on SQLite.
bool bulk_flush(struct bulk *b, struct error *error);

// {1,2,3} and {"a","b"} for = ANY($n::bigint[]) and = ANY($n::text[]).
void array_begin(struct buf *out);
void array_int(struct buf *out, int64_t v);
void array_text(struct buf *out, struct str v);
void array_end(struct buf *out);

#endif
