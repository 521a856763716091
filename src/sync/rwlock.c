/*
 * rwlock.c - a semaphore of as many permits as there may be readers: a writer
 * takes them all.  (After Tokio's.)
 */
#include <steal/rwlock.h>

#include "../base/assert.h"

void
steal_rwlock_init(struct steal_rwlock *rwlock)
{
    steal_semaphore_init(&rwlock->permits, STEAL_READERS_MAX);
}

struct steal_future *
steal_rwlock_read(struct steal_rwlock_lock *lock, struct steal_rwlock *rwlock)
{
    return steal_semaphore_acquire(&lock->acquire, &rwlock->permits, 1);
}

struct steal_future *
steal_rwlock_write(struct steal_rwlock_lock *lock, struct steal_rwlock *rwlock)
{
    return steal_semaphore_acquire(&lock->acquire, &rwlock->permits,
            STEAL_READERS_MAX);
}

bool
steal_rwlock_try_read(struct steal_rwlock *rwlock)
{
    return steal_semaphore_try_acquire(&rwlock->permits, 1) == 0;
}

bool
steal_rwlock_try_write(struct steal_rwlock *rwlock)
{
    return steal_semaphore_try_acquire(&rwlock->permits, STEAL_READERS_MAX) ==
           0;
}

void
steal_rwlock_unlock_read(struct steal_rwlock *rwlock)
{
    must(steal_semaphore_available(&rwlock->permits) < STEAL_READERS_MAX);
    steal_semaphore_release(&rwlock->permits, 1);
}

void
steal_rwlock_unlock_write(struct steal_rwlock *rwlock)
{
    must(steal_semaphore_available(&rwlock->permits) == 0);
    steal_semaphore_release(&rwlock->permits, STEAL_READERS_MAX);
}

void
steal_rwlock_downgrade(struct steal_rwlock *rwlock)
{
    must(steal_semaphore_available(&rwlock->permits) == 0);
    steal_semaphore_release(&rwlock->permits, STEAL_READERS_MAX - 1);
}
