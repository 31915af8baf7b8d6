// SPDX-License-Identifier: Apache-2.0
//
// Rakuten's enumerations (rakuten.md §3, §11); what a company may map is in mappings.c.
#include "mall/rakuten/codes.h"

#define STATUS(value, ja, en, fetched) \
    {                                  \
        value, {ja, en}, fetched       \
    }
const struct mall_status_choice rakuten_statuses[RAKUTEN_STATUS_COUNT] = {
    STATUS("100", "注文確認待ち", "Awaiting confirmation", true),
    STATUS("200", "楽天処理中", "Being processed by Rakuten", true),
    STATUS("300", "発送待ち", "To be shipped", true),
    STATUS("400", "変更確定待ち", "Change awaits settlement", false),
    STATUS("500", "発送済", "Shipped", false),
    STATUS("600", "支払手続き中", "Payout in progress", false),
    STATUS("700", "支払手続き済", "Paid out", false),
    STATUS("800", "キャンセル確定待ち", "Cancel requested", false),
    STATUS("900", "キャンセル確定", "Cancelled", false),
};
const struct setting_choice rakuten_status_settings[RAKUTEN_STATUS_COUNT] = {
    {"100", {"注文確認待ち", "Awaiting confirmation"}},
    {"200", {"楽天処理中", "Being processed by Rakuten"}},
    {"300", {"発送待ち", "To be shipped"}},
    {"400", {"変更確定待ち", "Change awaits settlement"}},
    {"500", {"発送済", "Shipped"}},
    {"600", {"支払手続き中", "Payout in progress"}},
    {"700", {"支払手続き済", "Paid out"}},
    {"800", {"キャンセル確定待ち", "Cancel requested"}},
    {"900", {"キャンセル確定", "Cancelled"}},
};

const struct setting_choice rakuten_cancel_reasons[RAKUTEN_REASON_COUNT] = {
    {"1", {"お客様都合: キャンセル", "Buyer: cancelled"}},
    {"2", {"お客様都合: 受取後の返品", "Buyer: returned after receipt"}},
    {"3", {"お客様都合: 長期不在による受取拒否", "Buyer: long absence"}},
    {"4", {"お客様都合: 未入金", "Buyer: not paid"}},
    {"5", {"お客様都合: 代引決済の受取拒否", "Buyer: refused cash on delivery"}},
    {"6", {"お客様都合: その他", "Buyer: other"}},
    {"8", {"店舗様都合: 欠品", "Shop: out of stock"}},
    {"10", {"店舗様都合: その他", "Shop: other"}},
    {"13", {"店舗様都合: 発送遅延", "Shop: late shipment"}},
    {"14", {"店舗様都合: 顧客・配送対応注意表示", "Shop: caution notice"}},
    {"15", {"店舗様都合: 返品（破損・品間違い）", "Shop: damaged or wrong goods returned"}},
};

struct named {
    int code;
    const char *name;
};

static const char *name_of(const struct named *list, size_t count, int64_t code)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].code == code)
            return list[i].name;
    return NULL;
}
#define NAME_OF(list, code) name_of(list, sizeof(list) / sizeof(list)[0], code)

const char *rakuten_status_name(int64_t progress)
{
    if (progress < 100 || progress > 900 || progress % 100 != 0)
        return NULL;
    return rakuten_statuses[progress / 100 - 1].label.ja;
}

const char *rakuten_reason_name(int64_t code)
{
    static const struct named names[] = {
        {1, "キャンセル"},
        {2, "受取後の返品"},
        {3, "長期不在による受取拒否"},
        {4, "未入金"},
        {5, "代引決済の受取拒否"},
        {6, "その他(お客様都合)"},
        {8, "欠品"},
        {10, "その他(店舗様都合)"},
        {13, "発送遅延"},
        {14, "顧客・配送対応注意表示"},
        {15, "返品(破損・品間違い)"},
        {16, "受取情報入力期限切れ"},
    };
    return NAME_OF(names, code);
}

const char *rakuten_change_name(int64_t change_type)
{
    static const struct named names[] = {
        {0, "キャンセル申請"}, {1, "キャンセル確定"}, {2, "キャンセル完了"}, {3, "キャンセル取消"},
        {4, "変更申請"},       {5, "変更確定"},       {6, "変更完了"},       {7, "変更取消"},
        {8, "注文確認"},       {9, "再決済手続き"},
    };
    return NAME_OF(names, change_type);
}

const char *rakuten_card_pay_name(int64_t type)
{
    static const struct named names[] = {
        {0, "一括"}, {1, "リボ"}, {2, "分割"}, {3, "その他"}, {4, "ボーナス一括"},
    };
    return NAME_OF(names, type);
}

const char *rakuten_order_type_name(int64_t type)
{
    static const struct named names[] = {
        {1, "通常購入"}, {4, "定期購入"}, {5, "頒布会"}, {6, "予約商品"}};
    return NAME_OF(names, type);
}

const char *rakuten_caution_name(int64_t detail)
{
    static const struct named names[] = {
        {101, "前払い未払い"},
        {102, "受取拒否"},
        {103, "長期不在による受取拒否"},
        {104, "開梱後の返品"},
        {105, "高いサービスレベルの要望"},
    };
    return NAME_OF(names, detail);
}

const char *rakuten_device_name(int64_t carrier_code)
{
    static const struct named names[] = {
        {0, "パソコン"},
        {1, "docomo携帯"},
        {2, "au携帯"},
        {3, "SoftBank携帯"},
        {5, "WILLCOM"},
        {11, "iPhone"},
        {12, "Androidスマートフォン"},
        {19, "その他スマートフォン"},
        {21, "iPad"},
        {22, "Androidタブレット"},
        {29, "その他タブレット"},
        {99, "その他"},
    };
    return NAME_OF(names, carrier_code);
}

const char *rakuten_store_chain_name(int64_t cvs_code)
{
    static const struct named names[] = {
        {1, "ファミリーマート"},
        {20, "ミニストップ"},
        {40, "サークルK"},
        {41, "サンクス"},
        {50, "ローソン"},
        {60, "郵便局"},
        {70, "スリーエフ"},
        {71, "エブリワン"},
        {72, "ココストア"},
        {74, "セーブオン"},
        {80, "デイリーヤマザキ"},
        {81, "ヤマザキデイリーストア"},
        {82, "ニューヤマザキデイリーストア"},
        {85, "ニューデイズ"},
        {90, "ポプラ"},
        {91, "くらしハウス"},
        {92, "スリーエイト"},
        {93, "生活彩家"},
    };
    return NAME_OF(names, cvs_code);
}

int rakuten_instalments(struct str description)
{
    static const int known[] = {3, 5, 6, 10, 12, 15, 18, 20, 24};
    int64_t code;
    if (!str_to_int64(str_trim(description), &code))
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (code == 100 + known[i])
            return known[i];
    return 0;
}
