// SPDX-License-Identifier: Apache-2.0
//
// Time comes from outside, so that a year can be simulated in a minute. Only src/main, the event
// loop and tests make clocks; everything else is handed one.
#ifndef JUCHU_BASE_CLOCK_H
#define JUCHU_BASE_CLOCK_H

#include "base/str.h"

// Milliseconds since 1970-01-01T00:00:00Z.
typedef int64_t time_ms;
// "No time": unset dates. Stored as NULL.
#define TIME_NONE INT64_MIN

struct clock {
    time_ms (*now)(void *context);       // wall clock, may jump
    int64_t (*monotonic)(void *context); // ms that never go back, for time-outs
    void *context;
};

static inline time_ms clock_now(const struct clock *c)
{
    return c->now(c->context);
}
static inline int64_t clock_monotonic(const struct clock *c)
{
    return c->monotonic(c->context);
}

// The machine's clock.
struct clock clock_system(void);

// A clock that stands still until told otherwise.
struct clock_manual {
    time_ms now;
    int64_t monotonic;
};
struct clock clock_from_manual(struct clock_manual *manual);
void clock_advance(struct clock_manual *manual, int64_t ms);

// Days since 1970-01-01 as a date of the proleptic Gregorian calendar (text/japan.h has the rest).
void clock_civil_from_days(int64_t days, int *year, int *month, int *day);
// "2026-11-23T01:02:03Z" (".123" only when not zero); empty outside of the years 1 to 9999.
struct str clock_format_utc(time_ms t, char buffer[32]);

#endif
