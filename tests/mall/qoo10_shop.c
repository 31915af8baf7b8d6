// SPDX-License-Identifier: Apache-2.0
//
// Fixture; see the header. Owns the sim and an arena.
#include "qoo10_shop.h"

#include "mall/op.h"
#include "sim/face.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 1772334000000LL // 2026-03-01T12:00:00+09:00
#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
#define STEPS_MAX 20000

static const struct sim_face *const only_qoo10[] = {&sim_face_qoo10, NULL};

static void grow(struct qshop *s)
{
    if (s->listing_count == s->listing_capacity) {
        size_t capacity = s->listing_capacity ? 2 * s->listing_capacity : 256;
        struct mall_listing *grown = ARENA_ARRAY(s->arena, struct mall_listing, capacity);
        assert_non_null(grown);
        for (size_t i = 0; i < s->listing_count; i++)
            grown[i] = s->listings[i];
        s->listings = grown;
        s->listing_capacity = capacity;
    }
    if (s->order_count == s->order_capacity) {
        size_t capacity = s->order_capacity ? 2 * s->order_capacity : 64;
        struct order **grown = ARENA_ARRAY(s->arena, struct order *, capacity);
        struct str *raws = ARENA_ARRAY(s->arena, struct str, capacity);
        assert_true(grown && raws);
        for (size_t i = 0; i < s->order_count; i++) {
            grown[i] = s->orders[i];
            raws[i] = s->raws[i];
        }
        s->orders = grown;
        s->raws = raws;
        s->order_capacity = capacity;
    }
}

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct qshop *s = context;
    (void)error;
    for (size_t i = 0; i < batch->listing_count; i++) {
        struct mall_listing l = batch->listings[i];
        grow(s);
        l.order_no = str_dup(s->arena, l.order_no);
        l.mall_status = str_dup(s->arena, l.mall_status);
        l.status_choice = str_dup(s->arena, l.status_choice);
        l.update_mark = str_dup(s->arena, l.update_mark);
        s->listings[s->listing_count++] = l;
    }
    for (size_t i = 0; i < batch->window_count && s->window_count < 64; i++)
        s->windows[s->window_count++] = batch->windows[i];
    for (size_t i = 0; i < batch->order_count; i++) {
        grow(s);
        s->raws[s->order_count] = str_dup(s->arena, batch->orders[i].raw);
        s->orders[s->order_count++] = order_copy(s->arena, &batch->orders[i].order);
    }
    for (size_t i = 0; i < batch->bad_order_count && s->bad_count < QSHOP_NOTES_MAX; i++)
        s->bad[s->bad_count++] = batch->bad_orders[i].error;
    s->missing_count += batch->missing_count;
    mall_batch_free(batch);
    return true;
}

static bool take_progress(void *context, struct str state, struct error *error)
{
    struct qshop *s = context;
    (void)error;
    if (s->progress_count < QSHOP_NOTES_MAX)
        snprintf(s->progress[s->progress_count++], sizeof s->progress[0], "%.*s", STR_ARG(state));
    return true;
}

static void take_check(void *context, const struct check_result *result)
{
    struct qshop *s = context;
    assert_true(s->check_count < 16);
    s->checks[s->check_count++] = *result;
}

static bool take_learned(void *context, const char *setting_key, struct str value,
                         const char *credential_kind, time_ms expires_at, const char *known_by,
                         struct error *error)
{
    (void)credential_kind, (void)expires_at, (void)known_by, (void)error;
    if (setting_key && value.p)
        qshop_set(context, setting_key, value);
    return true;
}

static void take_warning(void *context, struct str order_no, const struct error *warning)
{
    struct qshop *s = context;
    (void)order_no;
    if (s->warning_count < QSHOP_NOTES_MAX)
        s->warnings[s->warning_count++] = *warning;
}

void qshop_set(struct qshop *s, const char *key, struct str value)
{
    for (size_t i = 0; i < s->value_count; i++)
        if (str_eq(s->values[i].key, str_from(key))) {
            s->values[i].value = str_dup(s->arena, value);
            return;
        }
    assert_true(s->value_count < QSHOP_VALUES_MAX);
    s->values[s->value_count++] = (struct setting_value){str_from(key), str_dup(s->arena, value)};
}

struct mall_account qshop_account(const struct qshop *s)
{
    return (struct mall_account){.shop_id = 7,
                                 .base_url = STR("http://qoo10.test"),
                                 .values = s->values,
                                 .value_count = s->value_count,
                                 .mall = &qoo10_mall};
}

struct str qshop_get(const struct qshop *s, const char *key)
{
    struct mall_account account = qshop_account(s);
    return account_setting(&account, key);
}

void qshop_open(struct qshop *s, int64_t orders)
{
    struct error error;
    struct sim_options options = {
        .seed = 5, .orders = orders, .now = NOW, .start = NOW - 55 * DAY_MS, .faces = only_qoo10};
    memset(s, 0, sizeof *s);
    s->arena = arena_new((size_t)512 << 20);
    s->sim = sim_new(&options, &error);
    assert_true(s->arena && s->sim);
    s->now = NOW;
    s->sink = (struct mall_sink){.context = s,
                                 .batch = take_batch,
                                 .progress = take_progress,
                                 .check = take_check,
                                 .learned = take_learned,
                                 .warning = take_warning};
    qshop_set(s, "certification_key", STR(SIM_QOO10_CERTIFICATION_KEY));
}

void qshop_close(struct qshop *s)
{
    sim_free(s->sim);
    arena_free(s->arena);
}

void qshop_switch(struct qshop *s, const char *name, const char *value)
{
    char full[64];
    snprintf(full, sizeof full, "qoo10.%s", name);
    if (!sim_switch_set(s->sim, str_from(full), str_from(value), &s->error))
        fail_msg("%s", s->error.what_en);
}

void qshop_act(struct qshop *s, struct str order_no, const char *action, const char *parameters)
{
    if (!sim_act(s->sim, SIM_QOO10, s->now, order_no, action, str_from(parameters), &s->error))
        fail_msg("%s: %s", action, s->error.what_en);
}

// --- one request ---

static void exchange(struct qshop *s, struct mall_op *op, const struct mall_action *action)
{
    AUTO_ARENA arena = arena_new((size_t)128 << 20);
    struct str rest = action->request.url;
    ptrdiff_t path = str_find(rest, STR(".test/"));
    struct sim_response answer;
    assert_true(arena && path > 0);
    assert_int_equal(action->request.header_count, 3);
    assert_true(action->request.headers[0].secret);
    struct sim_request request = {.method = action->request.method,
                                  .path = str_slice(rest, (size_t)path + 5, rest.n),
                                  .query = STR(""),
                                  .headers = action->request.headers,
                                  .header_count = action->request.header_count,
                                  .body = action->request.body,
                                  .peer = STR("127.0.0.1")};
    s->now += 300;
    s->requests++;
    s->key_requests += strcmp(action->operation, "CreateCertificationKey") == 0;
    s->writes += action->writes;
    assert_int_equal(action->writes, strncmp(action->operation, "Set", 3) == 0);
    sim_response_init(&answer, arena);
    sim_handle(s->sim, SIM_QOO10, s->now, &request, &answer);
    struct http_response response = {.status = answer.status,
                                     .body = buf_str(&answer.body),
                                     .header_count = answer.header_count,
                                     .received_at = s->now};
    memcpy(response.headers, answer.headers, sizeof answer.headers);
    if (answer.drop || answer.truncate_to > 0) {
        response.status = 0;
        response.sent = HTTP_SENT_MAYBE;
        error_set(&response.failure, ERROR_NETWORK, "network.test", "応答なし", "no answer");
    }
    mall_op_feed(op, s->now, &response);
    sim_response_free(&answer);
}

bool qshop_run(struct qshop *s, struct mall_op *op)
{
    if (!op)
        fail_msg("no operation: %s %s", s->error.code, s->error.what_en);
    s->listing_count = s->window_count = s->order_count = s->bad_count = s->missing_count = 0;
    s->warning_count = s->progress_count = s->check_count = 0;
    s->requests = s->key_requests = s->writes = 0;
    error_clear(&s->error);
    for (int step = 0; step < STEPS_MAX; step++) {
        struct mall_action action;
        mall_op_next(op, s->now, &action);
        if (action.kind == MALL_SEND) {
            exchange(s, op, &action);
        } else if (action.kind == MALL_WAIT) {
            s->now = action.wait_until;
        } else {
            bool done = action.kind == MALL_DONE;
            if (!done)
                s->error = action.error;
            mall_op_free(op);
            return done;
        }
    }
    fail_msg("the operation never ends");
    return false;
}

// --- operations ---

bool qshop_list(struct qshop *s, enum date_basis basis, time_ms from, time_ms to,
                const char *only_status)
{
    struct mall_account account = qshop_account(s);
    struct mall_list_request request = {basis, from, to, str_from(only_status)};
    return qshop_run(s, qoo10_mall.list(&account, &request, &s->sink, &s->error));
}

bool qshop_read(struct qshop *s, struct str order_no, time_ms at)
{
    struct mall_account account = qshop_account(s);
    struct mall_read_request request = {&order_no, 1, at == TIME_NONE ? NULL : &at};
    return qshop_run(s, qoo10_mall.read(&account, &request, &s->sink, &s->error));
}

bool qshop_accept(struct qshop *s, struct str order_no, time_ms at)
{
    struct mall_account account = qshop_account(s);
    struct mall_read_request request = {&order_no, 1, &at};
    return qshop_run(s, qoo10_mall.accept(&account, &request, &s->sink, &s->error));
}

static size_t lines_at_mall(struct qshop *s, struct str order_no, time_ms at)
{
    size_t lines = 0;
    assert_true(qshop_read(s, order_no, at));
    for (size_t i = 0; s->order_count == 1 && i < s->orders[0]->package_count; i++)
        lines += s->orders[0]->packages[i].line_count;
    return lines;
}

struct str qshop_place(struct qshop *s, int stage, int payment, size_t lines, time_ms *at)
{
    for (int tries = 0; tries < 200; tries++) {
        struct sim_wish wish;
        struct str order_no;
        sim_wish_init(&wish, SIM_QOO10);
        s->now += 120000;
        wish.stage = stage;
        wish.payment = payment;
        wish.only_features = true;
        *at = wish.ordered_at = s->now - HOUR_MS;
        if (!sim_place(s->sim, s->now, &wish, s->arena, &order_no, &s->error))
            fail_msg("%s %s", s->error.code, s->error.what_en);
        if (lines == 0 || lines_at_mall(s, order_no, *at) == lines)
            return order_no;
    }
    fail_msg("no order has %zu lines", lines);
    return STR("");
}

const struct mall_listing *qshop_listing(const struct qshop *s, struct str order_no)
{
    for (size_t i = 0; i < s->listing_count; i++)
        if (str_eq(s->listings[i].order_no, order_no))
            return &s->listings[i];
    return NULL;
}

static struct mall_ship_request wish_of(const struct order *order, struct shipment *parcel,
                                        struct order_package *package, const char *carrier,
                                        const char *number, day date)
{
    *parcel = (struct shipment){.carrier = str_from(carrier),
                                .carrier_mall_code = STR(""),
                                .tracking_number = str_from(number),
                                .ship_date = date,
                                .mall_ref = STR("")};
    *package = (struct order_package){.number = 1,
                                      .mall_ref = order->packages[0].mall_ref,
                                      .shipments = parcel,
                                      .shipment_count = 1};
    return (struct mall_ship_request){.order = order,
                                      .packages = package,
                                      .package_count = 1,
                                      .work_status_role = STR("shipped"),
                                      .target_status = STR(""),
                                      .progress = STR("")};
}

bool qshop_ship(struct qshop *s, const struct order *order, const char *carrier, const char *number,
                day date)
{
    struct mall_account account = qshop_account(s);
    struct shipment parcel;
    struct order_package package;
    struct mall_ship_request request = wish_of(order, &parcel, &package, carrier, number, date);
    return qshop_run(s, qoo10_mall.ship(&account, &request, &s->sink, &s->error));
}

enum mall_comparison qshop_compare(struct qshop *s, const struct order *at_mall,
                                   const char *carrier, const char *number)
{
    struct mall_account account = qshop_account(s);
    struct shipment parcel;
    struct order_package package;
    struct mall_ship_request request = wish_of(at_mall, &parcel, &package, carrier, number, 0);
    return qoo10_mall.ship_compare(&account, at_mall, &request, &s->error);
}

size_t qshop_effects(struct qshop *s, struct str order_no, const char *kind)
{
    return sim_effect_count(s->sim, SIM_QOO10, order_no, kind);
}
