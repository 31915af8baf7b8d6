// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "order/detail.h"

static bool same_hash(const struct order *a, const struct order *b)
{
    unsigned char x[16], y[16];
    order_content_hash(a, x);
    order_content_hash(b, y);
    return memcmp(x, y, 16) == 0;
}

static void full_order(struct world *w)
{
    struct order *o = world_full_order(w, 5);
    o->state = ORDER_ACCEPTED;
    assert_int_equal(world_import(w, o), IMPORT_CREATED);
    char no[64];
    snprintf(no, sizeof no, "%.*s", STR_ARG(o->order_no));
    struct order *back = world_read(w, no);
    if (!same_hash(o, back)) {
        AUTO_BUF a = buf_make(1u << 20);
        AUTO_BUF b = buf_make(1u << 20);
        detail_write_whole(&a, &order_record, o);
        detail_write_whole(&b, &order_record, back);
        print_error("%.*s\n%.*s\n", STR_ARG(buf_str(&a)), STR_ARG(buf_str(&b)));
    }
    assert_true(same_hash(o, back));
    assert_int_equal(back->version, 1);
    assert_int_equal(back->shop_id, w->shop);
    assert_int_equal(back->memo.n, 0);
    assert_int_equal(back->written_at, TIME_NONE);
    assert_int_equal(back->changed_at, w->context.now);
    assert_int_equal(back->packages[1].shipments[1].source, SHIPMENT_FROM_MALL);
    assert_true(back->packages[0].id && back->packages[0].shipments[0].id);
    assert_string_equal(world_verify(w), "");
    assert_int_equal(world_import(w, o), IMPORT_UNCHANGED);
}

static void a_fully_filled_order_comes_back_whole(void **state)
{
    on_each_engine(full_order);
}

static void twice(struct world *w)
{
    struct order_import imports[300];
    char no[32];
    struct error e;
    memset(imports, 0, sizeof imports);
    for (int i = 0; i < 300; i++) {
        snprintf(no, sizeof no, "N-%d", i);
        imports[i] = (struct order_import){.order = world_order(w, no, i),
                                           .raw = STR("{}"),
                                           .raw_type = STR("application/json"),
                                           .door = "range"};
    }
    assert_true(world_try_import(w, imports, 300, &e));
    for (int i = 0; i < 300; i++)
        assert_int_equal(imports[i].outcome, IMPORT_CREATED);
    int64_t events = test_database_int(w->database, "SELECT COUNT(*) FROM order_event");
    int64_t sum =
        test_database_int(w->database, "SELECT SUM(version + fetched_at % 1000) FROM \"order\"");
    w->context.now += 5000;
    world_statements(w);
    assert_true(world_try_import(w, imports, 300, &e));
    uint64_t statements = world_statements(w);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(imports[i].outcome, IMPORT_UNCHANGED);
        assert_true(imports[i].order_id != 0);
    }
    // Look-ups, work statuses, open quarantine, the transaction; nothing is written.
    if (w->engine == DB_POSTGRES)
        assert_true(statements <= 8);
    else
        assert_true(statements <= 300 + 10);
    assert_int_equal(test_database_int(w->database, "SELECT COUNT(*) FROM order_event"), events);
    assert_int_equal(
        test_database_int(w->database, "SELECT SUM(version + fetched_at % 1000) FROM \"order\""),
        sum);
    assert_int_equal(world_count(w, world_status(w, ROLE_ENTRY)), 300);
    assert_string_equal(world_verify(w), "");
}

static void importing_twice_changes_nothing(void **state)
{
    on_each_engine(twice);
}

static void statement_budget(struct world *w)
{
    static struct order_import imports[1000];
    char no[32];
    struct error e;
    for (int i = 0; i < 1000; i++) {
        snprintf(no, sizeof no, "N-%d", i);
        imports[i] = (struct order_import){.order = world_order(w, no, i),
                                           .raw = STR("{}"),
                                           .raw_type = STR("a/b"),
                                           .door = "range"};
    }
    world_statements(w);
    assert_true(world_try_import(w, imports, 1000, &e));
    uint64_t statements = world_statements(w);
    // PostgreSQL: a handful for the whole batch. SQLite: the rows and their look-ups.
    assert_true(statements <= (w->engine == DB_POSTGRES ? 40u : 1000u * 11u));
    for (int i = 0; i < 1000; i++) {
        struct order *o = order_copy(w->arena, imports[i].order);
        o->mall_status = STR("500");
        imports[i].order = o;
    }
    assert_true(world_try_import(w, imports, 1000, &e));
    assert_int_equal(imports[7].outcome, IMPORT_UPDATED);
    statements = world_statements(w);
    assert_true(statements <= (w->engine == DB_POSTGRES ? 60u : 1000u * 16u));
    assert_string_equal(world_verify(w), "");
}

static void statements_have_a_budget(void **state)
{
    on_each_engine(statement_budget);
}

static void same_in_batch(struct world *w)
{
    struct order *first = world_order(w, "D-1", 1), *second = order_copy(w->arena, first);
    second->mall_status = STR("500");
    struct order_import imports[] = {{.order = first, .door = "range"},
                                     {.order = second, .door = "range"},
                                     {.order = second, .door = "range"}};
    struct error e;
    assert_true(world_try_import(w, imports, 3, &e));
    assert_int_equal(imports[0].outcome, IMPORT_CREATED);
    assert_int_equal(imports[1].outcome, IMPORT_UPDATED);
    assert_int_equal(imports[2].outcome, IMPORT_UNCHANGED);
    assert_str(world_read(w, "D-1")->mall_status, "500");
    assert_string_equal(world_verify(w), "");
}

static void an_order_twice_in_a_batch(void **state)
{
    on_each_engine(same_in_batch);
}

static void shops_apart(struct world *w)
{
    struct order *a = world_order(w, "S-1", 1), *b = world_order(w, "S-1", 1);
    b->shop_id = w->other_shop;
    struct order_import imports[] = {{.order = a, .door = "range"}, {.order = b, .door = "range"}};
    struct error e;
    row_id id;
    assert_true(world_try_import(w, imports, 2, &e));
    assert_int_equal(imports[1].outcome, IMPORT_CREATED);
    assert_true(imports[0].order_id != imports[1].order_id);
    struct db_conn *conn = db_acquire(w->db, &e);
    assert_false(order_find(conn, w->org, 0, STR("S-1"), &id, &e));
    assert_string_equal(e.code, "order.number_ambiguous");
    assert_true(order_find(conn, w->org, w->other_shop, STR("S-1"), &id, &e));
    assert_int_equal(id, imports[1].order_id);
    assert_false(order_find(conn, w->org, 0, STR("S-2"), &id, &e));
    assert_int_equal(e.class, ERROR_NOT_FOUND);
    struct str status, mark;
    assert_true(order_peek(conn, w->org, w->shop, STR("S-1"), &id, w->arena, &status, &mark, &e));
    assert_str(status, "300");
    assert_false(order_peek(conn, w->org, w->shop, STR("S-2"), &id, w->arena, &status, &mark, &e));
    assert_true(id == 0 && !error_is_set(&e));
    struct order o;
    assert_false(order_read(conn, w->org, 12345, w->arena, &o, &e));
    assert_int_equal(e.class, ERROR_NOT_FOUND);
    assert_false(order_read(conn, w->org + 1, imports[0].order_id, w->arena, &o, &e));
    db_release(w->db, conn);
}

static void shops_are_kept_apart(void **state)
{
    on_each_engine(shops_apart);
}

static void same_second(struct world *w)
{
    static struct order_import imports[2000];
    char no[32];
    struct error e;
    for (int i = 0; i < 2000; i++) {
        snprintf(no, sizeof no, "T-%d", i);
        imports[i] = (struct order_import){.order = world_order(w, no, 0), .door = "range"};
    }
    assert_true(world_try_import(w, imports, 1000, &e));
    assert_true(world_try_import(w, imports + 1000, 1000, &e));
    assert_int_equal(test_database_int(w->database, "SELECT COUNT(DISTINCT id) FROM \"order\""),
                     2000);
}

static void two_thousand_orders_of_one_second(void **state)
{
    on_each_engine(same_second);
}

static void updated(struct world *w)
{
    struct order *o = world_order(w, "U-1", 1);
    struct error e;
    assert_int_equal(world_import(w, o), IMPORT_CREATED);
    assert_true(world_memo(w, "U-1", 1, "電話済み", &e));
    time_ms changed = w->context.now;
    w->context.now += 60000;
    struct order *second = order_copy(w->arena, o);
    second->mall_update_mark = STR("2");
    assert_int_equal(world_import(w, second), IMPORT_UPDATED);
    struct order *back = world_read(w, "U-1");
    assert_int_equal(back->changed_at, changed); // only the mark moved
    assert_str(back->memo, "電話済み");
    assert_int_equal(back->version, 3);
    second = order_copy(w->arena, second);
    second->packages[0].recipient.address1 = STR("神宮前9-9-9");
    second->packages[0].line_count = 1;
    assert_int_equal(world_import(w, second), IMPORT_UPDATED);
    back = world_read(w, "U-1");
    assert_int_equal(back->changed_at, w->context.now);
    assert_int_equal(back->packages[0].line_count, 1);
    assert_str(back->packages[0].recipient.address1, "神宮前9-9-9");
    assert_false(back->marks & ORDER_MARK_DRIFT);
    struct order_event event = world_last_event(w, "U-1");
    assert_str(event.kind, "updated");
    assert_str(event.cause, "fetch_run 77");
    assert_true(str_find(event.before, STR("神宮前1-2-3")) > 0);
    assert_true(str_find(event.after, STR("神宮前9-9-9")) > 0);
    assert_str(event.actor.name, "山田");
    assert_string_equal(world_search(w, "神宮前9"), "U-1");
    assert_string_equal(world_verify(w), "");
}

static void changes_are_written_and_told(void **state)
{
    on_each_engine(updated);
}

static void raw_kept(struct world *w)
{
    struct order *o = world_order(w, "R-1", 1);
    struct order_import import = {.order = o,
                                  .raw = STR("{\"注文\":1}"),
                                  .raw_type = STR("application/json"),
                                  .door = "number"};
    struct error e;
    struct str raw, type;
    time_ms at;
    assert_true(world_try_import(w, &import, 1, &e));
    struct db_conn *conn = db_acquire(w->db, &e);
    assert_true(order_raw(conn, w->org, import.order_id, w->arena, &raw, &type, &at, &e));
    assert_str(raw, "{\"注文\":1}");
    assert_str(type, "application/json");
    assert_int_equal(at, w->context.now);
    db_release(w->db, conn);
    o->mall_status = STR("500");
    import.raw = STR("{\"注文\":2}");
    assert_true(world_try_import(w, &import, 1, &e));
    conn = db_acquire(w->db, &e);
    assert_true(order_raw(conn, w->org, import.order_id, w->arena, &raw, &type, &at, &e));
    assert_str(raw, "{\"注文\":2}");
    assert_false(order_raw(conn, w->org, 5, w->arena, &raw, &type, &at, &e));
    assert_int_equal(e.class, ERROR_NOT_FOUND);
    db_release(w->db, conn);
}

static void the_newest_raw_answer_is_kept(void **state)
{
    on_each_engine(raw_kept);
}

static void quarantined(struct world *w)
{
    struct order *bad = world_order(w, "Q-1", 1), *good = world_order(w, "Q-2", 2);
    struct order *nameless = world_order(w, "", 3);
    bad->packages[0].lines[0].quantity = -5;
    struct order_import imports[] = {
        {.order = bad, .raw = STR("raw"), .raw_type = STR("a/b"), .door = "range"},
        {.order = good, .door = "range"},
        {.order = nameless, .raw = STR("x"), .door = "range"}};
    struct error e;
    assert_true(world_try_import(w, imports, 3, &e));
    assert_int_equal(imports[0].outcome, IMPORT_QUARANTINED);
    assert_string_equal(imports[0].error.code, "order.quantity");
    assert_int_equal(imports[1].outcome, IMPORT_CREATED);
    assert_int_equal(imports[2].outcome, IMPORT_QUARANTINED);
    assert_string_equal(imports[2].error.code, "order.number_missing");
    assert_true(world_try_import(w, imports, 1, &e)); // again: still one open row
    assert_int_equal(
        test_database_int(w->database, "SELECT COUNT(*) FROM quarantine WHERE resolved_at IS NULL"),
        2);
    assert_int_equal(test_database_int(w->database, "SELECT COUNT(*) FROM \"order\""), 1);
    bad->packages[0].lines[0].quantity = 5;
    assert_true(world_try_import(w, imports, 1, &e));
    assert_int_equal(imports[0].outcome, IMPORT_CREATED);
    assert_false(error_is_set(&imports[0].error));
    assert_int_equal(
        test_database_int(w->database, "SELECT COUNT(*) FROM quarantine WHERE resolved_at IS NULL"),
        1);
    // A known order that turns bad stays as it was.
    bad->packages[0].lines[0].quantity = -7;
    assert_true(world_try_import(w, imports, 1, &e));
    assert_int_equal(imports[0].outcome, IMPORT_QUARANTINED);
    assert_true(imports[0].order_id != 0);
    assert_int_equal(world_read(w, "Q-1")->packages[0].lines[0].quantity, 5);
    assert_string_equal(world_verify(w), "");
}

static void bad_orders_are_quarantined_alone(void **state)
{
    on_each_engine(quarantined);
}

static void enters_as(struct world *w, int n, enum order_state state, enum payment_state payment,
                      enum shipment_state shipment, int64_t marks, enum status_role role)
{
    char no[32];
    snprintf(no, sizeof no, "E-%d", n);
    struct order *o = world_order(w, no, n);
    o->state = state;
    o->payment_state = payment;
    o->packages[0].state = shipment;
    o->marks = marks;
    world_import(w, o);
    row_id id = world_read(w, no)->work_status;
    struct work_status *list;
    size_t count;
    struct error e;
    struct db_conn *conn = db_acquire(w->db, &e);
    assert_true(work_statuses(conn, w->org, w->arena, &list, &count, &e));
    db_release(w->db, conn);
    if (status_role_of(list, count, id) != (int)role)
        print_error("case %d\n", n);
    assert_int_equal(status_role_of(list, count, id), role);
    assert_int_equal(world_count(w, id) > 0, true);
}

static void entries(struct world *w)
{
    enters_as(w, 1, ORDER_NEW, PAYMENT_AUTH_PENDING, SHIPMENT_WAITING, 0, ROLE_ENTRY);
    enters_as(w, 2, ORDER_NEW, PAYMENT_UNPAID_BEFORE_SHIP, SHIPMENT_WAITING, 0, ROLE_ENTRY);
    enters_as(w, 3, ORDER_PROVISIONAL, PAYMENT_AUTH_PENDING, SHIPMENT_WAITING, 0, ROLE_ENTRY);
    enters_as(w, 4, ORDER_ACCEPTED, PAYMENT_AUTHORIZED, SHIPMENT_WAITING, 0, ROLE_ENTRY);
    enters_as(w, 5, ORDER_ACCEPTED, PAYMENT_UNPAID_BEFORE_SHIP, SHIPMENT_WAITING, 0,
              ROLE_WAIT_PAYMENT);
    enters_as(w, 6, ORDER_MALL_PROCESSING, PAYMENT_UNPAID_BEFORE_SHIP, SHIPMENT_WAITING, 0,
              ROLE_WAIT_PAYMENT);
    enters_as(w, 7, ORDER_ACCEPTED, PAYMENT_PARTIAL, SHIPMENT_WAITING, 0, ROLE_WAIT_PAYMENT);
    enters_as(w, 8, ORDER_ACCEPTED, PAYMENT_PAID, SHIPMENT_SHIPPED, 0, ROLE_DONE);
    enters_as(w, 9, ORDER_ACCEPTED, PAYMENT_DUE_AFTER_SHIP, SHIPMENT_SHIPPED, 0, ROLE_SHIPPED);
    enters_as(w, 10, ORDER_DONE, PAYMENT_PAID, SHIPMENT_SHIPPED, 0, ROLE_DONE);
    enters_as(w, 11, ORDER_CANCELLED, PAYMENT_REFUNDED, SHIPMENT_VOID, 0, ROLE_CANCELLED);
    enters_as(w, 12, ORDER_CANCEL_REQUESTED, PAYMENT_PAID, SHIPMENT_WAITING, 0, ROLE_HOLD);
    enters_as(w, 13, ORDER_ACCEPTED, PAYMENT_PAID, SHIPMENT_WAITING, ORDER_MARK_HOLD, ROLE_HOLD);
    assert_string_equal(world_verify(w), "");
}

static void the_first_import_chooses_the_folder(void **state)
{
    on_each_engine(entries);
}

static void payment(struct world *w)
{
    struct order *o = world_order(w, "P-1", 1), *other = world_order(w, "P-2", 2);
    struct error refused;
    row_id undo;
    o->payment_state = other->payment_state = PAYMENT_UNPAID_BEFORE_SHIP;
    world_import(w, o);
    world_import(w, other);
    assert_true(world_move(w, "P-2", world_status(w, ROLE_WORK), &undo, &refused));
    o->payment_state = other->payment_state = PAYMENT_PAID;
    assert_int_equal(world_import(w, o), IMPORT_UPDATED);
    assert_int_equal(world_import(w, other), IMPORT_UPDATED);
    assert_int_equal(world_read(w, "P-1")->work_status, world_status(w, ROLE_READY));
    assert_str(world_last_event(w, "P-1").kind, "moved");
    assert_str(world_last_event(w, "P-1").cause, "rule: payment arrived");
    assert_int_equal(world_read(w, "P-2")->work_status, world_status(w, ROLE_WORK));
    // Back to unpaid: no folder moves backwards by itself.
    o->payment_state = PAYMENT_FAILED;
    world_import(w, o);
    assert_int_equal(world_read(w, "P-1")->work_status, world_status(w, ROLE_READY));
    assert_string_equal(world_verify(w), "");
}

static void a_payment_moves_a_waiting_order_to_ready(void **state)
{
    on_each_engine(payment);
}

static void cancelled(struct world *w)
{
    static const enum shipment_state phases[] = {
        SHIPMENT_WAITING, SHIPMENT_READY, SHIPMENT_INSTRUCTED, SHIPMENT_LABELLED, SHIPMENT_SHIPPED};
    for (int i = 0; i < 5; i++) {
        char no[32];
        snprintf(no, sizeof no, "C-%d", i);
        struct order *o = world_order(w, no, i);
        o->packages[0].state = phases[i];
        world_import(w, o);
        struct order *before = world_read(w, no);
        o = order_copy(w->arena, o);
        o->state = ORDER_CANCELLED;
        o->packages[0].state = SHIPMENT_VOID;
        w->context.now += 1000;
        assert_int_equal(world_import(w, o), IMPORT_UPDATED);
        struct order *back = world_read(w, no);
        bool begun = phases[i] >= SHIPMENT_INSTRUCTED, gone = phases[i] >= SHIPMENT_SHIPPED;
        assert_int_equal(back->state, ORDER_CANCELLED);
        assert_int_equal(!!(back->marks & ORDER_MARK_CANCEL_ARRIVED), begun);
        assert_int_equal(!!(back->marks & ORDER_MARK_DRIFT), gone);
        assert_int_equal(back->work_status,
                         begun ? before->work_status : world_status(w, ROLE_CANCELLED));
        assert_str(world_last_event(w, no).kind, begun ? "cancelled" : "moved");
        // Marks of our own stay when the order is read again.
        o->mall_update_mark = STR("again");
        world_import(w, o);
        assert_int_equal(world_read(w, no)->marks, back->marks);
    }
    assert_string_equal(world_verify(w), "");
}

static void cancellations_stop_or_warn(void **state)
{
    on_each_engine(cancelled);
}

static void requested(struct world *w)
{
    struct order *o = world_order(w, "C-1", 1);
    struct error e;
    world_import(w, o);
    assert_true(
        world_ship(w, "C-1", "yamato", "400123456784", 20301231, &e)); // label, not gone yet
    assert_int_equal(world_read(w, "C-1")->packages[0].state, SHIPMENT_LABELLED);
    o->state = ORDER_CANCEL_REQUESTED;
    world_import(w, o);
    struct order *back = world_read(w, "C-1");
    assert_true(back->marks & ORDER_MARK_CANCEL_ARRIVED);
    assert_int_equal(back->packages[0].state, SHIPMENT_LABELLED);
    assert_false(world_ship(w, "C-1", "yamato", "123456789013", 20261122, &e));
    assert_string_equal(e.code, "order.cancelled");
    o->state = ORDER_ACCEPTED;
    world_import(w, o);
    assert_false(world_read(w, "C-1")->marks & ORDER_MARK_CANCEL_ARRIVED);
    assert_string_equal(world_verify(w), "");
}

static void a_cancellation_request_can_be_withdrawn(void **state)
{
    on_each_engine(requested);
}

static void revived(struct world *w)
{
    struct order *o = world_order(w, "V-1", 1);
    o->state = ORDER_CANCELLED;
    world_import(w, o);
    assert_int_equal(world_read(w, "V-1")->work_status, world_status(w, ROLE_CANCELLED));
    o->state = ORDER_ACCEPTED;
    world_import(w, o);
    struct order *back = world_read(w, "V-1");
    assert_int_equal(back->work_status, world_status(w, ROLE_HOLD));
    assert_true(back->marks & ORDER_MARK_DRIFT);
    assert_string_equal(world_verify(w), "");
}

static void a_revived_order_comes_back_with_alarm(void **state)
{
    on_each_engine(revived);
}

static struct order *with_shipment(struct world *w, const struct order *o, const char *ref,
                                   const char *carrier, const char *number, day date)
{
    struct order *copy = order_copy(w->arena, o);
    struct order_package *p = &copy->packages[0];
    struct shipment *list = ARENA_ARRAY(w->arena, struct shipment, p->shipment_count + 1);
    if (p->shipment_count)
        memcpy(list, p->shipments, p->shipment_count * sizeof *list);
    list[p->shipment_count] = (struct shipment){.mall_ref = str_from(ref),
                                                .carrier = str_from(carrier),
                                                .carrier_mall_code = STR("1001"),
                                                .tracking_number = str_from(number),
                                                .ship_date = date};
    p->shipments = list;
    p->shipment_count++;
    return copy;
}

static void merging(struct world *w)
{
    struct order *o = world_order(w, "M-1", 1);
    struct error e;
    world_import(w, o);
    assert_true(world_ship(w, "M-1", "yamato", "4001-2345-6784", 20261122, &e));
    // The mall shows what we told it: its row gets its reference, nothing is doubled.
    struct order *shown = with_shipment(w, o, "555", "yamato", "400123456784", 20261122);
    world_import(w, shown);
    struct order *back = world_read(w, "M-1");
    assert_int_equal(back->packages[0].shipment_count, 1);
    assert_str(back->packages[0].shipments[0].mall_ref, "555");
    assert_int_equal(back->packages[0].shipments[0].source, SHIPMENT_FROM_STAFF);
    assert_int_equal(back->packages[0].state, SHIPMENT_SHIPPED); // the mall still says waiting
    // A second one, entered at the mall by hand, is adopted.
    shown = with_shipment(w, shown, "556", "sagawa", "355500000015", 20261121);
    world_import(w, shown);
    back = world_read(w, "M-1");
    assert_int_equal(back->packages[0].shipment_count, 2);
    assert_int_equal(back->packages[0].shipments[1].source, SHIPMENT_FROM_MALL);
    assert_string_equal(world_search(w, "355500000015"), "M-1");
    // It is changed there, then deleted there: ours follows.
    shown->packages[0].shipments[1].tracking_number = STR("355500000026");
    world_import(w, shown);
    back = world_read(w, "M-1");
    assert_str(back->packages[0].shipments[1].tracking_number, "355500000026");
    assert_string_equal(world_search(w, "355500000015"), "");
    shown->packages[0].shipment_count = 1;
    world_import(w, shown);
    assert_int_equal(world_read(w, "M-1")->packages[0].shipment_count, 1);
    assert_false(world_read(w, "M-1")->marks & ORDER_MARK_DRIFT);
    assert_string_equal(world_verify(w), "");
}

static void shipments_of_mall_and_staff_are_merged(void **state)
{
    on_each_engine(merging);
}

static void drifting(struct world *w)
{
    struct order *o = world_order(w, "F-1", 1);
    struct error e;
    world_import(w, o);
    assert_true(world_ship(w, "F-1", "yamato", "400123456784", 20261122, &e));
    struct order *shown = with_shipment(w, o, "555", "yamato", "400123456784", 20261122);
    world_import(w, shown);
    // While the obligation is owed, another number at the mall is no contradiction.
    struct order *other = order_copy(w->arena, shown);
    other->packages[0].shipments[0].tracking_number = STR("123456789013");
    world_import(w, other);
    assert_false(world_read(w, "F-1")->marks & ORDER_MARK_DRIFT);
    struct writeback wb = world_writeback(w, "F-1");
    wb.state = WRITEBACK_VERIFIED;
    assert_true(world_update_writeback(w, &wb, WRITEBACK_PENDING, &e));
    other->mall_update_mark = STR("x");
    world_import(w, other);
    struct order *back = world_read(w, "F-1");
    assert_true(back->marks & ORDER_MARK_DRIFT);
    assert_str(back->packages[0].shipments[0].tracking_number, "400123456784");
    assert_string_equal(world_verify(w), "");
}

static void different_numbers_are_drift(void **state)
{
    on_each_engine(drifting);
}

static void moved_house(struct world *w)
{
    struct order *o = world_order(w, "H-1", 1);
    struct error e;
    world_import(w, o);
    assert_true(world_ship(w, "H-1", "yamato", "400123456784", 20301231, &e));
    o = order_copy(w->arena, o);
    o->packages[0].recipient.address1 = STR("神宮前7-7-7");
    world_import(w, o);
    struct order *back = world_read(w, "H-1");
    assert_str(back->packages[0].recipient.address1, "神宮前7-7-7");
    assert_true(back->marks & ORDER_MARK_DRIFT);
    // The destination vanishes: the parcel stays with the order.
    o = order_copy(w->arena, o);
    o->packages[0].mall_ref = STR("901");
    world_import(w, o);
    back = world_read(w, "H-1");
    assert_int_equal(back->package_count, 1);
    assert_int_equal(back->packages[0].shipment_count, 1);
    assert_string_equal(world_verify(w), "");
}

static void late_changes_of_address_are_marked(void **state)
{
    on_each_engine(moved_house);
}

static void blank_rows(struct world *w)
{
    struct order *o = with_shipment(w, world_order(w, "B-1", 1), "70", "", "", 0);
    struct error e;
    world_import(w, o);
    struct order *back = world_read(w, "B-1");
    assert_int_equal(back->packages[0].shipments[0].source, SHIPMENT_FROM_MALL);
    // Staff fill the mall's own row.
    struct order *plain = world_order(w, "B-2", 2);
    world_import(w, plain);
    assert_true(world_ship(w, "B-2", "yamato", "400123456784", 20261122, &e));
    world_import(w, with_shipment(w, plain, "71", "", "", 0));
    back = world_read(w, "B-2");
    assert_int_equal(back->packages[0].shipment_count, 1);
    assert_str(back->packages[0].shipments[0].mall_ref, "71");
    assert_str(back->packages[0].shipments[0].tracking_number, "400123456784");
    assert_string_equal(world_verify(w), "");
}

static void a_blank_row_of_the_mall_is_the_one_entered_here(void **state)
{
    on_each_engine(blank_rows);
}

static void odd_times(struct world *w)
{
    struct order *o = world_order(w, "O-1", 1);
    o->ordered_at = TIME_NONE;
    assert_int_equal(world_import(w, o), IMPORT_CREATED);
    assert_int_equal(world_read(w, "O-1")->ordered_at, w->context.now);
    assert_int_equal(world_import(w, o), IMPORT_UNCHANGED);
    o = world_order(w, "O-2", 1);
    o->ordered_at = 946684800000LL; // 2000-01-01
    world_import(w, o);
    assert_int_equal(world_read(w, "O-2")->ordered_at, 946684800000LL);
    assert_string_equal(
        world_list(w, &(struct order_filter){.from = TIME_NONE, .to = TIME_NONE, .limit = 9}),
        "O-1 O-2");
}

static void orders_without_time_and_very_old_ones(void **state)
{
    on_each_engine(odd_times);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fully_filled_order_comes_back_whole),
        cmocka_unit_test(importing_twice_changes_nothing),
        cmocka_unit_test(statements_have_a_budget),
        cmocka_unit_test(an_order_twice_in_a_batch),
        cmocka_unit_test(shops_are_kept_apart),
        cmocka_unit_test(two_thousand_orders_of_one_second),
        cmocka_unit_test(changes_are_written_and_told),
        cmocka_unit_test(the_newest_raw_answer_is_kept),
        cmocka_unit_test(bad_orders_are_quarantined_alone),
        cmocka_unit_test(the_first_import_chooses_the_folder),
        cmocka_unit_test(a_payment_moves_a_waiting_order_to_ready),
        cmocka_unit_test(cancellations_stop_or_warn),
        cmocka_unit_test(a_cancellation_request_can_be_withdrawn),
        cmocka_unit_test(a_revived_order_comes_back_with_alarm),
        cmocka_unit_test(shipments_of_mall_and_staff_are_merged),
        cmocka_unit_test(different_numbers_are_drift),
        cmocka_unit_test(late_changes_of_address_are_marked),
        cmocka_unit_test(a_blank_row_of_the_mall_is_the_one_entered_here),
        cmocka_unit_test(orders_without_time_and_very_old_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
