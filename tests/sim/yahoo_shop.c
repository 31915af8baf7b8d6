// SPDX-License-Identifier: Apache-2.0
#include "yahoo_shop.h"

#include "mall/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define STEPS_MAX 20000

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct yahoo_shop *shop = context;
    (void)error;
    for (size_t i = 0; i < batch->listing_count; i++) {
        if (shop->listing_count == shop->listing_capacity) {
            size_t capacity = shop->listing_capacity ? 2 * shop->listing_capacity : 256;
            struct mall_listing *grown = ARENA_ARRAY(shop->arena, struct mall_listing, capacity);
            assert_non_null(grown);
            for (size_t k = 0; k < shop->listing_count; k++)
                grown[k] = shop->listings[k];
            shop->listings = grown;
            shop->listing_capacity = capacity;
        }
        struct mall_listing l = batch->listings[i];
        l.order_no = str_dup(shop->arena, l.order_no);
        l.mall_status = str_dup(shop->arena, l.mall_status);
        l.status_choice = str_dup(shop->arena, l.status_choice);
        l.update_mark = str_dup(shop->arena, l.update_mark);
        l.hidden_reason = str_dup(shop->arena, l.hidden_reason);
        shop->listings[shop->listing_count++] = l;
    }
    for (size_t i = 0; i < batch->window_count; i++)
        shop->windows[shop->window_count++] = batch->windows[i];
    for (size_t i = 0; i < batch->order_count; i++) {
        if (shop->order_count == shop->order_capacity) {
            size_t capacity = shop->order_capacity ? 2 * shop->order_capacity : 64;
            struct order **grown = ARENA_ARRAY(shop->arena, struct order *, capacity);
            struct str *raws = ARENA_ARRAY(shop->arena, struct str, capacity);
            assert_true(grown && raws);
            for (size_t k = 0; k < shop->order_count; k++) {
                grown[k] = shop->orders[k];
                raws[k] = shop->raws[k];
            }
            shop->orders = grown;
            shop->raws = raws;
            shop->order_capacity = capacity;
        }
        shop->raws[shop->order_count] = str_dup(shop->arena, batch->orders[i].raw);
        shop->orders[shop->order_count++] = order_copy(shop->arena, &batch->orders[i].order);
    }
    for (size_t i = 0; i < batch->bad_order_count && shop->bad_count < 64; i++)
        shop->bad[shop->bad_count++] = batch->bad_orders[i].error;
    shop->missing_count += batch->missing_count;
    mall_batch_free(batch);
    return true;
}

static bool take_progress(void *context, struct str state, struct error *error)
{
    struct yahoo_shop *shop = context;
    (void)error;
    snprintf(shop->progress, sizeof shop->progress, "%.*s", STR_ARG(state));
    return true;
}

static void take_check(void *context, const struct check_result *result)
{
    struct yahoo_shop *shop = context;
    assert_true(shop->check_count < 16);
    shop->checks[shop->check_count] = *result;
    shop->checks[shop->check_count].note_en = str_dup(shop->arena, result->note_en);
    shop->check_count++;
}

static bool take_learned(void *context, const char *setting_key, struct str value,
                         const char *credential_kind, time_ms expires_at, const char *known_by,
                         struct error *error)
{
    struct yahoo_shop *shop = context;
    (void)credential_kind;
    (void)expires_at;
    (void)known_by;
    (void)error;
    if (setting_key && value.p)
        shop_set(shop, setting_key, value);
    return true;
}

static void take_warning(void *context, struct str order_no, const struct error *warning)
{
    struct yahoo_shop *shop = context;
    (void)order_no;
    if (shop->warning_count < SHOP_WARNINGS_MAX)
        shop->warnings[shop->warning_count++] = *warning;
}

void shop_set(struct yahoo_shop *shop, const char *key, struct str value)
{
    for (size_t i = 0; i < shop->value_count; i++) {
        if (str_eq(shop->values[i].key, str_from(key))) {
            shop->values[i].value = str_dup(shop->arena, value);
            return;
        }
    }
    assert_true(shop->value_count < SHOP_VALUES_MAX);
    shop->values[shop->value_count++] =
        (struct setting_value){str_from(key), str_dup(shop->arena, value)};
}

struct str shop_get(const struct yahoo_shop *shop, const char *key)
{
    struct mall_account account = shop_account(shop);
    return account_setting(&account, key);
}

struct mall_account shop_account(const struct yahoo_shop *shop)
{
    return (struct mall_account){.shop_id = 7,
                                 .base_url = STR("http://yahoo.test"),
                                 .values = shop->values,
                                 .value_count = shop->value_count,
                                 .mall = &yahoo_mall};
}

void shop_open(struct yahoo_shop *shop, const struct sim_options *options)
{
    struct error error;
    char text[32];
    memset(shop, 0, sizeof *shop);
    shop->arena = arena_new((size_t)256 << 20);
    assert_non_null(shop->arena);
    shop->sim = sim_new(options, &error);
    if (!shop->sim)
        fail_msg("%s %s", error.code, error.what_en);
    shop->now = options->now;
    shop->pause_ms = 1100;
    shop->sink = (struct mall_sink){.context = shop,
                                    .batch = take_batch,
                                    .progress = take_progress,
                                    .check = take_check,
                                    .learned = take_learned,
                                    .warning = take_warning};
    shop_set(shop, "seller_id", STR(SIM_YAHOO_SELLER_ID));
    shop_set(shop, "client_id", STR(SIM_YAHOO_CLIENT_ID));
    shop_set(shop, "client_secret", STR(SIM_YAHOO_CLIENT_SECRET));
    shop_set(shop, "redirect_uri", STR(SIM_YAHOO_REDIRECT_URI));
    shop_set(shop, "refresh_token", STR(SIM_YAHOO_REFRESH_TOKEN));
    shop_set(shop, "consented_at", day_format(day_in_jst(shop->now), text));
    shop_set(shop, "public_key", STR(SIM_YAHOO_PUBLIC_KEY));
    shop_set(shop, "public_key_version", STR("1"));
    shop_set(shop, "auth_base_url", STR("http://yahoo.test"));
}

void shop_close(struct yahoo_shop *shop)
{
    sim_free(shop->sim);
    arena_free(shop->arena);
}

// ---- one request ----

static void send(struct yahoo_shop *shop, const struct http_request *request, struct arena *arena,
                 struct sim_response *answer, struct http_response *response)
{
    struct str rest = request->url;
    ptrdiff_t path = str_find(rest, STR(".test/"));
    assert_true(path > 0);
    rest = str_slice(rest, (size_t)path + 5, rest.n);
    ptrdiff_t mark = str_find_char(rest, '?');
    struct sim_request q = {
        .method = request->method,
        .path = mark < 0 ? rest : str_slice(rest, 0, (size_t)mark),
        .query = mark < 0 ? STR("") : str_slice(rest, (size_t)mark + 1, rest.n),
        .headers = request->headers,
        .header_count = request->header_count,
        .body = request->body,
        .peer = STR("127.0.0.1"),
    };
    sim_response_init(answer, arena);
    sim_handle(shop->sim, SIM_YAHOO, shop->now, &q, answer);
    *response = (struct http_response){.status = answer->status, .received_at = shop->now};
    response->body = buf_str(&answer->body);
    response->header_count = answer->header_count;
    for (size_t i = 0; i < answer->header_count; i++)
        response->headers[i] = answer->headers[i];
    if (!answer->drop && answer->truncate_to == 0)
        return;
    *response = (struct http_response){.status = 0, .sent = HTTP_SENT_MAYBE};
    error_set(&response->failure, ERROR_NETWORK, "network.test", "応答なし", "no answer");
}

static bool is_passing(const struct http_response *response)
{
    return response->status == 0 || response->status >= 500 || response->status == 429;
}

static void exchange(struct yahoo_shop *shop, struct mall_op *op, const struct mall_action *action)
{
    for (int tries = 0;; tries++) {
        AUTO_ARENA arena = arena_new((size_t)128 << 20);
        struct sim_response answer;
        struct http_response response;
        assert_non_null(arena);
        shop->now += shop->pause_ms;
        shop->requests++;
        shop->token_requests += strcmp(action->operation, "token") == 0;
        shop->writes += action->writes;
        send(shop, &action->request, arena, &answer, &response);
        bool again = shop->retry_reads && !action->writes && is_passing(&response) && tries < 4;
        if (!again)
            mall_op_feed(op, shop->now, &response);
        sim_response_free(&answer);
        if (!again)
            return;
        shop->now += 5000;
    }
}

static void forget(struct yahoo_shop *shop)
{
    shop->listing_count = shop->window_count = shop->order_count = shop->bad_count = 0;
    shop->missing_count = shop->warning_count = shop->check_count = 0;
    shop->requests = shop->token_requests = shop->writes = 0;
    shop->progress[0] = '\0';
    error_clear(&shop->error);
}

bool shop_run(struct yahoo_shop *shop, struct mall_op *op)
{
    assert_non_null(op);
    forget(shop);
    for (int step = 0; step < STEPS_MAX; step++) {
        struct mall_action action;
        mall_op_next(op, shop->now, &action);
        switch (action.kind) {
        case MALL_SEND:
            exchange(shop, op, &action);
            break;
        case MALL_WAIT:
            assert_true(action.wait_until >= shop->now);
            shop->now = action.wait_until;
            break;
        case MALL_ACCEPTED:
        case MALL_DONE:
            mall_op_free(op);
            return true;
        case MALL_FAILED:
            shop->error = action.error;
            mall_op_free(op);
            return false;
        }
    }
    fail_msg("the operation never ends");
    return false;
}

// ---- operations ----

bool shop_list(struct yahoo_shop *shop, enum date_basis basis, time_ms from, time_ms to,
               const char *only_status)
{
    struct mall_account account = shop_account(shop);
    struct mall_list_request request = {basis, from, to, str_from(only_status)};
    return shop_run(shop, yahoo_mall.list(&account, &request, &shop->sink, &shop->error));
}

bool shop_read(struct yahoo_shop *shop, struct str order_no)
{
    struct mall_account account = shop_account(shop);
    struct mall_read_request request = {&order_no, 1};
    return shop_run(shop, yahoo_mall.read(&account, &request, &shop->sink, &shop->error));
}

struct str shop_place(struct yahoo_shop *shop, enum sim_payment payment, int64_t features)
{
    struct sim_wish wish;
    struct str order_no = STR("");
    sim_wish_init(&wish, SIM_YAHOO);
    wish.payment = (int)payment;
    wish.features = features;
    wish.only_features = true;
    if (!sim_place(shop->sim, shop->now, &wish, shop->arena, &order_no, &shop->error))
        fail_msg("%s %s", shop->error.code, shop->error.what_en);
    shop->now += 11 * 60 * 1000;
    return order_no;
}

bool shop_act(struct yahoo_shop *shop, struct str order_no, const char *action)
{
    return sim_act(shop->sim, SIM_YAHOO, shop->now, order_no, action, STR(""), &shop->error);
}

const struct mall_listing *shop_listing(const struct yahoo_shop *shop, struct str order_no)
{
    for (size_t i = 0; i < shop->listing_count; i++)
        if (str_eq(shop->listings[i].order_no, order_no))
            return &shop->listings[i];
    return NULL;
}

bool shop_ship(struct yahoo_shop *shop, const struct order *order, const char *carrier,
               const char *number, const char *target, const char *progress)
{
    struct mall_account account = shop_account(shop);
    struct shipment parcel = {.carrier = str_from(carrier),
                              .tracking_number = str_from(number),
                              .ship_date = day_in_jst(shop->now)};
    struct order_package package = {.number = 1, .shipments = &parcel, .shipment_count = 1};
    struct mall_ship_request request = {.order = order,
                                        .packages = &package,
                                        .package_count = 1,
                                        .work_status_role = STR("shipped"),
                                        .target_status = str_from(target),
                                        .progress = str_from(progress)};
    return shop_run(shop, yahoo_mall.ship(&account, &request, &shop->sink, &shop->error));
}

size_t shop_effects(struct yahoo_shop *shop, struct str order_no, const char *kind)
{
    return sim_effect_count(shop->sim, SIM_YAHOO, order_no, kind);
}
