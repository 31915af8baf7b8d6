// SPDX-License-Identifier: Apache-2.0
//
// Destinations of an order (rakuten.md §5.7–5.9): recipient, lines, shipping rows, wishes.
// Invariant: the dummy recipient of a social gift ("入力待ち", 999-9999) never becomes part of a
// recipient; the order is marked instead.
#include "mall/rakuten/parse_internal.h"

#define QUANTITY_MAX 999999999

static struct str joined_phone(struct order_reader *r, struct json model)
{
    struct str text =
        arena_printf(r->arena, "%.*s-%.*s-%.*s", STR_ARG(json_str(json_get(model, "phoneNumber1"))),
                     STR_ARG(json_str(json_get(model, "phoneNumber2"))),
                     STR_ARG(json_str(json_get(model, "phoneNumber3"))));
    return phone_normalise(r->arena, text);
}

void parse_person(struct order_reader *r, struct json model, struct person *person)
{
    struct str zip = arena_printf(r->arena, "%.*s%.*s", STR_ARG(read_text(r, model, "zipCode1")),
                                  STR_ARG(read_text(r, model, "zipCode2")));
    person->name =
        join_texts(r, read_text(r, model, "familyName"), " ", read_text(r, model, "firstName"));
    person->name_kana = join_texts(r, read_text(r, model, "familyNameKana"), " ",
                                   read_text(r, model, "firstNameKana"));
    person->company = STR("");
    person->postal_code = postal_code_normalise(r->arena, zip);
    person->prefecture = read_text(r, model, "prefecture");
    person->city = read_text(r, model, "city");
    person->address1 = read_text(r, model, "subAddress");
    person->address2 = STR("");
    person->phone = joined_phone(r, model);
    person->email = read_text(r, model, "emailAddress");
}

// §5.8: dummy values until the recipient of a social gift has entered the address.
static bool recipient_is_dummy(struct json package, struct json sender)
{
    struct json gift = json_get(package, "SocialGiftModel");
    bool waits = json_type(gift) == JSON_OBJECT && !read_flag(gift, "inputFlag");
    struct str waiting = STR("入力待ち");
    return waits || str_eq(json_str(json_get(sender, "prefecture")), waiting) ||
           str_eq(json_str(json_get(sender, "familyName")), waiting) ||
           (str_eq(json_str(json_get(sender, "zipCode1")), STR("999")) &&
            str_eq(json_str(json_get(sender, "zipCode2")), STR("9999")));
}

static void parse_recipient(struct order_reader *r, struct json package, struct order_package *p)
{
    struct json sender = json_get(package, "SenderModel");
    static const struct person nobody = {{"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0},
                                         {"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}};
    if (json_type(sender) != JSON_OBJECT)
        reader_fail(r, package, "SenderModel");
    p->recipient = nobody;
    if (recipient_is_dummy(package, sender))
        r->order->marks |= ORDER_MARK_ADDRESS_UNKNOWN;
    else
        parse_person(r, sender, &p->recipient);
    p->recipient_is_orderer = read_flag(r->model, "equalSenderFlag");
    p->remote_island = read_flag(sender, "isolatedIslandFlag");
    if (p->remote_island)
        r->order->marks |= ORDER_MARK_REMOTE_ISLAND;
}

static struct str options_text(struct order_reader *r, struct json item)
{
    struct json sku;
    struct str text = STR("");
    for (struct json_iter i = json_iterate(json_get(item, "SkuModelList")); json_next(&i, &sku);)
        text = join_texts(r, text, "\n", read_text(r, sku, "skuInfo"));
    return join_texts(r, text, "\n", read_text(r, item, "selectedChoice"));
}

static void parse_line(struct order_reader *r, struct json item, int number,
                       struct order_line *line)
{
    struct json sku = {0};
    struct json_iter i = json_iterate(json_get(item, "SkuModelList"));
    bool has_sku = json_next(&i, &sku);
    *line = (struct order_line){.number = number, .release_at = TIME_NONE};
    read_required_int(r, item, "itemDetailId");
    line->mall_line_id = read_text(r, item, "itemDetailId");
    line->item_code = read_text(r, item, "itemNumber");
    line->item_id = read_text(r, item, "manageNumber");
    line->sku = has_sku ? read_text(r, sku, "variantId") : STR("");
    line->system_sku = has_sku ? read_text(r, sku, "merchantDefinedSkuId") : STR("");
    line->jan = STR("");
    line->title = read_text(r, item, "itemName");
    line->options = options_text(r, item);
    line->unit_price = read_money(r, item, "price", true);
    line->quantity = read_required_int(r, item, "units");
    line->tax_rate_basis_points = read_rate(item, "taxRate");
    line->tax_included = read_flag(item, "includeTaxFlag");
    line->unit_price_tax_included = json_is_null(json_get(item, "priceTaxIncl"))
                                        ? line->unit_price
                                        : read_money(r, item, "priceTaxIncl", true);
    if (line->quantity < 0 || line->quantity > QUANTITY_MAX)
        reader_fail(r, item, "units");
    else if (line->unit_price_tax_included == YEN_UNDETERMINED ||
             __builtin_mul_overflow(line->unit_price_tax_included, line->quantity, &line->subtotal))
        line->subtotal = YEN_UNDETERMINED;
    line->lead_time = read_text(r, item, "delvdateInfo");
    line->auction_id = STR("");
    line->auction_merchant_id = STR("");
    line->postage_included = read_flag(item, "includePostageFlag");
    if (read_flag(item, "drugFlag"))
        r->order->marks |= ORDER_MARK_DRUG;
}

static void parse_lines(struct order_reader *r, struct json package, struct order_package *p,
                        int *number)
{
    struct json list = json_get(package, "ItemModelList"), item;
    if (json_type(list) != JSON_ARRAY)
        reader_fail(r, package, "ItemModelList");
    p->lines = ARENA_ARRAY(r->arena, struct order_line, json_count(list));
    for (struct json_iter i = json_iterate(list); p->lines && json_next(&i, &item);) {
        if (!read_flag(item, "deleteItemFlag"))
            parse_line(r, item, ++*number, &p->lines[p->line_count++]);
    }
}

static void parse_shipments(struct order_reader *r, struct json package, struct order_package *p)
{
    struct json list = json_get(package, "ShippingModelList"), row;
    p->shipments = ARENA_ARRAY(r->arena, struct shipment, json_count(list));
    for (struct json_iter i = json_iterate(list); p->shipments && json_next(&i, &row);) {
        struct shipment *s = &p->shipments[p->shipment_count++];
        s->carrier_mall_code = read_text(r, row, "deliveryCompany");
        s->carrier = rakuten_carrier_in(r->account, s->carrier_mall_code);
        s->tracking_number = read_text(r, row, "shippingNumber");
        s->ship_date = read_day(row, "shippingDate");
        s->mall_ref = read_text(r, row, "shippingDetailId");
        s->source = SHIPMENT_FROM_MALL;
    }
}

static void parse_pickup(struct order_reader *r, struct json package, struct order_package *p)
{
    struct json store = json_get(package, "DeliveryCvsModel");
    p->pickup_store = STR("");
    if (json_type(store) != JSON_OBJECT)
        return;
    const char *chain = rakuten_store_chain_name(read_int(r, store, "cvsCode", -1));
    struct str name =
        join_texts(r, chain ? str_from(chain) : STR(""), " ", read_text(r, store, "storeName"));
    struct str code = read_text(r, store, "storeCode");
    p->pickup_store = str_is_empty(code)
                          ? name
                          : arena_printf(r->arena, "%.*s (%.*s)", STR_ARG(name), STR_ARG(code));
}

static void parse_wishes(struct order_reader *r, struct json package, struct order_package *p)
{
    struct json delivery = json_get(r->model, "DeliveryModel");
    int64_t class = read_int(r, delivery, "deliveryClass", 0);
    int64_t term = read_int(r, r->model, "shippingTerm", 0);
    struct str carrier = read_text(r, package, "defaultDeliveryCompanyCode");
    p->delivery_method = read_text(r, delivery, "deliveryName");
    p->temperature = class == 2 ? STR("refrigerated") : class == 3 ? STR("frozen") : STR("");
    p->carrier = rakuten_carrier_in(r->account, carrier);
    p->requested_date = read_day(r->model, "deliveryDate");
    p->requested_slot = rakuten_slot(r->account, r->arena, term);
    bool unclear = term == 9 || (term != 0 && str_is_empty(p->requested_slot));
    p->delivery_note = unclear ? rakuten_delivery_wish(r->arena, r->order->buyer_note) : STR("");
    if (p->requested_date != 0 || term != 0)
        r->order->marks |= ORDER_MARK_DATE_REQUESTED;
    p->noshi = read_text(r, package, "noshi");
    if (p->noshi.n > 0)
        r->order->marks |= ORDER_MARK_NOSHI;
    p->drop_off =
        read_flag(package, "dropOffFlag") ? read_text(r, package, "dropOffLocation") : STR("");
    p->gift_message = STR("");
    p->wrapping = STR("");
}

static void parse_package(struct order_reader *r, struct json package, struct order_package *p,
                          int *line_number)
{
    read_required_int(r, package, "basketId");
    p->mall_ref = read_text(r, package, "basketId");
    parse_recipient(r, package, p);
    parse_wishes(r, package, p);
    parse_pickup(r, package, p);
    parse_lines(r, package, p, line_number);
    parse_shipments(r, package, p);
    p->goods = read_money(r, package, "goodsPrice", false);
    p->postage = read_money(r, package, "postagePrice", false);
    p->cod_fee = read_money(r, package, "deliveryPrice", false);
    p->total = read_money(r, package, "totalPrice", false);
    p->state = rakuten_package_state(r->progress, p, r->now);
}

void parse_packages(struct order_reader *r)
{
    struct order *o = r->order;
    struct json list = json_get(r->model, "PackageModelList"), package;
    int line_number = 0;
    if (json_type(list) != JSON_ARRAY || json_count(list) == 0)
        reader_fail(r, r->model, "PackageModelList");
    o->packages = ARENA_ARRAY(r->arena, struct order_package, json_count(list));
    for (struct json_iter i = json_iterate(list); o->packages && json_next(&i, &package);) {
        if (json_type(package) != JSON_OBJECT) {
            reader_fail(r, r->model, "PackageModelList");
            continue;
        }
        if (read_flag(package, "packageDeleteFlag") && json_count(list) > 1)
            continue;
        struct order_package *p = &o->packages[o->package_count++];
        p->number = (int)o->package_count;
        parse_package(r, package, p, &line_number);
    }
    if (o->package_count > 1)
        o->marks |= ORDER_MARK_SEVERAL_DESTINATIONS;
}
