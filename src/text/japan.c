// SPDX-License-Identifier: Apache-2.0
//
// Phone numbers, postal codes, prefectures and yen as people in Japan write them. (Dates:
// japan_time.c)
//
// Invariants: input is any text at all, broken UTF-8 included; output is ASCII or absent. No state,
// any thread.
#include "text/japan.h"

#include <inttypes.h>

// The next character with full-width ASCII made narrow and every blank made ' '.
static uint32_t take_narrow(struct str *rest)
{
    uint32_t c;
    size_t n = str_utf8_decode(*rest, &c);
    *rest = str_slice(*rest, n, rest->n);
    if (c >= 0xff01 && c <= 0xff5e)
        return c - 0xff01 + '!';
    if (c == 0x3000 || c == 0xa0 || c == '\t' || c == '\r' || c == '\n')
        return ' ';
    return c;
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

// What people type between digits (formats.md §3.1).
static bool is_hyphen(uint32_t c)
{
    static const uint16_t hyphens[] = {'-',    0x00ad, 0x02d7, 0x058a, 0x2010, 0x2011,
                                       0x2012, 0x2013, 0x2014, 0x2015, 0x2043, 0x207b,
                                       0x208b, 0x2212, 0x2500, 0x2501, 0x2796, 0x2e3a,
                                       0x2e3b, 0x30fc, 0x30a0, 0xfe58, 0xfe63, 0xff70};
    for (size_t i = 0; i < sizeof hyphens / sizeof *hyphens; i++)
        if (c == hyphens[i])
            return true;
    return false;
}

// 81 with nine or ten digits behind it can only be the country code: numbers inside Japan start
// with 0.
static struct str without_country(struct str digits, bool plus)
{
    if (str_starts(digits, STR("0081")))
        digits = str_slice(digits, 4, digits.n);
    else if (str_starts(digits, STR("81")) && (plus || digits.n == 11 || digits.n == 12))
        digits = str_slice(digits, 2, digits.n);
    else
        return STR_ABSENT;
    return str_starts(digits, STR("0")) ? str_slice(digits, 1, digits.n) : digits;
}

struct str phone_normalise(struct arena *arena, struct str text)
{
    char digits[32];
    size_t n = 0;
    bool plus = false;
    for (struct str rest = text; rest.n && n < sizeof digits;) {
        if (n && str_starts(rest, STR("内線")))
            break;
        uint32_t c = take_narrow(&rest);
        if (n && c == '#')
            break;
        if (is_digit(c))
            digits[n++] = (char)c;
        else if (c == '+' && n == 0)
            plus = true;
    }
    struct str number = str_make(digits, n);
    struct str national = without_country(number, plus);
    if (!national.p)
        return str_dup(arena, number);
    return arena_printf(arena, "0%.*s", STR_ARG(national));
}

struct str postal_code_normalise(struct arena *arena, struct str text)
{
    char digits[7];
    size_t n = 0;
    for (struct str rest = text; rest.n;) {
        uint32_t c = take_narrow(&rest);
        if (is_digit(c) && n < sizeof digits)
            digits[n++] = (char)c;
        else if (is_digit(c) || (c != ' ' && c != 0x3012 && c != 0x3036 && !is_hyphen(c)))
            return STR("");
    }
    return n == sizeof digits ? str_dup(arena, str_make(digits, n)) : STR("");
}

struct str postal_code_format(struct arena *arena, struct str seven_digits)
{
    if (seven_digits.n != 7)
        return str_dup(arena, seven_digits);
    return arena_printf(arena, "%.3s-%.4s", seven_digits.p, seven_digits.p + 3);
}

static const char *const prefectures[47] = {
    "北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県",   "福島県", "茨城県",
    "栃木県", "群馬県", "埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県",
    "石川県", "福井県", "山梨県", "長野県", "岐阜県", "静岡県",   "愛知県", "三重県",
    "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県", "鳥取県", "島根県",
    "岡山県", "広島県", "山口県", "徳島県", "香川県", "愛媛県",   "高知県", "福岡県",
    "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県"};

int prefecture_number(struct str text)
{
    text = str_trim(text);
    for (int i = 0; i < 47; i++)
        if (str_starts(text, str_from(prefectures[i])))
            return i + 1;
    return 0;
}

struct str prefecture_name(int number)
{
    return number >= 1 && number <= 47 ? str_from(prefectures[number - 1]) : STR_ABSENT;
}

struct str yen_format(struct arena *arena, yen amount)
{
    if (amount == YEN_UNDETERMINED)
        return STR_ABSENT;
    char text[32];
    size_t at = sizeof text;
    uint64_t rest = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    for (int digits = 0; digits == 0 || rest; digits++, rest /= 10) {
        if (digits && digits % 3 == 0)
            text[--at] = ',';
        text[--at] = (char)('0' + rest % 10);
    }
    if (amount < 0)
        text[--at] = '-';
    return str_dup(arena, str_make(text + at, sizeof text - at));
}

// The digits of "12,345" or "12345" without commas; false when commas stand elsewhere.
static bool join_groups(struct str text, char digits[24], size_t *n)
{
    bool commas = str_find_char(text, ',') >= 0;
    size_t in_group = 0, groups = 0;
    *n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == ',') {
            if (in_group == 0 || in_group > 3 || (groups && in_group != 3))
                return false;
            in_group = 0;
            groups++;
        } else if (is_digit((unsigned char)text.p[i]) && *n < 23) {
            digits[(*n)++] = text.p[i];
            in_group++;
        } else {
            return false;
        }
    }
    return *n > 0 && (!commas || in_group == 3);
}

// Cuts ".0", ".00" … off; false when the fraction isn't zero.
static bool cut_zero_fraction(struct str *number)
{
    ptrdiff_t point = str_find_char(*number, '.');
    if (point < 0)
        return true;
    struct str fraction = str_slice(*number, (size_t)point + 1, number->n);
    for (size_t i = 0; i < fraction.n; i++)
        if (fraction.p[i] != '0')
            return false;
    *number = str_slice(*number, 0, (size_t)point);
    return fraction.n > 0;
}

// "[sign][¥]digits[円]" with the sign on either side of the ¥, blanks between them ignored.
static bool strip_marks(struct str text, char plain[48], size_t *n, bool *negative)
{
    bool signed_already = false, yen_mark = false, yen_word = false;
    *n = 0;
    *negative = false;
    while (text.n) {
        uint32_t c = take_narrow(&text);
        bool minus = c == '-' || c == 0x2212 || c == 0x25b2 || c == 0x25b3;
        if (c == ' ')
            continue;
        if (yen_word)
            return false;
        if (*n == 0 && !signed_already && (minus || c == '+')) {
            signed_already = true;
            *negative = minus;
        } else if (*n == 0 && !yen_mark && (c == 0xa5 || c == 0xffe5 || c == '\\')) {
            yen_mark = true;
        } else if (*n && c == 0x5186) {
            yen_word = true;
        } else if ((is_digit(c) || c == ',' || c == '.') && *n < 47) {
            plain[(*n)++] = (char)c;
        } else {
            return false;
        }
    }
    return true;
}

bool yen_parse(struct str text, yen *amount)
{
    char plain[48], digits[24];
    size_t n, count;
    bool negative;
    if (!strip_marks(str_trim(text), plain, &n, &negative))
        return false;
    struct str number = str_make(plain, n);
    int64_t value;
    if (!cut_zero_fraction(&number) || !join_groups(number, digits, &count) ||
        !str_to_int64(str_make(digits, count), &value))
        return false;
    *amount = negative ? -value : value;
    return true;
}
