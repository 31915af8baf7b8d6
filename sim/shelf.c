// SPDX-License-Identifier: Apache-2.0
//
// The orders of one mall: sorted by order date for listings, and an open hash of order numbers.
#include "base/memory.h"
#include "sim/internal.h"

static size_t slot_of(const struct sim_shelf *shelf, struct str order_no)
{
    size_t mask = shelf->index_capacity - 1;
    size_t slot = (size_t)sim_mix(str_hash(order_no), 0) & mask;
    while (shelf->index[slot] && !str_eq(shelf->index[slot]->order_no, order_no))
        slot = (slot + 1) & mask;
    return slot;
}

static bool grow_index(struct sim_shelf *shelf)
{
    struct sim_shelf grown = *shelf;
    grown.index_capacity = shelf->index_capacity ? 2 * shelf->index_capacity : 256;
    grown.index = memory_zalloc(grown.index_capacity, sizeof(void *));
    if (!grown.index)
        return false;
    for (size_t i = 0; i < shelf->count; i++)
        grown.index[slot_of(&grown, shelf->orders[i]->order_no)] = shelf->orders[i];
    memory_free(shelf->index);
    *shelf = grown;
    return true;
}

bool sim_shelf_add(struct sim_shelf *shelf, struct sim_order *order)
{
    if (shelf->count == shelf->capacity) {
        size_t capacity = shelf->capacity ? 2 * shelf->capacity : 128;
        struct sim_order **orders = memory_resize(shelf->orders, capacity * sizeof(void *));
        if (!orders)
            return false;
        shelf->orders = orders;
        shelf->capacity = capacity;
    }
    if (2 * (shelf->count + 1) > shelf->index_capacity && !grow_index(shelf))
        return false;
    size_t slot = slot_of(shelf, order->order_no);
    if (shelf->index[slot])
        return false; // the face gave a number twice
    shelf->index[slot] = order;
    size_t at = shelf->count++;
    for (; at > 0 && shelf->orders[at - 1]->ordered_at > order->ordered_at; at--)
        shelf->orders[at] = shelf->orders[at - 1];
    shelf->orders[at] = order;
    return true;
}

struct sim_order *sim_order_derive(struct sim *sim, const struct sim_order *source)
{
    struct sim_order *order = ARENA_NEW(source->arena, struct sim_order);
    if (!order)
        return NULL;
    *order = *source;
    order->serial = ++sim_shelf(sim, source->mall)->serial;
    order->seed = sim_mix(source->seed, (uint64_t)order->serial);
    order->placed_at = sim->now;
    order->order_no = STR("");
    order->face = NULL;
    return order;
}

bool sim_order_shelve(struct sim *sim, struct sim_order *order)
{
    return sim_shelf_add(sim_shelf(sim, order->mall), order);
}

struct sim_order *sim_shelf_find(const struct sim_shelf *shelf, struct str order_no)
{
    return shelf->index_capacity ? shelf->index[slot_of(shelf, order_no)] : NULL;
}

void sim_shelf_free(struct sim_shelf *shelf)
{
    if (shelf->face && shelf->face->destroy && shelf->state)
        shelf->face->destroy(shelf->state);
    memory_free(shelf->orders);
    memory_free(shelf->index);
}
