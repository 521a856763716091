/*
 * push.h - how a worker queues a task that it has spawned or woken.
 *
 * Inline, for it is the path of every spawn and wake.
 *
 * Threads: the worker's own.
 */
#ifndef STEAL_SCHED_PUSH_H
#define STEAL_SCHED_PUSH_H

#include "../task/task.h"
#include "observe.h"
#include "runtime.h"

/* The ring is full: its older half goes to the injector, with the task. */
void steal__worker_overflow(struct worker *w, struct steal_task *task);

/* To the injector: from a thread that is no worker of the task's runtime, or that
 * computes. */
void steal__schedule_remote(struct steal_task *task);

static inline void
worker_push_ring(struct worker *w, struct steal_task *task)
{
    if (unlikely(!steal__ring_push(&w->ring, task)))
        steal__worker_overflow(w, task);
    if (unlikely(steal__idle_has_sleepers(&w->runtime->idle))) {
        runtime_notify(w->runtime);
        runtime_need_monitor(w->runtime);
    }
}

/* The same for what was pushed out of the slot. */
void steal__worker_displace(struct worker *w, struct steal_task *task);

static inline void
worker_push_slot(struct worker *w, struct steal_task *task)
{
    struct steal_task *displaced = slot_put(&w->slot, task);

    if (displaced)
        steal__worker_displace(w, displaced);
    else
        runtime_need_monitor(w->runtime); /* who watches the slot */
}

/* The same where somebody wants to know: of a wake, and of a birth. */
void steal__worker_push_observed(struct worker *w, struct steal_task *task);
void steal__worker_begin_observed(struct worker *w, struct steal_task *task);

/* The task was woken by what runs now: it comes next.  (The calls are the last that
 * is done, so that nothing has to be saved for them.) */
static inline void
worker_push_next(struct worker *w, struct steal_task *task)
{
    if (unlikely(w->mode))
        steal__worker_push_observed(w, task);
    else
        worker_push_slot(w, task);
}

/* The same for one that was spawned. */
static inline void
worker_begin(struct worker *w, struct steal_task *task)
{
    census_born(&w->census);
    if (unlikely(w->mode))
        steal__worker_begin_observed(w, task);
    else
        worker_push_slot(w, task);
}

/* Frees a task of this worker's runtime. */
static inline void
worker_free(struct worker *w, struct steal_task *task)
{
    if (likely(!steal__task_is_lent(task) &&
                !load_relaxed(&task->extra))) /* the last user */
        steal__cache_release(&w->blocks, task, task->size);
    else
        steal__task_free(task);
}

#endif
