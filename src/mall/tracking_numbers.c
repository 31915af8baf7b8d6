// SPDX-License-Identifier: Apache-2.0
//
// Several parcels of one order, and malls that take fewer tracking numbers than there are. Pure.
#include "mall/mall.h"

static bool seen_before(const struct order_package *packages, size_t package, size_t shipment,
                        struct str number)
{
    for (size_t i = 0; i <= package; i++) {
        size_t end = i < package ? packages[i].shipment_count : shipment;
        for (size_t k = 0; k < end; k++)
            if (str_eq(packages[i].shipments[k].tracking_number, number))
                return true;
    }
    return false;
}

size_t mall_number_count(const struct order_package *packages, size_t count)
{
    size_t numbers = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < packages[i].shipment_count; k++) {
            struct str number = packages[i].shipments[k].tracking_number;
            numbers += number.n > 0 && !seen_before(packages, i, k, number);
        }
    return numbers;
}

bool mall_leaves_out_numbers(const struct mall *mall, const struct order_package *packages,
                             size_t count, struct error *note)
{
    size_t numbers = mall_number_count(packages, count);
    size_t most = mall->tracking_numbers_max > 0 ? (size_t)mall->tracking_numbers_max : numbers;
    if (numbers <= most)
        return false;
    if (note)
        error_set(note, ERROR_REJECTED, "shipment.numbers_left_out",
                  "伝票番号%zu件のうち、モールへは先頭の%zu件だけを伝えます。",
                  "Of %zu tracking numbers the mall is told the first %zu only.", numbers, most);
    return true;
}
