// SPDX-License-Identifier: Apache-2.0
//
// The order CSV of RMS (rakuten.md §15.1): rows joined to orders, columns in any order, what is new
// kept, what is broken refused with its line; and never an order in part.
#include "base/memory.h"
#include "mall/file/order_file.h"
#include "mall/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define HEADER                                                                                                                           \
    "注文番号,ステータス,サブステータスID,サブステータス,注文日時,注文日,注文時間,注文確定日時," \
    "支払方法名,配送方法,複数送付先フラグ,送付先一致フラグ,商品合計金額,送料合計,代引料合計,"    \
    "請求金額,合計金額,ポイント利用額,注文者郵便番号1,注文者郵便番号2,注文者住所都道府県,"         \
    "注文者住所郡市区,注文者住所それ以降の住所,注文者姓,注文者名,注文者電話番号1,"                    \
    "注文者電話番号2,注文者電話番号3,送付先ID,送付先送料,送付先姓,送付先名,送付先郵便番号1,"        \
    "送付先郵便番号2,商品明細ID,商品名,商品番号,商品管理番号,単価,個数,税込別,項目・選択肢,"        \
    "お届け時間帯,お届け日指定,コメント,SKU管理番号,商品税率,商品毎税込価格,新しい列\r\n"

// One row: number, basket, line, price, units, totals, an unknown column.
static void add_row(struct buf *out, const char *order_no, int basket, int line, int price,
                    int units, int goods, const char *extra)
{
    buf_addf(
        out,
        "%s,300,,,2026-01-13 09:12:45,2026-01-13,09:12:45,2026-01-13 10:31:19,クレジットカード,"
        "宅配便,0,0,%d,500,0,%d,%d,100,100,0000,東京都,見本区,\"見本町0-0-0, 101\",見本,花子,000,"
        "0000,0000,%d,500,見本,太郎,60,1,%d,見本Tシャツ,tee-01,tee-01,%d,%d,1,"
        "\"名入れ:しない\n色:白\",1416,2026-01-17,\"[配送日時指定:]\n2026-01-17(土)\n14:00-16:"
        "00\n\n"
        "[備考:]\nよろしく\",m-wht,0.1,%d,%s\r\n",
        order_no, goods, goods + 500 - 100, goods + 500, basket, line, price, units, price, extra);
}

struct catch
{
    struct mall_batch *batches[64];
    size_t batch_count, orders;
    size_t refused_lines[64];
    char refused_orders[64][64], codes[64][64], columns[64][64];
    size_t refused;
    size_t done, total;
};

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct catch *c = context;
    (void)error;
    c->orders += batch->order_count;
    assert_true(c->batch_count < 64);
    c->batches[c->batch_count++] = batch;
    return true;
}
static void take_refusal(void *context, const struct order_file_refusal *refusal)
{
    struct catch *c = context;
    if (c->refused == 64)
        return;
    c->refused_lines[c->refused] = refusal->line;
    snprintf(c->refused_orders[c->refused], 64, "%.*s", STR_ARG(refusal->order_no));
    snprintf(c->columns[c->refused], 64, "%.*s", STR_ARG(refusal->column));
    snprintf(c->codes[c->refused++], 64, "%s", refusal->error.code);
}
static void take_progress(void *context, size_t done, size_t total)
{
    struct catch *c = context;
    assert_true(done >= c->done && done <= total);
    c->done = done;
    c->total = total;
}

static bool read_file(struct catch *c, struct str text, struct error *error)
{
    struct order_file_sink sink = {c, take_batch, take_refusal, take_progress};
    enum text_encoding encoding;
    memset(c, 0, sizeof *c);
    const struct order_file_format *format =
        order_file_recognise(STR("rakuten"), text, &encoding, error);
    return format && format->read(NULL, text, STR_ABSENT, &sink, error);
}

static void let_go(struct catch *c)
{
    for (size_t i = 0; i < c->batch_count; i++)
        mall_batch_free(c->batches[i]);
}

static const struct order *find(const struct catch *c, const char *order_no)
{
    for (size_t i = 0; i < c->batch_count; i++)
        for (size_t k = 0; k < c->batches[i]->order_count; k++)
            if (str_eq(c->batches[i]->orders[k].order.order_no, str_from(order_no)))
                return &c->batches[i]->orders[k].order;
    return NULL;
}

#define assert_text(s, text) assert_true(str_eq((s), str_from(text)))

static void rows_become_orders(void **state)
{
    AUTO_BUF text = buf_make(1 << 20);
    struct catch c;
    struct error error;
    (void)state;
    buf_add(&text, STR(HEADER));
    add_row(&text, "999001-20260113-0000000702", 11, 1, 1000, 2, 3000, "新");
    add_row(&text, "999001-20260113-0000000702", 11, 2, 1000, 1, 3000, "別");
    add_row(&text, "999001-20260113-0000000703", 12, 3, 3000, 1, 3000, "");
    assert_true(read_file(&c, buf_str(&text), &error));
    assert_int_equal(c.orders, 2);
    assert_int_equal(c.refused, 0);
    assert_int_equal(c.done, c.total);
    const struct order *o = find(&c, "999001-20260113-0000000702");
    struct error why = {0};
    struct order checked = *o;
    checked.shop_id = 1;
    if (!order_validate(&checked, &why))
        fail_msg("%s", why.what_en);
    assert_text(o->mall_status_label, "発送待ち");
    assert_int_equal(o->state, ORDER_ACCEPTED);
    assert_int_equal(o->payment_state, PAYMENT_AUTHORIZED);
    assert_text(o->payment_method_code, "1");
    assert_text(o->orderer.name, "見本 花子");
    assert_text(o->orderer.address1, "見本町0-0-0, 101");
    assert_int_equal(o->billed, 3400);
    assert_int_equal(o->total, 3500);
    assert_int_equal(o->package_count, 1);
    assert_text(o->packages[0].mall_ref, "11");
    assert_text(o->packages[0].recipient.postal_code, "0600001"); // zeros that a spreadsheet ate
    assert_text(o->packages[0].requested_slot, "14:00-16:00");
    assert_int_equal(o->packages[0].requested_date, 20260117);
    assert_int_equal(o->packages[0].line_count, 2);
    assert_text(o->packages[0].lines[0].options, "名入れ:しない\n色:白");
    assert_int_equal(o->packages[0].lines[0].quantity, 2);
    assert_int_equal(o->packages[0].lines[0].subtotal, 2000);
    assert_int_equal(o->marks, ORDER_MARK_COMMENT | ORDER_MARK_DATE_REQUESTED);
    assert_int_equal(o->extra_count, 2);
    assert_text(o->extras[0].label, "新しい列");
    assert_text(o->extras[0].value, "新");
    assert_text(o->extras[1].key, "新しい列[2]");
    assert_true(str_starts(c.batches[0]->orders[0].raw, STR("注文番号,")));
    let_go(&c);
}

static void several_destinations(void **state)
{
    AUTO_BUF text = buf_make(1 << 20);
    struct catch c;
    struct error error;
    (void)state;
    buf_add(&text, STR(HEADER));
    add_row(&text, "A-1", 11, 1, 1000, 1, 2000, "");
    add_row(&text, "A-1", 12, 2, 1000, 1, 2000, "");
    assert_true(read_file(&c, buf_str(&text), &error));
    const struct order *o = find(&c, "A-1");
    assert_int_equal(o->package_count, 2);
    assert_true(o->marks & ORDER_MARK_SEVERAL_DESTINATIONS);
    assert_int_equal(o->packages[1].lines[0].number, 2);
    let_go(&c);
}

static void scattered_rows_are_joined(void **state)
{
    AUTO_BUF text = buf_make(1 << 20);
    struct catch c;
    struct error error;
    (void)state;
    buf_add(&text, STR(HEADER));
    for (int line = 1; line <= 3; line++)
        for (int order = 0; order < 5; order++) {
            char number[16];
            snprintf(number, sizeof number, "A-%d", order);
            add_row(&text, number, 11, order * 10 + line, 1000, 1, 3000, "");
        }
    assert_true(read_file(&c, buf_str(&text), &error));
    assert_int_equal(c.orders, 5);
    assert_int_equal(find(&c, "A-3")->packages[0].line_count, 3);
    let_go(&c);
}

static void columns_in_any_order_and_spelling(void **state)
{
    static const char small[] =
        "個数,単価,商品管理番号,商品明細ＩＤ,送付先ID,ステータス,注文番号,請求金額,商品合計金額,"
        "送料合計,合計金額,"
        "注文日,注文時間,項目選択肢\n"
        "2,\"1,500\",tee,1,11,100,A-1,3000,3000,0,3000,2026/01/13,9:05:01,色:赤\n";
    struct catch c;
    struct error error;
    (void)state;
    assert_true(read_file(&c, str_from(small), &error));
    const struct order *o = find(&c, "A-1");
    if (!o)
        fail_msg("refused: %s %s", c.codes[0], c.columns[0]);
    assert_int_equal(o->packages[0].lines[0].unit_price, 1500);
    assert_text(o->packages[0].lines[0].options, "色:赤");
    struct civil_time t = civil_from_time(o->ordered_at, JST_OFFSET_MS);
    assert_int_equal(t.hour, 9);
    assert_int_equal(t.minute, 5);
    let_go(&c);
}

static void broken_cells_are_refused_with_line_and_column(void **state)
{
    AUTO_BUF text = buf_make(1 << 20);
    struct catch c;
    struct error error;
    (void)state;
    buf_add(&text, STR(HEADER));
    add_row(&text, "A-1", 11, 1, 1000, 1, 1000, "");
    size_t before = text.n;
    add_row(&text, "A-2", 11, 1, 1000, 1, 1000, "");
    // 個数 of A-2 becomes 1E+05.
    AUTO_BUF broken = buf_make(1 << 20);
    buf_add(&broken, str_make(text.p, before));
    struct str second = str_make(text.p + before, text.n - before);
    ptrdiff_t at = str_find(second, STR(",1000,1,1,"));
    assert_true(at > 0);
    buf_add(&broken, str_slice(second, 0, (size_t)at));
    buf_add(&broken, STR(",1000,1E+05,1,"));
    buf_add(&broken, str_slice(second, (size_t)at + 10, second.n));
    add_row(&broken, "A-3", 11, 1, 1000, 1, 1000, "");
    assert_true(read_file(&c, buf_str(&broken), &error));
    assert_int_equal(c.orders, 2);
    assert_int_equal(c.refused, 1);
    assert_string_equal(c.refused_orders[0], "A-2");
    assert_string_equal(c.columns[0], "個数");
    assert_int_equal(c.refused_lines[0], 9); // the first order takes lines 2 to 8
    let_go(&c);
}

// A row that can't be read may have belonged to the order before or behind it.
static void a_broken_row_taints_its_neighbours(void **state)
{
    AUTO_BUF text = buf_make(1 << 20);
    struct catch c;
    struct error error;
    (void)state;
    buf_add(&text, STR(HEADER));
    add_row(&text, "A-1", 11, 1, 1000, 1, 1000, "");
    add_row(&text, "A-2", 11, 2, 1000, 1, 1000, "");
    buf_add(&text, STR("A-2,300,too,short\r\n"));
    add_row(&text, "A-3", 11, 3, 1000, 1, 1000, "");
    add_row(&text, "A-4", 11, 4, 1000, 1, 1000, "");
    assert_true(read_file(&c, buf_str(&text), &error));
    assert_int_equal(c.orders, 2);
    assert_non_null(find(&c, "A-1"));
    assert_non_null(find(&c, "A-4"));
    assert_int_equal(c.refused, 3);
    assert_string_equal(c.codes[0], "file.column_count");
    assert_string_equal(c.codes[1], "file.neighbour_broken");
    assert_string_equal(c.refused_orders[1], "A-2");
    assert_string_equal(c.refused_orders[2], "A-3");
    let_go(&c);
}

static void a_line_given_twice_is_refused(void **state)
{
    AUTO_BUF text = buf_make(1 << 20);
    struct catch c;
    struct error error;
    (void)state;
    buf_add(&text, STR(HEADER));
    add_row(&text, "A-1", 11, 1, 1000, 1, 1000, "");
    add_row(&text, "A-1", 11, 1, 1000, 1, 1000, "");
    assert_true(read_file(&c, buf_str(&text), &error));
    assert_int_equal(c.orders, 0);
    assert_string_equal(c.columns[0], "商品明細ID");
    let_go(&c);
}

static void files_are_recognised_by_their_header(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    enum text_encoding encoding;
    struct error error;
    struct str cp932;
    struct cp932_loss *losses;
    (void)state;
    assert_non_null(order_file_recognise(STR("rakuten"), STR(HEADER), &encoding, &error));
    assert_int_equal(encoding, TEXT_UTF8);
    assert_true(cp932_from_utf8(arena, STR(HEADER), &cp932, &losses, &error));
    assert_non_null(order_file_recognise(STR(""), cp932, &encoding, &error));
    assert_int_equal(encoding, TEXT_CP932);
    assert_null(order_file_recognise(STR("rakuten"), STR("名前,住所\r\n"), &encoding, &error));
    assert_string_equal(error.code, "file.unknown");
    assert_true(strstr(error.hint_ja, "通常購入データ") != NULL);
    assert_null(order_file_recognise(STR("rakuten"), STR(""), &encoding, &error));
    assert_string_equal(error.code, "file.empty");
    assert_null(order_file_recognise(STR("yahoo"), STR(HEADER), &encoding, &error));
    assert_string_equal(error.code, "file.other_mall");
    assert_true(strstr(error.what_ja, "楽天") != NULL);
}

static void many_orders_come_in_bounded_batches(void **state)
{
    AUTO_BUF text = buf_make(64 << 20);
    struct catch c;
    struct error error;
    (void)state;
    buf_add(&text, STR(HEADER));
    for (int i = 0; i < 3000; i++) {
        char number[32];
        snprintf(number, sizeof number, "999001-20260113-%010d", i);
        add_row(&text, number, 11, 1, 1000, 1, 1000, "");
    }
    assert_true(read_file(&c, buf_str(&text), &error));
    assert_int_equal(c.orders, 3000);
    for (size_t i = 0; i < c.batch_count; i++)
        assert_true(c.batches[i]->order_count <= 200);
    let_go(&c);
}

static void cut_anywhere_no_order_comes_in_part(void **state)
{
    AUTO_BUF text = buf_make(1 << 20);
    (void)state;
    buf_add(&text, STR(HEADER));
    size_t head = text.n;
    add_row(&text, "A-1", 11, 1, 1000, 1, 2000, "");
    add_row(&text, "A-1", 11, 2, 1000, 1, 2000, "end");
    for (size_t n = head; n < text.n - 6; n++) {
        struct catch c;
        struct error error = {0};
        struct str part = str_make(text.p, n);
        if (!str_is_utf8(part))
            continue;
        if (read_file(&c, part, &error)) {
            const struct order *o = find(&c, "A-1");
            // The one cut that leaves whole rows can't be told from a shorter order but by its sum.
            if (o && o->packages[0].line_count != 2)
                assert_true(o->marks & ORDER_MARK_TOTAL_MISMATCH);
        }
        let_go(&c);
    }
}

static void lack_of_memory_is_a_clean_error(void **state)
{
    AUTO_BUF text = buf_make(1 << 20);
    (void)state;
    buf_add(&text, STR(HEADER));
    add_row(&text, "A-1", 11, 1, 1000, 1, 1000, "");
    add_row(&text, "A-2", 11, 2, 1000, 1, 1000, "");
    for (uint64_t n = 1;; n++) {
        struct catch c;
        struct error error = {0};
        memory_fail_at(n, 0);
        bool ok = read_file(&c, buf_str(&text), &error);
        uint64_t made = memory_fail_at(0, 0);
        if (!ok)
            assert_true(error_is_set(&error));
        else if (c.orders + c.refused != 2)
            fail_msg("allocation %d: %zu orders, %zu refused", (int)n, c.orders, c.refused);
        let_go(&c);
        if (ok && made < n)
            break;
        assert_true(n < 3000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_orders),
        cmocka_unit_test(several_destinations),
        cmocka_unit_test(scattered_rows_are_joined),
        cmocka_unit_test(columns_in_any_order_and_spelling),
        cmocka_unit_test(broken_cells_are_refused_with_line_and_column),
        cmocka_unit_test(a_broken_row_taints_its_neighbours),
        cmocka_unit_test(a_line_given_twice_is_refused),
        cmocka_unit_test(files_are_recognised_by_their_header),
        cmocka_unit_test(many_orders_come_in_bounded_batches),
        cmocka_unit_test(cut_anywhere_no_order_comes_in_part),
        cmocka_unit_test(lack_of_memory_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
