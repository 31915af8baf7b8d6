// SPDX-License-Identifier: Apache-2.0
//
// Texts of HTTP that come from strangers: query strings, escapes, cookies, Retry-After, paths.
// Besides memory faults it checks what must hold for every input: decoding what was encoded gives
// the same text; what is called decodable decodes; a query's values never hold NUL.
#include "net/http.h"
#include "net/router.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_escapes(struct arena *arena, struct str text)
{
    struct str decoded;
    bool decodable = http_url_is_decodable(text);
    require(http_url_decode(arena, text, true, &decoded) == decodable || arena_failed(arena));
    if (decodable && !arena_failed(arena))
        require(decoded.n <= text.n && !memchr(decoded.p, '\0', decoded.n));
    if (memchr(text.p, '\0', text.n))
        return;
    AUTO_BUF encoded = buf_make(3 * text.n + 1);
    http_url_encode(&encoded, text);
    struct str back;
    require(!encoded.failed);
    if (http_url_decode(arena, buf_str(&encoded), false, &back))
        require(str_eq(back, text));
    else
        require(arena_failed(arena));
}

static void check_query(struct arena *arena, struct str text)
{
    struct str rest = text, key, value;
    size_t pairs = 0;
    while (http_query_next(arena, &rest, &key, &value)) {
        require(!value.p || value.n == 0 || !memchr(value.p, '\0', value.n));
        require(++pairs <= text.n);
    }
    http_query_value(arena, text, "a");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct route routes[] = {
        {HTTP_GET, "/"}, {HTTP_GET, "/a/{b}"}, {HTTP_POST, "/a/b"}, {HTTP_GET, "/{a}/{b}/c"}};
    struct str text = str_make(size ? (const char *)data : "", size);
    AUTO_ARENA arena = arena_new(1 << 20);
    if (!arena)
        return 0;
    check_escapes(arena, text);
    check_query(arena, text);
    struct str cookie = http_cookie_value(text, "a");
    require(!cookie.p || cookie.n == 0 ||
            (cookie.p >= text.p && cookie.p + cookie.n <= text.p + text.n));
    http_header_is_valid(text, text);
    struct http_response response = {.header_count = 1};
    response.headers[0] = (struct http_header){STR("Retry-After"), text, false};
    int64_t wait = http_retry_after_ms(&response, 1795395600000);
    require(wait >= 0 && wait <= 7LL * 24 * 3600 * 1000);
    struct str parameters[8] = {0};
    int route = router_match(routes, 4, sizeof *routes, HTTP_GET, text, parameters);
    require(route >= -2 && route < 4);
    return 0;
}
