// SPDX-License-Identifier: Apache-2.0
//
// Answers that could not become orders, kept whole with the reason.
#include "order/rows.h"

#include "order/error_text.h"

#define PACKED_BYTES_MAX (64u << 20)
#define ERROR_BYTES_MAX 16384

// The open row of this number, 0 if there is none.
static bool open_row(struct db_conn *conn, row_id org_id, row_id shop_id, struct str order_no,
                     row_id *id, struct error *error)
{
    *id = 0;
    if (order_no.n == 0)
        return true;
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT id FROM quarantine WHERE org_id = $1 AND shop_id = $2 AND "
                   "order_no = $3 AND resolved_at IS NULL LIMIT 1",
                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, shop_id);
    db_bind_text(s, 3, order_no);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW)
        *id = db_int(s, 0);
    db_reset(s);
    return step != DB_STEP_ERROR;
}

bool order_quarantine(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                      struct str order_no, struct str raw, struct str raw_type, row_id fetch_run,
                      const struct error *why, struct error *error)
{
    AUTO_BUF packed = buf_make(PACKED_BYTES_MAX);
    AUTO_BUF reason = buf_make(ERROR_BYTES_MAX);
    row_id id;
    error_text_write(&reason, why);
    struct compressor *c = compressor_new(STR_ABSENT, 3);
    bool done =
        c ? compress_bytes(c, raw.p ? raw : STR(""), &packed, error) : error_no_memory(error);
    compressor_free(c);
    if (!done || !open_row(conn, context->org_id, shop_id, order_no, &id, error))
        return false;
    if (reason.failed)
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(
        conn,
        id ? "UPDATE quarantine SET shop_id = $3, order_no = $4, at = $5, fetch_run_id = $6, type "
             "= $7, "
             "packed = $8, error_code = $9, error_json = $10 WHERE org_id = $1 AND id = $2"
           : "INSERT INTO quarantine (org_id, id, shop_id, order_no, at, fetch_run_id, type, "
             "packed, "
             "error_code, error_json) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        error);
    if (!s)
        return false;
    db_bind_int(s, 1, context->org_id);
    db_bind_int(s, 2, id ? id : id_next(context->ids, context->now));
    db_bind_int(s, 3, shop_id);
    db_bind_text(s, 4, order_no.p ? order_no : STR(""));
    db_bind_int(s, 5, context->now);
    db_bind_id(s, 6, fetch_run);
    db_bind_text(s, 7, raw_type.p ? raw_type : STR(""));
    db_bind_blob(s, 8, buf_str(&packed));
    db_bind_text(s, 9, str_from(why->code));
    db_bind_text(s, 10, buf_str(&reason));
    return db_run(s, error);
}
