// SPDX-License-Identifier: Apache-2.0
//
// Row writer for both engines. One instance per table and transaction; not thread-safe. Texts given
// on SQLite are borrowed until bulk_end_row(), on PostgreSQL they are copied.
#include "order/bulk.h"

#include "base/memory.h"

// A PostgreSQL message takes at most 1 GB; a batch stays far below.
#define ARRAY_BYTES_MAX (256u << 20)

void bulk_init(struct bulk *b, struct db_conn *conn, const struct bulk_table *table)
{
    memset(b, 0, sizeof *b);
    b->conn = conn;
    b->table = table;
    b->engine = db_conn_engine(conn);
    for (int i = 0; i < BULK_COLUMNS_MAX; i++)
        b->arrays[i] = buf_make(ARRAY_BYTES_MAX);
}

void bulk_free(struct bulk *b)
{
    if (!b || !b->table)
        return;
    for (int i = 0; i < BULK_COLUMNS_MAX; i++)
        buf_free(&b->arrays[i]);
}

static bool prepare_first(struct bulk *b)
{
    // Reported by bulk_end_row(), which prepares again to learn why.
    struct error *ignored = memory_zalloc(1, sizeof *ignored);
    if (ignored)
        b->stmt = db_prepare(b->conn, b->table->sqlite, ignored);
    memory_free(ignored);
    b->value_lost |= !b->stmt;
    return b->stmt != NULL;
}

static inline bool prepare(struct bulk *b)
{
    return b->stmt || prepare_first(b);
}

static struct buf *next_array(struct bulk *b)
{
    struct buf *out = &b->arrays[b->column++];
    buf_add_char(out, b->rows == 0 ? '{' : ',');
    return out;
}

void bulk_int(struct bulk *b, int64_t v)
{
    if (b->engine == DB_POSTGRES)
        buf_add_int(next_array(b), v);
    else if (prepare(b))
        db_bind_int(b->stmt, ++b->column, v);
}

static void bulk_null(struct bulk *b)
{
    if (b->engine == DB_POSTGRES)
        buf_add(next_array(b), STR("NULL"));
    else if (prepare(b))
        db_bind_null(b->stmt, ++b->column);
}

void bulk_time(struct bulk *b, time_ms v)
{
    if (v == TIME_NONE)
        bulk_null(b);
    else
        bulk_int(b, v);
}

void bulk_id(struct bulk *b, int64_t v)
{
    if (v == 0)
        bulk_null(b);
    else
        bulk_int(b, v);
}

static void add_quoted(struct buf *out, struct str v)
{
    char *p = buf_reserve(out, 2 * v.n + 2);
    if (!p)
        return;
    char *q = p;
    *q++ = '"';
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        if (c == '"' || c == '\\')
            *q++ = '\\';
        *q++ = c;
    }
    *q++ = '"';
    buf_commit(out, (size_t)(q - p));
}

void bulk_text(struct bulk *b, struct str v)
{
    if (b->engine == DB_POSTGRES)
        add_quoted(next_array(b), v);
    else if (prepare(b))
        db_bind_text(b->stmt, ++b->column, v.p ? v : STR(""));
}

void bulk_text_or_null(struct bulk *b, struct str v)
{
    if (v.p)
        bulk_text(b, v);
    else
        bulk_null(b);
}

static void add_hex(struct buf *out, struct str v)
{
    static const char hex[] = "0123456789abcdef";
    char *p = buf_reserve(out, 2 * v.n + 5);
    if (!p)
        return;
    memcpy(p, "\"\\\\x", 4);
    char *q = p + 4;
    for (size_t i = 0; i < v.n; i++) {
        *q++ = hex[(unsigned char)v.p[i] >> 4];
        *q++ = hex[(unsigned char)v.p[i] & 15];
    }
    *q++ = '"';
    buf_commit(out, (size_t)(q - p));
}

void bulk_blob(struct bulk *b, struct str v)
{
    if (b->engine == DB_POSTGRES)
        add_hex(next_array(b), v);
    else if (prepare(b))
        db_bind_blob(b->stmt, ++b->column, v.p ? v : STR(""));
}

bool bulk_end_row(struct bulk *b, struct error *error)
{
    b->column = 0;
    b->rows++;
    if (b->engine == DB_POSTGRES)
        return true;
    if (!b->stmt)
        b->stmt = db_prepare(b->conn, b->table->sqlite, error);
    if (b->stmt && b->value_lost)
        return error_no_memory(error); // it is prepared now, but a value is missing
    return b->stmt && db_run(b->stmt, error);
}

bool bulk_flush(struct bulk *b, struct error *error)
{
    if (b->engine == DB_SQLITE || b->rows == 0)
        return true;
    struct db_stmt *s = db_prepare(b->conn, b->table->postgres, error);
    if (!s)
        return false;
    int columns = (int)strlen(b->table->types);
    for (int i = 0; i < columns; i++) {
        buf_add_char(&b->arrays[i], '}');
        if (b->arrays[i].failed)
            return error_no_memory(error);
        db_bind_text(s, i + 1, buf_str(&b->arrays[i]));
    }
    b->rows = 0;
    return db_run(s, error);
}

void array_begin(struct buf *out)
{
    buf_reset(out);
    buf_add_char(out, '{');
}

static void separate(struct buf *out)
{
    if (out->n > 1)
        buf_add_char(out, ',');
}

void array_int(struct buf *out, int64_t v)
{
    separate(out);
    buf_add_int(out, v);
}

void array_text(struct buf *out, struct str v)
{
    separate(out);
    add_quoted(out, v);
}

void array_end(struct buf *out)
{
    buf_add_char(out, '}');
}
