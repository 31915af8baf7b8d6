// SPDX-License-Identifier: Apache-2.0
//
// データ書出 by file over the API: preview, making, the same bytes again, taking back; who may; and
// the channel filter of the order list.
#include "fixture.h"

static struct answer send_selection(struct fixture *f, enum role role, const char *path,
                                    const char *more)
{
    return fixture_send(f, role, HTTP_POST, path,
                        text(f, "{\"shop\":\"%lld\"%s}", (long long)f->shop, more));
}

static void a_file_end_to_end(struct fixture *f)
{
    fixture_ship(f, f->orders[0]);
    struct answer a = send_selection(f, ROLE_STAFF, "/api/v1/ship-files/preview", "");
    assert_status(a, 200);
    assert_int_equal(at_int(a.json, "counts.will_send"), 1);
    assert_string_equal(at_text(f, a.json, "rows.0.outcome"), "will_send");
    assert_string_equal(at_text(f, a.json, "format.id"), "rakuten.shipping");
    assert_true(str_find(json_str(at(a.json, "rows.0.payload_summary")), STR("1234567890")) >= 0);
    a = send_selection(f, ROLE_STAFF, "/api/v1/ship-files/preview", ",\"to\":\"2020-01-01\"");
    assert_int_equal(at_int(a.json, "counts.will_send"), 0);
    assert_int_equal(at_int(a.json, "hidden_by_filter"), 1);
    assert_status(send_selection(f, ROLE_VIEWER, "/api/v1/ship-files", ""), 403);
    // By the orders' status, in both previews and the list.
    const char *elsewhere =
        text(f, ",\"work_statuses\":[\"%lld\"]", (long long)fixture_status(f, ROLE_HOLD));
    a = send_selection(f, ROLE_STAFF, "/api/v1/ship-files/preview", elsewhere);
    assert_int_equal(at_int(a.json, "counts.will_send"), 0);
    a = send_selection(f, ROLE_STAFF, "/api/v1/writebacks/preview", elsewhere);
    assert_int_equal(json_count(json_get(a.json, "rows")), 0);
    a = send_selection(f, ROLE_STAFF, "/api/v1/writebacks/preview", "");
    assert_int_equal(json_count(json_get(a.json, "rows")), 1);
    a = fixture_get(
        f, ROLE_VIEWER,
        text(f, "/api/v1/writebacks?work_status=%lld", (long long)fixture_status(f, ROLE_HOLD)));
    assert_int_equal(json_count(json_get(a.json, "writebacks")), 0);
    assert_int_equal(at_int(a.json, "hidden_by_filter"), 1);

    struct answer made = send_selection(f, ROLE_STAFF, "/api/v1/ship-files", "");
    assert_status(made, 201);
    assert_int_equal(at_int(made.json, "file.orders"), 1);
    const char *path = text(f, "/api/v1/ship-files/%s", at_text(f, made.json, "file.id"));
    assert_code(send_selection(f, ROLE_STAFF, "/api/v1/ship-files", ""), 422, "export.nothing");

    struct answer bytes = fixture_get(f, ROLE_STAFF, text(f, "%s/content", path));
    assert_status(bytes, 200);
    assert_true(str_starts(answer_header(&bytes, "Content-Disposition"), STR("attachment; ")));
    assert_int_equal(bytes.body.n, at_int(made.json, "file.size"));
    assert_true(str_find(bytes.body, STR("A-1,10001,,123456789012,1001,2026-11-22\r\n")) > 0);
    struct answer again = fixture_get(f, ROLE_STAFF, text(f, "%s/content", path));
    assert_true(str_eq(bytes.body, again.body));
    assert_status(fixture_get(f, ROLE_VIEWER, text(f, "%s/content", path)), 403);

    a = fixture_get(f, ROLE_VIEWER, "/api/v1/ship-files");
    assert_int_equal(json_count(json_get(a.json, "files")), 1);
    assert_int_equal(at_int(a.json, "files.0.waiting"), 1);
    a = fixture_get(f, ROLE_STAFF, text(f, "/api/v1/orders/%lld/events", (long long)f->orders[0]));
    assert_true(str_find(a.body, STR("rakuten_shipping_")) > 0);

    a = fixture_send(f, ROLE_STAFF, HTTP_POST, text(f, "%s/withdraw", path), "{}");
    assert_status(a, 200);
    assert_string_equal(at_text(f, a.json, "file.withdrawn_by"), "staff");
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, text(f, "%s/withdraw", path), "{}"), 409,
                "ship_file.withdrawn");
}

static void refusals(struct fixture *f)
{
    assert_status(fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/ship-files", "{}"), 422);
    assert_status(send_selection(f, ROLE_STAFF, "/api/v1/ship-files", ",\"format\":\"none\""), 422);
    assert_status(fixture_get(f, ROLE_STAFF, "/api/v1/ship-files/1"), 404);
    assert_status(fixture_get(f, ROLE_STAFF, "/api/v1/ship-files/1/content"), 404);
    assert_status(fixture_get(f, ROLE_STAFF, "/api/v1/fetch-runs/1/failed-rows"), 404);
    assert_status(fixture_get(f, ROLE_STAFF, "/api/v1/fetch-runs/1/failed-rows?part=x"), 422);
    // Another company's shop isn't there.
    struct answer a = fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/ship-files/preview",
                                   text(f, "{\"shop\":\"%lld\"}", (long long)f->other_shop));
    assert_status(a, 404);
}

static void malls_name_their_files(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_VIEWER, "/api/v1/malls");
    assert_true(str_find(a.body, STR("\"rakuten.shipping\"")) > 0);
    assert_true(str_find(a.body, STR("\"yahoo.orders\"")) > 0);
}

static void channels_filter(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_VIEWER, "/api/v1/orders?channel=auction");
    assert_status(a, 200);
    assert_int_equal(json_count(json_get(a.json, "orders")), 0);
    assert_true(at_int(a.json, "hidden_by_filter") > 0);
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/orders?channel=none"), 422);
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/orders?channel=auction&q=A"), 200);
}

static void in_every_company(void **state)
{
    on_each_engine(a_file_end_to_end);
}
static void in_refusals(void **state)
{
    on_each_engine(refusals);
}
static void in_malls(void **state)
{
    on_each_engine(malls_name_their_files);
}
static void in_channels(void **state)
{
    on_each_engine(channels_filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_every_company),
        cmocka_unit_test(in_refusals),
        cmocka_unit_test(in_malls),
        cmocka_unit_test(in_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
