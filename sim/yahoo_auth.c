// SPDX-License-Identifier: Apache-2.0
//
// Who is let in (yahoo.md §3, §4): the token endpoint, the page where a person consents, access
// tokens of an hour inside a consent of 28 days, and the signature, which is really decrypted.
// A bad signature never refuses a call by itself: it shows in a header, and it ends the session
// twelve hours after the consent. Called with the sim's mutex held.
#include "base/crypto.h"
#include "sim/yahoo.h"

#include <stdio.h>

#define HOUR_MS (3600 * 1000LL)
#define DAY_MS (24 * HOUR_MS)
#define ACCESS_MS HOUR_MS
#define CONSENT_MS (28 * DAY_MS)
#define SESSION_MS (12 * HOUR_MS)
#define FORM "application/x-www-form-urlencoded"

// --- the consent ---

static void draw(struct sim *sim, struct yahoo_state *state, const char *kind, char *text, size_t n)
{
    snprintf(text, n, "%s-%lld-%016llx", kind, (long long)++state->serial,
             (unsigned long long)sim_random(sim, INT64_MAX));
}

void yahoo_auth_init(struct sim *sim, struct yahoo_state *state)
{
    *state = (struct yahoo_state){.consented_at = sim_now(sim)};
    snprintf(state->refresh_token, sizeof state->refresh_token, "%s", SIM_YAHOO_REFRESH_TOKEN);
    state->keys[0] =
        (struct yahoo_key){SIM_YAHOO_PUBLIC_KEY_VERSION, sim_now(sim) + 365 * DAY_MS, true};
}

void yahoo_consent(struct sim *sim, struct yahoo_state *state, char code[48])
{
    state->consented_at = sim_now(sim);
    state->consent_withdrawn = false;
    state->unsigned_call = false;
    if (!sim_switch_is(sim, SIM_YAHOO, "refresh_token_kept", "on"))
        draw(sim, state, "RT", state->refresh_token, sizeof state->refresh_token);
    draw(sim, state, "code", state->code, sizeof state->code);
    state->code_ends = sim_now(sim) + sim_switch_number(sim, SIM_YAHOO, "code_seconds") * 1000;
    snprintf(code, 48, "%s", state->code);
}

static void add_attribute(struct buf *out, const char *name, struct str value)
{
    buf_addf(out, " %s=\"", name);
    xml_add_text(out, value);
    buf_add_char(out, '"');
}

// GET shows a button; its POST consents and sends the browser back with the code.
void yahoo_handle_authorization(struct yahoo_call *c)
{
    struct str query = c->request->method == HTTP_POST ? c->request->body : c->request->query;
    struct str redirect = http_query_value(c->arena, query, "redirect_uri");
    struct str client = http_query_value(c->arena, query, "client_id");
    struct str given = http_query_value(c->arena, query, "state");
    struct buf *out = &c->response->body;
    char code[48];
    sim_response_header(c->response, "Content-Type", STR("text/html; charset=UTF-8"));
    if (!str_eq(client, STR(SIM_YAHOO_CLIENT_ID)) || str_is_empty(redirect)) {
        c->response->status = 400;
        buf_add(out,
                STR("<!DOCTYPE html><title>mallsim</title><p>invalid client_id or redirect_uri\n"));
        return;
    }
    if (c->request->method == HTTP_POST) {
        yahoo_consent(c->sim, c->state, code);
        struct str sign = str_find_char(redirect, '?') >= 0 ? STR("&") : STR("?");
        AUTO_BUF url = buf_make(8192);
        buf_add(&url, redirect);
        buf_add(&url, sign);
        buf_addf(&url, "code=%s&state=", code);
        http_url_encode(&url, given.p ? given : STR(""));
        c->response->status = 302;
        sim_response_header(c->response, "Location", str_dup(c->arena, buf_str(&url)));
        return;
    }
    buf_add(out, STR("<!DOCTYPE html><html lang=\"ja\"><title>Yahoo! JAPAN (mallsim)</title>"
                     "<h1>Yahoo! JAPAN（シミュレーター）</h1><p>ストア " SIM_YAHOO_SELLER_ID
                     " の注文情報へのアクセスを許可しますか。</p><form method=\"post\">"));
    const char *const names[] = {"client_id", "redirect_uri", "state"};
    const struct str values[] = {client, redirect, given.p ? given : STR("")};
    for (size_t i = 0; i < 3; i++) {
        buf_add(out, STR("<input type=\"hidden\""));
        add_attribute(out, "name", str_from(names[i]));
        add_attribute(out, "value", values[i]);
        buf_add_char(out, '>');
    }
    buf_add(out, STR("<button>同意する</button></form></html>\n"));
}

// --- the token endpoint ---

static void token_error(struct yahoo_call *c, int status, const char *name, const char *words)
{
    struct json_writer w = json_writer_make(&c->response->body);
    c->response->status = status;
    json_begin_object(&w);
    json_put_str(&w, "error", str_from(name));
    json_put_str(&w, "error_description", str_from(words));
    json_put_int(&w, "error_code", 1000 + status);
    json_end_object(&w);
}

static bool client_is_right(struct yahoo_call *c)
{
    struct str header = sim_request_header(c->request, "Authorization"), pair;
    struct str body = c->request->body;
    if (str_starts(header, STR("Basic ")))
        return crypto_base64_decode(c->arena, str_slice(header, 6, header.n), &pair) &&
               str_eq(pair, STR(SIM_YAHOO_CLIENT_ID ":" SIM_YAHOO_CLIENT_SECRET));
    return str_eq(http_query_value(c->arena, body, "client_id"), STR(SIM_YAHOO_CLIENT_ID)) &&
           str_eq(http_query_value(c->arena, body, "client_secret"), STR(SIM_YAHOO_CLIENT_SECRET));
}

static bool consent_lives(const struct yahoo_call *c)
{
    return c->state->consented_at != TIME_NONE && !c->state->consent_withdrawn &&
           sim_now(c->sim) < c->state->consented_at + CONSENT_MS;
}

static void give_token(struct yahoo_call *c, bool first)
{
    struct yahoo_token *t = &c->state->tokens[c->state->token_at++ % YAHOO_TOKENS_KEPT];
    draw(c->sim, c->state, "AT", t->text, sizeof t->text);
    t->ends = sim_now(c->sim) + ACCESS_MS;
    struct json_writer w = json_writer_make(&c->response->body);
    json_begin_object(&w);
    json_put_str(&w, "access_token", str_from(t->text));
    json_put_str(&w, "token_type", STR("Bearer"));
    json_put_int(&w, "expires_in", ACCESS_MS / 1000);
    if (first || sim_switch_is(c->sim, SIM_YAHOO, "refresh_returns_token", "on"))
        json_put_str(&w, "refresh_token", str_from(c->state->refresh_token));
    if (first)
        json_put_str(&w, "id_token", STR("e30.e30.mallsim"));
    json_end_object(&w);
}

// The registered address; on this machine with any port, as a demo takes what is free.
static bool is_registered(struct str uri)
{
    struct str host = STR("http://127.0.0.1:"), rest = uri, port;
    if (str_eq(uri, STR(SIM_YAHOO_REDIRECT_URI)))
        return true;
    if (!str_starts(uri, host))
        return false;
    rest = str_slice(uri, host.n, uri.n);
    return str_split(&rest, '/', &port) && port.n <= 5 && str_eq(rest, STR("oauth/yahoo"));
}

static void exchange_code(struct yahoo_call *c, int grant_status)
{
    struct str code = http_query_value(c->arena, c->request->body, "code");
    bool right = c->state->code[0] && str_eq(code, str_from(c->state->code)) &&
                 sim_now(c->sim) < c->state->code_ends;
    if (!is_registered(http_query_value(c->arena, c->request->body, "redirect_uri"))) {
        token_error(c, 400, "invalid_redirect_uri", "invalid redirect_uri");
        return;
    }
    c->state->code[0] = '\0';
    if (right)
        give_token(c, true);
    else
        token_error(c, grant_status, "invalid_grant", "invalid authorization code");
}

void yahoo_handle_token(struct yahoo_call *c)
{
    int grant_status = (int)sim_switch_number(c->sim, SIM_YAHOO, "token_error_status");
    struct str grant = http_query_value(c->arena, c->request->body, "grant_type");
    sim_response_header(c->response, "Content-Type", STR("application/json; charset=UTF-8"));
    if (c->request->method != HTTP_POST ||
        !str_starts(sim_request_header(c->request, "Content-Type"), STR(FORM))) {
        token_error(c, 400, "invalid_request", "POST a form");
    } else if (!client_is_right(c)) {
        token_error(c, 401, "invalid_client", "client authentication failed");
    } else if (str_eq(grant, STR("authorization_code"))) {
        exchange_code(c, grant_status);
    } else if (!str_eq(grant, STR("refresh_token"))) {
        token_error(c, 400, "unsupported_grant_type", "unknown grant_type");
    } else if (!str_eq(http_query_value(c->arena, c->request->body, "refresh_token"),
                       str_from(c->state->refresh_token)) ||
               !consent_lives(c)) {
        token_error(c, grant_status, "invalid_grant", "invalid refresh token");
    } else {
        give_token(c, false);
    }
}

// --- order calls ---

static const struct yahoo_key *find_key(const struct yahoo_state *state, int64_t version)
{
    for (size_t i = 0; i < 2; i++)
        if (state->keys[i].version == version && version > 0)
            return &state->keys[i];
    return NULL;
}

static const char *judge_plain(struct yahoo_call *c, struct str plain)
{
    ptrdiff_t colon = str_find_char(plain, ':');
    int64_t seconds,
        tolerance = sim_switch_number(c->sim, SIM_YAHOO, "signature_tolerance_seconds");
    if (colon < 0)
        return "invalid-authorize-value";
    if (!str_eq(str_slice(plain, 0, (size_t)colon), STR(SIM_YAHOO_SELLER_ID)))
        return "invalid-sellerid";
    if (!str_to_int64(str_slice(plain, (size_t)colon + 1, plain.n), &seconds))
        return "invalid-timestamp";
    int64_t now = sim_now(c->sim) / 1000;
    return seconds < now - tolerance || seconds > now + tolerance ? "expired-timestamp"
                                                                  : "authorized";
}

static const char *judge_signature(struct yahoo_call *c)
{
    struct str signature = sim_request_header(c->request, "X-sws-signature");
    struct str version_text = sim_request_header(c->request, "X-sws-signature-version");
    struct str cipher, plain;
    struct error error;
    int64_t version;
    if (str_is_empty(signature))
        return "none";
    if (!str_to_int64(version_text, &version))
        return "invalid-key-version";
    const struct yahoo_key *key = find_key(c->state, version);
    if (!key)
        return "not-found-key-version";
    if (sim_now(c->sim) >= key->expires)
        return "expired-key-version";
    if (!key->enabled)
        return "invalid-key-status";
    if (!crypto_base64_decode(c->arena, signature, &cipher) ||
        !crypto_rsa_decrypt(c->arena, STR(SIM_YAHOO_PRIVATE_KEY), cipher, &plain, &error))
        return "invalid-authorize-value";
    return judge_plain(c, plain);
}

static const struct yahoo_token *find_token(const struct yahoo_call *c)
{
    struct str header = sim_request_header(c->request, "Authorization");
    if (!str_starts(header, STR("Bearer ")))
        return NULL;
    struct str text = str_slice(header, 7, header.n);
    for (size_t i = 0; i < YAHOO_TOKENS_KEPT; i++)
        if (c->state->tokens[i].text[0] && str_eq(text, str_from(c->state->tokens[i].text)))
            return &c->state->tokens[i];
    return NULL;
}

// The reason is in the header and, without a code, in the body (§3.4).
static bool refuse_token(struct yahoo_call *c, const char *name, const char *words)
{
    struct str challenge = arena_printf(
        c->arena, "Bearer realm=\"yahooapis.jp\", error=\"%s\", error_description=\"%s\"", name,
        words);
    c->response->status = 401;
    sim_response_header(c->response, "WWW-Authenticate", challenge);
    struct buf *out = &c->response->body;
    buf_add(out, STR("<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n<Error><Message>\n"
                     "Please provide valid credentials. "));
    xml_add_text(out, challenge);
    buf_add(out, STR("\n</Message></Error>\n"));
    return false;
}

bool yahoo_let_in(struct yahoo_call *c)
{
    const struct yahoo_token *token = find_token(c);
    if (!token)
        return refuse_token(c, "invalid_token", "invalid token");
    if (sim_now(c->sim) >= token->ends)
        return refuse_token(c, "invalid_token", "expired token");
    if (c->state->scope_missing)
        return refuse_token(c, "insufficient_scope", "insufficient scope");
    const char *status = judge_signature(c);
    bool authorized = strcmp(status, "authorized") == 0;
    sim_response_header(c->response, "X-SWS-Authorize-Status", str_from(status));
    c->state->unsigned_call = c->state->unsigned_call || !authorized;
    bool downgraded =
        !authorized || (c->state->unsigned_call &&
                        sim_switch_is(c->sim, SIM_YAHOO, "unsigned_call_downgrades", "on"));
    if (downgraded && sim_now(c->sim) >= c->state->consented_at + SESSION_MS) {
        yahoo_error(c, 401, "px-04102",
                    "AccessToken has been expired. This API session is shorter than another API.");
        return false;
    }
    if (c->state->application_forbidden || c->state->consent_withdrawn ||
        !sim_ip_allowed(c->sim, SIM_YAHOO, c->request->peer)) {
        yahoo_error(c, 403, "px-04307", "Use of API is not permitted.");
        return false;
    }
    return true;
}
