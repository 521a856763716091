/*
 * histogram.h - how often something has taken how long, without keeping all of it.
 *
 * Sixteen buckets for each power of two, so that a bucket's width is at most a
 * sixteenth of what is in it; below thirty-two a bucket is one nanosecond.
 *
 *     ns      0 1 2 ... 15 16 17 ... 31 32-33 34-35 ... 62-63 64-67 ...
 *     bucket  0 1 2 ... 15 16 17 ... 31    32    33 ...    47    48 ...
 *
 * Threads: add() is for one at a time; whoever reads adds up the counters.
 */
#ifndef STEAL_INSIGHT_HISTOGRAM_H
#define STEAL_INSIGHT_HISTOGRAM_H

#include <steal/metrics.h>

#include "../base/compiler.h"
#include "../base/counter.h"

#define HISTOGRAM_BITS \
 4 /* 2 to the power of which are the buckets of an octave */

struct histogram {
    CACHE_ALIGNED struct counter sum; /* ns */
    struct counter bucket[STEAL_HISTOGRAM_BUCKETS];
};

/* Those of a worker. */
struct histograms {
    struct histogram of[STEAL_HISTOGRAMS];
};

/* For all workers; NULL: out of memory. */
struct histograms *steal__histograms_new(unsigned n);

static inline unsigned
histogram_bucket(uint64_t ns)
{
    unsigned octave;

    if (ns < 1u << HISTOGRAM_BITS)
        return (unsigned)ns;
    octave = 63u - (unsigned)__builtin_clzll(ns) - HISTOGRAM_BITS;
    return (octave << HISTOGRAM_BITS) + (unsigned)(ns >> octave);
}

static inline void
histogram_add(struct histogram *histogram, uint64_t ns)
{
    counter_add(&histogram->sum, ns);
    counter_add(&histogram->bucket[histogram_bucket(ns)], 1);
}

#endif
