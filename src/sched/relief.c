/*
 * relief.c
 *
 * Orderings
 *   R1  end: count down; fence; is it serving?     serve: SERVING; fence; count?
 *       One of the two sees the other, so that it does not serve beside a worker
 *       that is back.
 *   R2  begin: count up; fence; does it sleep?     go deep: DEEP; fence; count?
 *       The count is the team's of those that compute, guests and all.
 *   R3  dismiss: store blocker, release  ->  worker.c: load, acquire
 *   R4  stop: stopping; fence; does it sleep?     go deep: DEEP; fence; stopping?
 *       One of the two sees the other, so that it does not sleep through the end.
 */
#include "relief.h"

#include <stdio.h>

#include <steal/time.h>

#include "../base/futex.h"
#include "../base/thread.h"
#include "jobs.h"
#include "runtime.h"

/* How long it naps at a time. */
#define NAP STEAL_MS(1)

/* After so many naps without a computation it sleeps for good. */
#ifndef NAPS
# define NAPS 10
#endif

enum {
    ABSENT,
    NAPPING,
    SERVING,
    DEEP,
    STOPPING
};

void
steal__relief_init(struct relief *relief)
{
    store_relaxed(&relief->state, ABSENT); /* not shared yet */
    store_relaxed(&relief->computing, 0);
    store_relaxed(&relief->blocker.state, 0);
}

bool
steal__relief_was_there(struct relief *relief)
{
    return load_acquire(&relief->state) != ABSENT;
}

static bool
all_compute(struct steal_runtime *runtime)
{
    return load_relaxed(&runtime->relief.computing) == /* R1, R2 */
           runtime->nworkers;
}

/* Out of `from`, unless somebody else has changed it. */
static bool
change(struct relief *relief, uint32_t from, uint32_t to)
{
    return cas_strong_acq_rel(&relief->state, &from, to);
}

/*
 * The thread
 */

static void
work(struct worker *w, struct blocker *blocker)
{
    struct steal_runtime *runtime = w->runtime;

    steal__idle_join(&runtime->idle);
    steal__worker_run(w, blocker);
    steal__idle_part(&runtime->idle);
    steal__driver_vacant(runtime); /* it may have had the seat */
}

static void
serve(struct worker *w)
{
    struct relief *relief = &w->runtime->relief;

    store_relaxed(&relief->blocker.state, 0); /* R1 publishes it */
    if (!change(relief, NAPPING, SERVING))
        return;
    fence_after_rmw(); /* R1 */
    if (all_compute(w->runtime))
        work(w, &relief->blocker);
    change(relief, SERVING, NAPPING);
}

/* Sleeps until a computation begins. */
static void
go_deep(struct steal_runtime *runtime)
{
    struct relief *relief = &runtime->relief;

    if (!change(relief, NAPPING, DEEP))
        return;
    fence_after_rmw(); /* R2, R4 */
    if (steal__jobs_are_active(runtime->team) || runtime_is_stopping(runtime))
        change(relief, DEEP, NAPPING);
    while (load_acquire(&relief->state) == DEEP)
        steal__futex_wait(&relief->state, DEEP, UINT64_MAX);
}

static void
nap_and_serve(struct worker *w)
{
    struct steal_runtime *runtime = w->runtime;
    struct relief *relief = &runtime->relief;
    unsigned naps = 0;

    while (!runtime_is_stopping(runtime)) {
        steal__futex_wait(&relief->state, NAPPING, steal_now() + NAP);
        if (all_compute(runtime))
            serve(w);
        else if (steal__jobs_nudge(runtime->team))
            naps = 0;
        else if (++naps > NAPS)
            go_deep(runtime);
    }
}

/* Who stops may be waiting for just that. */
static void
count_out(struct steal_runtime *runtime)
{
    sub_release(&runtime->running, 1); /* wait_for_workers() acquires it */
    steal__futex_wake(&runtime->running, 1);
}

static void *
relief_main(void *arg)
{
    struct worker *w = arg;
    struct steal_runtime *runtime = w->runtime;

    nap_and_serve(w);
    steal__idle_join(&runtime->idle);
    steal__worker_run(w, NULL); /* ends what it has polled, as all workers do */
    count_out(runtime);
    return NULL;
}

/*
 * The workers
 */

/* If no thread can be had, it is tried again with the next computation. */
static void
start(struct steal_runtime *runtime)
{
    struct relief *relief = &runtime->relief;
    char name[16];

    if (runtime->options.flags & STEAL_ON_CALLER ||
            !change(relief, ABSENT, NAPPING))
        return;
    add_relaxed(&runtime->running, 1); /* a stop waits for the caller, too */
    if (steal__thread_start(&relief->thread, runtime->options.stack_size,
                relief_main, &runtime->workers[runtime->nworkers])) {
        store_release(&relief->state, ABSENT);
        count_out(runtime);
        return;
    }
    snprintf(name, sizeof name, "%.10s-r", runtime->name);
    steal__thread_name(relief->thread, name);
}

static void
rouse(struct relief *relief, uint32_t to)
{
    if (change(relief, DEEP, to))
        steal__futex_wake(&relief->state, 1);
}

void
steal__relief_call(struct steal_runtime *runtime)
{
    uint32_t state;

    fence_after_rmw(); /* R2: the computation was counted by one */
    state = load_relaxed(&runtime->relief.state); /* R2 */
    if (unlikely(state == ABSENT))
        start(runtime);
    else if (unlikely(state == DEEP))
        rouse(&runtime->relief, NAPPING);
}

void
steal__relief_begin(struct steal_runtime *runtime)
{
    add_acq_rel(&runtime->relief.computing, 1);
    steal__relief_call(runtime);
}

void
steal__relief_end(struct steal_runtime *runtime)
{
    struct relief *relief = &runtime->relief;

    sub_acq_rel(&relief->computing, 1);
    fence_after_rmw(); /* R1 */
    if (load_relaxed(&relief->state) != SERVING ||
            load_relaxed(&relief->blocker.state) == BLOCKER_DONE) /* a hint */
        return;
    store_release(&relief->blocker.state, BLOCKER_DONE); /* R3 */
    steal__worker_unpark(&runtime->workers[runtime->nworkers]);
}

void
steal__relief_stop(struct steal_runtime *runtime)
{
    struct relief *relief = &runtime->relief;

    rouse(relief, STOPPING);               /* R4: the fence is the caller's */
    if (change(relief, NAPPING, STOPPING)) /* spares it the rest of a nap */
        steal__futex_wake(&relief->state, 1);
}
