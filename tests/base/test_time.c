// SPDX-License-Identifier: Apache-2.0
// Clocks, random numbers, ids.
#include "base/clock.h"
#include "base/id.h"
#include "base/rng.h"
#include "check.h"
#include <pthread.h>
#include <stdlib.h>

static void manual_clock_stands_still(void **state)
{
    struct clock_manual manual = {.now = 1000, .monotonic = 5};
    struct clock clock = clock_from_manual(&manual);
    assert_int_equal(clock_now(&clock), 1000);
    clock_advance(&manual, 250);
    assert_int_equal(clock_now(&clock), 1250);
    assert_int_equal(clock_monotonic(&clock), 255);
    manual.now = 10; // somebody set the wall clock back
    assert_int_equal(clock_now(&clock), 10);
    assert_int_equal(clock_monotonic(&clock), 255);
}

static void system_clock_runs(void **state)
{
    struct clock clock = clock_system();
    assert_true(clock_now(&clock) > INT64_C(1704067200000));
    int64_t before = clock_monotonic(&clock);
    assert_true(clock_monotonic(&clock) >= before);
}

static void formats_utc(void **state)
{
    char b[32];
    CHECK_STR(clock_format_utc(0, b), "1970-01-01T00:00:00Z");
    CHECK_STR(clock_format_utc(-1, b), "1969-12-31T23:59:59.999Z");
    CHECK_STR(clock_format_utc(INT64_C(951782400000), b), "2000-02-29T00:00:00Z");
    CHECK_STR(clock_format_utc(INT64_C(253402300799999), b), "9999-12-31T23:59:59.999Z");
    CHECK_STR(clock_format_utc(INT64_C(253402300800000), b), "");
    CHECK_STR(clock_format_utc(INT64_C(-62135596800000), b), "0001-01-01T00:00:00Z");
    CHECK_STR(clock_format_utc(INT64_C(-62135596800001), b), "");
    CHECK_STR(clock_format_utc(TIME_NONE, b), "");
    CHECK_STR(clock_format_utc(INT64_MAX, b), "");
}

static void seeded_numbers_repeat(void **state)
{
    struct rng_seeded a, b;
    rng_seed(&a, 42);
    rng_seed(&b, 42);
    struct rng ra = rng_from_seeded(&a), rb = rng_from_seeded(&b);
    for (int i = 0; i < 100; i++)
        assert_true(rng_next(&ra) == rng_next(&rb));
    rng_seed(&a, 43);
    rng_seed(&b, 42);
    assert_false(rng_next(&ra) == rng_next(&rb));
    // Fixed for ever: simulations are named by their seed.
    rng_seed(&a, 1);
    assert_true(rng_next(&ra) == 0xb3f2af6d0fc710c5ull);
}

static void bounded_numbers_stay_inside_and_spread(void **state)
{
    struct rng_seeded s;
    rng_seed(&s, 7);
    struct rng r = rng_from_seeded(&s);
    int hits[10] = {0};
    for (int i = 0; i < 10000; i++)
        hits[rng_below(&r, 10)]++;
    for (int i = 0; i < 10; i++)
        assert_in_range(hits[i], 850, 1150);
    assert_int_equal(rng_below(&r, 1), 0);
    assert_true(rng_below(&r, UINT64_MAX) < UINT64_MAX);
    for (int i = 0; i < 1000; i++) {
        double u = rng_unit(&r);
        assert_true(u >= 0 && u < 1);
    }
    struct rng system = rng_system();
    assert_false(rng_next(&system) == 0 && rng_next(&system) == 0);
    unsigned char odd[3] = {0};
    rng_fill(&r, odd, sizeof odd);
    assert_true(odd[0] | odd[1] | odd[2]);
}

static void ids_hold_their_time(void **state)
{
    struct id_source source;
    id_source_init(&source, 1023);
    const time_ms now = INT64_C(1795000000123);
    row_id id = id_next(&source, now);
    assert_int_equal(id_time(id), now);
    assert_int_equal(id >> 12 & 1023, 1023);
    row_id next = id_next(&source, now - 60000); // the clock went back
    assert_true(next > id);
    assert_int_equal(next >> 12 & 1023, 1023);
    id_source_init(&source, 0);
    assert_true(id_next(&source, 0) > 0);
    assert_true(id_next(&source, TIME_NONE) > 0);
    assert_true(id_next(&source, INT64_MAX) > 0);
}

static void ids_of_one_ms_never_change_node(void **state)
{
    struct id_source source;
    id_source_init(&source, 5);
    row_id last = 0;
    for (int i = 0; i < 10000; i++) {
        row_id id = id_next(&source, INT64_C(1795000000000));
        assert_true(id > last);
        assert_int_equal(id >> 12 & 1023, 5);
        last = id;
    }
}

#define THREADS 4
#define IDS_EACH 20000

struct worker {
    struct id_source *source;
    row_id ids[IDS_EACH];
};

static void *make_ids(void *context)
{
    struct worker *worker = context;
    for (int i = 0; i < IDS_EACH; i++)
        worker->ids[i] = id_next(worker->source, INT64_C(1795000000000) + i / 100);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void ids_rise_in_every_thread(void **state)
{
    struct id_source source;
    id_source_init(&source, 3);
    pthread_t threads[THREADS];
    AUTO_FREE struct worker *workers = memory_zalloc(THREADS, sizeof *workers);
    AUTO_FREE row_id *all = memory_zalloc(THREADS * IDS_EACH, sizeof *all);
    for (int i = 0; i < THREADS; i++) {
        workers[i].source = &source;
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        for (int k = 1; k < IDS_EACH; k++)
            assert_true(workers[i].ids[k] > workers[i].ids[k - 1]);
        memcpy(all + i * IDS_EACH, workers[i].ids, sizeof workers[i].ids);
    }
    qsort(all, THREADS * IDS_EACH, sizeof *all, by_value);
    for (int i = 1; i < THREADS * IDS_EACH; i++)
        assert_true(all[i] != all[i - 1]);
}

static void ids_as_text(void **state)
{
    char b[24];
    row_id id;
    CHECK_STR(id_format(INT64_MAX, b), "9223372036854775807");
    assert_true(id_parse(STR("9223372036854775807"), &id));
    assert_true(id == INT64_MAX);
    static const char *const bad[] = {"", "0", "-1", "+1", "01", "1x", " 1", "9223372036854775808"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(id_parse(str_from(bad[i]), &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual_clock_stands_still),
        cmocka_unit_test(system_clock_runs),
        cmocka_unit_test(formats_utc),
        cmocka_unit_test(seeded_numbers_repeat),
        cmocka_unit_test(bounded_numbers_stay_inside_and_spread),
        cmocka_unit_test(ids_hold_their_time),
        cmocka_unit_test(ids_of_one_ms_never_change_node),
        cmocka_unit_test(ids_rise_in_every_thread),
        cmocka_unit_test(ids_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
