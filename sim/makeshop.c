// SPDX-License-Identifier: Apache-2.0
//
// MakeShop's face: its two APIs behind one port, the keys of both, and the table of switches and
// actions. Which API a request means is told by its path; a body's first operation names it for
// faults and logs.
#include "sim/makeshop.h"
#include "sim/demo_keys.h"

#include <stdio.h>

#define LEGACY_PATH "/api/orderinfo/index.html"
#define GRAPHQL_PATH "/v1/graphql"

static const char *legacy_operation(struct str query)
{
    static const char *const commands[][2] = {
        {"cmd=get", "get"}, {"cmd=deliver", "deliver"}, {"cmd=status", "status"}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (str_find(query, str_from(commands[i][0])) >= 0)
            return commands[i][1];
    return "unknown";
}

static const char *operation(const struct sim_request *request)
{
    if (str_eq(request->path, STR(LEGACY_PATH)))
        return legacy_operation(request->query);
    if (!str_eq(request->path, STR(GRAPHQL_PATH)))
        return "unknown";
    for (int i = MS_GRAPHQL_COUNT - 1; i >= 0; i--)
        if (str_find(request->body, str_from(ms_operations[i])) >= 0)
            return ms_operations[i];
    return "graphql";
}

static bool is_legacy(const char *name)
{
    return strcmp(name, "get") == 0 || strcmp(name, "deliver") == 0 || strcmp(name, "status") == 0;
}

static void refuse(struct sim *sim, const char *name, enum sim_refusal refusal, int status,
                   struct sim_response *response)
{
    static const struct {
        int status;
        const char *code, *graphql, *number, *legacy;
    } words[] = {
        [SIM_REFUSE_STATUS] = {500, "INTERNAL_SERVER_ERROR", "internal system error", "999",
                               "システムエラーが発生しました。"},
        [SIM_REFUSE_RATE] = {429, "RATE_LIMITED", "too many requests", "109",
                             "アクセス制限中です。時間をおいて接続してください。"},
        [SIM_REFUSE_UNAUTHORIZED] = {401, "UNAUTHENTICATED", "invalid token", "101",
                                     "認証に失敗しました。"},
        [SIM_REFUSE_FORBIDDEN] = {403, "FORBIDDEN", "permission denied", "103",
                                  "注文情報参照が許可されていません。"},
        [SIM_REFUSE_SERVER_ERROR] = {500, "INTERNAL_SERVER_ERROR", "internal system error", "999",
                                     "システムエラーが発生しました。"},
        [SIM_REFUSE_UNAVAILABLE] = {503, "UNAVAILABLE", "service unavailable", "999",
                                    "ただいま混み合っています。"},
        [SIM_REFUSE_MAINTENANCE] = {503, "UNAVAILABLE", "under maintenance", "999",
                                    "メンテナンス中です。"},
    };
    status = status ? status : words[refusal].status;
    if (is_legacy(name))
        ms_legacy_refuse(sim, words[refusal].number, words[refusal].legacy, status, response);
    else
        ms_graphql_refuse(response, status, words[refusal].code, words[refusal].graphql);
}

static void handle(struct sim *sim, const char *name, const struct sim_request *request,
                   struct sim_response *response)
{
    if (str_eq(request->path, STR(LEGACY_PATH)))
        ms_legacy(sim, request, response);
    else if (str_eq(request->path, STR(GRAPHQL_PATH)))
        ms_graphql(sim, name, request, response);
    else
        ms_graphql_refuse(response, 404, "NOT_FOUND", "not found");
}

// --- keys ---

static void *create(struct sim *sim, struct arena *arena, struct error *error)
{
    struct ms_state *s = ARENA_NEW(arena, struct ms_state);
    (void)error;
    if (!s)
        return NULL;
    snprintf(s->shop_id, sizeof s->shop_id, "%s", SIM_MAKESHOP_SHOP_ID);
    snprintf(s->code, sizeof s->code, "%s", SIM_MAKESHOP_ORDER_CODE);
    snprintf(s->token, sizeof s->token, "%s", SIM_MAKESHOP_TOKEN);
    snprintf(s->api_key, sizeof s->api_key, "%s", SIM_MAKESHOP_API_KEY);
    s->cursor = sim_now(sim);
    return s;
}

static void demo_keys(struct sim *sim, struct json_writer *w)
{
    const struct ms_state *s = ms_state(sim);
    json_put_str(w, "shop_id", str_from(s->shop_id));
    json_put_str(w, "order_auth_code", str_from(s->code));
    json_put_str(w, "app_token", str_from(s->token));
    json_put_str(w, "app_api_key", str_from(s->api_key));
}

static bool set_operation(struct ms_state *s, struct json parameters, bool forbidden,
                          struct error *error)
{
    struct str name = json_str(json_get(parameters, "operation"));
    for (int i = 0; i < MS_GRAPHQL_COUNT; i++) {
        if (!str_eq(name, str_from(ms_operations[i])))
            continue;
        s->forbidden[i] = forbidden;
        return true;
    }
    return error_set(error, ERROR_BAD_INPUT, "sim.operation", "operation が正しくありません。",
                     "The parameter operation names none.");
}

static bool act_on_keys(struct sim *sim, const char *name, struct json parameters,
                        struct error *error)
{
    struct ms_state *s = ms_state(sim);
    if (strcmp(name, "uninstall") == 0) {
        s->uninstalled = true;
    } else if (strcmp(name, "install") == 0) {
        s->uninstalled = false;
        snprintf(s->token, sizeof s->token, "PAT.%064d", ++s->renewals);
    } else if (strcmp(name, "reissue-code") == 0) {
        snprintf(s->code, sizeof s->code, "%032d", ++s->renewals);
    } else if (strcmp(name, "close-old-api") == 0) {
        s->closed = true;
    } else if (strcmp(name, "forbid-read") == 0 || strcmp(name, "allow-read") == 0) {
        s->no_read = name[0] == 'f';
    } else if (strcmp(name, "forbid-change") == 0 || strcmp(name, "allow-change") == 0) {
        s->no_change = name[0] == 'f';
    } else {
        return set_operation(s, parameters, strcmp(name, "forbid-operation") == 0, error);
    }
    return true;
}

static bool act(struct sim *sim, const struct sim_action *action, struct sim_order *order,
                struct json parameters, struct error *error)
{
    if (!order)
        return act_on_keys(sim, action->name, parameters, error);
    if (ms_act_on_order(sim, action->name, order, parameters))
        return true;
    return error_set(error, ERROR_REJECTED, "sim.state", "注文の状態がこの操作に合いません。",
                     "The order's state doesn't allow it.");
}

// --- the table ---

static const struct sim_switch switches[] = {
    {"legacy_api", "open|closed", "open",
     "Whether the old API still works for the shop (§1, open)"},
    {"legacy_encoding", "EUC-JP|UTF-8", "EUC-JP", "Encoding of the old API's XML (§2.1, open)"},
    {"legacy_attributes", "attribute|child", "attribute",
     "Where paymethod's type, usepoint's type and carriage's name stand (§2.3, open)"},
    {"legacy_date", "dash|slash|digits", "dash", "Form of the order's date (§9, open)"},
    {"legacy_zero_date", NULL, "0000-00-00", "What an unset date looks like (§11, open)"},
    {"legacy_rows", "1..100", "100", "Most orders in one answer; there is no paging (§2.2)"},
    {"legacy_unknown_order", "empty|error", "empty",
     "Answer of cmd=get for a number that doesn't exist (open)"},
    {"legacy_done_shown", "date|number|order|none", "date",
     "What of a shipped order cmd=get shows: shipping_date; also carrier and number; "
     "delivery_order 3; nothing (open)"},
    {"legacy_blocked", "200|429", "200", "HTTP status while blocked for bursts (§2.1, open)"},
    {"sum_price", "after|before", "after",
     "Whether sumprice/sumPrice is the amount after or before coupons and points (open)"},
    {"boundaries", "closed|half_open", "closed",
     "Whether the end of a searched period belongs to it (open)"},
    {"graphql_provisional", "payment|delivery|hidden", "payment",
     "How a provisional order shows in searchOrder (§10, open)"},
    {"graphql_cancelled", "listed|filter", "listed",
     "Whether searchOrder without deliveryStatus returns cancelled orders (open)"},
    {"graphql_number_filter", "yes|no", "yes",
     "Whether searchOrder takes displayOrderNumber (§3.3, open)"},
    {"graphql_payment", "letters|digits|words", "letters",
     "Values of paymentStatusCode (§11, open)"},
    {"graphql_delivery", "letters|names", "letters",
     "Values of deliveryStatus in answers: N Y C R, or the mutation's names (§11, open)"},
    {"graphql_pay_method", "code|name", "code", "Values of payMethod (§11, open)"},
    {"graphql_ids", "number|text", "number", "JSON type of deliveryId (§9, open)"},
    {"graphql_auth_error", "401|200", "401", "HTTP status of a failed authentication (§3.6, open)"},
    {"graphql_page_max", "1..1000", "1000", "Most rows of a page (§3.3)"},
    {"burst", "1..100", "3", "Requests at once before the API blocks; then one per second (§2.1)"},
    {"provisional_percent", "0..100", "10", "How many new card orders begin as provisional"},
    {"provisional_minutes", "1..10000", "15", "How long the buyer takes on the payment page"},
    {"provisional_fail_percent", "0..100", "20",
     "How many provisional orders fail and are deleted (§4)"},
};

static const struct sim_action actions[] = {
    {"pay", SIM_ACTION_ORDER, "The buyer pays"},
    {"settle", SIM_ACTION_ORDER, "A provisional order becomes normal"},
    {"fail-payment", SIM_ACTION_ORDER, "A provisional order fails: MakeShop deletes it"},
    {"cancel", SIM_ACTION_ORDER, "Cancelled in the admin"},
    {"ship-by-hand", SIM_ACTION_ORDER,
     "Shipped in the admin: {\"number\":\"\",\"carrier\":\"002\"}; both optional"},
    {"return", SIM_ACTION_ORDER, "Sent back (返送)"},
    {"uninstall", SIM_ACTION_KEY, "The shop removes the app: its token is dead"},
    {"install", SIM_ACTION_KEY, "The shop installs the app again: a new token"},
    {"reissue-code", SIM_ACTION_KEY, "注文データ連携認証コード is issued anew and saved"},
    {"close-old-api", SIM_ACTION_KEY, "The old API is closed for the shop"},
    {"forbid-read", SIM_ACTION_KEY, "注文情報参照 = 許可しない"},
    {"allow-read", SIM_ACTION_KEY, "注文情報参照 = 許可する"},
    {"forbid-change", SIM_ACTION_KEY, "注文情報変更 = 許可しない"},
    {"allow-change", SIM_ACTION_KEY, "注文情報変更 = 全て許可する"},
    {"forbid-operation", SIM_ACTION_KEY,
     "An operation isn't in the list the shop agreed to: {\"operation\":\"searchOrder\"}"},
    {"allow-operation", SIM_ACTION_KEY, "The shop agrees: {\"operation\":\"searchOrder\"}"},
};

static void status(const struct sim_order *order, struct buf *out)
{
    const struct ms_order *o = ms_order(order);
    if (o->gone)
        buf_add(out, STR("gone"));
    else
        buf_addf(out, "%d/%d/%d", o->status, o->paid, ms_delivery_of(order));
}

static void describe(struct sim *sim, const struct sim_order *order, struct json_writer *w)
{
    const struct ms_order *o = ms_order(order);
    (void)sim;
    json_put_bool(w, "deleted", o->gone);
    json_put_int(w, "status", o->status);
    json_put_bool(w, "paid", o->paid);
    json_put_str(w, "memo", o->memo);
    json_key(w, "parcels");
    json_begin_array(w);
    for (size_t i = 0; i < order->destination_count; i++) {
        const struct ms_parcel *p = ms_parcel(&order->destinations[i]);
        json_begin_object(w);
        json_put_int(w, "deliveryId", (int64_t)i + 1);
        json_put_int(w, "state", p->state);
        json_put_str(w, "carrier", p->carrier);
        json_put_str(w, "number", p->number);
        json_end_object(w);
    }
    json_end_array(w);
}

static const char *const statuses[] = {"0/0/0", "0/0/1", "0/0/2", "0/0/3",  "0/0/9",  "0/1/0",
                                       "0/1/1", "0/1/2", "0/1/3", "0/1/9",  "1/0/0",  "1/0/1",
                                       "1/0/2", "1/0/3", "1/0/9", "1/1/0",  "1/1/1",  "1/1/2",
                                       "1/1/3", "1/1/9", "gone",  "99/0/0", "99/1/0", NULL};

const struct sim_face sim_face_makeshop = {
    .mall = SIM_MAKESHOP,
    .name = "MakeShop",
    .port_offset = 6,
    .features = SIM_FEATURE_DATE_REQUESTED | SIM_FEATURE_NOTE | SIM_FEATURE_SHOP_COUPON |
                SIM_FEATURE_USED_POINTS | SIM_FEATURE_OTHER_RECIPIENT |
                SIM_FEATURE_SEVERAL_DESTINATIONS | SIM_FEATURE_REMOTE_ISLAND |
                SIM_FEATURE_RARE_KANJI | SIM_FEATURE_DROP_OFF,
    .payments = 1u << SIM_PAY_CARD | 1u << SIM_PAY_WALLET | 1u << SIM_PAY_BANK |
                1u << SIM_PAY_CONVENIENCE | 1u << SIM_PAY_COD | 1u << SIM_PAY_DEFERRED |
                1u << SIM_PAY_POINTS,
    .stages = 1u << SIM_STAGE_NEW | 1u << SIM_STAGE_READY | 1u << SIM_STAGE_PICKING |
              1u << SIM_STAGE_SHIPPED | 1u << SIM_STAGE_DONE | 1u << SIM_STAGE_CANCELLED,
    .statuses = statuses,
    .switches = switches,
    .switch_count = sizeof switches / sizeof switches[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
    .create = create,
    .place = ms_place,
    .event = ms_event,
    .operation = operation,
    .handle = handle,
    .refuse = refuse,
    .status = status,
    .act = act,
    .describe = describe,
    .demo_keys = demo_keys,
};
