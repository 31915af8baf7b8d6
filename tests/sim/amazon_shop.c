// SPDX-License-Identifier: Apache-2.0
//
// Fixture; see the header. Owns the sim and an arena.
#include "amazon_shop.h"

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

static const struct sim_face *const only_amazon[] = {&sim_face_amazon, NULL};

static void grow(struct ashop *s)
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
    struct ashop *s = context;
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
    for (size_t i = 0; i < batch->bad_order_count && s->bad_count < ASHOP_NOTES_MAX; i++)
        s->bad[s->bad_count++] = batch->bad_orders[i].error;
    s->missing_count += batch->missing_count;
    mall_batch_free(batch);
    return true;
}

static bool take_progress(void *context, struct str state, struct error *error)
{
    struct ashop *s = context;
    (void)error;
    if (s->progress_count < ASHOP_NOTES_MAX)
        snprintf(s->progress[s->progress_count++], sizeof s->progress[0], "%.*s", STR_ARG(state));
    return true;
}

static void take_check(void *context, const struct check_result *result)
{
    struct ashop *s = context;
    assert_true(s->check_count < 16);
    s->checks[s->check_count++] = *result;
}

static bool take_learned(void *context, const char *setting_key, struct str value,
                         const char *credential_kind, time_ms expires_at, const char *known_by,
                         struct error *error)
{
    (void)credential_kind, (void)expires_at, (void)known_by, (void)error;
    if (setting_key && value.p)
        ashop_set(context, setting_key, value);
    return true;
}

static void take_warning(void *context, struct str order_no, const struct error *warning)
{
    struct ashop *s = context;
    (void)order_no;
    if (s->warning_count < ASHOP_NOTES_MAX)
        s->warnings[s->warning_count++] = *warning;
}

void ashop_set(struct ashop *s, const char *key, struct str value)
{
    for (size_t i = 0; i < s->value_count; i++)
        if (str_eq(s->values[i].key, str_from(key))) {
            s->values[i].value = str_dup(s->arena, value);
            return;
        }
    assert_true(s->value_count < ASHOP_VALUES_MAX);
    s->values[s->value_count++] = (struct setting_value){str_from(key), str_dup(s->arena, value)};
}

struct mall_account ashop_account(const struct ashop *s)
{
    return (struct mall_account){.shop_id = 7,
                                 .base_url = STR("http://amazon.test"),
                                 .values = s->values,
                                 .value_count = s->value_count,
                                 .mall = &amazon_mall};
}

struct str ashop_get(const struct ashop *s, const char *key)
{
    struct mall_account account = ashop_account(s);
    return account_setting(&account, key);
}

void ashop_open(struct ashop *s, int64_t orders)
{
    struct error error;
    struct sim_options options = {
        .seed = 5, .orders = orders, .now = NOW, .start = NOW - 55 * DAY_MS, .faces = only_amazon};
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
    ashop_set(s, "client_id", STR(SIM_AMAZON_CLIENT_ID));
    ashop_set(s, "client_secret", STR(SIM_AMAZON_CLIENT_SECRET));
    ashop_set(s, "refresh_token", STR(SIM_AMAZON_REFRESH_TOKEN));
    ashop_set(s, "authorized_on", STR("2026-03-01"));
    ashop_set(s, "secret_issued_on", STR("2026-03-01"));
    ashop_set(s, "auth_base_url", STR("http://amazon.test"));
}

void ashop_close(struct ashop *s)
{
    sim_free(s->sim);
    arena_free(s->arena);
}

void ashop_switch(struct ashop *s, const char *name, const char *value)
{
    char full[64];
    snprintf(full, sizeof full, "amazon.%s", name);
    if (!sim_switch_set(s->sim, str_from(full), str_from(value), &s->error))
        fail_msg("%s", s->error.what_en);
}

void ashop_act(struct ashop *s, struct str order_no, const char *action, const char *parameters)
{
    if (!sim_act(s->sim, SIM_AMAZON, s->now, order_no, action, str_from(parameters), &s->error))
        fail_msg("%s: %s", action, s->error.what_en);
}

// --- one request ---

static void answer_to(struct ashop *s, const struct http_request *asked, struct arena *arena,
                      struct sim_response *answer, struct http_response *response)
{
    struct str rest = asked->url;
    ptrdiff_t path = str_find(rest, STR(".test/"));
    assert_true(path > 0);
    rest = str_slice(rest, (size_t)path + 5, rest.n);
    ptrdiff_t mark = str_find_char(rest, '?');
    struct http_header headers[HTTP_HEADERS_MAX];
    memcpy(headers, asked->headers, asked->header_count * sizeof *headers);
    headers[asked->header_count] =
        (struct http_header){.name = STR("Host"), .value = STR("amazon.test")};
    struct sim_request request = {.method = asked->method,
                                  .path = mark < 0 ? rest : str_slice(rest, 0, (size_t)mark),
                                  .query = mark < 0 ? STR("")
                                                    : str_slice(rest, (size_t)mark + 1, rest.n),
                                  .headers = headers,
                                  .header_count = asked->header_count + 1,
                                  .body = asked->body,
                                  .peer = STR("127.0.0.1")};
    sim_response_init(answer, arena);
    sim_handle(s->sim, SIM_AMAZON, s->now, &request, answer);
    *response = (struct http_response){.status = answer->status,
                                       .body = buf_str(&answer->body),
                                       .header_count = answer->header_count,
                                       .received_at = s->now};
    memcpy(response->headers, answer->headers, sizeof answer->headers);
    if (!answer->drop && answer->truncate_to == 0)
        return;
    response->status = 0;
    response->sent = HTTP_SENT_MAYBE;
    error_set(&response->failure, ERROR_NETWORK, "network.test", "応答なし", "no answer");
}

static void exchange(struct ashop *s, struct mall_op *op, const struct mall_action *action)
{
    AUTO_ARENA arena = arena_new((size_t)128 << 20);
    struct sim_response answer;
    struct http_response response;
    assert_non_null(arena);
    s->now += 300;
    if (s->requests < 64)
        snprintf(s->asked[s->requests], sizeof s->asked[0], "%s", action->operation);
    s->requests++;
    s->tokens += strcmp(action->operation, "token") == 0;
    s->writes += action->writes;
    bool tells = strcmp(action->operation, "confirmShipment") == 0 ||
                 strcmp(action->operation, "createFeed") == 0;
    assert_int_equal(action->writes, tells);
    answer_to(s, &action->request, arena, &answer, &response);
    mall_op_feed(op, s->now, &response);
    sim_response_free(&answer);
}

bool ashop_run(struct ashop *s, struct mall_op *op)
{
    if (!op)
        fail_msg("no operation: %s %s", s->error.code, s->error.what_en);
    s->listing_count = s->window_count = s->order_count = s->bad_count = s->missing_count = 0;
    s->warning_count = s->progress_count = s->check_count = 0;
    s->requests = s->tokens = s->writes = 0;
    s->ask_at = TIME_NONE;
    error_clear(&s->error);
    for (int step = 0; step < STEPS_MAX; step++) {
        struct mall_action action;
        mall_op_next(op, s->now, &action);
        if (action.kind == MALL_SEND) {
            exchange(s, op, &action);
        } else if (action.kind == MALL_WAIT) {
            s->now = action.wait_until;
        } else {
            bool done = action.kind != MALL_FAILED;
            if (action.kind == MALL_ACCEPTED)
                s->ask_at = action.wait_until;
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

bool ashop_list(struct ashop *s, enum date_basis basis, time_ms from, time_ms to,
                const char *only_status)
{
    struct mall_account account = ashop_account(s);
    struct mall_list_request request = {basis, from, to, str_from(only_status)};
    return ashop_run(s, amazon_mall.list(&account, &request, &s->sink, &s->error));
}

bool ashop_read(struct ashop *s, struct str order_no)
{
    struct mall_account account = ashop_account(s);
    struct mall_read_request request = {&order_no, 1, NULL};
    return ashop_run(s, amazon_mall.read(&account, &request, &s->sink, &s->error));
}

struct str ashop_place(struct ashop *s, int stage, int payment)
{
    struct sim_wish wish;
    struct str order_no = STR("");
    sim_wish_init(&wish, SIM_AMAZON);
    s->now += 60000;
    wish.stage = stage;
    wish.payment = payment;
    wish.only_features = true;
    wish.quantity = 2;
    wish.ordered_at = s->now - HOUR_MS;
    if (!sim_place(s->sim, s->now, &wish, s->arena, &order_no, &s->error))
        fail_msg("%s %s", s->error.code, s->error.what_en);
    return order_no;
}

const struct mall_listing *ashop_listing(const struct ashop *s, struct str order_no)
{
    for (size_t i = 0; i < s->listing_count; i++)
        if (str_eq(s->listings[i].order_no, order_no))
            return &s->listings[i];
    return NULL;
}

static struct mall_ship_request wish_of(const struct order *order, struct order_package *package,
                                        const struct shipment *parcels, size_t count,
                                        const char *progress)
{
    static struct shipment copies[30];
    assert_true(count <= 30);
    memcpy(copies, parcels, count * sizeof *parcels);
    *package = (struct order_package){
        .number = 1, .mall_ref = STR(""), .shipments = copies, .shipment_count = count};
    return (struct mall_ship_request){.order = order,
                                      .packages = package,
                                      .package_count = 1,
                                      .work_status_role = STR("shipped"),
                                      .target_status = STR(""),
                                      .progress = str_from(progress)};
}

bool ashop_ship(struct ashop *s, const struct order *order, const struct shipment *parcels,
                size_t count, const char *progress)
{
    struct mall_account account = ashop_account(s);
    struct order_package package;
    struct mall_ship_request request = wish_of(order, &package, parcels, count, progress);
    return ashop_run(s, amazon_mall.ship(&account, &request, &s->sink, &s->error));
}

enum mall_comparison ashop_compare(struct ashop *s, const struct order *at_mall,
                                   const struct shipment *parcels, size_t count)
{
    struct mall_account account = ashop_account(s);
    struct order_package package;
    struct mall_ship_request request = wish_of(at_mall, &package, parcels, count, "");
    return amazon_mall.ship_compare(&account, at_mall, &request, &s->error);
}

size_t ashop_effects(struct ashop *s, struct str order_no, const char *kind)
{
    return sim_effect_count(s->sim, SIM_AMAZON, order_no, kind);
}
