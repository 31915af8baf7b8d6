// SPDX-License-Identifier: Apache-2.0
//
// What will happen in the world: a binary heap of events, by time and then by order of scheduling,
// so that the same calls give the same sequence.
#include "base/memory.h"
#include "sim/internal.h"

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at != b->at ? a->at < b->at : a->sequence < b->sequence;
}

static void swap(struct sim_event *a, struct sim_event *b)
{
    struct sim_event t = *a;
    *a = *b;
    *b = t;
}

bool sim_schedule_push(struct sim_schedule *s, struct sim_event event)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 256;
        struct sim_event *heap = memory_resize(s->heap, capacity * sizeof *heap);
        if (!heap)
            return false;
        s->heap = heap;
        s->capacity = capacity;
    }
    event.sequence = ++s->sequence;
    size_t i = s->count++;
    s->heap[i] = event;
    for (; i > 0 && before(&s->heap[i], &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&s->heap[i], &s->heap[(i - 1) / 2]);
    return true;
}

const struct sim_event *sim_schedule_first(const struct sim_schedule *s)
{
    return s->count ? &s->heap[0] : NULL;
}

void sim_schedule_pop(struct sim_schedule *s)
{
    s->heap[0] = s->heap[--s->count];
    for (size_t i = 0;;) {
        size_t least = i, left = 2 * i + 1;
        for (size_t child = left; child <= left + 1 && child < s->count; child++)
            if (before(&s->heap[child], &s->heap[least]))
                least = child;
        if (least == i)
            return;
        swap(&s->heap[i], &s->heap[least]);
        i = least;
    }
}
