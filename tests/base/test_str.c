// SPDX-License-Identifier: Apache-2.0
// Borrowed text.
#include "check.h"

static void compares(void **state)
{
    assert_true(str_eq(STR("a"), STR("a")));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_eq(STR_ABSENT, STR("")));
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("b"), STR("ab")) > 0);
    assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR_ABSENT, STR("")), 0);
    assert_true(str_eq_nocase(STR("Content-Type"), STR("content-TYPE")));
    assert_false(str_eq_nocase(STR("ア"), STR("あ")));
    assert_false(str_eq_nocase(STR("@"), STR("`")));
}

static void finds_and_cuts(void **state)
{
    assert_true(str_starts(STR("受注番号"), STR("受注")));
    assert_false(str_starts(STR("受"), STR("受注")));
    assert_true(str_starts(STR_ABSENT, STR("")));
    assert_true(str_ends(STR("a.csv"), STR(".csv")));
    assert_false(str_ends(STR("csv"), STR(".csv")));
    assert_int_equal(str_find(STR("abcabc"), STR("ca")), 2);
    assert_int_equal(str_find(STR("abc"), STR("")), 0);
    assert_int_equal(str_find(STR("abc"), STR("abcd")), -1);
    assert_int_equal(str_find(STR_ABSENT, STR("x")), -1);
    assert_int_equal(str_find_char(STR("a,b"), ','), 1);
    assert_int_equal(str_find_char(STR_ABSENT, ','), -1);
    CHECK_STR(str_slice(STR("abc"), 1, 2), "b");
    CHECK_STR(str_slice(STR("abc"), 2, 99), "c");
    CHECK_STR(str_slice(STR("abc"), 9, 2), "");
    CHECK_STR(str_slice(STR_ABSENT, 0, 5), NULL);
}

static void trims(void **state)
{
    CHECK_STR(str_trim(STR(" \t\r\n　受 注　 ")), "受 注");
    CHECK_STR(str_trim(STR("　　")), "");
    CHECK_STR(str_trim(STR("")), "");
    CHECK_STR(str_trim(STR("\xe3\x80")), "\xe3\x80"); // half a wide blank is no blank
}

static void splits(void **state)
{
    struct str rest = STR("a,,b"), part;
    assert_true(str_split(&rest, ',', &part));
    CHECK_STR(part, "a");
    assert_true(str_split(&rest, ',', &part));
    CHECK_STR(part, "");
    assert_true(str_split(&rest, ',', &part));
    CHECK_STR(part, "b");
    assert_false(str_split(&rest, ',', &part));
    rest = STR("");
    assert_false(str_split(&rest, ',', &part));
    rest = STR("a,");
    assert_true(str_split(&rest, ',', &part));
    assert_false(str_split(&rest, ',', &part));
    rest = STR(",");
    assert_true(str_split(&rest, ',', &part));
    CHECK_STR(part, "");
    assert_false(str_split(&rest, ',', &part));
}

static void reads_integers(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"+17", true, 17},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"１", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 0;
        assert_int_equal(str_to_int64(str_from(cases[i].text), &value), cases[i].good);
        assert_int_equal(value, cases[i].value);
    }
    int64_t value;
    assert_false(str_to_int64(STR_ABSENT, &value));
}

static void judges_utf8(void **state)
{
    static const char *const good[] = {"",
                                       "plain ascii, longer than eight",
                                       "受注 ①㈱髙",
                                       "\xc2\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "𠮷野家"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\xaf",
                                      "\xc1\xbf",
                                      "\xc3",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xe3\x81",
                                      "\xe3\x81x",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "12345678\x80",
                                      "1234567\xe3\x81"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(str_is_utf8(str_from(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(str_is_utf8(str_from(bad[i])));
    assert_true(str_is_utf8(STR_ABSENT));
}

static void decodes_what_it_encodes(void **state)
{
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c < 0xe000)
            continue;
        char bytes[4];
        uint32_t back;
        size_t n = str_utf8_encode(c, bytes);
        assert_int_equal(str_utf8_decode(str_make(bytes, n), &back), n);
        assert_int_equal(back, c);
        assert_true(str_is_utf8(str_make(bytes, n)));
        assert_false(n > 1 && str_is_utf8(str_make(bytes, n - 1)));
    }
    uint32_t c;
    assert_int_equal(str_utf8_decode(STR("\xed\xa0\x80"), &c), 1);
    assert_int_equal(c, 0xfffd);
}

static void counts_and_cuts_characters(void **state)
{
    assert_int_equal(str_utf8_length(STR("a受𠮷")), 3);
    CHECK_STR(str_utf8_cut(STR("受注"), 6), "受注");
    CHECK_STR(str_utf8_cut(STR("受注"), 5), "受");
    CHECK_STR(str_utf8_cut(STR("受注"), 2), "");
    CHECK_STR(str_utf8_cut(STR("𠮷"), 3), "");
}

static void hashes_stably(void **state)
{
    assert_true(str_hash(STR("")) == 0xcbf29ce484222325ull);
    assert_true(str_hash(STR("a")) == 0xaf63dc4c8601ec8cull);
    assert_true(str_hash(STR("foobar")) == 0x85944171f73967e8ull);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),
        cmocka_unit_test(finds_and_cuts),
        cmocka_unit_test(trims),
        cmocka_unit_test(splits),
        cmocka_unit_test(reads_integers),
        cmocka_unit_test(judges_utf8),
        cmocka_unit_test(decodes_what_it_encodes),
        cmocka_unit_test(counts_and_cuts_characters),
        cmocka_unit_test(hashes_stably),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
