// SPDX-License-Identifier: Apache-2.0
//
// The command line: finds the command, parses its options, runs it. Exit codes: 0 done, 1 refused
// with a message, 2 usage, 3 partly done.
#include "main/app.h"
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#define VERSION "0.1.0"

static const struct option_spec none[] = {{NULL, false}};
static const struct option_spec shop_add_options[] = {{"mall", true},       {"name", true},
                                                      {"base-url", true},   {"set", true},
                                                      {"demo-keys", false}, {NULL, false}};
static const struct option_spec set_options[] = {{"set", true}, {NULL, false}};
static const struct option_spec fetch_options[] = {
    {"from", true}, {"to", true}, {"status", true}, {"order", true}, {NULL, false}};
static const struct option_spec push_options[] = {
    {"dry-run", false}, {"shop", true}, {"from", true}, {"to", true}, {NULL, false}};
static const struct option_spec import_options[] = {
    {"shop", true}, {"dry-run", false}, {"items", true}, {NULL, false}};
static const struct option_spec list_options[] = {{"shop", true},  {"status", true}, {"q", true},
                                                  {"from", true},  {"to", true},     {"mark", true},
                                                  {"limit", true}, {"cursor", true}, {NULL, false}};
static const struct option_spec show_options[] = {{"shop", true}, {"raw", false}, {NULL, false}};
static const struct option_spec ship_options[] = {
    {"shop", true},    {"carrier", true}, {"tracking", true}, {"date", true},
    {"package", true}, {"status", true},  {"stay", false},    {NULL, false}};
static const struct option_spec cancel_options[] = {
    {"shop", true}, {"reason", true}, {"detail", true}, {NULL, false}};
static const struct option_spec move_options[] = {{"shop", true}, {"status", true}, {NULL, false}};
static const struct option_spec link_options[] = {
    {"mall", true}, {"status", true}, {"enabled", true}, {"target", true}, {NULL, false}};
static const struct option_spec user_options[] = {
    {"role", true}, {"name", true}, {"password", true}, {NULL, false}};
static const struct option_spec token_options[] = {
    {"name", true}, {"scopes", true}, {"role", true}, {"days", true}, {NULL, false}};
static const struct option_spec serve_options[] = {{"listen", true},  {"port", true},
                                                   {"ui-dir", true},  {"role", true},
                                                   {"threads", true}, {NULL, false}};
static const struct option_spec demo_options[] = {
    {"port", true}, {"sim-port", true}, {"rate", true},  {"orders", true},
    {"seed", true}, {"ui-dir", true},   {"keep", false}, {NULL, false}};

const struct command commands[] = {
    {"serve", "[--listen ADDRESS] [--port N]", "サーバーを起動します。", "Starts the server.",
     serve_options, command_serve},
    {"demo", "[--port N] [--orders N] [--rate N]",
     "mallsim と一時フォルダーのサーバーを起動します。",
     "Starts mallsim and a server on a throw-away folder.", demo_options, command_demo},
    {"shop add", "--mall MALL --name NAME [--base-url URL] [--set KEY=VALUE …] [--demo-keys]",
     "ショップを登録します。", "Connects a shop.", shop_add_options, command_shop_add},
    {"shop list", "", "ショップの一覧と状態。", "Shops and their health.", none, command_shop_list},
    {"shop set", "SHOP --set KEY=VALUE …", "ショップの設定を変更します。",
     "Changes settings of a shop.", set_options, command_shop_set},
    {"shop settings", "MALL|SHOP", "モールの設定項目、またはショップの現在の設定。",
     "The settings of a mall, or the values of a shop.", none, command_shop_settings},
    {"shop test", "SHOP", "接続テスト。", "Connection test.", none, command_shop_test},
    {"fetch", "SHOP [--from DATE [--to DATE]] [--status STATUS] [--order NUMBER …]",
     "受注を取り込みます。", "Fetches orders.", fetch_options, command_fetch},
    {"push", "[--dry-run] [--shop SHOP] [--from DATE] [--to DATE]",
     "出荷をモールへ書き出し、反映を確認します。",
     "Writes shipments back to the malls and verifies them.", push_options, command_push},
    {"import", "FILE --shop SHOP [--items FILE] [--dry-run]", "モールのCSVを取り込みます。",
     "Imports a mall's own file.", import_options, command_import},
    {"order list", "[--shop SHOP] [--status STATUS|open|all] [--q TEXT] [--from DATE] [--to DATE]",
     "受注の一覧。", "Lists orders.", list_options, command_order_list},
    {"order show", "ORDER_NO [--shop SHOP] [--raw]", "受注の詳細。", "One order in full.",
     show_options, command_order_show},
    {"order ship", "ORDER_NO --carrier CARRIER --tracking NUMBER --date DATE|today",
     "出荷を登録します。", "Enters a shipment.", ship_options, command_order_ship},
    {"order move", "ORDER_NO … --status STATUS", "受注のステータスを移動します。", "Moves orders.",
     move_options, command_order_move},
    {"order accept", "ORDER_NO", "注文確認をモールへ送ります。", "Confirms an order at the mall.",
     show_options, command_order_accept},
    {"order cancel", "ORDER_NO [--reason CODE] [--detail TEXT]", "キャンセルをモールへ送ります。",
     "Cancels an order at the mall.", cancel_options, command_order_cancel},
    {"status list", "", "ステータスの一覧。", "Work statuses.", none, command_status_list},
    {"link list", "", "紐付け設定の一覧。", "Status links.", none, command_link_list},
    {"link set", "--mall MALL --status STATUS --enabled true|false [--target TARGET]",
     "紐付け設定を変更します。", "Changes a status link.", link_options, command_link_set},
    {"user add", "LOGIN [--role owner|manager|staff|viewer] [--name NAME]", "利用者を追加します。",
     "Adds a user.", user_options, command_user_add},
    {"user list", "", "利用者の一覧。", "Users.", none, command_user_list},
    {"user password", "LOGIN", "パスワードを再設定します。", "Sets a new password.", user_options,
     command_user_password},
    {"token add", "--name NAME [--scopes orders:read,…] [--days N]", "APIトークンを発行します。",
     "Makes an API token.", token_options, command_token_add},
    {"verify", "", "データの整合性を検査します。", "Checks every invariant.", none, command_verify},
    {"migrate", "", "データベースを更新します。", "Migrates the database.", none, command_migrate},
    {"backup", "FILE", "SQLiteデータベースの控えを取ります。", "Copies the SQLite database online.",
     none, command_backup},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static void print_help(bool english)
{
    printf("Juchu %s — %s\n\n", VERSION,
           english ? "order management for Japanese online shops" : "ネットショップの受注管理");
    for (const struct command *c = commands; c->name; c++)
        printf("  juchu %s %s\n      %s\n", c->name, c->usage, english ? c->help_en : c->help_ja);
    printf(
        "\n%s\n",
        english
            ? "Every command takes --data DIRECTORY (SQLite) or --db postgresql://…, --key-file "
              "FILE, "
              "--json, --lang ja|en, --log-level debug|info|warning|error.\n"
              "Exit codes: 0 done, 1 refused, 2 usage, 3 partly done."
            : "共通: --data フォルダー (SQLite) または --db postgresql://…、--key-file ファイル、"
              "--json、--lang ja|en、--log-level debug|info|warning|error。\n"
              "終了コード: 0 完了、1 拒否、2 使い方の誤り、3 一部完了。");
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

int main(int argc, char **argv)
{
    struct app app = {.clock = clock_system(), .rng = rng_system()};
    // Secrets are in this process; a core file or another process of the same user must not see
    // them.
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)) {
        printf("juchu %s\n", VERSION);
        return EXIT_DONE;
    }
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        bool english = argc > 2 && strcmp(argv[argc - 1], "en") == 0;
        print_help(english);
        return argc < 2 ? EXIT_USAGE : EXIT_DONE;
    }
    int words = 1;
    const struct command *command = find_command(argc, argv, &words);
    struct error error;
    if (!command) {
        error_set(&error, ERROR_BAD_INPUT, "usage.command_unknown", "コマンド「%s」はありません。",
                  "there is no command \"%s\"", argv[1]);
        error_hint(&error, "juchu help で一覧を表示します。", "juchu help lists them.");
        return app_fail(&app, &error);
    }
    const struct option_spec *specs[] = {app_options, command->options};
    if (!args_parse(argc - 1 - words, argv + 1 + words, specs, 2, &app.args, &error))
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
