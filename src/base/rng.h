// SPDX-License-Identifier: Apache-2.0
//
// Injected randomness: the system's for keys and ids, a seeded one for simulation and jitter.
#ifndef JUCHU_BASE_RNG_H
#define JUCHU_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    void (*fill)(void *context, void *bytes, size_t n);
    void *context;
};

static inline void rng_fill(const struct rng *r, void *bytes, size_t n)
{
    r->fill(r->context, bytes, n);
}
uint64_t rng_next(const struct rng *r);
// Uniform in [0, bound); bound > 0.
uint64_t rng_below(const struct rng *r, uint64_t bound);
// Uniform in [0, 1).
double rng_unit(const struct rng *r);

// The operating system's generator; thread-safe.
struct rng rng_system(void);

// xoshiro256**, seeded through splitmix64: the same seed gives the same numbers everywhere.
struct rng_seeded {
    uint64_t s[4];
};
void rng_seed(struct rng_seeded *state, uint64_t seed);
struct rng rng_from_seeded(struct rng_seeded *state);

#endif
