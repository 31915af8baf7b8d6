// SPDX-License-Identifier: Apache-2.0
//
// The engine that judges evidence: order of checks, headline, unknowns, wording.
#include "diagnosis/rule.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define NOW "1795500000000"
#define SHOP                                                                                   \
    "\"shop\":{\"id\":\"1\",\"name\":\"楽天 本店\",\"mall\":\"rakuten\",\"enabled\":true," \
    "\"settings\":{\"auto_fetch\":\"true\",\"fetch_statuses\":\"100,200,300\"}}"
#define CALM                                                                                 \
    "\"links\":[],\"runs\":[],\"credentials\":[],\"setting_changes\":[],\"other_shops\":[]," \
    "\"quarantine\":null,\"schedule\":"                                                      \
    "{\"serving_at\":" NOW ",\"next_fetch_at\":1795500600000},\"coverage\":{\"gaps\":[]}"
#define ASKED "\"asked\":{\"number\":\"330248-20261122-0000000009\",\"mall\":\"rakuten\"}"

static struct verdict judge(struct arena *arena, const char *rest)
{
    struct verdict v;
    struct error error;
    struct str text = arena_printf(arena, "{\"now\":" NOW ",\"question\":\"order\",%s}", rest);
    if (!diagnosis_judge(text, arena, &v, &error))
        fail_msg("%s", error.what_en);
    return v;
}

static const struct check_line *line_of(const struct verdict *v, const char *id)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->lines[i].rule->id, id) == 0)
            return &v->lines[i];
    return NULL;
}

static const char *headline(const struct verdict *v)
{
    return v->headline < v->count ? v->lines[v->headline].rule->id : "";
}

static void the_first_failed_check_is_the_headline(void **state)
{
    struct arena *arena = arena_new(1u << 22);
    // Shipped at the mall before it was fetched, and automatic fetching is off as well: the earlier
    // in the order of checks is told first, the other follows.
    struct verdict v =
        judge(arena, ASKED
              "," CALM ",\"order\":null,\"shop\":{\"name\":\"楽天 本店\",\"mall\":\"rakuten\","
              "\"enabled\":true,\"settings\":{\"auto_fetch\":\"false\",\"fetch_statuses\":"
              "\"100,300\"}},\"listing\":{\"status_choice\":\"500\"},\"probe\":{\"state\":"
              "\"found\",\"order\":{\"status_choice\":\"500\"}}");
    assert_string_equal(headline(&v), "D-007");
    assert_int_equal(line_of(&v, "D-040")->outcome, OUTCOME_FAILED);
    assert_true(str_eq(
        line_of(&v, "D-040")->message_ja,
        STR("RMSのステータスは「発送済」ですが、取得設定は「注文確認待ち・発送待ち」です。")));
    for (size_t i = 0; i < v.count; i++) {
        assert_true(str_find(v.lines[i].message_ja, STR("{")) < 0);
        assert_true(str_find(v.lines[i].message_en, STR("{")) < 0);
    }
    arena_free(arena);
}

static void unknowns_are_named_and_never_taken_for_health(void **state)
{
    struct arena *arena = arena_new(1u << 22);
    struct str ja, en;
    struct verdict v = judge(arena, ASKED "," CALM "," SHOP ",\"order\":null");
    assert_int_equal(v.headline, v.count);
    assert_int_equal(line_of(&v, "D-040")->outcome, OUTCOME_UNKNOWN);
    verdict_text(&v, arena, &ja, &en);
    assert_true(str_eq(ja, STR("モールへの照会を確認できなかったため、断定できません。")));
    v = judge(arena,
              ASKED "," CALM "," SHOP ",\"order\":null,\"probe\":{\"state\":\"found\",\"order\":{"
                    "\"status_choice\":\"300\"}}");
    assert_int_equal(v.unknowns, 0);
    assert_string_equal(headline(&v), "D-002"); // nothing is wrong: it can be had now
    arena_free(arena);
}

static void rules_are_well_formed(void **state)
{
    const struct rule *all[400];
    size_t count = rules_copy(all, 400);
    assert_in_range(count, 1, 400);
    for (size_t i = 0; i < count; i++) {
        const struct rule *r = all[i];
        assert_true(r->questions && r->title.ja && r->title.en && r->message.ja && r->message.en);
        assert_non_null(r->check);
        assert_true(!r->mall || mall_by_id(str_from(r->mall)));
        for (size_t k = 0; k < i; k++)
            if (strcmp(all[k]->id, r->id) == 0)
                fail_msg("%s stands twice", r->id);
        assert_ptr_equal(rule_by_id(str_from(r->id)), r);
    }
}

static void verdicts_are_written(void **state)
{
    struct arena *arena = arena_new(1u << 22);
    AUTO_BUF out = buf_make(1u << 20);
    struct json_writer w = json_writer_make(&out);
    struct json root, v;
    struct error error;
    struct verdict verdict =
        judge(arena, ASKED
              "," CALM "," SHOP ",\"order\":{\"id\":\"77\",\"order_no\":\"330248\",\"fetched_at\":"
              "1795490000000,\"work_status\":{\"name\":\"処理済\",\"name_en\":\"Done\"}}");
    verdict_to_json(&verdict, &w);
    assert_true(json_parse(arena, buf_str(&out), false, &root, &error));
    assert_true(str_eq(json_str(json_get(root, "headline")), STR("D-001")));
    struct json_iter i = json_iterate(json_get(root, "actions"));
    assert_true(json_next(&i, &v));
    assert_true(str_eq(json_str(json_get(v, "kind")), STR("open_order")));
    assert_true(str_eq(json_str(json_get(json_get(v, "parameters"), "order")), STR("77")));
    arena_free(arena);
}

static void lack_of_memory_is_an_error(void **state)
{
    for (uint64_t n = 1;; n++) {
        struct arena *arena = arena_new(1u << 22);
        struct verdict v;
        struct error error;
        memory_fail_at(n, 0);
        bool done = diagnosis_judge(STR("{\"now\":" NOW ",\"question\":\"order\"," ASKED "," CALM
                                        "," SHOP ",\"order\":null}"),
                                    arena, &v, &error);
        memory_fail_at(0, 0);
        arena_free(arena);
        if (done)
            break;
        assert_int_equal(error.class, ERROR_NO_MEMORY);
        assert_true(n < 1000);
    }
}

static void bad_evidence_is_refused(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct verdict v;
    struct error error;
    assert_false(diagnosis_judge(STR("{"), arena, &v, &error));
    assert_int_equal(error.class, ERROR_MALFORMED);
    assert_false(diagnosis_judge(STR("{\"now\":1,\"question\":\"why\"}"), arena, &v, &error));
    assert_int_equal(error.class, ERROR_MALFORMED);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_failed_check_is_the_headline),
        cmocka_unit_test(unknowns_are_named_and_never_taken_for_health),
        cmocka_unit_test(rules_are_well_formed),
        cmocka_unit_test(verdicts_are_written),
        cmocka_unit_test(lack_of_memory_is_an_error),
        cmocka_unit_test(bad_evidence_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
