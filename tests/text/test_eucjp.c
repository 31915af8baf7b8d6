// SPDX-License-Identifier: Apache-2.0
// EUC-JP both ways.
#include "../base/check.h"
#include "text/eucjp.h"

#include "base/memory.h"

static struct str decode(struct arena *arena, struct str bytes, bool repair)
{
    struct str out = STR("");
    struct error e = {0};
    assert_true(eucjp_to_utf8(arena, bytes, repair, &out, &e));
    return out;
}

static void characters_of_all_sets(void **state)
{
    static const char *const cases[][2] = {
        {"abc~", "abc~"},
        {"亜", "\xb0\xa1"},
        {"東京（23区内）", "\xc5\xec\xb5\xfe\xa1\xca\x32\x33\xb6\xe8\xc6\xe2\xa1\xcb"},
        {"ｱﾊﾟ", "\x8e\xb1\x8e\xca\x8e\xdf"},
        {"①㈱", "\xad\xa1\xad\xea"},
        {"髙", "\xfc\xe2"},
        {"～", "\xa1\xc1"},
        {"〓", "\xa2\xae"},
    };
    struct arena *arena = arena_new(1 << 20);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str out;
        struct error e = {0};
        assert_true(eucjp_from_utf8(arena, str_from(cases[i][0]), &out, &e));
        if (!str_eq(out, str_from(cases[i][1])))
            fail_msg("%s is encoded otherwise", cases[i][0]);
        assert_true(str_eq(decode(arena, str_from(cases[i][1]), false), str_from(cases[i][0])));
    }
    // eucJP-ms writes the IBM characters in the third set; a hole in row 9 is no character.
    assert_true(str_eq(decode(arena, STR("\x8f\xf4\xfe"), false), STR("黑")));
    assert_true(str_eq(decode(arena, STR("a\xa9\xa1z"), false), STR("a〓z")));
    arena_free(arena);
}

static void broken_bytes(void **state)
{
    static const char *const broken[] = {"a\xa4", "\xa4 ", "\x8e", "\x8f\xa1", "\x80", "\xff\xff"};
    struct arena *arena = arena_new(1 << 20);
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct str out;
        struct error e = {0};
        assert_false(eucjp_to_utf8(arena, str_from(broken[i]), false, &out, &e));
        assert_int_equal(e.class, ERROR_MALFORMED);
        assert_string_equal(e.code, "text.not_eucjp");
        assert_true(str_is_utf8(decode(arena, str_from(broken[i]), true)));
    }
    struct str out;
    struct error e = {0};
    assert_false(eucjp_from_utf8(arena, STR("\xff"), &out, &e));
    assert_int_equal(e.class, ERROR_BAD_INPUT);
    arena_free(arena);
}

static void without_memory(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 200; n++) {
        struct str out = STR(""), back = STR("");
        struct error e = {0};
        struct arena *arena = arena_new(1 << 20);
        assert_non_null(arena);
        memory_fail_at(n, 0);
        bool done = eucjp_from_utf8(arena, STR("見本 髙 花子"), &out, &e) &&
                    eucjp_to_utf8(arena, out, true, &back, &e);
        uint64_t made = memory_fail_at(0, 0);
        assert_true(done || e.class == ERROR_NO_MEMORY);
        arena_free(arena);
        if (done && made < n)
            return;
    }
    fail();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(characters_of_all_sets),
                                       cmocka_unit_test(broken_bytes),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
