// SPDX-License-Identifier: Apache-2.0
//
// An order's values under Yahoo's names (yahoo.md §7.3, §8), from which listings and orderInfo pick
// what was asked for. Values that an order hasn't aren't here: they come out empty or are left
// away. Card numbers are never made up. Called with the sim's mutex held; texts lie in the given
// arena.
#include "sim/yahoo.h"

#define DAY_MS (24 * 3600 * 1000LL)

static void put(struct yahoo_view *v, const char *name, struct str text)
{
    if (text.n > 0 && v->count < sizeof v->values / sizeof v->values[0])
        v->values[v->count++] = (struct yahoo_value){name, text};
}

static void put_int(struct yahoo_view *v, const char *name, int64_t number)
{
    put(v, name, arena_printf(v->arena, "%lld", (long long)number));
}

static void put_bool(struct yahoo_view *v, const char *name, bool value)
{
    put(v, name, value ? STR("true") : STR("false"));
}

static void put_time(struct yahoo_view *v, const char *name, time_ms t)
{
    AUTO_BUF out = buf_make(64);
    yahoo_add_time(&out, t);
    put(v, name, str_dup(v->arena, buf_str(&out)));
}

static void put_day(struct yahoo_view *v, const char *name, day d)
{
    AUTO_BUF out = buf_make(64);
    yahoo_add_day(&out, d);
    put(v, name, str_dup(v->arena, buf_str(&out)));
}

struct str yahoo_view_get(const struct yahoo_view *view, struct str name)
{
    for (size_t i = 0; i < view->count; i++)
        if (str_eq(str_from(view->values[i].name), name))
            return view->values[i].text;
    return STR_ABSENT;
}

static bool is_line_gift(const struct sim_order *order)
{
    return (order->features & SIM_FEATURE_SOCIAL_GIFT) && sim_dice(order, "line-gift", 2) == 0;
}

static bool is_masked(const struct sim_order *order)
{
    return (order->features & SIM_FEATURE_SOCIAL_GIFT) && !is_line_gift(order);
}

static void put_status(struct sim *sim, struct yahoo_view *v, const struct sim_order *order)
{
    const struct yahoo_order *o = order->face;
    put(v, "OrderId", order->order_no);
    put_int(v, "Version", o->version);
    put(v, "OriginalOrderId", o->original);
    put(v, "ParentOrderId", o->parent);
    put(v, "ChildOrderId", o->children);
    put_bool(v, "IsSplit", o->split);
    put_bool(v, "IsSeen", o->seen);
    put(v, "IsReadOnly", yahoo_is_read_only(sim, o) ? STR("1") : STR("0"));
    put_time(v, "OrderTime", order->ordered_at);
    put_time(v, "LastUpdateTime", o->updated_at);
    put_int(v, "OrderStatus", o->order_status);
    if (o->store_status)
        put_int(v, "StoreStatus", o->store_status);
    put_int(v, "Suspect", yahoo_is_suspect(order) ? 1 : o->suspect_cleared ? 2 : 0);
    if (yahoo_is_suspect(order))
        put(v, "SuspectMessage", STR("過去に悪戯注文の疑いがある購入者です"));
    if (o->fraud)
        put_int(v, "FraudHoldStatus", o->fraud);
    put_time(v, "PublicationTime", o->published_at);
    if (o->cancel_reason >= 0)
        put_int(v, "CancelReason", o->cancel_reason);
    put(v, "CancelReasonDetail", o->cancel_detail);
    put(v, "OperationUser", str_dup(v->arena, str_from(o->operator_name)));
    put_time(v, "SendConfirmTime", o->confirm_sent);
    put_time(v, "SendPayTime", o->pay_sent);
    put_time(v, "PrintSlipTime", o->slip_printed);
    put_time(v, "PrintDeliveryTime", o->delivery_printed);
    put_time(v, "PrintBillTime", o->bill_printed);
    put_bool(v, "PrintSlipFlag", o->slip_printed != TIME_NONE);
    put_bool(v, "PrintDeliveryFlag", o->delivery_printed != TIME_NONE);
    put_bool(v, "PrintBillFlag", o->bill_printed != TIME_NONE);
    put_day(v, "FirstOrderDoneDate", o->first_done);
    put(v, "Notes", o->notes);
}

static void put_order(struct yahoo_view *v, const struct sim_order *order)
{
    static const char *const devices[] = {"1", "3", "4"};
    bool auction = order->features & SIM_FEATURE_AUCTION;
    put(v, "DeviceType", str_from(devices[order->device]));
    put(v, "BuyerComments", order->note);
    put_bool(v, "BuyerCommentsFlag", order->note.n > 0);
    put_bool(v, "IsRoyalty", true);
    put_bool(v, "IsSeller", false);
    put_bool(v, "IsAffiliate", sim_dice(order, "affiliate", 10) == 0);
    put(v, "SellerId", STR(SIM_YAHOO_SELLER_ID));
    put(v, "SellerType", STR("1"));
    put_bool(v, "IsLogin", sim_dice(order, "guest", 12) != 0);
    put(v, "FspLicenseCode", STR("2000"));
    put(v, "FspLicenseName", STR("なし"));
    put_bool(v, "IsMultiShip", order->purchase_id.n > 0);
    put(v, "MultiShipId", order->purchase_id);
    put_bool(v, "IsFirstClassDrugIncludes", order->features & SIM_FEATURE_DRUG);
    put_bool(v, "IsYahooAuctionOrder", auction);
    if (auction) {
        put(v, "YahooAuctionBidType", STR("0"));
        put(v, "YahooAuctionCategoryType", STR("0"));
    }
    put_bool(v, "IsLineGiftOrder", is_line_gift(order));
    if (is_line_gift(order))
        put(v, "LineGiftOrderId",
            arena_printf(v->arena, "lg%lld", 700000LL + (long long)order->serial));
    put(v, "SocialGiftType", is_masked(order) ? STR("1") : STR("0"));
    put(v, "XshoppingStoreType", STR("SHP"));
    if (order->coupon_shop > 0) {
        put_int(v, "TotalCouponDiscount", order->coupon_shop);
        put(v, "UseCouponData",
            arena_printf(v->arena, "cpn%lld\\A%.*s\\A1\\A1\\A1", (long long)order->serial,
                         STR_ARG(order->coupon_name)));
    }
}

static void put_pay(struct yahoo_view *v, const struct sim_order *order)
{
    const struct yahoo_order *o = order->face;
    put_int(v, "PayStatus", o->pay_status);
    put_int(v, "SettleStatus", o->settle_status);
    put_int(v, "PayType", o->pay_type);
    put_int(v, "PayKind", o->pay_kind);
    put(v, "PayMethod", o->pay_method);
    put(v, "PayMethodName", o->pay_method_name);
    put_day(v, "PayDate", o->pay_date);
    put_bool(v, "UseWallet", yahoo_is_card(o));
    put_bool(v, "NeedBillSlip", false);
    put_bool(v, "NeedReceipt", order->features & SIM_FEATURE_RECEIPT);
    if (yahoo_is_card(o)) {
        put(v, "CardBrand", STR("VISA"));
        put(v, "CardPayType", order->instalments > 1 ? STR("4") : STR("1"));
        put_int(v, "CardPayCount", order->instalments > 1 ? order->instalments : 1);
    }
    if (o->pay_kind == 5 && o->pay_status == 0) {
        char text[12];
        struct str last = day_format(day_in_jst(order->ordered_at + 5 * DAY_MS), text);
        put(v, "PayNo", arena_printf(v->arena, "%lld", 900000000LL + (long long)order->serial));
        put(v, "PaymentTerm", arena_printf(v->arena, "%.*s 23:59:59", STR_ARG(last)));
    }
}

static void put_person(struct yahoo_view *v, const struct sim_person *p, bool bill)
{
    put(v, bill ? "BillLastName" : "ShipLastName", p->family);
    put(v, bill ? "BillFirstName" : "ShipFirstName", p->given);
    put(v, bill ? "BillLastNameKana" : "ShipLastNameKana", p->family_kana);
    put(v, bill ? "BillFirstNameKana" : "ShipFirstNameKana", p->given_kana);
    put(v, bill ? "BillZipCode" : "ShipZipCode", p->postal_code);
    put(v, bill ? "BillPrefecture" : "ShipPrefecture", p->prefecture);
    put(v, bill ? "BillCity" : "ShipCity", p->city);
    put(v, bill ? "BillAddress1" : "ShipAddress1", p->town);
    put(v, bill ? "BillAddress2" : "ShipAddress2", p->building);
    put(v, bill ? "BillPhoneNumber" : "ShipPhoneNumber", p->phone);
    if (p->company.n > 0) {
        put(v, bill ? "BillSection1Field" : "ShipSection1Field", STR("会社名"));
        put(v, bill ? "BillSection1Value" : "ShipSection1Value", p->company);
    }
    if (bill)
        put(v, "BillMailAddress", p->email);
}

// Social gifts: fixed name, the store's own address (§8.4).
static void put_bill(struct yahoo_view *v, const struct sim_order *order)
{
    if (!is_masked(order)) {
        put(v, "BillAddressFrom", STR("P"));
        put_person(v, &order->buyer, true);
        return;
    }
    put(v, "BillAddressFrom", STR("O"));
    put(v, "BillLastName", STR("受注ストア"));
    put(v, "BillFirstName", STR("ソーシャルギフト利用者"));
    put(v, "BillZipCode", STR("1000001"));
    put(v, "BillPrefecture", STR("東京都"));
    put(v, "BillCity", STR("千代田区"));
    put(v, "BillAddress1", STR("千代田1-1(発送元)"));
    put(v, "BillPhoneNumber", STR("0300000000"));
    put(v, "BillMailAddress", STR("no-reply@example.jp"));
}

static void put_slot(struct yahoo_view *v, const struct sim_destination *d)
{
    static const char *const codes[SIM_SLOT_COUNT] = {
        [SIM_SLOT_MORNING] = "101", [SIM_SLOT_14_16] = "102", [SIM_SLOT_16_18] = "103",
        [SIM_SLOT_18_20] = "104",   [SIM_SLOT_19_21] = "105",
    };
    put_day(v, "ShipRequestDate", d->requested_day);
    if (d->slot == SIM_SLOT_NONE)
        return;
    put(v, "ShipRequestTime", str_from(sim_slot_name_ja(d->slot)));
    put(v, "ShipRequestTimeZoneCode", str_from(codes[d->slot]));
}

static void put_wishes(struct yahoo_view *v, const struct sim_order *order,
                       const struct sim_destination *d)
{
    put_slot(v, d);
    put_bool(v, "NeedGiftWrap", d->wrapping_paper.n > 0);
    put(v, "GiftWrapType", d->wrapping_paper);
    put(v, "GiftWrapMessage", d->gift_message);
    put_bool(v, "NeedGiftWrapPaper", d->noshi.n > 0);
    put(v, "GiftWrapPaperType", d->noshi);
    if (d->drop_off.n > 0) {
        put_bool(v, "IsEazy", true);
        put(v, "EazyDeliveryCode", STR("1"));
        put(v, "EazyDeliveryName", d->drop_off);
    }
    if (d->pickup_store_name.n > 0) {
        put(v, "ReceiveSatelliteType", STR("3"));
        put(v, "ReceiveSatelliteCompanyName", d->pickup_store_name);
        put(v, "ReceiveSatelliteShopCode", STR("123456"));
    }
    put(v, "ArriveType", order->features & SIM_FEATURE_EXPRESS ? STR("2") : STR("0"));
    put(v, "ExcellentDelivery", order->features & SIM_FEATURE_EXPRESS ? STR("2") : STR("0"));
    put(v, "RemoteAreaShippingType", d->recipient.remote_island ? STR("1") : STR("0"));
    if (order->features & SIM_FEATURE_SUBSCRIPTION) {
        put_bool(v, "IsSubscription", true);
        put(v, "SubscriptionId", STR("teiki-20261001-juchu-demo-a1b2c3d4"));
        put(v, "SubscriptionContinueCount", STR("3"));
    }
}

static void put_ship(struct yahoo_view *v, const struct sim_order *order)
{
    const struct yahoo_order *o = order->face;
    static const char *const methods[] = {"宅配便", "宅急便", "ゆうパケット"};
    put_int(v, "ShipStatus", o->ship_status);
    put(v, "ShipMethod", o->ship_method);
    int method = o->ship_method.n > 7 ? o->ship_method.p[7] - '1' : 0;
    put(v, "ShipMethodName", str_from(methods[method >= 0 && method < 3 ? method : 0]));
    put(v, "ShipCompanyCode", o->company);
    put(v, "ShipInvoiceNumber1", o->number1);
    put(v, "ShipInvoiceNumber2", o->number2);
    put(v, "ShipInvoiceNumberEmptyReason", o->empty_reason);
    put(v, "ShipUrl", o->ship_url);
    put(v, "ShipNotes", o->ship_notes);
    put_day(v, "ShipDate", o->ship_date);
    put_day(v, "ArrivalDate", o->arrival_date);
    if (is_line_gift(order))
        put_bool(v, "IsLineGiftShippable", o->address_known);
    if (order->destination_count == 0)
        return;
    const struct sim_destination *d = &order->destinations[0];
    if (o->address_known)
        put_person(v, &d->recipient, false);
    put_wishes(v, order, d);
}

static void put_money(struct sim *sim, struct yahoo_view *v, const struct sim_order *order)
{
    const struct yahoo_order *o = order->face;
    bool doubled = sim_switch_is(sim, SIM_YAHOO, "point_double_count", "on");
    yen gift_card = doubled ? o->points / 2 : 0;
    put_int(v, "PayCharge", o->pay_charge);
    put_int(v, "ShipCharge", o->ship_charge);
    put_int(v, "GiftWrapCharge", o->wrap_charge);
    put_int(v, "Discount", o->discount);
    put_int(v, "Adjustments", o->adjustments);
    put_int(v, "UsePoint", o->points);
    put_int(v, "GiftCardDiscount", gift_card);
    put_int(v, "TotalMallCouponDiscount", o->mall_coupon);
    put_int(v, "TotalPrice", yahoo_total_price(o));
    put_int(v, "SettleAmount", yahoo_total_price(o));
    put_bool(v, "IsGetPointFixAll", o->points_fixed);
    if (o->order_status == 4)
        put_int(v, "RefundTotalPrice", o->pay_status == 1 ? yahoo_total_price(o) : 0);
}

void yahoo_view_order(struct sim *sim, struct arena *arena, const struct sim_order *order,
                      struct yahoo_view *view)
{
    view->count = 0;
    view->arena = arena;
    put_status(sim, view, order);
    put_order(view, order);
    put_pay(view, order);
    put_bill(view, order);
    put_ship(view, order);
    put_money(sim, view, order);
}

void yahoo_view_line(struct arena *arena, const struct sim_order *order,
                     const struct yahoo_line *line, struct yahoo_view *view)
{
    const struct sim_line *l = line->line;
    view->count = 0;
    view->arena = arena;
    put_int(view, "LineId", line->id);
    put(view, "ItemId", l->item->manage_number);
    if (l->axis_count > 0) {
        put(view, "SubCode",
            arena_printf(arena, "%.*s-%.*s", STR_ARG(l->item->manage_number),
                         STR_ARG(l->variant_id)));
        put(view, "SubCodeOption",
            arena_printf(arena, "%.*s:%.*s", STR_ARG(l->axes[0].name), STR_ARG(l->axes[0].value)));
    }
    put(view, "Title", l->title);
    put_int(view, "UnitPrice", line->unit_price);
    put_int(view, "Quantity", line->quantity);
    put_bool(view, "IsTaxable", true);
    put_int(view, "ItemTaxRatio", l->tax_rate_basis_points / 100);
    if (line->coupon > 0) {
        put_int(view, "CouponDiscount", line->coupon);
        put_int(view, "OriginalPrice", line->unit_price + line->coupon);
    }
    put(view, "Jan", l->item->jan);
    put(view, "LeadTimeText", l->item->lead_time);
    put_day(view, "ReleaseDate", l->release_day);
    put(view, "ItemYahooAucId", l->auction_id);
    if (l->auction_id.n > 0)
        put(view, "ItemYahooAucMerchantId", l->item->manage_number);
    (void)order;
}
