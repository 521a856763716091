/*
 * sit.h - a thread becomes a worker, for a while.
 *
 * Threads: any that is no worker.
 */
#ifndef STEAL_SCHED_SIT_H
#define STEAL_SCHED_SIT_H

#include "../task/task.h"
#include "jobs.h"
#include "lend.h"
#include "watchdog.h"

/* What the thread has to have back. */
struct sitting {
    struct away *away;
    struct watched watched;
};

static inline void
worker_sit(struct worker *w, struct sitting *sitting)
{
    sitting->away = steal__away;
    steal__away = NULL;
    watchdog_enter(w, &sitting->watched);
    steal__worker = w;
    steal__poll = &w->cx;
    steal__jobs_attach(w);
}

static inline void
worker_rise(struct worker *w, struct sitting *sitting)
{
    steal__jobs_detach(w);
    steal__poll = NULL;
    watchdog_leave(w, &sitting->watched);
    steal__worker = NULL;
    steal__away = sitting->away;
}

#endif
