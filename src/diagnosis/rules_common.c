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

const struct rule *const rules_common[] = {
    &d001, &d003, &d004, &d007, &d008, &d019, &d012, &d020, NULL,
};
