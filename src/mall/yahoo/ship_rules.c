// SPDX-License-Identifier: Apache-2.0
//
// What of a shipment Yahoo can take (yahoo.md §9.3, §10), checked before anything is sent, and how
// the mall's side compares with it. One carrier, two numbers and one date per order is all there
// is. Pure functions; results live in the caller's arena. Any thread.
#include "mall/yahoo/internal.h"

#define NUMBER_BYTES_MAX 30
#define YAMATO_BYTES_MAX 14
#define JAPAN_POST_MIN 11
#define JAPAN_POST_MAX 13
#define YAMATO STR("1001")
#define JAPAN_POST STR("1003")

static bool refuse(struct error *error, const char *code, const char *ja, const char *en)
{
    return error_set(error, ERROR_BAD_INPUT, code, "%s%.0s", "%.0s%s", ja, en);
}

// Half width, upper case, hyphens and blanks out: "１２３４-5678" and "12345678" are one number.
static struct str plain_number(struct arena *arena, struct str text)
{
    return tracking_number_normalise(arena, text);
}

bool yahoo_same_number(struct str a, struct str b)
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

static bool all_of(struct str text, bool letters)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!(c >= '0' && c <= '9') && !(letters && letter))
            return false;
    }
    return true;
}

static bool number_fits(struct str company, struct str number, struct error *error)
{
    if (str_eq(company, YAMATO) && (!all_of(number, false) || number.n > YAMATO_BYTES_MAX)) {
        refuse(error, "yahoo.tracking_number_yamato",
               "ヤマト運輸の伝票番号は数字14桁以内で入力してください（Yahoo!の規則）。",
               "Yahoo takes at most 14 digits for Yamato.");
        return false;
    }
    if (str_eq(company, JAPAN_POST) &&
        (!all_of(number, true) || number.n < JAPAN_POST_MIN || number.n > JAPAN_POST_MAX)) {
        refuse(error, "yahoo.tracking_number_japan_post",
               "日本郵便の伝票番号はハイフンなし11〜13文字で入力してください（Yahoo!の規則）。",
               "Yahoo takes 11 to 13 characters without hyphens for Japan Post.");
        return false;
    }
    if (!all_of(number, true) || number.n > NUMBER_BYTES_MAX) {
        refuse(error, "yahoo.tracking_number_form",
               "伝票番号は半角英数字とハイフンのみ、30文字以内です（Yahoo!の規則）。",
               "Yahoo takes letters, digits and hyphens, at most 30.");
        return false;
    }
    return true;
}

static bool read_target(const struct mall_account *account, const struct mall_ship_request *request,
                        struct yahoo_shipment *out, struct error *error)
{
    struct str target = request->target_status;
    if (str_is_empty(target))
        target = account_flag(account, "close_after_ship") ? STR("done") : STR("shipped");
    out->close = str_eq(target, STR("done"));
    out->ship_status = str_eq(target, STR("shipping")) ? 2 : 3;
    if (!out->close && out->ship_status == 3 && !str_eq(target, STR("shipped")))
        return refuse(error, "yahoo.target_unknown", "紐付け設定の反映先ステータスが不明です。",
                      "The target status of the link is not one of Yahoo's.");
    return true;
}

static struct str company_of(const struct mall_account *account, const struct shipment *s)
{
    struct str code = account_map_out(account, MAPPING_CARRIER, s->carrier);
    if (code.p)
        return code;
    bool known = yahoo_carrier_in(account, s->carrier_mall_code).n > 0;
    return str_is_empty(s->carrier) && known ? s->carrier_mall_code : STR_ABSENT;
}

static bool take_carrier(const struct mall_account *account, const struct shipment *s,
                         struct yahoo_shipment *out, struct error *error)
{
    if (str_is_empty(s->carrier) && str_is_empty(s->carrier_mall_code))
        return refuse(error, "shipment.carrier_missing", "配送業者が入力されていません。",
                      "The carrier is missing.");
    out->company_code = company_of(account, s);
    out->carrier = s->carrier;
    if (!out->company_code.p) {
        error_set(error, ERROR_BAD_INPUT, "shipment.carrier_not_mapped",
                  "配送業者「%.*s」に対応するYahoo!の配送会社コードがありません。",
                  "Yahoo has no code for the carrier “%.*s”.", STR_ARG(s->carrier));
        return error_hint(error, "配送業者を「その他」にするか、対応する業者を選んでください。",
                          "Choose “other” or a carrier that Yahoo knows.");
    }
    return true;
}

static bool is_new_number(const struct yahoo_shipment *out, struct str number)
{
    for (size_t i = 0; i < 2; i++)
        if (out->numbers[i].n > 0 && yahoo_same_number(out->numbers[i], number))
            return false;
    return true;
}

// More numbers than Yahoo has fields, or parcels of another carrier: sent as far as they fit, or
// refused, as the shop has set.
static bool take_number(struct arena *arena, const struct mall_account *account,
                        const struct shipment *s, struct yahoo_shipment *out, struct error *error)
{
    struct str number = plain_number(arena, s->tracking_number);
    struct str company = company_of(account, s);
    bool strict = str_eq(account_setting(account, "extra_numbers"), STR("refuse"));
    if (str_is_empty(number) || !is_new_number(out, number))
        return true;
    if (company.p && !str_eq(company, out->company_code)) {
        out->numbers_wanted++;
        return !strict || refuse(error, "yahoo.several_carriers",
                                 "Yahoo!の注文には配送業者を1社しか登録できません。",
                                 "A Yahoo order takes one carrier only.");
    }
    out->numbers_wanted++;
    size_t at = out->numbers[0].n == 0 ? 0 : 1;
    if (out->numbers[at].n > 0)
        return !strict || refuse(error, "yahoo.too_many_numbers",
                                 "Yahoo!の注文には伝票番号を2つまでしか登録できません。",
                                 "A Yahoo order takes two tracking numbers only.");
    if (!number_fits(out->company_code, number, error))
        return false;
    out->numbers[at] = number;
    return true;
}

static bool take_shipments(struct arena *arena, const struct mall_account *account,
                           const struct mall_ship_request *request, struct yahoo_shipment *out,
                           struct error *error)
{
    bool any = false;
    for (size_t i = 0; i < request->package_count; i++) {
        const struct order_package *p = &request->packages[i];
        for (size_t k = 0; p->state != SHIPMENT_VOID && k < p->shipment_count; k++) {
            const struct shipment *s = &p->shipments[k];
            if (!any && !take_carrier(account, s, out, error))
                return false;
            any = true;
            if (out->ship_date == 0)
                out->ship_date = s->ship_date;
            if (!take_number(arena, account, s, out, error))
                return false;
        }
    }
    return any || refuse(error, "shipment.none", "出荷情報が入力されていません。",
                         "There is nothing to ship with.");
}

static bool take_empty_reason(const struct mall_account *account, struct yahoo_shipment *out,
                              struct error *error)
{
    if (out->numbers[0].n > 0)
        return true;
    struct str reason = account_setting(account, "untracked_reason");
    if (str_is_empty(reason) || str_eq(reason, STR("none"))) {
        refuse(error, "shipment.tracking_number_missing", "伝票番号が入力されていません。",
               "The tracking number is missing.");
        return error_hint(
            error,
            "追跡番号のない配送であれば、ショップ設定の「伝票番号なしの理由」を選んでください。",
            "If the service has no tracking, choose the reason in the shop's settings.");
    }
    out->empty_reason = reason;
    return true;
}

static bool date_fits(const struct yahoo_shipment *out, day today, struct error *error)
{
    if (out->ship_date == 0)
        return refuse(error, "shipment.ship_date_missing", "出荷日が入力されていません。",
                      "The ship date is missing.");
    if (out->ship_status == 3 && out->ship_date > today)
        return refuse(
            error, "shipment.ship_date_future",
            "出荷日が未来の日付です。出荷済みにするとカードの売上が確定するため、当日に反映します"
            "。",
            "The ship date lies in the future; shipped status would capture the card now.");
    return true;
}

// What is known of the order without asking the mall.
static bool order_allows(const struct mall_account *account, const struct order *order,
                         struct error *error)
{
    if (!account_flag(account, "point_fix"))
        return refuse(
            error, "yahoo.point_fix_off",
            "ショップ設定で「ポイント確定に同意する」がオフのため、出荷を反映できません。",
            "Shipping can't be told while the shop's consent to fixing points is off.");
    if (!order)
        return true;
    if (order->state == ORDER_CANCELLED)
        return refuse(error, "yahoo.order_cancelled", "モール側でキャンセルされた注文です。",
                      "The mall has cancelled the order.");
    if (order->marks & ORDER_MARK_FRAUD_REVIEW)
        return refuse(error, "yahoo.fraud_hold",
                      "不正注文の審査中のため、Yahoo!は変更を受け付けません。",
                      "Yahoo takes no change while it checks the order for fraud.");
    return true;
}

bool yahoo_shipment_make(struct arena *arena, const struct mall_account *account,
                         const struct mall_ship_request *request, day today,
                         struct yahoo_shipment *out, struct error *error)
{
    *out = (struct yahoo_shipment){.company_code = STR(""),
                                   .carrier = STR(""),
                                   .numbers = {STR(""), STR("")},
                                   .empty_reason = STR("")};
    bool fits = order_allows(account, request->order, error) &&
                read_target(account, request, out, error) &&
                take_shipments(arena, account, request, out, error) &&
                take_empty_reason(account, out, error) && date_fits(out, today, error);
    if (arena_failed(arena))
        return error_no_memory(error);
    if (!fits && request->order)
        error_subject(error, "%.*s", STR_ARG(request->order->order_no));
    return fits;
}

bool yahoo_ship_preflight(const struct mall_account *account,
                          const struct mall_ship_request *request, day today, struct error *error)
{
    struct mall_account typed = *account;
    struct yahoo_shipment shipment;
    AUTO_ARENA arena = arena_new(YAHOO_REQUEST_BYTES_MAX);
    typed.mall = &yahoo_mall;
    if (!arena)
        return error_no_memory(error);
    if (!yahoo_shipment_make(arena, &typed, request, today, &shipment, error))
        return false;
    if (!request->order || !(request->order->marks & ORDER_MARK_READ_ONLY))
        return true;
    refuse(error, "yahoo.read_only_window",
           "購入者が取り消せる時間内（注文から10分）のため、まだ反映できません。",
           "Within the buyer's ten minutes; it can't be told yet.");
    return error_subject(error, "%.*s", STR_ARG(request->order->order_no));
}

// ---- comparing ----

static bool has_number(const struct str numbers[2], struct str wanted)
{
    return (numbers[0].n > 0 && yahoo_same_number(numbers[0], wanted)) ||
           (numbers[1].n > 0 && yahoo_same_number(numbers[1], wanted));
}

static bool numbers_agree(const struct str at_mall[2], const struct yahoo_shipment *wanted)
{
    for (size_t i = 0; i < 2; i++) {
        if (wanted->numbers[i].n > 0 && !has_number(at_mall, wanted->numbers[i]))
            return false;
        if (at_mall[i].n > 0 && !has_number(wanted->numbers, at_mall[i]))
            return false;
    }
    return true;
}

static enum mall_comparison differs(struct error *error, const char *code, const char *ja,
                                    const char *en)
{
    error_set(error, ERROR_CONFLICT, code, "%s%.0s", "%.0s%s", ja, en);
    return MALL_DIFFERENT;
}

enum mall_comparison yahoo_compare(const struct mall_account *account,
                                   const struct yahoo_state *state, struct str company_code,
                                   const struct str numbers[2], struct str empty_reason,
                                   day ship_date, const struct yahoo_shipment *wanted,
                                   struct error *error)
{
    if (state->ship < wanted->ship_status)
        return MALL_NOT_YET;
    if (!numbers_agree(numbers, wanted))
        return differs(error, "yahoo.number_differs",
                       "Yahoo!に登録されている伝票番号が、反映しようとした番号と異なります。",
                       "Yahoo has another tracking number than the one to be told.");
    struct str carrier = yahoo_carrier_in(account, company_code);
    if (!str_eq(company_code, wanted->company_code) &&
        !(carrier.n > 0 && str_eq(carrier, yahoo_carrier_in(account, wanted->company_code))))
        return differs(error, "yahoo.carrier_differs",
                       "Yahoo!"
                       "に登録されている配送会社が異なります（配送方法に紐づく会社が優先されること"
                       "があります）。",
                       "Yahoo has another carrier (the one bound to a shipping method may win).");
    if (ship_date != 0 && ship_date != wanted->ship_date)
        return differs(error, "yahoo.ship_date_differs",
                       "Yahoo!に登録されている出荷日が異なります。",
                       "Yahoo has another ship date.");
    // Closing is a step of its own and waits for the money.
    if (wanted->close && state->order != 5 && state->pay == 1)
        return MALL_NOT_YET;
    return MALL_SAME;
}

enum mall_comparison yahoo_ship_compare(const struct mall_account *account,
                                        const struct order *at_mall,
                                        const struct mall_ship_request *request,
                                        struct error *difference)
{
    struct mall_account typed = *account;
    struct yahoo_shipment wanted;
    struct yahoo_state state;
    AUTO_ARENA arena = arena_new(YAHOO_REQUEST_BYTES_MAX);
    typed.mall = &yahoo_mall;
    struct mall_ship_request bare = *request;
    bare.order = NULL; // the mall's view decides here, not the last one
    if (!arena) {
        error_no_memory(difference);
        return MALL_DIFFERENT;
    }
    if (!yahoo_compact_parse(at_mall->mall_status, &state))
        return differs(difference, "yahoo.status_unreadable", "注文のステータスを読み取れません。",
                       "The order's status can't be read.");
    if (state.order == 4)
        return differs(difference, "yahoo.order_cancelled", "モール側でキャンセルされた注文です。",
                       "The mall has cancelled the order.");
    if (!yahoo_shipment_make(arena, &typed, &bare, INT32_MAX, &wanted, difference))
        return MALL_DIFFERENT;
    struct str numbers[2] = {STR(""), STR("")}, company = STR("");
    day date = 0;
    for (size_t i = 0; i < at_mall->package_count; i++) {
        const struct order_package *p = &at_mall->packages[i];
        for (size_t k = 0; k < p->shipment_count && k < 2; k++) {
            numbers[k] = p->shipments[k].tracking_number;
            company = p->shipments[k].carrier_mall_code;
            date = p->shipments[k].ship_date;
        }
    }
    return yahoo_compare(&typed, &state, company, numbers, STR(""), date, &wanted, difference);
}
