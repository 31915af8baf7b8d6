// SPDX-License-Identifier: Apache-2.0
//
// MakeShop as data: settings, credentials, limits, and the table of its operations. Facts:
// makeshop.md; words: what MakeShop's admin and the people who use it call things.
#include "mall/makeshop/makeshop.h"

#include "mall/makeshop/internal.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const struct setting_choice apis[] = {
    {"graphql", {"次世代API（アプリ）", "GraphQL API (app)"}},
    {"legacy", {"従来API（注文API）", "Old order API"}},
};
static const struct setting_choice extra_number_choices[] = {
    {"first", {"最初の1つを反映する", "Send the first"}},
    {"refuse", {"反映しないで知らせる", "Do not send, tell me"}},
};
static const struct setting_choice confirm_choices[] = {
    {"ship_date", {"注文の出荷日で確認し、なければ送り直す", "Look at the ship date, else resend"}},
    {"person", {"自動では送り直さない（管理画面で確認する）", "Never resend by itself"}},
};
static const struct setting_choice ship_targets[] = {
    {"shipped", {"配送完了", "Shipped"}},
    {"preparing", {"配送準備中（伝票番号のみ）", "Preparing (number only)"}},
};

static const struct mall_setting settings[] = {
    {.key = "api",
     .kind = SETTING_CHOICE,
     .label = {"利用するAPI", "API"},
     .help =
         {"アプリをインストールしたショップは「次世代API」。従来APIは、管理画面の「設定 > API > "
          "注文」が使えるショップだけで利用できます。",
          "GraphQL for shops with the app; the old API only where 設定 > API > 注文 still "
          "works."},
     .default_value = "graphql",
     .choices = apis,
     .choice_count = LENGTH(apis)},
    {.key = "shop_id",
     .kind = SETTING_TEXT,
     .label = {"ショップID", "Shop ID"},
     .help = {"MakeShopのショップIDです(従来APIで必須)。", "MakeShop's shop ID (old API)."},
     .maximum = 60},
    {.key = "order_auth_code",
     .kind = SETTING_SECRET,
     .label = {"注文データ連携認証コード", "Order authentication code"},
     .help = {"「設定 > API > 注文 > 注文データ連携設定」で「発行」のあと「保存」したコード(従来API"
              ")。",
              "Issued and saved under 設定 > API > 注文 (old API)."},
     .maximum = 200,
     .credential = "order_auth_code"},
    {.key = "app_token",
     .kind = SETTING_SECRET,
     .label = {"アクセストークン（PAT）", "Access token (PAT)"},
     .help =
         {"アプリのインストール時に届く「PAT.」で始まるトークン(次世代API)。アプリを削除すると使え"
          "なくなります。",
          "Begins with PAT., delivered when the app is installed; dies when it is removed."},
     .maximum = 400,
     .credential = "app_token"},
    {.key = "app_api_key",
     .kind = SETTING_SECRET,
     .label = {"APIキー（x-api-key）", "API key (x-api-key)"},
     .help = {"アプリの申請後に発行されるキー(次世代API)。", "Issued for the app by MakeShop."},
     .maximum = 400},
    {.key = "service_name",
     .kind = SETTING_TEXT,
     .label = {"連携システム名", "Name of this system"},
     .help = {"従来APIでMakeShopに伝える名前。", "Told to MakeShop with the old API."},
     .default_value = "juchu",
     .maximum = 40},
    {.key = "fetch_statuses",
     .kind = SETTING_CHOICES,
     .label = {"取得ステータス", "Statuses to fetch"},
     .help =
         {"選んだ処理状況の注文を取り込みます。仮注文を外すと、決済が完了してから取り込みます。",
          "Orders in these states are imported. Without 仮注文, once their payment is done."},
     .required = true,
     .default_value = "provisional,unprocessed",
     .choices = makeshop_status_settings,
     .choice_count = MAKESHOP_STATUS_COUNT},
    {.key = "allow_without_tracking",
     .kind = SETTING_FLAG,
     .label = {"伝票番号なしの報告を許可", "Allow reports without tracking number"},
     .help = {"普通郵便など追跡番号のない配送を、番号なしで配送完了にします。",
              "For services without number: report without one."},
     .default_value = "false"},
    {.key = "extra_numbers",
     .kind = SETTING_CHOICE,
     .label = {"伝票番号が2つ以上のとき", "More than one tracking number"},
     .help = {"MakeShopに登録できる伝票番号は配送先ごとに1つです。",
              "MakeShop takes one number per destination."},
     .default_value = "first",
     .choices = extra_number_choices,
     .choice_count = LENGTH(extra_number_choices)},
    {.key = "legacy_confirm",
     .kind = SETTING_CHOICE,
     .label = {"応答を失ったとき（従来API）", "After a lost answer (old API)"},
     .help = {"従来APIは伝票番号を返さないため、出荷日で反映を確認します。",
              "The old API shows no numbers; the ship date tells whether it took effect."},
     .default_value = "ship_date",
     .choices = confirm_choices,
     .choice_count = LENGTH(confirm_choices)},
    {.key = "legacy_rows",
     .kind = SETTING_INTEGER,
     .label = {"1回の取得件数の上限（従来API）", "Most orders per answer (old API)"},
     .help = {"MakeShopから案内がない限り変更しないでください。",
              "Leave it unless MakeShop announces a change."},
     .default_value = "100",
     .minimum = 1,
     .maximum = 100},
    {.key = "page_rows",
     .kind = SETTING_INTEGER,
     .label = {"1回の取得件数（次世代API）", "Rows per request (GraphQL)"},
     .help = {"応答が大きすぎるときに減らします。", "Lower it when answers are too large."},
     .default_value = "1000",
     .minimum = 1,
     .maximum = 1000},
    {.key = "ship_file_columns",
     .kind = SETTING_TEXT,
     .label = {"伝票番号アップロードCSVの列", "Columns of the tracking upload file"},
     .help = {"MakeShopの一括登録画面の見出しに合わせて「見出し="
              "項目」をカンマ区切りで登録します。項目: "
              "order_no, delivery_id, carrier_code, tracking_number, ship_date, status。",
              "Heading=field pairs separated by commas, as MakeShop's bulk screen wants them."},
     .maximum = 500},
    {.key = "number_filter",
     .kind = SETTING_TEXT,
     .label = {"注文番号での検索", "Search by number"},
     .help = {"自動で記録します。", "Recorded by itself."},
     .written_by_connector = true},
    {.key = "fields_left_out",
     .kind = SETTING_TEXT,
     .label = {"APIにない項目", "Fields that the API hasn't"},
     .help = {"自動で記録します。", "Recorded by itself."},
     .written_by_connector = true},
};

static const struct mall_credential_kind credentials[] = {
    {.kind = "app_token",
     .label = {"MakeShop アクセストークン", "MakeShop access token"},
     .renewed_by_person = true,
     .stops = {"MakeShopの注文の取得と出荷の反映がすべて止まります",
               "Fetching and telling shipments both stop"},
     .renewal = {"MakeShopのアプリ一覧でアプリをインストールし直し、届いたトークンを登録します",
                 "Install the app again and enter its new token"}},
    {.kind = "order_auth_code",
     .label = {"MakeShop 注文データ連携認証コード", "MakeShop order authentication code"},
     .renewed_by_person = true,
     .stops = {"MakeShopの注文の取得と出荷の反映がすべて止まります",
               "Fetching and telling shipments both stop"},
     .renewal = {"「設定 > API > 注文」で認証コードを発行・保存し、この画面に登録します",
                 "Issue and save a code under 設定 > API > 注文 and enter it here"}},
};

// One request a second for all APIs and systems of the shop (§2.1); no number is known for GraphQL.
static const struct mall_rate rates[] = {
    {.family = "shop", .interval_ms = 1100, .burst = 1},
    {.family = "graphql", .interval_ms = 1100, .burst = 1},
};

static const enum date_basis list_bases[] = {DATE_ORDERED};
static const char *const order_no_forms[] = {"P999999999999999999", NULL};

static bool validate(const struct mall_account *given, struct error *error)
{
    struct mall_account account = *given;
    account.mall = &makeshop_mall;
    bool legacy = makeshop_is_legacy(&account);
    static const struct {
        bool legacy;
        const char *key, *ja, *en;
    } needed[] = {
        {true, "shop_id", "従来APIにはショップIDが必要です。", "The old API needs the shop ID."},
        {true, "order_auth_code", "従来APIには注文データ連携認証コードが必要です。",
         "The old API needs the order authentication code."},
        {false, "app_token", "次世代APIにはアクセストークンが必要です。",
         "The GraphQL API needs the access token."},
        {false, "app_api_key", "次世代APIにはAPIキーが必要です。",
         "The GraphQL API needs the API key."},
    };
    for (size_t i = 0; i < LENGTH(needed); i++) {
        if (needed[i].legacy != legacy || account_setting(&account, needed[i].key).n > 0)
            continue;
        error_set(error, ERROR_BAD_INPUT, "makeshop.keys_missing", "%s%.0s", "%.0s%s", needed[i].ja,
                  needed[i].en);
        return error_subject(error, "%s", needed[i].key);
    }
    return true;
}

static bool is_cancelled(const struct order *at_mall)
{
    return at_mall->state == ORDER_CANCELLED;
}

static struct str status_choice(const struct order *order)
{
    int status, delivery;
    bool paid;
    return makeshop_compact_parse(order->mall_status, &status, &paid, &delivery)
               ? makeshop_choice(status, delivery)
               : STR("");
}

const struct mall makeshop_mall = {
    .id = "makeshop",
    .name = {"MakeShop", "MakeShop"},
    .default_base_url = "https://app-api.makeshop.jp",
    .settings = settings,
    .setting_count = LENGTH(settings),
    .credentials = credentials,
    .credential_count = LENGTH(credentials),
    .statuses = makeshop_statuses,
    .status_count = MAKESHOP_STATUS_COUNT,
    .ship_targets = ship_targets,
    .ship_target_count = LENGTH(ship_targets),
    .mappings = makeshop_mappings,
    .mapping_count = MAKESHOP_MAPPING_COUNT,
    .order_no_forms = order_no_forms,
    .limits = {.page_max = MAKESHOP_PAGE_ROWS,
               .read_batch = 1,
               .overlap_minutes = 24 * 60,
               .rates = rates,
               .rate_count = LENGTH(rates)},
    .listing_has_status = true,
    .reads_by_time = true,
    .list_bases = list_bases,
    .list_basis_count = LENGTH(list_bases),
    .validate = validate,
    .check = makeshop_check,
    .list = makeshop_list,
    .read = makeshop_read,
    .ship = makeshop_ship,
    .cancel = makeshop_cancel,
    .ship_preflight = makeshop_ship_preflight,
    .ship_compare = makeshop_ship_compare,
    .is_cancelled = is_cancelled,
    .status_choice = status_choice,
};
