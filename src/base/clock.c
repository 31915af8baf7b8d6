// SPDX-License-Identifier: Apache-2.0
//
// The machine's clock and the manual one. The system clock keeps no state and may be used by any
// thread; a manual clock belongs to whoever advances it.
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static time_ms system_now(void *context)
{
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic(void *context)
{
    return read_clock(CLOCK_MONOTONIC);
}

struct clock clock_system(void)
{
    return (struct clock){system_now, system_monotonic, NULL};
}

static time_ms manual_now(void *context)
{
    return ((struct clock_manual *)context)->now;
}

static int64_t manual_monotonic(void *context)
{
    return ((struct clock_manual *)context)->monotonic;
}

struct clock clock_from_manual(struct clock_manual *manual)
{
    return (struct clock){manual_now, manual_monotonic, manual};
}

void clock_advance(struct clock_manual *manual, int64_t ms)
{
    manual->now += ms;
    manual->monotonic += ms;
}

// Hinnant's algorithm: years begin in March, so that a leap day is the last of its year.
void clock_civil_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468; // 0000-03-01
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153; // 0 = March
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

struct str clock_format_utc(time_ms t, char buffer[32])
{
    int64_t days = t / 86400000, ms = t % 86400000;
    if (ms < 0) {
        ms += 86400000;
        days--;
    }
    if (days < -719162 || days > 2932896) // outside of the years 1 to 9999
        return STR("");
    int year, month, day;
    clock_civil_from_days(days, &year, &month, &day);
    char fraction[8] = "";
    if (ms % 1000)
        snprintf(fraction, sizeof fraction, ".%03d", (int)(ms % 1000));
    int n = snprintf(buffer, 32, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", year, month, day,
                     (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), fraction);
    return n > 0 && n < 32 ? str_make(buffer, (size_t)n) : STR("");
}
