// SPDX-License-Identifier: Apache-2.0
//
// Inside of diagnosis/: writing database rows into the evidence document.
#ifndef JUCHU_DIAGNOSIS_GATHER_H
#define JUCHU_DIAGNOSIS_GATHER_H

#include "diagnosis/evidence.h"
#include "order/obligation.h"
#include "order/store.h"
#include "sync/sync.h"

#define GATHER_BYTES_MAX (4u << 20)

struct gather {
    struct db_conn *conn;
    const struct crypto_key *key;
    struct arena *arena;
    struct json_writer w;
    row_id org_id;
    time_ms now;
    enum question question;
    struct shop shop;   // id 0: unknown
    row_id order_id;    // 0: not here
    struct str number;  // normalised
    time_ms ordered_at; // of order or listing; TIME_NONE
};

enum column_kind {
    COLUMN_END,
    COLUMN_TEXT,
    COLUMN_INT,
    COLUMN_BOOL,
    COLUMN_ID,
    COLUMN_TIME, // milliseconds, null when NULL
    COLUMN_JSON  // stored JSON, copied as it is; null when NULL or empty
};
struct column {
    enum column_kind kind;
    const char *name;
};

// Writes `name` as an array of objects, one a row; or, with `single`, as the first row's object or
// null. $1 is org, $2 shop, $3 the order number, $4 the order's id, $5 the present: each may be
// left out of the text from the end.
bool gather_rows(struct gather *g, const char *name, bool single, const char *sql, int parameters,
                 const struct column *columns, struct error *error);

bool gather_order(struct gather *g, struct error *error);
bool gather_shop(struct gather *g, struct error *error);
bool gather_writeback(struct gather *g, struct error *error);

#endif
