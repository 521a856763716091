/*
 * lock.h - a lock for sections of a few dozen instructions.
 *
 * One word, one atomic operation to take it and a plain store to give it back.
 * Who finds it taken spins for a moment and then gives up the processor, since
 * the owner may be one that the kernel has put aside.
 *
 * Threads: any.  Never held across a system call, an allocation or a callback.
 *
 * Orderings
 *   O1  unlock: store, release  ->  lock: CAS, acquire
 *       A section sees all of the sections before it.
 */
#ifndef STEAL_BASE_LOCK_H
#define STEAL_BASE_LOCK_H

#include "atomic.h"
#include "compiler.h"

struct lock {
    _Atomic(uint32_t) word;
};

void steal__lock_slow(struct lock *lock);

static inline void
lock_init(struct lock *lock)
{
    store_relaxed(&lock->word, 0); /* not shared yet */
}

static inline bool
lock_try(struct lock *lock)
{
    uint32_t free = 0;

    return cas_strong_acquire(&lock->word, &free, 1); /* O1 */
}

static inline void
lock_take(struct lock *lock)
{
    if (unlikely(!lock_try(lock)))
        steal__lock_slow(lock);
}

static inline void
lock_give(struct lock *lock)
{
    store_release(&lock->word, 0); /* O1 */
}

/* Returns when the lock is free, or was since the call: the caller then sees the
 * section that it has found taken. */
static inline void
lock_settle(struct lock *lock)
{
    if (unlikely(load_acquire(&lock->word))) { /* O1 */
        lock_take(lock);
        lock_give(lock);
    }
}

#endif
