// SPDX-License-Identifier: Apache-2.0
//
// Dates, times, amounts, phone numbers, postal codes and ids as malls and people write them. Beyond
// memory faults: what is accepted is valid, and its own written form reads back to the same value.
#include "fuzz.h"

#include "base/id.h"
#include "text/japan.h"

static void check_times(struct str text)
{
    time_ms t, back;
    char buffer[32], short_buffer[16];
    if (time_parse_iso(text, JST_OFFSET_MS, &t)) {
        struct str form = time_format_utc(t, buffer);
        // The years 1 and 9999 end at a zone's midnight, not at UTC's.
        require(form.n == 0 || (time_parse_iso(form, 0, &back) && back == t));
    }
    if (time_parse_yahoo(text, &t) && time_format_yahoo(t, short_buffer).n) {
        time_ms whole = t - civil_from_time(t, 0).ms;
        require(time_parse_yahoo(time_format_yahoo(t, short_buffer), &back) && back == whole);
        require(time_parse_iso(time_format_rakuten(t, buffer), 0, &back) && back == whole);
        day d = day_in_jst(t);
        require(day_is_valid(d) && day_start_jst(d) <= t && t - day_start_jst(d) < 86400000);
    }
    if (time_parse_http(text, &t))
        require(time_format_utc(t, buffer).n);
}

static void check_days(struct str text)
{
    day d, back;
    char buffer[12];
    if (!day_parse(text, &d))
        return;
    require(day_is_valid(d) && day_parse(day_format(d, buffer), &back) && back == d);
    day next = day_add(d, 1);
    require(d == 99991231 ? next == 0 : next > d && day_difference(next, d) == 1);
    require(day_in_jst(day_start_jst(d)) == d);
}

static void check_numbers(struct arena *arena, struct str text)
{
    yen amount, back;
    row_id id, same;
    char buffer[24];
    if (yen_parse(text, &amount))
        require(yen_parse(yen_format(arena, amount), &back) && back == amount);
    if (id_parse(text, &id))
        require(id > 0 && id_parse(id_format(id, buffer), &same) && same == id);
    struct str phone = phone_normalise(arena, text);
    for (size_t i = 0; i < phone.n; i++)
        require(phone.p[i] >= '0' && phone.p[i] <= '9');
    struct str code = postal_code_normalise(arena, text);
    require(code.n == 0 || code.n == 7);
    if (code.n)
        require(str_eq(postal_code_normalise(arena, postal_code_format(arena, code)), code));
    int prefecture = prefecture_number(text);
    require(prefecture >= 0 && prefecture <= 47);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct str text = fuzz_text(data, size);
    if (!arena)
        return 0;
    check_times(text);
    check_days(text);
    check_numbers(arena, text);
    return 0;
}
