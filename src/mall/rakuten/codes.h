// SPDX-License-Identifier: Apache-2.0
//
// Rakuten's enumerations (rakuten.md §3, §11) in our words. Data only.
#ifndef JUCHU_MALL_RAKUTEN_CODES_H
#define JUCHU_MALL_RAKUTEN_CODES_H

#include "mall/mall.h"

enum {
    RAKUTEN_WAITS_FOR_CONFIRMATION = 100,
    RAKUTEN_PROCESSING = 200,
    RAKUTEN_TO_SHIP = 300,
    RAKUTEN_CHANGING = 400,
    RAKUTEN_SHIPPED = 500,
    RAKUTEN_PAYOUT = 600,
    RAKUTEN_PAID_OUT = 700,
    RAKUTEN_CANCEL_REQUESTED = 800,
    RAKUTEN_CANCELLED = 900,
};
#define RAKUTEN_STATUS_COUNT 9
extern const struct mall_status_choice rakuten_statuses[RAKUTEN_STATUS_COUNT];
// The same as choices of a setting.
extern const struct setting_choice rakuten_status_settings[RAKUTEN_STATUS_COUNT];
// Japanese name of an orderProgress; NULL for a code that this version doesn't know.
const char *rakuten_status_name(int64_t progress);

// 変換設定 of a company that changed nothing (§11.4, §11.6, §11.8).
#define RAKUTEN_MAPPING_COUNT 67
extern const struct mall_mapping rakuten_mappings[RAKUTEN_MAPPING_COUNT];
// Rakuten's name for a settlement code; NULL if unknown.
const char *rakuten_settlement_name(struct str code);
// The settlement code whose name a file shows; STR_ABSENT if there is none.
struct str rakuten_settlement_code(struct str name);
// The code to send for the desired parcel: its own code of that carrier, the one that Rakuten's row
// (may be NULL) has already, else the mapped one. STR_ABSENT when Rakuten has none for it.
struct str rakuten_carrier_to_send(const struct mall_account *account,
                                   const struct shipment *wanted, const struct shipment *row);
// Our code for Rakuten's carrier code, "" if unknown.
struct str rakuten_carrier_in(const struct mall_account *account, struct str code);

// Cancel and reduction reasons (§11.2).
#define RAKUTEN_REASON_COUNT 11
extern const struct setting_choice rakuten_cancel_reasons[RAKUTEN_REASON_COUNT];
// Also the one that only answers have (16); NULL if unknown.
const char *rakuten_reason_name(int64_t code);

const char *rakuten_change_name(int64_t change_type);   // §11.3; NULL if unknown
const char *rakuten_card_pay_name(int64_t type);        // §11.5
const char *rakuten_order_type_name(int64_t type);      // §11.1
const char *rakuten_caution_name(int64_t detail);       // §11.12
const char *rakuten_device_name(int64_t carrier_code);  // §11.11
const char *rakuten_store_chain_name(int64_t cvs_code); // §11.14
// "3" for "103" (§11.5); 0 if unknown.
int rakuten_instalments(struct str description);
// shippingTerm (§11.8) as "午前中", "14:00-16:00", "" for none or unknown.
struct str rakuten_slot(const struct mall_account *account, struct arena *arena, int64_t term);

#endif
