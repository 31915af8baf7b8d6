// SPDX-License-Identifier: Apache-2.0
// Folding for search and bigrams.
#include "../base/check.h"
#include "text/fold.h"

static void folds_alike(void **state)
{
    static const char *const cases[][2] = {
        {"ABC abc ＡＢＣ", "abc abc abc"},
        {"カタカナ", "かたかな"},
        {"ｶﾀｶﾅ", "かたかな"},
        {"ﾊﾞﾝﾄﾞ", "ばんど"},
        {"か\xe3\x82\x99", "が"},
        {"カ\xe3\x82\x99", "が"},
        {"ヴァイオリン", "ゔぁいおりん"},
        {"ヽヾ", "ゝゞ"},
        {"センター", "せんた-"},
        {"03‐1234–5678", "03-1234-5678"},
        {"1−2－3ー4ｰ5―6", "1-2-3-4-5-6"},
        {"㈱山田商店", "(株)山田商店"},
        {"①②", "12"},
        {"  山田　　太郎\t\n", "山田 太郎"},
        {"髙橋", "高橋"},
        {"宮﨑", "宮崎"},
        {"𠮷野家", "吉野家"},
        {"渡邊 渡邉", "渡辺 渡辺"},
        {"齋藤 斎藤 齊藤", "斉藤 斉藤 斉藤"},
        {"辻\xf3\xa0\x84\x80", "辻"},
        {"\xef\xa8\x99社", "神社"},
        {"ﬁne Straße", "fine strasse"},
        {"É\xcc\x81", "\xc3\xa9\xcc\x81"},
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"\xe3\x81", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"😀", "😀"},
        {"", ""},
        {"　", ""},
        {"～〜", "~〜"},
    };
    AUTO_ARENA arena = arena_new(1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_STR(fold_search_dup(arena, str_from(cases[i][0])), cases[i][1]);
    CHECK_STR(fold_search_dup(arena, STR_ABSENT), NULL);
}

static void appends(void **state)
{
    AUTO_BUF out = buf_make(1000);
    buf_add(&out, STR("x "));
    fold_search(STR(" Ａ "), &out);
    fold_search(STR("㈱"), &out);
    CHECK_STR(buf_str(&out), "x a(株)");
}

// An emoji behind a text sends it through utf8proc as a whole; the result must be the same as that
// of the table, for every character between letters.
static void both_ways_agree(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    for (uint32_t c = 1; c < 0x30000; c++) {
        if (c >= 0xd800 && c < 0xe000)
            continue;
        char bytes[4];
        size_t n = str_utf8_encode(c, bytes);
        struct str fast = fold_search_dup(arena, arena_printf(arena, "あx%.*s字", (int)n, bytes));
        struct str slow = fold_search_dup(arena, arena_printf(arena, "あx%.*s字😀", (int)n, bytes));
        if (!str_eq(fast, str_slice(slow, 0, slow.n - 4))) {
            print_error("U+%04X: \"%.*s\" \"%.*s\"\n", (unsigned)c, STR_ARG(fast), STR_ARG(slow));
            fail();
        }
        struct str again = fold_search_dup(arena, fast);
        if (!str_eq(again, fast)) {
            print_error("U+%04X: \"%.*s\" then \"%.*s\"\n", (unsigned)c, STR_ARG(fast),
                        STR_ARG(again));
            fail();
        }
        arena_reset(arena);
    }
}

static void widths(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    CHECK_STR(fold_width(arena, STR("２０２６－１１－２３")), "2026-11-23");
    CHECK_STR(fold_width(arena, STR("ＡＢｃ ｶﾞ")), "ABc ガ");
    CHECK_STR(fold_width(arena, STR("plain")), "plain");
    CHECK_STR(fold_width(arena, STR("")), "");
    CHECK_STR(fold_width(arena, STR_ABSENT), NULL);
    CHECK_STR(fold_width(arena, STR("\xff")), "\xef\xbf\xbd");
}

static void collect(void *context, struct str token, size_t start, size_t end)
{
    buf_addf(context, "%.*s@%zu-%zu ", STR_ARG(token), start, end);
}

static void bigrams(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"a", "a@0-1 "},
        {"ab", "ab@0-2 "},
        {"abc", "ab@0-2 bc@1-3 "},
        {"山田 太", "山田@0-6 太@7-10 "},
        {" a  bc ", "a@1-2 bc@4-6 "},
        {"𠮷a", "𠮷a@0-5 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_BUF out = buf_make(1000);
        fold_bigrams(str_from(cases[i][0]), collect, &out);
        CHECK_STR(buf_str(&out), cases[i][1]);
    }
}

static void lack_of_memory_is_seen(void **state)
{
    static const char *const texts[] = {"カナ", "㈱"};
    for (int i = 0; i < 2; i++) {
        uint64_t failures = 0;
        for (uint64_t n = 1;; n++) {
            AUTO_ARENA arena = arena_new(1000);
            memory_fail_at(n, 0);
            struct str s = fold_search_dup(arena, str_from(texts[i]));
            memory_fail_at(0, 0);
            if (!arena_failed(arena)) {
                CHECK_STR(s, i ? "(株)" : "かな");
                break;
            }
            CHECK_STR(s, "");
            failures++;
        }
        assert_true(failures > 0);
    }
    AUTO_BUF tiny = buf_make(3);
    fold_search(STR("カナ"), &tiny);
    assert_true(tiny.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_alike),     cmocka_unit_test(appends),
        cmocka_unit_test(both_ways_agree), cmocka_unit_test(widths),
        cmocka_unit_test(bigrams),         cmocka_unit_test(lack_of_memory_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
