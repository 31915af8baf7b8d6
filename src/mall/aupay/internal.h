// SPDX-License-Identifier: Apache-2.0
//
// What the files of this connector share: one operation type that makes requests and reads answers,
// so that list, read, ship … only say what to ask and what an accepted answer means.
#ifndef JUCHU_MALL_AUPAY_INTERNAL_H
#define JUCHU_MALL_AUPAY_INTERNAL_H

#include "mall/aupay/aupay.h"
#include "mall/aupay/codes.h"
#include "mall/op.h"

#define AUPAY_REQUEST_BYTES_MAX ((size_t)64 * 1024)
#define AUPAY_SCRATCH_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define AUPAY_LIST_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define AUPAY_ORDER_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define AUPAY_TIMEOUT_MS 60000
#define AUPAY_DAY_MS (24 * 3600 * 1000LL)
#define AUPAY_KEY_DAYS 90
#define AUPAY_NUMBER_BYTES_MAX 15 // shippingNumber, aupay.md §2.3

struct aupay_op;

// One request.
struct aupay_call {
    const char *operation; // "searchTradeInfoProc": the last part of the path
    bool writes;
    struct str order_no; // subject of errors, "" none
    struct str query;    // GET when the body is absent
    struct str body;     // else POST of this XML
    size_t response_bytes_max;
};

// An accepted answer, living until the next request.
struct aupay_answer {
    const struct http_response *response;
    struct xml_node *root; // <response>
};

// What an operation adds to the common part.
struct aupay_steps {
    // Fills op->call in (texts in op->scratch), or sets op->base.done. False: the operation failed.
    bool (*plan)(struct aupay_op *op, time_ms now);
    // An answer that the mall gave with success. Moves the operation on.
    void (*take)(struct aupay_op *op, time_ms now, const struct aupay_answer *answer);
    // A refusal or an unreadable answer. True: dealt with, go on. NULL or false: the operation
    // fails with it.
    bool (*refused)(struct aupay_op *op, time_ms now, const struct http_response *response,
                    const struct error *error);
};

struct aupay_op {
    struct mall_op base; // first
    const struct aupay_steps *steps;
    struct arena *scratch; // of the request and its answer; reset with every plan
    struct aupay_call call;
    time_ms wait_until; // TIME_NONE: no wait
    int throttled;
};

// --- call.c ---

// An operation of `size` bytes (struct aupay_op first). NULL with error on lack of memory.
void *aupay_op_new(size_t size, const struct aupay_steps *steps, const struct mall_account *account,
                   const struct mall_sink *sink, struct error *error);
void aupay_fail(struct aupay_op *op, const struct error *error);
void aupay_fail_no_memory(struct aupay_op *op);
struct str aupay_setting(const struct aupay_op *op, const char *key);
void aupay_warn(struct aupay_op *op, struct str order_no, const struct error *warning);
// Stores a resumable state. False: the operation failed.
bool aupay_progress(struct aupay_op *op, const char *state);
// Plans searchTradeInfoProc of one order. False on lack of memory (failed).
bool aupay_plan_read(struct aupay_op *op, struct str order_no);
// Begins "<request><shopId>…</shopId><orderId>…" of a flat update (aupay.md §2.3).
void aupay_begin_update(struct aupay_op *op, struct buf *body, struct str order_no);
// Ends it and makes it the call's. False on lack of memory (failed).
bool aupay_end_update(struct aupay_op *op, struct buf *body);

// --- answer.c ---

// Reads an answer. Fails closed: only a well-formed <response> with result/status 0 is accepted.
// After a write whatever isn't a clear refusal is ERROR_AMBIGUOUS. `now` tells whether the key's
// day is past (aupay.md §5).
bool aupay_answer_read(struct aupay_op *op, time_ms now, const struct http_response *response,
                       struct aupay_answer *answer, struct error *error);
// The key's last day as typed in; 0 unknown.
day aupay_key_day(const struct mall_account *account);

// --- order.c ---

// One order from an <orderInfo>. Texts in `arena`. ERROR_MALFORMED names the element.
bool aupay_order_read(struct arena *arena, const struct mall_account *account,
                      const struct xml_node *info, struct order *order, struct error *error);
// What tells that the mall changed the order: a digest over all that it says. Absent and empty
// elements count alike, and so does their order, so a listing and a single read give the same.
struct str aupay_update_mark(struct arena *arena, const struct xml_node *info);
// True for a number that may stand in a request.
bool aupay_number_is_sound(struct str order_no);
// The warning about amounts that don't add up; false when the order's amounts do.
bool aupay_mismatch_warning(const struct order *order, struct error *warning);

// --- order_money.c, order_package.c ---

// Where aupay_order_read stands: the first element that can't be read ends it.
struct aupay_reader {
    struct arena *arena;
    const struct mall_account *account;
    struct error *error;
    bool failed;
};
struct str aupay_text(struct aupay_reader *r, const struct xml_node *parent, const char *name);
// Whole yen or count of an element; `otherwise` when absent or empty; marks the reader failed on
// anything else.
int64_t aupay_integer(struct aupay_reader *r, const struct xml_node *parent, const char *name,
                      int64_t otherwise);
time_ms aupay_time(const struct xml_node *parent, const char *name);
day aupay_day(const struct xml_node *parent, const char *name);
// "0.1", "0.08", "10" to basis points; -1 when absent or no rate.
int aupay_rate(struct str text);
bool aupay_extra_add(struct aupay_reader *r, struct order *order, const char *key,
                     const char *label, struct str value);
void aupay_money_read(struct aupay_reader *r, const struct xml_node *info,
                      const struct aupay_state *state, struct order *order);
void aupay_package_read(struct aupay_reader *r, const struct xml_node *info,
                        const struct aupay_state *state, struct order *order);
// True for a line that the mall counts as cancelled (itemCancelStatus).
bool aupay_line_is_cancelled(const struct xml_node *detail);

// --- ship_rules.c ---

// The desired shipment as the mall takes it: one number, one carrier, one date, one status.
struct aupay_shipment {
    struct str number;       // as sent; "" = without
    struct str carrier_code; // shippingCarrier
    day ship_date;
    struct str target;   // orderStatus to be set, "" = none
    size_t numbers_left; // that can't be told
};
// What the request asks for. False with a named reason when it can't be sent.
bool aupay_shipment_make(struct arena *arena, const struct mall_account *account,
                         const struct mall_ship_request *request, day today,
                         struct aupay_shipment *shipment, struct error *error);
// The shipping data alone (MALL_NOT_YET: none of it is there); on MALL_DIFFERENT the error says in
// what.
enum mall_comparison aupay_compare_parcel(const struct mall_account *account, struct str number,
                                          struct str carrier_code, day ship_date,
                                          const struct aupay_shipment *wanted,
                                          struct error *difference);
// True when the status is the wanted one or beyond it.
bool aupay_status_reached(struct str name, const struct aupay_shipment *wanted);
// Same number whatever its hyphens and blanks.
bool aupay_same_number(struct str a, struct str b);

// --- constructors of the operations ---

struct mall_op *aupay_check(const struct mall_account *, const struct mall_sink *, struct error *);
struct mall_op *aupay_list(const struct mall_account *, const struct mall_list_request *,
                           const struct mall_sink *, struct error *);
struct mall_op *aupay_read(const struct mall_account *, const struct mall_read_request *,
                           const struct mall_sink *, struct error *);
struct mall_op *aupay_accept(const struct mall_account *, const struct mall_read_request *,
                             const struct mall_sink *, struct error *);
struct mall_op *aupay_ship(const struct mall_account *, const struct mall_ship_request *,
                           const struct mall_sink *, struct error *);
struct mall_op *aupay_cancel(const struct mall_account *, const struct mall_cancel_request *,
                             const struct mall_sink *, struct error *);
struct mall_op *aupay_refresh(const struct mall_account *, const struct mall_sink *,
                              struct error *);
bool aupay_ship_preflight(const struct mall_account *, const struct mall_ship_request *, day today,
                          struct error *);
enum mall_comparison aupay_ship_compare(const struct mall_account *, const struct order *at_mall,
                                        const struct mall_ship_request *, struct error *);
bool aupay_is_accepted(const struct order *order);
bool aupay_is_cancelled(const struct order *order);

#endif
