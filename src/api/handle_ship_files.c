// SPDX-License-Identifier: Apache-2.0
//
// データ書出 by file: what a file would hold, making it, fetching its bytes as often as wanted,
// taking it back; and the rows of an imported file that failed. What counts as sent was made so by
// POST; a download changes nothing.
#include "api/handlers.h"
#include "api/input.h"
#include "api/views.h"
#include "mall/file/ship_file.h"
#include "sync/export.h"
#include "sync/failed_rows.h"

#define LIST_MAX 100

struct making {
    struct request *r;
    struct export_request request;
    struct ship_file file;
    struct export_preview preview;
};

static bool read_request(struct input *in, struct export_request *e)
{
    row_id *ids, *statuses;
    *e = (struct export_request){.from = TIME_NONE, .to = TIME_NONE};
    input_id(in, "shop", true, &e->shop_id);
    e->format = input_text(in, "format", 0, 60, false);
    input_day(in, "from", false, &e->from);
    input_day(in, "to", true, &e->to);
    input_ids(in, "work_statuses", 100, &statuses, &e->status_count);
    input_ids(in, "ids", EXPORT_ORDERS_MAX, &ids, &e->id_count);
    if (e->format.n > 0 && !ship_file_by_id(e->format))
        input_bad(in, STR("format"), "unknown", "この形式はありません。", "no such format");
    e->ids = ids;
    e->statuses = statuses;
    return input_done(in);
}

static void format_json(struct request *r, const struct ship_file_format *f)
{
    json_begin_object(&r->w);
    json_put_str(&r->w, "id", str_from(f->id));
    json_put_str(&r->w, "label", str_from(r->english ? f->label.en : f->label.ja));
    json_end_object(&r->w);
}

static void row_json(struct request *r, const struct export_row *row)
{
    struct json_writer *w = &r->w;
    json_begin_object(w);
    json_put_id(w, "id", row->writeback_id);
    json_put_id(w, "order_id", row->order_id);
    json_put_str(w, "order_no", row->order_no);
    json_put_str(w, "outcome", str_from(export_outcome_name(row->outcome)));
    json_put_str(w, "payload_summary", shipment_summary(r, row->packages, row->package_count));
    json_key(w, "reasons");
    json_begin_array(w);
    if (error_is_set(&row->why))
        reason_json(r, &row->why);
    json_end_array(w);
    json_key(w, "notes");
    json_begin_array(w);
    if (error_is_set(&row->note))
        reason_json(r, &row->note);
    json_end_array(w);
    json_end_object(w);
}

// The members of a ShipFilePreview.
static void preview_members(struct request *r, const struct export_preview *p)
{
    struct json_writer *w = &r->w;
    json_key(w, "format");
    format_json(r, p->format);
    json_key(w, "rows");
    json_begin_array(w);
    for (size_t i = 0; i < p->count; i++)
        row_json(r, &p->rows[i]);
    json_end_array(w);
    json_key(w, "counts");
    json_begin_object(w);
    for (int i = 0; i < EXPORT_OUTCOME_COUNT; i++)
        json_put_int(w, export_outcome_name((enum export_outcome)i), p->outcomes[i]);
    json_end_object(w);
    json_put_int(w, "hidden_by_filter", p->hidden);
}

void handle_ship_file_preview(struct request *r)
{
    struct input in;
    struct export_request request;
    struct export_preview preview;
    struct error error;
    if (!input_begin(r, &in) || !read_request(&in, &request))
        return;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!export_preview(conn, &r->by, &request, r->arena, &preview, &error)) {
        reply_error(r, &error);
        return;
    }
    json_begin_object(reply_json(r, 200));
    preview_members(r, &preview);
    json_end_object(&r->w);
}

static void file_json(struct request *r, const struct ship_file *f, const struct order_names *names)
{
    struct json_writer *w = &r->w;
    const struct ship_file_format *format = ship_file_by_id(f->format);
    json_begin_object(w);
    json_put_id(w, "id", f->id);
    json_put_id(w, "shop_id", f->shop_id);
    json_put_str(w, "shop", order_names_shop(names, f->shop_id));
    json_put_str(w, "format",
                 !format      ? f->format
                 : r->english ? str_from(format->label.en)
                              : str_from(format->label.ja));
    json_put_str(w, "file_name", f->file_name);
    json_put_str(w, "hash", f->hash);
    json_put_int(w, "size", f->size);
    json_put_int(w, "orders", f->orders);
    json_put_int(w, "verified", f->verified);
    json_put_int(w, "waiting", f->waiting);
    json_put_int(w, "attention", f->attention);
    json_put_time(w, "created_at", f->created_at);
    json_put_str(w, "created_by", f->actor.name);
    json_put_time(w, "withdrawn_at", f->withdrawn_at);
    put_optional(w, "withdrawn_by", f->withdrawn_by);
    json_end_object(w);
}

static bool create_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct making *m = context;
    struct request *r = m->r;
    return export_create(conn, &r->by, &m->request, r->arena, NULL, NULL, &m->file, &m->preview,
                         error) &&
           audit_add(conn, r, "ship_file.create",
                     arena_printf(r->arena, "ship_file:%lld", (long long)m->file.id), STR_ABSENT,
                     arena_printf(r->arena, "{\"orders\":%lld}", (long long)m->file.orders), error);
}

static void reply_file(struct request *r, int status, row_id id, const struct export_preview *p)
{
    struct ship_file file;
    struct order_names names;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!ship_file_read(conn, r->org_id, id, r->arena, &file, &error) ||
        !order_names_read(conn, r->org_id, r->arena, &names, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, status);
    json_begin_object(w);
    json_key(w, "file");
    file_json(r, &file, &names);
    if (p)
        preview_members(r, p);
    json_end_object(w);
}

void handle_ship_file_create(struct request *r)
{
    struct input in;
    struct making m = {.r = r};
    if (!input_begin(r, &in) || !read_request(&in, &m.request))
        return;
    request_release(r);
    if (!request_write(r, create_fn, &m))
        return;
    reply_file(r, 201, m.file.id, &m.preview);
    for (size_t i = 0; i < m.preview.count; i++)
        if (m.preview.rows[i].outcome == EXPORT_GOES)
            notify_writeback(r, m.preview.rows[i].writeback_id, m.preview.rows[i].order_id);
}

void handle_ship_files(struct request *r)
{
    row_id shop = 0, before = 0;
    int64_t limit = 50;
    struct ship_file *files;
    struct order_names names;
    size_t count;
    struct error error;
    if (!query_id(r, "shop", &shop) || !query_id(r, "cursor", &before) ||
        !query_int(r, "limit", 1, LIST_MAX, &limit))
        return;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!order_names_read(conn, r->org_id, r->arena, &names, &error) ||
        !ship_file_list(conn, r->org_id, shop, before, (int)limit, r->arena, &files, &count,
                        &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "files");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        file_json(r, &files[i], &names);
    json_end_array(w);
    json_put_str(w, "next_cursor",
                 count == (size_t)limit
                     ? arena_printf(r->arena, "%lld", (long long)files[count - 1].id)
                     : STR_ABSENT);
    json_end_object(w);
}

void handle_ship_file(struct request *r)
{
    row_id id;
    if (path_id(r, 0, &id))
        reply_file(r, 200, id, NULL);
}

// Names are ours or made of digits: nothing in them needs quoting.
static void reply_bytes(struct request *r, struct str name, struct str type, struct str bytes)
{
    server_add_header(r->x, STR("Content-Type"), type);
    server_add_header(r->x, STR("Cache-Control"), STR("private, no-store"));
    server_add_header(r->x, STR("Content-Disposition"),
                      arena_printf(r->arena, "attachment; filename=\"%.*s\"", STR_ARG(name)));
    r->x->status = 200;
    buf_reset(r->out);
    buf_add(r->out, bytes);
}

void handle_ship_file_content(struct request *r)
{
    row_id id;
    struct ship_file file;
    struct str bytes;
    struct error error;
    struct db_conn *conn = path_id(r, 0, &id) ? request_read(r) : NULL;
    if (!conn)
        return;
    if (ship_file_read(conn, r->org_id, id, r->arena, &file, &error) &&
        ship_file_bytes(conn, r->org_id, id, r->arena, &bytes, &error))
        reply_bytes(r, file.file_name, file.content_type, bytes);
    else
        reply_error(r, &error);
}

struct withdrawing {
    struct request *r;
    row_id id;
    size_t count;
};

static bool withdraw_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct withdrawing *d = context;
    return ship_file_withdraw(conn, &d->r->by, d->id, &d->count, error) &&
           audit_add(conn, d->r, "ship_file.withdraw",
                     arena_printf(d->r->arena, "ship_file:%lld", (long long)d->id), STR_ABSENT,
                     arena_printf(d->r->arena, "{\"count\":%zu}", d->count), error);
}

void handle_ship_file_withdraw(struct request *r)
{
    struct withdrawing d = {.r = r};
    if (!path_id(r, 0, &d.id) || !request_write(r, withdraw_fn, &d))
        return;
    notify_engine(r);
    notify_counts(r);
    reply_file(r, 200, d.id, NULL);
}

void handle_failed_rows(struct request *r)
{
    row_id id;
    struct str bytes, type, part = query_text(r, "part");
    bool items = str_eq(part, STR("items"));
    struct error error;
    if (!path_id(r, 0, &id))
        return;
    if (part.p && !items && !str_eq(part, STR("orders"))) {
        reply_problem(r, 422, "invalid", "part は orders か items です。",
                      "part is orders or items");
        return;
    }
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!failed_rows_read(conn, r->org_id, id, items ? 2 : 1, r->arena, &bytes, &type, &error)) {
        reply_error(r, &error);
        return;
    }
    reply_bytes(
        r, arena_printf(r->arena, "failed_%s_%lld.csv", items ? "items" : "orders", (long long)id),
        type, bytes);
}
