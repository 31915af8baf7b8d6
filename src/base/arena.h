// SPDX-License-Identifier: Apache-2.0
//
// Bump memory for one request, one job step, one operation: many small allocations that die
// together. Every arena has a byte limit, so that foreign input can't take the machine's memory.
// When an allocation fails (limit or system) it returns NULL and the arena is marked failed; code
// that only copies text may go on and ask arena_failed() once at its end.
// Not thread-safe: one thread at a time.
#ifndef JUCHU_BASE_ARENA_H
#define JUCHU_BASE_ARENA_H

#include "base/str.h"

struct arena;

// A new arena that may hold at most `bytes_max` bytes in all. NULL on lack of memory.
struct arena *arena_new(size_t bytes_max);
// Runs the deferred calls (latest first) and frees everything. NULL is allowed. Returns NULL.
struct arena *arena_free(struct arena *arena);
// As arena_free, but keeps the first block for reuse and clears the failed mark.
void arena_reset(struct arena *arena);
// `size` zeroed bytes aligned for any type, or NULL (arena marked failed). Size 0 gives a valid
// pointer.
void *arena_alloc(struct arena *arena, size_t size);
// `count` elements of `size` bytes, zeroed; overflow is a failure.
void *arena_array(struct arena *arena, size_t count, size_t size);
// True once any allocation of this arena failed.
bool arena_failed(const struct arena *arena);
size_t arena_used(const struct arena *arena);
// Calls fn(argument) at reset or free. False on lack of memory: then fn was called at once.
bool arena_defer(struct arena *arena, void (*fn)(void *argument), void *argument);
// printf into the arena; NUL-terminated behind the counted text.
struct str arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))

void arena_cleanup(struct arena **arena);
// A local arena that is freed at the end of the scope.
#define AUTO_ARENA __attribute__((cleanup(arena_cleanup))) struct arena *

#endif
