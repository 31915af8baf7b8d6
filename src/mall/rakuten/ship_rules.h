// SPDX-License-Identifier: Apache-2.0
//
// Which shipping rows Rakuten has, which we want, and what to write (rakuten.md §3.2, §7.4). Pure.
#ifndef JUCHU_MALL_RAKUTEN_SHIP_RULES_H
#define JUCHU_MALL_RAKUTEN_SHIP_RULES_H

#include "mall/mall.h"

struct rakuten_row {
    struct str detail_id; // of the row to be changed; "" = a new row
    const char *company;  // code; NULL = not sent (a row to be removed)
    struct str number;    // "" = blank
    bool send_number;     // false: the key stays away
    day date;
    bool remove;
};
struct rakuten_basket {
    struct str basket_id;
    struct rakuten_row *rows;
    size_t count;
};
struct rakuten_plan {
    struct rakuten_basket *baskets;
    size_t count;
    size_t rows;
};

// What to write so that Rakuten shows exactly the desired rows. Rows that exist are changed, never
// doubled; placeholders without number and date that nothing of ours fills are removed.
// ERROR_REJECTED "rakuten.other_tracking_number" when somebody registered another parcel at Rakuten
// meanwhile; ERROR_BAD_INPUT when a destination is unknown there.
bool rakuten_ship_plan(struct arena *arena, const struct mall_account *account,
                       const struct mall_ship_request *request, const struct order *at_mall,
                       struct rakuten_plan *plan, struct error *error);

bool rakuten_ship_preflight(const struct mall_account *account,
                            const struct mall_ship_request *request, day today,
                            struct error *error);
enum mall_comparison rakuten_ship_compare(const struct mall_account *account,
                                          const struct order *at_mall,
                                          const struct mall_ship_request *request,
                                          struct error *difference);

#endif
