#include "histogram.h"

#include <math.h>

void
histogram_merge(struct histogram *into, const struct histogram *from)
{
    into->count += from->count;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->bucket[i] += from->bucket[i];
}

/* The reverse of histogram_index(). */
static double
bucket_middle(unsigned index)
{
    unsigned shift = index >> HISTOGRAM_BITS;
    uint64_t low = index;

    if (shift > 0)
        shift--;
    low -= (uint64_t)shift << HISTOGRAM_BITS;
    return ldexp((double)low + (shift ? 0.5 : 0), (int)shift);
}

double
histogram_percentile(const struct histogram *h, double point)
{
    double rank = point * (double)h->count;
    uint64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen > 0 && (double)seen >= rank)
            return bucket_middle(i);
    }
    return 0;
}
