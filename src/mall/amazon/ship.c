// SPDX-License-Identifier: Apache-2.0
//
// Telling Amazon a shipment: look, then confirmShipment parcel by parcel (amazon.md §8), or the
// shipping file as a feed for parcels without a number (§11).
// Invariants: nothing is written before the order was read; a parcel that the mall shows is not
// told again; a package of ours with another number is corrected under its own reference, anything
// else that differs is left to a person. Units that are told are those that the mall shows as left.
// A lost answer ends the operation as ambiguous. A feed is made once: while one may be under way
// (progress "feeding …", "feed …") it is asked for, never repeated; DONE is no success, so its
// result is read to the end and the order is read back after it.
// Progress: "telling REF"; "feeding MS" (createFeed may be out), "feed ID MS".
// Threads: the operation's. Ownership: everything in the operation's arena.
#include "base/gzip.h"
#include "mall/amazon/internal.h"
#include "text/cp932.h"
#include "text/csv.h"

#include <stdio.h>

#define FEED_TYPE "POST_FLAT_FILE_FULFILLMENT_DATA"
#define FEED_CONTENT "text/tab-separated-values; charset=Shift_JIS"
#define FEED_ASK_MS AMAZON_MINUTE_MS
#define FEED_SLACK_MS (2 * AMAZON_MINUTE_MS)
#define FEED_LEAVES_WITHIN_MS (30 * AMAZON_MINUTE_MS) // pacing may hold createFeed back
#define PENDING_PAUSE_MS (30 * AMAZON_MINUTE_MS)
#define RESULT_TRIES 3

enum ship_step {
    SHIP_LOOK,
    SHIP_TELL,
    FEED_DOCUMENT,
    FEED_UPLOAD,
    FEED_CREATE,
    FEED_FIND,
    FEED_ASK,
    FEED_RESULT,
    FEED_DOWNLOAD
};

struct item {
    struct str id;
    int64_t left;
};

struct ship_op {
    struct amazon_op a; // first
    struct mall_ship_request request;
    struct str order_no;
    struct amazon_wish wish;
    bool made;
    enum ship_step step;
    time_ms ordered_at;
    struct item items[AMAZON_ITEMS_MAX];
    size_t item_count;
    int64_t top_reference; // highest at the mall
    size_t told;           // parcels told by this operation
    bool correcting;       // `parcel` replaces the number of a package that the mall has
    // SHIP_TELL
    const struct amazon_parcel *parcel;
    int64_t reference;
    int64_t units[AMAZON_ITEMS_MAX];
    // Feed.
    struct str document_id, url, feed_id, result_id;
    time_ms feed_at;
    bool adopted; // found after a lost answer: it may be another program's
    bool gzip;
    int tries;
};

static void fail_with(struct ship_op *op, enum error_class class, const char *code, const char *ja,
                      const char *en, int64_t retry_after_ms)
{
    struct error error;
    error_set(&error, class, code, "%s%.0s", "%.0s%s", ja, en);
    error_subject(&error, "%.*s", STR_ARG(op->order_no));
    error.retry_after_ms = retry_after_ms;
    amazon_fail(&op->a, &error);
}

// --- confirmShipment ---

static bool plan_tell(struct ship_op *op, time_ms now)
{
    char text[32];
    AUTO_BUF body = buf_make(AMAZON_REQUEST_BYTES_MAX);
    struct json_writer w = json_writer_make(&body);
    const struct amazon_parcel *p = op->parcel;
    struct str reference = arena_printf(op->a.scratch, "%lld", (long long)op->reference);
    if (!amazon_progress(&op->a, arena_printf(op->a.scratch, "telling %.*s", STR_ARG(reference))))
        return false;
    json_begin_object(&w);
    json_put_str(&w, "marketplaceId", amazon_setting(&op->a, "marketplace_id"));
    json_key(&w, "packageDetail");
    json_begin_object(&w);
    json_put_str(&w, "packageReferenceId", reference);
    json_put_str(&w, "carrierCode", p->carrier_code);
    if (p->carrier_name.n > 0)
        json_put_str(&w, "carrierName", p->carrier_name);
    if (p->method.n > 0)
        json_put_str(&w, "shippingMethod", p->method);
    json_put_str(&w, "trackingNumber", p->number);
    json_put_str(&w, "shipDate",
                 time_format_utc(amazon_ship_instant(p->ship_date, op->ordered_at, now), text));
    json_key(&w, "orderItems");
    json_begin_array(&w);
    for (size_t i = 0; i < op->item_count; i++) {
        if (op->units[i] == 0)
            continue;
        json_begin_object(&w);
        json_put_str(&w, "orderItemId", op->items[i].id);
        json_put_int(&w, "quantity", op->units[i]);
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
    json_end_object(&w);
    op->a.call.operation = op->a.call.family = "confirmShipment";
    op->a.call.method = HTTP_POST;
    op->a.call.writes = true;
    op->a.call.path = arena_printf(op->a.scratch, "/orders/v0/orders/%.*s/shipmentConfirmation",
                                   STR_ARG(op->order_no));
    return amazon_set_body(&op->a, &body);
}

static int64_t units_left(const struct ship_op *op)
{
    int64_t left = 0;
    for (size_t i = 0; i < op->item_count; i++)
        left += op->items[i].left;
    return left;
}

// The next parcel's share of what is left: all for the last one, else an even part.
static void share_units(struct ship_op *op, size_t parcels_left)
{
    int64_t left = units_left(op);
    int64_t share =
        parcels_left <= 1 ? left : (left + (int64_t)parcels_left - 1) / (int64_t)parcels_left;
    for (size_t i = 0; i < op->item_count; i++) {
        int64_t take = op->items[i].left < share ? op->items[i].left : share;
        op->units[i] = take;
        share -= take;
    }
}

static const struct shipment *shown(const struct order *o, struct str number, struct str mall_ref)
{
    for (size_t k = 0; k < o->packages[0].shipment_count; k++) {
        const struct shipment *s = &o->packages[0].shipments[k];
        if (mall_ref.n > 0 ? str_eq(s->mall_ref, mall_ref)
                           : number.n > 0 && amazon_same_number(s->tracking_number, number))
            return s;
    }
    return NULL;
}

// Quantities of a package at the mall, for its correction.
static void units_of_package(struct ship_op *op, struct json from, struct str reference)
{
    struct json package, item;
    for (struct json_iter i = json_iterate(json_get(from, "packages")); json_next(&i, &package);) {
        if (!str_eq(json_str(json_get(package, "packageReferenceId")), reference))
            continue;
        for (struct json_iter k = json_iterate(json_get(package, "packageItems"));
             json_next(&k, &item);)
            for (size_t n = 0; n < op->item_count; n++)
                if (str_eq(op->items[n].id, json_str(json_get(item, "orderItemId"))))
                    json_int(json_get(item, "quantity"), &op->units[n]);
    }
}

// What to tell next: a correction of our own package, or a parcel the mall doesn't show yet.
static bool choose_parcel(struct ship_op *op, struct json from, const struct order *at_mall)
{
    size_t fresh = 0, left = 0;
    const struct amazon_parcel *first = NULL;
    memset(op->units, 0, sizeof op->units);
    // What the mall shows is told: it must not come up again after the next parcel.
    for (size_t i = 0; i < op->wish.count; i++)
        if (!shown(at_mall, op->wish.parcels[i].number, STR("")))
            op->wish.parcels[left++] = op->wish.parcels[i];
    op->wish.count = left;
    op->correcting = false;
    for (size_t i = 0; i < op->wish.count; i++) {
        const struct amazon_parcel *p = &op->wish.parcels[i];
        const struct shipment *ours = shown(at_mall, STR(""), p->mall_ref);
        if (p->mall_ref.n > 0 && ours && str_to_int64(p->mall_ref, &op->reference)) {
            op->parcel = p;
            op->correcting = true;
            units_of_package(op, from, p->mall_ref);
            return true;
        }
        fresh++;
        if (!first)
            first = p;
    }
    op->parcel = first;
    op->reference = op->top_reference + 1;
    share_units(op, fresh);
    return first && units_left(op) > 0;
}

// --- looking ---

static void read_items(struct ship_op *op, struct json from)
{
    struct json item, package;
    op->item_count = 0;
    op->top_reference = 0;
    for (struct json_iter i = json_iterate(json_get(from, "orderItems"));
         json_next(&i, &item) && op->item_count < AMAZON_ITEMS_MAX;) {
        struct item *to = &op->items[op->item_count++];
        int64_t ordered = 0, done = 0;
        struct json f = json_get(item, "fulfillment");
        to->id = str_dup(op->a.base.arena, json_str(json_get(item, "orderItemId")));
        if (!json_int(json_get(f, "quantityUnfulfilled"), &to->left)) {
            json_int(json_get(item, "quantityOrdered"), &ordered);
            json_int(json_get(f, "quantityFulfilled"), &done);
            to->left = ordered - done;
        }
        if (to->left < 0 ||
            json_exists(json_get(json_get(item, "cancellation"), "cancellationExecution")))
            to->left = 0;
    }
    for (struct json_iter i = json_iterate(json_get(from, "packages")); json_next(&i, &package);) {
        int64_t reference;
        if (str_to_int64(json_str(json_get(package, "packageReferenceId")), &reference) &&
            reference > op->top_reference && reference < INT32_MAX)
            op->top_reference = reference;
    }
}

// States in which Amazon takes no shipment.
static bool is_operable(struct ship_op *op, const struct order *o)
{
    if (o->state == ORDER_CANCELLED)
        fail_with(op, ERROR_REJECTED, "amazon.order_cancelled",
                  "Amazonでキャンセルされた注文です。出荷を止めてください。",
                  "The order is cancelled at Amazon. Stop the shipment.", 0);
    else if (str_eq(o->channel, STR("fba")))
        fail_with(op, ERROR_REJECTED, "amazon.fba", "Amazonが出荷する注文（FBA）です。",
                  "Amazon ships this order itself (FBA).", 0);
    else if (o->state == ORDER_PROVISIONAL)
        fail_with(op, ERROR_CONFLICT, "amazon.pending",
                  "保留中の注文です。出荷可能になると自動的に反映します。",
                  "The order is pending; it is told by itself once it may be shipped.",
                  PENDING_PAUSE_MS);
    return !op->a.base.failed;
}

static void decide(struct ship_op *op, struct json from, const struct order *o)
{
    struct error difference = {0};
    enum mall_comparison c = amazon_compare(&op->a.base.account, o, &op->wish, &difference);
    // Looked at again after a correction: without units only another correction may follow.
    bool number_differs = strcmp(difference.code, "amazon.number_differs") == 0;
    if (c == MALL_SAME || (op->told > 0 && units_left(op) <= 0 && !number_differs)) {
        op->a.base.done = true;
        return;
    }
    if (!is_operable(op, o))
        return;
    if (op->wish.by_feed && c == MALL_NOT_YET && units_left(op) > 0) {
        op->step = FEED_DOCUMENT;
        return;
    }
    if (!op->wish.by_feed && (c == MALL_NOT_YET || number_differs) && choose_parcel(op, from, o)) {
        op->step = SHIP_TELL;
        return;
    }
    if (c == MALL_NOT_YET) { // nothing is left to tell, the status will follow
        op->a.base.done = true;
        return;
    }
    error_hint(&difference,
               "セラーセントラルで先に変更されています。どちらが正しいか確認してください。",
               "It was changed in Seller Central. See which of the two is right.");
    error_subject(&difference, "%.*s", STR_ARG(op->order_no));
    difference.class = ERROR_REJECTED;
    amazon_fail(&op->a, &difference);
}

static void looked(struct ship_op *op, struct json body)
{
    struct json from = json_get(body, "order");
    struct order *o = ARENA_NEW(op->a.base.arena, struct order);
    struct error error;
    if (!o) {
        amazon_fail_no_memory(&op->a);
        return;
    }
    if (!amazon_order_read(op->a.base.arena, &op->a.base.account, from, o, &error)) {
        amazon_fail(&op->a, &error);
        return;
    }
    if (!str_eq(o->order_no, op->order_no)) {
        fail_with(op, ERROR_MALFORMED, "amazon.other_order",
                  "要求した注文とは別の注文が返されました。",
                  "Another order came than the one asked for.", 0);
        return;
    }
    op->ordered_at = o->ordered_at;
    read_items(op, from);
    decide(op, from, o);
}

// --- the feed ---

static void add_cell(struct buf *out, struct str text, bool last)
{
    for (size_t i = 0; i < text.n; i++)
        buf_add_char(out,
                     text.p[i] == '\t' || text.p[i] == '\n' || text.p[i] == '\r' ? ' ' : text.p[i]);
    buf_add(out, last ? STR("\r\n") : STR("\t"));
}

static bool make_file(struct ship_op *op, struct str *cp932)
{
    char day_text[12];
    struct cp932_loss *losses;
    struct error error;
    AUTO_BUF out = buf_make(AMAZON_REQUEST_BYTES_MAX);
    buf_add(&out, STR("order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\t"
                      "tracking-number\tship-method\r\n"));
    for (size_t k = 0; k < op->wish.count; k++) {
        const struct amazon_parcel *p = &op->wish.parcels[k];
        share_units(op, op->wish.count - k);
        for (size_t i = 0; i < op->item_count; i++) {
            if (op->units[i] == 0)
                continue;
            op->items[i].left -= op->units[i];
            add_cell(&out, op->order_no, false);
            add_cell(&out, op->items[i].id, false);
            buf_addf(&out, "%lld\t", (long long)op->units[i]);
            add_cell(&out, day_format(p->ship_date, day_text), false);
            add_cell(&out, p->carrier_code, false);
            add_cell(&out, p->carrier_name, false);
            add_cell(&out, p->number, false);
            add_cell(&out, p->method, true);
        }
    }
    if (!out.failed && cp932_from_utf8(op->a.scratch, buf_str(&out), cp932, &losses, &error))
        return true;
    amazon_fail_no_memory(&op->a);
    return false;
}

static bool plan_document(struct ship_op *op)
{
    AUTO_BUF body = buf_make(AMAZON_REQUEST_BYTES_MAX);
    buf_add(&body, STR("{\"contentType\":\"" FEED_CONTENT "\"}"));
    op->a.call.operation = op->a.call.family = "createFeedDocument";
    op->a.call.method = HTTP_POST; // a place for a file; nothing is told by it
    op->a.call.path = STR("/feeds/2021-06-30/documents");
    return amazon_set_body(&op->a, &body);
}

static bool plan_upload(struct ship_op *op)
{
    struct item kept[AMAZON_ITEMS_MAX];
    struct str file = STR("");
    memcpy(kept, op->items, sizeof kept); // plan() may be called again
    bool made = make_file(op, &file);
    memcpy(op->items, kept, sizeof kept);
    op->a.call.operation = "uploadFeed";
    op->a.call.family = "storage";
    op->a.call.method = HTTP_PUT;
    op->a.call.url = op->url;
    op->a.call.content_type = FEED_CONTENT;
    op->a.call.body = file;
    return made;
}

static bool plan_create(struct ship_op *op, time_ms now)
{
    AUTO_BUF body = buf_make(AMAZON_REQUEST_BYTES_MAX);
    struct json_writer w = json_writer_make(&body);
    if (!amazon_progress(&op->a, arena_printf(op->a.scratch, "feeding %lld", (long long)now)))
        return false;
    json_begin_object(&w);
    json_put_str(&w, "feedType", STR(FEED_TYPE));
    json_key(&w, "marketplaceIds");
    json_begin_array(&w);
    json_write_str(&w, amazon_setting(&op->a, "marketplace_id"));
    json_end_array(&w);
    json_put_str(&w, "inputFeedDocumentId", op->document_id);
    json_end_object(&w);
    op->a.call.operation = op->a.call.family = "createFeed";
    op->a.call.method = HTTP_POST;
    op->a.call.writes = true;
    op->a.call.path = STR("/feeds/2021-06-30/feeds");
    return amazon_set_body(&op->a, &body);
}

static bool plan_find(struct ship_op *op)
{
    char text[32];
    AUTO_BUF path = buf_make(4096);
    buf_add(&path, STR("/feeds/2021-06-30/feeds?feedTypes=" FEED_TYPE "&pageSize=100"
                       "&createdSince="));
    http_url_encode(&path, time_format_utc(op->feed_at - FEED_SLACK_MS, text));
    op->a.call.operation = op->a.call.family = "getFeeds";
    op->a.call.path = str_dup(op->a.scratch, buf_str(&path));
    return true;
}

static void get(struct ship_op *op, const char *operation, const char *path, struct str id)
{
    op->a.call.operation = op->a.call.family = operation;
    op->a.call.path = arena_printf(op->a.scratch, "/feeds/2021-06-30/%s/%.*s", path, STR_ARG(id));
}

static bool plan(struct amazon_op *a, time_ms now)
{
    struct ship_op *op = (struct ship_op *)a;
    struct error error = {0};
    if (!op->made && !amazon_wish_make(a->base.arena, &a->base.account, &op->request,
                                       day_in_jst(now), &op->wish, &error)) {
        amazon_fail(a, &error);
        return false;
    }
    op->made = true;
    bool planned = true;
    switch (op->step) {
    case SHIP_LOOK:
        a->call.operation = a->call.family = "getOrder";
        a->call.path = arena_printf(a->scratch,
                                    "/orders/2026-01-01/orders/%.*s?includedData="
                                    "CANCELLATION%%2CFULFILLMENT%%2CPACKAGES",
                                    STR_ARG(op->order_no));
        break;
    case SHIP_TELL:
        planned = plan_tell(op, now);
        break;
    case FEED_DOCUMENT:
        planned = plan_document(op);
        break;
    case FEED_UPLOAD:
        planned = plan_upload(op);
        break;
    case FEED_CREATE:
        planned = plan_create(op, now);
        break;
    case FEED_FIND:
        planned = plan_find(op);
        break;
    case FEED_ASK:
        get(op, "getFeed", "feeds", op->feed_id);
        break;
    case FEED_RESULT:
        get(op, "getFeedDocument", "documents", op->result_id);
        break;
    case FEED_DOWNLOAD:
        a->call.operation = "downloadFeedResult";
        a->call.family = "storage";
        a->call.url = op->url;
        break;
    }
    a->call.order_no = op->order_no;
    return planned;
}

static void work_on(struct ship_op *op, time_ms now)
{
    op->a.base.accepted = true;
    op->a.base.ask_at = now + FEED_ASK_MS;
}

// Some, none or all rows may have been applied: only reading tells (§11.1).
static void feed_lost(struct ship_op *op, const char *code, const char *ja, const char *en)
{
    if (amazon_progress(&op->a, STR("")))
        fail_with(op, ERROR_AMBIGUOUS, code, ja, en, 0);
}

static void created(struct ship_op *op, time_ms now, struct json body)
{
    struct str id = json_str(json_get(body, "feedId"));
    if (str_is_empty(id)) {
        fail_with(op, ERROR_AMBIGUOUS, "amazon.feed.nameless",
                  "フィードの番号が返されませんでした。", "No id came for the feed.", 0);
        return;
    }
    if (amazon_progress(&op->a,
                        arena_printf(op->a.scratch, "feed %.*s %lld", STR_ARG(id), (long long)now)))
        work_on(op, now);
}

static bool is_under_way(struct str state)
{
    return str_eq(state, STR("IN_QUEUE")) || str_eq(state, STR("IN_PROGRESS"));
}

// One of the feeds made then may be ours; others are those of other orders, or of another program,
// and nothing tells them apart. So nothing is told again before all of them have ended.
static void found(struct ship_op *op, time_ms now, struct json body)
{
    struct json one;
    struct str id = STR("");
    time_ms created;
    bool under_way = false;
    for (struct json_iter i = json_iterate(json_get(body, "feeds")); json_next(&i, &one);) {
        if (json_str(json_get(one, "feedId")).n == 0 ||
            (time_parse_iso(json_str(json_get(one, "createdTime")), 0, &created) &&
             created > op->feed_at + FEED_LEAVES_WITHIN_MS))
            continue;
        id = json_str(json_get(one, "feedId"));
        under_way = under_way || is_under_way(json_str(json_get(one, "processingStatus")));
    }
    if (under_way) {
        work_on(op, now);
        return;
    }
    op->step = SHIP_LOOK;
    if (str_is_empty(id))
        return;
    op->feed_id = str_dup(op->a.base.arena, id);
    op->adopted = true;
    op->step = FEED_ASK;
}

// Nothing more is to be asked of this feed: should the order never show it, the next try begins
// with looking instead of asking for the same result for ever.
static void feed_ended(struct ship_op *op)
{
    op->a.base.done = amazon_progress(&op->a, STR(""));
}

static void asked(struct ship_op *op, time_ms now, struct json body)
{
    struct str state = json_str(json_get(body, "processingStatus"));
    if (str_eq(state, STR("DONE"))) {
        op->result_id = str_dup(op->a.base.arena, json_str(json_get(body, "resultFeedDocumentId")));
        op->step = FEED_RESULT;
        if (op->result_id.n == 0)
            feed_ended(op);
    } else if (is_under_way(state)) {
        work_on(op, now);
    } else {
        feed_lost(op, "amazon.feed.not_processed",
                  "出荷通知ファイルがAmazonで処理されませんでした。注文を読み直して確認します。",
                  "Amazon did not process the shipping file; the order is read back.");
    }
}

// Rows of our order. True: one of them refuses it.
static bool result_refuses(struct ship_op *op, struct str utf8, struct error *error)
{
    enum { NUMBER, CODE, TYPE, MESSAGE, COLUMNS };
    static const char *const names[COLUMNS] = {"order-id", "error-code", "error-type",
                                               "error-message"};
    int columns[COLUMNS] = {-1, -1, -1, -1};
    bool refused = false;
    struct error unreadable, row;
    struct csv_reader csv;
    csv_open(&csv, utf8, '\t');
    while (!refused && csv_read(&csv, &unreadable) == 1) {
        struct str cell[COLUMNS];
        for (int k = 0; k < COLUMNS; k++)
            cell[k] = columns[k] >= 0 && (size_t)columns[k] < csv.count
                          ? str_trim(csv.cells[columns[k]])
                          : STR("");
        bool headed = columns[NUMBER] >= 0;
        for (size_t i = 0; !headed && i < csv.count; i++)
            for (int k = 0; k < COLUMNS; k++)
                if (str_eq_nocase(str_trim(csv.cells[i]), str_from(names[k])))
                    columns[k] = (int)i;
        if (!str_eq(cell[NUMBER], op->order_no))
            continue;
        amazon_feed_error(cell[CODE], cell[TYPE], cell[MESSAGE], &row);
        error_subject(&row, "%.*s", STR_ARG(op->order_no));
        refused = !str_eq_nocase(cell[TYPE], STR("Warning")) ||
                  strcmp(row.code, "amazon.feed.not_fulfilled") == 0;
        if (refused)
            *error = row;
        else
            amazon_warn(&op->a, op->order_no, &row);
    }
    csv_close(&csv);
    return refused;
}

static void downloaded(struct ship_op *op, const struct http_response *response)
{
    struct error error = {0};
    struct str bytes = response->body, utf8;
    enum text_encoding encoding;
    AUTO_BUF plain = buf_make(AMAZON_DOCUMENT_BYTES_MAX);
    bool readable = true;
    if (op->gzip) {
        readable = gzip_unpack(bytes, AMAZON_DOCUMENT_BYTES_MAX / 2, &plain, &error);
        bytes = buf_str(&plain);
    }
    readable = readable && text_to_utf8(op->a.scratch, bytes, &utf8, &encoding, &error);
    if (!readable) {
        // The feed has been processed; the order itself will tell.
        amazon_warn(&op->a, op->order_no, &error);
        feed_ended(op);
        return;
    }
    if (result_refuses(op, utf8, &error)) {
        if (amazon_progress(&op->a, STR("")))
            amazon_fail(&op->a, &error);
        return;
    }
    if (op->adopted)
        feed_lost(op, "amazon.feed.adopted",
                  "応答を失った出荷通知の処理が終わりました。注文を読み直して確認します。",
                  "The feed whose answer was lost has ended; the order is read back.");
    else
        feed_ended(op);
}

static void got_address(struct ship_op *op, struct json body, enum ship_step next)
{
    struct error error = {0};
    struct str id = json_str(json_get(body, "feedDocumentId"));
    op->url = str_dup(op->a.base.arena, json_str(json_get(body, "url")));
    op->gzip = str_eq(json_str(json_get(body, "compressionAlgorithm")), STR("GZIP"));
    if (next == FEED_UPLOAD)
        op->document_id = str_dup(op->a.base.arena, id);
    op->step = next;
    if (!amazon_storage_address(&op->a, op->url, &error))
        amazon_fail(&op->a, &error);
}

// The next parcel, or the end; reading may lag, so what was told is remembered here. A correction
// tells units that were told before, and another one may follow: the order is looked at again.
static void after_telling(struct ship_op *op)
{
    size_t at = (size_t)(op->parcel - op->wish.parcels);
    op->wish.parcels[at] = op->wish.parcels[--op->wish.count];
    op->told++;
    if (op->correcting) {
        op->step = SHIP_LOOK;
        op->a.base.done = op->wish.count == 0;
        return;
    }
    for (size_t i = 0; i < op->item_count; i++)
        op->items[i].left -= op->units[i];
    op->top_reference = op->reference > op->top_reference ? op->reference : op->top_reference;
    op->parcel = op->wish.count > 0 ? &op->wish.parcels[0] : NULL;
    op->reference = op->top_reference + 1;
    memset(op->units, 0, sizeof op->units);
    share_units(op, op->wish.count);
    if (!op->parcel || units_left(op) <= 0)
        op->a.base.done = true;
}

static void take(struct amazon_op *a, time_ms now, const struct http_response *response,
                 struct json body)
{
    struct ship_op *op = (struct ship_op *)a;
    switch (op->step) {
    case SHIP_LOOK:
        looked(op, body);
        break;
    case SHIP_TELL:
        after_telling(op);
        break;
    case FEED_DOCUMENT:
        got_address(op, body, FEED_UPLOAD);
        break;
    case FEED_UPLOAD:
        op->step = FEED_CREATE;
        break;
    case FEED_CREATE:
        created(op, now, body);
        break;
    case FEED_FIND:
        found(op, now, body);
        break;
    case FEED_ASK:
        asked(op, now, body);
        break;
    case FEED_RESULT:
        got_address(op, body, FEED_DOWNLOAD);
        break;
    case FEED_DOWNLOAD:
        downloaded(op, response);
        break;
    }
    if (arena_failed(a->base.arena) && !a->base.failed)
        amazon_fail_no_memory(a);
}

static bool refused(struct amazon_op *a, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    struct ship_op *op = (struct ship_op *)a;
    bool storage = strncmp(error->code, "amazon.storage", 14) == 0;
    (void)now;
    if (!response)
        return false;
    if (storage && op->tries++ < RESULT_TRIES) { // the address has expired: a fresh one
        op->step = op->step == FEED_UPLOAD ? FEED_DOCUMENT : FEED_RESULT;
        return true;
    }
    if (op->step == FEED_ASK && error->class == ERROR_NOT_FOUND) {
        feed_lost(op, "amazon.feed.unknown", "Amazonに出荷通知ファイルの記録がありません。",
                  "Amazon does not know the feed.");
        return true;
    }
    return false;
}

static void resume(struct ship_op *op, struct str progress)
{
    struct str rest = progress, word, id;
    if (!str_split(&rest, ' ', &word))
        return;
    if (str_eq(word, STR("feeding")) && str_to_int64(rest, &op->feed_at)) {
        op->step = FEED_FIND;
    } else if (str_eq(word, STR("feed")) && str_split(&rest, ' ', &id)) {
        op->feed_id = str_dup(op->a.base.arena, id);
        op->step = FEED_ASK;
    }
}

struct mall_op *amazon_ship(const struct mall_account *account,
                            const struct mall_ship_request *request, const struct mall_sink *sink,
                            struct error *error)
{
    static const struct amazon_steps steps = {.plan = plan, .take = take, .refused = refused};
    if (!request->order || !amazon_is_order_number(request->order->order_no)) {
        error_set(error, ERROR_BAD_INPUT, "amazon.order_number", "注文番号が正しくありません。",
                  "The order number is missing or not Amazon's.");
        return NULL;
    }
    struct ship_op *op = amazon_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->request = *request;
    op->order_no = request->order->order_no;
    op->ordered_at = request->order->ordered_at;
    op->document_id = op->url = op->feed_id = op->result_id = STR("");
    if (request->progress.n > 0)
        resume(op, request->progress);
    return &op->a.base;
}
