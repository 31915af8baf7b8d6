// SPDX-License-Identifier: Apache-2.0
//
// Evidence from a real database with simulated malls behind it, on both engines, and the verdicts
// that it leads to.
#include "sync/world.h"

#include "diagnosis/ask.h"
#include "diagnosis/rule.h"

static struct str gather(struct world *w, enum question question, enum sim_mall mall,
                         struct str order_no)
{
    struct error error;
    struct diagnosis_question q = {.question = question,
                                   .org_id = w->org_id,
                                   .shop_id = world_shop(w, mall),
                                   .order_no = order_no};
    AUTO_BUF out = buf_make(16u << 20);
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_non_null(conn);
    if (!evidence_gather(conn, &w->key, &q, w->now, w->arena, &out, &error))
        fail_msg("%s", error.what_en);
    db_release(w->database->db, conn);
    return str_dup(w->arena, buf_str(&out));
}

static struct json at(struct world *w, struct str evidence, const char *path)
{
    struct error error;
    struct rule_run run = {0};
    assert_true(json_parse(w->arena, evidence, false, &run.evidence, &error));
    return evidence_at(&run, path);
}

static const char *headline(struct world *w, struct str evidence)
{
    struct verdict v;
    struct error error;
    assert_true(diagnosis_judge(evidence, w->arena, &v, &error));
    return v.headline < v.count ? v.lines[v.headline].rule->id : "";
}

static void what_is_here(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 20});
    struct str no = world_place_ready(w, SIM_RAKUTEN);
    world_fetch(w, SIM_RAKUTEN);
    // As people type it: full width, blanks, a long vowel mark for a hyphen.
    AUTO_BUF typed = buf_make(400);
    buf_add(&typed, STR("　"));
    for (size_t i = 0; i < no.n; i++)
        if (no.p[i] == '-')
            buf_add(&typed, STR("ー"));
        else
            buf_addf(&typed, "\xef\xbc%c", 0x90 + (no.p[i] - '0'));
    struct str evidence = gather(w, QUESTION_ORDER, SIM_RAKUTEN, buf_str(&typed));
    assert_true(str_eq(json_str(at(w, evidence, "asked.number")), no));
    assert_true(str_eq(json_str(at(w, evidence, "order.order_no")), no));
    assert_true(str_eq(json_str(at(w, evidence, "order.status_choice")), STR("300")));
    assert_true(str_eq(json_str(at(w, evidence, "listing.decision")), STR("imported")));
    assert_string_equal(headline(w, evidence), "D-001");
    // No secret and no personal data.
    assert_true(str_find(evidence, STR("SL_")) < 0);
    struct order o;
    struct error error;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(
        order_read(conn, w->org_id, world_order_id(w, SIM_RAKUTEN, no), w->arena, &o, &error));
    db_release(w->database->db, conn);
    assert_true(str_find(evidence, o.orderer.name) < 0);
    assert_true(str_find(evidence, o.orderer.phone) < 0);
    world_close(w);
}

static void what_is_not(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){.orders = 20});
    world_fetch(w, SIM_RAKUTEN);
    struct str evidence = gather(w, QUESTION_ORDER, SIM_RAKUTEN, STR("999001-20200101-0000000001"));
    assert_true(json_type(at(w, evidence, "order")) == JSON_NULL);
    assert_true(json_type(at(w, evidence, "listing")) == JSON_NULL);
    assert_string_equal(headline(w, evidence), "");
    world_set(w, SIM_RAKUTEN, "auto_fetch", "false", NULL);
    evidence = gather(w, QUESTION_ORDER, SIM_RAKUTEN, STR("999001-20200101-0000000001"));
    assert_string_equal(headline(w, evidence), "D-007");
    evidence = gather(w, QUESTION_SHOP, SIM_RAKUTEN, STR(""));
    assert_string_equal(headline(w, evidence), "D-007");
    assert_true(json_count(at(w, evidence, "runs")) > 0);
    assert_true(json_count(at(w, evidence, "credentials")) > 0);
    world_close(w);
}

static void what_is_owed(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    struct str no = world_place_ready(w, SIM_YAHOO);
    world_fetch(w, SIM_YAHOO);
    world_settle(w, 1);
    world_set(w, SIM_YAHOO, "auto_push", "false", NULL);
    assert_int_equal(world_ship_ready(w, SIM_YAHOO, 1), 1);
    struct str evidence = gather(w, QUESTION_WRITEBACK, SIM_YAHOO, no);
    assert_true(json_true(at(w, evidence, "writeback.owed")));
    assert_true(json_exists(at(w, evidence, "preflight.ok")));
    assert_int_equal(json_count(at(w, evidence, "owed")), 1);
    world_close(w);
}

static void turn(void *context)
{
    node_turn(context);
}

static struct verdict ask(struct world *w, enum sim_mall mall, struct str order_no, row_id *id,
                          struct str *evidence)
{
    struct error error;
    struct verdict v;
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
    struct diagnosis_question q = {.question = QUESTION_ORDER,
                                   .org_id = w->org_id,
                                   .shop_id = world_shop(w, mall),
                                   .order_no = order_no};
    AUTO_BUF out = buf_make(16u << 20);
    if (!diagnosis_ask(&asker, &q, w->arena, &out, &v, id, &error))
        fail_msg("%s", error.what_en);
    *evidence = str_dup(w->arena, buf_str(&out));
    return v;
}

// The mall is asked about one order; what it says decides, is kept, and can be judged again later.
static void the_mall_is_asked(void **state)
{
    struct world *w = world_open(world_engine(state), &(struct world_options){0});
    row_id id;
    struct str evidence;
    struct error error;
    struct kept_diagnosis kept, *list;
    size_t count;
    world_set(w, SIM_RAKUTEN, "fetch_statuses", "100,200", NULL);
    world_fetch(w, SIM_RAKUTEN);
    struct str no = world_place_ready(w, SIM_RAKUTEN); // 300
    struct verdict v = ask(w, SIM_RAKUTEN, no, &id, &evidence);
    assert_true(str_eq(json_str(at(w, evidence, "probe.state")), STR("found")));
    assert_true(v.headline < v.count);
    assert_string_equal(v.lines[v.headline].rule->id, "D-040");
    assert_int_equal(v.unknowns, 0);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM \"order\""), 0); // only looked at
    struct db_conn *conn = db_acquire(w->database->db, &error);
    assert_true(diagnosis_read(conn, w->org_id, id, w->arena, &kept, &error));
    assert_true(str_eq(kept.headline, STR("D-040")));
    assert_true(diagnosis_judge(kept.evidence, w->arena, &v, &error));
    assert_string_equal(v.lines[v.headline].rule->id, "D-040");
    assert_true(diagnosis_list(conn, w->org_id, 0, 10, w->arena, &list, &count, &error));
    assert_int_equal(count, 1);
    assert_false(diagnosis_read(conn, w->org_id, 1, w->arena, &kept, &error));
    assert_int_equal(error.class, ERROR_NOT_FOUND);
    db_release(w->database->db, conn);
    // A number that the mall doesn't have, and a mall that doesn't answer: said as they are.
    ask(w, SIM_RAKUTEN, STR("999001-20200101-0000000001"), &id, &evidence);
    assert_true(str_eq(json_str(at(w, evidence, "probe.state")), STR("missing")));
    sim_fault_add(
        w->sim, &(struct sim_fault){.kind = SIM_FAULT_STATUS, .mall = SIM_RAKUTEN, .status = 503});
    v = ask(w, SIM_RAKUTEN, no, &id, &evidence);
    assert_true(str_eq(json_str(at(w, evidence, "probe.state")), STR("failed")));
    assert_true(v.unknowns > 0);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(what_is_here), ON_BOTH(what_is_not),
                                       ON_BOTH(what_is_owed), ON_BOTH(the_mall_is_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
