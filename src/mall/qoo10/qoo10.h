// SPDX-License-Identifier: Apache-2.0
//
// Qoo10.jp through QAPI (qoo10.md). For the registry of malls and tests.
#ifndef JUCHU_MALL_QOO10_QOO10_H
#define JUCHU_MALL_QOO10_QOO10_H

#include "mall/mall.h"

extern const struct mall qoo10_mall;

#endif
