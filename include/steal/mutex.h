/*
 * steal/mutex.h - one at a time.
 *
 *     static struct steal_mutex mutex; (or = STEAL_MUTEX_INIT)
 *     ...
 *     STEAL_AWAIT(cx, steal_mutex_lock(&self->lock, &mutex));
 *     balance += amount;
 *     steal_mutex_unlock(&mutex);
 *
 * It may be held across awaits, which is what it is for; for a few instructions
 * a lock of the system's does.
 *
 * Fairness: those who wait are served in the order of coming.  Whoever comes
 * while the mutex happens to be free takes it, also past those who wait; but who
 * has been woken for it a few times and found it taken is handed it.
 *
 * Threads: any; whoever has locked it may hand it on to another to unlock.  A
 * thread that is no worker waits by steal_block_on(NULL, steal_mutex_lock(...)).
 * A task that is aborted while it holds the mutex unlocks it in its drop
 * function.
 *
 * Storage: the caller's, and it outlives all use; zero is a free mutex, and there
 * is nothing to undo.
 */
#ifndef STEAL_MUTEX_H
#define STEAL_MUTEX_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_mutex {
    /* private */
    uint32_t word;
    uint64_t owner;
    struct steal_waitq waiting;
};

/* clang-format off */
#define STEAL_MUTEX_INIT { 0, 0, { 0, NULL, NULL } }
/* clang-format on */

STEAL_API void steal_mutex_init(struct steal_mutex *mutex);

/* Without waiting: false if it is locked. */
STEAL_API STEAL_MUST_CHECK bool steal_mutex_try_lock(struct steal_mutex *mutex);

/* A future: waits until it has got the mutex.  Its result is 0.  Dropped while
 * it waits, it leaves the line; if the mutex was just handed to it, that goes to
 * the next. */
struct steal_mutex_lock {
    struct steal_future future;
    /* private */
    struct steal_mutex *mutex;
    uint16_t passed; /* how often it was woken in vain */
    bool waits;
    bool woken;
    struct steal_wait wait;
};

STEAL_API struct steal_future *steal_mutex_lock(struct steal_mutex_lock *lock,
        struct steal_mutex *mutex);

STEAL_API void steal_mutex_unlock(struct steal_mutex *mutex);

STEAL_END_DECLS

#endif
