// SPDX-License-Identifier: Apache-2.0
//
// The simulated au PAY マーケット's door and its calls (aupay.md §1, §2, §5). Called with the sim's
// mutex held.
#include "sim/aupay.h"

#include <stdio.h>

#define DAY_MS (24 * 3600 * 1000LL)
#define KEY_DAYS 90
#define ROWS_MAX 1000

static void search_list(struct aupay_call *c);
static void search_one(struct aupay_call *c);
static void image_capacity(struct aupay_call *c);
static void update_info(struct aupay_call *c);
static void update_status(struct aupay_call *c);
static void cancel(struct aupay_call *c);

struct operation {
    const char *name;
    enum http_method method;
    bool orders; // of the order family
    void (*handle)(struct aupay_call *c);
};
static const struct operation operations[] = {
    {"searchTradeInfoListProc", HTTP_GET, true, search_list},
    {"searchTradeNoListProc", HTTP_GET, true, search_list},
    {"searchTradeInfoProc", HTTP_GET, true, search_one},
    {"searchImgCapacity", HTTP_GET, false, image_capacity},
    {"updateTradeInfoProc", HTTP_POST, true, update_info},
    {"updateTradeStsProc", HTTP_POST, true, update_status},
    {"cancelTradeProc", HTTP_POST, true, cancel},
};

static const struct operation *find_operation(struct str name)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (str_eq(name, str_from(operations[i].name)))
            return &operations[i];
    return NULL;
}

const char *aupay_operation(const struct sim_request *request)
{
    struct str path = request->path;
    if (!str_starts(path, STR("/wmshopapi/")))
        return "unknown";
    path = str_slice(path, strlen("/wmshopapi/"), path.n);
    if (str_starts(path, STR("/"))) // a doubled slash is tolerated
        path = str_slice(path, 1, path.n);
    const struct operation *o = find_operation(path);
    return o ? o->name : "unknown";
}

// --- answers ---

static void open_answer(struct sim *sim, struct buf *out)
{
    bool space = sim_switch_is(sim, SIM_AUPAY, "namespace", "on");
    buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
    buf_add(out,
            space ? STR("<response xmlns=\"http://api.example.jp/wowma\">") : STR("<response>"));
}

static void refuse(struct sim *sim, struct sim_response *response, int status, const char *code,
                   struct str message)
{
    struct buf *out = &response->body;
    response->status = status;
    open_answer(sim, out);
    buf_add(out, STR("<result><status>1</status><error>"));
    xml_add_element(out, "code", str_from(code));
    xml_add_element(out, "message", message);
    buf_add(out, STR("</error>"));
    if (sim_switch_is(sim, SIM_AUPAY, "two_errors", "on"))
        buf_add(out, STR("<error><code>CME9999</code><message>mallsim</message></error>"));
    buf_add(out, STR("</result></response>\n"));
}

static bool refused(struct aupay_call *c, const char *code, const char *message)
{
    refuse(c->sim, c->response, 200, code, str_from(message));
    return false;
}

static bool missing_element(struct aupay_call *c, const char *name)
{
    refuse(c->sim, c->response, 200, "OME0001",
           arena_printf(c->arena, "[%s]必須入力項目です", name));
    return false;
}

static void accepted(struct aupay_call *c)
{
    open_answer(c->sim, &c->response->body);
    buf_add(&c->response->body, STR("<result><status>0</status></result></response>\n"));
}

static void html(struct sim_response *response, int status, const char *title)
{
    response->status = status;
    response->header_count = 0;
    sim_response_header(response, "Content-Type", STR("text/html"));
    buf_addf(&response->body,
             "<html>\n<head><title>%s</title></head>\n<body><h1>%s</h1></body></html>\n", title,
             title);
}

void aupay_refuse(struct sim *sim, const char *operation, enum sim_refusal refusal, int status,
                  struct sim_response *response)
{
    (void)operation;
    sim_response_header(response, "Content-Type", STR("application/xml;charset=UTF-8"));
    switch (refusal) {
    case SIM_REFUSE_UNAUTHORIZED:
        refuse(sim, response, status ? status : 401, "0002", STR("認証に失敗しました"));
        break;
    case SIM_REFUSE_FORBIDDEN:
        html(response, status ? status : 403, "403 Forbidden");
        break;
    case SIM_REFUSE_RATE:
        html(response, status ? status : 429, "429 Too Many Requests");
        break;
    case SIM_REFUSE_MAINTENANCE:
        html(response, status ? status : 503, "メンテナンス中です");
        break;
    case SIM_REFUSE_UNAVAILABLE:
        html(response, status ? status : 503, "503 Service Unavailable");
        break;
    default:
        html(response, status ? status : 502, "502 Bad Gateway");
    }
}

// --- who may call ---

static bool key_is_good(struct aupay_call *c)
{
    struct str given = sim_request_header(c->request, "Authorization");
    if (!str_starts(given, STR("Bearer ")))
        return false;
    given = str_slice(given, 7, given.n);
    return str_eq(given, str_from(c->state->key)) && !c->state->revoked &&
           sim_now(c->sim) < c->state->issued_at + KEY_DAYS * DAY_MS;
}

static bool let_in(struct aupay_call *c, const struct operation *o)
{
    bool known_address = sim_ip_allowed(c->sim, SIM_AUPAY, c->request->peer);
    if (!known_address && !sim_switch_is(c->sim, SIM_AUPAY, "ip_denied", "0002")) {
        bool page = sim_switch_is(c->sim, SIM_AUPAY, "ip_denied", "html");
        html(c->response, page ? 401 : 403, page ? "401 Unauthorized" : "403 Forbidden");
        return false;
    }
    if (known_address && key_is_good(c) && !(o->orders && c->state->orders_forbidden))
        return true;
    refuse(c->sim, c->response, 401, "0002", STR("認証に失敗しました"));
    return false;
}

static bool within_quota(struct aupay_call *c)
{
    int64_t most = sim_switch_number(c->sim, SIM_AUPAY, "quota_per_day");
    int64_t today = (sim_now(c->sim) + JST_OFFSET_MS) / DAY_MS;
    if (today != c->state->day) {
        c->state->day = today;
        c->state->calls_today = 0;
    }
    if (most == 0 || ++c->state->calls_today <= most)
        return true;
    sim_count_rate_refusal(c->sim, SIM_AUPAY);
    return refused(c, "CME0099", "1日のアクセス回数の上限を超えました");
}

static struct str parameter(struct aupay_call *c, const char *name)
{
    return c->body ? xml_child_text(c->body, name)
                   : http_query_value(c->arena, c->request->query, name);
}

void aupay_handle(struct sim *sim, const char *operation, const struct sim_request *request,
                  struct sim_response *response)
{
    struct aupay_call c = {.sim = sim,
                           .state = sim_face_state(sim, SIM_AUPAY),
                           .request = request,
                           .response = response,
                           .arena = response->arena,
                           .operation = operation};
    struct error error;
    const struct operation *o = find_operation(str_from(operation));
    sim_response_header(response, "Content-Type", STR("application/xml;charset=UTF-8"));
    if (!o || o->method != request->method) {
        html(response, 404, "404 Not Found");
        return;
    }
    if (!let_in(&c, o) || !within_quota(&c))
        return;
    if (o->method == HTTP_POST && (!xml_parse(c.arena, request->body, &c.body, &error) ||
                                   !str_eq(c.body->name, STR("request")))) {
        refused(&c, "CME0001", "リクエストの形式が不正です");
        return;
    }
    if (!str_eq(parameter(&c, "shopId"), STR(SIM_AUPAY_SHOP_ID))) {
        refused(&c, "CME0022", "ショップIDが不正です");
        return;
    }
    o->handle(&c);
}

static void image_capacity(struct aupay_call *c)
{
    open_answer(c->sim, &c->response->body);
    buf_add(&c->response->body,
            STR("<result><status>0</status></result><searchResult>"
                "<maxCapacity>10240</maxCapacity></searchResult></response>\n"));
}

// --- reading ---

struct search {
    day from, to;
    int type;
    struct str status, status2;
    int64_t rows, start;
};

static bool read_number(struct aupay_call *c, const char *name, int64_t otherwise, int64_t most,
                        int64_t *value)
{
    struct str text = parameter(c, name);
    *value = otherwise;
    if (str_is_empty(text))
        return true;
    if (str_to_int64(text, value) && *value >= 0 && *value <= most)
        return true;
    refuse(c->sim, c->response, 200, "CME0010",
           arena_printf(c->arena, "[%s]入力値が不正です", name));
    return false;
}

static bool read_search(struct aupay_call *c, struct search *s)
{
    int64_t type;
    if (!day_parse(parameter(c, "startDate"), &s->from))
        return missing_element(c, "startDate");
    if (!day_parse(parameter(c, "endDate"), &s->to))
        return missing_element(c, "endDate");
    if (!read_number(c, "dateType", 0, 4, &type) ||
        !read_number(c, "totalCount", 100, ROWS_MAX, &s->rows) ||
        !read_number(c, "startCount", 1, INT64_MAX, &s->start))
        return false;
    if (s->to > day_in_jst(sim_now(c->sim)) &&
        sim_switch_is(c->sim, SIM_AUPAY, "future_end_date", "refused"))
        return refused(c, "CME0011", "[endDate]未来日は指定できません");
    if (sim_switch_is(c->sim, SIM_AUPAY, "end_date", "exclusive"))
        s->to = day_add(s->to, -1);
    s->type = (int)type;
    s->status = parameter(c, "orderStatus");
    s->status2 = parameter(c, "orderStatus2");
    int64_t cap = sim_switch_number(c->sim, SIM_AUPAY, "page_cap");
    if (s->rows > cap)
        s->rows = cap;
    if (s->start < 1)
        s->start = 1;
    return true;
}

static day day_of(const struct sim_order *order, int type)
{
    const struct aupay_order *o = order->face;
    switch (type) {
    case 1:
        return o->shipping_date;
    case 2:
        return o->paid_at == TIME_NONE ? 0 : day_in_jst(o->paid_at);
    case 3:
        return order->destinations[0].lines[0].release_day;
    default:
        return day_in_jst(order->ordered_at);
    }
}

static bool matches(struct aupay_call *c, const struct search *s, const struct sim_order *order)
{
    const struct aupay_order *o = order->face;
    day d = day_of(order, s->type);
    bool filtered = s->status.n > 0 || s->status2.n > 0;
    if (o->vanished || !sim_order_listed(c->sim, order) || d == 0 || d < s->from || d > s->to)
        return false;
    return !filtered || (s->status.n > 0 && str_eq(o->status, s->status)) ||
           (s->status2.n > 0 && str_eq(o->status, s->status2));
}

static void write_rows(struct aupay_call *c, const struct sim_order *const *list, size_t from,
                       size_t to)
{
    struct buf *out = &c->response->body;
    bool numbers = strcmp(c->operation, "searchTradeNoListProc") == 0;
    bool many = sim_switch_is(c->sim, SIM_AUPAY, "number_shape", "many");
    for (size_t i = from; i < to; i++) {
        if (!numbers) {
            aupay_write_order(c->sim, out, list[i]);
            continue;
        }
        if (!many || i == from)
            buf_add(out, STR("<orderInfo>"));
        xml_add_element(out, "orderId", list[i]->order_no);
        if (!many || i + 1 == to)
            buf_add(out, STR("</orderInfo>\n"));
    }
}

static void search_list(struct aupay_call *c)
{
    struct search s = {0};
    size_t count, found = 0;
    if (!read_search(c, &s))
        return;
    struct sim_order *const *orders = sim_orders(c->sim, SIM_AUPAY, &count);
    const struct sim_order **list = ARENA_ARRAY(c->arena, const struct sim_order *, count);
    bool newest = sim_switch_is(c->sim, SIM_AUPAY, "row_order", "newest");
    for (size_t i = 0; list && i < count; i++) {
        const struct sim_order *order = orders[newest ? count - 1 - i : i];
        if (matches(c, &s, order))
            list[found++] = order;
    }
    size_t from = (size_t)(s.start - 1) < found ? (size_t)(s.start - 1) : found;
    size_t to = found - from > (size_t)s.rows ? from + (size_t)s.rows : found;
    if (from == to && sim_switch_is(c->sim, SIM_AUPAY, "zero_hits", "error")) {
        refused(c, "OME0100", "該当する受注情報が存在しません");
        return;
    }
    bool total = sim_switch_is(c->sim, SIM_AUPAY, "result_count", "total");
    open_answer(c->sim, &c->response->body);
    buf_addf(&c->response->body,
             "<result><status>0</status></result><resultCount>%zu</resultCount>\n",
             total ? found : to - from);
    write_rows(c, list, from, to);
    buf_add(&c->response->body, STR("</response>\n"));
}

// The order that a call names; NULL: refused, the answer is written.
static struct sim_order *named_order(struct aupay_call *c)
{
    struct str no = parameter(c, "orderId");
    if (str_is_empty(no)) {
        missing_element(c, "orderId");
        return NULL;
    }
    struct sim_order *order = sim_order_find(c->sim, SIM_AUPAY, no);
    if (order && !((const struct aupay_order *)order->face)->vanished)
        return order;
    if (!c->body && sim_switch_is(c->sim, SIM_AUPAY, "unknown_order", "empty"))
        accepted(c);
    else
        refused(c, "OME0002", "該当する注文が存在しません");
    return NULL;
}

static void search_one(struct aupay_call *c)
{
    const struct sim_order *order = named_order(c);
    if (!order)
        return;
    open_answer(c->sim, &c->response->body);
    buf_add(&c->response->body, STR("<result><status>0</status></result>\n"));
    aupay_write_order(c->sim, &c->response->body, order);
    buf_add(&c->response->body, STR("</response>\n"));
}

// --- writing ---

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'A' && s.p[i] <= 'Z')))
            return false;
    return s.n <= 15;
}

static bool read_parcel(struct aupay_call *c, day *date, struct str *carrier, struct str *number)
{
    struct str text = xml_child_text(c->body, "shippingDate");
    *carrier = xml_child_text(c->body, "shippingCarrier");
    *number = xml_child_text(c->body, "shippingNumber");
    *date = 0;
    if (text.p && !day_parse(text, date))
        return refused(c, "OME0003", "[shippingDate]日付の形式が不正です");
    if (*date > day_in_jst(sim_now(c->sim)) &&
        sim_switch_is(c->sim, SIM_AUPAY, "future_ship_date", "refused"))
        return refused(c, "OME0004", "[shippingDate]未来日は指定できません");
    bool known = carrier->n == 1 && str_find_char(STR("1245679"), carrier->p[0]) >= 0;
    if (carrier->p && !known)
        return refused(c, "OME0005", "[shippingCarrier]入力値が不正です");
    if (number->p && !is_number(*number))
        return refused(c, "OME0006", "[shippingNumber]半角英数字15文字以内で入力してください");
    bool partial = !number->p || !carrier->p || !*date;
    if (partial && sim_switch_is(c->sim, SIM_AUPAY, "partial_shipping", "refused"))
        return missing_element(c, number->p ? "shippingCarrier" : "shippingNumber");
    return true;
}

static void update_info(struct aupay_call *c)
{
    struct sim_order *order = named_order(c);
    struct str carrier, number;
    day date;
    if (!order || !read_parcel(c, &date, &carrier, &number))
        return;
    struct aupay_order *o = order->face;
    if (o->cancelled) {
        refused(c, "OME0007", "現在のステータスでは変更できません");
        return;
    }
    if (date)
        o->shipping_date = date;
    if (carrier.p)
        o->shipping_carrier = str_dup(order->arena, carrier);
    if (number.p)
        o->shipping_number = str_dup(order->arena, number);
    o->changes++;
    (void)sim_effect_add(
        c->sim, order, "ship",
        arena_printf(c->arena, "%d/%.*s/%.*s", date, STR_ARG(carrier), STR_ARG(number)));
    accepted(c);
}

static bool is_settable(const struct sim *sim, struct str status)
{
    static const char *const names[] = {"新規受付",       "新規予約", "予約中",
                                        "発送前入金待ち", "与信待ち", "発送待ち",
                                        "発送後入金待ち", "完了",     "保留"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eq(status, str_from(names[i])))
            return true;
    return aupay_is_custom(sim, status);
}

static void update_status(struct aupay_call *c)
{
    struct sim_order *order = named_order(c);
    struct str to = xml_child_text(c->body, "orderStatus");
    if (!order)
        return;
    const struct aupay_order *o = order->face;
    bool done = str_eq(o->status, STR("完了"));
    bool completes = str_eq(to, STR("完了"));
    if (str_is_empty(to))
        missing_element(c, "orderStatus");
    else if (!is_settable(c->sim, to))
        refused(c, "OME0008", "[orderStatus]入力値が不正です");
    else if (o->cancelled ||
             (done && !completes && sim_switch_is(c->sim, SIM_AUPAY, "backward", "refused")))
        refused(c, "OME0009", "現在のステータスでは変更できません");
    else if (completes && o->shipping_number.n == 0 &&
             sim_switch_is(c->sim, SIM_AUPAY, "complete_needs_number", "on"))
        refused(c, "OME0010", "発送情報が登録されていないためステータスを変更できません");
    else {
        aupay_set_status(c->sim, order, to, "status");
        accepted(c);
    }
}

static void cancel(struct aupay_call *c)
{
    struct sim_order *order = named_order(c);
    struct str reason = xml_child_text(c->body, "cancelReason");
    struct str comment = xml_child_text(c->body, "cancelComment");
    if (!order)
        return;
    if (str_is_empty(reason)) {
        missing_element(c, "cancelReason");
        return;
    }
    if (((const struct aupay_order *)order->face)->cancelled) {
        refused(c, "OME0011", "すでにキャンセルされているためステータスを変更できません");
        return;
    }
    aupay_cancel_order(c->sim, order, reason, comment.p ? comment : STR(""));
    accepted(c);
}
