// SPDX-License-Identifier: Apache-2.0
//
// The connector against the simulated au PAY マーケット: what was placed is what is listed and read
// whichever way the open facts turn out, and no notice takes effect twice.
#include "mall/aupay/aupay.h"
#include "mall/op.h"
#include "sim/demo_keys.h"
#include "sim/face.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define START 1795000000000LL // 2026-11-18
#define DAY_MS (24 * 3600 * 1000LL)
#define LISTED_MAX 4000

struct bench {
    struct sim *sim;
    struct arena *arena;
    time_ms now;
    struct setting_value values[8];
    struct mall_account account;
    struct mall_sink sink;
    struct mall_listing listed[LISTED_MAX];
    size_t listed_count, windows, missing, bad, warnings, writes;
    struct order *order; // last read
    const char *peer;
    struct check_result checks[8];
    size_t check_count;
    struct error error;
};

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct bench *b = context;
    for (size_t i = 0; i < batch->listing_count; i++) {
        struct mall_listing l = batch->listings[i];
        assert_true(b->listed_count < LISTED_MAX);
        l.order_no = str_dup(b->arena, l.order_no);
        l.mall_status = str_dup(b->arena, l.mall_status);
        l.update_mark = str_dup(b->arena, l.update_mark);
        b->listed[b->listed_count++] = l;
    }
    for (size_t i = 0; i < batch->order_count; i++)
        b->order = order_copy(b->arena, &batch->orders[i].order);
    b->windows += batch->window_count;
    b->missing += batch->missing_count;
    b->bad += batch->bad_order_count;
    mall_batch_free(batch);
    (void)error;
    return true;
}

static void take_warning(void *context, struct str order_no, const struct error *warning)
{
    ((struct bench *)context)->warnings++;
    (void)order_no;
    (void)warning;
}

static void take_check(void *context, const struct check_result *result)
{
    struct bench *b = context;
    b->checks[b->check_count++] = *result;
}

static void begin(struct bench *b, int64_t orders)
{
    static const struct sim_face *const faces[] = {&sim_face_aupay, NULL};
    struct sim_options options = {
        .seed = 5, .orders = orders, .now = START, .start = TIME_NONE, .faces = faces};
    memset(b, 0, sizeof *b);
    b->arena = arena_new((size_t)256 << 20);
    b->sim = sim_new(&options, &b->error);
    assert_non_null(b->sim);
    b->now = START;
    b->peer = "127.0.0.1";
    b->values[0] = (struct setting_value){STR("shop_id"), STR(SIM_AUPAY_SHOP_ID)};
    b->values[1] = (struct setting_value){STR("api_key"), STR(SIM_AUPAY_API_KEY)};
    b->values[2] = (struct setting_value){STR("api_key_expires_on"), STR("2027-02-16")};
    b->account = (struct mall_account){.shop_id = 7,
                                       .base_url = STR("http://mall.test/"),
                                       .values = b->values,
                                       .value_count = 3,
                                       .mall = &aupay_mall};
    b->sink = (struct mall_sink){
        .context = b, .batch = take_batch, .warning = take_warning, .check = take_check};
}

static void end(struct bench *b)
{
    sim_free(b->sim);
    arena_free(b->arena);
}

static void set_switch(struct bench *b, const char *name, const char *value)
{
    assert_true(sim_switch_set(b->sim, arena_printf(b->arena, "aupay.%s", name), str_from(value),
                               &b->error));
}

static void act(struct bench *b, struct str order_no, const char *action, const char *parameters)
{
    if (!sim_act(b->sim, SIM_AUPAY, b->now, order_no, action, str_from(parameters), &b->error))
        fail_msg("%s: %s", action, b->error.what_en);
}

static void answer(struct bench *b, const struct http_request *request, struct mall_op *op)
{
    AUTO_ARENA arena = arena_new((size_t)64 << 20);
    struct sim_response response;
    struct http_response answer = {.received_at = b->now};
    struct str rest = str_slice(request->url, strlen("http://mall.test"), request->url.n);
    ptrdiff_t mark = str_find_char(rest, '?');
    struct sim_request asked = {.method = request->method,
                                .path = mark < 0 ? rest : str_slice(rest, 0, (size_t)mark),
                                .query =
                                    mark < 0 ? STR("") : str_slice(rest, (size_t)mark + 1, rest.n),
                                .headers = request->headers,
                                .header_count = request->header_count,
                                .body = request->body,
                                .peer = str_from(b->peer)};
    sim_response_init(&response, arena);
    sim_handle(b->sim, SIM_AUPAY, b->now, &asked, &response);
    if (!response.drop) {
        answer.status = response.status;
        answer.body = buf_str(&response.body);
    } else {
        answer.sent = HTTP_SENT_MAYBE;
    }
    mall_op_feed(op, b->now, &answer);
    sim_response_free(&response);
}

static bool run(struct bench *b, struct mall_op *op)
{
    bool ended = false;
    assert_non_null(op);
    b->listed_count = b->windows = b->missing = b->bad = b->check_count = b->writes = 0;
    b->order = NULL;
    error_clear(&b->error);
    for (int step = 0; step < 5000 && !ended; step++) {
        struct mall_action action;
        mall_op_next(op, b->now, &action);
        ended = action.kind == MALL_DONE || action.kind == MALL_FAILED;
        if (action.kind == MALL_FAILED)
            b->error = action.error;
        if (action.kind == MALL_WAIT)
            b->now = action.wait_until;
        if (action.kind != MALL_SEND)
            continue;
        b->writes += action.writes;
        b->now += 1100;
        answer(b, &action.request, op);
    }
    assert_true(ended);
    mall_op_free(op);
    return !error_is_set(&b->error);
}

static bool list(struct bench *b, enum date_basis basis, const char *status)
{
    struct mall_list_request request = {basis, START - 70 * DAY_MS, START + DAY_MS,
                                        str_from(status)};
    return run(b, aupay_mall.list(&b->account, &request, &b->sink, &b->error));
}

static bool read_order(struct bench *b, struct str order_no)
{
    struct mall_read_request request = {&order_no, 1};
    return run(b, aupay_mall.read(&b->account, &request, &b->sink, &b->error));
}

static struct str place(struct bench *b, int stage, int payment)
{
    struct sim_wish wish;
    struct str order_no;
    sim_wish_init(&wish, SIM_AUPAY);
    wish.stage = stage;
    wish.payment = payment;
    wish.only_features = true;
    wish.ordered_at = b->now - 3600000;
    assert_true(sim_place(b->sim, b->now, &wish, b->arena, &order_no, &b->error));
    return order_no;
}

static void all_are_listed(struct bench *b, const char *what)
{
    struct sim_summary *all;
    size_t count;
    assert_true(sim_summaries(b->sim, SIM_AUPAY, b->arena, &all, &count));
    if (!list(b, DATE_ORDERED, ""))
        fail_msg("%s: %s %s", what, b->error.code, b->error.peer_text);
    if (b->listed_count < count)
        fail_msg("%s: %zu of %zu", what, b->listed_count, count);
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->listed_count; k++)
            found = found || (str_eq(b->listed[k].order_no, all[i].order_no) &&
                              str_eq(b->listed[k].mall_status, all[i].status));
        if (!found)
            fail_msg("%s: %.*s isn't listed", what, STR_ARG(all[i].order_no));
    }
    assert_int_equal(b->windows, 3);
}

static void everything_is_listed_whatever_is_open(void **state)
{
    static const char *const ways[][2] = {
        {"result_count", "page"},
        {"result_count", "total"},
        {"zero_hits", "error"},
        {"end_date", "exclusive"},
        {"future_end_date", "refused"},
        {"page_cap", "100"},
        {"page_cap", "250"},
        {"row_order", "oldest"},
        {"empty_elements", "absent"},
        {"empty_elements", "empty"},
        {"namespace", "on"},
        {"cancel_flag", "Y"},
        {"amounts", "wrong"},
        {"custom_statuses", "入荷待ち,出荷準備中"},
    };
    struct bench *b = calloc(1, sizeof *b);
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        begin(b, 400);
        set_switch(b, ways[i][0], ways[i][1]);
        all_are_listed(b, ways[i][1]);
        end(b);
    }
    // Both at once, and more than one full page.
    begin(b, 1300);
    set_switch(b, "result_count", "total");
    set_switch(b, "page_cap", "200");
    all_are_listed(b, "total, 200 rows");
    end(b);
    begin(b, 1300);
    all_are_listed(b, "full pages");
    end(b);
    free(b);
}

static void listings_and_reads_agree(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    (void)state;
    begin(b, 150);
    assert_true(list(b, DATE_ORDERED, ""));
    size_t count = b->listed_count;
    struct mall_listing *copy = ARENA_ARRAY(b->arena, struct mall_listing, count);
    memcpy(copy, b->listed, count * sizeof *copy);
    for (size_t i = 0; i < count; i++) {
        assert_true(read_order(b, copy[i].order_no));
        assert_non_null(b->order);
        assert_true(str_eq(b->order->mall_update_mark, copy[i].update_mark));
        assert_false(b->order->marks & ORDER_MARK_TOTAL_MISMATCH);
        assert_true(b->order->packages[0].recipient.prefecture.n > 0);
    }
    assert_int_equal(b->warnings, 0);
    set_switch(b, "amounts", "wrong");
    assert_true(read_order(b, copy[0].order_no));
    assert_true(b->order->marks & ORDER_MARK_TOTAL_MISMATCH);
    assert_int_equal(b->warnings, 1);
    end(b);
    free(b);
}

static void filters_list_those_only_and_claim_nothing(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    (void)state;
    begin(b, 200);
    assert_true(list(b, DATE_ORDERED, "発送待ち"));
    assert_true(b->listed_count > 0 && b->windows == 0);
    for (size_t i = 0; i < b->listed_count; i++)
        assert_true(str_eq(b->listed[i].mall_status, STR("発送待ち")));
    assert_true(list(b, DATE_ORDERED, "custom"));
    assert_true(b->listed_count > 0);
    for (size_t i = 0; i < b->listed_count; i++)
        assert_true(str_eq(b->listed[i].mall_status, STR("出荷準備中")));
    assert_true(list(b, DATE_PAID, ""));
    assert_true(b->listed_count > 0);
    end(b);
    free(b);
}

static void vanished_and_late_orders(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    (void)state;
    begin(b, 0);
    struct str gone = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
    act(b, gone, "vanish", "");
    for (int way = 0; way < 2; way++) {
        set_switch(b, "unknown_order", way ? "empty" : "error");
        assert_true(read_order(b, gone));
        assert_int_equal(b->missing, 1);
    }
    sim_fault_add(b->sim, &(struct sim_fault){
                              .kind = SIM_FAULT_LISTING_LAG, .mall = SIM_AUPAY, .lag_ms = 7200000});
    struct str late = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
    assert_true(list(b, DATE_ORDERED, ""));
    assert_int_equal(b->listed_count, 0);
    assert_true(read_order(b, late));
    assert_non_null(b->order);
    // The next window reaches days back, so it comes then.
    assert_true(aupay_mall.limits.overlap_minutes >= 24 * 60);
    b->now += 3 * 3600000;
    assert_true(list(b, DATE_ORDERED, ""));
    assert_int_equal(b->listed_count, 1);
    end(b);
    free(b);
}

static void keys_and_addresses(void **state)
{
    static const char *const denied[] = {"0002", "403", "html"};
    static const char *const codes[] = {"aupay.key_or_ip", "aupay.ip_denied", "aupay.key_or_ip"};
    struct bench *b = calloc(1, sizeof *b);
    struct sim_request ips = {.method = HTTP_PUT,
                              .path = STR("/ips/aupay"),
                              .body = STR("{\"allowed\":[\"127.0.0.1\"]}")};
    struct sim_response response;
    (void)state;
    begin(b, 3);
    sim_response_init(&response, b->arena);
    sim_control(b->sim, b->now, &ips, &response);
    if (response.status >= 300)
        fail_msg("%.*s", STR_ARG(buf_str(&response.body)));
    sim_response_free(&response);
    assert_true(list(b, DATE_ORDERED, ""));
    b->peer = "192.0.2.7";
    for (size_t i = 0; i < 3; i++) {
        set_switch(b, "ip_denied", denied[i]);
        assert_false(list(b, DATE_ORDERED, ""));
        assert_string_equal(b->error.code, codes[i]);
    }
    b->peer = "127.0.0.1";
    act(b, STR(""), "forbid-orders", "");
    assert_true(run(b, aupay_mall.check(&b->account, &b->sink, &b->error)));
    assert_int_equal(b->check_count, 2);
    assert_string_equal(b->checks[0].error.code, "aupay.order_api_not_permitted");
    assert_int_equal(b->checks[1].state, CHECK_OK);
    act(b, STR(""), "permit", "");
    act(b, STR(""), "revoke", "");
    assert_false(list(b, DATE_ORDERED, ""));
    assert_string_equal(b->error.code, "aupay.key_or_ip");
    act(b, STR(""), "reissue", "");
    assert_false(list(b, DATE_ORDERED, "")); // the new key isn't entered here
    act(b, STR(""), "expire", "");
    b->values[2].value = STR("2026-11-01");
    assert_false(list(b, DATE_ORDERED, ""));
    assert_string_equal(b->error.code, "aupay.key_expired");
    assert_int_equal(b->error.class, ERROR_AUTH_EXPIRED);
    end(b);
    begin(b, 3);
    set_switch(b, "quota_per_day", "1");
    assert_true(read_order(b, STR("900000001")));
    assert_false(list(b, DATE_ORDERED, ""));
    assert_string_equal(b->error.code, "aupay.quota");
    b->values[0].value = STR("99999999");
    set_switch(b, "quota_per_day", "0");
    assert_false(list(b, DATE_ORDERED, ""));
    assert_string_equal(b->error.code, "aupay.shop_id");
    end(b);
    free(b);
}

// ---- writing ----

static bool tell(struct bench *b, const struct order *order, const char *number, const char *target)
{
    struct shipment parcel = {.carrier = STR("yamato"),
                              .carrier_mall_code = STR(""),
                              .tracking_number = str_from(number),
                              .ship_date = day_in_jst(b->now)};
    struct order_package package = {.number = 1, .shipments = &parcel, .shipment_count = 1};
    struct mall_ship_request request = {.order = order,
                                        .packages = &package,
                                        .package_count = 1,
                                        .target_status = str_from(target),
                                        .progress = STR("")};
    return run(b, aupay_mall.ship(&b->account, &request, &b->sink, &b->error));
}

static size_t effects(struct bench *b, struct str order_no, const char *kind)
{
    return sim_effect_count(b->sim, SIM_AUPAY, order_no, kind);
}

static struct order *fresh(struct bench *b, struct str order_no)
{
    assert_true(read_order(b, order_no));
    assert_non_null(b->order);
    return b->order;
}

static void shipments_take_effect_once(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    (void)state;
    begin(b, 0);
    struct str no = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
    struct order *order = fresh(b, no);
    for (int i = 0; i < 3; i++)
        assert_true(tell(b, order, "400000000001", ""));
    assert_int_equal(effects(b, no, "ship"), 1);
    assert_int_equal(effects(b, no, "status"), 1);
    assert_int_equal(effects(b, no, "capture"), 1);
    assert_int_equal(b->writes, 0);
    // Corrected when nobody touched it meanwhile; refused otherwise.
    assert_false(tell(b, order, "400000000012", ""));
    assert_string_equal(b->error.code, "aupay.number_differs");
    assert_true(tell(b, fresh(b, no), "400000000012", ""));
    assert_int_equal(effects(b, no, "ship"), 2);
    assert_int_equal(effects(b, no, "status"), 1);
    end(b);
    free(b);
}

static void lost_answers_of_each_step(void **state)
{
    static const char *const steps[] = {"updateTradeInfoProc", "updateTradeStsProc"};
    static const enum sim_fault_kind kinds[] = {SIM_FAULT_DROP_AFTER, SIM_FAULT_DROP_BEFORE,
                                                SIM_FAULT_HTML, SIM_FAULT_MALFORMED};
    struct bench *b = calloc(1, sizeof *b);
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        begin(b, 0);
        struct str no = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
        struct order *order = fresh(b, no);
        struct sim_fault fault = {.kind = kinds[i / 2], .mall = SIM_AUPAY, .count = 1};
        snprintf(fault.operation, sizeof fault.operation, "%s", steps[i % 2]);
        sim_fault_add(b->sim, &fault);
        assert_false(tell(b, order, "400000000001", ""));
        assert_int_equal(b->error.class, ERROR_AMBIGUOUS);
        assert_true(tell(b, order, "400000000001", ""));
        assert_int_equal(effects(b, no, "ship"), 1);
        assert_int_equal(effects(b, no, "status"), 1);
        end(b);
    }
    free(b);
}

static void open_rules_of_the_server(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    (void)state;
    begin(b, 0);
    set_switch(b, "complete_needs_number", "on"); // ours come in the right order
    struct str no = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
    assert_true(tell(b, fresh(b, no), "400000000001", ""));
    b->values[3] = (struct setting_value){STR("untracked"), STR("send")};
    b->account.value_count = 4;
    set_switch(b, "complete_needs_number", "off");
    struct str plain = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
    assert_true(tell(b, fresh(b, plain), "", ""));
    assert_true(tell(b, fresh(b, plain), "", ""));
    assert_int_equal(effects(b, plain, "ship"), 1);
    set_switch(b, "partial_shipping", "refused");
    struct str other = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
    assert_false(tell(b, fresh(b, other), "", ""));
    assert_string_equal(b->error.code, "aupay.field_missing");
    assert_string_equal(b->error.subject, "shippingNumber");
    // A status of the shop's own as the target; one that it hasn't registered.
    assert_true(tell(b, fresh(b, other), "400000000001", "出荷準備中"));
    assert_int_equal(effects(b, other, "status"), 1);
    set_switch(b, "two_errors", "on");
    struct str last = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
    assert_false(tell(b, fresh(b, last), "400000000001", "知らない名前"));
    assert_string_equal(b->error.code, "aupay.status_refused");
    assert_int_equal(effects(b, last, "ship"), 1);
    assert_int_equal(effects(b, last, "status"), 0);
    end(b);
    free(b);
}

// The buyer or a person cancels before, between and after the two steps.
static void cancellation_in_every_phase(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    (void)state;
    begin(b, 0);
    struct str no = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
    struct order *order = fresh(b, no);
    act(b, no, "buyer-cancel", "");
    assert_false(tell(b, order, "400000000001", ""));
    assert_string_equal(b->error.code, "aupay.order_cancelling");
    act(b, no, "cancel", "");
    assert_false(tell(b, order, "400000000001", ""));
    assert_string_equal(b->error.code, "aupay.order_cancelled");
    assert_int_equal(effects(b, no, "ship"), 0);
    no = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
    order = fresh(b, no);
    assert_true(tell(b, order, "400000000001", "data_only"));
    act(b, no, "cancel", "");
    assert_false(tell(b, order, "400000000001", ""));
    assert_string_equal(b->error.code, "aupay.order_cancelled");
    assert_int_equal(effects(b, no, "status"), 0);
    no = place(b, SIM_STAGE_READY, SIM_PAY_CARD);
    order = fresh(b, no);
    assert_true(tell(b, order, "400000000001", ""));
    act(b, no, "cancel", "");
    assert_int_equal(fresh(b, no)->state, ORDER_CANCELLED);
    end(b);
    free(b);
}

static void accepting_and_cancelling(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct mall_cancel_request request = {.reason = STR(""), .detail = STR("")};
    (void)state;
    begin(b, 0);
    struct str card = place(b, SIM_STAGE_NEW, SIM_PAY_CARD);
    struct str bank = place(b, SIM_STAGE_NEW, SIM_PAY_BANK);
    struct str both[] = {card, bank};
    struct mall_read_request numbers = {both, 2};
    assert_true(run(b, aupay_mall.accept(&b->account, &numbers, &b->sink, &b->error)));
    assert_true(run(b, aupay_mall.accept(&b->account, &numbers, &b->sink, &b->error)));
    assert_int_equal(b->writes, 0);
    assert_true(str_eq(fresh(b, card)->mall_status, STR("発送待ち")));
    assert_true(str_eq(fresh(b, bank)->mall_status, STR("発送前入金待ち")));
    assert_true(aupay_mall.is_accepted(b->order));
    request.order = fresh(b, card);
    assert_true(run(b, aupay_mall.cancel(&b->account, &request, &b->sink, &b->error)));
    assert_true(run(b, aupay_mall.cancel(&b->account, &request, &b->sink, &b->error)));
    assert_int_equal(effects(b, card, "cancel"), 1);
    assert_true(aupay_mall.is_cancelled(fresh(b, card)));
    act(b, bank, "cancel-line", "");
    assert_int_equal(fresh(b, bank)->packages[0].lines[0].quantity, 0);
    assert_false(b->order->marks & ORDER_MARK_TOTAL_MISMATCH);
    end(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_listed_whatever_is_open),
        cmocka_unit_test(listings_and_reads_agree),
        cmocka_unit_test(filters_list_those_only_and_claim_nothing),
        cmocka_unit_test(vanished_and_late_orders),
        cmocka_unit_test(keys_and_addresses),
        cmocka_unit_test(shipments_take_effect_once),
        cmocka_unit_test(lost_answers_of_each_step),
        cmocka_unit_test(open_rules_of_the_server),
        cmocka_unit_test(cancellation_in_every_phase),
        cmocka_unit_test(accepting_and_cancelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
