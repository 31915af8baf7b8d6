// SPDX-License-Identifier: Apache-2.0
//
// au PAY マーケット (formerly Wowma!, DeNAショッピング): the Web API of Wow! manager (wmshopapi).
#ifndef JUCHU_MALL_AUPAY_AUPAY_H
#define JUCHU_MALL_AUPAY_AUPAY_H

#include "mall/mall.h"

extern const struct mall aupay_mall;

#endif
