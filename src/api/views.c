// SPDX-License-Identifier: Apache-2.0
//
// Objects that several operations answer with: orders with their write-backs, refusals, undo
// tokens, counts. Words of the layers below become words of the document here.
#include "api/views.h"
#include "api/mask.h"
#include "order/error_text.h"
#include <stdio.h>

#define UNDO_MS (10 * 60 * 1000LL)

static struct str last_part(const char *code)
{
    const char *dot = strrchr(code, '.');
    return str_from(dot ? dot + 1 : code);
}

void mall_error_json(struct request *r, const struct error *e, time_ms at)
{
    struct json_writer *w = &r->w;
    if (!error_is_set(e)) {
        json_write_null(w);
        return;
    }
    bool known = e->class <= ERROR_AMBIGUOUS;
    json_begin_object(w);
    json_put_str(w, "class", str_from(known ? error_class_name(e->class) : "internal"));
    json_put_str(w, "code", e->peer_code[0] ? str_from(e->peer_code) : last_part(e->code));
    put_optional(w, "text", str_from(e->peer_text));
    json_put_str(w, "detail",
                 arena_printf(r->arena, "%s%s%s", error_what(r, e),
                              error_hint_text(r, e)[0] ? " " : "", error_hint_text(r, e)));
    json_put_time(w, "at", at);
    json_end_object(w);
}

void writeback_row_take(struct arena *arena, struct db_stmt *s, const struct order_names *names,
                        struct writeback_row *row)
{
    struct writeback *b = &row->w;
    *b = (struct writeback){
        .id = db_int(s, 0),
        .shop_id = db_int(s, 1),
        .order_id = db_int(s, 2),
        .order_no = str_dup(arena, db_text(s, 3)),
        .aspect = (enum writeback_aspect)db_int(s, 4),
        .revision = (int)db_int(s, 5),
        .state = (enum writeback_state)db_int(s, 6),
        .reason = str_dup(arena, db_text(s, 7)),
        .payload = str_dup(arena, db_text(s, 8)),
        .attempts = (int)db_int(s, 9),
        .next_at = db_time(s, 10),
        .created_at = db_time(s, 11),
        .updated_at = db_time(s, 12),
        .sent_at = db_time(s, 13),
        .verified_at = db_time(s, 14),
    };
    error_text_read(arena, db_text(s, 15), &b->last_error);
    row->work_status = db_int(s, 16);
    row->order_changed_at = db_time(s, 17);
    row->mall = str_dup(arena, db_text(s, 18));
    row->shop = order_names_shop(names, b->shop_id);
    row->waived_by = STR_ABSENT;
}

static bool read_waiver(struct request *r, struct db_conn *conn, struct writeback_row *row,
                        struct error *error)
{
    if (row->w.state != WRITEBACK_WAIVED)
        return true;
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT actor_name FROM order_event WHERE org_id = $1 AND "
                                   "order_id = $2 AND kind = 'writeback_waived' ORDER BY id DESC "
                                   "LIMIT 1",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, row->w.order_id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        row->waived_by = str_dup(r->arena, db_text(s, 0));
        db_reset(s);
    }
    return step != DB_STEP_ERROR;
}

bool writeback_row_read(struct request *r, struct db_conn *conn, row_id id,
                        struct writeback_row *row, struct error *error)
{
    struct order_names names;
    if (!order_names_read(conn, r->org_id, r->arena, &names, error))
        return false;
    struct db_stmt *s = db_prepare(
        conn, "SELECT " WRITEBACK_COLUMNS WRITEBACK_FROM "WHERE w.org_id = $1 AND w.id = $2",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_NOT_FOUND, "not_found", "この書出しの記録はありません。",
                         "no such write-back");
    writeback_row_take(r->arena, s, &names, row);
    db_reset(s);
    return read_waiver(r, conn, row, error) && (!arena_failed(r->arena) || error_no_memory(error));
}

struct str writeback_summary(struct request *r, const struct writeback_row *row)
{
    struct order_package *packages;
    size_t count;
    struct error ignored;
    if (row->w.aspect == ASPECT_ACCEPT)
        return r->english ? STR("Accept the order") : STR("注文確認");
    if (row->w.aspect == ASPECT_CANCEL)
        return r->english ? STR("Cancel the order") : STR("キャンセル");
    if (row->w.aspect != ASPECT_SHIPMENT ||
        !shipment_payload_parse(r->arena, row->w.payload, &packages, &count, &ignored))
        return str_from(writeback_aspect_name(row->w.aspect));
    return shipment_summary(r, packages, count);
}

struct str shipment_summary(struct request *r, const struct order_package *packages, size_t count)
{
    size_t parcels = 0;
    const struct shipment *first = NULL;
    char date[12] = "";
    for (size_t i = 0; i < count; i++) {
        parcels += packages[i].shipment_count;
        if (!first && packages[i].shipment_count > 0)
            first = &packages[i].shipments[0];
    }
    if (!first)
        return r->english ? STR("No parcel") : STR("荷物なし");
    const struct carrier *carrier = carrier_by_code(first->carrier);
    if (first->ship_date)
        day_format(first->ship_date, date);
    const char *name = !carrier ? "—" : r->english ? carrier->name_en : carrier->name_ja;
    struct str number = first->tracking_number.n ? first->tracking_number : STR("—");
    struct str more = STR("");
    if (parcels > 1)
        more = r->english ? arena_printf(r->arena, " (+%zu)", parcels - 1)
                          : arena_printf(r->arena, " ほか%zu個", parcels - 1);
    return arena_printf(r->arena, "%s / %.*s / %s%.*s", name, STR_ARG(number), date[0] ? date : "—",
                        STR_ARG(more));
}

static const char *action_of(struct str code, enum error_class class)
{
    if (str_find(code, STR("ship_date")) >= 0)
        return "set_ship_date_today";
    if (str_find(code, STR("tracking")) >= 0 || str_find(code, STR("carrier")) >= 0)
        return "enter_shipping";
    if (str_eq(code, STR("status_not_linked")))
        return "open_status_links";
    if (class == ERROR_AUTH_EXPIRED || class == ERROR_AUTH_INVALID)
        return "renew_credential";
    return error_is_transient(class) ? "retry" : NULL;
}

void reason_json(struct request *r, const struct error *e)
{
    struct json_writer *w = &r->w;
    json_begin_object(w);
    json_put_str(w, "code", last_part(e->code));
    json_put_str(w, "detail",
                 arena_printf(r->arena, "%s%s%s%s%s%s", error_what(r, e),
                              e->peer_text[0] ? " 「" : "", e->peer_text,
                              e->peer_text[0] ? "」" : "", error_hint_text(r, e)[0] ? " " : "",
                              error_hint_text(r, e)));
    json_put_str(w, "action", str_from(action_of(last_part(e->code), e->class)));
    json_end_object(w);
}

void writeback_notes(struct request *r, const struct writeback_row *row)
{
    struct order_package *packages;
    size_t count;
    struct error note;
    const struct mall *mall = mall_by_id(row->mall);
    json_key(&r->w, "notes");
    json_begin_array(&r->w);
    if (mall && row->w.aspect == ASPECT_SHIPMENT &&
        shipment_payload_parse(r->arena, row->w.payload, &packages, &count, &note) &&
        mall_leaves_out_numbers(mall, packages, count, &note))
        reason_json(r, &note);
    json_end_array(&r->w);
}

void writeback_reasons(struct request *r, const struct writeback_row *row)
{
    struct json_writer *w = &r->w;
    const struct error *e = &row->w.last_error;
    bool final = row->w.state == WRITEBACK_VERIFIED || row->w.state == WRITEBACK_SUPERSEDED ||
                 row->w.state == WRITEBACK_WAIVED;
    struct str code = last_part(str_cstr(r->arena, row->w.reason));
    json_key(w, "reasons");
    json_begin_array(w);
    if (!final && error_is_set(e)) {
        reason_json(r, e);
    } else if (!final && code.n > 0 && !str_eq(code, STR("requested"))) {
        bool off = str_eq(code, STR("auto_push_off"));
        json_begin_object(w);
        json_put_str(w, "code", code);
        json_put_str(w, "detail",
                     !off         ? row->w.reason
                     : r->english ? STR("Automatic write-back is off; send it from here.")
                                  : STR("自動書き出しがオフです。ここから送信してください。"));
        json_put_str(w, "action", off ? STR("retry") : str_from(action_of(code, ERROR_NONE)));
        json_end_object(w);
    }
    json_end_array(w);
}

void writeback_members(struct request *r, const struct writeback_row *row)
{
    struct json_writer *w = &r->w;
    const struct writeback *b = &row->w;
    bool waits = !writeback_is_final(b->state) && b->next_at < 9000000000000;
    json_put_id(w, "id", b->id);
    json_put_id(w, "order_id", b->order_id);
    json_put_str(w, "order_no", b->order_no);
    json_put_id(w, "shop_id", b->shop_id);
    json_put_str(w, "shop", row->shop);
    json_put_str(w, "mall", row->mall);
    json_put_id(w, "work_status", row->work_status);
    json_put_str(w, "aspect", str_from(writeback_aspect_name(b->aspect)));
    json_put_int(w, "revision", b->revision);
    json_put_str(w, "state", str_from(writeback_state_name(b->state)));
    writeback_reasons(r, row);
    json_put_str(w, "payload_summary", writeback_summary(r, row));
    put_optional(w, "mall_shows",
                 b->state == WRITEBACK_DRIFT ? str_from(b->last_error.peer_text) : STR_ABSENT);
    json_put_int(w, "attempts", b->attempts);
    json_put_time(w, "next_attempt_at", waits ? b->next_at : TIME_NONE);
    json_put_time(w, "created_at", b->created_at);
    json_put_time(w, "updated_at", b->updated_at);
    json_put_time(w, "order_updated_at", row->order_changed_at);
    json_put_time(w, "sent_at", b->sent_at);
    json_put_time(w, "verified_at", b->verified_at);
    put_optional(w, "waived_by", row->waived_by);
    put_optional(w, "waived_reason", b->state == WRITEBACK_WAIVED ? b->reason : STR_ABSENT);
}

const char *writeback_outcome(enum writeback_state state)
{
    switch (state) {
    case WRITEBACK_PENDING:
        return "will_send";
    case WRITEBACK_UNKNOWN:
    case WRITEBACK_REJECTED:
    case WRITEBACK_DRIFT:
        return "check_first";
    case WRITEBACK_BLOCKED:
        return "blocked";
    case WRITEBACK_SUPPRESSED:
        return "suppressed";
    case WRITEBACK_SENDING:
    case WRITEBACK_ACCEPTED:
    case WRITEBACK_SENT:
        return "in_flight";
    default:
        return NULL;
    }
}

static bool order_writebacks(struct request *r, struct db_conn *conn, row_id order_id,
                             const struct order_names *names, bool *accepting, struct error *error)
{
    enum { LIMIT = 100 };
    struct writeback_row *rows = ARENA_ARRAY(r->arena, struct writeback_row, LIMIT);
    size_t count = 0;
    if (!rows)
        return error_no_memory(error);
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT " WRITEBACK_COLUMNS WRITEBACK_FROM
                   "WHERE w.org_id = $1 AND w.order_id = $2 ORDER BY w.id DESC LIMIT 100",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, order_id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW && count < LIMIT)
        writeback_row_take(r->arena, s, names, &rows[count++]);
    if (step == DB_STEP_ROW)
        db_reset(s);
    if (step == DB_STEP_ERROR)
        return false;
    json_key(&r->w, "writebacks");
    json_begin_array(&r->w);
    for (size_t i = 0; i < count; i++) {
        if (!read_waiver(r, conn, &rows[i], error))
            return false;
        *accepting = *accepting ||
                     (rows[i].w.aspect == ASPECT_ACCEPT && !writeback_is_final(rows[i].w.state));
        json_begin_object(&r->w);
        writeback_members(r, &rows[i]);
        json_end_object(&r->w);
    }
    json_end_array(&r->w);
    return true;
}

bool order_view(struct request *r, struct db_conn *conn, row_id order_id, int64_t *version,
                struct error *error)
{
    struct order_names names;
    struct order *o = ARENA_NEW(r->arena, struct order);
    bool accepting = false;
    if (!o)
        return error_no_memory(error);
    if (!order_read(conn, r->org_id, order_id, r->arena, o, error) ||
        !order_names_read(conn, r->org_id, r->arena, &names, error))
        return false;
    if (version)
        *version = o->version;
    const struct mall *mall = mall_by_id(o->mall);
    if (r->role < ROLE_STAFF)
        mask_order(r->arena, o);
    struct json_writer *w = &r->w;
    json_begin_object(w);
    order_members_json(w, o, &names);
    if (!order_writebacks(r, conn, order_id, &names, &accepting, error))
        return false;
    bool ended = o->state == ORDER_CANCELLED || o->state == ORDER_DONE;
    json_put_bool(w, "can_accept",
                  mall && mall->accept && mall->is_accepted && o->state == ORDER_NEW &&
                      !mall->is_accepted(o) && !accepting);
    json_put_bool(w, "can_cancel_at_mall", mall && mall->cancel && !ended);
    json_end_object(w);
    return !arena_failed(r->arena) || error_no_memory(error);
}

// Tokens of several transactions are joined by dots.
void undo_json(struct request *r, const row_id *undo, size_t count)
{
    struct json_writer *w = &r->w;
    AUTO_BUF token = buf_make(8192);
    for (size_t i = 0; i < count; i++) {
        if (undo[i])
            buf_addf(&token, "%s%lld", token.n ? "." : "", (long long)undo[i]);
    }
    json_key(w, "undo");
    if (token.n == 0 || token.failed) {
        json_write_null(w);
        return;
    }
    json_begin_object(w);
    json_put_str(w, "token", buf_str(&token));
    json_put_time(w, "expires_at", r->by.now + UNDO_MS);
    json_end_object(w);
}

void put_etag(struct request *r, int64_t version)
{
    server_add_header(r->x, STR("ETag"), arena_printf(r->arena, "\"%lld\"", (long long)version));
}

void reply_order_change(struct request *r, int status, row_id order_id, row_id undo)
{
    struct error error;
    int64_t version;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    struct json_writer *w = reply_json(r, status);
    json_begin_object(w);
    json_key(w, "order");
    if (!order_view(r, conn, order_id, &version, &error)) {
        reply_error(r, &error);
        return;
    }
    undo_json(r, &undo, 1);
    json_end_object(w);
    put_etag(r, version);
}

void reply_order_error(struct request *r, row_id order_id, const struct error *why)
{
    struct error error;
    bool outdated = why->class == ERROR_CONFLICT && strstr(why->code, "conflict") != NULL;
    struct db_conn *conn = outdated ? request_read(r) : NULL;
    if (!outdated || !conn) {
        if (!outdated)
            reply_error(r, why);
        return;
    }
    reply_problem_begin(r, 412, "conflict",
                        "ほかの人がこの注文を変更しました。内容を確認してください。",
                        "Somebody else has changed this order. Look at it again.");
    json_key(&r->w, "current");
    if (order_view(r, conn, order_id, NULL, &error))
        reply_problem_end(r);
    else
        reply_error(r, &error);
}

void refusal_json(struct request *r, row_id id, struct str order_no, const struct error *why)
{
    struct json_writer *w = &r->w;
    json_begin_object(w);
    json_put_id(w, "id", id);
    put_optional(w, "order_no", order_no);
    json_put_str(w, "code", last_part(why->code));
    json_put_str(w, "detail", str_from(error_what(r, why)));
    json_end_object(w);
}
