// SPDX-License-Identifier: Apache-2.0
//
// Random numbers behind one interface: the kernel's and a seeded generator whose sequence is the
// same on every machine (xoshiro256**, Blackman and Vigna; seeded through splitmix64, Steele).
// The system generator is thread-safe; a seeded one belongs to one thread.
#include "base/rng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

uint64_t rng_next(const struct rng *r)
{
    unsigned char b[8];
    uint64_t value = 0;
    rng_fill(r, b, sizeof b);
    for (int i = 7; i >= 0; i--)
        value = value << 8 | b[i];
    return value;
}

// Lemire's method: the high half of a product is uniform once the short low ends are thrown away.
uint64_t rng_below(const struct rng *r, uint64_t bound)
{
    if (bound <= 1)
        return 0;
    unsigned __int128 product = (unsigned __int128)rng_next(r) * bound;
    if ((uint64_t)product < bound) {
        uint64_t least = (0 - bound) % bound;
        while ((uint64_t)product < least)
            product = (unsigned __int128)rng_next(r) * bound;
    }
    return (uint64_t)(product >> 64);
}

double rng_unit(const struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1.0p-53;
}

static void system_fill(void *context, void *bytes, size_t n)
{
    char *p = bytes;
    while (n) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        // Without random bytes ids and keys would repeat: nothing sensible can follow.
        if (got < 0)
            abort();
        p += got;
        n -= (size_t)got;
    }
}

struct rng rng_system(void)
{
    return (struct rng){system_fill, NULL};
}

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

void rng_seed(struct rng_seeded *state, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        state->s[i] = splitmix(&seed);
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t xoshiro(struct rng_seeded *state)
{
    uint64_t *s = state->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

static void seeded_fill(void *context, void *bytes, size_t n)
{
    unsigned char *p = bytes;
    while (n) {
        uint64_t value = xoshiro(context);
        for (int i = 0; i < 8 && n; i++, n--, value >>= 8)
            *p++ = (unsigned char)value;
    }
}

struct rng rng_from_seeded(struct rng_seeded *state)
{
    return (struct rng){seeded_fill, state};
}
