// SPDX-License-Identifier: Apache-2.0
//
// データ取込 by file: good rows go in, failed ones come back as a file of the same format and
// encoding; an order that the API brought is completed, never overwritten.
#include "sync/failed_rows.h"
#include "world.h"

#include "base/memory.h"
#include "db/db.h"
#include "text/cp932.h"

#define HEADER                                                                                                                               \
    "新しい列,注文番号,ステータス,注文日時,支払方法名,配送方法,複数送付先フラグ,送付先一致フラグ," \
    "商品合計金額,送料合計,代引料合計,請求金額,合計金額,ポイント利用額,注文者郵便番号1,"                \
    "注文者郵便番号2,注文者住所都道府県,注文者住所郡市区,注文者住所それ以降の住所,注文者姓,"         \
    "注文者名,注文者電話番号1,注文者電話番号2,注文者電話番号3,送付先ID,送付先姓,送付先名,"               \
    "送付先郵便番号1,送付先郵便番号2,商品明細ID,商品名,商品番号,商品管理番号,単価,個数,税込別,"        \
    "商品税率,コメント\r\n"

static void add_row(struct buf *out, const char *extra, struct str order_no, const char *status,
                    int line, const char *units)
{
    buf_addf(
        out,
        "%s,%.*s,%s,2026-01-13 09:12:45,クレジットカード,宅配便,0,0,2000,500,0,2500,2500,0,100,"
        "0000,東京都,見本区,\"見本町0-0-0, 101\",見本,花子,000,0000,0000,1,見本,太郎,060,0001,"
        "%d,見本Tシャツ,tee-01,tee-01,1000,%s,1,0.1,\"一行目\n二行目\"\r\n",
        extra, STR_ARG(order_no), status, line, units);
}

struct told {
    size_t count;
    struct file_row_report last;
    char column[64], order_no[64];
};

static void take(void *context, const struct file_row_report *row)
{
    struct told *t = context;
    t->count++;
    t->last = *row;
    snprintf(t->column, sizeof t->column, "%.*s", STR_ARG(row->column));
    snprintf(t->order_no, sizeof t->order_no, "%.*s", STR_ARG(row->order_no));
}

static struct file_import import(struct world *w, struct str bytes, struct told *told)
{
    struct order_context by = world_context(w);
    struct file_import done;
    struct error error;
    memset(told, 0, sizeof *told);
    if (!import_file(w->node.sync, &by, w->rakuten, bytes, STR_ABSENT, false, false, take, told,
                     &done, &error))
        fail_msg("%s %s", error.code, error.what_en);
    return done;
}

static struct str failed_part(struct world *w, row_id run, int part)
{
    struct str bytes, type;
    struct error error;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_non_null(conn);
    if (!failed_rows_read(conn, w->org_id, run, part, w->arena, &bytes, &type, &error))
        fail_msg("%s", error.code);
    db_release(w->database->db, conn);
    assert_true(str_eq(type, STR("text/csv")));
    return bytes;
}

static struct str failed_file(struct world *w, row_id run)
{
    return failed_part(w, run, 1);
}

static struct str cp932(struct world *w, struct str utf8)
{
    struct str bytes;
    struct cp932_loss *losses;
    struct error error;
    assert_true(cp932_from_utf8(w->arena, utf8, &bytes, &losses, &error));
    assert_null(losses);
    return bytes;
}

static struct str replaced(struct world *w, struct str text, struct str from, struct str to)
{
    ptrdiff_t at = str_find(text, from);
    assert_true(at >= 0);
    return arena_printf(w->arena, "%.*s%.*s%.*s", (int)at, text.p, STR_ARG(to),
                        (int)(text.n - (size_t)at - from.n), text.p + (size_t)at + from.n);
}

// One good order, one with a broken amount in its second row, a row without a number at all.
static struct str mixed_file(struct world *w)
{
    AUTO_BUF text = buf_make(1 << 20);
    buf_add(&text, STR(HEADER));
    add_row(&text, "あ", STR("999001-20260113-0000000001"), "300", 1, "2");
    add_row(&text, "い", STR("999001-20260113-0000000002"), "300", 1, "1");
    add_row(&text, "", STR("999001-20260113-0000000002"), "300", 2, "たくさん");
    add_row(&text, "", STR("999001-20260113-0000000003"), "300", 1, "2");
    return str_dup(w->arena, buf_str(&text));
}

static void failed_rows_come_back(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct told told;
    struct str file = cp932(w, mixed_file(w));
    struct file_import done = import(w, file, &told);
    assert_int_equal(done.created, 2);
    assert_int_equal(done.failed, 1);
    assert_true(done.has_failed_rows && !done.has_failed_second);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.column, "個数");
    assert_string_equal(told.order_no, "999001-20260113-0000000002");
    assert_int_equal(told.last.line, 6); // each row has a line break inside

    // Header and both rows of the order, byte for byte.
    struct str failed = failed_file(w, done.run_id);
    AUTO_BUF text = buf_make(1 << 20);
    buf_add(&text, STR(HEADER));
    add_row(&text, "い", STR("999001-20260113-0000000002"), "300", 1, "1");
    add_row(&text, "", STR("999001-20260113-0000000002"), "300", 2, "たくさん");
    assert_true(str_eq(failed, cp932(w, buf_str(&text))));

    // Mended, it goes in; the rest stays as it is.
    struct str mended = replaced(w, failed, cp932(w, STR("たくさん")), STR("1"));
    done = import(w, mended, &told);
    assert_int_equal(done.created, 1);
    assert_int_equal(done.failed, 0);
    assert_false(done.has_failed_rows);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM \"order\""), 3);
    assert_int_equal(import(w, file, &told).unchanged, 2);
    world_verify(w);
    world_close(w);
}

static void other_encodings_come_back_too(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct told told;
    struct str utf8 = mixed_file(w);
    struct str with_bom = arena_printf(w->arena, "\xef\xbb\xbf%.*s", STR_ARG(utf8));
    struct file_import done = import(w, with_bom, &told);
    assert_int_equal(done.failed, 1);
    struct str failed = failed_file(w, done.run_id);
    assert_true(str_starts(failed, STR("\xef\xbb\xbf新しい列,")));
    assert_int_equal(import(w, failed, &told).failed, 1);
    // A row that isn't even one: by its line.
    AUTO_BUF text = buf_make(1 << 20);
    buf_add(&text, STR(HEADER));
    add_row(&text, "", STR("999001-20260113-0000000004"), "300", 1, "2");
    add_row(&text, "", STR("999001-20260113-0000000005"), "300", 1, "2");
    buf_add(&text, STR("nothing,of,this\r\n"));
    done = import(w, buf_str(&text), &told);
    failed = failed_file(w, done.run_id);
    assert_true(str_find(failed, STR("nothing,of,this\r\n")) > 0);
    // The order beside it may have lost a row: it is there whole, and the other isn't.
    assert_true(str_find(failed, STR("999001-20260113-0000000005")) > 0);
    assert_true(str_find(failed, STR("999001-20260113-0000000004")) < 0);
    world_close(w);
}

static struct order order_of(struct world *w, row_id id)
{
    struct order o = {0};
    struct error error;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(conn && order_read(conn, w->org_id, id, w->arena, &o, &error));
    db_release(w->database->db, conn);
    return o;
}

static struct str extra_of(const struct order *o, struct str key)
{
    for (size_t i = 0; i < o->extra_count; i++)
        if (str_eq(o->extras[i].key, key))
            return o->extras[i].value;
    return STR("");
}

static struct str one_row(struct world *w, const char *extra, struct str order_no,
                          const char *status)
{
    AUTO_BUF text = buf_make(1 << 20);
    buf_add(&text, STR(HEADER));
    add_row(&text, extra, order_no, status, 1, "2");
    return str_dup(w->arena, buf_str(&text));
}

static void a_file_completes_what_the_api_brought(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct told told;
    struct str order_no = world_place_ready(w, SIM_RAKUTEN);
    world_fetch(w, SIM_RAKUTEN);
    row_id id = world_order_id(w, SIM_RAKUTEN, order_no);
    struct order before = order_of(w, id);
    // An older download: the order still waited for its confirmation.
    struct str file = one_row(w, "新", order_no, "100");
    struct file_import done = import(w, file, &told);
    assert_int_equal(done.updated, 1);
    struct order after = order_of(w, id);
    assert_true(str_eq(after.mall_status, before.mall_status));
    assert_int_equal(after.state, before.state);
    assert_int_equal(after.billed, before.billed);
    assert_true(str_eq(after.orderer.name, before.orderer.name));
    assert_int_equal(after.version, before.version + 1);
    assert_true(str_eq(extra_of(&after, STR("新しい列")), STR("新")));
    assert_true(str_find(after.from_file, STR("extra.新しい列")) >= 0);
    assert_int_equal(import(w, file, &told).unchanged, 1);
    assert_int_equal(order_of(w, id).version, after.version);

    // The API's next reading brings its own news and leaves what the file told.
    world_act(w, SIM_RAKUTEN, order_no, "memo", "{\"memo\":\"急ぎ\"}");
    struct fetch_request again = {.door = DOOR_NUMBER,
                                  .shop_id = w->rakuten,
                                  .status = STR(""),
                                  .order_nos = &order_no,
                                  .order_no_count = 1};
    world_fetch_with(w, &again);
    after = order_of(w, id);
    assert_true(str_eq(after.mall_memo, STR("急ぎ")));
    assert_true(str_eq(extra_of(&after, STR("新しい列")), STR("新")));
    world_verify(w);
    world_close(w);
}

static void the_api_takes_over_what_a_file_created(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct told told;
    struct str order_no = world_place_ready(w, SIM_RAKUTEN);
    assert_int_equal(import(w, one_row(w, "初", order_no, "100"), &told).created, 1);
    row_id id = world_order_id(w, SIM_RAKUTEN, order_no);
    assert_true(str_eq(order_of(w, id).mall_status, STR("100")));
    assert_true(str_eq(order_of(w, id).from_file, STR("*")));
    // While files are all there is, a newer file is newer.
    assert_int_equal(import(w, one_row(w, "次", order_no, "300"), &told).updated, 1);
    assert_true(str_eq(order_of(w, id).mall_status, STR("300")));
    assert_true(
        str_eq(extra_of(&(struct order[]){order_of(w, id)}[0], STR("新しい列")), STR("次")));
    world_fetch(w, SIM_RAKUTEN);
    struct order o = order_of(w, id);
    assert_false(str_eq(o.from_file, STR("*")));
    assert_true(str_eq(extra_of(&o, STR("新しい列")), STR("次")));
    struct str name = o.orderer.name;
    // From now on a file only fills gaps.
    import(w, one_row(w, "後", order_no, "900"), &told);
    o = order_of(w, id);
    assert_true(o.state != ORDER_CANCELLED && str_eq(o.orderer.name, name));
    assert_true(str_eq(extra_of(&o, STR("新しい列")), STR("次")));
    world_verify(w);
    world_close(w);
}

// Two files: what fails of the pair comes back from both.
static void both_files_come_back(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct str orders = STR("OrderId,OrderTime,ShipName,ShipPrefecture,PayMethodName,Total\r\n"
                            "90001,2026/01/20 9:15:02,見本 太郎,北海道,商品代引,1000\r\n"
                            "90002,2026/01/20 9:15:02,見本 太郎,北海道,商品代引,1000\r\n"
                            "90003,2026/01/20 9:15:02,見本 太郎,北海道,商品代引,1000\r\n");
    struct str items = STR("OrderId,LineId,Quantity,ItemId,Title,UnitPrice,LineSubTotal\r\n"
                           "90001,1,1,item-a,帽子,1000,1000\r\n"
                           "90002,1,たくさん,item-b,帽子,1000,1000\r\n"
                           "90009,1,1,item-c,帽子,1000,1000\r\n");
    struct order_context by = world_context(w);
    struct told told = {0};
    struct file_import done;
    struct error error;
    if (!import_file(w->node.sync, &by, w->yahoo, orders, items, false, false, take, &told, &done,
                     &error))
        fail_msg("%s %s", error.code, error.what_en);
    assert_int_equal(done.created, 1);
    assert_true(done.has_failed_rows && done.has_failed_second);
    struct str first = failed_part(w, done.run_id, 1), second = failed_part(w, done.run_id, 2);
    assert_true(str_starts(first, STR("OrderId,OrderTime,")));
    assert_true(str_find(first, STR("\r\n90001,")) < 0);
    assert_true(str_find(first, STR("\r\n90002,")) > 0 && str_find(first, STR("\r\n90003,")) > 0);
    assert_true(str_find(second, STR("\r\n90001,")) < 0);
    assert_true(str_find(second, STR("\r\n90002,")) > 0);
    assert_true(str_find(second, STR("\r\n90009,")) > 0);
    world_close(w);
}

static void memory_runs_out(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct str file = cp932(w, mixed_file(w));
    struct order_context by = world_context(w);
    for (uint64_t at = 1;; at += 1 + at / 16) {
        struct file_import done;
        struct error error;
        memory_fail_at(at, 0);
        bool ok = import_file(w->node.sync, &by, w->rakuten, file, STR_ABSENT, true, false, NULL,
                              NULL, &done, &error);
        bool failed = memory_fail_at(0, 0) >= at;
        // A header that can't be compared for lack of memory fits no format.
        bool unrecognised = error.class == ERROR_BAD_INPUT && strncmp(error.code, "file.", 5) == 0;
        if (!ok && error.class != ERROR_NO_MEMORY && error.class != ERROR_STORAGE && !unrecognised)
            fail_msg("%llu: %s %s", (unsigned long long)at, error.code, error.what_en);
        if (!failed)
            break;
        assert_true(at < 100000);
    }
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM \"order\""), 0);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(failed_rows_come_back),
        ON_BOTH(other_encodings_come_back_too),
        ON_BOTH(a_file_completes_what_the_api_brought),
        ON_BOTH(the_api_takes_over_what_a_file_created),
        ON_BOTH(both_files_come_back),
        ON_BOTH(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
