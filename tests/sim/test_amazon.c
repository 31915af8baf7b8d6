// SPDX-License-Identifier: Apache-2.0
//
// The connector of Amazon against the simulated Amazon, with its open facts both ways: tokens and
// their three failures, roles, listing by pages and by report, every phase of a notice, feeds that
// are read to their end, and the official sandbox cases.
#include "amazon_shop.h"

#include "base/json.h"
#include "mall/amazon/internal.h"
#include "sim/face.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)

static void key(struct ashop *s, const char *action)
{
    ashop_act(s, STR(""), action, "");
}

static struct order *read_one(struct ashop *s, struct str order_no)
{
    if (!ashop_read(s, order_no))
        fail_msg("%s %s %s", s->error.code, s->error.what_en, s->error.peer_text);
    if (s->bad_count > 0)
        fail_msg("%s %s", s->bad[0].code, s->bad[0].what_en);
    assert_int_equal(s->order_count, 1);
    return s->orders[0];
}

static struct shipment parcel(struct ashop *s, const char *carrier, const char *number)
{
    return (struct shipment){.carrier = str_from(carrier),
                             .carrier_mall_code = STR(""),
                             .tracking_number = str_from(number),
                             .ship_date = day_in_jst(s->now),
                             .mall_ref = STR("")};
}

#define assert_code(s, expected) assert_string_equal((s)->error.code, expected)

// ---- tokens ----

static void tokens_and_their_failures(void **state)
{
    static const struct {
        const char *action, *undo, *code;
        enum error_class class;
    } cases[] = {
        {"expire-refresh", "authorize", "amazon.authorization_ended", ERROR_AUTH_EXPIRED},
        {"revoke", "authorize", "amazon.authorization_ended", ERROR_AUTH_EXPIRED},
        {"expire-secret", "renew-secret", "amazon.client_refused", ERROR_AUTH_INVALID},
        {"other-app", "authorize", "amazon.token_of_other_app", ERROR_AUTH_INVALID},
    };
    struct ashop s;
    ashop_open(&s, 0);
    struct str no = ashop_place(&s, SIM_STAGE_READY, SIM_PAY_CARD);
    read_one(&s, no);
    assert_int_equal(s.tokens, 1);
    read_one(&s, no);
    assert_int_equal(s.tokens, 0);
    key(&s, "expire-access"); // the mall says so in a 403; renewed once, not failed
    read_one(&s, no);
    assert_int_equal(s.tokens, 1);
    s.now += 2 * HOUR_MS; // known by the clock
    read_one(&s, no);
    assert_int_equal(s.tokens, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        key(&s, cases[i].action);
        ashop_set(&s, "access_token", STR(""));
        assert_false(ashop_read(&s, no));
        assert_code(&s, cases[i].code);
        assert_int_equal(s.error.class, cases[i].class);
        assert_true(s.error.hint_ja[0] && s.error.hint_en[0]);
        assert_true(strstr(s.error.peer_text, "mallsim") == NULL);
        key(&s, cases[i].undo);
    }
    read_one(&s, no);
    ashop_close(&s);
}

static void both_ends_are_learned(void **state)
{
    struct ashop s;
    ashop_open(&s, 0);
    struct mall_account account = ashop_account(&s);
    assert_true(ashop_run(&s, amazon_mall.refresh(&account, &s.sink, &s.error)));
    assert_int_equal(s.tokens, 1);
    ashop_close(&s);
}

static const struct check_result *check_of(const struct ashop *s, const char *item)
{
    for (size_t i = 0; i < s->check_count; i++)
        if (strcmp(s->checks[i].item, item) == 0)
            return &s->checks[i];
    fail_msg("no row %s", item);
    return NULL;
}

static void run_check(struct ashop *s)
{
    struct mall_account account = ashop_account(s);
    assert_true(ashop_run(s, amazon_mall.check(&account, &s->sink, &s->error)));
    assert_int_equal(s->check_count, 4);
}

static void the_test_of_a_connection(void **state)
{
    struct ashop s;
    ashop_open(&s, 0);
    ashop_place(&s, SIM_STAGE_READY, SIM_PAY_CARD);
    run_check(&s);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(s.checks[i].state, CHECK_OK);
    key(&s, "take-role");
    run_check(&s);
    assert_string_equal(check_of(&s, "personal_data")->error.code, "amazon.role_missing");
    ashop_switch(&s, "role_missing", "refused");
    run_check(&s);
    assert_int_equal(check_of(&s, "searchOrders")->state, CHECK_OK);
    assert_int_equal(check_of(&s, "personal_data")->state, CHECK_REFUSED);
    key(&s, "forbid");
    run_check(&s);
    assert_int_equal(check_of(&s, "searchOrders")->state, CHECK_REFUSED);
    ashop_set(&s, "marketplace_id", STR("A39IBJ37TRP1C6"));
    run_check(&s);
    assert_string_equal(check_of(&s, "marketplaceParticipations")->error.code,
                        "amazon.marketplace_not_joined");
    key(&s, "revoke");
    ashop_set(&s, "access_token", STR(""));
    run_check(&s);
    assert_int_equal(check_of(&s, "token")->state, CHECK_REFUSED);
    assert_int_equal(check_of(&s, "searchOrders")->state, CHECK_UNKNOWN);
    ashop_close(&s);
}

// ---- listing and reading ----

static void everything_is_listed(struct ashop *s, enum date_basis basis)
{
    struct sim_summary *all;
    size_t count;
    time_ms from = s->now - 60 * DAY_MS, to = s->now;
    if (!ashop_list(s, basis, from, to, ""))
        fail_msg("%s %s %s", s->error.code, s->error.what_en, s->error.peer_text);
    assert_true(sim_summaries(s->sim, SIM_AMAZON, s->arena, &all, &count));
    for (size_t i = 0; i < count; i++) {
        const struct mall_listing *l = ashop_listing(s, all[i].order_no);
        if (!l)
            fail_msg("%.*s (%.*s) isn't listed", STR_ARG(all[i].order_no), STR_ARG(all[i].status));
        assert_true(str_eq(l->mall_status, all[i].status));
        assert_true(l->status_choice.n > 0);
    }
    assert_int_equal(s->listing_count, count);
    // Complete up to two minutes ago and without holes.
    time_ms reached = s->windows[0].from;
    assert_true(s->window_count > 0 && reached <= from);
    for (size_t i = 0; i < s->window_count; i++) {
        assert_true(s->windows[i].from <= reached && s->windows[i].basis == basis);
        reached = s->windows[i].to;
    }
    assert_true(reached < to && reached > to - 5 * 60000);
}

static void lists_by_pages_and_by_report(void **state)
{
    static const char *const encodings[] = {"cp932", "utf-8", "utf-8-bom"};
    struct ashop s;
    ashop_open(&s, 450);
    s.now += 10 * 60000;
    everything_is_listed(&s, DATE_UPDATED);
    everything_is_listed(&s, DATE_ORDERED);
    assert_true(s.requests >= 5); // a hundred a page
    ashop_switch(&s, "milliseconds", "on");
    everything_is_listed(&s, DATE_UPDATED);
    ashop_set(&s, "fetch_source", STR("report"));
    for (size_t i = 0; i < 3; i++) {
        ashop_switch(&s, "report_encoding", encodings[i]);
        ashop_switch(&s, "report_gzip", i == 1 ? "off" : "on");
        everything_is_listed(&s, i == 2 ? DATE_ORDERED : DATE_UPDATED);
    }
    // Marks of both ways are the same: nothing is read again for the way it was listed.
    struct str mark = s.listings[0].update_mark, no = s.listings[0].order_no;
    ashop_set(&s, "fetch_source", STR("api"));
    everything_is_listed(&s, DATE_UPDATED);
    assert_true(str_eq(ashop_listing(&s, no)->update_mark, mark));
    ashop_close(&s);
}

static void a_report_takes_over(void **state)
{
    struct ashop s;
    ashop_open(&s, 450);
    s.now += 10 * 60000;
    ashop_set(&s, "report_after_pages", STR("2"));
    assert_true(ashop_list(&s, DATE_UPDATED, s.now - 60 * DAY_MS, s.now, ""));
    size_t searches = 0;
    for (size_t i = 0; i < s.requests && i < 64; i++)
        searches += strcmp(s.asked[i], "searchOrders") == 0;
    assert_int_equal(searches, 2);
    assert_true(s.listing_count >= 450);
    assert_true(s.window_count > 0);
    ashop_switch(&s, "report_fatal", "on");
    assert_false(ashop_list(&s, DATE_UPDATED, s.now - 60 * DAY_MS, s.now, ""));
    assert_code(&s, "amazon.report_failed");
    assert_true(error_is_transient(s.error.class));
    ashop_close(&s);
}

static void an_empty_report_is_no_failure(void **state)
{
    struct ashop s;
    ashop_open(&s, 0);
    ashop_set(&s, "fetch_source", STR("report"));
    assert_true(ashop_list(&s, DATE_UPDATED, s.now - DAY_MS, s.now, ""));
    assert_int_equal(s.listing_count, 0);
    assert_int_equal(s.window_count, 1);
    ashop_switch(&s, "report_empty", "done");
    assert_true(ashop_list(&s, DATE_UPDATED, s.now - DAY_MS, s.now, ""));
    assert_int_equal(s.window_count, 1);
    ashop_close(&s);
}

static void one_status_claims_nothing(void **state)
{
    struct ashop s;
    ashop_open(&s, 200);
    s.now += 10 * 60000;
    static const char *const choices[] = {"UNSHIPPED", "FBA", "CANCELLED"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(ashop_list(&s, DATE_ORDERED, s.now - 60 * DAY_MS, s.now, choices[i]));
        assert_true(s.listing_count > 0);
        assert_int_equal(s.window_count, 0);
        for (size_t k = 0; k < s.listing_count; k++)
            assert_true(str_eq(s.listings[k].status_choice, str_from(choices[i])));
    }
    assert_null(amazon_mall.list(&(struct mall_account){0},
                                 &(struct mall_list_request){DATE_ORDERED, 1, 2, STR("NONE")}, NULL,
                                 &s.error));
    assert_code(&s, "amazon.status");
    ashop_close(&s);
}

static void every_order_can_be_read(void **state)
{
    static const char *const ways[][2] = {{"address", "city"},
                                          {"discount_sign", "positive"},
                                          {"grand_total", "net_of_points"},
                                          {"milliseconds", "on"}};
    struct ashop s;
    struct sim_summary *all;
    size_t count, fba = 0;
    ashop_open(&s, 150);
    for (size_t way = 0; way <= 4; way++) {
        if (way > 0)
            ashop_switch(&s, ways[way - 1][0], ways[way - 1][1]);
        assert_true(sim_summaries(s.sim, SIM_AMAZON, s.arena, &all, &count));
        for (size_t i = 0; i < count; i++) {
            const struct order *o = read_one(&s, all[i].order_no);
            bool sound = o->state != ORDER_PROVISIONAL && o->state != ORDER_CANCELLED;
            assert_true(o->mall_status.n > 0);
            assert_false(o->marks & ORDER_MARK_TOTAL_MISMATCH);
            if (sound && str_is_empty(o->channel)) {
                const struct person *p = &o->packages[0].recipient;
                assert_true(p->name.n > 0 && p->postal_code.n == 7);
                assert_true(prefecture_number(p->prefecture) > 0);
            }
            fba += str_eq(o->channel, STR("fba"));
        }
    }
    assert_true(fba > 0);
    ashop_close(&s);
}

static void without_the_role(void **state)
{
    struct ashop s;
    ashop_open(&s, 0);
    struct str no = ashop_place(&s, SIM_STAGE_READY, SIM_PAY_CARD);
    key(&s, "take-role");
    struct order *o = read_one(&s, no);
    assert_true(str_is_empty(o->packages[0].recipient.name));
    assert_string_equal(s.warnings[0].code, "amazon.people_missing");
    ashop_switch(&s, "role_missing", "refused");
    o = read_one(&s, no);
    assert_string_equal(s.warnings[0].code, "amazon.people_left_out");
    assert_int_equal(o->packages[0].line_count > 0, 1);
    key(&s, "forbid");
    assert_false(ashop_read(&s, no));
    assert_int_equal(s.error.class, ERROR_NOT_PERMITTED);
    ashop_close(&s);
}

static void odd_numbers_and_lost_orders(void **state)
{
    struct ashop s;
    ashop_open(&s, 0);
    struct str no = ashop_place(&s, SIM_STAGE_NEW, SIM_PAY_CONVENIENCE);
    assert_true(ashop_read(&s, STR("12345")));
    assert_int_equal(s.bad_count, 1);
    assert_true(ashop_read(&s, STR("999-0000000-0000000")));
    assert_int_equal(s.missing_count, 1);
    struct order *o = read_one(&s, no);
    assert_int_equal(o->state, ORDER_PROVISIONAL);
    assert_true(o->billed == YEN_UNDETERMINED);
    ashop_act(&s, no, "vanish", "");
    assert_true(ashop_read(&s, no));
    assert_int_equal(s.missing_count, 1);
    ashop_close(&s);
}

// ---- telling ----

static void a_parcel_is_told_once(void **state)
{
    struct ashop s;
    ashop_open(&s, 0);
    struct str no = ashop_place(&s, SIM_STAGE_READY, SIM_PAY_CARD);
    struct order *o = read_one(&s, no);
    struct shipment p = parcel(&s, "yamato", "4000-0000-0013");
    assert_int_equal(ashop_compare(&s, o, &p, 1), MALL_NOT_YET);
    assert_true(ashop_ship(&s, o, &p, 1, ""));
    assert_int_equal(s.writes, 1);
    o = read_one(&s, no);
    assert_int_equal(ashop_compare(&s, o, &p, 1), MALL_SAME);
    assert_true(ashop_ship(&s, o, &p, 1, "")); // looks, sees, says nothing
    assert_int_equal(s.writes, 0);
    assert_int_equal(ashop_effects(&s, no, "ship"), 1);
    // Another number: our own package is corrected, no second capture.
    struct shipment q = parcel(&s, "yamato", "400000000024");
    q.mall_ref = o->packages[0].shipments[0].mall_ref;
    assert_int_equal(ashop_compare(&s, o, &q, 1), MALL_DIFFERENT);
    assert_true(ashop_ship(&s, o, &q, 1, ""));
    assert_int_equal(s.writes, 1);
    assert_int_equal(ashop_effects(&s, no, "capture"), 1);
    // One that isn't ours is left to a person.
    struct shipment foreign = parcel(&s, "sagawa", "355500000015");
    assert_false(ashop_ship(&s, o, &foreign, 1, ""));
    assert_code(&s, "amazon.shipped_otherwise");
    assert_int_equal(s.writes, 0);
    ashop_close(&s);
}

static void several_parcels_share_the_units(void **state)
{
    struct ashop s;
    ashop_open(&s, 0);
    struct str no = ashop_place(&s, SIM_STAGE_READY, SIM_PAY_CARD);
    struct order *o = read_one(&s, no);
    struct shipment two[2] = {parcel(&s, "yamato", "400000000013"),
                              parcel(&s, "japan_post", "123456789012")};
    assert_true(ashop_ship(&s, o, two, 2, ""));
    assert_int_equal(s.writes, 2);
    o = read_one(&s, no);
    assert_int_equal(o->packages[0].shipment_count, 2);
    assert_int_equal(ashop_compare(&s, o, two, 2), MALL_SAME);
    // A part was shipped by hand: only the rest is told.
    no = ashop_place(&s, SIM_STAGE_READY, SIM_PAY_CARD);
    ashop_act(&s, no, "ship", "{\"units\":1,\"number\":\"355500000026\",\"carrier\":\"SAGAWA\"}");
    o = read_one(&s, no);
    assert_true(str_eq(o->mall_status, STR("PARTIALLY_SHIPPED")));
    assert_true(ashop_ship(&s, o, two, 1, ""));
    assert_int_equal(s.writes, 1);
    o = read_one(&s, no);
    assert_true(str_eq(o->mall_status, STR("SHIPPED")));
    assert_int_equal(ashop_compare(&s, o, two, 1), MALL_SAME);
    ashop_close(&s);
}

static void what_cannot_be_told(void **state)
{
    static const struct {
        int stage, payment;
        const char *action, *code;
    } cases[] = {
        {SIM_STAGE_READY, SIM_PAY_CARD, "cancel", "amazon.order_cancelled"},
        {SIM_STAGE_READY, SIM_PAY_CARD, "make-fba", "amazon.fba"},
        {SIM_STAGE_READY, SIM_PAY_CARD, "make-ship-plus", "amazon.ship_plus"},
        {SIM_STAGE_READY, SIM_PAY_CARD, "vanish", "amazon.not_found"},
        {SIM_STAGE_NEW, SIM_PAY_CONVENIENCE, NULL, "amazon.pending"},
    };
    struct ashop s;
    struct order known;
    ashop_open(&s, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        order_init(&known);
        known.order_no = ashop_place(&s, cases[i].stage, cases[i].payment);
        if (cases[i].action)
            ashop_act(&s, known.order_no, cases[i].action, "");
        struct shipment p = parcel(&s, "yamato", "400000000013");
        assert_false(ashop_ship(&s, &known, &p, 1, ""));
        assert_code(&s, cases[i].code);
        assert_int_equal(ashop_effects(&s, known.order_no, "ship"), 0);
    }
    ashop_close(&s);
}

static void checked_before_anything_is_sent(void **state)
{
    struct ashop s;
    ashop_open(&s, 0);
    struct order *o = read_one(&s, ashop_place(&s, SIM_STAGE_READY, SIM_PAY_CARD));
    struct mall_account account = ashop_account(&s);
    struct shipment p = parcel(&s, "yamato", "400000000013");
    struct order_package package = {.number = 1, .shipments = &p, .shipment_count = 1};
    struct mall_ship_request r = {.order = o, .packages = &package, .package_count = 1};
    day today = day_in_jst(s.now);
    assert_true(amazon_mall.ship_preflight(&account, &r, today, &s.error));
    p.ship_date = day_add(today, 1);
    assert_false(amazon_mall.ship_preflight(&account, &r, today, &s.error));
    assert_code(&s, "shipment.ship_date_future");
    p.ship_date = day_add(today, -3);
    assert_false(amazon_mall.ship_preflight(&account, &r, today, &s.error));
    assert_code(&s, "shipment.ship_date_before_order");
    p.ship_date = 0;
    assert_false(amazon_mall.ship_preflight(&account, &r, today, &s.error));
    assert_code(&s, "shipment.ship_date_missing");
    p.ship_date = today;
    p.carrier = STR("");
    assert_false(amazon_mall.ship_preflight(&account, &r, today, &s.error));
    assert_code(&s, "shipment.carrier_missing");
    p.carrier = STR("yamato");
    p.tracking_number = STR("");
    assert_true(amazon_mall.ship_preflight(&account, &r, today, &s.error));
    ashop_set(&s, "untracked", STR("refuse"));
    account = ashop_account(&s);
    assert_false(amazon_mall.ship_preflight(&account, &r, today, &s.error));
    assert_code(&s, "shipment.tracking_number_missing");
    o->channel = STR("fba");
    assert_false(amazon_mall.ship_preflight(&account, &r, today, &s.error));
    assert_code(&s, "amazon.fba");
    ashop_close(&s);
}

static void fault(struct ashop *s, enum sim_fault_kind kind, const char *operation)
{
    struct sim_fault f = {.kind = kind, .mall = SIM_AMAZON, .count = 1};
    snprintf(f.operation, sizeof f.operation, "%s", operation);
    assert_true(sim_fault_add(s->sim, &f) > 0);
}

static void a_lost_answer_is_ambiguous(void **state)
{
    struct ashop s;
    ashop_open(&s, 0);
    struct order *o = read_one(&s, ashop_place(&s, SIM_STAGE_READY, SIM_PAY_CARD));
    struct shipment p = parcel(&s, "yamato", "400000000013");
    fault(&s, SIM_FAULT_DROP_AFTER, "confirmShipment");
    assert_false(ashop_ship(&s, o, &p, 1, ""));
    assert_int_equal(s.error.class, ERROR_AMBIGUOUS);
    ashop_switch(&s, "reading_lag_seconds", "0");
    assert_true(ashop_ship(&s, o, &p, 1, s.progress[0]));
    assert_int_equal(s.writes, 0);
    assert_int_equal(ashop_effects(&s, o->order_no, "ship"), 1);
    ashop_close(&s);
}

// ---- feeds ----

static const char *last_progress(const struct ashop *s)
{
    return s->progress_count ? s->progress[s->progress_count - 1] : "";
}

static struct order *untracked(struct ashop *s, struct shipment *p)
{
    struct order *o = read_one(s, ashop_place(s, SIM_STAGE_READY, SIM_PAY_CARD));
    *p = parcel(s, "japan_post", "");
    return o;
}

static void a_feed_is_asked_for(void **state)
{
    static const char *const ways[] = {"taken", "warning", "refused"};
    struct ashop s;
    struct shipment p;
    char progress[64];
    ashop_open(&s, 0);
    for (size_t way = 0; way < 3; way++) {
        ashop_switch(&s, "feed_untracked", ways[way]);
        struct order *o = untracked(&s, &p);
        assert_true(ashop_ship(&s, o, &p, 1, ""));
        assert_true(s.ask_at != TIME_NONE);
        assert_int_equal(s.writes, 1);
        snprintf(progress, sizeof progress, "%s", last_progress(&s));
        assert_true(strncmp(progress, "feed ", 5) == 0);
        assert_true(ashop_ship(&s, o, &p, 1, progress)); // still at work
        assert_true(s.ask_at != TIME_NONE && s.writes == 0);
        s.now += 120000;
        bool told = ashop_ship(&s, o, &p, 1, progress);
        assert_int_equal(told, way < 2);
        assert_int_equal(s.writes, 0);
        if (!told) {
            assert_code(&s, "amazon.feed.field_missing");
            assert_int_equal(s.error.class, ERROR_REJECTED);
            continue;
        }
        assert_int_equal(s.warning_count, way == 1);
        o = read_one(&s, o->order_no);
        assert_int_equal(ashop_compare(&s, o, &p, 1), MALL_SAME);
        assert_int_equal(ashop_effects(&s, o->order_no, "ship"), 1);
    }
    ashop_close(&s);
}

static void a_feed_may_end_otherwise(void **state)
{
    static const struct {
        const char *outcome, *code; // NULL: done
        size_t effects;
    } cases[] = {{"fatal", "amazon.feed.not_processed", 0},
                 {"fatal_after", "amazon.feed.not_processed", 1},
                 {"cancelled", "amazon.feed.not_processed", 0},
                 {"done_without_effect", NULL, 0}};
    struct ashop s;
    struct shipment p;
    char progress[64];
    ashop_open(&s, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ashop_switch(&s, "feed_outcome", cases[i].outcome);
        struct order *o = untracked(&s, &p);
        assert_true(ashop_ship(&s, o, &p, 1, ""));
        snprintf(progress, sizeof progress, "%s", last_progress(&s));
        s.now += 120000;
        bool told = ashop_ship(&s, o, &p, 1, progress);
        assert_int_equal(told, cases[i].code == NULL);
        if (!told) {
            assert_code(&s, cases[i].code);
            assert_int_equal(s.error.class, ERROR_AMBIGUOUS); // reading decides
            assert_string_equal(last_progress(&s), "");
        }
        o = read_one(&s, o->order_no);
        assert_int_equal(ashop_compare(&s, o, &p, 1), cases[i].effects ? MALL_SAME : MALL_NOT_YET);
        assert_int_equal(ashop_effects(&s, o->order_no, "ship"), cases[i].effects);
    }
    ashop_switch(&s, "feed_outcome", "normal");
    ashop_switch(&s, "feed_quiet_refusal", "on");
    struct order *o = untracked(&s, &p);
    assert_true(ashop_ship(&s, o, &p, 1, ""));
    snprintf(progress, sizeof progress, "%s", last_progress(&s));
    ashop_act(&s, o->order_no, "cancel", ""); // while the feed is under way
    s.now += 120000;
    assert_false(ashop_ship(&s, o, &p, 1, progress));
    assert_code(&s, "amazon.feed.not_fulfilled");
    ashop_close(&s);
}

static void a_lost_feed_is_found(void **state)
{
    struct ashop s;
    struct shipment p;
    char progress[64];
    ashop_open(&s, 0);
    for (int after = 0; after < 2; after++) {
        struct order *o = untracked(&s, &p);
        s.now += 30 * 60000;
        fault(&s, after ? SIM_FAULT_DROP_AFTER : SIM_FAULT_DROP_BEFORE, "createFeed");
        assert_false(ashop_ship(&s, o, &p, 1, ""));
        assert_int_equal(s.error.class, ERROR_AMBIGUOUS);
        snprintf(progress, sizeof progress, "%s", last_progress(&s));
        s.now += 5000;
        assert_true(ashop_ship(&s, o, &p, 1, progress));
        assert_int_equal(s.writes, after ? 0 : 1);
        s.now += 200000;
        if (!after)
            snprintf(progress, sizeof progress, "%s", last_progress(&s));
        (void)ashop_ship(&s, o, &p, 1, progress);
        assert_int_equal(ashop_effects(&s, o->order_no, "ship"), 1);
        o = read_one(&s, o->order_no);
        assert_int_equal(ashop_compare(&s, o, &p, 1), MALL_SAME);
    }
    ashop_close(&s);
}

static void an_address_expires(void **state)
{
    struct ashop s;
    struct shipment p;
    ashop_open(&s, 0);
    struct order *o = untracked(&s, &p);
    fault(&s, SIM_FAULT_STATUS, "upload");
    assert_false(ashop_ship(&s, o, &p, 1, "")); // 500 of the storage: tried again later
    assert_true(error_is_transient(s.error.class));
    assert_int_equal(s.writes, 0);
    ashop_close(&s);
}

// ---- the sandbox ----

static char *file_text(const char *name, size_t *n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", AMAZON_SAMPLES, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *text = test_malloc(1 << 20);
    *n = fread(text, 1, 1 << 20, f);
    fclose(f);
    return text;
}

static const char *const samples[] = {"feeds_2021-06-30.json", "orders_2026-01-01.json",
                                      "orders_v0.json", "reports_2021-06-30.json",
                                      "tokens_2021-03-01.json"};

static int ask_sandbox(struct ashop *s, struct json one, struct arena *arena, struct str *body)
{
    struct json http = json_get(one, "http"), sent = json_get(http, "body");
    struct str target = json_str(json_get(http, "target"));
    ptrdiff_t mark = str_find_char(target, '?');
    struct str path = mark < 0 ? target : str_slice(target, 0, (size_t)mark);
    struct http_header headers[] = {
        {.name = STR("x-amz-access-token"), .value = ashop_get(s, "access_token")},
        {.name = STR("Content-Type"), .value = STR("application/json")}};
    struct sim_request request = {.path = path,
                                  .query = mark < 0 ? STR("")
                                                    : str_slice(target, (size_t)mark + 1, target.n),
                                  .headers = headers,
                                  .header_count = 2,
                                  .body = STR(""),
                                  .peer = STR("127.0.0.1")};
    assert_true(http_method_from_name(json_str(json_get(http, "method")), &request.method));
    if (!json_is_null(sent))
        request.body = amazon_order_raw(arena, sent);
    struct sim_response answer;
    sim_response_init(&answer, arena);
    sim_handle(s->sim, SIM_AMAZON, s->now, &request, &answer);
    *body = str_dup(arena, buf_str(&answer.body));
    int status = answer.status;
    sim_response_free(&answer);
    return status;
}

// Every case of every file is answered as the model says.
static void the_official_cases(void **state)
{
    struct ashop s;
    size_t asked = 0;
    ashop_open(&s, 0);
    read_one(&s, ashop_place(&s, SIM_STAGE_READY, SIM_PAY_CARD)); // a token
    for (size_t f = 0; f < 5; f++) {
        size_t n;
        char *text = file_text(samples[f], &n);
        assert_true(sim_amazon_sandbox_add(s.sim, str_make(text, n), &s.error));
        test_free(text);
    }
    for (size_t f = 0; f < 5; f++) {
        size_t n;
        char *text = file_text(samples[f], &n);
        AUTO_ARENA arena = arena_new((size_t)64 << 20);
        struct json root, one;
        assert_true(json_parse(arena, str_make(text, n), false, &root, &s.error));
        for (struct json_iter i = json_iterate(json_get(root, "cases")); json_next(&i, &one);) {
            int64_t status;
            struct str body;
            struct json got, wanted = json_get(one, "response_body");
            assert_true(json_int(json_get(one, "status"), &status));
            int answered = ask_sandbox(&s, one, arena, &body);
            if (answered != (int)status)
                fail_msg("%.*s: %d", STR_ARG(json_str(json_get(one, "id"))), answered);
            asked++;
            if (json_is_null(wanted) || status == 204)
                continue;
            assert_true(json_parse(arena, body, false, &got, &s.error));
            assert_int_equal(json_count(got), json_count(wanted));
        }
        test_free(text);
    }
    assert_int_equal(asked, 48);
    ashop_close(&s);
}

// The connector reads what the sandbox shows: getOrder's orders, and the refusal of the rest.
static void the_connector_in_the_sandbox(void **state)
{
    size_t n;
    struct ashop s;
    ashop_open(&s, 0);
    char *text = file_text("orders_2026-01-01.json", &n);
    AUTO_ARENA arena = arena_new((size_t)64 << 20);
    struct json root, one, order;
    assert_true(sim_amazon_sandbox_add(s.sim, str_make(text, n), &s.error));
    assert_true(json_parse(arena, str_make(text, n), false, &root, &s.error));
    size_t read = 0;
    for (struct json_iter i = json_iterate(json_get(root, "cases")); json_next(&i, &one);) {
        struct json body = json_get(one, "response_body"), orders = json_get(body, "orders");
        struct json_iter k = json_iterate(orders);
        struct mall_account account = ashop_account(&s);
        order = json_get(body, "order");
        if (!json_exists(order) && !json_next(&k, &order))
            continue;
        struct order o;
        if (!amazon_order_read(arena, &account, order, &o, &s.error))
            fail_msg("%s %s", s.error.code, s.error.what_en);
        o.shop_id = 7;
        assert_true(order_validate(&o, &s.error));
        assert_true(o.packages[0].line_count > 0 && o.billed > 0);
        if (str_eq(o.order_no, STR("250-1234567-8901234"))) {
            assert_true(str_eq(o.channel, STR("fba")));
            assert_int_equal(o.billed, 19940);
            assert_int_equal(o.packages[0].lines[1].unit_price, 6980);
        }
        read++;
    }
    assert_int_equal(read, 4);
    assert_true(ashop_read(&s, STR("250-0000000-0000001"))); // refused, kept as unreadable
    assert_int_equal(s.bad_count, 1);
    assert_string_equal(s.bad[0].code, "amazon.sandbox_no_match");
    test_free(text);
    ashop_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_and_their_failures),
        cmocka_unit_test(both_ends_are_learned),
        cmocka_unit_test(the_test_of_a_connection),
        cmocka_unit_test(lists_by_pages_and_by_report),
        cmocka_unit_test(a_report_takes_over),
        cmocka_unit_test(an_empty_report_is_no_failure),
        cmocka_unit_test(one_status_claims_nothing),
        cmocka_unit_test(every_order_can_be_read),
        cmocka_unit_test(without_the_role),
        cmocka_unit_test(odd_numbers_and_lost_orders),
        cmocka_unit_test(a_parcel_is_told_once),
        cmocka_unit_test(several_parcels_share_the_units),
        cmocka_unit_test(what_cannot_be_told),
        cmocka_unit_test(checked_before_anything_is_sent),
        cmocka_unit_test(a_lost_answer_is_ambiguous),
        cmocka_unit_test(a_feed_is_asked_for),
        cmocka_unit_test(a_feed_may_end_otherwise),
        cmocka_unit_test(a_lost_feed_is_found),
        cmocka_unit_test(an_address_expires),
        cmocka_unit_test(the_official_cases),
        cmocka_unit_test(the_connector_in_the_sandbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
