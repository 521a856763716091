/*
 * census.h - how many tasks live: when may the workers of a runtime go home?
 *
 * Each thread counts the tasks that it starts and those that it ends, in a
 * census of its own; threads that are no workers share one.
 *
 *     quiet: the sum of `died`, read first, equals that of `born`, read after
 *
 * Both only grow, and no task dies before it is born.  So if the sum of the
 * deaths, as read, equals that of the births, as read later, there was a moment
 * between in which no task lived.  Once a runtime is stopping that stays so,
 * for nothing is born of nothing:
 *
 * Orderings
 *   O1  died: release  ->  quiet: acquire
 *       Who counts a death sees all births before it: the children that the
 *       task has spawned.
 *   O2  foreign spawn: born++, fence, load `stopping`
 *       worker: load `stopping`, fence, quiet
 *       Either the spawn is counted, and the workers stay until the task has
 *       ended, or the spawner sees that the runtime is stopping.
 */
#ifndef STEAL_SCHED_CENSUS_H
#define STEAL_SCHED_CENSUS_H

#include "../base/atomic.h"

struct census {
    _Atomic(uint64_t) born;
    _Atomic(uint64_t) died;
};

static inline void
census_init(struct census *census)
{
    store_relaxed(&census->born, 0); /* not shared yet */
    store_relaxed(&census->died, 0);
}

/* By a worker: no one else writes these words. */
static inline void
census_born(struct census *census)
{
    store_release(&census->born, load_relaxed(&census->born) + 1); /* O1 */
}

static inline void
census_died(struct census *census)
{
    store_release(&census->died, load_relaxed(&census->died) + 1); /* O1 */
}

/* By other threads. */
static inline void
census_born_shared(struct census *census)
{
    add_acq_rel(&census->born, 1);
    fence_after_rmw(); /* O2 */
}

static inline void
census_died_shared(struct census *census)
{
    add_acq_rel(&census->died, 1); /* O1 */
}

#endif
