// SPDX-License-Identifier: Apache-2.0
//
// Matching of paths against a table of routes.
#include "net/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct entry {
    struct route route;
    int extra;
};

static const struct entry table[] = {
    {{HTTP_GET, "/"}, 0},
    {{HTTP_GET, "/api/v1/orders"}, 1},
    {{HTTP_POST, "/api/v1/orders"}, 2},
    {{HTTP_GET, "/api/v1/orders/{id}"}, 3},
    {{HTTP_GET, "/api/v1/orders/counts"}, 4},
    {{HTTP_PATCH, "/api/v1/orders/{id}"}, 5},
    {{HTTP_GET, "/api/v1/orders/{id}/packages/{package}"}, 6},
    {{HTTP_DELETE, "/a/{1}/{2}/{3}/{4}/{5}/{6}/{7}/{8}"}, 7},
};
#define COUNT (sizeof table / sizeof *table)

static int match(enum http_method m, const char *path, struct str parameters[8])
{
    return router_match(table, COUNT, sizeof *table, m, str_from(path), parameters);
}

static void finds_routes(void **state)
{
    struct str p[8] = {0};
    assert_int_equal(match(HTTP_GET, "/", p), 0);
    assert_int_equal(match(HTTP_GET, "/api/v1/orders", p), 1);
    assert_int_equal(match(HTTP_POST, "/api/v1/orders", p), 2);
    assert_null(p[0].p);
    assert_int_equal(match(HTTP_GET, "/api/v1/orders/42", p), 3);
    assert_true(str_eq(p[0], STR("42")));
    assert_int_equal(match(HTTP_GET, "/api/v1/orders/counts", p), 4); // literal wins
    assert_int_equal(match(HTTP_PATCH, "/api/v1/orders/counts", p), 5);
    assert_true(str_eq(p[0], STR("counts")));
    assert_int_equal(match(HTTP_GET, "/api/v1/orders/42/packages/7", p), 6);
    assert_true(str_eq(p[0], STR("42")) && str_eq(p[1], STR("7")));
    assert_int_equal(match(HTTP_DELETE, "/a/1/2/3/4/5/6/7/8", p), 7);
    assert_true(str_eq(p[7], STR("8")));
}

static void head_uses_get(void **state)
{
    struct str p[8] = {0};
    assert_int_equal(match(HTTP_HEAD, "/api/v1/orders/42", p), 3);
    assert_int_equal(match(HTTP_HEAD, "/a/1/2/3/4/5/6/7/8", p), -2);
}

static void refuses(void **state)
{
    struct str p[8] = {STR("kept")};
    assert_int_equal(match(HTTP_PUT, "/api/v1/orders", p), -2);
    assert_int_equal(match(HTTP_DELETE, "/api/v1/orders/42", p), -2);
    const char *missing[] = {"",
                             "api",
                             "/api/v1/orders/",
                             "/api/v1/orders//packages/7",
                             "/api/v1",
                             "//",
                             "/API/v1/orders",
                             "/api/v1/orders/42/packages",
                             "/api/v1/orders/42/packages/7/8",
                             "/a/1/2/3/4/5/6/7"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        assert_int_equal(match(HTTP_GET, missing[i], p), -1);
    assert_true(str_eq(p[0], STR("kept")));
    assert_int_equal(router_match(NULL, 0, sizeof(struct route), HTTP_GET, STR("/"), p), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_routes),
        cmocka_unit_test(head_uses_get),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
