// SPDX-License-Identifier: Apache-2.0
//
// The mall's enumerations (aupay.md §4) and what they mean to Juchu. Order statuses are Japanese
// names on the wire and an open set: shops register names of their own, so an unknown name is a
// status like any other, kept and shown as it is.
#ifndef JUCHU_MALL_AUPAY_CODES_H
#define JUCHU_MALL_AUPAY_CODES_H

#include "base/xml.h"
#include "mall/mall.h"

// Built-in names (§4.1). AUPAY_CUSTOM stands for every other name, AUPAY_UNKNOWN for none at all.
enum aupay_status {
    AUPAY_NEW,            // 新規受付
    AUPAY_NEW_PREORDER,   // 新規予約
    AUPAY_PREORDER,       // 予約中
    AUPAY_WAIT_PAYMENT,   // 発送前入金待ち
    AUPAY_AUTHORIZATION,  // 与信待ち
    AUPAY_READY,          // 発送待ち
    AUPAY_PAYMENT_AFTER,  // 発送後入金待ち
    AUPAY_DONE,           // 完了
    AUPAY_HOLD,           // 保留
    AUPAY_CANCELLED,      // キャンセル
    AUPAY_CANCELLING,     // キャンセル受付中
    AUPAY_FRAUD_REVIEW,   // 不正取引審査中
    AUPAY_REVIEW_HELD,    // 審査保留
    AUPAY_REVIEW_REFUSED, // 審査NG
    AUPAY_BUILT_IN_COUNT,
    AUPAY_CUSTOM = AUPAY_BUILT_IN_COUNT,
    AUPAY_UNKNOWN
};
// Value of 取得ステータス and of a listing by status that stands for every name of the shop's own.
#define AUPAY_ANY_CUSTOM "custom"

enum aupay_status aupay_status_of(struct str name);
// The name on the wire; NULL for AUPAY_CUSTOM and AUPAY_UNKNOWN.
const char *aupay_status_name(enum aupay_status s);

#define AUPAY_STATUS_COUNT (AUPAY_BUILT_IN_COUNT + 1)
extern const struct mall_status_choice aupay_statuses[AUPAY_STATUS_COUNT];
#define AUPAY_MAPPING_COUNT 60
extern const struct mall_mapping aupay_mappings[AUPAY_MAPPING_COUNT];

// What an order's status, flags and numbers say together.
struct aupay_state {
    enum aupay_status status;
    struct str name; // as the mall writes it; "" none
    bool cancelled;  // by name or by cancelStatus
    bool authorized, paid, shipped;
    struct str number, carrier_code; // shippingNumber, shippingCarrier; "" none
    day ship_date;                   // shippingDate, 0 none
};
// Reads it from an <orderInfo>. Texts are borrowed from the node.
void aupay_state_read(const struct xml_node *info, struct aupay_state *s);

// When the buyer pays. By the company's mapping or the defaults, else by what the status says.
enum payment_class aupay_payment_class(const struct mall_account *account, struct str settlement,
                                       enum aupay_status status);
bool aupay_is_cod(struct str settlement);
// Our slot text of deliveryRequestTime: a mapping, else what the text says; never empty for text.
struct str aupay_slot(struct arena *arena, const struct mall_account *account, struct str text);
// Our carrier for the shop's delivery method (by name, then by id), "" unknown.
struct str aupay_delivery_carrier(const struct mall_account *account, struct str name,
                                  struct str id);
// Our carrier for shippingCarrier; "" unknown.
struct str aupay_carrier(const struct mall_account *account, struct str code);

#endif
