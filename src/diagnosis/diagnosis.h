// SPDX-License-Identifier: Apache-2.0
//
// Why is this order not here, why is this shipment not reflected? The decision table as code: each
// rule is data and one pure function over an evidence document (evidence.h). Gathering evidence is
// apart from judging it, so that a verdict can be replayed later without the mall, and so that
// every rule can be tested by a few lines of JSON. Nothing here does I/O.
#ifndef JUCHU_DIAGNOSIS_DIAGNOSIS_H
#define JUCHU_DIAGNOSIS_DIAGNOSIS_H

#include "base/json.h"
#include "mall/mall.h"

// What a person asks (bits, so that a rule can serve several).
enum question {
    QUESTION_ORDER = 1 << 0,     // q1: this order isn't here
    QUESTION_SHOP = 1 << 1,      // q2: the orders of this shop have stopped
    QUESTION_WRITEBACK = 1 << 2, // q3: this shipment isn't reflected
    QUESTION_REFLECT = 1 << 3,   // q4: nothing of this shop is reflected
    QUESTION_PAID = 1 << 4,      // q5: the paid date is empty
    QUESTION_STUCK = 1 << 5      // q6: this order doesn't move on
};
#define QUESTION_COUNT 6
#define QUESTIONS_FETCH (QUESTION_ORDER | QUESTION_SHOP)
#define QUESTIONS_WRITE (QUESTION_WRITEBACK | QUESTION_REFLECT)
const char *question_name(enum question q); // "order", "shop", "writeback", "reflect", …
int question_from_name(struct str name);    // 0 if unknown

enum check_outcome {
    OUTCOME_PASSED,
    OUTCOME_FAILED,         // this is a cause
    OUTCOME_SUSPECT,        // it may be, and nothing here can tell
    OUTCOME_UNKNOWN,        // could not be looked at; says what was missing
    OUTCOME_NOT_APPLICABLE, // of another mall, another kind of order
    OUTCOME_COUNT
};
const char *check_outcome_name(enum check_outcome o);

// In the order in which checks are made; the first failed one is the headline.
enum check_phase {
    PHASE_LOCAL,
    PHASE_MACHINE,
    PHASE_COVERAGE,
    PHASE_CREDENTIAL,
    PHASE_PROBE,
    PHASE_DRY_RUN,
    PHASE_COUNT
};

// What can be done about it with one click. Each is done by the caller (API, command line) through
// the layer that owns it, and leaves an event.
enum action_kind {
    ACTION_NONE,
    ACTION_OPEN_ORDER,   // show it (a link)
    ACTION_IMPORT_ORDER, // fetch this number
    ACTION_FILL_GAP,     // fetch a range; from, to
    ACTION_ADD_STATUS,   // widen 取得ステータス by `status`
    ACTION_RETRY_WRITE,  // read the order, then send what is still owed
    ACTION_REREAD,       // read the order again
    ACTION_SWITCH_ON,    // setting `key` to true
    ACTION_TEST_SHOP,
    ACTION_OPEN_SETTINGS, // credential or setting `key` (a link)
    ACTION_OPEN_MAPPING,
    ACTION_KIND_COUNT
};
const char *action_kind_name(enum action_kind k);

#define RULE_VALUES_MAX 10

// What a check sees and fills.
struct rule_run {
    struct json evidence;
    struct arena *arena;
    time_ms now;
    const struct mall *mall; // of the shop asked about; NULL if unknown
    enum question question;
    const struct rule *rule;
    // Filled by the check: values for the {placeholders} of the rule's texts, and parameters of its
    // action. Texts live in `arena` or in the evidence.
    struct {
        const char *name;
        struct str ja, en;
    } values[RULE_VALUES_MAX];
    size_t value_count;
    const char *missing; // section of evidence that it would have needed; set with UNKNOWN
};

struct rule {
    const char *id;     // "D-041"
    bool starred;       // from the users' own list
    const char *mall;   // NULL: every mall
    char family;        // 'F' fetch, 'W' write-back, 'C' credentials, 'P' paid, 'S' stuck, 'U'
    unsigned questions; // enum question bits
    enum check_phase phase;
    const char *evidence; // sections that prove it, separated by blanks: "listing probe"
    // For the checks that look for an error: its codes, or classes as "#auth_expired", separated by
    // blanks. A code that ends in '*' stands for all that begin so.
    const char *codes;
    struct label title;     // what was looked at, as a passed line: "キーは有効です"
    struct label message;   // when failed, with {placeholders}
    struct label suspicion; // when suspect; NULL: the message
    struct label fix;       // what to do; may hold placeholders
    enum action_kind action;
    struct label effect; // what the action would do, with placeholders; NULL none
    enum check_outcome (*check)(struct rule_run *run);
};

// All rules in the order of checking: by phase, then as the table has them.
// Copies up to `room` of them; returns how many there are.
size_t rules_copy(const struct rule **out, size_t room);
const struct rule *rule_by_id(struct str id);

struct check_line {
    const struct rule *rule;
    enum check_outcome outcome;
    struct str message_ja, message_en; // of a failed or suspect check, else the title
    struct str fix_ja, fix_en, effect_ja, effect_en;
    const char *missing; // with OUTCOME_UNKNOWN
    // Parameters of the action, and of the message.
    struct {
        const char *name;
        struct str value;
    } values[RULE_VALUES_MAX];
    size_t value_count;
};
struct verdict {
    enum question question;
    time_ms at;
    // What it is about; "" where there is none.
    struct str shop_id, shop, mall, order_id, order_no, writeback_id;
    struct check_line *lines; // of all rules that serve the question and mall
    size_t count;
    size_t headline; // index of the first failed line; count when none failed
    size_t suspects, unknowns;
};
// Judges the evidence. Lines whose rule is of another mall are left out. With unknowns and no
// failure the verdict is open: verdict_text says what could not be looked at.
bool diagnosis_judge(struct str evidence, struct arena *arena, struct verdict *verdict,
                     struct error *error);
// One or two sentences: the headline, or that no cause was found (only when nothing is unknown), or
// what could not be looked at.
void verdict_text(const struct verdict *verdict, struct arena *arena, struct str *ja,
                  struct str *en);
// {"question":…,"headline":"D-041","text_ja":…,"checks":[…],"actions":[…]} (openapi.yaml, Verdict).
void verdict_to_json(const struct verdict *verdict, struct json_writer *w);

#endif
