// SPDX-License-Identifier: Apache-2.0
//
// Values of settings as people paste them, and what an account says.
#include "base/memory.h"
#include "mall/mall.h"
#include "mall/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const struct setting_choice colours[] = {
    {"100", {"赤", "Red"}}, {"200", {"青", "Blue"}}, {"300", {"緑", "Green"}}};

static const struct mall_setting text = {
    .key = "t", .kind = SETTING_TEXT, .label = {"文", "Text"}, .maximum = 5};
static const struct mall_setting secret = {.key = "s",
                                           .kind = SETTING_SECRET,
                                           .label = {"鍵", "Key"},
                                           .required = true,
                                           .minimum = 2,
                                           .maximum = 10};
static const struct mall_setting pem = {
    .key = "p", .kind = SETTING_PEM, .label = {"公開鍵", "Public key"}};
static const struct mall_setting integer = {
    .key = "i", .kind = SETTING_INTEGER, .label = {"数", "Number"}, .minimum = 3, .maximum = 99};
static const struct mall_setting flag = {.key = "f", .kind = SETTING_FLAG, .label = {"旗", "Flag"}};
static const struct mall_setting date = {.key = "d", .kind = SETTING_DATE, .label = {"日", "Day"}};
static const struct mall_setting choice = {.key = "c",
                                           .kind = SETTING_CHOICE,
                                           .label = {"色", "Colour"},
                                           .choices = colours,
                                           .choice_count = 3};
static const struct mall_setting choices = {.key = "cs",
                                            .kind = SETTING_CHOICES,
                                            .label = {"色々", "Colours"},
                                            .required = true,
                                            .choices = colours,
                                            .choice_count = 3};
static const struct mall_setting url = {.key = "u", .kind = SETTING_URL, .label = {"URL", "URL"}};

static const struct {
    const struct mall_setting *setting;
    const char *value, *normalised; // NULL: refused with `code`
    const char *code;
} cases[] = {
    {&text, "  あいう　", "あいう", NULL},
    {&text, "", "", NULL},
    {&text, "abcdef", NULL, "setting.length"},
    {&text, "a\nb", NULL, "setting.control_character"},
    {&text, "\xff", NULL, "setting.not_utf8"},
    {&secret, " SP12\n", "SP12", NULL},
    {&secret, "ＳＰ１２", "SP12", NULL},
    {&secret, "\u200bSP12\u00a0", "SP12", NULL},
    {&secret, "SP 12", NULL, "setting.blank_inside"},
    {&secret, "SP\n12", NULL, "setting.control_character"},
    {&secret, "", NULL, "setting.required"},
    {&secret, "\u200b", NULL, "setting.length"},
    {&secret, "S", NULL, "setting.length"},
    {&pem, "-----BEGIN PUBLIC KEY-----\r\nAAA\r\n-----END PUBLIC KEY-----\r\n",
     "-----BEGIN PUBLIC KEY-----\nAAA\n-----END PUBLIC KEY-----\n", NULL},
    {&pem, "AAA", NULL, "setting.pem"},
    {&integer, "１０", "10", NULL},
    {&integer, "010", "10", NULL},
    {&integer, "2", NULL, "setting.out_of_range"},
    {&integer, "1.5", NULL, "setting.not_integer"},
    {&flag, "はい", "true", NULL},
    {&flag, "OFF", "false", NULL},
    {&flag, "2", NULL, "setting.not_flag"},
    {&date, "2026/11/3", "2026-11-03", NULL},
    {&date, "２０２６年１１月２３日", "2026-11-23", NULL},
    {&date, "2026-02-30", NULL, "setting.not_date"},
    {&choice, "青", "200", NULL},
    {&choice, "blue", "200", NULL},
    {&choice, "4", NULL, "setting.unknown_choice"},
    {&choices, "300, 100,100,", "100,300", NULL},
    {&choices, "緑，赤", "100,300", NULL},
    {&choices, ",", NULL, "setting.required"},
    {&choices, "100,x", NULL, "setting.unknown_choice"},
    {&url, "https://example.jp/", "https://example.jp", NULL},
    {&url, "http://127.0.0.1:9101", "http://127.0.0.1:9101", NULL},
    {&url, "ftp://example.jp", NULL, "setting.not_url"},
    {&url, "https://", NULL, "setting.not_url"},
    {&url, "https://user:pass@example.jp", NULL, "setting.not_url"},
    {&url, "https://exa mple.jp", NULL, "setting.not_url"},
};

static void values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AUTO_ARENA arena = arena_new(1 << 20);
        struct str out;
        struct error error = {0};
        bool ok = setting_check(arena, cases[i].setting, str_from(cases[i].value), &out, &error);
        if (ok != (cases[i].normalised != NULL) ||
            (ok && !str_eq(out, str_from(cases[i].normalised))) ||
            (!ok && strcmp(error.code, cases[i].code) != 0))
            fail_msg("case %zu (%s): %.*s %s", i, cases[i].value, STR_ARG(out), error.code);
        if (!ok) {
            assert_int_equal(error.class, ERROR_BAD_INPUT);
            assert_string_equal(error.subject, cases[i].setting->key);
        }
    }
}

static void secrets_stay_out_of_error_texts(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 16);
    struct str out;
    struct error error;
    (void)state;
    assert_false(setting_check(arena, &secret, STR("SL_SECRET_VALUE_TOO_LONG"), &out, &error));
    assert_null(strstr(error.what_ja, "SECRET"));
    assert_null(strstr(error.what_en, "SECRET"));
    assert_int_equal(out.n, 0);
}

static void lack_of_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint64_t n = 1;; n++) {
            AUTO_ARENA arena = arena_new(1 << 20);
            struct str out;
            struct error error = {0};
            memory_fail_at(n, 0);
            bool ok =
                setting_check(arena, cases[i].setting, str_from(cases[i].value), &out, &error);
            uint64_t made = memory_fail_at(0, 0);
            if (made < n) {
                assert_int_equal(ok, cases[i].normalised != NULL);
                break;
            }
            if (!ok)
                assert_true(error_is_set(&error));
            assert_true(n < 100);
        }
    }
}

static const struct mall_setting declared[] = {
    {.key = "level", .kind = SETTING_INTEGER, .default_value = "10"},
    {.key = "list", .kind = SETTING_CHOICES, .default_value = "100, 300"},
};
static const struct mall toy = {.id = "toy",
                                .default_base_url = "https://toy.example/",
                                .settings = declared,
                                .setting_count = 2};

static void an_account_knows_its_defaults(void **state)
{
    static const struct setting_value typed[] = {{{"level", 5}, {"7", 1}},
                                                 {{"on", 2}, {"true", 4}}};
    struct mall_account a = {.values = typed, .value_count = 2, .mall = &toy};
    (void)state;
    assert_int_equal(account_integer(&a, "level", 0), 7);
    assert_true(account_flag(&a, "on"));
    assert_false(account_flag(&a, "off"));
    assert_true(account_has_choice(&a, "list", STR("300")));
    assert_false(account_has_choice(&a, "list", STR("200")));
    assert_null(account_setting(&a, "nothing").p);
    a.value_count = 0;
    assert_int_equal(account_integer(&a, "level", 0), 10);
    assert_int_equal(account_integer(&a, "nothing", 5), 5);
}

static void toy_next(struct mall_op *op, time_ms now, struct mall_action *action)
{
    (void)now;
    (void)op;
    action->kind = MALL_WAIT;
}

static void operations_keep_their_outcome(void **state)
{
    struct mall_account account = {.shop_id = 4};
    struct error error, first, second;
    struct mall_action action;
    (void)state;
    struct mall_op *op = mall_op_new(sizeof *op, &toy, &account, NULL, &error);
    assert_non_null(op);
    op->next = toy_next;
    assert_true(str_eq(op->account.base_url, STR("https://toy.example")));
    mall_op_next(op, 0, &action);
    assert_int_equal(action.kind, MALL_WAIT);
    error_set(&first, ERROR_NETWORK, "first", "一", "one");
    error_set(&second, ERROR_NETWORK, "second", "二", "two");
    mall_op_fail(op, &first);
    mall_op_fail(op, &second);
    op->done = true;
    mall_op_next(op, 0, &action);
    assert_int_equal(action.kind, MALL_FAILED);
    assert_string_equal(action.error.code, "first");
    mall_op_free(op);
    assert_null(mall_op_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(secrets_stay_out_of_error_texts),
        cmocka_unit_test(lack_of_memory),
        cmocka_unit_test(an_account_knows_its_defaults),
        cmocka_unit_test(operations_keep_their_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
