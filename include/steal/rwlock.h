/*
 * steal/rwlock.h - many readers, or one writer.
 *
 *     STEAL_AWAIT(cx, steal_rwlock_read(&self->lock, &table->lock));
 *     found = look_up(table, key);
 *     steal_rwlock_unlock_read(&table->lock);
 *
 * Fair: served in the order of coming.  A reader that comes while a writer waits
 * comes after that writer, so none is starved; and so a task that holds the lock
 * for reading does not ask for it again.
 *
 * Threads: any; whoever has locked it may hand it on to another to unlock.  A
 * thread that is no worker waits by steal_block_on(NULL, ...).  A task that is
 * aborted while it holds the lock unlocks it in its drop function.
 *
 * Storage: the caller's, and it outlives all use; there is nothing to undo.
 */
#ifndef STEAL_RWLOCK_H
#define STEAL_RWLOCK_H

#include <steal/semaphore.h>

STEAL_BEGIN_DECLS

/* Readers at a time, at most: more wait. */
#define STEAL_READERS_MAX (UINT32_C(1) << 30)

struct steal_rwlock {
    /* private */
    struct steal_semaphore permits;
    uint64_t writer;
};

/* clang-format off */
#define STEAL_RWLOCK_INIT { STEAL_SEMAPHORE_INIT(STEAL_READERS_MAX), 0 }
/* clang-format on */

STEAL_API void steal_rwlock_init(struct steal_rwlock *lock);

/* A future of either kind: waits until the lock is got.  Its result is 0.
 * Dropped while it waits, it leaves the line. */
struct steal_rwlock_lock {
    struct steal_semaphore_acquire acquire;
};

STEAL_API struct steal_future *steal_rwlock_read(struct steal_rwlock_lock *lock,
        struct steal_rwlock *rwlock);
STEAL_API struct steal_future *
steal_rwlock_write(struct steal_rwlock_lock *lock, struct steal_rwlock *rwlock);

/* Without waiting: false if that would be necessary. */
STEAL_API STEAL_MUST_CHECK bool steal_rwlock_try_read(
        struct steal_rwlock *rwlock);
STEAL_API STEAL_MUST_CHECK bool steal_rwlock_try_write(
        struct steal_rwlock *rwlock);

STEAL_API void steal_rwlock_unlock_read(struct steal_rwlock *rwlock);
STEAL_API void steal_rwlock_unlock_write(struct steal_rwlock *rwlock);

/* The writer becomes a reader, and no other writer comes between. */
STEAL_API void steal_rwlock_downgrade(struct steal_rwlock *rwlock);

STEAL_END_DECLS

#endif
