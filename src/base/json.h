// SPDX-License-Identifier: Apache-2.0
//
// Reading JSON (simdjson behind a C interface) and writing it. Reading is strict: UTF-8, depth at
// most 64, size limit, integers apart from doubles.
#ifndef JUCHU_BASE_JSON_H
#define JUCHU_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

enum json_type {
    JSON_MISSING, // no such member, or a handle from a missing one
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,    // fits int64
    JSON_UINT,   // only above INT64_MAX
    JSON_DOUBLE, // written with a fraction or exponent
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

// A value inside a document; cheap to copy; valid as long as the document.
struct json {
    const void *document;
    size_t index;
};

// Parses the whole text (a BOM is skipped); the document lives in `arena`, counts against its
// limit, and does not point into `text`. ERROR_MALFORMED ("json.malformed", "json.not_utf8",
// "json.too_deep") with byte offset and path in its text, ("json.duplicate_key") for a name that an
// object has twice; ERROR_NO_MEMORY, also for texts over 256 MiB ("json.too_large"). Integers
// beyond 64 bits and numbers beyond double are malformed.
// `repair_utf8`: bytes that are not UTF-8, and escapes that are half a surrogate pair, become
// U+FFFD instead of an error (a mall that cuts text inside a character).
bool json_parse(struct arena *arena, struct str text, bool repair_utf8, struct json *root,
                struct error *error);

enum json_type json_type(struct json v);
static inline bool json_exists(struct json v)
{
    return json_type(v) != JSON_MISSING;
}
// True for a missing member and for null.
bool json_is_null(struct json v);
// Member of an object (case-sensitive); JSON_MISSING when absent or not an object.
struct json json_get(struct json object, const char *key);
// Text of a string; STR_ABSENT for anything else. Borrowed from the document.
struct str json_str(struct json v);
// Integers, also doubles with no fraction. False otherwise.
bool json_int(struct json v, int64_t *value);
bool json_double(struct json v, double *value);
// True only for JSON true.
bool json_true(struct json v);
size_t json_count(struct json array_or_object);

// Walks an array: `for (struct json_iter i = json_iterate(a); json_next(&i, &v);)`.
// On objects `key` receives the member's name. Anything else has no elements.
struct json_iter {
    const void *document;
    size_t at, end;
    bool object;
    struct str key;
};
struct json_iter json_iterate(struct json v);
bool json_next(struct json_iter *iter, struct json *value);

// Where a value is, for error texts: "orders[3].buyer.name"; "" for the root, absent for a missing
// value. Walks from the root: not for hot paths.
struct str json_path(struct arena *arena, struct json v);

// Streaming writer. Commas and escapes are its business; nesting beyond 64 marks the buffer failed.
// UTF-8 is written raw (some malls refuse \u escapes); only ", \ and control characters are
// escaped.
struct json_writer {
    struct buf *out;
    uint64_t first; // one bit per level: nothing written yet
    int depth;
    bool after_key;
};
struct json_writer json_writer_make(struct buf *out);
void json_begin_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w);
void json_end_array(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_write_str(struct json_writer *w, struct str v); // absent text writes null
void json_write_int(struct json_writer *w, int64_t v);
void json_write_bool(struct json_writer *w, bool v);
void json_write_null(struct json_writer *w);
// Already serialised JSON, copied as is.
void json_write_raw(struct json_writer *w, struct str json);
// Appends a text as a JSON string without a writer. It is known to be UTF-8, as what json_str()
// gives.
void json_add_utf8(struct buf *out, struct str v);

static inline void json_put_str(struct json_writer *w, const char *key, struct str v)
{
    json_key(w, key);
    json_write_str(w, v);
}
static inline void json_put_int(struct json_writer *w, const char *key, int64_t v)
{
    json_key(w, key);
    json_write_int(w, v);
}
static inline void json_put_bool(struct json_writer *w, const char *key, bool v)
{
    json_key(w, key);
    json_write_bool(w, v);
}
// Ids are strings in JSON (JavaScript loses digits); 0 writes null.
void json_put_id(struct json_writer *w, const char *key, int64_t id);
// ISO-8601 UTC with milliseconds left out when zero; TIME_NONE writes null.
void json_put_time(struct json_writer *w, const char *key, int64_t time_ms_utc);

#endif
