// SPDX-License-Identifier: Apache-2.0
//
// What the files of this connector share. Both APIs are behind one interface: an operation says
// what it wants (a period, a number, a shipment), `struct makeshop_door` of the chosen API makes
// the request and turns the answer into rows, and everything above sees rows only.
#ifndef JUCHU_MALL_MAKESHOP_INTERNAL_H
#define JUCHU_MALL_MAKESHOP_INTERNAL_H

#include "base/json.h"
#include "base/xml.h"
#include "mall/makeshop/codes.h"
#include "mall/makeshop/makeshop.h"
#include "mall/op.h"

#define MAKESHOP_LEGACY_ROWS 100 // most orders of one answer, no paging (§2.2)
#define MAKESHOP_PAGE_ROWS 1000  // limit of searchOrder (§3.3)
#define MAKESHOP_REQUEST_BYTES_MAX ((size_t)256 * 1024)
#define MAKESHOP_SCRATCH_BYTES_MAX ((size_t)320 * 1024 * 1024)
#define MAKESHOP_BATCH_BYTES_MAX ((size_t)96 * 1024 * 1024)
#define MAKESHOP_SECOND_MS 1000LL
#define MAKESHOP_DAY_MS (24 * 3600 * 1000LL)

// --- an order as either API tells it ---

struct makeshop_line {
    struct str product_code, custom_code, option_code, jan, title, options;
    yen price; // without tax (§2.3)
    int64_t amount;
    int rate_basis_points; // -1 not told
};

struct makeshop_destination {
    struct str id; // deliveryId; the old API's 0 stands for the only one
    int state;     // enum makeshop_delivery
    struct person recipient;
    struct str method; // shipping method's name, "" not told
    day desired_day, planned_day, shipped_day;
    struct str slot, note;
    struct str number, carrier; // absent: this API doesn't show it
    yen postage, subtotal;      // YEN_UNDETERMINED: not told
    struct makeshop_line *lines;
    size_t line_count;
};

struct makeshop_row {
    struct str order_no, system_no;
    int status; // enum makeshop_status
    enum makeshop_payment payment;
    struct str payment_words; // as the mall writes it
    struct str pay_code, pay_name;
    time_ms ordered_at;
    struct person buyer;
    struct str member;
    yen sum; // amount to pay, perhaps before deductions
    yen postage, fee, bulk, coupon, points, discount;
    bool points_told; // the API tells used points and fees
    struct str note;
    struct makeshop_destination *destinations;
    size_t destination_count;
    struct str raw; // this order's part of the answer
};

// One answer to a search.
struct makeshop_page {
    struct makeshop_row *rows;
    size_t count;
    struct mall_bad_order *bad; // rows that can't be read
    size_t bad_count;
    int64_t total; // announced, -1 not told
};

// --- an operation ---

struct makeshop_op;

struct makeshop_call {
    const char *operation; // "searchOrder", "get"
    bool writes;
    struct str order_no; // subject of errors
    struct str query;    // GET: what follows '?'
    struct str body;     // POST
};

// An accepted answer, living until the next request.
struct makeshop_answer {
    struct str text;      // the body as UTF-8
    struct xml_node *xml; // old API: <orders> or <response>
    struct json data;     // GraphQL: data.<operation>
};

struct makeshop_period {
    time_ms from, to;
    bool cancelled_only; // GraphQL: deliveryStatus C
};

struct makeshop_parcel {
    struct str delivery_id;
    struct str carrier, number; // "" number: none
    int state;                  // enum makeshop_delivery to be told
};

// What one API can do. Builders fill op->call (texts in op->scratch); false: the op failed.
struct makeshop_door {
    const char *rate_family;
    bool cancelled_apart; // a search without filter may leave out cancelled orders
    bool parcel_first;    // carrier and number are a call of their own (§3.4)
    bool (*search)(struct makeshop_op *op, const struct makeshop_period *period, bool whole);
    bool (*find)(struct makeshop_op *op, struct str order_no, bool cancelled_only);
    // Turns the answer to either into rows in `arena`. False with error: unreadable as a whole.
    bool (*rows)(struct makeshop_op *op, struct arena *arena, const struct makeshop_answer *answer,
                 struct makeshop_page *page, struct error *error);
    // Writes: carrier and number of parcels (NULL when deliver() does both), then their state.
    bool (*parcels)(struct makeshop_op *op, struct str order_no, const struct makeshop_parcel *list,
                    size_t count);
    bool (*deliver)(struct makeshop_op *op, struct str order_no, const struct makeshop_parcel *list,
                    size_t count);
    size_t deliver_max; // parcels per call of deliver()
    // True when the answer to a write says that it was done; else `error` (refused or ambiguous).
    bool (*written)(struct makeshop_op *op, const struct makeshop_answer *answer,
                    struct error *error);
};
extern const struct makeshop_door makeshop_legacy_door, makeshop_graphql_door;

struct makeshop_steps {
    // Builds the next call, or sets base.done. False: the operation failed.
    bool (*plan)(struct makeshop_op *op, time_ms now);
    void (*take)(struct makeshop_op *op, time_ms now, const struct makeshop_answer *answer);
    // True: dealt with, go on. NULL or false: the operation fails with the error.
    bool (*refused)(struct makeshop_op *op, time_ms now, const struct error *error);
};

struct makeshop_op {
    struct mall_op base; // first
    const struct makeshop_steps *steps;
    const struct makeshop_door *door;
    struct arena *scratch; // of the request and its answer; reset with every plan
    struct makeshop_call call;
    time_ms wait_until; // TIME_NONE: no wait
    int unreadable;     // answers in a row that were no XML or JSON
    uint64_t left_out;  // GraphQL: fields that the mall doesn't know (bits of graphql.c)
    bool no_number_filter;
};

// --- call.c ---

// An operation of `size` bytes (struct makeshop_op first). NULL with error set.
void *makeshop_op_new(size_t size, const struct makeshop_steps *steps,
                      const struct mall_account *account, const struct mall_sink *sink,
                      struct error *error);
bool makeshop_is_legacy(const struct mall_account *account);
struct str makeshop_setting(const struct makeshop_op *op, const char *key);
bool makeshop_fail(struct makeshop_op *op, const struct error *error); // returns false
bool makeshop_fail_no_memory(struct makeshop_op *op);                  // returns false
// Fails with a named error about the order at hand. Returns false.
bool makeshop_fail_with(struct makeshop_op *op, enum error_class class, const char *code,
                        const char *ja, const char *en);
bool makeshop_progress(struct makeshop_op *op, struct str state);
bool makeshop_learn(struct makeshop_op *op, const char *key, struct str value);
void makeshop_warn(struct makeshop_op *op, struct str order_no, const struct error *warning);

// --- refusal.c ---

// Reads an answer. False with error set: no answer, a refusal, or nothing readable. After a write
// whatever isn't a clear refusal is ERROR_AMBIGUOUS.
bool makeshop_judge(struct makeshop_op *op, time_ms now, const struct http_response *response,
                    struct makeshop_answer *answer, struct error *error);
// The mall's code and words as an error; by words, because the codes were not published (§2.5).
void makeshop_refusal(struct error *error, int http_status, struct str code, struct str words);
void makeshop_unreadable(const struct makeshop_op *op, const char *what, struct error *error);

// --- graphql.c ---

// A refusal that says that a field or variable isn't known: takes note, so that the request can be
// asked again without it. False: the error is something else.
bool makeshop_graphql_adapt(struct makeshop_op *op, const struct error *error);
// The probes of the connection test: operations asked for nothing.
bool makeshop_graphql_probe(struct makeshop_op *op, const char *operation);

// --- graphql_read.c ---
bool makeshop_graphql_rows(struct makeshop_op *op, struct arena *arena,
                           const struct makeshop_answer *answer, struct makeshop_page *page,
                           struct error *error);

// --- legacy.c ---
bool makeshop_legacy_cancel(struct makeshop_op *op, struct str order_no, struct str reason);
bool makeshop_legacy_probe(struct makeshop_op *op);

// --- legacy_read.c ---
bool makeshop_legacy_rows(struct makeshop_op *op, struct arena *arena,
                          const struct makeshop_answer *answer, struct makeshop_page *page,
                          struct error *error);

// --- order.c ---

int makeshop_row_delivery(const struct makeshop_row *row);
// What tells that the mall changed it: there is no update time, so a hash of what can change.
struct str makeshop_row_mark(struct arena *arena, const struct makeshop_row *row);
struct str makeshop_row_status(struct arena *arena, const struct makeshop_row *row);
struct str makeshop_row_choice(const struct makeshop_row *row);
// The row as an order; texts borrowed from the row's arena or made in `arena`.
bool makeshop_order_make(struct arena *arena, const struct mall_account *account,
                         const struct makeshop_row *row, struct order *order, struct error *error);

// --- ship_rules.c ---

// The parcels that the request wants told, one per destination; false with a named reason.
bool makeshop_parcels_make(struct arena *arena, const struct mall_account *account,
                           const struct mall_ship_request *request, day today,
                           struct makeshop_parcel **parcels, size_t *count, struct error *error);
bool makeshop_same_number(struct str a, struct str b);
// One parcel against what the mall shows of its destination.
enum mall_comparison makeshop_parcel_compare(const struct makeshop_parcel *wanted, int state,
                                             struct str number, struct str carrier,
                                             struct error *difference);

// --- constructors of the operations ---

struct mall_op *makeshop_check(const struct mall_account *, const struct mall_sink *,
                               struct error *);
struct mall_op *makeshop_list(const struct mall_account *, const struct mall_list_request *,
                              const struct mall_sink *, struct error *);
struct mall_op *makeshop_read(const struct mall_account *, const struct mall_read_request *,
                              const struct mall_sink *, struct error *);
struct mall_op *makeshop_ship(const struct mall_account *, const struct mall_ship_request *,
                              const struct mall_sink *, struct error *);
struct mall_op *makeshop_cancel(const struct mall_account *, const struct mall_cancel_request *,
                                const struct mall_sink *, struct error *);
bool makeshop_ship_preflight(const struct mall_account *, const struct mall_ship_request *,
                             day today, struct error *);
enum mall_comparison makeshop_ship_compare(const struct mall_account *, const struct order *at_mall,
                                           const struct mall_ship_request *, struct error *);

#endif
