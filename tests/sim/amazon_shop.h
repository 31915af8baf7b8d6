// SPDX-License-Identifier: Apache-2.0
//
// A shop at the simulated Amazon: the connector's operations driven against mallsim in one process,
// under a clock that only moves when something takes time. What is learned is kept as a server
// would keep it.
#ifndef JUCHU_TESTS_SIM_AMAZON_SHOP_H
#define JUCHU_TESTS_SIM_AMAZON_SHOP_H

#include "mall/amazon/amazon.h"
#include "sim/demo_keys.h"
#include "sim/sim.h"

#define ASHOP_VALUES_MAX 32
#define ASHOP_NOTES_MAX 64

struct ashop {
    struct sim *sim;
    time_ms now;
    struct arena *arena; // values, results
    struct setting_value values[ASHOP_VALUES_MAX];
    size_t value_count;
    struct mall_sink sink;
    // Results of the last operation.
    struct mall_listing *listings;
    size_t listing_count, listing_capacity;
    struct mall_window windows[64];
    size_t window_count;
    struct order **orders;
    struct str *raws;
    size_t order_count, order_capacity;
    struct error bad[ASHOP_NOTES_MAX];
    size_t bad_count, missing_count;
    struct error warnings[ASHOP_NOTES_MAX];
    size_t warning_count;
    char progress[ASHOP_NOTES_MAX][64];
    size_t progress_count;
    struct check_result checks[16];
    size_t check_count;
    size_t requests, tokens, writes;
    time_ms ask_at;     // of an operation that ended as accepted, else TIME_NONE
    char asked[64][40]; // operations in turn
    struct error error; // of a failed operation
};

void ashop_open(struct ashop *shop, int64_t orders);
void ashop_close(struct ashop *shop);
void ashop_set(struct ashop *shop, const char *key, struct str value);
struct str ashop_get(const struct ashop *shop, const char *key);
void ashop_switch(struct ashop *shop, const char *name, const char *value);
void ashop_act(struct ashop *shop, struct str order_no, const char *action, const char *parameters);
struct mall_account ashop_account(const struct ashop *shop);
// Drives the operation (freed). False: failed, shop->error.
bool ashop_run(struct ashop *shop, struct mall_op *op);
bool ashop_list(struct ashop *shop, enum date_basis basis, time_ms from, time_ms to,
                const char *only_status);
bool ashop_read(struct ashop *shop, struct str order_no);
// Places an order an hour ago and moves a minute on.
struct str ashop_place(struct ashop *shop, int stage, int payment);
const struct mall_listing *ashop_listing(const struct ashop *shop, struct str order_no);
// Tells parcels of the order (as read). With `progress` it is resumed.
bool ashop_ship(struct ashop *shop, const struct order *order, const struct shipment *parcels,
                size_t count, const char *progress);
// How the mall's order compares with that wish.
enum mall_comparison ashop_compare(struct ashop *shop, const struct order *at_mall,
                                   const struct shipment *parcels, size_t count);
size_t ashop_effects(struct ashop *shop, struct str order_no, const char *kind);

#endif
