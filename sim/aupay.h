// SPDX-License-Identifier: Apache-2.0
//
// The simulated au PAY マーケット (wmshopapi): what its files share. Facts are from aupay.md; what
// is open there is a switch (aupay.c). For sim/aupay*.c only.
#ifndef JUCHU_SIM_AUPAY_H
#define JUCHU_SIM_AUPAY_H

#include "base/xml.h"
#include "sim/demo_keys.h"
#include "sim/face.h"

// The mall's own view of an order, in sim_order.face.
struct aupay_order {
    struct str status; // Japanese name
    bool authorized, paid, shipped, cancelled, vanished, captured, line_cancelled;
    time_ms authorized_at, paid_at, shipped_at, cancelled_at; // TIME_NONE
    struct str cancel_reason, cancel_comment;
    day shipping_date;                            // 0 none
    struct str shipping_carrier, shipping_number; // "" none
    int changes; // how often anything changed: what varies between answers hangs on it
};

struct aupay_state {
    char key[80];
    time_ms issued_at;
    bool revoked, orders_forbidden;
    int64_t serial;
    struct sim_pace pace;
    int64_t day, calls_today;
};

struct aupay_call {
    struct sim *sim;
    struct aupay_state *state;
    const struct sim_request *request;
    struct sim_response *response;
    struct arena *arena;
    const char *operation;
    struct xml_node *body; // <request> of a POST
};

// --- aupay.c ---
bool aupay_is_custom(const struct sim *sim, struct str status);
// The shop's tool or a person sets a status. Ledger and what follows from it.
void aupay_set_status(struct sim *sim, struct sim_order *order, struct str status,
                      const char *kind);
void aupay_cancel_order(struct sim *sim, struct sim_order *order, struct str reason,
                        struct str comment);

// --- aupay_view.c ---
void aupay_write_order(struct sim *sim, struct buf *out, const struct sim_order *order);

// --- aupay_wire.c ---
const char *aupay_operation(const struct sim_request *request);
void aupay_handle(struct sim *sim, const char *operation, const struct sim_request *request,
                  struct sim_response *response);
void aupay_refuse(struct sim *sim, const char *operation, enum sim_refusal refusal, int status,
                  struct sim_response *response);

#endif
