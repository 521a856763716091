/*
 * counter.h - how often something was: for people, never to decide by.
 *
 * One thread at a time counts, without a locked operation, while others read: they
 * see some number that it has been.  Where several count at once, that is said.
 * Nothing is ordered by a counter, so the explorer does without.
 */
#ifndef STEAL_BASE_COUNTER_H
#define STEAL_BASE_COUNTER_H

#include "atomic.h"

struct counter {
    _Atomic(uint64_t) n;
};

#ifdef STEAL_EXPLORE

static inline void
counter_init(struct counter *counter)
{
    (void)counter;
}

static inline void
counter_add(struct counter *counter, uint64_t n)
{
    (void)counter, (void)n;
}

static inline void
counter_add_shared(struct counter *counter, uint64_t n)
{
    (void)counter, (void)n;
}

static inline void
counter_set(struct counter *counter, uint64_t n)
{
    (void)counter, (void)n;
}

static inline uint64_t
counter_read(const struct counter *counter)
{
    (void)counter;
    return 0;
}

#else

static inline void
counter_init(struct counter *counter)
{
    store_relaxed(&counter->n, 0); /* not shared yet */
}

static inline void
counter_add(struct counter *counter, uint64_t n)
{
    store_relaxed(&counter->n, load_relaxed(&counter->n) + n); /* only we do */
}

static inline void
counter_add_shared(struct counter *counter, uint64_t n)
{
    add_relaxed(&counter->n, n); /* a sum */
}

static inline void
counter_set(struct counter *counter, uint64_t n)
{
    store_relaxed(&counter->n, n); /* only we do */
}

static inline uint64_t
counter_read(const struct counter *counter)
{
    return load_relaxed(&counter->n); /* some number that it has been */
}

#endif

/* How many of `came` have not gone, if they are not of one moment. */
static inline uint64_t
counter_difference(uint64_t came, uint64_t gone)
{
    return came > gone ? came - gone : 0;
}

#endif
