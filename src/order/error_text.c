// SPDX-License-Identifier: Apache-2.0
//
// Errors to and from JSON.
#include "order/error_text.h"

#include "base/json.h"

#define TEXTS(X) \
    X(code) X(subject) X(what_ja) X(what_en) X(hint_ja) X(hint_en) X(peer_code) X(peer_text)

void error_text_write(struct buf *out, const struct error *e)
{
    struct json_writer w = json_writer_make(out);
    json_begin_object(&w);
    json_put_str(&w, "class", str_from(error_class_name(e->class)));
#define PUT(member)   \
    if (e->member[0]) \
        json_put_str(&w, #member, str_from(e->member));
    TEXTS(PUT)
    if (e->http_status)
        json_put_int(&w, "http_status", e->http_status);
    if (e->retry_after_ms)
        json_put_int(&w, "retry_after_ms", e->retry_after_ms);
    json_end_object(&w);
}

static void take(struct json object, const char *key, char *to, size_t size)
{
    struct str text = json_str(json_get(object, key));
    struct str cut = str_utf8_cut(text, size - 1);
    if (cut.n)
        memcpy(to, cut.p, cut.n);
    to[cut.n] = '\0';
}

void error_text_read(struct arena *arena, struct str json, struct error *e)
{
    struct json root;
    struct error ignored;
    int64_t number;
    error_clear(e);
    if (json.n == 0 || !json_parse(arena, json, true, &root, &ignored))
        return;
    e->class = error_class_from_name(json_str(json_get(root, "class")));
#define TAKE(member) take(root, #member, e->member, sizeof e->member);
    TEXTS(TAKE)
    if (json_int(json_get(root, "http_status"), &number))
        e->http_status = (int)number;
    if (json_int(json_get(root, "retry_after_ms"), &number))
        e->retry_after_ms = number;
}
