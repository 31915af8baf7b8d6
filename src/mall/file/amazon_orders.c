// SPDX-License-Identifier: Apache-2.0
//
// Amazon's order reports as files (amazon.md §10.3): 注文レポート (新しい注文) and 未出荷レポート,
// downloaded from Seller Central, tab-separated, one row per order item, columns by name in any
// order. They hold buyer and address even for apps without the role. item-price is the total of a
// line; times are GMT. A promotion can repeat an item's row. Rows don't tell an order's status
// beyond what is still to be shipped.
#include "mall/amazon/internal.h"
#include "mall/file/formats.h"
#include "mall/file/join.h"

#define MONEY_MAX 1000000000000LL
#define QUANTITY_MAX 999999999

#define COLUMNS(X)                                \
    X(ORDER_NO, "order-id")                       \
    X(ITEM, "order-item-id")                      \
    X(ORDERED, "purchase-date")                   \
    X(PAID, "payments-date")                      \
    X(PROMISED, "promise-date")                   \
    X(BUYER_MAIL, "buyer-email")                  \
    X(BUYER, "buyer-name")                        \
    X(BUYER_PHONE, "buyer-phone-number")          \
    X(SKU, "sku")                                 \
    X(TITLE, "product-name")                      \
    X(QUANTITY, "quantity-purchased")             \
    X(SHIPPED, "quantity-shipped")                \
    X(LEFT, "quantity-to-ship")                   \
    X(CURRENCY, "currency")                       \
    X(PRICE, "item-price")                        \
    X(TAX, "item-tax")                            \
    X(POSTAGE, "shipping-price")                  \
    X(POSTAGE_TAX, "shipping-tax")                \
    X(WRAPPING, "gift-wrap-price")                \
    X(WRAPPING_TAX, "gift-wrap-tax")              \
    X(SERVICE, "ship-service-level")              \
    X(NAME, "recipient-name")                     \
    X(ADDRESS1, "ship-address-1")                 \
    X(ADDRESS2, "ship-address-2")                 \
    X(ADDRESS3, "ship-address-3")                 \
    X(CITY, "ship-city")                          \
    X(STATE, "ship-state")                        \
    X(ZIP, "ship-postal-code")                    \
    X(COUNTRY, "ship-country")                    \
    X(PHONE, "ship-phone-number")                 \
    X(DAY_FROM, "delivery-start-date")            \
    X(SCHEDULED, "scheduled-delivery-start-date") \
    X(NOTE, "delivery-Instructions")              \
    X(DISCOUNT, "item-promotion-discount")        \
    X(SHIP_DISCOUNT, "ship-promotion-discount")   \
    X(PAYMENT, "payment-method")                  \
    X(BUSINESS, "is-business-order")              \
    X(PURCHASE_NO, "purchase-order-number")       \
    X(PRIME, "is-prime")

#define COLUMN_ID(id, name) C_##id,
#define COLUMN_NAME(id, name) name,
enum column { COLUMNS(COLUMN_ID) C_COUNT };
static const char *const names[] = {COLUMNS(COLUMN_NAME)};

struct reading {
    const struct joined_order *j;
    struct order *o;
    struct order_file_refusal *refusal;
    bool failed;
};

static struct str cell(const struct reading *r, size_t row, enum column column)
{
    struct str text = joined_cell(r->j, row, (int)column);
    return str_eq(text, STR("--")) ? STR("") : text;
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

static int64_t number(struct reading *r, size_t row, enum column column)
{
    struct str text = cell(r, row, column);
    yen value = 0;
    if (str_is_empty(text))
        return 0;
    if (!yen_parse(text, &value) || value > MONEY_MAX || value < -MONEY_MAX)
        fail(r, row, column, "数値ではありません。Excelで保存し直していないか確認してください。",
             "not a number; was it saved by a spreadsheet program?");
    return value;
}

static time_ms moment(const struct reading *r, enum column column)
{
    time_ms t;
    return time_parse_iso(cell(r, 0, column), 0, &t) ? t : TIME_NONE;
}

static void read_people(struct reading *r)
{
    struct arena *a = r->j->arena;
    struct order_package *p = &r->o->packages[0];
    struct str zip = postal_code_normalise(a, cell(r, 0, C_ZIP));
    struct str two = cell(r, 0, C_ADDRESS2), three = cell(r, 0, C_ADDRESS3);
    struct str phone = cell(r, 0, C_PHONE);
    struct str state = cell(r, 0, C_STATE);
    int prefecture = prefecture_number(state);
    if (str_is_empty(phone))
        phone = cell(r, 0, C_BUYER_PHONE);
    p->recipient = (struct person){
        .name = cell(r, 0, C_NAME),
        .name_kana = STR(""),
        .company = STR(""),
        .postal_code = zip.n > 0 ? zip : cell(r, 0, C_ZIP),
        .prefecture = prefecture > 0 ? prefecture_name(prefecture) : state,
        .city = cell(r, 0, C_CITY),
        .address1 = cell(r, 0, C_ADDRESS1),
        .address2 = two.n > 0 && three.n > 0
                        ? arena_printf(a, "%.*s %.*s", STR_ARG(two), STR_ARG(three))
                    : three.n > 0 ? three
                                  : two,
        .phone = phone_normalise(a, phone),
        .email = STR(""),
    };
    r->o->orderer = (struct person){.name = cell(r, 0, C_BUYER),
                                    .name_kana = STR(""),
                                    .company = STR(""),
                                    .postal_code = STR(""),
                                    .prefecture = STR(""),
                                    .city = STR(""),
                                    .address1 = STR(""),
                                    .address2 = STR(""),
                                    .phone = phone_normalise(a, cell(r, 0, C_BUYER_PHONE)),
                                    .email = cell(r, 0, C_BUYER_MAIL)};
    p->delivery_note = cell(r, 0, C_NOTE);
}

static bool is_repeated(const struct reading *r, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (str_eq(cell(r, i, C_ITEM), cell(r, row, C_ITEM)))
            return true;
    return false;
}

static yen positive(yen v)
{
    return v < 0 ? -v : v;
}

static void read_line(struct reading *r, size_t row, struct order_line *l)
{
    yen price = number(r, row, C_PRICE) + number(r, row, C_TAX);
    *l = (struct order_line){.number = (int)r->o->packages[0].line_count,
                             .mall_line_id = cell(r, row, C_ITEM),
                             .item_code = cell(r, row, C_SKU),
                             .item_id = STR(""),
                             .sku = cell(r, row, C_SKU),
                             .system_sku = STR(""),
                             .jan = STR(""),
                             .title = cell(r, row, C_TITLE),
                             .options = STR(""),
                             .quantity = number(r, row, C_QUANTITY),
                             .tax_rate_basis_points = -1,
                             .tax_included = true,
                             .lead_time = STR(""),
                             .auction_id = STR(""),
                             .auction_merchant_id = STR(""),
                             .release_at = TIME_NONE};
    if (str_is_empty(l->mall_line_id))
        fail(r, row, C_ITEM, "空です。", "empty");
    if (str_is_empty(cell(r, row, C_QUANTITY)) || l->quantity < 0 || l->quantity > QUANTITY_MAX)
        fail(r, row, C_QUANTITY, "数量が正しくありません。", "an impossible quantity");
    l->unit_price = l->quantity > 0 ? price / l->quantity : price;
    l->unit_price_tax_included = l->unit_price;
    l->discount = positive(number(r, row, C_DISCOUNT));
    l->subtotal = price - l->discount;
    r->o->goods += price;
}

static void read_lines(struct reading *r)
{
    struct order *o = r->o;
    struct order_package *p = &o->packages[0];
    bool counted = cell(r, 0, C_LEFT).n > 0, any_left = false, any_shipped = false;
    p->lines = ARENA_ARRAY(r->j->arena, struct order_line, r->j->row_count);
    for (size_t row = 0; p->lines && row < r->j->row_count; row++) {
        o->discount += positive(number(r, row, C_DISCOUNT));
        o->discount += positive(number(r, row, C_SHIP_DISCOUNT));
        if (is_repeated(r, row)) // another promotion of the same item
            continue;
        read_line(r, row, &p->lines[p->line_count++]);
        p->lines[p->line_count - 1].number = (int)p->line_count;
        o->postage += number(r, row, C_POSTAGE) + number(r, row, C_POSTAGE_TAX);
        o->wrapping_fee += number(r, row, C_WRAPPING) + number(r, row, C_WRAPPING_TAX);
        any_left = any_left || number(r, row, C_LEFT) > 0;
        any_shipped = any_shipped || number(r, row, C_SHIPPED) > 0;
    }
    o->total = o->goods + o->postage + o->wrapping_fee;
    o->billed = o->total - o->discount;
    if (r->j->columns[C_PRICE] < 0) // 未出荷レポート tells no prices
        o->marks |= ORDER_MARK_AMOUNT_UNDETERMINED;
    p->goods = o->goods;
    p->postage = o->postage;
    p->total = o->total;
    amazon_apply_status(o,
                        counted && !any_left ? STR("SHIPPED")
                        : any_shipped        ? STR("PARTIALLY_SHIPPED")
                                             : STR("UNSHIPPED"),
                        false);
}

static void read_rest(struct reading *r)
{
    struct order *o = r->o;
    struct order_package *p = &o->packages[0];
    day d;
    struct str wish = cell(r, 0, C_SCHEDULED);
    time_ms at;
    if (str_is_empty(wish))
        wish = cell(r, 0, C_DAY_FROM);
    if (time_parse_iso(wish, 0, &at))
        p->requested_date = day_in_jst(at);
    else if (day_parse(str_slice(wish, 0, 10), &d) && day_is_valid(d))
        p->requested_date = d;
    if (p->requested_date != 0)
        o->marks |= ORDER_MARK_DATE_REQUESTED;
    p->delivery_method = cell(r, 0, C_SERVICE);
    o->payment_method = o->payment_method_code = cell(r, 0, C_PAYMENT);
    o->payment_class = PAYMENT_CLASS_AUTHORIZATION;
    if (str_eq_nocase(cell(r, 0, C_PRIME), STR("true")))
        o->marks |= ORDER_MARK_EXPRESS;
    if (o->wrapping_fee > 0)
        o->marks |= ORDER_MARK_WRAPPING;
    if (str_eq_nocase(cell(r, 0, C_BUSINESS), STR("true")))
        amazon_add_extra(r->j->arena, o, "programs", "プログラム", STR("AMAZON_BUSINESS"));
    amazon_add_extra(r->j->arena, o, "buyerPurchaseOrderNumber", "発注番号",
                     cell(r, 0, C_PURCHASE_NO));
}

static bool build(const struct joined_order *j, struct order *order,
                  struct order_file_refusal *refusal)
{
    struct reading r = {.j = j, .o = order, .refusal = refusal};
    order_init(order);
    order->mall = STR("amazon");
    order->order_no = j->order_no;
    order->channel = order->mall_update_mark = order->cancel_reason = STR("");
    order->mall_sub_status = order->payment_note = order->buyer_note = order->mall_memo = STR("");
    order->packages = ARENA_NEW(j->arena, struct order_package);
    if (!order->packages)
        return error_no_memory(&refusal->error);
    order->package_count = 1;
    order->packages[0] = (struct order_package){.number = 1, .mall_ref = STR("")};
    if (!amazon_is_order_number(j->order_no))
        fail(&r, 0, C_ORDER_NO, "注文番号ではありません。", "no order number");
    order->ordered_at = moment(&r, C_ORDERED);
    order->paid_at = moment(&r, C_PAID);
    if (order->ordered_at == TIME_NONE)
        fail(&r, 0, C_ORDERED, "日時ではありません。", "not a date");
    read_people(&r);
    read_lines(&r);
    read_rest(&r);
    if (arena_failed(j->arena))
        return error_no_memory(&refusal->error);
    return !r.failed;
}

static const struct join_format format = {
    .names = names, .name_count = C_COUNT, .key = C_ORDER_NO, .build = build};

static bool recognise(const struct str *header, size_t count)
{
    static const char *const needed[] = {"order-id",       "order-item-id",
                                         "purchase-date",  "quantity-purchased",
                                         "recipient-name", "ship-postal-code"};
    return join_header_has(header, count, needed, sizeof needed / sizeof needed[0]);
}

static bool read_file(const struct mall_account *account, struct str utf8, struct str second,
                      const struct order_file_sink *sink, struct error *error)
{
    (void)account;
    (void)second;
    return join_read(&format, utf8, sink, error);
}

const struct order_file_format amazon_order_file = {
    .id = "amazon.orders",
    .mall = "amazon",
    .label = {"Amazon 注文レポート（新しい注文・未出荷の注文）", "Amazon order report"},
    .recognise = recognise,
    .read = read_file,
};
