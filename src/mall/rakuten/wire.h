// SPDX-License-Identifier: Apache-2.0
//
// What every Rakuten operation shares: making requests (rakuten.md §1.1, §1.2, §1.7), reading the
// three and more shapes in which RMS refuses (§1.5, §12), and the frame that turns next/feed into
// build/answer/refused.
#ifndef JUCHU_MALL_RAKUTEN_WIRE_H
#define JUCHU_MALL_RAKUTEN_WIRE_H

#include "base/json.h"
#include "mall/op.h"

#define RAKUTEN_READ_BATCH 100          // orders per getOrder and confirmOrder (§13)
#define RAKUTEN_PAGE 1000               // rows per search page
#define RAKUTEN_REACHABLE 15000         // rows that paging can reach
#define RAKUTEN_WINDOW_DAYS 63          // of one search
#define RAKUTEN_REACH_DAYS 730          // of search and read
#define RAKUTEN_ROWS_PER_BASKET 20      // shipping rows
#define RAKUTEN_TRACKING_CHARACTERS 120 // of one row

struct rakuten_op {
    struct mall_op base;
    // Decides the next step: rakuten_request(), rakuten_wait(), base.done = true, or
    // mall_op_fail().
    void (*build)(struct rakuten_op *op, time_ms now);
    // A JSON object that isn't refused as a whole. `root` lives until the next request.
    void (*answer)(struct rakuten_op *op, time_ms now, struct json root);
    // A refused or unreadable answer: true = dealt with, go on with build(). NULL = the op fails.
    bool (*refused)(struct rakuten_op *op, time_ms now, const struct error *error);
    struct str authorization;
    struct arena *request_arena; // of the request under way
    struct arena *answer_arena;  // of the answer last read
    struct mall_action action;
    bool asked;     // `action` waits for its answer
    int unreadable; // answers in a row that were no JSON
};

// A new operation of `size` bytes (first member struct rakuten_op). Fails with ERROR_BAD_INPUT when
// the keys are missing.
void *rakuten_op_new(size_t size, const struct mall_account *account, const struct mall_sink *sink,
                     struct error *error);

// The body of the request being built; the previous one is forgotten. Use with a json_writer and
// hand it to rakuten_request().
struct buf rakuten_body(void);
// POST /es/2.0/order/<operation>/ with the body, which is copied and freed.
void rakuten_request(struct rakuten_op *op, const char *operation, bool writes, struct buf *body);
// GET <path_and_query>, whose query holds a secret.
void rakuten_get(struct rakuten_op *op, const char *operation, struct str path_and_query);
void rakuten_wait(struct rakuten_op *op, time_ms until);
// Fails the operation for lack of memory.
void rakuten_no_memory(struct rakuten_op *op);
// Fails the operation with ERROR_MALFORMED ("rakuten.answer_unreadable"), or, when its last request
// wrote, with ERROR_AMBIGUOUS.
void rakuten_unreadable(struct rakuten_op *op, const char *what);

// Reads a response. True: *root is a JSON object which isn't a refusal of the whole call (its
// messages may still refuse single orders). False: *error is complete. `wrote`: the request was a
// write, so that no answer, a 5xx or an unreadable success becomes ERROR_AMBIGUOUS.
bool rakuten_judge(struct arena *arena, const struct http_response *response, bool wrote,
                   time_ms now, struct json *root, struct error *error);

// One entry of a MessageModelList.
struct rakuten_message {
    struct str type, code, text; // "ERROR", "ORDER_EXT_API_…", the mall's words
    struct str order_no;         // absent when the entry is about the whole call
    int64_t data_number;         // 0 = none
    int64_t shipping_detail_id;  // 0 = none
};
struct rakuten_message rakuten_message_read(struct json entry);
bool rakuten_message_is(const struct rakuten_message *m, const char *type);
// True when the code ends so, e.g. "GET_ORDER_INFO_102" (the prefix ORDER_EXT_API_ is left out).
bool rakuten_code_is(struct str code, const char *without_prefix);
// Fills *error with class, code, words and hint for a refusal by code (§12); unknown codes become
// ERROR_REJECTED with the mall's own words. Returns false.
bool rakuten_refusal(struct error *error, int http_status, struct str code, struct str text);
// The first ERROR entry that names no order, as a refusal; false when there is none.
bool rakuten_call_error(struct json root, struct error *error);

// Integers also when written as strings (§1.7). False for anything else.
bool rakuten_int(struct json v, int64_t *value);

// The warning goes to the sink, if it takes any.
void rakuten_warn(struct rakuten_op *op, struct str order_no, const struct error *warning);
// Seconds, rounded down, in the one form that RMS takes.
struct str rakuten_time(struct arena *arena, time_ms t);

// The operations (rakuten.c puts them into the table).
struct mall_op *rakuten_check(const struct mall_account *, const struct mall_sink *,
                              struct error *);
struct mall_op *rakuten_list(const struct mall_account *, const struct mall_list_request *,
                             const struct mall_sink *, struct error *);
struct mall_op *rakuten_read(const struct mall_account *, const struct mall_read_request *,
                             const struct mall_sink *, struct error *);
struct mall_op *rakuten_accept(const struct mall_account *, const struct mall_read_request *,
                               const struct mall_sink *, struct error *);
struct mall_op *rakuten_ship(const struct mall_account *, const struct mall_ship_request *,
                             const struct mall_sink *, struct error *);
struct mall_op *rakuten_cancel(const struct mall_account *, const struct mall_cancel_request *,
                               const struct mall_sink *, struct error *);
struct mall_op *rakuten_refresh(const struct mall_account *, const struct mall_sink *,
                                struct error *);

#endif
