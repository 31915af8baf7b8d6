// SPDX-License-Identifier: Apache-2.0
//
// JSON from malls. Beyond memory faults: the fast reader and the explaining one agree; strings are
// UTF-8; what was read, written and read again is the same.
#include "fuzz.h"

#include "base/json.h"
#include "base/json_locate.h"

static void write_value(struct json_writer *w, struct json v);

static void write_members(struct json_writer *w, struct json v)
{
    struct json child;
    size_t count = 0;
    char key[512];
    for (struct json_iter i = json_iterate(v); json_next(&i, &child); count++) {
        if (i.object) {
            require(str_is_utf8(i.key));
            // Names with NUL can't be asked for; the writer takes C strings.
            if (i.key.n >= sizeof key || memchr(i.key.p, '\0', i.key.n))
                continue;
            memcpy(key, i.key.p, i.key.n);
            key[i.key.n] = '\0';
            struct json found = json_get(v, key);
            require(found.index == child.index && found.document == child.document);
            json_key(w, key);
        }
        write_value(w, child);
    }
    require(count == json_count(v));
}

static void write_value(struct json_writer *w, struct json v)
{
    int64_t integer;
    double number;
    struct str text = json_str(v);
    switch (json_type(v)) {
    case JSON_OBJECT:
        json_begin_object(w);
        write_members(w, v);
        json_end_object(w);
        break;
    case JSON_ARRAY:
        json_begin_array(w);
        write_members(w, v);
        json_end_array(w);
        break;
    case JSON_STRING:
        require(text.p && str_is_utf8(text));
        json_write_str(w, text);
        break;
    case JSON_INT:
        require(json_int(v, &integer));
        json_write_int(w, integer);
        break;
    case JSON_UINT:
    case JSON_DOUBLE:
        require(json_double(v, &number));
        json_write_bool(w, json_int(v, &integer));
        break;
    case JSON_BOOL:
        json_write_bool(w, json_true(v));
        break;
    case JSON_NULL:
        require(json_is_null(v));
        json_write_null(w);
        break;
    case JSON_MISSING:
        require(false);
    }
}

static void write_again(struct arena *arena, struct json root)
{
    AUTO_BUF first = buf_make(16 << 20), second = buf_make(16 << 20);
    struct error error;
    struct json again;
    struct json_writer w = json_writer_make(&first);
    write_value(&w, root);
    require(!first.failed);
    require(json_parse(arena, buf_str(&first), false, &again, &error));
    w = json_writer_make(&second);
    write_value(&w, again);
    require(str_eq(buf_str(&first), buf_str(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);
    AUTO_ARENA arena = arena_new(64 << 20);
    struct error error = {0};
    struct json root;
    struct json_fault fault;
    if (!arena)
        return 0;
    struct str bare = str_starts(text, STR("\xef\xbb\xbf")) ? str_slice(text, 3, text.n) : text;
    bool wrong = json_locate(bare, &fault);
    require(!wrong || (fault.offset <= bare.n && str_is_utf8(str_from(fault.path))));
    if (json_parse(arena, text, false, &root, &error)) {
        require(!wrong);
        write_again(arena, root);
    } else {
        require(error.class == ERROR_MALFORMED && error.what_ja[0] && error.what_en[0]);
    }
    if (json_parse(arena, text, true, &root, &error))
        write_again(arena, root);
    return 0;
}
