// SPDX-License-Identifier: Apache-2.0
//
// The simulated Qoo10's door (qoo10.md §1, §2, §7): the three call styles, the API key and the
// certification key made from it, both failure envelopes, JSON and XML. Called with the sim's mutex
// held.
#include "base/xml.h"
#include "sim/qoo10.h"

#include <stdio.h>

#define DAY_MS (24 * 3600 * 1000LL)
#define BASE "/GMKT.INC.Front.QAPIService/ebayjapan.qapi"
#define KEY_DAYS 365

struct operation {
    const char *name, *wire;
    void (*handle)(struct q10_call *c);
};
static const struct operation operations[] = {
    {"GetShippingInfo_v3", "ShippingBasic.GetShippingInfo_v3", q10_get_shipping},
    {"GetShippingInfo_v2", "ShippingBasic.GetShippingInfo_v2", q10_get_shipping},
    {"GetShippingAndClaimInfoByOrderNo_V2", "ShippingBasic.GetShippingAndClaimInfoByOrderNo_V2",
     q10_get_by_order_no},
    {"GetClaimInfo_V3", "ShippingBasic.GetClaimInfo_V3", q10_get_claims},
    {"GetSellerDeliveryGroupInfo", "ItemsLookup.GetSellerDeliveryGroupInfo",
     q10_get_delivery_groups},
    {"SetSellerCheckYN_V2", "ShippingBasic.SetSellerCheckYN_V2", q10_set_seller_check},
    {"SetSellerCheckYNBulk", "ShippingBasic.SetSellerCheckYNBulk", q10_set_seller_check_bulk},
    {"SetSendingInfo", "ShippingBasic.SetSendingInfo", q10_set_sending},
    {"SetSendingInfoBulk", "ShippingBasic.SetSendingInfoBulk", q10_set_sending_bulk},
    {"SetCancelProcess", "Claim.SetCancelProcess", q10_set_cancel},
};
#define CREATE_KEY "CertificationAPI.CreateCertificationKey"

static const struct operation *find_operation(const char *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp(name, operations[i].name) == 0)
            return &operations[i];
    return NULL;
}

// The method is in the path (styles A and C) or in the parameter `method` (style B).
const char *q10_operation(const struct sim_request *request)
{
    struct str path = request->path, method;
    if (!str_starts(path, STR(BASE)))
        return "unknown";
    method = str_slice(path, sizeof BASE - 1, path.n);
    if (str_starts(method, STR("/")))
        method = str_slice(method, 1, method.n);
    struct str query = request->query, part;
    while (str_is_empty(method) && str_split(&query, '&', &part))
        if (str_starts(part, STR("method=")))
            method = str_slice(part, 7, part.n);
    if (str_eq(method, STR(CREATE_KEY)))
        return "CreateCertificationKey";
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (str_eq(method, str_from(operations[i].wire)))
            return operations[i].name;
    return "unknown";
}

// --- writing ---

void q10_row_begin(struct q10_out *out)
{
    if (out->xml)
        buf_add(out->buf, STR("<Row>"));
    else
        json_begin_object(&out->json);
}

void q10_row_end(struct q10_out *out)
{
    if (out->xml)
        buf_add(out->buf, STR("</Row>"));
    else
        json_end_object(&out->json);
}

void q10_put_text(struct q10_out *out, const char *name, struct str value)
{
    struct str text = value.p ? value : STR("");
    if (out->xml)
        xml_add_element(out->buf, name, text);
    else
        json_put_str(&out->json, name, text);
}

void q10_put_number(struct q10_out *out, const char *name, int64_t value)
{
    if (out->xml)
        buf_addf(out->buf, "<%s>%lld</%s>", name, (long long)value, name);
    else
        json_put_int(&out->json, name, value);
}

void q10_put_money(struct q10_out *out, const char *name, yen value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld.0", (long long)(value == YEN_UNDETERMINED ? 0 : value));
    if (out->xml) {
        xml_add_element(out->buf, name, str_from(text));
        return;
    }
    json_key(&out->json, name);
    json_write_raw(&out->json, str_from(text));
}

void q10_put_time(struct q10_call *c, const char *name, time_ms t)
{
    struct str text = STR("");
    if (t != TIME_NONE) {
        struct civil_time v = civil_from_time(t, JST_OFFSET_MS);
        text = arena_printf(c->arena, "%04d-%02d-%02d %02d:%02d:%02d", v.year, v.month, v.day,
                            v.hour, v.minute, v.second);
    }
    q10_put_text(&c->out, name, text);
}

static void finish(struct q10_out *out, int code, const char *message)
{
    if (out->xml) {
        buf_addf(out->buf, "<ResultCode>%d</ResultCode>", code);
        xml_add_element(out->buf, "ResultMsg", str_from(message));
        buf_add(out->buf, STR("</StdCustomResultOfListOfResult>"));
        return;
    }
    json_put_int(&out->json, "ResultCode", code);
    json_put_str(&out->json, "ResultMsg", str_from(message));
    json_end_object(&out->json);
}

static void open_answer(struct q10_out *out)
{
    if (out->xml)
        buf_add(out->buf, STR("<?xml version=\"1.0\" encoding=\"utf-8\"?>"
                              "<StdCustomResultOfListOfResult>"));
    else
        json_begin_object(&out->json);
}

void q10_result(struct q10_call *c, int code, const char *message)
{
    buf_reset(&c->response->body);
    c->out.json = json_writer_make(&c->response->body);
    open_answer(&c->out);
    finish(&c->out, code, message);
}

void q10_begin(struct q10_call *c)
{
    open_answer(&c->out);
    if (c->out.xml)
        buf_add(c->out.buf, STR("<ResultObject>"));
    else
        json_key(&c->out.json, "ResultObject");
}

void q10_end(struct q10_call *c)
{
    if (c->out.xml)
        buf_add(c->out.buf, STR("</ResultObject>"));
    finish(&c->out, 0, sim_switch_is(c->sim, SIM_QOO10, "success_text", "ja") ? "成功" : "SUCCESS");
}

// --- refusals ---

static void key_error(struct sim *sim, struct sim_response *response, int code, const char *message)
{
    bool other = sim_switch_is(sim, SIM_QOO10, "key_envelope", "error_code");
    struct json_writer w = json_writer_make(&response->body);
    buf_reset(&response->body);
    json_begin_object(&w);
    if (!other)
        json_put_str(&w, "ResultObject", STR_ABSENT);
    json_put_int(&w, other ? "ErrorCode" : "ResultCode", code);
    json_put_str(&w, other ? "ErrorMsg" : "ResultMsg", str_from(message));
    json_end_object(&w);
    if (sim_switch_is(sim, SIM_QOO10, "key_status", "401"))
        response->status = 401;
}

static void web_page(struct sim_response *response, int status, const char *words)
{
    response->status = status;
    sim_response_header(response, "Content-Type", STR("text/html; charset=utf-8"));
    buf_addf(&response->body, "<!DOCTYPE html><html><title>Qoo10</title><body>%s</body></html>\n",
             words);
}

void q10_refuse(struct sim *sim, const char *operation, enum sim_refusal refusal, int status,
                struct sim_response *response)
{
    (void)operation;
    switch (refusal) {
    case SIM_REFUSE_UNAUTHORIZED:
        key_error(sim, response, -10000, "Check the Seller Authorization Key.");
        return;
    case SIM_REFUSE_FORBIDDEN:
        key_error(sim, response, -90002, "You are not authorized for this API.");
        return;
    case SIM_REFUSE_MAINTENANCE:
        web_page(response, status ? status : 503, "ただいまシステムメンテナンス中です。");
        return;
    case SIM_REFUSE_RATE:
        web_page(response, 429, "Too Many Requests");
        return;
    case SIM_REFUSE_UNAVAILABLE:
        web_page(response, 503, "Service Unavailable");
        return;
    case SIM_REFUSE_SERVER_ERROR:
    case SIM_REFUSE_STATUS:
        web_page(response, status ? status : 500, "Server Error in '/' Application.");
        return;
    }
}

// --- keys ---

void q10_keys_init(struct sim *sim, struct q10_state *state)
{
    *state = (struct q10_state){.key_ends = sim_now(sim) + KEY_DAYS * DAY_MS};
    snprintf(state->key, sizeof state->key, "%s", SIM_QOO10_CERTIFICATION_KEY);
}

struct str q10_parameter(struct q10_call *c, const char *name)
{
    struct str value = STR_ABSENT;
    if (c->request->method == HTTP_POST)
        value = http_query_value(c->arena, c->request->body, name);
    return value.p ? value : http_query_value(c->arena, c->request->query, name);
}

static struct str given_key(struct q10_call *c)
{
    struct str key = sim_request_header(c->request, "GiosisCertificationKey");
    return key.p ? key : q10_parameter(c, "key");
}

// The API key travels in the key's place (§2).
static void create_key(struct q10_call *c)
{
    struct q10_state *s = c->state;
    if (!str_eq(given_key(c), STR(SIM_QOO10_API_KEY))) {
        key_error(c->sim, c->response, -90001, "The API does not exist or the key is invalid.");
        return;
    }
    if (!str_eq(q10_parameter(c, "user_id"), STR(SIM_QOO10_USER_ID)) ||
        !str_eq(q10_parameter(c, "pwd"), STR(SIM_QOO10_PASSWORD))) {
        q10_result(c, -10001, "ID or password is wrong.");
        return;
    }
    snprintf(s->old_key, sizeof s->old_key, "%s", s->key);
    s->old_key_ends =
        sim_switch_is(c->sim, SIM_QOO10, "new_key_ends_old", "on") ? sim_now(c->sim) : s->key_ends;
    snprintf(s->key, sizeof s->key, "S5demo_g_1_%04lld_g_2_%016llx", (long long)++s->serial,
             (unsigned long long)sim_random(c->sim, INT64_MAX));
    s->key_ends = sim_now(c->sim) + KEY_DAYS * DAY_MS;
    s->revoked = false;
    q10_begin(c);
    if (c->out.xml)
        buf_add(c->out.buf, str_from(s->key));
    else
        json_write_str(&c->out.json, str_from(s->key));
    q10_end(c);
}

static bool let_in(struct q10_call *c)
{
    struct str key = given_key(c);
    const struct q10_state *s = c->state;
    bool old = s->old_key[0] && str_eq(key, str_from(s->old_key));
    if (str_is_empty(key) || key.n < 8) {
        key_error(c->sim, c->response, -90001, "The API does not exist.");
        return false;
    }
    if ((!old && !str_eq(key, str_from(s->key))) || s->revoked) {
        key_error(c->sim, c->response, -10000, "Check the Seller Authorization Key.");
        return false;
    }
    if (sim_now(c->sim) >= (old ? s->old_key_ends : s->key_ends)) {
        int code = sim_switch_is(c->sim, SIM_QOO10, "expired_code", "-90005") ? -90005 : -90004;
        key_error(c->sim, c->response, code, "Seller authorization key is expired. Use a new key.");
        return false;
    }
    if (s->forbidden || s->wrong_seller) {
        key_error(c->sim, c->response, s->forbidden ? -90002 : -90003,
                  "You are not authorized for this API.");
        return false;
    }
    return true;
}

// Nothing is published; what is sent here is a guess (§1).
static bool within_rate(struct q10_call *c)
{
    int64_t quota = sim_switch_number(c->sim, SIM_QOO10, "quota_per_day");
    int64_t second = sim_switch_number(c->sim, SIM_QOO10, "rate_per_second");
    int64_t since = sim_now(c->sim) + JST_OFFSET_MS;
    if (!sim_rate_limits(c->sim))
        return true;
    if (since / DAY_MS != c->state->day) {
        c->state->day = since / DAY_MS;
        c->state->calls_today = 0;
    }
    bool used_up = quota > 0 && ++c->state->calls_today > quota;
    if (!used_up && sim_pace_take(c->sim, &c->state->pace, (double)second, (double)second))
        return true;
    sim_count_rate_refusal(c->sim, SIM_QOO10);
    web_page(c->response, 429, "Too Many Requests");
    long long wait = used_up ? (DAY_MS - since % DAY_MS) / 1000 + 1 : 1;
    sim_response_header(c->response, "Retry-After", arena_printf(c->arena, "%lld", wait));
    return false;
}

void q10_handle(struct sim *sim, const char *operation, const struct sim_request *request,
                struct sim_response *response)
{
    struct q10_call c = {.sim = sim,
                         .state = sim_face_state(sim, SIM_QOO10),
                         .request = request,
                         .response = response,
                         .arena = response->arena,
                         .operation = operation};
    c.out = (struct q10_out){.buf = &response->body, .json = json_writer_make(&response->body)};
    if (!within_rate(&c))
        return;
    struct str type = q10_parameter(&c, "returnType");
    c.out.xml = str_eq(type, STR("xml")) || str_eq(type, STR("text/xml"));
    sim_response_header(response, "Content-Type",
                        c.out.xml ? STR("text/xml; charset=utf-8")
                                  : STR("application/json; charset=utf-8"));
    if (strcmp(operation, "CreateCertificationKey") == 0) {
        create_key(&c);
        return;
    }
    const struct operation *o = find_operation(operation);
    if (!o || (request->method != HTTP_GET && request->method != HTTP_POST)) {
        key_error(sim, response, -90001, "The API does not exist.");
        return;
    }
    if (let_in(&c))
        o->handle(&c);
}
