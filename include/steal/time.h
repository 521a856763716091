/*
 * steal/time.h - the clock, sleeping, and giving up after a while.
 *
 * All times are nanoseconds of CLOCK_MONOTONIC.  A timer never fires early; it
 * may fire late, by a millisecond of the timer wheel plus the time until a
 * worker is free.
 */
#ifndef STEAL_TIME_H
#define STEAL_TIME_H

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

/* The time now. */
STEAL_API uint64_t steal_now(void);

/* `base + delta`, or STEAL_FOREVER where that is too large. */
static inline uint64_t
steal_time_add(uint64_t base, uint64_t delta)
{
    return base > STEAL_FOREVER - delta ? STEAL_FOREVER : base + delta;
}

/*
 * A future: waits until a point in time.  Its result is 0.
 * Inside a task of a runtime only: elsewhere it is ready at once with -EINVAL.
 */
struct steal_sleep {
    struct steal_future future;
    uint64_t deadline;
    /* private */
    struct {
        void *next;
        void *prev;
        struct steal_waker waker;
        void *wheel;
    } timer;
};

/* From now, from the call on (not from the first poll). */
STEAL_API struct steal_future *steal_sleep(struct steal_sleep *sleep,
        uint64_t duration);
STEAL_API struct steal_future *steal_sleep_until(struct steal_sleep *sleep,
        uint64_t deadline);

/* A future: ready when the child is, with its result, or with -ETIMEDOUT when
 * that takes too long (-EINVAL outside of a worker).  Of two that are ready
 * at once the child wins.  It is dropped with the timeout, which an await or a
 * combinator does at once. */
struct steal_timeout {
    struct steal_future future;
    /* private */
    struct steal_future *child;
    struct steal_sleep sleep;
};

STEAL_API struct steal_future *steal_timeout(struct steal_timeout *timeout,
        struct steal_future *child, uint64_t duration);
STEAL_API struct steal_future *steal_timeout_at(struct steal_timeout *timeout,
        struct steal_future *child, uint64_t deadline);

STEAL_END_DECLS

#endif
