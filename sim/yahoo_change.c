// SPDX-License-Identifier: Apache-2.0
//
// The simulated calls around an order's content: orderChange (yahoo.md §9.4), orderChangeHistory
// (§9.5), orderSplit (§9.6) and, reduced to their effects, orderItemAdd, orderPayNumber and
// orderCouponCancel. Called with the sim's mutex held.
#include "sim/yahoo.h"

#include <stdio.h>

#define NOTES_BYTES_MAX 1500

static struct str person_of(const struct yahoo_call *c)
{
    return c->operation_user.n > 0 ? c->operation_user : STR("api");
}

// --- orderChange ---

static const char *const order_keys[] = {
    "IsSeen",        "Suspect",       "StoreStatus",    "PrintSlipTime", "PrintDeliveryTime",
    "PrintBillTime", "BuyerComments", "SellerComments", "Notes",         "RefundStatus",
    "Pay",           "Ship",          "Detail",         "Item",
};
static const char *const detail_keys[] = {"PayCharge", "ShipCharge", "GiftWrapCharge", "Discount",
                                          "Adjustments"};
static const char *const ship_keys[] = {
    "ShipMethod",
    "ShipNotes",
    "ShipCompanyCode",
    "ShipInvoiceNumber1",
    "ShipInvoiceNumber2",
    "ShipInvoiceNumberEmptyReason",
    "ShipUrl",
    "ShipDate",
    "ArrivalDate",
};
static const char *const pay_keys[] = {"PayDate", "PayNotes", "NeedReceipt", "NeedBillSlip",
                                       "NeedDetailedSlip"};

static bool keys_known(struct yahoo_call *c, const struct xml_node *node, const char *const *keys,
                       size_t count)
{
    for (const struct xml_node *n = node ? node->first_child : NULL; n; n = n->next) {
        bool known = false;
        for (size_t i = 0; i < count; i++)
            known = known || str_eq(n->name, str_from(keys[i]));
        if (!known)
            return yahoo_bad_parameter(c, str_cstr(c->arena, n->name));
    }
    return true;
}

#define KEYS(table) (table), sizeof(table) / sizeof((table)[0])

static bool change_is_sound(struct yahoo_call *c, struct sim_order *order, struct xml_node *node)
{
    struct yahoo_order *o = order->face;
    struct xml_node *ship = xml_child(node, "Ship");
    struct str seen = xml_child_text(node, "IsSeen"), store = xml_child_text(node, "StoreStatus");
    struct str notes = xml_child_text(node, "Notes"), refund = xml_child_text(node, "RefundStatus");
    bool flag;
    int64_t number;
    if (!node || !node->first_child)
        return yahoo_bad_parameter(c, "Order");
    if (!keys_known(c, node, KEYS(order_keys)) || !keys_known(c, ship, KEYS(ship_keys)) ||
        !keys_known(c, xml_child(node, "Detail"), KEYS(detail_keys)) ||
        !keys_known(c, xml_child(node, "Pay"), KEYS(pay_keys)))
        return false;
    if (seen.p && (!yahoo_flag(seen, &flag) || !flag))
        return yahoo_bad_parameter(c, "IsSeen");
    if (xml_child(node, "Suspect") && node->first_child->next)
        return yahoo_bad_parameter(c, "Suspect");
    if (store.p && (!str_to_int64(store, &number) || number < 1 || number > 10))
        return yahoo_bad_parameter(c, "StoreStatus");
    if (notes.n > NOTES_BYTES_MAX)
        return yahoo_bad_parameter(c, "Notes");
    if (refund.p && (o->refund_status != 1 || !str_eq(refund, STR("2"))))
        return yahoo_bad_parameter(c, "RefundStatus");
    for (size_t i = 0; i < sizeof detail_keys / sizeof detail_keys[0]; i++) {
        struct str text = xml_child_text(xml_child(node, "Detail"), detail_keys[i]);
        if (text.p && !str_to_int64(text, &number))
            return yahoo_bad_parameter(c, detail_keys[i]);
    }
    return !ship || yahoo_change_shipping(c, order, ship, true);
}

static void change_number(struct yahoo_call *c, struct sim_order *order,
                          const struct xml_node *detail, const char *key, yen *value)
{
    int64_t number;
    if (!str_to_int64(xml_child_text(detail, key), &number) || number == *value)
        return;
    yahoo_record_int(c->sim, order, key, (int)*value, (int)number, person_of(c));
    *value = number;
}

static void change_time(const struct xml_node *node, const char *key, time_ms *value)
{
    time_ms t;
    if (time_parse_yahoo(xml_child_text(node, key), &t))
        *value = t;
}

static void apply_change(struct yahoo_call *c, struct sim_order *order, struct xml_node *node)
{
    struct yahoo_order *o = order->face;
    struct xml_node *detail = xml_child(node, "Detail"), *ship = xml_child(node, "Ship");
    struct str notes = xml_child_text(node, "Notes");
    int64_t number;
    if (!o->seen) {
        yahoo_record(c->sim, order, "IsSeen", STR("false"), STR("true"), person_of(c));
        o->seen = true;
        (void)sim_effect_add(c->sim, order, "accept", order->order_no);
    }
    if (str_to_int64(xml_child_text(node, "StoreStatus"), &number)) {
        yahoo_record_int(c->sim, order, "StoreStatus", o->store_status, (int)number, person_of(c));
        o->store_status = (int)number;
    }
    if (str_eq(xml_child_text(node, "Suspect"), STR("2")))
        o->suspect_cleared = true;
    if (notes.p) {
        yahoo_record(c->sim, order, "Notes", o->notes.p ? o->notes : STR(""), notes, person_of(c));
        o->notes = str_dup(order->arena, notes);
    }
    if (xml_child_text(node, "RefundStatus").p)
        o->refund_status = 2;
    change_time(node, "PrintSlipTime", &o->slip_printed);
    change_time(node, "PrintDeliveryTime", &o->delivery_printed);
    change_time(node, "PrintBillTime", &o->bill_printed);
    change_number(c, order, detail, "PayCharge", &o->pay_charge);
    change_number(c, order, detail, "ShipCharge", &o->ship_charge);
    change_number(c, order, detail, "GiftWrapCharge", &o->wrap_charge);
    change_number(c, order, detail, "Discount", &o->discount);
    change_number(c, order, detail, "Adjustments", &o->adjustments);
    if (ship)
        (void)yahoo_change_shipping(c, order, ship, false);
}

void yahoo_handle_change(struct yahoo_call *c)
{
    struct xml_node *node = xml_child(c->req, "Order");
    struct sim_order *order = yahoo_target_order(c, true);
    if (!order || !change_is_sound(c, order, node))
        return;
    struct yahoo_order *o = order->face;
    yahoo_touch(c->sim, o, person_of(c));
    apply_change(c, order, node);
    bool cancelled = o->settle_status == 6 && xml_child(node, "Detail");
    yahoo_write_ok(c, cancelled ? "od91703" : NULL, "");
}

// --- orderChangeHistory ---

static bool is_personal(struct str field)
{
    return str_starts(field, STR("Bill")) || str_starts(field, STR("ShipFirst")) ||
           str_starts(field, STR("ShipLast")) || str_starts(field, STR("ShipAddress"));
}

void yahoo_handle_change_history(struct yahoo_call *c)
{
    struct str no = http_query_value(c->arena, c->request->query, "orderId");
    struct str seller = http_query_value(c->arena, c->request->query, "sellerId");
    struct sim_order *order = no.n > 0 ? sim_order_find(c->sim, SIM_YAHOO, no) : NULL;
    if (!str_eq(seller, STR(SIM_YAHOO_SELLER_ID))) {
        (void)yahoo_bad_parameter(c, "sellerId");
        return;
    }
    if (!order) {
        yahoo_error(c, 404, "od91801", "Not Exists : OrderId");
        return;
    }
    const struct yahoo_order *o = order->face;
    struct buf *out = &c->response->body;
    buf_add(
        out,
        STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResultSet totalResultsAvailable=\"1\" "
            "totalResultsReturned=\"1\"><Result><Status>OK</Status>\n"));
    for (size_t i = 0; i < o->history_count;) {
        const struct yahoo_change *first = &o->history[i];
        buf_addf(out, "<History><HistoryId>%d</HistoryId><UpdateTime>", first->history_id);
        yahoo_add_time(out, first->at);
        buf_add(out, STR("</UpdateTime>"));
        xml_add_element(out, "UpdatePerson", first->person);
        for (; i < o->history_count && o->history[i].history_id == first->history_id; i++) {
            buf_add(out, STR("<Change>"));
            xml_add_element(out, "Field", o->history[i].field);
            xml_add_element(out, "Value",
                            is_personal(o->history[i].field) ? STR("") : o->history[i].after);
            buf_add(out, STR("</Change>"));
        }
        buf_add(out, STR("</History>\n"));
    }
    buf_add(out, STR("</Result></ResultSet>\n"));
}

// --- orderSplit ---

struct part {
    struct xml_node *node;
    yen pay_charge, ship_charge, wrap_charge, discount, points;
    int64_t quantities[YAHOO_LINES_MAX];
    struct sim_order *order;
};

static bool read_part(struct yahoo_call *c, const struct yahoo_order *o, struct xml_node *node,
                      struct part *p)
{
    static const char *const names[] = {"PayCharge", "ShipCharge", "GiftWrapCharge", "Discount",
                                        "UsePoint"};
    *p = (struct part){.node = node};
    yen *values[] = {&p->pay_charge, &p->ship_charge, &p->wrap_charge, &p->discount, &p->points};
    for (size_t i = 0; i < 5; i++)
        if (!str_to_int64(xml_child_text(xml_child(node, "Detail"), names[i]), values[i]))
            return yahoo_bad_parameter(c, names[i]);
    for (struct xml_node *item = xml_child(node, "Item"); item; item = xml_next(item)) {
        int64_t line, quantity;
        if (!str_to_int64(xml_child_text(item, "LineId"), &line) || line < 1 ||
            line > (int64_t)o->line_count)
            return yahoo_bad_parameter(c, "LineId");
        if (!str_to_int64(xml_child_text(item, "Quantity"), &quantity) || quantity < 0 ||
            quantity > o->lines[line - 1].quantity)
            return yahoo_bad_parameter(c, "Quantity");
        p->quantities[line - 1] += quantity;
    }
    return true;
}

static bool parts_match(struct yahoo_call *c, const struct yahoo_order *o,
                        const struct part parts[2])
{
    bool sums = parts[0].pay_charge + parts[1].pay_charge == o->pay_charge &&
                parts[0].ship_charge + parts[1].ship_charge == o->ship_charge &&
                parts[0].wrap_charge + parts[1].wrap_charge == o->wrap_charge &&
                parts[0].discount + parts[1].discount == o->discount &&
                parts[0].points + parts[1].points == o->points;
    if (!sums)
        return yahoo_bad_parameter(c, "Detail");
    for (size_t i = 0; i < o->line_count; i++)
        if (parts[0].quantities[i] + parts[1].quantities[i] != o->lines[i].quantity)
            return yahoo_bad_parameter(c, "Quantity");
    return true;
}

static bool make_part(struct yahoo_call *c, struct sim_order *source, struct part *p)
{
    struct yahoo_order *from = source->face;
    struct sim_order *order = sim_order_derive(c->sim, source);
    struct yahoo_order *o = order ? ARENA_NEW(order->arena, struct yahoo_order) : NULL;
    struct yahoo_line *lines =
        order ? ARENA_ARRAY(order->arena, struct yahoo_line, YAHOO_LINES_MAX) : NULL;
    if (!o || !lines)
        return false;
    *o = *from;
    o->lines = lines;
    o->line_count = 0;
    for (size_t i = 0; i < from->line_count; i++) {
        if (p->quantities[i] == 0)
            continue;
        struct yahoo_line *line = &lines[o->line_count++];
        *line = from->lines[i];
        line->quantity = p->quantities[i];
        line->id = (int)o->line_count;
    }
    o->pay_charge = p->pay_charge;
    o->ship_charge = p->ship_charge;
    o->wrap_charge = p->wrap_charge;
    o->discount = p->discount;
    o->points = p->points;
    o->parent = source->order_no;
    o->version = 1;
    o->history = NULL;
    o->history_count = o->history_capacity = 0;
    o->updated_at = sim_now(c->sim);
    order->face = o;
    order->order_no = arena_printf(order->arena, SIM_YAHOO_SELLER_ID "-%lld",
                                   10000000LL + (long long)order->serial);
    p->order = order;
    return !arena_failed(order->arena) && o->line_count > 0 && sim_order_shelve(c->sim, order);
}

static void split_answer(struct yahoo_call *c, const struct part parts[2])
{
    struct buf *out = &c->response->body;
    buf_add(
        out,
        STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResultSet totalResultsAvailable=\"2\" "
            "totalResultsReturned=\"2\" ok=\"1\" ng=\"0\"><Result><Status>OK</Status>"));
    for (int i = 0; i < 2; i++) {
        buf_addf(out, "<OrderInfo><SplitId>%d</SplitId>", i + 1);
        xml_add_element(out, "OrderId", parts[i].order->order_no);
        buf_add(out, STR("</OrderInfo>"));
    }
    buf_add(out, STR("</Result></ResultSet>\n"));
}

void yahoo_handle_split(struct yahoo_call *c)
{
    struct sim_order *order = yahoo_target_order(c, true);
    struct xml_node *first = xml_child(c->req, "Order"), *second = first ? xml_next(first) : NULL;
    struct part parts[2];
    if (!order)
        return;
    struct yahoo_order *o = order->face;
    if (str_is_empty(c->operation_user)) {
        (void)yahoo_bad_parameter(c, "OperationUser");
        return;
    }
    if (o->order_status == 4 || o->order_status == 5 || o->pay_kind == 2 ||
        order->coupon_shop > 0 || o->mall_coupon > 0) {
        yahoo_error(c, 400, "od90149", "Cannot Be Operated : OrderSplit");
        return;
    }
    if (!second) {
        (void)yahoo_bad_parameter(c, "Order");
        return;
    }
    if (!read_part(c, o, first, &parts[0]) || !read_part(c, o, second, &parts[1]) ||
        !parts_match(c, o, parts))
        return;
    if (!make_part(c, order, &parts[0]) || !make_part(c, order, &parts[1])) {
        yahoo_error(c, 500, "od91001", "Server Error");
        return;
    }
    o->split = true;
    o->children = arena_printf(order->arena, "%.*s,%.*s", STR_ARG(parts[0].order->order_no),
                               STR_ARG(parts[1].order->order_no));
    o->cancel_reason = 0;
    (void)sim_effect_add(c->sim, order, "split", order->order_no);
    yahoo_move(c->sim, order, 4, person_of(c));
    split_answer(c, parts);
}

// --- calls reduced to "done" ---

void yahoo_handle_simple(struct yahoo_call *c)
{
    struct sim_order *order = yahoo_target_order(c, true);
    if (!order)
        return;
    yahoo_touch(c->sim, order->face, person_of(c));
    (void)sim_effect_add(c->sim, order, c->operation, order->order_no);
    if (strcmp(c->operation, "orderItemAdd") == 0)
        (void)sim_effect_add(c->sim, order, "mail", STR("item-add"));
    yahoo_write_ok(c, NULL, "");
}
