/*
 * watchdog.h - what polls that take too long ask of the scheduler, and it of who
 * looks at them.
 *
 * Declared here and defined in insight/, which comes above.
 *
 * Threads: enter() and leave() are for the one that is the worker.
 */
#ifndef STEAL_SCHED_WATCHDOG_H
#define STEAL_SCHED_WATCHDOG_H

#include <signal.h>

#include "runtime.h"

struct watchdog;

/* *result is NULL if the options do not want one. */
int steal__watchdog_new(struct watchdog **result,
        struct steal_runtime *runtime);

/* No thread is a worker any more.  May be NULL. */
void steal__watchdog_free(struct watchdog *watchdog);

/* What the thread has to have back. */
struct watched {
    sigset_t mask;
};

void steal__watchdog_enter(struct worker *w, struct watched *watched);
void steal__watchdog_leave(struct worker *w, struct watched *watched);

/* This thread is the worker, and can be asked where it is. */
static inline void
watchdog_enter(struct worker *w, struct watched *watched)
{
    if (unlikely(w->runtime->options.long_poll))
        steal__watchdog_enter(w, watched);
}

static inline void
watchdog_leave(struct worker *w, struct watched *watched)
{
    if (unlikely(w->runtime->options.long_poll))
        steal__watchdog_leave(w, watched);
}

#endif
