// SPDX-License-Identifier: Apache-2.0
//
// Table of the formats. Adding one is one line here.
#include "mall/file/ship_file.h"
#include "mall/file/formats.h"

// One a line, so that adding one touches one line.
// clang-format off
static const struct ship_file_format *const table[] = {
    &amazon_ship_file,
    &aupay_ship_file,
    &makeshop_ship_file,
    &qoo10_ship_file,
    &rakuten_ship_file,
    &yahoo_ship_file,
    NULL,
};
// clang-format on

const struct ship_file_format *const *ship_file_formats(size_t *count)
{
    *count = sizeof table / sizeof table[0] - 1;
    return table;
}

const struct ship_file_format *ship_file_by_id(struct str id)
{
    for (size_t i = 0; table[i]; i++)
        if (str_eq(str_from(table[i]->id), id))
            return table[i];
    return NULL;
}

const struct ship_file_format *ship_file_of_mall(struct str mall)
{
    for (size_t i = 0; table[i]; i++)
        if (str_eq(str_from(table[i]->mall), mall))
            return table[i];
    return NULL;
}
