// SPDX-License-Identifier: Apache-2.0
//
// Who is let in at Amazon (amazon.md §2–§5): LWA's token endpoint with its three shapes of body and
// its own errors, access tokens of an hour, restricted data tokens for one path, roles, token
// buckets per operation. Called with the sim's mutex held.
#include "sim/amazon.h"

#include <stdio.h>

#define ACCESS_MS AMAZON_HOUR_MS
#define AUTHORIZATION_MS (365 * AMAZON_DAY_MS)
#define DENIED "Access to requested resource is denied."

static struct amazon_token *draw_token(struct amazon_call *c, const char *kind)
{
    struct amazon_token *t = &c->state->tokens[c->state->token_at++ % AMAZON_TOKENS_KEPT];
    snprintf(t->text, sizeof t->text, "%s|%lld-%016llx", kind, (long long)++c->state->serial,
             (unsigned long long)sim_random(c->sim, INT64_MAX));
    t->path[0] = '\0';
    t->ends = sim_now(c->sim) + ACCESS_MS;
    return t;
}

void amazon_auth_init(struct sim *sim, struct amazon_state *state)
{
    state->authorized_at = sim_now(sim);
    snprintf(state->refresh_token, sizeof state->refresh_token, "%s", SIM_AMAZON_REFRESH_TOKEN);
    snprintf(state->client_secret, sizeof state->client_secret, "%s", SIM_AMAZON_CLIENT_SECRET);
}

// --- LWA ---

static void token_error(struct amazon_call *c, int status, const char *name, const char *words)
{
    c->response->status = status;
    json_begin_object(&c->w);
    json_put_str(&c->w, "error", str_from(name));
    if (words)
        json_put_str(&c->w, "error_description", str_from(words));
    json_put_str(&c->w, "request_id", STR("mallsim"));
    json_end_object(&c->w);
}

// Form, JSON, and a form whose values are not encoded (§3.1): in the last a '+' stays one.
static struct str field(struct amazon_call *c, const char *name)
{
    struct str body = c->request->body, pair;
    struct str type = sim_request_header(c->request, "Content-Type");
    bool any = sim_switch_is(c->sim, SIM_AMAZON, "token_any_shape", "on");
    if (str_starts(type, STR("application/json"))) {
        struct json root;
        struct error error;
        if (!any || !json_parse(c->arena, body, false, &root, &error))
            return STR_ABSENT;
        return json_str(json_get(root, name));
    }
    bool encoded = !any || str_find_char(body, '%') >= 0;
    if (encoded)
        return http_query_value(c->arena, body, name);
    while (str_split(&body, '&', &pair)) {
        ptrdiff_t equals = str_find_char(pair, '=');
        if (equals >= 0 && str_eq(str_slice(pair, 0, (size_t)equals), str_from(name)))
            return str_slice(pair, (size_t)equals + 1, pair.n);
    }
    return STR_ABSENT;
}

static void give_token(struct amazon_call *c, struct str refresh_token)
{
    struct amazon_token *t = draw_token(c, "Atza");
    sim_response_header(c->response, "Cache-Control", STR("no-store"));
    json_begin_object(&c->w);
    json_put_str(&c->w, "access_token", str_from(t->text));
    json_put_str(&c->w, "token_type", STR("bearer"));
    json_put_int(&c->w, "expires_in", ACCESS_MS / 1000);
    if (refresh_token.n > 0)
        json_put_str(&c->w, "refresh_token", refresh_token);
    json_end_object(&c->w);
}

void amazon_handle_token(struct amazon_call *c)
{
    struct amazon_state *s = c->state;
    struct str grant = field(c, "grant_type"), token = field(c, "refresh_token");
    struct str id = field(c, "client_id"), secret = field(c, "client_secret");
    if (str_is_empty(grant) || str_is_empty(id) || str_is_empty(secret)) {
        token_error(c, 400, "invalid_request", "The request is missing a required parameter");
    } else if (!str_eq(id, STR(SIM_AMAZON_CLIENT_ID)) ||
               !str_eq(secret, str_from(s->client_secret)) || s->secret_expired) {
        token_error(c, 401, "invalid_client", "Client authentication failed");
    } else if (str_eq(grant, STR("client_credentials"))) {
        if (str_starts(field(c, "scope"), STR("sellingpartnerapi::")))
            give_token(c, STR(""));
        else
            token_error(c, 400, "invalid_scope", NULL);
    } else if (!str_eq(grant, STR("refresh_token"))) {
        token_error(c, 400, "unsupported_grant_type",
                    "The authorization grant type is not supported by the authorization server");
    } else if (str_is_empty(token)) {
        token_error(c, 400, "invalid_request",
                    "The request is missing a required parameter : refresh_token");
    } else if (s->token_foreign) {
        token_error(c, 400, "unauthorized_client", NULL);
    } else if (!str_eq(token, str_from(s->refresh_token)) || s->revoked ||
               sim_now(c->sim) >= s->authorized_at + AUTHORIZATION_MS) {
        token_error(c, 400, "invalid_grant",
                    "The request has an invalid parameter : refresh_token. User may have revoked "
                    "or didn't grant the permission.");
    } else {
        give_token(c, token);
    }
}

// --- restricted data tokens ---

static bool path_fits(struct str allowed, struct str path)
{
    struct str a, b;
    bool more_a = true, more_b = true;
    while (more_a && more_b) {
        more_a = str_split(&allowed, '/', &a);
        more_b = str_split(&path, '/', &b);
        if (more_a && more_b && !str_eq(a, b) && !str_starts(a, STR("{")))
            return false;
    }
    return !more_a && !more_b;
}

static const struct amazon_token *token_of(const struct amazon_call *c)
{
    struct str text = sim_request_header(c->request, "x-amz-access-token");
    for (size_t i = 0; i < AMAZON_TOKENS_KEPT; i++)
        if (c->state->tokens[i].text[0] && str_eq(text, str_from(c->state->tokens[i].text)))
            return &c->state->tokens[i];
    return NULL;
}

bool amazon_has_restricted(const struct amazon_call *c)
{
    const struct amazon_token *t = token_of(c);
    return t && t->path[0] && path_fits(str_from(t->path), c->request->path);
}

void amazon_handle_restricted_token(struct amazon_call *c)
{
    struct json resources = json_get(c->body, "restrictedResources"), one;
    struct json_iter i = json_iterate(resources);
    if (json_count(resources) == 0 || json_count(resources) > 50 || !json_next(&i, &one)) {
        amazon_error(c, 400, "InvalidRequest", "Request is missing or has invalid parameters",
                     "Resource not provided.");
        return;
    }
    struct str path = json_str(json_get(one, "path"));
    if (!str_eq(json_str(json_get(one, "method")), STR("GET")) || !str_starts(path, STR("/"))) {
        amazon_error(c, 400, "InvalidRequest", "Request is missing or has invalid parameters",
                     "Resource not provided.");
        return;
    }
    bool report = str_starts(path, STR("/reports/"));
    if (report && str_find_char(path, '{') >= 0) {
        amazon_invalid(c, "Only the path of one document is allowed.");
        return;
    }
    if (c->state->role_missing) {
        amazon_error(c, 400, "InvalidInput",
                     "Application does not have access to one or more requested data elements: "
                     "[buyerInfo, shippingAddress]",
                     "");
        return;
    }
    struct amazon_token *t = draw_token(c, "Atz.sprdt");
    snprintf(t->path, sizeof t->path, "%.*s", STR_ARG(path));
    json_begin_object(&c->w);
    json_put_str(&c->w, "restrictedDataToken", str_from(t->text));
    json_put_int(&c->w, "expiresIn", ACCESS_MS / 1000);
    json_end_object(&c->w);
}

// --- every call ---

static bool denied(struct amazon_call *c, const char *details)
{
    return amazon_error(c, 403, "Unauthorized", DENIED, details);
}

bool amazon_let_in(struct amazon_call *c, bool restricted)
{
    const struct amazon_token *t = token_of(c);
    struct str header = sim_request_header(c->request, "x-amz-access-token");
    struct str agent = sim_request_header(c->request, "User-Agent");
    if (sim_switch_is(c->sim, SIM_AMAZON, "date_header", "required") &&
        !sim_request_header(c->request, "x-amz-date").p)
        return amazon_invalid(c, "x-amz-date is missing.");
    if (agent.n > 500)
        return amazon_invalid(c, "User-Agent is too long.");
    if (!header.p)
        return denied(c, "Access token is missing in the request header.");
    if (!t || c->state->revoked)
        return denied(c, "The access token you provided is revoked, malformed or invalid.");
    if (sim_now(c->sim) >= t->ends)
        return denied(c, "The access token you provided has expired.");
    if (t->path[0] && !path_fits(str_from(t->path), c->request->path))
        return denied(c, "");
    if (c->state->orders_forbidden && str_starts(c->request->path, STR("/orders/")))
        return denied(c, "");
    return !restricted || amazon_has_restricted(c) || denied(c, "");
}

// Published usage plans (§16).
static const struct {
    const char *operation;
    double per_second, burst;
} plans[] = {
    {"searchOrders", 0.0056, 20},
    {"getOrder", 0.5, 30},
    {"getOrdersV0", 0.0167, 20},
    {"getOrderV0", 0.5, 30},
    {"getOrderBuyerInfoV0", 0.5, 30},
    {"getOrderAddressV0", 0.5, 30},
    {"getOrderItemsV0", 0.5, 30},
    {"getOrderItemsBuyerInfoV0", 0.5, 30},
    {"confirmShipment", 2, 10},
    {"updateShipmentStatus", 5, 15},
    {"createRestrictedDataToken", 1, 10},
    {"createReport", 0.0167, 15},
    {"getReport", 2, 15},
    {"getReports", 0.0222, 10},
    {"cancelReport", 0.0222, 10},
    {"getReportDocument", 0.0167, 15},
    {"createFeedDocument", 0.5, 15},
    {"createFeed", 0.0083, 15},
    {"getFeeds", 0.0222, 10},
    {"getFeed", 2, 15},
    {"cancelFeed", 2, 15},
    {"getFeedDocument", 0.0222, 10},
    {"getMarketplaceParticipations", 0.016, 15},
};

bool amazon_within_rate(struct amazon_call *c)
{
    for (size_t i = 0; i < sizeof plans / sizeof plans[0] && i < AMAZON_RATES_MAX; i++) {
        if (strcmp(plans[i].operation, c->operation) != 0)
            continue;
        if (sim_pace_take(c->sim, &c->state->rates[i].pace, plans[i].per_second, plans[i].burst))
            return true;
        sim_count_rate_refusal(c->sim, SIM_AMAZON);
        return amazon_error(c, 429, "QuotaExceeded",
                            "You exceeded your quota for the requested resource.", "");
    }
    return true;
}
