// SPDX-License-Identifier: Apache-2.0
//
// The simulated au PAY マーケット by itself: envelopes, refusals and paging as aupay.md §10 lists
// them, read without any code of the connector.
#include "sim/demo_keys.h"
#include "sim/face.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define START 1795000000000LL

struct bench {
    struct sim *sim;
    struct arena *arena;
    time_ms now;
    const char *key;
    int status;
    char body[400000];
};

static void begin(struct bench *b, int64_t orders)
{
    static const struct sim_face *const faces[] = {&sim_face_aupay, NULL};
    struct error error;
    struct sim_options options = {
        .seed = 3, .orders = orders, .now = START, .start = TIME_NONE, .faces = faces};
    b->sim = sim_new(&options, &error);
    b->arena = arena_new((size_t)64 << 20);
    b->now = START;
    b->key = SIM_AUPAY_API_KEY;
    assert_true(b->sim && b->arena);
}

static void end(struct bench *b)
{
    sim_free(b->sim);
    arena_free(b->arena);
}

static void ask(struct bench *b, enum http_method method, const char *path, const char *query,
                const char *body)
{
    char bearer[128];
    snprintf(bearer, sizeof bearer, "Bearer %s", b->key);
    struct http_header header = {STR("Authorization"), str_from(bearer), true};
    struct sim_request request = {.method = method,
                                  .path = str_from(path),
                                  .query = str_from(query),
                                  .headers = &header,
                                  .header_count = 1,
                                  .body = str_from(body),
                                  .peer = STR("127.0.0.1")};
    struct sim_response response;
    sim_response_init(&response, b->arena);
    sim_handle(b->sim, SIM_AUPAY, b->now, &request, &response);
    b->status = response.status;
    snprintf(b->body, sizeof b->body, "%.*s", STR_ARG(buf_str(&response.body)));
    sim_response_free(&response);
}

static void ask_list(struct bench *b, const char *more)
{
    char query[256];
    snprintf(query, sizeof query,
             "shopId=" SIM_AUPAY_SHOP_ID "&startDate=20260901&endDate=20261231%s", more);
    ask(b, HTTP_GET, "/wmshopapi/searchTradeInfoListProc", query, "");
}

static size_t rows(const struct bench *b)
{
    size_t n = 0;
    for (const char *at = strstr(b->body, "<orderInfo>"); at; at = strstr(at + 1, "<orderInfo>"))
        n++;
    return n;
}

static bool says(const struct bench *b, const char *words)
{
    return strstr(b->body, words) != NULL;
}

static void keys(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    (void)state;
    begin(b, 3);
    ask_list(b, "");
    assert_int_equal(b->status, 200);
    assert_true(says(b, "<status>0</status>"));
    b->key = "wrong";
    ask_list(b, "");
    assert_int_equal(b->status, 401);
    assert_true(says(b, "<code>0002</code>"));
    b->key = SIM_AUPAY_API_KEY;
    b->now += INT64_C(91) * 24 * 3600 * 1000;
    ask_list(b, "");
    assert_int_equal(b->status, 401);
    end(b);
    begin(b, 1);
    ask(b, HTTP_GET, "/wmshopapi//searchTradeInfoProc", "shopId=1&orderId=900000001", "");
    assert_true(says(b, "CME0022"));
    ask(b, HTTP_GET, "/wmshopapi/searchtradeinfoproc", "shopId=1", ""); // case counts
    assert_int_equal(b->status, 404);
    end(b);
    free(b);
}

static void paging_counts_rows_from_one(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    (void)state;
    begin(b, 30);
    ask_list(b, "&totalCount=10&startCount=1");
    assert_int_equal(rows(b), 10);
    assert_true(says(b, "<resultCount>10</resultCount>"));
    ask_list(b, "&totalCount=1000&startCount=11");
    size_t rest = rows(b);
    ask_list(b, "&totalCount=1000");
    assert_int_equal(rows(b), rest + 10);
    ask_list(b, "&totalCount=1001");
    assert_true(says(b, "<status>1</status>"));
    ask_list(b, "&totalCount=10&startCount=5000");
    assert_true(says(b, "<status>0</status>") && rows(b) == 0);
    end(b);
    free(b);
}

static void writes(struct bench *b, const char *operation, const char *inside)
{
    char path[64], body[512];
    snprintf(path, sizeof path, "/wmshopapi/%s", operation);
    snprintf(body, sizeof body, "<request><shopId>" SIM_AUPAY_SHOP_ID "</shopId>%s</request>",
             inside);
    ask(b, HTTP_POST, path, "", body);
}

static void updates_are_flat_and_separate(void **state)
{
    static const char shipment[] =
        "<orderId>900000001</orderId><shippingDate>20261118</shippingDate>"
        "<shippingCarrier>1</shippingCarrier><shippingNumber>123456789012</shippingNumber>";
    struct bench *b = calloc(1, sizeof *b);
    struct sim_wish wish;
    struct str no;
    struct error error;
    (void)state;
    begin(b, 0);
    sim_wish_init(&wish, SIM_AUPAY);
    wish.stage = SIM_STAGE_READY;
    wish.payment = SIM_PAY_CARD;
    assert_true(sim_place(b->sim, b->now, &wish, b->arena, &no, &error));
    assert_true(str_eq(no, STR("900000001")));
    writes(b, "updateTradeInfoProc",
           "<updateTradeInfo><orderId>900000001</orderId></updateTradeInfo>");
    assert_true(says(b, "[orderId]必須入力項目です"));
    writes(b, "updateTradeInfoProc", shipment);
    assert_true(says(b, "<status>0</status>"));
    ask(b, HTTP_GET, "/wmshopapi/searchTradeInfoProc",
        "shopId=" SIM_AUPAY_SHOP_ID "&orderId=900000001", "");
    assert_true(says(b, "<orderStatus>発送待ち</orderStatus>")); // not moved by it
    assert_true(says(b, "<shippingNumber>123456789012</shippingNumber>"));
    writes(b, "updateTradeStsProc",
           "<orderId>900000001</orderId><orderStatus>知らない</orderStatus>");
    assert_true(says(b, "<status>1</status>"));
    writes(b, "updateTradeStsProc", "<orderId>900000001</orderId><orderStatus>完了</orderStatus>");
    assert_true(says(b, "<status>0</status>"));
    assert_int_equal(sim_effect_count(b->sim, SIM_AUPAY, no, "capture"), 1);
    writes(b, "cancelTradeProc", "<orderId>900000001</orderId>");
    assert_true(says(b, "[cancelReason]必須入力項目です"));
    end(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(paging_counts_rows_from_one),
        cmocka_unit_test(updates_are_flat_and_separate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
