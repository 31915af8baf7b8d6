// SPDX-License-Identifier: Apache-2.0
// Errors as values.
#include "check.h"

static void fills_everything(void **state)
{
    struct error e;
    memset(&e, 0xff, sizeof e);
    assert_false(error_set(&e, ERROR_CONFLICT, "order.version_conflict", "注文%sは%d回目の変更です",
                           "Order %s was changed %d times", "A-1", 3));
    CHECK_ERROR(&e, ERROR_CONFLICT, "order.version_conflict");
    assert_string_equal(e.what_ja, "注文A-1は3回目の変更です");
    assert_string_equal(e.what_en, "Order A-1 was changed 3 times");
    assert_string_equal(e.subject, "");
    assert_string_equal(e.peer_text, "");
    assert_int_equal(e.http_status, 0);
    assert_int_equal(e.retry_after_ms, 0);
    assert_true(error_is_set(&e));
    assert_false(error_hint(&e, "読み直してください", "Reload"));
    assert_false(error_subject(&e, "order %d", 7));
    assert_false(error_peer(&e, 409, STR("E1"), STR("already\0changed")));
    assert_string_equal(e.hint_en, "Reload");
    assert_string_equal(e.subject, "order 7");
    assert_string_equal(e.peer_code, "E1");
    assert_string_equal(e.peer_text, "already?changed");
    assert_int_equal(e.http_status, 409);
    error_clear(&e);
    assert_false(error_is_set(&e));
}

static void cuts_at_characters(void **state)
{
    struct error e;
    char text[2000];
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "受", 3);
    text[1998] = '\0';
    error_set(&e, ERROR_INTERNAL, "x.y", "a%s", "%s", text);
    assert_true(str_is_utf8(str_from(e.what_ja)));
    assert_true(str_is_utf8(str_from(e.what_en)));
    assert_int_equal(strlen(e.what_ja), 319);
    error_subject(&e, "%s", text);
    assert_true(str_is_utf8(str_from(e.subject)));
    error_peer(&e, 500, str_from(text), str_make(text, 400));
    assert_true(str_is_utf8(str_from(e.peer_code)));
    error_peer(&e, 500, STR("\xff\xfe"), STR("\x83\x65 broken"));
    assert_true(str_is_utf8(str_from(e.peer_text)));
    assert_string_equal(e.peer_text, "?e broken");
}

static void may_quote_itself(void **state)
{
    struct error e;
    error_set(&e, ERROR_STORAGE, "a.b", "内側", "inner");
    error_set(&e, ERROR_STORAGE, "c.d", "外側: %s", "outer: %s", e.what_en);
    assert_string_equal(e.what_en, "outer: inner");
}

static void names_every_class(void **state)
{
    for (int i = 0; i < ERROR_CLASS_COUNT; i++) {
        const char *name = error_class_name((enum error_class)i);
        assert_non_null(name);
        assert_int_equal(error_class_from_name(str_from(name)), i);
    }
    assert_string_equal(error_class_name((enum error_class)999), "internal");
    assert_string_equal(error_class_name(ERROR_AUTH_EXPIRED), "auth_expired");
    assert_string_equal(error_class_name(ERROR_QUOTA_USED_UP), "quota_used_up");
    assert_int_equal(error_class_from_name(STR("nothing")), ERROR_NONE);
    assert_true(error_is_transient(ERROR_MAINTENANCE));
    assert_true(error_is_transient(ERROR_NETWORK));
    // A write whose outcome is unknown is never simply repeated.
    assert_false(error_is_transient(ERROR_AMBIGUOUS));
    assert_false(error_is_transient(ERROR_AUTH_EXPIRED));
}

static void reports_lack_of_memory(void **state)
{
    struct error e;
    memory_fail_at(1, 1);
    assert_false(error_no_memory(&e));
    memory_fail_at(0, 0);
    CHECK_ERROR(&e, ERROR_NO_MEMORY, "memory.exhausted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_everything),       cmocka_unit_test(cuts_at_characters),
        cmocka_unit_test(may_quote_itself),       cmocka_unit_test(names_every_class),
        cmocka_unit_test(reports_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
