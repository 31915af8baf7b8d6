// SPDX-License-Identifier: Apache-2.0
//
// Rakuten's face, asked directly: envelopes, codes, limits, the life of an order (rakuten.md).
#include "base/crypto.h"
#include "base/memory.h"
#include "sim/sim.h"
#include "sim/face.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define NOW 1772334000000LL // 2026-03-01T12:00:00+09:00
#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)

static const struct sim_face *const only_rakuten[] = {&sim_face_rakuten, NULL};

struct bench {
    struct sim *sim;
    struct arena *arena;
    time_ms now;
    int status;
    struct json json;
    struct str body, authorization;
    struct http_header answer_headers[HTTP_HEADERS_MAX];
    size_t answer_header_count;
    const char *content_type;
};

static struct str demo_key(struct bench *b, const char *name)
{
    AUTO_BUF text = buf_make(4096);
    struct json_writer w = json_writer_make(&text);
    struct json root;
    struct error error;
    json_begin_object(&w);
    sim_face_rakuten.demo_keys(b->sim, &w);
    json_end_object(&w);
    assert_true(json_parse(b->arena, buf_str(&text), false, &root, &error));
    return str_dup(b->arena, json_str(json_get(root, name)));
}

static void log_in(struct bench *b)
{
    struct str pair = arena_printf(b->arena, "%.*s:%.*s", STR_ARG(demo_key(b, "service_secret")),
                                   STR_ARG(demo_key(b, "license_key")));
    b->authorization = arena_printf(b->arena, "ESA %.*s", STR_ARG(crypto_base64(b->arena, pair)));
}

static int set_up_with(void **state, int64_t orders)
{
    struct bench *b = memory_zalloc(1, sizeof *b);
    struct error error;
    struct sim_options options = {.seed = 11,
                                  .orders = orders,
                                  .now = NOW,
                                  .start = TIME_NONE,
                                  .faces = only_rakuten,
                                  .no_rate_limit = true};
    b->sim = sim_new(&options, &error);
    b->arena = arena_new(256 << 20);
    b->now = NOW;
    b->content_type = "application/json; charset=utf-8";
    *state = b;
    if (!b->sim || !b->arena)
        return -1;
    log_in(b);
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, 0);
}
static int set_up_full(void **state)
{
    return set_up_with(state, 400);
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    sim_free(b->sim);
    arena_free(b->arena);
    memory_free(b);
    return 0;
}

static void send(struct bench *b, enum http_method method, const char *path, const char *query,
                 const char *body)
{
    struct http_header headers[2] = {
        {STR("Authorization"), b->authorization, false},
        {STR("Content-Type"), str_from(b->content_type), false},
    };
    struct sim_request request = {.method = method,
                                  .path = str_from(path),
                                  .query = str_from(query),
                                  .headers = headers,
                                  .header_count = 2,
                                  .body = str_from(body),
                                  .peer = STR("127.0.0.1")};
    struct sim_response response;
    struct error error;
    sim_response_init(&response, b->arena);
    sim_handle(b->sim, SIM_RAKUTEN, b->now, &request, &response);
    b->status = response.status;
    b->body = str_dup(b->arena, buf_str(&response.body));
    b->json = (struct json){0};
    json_parse(b->arena, b->body, false, &b->json, &error);
    memcpy(b->answer_headers, response.headers, sizeof response.headers);
    b->answer_header_count = response.header_count;
    sim_response_free(&response);
}

static void call(struct bench *b, const char *operation, const char *body)
{
    char path[128];
    snprintf(path, sizeof path, "/es/2.0/order/%s/", operation);
    send(b, HTTP_POST, path, "", body);
}

static const char *text(struct bench *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static const char *text(struct bench *b, const char *format, ...)
{
    char buffer[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    return str_cstr(b->arena, str_from(buffer));
}

static void holds(struct bench *b, int status, const char *part)
{
    if (b->status != status || str_find(b->body, str_from(part)) < 0)
        fail_msg("%d %.*s lacks %d %s", b->status, STR_ARG(b->body), status, part);
}

static const char *place(struct bench *b, enum sim_stage stage, enum sim_payment payment,
                         int64_t features)
{
    struct sim_wish wish;
    struct str number;
    struct error error;
    sim_wish_init(&wish, SIM_RAKUTEN);
    wish.stage = (int)stage;
    wish.payment = (int)payment;
    wish.features = features;
    wish.only_features = true;
    assert_true(sim_place(b->sim, b->now, &wish, b->arena, &number, &error));
    return str_cstr(b->arena, number);
}

static struct json element(struct json array, size_t index)
{
    struct json v;
    for (struct json_iter i = json_iterate(array); json_next(&i, &v);)
        if (index-- == 0)
            return v;
    fail_msg("too short");
    return v;
}

static struct json order_of(struct bench *b, const char *number)
{
    call(b, "getOrder", text(b, "{\"orderNumberList\":[\"%s\"],\"version\":10}", number));
    assert_int_equal(b->status, 200);
    return element(json_get(b->json, "OrderModelList"), 0);
}

static int64_t progress_of(struct bench *b, const char *number)
{
    int64_t progress = 0;
    assert_true(json_int(json_get(order_of(b, number), "orderProgress"), &progress));
    return progress;
}

static void act(struct bench *b, const char *number, const char *action, const char *parameters)
{
    struct error error;
    if (!sim_act(b->sim, SIM_RAKUTEN, b->now, str_from(number), action, str_from(parameters),
                 &error))
        fail_msg("%s: %s", action, error.what_en);
}

static void set_switch(struct bench *b, const char *name, const char *value)
{
    struct error error;
    if (!sim_switch_set(b->sim, str_from(name), str_from(value), &error))
        fail_msg("%s: %s", name, error.what_en);
}

#define SEARCH \
    "\"startDatetime\":\"2026-02-01T00:00:00+0900\",\"endDatetime\":\"2026-03-05T00:00:00+0900\""

static void the_gate(void **state)
{
    struct bench *b = *state;
    struct str right = b->authorization;
    send(b, HTTP_GET, "/es/2.0/order/getOrder/", "", "");
    assert_int_equal(b->status, 405);
    send(b, HTTP_POST, "/es/2.0/order/nothing/", "", "{}");
    assert_int_equal(b->status, 404);
    send(b, HTTP_POST, "/es/2.0/order/getSubStatusList", "", "");
    holds(b, 200, "StatusModelList");
    b->authorization = STR("ESA AAAA");
    call(b, "getOrder", "{}");
    holds(b, 401, "{\"errors\":[{\"code\":\"GA0001\",\"message\":\"Un-Authorised\"}]}");
    set_switch(b, "rakuten.gateway_envelope", "B");
    call(b, "getOrder", "{}");
    holds(b, 401, "{\"Results\":{\"errorCode\":\"ES01-01\",\"message\":\"Un-Authorised\"}}");
    set_switch(b, "rakuten.gateway_envelope", "B2");
    call(b, "getOrder", "{}");
    holds(b, 401, "\"errorMessage\":\"Un-Authorised\"");
    b->authorization = right;
    b->content_type = "application/json";
    call(b, "getOrder", "{}");
    holds(b, 415, "ES04-03");
}

static void keys_end_and_are_renewed(void **state)
{
    struct bench *b = *state;
    struct error error;
    struct str old = b->authorization;
    send(b, HTTP_GET, "/es/1.0/license-management/license-key/expiry-date",
         text(b, "licenseKey=%.*s", STR_ARG(demo_key(b, "license_key"))), "");
    holds(b, 200, "{\"expiryDate\":\"2026-05-29T23:59:59\"}");
    assert_true(sim_act(b->sim, SIM_RAKUTEN, b->now, STR(""), "expire", STR(""), &error));
    call(b, "getSubStatusList", "{}");
    assert_int_equal(b->status, 401);
    assert_true(sim_act(b->sim, SIM_RAKUTEN, b->now, STR(""), "renew", STR(""), &error));
    set_switch(b, "rakuten.key_propagation_minutes", "10");
    log_in(b);
    call(b, "getSubStatusList", "{}");
    assert_int_equal(b->status, 401);
    b->now += 11 * 60000;
    call(b, "getSubStatusList", "{}");
    assert_int_equal(b->status, 200);
    b->authorization = old;
    call(b, "getSubStatusList", "{}");
    assert_int_equal(b->status, 401);
    log_in(b);
    assert_true(sim_act(b->sim, SIM_RAKUTEN, b->now, STR(""), "untick",
                        STR("{\"function\":\"getSubStatusList\"}"), &error));
    call(b, "getSubStatusList", "{}");
    holds(b, 400, "ES04-01");
    assert_false(sim_act(b->sim, SIM_RAKUTEN, b->now, STR(""), "untick", STR("{}"), &error));
    // Ninety days later the key ends by itself.
    b->now += 91 * DAY_MS;
    call(b, "searchOrder", "{}");
    assert_int_equal(b->status, 401);
}

static void answers_carry_the_recorded_headers(void **state)
{
    struct bench *b = *state;
    call(b, "getSubStatusList", "");
    struct str timestamp = http_header(b->answer_headers, b->answer_header_count, "Timestamp");
    assert_true(str_eq(timestamp, STR("2026-03-01T03:00:00")));
    assert_int_equal(http_header(b->answer_headers, b->answer_header_count, "RequestId").n, 36);
    assert_true(str_eq(http_header(b->answer_headers, b->answer_header_count, "content-type"),
                       STR("application/json;charset=UTF-8")));
}

static void searching(void **state)
{
    struct bench *b = *state;
    call(b, "searchOrder", "{}");
    holds(b, 400, "\"orderNumberList\":null");
    holds(b, 400, "dateTypeの項目を指定して下さい。");
    holds(b, 400, "startDatetimeの項目を指定して下さい。");
    holds(b, 400, "\"PaginationResponseModel\":null");
    call(b, "searchOrder",
         "{\"dateType\":1,\"startDatetime\":\"2026-02-01T00:00:00+09:00\",\"endDatetime\":\"\"}");
    holds(b, 400, "SEARCH_ORDER_ERROR_011");
    holds(b, 400, "SEARCH_ORDER_ERROR_010");
    call(b, "searchOrder",
         "{\"dateType\":1,\"startDatetime\":\"2025-12-01T00:00:00+0900\","
         "\"endDatetime\":\"2026-02-02T00:00:01+0900\"}");
    holds(b, 400, "SEARCH_ORDER_ERROR_023");
    call(b, "searchOrder",
         "{\"dateType\":1,\"startDatetime\":\"2025-12-01T00:00:00+0900\","
         "\"endDatetime\":\"2026-02-02T00:00:00+0900\"}");
    assert_int_equal(b->status, 200);
    call(b, "searchOrder",
         "{\"dateType\":1,\"startDatetime\":\"2024-01-01T00:00:00+0900\","
         "\"endDatetime\":\"2024-01-02T00:00:00+0900\"}");
    assert_int_equal(b->status, 400);
    call(b, "searchOrder", "{\"dateType\":\"1\"," SEARCH "}");
    int64_t total = 0;
    struct json page = json_get(b->json, "PaginationResponseModel");
    assert_true(json_int(json_get(page, "totalRecordsAmount"), &total));
    assert_true(total > 100);
    assert_int_equal(json_count(json_get(b->json, "orderNumberList")), 30);
    // Ascending order is asked for; the parts by status make the whole.
    size_t sum = 0;
    for (int status = 100; status <= 900; status += 100) {
        call(b, "searchOrder",
             text(b,
                  "{\"orderProgressList\":[%d],\"dateType\":1," SEARCH
                  ",\"PaginationRequestModel\":{\"requestRecordsAmount\":1000,\"requestPage\":1,"
                  "\"SortModelList\":[{\"sortColumn\":1,\"sortDirection\":1}]}}",
                  status));
        sum += json_count(json_get(b->json, "orderNumberList"));
    }
    assert_int_equal(sum, total);
    call(b, "searchOrder",
         "{\"dateType\":1,\"startDatetime\":\"2025-06-01T00:00:00+0900\","
         "\"endDatetime\":\"2025-06-02T00:00:00+0900\"}");
    holds(b, 200, "SEARCH_ORDER_INFO_102");
    holds(b, 200, "\"orderNumberList\":[]");
    holds(b, 200, "\"totalRecordsAmount\":null");
}

static void reading(void **state)
{
    struct bench *b = *state;
    const char *number = place(b, SIM_STAGE_NEW, SIM_PAY_CARD, 0);
    call(b, "getOrder", text(b, "{\"orderNumberList\":[\"%s\"]}", number));
    holds(b, 400, "GET_ORDER_ERROR_009");
    call(b, "getOrder", text(b, "{\"orderNumberList\":[\"%s\"],\"version\":2}", number));
    assert_int_equal(b->status, 400);
    for (int version = 3; version <= 10; version++) {
        call(b, "getOrder",
             text(b, "{\"orderNumberList\":[\"%s\"],\"version\":\"%d\"}", number, version));
        struct json order = element(json_get(b->json, "OrderModelList"), 0);
        struct json package = element(json_get(order, "PackageModelList"), 0);
        struct json item = element(json_get(package, "ItemModelList"), 0);
        assert_int_equal(json_exists(json_get(order, "goodsTax")), version <= 7);
        assert_int_equal(json_exists(json_get(package, "defaultDeliveryCompanyCode")),
                         version >= 4);
        assert_int_equal(json_exists(json_get(order, "receiptIssueCount")), version >= 5);
        assert_int_equal(json_exists(json_get(b->json, "version")), version >= 6);
        assert_int_equal(json_exists(json_get(item, "SkuModelList")), version >= 7);
        assert_int_equal(json_exists(json_get(order, "deliveryCertPrgFlag")), version >= 8);
        assert_int_equal(json_exists(json_get(package, "dropOffFlag")), version >= 9);
        assert_int_equal(json_exists(json_get(order, "socialGiftFlag")), version >= 10);
    }
    holds(b, 200, "(取得件数1件)");
    call(b, "getOrder", text(b, "{\"orderNumberList\":[\"%s\",\"X\"],\"version\":10}", number));
    holds(b, 200, "GET_ORDER_INFO_102");
    set_switch(b, "rakuten.get_unknown_status", "404");
    call(b, "getOrder", "{\"orderNumberList\":[\"X\"],\"version\":10}");
    holds(b, 404, "\"orderNumber\":\"X\"");
}

static void confirming(void **state)
{
    struct bench *b = *state;
    const char *fine = place(b, SIM_STAGE_NEW, SIM_PAY_CARD, 0);
    const char *open = place(b, SIM_STAGE_NEW, SIM_PAY_CARD, SIM_FEATURE_UNDETERMINED_POSTAGE);
    const char *gone = place(b, SIM_STAGE_CANCELLED, SIM_PAY_CARD, 0);
    call(b, "confirmOrder",
         text(b, "{\"orderNumberList\":[\"%s\",\"%s\",\"%s\",\"X\"]}", fine, open, gone));
    holds(b, 200, "CONFIRM_ORDER_INFO_101");
    holds(b, 200, "CONFIRM_ORDER_ERROR_105");
    holds(b, 200, "CONFIRM_ORDER_ERROR_102");
    holds(b, 200, "CONFIRM_ORDER_ERROR_016");
    assert_int_equal(progress_of(b, fine), 200);
    call(b, "confirmOrder", text(b, "{\"orderNumberList\":[\"%s\"]}", fine));
    holds(b, 200, "CONFIRM_ORDER_ERROR_103");
    assert_int_equal(sim_effect_count(b->sim, SIM_RAKUTEN, str_from(fine), "accept"), 1);
    b->now += HOUR_MS;
    assert_int_equal(progress_of(b, fine), 300);
    act(b, open, "set-postage", "{\"postage\":500}");
    call(b, "confirmOrder", text(b, "{\"orderNumberList\":[\"%s\"]}", open));
    holds(b, 200, "CONFIRM_ORDER_INFO_101");
}

static void fourteen_days_unconfirmed_end_an_order(void **state)
{
    struct bench *b = *state;
    const char *number = place(b, SIM_STAGE_NEW, SIM_PAY_CARD, 0);
    b->now += 14 * DAY_MS - HOUR_MS;
    assert_int_equal(progress_of(b, number), 100);
    b->now += 2 * HOUR_MS;
    assert_int_equal(progress_of(b, number), 900);
}

static void prepaid_orders_wait_for_the_money(void **state)
{
    struct bench *b = *state;
    const char *number = place(b, SIM_STAGE_NEW, SIM_PAY_BANK, 0);
    call(b, "confirmOrder", text(b, "{\"orderNumberList\":[\"%s\"]}", number));
    b->now += 50 * 60000;
    assert_int_equal(progress_of(b, number), 200);
    act(b, number, "pay", "");
    b->now += HOUR_MS;
    assert_int_equal(progress_of(b, number), 300);
    call(b, "getPayment", text(b, "{\"orderNumber\":\"%s\",\"version\":4}", number));
    holds(b, 200, "\"transferDate\":\"2026-03-01\"");
    holds(b, 200, "\"paymentStatus\":30300");
}

static int64_t basket_of(struct bench *b, const char *number, size_t index)
{
    int64_t id = 0;
    struct json package = element(json_get(order_of(b, number), "PackageModelList"), index);
    assert_true(json_int(json_get(package, "basketId"), &id));
    return id;
}

static size_t rows_of(struct bench *b, const char *number)
{
    struct json package = element(json_get(order_of(b, number), "PackageModelList"), 0);
    return json_count(json_get(package, "ShippingModelList"));
}

static void report(struct bench *b, const char *number, const char *row)
{
    call(b, "updateOrderShipping",
         text(b,
              "{\"orderNumber\":\"%s\",\"BasketidModelList\":[{\"basketId\":%lld,"
              "\"ShippingModelList\":[{%s}]}]}",
              number, (long long)basket_of(b, number, 0), row));
}

static void shipping_needs_three_data_on_every_row(void **state)
{
    struct bench *b = *state;
    const char *number = place(b, SIM_STAGE_READY, SIM_PAY_CARD, 0);
    report(b, number,
           "\"deliveryCompany\":\"1001\",\"shippingNumber\":\"1\",\"shippingDate\":\"2026-03-01\"");
    holds(b, 200, "UPDATE_ORDERSHIPPING_INFO_101");
    holds(b, 200, "\"dataNumber\":1");
    assert_int_equal(progress_of(b, number), 300);
    // Without the id a second row appears; half-empty, it keeps the order where it is.
    report(b, number, "\"deliveryCompany\":\"1001\"");
    assert_int_equal(rows_of(b, number), 2);
    b->now += 2 * DAY_MS;
    assert_int_equal(progress_of(b, number), 300);
    struct json package = element(json_get(order_of(b, number), "PackageModelList"), 0);
    int64_t id = 0;
    json_int(json_get(element(json_get(package, "ShippingModelList"), 1), "shippingDetailId"), &id);
    report(b, number, text(b, "\"shippingDetailId\":%lld,\"shippingDeleteFlag\":1", (long long)id));
    holds(b, 200, "UPDATE_ORDERSHIPPING_INFO_103");
    b->now += DAY_MS;
    assert_int_equal(progress_of(b, number), 500);
    b->now += 8 * DAY_MS;
    assert_int_equal(progress_of(b, number), 600);
    b->now += 15 * DAY_MS;
    assert_int_equal(progress_of(b, number), 700);
}

static void the_night_after_the_ship_date(void **state)
{
    struct bench *b = *state;
    const char *number = place(b, SIM_STAGE_READY, SIM_PAY_CARD, 0);
    report(b, number,
           "\"deliveryCompany\":\"1002\",\"shippingNumber\":\"2\",\"shippingDate\":\"2026-03-03\"");
    b->now = NOW + 2 * DAY_MS; // noon of the ship date
    assert_int_equal(progress_of(b, number), 300);
    b->now += 12 * HOUR_MS + 10 * 60000;
    struct json order = order_of(b, number);
    int64_t progress = 0;
    json_int(json_get(order, "orderProgress"), &progress);
    assert_int_equal(progress, 500);
    assert_true(
        str_starts(json_str(json_get(order, "shippingCmplRptDatetime")), STR("2026-03-04T00:0")));
}

static void wrong_reports_change_nothing(void **state)
{
    struct bench *b = *state;
    const char *number = place(b, SIM_STAGE_READY, SIM_PAY_CARD, 0);
    report(b, number, "\"deliveryCompany\":\"ヤマト運輸\"");
    holds(b, 400, "deliveryCompanyの書式が不正です。");
    report(b, number, "\"deliveryCompany\":\"1001\",\"shippingDate\":\"2026/03/01\"");
    holds(b, 400, "UPDATE_ORDERSHIPPING_ERROR_011");
    report(b, number, "\"deliveryCompany\":\"1001\",\"shippingDate\":\"20260301\"");
    assert_int_equal(b->status, 400);
    report(b, number, "\"shippingDetailId\":1,\"shippingNumber\":\"1\"");
    assert_int_equal(b->status, 400);
    assert_int_equal(rows_of(b, number), 0);
    assert_int_equal(sim_effect_count(b->sim, SIM_RAKUTEN, str_from(number), NULL), 0);
    set_switch(b, "rakuten.shipping_date_compact", "accept");
    report(b, number, "\"deliveryCompany\":\"1001\",\"shippingDate\":\"20260301\"");
    assert_int_equal(b->status, 200);
    const char *gone = place(b, SIM_STAGE_CANCELLED, SIM_PAY_CARD, 0);
    report(b, gone, "\"deliveryCompany\":\"1001\"");
    holds(b, 200, "UPDATE_ORDERSHIPPING_ERROR_102");
}

static void asynchronous_reports(void **state)
{
    struct bench *b = *state;
    const char *number = place(b, SIM_STAGE_READY, SIM_PAY_CARD, 0);
    long long basket = (long long)basket_of(b, number, 0);
    const char *one = text(b,
                           "{\"orderNumber\":\"%s\",\"BasketidModelList\":[{\"basketId\":%lld,"
                           "\"ShippingModelList\":[{\"deliveryCompany\":\"1001\"}]}]}",
                           number, basket);
    call(b, "updateOrderShippingAsync", text(b, "{\"OrderShippingModelList\":[%s,%s]}", one, one));
    holds(b, 200, "ASYNC_ERROR_011");
    assert_true(str_find(b->body, STR("requestId")) < 0);
    call(b, "updateOrderShippingAsync", text(b, "{\"OrderShippingModelList\":[%s]}", one));
    holds(b, 200, "UPDATE_ORDERSHIPPING_ASYNC_INFO_101");
    struct str id =
        json_str(json_get(element(json_get(b->json, "MessageModelList"), 0), "requestId"));
    assert_true(str_ends(id, STR("_20260301120000")));
    const char *ask = text(b, "{\"requestId\":\"%.*s\"}", STR_ARG(id));
    call(b, "getResultUpdateOrderShippingAsync", ask);
    holds(b, 200, "GET_RESULT_UPDATEORDERSHIPPING_ASYNC_INFO_101");
    assert_int_equal(rows_of(b, number), 0);
    b->now += 61000;
    call(b, "getResultUpdateOrderShippingAsync", ask);
    holds(b, 200, "UPDATE_ORDERSHIPPING_INFO_101");
    assert_int_equal(rows_of(b, number), 1);
    b->now += 31 * DAY_MS;
    call(b, "getResultUpdateOrderShippingAsync", ask);
    holds(b, 200, "GET_RESULT_UPDATEORDERSHIPPING_ASYNC_INFO_101");
    call(b, "getResultUpdateOrderShippingAsync", "{}");
    holds(b, 400, "GET_RESULT_UPDATEORDERSHIPPING_ASYNC_ERROR_009");
}

static void cancelling(void **state)
{
    struct bench *b = *state;
    const char *number = place(b, SIM_STAGE_READY, SIM_PAY_CARD, 0);
    const char *body =
        text(b, "{\"orderNumber\":\"%s\",\"inventoryRestoreType\":0,\"changeReasonDetailApply\":8}",
             number);
    call(b, "cancelOrderAfterShipping", body);
    holds(b, 200, "\"messageType\":\"ERROR\"");
    report(b, number, "\"deliveryCompany\":\"1001\",\"shippingDate\":\"2026-03-01\"");
    call(b, "cancelOrder", body);
    holds(b, 200, "発送日が登録されている");
    const char *other = place(b, SIM_STAGE_NEW, SIM_PAY_CARD, 0);
    call(b, "cancelOrder", text(b, "{\"orderNumber\":\"%s\",\"inventoryRestoreType\":0}", other));
    holds(b, 400, "CANCEL_ORDER_ERROR_009");
    call(b, "cancelOrder",
         text(b,
              "{\"orderNumber\":\"%s\",\"inventoryRestoreType\":0,\"changeReasonDetailApply\":8}",
              other));
    holds(b, 200, "CANCEL_ORDER_INFO_101");
    assert_int_equal(progress_of(b, other), 800);
    b->now += 2 * HOUR_MS;
    assert_int_equal(progress_of(b, other), 900);
}

static void sub_status_memo_remarks(void **state)
{
    struct bench *b = *state;
    const char *number = place(b, SIM_STAGE_READY, SIM_PAY_CARD, 0);
    call(b, "updateOrderSubStatus", text(b, "{\"orderNumberList\":[\"%s\"]}", number));
    holds(b, 400, "UPDATE_ORDERSUBSTATUS_ERROR_009");
    call(b, "updateOrderSubStatus",
         text(b, "{\"subStatusId\":1001,\"orderNumberList\":[\"%s\"]}", number));
    holds(b, 200, "UPDATE_ORDERSUBSTATUS_ERROR_102");
    call(b, "updateOrderSubStatus",
         text(b, "{\"subStatusId\":\"3002\",\"orderNumberList\":[\"%s\"]}", number));
    holds(b, 200, "UPDATE_ORDERSUBSTATUS_INFO_101");
    assert_true(
        str_eq(json_str(json_get(order_of(b, number), "subStatusName")), STR("出荷指示済み")));
    call(b, "updateOrderMemo",
         text(b, "{\"orderNumber\":\"%s\",\"memo\":\"急ぎ\",\"operator\":\"一二三四五六七\"}",
              number));
    assert_int_equal(b->status, 400);
    call(b, "updateOrderMemo", text(b, "{\"orderNumber\":\"%s\",\"memo\":\"急ぎ\"}", number));
    holds(b, 200, "UPDATE_ORDERMEMO_INFO_101");
    call(b, "updateOrderRemarks", text(b, "{\"orderNumber\":\"%s\"}", number));
    holds(b, 400, "UPDATE_ORDERREMARKS_ERROR_009");
    call(b, "updateOrderRemarks",
         text(b, "{\"orderNumber\":\"%s\",\"remarks\":\"a\\nb\"}", number));
    holds(b, 200, "UPDATE_ORDERREMARKS_INFO_101");
    assert_true(str_eq(json_str(json_get(order_of(b, number), "memo")), STR("急ぎ")));
}

static void too_many_requests(void **state)
{
    struct bench *b = *state;
    struct error error;
    sim_free(b->sim);
    struct sim_options options = {.seed = 1, .now = NOW, .start = TIME_NONE, .faces = only_rakuten};
    b->sim = sim_new(&options, &error);
    assert_non_null(b->sim);
    log_in(b);
    for (int i = 0; i < 4; i++)
        call(b, "getSubStatusList", "{}");
    assert_int_equal(b->status, 429);
    assert_true(
        str_eq(http_header(b->answer_headers, b->answer_header_count, "Retry-After"), STR("2")));
    b->now += 2000;
    call(b, "getSubStatusList", "{}");
    assert_int_equal(b->status, 200);
}

static void social_gift_hides_its_recipient(void **state)
{
    struct bench *b = *state;
    const char *number = place(b, SIM_STAGE_NEW, SIM_PAY_CARD, SIM_FEATURE_SOCIAL_GIFT);
    struct json package = element(json_get(order_of(b, number), "PackageModelList"), 0);
    assert_true(str_eq(json_str(json_get(json_get(package, "SenderModel"), "familyName")),
                       STR("入力待ち")));
    act(b, number, "enter-address", "");
    package = element(json_get(order_of(b, number), "PackageModelList"), 0);
    assert_false(str_eq(json_str(json_get(json_get(package, "SenderModel"), "familyName")),
                        STR("入力待ち")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_gate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_end_and_are_renewed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_carry_the_recorded_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(searching, set_up_full, tear_down),
        cmocka_unit_test_setup_teardown(reading, set_up, tear_down),
        cmocka_unit_test_setup_teardown(confirming, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fourteen_days_unconfirmed_end_an_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(prepaid_orders_wait_for_the_money, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shipping_needs_three_data_on_every_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_night_after_the_ship_date, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_reports_change_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(asynchronous_reports, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancelling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sub_status_memo_remarks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_requests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(social_gift_hides_its_recipient, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
