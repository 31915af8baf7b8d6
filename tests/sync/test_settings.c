// SPDX-License-Identifier: Apache-2.0
//
// 変換設定, 紐付け設定, 取得設定: what a mall wrote and nobody knows goes in and is marked; a
// mapping applies to what is open; a link that is off makes a notice wait and switching it on lets
// it go; a what-if tells the same that then happens; a failure of the database leaves everything as
// it was.
#include "world.h"

#include "sync/settings.h"

#define DAYS_30 (INT64_C(30) * 86400000)

struct mapping_write {
    struct world *w;
    struct mapping_change change;
    int64_t rereading;
};

static bool mapping_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct mapping_write *m = context;
    struct order_context by = world_context(m->w);
    return mapping_set(conn, &by, &m->change, &m->rereading, error);
}

struct link_write {
    struct world *w;
    struct link_change change;
    int64_t released;
};

static bool link_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct link_write *l = context;
    struct order_context by = world_context(l->w);
    return status_link_set(conn, &by, &l->change, 1, &l->released, error);
}

struct address_write {
    struct world *w;
    struct str list[OUTGOING_ADDRESSES_MAX + 1];
    size_t count;
    int64_t version;
};

static bool address_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct address_write *a = context;
    struct order_context by = world_context(a->w);
    return outgoing_addresses_set(conn, &by, a->list, a->count, a->version, error);
}

static void write_ok(struct world *w, db_write_fn fn, void *context)
{
    struct error error;
    if (!db_write(w->database->db, fn, context, &error))
        fail_msg("%s %s", error.code, error.what_en);
}

static void write_refused(struct world *w, db_write_fn fn, void *context, const char *code)
{
    struct error error;
    assert_false(db_write(w->database->db, fn, context, &error));
    assert_string_equal(error.code, code);
    assert_true(error.what_ja[0] && error.what_en[0]);
}

static struct mapping_change change_of(const char *mall, enum mapping_kind kind, const char *from,
                                       const char *to)
{
    return (struct mapping_change){.mall = mall_by_id(str_from(mall)),
                                   .kind = kind,
                                   .mall_value = str_from(from),
                                   .our_value = str_from(to),
                                   .version = -1};
}

static struct what_if mapping_try(struct world *w, const struct mapping_change *change)
{
    struct error error;
    struct what_if result;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(conn &&
                mapping_what_if(conn, w->org_id, change, w->now, w->arena, &result, &error));
    db_release(w->database->db, conn);
    return result;
}

static struct unmapped_value *unmapped(struct world *w, size_t *count)
{
    struct error error;
    struct unmapped_value *list;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(conn &&
                mapping_unmapped(conn, w->org_id, NULL, w->now, w->arena, &list, count, &error));
    db_release(w->database->db, conn);
    return list;
}

static void read_again(struct world *w)
{
    sync_wake(w->node.sync);
    world_settle(w, 2000);
}

static struct str carrier_of(struct world *w, row_id id)
{
    return world_text(w, "SELECT carrier FROM shipment WHERE order_id = %lld", (long long)id);
}

static bool is_marked(struct world *w, row_id id)
{
    return world_int(w, "SELECT marks & %lld FROM \"order\" WHERE id = %lld",
                     (long long)ORDER_MARK_UNMAPPED, (long long)id) != 0;
}

// Shipped by hand at the store with a carrier that is new to everybody.
static row_id order_with_new_carrier(struct world *w)
{
    struct str number = world_place_ready(w, SIM_YAHOO);
    world_act(w, SIM_YAHOO, number, "ship", "{\"number\":\"4000111122\",\"company\":\"4711\"}");
    world_fetch(w, SIM_YAHOO);
    row_id id = world_order_id(w, SIM_YAHOO, number);
    assert_true(id != 0);
    return id;
}

static void an_unknown_value_goes_in_and_is_mapped(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    row_id id = order_with_new_carrier(w);
    size_t count;
    assert_true(is_marked(w, id));
    struct unmapped_value *list = unmapped(w, &count), *carrier = NULL;
    for (size_t i = 0; i < count; i++)
        if (list[i].kind == MAPPING_CARRIER)
            carrier = &list[i];
    assert_true(carrier != NULL);
    assert_true(str_eq(carrier->mall_value, STR("4711")));
    assert_int_equal(carrier->orders, 1);
    struct mapping_write m = {w, change_of("yahoo", MAPPING_CARRIER, "4711", "sagawa"), 0};
    struct what_if effect = mapping_try(w, &m.change);
    assert_int_equal(effect.count, 1);
    assert_int_equal(effect.items[0].order_id, id);
    assert_true(str_eq(effect.items[0].after, STR("sagawa")));
    write_ok(w, mapping_fn, &m);
    bool open = world_int(w, "SELECT open FROM \"order\" WHERE id = %lld", (long long)id) != 0;
    assert_int_equal(m.rereading, open ? 1 : 0);
    read_again(w);
    world_advance(w, 60000);
    struct fetch_request again = {.door = DOOR_NUMBER,
                                  .shop_id = w->yahoo,
                                  .order_nos = &effect.items[0].order_no,
                                  .order_no_count = 1};
    if (!open)
        world_fetch_with(w, &again);
    // The order's turn in the round of readings comes.
    for (int i = 0; i < 30 && !str_eq(carrier_of(w, id), STR("sagawa")); i++) {
        read_again(w);
        world_advance(w, 60000);
    }
    assert_true(str_eq(carrier_of(w, id), STR("sagawa")));
    list = unmapped(w, &count);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(list[i].kind, MAPPING_CARRIER);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM setting_history WHERE key = "
                                  "'mapping.yahoo.carrier.both.4711' AND after_value = 'sagawa'"),
                     1);
    world_verify(w);
    world_close(w);
}

static void a_default_is_overruled_for_what_is_open(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 80});
    world_fetch(w, SIM_RAKUTEN);
    struct mapping_write m = {w, change_of("rakuten", MAPPING_PAYMENT, "1", "before"), 0};
    struct what_if effect = mapping_try(w, &m.change);
    int64_t cards = world_int(w,
                              "SELECT COUNT(*) FROM \"order\" WHERE mall = 'rakuten' AND "
                              "payment_method = 'クレジットカード' AND ordered_at >= %lld",
                              (long long)(w->now - DAYS_30));
    int64_t open = world_int(w, "SELECT COUNT(*) FROM \"order\" WHERE mall = 'rakuten' AND open = "
                                "1 AND payment_method = 'クレジットカード'");
    assert_true(cards > 0 && open > 0);
    assert_int_equal(effect.count, cards);
    assert_int_equal(effect.item_count, cards < WHAT_IF_ITEMS ? cards : WHAT_IF_ITEMS);
    write_ok(w, mapping_fn, &m);
    assert_int_equal(m.rereading, open);
    // Already so: nothing to do, nothing to tell.
    assert_int_equal(mapping_try(w, &m.change).count, 0);
    read_again(w);
    assert_int_equal(world_int(w,
                               "SELECT COUNT(*) FROM \"order\" WHERE mall = 'rakuten' AND open "
                               "= 1 AND payment_method = 'クレジットカード' AND payment_class "
                               "<> %d",
                               PAYMENT_CLASS_BEFORE),
                     0);
    // Somebody else saw the default; then it is put back.
    m.change.version = 0;
    m.change.our_value = STR("after");
    write_refused(w, mapping_fn, &m, "mapping.changed");
    m.change.version = -1;
    m.change.our_value = STR_ABSENT;
    write_ok(w, mapping_fn, &m);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM mapping"), 0);
    read_again(w);
    assert_int_equal(world_int(w,
                               "SELECT COUNT(*) FROM \"order\" WHERE mall = 'rakuten' AND open "
                               "= 1 AND payment_method = 'クレジットカード' AND payment_class "
                               "<> %d",
                               PAYMENT_CLASS_AUTHORIZATION),
                     0);
    world_verify(w);
    world_close(w);
}

static void what_can_not_be_mapped_is_refused(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    static const struct {
        enum mapping_kind kind;
        const char *from, *to, *code;
    } cases[] = {
        {MAPPING_PAYMENT, "1", "later", "mapping.value_unknown"},
        {MAPPING_CARRIER, "1001", "", "mapping.value_unknown"},
        {MAPPING_DELIVERY, "x", "ヤマト", "mapping.value_unknown"},
        {MAPPING_SLOT, "朝", "9-12", "mapping.value_unknown"},
        {MAPPING_SLOT, "", "午前中", "mapping.mall_value"},
        {MAPPING_SLOT, "\xff", "午前中", "mapping.mall_value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mapping_write m = {
            w, change_of("rakuten", cases[i].kind, cases[i].from, cases[i].to), 0};
        write_refused(w, mapping_fn, &m, cases[i].code);
    }
    assert_int_equal(
        world_int(w, "SELECT COUNT(*) FROM setting_history WHERE key LIKE 'mapping.%%'"), 0);
    world_close(w);
}

static void lists_hold_defaults_and_own(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct mapping_write first = {w, change_of("yahoo", MAPPING_SLOT, "102", "午後"), 0};
    struct mapping_write second = {w, change_of("yahoo", MAPPING_SLOT, "夕方", "18:00-20:00"), 0};
    struct mapping_row *list;
    struct error error;
    size_t count, own = 0, defaults = 0;
    write_ok(w, mapping_fn, &first);
    write_ok(w, mapping_fn, &second);
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(conn && mapping_list(conn, w->org_id, first.change.mall, MAPPING_SLOT, w->arena,
                                     &list, &count, &error));
    db_release(w->database->db, conn);
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++) {
        own += list[i].own_value.p != NULL;
        defaults += list[i].default_value.p != NULL;
        assert_true((list[i].version > 0) == (list[i].own_value.p != NULL));
    }
    assert_int_equal(own, 2);
    assert_int_equal(defaults, 5);
    world_close(w);
}

static row_id status_of(struct world *w, row_id order)
{
    return world_int(w, "SELECT work_status_id FROM \"order\" WHERE id = %lld", (long long)order);
}

static int64_t link_effect(struct world *w, const struct link_change *change)
{
    struct error error;
    struct what_if result;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(conn &&
                status_link_what_if(conn, w->org_id, change, 1, w->now, w->arena, &result, &error));
    db_release(w->database->db, conn);
    return result.count;
}

static void a_link_that_is_off_makes_a_notice_wait(void **state)
{
    enum db_engine engine = world_engine(state);
    for (int mall = SIM_RAKUTEN; mall <= SIM_YAHOO; mall++) {
        struct world *w = world_open(engine, &(struct world_options){0});
        struct error error;
        struct str number = world_place_ready(w, (enum sim_mall)mall);
        world_fetch(w, (enum sim_mall)mall);
        row_id id = world_order_id(w, (enum sim_mall)mall, number);
        assert_true(id != 0);
        if (!world_ship(w, id, STR("123456789012"), &error))
            fail_msg("%s %s", error.code, error.what_en);
        struct link_write l = {.w = w,
                               .change = {.mall = world_read_shop(w, (enum sim_mall)mall).mall,
                                          .work_status = status_of(w, id)}};
        assert_int_equal(link_effect(w, &l.change), 1);
        write_ok(w, link_fn, &l);
        world_push(w);
        struct writeback b = world_writeback(w, id);
        assert_int_equal(b.state, WRITEBACK_SUPPRESSED);
        assert_true(str_eq(b.reason, STR("setting.status_not_linked")));
        assert_int_equal(world_effects(w, (enum sim_mall)mall, number, "ship"), 0);
        struct status_link *list;
        size_t count, waiting = 0;
        struct db_conn *conn = db_acquire(w->database->db, &error);
        assert_true(conn && status_link_list(conn, w->org_id, l.change.mall, w->arena, &list,
                                             &count, &error));
        db_release(w->database->db, conn);
        for (size_t i = 0; i < count; i++)
            waiting += (size_t)list[i].waiting;
        assert_int_equal(count, 9);
        assert_int_equal(waiting, 1);
        l.change.reset = true;
        assert_int_equal(link_effect(w, &l.change), 1);
        write_ok(w, link_fn, &l);
        assert_int_equal(l.released, 1);
        assert_int_equal(link_effect(w, &l.change), 0);
        world_push(w);
        world_settle(w, 120000);
        b = world_writeback(w, id);
        assert_true(b.state == WRITEBACK_SENT || b.state == WRITEBACK_VERIFIED);
        world_check_effects(w);
        world_verify(w);
        world_close(w);
    }
}

static void links_are_checked(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    row_id ready = world_int(w, "SELECT id FROM work_status WHERE role = 'ready'");
    struct link_write l = {.w = w,
                           .change = {.mall = mall_by_id(STR("yahoo")),
                                      .work_status = 4711,
                                      .enabled = true,
                                      .target = STR("")}};
    write_refused(w, link_fn, &l, "link.status_unknown");
    l.change.work_status = ready;
    l.change.target = STR("nowhere");
    write_refused(w, link_fn, &l, "link.target_unknown");
    l.change.target = STR("done");
    write_ok(w, link_fn, &l);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM setting_history WHERE key LIKE 'link.%%'"),
                     1);
    write_ok(w, link_fn, &l); // the same again leaves no line
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM setting_history WHERE key LIKE 'link.%%'"),
                     1);
    world_close(w);
}

static void a_filter_tells_what_it_takes(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 150});
    world_set(w, SIM_RAKUTEN, "fetch_statuses", "300", NULL);
    world_fetch(w, SIM_RAKUTEN);
    struct shop shop = world_read_shop(w, SIM_RAKUTEN);
    struct setting_value wide = {STR("fetch_statuses"), STR("300,500")};
    struct setting_value narrow = {STR("fetch_statuses"), STR("900")};
    struct setting_value wrong = {STR("fetch_statuses"), STR("4711")};
    struct status_count_30 *counts;
    struct what_if result;
    struct error error;
    size_t count;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(conn && shop_filter_what_if(conn, w->org_id, &shop, &wide, 1, w->now, w->arena,
                                            &result, &counts, &count, &error));
    int64_t expected = world_int(w,
                                 "SELECT COUNT(*) FROM listing WHERE shop_id = %lld AND "
                                 "status_choice = '500' AND decision = 'skipped' AND reason = "
                                 "'filter.status' AND COALESCE(ordered_at, first_seen_at) >= %lld",
                                 (long long)shop.id, (long long)(w->now - DAYS_30));
    int64_t listed = 0;
    for (size_t i = 0; i < count; i++)
        listed += counts[i].count;
    assert_true(expected > 0);
    assert_int_equal(result.count, expected);
    assert_true(str_eq(result.items[0].before, STR("skipped")));
    assert_true(str_eq(result.items[0].after, STR("taken")));
    assert_int_equal(listed, world_int(w,
                                       "SELECT COUNT(*) FROM listing WHERE shop_id = %lld AND "
                                       "COALESCE(ordered_at, first_seen_at) >= %lld",
                                       (long long)shop.id, (long long)(w->now - DAYS_30)));
    assert_true(shop_filter_what_if(conn, w->org_id, &shop, &narrow, 1, w->now, w->arena, &result,
                                    &counts, &count, &error));
    assert_true(result.count > 0);
    assert_false(shop_filter_what_if(conn, w->org_id, &shop, &wrong, 1, w->now, w->arena, &result,
                                     &counts, &count, &error));
    assert_int_equal(error.class, ERROR_BAD_INPUT);
    db_release(w->database->db, conn);
    world_close(w);
}

static void addresses_are_those_of_the_outside(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct address_write a = {
        .w = w, .list = {STR(" 52.1.2.3"), STR("2600:1F00:0::1")}, .count = 2, .version = 0};
    static const char *const wrong[] = {"10.0.0.1", "127.0.0.1",   "fe80::1", "example.jp", "",
                                        "1.2.3",    "52.1.2.3:80", "::1",     "192.168.1.1"};
    struct outgoing_address *list;
    struct error error;
    size_t count;
    int64_t version;
    write_ok(w, address_fn, &a);
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(conn &&
                outgoing_addresses(conn, w->org_id, w->arena, &list, &count, &version, &error));
    db_release(w->database->db, conn);
    assert_int_equal(count, 2);
    assert_true(str_eq(list[0].address, STR("52.1.2.3")));
    assert_true(str_eq(list[1].address, STR("2600:1f00::1")));
    assert_string_equal(list[1].known_by, "setting");
    write_refused(w, address_fn, &a, "setting.changed"); // still version 0
    a.version = version;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        a.list[0] = str_from(wrong[i]);
        write_refused(w, address_fn, &a, "setting.address");
    }
    a.count = OUTGOING_ADDRESSES_MAX + 1;
    write_refused(w, address_fn, &a, "setting.address");
    world_close(w);
}

static void two_people_see_each_other(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    int64_t before, after, statuses, shop;
    struct error error;
    struct link_write l = {
        .w = w,
        .change = {.mall = mall_by_id(STR("rakuten")),
                   .work_status = world_int(w, "SELECT id FROM work_status WHERE role = 'work'")}};
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(conn && settings_revision(conn, w->org_id, SETTINGS_LINKS, 0, &before, &error) &&
                settings_revision(conn, w->org_id, SETTINGS_STATUSES, 0, &statuses, &error) &&
                settings_revision(conn, w->org_id, SETTINGS_SHOP, w->yahoo, &shop, &error));
    db_release(w->database->db, conn);
    write_ok(w, link_fn, &l);
    world_set(w, SIM_YAHOO, "close_after_ship", "true", NULL);
    conn = db_acquire(w->database->db, &error);
    assert_true(conn && settings_revision(conn, w->org_id, SETTINGS_LINKS, 0, &after, &error));
    assert_int_not_equal(before, after);
    assert_false(settings_unchanged(conn, w->org_id, SETTINGS_LINKS, 0, before, &error));
    assert_string_equal(error.code, "setting.changed");
    assert_true(settings_unchanged(conn, w->org_id, SETTINGS_LINKS, 0, after, &error));
    assert_true(settings_unchanged(conn, w->org_id, SETTINGS_LINKS, 0, 0, &error));
    assert_true(settings_unchanged(conn, w->org_id, SETTINGS_STATUSES, 0, statuses, &error));
    assert_false(settings_unchanged(conn, w->org_id, SETTINGS_SHOP, w->yahoo, shop, &error));
    assert_true(settings_revision(conn, w->org_id, SETTINGS_SHOP, w->yahoo, &shop, &error));
    db_release(w->database->db, conn);
    // What a connector learns by itself is nobody's change.
    world_set(w, SIM_YAHOO, "access_token_expires_at", "2030-01-01T00:00:00Z", NULL);
    conn = db_acquire(w->database->db, &error);
    assert_true(conn && settings_unchanged(conn, w->org_id, SETTINGS_SHOP, w->yahoo, shop, &error));
    db_release(w->database->db, conn);
    world_close(w);
}

// Whichever statement fails, the mapping is there with its history and its reading, or not at all.
static void a_failing_statement_changes_nothing(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 20});
    world_fetch(w, SIM_RAKUTEN);
    int64_t runs = world_int(w, "SELECT COUNT(*) FROM fetch_run");
    struct mapping_write m = {w, change_of("rakuten", MAPPING_PAYMENT, "1", "before"), 0};
    struct error error;
    for (uint64_t n = 1; n < 200; n++) {
        db_fail_at(w->database->db, n, false);
        bool done = db_write(w->database->db, mapping_fn, &m, &error);
        db_fail_at(w->database->db, 0, false);
        int64_t kept = world_int(w, "SELECT COUNT(*) FROM mapping");
        int64_t history =
            world_int(w, "SELECT COUNT(*) FROM setting_history WHERE key LIKE 'mapping.%%'");
        int64_t more = world_int(w, "SELECT COUNT(*) FROM fetch_run") - runs;
        assert_int_equal(kept, done);
        assert_int_equal(history, done);
        assert_int_equal(more, done);
        if (done) {
            assert_true(n > 4);
            break;
        }
    }
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM mapping"), 1);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_unknown_value_goes_in_and_is_mapped),
        ON_BOTH(a_default_is_overruled_for_what_is_open),
        ON_BOTH(what_can_not_be_mapped_is_refused),
        ON_BOTH(lists_hold_defaults_and_own),
        ON_BOTH(a_link_that_is_off_makes_a_notice_wait),
        ON_BOTH(links_are_checked),
        ON_BOTH(a_filter_tells_what_it_takes),
        ON_BOTH(addresses_are_those_of_the_outside),
        ON_BOTH(two_people_see_each_other),
        ON_BOTH(a_failing_statement_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
