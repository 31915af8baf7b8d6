// SPDX-License-Identifier: Apache-2.0
//
// The control API as a table of routes; inside the library only.
#ifndef JUCHU_SIM_CONTROL_H
#define JUCHU_SIM_CONTROL_H

#include "net/router.h"
#include "sim/internal.h"

// One call of the control API.
struct sim_control_call {
    struct sim *sim;
    time_ms now; // the caller's clock, without offset
    const struct sim_request *request;
    struct arena *arena;
    struct str parameters[8]; // {…} parts of the path
    struct json body;         // an empty object when the request had none
    struct json_writer *out;  // the answer's body
    int status;               // preset to 200
};

struct sim_control_route {
    struct route route;
    // False with *error: answered as a problem document.
    bool (*handler)(struct sim_control_call *call, struct error *error);
    const char *help;
};

const struct sim_control_route *sim_control_routes(size_t *count);

// The mall named in the path; ERROR_NOT_FOUND if it doesn't take part.
bool sim_control_mall(struct sim_control_call *call, struct str id, enum sim_mall *mall,
                      struct error *error);
// ERROR_BAD_INPUT when the object has a member that isn't in `names` (ends in NULL): typing errors
// in tests must not pass unseen.
bool sim_control_members(struct json object, const char *const *names, struct error *error);

// control_read.c
bool sim_control_get_health(struct sim_control_call *call, struct error *error);
bool sim_control_get_state(struct sim_control_call *call, struct error *error);
bool sim_control_get_orders(struct sim_control_call *call, struct error *error);
bool sim_control_get_order(struct sim_control_call *call, struct error *error);
bool sim_control_get_faults(struct sim_control_call *call, struct error *error);
bool sim_control_get_switches(struct sim_control_call *call, struct error *error);
bool sim_control_get_effects(struct sim_control_call *call, struct error *error);
bool sim_control_get_requests(struct sim_control_call *call, struct error *error);
bool sim_control_get_demo_keys(struct sim_control_call *call, struct error *error);

// control_write.c
bool sim_control_post_orders(struct sim_control_call *call, struct error *error);
bool sim_control_post_action(struct sim_control_call *call, struct error *error);
bool sim_control_post_key_action(struct sim_control_call *call, struct error *error);
bool sim_control_put_ips(struct sim_control_call *call, struct error *error);
bool sim_control_post_fault(struct sim_control_call *call, struct error *error);
bool sim_control_delete_faults(struct sim_control_call *call, struct error *error);
bool sim_control_delete_fault(struct sim_control_call *call, struct error *error);
bool sim_control_put_switches(struct sim_control_call *call, struct error *error);
bool sim_control_post_clock(struct sim_control_call *call, struct error *error);
bool sim_control_put_rate(struct sim_control_call *call, struct error *error);

#endif
