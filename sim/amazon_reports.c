// SPDX-License-Identifier: Apache-2.0
//
// Reports API and the order reports as tab-separated text (amazon.md §10). Times in reports are
// GMT with +00:00; item-price is the total of a line. Called with the sim's mutex held.
#include "sim/amazon.h"

#include <stdio.h>

#define REPORT_BYTES_MAX ((size_t)16 << 20)
#define REPORT_DAYS 60

struct kind {
    const char *type;
    bool restricted, by_update;
    void (*head)(struct buf *out);
    // Rows of one order, if it belongs into the report.
    void (*rows)(const struct sim *sim, struct buf *out, const struct sim_order *order);
};

static void add_row(struct buf *out, const struct str *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(out, '\t');
        buf_add(out, cells[i].p ? cells[i] : STR(""));
    }
    buf_add(out, STR("\r\n"));
}

static struct str gmt(struct arena *arena, time_ms t)
{
    char text[32];
    if (t == TIME_NONE)
        return STR("");
    struct str plain = time_format_utc(t / AMAZON_SECOND_MS * AMAZON_SECOND_MS, text);
    return arena_printf(arena, "%.*s+00:00", (int)plain.n - 1, plain.p);
}

static struct str name_of(struct arena *arena, const struct sim_person *p)
{
    return arena_printf(arena, "%.*s %.*s", STR_ARG(p->family), STR_ARG(p->given));
}

static struct str sku_of(const struct amazon_line *l)
{
    return l->line->system_sku.n ? l->line->system_sku : l->line->item->manage_number;
}

// --- 注文レポート ---

static void order_head(struct buf *out)
{
    buf_add(out,
            STR("order-id\torder-item-id\tpurchase-date\tpayments-date\tbuyer-email\tbuyer-name\t"
                "buyer-phone-number\tsku\tproduct-name\tquantity-purchased\tcurrency\titem-price\t"
                "item-tax\tshipping-price\tshipping-tax\tship-service-level\trecipient-name\t"
                "ship-address-1\tship-address-2\tship-address-3\tship-city\tship-state\t"
                "ship-postal-code\tship-country\tship-phone-number\tdelivery-start-date\t"
                "delivery-end-date\tdelivery-time-zone\tdelivery-Instructions\t"
                "item-promotion-discount\titem-promotion-id\tgift-wrap-price\tis-business-order\t"
                "purchase-order-number\tprice-designation\tis-prime\r\n"));
}

static void order_rows(const struct sim *sim, struct buf *out, const struct sim_order *order)
{
    const struct amazon_order *o = order->face;
    const struct sim_person *to = &order->destinations[0].recipient;
    AUTO_ARENA a = arena_new(1 << 20);
    (void)sim;
    // Reports may still hold orders that were cancelled meanwhile (§9).
    if (!a || o->fba || o->ready_at == TIME_NONE)
        return;
    for (size_t i = 0; i < o->line_count; i++) {
        const struct amazon_line *l = &o->lines[i];
        bool first = i == 0;
        const struct str cells[] = {
            order->order_no,
            l->item_id,
            gmt(a, order->ordered_at),
            gmt(a, o->ready_at),
            arena_printf(a, "%08llx@marketplace.example.jp",
                         (unsigned long long)sim_dice(order, "mail", UINT32_MAX)),
            name_of(a, &order->buyer),
            to->phone,
            sku_of(l),
            l->line->title,
            arena_printf(a, "%lld", (long long)l->quantity),
            STR("JPY"),
            arena_printf(a, "%lld", (long long)l->line->unit_price * l->quantity),
            STR("0"),
            arena_printf(a, "%lld", first ? (long long)order->postage : 0LL),
            STR("0"),
            order->features & SIM_FEATURE_EXPRESS ? STR("NextDay") : STR("Standard"),
            name_of(a, to),
            arena_printf(a, "%.*s%.*s", STR_ARG(to->city), STR_ARG(to->town)),
            to->building,
            STR(""),
            STR(""),
            to->prefecture,
            postal_code_format(a, to->postal_code),
            STR("JP"),
            to->phone,
            STR(""),
            STR(""),
            STR(""),
            order->destinations[0].drop_off,
            arena_printf(a, "%lld", first ? (long long)-amazon_discount(order) : 0LL),
            first && amazon_discount(order) > 0 ? STR("JP-COUPON-1") : STR(""),
            arena_printf(a, "%lld", first ? (long long)order->wrapping : 0LL),
            STR("false"),
            STR(""),
            STR(""),
            order->features & SIM_FEATURE_EXPRESS ? STR("true") : STR("false"),
        };
        add_row(out, cells, sizeof cells / sizeof cells[0]);
    }
}

// --- 未出荷レポート ---

static void unshipped_head(struct buf *out)
{
    buf_add(
        out,
        STR("order-id\torder-item-id\tpurchase-date\tpayments-date\treporting-date\t"
            "promise-date\tdays-past-promise\tbuyer-email\tbuyer-name\tbuyer-phone-number\tsku\t"
            "product-name\tquantity-purchased\tquantity-shipped\tquantity-to-ship\t"
            "ship-service-level\trecipient-name\tship-address-1\tship-address-2\t"
            "ship-address-3\tship-city\tship-state\tship-postal-code\tship-country\t"
            "payment-method\tcod-collectible-amount\talready-paid\tpayment-method-fee\t"
            "scheduled-delivery-start-date\tscheduled-delivery-end-date\tpoints-granted\t"
            "is-prime\tverge-of-cancellation\tverge-of-lateShipment\r\n"));
}

static void unshipped_rows(const struct sim *sim, struct buf *out, const struct sim_order *order)
{
    const struct amazon_order *o = order->face;
    const struct sim_person *to = &order->destinations[0].recipient;
    AUTO_ARENA a = arena_new(1 << 20);
    if (!a || o->fba || o->status < AMAZON_UNSHIPPED || o->status > AMAZON_PARTIALLY_SHIPPED)
        return;
    for (size_t i = 0; i < o->line_count; i++) {
        const struct amazon_line *l = &o->lines[i];
        const struct str cells[] = {
            order->order_no,
            l->item_id,
            gmt(a, order->ordered_at),
            gmt(a, o->ready_at),
            gmt(a, sim_now(sim)),
            gmt(a, order->ordered_at + 3 * AMAZON_DAY_MS),
            STR("-2"),
            STR(""),
            name_of(a, &order->buyer),
            to->phone,
            sku_of(l),
            l->line->title,
            arena_printf(a, "%lld", (long long)l->quantity),
            arena_printf(a, "%lld", (long long)l->shipped),
            arena_printf(a, "%lld", (long long)(l->quantity - l->shipped)),
            STR("Standard"),
            name_of(a, to),
            arena_printf(a, "%.*s%.*s", STR_ARG(to->city), STR_ARG(to->town)),
            to->building,
            STR(""),
            STR(""),
            to->prefecture,
            postal_code_format(a, to->postal_code),
            STR("JP"),
            str_from(amazon_payment_name(order)),
            STR(""),
            STR(""),
            STR(""),
            STR(""),
            STR(""),
            STR("10"),
            STR("false"),
            STR("false"),
            STR("false"),
        };
        add_row(out, cells, sizeof cells / sizeof cells[0]);
    }
}

// --- ALL_ORDERS ---

static void all_head(struct buf *out)
{
    buf_add(out,
            STR("amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\t"
                "order-status\tfulfillment-channel\tsales-channel\torder-channel\t"
                "ship-service-level\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\t"
                "item-price\titem-tax\tship-city\tship-state\tship-postal-code\t"
                "ship-country\tpromotion-ids\tis-business-order\r\n"));
}

static void all_rows(const struct sim *sim, struct buf *out, const struct sim_order *order)
{
    const struct amazon_order *o = order->face;
    // The report has words of its own (Cancelled with two L, Shipping for a part).
    const char *status = o->status == AMAZON_CANCELLED           ? "Cancelled"
                         : o->status == AMAZON_PARTIALLY_SHIPPED ? "Shipping"
                                                                 : amazon_status_v0_name(o->status);
    AUTO_ARENA a = arena_new(1 << 20);
    (void)sim;
    for (size_t i = 0; a && i < o->line_count; i++) {
        const struct amazon_line *l = &o->lines[i];
        const struct str cells[] = {
            order->order_no,
            STR(""),
            gmt(a, order->ordered_at),
            gmt(a, o->updated_at),
            str_from(status),
            o->fba ? STR("Amazon") : STR("Merchant"),
            STR("Amazon.co.jp"),
            STR(""),
            STR("Standard"),
            l->line->title,
            sku_of(l),
            arena_printf(a, "B0%08lld", (long long)(l->line->item->item_id % 100000000)),
            str_from(status),
            arena_printf(a, "%lld", (long long)l->quantity),
            STR("JPY"),
            arena_printf(a, "%lld", (long long)l->line->unit_price * l->quantity),
            STR("0"),
            STR("--"),
            order->destinations[0].recipient.prefecture,
            postal_code_format(a, order->destinations[0].recipient.postal_code),
            STR("JP"),
            STR(""),
            STR("false"),
        };
        add_row(out, cells, sizeof cells / sizeof cells[0]);
    }
}

// --- 保留中 ---

static void pending_head(struct buf *out)
{
    buf_add(out, STR("order-id\torder-item-id\tpurchase-date\tsku\tproduct-name\t"
                     "quantity-purchased\tpayment-type\r\n"));
}

static void pending_rows(const struct sim *sim, struct buf *out, const struct sim_order *order)
{
    const struct amazon_order *o = order->face;
    AUTO_ARENA a = arena_new(1 << 20);
    (void)sim;
    for (size_t i = 0; a && o->status == AMAZON_PENDING && i < o->line_count; i++) {
        const struct str cells[] = {order->order_no,
                                    o->lines[i].item_id,
                                    gmt(a, order->ordered_at),
                                    sku_of(&o->lines[i]),
                                    o->lines[i].line->title,
                                    arena_printf(a, "%lld", (long long)o->lines[i].quantity),
                                    str_from(amazon_payment_name(order))};
        add_row(out, cells, sizeof cells / sizeof cells[0]);
    }
}

static const struct kind kinds[] = {
    {"GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING", true, false, order_head, order_rows},
    {"GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING", true, false, unshipped_head, unshipped_rows},
    {"GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL", false, true, all_head, all_rows},
    {"GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", false, false, all_head, all_rows},
    {"GET_FLAT_FILE_PENDING_ORDERS_DATA", false, false, pending_head, pending_rows},
};

static const struct kind *kind_of(struct str type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_eq(str_from(kinds[i].type), type))
            return &kinds[i];
    return NULL;
}

void amazon_report_make(struct sim *sim, struct amazon_state *state, struct amazon_task *t)
{
    const struct kind *kind = kind_of(str_from(t->type));
    AUTO_BUF out = buf_make(REPORT_BYTES_MAX);
    size_t count;
    struct sim_order *const *orders = sim_orders(sim, SIM_AMAZON, &count);
    if (!kind || sim_switch_is(sim, SIM_AMAZON, "report_fatal", "on")) {
        t->state = AMAZON_FATAL;
        return;
    }
    kind->head(&out);
    size_t empty = out.n;
    for (size_t i = 0; i < count; i++) {
        const struct amazon_order *o = orders[i]->face;
        time_ms at = kind->by_update    ? o->updated_at
                     : kind->restricted ? o->ready_at // when it left Pending (§10.2)
                                        : orders[i]->ordered_at;
        if (at != TIME_NONE && at >= t->from && at <= t->to && !o->vanished &&
            sim_order_listed(sim, orders[i]))
            kind->rows(sim, &out, orders[i]);
    }
    if (out.n == empty && sim_switch_is(sim, SIM_AMAZON, "report_empty", "cancelled")) {
        t->state = AMAZON_PROCESSING_CANCELLED;
        return;
    }
    t->result = amazon_document_new(sim, state, "amzn1.spdoc.1.4.fe.report");
    if (t->result)
        t->result->restricted = kind->restricted;
    if (out.failed || !t->result || !amazon_document_fill(sim, state, t->result, buf_str(&out)))
        t->state = AMAZON_FATAL;
}

static bool body_time(struct amazon_call *c, const char *name, time_ms otherwise, time_ms *t)
{
    struct json v = json_get(c->body, name);
    *t = otherwise;
    return json_is_null(v) || time_parse_iso(json_str(v), 0, t) || amazon_invalid(c, name);
}

static bool has_marketplace(struct amazon_call *c)
{
    struct json one;
    for (struct json_iter i = json_iterate(json_get(c->body, "marketplaceIds"));
         json_next(&i, &one);)
        if (str_eq(json_str(one), STR(SIM_AMAZON_MARKETPLACE)))
            return true;
    return amazon_invalid(c, "marketplaceIds");
}

static void create(struct amazon_call *c)
{
    struct str type = json_str(json_get(c->body, "reportType"));
    time_ms from, to, now = sim_now(c->sim);
    if (!kind_of(type)) {
        amazon_error(c, 400, "InvalidInput", "Report type is invalid.", "");
        return;
    }
    if (!has_marketplace(c) ||
        !body_time(c, "dataStartTime", now - REPORT_DAYS * AMAZON_DAY_MS, &from) ||
        !body_time(c, "dataEndTime", now, &to))
        return;
    if (to > now || from > to) {
        amazon_invalid(c, "dataEndTime");
        return;
    }
    struct amazon_task *t = amazon_task_new(c->sim, c->state, false, type);
    if (!t) {
        amazon_error(c, 500, "InternalFailure", "mallsim", "");
        return;
    }
    t->from = from;
    t->to = to;
    c->response->status = 202;
    json_begin_object(&c->w);
    json_put_str(&c->w, "reportId", str_from(t->id));
    json_end_object(&c->w);
}

static void get_document(struct amazon_call *c)
{
    struct amazon_document *d = amazon_document_find(c->state, amazon_path_part(c, 3));
    if (!d) {
        amazon_error(c, 404, "NotFound", "The requested resource doesn't exist.", "");
        return;
    }
    if (d->restricted && !amazon_let_in(c, true))
        return;
    json_begin_object(&c->w);
    json_put_str(&c->w, "reportDocumentId", str_from(d->id));
    json_put_str(&c->w, "url", amazon_document_url(c, d));
    if (d->gzip)
        json_put_str(&c->w, "compressionAlgorithm", STR("GZIP"));
    json_end_object(&c->w);
}

void amazon_handle_report(struct amazon_call *c)
{
    if (strcmp(c->operation, "createReport") == 0) {
        create(c);
        return;
    }
    if (strcmp(c->operation, "getReports") == 0) {
        amazon_task_list(c, false);
        return;
    }
    if (strcmp(c->operation, "getReportDocument") == 0) {
        get_document(c);
        return;
    }
    struct amazon_task *t = amazon_task_find(c->state, false, amazon_path_part(c, 3));
    if (!t) {
        amazon_error(c, 404, "NotFound", "The requested resource doesn't exist.", "");
    } else if (strcmp(c->operation, "cancelReport") == 0) {
        if (t->state == AMAZON_IN_QUEUE)
            t->state = AMAZON_PROCESSING_CANCELLED;
        else
            amazon_invalid(c, "The report is no longer in the queue.");
    } else {
        amazon_task_view(c, t);
    }
}
