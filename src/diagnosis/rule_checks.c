// SPDX-License-Identifier: Apache-2.0
//
// Checks that many rules share: looking for an error by its code, for the reason why a notice
// waits, and for a credential's end.
#include "diagnosis/rule.h"

bool rule_has_code(const struct rule *rule, struct str code, struct str class)
{
    struct str rest = str_from(rule->codes), one;
    while (str_split(&rest, ' ', &one)) {
        if (one.n == 0)
            continue;
        if (one.p[0] == '#' && str_eq(str_slice(one, 1, one.n), class))
            return true;
        if (one.p[one.n - 1] == '*' && str_starts(code, str_slice(one, 0, one.n - 1)))
            return true;
        if (str_eq(one, code))
            return true;
    }
    return false;
}

static struct str member(struct json object, const char *key)
{
    struct str text = json_str(json_get(object, key));
    return text.p ? text : STR("");
}

// Troubles that a mall tells beside a good answer (Yahoo's key status) stand with the credential.
static bool credential_trouble(struct rule_run *r)
{
    struct json one;
    for (struct json_iter i = json_iterate(evidence_at(r, "credentials")); json_next(&i, &one);) {
        int64_t ok = TIME_NONE, bad = TIME_NONE;
        json_int(json_get(one, "last_ok_at"), &ok);
        json_int(json_get(one, "last_error_at"), &bad);
        if (bad == TIME_NONE || bad < ok ||
            !rule_has_code(r->rule, member(one, "last_error_code"), STR("")))
            continue;
        rule_value(r, "code", member(one, "last_error_code"));
        rule_value(r, "key", member(one, "kind"));
        rule_value_in(r, "what", member(one, "label_ja"), member(one, "label_en"));
        rule_value_time(r, "dt", bad);
        return true;
    }
    return false;
}

enum check_outcome check_refusal(struct rule_run *r)
{
    struct json error = last_refusal(r);
    if (credential_trouble(r))
        return OUTCOME_FAILED;
    if (json_is_null(error)) {
        if (evidence_found(r, "probe.order") || text_is(evidence_text(r, "probe.state"), "missing"))
            return OUTCOME_PASSED; // the mall answered: it let us in
        bool ran = evidence_time(r, "schedule.last_success_at") != TIME_NONE;
        return ran ? OUTCOME_PASSED : rule_unknown(r, "probe");
    }
    struct str code = member(error, "code");
    if (!rule_has_code(r->rule, code, member(error, "class")))
        return OUTCOME_PASSED;
    rule_value_in(r, "what", member(error, "what_ja"), member(error, "what_en"));
    rule_value(r, "code", member(error, "peer_code").n ? member(error, "peer_code") : code);
    rule_value_time(r, "dt", evidence_time(r, "schedule.last_run_at"));
    return OUTCOME_FAILED;
}

static enum check_outcome check_owed(struct rule_run *r)
{
    struct json row;
    int64_t count = 0, oldest = TIME_NONE;
    if (!evidence_has(r, "owed"))
        return rule_unknown(r, "writeback");
    for (struct json_iter i = json_iterate(evidence_at(r, "owed")); json_next(&i, &row);) {
        int64_t n = 0, since = 0;
        if (!rule_has_code(r->rule, member(row, "reason"), STR("")))
            continue;
        json_int(json_get(row, "count"), &n);
        json_int(json_get(row, "oldest_at"), &since);
        count += n;
        if (oldest == TIME_NONE || since < oldest)
            oldest = since;
    }
    if (!count)
        return OUTCOME_PASSED;
    rule_value(r, "no", STR(""));
    rule_value(r, "f", STR(""));
    rule_value_in(r, "st", STR("—"), STR("—"));
    rule_value(r, "code", STR(""));
    rule_value_int(r, "n", count);
    rule_value_time(r, "oldest", oldest);
    return OUTCOME_FAILED;
}

enum check_outcome check_notice(struct rule_run *r)
{
    if (r->question == QUESTION_REFLECT)
        return check_owed(r);
    if (!evidence_has(r, "writeback"))
        return rule_unknown(r, "writeback");
    struct json notice = evidence_at(r, "writeback");
    struct json preflight = evidence_at(r, "preflight"), error = json_get(notice, "error");
    if (json_is_null(notice) && json_is_null(preflight))
        return OUTCOME_NOT_APPLICABLE;
    bool waits = !json_is_null(preflight) && !json_true(json_get(preflight, "ok")) &&
                 rule_has_code(r->rule, member(preflight, "code"), STR(""));
    int64_t state = -1;
    json_int(json_get(notice, "state"), &state);
    // What was verified, replaced or given up has no reason any more.
    bool open = json_true(json_get(notice, "owed")) || state == 8;
    bool refused = open && (rule_has_code(r->rule, member(notice, "reason"), STR("")) ||
                            rule_has_code(r->rule, member(error, "code"), member(error, "class")));
    if (!waits && !refused)
        return OUTCOME_PASSED;
    struct json why = waits ? preflight : error;
    rule_value(r, "no", evidence_text(r, "order.order_no"));
    rule_value(r, "order", evidence_text(r, "order.id"));
    rule_value(r, "writeback", member(notice, "id"));
    rule_value_in(r, "st", evidence_text(r, "order.work_status.name"),
                  evidence_text(r, "order.work_status.name_en"));
    rule_value_in(r, "f", member(why, "what_ja"), member(why, "what_en"));
    rule_value(r, "code",
               member(error, "peer_code").n ? member(error, "peer_code")
                                            : member(notice, "reason"));
    rule_value(r, "ms",
               evidence_text(r, evidence_found(r, "probe.order") ? "probe.order.mall_status_label"
                                                                 : "order.mall_status_label"));
    rule_value_int(r, "n", 1);
    return OUTCOME_FAILED;
}

struct json credential_of(struct rule_run *r, const char *kind)
{
    struct json one;
    for (struct json_iter i = json_iterate(evidence_at(r, "credentials")); json_next(&i, &one);)
        if (text_is(member(one, "kind"), kind))
            return one;
    return (struct json){0};
}

#define DAY_MS (INT64_C(86400000))

enum check_outcome credential_ends(struct rule_run *r, const char *kind, int days)
{
    struct json credential = credential_of(r, kind);
    int64_t end = TIME_NONE;
    if (!evidence_has(r, "credentials"))
        return rule_unknown(r, "credentials");
    if (!json_exists(credential) || !json_int(json_get(credential, "expires_at"), &end))
        return OUTCOME_NOT_APPLICABLE; // kept apart: "the end isn't known" is another check
    rule_value_time(r, "d", end);
    rule_value(r, "key", str_from(kind));
    rule_value_int(r, "days", end > r->now ? (end - r->now) / DAY_MS : 0);
    if (end <= r->now)
        return OUTCOME_FAILED;
    return end <= r->now + days * DAY_MS ? OUTCOME_SUSPECT : OUTCOME_PASSED;
}

// What the shop's settings take: asked of the connector, which knows its modes.
static bool shop_takes(struct rule_run *r, struct str choice)
{
    struct json settings = evidence_at(r, "shop.settings"), value;
    struct setting_value values[64];
    struct mall_account account = {.mall = r->mall, .values = values};
    for (struct json_iter i = json_iterate(settings);
         json_next(&i, &value) && account.value_count < sizeof values / sizeof values[0];)
        values[account.value_count++] = (struct setting_value){i.key, json_str(value)};
    return r->mall && r->mall->takes_status
               ? r->mall->takes_status(&account, choice)
               : account_has_choice(&account, "fetch_statuses", choice);
}

enum check_outcome check_status_filter(struct rule_run *r)
{
    struct str choice = evidence_text(r, "probe.order.status_choice");
    if (choice.n == 0)
        choice = evidence_text(r, "listing.status_choice");
    if (choice.n == 0)
        return probe_found(r) == OUTCOME_UNKNOWN ? OUTCOME_UNKNOWN : OUTCOME_NOT_APPLICABLE;
    if (shop_takes(r, choice))
        return OUTCOME_PASSED;
    rule_value_status(r, "ms", choice);
    rule_value_statuses(r, "set", evidence_text(r, "shop.settings.fetch_statuses"));
    rule_value(r, "status", choice);
    rule_value(r, "no", evidence_text(r, "asked.number"));
    return OUTCOME_FAILED;
}
