// SPDX-License-Identifier: Apache-2.0
//
// Amazon's answers (amazon.md §4.3, §4.4, §8.2, §11.5). `code` is no stable list, so the HTTP
// status decides first, then the code, then the words. Fails closed: after a write whatever isn't a
// clear refusal is ambiguous.
#include "mall/amazon/internal.h"

struct refusal {
    int status;       // 0: any
    const char *code; // NULL: any
    const char *text; // part of message or details, without case; NULL: any
    enum error_class class;
    const char *name, *ja, *en, *hint_ja, *hint_en;
};

#define READ_AGAIN_JA "注文を再取得して、Amazon側の状態を確認してください。"
#define READ_AGAIN_EN "Read the order again and look at its state at Amazon."
static const struct refusal refusals[] = {
    {403, NULL, "secret", ERROR_AUTH_INVALID, "amazon.client_refused",
     "クライアントシークレットの期限が切れています。", "The client secret has expired.",
     "シークレットを更新して登録し直してください。", "Rotate the secret and enter it."},
    {401, NULL, "secret", ERROR_AUTH_INVALID, "amazon.client_refused",
     "クライアントシークレットの期限が切れています。", "The client secret has expired.",
     "シークレットを更新して登録し直してください。", "Rotate the secret and enter it."},
    {403, NULL, "missing in the request header", ERROR_AUTH_INVALID, "amazon.token_not_sent",
     "アクセストークンが届いていません。", "The access token did not arrive.",
     "途中のプロキシがヘッダーを落としていないか確認してください。",
     "See whether a proxy on the way drops headers."},
    {403, NULL, "revoked, malformed or invalid", ERROR_AUTH_EXPIRED, "amazon.token_not_accepted",
     "Amazonがアクセストークンを受け付けません（認証の取り消しなど）。",
     "Amazon does not accept the access token (authorisation withdrawn?).",
     "セラーセントラルの「アプリの管理」で再認証してください。",
     "Authorise again in Seller Central."},
    {403, NULL, "not valid for region", ERROR_BAD_INPUT, "amazon.marketplace_region",
     "マーケットプレイスIDが接続先の地域と合いません。",
     "The marketplace belongs to another region than the endpoint.",
     "マーケットプレイスID（日本は A1VC38T7YXB528）と接続先を確認してください。",
     "Check marketplace ID (Japan: A1VC38T7YXB528) and endpoint."},
    {400, NULL, "does not have access to one or more requested data elements", ERROR_NOT_PERMITTED,
     "amazon.role_missing", "アプリに必要なロールがありません（消費者への直接配送）。",
     "The app lacks a role (Direct-to-Consumer Shipping).",
     "ロールを追加したあと、出品者アカウントで再認証してください。",
     "Add the role, then authorise again: old tokens do not get it."},
    {403, NULL, NULL, ERROR_NOT_PERMITTED, "amazon.role_missing",
     "アプリに必要なロールがないか、ロール追加後に再認証されていません。",
     "The app lacks a role, or was not authorised again after it was added.",
     "ロール（在庫と注文の追跡、消費者への直接配送）を確認し、再認証してください。",
     "Check the app's roles and authorise again."},
    {401, NULL, NULL, ERROR_AUTH_INVALID, "amazon.unauthorized", "Amazonに認証されませんでした。",
     "Amazon did not accept the credentials.",
     "クライアントID・シークレット・リフレッシュトークンを確認してください。",
     "Check client ID, client secret and refresh token."},
    {404, NULL, NULL, ERROR_NOT_FOUND, "amazon.not_found",
     "Amazonにその注文（またはファイル）がありません。", "Amazon has no such order (or document).",
     "注文番号と、どのアカウントの注文かを確認してください。",
     "Check the order number and whose account it belongs to."},
    {413, NULL, NULL, ERROR_INTERNAL, "amazon.request_too_large", "Amazonへの要求が大きすぎます。",
     "The request to Amazon is too large.", "", ""},
    {415, NULL, NULL, ERROR_INTERNAL, "amazon.media_type", "Amazonが要求の形式を受け付けません。",
     "Amazon does not take the request's media type.", "", ""},
    {400, NULL, "Could not match input arguments", ERROR_REJECTED, "amazon.sandbox_no_match",
     "接続先はAmazonのサンドボックスで、この要求に合う事例がありません。",
     "The endpoint is Amazon's sandbox, which has no case for this request.",
     "本番の接続先（sellingpartnerapi-fe.amazon.com）を設定してください。",
     "Set the production endpoint (sellingpartnerapi-fe.amazon.com)."},
    {400, NULL, "PackageReferenceId", ERROR_REJECTED, "amazon.package_reference",
     "荷物の管理番号がAmazonに拒否されました。", "Amazon refused the package's reference.",
     READ_AGAIN_JA, READ_AGAIN_EN},
    {400, NULL, "OrderItemId", ERROR_REJECTED, "amazon.order_item",
     "注文商品番号がAmazonに拒否されました。", "Amazon refused an order item ID.", READ_AGAIN_JA,
     READ_AGAIN_EN},
    {400, NULL, "NonexistentOrderItem", ERROR_REJECTED, "amazon.order_cancelled",
     "キャンセルされた注文、または別アカウントの注文です。",
     "The order is cancelled, or belongs to another account.", READ_AGAIN_JA, READ_AGAIN_EN},
    {400, NULL, "maximum number of allowed updates", ERROR_REJECTED, "amazon.updates_used_up",
     "出荷通知を訂正できる回数の上限に達しました。",
     "The package can't be corrected any more often.",
     "セラーセントラルで伝票番号を直接修正してください。", "Correct the number in Seller Central."},
    {400, NULL, "InvalidPackageVersion", ERROR_CONFLICT, "amazon.package_version",
     "Amazon側で荷物の情報が先に変更されました。", "The package was changed at Amazon meanwhile.",
     READ_AGAIN_JA, READ_AGAIN_EN},
    {400, NULL, "already fulfilled", ERROR_REJECTED, "amazon.already_fulfilled",
     "すでに出荷通知済みの注文です。", "The order is already fulfilled.", READ_AGAIN_JA,
     READ_AGAIN_EN},
    {400, NULL, "PackageToUpdateNotFound", ERROR_REJECTED, "amazon.already_fulfilled",
     "すでに出荷通知済みの注文です。", "The order is already fulfilled.", READ_AGAIN_JA,
     READ_AGAIN_EN},
    {400, NULL, "18021", ERROR_REJECTED, "amazon.quantity",
     "出荷数がAmazonの未出荷数を超えています。",
     "The quantity is larger than what is left to ship.", READ_AGAIN_JA, READ_AGAIN_EN},
    {400, NULL, "fulfilled by Amazon", ERROR_REJECTED, "amazon.fba",
     "Amazonが出荷する注文（FBA）です。", "Amazon ships this order itself (FBA).",
     "出荷通知は不要です。書出しを「不要」にしてください。", "Waive this write-back."},
    {400, NULL, "Ship+", ERROR_REJECTED, "amazon.ship_plus",
     "FBM Ship+の注文は、Amazonが出荷通知を行います。", "Amazon confirms FBM Ship+ orders itself.",
     "書出しを「不要」にしてください。", "Waive this write-back."},
    {400, NULL, "pending", ERROR_REJECTED, "amazon.pending", "保留中の注文は出荷通知できません。",
     "A pending order can't be confirmed.", READ_AGAIN_JA, READ_AGAIN_EN},
    {400, NULL, "ShipDate", ERROR_REJECTED, "amazon.ship_date",
     "出荷日がAmazonに拒否されました（未来の日付、または注文日より前）。",
     "Amazon refused the ship date (in the future, or before the order).",
     "出荷日を今日か過去の日付にしてください。", "Enter today or a past day."},
    {400, NULL, "Carrier", ERROR_REJECTED, "amazon.carrier",
     "配送業者コードがAmazonに拒否されました。", "Amazon refused the carrier code.",
     "変換設定で「Other」または別のコードを割り当ててください。",
     "Map the carrier to Other or another code in the mappings."},
    {400, NULL, "TrackingNumber", ERROR_REJECTED, "amazon.tracking_number",
     "お問い合わせ伝票番号がAmazonに拒否されました。", "Amazon refused the tracking number.",
     "番号を確認してください。", "Check the number."},
    {400, NULL, "Invalid request parameters", ERROR_NOT_PERMITTED, "amazon.account_inactive",
     "このマーケットプレイスでアカウントが有効ではありません。",
     "The account is not active in this marketplace.",
     "セラーセントラルでアカウントの状態（大口出品）を確認してください。",
     "See the account's state in Seller Central (professional plan)."},
    {400, NULL, NULL, ERROR_REJECTED, "amazon.invalid_input",
     "リクエストの内容がAmazonに拒否されました。", "Amazon refused a parameter of the request.",
     "表示された文面を確認してください。", "See the words shown."},
};

static bool has_nocase(struct str text, const char *part)
{
    struct str wanted = str_from(part);
    for (size_t i = 0; i + wanted.n <= text.n; i++)
        if (str_eq_nocase(str_slice(text, i, i + wanted.n), wanted))
            return true;
    return false;
}

static const struct refusal *find_refusal(int status, struct str code, struct str words)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *r = &refusals[i];
        if ((r->status == 0 || r->status == status) &&
            (!r->code || str_eq(code, str_from(r->code))) &&
            (!r->text || has_nocase(words, r->text)))
            return r;
    }
    return NULL;
}

static bool token_has_expired(int status, struct str words)
{
    return (status == 403 || status == 401) && has_nocase(words, "access token") &&
           has_nocase(words, "expired");
}

// Code and words of an errors[] envelope; words are message and details.
static bool read_envelope(struct arena *arena, struct json body, struct str *code,
                          struct str *words)
{
    struct json first;
    struct json_iter i = json_iterate(json_get(body, "errors"));
    if (!json_next(&i, &first) || json_type(first) != JSON_OBJECT)
        return false;
    struct str message = json_str(json_get(first, "message"));
    struct str details = json_str(json_get(first, "details"));
    *code = json_str(json_get(first, "code"));
    *words = details.n > 0 ? arena_printf(arena, "%.*s %.*s", STR_ARG(message), STR_ARG(details))
                           : message;
    return true;
}

static void say(int status, struct str code, struct str words, struct error *error)
{
    const struct refusal *r = find_refusal(status, code, words);
    if (r) {
        error_set(error, r->class, r->name, "%s%.0s", "%.0s%s", r->ja, r->en);
        if (r->hint_ja[0])
            error_hint(error, r->hint_ja, r->hint_en);
    } else {
        error_set(error, ERROR_REJECTED, "amazon.refused", "Amazonに拒否されました（HTTP %d）。",
                  "Amazon refused the request (HTTP %d).", status);
    }
    error_peer(error, status, code, words);
}

static void say_storage(const struct http_response *response, struct error *error)
{
    bool expired = str_find(response->body, STR("expired")) >= 0;
    error_set(error, ERROR_NETWORK, expired ? "amazon.storage_expired" : "amazon.storage_refused",
              "ファイルの受け渡しがAmazonのストレージに拒否されました（HTTP %d）。",
              "Amazon's storage refused the file (HTTP %d).", response->status);
    error_hint(error, "自動で再試行します。", "It is tried again automatically.");
    error->http_status = response->status;
}

// Whatever a write's outcome may be but for a clear refusal.
static void mark_ambiguous(const struct amazon_call *call, struct error *error)
{
    struct error before = *error;
    if (!call->writes)
        return;
    error_set(error, ERROR_AMBIGUOUS, "amazon.answer_lost",
              "Amazonへ送信しましたが、結果を確認できませんでした。",
              "It was sent to Amazon, but the outcome is unknown.");
    error_hint(error, "注文を読み直して確認します。二重には送りません。",
               "The order is read back; it is not sent twice.");
    error_peer(error, before.http_status, str_from(before.code), str_from(before.peer_text));
}

enum amazon_verdict amazon_answer_read(struct arena *arena, const struct amazon_call *call,
                                       time_ms now, const struct http_response *response,
                                       struct json *body, struct error *error)
{
    struct str code = STR(""), words = STR("");
    bool ok = response->status >= 200 && response->status < 300;
    struct error unreadable;
    if (call->url.n > 0) {
        if (ok)
            return AMAZON_ACCEPTED;
        if (response->status == 0 || response->status >= 500)
            mall_response_failed(response, now, error);
        else
            say_storage(response, error);
        return AMAZON_REFUSED;
    }
    bool is_json = response->status != 0 && response->body.n > 0 &&
                   json_parse(arena, response->body, true, body, &unreadable);
    bool enveloped = is_json && read_envelope(arena, *body, &code, &words);
    if (ok && (is_json || (response->body.n == 0 && response->status != 200)) && !enveloped)
        return AMAZON_ACCEPTED;
    bool unsent = response->status == 0 && response->sent == HTTP_SENT_NO;
    if (response->status == 429 || response->status == 0 || response->status >= 500 || !enveloped) {
        if (!mall_response_failed(response, now, error)) {
            if (ok)
                error_set(error, ERROR_MALFORMED, "amazon.answer_unreadable",
                          "Amazonの応答を読み取れません。", "Amazon's answer can't be read.");
            else
                say(response->status, code, words, error);
        }
        if (enveloped)
            error_peer(error, response->status, code, words);
        bool clear = response->status == 429 || (response->status >= 400 && response->status < 500);
        if (!unsent && !clear)
            mark_ambiguous(call, error);
    } else {
        say(response->status, code, words, error);
        if (ok)
            mark_ambiguous(call, error);
    }
    if (call->order_no.n > 0)
        error_subject(error, "%.*s", STR_ARG(call->order_no));
    return token_has_expired(response->status, words) ? AMAZON_TOKEN_ENDED : AMAZON_REFUSED;
}

void amazon_feed_error(struct str code, struct str type, struct str message, struct error *error)
{
    static const struct {
        const char *code, *text, *name, *ja, *en;
        enum error_class class;
    } rows[] = {
        {"90012", NULL, "amazon.feed.field_missing", "出荷通知の必須項目が不足しています。",
         "A required field of the shipping file is missing.", ERROR_REJECTED},
        {"90061", NULL, "amazon.feed.header_unknown", "出荷通知に不明な列があります。",
         "The shipping file has an unknown column.", ERROR_REJECTED},
        {"5000", NULL, "amazon.feed.unreadable", "出荷通知ファイルを読み取れませんでした。",
         "The shipping file could not be parsed.", ERROR_REJECTED},
        {"5002", NULL, "amazon.feed.unreadable", "出荷通知ファイルを読み取れませんでした。",
         "The shipping file could not be parsed.", ERROR_REJECTED},
        {"18021", NULL, "amazon.quantity", "出荷数がAmazonの未出荷数を超えているか、出荷済みです。",
         "The quantity is larger than what is left, or it is already fulfilled.", ERROR_REJECTED},
        {NULL, "cannot be fulfilled", "amazon.feed.not_fulfilled",
         "出荷通知されませんでした（Amazonは警告として返しています）。",
         "Not confirmed, though Amazon calls it a warning.", ERROR_REJECTED},
    };
    bool warning = str_eq_nocase(type, STR("Warning"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool fits =
            rows[i].code ? str_eq(code, str_from(rows[i].code)) : has_nocase(message, rows[i].text);
        if (fits) {
            error_set(error, rows[i].class, rows[i].name, "%s%.0s", "%.0s%s", rows[i].ja,
                      rows[i].en);
            error_peer(error, 0, code, message);
            return;
        }
    }
    error_set(error, ERROR_REJECTED, warning ? "amazon.feed.warning" : "amazon.feed.refused",
              "%s%.0s", "%.0s%s",
              warning ? "出荷通知の結果に警告があります。" : "出荷通知が拒否されました。",
              warning ? "The shipping file's result has a warning."
                      : "The shipping file's row was refused.");
    error_peer(error, 0, code, message);
}
