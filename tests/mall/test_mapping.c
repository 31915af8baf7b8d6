// SPDX-License-Identifier: Apache-2.0
//
// What the mall's values mean: defaults of every mall, a company's own, and what nothing knows.
#include "base/memory.h"
#include "mall/mall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void assert_str(struct str got, const char *wanted)
{
    assert_true(got.p != NULL);
    assert_int_equal(got.n, strlen(wanted));
    assert_memory_equal(got.p, wanted, got.n);
}

static const struct mapping_value own[] = {
    {MAPPING_CARRIER, MAPPING_BOTH, {"1001", 4}, {"kuroneko_yupacket", 17}},
    {MAPPING_PAYMENT, MAPPING_BOTH, {"99", 2}, {"after", 5}},
    {MAPPING_DELIVERY, MAPPING_BOTH, {"店長便", 9}, {"sagawa", 6}},
    {MAPPING_SLOT, MAPPING_IN, {"朝イチ", 9}, {"午前中", 9}},
};

static struct mall_account account_of(const char *mall, bool with_own)
{
    return (struct mall_account){.mall = mall_by_id(str_from(mall)),
                                 .mappings = own,
                                 .mapping_count = with_own ? sizeof own / sizeof own[0] : 0};
}

static void test_defaults_are_sound(void **state)
{
    (void)state;
    size_t count;
    const struct mall *const *list = malls(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < list[i]->mapping_count; k++) {
            const struct mall_mapping *m = &list[i]->mappings[k];
            assert_true(m->mall_value[0] && m->mall_label.ja && m->mall_label.en);
            if (m->our_value[0] && !mapping_value_known(m->kind, str_from(m->our_value)))
                fail_msg("%s: %s means %s", list[i]->id, m->mall_value, m->our_value);
            // A mall value means one thing.
            for (size_t other = 0; other < k; other++) {
                const struct mall_mapping *n = &list[i]->mappings[other];
                if (n->kind == m->kind && m->direction != MAPPING_OUT &&
                    n->direction != MAPPING_OUT && strcmp(n->mall_value, m->mall_value) == 0)
                    fail_msg("%s: %s stands twice", list[i]->id, m->mall_value);
            }
        }
    }
}

static void test_both_ways(void **state)
{
    (void)state;
    struct mall_account rakuten = account_of("rakuten", false), yahoo = account_of("yahoo", false);
    // The same number is another carrier.
    assert_str(account_map_in(&rakuten, MAPPING_CARRIER, STR("1028")), "rakuten_express");
    assert_str(account_map_in(&yahoo, MAPPING_CARRIER, STR("1028")), "jp_logistics");
    assert_str(account_map_out(&rakuten, MAPPING_CARRIER, STR("japan_post")), "1003");
    assert_str(account_map_out(&yahoo, MAPPING_CARRIER, STR("kuroneko_yupacket")), "1001");
    assert_str(account_map_in(&yahoo, MAPPING_CARRIER, STR("1001")), "yamato");
    assert_str(account_map_in(&yahoo, MAPPING_CARRIER, STR("103")), "yamato");
    assert_str(account_map_in(&yahoo, MAPPING_SLOT, STR("101")), "午前中");
    assert_true(account_map_in(&rakuten, MAPPING_CARRIER, STR("4711")).p == NULL);
    assert_true(account_map_out(&rakuten, MAPPING_CARRIER, STR("")).p == NULL);
    assert_true(account_map_out(&rakuten, MAPPING_CARRIER, STR("magical_move")).p == NULL);
}

static void test_own_wins(void **state)
{
    (void)state;
    struct mall_account a = account_of("rakuten", true);
    assert_str(account_map_in(&a, MAPPING_CARRIER, STR("1001")), "kuroneko_yupacket");
    assert_str(account_map_out(&a, MAPPING_CARRIER, STR("kuroneko_yupacket")), "1001");
    assert_true(account_map_own(&a, MAPPING_CARRIER, STR("1002")).p == NULL);
    enum payment_class class;
    assert_true(account_payment_class(&a, STR("99"), STR("新決済"), PAYMENT_CLASS_BEFORE, &class));
    assert_int_equal(class, PAYMENT_CLASS_AFTER);
    assert_false(account_payment_class(&a, STR("98"), STR("?"), PAYMENT_CLASS_BEFORE, &class));
    assert_int_equal(class, PAYMENT_CLASS_BEFORE);
    struct mall_account y = account_of("yahoo", false);
    assert_true(account_payment_class(&y, STR("payment_b1"), STR(""), PAYMENT_CLASS_AFTER, &class));
    assert_int_equal(class, PAYMENT_CLASS_AFTER);
}

static void test_values_that_a_company_may_choose(void **state)
{
    (void)state;
    assert_true(mapping_value_known(MAPPING_PAYMENT, STR("authorization")));
    assert_false(mapping_value_known(MAPPING_PAYMENT, STR("")));
    assert_false(mapping_value_known(MAPPING_PAYMENT, STR("later")));
    assert_true(mapping_value_known(MAPPING_CARRIER, STR("yamato")));
    assert_false(mapping_value_known(MAPPING_DELIVERY, STR("ヤマト")));
    static const char *const slots[] = {"午前中", "午後", "その他", "14:00-16:00", "08:00-12:00"};
    static const char *const wrong[] = {"", "14-16", "14:00-16:30", "14:00〜16:00", "x4:00-16:00"};
    for (size_t i = 0; i < 5; i++) {
        assert_true(mapping_value_known(MAPPING_SLOT, str_from(slots[i])));
        assert_false(mapping_value_known(MAPPING_SLOT, str_from(wrong[i])));
    }
    assert_int_equal(mapping_kind_from_name(STR("slot")), MAPPING_SLOT);
    assert_int_equal(mapping_kind_from_name(STR("slots")), -1);
    assert_int_equal(mapping_direction_from_name(STR("out")), MAPPING_OUT);
    assert_int_equal(mapping_direction_from_name(STR("")), -1);
}

struct sample {
    struct order order;
    struct order_package package;
    struct shipment shipment;
    struct order_extra extra;
};

static void sample_make(struct sample *s)
{
    order_init(&s->order);
    s->package = (struct order_package){.number = 1,
                                        .delivery_method = STR("店長便"),
                                        .carrier = STR(""),
                                        .pickup_store = STR(""),
                                        .requested_slot = STR("朝イチ")};
    s->shipment = (struct shipment){.carrier = STR(""), .carrier_mall_code = STR("4711")};
    s->extra = (struct order_extra){STR("device"), STR("端末"), STR("PC")};
    s->package.shipments = &s->shipment;
    s->package.shipment_count = 1;
    s->order.packages = &s->package;
    s->order.package_count = 1;
    s->order.extras = &s->extra;
    s->order.extra_count = 1;
    s->order.payment_method_code = STR("99");
    s->order.payment_method = STR("新決済");
}

static void test_unknown_values_are_noted(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1u << 16);
    struct mall_account a = account_of("rakuten", false);
    struct sample s;
    sample_make(&s);
    assert_true(mall_order_map(&a, arena, &s.order));
    assert_true(s.order.marks & ORDER_MARK_UNMAPPED);
    assert_int_equal(s.order.extra_count, 5);
    static const char *const keys[] = {"device", "unmapped.payment", "unmapped.delivery",
                                       "unmapped.slot", "unmapped.carrier"};
    static const char *const values[] = {"PC", "99", "店長便", "朝イチ", "4711"};
    for (size_t i = 0; i < 5; i++) {
        assert_str(s.order.extras[i].key, keys[i]);
        assert_str(s.order.extras[i].value, values[i]);
    }
    // The mall's own words stay.
    assert_str(s.package.requested_slot, "朝イチ");
    assert_str(s.order.payment_method, "新決済");
    // Once more changes nothing.
    assert_true(mall_order_map(&a, arena, &s.order));
    assert_int_equal(s.order.extra_count, 5);
    arena_free(arena);
}

static void test_own_mappings_apply(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1u << 16);
    struct mall_account a = account_of("rakuten", true);
    struct sample s;
    sample_make(&s);
    s.shipment.carrier_mall_code = STR("");
    s.order.marks = ORDER_MARK_UNMAPPED;
    s.package.carrier = STR("yamato"); // the mall's plan; the company knows its own method better
    assert_true(mall_order_map(&a, arena, &s.order));
    assert_int_equal(s.order.marks & ORDER_MARK_UNMAPPED, 0);
    assert_int_equal(s.order.extra_count, 1);
    assert_str(s.package.carrier, "sagawa");
    assert_str(s.package.requested_slot, "午前中");
    arena_free(arena);
}

// A mall whose values nobody maps isn't full of marks.
static void test_kinds_without_any_mapping(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1u << 16);
    static const struct mall bare = {.id = "bare"};
    struct mall_account a = {.mall = &bare};
    struct sample s;
    sample_make(&s);
    assert_true(mall_order_map(&a, arena, &s.order));
    assert_int_equal(s.order.marks, 0);
    assert_int_equal(s.order.extra_count, 1);
    a.mappings = own; // but once the company has mapped one of a kind, the others are told
    a.mapping_count = 1;
    assert_true(mall_order_map(&a, arena, &s.order));
    assert_int_equal(s.order.extra_count, 2);
    assert_str(s.order.extras[1].key, "unmapped.carrier");
    arena_free(arena);
}

// A default names a carrier where the mall named none, and doesn't overrule it.
static void test_default_delivery(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1u << 16);
    struct mall_account a = account_of("yahoo", false);
    struct sample s;
    sample_make(&s);
    s.package.delivery_method = STR("宅急便");
    assert_true(mall_order_map(&a, arena, &s.order));
    assert_str(s.package.carrier, "yamato");
    s.package.carrier = STR("sagawa");
    assert_true(mall_order_map(&a, arena, &s.order));
    assert_str(s.package.carrier, "sagawa");
    arena_free(arena);
}

static void test_memory(void **state)
{
    (void)state;
    struct mall_account a = account_of("rakuten", false);
    for (uint64_t n = 1;; n++) {
        struct sample s;
        sample_make(&s);
        memory_fail_at(n, 0);
        struct arena *arena = arena_new(1u << 16);
        bool done = arena && mall_order_map(&a, arena, &s.order);
        memory_fail_at(0, 0);
        arena_free(arena);
        if (done) {
            assert_true(n > 1);
            break;
        }
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_sound),
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_own_wins),
        cmocka_unit_test(test_values_that_a_company_may_choose),
        cmocka_unit_test(test_unknown_values_are_noted),
        cmocka_unit_test(test_own_mappings_apply),
        cmocka_unit_test(test_kinds_without_any_mapping),
        cmocka_unit_test(test_default_delivery),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
