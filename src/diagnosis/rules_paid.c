// SPDX-License-Identifier: Apache-2.0
//
// Rules about the paid date and about orders that don't move on.
#include "diagnosis/rule.h"

static enum check_outcome not_reported(struct rule_run *r)
{
    struct str class = evidence_text(r, "order.payment_class");
    if (!evidence_found(r, "order"))
        return OUTCOME_NOT_APPLICABLE;
    rule_value(r, "method", evidence_text(r, "order.payment_method"));
    return passed_if(!text_is(class, "none") && !text_is(class, "after") &&
                     !text_is(class, "authorization"));
}

static const struct rule d221 = {
    .id = "D-221",
    .family = 'P',
    .questions = QUESTION_PAID,
    .phase = PHASE_LOCAL,
    .evidence = "order",
    .title = {"入金日のある支払方法です", "This payment method has a paid date"},
    .message = {"支払方法「{method}」は、モールから入金日が送られない支払方法です。",
                "“{method}” has no paid date at the mall."},
    .fix = {"未入金ではありません。必要なら手で入力してください。",
            "It isn't unpaid; enter a date by hand where you need one."},
    .action = ACTION_OPEN_ORDER,
    .check = not_reported,
};

static enum check_outcome already_paid(struct rule_run *r)
{
    if (!evidence_found(r, "order"))
        return OUTCOME_NOT_APPLICABLE;
    rule_value_time(r, "d", evidence_time(r, "order.paid_at"));
    rule_value(r, "order", evidence_text(r, "order.id"));
    return passed_if(evidence_time(r, "order.paid_at") == TIME_NONE);
}

static const struct rule d292 = {
    .id = "D-292",
    .family = 'P',
    .questions = QUESTION_PAID,
    .phase = PHASE_LOCAL,
    .evidence = "order",
    .title = {"入金日はまだ入っていません", "There is no paid date yet"},
    .message = {"入金日は{d}で登録済みです。", "The paid date is here: {d}."},
    .fix = {"受注詳細で確認してください。", "See the order."},
    .action = ACTION_OPEN_ORDER,
    .check = already_paid,
};

static enum check_outcome mall_unpaid(struct rule_run *r)
{
    enum check_outcome found = probe_found(r);
    if (found != OUTCOME_PASSED)
        return found;
    struct str state = evidence_text(r, "probe.order.payment_state");
    rule_value(r, "ms", evidence_text(r, "probe.order.mall_status_label"));
    return passed_if(!text_is(state, "unpaid_before_ship") && !text_is(state, "auth_pending") &&
                     !text_is(state, "partial"));
}

static const struct rule d222 = {
    .id = "D-222",
    .family = 'P',
    .questions = QUESTION_PAID | QUESTION_STUCK,
    .phase = PHASE_PROBE,
    .evidence = "probe",
    .title = {"モール側では入金(与信)済みです", "The mall shows it as paid or authorised"},
    .message = {"モール側もまだ入金(与信)されていません(状態「{ms}」)。",
                "The mall also shows it as unpaid (status “{ms}”)."},
    .fix = {"入金されると自動で反映されます。必要なら購入者に連絡してください。",
            "It follows by itself once it is paid; remind the buyer where needed."},
    .check = mall_unpaid,
};

static enum check_outcome paid_there_only(struct rule_run *r)
{
    enum check_outcome found = probe_found(r);
    if (found != OUTCOME_PASSED)
        return found;
    rule_value_time(r, "d", evidence_time(r, "probe.order.paid_at"));
    rule_value(r, "no", evidence_text(r, "order.order_no"));
    return passed_if(evidence_time(r, "probe.order.paid_at") == TIME_NONE ||
                     evidence_time(r, "order.paid_at") != TIME_NONE);
}

static const struct rule d231 = {
    .id = "D-231",
    .family = 'P',
    .questions = QUESTION_PAID,
    .phase = PHASE_PROBE,
    .evidence = "probe order",
    .title = {"モールだけに入金日がある状態ではありません", "No paid date waits at the mall"},
    .message = {"モールには入金日({d})があり、こちらの再確認がまだです。",
                "The mall has a paid date ({d}) that was not read yet."},
    .fix = {"注文を再取得してください。", "Read the order again."},
    .action = ACTION_REREAD,
    .effect = {"注文{no}を再取得します。", "Reads order {no} again."},
    .check = paid_there_only,
};

static bool has_mark(struct rule_run *r, const char *mark)
{
    struct json one;
    for (struct json_iter i = json_iterate(evidence_at(r, "order.marks")); json_next(&i, &one);)
        if (text_is(json_str(one), mark))
            return true;
    return false;
}

static enum check_outcome held(struct rule_run *r)
{
    static const struct {
        const char *mark;
        struct label label;
    } reasons[] = {
        {"hold", {"モールで保留", "on hold at the mall"}},
        {"fraud_review", {"不正注文の審査中", "under fraud review"}},
        {"amount_undetermined", {"金額未確定", "an amount is not settled"}},
        {"address_unknown", {"お届け先未定", "no address yet"}},
        {"cancel_arrived", {"キャンセルが届いている", "a cancellation has arrived"}},
        {"drift", {"モールとの食い違い", "the mall shows something else"}},
        {"total_mismatch", {"合計金額の不一致", "the amounts don't add up"}},
        {"read_only", {"購入者がキャンセルできる時間内", "within the buyer's cancel window"}},
        {"unmapped", {"未変換の値がある", "a value has no mapping"}},
    };
    struct str ja = STR(""), en = STR("");
    if (!evidence_found(r, "order"))
        return OUTCOME_NOT_APPLICABLE;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (!has_mark(r, reasons[i].mark))
            continue;
        ja = arena_printf(r->arena, "%.*s%s%s", STR_ARG(ja), ja.n ? "、" : "", reasons[i].label.ja);
        en = arena_printf(r->arena, "%.*s%s%s", STR_ARG(en), en.n ? ", " : "", reasons[i].label.en);
    }
    rule_value_in(r, "reasons", ja, en);
    rule_value(r, "order", evidence_text(r, "order.id"));
    return passed_if(ja.n == 0);
}

static const struct rule d242 = {
    .id = "D-242",
    .family = 'S',
    .questions = QUESTION_STUCK | QUESTION_WRITEBACK,
    .phase = PHASE_LOCAL,
    .evidence = "order",
    .title = {"注文を止める印はありません", "No mark holds the order"},
    .message = {"次の理由で止まっています: {reasons}", "It is held by: {reasons}"},
    .fix = {"受注詳細で理由を解消してください。", "Resolve it on the order."},
    .action = ACTION_OPEN_ORDER,
    .check = held,
};

static enum check_outcome payment_holds(struct rule_run *r)
{
    int state = payment_state_from_name(evidence_text(r, "order.payment_state"));
    if (!evidence_found(r, "order") || state < 0)
        return OUTCOME_NOT_APPLICABLE;
    rule_value_in(r, "ps", str_from(payment_state_label((enum payment_state)state, false)),
                  str_from(payment_state_label((enum payment_state)state, true)));
    return passed_if(payment_allows_shipping((enum payment_state)state));
}

static const struct rule d293 = {
    .id = "D-293",
    .family = 'S',
    .questions = QUESTION_STUCK,
    .phase = PHASE_LOCAL,
    .evidence = "order",
    .title = {"入金状態は出荷できる状態です", "The payment allows shipping"},
    .message = {"入金状態が「{ps}」のため、まだ出荷できません。",
                "The payment is “{ps}”, so it can't be shipped yet."},
    .fix = {"入金・与信を待つか、モールで確認してください。", "Wait for it, or look at the mall."},
    .action = ACTION_REREAD,
    .check = payment_holds,
};

static enum check_outcome mall_state_holds(struct rule_run *r)
{
    struct str state = evidence_text(r, "order.state");
    if (!evidence_found(r, "order"))
        return OUTCOME_NOT_APPLICABLE;
    rule_value(r, "ms", evidence_text(r, "order.mall_status_label"));
    return passed_if(!text_is(state, "provisional") && !text_is(state, "mall_processing"));
}

static const struct rule d017 = {
    .id = "D-017",
    .family = 'F',
    .questions = QUESTION_STUCK,
    .phase = PHASE_LOCAL,
    .evidence = "order",
    .title = {"モールの処理は終わっています", "The mall has released it"},
    .message = {"モール側で処理中です({ms})。確定後に自動で進みます。",
                "The mall is still processing it ({ms}); it goes on by itself."},
    .fix = {"そのままお待ちください。", "Wait."},
    .check = mall_state_holds,
};

static enum check_outcome state_differs(struct rule_run *r)
{
    enum check_outcome found = probe_found(r);
    if (found != OUTCOME_PASSED)
        return found;
    rule_value(r, "ms", evidence_text(r, "probe.order.mall_status_label"));
    rule_value(r, "ours", evidence_text(r, "order.mall_status_label"));
    rule_value(r, "no", evidence_text(r, "order.order_no"));
    return str_eq(evidence_text(r, "probe.order.mall_status"),
                  evidence_text(r, "order.mall_status"))
               ? OUTCOME_PASSED
               : OUTCOME_FAILED;
}

static const struct rule d051 = {
    .id = "D-051",
    .family = 'S',
    .questions = QUESTION_STUCK | QUESTION_PAID,
    .phase = PHASE_PROBE,
    .evidence = "probe order",
    .title = {"モールの状態はこちらの記録と同じです", "The mall's state is the one we have"},
    .message = {"モールでは「{ms}」に進んでいます(こちらの記録は「{ours}」)。",
                "The mall has moved on to “{ms}” (we have “{ours}”)."},
    .fix = {"注文を再取得してください。", "Read the order again."},
    .action = ACTION_REREAD,
    .effect = {"注文{no}を再取得します。", "Reads order {no} again."},
    .check = state_differs,
};

static enum check_outcome moved_by_hand(struct rule_run *r)
{
    struct json event;
    if (!evidence_found(r, "order"))
        return OUTCOME_NOT_APPLICABLE;
    struct str role = evidence_text(r, "order.work_status.role");
    if (!text_is(role, "hold"))
        return OUTCOME_PASSED;
    rule_value_in(r, "st", evidence_text(r, "order.work_status.name"),
                  evidence_text(r, "order.work_status.name_en"));
    struct str who = STR("—");
    time_ms when = TIME_NONE;
    for (struct json_iter i = json_iterate(evidence_at(r, "events")); json_next(&i, &event);) {
        if (!text_is(json_str(json_get(event, "kind")), "moved"))
            continue;
        who = json_str(json_get(event, "actor"));
        json_int(json_get(event, "at"), &when);
        break;
    }
    rule_value(r, "user", who);
    rule_value_time(r, "dt", when);
    return OUTCOME_FAILED;
}

static const struct rule d243 = {
    .id = "D-243",
    .family = 'S',
    .questions = QUESTION_STUCK,
    .phase = PHASE_LOCAL,
    .evidence = "order events",
    .title = {"保留のステータスではありません", "It isn't in a holding status"},
    .message = {"「{st}」に置かれています({dt}、{user})。",
                "It was put into “{st}” by {user} at {dt}."},
    .fix = {"作業のステータスへ移してください。", "Move it to a working status."},
    .action = ACTION_OPEN_ORDER,
    .check = moved_by_hand,
};

const struct rule *const rules_paid[] = {
    &d292, &d221, &d242, &d243, &d293, &d017, &d051, &d222, &d231, NULL,
};
