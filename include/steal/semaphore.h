/*
 * steal/semaphore.h - permits that tasks wait for.
 *
 *     static struct steal_semaphore slots = STEAL_SEMAPHORE_INIT(10);
 *     ...
 *     STEAL_AWAIT(cx, steal_semaphore_acquire(&self->acquire, &slots, 1));
 *     fetch(...);
 *     steal_semaphore_release(&slots, 1);
 *
 * Fair: whoever waits is served in the order of coming, and nobody passes those
 * who wait, so that a large request is not starved by small ones.
 *
 * Threads: any, at the same time, inside a poll or not.  A thread that is no
 * worker waits by steal_block_on(NULL, steal_semaphore_acquire(...)).
 *
 * Storage: the caller's, and it outlives all use; there is nothing to undo.
 */
#ifndef STEAL_SEMAPHORE_H
#define STEAL_SEMAPHORE_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

#define STEAL_PERMITS_MAX (UINT32_MAX / 2)

struct steal_semaphore {
    /* private */
    uint64_t word;
    struct steal_waitq waiting;
};

/* clang-format off */
#define STEAL_SEMAPHORE_INIT(permits) { (uint64_t)(permits) << 2, { 0, NULL, NULL } }
/* clang-format on */

/* At most STEAL_PERMITS_MAX, now and later. */
STEAL_API void steal_semaphore_init(struct steal_semaphore *semaphore,
        uint32_t permits);

/* Takes `n` permits at once, or none: -EAGAIN if there are fewer or others wait,
 * -ECANCELED if it is closed. */
STEAL_API STEAL_MUST_CHECK int
steal_semaphore_try_acquire(struct steal_semaphore *semaphore, uint32_t n);

/*
 * A future: waits until it has got `n` permits.  Its result is 0, or -ECANCELED
 * if the semaphore is closed.  Dropped while it waits, it leaves the line; what
 * it was given and has not seen yet goes to the others.
 */
struct steal_semaphore_acquire {
    struct steal_future future;
    /* private */
    struct steal_semaphore *semaphore;
    uint32_t n;
    bool waits;
    struct steal_wait wait;
};

STEAL_API struct steal_future *
steal_semaphore_acquire(struct steal_semaphore_acquire *acquire,
        struct steal_semaphore *semaphore, uint32_t n);

/* Gives permits back, or adds new ones. */
STEAL_API void steal_semaphore_release(struct steal_semaphore *semaphore,
        uint32_t n);

/* Takes up to `n` permits away for good, as many as are free.  Returns how many
 * that were. */
STEAL_API uint32_t steal_semaphore_forget(struct steal_semaphore *semaphore,
        uint32_t n);

/* How many are free at the moment.  Where one task alone releases, that can only
 * be too high a moment later, as others acquire: so this task, which fills up a
 * bucket of permits at each tick, releases BURST - available, never too many. */
STEAL_API uint32_t steal_semaphore_available(
        const struct steal_semaphore *semaphore);

/* Whoever waits, or acquires later, gets -ECANCELED.  Permits may still be
 * released. */
STEAL_API void steal_semaphore_close(struct steal_semaphore *semaphore);

STEAL_API bool steal_semaphore_is_closed(
        const struct steal_semaphore *semaphore);

STEAL_END_DECLS

#endif
