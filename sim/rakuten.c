// SPDX-License-Identifier: Apache-2.0
//
// Rakuten's face: RMS WEB SERVICE (楽天ペイ受注API) as rakuten.md has it. This file is the gate:
// method, path, Content-Type, keys, pace, functions that aren't ticked, headers, the envelopes of
// refusals; and the table of switches and actions. What the sheet leaves open is a switch.
#include "base/crypto.h"
#include "sim/demo_keys.h"
#include "sim/rakuten.h"

#include <stdio.h>

#define DAY_MS (24 * 3600 * 1000LL)
#define KEY_DAYS 90
#define ROOT "/es/2.0/order/"
#define LICENCE "/es/1.0/license-management/license-key/expiry-date"
#define LICENCE_OPERATION "licenseExpiry"

const struct rk_operation rk_operations[] = {
    {"searchOrder", "rpay.order.searchOrder", rk_search_order, "SEARCH_ORDER"},
    {"getOrder", "rpay.order.getOrder", rk_get_order, "GET_ORDER"},
    {"confirmOrder", "rpay.order.confirmOrder", rk_confirm_order, "CONFIRM_ORDER"},
    {"updateOrderShipping", "rpay.order.updateOrderShipping", rk_update_shipping,
     "UPDATE_ORDERSHIPPING"},
    {"updateOrderShippingAsync", "rpay.order.updateOrderShippingAsync", rk_update_shipping_async,
     "UPDATE_ORDERSHIPPING_ASYNC"},
    {"getResultUpdateOrderShippingAsync", "rpay.order.getResultUpdateOrderShippingAsync",
     rk_get_result, "GET_RESULT_UPDATEORDERSHIPPING_ASYNC"},
    {"getSubStatusList", "rpay.order.getSubStatusList", rk_get_sub_status_list,
     "GET_SUBSTATUSLIST"},
    {"updateOrderSubStatus", "rpay.order.updateOrderSubStatus", rk_update_sub_status,
     "UPDATE_ORDERSUBSTATUS"},
    {"updateOrderMemo", "rpay.order.updateOrderMemo", rk_update_memo, "UPDATE_ORDERMEMO"},
    {"updateOrderRemarks", "rpay.order.updateOrderRemarks", rk_update_remarks,
     "UPDATE_ORDERREMARKS"},
    {"cancelOrder", "rpay.order.cancelOrder", rk_cancel_order, "CANCEL_ORDER"},
    {"cancelOrderAfterShipping", "rpay.order.cancelOrderAfterShipping", rk_cancel_after_shipping,
     "CANCEL_ORDER_AFTER_SHIPPING"},
    {"getPayment", "rpay.order.getPayment", rk_get_payment, "GET_PAYMENT"},
    {LICENCE_OPERATION, "license.expiryDate.get", NULL, ""},
};
const size_t rk_operation_count = sizeof rk_operations / sizeof rk_operations[0];

static const struct rk_operation *find_operation(const char *name)
{
    for (size_t i = 0; i < rk_operation_count; i++)
        if (strcmp(rk_operations[i].name, name) == 0)
            return &rk_operations[i];
    return NULL;
}

// --- answers ---

bool rk_int(struct json v, int64_t *value)
{
    if (json_type(v) == JSON_STRING)
        return str_to_int64(json_str(v), value);
    return json_int(v, value);
}

struct str rk_datetime(struct arena *arena, time_ms t)
{
    char text[32];
    return t == TIME_NONE ? STR_ABSENT : str_dup(arena, time_format_rakuten(t, text));
}

void rk_message(struct json_writer *w, const char *type, const char *operation, const char *number,
                struct str text, struct str order_no)
{
    char code[128];
    int n = snprintf(code, sizeof code, "ORDER_EXT_API_%s_%s_%s", operation, type, number);
    json_begin_object(w);
    json_put_str(w, "messageType", str_from(type));
    json_put_str(w, "messageCode", str_make(code, (size_t)n));
    json_put_str(w, "message", text);
    if (order_no.p)
        json_put_str(w, "orderNumber", order_no);
    json_end_object(w);
}

void rk_fail(struct sim_response *response, int status, const char *operation, const char *number,
             struct str text, const char *rest)
{
    buf_reset(&response->body);
    struct json_writer w = json_writer_make(&response->body);
    response->status = status;
    buf_add(&response->body, STR("{\"MessageModelList\":["));
    rk_message(&w, "ERROR", operation, number, text, STR_ABSENT);
    buf_addf(&response->body, "]%s}", rest);
}

struct str rk_field_text(struct arena *arena, const char *field, const char *number)
{
    if (strcmp(number, "009") == 0)
        return arena_printf(arena, "%sの項目を指定して下さい。", field);
    if (strcmp(number, "010") == 0)
        return arena_printf(arena, "%sの値を指定して下さい。", field);
    return arena_printf(arena, "%sの書式が不正です。", field);
}

void rk_gateway_error(struct sim *sim, struct sim_response *response, int status,
                      const char *a_code, const char *b_code, const char *text)
{
    buf_reset(&response->body);
    response->status = status;
    if (a_code && sim_switch_is(sim, SIM_RAKUTEN, "gateway_envelope", "A"))
        buf_addf(&response->body, "{\"errors\":[{\"code\":\"%s\",\"message\":\"%s\"}]}", a_code,
                 text);
    else
        buf_addf(&response->body, "{\"Results\":{\"errorCode\":\"%s\",\"%s\":\"%s\"}}", b_code,
                 sim_switch_is(sim, SIM_RAKUTEN, "gateway_envelope", "B2") ? "errorMessage"
                                                                           : "message",
                 text);
}

// §1.8, recorded in 2020.
static void add_headers(struct sim *sim, struct sim_response *response)
{
    char text[32];
    struct arena *arena = response->arena;
    struct str utc = time_format_utc(sim_now(sim) / 1000 * 1000, text);
    sim_response_header(response, "Content-Type", STR("application/json;charset=UTF-8"));
    sim_response_header(response, "RequestId",
                        arena_printf(arena, "%08llx-%04llx-4%03llx-8%03llx-%012llx",
                                     (unsigned long long)sim_random(sim, 1ULL << 32),
                                     (unsigned long long)sim_random(sim, 1 << 16),
                                     (unsigned long long)sim_random(sim, 1 << 12),
                                     (unsigned long long)sim_random(sim, 1 << 12),
                                     (unsigned long long)sim_random(sim, 1ULL << 48)));
    sim_response_header(response, "Timestamp", str_dup(arena, str_slice(utc, 0, 19)));
    sim_response_header(response, "Cache-Control", STR("no-cache,no-store"));
    sim_response_header(response, "Pragma", STR("no-cache"));
    sim_response_header(response, "Server", STR("openresty"));
    sim_response_header(response, "X-Content-Type-Options", STR("nosniff"));
    sim_response_header(response, "Vary", STR("Accept-Encoding"));
    sim_response_header(response, "http.status", arena_printf(arena, "%d", response->status));
}

static void refuse(struct sim *sim, const char *operation, enum sim_refusal refusal, int status,
                   struct sim_response *response)
{
    (void)operation;
    switch (refusal) {
    case SIM_REFUSE_RATE:
        rk_gateway_error(sim, response, status ? status : 429, "GA0429", "ES05-01",
                         "Too Many Requests");
        break;
    case SIM_REFUSE_UNAUTHORIZED:
        rk_gateway_error(sim, response, status ? status : 401, "GA0001", "ES01-01",
                         "Un-Authorised");
        break;
    case SIM_REFUSE_MAINTENANCE:
    case SIM_REFUSE_UNAVAILABLE:
        response->status = status ? status : 503;
        buf_reset(&response->body);
        buf_add(&response->body,
                STR("<!DOCTYPE html><html><head><title>メンテナンス</title></head><body>"
                    "ただいまシステムメンテナンス中です。</body></html>"));
        sim_response_header(response, "Content-Type", STR("text/html; charset=UTF-8"));
        return;
    default:
        rk_gateway_error(sim, response, status ? status : 500, "GA9999", "ES99-99", "Error");
        break;
    }
    add_headers(sim, response);
}

// --- the gate ---

static const char *operation_of(const struct sim_request *request)
{
    struct str path = request->path;
    if (str_eq(path, STR(LICENCE)))
        return LICENCE_OPERATION;
    if (!str_starts(path, STR(ROOT)))
        return "unknown";
    struct str name = str_slice(path, sizeof ROOT - 1, path.n);
    if (str_ends(name, STR("/")))
        name.n--;
    for (size_t i = 0; i < rk_operation_count; i++)
        if (rk_operations[i].handle && str_eq(name, str_from(rk_operations[i].name)))
            return rk_operations[i].name;
    return "unknown";
}

static bool key_fits(struct sim *sim, const struct rk_key *key, struct str given)
{
    int64_t wait = sim_switch_number(sim, SIM_RAKUTEN, "key_propagation_minutes");
    time_ms now = sim_now(sim);
    return key->text[0] && str_eq(given, str_from(key->text)) && !key->revoked &&
           now <= key->expires_at && now >= key->issued_at + wait * 60000;
}

static bool authorised(struct sim *sim, const struct sim_request *request, struct arena *arena)
{
    struct rk_state *state = rk_state(sim);
    struct str header = sim_request_header(request, "Authorization"), pair;
    if (!str_starts(header, STR("ESA ")) ||
        !crypto_base64_decode(arena, str_slice(header, 4, header.n), &pair))
        return false;
    ptrdiff_t colon = str_find_char(pair, ':');
    if (colon < 0 || !str_eq(str_slice(pair, 0, (size_t)colon), str_from(state->secret)))
        return false;
    struct str key = str_slice(pair, (size_t)colon + 1, pair.n);
    bool old_lives = sim_switch_is(sim, SIM_RAKUTEN, "old_key_after_renewal", "lives");
    return key_fits(sim, &state->key, key) || (old_lives && key_fits(sim, &state->old_key, key));
}

static bool has_charset(struct str content_type)
{
    for (size_t i = 0; i + 8 <= content_type.n; i++)
        if (str_eq_nocase(str_slice(content_type, i, i + 8), STR("charset=")))
            return str_eq_nocase(str_slice(content_type, 0, 16), STR("application/json"));
    return false;
}

static bool pass_gate(struct sim *sim, const struct rk_operation *op,
                      const struct sim_request *request, struct sim_response *response)
{
    struct rk_state *state = rk_state(sim);
    bool licence = op && !op->handle;
    if (!op)
        rk_gateway_error(sim, response, 404, "GA0004", "ES04-04", "Not Found");
    else if (request->method != (licence ? HTTP_GET : HTTP_POST))
        rk_gateway_error(sim, response, 405, "GA0005", "ES04-05", "Method Not Allowed");
    else if (!sim_pace_take(sim, &state->pace, 1.0,
                            (double)sim_switch_number(sim, SIM_RAKUTEN, "burst"))) {
        sim_count_rate_refusal(sim, SIM_RAKUTEN);
        refuse(sim, op->name, SIM_REFUSE_RATE, 429, response);
        response->header_count = 0;
        sim_response_header(response, "Retry-After", STR("2"));
    } else if (!authorised(sim, request, response->arena))
        rk_gateway_error(sim, response, 401, "GA0001", "ES01-01", "Un-Authorised");
    else if (!licence && !has_charset(sim_request_header(request, "Content-Type")))
        rk_gateway_error(sim, response, 415, NULL, "ES04-03", "Unsupported Media Type");
    else if (state->off & 1ULL << (op - rk_operations))
        rk_gateway_error(sim, response, 400, NULL, "ES04-01", "Bad Request");
    else
        return true;
    return false;
}

static void handle(struct sim *sim, const char *operation, const struct sim_request *request,
                   struct sim_response *response)
{
    const struct rk_operation *op = find_operation(operation);
    struct error error;
    struct json body;
    if (pass_gate(sim, op, request, response)) {
        if (!op->handle)
            rk_licence_expiry(sim, request, response);
        else if (!json_parse(response->arena,
                             str_is_empty(request->body) ? STR("{}") : request->body, false, &body,
                             &error))
            rk_gateway_error(sim, response, 400, "GA0002", "ES04-02", "Bad Request");
        else
            op->handle(sim, body, response);
    }
    add_headers(sim, response);
}

void rk_licence_expiry(struct sim *sim, const struct sim_request *request,
                       struct sim_response *response)
{
    struct rk_state *state = rk_state(sim);
    struct str key = http_query_value(response->arena, request->query, "licenseKey");
    const struct rk_key *found = str_eq(key, str_from(state->key.text))       ? &state->key
                                 : str_eq(key, str_from(state->old_key.text)) ? &state->old_key
                                                                              : NULL;
    char text[32];
    if (!found || str_is_empty(key)) {
        rk_gateway_error(sim, response, 404, "GA0004", "ES04-04", "Not Found");
        return;
    }
    // Japan's time, without zone (§1.4).
    struct str end = time_format_rakuten(found->expires_at, text);
    buf_addf(&response->body, "{\"expiryDate\":\"%.*s\"}", 19, end.p ? end.p : "");
}

// --- keys ---

// Ends 23:59:59 of the 90th day (§1.4).
static void issue_key(struct rk_state *state, uint64_t seed, time_ms at)
{
    uint64_t mixed = (seed + 1) * 2654435761u + (uint64_t)state->renewals * 40503u;
    snprintf(state->key.text, sizeof state->key.text, "SL999001_%08llx",
             (unsigned long long)(mixed & 0xffffffff));
    state->key.issued_at = at;
    state->key.expires_at = day_start_jst(day_add(day_in_jst(at), KEY_DAYS + 1)) - 1000;
    state->key.revoked = false;
}

static void *create(struct sim *sim, struct arena *arena, struct error *error)
{
    struct rk_state *state = ARENA_NEW(arena, struct rk_state);
    (void)error;
    if (!state)
        return NULL;
    state->arena = arena;
    snprintf(state->secret, sizeof state->secret, "%s", SIM_RAKUTEN_SERVICE_SECRET);
    issue_key(state, sim_seed(sim), sim_now(sim) - DAY_MS);
    snprintf(state->key.text, sizeof state->key.text, "%s", SIM_RAKUTEN_LICENSE_KEY);
    return state;
}

static void demo_keys(struct sim *sim, struct json_writer *w)
{
    json_put_str(w, "service_secret", str_from(rk_state(sim)->secret));
    json_put_str(w, "license_key", str_from(rk_state(sim)->key.text));
}

static bool set_function(struct sim *sim, struct json parameters, bool off, struct error *error)
{
    struct str name = json_str(json_get(parameters, "function"));
    for (size_t i = 0; i < rk_operation_count; i++) {
        if (!str_eq(name, str_from(rk_operations[i].name)) &&
            !str_eq(name, str_from(rk_operations[i].function)))
            continue;
        if (off)
            rk_state(sim)->off |= 1ULL << i;
        else
            rk_state(sim)->off &= ~(1ULL << i);
        return true;
    }
    return error_set(error, ERROR_BAD_INPUT, "sim.function", "機能名 function が正しくありません。",
                     "The parameter function names no function.");
}

static bool act_on_keys(struct sim *sim, const char *name, struct json parameters,
                        struct error *error)
{
    struct rk_state *state = rk_state(sim);
    if (strcmp(name, "expire") == 0) {
        state->key.expires_at = sim_now(sim) - 1000;
    } else if (strcmp(name, "revoke") == 0) {
        state->key.revoked = true;
    } else if (strcmp(name, "renew") == 0) {
        state->old_key = state->key;
        state->renewals++;
        issue_key(state, sim_seed(sim), sim_now(sim));
    } else {
        return set_function(sim, parameters, strcmp(name, "untick") == 0, error);
    }
    return true;
}

// --- the table ---

static const struct sim_switch switches[] = {
    {"gateway_envelope", "A|B|B2", "A",
     "Shape of the gateway's refusals: A errors[], B Results.message, B2 Results.errorMessage "
     "(§1.5; open which one is current)"},
    {"get_unknown_status", "200|404", "200",
     "HTTP status of getOrder when none of the numbers exists (§19, open)"},
    {"shipping_date_compact", "refuse|accept", "refuse", "shippingDate as YYYYMMDD (§7.4, open)"},
    {"tracking_required", "yes|no", "yes",
     "Whether a row needs a tracking number for the order to become 500 (§3.2, open)"},
    {"cancelled_shipping_status", "200|400", "200",
     "HTTP status of updateOrderShipping for a cancelled order (§7.1, open)"},
    {"shipping_from_status", "100|300", "100",
     "First orderProgress from which shipping data is accepted (§7.5, open)"},
    {"total_capped", "no|yes", "no", "Whether totalRecordsAmount stops at 15000 (§4.2, open)"},
    {"auto_confirm", "off|on", "off", "自動注文確認 of RMS for new orders (§3.1)"},
    {"processing_minutes", "0..10000", "30", "How long Rakuten processes a card order after 200"},
    {"cancel_minutes", "0..10000", "60", "From 800 to 900"},
    {"async_seconds", "0..86400", "60", "Until the result of an asynchronous report is there"},
    {"key_propagation_minutes", "0..120", "0", "Until a new licence key works (§1.3: 10 to 30)"},
    {"old_key_after_renewal", "dies|lives", "dies", "The old key after re-issue (§1.4, open)"},
    {"burst", "1..100", "3", "Requests at once before 429; then one per second (§1.6)"},
    {"placeholder_rows", "off|on", "off",
     "New orders have a shipping row with carrier 1000, as other tools leave it (§7.4)"},
};

static const struct sim_action actions[] = {
    {"pay", SIM_ACTION_ORDER, "The buyer pays a prepaid order now"},
    {"clear", SIM_ACTION_ORDER, "Rakuten's processing ends: 200 or 400 becomes 300"},
    {"confirm", SIM_ACTION_ORDER, "RMS confirms: 100 becomes 200"},
    {"buyer-cancel", SIM_ACTION_ORDER, "The buyer asks for cancellation: 800, later 900"},
    {"cancel", SIM_ACTION_ORDER, "Rakuten cancels at once: 900"},
    {"change", SIM_ACTION_ORDER,
     "Staff change the order in RMS: 300 becomes 400, settled after an hour"},
    {"set-postage", SIM_ACTION_ORDER, "Determines the postage: {\"postage\":660}"},
    {"enter-address", SIM_ACTION_ORDER, "The recipient of a social gift enters the address"},
    {"modify", SIM_ACTION_ORDER,
     "The buyer changes the order in the purchase history (modifyFlag)"},
    {"ship-by-hand", SIM_ACTION_ORDER,
     "A shipping row typed in RMS: {\"number\":\"\",\"carrier\":\"1001\",\"date\":\"2026-01-14\"}; "
     "all "
     "optional"},
    {"memo", SIM_ACTION_ORDER, "ひとことメモ typed in RMS: {\"memo\":\"\"}"},
    {"expire", SIM_ACTION_KEY, "The licence key's 90 days are over"},
    {"revoke", SIM_ACTION_KEY, "The licence key is withdrawn"},
    {"renew", SIM_ACTION_KEY, "A new licence key is issued in RMS"},
    {"untick", SIM_ACTION_KEY, "Switches a function off: {\"function\":\"getOrder\"}"},
    {"tick", SIM_ACTION_KEY, "Switches a function on: {\"function\":\"getOrder\"}"},
};

static void status(const struct sim_order *order, struct buf *out)
{
    buf_add_int(out, rk_order(order)->progress);
}

static bool refuse_action(struct error *error)
{
    return error_set(error, ERROR_REJECTED, "sim.state", "注文の状態がこの操作に合いません。",
                     "The order's state doesn't allow it.");
}

static bool set_postage(struct sim_order *order, struct json parameters)
{
    int64_t postage = 660;
    if (!rk_amount_is_open(order))
        return false;
    rk_int(json_get(parameters, "postage"), &postage);
    order->postage = postage;
    for (size_t i = 0; i < order->destination_count; i++)
        order->destinations[i].postage = i == 0 ? postage : 0;
    order->total = order->goods + order->wrapping + postage + order->cod_fee + order->payment_fee;
    order->billed = order->total - order->coupon_shop - order->coupon_mall - order->points;
    for (int i = 0; i < order->tax_count; i++) {
        order->taxes[i].taxable = i == 0 ? order->billed + order->points : 0;
        order->taxes[i].tax = order->taxes[i].taxable * order->taxes[i].rate_basis_points /
                              (10000 + order->taxes[i].rate_basis_points);
    }
    return true;
}

static bool ship_by_hand(struct sim *sim, struct sim_order *order, struct json parameters)
{
    struct rk_row *row = rk_add_row(sim, order, rk_basket(&order->destinations[0]));
    if (!row)
        return false;
    row->number = str_dup(order->arena, json_str(json_get(parameters, "number")));
    row->company = str_dup(order->arena, json_str(json_get(parameters, "carrier")));
    if (!row->number.p)
        row->number = STR("");
    if (!row->company.p)
        row->company = STR("1001");
    if (!day_parse(json_str(json_get(parameters, "date")), &row->date))
        row->date = 0;
    rk_shipping_changed(sim, order);
    return true;
}

static bool act_on_order(struct sim *sim, const char *name, struct sim_order *order,
                         struct json parameters)
{
    struct rk_order *o = rk_order(order);
    if (strcmp(name, "pay") == 0) {
        if (o->progress == 200)
            rk_event(sim, order, RK_EVENT_PAID);
        return o->progress == 200;
    }
    if (strcmp(name, "clear") == 0) {
        bool waits = o->progress == 200 || o->progress == 400;
        if (waits)
            rk_clear(sim, order);
        return waits;
    }
    if (strcmp(name, "confirm") == 0) {
        bool waits = o->progress == 100;
        if (waits)
            rk_confirm(sim, order);
        return waits;
    }
    if (strcmp(name, "buyer-cancel") == 0 && o->progress < 800) {
        rk_request_cancel(sim, order, 1, 1);
        return true;
    }
    if (strcmp(name, "cancel") == 0 && o->progress < 900) {
        rk_cancel(sim, order, 1, 1);
        return true;
    }
    if (strcmp(name, "change") == 0 && o->progress == 300) {
        o->progress = 400;
        rk_add_change(sim, order, 4, 0, 10);
        return sim_schedule(sim, SIM_RAKUTEN, order, sim_now(sim) + 3600000, RK_EVENT_CLEAR);
    }
    if (strcmp(name, "set-postage") == 0)
        return set_postage(order, parameters);
    if (strcmp(name, "ship-by-hand") == 0)
        return ship_by_hand(sim, order, parameters);
    if (strcmp(name, "modify") == 0)
        return o->modified = true;
    if (strcmp(name, "enter-address") == 0) {
        o->address_entered_at = sim_now(sim);
        return o->address_entered = true;
    }
    if (strcmp(name, "memo") == 0) {
        o->memo = str_dup(order->arena, json_str(json_get(parameters, "memo")));
        return o->memo.p != NULL;
    }
    return false;
}

static bool act(struct sim *sim, const struct sim_action *action, struct sim_order *order,
                struct json parameters, struct error *error)
{
    if (!order)
        return act_on_keys(sim, action->name, parameters, error);
    return act_on_order(sim, action->name, order, parameters) || refuse_action(error);
}

static void describe(struct sim *sim, const struct sim_order *order, struct json_writer *w)
{
    const struct rk_order *o = rk_order(order);
    char date[12];
    (void)sim;
    json_put_int(w, "orderProgress", o->progress);
    json_key(w, "rows");
    json_begin_array(w);
    for (size_t i = 0; i < order->destination_count; i++) {
        const struct rk_basket *b = rk_basket(&order->destinations[i]);
        for (size_t k = 0; k < b->row_count; k++) {
            json_begin_object(w);
            json_put_int(w, "basketId", b->id);
            json_put_int(w, "shippingDetailId", b->rows[k].id);
            json_put_str(w, "shippingNumber", b->rows[k].number);
            json_put_str(w, "deliveryCompany", b->rows[k].company);
            json_put_str(w, "shippingDate",
                         b->rows[k].date ? day_format(b->rows[k].date, date) : STR_ABSENT);
            json_end_object(w);
        }
    }
    json_end_array(w);
}

static const char *const statuses[] = {"100", "200", "300", "400", "500",
                                       "600", "700", "800", "900", NULL};

static bool place(struct sim *sim, struct sim_order *order)
{
    if (!rk_place(sim, order))
        return false;
    if (!sim_switch_is(sim, SIM_RAKUTEN, "placeholder_rows", "on") ||
        rk_order(order)->progress > 300)
        return true;
    struct rk_row *row = rk_add_row(sim, order, rk_basket(&order->destinations[0]));
    if (row)
        row->company = STR("1000");
    return row != NULL;
}

const struct sim_face sim_face_rakuten = {
    .mall = SIM_RAKUTEN,
    .name = "楽天市場",
    .port_offset = 1,
    .features = SIM_FEATURE_GIFT | SIM_FEATURE_NOSHI | SIM_FEATURE_WRAPPING |
                SIM_FEATURE_DATE_REQUESTED | SIM_FEATURE_NOTE | SIM_FEATURE_SHOP_COUPON |
                SIM_FEATURE_MALL_COUPON | SIM_FEATURE_USED_POINTS | SIM_FEATURE_OTHER_RECIPIENT |
                SIM_FEATURE_SEVERAL_DESTINATIONS | SIM_FEATURE_REMOTE_ISLAND |
                SIM_FEATURE_UNDETERMINED_POSTAGE | SIM_FEATURE_PREORDER | SIM_FEATURE_SOCIAL_GIFT |
                SIM_FEATURE_COOL | SIM_FEATURE_EXPRESS | SIM_FEATURE_RARE_KANJI |
                SIM_FEATURE_RECEIPT | SIM_FEATURE_SUBSCRIPTION | SIM_FEATURE_SUSPECT |
                SIM_FEATURE_FRAUD_REVIEW | SIM_FEATURE_STORE_PICKUP | SIM_FEATURE_DROP_OFF |
                SIM_FEATURE_TAX_EXCLUDED | SIM_FEATURE_DRUG,
    .payments = 1u << SIM_PAY_CARD | 1u << SIM_PAY_WALLET | 1u << SIM_PAY_BANK |
                1u << SIM_PAY_CONVENIENCE | 1u << SIM_PAY_COD | 1u << SIM_PAY_DEFERRED |
                1u << SIM_PAY_POINTS,
    .stages = 1u << SIM_STAGE_NEW | 1u << SIM_STAGE_PROCESSING | 1u << SIM_STAGE_CHANGED |
              1u << SIM_STAGE_READY | 1u << SIM_STAGE_SHIPPED | 1u << SIM_STAGE_PAYOUT |
              1u << SIM_STAGE_DONE | 1u << SIM_STAGE_CANCEL_REQUESTED | 1u << SIM_STAGE_CANCELLED,
    .statuses = statuses,
    .switches = switches,
    .switch_count = sizeof switches / sizeof switches[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
    .create = create,
    .place = place,
    .event = rk_event,
    .operation = operation_of,
    .handle = handle,
    .refuse = refuse,
    .status = status,
    .act = act,
    .describe = describe,
    .demo_keys = demo_keys,
};
