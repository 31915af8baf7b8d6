// SPDX-License-Identifier: Apache-2.0
//
// What of a shipment Amazon can take (amazon.md §8), checked before anything is sent, and how the
// mall's side compares with it. Pure functions; results live in the caller's arena. Any thread.
#include "mall/amazon/internal.h"

static bool refuse(struct error *error, const char *code, const char *ja, const char *en)
{
    return error_set(error, ERROR_BAD_INPUT, code, "%s%.0s", "%.0s%s", ja, en);
}

bool amazon_same_number(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.n && (a.p[i] == '-' || a.p[i] == ' '))
            i++;
        while (k < b.n && (b.p[k] == '-' || b.p[k] == ' '))
            k++;
        if (i >= a.n || k >= b.n)
            return i >= a.n && k >= b.n;
        if (!str_eq_nocase(str_slice(a, i, i + 1), str_slice(b, k, k + 1)))
            return false;
        i++;
        k++;
    }
}

time_ms amazon_ship_instant(day ship_date, time_ms ordered_at, time_ms now)
{
    time_ms start = day_start_jst(ship_date), noon = start + AMAZON_DAY_MS / 2;
    time_ms at = ship_date >= day_in_jst(now) ? now - AMAZON_SECOND_MS : noon;
    if (ordered_at != TIME_NONE && at < ordered_at && ordered_at < now)
        at = ordered_at;
    return at / AMAZON_SECOND_MS * AMAZON_SECOND_MS;
}

// The mapped code, else Other with the carrier's own name (§8.4).
static bool take_carrier(const struct mall_account *account, const struct shipment *s,
                         struct amazon_parcel *p, struct error *error)
{
    const struct carrier *known = carrier_by_code(s->carrier);
    if (str_is_empty(s->carrier) && str_is_empty(s->carrier_mall_code))
        return refuse(error, "shipment.carrier_missing", "配送業者が入力されていません。",
                      "The carrier is missing.");
    p->carrier = s->carrier;
    p->carrier_name = STR("");
    struct str code = account_map_out(account, MAPPING_CARRIER, s->carrier);
    if (str_is_empty(s->carrier))
        code = s->carrier_mall_code;
    p->carrier_code = code.n > 0 ? code : STR("Other");
    if (str_eq(p->carrier_code, STR("Other")))
        p->carrier_name = known                        ? str_from(known->name_ja)
                          : s->carrier_mall_code.n > 0 ? s->carrier_mall_code
                                                       : s->carrier;
    return true;
}

static bool take_parcel(struct arena *arena, const struct mall_account *account,
                        const struct shipment *s, struct amazon_wish *wish, struct error *error)
{
    struct amazon_parcel parcel = {.ship_date = s->ship_date,
                                   .mall_ref = s->mall_ref.p ? s->mall_ref : STR("")};
    parcel.number = tracking_number_normalise(arena, s->tracking_number);
    parcel.method = account_setting(account, "ship_method");
    if (!take_carrier(account, s, &parcel, error))
        return false;
    for (size_t i = 0; i < wish->count; i++) // the same number twice is one parcel
        if (parcel.number.n > 0 && amazon_same_number(wish->parcels[i].number, parcel.number))
            return true;
    if (wish->count == AMAZON_PARCELS_MAX)
        return refuse(error, "amazon.too_many_parcels", "荷物が多すぎます。", "Too many parcels.");
    if (wish->count > 0 && str_eq(account_setting(account, "extra_numbers"), STR("first")))
        return true;
    if (wish->count > 0 && str_eq(account_setting(account, "extra_numbers"), STR("refuse")))
        return refuse(error, "amazon.too_many_numbers",
                      "伝票番号が複数あります（ショップ設定で反映しない設定です）。",
                      "There are several numbers, and the shop's settings refuse that.");
    wish->parcels[wish->count++] = parcel;
    return true;
}

static bool dates_fit(const struct amazon_wish *wish, const struct order *order, day today,
                      struct error *error)
{
    for (size_t i = 0; i < wish->count; i++) {
        day d = wish->parcels[i].ship_date;
        if (d == 0)
            return refuse(error, "shipment.ship_date_missing", "出荷日が入力されていません。",
                          "The ship date is missing.");
        if (d > today) {
            refuse(error, "shipment.ship_date_future",
                   "出荷日が未来の日付です。Amazonは今日か過去の日付だけを受け付けます。",
                   "The ship date lies in the future; Amazon takes today or a past day only.");
            return error_hint(error, "その日になると自動的に反映します。",
                              "It is told by itself once that day has come.");
        }
        if (order && order->ordered_at != TIME_NONE && d < day_in_jst(order->ordered_at))
            return refuse(error, "shipment.ship_date_before_order", "出荷日が注文日より前です。",
                          "The ship date lies before the order.");
    }
    return true;
}

static bool numbers_fit(const struct mall_account *account, struct amazon_wish *wish,
                        struct error *error)
{
    wish->by_feed = str_eq(account_setting(account, "ship_by"), STR("feed"));
    for (size_t i = 0; i < wish->count; i++) {
        if (wish->parcels[i].number.n > 0)
            continue;
        if (str_eq(account_setting(account, "untracked"), STR("refuse"))) {
            refuse(error, "shipment.tracking_number_missing", "伝票番号が入力されていません。",
                   "The tracking number is missing.");
            return error_hint(
                error,
                "追跡番号のない配送であれば、ショップ設定の「伝票番号なしの出荷」を変更してください"
                "。",
                "If the service has no tracking, change the shop's setting for such parcels.");
        }
        wish->by_feed = true; // confirmShipment wants a number (§8.1)
    }
    return true;
}

bool amazon_wish_make(struct arena *arena, const struct mall_account *account,
                      const struct mall_ship_request *request, day today, struct amazon_wish *wish,
                      struct error *error)
{
    *wish = (struct amazon_wish){0};
    for (size_t i = 0; i < request->package_count; i++) {
        const struct order_package *p = &request->packages[i];
        for (size_t k = 0; p->state != SHIPMENT_VOID && k < p->shipment_count; k++)
            if (!take_parcel(arena, account, &p->shipments[k], wish, error))
                return false;
    }
    if (wish->count == 0)
        return refuse(error, "shipment.none", "出荷情報が入力されていません。",
                      "There is nothing to ship with.");
    return dates_fit(wish, request->order, today, error) && numbers_fit(account, wish, error) &&
           (!arena_failed(arena) || error_no_memory(error));
}

static bool order_allows(const struct order *order, struct error *error)
{
    if (!order)
        return true;
    if (str_eq(order->channel, STR("fba"))) {
        error_set(error, ERROR_REJECTED, "amazon.fba",
                  "Amazonが出荷する注文（FBA）のため、出荷通知は送りません。",
                  "Amazon ships this order itself (FBA): nothing is told.");
        return error_hint(error, "書出しを「不要」にしてください。", "Waive this write-back.");
    }
    if (order->state == ORDER_CANCELLED)
        return refuse(error, "amazon.order_cancelled", "Amazonでキャンセルされた注文です。",
                      "The order is cancelled at Amazon.");
    if (order->state == ORDER_PROVISIONAL)
        return refuse(error, "amazon.pending", "保留中の注文は出荷通知できません。",
                      "A pending order can't be confirmed.");
    return true;
}

bool amazon_ship_preflight(const struct mall_account *given,
                           const struct mall_ship_request *request, day today, struct error *error)
{
    struct mall_account account = *given;
    struct amazon_wish wish;
    AUTO_ARENA arena = arena_new(AMAZON_REQUEST_BYTES_MAX);
    account.mall = &amazon_mall;
    if (!arena)
        return error_no_memory(error);
    if (order_allows(request->order, error) &&
        amazon_wish_make(arena, &account, request, today, &wish, error))
        return true;
    if (request->order)
        error_subject(error, "%.*s", STR_ARG(request->order->order_no));
    return false;
}

// --- comparing ---

static enum mall_comparison differs(struct error *error, const char *code, const char *ja,
                                    const char *en)
{
    error_set(error, ERROR_CONFLICT, code, "%s%.0s", "%.0s%s", ja, en);
    return MALL_DIFFERENT;
}

static const struct shipment *at_mall_with(const struct order *o, const struct amazon_parcel *p)
{
    for (size_t i = 0; i < o->package_count; i++)
        for (size_t k = 0; k < o->packages[i].shipment_count; k++)
            if (amazon_same_number(o->packages[i].shipments[k].tracking_number, p->number))
                return &o->packages[i].shipments[k];
    return NULL;
}

static const struct shipment *at_mall_as(const struct order *o, struct str mall_ref)
{
    for (size_t i = 0; i < o->package_count; i++)
        for (size_t k = 0; k < o->packages[i].shipment_count; k++)
            if (mall_ref.n > 0 && str_eq(o->packages[i].shipments[k].mall_ref, mall_ref))
                return &o->packages[i].shipments[k];
    return NULL;
}

// A day's difference may be the zone in which a bare date was read (§11.3).
static bool same_day(day a, day b)
{
    int64_t days = day_difference(a, b);
    return a == 0 || b == 0 || (days >= -1 && days <= 1);
}

static enum mall_comparison compare_parcel(const struct mall_account *account,
                                           const struct shipment *shown,
                                           const struct amazon_parcel *p, struct error *error)
{
    struct str carrier = account_map_in(account, MAPPING_CARRIER, shown->carrier_mall_code);
    const struct carrier *by_name = carrier_from_text(shown->carrier_mall_code);
    if (str_is_empty(carrier) && by_name)
        carrier = str_from(by_name->code);
    bool other = str_eq(carrier, STR("other")) || str_eq(p->carrier_code, STR("Other"));
    if (carrier.n > 0 && p->carrier.n > 0 && !other && !str_eq(carrier, p->carrier))
        return differs(error, "amazon.carrier_differs",
                       "Amazonに登録されている配送業者が異なります。",
                       "Amazon has another carrier.");
    if (!same_day(shown->ship_date, p->ship_date))
        return differs(error, "amazon.ship_date_differs",
                       "Amazonに登録されている出荷日が異なります。",
                       "Amazon has another ship date.");
    return MALL_SAME;
}

enum mall_comparison amazon_compare(const struct mall_account *account, const struct order *at_mall,
                                    const struct amazon_wish *wish, struct error *error)
{
    bool shipped = str_eq(at_mall->mall_status, STR("SHIPPED")) ||
                   str_eq(at_mall->mall_status, STR("INVOICE_UNCONFIRMED"));
    size_t found = 0, numbered = 0;
    for (size_t i = 0; i < wish->count; i++) {
        const struct amazon_parcel *p = &wish->parcels[i];
        const struct shipment *ours = at_mall_as(at_mall, p->mall_ref);
        if (str_is_empty(p->number))
            continue;
        numbered++;
        const struct shipment *shown = at_mall_with(at_mall, p);
        if (ours && !shown && ours->tracking_number.n > 0)
            return differs(error, "amazon.number_differs",
                           "Amazonに登録されている伝票番号が、反映しようとした番号と異なります。",
                           "Amazon has another tracking number than the one to be told.");
        if (!shown)
            continue;
        found++;
        if (compare_parcel(account, shown, p, error) == MALL_DIFFERENT)
            return MALL_DIFFERENT;
    }
    if (!shipped)
        return MALL_NOT_YET;
    if (numbered > 0 && found == 0)
        return differs(error, "amazon.shipped_otherwise",
                       "Amazonでは別の伝票番号で出荷済みになっています。",
                       "Amazon shows the order as shipped with another number.");
    return MALL_SAME;
}

enum mall_comparison amazon_ship_compare(const struct mall_account *given,
                                         const struct order *at_mall,
                                         const struct mall_ship_request *request,
                                         struct error *difference)
{
    struct mall_account account = *given;
    struct mall_ship_request bare = *request;
    struct amazon_wish wish;
    AUTO_ARENA arena = arena_new(AMAZON_REQUEST_BYTES_MAX);
    account.mall = &amazon_mall;
    bare.order = NULL; // the mall's view decides here, not the last one
    if (!arena) {
        error_no_memory(difference);
        return MALL_DIFFERENT;
    }
    if (at_mall->state == ORDER_CANCELLED)
        return differs(difference, "amazon.order_cancelled", "Amazonでキャンセルされた注文です。",
                       "The order is cancelled at Amazon.");
    if (!amazon_wish_make(arena, &account, &bare, 99991231, &wish, difference))
        return MALL_DIFFERENT;
    return amazon_compare(&account, at_mall, &wish, difference);
}
