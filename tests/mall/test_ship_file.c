// SPDX-License-Identifier: Apache-2.0
//
// Upload files: byte for byte what the mall's screen takes, one order refused without a trace in
// the file, and memory that runs out anywhere.
#include "base/memory.h"
#include "mall/file/ship_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TODAY 20261124

struct sample {
    struct order order;
    struct order_package known, wanted;
    struct shipment shipments[4];
    struct mall_ship_request request;
    struct setting_value values[8];
    struct mall_account account;
};

static void make(struct sample *s, const char *mall, const char *order_no)
{
    *s = (struct sample){0};
    order_init(&s->order);
    s->order.mall = str_from(mall);
    s->order.order_no = str_from(order_no);
    s->order.mall_status = STR("300");
    s->known = (struct order_package){.number = 1, .mall_ref = STR("20000001")};
    s->wanted = s->known;
    s->wanted.shipments = s->shipments;
    s->order.packages = &s->known;
    s->order.package_count = 1;
    s->request = (struct mall_ship_request){.order = &s->order,
                                            .packages = &s->wanted,
                                            .package_count = 1,
                                            .work_status_role = STR("done"),
                                            .target_status = STR(""),
                                            .progress = STR("")};
    s->account = (struct mall_account){.shop_id = 1, .base_url = STR(""), .values = s->values};
}

static void set(struct sample *s, const char *key, const char *value)
{
    s->values[s->account.value_count++] = (struct setting_value){str_from(key), str_from(value)};
}

static void parcel(struct sample *s, const char *carrier, const char *number, day date,
                   const char *ref)
{
    s->shipments[s->wanted.shipment_count++] =
        (struct shipment){.carrier = str_from(carrier),
                          .carrier_mall_code = STR(""),
                          .tracking_number = str_from(number),
                          .ship_date = date,
                          .mall_ref = str_from(ref)};
}

static const struct ship_file_format *format_of(const char *mall)
{
    const struct ship_file_format *format = ship_file_of_mall(str_from(mall));
    assert_non_null(format);
    assert_ptr_equal(ship_file_by_id(str_from(format->id)), format);
    return format;
}

// The file as it is stored: in the format's own encoding.
static void assert_file(const struct sample *s, const char *expected, size_t size)
{
    const struct ship_file_format *format = format_of(s->order.mall.p);
    AUTO_BUF utf8 = buf_make(1 << 20);
    AUTO_ARENA arena = arena_new(1 << 20);
    struct cp932_loss *losses;
    struct error error = {0};
    struct str bytes;
    assert_true(format->begin(&s->account, &utf8, &error));
    if (!format->add(&s->account, &s->request, TODAY, &utf8, &error))
        fail_msg("%s", error.code);
    assert_int_equal(format->encoding, TEXT_CP932);
    assert_true(cp932_from_utf8(arena, buf_str(&utf8), &bytes, &losses, &error));
    assert_null(losses);
    if (bytes.n != size || memcmp(bytes.p, expected, size) != 0)
        fail_msg("%.*s", STR_ARG(buf_str(&utf8)));
}

static void refused(const struct sample *s, const char *code)
{
    const struct ship_file_format *format = format_of(s->order.mall.p);
    AUTO_BUF out = buf_make(1 << 20);
    struct error error = {0};
    assert_true(format->begin(&s->account, &out, &error));
    size_t before = out.n;
    assert_false(format->add(&s->account, &s->request, TODAY, &out, &error));
    assert_string_equal(error.code, code);
    assert_true(error.what_ja[0] && error.what_en[0]);
    assert_int_equal(out.n, before);
}

// 注文番号,送付先ID,発送明細ID,お荷物伝票番号,配送会社,発送日
#define RAKUTEN_HEAD                                                                            \
    "\x92\x8d\x95\xb6\x94\xd4\x8d\x86,\x91\x97\x95t\x90\xe6ID,\x94\xad\x91\x97\x96\xbe\x8d\xd7" \
    "ID,\x82\xa8\x89\xd7\x95\xa8\x93`\x95[\x94\xd4\x8d\x86,\x94z\x91\x97\x89\xef\x8e\xd0,"      \
    "\x94\xad\x91\x97\x93\xfa\r\n"
#define YAHOO_HEAD                                                              \
    "OrderId,ShipStatus,ShipCompanyCode,ShipInvoiceNumber1,ShipInvoiceNumber2," \
    "ShipInvoiceNumberEmptyReason,ShipDate\r\n"

static void test_rakuten_tells_every_parcel(void **state)
{
    static const char expected[] = RAKUTEN_HEAD
        "999001-20260113-0000000702,20000001,,400123456784,1001,2026-11-24\r\n"
        "999001-20260113-0000000702,20000001,40000007,355500000015,1002,2026-11-25\r\n";
    struct sample s;
    (void)state;
    make(&s, "rakuten", "999001-20260113-0000000702");
    parcel(&s, "yamato", "400123456784", TODAY, "");
    parcel(&s, "sagawa", "355500000015", 20261125, "40000007");
    assert_file(&s, expected, sizeof expected - 1);
}

static void test_rakuten_finds_the_basket_by_number(void **state)
{
    static const char expected[] =
        RAKUTEN_HEAD "999001-20260113-0000000702,20000001,,400123456784,1001,2026-11-24\r\n";
    struct sample s;
    (void)state;
    make(&s, "rakuten", "999001-20260113-0000000702");
    s.wanted.mall_ref = STR("");
    parcel(&s, "yamato", "400123456784", TODAY, "");
    assert_file(&s, expected, sizeof expected - 1);
}

// 変換設定 of the company wins over the table.
static void test_rakuten_sends_the_companys_carrier(void **state)
{
    static const char expected[] =
        RAKUTEN_HEAD "999001-20260113-0000000702,20000001,,400123456784,1999,2026-11-24\r\n";
    static const struct mapping_value mapping = {
        .kind = MAPPING_CARRIER, .mall_value = {"1999", 4}, .our_value = {"yamato", 6}};
    struct sample s;
    (void)state;
    make(&s, "rakuten", "999001-20260113-0000000702");
    s.account.mappings = &mapping;
    s.account.mapping_count = 1;
    parcel(&s, "yamato", "400123456784", TODAY, "");
    assert_file(&s, expected, sizeof expected - 1);
}

static void test_rakuten_refuses_what_rms_would(void **state)
{
    static const struct {
        const char *carrier, *number;
        day date;
        const char *code;
    } cases[] = {{"", "400123456784", TODAY, "shipment.carrier_missing"},
                 {"yamato", "", TODAY, "shipment.tracking_number_missing"},
                 {"yamato", "400123456784", 0, "shipment.ship_date_missing"},
                 {"yamato", "伝票4001", TODAY, "shipment.tracking_number_characters"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sample s;
        make(&s, "rakuten", "999001-20260113-0000000702");
        parcel(&s, cases[i].carrier, cases[i].number, cases[i].date, "");
        refused(&s, cases[i].code);
    }
}

static void test_yahoo_has_one_row_per_order(void **state)
{
    static const char expected[] =
        YAHOO_HEAD "10000123,3,1001,400123456784,123456789013,,2026/11/24\r\n";
    struct sample s;
    (void)state;
    make(&s, "yahoo", "examplestore-10000123");
    set(&s, "seller_id", "examplestore");
    parcel(&s, "yamato", "4001-2345-6784", TODAY, "");
    parcel(&s, "yamato", "123456789013", TODAY, "");
    parcel(&s, "yamato", "123456789024", TODAY, ""); // there are two fields
    assert_file(&s, expected, sizeof expected - 1);
}

static void test_yahoo_gives_a_reason_for_no_number(void **state)
{
    static const char expected[] = YAHOO_HEAD "10000123,3,1001,,,105,2026/11/24\r\n";
    struct sample s;
    (void)state;
    make(&s, "yahoo", "examplestore-10000123");
    set(&s, "seller_id", "examplestore");
    parcel(&s, "yamato", "", TODAY, "");
    refused(&s, "shipment.tracking_number_missing");
    set(&s, "untracked_reason", "105");
    assert_file(&s, expected, sizeof expected - 1);
}

static void test_yahoo_refuses_what_the_api_would(void **state)
{
    struct sample s;
    (void)state;
    make(&s, "yahoo", "examplestore-10000123");
    parcel(&s, "yamato", "400123456784", 20261125, "");
    refused(&s, "shipment.ship_date_future");
    s.shipments[0].ship_date = TODAY;
    s.shipments[0].tracking_number = STR("A23456789012");
    refused(&s, "yahoo.tracking_number_yamato");
}

static void test_numbers_that_the_mall_does_not_take(void **state)
{
    static const struct mall any = {.id = "any"}, two = {.id = "two", .tracking_numbers_max = 2};
    struct sample s;
    struct error note;
    (void)state;
    make(&s, "yahoo", "examplestore-10000123");
    parcel(&s, "yamato", "1", TODAY, "");
    parcel(&s, "yamato", "2", TODAY, "");
    parcel(&s, "yamato", "2", TODAY, ""); // the same again
    parcel(&s, "yamato", "", TODAY, "");
    assert_int_equal(mall_number_count(&s.wanted, 1), 2);
    assert_false(mall_leaves_out_numbers(&two, &s.wanted, 1, &note));
    s.shipments[3].tracking_number = STR("3");
    assert_true(mall_leaves_out_numbers(&two, &s.wanted, 1, &note));
    assert_string_equal(note.code, "shipment.numbers_left_out");
    assert_false(mall_leaves_out_numbers(&any, &s.wanted, 1, NULL));
}

// Every format of the table is complete and unlike the others.
static void test_every_format_is_whole(void **state)
{
    size_t count;
    const struct ship_file_format *const *list = ship_file_formats(&count);
    (void)state;
    assert_true(count >= 2);
    for (size_t i = 0; i < count; i++) {
        const struct ship_file_format *f = list[i];
        AUTO_BUF out = buf_make(1 << 16);
        struct error error = {0};
        struct mall_account account = {.shop_id = 1, .base_url = STR("")};
        assert_non_null(mall_by_id(str_from(f->mall)));
        assert_true(f->label.ja[0] && f->label.en[0] && f->file_name[0] && f->content_type[0]);
        assert_true(f->encoding != TEXT_UTF16LE && f->encoding != TEXT_UNKNOWN);
        assert_true(f->begin(&account, &out, &error));
        assert_true(str_is_utf8(buf_str(&out)));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(list[k]->id, f->id);
    }
    assert_null(ship_file_by_id(STR("no.such")));
    assert_null(ship_file_of_mall(STR("no such")));
}

static void out_of_memory(const struct sample *s)
{
    const struct ship_file_format *format = format_of(s->order.mall.p);
    for (uint64_t at = 1;; at++) {
        AUTO_BUF out = buf_make(1 << 16);
        struct error error = {0};
        memory_fail_at(at, 0);
        bool done = format->begin(&s->account, &out, &error) &&
                    format->add(&s->account, &s->request, TODAY, &out, &error);
        bool failed = memory_fail_at(0, 0) >= at;
        if (!done)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        if (!failed) {
            assert_true(done);
            return;
        }
        assert_true(at < 1000);
    }
}

static void test_memory_runs_out(void **state)
{
    struct sample s;
    (void)state;
    make(&s, "rakuten", "999001-20260113-0000000702");
    parcel(&s, "yamato", "400123456784", TODAY, "");
    out_of_memory(&s);
    make(&s, "yahoo", "examplestore-10000123");
    parcel(&s, "yamato", "400123456784", TODAY, "");
    out_of_memory(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rakuten_tells_every_parcel),
        cmocka_unit_test(test_rakuten_finds_the_basket_by_number),
        cmocka_unit_test(test_rakuten_sends_the_companys_carrier),
        cmocka_unit_test(test_rakuten_refuses_what_rms_would),
        cmocka_unit_test(test_yahoo_has_one_row_per_order),
        cmocka_unit_test(test_yahoo_gives_a_reason_for_no_number),
        cmocka_unit_test(test_yahoo_refuses_what_the_api_would),
        cmocka_unit_test(test_numbers_that_the_mall_does_not_take),
        cmocka_unit_test(test_every_format_is_whole),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
