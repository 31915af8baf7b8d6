// SPDX-License-Identifier: Apache-2.0
//
// What the files of this connector share: one operation type that carries the token, the
// signature and the reading of answers, so that list, read, ship … only say what to ask and what
// an accepted answer means.
#ifndef JUCHU_MALL_YAHOO_INTERNAL_H
#define JUCHU_MALL_YAHOO_INTERNAL_H

#include "base/xml.h"
#include "mall/op.h"
#include "mall/yahoo/codes.h"
#include "mall/yahoo/yahoo.h"

#define YAHOO_REQUEST_BYTES_MAX ((size_t)256 * 1024)
#define YAHOO_SCRATCH_BYTES_MAX ((size_t)192 * 1024 * 1024)
#define YAHOO_LIST_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define YAHOO_INFO_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define YAHOO_TIMEOUT_MS 30000
#define YAHOO_TOKEN_EARLY_MS 60000 // an access token that ends within this is renewed first
#define YAHOO_CONSENT_DAYS 28
#define YAHOO_SECOND_MS 1000LL
#define YAHOO_DAY_MS (24 * 3600 * 1000LL)

// X-SWS-Authorize-Status; longest known: "invalid-authorize-value".
#define YAHOO_AUTHORIZE_STATUS_MAX 48

struct yahoo_op;

// One request to an order API.
struct yahoo_call {
    const char *operation; // "orderList": the path and the family of the rate limit
    bool writes;
    struct str order_no; // subject of errors, "" none
    struct str query;    // GET when set
    struct str body;     // else POST of this XML
    size_t response_bytes_max;
};

// An accepted answer, living until the next request.
struct yahoo_answer {
    const struct http_response *response;
    struct xml_node *root;   // <Result> or <ResultSet>
    struct xml_node *result; // the <Result> element
};

// What an operation adds to the common part. `plan` and `take` run on the operation's thread.
struct yahoo_steps {
    // Fills op->call in (texts in op->scratch), or sets op->base.done or op->wait_until. May be
    // called again without an answer in between. False: the operation failed.
    bool (*plan)(struct yahoo_op *op, time_ms now);
    // An answer that the mall gave with success. Moves the operation on.
    void (*take)(struct yahoo_op *op, time_ms now, const struct yahoo_answer *answer);
    // A refusal or an unreadable answer. True: dealt with, go on. NULL or false: the operation
    // fails with it.
    bool (*refused)(struct yahoo_op *op, time_ms now, const struct http_response *response,
                    const struct error *error);
};

struct yahoo_op {
    struct mall_op base; // first
    const struct yahoo_steps *steps;
    struct arena *scratch; // of the request and its answer; reset with every plan
    struct yahoo_call call;
    time_ms wait_until; // TIME_NONE: no wait

    // Token.
    struct str access_token, refresh_token; // in base.arena
    time_ms token_expires_at;               // TIME_NONE unknown
    bool token_wanted;                      // the mall said invalid_token
    bool token_renewed;                     // for the call at hand: once, never a loop
    bool token_asked;                       // the request under way is the token's
    bool token_forced;                      // refresh(): renew though it isn't due
    bool code_used;                         // authorization_code has been exchanged

    // What the mall thinks of our signature.
    char authorize_status[YAHOO_AUTHORIZE_STATUS_MAX]; // last one seen, "" none yet
    char status_learned[YAHOO_AUTHORIZE_STATUS_MAX];   // last one told as learned
    char signature_version[24];                        // instead of the setting, "" = setting
    bool key_trouble_told;
    bool unsigned_told;

    bool proven; // the mall has accepted a call of this operation: permissions are all right
    int throttled;
};

// --- call.c ---

// An operation of `size` bytes (struct yahoo_op first). NULL with error on lack of memory.
void *yahoo_op_new(size_t size, const struct yahoo_steps *steps, const struct mall_account *account,
                   const struct mall_sink *sink, struct error *error);
void yahoo_fail(struct yahoo_op *op, const struct error *error);
void yahoo_fail_no_memory(struct yahoo_op *op);
struct str yahoo_setting(const struct yahoo_op *op, const char *key);
// Hands something learned to the sink. False: the operation failed.
bool yahoo_learn(struct yahoo_op *op, const char *key, struct str value, const char *credential,
                 time_ms expires_at, const char *known_by);
void yahoo_warn(struct yahoo_op *op, struct str order_no, const struct error *warning);
// Stores a resumable state. False: the operation failed.
bool yahoo_progress(struct yahoo_op *op, struct str state);
// Ends "<Req>…" : copies the body into scratch as the call's. False on lack of memory (failed).
bool yahoo_set_body(struct yahoo_op *op, struct buf *body);
// The warnings of a write's Result, each as sink.warning (od91705, "already so", isn't one).
void yahoo_tell_warnings(struct yahoo_op *op, struct str order_no, const struct xml_node *result);

// --- signature.c ---

// Adds X-sws-signature and its version, or tells why there is none. False: the operation failed.
bool yahoo_sign(struct yahoo_op *op, time_ms now, struct http_request *request);
// Looks at X-SWS-Authorize-Status, keeps it, tells about anything but "authorized". False: failed.
bool yahoo_examine_status(struct yahoo_op *op, const struct http_response *response);
// What is wrong with the key and what to do about it. False (and *error untouched) for
// "authorized".
bool yahoo_authorize_error(struct str status, struct error *error);

// --- token.c ---

// True when a token has to be asked for before the call.
bool yahoo_token_due(const struct yahoo_op *op, time_ms now);
// Makes the request for one. False: failed (no consent yet).
bool yahoo_token_request(struct yahoo_op *op, struct http_request *request, struct error *error);
// Takes the answer: learns token, expiry, consent. False with error set.
bool yahoo_token_answer(struct yahoo_op *op, time_ms now, const struct http_response *response,
                        struct error *error);
// End of the consent as far as known; TIME_NONE unknown.
time_ms yahoo_consent_end(const struct mall_account *account);

// --- answer.c ---

enum yahoo_verdict {
    YAHOO_ACCEPTED,
    YAHOO_REFUSED,    // error: the mall's own words, or nothing usable
    YAHOO_TOKEN_ENDED // 401 invalid_token: renew and repeat once
};
// Reads an answer. Fails closed: only a well-formed answer with the right root and Status OK is
// accepted. After a write whatever isn't a clear refusal is ERROR_AMBIGUOUS.
enum yahoo_verdict yahoo_answer_read(struct arena *arena, const struct yahoo_call *call,
                                     bool proven, time_ms now, const struct http_response *response,
                                     struct yahoo_answer *answer, struct error *error);
// Code, words and hint for a warning of a write ("od91113" …).
void yahoo_warning_error(struct str code, struct str message, struct str detail,
                         struct error *error);

// --- order.c ---

// State codes from an OrderInfo of orderList (flat) or orderInfo (groups).
void yahoo_state_read(const struct xml_node *order_info, struct yahoo_state *s);
struct str yahoo_order_text(const struct xml_node *order_info, const char *group, const char *name);
// One order from an accepted orderInfo. Texts in `arena`. ERROR_MALFORMED names the field.
bool yahoo_order_read(struct arena *arena, const struct mall_account *account,
                      const struct xml_node *order_info, struct order *order, struct error *error);
// The order's part of the answer as it is kept: without card data, the body itself otherwise.
struct str yahoo_order_raw(struct arena *arena, struct str body, const struct xml_node *root);

// --- order_money.c, order_package.c ---

// Where order_read stands: the first field that can't be read ends it.
struct yahoo_reader {
    struct arena *arena;
    const struct mall_account *account;
    struct error *error;
    bool failed;
};
// Integer of an element; `otherwise` when absent or empty; marks the reader failed on anything
// else.
int64_t yahoo_integer(struct yahoo_reader *r, const struct xml_node *parent, const char *name,
                      int64_t otherwise);
bool yahoo_true(const struct xml_node *parent, const char *name);
struct str yahoo_text(struct yahoo_reader *r, const struct xml_node *parent, const char *name);
time_ms yahoo_time(const struct xml_node *parent, const char *name);
day yahoo_day(const struct xml_node *parent, const char *name);
bool yahoo_extra_add(struct yahoo_reader *r, struct order *order, const char *key,
                     const char *label, struct str value);
void yahoo_money_read(struct yahoo_reader *r, const struct xml_node *order_info,
                      const struct yahoo_state *state, struct order *order);
void yahoo_payment_read(struct yahoo_reader *r, const struct xml_node *order_info,
                        const struct yahoo_state *state, struct order *order);
void yahoo_package_read(struct yahoo_reader *r, const struct xml_node *order_info,
                        const struct yahoo_state *state, struct order *order);
void yahoo_lines_read(struct yahoo_reader *r, const struct xml_node *order_info,
                      struct order_package *package);

// --- ship_rules.c ---

// The desired shipment as Yahoo takes it: one carrier, two numbers, one date, one target.
struct yahoo_shipment {
    struct str company_code; // ShipCompanyCode
    struct str carrier;      // ours
    struct str numbers[2];   // as sent; "" none
    struct str empty_reason; // when there is no number
    day ship_date;
    int ship_status; // 2 or 3
    bool close;      // then OrderStatus 5
    size_t numbers_wanted;
};
// What the request asks for. False with a named reason when it can't be sent.
bool yahoo_shipment_make(struct arena *arena, const struct mall_account *account,
                         const struct mall_ship_request *request, day today,
                         struct yahoo_shipment *shipment, struct error *error);
bool yahoo_same_number(struct str a, struct str b);
// Mall's side against the wish. On MALL_DIFFERENT the error says in what.
enum mall_comparison yahoo_compare(const struct mall_account *account,
                                   const struct yahoo_state *state, struct str company_code,
                                   const struct str numbers[2], struct str empty_reason,
                                   day ship_date, const struct yahoo_shipment *wanted,
                                   struct error *error);

// --- constructors of the operations ---

struct mall_op *yahoo_check(const struct mall_account *, const struct mall_sink *, struct error *);
struct mall_op *yahoo_list(const struct mall_account *, const struct mall_list_request *,
                           const struct mall_sink *, struct error *);
struct mall_op *yahoo_read(const struct mall_account *, const struct mall_read_request *,
                           const struct mall_sink *, struct error *);
struct mall_op *yahoo_accept(const struct mall_account *, const struct mall_read_request *,
                             const struct mall_sink *, struct error *);
struct mall_op *yahoo_ship(const struct mall_account *, const struct mall_ship_request *,
                           const struct mall_sink *, struct error *);
struct mall_op *yahoo_cancel(const struct mall_account *, const struct mall_cancel_request *,
                             const struct mall_sink *, struct error *);
struct mall_op *yahoo_refresh(const struct mall_account *, const struct mall_sink *,
                              struct error *);
bool yahoo_ship_preflight(const struct mall_account *, const struct mall_ship_request *, day today,
                          struct error *);
enum mall_comparison yahoo_ship_compare(const struct mall_account *, const struct order *at_mall,
                                        const struct mall_ship_request *, struct error *);
bool yahoo_is_accepted(const struct order *order);
bool yahoo_is_cancelled(const struct order *order);
struct str yahoo_order_choice(const struct order *order);
bool yahoo_consent_url(const struct mall_account *account, struct str state, struct arena *arena,
                       struct str *url, struct error *error);
bool yahoo_validate(const struct mall_account *account, struct error *error);

#endif
