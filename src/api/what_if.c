// SPDX-License-Identifier: Apache-2.0
//
// The WhatIf object: what a change of settings would touch of the last days; and If-Match of
// settings, which is checked where it is sent.
#include "api/settings.h"

void what_if_json(struct request *r, const struct what_if *w)
{
    struct json_writer *out = &r->w;
    json_begin_object(out);
    json_put_int(out, "days", WHAT_IF_DAYS);
    json_put_int(out, "count", w->count);
    json_put_bool(out, "capped", w->capped);
    json_key(out, "items");
    json_begin_array(out);
    for (size_t i = 0; i < w->item_count; i++) {
        const struct what_if_item *item = &w->items[i];
        json_begin_object(out);
        json_put_str(out, "order_no", item->order_no);
        json_put_id(out, "order_id", item->order_id);
        json_put_id(out, "shop_id", item->shop_id);
        json_put_time(out, "ordered_at", item->ordered_at);
        put_optional(out, "before", item->before);
        put_optional(out, "after", item->after);
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
}

bool seen_revision(struct request *r, int64_t *seen)
{
    *seen = 0;
    return str_trim(server_request_header(r->x, "If-Match")).n == 0 || if_match(r, seen);
}

bool settings_write(struct request *r, db_write_fn fn, void *context)
{
    struct error error;
    if (db_write(r->api->o.db, fn, context, &error))
        return true;
    if (error.class == ERROR_CONFLICT && strcmp(error.code, "setting.changed") == 0)
        reply_problem(r, 412, "conflict", error.what_ja, error.what_en);
    else
        reply_error(r, &error);
    return false;
}

bool settings_etag(struct request *r, struct db_conn *conn, enum settings_part part, row_id id,
                   struct error *error)
{
    int64_t revision;
    if (!settings_revision(conn, r->org_id, part, id, &revision, error))
        return false;
    put_etag(r, revision);
    return true;
}
