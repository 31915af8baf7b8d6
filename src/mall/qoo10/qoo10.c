// SPDX-License-Identifier: Apache-2.0
//
// Qoo10.jp as data: settings, credentials, limits, and the table of its operations. Facts:
// qoo10.md; words: what QSM and the people who use it call things.
#include "mall/qoo10/qoo10.h"

#include "mall/qoo10/internal.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const struct setting_choice delay_reasons[] = {
    {"none", {"なし", "None"}},
    {"1", {"商品準備中", "Goods in preparation"}},
    {"2", {"注文製作(オーダーメイド)", "Made to order"}},
    {"3", {"顧客の要求", "The customer's wish"}},
    {"4", {"その他", "Other"}},
};
static const struct setting_choice extra_number_choices[] = {
    {"first", {"最初の1つを反映する", "Send the first"}},
    {"refuse", {"反映しないで知らせる", "Do not send, tell me"}},
};

static const struct mall_setting settings[] = {
    {.key = "certification_key",
     .kind = SETTING_SECRET,
     .label = {"販売者認証キー", "Certification key"},
     .help = {"Qoo10のAPI用の販売者認証キー(SAK)。下のAPIキー・ID・パスワードを登録すれば、自動で"
              "発行します。",
              "The seller's key for QAPI (SAK). It is made by itself when API key, ID and password "
              "below are given."},
     .minimum = 8,
     .maximum = 4096,
     .credential = "certification_key"},
    {.key = "certification_key_issued_on",
     .kind = SETTING_DATE,
     .label = {"販売者認証キーの発行日", "Day on which the key was issued"},
     .help = {"期限(発行から1年)の計算に使います。自動で発行したときは自動で入ります。",
              "For its year; filled in by itself when the key is made here."}},
    {.key = "qapi_key",
     .kind = SETTING_SECRET,
     .label = {"APIキー", "API key"},
     .help = {"QSM「Qoo10へのお問い合わせ > システム > API・FTP・QSM権限」で申請して届くキー。",
              "Applied for in QSM under API, FTP and QSM rights."},
     .minimum = 4,
     .maximum = 4096},
    {.key = "qsm_user_id",
     .kind = SETTING_TEXT,
     .label = {"QSMログインID(販売店ID)", "QSM login ID"},
     .help = {"QSMにログインするときのID。", "The ID with which you log in to QSM."},
     .maximum = 100},
    {.key = "qsm_password",
     .kind = SETTING_SECRET,
     .label = {"QSMパスワード", "QSM password"},
     .help = {"販売者認証キーの発行だけに使います。キーを直接登録するなら不要です。",
              "Used for making the key only; not needed when the key is entered."},
     .minimum = 1,
     .maximum = 200},
    {.key = "fetch_statuses",
     .kind = SETTING_CHOICES,
     .label = {"Qoo10取得ステータス", "Statuses to fetch"},
     .help =
         {"発送予定日を登録すると「新規受付」から「配送準備」に移るため、両方を選んでください。選ば"
          "ないステータスの注文も番号は記録されます。",
          "A planned ship date moves an order from “new” to “in preparation”: tick both. "
          "Numbers of the others are still recorded."},
     .required = true,
     .default_value = "2,3",
     .choices = qoo10_status_settings,
     .choice_count = QOO10_STATUS_COUNT},
    {.key = "confirm_after_fetch",
     .kind = SETTING_FLAG,
     .label = {"取込後に発注確認する(発送予定日を登録)", "Confirm imported orders"},
     .help =
         {"取り込んだ注文に発送予定日を登録し、「新規受付」から「配送準備」へ移します(元には戻せま"
          "せん)。「新規受付」だけを取得する他のツールからは見えなくなります。",
          "Enters a planned ship date, which moves imported orders out of “new”, one way. Tools "
          "that fetch “new” only don't see them any more."},
     .default_value = "false"},
    {.key = "planned_ship_days",
     .kind = SETTING_INTEGER,
     .label = {"発送予定日までの日数", "Days until the planned ship date"},
     .help = {"発注確認で登録する発送予定日(決済日からの日数)。過ぎているときは今日になります。",
              "Counted from the payment; today if that has passed."},
     .default_value = "3",
     .minimum = 0,
     .maximum = 90},
    {.key = "planned_ship_reason",
     .kind = SETTING_CHOICE,
     .label = {"発送予定日の理由", "Reason for the planned date"},
     .help = {"発注確認でQoo10に送る遅延理由。", "Sent with the planned ship date."},
     .default_value = "none",
     .choices = delay_reasons,
     .choice_count = LENGTH(delay_reasons)},
    {.key = "confirm_before_ship",
     .kind = SETTING_FLAG,
     .label = {"発送の反映前に発注確認する", "Confirm before telling a shipment"},
     .help = {"まだ「新規受付」の注文は、発送予定日を登録してから送り状番号を反映します。",
              "Orders that are still “new” are confirmed before their number is told."},
     .default_value = "true"},
    {.key = "extra_numbers",
     .kind = SETTING_CHOICE,
     .label = {"伝票番号が2つ以上のとき", "More than one tracking number"},
     .help =
         {"Qoo10の注文番号1件に登録できる送り状番号は1つです。出荷日は送れません(Qoo10では反映し"
          "た日が発送日になります)。",
          "An order number of Qoo10 takes one. No ship date can be sent: Qoo10 takes the day of "
          "the notice."},
     .default_value = "first",
     .choices = extra_number_choices,
     .choice_count = LENGTH(extra_number_choices)},
    {.key = "claim_search",
     .kind = SETTING_TEXT,
     .label = {"キャンセル一覧の検索方法", "How claims are searched"},
     .help = {"Qoo10の応答から自動的に記録します。", "Recorded from Qoo10's answers."},
     .written_by_connector = true},
};

static const struct mall_credential_kind credentials[] = {
    {.kind = "certification_key",
     .label = {"Qoo10の販売者認証キー", "Qoo10's certification key"},
     .lifetime_days = QOO10_KEY_DAYS,
     .renewed_by_person = true,
     .stops = {"注文の取得と発送の反映がすべて止まります",
               "Fetching and telling shipments both stop"},
     .renewal = {"APIキー・ID・パスワードで新しいキーを発行し(登録済みなら自動)、登録する",
                 "Make a new one with API key, ID and password (by itself if they are entered)"}},
};

static const struct mall_rate rates[] = {{QOO10_RATE_FAMILY, 300, 1, 0}};

// An unpaid order becomes a new one when it is paid, and a cancelled one leaves the lists: neither
// shows in a window of recent order dates.
static const enum date_basis list_bases[] = {DATE_ORDERED, DATE_PAID, DATE_CLAIMED};

bool qoo10_validate(const struct mall_account *given, struct error *error)
{
    struct mall_account account = *given;
    account.mall = &qoo10_mall;
    bool key = account_setting(&account, "certification_key").n > 0;
    if (key || qoo10_can_make_key(&account))
        return true;
    const char *const parts[] = {"qapi_key", "qsm_user_id", "qsm_password"};
    const char *missing = "certification_key";
    bool any = false;
    for (size_t i = 0; i < LENGTH(parts); i++)
        any = any || account_setting(&account, parts[i]).n > 0;
    for (size_t i = LENGTH(parts); any && i > 0; i--)
        if (account_setting(&account, parts[i - 1]).n == 0)
            missing = parts[i - 1];
    error_set(error, ERROR_BAD_INPUT, "qoo10.key_missing",
              "Qoo10の販売者認証キーが登録されていません。",
              "There is no certification key of Qoo10.");
    error_hint(
        error,
        "販売者認証キーを登録するか、APIキー・QSMのID・パスワードを3つとも登録してください。",
        "Enter the certification key, or all of API key, QSM ID and password.");
    return error_subject(error, "%s", missing);
}

const struct mall qoo10_mall = {
    .id = "qoo10",
    .name = {"Qoo10", "Qoo10"},
    .default_base_url = "https://api.qoo10.jp",
    .settings = settings,
    .setting_count = LENGTH(settings),
    .credentials = credentials,
    .credential_count = LENGTH(credentials),
    .statuses = qoo10_statuses,
    .status_count = QOO10_STATUS_COUNT,
    .cancel_reasons = qoo10_cancel_reasons,
    .cancel_reason_count = QOO10_CANCEL_REASON_COUNT,
    .mappings = qoo10_mappings,
    .mapping_count = QOO10_MAPPING_COUNT,
    .tracking_numbers_max = 1,
    .limits = {.window_days_max = 30,
               .reach_days = QOO10_REACH_DAYS,
               .overlap_minutes = 60,
               .rates = rates,
               .rate_count = LENGTH(rates)},
    .listing_has_status = true,
    .reads_by_time = true,
    .list_bases = list_bases,
    .list_basis_count = LENGTH(list_bases),
    .validate = qoo10_validate,
    .check = qoo10_check,
    .list = qoo10_list,
    .read = qoo10_read,
    .accept = qoo10_accept,
    .ship = qoo10_ship,
    .cancel = qoo10_cancel,
    .refresh = qoo10_refresh,
    .ship_preflight = qoo10_ship_preflight,
    .ship_compare = qoo10_ship_compare,
    .is_accepted = qoo10_is_accepted,
    .is_cancelled = qoo10_is_cancelled,
    .status_choice = qoo10_order_choice,
    .accept_when_stored = "confirm_after_fetch",
    .accept_caution =
        {"発送予定日が登録され、Qoo10の注文は「新規受付」から「配送準備」に移ります。「新規受付"
         "」だけを取得する他のツールからは見えなくなり、元には戻せません。",
         "A planned ship date moves the order from “new” to “in preparation” at "
         "Qoo10. Tools that fetch “new” only don't see it any more; it can't be undone."},
};
