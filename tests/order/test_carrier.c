// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "base/memory.h"
#include "order/carrier.h"

static void codes_are_unique_and_found(void **state)
{
    size_t count;
    const struct carrier *list = carriers(&count);
    assert_true(count >= 33);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(carrier_by_code(str_from(list[i].code)), &list[i]);
        assert_ptr_equal(carrier_from_text(str_from(list[i].code)), &list[i]);
        assert_ptr_equal(carrier_from_text(str_from(list[i].name_ja)), &list[i]);
        assert_true(list[i].name_ja[0] && list[i].name_en[0]);
    }
    assert_null(carrier_by_code(STR("nobody")));
    assert_null(carrier_by_code(STR("")));
}

static void malls_carriers_are_there(void **state)
{
    // Names of rakuten.md §11.6 and yahoo.md §10.
    static const char *const names[][2] = {{"その他", "other"},
                                           {"ヤマト運輸", "yamato"},
                                           {"佐川急便", "sagawa"},
                                           {"日本郵便", "japan_post"},
                                           {"西濃運輸", "seino"},
                                           {"セイノースーパーエクスプレス", "seino_super"},
                                           {"西武運輸", "seino_super"},
                                           {"福山通運", "fukuyama"},
                                           {"名鉄運輸", "meitetsu"},
                                           {"トナミ運輸", "tonami"},
                                           {"第一貨物", "daiichi"},
                                           {"新潟運輸", "niigata"},
                                           {"中越運送", "chuetsu"},
                                           {"岡山県貨物運送", "okayama"},
                                           {"久留米運送", "kurume"},
                                           {"山陽自動車運送", "sanyo"},
                                           {"日本トラック", "nx_transport"},
                                           {"NXトランスポート", "nx_transport"},
                                           {"エコ配", "ecohai"},
                                           {"EMS", "ems"},
                                           {"DHL", "dhl"},
                                           {"FedEx", "fedex"},
                                           {"UPS", "ups"},
                                           {"日本通運", "nittsu"},
                                           {"日通通運", "nittsu"},
                                           {"TNT", "tnt"},
                                           {"OCS", "ocs"},
                                           {"USPS", "usps"},
                                           {"SFエクスプレス", "sf_express"},
                                           {"Aramex", "aramex"},
                                           {"SGHグローバル・ジャパン", "sgh_global"},
                                           {"Rakuten EXPRESS", "rakuten_express"},
                                           {"ヤマト運輸 クロネコゆうパケット", "kuroneko_yupacket"},
                                           {"名鉄NX運輸", "meitetsu_nx"},
                                           {"JPロジスティクス", "jp_logistics"},
                                           {"MagicalMove", "magical_move"},
                                           {"ASKUL LOGIST", "askul"},
                                           {"受取店舗", "store_pickup"},
                                           {"店頭受け取り", "store_pickup"},
                                           {"日本郵便 楽天倉庫出荷", "japan_post"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct carrier *c = carrier_from_text(str_from(names[i][0]));
        if (!c)
            print_error("%s\n", names[i][0]);
        assert_non_null(c);
        assert_string_equal(c->code, names[i][1]);
    }
}

static void names_that_people_write(void **state)
{
    static const char *const names[][2] = {{"クロネコヤマト", "yamato"},
                                           {"ｸﾛﾈｺﾔﾏﾄ", "yamato"},
                                           {"宅急便（ヤマト）", "yamato"},
                                           {"YAMATO", "yamato"},
                                           {"佐川", "sagawa"},
                                           {"飛脚宅配便", "sagawa"},
                                           {"ゆうパック", "japan_post"},
                                           {"ゆうパケット", "japan_post"},
                                           {"クリックポスト", "japan_post"},
                                           {"レターパックプラス", "japan_post"},
                                           {"西濃", "seino"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct carrier *c = carrier_from_text(str_from(names[i][0]));
        assert_non_null(c);
        assert_string_equal(c->code, names[i][1]);
    }
    assert_null(carrier_from_text(STR("メーカー直送")));
    assert_null(carrier_from_text(STR("")));
}

static void numbers_are_normalised(void **state)
{
    AUTO_ARENA arena = arena_new(1u << 20);
    assert_str(tracking_number_normalise(arena, STR("4001-2345-6784")), "400123456784");
    assert_str(tracking_number_normalise(arena, STR("４００１ー２３４５−６７８４　")),
               "400123456784");
    assert_str(tracking_number_normalise(arena, STR(" en123456785jp")), "EN123456785JP");
    assert_str(tracking_number_normalise(arena, STR("--")), "");
    assert_str(tracking_number_normalise(arena, STR_ABSENT), "");
}

static void check_digits(void **state)
{
    static const struct {
        const char *carrier, *number;
        enum tracking_check result;
    } cases[] = {
        // carriers.md §6.1
        {"yamato", "400123456784", TRACKING_OK},
        {"yamato", "123456789013", TRACKING_OK},
        {"yamato", "400123456785", TRACKING_BAD_DIGIT},
        {"yamato", "400123456787", TRACKING_BAD_DIGIT},
        {"yamato", "40012345678", TRACKING_BAD_LENGTH},
        {"yamato", "40012345678X", TRACKING_BAD_CHARACTER},
        {"yamato", "4.00123E+11", TRACKING_BAD_CHARACTER},
        {"sagawa", "355500000015", TRACKING_OK},
        {"sagawa", "355500000016", TRACKING_BAD_DIGIT},
        {"sagawa", "5000123450", TRACKING_OK},
        {"sagawa", "50001234505", TRACKING_BAD_LENGTH},
        {"japan_post", "627123456783", TRACKING_OK},
        {"japan_post", "30123456786", TRACKING_OK},
        {"japan_post", "12345678903", TRACKING_OK},
        {"japan_post", "12345678904", TRACKING_BAD_DIGIT},
        {"japan_post", "1234567890123", TRACKING_OK},
        {"japan_post", "EN123456785JP", TRACKING_OK},
        {"japan_post", "1234", TRACKING_BAD_LENGTH},
        {"ems", "EN123456785JP", TRACKING_OK},
        {"ems", "EG000000014JP", TRACKING_OK},
        {"ems", "EG000000015JP", TRACKING_BAD_DIGIT},
        {"ems", "E1000000014JP", TRACKING_BAD_CHARACTER},
        {"ems", "EG00000014JP", TRACKING_BAD_LENGTH},
        {"seino", "5000123450", TRACKING_OK},
        {"seino", "500012345", TRACKING_BAD_LENGTH},
        {"fukuyama", "5000123450", TRACKING_OK},
        {"ups", "1Z12345E0205271688", TRACKING_OK},
        {"ups", "2Z12345E0205271688", TRACKING_BAD_CHARACTER},
        {"ups", "1Z", TRACKING_BAD_LENGTH},
        {"kuroneko_yupacket", "40012345678", TRACKING_UNKNOWN},
        {"other", "anything", TRACKING_UNKNOWN},
        {"", "400123456784", TRACKING_UNKNOWN},
        {"yamato", "", TRACKING_BAD_LENGTH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum tracking_check result =
            tracking_number_check(str_from(cases[i].carrier), str_from(cases[i].number));
        if (result != cases[i].result)
            print_error("%s %s\n", cases[i].carrier, cases[i].number);
        assert_int_equal(result, cases[i].result);
    }
}

static void lack_of_memory_is_clean(void **state)
{
    for (uint64_t n = 1; n < 20; n++) {
        AUTO_ARENA arena = arena_new(1u << 20);
        memory_fail_at(n, 1);
        struct str s = tracking_number_normalise(arena, STR("４００１ー２３４５"));
        const struct carrier *c = carrier_from_text(STR("クロネコヤマト"));
        memory_fail_at(0, 0);
        assert_true(s.n == 0 || s.n == 8);
        assert_true(c == NULL || str_eq(str_from(c->code), STR("yamato")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_unique_and_found),
        cmocka_unit_test(malls_carriers_are_there),
        cmocka_unit_test(names_that_people_write),
        cmocka_unit_test(numbers_are_normalised),
        cmocka_unit_test(check_digits),
        cmocka_unit_test(lack_of_memory_is_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
