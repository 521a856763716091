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
#include "../blocking/pool.h"
#include "../driver/driver.h"
#include "census.h"
#include "idle.h"
#include "injector.h"
#include "near.h"
#include "onlooker.h"
#include "relief.h"
#include "worker.h"

struct simulation;

struct steal_runtime {
    /* constant */
    struct steal_options options;
    char name[12];
    char *words; /* of the environment, which options refer to; or NULL */
    unsigned fork_generation;
    unsigned nworkers;
    unsigned nall; /* with the relief, which is the last */
    struct worker *workers;
    uint64_t born;                 /* the time, ns */
    struct watchdog *watchdog;     /* NULL: nobody has asked for one */
    struct observer *observer;     /* NULL: nobody looks */
    struct simulation *simulation; /* NULL: the workers are threads */
    struct near *near; /* with STEAL_PIN_WORKERS; NULL: nobody is bound */
    struct driver driver;

    struct idle idle;
    struct injector injector;
    struct block_depot depot;
    struct pool pool;
    struct team *team; /* fork/ */
    struct relief relief;
    struct onlookers onlookers;

    CACHE_ALIGNED _Atomic(uint32_t) stopping;
    _Atomic(uint32_t) blocked; /* threads that wait in steal_block_on() for what
                                  still runs, and can do nothing else */
    _Atomic(uint32_t) running; /* workers that have not gone home */
    struct census foreign;     /* tasks of threads that are no workers */
    _Atomic(uint32_t) visitors; /* see runtime_enter() */

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

/* There only while all others compute (relief.h). */
static inline bool
worker_is_relief(const struct worker *w)
{
    return w->index == w->runtime->nworkers;
}

/*
 * A thread that is no worker looks at the workers, to wake one, while the runtime
 * may end: its task may be run, and be the last, before it has done so.  So
 * take_down() waits until all visitors have left.  False: it has waited, and there
 * are no workers any more; not for who holds a task that is not yet queued.
 *
 *   O1  leave: RMW, release  ->  take_down: load, acquire
 *   O2  enter and take_down's shutting: RMWs of one word; who comes second sees
 *       the other.
 */
#define RUNTIME_SHUT (UINT32_C(1) << 31)

static inline bool
runtime_enter(struct steal_runtime *runtime)
{
    if (likely(!(add_acq_rel(&runtime->visitors, 1) & RUNTIME_SHUT))) /* O2 */
        return true;
    sub_release(&runtime->visitors, 1);
    return false;
}

static inline void
runtime_leave(struct steal_runtime *runtime)
{
    sub_release(&runtime->visitors, 1); /* O1 */
}

/* True in the child of a fork(), which has none of the workers. */
bool steal__runtime_is_of_parent(const struct steal_runtime *runtime);

/* True if there is a task in the injector or in a ring. */
bool steal__runtime_has_queued(struct steal_runtime *runtime);

/* How many tasks were ever born and have died, read in the order that census.h
 * wants: of those that have died all are among those that were born. */
void steal__runtime_census(struct steal_runtime *runtime, uint64_t *born,
        uint64_t *died);

/* No task lives, nor will one: true for good once it is stopping. */
bool steal__runtime_is_quiet(struct steal_runtime *runtime);

void steal__runtime_unpark_all(struct steal_runtime *runtime);

/* It was taken down, and nothing refers to it any more. */
void steal__runtime_free(struct steal_runtime *runtime);

#endif
