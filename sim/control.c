// SPDX-License-Identifier: Apache-2.0
//
// The control API: its routes, and the frame around each call (body in, JSON or problem out).
// Bodies are strict: an unknown member is refused, so that a test with a typing error fails.
#include "sim/control.h"

static const struct sim_control_route routes[] = {
    {{HTTP_GET, "/health"}, sim_control_get_health, "{\"status\":\"ok\"}"},
    {{HTTP_GET, "/state"},
     sim_control_get_state,
     "the sim's clock, and of every mall: orders by status, requests, refusals for too many "
     "requests, faults, effects"},
    {{HTTP_GET, "/orders"},
     sim_control_get_orders,
     "orders, newest first; ?mall= &status= &stage= &limit= (100; 0 = all)"},
    {{HTTP_POST, "/orders"},
     sim_control_post_orders,
     "places orders: mall, count (1), stage, payment, features [..], only_features, ordered_at, "
     "family, given, note, quantity, item; whatever is left out is drawn"},
    {{HTTP_GET, "/orders/{mall}/{order_no}"}, sim_control_get_order, "one order in full"},
    {{HTTP_POST, "/orders/{mall}/{order_no}/actions/{action}"},
     sim_control_post_action,
     "something that happens in the mall: the faces' lists below"},
    {{HTTP_POST, "/keys/{mall}/{action}"},
     sim_control_post_key_action,
     "expire, revoke, renew keys: the faces' lists below"},
    {{HTTP_GET, "/demo-keys/{mall}"},
     sim_control_get_demo_keys,
     "what a shop types into its settings to be let in"},
    {{HTTP_PUT, "/ips/{mall}"},
     sim_control_put_ips,
     "{\"allowed\":[\"127.0.0.1\"]}: only these clients are let in; [] = everybody"},
    {{HTTP_GET, "/faults"}, sim_control_get_faults, "armed faults and how often they hit"},
    {{HTTP_POST, "/faults"},
     sim_control_post_fault,
     "kind (delay, drop_before, drop_after, status, status_after, truncate, malformed, html, "
     "double, cut_character, maintenance, listing_lag), mall, operation, order_no, probability, "
     "skip, count, delay_ms, status, retry_after_seconds, at_bytes, from, until, lag_ms"},
    {{HTTP_DELETE, "/faults"}, sim_control_delete_faults, "removes all faults"},
    {{HTTP_DELETE, "/faults/{number}"}, sim_control_delete_fault, "removes one"},
    {{HTTP_GET, "/switches"}, sim_control_get_switches, "all switches with values and meaning"},
    {{HTTP_PUT, "/switches"},
     sim_control_put_switches,
     "{\"rakuten.gateway_envelope\":\"A\"}: sets those that are named"},
    {{HTTP_GET, "/effects"},
     sim_control_get_effects,
     "the ledger of what took effect; ?mall= &order_no= &kind="},
    {{HTTP_GET, "/requests"},
     sim_control_get_requests,
     "the last requests, newest first, without secrets; ?mall= &limit= (100)"},
    {{HTTP_POST, "/clock"},
     sim_control_post_clock,
     "{\"advance_ms\":86400000} or {\"to\":\"2026-12-01T00:00:00+09:00\"}: the sim's clock runs "
     "ahead of the real one from then on"},
    {{HTTP_PUT, "/rate"},
     sim_control_put_rate,
     "{\"orders_per_minute\":2}: new orders come in by themselves; 0 = none"},
};

const struct sim_control_route *sim_control_routes(size_t *count)
{
    *count = sizeof routes / sizeof routes[0];
    return routes;
}

bool sim_control_mall(struct sim_control_call *call, struct str id, enum sim_mall *mall,
                      struct error *error)
{
    int found = sim_mall_from_id(id);
    if (found < 0 || !call->sim->shelves[found].face)
        return error_set(error, ERROR_NOT_FOUND, "sim.mall_unknown", "モール %.*s はありません。",
                         "There is no mall %.*s.", STR_ARG(id));
    *mall = (enum sim_mall)found;
    return true;
}

bool sim_control_members(struct json object, const char *const *names, struct error *error)
{
    if (json_type(object) != JSON_OBJECT)
        return error_set(error, ERROR_BAD_INPUT, "sim.body", "JSONオブジェクトを送ってください。",
                         "The body must be a JSON object.");
    struct json value;
    for (struct json_iter i = json_iterate(object); json_next(&i, &value);) {
        bool known = false;
        for (const char *const *name = names; *name && !known; name++)
            known = str_eq(i.key, str_from(*name));
        if (!known)
            return error_set(error, ERROR_BAD_INPUT, "sim.member_unknown",
                             "項目 %.*s はありません。", "There is no member %.*s.",
                             STR_ARG(i.key));
    }
    return true;
}

static int status_of(enum error_class class)
{
    switch (class) {
    case ERROR_NOT_FOUND:
        return 404;
    case ERROR_BAD_INPUT:
    case ERROR_MALFORMED:
        return 400;
    case ERROR_REJECTED:
    case ERROR_CONFLICT:
        return 409;
    default:
        return 500;
    }
}

static void problem(struct sim_response *response, int status, const char *code, const char *text)
{
    buf_reset(&response->body);
    response->status = status;
    struct json_writer w = json_writer_make(&response->body);
    json_begin_object(&w);
    json_put_int(&w, "status", status);
    json_put_str(&w, "code", str_from(code));
    json_put_str(&w, "detail", str_from(text));
    json_end_object(&w);
}

static bool run(struct sim_control_call *call, const struct sim_control_route *route,
                struct error *error)
{
    struct str body = str_trim(call->request->body);
    return json_parse(call->arena, str_is_empty(body) ? STR("{}") : body, false, &call->body,
                      error) &&
           route->handler(call, error);
}

void sim_control_locked(struct sim *sim, time_ms now, const struct sim_request *request,
                        struct sim_response *response)
{
    sim_advance_locked(sim, now);
    struct json_writer writer = json_writer_make(&response->body);
    struct sim_control_call call = {
        .sim = sim,
        .now = now,
        .request = request,
        .arena = response->arena,
        .out = &writer,
        .status = 200,
    };
    sim_response_header(response, "Content-Type", STR("application/json; charset=utf-8"));
    int index = router_match(routes, sizeof routes / sizeof routes[0], sizeof routes[0],
                             request->method, request->path, call.parameters);
    if (index < 0) {
        problem(response, index == -2 ? 405 : 404, "sim.no_such_route",
                "See mallsim --help for the control API.");
        return;
    }
    struct error error;
    error_clear(&error);
    if (run(&call, &routes[index], &error))
        response->status = call.status;
    else
        problem(response, status_of(error.class), error.code, error.what_en);
}
