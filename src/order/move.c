// SPDX-License-Identifier: Apache-2.0
//
// Moving orders between the company's folders, and taking a move back. Only the few columns that a
// move changes are written, for all orders together; each move leaves a line of history.
#include "order/rows.h"

#include "base/json.h"
#include "base/memory.h"
#include "order/tables.h"

#include <stdlib.h>

#define MOVE_MAX 100000
#define UNDO_MS (10 * 60 * 1000)
#define UNDO_BYTES_MAX (32u << 20)

struct target {
    row_id id, shop_id, from;
    int64_t version;
    enum order_state state;
    bool found;
};

struct mover {
    struct db_conn *conn;
    const struct order_context *context;
    struct order_rows *rows;
    struct arena *arena;
    struct bulk updates;
};

static const struct bulk_table move_table = {
    "UPDATE \"order\" SET work_status_id = $3, open = $4, changed_at = $5, version = $6 "
    "WHERE org_id = $1 AND id = $2",
    "UPDATE \"order\" o SET work_status_id = u.work_status_id, open = u.open, "
    "changed_at = u.changed_at, version = u.version FROM unnest($1::bigint[], $2::bigint[], "
    "$3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS u (org_id, id, work_status_id, "
    "open, "
    "changed_at, version) WHERE o.org_id = u.org_id AND o.id = u.id",
    "iiiiii"};

#define TARGET_COLUMNS "SELECT id, shop_id, work_status_id, version, state FROM \"order\" "

static void take_target(struct db_stmt *s, struct target *t)
{
    t->found = true;
    t->id = db_int(s, 0);
    t->shop_id = db_int(s, 1);
    t->from = db_int(s, 2);
    t->version = db_int(s, 3);
    t->state = (enum order_state)db_int(s, 4);
}

static bool read_one(struct mover *m, row_id id, struct target *t, struct error *error)
{
    struct db_stmt *s = db_prepare(m->conn, TARGET_COLUMNS "WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_int(s, 1, m->context->org_id);
    db_bind_int(s, 2, id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW)
        take_target(s, t);
    db_reset(s);
    return step != DB_STEP_ERROR;
}

static int compare_targets(const void *a, const void *b)
{
    const struct target *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

// Locks the rows in order of id; targets[i] is filled for ids[i].
static bool read_locked(struct mover *m, const row_id *ids, size_t count, struct target *targets,
                        struct error *error)
{
    AUTO_BUF array = buf_make(32 * (count + 1));
    struct target *found = ARENA_ARRAY(m->arena, struct target, count);
    size_t n = 0;
    array_begin(&array);
    for (size_t i = 0; i < count; i++)
        array_int(&array, ids[i]);
    array_end(&array);
    if (array.failed || !found)
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(
        m->conn,
        TARGET_COLUMNS "WHERE org_id = $1 AND id = ANY($2::bigint[]) ORDER BY id FOR UPDATE",
        error);
    if (!s)
        return false;
    db_bind_int(s, 1, m->context->org_id);
    db_bind_text(s, 2, buf_str(&array));
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        if (n < count)
            take_target(s, &found[n++]);
    for (size_t i = 0; i < count && n; i++) {
        struct target key = {.id = ids[i]};
        struct target *at = bsearch(&key, found, n, sizeof key, compare_targets);
        if (at)
            targets[i] = *at;
    }
    return step == DB_STEP_DONE;
}

static bool read_targets(struct mover *m, const row_id *ids, size_t count, struct target *targets,
                         struct error *error)
{
    if (db_conn_engine(m->conn) == DB_POSTGRES)
        return read_locked(m, ids, count, targets, error);
    for (size_t i = 0; i < count; i++)
        if (!read_one(m, ids[i], &targets[i], error))
            return false;
    return true;
}

static bool refuse(struct error *error, row_id id, enum error_class class, const char *code,
                   const char *ja, const char *en)
{
    error_set(error, class, code, "%s%.0s", "%.0s%s", ja, en);
    return error_subject(error, "order %lld", (long long)id);
}

// A cancelled order goes only where it can do no harm.
static bool may_move(const struct target *t, row_id id, int role, row_id to, int64_t expected,
                     struct error *refused)
{
    bool harmless = role == ROLE_CANCELLED || role == ROLE_HOLD;
    error_clear(refused);
    if (!t->found)
        return refuse(refused, id, ERROR_NOT_FOUND, "order.not_found", "注文が見つかりません。",
                      "There is no such order.");
    if (expected >= 0 && t->version != expected)
        return refuse(refused, id, ERROR_CONFLICT, "order.version_conflict",
                      "ほかの人がこの注文を変更しました。",
                      "Somebody else has changed this order.");
    if (t->from == to)
        return refuse(refused, id, ERROR_REJECTED, "order.already_there",
                      "この注文はすでにそのステータスです。",
                      "The order is in that status already.");
    if (t->state == ORDER_CANCELLED && !harmless)
        return refuse(refused, id, ERROR_REJECTED, "order.cancelled",
                      "キャンセルされた注文は移動できません。",
                      "A cancelled order can't be moved there.");
    return true;
}

static bool move_one(struct mover *m, const struct target *t, row_id to, bool open,
                     const char *kind, struct str cause, struct error *error)
{
    struct bulk *b = &m->updates;
    bulk_int(b, m->context->org_id);
    bulk_int(b, t->id);
    bulk_int(b, to);
    bulk_int(b, open);
    bulk_int(b, m->context->now);
    bulk_int(b, t->version + 1);
    return bulk_end_row(b, error) &&
           order_rows_event(m->rows, t->id, kind, status_json(m->arena, t->from),
                            status_json(m->arena, to), cause, error) &&
           order_rows_count(m->rows, t->shop_id, t->from, -1, error) &&
           order_rows_count(m->rows, t->shop_id, to, 1, error);
}

static bool finish(struct mover *m, struct error *error)
{
    if (arena_failed(m->arena))
        return error_no_memory(error);
    if (db_conn_engine(m->conn) == DB_SQLITE)
        return order_rows_finish(m->rows, error);
    struct error late;
    if (!db_batch_begin(m->conn, error))
        return false;
    bool sent = bulk_flush(&m->updates, error);
    bool ended = db_batch_end(m->conn, sent ? error : &late);
    return sent && ended && order_rows_finish(m->rows, error);
}

// [["id",from,version after], …]
static bool keep_undo(struct mover *m, struct buf *rows, row_id *undo, struct error *error)
{
    *undo = 0;
    if (rows->failed)
        return error_no_memory(error);
    if (rows->n <= 2)
        return true;
    struct db_stmt *s = db_prepare(m->conn,
                                   "INSERT INTO undo (org_id, id, at, actor_id, action, rows_json) "
                                   "VALUES ($1, $2, $3, $4, 'move', $5)",
                                   error);
    if (!s)
        return false;
    row_id id = id_next(m->context->ids, m->context->now);
    db_bind_int(s, 1, m->context->org_id);
    db_bind_int(s, 2, id);
    db_bind_int(s, 3, m->context->now);
    db_bind_id(s, 4, m->context->actor.id);
    db_bind_text(s, 5, buf_str(rows));
    if (!db_run(s, error))
        return false;
    *undo = id;
    return true;
}

struct place {
    row_id id;
    size_t at;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

// Marks every id that stands further forward already.
static bool find_repeated(struct mover *m, const row_id *ids, size_t count, bool *repeated)
{
    struct place *places = ARENA_ARRAY(m->arena, struct place, count);
    if (!places)
        return false;
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){ids[i], i};
    if (count)
        qsort(places, count, sizeof places[0], compare_places);
    for (size_t i = 1; i < count; i++)
        repeated[places[i].at] = places[i].id == places[i - 1].id;
    return true;
}

static bool move_all(struct mover *m, const row_id *ids, size_t count, const int64_t *expected,
                     row_id to, int role, struct error *refused, row_id *undo, struct error *error)
{
    AUTO_BUF rows = buf_make(UNDO_BYTES_MAX);
    struct target *targets = ARENA_ARRAY(m->arena, struct target, count);
    bool *repeated = ARENA_ARRAY(m->arena, bool, count);
    struct str cause = count > 1 ? STR("bulk") : STR("");
    if (!targets || !repeated || !find_repeated(m, ids, count, repeated))
        return error_no_memory(error);
    if (!read_targets(m, ids, count, targets, error))
        return false;
    buf_add_char(&rows, '[');
    for (size_t i = 0; i < count; i++) {
        struct target t = targets[i];
        if (repeated[i])
            t.from = to;
        if (!may_move(&t, ids[i], role, to, expected ? expected[i] : -1, &refused[i]))
            continue;
        if (!move_one(m, &t, to, role_is_open(role), "moved", cause, error))
            return false;
        buf_addf(&rows, "%s[\"%lld\",\"%lld\",%lld]", rows.n > 1 ? "," : "", (long long)t.id,
                 (long long)t.from, (long long)t.version + 1);
    }
    buf_add_char(&rows, ']');
    return finish(m, error) && keep_undo(m, &rows, undo, error);
}

static bool open_mover(struct mover *m, struct db_conn *conn, const struct order_context *context,
                       struct error *error)
{
    *m = (struct mover){.conn = conn, .context = context};
    m->arena = arena_new(256u << 20);
    if (!m->arena)
        return error_no_memory(error);
    m->rows = order_rows_open(conn, context, m->arena, error);
    bulk_init(&m->updates, conn, &move_table);
    return m->rows != NULL;
}

static void close_mover(struct mover *m)
{
    bulk_free(&m->updates);
    order_rows_close(m->rows);
    arena_free(m->arena);
}

bool orders_move(struct db_conn *conn, const struct order_context *context, const row_id *ids,
                 size_t count, const int64_t *expected_version, row_id work_status,
                 struct error *refused, row_id *undo, struct error *error)
{
    struct mover m;
    bool moved = false;
    *undo = 0;
    if (count > MOVE_MAX)
        return error_set(error, ERROR_BAD_INPUT, "order.too_many",
                         "一度に移動できる注文は %d 件までです。",
                         "At most %d orders can be moved at once.", MOVE_MAX);
    if (open_mover(&m, conn, context, error)) {
        int role = status_role_of(m.rows->statuses, m.rows->status_count, work_status);
        if (role < 0)
            error_set(error, ERROR_BAD_INPUT, "status.not_found",
                      "移動先のステータスがありません。", "There is no such work status.");
        else
            moved =
                move_all(&m, ids, count, expected_version, work_status, role, refused, undo, error);
    }
    close_mover(&m);
    return moved;
}

// The row of an undo that can still be used; its JSON goes into the arena.
static bool read_undo(struct mover *m, row_id undo, struct str *json, struct error *error)
{
    struct db_stmt *s = db_prepare(
        m->conn, "SELECT at, done_at, rows_json FROM undo WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_int(s, 1, m->context->org_id);
    db_bind_int(s, 2, undo);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_NOT_FOUND, "undo.not_found", "取り消せる操作がありません。",
                         "There is nothing to undo.");
    bool late = m->context->now - db_time(s, 0) > UNDO_MS, done = !db_is_null(s, 1);
    *json = str_dup(m->arena, db_text(s, 2));
    db_reset(s);
    if (done)
        return error_set(error, ERROR_REJECTED, "undo.done", "この操作はすでに取り消されています。",
                         "This has been undone already.");
    if (late)
        return error_set(error, ERROR_REJECTED, "undo.too_late",
                         "取り消せるのは操作から10分以内です。",
                         "An action can be undone within ten minutes.");
    return !arena_failed(m->arena) || error_no_memory(error);
}

struct undo_row {
    row_id id, to;
    int64_t version;
};

static bool parse_undo(struct mover *m, struct str json, struct undo_row **rows, size_t *count,
                       struct error *error)
{
    struct json root, item, cell;
    if (!json_parse(m->arena, json, false, &root, error))
        return false;
    *count = 0;
    *rows = ARENA_ARRAY(m->arena, struct undo_row, json_count(root));
    if (!*rows)
        return error_no_memory(error);
    for (struct json_iter i = json_iterate(root); json_next(&i, &item);) {
        struct undo_row *row = &(*rows)[*count];
        int column = 0;
        for (struct json_iter k = json_iterate(item); json_next(&k, &cell); column++) {
            int64_t *into = column == 0 ? &row->id : column == 1 ? &row->to : &row->version;
            if (column < 2 ? !id_parse(json_str(cell), into) : !json_int(cell, into))
                return error_set(error, ERROR_STORAGE, "undo.unreadable",
                                 "取り消しの記録が壊れています。",
                                 "The record of the action is damaged.");
        }
        ++*count;
    }
    return true;
}

static bool undo_rows(struct mover *m, const struct undo_row *rows, size_t count, row_id undo,
                      size_t *restored, size_t *skipped, struct error *error)
{
    row_id *ids = ARENA_ARRAY(m->arena, row_id, count);
    struct target *targets = ARENA_ARRAY(m->arena, struct target, count);
    struct str cause = arena_printf(m->arena, "undo %lld", (long long)undo);
    if (!ids || !targets)
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        ids[i] = rows[i].id;
    if (!read_targets(m, ids, count, targets, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        int role = status_role_of(m->rows->statuses, m->rows->status_count, rows[i].to);
        if (!targets[i].found || targets[i].version != rows[i].version || role < 0) {
            ++*skipped;
            continue;
        }
        if (!move_one(m, &targets[i], rows[i].to, role_is_open(role), "undone", cause, error))
            return false;
        ++*restored;
    }
    return true;
}

static bool mark_undone(struct mover *m, row_id undo, struct error *error)
{
    struct db_stmt *s =
        db_prepare(m->conn, "UPDATE undo SET done_at = $3 WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_int(s, 1, m->context->org_id);
    db_bind_int(s, 2, undo);
    db_bind_int(s, 3, m->context->now);
    return db_run(s, error);
}

bool orders_undo(struct db_conn *conn, const struct order_context *context, row_id undo,
                 size_t *restored, size_t *skipped, struct error *error)
{
    struct mover m;
    struct str json;
    struct undo_row *rows;
    size_t count;
    *restored = *skipped = 0;
    bool done = open_mover(&m, conn, context, error) && read_undo(&m, undo, &json, error) &&
                parse_undo(&m, json, &rows, &count, error) &&
                undo_rows(&m, rows, count, undo, restored, skipped, error) && finish(&m, error) &&
                mark_undone(&m, undo, error);
    close_mover(&m);
    return done;
}
