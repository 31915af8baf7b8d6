// SPDX-License-Identifier: Apache-2.0
//
// The past of a new world: orders between start and now, thick towards now, each as far along as
// its age allows. The first orders of every mall go through all its stages and then through all
// its peculiarities, so that even a small world holds one of each.
#include "base/memory.h"
#include "sim/internal.h"

#include <stdlib.h>

#define HOUR_MS (3600 * 1000LL)
#define DAY_MS (24 * HOUR_MS)

// How old an order of a stage can be.
static const struct {
    int64_t least, most;
} stage_age[SIM_STAGE_COUNT] = {
    [SIM_STAGE_NEW] = {HOUR_MS / 4, 3 * DAY_MS},
    [SIM_STAGE_PROCESSING] = {2 * HOUR_MS, 6 * DAY_MS},
    [SIM_STAGE_CHANGED] = {DAY_MS, 9 * DAY_MS},
    [SIM_STAGE_HOLD] = {DAY_MS, 12 * DAY_MS},
    [SIM_STAGE_READY] = {3 * HOUR_MS, 5 * DAY_MS},
    [SIM_STAGE_PICKING] = {6 * HOUR_MS, 3 * DAY_MS},
    [SIM_STAGE_SHIPPED] = {DAY_MS, 7 * DAY_MS},
    [SIM_STAGE_PAYOUT] = {8 * DAY_MS, 25 * DAY_MS},
    [SIM_STAGE_DONE] = {20 * DAY_MS, INT64_MAX},
    [SIM_STAGE_CANCEL_REQUESTED] = {DAY_MS, 6 * DAY_MS},
    [SIM_STAGE_CANCELLED] = {DAY_MS, INT64_MAX},
};

// Per cent of stages by age; columns as enum sim_stage.
static const struct {
    int64_t younger_than;
    uint8_t percent[SIM_STAGE_COUNT];
} stage_mix[] = {
    {2 * DAY_MS, {55, 15, 0, 0, 22, 5, 0, 0, 0, 0, 3}},
    {7 * DAY_MS, {8, 10, 2, 4, 30, 10, 30, 0, 0, 1, 5}},
    {25 * DAY_MS, {0, 2, 0, 2, 3, 0, 15, 40, 30, 0, 8}},
    {INT64_MAX, {0, 0, 0, 0, 0, 0, 0, 3, 88, 0, 9}},
};

struct entry {
    struct sim_plan plan;
    int64_t number;
};

static enum sim_stage draw_stage(const struct rng *rng, int64_t age)
{
    size_t row = 0;
    while (age >= stage_mix[row].younger_than && stage_mix[row].younger_than != INT64_MAX)
        row++;
    uint64_t at = rng_below(rng, 100);
    for (int i = 0; i < SIM_STAGE_COUNT; i++) {
        if (at < stage_mix[row].percent[i])
            return (enum sim_stage)i;
        at -= stage_mix[row].percent[i];
    }
    return SIM_STAGE_DONE;
}

static int64_t draw_age(const struct rng *rng, enum sim_stage stage, int64_t range)
{
    int64_t least = stage_age[stage].least, most = stage_age[stage].most;
    most = most < range ? most : range;
    least = least < most ? least : most;
    return least + (int64_t)rng_below(rng, (uint64_t)(most - least) + 1);
}

// The number-th order of a mall.
static struct entry draw_entry(const struct rng *rng, const struct sim_face *face, int64_t number,
                               time_ms now, int64_t range)
{
    struct entry e = {.number = number};
    e.plan = (struct sim_plan){.mall = face->mall, .payment = -1};
    int64_t feature = number - SIM_STAGE_COUNT;
    int64_t age;
    if (number < SIM_STAGE_COUNT) {
        e.plan.stage = sim_stage_nearest(face, (enum sim_stage)number);
        age = draw_age(rng, e.plan.stage, range);
    } else if (feature < SIM_FEATURE_COUNT) {
        e.plan.stage = sim_stage_nearest(face, SIM_STAGE_NEW);
        e.plan.features = ((int64_t)1 << feature) & face->features;
        age = draw_age(rng, e.plan.stage, range);
    } else {
        double u = rng_unit(rng);
        age = (int64_t)((double)range * u * u);
        e.plan.stage = sim_stage_nearest(face, draw_stage(rng, age));
    }
    e.plan.ordered_at = (now - age) / 1000 * 1000; // malls know seconds
    return e;
}

static int by_time(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->plan.ordered_at != y->plan.ordered_at)
        return x->plan.ordered_at < y->plan.ordered_at ? -1 : 1;
    if (x->plan.mall != y->plan.mall)
        return x->plan.mall < y->plan.mall ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

bool sim_history(struct sim *sim, int64_t orders, time_ms start)
{
    const struct sim_face *faces[SIM_MALL_COUNT];
    size_t face_count = 0;
    for (int i = 0; i < SIM_MALL_COUNT; i++)
        if (sim->shelves[i].face)
            faces[face_count++] = sim->shelves[i].face;
    if (orders == 0 || face_count == 0)
        return true;
    AUTO_FREE struct entry *entries = memory_zalloc((size_t)orders, sizeof *entries);
    if (!entries)
        return false;
    struct rng rng = rng_from_seeded(&sim->world);
    for (int64_t i = 0; i < orders; i++)
        entries[i] = draw_entry(&rng, faces[(size_t)i % face_count], i / (int64_t)face_count,
                                sim->now, sim->now - start);
    qsort(entries, (size_t)orders, sizeof *entries, by_time);
    for (int64_t i = 0; i < orders; i++) {
        struct sim_order *first;
        if (!sim_place_locked(sim, &entries[i].plan, &first))
            return false;
    }
    return true;
}
