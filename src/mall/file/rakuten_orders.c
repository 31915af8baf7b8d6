// SPDX-License-Identifier: Apache-2.0
//
// The order CSV of RMS ("通常購入データ", rakuten.md §15.1): one row per order line, columns of
// order and destination repeated. Columns are found by name, in any order; new columns are kept as
// extras. The file has no shipping rows and no payment code: those come from the API.
#include "mall/file/formats.h"
#include "mall/file/join.h"
#include "mall/rakuten/codes.h"
#include "mall/rakuten/meaning.h"
#include "mall/rakuten/read.h"

#include <string.h>

#define MONEY_MAX 1000000000000LL
#define UNSET_MONEY (-9999)
#define QUANTITY_MAX 999999999
#define EXTRAS_MAX 200

#define COLUMNS(X)                              \
    X(ORDER_NO, "注文番号")                     \
    X(STATUS, "ステータス")                     \
    X(SUB_STATUS, "サブステータス")             \
    X(ORDERED_AT, "注文日時")                   \
    X(ORDER_DAY, "注文日")                      \
    X(ORDER_TIME, "注文時間")                   \
    X(CONFIRMED_AT, "注文確認日時")             \
    X(FIXED_AT, "注文確定日時")                 \
    X(SHIPPED_AT, "発送完了報告日時")           \
    X(PAYMENT, "支払方法名")                    \
    X(CARD_WAY, "クレジットカード支払い方法")   \
    X(CARD_TIMES, "クレジットカード支払い回数") \
    X(DELIVERY, "配送方法")                     \
    X(DELIVERY_CLASS, "配送区分")               \
    X(TYPE, "注文種別")                         \
    X(SEVERAL, "複数送付先フラグ")              \
    X(SAME_ADDRESS, "送付先一致フラグ")         \
    X(ISLAND, "離島フラグ")                     \
    X(CHECKING, "楽天確認中フラグ")             \
    X(CAUTION, "警告表示タイプ")                \
    X(MODIFIED, "購入履歴修正有無フラグ")       \
    X(GOODS, "商品合計金額")                    \
    X(POSTAGE, "送料合計")                      \
    X(COD_FEE, "代引料合計")                    \
    X(BILLED, "請求金額")                       \
    X(TOTAL, "合計金額")                        \
    X(POINTS, "ポイント利用額")                 \
    X(COUPON_SHOP, "店舗発行クーポン利用額")    \
    X(COUPON_MALL, "楽天発行クーポン利用額")    \
    X(PAYMENT_FEE, "決済手数料")                \
    X(OTHER_FEE, "注文者負担金合計")            \
    X(BUYER_ZIP1, "注文者郵便番号1")            \
    X(BUYER_ZIP2, "注文者郵便番号2")            \
    X(BUYER_PREFECTURE, "注文者住所都道府県")   \
    X(BUYER_CITY, "注文者住所郡市区")           \
    X(BUYER_REST, "注文者住所それ以降の住所")   \
    X(BUYER_FAMILY, "注文者姓")                 \
    X(BUYER_GIVEN, "注文者名")                  \
    X(BUYER_FAMILY_KANA, "注文者姓カナ")        \
    X(BUYER_GIVEN_KANA, "注文者名カナ")         \
    X(BUYER_PHONE1, "注文者電話番号1")          \
    X(BUYER_PHONE2, "注文者電話番号2")          \
    X(BUYER_PHONE3, "注文者電話番号3")          \
    X(BUYER_MAIL, "注文者メールアドレス")       \
    X(BASKET, "送付先ID")                       \
    X(BASKET_POSTAGE, "送付先送料")             \
    X(BASKET_COD, "送付先代引料")               \
    X(BASKET_GOODS, "送付先商品合計金額")       \
    X(BASKET_TOTAL, "送付先合計金額")           \
    X(NOSHI, "のし")                            \
    X(TO_ZIP1, "送付先郵便番号1")               \
    X(TO_ZIP2, "送付先郵便番号2")               \
    X(TO_PREFECTURE, "送付先住所都道府県")      \
    X(TO_CITY, "送付先住所郡市区")              \
    X(TO_REST, "送付先住所それ以降の住所")      \
    X(TO_FAMILY, "送付先姓")                    \
    X(TO_GIVEN, "送付先名")                     \
    X(TO_FAMILY_KANA, "送付先姓カナ")           \
    X(TO_GIVEN_KANA, "送付先名カナ")            \
    X(TO_PHONE1, "送付先電話番号1")             \
    X(TO_PHONE2, "送付先電話番号2")             \
    X(TO_PHONE3, "送付先電話番号3")             \
    X(LINE, "商品明細ID")                       \
    X(TITLE, "商品名")                          \
    X(ITEM_NUMBER, "商品番号")                  \
    X(MANAGE_NUMBER, "商品管理番号")            \
    X(PRICE, "単価")                            \
    X(QUANTITY, "個数")                         \
    X(POSTAGE_INCLUDED, "送料込別")             \
    X(TAX_INCLUDED, "税込別")                   \
    X(CHOICES, "項目・選択肢")                  \
    X(LEAD_TIME, "納期情報")                    \
    X(PAPER_NAME, "ラッピング名1")              \
    X(PAPER_PRICE, "ラッピング料金1")           \
    X(PAPER_TAX_INCLUDED, "ラッピング税込別1")  \
    X(PAPER_TAX, "ラッピング税額1")             \
    X(RIBBON_NAME, "ラッピング名2")             \
    X(RIBBON_PRICE, "ラッピング料金2")          \
    X(RIBBON_TAX_INCLUDED, "ラッピング税込別2") \
    X(RIBBON_TAX, "ラッピング税額2")            \
    X(SLOT, "お届け時間帯")                     \
    X(REQUESTED_DAY, "お届け日指定")            \
    X(MEMO, "ひとことメモ")                     \
    X(GIFT, "ギフト配送希望")                   \
    X(REMARKS, "コメント")                      \
    X(ASURAKU, "あす楽希望フラグ")              \
    X(DRUG, "医薬品受注フラグ")                 \
    X(TAX_RATE, "商品税率")                     \
    X(PRICE_WITH_TAX, "商品毎税込価格")         \
    X(DEFAULT_CARRIER, "購入時配送会社")        \
    X(PAYMENT_DUE, "支払い期限日")              \
    X(SKU, "SKU管理番号")                       \
    X(SYSTEM_SKU, "システム連携用SKU番号")      \
    X(SKU_INFO, "SKU情報")                      \
    X(TAX10_PRICE, "10%請求金額")               \
    X(TAX10_TAX, "10%請求額に対する税額")       \
    X(TAX8_PRICE, "8%請求金額")                 \
    X(TAX8_TAX, "8%請求額に対する税額")         \
    X(TAX0_PRICE, "0%請求金額")                 \
    X(TAX0_TAX, "0%請求額に対する税額")

#define COLUMN_ID(id, name) C_##id,
#define COLUMN_NAME(id, name) name,
enum column { COLUMNS(COLUMN_ID) C_COUNT };
static const char *const names[] = {COLUMNS(COLUMN_NAME)};

struct reading {
    const struct joined_order *j;
    struct order *o;
    struct order_file_refusal *refusal;
    int64_t progress;
    bool failed;
};

static struct str cell(const struct reading *r, size_t row, enum column column)
{
    return joined_cell(r->j, row, (int)column);
}

static void fail(struct reading *r, size_t row, enum column column, const char *ja, const char *en)
{
    if (r->failed)
        return;
    r->failed = true;
    r->refusal->line = r->j->lines[row];
    r->refusal->column = str_from(names[column]);
    error_set(&r->refusal->error, ERROR_MALFORMED, "file.cell_unreadable",
              "「%s」の値を読み取れません。%s%.0s", "%s can't be read: %.0s%s", names[column], ja,
              en);
}

// Whole numbers, also "3,000". `required`: an empty cell is a fault, else 0.
static int64_t number(struct reading *r, size_t row, enum column column, bool required)
{
    struct str text = cell(r, row, column);
    yen value = 0;
    if (str_is_empty(text) && !required)
        return 0;
    if (!yen_parse(text, &value) || value > MONEY_MAX || value < -MONEY_MAX)
        fail(r, row, column, "数値ではありません。Excelで保存し直していないか確認してください。",
             "not a number; was it saved by a spreadsheet program?");
    return value;
}

static yen money(struct reading *r, size_t row, enum column column, bool required)
{
    int64_t value = number(r, row, column, required);
    return value == UNSET_MONEY ? YEN_UNDETERMINED : value;
}

static bool flag(const struct reading *r, size_t row, enum column column)
{
    return str_eq(cell(r, row, column), STR("1"));
}

static int64_t code(const struct reading *r, size_t row, enum column column, int64_t otherwise)
{
    int64_t value;
    return str_to_int64(cell(r, row, column), &value) ? value : otherwise;
}

// "2026-01-13 09:12:45", "2026/01/13 9:12:45"; TIME_NONE otherwise.
static time_ms moment(const struct reading *r, struct str text)
{
    char copy[40];
    time_ms t;
    if (text.n == 0 || text.n >= sizeof copy)
        return TIME_NONE;
    for (size_t i = 0; i < text.n; i++)
        copy[i] = text.p[i] == '/' ? '-' : text.p[i];
    struct str plain = str_make(copy, text.n);
    if (time_parse_iso(plain, JST_OFFSET_MS, &t))
        return t;
    // Hours without a leading zero.
    ptrdiff_t blank = str_find_char(plain, ' ');
    if (blank < 0)
        return TIME_NONE;
    struct str padded =
        arena_printf(r->j->arena, "%.*s 0%.*s", STR_ARG(str_slice(plain, 0, (size_t)blank)),
                     STR_ARG(str_slice(plain, (size_t)blank + 1, plain.n)));
    return time_parse_iso(padded, JST_OFFSET_MS, &t) ? t : TIME_NONE;
}

static time_ms moment_of(const struct reading *r, enum column column)
{
    return moment(r, cell(r, 0, column));
}

static day day_of(const struct reading *r, enum column column)
{
    day d;
    struct str text = str_slice(cell(r, 0, column), 0, 10);
    return day_parse(text, &d) && day_is_valid(d) ? d : 0;
}

// "0.1", "10", "10%" are all ten per cent.
static int rate(struct str text)
{
    static const struct {
        const char *text;
        int points;
    } known[] = {{"0.1", 1000}, {"0.10", 1000}, {"10", 1000}, {"10%", 1000}, {"0.08", 800},
                 {"8", 800},    {"8%", 800},    {"0", 0},     {"0.0", 0},    {"0%", 0}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_eq(text, str_from(known[i].text)))
            return known[i].points;
    return -1;
}

static struct str joined(struct arena *arena, struct str a, const char *between, struct str b)
{
    if (str_is_empty(a))
        return b;
    if (str_is_empty(b))
        return a;
    return arena_printf(arena, "%.*s%s%.*s", STR_ARG(a), between, STR_ARG(b));
}

// Twelve columns in a row have the same meaning for buyer and recipient; `first` is the postal
// code's.
static void read_person(struct reading *r, size_t row, enum column first, struct person *p)
{
    struct arena *arena = r->j->arena;
    struct str part[12];
    for (int i = 0; i < 12; i++)
        part[i] = cell(r, row, (enum column)(first + i));
    struct str phone = arena_printf(arena, "%.*s-%.*s-%.*s", STR_ARG(part[9]), STR_ARG(part[10]),
                                    STR_ARG(part[11]));
    // Leading zeros of a postal code are lost when a spreadsheet program saves the file.
    struct str zip = arena_printf(arena, "%s%.*s%s%.*s",
                                  part[0].n == 2   ? "0"
                                  : part[0].n == 1 ? "00"
                                                   : "",
                                  STR_ARG(part[0]),
                                  part[1].n == 3   ? "0"
                                  : part[1].n == 2 ? "00"
                                  : part[1].n == 1 ? "000"
                                                   : "",
                                  STR_ARG(part[1]));
    *p = (struct person){
        .name = joined(arena, part[5], " ", part[6]),
        .name_kana = joined(arena, part[7], " ", part[8]),
        .company = STR(""),
        .postal_code = postal_code_normalise(arena, zip),
        .prefecture = part[2],
        .city = part[3],
        .address1 = part[4],
        .address2 = STR(""),
        .phone = phone_normalise(arena, phone),
        .email = STR(""),
    };
}

static void read_head(struct reading *r)
{
    struct order *o = r->o;
    r->progress = number(r, 0, C_STATUS, true);
    rakuten_apply_status(r->j->arena, o, r->progress);
    o->mall_sub_status = cell(r, 0, C_SUB_STATUS);
    o->ordered_at = moment_of(r, C_ORDERED_AT);
    if (o->ordered_at == TIME_NONE)
        o->ordered_at =
            moment(r, joined(r->j->arena, cell(r, 0, C_ORDER_DAY), " ", cell(r, 0, C_ORDER_TIME)));
    if (o->ordered_at == TIME_NONE)
        fail(r, 0, C_ORDERED_AT, "日時ではありません。", "not a date");
    o->confirmed_at = moment_of(r, C_CONFIRMED_AT);
    o->fixed_at = moment_of(r, C_FIXED_AT);
    o->shipped_at = moment_of(r, C_SHIPPED_AT);
    o->buyer_note = cell(r, 0, C_REMARKS);
    o->mall_memo = cell(r, 0, C_MEMO);
    read_person(r, 0, C_BUYER_ZIP1, &o->orderer);
    o->orderer.email = cell(r, 0, C_BUYER_MAIL);
}

static void read_marks(struct reading *r)
{
    static const struct {
        enum column column;
        enum order_mark mark;
    } flags[] = {
        {C_SEVERAL, ORDER_MARK_SEVERAL_DESTINATIONS},
        {C_ISLAND, ORDER_MARK_REMOTE_ISLAND},
        {C_CHECKING, ORDER_MARK_FRAUD_REVIEW},
        {C_MODIFIED, ORDER_MARK_MODIFIED},
        {C_GIFT, ORDER_MARK_GIFT},
        {C_ASURAKU, ORDER_MARK_EXPRESS},
        {C_DRUG, ORDER_MARK_DRUG},
    };
    int64_t type = code(r, 0, C_TYPE, 1);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (flag(r, 0, flags[i].column))
            r->o->marks |= flags[i].mark;
    if (code(r, 0, C_CAUTION, 0) > 0)
        r->o->marks |= ORDER_MARK_CAUTION;
    if (type == 6)
        r->o->marks |= ORDER_MARK_PREORDER;
    if (type == 4 || type == 5)
        r->o->marks |= ORDER_MARK_SUBSCRIPTION;
    if (rakuten_remarks_hold_comment(r->o->buyer_note))
        r->o->marks |= ORDER_MARK_COMMENT;
}

static yen wrapping_fee(struct reading *r, enum column price, enum column included, enum column tax)
{
    yen fee = money(r, 0, price, false);
    yen added = money(r, 0, tax, false);
    if (fee == YEN_UNDETERMINED)
        return 0;
    return flag(r, 0, included) || added == YEN_UNDETERMINED ? fee : fee + added;
}

static void read_money(struct reading *r)
{
    struct order *o = r->o;
    o->wrapping_fee = wrapping_fee(r, C_PAPER_PRICE, C_PAPER_TAX_INCLUDED, C_PAPER_TAX) +
                      wrapping_fee(r, C_RIBBON_PRICE, C_RIBBON_TAX_INCLUDED, C_RIBBON_TAX);
    o->goods = money(r, 0, C_GOODS, true);
    if (o->goods != YEN_UNDETERMINED)
        o->goods -= o->wrapping_fee;
    o->postage = money(r, 0, C_POSTAGE, true);
    o->cod_fee = money(r, 0, C_COD_FEE, false);
    o->payment_fee = money(r, 0, C_PAYMENT_FEE, false);
    o->other_fee = money(r, 0, C_OTHER_FEE, false);
    o->coupon_shop = money(r, 0, C_COUPON_SHOP, false);
    o->coupon_mall = money(r, 0, C_COUPON_MALL, false);
    o->points = money(r, 0, C_POINTS, false);
    o->billed = money(r, 0, C_BILLED, true);
    yen total = money(r, 0, C_TOTAL, true);
    const yen parts[] = {o->goods,       o->postage,     o->cod_fee, o->payment_fee, o->other_fee,
                         o->coupon_shop, o->coupon_mall, o->billed,  total};
    o->total = total;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i] == YEN_UNDETERMINED)
            o->marks |= ORDER_MARK_AMOUNT_UNDETERMINED;
    if (o->marks & ORDER_MARK_AMOUNT_UNDETERMINED)
        o->total = YEN_UNDETERMINED;
    else
        o->total = total + o->cod_fee + o->payment_fee + o->other_fee;
}

static void read_taxes(struct reading *r)
{
    static const struct {
        int points;
        enum column price, tax;
    } rates[] = {{1000, C_TAX10_PRICE, C_TAX10_TAX},
                 {800, C_TAX8_PRICE, C_TAX8_TAX},
                 {0, C_TAX0_PRICE, C_TAX0_TAX}};
    r->o->taxes = ARENA_ARRAY(r->j->arena, struct tax_summary, 3);
    for (size_t i = 0; r->o->taxes && i < 3; i++) {
        yen price = money(r, 0, rates[i].price, false);
        if (price != 0)
            r->o->taxes[r->o->tax_count++] =
                (struct tax_summary){rates[i].points, price, money(r, 0, rates[i].tax, false)};
    }
}

static void read_payment(struct reading *r)
{
    struct order *o = r->o;
    struct str settlement = rakuten_settlement_code(cell(r, 0, C_PAYMENT));
    int64_t method = 0;
    o->payment_method = cell(r, 0, C_PAYMENT);
    o->payment_method_code = settlement.p ? settlement : STR("");
    account_payment_class(r->j->account, o->payment_method_code, o->payment_method,
                          PAYMENT_CLASS_AUTHORIZATION, &o->payment_class);
    struct str times = cell(r, 0, C_CARD_TIMES);
    int instalments = rakuten_instalments(times);
    const char *way = rakuten_card_pay_name(code(r, 0, C_CARD_WAY, -1));
    o->payment_note = way ? str_from(way) : cell(r, 0, C_CARD_WAY);
    if (instalments > 0)
        o->payment_note =
            arena_printf(r->j->arena, "%.*s%d回", STR_ARG(o->payment_note), instalments);
    // Methods that the shop collects itself (§11.4: 選択制決済).
    bool own = str_to_int64(settlement, &method) && method >= 2 && method <= 7;
    rakuten_apply_payment(r->j->arena, o, r->progress, !own);
    o->payment_due = day_of(r, C_PAYMENT_DUE);
}

static void read_slot(struct reading *r, struct order_package *p)
{
    struct str text = cell(r, 0, C_SLOT);
    int64_t term;
    p->requested_date = day_of(r, C_REQUESTED_DAY);
    p->requested_slot =
        str_to_int64(text, &term) ? rakuten_slot(r->j->account, r->j->arena, term) : text;
    if (p->requested_date != 0 || p->requested_slot.n > 0)
        r->o->marks |= ORDER_MARK_DATE_REQUESTED;
    p->delivery_note = str_eq(p->requested_slot, STR("その他"))
                           ? rakuten_delivery_wish(r->j->arena, r->o->buyer_note)
                           : STR("");
}

static void read_recipient(struct reading *r, size_t row, struct order_package *p)
{
    read_person(r, row, C_TO_ZIP1, &p->recipient);
    if (str_eq(p->recipient.prefecture, STR("入力待ち")) ||
        str_starts(p->recipient.name, STR("入力待ち"))) {
        static const struct person nobody;
        p->recipient = nobody;
        r->o->marks |= ORDER_MARK_ADDRESS_UNKNOWN;
    }
}

static struct order_package *add_package(struct reading *r, size_t row)
{
    struct order *o = r->o;
    struct order_package *p = &o->packages[o->package_count++];
    struct str wrapping =
        joined(r->j->arena, cell(r, 0, C_PAPER_NAME), "\n", cell(r, 0, C_RIBBON_NAME));
    int64_t class = code(r, 0, C_DELIVERY_CLASS, 0);
    p->number = (int)o->package_count;
    number(r, row, C_BASKET, true);
    p->mall_ref = cell(r, row, C_BASKET);
    read_recipient(r, row, p);
    read_slot(r, p);
    p->recipient_is_orderer = flag(r, 0, C_SAME_ADDRESS);
    p->delivery_method = cell(r, 0, C_DELIVERY);
    p->temperature = class == 2 ? STR("refrigerated") : class == 3 ? STR("frozen") : STR("");
    p->carrier = rakuten_carrier_in(r->j->account, cell(r, row, C_DEFAULT_CARRIER));
    p->noshi = cell(r, row, C_NOSHI);
    p->wrapping = wrapping;
    p->gift_message = p->drop_off = p->pickup_store = STR("");
    p->remote_island = flag(r, 0, C_ISLAND) && !flag(r, 0, C_SEVERAL);
    p->goods = money(r, row, C_BASKET_GOODS, false);
    p->postage = money(r, row, C_BASKET_POSTAGE, false);
    p->cod_fee = money(r, row, C_BASKET_COD, false);
    p->total = money(r, row, C_BASKET_TOTAL, false);
    p->state = rakuten_package_state(r->progress, p, 0);
    if (p->noshi.n > 0)
        o->marks |= ORDER_MARK_NOSHI;
    if (p->wrapping.n > 0)
        o->marks |= ORDER_MARK_WRAPPING;
    p->lines = ARENA_ARRAY(r->j->arena, struct order_line, r->j->row_count);
    return p->lines ? p : NULL;
}

static struct order_package *package_of(struct reading *r, size_t row)
{
    struct str basket = cell(r, row, C_BASKET);
    for (size_t i = 0; i < r->o->package_count; i++)
        if (str_eq(r->o->packages[i].mall_ref, basket))
            return &r->o->packages[i];
    return add_package(r, row);
}

static void read_line(struct reading *r, size_t row, struct order_line *l)
{
    number(r, row, C_LINE, true);
    *l = (struct order_line){
        .number = (int)row + 1,
        .mall_line_id = cell(r, row, C_LINE),
        .item_code = cell(r, row, C_ITEM_NUMBER),
        .item_id = cell(r, row, C_MANAGE_NUMBER),
        .sku = cell(r, row, C_SKU),
        .system_sku = cell(r, row, C_SYSTEM_SKU),
        .jan = STR(""),
        .title = cell(r, row, C_TITLE),
        .options = joined(r->j->arena, cell(r, row, C_SKU_INFO), "\n", cell(r, row, C_CHOICES)),
        .unit_price = money(r, row, C_PRICE, true),
        .quantity = number(r, row, C_QUANTITY, true),
        .tax_rate_basis_points = rate(cell(r, row, C_TAX_RATE)),
        .tax_included = flag(r, row, C_TAX_INCLUDED),
        .lead_time = cell(r, row, C_LEAD_TIME),
        .auction_id = STR(""),
        .auction_merchant_id = STR(""),
        .release_at = TIME_NONE,
        .postage_included = flag(r, row, C_POSTAGE_INCLUDED),
    };
    yen with_tax = money(r, row, C_PRICE_WITH_TAX, false);
    l->unit_price_tax_included = with_tax != 0 ? with_tax : l->unit_price;
    if (l->quantity < 0 || l->quantity > QUANTITY_MAX)
        fail(r, row, C_QUANTITY, "数量が正しくありません。", "an impossible quantity");
    else if (l->unit_price_tax_included == YEN_UNDETERMINED ||
             __builtin_mul_overflow(l->unit_price_tax_included, l->quantity, &l->subtotal))
        l->subtotal = YEN_UNDETERMINED;
}

static void read_packages(struct reading *r)
{
    struct order *o = r->o;
    o->packages = ARENA_ARRAY(r->j->arena, struct order_package, r->j->row_count);
    for (size_t row = 0; o->packages && row < r->j->row_count; row++) {
        struct order_package *p = package_of(r, row);
        if (!p)
            return;
        for (size_t i = 0; i < p->line_count; i++)
            if (str_eq(p->lines[i].mall_line_id, cell(r, row, C_LINE)))
                fail(r, row, C_LINE, "同じ明細が2回あります。", "the same line twice");
        read_line(r, row, &p->lines[p->line_count++]);
    }
    if (o->package_count > 1)
        o->marks |= ORDER_MARK_SEVERAL_DESTINATIONS;
}

static bool column_is_known(const struct joined_order *j, size_t column)
{
    for (int i = 0; i < C_COUNT; i++)
        if (j->columns[i] == (int)column)
            return true;
    return false;
}

// Columns without a field of their own: the order's value once, another value of a later row beside
// it.
static void read_extras(struct reading *r)
{
    const struct joined_order *j = r->j;
    r->o->extras = ARENA_ARRAY(j->arena, struct order_extra, EXTRAS_MAX);
    for (size_t column = 0; r->o->extras && column < j->column_count; column++) {
        if (column_is_known(j, column))
            continue;
        for (size_t row = 0; row < j->row_count && r->o->extra_count < EXTRAS_MAX; row++) {
            struct str value = j->rows[row][column];
            bool repeated = row > 0 && str_eq(value, j->rows[0][column]);
            if (str_is_empty(value) || str_eq(value, STR("0")) || repeated)
                continue;
            struct str name = str_dup(j->arena, j->header[column]);
            struct str key =
                row == 0 ? name : arena_printf(j->arena, "%.*s[%zu]", STR_ARG(name), row + 1);
            r->o->extras[r->o->extra_count++] = (struct order_extra){key, key, value};
        }
    }
}

static bool build(const struct joined_order *j, struct order *order,
                  struct order_file_refusal *refusal)
{
    struct reading r = {.j = j, .o = order, .refusal = refusal};
    order_init(order);
    order->mall = STR("rakuten");
    order->order_no = j->order_no;
    order->channel = order->mall_update_mark = order->cancel_reason = STR("");
    if (!rakuten_is_order_number(j->order_no))
        fail(&r, 0, C_ORDER_NO, "注文番号ではありません。", "no order number");
    read_head(&r);
    read_marks(&r);
    read_money(&r);
    read_taxes(&r);
    read_payment(&r);
    read_packages(&r);
    read_extras(&r);
    order->shipment_state = order_roll_up_shipment(order);
    if (arena_failed(j->arena))
        return error_no_memory(&refusal->error);
    if (!r.failed)
        rakuten_check_totals(order, money(&r, 0, C_TOTAL, true));
    return !r.failed;
}

static const struct join_format format = {
    .names = names, .name_count = C_COUNT, .key = C_ORDER_NO, .build = build};

static bool recognise(const struct str *header, size_t count)
{
    static const char *const needed[] = {"注文番号",     "ステータス", "送付先ID", "商品明細ID",
                                         "商品管理番号", "単価",       "個数",     "請求金額"};
    return join_header_has(header, count, needed, sizeof needed / sizeof needed[0]);
}

static bool read_file(const struct mall_account *account, struct str utf8, struct str second,
                      const struct order_file_sink *sink, struct error *error)
{
    struct mall_account known = account ? *account : (struct mall_account){0};
    (void)second;
    known.mall = mall_by_id(STR("rakuten"));
    return join_read_for(&known, &format, utf8, sink, error);
}

const struct order_file_format rakuten_order_file = {
    .id = "rakuten.orders",
    .mall = "rakuten",
    .label = {"楽天 受注CSV(通常購入データ)", "Rakuten order CSV"},
    .recognise = recognise,
    .read = read_file,
};
