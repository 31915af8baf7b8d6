// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: the searchable text of an order. Words are separated by one blank; inside a
// field there are none (a search for 佐藤太郎 finds "佐藤 太郎"), and hyphens between letters or
// digits are dropped (0312345678 finds 03-1234-5678).
#ifndef JUCHU_ORDER_SEARCH_H
#define JUCHU_ORDER_SEARCH_H

#include "base/buf.h"
#include "db/db.h"
#include "order/order.h"

#define SEARCH_TEXT_BYTES_MAX (256 * 1024) // per order; what is beyond isn't searched

// Replaces the content of `out` by the text of the order.
void search_text(const struct order *o, struct buf *out);
// One field or one typed word, folded and without blanks; appended.
void search_add_field(struct buf *out, struct str text);
// A typed word: as a field, and hyphens at its ends are dropped too.
void search_add_query_word(struct buf *out, struct str word);
#endif
