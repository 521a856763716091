/*
 * block_on.h - a thread that waits, on its own stack, for a task to end.
 *
 * Threads: init and wait are the waiting thread's.
 */
#ifndef STEAL_SCHED_BLOCK_ON_H
#define STEAL_SCHED_BLOCK_ON_H

#include "../base/atomic.h"
#include "../base/list.h"

struct steal_runtime;

struct blocker {
    _Atomic(uint32_t) state; /* block_on.c */
    bool is_blocked;         /* it counts in runtime.blocked */
    int result;
    struct list link; /* STEAL_ON_CALLER: in runtime.waiting */
};

#define BLOCKER_DONE 1u

/* True once the task has ended and its future is dropped. */
static inline bool
steal__blocker_is_done(struct blocker *blocker)
{
    return load_acquire(&blocker->state) == BLOCKER_DONE;
}

/* STEAL_ON_CALLER, stopping: runs what is left, on this thread.  False if
 * another thread does that and has not ended at `deadline`. */
bool steal__work_until_quiet(struct steal_runtime *runtime, uint64_t deadline);

#endif
