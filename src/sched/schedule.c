/* schedule.c - where tasks go that somebody has spawned or woken. */
#include "../task/schedule.h"

#include "../task/chain.h"
#include "push.h"

/* The ring is full: its older half goes to the injector, with the task. */
COLD void
steal__worker_overflow(struct worker *w, struct steal_task *task)
{
    struct chain chain;

    counter_add(&w->tally.overflows, 1);
    chain_init(&chain);
    steal__ring_spill(&w->ring, &chain);
    chain_add(&chain, task);
    steal__injector_push(&w->runtime->injector, &chain);
}

void
steal__worker_displace(struct worker *w, struct steal_task *task)
{
    worker_push_ring(w, task);
}

COLD void
steal__worker_push_observed(struct worker *w, struct steal_task *task)
{
    if (worker_is_observed(w))
        steal__observe_queued(w->runtime, task);
    worker_push_slot(w, task);
}

COLD void
steal__worker_begin_observed(struct worker *w, struct steal_task *task)
{
    if (worker_is_observed(w))
        steal__observe_spawned(w->runtime, task);
    steal__worker_push_observed(w, task);
}

/* By a thread that is none of its workers. */
static void
inject(struct steal_runtime *runtime, struct chain *chain)
{
    runtime_enter(runtime); /* it is there: these tasks are not yet queued */
    steal__injector_push(&runtime->injector, chain);
    fence_after_rmw(); /* SLEEP.md, S1: the push was one */
    runtime_notify(runtime);
    runtime_leave(runtime);
}

static inline void
schedule_chain(struct steal_runtime *runtime, struct chain *chain)
{
    struct worker *w = steal__worker;

    if (!w || w->runtime != runtime) {
        inject(runtime, chain);
        return;
    }
    steal__injector_push(&runtime->injector, chain);
    /* A worker between two polls, as one that turns the driver, is about to
     * look there itself, and then calls for others if it finds too much. */
    if (!w->cx.task && !worker_computes(w))
        return;
    fence_after_rmw(); /* SLEEP.md, S1: the push was one */
    runtime_notify(runtime);
}

static COLD void
schedule_chain_observed(struct steal_runtime *runtime, struct chain *chain)
{
    struct steal_task *task = chain->first;
    bool here = !steal__runtime_is_of_parent(
            runtime); /* else locks may be held */

    for (unsigned i = 0; i < chain->n && here; i++, task = task->next)
        steal__observe_queued(runtime, task);
    schedule_chain(runtime, chain);
}

void
steal__schedule_chain(struct steal_runtime *runtime, struct chain *chain)
{
    if (unlikely(runtime_is_observed(runtime)))
        schedule_chain_observed(runtime, chain);
    else
        schedule_chain(runtime, chain);
}

void
steal__schedule_remote(struct steal_task *task)
{
    struct chain chain;

    chain_init(&chain);
    chain_add(&chain, task);
    steal__schedule_chain(task->runtime, &chain);
}

void
steal__schedule(struct steal_task *task)
{
    struct worker *w = steal__worker;

    if (likely(w && w->home == task->runtime))
        worker_push_next(w, task);
    else
        steal__schedule_remote(task);
}
