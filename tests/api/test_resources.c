// SPDX-License-Identifier: Apache-2.0
//
// Everything beside the orders: shops and credentials, fetching, write-backs, folders and links,
// people, audit; and what happens when memory runs out in the middle of a request.
#include "fixture.h"

static const char *shop_path(struct fixture *f, const char *rest)
{
    return text(f, "/api/v1/shops/%lld%s", (long long)f->shop, rest);
}

static void add_a_shop(struct fixture *f)
{
    struct answer schema = fixture_get(f, ROLE_VIEWER, "/api/v1/malls/rakuten/settings-schema");
    assert_status(schema, 200);
    assert_true(str_find(json_str(at(schema.json, "settings.0.name")), STR("secret")) < 0);
    assert_string_equal(at_text(f, schema.json, "credentials.0.kind"), "service_secret");
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/malls/none/settings-schema"), 404);
    struct answer made = fixture_send(f, ROLE_MANAGER, HTTP_POST, "/api/v1/shops",
                                      "{\"mall\":\"rakuten\",\"name\":\"新店\",\"settings\":{"
                                      "\"fetch_statuses\":[\"100\",\"300\"],"
                                      "\"auto_push\":false,\"fetch_interval_minutes\":30}}");
    assert_status(made, 201);
    assert_false(json_true(json_get(made.json, "enabled")));
    assert_int_equal(at_int(made.json, "settings.fetch_interval_minutes"), 30);
    assert_string_equal(at_text(f, made.json, "settings.fetch_statuses.1"), "300");
    const char *path = text(f, "/api/v1/shops/%s", at_text(f, made.json, "id"));
    // Not before both secrets are there.
    assert_status(fixture_send(f, ROLE_MANAGER, HTTP_PATCH, path, "{\"enabled\":true}"), 422);
    const char *secret = text(f, "%s/credentials/service_secret", path);
    struct answer stored =
        fixture_send(f, ROLE_MANAGER, HTTP_PUT, secret, "{\"secret\":\"SP000000_very-secret-1\"}");
    assert_status(stored, 200);
    assert_true(str_find(stored.body, STR("very-secret")) < 0);
    assert_string_equal(at_text(f, stored.json, "kind"), "service_secret");
    assert_status(fixture_send(f, ROLE_MANAGER, HTTP_PUT,
                               text(f, "%s/credentials/license_key", path),
                               "{\"secret\":\"SL000000_very-secret-2\",\"expires_at\":\"2026-12-01T"
                               "00:00:00Z\"}"),
                  200);
    assert_status(fixture_send(f, ROLE_MANAGER, HTTP_PATCH, path, "{\"enabled\":true}"), 200);
    assert_status(fixture_send(f, ROLE_MANAGER, HTTP_PUT, text(f, "%s/credentials/colour", path),
                               "{\"secret\":\"x\"}"),
                  404);
    struct answer all = fixture_get(f, ROLE_VIEWER, "/api/v1/credentials");
    assert_string_equal(at_text(f, all.json, "credentials.0.expiry_known"), "typed");
    assert_int_equal(at_int(all.json, "credentials.0.days_left"), 9);
}

static void shop_faults(struct fixture *f)
{
    struct answer bad =
        fixture_send(f, ROLE_MANAGER, HTTP_POST, "/api/v1/shops",
                     "{\"mall\":\"rakuten\",\"name\":\"x\",\"settings\":{\"fetch_days\":1000,"
                     "\"license_key\":\"SLx\",\"none\":1}}");
    assert_code(bad, 422, "invalid");
    assert_int_equal(json_count(json_get(bad.json, "errors")), 3);
    bad = fixture_send(f, ROLE_MANAGER, HTTP_POST, "/api/v1/shops",
                       "{\"mall\":\"rakuten\",\"name\":\"楽天 本店\"}");
    assert_string_equal(at_text(f, bad.json, "errors.0.field"), "name");
    assert_status(fixture_send(f, ROLE_MANAGER, HTTP_POST, "/api/v1/shops", "{\"mall\":\"none\"}"),
                  422);
    struct answer off = fixture_send(f, ROLE_MANAGER, HTTP_PATCH, shop_path(f, ""),
                                     "{\"enabled\":false,\"disabled_reason\":\"移転\"}");
    assert_status(off, 200);
    assert_string_equal(at_text(f, off.json, "disabled_by"), "manager");
    assert_string_equal(at_text(f, off.json, "disabled_reason"), "移転");
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, shop_path(f, "/fetch"), "{}"), 409,
                "shop_disabled");
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, shop_path(f, "/test"), NULL), 503,
                "unavailable");
}

static void health(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_VIEWER, "/api/v1/shops/health");
    assert_status(a, 200);
    assert_int_equal(json_count(json_get(a.json, "shops")), 2);
    assert_int_equal(at_int(a.json, "shops.0.interval_minutes"), 15);
    assert_int_equal(json_count(at(a.json, "shops.0.credentials")), 2);
    assert_status(fixture_get(f, ROLE_VIEWER, shop_path(f, "/gaps")), 200);
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/malls"), 200);
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/carriers"), 200);
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/shops"), 200);
}

static struct answer fetch(struct fixture *f, const char *body)
{
    return fixture_send(f, ROLE_STAFF, HTTP_POST, shop_path(f, "/fetch"), body);
}

static void fetches(struct fixture *f)
{
    struct answer a =
        fetch(f, "{\"from\":\"2026-11-20T00:00:00Z\",\"to\":\"2026-11-21T00:00:00Z\"}");
    assert_status(a, 202);
    assert_string_equal(at_text(f, a.json, "fetch_run.door"), "range");
    const char *run = text(f, "/api/v1/fetch-runs/%s", at_text(f, a.json, "fetch_run.id"));
    assert_string_equal(at_text(f, fixture_get(f, ROLE_VIEWER, run).json, "state"), "queued");
    assert_status(fixture_get(f, ROLE_VIEWER, text(f, "%s/items?outcome=skipped_status", run)),
                  200);
    assert_string_equal(
        at_text(f, fetch(f, "{\"order_numbers\":[\"A-1\"]}").json, "fetch_run.door"), "numbers");
    assert_string_equal(at_text(f, fetch(f, "{\"statuses\":[\"300\"]}").json, "fetch_run.door"),
                        "status");
    assert_status(fetch(f, "{\"statuses\":[\"x\"]}"), 422);
    assert_status(fetch(f, "{\"from\":\"2026-11-20T00:00:00Z\"}"), 422);
    assert_status(fetch(f, "{\"order_numbers\":[]}"), 422);
    assert_status(fetch(f, "{\"order_numbers\":[\"1\"],\"statuses\":[\"300\"]}"), 422);
    assert_status(fetch(f, "{\"from\":\"2026-11-21T00:00:00Z\",\"to\":\"2026-11-20T00:00:00Z\"}"),
                  422);
    struct answer old =
        fetch(f, "{\"from\":\"2016-11-21T00:00:00Z\",\"to\":\"2016-11-22T00:00:00Z\"}");
    assert_code(old, 422, "beyond_reach");
    assert_true(strlen(at_text(f, old.json, "hint")) > 0);
    struct answer list = fixture_get(f, ROLE_VIEWER, "/api/v1/fetch-runs?door=numbers");
    assert_int_equal(json_count(json_get(list.json, "fetch_runs")), 1);
    assert_int_equal(at_int(list.json, "hidden_by_filter"), 2);
    list = fixture_get(f, ROLE_VIEWER, "/api/v1/fetch-runs?limit=2");
    assert_int_equal(json_count(json_get(list.json, "fetch_runs")), 2);
    list = fixture_get(
        f, ROLE_VIEWER,
        text(f, "/api/v1/fetch-runs?limit=2&cursor=%s", at_text(f, list.json, "next_cursor")));
    assert_int_equal(json_count(json_get(list.json, "fetch_runs")), 1);
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/fetch-runs/12"), 404);
}

static void listings(struct fixture *f)
{
    test_database_exec(
        f->database,
        text(f,
             "INSERT INTO listing (org_id, shop_id, order_no, mall_status, status_choice, "
             "update_mark, first_seen_at, changed_at, decision, reason) VALUES (%lld, %lld, 'L-1', "
             "'500', '500', '', 1, 2, 'skipped', 'filter.status'), (%lld, %lld, 'L-2', '500', "
             "'500', "
             "'', 1, 3, 'missing', 'mall.order_not_found')",
             (long long)f->org, (long long)f->shop, (long long)f->org, (long long)f->shop));
    struct answer a = fixture_get(f, ROLE_VIEWER, "/api/v1/listings?reason=not_taken&limit=1");
    assert_status(a, 200);
    assert_string_equal(at_text(f, a.json, "listings.0.order_no"), "L-2");
    assert_string_equal(at_text(f, a.json, "listings.0.outcome"), "not_found");
    a = fixture_get(f, ROLE_VIEWER,
                    text(f, "/api/v1/listings?reason=not_taken&limit=1&cursor=%s",
                         at_text(f, a.json, "next_cursor")));
    assert_string_equal(at_text(f, a.json, "listings.0.order_no"), "L-1");
    assert_string_equal(at_text(f, a.json, "listings.0.mall_status_label"), "発送済");
    assert_string_equal(at_text(f, a.json, "next_cursor"), "");
    a = fixture_get(f, ROLE_VIEWER,
                    text(f, "/api/v1/listings?order_no=L-1&shop=%lld,%lld", (long long)f->shop,
                         (long long)f->second_shop));
    assert_int_equal(json_count(json_get(a.json, "listings")), 1);
    assert_int_equal(at_int(a.json, "hidden_by_filter"), 1);
}

static void write_backs(struct fixture *f)
{
    fixture_ship(f, f->orders[0]);
    fixture_ship(f, f->orders[1]);
    struct answer a = fixture_get(f, ROLE_VIEWER, "/api/v1/writebacks");
    assert_status(a, 200);
    assert_int_equal(at_int(a.json, "counts.open"), 2);
    assert_int_equal(json_count(json_get(a.json, "writebacks")), 2);
    const char *id = at_text(f, a.json, "writebacks.0.id");
    a = fixture_get(f, ROLE_VIEWER, "/api/v1/writebacks?limit=1");
    a = fixture_get(
        f, ROLE_VIEWER,
        text(f, "/api/v1/writebacks?limit=1&cursor=%s", at_text(f, a.json, "next_cursor")));
    assert_int_equal(json_count(json_get(a.json, "writebacks")), 1);
    assert_string_not_equal(at_text(f, a.json, "writebacks.0.id"), id);
    a = fixture_get(f, ROLE_VIEWER, "/api/v1/writebacks?aspect=cancel&from=2026-01-01");
    assert_int_equal(at_int(a.json, "hidden_by_filter"), 2);
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/writebacks?state=lost"), 422);
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/writebacks?cursor=a"), 422);
    struct answer preview =
        fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/writebacks/preview", "{}");
    assert_status(preview, 200);
    assert_int_equal(json_count(json_get(preview.json, "rows")), 2);
    assert_int_equal(at_int(preview.json, "counts.will_send"), 2);
    preview = fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/writebacks/preview",
                           text(f, "{\"ids\":[\"%s\"]}", id));
    assert_int_equal(json_count(json_get(preview.json, "rows")), 1);
    struct answer ran = fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/writebacks/run",
                                     text(f, "{\"ids\":[\"%s\",\"77\"]}", id));
    assert_status(ran, 202);
    assert_int_equal(at_int(ran.json, "queued"), 1);
    assert_string_equal(at_text(f, ran.json, "refused.0.code"), "not_found");
    assert_status(fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/writebacks/run", "{\"ids\":[]}"),
                  422);
    const char *path = text(f, "/api/v1/writebacks/%s", id);
    struct answer one = fixture_get(f, ROLE_VIEWER, path);
    assert_status(one, 200);
    assert_string_equal(at_text(f, one.json, "payload.1.value"), "123456789012");
    assert_status(fixture_send(f, ROLE_STAFF, HTTP_POST, text(f, "%s/retry", path), NULL), 202);
    assert_status(fixture_send(f, ROLE_STAFF, HTTP_POST, text(f, "%s/waive", path), "{}"), 422);
    struct answer waived = fixture_send(f, ROLE_STAFF, HTTP_POST, text(f, "%s/waive", path),
                                        "{\"reason\":\"電話で連絡済み\"}");
    assert_status(waived, 200);
    assert_string_equal(at_text(f, waived.json, "state"), "waived");
    assert_string_equal(at_text(f, waived.json, "waived_by"), "staff");
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, text(f, "%s/retry", path), NULL), 409,
                "not_retryable");
    assert_status(fixture_get(f, ROLE_VIEWER, "/api/v1/writebacks/5"), 404);
}

static void rejected_can_be_tried_again(struct fixture *f)
{
    fixture_ship(f, f->orders[0]);
    test_database_exec(f->database, "UPDATE writeback SET state = 8, owed = 0, attempts = 1");
    struct answer a = fixture_get(f, ROLE_VIEWER, "/api/v1/writebacks?state=needs_person");
    assert_int_equal(json_count(json_get(a.json, "writebacks")), 1);
    const char *path =
        text(f, "/api/v1/writebacks/%s/retry", at_text(f, a.json, "writebacks.0.id"));
    struct answer again = fixture_send(f, ROLE_STAFF, HTTP_POST, path, NULL);
    assert_status(again, 202);
    assert_string_not_equal(at_text(f, again.json, "state"), "rejected");
}

static void folders(struct fixture *f)
{
    struct answer a = fixture_get(f, ROLE_STAFF, "/api/v1/work-statuses");
    assert_int_equal(json_count(json_get(a.json, "work_statuses")), 9);
    char entry[24], cancelled[24];
    id_format(fixture_status(f, ROLE_ENTRY), entry);
    id_format(fixture_status(f, ROLE_CANCELLED), cancelled);
    const char *role =
        at_text(f, fixture_get(f, ROLE_STAFF, "/api/v1/orders").json, "orders.0.work_status");
    const char *holding = strcmp(role, entry) == 0 ? "" : role;
    const char *few =
        text(f,
             "{\"work_statuses\":[{\"id\":\"%s\",\"name\":\"受付\",\"colour\":\"red\","
             "\"role\":\"entry\"},{\"id\":\"%s\",\"name\":\"取消\",\"colour\":\"gray\","
             "\"role\":\"cancelled\"},{\"name\":\"梱包\",\"colour\":\"lime\",\"role\":"
             "\"work\"}%s%s%s]}",
             entry, cancelled, *holding ? ",{\"id\":\"" : "", holding,
             *holding ? "\",\"name\":\"残り\",\"colour\":\"teal\",\"role\":\"ready\"}" : "");
    struct answer stored = fixture_send(f, ROLE_MANAGER, HTTP_PUT, "/api/v1/work-statuses", few);
    assert_status(stored, 200);
    assert_string_equal(at_text(f, stored.json, "work_statuses.0.name"), "受付");
    assert_string_equal(at_text(f, stored.json, "work_statuses.2.role"), "work");
    const char *none =
        text(f,
             "{\"work_statuses\":[{\"name\":\"a\",\"colour\":\"red\",\"role\":\"entry\"},{\"id\":"
             "\"%s\",\"name\":\"b\",\"colour\":\"red\",\"role\":\"cancelled\"}]}",
             cancelled);
    assert_code(fixture_send(f, ROLE_MANAGER, HTTP_PUT, "/api/v1/work-statuses", none), 409,
                "not_empty");
    struct answer bad =
        fixture_send(f, ROLE_MANAGER, HTTP_PUT, "/api/v1/work-statuses",
                     "{\"work_statuses\":[{\"name\":\"\",\"colour\":\"mud\",\"role\":\"boss\"}]}");
    assert_int_equal(json_count(json_get(bad.json, "errors")), 3);
}

static void links(struct fixture *f)
{
    char done[24];
    id_format(fixture_status(f, ROLE_DONE), done);
    struct answer a = fixture_send(f, ROLE_MANAGER, HTTP_PUT, "/api/v1/status-links",
                                   text(f,
                                        "{\"status_links\":[{\"mall\":\"rakuten\",\"work_status\":"
                                        "\"%s\",\"enabled\":false}]}",
                                        done));
    assert_status(a, 200);
    struct json link;
    bool found = false;
    for (struct json_iter i = json_iterate(json_get(a.json, "status_links"));
         json_next(&i, &link);) {
        if (strcmp(at_text(f, link, "mall"), "rakuten") == 0 &&
            strcmp(at_text(f, link, "work_status"), done) == 0)
            found = !json_true(json_get(link, "enabled"));
    }
    assert_true(found);
    assert_status(
        fixture_send(f, ROLE_MANAGER, HTTP_PUT, "/api/v1/status-links",
                     "{\"status_links\":[{\"mall\":\"x\",\"work_status\":\"1\",\"enabled\":"
                     "true}]}"),
        422);
    fixture_ship(f, f->orders[0]);
    struct answer preview =
        fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/writebacks/preview", "{}");
    assert_string_equal(at_text(f, preview.json, "rows.0.outcome"), "suppressed");
    assert_string_equal(at_text(f, preview.json, "rows.0.reasons.0.code"), "status_not_linked");
    assert_string_equal(at_text(f, preview.json, "rows.0.reasons.0.action"), "open_status_links");
}

static void people(struct fixture *f)
{
    const char *body = "{\"login\":\"hanako\",\"name\":\"花子\",\"role\":\"staff\",\"password\":"
                       "\"nine trees in rain\"}";
    struct answer made = fixture_send(f, ROLE_OWNER, HTTP_POST, "/api/v1/users", body);
    assert_status(made, 201);
    assert_code(fixture_send(f, ROLE_OWNER, HTTP_POST, "/api/v1/users", body), 422, "login_taken");
    assert_code(fixture_send(f, ROLE_OWNER, HTTP_POST, "/api/v1/users",
                             "{\"login\":\"x\",\"name\":\"x\",\"role\":\"staff\",\"password\":"
                             "\"short\"}"),
                422, "password_weak");
    const char *path = text(f, "/api/v1/users/%s", at_text(f, made.json, "id"));
    struct answer off =
        fixture_send(f, ROLE_OWNER, HTTP_PATCH, path, "{\"enabled\":false,\"role\":\"viewer\"}");
    assert_status(off, 200);
    assert_false(json_true(json_get(off.json, "enabled")));
    assert_code(fixture_send(f, ROLE_PUBLIC, HTTP_POST, "/api/v1/session",
                             "{\"login\":\"hanako\",\"password\":\"nine trees in rain\"}"),
                401, "login_failed");
    const char *owner = text(f, "/api/v1/users/%lld", (long long)f->users[ROLE_OWNER]);
    assert_code(fixture_send(f, ROLE_OWNER, HTTP_PATCH, owner, "{\"role\":\"staff\"}"), 409,
                "last_owner");
    assert_code(fixture_send(f, ROLE_OWNER, HTTP_PATCH, owner, "{\"enabled\":false}"), 409,
                "last_owner");
    assert_status(fixture_send(f, ROLE_OWNER, HTTP_PATCH, "/api/v1/users/3", "{\"name\":\"x\"}"),
                  404);
    struct answer list = fixture_get(f, ROLE_OWNER, "/api/v1/users");
    assert_int_equal(json_count(json_get(list.json, "users")), 5);
    assert_true(str_find(list.body, STR("argon2")) < 0);
}

static void own_settings(struct fixture *f)
{
    const char *path = "/api/v1/me/preferences";
    assert_true(str_eq(fixture_get(f, ROLE_STAFF, path).body, STR("{}")));
    const char *body = "{\"language\":\"en\",\"density\":\"compact\",\"x\":[1,2]}";
    assert_status(fixture_send(f, ROLE_STAFF, HTTP_PUT, path, body), 200);
    assert_true(str_eq(fixture_get(f, ROLE_STAFF, path).body, str_from(body)));
    assert_string_equal(
        at_text(f, fixture_get(f, ROLE_STAFF, "/api/v1/session").json, "user.language"), "en");
    assert_status(fixture_send(f, ROLE_STAFF, HTTP_PUT, path, "{\"language\":\"tlh\"}"), 422);
    assert_status(fixture_send(f, ROLE_STAFF, HTTP_PUT, path, "[]"), 422);
    const char *password = "/api/v1/me/password";
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, password,
                             "{\"current_password\":\"no\",\"new_password\":\"a fine new one\"}"),
                422, "password_wrong");
    assert_code(fixture_send(f, ROLE_STAFF, HTTP_POST, password,
                             "{\"current_password\":\"" PASSWORD "\",\"new_password\":\"short\"}"),
                422, "password_weak");
    assert_status(fixture_send(f, ROLE_STAFF, HTTP_POST, password,
                               "{\"current_password\":\"" PASSWORD
                               "\",\"new_password\":\"a fine new one\"}"),
                  204);
    assert_status(fixture_get(f, ROLE_STAFF, "/api/v1/session"), 200); // this one stays
    assert_status(fixture_send(f, ROLE_PUBLIC, HTTP_POST, "/api/v1/session",
                               "{\"login\":\"staff\",\"password\":\"a fine new one\"}"),
                  200);
}

static void audit(struct fixture *f)
{
    fixture_send(f, ROLE_MANAGER, HTTP_PATCH, shop_path(f, ""), "{\"name\":\"本店\"}");
    fixture_send(f, ROLE_STAFF, HTTP_POST, "/api/v1/orders/bulk",
                 text(f, "{\"action\":\"move\",\"work_status\":\"%lld\",\"ids\":[\"%lld\"]}",
                      (long long)fixture_status(f, ROLE_WORK), (long long)f->orders[0]));
    struct answer a = fixture_get(f, ROLE_MANAGER, "/api/v1/audit");
    assert_status(a, 200);
    assert_string_equal(at_text(f, a.json, "entries.0.action"), "orders.move");
    assert_int_equal(at_int(a.json, "entries.0.count"), 1);
    assert_string_equal(at_text(f, a.json, "entries.1.object_kind"), "shop");
    a = fixture_get(f, ROLE_MANAGER,
                    text(f, "/api/v1/audit?user=%lld", (long long)f->users[ROLE_MANAGER]));
    assert_int_equal(json_count(json_get(a.json, "entries")), 1);
    assert_int_equal(at_int(a.json, "hidden_by_filter"), 1);
    a = fixture_get(f, ROLE_MANAGER, "/api/v1/audit?order_no=A-1&from=2026-01-01");
    assert_int_equal(json_count(json_get(a.json, "entries")), 0);
    a = fixture_get(f, ROLE_MANAGER, "/api/v1/audit?limit=1");
    a = fixture_get(f, ROLE_MANAGER,
                    text(f, "/api/v1/audit?limit=1&cursor=%s", at_text(f, a.json, "next_cursor")));
    assert_string_equal(at_text(f, a.json, "entries.0.action"), "shop.change");
}

static void imports(struct fixture *f)
{
    struct ask ask = {.method = HTTP_POST,
                      .path = text(f, "/api/v1/imports?shop=%lld", (long long)f->shop),
                      .role = ROLE_STAFF,
                      .body = "a,b\n1,2\n",
                      .type = "text/csv"};
    assert_code(fixture_ask(f, &ask), 503, "unavailable");
    ask.type = "application/json";
    ask.body = "{}";
    assert_code(fixture_ask(f, &ask), 415, "unsupported_media_type");
    ask.type = "text/csv";
    ask.path = "/api/v1/imports";
    assert_status(fixture_ask(f, &ask), 422);
}

// Whatever allocation fails, the answer is a clean refusal, and nothing is done by halves.
static void memory_runs_out(struct fixture *f)
{
    if (f->engine != DB_SQLITE)
        return;
    struct ask asks[] = {
        {.method = HTTP_GET,
         .path = text(f, "/api/v1/orders/%lld", (long long)f->orders[0]),
         .role = ROLE_STAFF},
        {.method = HTTP_GET, .path = "/api/v1/orders?limit=2", .role = ROLE_VIEWER},
        {.method = HTTP_POST,
         .path = "/api/v1/orders/bulk",
         .role = ROLE_STAFF,
         .body = text(f, "{\"action\":\"move\",\"work_status\":\"%lld\",\"ids\":[\"%lld\"]}",
                      (long long)fixture_status(f, ROLE_WORK), (long long)f->orders[1])},
    };
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        int refusals = 0;
        for (uint64_t n = 1;; n++) {
            assert_true(n < 3000);
            asks[i].fail_at = n;
            struct answer a = fixture_ask(f, &asks[i]);
            refusals += a.status >= 500;
            if (a.status != 200 && a.status != 500 && a.status != 503 && a.status != 599 &&
                a.status != 401)
                fail_msg("%s at %llu: %d %.*s", asks[i].path, (unsigned long long)n, a.status,
                         STR_ARG(a.body));
            if (a.allocations < n && a.status == 200)
                break;
        }
        assert_true(refusals > 0);
    }
}

#define BOTH(name)                        \
    static void test_##name(void **state) \
    {                                     \
        on_each_engine(name);             \
    }
BOTH(add_a_shop)
BOTH(shop_faults)
BOTH(health)
BOTH(fetches)
BOTH(listings)
BOTH(write_backs)
BOTH(rejected_can_be_tried_again)
BOTH(folders)
BOTH(links)
BOTH(people)
BOTH(own_settings)
BOTH(audit)
BOTH(imports)
BOTH(memory_runs_out)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_a_shop),
        cmocka_unit_test(test_shop_faults),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_fetches),
        cmocka_unit_test(test_listings),
        cmocka_unit_test(test_write_backs),
        cmocka_unit_test(test_rejected_can_be_tried_again),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_people),
        cmocka_unit_test(test_own_settings),
        cmocka_unit_test(test_audit),
        cmocka_unit_test(test_imports),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
