// SPDX-License-Identifier: Apache-2.0
//
// What the files of Rakuten's face share (facts: rakuten.md). The face keeps of each order the
// status, dates and history that RMS keeps, and of each destination its basket with shipping rows.
#ifndef JUCHU_SIM_RAKUTEN_H
#define JUCHU_SIM_RAKUTEN_H

#include "sim/face.h"

#define RK_ROWS_MAX 20 // shipping rows per basket (§7.1)
#define RK_SUB_STATUS_COUNT 4

struct rk_row {
    int64_t id; // shippingDetailId
    struct str number, company;
    day date;
};

// sim_destination.face
struct rk_basket {
    int64_t id;
    int64_t first_line_id; // itemDetailId of its first line
    struct rk_row *rows;   // RK_ROWS_MAX, NULL before the first
    size_t row_count;
};

struct rk_change {
    int64_t id;
    int type, side, reason; // §11.2, §11.3; side and reason -1 = null
    time_ms at;
    struct rk_change *next;
};

// sim_order.face
struct rk_order {
    int progress;
    int64_t sub_status; // 0 = none
    time_ms confirmed_at, fixed_at, shipped_at, settled_at, cancelled_at;
    time_ms paid_at; // prepaid: when the buyer paid
    bool modified, address_entered, fraud_cleared, gift;
    time_ms address_entered_at;
    day delivery_date; // 0 = none
    int shipping_term, delivery_class;
    struct str remarks; // absent = as the buyer left it
    struct str memo, operator, mail_text;
    struct rk_change *first_change, *last_change;
};

struct rk_async {
    struct str request_id;
    struct str body;
    struct str result; // JSON list of ResultShippingModel; absent = still running
    time_ms accepted_at;
    struct rk_async *next;
};

struct rk_key {
    char text[40];
    time_ms issued_at, expires_at;
    bool revoked;
};

struct rk_state {
    char secret[40];
    struct rk_key key, old_key;
    int renewals;
    uint64_t off; // functions that aren't ticked: bits of rk_operations
    struct sim_pace pace;
    int64_t next_basket, next_line, next_row, next_change;
    struct arena *arena;
    struct rk_async *async; // newest first
    int async_count;
};

struct rk_operation {
    const char *name, *function;
    void (*handle)(struct sim *sim, struct json body, struct sim_response *response);
    const char *code; // as in message codes: GET_ORDER
};
extern const struct rk_operation rk_operations[];
extern const size_t rk_operation_count;

enum rk_event {
    RK_EVENT_CLEAR = 1,   // Rakuten's processing ends
    RK_EVENT_UNCONFIRMED, // fourteen days
    RK_EVENT_NIGHT,
    RK_EVENT_PAYOUT,
    RK_EVENT_PAID_OUT,
    RK_EVENT_CANCELLED,
    RK_EVENT_PAID, // the buyer pays a prepaid order
    RK_EVENT_ASYNC,
};

static inline struct rk_state *rk_state(const struct sim *sim)
{
    return sim_face_state(sim, SIM_RAKUTEN);
}
static inline struct rk_order *rk_order(const struct sim_order *order)
{
    return order->face;
}
static inline struct rk_basket *rk_basket(const struct sim_destination *destination)
{
    return destination->face;
}

// --- rakuten_life.c ---
bool rk_place(struct sim *sim, struct sim_order *order);
void rk_event(struct sim *sim, struct sim_order *order, int code);
void rk_add_change(struct sim *sim, struct sim_order *order, int type, int side, int reason);
// 100 → 200, as confirmOrder and RMS do it.
void rk_confirm(struct sim *sim, struct sim_order *order);
void rk_clear(struct sim *sim, struct sim_order *order); // → 300
void rk_request_cancel(struct sim *sim, struct sim_order *order, int side, int reason);
void rk_cancel(struct sim *sim, struct sim_order *order, int side, int reason);
// After shipping data changed: plans the night that ends 発送待ち, if every row is complete.
void rk_shipping_changed(struct sim *sim, struct sim_order *order);
// A new empty row; NULL when the basket is full or memory is out.
struct rk_row *rk_add_row(struct sim *sim, struct sim_order *order, struct rk_basket *basket);
bool rk_has_ship_date(const struct sim_order *order);
bool rk_amount_is_open(const struct sim_order *order);
// Settlement code of §11.4.
int rk_settlement(const struct sim_order *order);

// --- rakuten.c ---
void rk_message(struct json_writer *w, const char *type, const char *operation, const char *number,
                struct str text, struct str order_no);
// {"MessageModelList":[one ERROR …]} plus `rest` ("" or ",\"x\":null"), with the status.
void rk_fail(struct sim_response *response, int status, const char *operation, const char *number,
             struct str text, const char *rest);
struct str rk_field_text(struct arena *arena, const char *field, const char *number);
void rk_gateway_error(struct sim *sim, struct sim_response *response, int status,
                      const char *a_code, const char *b_code, const char *text);
// A whole integer, also written as text.
bool rk_int(struct json v, int64_t *value);
struct str rk_datetime(struct arena *arena, time_ms t); // absent for TIME_NONE

// --- operations ---
void rk_search_order(struct sim *sim, struct json body, struct sim_response *response);
void rk_get_order(struct sim *sim, struct json body, struct sim_response *response);
void rk_get_payment(struct sim *sim, struct json body, struct sim_response *response);
void rk_confirm_order(struct sim *sim, struct json body, struct sim_response *response);
void rk_update_shipping(struct sim *sim, struct json body, struct sim_response *response);
void rk_update_shipping_async(struct sim *sim, struct json body, struct sim_response *response);
void rk_get_result(struct sim *sim, struct json body, struct sim_response *response);
void rk_run_async(struct sim *sim);
void rk_get_sub_status_list(struct sim *sim, struct json body, struct sim_response *response);
void rk_update_sub_status(struct sim *sim, struct json body, struct sim_response *response);
void rk_update_memo(struct sim *sim, struct json body, struct sim_response *response);
void rk_update_remarks(struct sim *sim, struct json body, struct sim_response *response);
void rk_cancel_order(struct sim *sim, struct json body, struct sim_response *response);
void rk_cancel_after_shipping(struct sim *sim, struct json body, struct sim_response *response);
void rk_licence_expiry(struct sim *sim, const struct sim_request *request,
                       struct sim_response *response);

struct rk_sub_status {
    int64_t id;
    int progress;
    const char *name;
};
extern const struct rk_sub_status rk_sub_statuses[RK_SUB_STATUS_COUNT];
const struct rk_sub_status *rk_sub_status(int64_t id);
// Codes of §11.6.
bool rk_carrier_is_known(struct str code);
const char *rk_carrier_name(struct str code);
const char *rk_carrier_code(enum sim_carrier carrier);

#endif
