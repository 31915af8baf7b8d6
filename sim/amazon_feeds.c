// SPDX-License-Identifier: Apache-2.0
//
// Feeds API and the shipping file (amazon.md §11): createFeedDocument, upload, createFeed, a result
// that has to be read to its end. A feed that is DONE is no success by itself.
// Called with the sim's mutex held.
#include "sim/amazon.h"

#include "text/cp932.h"
#include "text/csv.h"

#include <stdio.h>

#define FEED_TYPE "POST_FLAT_FILE_FULFILLMENT_DATA"
#define RESULT_BYTES_MAX ((size_t)8 << 20)

enum column {
    ORDER_ID,
    ITEM_ID,
    QUANTITY,
    SHIP_DATE,
    CARRIER_CODE,
    CARRIER_NAME,
    NUMBER,
    METHOD,
    COLUMN_COUNT
};
static const char *const column_names[COLUMN_COUNT] = {
    "order-id",     "order-item-id", "quantity",        "ship-date",
    "carrier-code", "carrier-name",  "tracking-number", "ship-method"};

struct processing {
    struct sim *sim;
    struct arena *arena;
    struct buf problems;
    int columns[COLUMN_COUNT];
    bool header_found, apply;
    int64_t records, successful;
};

static struct str cell(const struct processing *p, const struct csv_reader *csv, enum column column)
{
    int at = p->columns[column];
    return at >= 0 && (size_t)at < csv->count ? str_trim(csv->cells[at]) : STR("");
}

static void problem(struct processing *p, const struct csv_reader *csv, const char *code,
                    const char *type, const char *message)
{
    buf_addf(&p->problems, "%lld\t%.*s\t%.*s\t%s\t%s\t%s\r\n", (long long)p->records,
             STR_ARG(cell(p, csv, ORDER_ID)), STR_ARG(cell(p, csv, ITEM_ID)), code, type, message);
}

// "2026-03-02" or an instant with offset; a bare day counts from its first moment in Japan.
static bool read_date(struct str text, time_ms *t)
{
    day d;
    if (time_parse_iso(text, JST_OFFSET_MS, t))
        return true;
    if (text.n != 10 || text.p[4] != '-' || !day_parse(text, &d))
        return false;
    *t = day_start_jst(d);
    return true;
}

static const char *read_units(const struct processing *p, const struct csv_reader *csv,
                              const struct amazon_order *o, struct amazon_shipping *s)
{
    struct str item = cell(p, csv, ITEM_ID), text = cell(p, csv, QUANTITY);
    int64_t quantity = 0;
    s->whole = str_is_empty(item);
    if (s->whole)
        return NULL;
    for (size_t i = 0; i < o->line_count; i++) {
        if (!str_eq(o->lines[i].item_id, item))
            continue;
        if (str_is_empty(text))
            quantity = o->lines[i].quantity - o->lines[i].shipped;
        else if (!str_to_int64(text, &quantity) || quantity < 1)
            return "Quantity is invalid.";
        s->quantity[i] = quantity;
        return NULL;
    }
    return "The order-item-id is not valid for this order.";
}

// Rows with the same number, and those of one file without any, belong to one parcel.
static int64_t reference_of(const struct processing *p, const struct amazon_order *o,
                            struct str number)
{
    for (size_t i = 0; i < o->package_count; i++)
        if (str_eq(o->packages[i].number, number) &&
            (number.n > 0 || o->packages[i].created_at == sim_now(p->sim)))
            return o->packages[i].reference;
    return 0;
}

static bool untracked(struct processing *p, const struct csv_reader *csv)
{
    if (sim_switch_is(p->sim, SIM_AMAZON, "feed_untracked", "refused")) {
        problem(p, csv, "90012", "Error", "お問い合わせ伝票番号は必須です。");
        return false;
    }
    if (sim_switch_is(p->sim, SIM_AMAZON, "feed_untracked", "warning"))
        problem(p, csv, "90107", "Warning", "お問い合わせ伝票番号が入力されていません。");
    return true;
}

static void row(struct processing *p, const struct csv_reader *csv)
{
    struct sim_order *order = sim_order_find(p->sim, SIM_AMAZON, cell(p, csv, ORDER_ID));
    struct amazon_shipping s = {.carrier = cell(p, csv, CARRIER_CODE),
                                .carrier_name = cell(p, csv, CARRIER_NAME),
                                .method = cell(p, csv, METHOD),
                                .number = cell(p, csv, NUMBER)};
    p->records++;
    if (!order) {
        problem(p, csv, "18028", "Error", "この注文番号の注文はありません。");
        return;
    }
    const struct amazon_order *o = order->face;
    if (!read_date(cell(p, csv, SHIP_DATE), &s.shipped_at)) {
        problem(p, csv, "90012", "Error", "出荷日が正しくありません。");
        return;
    }
    const char *trouble = read_units(p, csv, o, &s);
    s.reference = reference_of(p, o, s.number);
    for (size_t i = 0; s.reference && i < o->package_count; i++)
        s.same_notice = s.same_notice || (o->packages[i].reference == s.reference &&
                                          o->packages[i].created_at == sim_now(p->sim));
    if (s.shipped_at < order->ordered_at &&
        day_in_jst(s.shipped_at) == day_in_jst(order->ordered_at))
        s.shipped_at = order->ordered_at; // a bare day
    for (size_t i = 0; s.reference && !s.whole && i < o->line_count; i++)
        for (size_t k = 0; k < o->package_count; k++)
            if (o->packages[k].reference == s.reference)
                s.quantity[i] += o->packages[k].quantity[i];
    if (!trouble)
        trouble = amazon_take_parcel(p->sim, order, &s, false);
    if (trouble) {
        bool quiet = sim_switch_is(p->sim, SIM_AMAZON, "feed_quiet_refusal", "on");
        problem(p, csv, quiet ? "" : "18021", quiet ? "Warning" : "Error",
                quiet ? "Order cannot be fulfilled. For more information, please contact Seller "
                        "Support."
                      : trouble);
        p->successful += quiet;
        return;
    }
    if (str_is_empty(s.number) && !untracked(p, csv))
        return;
    if (str_is_empty(s.method))
        problem(p, csv, "90108", "Warning", "配送方法が入力されていません。");
    if (p->apply)
        (void)amazon_take_parcel(p->sim, order, &s, true);
    p->successful++;
}

static bool is_header(struct processing *p, const struct csv_reader *csv)
{
    bool found = false;
    for (int k = 0; k < COLUMN_COUNT; k++)
        p->columns[k] = -1;
    for (size_t i = 0; i < csv->count; i++)
        for (int k = 0; k < COLUMN_COUNT; k++)
            if (str_eq(str_trim(csv->cells[i]), str_from(column_names[k]))) {
                p->columns[k] = (int)i;
                found = found || k == ORDER_ID;
            }
    return found;
}

static void read_file(struct processing *p, struct str utf8)
{
    struct csv_reader csv;
    struct error error;
    csv_open(&csv, utf8, '\t');
    while (csv_read(&csv, &error) == 1) {
        if (!p->header_found)
            p->header_found = is_header(p, &csv);
        else
            row(p, &csv);
    }
    csv_close(&csv);
}

static void write_result(struct processing *p, struct amazon_state *state, struct amazon_task *t)
{
    AUTO_BUF out = buf_make(RESULT_BYTES_MAX);
    buf_addf(&out,
             "Feed Processing Summary:\r\n\tNumber of records processed\t\t%lld\r\n"
             "\tNumber of records successful\t\t%lld\r\n\r\n",
             (long long)p->records, (long long)p->successful);
    buf_add(&out, STR("original-record-number\torder-id\torder-item-id\terror-code\terror-type\t"
                      "error-message\r\n"));
    buf_add(&out, buf_str(&p->problems));
    t->result = amazon_document_new(p->sim, state, "amzn1.tortuga.4.fe.result");
    if (out.failed || !t->result || !amazon_document_fill(p->sim, state, t->result, buf_str(&out)))
        t->state = AMAZON_FATAL;
}

void amazon_feed_process(struct sim *sim, struct amazon_state *state, struct amazon_task *t)
{
    enum text_encoding encoding;
    struct error error;
    struct str utf8;
    AUTO_ARENA arena = arena_new((size_t)64 << 20);
    bool fatal_after = sim_switch_is(sim, SIM_AMAZON, "feed_outcome", "fatal_after");
    struct processing p = {
        .sim = sim,
        .arena = arena,
        .problems = buf_make(RESULT_BYTES_MAX),
        .apply = !sim_switch_is(sim, SIM_AMAZON, "feed_outcome", "done_without_effect")};
    if (sim_switch_is(sim, SIM_AMAZON, "feed_outcome", "cancelled")) {
        t->state = AMAZON_PROCESSING_CANCELLED;
        return;
    }
    bool readable = arena && t->input && t->input->bytes.p &&
                    text_to_utf8(arena, t->input->bytes, &utf8, &encoding, &error);
    if (!readable || sim_switch_is(sim, SIM_AMAZON, "feed_outcome", "fatal")) {
        t->state = AMAZON_FATAL;
        return;
    }
    read_file(&p, utf8);
    if (!p.header_found || fatal_after)
        t->state = AMAZON_FATAL;
    else
        write_result(&p, state, t);
    buf_free(&p.problems);
}

// --- the calls ---

static void create_document(struct amazon_call *c)
{
    struct str type = json_str(json_get(c->body, "contentType"));
    struct amazon_document *d = amazon_document_new(c->sim, c->state, "amzn1.tortuga.4.fe");
    if (str_is_empty(type) || !d) {
        amazon_invalid(c, "contentType");
        return;
    }
    snprintf(d->content_type, sizeof d->content_type, "%.*s",
             STR_ARG(str_utf8_cut(type, sizeof d->content_type - 1)));
    c->response->status = 201;
    json_begin_object(&c->w);
    json_put_str(&c->w, "feedDocumentId", str_from(d->id));
    json_put_str(&c->w, "url", amazon_document_url(c, d));
    json_end_object(&c->w);
}

static void create_feed(struct amazon_call *c)
{
    struct str type = json_str(json_get(c->body, "feedType"));
    struct amazon_document *d =
        amazon_document_find(c->state, json_str(json_get(c->body, "inputFeedDocumentId")));
    struct json place;
    struct json_iter i = json_iterate(json_get(c->body, "marketplaceIds"));
    if (!str_eq(type, STR(FEED_TYPE)) || !d || !json_next(&i, &place) ||
        !str_eq(json_str(place), STR(SIM_AMAZON_MARKETPLACE))) {
        amazon_error(c, 400, "InvalidInput", "Invalid request parameters", "");
        return;
    }
    struct amazon_task *t = amazon_task_new(c->sim, c->state, true, type);
    if (!t) {
        amazon_error(c, 500, "InternalFailure", "mallsim", "");
        return;
    }
    t->input = d;
    c->response->status = 202;
    json_begin_object(&c->w);
    json_put_str(&c->w, "feedId", str_from(t->id));
    json_end_object(&c->w);
}

static void get_document(struct amazon_call *c)
{
    struct amazon_document *d = amazon_document_find(c->state, amazon_path_part(c, 3));
    if (!d) {
        amazon_error(c, 404, "NotFound", "The requested resource doesn't exist.", "");
        return;
    }
    json_begin_object(&c->w);
    json_put_str(&c->w, "feedDocumentId", str_from(d->id));
    json_put_str(&c->w, "url", amazon_document_url(c, d));
    if (d->gzip)
        json_put_str(&c->w, "compressionAlgorithm", STR("GZIP"));
    json_end_object(&c->w);
}

void amazon_handle_feed(struct amazon_call *c)
{
    if (strcmp(c->operation, "createFeedDocument") == 0) {
        create_document(c);
        return;
    }
    if (strcmp(c->operation, "createFeed") == 0) {
        create_feed(c);
        return;
    }
    if (strcmp(c->operation, "getFeeds") == 0) {
        amazon_task_list(c, true);
        return;
    }
    if (strcmp(c->operation, "getFeedDocument") == 0) {
        get_document(c);
        return;
    }
    struct amazon_task *t = amazon_task_find(c->state, true, amazon_path_part(c, 3));
    if (!t) {
        amazon_error(c, 404, "NotFound", "The requested resource doesn't exist.", "");
    } else if (strcmp(c->operation, "cancelFeed") == 0) {
        if (t->state == AMAZON_IN_QUEUE)
            t->state = AMAZON_PROCESSING_CANCELLED;
        else
            amazon_invalid(c, "The feed is no longer in the queue.");
    } else {
        amazon_task_view(c, t);
    }
}
