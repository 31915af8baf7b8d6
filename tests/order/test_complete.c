// SPDX-License-Identifier: Apache-2.0
//
// Filling an order's gaps from another: texts, dates, persons and extras that are empty, nothing
// that is there, no state, no amount; only what is named; and memory that runs out anywhere.
#include "order/complete.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct pair {
    struct order api, file;
    struct order_package api_packages[2], file_packages[2];
    struct order_line api_lines[2], file_lines[2];
    struct order_extra api_extras[1], file_extras[2];
};

static void make(struct pair *p)
{
    memset(p, 0, sizeof *p);
    order_init(&p->api);
    order_init(&p->file);
    p->api.mall_status = STR("300");
    p->file.mall_status = STR("100");
    p->api.state = ORDER_ACCEPTED;
    p->file.state = ORDER_CANCELLED;
    p->file.paid_at = 1795300000000;
    p->file.billed = 9999;
    p->api.orderer.name = STR("見本 花子");
    p->file.orderer.name = STR("別人");
    p->file.orderer.phone = STR("0312345678");
    p->file.buyer_note = STR("よろしく");
    p->file.payment_due = 20261130;
    p->api.marks = ORDER_MARK_ADDRESS_UNKNOWN;
    p->api_packages[0] = (struct order_package){.number = 1, .mall_ref = STR("b1")};
    p->file_packages[1] = (struct order_package){.number = 2, .mall_ref = STR("b1")};
    p->file_packages[1].recipient = (struct person){
        .name = STR("見本 太郎"), .prefecture = STR("東京都"), .city = STR("見本区")};
    p->file_packages[0] = (struct order_package){.number = 1, .mall_ref = STR("b2")};
    p->file_packages[0].noshi = STR("別の送付先");
    p->api_lines[0] = (struct order_line){.number = 1, .mall_line_id = STR("L1"), .quantity = 1};
    p->file_lines[0] =
        (struct order_line){.number = 1, .mall_line_id = STR("L2"), .sku = STR("no")};
    p->file_lines[1] = (struct order_line){
        .number = 2, .mall_line_id = STR("L1"), .sku = STR("sku-1"), .quantity = 7};
    p->api_packages[0].lines = p->api_lines;
    p->api_packages[0].line_count = 1;
    p->file_packages[1].lines = p->file_lines;
    p->file_packages[1].line_count = 2;
    p->api.packages = p->api_packages;
    p->api.package_count = 1;
    p->file.packages = p->file_packages;
    p->file.package_count = 2;
    p->api_extras[0] = (struct order_extra){STR("known"), STR(""), STR("api")};
    p->file_extras[0] = (struct order_extra){STR("known"), STR(""), STR("file")};
    p->file_extras[1] = (struct order_extra){STR("新しい列"), STR(""), STR("値")};
    p->api.extras = p->api_extras;
    p->api.extra_count = 1;
    p->file.extras = p->file_extras;
    p->file.extra_count = 2;
}

static void only_gaps_are_filled(void **state)
{
    struct pair p;
    AUTO_ARENA arena = arena_new(1 << 20);
    AUTO_BUF filled = buf_make(1 << 16);
    (void)state;
    make(&p);
    assert_true(order_fill(arena, &p.api, &p.file, STR_ABSENT, &filled));
    assert_true(str_eq(p.api.orderer.name, STR("見本 花子")));
    assert_true(str_eq(p.api.orderer.phone, STR("0312345678")));
    assert_true(str_eq(p.api.buyer_note, STR("よろしく")));
    assert_int_equal(p.api.payment_due, 20261130);
    // States, times and amounts are the API's alone.
    assert_true(str_eq(p.api.mall_status, STR("300")));
    assert_int_equal(p.api.state, ORDER_ACCEPTED);
    assert_int_equal(p.api.paid_at, TIME_NONE);
    assert_int_equal(p.api.billed, 0);
    // The same destination and line, wherever they stand; quantities stay.
    assert_true(str_eq(p.api.packages[0].recipient.name, STR("見本 太郎")));
    assert_true(str_is_empty(p.api.packages[0].noshi));
    assert_true(str_eq(p.api.packages[0].lines[0].sku, STR("sku-1")));
    assert_int_equal(p.api.packages[0].lines[0].quantity, 1);
    assert_true(str_is_empty(p.api_lines[0].sku)); // the original isn't touched
    assert_int_equal(p.api.extra_count, 2);
    assert_true(str_eq(p.api.extras[0].value, STR("api")));
    // Somebody lives there now.
    assert_int_equal(p.api.marks & ORDER_MARK_ADDRESS_UNKNOWN, 0);
    struct str names = buf_str(&filled);
    assert_true(str_find(names, STR("orderer.phone")) >= 0);
    assert_true(str_find(names, STR("package1.recipient.name")) >= 0);
    assert_true(str_find(names, STR("line1.sku")) >= 0);
    assert_true(str_find(names, STR("extra.新しい列")) >= 0);
    // Once more: nothing is left to fill.
    AUTO_BUF again = buf_make(1 << 16);
    assert_true(order_fill(arena, &p.api, &p.file, STR_ABSENT, &again));
    assert_int_equal(again.n, 0);
}

static void only_what_is_named(void **state)
{
    struct pair p;
    AUTO_ARENA arena = arena_new(1 << 20);
    AUTO_BUF filled = buf_make(1 << 16);
    (void)state;
    make(&p);
    assert_true(
        order_fill(arena, &p.api, &p.file, STR("buyer_note\nextra.新しい列\ngone"), &filled));
    assert_true(str_eq(buf_str(&filled), STR("buyer_note\nextra.新しい列")));
    assert_true(str_is_empty(p.api.orderer.phone));
    make(&p);
    buf_reset(&filled);
    assert_true(order_fill(arena, &p.api, &p.file, STR(FROM_FILE_ALONE), &filled));
    assert_true(str_eq(p.api.orderer.phone, STR("0312345678")));
}

static void memory_runs_out(void **state)
{
    (void)state;
    for (uint64_t at = 1;; at++) {
        struct pair p;
        AUTO_ARENA arena = arena_new(1 << 20);
        AUTO_BUF filled = buf_make(1 << 16);
        make(&p);
        memory_fail_at(at, 0);
        bool done = order_fill(arena, &p.api, &p.file, STR_ABSENT, &filled);
        bool failed = memory_fail_at(0, 0) >= at;
        assert_int_equal(done, !failed);
        if (!failed)
            return;
        assert_true(at < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_gaps_are_filled),
        cmocka_unit_test(only_what_is_named),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
