// SPDX-License-Identifier: Apache-2.0
//
// An OrderModel of getOrder (rakuten.md §5) as a canonical order, and as a raw document without
// card data. Strict where an error would send a parcel or money wrong, tolerant of unknown fields
// and values elsewhere.
#ifndef JUCHU_MALL_RAKUTEN_PARSE_H
#define JUCHU_MALL_RAKUTEN_PARSE_H

#include "base/json.h"
#include "mall/mall.h"

// Fills *order from the model; texts live in `arena`. `now` decides whether a ship date has come.
// ERROR_MALFORMED ("rakuten.field_unreadable") names the field; ERROR_NO_MEMORY.
// What Rakuten's codes mean, the account's mappings say.
bool rakuten_order_parse(struct arena *arena, const struct mall_account *account, struct json model,
                         time_ms now, struct order *order, struct error *error);

// Writes a JSON value again, with cardNumber, cardOwner and cardYm replaced by null, whatever their
// depth. False when `out` failed.
bool rakuten_redact(struct json value, struct buf *out);

#endif
