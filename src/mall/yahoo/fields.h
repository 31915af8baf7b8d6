// SPDX-License-Identifier: Apache-2.0
//
// The names that are asked for. One unknown name fails the whole request (yahoo.md §1.8), so they
// are data, taken from the tables of §7.3 and §8, and nothing else is ever sent. Card numbers,
// holder names and birthdays are not asked for at all.
#ifndef JUCHU_MALL_YAHOO_FIELDS_H
#define JUCHU_MALL_YAHOO_FIELDS_H

#include "base/buf.h"

enum yahoo_group { YAHOO_ORDER, YAHOO_PAY, YAHOO_SHIP, YAHOO_BUYER, YAHOO_ITEM, YAHOO_DETAIL };

struct yahoo_field {
    enum yahoo_group group;
    const char *name;
    // Japanese words under which the value is kept as an extra; NULL: it has a place in the order.
    const char *extra;
};

extern const struct yahoo_field yahoo_fields[];
extern const size_t yahoo_field_count;

// Comma-separated Field of orderInfo (at most 10000 bytes).
void yahoo_add_info_fields(struct buf *out);
// Field of orderList: what decides whether an order is read.
extern const char yahoo_list_fields[];
// Field of the orderInfo that precedes a write.
extern const char yahoo_state_fields[];
// Name of the element that holds the group inside OrderInfo; NULL for YAHOO_ORDER itself.
const char *yahoo_group_element(enum yahoo_group group);
// True for an element that must never be stored (card number, holder …), should it come unasked.
bool yahoo_is_card_data(struct str element);

#endif
