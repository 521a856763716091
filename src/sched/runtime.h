/*
 * runtime.h - what the workers of a runtime share.
 *
 *     new ---> running ---> stopping ---> stopped ---> freed
 *                begin_stop()     last worker    last block of memory
 */
#ifndef STEAL_SCHED_RUNTIME_H
#define STEAL_SCHED_RUNTIME_H

#include <steal/runtime.h>

#include "../base/blocks.h"
#include "../driver/driver.h"
#include "census.h"
#include "idle.h"
#include "injector.h"
#include "worker.h"

struct steal_runtime {
    /* constant */
    struct steal_options options;
    char name[12];
    unsigned fork_generation;
    unsigned nworkers;
    struct worker *workers;
    struct driver driver;

    struct idle idle;
    struct injector injector;
    struct block_depot depot;

    CACHE_ALIGNED _Atomic(uint32_t) stopping;
    _Atomic(uint32_t) running; /* workers that have not gone home */
    struct census foreign;     /* tasks of threads that are no workers */

    /* STEAL_ON_CALLER: which of the threads that wait is the worker */
    struct lock seat_lock;
    bool seat_taken;
    struct list waiting;
};

void steal__runtime_notify_slow(struct steal_runtime *runtime);
void steal__runtime_appoint_slow(struct steal_runtime *runtime);

/* Wakes one worker if work that was just made visible asks for it. */
static inline void
runtime_notify(struct steal_runtime *runtime)
{
    if (steal__idle_wants_notify(&runtime->idle))
        steal__runtime_notify_slow(runtime);
}

/* There must be a monitor from now on (SLEEP.md). */
static inline void
runtime_need_monitor(struct steal_runtime *runtime)
{
    if (unlikely(steal__idle_lacks_monitor(&runtime->idle)))
        steal__runtime_appoint_slow(runtime);
}

static inline bool
runtime_is_stopping(struct steal_runtime *runtime)
{
    return load_acquire(&runtime->stopping);
}

/* True in the child of a fork(), which has none of the workers. */
bool steal__runtime_is_of_parent(const struct steal_runtime *runtime);

/* True if there is a task in the injector or in a ring. */
bool steal__runtime_has_queued(struct steal_runtime *runtime);

/* No task lives, nor will one: true for good once it is stopping. */
bool steal__runtime_is_quiet(struct steal_runtime *runtime);

void steal__runtime_unpark_all(struct steal_runtime *runtime);

#endif
