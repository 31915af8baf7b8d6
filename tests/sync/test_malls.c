// SPDX-License-Identifier: Apache-2.0
//
// What every mall has to pass through the engine, whatever it is: all it holds comes in and stays
// as it is, a shipment is told and verified, and a lost answer to the write tells it once. A mall
// is a line of the table.
#include "world.h"

#include <stdio.h>

struct mall_case {
    enum sim_mall mall;
    const char *ship_operation; // whose answer is lost
    const char *ship_kind;      // of its effects in the ledger
    bool per_line;              // one effect per order line, else one per order
    // Cancels an order in the mall's own life, where the next fetch shows it; NULL: only reading
    // open orders again does.
    const char *cancel_action;
    const char *setting, *value; // of the shop: which of the mall's APIs; NULL none
};
static const struct mall_case cases[] = {
    {SIM_AMAZON, "confirmShipment", "ship", false, NULL},
    {SIM_AUPAY, "updateTradeInfoProc", "ship", false, "cancel"},
    {SIM_AUPAY, "updateTradeStsProc", "status", false, "cancel"},
    {SIM_MAKESHOP, "updateOrderAttribute", "ship", false, "cancel", NULL, NULL},
    {SIM_MAKESHOP, "updateOrderDeliveryStatus", "ship", false, "cancel", NULL, NULL},
    {SIM_MAKESHOP, "deliver", "ship", false, "cancel", "api", "legacy"},
    {SIM_QOO10, "SetSendingInfo", "ship", true, "cancel"},
    {SIM_RAKUTEN, "updateOrderShipping", "ship", false, NULL},
    {SIM_YAHOO, "orderShipStatusChange", "ship", false, NULL},
};
#define CASE_COUNT (sizeof cases / sizeof cases[0])
#define HOUR_MS INT64_C(3600000)

static struct world *open_one(void **state, const struct mall_case *c, int64_t orders)
{
    struct world *w =
        world_open(world_engine(state),
                   &(struct world_options){.one_mall = true, .mall = c->mall, .orders = orders});
    if (c->setting)
        world_set(w, c->mall, c->setting, c->value, NULL);
    return w;
}

static void fetch_until_quiet(struct world *w, enum sim_mall mall)
{
    struct fetch_run run = world_fetch(w, mall);
    if (!str_eq(run.state, STR("done")))
        fail_msg("%s: %.*s: %s %s %s", sim_mall_id(mall), STR_ARG(run.state), run.error.code,
                 run.error.what_en, run.error.peer_text);
    world_settle(w, 3000);
}

// Everything that the mall has is here, and asking again writes nothing.
static void everything_comes(void **state)
{
    for (size_t i = 0; i < CASE_COUNT; i++) {
        struct world *w = open_one(state, &cases[i], 120);
        world_advance(w, HOUR_MS / 6); // Amazon lists what is two minutes old
        fetch_until_quiet(w, cases[i].mall);
        world_check_complete(w, cases[i].mall);
        assert_int_equal(world_int(w, "SELECT COUNT(*) FROM quarantine"), 0);
        // Simulated time may have run on while the last window was listed.
        if (world_gaps(w, cases[i].mall) > 0)
            fetch_until_quiet(w, cases[i].mall);
        assert_int_equal(world_gaps(w, cases[i].mall), 0);
        uint64_t before = world_orders_digest(w);
        fetch_until_quiet(w, cases[i].mall);
        assert_true(world_orders_digest(w) == before);
        world_verify(w);
        world_close(w);
    }
}

static row_id ready_order(struct world *w, enum sim_mall mall, struct str *order_no)
{
    *order_no = world_place_ready(w, mall);
    fetch_until_quiet(w, mall);
    row_id id = world_order_id(w, mall, *order_no);
    if (id == 0)
        fail_msg("%s: %.*s didn't come in", sim_mall_id(mall), STR_ARG(*order_no));
    return id;
}

static void is_verified_once(struct world *w, const struct mall_case *c, row_id id,
                             struct str order_no, const char *what)
{
    struct writeback b = world_writeback(w, id);
    if (b.state != WRITEBACK_VERIFIED)
        fail_msg("%s, %s: %s; %.*s; %s %s %s", sim_mall_id(c->mall), what,
                 writeback_state_name(b.state), STR_ARG(b.reason), b.last_error.code,
                 b.last_error.what_en, b.last_error.peer_text);
    int64_t lines =
        world_int(w, "SELECT COUNT(*) FROM order_line WHERE order_id = %lld", (long long)id);
    size_t effects = world_effects(w, c->mall, order_no, c->ship_kind);
    if (effects != (c->per_line ? (size_t)lines : 1))
        fail_msg("%s, %s: %zu notices of %lld lines", sim_mall_id(c->mall), what, effects,
                 (long long)lines);
    world_check_effects(w);
    world_verify(w);
}

static void ship(struct world *w, const struct mall_case *c, row_id id)
{
    struct error error;
    if (!world_ship(w, id, STR("400000000001"), &error))
        fail_msg("%s: %s %s", sim_mall_id(c->mall), error.code, error.what_en);
}

static void told_and_verified(void **state)
{
    for (size_t i = 0; i < CASE_COUNT; i++) {
        struct world *w = open_one(state, &cases[i], 0);
        for (int k = 0; k < 3; k++) {
            struct str order_no;
            row_id id = ready_order(w, cases[i].mall, &order_no);
            ship(w, &cases[i], id);
            world_push(w);
            is_verified_once(w, &cases[i], id, order_no, "told");
        }
        world_close(w);
    }
}

static void a_lost_answer_tells_once(void **state)
{
    static const struct {
        const char *name;
        struct sim_fault fault;
    } faults[] = {
        {"lost after effect", {.kind = SIM_FAULT_DROP_AFTER, .count = 1}},
        {"lost before effect", {.kind = SIM_FAULT_DROP_BEFORE, .count = 1}},
        {"second write lost", {.kind = SIM_FAULT_DROP_AFTER, .skip = 1, .count = 1}},
        {"502 after effect", {.kind = SIM_FAULT_STATUS_AFTER, .status = 502, .count = 1}},
        {"a web page", {.kind = SIM_FAULT_HTML, .count = 1}},
    };
    for (size_t i = 0; i < CASE_COUNT; i++)
        for (size_t f = 0; f < sizeof faults / sizeof faults[0]; f++) {
            struct world *w = open_one(state, &cases[i], 0);
            struct str order_no;
            row_id id = ready_order(w, cases[i].mall, &order_no);
            struct sim_fault fault = faults[f].fault;
            fault.mall = (int)cases[i].mall;
            snprintf(fault.operation, sizeof fault.operation, "%s", cases[i].ship_operation);
            sim_fault_add(w->sim, &fault);
            ship(w, &cases[i], id);
            world_settle(w, HOUR_MS + HOUR_MS / 9); // as long as the longest back-off
            is_verified_once(w, &cases[i], id, order_no, faults[f].name);
            world_close(w);
        }
}

// Where the shop asks for it, what is stored is accepted at the mall, once.
static void stored_is_accepted(void **state)
{
    for (size_t i = 0; i < CASE_COUNT; i++) {
        const struct mall *mall = mall_by_id(str_from(sim_mall_id(cases[i].mall)));
        if (!mall->accept_when_stored)
            continue;
        struct world *w = open_one(state, &cases[i], 0);
        world_set(w, cases[i].mall, mall->accept_when_stored, "true", NULL);
        struct str order_no = world_place(w, cases[i].mall, SIM_STAGE_NEW);
        fetch_until_quiet(w, cases[i].mall);
        world_push(w);
        row_id id = world_order_id(w, cases[i].mall, order_no);
        assert_int_equal(world_int(w,
                                   "SELECT COUNT(*) FROM writeback WHERE order_id = %lld AND "
                                   "aspect = %d AND state = %d",
                                   (long long)id, ASPECT_ACCEPT, WRITEBACK_VERIFIED),
                         1);
        world_check_effects(w);
        world_verify(w);
        world_close(w);
    }
}

// Cancelled at the mall before, and after, staff have shipped it: nothing is told any more.
static void cancelled_at_the_mall(void **state)
{
    for (size_t i = 0; i < CASE_COUNT; i++) {
        if (!cases[i].cancel_action)
            continue;
        struct world *w = open_one(state, &cases[i], 0);
        struct str first, second;
        row_id id = ready_order(w, cases[i].mall, &first);
        world_act(w, cases[i].mall, first, cases[i].cancel_action, "{}");
        world_advance(w, 24 * HOUR_MS);
        fetch_until_quiet(w, cases[i].mall);
        assert_int_equal(world_int(w,
                                   "SELECT COUNT(*) FROM \"order\" WHERE id = %lld AND state = %d",
                                   (long long)id, ORDER_CANCELLED),
                         1);
        id = ready_order(w, cases[i].mall, &second);
        ship(w, &cases[i], id);
        world_act(w, cases[i].mall, second, cases[i].cancel_action, "{}");
        world_push(w);
        world_settle(w, 2 * HOUR_MS);
        assert_int_equal(world_effects(w, cases[i].mall, second, cases[i].ship_kind), 0);
        enum writeback_state end = world_writeback(w, id).state;
        if (end != WRITEBACK_REJECTED && end != WRITEBACK_BLOCKED && end != WRITEBACK_DRIFT)
            fail_msg("%s: %s", sim_mall_id(cases[i].mall), writeback_state_name(end));
        world_verify(w);
        world_close(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(everything_comes),         ON_BOTH(told_and_verified),
        ON_BOTH(a_lost_answer_tells_once), ON_BOTH(stored_is_accepted),
        ON_BOTH(cancelled_at_the_mall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
