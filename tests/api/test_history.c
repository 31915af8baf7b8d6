// SPDX-License-Identifier: Apache-2.0
//
// The history of an order as people read it, and gaps of coverage as one stretch each.
#include "api/gaps.h"
#include "fixture.h"

static const char *path_of(struct fixture *f, const char *rest)
{
    return text(f, "/api/v1/orders/%lld%s", (long long)f->orders[0], rest);
}

static struct answer ship(struct fixture *f, const char *shipments)
{
    struct answer order = fixture_get(f, ROLE_STAFF, path_of(f, ""));
    struct ask ask = {.method = HTTP_POST,
                      .path = path_of(f, "/ship"),
                      .role = ROLE_STAFF,
                      .body = text(f,
                                   "{\"move\":false,\"packages\":[{\"package_id\":\"%s\","
                                   "\"shipments\":[%s]}]}",
                                   at_text(f, order.json, "packages.0.id"), shipments),
                      .header = {text(f, "If-Match: %.*s", STR_ARG(order.etag))}};
    return fixture_ask(f, &ask);
}

// The newest event of a kind.
static struct json event_of(struct fixture *f, enum role role, const char *kind, bool english)
{
    struct ask ask = {.method = HTTP_GET,
                      .path = path_of(f, "/events"),
                      .role = role,
                      .header = {english ? "Accept-Language: en" : NULL}};
    struct answer a = fixture_ask(f, &ask);
    struct json event;
    assert_status(a, 200);
    for (struct json_iter i = json_iterate(json_get(a.json, "events")); json_next(&i, &event);)
        if (str_eq(json_str(json_get(event, "kind")), str_from(kind)))
            return event;
    fail_msg("no event %s in %.*s", kind, STR_ARG(a.body));
    return (struct json){0};
}

static struct json change_of(struct json event, const char *field)
{
    struct json change;
    for (struct json_iter i = json_iterate(json_get(event, "changes")); json_next(&i, &change);)
        if (str_eq(json_str(json_get(change, "field")), str_from(field)))
            return change;
    return (struct json){0};
}

#define PARCEL(carrier, number)                                                                \
    "{\"carrier\":\"" carrier "\",\"tracking_number\":\"" number "\",\"ship_date\":\"2026-11-" \
    "22\"}"

static void parcels_are_lines(struct fixture *f)
{
    assert_status(ship(f, PARCEL("yamato", "400123456786") "," PARCEL("sagawa", "400123456790")),
                  200);
    struct json event = event_of(f, ROLE_STAFF, "shipped", false);
    struct json first = change_of(event, "packages.1.shipments.0");
    assert_string_equal(at_text(f, first, "label"), "出荷");
    assert_true(json_is_null(json_get(first, "before")));
    assert_string_equal(at_text(f, first, "after"), "ヤマト運輸 400123456786 出荷日 2026-11-22");
    struct json second = change_of(event, "packages.1.shipments.1");
    assert_string_equal(at_text(f, second, "after"), "佐川急便 400123456790 出荷日 2026-11-22");
    // One destination: its state is the order's.
    assert_false(json_exists(change_of(event, "packages.1.state")));
    assert_string_equal(at_text(f, change_of(event, "shipment_state"), "after"), "発送済");

    assert_status(ship(f, PARCEL("yamato", "400123456786") "," PARCEL("sagawa", "400123456801")),
                  200);
    event = event_of(f, ROLE_VIEWER, "shipped", true);
    first = change_of(event, "packages.1.shipments.0");
    assert_string_equal(at_text(f, first, "label"), "Parcel");
    assert_true(str_find(json_str(json_get(first, "before")), STR("400123456790")) > 0);
    assert_true(str_find(json_str(json_get(first, "after")), STR("400123456801")) > 0);
    assert_false(json_exists(change_of(event, "packages.1.shipments.1")));
}

struct adding {
    struct fixture *f;
    const char *kind, *before, *after, *cause;
};

static bool add_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct adding *a = context;
    struct order_context by = fixture_context(a->f, a->f->org);
    return order_event_add(conn, &by, a->f->orders[0], a->kind, str_from(a->before),
                           str_from(a->after), str_from(a->cause), error);
}

static void add_event(struct fixture *f, const char *before, const char *after, const char *cause)
{
    struct error error;
    struct adding a = {f, "updated", before, after, cause};
    assert_true(db_write(f->db, add_fn, &a, &error));
}

#define BEFORE                                                                                            \
    "{\"billed\":2200,\"postage\":null,\"marks\":0,\"payment_state\":\"auth_pending\","                   \
    "\"buyer_note\":\"午前中に\",\"orderer\":{\"name\":\"山田 太郎\",\"city\":\"千代田区\"}," \
    "\"packages.1.lines\":[{\"title\":\"宇治茶\",\"quantity\":1,\"unit_price\":2200}],"                \
    "\"packages.1.requested_date\":0}"
#define AFTER                                                                              \
    "{\"billed\":1234567,\"postage\":550,\"marks\":1024,\"payment_state\":\"paid\","       \
    "\"buyer_note\":\"\",\"orderer\":{\"name\":\"山田 太郎\",\"city\":\"港区\"},"    \
    "\"packages.1.lines\":[{\"title\":\"宇治茶\",\"quantity\":3,\"unit_price\":2200}]," \
    "\"packages.1.requested_date\":20251124,\"paid_at\":1795300000000,\"of_tomorrow\":\"x\"}"

static void values_are_words(struct fixture *f)
{
    static const struct {
        const char *field, *label, *before, *after;
    } lines[] = {
        {"billed", "請求金額", "¥2,200", "¥1,234,567"},
        {"postage", "送料", "未確定", "¥550"},
        {"payment_state", "入金の状態", "与信待ち", "入金済"},
        {"orderer.city", "注文者 市区町村", "千代田区", "港区"},
        {"packages.1.lines.0", "商品", "宇治茶 ×1 ¥2,200", "宇治茶 ×3 ¥2,200"},
        {"packages.1.requested_date", "お届け希望日", "", "2025-11-24"},
        {"paid_at", "入金日時", "", "2026-11-22 07:26"},
    };
    add_event(f, BEFORE, AFTER, "fetch_run 77");
    struct json event = event_of(f, ROLE_STAFF, "updated", false);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct json change = change_of(event, lines[i].field);
        if (!json_exists(change))
            fail_msg("no line for %s", lines[i].field);
        assert_string_equal(at_text(f, change, "label"), lines[i].label);
        assert_true(str_eq(json_str(json_get(change, "before")), str_from(lines[i].before)));
        assert_string_equal(at_text(f, change, "after"), lines[i].after);
    }
    assert_false(json_exists(change_of(event, "orderer.name")));
    assert_true(json_exists(change_of(event, "of_tomorrow")));
    assert_string_equal(at_text(f, event, "fetch_run_id"), "77");
    assert_true(json_is_null(json_get(event, "cause")));
}

static void viewers_see_no_person(struct fixture *f)
{
    add_event(f, BEFORE, AFTER, "rule: payment arrived");
    struct json event = event_of(f, ROLE_VIEWER, "updated", false);
    assert_string_equal(at_text(f, change_of(event, "orderer.city"), "after"), "港＊＊");
    assert_string_equal(at_text(f, change_of(event, "buyer_note"), "before"), "午＊＊");
    assert_string_equal(at_text(f, change_of(event, "billed"), "after"), "¥1,234,567");
    assert_string_equal(at_text(f, event, "cause"), "入金が確認されたため");
    add_event(f, "not JSON", "[1,{\"marks\":", "電話で確認");
    event = event_of(f, ROLE_VIEWER, "updated", false);
    assert_int_equal(json_count(json_get(event, "changes")), 0);
    assert_string_equal(at_text(f, event, "cause"), "電話で確認");
}

static void memory_runs_out(struct fixture *f)
{
    add_event(f, BEFORE, AFTER, "bulk");
    struct ask ask = {.method = HTTP_GET, .path = path_of(f, "/events"), .role = ROLE_STAFF};
    int refusals = 0;
    for (uint64_t n = 1;; n++) {
        assert_true(n < 3000);
        ask.fail_at = n;
        struct answer a = fixture_ask(f, &ask);
        refusals += a.status >= 500;
        // A failed look-up of the session is no session.
        assert_true(a.status == 200 || a.status == 401 || a.status >= 500);
        if (a.status == 200)
            assert_true(str_find(a.body, STR("¥1,234,567")) > 0);
        if (a.allocations < n && a.status == 200)
            break;
    }
    assert_true(refusals > 0);
}

static void test_gaps_merge(void **state)
{
    const time_ms hour = 3600000, now = 1000 * hour;
    struct open_gap merged[8];
    // By two dates: the second is inside, touches, or overlaps the first.
    const struct gap gaps[] = {
        {DATE_ORDERED, 0, 10 * hour, 500 * hour},
        {DATE_ORDERED, 20 * hour, 30 * hour, TIME_NONE},
        {DATE_ORDERED, now - hour, now, TIME_NONE}, // the time since the last poll
        {DATE_UPDATED, 5 * hour, 12 * hour, 400 * hour},
        {DATE_UPDATED, 30 * hour, 31 * hour, 600 * hour},
        {DATE_UPDATED, 40 * hour, 41 * hour, TIME_NONE},
    };
    assert_int_equal(gaps_merge(gaps, 6, now, merged), 3);
    assert_int_equal(gap_minutes(&merged[0]), 12 * 60);
    assert_int_equal(merged[0].deadline, 400 * hour);
    assert_int_equal(merged[0].basis, -1);
    assert_int_equal(merged[1].from, 20 * hour);
    assert_int_equal(merged[1].to, 31 * hour);
    assert_int_equal(merged[1].deadline, 600 * hour);
    assert_int_equal(merged[2].basis, DATE_UPDATED);
    assert_int_equal(gaps_merge(gaps, 0, now, merged), 0);
    // Never fetched: both dates are open from the beginning.
    const struct gap first[] = {{DATE_ORDERED, 0, now, TIME_NONE},
                                {DATE_UPDATED, 0, now, TIME_NONE}};
    assert_int_equal(gaps_merge(first, 2, now, merged), 1);
    assert_int_equal(gap_minutes(&merged[0]), 1000 * 60);
}

static void test_gap_length(void **state)
{
    static const struct {
        int64_t minutes;
        const char *ja, *en;
    } cases[] = {
        {0, "0分", "0 min"},       {45, "45分", "45 min"},
        {60, "1時間", "1 h"},      {125, "2時間 5分", "2 h 5 min"},
        {1440 + 59, "1日", "1 d"}, {3 * 1440 + 240, "3日 4時間", "3 d 4 h"},
        {86401, "60日", "60 d"},
    };
    struct arena *arena = arena_new(1u << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(str_eq(gap_length_text(arena, cases[i].minutes, false), str_from(cases[i].ja)));
        assert_true(str_eq(gap_length_text(arena, cases[i].minutes, true), str_from(cases[i].en)));
    }
    arena_free(arena);
}

#define BOTH(name)                        \
    static void test_##name(void **state) \
    {                                     \
        on_each_engine(name);             \
    }
BOTH(parcels_are_lines)
BOTH(values_are_words)
BOTH(viewers_see_no_person)
BOTH(memory_runs_out)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parcels_are_lines),
        cmocka_unit_test(test_values_are_words),
        cmocka_unit_test(test_viewers_see_no_person),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_gaps_merge),
        cmocka_unit_test(test_gap_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
