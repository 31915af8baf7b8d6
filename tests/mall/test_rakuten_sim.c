// SPDX-License-Identifier: Apache-2.0
//
// The connector against the simulated Rakuten, in one process and without waiting: everything that
// was placed is found, read and agrees; reports arrive once, whatever the network loses.
#include "base/memory.h"
#include "mall/op.h"
#include "mall/rakuten/rakuten.h"
#include "sim/face.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 1772334000000LL // 2026-03-01T12:00:00+09:00
#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
#define ORDERS 1500

static const struct sim_face *const only_rakuten[] = {&sim_face_rakuten, NULL};

struct bench {
    struct sim *sim;
    time_ms now;
    struct arena *arena;
    struct setting_value values[3];
    struct mall_account account;
    struct mall_sink sink;
    // What the sink got.
    struct mall_batch *batches[512];
    size_t batch_count;
    int warnings, requests;
    struct error error;
};

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct bench *b = context;
    (void)error;
    assert_true(b->batch_count < 512);
    b->batches[b->batch_count++] = batch;
    return true;
}
static bool take_progress(void *context, struct str state, struct error *error)
{
    (void)context, (void)state, (void)error;
    return true;
}
static void take_warning(void *context, struct str order_no, const struct error *warning)
{
    (void)order_no, (void)warning;
    ((struct bench *)context)->warnings++;
}

static void forget(struct bench *b)
{
    for (size_t i = 0; i < b->batch_count; i++)
        mall_batch_free(b->batches[i]);
    b->batch_count = 0;
}

static void learn_keys(struct bench *b)
{
    AUTO_BUF text = buf_make(4096);
    struct json_writer w = json_writer_make(&text);
    struct json root;
    struct error error;
    json_begin_object(&w);
    sim_face_rakuten.demo_keys(b->sim, &w);
    json_end_object(&w);
    assert_true(json_parse(b->arena, buf_str(&text), false, &root, &error));
    b->values[0] = (struct setting_value){
        STR("service_secret"), str_dup(b->arena, json_str(json_get(root, "service_secret")))};
    b->values[1] = (struct setting_value){
        STR("license_key"), str_dup(b->arena, json_str(json_get(root, "license_key")))};
    b->values[2] = (struct setting_value){STR("shipping_async"), STR("false")};
    b->account = (struct mall_account){.shop_id = 3, .values = b->values, .value_count = 3};
}

static int set_up_with(void **state, int64_t orders)
{
    struct bench *b = memory_zalloc(1, sizeof *b);
    struct sim_options options = {.seed = 5,
                                  .orders = orders,
                                  .now = NOW,
                                  .start = TIME_NONE,
                                  .faces = only_rakuten,
                                  .no_rate_limit = true};
    *state = b;
    b->sim = sim_new(&options, &b->error);
    b->arena = arena_new((size_t)1 << 30);
    b->now = NOW;
    if (!b->sim || !b->arena)
        return -1;
    learn_keys(b);
    b->sink = (struct mall_sink){
        .context = b, .batch = take_batch, .progress = take_progress, .warning = take_warning};
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
    struct bench *b = *state;
    forget(b);
    sim_free(b->sim);
    arena_free(b->arena);
    memory_free(b);
    return 0;
}

// One request over the simulated wire.
static void exchange(struct bench *b, struct mall_op *op, const struct mall_action *action)
{
    struct sim_response answer;
    struct str url = action->request.url, query = STR("");
    AUTO_ARENA arena = arena_new((size_t)256 << 20);
    assert_true(str_starts(url, STR("https://api.rms.rakuten.co.jp")));
    url = str_slice(url, 29, url.n);
    ptrdiff_t mark = str_find_char(url, '?');
    if (mark >= 0) {
        query = str_slice(url, (size_t)mark + 1, url.n);
        url = str_slice(url, 0, (size_t)mark);
    }
    struct sim_request request = {.method = action->request.method,
                                  .path = url,
                                  .query = query,
                                  .headers = action->request.headers,
                                  .header_count = action->request.header_count,
                                  .body = action->request.body,
                                  .peer = STR("127.0.0.1")};
    b->requests++;
    sim_response_init(&answer, arena);
    sim_handle(b->sim, SIM_RAKUTEN, b->now, &request, &answer);
    struct http_response response = {.status = answer.status,
                                     .body = buf_str(&answer.body),
                                     .header_count = answer.header_count,
                                     .received_at = b->now};
    memcpy(response.headers, answer.headers, sizeof answer.headers);
    bool cut = answer.truncate_to > 0;
    if (answer.drop || cut) {
        response.status = 0;
        response.sent = HTTP_SENT_MAYBE;
        error_set(&response.failure, ERROR_NETWORK, "network.lost", "切断", "lost");
    }
    mall_op_feed(op, b->now, &response);
    sim_response_free(&answer);
}

static bool drive(struct bench *b, struct mall_op *op)
{
    if (!op)
        return false;
    for (;;) {
        struct mall_action action;
        mall_op_next(op, b->now, &action);
        if (action.kind == MALL_SEND) {
            exchange(b, op, &action);
        } else if (action.kind == MALL_WAIT) {
            b->now = action.wait_until;
        } else {
            b->error = action.error;
            mall_op_free(op);
            return action.kind == MALL_DONE;
        }
    }
}

static bool list(struct bench *b, enum date_basis basis, time_ms from, time_ms to)
{
    struct mall_list_request request = {
        .basis = basis, .from = from, .to = to, .only_status = STR("")};
    return drive(b, rakuten_mall.list(&b->account, &request, &b->sink, &b->error));
}

static bool read_orders(struct bench *b, const struct str *numbers, size_t count)
{
    struct mall_read_request request = {.order_nos = numbers, .count = count};
    return drive(b, rakuten_mall.read(&b->account, &request, &b->sink, &b->error));
}

// Reads one order, as the engine does; valid until forget().
static const struct order *read_one(struct bench *b, struct str number)
{
    assert_true(read_orders(b, &number, 1));
    const struct mall_batch *batch = b->batches[b->batch_count - 1];
    assert_int_equal(batch->order_count, 1);
    return &batch->orders[0].order;
}

static struct str place(struct bench *b, enum sim_stage stage, int64_t features)
{
    struct sim_wish wish;
    struct str number;
    sim_wish_init(&wish, SIM_RAKUTEN);
    wish.stage = (int)stage;
    wish.payment = SIM_PAY_CARD;
    wish.features = features;
    wish.only_features = true;
    assert_true(sim_place(b->sim, b->now, &wish, b->arena, &number, &b->error));
    return number;
}

static void fault(struct bench *b, enum sim_fault_kind kind, const char *operation, int64_t skip)
{
    struct sim_fault f = {.kind = kind, .mall = SIM_RAKUTEN, .skip = skip, .count = 1};
    snprintf(f.operation, sizeof f.operation, "%s", operation);
    assert_true(sim_fault_add(b->sim, &f) > 0);
}

static void everything_is_listed_with_its_status(void **state)
{
    struct bench *b = *state;
    struct sim_summary *truth;
    size_t count, listed = 0;
    assert_true(list(b, DATE_ORDERED, NOW - 61 * DAY_MS, NOW));
    assert_true(sim_summaries(b->sim, SIM_RAKUTEN, b->arena, &truth, &count));
    assert_true(count >= ORDERS);
    for (size_t i = 0; i < b->batch_count; i++)
        listed += b->batches[i]->listing_count;
    assert_int_equal(listed, count);
    assert_int_equal(b->batches[0]->window_count, 1);
    for (size_t i = 0; i < count; i++) {
        const struct mall_listing *found = NULL;
        for (size_t k = 0; k < b->batches[0]->listing_count && !found; k++)
            if (str_eq(b->batches[0]->listings[k].order_no, truth[i].order_no))
                found = &b->batches[0]->listings[k];
        assert_non_null(found);
        assert_true(str_eq(found->mall_status, truth[i].status));
    }
    assert_int_equal(b->warnings, 0);
}

static void everything_is_read_and_agrees(void **state)
{
    struct bench *b = *state;
    struct sim_summary *truth;
    size_t count, read = 0;
    assert_true(sim_summaries(b->sim, SIM_RAKUTEN, b->arena, &truth, &count));
    struct str *numbers = ARENA_ARRAY(b->arena, struct str, count);
    for (size_t i = 0; i < count; i++)
        numbers[i] = truth[i].order_no;
    assert_true(read_orders(b, numbers, count));
    for (size_t i = 0; i < b->batch_count; i++) {
        assert_int_equal(b->batches[i]->bad_order_count, 0);
        assert_int_equal(b->batches[i]->missing_count, 0);
        for (size_t k = 0; k < b->batches[i]->order_count; k++, read++) {
            const struct order *o = &b->batches[i]->orders[k].order;
            struct error error = {0};
            if (!order_validate(o, &error))
                fail_msg("%.*s: %s", STR_ARG(o->order_no), error.what_en);
            assert_true(str_eq(o->order_no, truth[read].order_no));
            assert_true(str_eq(o->mall_status, truth[read].status));
            assert_int_equal(o->billed, truth[read].billed);
            assert_int_equal(o->ordered_at, truth[read].ordered_at);
            if (o->marks & ORDER_MARK_TOTAL_MISMATCH)
                fail_msg("%.*s: totals don't add up", STR_ARG(o->order_no));
            assert_true(str_find(b->batches[i]->orders[k].raw, STR("XXXX-")) < 0);
        }
    }
    assert_int_equal(read, count);
}

// Statuses move while the pages are read: still nothing is missing.
static void nothing_is_missed_while_orders_move(void **state)
{
    struct bench *b = *state;
    struct mall_list_request request = {
        .basis = DATE_ORDERED, .from = NOW - 61 * DAY_MS, .to = NOW, .only_status = STR("")};
    struct mall_op *op = rakuten_mall.list(&b->account, &request, &b->sink, &b->error);
    struct mall_action action;
    struct sim_summary *truth;
    size_t count, listed = 0;
    assert_non_null(op);
    for (;;) {
        mall_op_next(op, b->now, &action);
        if (action.kind != MALL_SEND)
            break;
        exchange(b, op, &action);
        b->now += 5 * HOUR_MS; // card orders are cleared, nights pass
    }
    assert_int_equal(action.kind, MALL_DONE);
    mall_op_free(op);
    assert_true(sim_summaries(b->sim, SIM_RAKUTEN, b->arena, &truth, &count));
    for (size_t i = 0; i < b->batch_count; i++)
        listed += b->batches[i]->listing_count;
    assert_int_equal(listed, count);
}

struct parcel {
    struct shipment shipment;
    struct order_package package;
    struct mall_ship_request request;
};

static void want(struct parcel *p, const struct order *order, const char *number)
{
    *p = (struct parcel){0};
    p->shipment = (struct shipment){.carrier = STR("yamato"),
                                    .tracking_number = str_from(number),
                                    .ship_date = day_in_jst(NOW),
                                    .carrier_mall_code = STR(""),
                                    .mall_ref = STR("")};
    p->package = (struct order_package){.number = 1,
                                        .mall_ref = order->packages[0].mall_ref,
                                        .shipments = &p->shipment,
                                        .shipment_count = 1};
    p->request = (struct mall_ship_request){.order = order,
                                            .packages = &p->package,
                                            .package_count = 1,
                                            .progress = STR(""),
                                            .target_status = STR(""),
                                            .work_status_role = STR("shipped")};
}

static bool ship(struct bench *b, struct parcel *p)
{
    return drive(b, rakuten_mall.ship(&b->account, &p->request, &b->sink, &b->error));
}

static enum mall_comparison compare(struct bench *b, struct parcel *p)
{
    struct error difference;
    return rakuten_mall.ship_compare(&b->account, read_one(b, p->request.order->order_no),
                                     &p->request, &difference);
}

static void the_whole_way_of_an_order(void **state)
{
    struct bench *b = *state;
    struct str number = place(b, SIM_STAGE_NEW, 0);
    struct parcel p;
    struct mall_read_request one = {.order_nos = &number, .count = 1};
    assert_true(drive(b, rakuten_mall.accept(&b->account, &one, &b->sink, &b->error)));
    assert_true(rakuten_mall.is_accepted(read_one(b, number)));
    b->now += HOUR_MS;
    const struct order *order = read_one(b, number);
    assert_int_equal(order->payment_state, PAYMENT_AUTHORIZED);
    want(&p, order, "123456789012");
    assert_int_equal(compare(b, &p), MALL_NOT_YET);
    assert_true(ship(b, &p));
    assert_int_equal(compare(b, &p), MALL_SAME);
    assert_true(ship(b, &p)); // again: nothing to write
    assert_int_equal(sim_effect_count(b->sim, SIM_RAKUTEN, number, "ship"), 1);
    b->now += DAY_MS;
    assert_true(str_eq(read_one(b, number)->mall_status, STR("500")));
    assert_int_equal(read_one(b, number)->shipment_state, SHIPMENT_SHIPPED);
    assert_true(list(b, DATE_SHIPPED, NOW, b->now));
    const struct mall_batch *last = b->batches[b->batch_count - 1];
    assert_int_equal(last->listing_count, 1);
    assert_true(str_eq(last->listings[0].mall_status, STR("500")));
}

// Whatever happens to one write and its answer, reading back and trying again ends with one effect.
static void one_effect_whatever_is_lost(void **state)
{
    static const enum sim_fault_kind kinds[] = {
        SIM_FAULT_DROP_BEFORE, SIM_FAULT_DROP_AFTER, SIM_FAULT_STATUS, SIM_FAULT_STATUS_AFTER,
        SIM_FAULT_TRUNCATE,    SIM_FAULT_MALFORMED,  SIM_FAULT_HTML,   SIM_FAULT_DOUBLE};
    struct bench *b = *state;
    for (int async = 0; async < 2; async++) {
        b->values[2].value = async ? STR("true") : STR("false");
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            struct str number = place(b, SIM_STAGE_READY, 0);
            struct parcel p;
            bool verified = false;
            want(&p, read_one(b, number), "123456789012");
            fault(b, kinds[i], async ? "updateOrderShippingAsync" : "updateOrderShipping", 0);
            for (int attempt = 0; attempt < 6 && !verified; attempt++) {
                bool done = ship(b, &p);
                if (!done && b->error.class != ERROR_AMBIGUOUS && b->error.class != ERROR_NETWORK)
                    fail_msg("fault %zu: %s", i, b->error.code);
                b->now += 2 * 60000;
                verified = compare(b, &p) == MALL_SAME;
            }
            if (!verified || sim_effect_count(b->sim, SIM_RAKUTEN, number, "ship") != 1)
                fail_msg("fault %s, async %d: verified %d, effects %zu",
                         sim_fault_kind_name(kinds[i]), async, verified,
                         sim_effect_count(b->sim, SIM_RAKUTEN, number, "ship"));
            sim_fault_remove(b->sim, 0);
            forget(b);
        }
    }
}

static void several_destinations_go_in_one_call(void **state)
{
    struct bench *b = *state;
    struct str number = place(b, SIM_STAGE_READY, SIM_FEATURE_SEVERAL_DESTINATIONS);
    const struct order *order = read_one(b, number);
    struct order_package packages[4];
    struct shipment shipment = {.carrier = STR("sagawa"),
                                .tracking_number = STR("401234567890"),
                                .ship_date = day_in_jst(NOW),
                                .carrier_mall_code = STR(""),
                                .mall_ref = STR("")};
    assert_true(order->package_count >= 2 && order->package_count <= 4);
    for (size_t i = 0; i < order->package_count; i++)
        packages[i] = (struct order_package){.number = (int)i + 1,
                                             .mall_ref = order->packages[i].mall_ref,
                                             .shipments = &shipment,
                                             .shipment_count = 1};
    struct mall_ship_request request = {.order = order,
                                        .packages = packages,
                                        .package_count = order->package_count,
                                        .progress = STR(""),
                                        .target_status = STR(""),
                                        .work_status_role = STR("")};
    int before = b->requests;
    assert_true(drive(b, rakuten_mall.ship(&b->account, &request, &b->sink, &b->error)));
    assert_int_equal(b->requests - before, 2);
    b->now += DAY_MS;
    assert_true(str_eq(read_one(b, number)->mall_status, STR("500")));
}

static void a_placeholder_row_doesnt_keep_the_order_open(void **state)
{
    struct bench *b = *state;
    struct parcel p;
    assert_true(sim_switch_set(b->sim, STR("rakuten.placeholder_rows"), STR("on"), &b->error));
    struct str number = place(b, SIM_STAGE_READY, 0);
    want(&p, read_one(b, number), "123456789012");
    assert_int_equal(p.request.order->packages[0].shipment_count, 1);
    assert_true(ship(b, &p));
    assert_int_equal(compare(b, &p), MALL_SAME);
    b->now += DAY_MS;
    assert_true(str_eq(read_one(b, number)->mall_status, STR("500")));
}

static void a_parcel_typed_in_rms_is_a_difference(void **state)
{
    struct bench *b = *state;
    struct parcel p;
    struct str number = place(b, SIM_STAGE_READY, 0);
    want(&p, read_one(b, number), "123456789012");
    assert_true(sim_act(b->sim, SIM_RAKUTEN, b->now, number, "ship-by-hand",
                        STR("{\"number\":\"999\",\"carrier\":\"1002\",\"date\":\"2026-03-01\"}"),
                        &b->error));
    assert_int_equal(compare(b, &p), MALL_DIFFERENT);
    assert_false(ship(b, &p));
    assert_int_equal(b->error.class, ERROR_REJECTED);
}

static void keys_that_end(void **state)
{
    struct bench *b = *state;
    assert_true(sim_act(b->sim, SIM_RAKUTEN, b->now, STR(""), "expire", STR(""), &b->error));
    assert_false(list(b, DATE_ORDERED, NOW - DAY_MS, NOW));
    assert_int_equal(b->error.class, ERROR_AUTH_EXPIRED);
    assert_true(sim_act(b->sim, SIM_RAKUTEN, b->now, STR(""), "renew", STR(""), &b->error));
    learn_keys(b);
    assert_true(list(b, DATE_ORDERED, NOW - DAY_MS, NOW));
    assert_true(sim_act(b->sim, SIM_RAKUTEN, b->now, STR(""), "untick",
                        STR("{\"function\":\"searchOrder\"}"), &b->error));
    assert_false(list(b, DATE_ORDERED, NOW - DAY_MS, NOW));
    assert_int_equal(b->error.class, ERROR_NOT_PERMITTED);
}

static void cancelling_for_good(void **state)
{
    struct bench *b = *state;
    struct str number = place(b, SIM_STAGE_READY, 0);
    struct mall_cancel_request request = {
        .order = read_one(b, number), .reason = STR("8"), .detail = STR("")};
    assert_true(drive(b, rakuten_mall.cancel(&b->account, &request, &b->sink, &b->error)));
    assert_true(rakuten_mall.is_cancelled(read_one(b, number)));
    b->now += 2 * HOUR_MS;
    assert_int_equal(read_one(b, number)->state, ORDER_CANCELLED);
    assert_int_equal(sim_effect_count(b->sim, SIM_RAKUTEN, number, "cancel"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_is_listed_with_its_status, set_up_full,
                                        tear_down),
        cmocka_unit_test_setup_teardown(everything_is_read_and_agrees, set_up_full, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_missed_while_orders_move, set_up_full,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_whole_way_of_an_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_effect_whatever_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(several_destinations_go_in_one_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_placeholder_row_doesnt_keep_the_order_open, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_parcel_typed_in_rms_is_a_difference, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_that_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancelling_for_good, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
