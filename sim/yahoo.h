// SPDX-License-Identifier: Apache-2.0
//
// The simulated Yahoo!ショッピング: what its files share. Facts are from yahoo.md; what the public
// documents leave open is a switch (yahoo.c). For the files sim/yahoo*.c only.
#ifndef JUCHU_SIM_YAHOO_H
#define JUCHU_SIM_YAHOO_H

#include "base/xml.h"
#include "sim/demo_keys.h"
#include "sim/face.h"

#define YAHOO_TOKENS_KEPT 16
#define YAHOO_URLS 16
#define YAHOO_LINES_MAX 64
#define YAHOO_HISTORY_MAX 200

// The client's side of the keys and of the consent.
struct yahoo_token {
    char text[48];
    time_ms ends;
};
struct yahoo_key {
    int64_t version;
    time_ms expires;
    bool enabled;
};
struct yahoo_url {
    const char *operation; // NULL = free slot
    struct sim_pace pace;
    time_ms closed_until; // throttled
};
struct yahoo_state {
    time_ms consented_at; // TIME_NONE: nobody has consented
    bool consent_withdrawn;
    bool unsigned_call; // an order call without valid signature since the consent
    char refresh_token[48];
    char code[48]; // authorization code not yet exchanged, "" none
    time_ms code_ends;
    struct yahoo_token tokens[YAHOO_TOKENS_KEPT];
    size_t token_at;
    int64_t serial; // of tokens and codes
    struct yahoo_key keys[2];
    struct yahoo_url urls[YAHOO_URLS];
    int64_t day, calls_today;
    bool application_forbidden, scope_missing;
};

struct yahoo_line {
    int id; // LineId
    const struct sim_line *line;
    int64_t quantity;
    yen unit_price; // after the store's coupon
    yen coupon;     // per unit
};

struct yahoo_change {
    time_ms at;
    struct str person;
    struct str field, before, after; // of one field; several share history_id
    int history_id;
};

// Yahoo's own view of an order, in sim_order.face.
struct yahoo_order {
    int version;
    time_ms updated_at;
    int order_status, pay_status, ship_status, settle_status, pay_type, pay_kind;
    struct str pay_method, pay_method_name;
    bool seen, suspect_cleared;
    int fraud;               // FraudHoldStatus
    time_ms published_at;    // TIME_NONE while held
    time_ms read_only_until; // end of the buyer's window
    int store_status;        // 0 none
    day pay_date, ship_date, arrival_date, first_done;
    struct str company, number1, number2, empty_reason, ship_url, ship_notes, ship_method;
    int cancel_reason; // -1 none
    struct str cancel_detail;
    bool captured, points_fixed, address_known;
    bool split;
    struct str parent, children, original;
    struct yahoo_line *lines;
    size_t line_count;
    yen pay_charge, ship_charge, wrap_charge, discount, adjustments, points, mall_coupon;
    time_ms slip_printed, delivery_printed, bill_printed, confirm_sent, pay_sent;
    struct str notes;
    char operator_name[128];
    int refund_status;
    time_ms shipped_at; // when ShipStatus 3 was set, TIME_NONE
    struct yahoo_change *history;
    size_t history_count, history_capacity;
    int history_id;
};

struct yahoo_call {
    struct sim *sim;
    struct yahoo_state *state;
    const struct sim_request *request;
    struct sim_response *response;
    struct arena *arena; // of the response
    const char *operation;
    struct xml_node *req; // root <Req> of a POST
    struct str operation_user;
};

// --- yahoo.c ---
yen yahoo_items_total(const struct yahoo_order *o);
yen yahoo_total_price(const struct yahoo_order *o);
bool yahoo_is_read_only(const struct sim *sim, const struct yahoo_order *o);
// Version + 1, LastUpdateTime, operator.
void yahoo_touch(struct sim *sim, struct yahoo_order *o, struct str person);
// One changed field of the current touch.
void yahoo_record(struct sim *sim, struct sim_order *order, const char *field, struct str before,
                  struct str after, struct str person);
void yahoo_record_int(struct sim *sim, struct sim_order *order, const char *field, int before,
                      int after, struct str person);
bool yahoo_is_suspect(const struct sim_order *order);
// Splits the store's coupon into whole yen per unit and makes the lines of the order.
bool yahoo_make_lines(struct sim_order *order, struct yahoo_order *o);
// What happens when ShipStatus becomes 3: capture and its ledger entry. True when it was captured
// before.
bool yahoo_capture(struct sim *sim, struct sim_order *order);
bool yahoo_is_card(const struct yahoo_order *o);
// Starts the clock of automatic completion and of delivery.
void yahoo_after_shipping(struct sim *sim, struct sim_order *order);

// --- yahoo_auth.c ---
void yahoo_auth_init(struct sim *sim, struct yahoo_state *state);
// A person consents now: fresh 28 days; the code for redirecting browsers goes to `code`.
void yahoo_consent(struct sim *sim, struct yahoo_state *state, char code[48]);
void yahoo_handle_token(struct yahoo_call *c);
void yahoo_handle_authorization(struct yahoo_call *c);
// Token, permission, session and signature of an order call. False: refused, the answer is written.
bool yahoo_let_in(struct yahoo_call *c);

// --- yahoo_wire.c ---
const char *yahoo_operation(const struct sim_request *request);
void yahoo_handle(struct sim *sim, const char *operation, const struct sim_request *request,
                  struct sim_response *response);
void yahoo_refuse(struct sim *sim, const char *operation, enum sim_refusal refusal, int status,
                  struct sim_response *response);
void yahoo_error(struct yahoo_call *c, int status, const char *code, const char *message, ...)
    __attribute__((format(printf, 4, 5)));
// A refused parameter: 400 od90101 naming it.
bool yahoo_bad_parameter(struct yahoo_call *c, const char *name);
// <ResultSet …><Result><Status>OK</Status>[warning]</Result></ResultSet>
void yahoo_write_ok(struct yahoo_call *c, const char *warning, const char *detail);
struct str yahoo_target(const struct yahoo_call *c, const char *name);
// The order a write names, open for change; NULL: refused, the answer is written.
struct sim_order *yahoo_target_order(struct yahoo_call *c, bool must_be_open);
// "true"/"false" (also 1/0). False for anything else.
bool yahoo_flag(struct str text, bool *value);
bool yahoo_in_list(struct str list, struct str value);
void yahoo_add_time(struct buf *out, time_ms t); // 2026-11-20T09:15:02+09:00
void yahoo_add_day(struct buf *out, day d);      // 2026-11-20

// --- yahoo_view.c: values of an order by the names of §7.3 and §8 ---
enum yahoo_group {
    YAHOO_G_ORDER,
    YAHOO_G_PAY,
    YAHOO_G_SHIP,
    YAHOO_G_SELLER,
    YAHOO_G_BUYER,
    YAHOO_G_ITEM,
    YAHOO_G_DETAIL
};
// Group of a name that orderInfo knows; -1 otherwise.
int yahoo_info_group(struct str name);
bool yahoo_list_knows(struct str name);
struct yahoo_value {
    const char *name;
    struct str text;
};
struct yahoo_view {
    struct yahoo_value values[220];
    size_t count;
    struct arena *arena;
};
// All values that the order has, by name (items apart).
void yahoo_view_order(struct sim *sim, struct arena *arena, const struct sim_order *order,
                      struct yahoo_view *view);
void yahoo_view_line(struct arena *arena, const struct sim_order *order,
                     const struct yahoo_line *line, struct yahoo_view *view);
struct str yahoo_view_get(const struct yahoo_view *view, struct str name); // absent if none

// --- the operations ---
void yahoo_handle_count(struct yahoo_call *c);
void yahoo_handle_list(struct yahoo_call *c);
void yahoo_handle_info(struct yahoo_call *c);
void yahoo_handle_status_change(struct yahoo_call *c);
void yahoo_handle_pay_status_change(struct yahoo_call *c);
void yahoo_handle_ship_status_change(struct yahoo_call *c);
void yahoo_handle_change(struct yahoo_call *c);
void yahoo_handle_change_history(struct yahoo_call *c);
void yahoo_handle_split(struct yahoo_call *c);
void yahoo_handle_simple(struct yahoo_call *c); // orderPayNumber, orderCouponCancel, orderItemAdd
// The Ship group of orderChange: checks it, or stores it. False: refused, the answer is written.
bool yahoo_change_shipping(struct yahoo_call *c, struct sim_order *order, struct xml_node *ship,
                           bool check_only);
// Moves an order to another OrderStatus with all that follows (mail, ledger).
void yahoo_move(struct sim *sim, struct sim_order *order, int to, struct str person);
// Number and carrier rules of §9.3; NULL = fine, else the name of the refused parameter.
const char *yahoo_number_trouble(struct str company, struct str number);

#endif
