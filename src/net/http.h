// SPDX-License-Identifier: Apache-2.0
//
// Requests and responses as plain values. Connectors make requests and read responses without
// knowing who carries them: libcurl, a recorded conversation, or a simulation.
#ifndef JUCHU_NET_HTTP_H
#define JUCHU_NET_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_HEAD };

struct http_header {
    struct str name, value;
    bool secret; // value never goes to logs, recordings or errors
};

#define HTTP_HEADERS_MAX 48

struct http_request {
    enum http_method method;
    struct str url; // absolute; never holds a secret unless url_secret
    bool url_secret; // the query string holds a credential: log the path only
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct str body;
    int64_t timeout_ms;
    size_t response_bytes_max;
};

struct http_response {
    int status; // 0: no usable answer arrived, see `failure`
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct str body;
    time_ms received_at;
    // When status is 0: why, and whether the request may have reached the other side.
    enum { HTTP_SENT_NO, HTTP_SENT_MAYBE } sent;
    struct error failure; // ERROR_NETWORK
};

const char *http_method_name(enum http_method m);
bool http_method_from_name(struct str name, enum http_method *m);
// Adds a header; texts are borrowed. False when the table is full.
bool http_add_header(struct http_request *r, struct str name, struct str value, bool secret);
// First header of that name (case-insensitive); STR_ABSENT if none.
struct str http_header(const struct http_header *headers, size_t count, const char *name);
// Milliseconds that Retry-After (seconds or date) asks for at `now`; 0 if absent or unreadable.
int64_t http_retry_after_ms(const struct http_response *r, time_ms now);
// Percent-encodes everything but unreserved characters.
void http_url_encode(struct buf *out, struct str text);
// Decodes %xx and '+' ; false on a broken escape or NUL byte.
bool http_url_decode(struct arena *arena, struct str text, bool plus_is_space, struct str *out);
// Value of a key in "a=1&b=2" (decoded into the arena); STR_ABSENT if missing.
struct str http_query_value(struct arena *arena, struct str query, const char *key);

#endif
