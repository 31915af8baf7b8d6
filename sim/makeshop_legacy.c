// SPDX-License-Identifier: Apache-2.0
//
// MakeShop's old order API (makeshop.md §2): commands in the query string, XML back, EUC-JP or
// UTF-8, at most 100 orders and no paging, one request a second for the whole family. The form of
// its refusals and the places of attributes were not seen: each is a switch.
#include "base/xml.h"
#include "sim/demo_keys.h"
#include "sim/makeshop.h"
#include "text/eucjp.h"

#include <stdio.h>

#define BLOCK_MS 60000LL

struct call {
    struct sim *sim;
    struct arena *arena;
    struct str query;
    struct sim_response *response;
};

static struct str value(struct call *c, const char *key)
{
    return http_query_value(c->arena, c->query, key);
}

static bool is(const struct call *c, const char *name, const char *setting)
{
    return sim_switch_is(c->sim, SIM_MAKESHOP, name, setting);
}

// --- answers ---

static void finish(struct sim *sim, struct sim_response *response)
{
    bool euc = sim_switch_is(sim, SIM_MAKESHOP, "legacy_encoding", "EUC-JP");
    struct str out;
    struct error error;
    sim_response_header(response, "Content-Type",
                        euc ? STR("text/xml; charset=EUC-JP") : STR("text/xml; charset=UTF-8"));
    if (!euc)
        return;
    if (!eucjp_from_utf8(response->arena, buf_str(&response->body), &out, &error)) {
        response->body.failed = true;
        return;
    }
    buf_reset(&response->body);
    buf_add(&response->body, out);
}

static void prolog(struct sim *sim, struct buf *out)
{
    buf_addf(out, "<?xml version=\"1.0\" encoding=\"%s\"?>\n",
             sim_switch_value(sim, SIM_MAKESHOP, "legacy_encoding"));
}

static void answer(struct sim *sim, struct str order_no, const char *code, const char *message,
                   struct sim_response *response)
{
    struct buf *out = &response->body;
    buf_reset(out);
    prolog(sim, out);
    buf_add(out, STR("<response>"));
    xml_add_element(out, "ordernum", order_no);
    xml_add_element(out, "code", str_from(code));
    xml_add_element(out, "message", str_from(message));
    buf_add(out, STR("</response>\n"));
}

void ms_legacy_refuse(struct sim *sim, const char *code, const char *message, int status,
                      struct sim_response *response)
{
    response->status = status;
    answer(sim, STR(""), code, message, response);
    finish(sim, response);
}

// --- one order ---

// <name key="value">text</name>, or both as children: which of the two was not seen (§2.3).
static void put_with(struct call *c, struct buf *out, const char *name, const char *key,
                     struct str attribute, const char *child, struct str text)
{
    if (is(c, "legacy_attributes", "child")) {
        buf_addf(out, "<%s>", name);
        xml_add_element(out, key, attribute);
        xml_add_element(out, child, text);
        buf_addf(out, "</%s>", name);
        return;
    }
    buf_addf(out, "<%s %s=\"", name, key);
    xml_add_text(out, attribute);
    buf_add(out, STR("\">"));
    xml_add_text(out, text);
    buf_addf(out, "</%s>", name);
}

static void put_int(struct buf *out, const char *name, int64_t number)
{
    buf_addf(out, "<%s>%lld</%s>", name, (long long)number, name);
}

static void put_time(struct call *c, struct buf *out, const char *name, time_ms t)
{
    struct civil_time f = civil_from_time(t, JST_OFFSET_MS);
    char text[32];
    int n = snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", f.year, f.month, f.day,
                     f.hour, f.minute, f.second);
    if (is(c, "legacy_date", "digits"))
        n = snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02d", f.year, f.month, f.day, f.hour,
                     f.minute, f.second);
    else if (is(c, "legacy_date", "slash"))
        text[4] = text[7] = '/';
    xml_add_element(out, name, str_make(text, (size_t)n));
}

static void put_day(struct call *c, struct buf *out, const char *name, day d)
{
    char text[12];
    xml_add_element(out, name,
                    d ? day_format(d, text)
                      : str_from(sim_switch_value(c->sim, SIM_MAKESHOP, "legacy_zero_date")));
}

static void put_person(struct call *c, struct buf *out, const struct sim_person *p, bool mail)
{
    xml_add_element(out, "name", ms_full_name(c->arena, p, false));
    xml_add_element(out, "kana", ms_full_name(c->arena, p, true));
    xml_add_element(out, "zip", postal_code_format(c->arena, p->postal_code));
    xml_add_element(out, "area", ms_area(p));
    xml_add_element(out, "city", p->city);
    xml_add_element(out, "street",
                    arena_printf(c->arena, "%.*s%s%.*s", STR_ARG(p->town), p->building.n ? " " : "",
                                 STR_ARG(p->building)));
    xml_add_element(out, "tel", p->phone);
    xml_add_element(out, "email", mail ? p->email : STR(""));
}

static void put_line(struct call *c, struct buf *out, const struct sim_line *line)
{
    buf_add(out, STR("<commodity>"));
    xml_add_element(out, "brandcode", ms_brand_code(c->arena, line));
    xml_add_element(out, "orgcode", line->item->manage_number);
    xml_add_element(out, "orgoptioncode", line->system_sku);
    xml_add_element(out, "jancode", line->item->jan);
    xml_add_element(out, "name", line->title);
    put_int(out, "price", ms_bare_price(line));
    put_int(out, "amount", line->quantity);
    put_int(out, "consumption_tax_rate", line->tax_rate_basis_points / 100);
    xml_add_element(out, "option", ms_options(c->arena, line));
    put_int(out, "dcrate", 0);
    put_int(out, "point", ms_bare_price(line) / 100);
    buf_add(out, STR("</commodity>"));
}

static void put_detail(struct call *c, struct buf *out, const struct sim_order *order)
{
    buf_add(out, STR("<orderdetail>"));
    put_int(out, "sumprice", ms_sum_price(c->sim, order));
    put_int(out, "carriage", order->postage);
    if (order->cod_fee + order->payment_fee > 0)
        put_int(out, "commission", order->cod_fee + order->payment_fee);
    if (order->coupon_shop > 0)
        put_int(out, "coupon", order->coupon_shop);
    put_with(c, out, "usepoint", "type", STR("shop"), "point",
             arena_printf(c->arena, "%lld", (long long)order->points));
    put_with(c, out, "usepoint", "type", STR("gmo"), "point", STR("0"));
    buf_add(out, STR("<commodities>"));
    for (size_t i = 0; i < order->destination_count; i++)
        for (size_t k = 0; k < order->destinations[i].line_count; k++)
            put_line(c, out, &order->destinations[i].lines[k]);
    buf_add(out, STR("</commodities></orderdetail>"));
}

// Which of the fields says that it was shipped was not seen (§2.3): a switch.
static void put_shipping(struct call *c, struct buf *out, const struct ms_parcel *p)
{
    bool number = is(c, "legacy_done_shown", "number");
    bool order = is(c, "legacy_done_shown", "order");
    bool none = is(c, "legacy_done_shown", "none");
    put_day(c, out, "shipping_date", none || order ? 0 : p->shipped_on);
    int told = p->state <= MS_PREPARING ? p->state : order ? MS_DONE : MS_NOT_YET;
    put_int(out, "delivery_order", told);
    if (!number)
        return;
    put_int(out, "delivery_status", p->state);
    xml_add_element(out, "carrier", p->carrier);
    xml_add_element(out, "deliverynum", p->number);
}

static void put_destination(struct call *c, struct buf *out, const struct sim_order *order,
                            size_t index)
{
    const struct sim_destination *d = &order->destinations[index];
    char text[12];
    buf_add(out, STR("<delivery>"));
    put_int(out, "delivery_id", order->destination_count == 1 ? 0 : (int64_t)index + 1);
    put_person(c, out, &d->recipient, false);
    put_with(c, out, "carriage", "name", str_from(ms_method(d)), "price",
             arena_printf(c->arena, "%lld", (long long)d->postage));
    struct str wish = d->requested_day ? day_format(d->requested_day, text) : STR("");
    if (wish.n == 10)
        text[4] = text[7] = '/';
    xml_add_element(out, "deliverydate", wish);
    xml_add_element(out, "deliverytime", ms_slot(d));
    put_day(c, out, "scheduled_shipping_date", 0);
    put_shipping(c, out, ms_parcel(d));
    buf_add(out, STR("</delivery>"));
}

static void put_order(struct call *c, struct buf *out, const struct sim_order *order)
{
    const struct ms_order *o = ms_order(order);
    buf_add(out, STR("<order>"));
    xml_add_element(out, "ordernum", order->order_no);
    put_int(out, "status", o->status);
    put_time(c, out, "date", order->ordered_at);
    put_int(out, "payment_status", o->paid);
    put_with(c, out, "paymethod", "type", str_from(ms_pay_code(order)), "name",
             str_from(ms_pay_name(order)));
    buf_add(out, STR("<buyer>"));
    put_person(c, out, &order->buyer, true);
    buf_add(out, STR("</buyer>"));
    put_detail(c, out, order);
    buf_add(out, STR("<deliveries>"));
    for (size_t i = 0; i < order->destination_count; i++)
        put_destination(c, out, order, i);
    buf_add(out, STR("</deliveries><notes>"));
    if (order->note.n > 0) {
        buf_add(out, STR("<note>"));
        xml_add_element(out, "title", STR("備考"));
        xml_add_element(out, "content", order->note);
        buf_add(out, STR("</note>"));
    }
    buf_add(out, STR("</notes></order>\n"));
}

// --- cmd=get ---

static bool boundary(struct str text, time_ms *t)
{
    return text.n == 14 && time_parse_yahoo(text, t);
}

static void get_one(struct call *c, struct str order_no)
{
    struct sim_order *order = sim_order_find(c->sim, SIM_MAKESHOP, order_no);
    struct buf *out = &c->response->body;
    bool canceled = str_eq(value(c, "canceled"), STR("1"));
    if (order && (ms_order(order)->gone || (ms_order(order)->status == MS_CANCELLED && !canceled)))
        order = NULL;
    if (!order && is(c, "legacy_unknown_order", "error")) {
        answer(c->sim, order_no, "302", "該当する注文データがありません。", c->response);
        return;
    }
    prolog(c->sim, out);
    buf_add(out, STR("<orders>"));
    if (order)
        put_order(c, out, order);
    buf_add(out, STR("</orders>\n"));
}

static void get_many(struct call *c, time_ms from, time_ms to, bool difference)
{
    size_t count, rows = 0;
    int64_t most = sim_switch_number(c->sim, SIM_MAKESHOP, "legacy_rows");
    bool canceled = str_eq(value(c, "canceled"), STR("1"));
    bool open_end = is(c, "boundaries", "half_open");
    struct sim_order *const *orders = sim_orders(c->sim, SIM_MAKESHOP, &count);
    struct buf *out = &c->response->body;
    prolog(c->sim, out);
    buf_add(out, STR("<orders>"));
    for (size_t i = sim_orders_from(c->sim, SIM_MAKESHOP, from); i < count; i++) {
        time_ms second = orders[i]->ordered_at / 1000 * 1000;
        if (second > to || (open_end && second == to) || (int64_t)rows >= most)
            break;
        if (!ms_is_visible(c->sim, orders[i]) ||
            (ms_order(orders[i])->status == MS_CANCELLED && !canceled))
            continue;
        put_order(c, out, orders[i]);
        rows++;
        if (difference)
            ms_state(c->sim)->cursor = second + 1000;
    }
    buf_add(out, STR("</orders>\n"));
}

static void get(struct call *c)
{
    struct str order_no = value(c, "ordernum"), start = value(c, "start"), end = value(c, "end");
    time_ms from, to;
    if (order_no.n > 0) {
        get_one(c, order_no);
    } else if (!start.p && !end.p) {
        get_many(c, ms_state(c->sim)->cursor, sim_now(c->sim), true);
    } else if (!boundary(start, &from) || !boundary(end, &to)) {
        answer(c->sim, STR(""), "201", "日付の形式が正しくありません。", c->response);
    } else {
        get_many(c, from, to, false);
    }
}

// --- cmd=deliver, cmd=status ---

static struct sim_order *order_of(struct call *c)
{
    struct str order_no = value(c, "ordernum");
    struct sim_order *order = sim_order_find(c->sim, SIM_MAKESHOP, order_no);
    if (order && !ms_order(order)->gone)
        return order;
    answer(c->sim, order_no, "302", "該当する注文データがありません。", c->response);
    return NULL;
}

static bool destination_of(struct call *c, const struct sim_order *order, size_t *index)
{
    int64_t id;
    *index = 0;
    bool readable = str_to_int64(value(c, "deliveryid"), &id);
    bool single = order->destination_count == 1 && id == 0;
    if (readable && (single || (id >= 1 && (size_t)id <= order->destination_count))) {
        *index = single ? 0 : (size_t)id - 1;
        return true;
    }
    answer(c->sim, order->order_no, "303", "配送先IDが正しくありません。", c->response);
    return false;
}

static void deliver(struct call *c)
{
    struct sim_order *order = order_of(c);
    int64_t state;
    size_t index;
    if (!order || !destination_of(c, order, &index))
        return;
    struct str carrier = value(c, "carrier"), number = value(c, "deliverynum");
    if (ms_order(order)->status != MS_NORMAL) {
        answer(c->sim, order->order_no, "304",
               ms_order(order)->status == MS_CANCELLED ? "キャンセルされた注文です。"
                                                       : "仮注文のため変更できません。",
               c->response);
    } else if (!str_to_int64(value(c, "status"), &state) ||
               !(state == 9 || (state >= 1 && state <= 3))) {
        answer(c->sim, order->order_no, "305", "配送状態が正しくありません。", c->response);
    } else if (carrier.n > 0 && !ms_carrier_is_known(carrier)) {
        answer(c->sim, order->order_no, "306", "配送業者コードが正しくありません。", c->response);
    } else if (!str_eq(value(c, "send_mail"), STR("1"))) {
        answer(c->sim, order->order_no, "307", "send_mailが正しくありません。", c->response);
    } else {
        if (str_eq(number, STR("null")))
            number = STR("");
        if (carrier.p || number.p)
            ms_set_parcel(c->sim, order, &order->destinations[index], index, carrier, number);
        ms_tell_delivery(c->sim, order, &order->destinations[index], index, (int)state);
        answer(c->sim, order->order_no, "100", "OK", c->response);
    }
}

static void change_status(struct call *c)
{
    struct sim_order *order = order_of(c);
    struct str reason = value(c, "result"), words;
    struct error error;
    if (!order)
        return;
    if (!str_eq(value(c, "status"), STR("0"))) {
        answer(c->sim, order->order_no, "305", "注文ステータスが正しくありません。", c->response);
        return;
    }
    if (ms_order(order)->status == MS_CANCELLED) {
        answer(c->sim, order->order_no, "304", "すでにキャンセルされた注文です。", c->response);
        return;
    }
    ms_cancel(c->sim, order);
    if (reason.n > 0 && eucjp_to_utf8(c->arena, reason, true, &words, &error))
        ms_order(order)->memo = arena_printf(order->arena, "（API）%.*s\n%.*s", STR_ARG(words),
                                             STR_ARG(ms_order(order)->memo));
    answer(c->sim, order->order_no, "100", "OK", c->response);
}

// --- the gate ---

static bool is_blocked(struct call *c)
{
    struct ms_state *s = ms_state(c->sim);
    time_ms now = sim_now(c->sim);
    if (!sim_rate_limits(c->sim))
        return false;
    if (now >= s->blocked_until &&
        sim_pace_take(c->sim, &s->pace, 1.0,
                      (double)sim_switch_number(c->sim, SIM_MAKESHOP, "burst")))
        return false;
    if (now >= s->blocked_until)
        s->blocked_until = now + BLOCK_MS;
    sim_count_rate_refusal(c->sim, SIM_MAKESHOP);
    if (is(c, "legacy_blocked", "429"))
        c->response->status = 429;
    answer(c->sim, STR(""), "109", "アクセス制限中です。時間をおいて接続してください。",
           c->response);
    return true;
}

static bool pass_gate(struct call *c, bool changes)
{
    struct ms_state *s = ms_state(c->sim);
    const char *code = NULL, *message = NULL;
    if (is_blocked(c))
        return false;
    if (s->closed || is(c, "legacy_api", "closed")) {
        code = "108";
        message = "注文データ連携APIのご利用は終了しました。";
    } else if (!str_eq(value(c, "shopid"), str_from(s->shop_id)) ||
               !str_eq(value(c, "token"), str_from(s->code))) {
        code = "101";
        message = "認証に失敗しました。";
    } else if (str_is_empty(value(c, "service"))) {
        code = "102";
        message = "serviceが指定されていません。";
    } else if (s->no_read || (changes && s->no_change)) {
        code = "103";
        message = changes && !s->no_read ? "注文情報変更が許可されていません。"
                                         : "注文情報参照が許可されていません。";
    }
    if (code)
        answer(c->sim, STR(""), code, message, c->response);
    return code == NULL;
}

void ms_legacy(struct sim *sim, const struct sim_request *request, struct sim_response *response)
{
    struct call c = {
        .sim = sim, .arena = response->arena, .query = request->query, .response = response};
    struct str command = value(&c, "cmd");
    bool changes = !str_eq(command, STR("get"));
    if (request->method != HTTP_GET) {
        response->status = 405;
        answer(sim, STR(""), "105", "GETで接続してください。", response);
    } else if (pass_gate(&c, changes)) {
        if (!changes)
            get(&c);
        else if (str_eq(command, STR("deliver")))
            deliver(&c);
        else if (str_eq(command, STR("status")))
            change_status(&c);
        else
            answer(sim, STR(""), "104", "cmdが正しくありません。", response);
    }
    finish(sim, response);
}
