// SPDX-License-Identifier: Apache-2.0
//
// Qoo10's face, asked directly (qoo10.md §12): call styles, keys and their envelopes, carts and
// lines, statuses, windows, what writes do, vanishing and claims, bulk calls.
#include "base/memory.h"
#include "base/xml.h"
#include "sim/face.h"
#include "sim/demo_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define NOW 1772334000000LL // 2026-03-01T12:00:00+09:00
#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
#define BASE "/GMKT.INC.Front.QAPIService/ebayjapan.qapi"
#define WIDE "SearchStartDate=20260215&SearchEndDate=20260301&SearchCondition=1"

static const struct sim_face *const only_qoo10[] = {&sim_face_qoo10, NULL};

struct bench {
    struct sim *sim;
    struct arena *arena;
    time_ms now;
    const char *key;
    int status;
    struct str body;
    struct json json;
};

static int set_up_with(void **state, int64_t orders)
{
    struct bench *b = memory_zalloc(1, sizeof *b);
    struct error error;
    struct sim_options options = {.seed = 11,
                                  .orders = orders,
                                  .now = NOW,
                                  .start = NOW - 50 * DAY_MS,
                                  .faces = only_qoo10,
                                  .no_rate_limit = orders > 0};
    b->sim = sim_new(&options, &error);
    b->arena = arena_new(256 << 20);
    b->now = NOW;
    b->key = SIM_QOO10_CERTIFICATION_KEY;
    *state = b;
    return b->sim && b->arena ? 0 : -1;
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

// One request; the header carries the key unless it is NULL.
static void ask(struct bench *b, enum http_method method, const char *path, const char *query,
                const char *body)
{
    AUTO_ARENA arena = arena_new(64 << 20);
    struct http_header header = {STR("giosiscertificationkey"), str_from(b->key), true};
    struct sim_request request = {.method = method,
                                  .path = str_from(path),
                                  .query = str_from(query),
                                  .headers = &header,
                                  .header_count = b->key ? 1 : 0,
                                  .body = str_from(body),
                                  .peer = STR("127.0.0.1")};
    struct sim_response answer;
    struct error error;
    sim_response_init(&answer, arena);
    b->now += 200;
    sim_handle(b->sim, SIM_QOO10, b->now, &request, &answer);
    b->status = answer.status;
    b->body = str_dup(b->arena, buf_str(&answer.body));
    sim_response_free(&answer);
    b->json = (struct json){0};
    if (str_starts(b->body, STR("{")))
        assert_true(json_parse(b->arena, b->body, false, &b->json, &error));
}

static int64_t member(struct json v, const char *name)
{
    int64_t n = INT64_MIN;
    json_int(json_get(v, name), &n);
    return n;
}

static int64_t call(struct bench *b, const char *method, const char *body)
{
    char path[160];
    snprintf(path, sizeof path, BASE "/%s", method);
    ask(b, HTTP_POST, path, "", body);
    return member(b->json, "ResultCode");
}

static struct str place_with(struct bench *b, int stage, int payment)
{
    struct sim_wish wish;
    struct str no;
    struct error error;
    sim_wish_init(&wish, SIM_QOO10);
    wish.stage = stage;
    wish.payment = payment;
    wish.only_features = true;
    wish.ordered_at = b->now - HOUR_MS;
    assert_true(sim_place(b->sim, b->now, &wish, b->arena, &no, &error));
    return no;
}

static struct str place(struct bench *b, int stage)
{
    return place_with(b, stage, SIM_PAY_CARD);
}

static void act(struct bench *b, struct str no, const char *action, const char *parameters)
{
    struct error error;
    if (!sim_act(b->sim, SIM_QOO10, b->now, no, action, str_from(parameters), &error))
        fail_msg("%s: %s", action, error.what_en);
}

static void turn(struct bench *b, const char *name, const char *value)
{
    struct error error;
    char full[64];
    snprintf(full, sizeof full, "qoo10.%s", name);
    if (!sim_switch_set(b->sim, str_from(full), str_from(value), &error))
        fail_msg("%s", error.what_en);
}

static struct json first_row(struct bench *b)
{
    struct json v = {0}, list = json_get(b->json, "ResultObject");
    struct json_iter i = json_iterate(list);
    if (json_type(list) == JSON_OBJECT)
        return list;
    json_next(&i, &v);
    return v;
}

static size_t rows(struct bench *b)
{
    return json_count(json_get(b->json, "ResultObject"));
}

// Carts among the rows of the answer.
static int64_t carts(struct bench *b, const char *name)
{
    struct json v;
    int64_t last = 0, count = 0;
    for (struct json_iter i = json_iterate(json_get(b->json, "ResultObject")); json_next(&i, &v);) {
        count += member(v, name) != last;
        last = member(v, name);
    }
    return count;
}

static int64_t list(struct bench *b, int status)
{
    char body[200];
    snprintf(body, sizeof body, "returnType=json&ShippingStatus=%d&" WIDE, status);
    assert_int_equal(call(b, "ShippingBasic.GetShippingInfo_v3", body), 0);
    return carts(b, "PackNo");
}

// As many order numbers as the cart at the head of the list has, in `numbers`.
static size_t lines_of(struct bench *b, int status, int64_t numbers[60])
{
    struct json v;
    size_t count = 0;
    list(b, status);
    for (struct json_iter i = json_iterate(json_get(b->json, "ResultObject"));
         count < 60 && json_next(&i, &v);)
        numbers[count++] = member(v, "OrderNo");
    return count;
}

static int64_t first_order_no(struct bench *b)
{
    return member(first_row(b), "OrderNo");
}

static int64_t ship(struct bench *b, int64_t order_no, const char *number)
{
    char body[200];
    snprintf(body, sizeof body,
             "OrderNo=%lld&ShippingCorp=%%E4%%BD%%90%%E5%%B7%%9D%%E6%%80%%A5%%E4%%BE%%BF"
             "&TrackingNo=%s&returnType=json",
             (long long)order_no, number);
    return call(b, "ShippingBasic.SetSendingInfo", body);
}

static int64_t confirm(struct bench *b, int64_t order_no, const char *planned)
{
    char body[200];
    snprintf(body, sizeof body,
             "OrderNo=%lld&EstShipDt=%s&DelayType=&DelayMemo=", (long long)order_no, planned);
    return call(b, "ShippingBasic.SetSellerCheckYN_V2", body);
}

// --- the door ---

static void three_styles(void **state)
{
    struct bench *b = *state;
    place(b, SIM_STAGE_NEW);
    assert_int_equal(list(b, 2), 1);
    b->key = NULL;
    ask(b, HTTP_GET, BASE,
        "v=1.0&returnType=json&method=ShippingBasic.GetShippingInfo_v3&"
        "key=" SIM_QOO10_CERTIFICATION_KEY "&ShippingStatus=2&" WIDE,
        "");
    assert_int_equal(carts(b, "PackNo"), 1);
    ask(b, HTTP_GET, BASE "/ShippingBasic.GetShippingInfo_v2",
        "key=" SIM_QOO10_CERTIFICATION_KEY
        "&ShippingStat=2&search_Sdate=20260215&search_Edate=20260301000000",
        "");
    assert_int_equal(member(b->json, "ResultCode"), 0);
    ask(b, HTTP_GET, BASE "/ShippingBasic.GetShippingInfo_v2",
        "key=" SIM_QOO10_CERTIFICATION_KEY
        "&ShippingStat=2&search_Sdate=20260215&search_Edate=20260301235959",
        "");
    assert_int_equal(carts(b, "packNo"), 1);
    assert_true(member(first_row(b), "orderNo") > 0);
}

static void xml_answers(void **state)
{
    struct bench *b = *state;
    struct xml_node *root;
    struct error error;
    place(b, SIM_STAGE_NEW);
    call(b, "ShippingBasic.GetShippingInfo_v3", "returnType=text%2Fxml&ShippingStatus=2&" WIDE);
    assert_true(xml_parse(b->arena, b->body, &root, &error));
    assert_true(str_eq(xml_child_text(root, "ResultCode"), STR("0")));
    assert_non_null(xml_child(xml_child(xml_child(root, "ResultObject"), "Row"), "PackNo"));
}

static void key_failures(void **state)
{
    struct bench *b = *state;
    b->key = NULL;
    call(b, "ShippingBasic.GetShippingInfo_v3", WIDE);
    assert_int_equal(member(b->json, "ErrorCode"), -90001);
    b->key = "S5_some_other_key";
    call(b, "ShippingBasic.GetShippingInfo_v3", WIDE);
    assert_int_equal(member(b->json, "ErrorCode"), -10000);
    assert_int_equal(b->status, 200);
    turn(b, "key_envelope", "result_code");
    assert_int_equal(call(b, "ShippingBasic.GetShippingInfo_v3", WIDE), -10000);
    b->key = SIM_QOO10_CERTIFICATION_KEY;
    act(b, STR(""), "expire", "");
    assert_int_equal(call(b, "ShippingBasic.GetShippingInfo_v3", WIDE), -90004);
    turn(b, "expired_code", "-90005");
    assert_int_equal(call(b, "ShippingBasic.GetShippingInfo_v3", WIDE), -90005);
    act(b, STR(""), "permit", "");
    act(b, STR(""), "forbid", "");
    assert_int_equal(call(b, "ShippingBasic.GetShippingInfo_v3", WIDE), -90002);
    act(b, STR(""), "permit", "");
    act(b, STR(""), "other-seller", "");
    assert_int_equal(call(b, "ShippingBasic.GetShippingInfo_v3", WIDE), -90003);
    act(b, STR(""), "permit", "");
    assert_int_equal(call(b, "ShippingBasic.NoSuchMethod", WIDE), -90001);
}

static void keys_are_made(void **state)
{
    struct bench *b = *state;
    b->key = SIM_QOO10_API_KEY;
    assert_int_equal(call(b, "CertificationAPI.CreateCertificationKey", "user_id=x&pwd=y"), -10001);
    assert_int_equal(call(b, "CertificationAPI.CreateCertificationKey",
                          "returnType=json&user_id=" SIM_QOO10_USER_ID "&pwd=" SIM_QOO10_PASSWORD),
                     0);
    const char *made = str_cstr(b->arena, json_str(json_get(b->json, "ResultObject")));
    b->key = made;
    list(b, 0);
    b->key = SIM_QOO10_CERTIFICATION_KEY;
    list(b, 0); // the old one lives on …
    turn(b, "new_key_ends_old", "on");
    b->key = SIM_QOO10_API_KEY;
    call(b, "CertificationAPI.CreateCertificationKey",
         "user_id=" SIM_QOO10_USER_ID "&pwd=" SIM_QOO10_PASSWORD);
    b->key = made; // … unless the mall ends it
    call(b, "ShippingBasic.GetShippingInfo_v3", WIDE);
    assert_int_equal(member(b->json, "ErrorCode"), -90004);
    // A certification key is no API key.
    call(b, "CertificationAPI.CreateCertificationKey", "user_id=x&pwd=y");
    assert_int_equal(member(b->json, "ErrorCode"), -90001);
}

static void a_key_lives_a_year(void **state)
{
    struct bench *b = *state;
    b->now += 364 * DAY_MS;
    assert_int_equal(call(b, "ShippingBasic.GetShippingInfo_v3", WIDE), 0);
    b->now += 2 * DAY_MS;
    call(b, "ShippingBasic.GetShippingInfo_v3", WIDE);
    assert_int_equal(member(b->json, "ErrorCode"), -90004);
}

static void too_many_requests(void **state)
{
    struct bench *b = *state;
    turn(b, "quota_per_day", "2");
    list(b, 0);
    list(b, 0);
    call(b, "ShippingBasic.GetShippingInfo_v3", WIDE);
    assert_int_equal(b->status, 429);
    b->now += DAY_MS;
    list(b, 0);
}

// --- lists ---

static void statuses_and_windows(void **state)
{
    struct bench *b = *state;
    place_with(b, SIM_STAGE_NEW, SIM_PAY_CONVENIENCE);
    place(b, SIM_STAGE_NEW);
    place(b, SIM_STAGE_READY);
    place(b, SIM_STAGE_SHIPPED);
    place(b, SIM_STAGE_DONE);
    place(b, SIM_STAGE_CANCELLED);
    assert_int_equal(list(b, 1), 1);
    assert_true(
        str_eq(json_str(json_get(first_row(b), "ShippingStatus")), STR("Awaiting shipping(1)")));
    assert_int_equal(list(b, 0), 3);
    assert_int_equal(list(b, 4), 1);
    assert_int_equal(list(b, 5), 1);
    turn(b, "status_form", "digit");
    list(b, 2);
    assert_true(str_eq(json_str(json_get(first_row(b), "ShippingStatus")), STR("2")));
    const char *const bad[][2] = {
        {"-10001", "ShippingStatus=2&SearchStartDate=2026&SearchEndDate=20260301"},
        {"-10002", "ShippingStatus=2&SearchStartDate=20251101&SearchEndDate=20260301"},
        {"-10003", "ShippingStatus=7&" WIDE},
        {"-10004",
         "ShippingStatus=2&SearchStartDate=20260215&SearchEndDate=20260301&SearchCondition=3"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[12];
        snprintf(text, sizeof text, "%lld",
                 (long long)call(b, "ShippingBasic.GetShippingInfo_v3", bad[i][1]));
        assert_string_equal(text, bad[i][0]);
    }
    assert_int_equal(call(b, "ShippingBasic.GetShippingInfo_v3", "Page=2&ShippingStatus=2&" WIDE),
                     0);
    assert_int_equal(rows(b), 0);
}

static void shapes_of_lists(void **state)
{
    struct bench *b = *state;
    assert_int_equal(list(b, 2), 0);
    assert_true(json_type(json_get(b->json, "ResultObject")) == JSON_NULL);
    turn(b, "no_rows", "array");
    list(b, 2);
    assert_true(json_type(json_get(b->json, "ResultObject")) == JSON_ARRAY);
    turn(b, "single_object", "on");
    bool bare = false;
    for (int i = 0; i < 60 && !bare; i++) {
        char from[32], body[200];
        b->now += 60000;
        place(b, SIM_STAGE_NEW);
        struct str stamp = time_format_yahoo(b->now - HOUR_MS, from);
        snprintf(body, sizeof body, "ShippingStatus=2&SearchStartDate=%.*s&SearchEndDate=%.*s",
                 STR_ARG(stamp), STR_ARG(stamp));
        assert_int_equal(call(b, "ShippingBasic.GetShippingInfo_v3", body), 0);
        bare = json_type(json_get(b->json, "ResultObject")) == JSON_OBJECT;
    }
    assert_true(bare);
    turn(b, "payment_date", "empty");
    call(b, "ShippingBasic.GetShippingInfo_v3", "ShippingStatus=2&" WIDE);
    assert_true(str_is_empty(json_str(json_get(first_row(b), "PaymentDate"))));
}

static void phones_and_wishes(void **state)
{
    struct bench *b = *state;
    bool empty_phone = false, day_only = false, both = false;
    for (int64_t status = 2; status <= 5; status++) {
        struct json v;
        char body[200];
        snprintf(body, sizeof body,
                 "ShippingStatus=%lld&SearchStartDate=20260105&SearchEndDate=20260301",
                 (long long)status);
        assert_int_equal(call(b, "ShippingBasic.GetShippingInfo_v3", body), 0);
        for (struct json_iter i = json_iterate(json_get(b->json, "ResultObject"));
             json_next(&i, &v);) {
            struct str wish = json_str(json_get(v, "DesiredDeliveryDate"));
            empty_phone |= str_eq(json_str(json_get(v, "ReceiverTel")), STR("+81--"));
            day_only |= wish.n == 11;
            both |= wish.n == 22;
            assert_true(str_starts(json_str(json_get(v, "BuyerMobile")), STR("+81-")));
        }
    }
    assert_true(empty_phone && (day_only || both));
}

// --- writes ---

static void confirming(void **state)
{
    struct bench *b = *state;
    place(b, SIM_STAGE_NEW);
    int64_t all[60];
    size_t lines = lines_of(b, 2, all);
    int64_t no = all[0];
    assert_int_equal(confirm(b, no, "20260228"), -10018);
    assert_int_equal(confirm(b, no, "20261201"), -10017);
    assert_int_equal(confirm(b, 17, "20260303"), -10001);
    for (size_t i = 0; i < lines; i++)
        assert_int_equal(confirm(b, all[i], "20260303"), 0);
    assert_int_equal(list(b, 2), 0);
    assert_int_equal(list(b, 3), 1);
    assert_true(
        str_starts(json_str(json_get(first_row(b), "EstimatedShippingDate")), STR("2026-03-03")));
    assert_int_equal(confirm(b, no, "20260304"), 0);
    turn(b, "confirm_again", "refused");
    assert_int_equal(confirm(b, no, "20260304"), -10012);
    turn(b, "planned_required", "on");
    assert_int_equal(confirm(b, no, ""), -10016);
    // Entering the date in QSM moves it as well.
    struct str other = place(b, SIM_STAGE_NEW);
    act(b, other, "confirm", "");
    assert_int_equal(list(b, 2), 0);
}

static void sending(void **state)
{
    struct bench *b = *state;
    struct str pack = place(b, SIM_STAGE_NEW);
    list(b, 2);
    int64_t no = first_order_no(b);
    assert_int_equal(ship(b, no, "400000000001"), -10004);
    turn(b, "ship_unconfirmed", "accepted");
    assert_int_equal(ship(b, 17, "400000000001"), -10001);
    assert_int_equal(ship(b, no, "400000000001"), 0);
    assert_int_equal(list(b, 4), 1);
    struct json row = first_row(b);
    assert_true(str_starts(json_str(json_get(row, "ShippingDate")), STR("2026-03-01")));
    assert_true(str_eq(json_str(json_get(row, "TrackingNo")), STR("400000000001")));
    assert_int_equal(sim_effect_count(b->sim, SIM_QOO10, pack, "ship"), 1);
    turn(b, "ship_again", "refused");
    assert_int_equal(ship(b, no, "400000000002"), -10004);
    turn(b, "ship_again", "ignored");
    assert_int_equal(ship(b, no, "400000000002"), 0);
    assert_int_equal(sim_effect_count(b->sim, SIM_QOO10, pack, "ship"), 1);
    turn(b, "ship_again", "overwrites");
    assert_int_equal(ship(b, no, "400000000002"), 0);
    assert_int_equal(sim_effect_count(b->sim, SIM_QOO10, pack, "ship"), 2);
}

static void unknown_carriers(void **state)
{
    struct bench *b = *state;
    char body[120];
    place(b, SIM_STAGE_READY);
    list(b, 3);
    snprintf(body, sizeof body, "OrderNo=%lld&ShippingCorp=NoSuch&TrackingNo=1",
             (long long)first_order_no(b));
    turn(b, "unknown_carrier", "refused");
    assert_int_equal(call(b, "ShippingBasic.SetSendingInfo", body), -10005);
    turn(b, "unknown_carrier", "normalised");
    assert_int_equal(call(b, "ShippingBasic.SetSendingInfo", body), 0);
    list(b, 4);
    assert_true(str_eq(json_str(json_get(first_row(b), "DeliveryCompany")), STR("その他")));
}

// Outer 0 with failing elements inside; cont_no here, contr_no there.
static void bulk(void **state)
{
    struct bench *b = *state;
    char body[400];
    place(b, SIM_STAGE_NEW);
    list(b, 2);
    long long no = first_order_no(b);
    snprintf(body, sizeof body,
             "SendPlanDtInfoJson=[{\"OrderNo\":\"%lld\",\"EstShipDt\":\"20260303\"},"
             "{\"OrderNo\":\"17\",\"EstShipDt\":\"20260303\"}]",
             no);
    assert_int_equal(call(b, "ShippingBasic.SetSellerCheckYNBulk", body), 0);
    assert_int_equal(rows(b), 2);
    assert_int_equal(member(first_row(b), "result_cd"), 0);
    assert_true(json_exists(json_get(first_row(b), "cont_no")));
    call(b, "ShippingBasic.SetSellerCheckYNBulk", body);
    assert_int_equal(member(first_row(b), "result_cd"), -10012);
    snprintf(body, sizeof body,
             "ShippingInfoJson=[{\"OrderNo\":\"%lld\",\"ShippingCorp\":\"Qxpress\",\"TrackingNo\":"
             "\"9\"}]",
             no);
    assert_int_equal(call(b, "ShippingBasic.SetSendingInfoBulk", body), 0);
    assert_true(json_exists(json_get(first_row(b), "contr_no")));
    assert_true(str_eq(json_str(json_get(first_row(b), "transc_nm")), STR("Qxpress")));
}

// --- vanishing ---

static int64_t claims(struct bench *b, const char *state, int condition)
{
    char body[160];
    snprintf(body, sizeof body,
             "ClaimStat=%s&search_Sdate=20260215&search_Edate=20260301&search_condition=%d", state,
             condition);
    assert_int_equal(call(b, "ShippingBasic.GetClaimInfo_V3", body), 0);
    return carts(b, "packNo");
}

static void cancelled_orders_vanish(void **state)
{
    struct bench *b = *state;
    struct str no = place(b, SIM_STAGE_NEW);
    act(b, no, "request-cancel", "");
    assert_int_equal(list(b, 2), 1);
    assert_int_equal(claims(b, "1", 2), 1);
    assert_int_equal(claims(b, "", 1), 1);
    turn(b, "claim_listed", "off");
    assert_int_equal(list(b, 2), 0);
    turn(b, "claim_listed", "on");
    act(b, no, "cancel", "");
    assert_int_equal(list(b, 0), 0);
    assert_int_equal(claims(b, "3", 3), 1);
    struct json row = first_row(b);
    assert_int_equal(member(row, "packNo"), 300000001);
    turn(b, "claim_form", "text");
    claims(b, "", 1);
    assert_true(str_ends(json_str(json_get(first_row(b), "claimStatus")), STR("(3)")));
    turn(b, "claims_without_state", "none");
    assert_int_equal(claims(b, "", 1), 0);
    char body[40];
    snprintf(body, sizeof body, "OrderNo=%lld", (long long)member(row, "orderNo"));
    assert_int_equal(call(b, "ShippingBasic.GetShippingAndClaimInfoByOrderNo_V2", body), 0);
    assert_true(json_exists(json_get(first_row(b), "claimStatus")));
    assert_int_equal(
        call(b, "ShippingBasic.GetShippingAndClaimInfoByOrderNo_V2", "OrderNo=1000000099"), -10003);
    assert_int_equal(call(b, "ShippingBasic.GetShippingAndClaimInfoByOrderNo_V2", "OrderNo=x"),
                     -10002);
    assert_int_equal(
        call(b, "ShippingBasic.GetClaimInfo_V3", "search_Sdate=20251101&search_Edate=20260301"),
        -10003);
    assert_int_equal(call(b, "ShippingBasic.GetClaimInfo_V3", "search_Sdate=x&search_Edate=y"),
                     -10002);
}

static void unpaid_orders_end(void **state)
{
    struct bench *b = *state;
    struct str no = place_with(b, SIM_STAGE_NEW, SIM_PAY_CONVENIENCE);
    assert_int_equal(list(b, 1), 1);
    act(b, no, "expire", "");
    assert_int_equal(list(b, 1), 0);
    assert_int_equal(claims(b, "16", 3), 1);
}

static void seller_cancels(void **state)
{
    struct bench *b = *state;
    char body[80];
    int64_t all[60];
    place(b, SIM_STAGE_READY);
    size_t lines = lines_of(b, 3, all);
    assert_int_equal(call(b, "Claim.SetCancelProcess", "ContrNo=x"), -10001);
    assert_int_equal(call(b, "Claim.SetCancelProcess", "ContrNo=17"), -10002);
    turn(b, "cancel_steps", "running");
    for (size_t i = 0; i < lines; i++) {
        snprintf(body, sizeof body,
                 "ContrNo=%lld&CancelReason=3&SellerMemo=&returnFeeStat=", (long long)all[i]);
        assert_int_equal(call(b, "Claim.SetCancelProcess", body), 0);
        assert_int_equal(call(b, "Claim.SetCancelProcess", body), -10004);
    }
    assert_int_equal(claims(b, "2", 1), 1);
    b->now += 2 * HOUR_MS;
    assert_int_equal(claims(b, "3", 1), 1);
    assert_int_equal(list(b, 3), 0);
}

// Every order of history is either listed or claimed, once per line.
static void nothing_is_lost(void **state)
{
    struct bench *b = *state;
    struct sim_summary *all;
    size_t count, found = 0;
    struct json v;
    assert_true(sim_summaries(b->sim, SIM_QOO10, b->arena, &all, &count));
    static const int statuses[] = {0, 4, 5};
    for (size_t k = 0; k < 4; k++) {
        char body[200];
        snprintf(body, sizeof body,
                 "ShippingStatus=%d&SearchStartDate=20260105&SearchEndDate=20260301",
                 k < 3 ? statuses[k] : 0);
        if (k < 3)
            call(b, "ShippingBasic.GetShippingInfo_v3", body);
        else
            call(b, "ShippingBasic.GetClaimInfo_V3",
                 "ClaimStat=&search_Sdate=20260105&search_Edate=20260301&search_condition=1");
        int64_t last = 0;
        for (struct json_iter i = json_iterate(json_get(b->json, "ResultObject"));
             json_next(&i, &v);) {
            int64_t pack = member(v, k < 3 ? "PackNo" : "packNo");
            struct str claim = json_str(json_get(v, "claimStatus"));
            bool gone = str_eq(claim, STR("3")) || str_eq(claim, STR("16"));
            found += (k < 3 || gone) && pack != last;
            last = pack;
        }
    }
    assert_int_equal(found, count);
}

static void maintenance(void **state)
{
    struct bench *b = *state;
    struct sim_fault fault = {.kind = SIM_FAULT_MAINTENANCE, .mall = SIM_QOO10, .count = 1};
    sim_fault_add(b->sim, &fault);
    call(b, "ShippingBasic.GetShippingInfo_v3", WIDE);
    assert_int_equal(b->status, 503);
    assert_true(str_find(b->body, STR("メンテナンス")) >= 0);
}

static void delivery_groups(void **state)
{
    struct bench *b = *state;
    assert_int_equal(call(b, "ItemsLookup.GetSellerDeliveryGroupInfo", ""), 0);
    assert_true(json_exists(json_get(first_row(b), "transcName")));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_HISTORY(test) cmocka_unit_test_setup_teardown(test, set_up_full, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(three_styles),
        WITH(xml_answers),
        WITH(key_failures),
        WITH(keys_are_made),
        WITH(a_key_lives_a_year),
        WITH(too_many_requests),
        WITH(statuses_and_windows),
        WITH(shapes_of_lists),
        WITH_HISTORY(phones_and_wishes),
        WITH(confirming),
        WITH(sending),
        WITH(unknown_carriers),
        WITH(bulk),
        WITH(cancelled_orders_vanish),
        WITH(unpaid_orders_end),
        WITH(seller_cancels),
        WITH_HISTORY(nothing_is_lost),
        WITH(maintenance),
        WITH(delivery_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
