// SPDX-License-Identifier: Apache-2.0
//
// What the files of this connector share: one operation type that carries the token, the reading of
// answers and the detour over storage addresses, so that list, read, ship … only say what to ask
// and what an accepted answer means.
#ifndef JUCHU_MALL_AMAZON_INTERNAL_H
#define JUCHU_MALL_AMAZON_INTERNAL_H

#include "base/json.h"
#include "mall/amazon/amazon.h"
#include "mall/op.h"

#define AMAZON_REQUEST_BYTES_MAX ((size_t)256 * 1024)
#define AMAZON_SCRATCH_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define AMAZON_ANSWER_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define AMAZON_DOCUMENT_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define AMAZON_TIMEOUT_MS 60000
#define AMAZON_SECOND_MS 1000LL
#define AMAZON_MINUTE_MS (60 * AMAZON_SECOND_MS)
#define AMAZON_DAY_MS (24 * 60 * AMAZON_MINUTE_MS)
#define AMAZON_FBA "FBA" // the status choice of orders that Amazon ships

struct amazon_op;

// One request.
struct amazon_call {
    const char *operation, *family;
    enum http_method method;
    struct str path; // with query; API
    struct str url;  // set: a storage address instead of the API
    struct str body;
    const char *content_type; // of the body
    bool writes;
    struct str order_no; // subject of errors, "" none
    size_t response_bytes_max;
};

struct amazon_steps {
    // Fills op->call in (texts in op->scratch), or sets op->base.done, op->base.accepted or
    // op->wait_until. May be called again without an answer in between. False: the operation
    // failed.
    bool (*plan)(struct amazon_op *op, time_ms now);
    // An answer given with success. `body` is missing for storage and empty answers.
    void (*take)(struct amazon_op *op, time_ms now, const struct http_response *response,
                 struct json body);
    // A refusal. True: dealt with, go on. NULL or false: the operation fails with it. `response`
    // is NULL when no token could be had.
    bool (*refused)(struct amazon_op *op, time_ms now, const struct http_response *response,
                    const struct error *error);
};

struct amazon_op {
    struct mall_op base; // first
    const struct amazon_steps *steps;
    struct arena *scratch; // of the request and its answer; reset with every plan
    struct amazon_call call;
    time_ms wait_until;      // TIME_NONE: no wait
    struct str access_token; // in base.arena
    time_ms token_ends;      // TIME_NONE unknown
    bool token_wanted;       // the mall said that it has expired
    bool token_renewed;      // for the call at hand: once, never a loop
    bool token_asked;        // the request under way is the token's
    bool without_people;     // the role is missing: BUYER and RECIPIENT aren't asked for
    int throttled;
};

// --- call.c ---
void *amazon_op_new(size_t size, const struct amazon_steps *steps,
                    const struct mall_account *account, const struct mall_sink *sink,
                    struct error *error);
void amazon_fail(struct amazon_op *op, const struct error *error);
void amazon_fail_no_memory(struct amazon_op *op);
struct str amazon_setting(const struct amazon_op *op, const char *key);
bool amazon_learn(struct amazon_op *op, const char *key, struct str value, const char *credential,
                  time_ms expires_at, const char *known_by);
void amazon_warn(struct amazon_op *op, struct str order_no, const struct error *warning);
bool amazon_progress(struct amazon_op *op, struct str state);
// Copies the body into scratch as the call's JSON. False on lack of memory (failed).
bool amazon_set_body(struct amazon_op *op, struct buf *body);
// ",BUYER,RECIPIENT" and the rest of includedData, encoded, as a query parameter.
const char *amazon_included(const struct amazon_op *op);
// Takes a role's refusal once: people are left out from then on, with a warning. False: it isn't
// that, or they are left out already.
bool amazon_leave_people_out(struct amazon_op *op, const struct error *error);
// True when the address may be asked: https, or the API's own host.
bool amazon_storage_address(const struct amazon_op *op, struct str url, struct error *error);

// --- token.c ---
bool amazon_token_due(const struct amazon_op *op, time_ms now);
bool amazon_token_request(struct amazon_op *op, struct http_request *request, struct error *error);
bool amazon_token_answer(struct amazon_op *op, time_ms now, const struct http_response *response,
                         struct error *error);
// Ends of authorisation and client secret by what was typed; TIME_NONE unknown.
time_ms amazon_authorization_end(const struct mall_account *account);
time_ms amazon_secret_end(const struct mall_account *account);

// --- answer.c ---
enum amazon_verdict { AMAZON_ACCEPTED, AMAZON_REFUSED, AMAZON_TOKEN_ENDED };
// Reads an answer; after a write whatever isn't a clear refusal is ERROR_AMBIGUOUS.
enum amazon_verdict amazon_answer_read(struct arena *arena, const struct amazon_call *call,
                                       time_ms now, const struct http_response *response,
                                       struct json *body, struct error *error);
// An error row of a feed's result.
void amazon_feed_error(struct str code, struct str type, struct str message, struct error *error);

// --- codes.c ---
#define AMAZON_STATUS_COUNT 8
extern const struct mall_status_choice amazon_statuses[AMAZON_STATUS_COUNT];
#define AMAZON_MAPPING_COUNT 30
extern const struct mall_mapping amazon_mappings[AMAZON_MAPPING_COUNT];
// 未出荷 …; the value itself when unknown.
struct str amazon_status_label(struct str status);
// Status choice of an order: FBA, or the status; "" for a status that isn't known.
struct str amazon_status_choice(struct str status, bool by_amazon);
// "UNSHIPPED" for what reports and v0 call it ("Unshipped", "Shipping", "Canceled" …).
struct str amazon_status_from_v0(struct str status);
struct str amazon_update_mark(struct arena *arena, time_ms updated, struct str status);
bool amazon_is_order_number(struct str text); // 3-7-7 digits

// --- order.c ---
bool amazon_order_read(struct arena *arena, const struct mall_account *account, struct json from,
                       struct order *order, struct error *error);
// Sets everything that follows from status and who ships.
void amazon_apply_status(struct order *order, struct str status, bool by_amazon);
void amazon_add_extra(struct arena *arena, struct order *order, const char *key, const char *label,
                      struct str value);
// The order's text as it came; `bytes` is the answer that holds it.
struct str amazon_order_raw(struct arena *arena, struct json order);

// --- ship_rules.c ---
#define AMAZON_PARCELS_MAX 20
#define AMAZON_ITEMS_MAX 200
struct amazon_parcel {
    struct str carrier_code, carrier_name; // as sent
    struct str carrier;                    // ours
    struct str method, number;
    day ship_date;
    struct str mall_ref; // packageReferenceId, "" not told yet
};
struct amazon_wish {
    struct amazon_parcel parcels[AMAZON_PARCELS_MAX];
    size_t count;
    bool by_feed; // a parcel has no number, or the shop wants feeds
};
bool amazon_wish_make(struct arena *arena, const struct mall_account *account,
                      const struct mall_ship_request *request, day today, struct amazon_wish *wish,
                      struct error *error);
// What the wish looks like against an order as the mall shows it.
enum mall_comparison amazon_compare(const struct mall_account *account, const struct order *at_mall,
                                    const struct amazon_wish *wish, struct error *difference);
bool amazon_same_number(struct str a, struct str b);
// The instant that is sent for a ship date: never in the future, never before the order.
time_ms amazon_ship_instant(day ship_date, time_ms ordered_at, time_ms now);

// --- constructors ---
struct mall_op *amazon_check(const struct mall_account *, const struct mall_sink *, struct error *);
struct mall_op *amazon_list(const struct mall_account *, const struct mall_list_request *,
                            const struct mall_sink *, struct error *);
struct mall_op *amazon_read(const struct mall_account *, const struct mall_read_request *,
                            const struct mall_sink *, struct error *);
struct mall_op *amazon_ship(const struct mall_account *, const struct mall_ship_request *,
                            const struct mall_sink *, struct error *);
struct mall_op *amazon_refresh(const struct mall_account *, const struct mall_sink *,
                               struct error *);
bool amazon_ship_preflight(const struct mall_account *, const struct mall_ship_request *, day today,
                           struct error *);
enum mall_comparison amazon_ship_compare(const struct mall_account *, const struct order *at_mall,
                                         const struct mall_ship_request *, struct error *);

#endif
