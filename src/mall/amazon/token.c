// SPDX-License-Identifier: Apache-2.0
//
// LWA access tokens (amazon.md §3): an hour each, from the refresh token of the authorisation,
// which ends after 365 days; the client secret ends after 180. Three different failures have three
// different remedies and are told apart. Tokens and secrets go into no error text.
#include "mall/amazon/internal.h"

#define TOKEN_EARLY_MS (60 * AMAZON_SECOND_MS)
#define TOKEN_SECONDS_USUAL 3600
#define TOKEN_SECONDS_MAX 86400
#define FORM_BYTES_MAX ((size_t)32 * 1024)
#define AUTHORIZATION_DAYS 365
#define SECRET_DAYS 180

bool amazon_token_due(const struct amazon_op *op, time_ms now)
{
    if (op->token_wanted || str_is_empty(op->access_token))
        return true;
    return op->token_ends != TIME_NONE && op->token_ends - now <= TOKEN_EARLY_MS;
}

static time_ms end_after(const struct mall_account *account, const char *key, int days)
{
    day from;
    if (!day_parse(account_setting(account, key), &from))
        return TIME_NONE;
    return day_start_jst(day_add(from, days));
}

time_ms amazon_authorization_end(const struct mall_account *account)
{
    return end_after(account, "authorized_on", AUTHORIZATION_DAYS);
}

time_ms amazon_secret_end(const struct mall_account *account)
{
    return end_after(account, "secret_issued_on", SECRET_DAYS);
}

static void add_pair(struct buf *form, const char *name, struct str value)
{
    if (form->n > 0)
        buf_add_char(form, '&');
    buf_add(form, str_from(name));
    buf_add_char(form, '=');
    http_url_encode(form, value);
}

bool amazon_token_request(struct amazon_op *op, struct http_request *request, struct error *error)
{
    struct str refresh = amazon_setting(op, "refresh_token");
    if (str_is_empty(refresh)) {
        error_set(error, ERROR_AUTH_INVALID, "amazon.refresh_token_missing",
                  "リフレッシュトークンが登録されていません。", "There is no refresh token.");
        return error_hint(error,
                          "セラーセントラルでアプリを自己認証し、表示されたリフレッシュトークンを登"
                          "録してください。",
                          "Authorise the app in Seller Central and enter the refresh token shown.");
    }
    AUTO_BUF form = buf_make(FORM_BYTES_MAX);
    add_pair(&form, "grant_type", STR("refresh_token"));
    add_pair(&form, "refresh_token", refresh);
    add_pair(&form, "client_id", amazon_setting(op, "client_id"));
    add_pair(&form, "client_secret", amazon_setting(op, "client_secret"));
    request->method = HTTP_POST;
    request->url = arena_printf(op->scratch, "%.*s/auth/o2/token",
                                STR_ARG(amazon_setting(op, "auth_base_url")));
    request->body = str_dup(op->scratch, buf_str(&form));
    request->timeout_ms = AMAZON_TIMEOUT_MS;
    request->response_bytes_max = AMAZON_REQUEST_BYTES_MAX;
    http_add_header(request, STR("Content-Type"),
                    STR("application/x-www-form-urlencoded;charset=UTF-8"), false);
    return !form.failed && !arena_failed(op->scratch) ? true : error_no_memory(error);
}

struct failure {
    const char *name; // LWA's word
    enum error_class class;
    const char *code, *ja, *en, *hint_ja, *hint_en;
};
static const struct failure failures[] = {
    {"invalid_grant", ERROR_AUTH_EXPIRED, "amazon.authorization_ended",
     "Amazonの認証が切れています（365日の期限、または出品者による取り消し）。",
     "The authorisation has ended (365 days) or the seller withdrew it.",
     "セラーセントラルの「アプリの管理」で再認証し、新しいリフレッシュトークンを登録してください。",
     "Authorise again in Seller Central (manage apps) and enter the new refresh token."},
    {"invalid_client", ERROR_AUTH_INVALID, "amazon.client_refused",
     "クライアントIDまたはクライアントシークレットが無効です（シークレットは180日で切れます）。",
     "Client ID or secret are not valid (a secret ends after 180 days).",
     "ソリューションプロバイダーポータルでシークレットを更新し、登録し直してください。"
     "リフレッシュトークンはそのまま使えます。",
     "Rotate the secret in the Solution Provider Portal and enter it; the refresh token stays."},
    {"unauthorized_client", ERROR_AUTH_INVALID, "amazon.token_of_other_app",
     "リフレッシュトークンとクライアントIDの組み合わせが違います（別のアプリのトークンです）。",
     "The refresh token belongs to another app than the client ID.",
     "クライアントIDを変えたときは、そのアプリで認証し直したトークンを登録してください。",
     "After a change of the client ID, enter a token that this app was authorised with."},
    {"access_denied", ERROR_AUTH_EXPIRED, "amazon.authorization_denied",
     "Amazonの認証が拒否されました。", "The authorisation was denied.",
     "セラーセントラルの「アプリの管理」で再認証してください。",
     "Authorise again in Seller Central."},
    {"invalid_request", ERROR_AUTH_INVALID, "amazon.token_request",
     "アクセストークンの要求に不足があります。", "The request for a token lacks something.",
     "クライアントID・シークレット・リフレッシュトークンをすべて登録してください。",
     "Enter client ID, client secret and refresh token."},
    {"unsupported_grant_type", ERROR_INTERNAL, "amazon.token_grant_type",
     "アクセストークンの要求の種類が受け付けられません。",
     "The kind of the token request is not supported.", "認証サーバーの設定を確認してください。",
     "Check the token server's address."},
    {"invalid_scope", ERROR_INTERNAL, "amazon.token_scope",
     "アクセストークンの範囲の指定が受け付けられません。",
     "The scope of the token request is not valid.", "認証サーバーの設定を確認してください。",
     "Check the token server's address."},
    {"server_error", ERROR_NETWORK, "amazon.token_server_error",
     "Amazonの認証サーバーで障害が起きています。", "Amazon's token server has a fault.",
     "自動で再試行します。", "It is tried again automatically."},
    {"temporarily_unavailable", ERROR_MAINTENANCE, "amazon.token_unavailable",
     "Amazonの認証サーバーが一時的に利用できません。",
     "Amazon's token server is temporarily unavailable.", "自動で再試行します。",
     "It is tried again automatically."},
};

static bool token_refused(struct json body, int status, struct error *error)
{
    struct str name = json_str(json_get(body, "error"));
    const struct failure *f = NULL;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
        if (str_eq(str_from(failures[i].name), name))
            f = &failures[i];
    if (f) {
        error_set(error, f->class, f->code, "%s%.0s", "%.0s%s", f->ja, f->en);
        error_hint(error, f->hint_ja, f->hint_en);
    } else {
        error_set(error, ERROR_AUTH_INVALID, "amazon.token_refused",
                  "アクセストークンの取得が拒否されました。",
                  "The request for a token was refused.");
        error_hint(error, "クライアントID・シークレット・リフレッシュトークンを確認してください。",
                   "Check client ID, client secret and refresh token.");
    }
    // error_description may quote what was sent; only the fixed name is kept.
    return error_peer(error, status, name, STR(""));
}

bool amazon_token_answer(struct amazon_op *op, time_ms now, const struct http_response *response,
                         struct error *error)
{
    struct json body;
    struct error unreadable = {0};
    char text[32];
    int64_t seconds = TOKEN_SECONDS_USUAL;
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
        return token_refused(body, response->status, error);
    struct str token = json_str(json_get(body, "access_token"));
    if (str_is_empty(token))
        return error_set(error, ERROR_MALFORMED, "amazon.token_missing",
                         "認証サーバーの応答にアクセストークンがありません。",
                         "The token server's answer has no access token.");
    json_int(json_get(body, "expires_in"), &seconds);
    if (seconds < 1 || seconds > TOKEN_SECONDS_MAX)
        seconds = TOKEN_SECONDS_USUAL;
    op->access_token = str_dup(op->base.arena, token);
    op->token_ends = now + seconds * AMAZON_SECOND_MS;
    if (arena_failed(op->base.arena))
        return error_no_memory(error);
    struct str ends = time_format_utc(op->token_ends, text);
    if (amazon_learn(op, "access_token", op->access_token, NULL, TIME_NONE, "api") &&
        amazon_learn(op, "access_token_expires_at", ends, NULL, TIME_NONE, "api"))
        return true;
    *error = op->base.error;
    return false;
}
