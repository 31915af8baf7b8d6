// SPDX-License-Identifier: Apache-2.0
//
// The control API, called without a socket.
#include "base/memory.h"
#include "sim/control.h"
#include "toy_face.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define HOUR_MS 3600000LL
#define NOW 1772334000000LL // 2026-03-01T12:00:00+09:00

struct bench {
    struct sim *sim;
    struct arena *arena;
    int status;
    struct json json; // the last answer
};

static int set_up(void **state)
{
    struct bench *b = memory_zalloc(1, sizeof *b);
    struct error error;
    struct sim_options options = {
        .seed = 7, .orders = 60, .now = NOW, .start = TIME_NONE, .faces = toy_faces};
    b->sim = sim_new(&options, &error);
    b->arena = arena_new(64 << 20);
    *state = b;
    return b->sim && b->arena ? 0 : -1;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    sim_free(b->sim);
    arena_free(b->arena);
    memory_free(b);
    return 0;
}

static struct json call(struct bench *b, enum http_method method, const char *target,
                        const char *body)
{
    struct str path = str_from(target), query = STR("");
    ptrdiff_t mark = str_find_char(path, '?');
    if (mark >= 0) {
        query = str_slice(path, (size_t)mark + 1, path.n);
        path = str_slice(path, 0, (size_t)mark);
    }
    struct sim_request request = {.method = method,
                                  .path = path,
                                  .query = query,
                                  .body = str_from(body),
                                  .peer = STR("127.0.0.1")};
    struct sim_response response;
    struct error error;
    sim_response_init(&response, b->arena);
    sim_control(b->sim, NOW, &request, &response);
    b->status = response.status;
    assert_true(json_parse(b->arena, buf_str(&response.body), false, &b->json, &error));
    sim_response_free(&response);
    return b->json;
}

static int64_t number(struct json object, const char *key)
{
    int64_t n = -1;
    assert_true(json_int(json_get(object, key), &n));
    return n;
}

static struct json element(struct json array, size_t index)
{
    struct json v;
    for (struct json_iter i = json_iterate(array); json_next(&i, &v);)
        if (index-- == 0)
            return v;
    fail_msg("the array is too short");
    return v;
}

static void fails(struct bench *b, enum http_method method, const char *target, const char *body,
                  int status, const char *code)
{
    struct json answer = call(b, method, target, body);
    assert_int_equal(b->status, status);
    assert_int_equal(number(answer, "status"), status);
    assert_true(str_eq(json_str(json_get(answer, "code")), str_from(code)));
    assert_true(json_str(json_get(answer, "detail")).n > 0);
}

static int mall_request(struct bench *b, enum http_method method, const char *path,
                        const char *query, const char *body)
{
    struct sim_request request = {.method = method,
                                  .path = str_from(path),
                                  .query = str_from(query),
                                  .body = str_from(body),
                                  .peer = STR("127.0.0.1")};
    struct sim_response response;
    sim_response_init(&response, b->arena);
    sim_handle(b->sim, SIM_RAKUTEN, NOW, &request, &response);
    int status = response.drop ? -1 : response.status;
    sim_response_free(&response);
    return status;
}

static void health_and_state(void **state)
{
    struct bench *b = *state;
    assert_true(str_eq(json_str(json_get(call(b, HTTP_GET, "/health", ""), "status")), STR("ok")));
    struct json s = call(b, HTTP_GET, "/state", "");
    assert_int_equal(number(s, "seed"), 7);
    struct json mall = element(json_get(s, "malls"), 0);
    assert_int_equal(number(mall, "orders"), 60);
    int64_t sum = 0, n;
    struct json v;
    struct json statuses = json_get(mall, "statuses");
    for (struct json_iter i = json_iterate(statuses); json_next(&i, &v); sum += n)
        assert_true(json_int(v, &n));
    assert_int_equal(sum, 60);
    assert_true(json_exists(json_get(statuses, "done")));
}

static void unknown_routes_and_methods(void **state)
{
    struct bench *b = *state;
    fails(b, HTTP_GET, "/nothing", "", 404, "sim.no_such_route");
    fails(b, HTTP_PATCH, "/orders", "", 405, "sim.no_such_route");
    fails(b, HTTP_POST, "/orders", "{", 400, "json.malformed");
    fails(b, HTTP_GET, "/orders/yahoo/1", "", 404, "sim.mall_unknown");
    fails(b, HTTP_GET, "/orders/rakuten/none", "", 404, "sim.order_unknown");
}

static void orders_are_listed(void **state)
{
    struct bench *b = *state;
    assert_int_equal(json_count(json_get(call(b, HTTP_GET, "/orders?limit=0", ""), "orders")), 60);
    struct json few = call(b, HTTP_GET, "/orders?mall=rakuten&limit=5", "");
    assert_int_equal(json_count(json_get(few, "orders")), 5);
    assert_int_equal(number(few, "matching"), 60);
    struct json done = call(b, HTTP_GET, "/orders?status=done&limit=0", "");
    assert_true(json_count(json_get(done, "orders")) > 0);
    assert_true(json_count(json_get(done, "orders")) < 60);
    struct json first = element(json_get(done, "orders"), 0);
    assert_true(str_eq(json_str(json_get(first, "status")), STR("done")));
    assert_false(json_exists(json_get(first, "buyer")));
    const char *path = arena_printf(b->arena, "/orders/rakuten/%.*s",
                                    STR_ARG(json_str(json_get(first, "order_no"))))
                           .p;
    struct json whole = call(b, HTTP_GET, path, "");
    assert_true(json_str(json_get(json_get(whole, "buyer"), "family")).n > 0);
    fails(b, HTTP_GET, "/orders?limit=x", "", 400, "sim.limit");
    fails(b, HTTP_GET, "/orders?stage=x", "", 400, "sim.stage_unknown");
    fails(b, HTTP_GET, "/orders?mall=yahoo", "", 404, "sim.mall_unknown");
}

static void orders_are_placed(void **state)
{
    struct bench *b = *state;
    struct json made =
        call(b, HTTP_POST, "/orders",
             "{\"mall\":\"rakuten\",\"count\":3,\"stage\":\"ready\",\"payment\":\"cod\","
             "\"features\":[\"gift\",\"remote-island\"],\"only_features\":true,\"family\":\"髙橋\","
             "\"ordered_at\":\"2026-02-20T10:00:00+09:00\",\"note\":\"急ぎ\",\"quantity\":2,"
             "\"item\":\"tee-basic\"}");
    assert_int_equal(b->status, 201);
    assert_int_equal(json_count(json_get(made, "orders")), 3);
    struct json one = element(json_get(made, "orders"), 2);
    assert_true(str_eq(json_str(json_get(one, "status")), STR("ready")));
    assert_true(str_eq(json_str(json_get(one, "payment")), STR("cod")));
    assert_true(str_eq(json_str(json_get(one, "ordered_at")), STR("2026-02-20T01:00:00Z")));
    assert_int_equal(json_count(json_get(one, "features")), 3); // gift, island, note

    const char *const wrong[] = {
        "{\"mall\":\"rakuten\",\"feature\":[\"gift\"]}",
        "{\"mall\":\"rakuten\",\"features\":[\"gifts\"]}",
        "{\"mall\":\"rakuten\",\"features\":\"gift\"}",
        "{\"mall\":\"rakuten\",\"payment\":\"gold\"}",
        "{\"mall\":\"rakuten\",\"stage\":7}",
        "{\"mall\":\"rakuten\",\"stage\":\"hold\"}",
        "{\"mall\":\"rakuten\",\"count\":0}",
        "{\"mall\":\"rakuten\",\"quantity\":1000}",
        "{\"mall\":\"rakuten\",\"ordered_at\":\"gestern\"}",
        "{\"mall\":\"rakuten\",\"ordered_at\":\"2030-01-01T00:00:00Z\"}",
        "{}",
        "[]",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        call(b, HTTP_POST, "/orders", wrong[i]);
        assert_int_equal(b->status, 400);
    }
    assert_int_equal(number(call(b, HTTP_GET, "/orders?limit=1", ""), "matching"), 63);
}

static void actions_reach_the_face(void **state)
{
    struct bench *b = *state;
    struct json after = call(b, HTTP_POST, "/orders/rakuten/T-000001/actions/cancel", "");
    assert_int_equal(b->status, 200);
    assert_true(str_eq(json_str(json_get(after, "status")), STR("cancelled")));
    fails(b, HTTP_POST, "/orders/rakuten/T-000001/actions/cancel", "{\"refuse\":true}", 409,
          "toy.refused");
    fails(b, HTTP_POST, "/orders/rakuten/T-999999/actions/cancel", "", 404, "sim.order_unknown");
    fails(b, HTTP_POST, "/orders/rakuten/T-000001/actions/dance", "", 404, "sim.action_unknown");
    fails(b, HTTP_POST, "/orders/rakuten/T-000001/actions/expire", "", 404, "sim.action_unknown");
    call(b, HTTP_POST, "/keys/rakuten/expire", "");
    assert_int_equal(b->status, 200);
    fails(b, HTTP_POST, "/keys/rakuten/cancel", "", 404, "sim.action_unknown");
    struct json keys = call(b, HTTP_GET, "/demo-keys/rakuten", "");
    assert_true(str_eq(json_str(json_get(keys, "key")), STR("toy-key")));
}

static void ips_are_kept_out(void **state)
{
    struct bench *b = *state;
    call(b, HTTP_PUT, "/ips/rakuten", "{\"allowed\":[\"192.0.2.7\"]}");
    assert_int_equal(b->status, 200);
    assert_int_equal(mall_request(b, HTTP_GET, "/list", "", ""), 403);
    call(b, HTTP_PUT, "/ips/rakuten", "{\"allowed\":[\"192.0.2.7\",\"127.0.0.1\"]}");
    assert_int_equal(mall_request(b, HTTP_GET, "/list", "", ""), 200);
    fails(b, HTTP_PUT, "/ips/rakuten", "{\"allowed\":[7]}", 400, "sim.member_wrong");
    fails(b, HTTP_PUT, "/ips/rakuten", "{}", 400, "sim.member_wrong");
    call(b, HTTP_PUT, "/ips/rakuten", "{\"allowed\":[]}");
    assert_int_equal(mall_request(b, HTTP_GET, "/list", "", ""), 200);
}

static void faults_are_armed_and_removed(void **state)
{
    struct bench *b = *state;
    struct json armed = call(b, HTTP_POST, "/faults",
                             "{\"kind\":\"drop_after\",\"mall\":\"rakuten\",\"operation\":\"ship\","
                             "\"order_no\":\"T-000001\",\"count\":1}");
    assert_int_equal(b->status, 201);
    assert_int_equal(number(armed, "number"), 1);
    assert_int_equal(mall_request(b, HTTP_POST, "/ship", "", "T-000001"), -1);
    struct json listed = element(json_get(call(b, HTTP_GET, "/faults", ""), "faults"), 0);
    assert_int_equal(number(listed, "hits"), 1);
    assert_true(json_true(json_get(listed, "spent")));
    struct json effects =
        call(b, HTTP_GET, "/effects?order_no=T-000001&kind=ship&mall=rakuten", "");
    assert_int_equal(json_count(json_get(effects, "effects")), 1);
    effects = call(b, HTTP_GET, "/effects?kind=mail", "");
    assert_int_equal(json_count(json_get(effects, "effects")), 0);

    call(b, HTTP_POST, "/faults",
         "{\"kind\":\"maintenance\",\"from\":\"2026-03-01T12:00:00+09:00\","
         "\"until\":\"2026-03-01T13:00:00+09:00\"}");
    assert_int_equal(mall_request(b, HTTP_GET, "/list", "", ""), 503);
    call(b, HTTP_DELETE, "/faults/2", "");
    assert_int_equal(mall_request(b, HTTP_GET, "/list", "", ""), 200);
    fails(b, HTTP_DELETE, "/faults/2", "", 404, "sim.fault_unknown");
    assert_int_equal(number(call(b, HTTP_DELETE, "/faults", ""), "faults"), 0);

    const char *const wrong[] = {
        "{}",
        "{\"kind\":\"fire\"}",
        "{\"kind\":\"delay\",\"delay\":5}",
        "{\"kind\":\"delay\",\"delay_ms\":-1}",
        "{\"kind\":\"status\",\"status\":42}",
        "{\"kind\":\"status\",\"probability\":1.5}",
        "{\"kind\":\"html\",\"operation\":\"a-name-that-is-too-long-for-an-operation-of-malls\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        call(b, HTTP_POST, "/faults", wrong[i]);
        assert_int_equal(b->status, 400);
    }
    fails(b, HTTP_POST, "/faults", "{\"kind\":\"delay\",\"mall\":\"yahoo\"}", 404,
          "sim.mall_unknown");
}

static void switches_are_set(void **state)
{
    struct bench *b = *state;
    assert_int_equal(json_count(json_get(call(b, HTTP_GET, "/switches", ""), "switches")), 3);
    call(b, HTTP_PUT, "/switches", "{\"rakuten.colour\":\"green\",\"rakuten.size\":9}");
    assert_int_equal(b->status, 200);
    assert_true(sim_switch_is(b->sim, SIM_RAKUTEN, "colour", "green"));
    assert_int_equal(sim_switch_number(b->sim, SIM_RAKUTEN, "size"), 9);
    struct error error;
    assert_true(sim_switch_set(b->sim, STR("rakuten.label"), STR("自由"), &error));
    assert_string_equal(sim_switch_value(b->sim, SIM_RAKUTEN, "label"), "自由");
    fails(b, HTTP_PUT, "/switches", "{\"rakuten.colour\":\"blue\"}", 400, "sim.switch_value");
    fails(b, HTTP_PUT, "/switches", "{\"rakuten.size\":10}", 400, "sim.switch_value");
    fails(b, HTTP_PUT, "/switches", "{\"rakuten.shape\":\"round\"}", 404, "sim.switch_unknown");
    fails(b, HTTP_PUT, "/switches", "{\"colour\":\"red\"}", 404, "sim.switch_unknown");
    fails(b, HTTP_PUT, "/switches", "{\"rakuten.colour\":[]}", 400, "sim.member_wrong");
    assert_true(sim_switch_is(b->sim, SIM_RAKUTEN, "colour", "green"));
}

static void requests_are_kept_without_secrets(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < SIM_LOG_ENTRIES + 5; i++)
        assert_int_equal(mall_request(b, HTTP_GET, "/list", "key=TOPSECRET&page=2", "password"),
                         200);
    struct json log = call(b, HTTP_GET, "/requests?limit=0", "");
    assert_int_equal(json_count(json_get(log, "requests")), SIM_LOG_ENTRIES);
    assert_int_equal(number(log, "ever"), SIM_LOG_ENTRIES + 5);
    struct json last = element(json_get(log, "requests"), 0);
    assert_true(str_eq(json_str(json_get(last, "query")), STR("key=***&page=2")));
    assert_true(str_eq(json_str(json_get(last, "operation")), STR("list")));
    assert_int_equal(json_count(json_get(call(b, HTTP_GET, "/requests?limit=2", ""), "requests")),
                     2);
}

static void clock_and_rate(void **state)
{
    struct bench *b = *state;
    struct json moved = call(b, HTTP_POST, "/clock", "{\"advance_ms\":3600000}");
    assert_true(str_eq(json_str(json_get(moved, "now")), STR("2026-03-01T04:00:00Z")));
    call(b, HTTP_POST, "/clock", "{\"to\":\"2026-03-03T00:00:00+09:00\"}");
    assert_int_equal(b->status, 200);
    assert_int_equal(toy_nights(b->sim), 1);
    call(b, HTTP_POST, "/clock", "{\"advance_ms\":300000}");
    assert_int_equal(toy_nights(b->sim), 2);
    fails(b, HTTP_POST, "/clock", "{\"to\":\"2026-03-01T00:00:00+09:00\"}", 400, "sim.clock");
    fails(b, HTTP_POST, "/clock", "{\"back\":1}", 400, "sim.member_unknown");

    call(b, HTTP_PUT, "/rate", "{\"orders_per_minute\":2.5}");
    assert_int_equal(b->status, 200);
    call(b, HTTP_POST, "/clock", "{\"advance_ms\":3600000}");
    int64_t orders = number(call(b, HTTP_GET, "/orders?limit=1", ""), "matching");
    assert_in_range(orders, 60 + 120, 60 + 180);
    call(b, HTTP_PUT, "/rate", "{\"orders_per_minute\":0}");
    call(b, HTTP_POST, "/clock", "{\"advance_ms\":3600000}");
    assert_int_equal(number(call(b, HTTP_GET, "/orders?limit=1", ""), "matching"), orders);
    fails(b, HTTP_PUT, "/rate", "{\"orders_per_minute\":-1}", 400, "sim.member_wrong");
    fails(b, HTTP_PUT, "/rate", "{}", 400, "sim.member_wrong");
}

static void help_names_everything(void **state)
{
    (void)state;
    AUTO_BUF out = buf_make(1 << 20);
    sim_control_help(&out);
    sim_faces_help(toy_faces, &out);
    const char *const wanted[] = {"/orders/{mall}/{order_no}/actions/{action}", "/faults", "/clock",
                                  "--switch rakuten.colour=red|green (preset red)",
                                  "POST /keys/rakuten/expire"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_true(str_find(buf_str(&out), str_from(wanted[i])) >= 0);
}

static void lack_of_memory_is_a_500(void **state)
{
    (void)state;
    static const char body[] = "{\"mall\":\"rakuten\",\"count\":2}";
    int refused = 0;
    for (uint64_t n = 1; n < 60; n++) {
        void *fresh;
        assert_int_equal(set_up(&fresh), 0);
        struct bench *b = fresh;
        struct sim_request request = {.method = HTTP_POST,
                                      .path = STR("/orders"),
                                      .query = STR(""),
                                      .body = str_make(body, sizeof body - 1)};
        struct sim_response response;
        sim_response_init(&response, b->arena);
        memory_fail_at(n, 0);
        sim_control(b->sim, NOW, &request, &response);
        memory_fail_at(0, 0);
        assert_true(response.status == 201 || response.status == 500);
        refused += response.status == 500;
        sim_response_free(&response);
        tear_down(&fresh);
    }
    assert_true(refused > 0);
}

int main(void)
{
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_WORLD(health_and_state),
        WITH_WORLD(unknown_routes_and_methods),
        WITH_WORLD(orders_are_listed),
        WITH_WORLD(orders_are_placed),
        WITH_WORLD(actions_reach_the_face),
        WITH_WORLD(ips_are_kept_out),
        WITH_WORLD(faults_are_armed_and_removed),
        WITH_WORLD(switches_are_set),
        WITH_WORLD(requests_are_kept_without_secrets),
        WITH_WORLD(clock_and_rate),
        cmocka_unit_test(help_names_everything),
        cmocka_unit_test(lack_of_memory_is_a_500),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
