// SPDX-License-Identifier: Apache-2.0
//
// Faults of the malls while writing, cancellations and people in between: a notice takes effect at
// most once, and once it is verified exactly once.
#include "world.h"

static const enum sim_mall both[] = {SIM_RAKUTEN, SIM_YAHOO};

static const char *ship_kind(enum sim_mall mall)
{
    return mall == SIM_RAKUTEN ? "ship" : "ship";
}

static const char *ship_operation(enum sim_mall mall)
{
    return mall == SIM_RAKUTEN ? "updateOrderShipping" : "orderShipStatusChange";
}

static row_id ready_order(struct world *w, enum sim_mall mall, struct str *order_no)
{
    *order_no = world_place_ready(w, mall);
    world_fetch(w, mall);
    row_id id = world_order_id(w, mall, *order_no);
    assert_true(id != 0);
    return id;
}

static void ship(struct world *w, row_id id, const char *number)
{
    struct error error;
    if (!world_ship(w, id, str_from(number), &error))
        fail_msg("%s %s", error.code, error.what_en);
}

static void is_state(struct world *w, row_id id, enum writeback_state state, const char *what)
{
    struct writeback b = world_writeback(w, id);
    if (b.state != state)
        fail_msg("%s: %s instead of %s; %.*s; %s %s %s", what, writeback_state_name(b.state),
                 writeback_state_name(state), STR_ARG(b.reason), b.last_error.code,
                 b.last_error.what_en, b.last_error.peer_text);
}

struct write_fault {
    const char *name;
    struct sim_fault fault;
};

static void fault_on_write(enum db_engine engine, enum sim_mall mall, const char *operation,
                           const struct write_fault *f, bool close)
{
    struct world *w = world_open(engine, &(struct world_options){0});
    struct str order_no;
    row_id id = ready_order(w, mall, &order_no);
    if (close)
        world_set(w, mall, "close_after_ship", "true", NULL);
    struct sim_fault fault = f->fault;
    fault.mall = (int)mall;
    snprintf(fault.operation, sizeof fault.operation, "%s", operation);
    sim_fault_add(w->sim, &fault);
    ship(w, id, "400000000001");
    // As long as the longest back-off: an hour.
    world_settle(w, 4000000);
    is_state(w, id, WRITEBACK_VERIFIED, f->name);
    if (world_effects(w, mall, order_no, ship_kind(mall)) != 1)
        fail_msg("%s: %zu notices", f->name, world_effects(w, mall, order_no, ship_kind(mall)));
    if (mall == SIM_YAHOO)
        assert_int_equal(world_effects(w, mall, order_no, "close"), close);
    if (mall == SIM_YAHOO)
        assert_in_range(world_effects(w, mall, order_no, "capture"), 0, 1);
    world_check_effects(w);
    world_verify(w);
    world_close(w);
}

static const struct write_fault write_faults[] = {
    {"lost after effect", {.kind = SIM_FAULT_DROP_AFTER, .count = 1}},
    {"lost before effect", {.kind = SIM_FAULT_DROP_BEFORE, .count = 1}},
    {"lost before effect three times", {.kind = SIM_FAULT_DROP_BEFORE, .count = 3}},
    {"500 after effect", {.kind = SIM_FAULT_STATUS_AFTER, .status = 500, .count = 1}},
    {"503 after effect", {.kind = SIM_FAULT_STATUS_AFTER, .status = 503, .count = 1}},
    {"502 after effect", {.kind = SIM_FAULT_STATUS_AFTER, .status = 502, .count = 1}},
    {"500", {.kind = SIM_FAULT_STATUS, .status = 500, .count = 1}},
    {"503", {.kind = SIM_FAULT_STATUS, .status = 503, .count = 2}},
    {"429", {.kind = SIM_FAULT_STATUS, .status = 429, .count = 2}},
    {"HTML", {.kind = SIM_FAULT_HTML, .count = 1}},
    {"truncated", {.kind = SIM_FAULT_TRUNCATE, .count = 1}},
    {"malformed", {.kind = SIM_FAULT_MALFORMED, .count = 1}},
    {"doubled", {.kind = SIM_FAULT_DOUBLE, .count = 1}},
};

static void answers_lost(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t i = 0; i < sizeof write_faults / sizeof write_faults[0]; i++)
        for (size_t m = 0; m < 2; m++)
            fault_on_write(engine, both[m], ship_operation(both[m]), &write_faults[i], false);
}

// Yahoo's second step: closing.
static void second_step(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t i = 0; i < sizeof write_faults / sizeof write_faults[0]; i++)
        fault_on_write(engine, SIM_YAHOO, "orderStatusChange", &write_faults[i], true);
}

// How far the mall's status shall go stands in the link, not in the shop's settings: an answer that
// was lost must not make a notice without its second step look complete.
static void second_step_of_link(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct str order_no;
    row_id id = ready_order(w, SIM_YAHOO, &order_no);
    world_exec(w, "INSERT INTO status_link (org_id, mall, work_status_id, enabled, target, "
                  "updated_at) SELECT org_id, 'yahoo', id, 1, 'done', 1 FROM work_status");
    sim_fault_add(w->sim, &(struct sim_fault){.kind = SIM_FAULT_DROP_BEFORE,
                                              .mall = SIM_YAHOO,
                                              .operation = "orderStatusChange",
                                              .count = 1});
    ship(w, id, "400000000001");
    world_settle(w, 4000000);
    is_state(w, id, WRITEBACK_VERIFIED, "closed by the link");
    assert_int_equal(world_effects(w, SIM_YAHOO, order_no, ship_kind(SIM_YAHOO)), 1);
    assert_int_equal(world_effects(w, SIM_YAHOO, order_no, "close"), 1);
    world_verify(w);
    world_close(w);
}

static void read_back_faults(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t i = 0; i < sizeof write_faults / sizeof write_faults[0]; i++)
        for (size_t m = 0; m < 2; m++)
            fault_on_write(engine, both[m], both[m] == SIM_RAKUTEN ? "getOrder" : "orderInfo",
                           &write_faults[i], false);
}

// Five in a hundred answers lost after, five before the effect, as in A2.
static void many_with_losses(void **state)
{
    enum db_engine engine = world_engine(state);
    enum { COUNT = 60 };
    for (size_t m = 0; m < 2; m++) {
        struct world *w = world_open(engine, &(struct world_options){0});
        struct str numbers[COUNT];
        for (int i = 0; i < COUNT; i++)
            numbers[i] = world_place_ready(w, both[m]);
        world_fetch(w, both[m]);
        sim_fault_add(w->sim, &(struct sim_fault){.kind = SIM_FAULT_DROP_BEFORE,
                                                  .mall = (int)both[m],
                                                  .probability = 0.07});
        sim_fault_add(w->sim, &(struct sim_fault){.kind = SIM_FAULT_DROP_AFTER,
                                                  .mall = (int)both[m],
                                                  .probability = 0.07});
        assert_int_equal(world_ship_ready(w, both[m], COUNT), COUNT);
        world_settle(w, 4000000);
        world_push(w);
        world_settle(w, 4000000);
        for (int i = 0; i < COUNT; i++) {
            is_state(w, world_order_id(w, both[m], numbers[i]), WRITEBACK_VERIFIED, "losses");
            assert_int_equal(world_effects(w, both[m], numbers[i], ship_kind(both[m])), 1);
        }
        world_check_effects(w);
        world_verify(w);
        world_close(w);
    }
}

// Staff correct the number while the outcome of the first notice is unknown.
static void corrected_while_unknown(void **state)
{
    enum db_engine engine = world_engine(state);
    static const enum sim_fault_kind kinds[] = {SIM_FAULT_DROP_BEFORE, SIM_FAULT_DROP_AFTER};
    for (size_t k = 0; k < 2; k++) {
        struct world *w = world_open(engine, &(struct world_options){.settle_ms = 60000});
        struct str order_no;
        row_id id = ready_order(w, SIM_RAKUTEN, &order_no);
        sim_fault_add(w->sim, &(struct sim_fault){.kind = kinds[k],
                                                  .mall = SIM_RAKUTEN,
                                                  .operation = "updateOrderShipping",
                                                  .count = 1});
        ship(w, id, "400000000001");
        for (int i = 0; i < 400 && world_writeback(w, id).state != WRITEBACK_UNKNOWN; i++)
            node_turn(&w->node);
        is_state(w, id, WRITEBACK_UNKNOWN, "first");
        ship(w, id, "400000000002");
        world_settle(w, 10000);
        // The newer one waits: the older could still take effect.
        assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"),
                         kinds[k] == SIM_FAULT_DROP_AFTER);
        world_settle(w, 4000000);
        is_state(w, id, WRITEBACK_VERIFIED, "second");
        assert_int_equal(world_int(w, "SELECT COUNT(*) FROM writeback WHERE owed = 1"), 0);
        assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"),
                         kinds[k] == SIM_FAULT_DROP_AFTER ? 2 : 1);
        world_check_effects(w);
        world_verify(w);
        world_close(w);
    }
}

// A corrected number whose answer is lost before the effect: the mall shows the old one.
static void correction_lost(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++) {
        struct world *w = world_open(engine, &(struct world_options){0});
        struct str order_no;
        row_id id = ready_order(w, both[m], &order_no);
        ship(w, id, "400000000001");
        world_settle(w, 10000);
        is_state(w, id, WRITEBACK_VERIFIED, "first");
        sim_fault_add(w->sim, &(struct sim_fault){.kind = SIM_FAULT_DROP_BEFORE,
                                                  .mall = (int)both[m],
                                                  .operation = "updateOrderShipping",
                                                  .count = 1});
        sim_fault_add(w->sim, &(struct sim_fault){.kind = SIM_FAULT_DROP_BEFORE,
                                                  .mall = (int)both[m],
                                                  .operation = "orderShippingChange",
                                                  .count = 1});
        ship(w, id, "400000000002");
        world_settle(w, 4000000);
        struct writeback b = world_writeback(w, id);
        assert_int_equal(b.revision, 2);
        is_state(w, id, WRITEBACK_VERIFIED, sim_mall_id(both[m]));
        world_check_effects(w);
        world_verify(w);
        world_close(w);
    }
}

// The order is cancelled at the mall while a write-back is in some phase.
struct cancelling {
    struct world *w;
    enum sim_mall mall;
    struct str order_no;
    int at, seen;
    bool done;
};

static void cancel_at(void *context, enum sim_mall mall, struct str path)
{
    struct cancelling *c = context;
    struct error error;
    if (mall == c->mall && c->seen++ == c->at && !c->done) {
        c->done = true;
        // May be refused: shipped orders aren't cancelled so.
        (void)sim_act(c->w->sim, mall, c->w->now, c->order_no, "cancel", STR(""), &error);
    }
}

static void cancelled_in_each_phase(void **state)
{
    enum db_engine engine = world_engine(state);
    for (size_t m = 0; m < 2; m++) {
        for (int at = 0; at < 4; at++) {
            struct world *w = world_open(engine, &(struct world_options){0});
            struct str order_no;
            row_id id = ready_order(w, both[m], &order_no);
            struct cancelling c = {.w = w, .mall = both[m], .order_no = order_no, .at = at};
            mall_server_watch(w->malls, cancel_at, &c);
            ship(w, id, "400000000001");
            world_settle(w, 4000000);
            mall_server_watch(w->malls, NULL, NULL);
            struct writeback b = world_writeback(w, id);
            // Told before the cancellation, or stopped with a reason; never silently gone.
            bool fine = b.state == WRITEBACK_VERIFIED ||
                        ((b.state == WRITEBACK_REJECTED || b.state == WRITEBACK_BLOCKED ||
                          b.state == WRITEBACK_DRIFT || b.state == WRITEBACK_SENT) &&
                         (b.reason.n > 0 || b.last_error.code[0] || b.state == WRITEBACK_SENT));
            if (!fine)
                fail_msg("%s cancelled at request %d: %s %.*s", sim_mall_id(both[m]), at,
                         writeback_state_name(b.state), STR_ARG(b.reason));
            assert_in_range(world_effects(w, both[m], order_no, ship_kind(both[m])), 0, 1);
            if (b.state == WRITEBACK_VERIFIED)
                assert_int_equal(world_effects(w, both[m], order_no, ship_kind(both[m])), 1);
            world_verify(w);
            world_close(w);
        }
        // Cancelled before it is shipped here: refused, or never sent.
        struct world *w = world_open(engine, &(struct world_options){0});
        struct str order_no;
        struct error error;
        row_id id = ready_order(w, both[m], &order_no);
        world_act(w, both[m], order_no, "cancel", "");
        (void)world_ship(w, id, STR("400000000001"), &error);
        world_settle(w, 4000000);
        assert_int_equal(world_effects(w, both[m], order_no, ship_kind(both[m])), 0);
        struct writeback b = world_writeback(w, id);
        assert_true(b.id == 0 || b.reason.n > 0);
        world_verify(w);
        world_close(w);
    }
}

static void two_people(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct str order_no;
    struct error error;
    row_id id = ready_order(w, SIM_RAKUTEN, &order_no);
    int64_t version = world_int(w, "SELECT version FROM \"order\" WHERE id = %lld", (long long)id);
    day today = day_in_jst(w->now);
    assert_true(world_ship_with(w, id, version, "yamato", STR("400000000001"), today, &error));
    assert_false(world_ship_with(w, id, version, "sagawa", STR("400000000009"), today, &error));
    assert_int_equal(error.class, ERROR_CONFLICT);
    assert_true(error.what_ja[0] && error.what_en[0]);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM writeback"), 1);
    world_settle(w, 10000);
    is_state(w, id, WRITEBACK_VERIFIED, "first person");
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 1);
    world_close(w);
}

static void blocked_with(struct world *w, enum sim_mall mall, const char *carrier,
                         const char *number, int days, const char *code_part)
{
    struct str order_no;
    struct error error;
    row_id id = ready_order(w, mall, &order_no);
    day date = days == 999 ? 0 : day_add(day_in_jst(w->now), days);
    if (!world_ship_with(w, id, -1, carrier, str_from(number), date, &error)) {
        if (!strstr(error.code, code_part))
            fail_msg("refused with %s instead of %s", error.code, code_part);
        assert_int_equal(world_effects(w, mall, order_no, ship_kind(mall)), 0);
        return;
    }
    world_settle(w, 10000);
    struct writeback b = world_writeback(w, id);
    if (b.state != WRITEBACK_BLOCKED || str_find(b.reason, str_from(code_part)) < 0)
        fail_msg("%s %s/%s/%d: %s %.*s instead of blocked by %s", sim_mall_id(mall), carrier,
                 number, days, writeback_state_name(b.state), STR_ARG(b.reason), code_part);
    assert_true(b.last_error.what_ja[0] && b.last_error.what_en[0]);
    assert_int_equal(world_effects(w, mall, order_no, ship_kind(mall)), 0);
    // Mended here, it goes by itself.
    assert_true(world_ship(w, id, STR("400000000123"), &error));
    world_settle(w, 10000);
    is_state(w, id, WRITEBACK_VERIFIED, code_part);
}

static void missing_things(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    for (size_t m = 0; m < 2; m++) {
        blocked_with(w, both[m], "", "400000000001", 0, "carrier");
    }
    blocked_with(w, SIM_YAHOO, "yamato", "400000000001", 3, "date_future");
    blocked_with(w, SIM_RAKUTEN, "yamato", "", 0, "tracking");
    blocked_with(w, SIM_RAKUTEN, "yamato", "400000000001", 999, "date");
    world_check_effects(w);
    world_verify(w);
    world_close(w);
}

static void suppressed_and_asked(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct str order_no;
    row_id id = ready_order(w, SIM_RAKUTEN, &order_no);
    world_exec(w, "INSERT INTO status_link (org_id, mall, work_status_id, enabled, target, "
                  "updated_at) SELECT org_id, 'rakuten', id, 0, '', 1 FROM work_status");
    ship(w, id, "400000000001");
    world_settle(w, 10000);
    struct writeback b = world_writeback(w, id);
    is_state(w, id, WRITEBACK_SUPPRESSED, "not linked");
    assert_true(str_eq(b.reason, STR("setting.status_not_linked")));
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 0);
    world_verify(w);
    world_exec(w, "UPDATE status_link SET enabled = 1");
    world_push(w);
    is_state(w, id, WRITEBACK_VERIFIED, "linked");

    world_set(w, SIM_RAKUTEN, "auto_push", "false", NULL);
    row_id other = ready_order(w, SIM_RAKUTEN, &order_no);
    ship(w, other, "400000000002");
    world_settle(w, 4000000);
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 0);
    b = world_writeback(w, other);
    assert_true(str_eq(b.reason, STR("setting.auto_push_off")));
    world_verify(w);
    // Asked for, and the answer lost: what was begun is brought to its end without asking again.
    sim_fault_add(w->sim, &(struct sim_fault){.kind = SIM_FAULT_DROP_BEFORE,
                                              .mall = SIM_RAKUTEN,
                                              .operation = "updateOrderShipping",
                                              .count = 1});
    world_push(w);
    world_settle(w, 4000000);
    is_state(w, other, WRITEBACK_VERIFIED, "asked");
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 1);
    // Switched on again: what was held back goes by itself.
    row_id held = ready_order(w, SIM_RAKUTEN, &order_no);
    ship(w, held, "400000000003");
    world_settle(w, 4000000);
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 0);
    world_set(w, SIM_RAKUTEN, "auto_push", "true", NULL);
    world_settle(w, 4000000);
    is_state(w, held, WRITEBACK_VERIFIED, "switched on");
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 1);
    world_verify(w);
    world_close(w);
}

struct retrying {
    struct world *w;
    row_id id;
    bool waive;
};

static bool retry_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct retrying *r = context;
    struct order_context by = world_context(r->w);
    return r->waive ? writeback_waive(conn, &by, r->id, STR("電話で伝えた"), error)
                    : writeback_retry(conn, &by, r->id, error);
}

static void rejected_and_retried(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct str order_no;
    struct error error;
    row_id id = ready_order(w, SIM_RAKUTEN, &order_no);
    sim_fault_add(w->sim, &(struct sim_fault){.kind = SIM_FAULT_STATUS,
                                              .mall = SIM_RAKUTEN,
                                              .operation = "updateOrderShipping",
                                              .status = 400,
                                              .count = 1});
    ship(w, id, "400000000001");
    world_settle(w, 10000);
    struct writeback b = world_writeback(w, id);
    if (b.state == WRITEBACK_REJECTED) {
        assert_true(b.reason.n > 0);
        struct retrying again = {w, b.id, false};
        if (!db_write(w->database->db, retry_fn, &again, &error))
            fail_msg("retry: %s %s", error.code, error.what_en);
        world_settle(w, 10000);
    } else {
        world_settle(w, 4000000);
    }
    is_state(w, id, WRITEBACK_VERIFIED, "retried");
    assert_int_equal(world_effects(w, SIM_RAKUTEN, order_no, "ship"), 1);
    // What is verified can't be given up.
    struct retrying waive = {w, b.id, true};
    assert_false(db_write(w->database->db, retry_fn, &waive, &error));
    assert_int_equal(error.class, ERROR_CONFLICT);
    world_verify(w);
    world_close(w);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        ON_BOTH(answers_lost),         ON_BOTH(second_step),
        ON_BOTH(second_step_of_link),  ON_BOTH(read_back_faults),
        ON_BOTH(many_with_losses),     ON_BOTH(corrected_while_unknown),
        ON_BOTH(correction_lost),      ON_BOTH(cancelled_in_each_phase),
        ON_BOTH(two_people),           ON_BOTH(missing_things),
        ON_BOTH(suppressed_and_asked), ON_BOTH(rejected_and_retried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
