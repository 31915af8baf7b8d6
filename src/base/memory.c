// SPDX-License-Identifier: Apache-2.0
//
// The heap door: malloc and friends plus a per-thread counter that lets tests fail the N-th call.
//
// Invariants: the counters belong to one thread, so a torture test in one thread never fails an
// allocation of another. They are compiled in always, so that tests run the shipped code; the cost
// is an increment and a compare beside a malloc.
#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct fail_state {
    uint64_t made;    // allocations since the previous memory_fail_at
    uint64_t fail_at; // 0 = never
    bool persistent;
};

static _Thread_local struct fail_state fail_state;

static bool must_fail(void)
{
    struct fail_state *state = &fail_state;
    state->made++;
    if (state->fail_at == 0)
        return false;
    return state->persistent ? state->made >= state->fail_at : state->made == state->fail_at;
}

void *memory_alloc(size_t size)
{
    if (must_fail())
        return NULL;
    return malloc(size ? size : 1);
}

void *memory_zalloc(size_t count, size_t size)
{
    if (must_fail())
        return NULL;
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL; // calloc would say so too, but sanitizers end the program there
    return calloc(1, bytes ? bytes : 1);
}

void *memory_resize(void *pointer, size_t size)
{
    if (must_fail())
        return NULL;
    return realloc(pointer, size ? size : 1);
}

void memory_free(void *pointer)
{
    free(pointer);
}

char *memory_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memory_alloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

uint64_t memory_fail_at(uint64_t n, int persistent)
{
    uint64_t made = fail_state.made;
    fail_state = (struct fail_state){.fail_at = n, .persistent = persistent != 0};
    return made;
}

void memory_cleanup(void *pointer_to_pointer)
{
    void *pointer;
    memcpy(&pointer, pointer_to_pointer, sizeof pointer);
    memory_free(pointer);
}
