// SPDX-License-Identifier: Apache-2.0
//
// Rules of Rakuten. Wire facts: rakuten.md; codes and texts of refusals come from the connector's
// classes.
#include "diagnosis/rule.h"

#define MALL "rakuten"
#define MINUTE_MS (60 * INT64_C(1000))
#define DAY_MS (INT64_C(86400000))

static const struct rule d040 = {
    .id = "D-040",
    .starred = true,
    .mall = MALL,
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_PROBE,
    .evidence = "probe listing shop",
    .title = {"RMSのステータスは取得対象です", "The RMS status is among those fetched"},
    .message = {"RMSのステータスは「{ms}」ですが、取得設定は「{set}」です。",
                "RMS status is “{ms}”; you fetch only {set}."},
    .fix = {"この注文だけ取り込むか、「{ms}」を取得ステータスに加えてください。",
            "Import this order alone, or add “{ms}” to the statuses that are fetched."},
    .action = ACTION_ADD_STATUS,
    .effect = {"「{ms}」も取得します。", "Fetches “{ms}” as well."},
    .check = check_status_filter,
};

// Whether the keys are refused now, and since when the key is here.
static bool refused(struct rule_run *r)
{
    struct json error = last_refusal(r);
    struct str code = json_str(json_get(error, "code"));
    return text_is(code, "rakuten.unauthorised") || text_is(code, "shop.blocked");
}

static time_ms entered_at(struct rule_run *r)
{
    int64_t at = TIME_NONE;
    json_int(json_get(credential_of(r, "license_key"), "granted_at"), &at);
    return at;
}

static enum check_outcome key_expired(struct rule_run *r)
{
    enum check_outcome end = credential_ends(r, "license_key", 14);
    if (end == OUTCOME_FAILED || end == OUTCOME_UNKNOWN)
        return end;
    // Without a known end: 90 days after it was entered it can't live any more.
    time_ms entered = entered_at(r);
    if (end == OUTCOME_NOT_APPLICABLE && refused(r) && entered != TIME_NONE &&
        entered + 90 * DAY_MS <= r->now) {
        rule_value_time(r, "d", entered + 90 * DAY_MS);
        rule_value(r, "key", STR("license_key"));
        return OUTCOME_FAILED;
    }
    return end == OUTCOME_NOT_APPLICABLE ? OUTCOME_PASSED : end;
}

static const struct rule d041 = {
    .id = "D-041",
    .starred = true,
    .mall = MALL,
    .family = 'C',
    .questions = QUESTIONS_FETCH | QUESTIONS_WRITE,
    .phase = PHASE_CREDENTIAL,
    .evidence = "credentials probe",
    .title = {"ライセンスキーは期限内です", "The licence key is within its life"},
    .message =
        {"楽天のライセンスキーは{d}で期限切れです。RMSで再発行し、新しいキーを登録してください。",
         "The Rakuten licence key expired on {d}. Re-issue it in RMS and enter the new key."},
    .suspicion = {"楽天のライセンスキーはあと{days}日({d})で期限切れになります。",
                  "The Rakuten licence key ends in {days} days ({d})."},
    .fix = {"RMS「WEB APIサービス > 2-1 WEB API」で再発行し、ショップの設定に貼り付けてください。",
            "Re-issue it in RMS (WEB API service, 2-1 WEB API) and paste it into the shop's "
            "settings."},
    .action = ACTION_OPEN_SETTINGS,
    .check = key_expired,
};

static bool has_worked(struct rule_run *r)
{
    int64_t ok = TIME_NONE;
    json_int(json_get(credential_of(r, "license_key"), "last_ok_at"), &ok);
    return ok != TIME_NONE || evidence_time(r, "schedule.last_success_at") != TIME_NONE;
}

static bool is_new(struct rule_run *r)
{
    time_ms entered = entered_at(r);
    return entered != TIME_NONE && entered > r->now - 40 * MINUTE_MS;
}

static enum check_outcome key_too_new(struct rule_run *r)
{
    if (!refused(r) || !is_new(r))
        return OUTCOME_PASSED;
    rule_value_time(r, "dt", entered_at(r) + 30 * MINUTE_MS);
    // A shop that never worked may as well have a mistyped key.
    return has_worked(r) ? OUTCOME_FAILED : OUTCOME_SUSPECT;
}

static const struct rule d044 = {
    .id = "D-044",
    .mall = MALL,
    .family = 'C',
    .questions = QUESTIONS_FETCH | QUESTIONS_WRITE,
    .phase = PHASE_CREDENTIAL,
    .evidence = "credentials probe",
    .title = {"新しいキーの反映待ちではありません", "No new key is still becoming active"},
    .message = {"新しいキーは反映待ちです。{dt}ごろ自動で再試行します。",
                "The new key is not active yet; we retry at about {dt}."},
    .fix = {"そのままお待ちください。", "Wait."},
    .check = key_too_new,
};

// Refused though the key's life isn't over: it was re-issued in RMS, or never was right.
static enum check_outcome key_replaced(struct rule_run *r)
{
    rule_value(r, "key", STR("license_key"));
    return passed_if(!refused(r) || !has_worked(r) || is_new(r));
}

static const struct rule d042 = {
    .id = "D-042",
    .starred = true,
    .mall = MALL,
    .family = 'C',
    .questions = QUESTIONS_FETCH | QUESTIONS_WRITE,
    .phase = PHASE_CREDENTIAL,
    .evidence = "credentials probe schedule",
    .title = {"RMSで更新したキーの登録もれはありません", "No key renewed in RMS is missing here"},
    .message =
        {"使えていたキーが拒否されています。RMSで更新(再発行)したキーが、まだこのシステムに"
         "登録されていません。",
         "A key that worked is refused: the key renewed in RMS has not been entered here yet."},
    .fix = {"RMSに表示されているキーを貼り付けてください。", "Paste the key that RMS shows."},
    .action = ACTION_OPEN_SETTINGS,
    .check = key_replaced,
};

static enum check_outcome never_worked(struct rule_run *r)
{
    rule_value(r, "key", STR("service_secret"));
    return passed_if(!refused(r) || has_worked(r));
}

static const struct rule d046 = {
    .id = "D-046",
    .mall = MALL,
    .family = 'C',
    .questions = QUESTIONS_FETCH | QUESTIONS_WRITE,
    .phase = PHASE_CREDENTIAL,
    .evidence = "probe schedule",
    .title = {"serviceSecretとライセンスキーは受け付けられています", "Secret and key are accepted"},
    .message = {"serviceSecretまたはライセンスキーが正しくありません(一度も接続できていません)。",
                "The service secret or the licence key is wrong (it has never worked)."},
    .fix = {"RMSからコピーし直してください。前後の空白にも注意してください。",
            "Copy both from RMS again; mind blanks."},
    .action = ACTION_OPEN_SETTINGS,
    .check = never_worked,
};

static const struct rule d045 = {
    .id = "D-045",
    .mall = MALL,
    .family = 'C',
    .questions = QUESTIONS_FETCH | QUESTIONS_WRITE,
    .phase = PHASE_CREDENTIAL,
    .evidence = "probe connection",
    .codes = "rakuten.function_not_enabled",
    .title = {"RMSで受注APIは有効です", "The order API is switched on in RMS"},
    .message = {"RMSのWEB API利用設定で受注APIが「利用する」になっていません。",
                "The order API is not switched on in RMS."},
    .fix = {"RMSの「利用機能編集」で受注APIにチェックを入れ、確認画面まで完了してください。",
            "Tick the order functions under 利用機能編集 and finish the confirmation screen."},
    .check = check_refusal,
};

static enum check_outcome waits_for_confirmation(struct rule_run *r)
{
    time_ms at = evidence_time(r, "order.ordered_at");
    if (!evidence_found(r, "order"))
        return OUTCOME_NOT_APPLICABLE;
    bool waits = text_is(evidence_text(r, "order.mall_status"), "100");
    rule_value_int(r, "n", at == TIME_NONE ? 0 : (r->now - at) / DAY_MS);
    rule_value(r, "order", evidence_text(r, "order.id"));
    return passed_if(!waits);
}

static const struct rule d048 = {
    .id = "D-048",
    .mall = MALL,
    .family = 'S',
    .questions = QUESTION_STUCK | QUESTION_WRITEBACK,
    .phase = PHASE_LOCAL,
    .evidence = "order",
    .title = {"注文確認は済んでいます", "The order is confirmed"},
    .message = {"注文確認待ちのまま{n}日経過しています(14日で自動取消)。",
                "Waiting for confirmation for {n} days (cancelled at 14)."},
    .fix = {"受注詳細の「注文確認」を実行してください。", "Confirm it on the order."},
    .action = ACTION_OPEN_ORDER,
    .check = waits_for_confirmation,
};

static enum check_outcome row_incomplete(struct rule_run *r)
{
    struct json package, parcel;
    enum check_outcome found = probe_found(r);
    int64_t rows = 0, incomplete = 0;
    if (found != OUTCOME_PASSED)
        return found;
    for (struct json_iter i = json_iterate(evidence_at(r, "probe.order.packages"));
         json_next(&i, &package);)
        for (struct json_iter k = json_iterate(json_get(package, "parcels"));
             json_next(&k, &parcel);) {
            int64_t date = 0;
            json_int(json_get(parcel, "ship_date"), &date);
            rows++;
            incomplete += !date || json_str(json_get(parcel, "tracking_number")).n == 0 ||
                          json_str(json_get(parcel, "carrier")).n == 0;
        }
    rule_value_int(r, "n", rows);
    rule_value_int(r, "m", incomplete);
    return passed_if(incomplete == 0);
}

static const struct rule d162 = {
    .id = "D-162",
    .starred = true,
    .mall = MALL,
    .family = 'W',
    .questions = QUESTION_WRITEBACK,
    .phase = PHASE_PROBE,
    .evidence = "probe",
    .title = {"RMSの発送情報は全行そろっています", "Every shipping row in RMS is complete"},
    .message =
        {"RMSの発送情報{n}行のうち{m}行が未入力です。3項目が全行そろうと、発送日の翌日未明に"
         "発送済へ進みます。",
         "{m} of {n} shipping rows in RMS are incomplete. RMS moves on in the night after the "
         "ship date once every row has all three."},
    .fix = {"足りない行を入力して送信してください。", "Fill the rows and send them."},
    .action = ACTION_OPEN_ORDER,
    .check = row_incomplete,
};

static enum check_outcome night_comes(struct rule_run *r)
{
    enum check_outcome found = probe_found(r);
    if (found != OUTCOME_PASSED)
        return found;
    bool verified = evidence_int(r, "writeback.state", -1) == 7;
    return verified && text_is(evidence_text(r, "probe.order.mall_status"), "300") ? OUTCOME_SUSPECT
                                                                                   : OUTCOME_PASSED;
}

static const struct rule d162_night = {
    .id = "D-162n",
    .mall = MALL,
    .family = 'W',
    .questions = QUESTION_WRITEBACK,
    .phase = PHASE_PROBE,
    .evidence = "probe writeback",
    .title = {"RMSの夜間処理待ちではありません", "It doesn't wait for RMS's night run"},
    .message =
        {"発送情報はRMSに反映済みです。ステータスは発送日の翌日未明に「発送済」へ進みます。",
         "The shipping data is in RMS; its status moves on in the night after the ship date."},
    .fix = {"翌朝まで待ってください。", "Wait until the morning after."},
    .check = night_comes,
};

static const struct rule d160 = {
    .id = "D-160",
    .starred = true,
    .mall = MALL,
    .family = 'W',
    .questions = QUESTIONS_WRITE,
    .phase = PHASE_LOCAL,
    .evidence = "preflight order",
    .codes = "rakuten.before_confirmation rakuten.mall_processing",
    .title = {"RMSのステータスは発送登録できる状態です", "RMS takes a shipping report"},
    .message = {"RMSが「{ms}」のため、発送登録できません: {f}",
                "RMS is “{ms}”; shipping cannot be registered yet: {f}"},
    .fix = {"注文確認を行い、発送待ちになってから送信されます。",
            "Confirm it; it is sent once RMS shows 発送待ち."},
    .action = ACTION_OPEN_ORDER,
    .check = check_notice,
};

static const struct rule d280 = {
    .id = "D-280",
    .mall = MALL,
    .family = 'W',
    .questions = QUESTION_WRITEBACK,
    .phase = PHASE_LOCAL,
    .evidence = "writeback",
    .codes = "rakuten.incomplete_row rakuten.extra_row",
    .title = {"余分な発送行はありません", "No incomplete extra row is left in RMS"},
    .message = {"RMSに空または余分な発送行が残っているため処理済になりません。",
                "An incomplete or extra shipping row keeps it open."},
    .fix = {"RMSでその行を削除するか、入力してください。", "Delete or fill the row in RMS."},
    .check = check_notice,
};

const struct rule *const rules_rakuten[] = {
    &d048, &d160, &d280, &d041, &d045, &d044, &d042, &d046, &d040, &d162, &d162_night, NULL,
};
