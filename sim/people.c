// SPDX-License-Identifier: Apache-2.0
//
// Buyers and recipients, and what they write. A person is a chance combination of a family name, a
// given name and a town; number, building and phone are made up. Phone numbers begin with 0 behind
// the area code, a range that Japan assigns to nobody; mail ends in example.jp.
#include "sim/data.h"
#include "sim/internal.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

// Spellings outside JIS X 0208 or with several variants: 髙, 﨑, 𠮷 …: what breaks label printers.
static const struct sim_name rare_family_names[] = {
    {"髙橋", "タカハシ", false},       {"髙田", "タカダ", false},
    {"山﨑", "ヤマザキ", false},       {"濵田", "ハマダ", false},
    {"渡邉", "ワタナベ", false},       {"渡邊", "ワタナベ", false},
    {"齋藤", "サイトウ", false},       {"齊藤", "サイトウ", false},
    {"德永", "トクナガ", false},       {"𠮷田", "ヨシダ", false},
    {"神﨑", "カンザキ", false},       {"栁田", "ヤナギダ", false},
    {"桒原", "クワバラ", false},       {"榊󠄀原", "サカキバラ", false},
    {"葛󠄀城", "カツラギ", false}, {"小鳥遊", "タカナシ", false},
    {"髙﨑", "タカサキ", false},       {"塚󠄁本", "ツカモト", false},
};

// Half of the people have one of the names that everybody has; the dictionary's cover the rest.
static const struct sim_name common_family_names[] = {
    {"佐藤", "サトウ", false},   {"鈴木", "スズキ", false},     {"高橋", "タカハシ", false},
    {"田中", "タナカ", false},   {"伊藤", "イトウ", false},     {"渡辺", "ワタナベ", false},
    {"山本", "ヤマモト", false}, {"中村", "ナカムラ", false},   {"小林", "コバヤシ", false},
    {"加藤", "カトウ", false},   {"吉田", "ヨシダ", false},     {"山田", "ヤマダ", false},
    {"佐々木", "ササキ", false}, {"山口", "ヤマグチ", false},   {"松本", "マツモト", false},
    {"井上", "イノウエ", false}, {"木村", "キムラ", false},     {"林", "ハヤシ", false},
    {"斎藤", "サイトウ", false}, {"清水", "シミズ", false},     {"山崎", "ヤマザキ", false},
    {"森", "モリ", false},       {"池田", "イケダ", false},     {"橋本", "ハシモト", false},
    {"阿部", "アベ", false},     {"石川", "イシカワ", false},   {"山下", "ヤマシタ", false},
    {"中島", "ナカジマ", false}, {"小川", "オガワ", false},     {"前田", "マエダ", false},
    {"岡田", "オカダ", false},   {"長谷川", "ハセガワ", false}, {"藤田", "フジタ", false},
    {"近藤", "コンドウ", false}, {"後藤", "ゴトウ", false},     {"坂本", "サカモト", false},
};

static const struct sim_name common_given_names[] = {
    {"健一", "ケンイチ", false}, {"大輔", "ダイスケ", false}, {"翔太", "ショウタ", false},
    {"拓也", "タクヤ", false},   {"直樹", "ナオキ", false},   {"誠", "マコト", false},
    {"浩二", "コウジ", false},   {"和也", "カズヤ", false},   {"達也", "タツヤ", false},
    {"陽子", "ヨウコ", true},    {"恵子", "ケイコ", true},    {"裕子", "ユウコ", true},
    {"さくら", "サクラ", true},  {"結衣", "ユイ", true},      {"美咲", "ミサキ", true},
    {"由美", "ユミ", true},      {"真由美", "マユミ", true},  {"香織", "カオリ", true},
    {"智子", "トモコ", true},    {"直美", "ナオミ", true},    {"彩", "アヤ", true},
    {"優子", "ユウコ", true},    {"ひろみ", "ヒロミ", true},  {"めぐみ", "メグミ", true},
};

// Thousands of people per prefecture, roughly: Tokyo orders more than Tottori.
static const uint16_t prefecture_weight[47] = {
    515, 120, 117, 227, 92,  103, 178, 284, 191, 191, 734, 628, 1410, 923, 215, 101,
    110, 75,  80,  202, 194, 357, 750, 174, 141, 253, 877, 540, 130,  90,  54,  66,
    186, 276, 131, 70,  93,  131, 67,  510, 80,  128, 171, 110, 105,  156, 146,
};

static const char *const buildings[] = {
    "コーポさくら", "メゾン・ド・青葉", "グリーンハイツ",     "ハイツ山手",
    "第二見本ビル", "レジデンス若葉",   "サンプルマンション", "パークサイド東",
    "ｺｰﾎﾟ三和",     "シャトー緑ヶ丘",   "エスポワール",       "プラザ例示　Ａ棟",
};

static const char *const companies[] = {"株式会社見本商事", "（有）例示工房", "㈱サンプル商店",
                                        "例示保育園", "見本町自治会"};

static struct str text_at(const char *const *table, size_t count, const struct rng *rng)
{
    return str_from(table[rng_below(rng, count)]);
}

static int draw_prefecture(const struct rng *rng)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < COUNT(prefecture_weight); i++)
        sum += prefecture_weight[i];
    uint64_t at = rng_below(rng, sum);
    for (size_t i = 0; i < COUNT(prefecture_weight); i++) {
        if (at < prefecture_weight[i])
            return (int)i + 1;
        at -= prefecture_weight[i];
    }
    return 13;
}

static const struct sim_place *draw_place(const struct rng *rng, bool island)
{
    size_t start = rng_below(rng, sim_place_count);
    int prefecture = island ? 0 : draw_prefecture(rng);
    // The table is complete for every prefecture and has islands: one round always finds a place.
    for (size_t i = 0; i < sim_place_count; i++) {
        const struct sim_place *place = &sim_places[(start + i * 7919) % sim_place_count];
        if (place->island == island && (!prefecture || place->prefecture == prefecture))
            return place;
    }
    return &sim_places[start];
}

static const char wide_digits[10][4] = {"０", "１", "２", "３", "４", "５", "６", "７", "８", "９"};

static struct str draw_town(struct arena *arena, const struct rng *rng, const char *town)
{
    int a = 1 + (int)rng_below(rng, 9), b = 1 + (int)rng_below(rng, 40),
        c = 1 + (int)rng_below(rng, 20);
    switch (rng_below(rng, 6)) {
    case 0:
        return arena_printf(arena, "%s%d丁目%d番%d号", town, a, b, c);
    case 1:
        return arena_printf(arena, "%s%d番地%d", town, b * 7 + c, a);
    case 2: // full width, as phones' input methods write it
        return arena_printf(arena, "%s%s－%s－%s", town, wide_digits[a], wide_digits[b % 9 + 1],
                            wide_digits[c % 9 + 1]);
    case 3:
        return arena_printf(arena, "%s %d－%d", town, b * 11, c);
    default:
        return arena_printf(arena, "%s%d-%d-%d", town, a, b, c);
    }
}

static struct str draw_building(struct arena *arena, const struct rng *rng)
{
    if (rng_below(rng, 100) >= 45)
        return STR("");
    const char *name = buildings[rng_below(rng, COUNT(buildings))];
    int room = ((int)rng_below(rng, 12) + 1) * 100 + (int)rng_below(rng, 9) + 1;
    return rng_below(rng, 3) ? arena_printf(arena, "%s%d", name, room)
                             : arena_printf(arena, "%s %d号室", name, room);
}

static struct str draw_phone(struct arena *arena, const struct rng *rng)
{
    static const char *const mobile[] = {"090", "080", "070"};
    static const char *const city[] = {"03", "06"};
    unsigned line = (unsigned)rng_below(rng, 10000), exchange = (unsigned)rng_below(rng, 1000);
    if (rng_below(rng, 4))
        return arena_printf(arena, "%s-0%03u-%04u", mobile[rng_below(rng, COUNT(mobile))], exchange,
                            line);
    return arena_printf(arena, "%s-0%03u-%04u", city[rng_below(rng, COUNT(city))], exchange, line);
}

static const struct sim_name *draw_family(const struct rng *rng, bool rare_kanji)
{
    if (rare_kanji)
        return &rare_family_names[rng_below(rng, COUNT(rare_family_names))];
    if (rng_below(rng, 2))
        return &common_family_names[rng_below(rng, COUNT(common_family_names))];
    // The list begins with the most common names: dice thrown twice lean that way.
    return &sim_family_names[rng_below(rng, 1 + rng_below(rng, sim_family_name_count))];
}

static const struct sim_name *draw_given(const struct rng *rng)
{
    if (rng_below(rng, 2))
        return &common_given_names[rng_below(rng, COUNT(common_given_names))];
    return &sim_given_names[rng_below(rng, 1 + rng_below(rng, sim_given_name_count))];
}

static void draw_name(struct sim_person *p, const struct rng *rng, bool rare_kanji)
{
    const struct sim_name *family = draw_family(rng, rare_kanji);
    const struct sim_name *given = draw_given(rng);
    p->family = str_from(family->text);
    p->family_kana = str_from(family->kana);
    p->given = str_from(given->text);
    p->given_kana = str_from(given->kana);
    p->female = given->female;
}

struct sim_person sim_person_draw(struct arena *arena, const struct rng *rng, bool island,
                                  bool rare_kanji)
{
    struct sim_person p = {.company = STR("")};
    draw_name(&p, rng, rare_kanji);
    const struct sim_place *place = draw_place(rng, island);
    p.postal_code = str_from(place->postal_code);
    p.prefecture_number = place->prefecture;
    p.prefecture = prefecture_name(place->prefecture);
    p.city = str_from(place->city);
    p.town = draw_town(arena, rng, place->town);
    p.building = draw_building(arena, rng);
    p.remote_island = place->island;
    p.phone = draw_phone(arena, rng);
    p.email = arena_printf(arena, "buyer%06u@example.jp", (unsigned)rng_below(rng, 1000000));
    if (rng_below(rng, 100) < 5)
        p.company = text_at(companies, COUNT(companies), rng);
    p.birth_year = 1945 + (int)rng_below(rng, 60);
    p.birth_month = 1 + (int)rng_below(rng, 12);
    p.birth_day = 1 + (int)rng_below(rng, 28);
    return p;
}

static const char *const notes[] = {
    "平日は仕事のため、なるべく夜の配達をお願いします。",
    "置き配希望です。玄関前に置いてください。",
    "宅配ボックスに入れてください。暗証番号は不要です。",
    "領収書を同梱してください。宛名は上様、但し書きは「お品代として」でお願いします。",
    "先日注文した分と同梱できますか？できない場合は別々で構いません。",
    "なるべく早めに発送していただけると助かります。",
    "在庫がない場合は、色違いでも大丈夫です。\nその際は連絡ください。",
    "マンションの入口がわかりにくいので、到着したら電話をください。",
    "前回とても良かったのでリピートです。今回もよろしくお願いします！",
    "不在時は隣の実家(同じ苗字)に預けてください",
    "簡易包装でお願いします。\r\n納品書は不要です。",
    "届け先の名前の「たか」は、はしごだか（髙）です。伝票の表記をお間違えなく。",
    "日付指定は12/24必着でお願いしたいです。無理な場合はキャンセルします。",
    "ｼｮｯﾌﾟさんの判断で、一番安い送料の方法でお願いします。",
    "ドライバーさんへ：インターホンが壊れています。ノックしてください。",
    "アレルギーがあるため、原材料表示を確認したいです。",
    "送り主は実家の住所にしてください。金額のわかるものは入れないでください。",
    "注文番号を間違えたかもしれません。数量は1個で合っていますか？",
    "※日中不在が多いです。19時以降～21時までに届けて頂けると嬉しいです♪",
    "発送前にメールをください。配送先が変わる可能性があります。",
    "[配送日時指定:]\n平日・午前中\n[ご要望:]\nなるべく大きい箱でお願いします",
    "😊いつもありがとうございます",
    "返品は可能ですか？サイズ感が心配です…",
    "代引きでお願いしましたが、やはり銀行振込に変更したいです。",
};

static const char *const gift_notes[] = {
    "内祝いです。のしの名入れは「鈴木」でお願いします（仮名）。",
    "母の誕生日プレゼントです。メッセージカード「お誕生日おめでとう」を入れてください。",
    "お歳暮として送ります。納品書・金額のわかるものは同梱しないでください。",
    "結婚祝いです。ラッピングのリボンは赤でお願いします。",
    "無地のしでお願いします。外のし希望。",
    "手渡し用の紙袋を1枚つけてください。",
};

struct str sim_note_draw(const struct rng *rng, bool gift)
{
    return gift ? text_at(gift_notes, COUNT(gift_notes), rng) : text_at(notes, COUNT(notes), rng);
}
