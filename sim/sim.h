// SPDX-License-Identifier: Apache-2.0
//
// mallsim as a library: one world of buyers and orders, seen through the faces of several malls.
// Time and randomness are injected and there is no I/O, so that a year can be simulated inside a
// test; sim/main.c puts sockets around it. The same seed and the same calls give the same bytes.
//
// Threads: one mutex inside; every function of this header may be called from any thread. Faces
// (face.h) are called with the mutex held.
#ifndef JUCHU_SIM_SIM_H
#define JUCHU_SIM_SIM_H

#include "net/http.h"
#include "sim/order.h"

struct sim;
struct sim_face;

struct sim_options {
    uint64_t seed;
    int64_t orders;     // of history, split among the faces
    time_ms now;        // the sim's clock at start
    time_ms start;      // earliest order of the history; TIME_NONE = now − 60 days
    double rate;        // new orders per minute from then on; 0 = none
    bool no_rate_limit; // faces never answer "too many requests"
    // The faces that take part, ending in NULL; NULL = sim_faces_all().
    const struct sim_face *const *faces;
};

// A world with its history. ERROR_BAD_INPUT (start after now, negative numbers), ERROR_NO_MEMORY.
struct sim *sim_new(const struct sim_options *options, struct error *error);
struct sim *sim_free(struct sim *sim);

// Faces that this build knows, ending in NULL (faces.c).
const struct sim_face *const *sim_faces_all(void);

// One HTTP request as the mall's server sees it; everything is borrowed for the call.
struct sim_request {
    enum http_method method;
    struct str path;  // decoded, without query
    struct str query; // raw, without '?'
    const struct http_header *headers;
    size_t header_count;
    struct str body;
    struct str peer; // numeric address of the client
};

struct sim_response {
    struct arena *arena; // for header values and scratch; the caller's
    int status;          // preset to 200
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct buf body;
    // What the network does to it (faults).
    bool drop;          // the client gets no answer at all
    size_t truncate_to; // the connection breaks after so many bytes of the body; 0 = whole
    int64_t delay_ms;   // before the answer goes out
};

#define SIM_RESPONSE_BYTES_MAX (64u << 20)
// An empty 200; `arena` outlives the response.
void sim_response_init(struct sim_response *response, struct arena *arena);
void sim_response_free(struct sim_response *response);
// Adds a header; texts are borrowed (literals or response->arena).
void sim_response_header(struct sim_response *response, const char *name, struct str value);

// Moves the world to `now` (plus the offset set through POST /clock): new orders, steps of life
// cycles, nightly jobs, in order of time. A clock that goes back is ignored.
void sim_advance(struct sim *sim, time_ms now);
// Answers a request to one mall: sim_advance(now), faults, the face, log. Never fails: trouble
// inside becomes a 500 with an explaining body. The response must have been initialised.
void sim_handle(struct sim *sim, enum sim_mall mall, time_ms now, const struct sim_request *request,
                struct sim_response *response);
// The control API (JSON; see sim_control_help) as a function of its request.
void sim_control(struct sim *sim, time_ms now, const struct sim_request *request,
                 struct sim_response *response);

// Every notice that took effect in a mall: what "at most once" is measured by.
struct sim_effect {
    enum sim_mall mall;
    struct str order_no;
    struct str kind; // "ship", "capture", "mail", "cancel", "accept", "pay", "status" …
    uint64_t payload_hash;
    time_ms at;
};
// Copies the ledger into the arena. False on lack of memory.
bool sim_effects(struct sim *sim, struct arena *arena, struct sim_effect **effects, size_t *count);
// How often `kind` took effect for the order (all kinds when NULL).
size_t sim_effect_count(struct sim *sim, enum sim_mall mall, struct str order_no, const char *kind);

enum sim_fault_kind {
    SIM_FAULT_DELAY,         // answers after delay_ms
    SIM_FAULT_DROP_BEFORE,   // no answer; nothing took effect
    SIM_FAULT_DROP_AFTER,    // no answer; it took effect
    SIM_FAULT_STATUS,        // HTTP `status` in the mall's own words; nothing took effect
    SIM_FAULT_STATUS_AFTER,  // the same, but it took effect
    SIM_FAULT_TRUNCATE,      // the connection breaks after at_bytes of the body
    SIM_FAULT_MALFORMED,     // the body is no longer JSON or XML
    SIM_FAULT_HTML,          // 200 with an HTML page in place of the body; it took effect
    SIM_FAULT_DOUBLE,        // the body is sent twice, one behind the other
    SIM_FAULT_CUT_CHARACTER, // texts lose the last byte of their last character
    SIM_FAULT_MAINTENANCE,   // the mall's maintenance answer between from and until
    SIM_FAULT_LISTING_LAG,   // new orders enter lists lag_ms after they were placed
    SIM_FAULT_KIND_COUNT
};
const char *sim_fault_kind_name(enum sim_fault_kind kind); // "drop_after" …
int sim_fault_kind_from_name(struct str name);             // -1 unknown

struct sim_fault {
    enum sim_fault_kind kind;
    int mall;                    // enum sim_mall, -1 = all
    char operation[48];          // the face's operation name; "" = all
    char order_no[64];           // only requests that mention this order; "" = all
    double probability;          // 0 … 1; 0 counts as 1
    int64_t skip;                // lets so many matching requests through first
    int64_t count;               // works so many times, then never again; 0 = for ever
    int64_t delay_ms;            // delay
    int status;                  // status, status_after; 0 = 500
    int64_t retry_after_seconds; // status: Retry-After header; -1 or 0 = none
    size_t at_bytes;             // truncate; 0 = the middle
    time_ms from, until;         // works only in this time; TIME_NONE or 0 = open
    int64_t lag_ms;              // listing_lag
};
// Returns the fault's number (1 …), 0 on lack of memory. Several faults may hit one request; those
// that keep it from taking effect win.
int64_t sim_fault_add(struct sim *sim, const struct sim_fault *fault);
// Removes one fault, or all (0).
void sim_fault_remove(struct sim *sim, int64_t number);

// What an order that is placed by hand shall be like; whatever is left out is drawn from the seed.
struct sim_wish {
    enum sim_mall mall;
    int stage;                      // enum sim_stage, -1 = NEW
    int payment;                    // enum sim_payment, -1 = any
    int64_t features;               // these at least (as far as the mall has them)
    bool only_features;             // and no others
    time_ms ordered_at;             // TIME_NONE = now
    struct str family, given, note; // absent = any
    int64_t quantity;               // of the first line, 0 = any
    struct str item;                // manage number of the first line, absent = any
};
void sim_wish_init(struct sim_wish *wish, enum sim_mall mall);
// Places an order; its number (of the first one, if the purchase became several) goes to
// `order_no` (arena). ERROR_BAD_INPUT, ERROR_NO_MEMORY.
bool sim_place(struct sim *sim, time_ms now, const struct sim_wish *wish, struct arena *arena,
               struct str *order_no, struct error *error);
// An action of the mall's own life ("pay", "clear", "buyer-cancel" …) on one order, or, with an
// empty order number, on the mall itself (keys). `parameters` is JSON text or "".
// ERROR_NOT_FOUND, ERROR_BAD_INPUT, ERROR_REJECTED.
bool sim_act(struct sim *sim, enum sim_mall mall, time_ms now, struct str order_no,
             const char *action, struct str parameters, struct error *error);
// ERROR_NOT_FOUND for an unknown switch ("rakuten.gateway_envelope"), ERROR_BAD_INPUT for a value.
bool sim_switch_set(struct sim *sim, struct str name, struct str value, struct error *error);
void sim_rate_set(struct sim *sim, double orders_per_minute);
// Cases of Amazon's static sandbox (amazon_sandbox.c): from then on Amazon answers from them alone.
// ERROR_MALFORMED, ERROR_BAD_INPUT.
bool sim_amazon_sandbox_add(struct sim *sim, struct str json, struct error *error);

// One line of what a mall holds, for comparing with what was fetched.
struct sim_summary {
    enum sim_mall mall;
    struct str order_no, status; // the mall's compact status
    time_ms ordered_at;
    yen billed;
};
// All orders of a mall (-1 = all malls), oldest first, in the arena. False on lack of memory.
bool sim_summaries(struct sim *sim, int mall, struct arena *arena, struct sim_summary **list,
                   size_t *count);

// Help texts for --help and docs: switches and actions of every face; the control API.
void sim_faces_help(const struct sim_face *const *faces, struct buf *out);
void sim_control_help(struct buf *out);

#endif
