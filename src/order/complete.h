// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: an order that both the mall's API and a file of the mall's own screen have
// brought. The API's state is the newer one and stays; a file only fills what the API left empty
// (Amazon's buyers, columns without a field of their own), and what it filled outlives the API's
// next reading as long as that still has nothing there. Pure: no database.
#ifndef JUCHU_ORDER_COMPLETE_H
#define JUCHU_ORDER_COMPLETE_H

#include "base/buf.h"
#include "order/order.h"

// order.from_file of an order that no API has shown yet.
#define FROM_FILE_ALONE "*"

// Fills empty texts, dates, persons and extras of `o` from `other`: never states, times or amounts.
// With `only` present, only the fields named in it (names parted by line feeds, FROM_FILE_ALONE =
// all). `filled` gets the names of what was filled, in the same form. `o`'s arrays are copied
// before they are changed; texts are shared with `other`. False on lack of memory.
bool order_fill(struct arena *arena, struct order *o, const struct order *other, struct str only,
                struct buf *filled);

#endif
