// SPDX-License-Identifier: Apache-2.0
//
// Wow! manager's order CSV in, its upload CSV out: columns in any order, several details per order,
// options, rows refused with their column, both encodings of the header told by its names.
#include "mall/aupay/aupay.h"
#include "mall/file/order_file.h"
#include "mall/file/ship_file.h"
#include "mall/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define HEAD                                                                                    \
    "\"controlType\",\"orderId\",\"orderDetailId\",\"orderDate\",\"itemCode\",\"itemName\","    \
    "\"itemOption\",\"itemOptionCommissionTitle1\",\"itemOptionCommissionVal1\",\"itemPrice\"," \
    "\"unit\",\"totalItemPrice\",\"taxRate\",\"orderStatus\",\"senderName\",\"senderZipCode\"," \
    "\"senderAddress\",\"settlementName\",\"totalSalePrice\",\"postagePrice\",\"chargePrice\"," \
    "\"totalPrice\",\"requestPrice\",\"cancelStatus\",\"店舗メモ\"\r\n"
#define ROW(no, detail, status, total, cancel)                                                            \
    "\"\",\"" no "\",\"" detail "\",\"2026/11/20 21:07\",\"mug-01\",\"見本,マグ\",\"カラー=白\"," \
    "\"名入れ\",\"HANA\",\"1000\",\"1\",\"1000\",\"0.1\",\"" status "\",\"贈先 太郎\","               \
    "\"060-0000\",\"北海道札幌市1\",\"代金引換\",\"" total                                                \
    "\",\"500\",\"330\",\"2830\",\"2830\",\"" cancel "\",\"memo\"\r\n"

struct seen {
    struct arena *arena;
    struct order *orders[8];
    size_t count, refused;
    char column[64], code[64];
};

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct seen *s = context;
    for (size_t i = 0; i < batch->order_count; i++)
        s->orders[s->count++] = order_copy(s->arena, &batch->orders[i].order);
    mall_batch_free(batch);
    (void)error;
    return true;
}

static void take_refusal(void *context, const struct order_file_refusal *refusal)
{
    struct seen *s = context;
    s->refused++;
    (void)snprintf(s->column, sizeof s->column, "%.*s", STR_ARG(refusal->column));
    (void)snprintf(s->code, sizeof s->code, "%s", refusal->error.code);
}

static void read_text(struct seen *s, const char *text)
{
    enum text_encoding encoding;
    struct error error = {0};
    struct mall_account account = {.shop_id = 7};
    struct order_file_sink sink = {.context = s, .batch = take_batch, .refused = take_refusal};
    const struct order_file_format *format =
        order_file_recognise(STR("aupay"), str_from(text), &encoding, &error);
    if (!format)
        fail_msg("%s", error.what_en);
    assert_string_equal(format->id, "aupay.orders");
    if (!format->read(&account, str_from(text), STR_ABSENT, &sink, &error))
        fail_msg("%s %s", error.code, error.what_en);
}

static void orders_are_joined_from_their_rows(void **state)
{
    struct seen s = {.arena = arena_new(1 << 24)};
    (void)state;
    read_text(&s, HEAD ROW("900000001", "1", "発送待ち", "2000", "")
                      ROW("900000002", "3", "出荷準備中", "1000", "")
                          ROW("900000001", "2", "発送待ち", "2000", "")
                              ROW("900000003", "4", "キャンセル", "1000", "C"));
    assert_int_equal(s.count, 3);
    assert_int_equal(s.refused, 0);
    const struct order *two =
        str_eq(s.orders[0]->order_no, STR("900000001")) ? s.orders[0] : s.orders[1];
    assert_int_equal(two->packages[0].line_count, 2);
    assert_int_equal(two->cod_fee, 330);
    assert_int_equal(two->billed, 2830);
    assert_false(two->marks & ORDER_MARK_TOTAL_MISMATCH);
    assert_true(str_eq(two->packages[0].recipient.prefecture, STR("北海道")));
    assert_true(str_eq(two->packages[0].lines[0].title, STR("見本,マグ")));
    assert_true(str_eq(two->packages[0].lines[0].options, STR("カラー:白\n名入れ:HANA")));
    assert_int_equal(two->payment_class, PAYMENT_CLASS_AFTER);
    bool memo = false;
    for (size_t i = 0; i < two->extra_count; i++)
        memo = memo || str_eq(two->extras[i].value, STR("memo"));
    assert_true(memo);
    for (size_t i = 0; i < s.count; i++) {
        if (str_eq(s.orders[i]->order_no, STR("900000003")))
            assert_int_equal(s.orders[i]->state, ORDER_CANCELLED);
        if (str_eq(s.orders[i]->order_no, STR("900000002"))) {
            assert_true(str_eq(s.orders[i]->mall_status, STR("出荷準備中")));
            // 1000 + 500 + 330 is not 2830.
            assert_true(s.orders[i]->marks & ORDER_MARK_TOTAL_MISMATCH);
        }
    }
    arena_free(s.arena);
}

static void a_missing_column_is_named(void **state)
{
    struct seen s = {.arena = arena_new(1 << 22)};
    (void)state;
    read_text(&s, "controlType,orderId,itemCode,orderDate,unit,itemPrice\r\n"
                  ",900000001,mug,2026/11/20 21:07,1,100\r\n");
    assert_int_equal(s.count, 0);
    assert_int_equal(s.refused, 1);
    assert_string_equal(s.column, "orderStatus");
    assert_string_equal(s.code, "file.column_missing");
    arena_free(s.arena);
}

static void a_broken_amount_refuses_one_order(void **state)
{
    struct seen s = {.arena = arena_new(1 << 24)};
    (void)state;
    read_text(&s, HEAD ROW("900000001", "1", "発送待ち", "たくさん", "")
                      ROW("900000002", "2", "発送待ち", "1000", ""));
    assert_int_equal(s.count, 1);
    assert_int_equal(s.refused, 1);
    assert_string_equal(s.code, "aupay.field_not_integer");
    arena_free(s.arena);
}

static void a_shipment_is_one_row(void **state)
{
    const struct ship_file_format *f = ship_file_of_mall(STR("aupay"));
    struct mall_account account = {.shop_id = 7};
    struct shipment parcel = {.carrier = STR("sagawa"),
                              .carrier_mall_code = STR(""),
                              .tracking_number = STR("3555-0000-0015"),
                              .ship_date = 20261123};
    struct order_package package = {.number = 1, .shipments = &parcel, .shipment_count = 1};
    struct order order;
    struct error error = {0};
    AUTO_BUF out = buf_make(4096);
    (void)state;
    order_init(&order);
    order.order_no = STR("900000001");
    order.mall_status = STR("発送待ち");
    struct mall_ship_request request = {.order = &order,
                                        .packages = &package,
                                        .package_count = 1,
                                        .target_status = STR(""),
                                        .progress = STR("")};
    assert_non_null(f);
    assert_true(f->begin(&account, &out, &error));
    assert_true(f->add(&account, &request, 20261123, &out, &error));
    assert_true(
        str_eq(buf_str(&out), STR("\"controlType\",\"orderId\",\"orderStatus\",\"shippingDate\","
                                  "\"shippingCarrier\",\"shippingNumber\"\r\n"
                                  "\"U\",\"900000001\",\"完了\",\"2026/11/23\",\"2\","
                                  "\"355500000015\"\r\n")));
    size_t before = out.n;
    assert_false(f->add(&account, &request, 20261122, &out, &error));
    assert_string_equal(error.code, "shipment.ship_date_future");
    assert_int_equal(out.n, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_are_joined_from_their_rows),
        cmocka_unit_test(a_missing_column_is_named),
        cmocka_unit_test(a_broken_amount_refuses_one_order),
        cmocka_unit_test(a_shipment_is_one_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
