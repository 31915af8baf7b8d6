// SPDX-License-Identifier: Apache-2.0
//
// Names of questions, outcomes and actions, as they stand in the API and the database.
#include "diagnosis/diagnosis.h"

static const struct {
    enum question question;
    const char *name;
} questions[QUESTION_COUNT] = {
    {QUESTION_ORDER, "order"},     {QUESTION_SHOP, "shop"}, {QUESTION_WRITEBACK, "writeback"},
    {QUESTION_REFLECT, "reflect"}, {QUESTION_PAID, "paid"}, {QUESTION_STUCK, "stuck"},
};

const char *question_name(enum question q)
{
    for (size_t i = 0; i < QUESTION_COUNT; i++)
        if (questions[i].question == q)
            return questions[i].name;
    return "";
}

int question_from_name(struct str name)
{
    for (size_t i = 0; i < QUESTION_COUNT; i++)
        if (str_eq(name, str_from(questions[i].name)))
            return (int)questions[i].question;
    return 0;
}

const char *check_outcome_name(enum check_outcome o)
{
    static const char *const names[] = {"passed", "failed", "suspect", "unknown", "not_applicable"};
    return names[o];
}

const char *action_kind_name(enum action_kind k)
{
    static const char *const names[] = {
        [ACTION_NONE] = "",
        [ACTION_OPEN_ORDER] = "open_order",
        [ACTION_IMPORT_ORDER] = "import_order",
        [ACTION_FILL_GAP] = "fill_gap",
        [ACTION_ADD_STATUS] = "add_status",
        [ACTION_RETRY_WRITE] = "retry_write",
        [ACTION_REREAD] = "reread",
        [ACTION_SWITCH_ON] = "switch_on",
        [ACTION_TEST_SHOP] = "test_shop",
        [ACTION_OPEN_SETTINGS] = "open_settings",
        [ACTION_OPEN_MAPPING] = "open_mapping",
    };
    return names[k];
}
