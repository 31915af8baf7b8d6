// SPDX-License-Identifier: Apache-2.0
//
// Order and item files of ストアクリエイターPro: any choice of columns, both encodings, packed
// cells, joining, and refusals that name line and reason.
#include "mall/file/order_file.h"
#include "mall/op.h"
#include "yahoo_support.h"

struct taken {
    struct arena *arena;
    struct order *orders[64];
    struct str raws[64];
    size_t order_count;
    struct {
        size_t line;
        char code[64], order_no[64];
    } refusals[32];
    size_t refusal_count, done, total;
};

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct taken *t = context;
    bool kept = true;
    for (size_t i = 0; kept && i < batch->order_count; i++) {
        assert_true(t->order_count < 64);
        t->raws[t->order_count] = str_dup(t->arena, batch->orders[i].raw);
        t->orders[t->order_count] = order_copy(t->arena, &batch->orders[i].order);
        kept = t->orders[t->order_count++] != NULL && !arena_failed(t->arena);
    }
    mall_batch_free(batch);
    return kept || error_no_memory(error);
}

static void take_refusal(void *context, const struct order_file_refusal *r)
{
    struct taken *t = context;
    if (t->refusal_count == 32)
        return;
    t->refusals[t->refusal_count].line = r->line;
    snprintf(t->refusals[t->refusal_count].code, 64, "%s", r->error.code);
    snprintf(t->refusals[t->refusal_count].order_no, 64, "%.*s", STR_ARG(r->order_no));
    t->refusal_count++;
}

static void take_progress(void *context, size_t done, size_t total)
{
    struct taken *t = context;
    assert_true(done >= t->done && done <= total);
    t->done = done;
    t->total = total;
}

static bool read_files(struct taken *t, const char *orders, const char *items, struct error *error)
{
    struct yahoo_account a;
    struct order_file_sink sink = {t, take_batch, take_refusal, take_progress};
    enum text_encoding encoding;
    struct str bytes = str_from(orders), utf8;
    *t = (struct taken){.arena = arena_new(64 << 20)};
    if (!t->arena)
        return error_no_memory(error);
    yahoo_account_make(&a);
    const struct order_file_format *format =
        order_file_recognise(STR("yahoo"), bytes, &encoding, error);
    if (!format)
        return false;
    assert_string_equal(format->id, "yahoo.orders");
    return text_to_utf8(t->arena, bytes, &utf8, &encoding, error) &&
           format->read(&a.account, utf8, str_from(items), &sink, error);
}

static const char orders_csv[] =
    "OrderId,OrderTime,ShipName,ShipZipCode,ShipPrefecture,ShipCity,ShipAddress1,ShipPhoneNumber,"
    "BillMailAddress,PayMethodName,Total,TotalPrice,UsePoint,ShipCharge\r\n"
    "10000123,2026/11/20 9:15:02,見本 "
    "太郎,060-0000,北海道,見本市,見本1-2,011-000-0000,b@example.jp,"
    "商品代引,\"3,000\",9999,100,500\r\n"
    "examplestore-10000124,2026-11-20T10:00:00+09:00,見本 "
    "次郎,1000001,東京都,見本区,1-1,0300000000,"
    "c@example.jp,銀行振込,1300,1,0,0\r\n";
static const char items_csv[] =
    "OrderId,LineId,Id,Quantity,ItemId,SubCode,Title,UnitPrice,LineSubTotal,CouponDiscount,"
    "ItemTaxRatio,ItemOptionValue,LeadTimeStart\r\n"
    "10000124,1,examplestore-10000124,1,item-c,,茶,1300,1300,0,8,,2026/11/25\r\n"
    "10000123,1,examplestore-10000123,2,item-a,item-a-red,\"見本,シャツ\",1000,2000,200,10,色:赤,"
    "\r\n"
    "10000123,2,examplestore-10000123,2,item-b,,帽子,300,600,0,10,,\r\n";

static const struct order *find(const struct taken *t, const char *no)
{
    for (size_t i = 0; i < t->order_count; i++)
        if (str_eq(t->orders[i]->order_no, str_from(no)))
            return t->orders[i];
    fail_msg("no order %s", no);
    return NULL;
}

static void test_both_files(void **state)
{
    struct taken t;
    struct error error = {0};
    (void)state;
    if (!read_files(&t, orders_csv, items_csv, &error))
        fail_msg("%s %s", error.code, error.what_en);
    assert_int_equal(t.order_count, 2);
    assert_int_equal(t.refusal_count, 0);
    assert_int_equal(t.done, t.total);
    const struct order *o = find(&t, YAHOO_NO); // the full number, though the file has the bare one
    assert_int_equal(o->shop_id, 0);
    assert_int_equal(o->billed, 3000); // Total, not TotalPrice
    assert_int_equal(o->goods, 3000);
    assert_int_equal(o->coupon_shop, 400);
    assert_int_equal(o->marks & ORDER_MARK_TOTAL_MISMATCH, 0);
    assert_int_equal(o->ordered_at, 1795133702000);
    assert_text(o->packages[0].recipient.name, "見本 太郎");
    assert_text(o->packages[0].recipient.postal_code, "0600000");
    assert_text(o->packages[0].lines[0].title, "見本,シャツ");
    assert_text(o->packages[0].lines[0].options, "色:赤");
    assert_int_equal(o->packages[0].line_count, 2);
    assert_true(str_find(t.raws[0], STR("OrderId,OrderTime")) == 0);
    assert_true(str_find(t.raws[0], STR("item-a-red")) > 0);
    o = find(&t, "examplestore-10000124");
    assert_text(o->packages[0].lines[0].lead_time, "2026/11/25");
    assert_int_equal(o->packages[0].lines[0].tax_rate_basis_points, 800);
    arena_free(t.arena);
}

static void test_cp932_and_bom(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct cp932_loss *losses;
    struct str bytes;
    struct taken t;
    struct error error = {0};
    (void)state;
    assert_true(cp932_from_utf8(arena, str_from(orders_csv), &bytes, &losses, &error));
    assert_true(read_files(&t, str_cstr(arena, bytes), items_csv, &error));
    assert_text(find(&t, YAHOO_NO)->packages[0].recipient.name, "見本 太郎");
    arena_free(t.arena);
    assert_true(read_files(&t, str_cstr(arena, arena_printf(arena, "\xef\xbb\xbf%s", orders_csv)),
                           items_csv, &error));
    assert_int_equal(t.order_count, 2);
    arena_free(t.arena);
}

static void test_packed_cells(void **state)
{
    struct taken t;
    struct error error = {0};
    (void)state;
    // The second title holds an '&' of its own.
    assert_true(
        read_files(&t,
                   "OrderId,OrderTime,OrderStatus,IsSeen,ShipAddressFull,ItemId,SubCode,Title,"
                   "QuantityDetail,UnitPrice,Total\n"
                   "examplestore-1,20261120091502,3,true,東京都見本区1-1,L1=item-a&L2=item-b,"
                   "L1=item-a-red&L2=,L1=シャツ&L2=A&B&L3,L1=2&L2=1,L1=1000&L2=500,2500\n"
                   "examplestore-2,20261120091502,2,false,x,item-c,,帽子,3,100,300\n",
                   NULL, &error));
    assert_int_equal(t.refusal_count, 0);
    const struct order *o = find(&t, "examplestore-1");
    assert_int_equal(o->packages[0].line_count, 2);
    assert_text(o->packages[0].lines[0].sku, "item-a-red");
    assert_text(o->packages[0].lines[1].title, "A&B&L3");
    assert_int_equal(o->packages[0].lines[0].quantity, 2);
    assert_int_equal(o->billed, 2500);
    assert_int_equal(o->marks, ORDER_MARK_HOLD);
    assert_text(o->packages[0].recipient.address1, "東京都見本区1-1");
    o = find(&t, "examplestore-2");
    assert_int_equal(o->state, ORDER_NEW);
    assert_int_equal(o->packages[0].lines[0].quantity, 3);
    arena_free(t.arena);
}

static void test_refusals_name_line_and_reason(void **state)
{
    struct taken t;
    struct error error = {0};
    (void)state;
    assert_true(read_files(&t,
                           "OrderId,OrderTime,ShipName,Total\n"
                           ",2026/11/20 9:15,x,1\n"       // no number
                           "1,2026/11/20 9:15,x,1\n"      // no items anywhere
                           "2,2026/11/20 9:15,x,1\n"      // an item row that can't be read
                           "3,2026/11/20 9:15,x,1\n"      // quantity is no number
                           "4,soon,x,1\n"                 // no time
                           "5,2026/11/20 9:15,\"x\"y,1\n" // broken quotes
                           "6,2026/11/20 9:15,x,100\n",   // fine
                           "OrderId,LineId,ItemId,UnitPrice,Quantity\n"
                           "6,1,f,100,1\n"
                           "3,1,c,100,many\n"
                           "4,1,d,100,1\n"
                           "2,1,b,100,1\n"
                           ",2,b,100,1\n"
                           "9,1,z,1,1\n",
                           &error));
    assert_int_equal(t.order_count, 1);
    assert_text(t.orders[0]->order_no, "examplestore-6");
    static const struct {
        size_t line;
        const char *code;
    } expected[] = {
        {2, "yahoo_file.order_number"},
        {3, "yahoo_file.no_items"},
        {6, "yahoo_file.item_row_unreadable"},
        {5, "yahoo.field_not_integer"},
        {6, "yahoo.field_missing"},
        {7, "csv.text_after_quote"},
        {7, "yahoo_file.order_row_missing"},
    };
    for (size_t i = 0; i < t.refusal_count; i++)
        if (i >= 7 || strcmp(t.refusals[i].code, expected[i].code) != 0)
            fail_msg("refusal %zu: line %zu %s", i, t.refusals[i].line, t.refusals[i].code);
    assert_int_equal(t.refusal_count, 7);
    assert_int_equal(t.refusals[0].line, 2);
    assert_string_equal(t.refusals[1].order_no, "examplestore-1");
    assert_string_equal(t.refusals[6].order_no, "examplestore-9");
    arena_free(t.arena);
}

static void test_what_is_no_order_file(void **state)
{
    struct taken t;
    struct error error = {0};
    (void)state;
    assert_false(read_files(&t, items_csv, NULL, &error)); // the item file alone
    assert_string_equal(error.code, "file.second_alone");
    arena_free(t.arena);
    assert_false(read_files(&t, "注文番号,商品名\n1,x\n", NULL, &error));
    assert_string_equal(error.code, "file.unknown");
    arena_free(t.arena);
    assert_false(read_files(&t, " \r\n", NULL, &error));
    assert_string_equal(error.code, "file.empty");
    arena_free(t.arena);
    assert_false(read_files(&t, orders_csv, "a,b\n1,2\n", &error));
    assert_string_equal(error.code, "yahoo_file.not_items");
    arena_free(t.arena);
    assert_false(read_files(&t, orders_csv, "", &error));
    assert_string_equal(error.code, "yahoo_file.items_empty");
    arena_free(t.arena);
}

// Cut anywhere, the files give whole orders or reasons.
static void test_truncation_at_every_byte(void **state)
{
    AUTO_ARENA arena = arena_new(64 << 20);
    (void)state;
    for (size_t n = 60; n < sizeof items_csv; n++) {
        struct taken t;
        struct error error = {0};
        bool read = read_files(&t, orders_csv, str_cstr(arena, str_make(items_csv, n)), &error);
        if (!read)
            assert_true(error.code[0] != '\0');
        else
            assert_true(t.order_count + t.refusal_count >= 2);
        arena_free(t.arena);
    }
    for (size_t n = 190; n < sizeof orders_csv; n++) {
        struct taken t;
        struct error error = {0};
        bool read = read_files(&t, str_cstr(arena, str_make(orders_csv, n)), items_csv, &error);
        assert_true(read || error.code[0] != '\0');
        arena_free(t.arena);
    }
}

static void test_memory_failures(void **state)
{
    bool succeeded = false;
    (void)state;
    for (uint64_t n = 1; !succeeded; n++) {
        struct taken t;
        struct error error = {0};
        memory_fail_at(n, 0);
        succeeded = read_files(&t, orders_csv, items_csv, &error);
        memory_fail_at(0, 0);
        if (!succeeded)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        else
            assert_int_equal(t.order_count, 2);
        arena_free(t.arena);
        assert_true(n < 3000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_files),
        cmocka_unit_test(test_cp932_and_bom),
        cmocka_unit_test(test_packed_cells),
        cmocka_unit_test(test_refusals_name_line_and_reason),
        cmocka_unit_test(test_what_is_no_order_file),
        cmocka_unit_test(test_truncation_at_every_byte),
        cmocka_unit_test(test_memory_failures),
    };
    return cmocka_run_group_tests_name("yahoo-file", tests, NULL, NULL);
}
