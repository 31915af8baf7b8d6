// SPDX-License-Identifier: Apache-2.0
//
// Calendar and the malls' ways of writing time.
//
// Invariants: years 1 to 9999 only; what lies outside is TIME_NONE, day 0 or an empty text. JST is
// UTC+9 without summer time. No time zone database, no C library calendar, no state: any thread.
#include "text/japan.h"

#include <stdio.h>

#define DAY_MS 86400000LL

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && is_leap(year));
}

static bool date_is_valid(int year, int month, int day_of_month)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day_of_month >= 1 &&
           day_of_month <= month_length(year, month);
}

// Days from 1970-01-01 (Hinnant's algorithm, years beginning in March).
static int64_t days_from_date(int year, int month, int day_of_month)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day_of_month - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year -
           719468;
}

static bool split_day(day d, int *year, int *month, int *day_of_month)
{
    *year = d / 10000;
    *month = d / 100 % 100;
    *day_of_month = d % 100;
    return d > 0 && date_is_valid(*year, *month, *day_of_month);
}

static day day_from_days(int64_t days)
{
    // 0001-01-01 and 9999-12-31
    if (days < -719162 || days > 2932896)
        return 0;
    int year, month, day_of_month;
    clock_civil_from_days(days, &year, &month, &day_of_month);
    return year * 10000 + month * 100 + day_of_month;
}

static int64_t floor_days(int64_t ms)
{
    return ms / DAY_MS - (ms % DAY_MS < 0);
}

bool day_is_valid(day d)
{
    int year, month, day_of_month;
    return split_day(d, &year, &month, &day_of_month);
}

day day_in_jst(time_ms t)
{
    int64_t local;
    if (t == TIME_NONE || __builtin_add_overflow(t, JST_OFFSET_MS, &local))
        return 0;
    return day_from_days(floor_days(local));
}

time_ms day_start_jst(day d)
{
    int year, month, day_of_month;
    if (!split_day(d, &year, &month, &day_of_month))
        return TIME_NONE;
    return days_from_date(year, month, day_of_month) * DAY_MS - JST_OFFSET_MS;
}

day day_add(day d, int days)
{
    int year, month, day_of_month;
    if (!split_day(d, &year, &month, &day_of_month))
        return 0;
    return day_from_days(days_from_date(year, month, day_of_month) + days);
}

int64_t day_difference(day later, day earlier)
{
    int y1, m1, d1, y2, m2, d2;
    if (!split_day(later, &y1, &m1, &d1) || !split_day(earlier, &y2, &m2, &d2))
        return 0;
    return days_from_date(y1, m1, d1) - days_from_date(y2, m2, d2);
}

static struct str checked(const char *buffer, int n, size_t size)
{
    return n > 0 && (size_t)n < size ? str_make(buffer, (size_t)n) : STR("");
}

struct str day_format(day d, char buffer[12])
{
    int year, month, day_of_month;
    if (!split_day(d, &year, &month, &day_of_month))
        return STR("");
    return checked(buffer, snprintf(buffer, 12, "%04d-%02d-%02d", year, month, day_of_month), 12);
}

struct civil_time civil_from_time(time_ms t, int64_t offset_ms)
{
    int64_t local;
    if (t == TIME_NONE || __builtin_add_overflow(t, offset_ms, &local))
        return (struct civil_time){0};
    int64_t days = floor_days(local), ms = local - days * DAY_MS;
    day d = day_from_days(days);
    if (d == 0)
        return (struct civil_time){0};
    return (struct civil_time){
        .year = d / 10000,
        .month = d / 100 % 100,
        .day = d % 100,
        .hour = (int)(ms / 3600000),
        .minute = (int)(ms / 60000 % 60),
        .second = (int)(ms / 1000 % 60),
        .ms = (int)(ms % 1000),
        .weekday = (int)(((days + 4) % 7 + 7) % 7), // 1970-01-01 was a Thursday
    };
}

static bool within(int value, int end)
{
    return value >= 0 && value < end;
}

time_ms time_from_civil(struct civil_time c, int64_t offset_ms)
{
    if (!date_is_valid(c.year, c.month, c.day) || !within(c.hour, 24) || !within(c.minute, 60) ||
        !within(c.second, 60) || !within(c.ms, 1000) || offset_ms <= -DAY_MS || offset_ms >= DAY_MS)
        return TIME_NONE;
    int64_t seconds = c.hour * 3600 + c.minute * 60 + c.second;
    return days_from_date(c.year, c.month, c.day) * DAY_MS + seconds * 1000 + c.ms - offset_ms;
}

struct str time_format_utc(time_ms t, char buffer[32])
{
    return t == TIME_NONE ? STR("") : clock_format_utc(t, buffer);
}

struct str time_format_rakuten(time_ms t, char buffer[32])
{
    struct civil_time c = civil_from_time(t, JST_OFFSET_MS);
    if (c.year == 0)
        return STR("");
    return checked(buffer,
                   snprintf(buffer, 32, "%04d-%02d-%02dT%02d:%02d:%02d+0900", c.year, c.month,
                            c.day, c.hour, c.minute, c.second),
                   32);
}

struct str time_format_yahoo(time_ms t, char buffer[16])
{
    struct civil_time c = civil_from_time(t, JST_OFFSET_MS);
    if (c.year == 0)
        return STR("");
    return checked(buffer,
                   snprintf(buffer, 16, "%04d%02d%02d%02d%02d%02d", c.year, c.month, c.day, c.hour,
                            c.minute, c.second),
                   16);
}

// A reader over ASCII text. Each function takes what it names off the front, or says no.
struct scan {
    const char *p, *end;
};

static bool take_char(struct scan *s, char c)
{
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

static bool take_number(struct scan *s, int least, int most, int *value)
{
    int digits = 0;
    *value = 0;
    for (; digits < most && s->p < s->end && *s->p >= '0' && *s->p <= '9'; digits++)
        *value = *value * 10 + (*s->p++ - '0');
    return digits >= least;
}

static bool at_digit(const struct scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

// Full-width ASCII made narrow, 年月 to '-', 日 and outer blanks dropped; false when it isn't
// short.
static bool narrow(struct str text, char out[40], struct scan *s)
{
    size_t n = 0;
    text = str_trim(text);
    while (text.n) {
        uint32_t c;
        size_t bytes = str_utf8_decode(text, &c);
        text = str_slice(text, bytes, text.n);
        if (c >= 0xff01 && c <= 0xff5e)
            c = c - 0xff01 + '!';
        else if (c == 0x5e74 || c == 0x6708) // 年, 月
            c = '-';
        else if (c == 0x65e5 && text.n == 0) // 日
            break;
        if (c < ' ' || c > '~' || n == 40)
            return false;
        out[n++] = (char)c;
    }
    *s = (struct scan){out, out + n};
    return true;
}

static bool take_date(struct scan *s, struct civil_time *c)
{
    if (!take_number(s, 4, 4, &c->year))
        return false;
    if (at_digit(s))
        return take_number(s, 2, 2, &c->month) && take_number(s, 2, 2, &c->day);
    char separator = s->p < s->end ? *s->p : '\0';
    return (separator == '-' || separator == '/') && take_char(s, separator) &&
           take_number(s, 1, 2, &c->month) && take_char(s, separator) &&
           take_number(s, 1, 2, &c->day);
}

bool day_parse(struct str text, day *d)
{
    char buffer[40];
    struct scan s;
    struct civil_time c = {0};
    if (!narrow(text, buffer, &s) || !take_date(&s, &c) || s.p != s.end ||
        !date_is_valid(c.year, c.month, c.day))
        return false;
    *d = c.year * 10000 + c.month * 100 + c.day;
    return true;
}

// "hh:mm", "hh:mm:ss", "hh:mm:ss.fff…" (cut to milliseconds).
static bool take_time(struct scan *s, struct civil_time *c)
{
    if (!take_number(s, 2, 2, &c->hour) || !take_char(s, ':') || !take_number(s, 2, 2, &c->minute))
        return false;
    if (!take_char(s, ':'))
        return true;
    if (!take_number(s, 2, 2, &c->second))
        return false;
    if (c->second == 60) // a leap second; clocks that can't show it repeat the last second
        c->second = 59;
    if (!take_char(s, '.') && !take_char(s, ','))
        return true;
    int scale = 100;
    bool any = at_digit(s);
    for (; at_digit(s); s->p++, scale /= 10)
        c->ms += (*s->p - '0') * scale;
    return any;
}

static bool take_zone(struct scan *s, int64_t *offset_ms)
{
    if (s->p == s->end)
        return true;
    if (take_char(s, 'Z') || take_char(s, 'z')) {
        *offset_ms = 0;
        return true;
    }
    bool west = *s->p == '-';
    int hours, minutes = 0;
    if (!(take_char(s, '+') || take_char(s, '-')) || !take_number(s, 2, 2, &hours))
        return false;
    if (s->p < s->end) {
        take_char(s, ':');
        if (!take_number(s, 2, 2, &minutes))
            return false;
    }
    if (hours > 14 || minutes > 59)
        return false;
    *offset_ms = (hours * 60 + minutes) * 60000LL * (west ? -1 : 1);
    return true;
}

bool time_parse_iso(struct str text, int64_t default_offset_ms, time_ms *t)
{
    text = str_trim(text);
    struct scan s = {text.p, text.n ? text.p + text.n : text.p};
    struct civil_time c = {0};
    int64_t offset_ms = default_offset_ms;
    if (!take_date(&s, &c) || !(take_char(&s, 'T') || take_char(&s, 't') || take_char(&s, ' ')) ||
        !take_time(&s, &c) || !take_zone(&s, &offset_ms) || s.p != s.end)
        return false;
    time_ms result = time_from_civil(c, offset_ms);
    if (result == TIME_NONE)
        return false;
    *t = result;
    return true;
}

bool time_parse_yahoo(struct str text, time_ms *t)
{
    text = str_trim(text);
    struct scan s = {text.p, text.n ? text.p + text.n : text.p};
    struct civil_time c = {0};
    if (text.n != 14)
        return time_parse_iso(text, JST_OFFSET_MS, t);
    if (!take_number(&s, 4, 4, &c.year) || !take_number(&s, 2, 2, &c.month) ||
        !take_number(&s, 2, 2, &c.day) || !take_number(&s, 2, 2, &c.hour) ||
        !take_number(&s, 2, 2, &c.minute) || !take_number(&s, 2, 2, &c.second))
        return false;
    time_ms result = time_from_civil(c, JST_OFFSET_MS);
    if (result == TIME_NONE)
        return false;
    *t = result;
    return true;
}

static bool take_month_name(struct scan *s, int *month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (s->end - s->p < 3)
        return false;
    for (int i = 0; i < 12; i++)
        if (memcmp(s->p, names + 3 * i, 3) == 0) {
            s->p += 3;
            *month = i + 1;
            return true;
        }
    return false;
}

bool time_parse_http(struct str text, time_ms *t)
{
    text = str_trim(text);
    struct scan s = {text.p, text.n ? text.p + text.n : text.p};
    struct civil_time c = {0};
    // The name of the day says nothing that the date doesn't.
    ptrdiff_t comma = str_find_char(text, ',');
    if (comma != 3)
        return false;
    s.p += 4;
    if (!take_char(&s, ' ') || !take_number(&s, 2, 2, &c.day) || !take_char(&s, ' ') ||
        !take_month_name(&s, &c.month) || !take_char(&s, ' ') || !take_number(&s, 4, 4, &c.year) ||
        !take_char(&s, ' ') || !take_time(&s, &c) || !take_char(&s, ' ') ||
        !str_eq(str_make(s.p, (size_t)(s.end - s.p)), STR("GMT")))
        return false;
    time_ms result = time_from_civil(c, 0);
    if (result == TIME_NONE)
        return false;
    *t = result;
    return true;
}
