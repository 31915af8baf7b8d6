// SPDX-License-Identifier: Apache-2.0
//
// The order numbers that a listing has shown so far. Pages shift while orders come and go, so
// connectors let pages overlap and count different numbers, not rows.
#ifndef JUCHU_MALL_NUMBER_SET_H
#define JUCHU_MALL_NUMBER_SET_H

#include "base/arena.h"

struct number_set {
    struct arena *arena; // its own; holds table and copies
    struct str *slots;
    size_t capacity, count;
};

// 1 = new, 0 = had it, -1 = lack of memory.
int number_set_add(struct number_set *set, struct str number);
// Empties it and its arena.
void number_set_clear(struct number_set *set);

#endif
