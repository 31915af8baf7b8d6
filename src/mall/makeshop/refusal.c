// SPDX-License-Identifier: Apache-2.0
//
// How MakeShop says no (makeshop.md §2.5, §3.6, §7). The old API answers <response> with a code
// whose list was not published and words; GraphQL answers errors[] with words and sometimes a code,
// or a bare HTTP status. So refusals are told by their words first, then by code and status; the
// mall's own code and words are always kept. After a write whatever is neither success nor a clear
// refusal is ambiguous. Pure; any thread.
#include "mall/makeshop/internal.h"
#include "mall/wire_text.h"
#include "text/eucjp.h"

#define BLOCKED_PAUSE_MS 60000LL

struct refusal {
    const char *const words[8]; // any of them in the mall's words
    enum error_class class;
    const char *code, *ja, *en, *hint_ja, *hint_en;
};

// In this order: the first that fits.
static const struct refusal table[] = {
    {{"x-timestamp", "timestamp"},
     ERROR_AUTH_INVALID,
     "makeshop.clock_skew",
     "MakeShopが時刻(x-timestamp)を受け付けませんでした。サーバーの時計がずれています。",
     "MakeShop refused the timestamp: this server's clock is off.",
     "サーバーの時刻をNTPで合わせてください(1時間以上のずれは拒否されます)。",
     "Set the server's clock by NTP; more than one hour off is refused."},
    {{"x-api-key", "api key", "APIキー"},
     ERROR_AUTH_INVALID,
     "makeshop.api_key",
     "APIキー(x-api-key)が正しくありません。",
     "The API key (x-api-key) isn't valid.",
     "アプリの公開申請で発行されたAPIキーを登録してください。",
     "Enter the API key that was issued for the app."},
    {{"ご利用は終了", "閉塞", "利用できなくなり"},
     ERROR_NOT_PERMITTED,
     "makeshop.legacy_closed",
     "このショップでは従来の注文APIを利用できません(提供終了)。",
     "The old order API is no longer available to this shop.",
     "アプリをインストールし、設定「利用するAPI」を「次世代API」に変更してください。",
     "Install the app and change the setting to the GraphQL API."},
    {{"1日", "上限", "quota", "Quota"},
     ERROR_QUOTA_USED_UP,
     "makeshop.quota",
     "MakeShopの利用回数の上限に達しました。",
     "MakeShop's quota is used up.",
     "翌日に自動で再開します。他のシステムからの呼び出しも同じ枠で数えられます。",
     "It goes on the next day. Calls of the shop's other systems count too."},
    {{"アクセス制限", "高負荷", "too many", "RATE_LIMIT", "制限中"},
     ERROR_RATE_LIMITED,
     "makeshop.blocked",
     "呼び出し間隔の制限により、MakeShopに拒否されました。",
     "MakeShop blocked the calls because they came too fast.",
     "間隔をあけて自動で再開します。同じショップの他のシステムも合わせて1秒に1回までです。",
     "It goes on after a pause. All systems of the shop share one call a second."},
    {{"メンテナンス", "maintenance"},
     ERROR_MAINTENANCE,
     "makeshop.maintenance",
     "MakeShopがメンテナンス中です。",
     "MakeShop is under maintenance.",
     "自動で再試行します。",
     "It is tried again automatically."},
    {{"注文情報変更"},
     ERROR_NOT_PERMITTED,
     "makeshop.change_not_allowed",
     "MakeShop側で注文情報の変更が許可されていません。",
     "MakeShop does not allow changes to orders.",
     "MakeShopの「設定 > API > 注文」で「注文情報変更」を「全て許可する」にして保存してください。",
     "Set 注文情報変更 to 全て許可する in MakeShop (設定 > API > 注文) and save."},
    {{"注文情報参照", "許可されていません"},
     ERROR_NOT_PERMITTED,
     "makeshop.read_not_allowed",
     "MakeShop側で注文情報の参照が許可されていません。",
     "MakeShop does not allow reading orders.",
     "MakeShopの「設定 > API > 注文」で「注文情報参照」を「許可する」にして保存してください。",
     "Set 注文情報参照 to 許可する in MakeShop (設定 > API > 注文) and save."},
    {{"認証"},
     ERROR_AUTH_INVALID,
     "makeshop.code_refused",
     "ショップIDまたは注文データ連携認証コードが受け付けられませんでした。",
     "MakeShop refused the shop ID or the order authentication code.",
     "認証コードを再発行した場合は「発行」のあと「保存」し、新しいコードをここにも登録してください"
     "。",
     "After re-issuing the code press 保存 in MakeShop, then enter the new code here too."},
    {{"キャンセルされ", "キャンセル済"},
     ERROR_REJECTED,
     "makeshop.order_cancelled",
     "MakeShopでキャンセルされた注文です。荷物を止めてください。",
     "The order is cancelled at MakeShop; stop the parcel.",
     "キャンセルの理由をMakeShopで確認してください。",
     "See at MakeShop why it was cancelled."},
    {{"仮注文"},
     ERROR_CONFLICT,
     "makeshop.provisional",
     "仮注文のため、まだ変更できません(決済が完了していません)。",
     "The order is still provisional: its payment isn't finished.",
     "決済が完了すると自動で反映します。失敗すると注文は削除されます。",
     "It is told once the payment is done. If it fails, the order is deleted."},
    {{"該当する注文", "注文が存在", "注文データがありません"},
     ERROR_NOT_FOUND,
     "makeshop.order_not_found",
     "MakeShopにこの注文がありません。",
     "MakeShop has no such order.",
     "注文番号とショップを確認してください。仮注文は決済に失敗すると削除されます。",
     "Check number and shop. A provisional order is deleted when its payment fails."},
    {{"配送先ID"},
     ERROR_REJECTED,
     "makeshop.destination",
     "配送先の番号がMakeShopのものと合いません。",
     "The destination's number isn't one of MakeShop's.",
     "注文を再取得してから、もう一度反映してください。",
     "Read the order again, then send again."},
    {{"配送業者"},
     ERROR_REJECTED,
     "makeshop.carrier",
     "配送業者コードがMakeShopに受け付けられませんでした。",
     "MakeShop refused the carrier's code.",
     "変換設定で配送業者のコードを確認してください。",
     "Check the carrier's code in the mappings."},
    {{"配送状態", "注文ステータス"},
     ERROR_REJECTED,
     "makeshop.delivery_state",
     "この配送状態への変更はMakeShopに受け付けられませんでした。",
     "MakeShop refused this delivery state.",
     "MakeShopの管理画面で注文の状態を確認してください。",
     "See the order's state in MakeShop's admin."},
    {{"limit", "page"},
     ERROR_REJECTED,
     "makeshop.page_limit",
     "取得件数の指定がMakeShopに受け付けられませんでした。",
     "MakeShop refused the number of rows.",
     "設定「1回の取得件数」を小さくしてください。",
     "Lower the rows per request in the settings."},
    {{"日付の形式", "cmdが", "serviceが", "send_mailが", "GETで"},
     ERROR_REJECTED,
     "makeshop.request_form",
     "送信内容の形式がMakeShopに受け付けられませんでした。",
     "MakeShop refused the form of the request.",
     "システムの不具合の可能性があります。お知らせください。",
     "Probably a fault of this software; please report it."},
    {{"Cannot query field", "unknown field"},
     ERROR_REJECTED,
     "makeshop.schema_changed",
     "MakeShopのAPIの項目が変更されています。",
     "A field of MakeShop's API has changed.",
     "ソフトウェアを更新してください。",
     "Update this software."},
    {{"システムエラー", "internal"},
     ERROR_NETWORK,
     "makeshop.server_error",
     "MakeShop側で障害が起きています。",
     "MakeShop has a fault.",
     "自動で再試行します。",
     "It is tried again automatically."},
};

static const struct refusal token_refused = {
    {NULL},
    ERROR_AUTH_INVALID,
    "makeshop.token_refused",
    "MakeShopがアクセストークンを受け付けませんでした(アプリが削除された可能性があります)。",
    "MakeShop refused the access token (the app may have been uninstalled).",
    "MakeShopのアプリ一覧でアプリをインストールし直し、新しいトークンを登録してください。",
    "Install the app again in MakeShop's app list and enter the new token."};
static const struct refusal operation_forbidden = {
    {NULL},
    ERROR_NOT_PERMITTED,
    "makeshop.operation_not_allowed",
    "このAPIの利用が、アプリまたはショップで許可されていません。",
    "The app or the shop has not agreed to this operation.",
    "アプリの申請内容に含まれているか、ショップが再同意したかを確認してください。",
    "Check the app's list of operations and whether the shop has consented again."};
static const struct refusal body_too_large = {{NULL},
                                              ERROR_REJECTED,
                                              "makeshop.body_too_large",
                                              "送信内容が大きすぎて拒否されました。",
                                              "The request was too large.",
                                              "一度に送る件数を減らしてください。",
                                              "Send fewer at a time."};

static void fill(struct error *error, const struct refusal *r, int http_status, struct str code,
                 struct str words)
{
    error_set(error, r->class, r->code, "%s%.0s", "%.0s%s", r->ja, r->en);
    error_hint(error, r->hint_ja, r->hint_en);
    error_peer(error, http_status, code, words);
    if (r->class == ERROR_RATE_LIMITED)
        error->retry_after_ms = BLOCKED_PAUSE_MS;
    if (r->class == ERROR_CONFLICT)
        error->retry_after_ms = 10 * BLOCKED_PAUSE_MS;
}

static const struct refusal *by_words(struct str words)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (size_t k = 0; k < 8 && table[i].words[k]; k++)
            if (str_find(words, str_from(table[i].words[k])) >= 0)
                return &table[i];
    return NULL;
}

void makeshop_refusal(struct error *error, int http_status, struct str code, struct str words)
{
    const struct refusal *r = by_words(words);
    if (!r && (str_eq(code, STR("UNAUTHENTICATED")) || http_status == 401))
        r = &token_refused;
    if (!r && (str_eq(code, STR("FORBIDDEN")) || http_status == 403))
        r = &operation_forbidden;
    if (!r && http_status == 413)
        r = &body_too_large;
    if (r) {
        fill(error, r, http_status, code, words);
        return;
    }
    error_set(error, ERROR_REJECTED, "makeshop.refused", "MakeShopに拒否されました。",
              "MakeShop refused the request.");
    error_hint(error, "表示されたMakeShopの文面を確認してください。", "See MakeShop's own words.");
    error_peer(error, http_status, code, words);
}

void makeshop_unreadable(const struct makeshop_op *op, const char *what, struct error *error)
{
    if (op->call.writes)
        error_set(error, ERROR_AMBIGUOUS, "makeshop.outcome_unknown",
                  "MakeShopの応答を読み取れず、反映されたか不明です(%s)。",
                  "MakeShop's answer can't be read; the outcome is unknown (%s).", what);
    else
        error_set(error, ERROR_MALFORMED, "makeshop.answer_unreadable",
                  "MakeShopの応答を読み取れません(%s)。", "MakeShop's answer can't be read (%s).",
                  what);
    error_hint(error, "自動で確認し直します。", "It is looked at again automatically.");
    if (op->call.order_no.n > 0)
        error_subject(error, "%.*s", STR_ARG(op->call.order_no));
}

// --- the old API ---

static bool says_eucjp(struct str body)
{
    struct str head = str_slice(body, 0, 200);
    ptrdiff_t end = str_find(head, STR("?>"));
    head = str_slice(head, 0, end < 0 ? 0 : (size_t)end);
    for (size_t i = 0; i + 3 <= head.n; i++)
        if (str_eq_nocase(str_slice(head, i, i + 3), STR("euc")))
            return true;
    return false;
}

// Which encoding the answers have was not seen (§2.1): the prolog says it; else what fits.
static bool decode(struct makeshop_op *op, struct str body, struct str *text, struct error *error)
{
    *text = body;
    if (says_eucjp(body) || !str_is_utf8(body))
        return eucjp_to_utf8(op->scratch, body, true, text, error);
    return true;
}

static bool judge_xml(struct makeshop_op *op, const struct http_response *response,
                      struct makeshop_answer *answer, struct error *error)
{
    struct error ignored;
    if (!decode(op, response->body, &answer->text, error))
        return false;
    answer->text = mall_clean_xml(op->scratch, answer->text);
    if (!xml_parse(op->scratch, answer->text, &answer->xml, &ignored)) {
        if (ignored.class == ERROR_NO_MEMORY)
            *error = ignored;
        else
            makeshop_unreadable(op, "XML", error);
        return false;
    }
    bool get = strcmp(op->call.operation, "get") == 0;
    if (get && str_eq(answer->xml->name, STR("orders")))
        return true;
    struct str message = xml_child_text(answer->xml, "message");
    struct str code = xml_child_text(answer->xml, "code");
    if (!str_eq(answer->xml->name, STR("response")) || !message.p) {
        makeshop_unreadable(op, "response", error);
        return false;
    }
    if (!get && str_eq_nocase(message, STR("OK")))
        return true;
    makeshop_refusal(error, response->status, code.p ? code : STR(""), message);
    if (op->call.order_no.n > 0)
        error_subject(error, "%.*s", STR_ARG(op->call.order_no));
    return false;
}

// --- GraphQL ---

static struct str first_code(struct json entry)
{
    struct str code = json_str(json_get(json_get(entry, "extensions"), "code"));
    return code.p ? code : json_str(json_get(entry, "code"));
}

// "variable.input.displayOrderNumber": what an "unknown field" is about.
static struct str last_of_path(struct json entry)
{
    struct json v;
    struct str last = STR("");
    for (struct json_iter i = json_iterate(json_get(entry, "path")); json_next(&i, &v);)
        if (json_str(v).p)
            last = json_str(v);
    return last;
}

// All unknown fields at once: the words of every entry, so that one repetition is enough.
static struct str all_words(struct makeshop_op *op, struct json errors)
{
    AUTO_BUF out = buf_make(4096);
    struct json entry;
    for (struct json_iter i = json_iterate(errors); json_next(&i, &entry);) {
        struct str words = json_str(json_get(entry, "message"));
        struct str path = last_of_path(entry);
        if (out.n > 200 || !words.p)
            continue;
        buf_addf(&out, "%s%.*s%s%.*s", out.n ? " / " : "", STR_ARG(words), path.n ? " " : "",
                 STR_ARG(path));
    }
    return str_dup(op->scratch, buf_str(&out));
}

static bool judge_json(struct makeshop_op *op, const struct http_response *response,
                       struct makeshop_answer *answer, struct error *error)
{
    struct json root, entry;
    struct error ignored;
    answer->text = response->body;
    if (!json_parse(op->scratch, response->body, true, &root, &ignored)) {
        if (ignored.class == ERROR_NO_MEMORY)
            *error = ignored;
        else if (response->status == 401 || response->status == 403 || response->status == 413)
            makeshop_refusal(error, response->status, STR(""), str_slice(response->body, 0, 200));
        else
            makeshop_unreadable(op, "JSON", error);
        return false;
    }
    struct json errors = json_get(root, "errors");
    answer->data = json_get(json_get(root, "data"), op->call.operation);
    bool answered = json_type(answer->data) == JSON_OBJECT;
    // With rows for a write, the rows decide.
    if (json_count(errors) > 0 && !(op->call.writes && answered)) {
        struct json_iter i = json_iterate(errors);
        struct str code = json_next(&i, &entry) ? first_code(entry) : STR("");
        makeshop_refusal(error, response->status, code.p ? code : STR(""), all_words(op, errors));
    } else if (answered && response->status < 300) {
        return true;
    } else if (response->status >= 400) {
        struct str words = json_str(json_get(root, "message"));
        makeshop_refusal(error, response->status, STR(""), words.p ? words : STR(""));
    } else {
        makeshop_unreadable(op, "data", error);
    }
    if (op->call.order_no.n > 0)
        error_subject(error, "%.*s", STR_ARG(op->call.order_no));
    return false;
}

// --- both ---

// After a write only a clear no is a no.
static void after_write(struct makeshop_op *op, const struct http_response *response,
                        struct error *error)
{
    bool unsent = response->status == 0 && response->sent == HTTP_SENT_NO;
    bool unclear = error->class == ERROR_NETWORK || error->class == ERROR_MALFORMED ||
                   error->class == ERROR_MAINTENANCE;
    if (!op->call.writes || unsent || !unclear)
        return;
    error->class = ERROR_AMBIGUOUS;
    error_hint(error, "MakeShopの注文を読み直して、反映されたかを確認します。",
               "The order is read again to see whether it took effect.");
}

bool makeshop_judge(struct makeshop_op *op, time_ms now, const struct http_response *response,
                    struct makeshop_answer *answer, struct error *error)
{
    bool legacy = op->door == &makeshop_legacy_door;
    bool fits = false;
    if (!mall_response_failed(response, now, error))
        fits = legacy ? judge_xml(op, response, answer, error)
                      : judge_json(op, response, answer, error);
    if (arena_failed(op->scratch)) {
        // What can't be kept can't be judged: after a write the outcome stays open.
        if (op->call.writes)
            makeshop_unreadable(op, "memory", error);
        else
            error_no_memory(error);
        return false;
    }
    if (!fits)
        after_write(op, response, error);
    return fits;
}
