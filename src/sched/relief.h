/*
 * relief.h - one more worker, for tasks, while all of them compute.
 *
 *            computation begins           all compute, for a while
 *     ABSENT -----------------> NAPPING <-------------------------> SERVING
 *                                ^   |     one is back
 *             computation begins |   | nothing is computed
 *                                |   v
 *                                DEEP
 *
 * A computation may take seconds, and a job is not interrupted to poll a task: it
 * may hold a lock that the task wants.  So if all workers compute, another thread
 * takes their place: it runs the tasks and drives the loop, beside them.  It does
 * not compute, but what its polls fork is shared with those who do.
 *
 * It is made when the first computation begins, looks each millisecond while there
 * are any, and then sleeps for good.  If workers sleep meanwhile it sees to it that
 * they get what others have forked without joining anything.
 *
 * A runtime with STEAL_ON_CALLER has none: it has promised which thread polls.
 *
 * Threads: begin and end are for a worker that computes, stop is for any.
 */
#ifndef STEAL_SCHED_RELIEF_H
#define STEAL_SCHED_RELIEF_H

#include <pthread.h>

#include "../base/compiler.h"
#include "block_on.h"

struct relief {
    pthread_t thread;
    _Atomic(uint32_t) state;
    CACHE_ALIGNED _Atomic(uint32_t) computing; /* workers that do */
    struct blocker blocker; /* done when the relief is over */
};

void steal__relief_init(struct relief *relief);

/* A computation begins: the thread is there from now on. */
void steal__relief_call(struct steal_runtime *runtime);

/* This worker computes from now on, or no longer. */
void steal__relief_begin(struct steal_runtime *runtime);
void steal__relief_end(struct steal_runtime *runtime);

/* The runtime is stopping, as a fence has made known: the thread, if there is one,
 * helps to end the tasks and leaves. */
void steal__relief_stop(struct steal_runtime *runtime);

/* True if the thread has to be joined; when no worker is there any more. */
bool steal__relief_was_there(struct relief *relief);

#endif
