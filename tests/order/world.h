// SPDX-License-Identifier: Apache-2.0
//
// What the tests of order/ share: a fresh database with one company, its folders and shops, and
// orders to put into it. Nothing here fails: it prints why and aborts.
#ifndef JUCHU_TESTS_ORDER_WORLD_H
#define JUCHU_TESTS_ORDER_WORLD_H

#include "order/obligation.h"
#include "order/rows.h"
#include "order/store.h"
#include "support/database.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct world {
    enum db_engine engine;
    struct test_database *database;
    struct db *db;
    struct arena *arena;
    struct id_source ids;
    struct order_context context; // .now may be moved
    row_id org, shop, other_shop;
};

struct world *world_open(enum db_engine engine);
struct world *world_close(struct world *w);
// Runs the test on a world of each engine that can be tested here.
void on_each_engine(void (*test)(struct world *w));

// When the order of minute `n` was ordered; allocates nothing.
time_ms world_ordered_at(int n);
// An order as a connector would give it: number, two lines, one package, ordered at minute `n`.
struct order *world_order(struct world *w, const char *order_no, int n);
// Every field of every record set to something of its own (and in range), two children each.
struct order *world_full_order(struct world *w, unsigned seed);
// Imports one order; returns the outcome. Aborts on failure.
enum import_outcome world_import(struct world *w, const struct order *o);
bool world_try_import(struct world *w, struct order_import *imports, size_t count,
                      struct error *error);
row_id world_id(struct world *w, const char *order_no);
// Reads the order with that number.
struct order *world_read(struct world *w, const char *order_no);
row_id world_status(struct world *w, enum status_role role);
// Newest event of the order.
struct order_event world_last_event(struct world *w, const char *order_no);
// Numbers of the page, separated by blanks.
const char *world_list(struct world *w, const struct order_filter *filter);
const char *world_search(struct world *w, const char *q);
struct order_filter world_filter(void);
bool world_move(struct world *w, const char *order_no, row_id status, row_id *undo,
                struct error *refused);
bool world_undo(struct world *w, row_id undo, size_t *restored, size_t *skipped,
                struct error *error);
// Enters one parcel for package 1 and moves the order.
bool world_ship(struct world *w, const char *order_no, const char *carrier, const char *number,
                day date, struct error *error);
bool world_memo(struct world *w, const char *order_no, int64_t version, const char *memo,
                struct error *error);
// Newest obligation about the order's shipment; id 0 if there is none.
struct writeback world_writeback(struct world *w, const char *order_no);
bool world_update_writeback(struct world *w, const struct writeback *wb,
                            enum writeback_state expected, struct error *error);
int64_t world_count(struct world *w, row_id status);
// Findings of orders_verify(), their codes separated by blanks.
const char *world_verify(struct world *w);
// Statements run since the last call.
uint64_t world_statements(struct world *w);

#define STR_OF(text) str_from(text)
#define assert_str(a, b) assert_str_equal_((a), (b), __FILE__, __LINE__)
void assert_str_equal_(struct str a, const char *b, const char *file, int line);

#endif
