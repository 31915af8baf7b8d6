// SPDX-License-Identifier: Apache-2.0
//
// Amazon.co.jp (Selling Partner API, amazon.md).
#ifndef JUCHU_MALL_AMAZON_H
#define JUCHU_MALL_AMAZON_H

#include "mall/mall.h"

extern const struct mall amazon_mall;

#endif
