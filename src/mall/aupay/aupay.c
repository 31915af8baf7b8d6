// SPDX-License-Identifier: Apache-2.0
//
// au PAY マーケット as data: settings, credentials, limits, and the table of its operations.
// Invariants: what a shop has to type in is declared here once; screens, checks and storage follow.
#include "mall/aupay/aupay.h"

#include "mall/aupay/internal.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const struct setting_choice status_choices[] = {
    {"新規受付", {"新規受付", "New"}},
    {"新規予約", {"新規予約", "New preorders"}},
    {"予約中", {"予約中", "Preordered"}},
    {"発送前入金待ち", {"発送前入金待ち", "Waiting for payment"}},
    {"与信待ち", {"与信待ち", "Waiting for authorisation"}},
    {"発送待ち", {"発送待ち", "To be shipped"}},
    {"発送後入金待ち", {"発送後入金待ち", "Shipped, payment later"}},
    {"完了", {"完了", "Completed"}},
    {"保留", {"保留", "On hold"}},
    {"キャンセル", {"キャンセル", "Cancelled"}},
    {"キャンセル受付中", {"キャンセル受付中", "Cancellation being accepted"}},
    {"不正取引審査中", {"不正取引審査中", "Fraud review"}},
    {"審査保留", {"審査保留", "Review held"}},
    {"審査NG", {"審査NG", "Review refused"}},
    {AUPAY_ANY_CUSTOM, {"独自ステータス（店舗で登録した名前）", "The shop's own statuses"}},
};
static const struct setting_choice ship_targets[] = {
    {"完了", {"発送情報＋完了", "Shipped and completed"}},
    {"発送後入金待ち", {"発送情報＋発送後入金待ち", "Shipped, payment later"}},
    {"data_only", {"発送情報のみ（ステータスは変えない）", "Shipping data only"}},
    {"custom", {"発送情報＋独自ステータス", "Shipped, a status of the shop's own"}},
};
static const struct setting_choice untracked_choices[] = {
    {"require", {"伝票番号を必須にする", "A number is required"}},
    {"send", {"発送日と配送業者だけ反映する", "Send date and carrier only"}},
};
static const struct setting_choice cancel_reasons[] = {
    {"9", {"在庫切れ・欠品（コメント付き）", "Out of stock (with a comment)"}},
};

static const struct mall_setting settings[] = {
    {.key = "shop_id",
     .kind = SETTING_TEXT,
     .label = {"ショップID（会員ID）", "Shop ID"},
     .help = {"Wow! managerのショップID。数字8桁です。", "The shop's number in Wow! manager."},
     .required = true,
     .minimum = 1,
     .maximum = 20},
    {.key = "api_key",
     .kind = SETTING_SECRET,
     .label = {"APIキー", "API key"},
     .help = {"Wow! manager「各種お申し込み＞API利用申請」で発行します。発行から90日で切れます。",
              "Issued in Wow! manager, API application; ends 90 days after its issue."},
     .required = true,
     .minimum = 1,
     .maximum = 256,
     .credential = "api_key"},
    {.key = "api_key_expires_on",
     .kind = SETTING_DATE,
     .label = {"APIキーの有効期限", "Expiry of the API key"},
     .help = {"Wow! managerでキーの横に表示される日付。キーを更新したら、日付も更新してください。",
              "The date beside the key in Wow! manager; enter it with every new key."},
     .required = true},
    {.key = "fetch_statuses",
     .kind = SETTING_CHOICES,
     .label = {"au PAY取得ステータス", "Statuses to fetch"},
     .help = {"Wow! managerの受注ステータス。一覧には全ステータスが記録され、取込だけを絞ります。",
              "Order statuses of Wow! manager; all are listed, these are imported."},
     .default_value = "新規受付,新規予約,予約中,発送前入金待ち,与信待ち,発送待ち,発送後入金待ち,"
                      "保留,キャンセル受付中,不正取引審査中,審査保留," AUPAY_ANY_CUSTOM,
     .choices = status_choices,
     .choice_count = LENGTH(status_choices)},
    {.key = "fetch_custom_statuses",
     .kind = SETTING_TEXT,
     .label = {"取得する独自ステータス名", "Own statuses to fetch"},
     .help = {"店舗で登録したステータス名をカンマ区切りで。空欄なら独自ステータスをすべて取り込みま"
              "す。",
              "Names that the shop registered, separated by commas; empty: all of them."},
     .minimum = 0,
     .maximum = 1000},
    {.key = "accept_after_fetch",
     .kind = SETTING_FLAG,
     .label = {"取込後に「新規受付」から進める", "Move imported orders out of 新規受付"},
     .help = {"取り込んだ注文を「発送待ち」（前払いは「発送前入金待ち」、予約は「予約中」）にします"
              "。",
              "Sets imported orders to 発送待ち (prepaid: 発送前入金待ち, preorders: 予約中)."},
     .default_value = "false"},
    {.key = "after_ship_status",
     .kind = SETTING_CHOICE,
     .label = {"発送情報を反映した後のステータス", "Status after a shipment"},
     .help =
         {"発送日・配送業者・伝票番号を登録した後に設定するステータス。紐付け設定が優先します。",
          "Set after date, carrier and number; the link of a status wins over it."},
     .default_value = "完了",
     .choices = ship_targets,
     .choice_count = LENGTH(ship_targets)},
    {.key = "after_ship_custom_status",
     .kind = SETTING_TEXT,
     .label = {"発送後の独自ステータス名", "Own status after a shipment"},
     .help = {"「独自ステータス」を選んだときに設定する、店舗で登録した名前。",
              "The name that the shop registered, for the choice “own status”."},
     .minimum = 0,
     .maximum = 32},
    {.key = "untracked",
     .kind = SETTING_CHOICE,
     .label = {"伝票番号のない出荷", "Shipments without a number"},
     .help = {"普通郵便など追跡番号のない配送の扱い。", "Services without tracking."},
     .default_value = "require",
     .choices = untracked_choices,
     .choice_count = LENGTH(untracked_choices)},
    {.key = "csv_control_type",
     .kind = SETTING_TEXT,
     .label = {"アップロードCSVのcontrolType", "controlType of upload files"},
     .help = {"受注データCSVの更新を表す値。通常は変更しません。",
              "What means “update” in an order CSV. Normally left as it is."},
     .default_value = "U",
     .minimum = 0,
     .maximum = 8},
};

static const struct mall_credential_kind credentials[] = {
    {.kind = "api_key",
     .label = {"au PAY マーケットのAPIキー", "au PAY Market's API key"},
     .lifetime_days = AUPAY_KEY_DAYS,
     .renewed_by_person = true,
     .stops = {"注文の取得と出荷の反映がすべて止まります",
               "Fetching and telling shipments both stop"},
     .renewal = {"Wow! manager「各種お申し込み＞API利用申請」で再発行し、キーと期限を登録する",
                 "Reissue it in Wow! manager (API application) and enter key and expiry"}},
};

// No limit is known (aupay.md §1): one call after the other, at most one a second.
static const struct mall_rate rates[] = {{"order", 1100, 1, 0}};

// By payment as well: an order that a status filter left out comes back when it is paid.
static const enum date_basis list_bases[] = {DATE_ORDERED, DATE_PAID};

static bool validate(const struct mall_account *given, struct error *error)
{
    struct str id = account_setting(given, "shop_id");
    for (size_t i = 0; i < id.n; i++) {
        if (id.p[i] >= '0' && id.p[i] <= '9')
            continue;
        error_set(error, ERROR_BAD_INPUT, "aupay.shop_id_form",
                  "ショップIDは数字だけで入力してください。", "A shop ID is made of digits.");
        error_hint(error, "Wow! managerの右上に表示される8桁の番号です。",
                   "The eight digits shown in Wow! manager.");
        return error_subject(error, "shop_id");
    }
    return true;
}

static struct str status_choice(const struct order *order)
{
    return order->mall_status;
}

// The statuses are an open set: a name that isn't built in goes by 独自ステータス, and by the names
// typed for it.
static bool takes_status(const struct mall_account *given, struct str choice)
{
    struct mall_account account = *given;
    account.mall = &aupay_mall;
    if (aupay_status_of(choice) < AUPAY_BUILT_IN_COUNT)
        return account_has_choice(&account, "fetch_statuses", choice);
    if (!account_has_choice(&account, "fetch_statuses", STR(AUPAY_ANY_CUSTOM)))
        return account_has_choice(&account, "fetch_custom_statuses", choice);
    return str_is_empty(str_trim(account_setting(&account, "fetch_custom_statuses"))) ||
           account_has_choice(&account, "fetch_custom_statuses", choice);
}

const struct mall aupay_mall = {
    .id = "aupay",
    .name = {"au PAY マーケット", "au PAY Market"},
    .default_base_url = "https://api.manager.wowma.jp",
    .settings = settings,
    .setting_count = LENGTH(settings),
    .credentials = credentials,
    .credential_count = LENGTH(credentials),
    .statuses = aupay_statuses,
    .status_count = AUPAY_STATUS_COUNT,
    .cancel_reasons = cancel_reasons,
    .cancel_reason_count = LENGTH(cancel_reasons),
    .ship_targets = ship_targets,
    .ship_target_count = LENGTH(ship_targets),
    .mappings = aupay_mappings,
    .mapping_count = AUPAY_MAPPING_COUNT,
    .tracking_numbers_max = 1,
    .limits = {.page_max = 500,
               .read_batch = 1,
               .overlap_minutes = 3 * 24 * 60,
               .rates = rates,
               .rate_count = LENGTH(rates)},
    .listing_has_status = true,
    .list_bases = list_bases,
    .list_basis_count = LENGTH(list_bases),
    .validate = validate,
    .check = aupay_check,
    .list = aupay_list,
    .read = aupay_read,
    .accept = aupay_accept,
    .ship = aupay_ship,
    .cancel = aupay_cancel,
    .refresh = aupay_refresh,
    .ship_preflight = aupay_ship_preflight,
    .ship_compare = aupay_ship_compare,
    .is_accepted = aupay_is_accepted,
    .is_cancelled = aupay_is_cancelled,
    .status_choice = status_choice,
    .takes_status = takes_status,
    .accept_when_stored = "accept_after_fetch",
};
