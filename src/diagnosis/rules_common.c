// SPDX-License-Identifier: Apache-2.0
//
// Rules of every mall about fetching: what is known here, the schedule, coverage and listings.
// Within a phase the table at the end is the order of checking.
#include "diagnosis/rule.h"

static enum check_outcome already_here(struct rule_run *r)
{
    if (!evidence_found(r, "order"))
        return evidence_has(r, "order") ? OUTCOME_PASSED : rule_unknown(r, "order");
    rule_value(r, "no", evidence_text(r, "order.order_no"));
    rule_value(r, "order", evidence_text(r, "order.id"));
    rule_value_time(r, "dt", evidence_time(r, "order.fetched_at"));
    rule_value_in(r, "st", evidence_text(r, "order.work_status.name"),
                  evidence_text(r, "order.work_status.name_en"));
    return OUTCOME_FAILED;
}

static const struct rule d001 = {
    .id = "D-001",
    .starred = true,
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_LOCAL,
    .evidence = "order asked",
    .title = {"まだ取り込まれていない注文です", "The order isn't here yet"},
    .message = {"注文{no}は{dt}に取り込み済みです。現在のステータスは「{st}」です。",
                "Order {no} was imported at {dt}; its status is “{st}”."},
    .fix = {"受注詳細を開くか、一覧の絞り込みを解除してください。",
            "Open it, or clear the filter of the list."},
    .action = ACTION_OPEN_ORDER,
    .check = already_here,
};

static enum check_outcome foreign_pattern(struct rule_run *r)
{
    struct str pattern = evidence_text(r, "asked.mall");
    struct json shop;
    for (struct json_iter i = json_iterate(evidence_at(r, "other_shops")); json_next(&i, &shop);) {
        if (json_str(json_get(shop, "order_id")).n == 0)
            continue;
        rule_value(r, "shop2", json_str(json_get(shop, "name")));
        rule_value(r, "order", json_str(json_get(shop, "order_id")));
        rule_value(r, "mall", r->mall ? str_from(r->mall->name.ja) : STR(""));
        return OUTCOME_FAILED;
    }
    if (pattern.n == 0 || !r->mall || text_is(pattern, r->mall->id))
        return OUTCOME_PASSED;
    const struct mall *other = mall_by_id(pattern);
    rule_value_in(r, "mall", str_from(r->mall->name.ja), str_from(r->mall->name.en));
    rule_value_in(r, "shop2", other ? str_from(other->name.ja) : pattern,
                  other ? str_from(other->name.en) : pattern);
    return OUTCOME_FAILED;
}

static const struct rule d003 = {
    .id = "D-003",
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_LOCAL,
    .evidence = "asked other_shops",
    .title = {"番号の形式は店舗のモールと合っています", "The number has this mall's form"},
    .message = {"番号の形式が{mall}のものと異なります。{shop2}の注文ではありませんか。",
                "This number does not look like a {mall} order; it may belong to {shop2}."},
    .fix = {"店舗を選び直してください。", "Choose the right shop."},
    .action = ACTION_OPEN_ORDER,
    .check = foreign_pattern,
};

static enum check_outcome linked(struct rule_run *r)
{
    struct json link;
    for (struct json_iter i = json_iterate(evidence_at(r, "links")); json_next(&i, &link);) {
        rule_value(r, "no", evidence_text(r, "asked.number"));
        rule_value(r, "no2", json_str(json_get(link, "order_no")));
        rule_value(r, "order", json_str(json_get(link, "order_id")));
        return OUTCOME_FAILED;
    }
    return evidence_has(r, "links") ? OUTCOME_PASSED : rule_unknown(r, "order");
}

static const struct rule d004 = {
    .id = "D-004",
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_LOCAL,
    .evidence = "links",
    .title = {"ほかの注文への同梱・分割の記録はありません",
              "It was not bundled into, split or copied from another order"},
    .message = {"注文{no}は{no2}に同梱(または分割)されています。",
                "Order {no} was bundled into, or split from, {no2}."},
    .fix = {"親の注文を開いてください。", "Open the parent."},
    .action = ACTION_OPEN_ORDER,
    .check = linked,
};

static enum check_outcome automatic_off(struct rule_run *r)
{
    bool off = evidence_has(r, "shop.enabled") && !evidence_true(r, "shop.enabled");
    bool no_fetch = text_is(evidence_text(r, "shop.settings.auto_fetch"), "false");
    struct json change;
    if (!evidence_has(r, "shop"))
        return rule_unknown(r, "schedule");
    if (!off && !no_fetch)
        return OUTCOME_PASSED;
    rule_value(r, "shop", evidence_text(r, "shop.name"));
    rule_value(r, "key", off ? STR("enabled") : STR("auto_fetch"));
    struct str who = STR("—");
    time_ms at = TIME_NONE;
    for (struct json_iter i = json_iterate(evidence_at(r, "setting_changes"));
         json_next(&i, &change);) {
        if (!text_is(json_str(json_get(change, "key")), off ? "enabled" : "auto_fetch"))
            continue;
        who = json_str(json_get(change, "actor"));
        json_int(json_get(change, "at"), &at);
        break;
    }
    rule_value(r, "user", who);
    rule_value_time(r, "dt", at);
    return OUTCOME_FAILED;
}

static const struct rule d007 = {
    .id = "D-007",
    .family = 'F',
    .questions = QUESTIONS_FETCH,
    .phase = PHASE_MACHINE,
    .evidence = "shop setting_changes",
    .title = {"自動取得は有効です", "Automatic fetch is on"},
    .message = {"{shop}の自動取得は停止中です({dt}、{user}が変更)。",
                "Automatic fetch of {shop} is off (changed by {user} at {dt})."},
    .fix = {"自動取得を有効にしてください。", "Turn it on."},
    .action = ACTION_SWITCH_ON,
    .effect = {"{shop}の自動取得を再開し、止まっていた間の注文も取り込みます。",
               "Fetching of {shop} goes on, the time in between included."},
    .check = automatic_off,
};

#define MINUTE_MS (60 * INT64_C(1000))

static enum check_outcome scheduler_silent(struct rule_run *r)
{
    time_ms serving = evidence_time(r, "schedule.serving_at");
    if (!evidence_has(r, "schedule"))
        return rule_unknown(r, "schedule");
    if (text_is(evidence_text(r, "shop.settings.auto_fetch"), "false") ||
        !evidence_true(r, "shop.enabled"))
        return OUTCOME_NOT_APPLICABLE;
    time_ms next = evidence_time(r, "schedule.next_fetch_at");
    // While the mall refuses us, nothing is due; why it does is another check.
    if (evidence_time(r, "schedule.blocked_until") > r->now)
        return OUTCOME_NOT_APPLICABLE;
    // A little late is normal: other shops are due at the same time.
    time_ms late = next == TIME_NONE || next > r->now ? 0 : r->now - next;
    if (serving != TIME_NONE && serving > r->now - 5 * MINUTE_MS && late < 30 * MINUTE_MS)
        return OUTCOME_PASSED;
    if (late < 10 * MINUTE_MS)
        return OUTCOME_PASSED;
    rule_value_int(r, "n", late / MINUTE_MS);
    return OUTCOME_FAILED;
}

static const struct rule d008 = {
    .id = "D-008",
    .family = 'F',
    .questions = QUESTIONS_FETCH | QUESTIONS_WRITE,
    .phase = PHASE_MACHINE,
    .evidence = "schedule",
    .title = {"自動取得は予定どおり動いています", "The schedule is being kept"},
    .message = {"自動取得の実行が{n}分止まっています。", "The automatic run is {n} minutes late."},
    .fix = {"サーバー(juchu serve)が動いているか確認し、再起動してください。",
            "See whether the server (juchu serve) is running, and restart it."},
    .check = scheduler_silent,
};

static enum check_outcome no_status(struct rule_run *r)
{
    if (!evidence_has(r, "shop.settings.fetch_statuses"))
        return evidence_has(r, "shop") ? OUTCOME_NOT_APPLICABLE : rule_unknown(r, "schedule");
    rule_value(r, "key", STR("fetch_statuses"));
    return passed_if(str_trim(evidence_text(r, "shop.settings.fetch_statuses")).n > 0);
}

static const struct rule d019 = {
    .id = "D-019",
    .family = 'F',
    .questions = QUESTIONS_FETCH,
    .phase = PHASE_COVERAGE,
    .evidence = "shop",
    .title = {"取得ステータスが選ばれています", "Statuses to fetch are chosen"},
    .message = {"取得対象のステータスが1つも選ばれていません。",
                "No status is selected for fetching."},
    .fix = {"取得ステータスを1つ以上選んでください。", "Choose at least one."},
    .action = ACTION_OPEN_SETTINGS,
    .check = no_status,
};

// What the next run lists anyway is no gap.
static bool is_just_now(struct rule_run *r, time_ms from)
{
    int64_t minutes = 15;
    str_to_int64(evidence_text(r, "shop.settings.fetch_interval_minutes"), &minutes);
    return from > r->now - 2 * minutes * MINUTE_MS;
}

static enum check_outcome in_a_gap(struct rule_run *r)
{
    struct json gap;
    struct str basis = evidence_text(r, "coverage.main_basis");
    time_ms at = evidence_time(r, "probe.order.ordered_at");
    if (at == TIME_NONE)
        at = evidence_time(r, "listing.ordered_at");
    if (!evidence_has(r, "coverage"))
        return rule_unknown(r, "coverage");
    // A listed order was covered, whatever the windows say.
    if (evidence_found(r, "listing"))
        return OUTCOME_PASSED;
    for (struct json_iter i = json_iterate(evidence_at(r, "coverage.gaps")); json_next(&i, &gap);) {
        int64_t from = 0, to = 0, limit = TIME_NONE;
        json_int(json_get(gap, "from"), &from);
        json_int(json_get(gap, "to"), &to);
        json_int(json_get(gap, "lost_after"), &limit);
        if ((at != TIME_NONE && (at < from || at >= to)) || is_just_now(r, from) ||
            !str_eq(json_str(json_get(gap, "basis")), basis))
            continue;
        rule_value_time(r, "dt1", from);
        rule_value_time(r, "dt2", to);
        rule_value_time(r, "limit", limit);
        rule_value_int(r, "from", from);
        rule_value_int(r, "to", to);
        // A gap that is still growing has a cause of its own, which other checks find.
        if (to > r->now - 2 * MINUTE_MS)
            return OUTCOME_SUSPECT;
        return at != TIME_NONE || r->question == QUESTION_SHOP ? OUTCOME_FAILED : OUTCOME_SUSPECT;
    }
    return OUTCOME_PASSED;
}

static const struct rule d012 = {
    .id = "D-012",
    .family = 'F',
    .questions = QUESTIONS_FETCH,
    .phase = PHASE_COVERAGE,
    .evidence = "coverage runs",
    .title = {"この期間の注文一覧は取得済みです", "That time has been listed completely"},
    .message = {"{dt1}〜{dt2}は取得できていない期間です。{limit}までなら自動で取り直せます。",
                "{dt1}–{dt2} was never listed. It can be refilled until {limit}."},
    .fix = {"この期間を取り直してください。期限を過ぎた分はモールのCSVで取り込めます。",
            "Fetch that time again; past the limit use the mall's CSV."},
    .action = ACTION_FILL_GAP,
    .effect = {"{dt1}〜{dt2}の注文一覧を取り直します。", "Lists {dt1}–{dt2} again."},
    .check = in_a_gap,
};

static enum check_outcome quarantined(struct rule_run *r)
{
    if (!evidence_found(r, "quarantine"))
        return evidence_has(r, "quarantine") ? OUTCOME_PASSED : rule_unknown(r, "listing");
    rule_value(r, "no", evidence_text(r, "asked.number"));
    rule_value_in(r, "f", evidence_text(r, "quarantine.error.what_ja"),
                  evidence_text(r, "quarantine.error.what_en"));
    return OUTCOME_FAILED;
}

static const struct rule d020 = {
    .id = "D-020",
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_COVERAGE,
    .evidence = "quarantine fetch_items",
    .title = {"読み取れずに保留された記録はありません", "It was not put aside as unreadable"},
    .message = {"注文{no}は受信しましたが、内容を解釈できませんでした: {f}",
                "Order {no} was received but could not be read: {f}"},
    .fix = {"内容は保管されています。再取込で直らなければ開発元へ連絡してください。",
            "It is kept. If reading it again doesn't help, report it."},
    .action = ACTION_IMPORT_ORDER,
    .effect = {"注文{no}を1件、もう一度取り込みます。", "Reads order {no} once more."},
    .check = quarantined,
};

// The parameters are a name and initialisers, no expressions.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define REFUSAL(name, identity, of_questions, of_codes, title_ja, title_en, ja, en, fix_ja, \
                fix_en)                                                                     \
    static const struct rule name = {                                                       \
        .id = identity,                                                                     \
        .family = 'C',                                                                      \
        .questions = of_questions,                                                          \
        .phase = PHASE_CREDENTIAL,                                                          \
        .evidence = "schedule probe runs",                                                  \
        .codes = of_codes,                                                                  \
        .title = {title_ja, title_en},                                                      \
        .message = {ja, en},                                                                \
        .fix = {fix_ja, fix_en},                                                            \
        .check = check_refusal,                                                             \
    }
// NOLINTEND(bugprone-macro-parentheses)

REFUSAL(d026, "D-026", QUESTIONS_FETCH | QUESTIONS_WRITE, "#maintenance", "モールは稼働しています",
        "The mall is up", "モールがメンテナンス(障害)中です。復旧後に自動で取り直します。",
        "The mall is in maintenance; the gap is fetched afterwards.", "そのままお待ちください。",
        "Wait.");
REFUSAL(d027, "D-027", QUESTIONS_FETCH | QUESTIONS_WRITE, "#quota_used_up",
        "呼び出し上限に達していません", "The call limit isn't used up",
        "モールの1日の呼び出し上限に達しました({code})。",
        "The mall's daily call limit is used up ({code}).",
        "翌日まで待つか、モールに上限の引き上げを申請してください。",
        "Wait until tomorrow, or ask the mall for a higher limit.");
REFUSAL(d029, "D-029", QUESTIONS_FETCH | QUESTIONS_WRITE, "#network", "モールに接続できます",
        "The mall can be reached", "モールに接続できません: {what}",
        "The mall can't be reached: {what}",
        "このサーバーのネットワークを確認してください。モールの障害なら自動で再試行します。",
        "Check this server's network; a fault of the mall is retried by itself.");
REFUSAL(d035, "D-035", QUESTIONS_FETCH | QUESTIONS_WRITE,
        "yahoo.not_permitted_key amazon.role_missing makeshop.not_permitted",
        "受注APIの利用は許可されています", "The order API is allowed",
        "モール側で受注APIの利用が許可されていません: {what}",
        "The order API is not enabled on the mall's side: {what}",
        "モールの管理画面で受注APIの利用を有効にしてください。", "Enable it on the mall's side.");

static enum check_outcome blocked(struct rule_run *r)
{
    time_ms until = evidence_time(r, "schedule.blocked_until");
    if (!evidence_has(r, "schedule"))
        return rule_unknown(r, "schedule");
    if (until == TIME_NONE || until <= r->now)
        return OUTCOME_PASSED;
    rule_value_int(r, "n", evidence_int(r, "schedule.failures", 1));
    rule_value(r, "code", evidence_text(r, "schedule.blocked_reason"));
    rule_value_in(r, "what", evidence_text(r, "schedule.last_error.what_ja"),
                  evidence_text(r, "schedule.last_error.what_en"));
    return OUTCOME_SUSPECT;
}

static const struct rule d010 = {
    .id = "D-010",
    .family = 'F',
    .questions = QUESTIONS_FETCH | QUESTIONS_WRITE,
    .phase = PHASE_CREDENTIAL,
    .evidence = "schedule",
    .title = {"連続失敗による一時停止はありません", "It isn't paused after failures"},
    .message = {"失敗が続いたため取得を控えています({n}回)。原因: {what}",
                "Fetching pauses after {n} failures. Cause: {what}"},
    .fix = {"原因を直すと自動で再開します。", "It resumes once the cause is mended."},
    .action = ACTION_TEST_SHOP,
    .check = blocked,
};

static enum check_outcome last_run_failed(struct rule_run *r)
{
    struct json run;
    int failed = 0;
    if (!evidence_has(r, "runs"))
        return rule_unknown(r, "schedule");
    for (struct json_iter i = json_iterate(evidence_at(r, "runs")); json_next(&i, &run);) {
        struct str state = json_str(json_get(run, "state"));
        if (text_is(state, "running") || text_is(state, "queued"))
            continue;
        if (!text_is(state, "failed"))
            break;
        if (failed++ == 0) {
            struct json error = json_get(run, "error");
            rule_value_in(r, "what", json_str(json_get(error, "what_ja")),
                          json_str(json_get(error, "what_en")));
            rule_value(r, "code", json_str(json_get(error, "code")));
        }
    }
    rule_value_int(r, "n", failed);
    return failed == 0 ? OUTCOME_PASSED : failed == 1 ? OUTCOME_SUSPECT : OUTCOME_FAILED;
}

static const struct rule d011 = {
    .id = "D-011",
    .family = 'F',
    .questions = QUESTIONS_FETCH,
    .phase = PHASE_CREDENTIAL,
    .evidence = "runs",
    .title = {"直近の取得は成功しています", "The latest run succeeded"},
    .message = {"直近の取得が{n}回続けてエラーで終了しています: {what}",
                "The latest {n} runs ended with an error: {what}"},
    .fix = {"エラーの内容に従ってください。一時的なものは自動で再試行します。",
            "See that error; passing ones are retried by themselves."},
    .action = ACTION_TEST_SHOP,
    .check = last_run_failed,
};

static enum check_outcome cut_off(struct rule_run *r)
{
    struct json run;
    for (struct json_iter i = json_iterate(evidence_at(r, "runs")); json_next(&i, &run);) {
        int64_t expected = -1, listed = 0;
        json_int(json_get(run, "expected"), &expected);
        json_int(json_get(run, "listed"), &listed);
        struct str state = json_str(json_get(run, "state"));
        if (!text_is(state, "done") && !text_is(state, "partly"))
            continue;
        rule_value_int(r, "n", expected);
        rule_value_int(r, "m", listed);
        return expected > listed ? OUTCOME_SUSPECT : OUTCOME_PASSED;
    }
    return evidence_has(r, "runs") ? OUTCOME_PASSED : rule_unknown(r, "schedule");
}

static const struct rule d014 = {
    .id = "D-014",
    .family = 'F',
    .questions = QUESTIONS_FETCH,
    .phase = PHASE_COVERAGE,
    .evidence = "runs",
    .title = {"一覧は最後まで読めています", "The list was read to its end"},
    .message = {"モールの応答は{n}件ですが、{m}件までしか処理していません。",
                "The mall reported {n} orders; only {m} were read."},
    .fix = {"残りは次回の取得で取り込みます。", "The rest comes with the next run."},
    .action = ACTION_FILL_GAP,
    .check = cut_off,
};

static enum check_outcome just_placed(struct rule_run *r)
{
    time_ms at = evidence_time(r, "probe.order.ordered_at");
    enum check_outcome found = probe_found(r);
    if (found != OUTCOME_PASSED)
        return found;
    if (at == TIME_NONE || at < r->now - 30 * MINUTE_MS)
        return OUTCOME_PASSED;
    rule_value_int(r, "n", (r->now - at) / MINUTE_MS);
    rule_value_time(r, "dt", evidence_time(r, "schedule.next_fetch_at"));
    return evidence_found(r, "listing") ? OUTCOME_PASSED : OUTCOME_SUSPECT;
}

static const struct rule d016 = {
    .id = "D-016",
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_PROBE,
    .evidence = "probe listing schedule",
    .title = {"注文直後ではありません", "It wasn't placed just now"},
    .message = {"{n}分前の注文です。次回の取得({dt})で取り込まれます。",
                "Placed {n} minutes ago; the next run ({dt}) brings it."},
    .fix = {"次回の取得をお待ちください。急ぐ場合は番号で取り込めます。",
            "Wait for the next run, or import it by number."},
    .action = ACTION_IMPORT_ORDER,
    .check = just_placed,
};

static enum check_outcome unknown_at_mall(struct rule_run *r)
{
    struct str state = evidence_text(r, "probe.state");
    if (!evidence_has(r, "probe"))
        return rule_unknown(r, "probe");
    rule_value(r, "no", evidence_text(r, "asked.number"));
    if (text_is(state, "failed"))
        return rule_unknown(r, "probe");
    return passed_if(!text_is(state, "missing"));
}

static const struct rule d294 = {
    .id = "D-294",
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_PROBE,
    .evidence = "probe",
    .title = {"モールに注文があります", "The mall has the order"},
    .message = {"モールに注文{no}はありません(番号違い、別の店舗、または削除済み)。",
                "The mall has no order {no} (wrong number, another shop, or deleted)."},
    .fix = {"番号と店舗を確認してください。", "Check the number and the shop."},
    .check = unknown_at_mall,
};

static enum check_outcome unreadable_now(struct rule_run *r)
{
    if (!evidence_has(r, "probe"))
        return rule_unknown(r, "probe");
    rule_value(r, "no", evidence_text(r, "asked.number"));
    rule_value_in(r, "f", evidence_text(r, "probe.error.what_ja"),
                  evidence_text(r, "probe.error.what_en"));
    return passed_if(!text_is(evidence_text(r, "probe.state"), "unreadable"));
}

static const struct rule d020_probe = {
    .id = "D-020p",
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_DRY_RUN,
    .evidence = "probe",
    .title = {"モールの応答は読み取れます", "The mall's answer can be read"},
    .message = {"注文{no}の応答を解釈できません: {f}",
                "The answer about order {no} can't be read: {f}"},
    .fix = {"開発元へ連絡してください。", "Report it."},
    .check = unreadable_now,
};

// Everything fits and it still isn't here: it can be had now.
static enum check_outcome can_be_had(struct rule_run *r)
{
    enum check_outcome found = probe_found(r);
    if (found != OUTCOME_PASSED)
        return found;
    rule_value(r, "no", evidence_text(r, "asked.number"));
    return evidence_found(r, "order") ? OUTCOME_PASSED : OUTCOME_FAILED;
}

static const struct rule d002 = {
    .id = "D-002",
    .starred = true,
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_DRY_RUN,
    .evidence = "probe runs",
    .title = {"取り込めるのに取り込まれていない注文ではありません",
              "It isn't waiting to be fetched"},
    .message = {"この注文はモール側に存在し、取得条件にも合っています。今すぐ取り込めます。",
                "The mall has this order and it matches your settings. It can be imported now."},
    .fix = {"番号を指定して取り込んでください。", "Import it by number."},
    .action = ACTION_IMPORT_ORDER,
    .effect = {"注文{no}を1件取り込みます。", "Imports order {no}."},
    .check = can_be_had,
};

static enum check_outcome recent_change(struct rule_run *r)
{
    struct json change;
    time_ms trouble = evidence_time(r, "schedule.last_success_at");
    if (!evidence_has(r, "setting_changes"))
        return rule_unknown(r, "schedule");
    if (trouble == TIME_NONE)
        trouble = r->now;
    for (struct json_iter i = json_iterate(evidence_at(r, "setting_changes"));
         json_next(&i, &change);) {
        int64_t at = 0;
        json_int(json_get(change, "at"), &at);
        // First settings of a new shop are no change, nor is what a connector learned.
        if (text_is(json_str(json_get(change, "actor")), "Juchu") ||
            at < trouble - 48 * 60 * MINUTE_MS || !json_str(json_get(change, "before")).p)
            continue;
        rule_value_time(r, "dt", at);
        rule_value(r, "user", json_str(json_get(change, "actor")));
        rule_value(r, "setting", json_str(json_get(change, "key")));
        rule_value(r, "key", json_str(json_get(change, "key")));
        return OUTCOME_SUSPECT;
    }
    return OUTCOME_PASSED;
}

static const struct rule d032 = {
    .id = "D-032",
    .family = 'C',
    .questions = QUESTION_SHOP | QUESTION_REFLECT,
    .phase = PHASE_CREDENTIAL,
    .evidence = "setting_changes",
    .title = {"直前の設定変更はありません", "No setting was changed shortly before"},
    .message = {"{dt}に{user}が「{setting}」を変更しています。",
                "{user} changed “{setting}” at {dt}."},
    .fix = {"変更の内容を確認してください。", "Check that change."},
    .action = ACTION_OPEN_SETTINGS,
    .check = recent_change,
};

static enum check_outcome before_connection(struct rule_run *r)
{
    time_ms at = evidence_time(r, "probe.order.ordered_at"), since;
    enum check_outcome found = probe_found(r);
    if (found != OUTCOME_PASSED)
        return found;
    int64_t days = 7;
    str_to_int64(evidence_text(r, "shop.settings.fetch_days"), &days);
    since = evidence_time(r, "shop.connected_at");
    rule_value_time(r, "dt", since);
    rule_value(r, "no", evidence_text(r, "asked.number"));
    return passed_if(at == TIME_NONE || since == TIME_NONE || evidence_found(r, "listing") ||
                     at >= since - days * 24 * 60 * MINUTE_MS);
}

static const struct rule d033 = {
    .id = "D-033",
    .family = 'F',
    .questions = QUESTION_ORDER,
    .phase = PHASE_PROBE,
    .evidence = "probe shop",
    .title = {"接続後の注文です", "It was placed after the shop was connected"},
    .message = {"接続開始({dt})より前の注文は自動取得の対象外です。",
                "Orders older than the connection ({dt}) are not fetched."},
    .fix = {"期間または番号を指定して一度だけ取り込んでください。",
            "Fetch it once by range or number."},
    .action = ACTION_IMPORT_ORDER,
    .effect = {"注文{no}を1件取り込みます。", "Imports order {no}."},
    .check = before_connection,
};

const struct rule *const rules_common[] = {
    &d001, &d003, &d004, &d007, &d008, &d019, &d012, &d014, &d020,       &d026, &d027,
    &d029, &d035, &d010, &d011, &d032, &d294, &d033, &d016, &d020_probe, &d002, NULL,
};
