// SPDX-License-Identifier: Apache-2.0
//
// Yahoo's enumerations (yahoo.md §10) and what they mean to Juchu. Unknown values are kept and
// shown as they are, never refused: the tables change several times a year.
#ifndef JUCHU_MALL_YAHOO_CODES_H
#define JUCHU_MALL_YAHOO_CODES_H

#include "mall/mall.h"

// Order, payment and shipping codes together with what the listing says about visibility.
// -1 stands for an absent or unreadable code.
struct yahoo_state {
    int order; // OrderStatus 1 予約中 2 処理中 3 保留 4 キャンセル 5 完了 (0 未入力, 8
               // 繰上げ同意待ち)
    int pay; // PayStatus 0 入金待ち 1 入金済み
    int ship; // ShipStatus 0 出荷不可 1 出荷可 2 出荷処理中 3 出荷済み 4 着荷済み
    int settle;   // SettleStatus 1 … 12
    int pay_type; // 0 後払い 1 前払い
    int fraud;    // FraudHoldStatus 0 none 1 審査中 2 解除 3 悪用確定
    bool seen;
    bool read_only; // inside the buyer's ten minutes
};

// "2/1/1" = Order/Pay/Ship; an absent code is written as "-".
struct str yahoo_compact_status(struct arena *arena, const struct yahoo_state *s);
// Reads it back; false when it isn't one of ours.
bool yahoo_compact_parse(struct str text, struct yahoo_state *s);
// The value of mall_status_choice that the state counts as (§7.1); "" when unknown.
struct str yahoo_status_choice(const struct yahoo_state *s);
// 新規注文, 入金待ち, 出荷待ち …: the bucket of the store's own screen (§11.2).
struct str yahoo_status_label(const struct yahoo_state *s);
// What tells that the mall changed the order: Version, LastUpdateTime and, because Version has two
// digits and automatic moves need not count, the codes. Equal for listing and reading.
struct str yahoo_update_mark(struct arena *arena, struct str version, struct str last_update,
                             const struct yahoo_state *s);
// "fraud_hold", "buyer_cancel_window" or "" (visible): why orderList hides the order by default.
struct str yahoo_hidden_reason(const struct yahoo_state *s);

// 変換設定 of a company that changed nothing (yahoo.md §10).
#define YAHOO_MAPPING_COUNT 88
extern const struct mall_mapping yahoo_mappings[YAHOO_MAPPING_COUNT];
// Our carrier for a ShipCompanyCode (three-digit codes of before 2018-10 included); "" if unknown.
struct str yahoo_carrier_in(const struct mall_account *account, struct str code);
// クレジットカード …; "" for an unknown PayMethod.
struct str yahoo_pay_method_label(struct str pay_method);
// When the buyer pays. pay_kind and pay_type may be -1.
enum payment_class yahoo_payment_class(const struct mall_account *account, struct str pay_method,
                                       struct str name, int pay_kind, int pay_type);
// 商品代引 and what counts as it.
bool yahoo_is_cod(struct str pay_method, int pay_kind);

// "14:00-16:00", "午前中" for a ShipRequestTimeZoneCode; "" if unknown.
struct str yahoo_slot_in(const struct mall_account *account, struct str code);
// 玄関ドア前 … for an EazyDeliveryCode; "" if unknown.
struct str yahoo_drop_off_label(struct str code);
// 欠品 … for a CancelReason; "" if unknown.
struct str yahoo_cancel_reason_label(struct str code);
// 審査中 … : words for a value of one of the fields that are shown as extras; "" if none known.
struct str yahoo_value_label(struct str field, struct str value);

#define YAHOO_CANCEL_REASON_COUNT 13
extern const struct setting_choice yahoo_cancel_reasons[YAHOO_CANCEL_REASON_COUNT];
#define YAHOO_STATUS_COUNT 8
extern const struct mall_status_choice yahoo_statuses[YAHOO_STATUS_COUNT];

#endif
