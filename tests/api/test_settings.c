// SPDX-License-Identifier: Apache-2.0
//
// Settings over HTTP: mappings, links, addresses, filters; who may change them, what is refused
// beside which field, and that nobody overwrites what he hasn't seen.
#include "fixture.h"

static struct answer tagged(struct fixture *f, const char *path, const char *body, struct str tag)
{
    struct ask ask = {
        .method = HTTP_PUT,
        .path = path,
        .body = body,
        .role = ROLE_OWNER,
        .header = {text(f, "If-Match: %.*s", STR_ARG(tag))},
    };
    return fixture_ask(f, &ask);
}

static struct json mapping_of(struct json root, const char *value)
{
    struct json one;
    for (struct json_iter i = json_iterate(json_get(root, "mappings")); json_next(&i, &one);)
        if (str_eq(json_str(json_get(one, "mall_value")), str_from(value)))
            return one;
    return (struct json){0};
}

static void mappings(struct fixture *f)
{
    const char *path = "/api/v1/mappings";
    struct answer a = fixture_get(f, ROLE_VIEWER, "/api/v1/mappings?mall=rakuten&kind=carrier");
    assert_status(a, 200);
    struct json yamato = mapping_of(a.json, "1001");
    assert_string_equal(at_text(f, yamato, "default"), "yamato");
    assert_int_equal(at_int(yamato, "version"), 0);
    assert_true(json_is_null(json_get(yamato, "own")));
    assert_int_equal(json_count(json_get(a.json, "mappings")), 32);
    assert_true(json_count(json_get(a.json, "choices")) > 40);
    const char *change = "{\"mall\":\"rakuten\",\"kind\":\"carrier\",\"mall_value\":\"1001\","
                         "\"our_value\":\"sagawa\",\"version\":0}";
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_PUT, path, change), 403, "forbidden");
    assert_status(fixture_send(f, ROLE_MANAGER, HTTP_POST, "/api/v1/mappings/what-if", change),
                  200);
    struct answer stored = fixture_send(f, ROLE_MANAGER, HTTP_PUT, path, change);
    assert_status(stored, 200);
    assert_string_equal(at_text(f, stored.json, "mapping.own"), "sagawa");
    assert_true(at_int(stored.json, "mapping.version") > 0);
    // The same person's second window saw none.
    assert_code(fixture_send(f, ROLE_MANAGER, HTTP_PUT, path,
                             "{\"mall\":\"rakuten\",\"kind\":\"carrier\",\"mall_value\":\"1001\","
                             "\"our_value\":\"seino\",\"version\":0}"),
                409, "mapping.changed");
    // Another company's own stays its own.
    struct ask other = {.method = HTTP_GET,
                        .path = "/api/v1/mappings?mall=rakuten&kind=carrier",
                        .other_company = true};
    assert_true(json_is_null(json_get(mapping_of(fixture_ask(f, &other).json, "1001"), "own")));
    struct answer reset =
        fixture_send(f, ROLE_MANAGER, HTTP_PUT, path,
                     "{\"mall\":\"rakuten\",\"kind\":\"carrier\",\"mall_value\":\"1001\","
                     "\"our_value\":null}");
    assert_status(reset, 200);
    assert_true(json_is_null(json_get(json_get(reset.json, "mapping"), "own")));
    struct answer audit = fixture_get(f, ROLE_MANAGER, "/api/v1/audit");
    assert_string_equal(at_text(f, audit.json, "entries.0.action"), "mapping.change");
}

static void wrong_mappings(struct fixture *f)
{
    static const struct {
        const char *body, *field;
    } cases[] = {
        {"{\"kind\":\"carrier\",\"mall_value\":\"1\",\"our_value\":\"yamato\"}", "mall"},
        {"{\"mall\":\"frob\",\"kind\":\"carrier\",\"mall_value\":\"1\"}", "mall"},
        {"{\"mall\":\"yahoo\",\"kind\":\"colour\",\"mall_value\":\"1\"}", "kind"},
        {"{\"mall\":\"yahoo\",\"kind\":\"slot\",\"mall_value\":\"\"}", "mall_value"},
        {"{\"mall\":\"yahoo\",\"kind\":\"slot\",\"mall_value\":\"x\",\"our_value\":\"9-12\"}",
         "our_value"},
        {"{\"mall\":\"yahoo\",\"kind\":\"slot\",\"mall_value\":\"x\",\"direction\":\"up\"}",
         "direction"},
        {"{\"mall\":\"yahoo\",\"kind\":\"slot\",\"mall_value\":\"x\",\"version\":-1}", "version"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a =
            fixture_send(f, ROLE_MANAGER, HTTP_PUT, "/api/v1/mappings", cases[i].body);
        assert_status(a, 422);
        assert_string_equal(at_text(f, a.json, "errors.0.field"), cases[i].field);
    }
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/mappings?kind=colour"), 422);
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/mappings?mall=frob"), 422);
}

static void links(struct fixture *f)
{
    char done[24];
    id_format(fixture_status(f, ROLE_DONE), done);
    struct answer seen = fixture_get(f, ROLE_VIEWER, "/api/v1/status-links");
    assert_true(seen.etag.n > 2);
    assert_true(json_true(at(seen.json, "status_links.3.enabled_by_default")));
    assert_false(json_true(at(seen.json, "status_links.0.enabled_by_default")));
    const char *off = text(f,
                           "{\"status_links\":[{\"mall\":\"rakuten\",\"work_status\":\"%s\","
                           "\"enabled\":false}]}",
                           done);
    fixture_ship(f, f->orders[0]);
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/status-links/what-if", off), 403,
                "forbidden");
    struct answer effect =
        fixture_send(f, ROLE_MANAGER, HTTP_POST, "/api/v1/status-links/what-if", off);
    assert_status(effect, 200);
    assert_int_equal(at_int(effect.json, "days"), 30);
    assert_int_equal(at_int(effect.json, "count"), 1);
    assert_string_equal(at_text(f, effect.json, "items.0.after"), "off");
    assert_status(tagged(f, "/api/v1/status-links", off, seen.etag), 200);
    assert_code(tagged(f, "/api/v1/status-links", off, seen.etag), 412, "conflict");
    const char *reset =
        text(f, "{\"status_links\":[{\"mall\":\"rakuten\",\"work_status\":\"%s\",\"reset\":true}]}",
             done);
    struct answer back = fixture_send(f, ROLE_MANAGER, HTTP_PUT, "/api/v1/status-links", reset);
    assert_status(back, 200);
    assert_true(str_eq(back.etag, seen.etag)); // as it was before
    assert_status(fixture_send(f, ROLE_MANAGER, HTTP_PUT, "/api/v1/status-links", "{}"), 422);
}

static void statuses_and_shops(struct fixture *f)
{
    struct answer seen = fixture_get(f, ROLE_VIEWER, "/api/v1/work-statuses");
    AUTO_BUF body = buf_make(8192);
    buf_addf(&body, "{\"work_statuses\":[");
    struct json one;
    for (struct json_iter i = json_iterate(json_get(seen.json, "work_statuses"));
         json_next(&i, &one);)
        buf_addf(&body, "%s{\"id\":\"%s\",\"name\":\"%s!\",\"colour\":\"red\",\"role\":\"%s\"}",
                 buf_str(&body).p[body.n - 1] == '[' ? "" : ",", at_text(f, one, "id"),
                 at_text(f, one, "name"), at_text(f, one, "role"));
    buf_addf(&body, "]}");
    const char *all = text(f, "%.*s", STR_ARG(buf_str(&body)));
    assert_status(tagged(f, "/api/v1/work-statuses", all, seen.etag), 200);
    assert_code(tagged(f, "/api/v1/work-statuses", all, seen.etag), 412, "conflict");
    assert_status(tagged(f, "/api/v1/work-statuses", all, STR("\"x\"")), 422);

    const char *shop = text(f, "/api/v1/shops/%lld", (long long)f->shop);
    struct answer shown = fixture_get(f, ROLE_VIEWER, shop);
    struct ask patch = {.method = HTTP_PATCH,
                        .path = shop,
                        .body = "{\"settings\":{\"auto_push\":false}}",
                        .role = ROLE_MANAGER,
                        .header = {text(f, "If-Match: %.*s", STR_ARG(shown.etag))}};
    assert_status(fixture_ask(f, &patch), 200);
    patch.body = "{\"settings\":{\"auto_push\":true}}";
    assert_code(fixture_ask(f, &patch), 412, "conflict");
    patch.header[0] = NULL;
    assert_status(fixture_ask(f, &patch), 200);
}

static void filters(struct fixture *f)
{
    const char *path = text(f, "/api/v1/shops/%lld/what-if", (long long)f->shop);
    struct answer a = fixture_send(f, ROLE_MANAGER, HTTP_POST, path, "{}");
    assert_status(a, 200);
    assert_int_equal(at_int(a.json, "what_if.count"), 0);
    assert_int_equal(json_count(json_get(a.json, "status_counts")), 9);
    assert_string_equal(at_text(f, a.json, "status_counts.0.code"), "100");
    a = fixture_send(f, ROLE_MANAGER, HTTP_POST, path,
                     "{\"settings\":{\"fetch_statuses\":[\"100\",\"4711\"]}}");
    assert_status(a, 422);
    assert_string_equal(at_text(f, a.json, "errors.0.field"), "settings.fetch_statuses");
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, path, "{}"), 403, "forbidden");
    struct answer schema = fixture_get(f, ROLE_VIEWER, "/api/v1/malls/yahoo/settings-schema");
    struct json one;
    int64_t fetching = 0;
    for (struct json_iter i = json_iterate(json_get(schema.json, "settings")); json_next(&i, &one);)
        fetching += strcmp(at_text(f, one, "group"), "fetch") == 0;
    assert_true(fetching >= 5);
}

static void addresses(struct fixture *f)
{
    const char *path = "/api/v1/outgoing-addresses";
    struct answer seen = fixture_get(f, ROLE_VIEWER, path);
    assert_status(seen, 200);
    assert_code(fixture_send(f, ROLE_MANAGER, HTTP_PUT, path, "{\"addresses\":[]}"), 403,
                "forbidden");
    struct answer bad =
        fixture_send(f, ROLE_OWNER, HTTP_PUT, path, "{\"addresses\":[\"52.1.2.3\",\"10.0.0.1\"]}");
    assert_status(bad, 422);
    assert_string_equal(at_text(f, bad.json, "errors.0.field"), "addresses.1");
    assert_status(fixture_send(f, ROLE_OWNER, HTTP_PUT, path, "{\"addresses\":\"52.1.2.3\"}"), 422);
    struct answer stored = tagged(f, path, "{\"addresses\":[\"52.1.2.3\"]}", seen.etag);
    assert_status(stored, 200);
    assert_string_equal(at_text(f, stored.json, "addresses.0.address"), "52.1.2.3");
    assert_string_equal(at_text(f, stored.json, "addresses.0.known_by"), "setting");
    assert_code(tagged(f, path, "{\"addresses\":[]}", seen.etag), 412, "conflict");
}

// Lack of memory anywhere is a clean refusal, and afterwards everything works.
static void little_memory(struct fixture *f)
{
    static const struct {
        enum http_method method;
        const char *path, *body;
    } asks[] = {
        {HTTP_GET, "/api/v1/mappings?mall=yahoo", NULL},
        {HTTP_POST, "/api/v1/mappings/what-if",
         "{\"mall\":\"rakuten\",\"kind\":\"payment\",\"mall_value\":\"1\",\"our_value\":"
         "\"after\"}"},
        {HTTP_GET, "/api/v1/status-links", NULL},
        {HTTP_GET, "/api/v1/outgoing-addresses", NULL},
    };
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        struct ask ask = {.method = asks[i].method,
                          .path = asks[i].path,
                          .body = asks[i].body,
                          .role = ROLE_OWNER};
        uint64_t n = fixture_ask(f, &ask).allocations;
        assert_true(n > 0);
        for (ask.fail_at = 1; ask.fail_at <= n; ask.fail_at++) {
            struct answer a = fixture_ask(f, &ask);
            assert_true(a.status == 200 || a.status == 503 || a.status == 500);
        }
        ask.fail_at = 0;
        assert_status(fixture_ask(f, &ask), 200);
    }
}

#define ON_EACH(name)                     \
    static void name##_test(void **state) \
    {                                     \
        (void)state;                      \
        on_each_engine(name);             \
    }
ON_EACH(mappings)
ON_EACH(wrong_mappings)
ON_EACH(links)
ON_EACH(statuses_and_shops)
ON_EACH(filters)
ON_EACH(addresses)
ON_EACH(little_memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mappings_test),      cmocka_unit_test(wrong_mappings_test),
        cmocka_unit_test(links_test),         cmocka_unit_test(statuses_and_shops_test),
        cmocka_unit_test(filters_test),       cmocka_unit_test(addresses_test),
        cmocka_unit_test(little_memory_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
