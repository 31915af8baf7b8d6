// SPDX-License-Identifier: Apache-2.0
//
// Tells the company's screens what a request changed. Ids only; screens read what they show.
#include "api/internal.h"

#define IDS_MAX 500

void notify_orders(struct request *r, const row_id *ids, size_t count)
{
    AUTO_BUF text = buf_make(32768);
    struct json_writer w = json_writer_make(&text);
    json_begin_object(&w);
    json_key(&w, "ids");
    json_begin_array(&w);
    for (size_t i = 0; i < count && i < IDS_MAX; i++) {
        char id[24];
        json_write_str(&w, id_format(ids[i], id));
    }
    json_end_array(&w);
    json_put_id(&w, "actor", r->user_id);
    json_end_object(&w);
    if (!text.failed)
        api_event(r->api, r->org_id, "order.changed", buf_str(&text));
}

void notify_counts(struct request *r)
{
    api_event(r->api, r->org_id, "counts.changed", STR("{}"));
}

static void notify_ids(struct request *r, const char *type, row_id id, const char *other_key,
                       row_id other)
{
    AUTO_BUF text = buf_make(1024);
    struct json_writer w = json_writer_make(&text);
    char digits[24];
    json_begin_object(&w);
    json_key(&w, "ids");
    json_begin_array(&w);
    if (id)
        json_write_str(&w, id_format(id, digits));
    json_end_array(&w);
    if (other_key) {
        json_key(&w, other_key);
        json_begin_array(&w);
        json_write_str(&w, id_format(other, digits));
        json_end_array(&w);
    }
    json_end_object(&w);
    if (!text.failed)
        api_event(r->api, r->org_id, type, buf_str(&text));
}

void notify_writeback(struct request *r, row_id id, row_id order_id)
{
    notify_ids(r, "writeback.changed", id, "order_ids", order_id);
    api_event(r->api, r->org_id, "counts.changed", STR("{}"));
}

void notify_shop(struct request *r, row_id shop_id)
{
    notify_ids(r, "shop.changed", shop_id, NULL, 0);
}

void notify_engine(struct request *r)
{
    if (r->api->o.sync)
        sync_wake(r->api->o.sync);
}
