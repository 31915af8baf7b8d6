// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: when a mall's dictionary is learned, and from what.
#ifndef JUCHU_ORDER_LEARN_H
#define JUCHU_ORDER_LEARN_H

#include "order/pack.h"
#include "order/store.h"

// Called with the new orders of one mall (the one that `p` uses) before they are stored. Learns
// when there is no dictionary yet and these orders or the stored ones are enough; once per mall.
bool learn_dictionary(struct packer *p, const struct order_import *const *imports, size_t count,
                      time_ms now, struct error *error);

#endif
