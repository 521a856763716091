/*
 * observer.h - what one who looks at a runtime keeps.
 *
 * Threads: constant while the runtime lives.
 */
#ifndef STEAL_INSIGHT_OBSERVER_H
#define STEAL_INSIGHT_OBSERVER_H

#include "../sched/observe.h"

struct circles;

struct observer {
    struct steal_runtime *runtime;
    struct circles *circles; /* NULL: nobody looks for them */
    bool times;              /* of polls are measured */
};

#endif
