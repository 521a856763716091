/*
 * here.h - polling a future on the thread that wants its result.
 *
 * Threads: any that may block.
 */
#ifndef STEAL_TASK_HERE_H
#define STEAL_TASK_HERE_H

#include <steal/future.h>

/* Polls until it is ready, sleeps meanwhile, and drops it.  Its result; or
 * -ENOMEM, and then nothing happened. */
int steal__run_here(struct steal_future *future);

#endif
