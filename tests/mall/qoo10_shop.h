// SPDX-License-Identifier: Apache-2.0
//
// A shop at the simulated Qoo10: the connector's operations driven against mallsim in one process,
// under a clock that only moves when something takes time. What is learned is kept as a server
// would keep it.
#ifndef JUCHU_TESTS_MALL_QOO10_SHOP_H
#define JUCHU_TESTS_MALL_QOO10_SHOP_H

#include "mall/qoo10/qoo10.h"
#include "sim/demo_keys.h"
#include "sim/sim.h"

#define QSHOP_VALUES_MAX 24
#define QSHOP_NOTES_MAX 64

struct qshop {
    struct sim *sim;
    time_ms now;
    struct arena *arena; // values, results
    struct setting_value values[QSHOP_VALUES_MAX];
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
    struct error bad[QSHOP_NOTES_MAX];
    size_t bad_count, missing_count;
    struct error warnings[QSHOP_NOTES_MAX];
    size_t warning_count;
    char progress[QSHOP_NOTES_MAX][64];
    size_t progress_count;
    struct check_result checks[16];
    size_t check_count;
    size_t requests, key_requests, writes;
    struct error error; // of a failed operation
};

void qshop_open(struct qshop *shop, int64_t orders);
void qshop_close(struct qshop *shop);
void qshop_set(struct qshop *shop, const char *key, struct str value);
struct str qshop_get(const struct qshop *shop, const char *key);
void qshop_switch(struct qshop *shop, const char *name, const char *value);
void qshop_act(struct qshop *shop, struct str order_no, const char *action, const char *parameters);
struct mall_account qshop_account(const struct qshop *shop);
// Drives the operation (freed). False: failed, shop->error.
bool qshop_run(struct qshop *shop, struct mall_op *op);
bool qshop_list(struct qshop *shop, enum date_basis basis, time_ms from, time_ms to,
                const char *only_status);
// Reads one number; `at` is what is known of its time.
bool qshop_read(struct qshop *shop, struct str order_no, time_ms at);
bool qshop_accept(struct qshop *shop, struct str order_no, time_ms at);
// Places an order an hour ago and moves a minute on; its time goes to *at. `lines` 0 = any number.
struct str qshop_place(struct qshop *shop, int stage, int payment, size_t lines, time_ms *at);
const struct mall_listing *qshop_listing(const struct qshop *shop, struct str order_no);
// Tells a shipment of the order (as read) with one number to the whole package.
bool qshop_ship(struct qshop *shop, const struct order *order, const char *carrier,
                const char *number, day date);
// How the mall's order compares with that wish.
enum mall_comparison qshop_compare(struct qshop *shop, const struct order *at_mall,
                                   const char *carrier, const char *number);
size_t qshop_effects(struct qshop *shop, struct str order_no, const char *kind);

#endif
