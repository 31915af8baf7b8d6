// SPDX-License-Identifier: Apache-2.0
//
// The connector against the simulated Qoo10: everything that was placed is found, read and agrees;
// orders that vanish are found among the claims; notices arrive once, whatever the network loses;
// every fact that the guide leaves open is tried both ways.
#include "qoo10_shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
#define ORDERS 400

static int set_up_with(void **state, int64_t orders)
{
    static struct qshop shop;
    qshop_open(&shop, orders);
    *state = &shop;
    return 0;
}
static int set_up(void **state)
{
    return set_up_with(state, 0);
}
static int set_up_full(void **state)
{
    return set_up_with(state, ORDERS);
}
static int tear_down(void **state)
{
    qshop_close(*state);
    return 0;
}

#define is_text(actual, expected)                                             \
    do {                                                                      \
        struct str text_seen = (actual);                                      \
        if (!str_eq(text_seen, str_from(expected)))                           \
            fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(text_seen), expected); \
    } while (0)

static void ok(struct qshop *s, bool done)
{
    if (!done)
        fail_msg("%s: %s (%s %s) %s", s->error.code, s->error.what_en, s->error.peer_code,
                 s->error.peer_text, s->error.subject);
}

static void refused_with(struct qshop *s, bool done, enum error_class class, const char *code)
{
    assert_false(done);
    if (s->error.class != class || strcmp(s->error.code, code) != 0)
        fail_msg("%s %s instead of %s", error_class_name(s->error.class), s->error.code, code);
    assert_true(s->error.what_ja[0] && s->error.what_en[0]);
}

// --- listing and reading ---

static void check_all_found(struct qshop *s)
{
    struct sim_summary *all;
    size_t count;
    assert_true(sim_summaries(s->sim, SIM_QOO10, s->arena, &all, &count));
    assert_int_equal(s->listing_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct mall_listing *l = qshop_listing(s, all[i].order_no);
        if (!l)
            fail_msg("%.*s (%.*s) isn't listed", STR_ARG(all[i].order_no), STR_ARG(all[i].status));
        if (!str_eq(l->mall_status, all[i].status))
            fail_msg("%.*s: %.*s instead of %.*s", STR_ARG(all[i].order_no),
                     STR_ARG(l->mall_status), STR_ARG(all[i].status));
        assert_int_equal(l->ordered_at / 1000, all[i].ordered_at / 1000);
        assert_true(l->status_choice.n > 0 && l->update_mark.n > 0);
    }
}

static void everything_is_listed(void **state)
{
    struct qshop *s = *state;
    ok(s, qshop_list(s, DATE_ORDERED, s->now - 60 * DAY_MS, s->now, ""));
    check_all_found(s);
    // Windows leave no hole.
    time_ms at = s->windows[0].from;
    for (size_t i = 0; i < s->window_count; i++) {
        assert_int_equal(s->windows[i].from, at);
        at = s->windows[i].to;
    }
    assert_true(s->window_count >= 2);
    is_text(qshop_get(s, "claim_search"), "all");
}

// The same in every shape that the guide leaves open.
static void lists_in_every_shape(void **state)
{
    static const char *const shapes[][2] = {
        {"status_form", "digit"},
        {"status_form", "on_waiting"},
        {"claim_form", "text"},
        {"claims_without_state", "none"},
        {"no_rows", "array"},
        {"single_object", "on"},
        {"success_text", "ja"},
        {"payment_date", "empty"},
        {"related_order", "empty"},
        {"related_order", "without_self"},
        {"condition_check", "strict"},
        {"condition_check", "none"},
        {"key_envelope", "result_code"},
    };
    struct qshop *s = *state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        qshop_switch(s, shapes[i][0], shapes[i][1]);
        qshop_set(s, "claim_search", STR(""));
        ok(s, qshop_list(s, DATE_ORDERED, s->now - 60 * DAY_MS, s->now, ""));
        check_all_found(s);
        ok(s, qshop_list(s, DATE_PAID, s->now - 60 * DAY_MS, s->now, ""));
        ok(s, qshop_list(s, DATE_SHIPPED, s->now - 60 * DAY_MS, s->now, ""));
        ok(s, qshop_list(s, DATE_CLAIMED, s->now - 60 * DAY_MS, s->now, ""));
    }
    is_text(qshop_get(s, "claim_search"), "by_state");
}

static void everything_is_read(void **state)
{
    struct qshop *s = *state;
    struct sim_summary *all;
    size_t count;
    assert_true(sim_summaries(s->sim, SIM_QOO10, s->arena, &all, &count));
    struct str *numbers = ARENA_ARRAY(s->arena, struct str, count);
    time_ms *times = ARENA_ARRAY(s->arena, time_ms, count);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = all[i].order_no;
        times[i] = all[i].ordered_at;
    }
    for (int scan = 0; scan < 2; scan++) {
        struct mall_account account = qshop_account(s);
        struct mall_read_request request = {numbers, count, scan ? NULL : times};
        ok(s, qshop_run(s, qoo10_mall.read(&account, &request, &s->sink, &s->error)));
        if (s->bad_count > 0)
            fail_msg("%s %s", s->bad[0].code, s->bad[0].what_en);
        assert_int_equal(s->missing_count, 0);
        assert_int_equal(s->order_count, count);
        for (size_t i = 0; i < count; i++) {
            const struct order *o = s->orders[i];
            struct error error;
            assert_true(order_validate(o, &error));
            assert_true(o->packages[0].recipient.name.n > 0);
            assert_true(o->packages[0].line_count > 0 && o->billed >= 0);
            assert_true(s->raws[i].n > 2);
        }
    }
}

// A re-read of what didn't change is the same order: nothing to write.
static void rereading_changes_nothing(void **state)
{
    struct qshop *s = *state;
    time_ms at;
    struct str no = qshop_place(s, SIM_STAGE_SHIPPED, SIM_PAY_CARD, 2, &at);
    unsigned char first[16], second[16];
    ok(s, qshop_read(s, no, at));
    order_content_hash(s->orders[0], first);
    struct str mark = s->orders[0]->mall_update_mark;
    ok(s, qshop_list(s, DATE_ORDERED, at - 1000, s->now, ""));
    is_text(qshop_listing(s, no)->update_mark, str_cstr(s->arena, mark));
    ok(s, qshop_read(s, no, at));
    order_content_hash(s->orders[0], second);
    assert_memory_equal(first, second, 16);
}

static void typed_numbers(void **state)
{
    struct qshop *s = *state;
    time_ms at;
    struct str no = qshop_place(s, SIM_STAGE_READY, SIM_PAY_CARD, 2, &at);
    ok(s, qshop_read(s, no, TIME_NONE)); // a cart number
    assert_int_equal(s->order_count, 1);
    struct str line = s->orders[0]->packages[0].lines[1].mall_line_id;
    ok(s, qshop_read(s, line, TIME_NONE)); // an order number
    assert_int_equal(s->order_count, 1);
    is_text(s->orders[0]->order_no, str_cstr(s->arena, no));
    ok(s, qshop_read(s, STR("999999999"), TIME_NONE));
    assert_int_equal(s->missing_count, 1);
    ok(s, qshop_read(s, STR("abc"), TIME_NONE));
    assert_int_equal(s->missing_count, 1);
    // Both numbers of one cart: one order.
    struct str both[] = {line, no};
    struct mall_account account = qshop_account(s);
    struct mall_read_request request = {both, 2, NULL};
    ok(s, qshop_run(s, qoo10_mall.read(&account, &request, &s->sink, &s->error)));
    assert_int_equal(s->order_count, 1);
    assert_int_equal(s->missing_count, 0);
    // Older than the lists reach: by its order number all the same.
    s->now += 95 * DAY_MS;
    ok(s, qshop_read(s, line, TIME_NONE));
    assert_int_equal(s->order_count + s->missing_count, 1);
}

static void only_one_status(void **state)
{
    struct qshop *s = *state;
    for (size_t i = 0; i < qoo10_mall.status_count; i++) {
        struct str wanted = str_from(qoo10_mall.statuses[i].value);
        ok(s,
           qshop_list(s, DATE_ORDERED, s->now - 60 * DAY_MS, s->now, qoo10_mall.statuses[i].value));
        assert_int_equal(s->window_count, 0);
        assert_true(s->listing_count > 0);
        for (size_t k = 0; k < s->listing_count; k++)
            assert_true(str_eq(s->listings[k].status_choice, wanted));
    }
}

static void beyond_the_reach(void **state)
{
    struct qshop *s = *state;
    ok(s, qshop_list(s, DATE_ORDERED, s->now - 200 * DAY_MS, s->now, ""));
    assert_string_equal(s->warnings[0].code, "qoo10.beyond_reach");
    assert_true(s->windows[0].from > s->now - 91 * DAY_MS);
    refused_with(s, qshop_list(s, DATE_ORDERED, s->now - 200 * DAY_MS, s->now - 150 * DAY_MS, ""),
                 ERROR_BAD_INPUT, "qoo10.beyond_reach");
    struct mall_account account = qshop_account(s);
    struct mall_list_request bad[] = {
        {DATE_FIXED, s->now - DAY_MS, s->now, STR("")},
        {DATE_ORDERED, s->now, s->now - DAY_MS, STR("")},
        {DATE_ORDERED, s->now - DAY_MS, s->now, STR("9")},
    };
    for (size_t i = 0; i < 3; i++)
        assert_null(qoo10_mall.list(&account, &bad[i], &s->sink, &s->error));
}

// What is paid later shows by payment date, however old its order date is.
static void paid_later(void **state)
{
    struct qshop *s = *state;
    time_ms at;
    struct str no = qshop_place(s, SIM_STAGE_NEW, SIM_PAY_CONVENIENCE, 1, &at);
    ok(s, qshop_read(s, no, at));
    assert_int_equal(s->orders[0]->state, ORDER_PROVISIONAL);
    assert_int_equal(s->orders[0]->payment_state, PAYMENT_UNPAID_BEFORE_SHIP);
    assert_int_equal(s->orders[0]->payment_class, PAYMENT_CLASS_BEFORE);
    qshop_act(s, no, "pay", "");
    time_ms paid = s->now;
    s->now += 3 * DAY_MS;
    ok(s, qshop_list(s, DATE_PAID, paid - 1000, s->now, ""));
    is_text(qshop_listing(s, no)->status_choice, "2");
    ok(s, qshop_read(s, no, at));
    assert_int_equal(s->orders[0]->state, ORDER_NEW);
    assert_int_equal(s->orders[0]->payment_state, PAYMENT_PAID);
}

static void a_late_listing(void **state)
{
    struct qshop *s = *state;
    struct sim_fault lag = {.kind = SIM_FAULT_LISTING_LAG, .mall = SIM_QOO10, .lag_ms = 20 * 60000};
    sim_fault_add(s->sim, &lag);
    time_ms at;
    struct str no = qshop_place(s, SIM_STAGE_NEW, SIM_PAY_CARD, 0, &at);
    ok(s, qshop_list(s, DATE_ORDERED, at - 1000, s->now, ""));
    assert_null(qshop_listing(s, no));
    s->now += 30 * 60000;
    ok(s, qshop_list(s, DATE_ORDERED, s->now - (60 + 60) * 60000, s->now, ""));
    assert_non_null(qshop_listing(s, no));
    assert_true(qoo10_mall.limits.overlap_minutes >= 60);
}

// --- cancellations ---

static void vanished_is_cancelled(void **state)
{
    static const char *const related[] = {"with_self", "without_self", "empty"};
    static const char *const claims[] = {"all", "none"};
    struct qshop *s = *state;
    for (size_t i = 0; i < 6; i++) {
        qshop_switch(s, "related_order", related[i % 3]);
        qshop_switch(s, "claims_without_state", claims[i / 3]);
        qshop_set(s, "claim_search", STR(""));
        time_ms at;
        struct str no = qshop_place(s, SIM_STAGE_NEW, SIM_PAY_CARD, 2, &at);
        qshop_act(s, no, "cancel", "");
        time_ms cancelled = s->now;
        s->now += DAY_MS;
        ok(s, qshop_list(s, DATE_CLAIMED, cancelled - 1000, s->now, ""));
        is_text(qshop_listing(s, no)->mall_status, "c3");
        is_text(qshop_listing(s, no)->status_choice, "claim");
        ok(s, qshop_read(s, no, at));
        assert_int_equal(s->order_count, 1);
        const struct order *o = s->orders[0];
        assert_int_equal(o->state, ORDER_CANCELLED);
        assert_int_equal(o->payment_state, PAYMENT_REFUNDED);
        assert_int_equal(o->shipment_state, SHIPMENT_VOID);
        assert_true(o->packages[0].recipient.name.n > 0); // the address stays
        assert_int_equal(o->packages[0].line_count, 2);
        assert_true(o->cancel_reason.n > 0 && o->cancelled_at != TIME_NONE);
        assert_true(qoo10_mall.is_cancelled(o));
    }
}

static void one_line_is_cancelled(void **state)
{
    struct qshop *s = *state;
    time_ms at;
    struct str no = qshop_place(s, SIM_STAGE_READY, SIM_PAY_CARD, 2, &at);
    ok(s, qshop_read(s, no, at));
    yen before = s->orders[0]->goods;
    struct str left = s->orders[0]->packages[0].lines[1].mall_line_id;
    qshop_act(s, no, "cancel", "{\"line\":1}");
    ok(s, qshop_read(s, no, at));
    const struct order *o = s->orders[0];
    is_text(o->mall_status, "3,c3");
    assert_int_equal(o->state, ORDER_ACCEPTED);
    assert_int_equal(o->packages[0].line_count, 1);
    is_text(o->packages[0].lines[0].mall_line_id, str_cstr(s->arena, left));
    assert_true(o->goods < before);
    ok(s, qshop_ship(s, o, "yamato", "400000000001", 0));
    assert_int_equal(s->writes, 1);
}

static void cancellation_is_asked_for(void **state)
{
    struct qshop *s = *state;
    for (int listed = 0; listed < 2; listed++) {
        time_ms at;
        struct str no = qshop_place(s, SIM_STAGE_READY, SIM_PAY_CARD, 1, &at);
        ok(s, qshop_read(s, no, at));
        const struct order *before = s->orders[0];
        qshop_switch(s, "claim_listed", listed ? "on" : "off");
        qshop_act(s, no, "request-cancel", "");
        ok(s, qshop_read(s, no, at));
        assert_int_equal(s->orders[0]->state, ORDER_CANCEL_REQUESTED);
        refused_with(s, qshop_ship(s, before, "yamato", "400000000001", 0), ERROR_REJECTED,
                     "qoo10.cancel_requested");
        assert_int_equal(s->writes, 0);
        qshop_act(s, no, "withdraw-cancel", "");
        ok(s, qshop_ship(s, before, "yamato", "400000000001", 0));
        qshop_switch(s, "claim_listed", "on");
    }
}

// --- accepting ---

static void confirming(void **state)
{
    struct qshop *s = *state;
    time_ms at;
    struct str no = qshop_place(s, SIM_STAGE_NEW, SIM_PAY_CARD, 2, &at);
    ok(s, qshop_read(s, no, at));
    assert_false(qoo10_mall.is_accepted(s->orders[0]));
    ok(s, qshop_accept(s, no, at));
    assert_int_equal(s->writes, 2);
    assert_int_equal(s->progress_count, 2);
    assert_string_equal(s->warnings[0].code, "qoo10.moved_out_of_new");
    assert_true(s->warnings[0].hint_ja[0] && s->warnings[0].hint_en[0]);
    assert_int_equal(s->warning_count, 1);
    assert_int_equal(qshop_effects(s, no, "accept"), 2);
    ok(s, qshop_read(s, no, at));
    is_text(s->orders[0]->mall_status, "3");
    assert_true(qoo10_mall.is_accepted(s->orders[0]));
    ok(s, qshop_accept(s, no, at));
    assert_int_equal(s->writes, 0);
    // Without its time a cart can't be found.
    refused_with(s, qshop_accept(s, no, TIME_NONE), ERROR_NOT_FOUND, "qoo10.order_time_unknown");
}

static void confirming_is_resumed(void **state)
{
    struct qshop *s = *state;
    time_ms at;
    struct str no = qshop_place(s, SIM_STAGE_NEW, SIM_PAY_CARD, 2, &at);
    struct sim_fault lost = {.kind = SIM_FAULT_DROP_AFTER, .mall = SIM_QOO10, .count = 1};
    snprintf(lost.operation, sizeof lost.operation, "SetSellerCheckYN_V2");
    sim_fault_add(s->sim, &lost);
    refused_with(s, qshop_accept(s, no, at), ERROR_AMBIGUOUS, "qoo10.outcome_unknown");
    ok(s, qshop_read(s, no, at));
    is_text(s->orders[0]->mall_status, "2,3");
    assert_false(qoo10_mall.is_accepted(s->orders[0]));
    ok(s, qshop_accept(s, no, at));
    assert_int_equal(s->writes, 1);
    assert_int_equal(qshop_effects(s, no, "accept"), 2);
}

static void planned_date_too_late(void **state)
{
    struct qshop *s = *state;
    time_ms at;
    struct str no = qshop_place(s, SIM_STAGE_NEW, SIM_PAY_CARD, 1, &at);
    qshop_set(s, "planned_ship_days", STR("60"));
    qshop_switch(s, "planned_days_max", "30");
    refused_with(s, qshop_accept(s, no, at), ERROR_REJECTED, "qoo10.planned_date_too_late");
    assert_true(s->error.hint_ja[0]);
    // Long past: today it is, not a day that Qoo10 refuses.
    qshop_set(s, "planned_ship_days", STR("0"));
    s->now += 10 * DAY_MS;
    ok(s, qshop_accept(s, no, at));
}

// --- shipping ---

static const struct order *ready(struct qshop *s, size_t lines, struct str *no, time_ms *at)
{
    *no = qshop_place(s, SIM_STAGE_READY, SIM_PAY_CARD, lines, at);
    ok(s, qshop_read(s, *no, *at));
    return s->orders[0];
}

static void a_cart_is_told_by_line(void **state)
{
    struct qshop *s = *state;
    struct str no;
    time_ms at;
    const struct order *o = ready(s, 3, &no, &at);
    ok(s, qshop_ship(s, o, "yamato", "4000-0000-0001", day_in_jst(s->now)));
    assert_int_equal(s->writes, 3);
    assert_int_equal(s->progress_count, 3);
    assert_int_equal(s->warning_count, 0);
    assert_int_equal(qshop_effects(s, no, "ship"), 3);
    ok(s, qshop_read(s, no, at));
    o = s->orders[0];
    is_text(o->mall_status, "4");
    assert_int_equal(o->shipment_state, SHIPMENT_SHIPPED);
    assert_int_equal(o->packages[0].shipment_count, 1);
    is_text(o->packages[0].shipments[0].tracking_number, "400000000001");
    is_text(o->packages[0].shipments[0].carrier_mall_code, "ヤマト宅急便");
    is_text(o->packages[0].shipments[0].carrier, "yamato");
    assert_int_equal(o->packages[0].shipments[0].ship_date, day_in_jst(s->now));
    assert_int_equal(qshop_compare(s, o, "yamato", "400000000001"), MALL_SAME);
    assert_int_equal(qshop_compare(s, o, "yamato", "400000000002"), MALL_DIFFERENT);
    assert_int_equal(qshop_compare(s, o, "sagawa", "400000000001"), MALL_DIFFERENT);
    // Telling it again tells nothing.
    ok(s, qshop_ship(s, o, "yamato", "400000000001", 0));
    assert_int_equal(s->writes, 0);
}

static void unconfirmed_orders(void **state)
{
    struct qshop *s = *state;
    for (int way = 0; way < 3; way++) {
        time_ms at;
        struct str no = qshop_place(s, SIM_STAGE_NEW, SIM_PAY_CARD, 1, &at);
        ok(s, qshop_read(s, no, at));
        qshop_switch(s, "ship_unconfirmed", way == 2 ? "refused" : "accepted");
        qshop_set(s, "confirm_before_ship", way == 0 ? STR("false") : STR("true"));
        ok(s, qshop_ship(s, s->orders[0], "japan_post", "400000000001", 0));
        assert_int_equal(s->writes, way == 0 ? 1 : 2);
        assert_int_equal(qshop_effects(s, no, "ship"), 1);
    }
}

static void ship_date_stays_here(void **state)
{
    struct qshop *s = *state;
    struct str no;
    time_ms at;
    const struct order *o = ready(s, 1, &no, &at);
    ok(s, qshop_ship(s, o, "yamato", "400000000001", day_add(day_in_jst(s->now), -2)));
    assert_string_equal(s->warnings[0].code, "qoo10.ship_date_not_sent");
}

// A lost answer to every write in turn: read back, go on, each line told once.
static void lost_answers(void **state)
{
    static const enum sim_fault_kind kinds[] = {SIM_FAULT_DROP_AFTER,   SIM_FAULT_DROP_BEFORE,
                                                SIM_FAULT_STATUS_AFTER, SIM_FAULT_HTML,
                                                SIM_FAULT_MALFORMED,    SIM_FAULT_TRUNCATE};
    struct qshop *s = *state;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (int64_t skip = 0; skip < 3; skip++) {
            struct str no;
            time_ms at;
            const struct order *o = ready(s, 3, &no, &at);
            struct sim_fault lost = {
                .kind = kinds[k], .mall = SIM_QOO10, .count = 1, .skip = skip, .status = 502};
            snprintf(lost.operation, sizeof lost.operation, "SetSendingInfo");
            sim_fault_add(s->sim, &lost);
            refused_with(s, qshop_ship(s, o, "sagawa", "300000000001", 0), ERROR_AMBIGUOUS,
                         "qoo10.outcome_unknown");
            ok(s, qshop_read(s, no, at));
            bool whole = qshop_compare(s, s->orders[0], "sagawa", "300000000001") == MALL_SAME;
            assert_true(whole == (skip == 2 && kinds[k] != SIM_FAULT_DROP_BEFORE));
            ok(s, qshop_ship(s, s->orders[0], "sagawa", "300000000001", 0));
            assert_int_equal(qshop_effects(s, no, "ship"), 3);
            ok(s, qshop_read(s, no, at));
            assert_int_equal(qshop_compare(s, s->orders[0], "sagawa", "300000000001"), MALL_SAME);
        }
}

static void partly_shipped_in_qsm(void **state)
{
    struct qshop *s = *state;
    struct str no;
    time_ms at;
    const struct order *o = ready(s, 2, &no, &at);
    qshop_act(s, no, "ship", "{\"line\":1,\"number\":\"300000000009\"}");
    // Somebody else's number: a person decides.
    refused_with(s, qshop_ship(s, o, "sagawa", "300000000001", 0), ERROR_REJECTED,
                 "qoo10.other_tracking_number");
    ok(s, qshop_read(s, no, at));
    is_text(s->orders[0]->mall_status, "3,4");
    assert_int_equal(s->orders[0]->shipment_state, SHIPMENT_READY);
    assert_int_equal(qshop_compare(s, s->orders[0], "sagawa", "300000000001"), MALL_DIFFERENT);
    // The same number: the other line only.
    ok(s, qshop_ship(s, s->orders[0], "sagawa", "300000000009", 0));
    assert_int_equal(s->writes, 1);
}

static void corrected_numbers(void **state)
{
    static const char *const ways[] = {"overwrites", "ignored", "refused"};
    struct qshop *s = *state;
    for (size_t i = 0; i < 3; i++) {
        struct str no;
        time_ms at;
        const struct order *o = ready(s, 1, &no, &at);
        ok(s, qshop_ship(s, o, "sagawa", "300000000001", 0));
        ok(s, qshop_read(s, no, at));
        qshop_switch(s, "ship_again", ways[i]);
        bool done = qshop_ship(s, s->orders[0], "sagawa", "300000000002", 0);
        assert_int_equal(done, i < 2);
        assert_int_equal(s->writes, 1);
        ok(s, qshop_read(s, no, at));
        assert_int_equal(qshop_compare(s, s->orders[0], "sagawa", "300000000002"),
                         i == 0 ? MALL_SAME : MALL_DIFFERENT);
    }
}

static void carriers_that_qoo10_renames(void **state)
{
    struct qshop *s = *state;
    struct str no;
    time_ms at;
    struct mapping_value mapping = {MAPPING_CARRIER, MAPPING_OUT, STR("うちの便"), STR("yamato")};
    const struct order *o = ready(s, 1, &no, &at);
    static const char *const ways[] = {"accepted", "normalised", "refused"};
    for (size_t i = 0; i < 3; i++) {
        struct mall_account account = qshop_account(s);
        account.mappings = &mapping;
        account.mapping_count = 1;
        qshop_switch(s, "unknown_carrier", ways[i]);
        o = ready(s, 1, &no, &at);
        struct shipment parcel = {.carrier = STR("yamato"),
                                  .tracking_number = STR("400000000001"),
                                  .carrier_mall_code = STR(""),
                                  .mall_ref = STR("")};
        struct order_package package = {.number = 1, .shipments = &parcel, .shipment_count = 1};
        struct mall_ship_request request = {.order = o, .packages = &package, .package_count = 1};
        bool done = qshop_run(s, qoo10_mall.ship(&account, &request, &s->sink, &s->error));
        assert_int_equal(done, i < 2);
        if (!done) {
            refused_with(s, done, ERROR_REJECTED, "qoo10.refused");
            assert_string_equal(s->error.peer_code, "-10005");
            continue;
        }
        ok(s, qshop_read(s, no, at));
        assert_int_equal(qoo10_mall.ship_compare(&account, s->orders[0], &request, &s->error),
                         i == 0 ? MALL_SAME : MALL_DIFFERENT);
        if (i == 1)
            assert_string_equal(s->error.code, "qoo10.carrier_differs");
    }
}

// The buyer cancels in every phase of a write-back.
static void cancelled_meanwhile(void **state)
{
    struct qshop *s = *state;
    struct str no;
    time_ms at;
    const struct order *o = ready(s, 2, &no, &at);
    qshop_act(s, no, "cancel", ""); // before anything
    refused_with(s, qshop_ship(s, o, "yamato", "400000000001", 0), ERROR_REJECTED,
                 "order.cancelled_at_mall");
    assert_int_equal(s->writes, 0);
    ok(s, qshop_read(s, no, at));
    assert_int_equal(qshop_compare(s, s->orders[0], "yamato", "400000000001"), MALL_DIFFERENT);

    o = ready(s, 2, &no, &at); // one of two lines
    qshop_act(s, no, "cancel", "{\"line\":2}");
    ok(s, qshop_ship(s, o, "yamato", "400000000001", 0));
    assert_int_equal(s->writes, 1);
    assert_string_equal(s->warnings[0].code, "qoo10.line_cancelled");
    ok(s, qshop_read(s, no, at));
    assert_int_equal(qshop_compare(s, s->orders[0], "yamato", "400000000001"), MALL_SAME);

    o = ready(s, 2, &no, &at); // after an answer was lost
    struct sim_fault lost = {.kind = SIM_FAULT_DROP_AFTER, .mall = SIM_QOO10, .count = 1};
    snprintf(lost.operation, sizeof lost.operation, "SetSendingInfo");
    sim_fault_add(s->sim, &lost);
    assert_false(qshop_ship(s, o, "yamato", "400000000001", 0));
    qshop_act(s, no, "cancel", "{\"line\":2}");
    ok(s, qshop_ship(s, o, "yamato", "400000000001", 0));
    assert_int_equal(s->writes, 0);
    assert_int_equal(qshop_effects(s, no, "ship"), 1);

    o = ready(s, 1, &no, &at); // returned after shipping
    ok(s, qshop_ship(s, o, "yamato", "400000000001", 0));
    qshop_act(s, no, "deliver", "");
    qshop_act(s, no, "return", "");
    ok(s, qshop_read(s, no, at));
    assert_int_equal(qshop_compare(s, s->orders[0], "yamato", "400000000001"), MALL_SAME);
    assert_int_equal(s->orders[0]->shipment_state, SHIPMENT_RETURNED);
    assert_int_equal(s->orders[0]->payment_state, PAYMENT_REFUNDED);
}

// --- cancelling ---

static bool cancel(struct qshop *s, const struct order *o, const char *reason)
{
    struct mall_account account = qshop_account(s);
    struct mall_cancel_request request = {o, str_from(reason), STR("memo")};
    struct mall_op *op = qoo10_mall.cancel(&account, &request, &s->sink, &s->error);
    return op && qshop_run(s, op);
}

static void cancelling(void **state)
{
    struct qshop *s = *state;
    struct str no;
    time_ms at;
    const struct order *o = ready(s, 2, &no, &at);
    refused_with(s, cancel(s, o, ""), ERROR_BAD_INPUT, "qoo10.cancel_reason_missing");
    qshop_switch(s, "cancel_steps", "running");
    ok(s, cancel(s, o, "stock"));
    assert_int_equal(s->writes, 2);
    ok(s, cancel(s, o, "stock"));
    assert_int_equal(s->writes, 0);
    ok(s, qshop_read(s, no, at));
    assert_false(qoo10_mall.is_cancelled(s->orders[0]));
    s->now += 2 * HOUR_MS;
    ok(s, qshop_read(s, no, at));
    assert_true(qoo10_mall.is_cancelled(s->orders[0]));
    assert_int_equal(qshop_effects(s, no, "cancel"), 2);
    o = ready(s, 1, &no, &at);
    qshop_act(s, no, "request-cancel", "");
    refused_with(s, cancel(s, o, "1"), ERROR_REJECTED, "qoo10.buyer_cancel_pending");
    o = ready(s, 1, &no, &at);
    qshop_act(s, no, "ship", "");
    refused_with(s, cancel(s, o, "2"), ERROR_REJECTED, "qoo10.shipped_already");
}

// --- keys, limits, maintenance ---

static bool list_today(struct qshop *s)
{
    return qshop_list(s, DATE_ORDERED, s->now - DAY_MS, s->now, "");
}

static void keys(void **state)
{
    struct qshop *s = *state;
    for (int i = 0; i < 2; i++) {
        qshop_switch(s, "key_envelope", i ? "result_code" : "error_code");
        qshop_switch(s, "key_status", i ? "401" : "200");
        qshop_switch(s, "expired_code", i ? "-90005" : "-90004");
        qshop_act(s, STR(""), "expire", "");
        refused_with(s, list_today(s), ERROR_AUTH_EXPIRED, "qoo10.key_expired");
        qshop_act(s, STR(""), "permit", "");
        qshop_act(s, STR(""), "revoke", "");
        refused_with(s, list_today(s), ERROR_AUTH_INVALID, "qoo10.key_invalid");
        qshop_act(s, STR(""), "permit", "");
        qshop_act(s, STR(""), "forbid", "");
        refused_with(s, list_today(s), ERROR_NOT_PERMITTED, "qoo10.not_authorised");
        qshop_act(s, STR(""), "permit", "");
        qshop_act(s, STR(""), "other-seller", "");
        refused_with(s, list_today(s), ERROR_NOT_PERMITTED, "qoo10.not_this_seller");
        qshop_act(s, STR(""), "permit", "");
    }
    qshop_set(s, "certification_key", STR("short"));
    refused_with(s, list_today(s), ERROR_AUTH_INVALID, "qoo10.key_malformed");
    qshop_set(s, "certification_key", STR(""));
    refused_with(s, list_today(s), ERROR_AUTH_INVALID, "qoo10.key_missing");
}

static void give_api_key(struct qshop *s)
{
    qshop_set(s, "qapi_key", STR(SIM_QOO10_API_KEY));
    qshop_set(s, "qsm_user_id", STR(SIM_QOO10_USER_ID));
    qshop_set(s, "qsm_password", STR(SIM_QOO10_PASSWORD));
}

static void keys_are_made(void **state)
{
    struct qshop *s = *state;
    give_api_key(s);
    qshop_set(s, "certification_key", STR(""));
    ok(s, list_today(s)); // the first one
    assert_int_equal(s->key_requests, 1);
    assert_true(qshop_get(s, "certification_key").n > 8);
    assert_true(qshop_get(s, "certification_key_issued_on").n == 10);
    ok(s, list_today(s));
    assert_int_equal(s->key_requests, 0);
    qshop_act(s, STR(""), "expire", ""); // the next one, in the middle of work
    struct str no;
    time_ms at = s->now;
    ok(s, list_today(s));
    assert_int_equal(s->key_requests, 1);
    const struct order *o = ready(s, 1, &no, &at);
    qshop_act(s, STR(""), "expire", "");
    ok(s, qshop_ship(s, o, "yamato", "400000000001", 0));
    assert_int_equal(qshop_effects(s, no, "ship"), 1);
    // refresh(): nothing to do until the year is nearly over.
    struct mall_account account = qshop_account(s);
    ok(s, qshop_run(s, qoo10_mall.refresh(&account, &s->sink, &s->error)));
    assert_int_equal(s->key_requests, 0);
    s->now += 355 * DAY_MS;
    account = qshop_account(s);
    ok(s, qshop_run(s, qoo10_mall.refresh(&account, &s->sink, &s->error)));
    assert_int_equal(s->key_requests, 1);
    qshop_set(s, "qsm_password", STR("wrong"));
    qshop_set(s, "certification_key", STR(""));
    refused_with(s, list_today(s), ERROR_AUTH_INVALID, "qoo10.login_refused");
}

static void limits_and_maintenance(void **state)
{
    struct qshop *s = *state;
    qshop_switch(s, "quota_per_day", "3");
    refused_with(s, list_today(s), ERROR_QUOTA_USED_UP, "qoo10.quota_used_up");
    assert_true(s->error.retry_after_ms > HOUR_MS);
    qshop_switch(s, "quota_per_day", "0");
    static const struct {
        enum sim_fault_kind kind;
        int status;
        enum error_class class;
    } cases[] = {
        {SIM_FAULT_MAINTENANCE, 0, ERROR_MAINTENANCE},
        {SIM_FAULT_MAINTENANCE, 200, ERROR_MAINTENANCE},
        {SIM_FAULT_STATUS, 500, ERROR_NETWORK},
        {SIM_FAULT_STATUS, 429, ERROR_RATE_LIMITED},
        {SIM_FAULT_HTML, 0, ERROR_MALFORMED},
        {SIM_FAULT_MALFORMED, 0, ERROR_MALFORMED},
        {SIM_FAULT_DROP_BEFORE, 0, ERROR_NETWORK},
        {SIM_FAULT_STATUS, 401, ERROR_AUTH_INVALID},
        {SIM_FAULT_STATUS, 403, ERROR_NOT_PERMITTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_fault fault = {
            .kind = cases[i].kind, .mall = SIM_QOO10, .status = cases[i].status, .count = 1};
        sim_fault_add(s->sim, &fault);
        assert_false(list_today(s));
        if (s->error.class != cases[i].class)
            fail_msg("%zu: %s %s", i, error_class_name(s->error.class), s->error.code);
        assert_true(s->error.what_ja[0] && s->error.what_en[0]);
    }
}

static const struct check_result *row(struct qshop *s, const char *item)
{
    for (size_t i = 0; i < s->check_count; i++)
        if (strcmp(s->checks[i].item, item) == 0)
            return &s->checks[i];
    fail_msg("no row %s", item);
    return NULL;
}

static void connection_test(void **state)
{
    struct qshop *s = *state;
    struct mall_account account = qshop_account(s);
    ok(s, qshop_run(s, qoo10_mall.check(&account, &s->sink, &s->error)));
    assert_int_equal(s->check_count, 7);
    assert_int_equal(s->writes, 0);
    assert_int_equal(row(s, "GetShippingInfo_v3")->state, CHECK_OK);
    assert_int_equal(row(s, "GetClaimInfo_V3")->state, CHECK_OK);
    assert_int_equal(row(s, "GetShippingAndClaimInfoByOrderNo_V2")->state, CHECK_OK);
    assert_int_equal(row(s, "SetSendingInfo")->state, CHECK_UNKNOWN);
    assert_int_equal(row(s, "fetch_statuses")->state, CHECK_OK);
    qshop_set(s, "fetch_statuses", STR("2"));
    qshop_act(s, STR(""), "expire", "");
    account = qshop_account(s);
    ok(s, qshop_run(s, qoo10_mall.check(&account, &s->sink, &s->error)));
    assert_int_equal(s->check_count, 7);
    assert_int_equal(s->requests, 1);
    assert_int_equal(row(s, "GetShippingInfo_v3")->state, CHECK_REFUSED);
    assert_string_equal(row(s, "GetShippingInfo_v3")->error.code, "qoo10.key_expired");
    assert_int_equal(row(s, "GetClaimInfo_V3")->state, CHECK_UNKNOWN);
    assert_string_equal(row(s, "fetch_statuses")->error.code, "qoo10.only_new_fetched");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_HISTORY(test) cmocka_unit_test_setup_teardown(test, set_up_full, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HISTORY(everything_is_listed),
        WITH_HISTORY(lists_in_every_shape),
        WITH_HISTORY(everything_is_read),
        WITH(rereading_changes_nothing),
        WITH(typed_numbers),
        WITH_HISTORY(only_one_status),
        WITH(beyond_the_reach),
        WITH(paid_later),
        WITH(a_late_listing),
        WITH(vanished_is_cancelled),
        WITH(one_line_is_cancelled),
        WITH(cancellation_is_asked_for),
        WITH(confirming),
        WITH(confirming_is_resumed),
        WITH(planned_date_too_late),
        WITH(a_cart_is_told_by_line),
        WITH(unconfirmed_orders),
        WITH(ship_date_stays_here),
        WITH(lost_answers),
        WITH(partly_shipped_in_qsm),
        WITH(corrected_numbers),
        WITH(carriers_that_qoo10_renames),
        WITH(cancelled_meanwhile),
        WITH(cancelling),
        WITH(keys),
        WITH(keys_are_made),
        WITH(limits_and_maintenance),
        WITH(connection_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
