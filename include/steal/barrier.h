/*
 * steal/barrier.h - tasks that wait for one another.
 *
 *     struct steal_barrier lines = STEAL_BARRIER_INIT(4);
 *
 *     for (self->step = 0; self->step < STEPS; self->step++) {
 *         compute(self);                      // each of four tasks
 *         STEAL_AWAIT(cx, steal_barrier_wait(&self->wait, &lines));
 *     }
 *
 * A round is complete when as many wait as the barrier has parties; then all of
 * them go on, and the next round begins.  The one that came last is the leader
 * of the round: its result is 1, that of the others 0.
 *
 * Threads: any; no function blocks.  What a party does before its wait is
 * visible to all parties after it.
 *
 * Drop: a wait that is dropped before its round is complete is taken back, and
 * another has to come in its place.  After that its party has taken part, whether
 * it sees the result or not.
 *
 * Memory: the caller's, and nothing is allocated.  There is nothing to undo; a
 * barrier may go once nobody waits.  One that is zero has one party.
 */
#ifndef STEAL_BARRIER_H
#define STEAL_BARRIER_H

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

struct steal_barrier {
    /* private */
    uint32_t parties;
    uint32_t arrived;
    struct steal_waitq waiting;
};

/* clang-format off */
#define STEAL_BARRIER_INIT(n) { (n), 0, { 0, NULL, NULL } }
/* clang-format on */

/* With `n` of 0 it is as with 1: nobody waits, and everyone is a leader. */
STEAL_API void steal_barrier_init(struct steal_barrier *barrier, uint32_t n);

/* A future: waits for the others.  Its result is 1 for the leader, else 0. */
struct steal_barrier_wait {
    struct steal_future future;
    /* private */
    struct steal_barrier *barrier;
    struct steal_place place;
};

STEAL_API struct steal_future *
steal_barrier_wait(struct steal_barrier_wait *wait,
        struct steal_barrier *barrier);

STEAL_END_DECLS

#endif
