// SPDX-License-Identifier: Apache-2.0
//
// Orders API 2026-01-01 (amazon.md §6): searchOrders with its rules for times, filters and paging
// tokens, getOrder, and an order as they show it, gated by includedData and by role.
// Called with the sim's mutex held.
#include "sim/amazon.h"

#include "base/crypto.h"

#include <stdio.h>
#include <stdlib.h>

#define NEWEST_MS (2 * AMAZON_MINUTE_MS)
#define PAGE_MAX 100
#define TOKEN_LIFE_MS AMAZON_DAY_MS

enum {
    SHOW_BUYER = 1 << 0,
    SHOW_RECIPIENT = 1 << 1,
    SHOW_PROCEEDS = 1 << 2,
    SHOW_EXPENSE = 1 << 3,
    SHOW_PROMOTION = 1 << 4,
    SHOW_CANCELLATION = 1 << 5,
    SHOW_FULFILLMENT = 1 << 6,
    SHOW_PACKAGES = 1 << 7,
    SHOW_PAYMENT = 1 << 8,
};
static const struct {
    const char *name;
    unsigned bit;
} included_names[] = {
    {"BUYER", SHOW_BUYER},
    {"RECIPIENT", SHOW_RECIPIENT},
    {"PROCEEDS", SHOW_PROCEEDS},
    {"EXPENSE", SHOW_EXPENSE},
    {"PROMOTION", SHOW_PROMOTION},
    {"CANCELLATION", SHOW_CANCELLATION},
    {"FULFILLMENT", SHOW_FULFILLMENT},
    {"PACKAGES", SHOW_PACKAGES},
    {"TAX", 0},
    {"PAYMENT", SHOW_PAYMENT},
    {"FULFILLMENT_ORDERS", 0},
};

const char *amazon_payment_name(const struct sim_order *order)
{
    static const char *const names[SIM_PAY_COUNT] = {
        [SIM_PAY_CARD] = "CreditCard",
        [SIM_PAY_WALLET] = "PayPay",
        [SIM_PAY_CARRIER] = "CarrierBilling",
        [SIM_PAY_BANK] = "NetBanking",
        [SIM_PAY_CONVENIENCE] = "ConvenienceStore",
        [SIM_PAY_COD] = "CashOnDelivery",
        [SIM_PAY_DEFERRED] = "Invoice",
        [SIM_PAY_POINTS] = "GiftCertificate",
    };
    return names[order->payment];
}

yen amazon_discount(const struct sim_order *order)
{
    return order->coupon_shop + order->coupon_mall;
}

// --- an order ---

static void put_money(struct json_writer *w, const char *key, yen amount)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)amount);
    json_key(w, key);
    json_begin_object(w);
    json_put_str(w, "amount", str_from(text));
    json_put_str(w, "currencyCode", STR("JPY"));
    json_end_object(w);
}

static void put_breakdown(struct json_writer *w, const char *type, yen amount)
{
    if (amount == 0)
        return;
    json_begin_object(w);
    json_put_str(w, "type", str_from(type));
    put_money(w, "subtotal", amount);
    json_end_object(w);
}

// Fees and discounts of the order stand on its first item.
static void put_item_proceeds(struct amazon_call *c, const struct sim_order *order, size_t index)
{
    const struct amazon_order *o = order->face;
    const struct amazon_line *l = &o->lines[index];
    bool first = index == 0;
    bool negative = sim_switch_is(c->sim, SIM_AMAZON, "discount_sign", "negative");
    yen goods = l->line->unit_price * l->quantity, discount = first ? amazon_discount(order) : 0;
    yen postage = first ? order->postage : 0, wrapping = first ? order->wrapping : 0;
    yen fee = first ? order->cod_fee + order->payment_fee : 0;
    json_key(&c->w, "proceeds");
    json_begin_object(&c->w);
    put_money(&c->w, "proceedsTotal", goods + postage + wrapping + fee - discount);
    json_key(&c->w, "breakdowns");
    json_begin_array(&c->w);
    put_breakdown(&c->w, "ITEM", goods);
    put_breakdown(&c->w, "SHIPPING", postage);
    put_breakdown(&c->w, "GIFT_WRAP", wrapping);
    put_breakdown(&c->w, "OTHER", fee);
    put_breakdown(&c->w, "DISCOUNT", negative ? -discount : discount);
    json_end_array(&c->w);
    json_end_object(&c->w);
}

static void put_item_fulfillment(struct amazon_call *c, const struct sim_order *order,
                                 const struct amazon_line *l, bool first, bool role)
{
    const struct sim_destination *d = &order->destinations[0];
    bool gift = first && (order->features & SIM_FEATURE_GIFT || order->wrapping > 0);
    json_key(&c->w, "fulfillment");
    json_begin_object(&c->w);
    json_put_int(&c->w, "quantityFulfilled", l->shipped);
    json_put_int(&c->w, "quantityUnfulfilled", l->quantity - l->shipped);
    if (gift) {
        json_key(&c->w, "packing");
        json_begin_object(&c->w);
        json_key(&c->w, "giftOption");
        json_begin_object(&c->w);
        if (role)
            json_put_str(&c->w, "giftMessage", d->gift_message.n ? d->gift_message : STR(""));
        json_put_str(&c->w, "giftWrapLevel", d->wrapping_paper.n ? d->wrapping_paper : STR("なし"));
        json_end_object(&c->w);
        json_end_object(&c->w);
    }
    json_end_object(&c->w);
}

static void put_product(struct amazon_call *c, const struct amazon_line *l, bool priced)
{
    json_key(&c->w, "product");
    json_begin_object(&c->w);
    json_put_str(
        &c->w, "asin",
        arena_printf(c->arena, "B0%08lld", (long long)(l->line->item->item_id % 100000000)));
    json_put_str(&c->w, "title", l->line->title);
    json_put_str(&c->w, "sellerSku",
                 l->line->system_sku.n ? l->line->system_sku : l->line->item->manage_number);
    if (priced) {
        json_key(&c->w, "price");
        json_begin_object(&c->w);
        put_money(&c->w, "unitPrice", l->line->unit_price);
        json_end_object(&c->w);
    }
    json_end_object(&c->w);
}

static void put_cancellation(struct amazon_call *c, const struct amazon_order *o)
{
    if (!o->cancel_requested && !o->cancelled_by)
        return;
    json_key(&c->w, "cancellation");
    json_begin_object(&c->w);
    if (o->cancel_requested) {
        json_key(&c->w, "cancellationRequest");
        json_begin_object(&c->w);
        json_put_str(&c->w, "requester", STR("BUYER"));
        json_put_str(&c->w, "cancelReason", STR("ORDERED_WRONG_ITEM"));
        json_end_object(&c->w);
    }
    if (o->cancelled_by) {
        json_key(&c->w, "cancellationExecution");
        json_begin_object(&c->w);
        json_put_str(&c->w, "cancelledBy", str_from(o->cancelled_by));
        json_put_str(&c->w, "cancelReason", STR("UNKNOWN"));
        json_end_object(&c->w);
    }
    json_end_object(&c->w);
}

static void put_item(struct amazon_call *c, const struct sim_order *order, size_t index,
                     unsigned show, bool role)
{
    const struct amazon_order *o = order->face;
    const struct amazon_line *l = &o->lines[index];
    bool priced = o->status >= AMAZON_UNSHIPPED;
    json_begin_object(&c->w);
    json_put_str(&c->w, "orderItemId", l->item_id);
    json_put_int(&c->w, "quantityOrdered", l->quantity);
    put_product(c, l, priced);
    if (show & SHOW_PROCEEDS && priced)
        put_item_proceeds(c, order, index);
    if (show & SHOW_EXPENSE && priced) {
        json_key(&c->w, "expense");
        json_begin_object(&c->w);
        json_key(&c->w, "pointsCost");
        json_begin_object(&c->w);
        json_key(&c->w, "pointsGranted");
        json_begin_object(&c->w);
        json_put_int(&c->w, "pointsNumber", l->line->unit_price * l->quantity / 100);
        put_money(&c->w, "pointsMonetaryValue", l->line->unit_price * l->quantity / 100);
        json_end_object(&c->w);
        json_end_object(&c->w);
        json_end_object(&c->w);
    }
    if (show & SHOW_PROMOTION && index == 0 && amazon_discount(order) > 0) {
        json_key(&c->w, "promotion");
        json_begin_object(&c->w);
        json_key(&c->w, "breakdowns");
        json_begin_array(&c->w);
        json_begin_object(&c->w);
        json_put_str(&c->w, "promotionId", STR("JP-COUPON-1"));
        json_end_object(&c->w);
        json_end_array(&c->w);
        json_end_object(&c->w);
    }
    if (show & SHOW_CANCELLATION)
        put_cancellation(c, o);
    if (show & SHOW_FULFILLMENT)
        put_item_fulfillment(c, order, l, index == 0, role);
    json_end_object(&c->w);
}

static struct str full_name(struct amazon_call *c, const struct sim_person *p)
{
    return arena_printf(c->arena, "%.*s %.*s", STR_ARG(p->family), STR_ARG(p->given));
}

static void put_recipient(struct amazon_call *c, const struct sim_order *order)
{
    const struct amazon_order *o = order->face;
    const struct sim_person *p = &order->destinations[0].recipient;
    bool role = !c->state->role_missing, pending = o->status < AMAZON_UNSHIPPED;
    bool in_city = sim_switch_is(c->sim, SIM_AMAZON, "address", "city");
    if (pending || o->fba)
        return;
    json_key(&c->w, "recipient");
    json_begin_object(&c->w);
    json_key(&c->w, "deliveryAddress");
    json_begin_object(&c->w);
    struct str zip = postal_code_format(c->arena, p->postal_code);
    struct str place = arena_printf(c->arena, "%.*s%.*s", STR_ARG(p->city), STR_ARG(p->town));
    if (role) {
        json_put_str(&c->w, "name", full_name(c, p));
        if (p->company.n > 0)
            json_put_str(&c->w, "companyName", p->company);
        json_put_str(&c->w, "addressLine1", in_city ? p->town : place);
        if (p->building.n > 0)
            json_put_str(&c->w, "addressLine2", p->building);
        if (!o->delivered)
            json_put_str(&c->w, "phone", p->phone);
        json_put_str(&c->w, "postalCode", zip);
    }
    if (in_city)
        json_put_str(&c->w, "city",
                     arena_printf(c->arena, "%.*s%.*s", STR_ARG(p->prefecture), STR_ARG(p->city)));
    else
        json_put_str(&c->w, "stateOrRegion", p->prefecture);
    json_put_str(&c->w, "countryCode", STR("JP"));
    json_put_str(&c->w, "addressType",
                 order->features & SIM_FEATURE_STORE_PICKUP ? STR("PICKUP_POINT")
                                                            : STR("RESIDENTIAL"));
    json_end_object(&c->w);
    if (order->destinations[0].drop_off.n > 0 && role) {
        json_key(&c->w, "deliveryPreference");
        json_begin_object(&c->w);
        json_put_str(&c->w, "dropOffLocation", order->destinations[0].drop_off);
        json_end_object(&c->w);
    }
    json_end_object(&c->w);
}

static void put_buyer(struct amazon_call *c, const struct sim_order *order)
{
    const struct amazon_order *o = order->face;
    if (c->state->role_missing || o->fba || o->status < AMAZON_UNSHIPPED ||
        o->status > AMAZON_SHIPPED)
        return;
    json_key(&c->w, "buyer");
    json_begin_object(&c->w);
    json_put_str(&c->w, "buyerName", full_name(c, &order->buyer));
    json_put_str(&c->w, "buyerEmail",
                 arena_printf(c->arena, "%08llx@marketplace.example.jp",
                              (unsigned long long)sim_dice(order, "mail", UINT32_MAX)));
    json_end_object(&c->w);
}

static void put_package(struct amazon_call *c, const struct amazon_order *o,
                        const struct amazon_package *p)
{
    json_begin_object(&c->w);
    json_put_str(&c->w, "packageReferenceId",
                 arena_printf(c->arena, "%lld", (long long)p->reference));
    amazon_put_time(c, "createdTime", p->created_at);
    amazon_put_time(c, "shipTime", p->shipped_at);
    json_key(&c->w, "packageStatus");
    json_begin_object(&c->w);
    json_put_str(&c->w, "status", o->delivered ? STR("DELIVERED") : STR("SHIPPED"));
    json_end_object(&c->w);
    bool other = str_eq(p->carrier, STR("Other")) && p->carrier_name.n > 0;
    json_put_str(&c->w, "carrier", other ? p->carrier_name : p->carrier);
    if (p->method.n > 0)
        json_put_str(&c->w, "shippingService", p->method);
    if (p->number.n > 0)
        json_put_str(&c->w, "trackingNumber", p->number);
    json_key(&c->w, "packageItems");
    json_begin_array(&c->w);
    for (size_t i = 0; i < o->line_count; i++) {
        if (p->quantity[i] == 0)
            continue;
        json_begin_object(&c->w);
        json_put_str(&c->w, "orderItemId", o->lines[i].item_id);
        json_put_int(&c->w, "quantity", p->quantity[i]);
        json_end_object(&c->w);
    }
    json_end_array(&c->w);
    json_end_object(&c->w);
}

static void put_window(struct amazon_call *c, const char *key, time_ms from, time_ms to)
{
    json_key(&c->w, key);
    json_begin_object(&c->w);
    amazon_put_time(c, "earliestDateTime", from);
    amazon_put_time(c, "latestDateTime", to);
    json_end_object(&c->w);
}

static void put_fulfillment(struct amazon_call *c, const struct sim_order *order)
{
    const struct amazon_order *o = order->face;
    json_key(&c->w, "fulfillment");
    json_begin_object(&c->w);
    json_put_str(&c->w, "fulfillmentStatus", str_from(amazon_status_name(o->status)));
    json_put_str(&c->w, "fulfilledBy", o->fba ? STR("AMAZON") : STR("MERCHANT"));
    json_put_str(&c->w, "fulfillmentServiceLevel",
                 order->features & SIM_FEATURE_EXPRESS ? STR("NEXT_DAY") : STR("STANDARD"));
    if (o->status >= AMAZON_UNSHIPPED) {
        // A window that ends at 23:59:59 in Japan reads 14:59:59Z.
        day first = day_in_jst(order->ordered_at);
        put_window(c, "shipByWindow", day_start_jst(first),
                   day_start_jst(day_add(first, 3)) - AMAZON_SECOND_MS);
        put_window(c, "deliverByWindow", day_start_jst(day_add(first, 2)),
                   day_start_jst(day_add(first, 6)) - AMAZON_SECOND_MS);
    }
    json_end_object(&c->w);
}

static void put_payment(struct amazon_call *c, const struct sim_order *order)
{
    json_key(&c->w, "payment");
    json_begin_object(&c->w);
    json_key(&c->w, "paymentExecutions");
    json_begin_array(&c->w);
    json_begin_object(&c->w);
    json_put_str(&c->w, "paymentMethod", str_from(amazon_payment_name(order)));
    put_money(&c->w, "paymentAmount", amazon_grand_total(c->sim, order));
    json_end_object(&c->w);
    json_end_array(&c->w);
    json_end_object(&c->w);
}

static void put_head(struct amazon_call *c, const struct sim_order *order)
{
    const struct amazon_order *o = order->face;
    json_put_str(&c->w, "orderId", order->order_no);
    amazon_put_time(c, "createdTime", order->ordered_at);
    amazon_put_time(c, "lastUpdatedTime", o->updated_at);
    json_key(&c->w, "programs");
    json_begin_array(&c->w);
    if (order->features & SIM_FEATURE_EXPRESS)
        json_write_str(&c->w, STR("PRIME"));
    if (order->features & SIM_FEATURE_PREORDER)
        json_write_str(&c->w, STR("PREORDER"));
    if (o->ship_plus)
        json_write_str(&c->w, STR("FBM_SHIP_PLUS"));
    json_end_array(&c->w);
    json_key(&c->w, "salesChannel");
    json_begin_object(&c->w);
    json_put_str(&c->w, "channelName", o->non_amazon ? STR("NON_AMAZON") : STR("AMAZON"));
    json_put_str(&c->w, "marketplaceId", STR(SIM_AMAZON_MARKETPLACE));
    json_put_str(&c->w, "marketplaceName", STR("Amazon.co.jp"));
    json_end_object(&c->w);
}

static void put_order(struct amazon_call *c, const struct sim_order *order, unsigned show)
{
    const struct amazon_order *o = order->face;
    bool priced = o->status >= AMAZON_UNSHIPPED;
    json_begin_object(&c->w);
    put_head(c, order);
    if (show & SHOW_BUYER)
        put_buyer(c, order);
    if (show & SHOW_RECIPIENT)
        put_recipient(c, order);
    if (show & SHOW_PROCEEDS && priced) {
        json_key(&c->w, "proceeds");
        json_begin_object(&c->w);
        put_money(&c->w, "grandTotal", amazon_grand_total(c->sim, order));
        json_end_object(&c->w);
    }
    if (show & SHOW_PAYMENT && priced)
        put_payment(c, order);
    if (show & SHOW_FULFILLMENT)
        put_fulfillment(c, order);
    json_key(&c->w, "orderItems");
    json_begin_array(&c->w);
    for (size_t i = 0; i < o->line_count; i++)
        put_item(c, order, i, show, !c->state->role_missing);
    json_end_array(&c->w);
    if (show & SHOW_PACKAGES && !o->fba && o->package_count > 0) {
        json_key(&c->w, "packages");
        json_begin_array(&c->w);
        for (size_t i = 0; i < o->package_count; i++)
            put_package(c, o, &o->packages[i]);
        json_end_array(&c->w);
    }
    json_end_object(&c->w);
}

// The order as the reading side shows it: behind by the switch's seconds.
static void put_order_as_read(struct amazon_call *c, const struct sim_order *order, unsigned show)
{
    struct amazon_order *o = order->face;
    int64_t lag = sim_switch_number(c->sim, SIM_AMAZON, "reading_lag_seconds");
    bool hide =
        lag > 0 && o->status >= AMAZON_PARTIALLY_SHIPPED && o->status <= AMAZON_SHIPPED &&
        o->package_count > 0 &&
        o->packages[o->package_count - 1].created_at + lag * AMAZON_SECOND_MS > sim_now(c->sim);
    if (!hide) {
        put_order(c, order, show);
        return;
    }
    struct amazon_order *behind = ARENA_NEW(c->arena, struct amazon_order);
    struct sim_order shown = *order;
    if (!behind)
        return;
    *behind = *o;
    behind->status = AMAZON_UNSHIPPED;
    behind->package_count = 0;
    behind->updated_at = o->ready_at != TIME_NONE ? o->ready_at : order->ordered_at;
    for (size_t i = 0; i < behind->line_count; i++)
        behind->lines[i].shipped = 0;
    shown.face = behind;
    put_order(c, &shown, show);
}

// --- parameters ---

static bool included(struct amazon_call *c, unsigned *show)
{
    struct str list = amazon_query(c, "includedData"), one;
    *show = 0;
    while (str_split(&list, ',', &one)) {
        size_t i = 0, count = sizeof included_names / sizeof included_names[0];
        while (i < count && !str_eq(one, str_from(included_names[i].name)))
            i++;
        if (i == count)
            return amazon_invalid(c, "includedData");
        *show |= included_names[i].bit;
    }
    bool personal = *show & (SHOW_BUYER | SHOW_RECIPIENT);
    if (personal && c->state->role_missing &&
        sim_switch_is(c->sim, SIM_AMAZON, "role_missing", "refused"))
        return amazon_error(c, 403, "Unauthorized", "Access to requested resource is denied.", "");
    return true;
}

struct amazon_found *amazon_find_orders(struct amazon_call *c, bool by_update, time_ms from,
                                        time_ms to, size_t *count)
{
    size_t all, found = 0;
    struct sim_order *const *orders = sim_orders(c->sim, SIM_AMAZON, &all);
    struct amazon_found *list = ARENA_ARRAY(c->arena, struct amazon_found, all + 1);
    *count = 0;
    if (!list)
        return NULL;
    for (size_t i = 0; i < all; i++) {
        const struct amazon_order *o = orders[i]->face;
        time_ms at = by_update ? o->updated_at : orders[i]->ordered_at;
        if (at < from || at > to || o->vanished || !sim_order_listed(c->sim, orders[i]))
            continue;
        list[found++] = (struct amazon_found){orders[i], at};
    }
    for (size_t i = 1; by_update && i < found; i++) { // mostly in order already
        struct amazon_found moved = list[i];
        size_t k = i;
        for (; k > 0 &&
               (list[k - 1].at > moved.at ||
                (list[k - 1].at == moved.at && list[k - 1].order->serial > moved.order->serial));
             k--)
            list[k] = list[k - 1];
        list[k] = moved;
    }
    *count = found;
    return list;
}

struct search {
    bool by_update;
    time_ms after, before;
    unsigned show;
    int64_t page_rows;
    struct str statuses, fulfilled_by;
    uint64_t filter; // hash of what a paging token is bound to
    time_ms token_at;
    int64_t token_serial;
};

// Exactly one family of times; the end at least two minutes ago (§6.2).
static bool read_times(struct amazon_call *c, struct search *s)
{
    time_ms created_after, created_before, updated_after, updated_before, now = sim_now(c->sim);
    if (!amazon_query_time(c, "createdAfter", &created_after) ||
        !amazon_query_time(c, "createdBefore", &created_before) ||
        !amazon_query_time(c, "lastUpdatedAfter", &updated_after) ||
        !amazon_query_time(c, "lastUpdatedBefore", &updated_before))
        return false;
    bool created = created_after != TIME_NONE || created_before != TIME_NONE;
    bool updated = updated_after != TIME_NONE || updated_before != TIME_NONE;
    s->by_update = updated;
    s->after = updated ? updated_after : created_after;
    s->before = updated ? updated_before : created_before;
    if (created == updated || s->after == TIME_NONE)
        return amazon_invalid(c, "Exactly one of createdAfter and lastUpdatedAfter is required.");
    if (s->before == TIME_NONE)
        s->before = now - NEWEST_MS;
    else if (s->before > now - NEWEST_MS || s->before < s->after)
        return amazon_invalid(c, "The Before parameter must be at least 2 minutes ago.");
    return s->after <= now || amazon_invalid(c, "The After parameter lies in the future.");
}

static bool read_token(struct amazon_call *c, struct search *s)
{
    struct str token = amazon_query(c, "paginationToken"), plain, part;
    int64_t number[4] = {0};
    s->token_at = TIME_NONE;
    if (!token.p)
        return true;
    if (!crypto_base64_decode(c->arena, token, &plain))
        return amazon_invalid(c, "paginationToken");
    for (size_t i = 0; i < 4; i++)
        if (!str_split(&plain, '/', &part) || !str_to_int64(part, &number[i]))
            return amazon_invalid(c, "paginationToken");
    if ((uint64_t)number[0] != (s->filter & INT64_MAX))
        return amazon_invalid(c, "The parameters differ from those of the paginationToken.");
    if (number[3] + TOKEN_LIFE_MS <= sim_now(c->sim))
        return amazon_invalid(c, "The paginationToken has expired.");
    s->token_at = number[1];
    s->token_serial = number[2];
    return true;
}

static bool read_search(struct amazon_call *c, struct search *s)
{
    struct str rows = amazon_query(c, "maxResultsPerPage");
    struct str places = amazon_query(c, "marketplaceIds");
    s->page_rows = PAGE_MAX;
    s->statuses = amazon_query(c, "fulfillmentStatuses");
    s->fulfilled_by = amazon_query(c, "fulfilledBy");
    if (rows.p &&
        (!str_to_int64(rows, &s->page_rows) || s->page_rows < 1 || s->page_rows > PAGE_MAX))
        return amazon_invalid(c, "maxResultsPerPage");
    if (places.p && !amazon_in_list(places, STR(SIM_AMAZON_MARKETPLACE)))
        return amazon_error(c, 403, "Unauthorized", "Access to requested resource is denied.",
                            "The marketplaces you provided are not valid for region.");
    if (!included(c, &s->show) || !read_times(c, s))
        return false;
    struct str bound =
        arena_printf(c->arena, "%d/%lld/%.*s/%.*s/%.*s", s->by_update, (long long)s->after,
                     STR_ARG(s->statuses), STR_ARG(s->fulfilled_by), STR_ARG(places));
    s->filter = str_hash(bound);
    return read_token(c, s);
}

static bool wanted(const struct search *s, const struct amazon_found *f)
{
    const struct amazon_order *o = f->order->face;
    if (s->token_at != TIME_NONE &&
        (f->at < s->token_at || (f->at == s->token_at && f->order->serial <= s->token_serial)))
        return false;
    if (s->statuses.p && !amazon_in_list(s->statuses, str_from(amazon_status_name(o->status))))
        return false;
    return !s->fulfilled_by.p ||
           amazon_in_list(s->fulfilled_by, o->fba ? STR("AMAZON") : STR("MERCHANT"));
}

static void put_token(struct amazon_call *c, const struct search *s,
                      const struct amazon_found *last)
{
    struct str plain = arena_printf(c->arena, "%lld/%lld/%lld/%lld",
                                    (long long)(s->filter & INT64_MAX), (long long)last->at,
                                    (long long)last->order->serial, (long long)sim_now(c->sim));
    json_key(&c->w, "pagination");
    json_begin_object(&c->w);
    json_put_str(&c->w, "nextToken", crypto_base64(c->arena, plain));
    json_end_object(&c->w);
}

void amazon_handle_search(struct amazon_call *c)
{
    struct search s = {0};
    size_t count;
    if (!read_search(c, &s))
        return;
    struct amazon_found *found = amazon_find_orders(c, s.by_update, s.after, s.before, &count);
    const struct amazon_found *last = NULL;
    int64_t rows = 0;
    bool more = false;
    json_begin_object(&c->w);
    json_key(&c->w, "orders");
    json_begin_array(&c->w);
    for (size_t i = 0; found && i < count && !more; i++) {
        if (!wanted(&s, &found[i]))
            continue;
        more = rows == s.page_rows;
        if (more)
            break;
        put_order_as_read(c, found[i].order, s.show);
        last = &found[i];
        rows++;
    }
    json_end_array(&c->w);
    if (more && last)
        put_token(c, &s, last);
    amazon_put_time(c, s.by_update ? "lastUpdatedBefore" : "createdBefore", s.before);
    json_end_object(&c->w);
}

void amazon_handle_get_order(struct amazon_call *c)
{
    struct sim_order *order = sim_order_find(c->sim, SIM_AMAZON, amazon_path_part(c, 3));
    unsigned show;
    if (!included(c, &show))
        return;
    if (!order || ((const struct amazon_order *)order->face)->vanished) {
        amazon_error(c, 404, "NotFound", "The requested resource doesn't exist.", "");
        return;
    }
    json_begin_object(&c->w);
    json_key(&c->w, "order");
    put_order_as_read(c, order, show);
    json_end_object(&c->w);
}

void amazon_handle_participations(struct amazon_call *c)
{
    json_begin_object(&c->w);
    json_key(&c->w, "payload");
    json_begin_array(&c->w);
    json_begin_object(&c->w);
    json_key(&c->w, "marketplace");
    json_begin_object(&c->w);
    json_put_str(&c->w, "id", STR(SIM_AMAZON_MARKETPLACE));
    json_put_str(&c->w, "name", STR("Amazon.co.jp"));
    json_put_str(&c->w, "countryCode", STR("JP"));
    json_put_str(&c->w, "defaultCurrencyCode", STR("JPY"));
    json_put_str(&c->w, "defaultLanguageCode", STR("ja_JP"));
    json_put_str(&c->w, "domainName", STR("www.amazon.co.jp"));
    json_end_object(&c->w);
    json_key(&c->w, "participation");
    json_begin_object(&c->w);
    json_put_bool(&c->w, "isParticipating", true);
    json_put_bool(&c->w, "hasSuspendedListings", false);
    json_end_object(&c->w);
    json_put_str(&c->w, "storeName", STR("見本商店"));
    json_end_object(&c->w);
    json_end_array(&c->w);
    json_end_object(&c->w);
}
