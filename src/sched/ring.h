/*
 * ring.h - the run queue of one worker: bounded, first in, first out.
 *
 *     slot   [ . . . a b c d . . ]
 *                    ^       ^
 *                    head    tail
 *
 * The owner adds at the tail.  The owner and thieves take at the head, by CAS;
 * a thief takes half of what is there, straight into its own ring.  After the
 * run queue of the Go scheduler (Vyukov).
 *
 * Indices are of 64 bits and never come round, so a CAS that succeeds proves
 * that nothing was taken since the head was read.
 *
 * Threads: push() and spill() are for the owner, pop() too; steal() for any
 *          other worker; is_empty() for all, as a hint.
 * Memory:  what precedes the push of a task is visible to who takes it.
 */
#ifndef STEAL_SCHED_RING_H
#define STEAL_SCHED_RING_H

#include "../base/atomic.h"
#include "../base/compiler.h"

struct chain;
struct steal_task;

#ifndef RING_SLOTS
# define RING_SLOTS 256 /* a power of two */
#endif

struct ring {
    CACHE_ALIGNED _Atomic(uint64_t) head; /* whoever takes */
    CACHE_ALIGNED _Atomic(uint64_t) tail; /* the owner */
    _Atomic(struct steal_task *) slot[RING_SLOTS];
};

void steal__ring_init(struct ring *ring);

/* False if the ring is full. */
bool steal__ring_push(struct ring *ring, struct steal_task *task);

/* The oldest task, or NULL. */
struct steal_task *steal__ring_pop(struct ring *ring);

/* Takes the older half out of a full ring.  Less, down to nothing, if thieves
 * are quicker. */
void steal__ring_spill(struct ring *ring, struct chain *chain);

/* Takes half of what `victim` holds: returns the oldest of them and puts the
 * others into `mine`.  NULL if there was nothing, or somebody was quicker. */
struct steal_task *steal__ring_steal(struct ring *victim, struct ring *mine);

static inline bool
steal__ring_is_empty(struct ring *ring)
{
    return load_relaxed(&ring->head) >= load_relaxed(&ring->tail); /* a hint */
}

#endif
