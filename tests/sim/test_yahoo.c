// SPDX-License-Identifier: Apache-2.0
//
// The connector against the simulated Yahoo: what was placed is what is listed and read, keys and
// consent end as they do at the mall, and no notice takes effect twice.
#include "sim/face.h"
#include "yahoo_shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define HOUR_MS (3600 * 1000LL)
#define DAY_MS (24 * HOUR_MS)
#define START 1795000000000LL // 2026-11-18

static struct sim_options world(int64_t orders)
{
    static const struct sim_face *const faces[] = {&sim_face_yahoo, NULL};
    return (struct sim_options){
        .seed = 42, .orders = orders, .now = START, .start = TIME_NONE, .faces = faces};
}

static void test_everything_is_listed_and_read(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(300);
    struct sim_summary *all;
    size_t count;
    (void)state;
    shop_open(&shop, &options);
    assert_true(shop_list(&shop, DATE_ORDERED, START - 70 * DAY_MS, START + DAY_MS, ""));
    assert_true(sim_summaries(shop.sim, SIM_YAHOO, shop.arena, &all, &count));
    assert_true(count >= 300);
    assert_int_equal(shop.listing_count, count);
    assert_int_equal(shop.window_count, 3);
    struct str *numbers = ARENA_ARRAY(shop.arena, struct str, count);
    for (size_t i = 0; i < count; i++) {
        const struct mall_listing *l = shop_listing(&shop, all[i].order_no);
        assert_non_null(l);
        assert_true(str_eq(l->mall_status, all[i].status));
        assert_int_equal(l->ordered_at / 1000, all[i].ordered_at / 1000);
        numbers[i] = all[i].order_no;
    }
    struct mall_listing *listed = shop.listings;
    struct mall_account account = shop_account(&shop);
    struct mall_read_request request = {numbers, count};
    shop.listings = NULL;
    shop.listing_capacity = 0;
    assert_true(shop_run(&shop, yahoo_mall.read(&account, &request, &shop.sink, &shop.error)));
    assert_int_equal(shop.bad_count, 0);
    assert_int_equal(shop.order_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct order *o = shop.orders[i];
        struct error error;
        assert_true(str_eq(o->order_no, numbers[i]));
        assert_true(order_validate(o, &error));
        assert_false(o->marks & ORDER_MARK_TOTAL_MISMATCH);
        assert_true(str_find(shop.raws[i], STR("CardNumber")) < 0);
        assert_true(o->packages[0].line_count > 0);
        for (size_t k = 0; k < count; k++)
            if (str_eq(listed[k].order_no, o->order_no) &&
                str_eq(listed[k].mall_status, o->mall_status)) {
                assert_true(str_eq(listed[k].status_choice, yahoo_mall.status_choice(o)));
                if (listed[k].hidden_reason.n == 0)
                    assert_true(str_eq(listed[k].update_mark, o->mall_update_mark));
            }
    }
    shop_close(&shop);
}

static void test_hidden_orders_are_listed_with_their_reason(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    struct sim_wish wish;
    struct str fresh, held;
    (void)state;
    shop_open(&shop, &options);
    held = shop_place(&shop, SIM_PAY_CARD, SIM_FEATURE_FRAUD_REVIEW);
    sim_wish_init(&wish, SIM_YAHOO);
    wish.only_features = true;
    assert_true(sim_place(shop.sim, shop.now, &wish, shop.arena, &fresh, &shop.error));
    time_ms before = shop.now;
    assert_true(shop_list(&shop, DATE_ORDERED, START, START + DAY_MS, ""));
    assert_true(str_eq(shop_listing(&shop, fresh)->hidden_reason, STR("buyer_cancel_window")));
    assert_true(str_eq(shop_listing(&shop, held)->hidden_reason, STR("fraud_hold")));
    struct str mark = shop_listing(&shop, fresh)->update_mark;
    // Not published yet, so not in a listing by publication.
    assert_true(shop_list(&shop, DATE_PUBLISHED, START, START + DAY_MS, ""));
    assert_null(shop_listing(&shop, held));
    shop.now = before + 3 * HOUR_MS;
    assert_true(shop_act(&shop, held, "clear-fraud"));
    // Released: an old order time, a new publication time.
    assert_true(shop_list(&shop, DATE_PUBLISHED, before + HOUR_MS, shop.now + 1000, ""));
    assert_non_null(shop_listing(&shop, held));
    assert_int_equal(shop_listing(&shop, held)->hidden_reason.n, 0);
    assert_true(shop_list(&shop, DATE_ORDERED, START, START + DAY_MS, ""));
    // The end of the window shows in the mark, so the order is read again.
    assert_false(str_eq(shop_listing(&shop, fresh)->update_mark, mark));
    shop_close(&shop);
}

static void test_status_filter_lists_those_only_and_claims_nothing(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(200);
    static const char *const statuses[] = {"new_order", "processing", "hold", "new_reserve",
                                           "reserve",   "cancel",     "done", "open"};
    (void)state;
    shop_open(&shop, &options);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        assert_true(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, statuses[i]));
        assert_int_equal(shop.window_count, 0);
        for (size_t k = 0; k < shop.listing_count; k++) {
            struct str choice = shop.listings[k].status_choice;
            bool open = strcmp(statuses[i], "open") == 0;
            assert_true(open ? shop.listings[k].mall_status.p[0] == '2'
                             : str_eq(choice, str_from(statuses[i])));
        }
    }
    shop_close(&shop);
}

static void test_listing_survives_paging_and_throttling(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(4500);
    struct sim_summary *all;
    size_t count;
    (void)state;
    shop_open(&shop, &options);
    shop.pause_ms = 10; // far too fast: the mall closes the URL for a while
    assert_true(shop_list(&shop, DATE_ORDERED, START - 62 * DAY_MS, START, ""));
    assert_true(sim_summaries(shop.sim, SIM_YAHOO, shop.arena, &all, &count));
    assert_int_equal(shop.listing_count, count);
    assert_int_equal(shop.bad_count, 0);
    shop_close(&shop);
}

static void test_access_token_is_renewed_when_due(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(3);
    (void)state;
    shop_open(&shop, &options);
    assert_true(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
    assert_int_equal(shop.token_requests, 1);
    struct str first = shop_get(&shop, "access_token");
    assert_true(first.n > 0);
    assert_true(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
    assert_int_equal(shop.token_requests, 0);
    shop.now += HOUR_MS - 30 * 1000;
    assert_true(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
    assert_int_equal(shop.token_requests, 1);
    assert_false(str_eq(shop_get(&shop, "access_token"), first));
    // The mall ends it early: 401, one renewal, the same call again.
    assert_true(shop_act(&shop, STR(""), "expire-access"));
    assert_true(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
    assert_int_equal(shop.token_requests, 1);
    assert_true(str_eq(shop_get(&shop, "refresh_token"), STR(SIM_YAHOO_REFRESH_TOKEN)));
    shop_close(&shop);
}

static void assert_consent_page(struct yahoo_shop *shop, struct str url)
{
    struct sim_request q = {.method = HTTP_GET,
                            .path = STR("/yconnect/v2/authorization"),
                            .body = STR(""),
                            .peer = STR("127.0.0.1")};
    struct sim_response r;
    q.query = str_slice(url, (size_t)str_find_char(url, '?') + 1, url.n);
    sim_response_init(&r, shop->arena);
    sim_handle(shop->sim, SIM_YAHOO, shop->now, &q, &r);
    assert_int_equal(r.status, 200);
    assert_true(str_find(buf_str(&r.body), STR("<form method=\"post\">")) > 0);
    sim_response_free(&r);
}

static void test_consent_ends_after_28_days_and_is_given_anew(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(3);
    struct mall_account account;
    struct str url;
    (void)state;
    shop_open(&shop, &options);
    shop.now += 28 * DAY_MS + HOUR_MS;
    assert_false(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
    assert_int_equal(shop.error.class, ERROR_AUTH_EXPIRED);
    assert_string_equal(shop.error.code, "yahoo.consent_expired");
    assert_int_equal(shop.token_requests, 1);
    account = shop_account(&shop);
    assert_true(yahoo_mall.consent_url(&account, STR("st 1"), shop.arena, &url, &shop.error));
    // What the browser does: the page's button, then back with a code.
    assert_consent_page(&shop, url);
    struct sim_request q = {
        .method = HTTP_POST, .path = STR("/yconnect/v2/authorization"), .peer = STR("127.0.0.1")};
    q.body = str_slice(url, (size_t)str_find_char(url, '?') + 1, url.n);
    q.query = STR("");
    struct sim_response r;
    sim_response_init(&r, shop.arena);
    sim_handle(shop.sim, SIM_YAHOO, shop.now, &q, &r);
    assert_int_equal(r.status, 302);
    struct str back = http_header(r.headers, r.header_count, "Location");
    assert_true(str_starts(back, STR(SIM_YAHOO_REDIRECT_URI)));
    struct str query = str_slice(back, (size_t)str_find_char(back, '?') + 1, back.n);
    assert_true(str_eq(http_query_value(shop.arena, query, "state"), STR("st 1")));
    shop_set(&shop, "authorization_code", http_query_value(shop.arena, query, "code"));
    sim_response_free(&r);
    assert_true(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
    assert_int_equal(shop_get(&shop, "authorization_code").n, 0);
    assert_false(str_eq(shop_get(&shop, "refresh_token"), STR(SIM_YAHOO_REFRESH_TOKEN)));
    char text[12];
    assert_true(str_eq(shop_get(&shop, "consented_at"), day_format(day_in_jst(shop.now), text)));
    // Withdrawn before its time: told apart from the plain end.
    assert_true(shop_act(&shop, STR(""), "withdraw"));
    assert_true(shop_act(&shop, STR(""), "expire-access"));
    assert_false(shop_list(&shop, DATE_ORDERED, START, START + 1000, ""));
    assert_string_equal(shop.error.code, "yahoo.consent_revoked");
    shop_close(&shop);
}

static void test_bad_key_warns_at_once_and_stops_after_twelve_hours(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(3);
    (void)state;
    shop_open(&shop, &options);
    shop_set(&shop, "public_key_version", STR("2"));
    assert_true(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
    assert_int_equal(shop.warning_count, 1);
    assert_string_equal(shop.warnings[0].code, "yahoo.public_key.not-found-key-version");
    assert_true(str_eq(shop_get(&shop, "public_key_status"), STR("not-found-key-version")));
    shop.now += 13 * HOUR_MS;
    assert_false(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
    assert_string_equal(shop.error.code, "yahoo.session_ended");
    assert_int_equal(shop.error.class, ERROR_AUTH_EXPIRED);
    assert_true(shop.token_requests <= 1);
    // The right version brings the session back: the consent itself still lives.
    shop_set(&shop, "public_key_version", STR("1"));
    assert_true(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
    assert_int_equal(shop.warning_count, 0);
    assert_true(str_eq(shop_get(&shop, "public_key_status"), STR("authorized")));
    shop_close(&shop);
}

struct key_case {
    const char *action, *setting, *value, *code;
};

static void test_every_key_trouble_has_its_name(void **state)
{
    static const struct key_case cases[] = {
        {"key-expire", NULL, NULL, "yahoo.public_key.expired-key-version"},
        {"key-disable", NULL, NULL, "yahoo.public_key.invalid-key-status"},
        {NULL, "public_key", "", "yahoo.public_key_missing"},
        {NULL, "public_key_version", "", "yahoo.public_key_version_missing"},
        {NULL, "public_key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
         "yahoo.public_key_unreadable"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct yahoo_shop shop;
        struct sim_options options = world(1);
        shop_open(&shop, &options);
        if (cases[i].action)
            assert_true(shop_act(&shop, STR(""), cases[i].action));
        if (cases[i].setting)
            shop_set(&shop, cases[i].setting, str_from(cases[i].value));
        assert_true(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
        assert_true(shop.warning_count >= 1);
        assert_string_equal(shop.warnings[0].code, cases[i].code);
        assert_true(shop.warnings[0].hint_ja[0] && shop.warnings[0].hint_en[0]);
        shop_close(&shop);
    }
}

static const struct order *read_one(struct yahoo_shop *shop, struct str order_no)
{
    assert_true(shop_read(shop, order_no));
    assert_int_equal(shop->order_count, 1);
    return shop->orders[0];
}

static void test_shipment_takes_effect_once(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    (void)state;
    shop_open(&shop, &options);
    struct str no = shop_place(&shop, SIM_PAY_CARD, 0);
    const struct order *order = read_one(&shop, no);
    assert_int_equal(order->state, ORDER_NEW);
    assert_int_equal(order->payment_state, PAYMENT_AUTHORIZED);
    assert_true(shop_ship(&shop, order, "yamato", "4000-0000-0006", "", ""));
    assert_int_equal(shop.writes, 1);
    assert_true(str_starts(str_from(shop.progress), STR("shipped ")));
    assert_int_equal(shop_effects(&shop, no, "ship"), 1);
    assert_int_equal(shop_effects(&shop, no, "capture"), 1);
    // Told again, for whatever reason: nothing is written.
    assert_true(shop_ship(&shop, order, "yamato", "400000000006", "", "shipping"));
    assert_int_equal(shop.writes, 0);
    assert_int_equal(shop_effects(&shop, no, "ship"), 1);
    order = read_one(&shop, no);
    assert_true(str_eq(order->mall_status, STR("2/1/3")));
    assert_int_equal(order->shipment_state, SHIPMENT_SHIPPED);
    assert_int_equal(order->payment_state, PAYMENT_PAID);
    assert_true(str_eq(order->packages[0].shipments[0].tracking_number, STR("400000000006")));
    assert_true(str_eq(order->packages[0].shipments[0].carrier, STR("yamato")));
    // A corrected number goes without a second capture or notice.
    assert_true(shop_ship(&shop, order, "yamato", "400000000010", "", ""));
    assert_int_equal(shop.writes, 1);
    assert_int_equal(shop_effects(&shop, no, "ship"), 1);
    assert_int_equal(shop_effects(&shop, no, "number"), 1);
    assert_int_equal(shop_effects(&shop, no, "capture"), 1);
    // Changed meanwhile at the mall: a person decides.
    assert_false(shop_ship(&shop, order, "yamato", "400000000021", "", ""));
    assert_string_equal(shop.error.code, "yahoo.number_differs");
    assert_int_equal(shop.error.class, ERROR_REJECTED);
    shop_close(&shop);
}

static void test_shipping_and_closing(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    (void)state;
    shop_open(&shop, &options);
    struct str no = shop_place(&shop, SIM_PAY_CARD, 0);
    const struct order *order = read_one(&shop, no);
    time_ms before = shop.now;
    assert_true(shop_ship(&shop, order, "sagawa", "355500000015", "done", ""));
    assert_int_equal(shop.writes, 2);
    assert_true(shop.now - before >= 10000);
    assert_int_equal(shop_effects(&shop, no, "close"), 1);
    assert_int_equal(shop.warning_count, 1); // the sale was captured already
    assert_string_equal(shop.warnings[0].peer_code, "od91113");
    order = read_one(&shop, no);
    assert_int_equal(order->state, ORDER_DONE);
    assert_true(shop_ship(&shop, order, "sagawa", "355500000015", "done", ""));
    assert_int_equal(shop.writes, 0);
    // Unpaid: shipped, but left open, and said so.
    no = shop_place(&shop, SIM_PAY_COD, 0);
    order = read_one(&shop, no);
    assert_int_equal(order->payment_state, PAYMENT_DUE_AFTER_SHIP);
    assert_true(shop_ship(&shop, order, "sagawa", "355500000026", "done", ""));
    assert_int_equal(shop.writes, 1);
    assert_string_equal(shop.warnings[0].code, "yahoo.not_closed_unpaid");
    assert_int_equal(shop_effects(&shop, no, "close"), 0);
    shop_close(&shop);
}

static void add_fault(struct yahoo_shop *shop, enum sim_fault_kind kind, const char *operation)
{
    struct sim_fault fault = {
        .kind = kind, .mall = SIM_YAHOO, .count = 1, .from = TIME_NONE, .until = TIME_NONE};
    snprintf(fault.operation, sizeof fault.operation, "%s", operation);
    assert_true(sim_fault_add(shop->sim, &fault) > 0);
}

// Every way to lose an answer, before and after the effect, at each of the writes.
static void test_lost_answers_never_double_a_notice(void **state)
{
    static const enum sim_fault_kind kinds[] = {
        SIM_FAULT_DROP_BEFORE, SIM_FAULT_DROP_AFTER, SIM_FAULT_STATUS_AFTER, SIM_FAULT_TRUNCATE,
        SIM_FAULT_MALFORMED,   SIM_FAULT_HTML,       SIM_FAULT_STATUS,
    };
    static const char *const calls[] = {"orderShipStatusChange", "orderStatusChange"};
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (size_t i = 0; i < 2; i++) {
            struct yahoo_shop shop;
            struct sim_options options = world(0);
            char progress[128];
            shop_open(&shop, &options);
            struct str no = shop_place(&shop, SIM_PAY_CARD, 0);
            const struct order *order = read_one(&shop, no);
            add_fault(&shop, kinds[k], calls[i]);
            assert_false(shop_ship(&shop, order, "yamato", "400000000006", "done", ""));
            assert_int_equal(shop.error.class, ERROR_AMBIGUOUS);
            assert_true(shop.progress[0]);
            snprintf(progress, sizeof progress, "%s", shop.progress);
            assert_true(shop_ship(&shop, order, "yamato", "400000000006", "done", progress));
            assert_int_equal(shop_effects(&shop, no, "ship"), 1);
            assert_int_equal(shop_effects(&shop, no, "capture"), 1);
            assert_int_equal(shop_effects(&shop, no, "close"), 1);
            shop_close(&shop);
        }
    }
}

static void test_ship_refusals_have_names(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    struct sim_wish wish;
    struct str no;
    (void)state;
    shop_open(&shop, &options);
    // Inside the buyer's ten minutes: asked again later, not rejected for good.
    sim_wish_init(&wish, SIM_YAHOO);
    wish.only_features = true;
    wish.payment = SIM_PAY_CARD;
    assert_true(sim_place(shop.sim, shop.now, &wish, shop.arena, &no, &shop.error));
    const struct order *order = read_one(&shop, no);
    assert_true(order->marks & ORDER_MARK_READ_ONLY);
    assert_false(shop_ship(&shop, order, "yamato", "400000000006", "", ""));
    assert_string_equal(shop.error.code, "yahoo.read_only_window");
    assert_true(shop.error.retry_after_ms > 0);
    assert_int_equal(shop.writes, 0);
    // Cancelled.
    shop.now += 11 * 60000;
    order = read_one(&shop, no);
    assert_true(shop_act(&shop, no, "buyer-cancel"));
    assert_false(shop_ship(&shop, order, "yamato", "400000000006", "", ""));
    assert_string_equal(shop.error.code, "yahoo.order_cancelled");
    // Held for fraud, though not known when the order was read.
    no = shop_place(&shop, SIM_PAY_CARD, SIM_FEATURE_FRAUD_REVIEW);
    struct order copy = *read_one(&shop, no);
    assert_true(copy.marks & ORDER_MARK_FRAUD_REVIEW);
    copy.marks = 0;
    assert_false(shop_ship(&shop, &copy, "yamato", "400000000006", "", ""));
    assert_string_equal(shop.error.code, "yahoo.fraud_hold");
    // Shipped by hand with another number.
    no = shop_place(&shop, SIM_PAY_CARD, 0);
    order = read_one(&shop, no);
    assert_true(shop_act(&shop, no, "ship"));
    assert_false(shop_ship(&shop, order, "yamato", "400000000006", "", ""));
    assert_string_equal(shop.error.code, "yahoo.number_differs");
    assert_int_equal(shop_effects(&shop, no, "ship"), 0);
    shop_close(&shop);
}

static void test_untracked_and_state_only(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    (void)state;
    shop_open(&shop, &options);
    struct str no = shop_place(&shop, SIM_PAY_CARD, 0);
    const struct order *order = read_one(&shop, no);
    assert_false(shop_ship(&shop, order, "japan_post", "", "", ""));
    assert_string_equal(shop.error.code, "shipment.tracking_number_missing");
    shop_set(&shop, "untracked_reason", STR("105"));
    assert_true(shop_ship(&shop, order, "japan_post", "", "", ""));
    order = read_one(&shop, no);
    assert_int_equal(order->packages[0].shipment_count, 1);
    assert_int_equal(order->packages[0].shipments[0].tracking_number.n, 0);
    // A number now would contradict the reason stored before.
    assert_false(shop_ship(&shop, order, "japan_post", "123456789012", "", ""));
    assert_string_equal(shop.error.code, "yahoo.empty_reason_stored");
    no = shop_place(&shop, SIM_PAY_CARD, 0);
    order = read_one(&shop, no);
    assert_true(shop_ship(&shop, order, "yamato", "400000000006", "shipping", ""));
    assert_int_equal(shop_effects(&shop, no, "ship"), 0);
    order = read_one(&shop, no);
    assert_true(str_eq(order->mall_status, STR("2/1/2")));
    shop_close(&shop);
}

static void test_accept_and_cancel(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    (void)state;
    shop_open(&shop, &options);
    struct str no = shop_place(&shop, SIM_PAY_CARD, 0);
    const struct order *order = read_one(&shop, no);
    // Reading twice leaves it new.
    order = read_one(&shop, no);
    assert_false(yahoo_mall.is_accepted(order));
    struct mall_account account = shop_account(&shop);
    struct mall_read_request numbers = {&no, 1};
    assert_true(shop_run(&shop, yahoo_mall.accept(&account, &numbers, &shop.sink, &shop.error)));
    order = read_one(&shop, no);
    assert_true(yahoo_mall.is_accepted(order));
    assert_int_equal(order->state, ORDER_ACCEPTED);
    assert_true(str_eq(yahoo_mall.status_choice(order), STR("processing")));
    struct mall_cancel_request cancel = {order, STR("220"), STR("")};
    account = shop_account(&shop);
    assert_true(shop_run(&shop, yahoo_mall.cancel(&account, &cancel, &shop.sink, &shop.error)));
    order = read_one(&shop, no);
    assert_true(yahoo_mall.is_cancelled(order));
    assert_true(str_find(order->cancel_reason, STR("販売中止")) >= 0);
    assert_int_equal(shop_effects(&shop, no, "mail"), 1);
    account = shop_account(&shop);
    assert_true(shop_run(&shop, yahoo_mall.cancel(&account, &cancel, &shop.sink, &shop.error)));
    assert_int_equal(shop.writes, 0);
    assert_int_equal(shop_effects(&shop, no, "mail"), 1);
    // A lost answer to the cancel, then again: still one mail.
    no = shop_place(&shop, SIM_PAY_CARD, 0);
    cancel.order = read_one(&shop, no);
    add_fault(&shop, SIM_FAULT_DROP_AFTER, "orderStatusChange");
    account = shop_account(&shop);
    assert_false(shop_run(&shop, yahoo_mall.cancel(&account, &cancel, &shop.sink, &shop.error)));
    assert_int_equal(shop.error.class, ERROR_AMBIGUOUS);
    account = shop_account(&shop);
    assert_true(shop_run(&shop, yahoo_mall.cancel(&account, &cancel, &shop.sink, &shop.error)));
    assert_int_equal(shop_effects(&shop, no, "mail"), 1);
    shop_close(&shop);
}

static void test_check_names_the_right_key_version(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(3);
    (void)state;
    shop_open(&shop, &options);
    struct mall_account account = shop_account(&shop);
    assert_true(shop_run(&shop, yahoo_mall.check(&account, &shop.sink, &shop.error)));
    assert_int_equal(shop.check_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(shop.checks[i].state, CHECK_OK);
    shop_set(&shop, "public_key_version", STR("2"));
    account = shop_account(&shop);
    assert_true(shop_run(&shop, yahoo_mall.check(&account, &shop.sink, &shop.error)));
    assert_int_equal(shop.check_count, 4);
    assert_string_equal(shop.checks[2].item, "public_key");
    assert_int_equal(shop.checks[2].state, CHECK_REFUSED);
    assert_true(str_find(shop.checks[2].note_en, STR("version 1")) >= 0);
    shop_set(&shop, "client_secret", STR("wrong"));
    shop_set(&shop, "access_token", STR(""));
    account = shop_account(&shop);
    assert_true(shop_run(&shop, yahoo_mall.check(&account, &shop.sink, &shop.error)));
    assert_int_equal(shop.checks[0].state, CHECK_REFUSED);
    assert_string_equal(shop.checks[0].error.code, "yahoo.client_refused");
    assert_int_equal(shop.checks[1].state, CHECK_UNKNOWN);
    shop_set(&shop, "client_secret", STR(SIM_YAHOO_CLIENT_SECRET));
    assert_true(shop_act(&shop, STR(""), "forbid"));
    account = shop_account(&shop);
    assert_true(shop_run(&shop, yahoo_mall.check(&account, &shop.sink, &shop.error)));
    assert_int_equal(shop.checks[1].state, CHECK_REFUSED);
    assert_string_equal(shop.checks[1].error.code, "yahoo.not_permitted");
    assert_int_equal(shop.checks[1].error.class, ERROR_NOT_PERMITTED);
    shop_close(&shop);
}

static void test_refresh_learns_ends(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    (void)state;
    shop_open(&shop, &options);
    shop_set(&shop, "public_key_expires_on", STR("2027-01-31"));
    struct mall_account account = shop_account(&shop);
    assert_true(shop_run(&shop, yahoo_mall.refresh(&account, &shop.sink, &shop.error)));
    assert_int_equal(shop.token_requests, 1);
    assert_true(shop_get(&shop, "access_token").n > 0);
    shop_close(&shop);
}

static void test_gifts_and_auctions(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    int line = 0, masked = 0;
    (void)state;
    shop_open(&shop, &options);
    for (int i = 0; i < 12; i++) {
        struct str no = shop_place(&shop, SIM_PAY_CARD, SIM_FEATURE_SOCIAL_GIFT);
        const struct order *order = read_one(&shop, no);
        assert_true(order->marks & ORDER_MARK_ADDRESS_UNKNOWN);
        assert_int_equal(order->packages[0].recipient.address1.n, 0);
        bool is_masked = str_find(order->orderer.name, STR("ソーシャルギフト利用者")) >= 0;
        if (is_masked) {
            masked++;
            assert_int_equal(order->orderer.email.n + order->orderer.address1.n, 0);
        } else {
            line++;
            assert_true(order->marks & ORDER_MARK_HOLD);
        }
        assert_true(shop_act(&shop, no, "enter-address"));
        order = read_one(&shop, no);
        assert_false(order->marks & (ORDER_MARK_ADDRESS_UNKNOWN | ORDER_MARK_HOLD));
        assert_true(order->packages[0].recipient.address1.n > 0);
    }
    assert_true(line > 0 && masked > 0);
    struct str no = shop_place(&shop, SIM_PAY_CARD, SIM_FEATURE_AUCTION);
    const struct order *order = read_one(&shop, no);
    assert_true(str_eq(order->channel, STR("auction")));
    assert_true(order->packages[0].lines[0].auction_id.n > 0);
    no = shop_place(&shop, SIM_PAY_CARD, SIM_FEATURE_PREORDER);
    order = read_one(&shop, no);
    assert_true(order->marks & ORDER_MARK_PREORDER);
    assert_true(order->packages[0].lines[0].release_at != TIME_NONE);
    shop_close(&shop);
}

// ---- the face by itself ----

static int raw_call(struct yahoo_shop *shop, const char *operation, const char *body,
                    struct buf *answer)
{
    struct sim_request q = {
        .method = HTTP_POST, .query = STR(""), .body = str_from(body), .peer = STR("127.0.0.1")};
    struct http_header header = {STR("Authorization"), STR(""), true};
    struct sim_response r;
    header.value =
        arena_printf(shop->arena, "Bearer %.*s", STR_ARG(shop_get(shop, "access_token")));
    q.path = arena_printf(shop->arena, "/ShoppingWebService/V1/%s", operation);
    q.headers = &header;
    q.header_count = 1;
    shop->now += 1100;
    sim_response_init(&r, shop->arena);
    sim_handle(shop->sim, SIM_YAHOO, shop->now, &q, &r);
    int status = r.status;
    buf_reset(answer);
    buf_add(answer, buf_str(&r.body));
    sim_response_free(&r);
    return status;
}

#define SELLER "<SellerId>" SIM_YAHOO_SELLER_ID "</SellerId>"

static void test_face_is_strict(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(30);
    AUTO_BUF a = buf_make(1 << 20);
    (void)state;
    shop_open(&shop, &options);
    assert_true(shop_list(&shop, DATE_ORDERED, START - 60 * DAY_MS, START, ""));
    struct str no = shop.listings[0].order_no;
    char body[512];
    // A condition without date, an unknown condition, an unknown field.
    assert_int_equal(raw_call(&shop, "orderList",
                              "<Req><Search><Condition><OrderStatus>2</OrderStatus></Condition>"
                              "<Field>OrderId</Field></Search>" SELLER "</Req>",
                              &a),
                     400);
    assert_true(str_find(buf_str(&a), STR("od90101")) >= 0);
    assert_int_equal(
        raw_call(&shop, "orderList",
                 "<Req><Search><Condition><OrderTimeFrom>20260101000000</OrderTimeFrom>"
                 "</Condition><Field>OrderId,ShipZipCode</Field></Search>" SELLER "</Req>",
                 &a),
        400);
    assert_true(str_find(buf_str(&a), STR("Request Parameter Error : ShipZipCode")) >= 0);
    // Ten rows unless asked otherwise; beyond the end an empty row.
    assert_int_equal(
        raw_call(&shop, "orderList",
                 "<Req><Search><Condition><OrderTimeFrom>20260101000000</OrderTimeFrom>"
                 "</Condition><Field>OrderId</Field></Search>" SELLER "</Req>",
                 &a),
        200);
    assert_true(str_find(buf_str(&a), STR("<Index>10</Index>")) >= 0);
    assert_true(str_find(buf_str(&a), STR("<Index>11</Index>")) < 0);
    assert_int_equal(
        raw_call(&shop, "orderList",
                 "<Req><Search><Start>9999</Start><Condition><OrderTimeFrom>20260101000000"
                 "</OrderTimeFrom></Condition><Field>OrderId</Field></Search>" SELLER "</Req>",
                 &a),
        200);
    assert_true(str_find(buf_str(&a), STR("<OrderInfo/>")) >= 0);
    // Field outside Target, and a grouped name.
    snprintf(body, sizeof body,
             "<Req><Target><OrderId>%.*s</OrderId></Target><Field>OrderId</Field>" SELLER "</Req>",
             STR_ARG(no));
    assert_int_equal(raw_call(&shop, "orderInfo", body, &a), 400);
    snprintf(body, sizeof body,
             "<Req><Target><OrderId>%.*s</OrderId><Field>Item.LineId</Field></Target>" SELLER
             "</Req>",
             STR_ARG(no));
    assert_int_equal(raw_call(&shop, "orderInfo", body, &a), 400);
    snprintf(body, sizeof body,
             "<Req><Target><OrderId>%.*s</OrderId><Field>OrderId</Field></Target>" SELLER "</Req>",
             STR_ARG(no));
    assert_int_equal(raw_call(&shop, "orderInfo", body, &a), 200);
    assert_true(str_find(buf_str(&a), STR("OrderStatus")) < 0);
    shop_close(&shop);
}

static void change_status(struct yahoo_shop *shop, struct str no, int to, const char *more,
                          struct buf *a, int expected)
{
    char body[512];
    snprintf(body, sizeof body,
             "<Req><Target><OrderId>%.*s</OrderId><IsPointFix>true</IsPointFix></Target><Order>"
             "<OrderStatus>%d</OrderStatus>%s</Order>" SELLER "</Req>",
             STR_ARG(no), to, more);
    int status = raw_call(shop, "orderStatusChange", body, a);
    if (status != expected)
        fail_msg("to %d: %d not %d: %.*s", to, status, expected, STR_ARG(buf_str(a)));
}

// The 25 cells of §9.1.
static void test_face_transitions(void **state)
{
    static const bool allowed[6][6] = {
        [1] = {[1] = true, [4] = true, [5] = true},
        [2] = {[2] = true, [3] = true, [4] = true, [5] = true},
        [3] = {[2] = true, [3] = true, [4] = true, [5] = true},
        [4] = {[4] = true},
        [5] = {[2] = true, [4] = true, [5] = true},
    };
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    AUTO_BUF a = buf_make(1 << 20);
    (void)state;
    shop_open(&shop, &options);
    assert_true(shop_list(&shop, DATE_ORDERED, START - DAY_MS, START, ""));
    for (int from = 1; from <= 5; from++) {
        for (int to = 1; to <= 5; to++) {
            int64_t features = from == 1 ? SIM_FEATURE_PREORDER : 0;
            struct str no = shop_place(&shop, SIM_PAY_CARD, features);
            if (from > 2)
                change_status(&shop, no, from, "", &a, 200);
            change_status(&shop, no, to, "", &a, allowed[from][to] ? 200 : 400);
            if (from == to)
                assert_true(str_find(buf_str(&a), STR("od91705")) >= 0);
            else if (!allowed[from][to])
                assert_true(str_find(buf_str(&a), STR("Cannot Be Operated")) >= 0);
        }
        shop.now += 20 * 60000;
        assert_true(shop_list(&shop, DATE_ORDERED, START - DAY_MS, START, ""));
    }
    struct str no = shop_place(&shop, SIM_PAY_CARD, 0);
    change_status(&shop, no, 4, "<CancelReason>230</CancelReason>", &a, 400);
    change_status(&shop, no, 4, "<CancelReason>300</CancelReason>", &a, 400);
    change_status(&shop, no, 4, "<CancelReason>120</CancelReason>", &a, 200);
    shop_close(&shop);
}

static void test_face_number_rules(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    AUTO_BUF a = buf_make(1 << 20);
    char body[600];
    static const struct {
        const char *parcel;
        int status;
    } cases[] = {
        {"<ShipCompanyCode>1001</ShipCompanyCode><ShipInvoiceNumber1>12345678901234 "
         "5</ShipInvoiceNumber1>",
         400},
        {"<ShipCompanyCode>1001</ShipCompanyCode><ShipInvoiceNumber1>A23456789012</"
         "ShipInvoiceNumber1>",
         400},
        {"<ShipCompanyCode>1003</ShipCompanyCode><ShipInvoiceNumber1>1234-5678-9012</"
         "ShipInvoiceNumber1>",
         400},
        {"<ShipCompanyCode>1003</ShipCompanyCode><ShipInvoiceNumber1>1234567890</"
         "ShipInvoiceNumber1>",
         400},
        {"<ShipCompanyCode>9999</ShipCompanyCode>", 400},
        {"<ShipInvoiceNumberEmptyReason>106</ShipInvoiceNumberEmptyReason>", 400},
        {"<ShipInvoiceNumber1>123456789012</ShipInvoiceNumber1>"
         "<ShipInvoiceNumberEmptyReason>105</ShipInvoiceNumberEmptyReason>",
         400},
        {"<ShipDate>2026-11-23</ShipDate>", 400},
        {"<ShipCompanyCode>1003</ShipCompanyCode><ShipInvoiceNumber1>EN123456785JP</"
         "ShipInvoiceNumber1>"
         "<ShipDate>20261123</ShipDate>",
         200},
        {"<ShipInvoiceNumberEmptyReason>105</ShipInvoiceNumberEmptyReason>",
         400}, // a number is stored
    };
    (void)state;
    shop_open(&shop, &options);
    assert_true(shop_list(&shop, DATE_ORDERED, START - DAY_MS, START, ""));
    struct str no = shop_place(&shop, SIM_PAY_CARD, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(body, sizeof body,
                 "<Req><Target><OrderId>%.*s</OrderId><IsPointFix>true</IsPointFix></"
                 "Target><Order><Ship>"
                 "<ShipStatus>3</ShipStatus>%s</Ship></Order>" SELLER "</Req>",
                 STR_ARG(no), cases[i].parcel);
        if (raw_call(&shop, "orderShipStatusChange", body, &a) != cases[i].status)
            fail_msg("%zu: %.*s", i, STR_ARG(buf_str(&a)));
    }
    assert_int_equal(shop_effects(&shop, no, "ship"), 1);
    assert_int_equal(shop_effects(&shop, no, "capture"), 1);
    shop_close(&shop);
}

static void test_split_gives_two_orders(void **state)
{
    struct yahoo_shop shop;
    struct sim_options options = world(0);
    AUTO_BUF a = buf_make(1 << 20);
    AUTO_BUF body = buf_make(1 << 16);
    struct sim_wish wish;
    struct str no;
    (void)state;
    shop_open(&shop, &options);
    assert_true(shop_list(&shop, DATE_ORDERED, START - DAY_MS, START, ""));
    sim_wish_init(&wish, SIM_YAHOO);
    wish.only_features = true;
    wish.payment = SIM_PAY_CARD;
    wish.quantity = 3;
    assert_true(sim_place(shop.sim, shop.now, &wish, shop.arena, &no, &shop.error));
    shop.now += 11 * 60000;
    const struct order *order = read_one(&shop, no);
    buf_add(&body, STR("<Req><Target>"));
    buf_addf(&body, "<OrderId>%.*s</OrderId><OperationUser>me</OperationUser></Target>",
             STR_ARG(no));
    for (int part = 1; part <= 2; part++) {
        buf_addf(&body,
                 "<Order><SplitId>%d</SplitId><Detail><PayCharge>0</PayCharge><ShipCharge>%lld</"
                 "ShipCharge>"
                 "<GiftWrapCharge>0</GiftWrapCharge><Discount>0</Discount><UsePoint>0</UsePoint></"
                 "Detail>",
                 part, part == 1 ? (long long)order->postage : 0);
        for (size_t i = 0; i < order->packages[0].line_count; i++) {
            int64_t q = order->packages[0].lines[i].quantity, first = (q + 1) / 2;
            buf_addf(&body, "<Item><LineId>%zu</LineId><Quantity>%lld</Quantity></Item>", i + 1,
                     (long long)(part == 1 ? first : q - first));
        }
        buf_add(&body, STR("</Order>"));
    }
    buf_add(&body, STR(SELLER "</Req>"));
    const char *text = str_cstr(shop.arena, buf_str(&body));
    if (raw_call(&shop, "orderSplit", text, &a) != 200)
        fail_msg("%.*s", STR_ARG(buf_str(&a)));
    order = read_one(&shop, no);
    assert_int_equal(order->state, ORDER_CANCELLED);
    assert_true(order->marks & ORDER_MARK_SPLIT);
    assert_int_equal(order->link_count, 2);
    assert_true(str_eq(order->links[0].kind, STR("split_into")));
    struct str child = order->links[1].order_no;
    order = read_one(&shop, child);
    assert_true(order->marks & ORDER_MARK_SPLIT);
    assert_true(str_eq(order->links[0].kind, STR("split_from")));
    assert_true(str_eq(order->links[0].order_no, no));
    assert_int_equal(shop_effects(&shop, no, "mail"), 1);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_listed_and_read),
        cmocka_unit_test(test_hidden_orders_are_listed_with_their_reason),
        cmocka_unit_test(test_status_filter_lists_those_only_and_claims_nothing),
        cmocka_unit_test(test_listing_survives_paging_and_throttling),
        cmocka_unit_test(test_access_token_is_renewed_when_due),
        cmocka_unit_test(test_consent_ends_after_28_days_and_is_given_anew),
        cmocka_unit_test(test_bad_key_warns_at_once_and_stops_after_twelve_hours),
        cmocka_unit_test(test_every_key_trouble_has_its_name),
        cmocka_unit_test(test_shipment_takes_effect_once),
        cmocka_unit_test(test_shipping_and_closing),
        cmocka_unit_test(test_lost_answers_never_double_a_notice),
        cmocka_unit_test(test_ship_refusals_have_names),
        cmocka_unit_test(test_untracked_and_state_only),
        cmocka_unit_test(test_accept_and_cancel),
        cmocka_unit_test(test_check_names_the_right_key_version),
        cmocka_unit_test(test_refresh_learns_ends),
        cmocka_unit_test(test_gifts_and_auctions),
        cmocka_unit_test(test_face_is_strict),
        cmocka_unit_test(test_face_transitions),
        cmocka_unit_test(test_face_number_rules),
        cmocka_unit_test(test_split_gives_two_orders),
    };
    return cmocka_run_group_tests_name("sim-yahoo", tests, NULL, NULL);
}
