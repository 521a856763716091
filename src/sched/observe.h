/*
 * observe.h - what workers tell those who look, if any do.
 *
 * Declared here and defined in insight/, which comes above.  A worker whose mode is
 * not MODE_OBSERVED tells nothing, and pays for that with one test of a byte that
 * it makes anyway.  It is in that mode if the runtime has an observer, and while
 * somebody looks in by a probe (base/probes.h), for which it looks now and then.
 *
 * Threads: begin(), end() and event() are the worker's own; spawned() and queued()
 *          for anyone, before the task is in a queue.
 */
#ifndef STEAL_SCHED_OBSERVE_H
#define STEAL_SCHED_OBSERVE_H

#include <steal/future.h>

#include "../base/probes.h"
#include "runtime.h"

struct observer;

/* *result is NULL if the options ask for nothing. */
int steal__observer_new(struct observer **result,
        struct steal_runtime *runtime);

/* No thread is a worker any more; the workers are still there. */
void steal__observer_finish(struct steal_runtime *runtime);

/* Likewise.  May be NULL. */
void steal__observer_free(struct observer *observer);

/* Around a poll, by the holder of BUSY: begin() returns the time, which end() gets.
 * That comes when the poll is over and the task still held. */
uint64_t steal__observe_begin(struct worker *w, struct steal_task *task);
void steal__observe_end(struct worker *w, struct steal_task *task,
        enum steal_poll poll, uint64_t began);

/* The worker goes on, on another thread, in the middle of that poll, and is back:
 * back() gets what away() has returned. */
uint64_t steal__observe_away(struct worker *w);
void steal__observe_back(struct worker *w, struct steal_task *task,
        uint64_t began);

/* The task is born, and about to be queued for the first time. */
void steal__observe_spawned(struct steal_runtime *runtime,
        struct steal_task *task);

/* The task was spawned or woken, and is about to be queued. */
void steal__observe_queued(struct steal_runtime *runtime,
        struct steal_task *task);

enum observed {
    OBSERVE_STEAL, /* n tasks */
    OBSERVE_PARK,
    OBSERVE_UNPARK,
    OBSERVE_TURN,    /* of the driver, which woke n tasks */
    OBSERVE_COMPUTE, /* it runs jobs from now on */
    OBSERVE_COMPUTED
};

void steal__observe_event(struct worker *w, enum observed what, uint64_t n);

/* Somebody wants to know what is done to the runtime's tasks by threads that are no
 * workers. */
static inline bool
runtime_is_observed(const struct steal_runtime *runtime)
{
    return runtime->observer || task_probes_are_on();
}

/* Those who look in by a probe come and go. */
static inline void
worker_notice_probes(struct worker *w)
{
    if (w->runtime->observer || probes_are_on())
        w->mode |= MODE_OBSERVED;
    else
        w->mode &= (uint8_t)~MODE_OBSERVED;
}

static inline void
observe(struct worker *w, enum observed what, uint64_t n)
{
    if (unlikely(worker_is_observed(w)))
        steal__observe_event(w, what, n);
}

#endif
