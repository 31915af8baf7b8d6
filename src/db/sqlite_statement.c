// SPDX-License-Identifier: Apache-2.0
//
// Statements of SQLite: the dialect's $n onto SQLite's parameters, steps, columns.
//
// Invariants: SQLite numbers parameters in the order in which they first appear and takes "$1" and
// "$1::bigint" for two names; `places` and `again` undo both. A statement that may give rows keeps
// reading its parameters while it is stepped, so its bytes are copied by SQLite; others read them
// within their only step, so the caller's bytes are used in place. Bindings never outlive a use.
#include "db/sqlite_engine.h"

#include "base/memory.h"

#include <assert.h>

static struct sqlite_stmt *of(struct db_stmt *s)
{
    return (struct sqlite_stmt *)s;
}
static struct sqlite_conn *conn_of(struct db_stmt *s)
{
    return (struct sqlite_conn *)s->conn;
}

static int number_of(const char *name)
{
    int number = 0;
    if (!name || *name != '$')
        return 0;
    for (name++; *name >= '0' && *name <= '9' && number <= DB_PARAMETERS_MAX; name++)
        number = number * 10 + (*name - '0');
    return number;
}

// False when the statement uses a parameter that isn't $1 … $999.
static bool map_parameters(struct sqlite_stmt *s, int places)
{
    for (int place = places; place > 0; place--) {
        int number = number_of(sqlite3_bind_parameter_name(s->handle, place));
        if (number < 1 || number > s->base.parameter_count)
            return false;
        s->again[place] = s->places[number];
        s->places[number] = (uint16_t)place;
    }
    return true;
}

static bool prepare(struct sqlite_conn *conn, const char *sql, struct sqlite_stmt *s,
                    struct error *error)
{
    const char *tail = NULL;
    int code =
        sqlite3_prepare_v3(conn->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, &tail);
    if (code != SQLITE_OK)
        return sqlite_fail(conn, code, false, error);
    if (!s->handle || (tail && tail[strspn(tail, "; \t\r\n")]))
        return error_set(error, ERROR_INTERNAL, "db.statement", "SQL 文は一つだけ渡してください",
                         "Exactly one statement is expected");
    return true;
}

struct db_stmt *sqlite_compile(struct db_conn *base, const char *sql, struct error *error)
{
    struct sqlite_conn *conn = (struct sqlite_conn *)base;
    struct sqlite_stmt *s = memory_zalloc(1, sizeof *s);
    if (!s) {
        error_no_memory(error);
        return NULL;
    }
    s->base.parameter_count = db_count_parameters(sql);
    assert(s->base.parameter_count >= 0);
    if (!prepare(conn, sql, s, error))
        goto failed;
    int places = sqlite3_bind_parameter_count(s->handle);
    s->places = memory_zalloc((size_t)s->base.parameter_count + 1, sizeof *s->places);
    s->again = memory_zalloc((size_t)places + 1, sizeof *s->again);
    if (!s->places || !s->again) {
        error_no_memory(error);
        goto failed;
    }
    if (!map_parameters(s, places)) {
        error_set(error, ERROR_INTERNAL, "db.parameter",
                  "パラメーターは $1 から $%d の形で書いてください",
                  "Parameters are written $1 … $%d", DB_PARAMETERS_MAX);
        goto failed;
    }
    s->keep_bytes = sqlite3_column_count(s->handle) > 0;
    return &s->base;
failed:
    sqlite_destroy(&s->base);
    return NULL;
}

void sqlite_destroy(struct db_stmt *base)
{
    struct sqlite_stmt *s = of(base);
    sqlite3_finalize(s->handle);
    memory_free(s->places);
    memory_free(s->again);
    memory_free(s);
}

// The first place of a parameter, 0 with a fault noted when there is none.
static int place_of(struct sqlite_stmt *s, int parameter)
{
    assert(!s->base.active);
    if (parameter >= 1 && parameter <= s->base.parameter_count && s->places[parameter]) {
        s->dirty = true;
        return s->places[parameter];
    }
    s->base.fault = BIND_NO_PARAMETER;
    s->base.bad_parameter = parameter;
    return 0;
}

static void note(struct sqlite_stmt *s, int code)
{
    if (code != SQLITE_OK)
        s->base.fault = BIND_NO_MEMORY;
}

void sqlite_bind_int(struct db_stmt *base, int parameter, int64_t v)
{
    struct sqlite_stmt *s = of(base);
    for (int place = place_of(s, parameter); place; place = s->again[place])
        note(s, sqlite3_bind_int64(s->handle, place, v));
}

void sqlite_bind_double(struct db_stmt *base, int parameter, double v)
{
    struct sqlite_stmt *s = of(base);
    for (int place = place_of(s, parameter); place; place = s->again[place])
        note(s, sqlite3_bind_double(s->handle, place, v));
}

void sqlite_bind_bytes(struct db_stmt *base, int parameter, struct str v, bool is_text)
{
    struct sqlite_stmt *s = of(base);
    sqlite3_destructor_type lifetime = s->keep_bytes ? SQLITE_TRANSIENT : SQLITE_STATIC;
    for (int place = place_of(s, parameter); place; place = s->again[place])
        note(s, is_text ? sqlite3_bind_text64(s->handle, place, v.p, v.n, lifetime, SQLITE_UTF8)
                        : sqlite3_bind_blob64(s->handle, place, v.p, v.n, lifetime));
}

void sqlite_bind_null(struct db_stmt *base, int parameter)
{
    struct sqlite_stmt *s = of(base);
    for (int place = place_of(s, parameter); place; place = s->again[place])
        note(s, sqlite3_bind_null(s->handle, place));
}

void sqlite_reset(struct db_stmt *base)
{
    struct sqlite_stmt *s = of(base);
    db_stmt_set_active(base, false);
    s->no_memory = false;
    if (!s->dirty)
        return;
    s->dirty = false;
    // Its result repeats the error of the last step, which has been reported.
    (void)sqlite3_reset(s->handle);
    (void)sqlite3_clear_bindings(s->handle);
}

enum db_step sqlite_step(struct db_stmt *base, struct error *error)
{
    struct sqlite_stmt *s = of(base);
    if (s->no_memory) {
        error_no_memory(error);
        sqlite_reset(base);
        return DB_STEP_ERROR;
    }
    s->dirty = true;
    int code = sqlite3_step(s->handle);
    if (code == SQLITE_ROW) {
        db_stmt_set_active(base, true);
        return DB_STEP_ROW;
    }
    if (code == SQLITE_DONE) {
        if (!sqlite3_stmt_readonly(s->handle))
            base->changes = sqlite3_changes64(conn_of(base)->handle);
        sqlite_reset(base);
        return DB_STEP_DONE;
    }
    sqlite_fail(conn_of(base), code, true, error);
    sqlite_reset(base);
    return DB_STEP_ERROR;
}

bool sqlite_is_null(struct db_stmt *base, int column)
{
    return sqlite3_column_type(of(base)->handle, column) == SQLITE_NULL;
}

int64_t sqlite_column_int(struct db_stmt *base, int column)
{
    return sqlite3_column_int64(of(base)->handle, column);
}

double sqlite_column_double(struct db_stmt *base, int column)
{
    return sqlite3_column_double(of(base)->handle, column);
}

struct str sqlite_column_bytes(struct db_stmt *base, int column)
{
    struct sqlite_stmt *s = of(base);
    const void *bytes;
    int type = sqlite3_column_type(s->handle, column);
    if (type == SQLITE_NULL)
        return STR_ABSENT;
    // For a stored text this gives its bytes without a copy made for a final NUL.
    if (type == SQLITE_TEXT || type == SQLITE_BLOB)
        bytes = sqlite3_column_blob(s->handle, column);
    else
        bytes = sqlite3_column_text(s->handle, column);
    int n = sqlite3_column_bytes(s->handle, column);
    if (bytes)
        return str_make(bytes, (size_t)n);
    // An empty value has no address; anything else without one is lack of memory, said by the next
    // step.
    if (sqlite3_errcode(conn_of(base)->handle) == SQLITE_NOMEM)
        s->no_memory = true;
    return STR("");
}

bool sqlite_exec(struct db_conn *base, const char *sql, struct error *error)
{
    struct sqlite_conn *conn = (struct sqlite_conn *)base;
    struct sqlite_stmt s = {0};
    if (!prepare(conn, sql, &s, error)) {
        sqlite3_finalize(s.handle);
        return false;
    }
    int code;
    do
        code = sqlite3_step(s.handle);
    while (code == SQLITE_ROW);
    bool ok = code == SQLITE_DONE || sqlite_fail(conn, code, true, error);
    sqlite3_finalize(s.handle);
    return ok;
}

bool sqlite_explain(struct db_conn *base, struct arena *arena, const char *sql, struct str *plan,
                    struct error *error)
{
    struct sqlite_conn *conn = (struct sqlite_conn *)base;
    struct sqlite_stmt s = {0};
    struct str question = arena_printf(arena, "EXPLAIN QUERY PLAN %s", sql);
    if (!question.p || arena_failed(arena))
        return error_no_memory(error);
    int code = SQLITE_DONE;
    if (!prepare(conn, question.p, &s, error))
        goto failed;
    *plan = STR("");
    while ((code = sqlite3_step(s.handle)) == SQLITE_ROW)
        *plan = arena_printf(arena, "%.*s%s%s", STR_ARG(*plan), plan->n ? "\n" : "",
                             (const char *)sqlite3_column_text(s.handle, 3));
    if (code != SQLITE_DONE) {
        sqlite_fail(conn, code, true, error);
        goto failed;
    }
    sqlite3_finalize(s.handle);
    return true;
failed:
    sqlite3_finalize(s.handle);
    return false;
}
