// SPDX-License-Identifier: Apache-2.0
//
// The history of an order in words: what happened, and each value that changed as a person reads
// it. What viewers may not see of people is masked here.
#ifndef JUCHU_API_HISTORY_H
#define JUCHU_API_HISTORY_H

#include "api/internal.h"
#include "api/order_json.h"

struct history {
    const struct order_names *names;
    bool several_packages; // then each line says which one it is about
};

// Writes one OrderEvent object into r->w.
void history_event_json(struct request *r, const struct history *h, const struct order_event *e);

#endif
