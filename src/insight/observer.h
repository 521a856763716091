/*
 * observer.h - what one who looks at a runtime keeps.
 *
 * Threads: constant while the runtime lives.
 */
#ifndef STEAL_INSIGHT_OBSERVER_H
#define STEAL_INSIGHT_OBSERVER_H

#include "../sched/observe.h"

struct observer {
    struct steal_runtime *runtime;
    bool times; /* of polls are measured */
};

/* After a poll of a task that nobody can wake (stuck.c): says so, and returns whether
 * it is to be canceled. */
bool steal__stuck_lost(struct steal_runtime *runtime, struct steal_task *task);

#endif
