// SPDX-License-Identifier: Apache-2.0
//
// What the simulated shop sells: food at 8 %, everything else at 10 %, articles with and without
// variants, cool goods, drugs, preorders. All invented.
#ifndef JUCHU_SIM_CATALOGUE_H
#define JUCHU_SIM_CATALOGUE_H

#include "sim/order.h"

// The articles, immutable.
const struct sim_item *sim_catalogue(size_t *count);
// NULL if there is no article of that manage number.
const struct sim_item *sim_item_find(struct str manage_number);

#endif
