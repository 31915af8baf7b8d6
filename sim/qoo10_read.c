// SPDX-License-Identifier: Apache-2.0
//
// The simulated Qoo10's reading methods (qoo10.md §4): the order lists in both vocabularies, one
// order number with its claim, the claim list. One row per order number; a cart that was cancelled
// is found among the claims only. Called with the sim's mutex held.
#include "sim/qoo10.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define RANGE_DAYS 90

struct shape {
    struct q10_call *c;
    const struct sim_order *order;
    const struct q10_order *cart;
    const struct q10_line *line;
    bool v3; // else the older vocabulary
};

static const char *name_of(const struct shape *s, const char *v3, const char *v2)
{
    return s->v3 ? v3 : v2;
}

static void text(const struct shape *s, const char *v3, const char *v2, struct str value)
{
    q10_put_text(&s->c->out, name_of(s, v3, v2), value);
}

static bool is(const struct shape *s, const char *name, const char *value)
{
    return sim_switch_is(s->c->sim, SIM_QOO10, name, value);
}

static struct str status_text(const struct shape *s)
{
    static const char *const words[] = {"",
                                        "Awaiting shipping(1)",
                                        "On request(2)",
                                        "Seller confirm(3)",
                                        "On delivery(4)",
                                        "Delivered(5)"};
    int status = s->line->status;
    if (is(s, "status_form", "digit"))
        return arena_printf(s->c->arena, "%d", status);
    if (status == 1 && is(s, "status_form", "on_waiting"))
        return STR("On Waiting(1)");
    return str_from(words[status]);
}

static struct str phone(const struct shape *s, struct str number)
{
    if (str_is_empty(number))
        return STR("+81--");
    return arena_printf(s->c->arena, "+81-%.*s", STR_ARG(str_slice(number, 1, number.n)));
}

static bool is_mobile(struct str number)
{
    return str_starts(number, STR("090")) || str_starts(number, STR("080")) ||
           str_starts(number, STR("070"));
}

static struct str full_name(const struct shape *s, const struct sim_person *p, bool kana)
{
    return kana ? arena_printf(s->c->arena, "%.*s%.*s", STR_ARG(p->family_kana),
                               STR_ARG(p->given_kana))
                : arena_printf(s->c->arena, "%.*s%.*s", STR_ARG(p->family), STR_ARG(p->given));
}

// Three shapes and nothing at all (§4.3).
static struct str desired(const struct shape *s, const struct sim_destination *d)
{
    char day_text[12];
    struct str slot = STR("");
    static const char *const slots[SIM_SLOT_COUNT] = {[SIM_SLOT_NONE] = "",
                                                      [SIM_SLOT_MORNING] = "08:00~12:00",
                                                      [SIM_SLOT_14_16] = "14:00~16:00",
                                                      [SIM_SLOT_16_18] = "16:00~18:00",
                                                      [SIM_SLOT_18_20] = "18:00~20:00",
                                                      [SIM_SLOT_19_21] = "19:00~21:00"};
    if (d->slot < SIM_SLOT_COUNT && slots[d->slot])
        slot = str_from(slots[d->slot]);
    if (d->requested_day == 0)
        return slot;
    return arena_printf(s->c->arena, "%.*s %.*s", STR_ARG(day_format(d->requested_day, day_text)),
                        STR_ARG(slot));
}

static struct str related(const struct shape *s)
{
    struct buf list = buf_make(4096);
    bool self = is(s, "related_order", "with_self");
    bool none = is(s, "related_order", "empty");
    for (size_t i = 0; !none && i < s->cart->line_count; i++)
        if (self || &s->cart->lines[i] != s->line)
            buf_addf(&list, "%s%lld", list.n ? ", " : "", (long long)s->cart->lines[i].order_no);
    struct str out = str_dup(s->c->arena, buf_str(&list));
    buf_free(&list);
    return out;
}

static struct str option_text(const struct shape *s)
{
    struct buf out = buf_make(4096);
    const struct sim_line *l = s->line->line;
    for (int i = 0; i < l->axis_count; i++)
        buf_addf(&out, "%s%.*s:%.*s", out.n ? " / " : "", STR_ARG(l->axes[i].name),
                 STR_ARG(l->axes[i].value));
    for (int i = 0; i < l->option_count; i++)
        buf_addf(&out, "%s%.*s:%.*s", out.n ? " / " : "", STR_ARG(l->options[i].name),
                 STR_ARG(l->options[i].value));
    struct str text_out = str_dup(s->c->arena, buf_str(&out));
    buf_free(&out);
    return text_out;
}

static struct str payment_name(enum sim_payment payment)
{
    switch (payment) {
    case SIM_PAY_CARD:
        return STR("クレジットカード");
    case SIM_PAY_WALLET:
        return STR("PayPay");
    case SIM_PAY_CARRIER:
        return STR("キャリア決済");
    case SIM_PAY_CONVENIENCE:
        return STR("コンビニ決済");
    case SIM_PAY_BANK:
        return STR("銀行振込");
    default:
        return STR("Qマネー");
    }
}

static void put_head(const struct shape *s, const char *status_name)
{
    struct q10_call *c = s->c;
    const struct q10_line *l = s->line;
    bool empty = is(s, "payment_date", "empty");
    q10_put_text(&c->out, status_name, status_text(s));
    text(s, "SellerID", "sellerID", STR(SIM_QOO10_USER_ID));
    q10_put_number(&c->out, name_of(s, "PackNo", "packNo"), s->cart->pack_no);
    q10_put_number(&c->out, name_of(s, "OrderNo", "orderNo"), l->order_no);
    q10_put_time(c, name_of(s, "OrderDate", "orderDate"), s->order->ordered_at);
    q10_put_time(c, "PaymentDate", empty ? TIME_NONE : s->cart->paid_at);
}

static void put_buyer(const struct shape *s)
{
    const struct sim_person *b = &s->order->buyer;
    text(s, "Buyer", "buyer", full_name(s, b, false));
    text(s, "BuyerKana", "buyer_gata", full_name(s, b, true));
    bool mobile = is_mobile(b->phone);
    text(s, "BuyerTel", "buyerTel", phone(s, mobile ? STR("") : b->phone));
    text(s, "BuyerMobile", "buyerMobile", phone(s, mobile ? b->phone : STR("")));
    text(s, "BuyerEmail", "buyerEmail", b->email);
}

static void put_item(const struct shape *s)
{
    struct q10_call *c = s->c;
    const struct sim_line *l = s->line->line;
    yen discount = sim_dice(s->order, "megawari", 8) == 0 ? l->unit_price * l->quantity / 10 : 0;
    q10_put_text(&c->out, name_of(s, "ItemNo", "itemCode"),
                 arena_printf(c->arena, "%lld", 900000000LL + (long long)l->item->item_id));
    text(s, "SellerItemCode", "sellerItemCode", l->item->manage_number);
    text(s, "ItemTitle", "itemTitle", l->title);
    text(s, "Option", "option", option_text(s));
    text(s, "OptionCode", "optionCode", l->system_sku.n ? l->system_sku : STR(""));
    q10_put_money(&c->out, name_of(s, "OrderPrice", "orderPrice"), l->unit_price);
    q10_put_number(&c->out, name_of(s, "OrderQty", "orderQty"), l->quantity);
    q10_put_money(&c->out, name_of(s, "Discount", "discount"), discount);
    q10_put_money(&c->out, name_of(s, "Total", "total"), l->unit_price * l->quantity - discount);
}

static void put_receiver(const struct shape *s)
{
    struct q10_call *c = s->c;
    const struct sim_person *r = &s->order->destinations[0].recipient;
    struct str front = arena_printf(c->arena, "%.*s%.*s", STR_ARG(r->prefecture), STR_ARG(r->city));
    struct str rest = arena_printf(c->arena, "%.*s%s%.*s", STR_ARG(r->town),
                                   r->building.n ? " " : "", STR_ARG(r->building));
    bool mobile = is_mobile(r->phone);
    text(s, "Receiver", "receiver", full_name(s, r, false));
    text(s, "ReceiverKana", "receiver_gata", full_name(s, r, true));
    if (!s->v3)
        text(s, "", "shippingCountry", STR("JP"));
    text(s, "ZipCode", "zipCode",
         sim_dice(s->order, "hyphen", 2)
             ? r->postal_code
             : arena_printf(c->arena, "%.*s-%.*s", STR_ARG(str_slice(r->postal_code, 0, 3)),
                            STR_ARG(str_slice(r->postal_code, 3, 7))));
    text(s, "ShippingAddress", "shippingAddr",
         arena_printf(c->arena, "%.*s%.*s", STR_ARG(front), STR_ARG(rest)));
    text(s, "Address1", "Addr1", front);
    text(s, "Address2", "Addr2", rest);
    text(s, "ReceiverTel", "receiverTel", phone(s, mobile ? STR("") : r->phone));
    text(s, "ReceiverMobile", "receiverMobile", phone(s, mobile ? r->phone : STR("")));
    text(s, "DesiredDeliveryDate", "hopeDate", desired(s, &s->order->destinations[0]));
}

static void put_parcel(const struct shape *s)
{
    struct q10_call *c = s->c;
    const struct q10_line *l = s->line;
    char day_text[12];
    time_ms planned = l->planned ? day_start_jst(l->planned) : TIME_NONE;
    q10_put_time(c, name_of(s, "EstimatedShippingDate", "EstShippingDate"), planned);
    q10_put_time(c, name_of(s, "ShippingDate", "ShippingDate"), l->shipped_at);
    q10_put_time(c, "DeliveredDate", l->delivered_at);
    text(s, "DeliveryCompany", "DeliveryCompany",
         l->carrier.n ? l->carrier : q10_carrier_name(s->order->destinations[0].carrier));
    text(s, "TrackingNo", "TrackingNo", l->number);
    text(s, "PackingNo", "PackingNo",
         l->status >= 3 ? arena_printf(c->arena, "JPP%lld", (long long)(l->order_no % 100000000))
                        : STR(""));
    text(s, "VoucherCode", "VoucherCode", STR(""));
    text(s, "SellerDeliveryNo", "SellerDeliveryNo", STR(""));
    day release = l->line->release_day;
    if (!s->v3)
        return;
    text(s, "AvailableSendType", "", release ? STR("2") : STR("0"));
    text(s, "AvailableShippingDate", "", release ? day_format(release, day_text) : STR(""));
}

static void put_rest(const struct shape *s)
{
    struct q10_call *c = s->c;
    const struct sim_order *o = s->order;
    bool gift = (o->features & SIM_FEATURE_GIFT) != 0;
    yen postage = o->postage == YEN_UNDETERMINED ? 0 : o->postage;
    text(s, "SenderName", "senderName", gift ? full_name(s, &o->buyer, false) : STR(""));
    text(s, "SenderTel", "senderTel", STR(""));
    text(s, "SenderNation", "senderNation", STR(""));
    text(s, "SenderZipCode", "senderZipCode", STR(""));
    text(s, "SenderAddress", "senderAddr", STR(""));
    text(s, "ShippingWay", "ShippingWay", STR(""));
    text(s, "ShippingMessage", "ShippingMsg", o->note);
    text(s, "PaymentMethod", "PaymentMethod", payment_name(o->payment));
    q10_put_money(&c->out, "SellerDiscount", 0);
    text(s, "Currency", "Currency", STR("JPY"));
    q10_put_money(&c->out, "ShippingRate", postage);
    text(s, "RelatedOrder", "RelatedOrder", related(s));
    text(s, "ShippingRateType", "shippingRateType", postage ? STR("Charge") : STR("Free"));
    text(s, "Gift", "Gift", STR(""));
    q10_put_money(&c->out, name_of(s, "CartDiscountSeller", "Cart_Discount_Seller"),
                  o->coupon_shop);
    q10_put_money(&c->out, name_of(s, "CartDiscountQoo10", "Cart_Discount_Qoo10"), o->coupon_mall);
    q10_put_money(&c->out, "SettlePrice", s->line->line->unit_price * s->line->line->quantity);
    text(s, "BranchName", "BranchName", STR(""));
    text(s, "Material", "Material", STR(""));
}

static void put_row(const struct shape *s)
{
    q10_row_begin(&s->c->out);
    put_head(s, name_of(s, "ShippingStatus", "shippingStatus"));
    put_buyer(s);
    put_item(s);
    put_receiver(s);
    put_parcel(s);
    put_rest(s);
    q10_row_end(&s->c->out);
}

// --- lists ---

// yyyyMMdd or yyyyMMddHHmmss in Japan; a bare day ends with its last second when it is the end.
static bool read_stamp(struct str text_in, bool end, time_ms *t)
{
    char full[15] = "00000000000000";
    struct civil_time v = {0};
    int64_t n;
    if ((text_in.n != 8 && text_in.n != 14) || !str_to_int64(text_in, &n) || n < 0)
        return false;
    memcpy(full, text_in.p, text_in.n);
    if (text_in.n == 8 && end)
        memcpy(full + 8, "235959", 6);
    str_to_int64(str_make(full, 14), &n);
    v.second = (int)(n % 100);
    v.minute = (int)(n / 100 % 100);
    v.hour = (int)(n / 10000 % 100);
    v.day = (int)(n / 1000000 % 100);
    v.month = (int)(n / 100000000 % 100);
    v.year = (int)(n / 10000000000);
    if (v.month < 1 || v.month > 12 || v.day < 1 || v.day > 31 || v.hour > 23 || v.minute > 59 ||
        v.second > 59)
        return false;
    *t = time_from_civil(v, JST_OFFSET_MS);
    return true;
}

struct range {
    time_ms from, to; // both inclusive, whole seconds
    int64_t condition;
};

// 1 = fine; 0 = refused, the answer is written.
static bool read_range(struct q10_call *c, const char *from, const char *to, const char *kind,
                       int bad_date, int too_wide, struct range *r)
{
    struct str condition = q10_parameter(c, kind);
    r->condition = 1;
    if (!str_is_empty(condition) && !str_to_int64(condition, &r->condition))
        r->condition = 0;
    if (!read_stamp(q10_parameter(c, from), false, &r->from) ||
        !read_stamp(q10_parameter(c, to), true, &r->to) || r->to < r->from) {
        q10_result(c, bad_date, "Please check the search date.");
        return false;
    }
    if (r->to - r->from > RANGE_DAYS * DAY_MS) {
        q10_result(c, too_wide, "The search period can not exceed 90 days.");
        return false;
    }
    return true;
}

static bool in_range(const struct range *r, time_ms t)
{
    return t != TIME_NONE && t / 1000 * 1000 >= r->from && t / 1000 * 1000 <= r->to;
}

static time_ms date_of(const struct q10_order *cart, const struct sim_order *order,
                       const struct q10_line *line, int64_t condition)
{
    switch (condition) {
    case 2:
        return cart->paid_at;
    case 3:
        return line->shipped_at;
    case 4:
        return line->delivered_at;
    default:
        return order->ordered_at;
    }
}

// The exact pairs are open (§4.1).
static bool pair_fits(struct q10_call *c, int64_t status, int64_t condition)
{
    if (sim_switch_is(c->sim, SIM_QOO10, "condition_check", "none"))
        return true;
    if ((condition == 3 && status < 4) || (condition == 4 && status < 5))
        return false;
    return condition != 2 || status >= 2 ||
           !sim_switch_is(c->sim, SIM_QOO10, "condition_check", "strict");
}

static bool status_wanted(int64_t wanted, int status)
{
    return wanted == 0 ? status <= 3 : wanted == status;
}

// null, [] or, for a single row, the bare object (§1).
static void begin_rows(struct q10_call *c, size_t rows)
{
    bool bare = rows == 1 && sim_switch_is(c->sim, SIM_QOO10, "single_object", "on");
    q10_begin(c);
    if (c->out.xml || bare)
        return;
    if (rows == 0 && sim_switch_is(c->sim, SIM_QOO10, "no_rows", "null"))
        json_write_null(&c->out.json);
    else
        json_begin_array(&c->out.json);
}

static void end_rows(struct q10_call *c, size_t rows)
{
    bool bare = rows == 1 && sim_switch_is(c->sim, SIM_QOO10, "single_object", "on");
    bool null = rows == 0 && sim_switch_is(c->sim, SIM_QOO10, "no_rows", "null");
    if (!c->out.xml && !bare && !null)
        json_end_array(&c->out.json);
    q10_end(c);
}

// Calls `visit` for the lines that a filter takes; how many. `visit` NULL only counts.
struct filter {
    struct range range;
    int64_t status;
    bool claims;
    bool v3;
};

static bool line_taken(struct q10_call *c, const struct filter *f, const struct sim_order *order,
                       const struct q10_line *line)
{
    const struct q10_order *cart = order->face;
    if (!f->claims)
        return q10_line_listed(c->sim, line) && status_wanted(f->status, line->status) &&
               in_range(&f->range, date_of(cart, order, line, f->range.condition));
    if (line->claim == QOO10_CLAIM_NONE || (f->status && f->status != line->claim))
        return false;
    time_ms t = f->range.condition == 2   ? line->claim_at
                : f->range.condition == 3 ? line->claim_done_at
                                          : order->ordered_at;
    return in_range(&f->range, t);
}

static size_t walk(struct q10_call *c, const struct filter *f, void (*visit)(const struct shape *s))
{
    size_t count, taken = 0;
    struct sim_order *const *orders = sim_orders(c->sim, SIM_QOO10, &count);
    for (size_t i = 0; i < count; i++) {
        const struct q10_order *cart = orders[i]->face;
        for (size_t k = 0; sim_order_listed(c->sim, orders[i]) && k < cart->line_count; k++) {
            if (!line_taken(c, f, orders[i], &cart->lines[k]))
                continue;
            taken++;
            struct shape s = {c, orders[i], cart, &cart->lines[k], f->v3};
            if (visit)
                visit(&s);
        }
    }
    return taken;
}

void q10_get_shipping(struct q10_call *c)
{
    struct filter f = {.v3 = strcmp(c->operation, "GetShippingInfo_v3") == 0};
    struct str status = q10_parameter(c, f.v3 ? "ShippingStatus" : "ShippingStat");
    int64_t page;
    if (!read_range(c, f.v3 ? "SearchStartDate" : "search_Sdate",
                    f.v3 ? "SearchEndDate" : "search_Edate",
                    f.v3 ? "SearchCondition" : "search_condition", -10001, -10002, &f.range))
        return;
    if (!str_is_empty(status) &&
        (!str_to_int64(status, &f.status) || f.status < 0 || f.status > 5)) {
        q10_result(c, -10003, "Please check the shipping status.");
        return;
    }
    if (f.range.condition < 1 || f.range.condition > 4 ||
        !pair_fits(c, f.status, f.range.condition)) {
        q10_result(c, -10004, "Shipping status and search condition do not match.");
        return;
    }
    // Paging isn't one: the first page holds everything, later ones nothing (§4.1).
    bool beyond = str_to_int64(q10_parameter(c, "Page"), &page) && page > 1;
    size_t rows = beyond ? 0 : walk(c, &f, NULL);
    begin_rows(c, rows);
    if (rows > 0)
        walk(c, &f, put_row);
    end_rows(c, rows);
}

// --- claims ---

static struct str claim_text(const struct shape *s)
{
    static const struct {
        int code;
        const char *words;
    } known[] = {{1, "Cancel request"}, {2, "Cancelling"}, {3, "Cancel complete"},
                 {4, "Return request"}, {6, "Returned"},   {16, "Unpaid cancel"}};
    int claim = s->line->claim;
    if (claim == 0)
        return STR("");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].code == claim && is(s, "claim_form", "text"))
            return arena_printf(s->c->arena, "%s(%d)", known[i].words, claim);
    return arena_printf(s->c->arena, "%d", claim);
}

static void put_claim_block(const struct shape *s)
{
    struct q10_call *c = s->c;
    q10_put_text(&c->out, "claimStatus", claim_text(s));
    q10_put_time(c, "cancelRefundDate", s->line->claim_done_at);
    q10_put_text(&c->out, "reason", s->line->claim_reason);
    q10_put_time(c, "requestDate", s->line->claim_at);
}

static void put_claim_row(const struct shape *s)
{
    struct q10_call *c = s->c;
    const struct sim_line *l = s->line->line;
    q10_row_begin(&c->out);
    put_claim_block(s);
    q10_put_time(c, "orderDate", s->order->ordered_at);
    q10_put_time(c, "PaymentDate", s->cart->paid_at);
    q10_put_time(c, "shippingDate", s->line->shipped_at);
    q10_put_time(c, "DeliveredDate", s->line->delivered_at);
    q10_put_number(&c->out, "orderNo", s->line->order_no);
    q10_put_number(&c->out, "packNo", s->cart->pack_no);
    q10_put_text(&c->out, "itemCode",
                 arena_printf(c->arena, "%lld", 900000000LL + (long long)l->item->item_id));
    q10_put_text(&c->out, "sellerItemCode", l->item->manage_number);
    q10_put_text(&c->out, "itemTitle", l->title);
    q10_put_number(&c->out, "orderQty", l->quantity);
    q10_put_text(&c->out, "paymentNation", STR("JP"));
    q10_put_text(&c->out, "currency", STR("JPY"));
    q10_put_money(&c->out, "paymentAmount", l->unit_price * l->quantity);
    q10_put_text(&c->out, "deliveryCompany", s->line->carrier);
    q10_put_text(&c->out, "trackingNo", s->line->number);
    q10_put_text(&c->out, "receiver", full_name(s, &s->order->destinations[0].recipient, false));
    q10_put_text(&c->out, "buyer", full_name(s, &s->order->buyer, false));
    q10_row_end(&c->out);
}

void q10_get_claims(struct q10_call *c)
{
    struct filter f = {.claims = true};
    struct str status = q10_parameter(c, "ClaimStat");
    if (!read_range(c, "search_Sdate", "search_Edate", "search_condition", -10002, -10003,
                    &f.range))
        return;
    if (!str_is_empty(status) && !str_to_int64(status, &f.status)) {
        q10_result(c, -10002, "Please check the claim status.");
        return;
    }
    // Whether an empty state means all is open (§4.5).
    bool none = f.status == 0 && sim_switch_is(c->sim, SIM_QOO10, "claims_without_state", "none");
    size_t rows = none ? 0 : walk(c, &f, NULL);
    begin_rows(c, rows);
    if (rows > 0)
        walk(c, &f, put_claim_row);
    end_rows(c, rows);
}

// --- one order number ---

void q10_get_by_order_no(struct q10_call *c)
{
    int64_t order_no;
    struct sim_order *order = NULL;
    if (!str_to_int64(q10_parameter(c, "OrderNo"), &order_no) || order_no <= 0) {
        q10_result(c, -10002, "Please check the order number.");
        return;
    }
    struct q10_line *line = q10_find_line(c->sim, order_no, &order);
    if (!line) {
        q10_result(c, -10003, "The order number does not exist.");
        return;
    }
    struct shape s = {c, order, order->face, line, false};
    begin_rows(c, 2); // always an array (§4.4)
    q10_row_begin(&c->out);
    put_head(&s, "shippingStatus");
    q10_put_time(c, "shippingDate", line->shipped_at);
    q10_put_time(c, "DeliveredDate", line->delivered_at);
    put_buyer(&s);
    put_item(&s);
    const struct sim_person *r = &order->destinations[0].recipient;
    q10_put_text(&c->out, "receiver", full_name(&s, r, false));
    q10_put_text(&c->out, "receiver_gata", full_name(&s, r, true));
    q10_put_text(&c->out, "shippingCountry", STR("JP"));
    q10_put_text(&c->out, "zipCode", r->postal_code);
    q10_put_text(&c->out, "shippingAddr",
                 arena_printf(c->arena, "%.*s%.*s%.*s%s%.*s", STR_ARG(r->prefecture),
                              STR_ARG(r->city), STR_ARG(r->town), r->building.n ? " " : "",
                              STR_ARG(r->building)));
    bool mobile = is_mobile(r->phone);
    q10_put_text(&c->out, "receiverTel", phone(&s, mobile ? STR("") : r->phone));
    q10_put_text(&c->out, "receiverMobile", phone(&s, mobile ? r->phone : STR("")));
    q10_put_text(&c->out, "hopeDate", desired(&s, &order->destinations[0]));
    q10_put_text(&c->out, "ShippingMsg", order->note);
    q10_put_text(&c->out, "PaymentMethod", payment_name(order->payment));
    q10_put_text(&c->out, "currency", STR("JPY"));
    q10_put_text(&c->out, "shippingRateType", order->postage ? STR("Charge") : STR("Free"));
    q10_put_text(&c->out, "deliveryCompany", line->carrier);
    q10_put_text(&c->out, "trackingNo", line->number);
    q10_put_money(&c->out, "Cart_Discount_Seller", order->coupon_shop);
    q10_put_money(&c->out, "Cart_Discount_Qoo10", order->coupon_mall);
    put_claim_block(&s);
    q10_row_end(&c->out);
    end_rows(c, 2);
}

void q10_get_delivery_groups(struct q10_call *c)
{
    begin_rows(c, 2);
    q10_row_begin(&c->out);
    q10_put_number(&c->out, "ShippingNo", 1001);
    q10_put_money(&c->out, "ShippingFee", 550);
    q10_put_text(&c->out, "ShippingType", STR("F"));
    q10_put_text(&c->out, "transcName", STR("ヤマト宅急便"));
    q10_row_end(&c->out);
    end_rows(c, 2);
}
