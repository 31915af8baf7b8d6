// SPDX-License-Identifier: Apache-2.0
//
// Rules of Yahoo!ショッピング. Wire facts: yahoo.md. Codes are the connector's.
#include "diagnosis/rule.h"

#define MALL "yahoo"

static bool basic_mode(struct rule_run *r)
{
    return text_is(evidence_text(r, "shop.settings.fetch_mode"), "basic");
}

static enum check_outcome outside_basic(struct rule_run *r)
{
    return basic_mode(r) ? check_status_filter(r) : OUTCOME_NOT_APPLICABLE;
}

static enum check_outcome outside_chosen(struct rule_run *r)
{
    return basic_mode(r) ? OUTCOME_NOT_APPLICABLE : check_status_filter(r);
}

static const struct rule d060 = {
    .id = "D-060",
    .starred = true,
    .mall = MALL,
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_PROBE,
    .evidence = "probe listing shop",
    .title = {"標準の取得対象(新規・保留)です", "It is among the basic set (new, on hold)"},
    .message = {"ストアクリエイターProのステータスが「{ms}」のため、標準の取得対象(新規・保留)"
                "に入りません。",
                "Its store status is “{ms}”; the basic fetch takes only new and on-hold orders."},
    .fix = {"この注文だけ番号で取り込むか、ステータス指定の取得に切り替えてください。",
            "Import it by number, or switch to fetching by status."},
    .action = ACTION_IMPORT_ORDER,
    .effect = {"注文{no}を1件取り込みます。", "Imports order {no}."},
    .check = outside_basic,
};

static const struct rule d061 = {
    .id = "D-061",
    .starred = true,
    .mall = MALL,
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_PROBE,
    .evidence = "probe listing shop",
    .title = {"ストアのステータスは取得対象です", "The store status is among those fetched"},
    .message = {"ストアのステータスは「{ms}」、取得設定は「{set}」です。",
                "Store status “{ms}” is not in your fetch set {set}."},
    .fix = {"この注文だけ取り込むか、「{ms}」を取得ステータスに加えてください。",
            "Import this order alone, or add “{ms}”."},
    .action = ACTION_ADD_STATUS,
    .effect = {"「{ms}」も取得します。", "Fetches “{ms}” as well."},
    .check = outside_chosen,
};

// The status that every answer carries beside its content (yahoo.md §4.3); it is kept as a setting,
// because the calls go on working for half a day.
static enum check_outcome check_key(struct rule_run *r)
{
    struct str status = evidence_text(r, "shop.settings.public_key_status");
    struct str code = arena_printf(r->arena, "yahoo.public_key.%.*s", STR_ARG(status));
    if (status.n == 0 || !rule_has_code(r->rule, code, STR("")))
        return check_refusal(r);
    rule_value(r, "code", status);
    rule_value(r, "key", STR("public_key"));
    return OUTCOME_FAILED;
}

// The parameters are a name and initialisers, no expressions.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define REFUSED(name, identity, is_starred, of_codes, title_ja, title_en, ja, en, fix_ja, fix_en) \
    static const struct rule name = {                                                             \
        .id = identity,                                                                           \
        .starred = is_starred,                                                                    \
        .mall = MALL,                                                                             \
        .family = 'C',                                                                            \
        .questions = QUESTIONS_FETCH | QUESTIONS_WRITE,                                           \
        .phase = PHASE_CREDENTIAL,                                                                \
        .evidence = "probe schedule credentials",                                                 \
        .codes = of_codes,                                                                        \
        .title = {title_ja, title_en},                                                            \
        .message = {ja, en},                                                                      \
        .fix = {fix_ja, fix_en},                                                                  \
        .action = ACTION_OPEN_SETTINGS,                                                           \
        .check = check_key,                                                                       \
    }
// NOLINTEND(bugprone-macro-parentheses)

REFUSED(d063, "D-063", true, "yahoo.consent_expired yahoo.consent_missing yahoo.code_refused",
        "Yahoo!の認可は有効です", "The Yahoo grant is live",
        "Yahoo!の認可(28日)が切れています。ストアのIDでログインし直してください。",
        "The Yahoo grant (28 days) has ended. Log in again with the store's ID.",
        "ショップの設定の「Yahoo!にログインして認可」から認可し直してください。",
        "Consent again from the shop's settings.");
REFUSED(d070, "D-070", false, "yahoo.consent_revoked", "認可は取り消されていません",
        "The grant was not revoked", "パスワード変更などにより認可が取り消されました。",
        "The grant was revoked (password change or consent withdrawn).", "認可し直してください。",
        "Log in again.");
REFUSED(d068, "D-068", false, "yahoo.session_ended", "12時間ごとの再認証は求められていません",
        "No re-login every 12 hours is demanded",
        "12時間ごとに再認証が必要な状態です。公開鍵とバージョンの両方を確認してください。",
        "You must log in every 12 hours: check both the public key and its version.",
        "公開鍵・バージョン・有効期限を直してから認可し直してください。",
        "Repair key and version, then consent again.");
REFUSED(d064, "D-064", true, "yahoo.public_key.invalid-key-status", "公開鍵は有効です",
        "The public key is enabled", "公開鍵がストア側で「無効」になっています。",
        "The public key is disabled on the store side.",
        "ストアクリエイターProの「暗号鍵管理」で有効にしてください。",
        "Enable it in Store Creator Pro.");
REFUSED(d065, "D-065", true, "yahoo.public_key.expired-key-version", "公開鍵は期限内です",
        "The public key is within its year", "公開鍵の有効期限(1年)が切れています。",
        "The public key (1 year) has expired.",
        "新しい鍵を発行し、鍵とバージョンを登録してください。",
        "Issue a new one, enter text and version.");
REFUSED(d066, "D-066", true,
        "yahoo.public_key.not-found-key-version yahoo.public_key.invalid-key-version",
        "公開鍵のバージョンは一致しています", "The key's version fits",
        "公開鍵のバージョンが一致していません。", "The key version does not match.",
        "鍵の横に表示されているバージョン番号を登録してください。",
        "Enter the number shown beside the key.");
REFUSED(d067, "D-067", false,
        "yahoo.public_key.invalid-authorize-value yahoo.public_key_unreadable",
        "公開鍵の内容は正しいです", "The public key's text is whole",
        "公開鍵の先頭・末尾の行が欠けているか、内容が正しくありません。",
        "The public key's text is broken (first or last line missing).",
        "「コピー」ボタンで鍵全体をコピーし直してください。", "Copy the whole key again.");
REFUSED(d068_missing, "D-068m", false, "yahoo.public_key_missing yahoo.public_key_version_missing",
        "公開鍵とバージョンは登録されています", "Public key and version are entered",
        "公開鍵またはバージョンが登録されていません。12時間ごとに再認証が必要になります。",
        "The public key or its version is missing: a login every 12 hours is needed.",
        "公開鍵とバージョンの両方を登録してください。", "Enter both.");
REFUSED(d028, "D-028", false,
        "yahoo.public_key.expired-timestamp yahoo.public_key.invalid-timestamp",
        "サーバーの時計は合っています", "The server's clock is right",
        "このサーバーの時計がずれています。", "This server's clock is off.",
        "NTPを設定してください。", "Set NTP.");
REFUSED(d071, "D-071", false, "yahoo.not_permitted", "認可したIDに注文管理の権限があります",
        "The ID that logged in may manage orders", "ログインしたIDに注文管理の権限がありません。",
        "The logged-in ID has no order-management right.", "権限のあるIDで認可し直してください。",
        "Log in with the right ID.");
REFUSED(d072, "D-072", false, "yahoo.application_not_registered yahoo.insufficient_scope",
        "アプリケーションIDに注文APIの権限があります", "The client ID may use the order API",
        "アプリケーションIDに注文APIの利用権限がありません。",
        "The client ID is not allowed to use the order API.",
        "Yahoo!へ注文APIの利用を申請してください。", "Apply to Yahoo for the order API.");
REFUSED(d073, "D-073", false, "yahoo.forbidden yahoo.throttled", "呼び出しは拒否されていません",
        "Calls are not forbidden", "呼び出し上限、またはアプリIDの設定により拒否されました。",
        "Refused: quota or client-ID setting.", "上限とアプリIDの両方を確認してください。",
        "Check both.");
REFUSED(d076, "D-076", false, "yahoo.seller_missing yahoo.public_key.invalid-sellerid",
        "ストアアカウントは一致しています", "The store account fits",
        "ストアアカウントが一致しません。", "The store account does not match.",
        "ストアアカウントを直してください。", "Correct it.");
REFUSED(d079, "D-079", false, "yahoo.unexpected_answer yahoo.request_parameter",
        "応答は正しい形です", "Answers have a right form",
        "取得要求がエラーになっています({code})。0件ではありません。",
        "The request failed ({code}); this is not “no orders”.", "開発元へ連絡してください。",
        "Report it.");

static enum check_outcome public_key_ends(struct rule_run *r)
{
    enum check_outcome end = credential_ends(r, "public_key", 30);
    return end == OUTCOME_NOT_APPLICABLE ? OUTCOME_PASSED : end;
}

static const struct rule d065_calendar = {
    .id = "D-065c",
    .mall = MALL,
    .family = 'C',
    .questions = QUESTIONS_FETCH | QUESTIONS_WRITE,
    .phase = PHASE_CREDENTIAL,
    .evidence = "credentials",
    .title = {"公開鍵の期限まで余裕があります", "The public key ends later"},
    .message = {"公開鍵は{d}で期限切れです。", "The public key expired on {d}."},
    .suspicion = {"公開鍵はあと{days}日({d})で期限切れになります。",
                  "The public key ends in {days} days ({d})."},
    .fix = {"新しい鍵を発行し、鍵とバージョンを登録してください。", "Issue a new one in time."},
    .action = ACTION_OPEN_SETTINGS,
    .check = public_key_ends,
};

static enum check_outcome consent_ends(struct rule_run *r)
{
    enum check_outcome end = credential_ends(r, "refresh_token", 7);
    return end == OUTCOME_NOT_APPLICABLE ? OUTCOME_PASSED : end;
}

static const struct rule d063_calendar = {
    .id = "D-063c",
    .mall = MALL,
    .family = 'C',
    .questions = QUESTIONS_FETCH | QUESTIONS_WRITE,
    .phase = PHASE_CREDENTIAL,
    .evidence = "credentials",
    .title = {"認可の期限まで余裕があります", "The grant ends later"},
    .message = {"Yahoo!の認可が{d}で切れています。ストアのIDでログインし直してください。",
                "The Yahoo grant ended on {d}. Log in again with the store's ID."},
    .suspicion = {"Yahoo!の認可はあと{days}日({d})で切れます。",
                  "The Yahoo grant ends in {days} days ({d})."},
    .fix = {"認可し直してください。", "Consent again."},
    .action = ACTION_OPEN_SETTINGS,
    .check = consent_ends,
};

static enum check_outcome hidden_reason(struct rule_run *r, const char *reason)
{
    if (!evidence_has(r, "listing"))
        return rule_unknown(r, "listing");
    rule_value(r, "no", evidence_text(r, "asked.number"));
    return passed_if(!text_is(evidence_text(r, "listing.reason"), reason));
}

static enum check_outcome self_cancel_window(struct rule_run *r)
{
    return hidden_reason(r, "buyer_cancel_window");
}

static const struct rule d077 = {
    .id = "D-077",
    .mall = MALL,
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_COVERAGE,
    .evidence = "listing",
    .title = {"購入者が取消できる時間は過ぎています", "The buyer's cancel window is over"},
    .message = {"購入者が取消できる時間内(10分)のため、まだ取り込みません。",
                "Within the buyer's 10-minute cancel window."},
    .fix = {"そのままお待ちください。", "Wait."},
    .check = self_cancel_window,
};

static enum check_outcome fraud_hold(struct rule_run *r)
{
    return hidden_reason(r, "fraud_hold");
}

static const struct rule d078 = {
    .id = "D-078",
    .mall = MALL,
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_COVERAGE,
    .evidence = "listing",
    .title = {"不正注文の審査中ではありません", "It isn't held for fraud screening"},
    .message = {"不正注文の審査で保留中(または解除直後)の注文です。",
                "Held, or just released, by fraud screening."},
    .fix = {"解除されると自動で取り込まれます。", "It comes by itself once it is released."},
    .check = fraud_hold,
};

// The parameters are a name and initialisers, no expressions.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define NOTICE(name, identity, of_codes, title_ja, title_en, ja, en, fix_ja, fix_en) \
    static const struct rule name = {                                                \
        .id = identity,                                                              \
        .mall = MALL,                                                                \
        .family = 'W',                                                               \
        .questions = QUESTIONS_WRITE,                                                \
        .phase = PHASE_LOCAL,                                                        \
        .evidence = "writeback preflight attempts",                                  \
        .codes = of_codes,                                                           \
        .title = {title_ja, title_en},                                               \
        .message = {ja, en},                                                         \
        .fix = {fix_ja, fix_en},                                                     \
        .action = ACTION_OPEN_ORDER,                                                 \
        .check = check_notice,                                                       \
    }
// NOLINTEND(bugprone-macro-parentheses)

NOTICE(d282, "D-282",
       "yahoo.tracking_number_form yahoo.tracking_number_japan_post yahoo.tracking_number_yamato",
       "伝票番号は配送業者の規則に合っています", "The number keeps the carrier's rule",
       "伝票番号が配送業者の規則に合いません: {f}", "The number breaks the carrier's rule: {f}",
       "番号を直してください。", "Correct it.");
NOTICE(d179, "D-179", "yahoo.cannot_be_operated yahoo.refused", "ストアは変更を受け付けています",
       "The store takes the change", "モール側の状態が「{ms}」のため変更できません: {f}",
       "The mall is in “{ms}” and refuses the change: {f}", "注文を再取得して確認してください。",
       "Read the order again.");
NOTICE(d078_write, "D-078w", "yahoo.fraud_hold yahoo.read_only_window",
       "審査や取消期間による待ちではありません",
       "It doesn't wait for screening or the cancel window",
       "モールの審査中(または購入者の取消期間内)のため、まだ送信できません: {f}",
       "It waits for screening or the cancel window: {f}", "解除されると自動で送信します。",
       "It is sent by itself afterwards.");

const struct rule *const rules_yahoo[] = {
    &d282, &d179, &d078_write, &d077,          &d078,          &d063, &d070, &d068,
    &d064, &d065, &d066,       &d067,          &d068_missing,  &d028, &d071, &d072,
    &d073, &d076, &d079,       &d063_calendar, &d065_calendar, &d060, &d061, NULL,
};
