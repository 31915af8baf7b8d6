// SPDX-License-Identifier: Apache-2.0
//
// Rakuten Ichiba as a table: names, settings, statuses, limits and operations. Facts: rakuten.md;
// words: what RMS and the people who use it call things.
#include "mall/rakuten/rakuten.h"
#include "mall/rakuten/codes.h"
#include "mall/rakuten/read.h"
#include "mall/rakuten/ship_rules.h"

static const struct setting_choice restore_choices[] = {
    {"0", {"商品の設定に従う", "As the item is set"}},
    {"1", {"在庫に戻す", "Return the stock"}},
    {"2", {"在庫に戻さない", "Don't return the stock"}},
};

static const struct mall_setting settings[] = {
    {.key = "service_secret",
     .kind = SETTING_SECRET,
     .label = {"サービスシークレット (serviceSecret)", "Service secret (serviceSecret)"},
     .help = {"RMS「店舗様向け情報・サービス > 5 WEB APIサービス > 2 利用設定 > 2-1 WEB "
              "API」に表示される"
              "「SP」で始まる文字列です。",
              "Begins with SP. Shown in RMS under WEB API service, 2 settings, 2-1 WEB API."},
     .required = true,
     .minimum = 4,
     .maximum = 200},
    {.key = "license_key",
     .kind = SETTING_SECRET,
     .label = {"ライセンスキー (licenseKey)", "Licence key (licenseKey)"},
     .help = {"同じ画面の「SL」で始まるキーです。発行から90日で切れます。RMSで再発行したら、ここに"
              "も新しいキーを"
              "登録してください。",
              "Begins with SL, same page. It ends 90 days after issue; after re-issuing it in RMS, "
              "enter the new key here too."},
     .required = true,
     .minimum = 4,
     .maximum = 200,
     .credential = "license_key"},
    {.key = "shop_url",
     .group = SETTING_GROUP_CONNECTION,
     .kind = SETTING_TEXT,
     .label = {"店舗URL", "Shop URL name"},
     .help = {"https://www.rakuten.co.jp/ に続く店舗の文字列です(任意)。",
              "What follows https://www.rakuten.co.jp/ (optional)."},
     .maximum = 100},
    {.key = "fetch_statuses",
     .kind = SETTING_CHOICES,
     .label = {"楽天ペイ取得ステータス", "Statuses to fetch"},
     .help =
         {"選んだステータスの注文を取り込みます。選ばないステータスの注文も番号は記録されます。",
          "Orders in these statuses are imported. Numbers of the others are still recorded."},
     .required = true,
     .default_value = "100,200,300",
     .choices = rakuten_status_settings,
     .choice_count = RAKUTEN_STATUS_COUNT},
    {.key = "allow_without_tracking",
     .kind = SETTING_FLAG,
     .label = {"伝票番号なしの報告を許可", "Allow reports without tracking number"},
     .help = {"定形外郵便など追跡番号のない配送方法で、配送会社と発送日だけを楽天に報告します。",
              "For services without number: report carrier and ship date only."},
     .default_value = "false"},
    {.key = "shipping_async",
     .kind = SETTING_FLAG,
     .label = {"発送完了報告を非同期APIで行う", "Report shipments asynchronously"},
     .help = {"通常は無効のままで使います。有効にすると、結果が届くまで数分かかります。",
              "Usually off. When on, the result takes minutes."},
     .default_value = "false"},
    {.key = "cancel_inventory_restore",
     .kind = SETTING_CHOICE,
     .label = {"キャンセル時の在庫", "Stock on cancelling"},
     .help = {"楽天でキャンセルするとき、在庫をどうするか。",
              "What happens to stock when cancelling."},
     .default_value = "0",
     .choices = restore_choices,
     .choice_count = sizeof restore_choices / sizeof restore_choices[0]},
    {.key = "get_order_version",
     .group = SETTING_GROUP_ADVANCED,
     .kind = SETTING_INTEGER,
     .label = {"注文情報APIのバージョン", "Version of getOrder"},
     .help = {"楽天から案内がない限り変更しないでください。",
              "Leave it unless Rakuten announces a change."},
     .default_value = "10",
     .minimum = 3,
     .maximum = 99},
};

static const struct mall_credential_kind credentials[] = {
    {.kind = "license_key",
     .label = {"楽天 ライセンスキー", "Rakuten licence key"},
     .lifetime_days = 90,
     .expiry_from_api = true,
     .renewed_by_person = true,
     .stops = {"楽天の受注取得と発送報告がすべて止まります",
               "Fetching and reporting for Rakuten stop"},
     .renewal = {"RMSの「2-1 WEB API」でライセンスキーを再発行し、この画面に新しいキーを登録します",
                 "Re-issue the key in RMS (2-1 WEB API) and enter it here"}},
};

static const struct mall_rate rates[] = {
    // Guideline 1/s; 1.1 s between starts is proven (§1.6).
    {.family = "order", .interval_ms = 1100, .burst = 1, .per_day = 0},
};

static const enum date_basis list_bases[] = {DATE_ORDERED, DATE_FIXED, DATE_SHIPPED};

static bool validate(const struct mall_account *account, struct error *error)
{
    struct str secret = account_setting(account, "service_secret");
    struct str key = account_setting(account, "license_key");
    bool swapped = str_starts(secret, STR("SL")) && str_starts(key, STR("SP"));
    if (swapped || (secret.n > 0 && str_eq(secret, key))) {
        error_set(error, ERROR_BAD_INPUT, "rakuten.keys_swapped",
                  "serviceSecret と licenseKey が入れ替わっているか、同じ値です。",
                  "serviceSecret and licenseKey are swapped or equal.");
        error_hint(error, "serviceSecret は「SP」、licenseKey は「SL」で始まります。",
                   "serviceSecret begins with SP, licenseKey with SL.");
        return false;
    }
    if (str_find_char(secret, ':') >= 0 || str_find_char(key, ':') >= 0)
        return error_set(error, ERROR_BAD_INPUT, "rakuten.key_characters",
                         "キーに「:」は使われません。コピーした範囲を確認してください。",
                         "A key never holds a colon; check what was copied.");
    return true;
}

static bool is_accepted(const struct order *at_mall)
{
    int64_t progress = rakuten_progress(at_mall);
    return progress > RAKUTEN_WAITS_FOR_CONFIRMATION && progress < RAKUTEN_CANCEL_REQUESTED;
}

static bool is_cancelled(const struct order *at_mall)
{
    return rakuten_progress(at_mall) >= RAKUTEN_CANCEL_REQUESTED;
}

static struct str status_choice(const struct order *order)
{
    return order->mall_status;
}

// Shop, day, serial (rakuten.md §5).
static const char *const order_no_forms[] = {"999999-99999999-9999999999", NULL};

const struct mall rakuten_mall = {
    .id = "rakuten",
    .name = {"楽天市場", "Rakuten Ichiba"},
    .default_base_url = "https://api.rms.rakuten.co.jp",
    .settings = settings,
    .setting_count = sizeof settings / sizeof settings[0],
    .credentials = credentials,
    .credential_count = sizeof credentials / sizeof credentials[0],
    .order_no_forms = order_no_forms,
    .statuses = rakuten_statuses,
    .status_count = RAKUTEN_STATUS_COUNT,
    .cancel_reasons = rakuten_cancel_reasons,
    .cancel_reason_count = RAKUTEN_REASON_COUNT,
    .mappings = rakuten_mappings,
    .mapping_count = RAKUTEN_MAPPING_COUNT,
    .limits = {.window_days_max = RAKUTEN_WINDOW_DAYS,
               .reach_days = RAKUTEN_REACH_DAYS,
               .page_max = RAKUTEN_PAGE,
               .reachable_max = RAKUTEN_REACHABLE,
               .read_batch = RAKUTEN_READ_BATCH,
               .overlap_minutes = 60,
               .rates = rates,
               .rate_count = sizeof rates / sizeof rates[0]},
    .listing_has_status = true,
    .list_bases = list_bases,
    .list_basis_count = sizeof list_bases / sizeof list_bases[0],
    .validate = validate,
    .check = rakuten_check,
    .list = rakuten_list,
    .read = rakuten_read,
    .accept = rakuten_accept,
    .ship = rakuten_ship,
    .cancel = rakuten_cancel,
    .refresh = rakuten_refresh,
    .ship_preflight = rakuten_ship_preflight,
    .ship_compare = rakuten_ship_compare,
    .is_accepted = is_accepted,
    .is_cancelled = is_cancelled,
    .status_choice = status_choice,
};
