// SPDX-License-Identifier: Apache-2.0
//
// The simulated calls that move an order: orderStatusChange with its table of transitions (yahoo.md
// §9.1), orderPayStatusChange (§9.2) and orderShipStatusChange with the rules for numbers (§9.3).
// What takes effect is written into the ledger once per accepted call, so that a second notice
// shows. Called with the sim's mutex held.
#include "sim/yahoo.h"

#include <stdio.h>

static bool digits(struct str text, size_t min, size_t max)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n >= min && text.n <= max;
}

static struct str person_of(const struct yahoo_call *c)
{
    return c->operation_user.n > 0 ? c->operation_user : STR("api");
}

static void mark_seen(struct yahoo_call *c, struct sim_order *order)
{
    struct yahoo_order *o = order->face;
    if (o->seen)
        return;
    yahoo_record(c->sim, order, "IsSeen", STR("false"), STR("true"), person_of(c));
    o->seen = true;
    (void)sim_effect_add(c->sim, order, "accept", order->order_no);
}

static void cannot(struct yahoo_call *c, const char *what)
{
    yahoo_error(c, 400, "od90149", "Cannot Be Operated : %s", what);
}

static bool read_code(struct yahoo_call *c, struct xml_node *parent, const char *name, int least,
                      int most, int *value)
{
    int64_t number;
    if (!str_to_int64(xml_child_text(parent, name), &number) || number < least || number > most)
        return yahoo_bad_parameter(c, name);
    *value = (int)number;
    return true;
}

static bool read_point_fix(struct yahoo_call *c, bool *point_fix)
{
    return yahoo_flag(yahoo_target(c, "IsPointFix"), point_fix) ||
           yahoo_bad_parameter(c, "IsPointFix");
}

// --- orderStatusChange ---

// §9.1; the diagonal is dealt with apart.
static bool may_move(const struct sim *sim, const struct sim_order *order, int from, int to)
{
    const struct yahoo_order *o = order->face;
    bool suspect = yahoo_is_suspect(order);
    day release = o->line_count > 0 ? o->lines[0].line->release_day : 0;
    switch (from) {
    case 1:
        return to == 4 || (to == 5 && !suspect);
    case 2:
        return to == 3 || to == 4 || (to == 5 && !suspect);
    case 3:
        if (to == 1)
            return release > day_in_jst(sim_now(sim));
        return to == 4 || ((to == 2 || to == 5) && !suspect);
    case 5:
        return to == 2 || (to == 4 && !suspect);
    default:
        return false;
    }
}

static bool read_cancel_reason(struct yahoo_call *c, struct xml_node *order_node, int *reason)
{
    struct str text = xml_child_text(order_node, "CancelReason");
    int64_t number = 210;
    struct str detail = xml_child_text(order_node, "CancelReasonDetail");
    if (text.p && !str_to_int64(text, &number))
        return yahoo_bad_parameter(c, "CancelReason");
    bool buyer = number >= 100 && number <= 180 && number % 10 == 0;
    bool store = number >= 200 && number <= 230 && number % 10 == 0;
    if (!buyer && !store)
        return yahoo_bad_parameter(c, "CancelReason");
    size_t length = detail.p ? str_utf8_length(detail) : 0;
    if (number == 230 && (length < 10 || length > 200))
        return yahoo_bad_parameter(c, "CancelReasonDetail");
    *reason = (int)number;
    return true;
}

static bool may_close(struct yahoo_call *c, const struct yahoo_order *o)
{
    int64_t pause = sim_switch_number(c->sim, SIM_YAHOO, "close_pause_seconds") * 1000;
    if (o->shipped_at != TIME_NONE && sim_now(c->sim) < o->shipped_at + pause) {
        cannot(c, "OrderStatus ShipStatus");
        return false;
    }
    if (o->pay_status == 0 && sim_switch_is(c->sim, SIM_YAHOO, "close_needs_payment", "on")) {
        cannot(c, "OrderStatus PayStatus");
        return false;
    }
    return true;
}

static bool same_status(struct yahoo_call *c, struct sim_order *order, int to)
{
    struct yahoo_order *o = order->face;
    if ((to == 4 || to == 5) && sim_switch_is(c->sim, SIM_YAHOO, "same_status", "refused")) {
        cannot(c, "OrderStatus");
        return true;
    }
    yahoo_touch(c->sim, o, person_of(c));
    mark_seen(c, order);
    yahoo_write_ok(c, "od91705", "");
    return true;
}

void yahoo_handle_status_change(struct yahoo_call *c)
{
    struct xml_node *node = xml_child(c->req, "Order");
    struct sim_order *order = yahoo_target_order(c, true);
    bool point_fix;
    int to = 0, reason = -1;
    if (!order || !read_point_fix(c, &point_fix) || !read_code(c, node, "OrderStatus", 1, 5, &to))
        return;
    struct yahoo_order *o = order->face;
    if (to == 5 && !point_fix) {
        (void)yahoo_bad_parameter(c, "IsPointFix");
        return;
    }
    if (to == 4 && !read_cancel_reason(c, node, &reason))
        return;
    if (to == o->order_status) {
        same_status(c, order, to);
        return;
    }
    if (!may_move(c->sim, order, o->order_status, to)) {
        cannot(c, o->order_status == 4 ? "CancelOrder OrderStatus" : "OrderStatus");
        return;
    }
    if (to == 5 && !may_close(c, o))
        return;
    bool was_captured = o->captured, expired = o->settle_status == 8 || o->settle_status == 10;
    if (to == 4) {
        o->cancel_reason = reason;
        o->cancel_detail = str_dup(order->arena, xml_child_text(node, "CancelReasonDetail"));
    }
    mark_seen(c, order);
    yahoo_move(c->sim, order, to, person_of(c));
    bool refund = to == 4 && o->pay_status == 1 && (o->pay_kind == 2 || o->pay_kind == 5);
    yahoo_write_ok(c,
                   expired && (to == 4 || to == 5) ? "od91115"
                   : to == 5 && was_captured       ? "od91113"
                   : refund                        ? "od91123"
                                                   : NULL,
                   refund ? "ResultStatus=1" : "");
}

// --- orderPayStatusChange ---

void yahoo_handle_pay_status_change(struct yahoo_call *c)
{
    struct xml_node *pay = xml_child(xml_child(c->req, "Order"), "Pay");
    struct sim_order *order = yahoo_target_order(c, true);
    struct str date = xml_child_text(pay, "PayDate");
    int to = 0;
    day paid_on = day_in_jst(sim_now(c->sim));
    if (!order || !read_code(c, pay, "PayStatus", 0, 1, &to))
        return;
    if (date.p && (!digits(date, 8, 8) || !day_parse(date, &paid_on) || !day_is_valid(paid_on))) {
        (void)yahoo_bad_parameter(c, "PayDate");
        return;
    }
    struct yahoo_order *o = order->face;
    bool own = o->pay_kind == 3 || o->pay_kind == 4;
    if (!own || o->order_status == 4) {
        cannot(c, "PayStatus");
        return;
    }
    yahoo_touch(c->sim, o, person_of(c));
    yahoo_record_int(c->sim, order, "PayStatus", o->pay_status, to, person_of(c));
    mark_seen(c, order);
    o->pay_status = to;
    o->pay_date = to ? paid_on : 0;
    if (to && o->ship_status == 0)
        o->ship_status = 1;
    (void)sim_effect_add(c->sim, order, "pay", order->order_no);
    yahoo_write_ok(c, NULL, "");
}

// --- orderShipStatusChange ---

const char *yahoo_number_trouble(struct str company, struct str number)
{
    size_t plain = 0;
    for (size_t i = 0; i < number.n; i++) {
        char ch = number.p[i];
        bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
        bool digit = ch >= '0' && ch <= '9';
        if (!digit && !letter && ch != '-')
            return "ShipInvoiceNumber1";
        if (str_eq(company, STR("1001")) && letter)
            return "ShipInvoiceNumber1";
        plain += ch != '-';
    }
    if (number.n > 30 || (str_eq(company, STR("1001")) && number.n > 14))
        return "ShipInvoiceNumber1";
    // Since 2026-04-07: without hyphens, 11 to 13.
    if (str_eq(company, STR("1003")) && (plain != number.n || plain < 11 || plain > 13))
        return "ShipInvoiceNumber1";
    return NULL;
}

static bool known_company(struct str code)
{
    int64_t number;
    return digits(code, 4, 4) && str_to_int64(code, &number) &&
           ((number >= 1000 && number <= 1029) || number == 5000 || number == 5001);
}

struct parcel {
    struct str company, number1, number2, reason, method, url;
    day ship_date, arrival_date;
};

static bool read_day(struct yahoo_call *c, struct xml_node *ship, const char *name, day *d)
{
    struct str text = xml_child_text(ship, name);
    if (!text.p)
        return true;
    return (digits(text, 8, 8) && day_parse(text, d) && day_is_valid(*d)) ||
           yahoo_bad_parameter(c, name);
}

static bool read_parcel(struct yahoo_call *c, struct xml_node *ship, const struct yahoo_order *o,
                        struct parcel *p)
{
    *p = (struct parcel){.company = xml_child_text(ship, "ShipCompanyCode"),
                         .number1 = xml_child_text(ship, "ShipInvoiceNumber1"),
                         .number2 = xml_child_text(ship, "ShipInvoiceNumber2"),
                         .reason = xml_child_text(ship, "ShipInvoiceNumberEmptyReason"),
                         .method = xml_child_text(ship, "ShipMethod"),
                         .url = xml_child_text(ship, "ShipUrl")};
    struct str bound = str_from(sim_switch_value(c->sim, SIM_YAHOO, "bound_carrier"));
    if (p->company.p && !known_company(p->company))
        return yahoo_bad_parameter(c, "ShipCompanyCode");
    if (p->method.p && !str_starts(p->method, STR("postage")))
        return yahoo_bad_parameter(c, "ShipMethod");
    if (p->method.p && bound.n > 0)
        p->company = bound;
    struct str company = p->company.p ? p->company : o->company;
    const char *trouble = p->number1.p ? yahoo_number_trouble(company, p->number1) : NULL;
    if (!trouble && p->number2.p && !str_eq(company, STR("1003")) &&
        yahoo_number_trouble(company, p->number2))
        trouble = "ShipInvoiceNumber2";
    if (trouble)
        return yahoo_bad_parameter(c, trouble);
    bool number = p->number1.p || p->number2.p || o->number1.n > 0 || o->number2.n > 0;
    bool reason = p->reason.p || o->empty_reason.n > 0;
    int64_t code;
    if (p->reason.p && (!str_to_int64(p->reason, &code) || code < 101 || code > 105))
        return yahoo_bad_parameter(c, "ShipInvoiceNumberEmptyReason");
    if (number && reason)
        return yahoo_bad_parameter(c, "ShipInvoiceNumberEmptyReason");
    if (p->url.n > 100)
        return yahoo_bad_parameter(c, "ShipUrl");
    return read_day(c, ship, "ShipDate", &p->ship_date) &&
           read_day(c, ship, "ArrivalDate", &p->arrival_date);
}

static void replace(struct yahoo_call *c, struct sim_order *order, const char *field,
                    struct str *value, struct str given)
{
    if (!given.p || str_eq(*value, given))
        return;
    yahoo_record(c->sim, order, field, value->p ? *value : STR(""), given, person_of(c));
    *value = str_dup(order->arena, given);
}

static void store_parcel(struct yahoo_call *c, struct sim_order *order, const struct parcel *p)
{
    struct yahoo_order *o = order->face;
    replace(c, order, "ShipCompanyCode", &o->company, p->company);
    replace(c, order, "ShipInvoiceNumber1", &o->number1, p->number1);
    replace(c, order, "ShipInvoiceNumber2", &o->number2, p->number2);
    replace(c, order, "ShipInvoiceNumberEmptyReason", &o->empty_reason, p->reason);
    replace(c, order, "ShipMethod", &o->ship_method, p->method);
    replace(c, order, "ShipUrl", &o->ship_url, p->url);
    if (p->ship_date)
        o->ship_date = p->ship_date;
    if (p->arrival_date)
        o->arrival_date = p->arrival_date;
}

static void add_effect(struct yahoo_call *c, struct sim_order *order, const char *kind,
                       const struct parcel *p)
{
    char date[12];
    struct str payload = arena_printf(c->arena, "%.*s/%.*s/%.*s/%.*s/%.*s", STR_ARG(p->company),
                                      STR_ARG(p->number1), STR_ARG(p->number2), STR_ARG(p->reason),
                                      STR_ARG(day_format(p->ship_date, date)));
    (void)sim_effect_add(c->sim, order, kind, payload);
}

void yahoo_handle_ship_status_change(struct yahoo_call *c)
{
    struct xml_node *ship = xml_child(xml_child(c->req, "Order"), "Ship");
    struct sim_order *order = yahoo_target_order(c, true);
    struct parcel parcel;
    bool point_fix;
    int to = 0;
    if (!order || !read_point_fix(c, &point_fix) || !read_code(c, ship, "ShipStatus", 0, 4, &to))
        return;
    struct yahoo_order *o = order->face;
    if (!point_fix && to != o->ship_status) {
        (void)yahoo_bad_parameter(c, "IsPointFix");
        return;
    }
    if (o->order_status == 4) {
        cannot(c, "CancelOrder ShipStatus");
        return;
    }
    if (!read_parcel(c, ship, o, &parcel))
        return;
    bool expired = yahoo_is_card(o) && (o->settle_status == 8 || o->settle_status == 10);
    yahoo_touch(c->sim, o, person_of(c));
    mark_seen(c, order);
    store_parcel(c, order, &parcel);
    bool captured = false;
    if (to != o->ship_status)
        yahoo_record_int(c->sim, order, "ShipStatus", o->ship_status, to, person_of(c));
    if (to == 3) {
        // Every accepted notice counts, repeated ones too.
        add_effect(c, order, "ship", &parcel);
        captured = !expired && yahoo_capture(c->sim, order);
        o->shipped_at = sim_now(c->sim);
        if (o->ship_status < 3)
            yahoo_after_shipping(c->sim, order);
    } else {
        add_effect(c, order, "ship-state", &parcel);
    }
    o->ship_status = to;
    yahoo_write_ok(c, expired && to == 3 ? "od91115" : captured ? "od91113" : NULL, "");
}

// --- the shipping part of orderChange ---

bool yahoo_change_shipping(struct yahoo_call *c, struct sim_order *order, struct xml_node *ship,
                           bool check_only)
{
    struct parcel parcel;
    if (!read_parcel(c, ship, order->face, &parcel))
        return false;
    if (check_only)
        return true;
    store_parcel(c, order, &parcel);
    if (parcel.number1.p || parcel.number2.p || parcel.company.p || parcel.ship_date)
        add_effect(c, order, "number", &parcel);
    return true;
}
