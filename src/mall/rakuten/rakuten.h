// SPDX-License-Identifier: Apache-2.0
//
// Rakuten Ichiba through RMS WEB SERVICE (楽天ペイ受注API).
#ifndef JUCHU_MALL_RAKUTEN_RAKUTEN_H
#define JUCHU_MALL_RAKUTEN_RAKUTEN_H

#include "mall/mall.h"

extern const struct mall rakuten_mall;

#endif
