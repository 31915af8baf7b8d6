// SPDX-License-Identifier: Apache-2.0
//
// Questions to the diagnosis over the API: asked, kept, read again; who may; and other companies'
// orders, which don't exist.
#include "fixture.h"

static void asked_and_kept(struct fixture *f)
{
    struct answer a = fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/diagnoses",
                                   "{\"question\":\"order\",\"order_no\":\"　Ａ-1 \"}");
    assert_status(a, 200);
    assert_string_equal(at_text(f, a.json, "verdict.headline"), "D-001");
    assert_string_equal(at_text(f, a.json, "verdict.actions.0.kind"), "open_order");
    const char *id = at_text(f, a.json, "id");
    assert_true(*id != 0);
    a = fixture_get(f, ROLE_STAFF, text(f, "/api/v1/diagnoses/%s", id));
    assert_status(a, 200);
    assert_string_equal(at_text(f, a.json, "verdict.headline"), "D-001");
    assert_string_equal(at_text(f, a.json, "evidence.order.order_no"), "A-1");
    assert_true(str_find(a.body, STR(PASSWORD)) < 0);
    a = fixture_get(f, ROLE_STAFF, "/api/v1/diagnoses?limit=5");
    assert_string_equal(at_text(f, a.json, "diagnoses.0.subject"), "A-1");
    // The quick answer leaves nothing behind.
    a = fixture_send(
        f, ROLE_STAFF, HTTP_POST, "/api/v1/diagnoses",
        text(f, "{\"question\":\"shop\",\"shop\":\"%lld\",\"local\":true}", (long long)f->shop));
    assert_status(a, 200);
    assert_string_equal(at_text(f, a.json, "id"), "");
    a = fixture_get(f, ROLE_STAFF, "/api/v1/diagnoses");
    assert_int_equal(json_count(json_get(a.json, "diagnoses")), 1);
}

static void refused(struct fixture *f)
{
    static const char *const bad[] = {"{}",
                                      "{\"question\":\"why\"}",
                                      "{\"question\":\"order\"}",
                                      "{\"question\":\"shop\"}",
                                      "{\"question\":\"order\",\"order_no\":\" \"}",
                                      "{\"question\":1}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_status(fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/diagnoses", bad[i]), 422);
    const char *question = "{\"question\":\"order\",\"order_no\":\"A-1\"}";
    assert_status(fixture_send(f, ROLE_VIEWER, HTTP_POST, "/api/v1/diagnoses", question), 403);
    assert_status(fixture_send(f, ROLE_PUBLIC, HTTP_POST, "/api/v1/diagnoses", question), 401);
    assert_status(fixture_get(f, ROLE_STAFF, "/api/v1/diagnoses/1"), 404);
    // Another company's shop, and its verdicts.
    assert_status(fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/diagnoses",
                               text(f, "{\"question\":\"shop\",\"shop\":\"%lld\"}",
                                    (long long)f->other_shop)),
                  404);
    struct answer a = fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/diagnoses", question);
    assert_status(a, 200);
    a = fixture_ask(f,
                    &(struct ask){.method = HTTP_GET,
                                  .path = text(f, "/api/v1/diagnoses/%s", at_text(f, a.json, "id")),
                                  .other_company = true});
    assert_status(a, 404);
}

static void asking(void **state)
{
    on_each_engine(asked_and_kept);
}

static void refusing(void **state)
{
    on_each_engine(refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(asking), cmocka_unit_test(refusing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
