// SPDX-License-Identifier: Apache-2.0
//
// What a mall's values mean here and what ours are called there: the company's own mapping first,
// then the mall's default. What neither knows is kept as the mall wrote it and noted at the order.
// Pure functions; any thread.
#include "mall/mall.h"
#include "mall/op.h"

#define UNMAPPED "unmapped."
#define NOTES_MAX 16

static const char *const kind_names[MAPPING_KIND_COUNT] = {
    [MAPPING_PAYMENT] = "payment",
    [MAPPING_DELIVERY] = "delivery",
    [MAPPING_SLOT] = "slot",
    [MAPPING_CARRIER] = "carrier",
};
static const char *const direction_names[] = {
    [MAPPING_BOTH] = "both", [MAPPING_IN] = "in", [MAPPING_OUT] = "out"};

const char *mapping_kind_name(enum mapping_kind kind)
{
    return kind_names[kind];
}

int mapping_kind_from_name(struct str name)
{
    for (int i = 0; i < MAPPING_KIND_COUNT; i++)
        if (str_eq(name, str_from(kind_names[i])))
            return i;
    return -1;
}

const char *mapping_direction_name(enum mapping_direction direction)
{
    return direction_names[direction];
}

int mapping_direction_from_name(struct str name)
{
    for (int i = 0; i <= MAPPING_OUT; i++)
        if (str_eq(name, str_from(direction_names[i])))
            return i;
    return -1;
}

struct str account_map_own(const struct mall_account *a, enum mapping_kind kind,
                           struct str mall_value)
{
    for (size_t i = 0; i < a->mapping_count; i++) {
        const struct mapping_value *m = &a->mappings[i];
        if (m->kind == kind && m->direction != MAPPING_OUT && str_eq(m->mall_value, mall_value))
            return m->our_value;
    }
    return STR_ABSENT;
}

struct str account_map_in(const struct mall_account *a, enum mapping_kind kind,
                          struct str mall_value)
{
    struct str own = account_map_own(a, kind, mall_value);
    if (own.p)
        return own;
    for (size_t i = 0; a->mall && i < a->mall->mapping_count; i++) {
        const struct mall_mapping *m = &a->mall->mappings[i];
        if (m->kind == kind && m->direction != MAPPING_OUT &&
            str_eq(str_from(m->mall_value), mall_value))
            return str_from(m->our_value);
    }
    return STR_ABSENT;
}

struct str account_map_out(const struct mall_account *a, enum mapping_kind kind,
                           struct str our_value)
{
    if (our_value.n == 0)
        return STR_ABSENT;
    for (size_t i = 0; i < a->mapping_count; i++) {
        const struct mapping_value *m = &a->mappings[i];
        if (m->kind == kind && m->direction != MAPPING_IN && str_eq(m->our_value, our_value))
            return m->mall_value;
    }
    for (size_t i = 0; a->mall && i < a->mall->mapping_count; i++) {
        const struct mall_mapping *m = &a->mall->mappings[i];
        if (m->kind == kind && m->direction != MAPPING_IN &&
            str_eq(str_from(m->our_value), our_value))
            return str_from(m->mall_value);
    }
    return STR_ABSENT;
}

bool account_payment_class(const struct mall_account *a, struct str code, struct str name,
                           enum payment_class otherwise, enum payment_class *class)
{
    struct str ours = code.n > 0 ? account_map_in(a, MAPPING_PAYMENT, code) : STR_ABSENT;
    if (!ours.p && name.n > 0)
        ours = account_map_in(a, MAPPING_PAYMENT, name);
    int known = ours.p ? payment_class_from_name(ours) : -1;
    *class = known < 0 ? otherwise : (enum payment_class)known;
    return ours.p != NULL;
}

static bool is_hour(struct str text)
{
    return text.n == 5 && text.p[0] >= '0' && text.p[0] <= '2' && text.p[1] >= '0' &&
           text.p[1] <= '9' && str_eq(str_slice(text, 2, 5), STR(":00"));
}

bool slot_is_ours(struct str slot)
{
    static const char *const words[] = {"午前中", "午後", "その他"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_eq(slot, str_from(words[i])))
            return true;
    return slot.n == 11 && slot.p[5] == '-' && is_hour(str_slice(slot, 0, 5)) &&
           is_hour(str_slice(slot, 6, 11));
}

bool mapping_value_known(enum mapping_kind kind, struct str our_value)
{
    switch (kind) {
    case MAPPING_PAYMENT:
        return payment_class_from_name(our_value) >= 0;
    case MAPPING_SLOT:
        return slot_is_ours(our_value);
    default:
        return carrier_by_code(our_value) != NULL;
    }
}

struct notes {
    const struct mall_account *account;
    struct arena *arena;
    struct order_extra list[NOTES_MAX];
    size_t count;
};

static bool kind_is_declared(const struct mall_account *a, enum mapping_kind kind)
{
    for (size_t i = 0; i < a->mapping_count; i++)
        if (a->mappings[i].kind == kind)
            return true;
    for (size_t i = 0; a->mall && i < a->mall->mapping_count; i++)
        if (a->mall->mappings[i].kind == kind)
            return true;
    return false;
}

static void note(struct notes *n, enum mapping_kind kind, struct str value)
{
    static const char *const labels[MAPPING_KIND_COUNT] = {
        [MAPPING_PAYMENT] = "未変換の支払方法",
        [MAPPING_DELIVERY] = "未変換の配送方法",
        [MAPPING_SLOT] = "未変換の時間帯",
        [MAPPING_CARRIER] = "未変換の配送業者",
    };
    struct str key = arena_printf(n->arena, UNMAPPED "%s", kind_names[kind]);
    for (size_t i = 0; i < n->count; i++)
        if (str_eq(n->list[i].key, key) && str_eq(n->list[i].value, value))
            return;
    if (n->count < NOTES_MAX)
        n->list[n->count++] = (struct order_extra){key, str_from(labels[kind]), value};
}

static void look_at_payment(struct notes *n, const struct order *o)
{
    struct str value = o->payment_method_code.n > 0 ? o->payment_method_code : o->payment_method;
    enum payment_class class;
    if (value.n > 0 && kind_is_declared(n->account, MAPPING_PAYMENT) &&
        !account_payment_class(n->account, o->payment_method_code, o->payment_method,
                               o->payment_class, &class))
        note(n, MAPPING_PAYMENT, value);
}

static void look_at_package(struct notes *n, struct order_package *p)
{
    const struct mall_account *a = n->account;
    // What the company says of its own delivery method counts before the mall's planned carrier.
    struct str carrier = account_map_own(a, MAPPING_DELIVERY, p->delivery_method);
    if (!carrier.p && p->carrier.n == 0)
        carrier = account_map_in(a, MAPPING_DELIVERY, p->delivery_method);
    if (carrier.p)
        p->carrier = carrier;
    else if (p->carrier.n == 0 && p->delivery_method.n > 0 && p->pickup_store.n == 0 &&
             kind_is_declared(a, MAPPING_DELIVERY))
        note(n, MAPPING_DELIVERY, p->delivery_method);
    if (p->requested_slot.n > 0 && !slot_is_ours(p->requested_slot)) {
        struct str slot = account_map_in(a, MAPPING_SLOT, p->requested_slot);
        if (slot.p)
            p->requested_slot = slot;
        else if (kind_is_declared(a, MAPPING_SLOT))
            note(n, MAPPING_SLOT, p->requested_slot);
    }
    for (size_t i = 0; i < p->shipment_count; i++) {
        const struct shipment *s = &p->shipments[i];
        if (s->carrier.n == 0 && s->carrier_mall_code.n > 0 && kind_is_declared(a, MAPPING_CARRIER))
            note(n, MAPPING_CARRIER, s->carrier_mall_code);
    }
}

bool mall_order_map(const struct mall_account *a, struct arena *arena, struct order *order)
{
    struct notes n = {.account = a, .arena = arena};
    look_at_payment(&n, order);
    for (size_t i = 0; i < order->package_count; i++)
        look_at_package(&n, &order->packages[i]);
    order->marks &= ~(int64_t)ORDER_MARK_UNMAPPED;
    if (n.count == 0)
        return !arena_failed(arena);
    struct order_extra *all = ARENA_ARRAY(arena, struct order_extra, order->extra_count + n.count);
    size_t count = 0;
    if (!all)
        return false;
    for (size_t i = 0; i < order->extra_count; i++)
        if (!str_starts(order->extras[i].key, STR(UNMAPPED)))
            all[count++] = order->extras[i];
    for (size_t i = 0; i < n.count; i++)
        all[count++] = n.list[i];
    order->extras = all;
    order->extra_count = count;
    order->marks |= ORDER_MARK_UNMAPPED;
    return !arena_failed(arena);
}
