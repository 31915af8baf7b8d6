// SPDX-License-Identifier: Apache-2.0
//
// The simulated Qoo10's writing methods (qoo10.md §5): 発注確認 with the planned ship date,
// 発送確認 per order number, the seller's cancellation, and the bulk variants whose outer code only
// says that the call worked. What takes effect goes into the ledger under the cart. Called with the
// sim's mutex held.
#include "sim/qoo10.h"

#define BULK_MAX 500

struct outcome {
    int code;
    const char *words;
};
static const struct outcome done = {0, "SUCCESS"};

// 8 digits. False: not a day.
static bool read_day(struct str text, day *d)
{
    int64_t n;
    return text.n == 8 && str_to_int64(text, &n) && n > 0 && n <= 99991231 &&
           day_is_valid(*d = (day)n);
}

static struct q10_line *line_of(struct q10_call *c, struct str number, struct sim_order **order)
{
    int64_t n;
    return str_to_int64(number, &n) ? q10_find_line(c->sim, n, order) : NULL;
}

static bool is(struct q10_call *c, const char *name, const char *value)
{
    return sim_switch_is(c->sim, SIM_QOO10, name, value);
}

static struct outcome seller_check(struct q10_call *c, struct str number, struct str planned,
                                   bool bulk)
{
    struct sim_order *order = NULL;
    struct q10_line *line = line_of(c, number, &order);
    day today = day_in_jst(sim_now(c->sim)), d = 0;
    int64_t most = sim_switch_number(c->sim, SIM_QOO10, "planned_days_max");
    if (!line)
        return (struct outcome){-10001, "The order does not belong to the seller."};
    if (str_is_empty(planned) && (bulk || is(c, "planned_required", "on")))
        return (struct outcome){-10016, "EstShipDt is empty."};
    if (!str_is_empty(planned) && !read_day(planned, &d))
        return (struct outcome){-10016, "EstShipDt is wrong."};
    if (d && d < today)
        return (struct outcome){-10018, "EstShipDt must be after today."};
    if (d && most > 0 && day_difference(d, today) > most)
        return (struct outcome){-10017, "EstShipDt is later than the permitted maximum."};
    if (!q10_line_listed(c->sim, line) || (line->status != 2 && line->status != 3))
        return (struct outcome){-10013, "The order is not in 配送要請."};
    if (line->status == 3 && (bulk || is(c, "confirm_again", "refused")))
        return (struct outcome){-10012, "The order is already confirmed."};
    q10_confirm(c->sim, order, line, d ? d : line->planned);
    return done;
}

static struct outcome sending(struct q10_call *c, struct str number, struct str carrier,
                              struct str tracking)
{
    struct sim_order *order = NULL;
    struct q10_line *line = line_of(c, number, &order);
    if (!line)
        return (struct outcome){-10001, "The order does not belong to the seller."};
    if (str_is_empty(carrier) || str_is_empty(tracking) || tracking.n > 50 || carrier.n > 200)
        return (struct outcome){-90001, "A required parameter is missing."};
    if (!q10_carrier_known(carrier) && is(c, "unknown_carrier", "refused"))
        return (struct outcome){-10005, "配送会社を確認してください。"};
    bool from_new = line->status == 2 && is(c, "ship_unconfirmed", "accepted");
    bool again = line->status == 4 && !is(c, "ship_again", "refused");
    if (!q10_line_listed(c->sim, line) || (line->status != 3 && !from_new && !again))
        return (struct outcome){-10004, "注文状態を確認してください。"};
    if (line->status == 4 && is(c, "ship_again", "ignored"))
        return done;
    bool normal = !q10_carrier_known(carrier) && is(c, "unknown_carrier", "normalised");
    q10_ship(c->sim, order, line, normal ? STR("その他") : carrier, tracking, "ship");
    return done;
}

static void answer(struct q10_call *c, struct outcome o)
{
    q10_result(c, o.code, o.words);
}

void q10_set_seller_check(struct q10_call *c)
{
    answer(c, seller_check(c, q10_parameter(c, "OrderNo"), q10_parameter(c, "EstShipDt"), false));
}

void q10_set_sending(struct q10_call *c)
{
    answer(c, sending(c, q10_parameter(c, "OrderNo"), q10_parameter(c, "ShippingCorp"),
                      q10_parameter(c, "TrackingNo")));
}

// --- bulk ---

static void put_element(struct q10_call *c, const char *key, struct str number, struct outcome o,
                        struct str carrier)
{
    q10_row_begin(&c->out);
    q10_put_text(&c->out, key, number);
    q10_put_number(&c->out, "result_cd", o.code);
    if (carrier.p)
        q10_put_text(&c->out, "transc_nm", carrier);
    q10_put_number(&c->out, "ResultCode", o.code);
    q10_put_text(&c->out, "ResultMsg", str_from(o.words));
    q10_row_end(&c->out);
}

static void bulk(struct q10_call *c, const char *parameter, bool ships)
{
    struct json list, v;
    struct error error;
    struct str given = q10_parameter(c, parameter);
    if (str_is_empty(given) || !json_parse(c->arena, given, false, &list, &error)) {
        q10_result(c, -90001, "A required parameter is missing.");
        return;
    }
    if (json_count(list) > BULK_MAX) {
        q10_result(c, -10011, "Too many orders (500).");
        return;
    }
    q10_begin(c);
    if (!c->out.xml)
        json_begin_array(&c->out.json);
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);) {
        struct str number = json_str(json_get(v, "OrderNo"));
        struct str carrier = json_str(json_get(v, "ShippingCorp"));
        struct outcome o = ships
                               ? sending(c, number, carrier, json_str(json_get(v, "TrackingNo")))
                               : seller_check(c, number, json_str(json_get(v, "EstShipDt")), true);
        put_element(c, ships ? "contr_no" : "cont_no", number, o, ships ? carrier : STR_ABSENT);
    }
    if (!c->out.xml)
        json_end_array(&c->out.json);
    q10_end(c);
}

void q10_set_seller_check_bulk(struct q10_call *c)
{
    bulk(c, "SendPlanDtInfoJson", false);
}

void q10_set_sending_bulk(struct q10_call *c)
{
    bulk(c, "ShippingInfoJson", true);
}

// --- cancelling ---

void q10_set_cancel(struct q10_call *c)
{
    struct str number = q10_parameter(c, "ContrNo");
    struct str reason = q10_parameter(c, "CancelReason");
    int64_t n;
    struct sim_order *order = NULL;
    if (!str_to_int64(number, &n)) {
        q10_result(c, -10001, "The order number is wrong.");
        return;
    }
    struct q10_line *line = q10_find_line(c->sim, n, &order);
    if (!line) {
        q10_result(c, -10002, "There is no such order.");
        return;
    }
    // A buyer's own request is not the seller's to process (§5.5).
    if (!q10_line_listed(c->sim, line) || line->status > 3 || line->claim != QOO10_CLAIM_NONE) {
        q10_result(c, -10004, "The order's state is wrong.");
        return;
    }
    (void)sim_effect_add(c->sim, order, "cancel", number);
    q10_claim(c->sim, order, line,
              is(c, "cancel_steps", "running") ? QOO10_CANCEL_RUNNING : QOO10_CANCELLED,
              str_is_empty(reason) ? STR("在庫なし") : reason);
    q10_result(c, 0, "SUCCESS");
}
