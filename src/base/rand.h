/*
 * rand.h - a small random generator for one thread (xorshift64*, Vigna 2014).
 *
 * Good enough to choose a victim; not for secrets.
 */
#ifndef STEAL_BASE_RAND_H
#define STEAL_BASE_RAND_H

#include <stdint.h>

struct rng {
    uint64_t state; /* never 0 */
};

static inline void
rng_init(struct rng *rng, uint64_t seed)
{
    rng->state = (seed ^ UINT64_C(0x9e3779b97f4a7c15)) | 1;
}

/* A number below `n`, which is not 0. */
static inline uint32_t
rng_below(struct rng *rng, uint32_t n)
{
    uint64_t x = rng->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    rng->state = x;
    x = (x * UINT64_C(0x2545f4914f6cdd1d)) >> 32;
    return (uint32_t)((x * n) >> 32);
}

#endif
