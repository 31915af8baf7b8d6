// SPDX-License-Identifier: Apache-2.0
//
// Japanese habits of writing: phone numbers, postal codes, prefectures, yen, dates in JST.
#ifndef JUCHU_TEXT_JAPAN_H
#define JUCHU_TEXT_JAPAN_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"

typedef int64_t yen;
// A mall hasn't determined the amount yet (Rakuten -9999). Stored as NULL.
#define YEN_UNDETERMINED INT64_MIN

// Digits only ("0312345678"), accepting full width, hyphens, blanks, +81 and 0081; an extension
// behind 内線 or # is left out. Empty when no digits.
struct str phone_normalise(struct arena *arena, struct str text);
// "1000001" from "100-0001", "〒１００－０００１"; empty when it isn't seven digits.
struct str postal_code_normalise(struct arena *arena, struct str text);
struct str postal_code_format(struct arena *arena, struct str seven_digits); // "100-0001"
// Index 1 (北海道) … 47 (沖縄県) of the prefecture that the text starts with, 0 if none.
int prefecture_number(struct str text);
struct str prefecture_name(int number);

// "12,345"; absent for YEN_UNDETERMINED.
struct str yen_format(struct arena *arena, yen amount);
// A decimal integer in any width, with optional sign (- − ▲ △), thousands commas, ¥ or 円, or a
// fraction of zeros ("1980.00"); false otherwise.
bool yen_parse(struct str text, yen *amount);

// A calendar day without zone, as yyyymmdd (20261123); 0 = none.
typedef int32_t day;
#define JST_OFFSET_MS (9 * 3600 * 1000LL)
// The JST day in which the instant falls.
day day_in_jst(time_ms t);
// First instant of the day in JST; TIME_NONE for an impossible day.
time_ms day_start_jst(day d);
bool day_is_valid(day d);
day day_add(day d, int days);                   // 0 when the result or d is impossible
int64_t day_difference(day later, day earlier); // in days; 0 when one is impossible
// "2026-11-23"; buffer of 12; empty for an impossible day.
struct str day_format(day d, char buffer[12]);
// "2026-11-23", "2026/11/23", "2026/1/5", "20261123", "2026年11月23日" (also full width).
bool day_parse(struct str text, day *d);

// Calendar fields of an instant at a fixed offset from UTC.
struct civil_time {
    int year, month, day, hour, minute, second, ms, weekday; // weekday 0 = Sunday
};
struct civil_time civil_from_time(time_ms t, int64_t offset_ms);
// TIME_NONE when a field is out of range (29 February included).
time_ms time_from_civil(struct civil_time c, int64_t offset_ms);

// "2026-11-23T01:02:03Z" (".123" only when not zero); buffer of 32.
struct str time_format_utc(time_ms t, char buffer[32]);
// RFC 3339 with Z, ±hh:mm, ±hhmm, ±hh or without zone (then `default_offset_ms`); 'T' or blank;
// '/' for '-' and no seconds are accepted (au PAY: "2026/11/23 10:02"). Not a date alone.
bool time_parse_iso(struct str text, int64_t default_offset_ms, time_ms *t);
// "2026-11-23T10:02:03+0900": exactly what RMS accepts (rakuten.md §1.7). Buffer of 32.
struct str time_format_rakuten(time_ms t, char buffer[32]);
// "20261123100203" in JST (yahoo.md §5). Buffer of 16.
struct str time_format_yahoo(time_ms t, char buffer[16]);
bool time_parse_yahoo(struct str text, time_ms *t); // 14 digits, or the ISO forms of answers
// HTTP date ("Mon, 23 Nov 2026 01:02:03 GMT").
bool time_parse_http(struct str text, time_ms *t);

#endif
