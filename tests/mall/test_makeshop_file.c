// SPDX-License-Identifier: Apache-2.0
//
// MakeShop's order CSV (columns in any order) and the upload file whose columns the shop sets.
#include "base/memory.h"
#include "mall/file/formats.h"
#include "mall/makeshop/makeshop.h"
#include "mall/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define HEADER "注文番号,日付,注文時間,処理状況,注文者,注文者(振り仮名),郵便番号,都道府県,住所"
#define REST                                                                                                                              \
    ",支払方法,入金状況,配送先名,配送先郵便番号,配送先都道府県,配送先住所,商品名,独自商品コード" \
    ",価格,数量,消費税率,送料,合計金額,備考\n"
#define ROW(item, price)                                                               \
    "P100000000000000001,2025/3/1,101530,未処理,見本 花子,ミホン "           \
    "ハナコ,100-0001,東京(23区内),千代田"                                    \
    "区0-0-0,銀行振込,未入金,見本 太郎,060-0000,北海道,札幌市0,見本品," item "," price \
    ",2,10,550,4950,\"置き配\n希望\"\n"

struct got {
    struct arena *arena;
    struct order *orders[8];
    size_t count, refused;
    struct order_file_refusal refusal;
    char column[64];
};

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct got *g = context;
    (void)error;
    for (size_t i = 0; i < batch->order_count; i++)
        g->orders[g->count++] = order_copy(g->arena, &batch->orders[i].order);
    mall_batch_free(batch);
    return true;
}

static void take_refusal(void *context, const struct order_file_refusal *refusal)
{
    struct got *g = context;
    g->refused++;
    g->refusal = *refusal;
    snprintf(g->column, sizeof g->column, "%.*s", STR_ARG(refusal->column));
}

static bool read_text(struct got *g, const char *text, struct error *error)
{
    struct mall_account account = {.shop_id = 7};
    struct order_file_sink sink = {.context = g, .batch = take_batch, .refused = take_refusal};
    return makeshop_order_file.read(&account, str_from(text), STR_ABSENT, &sink, error);
}

static void test_rows_of_one_number_become_one_order(void **state)
{
    struct got g = {.arena = arena_new((size_t)16 << 20)};
    struct error error = {0};
    (void)state;
    assert_true(read_text(&g, HEADER REST ROW("ITEM-1", "1500") ROW("ITEM-2", "500"), &error));
    assert_int_equal(g.count, 1);
    assert_int_equal(g.refused, 0);
    const struct order *o = g.orders[0];
    assert_true(str_eq(o->order_no, STR("P100000000000000001")));
    assert_int_equal(o->ordered_at, 1740791730000); // 2025-03-01 10:15:30 JST
    assert_int_equal(o->state, ORDER_ACCEPTED);
    assert_int_equal(o->payment_state, PAYMENT_UNPAID_BEFORE_SHIP);
    assert_int_equal(o->billed, 4950);
    assert_int_equal(o->postage, 550);
    assert_int_equal(o->goods, 4400);
    assert_false(o->marks & ORDER_MARK_TOTAL_MISMATCH);
    assert_int_equal(o->packages[0].line_count, 2);
    assert_int_equal(o->packages[0].lines[0].unit_price_tax_included, 1650);
    assert_true(str_eq(o->packages[0].lines[1].item_code, STR("ITEM-2")));
    assert_true(str_eq(o->orderer.prefecture, STR("東京都")));
    assert_true(str_eq(o->packages[0].recipient.postal_code, STR("0600000")));
    assert_true(str_eq(o->buyer_note, STR("置き配\n希望")));
    assert_true(str_eq(makeshop_mall.status_choice(o), STR("unprocessed")));
    arena_free(g.arena);
}

static void test_bad_rows_say_where(void **state)
{
    static const struct {
        const char *text, *column;
    } cases[] = {
        {HEADER REST ROW("ITEM-1", "abc"), "販売価格"},
        {"注文番号,日付,処理状況,注文者,商品名,合計金額\nP1,2025/13/1,未処理,見本,品,1\n", "日付"},
        {"注文番号,日付,処理状況,注文者,合計金額\nP1,2025/3/1,未処理,見本,1\n", "商品名"},
        {"注文番号,日付,処理状況,注文者,商品名,数量\nP1,2025/3/1,未処理,見本,品,-1\n", "数量"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct got g = {.arena = arena_new((size_t)16 << 20)};
        struct error error = {0};
        assert_true(read_text(&g, cases[i].text, &error));
        assert_int_equal(g.count, 0);
        assert_int_equal(g.refused, 1);
        assert_int_equal(g.refusal.line, 2);
        assert_string_equal(g.column, cases[i].column);
        assert_true(g.refusal.error.what_ja[0] && g.refusal.error.what_en[0]);
        arena_free(g.arena);
    }
}

static void test_it_is_recognised(void **state)
{
    enum text_encoding encoding;
    struct error error = {0};
    (void)state;
    const struct order_file_format *f =
        order_file_recognise(STR(""), STR(HEADER REST), &encoding, &error);
    assert_ptr_equal(f, &makeshop_order_file);
    assert_null(order_file_recognise(STR("rakuten"), STR(HEADER REST), &encoding, &error));
    assert_string_equal(error.code, "file.other_mall");
}

static void test_without_memory(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 4000; n++) {
        struct got g = {.arena = arena_new((size_t)16 << 20)};
        struct error error = {0};
        memory_fail_at(n, 0);
        bool done = read_text(&g, HEADER REST ROW("ITEM-1", "1500"), &error);
        uint64_t made = memory_fail_at(0, 0);
        bool refused = g.refused > 0 && g.refusal.error.class == ERROR_NO_MEMORY;
        assert_true(done || refused || error.class == ERROR_NO_MEMORY);
        arena_free(g.arena);
        if (done && made < n)
            return;
    }
    fail();
}

static void test_the_upload_has_the_shops_columns(void **state)
{
    struct setting_value values[] = {
        {STR("ship_file_columns"), STR("番号=order_no, 業者=carrier_code,伝票=tracking_number")}};
    struct mall_account account = {.values = values, .value_count = 1}, bare = {0};
    struct shipment parcel = {.carrier = STR("sagawa"),
                              .carrier_mall_code = STR(""),
                              .tracking_number = STR("3555-0000-0015"),
                              .ship_date = 20250302};
    struct order_package package = {
        .number = 1, .mall_ref = STR("0"), .shipments = &parcel, .shipment_count = 1};
    struct order order;
    struct error error = {0};
    AUTO_BUF out = buf_make(4096);
    (void)state;
    order_init(&order);
    order.order_no = STR("P100000000000000001");
    order.state = ORDER_ACCEPTED;
    struct mall_ship_request request = {
        .order = &order, .packages = &package, .package_count = 1, .target_status = STR("")};
    assert_true(makeshop_ship_file.begin(&account, &out, &error));
    assert_true(makeshop_ship_file.add(&account, &request, 20250302, &out, &error));
    assert_true(
        str_eq(buf_str(&out), STR("番号,業者,伝票\r\nP100000000000000001,003,355500000015\r\n")));
    size_t before = out.n;
    assert_false(makeshop_ship_file.add(&account, &request, 20250301, &out, &error));
    assert_string_equal(error.code, "shipment.ship_date_future");
    assert_false(makeshop_ship_file.add(&bare, &request, 20250302, &out, &error));
    assert_string_equal(error.code, "makeshop.ship_file_columns");
    assert_int_equal(out.n, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_one_number_become_one_order),
        cmocka_unit_test(test_bad_rows_say_where),
        cmocka_unit_test(test_it_is_recognised),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_the_upload_has_the_shops_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
