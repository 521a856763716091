/*
 * job.h - what has become of a job.
 *
 *               publish            take            finish
 *     PRIVATE -----------> PUBLIC -------> TAKEN -----------> DONE
 *        |                   |                                 |
 *        | join              | reclaim                         | join
 *        v                   v                                 v
 *     the owner runs it <----+                          it has been run
 *
 * The word of a job holds its phase, and
 *
 *     PUBLIC   the address of the next younger public job
 *     TAKEN    the number of the lane that has it, and WAITED, if its owner
 *              sleeps until that is over
 *
 * Threads: PRIVATE and PUBLIC jobs change under the lock of their lane, or, from
 *          PRIVATE, by a join of their owner; lane.c has the orderings.
 */
#ifndef STEAL_FORK_JOB_H
#define STEAL_FORK_JOB_H

#include <steal/fork.h>

#include "../base/atomic.h"

#define JOB_PRIVATE ((uintptr_t)0)
#define JOB_PUBLIC  ((uintptr_t)1)
#define JOB_TAKEN   ((uintptr_t)2)
#define JOB_DONE    ((uintptr_t)3)
#define JOB_PHASE   ((uintptr_t)3) /* the bits of the above */
#define JOB_WAITED  ((uintptr_t)4)
#define JOB_SHIFT   3 /* the lane's number is above it */

/* The word with an atomic type. */
static inline _Atomic(uintptr_t) *
job_word(struct steal_job *job)
{
    return (_Atomic(uintptr_t) *)(void *)&job->word;
}

/* True if another thread has begun to run the job, or has run it: a hint, until
 * it is joined. */
static inline bool
job_was_taken(struct steal_job *job)
{
    return load_relaxed(job_word(job)) & JOB_TAKEN; /* DONE has that bit, too */
}

#endif
