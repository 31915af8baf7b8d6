// SPDX-License-Identifier: Apache-2.0
//
// MakeShop (makeshop byGMO): the GraphQL API of its apps and, for shops that still have it, the old
// order API, chosen by setting "api". Facts: makeshop.md.
#ifndef JUCHU_MALL_MAKESHOP_H
#define JUCHU_MALL_MAKESHOP_H

#include "mall/mall.h"

extern const struct mall makeshop_mall;

#endif
