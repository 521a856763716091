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
 *
 * Orderings
 *   O1  push: store tail, release   ->  steal: load tail, acquire
 *       A thief that sees the new tail sees the task below it.
 *   O2  steal, pop: CAS head, release  ->  push: load head, acquire
 *       The owner refills a slot only after it was read.
 *   O3  steal: CAS head, release    ->  steal: load head, acquire
 *       With the head a thief sees the tail that belongs to it, or a later
 *       one; an older tail would make the difference negative.
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

#define RING_MASK (RING_SLOTS - 1)

struct ring {
    CACHE_ALIGNED _Atomic(uint64_t) head; /* whoever takes */
    CACHE_ALIGNED _Atomic(uint64_t) tail; /* the owner */
    _Atomic(struct steal_task *) slot[RING_SLOTS];
};

void steal__ring_init(struct ring *ring);

/* Takes the older half out of a full ring.  Less, down to nothing, if thieves
 * are quicker. */
void steal__ring_spill(struct ring *ring, struct chain *chain);

/* Takes half of what `victim` holds: returns the oldest of them and puts the
 * others into `mine`.  NULL if there was nothing, or somebody was quicker. */
struct steal_task *steal__ring_steal(struct ring *victim, struct ring *mine);

/* False if the ring is full. */
static inline bool
steal__ring_push(struct ring *ring, struct steal_task *task)
{
    uint64_t tail = load_relaxed(&ring->tail); /* no one else writes it */
    uint64_t head = load_acquire(&ring->head); /* O2 */

    if (unlikely(tail - head >= RING_SLOTS))
        return false;
    store_relaxed(&ring->slot[tail & RING_MASK], task); /* O1 publishes it */
    store_release(&ring->tail, tail + 1);               /* O1 */
    return true;
}

/* The oldest task, or NULL. */
static inline struct steal_task *
steal__ring_pop(struct ring *ring)
{
    uint64_t tail = load_relaxed(&ring->tail); /* no one else writes it */
    uint64_t head = load_relaxed(&ring->head); /* the CAS checks */
    struct steal_task *task;

    do {
        if (head == tail)
            return NULL;
        /* Our own store, or one of a thief's that was us. */
        task = load_relaxed(&ring->slot[head & RING_MASK]);
    } while (!cas_weak_release(&ring->head, &head, head + 1)); /* O2 */
    return task;
}

static inline bool
steal__ring_is_empty(struct ring *ring)
{
    return load_relaxed(&ring->head) >= load_relaxed(&ring->tail); /* a hint */
}

#endif
