// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "base/memory.h"
#include "order/detail.h"
#include "order/diff.h"

static struct arena *arena;
static struct world fake;

static int set_up(void **state)
{
    arena = arena_new(64u << 20);
    fake = (struct world){.arena = arena, .shop = 21, .other_shop = 22};
    return 0;
}

static int tear_down(void **state)
{
    arena = arena_free(arena);
    return 0;
}

static void names_are_their_own_inverse(void **state)
{
    for (int i = 0; i < ORDER_STATE_COUNT; i++)
        assert_int_equal(order_state_from_name(str_from(order_state_name((enum order_state)i))), i);
    for (int i = 0; i < PAYMENT_STATE_COUNT; i++)
        assert_int_equal(
            payment_state_from_name(str_from(payment_state_name((enum payment_state)i))), i);
    for (int i = 0; i < SHIPMENT_STATE_COUNT; i++)
        assert_int_equal(
            shipment_state_from_name(str_from(shipment_state_name((enum shipment_state)i))), i);
    for (int i = 0; i <= PAYMENT_CLASS_AFTER; i++)
        assert_int_equal(
            payment_class_from_name(str_from(payment_class_name((enum payment_class)i))), i);
    for (int i = 0; i < ORDER_MARK_COUNT; i++) {
        assert_int_equal(order_mark_from_name(str_from(order_mark_name(i))), 1LL << i);
        assert_non_null(order_mark_label(i, false));
        assert_non_null(order_mark_label(i, true));
    }
    for (int i = 0; i < WRITEBACK_STATE_COUNT; i++)
        assert_int_equal(
            writeback_state_from_name(str_from(writeback_state_name((enum writeback_state)i))), i);
    for (int i = 0; i < ASPECT_COUNT; i++)
        assert_int_equal(
            writeback_aspect_from_name(str_from(writeback_aspect_name((enum writeback_aspect)i))),
            i);
    for (int i = 0; i < ROLE_COUNT; i++)
        assert_int_equal(status_role_from_name(str_from(status_role_name((enum status_role)i))), i);
    assert_int_equal(order_state_from_name(STR("nothing")), -1);
    assert_int_equal(order_mark_from_name(STR("nothing")), 0);
    assert_string_equal(order_state_label(ORDER_NEW, false), "新規");
    assert_string_equal(payment_state_label(PAYMENT_PAID, true), "Paid");
    assert_string_equal(shipment_state_name((enum shipment_state)99), "unknown");
}

static void init_unsets_everything(void **state)
{
    struct order o;
    memset(&o, 0xff, sizeof o);
    order_init(&o);
    assert_int_equal(o.ordered_at, TIME_NONE);
    assert_int_equal(o.paid_at, TIME_NONE);
    assert_int_equal(o.billed, 0);
    assert_null(o.order_no.p);
    assert_int_equal(o.package_count, 0);
}

static bool same_hash(const struct order *a, const struct order *b)
{
    unsigned char x[16], y[16];
    order_content_hash(a, x);
    order_content_hash(b, y);
    return memcmp(x, y, 16) == 0;
}

static void copy_is_deep_and_equal(void **state)
{
    struct order *o = world_full_order(&fake, 1);
    struct order *copy = order_copy(arena, o);
    assert_non_null(copy);
    assert_true(same_hash(o, copy));
    assert_true(copy->packages != o->packages);
    assert_true(copy->packages[0].lines[0].title.p != o->packages[0].lines[0].title.p);
    assert_true(copy->orderer.name.p != o->orderer.name.p);
}

static void copy_reports_lack_of_memory(void **state)
{
    struct order *o = world_full_order(&fake, 1);
    int failures = 0;
    for (uint64_t n = 1;; n++) {
        struct arena *small = arena_new(16u << 20);
        memory_fail_at(n, 0);
        struct order *copy = order_copy(small, o);
        memory_fail_at(0, 0);
        arena_free(small);
        if (copy)
            break;
        failures++;
    }
    assert_true(failures > 0);
}

// Changes one field after the other, in every record, and says for each whether the hash saw it.
static void change_each(const struct order *o, const struct record *r, void *record, int *hashed,
                        int * not )
{
    for (size_t i = 0; i < r->field_count; i++) {
        const struct field *f = &r->fields[i];
        unsigned char before[16], after[16], kept[64];
        void *p = (char *)record + f->offset;
        if (f->kind == FIELD_PERSON) {
            change_each(o, &person_record, p, hashed, not );
            continue;
        }
        order_content_hash(o, before);
        memcpy(kept, p, f->kind == FIELD_TEXT ? sizeof(struct str) : sizeof(int));
        if (f->kind == FIELD_TEXT)
            *(struct str *)p = STR("something else");
        else
            field_set_number(record, f, field_number(record, f) ^ 1);
        order_content_hash(o, after);
        bool differs = memcmp(before, after, 16) != 0;
        if (differs != !!(f->flags & FIELD_HASHED))
            print_error("field %s\n", f->name);
        assert_int_equal(differs, !!(f->flags & FIELD_HASHED));
        ++*(differs ? hashed : not );
        memcpy(p, kept, f->kind == FIELD_TEXT ? sizeof(struct str) : sizeof(int));
        order_content_hash(o, after);
        assert_memory_equal(before, after, 16);
    }
    for (size_t i = 0; i < r->children_count; i++) {
        const struct children *c = &r->children[i];
        char *array;
        memcpy(&array, (char *)record + c->pointer, sizeof array);
        for (size_t k = 0; k < children_count(record, c); k++)
            change_each(o, c->record, array + k * c->record->size, hashed, not );
    }
}

static void hash_sees_each_field_of_the_mall_and_no_other(void **state)
{
    struct order *o = world_full_order(&fake, 3);
    int hashed = 0, not = 0;
    change_each(o, &order_record, o, &hashed, &not );
    assert_true(hashed > 200);
    assert_true(not > 10);
}

static void hash_ignores_absent_empty_and_the_order_of_extras(void **state)
{
    struct order *a = world_full_order(&fake, 3), *b = order_copy(arena, a);
    struct order_extra first = b->extras[0];
    b->extras[0] = b->extras[1];
    b->extras[1] = first;
    struct order_link link = b->links[0];
    b->links[0] = b->links[1];
    b->links[1] = link;
    assert_true(same_hash(a, b));
    a->cancel_reason = STR("");
    b->cancel_reason = STR_ABSENT;
    assert_true(same_hash(a, b));
    a->packages[0].lines[0].release_at = 0;
    b->packages[0].lines[0].release_at = TIME_NONE;
    assert_true(same_hash(a, b));
    a->marks = ORDER_MARK_GIFT | ORDER_MARK_DRIFT;
    b->marks = ORDER_MARK_GIFT | ORDER_MARK_CANCEL_ARRIVED;
    assert_true(same_hash(a, b));
    struct order_line line = b->packages[0].lines[0];
    b->packages[0].lines[0] = b->packages[0].lines[1];
    b->packages[0].lines[1] = line;
    assert_false(same_hash(a, b));
}

static void hash_of_large_orders_sees_their_end(void **state)
{
    struct order *a = world_full_order(&fake, 3);
    char *text = arena_alloc(arena, 20000);
    memset(text, 'x', 20000);
    a->buyer_note = str_make(text, 20000);
    struct order *b = order_copy(arena, a);
    assert_true(same_hash(a, b));
    text[19999] = 'y';
    assert_false(same_hash(a, b));
}

static void detail_keeps_every_field(void **state)
{
    struct order *o = world_full_order(&fake, 9);
    struct error e;
    AUTO_BUF json = buf_make(1u << 20);
    detail_write_whole(&json, &order_record, o);
    assert_false(json.failed);
    struct order *back = ARENA_NEW(arena, struct order);
    assert_true(detail_read(arena, buf_str(&json), &order_record, back, &e));
    assert_true(same_hash(o, back));
    assert_true(record_fields_equal(&order_record, o, back));
}

static void detail_of_nothing_is_small_and_reads_back(void **state)
{
    struct order o, back;
    struct error e;
    order_init(&o);
    memset(&back, 0, sizeof back);
    AUTO_BUF json = buf_make(1u << 20);
    detail_write(&json, &order_record, &o);
    assert_true(json.n < 32);
    assert_true(detail_read(arena, buf_str(&json), &order_record, &back, &e));
    assert_int_equal(back.paid_at, TIME_NONE);
    assert_true(detail_read(arena, STR(""), &order_record, &back, &e));
    assert_true(detail_read(arena, STR("{\"unknown\":[1,{\"a\":null}],\"goods\":null}"),
                            &order_record, &back, &e));
    assert_int_equal(back.goods, YEN_UNDETERMINED);
    assert_false(detail_read(arena, STR("{\"goods\":"), &order_record, &back, &e));
    assert_int_equal(e.class, ERROR_STORAGE);
}

static void detail_escapes_control_characters(void **state)
{
    struct order o, back = {0};
    struct error e;
    order_init(&o);
    o.buyer_note = STR("a\"b\\c\nd\te\x01");
    AUTO_BUF json = buf_make(1u << 20);
    detail_write(&json, &order_record, &o);
    assert_true(detail_read(arena, buf_str(&json), &order_record, &back, &e));
    assert_true(str_eq(back.buyer_note, o.buyer_note));
}

static void refused(struct order *o, const char *code)
{
    struct error e = {0};
    assert_false(order_validate(o, &e));
    assert_int_equal(e.class, ERROR_BAD_INPUT);
    assert_string_equal(e.code, code);
    assert_true(e.what_ja[0] && e.what_en[0]);
}

static void validate_refuses_broken_orders(void **state)
{
    struct error e;
    struct order *good = world_order(&fake, "A-1", 1);
    assert_true(order_validate(good, &e));
    struct order *full = world_full_order(&fake, 4);
    assert_true(order_validate(full, &e));
#define BROKEN(change, code)                       \
    do {                                           \
        struct order *o = order_copy(arena, good); \
        change;                                    \
        refused(o, code);                          \
    } while (0)
    BROKEN(o->order_no = STR(""), "order.number_missing");
    BROKEN(o->order_no = STR("\xff\xfe"), "order.number_malformed");
    BROKEN(o->mall = STR(""), "order.shop_missing");
    BROKEN(o->shop_id = 0, "order.shop_missing");
    BROKEN(o->package_count = 0, "order.package_count");
    BROKEN(o->packages[0].lines[0].quantity = -1, "order.quantity");
    BROKEN(o->packages[0].lines[0].number = 0, "order.line_number");
    BROKEN(o->packages[0].lines[1].number = 1, "order.line_number");
    BROKEN(o->packages[0].lines[1].number = 2000000000, "order.line_number");
    BROKEN(o->state = (enum order_state)77, "order.state_unknown");
    BROKEN(o->packages[0].state = (enum shipment_state)77, "order.state_unknown");
    BROKEN(o->orderer.name = STR("\xe3\x81"), "order.text_not_utf8");
    BROKEN(o->buyer_note = STR("a\0b"), "order.text_not_utf8");
    BROKEN(o->payment_due = 20260230, "order.day_impossible");
    BROKEN(o->billed = 2000000000000LL, "order.amount_impossible");
    char *text = arena_alloc(arena, 100000);
    memset(text, 'x', 100000);
    BROKEN(o->buyer_note = str_make(text, 100000), "order.text_too_long");
}

static void roll_up_is_what_all_packages_have_reached(void **state)
{
    struct order_package p[3] = {
        {.state = SHIPMENT_SHIPPED}, {.state = SHIPMENT_WAITING}, {.state = SHIPMENT_VOID}};
    struct order o = {.packages = p, .package_count = 3};
    assert_int_equal(order_roll_up_shipment(&o), SHIPMENT_WAITING);
    p[1].state = SHIPMENT_DELIVERED;
    assert_int_equal(order_roll_up_shipment(&o), SHIPMENT_SHIPPED);
    p[0].state = p[1].state = SHIPMENT_VOID;
    assert_int_equal(order_roll_up_shipment(&o), SHIPMENT_VOID);
    p[0].state = SHIPMENT_RETURNED;
    assert_int_equal(order_roll_up_shipment(&o), SHIPMENT_RETURNED);
    o.package_count = 0;
    assert_int_equal(order_roll_up_shipment(&o), SHIPMENT_WAITING);
}

static void payment_rules(void **state)
{
    const bool allowed[PAYMENT_STATE_COUNT] = {[PAYMENT_NONE] = true,
                                               [PAYMENT_AUTHORIZED] = true,
                                               [PAYMENT_PAID] = true,
                                               [PAYMENT_DUE_AFTER_SHIP] = true};
    for (int i = 0; i < PAYMENT_STATE_COUNT; i++)
        assert_int_equal(payment_allows_shipping((enum payment_state)i), allowed[i]);
}

static void diff_says_what_changed(void **state)
{
    struct order *a = world_order(&fake, "A-1", 1), *b = order_copy(arena, a);
    AUTO_BUF before = buf_make(1u << 20);
    AUTO_BUF after = buf_make(1u << 20);
    struct difference d = order_diff(a, b, &before, &after);
    assert_false(d.any);
    assert_str(buf_str(&before), "{}");
    b->mall_update_mark = STR("2");
    buf_reset(&before);
    buf_reset(&after);
    d = order_diff(a, b, &before, &after);
    assert_true(d.any && !d.loud);
    b->state = ORDER_CANCELLED;
    b->packages[0].state = SHIPMENT_VOID;
    b->packages[0].lines[0].quantity = 9;
    buf_reset(&before);
    buf_reset(&after);
    d = order_diff(a, b, &before, &after);
    assert_true(d.any && d.loud);
    assert_true(str_find(buf_str(&before), STR("\"state\":\"accepted\"")) >= 0);
    assert_true(str_find(buf_str(&after), STR("\"state\":\"cancelled\"")) >= 0);
    assert_true(str_find(buf_str(&after), STR("\"packages.1.state\":\"void\"")) >= 0);
    assert_true(str_find(buf_str(&after), STR("\"packages.1.lines\":[{")) >= 0);
}

static void ids_rise_with_the_time_of_ordering(void **state)
{
    row_id before = 0;
    for (time_ms t = 1300000000000LL; t < 3000000000000LL; t += 1234567891LL) {
        row_id id = order_id_for(t, 21, STR("123"), 0);
        assert_true(id > before);
        before = id;
    }
    assert_true(order_id_for(TIME_NONE, 21, STR("1"), 0) > 0);
    assert_true(order_id_for(INT64_MAX, 21, STR("1"), 0) > 0);
    assert_int_not_equal(order_id_for(1795305600000LL, 21, STR("1"), 0),
                         order_id_for(1795305600000LL, 21, STR("1"), 1));
    assert_int_not_equal(order_id_for(1795305600000LL, 21, STR("1"), 0),
                         order_id_for(1795305600000LL, 22, STR("1"), 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(names_are_their_own_inverse),
        TEST(init_unsets_everything),
        TEST(copy_is_deep_and_equal),
        TEST(copy_reports_lack_of_memory),
        TEST(hash_sees_each_field_of_the_mall_and_no_other),
        TEST(hash_ignores_absent_empty_and_the_order_of_extras),
        TEST(hash_of_large_orders_sees_their_end),
        TEST(detail_keeps_every_field),
        TEST(detail_of_nothing_is_small_and_reads_back),
        TEST(detail_escapes_control_characters),
        TEST(validate_refuses_broken_orders),
        TEST(roll_up_is_what_all_packages_have_reached),
        TEST(payment_rules),
        TEST(diff_says_what_changed),
        TEST(ids_rise_with_the_time_of_ordering),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
