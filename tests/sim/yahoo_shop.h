// SPDX-License-Identifier: Apache-2.0
//
// A shop at the simulated Yahoo: the connector's operations driven against mallsim in one process,
// under a clock that only moves when something takes time. What is learned is kept as a server
// would keep it.
#ifndef JUCHU_TESTS_SIM_YAHOO_SHOP_H
#define JUCHU_TESTS_SIM_YAHOO_SHOP_H

#include "mall/yahoo/yahoo.h"
#include "sim/demo_keys.h"
#include "sim/sim.h"

#define SHOP_VALUES_MAX 40
#define SHOP_WARNINGS_MAX 64

struct yahoo_shop {
    struct sim *sim;
    time_ms now;
    struct arena *arena; // values, results
    struct setting_value values[SHOP_VALUES_MAX];
    size_t value_count;
    struct mall_sink sink;
    int64_t pause_ms; // between requests; 1100 as the connector's limits say
    bool retry_reads; // as the engine does: a read without a usable answer is sent again
    // Results of the last operation.
    struct mall_listing *listings;
    size_t listing_count, listing_capacity;
    struct mall_window windows[64];
    size_t window_count;
    struct order **orders;
    struct str *raws;
    size_t order_count, order_capacity;
    struct error bad[64];
    size_t bad_count, missing_count;
    struct error warnings[SHOP_WARNINGS_MAX];
    size_t warning_count;
    char progress[128];
    struct check_result checks[16];
    size_t check_count;
    size_t requests, token_requests, writes;
    struct error error; // of a failed operation
};

// A shop with the demo keys in a world of its own.
void shop_open(struct yahoo_shop *shop, const struct sim_options *options);
void shop_close(struct yahoo_shop *shop);
void shop_set(struct yahoo_shop *shop, const char *key, struct str value);
struct str shop_get(const struct yahoo_shop *shop, const char *key);
struct mall_account shop_account(const struct yahoo_shop *shop);
// Drives the operation (freed). False: failed, shop->error.
bool shop_run(struct yahoo_shop *shop, struct mall_op *op);
bool shop_list(struct yahoo_shop *shop, enum date_basis basis, time_ms from, time_ms to,
               const char *only_status);
bool shop_read(struct yahoo_shop *shop, struct str order_no);
// Places an order and waits until the buyer's ten minutes are over.
struct str shop_place(struct yahoo_shop *shop, enum sim_payment payment, int64_t features);
bool shop_act(struct yahoo_shop *shop, struct str order_no, const char *action);
const struct mall_listing *shop_listing(const struct yahoo_shop *shop, struct str order_no);
// Tells a shipment of the order read last with one number. `target` "" = the setting's.
bool shop_ship(struct yahoo_shop *shop, const struct order *order, const char *carrier,
               const char *number, const char *target, const char *progress);
size_t shop_effects(struct yahoo_shop *shop, struct str order_no, const char *kind);

#endif
