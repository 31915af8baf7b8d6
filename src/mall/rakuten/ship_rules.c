// SPDX-License-Identifier: Apache-2.0
//
// Rows of the shipping report. An order only becomes 発送済 when every row of every destination has
// carrier, number and date (rakuten.md §3.2), and a row sent without its shippingDetailId is added
// to those that are there (§7.4). So each desired parcel is matched with the row that is ours: by
// its reference, by its number, else by filling a placeholder that another system left. Invariant
// of a match: a row of Rakuten belongs to at most one desired parcel.
#include "mall/rakuten/ship_rules.h"
#include "mall/rakuten/codes.h"
#include "mall/rakuten/read.h"

#include <assert.h>

#define ROWS_LOOKED_AT_MAX 64
#define NO_ROW (-1)

struct match {
    const struct mall_account *account;
    const struct order_package *at_mall, *wanted;
    int row_of[ROWS_LOOKED_AT_MAX]; // per desired parcel: index of Rakuten's row
    bool taken[ROWS_LOOKED_AT_MAX]; // per row of Rakuten
    size_t wanted_count, row_count;
};

// Numbers are the same whatever hyphens and blanks they were typed with.
static bool same_number(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.n && (a.p[i] == '-' || a.p[i] == ' '))
            i++;
        while (k < b.n && (b.p[k] == '-' || b.p[k] == ' '))
            k++;
        if (i == a.n || k == b.n)
            return i == a.n && k == b.n;
        if (!str_eq_nocase(str_slice(a, i, i + 1), str_slice(b, k, k + 1)))
            return false;
        i++;
        k++;
    }
}

static bool row_equals(const struct mall_account *account, const struct shipment *row,
                       const struct shipment *wanted)
{
    struct str carrier = rakuten_carrier_to_send(account, wanted, row);
    return carrier.p && str_eq(row->carrier_mall_code, carrier) &&
           same_number(row->tracking_number, wanted->tracking_number) &&
           row->ship_date == wanted->ship_date;
}

static bool row_is_blank(const struct shipment *row)
{
    return str_is_empty(row->tracking_number) && row->ship_date == 0;
}

static bool row_is_complete(const struct shipment *row)
{
    return row->tracking_number.n > 0 && row->ship_date != 0 && row->carrier_mall_code.n > 0;
}

enum match_rule { BY_REFERENCE, BY_NUMBER, BY_CONTENT, BY_PLACEHOLDER };

static bool rule_fits(const struct mall_account *account, enum match_rule rule,
                      const struct shipment *row, const struct shipment *wanted)
{
    switch (rule) {
    case BY_REFERENCE:
        return wanted->mall_ref.n > 0 && str_eq(row->mall_ref, wanted->mall_ref);
    case BY_NUMBER:
        return wanted->tracking_number.n > 0 &&
               same_number(row->tracking_number, wanted->tracking_number);
    case BY_CONTENT:
        return row_equals(account, row, wanted);
    case BY_PLACEHOLDER:
        return str_is_empty(row->tracking_number);
    }
    return false;
}

static void match_by(struct match *m, enum match_rule rule)
{
    for (size_t i = 0; i < m->wanted_count; i++) {
        for (size_t k = 0; k < m->row_count && m->row_of[i] == NO_ROW; k++) {
            if (m->taken[k] ||
                !rule_fits(m->account, rule, &m->at_mall->shipments[k], &m->wanted->shipments[i]))
                continue;
            m->row_of[i] = (int)k;
            m->taken[k] = true;
        }
    }
}

static bool match_rows(const struct mall_account *account, struct match *m,
                       const struct order_package *at_mall, const struct order_package *wanted)
{
    *m = (struct match){.account = account,
                        .at_mall = at_mall,
                        .wanted = wanted,
                        .wanted_count = wanted->shipment_count,
                        .row_count = at_mall->shipment_count};
    if (m->wanted_count > ROWS_LOOKED_AT_MAX || m->row_count > ROWS_LOOKED_AT_MAX)
        return false;
    for (size_t i = 0; i < m->wanted_count; i++)
        m->row_of[i] = NO_ROW;
    match_by(m, BY_REFERENCE);
    match_by(m, BY_NUMBER);
    match_by(m, BY_CONTENT);
    match_by(m, BY_PLACEHOLDER);
    return true;
}

static const struct order_package *basket_of(const struct order *at_mall,
                                             const struct mall_ship_request *request,
                                             const struct order_package *wanted)
{
    struct str ref = wanted->mall_ref;
    for (size_t i = 0; str_is_empty(ref) && i < request->order->package_count; i++)
        if (request->order->packages[i].number == wanted->number)
            ref = request->order->packages[i].mall_ref;
    for (size_t i = 0; i < at_mall->package_count; i++)
        if (str_eq(at_mall->packages[i].mall_ref, ref))
            return &at_mall->packages[i];
    return NULL;
}

static bool basket_unknown(const struct mall_ship_request *request,
                           const struct order_package *wanted, struct error *error)
{
    error_set(error, ERROR_BAD_INPUT, "shipment.package_unknown",
              "送付先%dは楽天の注文にありません。", "Destination %d isn't part of Rakuten's order.",
              wanted->number);
    error_hint(error,
               "Juchuで追加・分割した送付先は楽天へ報告できません。元の送付先に発送情報を入力してく"
               "ださい。",
               "A destination added or split here can't be reported; use the original one.");
    return error_subject(error, "%.*s", STR_ARG(request->order->order_no));
}

// Was this row known when the desired parcels were entered? Then its absence there is meant.
static bool row_was_known(const struct mall_ship_request *request, const struct shipment *row)
{
    for (size_t i = 0; i < request->order->package_count; i++) {
        const struct order_package *p = &request->order->packages[i];
        for (size_t k = 0; k < p->shipment_count; k++)
            if (row->mall_ref.n > 0 && str_eq(p->shipments[k].mall_ref, row->mall_ref))
                return true;
    }
    return false;
}

static bool other_parcel(const struct mall_ship_request *request, struct error *error)
{
    error_set(error, ERROR_REJECTED, "rakuten.other_tracking_number",
              "楽天に別のお荷物伝票番号が登録されています。上書きしませんでした。",
              "Another tracking number is registered at Rakuten; it was not overwritten.");
    error_hint(error,
               "注文を読み直し、楽天側の発送情報とどちらが正しいか確認してから、もう一度出荷してく"
               "ださい。",
               "Read the order again, decide which one is right, and ship again.");
    return error_subject(error, "%.*s", STR_ARG(request->order->order_no));
}

static bool rows_left_over(const struct mall_ship_request *request, const struct match *m,
                           struct rakuten_basket *basket, struct error *error)
{
    assert(m->row_count == 0 || m->at_mall->shipments);
    for (size_t k = 0; k < m->row_count; k++) {
        const struct shipment *row = &m->at_mall->shipments[k];
        if (m->taken[k])
            continue;
        if (row_was_known(request, row) || row_is_blank(row))
            basket->rows[basket->count++] =
                (struct rakuten_row){.detail_id = row->mall_ref, .number = STR(""), .remove = true};
        else if (row_is_complete(row))
            return other_parcel(request, error);
        // A half-empty row of somebody else is left to a person: rakuten_ship_compare shows it.
    }
    return true;
}

static bool plan_basket(struct arena *arena, const struct mall_ship_request *request,
                        const struct match *m, struct rakuten_basket *basket, struct error *error)
{
    basket->basket_id = m->at_mall->mall_ref;
    basket->rows = ARENA_ARRAY(arena, struct rakuten_row, m->wanted_count + m->row_count);
    if (!basket->rows)
        return error_no_memory(error);
    for (size_t i = 0; i < m->wanted_count; i++) {
        const struct shipment *wanted = &m->wanted->shipments[i];
        const struct shipment *row =
            m->row_of[i] == NO_ROW ? NULL : &m->at_mall->shipments[m->row_of[i]];
        struct str carrier = rakuten_carrier_to_send(m->account, wanted, row);
        bool blanks_number =
            row && row->tracking_number.n > 0 && str_is_empty(wanted->tracking_number);
        if (row && row_equals(m->account, row, wanted))
            continue;
        basket->rows[basket->count++] = (struct rakuten_row){
            .detail_id = row ? row->mall_ref : STR(""),
            .company = carrier.p ? str_cstr(arena, carrier) : NULL,
            .number = wanted->tracking_number,
            .send_number = wanted->tracking_number.n > 0 || blanks_number,
            .date = wanted->ship_date,
        };
    }
    return rows_left_over(request, m, basket, error);
}

bool rakuten_ship_plan(struct arena *arena, const struct mall_account *account,
                       const struct mall_ship_request *request, const struct order *at_mall,
                       struct rakuten_plan *plan, struct error *error)
{
    *plan = (struct rakuten_plan){0};
    plan->baskets = ARENA_ARRAY(arena, struct rakuten_basket, request->package_count);
    if (!plan->baskets)
        return error_no_memory(error);
    for (size_t i = 0; i < request->package_count; i++) {
        const struct order_package *wanted = &request->packages[i];
        const struct order_package *there = basket_of(at_mall, request, wanted);
        struct match m;
        if (!there)
            return basket_unknown(request, wanted, error);
        if (!match_rows(account, &m, there, wanted))
            return error_set(error, ERROR_BAD_INPUT, "shipment.too_many_parcels",
                             "送付先%dの荷物が多すぎます。", "Destination %d has too many parcels.",
                             wanted->number);
        struct rakuten_basket *basket = &plan->baskets[plan->count];
        if (!plan_basket(arena, request, &m, basket, error))
            return false;
        plan->rows += basket->count;
        if (basket->count > 0)
            plan->count++;
    }
    return true;
}

// --- before sending ---

static bool refuse(const struct mall_ship_request *request, struct error *error, const char *code,
                   const char *ja, const char *en, const char *hint_ja, const char *hint_en)
{
    error_set(error, ERROR_BAD_INPUT, code, "%s%.0s", "%.0s%s", ja, en);
    error_hint(error, hint_ja, hint_en);
    return error_subject(error, "%.*s", STR_ARG(request->order->order_no));
}

static bool number_is_sendable(struct str number)
{
    for (size_t i = 0; i < number.n; i++)
        if (number.p[i] < 0x20 || number.p[i] >= 0x7f)
            return false;
    return true;
}

static bool check_parcel(const struct mall_account *account,
                         const struct mall_ship_request *request, const struct shipment *s,
                         struct error *error)
{
    if (str_is_empty(s->carrier) && str_is_empty(s->carrier_mall_code))
        return refuse(request, error, "shipment.carrier_missing", "配送会社が入力されていません。",
                      "The carrier is missing.",
                      "楽天への反映には配送会社・お荷物伝票番号・発送日の3項目が必要です。",
                      "Rakuten needs carrier, tracking number and ship date.");
    if (!rakuten_carrier_to_send(account, s, NULL).p)
        return refuse(request, error, "shipment.carrier_not_mapped",
                      "この配送会社に対応する楽天の配送会社コードがありません。",
                      "Rakuten has no code for this carrier.",
                      "配送会社を選び直すか「その他」を選んでください。",
                      "Choose another carrier, or 'other'.");
    if (s->ship_date == 0)
        return refuse(request, error, "shipment.ship_date_missing", "発送日が入力されていません。",
                      "The ship date is missing.",
                      "楽天への反映には配送会社・お荷物伝票番号・発送日の3項目が必要です。",
                      "Rakuten needs carrier, tracking number and ship date.");
    if (!day_is_valid(s->ship_date))
        return refuse(request, error, "shipment.ship_date_invalid", "発送日が正しくありません。",
                      "The ship date is no real day.", "発送日を入力し直してください。",
                      "Enter the ship date again.");
    if (str_is_empty(s->tracking_number) && !account_flag(account, "allow_without_tracking"))
        return refuse(request, error, "shipment.tracking_number_missing",
                      "お荷物伝票番号が入力されていません。", "The tracking number is missing.",
                      "番号のない配送方法を使う場合は、店舗設定の「伝票番号なしの報告を許可」を有効"
                      "にしてください。",
                      "For methods without number, switch on 'allow without tracking' in the "
                      "shop's settings.");
    if (str_utf8_length(s->tracking_number) > RAKUTEN_TRACKING_CHARACTERS)
        return refuse(request, error, "shipment.tracking_number_too_long",
                      "お荷物伝票番号が120文字を超えています。",
                      "The tracking number has more than 120 characters.",
                      "番号を確認してください。", "Check the number.");
    if (!number_is_sendable(s->tracking_number))
        return refuse(request, error, "shipment.tracking_number_characters",
                      "お荷物伝票番号に使えない文字があります。",
                      "The tracking number has characters that Rakuten refuses.",
                      "半角の数字・英字・ハイフンで入力してください。",
                      "Use plain digits, letters and hyphens.");
    return true;
}

bool rakuten_ship_preflight(const struct mall_account *account,
                            const struct mall_ship_request *request, day today, struct error *error)
{
    struct mall_account known = *account;
    known.mall = mall_by_id(STR("rakuten"));
    size_t parcels = 0;
    (void)today; // future ship dates are right at Rakuten (§3.2)
    if (rakuten_progress(request->order) >= RAKUTEN_CANCEL_REQUESTED) {
        refuse(request, error, "order.cancelled_at_mall", "楽天でキャンセル(申請)された注文です。",
               "The order is cancelled at Rakuten, or about to be.",
               "荷物を止め、キャンセルの内容を確認してください。",
               "Stop the parcel and look at the cancellation.");
        error->class = ERROR_REJECTED;
        return false;
    }
    for (size_t i = 0; i < request->package_count; i++) {
        const struct order_package *p = &request->packages[i];
        parcels += p->shipment_count;
        if (p->shipment_count > 0 && !basket_of(request->order, request, p))
            return basket_unknown(request, p, error);
        if (p->shipment_count > RAKUTEN_ROWS_PER_BASKET)
            return refuse(request, error, "shipment.too_many_parcels",
                          "一つの送付先に登録できる荷物は20個までです。",
                          "A destination takes at most 20 parcels.", "荷物をまとめてください。",
                          "Join parcels.");
        for (size_t k = 0; k < p->shipment_count; k++)
            if (!check_parcel(&known, request, &p->shipments[k], error))
                return false;
    }
    return parcels > 0 ||
           refuse(request, error, "shipment.none", "発送情報が入力されていません。",
                  "No parcel is entered.", "配送会社・お荷物伝票番号・発送日を入力してください。",
                  "Enter carrier, tracking number and ship date.");
}

// --- after sending ---

static enum mall_comparison different(struct error *difference, const char *code, const char *ja,
                                      const char *en, const struct order *at_mall)
{
    error_set(difference, ERROR_CONFLICT, code, "%s%.0s", "%.0s%s", ja, en);
    error_subject(difference, "%.*s", STR_ARG(at_mall->order_no));
    return MALL_DIFFERENT;
}

static enum mall_comparison compare_left_over(const struct order *at_mall, const struct match *m,
                                              struct error *difference)
{
    for (size_t k = 0; k < m->row_count; k++) {
        if (m->taken[k])
            continue;
        if (row_is_complete(&m->at_mall->shipments[k]))
            return different(difference, "rakuten.extra_row",
                             "楽天にこちらにない発送情報が登録されています。",
                             "Rakuten shows a parcel that isn't ours.", at_mall);
        return different(
            difference, "rakuten.incomplete_row",
            "楽天に未完成の発送行が残っているため、発送済になりません。RMSで行を削除するか3項目を入"
            "力してください。",
            "An incomplete shipping row keeps the order open; delete or fill it in RMS.", at_mall);
    }
    return MALL_SAME;
}

static bool foreign_parcel_left(const struct match *m)
{
    for (size_t k = 0; k < m->row_count; k++)
        if (!m->taken[k] && row_is_complete(&m->at_mall->shipments[k]))
            return true;
    return false;
}

static enum mall_comparison compare_package(const struct order *at_mall, const struct match *m,
                                            struct error *difference)
{
    bool not_yet = false;
    for (size_t i = 0; i < m->wanted_count; i++) {
        if (m->row_of[i] == NO_ROW && foreign_parcel_left(m))
            return different(difference, "rakuten.other_tracking_number",
                             "楽天に別のお荷物伝票番号が登録されています。",
                             "Another tracking number is registered at Rakuten.", at_mall);
        if (m->row_of[i] == NO_ROW ||
            !row_equals(m->account, &m->at_mall->shipments[m->row_of[i]], &m->wanted->shipments[i]))
            not_yet = true;
    }
    return not_yet ? MALL_NOT_YET : compare_left_over(at_mall, m, difference);
}

enum mall_comparison rakuten_ship_compare(const struct mall_account *account,
                                          const struct order *at_mall,
                                          const struct mall_ship_request *request,
                                          struct error *difference)
{
    enum mall_comparison result = MALL_SAME;
    struct mall_account known = *account;
    known.mall = mall_by_id(STR("rakuten"));
    for (size_t i = 0; i < request->package_count; i++) {
        const struct order_package *wanted = &request->packages[i];
        const struct order_package *there = basket_of(at_mall, request, wanted);
        struct match m;
        if (!there || !match_rows(&known, &m, there, wanted))
            return different(difference, "shipment.package_unknown",
                             "楽天の注文に該当する送付先がありません。",
                             "Rakuten's order has no such destination.", at_mall);
        enum mall_comparison one = compare_package(at_mall, &m, difference);
        if (one == MALL_DIFFERENT)
            return one;
        if (one == MALL_NOT_YET)
            result = MALL_NOT_YET;
    }
    if (result == MALL_NOT_YET && rakuten_progress(at_mall) >= RAKUTEN_CANCEL_REQUESTED)
        return different(difference, "order.cancelled_at_mall",
                         "楽天でキャンセル(申請)された注文です。荷物を止めてください。",
                         "The order is cancelled at Rakuten; stop the parcel.", at_mall);
    return result;
}
