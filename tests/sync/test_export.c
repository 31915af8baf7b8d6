// SPDX-License-Identifier: Apache-2.0
//
// データ書出 by file: what goes in, that it counts as sent once and for all in one transaction,
// that the bytes can be had again, and that the API stays away from it.
#include "sync/export.h"
#include "world.h"

#include "base/memory.h"
#include "db/db.h"

static row_id ready(struct world *w, enum sim_mall mall, struct str *order_no)
{
    *order_no = world_place_ready(w, mall);
    world_fetch(w, mall);
    return world_order_id(w, mall, *order_no);
}

static row_id shipped(struct world *w, enum sim_mall mall, const char *number, struct str *order_no)
{
    struct error error;
    row_id id = ready(w, mall, order_no);
    if (!world_ship(w, id, str_from(number), &error))
        fail_msg("%s %s", error.code, error.what_en);
    return id;
}

static struct export_preview preview_of(struct world *w, const struct export_request *request)
{
    struct export_preview preview;
    struct order_context by = world_context(w);
    struct error error;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_non_null(conn);
    bool done = export_preview(conn, &by, request, w->arena, &preview, &error);
    db_release(w->database->db, conn);
    if (!done)
        fail_msg("%s %s", error.code, error.what_en);
    return preview;
}

struct making {
    struct world *w;
    const struct export_request *request;
    struct ship_file file;
    struct export_preview preview;
    struct str seen; // by keep()
    bool refuse;
};

static bool keep(void *context, const struct ship_file *file, struct str bytes, struct error *error)
{
    struct making *m = context;
    m->seen = str_dup(m->w->arena, bytes);
    assert_int_equal(file->size, bytes.n);
    return !m->refuse || error_set(error, ERROR_STORAGE, "test.disk_full", "満杯", "disk full");
}

static bool make_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct making *m = context;
    struct order_context by = world_context(m->w);
    return export_create(conn, &by, m->request, m->w->arena, keep, m, &m->file, &m->preview, error);
}

static struct making make(struct world *w, const struct export_request *request)
{
    struct making m = {.w = w, .request = request};
    struct error error;
    if (!db_write(w->database->db, make_fn, &m, &error))
        fail_msg("%s %s", error.code, error.what_en);
    return m;
}

static struct str bytes_of(struct world *w, row_id id)
{
    struct error error;
    struct str bytes = STR_ABSENT;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(conn && ship_file_bytes(conn, w->org_id, id, w->arena, &bytes, &error));
    db_release(w->database->db, conn);
    return bytes;
}

static struct ship_file file_of(struct world *w, row_id id)
{
    struct error error;
    struct ship_file file = {0};
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(conn && ship_file_read(conn, w->org_id, id, w->arena, &file, &error));
    db_release(w->database->db, conn);
    return file;
}

static void is_state(struct world *w, row_id id, enum writeback_state state)
{
    struct writeback b = world_writeback(w, id);
    if (b.state != state)
        fail_msg("%s instead of %s; %.*s %s", writeback_state_name(b.state),
                 writeback_state_name(state), STR_ARG(b.reason), b.last_error.what_en);
}

static struct export_request of_shop(const struct world *w, enum sim_mall mall)
{
    return (struct export_request){
        .shop_id = world_shop(w, mall), .format = STR(""), .from = TIME_NONE, .to = TIME_NONE};
}

static struct world *open_held(enum db_engine engine)
{
    struct world *w = world_open(engine, &(struct world_options){0});
    world_set(w, SIM_RAKUTEN, "auto_push", "false", NULL);
    world_set(w, SIM_YAHOO, "auto_push", "false", NULL);
    return w;
}

struct retrying {
    struct world *w;
    row_id id;
};

static bool retry_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct retrying *t = context;
    struct order_context by = world_context(t->w);
    return writeback_retry(conn, &by, t->id, error);
}

static void retry(struct world *w, row_id order_id)
{
    struct retrying t = {w, world_writeback(w, order_id).id};
    struct error error;
    assert_true(db_write(w->database->db, retry_fn, &t, &error));
    sync_wake(w->node.sync);
}

static void a_file_is_the_notice(void **state)
{
    struct world *w = open_held(world_engine(state));
    struct str order_no, other_no;
    row_id id = shipped(w, SIM_RAKUTEN, "400000000001", &order_no);
    row_id other = shipped(w, SIM_RAKUTEN, "400000000012", &other_no);
    struct export_request request = of_shop(w, SIM_RAKUTEN);
    struct export_preview preview = preview_of(w, &request);
    assert_int_equal(preview.outcomes[EXPORT_GOES], 2);
    assert_int_equal(preview.count, 2);
    is_state(w, id, WRITEBACK_PENDING); // looking changes nothing

    struct making m = make(w, &request);
    assert_int_equal(m.file.orders, 2);
    assert_true(str_find(m.seen, order_no) > 0 && str_find(m.seen, other_no) > 0);
    assert_true(str_find(m.seen, STR("400000000001")) > 0);
    is_state(w, id, WRITEBACK_SENT);
    is_state(w, other, WRITEBACK_SENT);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM writeback_attempt WHERE operation = 'file' "
                                  "AND outcome = 'sent'"),
                     2);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM order_event WHERE kind = 'exported'"), 2);
    struct str evidence =
        world_text(w, "SELECT evidence FROM writeback_attempt WHERE operation = 'file' LIMIT 1");
    assert_true(str_find(evidence, m.file.file_name) >= 0 && str_find(evidence, m.file.hash) >= 0);
    // The same bytes again, as often as wanted; but not in a second file.
    assert_true(str_eq(bytes_of(w, m.file.id), m.seen));
    assert_true(str_eq(bytes_of(w, m.file.id), m.seen));
    preview = preview_of(w, &request);
    assert_int_equal(preview.outcomes[EXPORT_GOES], 0);
    assert_int_equal(preview.outcomes[EXPORT_UNDER_WAY], 2);
    // The API stays away, however often somebody presses 書出し.
    world_set(w, SIM_RAKUTEN, "auto_push", "true", NULL);
    world_push(w);
    for (int i = 0; i < 4; i++) {
        world_advance(w, 20 * 3600 * 1000LL);
        world_push(w);
        world_settle(w, 60000);
    }
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 0);
    is_state(w, id, WRITEBACK_DRIFT); // the mall never showed it: a person decides
    assert_true(str_eq(world_writeback(w, id).reason, STR("mall.never_shown")));
    assert_int_equal(file_of(w, m.file.id).attention, 2);
    world_verify(w);
    // One says so: read once more, then told, once. The other stays with its person.
    retry(w, id);
    world_settle(w, 60000);
    is_state(w, id, WRITEBACK_VERIFIED);
    is_state(w, other, WRITEBACK_DRIFT);
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 1);
    assert_int_equal(world_effects(w, SIM_RAKUTEN, other_no, "ship"), 0);
    world_check_effects(w);
    world_verify(w);
    world_close(w);
}

static void reading_back_verifies(void **state)
{
    struct world *w = open_held(world_engine(state));
    struct str order_no;
    row_id id = shipped(w, SIM_RAKUTEN, "400000000001", &order_no);
    struct export_request request = of_shop(w, SIM_RAKUTEN);
    struct making m = make(w, &request);
    // Somebody uploads it at the mall.
    char date[12], parameters[200];
    day_format(
        (day)world_int(w, "SELECT ship_date FROM shipment WHERE order_id = %lld", (long long)id),
        date);
    snprintf(parameters, sizeof parameters,
             "{\"number\":\"400000000001\",\"carrier\":\"1001\",\"date\":\"%s\"}", date);
    world_act(w, SIM_RAKUTEN, order_no, "ship-by-hand", parameters);
    world_settle(w, 3600 * 1000LL);
    is_state(w, id, WRITEBACK_VERIFIED);
    assert_int_equal(file_of(w, m.file.id).verified, 1);
    world_verify(w);
    world_close(w);
}

struct withdrawing {
    struct world *w;
    row_id id;
    size_t count;
};

static bool withdraw_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct withdrawing *d = context;
    struct order_context by = world_context(d->w);
    return ship_file_withdraw(conn, &by, d->id, &d->count, error);
}

static void a_person_takes_it_back(void **state)
{
    struct world *w = open_held(world_engine(state));
    struct str order_no;
    row_id id = shipped(w, SIM_RAKUTEN, "400000000001", &order_no);
    struct export_request request = of_shop(w, SIM_RAKUTEN);
    struct making m = make(w, &request);
    struct withdrawing d = {w, m.file.id, 0};
    struct error error;
    assert_true(db_write(w->database->db, withdraw_fn, &d, &error));
    assert_int_equal(d.count, 1);
    assert_false(db_write(w->database->db, withdraw_fn, &d, &error));
    assert_string_equal(error.code, "ship_file.withdrawn");
    world_settle(w, 60000);
    is_state(w, id, WRITEBACK_PENDING); // read first, nothing there: owed again, and waiting
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 0);
    world_push(w);
    is_state(w, id, WRITEBACK_VERIFIED);
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 1);
    world_verify(w);
    world_close(w);
}

static void half_a_file_is_none(void **state)
{
    struct world *w = open_held(world_engine(state));
    struct str order_no;
    row_id id = shipped(w, SIM_RAKUTEN, "400000000001", &order_no);
    struct export_request request = of_shop(w, SIM_RAKUTEN);
    struct making m = {.w = w, .request = &request, .refuse = true};
    struct error error;
    assert_false(db_write(w->database->db, make_fn, &m, &error));
    assert_string_equal(error.code, "test.disk_full");
    is_state(w, id, WRITEBACK_PENDING);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM ship_file"), 0);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM order_event WHERE kind = 'exported'"), 0);
    // Every statement of it fails once.
    m.refuse = false;
    for (uint64_t at = 1; at < 400; at++) {
        db_fail_at(w->database->db, at, false);
        bool done = db_write(w->database->db, make_fn, &m, &error);
        db_fail_at(w->database->db, 0, false);
        if (done)
            break;
        is_state(w, id, WRITEBACK_PENDING);
        assert_int_equal(world_int(w, "SELECT COUNT(*) FROM ship_file"), 0);
        assert_true(at < 399);
    }
    is_state(w, id, WRITEBACK_SENT);
    world_verify(w);
    world_close(w);
}

static void conditions_leave_out_and_count(void **state)
{
    struct world *w = open_held(world_engine(state));
    struct str order_no, other_no;
    row_id id = shipped(w, SIM_RAKUTEN, "400000000001", &order_no);
    world_advance(w, 3 * 86400000LL);
    row_id other = shipped(w, SIM_RAKUTEN, "400000000012", &other_no);
    struct export_request request = of_shop(w, SIM_RAKUTEN);
    request.from = world_context(w).now - 86400000LL;
    struct export_preview preview = preview_of(w, &request);
    assert_int_equal(preview.count, 1);
    assert_int_equal(preview.rows[0].order_id, other);
    assert_int_equal(preview.hidden, 1);
    request.from = TIME_NONE;
    row_id none = 1;
    request.statuses = &none;
    request.status_count = 1;
    preview = preview_of(w, &request);
    assert_int_equal(preview.count, 0);
    assert_int_equal(preview.hidden, 2);
    request = of_shop(w, SIM_RAKUTEN);
    row_id wanted = world_writeback(w, id).id;
    request.ids = &wanted;
    request.id_count = 1;
    struct making m = make(w, &request);
    assert_int_equal(m.file.orders, 1);
    is_state(w, id, WRITEBACK_SENT);
    is_state(w, other, WRITEBACK_PENDING);
    // Nothing left of what was chosen: no empty file.
    struct error error;
    assert_false(db_write(w->database->db, make_fn, &m, &error));
    assert_string_equal(error.code, "export.nothing");
    world_verify(w);
    world_close(w);
}

static void what_is_missing_is_named(void **state)
{
    struct world *w = open_held(world_engine(state));
    struct str order_no;
    struct error error;
    row_id id = ready(w, SIM_RAKUTEN, &order_no);
    assert_true(world_ship(w, id, STR(""), &error));
    struct export_request request = of_shop(w, SIM_RAKUTEN);
    struct export_preview preview = preview_of(w, &request);
    assert_int_equal(preview.outcomes[EXPORT_BLOCKED], 1);
    assert_string_equal(preview.rows[0].why.code, "shipment.tracking_number_missing");
    world_exec(w, "INSERT INTO status_link (org_id, mall, work_status_id, enabled, target, "
                  "updated_at) SELECT org_id, 'rakuten', id, 0, '', 1 FROM work_status");
    preview = preview_of(w, &request);
    assert_int_equal(preview.outcomes[EXPORT_SUPPRESSED], 1);
    assert_string_equal(preview.rows[0].why.code, "setting.status_not_linked");
    world_close(w);
}

static void further_numbers_are_noted(void **state)
{
    struct world *w = open_held(world_engine(state));
    struct str order_no;
    row_id id = shipped(w, SIM_YAHOO, "400000000001", &order_no);
    world_exec(w,
               "UPDATE writeback SET payload = replace(payload, '\"tracking_number\":"
               "\"400000000001\"', '\"tracking_number\":\"400000000012\",\"ship_date\":"
               "\"2026-01-01\"},{\"carrier\":\"yamato\",\"tracking_number\":\"400000000023\","
               "\"ship_date\":\"2026-01-01\"},{\"carrier\":\"yamato\",\"tracking_number\":"
               "\"400000000001\"') WHERE order_id = %lld",
               (long long)id);
    struct export_request request = of_shop(w, SIM_YAHOO);
    struct export_preview preview = preview_of(w, &request);
    assert_int_equal(preview.outcomes[EXPORT_GOES], 1);
    assert_string_equal(preview.rows[0].note.code, "shipment.numbers_left_out");
    make(w, &request);
    assert_int_equal(world_int(w,
                               "SELECT COUNT(*) FROM \"order\" WHERE id = %lld AND "
                               "(marks & 67108864) <> 0",
                               (long long)id),
                     1);
    world_close(w);
}

static void memory_runs_out(void **state)
{
    struct world *w = open_held(world_engine(state));
    struct str order_no;
    shipped(w, SIM_YAHOO, "400000000001", &order_no);
    struct export_request request = of_shop(w, SIM_YAHOO);
    struct order_context by = world_context(w);
    struct error error;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    for (uint64_t at = 1;; at++) {
        struct export_preview preview;
        AUTO_ARENA arena = arena_new(64 << 20);
        memory_fail_at(at, 0);
        bool done = export_preview(conn, &by, &request, arena, &preview, &error);
        bool failed = memory_fail_at(0, 0) >= at;
        if (!done)
            assert_true(error.class == ERROR_NO_MEMORY || error.class == ERROR_STORAGE);
        if (!failed)
            break;
        assert_true(at < 5000);
    }
    db_release(w->database->db, conn);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_file_is_the_notice),           ON_BOTH(reading_back_verifies),
        ON_BOTH(a_person_takes_it_back),         ON_BOTH(half_a_file_is_none),
        ON_BOTH(conditions_leave_out_and_count), ON_BOTH(what_is_missing_is_named),
        ON_BOTH(further_numbers_are_noted),      ON_BOTH(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
