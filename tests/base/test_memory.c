// SPDX-License-Identifier: Apache-2.0
// The heap door, arenas and buffers.
#include "base/buf.h"
#include "check.h"

static void fails_the_nth_allocation(void **state)
{
    memory_fail_at(2, 0);
    void *first = memory_alloc(10), *second = memory_zalloc(2, 10), *third = memory_alloc(10);
    assert_int_equal(memory_fail_at(0, 0), 3);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    memory_fail_at(1, 1);
    assert_null(memory_resize(first, 20));
    assert_null(memory_strdup("x"));
    memory_fail_at(0, 0);
    memory_free(first);
    memory_free(third);
}

static void zero_sizes_are_allocations(void **state)
{
    void *a = memory_alloc(0), *b = memory_zalloc(0, 8), *c = memory_resize(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    memory_free(a);
    memory_free(b);
    memory_free(c);
    memory_free(NULL);
    assert_null(memory_zalloc(SIZE_MAX, 2));
    AUTO_FREE char *copy = memory_strdup("受注");
    assert_string_equal(copy, "受注");
}

static void arena_gives_zeroed_aligned_pieces(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    size_t sizes[] = {0, 1, 7, 16, 100, 3000, 5000, 70000};
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            char *p = arena_alloc(arena, sizes[i] / (size_t)(round + 1));
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
            for (size_t k = 0; k < sizes[i] / (size_t)(round + 1); k++)
                assert_int_equal(p[k], 0);
            memset(p, 0xa5, sizes[i] / (size_t)(round + 1));
        }
    assert_false(arena_failed(arena));
}

static void arena_keeps_its_limit(void **state)
{
    AUTO_ARENA arena = arena_new(1000);
    assert_non_null(arena_alloc(arena, 900));
    assert_int_equal(arena_used(arena), 912);
    assert_null(arena_alloc(arena, 100));
    assert_true(arena_failed(arena));
    CHECK_STR(
        str_dup(arena, STR("a text of more than eighty-eight bytes, which is all the room that"
                           " is left in this arena now")),
        "");
    assert_string_equal(str_cstr(arena, STR("this one still fits")), "this one still fits");
    arena_reset(arena);
    assert_false(arena_failed(arena));
    assert_int_equal(arena_used(arena), 0);
    assert_null(ARENA_ARRAY(arena, uint64_t, SIZE_MAX / 4));
    assert_true(arena_failed(arena));
    arena_reset(arena);
    assert_null(arena_alloc(arena, SIZE_MAX - 4));
}

static void append_digit(void *argument)
{
    buf_add_char(argument, '1');
}
static void append_letter(void *argument)
{
    buf_add_char(argument, 'a');
}

static void arena_runs_deferred_calls_latest_first(void **state)
{
    AUTO_BUF said = buf_make(100);
    struct arena *arena = arena_new(1000);
    assert_true(arena_defer(arena, append_digit, &said));
    assert_true(arena_defer(arena, append_letter, &said));
    arena_reset(arena);
    CHECK_STR(buf_str(&said), "a1");
    assert_true(arena_defer(arena, append_digit, &said));
    assert_null(arena_free(arena));
    CHECK_STR(buf_str(&said), "a11");
    assert_null(arena_free(NULL));
    arena = arena_new(4);
    assert_false(arena_defer(arena, append_letter, &said)); // no room: called at once
    CHECK_STR(buf_str(&said), "a11a");
    arena_free(arena);
}

static void arena_formats(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 16);
    struct str s = arena_printf(arena, "%d件 %.*s", 3, STR_ARG(STR("受注")));
    CHECK_STR(s, "3件 受注");
    assert_int_equal(s.p[s.n], 0);
    struct str large = arena_printf(arena, "%01000d", 7);
    assert_int_equal(large.n, 1000);
    assert_int_equal(large.p[999], '7');
    assert_string_equal(str_cstr(arena, STR_ABSENT), "");
    CHECK_STR(str_dup(arena, STR_ABSENT), NULL);
    CHECK_STR(str_dup(arena, STR("")), "");
}

static void arena_reports_lack_of_memory(void **state)
{
    memory_fail_at(1, 0);
    assert_null(arena_new(1000));
    memory_fail_at(0, 0);
    AUTO_ARENA arena = arena_new(1 << 20);
    memory_fail_at(1, 0);
    assert_null(arena_alloc(arena, 8000));
    memory_fail_at(0, 0);
    assert_true(arena_failed(arena));
    assert_non_null(arena_alloc(arena, 8000));
}

static void buffer_grows_to_its_maximum(void **state)
{
    AUTO_BUF b = buf_make(1000);
    CHECK_STR(buf_str(&b), "");
    for (int i = 0; i < 100; i++)
        buf_add(&b, STR("0123456789"));
    assert_false(b.failed);
    assert_int_equal(b.n, 1000);
    assert_true(b.capacity <= 1000);
    buf_add(&b, STR(""));
    assert_false(b.failed);
    buf_add_char(&b, 'x');
    assert_true(b.failed);
    assert_int_equal(b.n, 1000);
    buf_reset(&b);
    buf_add(&b, STR("x"));
    CHECK_STR(buf_str(&b), "x");
}

static void buffer_writes_numbers_and_formats(void **state)
{
    AUTO_BUF b = buf_make(10000);
    buf_add_int(&b, 0);
    buf_add_int(&b, -1);
    buf_add_int(&b, INT64_MIN);
    buf_add_int(&b, INT64_MAX);
    CHECK_STR(buf_str(&b), "0-1-92233720368547758089223372036854775807");
    buf_reset(&b);
    buf_addf(&b, "%s=%d;", "a", 5);
    buf_addf(&b, "%0500d", 1);
    assert_int_equal(b.n, 4 + 500);
    assert_int_equal(b.p[503], '1');
    AUTO_BUF exact = buf_make(300); // a formatted text may fill a buffer to its last byte
    buf_addf(&exact, "%0300d", 1);
    assert_false(exact.failed);
    assert_int_equal(exact.n, 300);
}

static void buffer_reserves_and_commits(void **state)
{
    AUTO_BUF b = buf_make(100);
    char *room = buf_reserve(&b, 5);
    memcpy(room, "hello", 5);
    buf_commit(&b, 5);
    CHECK_STR(buf_str(&b), "hello");
    assert_null(buf_reserve(&b, 96));
    assert_true(b.failed);
    buf_reset(&b);
    assert_null(buf_reserve(&b, SIZE_MAX));
}

static void buffer_reports_lack_of_memory(void **state)
{
    AUTO_BUF b = buf_make(10000);
    buf_add(&b, STR("kept"));
    memory_fail_at(1, 0);
    buf_addf(&b, "%0400d", 1);
    memory_fail_at(0, 0);
    assert_true(b.failed);
    CHECK_STR(buf_str(&b), "kept");
    buf_add(&b, STR("ignored"));
    CHECK_STR(buf_str(&b), "kept");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fails_the_nth_allocation),
        cmocka_unit_test(zero_sizes_are_allocations),
        cmocka_unit_test(arena_gives_zeroed_aligned_pieces),
        cmocka_unit_test(arena_keeps_its_limit),
        cmocka_unit_test(arena_runs_deferred_calls_latest_first),
        cmocka_unit_test(arena_formats),
        cmocka_unit_test(arena_reports_lack_of_memory),
        cmocka_unit_test(buffer_grows_to_its_maximum),
        cmocka_unit_test(buffer_writes_numbers_and_formats),
        cmocka_unit_test(buffer_reserves_and_commits),
        cmocka_unit_test(buffer_reports_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
