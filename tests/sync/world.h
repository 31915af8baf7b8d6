// SPDX-License-Identifier: Apache-2.0
//
// What tests of the engine stand on: a database, simulated malls behind sockets, shops connected to
// them, and one engine or several whose loop the test turns. Time is the test's own: it moves on by
// itself while the loop has nothing to do, so that waits of minutes cost milliseconds.
#ifndef JUCHU_TESTS_SYNC_WORLD_H
#define JUCHU_TESTS_SYNC_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "support/database.h"
#include "support/mall_server.h"
#include "sync/sync.h"

// One node: an engine with its loop.
struct node {
    struct world *world;
    struct loop *loop;
    struct sync *sync;
    struct id_source ids;
    struct rng_seeded random;
    char name[32];
    int idle_turns;
};

struct world_options {
    int64_t orders; // of history, split among the malls
    bool one_mall;  // the world has `mall` only; else Rakuten and Yahoo
    enum sim_mall mall;
    uint64_t seed;
    bool real_pacing; // else: no rate limits on either side
    bool automatic;
    int64_t settle_ms; // 0 = 5 s
    int fetch_days;    // 0 = 60
    bool real_time;    // the machine's clock, and a database that survives kill -9
};

struct world {
    struct world_options options;
    _Atomic int64_t now;
    struct clock clock;
    struct test_database *database;
    struct mall_server *malls;
    struct sim *sim;
    struct crypto_key key;
    struct node node;
    struct arena *arena; // for the test
    row_id org_id;
    row_id shops[SIM_MALL_COUNT]; // 0: not in this world
    row_id rakuten, yahoo;        // two of them
};

struct world *world_open(enum db_engine engine, const struct world_options *options);
void world_close(struct world *w);
// Another engine on the same database.
void world_node_start(struct world *w, struct node *node, const char *name);
void world_node_stop(struct node *node);
struct order_context world_context(struct world *w);
void world_advance(struct world *w, int64_t ms);
// Brings w->now up to the clock (real_time).
void world_look_at_clock(struct world *w);
row_id world_shop(const struct world *w, enum sim_mall mall);

// Turns the loop (and moves time on while nothing happens) until the engine is idle and `quiet_ms`
// of its time have passed so. Fails the test when that doesn't come.
void world_settle(struct world *w, int64_t quiet_ms);
void node_settle(struct node *node, int64_t quiet_ms);
// The same, once.
void node_turn(struct node *node);

// Queues a run and turns the loop until it has ended; the run as stored, in w->arena.
struct fetch_run world_fetch(struct world *w, enum sim_mall mall);
struct fetch_run world_fetch_with(struct world *w, const struct fetch_request *request);
row_id world_queue(struct world *w, const struct fetch_request *request);
struct fetch_run world_run(struct world *w, row_id run_id);

// Makes everything that is owed due and turns the loop until nothing is under way.
void world_push(struct world *w);

// Moves on to states that a shop ships from, as staff do: enters carrier, number and date.
// False (error set) when it is refused.
bool world_ship(struct world *w, row_id order_id, struct str tracking_number, struct error *error);
bool world_ship_with(struct world *w, row_id order_id, int64_t version, const char *carrier,
                     struct str tracking_number, day date, struct error *error);
// Ships up to `max` fetched orders that may be shipped at the mall; how many.
size_t world_ship_ready(struct world *w, enum sim_mall mall, size_t max);
// Places an order at the mall that is ready to be shipped; its number in w->arena.
struct str world_place_ready(struct world *w, enum sim_mall mall);
struct str world_place(struct world *w, enum sim_mall mall, int stage);
row_id world_order_id(struct world *w, enum sim_mall mall, struct str order_no);
// Newest obligation about an order's shipment, in w->arena; id 0 without one.
struct writeback world_writeback(struct world *w, row_id order_id);

struct shop world_read_shop(struct world *w, enum sim_mall mall);
void world_set(struct world *w, enum sim_mall mall, const char *key, const char *value,
               int64_t *wanted);
bool world_try_set(struct world *w, enum sim_mall mall, const char *key, const char *value,
                   int64_t *wanted, struct error *error);
int64_t world_int(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Text of one value, in w->arena.
struct str world_text(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void world_exec(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_act(struct world *w, enum sim_mall mall, struct str order_no, const char *action,
               const char *parameters);
// Rows of the tables that a fetch that finds nothing new must leave alone, as one number.
uint64_t world_orders_digest(struct world *w);

// orders_verify and sync_verify find nothing.
void world_verify(struct world *w);
// Every order that the mall has is listed; each has an order, a quarantine row or a reason.
void world_check_complete(struct world *w, enum sim_mall mall);
// No notice took effect twice.
void world_check_effects(struct world *w);
size_t world_effects(struct world *w, enum sim_mall mall, struct str order_no, const char *kind);
// Gaps of the shop that end before now.
size_t world_gaps(struct world *w, enum sim_mall mall);

// A test on both engines: TEST(name) in the list; the function gets an open world by
// world_open(engine, …) with `engine` from *state.
#define ON_BOTH(test) ON_ENGINE(sqlite, test), ON_ENGINE(postgres, test)
#define ON_ENGINE(engine_name, test)                                           \
    {                                                                          \
#test " on " #engine_name, test, world_setup_##engine_name, NULL, NULL \
    }
int world_setup_sqlite(void **state);
int world_setup_postgres(void **state);
enum db_engine world_engine(void **state);

#endif
