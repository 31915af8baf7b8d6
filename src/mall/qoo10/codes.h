// SPDX-License-Identifier: Apache-2.0
//
// Qoo10's statuses, claims, carriers, payment methods and cancel reasons as data (qoo10.md §3,
// §5.5, §6). Pure; any thread.
#ifndef JUCHU_MALL_QOO10_CODES_H
#define JUCHU_MALL_QOO10_CODES_H

#include "mall/mall.h"

#define QOO10_STATUS_COUNT 6
extern const struct mall_status_choice qoo10_statuses[QOO10_STATUS_COUNT];
extern const struct setting_choice qoo10_status_settings[QOO10_STATUS_COUNT];
#define QOO10_CANCEL_REASON_COUNT 4
extern const struct setting_choice qoo10_cancel_reasons[QOO10_CANCEL_REASON_COUNT];
#define QOO10_MAPPING_COUNT 24
extern const struct mall_mapping qoo10_mappings[QOO10_MAPPING_COUNT];

// 入金待ち, 配送要請/新規受付 … by the digit of ShippingStatus; "" unknown.
struct str qoo10_status_label(int status);
// キャンセル要請 … by the code of a claim; "" unknown.
struct str qoo10_claim_label(int claim);
// 3 キャンセル完了, 16 未納注文のキャンセル: the order is no more.
bool qoo10_claim_is_cancelled(int claim);
// 1 キャンセル要請, 2 キャンセル中.
bool qoo10_claim_is_asked(int claim);
// Our carrier for Qoo10's name: the company's mapping, the default, else the words in the name.
struct str qoo10_carrier_in(const struct mall_account *account, struct str name);

#endif
