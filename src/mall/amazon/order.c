// SPDX-License-Identifier: Apache-2.0
//
// An order of Orders API 2026-01-01 as a canonical order (amazon.md §6.6–§6.8). Required members
// that are missing or of another form make the order unreadable, with the member's name; everything
// else may be absent (roles, includedData, pending orders). Unknown statuses are kept as they are.
// Texts are copied into the caller's arena.
#include "mall/amazon/internal.h"

#include <stdio.h>

#define RAW_BYTES_MAX ((size_t)4 << 20)
#define EXTRAS_MAX 60

struct reader {
    struct arena *arena;
    const struct mall_account *account;
    struct error *error;
    bool failed;
    bool foreign; // an amount in another currency than yen
};

static void fail(struct reader *r, const char *path)
{
    if (r->failed)
        return;
    r->failed = true;
    error_set(r->error, ERROR_MALFORMED, "amazon.field_missing",
              "注文データの項目 %s がないか、読み取れません。",
              "The order's member %s is missing or unreadable.", path);
}

static struct str text(struct reader *r, struct json object, const char *key)
{
    struct str s = json_str(json_get(object, key));
    return s.p ? str_dup(r->arena, s) : STR("");
}

static time_ms moment(struct json v)
{
    time_ms t;
    return time_parse_iso(json_str(v), 0, &t) ? t : TIME_NONE;
}

// {amount: "1980", currencyCode}; decimals are rounded (other currencies only).
static yen money(struct reader *r, struct json v)
{
    struct str amount = json_str(json_get(v, "amount"));
    struct str currency = json_str(json_get(v, "currencyCode"));
    yen whole;
    if (json_is_null(v) || !amount.p)
        return 0;
    if (currency.n > 0 && !str_eq(currency, STR("JPY")))
        r->foreign = true;
    ptrdiff_t point = str_find_char(amount, '.');
    struct str integer = point < 0 ? amount : str_slice(amount, 0, (size_t)point);
    if (!yen_parse(integer, &whole) || whole > 1000000000000LL || whole < -1000000000000LL) {
        fail(r, "amount");
        return 0;
    }
    bool up = point >= 0 && (size_t)point + 1 < amount.n && amount.p[point + 1] >= '5';
    return whole + (up ? (amount.p[0] == '-' ? -1 : 1) : 0);
}

void amazon_add_extra(struct arena *arena, struct order *o, const char *key, const char *label,
                      struct str value)
{
    if (str_is_empty(value))
        return;
    if (!o->extras)
        o->extras = ARENA_ARRAY(arena, struct order_extra, EXTRAS_MAX);
    if (o->extras && o->extra_count < EXTRAS_MAX)
        o->extras[o->extra_count++] =
            (struct order_extra){str_from(key), str_from(label), str_dup(arena, value)};
}

void amazon_apply_status(struct order *o, struct str status, bool by_amazon)
{
    o->mall_status = status;
    o->mall_status_label = amazon_status_label(status);
    o->channel = by_amazon ? STR("fba") : STR("");
    o->state = ORDER_ACCEPTED;
    o->payment_state = PAYMENT_AUTHORIZED;
    enum shipment_state shipment = SHIPMENT_READY;
    if (str_eq(status, STR("PENDING")) || str_eq(status, STR("PENDING_AVAILABILITY"))) {
        o->state = ORDER_PROVISIONAL;
        o->payment_state = PAYMENT_AUTH_PENDING;
        shipment = SHIPMENT_WAITING;
        o->marks |= ORDER_MARK_ADDRESS_UNKNOWN;
        if (str_eq(status, STR("PENDING_AVAILABILITY")))
            o->marks |= ORDER_MARK_PREORDER;
    } else if (str_eq(status, STR("SHIPPED"))) {
        o->state = ORDER_DONE;
        o->payment_state = PAYMENT_PAID;
        shipment = SHIPMENT_SHIPPED;
    } else if (str_eq(status, STR("INVOICE_UNCONFIRMED"))) {
        shipment = SHIPMENT_SHIPPED;
    } else if (str_eq(status, STR("CANCELLED"))) {
        o->state = ORDER_CANCELLED;
        o->payment_state = PAYMENT_NONE;
        shipment = SHIPMENT_VOID;
    } else if (str_eq(status, STR("UNFULFILLABLE"))) {
        o->marks |= ORDER_MARK_HOLD;
    }
    if (by_amazon && o->state == ORDER_ACCEPTED)
        o->state = ORDER_MALL_PROCESSING; // Amazon ships it, nobody here
    for (size_t i = 0; i < o->package_count; i++)
        o->packages[i].state = shipment;
    o->shipment_state = order_roll_up_shipment(o);
}

// --- people ---

// Prefecture, city and lines from whatever is there: with or without stateOrRegion (§6.6).
static void read_address(struct reader *r, struct json a, struct person *p)
{
    struct arena *arena = r->arena;
    struct str state = text(r, a, "stateOrRegion"), city = text(r, a, "city");
    struct str line1 = text(r, a, "addressLine1"), line2 = text(r, a, "addressLine2"),
               line3 = text(r, a, "addressLine3");
    if (str_eq(city, STR("--")))
        city = STR("");
    int prefecture = prefecture_number(state);
    if (prefecture == 0 && (prefecture = prefecture_number(city)) > 0) {
        size_t n = prefecture_name(prefecture).n;
        struct str rest = city.n > n ? str_slice(city, n, city.n) : STR("");
        state = city;
        city = str_starts(city, prefecture_name(prefecture)) ? rest : STR("");
    }
    if (prefecture == 0 && (prefecture = prefecture_number(line1)) > 0 &&
        str_starts(line1, prefecture_name(prefecture)))
        line1 = str_slice(line1, prefecture_name(prefecture).n, line1.n);
    struct str zip = postal_code_normalise(arena, text(r, a, "postalCode"));
    *p = (struct person){
        .name = text(r, a, "name"),
        .name_kana = STR(""),
        .company = text(r, a, "companyName"),
        .postal_code = zip.n > 0 ? zip : text(r, a, "postalCode"),
        .prefecture = prefecture > 0 ? prefecture_name(prefecture) : state,
        .city = city,
        .address1 = line1,
        .address2 = line3.n > 0 && line2.n > 0
                        ? arena_printf(arena, "%.*s %.*s", STR_ARG(line2), STR_ARG(line3))
                    : line3.n > 0 ? line3
                                  : line2,
        .phone = phone_normalise(arena, text(r, a, "phone")),
        .email = STR(""),
    };
}

static void read_people(struct reader *r, struct json from, struct order *o)
{
    struct json buyer = json_get(from, "buyer"), recipient = json_get(from, "recipient");
    struct json address = json_get(recipient, "deliveryAddress");
    struct order_package *p = &o->packages[0];
    read_address(r, address, &p->recipient);
    o->orderer = (struct person){.name = text(r, buyer, "buyerName"),
                                 .name_kana = STR(""),
                                 .company = text(r, buyer, "buyerCompanyName"),
                                 .postal_code = STR(""),
                                 .prefecture = STR(""),
                                 .city = STR(""),
                                 .address1 = STR(""),
                                 .address2 = STR(""),
                                 .phone = STR(""),
                                 .email = text(r, buyer, "buyerEmail")};
    p->drop_off = text(r, json_get(recipient, "deliveryPreference"), "dropOffLocation");
    p->delivery_note = text(r, json_get(recipient, "deliveryPreference"), "addressInstruction");
    if (str_eq(json_str(json_get(address, "addressType")), STR("PICKUP_POINT")))
        p->pickup_store = p->recipient.company.n > 0 ? p->recipient.company : STR("受取スポット");
    amazon_add_extra(r->arena, o, "buyerPurchaseOrderNumber", "発注番号",
                     json_str(json_get(buyer, "buyerPurchaseOrderNumber")));
}

// --- lines and money ---

struct sums {
    yen goods, postage, wrapping, fees, discount, total;
    bool any;
};

static void read_breakdowns(struct reader *r, struct json proceeds, struct sums *sums)
{
    struct json b;
    for (struct json_iter i = json_iterate(json_get(proceeds, "breakdowns")); json_next(&i, &b);) {
        struct str type = json_str(json_get(b, "type"));
        yen amount = money(r, json_get(b, "subtotal"));
        sums->any = true;
        if (str_eq(type, STR("ITEM")))
            sums->goods += amount;
        else if (str_eq(type, STR("SHIPPING")))
            sums->postage += amount;
        else if (str_eq(type, STR("GIFT_WRAP")))
            sums->wrapping += amount;
        else if (str_eq(type, STR("DISCOUNT")))
            sums->discount += amount < 0 ? -amount : amount; // the sign isn't documented
        else
            sums->fees += amount;
    }
}

static void read_line_extras(struct reader *r, struct json item, struct order *o, int number)
{
    struct json product = json_get(item, "product");
    struct json points =
        json_get(json_get(json_get(item, "expense"), "pointsCost"), "pointsGranted");
    struct str url = json_str(json_get(json_get(product, "customization"), "customizedUrl"));
    int64_t granted = 0;
    struct json promotion;
    (void)number;
    if (json_int(json_get(points, "pointsNumber"), &granted) && granted != 0)
        amazon_add_extra(r->arena, o, "pointsGranted", "付与ポイント",
                         arena_printf(r->arena, "%lld", (long long)granted));
    amazon_add_extra(r->arena, o, "customizedUrl", "カスタマイズ内容", url);
    for (struct json_iter i = json_iterate(json_get(json_get(item, "promotion"), "breakdowns"));
         json_next(&i, &promotion);)
        amazon_add_extra(r->arena, o, "promotionId", "プロモーションID",
                         json_str(json_get(promotion, "promotionId")));
}

static void read_packing(struct reader *r, struct json item, struct order *o)
{
    struct order_package *p = &o->packages[0];
    struct json fulfillment = json_get(item, "fulfillment");
    struct json gift = json_get(json_get(fulfillment, "packing"), "giftOption");
    struct json window = json_get(json_get(fulfillment, "shipping"), "scheduledDeliveryWindow");
    time_ms from = moment(json_get(window, "earliestDateTime"));
    if (json_exists(gift)) {
        o->marks |= ORDER_MARK_GIFT;
        if (str_is_empty(p->gift_message))
            p->gift_message = text(r, gift, "giftMessage");
        if (str_is_empty(p->wrapping))
            p->wrapping = text(r, gift, "giftWrapLevel");
    }
    if (from != TIME_NONE) {
        p->requested_date = day_in_jst(from);
        o->marks |= ORDER_MARK_DATE_REQUESTED;
    }
}

static void read_cancellation(struct reader *r, struct json item, struct order *o)
{
    struct json c = json_get(item, "cancellation");
    struct json request = json_get(c, "cancellationRequest");
    struct json execution = json_get(c, "cancellationExecution");
    if (json_exists(request)) { // the seller decides; it is no cancellation yet (§9)
        o->marks |= ORDER_MARK_CAUTION;
        if (str_is_empty(o->mall_sub_status)) {
            o->mall_sub_status = STR("キャンセルリクエスト");
            amazon_add_extra(r->arena, o, "cancellationRequest", "キャンセルリクエスト",
                             json_str(json_get(request, "cancelReason")));
        }
    }
    if (json_exists(execution) && str_is_empty(o->cancel_reason))
        o->cancel_reason = text(r, execution, "cancelReason");
}

static void read_line(struct reader *r, struct json item, struct order *o, struct order_line *l,
                      struct sums *sums)
{
    struct json product = json_get(item, "product"), fulfillment = json_get(item, "fulfillment");
    struct sums own = {0};
    struct str sku = text(r, product, "sellerSku"), asin = text(r, product, "asin");
    *l = (struct order_line){.number = (int)o->packages[0].line_count,
                             .mall_line_id = text(r, item, "orderItemId"),
                             .item_code = sku.n > 0 ? sku : asin,
                             .item_id = asin,
                             .sku = sku,
                             .system_sku = STR(""),
                             .jan = STR(""),
                             .title = text(r, product, "title"),
                             .options = STR(""),
                             .tax_rate_basis_points = -1,
                             .tax_included = true,
                             .lead_time = STR(""),
                             .auction_id = STR(""),
                             .auction_merchant_id = STR(""),
                             .release_at = TIME_NONE};
    if (str_is_empty(l->mall_line_id))
        fail(r, "orderItems.orderItemId");
    if (!json_int(json_get(item, "quantityOrdered"), &l->quantity) || l->quantity < 0)
        fail(r, "orderItems.quantityOrdered");
    l->unit_price = money(r, json_get(json_get(product, "price"), "unitPrice"));
    read_breakdowns(r, json_get(item, "proceeds"), &own);
    if (l->unit_price == 0 && own.goods > 0 && l->quantity > 0 && own.goods % l->quantity == 0)
        l->unit_price = own.goods / l->quantity;
    l->unit_price_tax_included = l->unit_price;
    l->discount = own.discount;
    yen goods = own.any ? own.goods : l->unit_price * l->quantity;
    l->subtotal = goods - own.discount;
    sums->goods += goods;
    sums->postage += own.postage;
    sums->wrapping += own.wrapping;
    sums->fees += own.fees;
    sums->discount += own.discount;
    sums->any = sums->any || own.any;
    int64_t left;
    if (json_int(json_get(fulfillment, "quantityUnfulfilled"), &left) && left > 0 &&
        left != l->quantity)
        amazon_add_extra(
            r->arena, o, "quantityUnfulfilled", "未出荷数",
            arena_printf(r->arena, "%.*s: %lld", STR_ARG(l->item_code), (long long)left));
    read_packing(r, item, o);
    read_cancellation(r, item, o);
    read_line_extras(r, item, o, l->number);
}

static void read_lines(struct reader *r, struct json from, struct order *o, struct sums *sums)
{
    struct json items = json_get(from, "orderItems"), item;
    struct order_package *p = &o->packages[0];
    if (json_type(items) != JSON_ARRAY || json_count(items) == 0) {
        fail(r, "orderItems");
        return;
    }
    p->lines = ARENA_ARRAY(r->arena, struct order_line, json_count(items));
    for (struct json_iter i = json_iterate(items); p->lines && json_next(&i, &item);) {
        struct order_line *l = &p->lines[p->line_count++];
        read_line(r, item, o, l, sums);
    }
}

static void read_money(struct reader *r, struct json from, struct order *o, const struct sums *sums)
{
    struct json total = json_get(json_get(from, "proceeds"), "grandTotal");
    yen parts = sums->goods + sums->postage + sums->wrapping + sums->fees;
    o->goods = sums->goods;
    o->postage = sums->postage;
    o->wrapping_fee = sums->wrapping;
    o->other_fee = sums->fees;
    o->discount = sums->discount;
    o->total = parts;
    o->billed = json_is_null(total) ? parts - sums->discount : money(r, total);
    if (json_is_null(total) && !sums->any && sums->goods == 0) { // pending orders tell no prices
        o->marks |= ORDER_MARK_AMOUNT_UNDETERMINED;
        o->goods = o->total = o->billed = YEN_UNDETERMINED;
    }
    // What is below the sum was paid with points (§18, 12).
    yen rest = sums->any ? parts - sums->discount - o->billed : 0;
    if (rest > 0)
        o->points = rest;
    else if (rest < 0)
        o->marks |= ORDER_MARK_TOTAL_MISMATCH;
    if (r->foreign)
        amazon_add_extra(r->arena, o, "currencyCode", "通貨",
                         json_str(json_get(total, "currencyCode")));
    struct order_package *p = &o->packages[0];
    p->goods = o->goods;
    p->postage = o->postage;
    p->total = o->total;
}

static void read_payment(struct reader *r, struct json from, struct order *o)
{
    struct json one;
    for (struct json_iter i =
             json_iterate(json_get(json_get(from, "payment"), "paymentExecutions"));
         json_next(&i, &one);) {
        struct str method = text(r, one, "paymentMethod");
        if (str_is_empty(o->payment_method_code))
            o->payment_method_code = o->payment_method = method;
        else if (!str_eq(method, o->payment_method_code))
            o->payment_note = method;
    }
    account_payment_class(r->account, o->payment_method_code, o->payment_method,
                          PAYMENT_CLASS_AUTHORIZATION, &o->payment_class);
}

// --- parcels ---

static void read_packages(struct reader *r, struct json from, struct order *o)
{
    struct json packages = json_get(from, "packages"), one;
    struct order_package *p = &o->packages[0];
    p->shipments = ARENA_ARRAY(r->arena, struct shipment, json_count(packages));
    for (struct json_iter i = json_iterate(packages); p->shipments && json_next(&i, &one);) {
        struct str status = json_str(json_get(json_get(one, "packageStatus"), "status"));
        struct str code = text(r, one, "carrier");
        if (str_eq(status, STR("CANCELLED")))
            continue;
        struct str carrier = account_map_in(r->account, MAPPING_CARRIER, code);
        const struct carrier *by_name = carrier_from_text(code);
        time_ms at = moment(json_get(one, "shipTime"));
        p->shipments[p->shipment_count++] =
            (struct shipment){.carrier = carrier.n > 0 ? carrier
                                         : by_name     ? str_from(by_name->code)
                                                       : STR(""),
                              .carrier_mall_code = code,
                              .tracking_number = text(r, one, "trackingNumber"),
                              .ship_date = at == TIME_NONE ? 0 : day_in_jst(at),
                              .mall_ref = text(r, one, "packageReferenceId"),
                              .source = SHIPMENT_FROM_MALL};
        if (at != TIME_NONE && (o->shipped_at == TIME_NONE || at > o->shipped_at))
            o->shipped_at = at;
        if (str_eq(status, STR("DELIVERED")) && o->state == ORDER_DONE)
            p->state = SHIPMENT_DELIVERED;
    }
    o->shipment_state = order_roll_up_shipment(o);
}

static void read_programs(struct reader *r, struct json from, struct order *o)
{
    struct json one;
    AUTO_BUF list = buf_make(2048);
    for (struct json_iter i = json_iterate(json_get(from, "programs")); json_next(&i, &one);) {
        struct str name = json_str(one);
        if (str_eq(name, STR("PRIME")) || str_eq(name, STR("PREMIUM")))
            o->marks |= ORDER_MARK_EXPRESS;
        if (str_eq(name, STR("PREORDER")))
            o->marks |= ORDER_MARK_PREORDER;
        buf_addf(&list, "%s%.*s", list.n ? ", " : "", STR_ARG(name));
    }
    amazon_add_extra(r->arena, o, "programs", "プログラム", buf_str(&list));
    struct json links = json_get(from, "associatedOrders");
    o->links = ARENA_ARRAY(r->arena, struct order_link, json_count(links));
    for (struct json_iter i = json_iterate(links); o->links && json_next(&i, &one);)
        if (json_str(json_get(one, "orderId")).n > 0)
            o->links[o->link_count++] =
                (struct order_link){STR("same_purchase"), text(r, one, "orderId")};
}

static void read_fulfillment(struct reader *r, struct json from, struct order *o)
{
    struct json f = json_get(from, "fulfillment");
    struct str status = text(r, f, "fulfillmentStatus"),
               level = text(r, f, "fulfillmentServiceLevel");
    bool by_amazon = str_eq(json_str(json_get(f, "fulfilledBy")), STR("AMAZON"));
    time_ms ship_by = moment(json_get(json_get(f, "shipByWindow"), "latestDateTime"));
    time_ms deliver_by = moment(json_get(json_get(f, "deliverByWindow"), "latestDateTime"));
    char day_text[12];
    if (str_is_empty(status))
        fail(r, "fulfillment.fulfillmentStatus");
    amazon_apply_status(o, status, by_amazon);
    o->packages[0].delivery_method = level;
    if (str_eq(level, STR("NEXT_DAY")) || str_eq(level, STR("SAME_DAY")))
        o->marks |= ORDER_MARK_EXPRESS;
    if (by_amazon)
        amazon_add_extra(r->arena, o, "fulfilledBy", "出荷元", STR("Amazon（FBA）"));
    if (ship_by != TIME_NONE)
        amazon_add_extra(r->arena, o, "shipBy", "出荷期限",
                         day_format(day_in_jst(ship_by), day_text));
    if (deliver_by != TIME_NONE)
        amazon_add_extra(r->arena, o, "deliverBy", "お届け期限",
                         day_format(day_in_jst(deliver_by), day_text));
}

static void read_head(struct reader *r, struct json from, struct order *o)
{
    struct json channel = json_get(from, "salesChannel");
    order_init(o);
    o->mall = STR("amazon");
    o->order_no = text(r, from, "orderId");
    o->channel = o->mall_sub_status = o->payment_method = o->payment_method_code = STR("");
    o->payment_note = o->buyer_note = o->mall_memo = o->cancel_reason = STR("");
    o->ordered_at = moment(json_get(from, "createdTime"));
    o->mall_updated_at = moment(json_get(from, "lastUpdatedTime"));
    if (str_is_empty(o->order_no))
        fail(r, "orderId");
    if (o->ordered_at == TIME_NONE)
        fail(r, "createdTime");
    struct str place = json_str(json_get(channel, "marketplaceName"));
    if (!str_eq(place, STR("Amazon.co.jp")))
        amazon_add_extra(r->arena, o, "marketplaceName", "マーケットプレイス", place);
    if (str_eq(json_str(json_get(channel, "channelName")), STR("NON_AMAZON")))
        amazon_add_extra(r->arena, o, "channelName", "販売チャネル", STR("NON_AMAZON"));
    o->packages = ARENA_NEW(r->arena, struct order_package);
    if (!o->packages)
        return;
    o->package_count = 1;
    static const struct str none = {"", 0};
    o->packages[0] = (struct order_package){.number = 1,
                                            .mall_ref = none,
                                            .delivery_method = none,
                                            .temperature = none,
                                            .carrier = none,
                                            .requested_slot = none,
                                            .noshi = none,
                                            .wrapping = none,
                                            .gift_message = none,
                                            .drop_off = none,
                                            .delivery_note = none,
                                            .pickup_store = none};
}

bool amazon_order_read(struct arena *arena, const struct mall_account *account, struct json from,
                       struct order *o, struct error *error)
{
    struct reader r = {.arena = arena, .account = account, .error = error};
    struct sums sums = {0};
    read_head(&r, from, o);
    if (!o->packages)
        return error_no_memory(error);
    read_fulfillment(&r, from, o);
    read_lines(&r, from, o, &sums);
    read_people(&r, from, o);
    read_money(&r, from, o, &sums);
    read_payment(&r, from, o);
    read_packages(&r, from, o);
    read_programs(&r, from, o);
    o->mall_update_mark = amazon_update_mark(arena, o->mall_updated_at, o->mall_status);
    if (arena_failed(arena))
        return error_no_memory(error);
    if (r.failed && o->order_no.n > 0)
        error_subject(error, "%.*s", STR_ARG(str_utf8_cut(o->order_no, 60)));
    return !r.failed;
}

// --- raw ---

static void write_value(struct json_writer *w, struct json v)
{
    struct json one;
    int64_t number;
    double real;
    char key[256], digits[64];
    switch (json_type(v)) {
    case JSON_OBJECT:
        json_begin_object(w);
        for (struct json_iter i = json_iterate(v); json_next(&i, &one);) {
            struct str name = str_utf8_cut(i.key, sizeof key - 1);
            memcpy(key, name.p, name.n);
            key[name.n] = '\0';
            json_key(w, key);
            write_value(w, one);
        }
        json_end_object(w);
        break;
    case JSON_ARRAY:
        json_begin_array(w);
        for (struct json_iter i = json_iterate(v); json_next(&i, &one);)
            write_value(w, one);
        json_end_array(w);
        break;
    case JSON_STRING:
        json_write_str(w, json_str(v));
        break;
    case JSON_BOOL:
        json_write_bool(w, json_true(v));
        break;
    default:
        if (json_int(v, &number)) {
            json_write_int(w, number);
        } else if (json_double(v, &real)) {
            snprintf(digits, sizeof digits, "%.17g", real);
            json_write_raw(w, str_from(digits));
        } else {
            json_write_null(w);
        }
    }
}

struct str amazon_order_raw(struct arena *arena, struct json order)
{
    AUTO_BUF out = buf_make(RAW_BYTES_MAX);
    struct json_writer w = json_writer_make(&out);
    write_value(&w, order);
    return out.failed ? STR("") : str_dup(arena, buf_str(&out));
}
