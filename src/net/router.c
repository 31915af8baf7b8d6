// SPDX-License-Identifier: Apache-2.0
//
// Matching a path against a table of patterns. A table of some eighty routes is walked from start
// to end: less than a microsecond, and nothing to prepare or to keep in step. No state.
#include "net/router.h"

#include <assert.h>

#define PARAMETERS_MAX 8

// Takes the next segment off the path; false at its end. "/a//b" has an empty segment.
static bool next_segment(struct str *path, struct str *segment)
{
    if (path->n == 0 || path->p[0] != '/')
        return false;
    size_t end = 1;
    while (end < path->n && path->p[end] != '/')
        end++;
    *segment = str_slice(*path, 1, end);
    *path = str_slice(*path, end, path->n);
    return true;
}

// Number of parameters that the pattern took from the path, -1 when it doesn't match.
static int match_pattern(struct str pattern, struct str path, struct str parameters[PARAMETERS_MAX])
{
    int taken = 0;
    struct str want, have;
    while (next_segment(&pattern, &want)) {
        if (!next_segment(&path, &have))
            return -1;
        bool is_parameter = want.n >= 2 && want.p[0] == '{' && want.p[want.n - 1] == '}';
        if (!is_parameter) {
            if (!str_eq(want, have))
                return -1;
            continue;
        }
        if (have.n == 0 || taken == PARAMETERS_MAX)
            return -1;
        parameters[taken++] = have;
    }
    return path.n == 0 ? taken : -1;
}

static bool method_fits(enum http_method route, enum http_method asked)
{
    return route == asked || (route == HTTP_GET && asked == HTTP_HEAD);
}

int router_match(const void *routes, size_t count, size_t stride, enum http_method method,
                 struct str path, struct str parameters[PARAMETERS_MAX])
{
    assert(stride >= sizeof(struct route));
    int best = -1, best_taken = PARAMETERS_MAX + 1;
    bool path_exists = false;
    for (size_t i = 0; i < count; i++) {
        const struct route *route = (const void *)((const char *)routes + i * stride);
        struct str found[PARAMETERS_MAX] = {0};
        int taken = match_pattern(str_from(route->pattern), path, found);
        if (taken < 0)
            continue;
        path_exists = true;
        if (!method_fits(route->method, method) || taken >= best_taken)
            continue;
        best = (int)i;
        best_taken = taken;
        memcpy(parameters, found, sizeof found);
    }
    return best >= 0 ? best : path_exists ? -2 : -1;
}
