// SPDX-License-Identifier: Apache-2.0
//
// The simulator's keys as settings of a shop (--demo-keys, juchu demo): valid at mallsim only.
#ifndef JUCHU_MAIN_DEMO_SETTINGS_H
#define JUCHU_MAIN_DEMO_SETTINGS_H

#include "mall/mall.h"

// Appends to `values` (room for at least 32 more): credentials of mallsim, every status fetched,
// automatic fetching every 5 minutes. `base_url` is where the mall's simulator listens.
void demo_settings(struct arena *arena, const struct mall *mall, struct str base_url, time_ms now,
                   struct setting_value *values, size_t *count);

#endif
