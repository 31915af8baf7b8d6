// SPDX-License-Identifier: Apache-2.0
//
// A plain JSON checker that reports the first fault with its place. Only for texts that the fast
// reader refused (and for its fuzzer, which holds the two readers against each other).
//
// Invariants: no recursion, no allocation; `stack` describes the containers that are open at `at`.
// Ownership: borrows the text; a fault holds its path itself. Any thread.
#include "base/json_locate.h"

#include <stdio.h>

struct level {
    bool object;
    size_t element; // of an array
    struct str key; // of an object, raw between its quotes
};

struct checker {
    struct str text;
    size_t at;
    int depth;
    struct level stack[JSON_DEPTH_MAX];
    struct json_fault *fault;
};

static void add_path(char *path, size_t size, size_t *used, struct str piece)
{
    size_t room = size - 1 - *used;
    struct str cut = str_utf8_cut(piece, room);
    if (!str_is_utf8(cut))
        cut = STR("?");
    if (cut.n)
        memcpy(path + *used, cut.p, cut.n);
    *used += cut.n;
    path[*used] = '\0';
}

static bool fault(struct checker *c, size_t offset, const char *ja, const char *en)
{
    struct json_fault *f = c->fault;
    *f = (struct json_fault){.offset = offset, .what_ja = ja, .what_en = en};
    size_t used = 0;
    for (int i = 0; i < c->depth && used + 24 < sizeof f->path; i++) {
        const struct level *level = &c->stack[i];
        char index[24];
        if (level->object) {
            if (!level->key.p)
                break;
            if (used)
                add_path(f->path, sizeof f->path, &used, STR("."));
            add_path(f->path, sizeof f->path, &used, level->key);
        } else {
            int n = snprintf(index, sizeof index, "[%zu]", level->element);
            add_path(f->path, sizeof f->path, &used, str_make(index, n > 0 ? (size_t)n : 0));
        }
    }
    return false;
}

static int peek(const struct checker *c)
{
    return c->at < c->text.n ? (unsigned char)c->text.p[c->at] : -1;
}

static void skip_blanks(struct checker *c)
{
    for (int b = peek(c); b == ' ' || b == '\t' || b == '\n' || b == '\r'; b = peek(c))
        c->at++;
}

static bool unexpected(struct checker *c)
{
    if (peek(c) < 0)
        return fault(c, c->at, "途中で終わっています", "it ends too early");
    return fault(c, c->at, "ここに来るはずのない文字です", "unexpected character");
}

static bool check_hex4(struct checker *c, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, c->at++) {
        int b = peek(c);
        int digit = b >= '0' && b <= '9'   ? b - '0'
                    : b >= 'a' && b <= 'f' ? b - 'a' + 10
                    : b >= 'A' && b <= 'F' ? b - 'A' + 10
                                           : -1;
        if (digit < 0)
            return unexpected(c);
        *value = *value << 4 | (uint32_t)digit;
    }
    return true;
}

// Behind the backslash.
static bool check_escape(struct checker *c)
{
    size_t from = c->at - 1;
    int b = peek(c);
    if (b <= 0 || !strchr("\"\\/bfnrtu", b))
        return unexpected(c);
    c->at++;
    if (b != 'u')
        return true;
    uint32_t high, low;
    if (!check_hex4(c, &high))
        return false;
    if (high < 0xd800 || high > 0xdfff)
        return true;
    if (high < 0xdc00 && peek(c) == '\\') {
        c->at++;
        if (peek(c) == 'u') {
            c->at++;
            if (!check_hex4(c, &low))
                return false;
            if (low >= 0xdc00 && low <= 0xdfff)
                return true;
        }
    }
    return fault(c, from, "対になっていないサロゲートです", "half of a surrogate pair");
}

// At the opening quote; *content receives what lies between the quotes.
static bool check_string(struct checker *c, struct str *content)
{
    size_t from = ++c->at;
    for (;;) {
        int b = peek(c);
        if (b < 0)
            return unexpected(c);
        if (b == '"')
            break;
        if (b < 0x20)
            return fault(c, c->at, "文字列の中に制御文字があります",
                         "control character in a string");
        if (b == '\\') {
            c->at++;
            if (!check_escape(c))
                return false;
            continue;
        }
        uint32_t character;
        size_t n = str_utf8_decode(str_slice(c->text, c->at, c->text.n), &character);
        if (n == 1 && character == 0xfffd)
            return fault(c, c->at, "UTF-8ではないバイトです", "byte that isn't UTF-8");
        c->at += n;
    }
    *content = str_slice(c->text, from, c->at++);
    return true;
}

static bool is_digit(int b)
{
    return b >= '0' && b <= '9';
}

static bool check_digits(struct checker *c)
{
    if (!is_digit(peek(c)))
        return unexpected(c);
    while (is_digit(peek(c)))
        c->at++;
    return true;
}

static bool check_number(struct checker *c)
{
    if (peek(c) == '-')
        c->at++;
    if (peek(c) == '0')
        c->at++;
    else if (!check_digits(c))
        return false;
    if (peek(c) == '.') {
        c->at++;
        if (!check_digits(c))
            return false;
    }
    if (peek(c) == 'e' || peek(c) == 'E') {
        c->at++;
        if (peek(c) == '+' || peek(c) == '-')
            c->at++;
        if (!check_digits(c))
            return false;
    }
    return true;
}

static bool check_word(struct checker *c, struct str word)
{
    if (!str_starts(str_slice(c->text, c->at, c->text.n), word))
        return unexpected(c);
    c->at += word.n;
    return true;
}

static bool open_level(struct checker *c, bool object)
{
    if (c->depth == JSON_DEPTH_MAX)
        return fault(c, c->at, "入れ子が深すぎます", "nested too deeply");
    c->stack[c->depth++] = (struct level){.object = object};
    c->at++;
    return true;
}

// A scalar, or the opening bracket of a container.
static bool check_start(struct checker *c, bool *opened)
{
    struct str content;
    *opened = false;
    switch (peek(c)) {
    case '{':
    case '[':
        *opened = true;
        return open_level(c, peek(c) == '{');
    case '"':
        return check_string(c, &content);
    case 't':
        return check_word(c, STR("true"));
    case 'f':
        return check_word(c, STR("false"));
    case 'n':
        return check_word(c, STR("null"));
    default:
        return peek(c) == '-' || is_digit(peek(c)) ? check_number(c) : unexpected(c);
    }
}

static bool check_key(struct checker *c)
{
    struct level *level = &c->stack[c->depth - 1];
    skip_blanks(c);
    if (peek(c) != '"')
        return unexpected(c);
    struct str key = STR_ABSENT;
    if (!check_string(c, &key))
        return false;
    level->key = key;
    skip_blanks(c);
    if (peek(c) != ':')
        return unexpected(c);
    c->at++;
    return true;
}

// Behind a value: closes what ends here and stands before the next value, or finds the end.
static bool check_follow(struct checker *c, bool *finished)
{
    *finished = false;
    for (;;) {
        skip_blanks(c);
        if (c->depth == 0) {
            *finished = true;
            return c->at == c->text.n || fault(c, c->at, "JSONの後ろに余分な文字があります",
                                               "text behind the JSON value");
        }
        struct level *level = &c->stack[c->depth - 1];
        if (peek(c) == ',') {
            c->at++;
            level->element++;
            return !level->object || check_key(c);
        }
        if (peek(c) != (level->object ? '}' : ']'))
            return unexpected(c);
        c->at++;
        c->depth--;
    }
}

// Just behind an opening bracket: true in *empty when it closes at once.
static bool check_first(struct checker *c, bool *empty)
{
    struct level *level = &c->stack[c->depth - 1];
    skip_blanks(c);
    *empty = peek(c) == (level->object ? '}' : ']');
    if (*empty) {
        c->at++;
        c->depth--;
        return true;
    }
    return !level->object || check_key(c);
}

bool json_locate(struct str text, struct json_fault *found)
{
    struct checker c = {.text = text, .fault = found};
    for (bool finished = false; !finished;) {
        bool opened, empty = true;
        skip_blanks(&c);
        if (!check_start(&c, &opened))
            return true;
        if (opened && !check_first(&c, &empty))
            return true;
        if (!empty)
            continue;
        if (!check_follow(&c, &finished))
            return true;
    }
    return false;
}
