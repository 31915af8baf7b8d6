// SPDX-License-Identifier: Apache-2.0
//
// Order reports and the shipping file: recognised by their header, CP932 and UTF-8, rows joined to
// orders, promotions that repeat a row, bad cells; rows of the shipping file exact to the template.
#include "mall/amazon/amazon.h"
#include "mall/file/order_file.h"
#include "mall/file/ship_file.h"
#include "mall/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define HEADER                                                                                 \
    "order-id\torder-item-id\tpurchase-date\tpayments-date\tbuyer-email\tbuyer-name\tsku\t"    \
    "product-name\tquantity-purchased\tcurrency\titem-price\tshipping-price\trecipient-name\t" \
    "ship-address-1\tship-city\tship-state\tship-postal-code\tship-phone-number\t"             \
    "item-promotion-discount\r\n"
#define ROW(order, item, qty, price, postage, discount)                                      \
    order "\t" item "\t2026-03-01T01:02:03+00:00\t2026-03-01T02:00:00+00:00\tx@example.jp\t" \
          "見本 太郎\tSKU-1\t5\"4 の\"商品\t" qty "\tJPY\t" price "\t" postage               \
          "\t髙橋 花子\t見本区1-2-3\t--\t東京都\t100-0000\t03-0000-0000\t" discount "\r\n"

struct seen {
    struct arena *arena;
    struct order *orders[8];
    size_t count, refused;
    struct error refusal;
};

static bool take(void *context, struct mall_batch *batch, struct error *error)
{
    struct seen *s = context;
    for (size_t i = 0; i < batch->order_count; i++)
        s->orders[s->count++] = order_copy(s->arena, &batch->orders[i].order);
    mall_batch_free(batch);
    return true;
}

static void refused(void *context, const struct order_file_refusal *refusal)
{
    struct seen *s = context;
    s->refused++;
    s->refusal = refusal->error;
}

static void read_file(struct seen *s, const char *utf8)
{
    struct mall_account account = {.mall = &amazon_mall};
    struct order_file_sink sink = {.context = s, .batch = take, .refused = refused};
    struct error error;
    enum text_encoding encoding;
    *s = (struct seen){.arena = arena_new(1 << 24)};
    const struct order_file_format *f =
        order_file_recognise(STR("amazon"), str_from(utf8), &encoding, &error);
    assert_non_null(f);
    assert_string_equal(f->id, "amazon.orders");
    assert_true(f->read(&account, str_from(utf8), STR_ABSENT, &sink, &error));
}

static void rows_become_orders(void **state)
{
    struct seen s;
    read_file(&s, HEADER ROW("250-0000001-0000001", "1", "2", "1980", "500", "-100")
                      ROW("250-0000001-0000001", "1", "2", "1980", "500", "-50")
                          ROW("250-0000001-0000001", "2", "1", "300", "0", "")
                              ROW("503-0000002-0000002", "3", "1", "1000", "0", "")
                                  ROW("503-0000003-0000003", "4", "many", "1000", "0", ""));
    assert_int_equal(s.count, 2);
    assert_int_equal(s.refused, 1);
    assert_string_equal(s.refusal.code, "file.cell_unreadable");
    const struct order *o = s.orders[0];
    assert_int_equal(o->packages[0].line_count, 2);
    assert_int_equal(o->packages[0].lines[0].unit_price, 990); // item-price is the line's
    assert_int_equal(o->goods, 2280);
    assert_int_equal(o->discount, 150);
    assert_int_equal(o->billed, 2280 + 500 - 150);
    assert_true(str_eq(o->packages[0].recipient.name, STR("髙橋 花子")));
    assert_true(str_eq(o->packages[0].recipient.city, STR("")));
    assert_true(str_eq(o->packages[0].recipient.postal_code, STR("1000000")));
    assert_true(str_eq(o->packages[0].lines[0].title, STR("5\"4 の\"商品")));
    assert_int_equal(o->ordered_at, 1772326923000LL); // GMT
    assert_true(str_eq(o->mall_status, STR("UNSHIPPED")));
    arena_free(s.arena);
}

static void cp932_is_recognised(void **state)
{
    struct error error;
    struct cp932_loss *losses;
    struct str bytes;
    enum text_encoding encoding;
    AUTO_ARENA arena = arena_new(1 << 20);
    assert_true(cp932_from_utf8(
        arena, str_from(HEADER ROW("250-0000001-0000001", "1", "2", "1980", "500", "")), &bytes,
        &losses, &error));
    assert_null(losses);
    assert_non_null(order_file_recognise(STR(""), bytes, &encoding, &error));
    assert_int_equal(encoding, TEXT_CP932);
}

static void the_shipping_file(void **state)
{
    struct mall_account account = {.mall = &amazon_mall};
    struct order order;
    struct order_line line = {.number = 1, .mall_line_id = STR("10000000000001"), .quantity = 3};
    struct shipment parcels[] = {
        {.carrier = STR("yamato"), .tracking_number = STR("4000-0000-0013"), .ship_date = 20260302},
        {.carrier = STR("fukuyama"), .tracking_number = STR("77"), .ship_date = 20260302}};
    struct order_package package = {.number = 1, .shipments = parcels, .shipment_count = 1};
    struct order_package own = {.number = 1, .lines = &line, .line_count = 1};
    struct mall_ship_request request = {.order = &order, .packages = &package, .package_count = 1};
    const struct ship_file_format *f = ship_file_of_mall(STR("amazon"));
    struct error error;
    AUTO_BUF out = buf_make(1 << 16);
    order_init(&order);
    order.order_no = STR("250-0000001-0000001");
    order.state = ORDER_ACCEPTED;
    order.packages = &own;
    order.package_count = 1;
    assert_non_null(f);
    assert_true(f->begin(&account, &out, &error));
    assert_true(str_starts(buf_str(&out), STR("TemplateType=OrderFulfillment\tVersion=2011.1102")));
    buf_reset(&out);
    if (!f->add(&account, &request, 20260302, &out, &error))
        fail_msg("%s %s", error.code, error.what_en);
    assert_true(str_eq(buf_str(&out), STR("250-0000001-0000001\t\t\t2026-03-02\tYAMATO\t\t"
                                          "400000000013\t宅配便\t\r\n")));
    buf_reset(&out);
    package.shipment_count = 2;
    assert_true(f->add(&account, &request, 20260302, &out, &error));
    assert_true(str_find(buf_str(&out), STR("10000000000001\t2\t2026-03-02\tYAMATO")) >= 0);
    assert_true(
        str_find(buf_str(&out), STR("10000000000001\t1\t2026-03-02\tOther\t福山通運\t77")) >= 0);
    size_t before = out.n;
    assert_false(f->add(&account, &request, 20260301, &out, &error)); // tomorrow
    assert_string_equal(error.code, "shipment.ship_date_future");
    assert_int_equal(out.n, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_orders),
        cmocka_unit_test(cp932_is_recognised),
        cmocka_unit_test(the_shipping_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
