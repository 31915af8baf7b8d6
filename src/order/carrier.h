// SPDX-License-Identifier: Apache-2.0
//
// Carriers as Juchu knows them. Each mall's own codes are mapped by data in its folder.
#ifndef JUCHU_ORDER_CARRIER_H
#define JUCHU_ORDER_CARRIER_H

#include "base/arena.h"
#include "base/error.h"

struct carrier {
    const char *code; // "yamato", "sagawa", "japan_post", "seino", "fukuyama", …, "other"
    const char *name_ja, *name_en;
    const char *tracking_url; // "%s" = number; NULL if none
};

const struct carrier *carriers(size_t *count);
// NULL if unknown. carrier_from_text also knows names: ヤマト運輸, クロネコヤマト, 佐川, ゆうパック
// …
const struct carrier *carrier_by_code(struct str code);
const struct carrier *carrier_from_text(struct str text);

enum tracking_check {
    TRACKING_OK,
    TRACKING_BAD_LENGTH,
    TRACKING_BAD_DIGIT,
    TRACKING_BAD_CHARACTER,
    TRACKING_UNKNOWN
};
// Width and hyphens removed; letters upper case.
struct str tracking_number_normalise(struct arena *arena, struct str text);
// Length and check digit as the carrier defines them (carriers.md); a warning, never a refusal.
enum tracking_check tracking_number_check(struct str carrier_code, struct str number);

#endif
