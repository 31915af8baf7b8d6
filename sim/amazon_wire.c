// SPDX-License-Identifier: Apache-2.0
//
// Amazon's wire (amazon.md §4): which operation a request means, the envelope of errors, headers of
// every answer, refusals that the core asks for. Called with the sim's mutex held.
#include "sim/amazon.h"

#include <stdio.h>

struct route {
    enum http_method method;
    const char *pattern; // '*' stands for one part
    const char *operation;
    const char *rate; // as x-amzn-RateLimit-Limit tells it; NULL none
};
static const struct route routes[] = {
    {HTTP_POST, "/auth/o2/token", "token", NULL},
    {HTTP_GET, "/orders/2026-01-01/orders", "searchOrders", "0.0056"},
    {HTTP_GET, "/orders/2026-01-01/orders/*", "getOrder", "0.5"},
    {HTTP_GET, "/orders/v0/orders", "getOrdersV0", "0.0167"},
    {HTTP_GET, "/orders/v0/orders/*", "getOrderV0", "0.5"},
    {HTTP_GET, "/orders/v0/orders/*/buyerInfo", "getOrderBuyerInfoV0", "0.5"},
    {HTTP_GET, "/orders/v0/orders/*/address", "getOrderAddressV0", "0.5"},
    {HTTP_GET, "/orders/v0/orders/*/orderItems", "getOrderItemsV0", "0.5"},
    {HTTP_GET, "/orders/v0/orders/*/orderItems/buyerInfo", "getOrderItemsBuyerInfoV0", "0.5"},
    {HTTP_POST, "/orders/v0/orders/*/shipmentConfirmation", "confirmShipment", "2.0"},
    {HTTP_POST, "/orders/v0/orders/*/shipment", "updateShipmentStatus", "5.0"},
    {HTTP_POST, "/tokens/2021-03-01/restrictedDataToken", "createRestrictedDataToken", "1.0"},
    {HTTP_POST, "/reports/2021-06-30/reports", "createReport", "0.0167"},
    {HTTP_GET, "/reports/2021-06-30/reports", "getReports", "0.0222"},
    {HTTP_GET, "/reports/2021-06-30/reports/*", "getReport", "2.0"},
    {HTTP_DELETE, "/reports/2021-06-30/reports/*", "cancelReport", "0.0222"},
    {HTTP_GET, "/reports/2021-06-30/documents/*", "getReportDocument", "0.0167"},
    {HTTP_POST, "/feeds/2021-06-30/documents", "createFeedDocument", "0.5"},
    {HTTP_POST, "/feeds/2021-06-30/feeds", "createFeed", "0.0083"},
    {HTTP_GET, "/feeds/2021-06-30/feeds", "getFeeds", "0.0222"},
    {HTTP_GET, "/feeds/2021-06-30/feeds/*", "getFeed", "2.0"},
    {HTTP_DELETE, "/feeds/2021-06-30/feeds/*", "cancelFeed", "2.0"},
    {HTTP_GET, "/feeds/2021-06-30/documents/*", "getFeedDocument", "0.0222"},
    {HTTP_GET, "/sellers/v1/marketplaceParticipations", "getMarketplaceParticipations", "0.016"},
    {HTTP_PUT, "/storage/*", "upload", NULL},
    {HTTP_GET, "/storage/*", "download", NULL},
};

static bool matches(struct str pattern, struct str path)
{
    struct str a, b;
    bool more_a = true, more_b = true;
    while (more_a && more_b) {
        more_a = str_split(&pattern, '/', &a);
        more_b = str_split(&path, '/', &b);
        if (more_a && more_b && !str_eq(a, b) && !(str_eq(a, STR("*")) && b.n > 0))
            return false;
    }
    return !more_a && !more_b;
}

static const struct route *find_route(const struct sim_request *request)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (routes[i].method == request->method &&
            matches(str_from(routes[i].pattern), request->path))
            return &routes[i];
    return NULL;
}

const char *amazon_operation(const struct sim_request *request)
{
    const struct route *route = find_route(request);
    return route ? route->operation : "unknown";
}

struct str amazon_path_part(const struct amazon_call *c, size_t index)
{
    struct str rest = c->request->path, part = STR("");
    for (size_t i = 0; i <= index + 1; i++)
        if (!str_split(&rest, '/', &part))
            return STR("");
    return part;
}

struct str amazon_query(const struct amazon_call *c, const char *name)
{
    return http_query_value(c->arena, c->request->query, name);
}

bool amazon_in_list(struct str list, struct str value)
{
    struct str one;
    while (str_split(&list, ',', &one))
        if (str_eq(one, value))
            return true;
    return false;
}

void amazon_put_time(struct amazon_call *c, const char *key, time_ms t)
{
    char text[32];
    bool ms = sim_switch_is(c->sim, SIM_AMAZON, "milliseconds", "on");
    time_ms whole = t / AMAZON_SECOND_MS * AMAZON_SECOND_MS;
    struct str plain = time_format_utc(whole, text);
    if (ms) // "…:03Z" becomes "…:03.120Z"
        plain = arena_printf(c->arena, "%.*s.%03dZ", (int)plain.n - 1, plain.p, (int)(t - whole));
    json_put_str(&c->w, key, plain);
}

bool amazon_query_time(struct amazon_call *c, const char *name, time_ms *t)
{
    struct str text = amazon_query(c, name);
    *t = TIME_NONE;
    if (!text.p)
        return true;
    // A blank is a '+' that wasn't encoded (§4.1).
    if (str_find_char(text, ' ') >= 0 || !time_parse_iso(text, 0, t))
        return amazon_invalid(c, NULL);
    return true;
}

bool amazon_error(struct amazon_call *c, int status, const char *code, const char *message,
                  const char *details)
{
    c->response->status = status;
    buf_reset(&c->response->body);
    c->w = json_writer_make(&c->response->body);
    json_begin_object(&c->w);
    json_key(&c->w, "errors");
    json_begin_array(&c->w);
    json_begin_object(&c->w);
    json_put_str(&c->w, "code", str_from(code));
    json_put_str(&c->w, "message", str_from(message));
    if (details)
        json_put_str(&c->w, "details", str_from(details));
    json_end_object(&c->w);
    json_end_array(&c->w);
    json_end_object(&c->w);
    return false;
}

bool amazon_invalid(struct amazon_call *c, const char *details)
{
    return amazon_error(
        c, 400, "InvalidInput",
        "The input you have submitted is not valid. Please check your input and try again.",
        details ? details : "");
}

static void add_headers(struct sim *sim, struct sim_response *response, const char *rate)
{
    struct amazon_state *state = sim_face_state(sim, SIM_AMAZON);
    // Told on 20x, 400 and 404 only (§4.2).
    bool told =
        rate && (response->status < 300 || response->status == 400 || response->status == 404);
    if (response->body.n > 0)
        sim_response_header(response, "Content-Type", STR("application/json"));
    sim_response_header(response, "x-amzn-RequestId",
                        arena_printf(response->arena, "00000000-0000-4000-8000-%012llx",
                                     (unsigned long long)++state->serial));
    if (told)
        sim_response_header(response, "x-amzn-RateLimit-Limit",
                            state->case_count > 0 ? STR("5.0") : str_from(rate));
    if (response->status == 403)
        sim_response_header(response, "x-amzn-ErrorType", STR("AccessDeniedException"));
}

static void answer(struct amazon_call *c, const char *operation)
{
    if (strcmp(operation, "searchOrders") == 0)
        amazon_handle_search(c);
    else if (strcmp(operation, "getOrder") == 0)
        amazon_handle_get_order(c);
    else if (strcmp(operation, "getMarketplaceParticipations") == 0)
        amazon_handle_participations(c);
    else if (strcmp(operation, "confirmShipment") == 0)
        amazon_handle_confirm(c);
    else if (strcmp(operation, "createRestrictedDataToken") == 0)
        amazon_handle_restricted_token(c);
    else if (str_starts(c->request->path, STR("/reports/")))
        amazon_handle_report(c);
    else if (str_starts(c->request->path, STR("/feeds/")))
        amazon_handle_feed(c);
    else // Orders v0 reads, store pickup: known to the sandbox's cases only
        amazon_error(c, 403, "Unauthorized", "Access to requested resource is denied.", "");
}

static bool read_body(struct amazon_call *c)
{
    struct error error;
    struct str type = sim_request_header(c->request, "Content-Type");
    bool has = c->request->body.n > 0;
    bool get = c->request->method == HTTP_GET;
    // Not even an empty body may be announced (§4.1).
    if (get && (has || sim_request_header(c->request, "Content-Length").p))
        return amazon_invalid(c, "GET requests must not have a body.");
    if (!has)
        return true;
    if (!str_starts(type, STR("application/json")))
        return amazon_error(c, 415, "UnsupportedMediaType", "Content-Type is not supported.", "");
    return json_parse(c->arena, c->request->body, false, &c->body, &error) ||
           amazon_invalid(c, "The body is no JSON.");
}

void amazon_handle(struct sim *sim, const char *operation, const struct sim_request *request,
                   struct sim_response *response)
{
    struct amazon_call c = {.sim = sim,
                            .state = sim_face_state(sim, SIM_AMAZON),
                            .request = request,
                            .response = response,
                            .arena = response->arena,
                            .operation = operation,
                            .w = json_writer_make(&response->body)};
    const struct route *route = find_route(request);
    for (size_t i = 0; i < c.state->task_count; i++)
        amazon_task_look(sim, c.state, c.state->tasks[i]);
    if (strcmp(operation, "token") == 0) {
        amazon_handle_token(&c);
    } else if (strcmp(operation, "upload") == 0 || strcmp(operation, "download") == 0) {
        amazon_handle_storage(&c);
        return;
    } else if (amazon_let_in(&c, false) && read_body(&c)) {
        if (c.state->case_count > 0)
            amazon_handle_sandbox(&c);
        else if (strcmp(operation, "unknown") == 0)
            amazon_error(&c, 403, "Unauthorized", "Access to requested resource is denied.", "");
        else if (amazon_within_rate(&c))
            answer(&c, operation);
    }
    add_headers(sim, response, route ? route->rate : NULL);
}

void amazon_refuse(struct sim *sim, const char *operation, enum sim_refusal refusal, int status,
                   struct sim_response *response)
{
    struct amazon_call c = {.sim = sim, .response = response, .arena = response->arena};
    (void)operation;
    switch (refusal) {
    case SIM_REFUSE_RATE:
        amazon_error(&c, 429, "QuotaExceeded",
                     "You exceeded your quota for the requested resource.", "");
        break;
    case SIM_REFUSE_UNAUTHORIZED:
        amazon_error(&c, 401, "Unauthorized", "Access to requested resource is denied.", "");
        break;
    case SIM_REFUSE_FORBIDDEN:
        amazon_error(&c, 403, "Unauthorized", "Access to requested resource is denied.", "");
        break;
    case SIM_REFUSE_SERVER_ERROR:
        amazon_error(&c, 500, "InternalFailure",
                     "We encountered an internal error. Please try again.", "");
        break;
    case SIM_REFUSE_UNAVAILABLE:
    case SIM_REFUSE_MAINTENANCE:
        amazon_error(&c, status ? status : 503, "ServiceUnavailable",
                     "Service is temporarily unavailable. Please try again.", "");
        break;
    case SIM_REFUSE_STATUS:
        amazon_error(&c, status ? status : 500, "InternalFailure", "mallsim", "");
        break;
    }
    add_headers(sim, response, NULL);
}
