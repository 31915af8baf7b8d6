// SPDX-License-Identifier: Apache-2.0
//
// The canonical order: what every mall's order becomes, and what staff see and work on.
// Plain values; texts and arrays live in the arena that the order was built or read into.
// Four axes are kept apart (statuses.md §2): order, payment, shipment, sync; the work status is
// the company's own folder and carries no logic beyond its role.
#ifndef JUCHU_ORDER_ORDER_H
#define JUCHU_ORDER_ORDER_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "text/japan.h"

enum order_state {
    ORDER_PROVISIONAL, // payment page not finished; may vanish
    ORDER_NEW,
    ORDER_MALL_PROCESSING,
    ORDER_ACCEPTED,
    ORDER_CANCEL_REQUESTED,
    ORDER_CANCELLED,
    ORDER_DONE,
    ORDER_STATE_COUNT
};

enum payment_state {
    PAYMENT_NONE,
    PAYMENT_AUTH_PENDING,
    PAYMENT_AUTHORIZED,
    PAYMENT_UNPAID_BEFORE_SHIP,
    PAYMENT_PARTIAL,
    PAYMENT_PAID,
    PAYMENT_DUE_AFTER_SHIP,
    PAYMENT_FAILED,
    PAYMENT_REFUND_DUE,
    PAYMENT_REFUNDED,
    PAYMENT_STATE_COUNT
};

enum shipment_state {
    SHIPMENT_WAITING,
    SHIPMENT_READY,
    SHIPMENT_INSTRUCTED,
    SHIPMENT_LABELLED,
    SHIPMENT_SHIPPED,
    SHIPMENT_DELIVERED,
    SHIPMENT_RETURNED,
    SHIPMENT_UNDELIVERABLE,
    SHIPMENT_VOID,
    SHIPMENT_STATE_COUNT
};

// When the buyer pays, independent of the mall's own method names.
enum payment_class {
    PAYMENT_CLASS_NONE,
    PAYMENT_CLASS_BEFORE,
    PAYMENT_CLASS_AUTHORIZATION,
    PAYMENT_CLASS_AFTER
};

// "new", "due_after_ship", … as in API and database. Never NULL; from_name gives -1 for an unknown
// name.
const char *order_state_name(enum order_state s);
const char *payment_state_name(enum payment_state s);
const char *shipment_state_name(enum shipment_state s);
const char *payment_class_name(enum payment_class c);
int order_state_from_name(struct str name);
int payment_state_from_name(struct str name);
int shipment_state_from_name(struct str name);
int payment_class_from_name(struct str name);
// 新規, 発送待ち … for screens; `english` picks the language.
const char *order_state_label(enum order_state s, bool english);
const char *payment_state_label(enum payment_state s, bool english);
const char *shipment_state_label(enum shipment_state s, bool english);

// Marks: facts about an order that staff filter by. Bits of order.marks; names in
// order_mark_name().
enum order_mark {
    ORDER_MARK_HOLD = 1 << 0,                // 保留 at the mall
    ORDER_MARK_PREORDER = 1 << 1,            // 予約
    ORDER_MARK_FRAUD_REVIEW = 1 << 2,        // mall checks; do not ship
    ORDER_MARK_AMOUNT_UNDETERMINED = 1 << 3, // 送料未確定 …
    ORDER_MARK_ADDRESS_UNKNOWN = 1 << 4,     // social gift without address: never onto a label
    ORDER_MARK_SEVERAL_DESTINATIONS = 1 << 5,
    ORDER_MARK_REMOTE_ISLAND = 1 << 6, // 離島
    ORDER_MARK_GIFT = 1 << 7,
    ORDER_MARK_NOSHI = 1 << 8,
    ORDER_MARK_WRAPPING = 1 << 9,
    ORDER_MARK_COMMENT = 1 << 10, // the buyer wrote something
    ORDER_MARK_DATE_REQUESTED = 1 << 11,
    ORDER_MARK_AUCTION = 1 << 12,
    ORDER_MARK_CAUTION = 1 << 13,        // mall's warning about the buyer
    ORDER_MARK_MODIFIED = 1 << 14,       // changed by the buyer after ordering
    ORDER_MARK_TOTAL_MISMATCH = 1 << 15, // the mall's amounts don't add up
    ORDER_MARK_SPLIT = 1 << 16,          // split from or into other orders
    ORDER_MARK_READ_ONLY = 1 << 17,      // inside the mall's self-cancel window
    ORDER_MARK_DRIFT = 1 << 18,          // mall and Juchu disagree: a person decides
    ORDER_MARK_RECEIPT = 1 << 19,        // 領収書 wanted
    ORDER_MARK_DRUG = 1 << 20,
    ORDER_MARK_EXPRESS = 1 << 21,        // あす楽, 最強翌日, 優良配送
    ORDER_MARK_CANCEL_ARRIVED = 1 << 22, // the mall cancelled after work had begun: stop it
    ORDER_MARK_SUSPECT = 1 << 23,        // いたずら注文
    ORDER_MARK_SUBSCRIPTION = 1 << 24,
    ORDER_MARK_UNMAPPED = 1 << 25,         // 未変換: a value of the mall means nothing here yet
    ORDER_MARK_NUMBERS_LEFT_OUT = 1 << 26, // more tracking numbers than the mall takes
};
#define ORDER_MARK_COUNT 27
// Name of bit 0 … ORDER_MARK_COUNT-1 ("hold", "preorder", …), and its label.
const char *order_mark_name(int bit);
const char *order_mark_label(int bit, bool english);
int64_t order_mark_from_name(struct str name); // the bit's value, 0 if unknown
// The mark that orders of this channel (order.channel) have besides; 0 if there is no such channel.
int64_t order_channel_mark(struct str channel);

// Orderer or recipient.
struct person {
    struct str name, name_kana; // "姓 名" with one blank between
    struct str company;         // section, shop
    struct str postal_code;     // seven digits
    struct str prefecture, city, address1, address2;
    struct str phone; // digits
    struct str email; // orderer only; often a relay address
};

struct tax_summary {
    int rate_basis_points; // 1000 = 10 %
    yen taxable;           // tax included
    yen tax;
};

struct order_coupon {
    struct str code, name;
    bool paid_by_mall;    // else by the shop
    yen amount;           // positive = deducted
    int64_t line_mall_id; // 0: whole order
};

struct order_line {
    int number;              // 1 … within the order
    struct str mall_line_id; // itemDetailId, LineId
    struct str item_code;    // 商品番号 / 商品コード as the mall shows it
    struct str item_id;      // mall's own id or 商品管理番号
    struct str sku;          // SKU管理番号, SubCode
    struct str system_sku;   // システム連携用SKU番号
    struct str jan;
    struct str title;
    struct str options; // "色:赤" lines joined by '\n': choices, SKU axes, inscriptions
    yen unit_price;     // as the mall states it
    yen unit_price_tax_included;
    int64_t quantity;
    int tax_rate_basis_points; // -1 unknown
    bool tax_included;
    yen discount;         // for the whole line, positive = deducted
    yen subtotal;         // tax included, after discount
    struct str lead_time; // 納期情報
    struct str auction_id, auction_merchant_id;
    time_ms release_at; // 予約 items
    bool postage_included;
};

enum shipment_source { SHIPMENT_FROM_STAFF, SHIPMENT_FROM_MALL, SHIPMENT_FROM_FILE };

// One parcel.
struct shipment {
    row_id id;
    struct str
        carrier; // our code: "yamato", "sagawa", "japan_post", … (order/carrier.h); "" unknown
    struct str carrier_mall_code; // the mall's code when it came from there
    struct str tracking_number;   // as typed, normalised; "" = none
    day ship_date;                // 0 = none
    struct str mall_ref;          // shippingDetailId; "" until the mall gave one
    enum shipment_source source;
};

// One destination of the order.
struct order_package {
    row_id id;
    int number;          // 1 …
    struct str mall_ref; // basketId; Yahoo: ""
    struct person recipient;
    bool recipient_is_orderer;
    enum shipment_state state;
    struct str delivery_method; // 宅配便, ゆうパック …: the shop's name for it at the mall
    struct str temperature;     // "", "refrigerated", "frozen"
    struct str carrier;         // expected carrier (our code), "" unknown
    day requested_date;
    struct str requested_slot;                          // "14:00-16:00", "午前中"
    struct str noshi, wrapping, gift_message, drop_off; // texts, "" none
    struct str delivery_note;
    struct str pickup_store; // name and code of a convenience store, "" none
    bool remote_island;
    yen goods, postage, cod_fee, total;
    struct order_line *lines;
    size_t line_count;
    struct shipment *shipments;
    size_t shipment_count;
};

struct payment_event {
    time_ms at;
    struct str kind; // "authorized", "paid", "refunded", "failed", "due"
    yen amount;
    struct str text;
};

// Related orders at the same mall (split, several destinations, auction bundle).
struct order_link {
    struct str kind; // "split_from", "split_into", "same_purchase"
    struct str order_no;
};

// A fact of the mall that has no field of its own; shown as it is.
struct order_extra {
    struct str key;   // the mall's field name
    struct str label; // Japanese words for it, or "" (then the key is shown)
    struct str value;
};

struct order {
    row_id id, org_id, shop_id;
    struct str mall;     // "rakuten"
    struct str order_no; // exactly as the mall writes it
    struct str channel;  // "" or "auction"

    struct str mall_status;       // compact code(s): "300"; Yahoo "2/1/1" = Order/Pay/Ship
    struct str mall_status_label; // 発送待ち, 処理中 …, Japanese as the mall's own screen says
    struct str mall_sub_status;
    struct str
        mall_update_mark; // whatever tells that the mall changed it: Version, LastUpdateTime …
    enum order_state state;
    enum payment_state payment_state;
    enum shipment_state shipment_state;
    int64_t marks;

    time_ms ordered_at, mall_updated_at, confirmed_at, fixed_at, shipped_at, cancelled_at;
    time_ms fetched_at; // last read from the mall
    time_ms changed_at; // last local change: 最終更新日
    time_ms written_at; // last successful write to the mall

    struct person orderer;
    struct str payment_method_code, payment_method; // the mall's
    enum payment_class payment_class;
    struct str payment_note; // instalments, card brand; never a card number
    time_ms paid_at;
    day payment_due;

    // Undetermined amounts are YEN_UNDETERMINED. Deductions are positive.
    yen goods, postage, cod_fee, payment_fee, wrapping_fee, other_fee;
    yen coupon_shop, coupon_mall, points, discount, adjustment; // adjustment is signed
    yen total;                                                  // before coupons and points
    yen billed;                                                 // 請求金額: what the buyer pays
    struct tax_summary *taxes;
    size_t tax_count;
    struct order_coupon *coupons;
    size_t coupon_count;

    struct str buyer_note; // 備考, ご要望
    struct str mall_memo;  // ひとことメモ, 社内メモ at the mall
    struct str cancel_reason;
    struct order_package *packages;
    size_t package_count;
    struct payment_event *payment_events;
    size_t payment_event_count;
    struct order_link *links;
    size_t link_count;
    struct order_extra *extras;
    size_t extra_count;

    // Owned by the company, never touched by an import.
    row_id work_status;
    struct str memo;
    // What came from a file of the mall's own screen: "" nothing, "*" everything (no API has shown
    // the order yet), else the names of the fields that a file filled in (order/complete.h).
    struct str from_file;
    int64_t version; // for optimistic locking
};

// An order with everything unset (amounts 0, times TIME_NONE).
void order_init(struct order *o);
// BLAKE2b over the mall-owned content in a fixed order: equal orders have equal hashes, whatever
// the order of the mall's fields. Local ids, dates of fetching and company-owned fields don't
// count.
void order_content_hash(const struct order *o, unsigned char hash[16]);
// Deep copy into another arena; NULL on lack of memory.
struct order *order_copy(struct arena *arena, const struct order *o);
// What a person at the shop has to check before work goes on; the texts of needs_check.
// ERROR_BAD_INPUT if the order breaks a rule of its own (no number, no package, negative quantity
// …): such an order is quarantined, not stored.
bool order_validate(const struct order *o, struct error *error);
// The state that all its packages have reached: SHIPPED means that everything has left. Packages
// that were returned, lost or voided count only when there are no others (statuses.md §2.3).
enum shipment_state order_roll_up_shipment(const struct order *o);
// True when the payment state allows shipping (statuses.md §2.2).
bool payment_allows_shipping(enum payment_state s);

#endif
