// SPDX-License-Identifier: Apache-2.0
//
// Tables of yahoo.md §10 and §11 and the few functions that read them. Data only: nothing here
// fails, allocates beyond the caller's arena or keeps state. Any thread.
#include "mall/yahoo/codes.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

struct pair {
    const char *code, *text;
};

static struct str find_pair(const struct pair *table, size_t count, struct str code)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(str_from(table[i].code), code))
            return str_from(table[i].text);
    return STR("");
}

// The rows of §7.1 that an order can count as, and the two states that only answers show.
const struct mall_status_choice yahoo_statuses[YAHOO_STATUS_COUNT] = {
    {"new_order", {"新規注文", "New orders"}, true},
    {"processing", {"処理中", "Processing"}, true},
    {"hold", {"保留", "On hold"}, true},
    {"new_reserve", {"新規予約", "New preorders"}, true},
    {"reserve", {"予約中", "Preordered"}, true},
    {"agreement", {"繰上げ同意待ち", "Waiting for agreement to earlier shipping"}, false},
    {"cancel", {"キャンセル", "Cancelled"}, false},
    {"done", {"完了", "Completed"}, false},
};

const struct setting_choice yahoo_cancel_reasons[YAHOO_CANCEL_REASON_COUNT] = {
    {"210", {"欠品", "Out of stock"}},
    {"100", {"キャンセル（お客様都合）", "Cancelled by the buyer"}},
    {"110", {"返品", "Returned"}},
    {"120", {"未入金", "Not paid"}},
    {"130", {"住所不明", "Address unknown"}},
    {"140", {"受け取り拒否", "Refused on delivery"}},
    {"150", {"連絡不通", "Buyer can't be reached"}},
    {"160", {"重複注文", "Ordered twice"}},
    {"170", {"決済審査不可", "Payment refused"}},
    {"180", {"その他（お客様都合）", "Other, buyer's side"}},
    {"200", {"決済方法都合", "Payment method"}},
    {"220", {"販売中止", "No longer sold"}},
    {"230", {"その他（ストア都合・詳細必須）", "Other, store's side (details needed)"}},
};

static char digit_of(int code)
{
    return (code >= 0 && code <= 9) ? (char)('0' + code) : '-';
}

struct str yahoo_compact_status(struct arena *arena, const struct yahoo_state *s)
{
    return arena_printf(arena, "%c/%c/%c", digit_of(s->order), digit_of(s->pay), digit_of(s->ship));
}

static bool code_of(char c, int *code)
{
    *code = (c >= '0' && c <= '9') ? c - '0' : -1;
    return *code >= 0 || c == '-';
}

bool yahoo_compact_parse(struct str text, struct yahoo_state *s)
{
    *s = (struct yahoo_state){.order = -1, .pay = -1, .ship = -1, .settle = -1, .pay_type = -1};
    return text.n == 5 && text.p[1] == '/' && text.p[3] == '/' && code_of(text.p[0], &s->order) &&
           code_of(text.p[2], &s->pay) && code_of(text.p[4], &s->ship);
}

struct str yahoo_status_choice(const struct yahoo_state *s)
{
    switch (s->order) {
    case 1:
        return s->seen ? STR("reserve") : STR("new_reserve");
    case 2:
        return s->seen ? STR("processing") : STR("new_order");
    case 3:
        return STR("hold");
    case 4:
        return STR("cancel");
    case 5:
        return STR("done");
    case 8:
        return STR("agreement");
    default:
        return STR("");
    }
}

struct str yahoo_status_label(const struct yahoo_state *s)
{
    struct str choice = yahoo_status_choice(s);
    if (!str_eq(choice, STR("processing"))) {
        for (size_t i = 0; i < YAHOO_STATUS_COUNT; i++)
            if (str_eq(choice, str_from(yahoo_statuses[i].value)))
                return str_from(yahoo_statuses[i].label.ja);
        return s->order == 0 ? STR("未入力") : STR("不明");
    }
    if (s->ship >= 3)
        return STR("完了待ち");
    if (s->ship == 2)
        return STR("出荷処理中");
    return s->pay == 0 && s->pay_type != 0 ? STR("入金待ち") : STR("出荷待ち");
}

struct str yahoo_update_mark(struct arena *arena, struct str version, struct str last_update,
                             const struct yahoo_state *s)
{
    // Both calls write the time alike as far as known; the instant is what counts.
    char digits[16];
    time_ms at;
    if (time_parse_yahoo(last_update, &at))
        last_update = time_format_yahoo(at, digits);
    return arena_printf(arena, "%.*s/%.*s/%c%c%c%c%c%c", STR_ARG(version), STR_ARG(last_update),
                        digit_of(s->order), s->seen ? 's' : 'n', digit_of(s->pay),
                        digit_of(s->ship), s->read_only ? 'r' : 'o', digit_of(s->fraud));
}

struct str yahoo_hidden_reason(const struct yahoo_state *s)
{
    if (s->fraud == 1 || s->fraud == 3)
        return STR("fraud_hold");
    return s->read_only ? STR("buyer_cancel_window") : STR("");
}

bool yahoo_is_cod(struct str pay_method, int pay_kind)
{
    return pay_kind == 4 || str_eq(pay_method, STR("payment_d1"));
}

struct str yahoo_drop_off_label(struct str code)
{
    static const struct pair places[] = {
        {"0", "対面"}, {"1", "玄関ドア前"}, {"2", "宅配BOX"},    {"3", "ガスメーターBOX"},
        {"4", "物置"}, {"5", "車庫"},       {"6", "自転車かご"}, {"7", "建物内受付"},
    };
    return find_pair(places, LENGTH(places), code);
}

struct str yahoo_cancel_reason_label(struct str code)
{
    static const struct pair reasons[] = {
        {"0", "システムキャンセル"}, {"300", "間違えて注文"},       {"310", "ポイント利用忘れ"},
        {"320", "クーポン忘れ"},     {"330", "他で安い"},           {"340", "送料が高い"},
        {"350", "届け先変更"},       {"360", "配送方法変更"},       {"370", "支払い方法変更"},
        {"380", "カード利用不可"},   {"400", "役務連動キャンセル"},
    };
    for (size_t i = 0; i < YAHOO_CANCEL_REASON_COUNT; i++)
        if (str_eq(str_from(yahoo_cancel_reasons[i].value), code))
            return str_from(yahoo_cancel_reasons[i].label.ja);
    return find_pair(reasons, LENGTH(reasons), code);
}

struct value_label {
    const char *field, *value, *text;
};
static const struct value_label value_labels[] = {
    {"SettleStatus", "1", "決済申込"},
    {"SettleStatus", "2", "支払待ち"},
    {"SettleStatus", "3", "支払完了"},
    {"SettleStatus", "4", "入金待ち"},
    {"SettleStatus", "5", "決済完了"},
    {"SettleStatus", "6", "キャンセル"},
    {"SettleStatus", "7", "返金"},
    {"SettleStatus", "8", "有効期限切れ"},
    {"SettleStatus", "9", "決済申込中"},
    {"SettleStatus", "10", "オーソリエラー"},
    {"SettleStatus", "11", "売上取消"},
    {"SettleStatus", "12", "Suicaアドレスエラー"},
    {"FraudHoldStatus", "1", "審査中"},
    {"FraudHoldStatus", "2", "解除"},
    {"FraudHoldStatus", "3", "悪用確定"},
    {"SocialGiftType", "1", "URL共有"},
    {"SocialGiftType", "2", "ギフト"},
    {"SocialGiftType", "3", "ほしいもの"},
    {"SocialGiftType", "4", "買って応援便リスト"},
    {"Suspect", "1", "悪戯の疑い"},
    {"Suspect", "2", "ストアが解除"},
    {"DeviceType", "1", "PC"},
    {"DeviceType", "2", "ガラケー"},
    {"DeviceType", "3", "スマートフォン"},
    {"DeviceType", "4", "タブレット"},
    {"ArriveType", "1", "きょうつく"},
    {"ArriveType", "2", "あすつく"},
    {"ShipInvoiceNumberEmptyReason", "101", "メーカー直送"},
    {"ShipInvoiceNumberEmptyReason", "102", "発送不要"},
    {"ShipInvoiceNumberEmptyReason", "103", "店頭受取"},
    {"ShipInvoiceNumberEmptyReason", "104", "配送会社から直接連絡"},
    {"ShipInvoiceNumberEmptyReason", "105", "追跡番号なし配送"},
    {"YahooAuctionBidType", "0", "定額"},
    {"YahooAuctionBidType", "1", "競り・即決"},
    {"YahooAuctionBidType", "2", "競り"},
    {"RefundStatus", "1", "要返金"},
    {"RefundStatus", "2", "返金済み"},
    {"CardPayType", "1", "一括"},
    {"CardPayType", "2", "ボーナス"},
    {"CardPayType", "3", "リボ"},
    {"CardPayType", "4", "分割"},
};

struct str yahoo_value_label(struct str field, struct str value)
{
    for (size_t i = 0; i < LENGTH(value_labels); i++)
        if (str_eq(str_from(value_labels[i].field), field) &&
            str_eq(str_from(value_labels[i].value), value))
            return str_from(value_labels[i].text);
    return STR("");
}
