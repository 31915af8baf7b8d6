// SPDX-License-Identifier: Apache-2.0
//
// Carriers and their tracking numbers (carriers.md §6, §8). Constant data; any thread.
#include "order/carrier.h"

#include "text/fold.h"

static const struct carrier list[] = {
    {"yamato", "ヤマト運輸", "Yamato Transport",
     "https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id=%s"},
    {"sagawa", "佐川急便", "Sagawa Express",
     "https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo=%s"},
    {"japan_post", "日本郵便", "Japan Post",
     "https://trackings.post.japanpost.jp/services/srv/search/"
     "direct?searchKind=S002&locale=ja&reqCodeNo1=%s"},
    {"seino", "西濃運輸", "Seino Transportation",
     "https://track.seino.co.jp/cgi-bin/gnpquery.pgm?GNPNO1=%s"},
    {"seino_super", "セイノースーパーエクスプレス", "Seino Super Express", NULL},
    {"fukuyama", "福山通運", "Fukuyama Transporting",
     "https://corp.fukutsu.co.jp/situation/tracking_no_hunt/%s"},
    {"meitetsu", "名鉄運輸", "Meitetsu Transport", NULL},
    {"meitetsu_nx", "名鉄NX運輸", "Meitetsu NX Transport", NULL},
    {"tonami", "トナミ運輸", "Tonami Transportation", NULL},
    {"daiichi", "第一貨物", "Daiichi Kamotsu", NULL},
    {"niigata", "新潟運輸", "Niigata Unyu", NULL},
    {"chuetsu", "中越運送", "Chuetsu Transport", NULL},
    {"okayama", "岡山県貨物運送", "Okayamaken Freight", NULL},
    {"kurume", "久留米運送", "Kurume Transport", NULL},
    {"sanyo", "山陽自動車運送", "Sanyo Jidosha Unso", NULL},
    {"nx_transport", "NXトランスポート", "NX Transport", NULL},
    {"ecohai", "エコ配", "Ecohai", NULL},
    {"kuroneko_yupacket", "クロネコゆうパケット", "Kuroneko Yu-Packet",
     "https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id=%s"},
    {"rakuten_express", "Rakuten EXPRESS", "Rakuten EXPRESS", NULL},
    {"jp_logistics", "JPロジスティクス", "JP Logistics", NULL},
    {"magical_move", "MagicalMove", "MagicalMove", NULL},
    {"askul", "ASKUL LOGIST", "ASKUL LOGIST", NULL},
    {"nittsu", "日本通運", "Nippon Express", NULL},
    {"ems", "EMS", "EMS",
     "https://trackings.post.japanpost.jp/services/srv/search/"
     "direct?searchKind=S002&locale=ja&reqCodeNo1=%s"},
    {"dhl", "DHL", "DHL", NULL},
    {"fedex", "FedEx", "FedEx", NULL},
    {"ups", "UPS", "UPS", NULL},
    {"tnt", "TNT", "TNT", NULL},
    {"ocs", "OCS", "OCS", NULL},
    {"usps", "USPS", "USPS", NULL},
    {"sf_express", "SFエクスプレス", "SF Express", NULL},
    {"aramex", "Aramex", "Aramex", NULL},
    {"sgh_global", "SGHグローバル・ジャパン", "SGH Global Japan", NULL},
    {"store_pickup", "店頭受け取り", "Pickup in the store", NULL},
    {"other", "その他", "Other", NULL},
};

#define LIST_COUNT (sizeof list / sizeof list[0])

// Words by which people and malls mean a carrier; the first that the text holds wins, so longer
// names stand before names they contain. Folded at comparison.
static const struct {
    const char *word, *code;
} words[] = {
    {"クロネコゆうパケット", "kuroneko_yupacket"},
    {"ネコポス", "yamato"},
    {"ヤマト", "yamato"},
    {"クロネコ", "yamato"},
    {"yamato", "yamato"},
    {"宅急便", "yamato"},
    {"佐川", "sagawa"},
    {"飛脚", "sagawa"},
    {"sagawa", "sagawa"},
    {"セイノースーパー", "seino_super"},
    {"西武運輸", "seino_super"},
    {"西部運輸", "seino_super"},
    {"西濃", "seino"},
    {"カンガルー", "seino"},
    {"seino", "seino"},
    {"福山", "fukuyama"},
    {"fukuyama", "fukuyama"},
    {"名鉄nx", "meitetsu_nx"},
    {"名鉄", "meitetsu"},
    {"トナミ", "tonami"},
    {"第一貨物", "daiichi"},
    {"新潟運輸", "niigata"},
    {"中越", "chuetsu"},
    {"岡山県貨物", "okayama"},
    {"久留米", "kurume"},
    {"山陽自動車", "sanyo"},
    {"nxトランスポート", "nx_transport"},
    {"日本トラック", "nx_transport"},
    {"日通トランスポート", "nx_transport"},
    {"エコ配", "ecohai"},
    {"jpロジスティクス", "jp_logistics"},
    {"トールエクスプレス", "jp_logistics"},
    {"rakuten express", "rakuten_express"},
    {"magicalmove", "magical_move"},
    {"askul", "askul"},
    {"日本通運", "nittsu"},
    {"日通", "nittsu"},
    {"nippon express", "nittsu"},
    {"nipponexpress", "nittsu"},
    {"nittsu", "nittsu"},
    {"国際スピード郵便", "ems"},
    {"日本郵便", "japan_post"},
    {"郵便局", "japan_post"},
    {"ゆうパック", "japan_post"},
    {"ゆうパケット", "japan_post"},
    {"ポスパケット", "japan_post"},
    {"クリックポスト", "japan_post"},
    {"レターパック", "japan_post"},
    {"スマートレター", "japan_post"},
    {"ゆうメール", "japan_post"},
    {"定形外", "japan_post"},
    {"普通郵便", "japan_post"},
    {"書留", "japan_post"},
    {"japan post", "japan_post"},
    {"japanpost", "japan_post"},
    {"dhl", "dhl"},
    {"fedex", "fedex"},
    {"フェデックス", "fedex"},
    {"usps", "usps"},
    {"ups", "ups"},
    {"tnt", "tnt"},
    {"ocs", "ocs"},
    {"sfエクスプレス", "sf_express"},
    {"sf express", "sf_express"},
    {"aramex", "aramex"},
    {"sgh", "sgh_global"},
    {"店頭受", "store_pickup"},
    {"受取店舗", "store_pickup"},
    {"ems", "ems"},
    {"その他", "other"},
};

const struct carrier *carriers(size_t *count)
{
    *count = LIST_COUNT;
    return list;
}

const struct carrier *carrier_by_code(struct str code)
{
    for (size_t i = 0; i < LIST_COUNT; i++)
        if (str_eq(str_from(list[i].code), code))
            return &list[i];
    return NULL;
}

const struct carrier *carrier_from_text(struct str text)
{
    AUTO_BUF folded = buf_make(4096);
    AUTO_BUF word = buf_make(4096);
    const struct carrier *c = carrier_by_code(text);
    if (c)
        return c;
    fold_search(str_utf8_cut(text, 512), &folded);
    for (size_t i = 0; i < LIST_COUNT && !c; i++) {
        buf_reset(&word);
        fold_search(str_from(list[i].name_ja), &word);
        if (!word.failed && str_eq(buf_str(&word), buf_str(&folded)))
            c = &list[i];
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !c; i++) {
        buf_reset(&word);
        fold_search(str_from(words[i].word), &word);
        if (!folded.failed && !word.failed && str_find(buf_str(&folded), buf_str(&word)) >= 0)
            c = carrier_by_code(str_from(words[i].code));
    }
    return c;
}

struct str tracking_number_normalise(struct arena *arena, struct str text)
{
    // Folding makes every hyphen '-', every blank ' ', letters lower case.
    struct str folded = fold_search_dup(arena, text);
    char *out = arena_alloc(arena, folded.n);
    size_t n = 0;
    if (!out || folded.n == 0)
        return STR("");
    for (size_t i = 0; i < folded.n; i++) {
        char c = folded.p[i];
        if (c == ' ' || c == '-')
            continue;
        out[n++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
    return str_make(out, n);
}

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

// Seven check: the number without its last digit, modulo 7, is the last digit.
static bool seven_check(struct str s)
{
    int rest = 0;
    for (size_t i = 0; i + 1 < s.n; i++)
        rest = (rest * 10 + (s.p[i] - '0')) % 7;
    return rest == s.p[s.n - 1] - '0';
}

static enum tracking_check check_seven(struct str s)
{
    return seven_check(s) ? TRACKING_OK : TRACKING_BAD_DIGIT;
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

// UPU S10: two letters, eight digits, check digit, country.
static enum tracking_check check_international(struct str s)
{
    static const int weights[] = {8, 6, 4, 2, 3, 5, 9, 7};
    int sum = 0;
    if (s.n != 13)
        return TRACKING_BAD_LENGTH;
    if (!is_letter(s.p[0]) || !is_letter(s.p[1]) || !is_letter(s.p[11]) || !is_letter(s.p[12]) ||
        !all_digits(str_slice(s, 2, 11)))
        return TRACKING_BAD_CHARACTER;
    for (int i = 0; i < 8; i++)
        sum += weights[i] * (s.p[2 + i] - '0');
    int check = 11 - sum % 11;
    check = check == 10 ? 0 : check == 11 ? 5 : check;
    return check == s.p[10] - '0' ? TRACKING_OK : TRACKING_BAD_DIGIT;
}

static enum tracking_check check_japan_post(struct str s)
{
    if (s.n == 13 && is_letter(s.p[0]))
        return check_international(s);
    if (!all_digits(s))
        return TRACKING_BAD_CHARACTER;
    if (s.n == 13)
        return TRACKING_OK;
    return s.n == 11 || s.n == 12 ? check_seven(s) : TRACKING_BAD_LENGTH;
}

static enum tracking_check check_ups(struct str s)
{
    if (s.n != 18)
        return TRACKING_BAD_LENGTH;
    return str_starts(s, STR("1Z")) ? TRACKING_OK : TRACKING_BAD_CHARACTER;
}

static enum tracking_check check_digits(struct str s, size_t least, size_t most)
{
    if (!all_digits(s))
        return TRACKING_BAD_CHARACTER;
    return s.n < least || s.n > most ? TRACKING_BAD_LENGTH : check_seven(s);
}

enum tracking_check tracking_number_check(struct str carrier_code, struct str number)
{
    if (number.n == 0)
        return TRACKING_BAD_LENGTH;
    if (str_eq(carrier_code, STR("yamato")))
        return check_digits(number, 12, 12);
    if (str_eq(carrier_code, STR("sagawa")))
        return number.n == 10 ? check_digits(number, 10, 10) : check_digits(number, 12, 12);
    if (str_eq(carrier_code, STR("japan_post")))
        return check_japan_post(number);
    if (str_eq(carrier_code, STR("ems")))
        return check_international(number);
    if (str_eq(carrier_code, STR("ups")))
        return check_ups(number);
    if (str_eq(carrier_code, STR("seino")))
        return check_digits(number, 10, 10);
    if (str_eq(carrier_code, STR("fukuyama")))
        return check_digits(number, 10, 12);
    return TRACKING_UNKNOWN;
}
