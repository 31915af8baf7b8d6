// SPDX-License-Identifier: Apache-2.0
//
// Planted causes: for each rule a world in which exactly that cause holds and all else is well. The
// question that a person would ask must name it. And healthy shops, about which nothing is said.
#include "sync/world.h"

#include "diagnosis/ask.h"

#include <stdlib.h>

struct scene {
    struct world *w;
    enum sim_mall mall;
    enum question question;
    struct str order_no;
};

struct planted {
    const char *id;
    void (*plant)(struct scene *s);
    enum sim_mall mall;
    enum question question;
    bool idle; // no schedule runs
};

static void turn(void *context)
{
    node_turn(context);
}

static struct verdict ask(struct scene *s)
{
    struct error error;
    struct verdict v;
    row_id id;
    struct world *w = s->w;
    struct order_context context = world_context(w);
    struct diagnosis_asker asker = {.db = w->database->db,
                                    .key = &w->key,
                                    .sync = w->node.sync,
                                    .turn = turn,
                                    .turn_context = &w->node,
                                    .clock = w->clock,
                                    .context = &context,
                                    // Simulated time runs ahead of what is on the wire.
                                    .patience_ms = 3600000};
    struct diagnosis_question q = {.question = s->question,
                                   .org_id = w->org_id,
                                   .shop_id = world_shop(w, s->mall),
                                   .order_no = s->order_no};
    AUTO_BUF out = buf_make(16u << 20);
    if (!diagnosis_ask(&asker, &q, w->arena, &out, &v, &id, &error))
        fail_msg("%s", error.what_en);
    if (getenv("JUCHU_PLANTED"))
        print_message("%.*s\n", STR_ARG(buf_str(&out)));
    return v;
}

static void describe(const struct verdict *v)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->lines[i].outcome != OUTCOME_PASSED && v->lines[i].outcome != OUTCOME_NOT_APPLICABLE)
            print_message("    %s %s %.*s%s\n", v->lines[i].rule->id,
                          check_outcome_name(v->lines[i].outcome), STR_ARG(v->lines[i].message_en),
                          v->lines[i].missing ? " (missing)" : "");
}

// Lets the schedule run for a while.
static void pass(struct world *w, int64_t ms)
{
    time_ms until = w->now + ms;
    while (w->now < until)
        node_turn(&w->node);
}

static void place_and_fetch(struct scene *s)
{
    s->order_no = world_place_ready(s->w, s->mall);
    world_fetch(s->w, s->mall);
    world_settle(s->w, 1);
}

static void enter_shipment(struct scene *s, const char *number, int days_ahead)
{
    struct error error;
    if (!world_ship_with(s->w, world_order_id(s->w, s->mall, s->order_no), -1, "yamato",
                         str_from(number), day_add(day_in_jst(s->w->now), days_ahead), &error))
        fail_msg("%s", error.what_en);
}

static void shipped(struct scene *s)
{
    place_and_fetch(s);
    enter_shipment(s, "400123456784", 0);
}

static void set(struct scene *s, const char *key, const char *value)
{
    world_set(s->w, s->mall, key, value, NULL);
}

static void key_act(struct scene *s, const char *action, const char *parameters)
{
    world_act(s->w, s->mall, STR(""), action, parameters);
}

static void is_here(struct scene *s)
{
    place_and_fetch(s);
}
static void fetch_off(struct scene *s)
{
    set(s, "auto_fetch", "false");
    s->order_no = world_place_ready(s->w, s->mall);
}
static void nobody_runs(struct scene *s)
{
    s->order_no = world_place_ready(s->w, s->mall);
    world_advance(s->w, 7200000);
}
static void unreadable(struct scene *s)
{
    for (int i = 0; i < 3; i++)
        world_place_ready(s->w, s->mall);
    s->order_no = world_place_ready(s->w, s->mall);
    struct sim_fault fault = {.kind = SIM_FAULT_MALFORMED, .mall = (int)s->mall};
    snprintf(fault.order_no, sizeof fault.order_no, "%.*s", STR_ARG(s->order_no));
    sim_fault_add(s->w->sim, &fault);
    world_fetch(s->w, s->mall);
    sim_fault_remove(s->w->sim, 0);
}
static void outside_statuses(struct scene *s)
{
    set(s, "fetch_statuses", "100,200");
    s->order_no = world_place_ready(s->w, s->mall);
    world_fetch(s->w, s->mall);
}
static void outside_statuses_yahoo(struct scene *s)
{
    set(s, "fetch_mode", "by_status");
    set(s, "fetch_statuses", "hold");
    s->order_no = world_place_ready(s->w, s->mall);
    world_fetch(s->w, s->mall);
}
static void outside_basic_yahoo(struct scene *s)
{
    set(s, "fetch_mode", "basic");
    s->order_no = world_place_ready(s->w, s->mall);
    world_fetch(s->w, s->mall);
}
static void wrong_number(struct scene *s)
{
    s->order_no = s->mall == SIM_RAKUTEN ? STR("999001-20250101-0000000001") : STR("juchu-demo-1");
}
static void other_shops_number(struct scene *s)
{
    struct scene other = {.w = s->w, .mall = SIM_YAHOO};
    place_and_fetch(&other);
    s->order_no = other.order_no;
}
static void maintenance(struct scene *s)
{
    sim_fault_add(s->w->sim,
                  &(struct sim_fault){.kind = SIM_FAULT_MAINTENANCE, .mall = (int)s->mall});
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 2000000);
}
static void unreachable(struct scene *s)
{
    sim_fault_add(s->w->sim,
                  &(struct sim_fault){.kind = SIM_FAULT_DROP_BEFORE, .mall = (int)s->mall});
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 2000000);
}
static void key_expired(struct scene *s)
{
    world_advance(s->w, INT64_C(91) * 86400000);
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 2000000);
}
static void key_renewed_there(struct scene *s)
{
    pass(s->w, 3600000);
    key_act(s, "renew", "");
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 3600000);
}
static void key_wrong(struct scene *s)
{
    set(s, "service_secret", "SP_mistyped");
    s->order_no = world_place_ready(s->w, s->mall);
}
static void function_off(struct scene *s)
{
    key_act(s, "untick", "{\"function\":\"getOrder\"}");
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 2000000);
}
static void consent_over(struct scene *s)
{
    world_advance(s->w, INT64_C(29) * 86400000);
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 2000000);
}
static void consent_withdrawn(struct scene *s)
{
    key_act(s, "expire-refresh", "");
    key_act(s, "expire-access", "");
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 2000000);
}
static void key_disabled(struct scene *s)
{
    key_act(s, "key-disable", "");
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 2000000);
}
static void key_year_over(struct scene *s)
{
    key_act(s, "key-expire", "");
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 2000000);
}
static void key_version_wrong(struct scene *s)
{
    set(s, "public_key_version", "9");
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 2000000);
}
static void id_without_right(struct scene *s)
{
    key_act(s, "forbid", "");
    s->order_no = world_place_ready(s->w, s->mall);
    pass(s->w, 2000000);
}
static void no_shipment(struct scene *s)
{
    place_and_fetch(s);
}
static void not_here(struct scene *s)
{
    s->order_no = world_place_ready(s->w, s->mall);
}
static void push_off(struct scene *s)
{
    set(s, "auto_push", "false");
    shipped(s);
    pass(s->w, 600000);
}
static void ship_date_future(struct scene *s)
{
    place_and_fetch(s);
    enter_shipment(s, "400123456784", 3);
    pass(s->w, 600000);
}
static void no_number(struct scene *s)
{
    place_and_fetch(s);
    enter_shipment(s, "", 0);
    pass(s->w, 600000);
}
static void cancelled_there(struct scene *s)
{
    set(s, "auto_push", "false");
    shipped(s);
    world_act(s->w, s->mall, s->order_no, "cancel", "");
    set(s, "auto_push", "true");
    pass(s->w, 3600000);
}
static void answer_lost(struct scene *s)
{
    place_and_fetch(s);
    // The answer to the write is lost, and so is every reading after it.
    sim_fault_add(s->w->sim, &(struct sim_fault){.kind = SIM_FAULT_DROP_BEFORE,
                                                 .mall = (int)s->mall,
                                                 .operation = "getOrder",
                                                 .skip = 1});
    sim_fault_add(s->w->sim, &(struct sim_fault){.kind = SIM_FAULT_DROP_AFTER,
                                                 .mall = (int)s->mall,
                                                 .operation = "updateOrderShipping"});
    enter_shipment(s, "400123456784", 0);
    pass(s->w, 30000);
}
static void waits_for_confirmation(struct scene *s)
{
    s->order_no = world_place(s->w, s->mall, SIM_STAGE_NEW);
    world_fetch(s->w, s->mall);
}
static void on_hold(struct scene *s)
{
    s->order_no = world_place(s->w, s->mall, SIM_STAGE_HOLD);
    world_fetch(s->w, s->mall);
}

#define RK SIM_RAKUTEN
#define YH SIM_YAHOO
static const struct planted table[] = {
    {"D-001", is_here, RK, QUESTION_ORDER, false},
    {"D-001", is_here, YH, QUESTION_ORDER, false},
    {"D-003", other_shops_number, RK, QUESTION_ORDER, false},
    {"D-007", fetch_off, RK, QUESTION_ORDER, false},
    {"D-007", fetch_off, YH, QUESTION_SHOP, false},
    {"D-008", nobody_runs, RK, QUESTION_SHOP, true},
    {"D-020", unreadable, RK, QUESTION_ORDER, false},
    {"D-020", unreadable, YH, QUESTION_ORDER, false},
    {"D-026", maintenance, RK, QUESTION_SHOP, false},
    {"D-029", unreachable, YH, QUESTION_SHOP, false},
    {"D-040", outside_statuses, RK, QUESTION_ORDER, false},
    {"D-041", key_expired, RK, QUESTION_ORDER, false},
    {"D-041", key_expired, RK, QUESTION_SHOP, false},
    {"D-042", key_renewed_there, RK, QUESTION_SHOP, false},
    {"D-045", function_off, RK, QUESTION_SHOP, false},
    {"D-046", key_wrong, RK, QUESTION_ORDER, true},
    {"D-060", outside_basic_yahoo, YH, QUESTION_ORDER, false},
    {"D-061", outside_statuses_yahoo, YH, QUESTION_ORDER, false},
    {"D-063", consent_over, YH, QUESTION_SHOP, false},
    {"D-070", consent_withdrawn, YH, QUESTION_SHOP, false},
    {"D-064", key_disabled, YH, QUESTION_SHOP, false},
    {"D-065", key_year_over, YH, QUESTION_SHOP, false},
    {"D-066", key_version_wrong, YH, QUESTION_SHOP, false},
    {"D-071", id_without_right, YH, QUESTION_SHOP, false},
    {"D-294", wrong_number, RK, QUESTION_ORDER, false},
    {"D-294", wrong_number, YH, QUESTION_ORDER, false},
    {"D-291", not_here, RK, QUESTION_WRITEBACK, true},
    {"D-290", no_shipment, RK, QUESTION_WRITEBACK, false},
    {"D-134", push_off, YH, QUESTION_WRITEBACK, false},
    {"D-134", push_off, RK, QUESTION_REFLECT, false},
    {"D-192", ship_date_future, YH, QUESTION_WRITEBACK, false},
    {"D-133", no_number, RK, QUESTION_WRITEBACK, false},
    {"D-140", cancelled_there, RK, QUESTION_WRITEBACK, false},
    {"D-159", answer_lost, RK, QUESTION_WRITEBACK, false},
    {"D-048", waits_for_confirmation, RK, QUESTION_STUCK, false},
    {"D-242", on_hold, YH, QUESTION_STUCK, false},
};

static void planted_causes_are_named(void **state)
{
    size_t count = sizeof table / sizeof table[0], wrong = 0;
    const char *only = getenv("JUCHU_PLANTED");
    for (size_t i = 0; i < count; i++) {
        const struct planted *p = &table[i];
        if (only && strcmp(only, p->id) != 0)
            continue;
        struct scene s = {.w =
                              world_open(DB_SQLITE, &(struct world_options){.automatic = !p->idle}),
                          .mall = p->mall,
                          .question = p->question};
        if (!p->idle)
            pass(s.w, 60000); // the first automatic fetch
        p->plant(&s);
        if (only)
            print_message("%s: asking\n", p->id);
        struct verdict v = ask(&s);
        const char *found = v.headline < v.count ? v.lines[v.headline].rule->id : "none";
        if (strcmp(found, p->id) != 0) {
            print_message("planted %s (%s, %s): %s\n", p->id, sim_mall_id(p->mall),
                          question_name(p->question), found);
            describe(&v);
            wrong++;
        }
        world_close(s.w);
    }
    print_message("%zu planted causes, %zu named\n", count, count - wrong);
    assert_int_equal(wrong, 0);
}

// Orders that arrived and were reflected, shops that work: nothing to say but that.
static void healthy_shops_raise_no_alarm(void **state)
{
    static const enum question questions[] = {QUESTION_SHOP, QUESTION_REFLECT};
    struct world *w =
        world_open(DB_SQLITE, &(struct world_options){.orders = 200, .automatic = true});
    size_t alarms = 0;
    pass(w, 3600000);
    for (int m = 0; m < 2; m++)
        for (size_t q = 0; q < 2; q++) {
            struct scene s = {.w = w, .mall = m ? YH : RK, .question = questions[q]};
            struct verdict v = ask(&s);
            if (v.headline < v.count || v.unknowns) {
                alarms++;
                describe(&v);
            }
        }
    for (int m = 0; m < 2; m++) {
        struct scene s = {.w = w, .mall = m ? YH : RK, .question = QUESTION_WRITEBACK};
        shipped(&s);
        pass(w, 600000);
        struct verdict v = ask(&s);
        if (v.headline < v.count) {
            alarms++;
            describe(&v);
        }
    }
    assert_int_equal(alarms, 0);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(planted_causes_are_named),
                                       cmocka_unit_test(healthy_shops_raise_no_alarm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
