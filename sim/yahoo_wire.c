// SPDX-License-Identifier: Apache-2.0
//
// The simulated Yahoo's door: which call is meant, how often it may be asked, how refusals look,
// and what writes have in common. Called with the sim's mutex held.
#include "sim/yahoo.h"

#include <stdarg.h>
#include <stdio.h>

#define DAY_MS (24 * 3600 * 1000LL)
#define BASE "/ShoppingWebService/V1/"
#define OPERATOR_MAX 120

struct operation {
    const char *name;
    enum http_method method;
    void (*handle)(struct yahoo_call *c);
};
static const struct operation operations[] = {
    {"orderCount", HTTP_GET, yahoo_handle_count},
    {"orderList", HTTP_POST, yahoo_handle_list},
    {"orderInfo", HTTP_POST, yahoo_handle_info},
    {"orderStatusChange", HTTP_POST, yahoo_handle_status_change},
    {"orderPayStatusChange", HTTP_POST, yahoo_handle_pay_status_change},
    {"orderShipStatusChange", HTTP_POST, yahoo_handle_ship_status_change},
    {"orderChange", HTTP_POST, yahoo_handle_change},
    {"orderChangeHistory", HTTP_GET, yahoo_handle_change_history},
    {"orderSplit", HTTP_POST, yahoo_handle_split},
    {"orderItemAdd", HTTP_POST, yahoo_handle_simple},
    {"orderPayNumber", HTTP_POST, yahoo_handle_simple},
    {"orderCouponCancel", HTTP_POST, yahoo_handle_simple},
};

static const struct operation *find_operation(struct str name)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (str_eq(name, str_from(operations[i].name)))
            return &operations[i];
    return NULL;
}

const char *yahoo_operation(const struct sim_request *request)
{
    if (str_eq(request->path, STR("/yconnect/v2/token")))
        return "token";
    if (str_eq(request->path, STR("/yconnect/v2/authorization")))
        return "authorization";
    if (!str_starts(request->path, STR(BASE)))
        return "unknown";
    const struct operation *o =
        find_operation(str_slice(request->path, sizeof BASE - 1, request->path.n));
    return o ? o->name : "unknown";
}

// --- refusals ---

static void error_body(struct sim *sim, struct buf *out, struct str code, struct str message)
{
    bool space = sim_switch_is(sim, SIM_YAHOO, "namespace", "on");
    buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error"));
    buf_add(out, space ? STR(" xmlns=\"urn:yahoo:api\">") : STR(">"));
    xml_add_element(out, "Message", message);
    if (code.n > 0)
        xml_add_element(out, "Code", code);
    buf_add(out, STR("</Error>\n"));
}

void yahoo_error(struct yahoo_call *c, int status, const char *code, const char *message, ...)
{
    char words[512];
    va_list arguments;
    va_start(arguments, message);
    vsnprintf(words, sizeof words, message, arguments);
    va_end(arguments);
    buf_reset(&c->response->body);
    struct buf *out = &c->response->body;
    bool inside = strcmp(c->operation, "orderList") == 0 && status == 400 &&
                  sim_switch_is(c->sim, SIM_YAHOO, "in_band_error", "on");
    c->response->status = inside ? 200 : status;
    if (!inside) {
        error_body(c->sim, out, str_from(code), str_from(words));
        return;
    }
    buf_add(out, STR("<Result><Status>NG</Status><Error>"));
    xml_add_element(out, "Code", str_from(code));
    xml_add_element(out, "Message", str_from(words));
    buf_add(out, STR("</Error></Result>\n"));
}

bool yahoo_bad_parameter(struct yahoo_call *c, const char *name)
{
    yahoo_error(c, 400, "od90101", "Request Parameter Error : %s", name);
    return false;
}

static void forbidden(struct yahoo_call *c, int status)
{
    c->response->status = status;
    error_body(c->sim, &c->response->body, STR(""), STR("Your Request was Forbidden"));
}

void yahoo_refuse(struct sim *sim, const char *operation, enum sim_refusal refusal, int status,
                  struct sim_response *response)
{
    static const struct {
        int status;
        const char *code, *message;
    } words[] = {
        [SIM_REFUSE_STATUS] = {500, "od91001", "Server Error"},
        [SIM_REFUSE_RATE] = {403, "", "Your Request was Forbidden"},
        [SIM_REFUSE_UNAUTHORIZED] = {401, "px-04102",
                                     "AccessToken has been expired. This API session is shorter "
                                     "than another API."},
        [SIM_REFUSE_FORBIDDEN] = {403, "px-04307", "Use of API is not permitted."},
        [SIM_REFUSE_SERVER_ERROR] = {500, "od91001", "Server Error"},
        [SIM_REFUSE_UNAVAILABLE] = {503, "", "Service Unavailable"},
        [SIM_REFUSE_MAINTENANCE] = {503, "", "The service is under maintenance"},
    };
    (void)operation;
    response->status = status ? status : words[refusal].status;
    sim_response_header(response, "Content-Type", STR("text/xml; charset=UTF-8"));
    error_body(sim, &response->body, str_from(words[refusal].code),
               str_from(words[refusal].message));
}

// --- how often ---

static struct yahoo_url *url_of(struct yahoo_call *c)
{
    for (size_t i = 0; i < YAHOO_URLS; i++) {
        struct yahoo_url *u = &c->state->urls[i];
        if (!u->operation)
            u->operation = c->operation;
        if (strcmp(u->operation, c->operation) == 0)
            return u;
    }
    return &c->state->urls[0];
}

// "Bursts make the API temporarily unusable": the URL stays closed for a while.
static bool within_rate(struct yahoo_call *c)
{
    struct yahoo_url *u = url_of(c);
    time_ms now = sim_now(c->sim);
    int64_t today = (now + JST_OFFSET_MS) / DAY_MS;
    if (!sim_rate_limits(c->sim))
        return true;
    if (today != c->state->day) {
        c->state->day = today;
        c->state->calls_today = 0;
    }
    bool quota = ++c->state->calls_today > sim_switch_number(c->sim, SIM_YAHOO, "quota_per_day");
    bool closed = now < u->closed_until;
    if (!quota && !closed &&
        sim_pace_take(c->sim, &u->pace, 1.0,
                      (double)sim_switch_number(c->sim, SIM_YAHOO, "throttle_burst")))
        return true;
    if (!quota && !closed)
        u->closed_until = now + sim_switch_number(c->sim, SIM_YAHOO, "throttle_seconds") * 1000;
    sim_count_rate_refusal(c->sim, SIM_YAHOO);
    forbidden(c, sim_switch_is(c->sim, SIM_YAHOO, "throttle", "429") ? 429 : 403);
    return false;
}

// --- dispatch ---

static bool parse_body(struct yahoo_call *c)
{
    struct error error;
    if (!xml_parse(c->arena, c->request->body, &c->req, &error))
        return yahoo_bad_parameter(c, "XML");
    if (!str_eq(c->req->name, STR("Req")))
        return yahoo_bad_parameter(c, "Req");
    if (!str_eq(xml_child_text(c->req, "SellerId"), STR(SIM_YAHOO_SELLER_ID)))
        return yahoo_bad_parameter(c, "SellerId");
    c->operation_user = xml_child_text(xml_child(c->req, "Target"), "OperationUser");
    if (str_utf8_length(c->operation_user.p ? c->operation_user : STR("")) > OPERATOR_MAX)
        return yahoo_bad_parameter(c, "OperationUser");
    return true;
}

void yahoo_handle(struct sim *sim, const char *operation, const struct sim_request *request,
                  struct sim_response *response)
{
    struct yahoo_call c = {.sim = sim,
                           .state = sim_face_state(sim, SIM_YAHOO),
                           .request = request,
                           .response = response,
                           .arena = response->arena,
                           .operation = operation,
                           .operation_user = STR_ABSENT};
    if (strcmp(operation, "token") == 0) {
        yahoo_handle_token(&c);
        return;
    }
    if (strcmp(operation, "authorization") == 0) {
        yahoo_handle_authorization(&c);
        return;
    }
    sim_response_header(response, "Content-Type", STR("text/xml; charset=UTF-8"));
    const struct operation *o = find_operation(str_from(operation));
    if (!o || o->method != request->method) {
        yahoo_error(&c, 404, "px-04400", "The URL does not exist.");
        return;
    }
    if (!within_rate(&c) || !yahoo_let_in(&c))
        return;
    if (o->method == HTTP_POST && !parse_body(&c))
        return;
    o->handle(&c);
}

// --- what writes have in common ---

void yahoo_write_ok(struct yahoo_call *c, const char *warning, const char *detail)
{
    struct buf *out = &c->response->body;
    buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResultSet "
                     "totalResultsAvailable=\"1\" totalResultsReturned=\"1\" ok=\"1\" ng=\"0\">\n"
                     " <Result>\n  <Status>OK</Status>\n"));
    if (warning) {
        buf_add(out, STR("  <Warning>"));
        xml_add_element(out, "Code", str_from(warning));
        xml_add_element(out, "Message", STR("mallsim warning"));
        xml_add_element(out, "Detail", str_from(detail));
        buf_add(out, STR("</Warning>\n"));
    }
    buf_add(out, STR(" </Result>\n</ResultSet>\n"));
}

struct str yahoo_target(const struct yahoo_call *c, const char *name)
{
    return xml_child_text(xml_child(c->req, "Target"), name);
}

struct sim_order *yahoo_target_order(struct yahoo_call *c, bool must_be_open)
{
    struct str no = yahoo_target(c, "OrderId");
    if (str_is_empty(no)) {
        (void)yahoo_bad_parameter(c, "OrderId");
        return NULL;
    }
    struct sim_order *order = sim_order_find(c->sim, SIM_YAHOO, no);
    if (!order) {
        yahoo_error(c, 404, "od91801", "Not Exists : OrderId");
        return NULL;
    }
    const struct yahoo_order *o = order->face;
    bool held = o->fraud == 1 || o->fraud == 3 || yahoo_is_read_only(c->sim, o);
    if (must_be_open && held) {
        yahoo_error(c, 400, "od90149", "Cannot Be Operated : %s",
                    o->fraud == 1 || o->fraud == 3 ? "FraudHold" : "ReadOnly");
        return NULL;
    }
    return order;
}

bool yahoo_flag(struct str text, bool *value)
{
    *value = str_eq_nocase(text, STR("true")) || str_eq(text, STR("1"));
    return *value || str_eq_nocase(text, STR("false")) || str_eq(text, STR("0"));
}

bool yahoo_in_list(struct str list, struct str value)
{
    struct str part;
    while (str_split(&list, ',', &part))
        if (str_eq(str_trim(part), value))
            return true;
    return false;
}

void yahoo_add_time(struct buf *out, time_ms t)
{
    if (t == TIME_NONE)
        return;
    struct civil_time c = civil_from_time(t, JST_OFFSET_MS);
    buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d+09:00", c.year, c.month, c.day, c.hour, c.minute,
             c.second);
}

void yahoo_add_day(struct buf *out, day d)
{
    char text[12];
    if (d)
        buf_add(out, day_format(d, text));
}
