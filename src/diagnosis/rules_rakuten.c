// SPDX-License-Identifier: Apache-2.0
//
// Rules of Rakuten. Wire facts: rakuten.md; codes and texts of refusals come from the connector's
// classes.
#include "diagnosis/rule.h"

static enum check_outcome status_outside(struct rule_run *r)
{
    struct str choice = evidence_text(r, "probe.order.status_choice");
    if (choice.n == 0)
        choice = evidence_text(r, "listing.status_choice");
    if (choice.n == 0)
        return probe_found(r) == OUTCOME_UNKNOWN ? OUTCOME_UNKNOWN : OUTCOME_NOT_APPLICABLE;
    struct str set = evidence_text(r, "shop.settings.fetch_statuses"), rest = set, one;
    while (str_split(&rest, ',', &one))
        if (str_eq(str_trim(one), choice))
            return OUTCOME_PASSED;
    rule_value_status(r, "ms", choice);
    rule_value_statuses(r, "set", set);
    rule_value(r, "status", choice);
    rule_value(r, "no", evidence_text(r, "asked.number"));
    return OUTCOME_FAILED;
}

static const struct rule d040 = {
    .id = "D-040",
    .starred = true,
    .mall = "rakuten",
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
    .check = status_outside,
};

const struct rule *const rules_rakuten[] = {&d040, NULL};
