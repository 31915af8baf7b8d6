// SPDX-License-Identifier: Apache-2.0
//
// Token buckets: never faster than the mall allows, slower after being told so, recovering,
// counting the day in Japan, standing any clock.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "sync/pace.h"

#define DAY 86400000LL
#define NOON (20000 * DAY + 3 * 3600000LL) // noon in Japan

static const struct mall_rate rates[] = {
    {.family = "order", .interval_ms = 1000, .burst = 3},
    {.family = "token", .interval_ms = 200, .burst = 1, .per_day = 5},
};
static const struct mall_limits limits = {.rates = rates, .rate_count = 2};

static time_ms reserve(struct pace *pace, const char *family, time_ms now)
{
    struct error error;
    time_ms at = pace_reserve(pace, family, now, &error);
    assert_true(at != TIME_NONE);
    return at;
}

static void burst_and_spacing(void **state)
{
    struct pace pace;
    pace_init(&pace, &limits, false, NOON);
    for (int i = 0; i < 3; i++)
        assert_true(reserve(&pace, "order", NOON) <= NOON);
    // Then one per second, also when many are reserved at once.
    for (int i = 1; i <= 50; i++)
        assert_int_equal(reserve(&pace, "order", NOON), NOON + i * 1000);
    // Families don't share; an unknown one shares with the first.
    assert_true(reserve(&pace, "token", NOON) <= NOON);
    assert_int_equal(reserve(&pace, "unheard of", NOON), NOON + 51000);
    assert_int_equal(reserve(&pace, NULL, NOON), NOON + 52000);
    // After a pause no more than the burst.
    time_ms later = NOON + 3600000;
    for (int i = 0; i < 3; i++)
        assert_true(reserve(&pace, "order", later) <= later);
    assert_true(reserve(&pace, "order", later) > later);
}

// However it is called, no window holds more starts than burst + time / interval.
static void never_faster(void **state)
{
    enum { CALLS = 5000 };
    static time_ms starts[CALLS];
    struct pace pace;
    struct rng_seeded seeded;
    rng_seed(&seeded, 5);
    struct rng rng = rng_from_seeded(&seeded);
    time_ms now = NOON;
    pace_init(&pace, &limits, false, now);
    for (int i = 0; i < CALLS; i++) {
        now += (time_ms)rng_below(&rng, 2500);
        starts[i] = reserve(&pace, "order", now);
        now = starts[i] > now ? starts[i] : now;
        assert_true(i == 0 || starts[i] >= starts[i - 1]);
    }
    for (int i = 0; i < CALLS; i++)
        for (int k = i + 1; k < CALLS && k < i + 60; k++)
            assert_true(k - i <= 3 + (starts[k] - starts[i]) / 1000);
}

static void slowed_and_recovered(void **state)
{
    struct pace pace;
    pace_init(&pace, &limits, false, NOON);
    pace_limited(&pace, "order", NOON, 7000);
    assert_int_equal(reserve(&pace, "order", NOON), NOON + 7000);
    // No Retry-After: a second.
    pace_init(&pace, &limits, false, NOON);
    pace_limited(&pace, "order", NOON, 0);
    assert_true(reserve(&pace, "order", NOON) >= NOON + 1000);
    // Half the speed after each …
    pace_init(&pace, &limits, false, NOON);
    for (int i = 0; i < 20; i++)
        pace_limited(&pace, "order", NOON, 0);
    struct pace_family *f = &pace.families[0];
    assert_true(f->interval_ms >= 32000 && f->interval_ms <= 32000); // … but not for ever
    // … and back by itself, never beyond the mall's own.
    time_ms now = NOON;
    for (int i = 0; i < 200 && f->interval_ms > 1000; i++) {
        now += 60000;
        reserve(&pace, "order", now);
    }
    assert_true(f->interval_ms >= 1000 && f->interval_ms <= 1000);
    assert_true(now - NOON >= 9 * 60000 && now - NOON <= 12 * 60000);
    // The other family hasn't noticed.
    assert_true(reserve(&pace, "token", now) <= now);
}

static void day_is_japanese(void **state)
{
    struct pace pace;
    struct error error;
    pace_init(&pace, &limits, false, NOON);
    time_ms now = NOON;
    for (int i = 0; i < 5; i++, now += 1000)
        reserve(&pace, "token", now);
    assert_true(pace_reserve(&pace, "token", now, &error) == TIME_NONE);
    assert_int_equal(error.class, ERROR_QUOTA_USED_UP);
    assert_true(error.what_ja[0] && error.hint_ja[0]);
    time_ms midnight = now + error.retry_after_ms;
    assert_int_equal(midnight, NOON + 12 * 3600000LL);
    assert_true(pace_reserve(&pace, "token", midnight - 1, &error) == TIME_NONE);
    reserve(&pace, "token", midnight);
}

static void any_clock(void **state)
{
    struct pace pace;
    pace_init(&pace, &limits, false, NOON);
    for (int i = 0; i < 5; i++)
        reserve(&pace, "order", NOON);
    // An hour back: it goes on with its spacing instead of waiting for the old time.
    time_ms back = NOON - 3600000;
    time_ms at = reserve(&pace, "order", back);
    assert_true(at >= back && at <= back + 4000);
    at = reserve(&pace, "order", back + 10000);
    assert_true(at <= back + 14000);
    // Off: at once, always.
    pace_init(&pace, &limits, true, NOON);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(reserve(&pace, "token", NOON), NOON);
    pace_limited(&pace, "token", NOON, 100000);
    assert_int_equal(reserve(&pace, "token", NOON), NOON);
    // A mall without known limits.
    static const struct mall_limits none = {0};
    pace_init(&pace, &none, false, NOON);
    assert_int_equal(reserve(&pace, "order", NOON), NOON);
    pace_limited(&pace, "order", NOON, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_and_spacing),
        cmocka_unit_test(never_faster),
        cmocka_unit_test(slowed_and_recovered),
        cmocka_unit_test(day_is_japanese),
        cmocka_unit_test(any_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
