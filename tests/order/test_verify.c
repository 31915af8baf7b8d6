// SPDX-License-Identifier: Apache-2.0
#include "world.h"

static void damage(struct world *w, const char *sqlite, const char *postgres, const char *finding)
{
    struct error e;
    char no[32];
    static int n;
    snprintf(no, sizeof no, "V-%d", ++n);
    assert_string_equal(world_verify(w), "");
    world_import(w, world_order(w, no, n));
    assert_true(world_ship(w, no, "yamato", "400123456784", 20261122, &e));
    test_database_exec(w->database, w->engine == DB_POSTGRES && postgres ? postgres : sqlite);
    const char *found = world_verify(w);
    if (!strstr(found, finding))
        print_error("%s: found '%s', not %s\n", sqlite, found, finding);
    assert_non_null(strstr(found, finding));
}

// Each damage in a world of its own: what is planted must be found.
#define DAMAGE(name, sqlite, postgres, finding) \
    static void name##_in(struct world *w)      \
    {                                           \
        damage(w, sqlite, postgres, finding);   \
    }                                           \
    static void name(void **state)              \
    {                                           \
        on_each_engine(name##_in);              \
    }

DAMAGE(count, "UPDATE order_count SET count = count + 1", NULL, "verify.count")
DAMAGE(count_missing, "DELETE FROM order_count", NULL, "verify.count")
DAMAGE(lines, "DELETE FROM order_line WHERE number = 2", NULL, "verify.children")
DAMAGE(packages, "DELETE FROM order_package", NULL, "verify.children")
DAMAGE(roll_up, "UPDATE \"order\" SET shipment_state = 0", NULL, "verify.roll_up")
DAMAGE(folder, "UPDATE \"order\" SET work_status_id = 5", NULL, "verify.status")
DAMAGE(open_mark, "UPDATE \"order\" SET open = 1", NULL, "verify.status")
DAMAGE(silent_move,
       "UPDATE \"order\" SET work_status_id = (SELECT id FROM work_status WHERE role = 'work'), "
       "open = 1",
       NULL, "verify.history_status")
DAMAGE(silent_state, "UPDATE \"order\" SET state = 6", NULL, "verify.history_state")
DAMAGE(history, "DELETE FROM order_event", NULL, "verify.no_history")
DAMAGE(beginning, "DELETE FROM order_event WHERE kind = 'created'", NULL, "verify.not_created")
DAMAGE(event_text, "UPDATE order_event SET after_json = '{' WHERE kind = 'moved'", NULL,
       "verify.event")
DAMAGE(search_row, "DELETE FROM order_search", NULL, "verify.search_missing")
DAMAGE(search_text, "UPDATE order_search SET folded = 'x'", NULL, "verify.search_text")
DAMAGE(search_terms, "DELETE FROM search_fresh", NULL, "verify.search_terms")
DAMAGE(obligation, "DELETE FROM writeback", NULL, "verify.not_told")
DAMAGE(obligation_owed, "UPDATE writeback SET owed = 0", NULL, "verify.owed")
DAMAGE(obligation_state, "UPDATE writeback SET state = 5", NULL, "verify.writeback_state")
DAMAGE(obligation_reason, "UPDATE writeback SET state = 1", NULL, "verify.no_reason")
DAMAGE(orphan, "DELETE FROM \"order\"", NULL, "verify.orphan")

static void clean_in(struct world *w)
{
    assert_string_equal(world_verify(w), "");
    for (int i = 0; i < 450; i++) {
        char no[32];
        snprintf(no, sizeof no, "K-%d", i);
        struct order *o = world_order(w, no, i);
        world_import(w, o);
    }
    assert_string_equal(world_verify(w), "");
}
static void a_sound_database_has_no_findings(void **state)
{
    on_each_engine(clean_in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_database_has_no_findings),
        cmocka_unit_test(count),
        cmocka_unit_test(count_missing),
        cmocka_unit_test(lines),
        cmocka_unit_test(packages),
        cmocka_unit_test(roll_up),
        cmocka_unit_test(folder),
        cmocka_unit_test(open_mark),
        cmocka_unit_test(silent_move),
        cmocka_unit_test(silent_state),
        cmocka_unit_test(history),
        cmocka_unit_test(beginning),
        cmocka_unit_test(event_text),
        cmocka_unit_test(search_row),
        cmocka_unit_test(search_text),
        cmocka_unit_test(search_terms),
        cmocka_unit_test(obligation),
        cmocka_unit_test(obligation_owed),
        cmocka_unit_test(obligation_state),
        cmocka_unit_test(obligation_reason),
        cmocka_unit_test(orphan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
