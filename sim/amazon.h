// SPDX-License-Identifier: Apache-2.0
//
// The simulated Amazon.co.jp: what its files share. Facts are from amazon.md; what the public
// documents leave open is a switch (amazon.c). For the files sim/amazon*.c only.
#ifndef JUCHU_SIM_AMAZON_H
#define JUCHU_SIM_AMAZON_H

#include "sim/demo_keys.h"
#include "sim/face.h"

#define AMAZON_TOKENS_KEPT 16
#define AMAZON_LINES_MAX 16
#define AMAZON_PACKAGES_MAX 10
#define AMAZON_RATES_MAX 32
#define AMAZON_DOCUMENTS_MAX 4096
#define AMAZON_SANDBOX_CASES_MAX 2000
#define AMAZON_SECOND_MS 1000LL
#define AMAZON_MINUTE_MS (60 * AMAZON_SECOND_MS)
#define AMAZON_HOUR_MS (60 * AMAZON_MINUTE_MS)
#define AMAZON_DAY_MS (24 * AMAZON_HOUR_MS)

enum amazon_status {
    AMAZON_PENDING_AVAILABILITY,
    AMAZON_PENDING,
    AMAZON_UNSHIPPED,
    AMAZON_PARTIALLY_SHIPPED,
    AMAZON_SHIPPED,
    AMAZON_CANCELLED,
    AMAZON_UNFULFILLABLE,
    AMAZON_STATUS_COUNT
};
const char *amazon_status_name(enum amazon_status status);    // "PARTIALLY_SHIPPED"
const char *amazon_status_v0_name(enum amazon_status status); // "PartiallyShipped"

struct amazon_line {
    struct str item_id; // orderItemId
    const struct sim_line *line;
    int64_t quantity, shipped;
};

struct amazon_package {
    int64_t reference;
    struct str carrier, carrier_name, method, number;
    time_ms shipped_at, created_at;
    int updates;
    int64_t quantity[AMAZON_LINES_MAX];
};

// Amazon's own view of an order, in sim_order.face.
struct amazon_order {
    enum amazon_status status;
    bool fba, non_amazon, ship_plus;
    bool cancel_requested; // by the buyer
    bool delivered;
    bool vanished;      // a pending order that Amazon forgot
    time_ms updated_at; // lastUpdatedTime
    time_ms ready_at;   // left PENDING; TIME_NONE
    time_ms shipped_at;
    const char *cancelled_by; // "BUYER" …; NULL
    struct amazon_line lines[AMAZON_LINES_MAX];
    size_t line_count;
    struct amazon_package packages[AMAZON_PACKAGES_MAX];
    size_t package_count;
};

struct amazon_token {
    char text[64];
    char path[96]; // of a restricted data token, "" for an access token
    time_ms ends;
};

// A file in the storage in front of reports and feeds.
struct amazon_document {
    char id[48], signature[40];
    char content_type[96]; // of an upload
    time_ms url_ends;
    struct str bytes; // absent: not uploaded yet
    bool gzip, restricted;
};

enum amazon_processing {
    AMAZON_IN_QUEUE,
    AMAZON_IN_PROGRESS,
    AMAZON_PROCESSED,
    AMAZON_PROCESSING_CANCELLED,
    AMAZON_FATAL
};
const char *amazon_processing_name(enum amazon_processing p);

// A report or a feed.
struct amazon_task {
    bool is_feed;
    char id[24];
    char type[96];
    time_ms created, done_at, from, to; // from, to: of a report's data
    enum amazon_processing state;
    struct amazon_document *input, *result; // NULL none
};

struct amazon_rate {
    const char *operation; // NULL = free slot
    struct sim_pace pace;
};

// One case of a static sandbox (see amazon_sandbox.c).
struct amazon_case {
    enum http_method method;
    struct str path; // template
    struct json parameters;
    int status;
    struct str body; // JSON; "" none
};

struct amazon_state {
    struct arena *arena; // lives as long as the sim
    time_ms authorized_at;
    bool revoked;          // the seller removed the app
    bool token_foreign;    // the refresh token belongs to another app
    bool role_missing;     // Direct-to-Consumer Shipping
    bool orders_forbidden; // not even orders may be read
    bool secret_expired;
    char client_secret[64], refresh_token[64];
    struct amazon_token tokens[AMAZON_TOKENS_KEPT];
    size_t token_at;
    int64_t serial; // of tokens, documents, tasks
    struct amazon_rate rates[AMAZON_RATES_MAX];
    struct amazon_document *documents[AMAZON_DOCUMENTS_MAX];
    size_t document_count;
    struct amazon_task *tasks[AMAZON_DOCUMENTS_MAX];
    size_t task_count;
    struct amazon_case *cases;
    size_t case_count;
};

struct amazon_call {
    struct sim *sim;
    struct amazon_state *state;
    const struct sim_request *request;
    struct sim_response *response;
    struct arena *arena; // of the response
    const char *operation;
    struct json_writer w; // of the response's body
    struct json body;     // of the request, missing when there was none
};

// --- amazon.c ---
// lastUpdatedTime = now.
void amazon_touch(struct sim *sim, struct amazon_order *o);
// Adds up shipped units; sets PARTIALLY_SHIPPED or SHIPPED.
void amazon_settle(struct sim *sim, struct sim_order *order);
yen amazon_grand_total(const struct sim *sim, const struct sim_order *order);

// --- amazon_auth.c ---
void amazon_auth_init(struct sim *sim, struct amazon_state *state);
void amazon_handle_token(struct amazon_call *c);
void amazon_handle_restricted_token(struct amazon_call *c);
// Header rules, access token, permissions. False: refused, the answer is written. `restricted`: a
// restricted data token for just this path is wanted.
bool amazon_let_in(struct amazon_call *c, bool restricted);
// True when the request carries a restricted data token that is good for its path.
bool amazon_has_restricted(const struct amazon_call *c);
// Rate limit of the operation; False: refused with 429.
bool amazon_within_rate(struct amazon_call *c);

// --- amazon_wire.c ---
const char *amazon_operation(const struct sim_request *request);
void amazon_handle(struct sim *sim, const char *operation, const struct sim_request *request,
                   struct sim_response *response);
void amazon_refuse(struct sim *sim, const char *operation, enum sim_refusal refusal, int status,
                   struct sim_response *response);
// {"errors":[{code, message, details}]}.
bool amazon_error(struct amazon_call *c, int status, const char *code, const char *message,
                  const char *details);
// 400 InvalidInput with the usual words, or with these details. Returns false.
bool amazon_invalid(struct amazon_call *c, const char *details);
// Part number `index` of the path, "orders" being 0; "" if none.
struct str amazon_path_part(const struct amazon_call *c, size_t index);
struct str amazon_query(const struct amazon_call *c, const char *name); // absent if missing
bool amazon_in_list(struct str list, struct str value);                 // "A,B"
void amazon_put_time(struct amazon_call *c, const char *key, time_ms t);
// Time of a query parameter. False: refused (not a date-time).
bool amazon_query_time(struct amazon_call *c, const char *name, time_ms *t);

// --- the operations ---
void amazon_handle_search(struct amazon_call *c);         // amazon_orders.c
void amazon_handle_get_order(struct amazon_call *c);      // amazon_orders.c
void amazon_handle_participations(struct amazon_call *c); // amazon_orders.c
void amazon_handle_confirm(struct amazon_call *c);        // amazon_ship.c
void amazon_handle_report(struct amazon_call *c);         // amazon_reports.c
void amazon_handle_feed(struct amazon_call *c);           // amazon_feeds.c
void amazon_handle_storage(struct amazon_call *c);        // amazon_storage.c
void amazon_handle_sandbox(struct amazon_call *c);        // amazon_sandbox.c

// --- amazon_orders.c ---
// Orders of a time range by update (or by creation), in the order of that time.
struct amazon_found {
    struct sim_order *order;
    time_ms at;
};
struct amazon_found *amazon_find_orders(struct amazon_call *c, bool by_update, time_ms from,
                                        time_ms to, size_t *count);
// Name of the payment in both generations of the API.
const char *amazon_payment_name(const struct sim_order *order);
// Discount of the whole order (coupons).
yen amazon_discount(const struct sim_order *order);

// --- amazon_ship.c ---
struct amazon_shipping {
    int64_t reference; // 0 = the next free one
    struct str carrier, carrier_name, method, number;
    time_ms shipped_at;
    int64_t quantity[AMAZON_LINES_MAX];
    bool whole;       // all units that are left
    bool same_notice; // a further row about a parcel of the same file
};
// Why it can't be taken (error text, NULL = fine). With `apply` it is done.
const char *amazon_take_parcel(struct sim *sim, struct sim_order *order,
                               const struct amazon_shipping *shipping, bool apply);

// --- amazon_storage.c ---
struct amazon_document *amazon_document_new(struct sim *sim, struct amazon_state *state,
                                            const char *prefix);
struct amazon_document *amazon_document_find(const struct amazon_state *state, struct str id);
// A fresh address for it, five minutes from now.
struct str amazon_document_url(struct amazon_call *c, struct amazon_document *document);
// Stores text as a report or a result: encoded and packed as the switches say.
bool amazon_document_fill(struct sim *sim, struct amazon_state *state,
                          struct amazon_document *document, struct str utf8);
struct amazon_task *amazon_task_new(struct sim *sim, struct amazon_state *state, bool is_feed,
                                    struct str type);
struct amazon_task *amazon_task_find(const struct amazon_state *state, bool is_feed, struct str id);
// Where it stands now: done_at may have passed.
void amazon_task_look(struct sim *sim, struct amazon_state *state, struct amazon_task *task);
void amazon_report_make(struct sim *sim, struct amazon_state *state, struct amazon_task *task);
void amazon_feed_process(struct sim *sim, struct amazon_state *state, struct amazon_task *task);
// getReports and getFeeds.
void amazon_task_list(struct amazon_call *c, bool is_feed);
void amazon_task_view(struct amazon_call *c, const struct amazon_task *task);

#endif
