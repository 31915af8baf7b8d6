// SPDX-License-Identifier: Apache-2.0
//
// What of a shipment MakeShop can take, checked before anything is sent, and how the mall's side
// compares (makeshop.md §2.2, §3.4): per destination one carrier and one number; no ship date. What
// an API doesn't show (carriers in GraphQL, numbers in the old API) isn't compared. Pure; results
// live in the caller's arena. Any thread.
#include "mall/makeshop/internal.h"

#define NUMBER_BYTES_MAX 40
#define ARENA_BYTES_MAX ((size_t)256 * 1024)

static bool refuse(struct error *error, const char *code, const char *ja, const char *en)
{
    return error_set(error, ERROR_BAD_INPUT, code, "%s%.0s", "%.0s%s", ja, en);
}

bool makeshop_same_number(struct str a, struct str b)
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

static bool number_fits(struct str number, struct error *error)
{
    bool fits = number.n <= NUMBER_BYTES_MAX;
    for (size_t i = 0; i < number.n; i++) {
        char c = number.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        fits = fits && (letter || (c >= '0' && c <= '9') || c == '-');
    }
    return fits || refuse(error, "makeshop.tracking_number_form",
                          "伝票番号は半角英数字とハイフン、40文字以内で入力してください。",
                          "A tracking number holds letters, digits and hyphens, at most 40.");
}

static struct str carrier_to_send(const struct mall_account *account, const struct shipment *s)
{
    struct str own = s->carrier_mall_code;
    bool fits =
        makeshop_carrier_is_known(own) &&
        (s->carrier.n == 0 || str_eq(account_map_in(account, MAPPING_CARRIER, own), s->carrier));
    return fits ? own : account_map_out(account, MAPPING_CARRIER, s->carrier);
}

static bool make_parcel(struct arena *arena, const struct mall_account *account,
                        const struct order_package *p, struct makeshop_parcel *parcel,
                        struct error *error)
{
    const struct shipment *s = &p->shipments[0];
    parcel->number = tracking_number_normalise(arena, s->tracking_number);
    if (str_is_empty(s->carrier) && str_is_empty(s->carrier_mall_code))
        return refuse(error, "shipment.carrier_missing", "配送業者が入力されていません。",
                      "The carrier is missing.");
    parcel->carrier = carrier_to_send(account, s);
    if (!parcel->carrier.p) {
        error_set(error, ERROR_BAD_INPUT, "shipment.carrier_not_mapped",
                  "配送業者「%.*s」に対応するMakeShopの配送業者コードがありません。",
                  "MakeShop has no code for the carrier “%.*s”.", STR_ARG(s->carrier));
        return error_hint(error, "変換設定で配送業者コードを登録してください。",
                          "Enter the carrier's code in the mappings.");
    }
    if (parcel->number.n == 0 && !account_flag(account, "allow_without_tracking")) {
        refuse(error, "shipment.tracking_number_missing", "伝票番号が入力されていません。",
               "The tracking number is missing.");
        return error_hint(error,
                          "追跡番号のない配送であれば、ショップ設定の「伝票番号なしの報告を許可」を"
                          "有効にしてください。",
                          "If the service has no tracking, allow reports without number.");
    }
    bool strict = str_eq(account_setting(account, "extra_numbers"), STR("refuse"));
    if (p->shipment_count > 1 && strict)
        return refuse(error, "makeshop.too_many_numbers",
                      "MakeShopには配送先ごとに伝票番号を1つしか登録できません。",
                      "MakeShop takes one tracking number per destination.");
    return number_fits(parcel->number, error);
}

static bool date_fits(const struct order_package *p, int state, day today, struct error *error)
{
    day date = p->shipments[0].ship_date;
    if (date == 0)
        return refuse(error, "shipment.ship_date_missing", "出荷日が入力されていません。",
                      "The ship date is missing.");
    if (state == MAKESHOP_DONE && date > today)
        return refuse(error, "shipment.ship_date_future",
                      "出荷日が未来の日付です。配送完了にすると購入者に発送メールが送られることがあ"
                      "るため、当日に反映します。",
                      "The ship date lies in the future; 配送完了 may mail the buyer now.");
    return true;
}

static int target_state(const struct mall_ship_request *request)
{
    return str_eq(request->target_status, STR("preparing")) ? MAKESHOP_PREPARING : MAKESHOP_DONE;
}

static struct str delivery_id_of(struct arena *arena, const struct mall_ship_request *request,
                                 const struct order_package *p)
{
    if (p->mall_ref.n > 0)
        return p->mall_ref;
    for (size_t i = 0; request->order && i < request->order->package_count; i++)
        if (request->order->packages[i].number == p->number)
            return request->order->packages[i].mall_ref;
    return arena_printf(arena, "%d", p->number);
}

static bool order_allows(const struct order *order, struct error *error)
{
    if (!order || (order->state != ORDER_CANCELLED && order->state != ORDER_PROVISIONAL))
        return true;
    if (order->state == ORDER_CANCELLED)
        return refuse(error, "order.cancelled_at_mall",
                      "MakeShopでキャンセルされた注文です。荷物を止めてください。",
                      "The order is cancelled at MakeShop; stop the parcel.");
    return refuse(error, "makeshop.provisional",
                  "仮注文のため、まだ反映できません(決済が完了していません)。",
                  "The order is still provisional: its payment isn't finished.");
}

bool makeshop_parcels_make(struct arena *arena, const struct mall_account *account,
                           const struct mall_ship_request *request, day today,
                           struct makeshop_parcel **parcels, size_t *count, struct error *error)
{
    bool fits = order_allows(request->order, error);
    int state = target_state(request);
    *count = 0;
    *parcels = ARENA_ARRAY(arena, struct makeshop_parcel, request->package_count);
    if (!*parcels)
        return error_no_memory(error);
    for (size_t i = 0; fits && i < request->package_count; i++) {
        const struct order_package *p = &request->packages[i];
        struct makeshop_parcel *parcel = &(*parcels)[*count];
        if (p->state == SHIPMENT_VOID || p->shipment_count == 0)
            continue; // told once it leaves: destinations are told one by one
        parcel->state = state;
        parcel->delivery_id = delivery_id_of(arena, request, p);
        fits = make_parcel(arena, account, p, parcel, error) && date_fits(p, state, today, error);
        ++*count;
    }
    if (fits && *count == 0)
        fits = refuse(error, "shipment.none", "出荷情報が入力されていません。",
                      "There is nothing to ship with.");
    if (arena_failed(arena))
        return error_no_memory(error);
    if (!fits && request->order)
        error_subject(error, "%.*s", STR_ARG(request->order->order_no));
    return fits;
}

bool makeshop_ship_preflight(const struct mall_account *account,
                             const struct mall_ship_request *request, day today,
                             struct error *error)
{
    struct mall_account typed = *account;
    struct makeshop_parcel *parcels;
    size_t count;
    AUTO_ARENA arena = arena_new(ARENA_BYTES_MAX);
    typed.mall = &makeshop_mall;
    if (!arena)
        return error_no_memory(error);
    return makeshop_parcels_make(arena, &typed, request, today, &parcels, &count, error);
}

// --- comparing ---

static enum mall_comparison differs(struct error *error, const char *code, const char *ja,
                                    const char *en)
{
    error_set(error, ERROR_CONFLICT, code, "%s%.0s", "%.0s%s", ja, en);
    return MALL_DIFFERENT;
}

enum mall_comparison makeshop_parcel_compare(const struct makeshop_parcel *wanted, int state,
                                             struct str number, struct str carrier,
                                             struct error *difference)
{
    if (state == MAKESHOP_BACK)
        return differs(difference, "makeshop.returned", "MakeShopで返送になっています。",
                       "MakeShop has it as sent back.");
    bool same_number = !number.p || makeshop_same_number(number, wanted->number);
    bool same_carrier = carrier.n == 0 || str_eq(carrier, wanted->carrier);
    // The state alone isn't told by GraphQL's first call; 配送準備中 needs no more than the number.
    bool reached = wanted->state == MAKESHOP_DONE
                       ? state == MAKESHOP_DONE
                       : state >= wanted->state || (number.n > 0 && same_number);
    if (!reached)
        return MALL_NOT_YET;
    if (!same_number)
        return differs(difference, "makeshop.number_differs",
                       "MakeShopに登録されている伝票番号が、反映しようとした番号と異なります。",
                       "MakeShop has another tracking number than the one to be told.");
    if (!same_carrier)
        return differs(difference, "makeshop.carrier_differs",
                       "MakeShopに登録されている配送業者が異なります。",
                       "MakeShop has another carrier.");
    return MALL_SAME;
}

static const struct order_package *package_at_mall(const struct order *at_mall, struct str id)
{
    for (size_t i = 0; i < at_mall->package_count; i++)
        if (str_eq(at_mall->packages[i].mall_ref, id))
            return &at_mall->packages[i];
    return at_mall->package_count == 1 ? &at_mall->packages[0] : NULL;
}

static int state_of(const struct order_package *p)
{
    switch (p->state) {
    case SHIPMENT_SHIPPED:
    case SHIPMENT_DELIVERED:
        return MAKESHOP_DONE;
    case SHIPMENT_RETURNED:
        return MAKESHOP_BACK;
    case SHIPMENT_INSTRUCTED:
        return MAKESHOP_PREPARING;
    default:
        return MAKESHOP_NOT_YET;
    }
}

static enum mall_comparison compare_one(const struct mall_account *account,
                                        const struct order *at_mall,
                                        const struct makeshop_parcel *wanted,
                                        struct error *difference)
{
    const struct order_package *p = package_at_mall(at_mall, wanted->delivery_id);
    if (!p)
        return differs(difference, "makeshop.destination", "MakeShopに該当する配送先がありません。",
                       "MakeShop has no such destination.");
    const struct shipment *s = p->shipment_count > 0 ? &p->shipments[0] : NULL;
    bool legacy = makeshop_is_legacy(account);
    struct str number = s ? s->tracking_number : STR("");
    // The old API may not show numbers at all: then an empty one says nothing.
    if (legacy && number.n == 0)
        number = STR_ABSENT;
    return makeshop_parcel_compare(wanted, state_of(p), number, s ? s->carrier_mall_code : STR(""),
                                   difference);
}

enum mall_comparison makeshop_ship_compare(const struct mall_account *account,
                                           const struct order *at_mall,
                                           const struct mall_ship_request *request,
                                           struct error *difference)
{
    struct mall_account typed = *account;
    struct makeshop_parcel *parcels;
    size_t count;
    AUTO_ARENA arena = arena_new(ARENA_BYTES_MAX);
    struct mall_ship_request bare = *request;
    typed.mall = &makeshop_mall;
    if (!arena) {
        error_no_memory(difference);
        return MALL_DIFFERENT;
    }
    if (at_mall->state == ORDER_CANCELLED)
        return differs(difference, "order.cancelled_at_mall",
                       "MakeShopでキャンセルされた注文です。荷物を止めてください。",
                       "The order is cancelled at MakeShop; stop the parcel.");
    bare.order = at_mall; // the mall's view decides here, not the last one
    if (at_mall->state == ORDER_PROVISIONAL)
        return MALL_NOT_YET;
    if (!makeshop_parcels_make(arena, &typed, &bare, INT32_MAX, &parcels, &count, difference))
        return MALL_DIFFERENT;
    enum mall_comparison whole = MALL_SAME;
    for (size_t i = 0; i < count; i++) {
        enum mall_comparison one = compare_one(&typed, at_mall, &parcels[i], difference);
        if (one == MALL_NOT_YET)
            return MALL_NOT_YET;
        if (one == MALL_DIFFERENT)
            whole = MALL_DIFFERENT;
    }
    return whole;
}
