// SPDX-License-Identifier: Apache-2.0
//
// confirmShipment (amazon.md §8): the rules of a package, with the error texts that were seen.
// Called with the sim's mutex held.
#include "sim/amazon.h"

#include <stdio.h>

static struct amazon_package *find_package(struct amazon_order *o, int64_t reference)
{
    for (size_t i = 0; i < o->package_count; i++)
        if (o->packages[i].reference == reference)
            return &o->packages[i];
    return NULL;
}

static const char *quantity_trouble(const struct amazon_order *o, const struct amazon_shipping *s,
                                    const struct amazon_package *edited)
{
    bool any = false;
    for (size_t i = 0; i < o->line_count; i++) {
        int64_t others = o->lines[i].shipped - (edited ? edited->quantity[i] : 0);
        int64_t wanted = s->whole ? o->lines[i].quantity - others : s->quantity[i];
        if (wanted < 0 || others + wanted > o->lines[i].quantity)
            return "The quantity is larger than what can be fulfilled (18021).";
        any = any || wanted > 0;
    }
    return any ? NULL
               : "Failed to create package due to not finding a matching package or order already "
                 "fulfilled. ErrorMessage(errorCode=GeneralError, "
                 "errorMetric=PackageToUpdateNotFound, packageIndex=null)";
}

static const char *order_trouble(const struct sim_order *order)
{
    const struct amazon_order *o = order->face;
    if (o->fba)
        return "Order is fulfilled by Amazon.";
    if (o->status == AMAZON_CANCELLED || o->vanished)
        return "ErrorCode: NonexistentOrderItem, Failed to find order item list by order ID";
    if (o->ship_plus)
        return "Shipment confirmation is not supported for FBM Ship+ orders.";
    if (o->status < AMAZON_UNSHIPPED)
        return "The order is pending.";
    return NULL;
}

static const char *carrier_trouble(const struct sim *sim, const struct amazon_shipping *s)
{
    static const char *const known[] = {"YAMATO",
                                        "YamatoTransport",
                                        "YAMATO TRANSPORT",
                                        "SAGAWA",
                                        "SagawaExpress",
                                        "SAGAWA EXPRESS",
                                        "Japan Post",
                                        "NITTSU",
                                        "NipponExpress",
                                        "Nippon Express",
                                        "SEINO TRANSPORTATION",
                                        "DHL",
                                        "FedEx",
                                        "UPS",
                                        "TNT",
                                        "USPS",
                                        "SF Express",
                                        "Aramex",
                                        "Other"};
    if (str_is_empty(s->carrier))
        return "CarrierCode: is missing.";
    if (str_eq(s->carrier, STR("Other")) && str_is_empty(s->carrier_name))
        return "CarrierName: is required when CarrierCode is Other.";
    if (sim_switch_is(sim, SIM_AMAZON, "carriers", "any"))
        return NULL;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_eq(s->carrier, str_from(known[i])))
            return NULL;
    return "CarrierCode: is invalid.";
}

static void fill(struct sim *sim, struct sim_order *order, struct amazon_package *p,
                 const struct amazon_shipping *s)
{
    struct amazon_order *o = order->face;
    p->carrier = str_dup(order->arena, s->carrier);
    p->carrier_name = str_dup(order->arena, s->carrier_name);
    p->method = str_dup(order->arena, s->method);
    p->number = str_dup(order->arena, s->number);
    p->shipped_at = s->shipped_at;
    for (size_t i = 0; i < o->line_count; i++) {
        int64_t others = o->lines[i].shipped - p->quantity[i];
        p->quantity[i] = s->whole ? o->lines[i].quantity - others : s->quantity[i];
    }
    struct str payload = arena_printf(order->arena, "%lld/%.*s/%.*s", (long long)p->reference,
                                      STR_ARG(p->carrier), STR_ARG(p->number));
    if (!s->same_notice)
        (void)sim_effect_add(sim, order, "ship", payload);
    amazon_settle(sim, order);
}

const char *amazon_take_parcel(struct sim *sim, struct sim_order *order,
                               const struct amazon_shipping *s, bool apply)
{
    struct amazon_order *o = order->face;
    int64_t reference = s->reference;
    for (size_t i = 0; reference == 0 && i <= o->package_count; i++)
        if (!find_package(o, (int64_t)i + 1))
            reference = (int64_t)i + 1;
    struct amazon_package *p = find_package(o, reference);
    const char *trouble = order_trouble(order);
    if (!trouble)
        trouble = carrier_trouble(sim, s);
    if (!trouble)
        trouble = quantity_trouble(o, s, p);
    // Both refusals are real, their words are ours (§18, 1).
    if (!trouble && s->shipped_at > sim_now(sim))
        trouble = "ShipDate: is invalid, must not be in the future.";
    if (!trouble && s->shipped_at < order->ordered_at)
        trouble = "ShipDate: is invalid, must not be before the order date.";
    if (!trouble && p && p->updates >= sim_switch_number(sim, SIM_AMAZON, "package_updates_max"))
        trouble = "The package has reached the maximum number of allowed updates.";
    if (!trouble && !p && o->package_count == AMAZON_PACKAGES_MAX)
        trouble = "Too many packages.";
    if (trouble || !apply)
        return trouble;
    if (p) {
        p->updates++;
    } else {
        p = &o->packages[o->package_count++];
        *p = (struct amazon_package){.reference = reference, .created_at = sim_now(sim)};
    }
    fill(sim, order, p, s);
    return NULL;
}

// --- confirmShipment ---

static bool read_items(struct amazon_call *c, const struct sim_order *order, struct json items,
                       struct amazon_shipping *s)
{
    const struct amazon_order *o = order->face;
    struct json item;
    if (json_type(items) != JSON_ARRAY || json_count(items) == 0)
        return amazon_invalid(c, "OrderItemId  is invalid, please obtain the value through the "
                                 "getOrderItems API or Manage Orders page");
    for (struct json_iter i = json_iterate(items); json_next(&i, &item);) {
        struct str id = json_str(json_get(item, "orderItemId"));
        int64_t quantity;
        size_t k = 0;
        while (k < o->line_count && !str_eq(o->lines[k].item_id, id))
            k++;
        if (k == o->line_count || !json_int(json_get(item, "quantity"), &quantity) || quantity < 1)
            return amazon_error(
                c, 400, "InvalidInput",
                str_cstr(c->arena,
                         arena_printf(c->arena,
                                      "OrderItemId %.*s is invalid, please obtain the value "
                                      "through the getOrderItems API or Manage Orders page",
                                      STR_ARG(id))),
                "");
        s->quantity[k] += quantity;
    }
    return true;
}

static bool read_reference(struct amazon_call *c, struct json detail, struct amazon_shipping *s)
{
    struct str text = json_str(json_get(detail, "packageReferenceId"));
    if (!text.p && sim_switch_is(c->sim, SIM_AMAZON, "reference_required", "off"))
        return true;
    return (str_to_int64(text, &s->reference) && s->reference > 0) ||
           amazon_error(c, 400, "InvalidInput",
                        "PackageReferenceId: is invalid, must be a positive numeric value.", "");
}

static bool read_detail(struct amazon_call *c, const struct sim_order *order, struct json detail,
                        struct amazon_shipping *s)
{
    struct str date = json_str(json_get(detail, "shipDate"));
    s->carrier = json_str(json_get(detail, "carrierCode"));
    s->carrier_name = json_str(json_get(detail, "carrierName"));
    s->method = json_str(json_get(detail, "shippingMethod"));
    s->number = json_str(json_get(detail, "trackingNumber"));
    if (!read_reference(c, detail, s))
        return false;
    if (str_is_empty(s->number))
        return amazon_invalid(c, "TrackingNumber: is missing.");
    bool dated =
        date.n > 10 && str_find_char(date, 'T') == 10 &&
        (str_ends(date, STR("Z")) || str_find_char(str_slice(date, 19, date.n), '+') >= 0) &&
        time_parse_iso(date, 0, &s->shipped_at);
    if (!dated)
        return amazon_invalid(c, "ShipDate: must be an ISO 8601 date-time.");
    return read_items(c, order, json_get(detail, "orderItems"), s);
}

void amazon_handle_confirm(struct amazon_call *c)
{
    struct sim_order *order = sim_order_find(c->sim, SIM_AMAZON, amazon_path_part(c, 3));
    struct amazon_shipping s = {0};
    if (!str_eq(json_str(json_get(c->body, "marketplaceId")), STR(SIM_AMAZON_MARKETPLACE))) {
        amazon_invalid(c, "MarketplaceId: is invalid.");
        return;
    }
    if (!order) {
        amazon_error(c, 404, "NotFound", "The requested resource doesn't exist.", "");
        return;
    }
    if (!read_detail(c, order, json_get(c->body, "packageDetail"), &s))
        return;
    const char *trouble = amazon_take_parcel(c->sim, order, &s, true);
    if (trouble)
        amazon_error(c, 400, "InvalidInput", trouble, "");
    else
        c->response->status = 204;
}
