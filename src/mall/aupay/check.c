// SPDX-License-Identifier: Apache-2.0
//
// Connection test and the key's last day (aupay.md §1, §5, diagnosis.md D-080 … D-088). The test
// lists one order, and makes the cheap call of another family, so that a key without the right to
// orders can be told from one that isn't let in at all. Refusals are rows of the matrix, never the
// end of the test. Threads: the operation's. Ownership: notes live in the operation's arena.
#include "mall/aupay/internal.h"

enum check_step { CHECK_ORDERS, CHECK_OTHER, CHECK_END };
enum row { ROW_ORDERS, ROW_KEY };

struct check_op {
    struct aupay_op a; // first
    enum check_step step;
    bool orders_refused;
    struct error orders_error;
};

static void tell(struct check_op *op, enum row row, enum check_state state,
                 const struct error *error, struct str note_ja, struct str note_en)
{
    static const char *const items[] = {"searchTradeInfoListProc", "api_key"};
    static const struct label labels[] = {
        {"受注情報の取得（searchTradeInfoListProc）", "Orders (searchTradeInfoListProc)"},
        {"APIキーと接続元IPアドレス", "API key and source address"},
    };
    const struct mall_sink *sink = op->a.base.sink;
    struct check_result result = {.item = items[row],
                                  .label = labels[row],
                                  .state = state,
                                  .note_ja = note_ja,
                                  .note_en = note_en};
    if (error)
        result.error = *error;
    if (sink && sink->check)
        sink->check(sink->context, &result);
}

static bool plan(struct aupay_op *a, time_ms now)
{
    struct check_op *op = (struct check_op *)a;
    char text[16];
    if (op->step == CHECK_END) {
        a->base.done = true;
        return true;
    }
    if (op->step == CHECK_OTHER) {
        a->call.operation = "searchImgCapacity";
        a->call.query = STR("");
        return true;
    }
    struct str today = str_slice(time_format_yahoo(now, text), 0, 8);
    a->call.operation = "searchTradeInfoListProc";
    a->call.query = arena_printf(
        a->scratch, "&startDate=%.*s&endDate=%.*s&dateType=0&totalCount=1&startCount=1",
        STR_ARG(today), STR_ARG(today));
    return !arena_failed(a->scratch);
}

static void tell_key(struct check_op *op, time_ms now, const struct error *error)
{
    char text[12];
    struct arena *arena = op->a.base.arena;
    day ends = aupay_key_day(&op->a.base.account);
    struct str ja = STR(""), en = STR("");
    if (ends != 0) {
        struct str date = day_format(ends, text);
        long long left = (long long)day_difference(ends, day_in_jst(now));
        ja = arena_printf(arena, "期限 %.*s（残り%lld日）", STR_ARG(date), left);
        en = arena_printf(arena, "expires %.*s (%lld days left)", STR_ARG(date), left);
    }
    tell(op, ROW_KEY, error ? CHECK_REFUSED : CHECK_OK, error, ja, en);
}

// Another family lets the key in and orders don't: the key's rights, not the key (D-088).
static void orders_judged(struct check_op *op, bool let_in)
{
    struct error error;
    if (!op->orders_refused) {
        tell(op, ROW_ORDERS, CHECK_OK, NULL, STR(""), STR(""));
        return;
    }
    error = op->orders_error;
    if (let_in && strcmp(error.code, "aupay.key_or_ip") == 0) {
        error_set(&error, ERROR_NOT_PERMITTED, "aupay.order_api_not_permitted",
                  "APIキーは有効ですが、受注APIの権限がない可能性があります。",
                  "The key is valid, but it may lack the right to the order API.");
        error_hint(&error, "Wow! managerのAPI利用申請で、受注管理APIの利用を確認してください。",
                   "See in Wow! manager whether the order API was applied for.");
        error_peer(&error, 401, STR("0002"), str_from(op->orders_error.peer_text));
    }
    tell(op, ROW_ORDERS, CHECK_REFUSED, &error, STR(""), STR(""));
}

static void judge(struct check_op *op, time_ms now, const struct error *error)
{
    if (op->step == CHECK_ORDERS) {
        op->orders_refused = error != NULL;
        if (error)
            op->orders_error = *error;
        op->step = CHECK_OTHER;
        return;
    }
    orders_judged(op, error == NULL);
    // The list went through: what another family says is no matter.
    tell_key(op, now, op->orders_refused ? error : NULL);
    op->step = CHECK_END;
}

static void take(struct aupay_op *a, time_ms now, const struct aupay_answer *answer)
{
    judge((struct check_op *)a, now, NULL);
    if (arena_failed(a->base.arena))
        aupay_fail_no_memory(a);
}

static bool refused(struct aupay_op *a, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    if (error->class == ERROR_NO_MEMORY)
        return false;
    judge((struct check_op *)a, now, error);
    return !arena_failed(a->base.arena);
}

struct mall_op *aupay_check(const struct mall_account *account, const struct mall_sink *sink,
                            struct error *error)
{
    static const struct aupay_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct check_op *op = aupay_op_new(sizeof *op, &steps, account, sink, error);
    return op ? &op->a.base : NULL;
}

// ---- refresh: nothing is renewed by itself, the day is what was typed ----

static bool refresh_plan(struct aupay_op *a, time_ms now)
{
    const struct mall_sink *sink = a->base.sink;
    day ends = aupay_key_day(&a->base.account);
    struct error error = {0};
    a->base.done = true;
    if (ends == 0 || !sink || !sink->learned)
        return true;
    if (sink->learned(sink->context, "api_key", STR_ABSENT, "api_key",
                      day_start_jst(day_add(ends, 1)), "typed", &error))
        return true;
    aupay_fail(a, &error);
    return false;
}

static void refresh_take(struct aupay_op *a, time_ms now, const struct aupay_answer *answer) {}

struct mall_op *aupay_refresh(const struct mall_account *account, const struct mall_sink *sink,
                              struct error *error)
{
    static const struct aupay_steps steps = {.plan = refresh_plan, .take = refresh_take};
    struct aupay_op *op = aupay_op_new(sizeof *op, &steps, account, sink, error);
    return op ? &op->base : NULL;
}
