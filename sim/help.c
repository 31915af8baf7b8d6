// SPDX-License-Identifier: Apache-2.0
//
// Help made from the tables of the faces and of the control API, so that it can't fall behind.
#include "sim/control.h"
#include "sim/internal.h"

static void add_switches(const struct sim_face *face, struct buf *out)
{
    for (size_t i = 0; i < face->switch_count; i++) {
        const struct sim_switch *s = &face->switches[i];
        buf_addf(out, "  --switch %s.%s=%s (preset %s)\n      %s\n", sim_mall_id(face->mall),
                 s->name, s->values ? s->values : "TEXT", s->preset, s->help);
    }
}

static void add_actions(const struct sim_face *face, struct buf *out)
{
    for (size_t i = 0; i < face->action_count; i++) {
        const struct sim_action *a = &face->actions[i];
        if (a->on == SIM_ACTION_ORDER)
            buf_addf(out, "  POST /orders/%s/{order_no}/actions/%s\n      %s\n",
                     sim_mall_id(face->mall), a->name, a->help);
        else
            buf_addf(out, "  POST /keys/%s/%s\n      %s\n", sim_mall_id(face->mall), a->name,
                     a->help);
    }
}

void sim_faces_help(const struct sim_face *const *faces, struct buf *out)
{
    for (; faces && *faces; faces++) {
        buf_addf(out, "%s (%s)\n", sim_mall_id((*faces)->mall), (*faces)->name);
        add_switches(*faces, out);
        add_actions(*faces, out);
    }
}

void sim_control_help(struct buf *out)
{
    size_t count;
    const struct sim_control_route *routes = sim_control_routes(&count);
    for (size_t i = 0; i < count; i++)
        buf_addf(out, "  %-6s %s\n      %s\n", http_method_name(routes[i].route.method),
                 routes[i].route.pattern, routes[i].help);
}
