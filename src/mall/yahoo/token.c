// SPDX-License-Identifier: Apache-2.0
//
// Access tokens (yahoo.md §3). An access token lives an hour and is renewed with the refresh token
// of the consent, which ends 28 days after it whatever is done; then a person consents again in a
// browser and the code of that visit (setting authorization_code) is exchanged here, once.
// Invariants: a refresh token is never overwritten with nothing (the mall sends none on refresh);
// tokens, codes and secrets go into no error text. Runs on the operation's thread.
#include "base/crypto.h"
#include "base/json.h"
#include "mall/yahoo/internal.h"

#define TOKEN_SECONDS_USUAL 3600
#define TOKEN_SECONDS_MAX 86400
#define FORM_BYTES_MAX ((size_t)16 * 1024)

bool yahoo_token_due(const struct yahoo_op *op, time_ms now)
{
    if (op->token_wanted || op->token_forced || str_is_empty(op->access_token))
        return true;
    return op->token_expires_at != TIME_NONE && op->token_expires_at - now <= YAHOO_TOKEN_EARLY_MS;
}

time_ms yahoo_consent_end(const struct mall_account *account)
{
    day consented;
    if (!day_parse(account_setting(account, "consented_at"), &consented))
        return TIME_NONE;
    return day_start_jst(day_add(consented, YAHOO_CONSENT_DAYS));
}

static bool consent_missing(struct error *error)
{
    error_set(error, ERROR_AUTH_EXPIRED, "yahoo.consent_missing",
              "Yahoo!の認可（ログインと同意）がまだ行われていません。",
              "Nobody has consented at Yahoo yet.");
    return error_hint(
        error,
        "ショップ設定の「Yahoo!にログインして認可」から、注文管理権限のあるIDで同意してください。",
        "Consent from the shop's settings with an ID that may manage orders.");
}

static bool uses_code(const struct yahoo_op *op)
{
    return !str_is_empty(yahoo_setting(op, "authorization_code")) && !op->code_used;
}

static void add_pair(struct buf *form, const char *name, struct str value)
{
    if (form->n > 0)
        buf_add_char(form, '&');
    buf_add(form, str_from(name));
    buf_add_char(form, '=');
    http_url_encode(form, value);
}

bool yahoo_token_request(struct yahoo_op *op, struct http_request *request, struct error *error)
{
    bool code = uses_code(op);
    if (!code && str_is_empty(op->refresh_token))
        return consent_missing(error);
    AUTO_BUF form = buf_make(FORM_BYTES_MAX);
    add_pair(&form, "grant_type", code ? STR("authorization_code") : STR("refresh_token"));
    if (code) {
        add_pair(&form, "code", yahoo_setting(op, "authorization_code"));
        add_pair(&form, "redirect_uri", yahoo_setting(op, "redirect_uri"));
    } else {
        add_pair(&form, "refresh_token", op->refresh_token);
    }
    struct str pair =
        arena_printf(op->scratch, "%.*s:%.*s", STR_ARG(yahoo_setting(op, "client_id")),
                     STR_ARG(yahoo_setting(op, "client_secret")));
    struct str basic =
        arena_printf(op->scratch, "Basic %.*s", STR_ARG(crypto_base64(op->scratch, pair)));
    request->method = HTTP_POST;
    request->url = arena_printf(op->scratch, "%.*s/yconnect/v2/token",
                                STR_ARG(yahoo_setting(op, "auth_base_url")));
    request->body = str_dup(op->scratch, buf_str(&form));
    request->timeout_ms = YAHOO_TIMEOUT_MS;
    request->response_bytes_max = YAHOO_REQUEST_BYTES_MAX;
    http_add_header(request, STR("Authorization"), basic, true);
    http_add_header(request, STR("Content-Type"), STR("application/x-www-form-urlencoded"), false);
    return !form.failed && !arena_failed(op->scratch) ? true : error_no_memory(error);
}

// A code that was refused is used up too: the next consent brings another.
static bool grant_ended(struct yahoo_op *op, time_ms now, struct error *error)
{
    time_ms end = yahoo_consent_end(&op->base.account);
    bool by_date = end != TIME_NONE && now >= end - YAHOO_DAY_MS;
    if (uses_code(op))
        error_set(error, ERROR_AUTH_EXPIRED, "yahoo.code_refused",
                  "Yahoo!の認可コードが無効です（期限切れまたは使用済み）。",
                  "Yahoo's authorization code is no longer valid.");
    else if (by_date)
        error_set(error, ERROR_AUTH_EXPIRED, "yahoo.consent_expired",
                  "Yahoo!の認可が28日で切れました。", "The consent ended after 28 days.");
    else
        error_set(
            error, ERROR_AUTH_EXPIRED, "yahoo.consent_revoked",
            "Yahoo!"
            "の認可が取り消されたか、期限が切れています（パスワード変更でも取り消されます）。",
            "The consent was withdrawn or has ended (a new password withdraws it too).");
    return error_hint(error, "注文管理権限のあるIDでYahoo!にログインし、認可（同意）してください。",
                      "Log in at Yahoo with an ID that may manage orders and consent.");
}

static bool token_refused(struct yahoo_op *op, time_ms now, struct json body, int status,
                          struct error *error)
{
    struct str name = json_str(json_get(body, "error"));
    if (str_eq(name, STR("invalid_grant")) || str_eq(name, STR("invalid_token")) ||
        str_eq(name, STR("access_denied"))) {
        grant_ended(op, now, error);
    } else if (str_eq(name, STR("invalid_client"))) {
        error_set(error, ERROR_AUTH_INVALID, "yahoo.client_refused",
                  "Client IDまたはシークレットが正しくありません。",
                  "The client ID or its secret is wrong.");
        error_hint(error,
                   "Yahoo!デベロッパーネットワークのアプリケーション管理で確認してください。",
                   "Compare them with the application's page at Yahoo! Developer Network.");
    } else if (str_eq(name, STR("server_error"))) {
        error_set(error, ERROR_NETWORK, "yahoo.token_server_error",
                  "Yahoo!の認証サーバーで障害が起きています。",
                  "Yahoo's token server has a fault.");
    } else {
        error_set(error, ERROR_AUTH_INVALID, "yahoo.token_refused",
                  "アクセストークンの取得が拒否されました。",
                  "The request for a token was refused.");
        error_hint(error, "Client ID・シークレット・コールバックURLの設定を確認してください。",
                   "Check client ID, secret and callback URL.");
    }
    // error_description may quote what was sent; only the fixed name is kept.
    return error_peer(error, status, name, STR(""));
}

static bool learn_token(struct yahoo_op *op, time_ms now, struct json body)
{
    int64_t seconds = TOKEN_SECONDS_USUAL;
    char text[32];
    json_int(json_get(body, "expires_in"), &seconds);
    if (seconds < 1 || seconds > TOKEN_SECONDS_MAX)
        seconds = TOKEN_SECONDS_USUAL;
    op->access_token = str_dup(op->base.arena, json_str(json_get(body, "access_token")));
    op->token_expires_at = now + seconds * YAHOO_SECOND_MS;
    struct str ends = time_format_utc(op->token_expires_at, text);
    return yahoo_learn(op, "access_token", op->access_token, NULL, TIME_NONE, "api") &&
           yahoo_learn(op, "access_token_expires_at", ends, NULL, TIME_NONE, "api");
}

// The consent itself: its day and its end are known from now on.
static bool learn_consent(struct yahoo_op *op, time_ms now)
{
    char text[12];
    day today = day_in_jst(now);
    if (!uses_code(op))
        return true;
    op->code_used = true;
    return yahoo_learn(op, "consented_at", day_format(today, text), NULL, TIME_NONE, "api") &&
           yahoo_learn(op, "authorization_code", STR(""), NULL, TIME_NONE, "api");
}

static bool learn_refresh_token(struct yahoo_op *op, time_ms now, struct json body)
{
    struct str token = json_str(json_get(body, "refresh_token"));
    if (str_is_empty(token) || (str_eq(token, op->refresh_token) && !uses_code(op)))
        return true;
    op->refresh_token = str_dup(op->base.arena, token);
    time_ms end = uses_code(op) ? day_start_jst(day_add(day_in_jst(now), YAHOO_CONSENT_DAYS))
                                : yahoo_consent_end(&op->base.account);
    return yahoo_learn(op, "refresh_token", op->refresh_token, "refresh_token", end, "estimated");
}

bool yahoo_token_answer(struct yahoo_op *op, time_ms now, const struct http_response *response,
                        struct error *error)
{
    struct json body;
    struct error unreadable = {0};
    bool is_json =
        response->status != 0 && json_parse(op->scratch, response->body, false, &body, &unreadable);
    bool says_why = is_json && json_str(json_get(body, "error")).n > 0;
    if (!says_why && mall_response_failed(response, now, error))
        return false;
    if (!is_json) {
        *error = unreadable;
        error->http_status = response->status;
        return false;
    }
    if (says_why || response->status != 200)
        return token_refused(op, now, body, response->status, error);
    if (str_is_empty(json_str(json_get(body, "access_token"))))
        return error_set(error, ERROR_MALFORMED, "yahoo.token_missing",
                         "認証サーバーの応答にアクセストークンがありません。",
                         "The token server's answer has no access token.");
    if (!learn_token(op, now, body) || !learn_refresh_token(op, now, body) ||
        !learn_consent(op, now)) {
        *error = op->base.error;
        return false;
    }
    return arena_failed(op->base.arena) ? error_no_memory(error) : true;
}

bool yahoo_consent_url(const struct mall_account *given, struct str state, struct arena *arena,
                       struct str *url, struct error *error)
{
    static const char *const needed[] = {"client_id", "redirect_uri"};
    struct mall_account account = *given;
    account.mall = &yahoo_mall;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (account_setting(&account, needed[i]).n > 0)
            continue;
        error_set(error, ERROR_BAD_INPUT, "setting.required",
                  "認可の前に、設定の %s を入力してください。",
                  "Enter the setting %s before consenting.", needed[i]);
        return error_subject(error, "%s", needed[i]);
    }
    AUTO_BUF out = buf_make(FORM_BYTES_MAX);
    add_pair(&out, "response_type", STR("code"));
    add_pair(&out, "client_id", account_setting(&account, "client_id"));
    add_pair(&out, "redirect_uri", account_setting(&account, "redirect_uri"));
    add_pair(&out, "scope", STR("openid profile"));
    add_pair(&out, "state", state);
    add_pair(&out, "bail", STR("1"));
    // The ID that consents must be the one that may manage orders: never silently the last one.
    add_pair(&out, "prompt", STR("select_account"));
    *url =
        arena_printf(arena, "%.*s/yconnect/v2/authorization?%.*s",
                     STR_ARG(account_setting(&account, "auth_base_url")), STR_ARG(buf_str(&out)));
    return !out.failed && !arena_failed(arena) ? true : error_no_memory(error);
}
