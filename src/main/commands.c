// SPDX-License-Identifier: Apache-2.0
//
// Every command: its name, how it is used, its options, and how many words it takes.
#include "main/app.h"
#include "sync/settings.h"

static const struct option_spec none[] = {{NULL, false}};
static const struct option_spec shop_add_options[] = {{"mall", true},       {"name", true},
                                                      {"base-url", true},   {"set", true},
                                                      {"demo-keys", false}, {NULL, false}};
static const struct option_spec set_options[] = {{"set", true}, {"dry-run", false}, {NULL, false}};
static const struct option_spec fetch_options[] = {
    {"from", true}, {"to", true}, {"status", true}, {"order", true}, {NULL, false}};
static const struct option_spec push_options[] = {
    {"dry-run", false}, {"shop", true}, {"from", true}, {"to", true}, {NULL, false}};
static const struct option_spec export_options[] = {
    {"shop", true},     {"from", true},   {"to", true},       {"status", true},
    {"file", true},     {"format", true}, {"dry-run", false}, {"again", true},
    {"withdraw", true}, {"list", false},  {NULL, false}};
static const struct option_spec import_options[] = {
    {"shop", true}, {"dry-run", false}, {"items", true}, {"failed-rows", true}, {NULL, false}};
static const struct option_spec list_options[] = {
    {"shop", true}, {"status", true}, {"q", true},      {"from", true},    {"to", true},
    {"mark", true}, {"limit", true},  {"cursor", true}, {"channel", true}, {NULL, false}};
static const struct option_spec show_options[] = {{"shop", true}, {"raw", false}, {NULL, false}};
static const struct option_spec accept_options[] = {{"shop", true}, {NULL, false}};
static const struct option_spec ship_options[] = {
    {"shop", true},    {"carrier", true}, {"tracking", true}, {"date", true},
    {"package", true}, {"status", true},  {"stay", false},    {NULL, false}};
static const struct option_spec cancel_options[] = {
    {"shop", true}, {"reason", true}, {"detail", true}, {NULL, false}};
static const struct option_spec move_options[] = {{"shop", true}, {"status", true}, {NULL, false}};
static const struct option_spec link_list_options[] = {{"mall", true}, {NULL, false}};
static const struct option_spec link_options[] = {{"mall", true},     {"status", true},
                                                  {"enabled", true},  {"target", true},
                                                  {"dry-run", false}, {NULL, false}};
static const struct option_spec link_reset_options[] = {
    {"mall", true}, {"status", true}, {"dry-run", false}, {NULL, false}};
static const struct option_spec mapping_list_options[] = {
    {"mall", true}, {"kind", true}, {NULL, false}};
static const struct option_spec mapping_options[] = {
    {"mall", true},      {"kind", true},     {"from", true}, {"to", true},
    {"direction", true}, {"dry-run", false}, {NULL, false}};
static const struct option_spec mapping_reset_options[] = {{"mall", true},     {"kind", true},
                                                           {"from", true},     {"direction", true},
                                                           {"dry-run", false}, {NULL, false}};
static const struct option_spec consent_options[] = {{"code", true}, {NULL, false}};
static const struct option_spec diagnose_options[] = {
    {"shop", true}, {"local", false}, {NULL, false}};
static const struct option_spec user_options[] = {
    {"role", true}, {"name", true}, {"password", true}, {NULL, false}};
static const struct option_spec password_options[] = {{"password", true}, {NULL, false}};
static const struct option_spec token_options[] = {
    {"name", true}, {"scopes", true}, {"role", true}, {"days", true}, {NULL, false}};
static const struct option_spec serve_options[] = {{"listen", true},  {"port", true},
                                                   {"ui-dir", true},  {"role", true},
                                                   {"threads", true}, {NULL, false}};
static const struct option_spec demo_options[] = {
    {"port", true}, {"sim-port", true}, {"rate", true},  {"orders", true},
    {"seed", true}, {"ui-dir", true},   {"keep", false}, {NULL, false}};

const struct command commands[] = {
    {"serve",
     "[--listen ADDRESS] [--port N] [--role web|worker] [--threads N] [--ui-dir DIRECTORY]",
     "サーバーを起動します。", "Starts the server.", serve_options, 0, 0, command_serve},
    {"demo",
     "[--port N] [--sim-port N] [--orders N] [--rate N] [--seed N] [--ui-dir DIRECTORY] [--keep]",
     "mallsim と一時フォルダーのサーバーを起動します。",
     "Starts mallsim and a server on a throw-away folder.", demo_options, 0, 0, command_demo},
    {"shop add",
     "--mall MALL --name NAME [--base-url URL] [--set KEY=VALUE|KEY=@FILE …] [--demo-keys]",
     "ショップを登録します。", "Connects a shop.", shop_add_options, 0, 0, command_shop_add},
    {"shop list", "", "ショップの一覧と状態。", "Shops and their health.", none, 0, 0,
     command_shop_list},
    {"shop set", "SHOP --set KEY=VALUE|KEY=@FILE … [--dry-run]", "ショップの設定を変更します。",
     "Changes settings of a shop.", set_options, 1, 1, command_shop_set},
    {"shop settings", "MALL|SHOP", "モールの設定項目、またはショップの現在の設定。",
     "The settings of a mall, or the values of a shop.", none, 1, 1, command_shop_settings},
    {"shop consent", "SHOP [--code CODE]", "モールでの認可（同意）を行い、認可コードを登録します。",
     "The page to consent at, and the code it gives.", consent_options, 1, 1, command_shop_consent},
    {"shop test", "SHOP", "接続テスト。", "Connection test.", none, 1, 1, command_shop_test},
    {"fetch", "SHOP [--from DATE [--to DATE]] [--status STATUS] [--order NUMBER …]",
     "受注を取り込みます(期間の指定がなければ過去7日間)。",
     "Fetches orders (of the last 7 days if no range is given).", fetch_options, 1, 1,
     command_fetch},
    {"push", "[--dry-run] [--shop SHOP] [--from DATE] [--to DATE]",
     "出荷をモールへ書き出し、反映を確認します。",
     "Writes shipments back to the malls and verifies them.", push_options, 0, 0, command_push},
    {"export",
     "--shop SHOP [--from DATE] [--to DATE] [--status STATUS …] [--file OUT] [--format FORMAT] "
     "[--dry-run] | --list | --again ID [--file OUT] | --withdraw ID",
     "出荷をモールのアップロード用ファイルに書き出します。",
     "Writes shipments to the file that a mall's own screen takes.", export_options, 0, 0,
     command_export},
    {"import", "FILE [ITEM_FILE] --shop SHOP [--items FILE] [--failed-rows OUT] [--dry-run]",
     "モールのCSVを取り込みます(Yahoo!は注文データと商品データの2つ)。",
     "Imports a mall's own CSV (of Yahoo! two: orders and items).", import_options, 1, 2,
     command_import},
    {"diagnose order", "[SHOP] ORDER_NO [--local]", "注文が取り込まれない理由を調べます。",
     "Says why an order isn't here.", diagnose_options, 1, 2, command_diagnose_order},
    {"diagnose shop", "SHOP [--local]", "店舗の取得が止まった理由を調べます。",
     "Says why the orders of a shop have stopped.", diagnose_options, 1, 1, command_diagnose_shop},
    {"diagnose writeback", "ORDER_NO [--shop SHOP] [--local]", "出荷が反映されない理由を調べます。",
     "Says why a shipment isn't reflected.", diagnose_options, 1, 1, command_diagnose_writeback},
    {"diagnose reflect", "SHOP [--local]", "店舗の反映がすべて止まった理由を調べます。",
     "Says why nothing of a shop is reflected.", diagnose_options, 1, 1, command_diagnose_reflect},
    {"diagnose paid", "ORDER_NO [--shop SHOP] [--local]", "入金日が入らない理由を調べます。",
     "Says why the paid date is empty.", diagnose_options, 1, 1, command_diagnose_paid},
    {"diagnose stuck", "ORDER_NO [--shop SHOP] [--local]", "注文が進まない理由を調べます。",
     "Says why an order doesn't move on.", diagnose_options, 1, 1, command_diagnose_stuck},
    {"order list",
     "[--shop SHOP] [--status STATUS|open|all] [--q TEXT] [--from DATE] [--to DATE] [--mark MARK "
     "…] [--channel auction] "
     "[--limit N] [--cursor CURSOR]",
     "受注の一覧。", "Lists orders.", list_options, 0, 0, command_order_list},
    {"order show", "ORDER_NO [--shop SHOP] [--raw]", "受注の詳細。", "One order in full.",
     show_options, 1, 1, command_order_show},
    {"order ship",
     "ORDER_NO [--carrier CARRIER] [--tracking NUMBER] [--date DATE|today] [--package N] "
     "[--status STATUS|--stay] [--shop SHOP]",
     "出荷を登録します。", "Enters a shipment.", ship_options, 1, 1, command_order_ship},
    {"order move", "ORDER_NO … --status STATUS [--shop SHOP]", "受注のステータスを移動します。",
     "Moves orders.", move_options, 1, ARGS_MAX, command_order_move},
    {"order accept", "ORDER_NO [--shop SHOP]", "注文確認をモールへ送ります。",
     "Confirms an order at the mall.", accept_options, 1, 1, command_order_accept},
    {"order cancel", "ORDER_NO [--reason CODE] [--detail TEXT] [--shop SHOP]",
     "キャンセルをモールへ送ります。", "Cancels an order at the mall.", cancel_options, 1, 1,
     command_order_cancel},
    {"status list", "", "ステータスの一覧。", "Work statuses.", none, 0, 0, command_status_list},
    {"link list", "[--mall MALL]", "紐付け設定の一覧。", "Status links.", link_list_options, 0, 0,
     command_link_list},
    {"link set", "--mall MALL --status STATUS --enabled true|false [--target TARGET] [--dry-run]",
     "紐付け設定を変更します。", "Changes a status link.", link_options, 0, 0, command_link_set},
    {"link reset", "--mall MALL --status STATUS [--dry-run]", "紐付け設定を既定に戻します。",
     "Puts a status link back to its default.", link_reset_options, 0, 0, command_link_reset},
    {"mapping list", "[--mall MALL] [--kind payment|delivery|slot|carrier]", "変換設定の一覧。",
     "What the malls' values mean here.", mapping_list_options, 0, 0, command_mapping_list},
    {"mapping set",
     "--mall MALL --kind payment|delivery|slot|carrier --from MALL_VALUE --to OUR_VALUE "
     "[--direction both|in|out] [--dry-run]",
     "変換設定を登録します。", "Maps a value of a mall.", mapping_options, 0, 0,
     command_mapping_set},
    {"mapping reset",
     "--mall MALL --kind KIND --from MALL_VALUE [--direction both|in|out] [--dry-run]",
     "変換設定を既定に戻します。", "Puts a mapping back to its default.", mapping_reset_options, 0,
     0, command_mapping_reset},
    {"address list", "", "モールから見える接続元アドレス。", "The addresses that malls see.", none,
     0, 0, command_address_list},
    {"address set", "ADDRESS …", "接続元アドレスを登録します。", "Enters the outgoing addresses.",
     none, 0, OUTGOING_ADDRESSES_MAX, command_address_set},
    {"user add", "LOGIN [--role owner|manager|staff|viewer] [--name NAME] [--password PASSWORD]",
     "利用者を追加します。パスワードを指定しなければ作成して表示します。",
     "Adds a user; makes and shows a password if none is given.", user_options, 1, 1,
     command_user_add},
    {"user list", "", "利用者の一覧。", "Users.", none, 0, 0, command_user_list},
    {"user password", "LOGIN [--password PASSWORD]", "パスワードを再設定します。",
     "Sets a new password.", password_options, 1, 1, command_user_password},
    {"token add", "--name NAME [--scopes orders:read,…] [--role manager|staff|viewer] [--days N]",
     "APIトークンを発行します。", "Makes an API token.", token_options, 0, 0, command_token_add},
    {"verify", "", "データの整合性を検査します。", "Checks every invariant.", none, 0, 0,
     command_verify},
    {"migrate", "", "データベースを更新します。", "Migrates the database.", none, 0, 0,
     command_migrate},
    {"backup", "FILE", "SQLiteデータベースの控えを取ります。", "Copies the SQLite database online.",
     none, 1, 1, command_backup},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};
