// SPDX-License-Identifier: Apache-2.0
//
// The route table and docs/openapi.yaml say the same: every operation, its least role, its scope,
// whether it takes an Idempotency-Key. Read by lines; the document keeps to one layout.
#include "fixture.h"

struct operation {
    char method[16], path[128], role[16], scope[32];
    bool idempotent;
};

static struct operation *operations;
static size_t operation_count;

static size_t indent_of(const char *line)
{
    return strspn(line, " ");
}

static void take(const char *line, const char *key, char *into, size_t size)
{
    const char *found = strstr(line, key);
    if (found)
        snprintf(into, size, "%s", found + strlen(key));
}

static int read_document(void **state)
{
    char line[4096], path[128] = "", prefix[16] = "/api/v1";
    bool inside = false;
    FILE *file = fopen(OPENAPI_FILE, "r");
    operations = calloc(200, sizeof *operations);
    if (!file || !operations)
        return -1;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        size_t indent = indent_of(line);
        if (indent == 0)
            inside = strcmp(line, "paths:") == 0;
        else if (inside && indent == 2) {
            snprintf(path, sizeof path, "%.*s", (int)strcspn(line + 2, ":"), line + 2);
            snprintf(prefix, sizeof prefix, "/api/v1");
        } else if (inside && indent == 4 && strstr(line, "servers:"))
            prefix[0] = 0;
        else if (inside && indent == 4) {
            struct operation *o = &operations[operation_count++];
            snprintf(o->method, sizeof o->method, "%.*s", (int)strcspn(line + 4, ":"), line + 4);
            snprintf(o->path, sizeof o->path, "%s%s", prefix, path);
        } else if (inside && indent >= 6 && operation_count > 0) {
            struct operation *o = &operations[operation_count - 1];
            take(line, "      x-role: ", o->role, sizeof o->role);
            take(line, "      x-scope: ", o->scope, sizeof o->scope);
            o->idempotent = o->idempotent || strstr(line, "parameters/IdempotencyKey");
        }
    }
    fclose(file);
    return 0;
}

static int forget_document(void **state)
{
    free(operations);
    return 0;
}

static const struct api_route *route_of(const struct operation *o)
{
    for (size_t i = 0; i < api_route_count; i++) {
        const struct api_route *r = &api_routes[i];
        if (str_eq_nocase(str_from(http_method_name(r->route.method)), str_from(o->method)) &&
            strcmp(r->route.pattern, o->path) == 0)
            return r;
    }
    return NULL;
}

static void every_operation_has_a_route(void **state)
{
    assert_true(operation_count > 50);
    for (size_t i = 0; i < operation_count; i++) {
        const struct operation *o = &operations[i];
        const struct api_route *r = route_of(o);
        if (!r || strcmp(role_name(r->role), o->role) != 0 || strcmp(r->scope, o->scope) != 0 ||
            r->keeps_answer != o->idempotent)
            fail_msg("%s %s: document %s %s %d, table %s %s %d", o->method, o->path, o->role,
                     o->scope, o->idempotent, r ? role_name(r->role) : "-", r ? r->scope : "-",
                     r ? r->keeps_answer : 0);
    }
}

static void every_route_is_documented(void **state)
{
    assert_int_equal(operation_count, api_route_count);
    for (size_t i = 0; i < api_route_count; i++) {
        size_t found = 0;
        for (size_t k = 0; k < operation_count; k++)
            found += route_of(&operations[k]) == &api_routes[i];
        if (found != 1)
            fail_msg("%s %s: %zu times in the document",
                     http_method_name(api_routes[i].route.method), api_routes[i].route.pattern,
                     found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_a_route),
        cmocka_unit_test(every_route_is_documented),
    };
    return cmocka_run_group_tests(tests, read_document, forget_document);
}
