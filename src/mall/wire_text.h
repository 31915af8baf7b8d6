// SPDX-License-Identifier: Apache-2.0
//
// Reading of texts that several malls write alike. For connectors. Pure functions; any thread.
#ifndef JUCHU_MALL_WIRE_TEXT_H
#define JUCHU_MALL_WIRE_TEXT_H

#include "base/arena.h"

// An XML body without bytes that XML 1.0 forbids and with broken UTF-8 replaced: one odd character
// in a comment must not hide an order. Borrowed when nothing had to change.
struct str mall_clean_xml(struct arena *arena, struct str body);
// "12:00～14:00", "14時-16時" as our slot "14:00-16:00" (carriers.md §7), "午前中…" as "午前中";
// any other text as it is.
struct str mall_slot_from_text(struct arena *arena, struct str text);

#endif
