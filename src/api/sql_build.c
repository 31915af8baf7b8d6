// SPDX-License-Identifier: Apache-2.0
//
// Queries under construction; see sql_build.h.
#include "api/sql_build.h"

int sql_int(struct sql_build *b, int64_t value)
{
    if (b->count < SQL_PARAMETERS_MAX)
        b->values[b->count].number = value;
    return ++b->count;
}

int sql_text(struct sql_build *b, struct str value)
{
    if (b->count < SQL_PARAMETERS_MAX) {
        b->values[b->count].text = value;
        b->values[b->count].is_text = true;
    }
    return ++b->count;
}

void sql_in(struct sql_build *b, const char *column, const int64_t *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i == 0)
            buf_addf(&b->sql, " AND %s IN ($%d", column, sql_int(b, ids[i]));
        else
            buf_addf(&b->sql, ", $%d", sql_int(b, ids[i]));
    }
    if (count > 0)
        buf_add_char(&b->sql, ')');
}

struct db_stmt *sql_prepare(struct sql_build *b, struct db_conn *conn, struct arena *arena,
                            struct error *error)
{
    const char *sql = str_cstr(arena, buf_str(&b->sql));
    bool failed = b->sql.failed || arena_failed(arena) || b->count > SQL_PARAMETERS_MAX;
    buf_free(&b->sql);
    if (failed) {
        error_no_memory(error);
        return NULL;
    }
    struct db_stmt *s = db_prepare(conn, sql, error);
    for (int i = 0; s && i < b->count; i++) {
        if (b->values[i].is_text)
            db_bind_text(s, i + 1, b->values[i].text);
        else
            db_bind_int(s, i + 1, b->values[i].number);
    }
    return s;
}

bool sql_number(struct sql_build *b, struct db_conn *conn, struct arena *arena, int64_t *number,
                struct error *error)
{
    *number = 0;
    struct db_stmt *s = sql_prepare(b, conn, arena, error);
    if (!s)
        return false;
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        *number = db_int(s, 0);
        db_reset(s);
    }
    return step != DB_STEP_ERROR;
}
