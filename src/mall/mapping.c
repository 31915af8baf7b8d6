// SPDX-License-Identifier: Apache-2.0
//
// What a mall's values mean here and what ours are called there: the company's own mapping first,
// then the mall's default.
#include "mall/mall.h"

const char *mapping_kind_name(enum mapping_kind kind)
{
    static const char *const names[] = {
        [MAPPING_PAYMENT] = "payment",
        [MAPPING_DELIVERY] = "delivery",
        [MAPPING_SLOT] = "slot",
        [MAPPING_CARRIER] = "carrier",
    };
    return names[kind];
}

struct str account_map_in(const struct mall_account *a, enum mapping_kind kind,
                          struct str mall_value)
{
    for (size_t i = 0; i < a->mapping_count; i++) {
        const struct mapping_value *m = &a->mappings[i];
        if (m->kind == kind && m->direction != MAPPING_OUT && str_eq(m->mall_value, mall_value))
            return m->our_value;
    }
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
