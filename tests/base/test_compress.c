// SPDX-License-Identifier: Apache-2.0
// zstd with and without a dictionary.
#include "base/compress.h"
#include "check.h"

static void round_trip(struct str dictionary)
{
    struct compressor *c = compressor_new(dictionary, 3);
    struct error e = {0};
    assert_non_null(c);
    AUTO_BUF plain = buf_make(1 << 20), packed = buf_make(1 << 20), back = buf_make(1 << 20);
    for (int i = 0; i < 3000; i++)
        buf_addf(&plain, "{\"orderNumber\":\"339127-%08d\",\"orderProgress\":300}", i);
    assert_true(compress_bytes(c, buf_str(&plain), &packed, &e));
    assert_true(packed.n < plain.n / 4);
    assert_true(decompress_bytes(c, buf_str(&packed), plain.n, &back, &e));
    assert_true(str_eq(buf_str(&plain), buf_str(&back)));
    for (size_t cut = 0; cut < packed.n; cut += 97) {
        buf_reset(&back);
        assert_false(decompress_bytes(c, str_make(packed.p, cut), plain.n, &back, &e));
        CHECK_ERROR(&e, ERROR_MALFORMED, "compress.malformed");
    }
    buf_reset(&back);
    packed.p[packed.n / 2] ^= 0x55;
    assert_false(decompress_bytes(c, buf_str(&packed), plain.n, &back, &e));
    packed.p[packed.n / 2] ^= 0x55;
    buf_reset(&back);
    buf_add_char(&packed, 'x');
    assert_false(decompress_bytes(c, buf_str(&packed), plain.n, &back, &e));
    CHECK_ERROR(&e, ERROR_MALFORMED, "compress.malformed");
    assert_null(compressor_free(c));
}

static void packs_and_unpacks(void **state)
{
    round_trip(STR_ABSENT);
}

static void uses_a_dictionary(void **state)
{
    struct error e = {0};
    struct str dictionary = STR("{\"orderNumber\":\"339127-00000000\",\"orderProgress\":300}");
    round_trip(dictionary);
    struct compressor *with = compressor_new(dictionary, 3),
                      *without = compressor_new(STR_ABSENT, 3);
    AUTO_BUF small = buf_make(1000), large = buf_make(1000), back = buf_make(1000);
    struct str text = STR("{\"orderNumber\":\"339127-00000001\",\"orderProgress\":500}");
    assert_true(compress_bytes(with, text, &small, &e));
    assert_true(compress_bytes(without, text, &large, &e));
    assert_true(small.n < large.n);
    assert_true(decompress_bytes(with, buf_str(&small), 1000, &back, &e));
    assert_true(str_eq(buf_str(&back), text));
    buf_reset(&back);
    assert_false(decompress_bytes(without, buf_str(&small), 1000, &back, &e));
    compressor_free(with);
    compressor_free(without);
}

static void refuses_bombs(void **state)
{
    struct compressor *c = compressor_new(STR_ABSENT, 19);
    struct error e = {0};
    AUTO_BUF plain = buf_make(32 << 20), packed = buf_make(32 << 20), back = buf_make(64 << 20);
    char *room = buf_reserve(&plain, 16 << 20);
    memset(room, 'a', 16 << 20);
    buf_commit(&plain, 16 << 20);
    assert_true(compress_bytes(c, buf_str(&plain), &packed, &e));
    assert_false(decompress_bytes(c, buf_str(&packed), 1 << 20, &back, &e));
    CHECK_ERROR(&e, ERROR_NO_MEMORY, "compress.too_large");
    assert_true(back.n <= 1 << 20);
    AUTO_BUF narrow = buf_make(1000);
    assert_false(decompress_bytes(c, buf_str(&packed), 32 << 20, &narrow, &e));
    CHECK_ERROR(&e, ERROR_NO_MEMORY, "compress.too_large");
    // The exact size is no bomb.
    buf_reset(&back);
    assert_true(decompress_bytes(c, buf_str(&packed), 16 << 20, &back, &e));
    compressor_free(c);
}

static void empty_text_is_text(void **state)
{
    struct compressor *c = compressor_new(STR_ABSENT, 3);
    struct error e = {0};
    AUTO_BUF packed = buf_make(1000), back = buf_make(1000);
    assert_true(compress_bytes(c, STR_ABSENT, &packed, &e));
    assert_true(packed.n > 0);
    assert_true(decompress_bytes(c, buf_str(&packed), 0, &back, &e));
    assert_int_equal(back.n, 0);
    assert_false(decompress_bytes(c, STR_ABSENT, 10, &back, &e));
    compressor_free(c);
}

static bool run(struct error *e)
{
    struct compressor *c = compressor_new(STR_ABSENT, 3);
    AUTO_BUF packed = buf_make(1000), back = buf_make(1000);
    bool done = c ? compress_bytes(c, STR("text"), &packed, e) &&
                        decompress_bytes(c, buf_str(&packed), 100, &back, e)
                  : error_no_memory(e);
    compressor_free(c);
    return done;
}

static void survives_lack_of_memory(void **state)
{
    struct error e = {0};
    EACH_ALLOCATION_FAILS(run(&e), &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_and_unpacks),       cmocka_unit_test(uses_a_dictionary),
        cmocka_unit_test(refuses_bombs),           cmocka_unit_test(empty_text_is_text),
        cmocka_unit_test(survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
