// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: what changed between two states of an order, for the history.
#ifndef JUCHU_ORDER_DIFF_H
#define JUCHU_ORDER_DIFF_H

#include "base/buf.h"
#include "order/fields.h"

struct difference {
    bool any;  // something differs
    bool loud; // … that staff have to see (not only update marks)
};

// Appends two JSON objects with the values that differ: {"state":…}, {"packages.1.recipient":…}.
// Enumerations are written by name; texts and children as in the detail.
struct difference order_diff(const struct order *before, const struct order *after,
                             struct buf *before_json, struct buf *after_json);

#endif
