/*
 * tally.h - what a worker counts, for steal_metrics().
 *
 * Polls, births and deaths of tasks are counted anyway (worker.h, census.h).
 *
 * How long it was idle is one word, so that it can be read at any time:
 *
 *     busy    how long it has been idle, ns
 *     idle    TALLY_IDLE | the time when it began, less that
 *
 * Threads: the one at the helm writes; any reads.
 */
#ifndef STEAL_SCHED_TALLY_H
#define STEAL_SCHED_TALLY_H

#include "../base/counter.h"

#define TALLY_IDLE (UINT64_C(1) << 63)

struct tally {
    struct counter injected; /* tasks */
    struct counter steal_tries;
    struct counter steals;
    struct counter stolen; /* tasks */
    struct counter overflows;
    struct counter parks;
    struct counter idle;
};

/* From `now`, ns, on there is nothing to do. */
static inline void
tally_idle(struct tally *tally, uint64_t now)
{
    uint64_t idle = counter_read(&tally->idle);

    if (!(idle & TALLY_IDLE))
        counter_set(&tally->idle, TALLY_IDLE | (now - idle));
}

/* There is something again. */
static inline void
tally_busy(struct tally *tally, uint64_t now)
{
    uint64_t idle = counter_read(&tally->idle);

    if (idle & TALLY_IDLE)
        counter_set(&tally->idle, now - (idle & ~TALLY_IDLE));
}

static inline void
tally_init(struct tally *tally, uint64_t now)
{
    counter_init(&tally->injected);
    counter_init(&tally->steal_tries);
    counter_init(&tally->steals);
    counter_init(&tally->stolen);
    counter_init(&tally->overflows);
    counter_init(&tally->parks);
    counter_init(&tally->idle);
    tally_idle(tally, now);
}

/* How long it was idle until `now`. */
static inline uint64_t
tally_idle_time(const struct tally *tally, uint64_t now)
{
    uint64_t idle = counter_read(&tally->idle);

    return idle & TALLY_IDLE ? counter_difference(now, idle & ~TALLY_IDLE)
                             : idle;
}

#endif
