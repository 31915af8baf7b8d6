// SPDX-License-Identifier: Apache-2.0
//
// Yahoo!ショッピング (ストアクリエイターPro, Shopping Web Service V1), and with it the shopping
// side of Yahoo!オークション: same account, same calls, told apart per order (yahoo.md §14).
#ifndef JUCHU_MALL_YAHOO_YAHOO_H
#define JUCHU_MALL_YAHOO_YAHOO_H

#include "mall/mall.h"

extern const struct mall yahoo_mall;

#endif
