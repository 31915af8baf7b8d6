// SPDX-License-Identifier: Apache-2.0
//
// How Qoo10 says no (qoo10.md §1 envelope, §7): {"ErrorCode":…} or {"ResultCode":…}, HTTP 200 for
// both, and the same number means different things in different methods. ErrorCode is looked at
// first. Fails closed: only an object with ResultCode 0 is a success; after a write whatever isn't
// the mall's own word leaves the outcome open.
#include "mall/qoo10/internal.h"

#include <stdio.h>

#define QUOTA_WAIT_MS (30 * 60 * 1000LL) // asked to wait longer than this: the day's calls are used

struct refusal {
    const char *method; // NULL: common
    int code;
    enum error_class class;
    const char *our_code;
    const char *ja, *en, *hint_ja, *hint_en;
};

#define KEY_HINT_JA \
    "QSM > Qoo10へのお問い合わせ > API・FTP・QSM権限 で確認し、キーを登録し直してください。"
#define KEY_HINT_EN "Ask through QSM (API, FTP and QSM rights) and enter the key again."
#define RENEW_JA "販売者認証キーは1年で切れます。新しいキーを発行し、ここに登録してください。"
#define RENEW_EN "A certification key lives one year. Make a new one and enter it here."
#define SELLER_JA "販売者が見つからないとQoo10が応答しました。"
#define SELLER_EN "Qoo10 says that the seller does not exist."

static const struct refusal table[] = {
    {NULL, -10000, ERROR_AUTH_INVALID, "qoo10.key_invalid",
     "Qoo10が販売者認証キーを受け付けませんでした。", "Qoo10 refused the certification key.",
     KEY_HINT_JA, KEY_HINT_EN},
    {NULL, -90001, ERROR_AUTH_INVALID, "qoo10.key_malformed",
     "Qoo10がキーまたはAPIを認識できません(キーの誤り、入力漏れなど)。",
     "Qoo10 doesn't know the key or the API (mistyped or empty key).", KEY_HINT_JA, KEY_HINT_EN},
    {NULL, -90002, ERROR_NOT_PERMITTED, "qoo10.not_authorised",
     "このAPIを使う権限がキーにありません。", "The key may not use this API.",
     "QSMのお問い合わせ[API・FTP・QSM権限]から、注文APIの利用を申請してください。",
     "Apply for the order API through QSM."},
    {NULL, -90003, ERROR_NOT_PERMITTED, "qoo10.not_this_seller",
     "このキーは別の販売者のものか、権限がありません。",
     "The key belongs to another seller or has no permission.",
     "ショップとキーの組み合わせを確認してください。", "Check which shop the key was issued to."},
    {NULL, -90004, ERROR_AUTH_EXPIRED, "qoo10.key_expired",
     "Qoo10の販売者認証キーの有効期限が切れています。", "Qoo10's certification key has expired.",
     RENEW_JA, RENEW_EN},
    {NULL, -90005, ERROR_AUTH_EXPIRED, "qoo10.key_expired",
     "Qoo10の販売者認証キーの有効期限が切れています。", "Qoo10's certification key has expired.",
     RENEW_JA, RENEW_EN},

    {"CreateCertificationKey", -10001, ERROR_AUTH_INVALID, "qoo10.login_refused",
     "QSMのIDまたはパスワードが受け付けられませんでした。", "QSM's ID or password was refused.",
     "QSMにログインできるIDとパスワードを登録し直してください。",
     "Enter the ID and password with which you log in to QSM."},

    {"GetShippingInfo_v3", -10001, ERROR_REJECTED, "qoo10.date_invalid",
     "検索日付の形式をQoo10が受け付けませんでした。", "Qoo10 refused the form of the search dates.",
     "システムの不具合の可能性があります。お知らせください。",
     "Probably a fault of this software; please report it."},
    {"GetShippingInfo_v3", -10002, ERROR_REJECTED, "qoo10.range_too_wide",
     "検索期間は90日以内で指定してください。", "The range must be within 90 days.",
     "期間を短くして取り込んでください。", "Fetch a shorter range."},
    {"GetShippingInfo_v3", -10003, ERROR_REJECTED, "qoo10.status_invalid",
     "検索ステータスをQoo10が受け付けませんでした。", "Qoo10 refused the status searched for.",
     "システムの不具合の可能性があります。お知らせください。",
     "Probably a fault of this software; please report it."},
    {"GetShippingInfo_v3", -10004, ERROR_REJECTED, "qoo10.condition_mismatch",
     "検索ステータスと日付の種類の組み合わせをQoo10が受け付けませんでした。",
     "Qoo10 refused the pair of status and kind of date.", "別の日付の種類で取り込んでください。",
     "Fetch by another kind of date."},

    {"GetClaimInfo_V3", -10001, ERROR_AUTH_INVALID, "qoo10.seller_unknown", SELLER_JA, SELLER_EN,
     KEY_HINT_JA, KEY_HINT_EN},
    {"GetClaimInfo_V3", -10002, ERROR_REJECTED, "qoo10.date_invalid",
     "検索日付の形式をQoo10が受け付けませんでした。", "Qoo10 refused the form of the search dates.",
     "システムの不具合の可能性があります。お知らせください。",
     "Probably a fault of this software; please report it."},
    {"GetClaimInfo_V3", -10003, ERROR_REJECTED, "qoo10.range_too_wide",
     "検索期間は90日以内で指定してください。", "The range must be within 90 days.",
     "期間を短くして取り込んでください。", "Fetch a shorter range."},

    {"GetShippingAndClaimInfoByOrderNo_V2", -10001, ERROR_AUTH_INVALID, "qoo10.seller_unknown",
     SELLER_JA, SELLER_EN, KEY_HINT_JA, KEY_HINT_EN},
    {"GetShippingAndClaimInfoByOrderNo_V2", -10002, ERROR_NOT_FOUND, "qoo10.order_no_form",
     "Qoo10の注文番号の形ではありません。", "Not an order number of Qoo10.",
     "数字の注文番号またはカート番号を確認してください。",
     "Check the order number or cart number (digits)."},
    {"GetShippingAndClaimInfoByOrderNo_V2", -10003, ERROR_NOT_FOUND, "qoo10.order_not_found",
     "Qoo10にこの注文番号の注文がありません。", "Qoo10 has no order of this number.",
     "注文番号と、どのショップの注文かを確認してください。",
     "Check the number and which shop it belongs to."},

    {"SetSellerCheckYN_V2", -10001, ERROR_REJECTED, "qoo10.not_your_order",
     "販売者または注文番号が正しくないとQoo10が応答しました。",
     "Qoo10 says that the seller or the order number is wrong.",
     "どのショップの注文かを確認してください。", "Check which shop the order belongs to."},
    {"SetSellerCheckYN_V2", -10011, ERROR_REJECTED, "qoo10.too_many",
     "一度に送れる件数(500)を超えています。", "More than 500 at once.",
     "システムの不具合の可能性があります。お知らせください。",
     "Probably a fault of this software; please report it."},
    {"SetSellerCheckYN_V2", -10012, ERROR_REJECTED, "qoo10.already_confirmed",
     "すでに発注確認済みの注文です。", "The order is confirmed already.",
     "発送予定日の変更はQSMで行ってください。", "Change the planned date in QSM."},
    {"SetSellerCheckYN_V2", -10013, ERROR_REJECTED, "qoo10.not_on_request",
     "「配送要請」の注文ではないため、発注確認できません。",
     "The order isn't in 配送要請, so it can't be confirmed.",
     "QSMで注文のステータス(キャンセルなど)を確認してください。",
     "See the order's status in QSM (cancelled?)."},
    {"SetSellerCheckYN_V2", -10016, ERROR_REJECTED, "qoo10.planned_date_missing",
     "発送予定日がないため、Qoo10が受け付けませんでした。",
     "Qoo10 refused a confirmation without planned ship date.",
     "ショップ設定の「発送予定日までの日数」を確認してください。",
     "Check “days until the planned ship date” of the shop."},
    {"SetSellerCheckYN_V2", -10017, ERROR_REJECTED, "qoo10.planned_date_too_late",
     "発送予定日が、Qoo10の許す最大日数を超えています。",
     "The planned ship date is later than Qoo10 permits.",
     "ショップ設定の「発送予定日までの日数」を短くしてください。",
     "Shorten “days until the planned ship date” of the shop."},
    {"SetSellerCheckYN_V2", -10018, ERROR_REJECTED, "qoo10.planned_date_past",
     "発送予定日は今日以降でなければなりません。", "The planned ship date must be today or later.",
     "もう一度実行してください(日付が変わった可能性があります)。",
     "Run it again (the day may have changed meanwhile)."},

    {"SetSendingInfo", -10001, ERROR_REJECTED, "qoo10.not_your_order",
     "販売者または注文番号が正しくないとQoo10が応答しました。",
     "Qoo10 says that the seller or the order number is wrong.",
     "どのショップの注文かを確認してください。", "Check which shop the order belongs to."},

    {"SetCancelProcess", -10001, ERROR_REJECTED, "qoo10.order_no_form",
     "注文番号が正しくないとQoo10が応答しました。", "Qoo10 says that the order number is wrong.",
     "QSMで注文番号を確認してください。", "Check the order number in QSM."},
    {"SetCancelProcess", -10002, ERROR_NOT_FOUND, "qoo10.order_not_found",
     "Qoo10にこの注文番号の注文がありません。", "Qoo10 has no order of this number.",
     "注文番号と、どのショップの注文かを確認してください。",
     "Check the number and which shop it belongs to."},
    {"SetCancelProcess", -10003, ERROR_REJECTED, "qoo10.not_this_seller",
     "別の販売者の注文だとQoo10が応答しました。", "Qoo10 says that the order is another seller's.",
     "どのショップの注文かを確認してください。", "Check which shop the order belongs to."},
    {"SetCancelProcess", -10004, ERROR_REJECTED, "qoo10.state_forbids",
     "注文の状態のため、Qoo10でキャンセルできません。",
     "The order's state doesn't allow cancelling at Qoo10.",
     "購入者からのキャンセル要請や発送済みの注文は、QSMで処理してください。",
     "Requests of the buyer and shipped orders are dealt with in QSM."},

    {"SetClaimAccept", -10001, ERROR_REJECTED, "qoo10.order_no_form",
     "注文番号が正しくないとQoo10が応答しました。", "Qoo10 says that the order number is wrong.",
     "QSMで注文番号を確認してください。", "Check the order number in QSM."},
    {"SetClaimAccept", -10002, ERROR_NOT_FOUND, "qoo10.order_not_found",
     "Qoo10にこの注文番号の注文がありません。", "Qoo10 has no order of this number.",
     "注文番号と、どのショップの注文かを確認してください。",
     "Check the number and which shop it belongs to."},
    {"SetClaimAccept", -10003, ERROR_REJECTED, "qoo10.not_this_seller",
     "別の販売者の注文だとQoo10が応答しました。", "Qoo10 says that the order is another seller's.",
     "どのショップの注文かを確認してください。", "Check which shop the order belongs to."},
    {"SetGoodsPriceQty", -10009, ERROR_REJECTED, "qoo10.item_state",
     "商品の状態のため、Qoo10が受け付けませんでした。", "The item's state doesn't allow it.",
     "QSMで商品の状態を確認してください。", "See the item's state in QSM."},
};

// Methods that share their codes.
static const char *family_of(const char *method)
{
    static const char *const same[][2] = {
        {"GetShippingInfo_v2", "GetShippingInfo_v3"},
        {"SetSellerCheckYNBulk", "SetSellerCheckYN_V2"},
        {"SetSendingInfoBulk", "SetSendingInfo"},
        {"SetClaimRedelivery", "SetClaimAccept"},
        {"SetGoodsPriceQtyBulk", "SetGoodsPriceQty"},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (strcmp(method, same[i][0]) == 0)
            return same[i][1];
    return method;
}

static const struct refusal *find(const char *method, int64_t code)
{
    const char *family = family_of(method);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct refusal *r = &table[i];
        if (r->code == code && (!r->method || strcmp(r->method, family) == 0))
            return r;
    }
    return NULL;
}

bool qoo10_refusal(struct error *error, const char *method, int64_t code, struct str text,
                   bool proven, int http_status)
{
    const struct refusal *r = find(method, code);
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)code);
    // With a key that has just worked it is the method or a parameter that is meant (§7).
    if (code == -90001 && proven) {
        error_set(error, ERROR_REJECTED, "qoo10.method_or_parameter",
                  "Qoo10がAPI %s またはその引数を受け付けませんでした。",
                  "Qoo10 refused the API %s or one of its parameters.", method);
        error_hint(error, "Qoo10のメッセージを確認してください。", "See Qoo10's own message.");
    } else if (r) {
        error_set(error, r->class, r->our_code, "%s%.0s", "%.0s%s", r->ja, r->en);
        error_hint(error, r->hint_ja, r->hint_en);
    } else {
        error_set(error, ERROR_REJECTED, "qoo10.refused",
                  "Qoo10が処理を受け付けませんでした(%s、コード %s)。",
                  "Qoo10 refused (%s, code %s).", method, digits);
        error_hint(error, "Qoo10のメッセージを確認してください。", "See Qoo10's own message.");
    }
    return error_peer(error, http_status, str_from(digits), text);
}

static bool outcome_unknown(struct error *error, const struct http_response *response)
{
    struct error cause = *error;
    error_set(error, ERROR_AMBIGUOUS, "qoo10.outcome_unknown",
              "Qoo10の応答を受け取れず、反映されたか不明です。",
              "Qoo10's answer didn't arrive; the outcome is unknown.");
    error_hint(error, "Qoo10の注文を読み直して確認してから、次の処理を決めます。再送はしません。",
               "The order is read back before anything else; nothing is sent again blindly.");
    return error_peer(error, response->status, str_from(cause.code), str_from(cause.what_en));
}

static bool unreadable(struct error *error, const char *what)
{
    return error_set(error, ERROR_MALFORMED, "qoo10.answer_unreadable",
                     "Qoo10の応答を読み取れません(%s)。", "Qoo10's answer can't be read (%s).",
                     what);
}

// Nobody publishes a limit; a long wait that is asked for can only be the day's.
static void look_at_wait(struct error *error)
{
    if (error->class != ERROR_RATE_LIMITED || error->retry_after_ms < QUOTA_WAIT_MS)
        return;
    int64_t wait = error->retry_after_ms;
    int status = error->http_status;
    error_set(error, ERROR_QUOTA_USED_UP, "qoo10.quota_used_up",
              "Qoo10のAPIの利用回数の上限に達しました。", "Qoo10's calls of the day are used up.");
    error_hint(error, "時間をおいて自動で再開します。", "It goes on automatically later.");
    error->retry_after_ms = wait;
    error->http_status = status;
}

// An answer that isn't Qoo10's own word: no connection, overload, a page in front of it.
static bool not_its_word(const struct http_response *response, bool wrote, time_ms now,
                         struct error *error)
{
    struct error seen;
    if (mall_response_failed(response, now, &seen)) {
        *error = seen;
        look_at_wait(error);
    } else if (response->status < 200 || response->status > 299) {
        error_set(error, ERROR_REJECTED, "qoo10.refused_http",
                  "Qoo10が要求を受け付けませんでした(HTTP %d)。",
                  "Qoo10 refused the request (HTTP %d).", response->status);
        error->http_status = response->status;
    }
    bool open = response->status == 0 ? response->sent == HTTP_SENT_MAYBE
                                      : response->status < 400 || response->status >= 500;
    return wrote && open ? outcome_unknown(error, response) : false;
}

static bool read_code(struct json v, int64_t *code)
{
    if (json_type(v) == JSON_STRING)
        return str_to_int64(str_trim(json_str(v)), code);
    return json_int(v, code);
}

bool qoo10_judge(struct arena *arena, const struct http_response *response, const char *method,
                 bool wrote, bool proven, time_ms now, struct json *object, struct error *error)
{
    struct json root;
    int64_t code = 0;
    bool asks_to_wait = response->status == 0 || response->status == 429 || response->status >= 500;
    if (asks_to_wait)
        return not_its_word(response, wrote, now, error);
    if (!json_parse(arena, response->body, true, &root, error)) {
        if (error->class != ERROR_MALFORMED)
            return wrote ? outcome_unknown(error, response) : false;
        unreadable(error, method);
        return not_its_word(response, wrote, now, error);
    }
    if (read_code(json_get(root, "ErrorCode"), &code) && code != 0)
        return qoo10_refusal(error, method, code, json_str(json_get(root, "ErrorMsg")), proven,
                             response->status);
    if (!read_code(json_get(root, "ResultCode"), &code)) {
        unreadable(error, "ResultCode");
        return not_its_word(response, wrote, now, error);
    }
    if (code != 0)
        return qoo10_refusal(error, method, code, json_str(json_get(root, "ResultMsg")), proven,
                             response->status);
    *object = json_get(root, "ResultObject");
    return true;
}
