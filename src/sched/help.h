/*
 * help.h - whether a worker that has taken tasks from the injector calls another.
 *
 * What it has put there itself, as holder of the driver's seat, are mostly requests
 * that are served in a short poll, a batch at a time.  To wake a thread takes
 * longer than to poll a few of them, and each task that moves takes its socket to
 * another processor.  So for a harvest of its own it calls only if that is more
 * than HELP_AT of work, as its last polls let it guess, and asks itself again
 * while it works (worker.c, maintain()).  One that has had a long poll calls at
 * once, for a while: then a guess is worth nothing.  For all else it calls at once.
 *
 * A monitor there is in any case (SLEEP.md).
 *
 * Threads: the worker's own.
 */
#ifndef STEAL_SCHED_HELP_H
#define STEAL_SCHED_HELP_H

#include <steal/time.h>

#include "runtime.h"

#ifndef HELP_AT
# define HELP_AT STEAL_US(250)
#endif

/* Polls that took this long, among a few, were long ones. */
#define HELP_LONG  STEAL_US(300)
#define HELP_EAGER STEAL_MS(100)

/* How soon a worker that has not called asks itself again, in polls. */
#define HELP_AGAIN 4

/* The last `n` polls have taken `span`. */
static inline void
help_note(struct worker *w, uint64_t now, uint64_t span, uint32_t n)
{
    w->poll_time = (3 * w->poll_time + span / n) / 4;
    if (span > HELP_LONG && n <= HELP_AGAIN)
        w->eager_until = now + HELP_EAGER;
}

/* It has taken `n` tasks, at least one, from the injector. */
static inline void
help_took(struct worker *w, uint32_t n)
{
    w->took_harvest = n <= w->harvested;
    w->harvested -= w->took_harvest ? n : w->harvested;
}

static inline bool
help_can_wait(struct worker *w)
{
    return w->took_harvest && w->last_maintenance >= w->eager_until &&
           steal__injector_is_empty(&w->runtime->injector) &&
           steal__ring_length(&w->ring) * w->poll_time <= HELP_AT;
}

static inline void
worker_ask_help(struct worker *w)
{
    if (!help_can_wait(w))
        runtime_notify(w->runtime);
    else if (w->countdown > HELP_AGAIN)
        w->countdown = HELP_AGAIN;
    runtime_need_monitor(w->runtime);
}

#endif
