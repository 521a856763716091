/*
 * take.h - where a worker takes its next task from.
 *
 * Threads: the worker's own.
 */
#ifndef STEAL_SCHED_TAKE_H
#define STEAL_SCHED_TAKE_H

#include "worker.h"

/* Tasks in a row from the slot while others wait in the ring. */
#define STREAK 3

/* Its share of the injector, `max` at most: one task to run, the others to the
 * ring, of which no more than half is filled so.  NULL if there are none. */
struct steal_task *steal__take_injected(struct worker *w, unsigned max);

/* Half of what a random other worker has. */
struct steal_task *steal__take_stolen(struct worker *w);

/* Either. */
struct steal_task *steal__take_from_others(struct worker *w);

static inline struct steal_task *
take_local(struct worker *w)
{
    struct steal_task *task;

    if (w->streak < STREAK || steal__ring_is_empty(&w->ring)) {
        task = slot_take(&w->slot);
        if (task) {
            w->streak++;
            return task;
        }
    }
    w->streak = 0;
    task = steal__ring_pop(&w->ring);
    return task ? task : slot_take(&w->slot);
}

#endif
