// SPDX-License-Identifier: Apache-2.0
//
// The connection test: every operation that Juchu needs, because a shop agrees to each by itself
// (makeshop.md §3.1) and reading and changing are allowed apart in the old API (§6). Writing ones
// are asked for nothing: an empty list, or an order number that no shop has; a permission that is
// missing is refused before that is noticed.
#include "mall/makeshop/internal.h"

enum probe_kind { PROBE_SEARCH, PROBE_OPERATION, PROBE_CHANGE };
struct probe {
    const char *item;
    struct label label;
    enum probe_kind kind;
};
static const struct probe graphql_probes[] = {
    {"searchOrder", {"注文検索", "Search orders"}, PROBE_SEARCH},
    {"updateOrderAttribute", {"伝票番号の登録", "Register tracking numbers"}, PROBE_OPERATION},
    {"updateOrderDeliveryStatus", {"配送状態の更新", "Change the delivery state"}, PROBE_OPERATION},
};
static const struct probe legacy_probes[] = {
    {"get", {"注文情報参照", "Read orders"}, PROBE_SEARCH},
    {"deliver", {"注文情報変更", "Change orders"}, PROBE_CHANGE},
};

struct check_op {
    struct makeshop_op m; // first
    const struct probe *probes;
    size_t count, at;
};

static void report(struct check_op *c, enum check_state state, const struct error *error)
{
    const struct mall_sink *sink = c->m.base.sink;
    const struct probe *probe = &c->probes[c->at++];
    struct check_result result = {.item = probe->item,
                                  .label = probe->label,
                                  .state = state,
                                  .note_ja = STR(""),
                                  .note_en = STR("")};
    if (error)
        result.error = *error;
    if (sink && sink->check)
        sink->check(sink->context, &result);
}

static bool plan(struct makeshop_op *m, time_ms now)
{
    struct check_op *c = (struct check_op *)m;
    if (c->at >= c->count) {
        m->base.done = true;
        return true;
    }
    struct makeshop_period period = {now - 3600000, now, false};
    switch (c->probes[c->at].kind) {
    case PROBE_SEARCH:
        return m->door->search(m, &period, true);
    case PROBE_OPERATION:
        return makeshop_graphql_probe(m, c->probes[c->at].item);
    case PROBE_CHANGE:
        return makeshop_legacy_probe(m);
    }
    return false;
}

static void take(struct makeshop_op *m, time_ms now, const struct makeshop_answer *answer)
{
    (void)now;
    (void)answer;
    report((struct check_op *)m, CHECK_OK, NULL);
}

static bool says_nothing(const struct error *error)
{
    return error->class == ERROR_NETWORK || error->class == ERROR_MAINTENANCE ||
           error->class == ERROR_RATE_LIMITED || error->class == ERROR_QUOTA_USED_UP ||
           error->class == ERROR_MALFORMED;
}

static bool refused(struct makeshop_op *m, time_ms now, const struct error *error)
{
    struct check_op *c = (struct check_op *)m;
    (void)now;
    if (error->class == ERROR_NO_MEMORY || error->class == ERROR_CANCELLED)
        return false;
    bool writes = c->probes[c->at].kind != PROBE_SEARCH;
    // That nothing, or an unknown order, was refused for being so is what was wanted.
    bool harmless = writes && (error->class == ERROR_NOT_FOUND || error->class == ERROR_REJECTED);
    if (harmless)
        report(c, CHECK_OK, NULL);
    else
        report(c, says_nothing(error) ? CHECK_UNKNOWN : CHECK_REFUSED, error);
    return true;
}

struct mall_op *makeshop_check(const struct mall_account *account, const struct mall_sink *sink,
                               struct error *error)
{
    static const struct makeshop_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct check_op *c = makeshop_op_new(sizeof *c, &steps, account, sink, error);
    if (!c)
        return NULL;
    bool legacy = c->m.door == &makeshop_legacy_door;
    c->probes = legacy ? legacy_probes : graphql_probes;
    c->count = legacy ? sizeof legacy_probes / sizeof legacy_probes[0]
                      : sizeof graphql_probes / sizeof graphql_probes[0];
    return &c->m.base;
}
