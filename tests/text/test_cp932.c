// SPDX-License-Identifier: Apache-2.0
// CP932 and the detection of encodings.
#include "../base/check.h"
#include "text/cp932.h"
#include "text/kanji.h"

static struct str encode(struct arena *arena, const char *utf8, struct cp932_loss **losses)
{
    struct str out;
    struct error e = {0};
    if (!cp932_from_utf8(arena, str_from(utf8), &out, losses, &e)) {
        print_error("%s: %s\n", utf8, e.what_en);
        fail();
    }
    return out;
}

static struct str decode(struct arena *arena, struct str bytes)
{
    struct str out;
    struct error e = {0};
    assert_true(cp932_to_utf8(arena, bytes, &out, &e));
    return out;
}

static void characters_that_break_elsewhere(void **state)
{
    static const char *const cases[][2] = {
        {"髙", "\xfb\xfc"},
        {"﨑", "\xfa\xb1"},
        {"～", "\x81\x60"},
        {"－", "\x81\x7c"},
        {"①", "\x87\x40"},
        {"㈱", "\x87\x8a"},
        {"ⅰ", "\xfa\x40"},
        {"Ⅰ", "\x87\x54"},
        {"ｱﾊﾟｰﾄ", "\xb1\xca\xdf\xb0\xc4"},
        {"表十ソ能予申", "\x95\x5c\x8f\x5c\x83\x5c\x94\x5c\x97\x5c\x90\x5c"},
        {"∥", "\x81\x61"},
        {"￠￡￢", "\x81\x91\x81\x92\x81\xca"},
        {"―", "\x81\x5c"},
        {"\\~", "\\~"},
        {"￥", "\x81\x8f"},
        {"　", "\x81\x40"},
        {"\xee\x80\x80", "\xf0\x40"},
    };
    AUTO_ARENA arena = arena_new(10000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cp932_loss *losses;
        CHECK_STR(encode(arena, cases[i][0], &losses), cases[i][1]);
        assert_null(losses);
        CHECK_STR(decode(arena, str_from(cases[i][1])), cases[i][0]);
        assert_int_equal(cp932_width(str_from(cases[i][0])), strlen(cases[i][1]));
    }
}

static void twins_are_no_loss(void **state)
{
    static const char *const cases[][2] = {
        {"〜", "～"},      {"−", "－"},
        {"–", "－"},       {"—", "―"},
        {"‖", "∥"},        {"¢£¬", "￠￡￢"},
        {"¥", "￥"},       {"‾", "￣"},
        {"\xc2\xa0", " "}, {"か\xe3\x82\x99は\xe3\x82\x9a", "がぱ"},
    };
    AUTO_ARENA arena = arena_new(10000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cp932_loss *losses;
        CHECK_STR(decode(arena, encode(arena, cases[i][0], &losses)), cases[i][1]);
        assert_null(losses);
    }
}

static void substitutes_and_reports(void **state)
{
    static const struct {
        const char *in, *out;
        bool substituted;
    } cases[] = {
        {"𠮷", "吉", true},
        {"é", "e", true},
        {"ñ", "n", true},
        {"剝", "剥", true},
        {"神\xef\xb8\x80", "神", true},
        {"辻\xf3\xa0\x84\x80", "辻", true},
        {"a\xe2\x80\x8b", "a", true},
        {"e\xcc\x81", "e", true},
        {"㍿", "株式会社", true},
        {"Ａ\xcc\x8a", "Ａ", true},
        {"😀", "〓", false},
        {"한", "〓", false},
        {"𪚥", "〓", false},
    };
    AUTO_ARENA arena = arena_new(100000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cp932_loss *losses;
        struct str bytes = encode(arena, cases[i].in, &losses);
        CHECK_STR(decode(arena, bytes), cases[i].out);
        assert_non_null(losses);
        assert_int_equal(losses->substituted, cases[i].substituted);
        assert_null(losses->next);
        assert_int_equal(cp932_width(str_from(cases[i].in)), bytes.n);
    }
}

static void lists_losses_in_order(void **state)
{
    AUTO_ARENA arena = arena_new(10000);
    struct cp932_loss *l;
    CHECK_STR(decode(arena, encode(arena, "a𠮷b😀髙é", &l)), "a吉b〓髙e");
    assert_int_equal(l->at, 1);
    assert_int_equal(l->character, 0x20bb7);
    assert_true(l->substituted);
    l = l->next;
    assert_int_equal(l->at, 6);
    assert_int_equal(l->character, 0x1f600);
    assert_false(l->substituted);
    l = l->next;
    assert_int_equal(l->at, 13);
    assert_int_equal(l->character, 0xe9);
    assert_null(l->next);
}

// Every code that decodes to a character must encode to a code of the same character.
static void every_code_comes_back(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    int valid = 0, other_code = 0;
    for (unsigned code = 0; code < 65536; code++) {
        char bytes[2] = {(char)(code >> 8), (char)code};
        struct str in = code < 0x100 ? str_make(bytes + 1, 1) : str_make(bytes, 2), utf8, back;
        struct error e;
        struct cp932_loss *losses;
        unsigned char lead = (unsigned char)bytes[0];
        if (code >= 0x100 && !((lead >= 0x81 && lead <= 0x9f) || (lead >= 0xe0 && lead <= 0xfc)))
            continue;
        if (!cp932_to_utf8(arena, in, &utf8, &e)) {
            CHECK_ERROR(&e, ERROR_MALFORMED, "text.not_cp932");
            continue;
        }
        valid++;
        assert_true(str_is_utf8(utf8));
        assert_int_equal(str_utf8_length(utf8), 1);
        assert_true(cp932_from_utf8(arena, utf8, &back, &losses, &e));
        assert_null(losses);
        other_code += !str_eq(back, in);
        assert_true(str_eq(decode(arena, back), utf8));
        arena_reset(arena);
    }
    assert_int_equal(other_code, 398); // formats.md §1.2
    assert_true(valid > 9000);
}

static void any_text_can_be_encoded(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c < 0xe000)
            continue;
        char bytes[4];
        struct str utf8 = str_make(bytes, str_utf8_encode(c, bytes)), out, back;
        struct cp932_loss *losses;
        struct error e;
        assert_true(cp932_from_utf8(arena, utf8, &out, &losses, &e));
        assert_true(cp932_to_utf8(arena, out, &back, &e));
        assert_int_equal(cp932_width(utf8), out.n);
        if ((c & 0xff) == 0)
            arena_reset(arena);
    }
}

static void refuses_bad_bytes(void **state)
{
    static const struct {
        const char *bytes;
        size_t at;
    } cases[] = {{"\x80", 0},   {"\xa0", 0},     {"\xfd", 0},
                 {"ab\x81", 2}, {"\x81\x20", 0}, {"\x82\xa0\x81\x7f", 2},
                 {"\xff", 0},   {"\x85\x40", 0}};
    AUTO_ARENA arena = arena_new(10000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str out;
        struct error e;
        char subject[32];
        assert_false(cp932_to_utf8(arena, str_from(cases[i].bytes), &out, &e));
        CHECK_ERROR(&e, ERROR_MALFORMED, "text.not_cp932");
        snprintf(subject, sizeof subject, "byte %zu", cases[i].at);
        assert_string_equal(e.subject, subject);
    }
    struct str out;
    struct cp932_loss *losses;
    struct error e;
    assert_false(cp932_from_utf8(arena, STR("受\xe6\xb3"), &out, &losses, &e));
    CHECK_ERROR(&e, ERROR_BAD_INPUT, "text.not_utf8");
    assert_string_equal(e.subject, "byte 3");
    assert_true(cp932_to_utf8(arena, STR(""), &out, &e));
    CHECK_STR(out, "");
}

static void widths_and_cuts(void **state)
{
    assert_int_equal(cp932_width(STR("")), 0);
    assert_int_equal(cp932_width(STR("aｱ受")), 4);
    assert_int_equal(cp932_width(STR("\xff")), 2);
    CHECK_STR(cp932_cut(STR("受注番号"), 5), "受注");
    CHECK_STR(cp932_cut(STR("受注番号"), 8), "受注番号");
    CHECK_STR(cp932_cut(STR("ﾊﾞﾊﾞ"), 3), "ﾊﾞ");
    CHECK_STR(cp932_cut(STR("か\xe3\x82\x99x"), 2), "か\xe3\x82\x99");
    CHECK_STR(cp932_cut(STR("受"), 1), "");
}

static void detects(void **state)
{
    assert_int_equal(text_detect(STR("")), TEXT_UTF8);
    assert_int_equal(text_detect(STR("order,1")), TEXT_UTF8);
    assert_int_equal(text_detect(STR("受注")), TEXT_UTF8);
    assert_int_equal(text_detect(STR("\xef\xbb\xbf受注")), TEXT_UTF8_BOM);
    assert_int_equal(text_detect(STR("\x8e\xf3\x92\x8d")), TEXT_CP932);
    assert_int_equal(text_detect(STR("\xff\xfeU\0")), TEXT_UTF16LE);
    assert_int_equal(text_detect(STR("\xff\xfeU")), TEXT_UNKNOWN);
    assert_int_equal(text_detect(STR("\xfe\xff\0U")), TEXT_UNKNOWN);
    assert_int_equal(text_detect(STR("\x80\x81")), TEXT_UNKNOWN);
    assert_int_equal(text_detect(STR("\x8e")), TEXT_UNKNOWN);
}

static void converts_what_it_detects(void **state)
{
    AUTO_ARENA arena = arena_new(10000);
    enum text_encoding encoding;
    struct str out;
    struct error e;
    assert_true(text_to_utf8(arena, STR("\xef\xbb\xbf受注"), &out, &encoding, &e));
    CHECK_STR(out, "受注");
    assert_int_equal(encoding, TEXT_UTF8_BOM);
    assert_true(text_to_utf8(arena, STR("\x8e\xf3\x92\x8d"), &out, &encoding, &e));
    CHECK_STR(out, "受注");
    assert_true(
        text_to_utf8(arena, STR("\xff\xfe\xd7\x53\x42\xd8\xb7\xdf\x42\xd8"), &out, &encoding, &e));
    CHECK_STR(out, "受𠮷\xef\xbf\xbd");
    assert_true(text_to_utf8(arena, STR(""), &out, &encoding, &e));
    CHECK_STR(out, "");
    assert_false(text_to_utf8(arena, STR("\x80"), &out, &encoding, &e));
    CHECK_ERROR(&e, ERROR_MALFORMED, "text.unknown_encoding");
}

static bool both_ways(struct error *e)
{
    AUTO_ARENA arena = arena_new(100000);
    struct str bytes, utf8;
    struct cp932_loss *losses;
    enum text_encoding encoding;
    if (!arena)
        return error_no_memory(e);
    return cp932_from_utf8(arena, STR("髙😀𠮷"), &bytes, &losses, e) &&
           text_to_utf8(arena, bytes, &utf8, &encoding, e);
}

static void survives_lack_of_memory(void **state)
{
    struct error e = {0};
    EACH_ALLOCATION_FAILS(both_ways(&e), &e);
    for (size_t limit = 1; limit < 64; limit++) {
        AUTO_ARENA tiny = arena_new(limit);
        struct str out;
        struct cp932_loss *losses;
        if (!cp932_from_utf8(tiny, STR("髙😀𠮷"), &out, &losses, &e))
            CHECK_ERROR(&e, ERROR_NO_MEMORY, "memory.exhausted");
        arena_reset(tiny);
        if (!cp932_to_utf8(tiny, STR("\x8e\xf3\x92\x8d\x8e\xf3\x92\x8d\x8e\xf3\x92\x8d"), &out, &e))
            CHECK_ERROR(&e, ERROR_NO_MEMORY, "memory.exhausted");
    }
}

static void variant_table_is_sound(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    int print = 0, search = 0;
    for (uint32_t c = 0x3400; c < 0x30000; c++) {
        uint32_t p = kanji_print_form(c), s = kanji_search_form(c);
        assert_int_equal(kanji_search_form(s), s);
        assert_int_equal(kanji_search_form(p), s);
        print += p != c;
        search += s != c;
        if (p == c)
            continue;
        // Everybody's printer has it: JIS X 0208 ends at EAA4 and has no NEC or IBM rows.
        char bytes[4];
        struct str out;
        struct cp932_loss *losses;
        struct error e;
        assert_true(
            cp932_from_utf8(arena, str_make(bytes, str_utf8_encode(p, bytes)), &out, &losses, &e));
        assert_null(losses);
        assert_true((unsigned char)out.p[0] < 0xeb && (unsigned char)out.p[0] != 0x87);
        arena_reset(arena);
    }
    assert_true(print > 50 && search > 200);
    assert_int_equal(kanji_print_form(0x9ad9), 0x9ad8);
    assert_int_equal(kanji_print_form(0x908a), 0x908a);
    assert_int_equal(kanji_search_form(0x908a), 0x8fba);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_that_break_elsewhere),
        cmocka_unit_test(twins_are_no_loss),
        cmocka_unit_test(substitutes_and_reports),
        cmocka_unit_test(lists_losses_in_order),
        cmocka_unit_test(every_code_comes_back),
        cmocka_unit_test(any_text_can_be_encoded),
        cmocka_unit_test(refuses_bad_bytes),
        cmocka_unit_test(widths_and_cuts),
        cmocka_unit_test(detects),
        cmocka_unit_test(converts_what_it_detects),
        cmocka_unit_test(survives_lack_of_memory),
        cmocka_unit_test(variant_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
