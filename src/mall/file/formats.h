// SPDX-License-Identifier: Apache-2.0
//
// The formats of this folder; order_file.c and ship_file.c list them.
#ifndef JUCHU_MALL_FILE_FORMATS_H
#define JUCHU_MALL_FILE_FORMATS_H

#include "mall/file/order_file.h"
#include "mall/file/ship_file.h"

extern const struct order_file_format amazon_order_file;
extern const struct order_file_format aupay_order_file;
extern const struct order_file_format makeshop_order_file;
extern const struct order_file_format qoo10_order_file;
extern const struct order_file_format rakuten_order_file;
extern const struct order_file_format yahoo_order_file;

extern const struct ship_file_format amazon_ship_file;
extern const struct ship_file_format aupay_ship_file;
extern const struct ship_file_format makeshop_ship_file;
extern const struct ship_file_format qoo10_ship_file;
extern const struct ship_file_format rakuten_ship_file;
extern const struct ship_file_format yahoo_ship_file;

#endif
