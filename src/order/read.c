// SPDX-License-Identifier: Apache-2.0
//
// Finding and reading single orders. Reading connections only; texts go into the caller's arena.
#include "order/rows.h"

#define RAW_PLAIN_BYTES_MAX (64u << 20)

bool order_peek(struct db_conn *conn, row_id org_id, row_id shop_id, struct str order_no,
                row_id *order_id, struct arena *arena, struct str *mall_status,
                struct str *mall_update_mark, struct error *error)
{
    *order_id = 0;
    error_clear(error);
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT id, mall_status, mall_update_mark FROM \"order\" WHERE "
                                   "org_id = $1 AND shop_id = $2 AND order_no = $3",
                                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, shop_id);
    db_bind_text(s, 3, order_no);
    if (db_step(s, error) != DB_STEP_ROW)
        return false;
    *order_id = db_int(s, 0);
    *mall_status = str_dup(arena, db_text(s, 1));
    *mall_update_mark = str_dup(arena, db_text(s, 2));
    db_reset(s);
    return !arena_failed(arena) || error_no_memory(error);
}

static bool not_found(struct error *error, row_id order_id)
{
    error_set(error, ERROR_NOT_FOUND, "order.not_found", "注文が見つかりません。",
              "There is no such order.");
    return error_subject(error, "order %lld", (long long)order_id);
}

bool order_read(struct db_conn *conn, row_id org_id, row_id order_id, struct arena *arena,
                struct order *order, struct error *error)
{
    struct stored_order *stored = ARENA_NEW(arena, struct stored_order);
    if (!stored)
        return error_no_memory(error);
    if (!orders_load(conn, org_id, &order_id, 1, false, arena, stored, error))
        return false;
    if (!stored->found)
        return not_found(error, order_id);
    *order = stored->order;
    return true;
}

// With a shop the unique index answers; without, each shop is asked (a company has few).
static struct db_stmt *find_statement(struct db_conn *conn, row_id org_id, row_id shop_id,
                                      struct str order_no, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        shop_id ? "SELECT id FROM \"order\" WHERE org_id = $1 AND order_no = $2 AND shop_id = $3 "
                  "LIMIT 2"
                : "SELECT id FROM \"order\" WHERE org_id = $1 AND order_no = $2 AND shop_id IN "
                  "(SELECT id FROM shop WHERE org_id = $1) LIMIT 2",
        error);
    if (!s)
        return NULL;
    db_bind_int(s, 1, org_id);
    db_bind_text(s, 2, order_no);
    if (shop_id)
        db_bind_int(s, 3, shop_id);
    return s;
}

bool order_find(struct db_conn *conn, row_id org_id, row_id shop_id, struct str order_no,
                row_id *order_id, struct error *error)
{
    *order_id = 0;
    struct db_stmt *s = find_statement(conn, org_id, shop_id, order_no, error);
    if (!s)
        return false;
    enum db_step step;
    int found = 0;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        *order_id = db_int(s, 0);
        found++;
    }
    if (step == DB_STEP_ERROR)
        return false;
    if (found == 1)
        return true;
    *order_id = 0;
    if (found == 0)
        error_set(error, ERROR_NOT_FOUND, "order.not_found", "注文が見つかりません。",
                  "There is no such order.");
    else
        error_set(error, ERROR_BAD_INPUT, "order.number_ambiguous",
                  "同じ注文番号の注文が複数のショップにあります。",
                  "Several shops have an order of this number.");
    return error_subject(error, "%.*s", STR_ARG(order_no));
}

bool order_raw(struct db_conn *conn, row_id org_id, row_id order_id, struct arena *arena,
               struct str *raw, struct str *type, time_ms *at, struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT at, type, packed FROM raw_document WHERE "
                                   "org_id = $1 AND order_id = $2",
                                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, order_id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_NOT_FOUND, "order.no_raw_document",
                         "この注文のモールの元データは保存されていません。",
                         "The mall's answer for this order isn't kept.");
    *at = db_time(s, 0);
    *type = str_dup(arena, db_text(s, 1));
    struct str packed = str_dup(arena, db_blob(s, 2));
    db_reset(s);
    if (arena_failed(arena))
        return error_no_memory(error);
    AUTO_BUF plain = buf_make(RAW_PLAIN_BYTES_MAX);
    struct unpacker u;
    unpacker_init(&u, conn, org_id);
    bool done = unpack(&u, packed, &plain, error);
    unpacker_free(&u);
    if (!done)
        return false;
    *raw = str_dup(arena, buf_str(&plain));
    return !arena_failed(arena) || error_no_memory(error);
}
