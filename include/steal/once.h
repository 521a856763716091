/*
 * steal/once.h - doing something once, whoever comes first.
 *
 *     static struct steal_once connected = STEAL_ONCE_INIT;
 *
 *     STEAL_AWAIT(cx, steal_once_run(&self->run, &connected,
 *             connect_init(&self->connect)));
 *     if (self->run.future.result < 0)
 *         ...
 *
 * Each brings an init future of its own.  That of the first is polled; the
 * others wait.  When it is ready with a result of at least 0, the once is done:
 * all of them are ready with 0, and who comes later does not wait.  When it
 * fails, only the one that brought it is given the error; the one that waits
 * longest takes over, with its own.
 *
 * An init future must not wait for the once that it is part of.
 *
 * Threads: any; no function blocks.  What the init future has done is visible to
 * all who see that the once is done.
 *
 * Drop: a run that is dropped while its init future is under way drops that, and
 * the next one that waits takes over, or the next that comes.  One that waits
 * leaves the queue.  An init future that was never polled is not dropped.
 *
 * Memory: the caller's, and nothing is allocated.  There is nothing to undo; a
 * once that is zero is not done.
 */
#ifndef STEAL_ONCE_H
#define STEAL_ONCE_H

#include <stdbool.h>

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_once {
    /* private */
    uint32_t state;
    struct steal_waitq waiting;
    uint64_t runner;
};

/* clang-format off */
#define STEAL_ONCE_INIT { 0, { 0, NULL, NULL }, 0 }
/* clang-format on */

STEAL_API void steal_once_init(struct steal_once *once);

/* True if it is done: what the init future did is visible then. */
STEAL_API bool steal_once_is_done(const struct steal_once *once);

/* A future: waits until the once is done, by its own init future if need be.
 * Its result is 0, or below 0 if its own was polled and failed with that. */
struct steal_once_run {
    struct steal_future future;
    /* private */
    struct steal_once *once;
    struct steal_future *init;
    bool runs;
    struct steal_place place;
};

STEAL_API struct steal_future *steal_once_run(struct steal_once_run *run,
        struct steal_once *once, struct steal_future *init);

STEAL_END_DECLS

#endif
