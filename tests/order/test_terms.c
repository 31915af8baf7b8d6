// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "order/search.h"
#include "order/terms.h"

static void collect(void *context, struct str term, size_t start, size_t end)
{
    struct buf *out = context;
    assert_int_equal(end - start, term.n);
    if (out->n)
        buf_add_char(out, '|');
    buf_add(out, term);
}

static void terms_are(const char *text, const char *expected)
{
    AUTO_BUF out = buf_make(1u << 16);
    terms_each(str_from(text), collect, &out);
    assert_str(buf_str(&out), expected);
}

static void pairs_of_characters_and_fours_of_digits(void **state)
{
    terms_are("", "");
    terms_are("藤", "");
    terms_are("佐藤", "佐藤");
    terms_are("佐藤花子 東京", "佐藤|藤花|花子|東京");
    terms_are("123", "");
    terms_are("1234", "1234");
    terms_are("123456", "1234|2345|3456");
    terms_are("a12345b", "a1|1234|2345|5b");
    terms_are("12 34", "");
    terms_are("1丁目23", "1丁|丁目|目2");
    terms_are("𠮷野", "𠮷野");
}

static void ideographs_stand_alone(void **state)
{
    AUTO_BUF out = buf_make(1u << 16);
    terms_each_single(STR("佐藤 ab12 かカー㐀𠮷 x9々"), collect, &out);
    assert_str(buf_str(&out), "佐|藤|㐀|𠮷");
}

struct lookup {
    struct str list[400];
    size_t count;
    bool all;
};

static void keep(void *context, struct str term, size_t start, size_t end)
{
    struct lookup *l = context;
    l->list[l->count++] = term;
}

static void need(void *context, struct str term, size_t start, size_t end)
{
    struct lookup *l = context;
    bool found = false;
    for (size_t i = 0; i < l->count; i++)
        found |= str_eq(l->list[i], term);
    l->all &= found;
}

// The promise of terms.h: every substring's terms are among the word's terms.
static void every_substring_is_found(void **state)
{
    struct str text = STR("佐藤0312345678abc東京都1-2-3 x99りんご5kg");
    struct lookup l = {.all = true};
    terms_each(text, keep, &l);
    for (size_t from = 0; from < text.n; from++)
        for (size_t to = from + 1; to <= text.n; to++) {
            struct str part = str_slice(text, from, to);
            if (str_is_utf8(part) && str_find_char(part, ' ') < 0)
                terms_each(part, need, &l);
        }
    assert_true(l.all);
}

static void field_is(const char *text, const char *expected)
{
    AUTO_BUF out = buf_make(1u << 16);
    search_add_field(&out, str_from(text));
    assert_str(buf_str(&out), expected);
}

static void word_is(const char *text, const char *expected)
{
    AUTO_BUF out = buf_make(1u << 16);
    search_add_query_word(&out, str_from(text));
    assert_str(buf_str(&out), expected);
}

static void fields_lose_blanks_and_inner_hyphens(void **state)
{
    field_is("佐藤 花子", "佐藤花子");
    field_is("ｻﾄｳ ﾊﾅｺ", "さとうはなこ");
    field_is("03-1234-5678", "0312345678");
    field_is("０３ー１２３４−５６７８", "0312345678");
    field_is("ラーメン", "ら-めん");
    field_is("A-か", "a-か");
    field_is("", "");
    field_is("  ", "");
    word_is("-1234", "1234");
    word_is("1234-", "1234");
    word_is("か-", "か-");
    word_is("-", "-");
}

// Stored: a change of the hash would make every search fail.
static void hashes_stay_what_they_are(void **state)
{
    assert_int_equal(term_hash(STR("佐藤")), 10787139);
    assert_int_equal(term_hash(STR("1234")), 2987568);
    assert_int_not_equal(term_hash(STR("佐々")), term_hash(STR("佐藤")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_characters_and_fours_of_digits),
        cmocka_unit_test(ideographs_stand_alone),
        cmocka_unit_test(every_substring_is_found),
        cmocka_unit_test(fields_lose_blanks_and_inner_hyphens),
        cmocka_unit_test(hashes_stay_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
