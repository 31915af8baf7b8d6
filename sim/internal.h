// SPDX-License-Identifier: Apache-2.0
//
// What the core's own files share. Faces and users of the library don't include this.
#ifndef JUCHU_SIM_INTERNAL_H
#define JUCHU_SIM_INTERNAL_H

#include "base/rng.h"
#include "sim/face.h"

#include <pthread.h>

#define SIM_SWITCH_VALUE_MAX 64
#define SIM_SWITCHES_MAX 32
#define SIM_IPS_MAX 16
#define SIM_LOG_ENTRIES 500
#define SIM_REQUEST_TEXT_MAX 256

// --- order_build.c, people.c: neutral orders ---

// What is already decided about an order before the rest is drawn.
struct sim_plan {
    enum sim_mall mall;
    enum sim_stage stage;
    int payment;        // enum sim_payment, -1 = draw
    int64_t features;   // these at least
    bool only_features; // and no others
    time_ms ordered_at;
    struct str family, given, note, item; // absent = draw
    int64_t quantity;                     // 0 = draw
};

#define SIM_DESTINATIONS_MAX 3

// One purchase: draws everything that the plan leaves open from `seed`. Gives one order, or several
// when the face can't have several destinations in one. order_no and face stay empty. False on
// lack of memory (arena failed).
bool sim_order_build(struct arena *arena, const struct sim_face *face, const struct sim_plan *plan,
                     uint64_t seed, time_ms now, struct sim_order *orders[SIM_DESTINATIONS_MAX],
                     size_t *count);
// Sums of lines, fees, deductions and taxes (money.c).
void sim_order_add_up(struct sim_order *order, const struct rng *rng);
struct sim_person sim_person_draw(struct arena *arena, const struct rng *rng, bool island,
                                  bool rare_kanji);
struct str sim_note_draw(const struct rng *rng, bool gift);
// Nearest stage that the face has.
enum sim_stage sim_stage_nearest(const struct sim_face *face, enum sim_stage stage);

// Stateless mixing of numbers into a seed (splitmix64).
uint64_t sim_mix(uint64_t a, uint64_t b);

// --- the world ---

struct sim_event {
    time_ms at;
    int64_t sequence; // ties: first scheduled, first run
    enum sim_mall mall;
    struct sim_order *order;
    int code;
};

struct sim_schedule {
    struct sim_event *heap;
    size_t count, capacity;
    int64_t sequence;
};

bool sim_schedule_push(struct sim_schedule *s, struct sim_event event);
// The earliest event, or NULL.
const struct sim_event *sim_schedule_first(const struct sim_schedule *s);
void sim_schedule_pop(struct sim_schedule *s);

struct sim_counts {
    int64_t requests, rate_refusals, faults, effects;
};

// What one mall holds.
struct sim_shelf {
    const struct sim_face *face; // NULL: this mall doesn't take part
    void *state;
    struct sim_order **orders; // by ordered_at
    size_t count, capacity;
    struct sim_order **index; // open hash of order numbers; capacity is a power of two
    size_t index_capacity;
    int64_t serial;
    struct sim_counts counts;
    char switches[SIM_SWITCHES_MAX][SIM_SWITCH_VALUE_MAX];
    struct str ips[SIM_IPS_MAX];
    size_t ip_count;
};

struct sim_armed_fault {
    struct sim_fault fault;
    int64_t number, hits;
    bool spent;
};

struct sim_log_entry {
    time_ms at;
    enum sim_mall mall;
    enum http_method method;
    char path[SIM_REQUEST_TEXT_MAX], query[SIM_REQUEST_TEXT_MAX];
    const char *operation;
    int status;
    size_t request_bytes, response_bytes;
    char fault[32];
    bool dropped;
};

struct sim {
    pthread_mutex_t lock;
    struct arena *arena; // the world's texts; freed with the sim
    uint64_t seed;
    struct rng_seeded random, world, dice; // tokens; choices of the world; faults
    time_ms now;
    int64_t offset_ms;
    bool in_history; // sim_new(): events may run in the past
    double rate;
    time_ms next_order_at; // TIME_NONE = no rate
    bool no_rate_limit;
    struct sim_shelf shelves[SIM_MALL_COUNT];
    struct sim_schedule schedule;
    struct sim_effect *effects;
    size_t effect_count, effect_capacity;
    struct sim_armed_fault *faults;
    size_t fault_count, fault_capacity;
    int64_t fault_number;
    struct sim_log_entry *log; // ring of SIM_LOG_ENTRIES
    size_t log_count;          // ever written
};

static inline struct sim_shelf *sim_shelf(struct sim *sim, enum sim_mall mall)
{
    return &sim->shelves[mall];
}

// The functions below are called with the mutex held.

// Moves to the caller's time `now` plus offset.
void sim_advance_locked(struct sim *sim, time_ms now);
// Builds and places a purchase; *first is its first order.
bool sim_place_locked(struct sim *sim, const struct sim_plan *plan, struct sim_order **first);
bool sim_history(struct sim *sim, int64_t orders, time_ms start);
// Time until the next order at the current rate.
int64_t sim_next_gap(struct sim *sim);
bool sim_act_locked(struct sim *sim, enum sim_mall mall, struct str order_no, const char *action,
                    struct str parameters, struct error *error);
bool sim_wish_to_plan(struct sim *sim, const struct sim_wish *wish, struct sim_plan *plan,
                      struct error *error);
void sim_rate_set_locked(struct sim *sim, double orders_per_minute);

// shelf.c
bool sim_shelf_add(struct sim_shelf *shelf, struct sim_order *order);
struct sim_order *sim_shelf_find(const struct sim_shelf *shelf, struct str order_no);
void sim_shelf_free(struct sim_shelf *shelf);

// switches.c
void sim_switches_reset(struct sim_shelf *shelf);
bool sim_switch_set_locked(struct sim *sim, struct str name, struct str value, struct error *error);

// faults.c: what the faults do to one request.
struct sim_verdict {
    int64_t delay_ms;
    bool before; // something keeps the request from taking effect
    const struct sim_fault *drop_before, *drop_after, *status, *status_after, *maintenance, *body;
    const char *name; // of the fault that shows most, NULL if none
};
struct sim_verdict sim_faults_judge(struct sim *sim, enum sim_mall mall, const char *operation,
                                    const struct sim_request *request);
// Damages a finished body as DOUBLE, HTML, MALFORMED, TRUNCATE or CUT_CHARACTER say.
void sim_fault_damage(const struct sim_fault *fault, struct sim_response *response);
int64_t sim_fault_add_locked(struct sim *sim, const struct sim_fault *fault);
void sim_fault_remove_locked(struct sim *sim, int64_t number);
int64_t sim_listing_lag(const struct sim *sim, enum sim_mall mall);

// log.c
void sim_log_request(struct sim *sim, enum sim_mall mall, const struct sim_request *request,
                     const char *operation, const struct sim_response *response, const char *fault);

// control_write.c, control_read.c
void sim_control_locked(struct sim *sim, time_ms now, const struct sim_request *request,
                        struct sim_response *response);
void sim_control_order(struct sim *sim, const struct sim_order *order, bool whole,
                       struct json_writer *w);

#endif
