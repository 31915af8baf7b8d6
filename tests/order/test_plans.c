// SPDX-License-Identifier: Apache-2.0
//
// Plans of the queries that a screen waits for, on some thousand orders: each must name its index,
// and none may sort or scan a table.
#include "world.h"

#include "order/list.h"

static void fill(struct world *w)
{
    static struct order_import imports[2000];
    struct error e;
    char no[32];
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 2000; i++) {
            snprintf(no, sizeof no, "%d-%d", k, i);
            struct order *o = world_order(w, no, k * 2000 + i);
            o->state = i % 10 ? ORDER_DONE : ORDER_ACCEPTED;
            imports[i] = (struct order_import){.order = o, .door = "range"};
        }
        assert_true(world_try_import(w, imports, 2000, &e));
    }
    if (w->engine == DB_POSTGRES)
        test_database_exec(w->database, "ANALYZE");
}

static void plan_names(struct world *w, const char *sql, const char *index)
{
    struct error e;
    struct db_conn *conn = db_acquire(w->db, &e);
    struct str plan = db_explain(conn, w->arena, sql, &e);
    db_release(w->db, conn);
    assert_non_null(plan.p);
    bool good = str_find(plan, str_from(index)) >= 0 && str_find(plan, STR("TEMP B-TREE")) < 0 &&
                str_find(plan, STR("Seq Scan")) < 0 &&
                str_find(plan, STR("Bitmap Heap Scan on \"order\"")) < 0 &&
                (str_find(plan, STR("SCAN ")) < 0 || str_find(plan, STR("VIRTUAL TABLE")) >= 0);
    if (!good)
        print_error("%s\n%.*s\n", sql, STR_ARG(plan));
    assert_true(good);
}

static void plans(struct world *w)
{
    struct list_query query;
    fill(w);
    for (size_t i = 0; list_query(i, &query); i++)
        plan_names(w, query.sql, query.index);
    for (size_t i = 0; search_query(w->engine, i, &query); i++)
        plan_names(w, query.sql, query.index);
}

static void every_list_has_its_index(void **state)
{
    on_each_engine(plans);
}

// A page costs the same number of statements whatever its size and depth.
static void budget(struct world *w)
{
    struct order_filter f = world_filter();
    fill(w);
    world_statements(w);
    world_list(w, &f);
    assert_true(world_statements(w) <= 1);
    f.work_status = world_status(w, ROLE_DONE);
    world_statements(w);
    world_list(w, &f);
    assert_true(world_statements(w) <= 2);
    f.shop_id = w->shop;
    f.marks = ORDER_MARK_GIFT;
    world_list(w, &f);
    assert_true(world_statements(w) <= 3);
    world_search(w, "佐藤");
    assert_true(world_statements(w) <= 14);
}

static void lists_have_a_statement_budget(void **state)
{
    on_each_engine(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_list_has_its_index),
        cmocka_unit_test(lists_have_a_statement_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
