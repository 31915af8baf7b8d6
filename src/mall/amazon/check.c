// SPDX-License-Identifier: Apache-2.0
//
// Connection test and renewal. The test makes one call of each kind that is needed and tells for
// each whether it was let in: token, marketplace, order list, personal data. Refusals are rows of
// the matrix, never the end of the test. Notes live in the operation's arena.
#include "mall/amazon/internal.h"

#define NEWEST_MS (3 * AMAZON_MINUTE_MS)

enum row { ROW_TOKEN, ROW_MARKETPLACE, ROW_ORDERS, ROW_PEOPLE, ROW_COUNT };
static const char *const items[ROW_COUNT] = {"token", "marketplaceParticipations", "searchOrders",
                                             "personal_data"};
static const struct label labels[ROW_COUNT] = {
    {"アクセストークン", "Access token"},
    {"マーケットプレイス", "Marketplace"},
    {"注文一覧（searchOrders）", "Order list (searchOrders)"},
    {"購入者・配送先（ロール）", "Names and addresses (role)"},
};

struct check_op {
    struct amazon_op a; // first
    enum row row;       // that is being asked for
    bool token_told;
    bool people_refused;
};

static void tell(struct check_op *op, enum row row, enum check_state state,
                 const struct error *error, struct str ja, struct str en)
{
    const struct mall_sink *sink = op->a.base.sink;
    struct check_result result = {
        .item = items[row], .label = labels[row], .state = state, .note_ja = ja, .note_en = en};
    if (error)
        result.error = *error;
    if (sink && sink->check)
        sink->check(sink->context, &result);
}

static void tell_token(struct check_op *op)
{
    char text[12];
    struct arena *arena = op->a.base.arena;
    time_ms end = amazon_authorization_end(&op->a.base.account);
    struct str ja = STR(""), en = STR("");
    if (op->token_told)
        return;
    op->token_told = true;
    if (end != TIME_NONE) {
        struct str day_text = day_format(day_in_jst(end), text);
        ja = arena_printf(arena, "認証の期限 %.*s", STR_ARG(day_text));
        en = arena_printf(arena, "authorisation ends %.*s", STR_ARG(day_text));
    }
    tell(op, ROW_TOKEN, CHECK_OK, NULL, ja, en);
}

static bool plan(struct amazon_op *a, time_ms now)
{
    struct check_op *op = (struct check_op *)a;
    char from[32], to[32];
    AUTO_BUF q = buf_make(AMAZON_REQUEST_BYTES_MAX);
    switch (op->row) {
    case ROW_TOKEN:
    case ROW_MARKETPLACE:
        op->row = ROW_MARKETPLACE;
        a->call.operation = a->call.family = "getMarketplaceParticipations";
        a->call.path = STR("/sellers/v1/marketplaceParticipations");
        return true;
    case ROW_ORDERS:
        buf_add(&q, STR("/orders/2026-01-01/orders?lastUpdatedAfter="));
        http_url_encode(&q, time_format_utc(now - 7 * AMAZON_DAY_MS, from));
        buf_add(&q, STR("&lastUpdatedBefore="));
        http_url_encode(&q, time_format_utc(now - NEWEST_MS, to));
        buf_add(&q, STR("&marketplaceIds="));
        http_url_encode(&q, amazon_setting(a, "marketplace_id"));
        buf_add(&q, STR("&fulfilledBy=MERCHANT&maxResultsPerPage=20&"));
        buf_add(&q, str_from(amazon_included(a)));
        a->call.operation = a->call.family = "searchOrders";
        a->call.path = str_dup(a->scratch, buf_str(&q));
        if (!q.failed && !arena_failed(a->scratch))
            return true;
        amazon_fail_no_memory(a);
        return false;
    case ROW_PEOPLE:
    case ROW_COUNT:
        a->base.done = true;
        return true;
    }
    return false;
}

static void marketplaces(struct check_op *op, struct json body)
{
    struct str wanted = amazon_setting(&op->a, "marketplace_id");
    struct json one;
    struct error error;
    for (struct json_iter i = json_iterate(json_get(body, "payload")); json_next(&i, &one);) {
        struct json place = json_get(one, "marketplace");
        if (!str_eq(json_str(json_get(place, "id")), wanted))
            continue;
        if (json_true(json_get(json_get(one, "participation"), "isParticipating"))) {
            struct str name = str_dup(op->a.base.arena, json_str(json_get(place, "name")));
            tell(op, ROW_MARKETPLACE, CHECK_OK, NULL, name, name);
            return;
        }
    }
    error_set(&error, ERROR_NOT_PERMITTED, "amazon.marketplace_not_joined",
              "このアカウントは設定されたマーケットプレイスで販売していません。",
              "The account does not sell in the marketplace that is set.");
    error_hint(&error, "マーケットプレイスIDを確認してください（日本は A1VC38T7YXB528）。",
               "Check the marketplace ID (Japan: A1VC38T7YXB528).");
    tell(op, ROW_MARKETPLACE, CHECK_REFUSED, &error, STR(""), STR(""));
}

// Whether names come is known only from an order that should have one.
static void people(struct check_op *op, struct json body)
{
    struct json one;
    struct error error;
    bool seen = false, named = false;
    for (struct json_iter i = json_iterate(json_get(body, "orders")); json_next(&i, &one);) {
        struct str status = json_str(json_get(json_get(one, "fulfillment"), "fulfillmentStatus"));
        struct json address = json_get(json_get(one, "recipient"), "deliveryAddress");
        bool open = str_eq(status, STR("UNSHIPPED")) || str_eq(status, STR("PARTIALLY_SHIPPED"));
        seen = seen || open;
        named = named || (open && json_str(json_get(address, "name")).n > 0);
    }
    if (named) {
        tell(op, ROW_PEOPLE, CHECK_OK, NULL, STR(""), STR(""));
        return;
    }
    bool refused = op->people_refused || seen;
    error_set(&error, ERROR_NOT_PERMITTED, refused ? "amazon.role_missing" : "amazon.role_unknown",
              refused
                  ? "購入者名と配送先を取得できません（ロール「消費者への直接配送」が必要）。%.0s"
                  : "未出荷の注文がないため、確認できませんでした。%.0s",
              refused ? "%.0sNames and addresses do not come (role Direct-to-Consumer Shipping)."
                      : "%.0sThere is no unshipped order to tell it from.",
              "");
    error_hint(&error, "ロールを追加したあと再認証するか、注文レポートを取り込んでください。",
               "Add the role and authorise again, or import order reports.");
    tell(op, ROW_PEOPLE, refused ? CHECK_REFUSED : CHECK_UNKNOWN, &error, STR(""), STR(""));
}

static void take(struct amazon_op *a, time_ms now, const struct http_response *response,
                 struct json body)
{
    struct check_op *op = (struct check_op *)a;
    (void)now;
    (void)response;
    tell_token(op);
    if (op->row == ROW_MARKETPLACE) {
        marketplaces(op, body);
        op->row = ROW_ORDERS;
    } else if (op->row == ROW_ORDERS) {
        tell(op, ROW_ORDERS, CHECK_OK, NULL, STR(""), STR(""));
        people(op, body);
        op->row = ROW_COUNT;
    }
    if (arena_failed(a->base.arena))
        amazon_fail_no_memory(a);
}

static bool refused(struct amazon_op *a, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    struct check_op *op = (struct check_op *)a;
    struct error untried;
    (void)now;
    if (error->class == ERROR_NO_MEMORY || error->class == ERROR_RATE_LIMITED)
        return false;
    bool token =
        !response || !op->token_told || strcmp(error->code, "amazon.token_not_accepted") == 0;
    bool by_lwa =
        token && (!response || !a->call.operation || strcmp(a->call.operation, "token") == 0 ||
                  error->class == ERROR_AUTH_EXPIRED);
    if (by_lwa) {
        tell(op, ROW_TOKEN, CHECK_REFUSED, error, STR(""), STR(""));
        error_set(&untried, ERROR_AUTH_INVALID, "amazon.not_tried",
                  "前の確認が通らなかったため、確認していません。",
                  "Not tried, because an earlier check failed.");
        for (enum row row = ROW_MARKETPLACE; row < ROW_COUNT; row++)
            tell(op, row, CHECK_UNKNOWN, &untried, STR(""), STR(""));
        op->row = ROW_COUNT;
        return true;
    }
    tell_token(op);
    if (op->row == ROW_ORDERS && amazon_leave_people_out(a, error)) {
        op->people_refused = true;
        return true;
    }
    tell(op, op->row, CHECK_REFUSED, error, STR(""), STR(""));
    if (op->row == ROW_ORDERS)
        tell(op, ROW_PEOPLE, CHECK_UNKNOWN, error, STR(""), STR(""));
    op->row = op->row == ROW_MARKETPLACE ? ROW_ORDERS : ROW_COUNT;
    return true;
}

struct mall_op *amazon_check(const struct mall_account *account, const struct mall_sink *sink,
                             struct error *error)
{
    static const struct amazon_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct check_op *op = amazon_op_new(sizeof *op, &steps, account, sink, error);
    return op ? &op->a.base : NULL;
}

// --- refresh ---

struct refresh_op {
    struct amazon_op a; // first
    bool learned;
};

// When authorisation and secret end, as far as what was typed tells: nobody else warns (§3.3).
static bool refresh_plan(struct amazon_op *a, time_ms now)
{
    struct refresh_op *op = (struct refresh_op *)a;
    time_ms consent = amazon_authorization_end(&a->base.account);
    time_ms secret = amazon_secret_end(&a->base.account);
    (void)now;
    if (!op->learned) {
        op->learned = true;
        if (consent != TIME_NONE &&
            !amazon_learn(a, "refresh_token", STR_ABSENT, "refresh_token", consent, "estimated"))
            return false;
        if (secret != TIME_NONE &&
            !amazon_learn(a, "client_secret", STR_ABSENT, "client_secret", secret, "estimated"))
            return false;
    }
    if (a->token_wanted) { // asked for with the next step; any call does
        a->call.operation = a->call.family = "getMarketplaceParticipations";
        a->call.path = STR("/sellers/v1/marketplaceParticipations");
        return true;
    }
    a->base.done = true;
    return true;
}

static void refresh_take(struct amazon_op *a, time_ms now, const struct http_response *response,
                         struct json body)
{
    (void)now;
    (void)response;
    (void)body;
    a->base.done = true;
}

struct mall_op *amazon_refresh(const struct mall_account *account, const struct mall_sink *sink,
                               struct error *error)
{
    static const struct amazon_steps steps = {.plan = refresh_plan, .take = refresh_take};
    struct refresh_op *op = amazon_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->a.token_wanted = true;
    return &op->a.base;
}
