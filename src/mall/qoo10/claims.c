// SPDX-License-Identifier: Apache-2.0
//
// Cancelled orders vanish from the order lists and are found among the claims only (qoo10.md §3).
// Whether an empty ClaimStat finds every state is not documented (§4.5): it is asked first; when it
// finds nothing, the states that make orders vanish are asked one by one, until the mall has shown
// which of the two it is. That is learned (setting claim_search); a shop where every state has to
// be asked for is then asked for all of them.
#include "mall/qoo10/internal.h"

static const int states[] = {0, 3, 16, 1, 2, 4, 5, 6, 11, 12, 13, 14, 15};
#define STATE_COUNT ((int)(sizeof states / sizeof states[0]))
#define VANISHING_END 5 // states before this one make orders vanish, or are about to

static bool knows(const struct qoo10_op *op, const char *what)
{
    return str_eq(account_setting(&op->base.account, "claim_search"), str_from(what));
}

bool qoo10_claims_plan(struct qoo10_op *op, const struct qoo10_claims *c, int condition,
                       time_ms from, time_ms to)
{
    int step = c->step == 0 && knows(op, "by_state") ? 1 : c->step;
    int end = knows(op, "all") ? 1 : knows(op, "by_state") ? STATE_COUNT : VANISHING_END;
    if (step >= end)
        return false;
    qoo10_call(op, "ShippingBasic", "GetClaimInfo_V3", false);
    if (states[step] == 0)
        qoo10_put(op, "ClaimStat", STR(""));
    else
        buf_addf(&op->call.form, "&ClaimStat=%d", states[step]);
    qoo10_put_time(op, "search_Sdate", from);
    qoo10_put_time(op, "search_Edate", to);
    buf_addf(&op->call.form, "&search_condition=%d", condition);
    return true;
}

void qoo10_claims_taken(struct qoo10_op *op, struct qoo10_claims *c, size_t rows)
{
    bool empty_state = c->step == 0 && !knows(op, "by_state");
    bool known = knows(op, "all") || knows(op, "by_state");
    if (c->step == 0 && !empty_state)
        c->step = 1;
    if (rows > 0 && !known && !op->claims_told) {
        op->claims_told = true;
        qoo10_learn(op, "claim_search", empty_state ? STR("all") : STR("by_state"), NULL, TIME_NONE,
                    "");
    }
    c->step++;
    if (empty_state && rows > 0)
        c->step = STATE_COUNT;
}
