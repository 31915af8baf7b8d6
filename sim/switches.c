// SPDX-License-Identifier: Apache-2.0
//
// Switches of the faces: what public facts leave open. Declared in each face's table; here they are
// checked, kept and explained.
#include "sim/internal.h"

#include <stdio.h>

static void keep(struct sim_shelf *shelf, size_t index, struct str value)
{
    (void)snprintf(shelf->switches[index], SIM_SWITCH_VALUE_MAX, "%.*s", STR_ARG(value));
}

void sim_switches_reset(struct sim_shelf *shelf)
{
    for (size_t i = 0; i < shelf->face->switch_count && i < SIM_SWITCHES_MAX; i++)
        keep(shelf, i, str_from(shelf->face->switches[i].preset));
}

static bool value_fits(const struct sim_switch *s, struct str value)
{
    if (!s->values)
        return value.n < SIM_SWITCH_VALUE_MAX;
    struct str values = str_from(s->values), one;
    ptrdiff_t dots = str_find(values, STR(".."));
    int64_t number, least, most;
    if (dots > 0 && str_to_int64(str_slice(values, 0, (size_t)dots), &least) &&
        str_to_int64(str_slice(values, (size_t)dots + 2, values.n), &most))
        return value.n < SIM_SWITCH_VALUE_MAX && str_to_int64(value, &number) && number >= least &&
               number <= most;
    while (str_split(&values, '|', &one))
        if (str_eq(one, value))
            return true;
    return false;
}

static int find(const struct sim_face *face, struct str name)
{
    for (size_t i = 0; i < face->switch_count && i < SIM_SWITCHES_MAX; i++)
        if (str_eq(str_from(face->switches[i].name), name))
            return (int)i;
    return -1;
}

bool sim_switch_set_locked(struct sim *sim, struct str name, struct str value, struct error *error)
{
    ptrdiff_t dot = str_find_char(name, '.');
    int mall = dot > 0 ? sim_mall_from_id(str_slice(name, 0, (size_t)dot)) : -1;
    struct sim_shelf *shelf = mall < 0 ? NULL : sim_shelf(sim, (enum sim_mall)mall);
    int index =
        shelf && shelf->face ? find(shelf->face, str_slice(name, (size_t)dot + 1, name.n)) : -1;
    if (index < 0)
        return error_set(error, ERROR_NOT_FOUND, "sim.switch_unknown",
                         "スイッチ %.*s はありません。", "There is no switch %.*s.", STR_ARG(name));
    const struct sim_switch *s = &shelf->face->switches[index];
    if (!value_fits(s, value))
        return error_set(error, ERROR_BAD_INPUT, "sim.switch_value",
                         "スイッチ %.*s の値は %s のどれかです。", "Switch %.*s takes one of: %s.",
                         STR_ARG(name), s->values ? s->values : "text up to 63 bytes");
    keep(shelf, (size_t)index, value);
    return true;
}

const char *sim_switch_value(const struct sim *sim, enum sim_mall mall, const char *name)
{
    const struct sim_shelf *shelf = &sim->shelves[mall];
    int index = shelf->face ? find(shelf->face, str_from(name)) : -1;
    return index < 0 ? "" : shelf->switches[index];
}

bool sim_switch_is(const struct sim *sim, enum sim_mall mall, const char *name, const char *value)
{
    return str_eq(str_from(sim_switch_value(sim, mall, name)), str_from(value));
}

int64_t sim_switch_number(const struct sim *sim, enum sim_mall mall, const char *name)
{
    int64_t number = 0;
    (void)str_to_int64(str_from(sim_switch_value(sim, mall, name)), &number);
    return number;
}

bool sim_switch_set(struct sim *sim, struct str name, struct str value, struct error *error)
{
    pthread_mutex_lock(&sim->lock);
    bool ok = sim_switch_set_locked(sim, name, value, error);
    pthread_mutex_unlock(&sim->lock);
    return ok;
}
