// SPDX-License-Identifier: Apache-2.0
//
// Writing the search index, and the rows that reading shares with it. One transaction, one thread.
// PostgreSQL may have several at once: what one of them has locked the others leave alone.
#include "order/index.h"

#include "base/memory.h"
#include "order/bulk.h"
#include "order/index_merge.h"

#define PART_BYTES_MAX (64u << 20)
#define TEXT_COLUMNS "SELECT order_id, folded FROM order_search "

void index_writer_init(struct index_writer *w, struct db_conn *conn,
                       const struct order_context *context)
{
    *w = (struct index_writer){.conn = conn, .context = context};
}

void index_writer_free(struct index_writer *w)
{
    postings_free(&w->builder);
}

static struct db_stmt *org_statement(struct index_writer *w, const char *sql, struct error *error)
{
    struct db_stmt *s = db_prepare(w->conn, sql, error);
    if (s)
        db_bind_int(s, 1, w->context->org_id);
    return s;
}

static bool count_fresh(struct index_writer *w, size_t *count, struct error *error)
{
    struct db_stmt *s =
        org_statement(w, "SELECT COUNT(*) FROM search_fresh WHERE org_id = $1", error);
    if (!s)
        return false;
    enum db_step step = db_step(s, error);
    *count = step == DB_STEP_ROW ? (size_t)db_int(s, 0) : 0;
    db_reset(s);
    return step == DB_STEP_ROW;
}

static bool add_fresh_row(struct index_writer *w, row_id id, struct error *error)
{
    struct db_stmt *s = org_statement(w,
                                      "INSERT INTO search_fresh (org_id, order_id) VALUES ($1, $2) "
                                      "ON CONFLICT (org_id, order_id) DO NOTHING",
                                      error);
    if (!s)
        return false;
    db_bind_int(s, 2, id);
    return db_run(s, error);
}

static bool add_fresh(struct index_writer *w, struct error *error)
{
    const struct postings_builder *b = &w->builder;
    if (db_conn_engine(w->conn) == DB_SQLITE) {
        for (size_t i = 0; i < b->order_count; i++)
            if (!add_fresh_row(w, b->ids[i], error))
                return false;
        return true;
    }
    AUTO_BUF ids = buf_make(PART_BYTES_MAX);
    array_begin(&ids);
    for (size_t i = 0; i < b->order_count; i++)
        array_int(&ids, b->ids[i]);
    array_end(&ids);
    if (ids.failed)
        return error_no_memory(error);
    struct db_stmt *s = org_statement(w,
                                      "INSERT INTO search_fresh (org_id, order_id) SELECT DISTINCT "
                                      "$1::bigint, id FROM unnest($2::bigint[]) AS f (id) ORDER BY "
                                      "id ON CONFLICT (org_id, order_id) DO NOTHING",
                                      error);
    if (!s)
        return false;
    db_bind_text(s, 2, buf_str(&ids));
    return db_run(s, error);
}

// The texts of what is fresh join those of this transaction.
static bool take_fresh(struct index_writer *w, struct error *error)
{
    bool postgres = db_conn_engine(w->conn) == DB_POSTGRES;
    struct db_stmt *s = org_statement(
        w,
        postgres ? "WITH f AS (DELETE FROM search_fresh WHERE org_id = $1 AND order_id IN (SELECT "
                   "order_id FROM search_fresh WHERE org_id = $1 FOR UPDATE SKIP LOCKED) RETURNING "
                   "order_id) SELECT s.order_id, s.folded FROM f JOIN order_search s ON s.org_id = "
                   "$1 AND s.order_id = f.order_id"
                 : "SELECT s.order_id, s.folded FROM search_fresh f CROSS JOIN order_search s ON "
                   "s.order_id = f.order_id WHERE f.org_id = $1",
        error);
    if (!s)
        return false;
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        postings_add(&w->builder, db_int(s, 0), db_text(s, 1));
    if (step == DB_STEP_ERROR || postgres)
        return step == DB_STEP_DONE;
    s = org_statement(w, "DELETE FROM search_fresh WHERE org_id = $1", error);
    return s && db_run(s, error);
}

static const char add_part[] =
    "INSERT INTO search_part (org_id, segment_id, part, bytes) VALUES ($1, $2, $3, $4)";

bool index_put_part(struct db_conn *conn, row_id org_id, row_id segment, int64_t part,
                    struct buf *bytes, struct error *error)
{
    if (bytes->failed)
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(conn, add_part, error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, segment);
    db_bind_int(s, 3, part);
    db_bind_blob(s, 4, buf_str(bytes));
    return db_run(s, error);
}

bool index_put_ids(struct db_conn *conn, row_id org_id, row_id segment, const row_id *ids,
                   size_t count, struct error *error)
{
    AUTO_BUF bytes = buf_make(PART_BYTES_MAX);
    for (size_t chunk = 0; chunk * INDEX_IDS_PER_CHUNK < count; chunk++) {
        size_t from = chunk * INDEX_IDS_PER_CHUNK, left = count - from;
        size_t n = left < INDEX_IDS_PER_CHUNK ? left : INDEX_IDS_PER_CHUNK;
        buf_reset(&bytes);
        for (size_t i = 0; i < n; i++) {
            uint64_t id = (uint64_t)ids[from + i];
            char little[8];
            for (int k = 0; k < 8; k++)
                little[k] = (char)(id >> (8 * k));
            buf_add(&bytes, str_make(little, 8));
        }
        if (!index_put_part(conn, org_id, segment, -1 - (int64_t)chunk, &bytes, error))
            return false;
    }
    return true;
}

bool index_put_segment(struct db_conn *conn, row_id org_id, const struct index_segment *segment,
                       int level, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO search_segment (org_id, id, level, order_count, part_count, "
                   "first_order, last_order, merged_into, next_step) VALUES ($1, $2, $3, $4, $5, "
                   "$6, $7, NULL, 0)",
                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, segment->id);
    db_bind_int(s, 3, level);
    db_bind_int(s, 4, segment->order_count);
    db_bind_int(s, 5, segment->part_count);
    db_bind_int(s, 6, segment->first);
    db_bind_int(s, 7, segment->last);
    return db_run(s, error);
}

static bool write_parts(struct index_writer *w, const struct index_segment *segment,
                        struct error *error)
{
    AUTO_BUF bytes = buf_make(PART_BYTES_MAX);
    size_t from = 0;
    for (uint32_t part = 0; part < segment->part_count; part++) {
        buf_reset(&bytes);
        postings_write(&w->builder, part, segment->part_count, &from, &bytes);
        if (!index_put_part(w->conn, w->context->org_id, segment->id, part, &bytes, error))
            return false;
    }
    return true;
}

static bool write_segment(struct index_writer *w, struct error *error)
{
    struct postings_builder *b = &w->builder;
    if (!postings_sort(b))
        return error_no_memory(error);
    if (b->order_count == 0)
        return true;
    struct index_segment segment = {.id = id_next(w->context->ids, w->context->now),
                                    .first = b->ids[0],
                                    .last = b->ids[b->order_count - 1],
                                    .order_count = (uint32_t)b->order_count,
                                    .part_count = postings_parts(b->order_count)};
    return index_put_segment(w->conn, w->context->org_id, &segment, 0, error) &&
           index_put_ids(w->conn, w->context->org_id, segment.id, b->ids, b->order_count, error) &&
           write_parts(w, &segment, error);
}

bool index_write(struct index_writer *w, struct error *error)
{
    size_t fresh = 0, noted = w->builder.order_count;
    if (w->builder.failed)
        return error_no_memory(error);
    if (noted == 0)
        return true;
    if (!count_fresh(w, &fresh, error))
        return false;
    bool done = noted + fresh < INDEX_FRESH_MAX
                    ? add_fresh(w, error)
                    : (!fresh || take_fresh(w, error)) && write_segment(w, error) &&
                          index_merge(w->conn, w->context, noted + fresh, error);
    postings_reset(&w->builder);
    return done;
}

bool index_segments(struct db_conn *conn, row_id org_id, row_id from, row_id to,
                    struct arena *arena, struct index_segment **segments, size_t *count,
                    struct error *error)
{
    size_t capacity = 0;
    *segments = NULL;
    *count = 0;
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT id, first_order, last_order, order_count, part_count FROM search_segment WHERE "
        "org_id = $1 AND level >= 0 AND first_order <= $3 AND last_order >= $2 ORDER BY last_order "
        "DESC, id LIMIT 100000",
        error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, from);
    db_bind_int(s, 3, to);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        if (*count == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            struct index_segment *more = ARENA_ARRAY(arena, struct index_segment, capacity);
            if (!more) {
                db_reset(s);
                return error_no_memory(error);
            }
            if (*count)
                memcpy(more, *segments, *count * sizeof *more);
            *segments = more;
        }
        (*segments)[(*count)++] = (struct index_segment){.id = db_int(s, 0),
                                                         .first = db_int(s, 1),
                                                         .last = db_int(s, 2),
                                                         .order_count = (uint32_t)db_int(s, 3),
                                                         .part_count = (uint32_t)db_int(s, 4)};
    }
    return step == DB_STEP_DONE;
}

struct str index_part(struct db_conn *conn, row_id org_id, row_id segment, int64_t part,
                      struct db_stmt **statement, struct error *error)
{
    error_clear(error);
    struct db_stmt *s = *statement =
        db_prepare(conn,
                   "SELECT bytes FROM search_part WHERE org_id = $1 AND segment_id = $2 AND part = "
                   "$3",
                   error);
    if (!s)
        return STR_ABSENT;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, segment);
    db_bind_int(s, 3, part);
    return db_step(s, error) == DB_STEP_ROW ? db_blob(s, 0) : STR_ABSENT;
}

row_id index_id_at(struct str chunk, size_t at)
{
    uint64_t id = 0;
    if (8 * at + 8 > chunk.n)
        return 0;
    for (int k = 7; k >= 0; k--)
        id = id << 8 | (unsigned char)chunk.p[8 * at + (size_t)k];
    return (row_id)id;
}

bool index_damaged(struct error *error)
{
    return error_set(error, ERROR_STORAGE, "order.search_index_damaged",
                     "検索用の索引が壊れています。", "The search index is damaged.");
}
