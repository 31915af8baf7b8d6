// SPDX-License-Identifier: Apache-2.0
//
// Statements of PostgreSQL.
//
// A statement is prepared on the server when it is first run, because only then are the kinds of
// its parameters known: without them the server takes `$1 - 1000` for a 32-bit sum. An integer is
// declared bigint and sent in binary, a double double precision, a blob bytea; a text is left to
// the server, so that it can also be a text[] literal. A later call with another kind of value
// prepares anew with the more general type (declared types only move one way, so this ends).
// Results come as text; numbers are read from it, bytea is decoded in place when asked for.
// Invariants: bound bytes are copied by libpq when sent, so nothing is borrowed after a step.
#include "db/postgres_engine.h"

#include "base/memory.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

enum { OID_BYTEA = 17, OID_INT8 = 20, OID_FLOAT8 = 701 };

static struct postgres_stmt *of(struct db_stmt *s)
{
    return (struct postgres_stmt *)s;
}
static struct postgres_conn *conn_of(struct db_stmt *s)
{
    return (struct postgres_conn *)s->conn;
}

struct db_stmt *postgres_compile(struct db_conn *conn, const char *sql, struct error *error)
{
    int n = db_count_parameters(sql);
    size_t room = n > 0 ? (size_t)n : 1;
    struct postgres_stmt *s = memory_zalloc(1, sizeof *s);
    if (!s) {
        error_no_memory(error);
        return NULL;
    }
    assert(n >= 0);
    s->base.conn = conn;
    s->base.parameter_count = n;
    s->values = memory_zalloc(room, sizeof *s->values);
    s->declared = memory_zalloc(room, sizeof *s->declared);
    s->pointers = memory_zalloc(room, sizeof *s->pointers);
    s->lengths = memory_zalloc(room, sizeof *s->lengths);
    s->formats = memory_zalloc(room, sizeof *s->formats);
    if (s->values && s->declared && s->pointers && s->lengths && s->formats)
        return &s->base;
    postgres_destroy(&s->base);
    error_no_memory(error);
    return NULL;
}

static void forget_on_server(struct postgres_stmt *s)
{
    char command[64];
    if (!s->prepared || conn_of(&s->base)->broken)
        return;
    s->prepared = false;
    snprintf(command, sizeof command, "DEALLOCATE %s", s->name);
    // A failure is a lost connection, which the next operation reports.
    (void)postgres_send_command(conn_of(&s->base), command);
}

void postgres_destroy(struct db_stmt *base)
{
    struct postgres_stmt *s = of(base);
    struct error ignored; // as above
    if (s->prepared && !conn_of(base)->broken) {
        postgres_operation(conn_of(base));
        forget_on_server(s);
        (void)postgres_wait(conn_of(base), &ignored);
    }
    PQclear(s->result);
    memory_free(s->values);
    memory_free(s->declared);
    memory_free(s->pointers);
    memory_free(s->lengths);
    memory_free(s->formats);
    memory_free(s->scratch);
    memory_free(s->decoded);
    memory_free(s);
}

static struct postgres_value *value_of(struct db_stmt *base, int parameter)
{
    struct postgres_stmt *s = of(base);
    assert(!base->active);
    if (parameter >= 1 && parameter <= base->parameter_count) {
        s->bound = true;
        return &s->values[parameter - 1];
    }
    base->fault = BIND_NO_PARAMETER;
    base->bad_parameter = parameter;
    return NULL;
}

void postgres_bind_int(struct db_stmt *s, int parameter, int64_t v)
{
    struct postgres_value *value = value_of(s, parameter);
    if (value)
        *value = (struct postgres_value){.kind = VALUE_INT, .number = v};
}

void postgres_bind_double(struct db_stmt *s, int parameter, double v)
{
    struct postgres_value *value = value_of(s, parameter);
    if (value)
        *value = (struct postgres_value){.kind = VALUE_DOUBLE, .real = v};
}

void postgres_bind_bytes(struct db_stmt *s, int parameter, struct str v, bool is_text)
{
    struct postgres_value *value = value_of(s, parameter);
    if (value)
        *value = (struct postgres_value){.kind = is_text ? VALUE_TEXT : VALUE_BLOB, .bytes = v};
}

void postgres_bind_null(struct db_stmt *s, int parameter)
{
    struct postgres_value *value = value_of(s, parameter);
    if (value)
        *value = (struct postgres_value){.kind = VALUE_NULL};
}

// The type under which both kinds of values can be sent.
static unsigned char more_general(unsigned char a, unsigned char b)
{
    bool numbers = a <= VALUE_DOUBLE && b <= VALUE_DOUBLE;
    if (a == b || b == VALUE_NULL)
        return a;
    if (a == VALUE_NULL)
        return b;
    return numbers ? VALUE_DOUBLE : VALUE_TEXT;
}

static Oid oid_of(unsigned char kind)
{
    switch (kind) {
    case VALUE_INT:
        return OID_INT8;
    case VALUE_DOUBLE:
        return OID_FLOAT8;
    case VALUE_BLOB:
        return OID_BYTEA;
    default:
        return 0; // the server decides
    }
}

// Prepares the statement unless it is prepared with types that suit the values.
static bool prepare(struct postgres_stmt *s)
{
    struct postgres_conn *c = conn_of(&s->base);
    bool suits = s->prepared;
    Oid types[DB_PARAMETERS_MAX];
    for (int i = 0; i < s->base.parameter_count; i++) {
        unsigned char kind = more_general(s->declared[i], (unsigned char)s->values[i].kind);
        suits = suits && kind == s->declared[i];
        s->declared[i] = kind;
        types[i] = oid_of(kind);
    }
    if (suits)
        return true;
    forget_on_server(s);
    snprintf(s->name, sizeof s->name, "s%llu", (unsigned long long)++c->serial);
    return postgres_send_prepare(c, s, types);
}

static bool scratch_for(struct postgres_stmt *s)
{
    size_t size = 0;
    for (int i = 0; i < s->base.parameter_count; i++) {
        const struct postgres_value *v = &s->values[i];
        size += v->kind == VALUE_TEXT ? v->bytes.n + 1 : 32;
    }
    if (size <= s->scratch_size)
        return true;
    char *bigger = memory_resize(s->scratch, size);
    if (!bigger)
        return false;
    s->scratch = bigger;
    s->scratch_size = size;
    return true;
}

static size_t put_text(struct postgres_stmt *s, int i, char *at, const char *text, size_t n)
{
    memcpy(at, text, n);
    at[n] = '\0';
    s->pointers[i] = at;
    s->lengths[i] = (int)n;
    s->formats[i] = 0;
    return n + 1;
}

static size_t put_binary_64(struct postgres_stmt *s, int i, char *at, uint64_t bits)
{
    bits = htobe64(bits);
    memcpy(at, &bits, sizeof bits);
    s->pointers[i] = at;
    s->lengths[i] = sizeof bits;
    s->formats[i] = 1;
    return sizeof bits;
}

static size_t put_number(struct postgres_stmt *s, int i, char *at, const struct postgres_value *v)
{
    char text[40];
    uint64_t bits;
    double real = v->kind == VALUE_INT ? (double)v->number : v->real;
    if (v->kind == VALUE_INT && s->declared[i] == VALUE_INT)
        return put_binary_64(s, i, at, (uint64_t)v->number);
    if (s->declared[i] == VALUE_DOUBLE) {
        memcpy(&bits, &real, sizeof bits);
        return put_binary_64(s, i, at, bits);
    }
    if (v->kind == VALUE_INT)
        snprintf(text, sizeof text, "%lld", (long long)v->number);
    else
        snprintf(text, sizeof text, "%.17g", v->real);
    return put_text(s, i, at, text, strlen(text));
}

static void fill_parameters(struct postgres_stmt *s)
{
    char *at = s->scratch;
    for (int i = 0; i < s->base.parameter_count; i++) {
        const struct postgres_value *v = &s->values[i];
        switch (v->kind) {
        case VALUE_NULL:
            s->pointers[i] = NULL;
            s->lengths[i] = 0;
            s->formats[i] = 0;
            break;
        case VALUE_INT:
        case VALUE_DOUBLE:
            at += put_number(s, i, at, v);
            break;
        case VALUE_TEXT:
            at += put_text(s, i, at, v->bytes.p, v->bytes.n);
            break;
        case VALUE_BLOB:
            s->pointers[i] = v->bytes.p;
            s->lengths[i] = (int)v->bytes.n;
            s->formats[i] = 1;
            break;
        }
    }
}

static bool too_big(const struct postgres_stmt *s)
{
    for (int i = 0; i < s->base.parameter_count; i++)
        if (s->values[i].kind >= VALUE_BLOB && s->values[i].bytes.n > (size_t)1 << 29)
            return true;
    return false;
}

static bool send_run(struct postgres_stmt *s, bool in_batch, struct error *error)
{
    struct postgres_conn *c = conn_of(&s->base);
    if (too_big(s))
        return error_set(error, ERROR_NO_MEMORY, "db.too_big", "値が大きすぎて保存できません",
                         "A value is too big to be stored");
    if (!scratch_for(s))
        return error_no_memory(error);
    if (prepare(s)) {
        fill_parameters(s);
        if (postgres_send_run(c, s, in_batch))
            return true;
    }
    *error = c->error;
    return false;
}

static void clear_bindings(struct postgres_stmt *s)
{
    if (s->bound && s->base.parameter_count)
        memset(s->values, 0, (size_t)s->base.parameter_count * sizeof *s->values);
    s->bound = false;
}

void postgres_reset(struct db_stmt *base)
{
    struct postgres_stmt *s = of(base);
    db_stmt_set_active(base, false);
    PQclear(s->result);
    s->result = NULL;
    clear_bindings(s);
}

static bool room_for_columns(struct postgres_stmt *s)
{
    s->columns = PQnfields(s->result);
    if (s->columns <= s->columns_room)
        return true;
    int *bigger = memory_resize(s->decoded, (size_t)s->columns * sizeof *bigger);
    if (!bigger)
        return false;
    s->decoded = bigger;
    s->columns_room = s->columns;
    return true;
}

static enum db_step next_row(struct postgres_stmt *s)
{
    s->row++;
    if (s->row >= PQntuples(s->result)) {
        postgres_reset(&s->base);
        return DB_STEP_DONE;
    }
    for (int i = 0; i < s->columns; i++)
        s->decoded[i] = -1;
    return DB_STEP_ROW;
}

static enum db_step failed(struct postgres_stmt *s)
{
    postgres_reset(&s->base);
    return DB_STEP_ERROR;
}

enum db_step postgres_step(struct db_stmt *base, struct error *error)
{
    struct postgres_stmt *s = of(base);
    if (base->active)
        return next_row(s);
    // BEGIN may still be under way in the same operation.
    if (!base->conn->in_transaction)
        postgres_operation(conn_of(base));
    if (!send_run(s, false, error)) {
        struct error ignored; // the first one counts
        if (conn_of(base)->pending_count)
            (void)postgres_wait(conn_of(base), &ignored);
        return failed(s);
    }
    if (!postgres_wait(conn_of(base), error))
        return failed(s);
    if (!s->result) {
        postgres_reset(base);
        return DB_STEP_DONE;
    }
    if (!room_for_columns(s)) {
        error_no_memory(error);
        return failed(s);
    }
    s->row = -1;
    db_stmt_set_active(base, true);
    return next_row(s);
}

bool postgres_run_in_batch(struct db_stmt *base, struct error *error)
{
    struct postgres_stmt *s = of(base);
    struct postgres_conn *c = conn_of(base);
    // An error that has come back already saves sending the rest.
    bool ok = !c->has_error && send_run(s, true, error);
    if (!ok && c->has_error)
        *error = c->error;
    clear_bindings(s);
    return ok;
}

static const char *value_at(struct db_stmt *base, int column)
{
    struct postgres_stmt *s = of(base);
    if (!s->result || !base->active || column < 0 || column >= s->columns ||
        PQgetisnull(s->result, s->row, column))
        return NULL;
    return PQgetvalue(s->result, s->row, column);
}

bool postgres_is_null(struct db_stmt *s, int column)
{
    return value_at(s, column) == NULL;
}

int64_t postgres_column_int(struct db_stmt *s, int column)
{
    const char *value = value_at(s, column);
    if (!value)
        return 0;
    if (*value == 't')
        return 1; // boolean
    return strtoll(value, NULL, 10);
}

double postgres_column_double(struct db_stmt *s, int column)
{
    const char *value = value_at(s, column);
    return value ? strtod(value, NULL) : 0;
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

// "\x0aff" becomes the bytes themselves, in libpq's own memory.
static int decode_in_place(char *value, int n)
{
    int out = 0;
    for (int i = 2; i + 1 < n; i += 2)
        value[out++] = (char)(hex_digit(value[i]) << 4 | hex_digit(value[i + 1]));
    return out;
}

struct str postgres_column_bytes(struct db_stmt *base, int column)
{
    struct postgres_stmt *s = of(base);
    if (!value_at(base, column))
        return STR_ABSENT;
    char *value = PQgetvalue(s->result, s->row, column);
    int n = PQgetlength(s->result, s->row, column);
    if (PQftype(s->result, column) != OID_BYTEA)
        return str_make(value, (size_t)n);
    if (s->decoded[column] < 0)
        s->decoded[column] = decode_in_place(value, n);
    return str_make(value, (size_t)s->decoded[column]);
}
