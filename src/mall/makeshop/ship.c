// SPDX-License-Identifier: Apache-2.0
//
// Telling a shipment (makeshop.md §2.2, §3.4). GraphQL takes carrier and number in one call and the
// delivery state in a second; the old API takes all of it, one destination per call.
// Invariants: nothing is written before the order was read, and what the mall already shows is not
// told again, so a stored progress only says what may have left; progress is stored before each
// write and after it; a number that the mall has otherwise is corrected only while the mall is as
// it was last read; a lost answer ends the operation as ambiguous. Progress: "parcel",
// "parcel_done", "deliver ID" (that call may be out), "delivered ID". Threads: the operation's.
// Ownership: the wish lives in the operation's arena.
#include "mall/makeshop/internal.h"

enum ship_step { SHIP_LOOK, SHIP_PARCEL, SHIP_DELIVER };

struct ship_op {
    struct makeshop_op m; // first
    struct mall_ship_request request;
    struct str order_no;
    struct makeshop_parcel *wanted;
    size_t count;
    bool made;
    enum ship_step step;
    bool cancelled_phase;
    struct str left; // progress of an earlier try
    // What is still to be told, by what the mall showed.
    struct makeshop_parcel *parcels, *states;
    size_t parcel_count, state_count, state_at;
};

static bool make_wish(struct ship_op *s, time_ms now)
{
    struct error error = {0};
    struct arena *arena = s->m.base.arena;
    if (s->made)
        return true;
    if (!makeshop_parcels_make(arena, &s->m.base.account, &s->request, day_in_jst(now), &s->wanted,
                               &s->count, &error))
        return makeshop_fail(&s->m, &error);
    s->parcels = ARENA_ARRAY(arena, struct makeshop_parcel, s->count);
    s->states = ARENA_ARRAY(arena, struct makeshop_parcel, s->count);
    if (!s->parcels || !s->states)
        return makeshop_fail_no_memory(&s->m);
    return s->made = true;
}

static size_t states_per_call(const struct ship_op *s)
{
    size_t left = s->state_count - s->state_at, most = s->m.door->deliver_max;
    return left < most ? left : most;
}

static bool plan(struct makeshop_op *m, time_ms now)
{
    struct ship_op *s = (struct ship_op *)m;
    if (!make_wish(s, now))
        return false;
    switch (s->step) {
    case SHIP_PARCEL:
        return makeshop_progress(m, STR("parcel")) &&
               m->door->parcels(m, s->order_no, s->parcels, s->parcel_count);
    case SHIP_DELIVER: {
        const struct makeshop_parcel *next = &s->states[s->state_at];
        struct str progress = arena_printf(m->scratch, "deliver %.*s", STR_ARG(next->delivery_id));
        return makeshop_progress(m, progress) &&
               m->door->deliver(m, s->order_no, next, states_per_call(s));
    }
    case SHIP_LOOK:
        break;
    }
    if (!m->no_number_filter)
        return m->door->find(m, s->order_no, s->cancelled_phase);
    // Without a search by number: the moment of the order, as it was read.
    time_ms at = s->request.order->ordered_at;
    struct makeshop_period period = {at - MAKESHOP_SECOND_MS, at + MAKESHOP_SECOND_MS,
                                     s->cancelled_phase};
    if (at == TIME_NONE)
        return makeshop_fail_with(m, ERROR_REJECTED, "makeshop.order_date_unknown",
                                  "注文日時がわからないため、MakeShopの注文を確認できません。",
                                  "The order's date isn't known, so it can't be looked up.");
    m->call.order_no = s->order_no;
    return m->door->search(m, &period, true);
}

// --- looking ---

static void fail(struct ship_op *s, enum error_class class, const char *code, const char *ja,
                 const char *en, int64_t retry_after_ms)
{
    struct error error;
    error_set(&error, class, code, "%s%.0s", "%.0s%s", ja, en);
    error_subject(&error, "%.*s", STR_ARG(s->order_no));
    error.retry_after_ms = retry_after_ms;
    makeshop_fail(&s->m, &error);
}

static const struct makeshop_destination *destination_of(const struct makeshop_row *row,
                                                         const struct makeshop_parcel *p)
{
    for (size_t i = 0; i < row->destination_count; i++)
        if (str_eq(row->destinations[i].id, p->delivery_id))
            return &row->destinations[i];
    return row->destination_count == 1 ? &row->destinations[0] : NULL;
}

static bool is_unchanged(const struct ship_op *s, const struct makeshop_row *row)
{
    return s->request.order &&
           str_eq(makeshop_row_mark(s->m.scratch, row), s->request.order->mall_update_mark);
}

// With the setting "person", a write whose answer was lost is never repeated on the old API's bare
// silence: whether it shows shipments at all wasn't seen.
static bool may_repeat(struct ship_op *s, const struct makeshop_parcel *p)
{
    struct str mark = arena_printf(s->m.scratch, "deliver %.*s", STR_ARG(p->delivery_id));
    bool lost = str_eq(s->left, mark);
    if (!lost || s->m.door != &makeshop_legacy_door ||
        !str_eq(makeshop_setting(&s->m, "legacy_confirm"), STR("person")))
        return true;
    fail(
        s, ERROR_REJECTED, "makeshop.outcome_not_shown",
        "前回の反映の応答が失われ、MakeShopの注文からも確認できません。管理画面で配送状態を確認して"
        "ください。",
        "The answer was lost and MakeShop doesn't show the outcome; look in its admin.", 0);
    return false;
}

// What of one parcel has to be told. False: failed.
static bool judge(struct ship_op *s, const struct makeshop_row *row,
                  const struct makeshop_parcel *wanted)
{
    const struct makeshop_destination *d = destination_of(row, wanted);
    struct error difference = {0};
    if (!d) {
        fail(s, ERROR_REJECTED, "makeshop.destination", "MakeShopに該当する配送先がありません。",
             "MakeShop has no such destination.", 0);
        return false;
    }
    struct makeshop_parcel parcel = *wanted;
    parcel.delivery_id = str_dup(s->m.base.arena, d->id);
    enum mall_comparison c =
        makeshop_parcel_compare(wanted, d->state, d->number, d->carrier, &difference);
    bool correct = c == MALL_DIFFERENT && d->state == MAKESHOP_DONE && is_unchanged(s, row);
    if (c == MALL_DIFFERENT && !correct) {
        error_hint(&difference,
                   "MakeShopの管理画面で先に変更されています。どちらが正しいか確認してください。",
                   "It was changed in MakeShop's admin. See which of the two is right.");
        error_subject(&difference, "%.*s", STR_ARG(s->order_no));
        difference.class = ERROR_REJECTED;
        return makeshop_fail(&s->m, &difference);
    }
    if (c == MALL_SAME)
        return true;
    bool shown = d->number.n > 0 && makeshop_same_number(d->number, wanted->number);
    bool told = wanted->number.n == 0 && str_starts(s->left, STR("parcel_done"));
    if (s->m.door->parcel_first && !shown && !told)
        s->parcels[s->parcel_count++] = parcel;
    bool state_wanted = s->m.door->parcel_first
                            ? wanted->state == MAKESHOP_DONE && d->state != MAKESHOP_DONE
                            : true;
    if (state_wanted && !may_repeat(s, &parcel))
        return false;
    if (state_wanted)
        s->states[s->state_count++] = parcel;
    return true;
}

static void next_step(struct ship_op *s)
{
    if (s->parcel_count > 0)
        s->step = SHIP_PARCEL;
    else if (s->state_at < s->state_count)
        s->step = SHIP_DELIVER;
    else
        s->m.base.done = true;
}

static void decide(struct ship_op *s, const struct makeshop_row *row)
{
    if (row->status == MAKESHOP_CANCELLED) {
        fail(s, ERROR_REJECTED, "order.cancelled_at_mall",
             "MakeShopでキャンセルされた注文です。荷物を止めてください。",
             "The order is cancelled at MakeShop; stop the parcel.", 0);
        return;
    }
    if (row->status == MAKESHOP_PROVISIONAL) {
        fail(s, ERROR_CONFLICT, "makeshop.provisional",
             "仮注文のため、まだ反映できません(決済が完了していません)。",
             "The order is still provisional: its payment isn't finished.", 600000);
        return;
    }
    s->parcel_count = s->state_count = s->state_at = 0;
    for (size_t i = 0; i < s->count; i++)
        if (!judge(s, row, &s->wanted[i]))
            return;
    if (arena_failed(s->m.base.arena)) {
        makeshop_fail_no_memory(&s->m);
        return;
    }
    next_step(s);
}

static void looked(struct ship_op *s, const struct makeshop_answer *answer)
{
    struct makeshop_page page;
    struct error error = {0};
    if (!s->m.door->rows(&s->m, s->m.scratch, answer, &page, &error)) {
        makeshop_fail(&s->m, &error);
        return;
    }
    for (size_t i = 0; i < page.count; i++) {
        if (!str_eq(page.rows[i].order_no, s->order_no))
            continue;
        if (s->cancelled_phase)
            page.rows[i].status = MAKESHOP_CANCELLED;
        decide(s, &page.rows[i]);
        return;
    }
    if (page.count > 0 && !s->m.no_number_filter) {
        s->m.no_number_filter = true; // it was ignored
        return;
    }
    if (s->m.door->cancelled_apart && !s->cancelled_phase && page.bad_count == 0) {
        s->cancelled_phase = true;
        return;
    }
    if (page.bad_count > 0)
        makeshop_fail(&s->m, &page.bad[0].error);
    else
        fail(s, ERROR_NOT_FOUND, "makeshop.order_not_found",
             "MakeShopにこの注文がありません(仮注文は決済に失敗すると削除されます)。",
             "MakeShop has no such order (a provisional one is deleted when its payment fails).",
             0);
}

static void take(struct makeshop_op *m, time_ms now, const struct makeshop_answer *answer)
{
    struct ship_op *s = (struct ship_op *)m;
    struct error error = {0};
    (void)now;
    if (s->step == SHIP_LOOK) {
        looked(s, answer);
        return;
    }
    if (!m->door->written(m, answer, &error)) {
        makeshop_fail(m, &error);
        return;
    }
    if (s->step == SHIP_PARCEL) {
        s->parcel_count = 0;
        if (makeshop_progress(m, STR("parcel_done")))
            next_step(s);
        return;
    }
    struct str progress =
        arena_printf(m->scratch, "delivered %.*s", STR_ARG(s->states[s->state_at].delivery_id));
    s->state_at += states_per_call(s);
    if (makeshop_progress(m, progress))
        next_step(s);
}

struct mall_op *makeshop_ship(const struct mall_account *account,
                              const struct mall_ship_request *request, const struct mall_sink *sink,
                              struct error *error)
{
    static const struct makeshop_steps steps = {.plan = plan, .take = take};
    if (!request->order || str_is_empty(request->order->order_no)) {
        error_set(error, ERROR_BAD_INPUT, "makeshop.order_number", "注文番号がありません。",
                  "The order number is missing.");
        return NULL;
    }
    struct ship_op *s = makeshop_op_new(sizeof *s, &steps, account, sink, error);
    if (!s)
        return NULL;
    s->request = *request;
    s->order_no = request->order->order_no;
    s->left = request->progress.p ? request->progress : STR("");
    return &s->m.base;
}

// --- cancelling ---

enum cancel_step { CANCEL_LOOK, CANCEL_TELL };
struct cancel_op {
    struct makeshop_op m; // first
    struct mall_cancel_request request;
    enum cancel_step step;
};

static bool cancel_plan(struct makeshop_op *m, time_ms now)
{
    struct cancel_op *c = (struct cancel_op *)m;
    (void)now;
    if (c->step == CANCEL_LOOK)
        return m->door->find(m, c->request.order->order_no, false);
    return makeshop_progress(m, STR("cancel")) &&
           makeshop_legacy_cancel(m, c->request.order->order_no, c->request.detail);
}

static void cancel_take(struct makeshop_op *m, time_ms now, const struct makeshop_answer *answer)
{
    struct cancel_op *c = (struct cancel_op *)m;
    struct makeshop_page page;
    struct error error = {0};
    (void)now;
    if (c->step == CANCEL_TELL) {
        if (m->door->written(m, answer, &error))
            m->base.done = true;
        else
            makeshop_fail(m, &error);
        return;
    }
    if (!m->door->rows(m, m->scratch, answer, &page, &error)) {
        makeshop_fail(m, &error);
        return;
    }
    for (size_t i = 0; i < page.count; i++) {
        if (!str_eq(page.rows[i].order_no, c->request.order->order_no))
            continue;
        c->step = CANCEL_TELL;
        m->base.done = page.rows[i].status == MAKESHOP_CANCELLED;
        return;
    }
    makeshop_refusal(&error, 200, STR(""), STR("該当する注文データがありません。"));
    error_subject(&error, "%.*s", STR_ARG(c->request.order->order_no));
    makeshop_fail(m, &error);
}

struct mall_op *makeshop_cancel(const struct mall_account *account,
                                const struct mall_cancel_request *request,
                                const struct mall_sink *sink, struct error *error)
{
    static const struct makeshop_steps steps = {.plan = cancel_plan, .take = cancel_take};
    struct mall_account typed = *account;
    typed.mall = &makeshop_mall;
    if (!makeshop_is_legacy(&typed)) {
        error_set(error, ERROR_BAD_INPUT, "makeshop.cancel_not_available",
                  "次世代APIでの注文キャンセルには対応していません。",
                  "Cancelling is not available through the GraphQL API.");
        error_hint(error, "MakeShopの管理画面でキャンセルしてください。取り込むと反映されます。",
                   "Cancel it in MakeShop's admin; the next fetch brings it.");
        return NULL;
    }
    struct cancel_op *c = makeshop_op_new(sizeof *c, &steps, account, sink, error);
    if (!c)
        return NULL;
    c->request = *request;
    if (c->request.detail.p == NULL)
        c->request.detail = STR("");
    return &c->m.base;
}
