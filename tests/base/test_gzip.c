// SPDX-License-Identifier: Apache-2.0
// gzip: round trip, several members, cut off and damaged files, bombs, lack of memory.
#include "base/gzip.h"
#include "base/memory.h"
#include "check.h"

static void packs_and_unpacks(void **state)
{
    struct error e = {0};
    AUTO_BUF plain = buf_make(1 << 20), packed = buf_make(1 << 20), back = buf_make(1 << 20);
    for (int i = 0; i < 8000; i++)
        buf_addf(&plain, "250-%07d-0000001\t出荷\n", i);
    assert_true(gzip_pack(buf_str(&plain), &packed, &e));
    assert_true(packed.n < plain.n / 4);
    assert_true(gzip_unpack(buf_str(&packed), plain.n, &back, &e));
    assert_true(str_eq(buf_str(&plain), buf_str(&back)));
    for (size_t cut = 0; cut < packed.n; cut += 211) {
        buf_reset(&back);
        assert_false(gzip_unpack(str_make(packed.p, cut), plain.n, &back, &e));
        CHECK_ERROR(&e, ERROR_MALFORMED, "gzip.malformed");
    }
    buf_reset(&back);
    packed.p[packed.n / 2] ^= 0x55;
    assert_false(gzip_unpack(buf_str(&packed), plain.n, &back, &e));
}

static void unpacks_several_members(void **state)
{
    struct error e = {0};
    AUTO_BUF packed = buf_make(1000), back = buf_make(1 << 20);
    assert_true(gzip_pack(STR("one "), &packed, &e));
    assert_true(gzip_pack(STR("two"), &packed, &e));
    assert_true(gzip_unpack(buf_str(&packed), 7, &back, &e));
    assert_true(str_eq(buf_str(&back), STR("one two")));
    buf_add(&packed, STR("rubbish"));
    buf_reset(&back);
    assert_false(gzip_unpack(buf_str(&packed), 1000, &back, &e));
    CHECK_ERROR(&e, ERROR_MALFORMED, "gzip.malformed");
}

static void refuses_bombs(void **state)
{
    struct error e = {0};
    AUTO_BUF plain = buf_make(1 << 22), packed = buf_make(1 << 22), back = buf_make(1 << 22);
    for (int i = 0; i < 1 << 21; i++)
        buf_add_char(&plain, 'a');
    assert_true(gzip_pack(buf_str(&plain), &packed, &e));
    assert_true(packed.n < 10000);
    assert_false(gzip_unpack(buf_str(&packed), 100000, &back, &e));
    CHECK_ERROR(&e, ERROR_NO_MEMORY, "gzip.too_large");
}

static void survives_lack_of_memory(void **state)
{
    struct error e = {0};
    AUTO_BUF packed = buf_make(1000);
    assert_true(gzip_pack(STR("text"), &packed, &e));
    for (uint64_t n = 1; n < 20; n++) {
        AUTO_BUF back = buf_make(1 << 20), again = buf_make(1 << 20);
        memory_fail_at(n, 1);
        bool unpacked = gzip_unpack(buf_str(&packed), 100, &back, &e);
        memory_fail_at(n, 1);
        bool repacked = gzip_pack(STR("text"), &again, &e);
        memory_fail_at(0, 0);
        if (unpacked && repacked)
            return;
        assert_int_equal(e.class, ERROR_NO_MEMORY);
    }
    fail_msg("never enough memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_and_unpacks),
        cmocka_unit_test(unpacks_several_members),
        cmocka_unit_test(refuses_bombs),
        cmocka_unit_test(survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
