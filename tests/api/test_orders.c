// SPDX-License-Identifier: Apache-2.0
//
// Orders through the API: lists with their conditions, one order, changes with their versions, bulk
// moves and undo, repeated requests, what another company may not see, what viewers don't see.
#include "fixture.h"

static const char *order_path(struct fixture *f, int n, const char *rest)
{
    return text(f, "/api/v1/orders/%lld%s", (long long)f->orders[n], rest);
}

static const char *etag_header(struct fixture *f, const struct answer *a)
{
    return text(f, "If-Match: %.*s", STR_ARG(a->etag));
}

static struct answer change(struct fixture *f, enum http_method method, int n, const char *rest,
                            const char *if_match, const char *body)
{
    struct ask ask = {.method = method,
                      .path = order_path(f, n, rest),
                      .role = ROLE_STAFF,
                      .body = body,
                      .header = {if_match}};
    return fixture_ask(f, &ask);
}

static const char *numbers(struct fixture *f, const char *query)
{
    struct answer a = fixture_get(f, ROLE_STAFF, text(f, "/api/v1/orders?%s", query));
    struct json row;
    AUTO_BUF list = buf_make(4096);
    assert_status(a, 200);
    for (struct json_iter i = json_iterate(json_get(a.json, "orders")); json_next(&i, &row);)
        buf_addf(&list, "%s%.*s", list.n ? " " : "", STR_ARG(json_str(json_get(row, "order_no"))));
    return str_cstr(f->arena, buf_str(&list));
}

static void lists(struct fixture *f)
{
    row_id entry = (row_id)strtoll(
        at_text(f, fixture_get(f, ROLE_STAFF, "/api/v1/orders").json, "orders.0.work_status"), NULL,
        10);
    assert_string_equal(numbers(f, ""), "A-4 A-3 A-2 A-1");
    assert_string_equal(numbers(f, "sort=ordered_at"), "A-1 A-2 A-3 A-4");
    // A folder to be worked off begins with the oldest.
    assert_string_equal(numbers(f, text(f, "status=%lld", (long long)entry)), "A-1 A-2 A-3 A-4");
    assert_string_equal(numbers(f, text(f, "shop=%lld", (long long)f->second_shop)), "A-4");
    assert_string_equal(
        numbers(f, text(f, "shop=%lld,%lld", (long long)f->second_shop, (long long)f->shop)),
        "A-4 A-3 A-2 A-1");
    assert_string_equal(numbers(f, "from=2026-11-21&to=2026-11-22"), "A-4 A-3 A-2 A-1");
    assert_string_equal(numbers(f, "from=2026-11-24"), "");
    assert_string_equal(numbers(f, "q=A-3,A-1,Z-9"), "A-3 A-1");
    assert_string_equal(numbers(f, "q=%E5%AE%87%E6%B2%BB%E8%8C%B6"), "A-4 A-3 A-2 A-1");
    assert_string_equal(numbers(f, "q=nothing-like-it"), "");
    assert_string_equal(numbers(f, "mark=gift"), "");
    assert_string_equal(numbers(f, "date_basis=ship_date&from=2026-11-20"), "");
    struct answer a = fixture_get(f, ROLE_STAFF, "/api/v1/orders?q=A-3,Z-9");
    assert_string_equal(at_text(f, a.json, "missing.0"), "Z-9");
    a = fixture_get(f, ROLE_STAFF, text(f, "/api/v1/orders?shop=%lld", (long long)f->second_shop));
    assert_int_equal(at_int(a.json, "total"), 1);
    assert_int_equal(at_int(a.json, "hidden_by_filter"), 3);
    const char *bad[] = {"status=99",       "shop=x",       "from=monday", "mark=blue",
                         "writeback=maybe", "sort=price",   "limit=501",   "limit=0",
                         "cursor=zz",       "date_basis=x", "q=%FF"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer refused = fixture_get(f, ROLE_STAFF, text(f, "/api/v1/orders?%s", bad[i]));
        if (refused.status != 422 && strcmp(bad[i], "q=%FF") != 0)
            fail_msg("%s: %d", bad[i], refused.status);
        assert_true(refused.status < 500);
    }
}

static void pages(struct fixture *f)
{
    const char *ways[] = {"sort=ordered_at", "sort=-ordered_at", "q=%E5%AE%87%E6%B2%BB%E8%8C%B6"};
    for (size_t w = 0; w < 3; w++) {
        const char *cursor = "";
        size_t seen = 0;
        for (int page = 0; page < 5; page++) {
            struct answer a = fixture_get(f, ROLE_STAFF,
                                          text(f, "/api/v1/orders?limit=3&%s%s%s", ways[w],
                                               *cursor ? "&cursor=" : "", cursor));
            assert_status(a, 200);
            seen += json_count(json_get(a.json, "orders"));
            cursor = at_text(f, a.json, "next_cursor");
            if (page == 0)
                assert_int_equal(at_int(a.json, "total"), 4);
            if (!*cursor)
                break;
        }
        assert_int_equal(seen, 4);
    }
}

static void counts(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_VIEWER, "/api/v1/orders/counts");
    assert_status(a, 200);
    assert_int_equal(at_int(a.json, "all"), 4);
    assert_int_equal(at_int(a.json, "open"), 4);
    a = fixture_get(f, ROLE_VIEWER,
                    text(f, "/api/v1/orders/counts?shop=%lld", (long long)f->second_shop));
    assert_int_equal(at_int(a.json, "all"), 1);
}

static void one_order(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_STAFF, order_path(f, 0, ""));
    assert_status(a, 200);
    assert_true(
        str_eq(a.etag, str_from(text(f, "\"%lld\"", (long long)at_int(a.json, "version")))));
    assert_string_equal(at_text(f, a.json, "orderer.name"), "山田 太郎");
    assert_string_equal(at_text(f, a.json, "packages.0.lines.0.name"), "宇治茶 100g");
    assert_int_equal(at_int(a.json, "amounts.due"), 2200);
    assert_int_equal(json_count(json_get(a.json, "writebacks")), 0);
    struct ask head = {.method = HTTP_HEAD, .path = order_path(f, 0, ""), .role = ROLE_STAFF};
    assert_true(str_eq(fixture_ask(f, &head).etag, a.etag));
    a = fixture_get(f, ROLE_STAFF, order_path(f, 0, "/events"));
    assert_status(a, 200);
    assert_string_equal(at_text(f, a.json, "events.0.kind"), "created");
    a = fixture_get(f, ROLE_STAFF, order_path(f, 0, "/raw"));
    assert_true(str_find(a.body, STR("familyName")) > 0 && str_find(a.body, STR("山田")) > 0);
    assert_code(fixture_get(f, ROLE_STAFF, "/api/v1/orders/12345"), 404, "order.not_found");
    assert_status(fixture_get(f, ROLE_STAFF, "/api/v1/orders/abc"), 404);
    assert_status(fixture_get(f, ROLE_STAFF, "/api/v1/orders/12345/events"), 404);
    assert_status(fixture_get(f, ROLE_STAFF, "/api/v1/orders/12345/raw"), 404);
}

static void viewers_see_masks(struct fixture *f)
{
    const char *hidden[] = {"太郎", "0312345678", "1000001", "千代田1-1", "taro@", "ヤマダ タロウ"};
    const char *paths[] = {order_path(f, 0, ""), order_path(f, 0, "/raw"),
                           order_path(f, 0, "/events"), "/api/v1/orders"};
    for (size_t p = 0; p < 4; p++) {
        struct answer a = fixture_get(f, ROLE_VIEWER, paths[p]);
        assert_status(a, 200);
        for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
            if (str_find(a.body, str_from(hidden[i])) >= 0)
                fail_msg("%s shows %s", paths[p], hidden[i]);
    }
    struct answer raw = fixture_get(f, ROLE_VIEWER, order_path(f, 0, "/raw"));
    assert_true(str_find(raw.body, STR("orderProgress")) > 0);
    assert_true(str_find(raw.body, STR("山田")) < 0);
}

static void memo(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_STAFF, order_path(f, 0, ""));
    assert_code(change(f, HTTP_PATCH, 0, "", NULL, "{\"memo\":\"x\"}"), 428,
                "precondition_required");
    assert_status(change(f, HTTP_PATCH, 0, "", "If-Match: soon", "{\"memo\":\"x\"}"), 422);
    struct answer done =
        change(f, HTTP_PATCH, 0, "", etag_header(f, &a), "{\"memo\":\"電話済み\"}");
    assert_status(done, 200);
    assert_string_equal(at_text(f, done.json, "order.memo"), "電話済み");
    struct answer late = change(f, HTTP_PATCH, 0, "", etag_header(f, &a), "{\"memo\":\"y\"}");
    assert_code(late, 412, "conflict");
    assert_string_equal(at_text(f, late.json, "current.memo"), "電話済み");
    assert_status(change(f, HTTP_PATCH, 0, "", etag_header(f, &done), "{\"memo\":\"\"}"), 200);
}

static void bad_bodies(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_STAFF, order_path(f, 0, ""));
    const char *etag = etag_header(f, &a);
    assert_status(change(f, HTTP_PATCH, 0, "", etag, "{\"memo\":"), 422);
    assert_status(change(f, HTTP_PATCH, 0, "", etag, "[1]"), 422);
    assert_status(change(f, HTTP_PATCH, 0, "", etag, "{\"memo\":5}"), 422);
    assert_status(change(f, HTTP_PATCH, 0, "", etag, "{\"price\":5}"), 422);
    assert_status(change(f, HTTP_PATCH, 0, "", etag, "{\"clear_marks\":[\"blue\"]}"), 422);
    assert_status(change(f, HTTP_PATCH, 0, "", etag, "{\"work_status\":\"x\"}"), 422);
    char *big = malloc(20000);
    memset(big, 'a', 20000);
    memcpy(big, "{\"memo\":\"", 9);
    memcpy(big + 19990, "\"}", 3);
    assert_status(change(f, HTTP_PATCH, 0, "", etag, big), 422);
    free(big);
    struct ask ask = {.method = HTTP_PATCH,
                      .path = order_path(f, 0, ""),
                      .role = ROLE_STAFF,
                      .body = "memo=x",
                      .type = "application/x-www-form-urlencoded",
                      .header = {etag}};
    assert_code(fixture_ask(f, &ask), 415, "unsupported_media_type");
}

static void hold_and_marks(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_STAFF, order_path(f, 0, ""));
    struct answer held = change(f, HTTP_PATCH, 0, "", etag_header(f, &a), "{\"hold\":true}");
    assert_status(held, 200);
    assert_true(json_true(at(held.json, "order.hold")));
    assert_string_equal(numbers(f, "mark=hold"), "A-1");
    assert_string_equal(numbers(f, "mark=any"), "A-1");
    struct answer freed =
        change(f, HTTP_PATCH, 0, "", etag_header(f, &held), "{\"clear_marks\":[\"hold\"]}");
    assert_status(freed, 200);
    assert_false(json_true(at(freed.json, "order.hold")));
}

static const char *ship_body(struct fixture *f, const struct answer *order, const char *carrier,
                             const char *number, const char *date)
{
    return text(
        f,
        "{\"move\":true,\"packages\":[{\"package_id\":\"%s\",\"shipments\":[{\"carrier\":%s,"
        "\"tracking_number\":%s,\"ship_date\":%s}]}]}",
        at_text(f, order->json, "packages.0.id"), carrier, number, date);
}

static void ship(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_STAFF, order_path(f, 0, ""));
    const char *etag = etag_header(f, &a);
    struct answer bad = change(f, HTTP_POST, 0, "/ship", etag,
                               ship_body(f, &a, "\"pigeon\"", "\"12 34!?\"", "\"someday\""));
    assert_code(bad, 422, "invalid");
    assert_string_equal(at_text(f, bad.json, "errors.0.field"), "packages.0.shipments.0.carrier");
    assert_true(str_find(bad.body, STR("packages.0.shipments.0.ship_date")) > 0);
    assert_status(change(f, HTTP_POST, 0, "/ship", etag, "{\"packages\":[]}"), 422);
    assert_status(change(f, HTTP_POST, 0, "/ship", etag,
                         "{\"packages\":[{\"package_id\":\"77\",\"shipments\":[]}]}"),
                  422);
    struct answer done =
        change(f, HTTP_POST, 0, "/ship", etag,
               ship_body(f, &a, "\"yamato\"", "\"1234-5678-9012\"", "\"2026-11-22\""));
    assert_status(done, 200);
    assert_string_equal(at_text(f, done.json, "order.packages.0.shipments.0.tracking_number"),
                        "123456789012");
    assert_string_equal(at_text(f, done.json, "order.writebacks.0.aspect"), "shipment");
    assert_true(strlen(at_text(f, done.json, "order.writebacks.0.payload_summary")) > 10);
    assert_code(
        change(f, HTTP_POST, 0, "/ship", etag, ship_body(f, &a, "\"yamato\"", "\"1\"", "null")),
        412, "conflict");
    a = fixture_get(f, ROLE_STAFF, "/api/v1/orders?writeback=open");
    assert_int_equal(json_count(json_get(a.json, "orders")), 1);
    a = fixture_get(f, ROLE_STAFF, "/api/v1/orders/counts");
    assert_int_equal(at_int(a.json, "writebacks_open"), 1);
}

static void accept_and_cancel(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_STAFF, order_path(f, 0, ""));
    // The mall shows it as accepted already.
    assert_code(change(f, HTTP_POST, 0, "/accept", etag_header(f, &a), NULL), 409,
                "not_acceptable");
    assert_status(change(f, HTTP_POST, 0, "/cancel", etag_header(f, &a), "{\"reason\":\"\"}"), 422);
    struct answer done = change(f, HTTP_POST, 0, "/cancel", etag_header(f, &a),
                                "{\"reason\":\"在庫なし\",\"at_mall\":false}");
    assert_status(done, 202);
    assert_int_equal(json_count(at(done.json, "order.writebacks")), 0);
    a = fixture_get(f, ROLE_STAFF, order_path(f, 1, ""));
    done = change(f, HTTP_POST, 1, "/cancel", etag_header(f, &a),
                  "{\"reason\":\"在庫なし\",\"reason_code\":\"1\",\"at_mall\":true}");
    assert_status(done, 202);
    assert_string_equal(at_text(f, done.json, "order.writebacks.0.aspect"), "cancel");
    char cancelled[24];
    id_format(fixture_status(f, ROLE_CANCELLED), cancelled);
    assert_string_equal(at_text(f, done.json, "order.work_status"), cancelled);
}

static const char *bulk_body(struct fixture *f, enum status_role role, const char *rest)
{
    return text(f, "{\"action\":\"move\",\"work_status\":\"%lld\",%s}",
                (long long)fixture_status(f, role), rest);
}

static struct answer bulk(struct fixture *f, const char *body)
{
    return fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/orders/bulk", body);
}

static void bulk_moves(struct fixture *f)
{
    const char *ids = text(f, "\"ids\":[\"%lld\",\"%lld\",\"999\"]", (long long)f->orders[0],
                           (long long)f->orders[1]);
    struct answer dry = bulk(f, bulk_body(f, ROLE_DONE, text(f, "%s,\"dry_run\":true", ids)));
    assert_status(dry, 200);
    assert_int_equal(at_int(dry.json, "done"), 2);
    assert_int_equal(at_int(dry.json, "consequences.0.count"), 2);
    assert_string_equal(at_text(f, dry.json, "refused.0.code"), "not_found");
    struct answer done = bulk(f, bulk_body(f, ROLE_WORK, ids));
    assert_status(done, 200);
    assert_int_equal(at_int(done.json, "done"), 2);
    assert_int_equal(json_count(json_get(done.json, "refused")), 1);
    struct answer again = bulk(f, bulk_body(f, ROLE_WORK, ids));
    assert_int_equal(at_int(again.json, "unchanged"), 2);
    assert_int_equal(at_int(again.json, "done"), 0);
    const char *undo = text(f, "/api/v1/undo/%s", at_text(f, done.json, "undo.token"));
    struct answer back = fixture_send(f, ROLE_STAFF, HTTP_POST, undo, NULL);
    assert_status(back, 200);
    assert_int_equal(at_int(back.json, "restored"), 2);
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, undo, NULL), 410, "undo_expired");
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/undo/5", NULL), 410,
                "undo_expired");
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/undo/x", NULL), 410,
                "undo_expired");
}

static void bulk_by_query(struct fixture *f)
{
    const char *wrong = "\"query\":{\"status\":\"all\"},\"expected_count\":3";
    struct answer refused = bulk(f, bulk_body(f, ROLE_WORK, wrong));
    assert_code(refused, 409, "count_changed");
    assert_int_equal(at_int(refused.json, "current_count"), 4);
    const char *right = "\"query\":{\"q\":\"A-1,A-2\"},\"expected_count\":2";
    struct answer done = bulk(f, bulk_body(f, ROLE_WORK, right));
    assert_status(done, 200);
    assert_int_equal(at_int(done.json, "done"), 2);
    // Somebody changes one of them; only the other goes back.
    struct answer a = fixture_get(f, ROLE_STAFF, order_path(f, 0, ""));
    assert_status(change(f, HTTP_PATCH, 0, "", etag_header(f, &a), "{\"memo\":\"x\"}"), 200);
    struct answer back =
        fixture_send(f, ROLE_STAFF, HTTP_POST,
                     text(f, "/api/v1/undo/%s", at_text(f, done.json, "undo.token")), NULL);
    assert_int_equal(at_int(back.json, "restored"), 1);
    assert_string_equal(at_text(f, back.json, "refused.0.order_no"), "A-1");
    assert_status(bulk(f, bulk_body(f, ROLE_WORK, "\"query\":{}")), 422);
    assert_status(bulk(f, "{\"action\":\"burn\",\"work_status\":\"1\",\"ids\":[]}"), 422);
    assert_status(bulk(f, "{\"action\":\"move\",\"work_status\":\"12\",\"ids\":[]}"), 422);
    assert_status(bulk(f, bulk_body(f, ROLE_WORK, "\"ids\":[5]")), 422);
}

static void repeated_requests(struct fixture *f)
{
    struct ask ask = {
        .method = HTTP_POST,
        .path = "/api/v1/orders/bulk",
        .role = ROLE_STAFF,
        .body = bulk_body(f, ROLE_WORK, text(f, "\"ids\":[\"%lld\"]", (long long)f->orders[0])),
        .header = {"Idempotency-Key: key-number-one"}};
    struct answer first = fixture_ask(f, &ask), second = fixture_ask(f, &ask);
    assert_status(first, 200);
    assert_true(str_eq(first.body, second.body));
    assert_true(answer_header(&second, "Idempotency-Replayed").n > 0);
    assert_int_equal(at_int(second.json, "done"), 1);
    // Nothing of the answer can be read in the table.
    assert_int_equal(test_database_int(f->database, "SELECT COUNT(*) FROM idempotency WHERE body "
                                                    "LIKE '%refused%' OR key LIKE '%number%'"),
                     0);
    ask.role = ROLE_MANAGER; // another person's key is another key
    assert_int_equal(at_int(fixture_ask(f, &ask).json, "unchanged"), 1);
    ask.role = ROLE_STAFF;
    const char *body = ask.body;
    ask.body = bulk_body(f, ROLE_DONE, text(f, "\"ids\":[\"%lld\"]", (long long)f->orders[0]));
    assert_code(fixture_ask(f, &ask), 409, "idempotency_key_reused");
    ask.body = body;
    clock_advance(&f->clock, 1000);
    test_database_exec(f->database, "UPDATE idempotency SET status = 0");
    assert_code(fixture_ask(f, &ask), 409, "in_progress");
    clock_advance(&f->clock, 6 * 60000);
    assert_int_equal(at_int(fixture_ask(f, &ask).json, "unchanged"), 1);
    ask.header[0] = "Idempotency-Key: short";
    assert_status(fixture_ask(f, &ask), 422);
    // A refusal isn't kept: the same key may be tried again.
    ask.header[0] = "Idempotency-Key: key-number-two";
    ask.body = "{}";
    assert_status(fixture_ask(f, &ask), 422);
    ask.body = body;
    assert_status(fixture_ask(f, &ask), 200);
}

static void other_companies(struct fixture *f)
{
    const char *theirs = text(f, "/api/v1/orders/%lld", (long long)f->other_order);
    assert_status(fixture_get(f, ROLE_OWNER, theirs), 404);
    assert_status(fixture_get(f, ROLE_OWNER, text(f, "%s/events", theirs)), 404);
    assert_status(fixture_get(f, ROLE_OWNER, text(f, "%s/raw", theirs)), 404);
    struct ask patch = {.method = HTTP_PATCH,
                        .path = theirs,
                        .role = ROLE_OWNER,
                        .body = "{\"memo\":\"x\"}",
                        .header = {"If-Match: \"1\""}};
    assert_status(fixture_ask(f, &patch), 404);
    struct answer moved =
        bulk(f, bulk_body(f, ROLE_WORK, text(f, "\"ids\":[\"%lld\"]", (long long)f->other_order)));
    assert_string_equal(at_text(f, moved.json, "refused.0.code"), "not_found");
    assert_string_equal(numbers(f, "q=B-1,A-1"), "A-1");
    assert_status(
        fixture_get(f, ROLE_OWNER, text(f, "/api/v1/shops/%lld", (long long)f->other_shop)), 404);
    struct ask ask = {.method = HTTP_GET, .path = "/api/v1/orders", .other_company = true};
    struct answer list = fixture_ask(f, &ask);
    assert_int_equal(json_count(json_get(list.json, "orders")), 1);
    assert_string_equal(at_text(f, list.json, "orders.0.order_no"), "B-1");
}

static void reread(struct fixture *f)
{
    struct answer a = fixture_send(f, ROLE_STAFF, HTTP_POST, order_path(f, 0, "/reread"), NULL);
    assert_status(a, 202);
    assert_string_equal(at_text(f, a.json, "fetch_run.door"), "numbers");
    assert_string_equal(at_text(f, a.json, "fetch_run.order_numbers.0"), "A-1");
    assert_string_equal(at_text(f, a.json, "fetch_run.progress.phase"), "waiting");
    assert_string_equal(at_text(f, a.json, "fetch_run.started_by"), "staff");
}

#define BOTH(name)                        \
    static void test_##name(void **state) \
    {                                     \
        on_each_engine(name);             \
    }
BOTH(lists)
BOTH(pages)
BOTH(counts)
BOTH(one_order)
BOTH(viewers_see_masks)
BOTH(memo)
BOTH(bad_bodies)
BOTH(hold_and_marks)
BOTH(ship)
BOTH(accept_and_cancel)
BOTH(bulk_moves)
BOTH(bulk_by_query)
BOTH(repeated_requests)
BOTH(other_companies)
BOTH(reread)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_one_order),
        cmocka_unit_test(test_viewers_see_masks),
        cmocka_unit_test(test_memo),
        cmocka_unit_test(test_bad_bodies),
        cmocka_unit_test(test_hold_and_marks),
        cmocka_unit_test(test_ship),
        cmocka_unit_test(test_accept_and_cancel),
        cmocka_unit_test(test_bulk_moves),
        cmocka_unit_test(test_bulk_by_query),
        cmocka_unit_test(test_repeated_requests),
        cmocka_unit_test(test_other_companies),
        cmocka_unit_test(test_reread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
