// SPDX-License-Identifier: Apache-2.0
//
// What checks are written with: reading the evidence by path, and giving values to texts. A path is
// "probe.state"; evidence.h lists them.
#ifndef JUCHU_DIAGNOSIS_RULE_H
#define JUCHU_DIAGNOSIS_RULE_H

#include "diagnosis/diagnosis.h"

struct json evidence_at(const struct rule_run *r, const char *path);
struct str evidence_text(const struct rule_run *r, const char *path); // "" if absent
int64_t evidence_int(const struct rule_run *r, const char *path, int64_t otherwise);
time_ms evidence_time(const struct rule_run *r, const char *path); // TIME_NONE if absent
bool evidence_true(const struct rule_run *r, const char *path);
// True when the section is there at all (also as null: "looked for, and not there").
bool evidence_has(const struct rule_run *r, const char *path);
// True when it is there and not null.
bool evidence_found(const struct rule_run *r, const char *path);
bool text_is(struct str text, const char *literal);

// A value for a placeholder and the action: the same in both languages, or each its own.
void rule_value(struct rule_run *r, const char *name, struct str value);
void rule_value_in(struct rule_run *r, const char *name, struct str ja, struct str en);
void rule_value_int(struct rule_run *r, const char *name, int64_t value);
// As "2026/11/24 08:30" in Japan; a day alone when it is midnight there.
void rule_value_time(struct rule_run *r, const char *name, time_ms at);
// Label of a mall's status choice ("発送待ち") or the value itself.
void rule_value_status(struct rule_run *r, const char *name, struct str choice);
// Labels of a comma-separated list of choices.
void rule_value_statuses(struct rule_run *r, const char *name, struct str choices);

// Returns OUTCOME_UNKNOWN and notes which section was missing.
enum check_outcome rule_unknown(struct rule_run *r, const char *section);
static inline enum check_outcome passed_if(bool passed)
{
    return passed ? OUTCOME_PASSED : OUTCOME_FAILED;
}
// The probe of the order: PASSED when it was read, NOT_APPLICABLE when the mall says there is none,
// UNKNOWN when it wasn't made or failed.
enum check_outcome probe_found(struct rule_run *r);
// The error of the last call that says something about the credentials: of the probe, the
// connection test, or the last run; a JSON object as stored ("class", "code", "peer_code" …).
struct json last_refusal(struct rule_run *r);

// FAILED when the last refusal (last_refusal) has one of the rule's codes or classes; gives the
// values {code}, {dt} (when that happened). PASSED when a call has succeeded since.
enum check_outcome check_refusal(struct rule_run *r);
// FAILED when what is owed for the order (or, of a shop's question, for any of its orders) waits or
// was refused for one of the rule's codes; gives {no}, {st}, {f} (what is missing, in words),
// {code}, {n} and {oldest} of a shop's question. NOT_APPLICABLE when nothing was ever to be told.
enum check_outcome check_notice(struct rule_run *r);
// FAILED when the mall's status of the order isn't among the shop's 取得ステータス; gives {ms},
// {set}, {status} and {no}. What the probe says counts more than what was listed.
enum check_outcome check_status_filter(struct rule_run *r);
// Whether an error code or class name is among the rule's codes.
bool rule_has_code(const struct rule *rule, struct str code, struct str class);
// The kept credential of this kind; JSON_MISSING if there is none.
struct json credential_of(struct rule_run *r, const char *kind);
// FAILED when the credential's end has passed; SUSPECT within `days` of it. Gives {d} and {key}.
enum check_outcome credential_ends(struct rule_run *r, const char *kind, int days);

extern const struct rule *const rules_common[];
extern const struct rule *const rules_rakuten[];
extern const struct rule *const rules_yahoo[];
extern const struct rule *const rules_write[];
extern const struct rule *const rules_paid[];

#endif
