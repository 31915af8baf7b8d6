// SPDX-License-Identifier: Apache-2.0
//
// What the files of this connector share. Words: an *order* of Juchu is a cart of Qoo10 (PackNo); a
// *line* is what Qoo10 calls an order number (OrderNo), the unit of every write (qoo10.md §4.3).
#ifndef JUCHU_MALL_QOO10_INTERNAL_H
#define JUCHU_MALL_QOO10_INTERNAL_H

#include "base/json.h"
#include "mall/op.h"
#include "mall/qoo10/codes.h"
#include "mall/qoo10/qoo10.h"

#define QOO10_RESPONSE_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define QOO10_KEPT_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define QOO10_REQUEST_BYTES_MAX ((size_t)64 * 1024)
#define QOO10_REACH_DAYS 90
#define QOO10_KEY_DAYS 365
#define QOO10_DAY_MS (24 * 3600 * 1000LL)
#define QOO10_RATE_FAMILY "qapi"

struct qoo10_op;

// One request: the method and its parameters as a form (§1).
struct qoo10_call {
    const char *method;  // "GetShippingInfo_v3"; NULL: none is planned
    const char *service; // "ShippingBasic"
    bool writes;
    struct buf form;
};

// What an operation adds to the common part.
struct qoo10_steps {
    // Plans the next call, or sets base.done. May be called again without an answer in between.
    void (*plan)(struct qoo10_op *op, time_ms now);
    // An answer with ResultCode 0; `object` is ResultObject. It lives as long as op->kept.
    void (*take)(struct qoo10_op *op, time_ms now, struct json object);
    // A refusal. True: dealt with, go on. NULL or false: the operation fails with it.
    bool (*refused)(struct qoo10_op *op, time_ms now, const struct error *error);
};

struct qoo10_op {
    struct mall_op base; // first
    const struct qoo10_steps *steps;
    struct arena *kept;    // answers of the piece of work at hand; the steps reset it
    struct arena *request; // texts of the request on its way
    struct qoo10_call call;
    struct str key;   // certification key, in base.arena; "" none yet
    bool key_wanted;  // the mall says that the key has ended
    bool key_renewed; // in this operation: once, never a loop
    bool key_asked;   // the request on its way is for a key
    bool key_forced;  // refresh(): make one though the old one lives
    bool proven;      // the mall has accepted a call of this operation: the key is all right
    bool claims_told; // how claims are searched was learned
};

// --- call.c ---

// An operation of `size` bytes (struct qoo10_op first). NULL with error on lack of memory.
void *qoo10_op_new(size_t size, const struct qoo10_steps *steps, const struct mall_account *account,
                   const struct mall_sink *sink, struct error *error);
void qoo10_fail(struct qoo10_op *op, const struct error *error);
void qoo10_no_memory(struct qoo10_op *op);
struct str qoo10_setting(const struct qoo10_op *op, const char *key);
void qoo10_warn(struct qoo10_op *op, struct str order_no, const struct error *warning);
// Stores a resumable state before a write. False: the operation failed.
bool qoo10_progress(struct qoo10_op *op, struct str state);
// Hands something learned to the sink. False: the operation failed.
bool qoo10_learn(struct qoo10_op *op, const char *key, struct str value, const char *credential,
                 time_ms expires_at, const char *known_by);
// True when the shop gave what a certification key is made from.
bool qoo10_can_make_key(const struct mall_account *account);
// Begins the call that the next request makes; then its parameters, every one of them, "" for none
// (§1: a null has been answered with -90001).
void qoo10_call(struct qoo10_op *op, const char *service, const char *method, bool writes);
void qoo10_put(struct qoo10_op *op, const char *name, struct str value);
// "20260901083000" in Japan.
void qoo10_put_time(struct qoo10_op *op, const char *name, time_ms t);

// --- answer.c ---

// Reads an answer in either envelope. False with error: refused, unusable, or, after a write whose
// outcome is open, ERROR_AMBIGUOUS.
bool qoo10_judge(struct arena *arena, const struct http_response *response, const char *method,
                 bool wrote, bool proven, time_ms now, struct json *object, struct error *error);
// The meaning of a code of a method (§7: the same number means different things). Returns false.
bool qoo10_refusal(struct error *error, const char *method, int64_t code, struct str text,
                   bool proven, int http_status);

// --- row.c: values of a row whatever its vocabulary (§4.3) ---

enum qoo10_field {
    Q_STATUS,
    Q_PACK,
    Q_ORDER,
    Q_ORDERED_AT,
    Q_PAID_AT,
    Q_PLANNED,
    Q_SHIPPED_AT,
    Q_DELIVERED_AT,
    Q_BUYER,
    Q_BUYER_KANA,
    Q_BUYER_TEL,
    Q_BUYER_MOBILE,
    Q_BUYER_EMAIL,
    Q_ITEM,
    Q_SELLER_CODE,
    Q_TITLE,
    Q_OPTION,
    Q_OPTION_CODE,
    Q_PRICE,
    Q_QUANTITY,
    Q_DISCOUNT,
    Q_TOTAL,
    Q_RECEIVER,
    Q_RECEIVER_KANA,
    Q_ZIP,
    Q_ADDRESS,
    Q_ADDRESS1,
    Q_ADDRESS2,
    Q_RECEIVER_TEL,
    Q_RECEIVER_MOBILE,
    Q_DESIRED,
    Q_SENDER,
    Q_MESSAGE,
    Q_PAYMENT,
    Q_SELLER_DISCOUNT,
    Q_POSTAGE,
    Q_RELATED,
    Q_CARRIER,
    Q_TRACKING,
    Q_CART_DISCOUNT_SELLER,
    Q_CART_DISCOUNT_MALL,
    Q_SEND_TYPE,
    Q_AVAILABLE,
    Q_CLAIM,
    Q_CLAIM_REASON,
    Q_CLAIM_DONE,
    Q_FIELD_COUNT
};
struct json qoo10_value(struct json row, enum qoo10_field field);
// Trimmed text; a number as its digits (in `arena`); "" when there is none.
struct str qoo10_text(struct arena *arena, struct json row, enum qoo10_field field);
// Whole yen or quantity, also "1,650", 1650.0 and "1650.0". False: there is something else.
bool qoo10_number(struct json row, enum qoo10_field field, int64_t *value);
time_ms qoo10_time(struct json row, enum qoo10_field field); // TIME_NONE for none
// "On request(2)", "2" and 2 are 2; -1 for anything else, 0 for nothing.
int qoo10_digit(struct json value);
// The same for the code of a claim, which may also be its Japanese name alone.
int qoo10_claim_code(struct json value);
// A row as text, for the raw document. False on lack of memory.
bool qoo10_write_json(struct json value, struct buf *out);

// --- collect.c: rows of several answers, brought together by line ---

struct qoo10_line {
    int64_t pack, order_no;
    int status;      // 1 … 5; 0: no order list shows it
    int claim;       // 0 none
    struct json row; // of an order list, or of GetShippingAndClaimInfoByOrderNo
    struct json claim_row;
    bool has_row, has_claim;
    bool looked; // the row is the answer about this one order number
};
struct qoo10_collection {
    struct arena *arena; // the operation's `kept`
    struct qoo10_line *lines;
    size_t count, capacity;
    size_t unreadable; // rows without numbers, left out
};
// Adds the rows of a list answer (array, null, or a bare object). *rows = how many. A row whose
// numbers can't be read is counted and left out: it must not hide the others. False with error: the
// answer is no list, or lack of memory.
bool qoo10_collect(struct qoo10_collection *c, struct json object, size_t *rows,
                   struct error *error);
// Sorts by cart and line; of several rows of a line the later one counts.
void qoo10_collect_sort(struct qoo10_collection *c);
// [begin, end) of the cart's lines in the sorted collection; end == begin if there are none.
void qoo10_collect_find(const struct qoo10_collection *c, int64_t pack, size_t *begin, size_t *end);
// True for a line that has been cancelled for good.
bool qoo10_line_gone(const struct qoo10_line *line);
// "2", "3,4", "2c1", "c3": what the lines' states have in common, lowest first; "?" unreadable.
struct str qoo10_compact_status(struct arena *arena, const struct qoo10_line *lines, size_t count);
// Value of the status choice that the cart counts as: its least advanced line's; "" when a line's
// status can't be read.
struct str qoo10_choice_of(const struct qoo10_line *lines, size_t count);
// What tells that something of a line changed: "OrderNo:status:number:rest" per line.
struct str qoo10_update_mark(struct arena *arena, const struct qoo10_line *lines, size_t count);
// The part of a mark that stands for a tracking number.
uint32_t qoo10_number_mark(struct str tracking_number);
// True when the mark says that the line had this number when the order was last read.
bool qoo10_mark_has_number(struct str mark, int64_t order_no, struct str tracking_number);
time_ms qoo10_ordered_at(const struct qoo10_line *lines, size_t count);

// --- claims.c: asking for claims whatever an empty state means (§4.5) ---

struct qoo10_claims {
    int step; // states asked so far
};
// Plans the next request of a search by condition 1, 2 or 3. False: the search is over.
bool qoo10_claims_plan(struct qoo10_op *op, const struct qoo10_claims *c, int condition,
                       time_ms from, time_ms to);
// Counts an answer and moves on.
void qoo10_claims_taken(struct qoo10_op *op, struct qoo10_claims *c, size_t rows);

// --- shared requests ---

void qoo10_call_shipping(struct qoo10_op *op, int status, int condition, time_ms from, time_ms to);
void qoo10_call_by_order_no(struct qoo10_op *op, int64_t order_no);

// --- cart.c ---

// A cart (one line at least) as a canonical order. Texts in `arena`. ERROR_MALFORMED names the
// field.
bool qoo10_cart_read(struct arena *arena, const struct mall_account *account,
                     const struct qoo10_line *lines, size_t count, struct order *order,
                     struct error *error);

// --- cart_money.c ---

bool qoo10_cart_money(const struct qoo10_line *lines, size_t count, struct order *order,
                      struct error *error);
bool qoo10_cart_payment(struct arena *arena, const struct mall_account *account,
                        const struct qoo10_line *lines, size_t count, struct order *order);

// --- ship_rules.c ---

struct qoo10_notice {
    int64_t order_no;
    struct str carrier_name; // as sent
    struct str carrier;      // ours
    struct str number;
    day ship_date;
};
// What every line shall be told. False with a named reason when it can't be sent.
bool qoo10_notices_make(struct arena *arena, const struct mall_account *account,
                        const struct mall_ship_request *request, day today,
                        struct qoo10_notice **notices, size_t *count, struct error *error);
bool qoo10_same_number(struct str a, struct str b);

// --- constructors of the operations ---

struct mall_op *qoo10_check(const struct mall_account *, const struct mall_sink *, struct error *);
struct mall_op *qoo10_refresh(const struct mall_account *, const struct mall_sink *,
                              struct error *);
struct mall_op *qoo10_list(const struct mall_account *, const struct mall_list_request *,
                           const struct mall_sink *, struct error *);
struct mall_op *qoo10_read(const struct mall_account *, const struct mall_read_request *,
                           const struct mall_sink *, struct error *);
struct mall_op *qoo10_accept(const struct mall_account *, const struct mall_read_request *,
                             const struct mall_sink *, struct error *);
struct mall_op *qoo10_ship(const struct mall_account *, const struct mall_ship_request *,
                           const struct mall_sink *, struct error *);
struct mall_op *qoo10_cancel(const struct mall_account *, const struct mall_cancel_request *,
                             const struct mall_sink *, struct error *);
bool qoo10_ship_preflight(const struct mall_account *, const struct mall_ship_request *, day today,
                          struct error *);
enum mall_comparison qoo10_ship_compare(const struct mall_account *, const struct order *at_mall,
                                        const struct mall_ship_request *, struct error *);
bool qoo10_is_accepted(const struct order *order);
bool qoo10_is_cancelled(const struct order *order);
struct str qoo10_order_choice(const struct order *order);
bool qoo10_validate(const struct mall_account *account, struct error *error);

#endif
