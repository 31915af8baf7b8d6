// SPDX-License-Identifier: Apache-2.0
//
// Open hashing over copies in the set's arena. One thread at a time.
#include "mall/number_set.h"

static bool grow(struct number_set *set)
{
    size_t capacity = set->capacity ? set->capacity * 2 : 4096;
    struct str *slots = ARENA_ARRAY(set->arena, struct str, capacity);
    if (!slots)
        return false;
    for (size_t i = 0; i < set->capacity; i++) {
        if (!set->slots[i].p)
            continue;
        size_t at = (size_t)str_hash(set->slots[i]) & (capacity - 1);
        while (slots[at].p)
            at = (at + 1) & (capacity - 1);
        slots[at] = set->slots[i];
    }
    set->slots = slots;
    set->capacity = capacity;
    return true;
}

int number_set_add(struct number_set *set, struct str number)
{
    if (set->count * 2 >= set->capacity && !grow(set))
        return -1;
    size_t at = (size_t)str_hash(number) & (set->capacity - 1);
    while (set->slots[at].p) {
        if (str_eq(set->slots[at], number))
            return 0;
        at = (at + 1) & (set->capacity - 1);
    }
    struct str copy = str_dup(set->arena, number);
    if (arena_failed(set->arena))
        return -1;
    set->slots[at] = copy;
    set->count++;
    return 1;
}

void number_set_clear(struct number_set *set)
{
    arena_reset(set->arena);
    set->slots = NULL;
    set->capacity = set->count = 0;
}
