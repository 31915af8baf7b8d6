// SPDX-License-Identifier: Apache-2.0
//
// What of a shipment Qoo10 can take (qoo10.md §5.3, §6): a carrier name and a tracking number per
// order number, both required, and no ship date, which Qoo10 sets to the moment of the call. And
// how the mall's side compares with it. Pure functions; any thread.
#include "mall/qoo10/internal.h"

#define NUMBER_BYTES_MAX 50
#define CARRIER_BYTES_MAX 200

static bool refuse(struct error *error, const char *code, const char *ja, const char *en,
                   const char *hint_ja, const char *hint_en)
{
    error_set(error, ERROR_BAD_INPUT, code, "%s%.0s", "%.0s%s", ja, en);
    return hint_ja ? error_hint(error, hint_ja, hint_en) : false;
}

bool qoo10_same_number(struct str a, struct str b)
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

// Our carrier's name at Qoo10; else the name that the mall itself gave.
static struct str name_of(const struct mall_account *account, const struct shipment *s)
{
    struct str name =
        s->carrier.n > 0 ? account_map_out(account, MAPPING_CARRIER, s->carrier) : STR_ABSENT;
    return name.p ? name : s->carrier_mall_code;
}

static bool check_carrier(const struct shipment *s, struct str name, struct error *error)
{
    if (s->carrier.n == 0 && s->carrier_mall_code.n == 0)
        return refuse(error, "shipment.carrier_missing", "配送業者が入力されていません。",
                      "The carrier is missing.", NULL, NULL);
    if (name.n > 0 && name.n <= CARRIER_BYTES_MAX)
        return true;
    error_set(error, ERROR_BAD_INPUT, "shipment.carrier_not_mapped",
              "配送業者「%.*s」に対応するQoo10の配送会社名がありません。",
              "Qoo10 has no name for the carrier “%.*s”.", STR_ARG(s->carrier));
    return error_hint(error, "変換設定で、QSMの配送会社の一覧にある名前を登録してください。",
                      "Map it to a name of QSM's list of carriers.");
}

static bool check_number(struct str number, struct error *error)
{
    if (number.n == 0)
        return refuse(error, "shipment.tracking_number_missing",
                      "伝票番号が入力されていません(Qoo10へは伝票番号なしで反映できません)。",
                      "The tracking number is missing; Qoo10 takes no shipment without one.",
                      "追跡番号のない配送は、QSMの配送管理で発送処理してください。",
                      "For services without number, report the shipment in QSM.");
    for (size_t i = 0; i < number.n; i++) {
        char c = number.p[i];
        bool fits = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-';
        if (!fits || number.n > NUMBER_BYTES_MAX)
            return refuse(error, "qoo10.tracking_number_form",
                          "伝票番号は半角英数字50文字以内で入力してください。",
                          "A tracking number has at most 50 letters and digits.", NULL, NULL);
    }
    return true;
}

static bool names_line(struct str mall_ref, struct str line_id)
{
    struct str part;
    while (str_split(&mall_ref, ',', &part))
        if (str_eq(str_trim(part), line_id))
            return true;
    return false;
}

// The parcel of a line: the one that bears its order number, else the first with a number.
static const struct shipment *parcel_of(const struct order_package *wanted, struct str line_id)
{
    const struct shipment *first = NULL;
    for (size_t i = 0; i < wanted->shipment_count; i++) {
        const struct shipment *s = &wanted->shipments[i];
        if (line_id.n > 0 && names_line(s->mall_ref, line_id))
            return s;
        if (!first || (first->tracking_number.n == 0 && s->tracking_number.n > 0))
            first = s;
    }
    return first;
}

// More numbers than lines can bear: the first goes out, or none, as the shop has set.
static bool check_surplus(struct arena *arena, const struct mall_account *account,
                          const struct order_package *wanted, struct error *error)
{
    if (!str_eq(account_setting(account, "extra_numbers"), STR("refuse")))
        return true;
    struct str first = STR("");
    for (size_t i = 0; i < wanted->shipment_count; i++) {
        const struct shipment *s = &wanted->shipments[i];
        struct str number = tracking_number_normalise(arena, s->tracking_number);
        if (number.n == 0 || s->mall_ref.n > 0)
            continue;
        if (first.n > 0 && !qoo10_same_number(first, number))
            return refuse(error, "qoo10.too_many_numbers",
                          "Qoo10の注文番号1件には伝票番号を1つしか登録できません。",
                          "An order number of Qoo10 takes one tracking number.", NULL, NULL);
        first = number;
    }
    return true;
}

static const struct order_package *package_at_mall(const struct order *order,
                                                   const struct order_package *wanted)
{
    for (size_t i = 0; i < order->package_count; i++)
        if (wanted->mall_ref.n > 0 && str_eq(order->packages[i].mall_ref, wanted->mall_ref))
            return &order->packages[i];
    for (size_t i = 0; i < order->package_count; i++)
        if (order->packages[i].number == wanted->number)
            return &order->packages[i];
    return order->package_count == 1 ? &order->packages[0] : NULL;
}

struct making {
    struct arena *arena;
    const struct mall_account *account;
    day today;
    struct qoo10_notice *notices;
    size_t count;
    struct error *error;
};

static bool add_line(struct making *m, const struct order_package *wanted, struct str line_id)
{
    const struct shipment *s = parcel_of(wanted, line_id);
    int64_t order_no;
    if (!s || !str_to_int64(line_id, &order_no) || order_no <= 0)
        return refuse(
            m->error, "qoo10.line_unknown", "明細のQoo10注文番号が分からないため、反映できません。",
            "A line has no order number of Qoo10, so it can't be told.",
            "この注文をQoo10から取り込み直してください。", "Fetch the order from Qoo10 again.");
    struct str name = name_of(m->account, s);
    struct str number = tracking_number_normalise(m->arena, s->tracking_number);
    if (!check_carrier(s, name, m->error) || !check_number(number, m->error))
        return false;
    // Qoo10 counts the moment of the call as the ship date and tells the buyer at once.
    if (m->today != 0 && s->ship_date > m->today)
        return refuse(
            m->error, "shipment.ship_date_future",
            "出荷日が未来の日付です。Qoo10には出荷日を指定できず、反映した日が発送日になり"
            "ます。",
            "The ship date lies in the future; Qoo10 takes the day of the notice instead.",
            "出荷日になると自動的に反映します。", "It is told by itself on that day.");
    m->notices[m->count++] = (struct qoo10_notice){
        .order_no = order_no,
        .carrier_name = str_dup(m->arena, name),
        .carrier = str_dup(m->arena, s->carrier),
        .number = number,
        .ship_date = s->ship_date,
    };
    return true;
}

static bool add_package(struct making *m, const struct order *order,
                        const struct order_package *wanted)
{
    if (wanted->shipment_count == 0 || wanted->state == SHIPMENT_VOID)
        return true;
    const struct order_package *p = package_at_mall(order, wanted);
    if (!p)
        return refuse(m->error, "qoo10.package_unknown", "Qoo10側にない送付先です。",
                      "Qoo10 doesn't have this destination.",
                      "この注文をQoo10から取り込み直してください。",
                      "Fetch the order from Qoo10 again.");
    if (!check_surplus(m->arena, m->account, wanted, m->error))
        return false;
    for (size_t i = 0; i < p->line_count; i++)
        if (!add_line(m, wanted, p->lines[i].mall_line_id))
            return false;
    return true;
}

static size_t lines_of(const struct order *order)
{
    size_t count = 0;
    for (size_t i = 0; i < order->package_count; i++)
        count += order->packages[i].line_count;
    return count;
}

bool qoo10_notices_make(struct arena *arena, const struct mall_account *account,
                        const struct mall_ship_request *request, day today,
                        struct qoo10_notice **notices, size_t *count, struct error *error)
{
    struct making m = {.arena = arena, .account = account, .today = today, .error = error};
    const struct order *order = request->order;
    *count = 0;
    if (!order || str_is_empty(order->order_no))
        return refuse(error, "qoo10.order_number", "注文番号がありません。",
                      "The order number is missing.", NULL, NULL);
    m.notices = *notices =
        ARENA_ARRAY(arena, struct qoo10_notice, lines_of(order) * (request->package_count + 1));
    if (!m.notices)
        return error_no_memory(error);
    bool fits = true;
    for (size_t i = 0; fits && i < request->package_count; i++)
        fits = add_package(&m, order, &request->packages[i]);
    if (fits && m.count == 0)
        fits = refuse(error, "shipment.none", "出荷情報が入力されていません。",
                      "There is nothing to ship with.", NULL, NULL);
    *count = m.count;
    if (arena_failed(arena))
        return error_no_memory(error);
    return fits || error_subject(error, "%.*s", STR_ARG(order->order_no));
}

static bool state_allows(const struct order *order, struct error *error)
{
    if (order->state == ORDER_CANCELLED)
        return refuse(error, "order.cancelled_at_mall", "モールでキャンセルされた注文です。",
                      "The order was cancelled at the mall.", "荷物を止めてください。",
                      "Stop the parcel.");
    if (order->state == ORDER_CANCEL_REQUESTED)
        return refuse(error, "qoo10.cancel_requested",
                      "購入者がキャンセルを要請しています。発送を止めて確認してください。",
                      "The buyer asks for cancellation. Stop the parcel and look.",
                      "QSMのキャンセル管理で承認するか、要請が取り下げられるのを待ってください。",
                      "Accept it in QSM, or wait until the request is withdrawn.");
    if (order->state == ORDER_PROVISIONAL)
        return refuse(error, "qoo10.unpaid", "Qoo10で入金待ちの注文です。",
                      "The order awaits payment at Qoo10.", "入金されると自動的に反映します。",
                      "It is told by itself once it is paid.");
    return true;
}

bool qoo10_ship_preflight(const struct mall_account *given, const struct mall_ship_request *request,
                          day today, struct error *error)
{
    struct mall_account account = *given;
    struct qoo10_notice *notices;
    size_t count;
    AUTO_ARENA arena = arena_new((size_t)4 * 1024 * 1024);
    account.mall = &qoo10_mall;
    if (!arena)
        return error_no_memory(error);
    if (request->order && !state_allows(request->order, error))
        return error_subject(error, "%.*s", STR_ARG(request->order->order_no));
    return qoo10_notices_make(arena, &account, request, today, &notices, &count, error);
}

// --- comparing ---

static enum mall_comparison differs(struct error *error, const char *code, const char *ja,
                                    const char *en)
{
    error_set(error, ERROR_CONFLICT, code, "%s%.0s", "%.0s%s", ja, en);
    error_hint(error, "QSMの配送管理で、どちらが正しいか確認してください。",
               "See in QSM which of the two is right.");
    return MALL_DIFFERENT;
}

// The mall's parcel that bears the line's order number.
static const struct shipment *parcel_at_mall(const struct order *at_mall, int64_t order_no)
{
    char text[24];
    struct str line_id = id_format(order_no, text);
    for (size_t i = 0; i < at_mall->package_count; i++)
        for (size_t k = 0; k < at_mall->packages[i].shipment_count; k++)
            if (names_line(at_mall->packages[i].shipments[k].mall_ref, line_id))
                return &at_mall->packages[i].shipments[k];
    return NULL;
}

static bool has_line(const struct order *at_mall, int64_t order_no)
{
    char text[24];
    struct str line_id = id_format(order_no, text);
    for (size_t i = 0; i < at_mall->package_count; i++)
        for (size_t k = 0; k < at_mall->packages[i].line_count; k++)
            if (str_eq(at_mall->packages[i].lines[k].mall_line_id, line_id))
                return true;
    return false;
}

static enum mall_comparison compare_line(const struct mall_account *account,
                                         const struct order *at_mall, const struct qoo10_notice *n,
                                         struct error *difference)
{
    const struct shipment *there = parcel_at_mall(at_mall, n->order_no);
    if (!there)
        return MALL_NOT_YET;
    if (!qoo10_same_number(there->tracking_number, n->number))
        return differs(difference, "qoo10.number_differs",
                       "Qoo10に登録されている送り状番号が、反映しようとした番号と異なります。",
                       "Qoo10 has another tracking number than the one to be told.");
    struct str carrier = qoo10_carrier_in(account, there->carrier_mall_code);
    if (n->carrier.n > 0 && carrier.n > 0 && !str_eq(carrier, n->carrier) &&
        !str_eq(there->carrier_mall_code, n->carrier_name))
        return differs(difference, "qoo10.carrier_differs",
                       "Qoo10に登録されている配送会社が異なります。", "Qoo10 has another carrier.");
    return MALL_SAME;
}

enum mall_comparison qoo10_ship_compare(const struct mall_account *given,
                                        const struct order *at_mall,
                                        const struct mall_ship_request *request,
                                        struct error *difference)
{
    struct mall_account account = *given;
    struct qoo10_notice *notices;
    size_t count, same = 0, gone = 0;
    AUTO_ARENA arena = arena_new((size_t)4 * 1024 * 1024);
    account.mall = &qoo10_mall;
    if (!arena) {
        error_no_memory(difference);
        return MALL_DIFFERENT;
    }
    if (at_mall->state == ORDER_CANCELLED)
        return differs(difference, "order.cancelled_at_mall", "モールでキャンセルされた注文です。",
                       "The order was cancelled at the mall.");
    if (!qoo10_notices_make(arena, &account, request, 0, &notices, &count, difference))
        return MALL_DIFFERENT;
    for (size_t i = 0; i < count; i++) {
        // A line that was cancelled meanwhile owes nothing.
        if (!has_line(at_mall, notices[i].order_no)) {
            gone++;
            continue;
        }
        enum mall_comparison c = compare_line(&account, at_mall, &notices[i], difference);
        if (c == MALL_DIFFERENT)
            return MALL_DIFFERENT;
        same += c == MALL_SAME;
    }
    return same > 0 && same + gone == count ? MALL_SAME : MALL_NOT_YET;
}

// --- what the mall's order shows ---

static bool any_token_below(struct str status, char limit)
{
    struct str token;
    while (str_split(&status, ',', &token))
        if (token.n > 0 && token.p[0] >= '1' && token.p[0] < limit)
            return true;
    return false;
}

bool qoo10_is_accepted(const struct order *order)
{
    return order->mall_status.n > 0 && !any_token_below(order->mall_status, '3');
}

bool qoo10_is_cancelled(const struct order *order)
{
    return order->state == ORDER_CANCELLED;
}

struct str qoo10_order_choice(const struct order *order)
{
    struct str first = order->mall_status, token;
    if (str_split(&first, ',', &token) && token.n > 0 && token.p[0] >= '1' && token.p[0] <= '5')
        return str_from(qoo10_statuses[token.p[0] - '1'].value);
    return STR("claim");
}
