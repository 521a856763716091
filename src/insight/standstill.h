/*
 * standstill.h - all tasks wait, and nothing is left that could wake one.
 *
 * Threads: one thread of the runtime's, which is not looked at itself.
 */
#ifndef STEAL_INSIGHT_STANDSTILL_H
#define STEAL_INSIGHT_STANDSTILL_H

#include "../sched/runtime.h"
#include "threads.h"

struct standstill {
    struct threads threads; /* at the last look */
    bool waits;    /* then nothing could wake a task, as far as was seen */
    uint64_t told; /* when it was last told of: how many polls there had been */
    uint64_t next; /* look, ns */
};

/* Looks, if it is time to.  Once in a standstill that is told of (stuck.h). */
void steal__standstill_look(struct standstill *standstill,
        struct steal_runtime *runtime, uint64_t now);

/* How long it takes from one look to the next, ns. */
#define STANDSTILL_PERIOD STEAL_MS(250)

#endif
