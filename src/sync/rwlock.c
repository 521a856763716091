/*
 * rwlock.c - a semaphore of as many permits as there may be readers: a writer
 * takes them all.  (After Tokio's.)
 *
 *   W1  Where deadlocks are looked for, a task that becomes the writer notes that,
 *       and whoever gives the lock back or downgrades it takes that back before.
 */
#include <steal/rwlock.h>

#include "../base/assert.h"
#include "../base/await.h"
#include "../task/waitq.h"
#include "semaphore.h"

static struct steal_rwlock *
rwlock_of(const struct steal_semaphore_acquire *acquire)
{
    return container_of(acquire->semaphore, struct steal_rwlock, permits);
}

static inline _Atomic(uint64_t) *
writer_of(struct steal_rwlock *rwlock)
{
    return (_Atomic(uint64_t) *)(void *)&rwlock->writer;
}

void
steal_rwlock_init(struct steal_rwlock *rwlock)
{
    *rwlock = (struct steal_rwlock)STEAL_RWLOCK_INIT;
}

/*
 * The futures
 */

static void
tell(const struct steal_semaphore_acquire *acquire, struct steal_await *await,
        const char *thing)
{
    struct steal_rwlock *rwlock = rwlock_of(acquire);

    if (!acquire->waits)
        return;
    await_for(await, thing, rwlock);
    await->task = load_relaxed(writer_of(rwlock)); /* a hint */
}

static void
read_waits(struct steal_future *future, struct steal_await *await)
{
    tell((struct steal_semaphore_acquire *)future, await, "rwlock, to read");
}

static void
write_waits(struct steal_future *future, struct steal_await *await)
{
    tell((struct steal_semaphore_acquire *)future, await, "rwlock, to write");
}

static enum steal_poll
write_poll(struct steal_future *future, struct steal_context *cx)
{
    enum steal_poll poll = steal__acquire_poll(future, cx);

    if (unlikely(!cx->lends) && poll == STEAL_READY && !future->result)
        store_relaxed(writer_of(rwlock_of(
                              (struct steal_semaphore_acquire *)future)),
                holder_of(cx)); /* W1 */
    return poll;
}

static const struct steal_future_ops read_ops = { .name = "rwlock_read",
    .poll = steal__acquire_poll,
    .drop = steal__acquire_drop,
    .waits = read_waits };

static const struct steal_future_ops write_ops = { .name = "rwlock_write",
    .poll = write_poll,
    .drop = steal__acquire_drop,
    .waits = write_waits };

static struct steal_future *
make(struct steal_rwlock_lock *lock, struct steal_rwlock *rwlock,
        const struct steal_future_ops *ops, uint32_t n)
{
    struct steal_future *future = steal_semaphore_acquire(&lock->acquire,
            &rwlock->permits, n);

    future->ops = ops;
    return future;
}

struct steal_future *
steal_rwlock_read(struct steal_rwlock_lock *lock, struct steal_rwlock *rwlock)
{
    return make(lock, rwlock, &read_ops, 1);
}

struct steal_future *
steal_rwlock_write(struct steal_rwlock_lock *lock, struct steal_rwlock *rwlock)
{
    return make(lock, rwlock, &write_ops, STEAL_READERS_MAX);
}

/*
 * The rest
 */

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
    store_relaxed(writer_of(rwlock), 0); /* W1 */
    steal_semaphore_release(&rwlock->permits, STEAL_READERS_MAX);
}

void
steal_rwlock_downgrade(struct steal_rwlock *rwlock)
{
    must(steal_semaphore_available(&rwlock->permits) == 0);
    store_relaxed(writer_of(rwlock), 0); /* W1 */
    steal_semaphore_release(&rwlock->permits, STEAL_READERS_MAX - 1);
}
