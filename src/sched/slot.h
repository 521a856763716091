/*
 * slot.h - the next slot of one worker: the task that it runs before its ring.
 *
 * It holds the task that was woken or spawned last by the running one, whose
 * data is still in the processor's cache.  Nobody else takes it unless the
 * owner stays in one poll for too long.
 *
 * Threads: put() is for the owner, take() for anyone.
 *
 * Orderings
 *   O1  put: store or swap, release  ->  take: swap, acquire
 *       Who takes the task sees what was done before it was put there.
 *   Only the owner fills the slot.  So if the owner finds it empty, it stays
 *   empty, and a plain store will do.
 */
#ifndef STEAL_SCHED_SLOT_H
#define STEAL_SCHED_SLOT_H

#include "../base/atomic.h"
#include "../base/compiler.h"

struct steal_task;

struct slot {
    _Atomic(struct steal_task *) task;
};

static inline void
slot_init(struct slot *slot)
{
    store_relaxed(&slot->task, NULL); /* not shared yet */
}

static inline bool
slot_is_empty(struct slot *slot)
{
    return load_relaxed(&slot->task) ==
           NULL; /* true for the owner, else hint */
}

/* Returns the task that it displaces, or NULL. */
static inline struct steal_task *
slot_put(struct slot *slot, struct steal_task *task)
{
    if (slot_is_empty(slot)) {
        store_release(&slot->task, task); /* O1 */
        return NULL;
    }
    return swap_acq_rel(&slot->task, task); /* O1 */
}

/* NULL if it is empty, or somebody was quicker. */
static inline struct steal_task *
slot_take(struct slot *slot)
{
    if (slot_is_empty(slot))
        return NULL;
    return swap_acquire(&slot->task, NULL); /* O1 */
}

#endif
