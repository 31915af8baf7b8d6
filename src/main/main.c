// SPDX-License-Identifier: Apache-2.0
//
// The command line: finds the command, checks its words and options, runs it. Exit codes: 0 done, 1
// refused with a message, 2 usage, 3 partly done.
#include "main/app.h"
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#define VERSION "0.1.0"

static void print_usage(const struct command *c, bool english)
{
    printf("  juchu %s%s%s\n      %s\n", c->name, *c->usage ? " " : "", c->usage,
           english ? c->help_en : c->help_ja);
}

static void print_common(bool english)
{
    printf("\n%s\n",
           english
               ? "Every command takes --data DIRECTORY (SQLite) or --db postgresql://…, "
                 "--key-file FILE, --json, --lang ja|en, --org COMPANY, --log-level "
                 "debug|info|warning|error; fetch, push and serve also --no-pacing and "
                 "--settle-seconds N (for tests).\n"
                 "Environment: JUCHU_DATA, JUCHU_DB, JUCHU_KEY_FILE, JUCHU_LANG, JUCHU_PASSWORD, "
                 "JUCHU_CA_FILE, JUCHU_HTTPS.\n"
                 "Exit codes: 0 done, 1 refused, 2 usage, 3 partly done."
               : "共通: --data フォルダー (SQLite) または --db postgresql://…、--key-file "
                 "ファイル、--json、--lang ja|en、--org 会社、--log-level "
                 "debug|info|warning|error。fetch・push・serve には --no-pacing と "
                 "--settle-seconds N もあります(試験用)。\n"
                 "環境変数: JUCHU_DATA、JUCHU_DB、JUCHU_KEY_FILE、JUCHU_LANG、JUCHU_PASSWORD、"
                 "JUCHU_CA_FILE、JUCHU_HTTPS。\n"
                 "終了コード: 0 完了、1 拒否、2 使い方の誤り、3 一部完了。");
}

// The commands whose name is `word` or begins with it; all of them when it is NULL. False if none.
static bool print_help(const char *word, const char *second, bool english)
{
    bool any = false;
    char wanted[128];
    snprintf(wanted, sizeof wanted, "%s%s%s", word ? word : "", second ? " " : "",
             second ? second : "");
    size_t n = strlen(wanted);
    for (const struct command *c = commands; c->name; c++) {
        if (n > 0 && (strncmp(c->name, wanted, n) != 0 || (c->name[n] != 0 && c->name[n] != ' ')))
            continue;
        if (!any && n == 0)
            printf("Juchu %s — %s\n\n", VERSION,
                   english ? "order management for Japanese online shops"
                           : "ネットショップの受注管理");
        print_usage(c, english);
        any = true;
    }
    if (any)
        print_common(english);
    return any;
}

static const struct command *find_command(int argc, char **argv, int *words)
{
    for (const struct command *c = commands; c->name; c++) {
        char two[128];
        bool has_blank = strchr(c->name, ' ') != NULL;
        if (has_blank && argc > 2)
            snprintf(two, sizeof two, "%s %s", argv[1], argv[2]);
        else
            snprintf(two, sizeof two, "%s", argv[1]);
        if (strcmp(c->name, two) == 0) {
            *words = has_blank ? 2 : 1;
            return c;
        }
    }
    return NULL;
}

static int command_unknown(const struct app *app, const char *word, const char *second)
{
    struct error error;
    AUTO_BUF known = buf_make(200);
    word = word ? word : "";
    size_t n = strlen(word);
    for (const struct command *c = commands; c->name; c++) {
        if (strncmp(c->name, word, n) == 0 && c->name[n] == ' ')
            buf_addf(&known, "%s%s", known.n ? ", " : "", c->name);
    }
    if (known.n > 0 && !known.failed) {
        if (second && second[0] != '-')
            error_set(&error, ERROR_BAD_INPUT, "usage.command_unknown",
                      "コマンド「%s %s」はありません。あるもの: %.*s",
                      "there is no command \"%s %s\"; there are: %.*s", word, second,
                      STR_ARG(buf_str(&known)));
        else
            error_set(&error, ERROR_BAD_INPUT, "usage.command_incomplete",
                      "「%s」の後に操作を指定してください: %.*s",
                      "say what to do with \"%s\": %.*s", word, STR_ARG(buf_str(&known)));
    } else {
        error_set(&error, ERROR_BAD_INPUT, "usage.command_unknown", "コマンド「%s」はありません。",
                  "there is no command \"%s\"", word);
    }
    error_hint(&error, "juchu help で一覧を表示します。", "juchu help lists them.");
    return app_fail(app, &error);
}

static bool check_words(const struct app *app, const struct command *c, struct error *error)
{
    if (app->args.word_count < c->least)
        error_set(error, ERROR_BAD_INPUT, "usage.words", "指定が足りません。",
                  "something is missing");
    else if (app->args.word_count > c->most)
        error_set(error, ERROR_BAD_INPUT, "usage.words", "余分な指定「%s」があります。",
                  "there is a word too many: \"%s\"", app->args.words[c->most]);
    else
        return true;
    return app_usage_hint(c, error);
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

static int help(struct app *app, int argc, char **argv)
{
    const char *word[2] = {NULL, NULL};
    int count = 0;
    for (int i = 1; i < argc && count < 2; i++) {
        if (strcmp(argv[i], "--lang") == 0)
            i++;
        else if (argv[i][0] != '-' && !(i == 1 && strcmp(argv[i], "help") == 0) &&
                 strcmp(argv[i], "ja") != 0 && strcmp(argv[i], "en") != 0)
            word[count++] = argv[i];
    }
    // "juchu help en" is understood as well.
    if (argc > 2 && (strcmp(argv[argc - 1], "en") == 0 || strcmp(argv[argc - 1], "ja") == 0))
        app->english = strcmp(argv[argc - 1], "en") == 0;
    if (print_help(word[0], word[1], app->english) ||
        (word[1] && print_help(word[0], NULL, app->english)))
        return EXIT_DONE;
    return command_unknown(app, word[0], word[1]);
}

int main(int argc, char **argv)
{
    struct app app = {.clock = clock_system(), .rng = rng_system()};
    // Secrets are in this process; a core file or another process of the same user must not see
    // them.
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
    app_choose_speech(&app, argc, argv);
    if (argc > 1 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)) {
        printf("juchu %s\n", VERSION);
        return EXIT_DONE;
    }
    if (argc < 2) {
        print_help(NULL, NULL, app.english);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || wants_help(argc, argv))
        return help(&app, argc, argv);
    int words = 1;
    const struct command *command = find_command(argc, argv, &words);
    struct error error;
    if (!command)
        return command_unknown(&app, argv[1], argc > 2 ? argv[2] : NULL);
    const struct option_spec *specs[] = {app_options, command->options};
    if (!args_parse(argc - 1 - words, argv + 1 + words, specs, 2, &app.args, &error)) {
        app_usage_hint(command, &error);
        return app_fail(&app, &error);
    }
    app.command = command;
    if (!check_words(&app, command, &error) || !app_check_options(&app, &error))
        return app_fail(&app, &error);
    app.arena = arena_new(1u << 30);
    if (!app.arena) {
        error_no_memory(&error);
        return app_fail(&app, &error);
    }
    int code = command->run(&app);
    app_close(&app);
    arena_free(app.arena);
    return code;
}
