// SPDX-License-Identifier: Apache-2.0
//
// Reading what the mall answers (aupay.md §2, §5). A business error comes with HTTP 200 and one
// error or several; trouble in front of the mall comes as an HTML page. So this reader fails
// closed: a call is accepted only when the answer is a well-formed <response> whose result/status
// is 0. After a write an answer that is neither OK nor a clear refusal leaves the outcome unknown:
// ERROR_AMBIGUOUS. Few codes are known; the others are told by their words and shown verbatim.
// Pure functions; results live in the operation's scratch. Any thread.
#include "mall/aupay/internal.h"

#include "mall/wire_text.h"

#define QUOTA_PAUSE_MS (30 * 60 * 1000LL)

// ---- the mall's codes and words ----

struct refusal {
    const char *code;     // of the mall, NULL: told by words
    const char *words[2]; // all of them in the message
    enum error_class class;
    const char *name, *ja, *en, *hint_ja, *hint_en;
};
// The first that fits; codes before words.
static const struct refusal refusals[] = {
    {"CME0022",
     {NULL, NULL},
     ERROR_AUTH_INVALID,
     "aupay.shop_id",
     "ショップID（会員ID）がAPIキーの店舗と一致しません。",
     "The shop ID does not belong to the API key.",
     "Wow! managerのショップID（数字8桁）を確認し、ショップ設定を直してください。",
     "Check the shop ID (eight digits) in Wow! manager and correct the shop's settings."},
    {"PME0106",
     {NULL, NULL},
     ERROR_REJECTED,
     "aupay.item_code_taken",
     "その商品コードはすでに登録されています。",
     "That item code is already registered.",
     "商品コードを変えるか、登録済みの商品を更新してください。",
     "Use another code, or update the item that has it."},
    {NULL,
     {"必須入力項目", NULL},
     ERROR_BAD_INPUT,
     "aupay.field_missing",
     "モールが必須とする項目が足りません。",
     "An element that the mall requires is missing.",
     "表示された項目名を添えてお問い合わせください。注文は失われていません。",
     "Report it with the name shown; no order is lost."},
    {NULL,
     {"該当", NULL},
     ERROR_NOT_FOUND,
     "aupay.order_not_found",
     "au PAY マーケットに該当する注文がありません。",
     "The mall has no such order.",
     "注文番号と、どのショップの注文かを確認してください。",
     "Check the order number and which shop it belongs to."},
    {NULL,
     {"存在しません", NULL},
     ERROR_NOT_FOUND,
     "aupay.order_not_found",
     "au PAY マーケットに該当する注文がありません。",
     "The mall has no such order.",
     "注文番号と、どのショップの注文かを確認してください。",
     "Check the order number and which shop it belongs to."},
    {NULL,
     {"メンテナンス", NULL},
     ERROR_MAINTENANCE,
     "aupay.maintenance",
     "au PAY マーケットがメンテナンス中です。",
     "The mall is under maintenance.",
     "終わると自動で再開します。",
     "It goes on by itself afterwards."},
    {NULL,
     {"回数", "上限"},
     ERROR_QUOTA_USED_UP,
     "aupay.quota",
     "au PAY マーケットのアクセス回数の上限に達しました。",
     "The mall's limit of requests was reached.",
     "時間をおいて自動で再開します。",
     "It goes on by itself after a pause."},
    {NULL,
     {"システムエラー", NULL},
     ERROR_NETWORK,
     "aupay.server_error",
     "au PAY マーケット側で障害が起きています。",
     "The mall has a fault.",
     "自動で再試行します。",
     "It is tried again automatically."},
    {NULL,
     {"ステータス", "変更できません"},
     ERROR_REJECTED,
     "aupay.status_not_allowed",
     "現在の受注ステータスからは変更できません。",
     "The order's status can't be changed to that.",
     "Wow! managerで注文のステータスを確認してください。",
     "Look at the order's status in Wow! manager."},
};
static const struct refusal other_refusal = {
    NULL,
    {NULL, NULL},
    ERROR_REJECTED,
    "aupay.refused",
    "au PAY マーケットが要求を受け付けませんでした。",
    "The mall refused the request.",
    "表示されたコードと文言（モールのもの）を確認してください。",
    "See the mall's own code and words."};

static bool message_has(struct str message, const struct refusal *r)
{
    for (size_t i = 0; i < 2; i++)
        if (r->words[i] && str_find(message, str_from(r->words[i])) < 0)
            return false;
    return true;
}

static const struct refusal *find_refusal(struct str code, struct str message)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *r = &refusals[i];
        if (r->code ? str_eq(code, str_from(r->code)) : message_has(message, r))
            return r;
    }
    return &other_refusal;
}

// "[orderId]必須入力項目です": the element's name.
static void name_element(struct error *error, struct str message)
{
    ptrdiff_t from = str_find_char(message, '['), to = str_find_char(message, ']');
    if (from >= 0 && to > from + 1)
        error_subject(error, "%.*s", STR_ARG(str_slice(message, (size_t)from + 1, (size_t)to)));
}

// ---- the key, the address, or the right ----

day aupay_key_day(const struct mall_account *account)
{
    day d;
    return day_parse(account_setting(account, "api_key_expires_on"), &d) ? d : 0;
}

// A bad key, an ended key and (as far as anybody knows) an unregistered address answer alike. What
// is known here is only the day that was typed in.
static void not_authenticated(const struct aupay_op *op, time_ms now, struct error *error)
{
    day ends = aupay_key_day(&op->base.account);
    char text[12];
    if (ends != 0 && ends < day_in_jst(now)) {
        struct str date = day_format(ends, text);
        error_set(error, ERROR_AUTH_EXPIRED, "aupay.key_expired",
                  "au PAY マーケットのAPIキーは%.*sで期限切れです。",
                  "The API key of au PAY Market ended on %.*s.", STR_ARG(date));
        error_hint(error,
                   "Wow! manager「各種お申し込み＞API利用申請」でキーを再発行し、キーと期限を登録し"
                   "てください。更新済みなら、新しいキーが未登録です。",
                   "Reissue the key in Wow! manager (API application) and enter key and expiry; if "
                   "that was done, the new key is not entered here.");
        return;
    }
    error_set(error, ERROR_AUTH_INVALID, "aupay.key_or_ip",
              "認証に失敗しました。APIキーが無効（期限切れ・再発行後の未登録・入力誤り）か、接続元I"
              "Pアドレスが未登録のどちらかです。モールの応答では区別できません。",
              "Not authenticated: either the API key is not valid (ended, reissued, mistyped), or "
              "this server's address is not registered. The mall answers both alike.");
    error_hint(
        error,
        "Wow! managerのAPI利用申請で、①キーと期限がここの登録と同じか、②接続元IPアドレスにこ"
        "のサーバーの全アドレスがあるかを確認してください。①が同じなら原因は②です。",
        "In Wow! manager, API application: (1) are key and expiry those entered here? (2) "
        "does 接続元IPアドレス hold every address of this server? If (1) agrees, it is (2).");
}

static void address_refused(struct error *error)
{
    error_set(error, ERROR_IP_DENIED, "aupay.ip_denied",
              "接続元IPアドレスが許可されていません(HTTP 403)。",
              "This server's address is not allowed (HTTP 403).");
    error_hint(
        error,
        "Wow! manager「各種お申し込み＞API利用申請」の接続元IPアドレスに、このサーバーの全アドレス"
        "を登録してください。",
        "Register every address of this server under 接続元IPアドレス in Wow! manager.");
}

// ---- verdicts ----

static void fill(struct error *error, const struct refusal *r)
{
    error_set(error, r->class, r->name, "%s%.0s", "%.0s%s", r->ja, r->en);
    error_hint(error, r->hint_ja, r->hint_en);
    if (r->class == ERROR_QUOTA_USED_UP)
        error->retry_after_ms = QUOTA_PAUSE_MS;
}

static bool is_authentication(struct str code, struct str message)
{
    return str_eq(code, STR("0002")) || str_find(message, STR("認証に失敗")) >= 0;
}

// Several errors may come; the one that says most is told, all of them are kept as they are.
static void refused(const struct aupay_op *op, time_ms now, const struct xml_node *result,
                    int status, struct error *error)
{
    const struct refusal *best = NULL;
    struct str best_code = STR(""), best_message = STR("");
    bool authentication = status == 401;
    AUTO_BUF words = buf_make(4096);
    for (const struct xml_node *n = xml_child(result, "error"); n; n = xml_next(n)) {
        struct str code = xml_child_text(n, "code"), message = xml_child_text(n, "message");
        const struct refusal *r = find_refusal(code, message);
        authentication = authentication || is_authentication(code, message);
        if (!best || (best == &other_refusal && r != &other_refusal)) {
            best = r;
            best_code = code.p ? code : STR("");
            best_message = message.p ? message : STR("");
        }
        buf_addf(&words, "%s%.*s%s%.*s", words.n ? " / " : "", STR_ARG(code), code.n ? " " : "",
                 STR_ARG(message));
    }
    if (authentication)
        not_authenticated(op, now, error);
    else
        fill(error, best ? best : &other_refusal);
    error_peer(error, status, best_code, buf_str(&words));
    if (op->call.order_no.n > 0)
        error_subject(error, "%.*s", STR_ARG(op->call.order_no));
    if (best && strcmp(best->name, "aupay.field_missing") == 0)
        name_element(error, best_message);
}

// The outcome of a write can't be told from this answer.
static void unknown_outcome(const struct aupay_call *call, struct error *error)
{
    struct error cause = *error;
    error_set(error, ERROR_AMBIGUOUS, "aupay.write_unknown",
              "au PAY マーケットへの更新（%s）の結果がわかりません。確認してから続けます。",
              "The outcome of the update (%s) is unknown. It is checked before going on.",
              call->operation);
    error_peer(error, cause.http_status,
               str_from(cause.peer_code[0] ? cause.peer_code : cause.code),
               str_from(cause.peer_text[0] ? cause.peer_text : cause.what_en));
    error->retry_after_ms = cause.retry_after_ms;
    if (call->order_no.n > 0)
        error_subject(error, "%.*s", STR_ARG(call->order_no));
}

// True when the request surely changed nothing though there is no usable answer.
static bool surely_not_done(const struct http_response *response)
{
    return (response->status == 0 && response->sent == HTTP_SENT_NO) || response->status == 429 ||
           response->status == 401 || response->status == 403;
}

static bool unusable(const struct aupay_call *call, const struct http_response *response,
                     struct error *error)
{
    error->http_status = response->status;
    if (call->writes && !surely_not_done(response))
        unknown_outcome(call, error);
    return false;
}

// Without a body that can be read, the status has to do.
static bool by_status(struct aupay_op *op, time_ms now, const struct http_response *response,
                      struct error *error)
{
    struct error failure;
    if (response->status == 401) {
        not_authenticated(op, now, error);
    } else if (response->status == 403) {
        address_refused(error);
    } else if (response->status == 404) {
        error_set(error, ERROR_BAD_INPUT, "aupay.url_unknown", "APIのURLが存在しません(HTTP 404)。",
                  "The API's URL does not exist (HTTP 404).");
        error_hint(error, "ショップ設定のAPIのURLを確認してください。",
                   "Check the API's base URL in the shop's settings.");
    } else if (mall_response_failed(response, now, &failure)) {
        *error = failure;
    } else {
        error_set(error, ERROR_MALFORMED, "aupay.unexpected_answer",
                  "au PAY マーケットの応答（%s）が想定した形ではありません。",
                  "The mall's answer to %s has an unexpected form.", op->call.operation);
        error_hint(error, "「注文0件」ではありません。しばらくしてもう一度確認してください。",
                   "This is not “no orders”. Look again later.");
    }
    return unusable(&op->call, response, error);
}

bool aupay_answer_read(struct aupay_op *op, time_ms now, const struct http_response *response,
                       struct aupay_answer *answer, struct error *error)
{
    struct xml_node *root = NULL;
    *answer = (struct aupay_answer){.response = response};
    if (response->status == 0 || response->status == 429 || response->status >= 500) {
        mall_response_failed(response, now, error);
        return unusable(&op->call, response, error);
    }
    if (!xml_parse(op->scratch, mall_clean_xml(op->scratch, response->body), &root, error) ||
        arena_failed(op->scratch)) {
        if (error->class != ERROR_NO_MEMORY && !arena_failed(op->scratch))
            return by_status(op, now, response, error);
        error_no_memory(error);
        return unusable(&op->call, response, error);
    }
    const struct xml_node *result = xml_child(root, "result");
    struct str status = xml_child_text(result, "status");
    if (!str_eq(root->name, STR("response")) || !status.p)
        return by_status(op, now, response, error);
    if (response->status == 200 && str_eq(status, STR("0"))) {
        answer->root = root;
        return true;
    }
    if (response->status == 403 && !xml_child(result, "error"))
        return by_status(op, now, response, error);
    if (str_eq(status, STR("0")))
        return by_status(op, now, response, error);
    refused(op, now, result, response->status, error);
    // "System error" after a write may have come after its effect.
    return error->class == ERROR_NETWORK ? unusable(&op->call, response, error) : false;
}
