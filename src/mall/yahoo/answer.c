// SPDX-License-Identifier: Apache-2.0
//
// Reading what Yahoo answers (yahoo.md §5, §12). The roots differ per call and an error has a root
// of its own; a reader that ignores it sees "no orders". So this one fails closed: a call is
// accepted only when the answer is well-formed, has the root of that call and says OK.
// After a write an answer that is neither OK nor a clear refusal leaves the outcome unknown:
// ERROR_AMBIGUOUS. Pure functions; results live in the caller's arena. Any thread.
#include "mall/wire_text.h"
#include "mall/yahoo/internal.h"

#include <stdio.h>

#define FORBIDDEN_PAUSE_MS (30 * 60 * 1000LL)
#define THROTTLED_PAUSE_MS (2 * 60 * 1000LL)

// ---- the mall's codes ----

struct refusal {
    const char *code;
    enum error_class class;
    const char *name, *ja, *en, *hint_ja, *hint_en;
};
static const struct refusal refusals[] = {
    {"px-04102", ERROR_AUTH_EXPIRED, "yahoo.session_ended",
     "公開鍵認証が有効でないため、12時間で認可が切れました。",
     "The session ended after 12 hours because the public key did not count.",
     "公開鍵・バージョン・有効期限を直してから、Yahoo!にログインして認可し直してください。",
     "Repair the public key and its version, then log in at Yahoo and consent again."},
    {"px-04307", ERROR_NOT_PERMITTED, "yahoo.not_permitted",
     "認可したIDにこのストアの注文管理権限がないか、同意が取り消されています。",
     "The consenting ID may not manage this store's orders, or the consent was withdrawn.",
     "注文管理権限のあるIDで認可し直してください。",
     "Consent again with an ID that may manage orders."},
    {"px-14303", ERROR_NOT_PERMITTED, "yahoo.not_permitted_key",
     "APIの利用が許可されていません（公開鍵のバージョン未登録でも起こります）。",
     "Use of the API is not permitted (seen too when the key's version is missing).",
     "公開鍵のバージョンと、注文APIの利用申請の状態を確認してください。",
     "Check the key's version and the order API application."},
    {"px-04303", ERROR_NOT_PERMITTED, "yahoo.application_not_registered",
     "アプリケーションIDに注文APIの利用権限がありません。",
     "The client ID is not registered for the order API.",
     "ショッピング注文APIの利用申請を行ってください。", "Apply for the order API at Yahoo."},
    {"px-04001", ERROR_BAD_INPUT, "yahoo.seller_missing", "ストアアカウントが指定されていません。",
     "No store account was given.", "ストアアカウントを登録してください。",
     "Enter the store account."},
    {"px-04400", ERROR_INTERNAL, "yahoo.url_unknown", "APIのURLが存在しません。",
     "The API's URL does not exist.", "APIのURL設定を確認してください。",
     "Check the API's base URL."},
    {"od90101", ERROR_REJECTED, "yahoo.request_parameter",
     "リクエストの項目がYahoo!に拒否されました。", "Yahoo refused a parameter of the request.",
     "表示された項目名を確認してください。", "See the name of the parameter."},
    {"od90137", ERROR_REJECTED, "yahoo.request_parameter",
     "リクエストの項目がYahoo!に拒否されました。", "Yahoo refused a parameter of the request.",
     "表示された項目名を確認してください。", "See the name of the parameter."},
    {"od91001", ERROR_NETWORK, "yahoo.server_error", "Yahoo!側で障害が起きています。",
     "Yahoo has a fault.", "自動で再試行します。", "It is tried again automatically."},
    {"od91133", ERROR_REJECTED, "yahoo.buyer_id", "購入者IDの指定が不正です。",
     "The buyer ID is not valid.", "", ""},
    {"od91801", ERROR_NOT_FOUND, "yahoo.order_not_found", "Yahoo!にその注文番号がありません。",
     "Yahoo has no order of that number.", "注文番号とストアアカウントを確認してください。",
     "Check the order number and the store account."},
    {"or-01001", ERROR_NOT_FOUND, "yahoo.order_not_found", "Yahoo!にその注文番号がありません。",
     "Yahoo has no order of that number.", "注文番号とストアアカウントを確認してください。",
     "Check the order number and the store account."},
};

static const struct refusal cannot_be_operated = {
    "",
    ERROR_REJECTED,
    "yahoo.cannot_be_operated",
    "注文の現在のステータスでは、この変更はできません。",
    "The order's present status does not allow this change.",
    "ストアクリエイターProで先に変更された可能性があります。注文を再取得して確認してください。",
    "It may have been changed in Store Creator Pro. Read the order again."};
static const struct refusal other_refusal = {"",
                                             ERROR_REJECTED,
                                             "yahoo.refused",
                                             "Yahoo!に拒否されました。",
                                             "Yahoo refused the request.",
                                             "表示されたコードと文面を確認してください。",
                                             "See the code and words shown."};

static void fill(struct error *error, const struct refusal *r)
{
    error_set(error, r->class, r->name, "%s%.0s", "%.0s%s", r->ja, r->en);
    if (r->hint_ja[0])
        error_hint(error, r->hint_ja, r->hint_en);
}

struct warning_text {
    const char *code, *ja, *en;
};
static const struct warning_text warning_texts[] = {
    {"od91113", "カードの売上はすでに確定していました。", "The card sale was already captured."},
    {"od91115", "決済の有効期限が切れており、決済側へ連携されませんでした。",
     "The settlement had expired; the payment side was not told."},
    {"od91123", "返金が発生します。", "A refund arises."},
    {"od91130", "在庫が戻されませんでした。", "Stock was not returned."},
    {"od91703", "決済が取消済みのため、金額は連携されませんでした。",
     "The payment was cancelled; the amount was not passed on."},
    {"od91704", "キャンセルを受け付けました（あとで実行されます）。",
     "The cancel was accepted and will be carried out later."},
    {"od91058", "決済への連携に注意があります。", "Something about the link to the payment side."},
    {"od91059", "決済への連携に注意があります。", "Something about the link to the payment side."},
    {"od90176", "佐川急便との連携に問題があります。", "The link to Sagawa has a problem."},
};

void yahoo_warning_error(struct str code, struct str message, struct str detail,
                         struct error *error)
{
    const char *ja = "更新は完了しましたが、Yahoo!から注意がありました。";
    const char *en = "The update was done, but Yahoo gave a warning.";
    char name[64];
    for (size_t i = 0; i < sizeof warning_texts / sizeof warning_texts[0]; i++) {
        if (str_eq(code, str_from(warning_texts[i].code))) {
            ja = warning_texts[i].ja;
            en = warning_texts[i].en;
        }
    }
    snprintf(name, sizeof name, "yahoo.warning.%.*s", STR_ARG(str_slice(code, 0, 24)));
    error_set(error, ERROR_REJECTED, name, "%s%.0s", "%.0s%s", ja, en);
    error_hint(error, "変更自体は反映されています。再送はしません。",
               "The change itself took effect. It is not sent again.");
    char words[sizeof error->peer_text];
    snprintf(words, sizeof words, "%.*s%s%.*s", STR_ARG(message), detail.n ? " / " : "",
             STR_ARG(detail));
    error_peer(error, 200, code, str_from(words));
}

// ---- verdicts ----

static bool unknown_root(const struct yahoo_call *call, struct error *error)
{
    error_set(error, ERROR_MALFORMED, "yahoo.unexpected_answer",
              "Yahoo!の応答（%s）が想定した形ではありません。",
              "Yahoo's answer to %s has an unexpected form.", call->operation);
    return error_hint(error, "「注文0件」ではありません。しばらくしてもう一度確認してください。",
                      "This is not “no orders”. Look again later.");
}

static const struct refusal *find_refusal(struct str code)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (str_eq(code, str_from(refusals[i].code)))
            return &refusals[i];
    return NULL;
}

static void classify(struct str code, struct str message, bool proven, int status,
                     struct error *error)
{
    const struct refusal *r = find_refusal(code);
    bool forbidden = status == 403 || str_find(message, STR("Your Request was Forbidden")) >= 0;
    if (r) {
        fill(error, r);
        return;
    }
    if (forbidden && proven) {
        // The same application and store were let in a moment ago: too many requests.
        error_set(error, ERROR_RATE_LIMITED, "yahoo.throttled",
                  "Yahoo!のアクセス頻度の制限に達しました。",
                  "Yahoo's limit of requests was reached.");
        error->retry_after_ms = THROTTLED_PAUSE_MS;
        return;
    }
    if (forbidden) {
        error_set(error, ERROR_QUOTA_USED_UP, "yahoo.forbidden",
                  "Yahoo!に接続を拒否されました（1日の上限、またはアプリケーションIDの設定）。",
                  "Yahoo refused the connection (daily limit, or the client ID's settings).");
        error_hint(
            error,
            "1日50,000回の上限、アプリケーションIDの利用申請、送信元IPの登録を確認してください。",
            "Check the 50,000 calls a day, the client ID's application and the registered IP.");
        error->retry_after_ms = FORBIDDEN_PAUSE_MS;
        return;
    }
    if (str_find(message, STR("Cannot Be Operated")) >= 0)
        r = &cannot_be_operated;
    else if (str_find(message, STR("Not Exists")) >= 0)
        r = find_refusal(STR("od91801"));
    else if (str_find(message, STR("Request Parameter Error")) >= 0)
        r = find_refusal(STR("od90101"));
    fill(error, r ? r : &other_refusal);
}

// 401: the header decides, because the body of an ended token has no code (yahoo.md §3.4).
static enum yahoo_verdict unauthorized(struct str code, struct str message, struct str header,
                                       struct error *error)
{
    if (str_eq(code, STR("px-04102"))) {
        classify(code, message, false, 401, error);
        return YAHOO_REFUSED;
    }
    if (str_find(header, STR("insufficient_scope")) >= 0 ||
        str_find(message, STR("insufficient_scope")) >= 0) {
        error_set(error, ERROR_NOT_PERMITTED, "yahoo.insufficient_scope",
                  "アプリケーションIDにストア向けのスコープがありません。",
                  "The client ID lacks the store scope.");
        error_hint(error,
                   "アプリケーションの設定で「ストア向け操作関連の機能（開示先限定スコープ）」を有"
                   "効にしてください。",
                   "Switch the store scope on in the application's settings at Yahoo.");
        return YAHOO_REFUSED;
    }
    bool token = str_find(header, STR("invalid_token")) >= 0 ||
                 str_find(message, STR("invalid_token")) >= 0 ||
                 (header.n > 0 && str_is_empty(code));
    error_set(error, ERROR_AUTH_INVALID, "yahoo.token_not_accepted",
              "アクセストークンがYahoo!に受け付けられませんでした。",
              "Yahoo did not accept the access token.");
    error_hint(error, "Yahoo!にログインして認可し直してください。",
               "Log in at Yahoo and consent again.");
    return token ? YAHOO_TOKEN_ENDED : YAHOO_REFUSED;
}

static struct xml_node *error_node(struct xml_node *root)
{
    if (str_eq(root->name, STR("Error")))
        return root;
    struct xml_node *result =
        str_eq(root->name, STR("ResultSet")) ? xml_child(root, "Result") : root;
    struct xml_node *inside = xml_child(result, "Error");
    if (!inside)
        inside = xml_child(root, "Error");
    return inside;
}

static enum yahoo_verdict refused(const struct yahoo_call *call, struct xml_node *node, bool proven,
                                  const struct http_response *response, struct error *error)
{
    struct str code = xml_child_text(node, "Code"), message = xml_child_text(node, "Message");
    struct str detail = xml_child_text(node, "Detail");
    enum yahoo_verdict verdict = YAHOO_REFUSED;
    if (response->status == 401) {
        struct str header =
            http_header(response->headers, response->header_count, "WWW-Authenticate");
        verdict = unauthorized(code, message, header, error);
    } else {
        classify(code, message, proven, response->status, error);
    }
    char words[sizeof error->peer_text];
    snprintf(words, sizeof words, "%.*s%s%.*s", STR_ARG(message), detail.n ? " / " : "",
             STR_ARG(detail));
    error_peer(error, response->status, code, str_from(words));
    if (call->order_no.n)
        error_subject(error, "%.*s", STR_ARG(call->order_no));
    return verdict;
}

static bool says_ok(const struct yahoo_call *call, const struct xml_node *result)
{
    struct str status = xml_child_text(result, "Status");
    // orderInfo of old copies has no Status; a write without an explicit OK is none.
    return str_eq_nocase(status, STR("OK")) || (status.p == NULL && !call->writes);
}

static bool accepted(const struct yahoo_call *call, struct xml_node *root,
                     struct yahoo_answer *answer)
{
    bool list = strcmp(call->operation, "orderList") == 0;
    bool set = str_eq(root->name, STR("ResultSet"));
    bool plain = str_eq(root->name, STR("Result"));
    if (list ? !plain : !set)
        return false;
    answer->root = root;
    answer->result = list ? root : xml_child(root, "Result");
    return answer->result && says_ok(call, answer->result);
}

// The outcome of a write can't be told from this answer.
static void unknown_outcome(const struct yahoo_call *call, struct error *error)
{
    struct error cause = *error;
    error_set(error, ERROR_AMBIGUOUS, "yahoo.write_unknown",
              "Yahoo!への更新（%s）の結果がわかりません。確認してから続けます。",
              "The outcome of the update (%s) is unknown. It is checked before going on.",
              call->operation);
    error_peer(error, cause.http_status,
               str_from(cause.peer_code[0] ? cause.peer_code : cause.code),
               str_from(cause.peer_text[0] ? cause.peer_text : cause.what_en));
    error->retry_after_ms = cause.retry_after_ms;
    if (call->order_no.n)
        error_subject(error, "%.*s", STR_ARG(call->order_no));
}

// True when the request surely changed nothing though there is no usable answer.
static bool surely_not_done(const struct http_response *response)
{
    return (response->status == 0 && response->sent == HTTP_SENT_NO) || response->status == 429 ||
           response->status == 401 || response->status == 403;
}

static enum yahoo_verdict unusable(const struct yahoo_call *call,
                                   const struct http_response *response, struct error *error)
{
    error->http_status = response->status;
    if (call->writes && !surely_not_done(response))
        unknown_outcome(call, error);
    return YAHOO_REFUSED;
}

// Without a body that can be read, the status has to do.
static enum yahoo_verdict by_status(const struct yahoo_call *call, bool proven, time_ms now,
                                    const struct http_response *response, struct error *error)
{
    if (response->status == 401) {
        struct str header =
            http_header(response->headers, response->header_count, "WWW-Authenticate");
        enum yahoo_verdict verdict = unauthorized(STR(""), STR(""), header, error);
        error->http_status = response->status;
        return verdict;
    }
    if (response->status == 403) {
        classify(STR(""), STR(""), proven, 403, error);
        error_peer(error, 403, STR(""), STR(""));
        return YAHOO_REFUSED;
    }
    struct error status_error;
    if (mall_response_failed(response, now, &status_error))
        *error = status_error;
    return unusable(call, response, error);
}

enum yahoo_verdict yahoo_answer_read(struct arena *arena, const struct yahoo_call *call,
                                     bool proven, time_ms now, const struct http_response *response,
                                     struct yahoo_answer *answer, struct error *error)
{
    struct xml_node *root = NULL, *refusal;
    *answer = (struct yahoo_answer){.response = response};
    if (response->status == 0 || response->status == 429 || response->status == 503) {
        mall_response_failed(response, now, error);
        return unusable(call, response, error);
    }
    if (!xml_parse(arena, mall_clean_xml(arena, response->body), &root, error) ||
        arena_failed(arena)) {
        if (error->class == ERROR_NO_MEMORY || arena_failed(arena)) {
            error_no_memory(error);
            return unusable(call, response, error);
        }
        return by_status(call, proven, now, response, error);
    }
    refusal = error_node(root);
    // "Already in that status", whatever envelope it comes in: what was wanted is there.
    if (refusal && call->writes && str_eq(xml_child_text(refusal, "Code"), STR("od91705"))) {
        answer->root = root;
        answer->result = refusal;
        return YAHOO_ACCEPTED;
    }
    if (refusal) {
        enum yahoo_verdict verdict = refused(call, refusal, proven, response, error);
        // "Server trouble" after a write may have come after its effect.
        return verdict == YAHOO_REFUSED && response->status >= 500 ? unusable(call, response, error)
                                                                   : verdict;
    }
    if (response->status == 200 && accepted(call, root, answer))
        return YAHOO_ACCEPTED;
    unknown_root(call, error);
    return by_status(call, proven, now, response, error);
}
