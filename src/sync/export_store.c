// SPDX-License-Identifier: Apache-2.0
//
// Upload files in the database. A row is written once; only its withdrawal is added later. How far
// its notices are is counted when it is read. Database threads and readers' connections.
#include "sync/export_store.h"
#include "base/compress.h"

#define FILE_BYTES_MAX (64u << 20)
#define COMPRESSION 3

bool bytes_pack(struct str bytes, struct buf *packed, struct error *error)
{
    struct compressor *c = compressor_new(STR_ABSENT, COMPRESSION);
    bool done = c ? compress_bytes(c, bytes, packed, error) : error_no_memory(error);
    compressor_free(c);
    return done;
}

bool bytes_unpack(struct arena *arena, struct str packed, struct str *bytes, struct error *error)
{
    AUTO_BUF plain = buf_make(FILE_BYTES_MAX);
    struct compressor *c = compressor_new(STR_ABSENT, COMPRESSION);
    bool done =
        c ? decompress_bytes(c, packed, FILE_BYTES_MAX, &plain, error) : error_no_memory(error);
    compressor_free(c);
    *bytes = done ? str_dup(arena, buf_str(&plain)) : STR_ABSENT;
    return done && (!arena_failed(arena) || error_no_memory(error));
}

bool ship_file_insert(struct db_conn *conn, const struct order_context *context,
                      const struct ship_file *file, struct str bytes, struct error *error)
{
    AUTO_BUF packed = buf_make(FILE_BYTES_MAX);
    if (!bytes_pack(bytes, &packed, error))
        return false;
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO ship_file (org_id, id, shop_id, format, file_name, content_type, "
                   "created_at, actor_kind, actor_id, actor_name, orders, size, hash, packed, "
                   "withdrawn_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
                   "$14, '')",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, file->id);
    db_bind_id(s, 3, file->shop_id);
    db_bind_text(s, 4, file->format);
    db_bind_text(s, 5, file->file_name);
    db_bind_text(s, 6, file->content_type);
    db_bind_int(s, 7, file->created_at);
    db_bind_int(s, 8, context->actor.kind);
    db_bind_id(s, 9, context->actor.id);
    db_bind_text(s, 10, context->actor.name.p ? context->actor.name : STR(""));
    db_bind_int(s, 11, file->orders);
    db_bind_int(s, 12, file->size);
    db_bind_text(s, 13, file->hash);
    db_bind_blob(s, 14, buf_str(&packed));
    return db_run(s, error);
}

bool ship_file_add_item(struct db_conn *conn, row_id org_id, row_id file_id, row_id writeback_id,
                        struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "INSERT INTO ship_file_item (org_id, ship_file_id, "
                                   "writeback_id) VALUES ($1, $2, $3)",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, file_id);
    db_bind_id(s, 3, writeback_id);
    return db_run(s, error);
}

bool ship_file_mark_withdrawn(struct db_conn *conn, const struct order_context *context, row_id id,
                              struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "UPDATE ship_file SET withdrawn_at = $3, withdrawn_by = $4 "
                                   "WHERE org_id = $1 AND id = $2",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, id);
    db_bind_int(s, 3, context->now);
    db_bind_text(s, 4, context->actor.name.p ? context->actor.name : STR(""));
    return db_run(s, error);
}

#define COLUMNS                                                                      \
    "f.id, f.shop_id, f.format, f.file_name, f.content_type, f.hash, f.created_at, " \
    "f.withdrawn_at, f.actor_kind, f.actor_id, f.actor_name, f.withdrawn_by, f.orders, f.size "

static void take(struct arena *arena, struct db_stmt *s, struct ship_file *f)
{
    *f = (struct ship_file){.id = db_int(s, 0),
                            .shop_id = db_int(s, 1),
                            .format = str_dup(arena, db_text(s, 2)),
                            .file_name = str_dup(arena, db_text(s, 3)),
                            .content_type = str_dup(arena, db_text(s, 4)),
                            .hash = str_dup(arena, db_text(s, 5)),
                            .created_at = db_time(s, 6),
                            .withdrawn_at = db_time(s, 7),
                            .actor = {.kind = (enum actor_kind)db_int(s, 8),
                                      .id = db_int(s, 9),
                                      .name = str_dup(arena, db_text(s, 10))},
                            .withdrawn_by = str_dup(arena, db_text(s, 11)),
                            .orders = db_int(s, 12),
                            .size = db_int(s, 13)};
}

static void tally(struct ship_file *f, enum writeback_state state, int64_t count)
{
    if (state == WRITEBACK_VERIFIED)
        f->verified += count;
    else if (state == WRITEBACK_REJECTED || state == WRITEBACK_DRIFT || state == WRITEBACK_BLOCKED)
        f->attention += count;
    else if (!writeback_is_final(state))
        f->waiting += count;
}

static bool read_progress(struct db_conn *conn, row_id org_id, struct ship_file *f,
                          struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT w.state, COUNT(*) FROM ship_file_item i JOIN writeback w ON w.org_id = "
                   "i.org_id AND w.id = i.writeback_id WHERE i.org_id = $1 AND i.ship_file_id = $2 "
                   "GROUP BY w.state LIMIT 20",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, f->id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        tally(f, (enum writeback_state)db_int(s, 0), db_int(s, 1));
    return step == DB_STEP_DONE;
}

bool ship_file_list(struct db_conn *conn, row_id org_id, row_id shop_id, row_id before, int limit,
                    struct arena *arena, struct ship_file **list, size_t *count,
                    struct error *error)
{
    *count = 0;
    if (!(*list = ARENA_ARRAY(arena, struct ship_file, (size_t)limit)))
        return error_no_memory(error);
    struct db_stmt *s =
        shop_id ? db_prepare(conn,
                             "SELECT " COLUMNS "FROM ship_file f WHERE f.org_id = $1 AND f.id < $2 "
                             "AND f.shop_id = $4 ORDER BY f.id DESC LIMIT $3",
                             error)
                : db_prepare(conn,
                             "SELECT " COLUMNS "FROM ship_file f WHERE f.org_id = $1 AND f.id < $2 "
                             "ORDER BY f.id DESC LIMIT $3",
                             error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_int(s, 2, before ? before : INT64_MAX);
    db_bind_int(s, 3, limit);
    if (shop_id)
        db_bind_id(s, 4, shop_id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        if (*count < (size_t)limit)
            take(arena, s, &(*list)[(*count)++]);
    if (step == DB_STEP_ERROR)
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!read_progress(conn, org_id, &(*list)[i], error))
            return false;
    return !arena_failed(arena) || error_no_memory(error);
}

static bool no_file(row_id id, struct error *error)
{
    error_set(error, ERROR_NOT_FOUND, "ship_file.not_found", "このファイルはありません。",
              "There is no such file.");
    return error_subject(error, "ship_file %lld", (long long)id);
}

bool ship_file_read(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
                    struct ship_file *file, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn, "SELECT " COLUMNS "FROM ship_file f WHERE f.org_id = $1 AND f.id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_DONE)
        return no_file(id, error);
    if (step == DB_STEP_ROW)
        take(arena, s, file);
    db_reset(s);
    return step == DB_STEP_ROW && read_progress(conn, org_id, file, error) &&
           (!arena_failed(arena) || error_no_memory(error));
}

bool ship_file_bytes(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
                     struct str *bytes, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn, "SELECT packed FROM ship_file WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_DONE)
        return no_file(id, error);
    bool done = step == DB_STEP_ROW && bytes_unpack(arena, db_blob(s, 0), bytes, error);
    db_reset(s);
    return done;
}

bool ship_file_items(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
                     row_id **writebacks, size_t *count, struct error *error)
{
    *count = 0;
    if (!(*writebacks = ARENA_ARRAY(arena, row_id, EXPORT_ORDERS_MAX)))
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT writeback_id FROM ship_file_item WHERE org_id = $1 AND "
                                   "ship_file_id = $2 ORDER BY writeback_id LIMIT 20000",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        if (*count < EXPORT_ORDERS_MAX)
            (*writebacks)[(*count)++] = db_int(s, 0);
    return step == DB_STEP_DONE;
}
