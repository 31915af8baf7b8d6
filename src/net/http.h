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
    struct str name, value; // of an answer: as sent, without blanks around the value
    bool secret;            // value never goes to logs, recordings or errors
};

#define HTTP_HEADERS_MAX 48

struct http_request {
    enum http_method method;
    struct str url;  // absolute; never holds a secret unless url_secret
    bool url_secret; // the query string holds a credential: log the path only
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct str body;
    int64_t timeout_ms;        // from the moment it gets a connection; 0 = 30 s
    time_ms start_before;      // given up unsent if it isn't on the wire by then; 0 = any time
    size_t response_bytes_max; // of the body; 0 = 32 MiB
    // The address comes from a user (webhook, picture): only addresses of the public Internet.
    bool public_addresses_only;
};

struct http_response {
    int status; // 0: no usable answer arrived, see `failure`
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    bool headers_left_out; // more came than the table holds
    struct str body;
    time_ms received_at;
    // When status is 0: why, and whether the request may have reached the other side.
    // HTTP_SENT_NO only when it is certain that no byte of it did. A request goes onto the wire at
    // most once: nothing below this line repeats it.
    enum { HTTP_SENT_NO, HTTP_SENT_MAYBE } sent;
    // ERROR_NETWORK (loop.h lists the codes), ERROR_BAD_INPUT for a request that can't be sent,
    // ERROR_CANCELLED, ERROR_NO_MEMORY.
    struct error failure;
};

const char *http_method_name(enum http_method m);
bool http_method_from_name(struct str name, enum http_method *m);
// Adds a header; texts are borrowed. False when the table is full.
bool http_add_header(struct http_request *r, struct str name, struct str value, bool secret);
// First header of that name (case-insensitive); STR_ABSENT if none.
struct str http_header(const struct http_header *headers, size_t count, const char *name);
// True when the name is a token and the value holds no control character but TAB (RFC 9110 §5.5),
// so that nobody can smuggle a line end into a message.
bool http_header_is_valid(struct str name, struct str value);
// Milliseconds that Retry-After (seconds or date) asks for at `now`; 0 if absent, past or
// unreadable. Longer waits than 7 days are cut to that.
int64_t http_retry_after_ms(const struct http_response *r, time_ms now);
// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
void http_url_encode(struct buf *out, struct str text);
// Decodes %xx, and '+' when `plus_is_space`; false on a broken escape, a NUL byte or lack of memory
// (then the arena is marked failed).
bool http_url_decode(struct arena *arena, struct str text, bool plus_is_space, struct str *out);
// True when http_url_decode() would find nothing wrong.
bool http_url_is_decodable(struct str text);
// Takes the next pair off *query ("a=1&b=2", also a form body) and decodes it into the arena; a key
// without '=' has the value "". A part whose escapes are broken is STR_ABSENT. False at the end.
bool http_query_next(struct arena *arena, struct str *query, struct str *key, struct str *value);
// First value of a key in "a=1&b=2" (decoded into the arena); STR_ABSENT if missing or broken.
struct str http_query_value(struct arena *arena, struct str query, const char *key);
// Value of a cookie in a Cookie header (RFC 6265 §4.2.1), without quotes; borrowed from the header.
// STR_ABSENT if there is none.
struct str http_cookie_value(struct str header, const char *name);

#endif
