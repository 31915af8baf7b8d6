// SPDX-License-Identifier: Apache-2.0
//
// What a mall's face (rakuten.c, yahoo.c …) is, and what the core offers to it. A face keeps the
// mall's own state of each order in sim_order.face and its own state (keys, tokens, counters) in
// what create() returned. It reads no clock and draws no randomness but through this header.
// Everything here is called and to be called with the sim's mutex held.
//
// A new face: write sim/<mall>.c with `const struct sim_face sim_face_<mall>`, add it to faces.c
// and to sim/meson.build.
#ifndef JUCHU_SIM_FACE_H
#define JUCHU_SIM_FACE_H

#include "base/json.h"
#include "sim/sim.h"

// What public facts leave open, or what a test wants to vary. Settable by --switch and PUT
// /switches as "<face id>.<name>".
struct sim_switch {
    const char *name;
    const char *values; // "A|B|C"; or "min..max" for an integer; NULL = any text up to 63 bytes
    const char *preset;
    const char *help; // one sentence, with the source or "open" where facts are missing
};

// Something that happens in the mall's own life without the shop's tool doing it.
struct sim_action {
    const char *name;                             // "pay", "buyer-cancel", "expire"
    enum { SIM_ACTION_ORDER, SIM_ACTION_KEY } on; // POST /orders/…/actions/… or POST /keys/…/…
    const char *help;                             // with its JSON parameters
};

// How a face is asked to refuse, in its mall's own envelope.
enum sim_refusal {
    SIM_REFUSE_STATUS, // any other HTTP status
    SIM_REFUSE_RATE,   // 429 or what the mall sends for "too many requests"
    SIM_REFUSE_UNAUTHORIZED,
    SIM_REFUSE_FORBIDDEN,
    SIM_REFUSE_SERVER_ERROR,
    SIM_REFUSE_UNAVAILABLE,
    SIM_REFUSE_MAINTENANCE,
};

struct sim_face {
    enum sim_mall mall;
    const char *name;            // "楽天市場"
    uint16_t port_offset;        // default port = 9100 + this
    int64_t features;            // enum sim_feature bits that the mall has
    uint32_t payments;           // bits 1 << enum sim_payment
    uint32_t stages;             // bits 1 << enum sim_stage that history may hold
    const char *const *statuses; // all compact statuses that status() can write, ending in NULL
    const struct sim_switch *switches;
    size_t switch_count;
    const struct sim_action *actions;
    size_t action_count;

    // The face's own state, in `arena` (lives as long as the sim). NULL with error on failure.
    void *(*create)(struct sim *sim, struct arena *arena, struct error *error);
    void (*destroy)(void *state); // may be NULL
    // Takes a new order in: sets order_no, makes order->face for order->stage, schedules what
    // comes next by itself. sim_now() may be much later than ordered_at. False on lack of memory.
    bool (*place)(struct sim *sim, struct sim_order *order);
    // A scheduled event (sim_schedule) has come; sim_now() is its time. `order` NULL = the mall's.
    void (*event)(struct sim *sim, struct sim_order *order, int code);
    // Name of the operation that the request asks for ("getOrder", "token"), from method, path
    // and headers alone; "unknown" when there is none. A literal.
    const char *(*operation)(const struct sim_request *request);
    // Answers. The core has already dealt with faults that come before.
    void (*handle)(struct sim *sim, const char *operation, const struct sim_request *request,
                   struct sim_response *response);
    // Fills the response with the mall's way of refusing; `status` is the HTTP status wished for
    // (0: the mall's usual one for this refusal). The core adds Retry-After if a fault has one.
    void (*refuse)(struct sim *sim, const char *operation, enum sim_refusal refusal, int status,
                   struct sim_response *response);
    // The compact status as Juchu's connector writes it: "300"; "2/1/1".
    void (*status)(const struct sim_order *order, struct buf *out);
    // Does actions[…]. `order` is NULL for SIM_ACTION_KEY. `parameters` may be missing.
    // ERROR_REJECTED when the order's state forbids it, ERROR_BAD_INPUT for parameters.
    bool (*act)(struct sim *sim, const struct sim_action *action, struct sim_order *order,
                struct json parameters, struct error *error);
    // Members of an open JSON object: the mall's own view of an order, for GET /orders.
    void (*describe)(struct sim *sim, const struct sim_order *order,
                     struct json_writer *w); // or NULL
    // Members of an open JSON object: what a shop types into its settings to be let in. Invented.
    void (*demo_keys)(struct sim *sim, struct json_writer *w);
};

// --- what the core offers ---

time_ms sim_now(const struct sim *sim);
void *sim_face_state(const struct sim *sim, enum sim_mall mall);
// Deterministic generator of the sim (tokens, keys): uniform in [0, bound). Prefer sim_dice() for
// everything that belongs to an order.
uint64_t sim_random(struct sim *sim, uint64_t bound);
uint64_t sim_seed(const struct sim *sim);

// All orders of a mall, by ordered_at, oldest first; valid until the next placing.
struct sim_order *const *sim_orders(const struct sim *sim, enum sim_mall mall, size_t *count);
// Index in sim_orders() of the first order with ordered_at ≥ t (count if none).
size_t sim_orders_from(const struct sim *sim, enum sim_mall mall, time_ms t);
struct sim_order *sim_order_find(const struct sim *sim, enum sim_mall mall, struct str order_no);
// False while a listing lag hides the order from lists (reading it by number works).
bool sim_order_listed(const struct sim *sim, const struct sim_order *order);

// Calls event(order, code) at `at`; if that is past, with the next advance (during history: before
// sim_new() ends). Repeating jobs schedule themselves anew. False on lack of memory.
bool sim_schedule(struct sim *sim, enum sim_mall mall, struct sim_order *order, time_ms at,
                  int code);
// Next instant after `t` at which it is hh:mm in Japan.
time_ms sim_next_jst(time_ms t, int hour, int minute);

// Writes into the ledger. `payload` is hashed, not kept. False on lack of memory.
bool sim_effect_add(struct sim *sim, const struct sim_order *order, const char *kind,
                    struct str payload);

// Value of a switch of this face; never NULL for a declared switch.
const char *sim_switch_value(const struct sim *sim, enum sim_mall mall, const char *name);
bool sim_switch_is(const struct sim *sim, enum sim_mall mall, const char *name, const char *value);
int64_t sim_switch_number(const struct sim *sim, enum sim_mall mall, const char *name);

// False when PUT /ips/{mall} named addresses and this one isn't among them.
bool sim_ip_allowed(const struct sim *sim, enum sim_mall mall, struct str peer);

// Token bucket for rate limits: `per_second` requests on average, `burst` at once. Zero it to
// start. True = let it through; always true under --no-rate-limit.
struct sim_pace {
    double tokens;
    time_ms at; // 0 = fresh
};
bool sim_pace_take(struct sim *sim, struct sim_pace *pace, double per_second, double burst);
bool sim_rate_limits(const struct sim *sim); // false under --no-rate-limit
// Counts a refusal for too many requests; shown by GET /state (invariant: never happens).
void sim_count_rate_refusal(struct sim *sim, enum sim_mall mall);

// Header of a request, STR_ABSENT if none.
struct str sim_request_header(const struct sim_request *request, const char *name);

// For orders that a mall makes out of others (a split): a copy of the neutral part with a serial of
// its own, without number and face; the face completes it and puts it on the shelf. NULL / false on
// lack of memory or a number given twice.
struct sim_order *sim_order_derive(struct sim *sim, const struct sim_order *source);
bool sim_order_shelve(struct sim *sim, struct sim_order *order);

extern const struct sim_face sim_face_amazon;
extern const struct sim_face sim_face_qoo10;
extern const struct sim_face sim_face_makeshop;
extern const struct sim_face sim_face_rakuten;
extern const struct sim_face sim_face_yahoo;
extern const struct sim_face sim_face_aupay;

#endif
