// SPDX-License-Identifier: Apache-2.0
//
// Amazon.co.jp as data: settings, credentials, limits, and the table of its operations.
// Invariants: what a shop has to type in is declared here once; screens, checks and storage follow.
#include "mall/amazon/amazon.h"

#include "mall/amazon/internal.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const struct setting_choice status_choices[] = {
    {"UNSHIPPED", {"未出荷", "Unshipped"}},
    {"PARTIALLY_SHIPPED", {"一部出荷済み", "Partially shipped"}},
    {"PENDING", {"保留中", "Pending"}},
    {"PENDING_AVAILABILITY", {"予約注文", "Preordered"}},
    {"SHIPPED", {"出荷済み", "Shipped"}},
    {"CANCELLED", {"キャンセル済み", "Cancelled"}},
    {"UNFULFILLABLE", {"出荷不可", "Unfulfillable"}},
    {AMAZON_FBA, {"FBA（Amazonが出荷）", "FBA (shipped by Amazon)"}},
};
static const struct setting_choice source_choices[] = {
    {"api", {"注文API（推奨）", "Orders API"}},
    {"report", {"注文レポート", "Order reports"}},
};
static const struct setting_choice extra_number_choices[] = {
    {"spread", {"商品を荷物に割り振って、すべて反映する", "Spread the units over the parcels"}},
    {"first", {"最初の番号だけ反映する", "Send the first number only"}},
    {"refuse", {"反映しないで知らせる", "Do not send, tell me"}},
};
static const struct setting_choice untracked_choices[] = {
    {"feed", {"出荷通知ファイルで反映する", "Send by the shipping file"}},
    {"refuse", {"伝票番号を必須にする", "A number is required"}},
};
static const struct setting_choice ship_by_choices[] = {
    {"api", {"1件ずつ（confirmShipment）", "One by one (confirmShipment)"}},
    {"feed", {"出荷通知ファイル（フィード）", "Shipping file (feed)"}},
};

static const struct mall_setting settings[] = {
    {.key = "client_id",
     .kind = SETTING_TEXT,
     .label = {"クライアントID", "Client ID"},
     .help = {"アプリのLWA認証情報にある amzn1.application-oa2-client.… のID。",
              "From the app's LWA credentials: amzn1.application-oa2-client.…"},
     .required = true,
     .minimum = 1,
     .maximum = 256},
    {.key = "client_secret",
     .kind = SETTING_SECRET,
     .label = {"クライアントシークレット", "Client secret"},
     .help = {"クライアントIDと同じ画面に表示されます。180日で切れます。",
              "Shown with the client ID; ends after 180 days."},
     .required = true,
     .minimum = 1,
     .maximum = 512,
     .credential = "client_secret"},
    {.key = "secret_issued_on",
     .kind = SETTING_DATE,
     .label = {"シークレットの発行日", "Day the secret was issued"},
     .help = {"期限（180日）が近づくと知らせます。", "You are warned before its 180 days end."}},
    {.key = "refresh_token",
     .kind = SETTING_SECRET,
     .label = {"リフレッシュトークン", "Refresh token"},
     .help = {"アプリを自己認証したときに一度だけ表示される Atzr|… の文字列。365日で切れます。",
              "Atzr|…, shown once when the app is authorised; ends after 365 days."},
     .required = true,
     .minimum = 1,
     .maximum = 4096,
     .credential = "refresh_token"},
    {.key = "authorized_on",
     .kind = SETTING_DATE,
     .label = {"認証した日", "Day of the authorisation"},
     .help = {"期限（365日）が近づくと知らせます。Amazonからの通知メールはありません。",
              "You are warned before its 365 days end; Amazon sends no reliable reminder."}},
    {.key = "marketplace_id",
     .kind = SETTING_TEXT,
     .label = {"マーケットプレイスID", "Marketplace ID"},
     .help = {"Amazon.co.jp は A1VC38T7YXB528 です。", "Amazon.co.jp: A1VC38T7YXB528."},
     .default_value = "A1VC38T7YXB528",
     .minimum = 1,
     .maximum = 32},
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
    {.key = "fetch_statuses",
     .kind = SETTING_CHOICES,
     .label = {"Amazon取得ステータス", "Statuses to fetch"},
     .help = {"一覧には全ステータスが記録され、取込だけを絞ります。FBAの注文は「FBA」で選びます。",
              "All are listed, these are imported. FBA orders count as FBA."},
     .default_value = "UNSHIPPED,PARTIALLY_SHIPPED",
     .choices = status_choices,
     .choice_count = LENGTH(status_choices)},
    {.key = "fetch_source",
     .kind = SETTING_CHOICE,
     .label = {"一覧の取得方法", "How orders are listed"},
     .help =
         {"注文APIの呼び出しは3分に1回です。注文が非常に多い場合はレポートを使えます。",
          "The Orders API may be called once in three minutes; reports serve very many orders."},
     .default_value = "api",
     .choices = source_choices,
     .choice_count = LENGTH(source_choices)},
    {.key = "report_after_pages",
     .kind = SETTING_INTEGER,
     .label = {"レポートに切り替えるページ数", "Pages before a report is used"},
     .help =
         {"一覧がこのページ数（1ページ100件）を超えると、残りをレポートで取得します。0は使わない。",
          "Beyond so many pages of 100 the rest is listed by a report; 0 never."},
     .default_value = "15",
     .minimum = 0,
     .maximum = 1000},
    {.key = "without_personal_data",
     .kind = SETTING_FLAG,
     .label = {"購入者・配送先を取得しない", "Fetch without names and addresses"},
     .help = {"アプリに「消費者への直接配送」のロールがない場合にオンにします。",
              "For apps without the role Direct-to-Consumer Shipping."},
     .default_value = "false"},
    {.key = "ship_by",
     .kind = SETTING_CHOICE,
     .label = {"出荷通知の送り方", "How shipments are told"},
     .help = {"フィードは結果が出るまで数分かかります。", "A feed takes minutes to be processed."},
     .default_value = "api",
     .choices = ship_by_choices,
     .choice_count = LENGTH(ship_by_choices)},
    {.key = "untracked",
     .kind = SETTING_CHOICE,
     .label = {"伝票番号なしの出荷", "Parcels without number"},
     .help = {"confirmShipmentには番号が必要なため、番号なしは出荷通知ファイルで送ります。",
              "confirmShipment needs a number; parcels without one go by the shipping file."},
     .default_value = "feed",
     .choices = untracked_choices,
     .choice_count = LENGTH(untracked_choices)},
    {.key = "extra_numbers",
     .kind = SETTING_CHOICE,
     .label = {"伝票番号が複数のとき", "Several tracking numbers"},
     .help = {"Amazonでは荷物ごとに商品と数量が必要です。",
              "Amazon wants items and quantities per parcel."},
     .default_value = "spread",
     .choices = extra_number_choices,
     .choice_count = LENGTH(extra_number_choices)},
    {.key = "ship_method",
     .kind = SETTING_TEXT,
     .label = {"配送方法の文字", "Words for the shipping method"},
     .help = {"出荷通知の「配送方法」に入れる文字（例: 宅急便）。空でも通知できます。",
              "Sent as the shipping method; may be empty."},
     .default_value = "宅配便",
     .minimum = 0,
     .maximum = 60},
    {.key = "auth_base_url",
     .kind = SETTING_URL,
     .label = {"認証サーバー", "Token server"},
     .help = {"通常は変更しません。", "Normally left as it is."},
     .default_value = "https://api.amazon.com"},
};

static const struct mall_credential_kind credentials[] = {
    {.kind = "refresh_token",
     .label = {"Amazonの認証", "Authorisation at Amazon"},
     .lifetime_days = 365,
     .renewed_by_person = true,
     .stops = {"注文の取得と出荷通知がすべて止まります",
               "Fetching and telling shipments both stop"},
     .renewal =
         {"セラーセントラルの「アプリの管理」で再認証し、新しいリフレッシュトークンを登録する",
          "Authorise again in Seller Central and enter the new refresh token"}},
    {.kind = "client_secret",
     .label = {"クライアントシークレット", "Client secret"},
     .lifetime_days = 180,
     .renewed_by_person = true,
     .stops = {"注文の取得と出荷通知がすべて止まります",
               "Fetching and telling shipments both stop"},
     .renewal = {"ソリューションプロバイダーポータルでシークレットを更新し、登録する",
                 "Rotate the secret in the Solution Provider Portal and enter it"}},
};

// amazon.md §16, rounded up: the published plan of each operation.
static const struct mall_rate rates[] = {
    {"searchOrders", 179000, 20, 0},
    {"getOrder", 2010, 30, 0},
    {"confirmShipment", 510, 10, 0},
    {"createReport", 60000, 15, 0},
    {"getReport", 510, 15, 0},
    {"getReportDocument", 60000, 15, 0},
    {"createFeedDocument", 2010, 15, 0},
    {"createFeed", 121000, 15, 0},
    {"getFeed", 510, 15, 0},
    {"getFeeds", 45500, 10, 0},
    {"getFeedDocument", 45500, 10, 0},
    {"getMarketplaceParticipations", 63000, 15, 0},
    {"token", 1000, 10, 0},
    {"storage", 100, 20, 0},
};

// Every change, a new order too, is an update: one basis sees all, and a call costs three minutes.
static const enum date_basis list_bases[] = {DATE_UPDATED};

static const char *const order_no_forms[] = {"999-9999999-9999999", NULL};

static bool is_cancelled(const struct order *order)
{
    return order->state == ORDER_CANCELLED;
}

static struct str order_choice(const struct order *order)
{
    return amazon_status_choice(order->mall_status, str_eq(order->channel, STR("fba")));
}

const struct mall amazon_mall = {
    .id = "amazon",
    .name = {"Amazon", "Amazon"},
    .default_base_url = "https://sellingpartnerapi-fe.amazon.com",
    .settings = settings,
    .setting_count = LENGTH(settings),
    .credentials = credentials,
    .credential_count = LENGTH(credentials),
    .statuses = amazon_statuses,
    .status_count = AMAZON_STATUS_COUNT,
    .mappings = amazon_mappings,
    .mapping_count = AMAZON_MAPPING_COUNT,
    .order_no_forms = order_no_forms,
    .tracking_numbers_max = 1,
    .limits = {.page_max = 100,
               .read_batch = 1,
               .overlap_minutes = 60,
               .rates = rates,
               .rate_count = LENGTH(rates)},
    .listing_has_status = true,
    .list_bases = list_bases,
    .list_basis_count = LENGTH(list_bases),
    .check = amazon_check,
    .list = amazon_list,
    .read = amazon_read,
    .ship = amazon_ship,
    .refresh = amazon_refresh,
    .ship_preflight = amazon_ship_preflight,
    .ship_compare = amazon_ship_compare,
    .is_cancelled = is_cancelled,
    .status_choice = order_choice,
};
