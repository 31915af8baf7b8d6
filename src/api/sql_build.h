// SPDX-License-Identifier: Apache-2.0
//
// A query whose conditions depend on what was asked. Text comes from the program only; every value
// is a parameter, numbered as it is added (PostgreSQL wants each number to stand in the text).
#ifndef JUCHU_API_SQL_BUILD_H
#define JUCHU_API_SQL_BUILD_H

#include "base/buf.h"
#include "db/db.h"

#define SQL_PARAMETERS_MAX 160

struct sql_build {
    struct buf sql;
    struct {
        int64_t number;
        struct str text;
        bool is_text;
    } values[SQL_PARAMETERS_MAX];
    int count;
};

static inline struct sql_build sql_build_make(void)
{
    return (struct sql_build){.sql = buf_make(16384)};
}
// The parameter's number, to be written as $n.
int sql_int(struct sql_build *b, int64_t value);
int sql_text(struct sql_build *b, struct str value);
// " AND COLUMN IN ($4, $5)"; nothing when there are none.
void sql_in(struct sql_build *b, const char *column, const int64_t *ids, size_t count);
// The statement with its parameters bound; frees the text. NULL with error set.
struct db_stmt *sql_prepare(struct sql_build *b, struct db_conn *conn, struct arena *arena,
                            struct error *error);
// First column of the first row, 0 without row; frees the text.
bool sql_number(struct sql_build *b, struct db_conn *conn, struct arena *arena, int64_t *number,
                struct error *error);

#endif
