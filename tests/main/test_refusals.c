// SPDX-License-Identifier: Apache-2.0
//
// Whatever is typed wrongly is refused with what, why and what to do, in Japanese and English, with
// the right exit code, and nothing else is said.
#include "terminal.h"

#include "base/buf.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static struct terminal t;

#define HINTLESS false

struct refusal {
    const char *words, *code;
    int exit;
    bool hint;
};

static void check_one(const struct refusal *r, const char *language, struct str *said_what)
{
    struct said said = run(&t, arena_printf(t.arena, "%s --lang %s", r->words, language).p);
    struct str err = said.err;
    if (said.code != r->exit)
        fail_msg("juchu %s: exit %d\n%.*s%.*s", r->words, said.code, STR_ARG(said.out),
                 STR_ARG(err));
    struct str code = arena_printf(t.arena, "[%s]", r->code);
    if (!str_starts(err, STR("juchu: ")) || str_find(err, code) < 0)
        fail_msg("juchu %s: %s expected, got\n%.*s", r->words, r->code, STR_ARG(err));
    if (r->hint && str_find(err, STR("\n  → ")) < 0)
        fail_msg("juchu %s: nothing says what to do\n%.*s", r->words, STR_ARG(err));
    if (str_find(err, STR("{\"time\"")) >= 0 || said.out.n > 0)
        fail_msg("juchu %s: noise\n%.*s%.*s", r->words, STR_ARG(said.out), STR_ARG(err));
    *said_what = err;
}

static bool has_japanese(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] == 0xe3) // kana and punctuation
            return true;
    return false;
}

static void check(const struct refusal *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str ja, en;
        check_one(&list[i], "ja", &ja);
        check_one(&list[i], "en", &en);
        if (!has_japanese(ja) || has_japanese(en))
            fail_msg("juchu %s: wrong language\n%.*s%.*s", list[i].words, STR_ARG(ja), STR_ARG(en));
    }
}

#define CHECK(list) check((list), sizeof(list) / sizeof((list)[0]))

static void what_is_no_command(void **state)
{
    static const struct refusal list[] = {
        {"frobnicate", "usage.command_unknown", 2, true},
        {"order", "usage.command_incomplete", 2, true},
        {"order frobnicate", "usage.command_unknown", 2, true},
        {"fetch", "usage.words", 2, true},
        {"order list surplus --data %/D", "usage.words", 2, true},
        {"order list --frob --data %/D", "usage.option_unknown", 2, true},
        {"order list --limit --data %/D", "usage.value_missing", 2, true},
        {"verify --json=1 --data %/D", "usage.value_unexpected", 2, true},
        {"verify", "usage.no_database", 2, true},
        {"verify --data", "usage.value_missing", 2, true},
        {"verify --data ''", "usage.value_missing", 2, HINTLESS},
        {"verify --data %/D --db sqlite:x", "usage.two_databases", 2, HINTLESS},
        {"verify --data %/D --log-level noise", "usage.log_level", 2, HINTLESS},
        {"verify --data /proc/nowhere", "data.directory", 1, true},
        {"verify --data /dev/null", "data.directory", 1, true},
        {"verify --db foo://bar --key-file %/key", "db.url", 1, true},
        {"verify --db postgresql://127.0.0.1:1/none --key-file %/key", "db.connection_refused", 1,
         true},
        {"verify --data %/D --org nobody", "org.not_found", 1, true},
    };
    (void)state;
    CHECK(list);
    struct said said = run(&t, "verify --lang xx --data %/D");
    assert_int_equal(said.code, 2);
    assert_true(str_find(said.err, STR("[usage.lang]")) >= 0);
    assert_int_equal(run(&t, "").code, 2);
    assert_int_equal(run(&t, "help").code, 0);
}

static void help_names_every_command_in_both_languages(void **state)
{
    (void)state;
    struct said ja = run(&t, "help --lang ja"), en = run(&t, "help --lang en");
    assert_true(has_japanese(ja.out));
    assert_false(has_japanese(en.out));
    assert_true(str_find(en.out, STR("juchu order ship ORDER_NO")) > 0);
    assert_true(str_eq(run(&t, "help en").out, en.out));
    struct said one = run(&t, "order ship --help --lang en");
    assert_int_equal(one.code, 0);
    assert_true(str_find(one.out, STR("--tracking")) > 0);
    assert_true(str_find(one.out, STR("juchu fetch")) < 0);
}

static void wrong_words_about_shops(void **state)
{
#define ADD "shop add --data %/D --mall rakuten --name x "
    static const struct refusal list[] = {
        {"shop add --data %/D", "usage.words", 2, true},
        {"shop add --data %/D --mall frob --name x", "mall.unknown", 1, true},
        {"shop add --data %/D --mall rakuten --name x", "setting.required", 1, true},
        {ADD "--set license_key", "usage.set", 2, true},
        {ADD "--set frob=1", "setting.unknown", 1, true},
        {ADD "--set service_secret=S", "setting.length", 1, true},
        {ADD "--demo-keys --set fetch_statuses=12345", "setting.unknown_choice", 1, true},
        {ADD "--demo-keys --set fetch_interval_minutes=9999999999", "setting.out_of_range", 1,
         HINTLESS},
        {ADD "--demo-keys --set fetch_days=abc", "setting.not_integer", 1, true},
        {ADD "--demo-keys --base-url nowhere", "shop.base_url", 1, true},
        {ADD "--set license_key=@/nonexistent", "setting.file", 1, true},
        {"shop set main --data %/D", "usage.words", 2, true},
        {"shop set nobody --set fetch_days=3 --data %/D", "shop.not_found", 1, true},
        {"shop test nobody --data %/D", "shop.not_found", 1, true},
        {"shop settings nobody --data %/D", "shop.not_found", 1, true},
        {"shop add --data %/D --mall rakuten --name main --demo-keys", "shop.name_taken", 1, true},
    };
    (void)state;
    CHECK(list);
    // A key typed in the wrong place isn't shown.
    struct said said = run(&t, ADD "--set SL_0123456789abcdef");
    assert_int_equal(said.code, 2);
    assert_true(str_find(said.err, STR("SL_0123456789abcdef")) < 0);
}

static void wrong_words_about_orders(void **state)
{
    static const struct refusal list[] = {
        {"fetch nobody --data %/D", "shop.not_found", 1, true},
        {"fetch main --from 2026-13-45 --data %/D", "usage.date", 2, true},
        {"fetch main --from '' --data %/D", "usage.date", 2, true},
        {"fetch main --from 2099-01-01 --data %/D", "usage.future", 2, true},
        {"fetch main --from 2026-02-02 --to 2026-01-01 --data %/D", "fetch.range_reversed", 1,
         true},
        {"fetch main --status 999 --data %/D", "fetch.status_unknown", 1, true},
        {"fetch main --order '' --data %/D", "usage.order", 2, HINTLESS},
        {"order list --status nothing --data %/D", "status.not_found", 1, HINTLESS},
        {"order list --shop nobody --data %/D", "shop.not_found", 1, true},
        {"order list --limit 99999999999999999999 --data %/D", "usage.limit", 2, HINTLESS},
        {"order list --mark nothing --data %/D", "usage.mark", 2, true},
        {"order list --cursor nothing --data %/D", "order.cursor_foreign", 1, true},
        {"order show X-1 --data %/D", "order.not_found", 1, true},
        {"order ship X-1 --data %/D", "usage.words", 2, true},
        {"order ship X-1 --tracking 1 --data %/D", "order.not_found", 1, true},
        {"order ship X-1 --carrier pigeon --tracking 1 --data %/D", "ship.carrier", 1, true},
        {"order ship X-1 --date 2026-02-30 --data %/D", "usage.date", 2, true},
        {"order ship X-1 --date today --package many --data %/D", "usage.words", 2, true},
        {"order move X-1 --data %/D", "usage.words", 2, true},
        {"order accept X-1 --data %/D", "order.not_found", 1, true},
        {"push --shop nobody --data %/D", "shop.not_found", 1, true},
        {"link set --mall rakuten --status nothing --enabled true --data %/D", "status.not_found",
         1, HINTLESS},
        {"link set --mall frob --status x --enabled true --data %/D", "mall.unknown", 1, true},
        {"link set --mall rakuten --status x --enabled perhaps --data %/D", "usage.words", 2, true},
        {"user add bob --password short --data %/D", "password_weak", 1, true},
        {"user password nobody --password long-enough-0123 --data %/D", "user.not_found", 1, true},
        {"token add --data %/D", "usage.words", 2, true},
        {"token add --name x --days 0 --data %/D", "usage.words", 2, true},
        {"token add --name x --scopes frob --data %/D", "token.scope", 1, true},
        {"token add --name x --role viewer --scopes orders:write --data %/D", "token.role", 1,
         true},
        {"backup /nonexistent/x --data %/D", "db.cannot_open", 1, true},
        {"serve --port 70000 --data %/D", "usage.port", 2, HINTLESS},
        {"serve --role frob --data %/D", "usage.role", 2, HINTLESS},
        {"serve --threads 0 --data %/D", "usage.threads", 2, HINTLESS},
        {"serve --ui-dir /nonexistent --data %/D", "usage.ui_dir", 2, HINTLESS},
        {"demo --rate many", "usage.number", 2, HINTLESS},
    };
    (void)state;
    CHECK(list);
}

static void wrong_files(void **state)
{
    static const struct refusal list[] = {
        {"import --data %/D --shop main", "usage.words", 2, true},
        {"import %/none.csv --data %/D", "usage.words", 2, true},
        {"import %/none.csv --data %/D --shop main", "import.file", 1, true},
        {"import % --data %/D --shop main", "import.file", 1, true},
        {"import %/empty.csv --data %/D --shop main", "file.empty", 1, HINTLESS},
        {"import %/noise.csv --data %/D --shop main", "text.unknown_encoding", 1, true},
        {"import %/items.csv --data %/D --shop yahoo", "file.second_alone", 1, true},
    };
    (void)state;
    write_file(&t, "empty.csv", STR(""));
    write_file(&t, "noise.csv", STR("\xff\xfe\xfd\x80\x81\xff\n\xfe\xfe"));
    write_file(&t, "items.csv", STR("OrderId,LineId,ItemId,Title\r\n1,1,a,b\r\n"));
    CHECK(list);
    // The names of files and their columns are Japanese in every language.
    struct said said = run(&t, "import %/items.csv --data %/D --shop main --lang en");
    assert_int_equal(said.code, 1);
    assert_true(str_find(said.err, STR("[file.other_mall]")) > 0);
}

static void as_json_too(void **state)
{
    (void)state;
    static const char *const words[] = {"frobnicate --json", "fetch --json",
                                        "order show X-1 --data %/D --json"};
    for (size_t i = 0; i < 3; i++) {
        struct json error = json_get(run_json(&t, words[i], i == 2 ? 1 : 2), "error");
        assert_true(json_str(json_get(error, "code")).n > 0);
        assert_true(json_str(json_get(error, "what_ja")).n > 0);
        assert_true(json_str(json_get(error, "what_en")).n > 0);
        assert_true(json_str(json_get(error, "hint_ja")).n > 0);
        assert_true(json_str(json_get(error, "hint_en")).n > 0);
    }
}

// A key that doesn't fit would spoil what is stored next: nothing runs with it.
static void the_key_file(void **state)
{
    (void)state;
    char lost[128], kept[128];
    snprintf(lost, sizeof lost, "%s/D/master.key", t.directory);
    snprintf(kept, sizeof kept, "%s/kept.key", t.directory);
    write_file(&t, "wrong.key", STR("0123456789abcdef0123456789abcdef"));
    write_file(&t, "short.key", STR("0123"));
    static const struct refusal list[] = {
        {"shop list --data %/D --key-file %/wrong.key", "credential.wrong_key", 1, true},
        {"shop list --data %/D --key-file %/short.key", "crypto.key_file_size", 1, true},
        {"shop list --data %/D --key-file /nonexistent/key", "crypto.key_file", 1, true},
    };
    CHECK(list);
    static const struct refusal missing[] = {
        {"shop list --data %/D", "credential.key_missing", 1, true}};
    assert_int_equal(rename(lost, kept), 0);
    CHECK(missing);
    assert_int_not_equal(access(lost, F_OK), 0); // nothing in its place
    assert_int_equal(rename(kept, lost), 0);
    static const struct refusal open_to_all[] = {
        {"shop list --data %/D", "crypto.key_file_mode", 1, true}};
    assert_int_equal(chmod(lost, 0644), 0);
    CHECK(open_to_all);
    assert_int_equal(chmod(lost, 0600), 0);
    assert_int_equal(run(&t, "shop list --data %/D").code, 0);
}

static void one_server_per_folder_and_port(void **state)
{
    (void)state;
    char line[256];
    pid_t server = start(&t, "serve --data %/D --port 0", line, sizeof line);
    const char *colon = strrchr(line, ':');
    assert_non_null(colon);
    static const struct refusal second[] = {{"serve --data %/D --port 0", "data.in_use", 1, true}};
    CHECK(second);
    char words[128];
    snprintf(words, sizeof words, "serve --data %%/E --port %ld", strtol(colon + 1, NULL, 10));
    const struct refusal taken[] = {{words, "server.listen_failed", 1, true}};
    CHECK(taken);
    assert_int_equal(run(&t, "order list --data %/D").code, 0); // beside a server: yes
    assert_int_equal(stop(server, SIGTERM), 0);
    server = start(&t, "serve --data %/D --port 0", line, sizeof line);
    assert_true(str_starts(str_from(line), STR("url http://127.0.0.1:")));
    stop(server, SIGKILL);
    server = start(&t, "serve --data %/D --port 0", line, sizeof line);
    assert_true(str_starts(str_from(line), STR("url http://127.0.0.1:")));
    assert_int_equal(stop(server, SIGTERM), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_command),
        cmocka_unit_test(help_names_every_command_in_both_languages),
        cmocka_unit_test(wrong_words_about_shops),
        cmocka_unit_test(wrong_words_about_orders),
        cmocka_unit_test(wrong_files),
        cmocka_unit_test(as_json_too),
        cmocka_unit_test(the_key_file),
        cmocka_unit_test(one_server_per_folder_and_port),
    };
    if (argc < 3)
        return 2;
    terminal_open(&t, argv);
    // Nothing listens there, and nothing is to be fetched.
    struct said main_shop = run(&t, "shop add --data %/D --mall rakuten --name main --base-url "
                                    "http://127.0.0.1:1 --demo-keys --set auto_fetch=false");
    struct said yahoo = run(&t, "shop add --data %/D --mall yahoo --name yahoo --base-url "
                                "http://127.0.0.1:1 --demo-keys --set auto_fetch=false");
    if (main_shop.code != 0 || yahoo.code != 0)
        return 3;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    terminal_close(&t);
    return failed;
}
