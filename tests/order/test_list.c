// SPDX-License-Identifier: Apache-2.0
#include "world.h"

static void import_many(struct world *w, const char *prefix, int from, int to)
{
    static struct order_import imports[2000];
    struct error e;
    char no[32];
    size_t n = 0;
    for (int i = from; i < to; i++) {
        snprintf(no, sizeof no, "%s-%d", prefix, i);
        struct order *o = world_order(w, no, i);
        o->marks = i % 3 == 0 ? ORDER_MARK_GIFT : 0;
        if (i % 5 == 0)
            o->shop_id = w->other_shop;
        if (i % 7 == 0)
            o->state = ORDER_DONE;
        imports[n++] = (struct order_import){.order = o, .door = "range"};
    }
    assert_true(world_try_import(w, imports, n, &e));
}

static struct order_page read_page(struct world *w, const struct order_filter *f)
{
    struct order_page page;
    struct error e;
    struct db_conn *conn = db_acquire(w->db, &e);
    assert_true(order_list(conn, w->org, f, w->arena, &page, &e));
    db_release(w->db, conn);
    return page;
}

static void rows_of_a_page(struct world *w)
{
    struct order *o = world_order(w, "L-1", 1);
    struct error e;
    o->packages[0].requested_date = 20261201;
    o->packages[0].requested_slot = STR("午前中");
    world_import(w, o);
    world_import(w, world_order(w, "L-2", 2));
    assert_true(world_memo(w, "L-1", 1, "急ぎ", &e));
    assert_true(world_ship(w, "L-1", "sagawa", "355500000015", 20261122, &e));
    struct order_filter f = world_filter();
    struct order_page page = read_page(w, &f);
    assert_int_equal(page.count, 2);
    assert_null(page.next_cursor.p);
    assert_int_equal(page.hidden_by_filter, 0);
    const struct order_row *r = &page.rows[1];
    assert_str(r->order_no, "L-1");
    assert_str(r->mall, "testmall");
    assert_str(r->mall_status_label, "発送待ち");
    assert_str(r->orderer_name, "佐藤 花子");
    assert_str(r->recipient_prefecture, "東京都");
    assert_str(r->first_title, "青森県産りんご 10kg");
    assert_str(r->carrier, "sagawa");
    assert_str(r->tracking_number, "355500000015");
    assert_str(r->requested_slot, "午前中");
    assert_str(r->memo, "急ぎ");
    assert_str(r->writeback_state, "pending");
    assert_int_equal(r->requested_date, 20261201);
    assert_int_equal(r->ship_date, 20261122);
    assert_int_equal(r->line_count, 2);
    assert_int_equal(r->quantity, 3);
    assert_int_equal(r->package_count, 1);
    assert_int_equal(r->billed, 5500);
    assert_int_equal(r->shipment_state, SHIPMENT_SHIPPED);
    assert_int_equal(r->version, 3);
    assert_int_equal(r->work_status, world_status(w, ROLE_DONE));
    assert_int_equal(r->fetched_at, w->context.now);
}

static void a_row_shows_the_order(void **state)
{
    on_each_engine(rows_of_a_page);
}

// Every page of a filter, numbers joined; checks that none comes twice.
static const char *walk(struct world *w, struct order_filter f, int *pages)
{
    AUTO_BUF out = buf_make(1u << 20);
    *pages = 0;
    for (;;) {
        struct order_page page = read_page(w, &f);
        assert_true(page.count <= (size_t)f.limit);
        for (size_t i = 0; i < page.count; i++)
            buf_addf(&out, "%.*s ", STR_ARG(page.rows[i].order_no));
        ++*pages;
        if (!page.next_cursor.p)
            break;
        f.cursor = page.next_cursor;
        assert_true(*pages < 1000);
    }
    return str_cstr(w->arena, buf_str(&out));
}

// The same, made from what is known about the orders.
static const char *expected(struct world *w, int from, int to, bool (*take)(int))
{
    AUTO_BUF out = buf_make(1u << 20);
    for (int i = to - 1; i >= from; i--)
        if (take(i))
            buf_addf(&out, "P-%d ", i);
    return str_cstr(w->arena, buf_str(&out));
}

static bool every(int i)
{
    return true;
}
static bool open_ones(int i)
{
    return i % 7 != 0;
}
static bool done_ones(int i)
{
    return i % 7 == 0;
}
static bool gifts(int i)
{
    return i % 3 == 0;
}
static bool second_shop(int i)
{
    return i % 5 == 0;
}
static bool done_in_second_shop(int i)
{
    return i % 5 == 0 && i % 7 == 0;
}
static bool open_gifts_in_first(int i)
{
    return i % 5 != 0 && i % 7 != 0 && i % 3 == 0;
}
static bool middle(int i)
{
    return i >= 100 && i < 200;
}

static void pages_of(struct world *w, struct order_filter f, bool (*take)(int))
{
    int pages;
    const char *want = expected(w, 0, 333, take);
    for (int limit = 7; limit <= 500; limit = limit * 8 - 3) {
        f.limit = limit > 500 ? 500 : limit;
        assert_string_equal(walk(w, f, &pages), want);
    }
}

static void paging(struct world *w)
{
    import_many(w, "P", 0, 333);
    struct order_filter f = world_filter();
    pages_of(w, f, every);
    f.open_only = true;
    pages_of(w, f, open_ones);
    f.open_only = false;
    f.work_status = world_status(w, ROLE_ENTRY);
    pages_of(w, f, open_ones);
    f.work_status = world_status(w, ROLE_DONE);
    pages_of(w, f, done_ones);
    f.shop_id = w->other_shop;
    pages_of(w, f, done_in_second_shop);
    f.work_status = 0;
    pages_of(w, f, second_shop);
    f = world_filter();
    f.marks = ORDER_MARK_GIFT;
    pages_of(w, f, gifts);
    f.shop_id = w->shop;
    f.open_only = true;
    pages_of(w, f, open_gifts_in_first);
    f = world_filter();
    f.from = world_order(w, "x", 100)->ordered_at;
    f.to = world_order(w, "x", 200)->ordered_at;
    pages_of(w, f, middle);
    // The same through the search: every order has the name.
    f = world_filter();
    f.q = STR("佐藤");
    pages_of(w, f, every);
    f.work_status = world_status(w, ROLE_DONE);
    f.shop_id = w->other_shop;
    pages_of(w, f, done_in_second_shop);
    f = world_filter();
    f.q = STR("藤");
    f.open_only = true;
    pages_of(w, f, open_ones);
    f.q = STR("03");
    f.open_only = false;
    f.marks = ORDER_MARK_GIFT;
    pages_of(w, f, gifts);
    f.q = STR("りんご 佐藤 渋谷区神宮前");
    f.from = world_order(w, "x", 100)->ordered_at;
    f.to = world_order(w, "x", 200)->ordered_at;
    f.marks = 0;
    pages_of(w, f, middle);
}

static void pages_lose_and_double_nothing(void **state)
{
    on_each_engine(paging);
}

static void arriving(struct world *w)
{
    import_many(w, "P", 0, 50);
    struct order_filter f = world_filter();
    f.limit = 10;
    AUTO_BUF seen = buf_make(1u << 16);
    for (int round = 0;; round++) {
        struct order_page page = read_page(w, &f);
        for (size_t i = 0; i < page.count; i++)
            buf_addf(&seen, "%.*s ", STR_ARG(page.rows[i].order_no));
        if (!page.next_cursor.p)
            break;
        f.cursor = page.next_cursor;
        import_many(w, "new", 1000 + 10 * round, 1005 + 10 * round); // newer than all
    }
    assert_string_equal(str_cstr(w->arena, buf_str(&seen)), expected(w, 0, 50, every));
}

static void rows_that_arrive_meanwhile_disturb_nothing(void **state)
{
    on_each_engine(arriving);
}

static void hidden(struct world *w)
{
    import_many(w, "P", 0, 200);
    struct order_filter f = world_filter();
    assert_int_equal(read_page(w, &f).hidden_by_filter, 0);
    f.shop_id = w->other_shop;
    assert_int_equal(read_page(w, &f).hidden_by_filter, 160);
    f.marks = ORDER_MARK_GIFT;
    assert_int_equal(read_page(w, &f).hidden_by_filter, 186); // 14 of 200
    f = world_filter();
    f.q = STR("P-117");
    assert_int_equal(read_page(w, &f).hidden_by_filter, 199);
    f.q = STR("nothing-like-this");
    assert_int_equal(read_page(w, &f).hidden_by_filter, 200);
    f.q = STR_ABSENT;
    f.to = world_order(w, "x", 150)->ordered_at;
    f.limit = 20;
    assert_int_equal(read_page(w, &f).hidden_by_filter, 50);
    f.cursor = read_page(w, &f).next_cursor;
    assert_int_equal(read_page(w, &f).hidden_by_filter, -1);
}

static void what_the_filter_hides_is_counted(void **state)
{
    on_each_engine(hidden);
}

static void refused(struct world *w, struct order_filter f, const char *code)
{
    struct order_page page;
    struct error e;
    struct db_conn *conn = db_acquire(w->db, &e);
    assert_false(order_list(conn, w->org, &f, w->arena, &page, &e));
    db_release(w->db, conn);
    assert_int_equal(e.class, ERROR_BAD_INPUT);
    assert_string_equal(e.code, code);
}

static void foreign(struct world *w)
{
    import_many(w, "P", 0, 20);
    struct order_filter f = world_filter();
    f.limit = 5;
    struct str cursor = read_page(w, &f).next_cursor;
    f.cursor = cursor;
    assert_int_equal(read_page(w, &f).count, 5);
    struct order_filter other = f;
    other.shop_id = w->shop;
    refused(w, other, "order.cursor_foreign");
    other = f;
    other.q = STR("佐藤");
    refused(w, other, "order.cursor_foreign");
    other = f;
    other.cursor = STR("not hexadecimal");
    refused(w, other, "order.cursor_foreign");
    char broken[64];
    snprintf(broken, sizeof broken, "%.*s", STR_ARG(cursor));
    broken[3] = broken[3] == '0' ? '1' : '0';
    other.cursor = str_from(broken);
    refused(w, other, "order.cursor_foreign");
    w->org++;
    refused(w, f, "order.cursor_foreign");
    w->org--;
    f = world_filter();
    f.limit = 0;
    refused(w, f, "order.limit");
    f.limit = 501;
    refused(w, f, "order.limit");
    f.limit = 5;
    f.q = STR("a b c d e f g h i");
    refused(w, f, "order.query_words");
    f.q = STR("\xff");
    refused(w, f, "order.query");
}

static void foreign_cursors_are_refused(void **state)
{
    on_each_engine(foreign);
}

static void finds(struct world *w, const char *q, const char *numbers)
{
    const char *found = world_search(w, q);
    if (strcmp(found, numbers) != 0)
        print_error("%s\n", q);
    assert_string_equal(found, numbers);
}

static void searching(struct world *w)
{
    struct order *a = world_order(w, "249601-20261122-0000012345", 1);
    struct order *b = world_order(w, "shop-10000077", 2);
    struct error e;
    b->orderer.name = STR("鈴木 一郎");
    b->orderer.name_kana = STR("スズキ イチロウ");
    b->orderer.email = STR("Ichiro.Suzuki@Example.JP");
    b->orderer.phone = STR("09087654321");
    b->orderer.company = STR("株式会社 髙島");
    b->packages[0].recipient = b->orderer;
    b->packages[0].recipient.name = STR("髙橋 さくら");
    b->packages[0].lines[0].sku = STR("SKU_Ａ-77");
    b->packages[0].lines[0].title = STR("サーバー用ラック 100% %_\"'");
    world_import(w, a);
    world_import(w, b);
    finds(w, "佐藤", "249601-20261122-0000012345");
    finds(w, "佐藤花子", "249601-20261122-0000012345");
    finds(w, "佐藤　花子", "249601-20261122-0000012345");
    finds(w, "ｻﾄｳ", "249601-20261122-0000012345");
    finds(w, "さとう はなこ", "249601-20261122-0000012345");
    finds(w, "鈴木", "shop-10000077");
    finds(w, "鈴木 佐藤", "");
    finds(w, "高橋", "shop-10000077"); // written 髙橋
    finds(w, "高島", "shop-10000077");
    finds(w, "郎", "shop-10000077"); // one character, at the end of a word
    finds(w, "橋", "shop-10000077"); // one character, inside
    finds(w, "健", "");
    finds(w, "健太郎子", "");
    finds(w, "03-1234-5678", "249601-20261122-0000012345");
    finds(w, "０３１２", "249601-20261122-0000012345");
    finds(w, "5678", "249601-20261122-0000012345");
    finds(w, "-5678", "249601-20261122-0000012345");
    finds(w, "090-8765", "shop-10000077");
    finds(w, "8765432", "shop-10000077");
    finds(w, "876", "shop-10000077"); // too short for the index
    finds(w, "99999", "");
    finds(w, "150-0001", "shop-10000077 249601-20261122-0000012345");
    finds(w, "ichiro.suzuki", "shop-10000077");
    finds(w, "SUZUKI@EXAMPLE", "shop-10000077");
    finds(w, "249601-20261122-0000012345", "249601-20261122-0000012345");
    finds(w, "24960120261122", "249601-20261122-0000012345");
    finds(w, "0012345", "249601-20261122-0000012345");
    finds(w, "東京都渋谷区神宮前", "shop-10000077 249601-20261122-0000012345");
    finds(w, "りんご10kg", "249601-20261122-0000012345");
    finds(w, "sku_a-77", "shop-10000077");
    finds(w, "サーバー用", "shop-10000077");
    finds(w, "100%", "shop-10000077");
    finds(w, "%_", "shop-10000077");
    finds(w, "_\"'", "shop-10000077");
    finds(w, "'", "shop-10000077");
    finds(w, "%%%", "");
    finds(w, "\\", "");
    assert_true(world_ship(w, "shop-10000077", "yamato", "4001-2345-6784", 20261122, &e));
    finds(w, "4001-2345-6784", "shop-10000077");
    finds(w, "23456784", "shop-10000077");
    assert_true(world_memo(w, "shop-10000077", 2, "電話待ち ☎", &e));
    finds(w, "電話待ち", "shop-10000077");
    assert_true(world_memo(w, "shop-10000077", 3, "完了", &e));
    finds(w, "電話待ち", "");
    finds(w, "電話", "");
    finds(w, "完了", "shop-10000077");
    finds(w, "鈴木", "shop-10000077");
    assert_string_equal(world_verify(w), "");
}

static void search_finds_what_people_type(void **state)
{
    on_each_engine(searching);
}

static void buckets(struct world *w)
{
    // Over many years: each in another bucket of the PostgreSQL index.
    for (int i = 0; i < 12; i++) {
        char no[32];
        snprintf(no, sizeof no, "Y-%d", i);
        struct order *o = world_order(w, no, 0);
        o->ordered_at -= (12 - i) * 365LL * 86400000;
        if (i % 4 == 1) {
            o->orderer.name = STR("与謝野 晶子");
            o->packages[0].recipient.name = o->orderer.name;
        }
        world_import(w, o);
    }
    finds(w, "与謝野", "Y-9 Y-5 Y-1");
    finds(w, "謝野晶", "Y-9 Y-5 Y-1");
    struct order_filter f = world_filter();
    int pages;
    f.q = STR("与謝野晶子");
    f.limit = 1;
    assert_string_equal(walk(w, f, &pages), "Y-9 Y-5 Y-1 ");
    assert_int_equal(pages, 3);
}

static void search_goes_back_over_the_years(void **state)
{
    on_each_engine(buckets);
}

static void apart(struct world *w)
{
    world_import(w, world_order(w, "A-1", 1));
    row_id org = w->org;
    w->org = 99;
    finds(w, "佐藤", "");
    finds(w, "藤", "");
    finds(w, "03", "");
    w->org = org;
    finds(w, "佐藤", "A-1");
}

static void companies_see_their_own_orders_only(void **state)
{
    on_each_engine(apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_shows_the_order),
        cmocka_unit_test(pages_lose_and_double_nothing),
        cmocka_unit_test(rows_that_arrive_meanwhile_disturb_nothing),
        cmocka_unit_test(what_the_filter_hides_is_counted),
        cmocka_unit_test(foreign_cursors_are_refused),
        cmocka_unit_test(search_finds_what_people_type),
        cmocka_unit_test(search_goes_back_over_the_years),
        cmocka_unit_test(companies_see_their_own_orders_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
