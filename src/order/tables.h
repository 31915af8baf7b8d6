// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: the tables an order is written to.
#ifndef JUCHU_ORDER_TABLES_H
#define JUCHU_ORDER_TABLES_H

#include "order/bulk.h"

extern const struct bulk_table order_table, order_update_table, package_table, line_table,
    shipment_table, payment_event_table, link_table, event_table, raw_table, search_table;

#endif
