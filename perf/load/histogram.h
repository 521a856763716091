/*
 * histogram.h - how often each latency was met, to within one part in 128.
 *
 * Up to 128 ns each value has a bucket of its own; above that, each power of
 * two is cut into 128.
 *
 * Threads: one at a time.
 */
#ifndef STEAL_PERF_LOAD_HISTOGRAM_H
#define STEAL_PERF_LOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS    7
#define HISTOGRAM_BUCKETS ((41 - HISTOGRAM_BITS) << HISTOGRAM_BITS) /* 1 day */

struct histogram {
    uint64_t count;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

static inline unsigned
histogram_index(uint64_t value)
{
    unsigned top = 63u - (unsigned)__builtin_clzll(value | 1);
    unsigned shift = top < HISTOGRAM_BITS ? 0 : top - HISTOGRAM_BITS;
    uint64_t index = ((uint64_t)shift << HISTOGRAM_BITS) + (value >> shift);

    return index < HISTOGRAM_BUCKETS ? (unsigned)index : HISTOGRAM_BUCKETS - 1;
}

static inline void
histogram_add(struct histogram *h, uint64_t value)
{
    h->count++;
    h->bucket[histogram_index(value)]++;
}

void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value that the fraction `point` of all do not exceed: the middle of its
 * bucket; 0 if there are none. */
double histogram_percentile(const struct histogram *h, double point);

#endif
