// SPDX-License-Identifier: Apache-2.0
//
// How RMS says no (rakuten.md §1.5, §12): the gateway's envelopes A and B (with both spellings of
// its text), the order API's message list C, the item API's D, and pages that aren't JSON (E). HTTP
// 200 doesn't mean success, and the status alone doesn't tell who refused; so the body is read
// first and the status is only the fallback. Unknown codes keep the mall's own words.
#include "mall/rakuten/wire.h"

#define PREFIX "ORDER_EXT_API_"

struct refusal {
    const char *code; // gateway code, or the order API's without its prefix
    enum error_class class;
    const char *our_code;
    const char *ja, *en, *hint_ja, *hint_en;
};

static const struct refusal unauthorised = {
    NULL,
    ERROR_AUTH_EXPIRED,
    "rakuten.unauthorised",
    "楽天がキーを受け付けませんでした(期限切れ、または登録されているキーの誤り)。",
    "Rakuten refused the keys (licence key expired, or a key is wrong).",
    "RMS「WEB APIサービス > 2 利用設定 > 2-1 WEB API」でキーを確認・再発行し、"
    "ここにも登録してください。発行直後は反映まで10～30分かかります。",
    "Check or re-issue the licence key in RMS (WEB API service, 2-1 WEB API) and enter it here. A "
    "new key needs 10 to 30 minutes."};

static const struct refusal not_enabled = {
    NULL,
    ERROR_NOT_PERMITTED,
    "rakuten.function_not_enabled",
    "RMSのWEB API利用設定でこの機能が有効になっていません。",
    "This function is not switched on in the WEB API settings of RMS.",
    "RMSの「利用機能編集」で受注APIの機能にチェックを入れ、確認画面まで完了してください。"
    "キーの発行直後であれば30分ほど待って再度お試しください。",
    "Tick the order functions under 利用機能編集 in RMS and finish the confirmation screen. Right "
    "after issuing a key, wait about 30 minutes."};

static const struct refusal content_type = {
    NULL,
    ERROR_REJECTED,
    "rakuten.content_type",
    "楽天が送信形式を受け付けませんでした。",
    "Rakuten refused the form of the request.",
    "システムの不具合の可能性があります。お知らせください。",
    "Probably a fault of this software; please report it."};

static const struct refusal request_form = {NULL,
                                            ERROR_REJECTED,
                                            "rakuten.request_form",
                                            "楽天が送信内容の書式を受け付けませんでした。",
                                            "Rakuten refused the form of a field.",
                                            "楽天のメッセージを確認してください。",
                                            "See Rakuten's own message."};

static const struct refusal not_this_shop = {NULL,
                                             ERROR_NOT_FOUND,
                                             "rakuten.not_this_shop",
                                             "この店舗の注文ではありません。",
                                             "The order doesn't belong to this shop.",
                                             "注文番号と店舗の組み合わせを確認してください。",
                                             "Check which shop the order number belongs to."};

static const struct refusal table[] = {
    {"CONFIRM_ORDER_ERROR_102", ERROR_REJECTED, "rakuten.order_cancelled",
     "キャンセルされた注文のため、注文確認できません。",
     "The order is cancelled and can't be confirmed.", "", ""},
    {"CONFIRM_ORDER_ERROR_103", ERROR_REJECTED, "rakuten.already_confirmed",
     "注文確認待ちではありません(確認済みなど)。", "The order no longer waits for confirmation.",
     "", ""},
    {"CONFIRM_ORDER_ERROR_105", ERROR_REJECTED, "rakuten.amount_undetermined",
     "送料などの金額が未確定のため、注文確認できません。",
     "An amount (postage) is not set, so the order can't be confirmed.",
     "RMSの注文詳細で送料・手数料を入力してから、もう一度注文確認してください。",
     "Enter postage and fees on the order's page in RMS, then confirm again."},
    {"UPDATE_ORDERSHIPPING_ERROR_102", ERROR_REJECTED, "rakuten.order_cancelled",
     "キャンセルされた注文のため、発送情報を登録できません。",
     "The order is cancelled; shipping can't be reported.", "荷物を止めてください。",
     "Stop the parcel."},
    {"UPDATE_ORDERSHIPPING_ASYNC_ERROR_102", ERROR_REJECTED, "rakuten.order_cancelled",
     "キャンセルされた注文のため、発送情報を登録できません。",
     "The order is cancelled; shipping can't be reported.", "荷物を止めてください。",
     "Stop the parcel."},
    {"UPDATE_ORDERSUBSTATUS_ERROR_101", ERROR_REJECTED, "rakuten.order_cancelled",
     "キャンセルされた注文のため、サブステータスを変更できません。",
     "The order is cancelled; its sub-status can't change.", "", ""},
    {"UPDATE_ORDERSUBSTATUS_ERROR_102", ERROR_REJECTED, "rakuten.sub_status_does_not_fit",
     "サブステータスが注文の現在のステータスに合っていません。",
     "The sub-status doesn't belong to the order's status.", "", ""},
    {"GE0011", ERROR_AUTH_EXPIRED, "rakuten.unauthorised", "楽天がキーを受け付けませんでした。",
     "Rakuten refused the keys.", "", ""},
    {"GE0014", ERROR_NOT_FOUND, "rakuten.not_found", "楽天に該当する情報がありません。",
     "Rakuten has no such thing.", "", ""},
};

static bool fill(struct error *error, const struct refusal *r, int http_status, struct str code,
                 struct str text)
{
    error_set(error, r->class, r->our_code, "%s%.0s", "%.0s%s", r->ja, r->en);
    if (r->hint_ja[0])
        error_hint(error, r->hint_ja, r->hint_en);
    return error_peer(error, http_status, code, text);
}

bool rakuten_code_is(struct str code, const char *without_prefix)
{
    if (str_starts(code, STR(PREFIX)))
        code = str_slice(code, sizeof PREFIX - 1, code.n);
    return str_eq(code, str_from(without_prefix));
}

static const struct refusal *find(int http_status, struct str code)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (rakuten_code_is(code, table[i].code))
            return &table[i];
    if (str_eq(code, STR("GA0001")) || str_eq(code, STR("ES01-01")) || http_status == 401)
        return &unauthorised;
    if (str_eq(code, STR("ES04-01")) || http_status == 403)
        return &not_enabled;
    if (str_eq(code, STR("ES04-03")) || http_status == 415)
        return &content_type;
    if (str_ends(code, STR("_ERROR_009")) || str_ends(code, STR("_ERROR_010")) ||
        str_ends(code, STR("_ERROR_011")))
        return &request_form;
    if (str_ends(code, STR("_ERROR_016")))
        return &not_this_shop;
    return NULL;
}

bool rakuten_refusal(struct error *error, int http_status, struct str code, struct str text)
{
    const struct refusal *r = find(http_status, code);
    if (r)
        return fill(error, r, http_status, code, text);
    if (http_status == 404)
        error_set(error, ERROR_NOT_FOUND, "rakuten.not_found", "楽天に該当する情報がありません。",
                  "Rakuten has no such thing.");
    else
        error_set(error, ERROR_REJECTED, "rakuten.refused",
                  "楽天が処理を受け付けませんでした(HTTP %d)。", "Rakuten refused (HTTP %d).",
                  http_status);
    error_hint(error, "楽天のメッセージを確認してください。", "See Rakuten's own message.");
    return error_peer(error, http_status, code, text);
}

struct rakuten_message rakuten_message_read(struct json entry)
{
    struct rakuten_message m = {
        .type = json_str(json_get(entry, "messageType")),
        .code = json_str(json_get(entry, "messageCode")),
        .text = json_str(json_get(entry, "message")),
        .order_no = json_str(json_get(entry, "orderNumber")),
    };
    if (str_is_empty(m.order_no))
        m.order_no = STR_ABSENT;
    rakuten_int(json_get(entry, "dataNumber"), &m.data_number);
    rakuten_int(json_get(entry, "shippingDetailId"), &m.shipping_detail_id);
    return m;
}

bool rakuten_message_is(const struct rakuten_message *m, const char *type)
{
    return str_eq_nocase(m->type, str_from(type));
}

static bool first_error(struct json root, int http_status, bool of_orders_too, struct error *error)
{
    struct json entry;
    for (struct json_iter i = json_iterate(json_get(root, "MessageModelList"));
         json_next(&i, &entry);) {
        struct rakuten_message m = rakuten_message_read(entry);
        if (rakuten_message_is(&m, "ERROR") && (of_orders_too || !m.order_no.p)) {
            rakuten_refusal(error, http_status, m.code, m.text);
            return true;
        }
    }
    return false;
}

bool rakuten_call_error(struct json root, struct error *error)
{
    return first_error(root, 200, false, error);
}

// Envelopes A, B, B' and D, on whatever status they come.
static bool gateway_error(struct json root, int http_status, struct error *error)
{
    struct json results = json_get(root, "Results"), first = {0};
    struct json_iter i = json_iterate(json_get(root, "errors"));
    if (json_next(&i, &first)) {
        rakuten_refusal(error, http_status, json_str(json_get(first, "code")),
                        json_str(json_get(first, "message")));
        return true;
    }
    struct str code = json_str(json_get(results, "errorCode"));
    if (str_is_empty(code))
        return false;
    struct str text = json_str(json_get(results, "message"));
    if (str_is_empty(text))
        text = json_str(json_get(results, "errorMessage"));
    rakuten_refusal(error, http_status, code, text);
    return true;
}

// After a write, everything that isn't the mall's clear word leaves the outcome open.
static bool outcome_unknown(struct error *error, const struct http_response *response)
{
    struct error cause = *error;
    error_set(error, ERROR_AMBIGUOUS, "rakuten.outcome_unknown",
              "楽天の応答を受け取れず、反映されたか不明です。",
              "Rakuten's answer didn't arrive; the outcome is unknown.");
    error_hint(error, "楽天の注文を読み直して確認してから、次の処理を決めます。再送はしません。",
               "The order is read back before anything else; nothing is sent again blindly.");
    return error_peer(error, response->status, str_from(cause.code), str_from(cause.what_en));
}

static bool judge_status(const struct http_response *response, bool wrote, time_ms now,
                         const struct json *root, struct error *error)
{
    struct error said;
    bool says = root && first_error(*root, response->status, true, &said);
    if (mall_response_failed(response, now, error)) {
        if (says)
            error_peer(error, response->status, str_from(said.peer_code), str_from(said.peer_text));
        return wrote && response->status >= 500 ? outcome_unknown(error, response) : false;
    }
    if (says)
        *error = said;
    else
        rakuten_refusal(error, response->status, STR(""), STR(""));
    return false;
}

static bool judge_no_json(const struct http_response *response, bool wrote, time_ms now,
                          struct error *error)
{
    bool success = response->status >= 200 && response->status < 300;
    if (!success)
        return judge_status(response, wrote, now, NULL, error);
    struct error page;
    if (mall_response_failed(response, now, &page))
        *error = page;
    return wrote ? outcome_unknown(error, response) : false;
}

bool rakuten_judge(struct arena *arena, const struct http_response *response, bool wrote,
                   time_ms now, struct json *root, struct error *error)
{
    if (response->status == 0) {
        mall_response_failed(response, now, error);
        return wrote && response->sent == HTTP_SENT_MAYBE ? outcome_unknown(error, response)
                                                          : false;
    }
    if (!json_parse(arena, response->body, true, root, error)) {
        if (error->class != ERROR_MALFORMED)
            return wrote ? outcome_unknown(error, response) : false;
        error->http_status = response->status;
        return judge_no_json(response, wrote, now, error);
    }
    if (json_type(*root) != JSON_OBJECT) {
        error_set(error, ERROR_MALFORMED, "rakuten.answer_unreadable",
                  "楽天の応答がJSONオブジェクトではありません。",
                  "Rakuten's answer is no JSON object.");
        error->http_status = response->status;
        return judge_no_json(response, wrote, now, error);
    }
    if (response->status < 500 && response->status != 429 &&
        gateway_error(*root, response->status, error))
        return false;
    if (response->status >= 200 && response->status < 300)
        return true;
    // getOrder that finds none of its orders may answer 404 with INFO entries (§19, unverified).
    struct error ignored;
    bool informs = response->status == 404 && json_count(json_get(*root, "MessageModelList")) > 0 &&
                   !first_error(*root, 404, true, &ignored);
    return informs || judge_status(response, wrote, now, root, error);
}
