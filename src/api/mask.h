// SPDX-License-Identifier: Apache-2.0
//
// What viewers see of people: enough to recognise an order on the phone, not enough to reach the
// person. Applied to copies just before they are written out.
#ifndef JUCHU_API_MASK_H
#define JUCHU_API_MASK_H

#include "order/store.h"

// First code point kept, the rest stars: "山＊＊". Empty stays empty.
struct str mask_text(struct arena *arena, struct str text);
void mask_row(struct arena *arena, struct order_row *row);
void mask_order(struct arena *arena, struct order *order);
// A mall's answer with every text masked but those of fields that plainly hold codes, dates,
// amounts or items. What can't be read as JSON or XML is left out whole. Absent on lack of memory.
struct str mask_raw(struct arena *arena, struct str raw);
// True when a field of the history may be shown to viewers.
bool mask_field_is_public(struct str field);

#endif
