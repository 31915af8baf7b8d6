// SPDX-License-Identifier: Apache-2.0
//
// The neutral order of mallsim's world: what a buyer did, before any mall put it into its own
// words. Rich enough for all six malls; a face (rakuten.c …) shows of it what its mall would show.
// Texts are UTF-8 and live in the order's own arena. Amounts are yen, tax included. Nothing here
// is a real person: names are combined from separate lists of family and given names, phone
// numbers lie in ranges that are not assigned, mail addresses end in example.jp.
#ifndef JUCHU_SIM_ORDER_H
#define JUCHU_SIM_ORDER_H

#include "base/arena.h"
#include "base/clock.h"
#include "text/japan.h"

enum sim_mall {
    SIM_RAKUTEN,
    SIM_YAHOO,
    SIM_AUPAY,
    SIM_AMAZON,
    SIM_QOO10,
    SIM_MAKESHOP,
    SIM_MALL_COUNT
};

// How far the order has come when it is placed. Live orders start at NEW; the history that
// sim_new() makes holds all of them. Each face maps a stage to its own states, and takes the
// nearest one where its mall knows no such state (say so in the face's place function).
enum sim_stage {
    SIM_STAGE_NEW,              // the shop hasn't touched it: 注文確認待ち, 新規
    SIM_STAGE_PROCESSING,       // accepted; the mall clears payment, or the buyer still has to pay
    SIM_STAGE_CHANGED,          // changed by staff, waits for a new settlement: 変更確定待ち
    SIM_STAGE_HOLD,             // 保留
    SIM_STAGE_READY,            // may be shipped: 発送待ち
    SIM_STAGE_PICKING,          // 出荷処理中
    SIM_STAGE_SHIPPED,          // 発送済, not closed
    SIM_STAGE_PAYOUT,           // shipped, payout in progress: 支払手続き中
    SIM_STAGE_DONE,             // 完了, 支払手続き済
    SIM_STAGE_CANCEL_REQUESTED, // キャンセル確定待ち
    SIM_STAGE_CANCELLED,        // キャンセル
    SIM_STAGE_COUNT
};

// How the buyer pays.
enum sim_payment {
    SIM_PAY_CARD,
    SIM_PAY_WALLET,      // PayPay, Apple Pay, au PAY …
    SIM_PAY_CARRIER,     // キャリア決済
    SIM_PAY_BANK,        // 銀行振込, before shipping
    SIM_PAY_CONVENIENCE, // コンビニ前払い
    SIM_PAY_COD,         // 代金引換
    SIM_PAY_DEFERRED,    // 後払い, guaranteed by a third party
    SIM_PAY_POINTS,      // points or coupons cover everything; billed is 0
    SIM_PAY_COUNT
};

enum sim_carrier {
    SIM_CARRIER_YAMATO,
    SIM_CARRIER_SAGAWA,
    SIM_CARRIER_JAPAN_POST,
    SIM_CARRIER_SEINO,
    SIM_CARRIER_COUNT
};

enum sim_temperature { SIM_NORMAL, SIM_REFRIGERATED, SIM_FROZEN };

// Requested delivery slot, neutral.
enum sim_slot {
    SIM_SLOT_NONE,
    SIM_SLOT_MORNING, // 午前中
    SIM_SLOT_14_16,
    SIM_SLOT_16_18,
    SIM_SLOT_18_20,
    SIM_SLOT_19_21,
    SIM_SLOT_COUNT
};

// Peculiarities of an order; bits of sim_order.features. A face declares which ones its mall has.
enum sim_feature {
    SIM_FEATURE_GIFT = 1 << 0,
    SIM_FEATURE_NOSHI = 1 << 1,
    SIM_FEATURE_WRAPPING = 1 << 2,
    SIM_FEATURE_DATE_REQUESTED = 1 << 3, // day and slot
    SIM_FEATURE_NOTE = 1 << 4,           // the buyer wrote something
    SIM_FEATURE_SHOP_COUPON = 1 << 5,
    SIM_FEATURE_MALL_COUPON = 1 << 6,
    SIM_FEATURE_USED_POINTS = 1 << 7,
    SIM_FEATURE_OTHER_RECIPIENT = 1 << 8, // sent to somebody else than the buyer
    // Several recipients. Where the face lacks it, the purchase becomes several orders that share
    // purchase_id.
    SIM_FEATURE_SEVERAL_DESTINATIONS = 1 << 9,
    SIM_FEATURE_REMOTE_ISLAND = 1 << 10,
    SIM_FEATURE_UNDETERMINED_POSTAGE = 1 << 11,
    SIM_FEATURE_PREORDER = 1 << 12,
    SIM_FEATURE_AUCTION = 1 << 13,
    // The recipient of the order is who will enter the address later; the face hides it until then.
    SIM_FEATURE_SOCIAL_GIFT = 1 << 14,
    SIM_FEATURE_COOL = 1 << 15,       // refrigerated or frozen
    SIM_FEATURE_EXPRESS = 1 << 16,    // あす楽, 優良配送 …
    SIM_FEATURE_RARE_KANJI = 1 << 17, // 髙 﨑 … in the buyer's name
    SIM_FEATURE_RECEIPT = 1 << 18,    // 領収書 wanted
    SIM_FEATURE_SUBSCRIPTION = 1 << 19,
    SIM_FEATURE_SUSPECT = 1 << 20,      // the mall warns of the buyer
    SIM_FEATURE_FRAUD_REVIEW = 1 << 21, // the mall checks; not to be shipped
    SIM_FEATURE_STORE_PICKUP = 1 << 22, // convenience store or post office
    SIM_FEATURE_DROP_OFF = 1 << 23,     // 置き配
    SIM_FEATURE_TAX_EXCLUDED = 1 << 24, // the face states unit prices without tax
    SIM_FEATURE_DRUG = 1 << 25,
};
#define SIM_FEATURE_COUNT 26

struct sim_person {
    struct str family, given, family_kana, given_kana; // kana are full-width katakana
    struct str company;                                // "" for private persons
    struct str postal_code;                            // seven digits
    struct str prefecture, city, town, building; // 東京都 / 千代田区 / 丸の内1-2-3 / … ("" none)
    int prefecture_number;                       // 1 … 47
    bool remote_island;
    struct str phone; // "090-0123-4567", never an assigned number
    struct str email; // …@example.jp
    bool female;
    int birth_year, birth_month, birth_day;
};

struct sim_option {
    struct str name, value;
};

// One article of the shop. Immutable; belongs to the catalogue.
struct sim_item {
    int64_t item_id;
    struct str manage_number; // 商品管理番号, item URL, 商品コード
    struct str item_number;   // 商品番号 as the shop prints it
    struct str title;
    struct str jan; // "" none; in-store range 20…, right check digit
    yen price;      // tax included
    int tax_rate_basis_points;
    enum sim_temperature temperature;
    // Variants: at most two axes ("カラー", "サイズ"), "" = no such axis.
    struct str axis[2];
    struct str choices[2][6];
    int choice_count[2];
    struct sim_option option; // a further choice that makes no SKU ("名入れ"), name "" = none
    bool drug, postage_free;
    struct str lead_time; // 納期情報, "" none
};

struct sim_line {
    int number; // 1 … within the order
    const struct sim_item *item;
    struct str title;      // may be longer or odder than the item's
    struct str variant_id; // SKU管理番号; "normal-inventory" for items without variants
    struct str system_sku; // システム連携用SKU番号, "" none
    struct sim_option axes[2];
    int axis_count;
    struct sim_option options[3]; // choices that make no SKU
    int option_count;
    yen unit_price; // tax included
    int64_t quantity;
    int tax_rate_basis_points;
    day release_day;       // preorders; 0 none
    struct str auction_id; // "" none
};

// One destination with its goods.
struct sim_destination {
    struct sim_person recipient;
    bool is_buyer;
    struct sim_line *lines;
    size_t line_count;
    struct str noshi, wrapping_paper, wrapping_ribbon, gift_message; // "" none
    day requested_day;                                               // 0 none
    enum sim_slot slot;
    enum sim_carrier carrier; // shown at purchase
    enum sim_temperature temperature;
    struct str drop_off;          // 玄関ドア前 …, "" none
    struct str pickup_store_name; // "" none
    yen goods;                    // Σ unit_price × quantity
    yen wrapping;                 // fee for paper and ribbon
    yen postage;                  // YEN_UNDETERMINED possible
    yen cod_fee;
    // Free for the face: its own numbers, shipping rows …; allocate in sim_order.arena.
    void *face;
};

struct sim_tax {
    int rate_basis_points;
    yen taxable; // tax included, before points
    yen tax;
};

struct sim_order {
    struct arena *arena; // everything below; lives as long as the sim
    enum sim_mall mall;
    int64_t serial;         // 1 … per mall, in order of placing
    uint64_t seed;          // for sim_dice(): the same order always looks the same
    struct str order_no;    // set by the face's place function, unique within the mall
    struct str purchase_id; // shared by orders of one purchase (several destinations), else ""
    enum sim_stage stage;   // where it stood when placed; the face's own state counts afterwards
    int64_t features;       // enum sim_feature
    time_ms ordered_at;
    time_ms placed_at; // sim's clock when it entered the world (later than ordered_at for history)
    // When the past steps were taken, for stages beyond NEW; TIME_NONE where not reached. paid_at:
    // authorised or received; never set at NEW and PROCESSING (a face may count a card as
    // authorised at once), and for cash on delivery and deferred payment only when DONE.
    time_ms accepted_at, paid_at, shipped_at, done_at, cancelled_at;
    struct sim_person buyer;
    struct sim_destination *destinations;
    size_t destination_count;
    enum sim_payment payment;
    int instalments; // card: 1 = at once
    yen goods;       // over all destinations
    yen wrapping, postage, cod_fee, payment_fee;
    yen coupon_shop, coupon_mall, points; // positive = deducted
    yen total;                            // before coupons and points; YEN_UNDETERMINED possible
    yen billed;                           // what the buyer pays; YEN_UNDETERMINED possible
    struct sim_tax taxes[2];              // 10 % and 8 %, those that occur
    int tax_count;
    struct str coupon_name; // "" none
    struct str note;        // the buyer's words, "" none; may have several lines
    enum { SIM_DEVICE_PC, SIM_DEVICE_PHONE, SIM_DEVICE_TABLET } device;
    // History only: parcels of the shop's past shipping, one per destination.
    struct str tracking_number; // valid check digit; "" unless shipped
    enum sim_carrier shipped_with;
    // Free for the face: status, version, history …; allocate in `arena`.
    void *face;
};

const char *sim_mall_id(enum sim_mall mall); // "rakuten"
int sim_mall_from_id(struct str id);         // -1 unknown
const char *sim_stage_name(enum sim_stage stage);
int sim_stage_from_name(struct str name); // -1 unknown
const char *sim_payment_name(enum sim_payment payment);
int sim_payment_from_name(struct str name);
// Name of bit 0 … SIM_FEATURE_COUNT-1 ("gift", "noshi" …); the bit of a name, 0 if unknown.
const char *sim_feature_name(int bit);
int64_t sim_feature_from_name(struct str name);
const char *sim_carrier_name_ja(enum sim_carrier carrier); // ヤマト運輸
const char *sim_slot_name_ja(enum sim_slot slot);          // 午前中, 14:00～16:00; "" for none

// A number that depends only on order and purpose, uniform in [0, bound): for the details that a
// face invents ("card number", "basket id"). Independent of request order and of other orders.
uint64_t sim_dice(const struct sim_order *order, const char *purpose, uint64_t bound);

#endif
