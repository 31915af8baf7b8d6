// SPDX-License-Identifier: Apache-2.0
//
// MakeShop's codes (makeshop.md §2.4, §3.3, §5) and what they mean here. Where the values of the
// GraphQL API were not seen, all plausible spellings are read. Pure; any thread.
#ifndef JUCHU_MALL_MAKESHOP_CODES_H
#define JUCHU_MALL_MAKESHOP_CODES_H

#include "mall/mall.h"

// Status of an order (§2.3).
enum makeshop_status { MAKESHOP_CANCELLED = 0, MAKESHOP_NORMAL = 1, MAKESHOP_PROVISIONAL = 99 };

// Delivery state of a destination, by the numbers of cmd=deliver (§2.2); 0 is 未指示.
enum makeshop_delivery {
    MAKESHOP_NOT_YET = 0,
    MAKESHOP_INSTRUCTED = 1,
    MAKESHOP_PREPARING = 2,
    MAKESHOP_DONE = 3,
    MAKESHOP_BACK = 9
};

enum makeshop_payment {
    MAKESHOP_PAYMENT_UNKNOWN,
    MAKESHOP_UNPAID,
    MAKESHOP_PAID,
    MAKESHOP_AUTHORIZED, // 仮売上
    MAKESHOP_PAYMENT_FAILED,
    MAKESHOP_REFUNDED,
    MAKESHOP_PAYMENT_PROVISIONAL // the payment page isn't finished
};

#define MAKESHOP_STATUS_COUNT 5
extern const struct mall_status_choice makeshop_statuses[MAKESHOP_STATUS_COUNT];
extern const struct setting_choice makeshop_status_settings[MAKESHOP_STATUS_COUNT];
#define MAKESHOP_MAPPING_COUNT 50
extern const struct mall_mapping makeshop_mappings[MAKESHOP_MAPPING_COUNT];

// "1/0/0" = status / paid / delivery state that all destinations have reached.
struct str makeshop_compact(struct arena *arena, int status, bool paid, int delivery);
bool makeshop_compact_parse(struct str text, int *status, bool *paid, int *delivery);
// Value of mall_status_choice that this counts as.
struct str makeshop_choice(int status, int delivery);
// 処理状況 as MakeShop's screens say.
const char *makeshop_status_label(int status, int delivery);

// deliveryStatus and wmsStatus of answers in any known spelling. `cancelled` and `provisional` are
// set where the word says that of the order. MAKESHOP_NOT_YET for an unknown word.
int makeshop_delivery_from_text(struct str text, bool *cancelled, bool *provisional);
enum makeshop_payment makeshop_payment_from_text(struct str code, struct str words);
// Prefecture in our spelling: 東京(23区内) is 東京都, as are codes 13 and 14 (§3.3); codes are
// shifted by one against JIS from there on. Other texts stay.
struct str makeshop_prefecture(struct str area);
bool makeshop_carrier_is_known(struct str code);

#endif
