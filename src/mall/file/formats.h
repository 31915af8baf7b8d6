// SPDX-License-Identifier: Apache-2.0
//
// The formats of this folder; order_file.c lists them.
#ifndef JUCHU_MALL_FILE_FORMATS_H
#define JUCHU_MALL_FILE_FORMATS_H

#include "mall/file/order_file.h"

extern const struct order_file_format rakuten_order_file;
extern const struct order_file_format yahoo_order_file;

#endif
