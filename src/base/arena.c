// SPDX-License-Identifier: Apache-2.0
//
// Bump allocation out of a chain of blocks.
//
// Invariants: `current` is the block that small requests are cut from; a request that would waste
// much of it gets a block of its own, linked behind `current`, whose rest stays in use. The arena
// and its first block are one piece of heap, so an arena that stays small costs one malloc.
// `used` counts what was handed out (after alignment) and never exceeds `bytes_max`.
// Ownership: everything handed out dies at reset or free. Not thread-safe.
// Under AddressSanitizer the unused part of every block is poisoned, with a gap after each piece,
// so that running over the end of one is seen although malloc knows nothing of it.
#include "base/arena.h"

#include "base/memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define GAP 16
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define GAP 0
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define ALIGNMENT alignof(max_align_t)
#define FIRST_BLOCK_BYTES 4096
#define BLOCK_BYTES_MAX (64 * 1024)

struct block {
    struct block *next;
    size_t capacity, used;
    alignas(max_align_t) char bytes[];
};

struct deferred {
    void (*fn)(void *argument);
    void *argument;
    struct deferred *next;
};

struct arena {
    size_t bytes_max, used;
    size_t next_block; // size of the block after this one: doubles up to BLOCK_BYTES_MAX
    bool failed;
    struct deferred *deferred;
    struct block *current;
    struct block first;
};

static void *fail(struct arena *arena)
{
    arena->failed = true;
    return NULL;
}

struct arena *arena_new(size_t bytes_max)
{
    struct arena *arena = memory_alloc(sizeof *arena + FIRST_BLOCK_BYTES);
    if (!arena)
        return NULL;
    memset(arena, 0, sizeof *arena);
    arena->bytes_max = bytes_max;
    arena->next_block = 2 * FIRST_BLOCK_BYTES;
    arena->current = &arena->first;
    arena->first.capacity = FIRST_BLOCK_BYTES;
    POISON(arena->first.bytes, arena->first.capacity);
    return arena;
}

static void run_deferred(struct arena *arena)
{
    while (arena->deferred) {
        struct deferred call = *arena->deferred;
        arena->deferred = call.next;
        call.fn(call.argument);
    }
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        UNPOISON(block->bytes, block->capacity);
        memory_free(block);
        block = next;
    }
}

// The chain starts at arena->first: blocks are linked behind `current`, which starts there.
struct arena *arena_free(struct arena *arena)
{
    if (!arena)
        return NULL;
    run_deferred(arena);
    free_blocks(arena->first.next);
    UNPOISON(arena->first.bytes, arena->first.capacity);
    memory_free(arena);
    return NULL;
}

void arena_reset(struct arena *arena)
{
    if (!arena)
        return;
    run_deferred(arena);
    free_blocks(arena->first.next);
    arena->first.next = NULL;
    arena->first.used = 0;
    arena->current = &arena->first;
    arena->used = 0;
    arena->next_block = 2 * FIRST_BLOCK_BYTES;
    arena->failed = false;
    POISON(arena->first.bytes, arena->first.capacity);
}

static struct block *add_block(struct arena *arena, size_t needed)
{
    bool own = needed > arena->next_block / 4;
    size_t capacity = own ? needed : arena->next_block;
    struct block *block = memory_alloc(sizeof *block + capacity);
    if (!block)
        return NULL;
    *block = (struct block){.next = arena->current->next, .capacity = capacity};
    POISON(block->bytes, capacity);
    arena->current->next = block;
    if (!own) {
        arena->current = block;
        if (arena->next_block < BLOCK_BYTES_MAX)
            arena->next_block *= 2;
    }
    return block;
}

// Bytes that are not zeroed, for copies that overwrite them at once.
static char *take(struct arena *arena, size_t size)
{
    if (size > arena->bytes_max || size > SIZE_MAX / 2)
        return fail(arena);
    size_t needed = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (needed > arena->bytes_max - arena->used)
        return fail(arena);
    struct block *block = arena->current;
    if (needed + GAP > block->capacity - block->used) {
        block = add_block(arena, needed + GAP);
        if (!block)
            return fail(arena);
    }
    char *p = block->bytes + block->used;
    block->used += needed + GAP;
    arena->used += needed;
    UNPOISON(p, size);
    return p;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    char *p = take(arena, size);
    if (p)
        memset(p, 0, size);
    return p;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return fail(arena);
    return arena_alloc(arena, bytes);
}

bool arena_failed(const struct arena *arena)
{
    return arena->failed;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

bool arena_defer(struct arena *arena, void (*fn)(void *argument), void *argument)
{
    struct deferred *call = ARENA_NEW(arena, struct deferred);
    if (!call) {
        fn(argument);
        return false;
    }
    *call = (struct deferred){fn, argument, arena->deferred};
    arena->deferred = call;
    return true;
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    char small[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    char *p = length < 0 ? fail(arena) : take(arena, (size_t)length + 1);
    if (!p)
        return STR("");
    if ((size_t)length < sizeof small) {
        memcpy(p, small, (size_t)length + 1);
    } else {
        va_start(arguments, format);
        vsnprintf(p, (size_t)length + 1, format, arguments);
        va_end(arguments);
    }
    return str_make(p, (size_t)length);
}

struct str str_dup(struct arena *arena, struct str s)
{
    if (!s.p)
        return STR_ABSENT;
    if (s.n == 0)
        return STR("");
    char *p = take(arena, s.n);
    if (!p)
        return STR("");
    memcpy(p, s.p, s.n);
    return str_make(p, s.n);
}

const char *str_cstr(struct arena *arena, struct str s)
{
    char *p = s.n < SIZE_MAX / 2 ? take(arena, s.n + 1) : fail(arena);
    if (!p)
        return "";
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

void arena_cleanup(struct arena **arena)
{
    arena_free(*arena);
}
