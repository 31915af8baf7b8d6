// SPDX-License-Identifier: Apache-2.0
// Phone numbers, postal codes, prefectures, yen, calendar.
#include "../base/check.h"
#include "text/japan.h"

static void phones(void **state)
{
    static const char *const cases[][2] = {
        {"03-1234-5678", "0312345678"},
        {"０３（１２３４）５６７８", "0312345678"},
        {"03ー1234−5678", "0312345678"},
        {" 090 1234 5678 ", "09012345678"},
        {"+81-90-1234-5678", "09012345678"},
        {"+81 (0)90-1234-5678", "09012345678"},
        {"＋８１９０１２３４５６７８", "09012345678"},
        {"0081-3-1234-5678", "0312345678"},
        {"81312345678", "0312345678"},
        {"819012345678", "09012345678"},
        {"0312345678内線12", "0312345678"},
        {"0312345678 #12", "0312345678"},
        {"+1-650-555-0100", "16505550100"},
        {"000-0000-0000", "00000000000"},
        {"なし", ""},
        {"", ""},
        {"+81", "0"},
        {"\xff\xfe"
         "03",
         "03"},
        {"1234567890123456789012345678901234567890", "12345678901234567890123456789012"},
    };
    AUTO_ARENA arena = arena_new(10000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_STR(phone_normalise(arena, str_from(cases[i][0])), cases[i][1]);
}

static void postal_codes(void **state)
{
    static const char *const cases[][2] = {
        {"100-0001", "1000001"},  {"〒１００－０００１", "1000001"},
        {"1000001", "1000001"},   {"100ー0001", "1000001"},
        {" 100 0001", "1000001"}, {"100−0001", "1000001"},
        {"10-0001", ""},          {"100-00011", ""},
        {"100-000a", ""},         {"", ""},
        {"東京都", ""},
    };
    AUTO_ARENA arena = arena_new(10000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_STR(postal_code_normalise(arena, str_from(cases[i][0])), cases[i][1]);
    CHECK_STR(postal_code_format(arena, STR("1000001")), "100-0001");
    CHECK_STR(postal_code_format(arena, STR("123")), "123");
    CHECK_STR(postal_code_format(arena, STR("")), "");
}

static void prefectures(void **state)
{
    for (int i = 1; i <= 47; i++)
        assert_int_equal(prefecture_number(prefecture_name(i)), i);
    assert_int_equal(prefecture_number(STR("東京都千代田区千代田1-1")), 13);
    assert_int_equal(prefecture_number(STR("　京都府京都市")), 26);
    assert_int_equal(prefecture_number(STR("東京")), 0);
    assert_int_equal(prefecture_number(STR("")), 0);
    CHECK_STR(prefecture_name(1), "北海道");
    CHECK_STR(prefecture_name(47), "沖縄県");
    CHECK_STR(prefecture_name(0), NULL);
    CHECK_STR(prefecture_name(48), NULL);
}

static void yen_amounts(void **state)
{
    AUTO_ARENA arena = arena_new(10000);
    CHECK_STR(yen_format(arena, 0), "0");
    CHECK_STR(yen_format(arena, 999), "999");
    CHECK_STR(yen_format(arena, 1000), "1,000");
    CHECK_STR(yen_format(arena, -1234567), "-1,234,567");
    CHECK_STR(yen_format(arena, INT64_MAX), "9,223,372,036,854,775,807");
    CHECK_STR(yen_format(arena, YEN_UNDETERMINED), NULL);
    static const struct {
        const char *text;
        bool good;
        yen amount;
    } cases[] = {
        {"12345", true, 12345},
        {"12,345", true, 12345},
        {"￥12,345", true, 12345},
        {"¥ 12,345", true, 12345},
        {"\\12,345", true, 12345},
        {"１２，３４５円", true, 12345},
        {" 1,980 円 ", true, 1980},
        {"1980.00", true, 1980},
        {"-9999", true, -9999},
        {"−500", true, -500},
        {"▲1,000", true, -1000},
        {"△1,000", true, -1000},
        {"-¥500", true, -500},
        {"¥-500", true, -500},
        {"+5", true, 5},
        {"0", true, 0},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"", false, 0},
        {"円", false, 0},
        {"¥", false, 0},
        {"-", false, 0},
        {"1,23", false, 0},
        {"1234,567", false, 0},
        {",123", false, 0},
        {"1,,234", false, 0},
        {"12.5", false, 0},
        {"12.", false, 0},
        {"12円3", false, 0},
        {"--1", false, 0},
        {"1e3", false, 0},
        {"十二", false, 0},
        {"¥¥1", false, 0},
        {"1-", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yen amount = 0;
        if (yen_parse(str_from(cases[i].text), &amount) != cases[i].good ||
            amount != cases[i].amount) {
            print_error("%s -> %lld\n", cases[i].text, (long long)amount);
            fail();
        }
    }
}

static void days(void **state)
{
    static const struct {
        day d;
        bool valid;
    } cases[] = {
        {20240229, true},  {20230229, false},  {20000229, true},  {19000229, false},
        {21000229, false}, {20260430, true},   {20260431, false}, {20261231, true},
        {20261232, false}, {20261300, false},  {20260001, false}, {20260100, false},
        {10101, true},     {99991231, true},   {0, false},        {-20260101, false},
        {101, false},      {100000101, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(day_is_valid(cases[i].d), cases[i].valid);
        assert_int_equal(day_start_jst(cases[i].d) != TIME_NONE, cases[i].valid);
    }
    assert_int_equal(day_add(20261231, 1), 20270101);
    assert_int_equal(day_add(20240228, 1), 20240229);
    assert_int_equal(day_add(20230228, 1), 20230301);
    assert_int_equal(day_add(20240301, -1), 20240229);
    assert_int_equal(day_add(20260101, -1), 20251231);
    assert_int_equal(day_add(20261123, 0), 20261123);
    assert_int_equal(day_add(99991231, 1), 0);
    assert_int_equal(day_add(10101, -1), 0);
    assert_int_equal(day_add(20230229, 1), 0);
    assert_int_equal(day_add(20260101, INT32_MAX), 0);
    assert_int_equal(day_difference(20270101, 20261231), 1);
    assert_int_equal(day_difference(20240301, 20240201), 29);
    assert_int_equal(day_difference(20260101, 20270101), -365);
    assert_int_equal(day_difference(0, 20270101), 0);
}

// Day by day from 1600 to 2400, against counting.
static void the_calendar_has_no_holes(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    day d = 16000101;
    time_ms start = day_start_jst(d);
    int weekday = 6; // 1600-01-01 was a Saturday
    while (d < 24000101) {
        assert_true(day_is_valid(d));
        assert_true(day_start_jst(d) == start);
        assert_int_equal(day_in_jst(start), d);
        assert_int_equal(day_in_jst(start + 86399999), d);
        struct civil_time c = civil_from_time(start, JST_OFFSET_MS);
        assert_int_equal(c.weekday, weekday);
        assert_true(time_from_civil(c, JST_OFFSET_MS) == start);
        int year = d / 10000, month = d / 100 % 100;
        int length = lengths[month - 1] +
                     (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)));
        day next = d % 100 < length ? d + 1
                   : month < 12     ? d / 100 * 100 + 101
                                    : (year + 1) * 10000 + 101;
        assert_int_equal(day_add(d, 1), next);
        d = next;
        start += 86400000;
        weekday = (weekday + 1) % 7;
    }
}

static void days_turn_at_midnight_in_japan(void **state)
{
    time_ms t;
    assert_true(time_parse_iso(STR("2026-12-31T14:59:59.999Z"), 0, &t));
    assert_int_equal(day_in_jst(t), 20261231);
    assert_int_equal(day_in_jst(t + 1), 20270101);
    assert_true(day_start_jst(20270101) == t + 1);
    assert_int_equal(day_in_jst(TIME_NONE), 0);
    assert_int_equal(day_in_jst(INT64_MAX), 0);
}

static void day_texts(void **state)
{
    char b[12];
    CHECK_STR(day_format(20261123, b), "2026-11-23");
    CHECK_STR(day_format(20261131, b), "");
    static const struct {
        const char *text;
        day d;
    } cases[] = {
        {"2026-11-23", 20261123},
        {"2026/11/23", 20261123},
        {"20261123", 20261123},
        {"2026年11月23日", 20261123},
        {"２０２６／１１／２３", 20261123},
        {"２０２６年１月５日", 20260105},
        {" 2026/1/5 ", 20260105},
        {"2024-02-29", 20240229},
        {"2023-02-29", 0},
        {"0000-00-00", 0},
        {"2026-11/23", 0},
        {"2026-11-23T00:00:00", 0},
        {"2026-11", 0},
        {"26-11-23", 0},
        {"2026-1123", 0},
        {"2026112", 0},
        {"", 0},
        {"2026-11-23-01", 0},
        {"\xff", 0},
        {"2026-11-23                                             x", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        day d = 0;
        assert_int_equal(day_parse(str_from(cases[i].text), &d), cases[i].d != 0);
        assert_int_equal(d, cases[i].d);
    }
}

static void civil_fields_are_checked(void **state)
{
    struct civil_time good = {2024, 2, 29, 23, 59, 59, 999, 0};
    assert_true(time_from_civil(good, 0) == INT64_C(1709251199999));
    struct civil_time bad[] = {good, good, good, good, good, good, good, good};
    bad[0].year = 2023;
    bad[1].month = 13;
    bad[2].day = 0;
    bad[3].hour = 24;
    bad[4].minute = 60;
    bad[5].second = 60;
    bad[6].ms = -1;
    bad[7].month = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(time_from_civil(bad[i], 0) == TIME_NONE);
    assert_int_equal(civil_from_time(TIME_NONE, 0).year, 0);
    assert_int_equal(civil_from_time(INT64_MAX, JST_OFFSET_MS).year, 0);
    assert_int_equal(civil_from_time(-1, 0).ms, 999);
    assert_int_equal(civil_from_time(0, 0).weekday, 4);
}

static void iso_times(void **state)
{
    const time_ms t0 = INT64_C(1795395723000); // 2026-11-23T01:02:03Z
    static const struct {
        const char *text;
        int64_t ms; // behind t0
    } good[] = {
        {"2026-11-23T01:02:03Z", 0},
        {"2026-11-23t01:02:03z", 0},
        {"2026-11-23 10:02:03", 0},
        {"2026-11-23T10:02:03", 0},
        {"2026-11-23T10:02:03+09:00", 0},
        {"2026-11-23T10:02:03+0900", 0},
        {"2026-11-23T10:02:03+09", 0},
        {"2026-11-22T20:02:03-05:00", 0},
        {"2026-11-23T06:32:03+05:30", 0},
        {"2026-11-23T01:02:03.5Z", 500},
        {"2026-11-23T01:02:03.123456789Z", 123},
        {"2026/11/23 10:02", -3000},
        {"  2026-11-23T01:02:03Z\n", 0},
    };
    static const char *const bad[] = {"",
                                      "2026-11-23",
                                      "2026-11-23T",
                                      "2026-11-23T01",
                                      "2026-11-23T01:02:03+",
                                      "2026-11-23T1:02:03Z",
                                      "2026-11-23T24:00:00Z",
                                      "2026-11-23T25:00:00",
                                      "2026-11-23T01:60:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "2026-11-23T01:02:03Zx",
                                      "2026-11-23T01:02:03.Z",
                                      "2026-11-23T01:02:03+09:0",
                                      "2026-11-23T01:02:03+15:00",
                                      "2026-11-23T01:02:03+09:60",
                                      "2026-11-23  01:02:03",
                                      "0000-00-00 00:00:00",
                                      "20261123100203",
                                      "2026-11-23T01:02:61Z",
                                      "\xff\xff"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        time_ms t = 0;
        if (!time_parse_iso(str_from(good[i].text), JST_OFFSET_MS, &t) || t != t0 + good[i].ms) {
            print_error("%s -> %lld\n", good[i].text, (long long)(t - t0));
            fail();
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        time_ms t = 7;
        assert_false(time_parse_iso(str_from(bad[i]), JST_OFFSET_MS, &t));
        assert_true(t == 7);
    }
    time_ms t;
    assert_false(time_parse_iso(STR_ABSENT, 0, &t));
    assert_true(time_parse_iso(STR("2016-12-31T23:59:60Z"), 0, &t)); // a leap second
    assert_true(t == INT64_C(1483228799000));
}

static void formats_and_reads_back(void **state)
{
    const time_ms t0 = INT64_C(1795395723000);
    char b[32], y[16];
    time_ms t;
    CHECK_STR(time_format_utc(t0, b), "2026-11-23T01:02:03Z");
    CHECK_STR(time_format_utc(t0 + 7, b), "2026-11-23T01:02:03.007Z");
    CHECK_STR(time_format_utc(TIME_NONE, b), "");
    CHECK_STR(time_format_rakuten(t0 + 999, b), "2026-11-23T10:02:03+0900");
    CHECK_STR(time_format_rakuten(TIME_NONE, b), "");
    CHECK_STR(time_format_yahoo(t0, y), "20261123100203");
    CHECK_STR(time_format_yahoo(TIME_NONE, y), "");
    assert_true(time_parse_yahoo(STR("20261123100203"), &t) && t == t0);
    assert_true(time_parse_yahoo(STR("2026-11-23T10:02:03+09:00"), &t) && t == t0);
    assert_true(time_parse_yahoo(STR("2026-11-23 10:02:03"), &t) && t == t0);
    assert_false(time_parse_yahoo(STR("20261123250203"), &t));
    assert_false(time_parse_yahoo(STR("2026112310020x"), &t));
    assert_false(time_parse_yahoo(STR(""), &t));
    assert_true(time_parse_http(STR("Mon, 23 Nov 2026 01:02:03 GMT"), &t) && t == t0);
    static const char *const bad[] = {"",
                                      "Mon, 23 Nov 2026 01:02:03",
                                      "Mon 23 Nov 2026 01:02:03 GMT",
                                      "Mon, 23 Foo 2026 01:02:03 GMT",
                                      "Mon, 31 Nov 2026 01:02:03 GMT",
                                      "Mon, 23 Nov 2026 01:02:03 JST",
                                      "Mon,",
                                      "Mon, 23 No"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(time_parse_http(str_from(bad[i]), &t));
    for (time_ms at = INT64_C(-60000000000000); at < INT64_C(250000000000000);
         at += INT64_C(77777777777)) {
        assert_true(time_parse_iso(time_format_utc(at, b), 0, &t));
        assert_true(t == at);
        assert_true(time_parse_iso(time_format_rakuten(at, b), 0, &t));
        assert_true(t == civil_from_time(at, 0).ms * -1 + at);
    }
}

static void lack_of_memory_is_seen_in_the_arena(void **state)
{
    AUTO_ARENA tiny = arena_new(1);
    CHECK_STR(phone_normalise(tiny, STR("03-1234-5678")), "");
    CHECK_STR(yen_format(tiny, 5), "");
    assert_true(arena_failed(tiny));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phones),
        cmocka_unit_test(postal_codes),
        cmocka_unit_test(prefectures),
        cmocka_unit_test(yen_amounts),
        cmocka_unit_test(days),
        cmocka_unit_test(the_calendar_has_no_holes),
        cmocka_unit_test(days_turn_at_midnight_in_japan),
        cmocka_unit_test(day_texts),
        cmocka_unit_test(civil_fields_are_checked),
        cmocka_unit_test(iso_times),
        cmocka_unit_test(formats_and_reads_back),
        cmocka_unit_test(lack_of_memory_is_seen_in_the_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
