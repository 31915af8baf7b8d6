// SPDX-License-Identifier: Apache-2.0
//
// QSM's files: the detailed download in any order of columns and either encoding, joined to carts,
// refusals that name line and reason, and the file for the bulk entry of shipments.
#include "base/memory.h"
#include "mall/file/order_file.h"
#include "mall/file/ship_file.h"
#include "mall/op.h"
#include "mall/qoo10/qoo10.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct taken {
    struct arena *arena;
    struct order *orders[16];
    size_t order_count;
    struct {
        size_t line;
        char code[64], order_no[64], column[64];
    } refusals[16];
    size_t refusal_count;
};

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct taken *t = context;
    bool kept = true;
    for (size_t i = 0; kept && i < batch->order_count; i++) {
        assert_true(t->order_count < 16 && batch->orders[i].raw.n > 0);
        t->orders[t->order_count] = order_copy(t->arena, &batch->orders[i].order);
        kept = t->orders[t->order_count++] != NULL;
    }
    mall_batch_free(batch);
    return kept || error_no_memory(error);
}

static void take_refusal(void *context, const struct order_file_refusal *r)
{
    struct taken *t = context;
    if (t->refusal_count == 16)
        return;
    t->refusals[t->refusal_count].line = r->line;
    snprintf(t->refusals[t->refusal_count].code, 64, "%s", r->error.code);
    snprintf(t->refusals[t->refusal_count].order_no, 64, "%.*s", STR_ARG(r->order_no));
    snprintf(t->refusals[t->refusal_count++].column, 64, "%.*s", STR_ARG(r->column));
}

static bool read_bytes(struct taken *t, struct str bytes, struct error *error)
{
    struct order_file_sink sink = {t, take_batch, take_refusal, NULL};
    struct mall_account account = {.shop_id = 7};
    enum text_encoding encoding;
    struct str utf8;
    *t = (struct taken){.arena = arena_new(64 << 20)};
    if (!t->arena)
        return error_no_memory(error);
    const struct order_file_format *format =
        order_file_recognise(STR("qoo10"), bytes, &encoding, error);
    if (!format)
        return false;
    assert_string_equal(format->id, "qoo10.orders");
    return text_to_utf8(t->arena, bytes, &utf8, &encoding, error) &&
           format->read(&account, utf8, STR_ABSENT, &sink, error);
}

#define is_text(actual, expected)                                             \
    do {                                                                      \
        struct str text_seen = (actual);                                      \
        if (!str_eq(text_seen, str_from(expected)))                           \
            fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(text_seen), expected); \
    } while (0)

// clang-format off
#define DETAILED \
    "配送状態,注文番号,カート番号,配送会社,送り状番号,発送日,注文日,入金日,お届け希望日,発送予定日,配送完了日,配送方法,商品番号,商品名,数量," \
    "オプション情報,オプションコード,おまけ,受取人名,受取人名(フリガナ),受取人電話番号,受取人携帯電話番号,住所,郵便番号,国家,送料の決済,決済サイト," \
    "通貨,購入者決済金額,販売価格,割引額,注文金額の合計,供給原価の合計,購入者名,購入者名(フリガナ),配送要請事項,購入者電話番号,購入者携帯電話番号," \
    "販売者商品コード,JANコード,規格番号,プレゼント贈り主,外部広告,素材,ギフト注文\r\n"
#define ROW(state, order, cart, number, title, quantity, amount) \
    state "," order "," cart ",ヤマト宅急便," number ",,2026/09/03 21:07:45,2026/09/03 21:08,2026/09/08 14:00~16:00,2026-09-05,,," \
    "900000001," title "," quantity ",カラー:白,mug-01-wt,,見本花子,ミホンハナコ,'+81--,+81-90-0000-0001,東京都千代田区架空町1-2-3,'100-0000,JP,Charge," \
    "Qoo10,JPY," amount ",\"1,650\",300,\"" amount "\",2970,見本花子,ミホンハナコ,急ぎ,+81--,+81-90-0000-0001,mug-01,4900000000000,,,,,N\r\n"
// clang-format on

static void detailed_layout(void **state)
{
    static const char file[] =
        DETAILED ROW("配送要請(新規受付)", "1000000011", "300000001", "", "見本マグ", "2", "3000")
            ROW("配送中", "1000000021", "300000002", "4000-0000-0001", "表十ソ能", "1", "1350")
                ROW("配送要請(新規受付)", "1000000012", "300000001", "", "見本皿", "1", "1350");
    struct taken t;
    struct error error = {0};
    (void)state;
    if (!read_bytes(&t, str_from(file), &error))
        fail_msg("%s %s", error.code, error.what_en);
    assert_int_equal(t.refusal_count, 0);
    assert_int_equal(t.order_count, 2);
    const struct order *o = t.orders[1]; // whole once its last row is read
    const struct order *shipped = t.orders[0];
    if (!o || !shipped) {
        fail();
        return;
    }
    is_text(o->order_no, "300000001");
    is_text(o->mall, "qoo10");
    is_text(o->mall_status, "2");
    assert_int_equal(o->state, ORDER_NEW);
    assert_int_equal(o->package_count, 1);
    assert_int_equal(o->packages[0].line_count, 2);
    is_text(o->packages[0].mall_ref, "1000000011");
    is_text(o->packages[0].lines[1].mall_line_id, "1000000012");
    is_text(o->packages[0].lines[0].jan, "4900000000000");
    is_text(o->packages[0].recipient.postal_code, "1000000");
    is_text(o->packages[0].recipient.prefecture, "東京都");
    is_text(o->packages[0].recipient.phone, "09000000001");
    assert_int_equal(o->packages[0].requested_date, 20260908);
    is_text(o->packages[0].requested_slot, "14:00-16:00");
    assert_int_equal(o->billed, 4350);
    assert_int_equal(o->goods, 4950);
    is_text(o->buyer_note, "急ぎ");
    time_ms t0;
    assert_true(time_parse_iso(STR("2026-09-03T21:07:45+09:00"), 0, &t0) && o->ordered_at == t0);
    assert_int_equal(shipped->shipment_state, SHIPMENT_SHIPPED);
    is_text(shipped->packages[0].shipments[0].carrier, "yamato");
    is_text(shipped->packages[0].shipments[0].mall_ref, "1000000021");
    arena_free(t.arena);
}

static void both_encodings(void **state)
{
    static const char file[] =
        DETAILED ROW("新規受付", "1000000011", "300000001", "", "表十ソ能予申", "2", "3000");
    struct str utf8 = str_from(file), cp932;
    struct cp932_loss *losses;
    struct taken t;
    struct error error = {0};
    AUTO_ARENA arena = arena_new(1 << 20);
    (void)state;
    assert_true(cp932_from_utf8(arena, utf8, &cp932, &losses, &error));
    assert_null(losses);
    assert_true(read_bytes(&t, cp932, &error));
    assert_int_equal(t.order_count, 1);
    if (!t.orders[0]) {
        fail();
        return;
    }
    is_text(t.orders[0]->packages[0].lines[0].title, "表十ソ能予申");
    arena_free(t.arena);
}

static void bad_cells_name_themselves(void **state)
{
    static const struct {
        const char *from, *to, *column;
    } cases[] = {
        {",2,カラー", ",two,カラー", "数量"},
        {"2026/09/03 21:07:45", "2026/13/03 21:07:45", "注文日"},
        {"\"1,650\"", "1.65E+3x", "販売価格"},
        {"1000000011", "1E+09", "注文番号"},
        {"300000001", "3E+08", "カート番号"},
    };
    static const char file[] =
        DETAILED ROW("新規受付", "1000000011", "300000001", "", "見本マグ", "2", "3000")
            ROW("新規受付", "1000000021", "300000002", "", "見本マグ", "1", "3000");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AUTO_BUF changed = buf_make(1 << 16);
        struct str whole = str_from(file);
        ptrdiff_t at = str_find(whole, str_from(cases[i].from));
        struct taken t;
        struct error error = {0};
        assert_true(at > 0);
        buf_add(&changed, str_slice(whole, 0, (size_t)at));
        buf_add(&changed, str_from(cases[i].to));
        buf_add(&changed, str_slice(whole, (size_t)at + strlen(cases[i].from), whole.n));
        assert_true(read_bytes(&t, buf_str(&changed), &error));
        assert_int_equal(t.order_count, 1);
        assert_int_equal(t.refusal_count, 1);
        assert_int_equal(t.refusals[0].line, 2);
        assert_string_equal(t.refusals[0].column, cases[i].column);
        bool cart = strcmp(cases[i].column, "カート番号") == 0;
        assert_string_equal(t.refusals[0].order_no, cart ? "3E+08" : "300000001");
        arena_free(t.arena);
    }
}

static void short_layout_says_where_the_other_is(void **state)
{
    static const char file[] =
        "配送状態,注文番号,カート番号,配送会社,送り状番号,発送日,発送予定日,商品名,数量,"
        "オプション情"
        "報,オプションコード,受取人名,販売者商品コード,外部広告,決済サイト\r\n"
        "新規受付,1000000011,300000001,,,,,見本マグ,1,,,見本花子,mug-01,,\r\n";
    struct taken t;
    struct error error = {0};
    (void)state;
    assert_true(read_bytes(&t, str_from(file), &error));
    assert_int_equal(t.order_count, 0);
    assert_string_equal(t.refusals[0].code, "qoo10.short_layout");
    arena_free(t.arena);
}

static void memory_runs_out(void **state)
{
    static const char file[] =
        DETAILED ROW("新規受付", "1000000011", "300000001", "", "見本マグ", "2", "3000");
    bool done = false;
    (void)state;
    for (uint64_t n = 1; !done; n++) {
        struct taken t;
        struct error error = {0};
        memory_fail_at(n, 0);
        bool ok = read_bytes(&t, str_from(file), &error);
        memory_fail_at(0, 0);
        done = ok && t.order_count == 1;
        if (!ok)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        else if (!done)
            assert_int_equal(t.refusal_count, 1);
        arena_free(t.arena);
        assert_true(n < 3000);
    }
}

static void shipping_file(void **state)
{
    struct order order;
    struct order_line lines[2] = {
        {.number = 1,
         .mall_line_id = STR("1000000011"),
         .title = STR("見本,マグ"),
         .options = STR("カラー:白\n名入れ:あり"),
         .sku = STR("mug-01-wt"),
         .item_id = STR("mug-01"),
         .quantity = 2},
        {.number = 2, .mall_line_id = STR("1000000012"), .title = STR("皿"), .quantity = 1}};
    struct order_package known = {.number = 1,
                                  .mall_ref = STR("1000000011"),
                                  .recipient = {.name = STR("見本花子")},
                                  .lines = lines,
                                  .line_count = 2};
    struct shipment parcel = {.carrier = STR("sagawa"),
                              .carrier_mall_code = STR(""),
                              .tracking_number = STR("3000-0000-0001"),
                              .ship_date = 20260907,
                              .mall_ref = STR("")};
    struct order_package wanted = known;
    struct mall_account account = {.shop_id = 7};
    struct error error = {0};
    AUTO_BUF out = buf_make(1 << 20);
    (void)state;
    order_init(&order);
    order.order_no = STR("300000001");
    order.mall_status_label = STR("配送要請/配送準備");
    order.state = ORDER_ACCEPTED;
    order.packages = &known;
    order.package_count = 1;
    wanted.shipments = &parcel;
    wanted.shipment_count = 1;
    struct mall_ship_request request = {.order = &order, .packages = &wanted, .package_count = 1};
    const struct ship_file_format *format = ship_file_of_mall(STR("qoo10"));
    assert_non_null(format);
    assert_true(format->begin(&account, &out, &error));
    size_t head = out.n;
    assert_true(format->add(&account, &request, 20260908, &out, &error));
    is_text(
        str_slice(buf_str(&out), head, out.n),
        "配送要請/配送準備,1000000011,300000001,佐川急便,300000000001,2026-09-07,,\"見本,マグ\",2,"
        "カラー:白 / 名入れ:あり,mug-01-wt,見本花子,mug-01,,\r\n"
        "配送要請/配送準備,1000000012,300000001,佐川急便,300000000001,2026-09-07,,皿,1,,,見本花子,,"
        ",\r\n");
    is_text(
        str_slice(buf_str(&out), 0, head),
        "配送状態,注文番号,カート番号,配送会社,送り状番号,発送日,発送予定日,商品名,数量,オプション"
        "情報,オプションコード,受取人名,販売者商品コード,外部広告,決済サイト\r\n");
    size_t before = out.n;
    parcel.tracking_number = STR("");
    assert_false(format->add(&account, &request, 20260908, &out, &error));
    assert_string_equal(error.code, "shipment.tracking_number_missing");
    assert_int_equal(out.n, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detailed_layout),
        cmocka_unit_test(both_encodings),
        cmocka_unit_test(bad_cells_name_themselves),
        cmocka_unit_test(short_layout_says_where_the_other_is),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(shipping_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
