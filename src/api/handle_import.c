// SPDX-License-Identifier: Apache-2.0
//
// POST /imports: a mall's own file, as the body itself or as the part `file` of a form.
#include "api/handlers.h"
#include "api/views.h"

#define ROWS_MAX 5000

struct refused_row {
    size_t line;
    struct str order_no, column, detail;
    bool unreadable;
};

struct report {
    struct request *r;
    struct refused_row *rows;
    size_t count;
    int64_t failed;
};

static void take_row(void *context, const struct file_row_report *row)
{
    struct report *p = context;
    struct arena *arena = p->r->arena;
    p->failed++;
    if (p->count == ROWS_MAX)
        return;
    p->rows[p->count++] =
        (struct refused_row){.line = row->line,
                             .order_no = str_dup(arena, row->order_no),
                             .column = str_dup(arena, row->column),
                             .detail = str_dup(arena, str_from(error_what(p->r, row->error))),
                             .unreadable = !str_starts(str_from(row->error->code), STR("order."))};
}

// The content of the named part of a multipart body (RFC 7578); absent if there is none.
static struct str form_part(struct str type, struct str body, struct str named)
{
    ptrdiff_t at = str_find(type, STR("boundary="));
    if (at < 0)
        return STR_ABSENT;
    struct str boundary = str_trim(str_slice(type, (size_t)at + 9, type.n));
    if (boundary.n > 2 && boundary.p[0] == '"')
        boundary = str_slice(boundary, 1, boundary.n - 1);
    if (boundary.n == 0 || boundary.n > 70)
        return STR_ABSENT;
    while ((at = str_find(body, boundary)) >= 0) {
        body = str_slice(body, (size_t)at + boundary.n, body.n);
        ptrdiff_t head = str_find(body, STR("\r\n\r\n"));
        ptrdiff_t end = str_find(body, boundary);
        if (head < 0 || end < head + 8)
            continue;
        if (str_find(str_slice(body, 0, (size_t)head), named) >= 0)
            return str_slice(body, (size_t)head + 4, (size_t)end - 4); // "\r\n--" before it
    }
    return STR_ABSENT;
}

static int64_t count_lines(struct str bytes)
{
    int64_t lines = 0;
    for (size_t i = 0; i < bytes.n; i++)
        lines += bytes.p[i] == '\n';
    if (bytes.n > 0 && bytes.p[bytes.n - 1] != '\n')
        lines++;
    return lines > 0 ? lines - 1 : 0;
}

static void reply_import(struct report *p, bool dry_run, struct str bytes,
                         const struct file_import *done)
{
    struct request *r = p->r;
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_put_str(w, "mode", dry_run ? STR("dry-run") : STR("import"));
    json_put_str(w, "format", str_from(done->label));
    json_put_str(w, "encoding", str_from(done->encoding));
    json_put_int(w, "rows_total", count_lines(bytes));
    json_put_int(w, "orders_total", done->listed);
    json_put_int(w, "created", done->created);
    json_put_int(w, "updated", done->updated);
    json_put_int(w, "unchanged", done->unchanged);
    json_put_int(w, "failed", done->failed);
    json_put_id(w, "fetch_run_id", done->run_id);
    json_key(w, "failed_files");
    json_begin_array(w);
    if (done->has_failed_rows && !dry_run)
        json_write_str(w, STR("orders"));
    if (done->has_failed_second && !dry_run)
        json_write_str(w, STR("items"));
    json_end_array(w);
    json_key(w, "rows");
    json_begin_array(w);
    for (size_t i = 0; i < p->count; i++) {
        const struct refused_row *row = &p->rows[i];
        json_begin_object(w);
        json_put_int(w, "row", (int64_t)row->line);
        put_optional(w, "order_no", row->order_no);
        json_put_str(w, "outcome", row->unreadable ? STR("failed_parse") : STR("failed_validate"));
        put_optional(w, "field", row->column);
        put_optional(w, "detail", row->detail);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

void handle_import(struct request *r)
{
    struct str type = server_request_header(r->x, "Content-Type"), bytes = r->x->body;
    struct str mode = query_text(r, "mode");
    bool form = str_starts(type, STR("multipart/form-data"));
    bool plain =
        str_starts(type, STR("text/")) || str_starts(type, STR("application/octet-stream"));
    bool dry_run = !str_eq(mode, STR("import"));
    row_id shop = 0;
    struct error error;
    struct file_import done;
    struct str items = STR_ABSENT;
    struct report p = {.r = r, .rows = ARENA_ARRAY(r->arena, struct refused_row, ROWS_MAX)};
    if (!query_id(r, "shop", &shop))
        return;
    if (!form && !plain) {
        reply_problem(r, 415, "unsupported_media_type", "CSVファイルを送信してください。",
                      "send a CSV file");
        return;
    }
    if (form) {
        items = form_part(type, bytes, STR("name=\"items\""));
        bytes = form_part(type, bytes, STR("name=\"file\""));
    }
    if (!shop || bytes.n == 0 ||
        (mode.p && !str_eq(mode, STR("import")) && !str_eq(mode, STR("dry-run")))) {
        reply_problem(r, 422, "invalid", "ショップとファイルを指定してください。",
                      "give a shop and a file");
        return;
    }
    if (!r->api->o.sync) {
        reply_problem(r, 503, "unavailable",
                      "このノードでは取り込めません。ワーカーのノードで実行してください。",
                      "this node can't import; ask a worker node");
        return;
    }
    request_release(r);
    if (!p.rows)
        error_no_memory(&error);
    if (!p.rows || !import_file(r->api->o.sync, &r->by, shop, bytes, items, dry_run, r->english,
                                take_row, &p, &done, &error)) {
        reply_error(r, &error);
        return;
    }
    if (error_is_set(&done.failure))
        reply_error(r, &done.failure);
    else
        reply_import(&p, dry_run, bytes, &done);
    if (!dry_run) {
        notify_counts(r);
        notify_orders(r, NULL, 0);
    }
}
