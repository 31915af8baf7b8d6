// SPDX-License-Identifier: Apache-2.0
//
// Who does something, when, on whose behalf. Handed to everything that changes an order.
#ifndef JUCHU_ORDER_CONTEXT_H
#define JUCHU_ORDER_CONTEXT_H

#include "base/clock.h"
#include "base/id.h"

enum actor_kind { ACTOR_SYSTEM, ACTOR_USER, ACTOR_TOKEN, ACTOR_MALL, ACTOR_COMMAND_LINE };

struct actor {
    enum actor_kind kind;
    row_id id;       // user or token
    struct str name; // shown in the history
};

struct order_context {
    row_id org_id;
    struct actor actor;
    time_ms now;
    struct id_source *ids;
};

#endif
