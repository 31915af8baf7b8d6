// SPDX-License-Identifier: Apache-2.0
//
// The commands as the documentation writes them, against mallsim, with the same results on both
// engines: connect, test, fetch, look, ship, push, import, verify.
#include "support/database.h"
#include "terminal.h"

#include "base/buf.h"
#include "text/cp932.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct terminal t;
static const char *where; // "--data %/D" or "--db … --key-file …"

static const char *words(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *words(const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return arena_printf(t.arena, "%s %s --no-pacing --settle-seconds 0", text, where).p;
}

// The common options are taken by every command, also where they have no meaning.
static struct json call(int code, const char *command)
{
    return run_json(&t, words("%s --json", command), code);
}

static int64_t number(struct json object, const char *key)
{
    int64_t n = -1;
    if (!json_int(json_get(object, key), &n))
        fail_msg("no %s", key);
    return n;
}

static struct json first_order(const char *status, int skip)
{
    struct json root = call(0, "order list --shop r --status all --limit 500"), v;
    for (struct json_iter i = json_iterate(json_get(root, "orders")); json_next(&i, &v);)
        if (str_eq(json_str(json_get(v, "mall_status")), str_from(status)) && skip-- == 0)
            return v;
    fail_msg("no order in status %s", status);
    return v;
}

static void fetch(void)
{
    static const char *const keys[] = {"listed",  "created", "updated", "unchanged",
                                       "skipped", "failed",  "state",   "shop"};
    struct json run = call(0, "fetch r --from 2026-01-01");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_true(json_exists(json_get(run, keys[i])));
    int64_t left_out = number(json_get(run, "skipped"), "filter.status");
    int64_t listed = number(run, "listed"); // its part of the 60: the malls share them
    assert_true(listed >= 10 && left_out > 0);
    assert_int_equal(number(run, "created") + left_out, listed);
    int64_t created = number(run, "created");
    run = call(0, "fetch r --from 2026-01-01");
    assert_int_equal(number(run, "created"), 0);
    assert_int_equal(number(run, "unchanged") + number(run, "updated") +
                         number(json_get(run, "skipped"), "filter.status"),
                     listed);
    struct json list = call(0, "order list --shop r --status all --limit 500");
    assert_int_equal(json_count(json_get(list, "orders")), created);
    run = call(1, "fetch r --order 999001-20260101-9999999999");
    assert_int_equal(number(run, "failed"), 1);
    assert_int_equal(json_count(json_get(run, "failures")), 1);
    run = call(0, "fetch y --from 2026-01-01");
    assert_int_equal(number(run, "created"), number(run, "listed"));
}

static void look(void)
{
    struct json order = first_order("300", 0);
    static const char *const keys[] = {"id",          "order_no",    "shop",
                                       "mall_status", "work_status", "orderer_name"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_true(json_str(json_get(order, keys[i])).n > 0);
    struct str number_text = json_str(json_get(order, "order_no"));
    struct json full = call(0, arena_printf(t.arena, "order show %.*s", STR_ARG(number_text)).p);
    assert_true(str_eq(json_str(json_get(full, "order_no")), number_text));
    assert_int_equal(json_count(json_get(full, "writebacks")), 0);
    // Searched by its buyer's name.
    struct str name = json_str(json_get(order, "orderer_name")), family;
    assert_true(str_split(&name, ' ', &family));
    struct json found = call(
        0, arena_printf(t.arena, "order list --shop r --status all --q %.*s", STR_ARG(family)).p);
    assert_true(json_count(json_get(found, "orders")) > 0);
}

static void ship_and_push(void)
{
    // The ones with one destination: the second of two is another test's matter.
    struct str no = STR("");
    for (int i = 0; no.n == 0; i++) {
        struct json order = first_order("300", i);
        if (number(order, "destination_count") == 1)
            no = json_str(json_get(order, "order_no"));
    }
    const char *ship = arena_printf(t.arena,
                                    "order ship %.*s --carrier yamato --tracking 123456789013 "
                                    "--date today",
                                    STR_ARG(no))
                           .p;
    call(0, ship);
    struct json dry = call(0, "push --dry-run"), v;
    assert_int_equal(json_count(json_get(dry, "writebacks")), 1);
    struct json_iter i = json_iterate(json_get(dry, "writebacks"));
    assert_true(json_next(&i, &v));
    assert_true(str_eq(json_str(json_get(v, "state")), STR("pending")));
    struct json pushed = call(0, "push");
    assert_int_equal(number(pushed, "verified"), 1);
    struct json full = call(0, arena_printf(t.arena, "order show %.*s", STR_ARG(no)).p);
    i = json_iterate(json_get(full, "writebacks"));
    assert_true(json_next(&i, &v));
    assert_true(str_eq(json_str(json_get(v, "state")), STR("verified")));
    assert_true(json_exists(json_get(v, "reason")));
    // Once more: nothing is owed, nothing is sent.
    call(0, ship);
    assert_int_equal(json_count(json_get(call(0, "push"), "writebacks")), 0);
}

// As much of RMS's 158 columns as makes an order.
static struct str order_csv(int orders)
{
    AUTO_BUF out = buf_make(1u << 20);
    buf_add(
        &out,
        STR("注文番号,ステータス,注文日時,支払方法名,商品合計金額,送料合計,請求金額,"
            "合計金額,注文者郵便番号1,注文者郵便番号2,注文者住所都道府県,"
            "注文者住所郡市区,注文者住所それ以降の住所,注文者姓,注文者名,送付先ID,"
            "送付先姓,送付先名,送付先住所都道府県,商品明細ID,商品管理番号,商品名,単価,個数\r\n"));
    for (int i = 1; i <= orders; i++)
        buf_addf(&out,
                 "999001-20260110-%010d,300,2026-01-10 "
                 "09:00:00,クレジットカード,1000,0,1000,1000,100,0001,東京都,千代田区,"
                 "1－1,髙﨑,花子,%d,髙﨑,花子,東京都,%d,shirt-1,①ｼｬﾂ,1000,1\r\n",
                 900000 + i, 70 + i, 80 + i);
    struct cp932_loss *losses;
    struct str bytes;
    struct error error;
    assert_true(cp932_from_utf8(t.arena, buf_str(&out), &bytes, &losses, &error));
    return bytes;
}

static void import_files(void)
{
    write_file(&t, "rms.csv", order_csv(3));
    struct json run = call(0, "import %/rms.csv --shop r --dry-run");
    assert_int_equal(number(run, "created"), 3);
    run = call(0, "import %/rms.csv --shop r");
    assert_int_equal(number(run, "created"), 3); // the dry run had stored nothing
    run = call(0, "import %/rms.csv --shop r");
    assert_int_equal(number(run, "unchanged"), 3);
    run = call(0, "import %/rms.csv --shop r --dry-run");
    assert_int_equal(number(run, "unchanged"), 3);
    struct json found = call(0, "order list --shop r --status all --q 高崎");
    assert_int_equal(json_count(json_get(found, "orders")), 3);
    // One row of four can't be read: three arrive, one is on record.
    struct str four = order_csv(4);
    char *broken = (char *)(uintptr_t)four.p;
    broken[four.n - 3] = '"'; // the last cell
    write_file(&t, "broken.csv", four);
    run = call(3, "import %/broken.csv --shop r");
    assert_true(number(run, "failed") >= 1);
    assert_true(json_count(json_get(run, "failures")) >= 1);
    // What failed comes back as a file of its own, and goes in once it is mended.
    run = call(3, "import %/broken.csv --shop r --failed-rows %/failed.csv");
    call(1, "import %/failed.csv --shop r");
}

static void export_to_a_file(void)
{
    struct json found = call(0, "order list --shop r --status all --q 高崎"), order;
    struct json_iter i = json_iterate(json_get(found, "orders"));
    assert_true(json_next(&i, &order));
    struct str number_text = json_str(json_get(order, "order_no"));
    call(0, "shop set r --set auto_push=false");
    call(0, arena_printf(t.arena,
                         "order ship %.*s --shop r --carrier yamato --tracking "
                         "400000000001 --date today",
                         STR_ARG(number_text))
                .p);
    struct json made = call(0, "export --shop r --dry-run");
    assert_int_equal(json_count(json_get(made, "rows")), 1);
    made = call(0, "export --shop r --file %/rms_up.csv");
    assert_int_equal(number(made, "orders"), 1);
    call(1, "export --shop r --file %/rms_up2.csv"); // nothing is left
    call(0, arena_printf(t.arena, "export --again %.*s --file %%/rms_again.csv",
                         STR_ARG(json_str(json_get(made, "ship_file"))))
                .p);
    assert_int_equal(json_count(json_get(call(0, "export --list"), "files")), 1);
    call(0, arena_printf(t.arena, "export --withdraw %.*s",
                         STR_ARG(json_str(json_get(made, "ship_file"))))
                .p);
    found = call(0, "order list --channel auction");
    for (i = json_iterate(json_get(found, "orders")); json_next(&i, &order);)
        assert_true(str_eq(json_str(json_get(order, "channel")), STR("auction")));
    call(1, "order list --channel none");
}

static void import_of_two_files(void)
{
    write_file(&t, "orders.csv",
               STR("OrderId,OrderTime,ShipName,ShipPrefecture,PayMethodName,Total\r\n"
                   "90001,2026/01/20 9:15:02,見本 太郎,北海道,商品代引,1000\r\n"));
    write_file(&t, "items.csv",
               STR("OrderId,LineId,Quantity,ItemId,Title,UnitPrice,LineSubTotal\r\n"
                   "90001,1,1,item-a,帽子,1000,1000\r\n"));
    struct json run = call(1, "import %/orders.csv --shop y"); // without its items
    assert_int_equal(number(run, "failed"), 1);
    run = call(0, "import %/items.csv %/orders.csv --shop y"); // in any order
    assert_int_equal(number(run, "created"), 1);
    run = call(0, "import %/orders.csv --items %/items.csv --shop y");
    assert_int_equal(number(run, "unchanged"), 1);
}

static void way(const char *place)
{
    where = place;
    start_mallsim(&t, "--port-base 0 --seed 7 --orders 60 --days 20 --no-rate-limit");
    call(0, arena_printf(t.arena,
                         "shop add --mall rakuten --name r --base-url %s --set "
                         "service_secret=SP_demo --set license_key=SL_demo --set "
                         "fetch_statuses=100,200,300",
                         door(&t, "rakuten"))
                .p);
    call(0, arena_printf(t.arena, "shop add --mall yahoo --name y --base-url %s --demo-keys",
                         door(&t, "yahoo"))
                .p);
    struct json test = call(0, "shop test r");
    assert_true(json_true(json_get(test, "ok")));
    assert_true(json_true(json_get(call(0, "shop test y"), "ok")));
    fetch();
    look();
    ship_and_push();
    import_files();
    import_of_two_files();
    export_to_a_file();
    assert_true(json_true(json_get(call(0, "verify"), "clean")));
    static const char *const lists[] = {"shop list", "status list", "link list", "user list"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        call(0, lists[i]);
}

static void on_sqlite(void **state)
{
    (void)state;
    way("--data %/D");
}

static void on_postgres(void **state)
{
    enum db_engine engines[2];
    (void)state;
    if (test_database_engines(engines) < 2)
        skip();
    struct test_database_options options = {.empty = true};
    struct test_database *database = test_database_open_with(DB_POSTGRES, &options);
    way(arena_printf(t.arena, "--db %s --key-file %%/pg.key", database->url).p);
    test_database_close(database);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest sqlite[] = {cmocka_unit_test(on_sqlite)};
    const struct CMUnitTest postgres[] = {cmocka_unit_test(on_postgres)};
    if (argc < 3)
        return 2;
    terminal_open(&t, argv);
    int failed = cmocka_run_group_tests(sqlite, NULL, NULL);
    terminal_close(&t);
    terminal_open(&t, argv);
    failed += cmocka_run_group_tests(postgres, NULL, NULL);
    terminal_close(&t);
    return failed;
}
