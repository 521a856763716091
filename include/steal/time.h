/*
 * steal/time.h - the clock, sleeping, giving up after a while, ticking, and
 * many deadlines at once.
 *
 * All times are nanoseconds of CLOCK_MONOTONIC.  A timer never fires early; it
 * may fire late, by a millisecond of the timer wheel plus the time until a
 * worker is free.
 */
#ifndef STEAL_TIME_H
#define STEAL_TIME_H

#include <stdbool.h>

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

/* What becomes of ticks that were missed: of those that are due already when
 * the one before them is handed out. */
enum steal_late {
    STEAL_BURST, /* they come at once, one after another: none is lost */
    STEAL_DELAY, /* never; the next one is a period from now */
    STEAL_SKIP   /* never; the next one keeps to the times of the others */
};

/*
 * Ticks at `first`, `first + period` and so on.  The fields that are not private
 * may be changed while nobody waits for a tick.
 *
 *     steal_interval_init(&self->interval, STEAL_SECONDS(1), steal_now());
 *     for (;;) {
 *         STEAL_AWAIT(cx, steal_interval_next(&self->interval));
 *         ...
 *     }
 *
 * Threads: one task at a time.
 */
struct steal_interval {
    struct steal_future future;
    uint64_t period;
    uint64_t deadline;    /* of the next tick */
    enum steal_late late; /* STEAL_BURST, unless it is changed */
    uint64_t missed;      /* ticks, when the last one was handed out */
    /* private */
    bool begun;
    struct steal_sleep sleep;
};

/* A period of 0 counts as one of a nanosecond. */
STEAL_API void steal_interval_init(struct steal_interval *interval,
        uint64_t period, uint64_t first);

/* A future: waits for the next tick.  Its result is 0, or -EINVAL outside of a
 * worker.  Dropping it half way loses no tick. */
STEAL_API struct steal_future *steal_interval_next(
        struct steal_interval *interval);

/*
 * A queue of deadlines: whoever waits for it is handed what is due, the earliest
 * first.  It holds nodes of the caller's, one in each object that expires, and
 * allocates nothing; a million of them need one timer.
 *
 *     struct key {
 *         struct steal_deadline expiry;
 *         ...
 *     };
 *
 *     steal_deadlines_insert(&store->expiring, &key->expiry,
 *             steal_time_add(steal_now(), STEAL_SECONDS(60)));
 *
 * Whoever takes a node out owns it: steal_deadlines_remove(), if it says true,
 * or else the task that steal_deadlines_next() has handed it to.
 *
 * Threads: any, at the same time; a lock inside guards the queue and the nodes
 * that are in it.  Tasks of several runtimes may wait; each node goes to one.
 */
struct steal_deadline {
    uint64_t time; /* not to be written while it is in a queue */
    /* private */
    struct steal_deadline *parent;
    struct steal_deadline *left;
    struct steal_deadline *right;
    unsigned rank; /* 0 while it is in no queue */
};

/* clang-format off */
#define STEAL_DEADLINE_INIT { 0, NULL, NULL, NULL, 0 }
/* clang-format on */

struct steal_deadlines {
    /* private */
    struct steal_deadline *root;
    struct steal_waitq waiting;
};

/* There is nothing to undo: a queue ends when nobody uses it any more. */
STEAL_API void steal_deadlines_init(struct steal_deadlines *deadlines);

/* Puts a node in, or moves one that is in.  It was zero or STEAL_DEADLINE_INIT
 * before its first use.  O(log n), as all that follow. */
STEAL_API void steal_deadlines_insert(struct steal_deadlines *deadlines,
        struct steal_deadline *deadline, uint64_t time);

/* Moves a node that is in; false if it is not, and does nothing then. */
STEAL_API bool steal_deadlines_reschedule(struct steal_deadlines *deadlines,
        struct steal_deadline *deadline, uint64_t time);

/* Takes a node out; false if it is not in. */
STEAL_API bool steal_deadlines_remove(struct steal_deadlines *deadlines,
        struct steal_deadline *deadline);

/* A future: waits until a node is due, and takes it out.  Its result is 0 and
 * `next->deadline` the node, or -EINVAL if it has to wait outside of a worker.
 * Dropping it half way loses no node. */
struct steal_deadlines_next {
    struct steal_future future;
    struct steal_deadline *deadline;
    /* private */
    struct steal_deadlines *deadlines;
    bool waits;
    struct steal_wait wait;
    struct steal_sleep sleep;
};

STEAL_API struct steal_future *
steal_deadlines_next(struct steal_deadlines_next *next,
        struct steal_deadlines *deadlines);

STEAL_END_DECLS

#endif
