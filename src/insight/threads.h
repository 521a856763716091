/*
 * threads.h - what the other threads of the process do, as the kernel sees it.
 *
 * Threads: any; what is seen is its caller's.
 */
#ifndef STEAL_INSIGHT_THREADS_H
#define STEAL_INSIGHT_THREADS_H

#include <stdbool.h>
#include <stdint.h>

struct threads {
    unsigned n;      /* without the one that looks */
    uint64_t sleeps; /* how often they have begun one, ever, all together */
};

/*
 * True if all of them sleep.  If that is so, and the numbers are the same, as at a
 * look a while ago, then none of them has run in between.
 */
bool steal__threads_sleep(struct threads *threads);

#endif
