// SPDX-License-Identifier: Apache-2.0
//
// What of a shipment the mall can take (aupay.md §2.3, §4.3), checked before anything is sent, and
// how the mall's side compares with it. One number of at most 15 characters, one carrier and one
// date per order is all there is. Pure functions; results live in the caller's arena. Any thread.
#include "mall/aupay/internal.h"

static bool refuse(struct error *error, const char *code, const char *ja, const char *en)
{
    return error_set(error, ERROR_BAD_INPUT, code, "%s%.0s", "%.0s%s", ja, en);
}

bool aupay_same_number(struct str a, struct str b)
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
    bool sound = number.n <= AUPAY_NUMBER_BYTES_MAX;
    for (size_t i = 0; sound && i < number.n; i++) {
        char c = number.p[i];
        sound = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
    return sound || refuse(error, "aupay.tracking_number_form",
                           "au PAY マーケットの伝票番号は半角英数字15文字以内です。",
                           "The mall takes at most 15 letters and digits.");
}

// "" follows the shop's setting; a status of the shop's own may be typed there.
static bool read_target(const struct mall_account *account, const struct mall_ship_request *request,
                        struct aupay_shipment *out, struct error *error)
{
    struct str target = request->target_status;
    if (str_is_empty(target))
        target = account_setting(account, "after_ship_status");
    if (str_eq(target, STR("custom"))) {
        target = str_trim(account_setting(account, "after_ship_custom_status"));
        if (str_is_empty(target))
            return refuse(error, "aupay.custom_status_missing",
                          "反映先の独自ステータス名がショップ設定にありません。",
                          "The name of the shop's own status is missing in the settings.");
    }
    out->target = str_eq(target, STR("data_only")) ? STR("") : target;
    enum aupay_status status = aupay_status_of(target);
    if (status < AUPAY_BUILT_IN_COUNT && status != AUPAY_DONE && status != AUPAY_PAYMENT_AFTER)
        return refuse(error, "aupay.target_unknown",
                      "紐付け設定の反映先ステータスが出荷後のものではありません。",
                      "The target status of the link is not one of a shipped order.");
    return true;
}

static struct str code_of(const struct mall_account *account, const struct shipment *s)
{
    struct str code = account_map_out(account, MAPPING_CARRIER, s->carrier);
    bool known = account_map_in(account, MAPPING_CARRIER, s->carrier_mall_code).n > 0;
    if (s->carrier.n > 0)
        return code;
    return known ? s->carrier_mall_code : STR_ABSENT;
}

static bool take_carrier(const struct mall_account *account, const struct shipment *s,
                         struct aupay_shipment *out, struct error *error)
{
    if (str_is_empty(s->carrier) && str_is_empty(s->carrier_mall_code))
        return refuse(error, "shipment.carrier_missing", "配送業者が入力されていません。",
                      "The carrier is missing.");
    out->carrier_code = code_of(account, s);
    if (out->carrier_code.n > 0)
        return true;
    error_set(error, ERROR_BAD_INPUT, "shipment.carrier_not_mapped",
              "配送業者「%.*s」に対応するau PAY マーケットの配送業者コードがありません。",
              "The mall has no code for the carrier “%.*s”.", STR_ARG(s->carrier));
    return error_hint(error, "変換設定に追加するか、配送業者を「その他」にしてください。",
                      "Add it to the mappings, or choose “other”.");
}

// The first number counts; the others stay here, and the order is marked (mall.h,
// tracking_numbers_max).
static bool take_shipments(struct arena *arena, const struct mall_account *account,
                           const struct mall_ship_request *request, struct aupay_shipment *out,
                           struct error *error)
{
    const struct shipment *first = NULL;
    for (size_t i = 0; i < request->package_count; i++) {
        const struct order_package *p = &request->packages[i];
        for (size_t k = 0; p->state != SHIPMENT_VOID && k < p->shipment_count; k++) {
            const struct shipment *s = &p->shipments[k];
            if (!first || (str_is_empty(first->tracking_number) && s->tracking_number.n > 0))
                first = s;
        }
    }
    if (!first)
        return refuse(error, "shipment.none", "出荷情報が入力されていません。",
                      "There is nothing to ship with.");
    size_t numbers = mall_number_count(request->packages, request->package_count);
    out->numbers_left = numbers > 1 ? numbers - 1 : 0;
    out->number = tracking_number_normalise(arena, first->tracking_number);
    out->ship_date = first->ship_date;
    return take_carrier(account, first, out, error) && number_fits(out->number, error);
}

static bool number_is_there(const struct mall_account *account, const struct aupay_shipment *out,
                            struct error *error)
{
    if (out->number.n > 0 || str_eq(account_setting(account, "untracked"), STR("send")))
        return true;
    refuse(error, "shipment.tracking_number_missing", "伝票番号が入力されていません。",
           "The tracking number is missing.");
    return error_hint(
        error,
        "追跡番号のない配送であれば、ショップ設定の「伝票番号のない出荷」を変更してください。",
        "If the service has no tracking, change it in the shop's settings.");
}

static bool date_fits(const struct aupay_shipment *out, day today, struct error *error)
{
    if (out->ship_date == 0)
        return refuse(error, "shipment.ship_date_missing", "出荷日が入力されていません。",
                      "The ship date is missing.");
    if (out->ship_date > today)
        return refuse(error, "shipment.ship_date_future",
                      "出荷日が未来の日付です。当日に反映します。",
                      "The ship date lies in the future; it is told on that day.");
    return true;
}

static bool order_allows(const struct order *order, struct error *error)
{
    if (!order)
        return true;
    if (order->state == ORDER_CANCELLED)
        return refuse(error, "aupay.order_cancelled", "モール側でキャンセルされた注文です。",
                      "The mall has cancelled the order.");
    if (order->marks & ORDER_MARK_FRAUD_REVIEW)
        return refuse(error, "aupay.fraud_review",
                      "モールの審査中（または審査NG）の注文です。出荷しないでください。",
                      "The mall reviews the order (or refused it). Do not ship.");
    return true;
}

bool aupay_shipment_make(struct arena *arena, const struct mall_account *account,
                         const struct mall_ship_request *request, day today,
                         struct aupay_shipment *out, struct error *error)
{
    *out = (struct aupay_shipment){.number = STR(""), .carrier_code = STR(""), .target = STR("")};
    bool fits = order_allows(request->order, error) && read_target(account, request, out, error) &&
                take_shipments(arena, account, request, out, error) &&
                number_is_there(account, out, error) && date_fits(out, today, error);
    if (arena_failed(arena))
        return error_no_memory(error);
    if (!fits && request->order)
        error_subject(error, "%.*s", STR_ARG(request->order->order_no));
    return fits;
}

bool aupay_ship_preflight(const struct mall_account *account,
                          const struct mall_ship_request *request, day today, struct error *error)
{
    struct mall_account typed = *account;
    struct aupay_shipment shipment;
    AUTO_ARENA arena = arena_new(AUPAY_REQUEST_BYTES_MAX);
    typed.mall = &aupay_mall;
    if (!arena)
        return error_no_memory(error);
    return aupay_shipment_make(arena, &typed, request, today, &shipment, error);
}

// ---- comparing ----

static enum mall_comparison differs(struct error *error, const char *code, const char *ja,
                                    const char *en)
{
    error_set(error, ERROR_CONFLICT, code, "%s%.0s", "%.0s%s", ja, en);
    return MALL_DIFFERENT;
}

enum mall_comparison aupay_compare_parcel(const struct mall_account *account, struct str number,
                                          struct str carrier_code, day ship_date,
                                          const struct aupay_shipment *wanted,
                                          struct error *difference)
{
    if (str_is_empty(number) && (wanted->number.n > 0 || ship_date == 0))
        return MALL_NOT_YET;
    if (!aupay_same_number(number, wanted->number))
        return differs(difference, "aupay.number_differs",
                       "モールに登録されている伝票番号が、反映しようとした番号と異なります。",
                       "The mall has another tracking number than the one to be told.");
    struct str theirs = aupay_carrier(account, carrier_code);
    bool same = str_eq(carrier_code, wanted->carrier_code) ||
                (theirs.n > 0 && str_eq(theirs, aupay_carrier(account, wanted->carrier_code)));
    if (carrier_code.n > 0 && !same)
        return differs(difference, "aupay.carrier_differs",
                       "モールに登録されている配送業者が異なります。",
                       "The mall has another carrier.");
    if (ship_date != 0 && ship_date != wanted->ship_date)
        return differs(difference, "aupay.ship_date_differs",
                       "モールに登録されている発送日が異なります。",
                       "The mall has another ship date.");
    return MALL_SAME;
}

bool aupay_status_reached(struct str name, const struct aupay_shipment *wanted)
{
    return str_is_empty(wanted->target) || str_eq(name, wanted->target) ||
           aupay_status_of(name) == AUPAY_DONE;
}

enum mall_comparison aupay_ship_compare(const struct mall_account *account,
                                        const struct order *at_mall,
                                        const struct mall_ship_request *request,
                                        struct error *difference)
{
    struct mall_account typed = *account;
    struct aupay_shipment wanted;
    struct mall_ship_request bare = *request;
    AUTO_ARENA arena = arena_new(AUPAY_REQUEST_BYTES_MAX);
    typed.mall = &aupay_mall;
    bare.order = NULL; // the mall's view decides here, not the last one
    if (!arena) {
        error_no_memory(difference);
        return MALL_DIFFERENT;
    }
    if (at_mall->state == ORDER_CANCELLED)
        return differs(difference, "aupay.order_cancelled", "モール側でキャンセルされた注文です。",
                       "The mall has cancelled the order.");
    if (!aupay_shipment_make(arena, &typed, &bare, INT32_MAX, &wanted, difference))
        return MALL_DIFFERENT;
    const struct shipment *s = NULL;
    if (at_mall->package_count > 0 && at_mall->packages[0].shipment_count > 0)
        s = &at_mall->packages[0].shipments[0];
    enum mall_comparison c = aupay_compare_parcel(&typed, s ? s->tracking_number : STR(""),
                                                  s ? s->carrier_mall_code : STR(""),
                                                  s ? s->ship_date : 0, &wanted, difference);
    // The status is a step of its own (§2.3).
    if (c == MALL_SAME && !aupay_status_reached(at_mall->mall_status, &wanted))
        return MALL_NOT_YET;
    return c;
}
