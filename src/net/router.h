// SPDX-License-Identifier: Apache-2.0
//
// Routes as data: method, pattern ("/api/v1/orders/{id}"), whatever the user of the table needs.
#ifndef JUCHU_NET_ROUTER_H
#define JUCHU_NET_ROUTER_H

#include "net/http.h"

struct route {
    enum http_method method;
    const char *pattern; // segments; {name} matches one non-empty segment
};

// Index of the route that matches in an array of structs that begin with `struct route`
// (`stride` bytes each), its {…} parts in `parameters` (at most 8, borrowed from `path`). -1: no
// such path; -2: the path exists with other methods. Of several routes that fit, the one with
// fewest parameters wins ("/orders/counts" before "/orders/{id}"), then the earliest. A GET route
// answers HEAD too. `parameters` is untouched without a match. `path` is decoded, so an escaped
// slash separates segments as a plain one does.
int router_match(const void *routes, size_t count, size_t stride, enum http_method method,
                 struct str path, struct str parameters[8]);

#endif
