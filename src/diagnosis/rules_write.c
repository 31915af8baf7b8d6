// SPDX-License-Identifier: Apache-2.0
//
// Rules about write-back that every mall shares: what a notice waits for, why it was refused, and
// what the mall shows meanwhile. Reasons are those of the check before sending, so that the list of
// what is owed, the preview and the diagnosis say the same.
#include "diagnosis/rule.h"

// The parameters are a name and initialisers, no expressions.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define NOTICE(name, identity, is_starred, of_codes, title_ja, title_en, ja, en, fix_ja, fix_en, \
               act)                                                                              \
    static const struct rule name = {                                                            \
        .id = identity,                                                                          \
        .starred = is_starred,                                                                   \
        .family = 'W',                                                                           \
        .questions = QUESTIONS_WRITE,                                                            \
        .phase = PHASE_LOCAL,                                                                    \
        .evidence = "writeback preflight attempts",                                              \
        .codes = of_codes,                                                                       \
        .title = {title_ja, title_en},                                                           \
        .message = {ja, en},                                                                     \
        .fix = {fix_ja, fix_en},                                                                 \
        .action = act,                                                                           \
        .check = check_notice,                                                                   \
    }
// NOLINTEND(bugprone-macro-parentheses)

NOTICE(d132, "D-132", true, "setting.status_not_linked", "このステータスは書き出し対象です",
       "The work status is written out",
       "ステータス「{st}」は、このモールの紐付け設定で書き出し対象になっていません。",
       "Status “{st}” is not a write-out target of this mall.",
       "注文を書き出し対象のステータスへ移すか、紐付け設定で有効にしてください。",
       "Move the order to a status that is written out, or tick this one in the status link.",
       ACTION_OPEN_SETTINGS);

NOTICE(d133, "D-133", true,
       "shipment.none shipment.carrier_missing shipment.ship_date_missing "
       "shipment.tracking_number_missing shipment.package_unknown",
       "必要な項目はそろっています", "Nothing that is needed is missing",
       "未入力の項目があります: {f}", "Something is missing: {f}", "受注詳細で入力してください。",
       "Enter it on the order.", ACTION_OPEN_ORDER);

NOTICE(d134, "D-134", false, "setting.auto_push_off", "自動書き出しは有効です",
       "Automatic write-out is on", "自動書き出しが停止中です({n}件が待っています)。",
       "Automatic write-out is off ({n} waiting).",
       "ショップの設定で自動書き出しを有効にするか、書出画面から送信してください。",
       "Turn it on in the shop's settings, or send from the write-out screen.", ACTION_SWITCH_ON);

NOTICE(d138, "D-138", false, "shop.disabled", "店舗の連携は有効です", "The shop's link is on",
       "この店舗の連携が停止中のため送信されません。",
       "The shop is switched off, so nothing is sent.", "店舗の連携を有効にしてください。",
       "Switch the shop on.", ACTION_OPEN_SETTINGS);

NOTICE(d140, "D-140", false,
       "order.cancelled_at_mall order.cancelled rakuten.order_cancelled yahoo.order_cancelled",
       "モールでキャンセルされていません", "It isn't cancelled at the mall",
       "モール側でキャンセル済みです。出荷しないでください。",
       "It is cancelled on the mall. Do not ship.",
       "発送を止め、この画面でもキャンセルにしてください。",
       "Stop the parcel and cancel the order here too.", ACTION_REREAD);

NOTICE(d141, "D-141", false, "shipment.carrier_not_mapped",
       "配送業者はモールのコードに変換できます", "The carrier has a code at the mall",
       "配送業者に対応するモールのコードがありません: {f}",
       "The carrier has no code on this mall: {f}", "変換設定で対応を登録してください。",
       "Add it to the mappings.", ACTION_OPEN_MAPPING);

NOTICE(d142, "D-142", false,
       "shipment.tracking_number_too_long shipment.tracking_number_characters "
       "shipment.ship_date_invalid",
       "伝票番号の形式は正しいです", "The tracking number has a right form",
       "伝票番号または出荷日の形式が正しくありません: {f}",
       "The tracking number or ship date is malformed: {f}", "正しい番号を入力してください。",
       "Correct it.", ACTION_OPEN_ORDER);

NOTICE(d192, "D-192", true, "shipment.ship_date_future amazon.ship_date_future",
       "出荷日は未来ではありません", "The ship date isn't in the future",
       "出荷日が未来です。本日以前の日付にしてください: {f}",
       "The ship date is in the future; use today or earlier: {f}", "出荷日を直してください。",
       "Correct the ship date.", ACTION_OPEN_ORDER);

NOTICE(d148, "D-148", false, "mall.never_shown sync.not_arrived",
       "受け付けられた内容はモールに見えています", "What the mall accepted is there",
       "モールは受付済みと応答しましたが、反映が確認できません。",
       "The mall accepted it, but the data is not there.",
       "モールの画面で確認し、なければもう一度送信してください。",
       "Look at the mall; if it isn't there, send it again.", ACTION_RETRY_WRITE);

NOTICE(d151, "D-151", false,
       "writeback.changed mall.differs rakuten.other_tracking_number "
       "yahoo.number_differs yahoo.ship_date_differs yahoo.carrier_differs",
       "モールの内容は送信した内容と同じです", "The mall shows what was sent",
       "モールの内容がこちらと異なります: {f}", "The mall shows something else: {f}",
       "正しい方を確認し、送り直すか、このままでよければ対応不要にしてください。",
       "See which is right; send again, or waive it.", ACTION_RETRY_WRITE);

NOTICE(d159, "D-159", false, "#ambiguous rakuten.outcome_unknown yahoo.write_unknown",
       "結果の分からない送信はありません", "No notice has an unknown outcome",
       "応答がなく、反映されたか不明です。確認後に、なければ送信します。",
       "No answer came; it may have been applied. It is read back before anything is sent.",
       "自動で確認します。急ぐ場合は今すぐ再確認してください。",
       "It is checked by itself, or now on click.", ACTION_RETRY_WRITE);

NOTICE(d154, "D-154", false, "#rate_limited #quota_used_up #network #maintenance",
       "再試行待ちの送信はありません", "Nothing waits for a retry",
       "モールが混雑または停止しているため、再試行を待っています: {f}",
       "The mall is busy or down; it is tried again: {f}", "そのままお待ちください。", "Wait.",
       ACTION_NONE);

NOTICE(d285, "D-285", false, "shipment.too_many_parcels", "個口の数はモールの上限内です",
       "The number of parcels fits", "このモールに登録できる伝票番号の数を超えています: {f}",
       "More tracking numbers than this mall takes: {f}", "1件目だけが送信されます。",
       "Only the first is sent.", ACTION_OPEN_ORDER);

// Every write is refused while the credentials are dead.
static enum check_outcome dead_credentials(struct rule_run *r)
{
    enum check_outcome outcome = check_notice(r);
    if (outcome != OUTCOME_PASSED)
        return outcome;
    return check_refusal(r) == OUTCOME_FAILED ? OUTCOME_FAILED : OUTCOME_PASSED;
}

static const struct rule d136 = {
    .id = "D-136",
    .family = 'W',
    .questions = QUESTIONS_WRITE,
    .phase = PHASE_CREDENTIAL,
    .evidence = "writeback credentials schedule",
    .codes = "#auth_expired #auth_invalid #not_permitted #ip_denied shop.blocked",
    .title = {"モールは認証を受け付けています", "The mall accepts the credentials"},
    .message = {"認証が通らないため、送信できていません({n}件)。",
                "The credentials are refused, so nothing could be sent ({n})."},
    .fix = {"認証情報を更新してください。更新後、まだ反映されていないものだけを自動で送信します。",
            "Renew the credentials; what is still missing at the mall is then sent by itself."},
    .action = ACTION_OPEN_SETTINGS,
    .check = dead_credentials,
};

// Nothing was ever entered: there is nothing to reflect.
static enum check_outcome nothing_to_tell(struct rule_run *r)
{
    if (evidence_has(r, "order") && !evidence_found(r, "order"))
        return OUTCOME_NOT_APPLICABLE;
    if (!evidence_has(r, "writeback"))
        return rule_unknown(r, "writeback");
    if (evidence_found(r, "writeback"))
        return OUTCOME_PASSED;
    rule_value(r, "no", evidence_text(r, "order.order_no"));
    rule_value(r, "order", evidence_text(r, "order.id"));
    return OUTCOME_FAILED;
}

static const struct rule d290 = {
    .id = "D-290",
    .family = 'W',
    .questions = QUESTION_WRITEBACK,
    .phase = PHASE_LOCAL,
    .evidence = "order writeback",
    .title = {"発送報告は作られています", "There is a shipment notice"},
    .message = {"注文{no}には、まだ出荷が登録されていません。",
                "No shipment was entered for order {no} yet."},
    .fix = {"伝票番号・出荷日・配送業者を入力してください。",
            "Enter tracking number, ship date and carrier."},
    .action = ACTION_OPEN_ORDER,
    .check = nothing_to_tell,
};

static enum check_outcome order_unknown(struct rule_run *r)
{
    if (!evidence_has(r, "order"))
        return rule_unknown(r, "order");
    rule_value(r, "no", evidence_text(r, "asked.number"));
    return passed_if(evidence_found(r, "order"));
}

static const struct rule d291 = {
    .id = "D-291",
    .family = 'W',
    .questions = QUESTION_WRITEBACK | QUESTION_PAID | QUESTION_STUCK,
    .phase = PHASE_LOCAL,
    .evidence = "order",
    .title = {"注文は取り込まれています", "The order is here"},
    .message = {"注文{no}は、まだ取り込まれていません。", "Order {no} isn't here."},
    .fix = {"「この注文が入ってこない」で診断してください。", "Ask why the order isn't here."},
    .action = ACTION_IMPORT_ORDER,
    .effect = {"注文{no}を1件取り込みます。", "Imports order {no}."},
    .check = order_unknown,
};

// Waived, or told and proved: not owed.
static enum check_outcome given_up(struct rule_run *r)
{
    if (!evidence_has(r, "writeback"))
        return rule_unknown(r, "writeback");
    if (evidence_int(r, "writeback.state", -1) != 11)
        return OUTCOME_PASSED;
    rule_value(r, "order", evidence_text(r, "order.id"));
    rule_value(r, "why", evidence_text(r, "writeback.reason"));
    return OUTCOME_FAILED;
}

static const struct rule d152 = {
    .id = "D-152",
    .family = 'W',
    .questions = QUESTION_WRITEBACK,
    .phase = PHASE_LOCAL,
    .evidence = "writeback events",
    .title = {"反映しない指定はありません", "It isn't marked as not to be reflected"},
    .message = {"対応不要(反映しない)に指定されています。", "It was marked “do not reflect”."},
    .fix = {"反映する場合は、受注詳細からもう一度出荷を登録してください。",
            "To reflect it, enter the shipment once more."},
    .action = ACTION_OPEN_ORDER,
    .check = given_up,
};

// The next look at what is owed has not come yet.
static enum check_outcome not_due(struct rule_run *r)
{
    time_ms next = evidence_time(r, "writeback.next_at");
    int64_t state = evidence_int(r, "writeback.state", -1);
    if (!evidence_has(r, "writeback"))
        return rule_unknown(r, "writeback");
    if (!evidence_true(r, "writeback.owed") || (state != 0 && state != 6) || next == TIME_NONE ||
        next <= r->now || next > r->now + INT64_C(86400000))
        return OUTCOME_PASSED;
    rule_value_time(r, "dt", next);
    rule_value(r, "no", evidence_text(r, "order.order_no"));
    return OUTCOME_SUSPECT;
}

static const struct rule d153 = {
    .id = "D-153",
    .family = 'W',
    .questions = QUESTION_WRITEBACK,
    .phase = PHASE_MACHINE,
    .evidence = "writeback",
    .title = {"送信の順番は来ています", "Its turn has come"},
    .message = {"まもなく自動で送信・確認されます(予定 {dt})。",
                "It is sent or checked by itself at {dt}."},
    .fix = {"急ぐ場合は書出画面で今すぐ送信してください。",
            "To hurry, send it from the write-out screen."},
    .action = ACTION_RETRY_WRITE,
    .check = not_due,
};

static enum check_outcome cancelled_at_mall(struct rule_run *r)
{
    enum check_outcome found = probe_found(r);
    if (found != OUTCOME_PASSED)
        return found;
    struct str state = evidence_text(r, "probe.order.state");
    rule_value(r, "ms", evidence_text(r, "probe.order.mall_status_label"));
    rule_value(r, "no", evidence_text(r, "order.order_no"));
    return passed_if(!text_is(state, "cancelled") && !text_is(state, "cancel_requested"));
}

static const struct rule d140_probe = {
    .id = "D-140p",
    .family = 'W',
    .questions = QUESTION_WRITEBACK | QUESTION_STUCK,
    .phase = PHASE_PROBE,
    .evidence = "probe",
    .title = {"いまモールでは有効な注文です", "The mall shows it as a live order"},
    .message = {"モール側で「{ms}」です。出荷しないでください。",
                "The mall shows “{ms}”. Do not ship."},
    .fix = {"発送を止め、注文を再取得してください。", "Stop the parcel and read the order again."},
    .action = ACTION_REREAD,
    .check = cancelled_at_mall,
};

// The mall has the numbers already: what looks unreflected is done.
static enum check_outcome already_there(struct rule_run *r)
{
    struct json package, parcel;
    size_t ours = 0, there = 0;
    enum check_outcome found = probe_found(r);
    if (found != OUTCOME_PASSED)
        return found;
    if (!evidence_true(r, "writeback.owed"))
        return OUTCOME_PASSED;
    for (struct json_iter i = json_iterate(evidence_at(r, "order.packages"));
         json_next(&i, &package);)
        ours += json_count(json_get(package, "parcels"));
    for (struct json_iter i = json_iterate(evidence_at(r, "probe.order.packages"));
         json_next(&i, &package);)
        for (struct json_iter k = json_iterate(json_get(package, "parcels"));
             json_next(&k, &parcel);)
            there += json_str(json_get(parcel, "tracking_number")).n > 0;
    rule_value(r, "ms", evidence_text(r, "probe.order.mall_status_label"));
    rule_value(r, "no", evidence_text(r, "order.order_no"));
    return ours > 0 && there >= ours ? OUTCOME_SUSPECT : OUTCOME_PASSED;
}

static const struct rule d139 = {
    .id = "D-139",
    .family = 'W',
    .questions = QUESTION_WRITEBACK,
    .phase = PHASE_PROBE,
    .evidence = "probe order",
    .title = {"モール側で先に更新された様子はありません", "Nobody updated it at the mall first"},
    .message = {"モール側にはすでに伝票番号があります(状態「{ms}」)。",
                "The mall already has tracking numbers (status “{ms}”)."},
    .fix = {"読み戻して同じなら反映済になります。",
            "It is read back; if it is equal, it counts as reflected."},
    .action = ACTION_RETRY_WRITE,
    .effect = {"注文{no}を読み戻し、足りないものだけを送信します。",
               "Reads order {no} back and sends only what is missing."},
    .check = already_there,
};

const struct rule *const rules_write[] = {
    &d291, &d290, &d152, &d140, &d132, &d133, &d192, &d141,       &d142, &d285, &d138,
    &d134, &d151, &d148, &d159, &d154, &d153, &d136, &d140_probe, &d139, NULL,
};
