// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "base/memory.h"

#define TODAY 20261122

static void shipped(struct world *w)
{
    struct error e;
    world_import(w, world_order(w, "S-1", 1));
    assert_true(world_ship(w, "S-1", "yamato", "４００１−２３４５−６７８４", TODAY, &e));
    struct order *o = world_read(w, "S-1");
    const struct shipment *s = &o->packages[0].shipments[0];
    assert_int_equal(o->packages[0].state, SHIPMENT_SHIPPED);
    assert_int_equal(o->shipment_state, SHIPMENT_SHIPPED);
    assert_int_equal(o->work_status, world_status(w, ROLE_DONE));
    assert_str(s->tracking_number, "400123456784");
    assert_int_equal(s->source, SHIPMENT_FROM_STAFF);
    struct writeback wb = world_writeback(w, "S-1");
    assert_int_equal(wb.aspect, ASPECT_SHIPMENT);
    assert_int_equal(wb.state, WRITEBACK_PENDING);
    assert_int_equal(wb.revision, 1);
    assert_str(wb.order_no, "S-1");
    struct order_package *packages;
    size_t count;
    assert_true(shipment_payload_parse(w->arena, wb.payload, &packages, &count, &e));
    assert_int_equal(count, 1);
    assert_str(packages[0].mall_ref, "900");
    assert_int_equal(packages[0].shipments[0].id, s->id);
    assert_str(packages[0].shipments[0].carrier, "yamato");
    assert_str(packages[0].shipments[0].tracking_number, "400123456784");
    assert_int_equal(packages[0].shipments[0].ship_date, TODAY);
    assert_str(world_last_event(w, "S-1").kind, "moved");
    // The same once more: nothing new is owed, nothing changes.
    assert_true(world_ship(w, "S-1", "yamato", "400123456784", TODAY, &e));
    assert_int_equal(world_writeback(w, "S-1").id, wb.id);
    assert_int_equal(world_read(w, "S-1")->version, o->version);
    assert_string_equal(world_verify(w), "");
}

static void shipping_makes_an_obligation(void **state)
{
    on_each_engine(shipped);
}

static void refused_as(struct world *w, struct order *o, const char *code)
{
    static int n;
    char no[32];
    struct error e;
    snprintf(no, sizeof no, "R-%d", ++n);
    o->order_no = str_dup(w->arena, str_from(no));
    world_import(w, o);
    assert_false(world_ship(w, no, "yamato", "400123456784", TODAY, &e));
    assert_string_equal(e.code, code);
    assert_int_equal(e.class, ERROR_REJECTED);
    assert_int_equal(world_writeback(w, no).id, 0);
    assert_int_equal(world_read(w, no)->version, 1);
}

static void refusals(struct world *w)
{
    struct order *o;
    struct error e, refused;
    row_id undo;
    o = world_order(w, "", 1);
    o->state = ORDER_CANCELLED;
    refused_as(w, o, "order.cancelled");
    o->state = ORDER_CANCEL_REQUESTED;
    refused_as(w, o, "order.cancelled");
    o->state = ORDER_MALL_PROCESSING;
    refused_as(w, o, "order.not_accepted");
    o->state = ORDER_PROVISIONAL;
    refused_as(w, o, "order.not_accepted");
    o->state = ORDER_ACCEPTED;
    o->marks = ORDER_MARK_HOLD;
    refused_as(w, o, "order.hold");
    o->marks = ORDER_MARK_FRAUD_REVIEW;
    refused_as(w, o, "order.hold");
    o->marks = ORDER_MARK_ADDRESS_UNKNOWN;
    refused_as(w, o, "order.address_unknown");
    o->marks = 0;
    o->payment_state = PAYMENT_UNPAID_BEFORE_SHIP;
    refused_as(w, o, "order.payment_not_settled");
    o->payment_state = PAYMENT_AUTH_PENDING;
    refused_as(w, o, "order.payment_not_settled");
    // On hold by our own folder.
    o->payment_state = PAYMENT_PAID;
    o->order_no = STR("R-own");
    world_import(w, o);
    assert_true(world_move(w, "R-own", world_status(w, ROLE_HOLD), &undo, &refused));
    assert_false(world_ship(w, "R-own", "yamato", "400123456784", TODAY, &e));
    assert_string_equal(e.code, "order.hold");
    // What was typed wrongly.
    o->order_no = STR("R-typed");
    world_import(w, o);
    assert_false(world_ship(w, "R-typed", "nobody", "400123456784", TODAY, &e));
    assert_string_equal(e.code, "shipment.carrier_unknown");
    assert_false(world_ship(w, "R-typed", "yamato", "400123456784", 20260230, &e));
    assert_string_equal(e.code, "shipment.ship_date_invalid");
    assert_false(
        world_ship(w, "R-typed", "yamato", "12345678901234567890123456789012345678901", TODAY, &e));
    assert_string_equal(e.code, "shipment.tracking_number_invalid");
    assert_string_equal(world_verify(w), "");
}

static void what_must_not_be_shipped_is_refused(void **state)
{
    on_each_engine(refusals);
}

static void folders(struct world *w)
{
    struct error e;
    struct order *o = world_order(w, "D-1", 1);
    o->payment_state = PAYMENT_DUE_AFTER_SHIP;
    world_import(w, o);
    assert_true(world_ship(w, "D-1", "yamato", "400123456784", TODAY, &e));
    assert_int_equal(world_read(w, "D-1")->work_status, world_status(w, ROLE_SHIPPED));
    world_import(w, world_order(w, "D-2", 2));
    assert_true(world_ship(w, "D-2", "yamato", "400123456784", 20301231, &e));
    assert_int_equal(world_read(w, "D-2")->packages[0].state, SHIPMENT_LABELLED);
    world_import(w, world_order(w, "D-3", 3));
    assert_true(world_ship(w, "D-3", "", "400123456784", TODAY, &e));
    assert_int_equal(world_read(w, "D-3")->packages[0].state, SHIPMENT_LABELLED);
    world_import(w, world_order(w, "D-4", 4));
    assert_true(world_ship(w, "D-4", "japan_post", "", TODAY, &e)); // a service without number
    assert_int_equal(world_read(w, "D-4")->packages[0].state, SHIPMENT_SHIPPED);
    assert_string_equal(world_verify(w), "");
}

static void state_and_folder_follow_what_was_entered(void **state)
{
    on_each_engine(folders);
}

struct ship_call {
    struct world *w;
    row_id id;
    int64_t expected, version;
    struct ship_package *packages;
    size_t count;
};

static bool ship_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct ship_call *c = context;
    return order_ship(conn, &c->w->context, c->id, c->expected, c->packages, c->count, false, 0,
                      &c->version, error);
}

static void several(struct world *w)
{
    struct error e;
    world_import(w, world_order(w, "P-1", 1));
    struct order *o = world_read(w, "P-1");
    struct shipment two[] = {
        {.carrier = STR("yamato"), .tracking_number = STR("400123456784"), .ship_date = TODAY},
        {.carrier = STR("yamato"), .tracking_number = STR("123456789013"), .ship_date = TODAY}};
    struct ship_package package = {o->packages[0].id, two, 2};
    struct ship_call c = {w, o->id, 1, 0, &package, 1};
    assert_true(db_write(w->db, ship_fn, &c, &e));
    assert_int_equal(c.version, 2);
    struct order_filter f = world_filter();
    struct order_page page;
    struct db_conn *conn = db_acquire(w->db, &e);
    assert_true(order_list(conn, w->org, &f, w->arena, &page, &e));
    db_release(w->db, conn);
    assert_str(page.rows[0].tracking_number, "400123456784,123456789013");
    // Somebody else was faster.
    assert_false(db_write(w->db, ship_fn, &c, &e));
    assert_int_equal(e.class, ERROR_CONFLICT);
    // Change one, remove the other.
    o = world_read(w, "P-1");
    row_id kept = o->packages[0].shipments[1].id;
    struct shipment one = {.id = kept,
                           .carrier = STR("sagawa"),
                           .tracking_number = STR("355500000015"),
                           .ship_date = TODAY};
    package.shipments = &one;
    package.count = 1;
    c.expected = 2;
    assert_true(db_write(w->db, ship_fn, &c, &e));
    o = world_read(w, "P-1");
    assert_int_equal(o->packages[0].shipment_count, 1);
    assert_int_equal(o->packages[0].shipments[0].id, kept);
    assert_str(o->packages[0].shipments[0].carrier, "sagawa");
    assert_string_equal(world_search(w, "400123456784"), "");
    assert_string_equal(world_search(w, "355500000015"), "P-1");
    struct writeback wb = world_writeback(w, "P-1");
    assert_int_equal(wb.revision, 2);
    // Remove all: nothing is owed any more.
    package.count = 0;
    c.expected = -1;
    assert_true(db_write(w->db, ship_fn, &c, &e));
    assert_int_equal(world_writeback(w, "P-1").state, WRITEBACK_SUPERSEDED);
    assert_int_equal(world_read(w, "P-1")->packages[0].state, SHIPMENT_READY);
    // Unknown ids.
    one.id = 99;
    package.count = 1;
    assert_false(db_write(w->db, ship_fn, &c, &e));
    assert_string_equal(e.code, "shipment.not_found");
    package.package_id = 99;
    assert_false(db_write(w->db, ship_fn, &c, &e));
    assert_string_equal(e.code, "order.package_not_found");
    struct shipment same[] = {two[0], two[0]};
    package = (struct ship_package){o->packages[0].id, same, 2};
    assert_true(
        db_write(w->db, ship_fn, &c, &e)); // two new ones with one number: the carrier's business
    assert_false(db_write(w->db, ship_fn, &c, &e)); // but the same row can't stand twice
    assert_string_equal(e.code, "shipment.repeated");
    c.id = 4711;
    assert_false(db_write(w->db, ship_fn, &c, &e));
    assert_int_equal(e.class, ERROR_NOT_FOUND);
    assert_string_equal(world_verify(w), "");
}

static bool ship_and_move_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct ship_call *c = context;
    return order_ship(conn, &c->w->context, c->id, c->expected, c->packages, c->count, true, 0,
                      &c->version, error);
}

// An order with two destinations isn't done when the first one's parcel has gone.
static void destinations(struct world *w)
{
    struct error e;
    struct order *o = world_order(w, "M-1", 1);
    struct order_package two[] = {o->packages[0], o->packages[0]};
    two[1].number = 2;
    two[1].mall_ref = STR("901");
    struct order_line other = two[0].lines[1];
    two[0].line_count = 1;
    two[1].lines = &other;
    two[1].line_count = 1;
    o->packages = two;
    o->package_count = 2;
    world_import(w, o);
    o = world_read(w, "M-1");
    row_id entry = o->work_status;
    struct shipment parcel = {
        .carrier = STR("yamato"), .tracking_number = STR("400123456784"), .ship_date = TODAY};
    struct ship_package first = {o->packages[0].id, &parcel, 1};
    struct ship_package second = {o->packages[1].id, &parcel, 1};
    struct ship_call c = {w, o->id, -1, 0, &first, 1};
    assert_true(db_write(w->db, ship_and_move_fn, &c, &e));
    o = world_read(w, "M-1");
    assert_int_not_equal(o->work_status, entry);
    assert_int_equal(o->work_status, world_status(w, ROLE_WORK));
    assert_int_equal(world_writeback(w, "M-1").revision, 1); // the mall is told at once
    c.packages = &second;
    assert_true(db_write(w->db, ship_and_move_fn, &c, &e));
    o = world_read(w, "M-1");
    assert_int_equal(o->shipment_state, SHIPMENT_SHIPPED);
    assert_int_equal(o->work_status, world_status(w, ROLE_DONE));
    assert_string_equal(world_verify(w), "");
}

static void an_order_is_done_when_all_destinations_are(void **state)
{
    on_each_engine(destinations);
}

static void parcels_are_added_changed_and_removed(void **state)
{
    on_each_engine(several);
}

static void goes_to(struct world *w, struct writeback *wb, enum writeback_state to)
{
    struct error e;
    enum writeback_state from = wb->state;
    wb->state = to;
    assert_true(world_update_writeback(w, wb, from, &e));
}

static void superseding(struct world *w)
{
    struct error e;
    world_import(w, world_order(w, "O-1", 1));
    assert_true(world_ship(w, "O-1", "yamato", "400123456784", TODAY, &e));
    struct writeback first = world_writeback(w, "O-1");
    // Corrected before it left: replaced.
    struct order *o = world_read(w, "O-1");
    struct shipment s = o->packages[0].shipments[0];
    struct ship_package package = {o->packages[0].id, &s, 1};
    struct ship_call c = {w, o->id, -1, 0, &package, 1};
    s.tracking_number = STR("123456789013");
    assert_true(db_write(w->db, ship_fn, &c, &e));
    struct writeback second = world_writeback(w, "O-1");
    assert_int_equal(second.revision, 2);
    assert_int_equal(
        test_database_int(w->database, "SELECT state FROM writeback WHERE revision = 1"),
        WRITEBACK_SUPERSEDED);
    assert_int_equal(
        test_database_int(w->database, "SELECT COUNT(*) FROM writeback WHERE owed = 1"), 1);
    // Sent, then corrected: a new one; the sent one ends by itself.
    goes_to(w, &second, WRITEBACK_SENDING);
    second.sent_at = w->context.now;
    goes_to(w, &second, WRITEBACK_SENT);
    goes_to(w, &second, WRITEBACK_VERIFIED);
    assert_int_equal(world_read(w, "O-1")->written_at, w->context.now);
    s.tracking_number = STR("400123456784");
    assert_true(db_write(w->db, ship_fn, &c, &e));
    struct writeback third = world_writeback(w, "O-1");
    assert_int_equal(third.revision, 3);
    assert_int_equal(third.state, WRITEBACK_PENDING);
    // The mall's own id of a parcel, which came after it was told, makes no new notice.
    s.mall_ref = STR("56000004");
    // Back to what the mall was told last: nothing is owed.
    s.tracking_number = STR("123456789013");
    assert_true(db_write(w->db, ship_fn, &c, &e));
    assert_int_equal(
        test_database_int(w->database, "SELECT COUNT(*) FROM writeback WHERE owed = 1"), 0);
    assert_int_equal(test_database_int(w->database, "SELECT writeback_state FROM \"order\""),
                     WRITEBACK_VERIFIED);
    assert_int_equal(world_writeback(w, "O-1").revision, 3);
    assert_true(first.id != second.id);
    assert_string_equal(world_verify(w), "");
}

static void obligations_are_replaced_while_unsent(void **state)
{
    on_each_engine(superseding);
}

static void transitions(struct world *w)
{
    struct error e;
    world_import(w, world_order(w, "T-1", 1));
    assert_true(world_ship(w, "T-1", "yamato", "400123456784", TODAY, &e));
    struct writeback wb = world_writeback(w, "T-1");
    wb.state = WRITEBACK_BLOCKED;
    wb.reason = STR("setting.status_not_linked");
    error_set(&wb.last_error, ERROR_REJECTED, "setting.status_not_linked", "未設定", "not linked");
    assert_true(world_update_writeback(w, &wb, WRITEBACK_PENDING, &e));
    wb = world_writeback(w, "T-1");
    assert_str(wb.reason, "setting.status_not_linked");
    assert_string_equal(wb.last_error.code, "setting.status_not_linked");
    assert_string_equal(wb.last_error.what_ja, "未設定");
    assert_int_equal(test_database_int(w->database, "SELECT writeback_state FROM \"order\""),
                     WRITEBACK_BLOCKED);
    // Another node was faster.
    wb.state = WRITEBACK_SENDING;
    assert_false(world_update_writeback(w, &wb, WRITEBACK_PENDING, &e));
    assert_int_equal(e.class, ERROR_FENCED);
    wb.state = WRITEBACK_BLOCKED;
    goes_to(w, &wb, WRITEBACK_SENDING);
    goes_to(w, &wb, WRITEBACK_SENT);
    // What was sent is never pending again.
    wb.state = WRITEBACK_PENDING;
    assert_false(world_update_writeback(w, &wb, WRITEBACK_SENT, &e));
    assert_int_equal(e.class, ERROR_INTERNAL);
    wb.state = WRITEBACK_SENT;
    goes_to(w, &wb, WRITEBACK_VERIFIED);
    wb.state = WRITEBACK_SENDING;
    assert_false(world_update_writeback(w, &wb, WRITEBACK_VERIFIED, &e));
    assert_string_equal(world_verify(w), "");
}

static void transitions_are_checked(void **state)
{
    on_each_engine(transitions);
}

static void lists(struct world *w)
{
    struct error e;
    char no[32];
    for (int i = 0; i < 10; i++) {
        snprintf(no, sizeof no, "W-%d", i);
        w->context.now += 1000;
        world_import(w, world_order(w, no, i));
        assert_true(world_ship(w, no, "yamato", "400123456784", TODAY, &e));
    }
    struct writeback wb = world_writeback(w, "W-3");
    goes_to(w, &wb, WRITEBACK_WAIVED);
    struct writeback_filter f = {.state = -2,
                                 .changed_from = TIME_NONE,
                                 .changed_to = TIME_NONE,
                                 .due_by = TIME_NONE,
                                 .limit = 4};
    size_t seen = 0, count;
    struct writeback *list;
    struct str next;
    struct db_conn *conn = db_acquire(w->db, &e);
    do {
        assert_true(obligation_list(conn, w->org, &f, w->arena, &list, &count, &next, &e));
        seen += count;
        f.cursor = next;
    } while (next.p);
    assert_int_equal(seen, 9);
    f = (struct writeback_filter){.state = -1,
                                  .shop_id = w->shop,
                                  .changed_from = w->context.now - 2500,
                                  .changed_to = TIME_NONE,
                                  .due_by = TIME_NONE,
                                  .limit = 100};
    assert_true(obligation_list(conn, w->org, &f, w->arena, &list, &count, &next, &e));
    assert_int_equal(count, 3);
    f.shop_id = w->other_shop;
    assert_true(obligation_list(conn, w->org, &f, w->arena, &list, &count, &next, &e));
    assert_int_equal(count, 0);
    f = (struct writeback_filter){.state = WRITEBACK_WAIVED,
                                  .changed_from = TIME_NONE,
                                  .changed_to = TIME_NONE,
                                  .due_by = TIME_NONE,
                                  .limit = 100};
    assert_true(obligation_list(conn, w->org, &f, w->arena, &list, &count, &next, &e));
    assert_int_equal(count, 1);
    f.state = -2;
    f.due_by = w->context.now - 5500;
    assert_true(obligation_list(conn, w->org, &f, w->arena, &list, &count, &next, &e));
    assert_int_equal(count, 3); // W-0, W-1, W-2; W-3 is waived
    assert_true(obligation_read(conn, w->org, list[0].id, w->arena, &wb, &e));
    assert_int_equal(wb.id, list[0].id);
    assert_false(obligation_read(conn, w->org, 1, w->arena, &wb, &e));
    assert_int_equal(e.class, ERROR_NOT_FOUND);
    f.cursor = STR("x");
    assert_false(obligation_list(conn, w->org, &f, w->arena, &list, &count, &next, &e));
    assert_int_equal(e.class, ERROR_BAD_INPUT);
    db_release(w->db, conn);
}

static void obligations_are_listed(void **state)
{
    on_each_engine(lists);
}

static void payloads_that_are_none(void **state)
{
    static const char *const bad[] = {
        "",
        "x",
        "{}",
        "{\"packages\":3}",
        "{\"packages\":[{}]}",
        "{\"packages\":[{\"package\":0}]}",
        "{\"packages\":[{\"package\":1,\"shipments\":[{\"shipment\":\"x\"}]}]}",
        "{\"packages\":[{\"package\":1,\"shipments\":[{\"ship_date\":\"2026-02-30\"}]}]}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        AUTO_ARENA arena = arena_new(1u << 20);
        struct order_package *packages;
        size_t count;
        struct error e;
        assert_false(shipment_payload_parse(arena, str_from(bad[i]), &packages, &count, &e));
        assert_int_equal(e.class, ERROR_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipping_makes_an_obligation),
        cmocka_unit_test(what_must_not_be_shipped_is_refused),
        cmocka_unit_test(state_and_folder_follow_what_was_entered),
        cmocka_unit_test(parcels_are_added_changed_and_removed),
        cmocka_unit_test(an_order_is_done_when_all_destinations_are),
        cmocka_unit_test(obligations_are_replaced_while_unsent),
        cmocka_unit_test(transitions_are_checked),
        cmocka_unit_test(obligations_are_listed),
        cmocka_unit_test(payloads_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
