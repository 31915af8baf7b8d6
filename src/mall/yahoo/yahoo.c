// SPDX-License-Identifier: Apache-2.0
//
// Yahoo!ショッピング as data: settings, credentials, limits, and the table of its operations.
// Invariants: what a shop has to type in is declared here once; screens, checks and storage follow.
#include "mall/yahoo/yahoo.h"

#include "base/crypto.h"
#include "mall/yahoo/internal.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const struct setting_choice status_choices[] = {
    {"new_order", {"新規注文", "New orders"}},
    {"processing", {"処理中", "Processing"}},
    {"hold", {"保留", "On hold"}},
    {"new_reserve", {"新規予約", "New preorders"}},
    {"reserve", {"予約中", "Preordered"}},
    {"agreement", {"繰上げ同意待ち", "Waiting for agreement to earlier shipping"}},
    {"cancel", {"キャンセル", "Cancelled"}},
    {"done", {"完了", "Completed"}},
};
static const struct setting_choice fetch_modes[] = {
    {"by_status", {"ステータス指定（Yahoo取得ステータス）", "By status"}},
    {"basic", {"標準（新規・保留のみ）", "Basic: new and on hold only"}},
};
static const struct setting_choice extra_number_choices[] = {
    {"first_two", {"最初の2つを反映する", "Send the first two"}},
    {"refuse", {"反映しないで知らせる", "Do not send, tell me"}},
};
static const struct setting_choice untracked_reasons[] = {
    {"none", {"伝票番号を必須にする", "A number is required"}},
    {"101", {"メーカー直送", "Sent by the maker"}},
    {"102", {"発送不要", "Nothing to send"}},
    {"103", {"店頭受取", "Picked up at the shop"}},
    {"104", {"配送会社から直接連絡", "The carrier tells the buyer"}},
    {"105", {"追跡番号なし配送", "Service without tracking"}},
};
static const struct setting_choice ship_targets[] = {
    {"shipped", {"出荷済み", "Shipped"}},
    {"done", {"出荷済み＋完了", "Shipped and completed"}},
    {"shipping", {"出荷処理中", "Shipping in progress"}},
};

static const struct mall_setting settings[] = {
    {.key = "seller_id",
     .kind = SETTING_TEXT,
     .label = {"ストアアカウント", "Store account"},
     .help = {"ストアクリエイターProのURLに出る英数字のID。注文番号の前半と同じです。",
              "The store's ID, the first part of its order numbers."},
     .required = true,
     .minimum = 1,
     .maximum = 128},
    {.key = "client_id",
     .kind = SETTING_TEXT,
     .label = {"Client ID（アプリケーションID）", "Client ID"},
     .help = {"Yahoo!デベロッパーネットワークのアプリケーション管理で発行したID。",
              "From the application's page at Yahoo! Developer Network."},
     .required = true,
     .minimum = 1,
     .maximum = 256},
    {.key = "client_secret",
     .kind = SETTING_SECRET,
     .label = {"シークレット", "Client secret"},
     .help = {"Client IDと同じ画面に表示されます。", "Shown on the client ID's page."},
     .required = true,
     .minimum = 1,
     .maximum = 256},
    {.key = "redirect_uri",
     .group = SETTING_GROUP_CONNECTION,
     .kind = SETTING_URL,
     .label = {"コールバックURL", "Callback URL"},
     .help = {"アプリケーションに登録したURLと同じもの。認可のときに使います。",
              "The URL registered for the client ID; used for the consent."}},
    {.key = "authorization_code",
     .kind = SETTING_SECRET,
     .label = {"認可コード", "Authorization code"},
     .help = {"Yahoo!で同意すると自動的に入ります。一度だけ使われ、すぐに消えます。",
              "Filled in by the consent at Yahoo, used once and removed."},
     .maximum = 2048,
     .minimum = 0},
    {.key = "refresh_token",
     .kind = SETTING_SECRET,
     .label = {"受注取得アクセスキー（リフレッシュトークン）", "Refresh token"},
     .help = {"Yahoo!にログインして同意すると入ります。同意から28日で切れ、更新では延びません。",
              "Comes with the consent; ends 28 days after it, whatever is done."},
     .maximum = 4096,
     .minimum = 0,
     .credential = "refresh_token"},
    {.key = "consented_at",
     .group = SETTING_GROUP_CONNECTION,
     .kind = SETTING_DATE,
     .label = {"認可した日", "Day of the consent"},
     .help = {"期限（28日）の計算に使います。リフレッシュトークンを直接入力したときは入力してくださ"
              "い。",
              "For the 28 days; enter it when the refresh token was typed in."}},
    {.key = "access_token",
     .kind = SETTING_SECRET,
     .label = {"アクセストークン", "Access token"},
     .help = {"自動更新（1時間）", "Renewed automatically (one hour)"},
     .written_by_connector = true},
    {.key = "access_token_expires_at",
     .kind = SETTING_TEXT,
     .label = {"アクセストークンの期限", "End of the access token"},
     .help = {"自動更新", "Renewed automatically"},
     .written_by_connector = true},
    {.key = "public_key",
     .kind = SETTING_PEM,
     .label = {"公開鍵", "Public key"},
     .help = {"ストアクリエイターPro「設定＞暗号鍵管理」の「コピー」で取り、BEGINとENDの行も含めて"
              "貼り付けます。",
              "Copied with the button in Store Creator Pro, Settings > key management, with its "
              "BEGIN and END lines."},
     .maximum = 8192,
     .minimum = 0,
     .credential = "public_key"},
    {.key = "public_key_version",
     .group = SETTING_GROUP_CONNECTION,
     .kind = SETTING_INTEGER,
     .label = {"公開鍵のバージョン", "Version of the public key"},
     .help = {"鍵の横に表示される数字。鍵を発行し直すたびに1増えます。",
              "The number beside the key; grows by one with each new key."},
     .minimum = 1,
     .maximum = 1000000},
    {.key = "public_key_expires_on",
     .group = SETTING_GROUP_CONNECTION,
     .kind = SETTING_DATE,
     .label = {"公開鍵の有効期限", "Expiry of the public key"},
     .help = {"鍵の横に表示される日付（1年）。期限が近づくと知らせます。",
              "The date beside the key (one year); you are warned before it."}},
    {.key = "public_key_status",
     .kind = SETTING_TEXT,
     .label = {"公開鍵認証の状態", "State of the public-key authentication"},
     .help = {"Yahoo!の応答から自動的に記録します。", "Recorded from Yahoo's answers."},
     .written_by_connector = true},
    {.key = "fetch_mode",
     .kind = SETTING_CHOICE,
     .label = {"取得方法", "What is fetched"},
     .help = {"「標準」では新規（新規注文・新規予約）と保留だけを取り込みます。",
              "“Basic” takes new orders, new preorders and orders on hold only."},
     .default_value = "by_status",
     .choices = fetch_modes,
     .choice_count = LENGTH(fetch_modes)},
    {.key = "fetch_statuses",
     .kind = SETTING_CHOICES,
     .label = {"Yahoo取得ステータス", "Statuses to fetch"},
     .help =
         {"ストアクリエイターProのステータス。一覧には全ステータスが記録され、取込だけを絞ります。",
          "Statuses of Store Creator Pro; all are listed, these are imported."},
     .default_value = "new_order,processing,hold,new_reserve,reserve",
     .choices = status_choices,
     .choice_count = LENGTH(status_choices)},
    {.key = "mark_seen_after_fetch",
     .group = SETTING_GROUP_FETCH,
     .kind = SETTING_FLAG,
     .label = {"取込後に「処理中」へ移す", "Move imported orders out of “new”"},
     .help =
         {"取り込んだ注文を閲覧済みにします（元には戻せません）。他のツールが「新規」を読む場合はオ"
          "フのままにしてください。",
          "Marks imported orders as seen, one way. Leave it off when another tool reads “new”."},
     .default_value = "false"},
    {.key = "close_after_ship",
     .kind = SETTING_FLAG,
     .label = {"出荷後に「完了」にする", "Complete the order after shipping"},
     .help = {"出荷済みを反映したあと、入金済みの注文を完了にします。ポイントが確定します。",
              "After shipping was told, paid orders are completed, which fixes the points."},
     .default_value = "false"},
    {.key = "close_wait_seconds",
     .kind = SETTING_INTEGER,
     .label = {"完了までの待ち時間（秒）", "Pause before completing (seconds)"},
     .help = {"出荷の直後は完了が拒否されるため、10秒以上空けます。",
              "Completing right after shipping is refused; at least ten seconds."},
     .default_value = "10",
     .minimum = 10,
     .maximum = 600},
    {.key = "point_fix",
     .kind = SETTING_FLAG,
     .label = {"ポイント確定に同意する", "Consent to fixing points"},
     .help = {"出荷済み・完了の反映に必要です（IsPointFix）。オフにすると出荷を反映しません。",
              "Needed for telling shipments (IsPointFix). Off: shipments are not told."},
     .default_value = "true"},
    {.key = "extra_numbers",
     .kind = SETTING_CHOICE,
     .label = {"伝票番号が3つ以上のとき", "More than two tracking numbers"},
     .help = {"Yahoo!に登録できる伝票番号は2つまでです。", "Yahoo takes two numbers per order."},
     .default_value = "first_two",
     .choices = extra_number_choices,
     .choice_count = LENGTH(extra_number_choices)},
    {.key = "untracked_reason",
     .kind = SETTING_CHOICE,
     .label = {"伝票番号なしの理由", "Reason for having no number"},
     .help = {"伝票番号のない出荷を反映するときにYahoo!へ送る理由。",
              "Sent to Yahoo when a parcel has no tracking number."},
     .default_value = "none",
     .choices = untracked_reasons,
     .choice_count = LENGTH(untracked_reasons)},
    {.key = "operation_user",
     .kind = SETTING_TEXT,
     .label = {"操作者名", "Name of the operator"},
     .help = {"Yahoo!の注文履歴に残る名前。", "Shown in Yahoo's change history."},
     .default_value = "juchu",
     .minimum = 0,
     .maximum = 60},
    {.key = "auth_base_url",
     .kind = SETTING_URL,
     .label = {"認証サーバー", "Token server"},
     .help = {"通常は変更しません。", "Normally left as it is."},
     .default_value = "https://auth.login.yahoo.co.jp"},
};

static const struct mall_credential_kind credentials[] = {
    {.kind = "refresh_token",
     .label = {"Yahoo!の認可", "Consent at Yahoo"},
     .lifetime_days = YAHOO_CONSENT_DAYS,
     .renewed_by_person = true,
     .stops = {"注文の取得と出荷の反映がすべて止まります",
               "Fetching and telling shipments both stop"},
     .renewal = {"注文管理権限のあるIDでYahoo!にログインし、同意する",
                 "Log in at Yahoo with an ID that may manage orders and consent"}},
    {.kind = "public_key",
     .label = {"Yahoo!の公開鍵", "Yahoo's public key"},
     .lifetime_days = 365,
     .renewed_by_person = true,
     .stops = {"認可が12時間で切れるようになります", "The consent then lasts twelve hours only"},
     .renewal =
         {"ストアクリエイターPro「設定＞暗号鍵管理」で発行し、鍵・バージョン・期限を登録する",
          "Issue one in Store Creator Pro and enter key, version and expiry"}},
};

// Yahoo counts the 50,000 calls of a day per client ID over all URLs, and one call a second per
// URL; token requests go with orderCount, which is rare.
static const struct mall_rate rates[] = {
    {"orderInfo", 1100, 1, 50000},
    {"orderList", 1100, 1, 50000},
    {"orderShipStatusChange", 1100, 1, 50000},
    {"orderStatusChange", 1100, 1, 50000},
    {"orderChange", 1100, 1, 50000},
    {"orderCount", 1100, 1, 50000},
};

static const enum date_basis list_bases[] = {DATE_ORDERED, DATE_PUBLISHED};

static bool key_is_readable(const struct mall_account *account, struct error *error)
{
    struct str key = account_setting(account, "public_key"), cipher;
    if (str_is_empty(key))
        return true;
    AUTO_ARENA arena = arena_new(YAHOO_REQUEST_BYTES_MAX);
    if (!arena)
        return error_no_memory(error);
    if (crypto_rsa_encrypt(arena, key, STR("check"), &cipher, error))
        return true;
    error_hint(error,
               "公開鍵を「コピー」ボタンで取り直し、BEGINとENDの行も含めて貼り付けてください。",
               "Copy the key again with the button, with its BEGIN and END lines.");
    return error_subject(error, "public_key");
}

bool yahoo_validate(const struct mall_account *given, struct error *error)
{
    struct mall_account typed = *given, *account = &typed;
    account->mall = &yahoo_mall;
    if (!key_is_readable(account, error))
        return false;
    bool key = account_setting(account, "public_key").n > 0;
    if (key && account_setting(account, "public_key_version").n == 0) {
        error_set(error, ERROR_BAD_INPUT, "yahoo.public_key_version_missing",
                  "公開鍵のバージョンを入力してください。", "Enter the version of the public key.");
        error_hint(error, "ストアクリエイターProで鍵の横に表示されている数字です。",
                   "The number beside the key in Store Creator Pro.");
        return error_subject(error, "public_key_version");
    }
    if (account_setting(account, "authorization_code").n > 0 &&
        account_setting(account, "redirect_uri").n == 0) {
        error_set(error, ERROR_BAD_INPUT, "yahoo.redirect_uri_missing",
                  "認可コードを使うにはコールバックURLが必要です。",
                  "An authorization code needs the callback URL.");
        return error_subject(error, "redirect_uri");
    }
    return true;
}

// 標準: 新規 and 保留 whatever is ticked, as tools without the order API know it.
static bool takes_status(const struct mall_account *given, struct str choice)
{
    struct mall_account account = *given;
    account.mall = &yahoo_mall;
    if (!str_eq(account_setting(&account, "fetch_mode"), STR("basic")))
        return account_has_choice(&account, "fetch_statuses", choice);
    return str_eq(choice, STR("new_order")) || str_eq(choice, STR("new_reserve")) ||
           str_eq(choice, STR("hold"));
}

const struct mall yahoo_mall = {
    .id = "yahoo",
    .name = {"Yahoo!ショッピング", "Yahoo! Shopping"},
    .default_base_url = "https://circus.shopping.yahooapis.jp",
    .settings = settings,
    .setting_count = LENGTH(settings),
    .credentials = credentials,
    .credential_count = LENGTH(credentials),
    .statuses = yahoo_statuses,
    .status_count = YAHOO_STATUS_COUNT,
    .cancel_reasons = yahoo_cancel_reasons,
    .cancel_reason_count = YAHOO_CANCEL_REASON_COUNT,
    .ship_targets = ship_targets,
    .ship_target_count = LENGTH(ship_targets),
    .mappings = yahoo_mappings,
    .mapping_count = YAHOO_MAPPING_COUNT,
    .tracking_numbers_max = 2, // ShipInvoiceNumber1 and 2 (§9.3)
    .limits = {.page_max = 2000,
               .read_batch = 1,
               .overlap_minutes = 24 * 60,
               .rates = rates,
               .rate_count = LENGTH(rates)},
    .listing_has_status = true,
    .list_bases = list_bases,
    .list_basis_count = LENGTH(list_bases),
    .validate = yahoo_validate,
    .check = yahoo_check,
    .list = yahoo_list,
    .read = yahoo_read,
    .accept = yahoo_accept,
    .ship = yahoo_ship,
    .cancel = yahoo_cancel,
    .refresh = yahoo_refresh,
    .ship_preflight = yahoo_ship_preflight,
    .ship_compare = yahoo_ship_compare,
    .is_accepted = yahoo_is_accepted,
    .is_cancelled = yahoo_is_cancelled,
    .status_choice = yahoo_order_choice,
    .takes_status = takes_status,
    .accept_when_stored = "mark_seen_after_fetch",
    .consent_url = yahoo_consent_url,
};
