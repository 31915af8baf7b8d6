// SPDX-License-Identifier: Apache-2.0
//
// The connection test and the renewal of the certification key (qoo10.md §2, §7).
//
// The reading methods are called; the writing ones can't be tried without changing an order, and
// the matrix says so. One number that no order has proves the method about single orders: Qoo10
// answers that it isn't there. The matrix also looks at what is ticked as 取得ステータス, because
// an order leaves 新規受付 as soon as anybody enters its planned ship date (§3). refresh() makes a
// new key shortly before the old one's year is over, where the shop gave what a key is made from;
// else it tells when the key ends, from the day of issue that was typed in.
#include "mall/qoo10/internal.h"

#define RENEW_DAYS 14

enum probe_kind { PROBE_LIST, PROBE_CLAIMS, PROBE_NUMBER, PROBE_WRITE, PROBE_FILTER };

struct probe {
    const char *item;
    struct label label;
    enum probe_kind kind;
};
static const struct probe probes[] = {
    {"GetShippingInfo_v3", {"注文一覧の取得", "List orders"}, PROBE_LIST},
    {"GetClaimInfo_V3", {"キャンセル・返品一覧の取得", "List claims"}, PROBE_CLAIMS},
    {"GetShippingAndClaimInfoByOrderNo_V2",
     {"注文番号での取得", "Read an order number"},
     PROBE_NUMBER},
    {"SetSellerCheckYN_V2", {"発注確認(発送予定日)", "Confirm (planned ship date)"}, PROBE_WRITE},
    {"SetSendingInfo", {"発送確認(送り状番号)", "Report shipments"}, PROBE_WRITE},
    {"SetCancelProcess", {"キャンセル処理", "Cancel"}, PROBE_WRITE},
    {"fetch_statuses", {"Qoo10取得ステータス", "Statuses to fetch"}, PROBE_FILTER},
};
#define PROBE_COUNT (sizeof probes / sizeof probes[0])

struct check_op {
    struct qoo10_op q; // first
    size_t at;
    bool keys_refused;
    struct error keys_error;
};

static void report(struct check_op *c, enum check_state state, const struct error *error,
                   const char *note_ja, const char *note_en)
{
    const struct mall_sink *sink = c->q.base.sink;
    const struct probe *probe = &probes[c->at++];
    struct check_result result = {.item = probe->item,
                                  .label = probe->label,
                                  .state = state,
                                  .note_ja = str_from(note_ja),
                                  .note_en = str_from(note_en)};
    if (error)
        result.error = *error;
    if (sink && sink->check)
        sink->check(sink->context, &result);
}

static void report_filter(struct check_op *c)
{
    const struct mall_account *a = &c->q.base.account;
    struct error error;
    bool new_only = account_has_choice(a, "fetch_statuses", STR("2")) &&
                    !account_has_choice(a, "fetch_statuses", STR("3"));
    if (!new_only) {
        report(c, CHECK_OK, NULL, "", "");
        return;
    }
    error_set(
        &error, ERROR_BAD_INPUT, "qoo10.only_new_fetched",
        "「配送要請/新規受付」だけを取得しています。発送予定日が先に登録された注文は「配送準備」"
        "に移り、取り込まれません。",
        "Only “new” is fetched. Orders whose planned ship date was entered first are “in "
        "preparation” and don't come in.");
    error_hint(&error, "「配送要請/配送準備」にもチェックを入れてください。",
               "Tick “in preparation” too.");
    report(c, CHECK_UNKNOWN, &error, "", "");
}

static void plan(struct qoo10_op *op, time_ms now)
{
    struct check_op *c = (struct check_op *)op;
    arena_reset(op->kept);
    for (;;) {
        if (c->at >= PROBE_COUNT) {
            op->base.done = true;
            return;
        }
        enum probe_kind kind = probes[c->at].kind;
        if (kind == PROBE_FILTER) {
            report_filter(c);
        } else if (c->keys_refused) {
            report(c, CHECK_UNKNOWN, &c->keys_error, "キーが拒否されたため確認していません",
                   "not asked: the key is refused");
        } else if (kind == PROBE_WRITE) {
            report(c, CHECK_UNKNOWN, NULL, "呼び出すと注文が変わるため、試していません",
                   "not tried: calling it would change an order");
        } else {
            break;
        }
    }
    if (probes[c->at].kind == PROBE_LIST) {
        qoo10_call_shipping(op, 2, 1, now - QOO10_DAY_MS, now);
    } else if (probes[c->at].kind == PROBE_NUMBER) {
        qoo10_call_by_order_no(op, 1);
    } else {
        struct qoo10_claims first = {0};
        qoo10_claims_plan(op, &first, 1, now - QOO10_DAY_MS, now);
    }
}

static void take(struct qoo10_op *op, time_ms now, struct json object)
{
    struct check_op *c = (struct check_op *)op;
    (void)now;
    (void)object;
    report(c, CHECK_OK, NULL, "", "");
}

static bool refused(struct qoo10_op *op, time_ms now, const struct error *error)
{
    struct check_op *c = (struct check_op *)op;
    (void)now;
    if (error->class == ERROR_NO_MEMORY)
        return false;
    bool keys = error->class == ERROR_AUTH_EXPIRED || error->class == ERROR_AUTH_INVALID;
    if (op->key_asked) {
        // No key could be made: nothing else can be asked either.
        op->key_renewed = true;
        op->key_wanted = false;
        keys = true;
    }
    if (!keys && error->class == ERROR_NOT_FOUND && probes[c->at].kind == PROBE_NUMBER) {
        report(c, CHECK_OK, NULL, "", "");
        return true;
    }
    if (keys) {
        c->keys_refused = true;
        c->keys_error = *error;
    }
    report(c, error_is_transient(error->class) ? CHECK_UNKNOWN : CHECK_REFUSED, error, "", "");
    return true;
}

struct mall_op *qoo10_check(const struct mall_account *account, const struct mall_sink *sink,
                            struct error *error)
{
    static const struct qoo10_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct check_op *c = qoo10_op_new(sizeof *c, &steps, account, sink, error);
    return c ? &c->q.base : NULL;
}

// --- the key's year ---

// End of the key as far as known; TIME_NONE unknown.
static time_ms key_end(const struct mall_account *account)
{
    day issued;
    if (!day_parse(account_setting(account, "certification_key_issued_on"), &issued) ||
        !day_is_valid(issued))
        return TIME_NONE;
    return day_start_jst(issued) + QOO10_KEY_DAYS * QOO10_DAY_MS;
}

static void plan_refresh(struct qoo10_op *op, time_ms now)
{
    time_ms ends = key_end(&op->base.account);
    bool soon = ends != TIME_NONE && ends - now < RENEW_DAYS * QOO10_DAY_MS;
    if (!op->key_renewed && soon && qoo10_can_make_key(&op->base.account)) {
        op->key_forced = true; // the next round makes one
        qoo10_call_shipping(op, 2, 1, now - QOO10_DAY_MS, now);
        return;
    }
    if (!op->key_renewed && ends != TIME_NONE)
        qoo10_learn(op, NULL, STR_ABSENT, "certification_key", ends, "estimated");
    op->base.done = !op->base.failed;
}

static void take_refresh(struct qoo10_op *op, time_ms now, struct json object)
{
    (void)op;
    (void)now;
    (void)object;
}

struct mall_op *qoo10_refresh(const struct mall_account *account, const struct mall_sink *sink,
                              struct error *error)
{
    static const struct qoo10_steps steps = {.plan = plan_refresh, .take = take_refresh};
    struct qoo10_op *op = qoo10_op_new(sizeof *op, &steps, account, sink, error);
    return op ? &op->base : NULL;
}
