#include "histogram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "observer.h"

_Static_assert(STEAL_HISTOGRAM_BUCKETS == (65 - HISTOGRAM_BITS)
                                                  << HISTOGRAM_BITS,
        "one for whatever fits into 64 bits");

struct histograms *
steal__histograms_new(unsigned n)
{
    struct histograms *all = aligned_alloc(_Alignof(struct histograms),
            n * sizeof *all);

    if (all)
        memset(all, 0, n * sizeof *all); /* not shared yet */
    return all;
}

static void
add(struct steal_histogram *to, const struct histogram *from)
{
    to->sum += counter_read(&from->sum);
    for (unsigned i = 0; i < STEAL_HISTOGRAM_BUCKETS; i++) {
        uint64_t n = counter_read(&from->bucket[i]);

        to->bucket[i] += n;
        to->count += n;
    }
}

int
steal_metrics_histogram(struct steal_runtime *runtime, uint32_t worker,
        enum steal_histogram_kind kind, struct steal_histogram *histogram)
{
    const struct observer *observer = runtime->observer;

    memset(histogram, 0, sizeof *histogram);
    if ((unsigned)kind >= STEAL_HISTOGRAMS ||
            (worker != STEAL_ALL_WORKERS && worker >= runtime->nall))
        return -EINVAL;
    if (!observer || !observer->histograms)
        return -ENOTSUP;
    for (uint32_t i = 0; i < runtime->nall; i++) {
        if (worker == STEAL_ALL_WORKERS || worker == i)
            add(histogram, &observer->histograms[i].of[kind]);
    }
    return 0;
}

uint64_t
steal_histogram_least(unsigned bucket)
{
    unsigned octave = bucket >> HISTOGRAM_BITS;
    uint64_t step = bucket & ((1u << HISTOGRAM_BITS) - 1);

    if (bucket >= STEAL_HISTOGRAM_BUCKETS)
        return UINT64_MAX;
    if (!octave)
        return step;
    return (step + (1u << HISTOGRAM_BITS)) << (octave - 1);
}

uint64_t
steal_histogram_percentile(const struct steal_histogram *histogram,
        double percent)
{
    double wanted = (double)histogram->count * percent / 100;
    uint64_t n = 0;

    if (!histogram->count)
        return 0;
    for (unsigned i = 0; i < STEAL_HISTOGRAM_BUCKETS; i++) {
        n += histogram->bucket[i];
        if (n && ((double)n >= wanted || n == histogram->count))
            return i + 1 < STEAL_HISTOGRAM_BUCKETS
                           ? steal_histogram_least(i + 1) - 1
                           : UINT64_MAX;
    }
    return UINT64_MAX;
}
