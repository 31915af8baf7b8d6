// SPDX-License-Identifier: Apache-2.0
//
// The simulated Qoo10.jp (QAPI): what its files share. Facts are from qoo10.md; what the public
// guide leaves open is a switch (qoo10.c). An order of the world is a cart (PackNo); each of its
// lines is an order number of Qoo10 (OrderNo) with a life of its own. For sim/qoo10*.c only.
#ifndef JUCHU_SIM_QOO10_H
#define JUCHU_SIM_QOO10_H

#include "sim/demo_keys.h"
#include "sim/face.h"

#define QOO10_LINES_MAX 60
#define QOO10_FIRST_PACK 300000000
#define QOO10_FIRST_ORDER 1000000000

// Claim states (§3): 0 none; 3 and 16 make the line vanish from the order lists.
enum q10_claim {
    QOO10_CLAIM_NONE = 0,
    QOO10_CANCEL_REQUESTED = 1,
    QOO10_CANCEL_RUNNING = 2,
    QOO10_CANCELLED = 3,
    QOO10_RETURN_REQUESTED = 4,
    QOO10_RETURNED = 6,
    QOO10_UNPAID_CANCELLED = 16
};

struct q10_line {
    int64_t order_no;
    const struct sim_line *line;
    int status; // 1 … 5
    int claim;
    time_ms claim_at, claim_done_at; // TIME_NONE
    struct str claim_reason;
    day planned;                      // 発送予定日, 0 none
    time_ms shipped_at, delivered_at; // TIME_NONE
    struct str carrier, number;
};

// Qoo10's own view of a cart, in sim_order.face.
struct q10_order {
    int64_t pack_no;
    time_ms paid_at; // TIME_NONE: not paid
    struct q10_line *lines;
    size_t line_count;
};

struct q10_state {
    char key[80];     // the certification key that counts
    char old_key[80]; // the one before it, "" none
    time_ms key_ends, old_key_ends;
    bool revoked, forbidden;
    bool wrong_seller; // the key was issued to another seller
    int64_t serial;
    struct sim_pace pace;
    int64_t day, calls_today;
};

// Writes the answer as JSON or XML.
struct q10_out {
    bool xml;
    struct buf *buf;
    struct json_writer json;
};

struct q10_call {
    struct sim *sim;
    struct q10_state *state;
    const struct sim_request *request;
    struct sim_response *response;
    struct arena *arena; // of the response
    const char *operation;
    struct q10_out out;
};

// --- qoo10.c ---
// Line of a Qoo10 order number; *order is its cart. NULL if there is none.
struct q10_line *q10_find_line(struct sim *sim, int64_t order_no, struct sim_order **order);
// True while the order lists show the line.
bool q10_line_listed(const struct sim *sim, const struct q10_line *line);
void q10_pay(struct sim *sim, struct sim_order *order);
void q10_confirm(struct sim *sim, struct sim_order *order, struct q10_line *line, day planned);
void q10_ship(struct sim *sim, struct sim_order *order, struct q10_line *line, struct str carrier,
              struct str number, const char *kind);
void q10_claim(struct sim *sim, struct sim_order *order, struct q10_line *line, int claim,
               struct str reason);
struct str q10_carrier_name(enum sim_carrier carrier);
bool q10_carrier_known(struct str name);

// --- q10_wire.c ---
const char *q10_operation(const struct sim_request *request);
void q10_handle(struct sim *sim, const char *operation, const struct sim_request *request,
                struct sim_response *response);
void q10_refuse(struct sim *sim, const char *operation, enum sim_refusal refusal, int status,
                struct sim_response *response);
void q10_keys_init(struct sim *sim, struct q10_state *state);
// Parameter from the body or the query (decoded); absent if it isn't there.
struct str q10_parameter(struct q10_call *c, const char *name);
// {"ResultCode":…,"ResultMsg":…} without object.
void q10_result(struct q10_call *c, int code, const char *message);
// {"ResultObject": … : between begin and end the caller writes the object's value.
void q10_begin(struct q10_call *c);
void q10_end(struct q10_call *c);
// The members of a row.
void q10_row_begin(struct q10_out *out);
void q10_row_end(struct q10_out *out);
void q10_put_text(struct q10_out *out, const char *name, struct str value);
void q10_put_number(struct q10_out *out, const char *name, int64_t value);
void q10_put_money(struct q10_out *out, const char *name, yen value);
void q10_put_time(struct q10_call *c, const char *name, time_ms t); // JST, "" for none

// --- the operations ---
void q10_get_shipping(struct q10_call *c);
void q10_get_by_order_no(struct q10_call *c);
void q10_get_claims(struct q10_call *c);
void q10_get_delivery_groups(struct q10_call *c);
void q10_set_seller_check(struct q10_call *c);
void q10_set_seller_check_bulk(struct q10_call *c);
void q10_set_sending(struct q10_call *c);
void q10_set_sending_bulk(struct q10_call *c);
void q10_set_cancel(struct q10_call *c);

#endif
