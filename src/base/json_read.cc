// SPDX-License-Identifier: Apache-2.0
//
// Reading JSON: simdjson behind base/json.h. The only C++ of Juchu; nothing C++ leaves this file,
// exceptions included.
//
// A document is simdjson's tape (its documented output: one 64-bit word per value, kind in the top
// byte, containers knowing their end) and its string bytes, copied into the arena in exactly the
// size they have. So a document counts against the arena's limit, dies with it, and the parser with
// its large scratch memory is reused by the next text of the same thread. A handle is the document
// and a tape index; walking is pointer arithmetic.
// Invariants of a finished document: strings are UTF-8, no object has a name twice, depth <= 64.
// Threads: documents are immutable; each thread has its own parser.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <simdjson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <utility>

// `class` is an ordinary name in our C headers.
#define class error_kind
extern "C" {
#include "base/json.h"
#include "base/json_locate.h"
#include "base/memory.h"
}
#undef class

namespace
{

constexpr size_t bytes_max = 256u * 1024 * 1024; // a text longer than this is refused
constexpr size_t bytes_kept = 8u * 1024 * 1024;  // a parser grown beyond this isn't kept
constexpr uint64_t payload_mask = 0x00ffffffffffffff;
constexpr size_t few_names = 64; // objects up to this size use a hash table

struct document {
    const uint64_t *tape;
    const char *strings;
    size_t tape_count;
};

using parser_slot = std::unique_ptr<simdjson::dom::parser>;

// Empty until the thread reads its first text.
parser_slot &thread_parser()
{
    thread_local parser_slot slot;
    return slot;
}

char kind(uint64_t word)
{
    return static_cast<char>(word >> 56);
}

// Index of the word behind the value at `at`.
size_t behind(const uint64_t *tape, size_t at)
{
    switch (kind(tape[at])) {
    case '{':
    case '[':
        return static_cast<uint32_t>(tape[at]);
    case 'l':
    case 'u':
    case 'd':
        return at + 2;
    default:
        return at + 1;
    }
}

struct str string_at(const char *strings, uint64_t word)
{
    const char *p = strings + (word & payload_mask);
    uint32_t n;
    memcpy(&n, p, sizeof n);
    return str_make(p + sizeof n, n);
}

uint64_t name_hash(struct str name)
{
    // Names are followed by at least simdjson's padding, so eight bytes can always be read.
    uint64_t head;
    memcpy(&head, name.p, sizeof head);
    if (name.n < sizeof head)
        head &= (uint64_t{1} << (8 * name.n)) - 1;
    uint64_t tail = 0;
    if (name.n > sizeof head)
        memcpy(&tail, name.p + name.n - sizeof tail, sizeof tail);
    uint64_t h = (head ^ (tail * 0x9e3779b97f4a7c15u) ^ name.n) * 0xff51afd7ed558ccdu;
    return h ^ h >> 32;
}

// Few names: a small open table on the stack.
bool twice_among_few(const uint64_t *tape, const char *strings, size_t at, struct str *name)
{
    uint32_t slots[2 * few_names];
    memset(slots, 0, sizeof slots);
    size_t end = static_cast<uint32_t>(tape[at]) - 1;
    for (size_t i = at + 1; i < end; i = behind(tape, i + 1)) {
        *name = string_at(strings, tape[i]);
        size_t slot = name_hash(*name) % (2 * few_names);
        for (; slots[slot]; slot = (slot + 1) % (2 * few_names))
            if (str_eq(string_at(strings, tape[slots[slot]]), *name))
                return true;
        // simdjson refuses texts of 4 GiB, so an index fits.
        slots[slot] = static_cast<uint32_t>(i);
    }
    return false;
}

// Many names: sorted, so that chosen names can't make it slow.
bool twice_among_many(const uint64_t *tape, const char *strings, size_t at, struct str *name,
                      bool *no_memory)
{
    size_t end = static_cast<uint32_t>(tape[at]) - 1, count = 0, capacity = end - at;
    auto *names = static_cast<struct str *>(memory_zalloc(capacity, sizeof(struct str)));
    if (!names) {
        *no_memory = true;
        return false;
    }
    for (size_t i = at + 1; i < end; i = behind(tape, i + 1))
        names[count++] = string_at(strings, tape[i]);
    std::sort(names, names + count, [](struct str a, struct str b) {
        return a.n != b.n ? a.n < b.n : str_cmp(a, b) < 0;
    });
    bool twice = false;
    for (size_t i = 1; i < count && !twice; i++)
        if (str_eq(names[i - 1], names[i])) {
            *name = names[i];
            twice = true;
        }
    memory_free(names);
    return twice;
}

struct survey {
    size_t tape_count;
    size_t string_bytes;
    struct str twice; // a name that an object has twice; absent if none
    bool no_memory;
};

survey look_over(const simdjson::dom::document &doc)
{
    const uint64_t *tape = doc.tape.get();
    const char *strings = reinterpret_cast<const char *>(doc.string_buf.get());
    survey s = {};
    s.tape_count = tape[0] & payload_mask;
    for (size_t i = 1; i + 1 < s.tape_count; i++) {
        switch (kind(tape[i])) {
        case '"': {
            struct str text = string_at(strings, tape[i]);
            s.string_bytes = static_cast<size_t>(text.p - strings) + text.n + 1;
            break;
        }
        case 'l':
        case 'u':
        case 'd':
            i++;
            break;
        case '{': {
            uint64_t count = tape[i] >> 32 & 0xffffff;
            struct str name;
            bool twice = count <= few_names
                             ? twice_among_few(tape, strings, i, &name)
                             : twice_among_many(tape, strings, i, &name, &s.no_memory);
            if (s.no_memory)
                return s;
            if (twice) {
                s.twice = name;
                return s;
            }
            break;
        }
        default:
            break;
        }
    }
    return s;
}

bool explain(struct str text, simdjson::error_code code, struct error *error)
{
    struct json_fault fault;
    struct str said = str_from(simdjson::error_message(code));
    if (code == simdjson::MEMALLOC)
        return error_no_memory(error);
    if (json_locate(text, &fault)) {
        error_set(error, ERROR_MALFORMED,
                  code == simdjson::DEPTH_ERROR  ? "json.too_deep"
                  : code == simdjson::UTF8_ERROR ? "json.not_utf8"
                                                 : "json.malformed",
                  "JSONを読み取れません（%1$zuバイト目%4$s%5$s: %2$s%3$.0s）",
                  "JSON can't be read (byte %1$zu%4$s%5$s: %2$.0s%3$s)", fault.offset,
                  fault.what_ja, fault.what_en, fault.path[0] ? ", " : "", fault.path);
    } else {
        error_set(error, ERROR_MALFORMED, "json.malformed", "JSONを読み取れません",
                  "JSON can't be read");
    }
    return error_peer(error, 0, STR_ABSENT, said);
}

bool keep(struct arena *arena, const simdjson::dom::document &doc, const survey &s,
          struct json *root, struct error *error)
{
    auto *d = static_cast<document *>(arena_alloc(arena, sizeof(document)));
    struct str tape = str_dup(arena, str_make(reinterpret_cast<const char *>(doc.tape.get()),
                                              s.tape_count * sizeof(uint64_t)));
    struct str strings = str_dup(
        arena, str_make(reinterpret_cast<const char *>(doc.string_buf.get()), s.string_bytes));
    if (arena_failed(arena) || !d)
        return error_no_memory(error);
    d->tape = reinterpret_cast<const uint64_t *>(tape.p);
    d->strings = strings.p;
    d->tape_count = s.tape_count;
    root->document = d;
    root->index = 1;
    return true;
}

simdjson::error_code run(parser_slot &slot, struct str text)
{
    if (!slot) {
        auto fresh = std::make_unique<simdjson::dom::parser>();
        simdjson::error_code code = fresh->allocate(64 * 1024, JSON_DEPTH_MAX + 1);
        if (code)
            return code;
        slot = std::move(fresh);
    }
    return slot->parse(text.p, text.n, true).error();
}

bool parse(struct arena *arena, struct str text, struct json *root, struct error *error)
{
    parser_slot &slot = thread_parser();
    simdjson::error_code code = run(slot, text);
    if (code)
        return explain(text, code, error);
    survey s = look_over(slot->doc);
    bool done = false;
    if (s.no_memory)
        done = error_no_memory(error);
    else if (s.twice.p)
        done = error_set(error, ERROR_MALFORMED, "json.duplicate_key",
                         "JSONの同じ階層に項目「%.*s」が2回あります",
                         "The JSON has the member \"%.*s\" twice in one object", STR_ARG(s.twice));
    else
        done = keep(arena, slot->doc, s, root, error);
    if (slot->capacity() > bytes_kept)
        slot.reset();
    return done;
}

// The code unit of an escape "\uXXXX" at the front of `text`; -1 if there is none.
int escaped_unit(struct str text)
{
    if (text.n < 6 || text.p[0] != '\\' || text.p[1] != 'u')
        return -1;
    int value = 0;
    for (int i = 2; i < 6; i++) {
        const char *digits = "0123456789abcdef";
        const char *at = strchr(digits, text.p[i] | 0x20);
        if (!at || !*at)
            return -1;
        value = value << 4 | static_cast<int>(at - digits);
    }
    return value;
}

// Length of the escape at the front (a backslash); *half when it is half of a surrogate pair alone.
size_t escape_length(struct str text, bool *half)
{
    int unit = escaped_unit(text);
    *half = false;
    if (unit < 0)
        return text.n < 2 ? text.n : 2;
    if (unit < 0xd800 || unit > 0xdfff)
        return 6;
    int low = escaped_unit(str_slice(text, 6, text.n));
    if (unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff)
        return 12;
    *half = true;
    return 6;
}

// Every byte that belongs to no well-formed sequence and every escape that is half a surrogate pair
// becomes U+FFFD. *changed tells whether there was any.
bool repair(struct str text, struct buf *out, bool *changed)
{
    *changed = false;
    while (text.n) {
        uint32_t c;
        bool broken = false;
        size_t n = str_utf8_decode(text, &c);
        if (n == 1 && c == 0xfffd)
            broken = true;
        else if (c == '\\')
            n = escape_length(text, &broken);
        buf_add(out, broken ? str_make("\xef\xbf\xbd", 3) : str_make(text.p, n));
        *changed = *changed || broken;
        text = str_slice(text, n, text.n);
    }
    return !out->failed;
}

bool parse_repaired(struct arena *arena, struct str text, struct json *root, struct error *error)
{
    struct buf repaired = buf_make(3 * text.n + 1);
    bool changed, done = false;
    if (!repair(text, &repaired, &changed))
        error_no_memory(error);
    else if (changed)
        done = parse(arena, buf_str(&repaired), root, error);
    buf_free(&repaired);
    return done;
}

const document *of(struct json v)
{
    return static_cast<const document *>(v.document);
}

uint64_t word(struct json v)
{
    return of(v)->tape[v.index];
}

struct json missing()
{
    return json{nullptr, 0};
}

template <class T> T number(struct json v)
{
    T value;
    memcpy(&value, &of(v)->tape[v.index + 1], sizeof value);
    return value;
}

} // namespace

extern "C" {

bool json_parse(struct arena *arena, struct str text, bool repair_utf8, struct json *root,
                struct error *error)
{
    *root = missing();
    if (str_starts(text, str_make("\xef\xbb\xbf", 3)))
        text = str_slice(text, 3, text.n);
    if (text.n > bytes_max)
        return error_set(error, ERROR_NO_MEMORY, "json.too_large",
                         "JSONが大きすぎます（%zuバイト）", "The JSON is too large (%zu bytes)",
                         text.n);
    if (!text.p)
        text = str_make("", 0);
    bool done = false;
    try {
        done = parse(arena, text, root, error);
        if (!done && repair_utf8 && error->error_kind == ERROR_MALFORMED)
            done = parse_repaired(arena, text, root, error);
    } catch (const std::bad_alloc &) {
        done = error_no_memory(error);
    } catch (...) {
        done = error_set(error, ERROR_INTERNAL, "json.exception", "JSONの読み取りで内部エラー",
                         "Internal fault while reading JSON");
    }
    return done;
}

enum json_type json_type(struct json v)
{
    if (!v.document)
        return JSON_MISSING;
    switch (kind(word(v))) {
    case 'n':
        return JSON_NULL;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'l':
        return JSON_INT;
    case 'u':
        return JSON_UINT;
    case 'd':
        return JSON_DOUBLE;
    case '"':
        return JSON_STRING;
    case '[':
        return JSON_ARRAY;
    case '{':
        return JSON_OBJECT;
    default:
        return JSON_MISSING;
    }
}

bool json_is_null(struct json v)
{
    return !v.document || kind(word(v)) == 'n';
}

struct json json_get(struct json object, const char *key)
{
    if (!object.document || kind(word(object)) != '{')
        return missing();
    const document *d = of(object);
    size_t n = strlen(key);
    size_t end = static_cast<uint32_t>(word(object)) - 1;
    for (size_t i = object.index + 1; i < end; i = behind(d->tape, i + 1)) {
        struct str name = string_at(d->strings, d->tape[i]);
        if (name.n == n && memcmp(name.p, key, n) == 0)
            return json{d, i + 1};
    }
    return missing();
}

struct str json_str(struct json v)
{
    if (json_type(v) != JSON_STRING)
        return STR_ABSENT;
    return string_at(of(v)->strings, word(v));
}

bool json_int(struct json v, int64_t *value)
{
    switch (json_type(v)) {
    case JSON_INT:
        *value = number<int64_t>(v);
        return true;
    case JSON_DOUBLE: {
        double d = number<double>(v);
        if (!(d >= -0x1p63 && d < 0x1p63) || d != std::trunc(d))
            return false;
        *value = static_cast<int64_t>(d);
        return true;
    }
    default:
        return false;
    }
}

bool json_double(struct json v, double *value)
{
    switch (json_type(v)) {
    case JSON_INT:
        *value = static_cast<double>(number<int64_t>(v));
        return true;
    case JSON_UINT:
        *value = static_cast<double>(number<uint64_t>(v));
        return true;
    case JSON_DOUBLE:
        *value = number<double>(v);
        return true;
    default:
        return false;
    }
}

bool json_true(struct json v)
{
    return v.document && kind(word(v)) == 't';
}

size_t json_count(struct json array_or_object)
{
    enum json_type type = json_type(array_or_object);
    if (type != JSON_ARRAY && type != JSON_OBJECT)
        return 0;
    uint64_t count = word(array_or_object) >> 32 & 0xffffff;
    if (count < 0xffffff)
        return count;
    // The tape's counter is full: count for real.
    count = 0;
    struct json_iter iter = json_iterate(array_or_object);
    for (struct json v; json_next(&iter, &v);)
        count++;
    return count;
}

struct json_iter json_iterate(struct json v)
{
    struct json_iter iter = {};
    enum json_type type = json_type(v);
    if (type != JSON_ARRAY && type != JSON_OBJECT)
        return iter;
    iter.document = v.document;
    iter.at = v.index + 1;
    iter.end = static_cast<uint32_t>(word(v)) - 1;
    iter.object = type == JSON_OBJECT;
    return iter;
}

bool json_next(struct json_iter *iter, struct json *value)
{
    if (iter->at >= iter->end)
        return false;
    const auto *d = static_cast<const document *>(iter->document);
    if (iter->object)
        iter->key = string_at(d->strings, d->tape[iter->at++]);
    *value = json{d, iter->at};
    iter->at = behind(d->tape, iter->at);
    return true;
}

struct str json_path(struct arena *arena, struct json v)
{
    if (!v.document)
        return STR_ABSENT;
    struct buf path = buf_make(4096);
    struct json at = {v.document, 1};
    while (at.index != v.index) {
        struct json_iter iter = json_iterate(at);
        size_t element = 0;
        struct json child = missing();
        for (; json_next(&iter, &child) && iter.at <= v.index; element++) {
        }
        if (!child.document || child.index > v.index)
            break;
        if (!iter.object) {
            buf_addf(&path, "[%zu]", element);
        } else {
            if (path.n)
                buf_add_char(&path, '.');
            buf_add(&path, iter.key);
        }
        at = child;
    }
    struct str copy = str_dup(arena, buf_str(&path));
    buf_free(&path);
    return copy;
}

} // extern "C"
