// SPDX-License-Identifier: Apache-2.0
//
// What Rakuten's codes and amounts mean for a canonical order, whichever door they came through:
// the API's JSON or the order CSV of RMS.
#ifndef JUCHU_MALL_RAKUTEN_MEANING_H
#define JUCHU_MALL_RAKUTEN_MEANING_H

#include "order/order.h"

// Status text, label and order state of an orderProgress (statuses.md §3.1). With a code that isn't
// known nothing may be shipped.
void rakuten_apply_status(struct arena *arena, struct order *order, int64_t progress);
// Payment state, event and paid date; payment_class, billed and fixed_at are set before. `common`:
// Rakuten collects the money (楽天市場の共通決済).
void rakuten_apply_payment(struct arena *arena, struct order *order, int64_t progress, bool common);
// Marks the order when its amounts don't add up by the official recipe (rakuten.md §5.3).
// `total_price` is the mall's totalPrice. Amounts, lines and packages are set before.
void rakuten_check_totals(struct order *order, yen total_price);
// State of a destination from its rows and the order's status; a ship date that has come by `now`
// counts as shipped.
enum shipment_state rakuten_package_state(int64_t progress, const struct order_package *package,
                                          time_ms now);
// 備考 begins with the wish for day and time under [配送日時指定:]. True when the buyer wrote more.
bool rakuten_remarks_hold_comment(struct str remarks);
// The wish in words, on one line; "" when there is none.
struct str rakuten_delivery_wish(struct arena *arena, struct str remarks);

#endif
