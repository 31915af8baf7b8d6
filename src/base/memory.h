// SPDX-License-Identifier: Apache-2.0
//
// The one door to the heap, so that tests can let the N-th allocation fail (reliability: torture
// mode). All of Juchu allocates through these; libraries keep their own allocators.
#ifndef JUCHU_BASE_MEMORY_H
#define JUCHU_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// As malloc, calloc, realloc, free. NULL on failure.
void *memory_alloc(size_t size);
void *memory_zalloc(size_t count, size_t size);
void *memory_resize(void *pointer, size_t size);
void memory_free(void *pointer);
char *memory_strdup(const char *text);

// Tests only. The allocation number `n` from now on (1 = next) of this thread fails, and with
// `persistent` every later one too; 0 switches the failing off. Returns how many allocations this
// thread has made since the previous call.
uint64_t memory_fail_at(uint64_t n, int persistent);

void memory_cleanup(void *pointer_to_pointer);
// A local pointer whose target is freed at the end of the scope.
#define AUTO_FREE __attribute__((cleanup(memory_cleanup)))

#endif
